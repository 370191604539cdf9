/*
 * The outbox: queues of effects, one for each party, channel and lane.
 *
 * An effect's row stays in `outbox` until it ends, also while its attempt is
 * on the wire; so the first row of a queue is always its head, and only the
 * head ever has a row in `due`. A head whose attempt is out has none: that
 * is what keeps order, and what lets a retry hold back nothing but its own
 * queue.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "outgoing.h"

static pl_status_t queue_head(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Effect **head, pl_err_t *err);
static pl_status_t queue_due(pl_apply_t *ap, const Pl__Effect *effect,
    bool on, pl_err_t *err);
static void queue_key(pl_key_t *key, const Pl__Effect *effect);
static void queue_party(pl_party_t *party, const Pl__Effect *effect);


pl_status_t
pl_queue_add(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Conversation *conv, uint64_t message_id, Pl__Message *message,
    Pl__Lane lane, pl_err_t *err)
{
    const char       *reason;
    Pl__Effect        effect = PL__EFFECT__INIT;
    pl_status_t       rc;
    pl_verdict_t      verdict;
    Pl__SendMessage   send = PL__SEND_MESSAGE__INIT;
    pl_policy_in_t    in;

    in.message = message;
    in.conversation = conv;
    in.channel = pl_settings_channel(ap->settings, message->channel);
    in.now_ms = ap->now_ms;

    rc = pl_outgoing_decide(ap, &in, &verdict, &reason, err);
    if (rc != PL_OK) {
        return rc;
    }

    send.message = message_id;
    effect.of_case = PL__EFFECT__OF_SEND_MESSAGE;
    effect.send_message = &send;

    effect.id = pl_apply_id(ap);
    effect.tenant = party->tenant;
    effect.channel = message->channel;
    effect.party_kind = party->kind;
    effect.party = party->party;
    effect.contact = message->contact;
    effect.lane = lane;
    effect.created_ms = ap->now_ms;
    effect.due_ms = verdict.decision == PL_POLICY_DEFER ? verdict.until_ms
                                                        : ap->now_ms;

    if (verdict.decision == PL_POLICY_BLOCK) {
        return pl_queue_dead(ap, &effect, reason, verdict.rule, 0, err);
    }

    return pl_queue_put(ap, &effect, err);
}


pl_status_t
pl_queue_put(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t      key;
    Pl__Effect   *head;
    pl_status_t   rc;

    rc = queue_head(ap, effect, &head, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (rc == PL_NOTFOUND || head->id >= effect->id) {

        /* A head that comes back, or overtakes by its older id. */

        if (rc == PL_OK && head->id != effect->id) {
            rc = queue_due(ap, head, false, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        rc = queue_due(ap, effect, true, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    queue_key(&key, effect);

    return pl_record_put(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                         &effect->base, false, err);
}


pl_status_t
pl_queue_end(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t      key;
    pl_str_t      value;
    Pl__Effect   *next;
    pl_status_t   rc;

    rc = queue_due(ap, effect, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    queue_key(&key, effect);

    rc = pl_store_del(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = queue_head(ap, effect, &next, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    /* A letter brought back from the dead can be out beside another. */

    pl_key_seq(&key, next->id);

    rc = pl_store_get(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), &value,
                      err);
    if (rc == PL_OK) {
        return PL_OK;
    }

    return rc == PL_NOTFOUND ? queue_due(ap, next, true, err) : rc;
}


pl_status_t
pl_queue_hold(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    return queue_due(ap, effect, false, err);
}


pl_status_t
pl_queue_get(pl_apply_t *ap, const Pl__Attempt *in, Pl__Effect **effect,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_party_t         party;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    party.tenant = in->tenant;
    party.kind = in->party_kind;
    party.party = in->party;

    pl_key_outbox(&key, &party, in->channel, in->lane, in->effect);

    rc = pl_record_get(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                       &pl__effect__descriptor, ap->ar, &msg, err);
    *effect = (Pl__Effect *) msg;

    return rc;
}


pl_status_t
pl_queue_dead(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    const char *rule, int32_t code, pl_err_t *err)
{
    pl_key_t         key;
    Pl__Message     *message;
    pl_status_t      rc;
    Pl__DeadLetter   dead = PL__DEAD_LETTER__INIT;

    rc = pl_queue_end(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    dead.effect = (Pl__Effect *) effect;
    dead.died_ms = ap->now_ms;
    dead.reason = (char *) reason;
    dead.rule = (char *) rule;
    dead.has_code = (code != 0);
    dead.code = code;

    pl_key_tenant_seq(&key, effect->tenant, effect->id);

    rc = pl_record_put(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), &dead.base,
                       false, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (rule != NULL) {
        rc = pl_feed_audit(ap, effect->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_BLOCKED,
                           effect->send_message->message, rule, NULL, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_feed_count(ap, effect->tenant, "dead", "", err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (rule != NULL) {
        message->rule = (char *) rule;
    }

    return pl_message_raise(ap, effect->send_message->message, message,
                            PL__MESSAGE_STATE__MESSAGE_STATE_FAILED, 0, err);
}


/* The first effect of the queue that `effect` belongs to. PL_NOTFOUND. */

static pl_status_t
queue_head(pl_apply_t *ap, const Pl__Effect *effect, Pl__Effect **head,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_str_t           k, v;
    pl_party_t         party;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    queue_party(&party, effect);
    pl_key_outbox(&key, &party, effect->channel, effect->lane, 0);

    rc = pl_store_scan(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &k, &v, err);

    if (rc == PL_OK
        && (k.len != PL_KEY_OUTBOX_LEN
            || memcmp(k.data, key.data, PL_KEY_QUEUE_LEN) != 0))
    {
        rc = PL_NOTFOUND;
    }

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_OUTBOX, v, &pl__effect__descriptor,
                            ap->ar, &msg, err);
        *head = (Pl__Effect *) msg;
    }

    pl_store_scan_end(scan);

    return rc;
}


/* The value of a `due` row is the outbox row's key. */

static pl_status_t
queue_due(pl_apply_t *ap, const Pl__Effect *effect, bool on, pl_err_t *err)
{
    pl_key_t     due, row;
    pl_status_t  rc;

    pl_key_due(&due, effect->lane, effect->due_ms, effect->id);

    if (!on) {
        rc = pl_store_del(ap->txn, PL_TABLE_DUE, pl_key_str(&due), err);
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    queue_key(&row, effect);

    return pl_record_put_bytes(ap->txn, PL_TABLE_DUE, pl_key_str(&due),
                               pl_key_str(&row), false, err);
}


static void
queue_key(pl_key_t *key, const Pl__Effect *effect)
{
    pl_party_t  party;

    queue_party(&party, effect);
    pl_key_outbox(key, &party, effect->channel, effect->lane, effect->id);
}


static void
queue_party(pl_party_t *party, const Pl__Effect *effect)
{
    party->tenant = effect->tenant;
    party->kind = effect->party_kind;
    party->party = effect->party;
}
