/*
 * Attempts: what is on the wire, and what became of it.
 *
 *     outbox --Attempt--> attempts --SendResult--> ended, or due again
 *                            |
 *                       SenderStart of a newer epoch
 *                            |
 *                            +--> due again, where no byte had left
 *                            +--> unknown, otherwise
 *
 * `unknown` is settled by a status that echoes our id, by a result that its
 * sender still brought home, or by a person. An errand is never unknown:
 * it is run again (errand.h). What a SenderStart does is in recover.c.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "bounce.h"
#include "collapse.h"
#include "consent.h"
#include "errand.h"
#include "hold.h"
#include "joined.h"
#include "later.h"
#include "outgoing.h"
#include "retry.h"
#include "sandbox.h"
#include "spare.h"
#include "upload.h"

static pl_status_t attempt_result(pl_apply_t *ap,
    Pl__AttemptRecord *attempt, const Pl__SendResult *in, pl_err_t *err);
static pl_status_t attempt_message(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__Attempt *in, pl_err_t *err);
static pl_status_t attempt_decide(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Message *message, const Pl__Attempt *in, pl_err_t *err);
static pl_status_t attempt_go(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Message *message, uint64_t epoch, const pl_decided_t *out,
    pl_err_t *err);
static pl_status_t attempt_find(pl_apply_t *ap, uint64_t id,
    Pl__AttemptRecord **attempt, pl_err_t *err);
static pl_status_t attempt_drop(pl_apply_t *ap, uint64_t id, pl_err_t *err);
static pl_status_t attempt_sent(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
static bool attempt_failed(const Pl__Message *message,
    const Pl__SendResult *in);
static pl_status_t attempt_again(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
static pl_status_t attempt_closed(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, Pl__Message *message,
    const Pl__SendResult *in, pl_err_t *err);
static pl_status_t attempt_refused(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
static pl_status_t attempt_spared(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Message *message, int64_t until_ms, pl_err_t *err);
static pl_status_t attempt_later(pl_apply_t *ap, Pl__Effect *effect,
    Pl__Message *message, const pl_decided_t *out, pl_err_t *err);
static const char *attempt_metric(Pl__Outcome outcome);


/*
 * Policy has its second say here, on a state that holds every entry accepted
 * before the attempt: a STOP included.
 */

pl_status_t
pl_apply_attempt(pl_apply_t *ap, const Pl__Attempt *in, pl_err_t *err)
{
    bool                heads, held;
    Pl__Effect         *effect;
    pl_status_t         rc;
    Pl__AttemptRecord  *out;

    if (!ap->meta->has_epoch || in->epoch != ap->meta->epoch) {
        return pl_feed_count(ap, in->tenant, "attempts_stale", "", err);
    }

    rc = pl_queue_get(ap, in, &effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? pl_queue_gone(ap, in, err) : rc;
    }

    rc = attempt_find(ap, in->effect, &out, err);
    if (rc == PL_OK) {
        return pl_queue_hold(ap, effect, err);      /* on the wire already */
    }

    if (rc != PL_NOTFOUND) {
        return rc;
    }

    if (effect->due_ms > ap->now_ms) {
        return PL_OK;                   /* put off since it was read */
    }

    rc = pl_queue_heads(ap, effect, &heads, err);
    if (rc != PL_OK || !heads) {
        return rc;                      /* overtaken since it was read */
    }

    rc = pl_hold_attempt(ap, effect, &held, err);
    if (rc != PL_OK || held) {
        return rc;
    }

    return pl_errand(effect) != NULL
           ? pl_errand_attempt(ap, effect, in->epoch, err)
           : attempt_message(ap, effect, in, err);
}


pl_status_t
pl_apply_send_result(pl_apply_t *ap, const Pl__SendResult *in, pl_err_t *err)
{
    bool                held;
    Pl__Effect         *effect;
    pl_status_t         rc;
    Pl__SendResult      said = *in;
    Pl__AttemptRecord  *attempt;

    rc = attempt_find(ap, in->effect, &attempt, err);
    if (rc == PL_NOTFOUND || (rc == PL_OK && attempt->epoch != in->epoch)) {
        /* a newer sender has taken over, and decided what becomes of it */
        return pl_feed_count(ap, 0, "results_late", "", err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    effect = attempt->effect;
    pl_sandbox_enter(ap, effect->tenant);

    rc = attempt_drop(ap, in->effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_feed_count(ap, effect->tenant,
                       pl_errand(effect) != NULL ? "errand_results"
                                                 : "results",
                       attempt_metric(in->outcome), err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_hold_result(ap, attempt, in, &held, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* the sender's time becomes the tenant's; what is held waits with others,
       in order */

    said.has_retry_ms = in->has_retry_ms && !held;
    said.retry_ms += ap->offset_ms;
    in = &said;

    return pl_errand(effect) != NULL
           ? pl_errand_result(ap, attempt, in, err)
           : attempt_result(ap, attempt, in, err);
}


pl_status_t
pl_attempt_begin(pl_apply_t *ap, Pl__Effect *effect, uint64_t epoch,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    Pl__AttemptRecord  row = PL__ATTEMPT_RECORD__INIT;

    rc = pl_queue_hold(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    effect->has_attempts = 1;
    effect->attempts++;

    row.effect = effect;
    row.epoch = epoch;
    row.began_ms = ap->now_ms;

    pl_key_seq(&key, effect->id);
    pl_queue_secret(ap, effect);

    return pl_record_put(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                         &row.base, false, err);
}


bool
pl_attempt_told(const Pl__Message *message)
{
    return message->has_state
           && message->state >= PL__MESSAGE_STATE__MESSAGE_STATE_SENT;
}


static pl_status_t
attempt_result(pl_apply_t *ap, Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    pl_status_t   rc;
    Pl__Effect   *effect = attempt->effect;

    if (in->outcome != PL__OUTCOME__OUTCOME_SENT) {
        rc = pl_tried_result(ap, attempt, in, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    switch (in->outcome) {

    case PL__OUTCOME__OUTCOME_SENT:
        return attempt_sent(ap, effect, in, err);

    case PL__OUTCOME__OUTCOME_RETRY:
    case PL__OUTCOME__OUTCOME_THROTTLE:
    case PL__OUTCOME__OUTCOME_ACCOUNT:
        return attempt_again(ap, attempt, in, err);

    case PL__OUTCOME__OUTCOME_UNKNOWN:
        return pl_unknown_put(ap, attempt,
                              PL__WIRE_STAGE__WIRE_STAGE_LEAVING,
                              in->reason, err);

    default:
        return attempt_refused(ap, attempt, in, err);
    }
}


static pl_status_t
attempt_message(pl_apply_t *ap, Pl__Effect *effect, const Pl__Attempt *in,
    pl_err_t *err)
{
    bool          ended, forsaken;
    pl_status_t   rc;
    Pl__Message  *message;

    rc = pl_hold_forsaken(ap, effect, &forsaken, err);
    if (rc != PL_OK || forsaken) {
        return rc == PL_OK ? pl_queue_dead(ap, effect, "expired", NULL,
                                           effect->code, err) : rc;
    }

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc == PL_NOTFOUND) {
        return pl_queue_dead(ap, effect, "its message is gone", NULL, 0,
                             err);
    }

    if (rc == PL_OK && pl_attempt_told(message)) {
        return pl_queue_end(ap, effect, err);   /* it is out already */
    }

    if (rc == PL_OK) {
        pl_policy_lane(message, effect);
        rc = pl_collapse_again(ap, effect, message, &ended, err);
        if (rc != PL_OK || ended) {
            return rc;
        }
    }

    return rc == PL_OK ? attempt_decide(ap, effect, message, in, err) : rc;
}


static pl_status_t
attempt_decide(pl_apply_t *ap, Pl__Effect *effect, Pl__Message *message,
    const Pl__Attempt *in, pl_err_t *err)
{
    pl_party_t          party;
    pl_status_t         rc;
    pl_decided_t       out;
    pl_policy_in_t      say;
    Pl__Conversation   *conv;

    party.tenant = effect->tenant;
    party.kind = effect->party_kind;
    party.party = effect->party;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    memset(&say, 0, sizeof(say));
    say.message = message;
    say.conversation = conv;
    say.channel = pl_settings_channel(ap->settings, effect->channel);
    say.expires_ms = effect->expires_ms;
    say.now_ms = ap->now_ms;

    rc = pl_outgoing_decide(ap, &say, NULL, &out, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (out.verdict.decision == PL_POLICY_BLOCK) {
        return pl_outgoing_blocked(ap, effect, &out, err);
    }

    if (out.verdict.decision == PL_POLICY_DEFER) {
        return attempt_later(ap, effect, message, &out, err);
    }

    return attempt_go(ap, effect, message, in->epoch, &out, err);
}


/* A template that takes the message's place may be held where it was not. */

static pl_status_t
attempt_go(pl_apply_t *ap, Pl__Effect *effect, Pl__Message *message,
    uint64_t epoch, const pl_decided_t *out, pl_err_t *err)
{
    bool         held, ready;
    uint64_t     id;
    pl_status_t  rc;

    id = effect->send_message->message;

    if (out->replaced) {
        rc = pl_outgoing_replace(ap, id, message, out->why, err);

        if (rc == PL_OK) {
            rc = pl_hold_attempt(ap, effect, &held, err);
        }

        if (rc != PL_OK || held) {
            return rc;
        }
    }

    rc = pl_upload_ready(ap, effect, message, &ready, err);
    if (rc != PL_OK || !ready) {
        return rc;
    }

    rc = pl_outgoing_charge(ap, id, message, out->verdict.category, err);

    return rc == PL_OK ? pl_attempt_begin(ap, effect, epoch, err) : rc;
}


static pl_status_t
attempt_find(pl_apply_t *ap, uint64_t id, Pl__AttemptRecord **attempt,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, id);

    rc = pl_record_get(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                       &pl__attempt_record__descriptor, ap->ar, &msg, err);
    *attempt = (Pl__AttemptRecord *) msg;

    return rc;
}


static pl_status_t
attempt_drop(pl_apply_t *ap, uint64_t id, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_seq(&key, id);

    return pl_store_del(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), err);
}


static pl_status_t
attempt_sent(pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err)
{
    uint64_t           id;
    Pl__Message       *message;
    pl_status_t        rc;
    Pl__MessageState   state;

    rc = pl_queue_end(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    id = effect->send_message->message;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    state = attempt_failed(message, in)
            ? PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
            : PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED;

    message->provider_id = in->provider_id != NULL ? in->provider_id
                                                   : message->provider_id;
    pl_message_cost(ap, message, in);

    rc = pl_message_raise(ap, id, message, state, 0, err);

    if (rc == PL_OK && in->provider_id != NULL) {
        rc = pl_parked_take(ap, message->channel, in->provider_id, id, err);
    }

    return rc == PL_OK ? pl_contact_taught(ap, message, in->recipient, err)
                       : rc;
}


/*
 * Sent again, and a status that was quicker than this answer told under the
 * same id that it failed: it was this attempt's.
 */

static bool
attempt_failed(const Pl__Message *message, const Pl__SendResult *in)
{
    size_t  i;

    if (message->resent == 0 || in->provider_id == NULL
        || message->provider_id == NULL
        || strcmp(message->provider_id, in->provider_id) != 0)
    {
        return false;
    }

    for (i = 0; i < message->n_facts; i++) {
        if (message->facts[i]->state
            == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED)
        {
            return true;
        }
    }

    return false;
}


static pl_status_t
attempt_refused(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    bool          left = false;
    int64_t       until_ms;
    Pl__Effect   *effect = attempt->effect;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc == PL_OK && pl_attempt_told(message)) {
        return pl_queue_end(ap, effect, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (rc == PL_OK && in->lost && effect->send_message->has_upload
        && !effect->send_message->again)
    {
        return pl_upload_lost(ap, effect, message, err);
    }

    if (rc == PL_OK && in->window_closed) {
        return attempt_closed(ap, attempt, message, in, err);
    }

    if (rc == PL_OK) {
        rc = pl_spare_refused(ap, message, in->code, &until_ms, err);
        if (rc != PL_OK || until_ms != 0) {
            return rc == PL_OK ? attempt_spared(ap, effect, message,
                                                until_ms, err) : rc;
        }
    }

    if (rc == PL_OK) {
        rc = pl_joined_refused(ap, message, in->code, attempt->began_ms,
                               &left, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (rc == PL_OK && in->unreachable) {
        rc = pl_bounce_mark(ap, message, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_queue_dead(ap, effect,
                       in->reason == NULL ? "refused" : in->reason,
                       left ? PL_JOINED_RULE : NULL, in->code, err);

    return rc == PL_OK && message != NULL
           ? pl_consent_refused(ap, message, in->code, ap->now_ms / 1000,
                                false, err)
           : rc;
}


/* As policy says of such a person from now on: later, or not at all. */

static pl_status_t
attempt_spared(pl_apply_t *ap, Pl__Effect *effect, Pl__Message *message,
    int64_t until_ms, pl_err_t *err)
{
    pl_status_t   rc;
    pl_decided_t  out;

    rc = pl_outgoing_spared(ap, effect->expires_ms, until_ms, &out, err);
    if (rc != PL_OK || out.verdict.decision == PL_POLICY_BLOCK) {
        return rc == PL_OK ? pl_outgoing_blocked(ap, effect, &out, err) : rc;
    }

    return attempt_later(ap, effect, message, &out, err);
}


/* Its age begins anew. */

static pl_status_t
attempt_later(pl_apply_t *ap, Pl__Effect *effect, Pl__Message *message,
    const pl_decided_t *out, pl_err_t *err)
{
    pl_status_t  rc;

    effect->has_aged_ms = 0;
    effect->aged_ms = 0;

    rc = pl_queue_end(ap, effect, err);

    return rc == PL_OK ? pl_later_put_off(ap, effect, message, out, err)
                       : rc;
}


/*
 * The provider knows of no window where we thought there was one: ours is
 * closed, and the message's other form, if it has one, is tried at once.
 */

static pl_status_t
attempt_closed(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    Pl__Message *message, const Pl__SendResult *in, pl_err_t *err)
{
    pl_party_t         party;
    Pl__Effect        *effect = attempt->effect;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    party.tenant = effect->tenant;
    party.kind = effect->party_kind;
    party.party = effect->party;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (pl_window_close(conv, message, attempt->began_ms, ap->now_ms)) {
        rc = pl_conversation_put(ap, &party, conv, err);

        if (rc == PL_OK) {
            rc = pl_feed_count(ap, effect->tenant, "windows", "corrected",
                               err);
        }

        if (rc == PL_OK) {
            rc = pl_feed_conversation(ap, &party, "windows", NULL, NULL,
                                      err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    if (pl_policy_template(message->content)
        || !pl_policy_template(message->otherwise))
    {
        return pl_queue_dead(ap, effect, in->reason, "window.closed",
                             in->code, err);
    }

    effect->due_ms = ap->now_ms;

    return pl_queue_put(ap, effect, err);
}


static pl_status_t
attempt_again(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    bool          ended = false;
    const char   *end;
    Pl__Effect   *effect = attempt->effect;
    Pl__Message  *message;
    pl_status_t   rc;

    /* A status was quicker than the answer: it did leave. */

    rc = pl_message_get(ap, effect->send_message->message, &message, err);
    if (rc == PL_OK && pl_attempt_told(message)) {
        return pl_queue_end(ap, effect, err);
    }

    if (rc == PL_OK) {
        rc = pl_collapse_again(ap, effect, message, &ended, err);
    }

    if (ended || (rc != PL_OK && rc != PL_NOTFOUND)) {
        return rc;
    }

    end = pl_attempt_put_off(ap, attempt, in);

    if (in->outcome == PL__OUTCOME__OUTCOME_ACCOUNT
        && effect->accused >= PL_HOLD_ACCUSED_MAX)
    {
        end = in->reason == NULL ? "account refused" : in->reason;
    }

    if (end == NULL
        && pl_policy_late(effect->expires_ms,
                          effect->due_ms > ap->now_ms ? effect->due_ms
                                                      : ap->now_ms))
    {
        return pl_queue_dead(ap, effect, "expired", "expired", in->code,
                             err);
    }

    return end != NULL ? pl_queue_dead(ap, effect, end, NULL, in->code, err)
                       : pl_queue_put(ap, effect, err);
}


static const char *
attempt_metric(Pl__Outcome outcome)
{
    switch (outcome) {
    case PL__OUTCOME__OUTCOME_SENT:
        return "sent";
    case PL__OUTCOME__OUTCOME_RETRY:
        return "retry";
    case PL__OUTCOME__OUTCOME_THROTTLE:
        return "throttle";
    case PL__OUTCOME__OUTCOME_PERMANENT:
        return "permanent";
    case PL__OUTCOME__OUTCOME_POLICY:
        return "policy";
    case PL__OUTCOME__OUTCOME_ACCOUNT:
        return "account";
    default:
        return "unknown";
    }
}
