/*
 * Timers by the wall. See wall.h.
 */

#include "../core/record.h"
#include "../core/zone.h"
#include "sandbox.h"
#include "task.h"
#include "wall.h"

static pl_status_t wall_put(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);
static pl_status_t wall_message(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);
static pl_status_t wall_task(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);
static pl_status_t wall_task_of(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Timer *timer, bool *found, pl_err_t *err);


int64_t
pl_wall_due(const pl_settings_t *settings, const Pl__WallTime *wall,
    bool *known)
{
    int64_t            due_ms;
    const pl_zone_t   *zone;

    zone = pl_settings_zone(settings, pl_str_c(wall->zone));

    if (known != NULL) {
        *known = zone != NULL;
    }

    if (zone == NULL) {
        zone = pl_zone_universal();
    }

    due_ms = pl_zone_at(zone, wall->wall_ms);

    /* both within PL_ZONE_MAX_MS: a wall time lies that far at the most */

    if (wall->before_ms > PL_ZONE_MAX_MS || wall->before_ms > due_ms) {
        return 0;
    }

    if (wall->before_ms < -PL_ZONE_MAX_MS) {
        return PL_ZONE_MAX_MS;
    }

    due_ms -= wall->before_ms;

    return due_ms < 0 ? 0 : due_ms;
}


pl_status_t
pl_wall_arm(pl_apply_t *ap, Pl__Timer *timer, const char *zone,
    int64_t wall_ms, int64_t before_ms, pl_err_t *err)
{
    Pl__WallTime  *wall;

    wall = pl_arena_alloc(ap->ar, sizeof(*wall));
    if (wall == NULL) {
        return pl_err_set(err, PL_NOMEM, "timer", 0, "out of memory");
    }

    pl__wall_time__init(wall);
    wall->zone = pl_arena_str(ap->ar, pl_str_c(zone));
    wall->wall_ms = wall_ms;
    wall->has_before_ms = before_ms != 0;
    wall->before_ms = before_ms;

    if (wall->zone == NULL) {
        return pl_err_set(err, PL_NOMEM, "timer", 0, "out of memory");
    }

    timer->wall = wall;
    timer->due_ms = pl_wall_due(ap->settings, wall, NULL);

    return wall_put(ap, timer, err);
}


pl_status_t
pl_wall_move(pl_apply_t *ap, Pl__Timer *timer, bool *moved, pl_err_t *err)
{
    int64_t      due_ms;
    pl_key_t     key;
    pl_status_t  rc;

    *moved = false;

    if (timer->wall == NULL) {
        return PL_OK;
    }

    due_ms = pl_wall_due(ap->settings, timer->wall, NULL);
    if (due_ms == timer->due_ms) {
        return PL_OK;
    }

    pl_sandbox_timer(ap, &key, timer->due_ms, timer->id);

    rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = pl_task_unlist(ap, timer, false, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *moved = true;

    if (timer->of_case == PL__TIMER__OF_STEP && timer->step->has_until_ms) {
        timer->step->until_ms += due_ms - timer->due_ms;
    }

    timer->due_ms = due_ms;

    if (timer->of_case == PL__TIMER__OF_EFFECT) {
        timer->effect->due_ms = due_ms;
        rc = wall_message(ap, timer, err);

    } else if (timer->of_case == PL__TIMER__OF_STEP) {
        rc = wall_task(ap, timer, err);
    }

    return rc == PL_OK ? wall_put(ap, timer, err) : rc;
}


static pl_status_t
wall_put(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_sandbox_timer(ap, &key, timer->due_ms, timer->id);

    rc = pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &timer->base, false, err);

    return rc == PL_OK ? pl_task_list(ap, timer, err) : rc;
}


/* The message says when: that is how its timer is found (later.c). */

static pl_status_t
wall_message(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    uint64_t      id;
    Pl__Message  *message;
    pl_status_t   rc;

    if (timer->effect->of_case != PL__EFFECT__OF_SEND_MESSAGE) {
        return PL_OK;
    }

    id = timer->effect->send_message->message;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    message->has_at_ms = 1;
    message->at_ms = timer->due_ms;

    return pl_message_put(ap, id, message, false, err);
}


/* A contact may have been joined to another, tasks and all. */

static pl_status_t
wall_task(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    bool          found;
    pl_party_t    party;
    Pl__Contact  *contact;
    pl_status_t   rc;

    party.tenant = timer->tenant;
    party.kind = timer->party_kind;
    party.party = timer->party;

    rc = wall_task_of(ap, &party, timer, &found, err);

    if (rc != PL_OK || found
        || party.kind != PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        return rc;
    }

    rc = pl_contact_root(ap, timer->tenant, timer->party, &contact, err);

    if (rc != PL_OK || contact->id == timer->party) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    party.party = contact->id;

    return wall_task_of(ap, &party, timer, &found, err);
}


static pl_status_t
wall_task_of(pl_apply_t *ap, const pl_party_t *party, const Pl__Timer *timer,
    bool *found, pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    *found = false;

    rc = pl_conversation_get(ap, party, &conv, err);

    for (i = 0; rc == PL_OK && i < conv->n_tasks; i++) {
        if (conv->tasks[i]->timer == timer->id) {
            *found = true;
            conv->tasks[i]->due_ms = timer->due_ms;
        }
    }

    return rc == PL_OK && *found ? pl_conversation_put(ap, party, conv, err)
                                 : rc;
}
