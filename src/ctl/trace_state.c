/*
 * What the state knows of a message: its record, its contact, its effect in
 * whichever table that stands, and events about it.
 */

#include "../core/record.h"
#include "../engine/outbox.h"
#include "list.h"
#include "trace.h"


#define STATE_AUDIT_MAX  100000         /* events looked at */


/* A place where an effect may stand, and how its row is read. */
typedef struct {
    pl_table_e                          table;
    bool                                tenant;     /* leads its key */
    const ProtobufCMessageDescriptor   *type;
} state_place_t;


static pl_status_t state_message(plctl_t *ctl, plctl_trace_t *trace,
    pl_txn_t *txn, pl_err_t *err);
static pl_status_t state_contact(plctl_t *ctl, plctl_trace_t *trace,
    pl_txn_t *txn, pl_err_t *err);
static pl_status_t state_after(pl_txn_t *txn, const state_place_t *place,
    const pl_key_t *from, pl_arena_t *ar, pl_str_t *key,
    ProtobufCMessage **msg, pl_err_t *err);
static pl_status_t state_effect(plctl_t *ctl, plctl_trace_t *trace,
    pl_txn_t *txn, pl_err_t *err);
static pl_status_t state_timer(plctl_t *ctl, plctl_trace_t *trace,
    pl_txn_t *txn, pl_err_t *err);
static Pl__Effect *state_of(pl_table_e table, ProtobufCMessage *msg);
static void state_fill(Pl__Ctl__TraceEffect *out, pl_table_e table,
    const ProtobufCMessage *msg);
static pl_status_t state_audit(plctl_t *ctl, plctl_trace_t *trace,
    pl_txn_t *txn, pl_err_t *err);
static bool state_about(const plctl_trace_t *trace,
    const Pl__AuditEvent *event);


/* An effect on the wire has two rows: the attempt's is the last word. */

static const state_place_t  state_places[] = {
    { PL_TABLE_OUTBOX, false, &pl__effect__descriptor },
    { PL_TABLE_ATTEMPTS, false, &pl__attempt_record__descriptor },
    { PL_TABLE_UNKNOWN, true, &pl__unknown_send__descriptor },
    { PL_TABLE_DEAD, true, &pl__dead_letter__descriptor },
};


pl_status_t
plctl_trace_state(plctl_t *ctl, plctl_trace_t *trace, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    if ((rc = state_message(ctl, trace, txn, err)) == PL_OK
        && (rc = state_contact(ctl, trace, txn, err)) == PL_OK
        && (rc = state_effect(ctl, trace, txn, err)) == PL_OK)
    {
        rc = state_audit(ctl, trace, txn, err);
    }

    pl_store_abort(txn);

    return rc;
}


bool
plctl_trace_room(plctl_t *ctl, plctl_trace_t *trace, void ***list, size_t n)
{
    if (n == 0) {
        *list = pl_arena_alloc(ctl->ar, PLCTL_TRACE_FOUND_MAX
                                        * sizeof(**list));
    }

    if (*list == NULL || n == PLCTL_TRACE_FOUND_MAX) {
        trace->row.has_partial = 1;
        trace->row.partial = 1;
        return false;
    }

    return true;
}


static pl_status_t
state_message(plctl_t *ctl, plctl_trace_t *trace, pl_txn_t *txn,
    pl_err_t *err)
{
    pl_key_t             key;
    pl_str_t             next;
    pl_status_t          rc;
    Pl__Message         *m;
    ProtobufCMessage    *msg;
    Pl__Ctl__TraceRow   *row = &trace->row;

    static const state_place_t  messages = {
        PL_TABLE_MESSAGES, false, &pl__message__descriptor
    };

    pl_key_seq(&key, trace->id);

    rc = pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                       &pl__message__descriptor, ctl->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_err_set(err, rc, "", 0, "there is no message %s",
                            plctl_id(ctl->ar, "msg", trace->id))
               : rc;
    }

    m = (Pl__Message *) msg;
    plctl_content_bare(m->content);

    trace->message = m;
    row->id = (char *) plctl_id(ctl->ar, "msg", trace->id);
    row->tenant = (char *) plctl_tenant_name(ctl, ctl->ar, m->tenant);
    row->channel = (char *) plctl_channel_name(ctl, ctl->ar, m->channel);
    row->party = (char *) plctl_party_name(ctl->ar, m->party_kind, m->party);
    row->message = m;

    pl_key_seq(&key, trace->id + 1);

    rc = state_after(txn, &messages, &key, ctl->ar, &next, &msg, err);
    trace->next = rc == PL_OK ? pl_be64(next.data) : UINT64_MAX;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
state_contact(plctl_t *ctl, plctl_trace_t *trace, pl_txn_t *txn,
    pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_tenant_seq(&key, trace->message->tenant, trace->message->contact);

    rc = pl_record_get(txn, PL_TABLE_CONTACTS, pl_key_str(&key),
                       &pl__contact__descriptor, ctl->ar, &msg, err);
    trace->row.contact = (Pl__Contact *) msg;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The first row at or after a key. */

static pl_status_t
state_after(pl_txn_t *txn, const state_place_t *place, const pl_key_t *from,
    pl_arena_t *ar, pl_str_t *key, ProtobufCMessage **msg, pl_err_t *err)
{
    pl_str_t      value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    rc = pl_store_scan(txn, place->table, pl_key_str(from), false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, key, &value, err);

    if (rc == PL_OK) {
        rc = pl_record_read(place->table, value, place->type, ar, msg, err);
    }

    pl_store_scan_end(scan);

    return rc;
}


/*
 * A message's effect was drawn right behind it: in whichever table it stands,
 * its row is the first one after the message's number.
 */

static pl_status_t
state_effect(plctl_t *ctl, plctl_trace_t *trace, pl_txn_t *txn,
    pl_err_t *err)
{
    size_t                  i;
    pl_key_t                from;
    pl_str_t                key;
    Pl__Effect             *effect;
    pl_status_t             rc;
    ProtobufCMessage       *msg;
    const state_place_t    *place;
    Pl__Ctl__TraceEffect   *out = NULL;

    if (trace->message->state
        == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED)
    {
        return state_timer(ctl, trace, txn, err);
    }

    for (i = 0; i < PL_COUNT(state_places); i++) {
        place = &state_places[i];

        if (place->tenant) {
            pl_key_tenant_seq(&from, trace->message->tenant, trace->id);

        } else {
            pl_key_seq(&from, trace->id);
        }

        rc = state_after(txn, place, &from, ctl->ar, &key, &msg, err);
        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc != PL_OK) {
            return rc;
        }

        effect = state_of(place->table, msg);

        if (pl_outbox_message(effect) != trace->id) {
            continue;
        }

        if (out == NULL) {
            out = pl_arena_alloc(ctl->ar, sizeof(*out));
            if (out == NULL) {
                return pl_err_set(err, PL_NOMEM, "trace", 0, "no memory");
            }

            pl__ctl__trace_effect__init(out);
        }

        out->id = (char *) plctl_id(ctl->ar, "eff", effect->id);
        out->effect = effect;
        state_fill(out, place->table, msg);
        trace->row.effect = out;
    }

    return PL_OK;
}


/* One that is to be sent later stands in `timers`. */

static pl_status_t
state_timer(plctl_t *ctl, plctl_trace_t *trace, pl_txn_t *txn, pl_err_t *err)
{
    Pl__Effect             *effect;
    pl_status_t             rc;
    Pl__Ctl__TraceEffect   *out;

    rc = pl_outbox_waiting(txn, trace->id, trace->message,
                           pl_settings_clock(ctl->settings,
                                             trace->message->tenant),
                           ctl->ar, &effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    out = pl_arena_alloc(ctl->ar, sizeof(*out));
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "trace", 0, "no memory");
    }

    pl__ctl__trace_effect__init(out);
    out->effect = effect;
    out->id = (char *) plctl_id(ctl->ar, "eff", effect->id);
    out->state = (char *) "scheduled";
    trace->row.effect = out;

    return PL_OK;
}


static Pl__Effect *
state_of(pl_table_e table, ProtobufCMessage *msg)
{
    switch (table) {

    case PL_TABLE_ATTEMPTS:
        return ((Pl__AttemptRecord *) msg)->effect;

    case PL_TABLE_UNKNOWN:
        return ((Pl__UnknownSend *) msg)->effect;

    case PL_TABLE_DEAD:
        return ((Pl__DeadLetter *) msg)->effect;

    default: /* PL_TABLE_OUTBOX */
        return (Pl__Effect *) msg;
    }
}


static void
state_fill(Pl__Ctl__TraceEffect *out, pl_table_e table,
    const ProtobufCMessage *msg)
{
    const Pl__DeadLetter     *dead;
    const Pl__UnknownSend    *unknown;

    switch (table) {

    case PL_TABLE_ATTEMPTS:
        out->state = (char *) "in_flight";
        out->has_began_ms = 1;
        out->began_ms = ((const Pl__AttemptRecord *) msg)->began_ms;
        break;

    case PL_TABLE_UNKNOWN:
        unknown = (const Pl__UnknownSend *) msg;
        out->state = (char *) "unknown";
        out->reason = unknown->reason;
        out->has_since_ms = 1;
        out->since_ms = unknown->since_ms;
        out->has_stage = unknown->has_stage;
        out->stage = unknown->stage;
        break;

    case PL_TABLE_DEAD:
        dead = (const Pl__DeadLetter *) msg;
        out->state = (char *) "dead";
        out->reason = dead->reason;
        out->rule = dead->rule;
        out->has_died_ms = 1;
        out->died_ms = dead->died_ms;
        out->has_code = dead->has_code;
        out->code = dead->code;
        break;

    default: /* PL_TABLE_OUTBOX */
        out->state = (char *) "waiting";
        break;
    }
}


/* What is about it was written after it. */

static pl_status_t
state_audit(plctl_t *ctl, plctl_trace_t *trace, pl_txn_t *txn,
    pl_err_t *err)
{
    unsigned             n;
    pl_key_t             from;
    pl_str_t             key, value;
    pl_scan_t           *scan;
    pl_arena_t          *ar = ctl->ar;
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    Pl__Ctl__TraceRow   *row = &trace->row;

    pl_key_tenant_seq(&from, trace->message->tenant, trace->id);

    rc = pl_store_scan(txn, PL_TABLE_AUDIT, pl_key_str(&from), false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    for (n = 0; n < STATE_AUDIT_MAX; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK
            && (key.len < 4 || pl_be32(key.data) != trace->message->tenant))
        {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_AUDIT, value,
                                &pl__audit_event__descriptor, ar, &msg, err);
        }

        if (rc != PL_OK) {
            break;
        }

        if (state_about(trace, (Pl__AuditEvent *) msg)
            && plctl_trace_room(ctl, trace, (void ***) &row->audit,
                                row->n_audit))
        {
            row->audit[row->n_audit++] = (Pl__AuditEvent *) msg;
        }
    }

    pl_store_scan_end(scan);

    if (n == STATE_AUDIT_MAX) {
        row->has_partial = 1;
        row->partial = 1;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Of other kinds the subject is a channel, a generation, an entry. */

static bool
state_about(const plctl_trace_t *trace, const Pl__AuditEvent *event)
{
    switch (event->kind) {

    case PL__AUDIT_KIND__AUDIT_KIND_BLOCKED:
    case PL__AUDIT_KIND__AUDIT_KIND_DEFERRED:
    case PL__AUDIT_KIND__AUDIT_KIND_REPLACED:
    case PL__AUDIT_KIND__AUDIT_KIND_RETRIED:
    case PL__AUDIT_KIND__AUDIT_KIND_DROPPED:
    case PL__AUDIT_KIND__AUDIT_KIND_RESENT:
    case PL__AUDIT_KIND__AUDIT_KIND_SETTLED:
    case PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED:
    case PL__AUDIT_KIND__AUDIT_KIND_CANCELLED:
        return event->has_subject && event->subject >= trace->id
               && event->subject < trace->next;

    default:
        return false;
    }
}
