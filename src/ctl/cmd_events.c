/*
 * events: the audit log, newest first: what policy forbade or put off, who
 * paused, retried, dropped or settled what, and what providers told.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keys.h"
#include "cmd.h"
#include "list.h"

#define EVENTS_KEY_LEN  12              /* tenant u32, sequence u64 */


/* What a listing goes on with. */
typedef struct {
    plctl_cursor_t  cursor;
    bool            one;                /* tenant alone */
    uint32_t        tenant;
} events_t;


static pl_status_t events_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static void events_cells(pl_arena_t *ar, plctl_row_t *row,
    const Pl__Ctl__EventRow *json);
static void events_pause(void *data);


static const char *const  events_titles[] = {
    "EVENT", "TIME", "TENANT", "KIND", "WHO", ">ABOUT", "RULE", "TEXT"
};


int
plctl_cmd_events(plctl_t *ctl, const char *const *words, unsigned n_words)
{
    events_t     events;
    pl_err_t     err = { 0 };
    pl_key_t     from;
    pl_status_t  rc;

    static const plctl_listing_t  listing = {
        .env = PL_ENV_STATE,
        .titles = events_titles,
        .n_titles = PL_COUNT(events_titles),
        .next = events_next,
        .pause = events_pause,
    };

    memset(&events, 0, sizeof(events_t));
    plctl_cursor_init(&events.cursor, PL_TABLE_AUDIT, true);

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        events.one = true;
        rc = plctl_tenant(ctl, words[0], &events.tenant, &err);

        pl_key_tenant_seq(&from, events.tenant, UINT64_MAX);
        plctl_cursor_from(&events.cursor, pl_key_str(&from));
    }

    return rc == PL_OK ? plctl_list(ctl, &listing, &events, ctl->args->limit)
                       : plctl_fail(ctl, &err);
}


static pl_status_t
events_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    events_t           *events = data;
    pl_str_t            key, value;
    uint32_t            tenant;
    pl_status_t         rc;
    ProtobufCMessage   *msg;
    Pl__Ctl__EventRow  *json;

    rc = plctl_cursor_next(&events->cursor, txn, &key, &value, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (key.len != EVENTS_KEY_LEN) {
        return pl_err_set(err, PL_FOREIGN, "audit", 0, "a key of %zu bytes",
                          key.len);
    }

    tenant = pl_be32(key.data);
    if (events->one && tenant != events->tenant) {
        return PL_NOTFOUND;
    }

    json = pl_arena_alloc(ar, sizeof(*json));
    if (json == NULL) {
        return pl_err_set(err, PL_NOMEM, "list", 0, "out of memory");
    }

    pl__ctl__event_row__init(json);
    json->event = pl_be64(key.data + 4);

    /* tenant 0: the store's own, as a step of the clock */

    json->tenant = tenant == 0 ? NULL
                   : (char *) plctl_tenant_name(ctl, ar, tenant);

    rc = pl_record_read(PL_TABLE_AUDIT, value, &pl__audit_event__descriptor,
                        ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    json->audit = (Pl__AuditEvent *) msg;
    row->json = &json->base;
    events_cells(ar, row, json);

    return PL_OK;
}


static void
events_cells(pl_arena_t *ar, plctl_row_t *row, const Pl__Ctl__EventRow *json)
{
    const Pl__AuditEvent  *audit = json->audit;

    row->cells[0] = plctl_print(ar, "%" PRIu64, json->event);
    row->cells[1] = plctl_time(ar, audit->time_ms);
    row->cells[2] = plctl_clean(ar, json->tenant);
    row->cells[3] = plctl_enum(ar, &pl__audit_kind__descriptor,
                               (int) audit->kind);
    row->cells[4] = plctl_clean(ar, audit->actor);

    if (audit->has_subject) {
        row->cells[5] = plctl_print(ar, "%" PRIu64, audit->subject);
    }

    row->cells[6] = plctl_clean(ar, audit->rule);
    row->cells[7] = plctl_clean(ar, audit->text);
}


static void
events_pause(void *data)
{
    plctl_cursor_pause(&((events_t *) data)->cursor);
}
