/*
 * What has happened in a world: rows of the audit log as they come. See
 * world.h; messages that leave are noted by world_wire.c.
 */

#include <string.h>

#include "../core/record.h"
#include "world_impl.h"

#define SEE_EVENTS_FIRST  64

static pl_status_t see_row(plctl_world_t *world, pl_str_t value,
    pl_err_t *err);
static pl_status_t see_until(plctl_world_t *world, plctl_event_t *event,
    pl_err_t *err);


plctl_event_t *
plctl_world_event(plctl_world_t *world, plctl_event_e kind)
{
    size_t          room;
    plctl_event_t  *grown, *event;

    if (world->n_events == world->room) {
        room = world->room == 0 ? SEE_EVENTS_FIRST : world->room * 2;

        grown = pl_arena_alloc(world->ctl->ar, room * sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }

        if (world->n_events != 0) {
            memcpy(grown, world->events, world->n_events * sizeof(*grown));
        }

        world->events = grown;
        world->room = room;
    }

    event = &world->events[world->n_events++];
    memset(event, 0, sizeof(*event));
    event->kind = kind;
    event->time_ms = world->now_ms;

    return event;
}


pl_status_t
plctl_world_see(plctl_world_t *world, pl_err_t *err)
{
    pl_key_t      from;
    pl_str_t      key, value;
    pl_txn_t     *txn;
    pl_scan_t    *scan;
    pl_status_t   rc;

    if (world->tenant == 0) {
        return PL_OK;                   /* nobody is configured yet */
    }

    memset(&from, 0, sizeof(from));
    pl_key_tenant_seq(&from, world->tenant, world->audited + 1);

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, PL_TABLE_AUDIT, pl_key_str(&from), false, &scan,
                       err);

    while (rc == PL_OK
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK
           && key.len == 12 && pl_be32(key.data) == world->tenant)
    {
        world->audited = pl_be64(key.data + 4);
        rc = see_row(world, value, err);
    }

    pl_store_abort(txn);                /* ends the scan too */

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
plctl_world_message(plctl_world_t *world, uint64_t id, Pl__Message **message,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    memset(&key, 0, sizeof(key));
    pl_key_seq(&key, id);

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, world->ctl->ar, &msg, err);
    pl_store_abort(txn);

    *message = rc == PL_OK ? (Pl__Message *) msg : NULL;

    return rc;
}


static pl_status_t
see_row(plctl_world_t *world, pl_str_t value, pl_err_t *err)
{
    pl_status_t        rc;
    plctl_event_t     *event;
    ProtobufCMessage  *msg;

    rc = pl_record_read(PL_TABLE_AUDIT, value, &pl__audit_event__descriptor,
                        world->ctl->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    event = plctl_world_event(world, PLCTL_EVENT_AUDIT);
    if (event == NULL) {
        return pl_err_set(err, PL_NOMEM, "audit", 0, "out of memory");
    }

    event->audit = (Pl__AuditEvent *) msg;

    switch (event->audit->kind) {
    case PL__AUDIT_KIND__AUDIT_KIND_BLOCKED:
    case PL__AUDIT_KIND__AUDIT_KIND_DEFERRED:
    case PL__AUDIT_KIND__AUDIT_KIND_REPLACED:
        event->message = event->audit->subject;
        return see_until(world, event, err);
    default:
        return PL_OK;
    }
}


/* The message that policy spoke of, and when it is asked again. */

static pl_status_t
see_until(plctl_world_t *world, plctl_event_t *event, pl_err_t *err)
{
    pl_txn_t      *txn;
    pl_status_t    rc;
    Pl__Effect    *effect;
    Pl__Message   *message;

    rc = plctl_world_message(world, event->message, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    event->row = message;

    rc = pl_store_begin(world->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_outbox_waiting(txn, event->message, message, 0, world->ctl->ar,
                           &effect, err);
    pl_store_abort(txn);

    if (rc == PL_OK) {
        event->until_ms = effect->due_ms;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
