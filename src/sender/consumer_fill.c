/*
 * What is to be delivered next to a subscription: a ping that was asked for,
 * what did not arrive and is to be tried once more, then events behind its
 * position. Bounded in number, bytes, and rows that are passed over.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/clock.h"
#include "../core/record.h"
#include "../core/str.h"
#include "consumer_impl.h"

typedef struct {
    pls_consumer_t       *c;
    consumer_slot_t      *slot;
    pl_api_event_from_t   from;
    size_t                bytes;
    size_t                looked;
} fill_t;

static pl_status_t fill_txn(fill_t *f, pl_err_t *err);
static pl_status_t fill_ping(fill_t *f, pl_err_t *err);
static pl_status_t fill_again(fill_t *f, pl_err_t *err);
static pl_status_t fill_letter(fill_t *f, pl_str_t key, pl_str_t value,
    pl_err_t *err);
static pl_status_t fill_events(fill_t *f, pl_err_t *err);
static pl_status_t fill_event(fill_t *f, consumer_what_e what, pl_str_t key,
    pl_str_t value, pl_err_t *err);
static pl_status_t fill_add(fill_t *f, consumer_what_e what,
    uint64_t sequence, pl_str_t json, pl_err_t *err);
static bool fill_full(const fill_t *f);


pl_status_t
pls_consumer_fill(pls_consumer_t *c, consumer_slot_t *slot, pl_err_t *err)
{
    fill_t        f;
    pl_status_t   rc;

    memset(&f, 0, sizeof(f));
    f.c = c;
    f.slot = slot;
    f.from.settings = c->settings;
    f.from.codec = c->codec;
    f.from.ar = c->scratch;

    slot->n = 0;
    slot->at = 0;
    slot->upto = slot->sub->position;

    (void) pthread_mutex_lock(&c->sn->reading);

    rc = pl_store_begin(c->sn->store, PL_ENV_STATE, false, &f.from.txn, err);

    if (rc == PL_OK) {
        rc = fill_txn(&f, err);
        pl_store_abort(f.from.txn);
    }

    (void) pthread_mutex_unlock(&c->sn->reading);

    pl_arena_reset(c->scratch);

    return rc;
}


static pl_status_t
fill_txn(fill_t *f, pl_err_t *err)
{
    pl_status_t      rc = PL_OK;
    consumer_sub_t  *sub = f->slot->sub;

    if (sub->row->ping > sub->pinged && !sub->has_ping) {
        rc = fill_ping(f, err);
    }

    if (rc == PL_OK && sub->again != 0
        && sub->tried.n < CONSUMER_AGAIN_MAX)
    {
        rc = fill_again(f, err);
    }

    /* what fails holds back what is behind it alone */

    return rc == PL_OK && sub->retry_us <= pls_consumer_now_us(f->c)
           ? fill_events(f, err) : rc;
}


static pl_status_t
fill_ping(fill_t *f, pl_err_t *err)
{
    char                      id[PL_API_EVENT_ID_MAX];
    pl_str_t                  json;
    pl_status_t               rc;
    char                      time[PL_CLOCK_TEXT_MAX];
    Pl__Api__Event            event = PL__API__EVENT__INIT;
    const pl_tenant_conf_t   *tenant;

    tenant = pl_settings_tenant(f->c->settings, f->slot->sub->tenant);
    if (tenant == NULL) {
        return PL_OK;
    }

    pl_api_event_id(id, f->slot->sub->row->ping);
    (void) pl_clock_print(pl_clock_wall_ms(f->c->sn->clock), time);
    event.id = id;
    event.type = (char *) (uintptr_t) "ping";
    event.time = time;
    event.tenant = tenant->row->name;

    rc = pl_json_encode(f->c->codec, &event.base, f->c->scratch, &json, err);

    return rc == PL_OK ? fill_add(f, CONSUMER_PING, f->slot->sub->row->ping,
                                  json, err) : rc;
}


static pl_status_t
fill_again(fill_t *f, pl_err_t *err)
{
    size_t            n = f->slot->n;
    pl_key_t          from;
    pl_str_t          key, value;
    pl_scan_t        *scan;
    pl_status_t       rc;
    consumer_sub_t   *sub = f->slot->sub;

    pl_key_undelivered(&from, sub->tenant, sub->id, sub->again_from);

    rc = pl_store_scan(f->from.txn, PL_TABLE_UNDELIVERED, pl_key_str(&from),
                       false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK
           && f->slot->n - n < CONSUMER_AGAIN_MAX - sub->tried.n)
    {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK && (key.len != 20
                            || pl_be32(key.data) != sub->tenant
                            || pl_be64(key.data + 4) != sub->id))
        {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            rc = fill_letter(f, key, value, err);
        }
    }

    pl_store_scan_end(scan);

    if (rc == PL_NOTFOUND && f->slot->n == n) {
        sub->again = 0;                 /* none is left behind again_from */
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Its row of `changes` may be gone: it is rendered from its copy. */

static pl_status_t
fill_letter(fill_t *f, pl_str_t key, pl_str_t value, pl_err_t *err)
{
    size_t             len;
    uint8_t           *row;
    pl_key_t           at;
    pl_status_t        rc;
    Pl__Undelivered   *letter;
    ProtobufCMessage  *msg;

    pl_arena_reset(f->c->scratch);

    rc = pl_record_read(PL_TABLE_UNDELIVERED, value,
                        &pl__undelivered__descriptor, f->c->scratch, &msg,
                        err);
    if (rc != PL_OK) {
        return rc;
    }

    letter = (Pl__Undelivered *) msg;

    if (!letter->again || letter->change == NULL) {
        return PL_OK;
    }

    len = protobuf_c_message_get_packed_size(&letter->change->base);
    row = pl_arena_alloc(f->c->scratch, len + 1);
    if (row == NULL) {
        return pl_err_set(err, PL_NOMEM, "consumers", 0, "out of memory");
    }

    row[0] = PL_ENVELOPE_PLAIN;
    (void) protobuf_c_message_pack(&letter->change->base, row + 1);

    pl_key_tenant_seq(&at, f->slot->sub->tenant, pl_be64(key.data + 12));

    return fill_event(f, CONSUMER_AGAIN, pl_key_str(&at),
                      (pl_str_t) { row, len + 1 }, err);
}


static pl_status_t
fill_events(fill_t *f, pl_err_t *err)
{
    pl_key_t          from;
    pl_str_t          key, value;
    pl_scan_t        *scan;
    pl_status_t       rc;
    consumer_slot_t  *slot = f->slot;

    pl_key_tenant_seq(&from, slot->sub->tenant, slot->sub->position + 1);

    rc = pl_store_scan(f->from.txn, PL_TABLE_CHANGES, pl_key_str(&from),
                       false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK && !fill_full(f)) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK && (key.len != 12
                            || pl_be32(key.data) != slot->sub->tenant))
        {
            rc = PL_NOTFOUND;
        }

        if (rc == PL_OK) {
            f->looked++;
            pl_arena_reset(f->c->scratch);
            rc = fill_event(f, CONSUMER_EVENT, key, value, err);
        }

        if (rc == PL_OK) {
            slot->upto = pl_be64(key.data + 4);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* One that cannot be rendered is an item all the same, and fails. */

static pl_status_t
fill_event(fill_t *f, consumer_what_e what, pl_str_t key, pl_str_t value,
    pl_err_t *err)
{
    pl_status_t      rc;
    pl_api_event_t   event;

    rc = pl_api_event_render(&f->from, key, value, &event, err);

    if (rc == PL_NOTFOUND) {
        return what == CONSUMER_EVENT
               ? PL_OK : fill_add(f, what, pl_be64(key.data + 4),
                                  PL_STR_NULL, err);
    }

    if (rc == PL_NOMEM || rc == PL_FOREIGN || rc == PL_TOOBIG
        || rc == PL_INVALID)
    {
        return fill_add(f, what, pl_be64(key.data + 4), PL_STR_NULL, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (what == CONSUMER_EVENT
        && !pl_api_event_fits(&f->slot->sub->filter, &event))
    {
        return PL_OK;
    }

    return fill_add(f, what, event.sequence, event.json, err);
}


static pl_status_t
fill_add(fill_t *f, consumer_what_e what, uint64_t sequence, pl_str_t json,
    pl_err_t *err)
{
    consumer_item_t  *item = &f->slot->items[f->slot->n];

    item->what = what;
    item->sequence = sequence;
    item->json = PL_STR_NULL;

    if (json.len != 0) {
        item->json.data = pl_arena_dup(f->slot->job.arena, json.data,
                                       json.len);
        item->json.len = json.len;

        if (item->json.data == NULL) {
            return pl_err_set(err, PL_NOMEM, "consumers", 0,
                              "out of memory");
        }
    }

    f->bytes += json.len;
    f->slot->n++;

    return PL_OK;
}


static bool
fill_full(const fill_t *f)
{
    return f->slot->n >= CONSUMER_ITEMS_MAX
           || f->bytes >= CONSUMER_BYTES_MAX
           || f->looked >= CONSUMER_ROWS_MAX;
}
