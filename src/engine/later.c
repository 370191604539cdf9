/*
 * Delayed sends, and what is taken back. See later.h.
 */

#include <string.h>

#include "../core/record.h"
#include "caps.h"
#include "collapse.h"
#include "later.h"
#include "outbox.h"
#include "room.h"
#include "sandbox.h"

static pl_status_t later_told(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, const pl_decided_t *out, pl_err_t *err);
static pl_status_t later_address(pl_apply_t *ap, Pl__Message *message,
    pl_err_t *err);
static const char *later_rule(Pl__AuditKind kind);
static pl_status_t later_look(pl_apply_t *ap, uint64_t *id,
    pl_later_look_pt look, const void *data, pl_err_t *err);
static pl_status_t later_disarm(pl_apply_t *ap, const Pl__Message *message,
    const Pl__Effect *effect, bool *done, pl_err_t *err);
static pl_status_t later_dequeue(pl_apply_t *ap, const Pl__Effect *effect,
    pl_later_e what, bool *done, pl_err_t *err);


pl_status_t
pl_later_add(pl_apply_t *ap, Pl__Effect *effect, int64_t at_ms,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;
    Pl__Timer    timer = PL__TIMER__INIT;

    if (effect->collapse_key != NULL) {
        rc = pl_collapse_take(ap, effect, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    effect->due_ms = at_ms;

    timer.id = effect->id;
    timer.due_ms = at_ms;
    timer.tenant = effect->tenant;
    timer.channel = effect->channel;
    timer.party_kind = effect->party_kind;
    timer.party = effect->party;
    timer.contact = effect->contact;
    timer.of_case = PL__TIMER__OF_EFFECT;
    timer.effect = effect;

    pl_sandbox_timer(ap, &key, at_ms, timer.id);

    return pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                         &timer.base, false, err);
}


pl_status_t
pl_later_put_off(pl_apply_t *ap, Pl__Effect *effect, Pl__Message *message,
    const pl_decided_t *out, pl_err_t *err)
{
    bool         ignored;
    int64_t      until;
    uint64_t     id;
    pl_status_t  rc;

    id = effect->send_message->message;
    until = out->verdict.until_ms;

    if (until - ap->now_ms > PL_AT_MAX_MS) {
        until = ap->now_ms + PL_AT_MAX_MS;
    }

    /* until then it is on no wire: its turn goes back */

    rc = pl_caps_return(ap, message, &ignored, err);
    if (rc != PL_OK) {
        return rc;
    }

    message->has_state = 1;
    message->state = PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED;
    message->has_at_ms = 1;
    message->at_ms = until;
    message->rule = (char *) out->verdict.rule;

    rc = pl_message_put(ap, id, message, false, err);

    if (rc == PL_OK) {
        rc = pl_later_add(ap, effect, until, err);
    }

    if (rc == PL_OK) {
        rc = later_told(ap, id, message, out, err);
    }

    return rc;
}


static pl_status_t
later_told(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    const pl_decided_t *out, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = message->party;

    rc = pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_STATE, &party, id,
                        0, err);

    if (rc == PL_OK) {
        rc = pl_feed_audit(ap, message->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_DEFERRED, id,
                           out->verdict.rule, out->reason, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, message->tenant,
                                       "policy_deferred", out->verdict.label,
                                       err)
                       : rc;
}


/* Its age is counted from now: until now nobody could have sent it. */

pl_status_t
pl_later_fire(pl_apply_t *ap, Pl__Effect *effect, pl_err_t *err)
{
    uint64_t           id;
    pl_party_t         party;
    Pl__Message       *message;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    id = effect->send_message->message;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    party.tenant = effect->tenant;
    party.kind = effect->party_kind;
    party.party = effect->party;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    message->entry_point = pl_window_entry(conv, message->channel,
                                           message->contact, ap->now_ms);
    message->has_entry_point = message->entry_point;

    message->rule = NULL;
    pl_policy_lane(message, effect);

    rc = later_address(ap, message, err);

    if (rc == PL_OK) {
        rc = pl_message_raise(ap, id, message,
                              PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, 0,
                              err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    effect->created_ms = ap->now_ms;
    effect->due_ms = ap->now_ms;

    rc = pl_queue_arrive(ap, conv, message, effect, err);

    return rc == PL_OK ? pl_conversation_put(ap, &party, conv, err) : rc;
}


pl_status_t
pl_later_withdraw(pl_apply_t *ap, uint64_t id, pl_later_e what,
    Pl__AuditKind kind, const char *text, bool *done, pl_err_t *err)
{
    bool          scheduled;
    Pl__Effect   *effect;
    Pl__Message  *message;
    pl_status_t   rc;

    *done = false;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    scheduled = message->state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED;

    if (!scheduled
        && (message->state != PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
            || what == PL_LATER_SCHEDULED))
    {
        return PL_OK;
    }

    rc = pl_outbox_waiting(ap->txn, id, message, ap->offset_ms, ap->ar, &effect,
                           err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = scheduled ? later_disarm(ap, message, effect, done, err)
                   : later_dequeue(ap, effect, what, done, err);

    return rc == PL_OK && *done
           ? pl_later_ended(ap, id, message, kind, text, err) : rc;
}


pl_status_t
pl_later_newest(pl_apply_t *ap, const Pl__Conversation *conv,
    pl_later_look_pt look, const void *data, pl_err_t *err)
{
    unsigned      i;
    uint64_t      id;
    pl_arena_t   *item;
    pl_status_t   rc;

    id = conv->n_newest != 0 ? conv->newest[conv->n_newest - 1] : 0;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; rc == PL_OK && id != 0 && i < PL_LATER_BACK_MAX; i++) {
        pl_room_empty(ap);
        rc = later_look(ap, &id, look, data, err);
    }

    pl_room_leave(ap, item);

    return rc;
}


/* *id: the one before it; 0 where there is none, or it is gone itself. */

static pl_status_t
later_look(pl_apply_t *ap, uint64_t *id, pl_later_look_pt look,
    const void *data, pl_err_t *err)
{
    uint64_t      at = *id;
    Pl__Message  *message;
    pl_status_t   rc;

    *id = 0;

    rc = pl_message_get(ap, at, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *id = message->has_previous ? message->previous : 0;

    return message->state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
           ? look(ap, at, message, data, err) : PL_OK;
}


pl_status_t
pl_later_ended(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    Pl__AuditKind kind, const char *text, pl_err_t *err)
{
    bool          ignored;
    const char   *rule;
    pl_status_t   rc;

    rule = later_rule(kind);
    message->rule = (char *) rule;

    rc = pl_caps_return(ap, message, &ignored, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = kind == PL__AUDIT_KIND__AUDIT_KIND_CANCELLED
         ? pl_feed_audit_by(ap, message->tenant, kind, id, rule, text, err)
         : pl_feed_audit(ap, message->tenant, kind, id, rule, text, err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, message->tenant, rule, "", err);
    }

    return rc == PL_OK
           ? pl_message_raise(ap, id, message,
                              PL__MESSAGE_STATE__MESSAGE_STATE_FAILED, 0,
                              err)
           : rc;
}


/* Where its time has come meanwhile, the asker reads so from its message. */

pl_status_t
pl_apply_cancel_send(pl_apply_t *ap, const Pl__CancelSend *in,
    pl_err_t *err)
{
    bool          done;
    Pl__Message  *message;
    pl_status_t   rc;

    rc = pl_message_get(ap, in->message, &message, err);

    if (rc == PL_NOTFOUND || (rc == PL_OK && message->tenant != in->tenant)) {
        return pl_feed_count(ap, in->tenant, "cancels", "unknown", err);
    }

    if (rc == PL_OK) {
        rc = pl_later_withdraw(ap, in->message, PL_LATER_SCHEDULED,
                               PL__AUDIT_KIND__AUDIT_KIND_CANCELLED,
                               in->actor, &done, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, in->tenant, "cancels",
                                       done ? "done" : "late", err) : rc;
}


/*
 * Months may lie between: the number that it was meant for may be a
 * stranger's by now. It goes to the person, where that is still known.
 */

static pl_status_t
later_address(pl_apply_t *ap, Pl__Message *message, pl_err_t *err)
{
    Pl__Contact         *contact;
    pl_status_t          rc;
    const Pl__Address   *row;

    if (message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        || message->address == NULL)
    {
        return PL_OK;
    }

    rc = pl_contact_root(ap, message->tenant, message->contact, &contact,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row = pl_contact_lists(contact, message->address->kind,
                           message->address->value);

    if (row == NULL || row->has_left_ms) {
        row = pl_contact_address(contact,
                                 pl_settings_channel(ap->settings,
                                                     message->channel));
        message->address = row != NULL ? (Pl__Address *) row
                                       : message->address;
    }

    return PL_OK;
}


static const char *
later_rule(Pl__AuditKind kind)
{
    switch (kind) {

    case PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED:
        return "collapsed";

    case PL__AUDIT_KIND__AUDIT_KIND_WITHDRAWN:
        return "consent.revoked";

    default:
        return "cancelled";
    }
}


static pl_status_t
later_disarm(pl_apply_t *ap, const Pl__Message *message,
    const Pl__Effect *effect, bool *done, pl_err_t *err)
{
    Pl__Timer    *timer;
    pl_status_t   rc;

    rc = pl_timer_end(ap, message->at_ms, effect->id, &timer, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *done = true;

    return effect->collapse_key != NULL
           ? pl_collapse_leave(ap, effect, err) : PL_OK;
}


static pl_status_t
later_dequeue(pl_apply_t *ap, const Pl__Effect *effect, pl_later_e what,
    bool *done, pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    pl_key_seq(&key, effect->id);

    rc = pl_store_get(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key), &value,
                      err);
    if (rc != PL_NOTFOUND) {
        return rc;                      /* on the wire, or the store failed */
    }

    *done = true;

    return what == PL_LATER_BEHIND ? pl_queue_end_behind(ap, effect, err)
                                   : pl_queue_end(ap, effect, err);
}
