/*
 * What became of a message, as the state has it: its record, its effect in
 * whichever place that stands, and the events about it. What the journal has
 * of it besides takes a walk (`parleyctl trace`).
 */

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/outbox.h"
#include "message_impl.h"
#include "rows.h"

#define TRACE_EVENTS_LOOK  5000     /* of the audit log, behind the message */
#define TRACE_EVENTS_MAX   100

static pl_status_t trace_effect(pl_api_call_t *call, uint64_t id,
    const Pl__Message *message, Pl__Api__TraceView *view, pl_err_t *err);
static pl_status_t trace_ended(pl_api_call_t *call, uint64_t id,
    Pl__Api__TraceView *view, pl_err_t *err);
static pl_status_t trace_row(pl_api_call_t *call, pl_table_e table,
    uint64_t id, ProtobufCMessage **msg, pl_err_t *err);
static pl_status_t trace_events(pl_api_call_t *call, uint64_t id,
    Pl__Api__TraceView *view, pl_err_t *err);
static pl_status_t trace_event(pl_api_call_t *call, uint64_t id,
    pl_str_t key, pl_str_t value, Pl__Api__TraceView *view, pl_err_t *err);


pl_status_t
pl_trace_ask(pl_api_call_t *call, pl_err_t *err)
{
    uint64_t             id;
    Pl__Message         *message;
    pl_status_t          rc;
    Pl__Api__TraceView   view = PL__API__TRACE_VIEW__INIT;

    rc = pl_rows_param(call, 0, "msg_", &id);

    if (rc == PL_OK) {
        rc = pl_rows_message(call, id, &message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    view.message = pl_rows_message_view(call, id, message);
    view.traceparent = message->traceparent;
    view.has_entry = message->has_entry;
    view.entry = message->entry;

    if (view.message == NULL) {
        return pl_rows_nomem(err);
    }

    if (message->direction == PL__DIRECTION__DIRECTION_OUT) {
        rc = trace_effect(call, id, message, &view, err);
    }

    if (rc == PL_OK) {
        rc = trace_events(call, id, &view, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &view.base, err) : rc;
}


static pl_status_t
trace_effect(pl_api_call_t *call, uint64_t id, const Pl__Message *message,
    Pl__Api__TraceView *view, pl_err_t *err)
{
    Pl__Effect   *effect;
    pl_status_t   rc;

    rc = pl_outbox_waiting(call->txn, id, message,
                           pl_settings_clock(call->settings, call->tenant),
                           call->ar, &effect, err);

    if (rc == PL_OK) {
        view->effect = pl_rows_effect_view(call, effect,
            message->has_state && message->state
            == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED
            ? "scheduled" : "waiting");

        return view->effect != NULL ? PL_OK : pl_rows_nomem(err);
    }

    return rc == PL_NOTFOUND ? trace_ended(call, id, view, err) : rc;
}


/* A message's effect is the first number drawn behind it, or a later one's
   of its own: the first row behind it that is about it. */

static pl_status_t
trace_ended(pl_api_call_t *call, uint64_t id, Pl__Api__TraceView *view,
    pl_err_t *err)
{
    pl_status_t         rc;
    Pl__DeadLetter     *dead;
    Pl__UnknownSend    *unknown;
    ProtobufCMessage   *msg;

    rc = trace_row(call, PL_TABLE_DEAD, id, &msg, err);

    if (rc == PL_OK && msg != NULL) {
        dead = (Pl__DeadLetter *) msg;
        view->effect = pl_rows_effect_view(call, dead->effect, "dead");

        if (view->effect != NULL) {
            view->effect->since = pl_api_time(call, dead->died_ms);
            view->effect->reason = dead->reason;
            view->effect->rule = dead->rule;
            view->effect->has_code = dead->has_code;
            view->effect->code = dead->code;
        }

        return PL_OK;
    }

    if (rc == PL_OK) {
        rc = trace_row(call, PL_TABLE_UNKNOWN, id, &msg, err);
    }

    if (rc == PL_OK && msg != NULL) {
        unknown = (Pl__UnknownSend *) msg;
        view->effect = pl_rows_effect_view(call, unknown->effect, "unknown");

        if (view->effect != NULL) {
            view->effect->since = pl_api_time(call, unknown->since_ms);
            view->effect->reason = unknown->reason;
        }
    }

    return rc;
}


/* *msg NULL: the table has none that is about the message. */

static pl_status_t
trace_row(pl_api_call_t *call, pl_table_e table, uint64_t id,
    ProtobufCMessage **msg, pl_err_t *err)
{
    bool               dead = table == PL_TABLE_DEAD;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    const Pl__Effect  *effect;

    *msg = NULL;
    pl_key_tenant_seq(&from, call->tenant, id);

    rc = pl_store_scan(call->txn, table, pl_key_str(&from), false, &scan,
                       err);

    if (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);
    }

    if (rc == PL_OK && key.len == 12 && pl_be32(key.data) == call->tenant) {
        rc = pl_record_read(table, value,
                            dead ? &pl__dead_letter__descriptor
                                 : &pl__unknown_send__descriptor,
                            call->ar, msg, err);
    }

    pl_store_scan_end(scan);

    if (rc == PL_OK && *msg != NULL) {
        effect = dead ? ((Pl__DeadLetter *) *msg)->effect
                      : ((Pl__UnknownSend *) *msg)->effect;

        if (pl_outbox_message(effect) != id) {
            *msg = NULL;
        }
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Events have numbers of the same sequence: those behind the message's. */

static pl_status_t
trace_events(pl_api_call_t *call, uint64_t id, Pl__Api__TraceView *view,
    pl_err_t *err)
{
    unsigned      n;
    pl_key_t      from;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    view->events = (Pl__Api__AuditView **)
                   pl_rows_list(call, TRACE_EVENTS_MAX);
    if (view->events == NULL) {
        return pl_rows_nomem(err);
    }

    pl_key_tenant_seq(&from, call->tenant, id);

    rc = pl_store_scan(call->txn, PL_TABLE_AUDIT, pl_key_str(&from), false,
                       &scan, err);

    for (n = 0; rc == PL_OK; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len != 12
            || pl_be32(key.data) != call->tenant)
        {
            break;
        }

        if (n == TRACE_EVENTS_LOOK || view->n_events == TRACE_EVENTS_MAX) {
            view->has_partial = view->partial = 1;
            break;
        }

        rc = trace_event(call, id, key, value, view, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
trace_event(pl_api_call_t *call, uint64_t id, pl_str_t key, pl_str_t value,
    Pl__Api__TraceView *view, pl_err_t *err)
{
    pl_status_t           rc;
    ProtobufCMessage     *msg;
    const char           *subject;
    Pl__Api__AuditView   *row;

    rc = pl_record_read(PL_TABLE_AUDIT, value, &pl__audit_event__descriptor,
                        call->ar, &msg, err);
    if (rc != PL_OK || ((Pl__AuditEvent *) msg)->subject != id) {
        return rc;
    }

    row = pl_rows_audit_view(call, pl_be64(key.data + 4),
                             (Pl__AuditEvent *) msg);
    if (row == NULL) {
        return pl_rows_nomem(err);
    }

    subject = row->subject;

    if (subject != NULL && subject[0] == 'm' && subject[1] == 's') {
        view->events[view->n_events++] = row;
    }

    return PL_OK;
}
