/*
 * Dry runs of requests: see dry.h.
 */

#include <string.h>

#include "dry.h"

static pl_status_t ask_at(pl_apply_t *ap, const Pl__SendRequest *in,
    pl_dry_request_t *out, pl_err_t *err);
static pl_status_t ask_room(pl_apply_t *ap, const Pl__SendRequest *in,
    const Pl__Conversation *conv, pl_dry_request_t *out, pl_err_t *err);
static pl_status_t ask_waiting(pl_apply_t *ap, const Pl__Queue *queue,
    size_t *n, pl_err_t *err);


pl_status_t
pl_dry_ask(pl_apply_t *ap, const Pl__SendRequest *in, pl_dry_request_t *out,
    pl_err_t *err)
{
    int64_t      now_ms = ap->now_ms;
    pl_status_t  rc;
    Pl__Verdict  verdict;

    memset(out, 0, sizeof(*out));
    out->at_ms = in->has_at_ms && in->at_ms > now_ms ? in->at_ms : now_ms;

    rc = pl_apply_send_check(ap, in, &out->message, &verdict, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (verdict.decision == PL__DECISION__DECISION_REFUSED) {
        out->rule = verdict.rule;
        out->path = verdict.path;
        out->text = verdict.text;
        return PL_OK;
    }

    ap->now_ms = out->at_ms;
    rc = ask_at(ap, in, out, err);
    ap->now_ms = now_ms;

    return rc;
}


static pl_status_t
ask_at(pl_apply_t *ap, const Pl__SendRequest *in, pl_dry_request_t *out,
    pl_err_t *err)
{
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    party.tenant = out->message.tenant;
    party.kind = out->message.party_kind;
    party.party = out->message.party;

    rc = pl_conversation_get(ap, &party, &conv, err);

    if (rc == PL_OK) {
        rc = pl_dry_run(ap, &out->message, conv,
                        in->has_expires_ms ? in->expires_ms : 0, &out->dry,
                        err);
    }

    return rc == PL_OK
           && out->dry.at.verdict.decision == PL_POLICY_SEND
           ? ask_room(ap, in, conv, out, err) : rc;
}


/*
 * A queue that is full takes nothing more. One that replaces what waits under
 * its key finds the place of that; whether there is one is not looked at.
 */

static pl_status_t
ask_room(pl_apply_t *ap, const Pl__SendRequest *in,
    const Pl__Conversation *conv, pl_dry_request_t *out, pl_err_t *err)
{
    size_t        i, n = 0;
    Pl__Lane      lane;
    pl_status_t   rc = PL_OK;

    lane = in->has_lane ? in->lane : PL__LANE__LANE_REPLY;

    for (i = 0; i < conv->n_queues && in->collapse_key == NULL; i++) {
        if (conv->queues[i]->channel == out->message.channel
            && conv->queues[i]->lane == lane
            && conv->queues[i]->n_effects >= PL_QUEUE_MAX)
        {
            rc = ask_waiting(ap, conv->queues[i], &n, err);
        }
    }

    if (rc == PL_OK && n >= PL_QUEUE_MAX) {
        out->rule = "queue.full";
        out->text = "its queue is full";
    }

    return rc;
}


/* Those that have ended stand in the list until the next one comes. */

static pl_status_t
ask_waiting(pl_apply_t *ap, const Pl__Queue *queue, size_t *n, pl_err_t *err)
{
    size_t       i;
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    *n = 0;

    for (i = 0; i < queue->n_effects; i++) {
        pl_key_seq(&key, queue->effects[i]);

        rc = pl_store_get(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key), &value,
                          err);
        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }

        *n += (rc == PL_OK);
    }

    return PL_OK;
}
