/*
 * check: timers, delayed sends among them, and collapse keys.
 *
 * A message that is to be sent later has one timer that runs, and the effect
 * in it is the one behind the message. A collapse key leads to a message
 * that waits under it; of those that wait under one, it is the newest.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/outbox.h"
#include "check.h"


static pl_status_t later_timer(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);
static pl_status_t later_whose(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Timer *timer, pl_err_t *err);
static pl_status_t later_resend(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Timer *timer, pl_err_t *err);
static pl_status_t later_effect(plctl_check_t *check,
    const plctl_checked_t *row, const Pl__Timer *timer, pl_err_t *err);
static pl_status_t later_collapse(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);


pl_status_t
plctl_check_later(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    check->scheduled_in = 0;
    check->tasks_in = 0;
    check->listed_in = 0;

    rc = plctl_check_walk(check, PL_TABLE_TIMERS, 16, &pl__timer__descriptor,
                          later_timer, err);

    if (rc == PL_OK) {
        rc = plctl_check_list(check, err);
    }

    if (rc == PL_OK && check->scheduled != check->scheduled_in) {
        plctl_check_find(check, PL_TABLE_TIMERS, PL_STR_NULL,
                         "%" PRIu64 " messages are to be sent later, timers "
                         "are there for %" PRIu64, check->scheduled,
                         check->scheduled_in);
    }

    if (rc == PL_OK && check->tasks != check->tasks_in) {
        plctl_check_find(check, PL_TABLE_TIMERS, PL_STR_NULL,
                         "conversations name %" PRIu64 " tasks, timers of "
                         "flows are %" PRIu64, check->tasks,
                         check->tasks_in);
    }

    if (rc == PL_OK) {
        rc = plctl_check_walk(check, PL_TABLE_COLLAPSES, 0, NULL,
                              later_collapse, err);
    }

    return rc;
}


static pl_status_t
later_timer(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    bool              ended;
    int64_t           stands;
    uint64_t          due;
    pl_status_t       rc;
    const Pl__Timer  *timer;

    timer = (const Pl__Timer *) row->msg;
    plctl_check_id(check, row, timer->id);

    due = pl_be64(row->key.data);
    ended = (due & PL_TIMER_ENDED) != 0;
    stands = timer->due_ms;

    if (!ended) {                       /* in real time (sandbox.h) */
        stands -= pl_settings_clock(check->ctl->settings, timer->tenant);
        stands = stands > 0 ? stands : 0;
    }

    if ((uint64_t) stands != (due & ~PL_TIMER_ENDED)
        || timer->id != pl_be64(row->key.data + 8)
        || ended != (timer->has_ended_ms != 0))
    {
        plctl_check_find(check, row->table, row->key,
                         "tmr_%" PRIu64 " stands in a wrong place",
                         timer->id);
    }

    rc = later_whose(check, row, timer, err);

    if (rc == PL_OK) {
        rc = plctl_check_listed(check, row, timer, err);
    }

    if (rc == PL_OK && !ended && timer->of_case == PL__TIMER__OF_RESEND) {
        return later_resend(check, row, timer, err);
    }

    check->tasks_in += !ended && timer->of_case == PL__TIMER__OF_STEP;

    return rc == PL_OK && !ended && timer->of_case == PL__TIMER__OF_EFFECT
           ? later_effect(check, row, timer, err) : rc;
}


static pl_status_t
later_whose(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Timer *timer, pl_err_t *err)
{
    bool         has, group;
    uint64_t     id;
    pl_key_t     key;
    pl_status_t  rc;

    group = timer->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
            && timer->contact == 0;
    id = group ? timer->party : timer->contact;

    pl_key_tenant_seq(&key, timer->tenant, id);

    rc = plctl_check_has(check, group ? PL_TABLE_GROUPS : PL_TABLE_CONTACTS,
                         pl_key_str(&key), &has, err);

    if (rc == PL_OK && !has) {
        plctl_check_find(check, row->table, row->key,
                         "its %s_%" PRIu64 " is not there",
                         group ? "group grp" : "contact cnt", id);
    }

    return rc;
}


/* What it sends again is unknown, and names it. */

static pl_status_t
later_resend(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Timer *timer, pl_err_t *err)
{
    pl_key_t                key;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    const Pl__UnknownSend  *unknown;

    pl_key_tenant_seq(&key, timer->tenant, timer->resend->effect);

    rc = plctl_check_get(check, PL_TABLE_UNKNOWN, pl_key_str(&key),
                         &pl__unknown_send__descriptor, check->ar, &msg,
                         err);
    unknown = (const Pl__UnknownSend *) msg;

    if (rc == PL_OK
        && (unknown == NULL || unknown->timer != timer->id
            || unknown->resend_ms != timer->due_ms))
    {
        plctl_check_find(check, row->table, row->key,
                         "eff_%" PRIu64 " does not wait for it",
                         timer->resend->effect);
    }

    return rc;
}


static pl_status_t
later_effect(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Timer *timer, pl_err_t *err)
{
    uint64_t            id;
    pl_key_t            key;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    const Pl__Message  *message;

    id = timer->effect->of_case == PL__EFFECT__OF_SEND_MESSAGE
         ? timer->effect->send_message->message : 0;

    pl_key_seq(&key, id);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    message = (const Pl__Message *) msg;

    if (message == NULL || timer->id <= id
        || timer->effect->id != timer->id
        || message->at_ms != timer->due_ms
        || message->state != PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED)
    {
        plctl_check_find(check, row->table, row->key,
                         "msg_%" PRIu64 " is not one that waits for it", id);
        return PL_OK;
    }

    check->scheduled_in++;

    return PL_OK;
}


static pl_status_t
later_collapse(plctl_check_t *check, const plctl_checked_t *row,
    pl_err_t *err)
{
    uint64_t            id;
    pl_key_t            key;
    pl_party_t          party;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    Pl__Effect         *effect = NULL;
    const Pl__Message  *message;

    if (pl_record_read_u64(row->table, row->value, &id, err) != PL_OK) {
        plctl_check_find(check, row->table, row->key, "is no index row");
        return PL_OK;
    }

    pl_key_seq(&key, id);

    rc = plctl_check_get(check, PL_TABLE_MESSAGES, pl_key_str(&key),
                         &pl__message__descriptor, check->ar, &msg, err);

    if (rc == PL_OK && msg != NULL) {
        message = (const Pl__Message *) msg;
        rc = pl_outbox_waiting(check->state, id, message,
                               pl_settings_clock(check->ctl->settings,
                                                 message->tenant),
                               check->ar, &effect, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (effect != NULL && effect->collapse_key != NULL) {
        party.tenant = effect->tenant;
        party.kind = effect->party_kind;
        party.party = effect->party;
        pl_key_collapse(&key, &party, effect->channel, effect->lane,
                        effect->collapse_key);
    }

    if (rc == PL_NOTFOUND || effect == NULL || effect->collapse_key == NULL
        || !pl_str_eq(pl_key_str(&key), row->key))
    {
        plctl_check_find(check, row->table, row->key,
                         "msg_%" PRIu64 " does not wait under it", id);
    }

    return PL_OK;
}
