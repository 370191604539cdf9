/*
 * Sends that may or may not have arrived.
 *
 *     attempts --no answer--> unknown --a status----------> settled
 *                               |  |
 *                               |  +-----a person: sent---> accepted
 *                               |
 *                               +--a person: resend, or the channel's
 *                                  policy by its timer----> outbox
 *
 * What goes back to its queue goes as a new attempt of the same message, and
 * both attempts carry its number: a status of the first that comes before
 * the second has left takes it out of the queue (pl_attempt_spare).
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "outbox.h"
#include "policy.h"
#include "retry.h"
#include "sandbox.h"
#include "tomb.h"

static pl_status_t unknown_arm(pl_apply_t *ap, Pl__UnknownSend *row,
    pl_err_t *err);
static bool unknown_again(const pl_apply_t *ap, const Pl__Effect *effect,
    int64_t since_ms, int64_t *due_ms);
static pl_status_t unknown_disarmed(pl_apply_t *ap, Pl__UnknownSend *row,
    pl_err_t *err);
static pl_status_t unknown_get(pl_apply_t *ap, uint32_t tenant,
    uint64_t effect, Pl__UnknownSend **row, pl_err_t *err);
static bool unknown_late(const pl_apply_t *ap, const Pl__UnknownSettle *in,
    const Pl__UnknownSend *row);
static pl_status_t unknown_del(pl_apply_t *ap, const Pl__UnknownSend *row,
    pl_err_t *err);
static pl_status_t unknown_resend(pl_apply_t *ap, Pl__Effect *effect,
    const char *actor, pl_err_t *err);
static pl_status_t unknown_sent(pl_apply_t *ap, const Pl__Effect *effect,
    const char *actor, pl_err_t *err);


pl_status_t
pl_unknown_put(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    Pl__WireStage stage, const char *reason, pl_err_t *err)
{
    bool              gone;
    uint64_t          id;
    pl_key_t          key;
    Pl__Message      *message;
    pl_status_t       rc;
    Pl__UnknownSend   row = PL__UNKNOWN_SEND__INIT;

    rc = pl_queue_end(ap, attempt->effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    id = attempt->effect->send_message->message;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    gone = (rc == PL_NOTFOUND);

    if (!gone && message->has_state
        && message->state >= PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED)
    {
        return pl_feed_count(ap, attempt->effect->tenant, "unknown_settled",
                             "", err);
    }

    pl_attempt_aged(attempt->effect, ap->now_ms - attempt->began_ms);

    row.effect = attempt->effect;
    row.since_ms = ap->now_ms;
    row.epoch = attempt->epoch;
    row.has_stage = 1;
    row.stage = stage;
    row.reason = (char *) reason;

    rc = gone ? PL_OK : unknown_arm(ap, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, attempt->effect->tenant, attempt->effect->id);
    pl_queue_secret(ap, attempt->effect);

    rc = pl_record_put(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&key),
                       &row.base, false, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_feed_tell(ap, "unknown", "", 1);

    if (gone) {
        return PL_OK;
    }

    return pl_message_raise(ap, id, message,
                            PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN, 0,
                            err);
}


pl_status_t
pl_unknown_of(pl_apply_t *ap, uint32_t tenant, uint64_t message_id,
    Pl__UnknownSend **row, pl_err_t *err)
{
    pl_key_t           from;
    pl_str_t           k, v;
    pl_scan_t         *scan;
    Pl__Effect        *effect;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&from, tenant, message_id);

    rc = pl_store_scan(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &k, &v, err);
    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_UNKNOWN, v,
                            &pl__unknown_send__descriptor, ap->ar, &msg,
                            err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK) {
        return rc;
    }

    *row = (Pl__UnknownSend *) msg;
    effect = (*row)->effect;

    return effect->tenant == tenant
           && effect->of_case == PL__EFFECT__OF_SEND_MESSAGE
           && effect->send_message->message == message_id ? PL_OK
                                                          : PL_NOTFOUND;
}


pl_status_t
pl_unknown_fire(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    int64_t           due_ms;
    pl_status_t       rc;
    Pl__UnknownSend  *row;

    rc = unknown_get(ap, timer->tenant, timer->resend->effect, &row, err);

    if (rc == PL_NOTFOUND || (rc == PL_OK && row->timer != timer->id)) {
        return PL_OK;                   /* it was settled meanwhile */
    }

    if (rc == PL_OK
        && !unknown_again(ap, row->effect, row->since_ms, &due_ms))
    {
        return unknown_disarmed(ap, row, err);
    }

    if (rc == PL_OK) {
        pl_attempt_aged(row->effect, ap->now_ms - row->since_ms);
        rc = unknown_del(ap, row, err);
    }

    return rc == PL_OK ? unknown_resend(ap, row->effect, NULL, err) : rc;
}


pl_status_t
pl_apply_unknown_settle(pl_apply_t *ap, const Pl__UnknownSettle *in,
    pl_err_t *err)
{
    pl_status_t       rc;
    Pl__UnknownSend  *row;

    if (in->word != PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
        && in->word != PL__UNKNOWN_WORD__UNKNOWN_WORD_SENT)
    {
        return pl_err_set(err, PL_INVALID, "unknown", (int) in->word,
                          "no such word");
    }

    rc = unknown_get(ap, in->tenant, in->effect, &row, err);

    if (rc == PL_NOTFOUND
        || (rc == PL_OK && in->has_since_ms
            && in->since_ms != row->since_ms)
        || (rc == PL_OK && unknown_late(ap, in, row)))
    {
        return pl_feed_count(ap, in->tenant, "unknown_skipped", "", err);
    }

    if (rc == PL_OK) {
        rc = unknown_del(ap, row, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return in->word == PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
           ? unknown_resend(ap, row->effect,
                            in->actor == NULL ? "" : in->actor, err)
           : unknown_sent(ap, row->effect, in->actor, err);
}


pl_status_t
pl_attempt_settle(pl_apply_t *ap, uint32_t tenant, uint64_t message_id,
    pl_err_t *err)
{
    pl_status_t       rc;
    Pl__UnknownSend  *row;

    rc = pl_unknown_of(ap, tenant, message_id, &row, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = unknown_del(ap, row, err);

    return rc == PL_OK ? pl_feed_count(ap, tenant, "unknown_settled", "",
                                       err) : rc;
}


pl_status_t
pl_attempt_spare(pl_apply_t *ap, uint64_t message_id, pl_err_t *err)
{
    pl_key_t      key;
    pl_str_t      value;
    Pl__Effect   *effect;
    pl_status_t   rc;

    rc = pl_outbox_queued(ap->txn, message_id, ap->ar, &effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_key_seq(&key, effect->id);

    rc = pl_store_get(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), &value,
                      err);
    if (rc != PL_NOTFOUND) {
        return rc;                      /* on the wire: its answer ends it */
    }

    rc = pl_queue_end(ap, effect, err);

    return rc == PL_OK ? pl_feed_count(ap, effect->tenant, "sends_spared",
                                       "", err) : rc;
}


/* Where the channel's policy says so, a timer brings it back. */

static pl_status_t
unknown_arm(pl_apply_t *ap, Pl__UnknownSend *row, pl_err_t *err)
{
    pl_key_t           key;
    Pl__Timer          timer = PL__TIMER__INIT;
    const Pl__Effect  *effect = row->effect;
    Pl__TimerResend    resend = PL__TIMER_RESEND__INIT;

    if (!unknown_again(ap, effect, row->since_ms, &timer.due_ms)) {
        return PL_OK;
    }

    resend.effect = effect->id;

    timer.id = pl_apply_id(ap);
    timer.tenant = effect->tenant;
    timer.channel = effect->channel;
    timer.party_kind = effect->party_kind;
    timer.party = effect->party;
    timer.contact = effect->contact;
    timer.of_case = PL__TIMER__OF_RESEND;
    timer.resend = &resend;

    row->has_resend_ms = 1;
    row->resend_ms = timer.due_ms;
    row->has_timer = 1;
    row->timer = timer.id;

    pl_sandbox_timer(ap, &key, timer.due_ms, timer.id);

    return pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                         &timer.base, false, err);
}


/*
 * May policy send it again, and when? Not more often than the class's
 * attempts, nor past its age, nor once it has expired: then it waits for a
 * person.
 */

static bool
unknown_again(const pl_apply_t *ap, const Pl__Effect *effect,
    int64_t since_ms, int64_t *due_ms)
{
    pl_retry_t                  row;
    const pl_channel_conf_t    *conf;
    const Pl__ChannelSettings  *set;

    conf = pl_settings_channel(ap->settings, effect->channel);
    if (conf == NULL || conf->row->removed
        || !conf->row->has_unknown_resend_ms)
    {
        return false;
    }

    set = conf->row;
    row = pl_retry_of(set, PL__RETRY_CLASS__RETRY_CLASS_UNKNOWN);
    *due_ms = ap->now_ms + set->unknown_resend_ms;

    return (row.attempts == 0 || effect->resent < row.attempts)
           && effect->aged_ms + ap->now_ms - since_ms <= row.age_ms
           && !pl_policy_late(effect->expires_ms, *due_ms);
}


/* Its channel holds them by now: it waits for a person, and says so. */

static pl_status_t
unknown_disarmed(pl_apply_t *ap, Pl__UnknownSend *row, pl_err_t *err)
{
    pl_key_t  key;

    row->has_timer = 0;
    row->has_resend_ms = 0;

    pl_key_tenant_seq(&key, row->effect->tenant, row->effect->id);
    pl_queue_secret(ap, row->effect);

    return pl_record_put(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&key),
                         &row->base, false, err);
}


static pl_status_t
unknown_get(pl_apply_t *ap, uint32_t tenant, uint64_t effect,
    Pl__UnknownSend **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, tenant, effect);

    rc = pl_record_get(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&key),
                       &pl__unknown_send__descriptor, ap->ar, &msg, err);
    *row = (Pl__UnknownSend *) msg;

    return rc;
}


/* It has expired: sent again it would end as a dead letter. It stays. */

static bool
unknown_late(const pl_apply_t *ap, const Pl__UnknownSettle *in,
    const Pl__UnknownSend *row)
{
    return in->word == PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
           && pl_policy_late(row->effect->expires_ms, ap->now_ms);
}


/* One that fired has moved on. */

pl_status_t
pl_unknown_disarm(pl_apply_t *ap, const Pl__UnknownSend *row, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    if (!row->has_timer) {
        return PL_OK;
    }

    pl_sandbox_timer(ap, &key, row->resend_ms, row->timer);

    rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The row, and the timer that it may have. */

static pl_status_t
unknown_del(pl_apply_t *ap, const Pl__UnknownSend *row, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    rc = pl_unknown_disarm(ap, row, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_tenant_seq(&key, row->effect->tenant, row->effect->id);

    return pl_store_del(ap->txn, PL_TABLE_UNKNOWN, pl_key_str(&key), err);
}


/*
 * actor NULL: by policy, which counts it. For a person its age begins anew.
 * Its attempts stay counted: it is the same send still.
 */

static pl_status_t
unknown_resend(pl_apply_t *ap, Pl__Effect *effect, const char *actor,
    pl_err_t *err)
{
    bool          erased;
    uint64_t      id = effect->send_message->message;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK || message->has_erased) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* it says nothing any more */
    }

    rc = pl_tomb_message(ap, message, &erased, err);
    if (rc != PL_OK || erased) {
        return rc;                      /* nor will it, in a moment */
    }

    effect->due_ms = ap->now_ms;

    if (actor == NULL) {
        effect->has_resent = 1;
        effect->resent++;

    } else {
        effect->has_aged_ms = 0;
        effect->aged_ms = 0;
        effect->created_ms = ap->now_ms;
    }

    message->has_resent = 1;
    message->resent++;
    message->has_state = 0;             /* back, as the audit knows */

    rc = pl_feed_audit_by(ap, effect->tenant,
                          PL__AUDIT_KIND__AUDIT_KIND_RESENT, id,
                          actor == NULL ? "unknown.resend" : NULL, actor,
                          err);
    if (rc == PL_OK) {
        rc = pl_feed_count(ap, effect->tenant, "unknown_resent",
                           actor == NULL ? "policy" : "person", err);
    }

    if (rc == PL_OK) {
        rc = pl_message_raise(ap, id, message,
                              PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, 0,
                              err);
    }

    return rc == PL_OK ? pl_queue_put(ap, effect, err) : rc;
}


static pl_status_t
unknown_sent(pl_apply_t *ap, const Pl__Effect *effect, const char *actor,
    pl_err_t *err)
{
    uint64_t      id = effect->send_message->message;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_feed_audit_by(ap, effect->tenant,
                          PL__AUDIT_KIND__AUDIT_KIND_SETTLED, id, NULL,
                          actor, err);
    if (rc == PL_OK) {
        rc = pl_feed_count(ap, effect->tenant, "unknown_settled", "person",
                           err);
    }

    if (rc == PL_OK) {
        rc = pl_message_get(ap, id, &message, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return pl_message_raise(ap, id, message,
                            PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED, 0,
                            err);
}
