/*
 * The small commands: timers, pruning, the clock, what could not be read.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "age.h"
#include "apply.h"
#include "dedupe.h"
#include "later.h"
#include "reply.h"
#include "request.h"
#include "retain.h"
#include "room.h"
#include "run.h"
#include "sandbox.h"
#include "task.h"
#include "wall.h"

static pl_status_t timer_get(pl_apply_t *ap, int64_t due_ms, uint64_t id,
    Pl__Timer **timer, pl_err_t *err);
static pl_status_t timer_end(pl_apply_t *ap, Pl__Timer *timer,
    pl_err_t *err);
static pl_status_t timer_fire(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);
static const pl_flow_t *timer_flow(pl_apply_t *ap, uint32_t tenant,
    const char *name);
static pl_status_t timer_prune(pl_apply_t *ap, uint32_t rows,
    pl_err_t *err);


/*
 * A timer fires once: its row moves behind the running ones. One that is
 * gone is ignored; one whose time has not come by this entry's clock stays
 * armed where it is, or where the wall that it was armed by will be.
 */

pl_status_t
pl_apply_timer_due(pl_apply_t *ap, const Pl__TimerDue *in, pl_err_t *err)
{
    bool          moved = false;
    Pl__Timer    *timer;
    pl_status_t   rc;

    if (in->due_ms > ap->now_ms) {
        return PL_OK;
    }

    rc = timer_get(ap, in->due_ms, in->timer, &timer, err);

    if (rc == PL_OK) {
        pl_sandbox_enter(ap, timer->tenant);
    }

    if (rc == PL_OK && timer->wall != NULL
        && pl_wall_due(ap->settings, timer->wall, NULL) > ap->now_ms)
    {
        rc = pl_wall_move(ap, timer, &moved, err);
    }

    if (rc == PL_OK && !moved) {
        rc = timer_end(ap, timer, err);
    }

    if (rc != PL_OK || moved) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    return timer->of_case == PL__TIMER__OF_EFFECT
           ? pl_later_fire(ap, timer->effect, err)
           : timer_fire(ap, timer, err);
}


pl_status_t
pl_timer_end(pl_apply_t *ap, int64_t due_ms, uint64_t id, Pl__Timer **timer,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = timer_get(ap, pl_sandbox_real(ap, due_ms), id, timer, err);

    return rc == PL_OK ? timer_end(ap, *timer, err) : rc;
}


static pl_status_t
timer_get(pl_apply_t *ap, int64_t due_ms, uint64_t id, Pl__Timer **timer,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (due_ms < 0) {
        return PL_NOTFOUND;             /* the key of one that has ended */
    }

    pl_key_timer(&key, due_ms, id);

    rc = pl_record_get(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &pl__timer__descriptor, ap->ar, &msg, err);
    *timer = rc == PL_OK ? (Pl__Timer *) msg : NULL;

    return rc;
}


static pl_status_t
timer_end(pl_apply_t *ap, Pl__Timer *timer, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    timer->has_ended_ms = 1;
    timer->ended_ms = ap->now_ms;

    pl_sandbox_timer(ap, &key, timer->due_ms, timer->id);

    rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = pl_task_unlist(ap, timer, false, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (timer->of_case == PL__TIMER__OF_EFFECT
        || (timer->of_case == PL__TIMER__OF_STEP
            && timer->step->task == NULL))
    {
        return PL_OK;                   /* its message, or run, says it all */
    }

    pl_key_timer(&key, (int64_t) ((uint64_t) timer->due_ms | PL_TIMER_ENDED),
                 timer->id);

    rc = pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &timer->base, false, err);

    return rc == PL_OK ? pl_task_list(ap, timer, err) : rc;
}


pl_status_t
pl_apply_prune(pl_apply_t *ap, const Pl__Prune *in, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_dedupe_prune(ap, in->before_ms, in->rows, err);

    if (rc == PL_OK) {
        rc = pl_parked_prune(ap, in->rows, err);
    }

    if (rc == PL_OK) {
        rc = timer_prune(ap, in->rows, err);
    }

    if (rc == PL_OK) {
        rc = pl_request_prune(ap, in->rows, err);
    }

    if (rc == PL_OK) {
        rc = pl_retain_prune(ap, in->rows, err);
    }

    return rc == PL_OK ? pl_age_begin(ap, err) : rc;
}


pl_status_t
pl_apply_clock_step(pl_apply_t *ap, const Pl__ClockStep *in, pl_err_t *err)
{
    char  text[64];

    (void) snprintf(text, sizeof(text), "%+" PRId64 " ms",
                    in->after_ms - in->before_ms);

    return pl_feed_audit(ap, 0, PL__AUDIT_KIND__AUDIT_KIND_CLOCK, ap->entry,
                         NULL, text, err);
}


pl_status_t
pl_apply_unreadable_item(pl_apply_t *ap, const Pl__UnreadableItem *in,
    pl_err_t *err)
{
    pl_unfit_t                unfit;
    const pl_channel_conf_t  *channel;

    memset(&unfit, 0, sizeof(unfit));

    channel = in->account == NULL ? NULL
              : pl_settings_account(ap->settings, ap->provider,
                                    pl_str_c(in->account));

    unfit.tenant = channel == NULL ? 0 : channel->tenant;
    unfit.account = in->account;
    unfit.path = in->path;
    unfit.reason = in->reason;
    unfit.raw.data = in->raw.data;
    unfit.raw.len = in->raw.len;

    return pl_feed_quarantine(ap, &unfit, err);
}


static pl_status_t
timer_fire(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    pl_reply_t         reply;
    pl_party_t         party;
    Pl__Contact       *contact;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    if (timer->of_case == PL__TIMER__OF_RESEND) {
        return pl_unknown_fire(ap, timer, err);
    }

    if (timer->of_case == PL__TIMER__OF_STEP) {
        return pl_run_fire(ap, timer, err);
    }

    if (timer->of_case != PL__TIMER__OF_SEND) {
        return PL_OK;
    }

    /* of a store of before flows had runs */

    party.tenant = timer->tenant;
    party.kind = timer->party_kind;
    party.party = timer->party;

    memset(&reply, 0, sizeof(reply));
    reply.flow = timer_flow(ap, timer->tenant, timer->send->flow);

    rc = pl_contact_root(ap, timer->tenant, timer->contact, &contact, err);
    if (rc != PL_OK || reply.flow == NULL) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (party.kind == PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        party.party = contact->id;      /* joined since, it may be */
    }

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    reply.party = &party;
    reply.conv = conv;
    reply.contact = contact;
    reply.channel = timer->channel;
    reply.step = timer->send->step;
    reply.variables = timer->send->variables;
    reply.n_variables = timer->send->n_variables;

    rc = pl_reply(ap, &reply, 0, err);

    return rc == PL_OK ? pl_conversation_put(ap, &party, conv, err) : rc;
}


static const pl_flow_t *
timer_flow(pl_apply_t *ap, uint32_t tenant, const char *name)
{
    size_t                   i;
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(ap->settings, tenant);

    for (i = 0; conf != NULL && i < conf->n_flows; i++) {
        if (strcmp(pl_flow_name(conf->flows[i]), name) == 0) {
            return conf->flows[i];
        }
    }

    return NULL;
}


static pl_status_t
timer_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err)
{
    uint32_t           n;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_arena_t        *item;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_room_enter(ap, &item, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_key_timer(&from, (int64_t) PL_TIMER_ENDED, 0);

    rc = pl_store_scan(ap->txn, PL_TABLE_TIMERS, pl_key_str(&from), false,
                       &scan, err);

    for (n = 0; rc == PL_OK && n < rows; n++) {
        pl_room_empty(ap);

        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK
            || (int64_t) (pl_be64(key.data) & ~PL_TIMER_ENDED)
               > ap->now_ms - PL_TIMER_KEEP_MS)
        {
            break;
        }

        rc = pl_record_read(PL_TABLE_TIMERS, value, &pl__timer__descriptor,
                            ap->ar, &msg, err);

        if (rc == PL_OK) {
            rc = pl_task_unlist(ap, (const Pl__Timer *) msg, true, err);
        }

        if (rc == PL_OK) {
            rc = pl_store_scan_del(scan, err);
        }
    }

    pl_store_scan_end(scan);
    pl_room_leave(ap, item);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
