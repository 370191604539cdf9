/*
 * The snapshot of `holds`: an array in the order of keys, searched by
 * halves. See holds.h.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "holds.h"

#define HOLDS_ARENA_BLOCK  4096
#define HOLDS_ARENA_MAX    (256u * 1024 * 1024)
#define HOLDS_ROWS         64

typedef struct {
    pl_str_t        key;
    pl_holds_row_t  row;
} holds_row_t;

struct pl_holds_s {
    pl_arena_t   *ar;
    holds_row_t  *rows;
    size_t        n;
    size_t        room;
};

static pl_status_t holds_scan(pl_holds_t *holds, pl_txn_t *txn,
    pl_err_t *err);
static pl_status_t holds_add(pl_holds_t *holds, pl_str_t key,
    pl_str_t value, pl_err_t *err);
static int holds_compare(pl_str_t a, pl_str_t b);
static void holds_ask(const pl_holds_t *holds, const pl_hold_place_t *place,
    Pl__HoldCause cause, int64_t now_ms, pl_holds_e *may,
    int64_t *until_ms);
static int64_t holds_row_next(const holds_row_t *row, int64_t now_ms);


pl_status_t
pl_holds_load(pl_holds_t **out, pl_txn_t *txn, pl_err_t *err)
{
    pl_holds_t   *holds;
    pl_status_t   rc;

    *out = NULL;

    holds = calloc(1, sizeof(*holds));
    if (holds == NULL) {
        return pl_err_set(err, PL_NOMEM, "holds", 0, "out of memory");
    }

    holds->ar = pl_arena_create(HOLDS_ARENA_BLOCK, HOLDS_ARENA_MAX);

    rc = holds->ar == NULL ? pl_err_set(err, PL_NOMEM, "holds", 0,
                                        "out of memory")
                           : holds_scan(holds, txn, err);
    if (rc != PL_OK) {
        pl_holds_free(holds);
        return rc;
    }

    *out = holds;

    return PL_OK;
}


void
pl_holds_free(pl_holds_t *holds)
{
    if (holds != NULL) {
        pl_arena_destroy(holds->ar);
        free(holds->rows);
        free(holds);
    }
}


const pl_holds_row_t *
pl_holds_at(const pl_holds_t *holds, size_t i)
{
    return holds == NULL || i >= holds->n ? NULL : &holds->rows[i].row;
}


const Pl__HoldRecord *
pl_holds_find(const pl_holds_t *holds, const pl_hold_place_t *place,
    Pl__HoldCause cause)
{
    int        order;
    size_t     low, high, middle;
    pl_key_t   key;

    if (holds == NULL || holds->n == 0) {
        return NULL;
    }

    pl_hold_key(&key, place, cause);

    for (low = 0, high = holds->n; low < high; /* void */ ) {
        middle = low + (high - low) / 2;
        order = holds_compare(pl_key_str(&key), holds->rows[middle].key);

        if (order == 0) {
            return holds->rows[middle].row.row;
        }

        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }

    return NULL;
}


pl_holds_e
pl_holds_may(const pl_holds_t *holds, const pl_channel_conf_t *channel,
    bool files, int64_t now_ms, int64_t *until_ms)
{
    pl_holds_e       may;
    pl_hold_place_t  place;

    may = PL_HOLDS_GO;
    *until_ms = now_ms;

    if (holds == NULL || holds->n == 0 || channel == NULL) {
        return may;
    }

    place.tenant = channel->tenant;
    place.kind = PL__HOLD_KIND__HOLD_KIND_TENANT;
    place.channel = 0;
    place.subject = PL_STR_NULL;
    holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, now_ms, &may,
              until_ms);

    place.kind = PL__HOLD_KIND__HOLD_KIND_APP;
    place.subject = pl_str_c(channel->row->provider);
    holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE, now_ms,
              &may, until_ms);

    if (channel->row->waba_id != NULL && channel->row->waba_id[0] != '\0') {
        place.kind = PL__HOLD_KIND__HOLD_KIND_ACCOUNT;
        place.subject = pl_str_c(channel->row->waba_id);
        holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE, now_ms,
                  &may, until_ms);
    }

    place.kind = PL__HOLD_KIND__HOLD_KIND_CHANNEL;
    place.channel = channel->row->id;
    place.subject = PL_STR_NULL;
    holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON, now_ms, &may,
              until_ms);
    holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE, now_ms,
              &may, until_ms);
    holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, now_ms,
              &may, until_ms);

    if (files) {
        place.kind = PL__HOLD_KIND__HOLD_KIND_FILES;
        holds_ask(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, now_ms,
                  &may, until_ms);
    }

    return may;
}


bool
pl_holds_aside(const pl_holds_t *holds, const pl_hold_place_t *place,
    int64_t now_ms)
{
    const Pl__HoldRecord  *row;

    row = pl_holds_find(holds, place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON);
    if (row != NULL && pl_hold_stands(row, now_ms)) {
        return true;
    }

    row = pl_holds_find(holds, place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE);

    return row != NULL && pl_hold_stands(row, now_ms);
}


int64_t
pl_holds_next(const pl_holds_t *holds, int64_t now_ms, bool *over)
{
    size_t        i;
    int64_t       next_ms, at_ms;
    holds_row_t  *row;

    *over = false;
    next_ms = INT64_MAX;

    for (i = 0; holds != NULL && i < holds->n; i++) {
        row = &holds->rows[i];
        *over = *over || pl_hold_over(row->row.row, row->row.cause, now_ms);

        at_ms = holds_row_next(row, now_ms);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }

    return next_ms;
}


uint32_t
pl_holds_failures(const pl_holds_t *holds, const pl_hold_place_t *place,
    Pl__HoldCause cause, int64_t now_ms)
{
    const Pl__HoldRecord  *row;

    row = pl_holds_find(holds, place, cause);

    return row == NULL || pl_hold_over(row, cause, now_ms) ? 0
                                                           : row->failures;
}


int64_t
pl_hold_wait(uint32_t n, uint32_t base)
{
    uint32_t  i;
    int64_t   wait_ms = 1000;

    for (i = 1; i < n && base > 1 && wait_ms < PL_HOLD_BASE_MAX_MS; i++) {
        wait_ms *= base;
    }

    return wait_ms < PL_HOLD_BASE_MAX_MS ? wait_ms : PL_HOLD_BASE_MAX_MS;
}


static pl_status_t
holds_scan(pl_holds_t *holds, pl_txn_t *txn, pl_err_t *err)
{
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    rc = pl_store_scan(txn, PL_TABLE_HOLDS, PL_STR_NULL, false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK && holds->n < PL_HOLDS_MAX) {
        rc = pl_store_scan_next(scan, &key, &value, err);
        if (rc == PL_OK) {
            rc = holds_add(holds, key, value, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
holds_add(pl_holds_t *holds, pl_str_t key, pl_str_t value, pl_err_t *err)
{
    size_t             room;
    holds_row_t       *rows;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (holds->n == holds->room) {
        room = holds->room == 0 ? HOLDS_ROWS : holds->room * 2;
        rows = realloc(holds->rows, room * sizeof(*rows));
        if (rows == NULL) {
            return pl_err_set(err, PL_NOMEM, "holds", 0, "out of memory");
        }

        holds->rows = rows;
        holds->room = room;
    }

    rows = &holds->rows[holds->n];

    rows->key.data = (uint8_t *) pl_arena_str(holds->ar, key);
    rows->key.len = key.len;

    if (rows->key.data == NULL) {
        return pl_err_set(err, PL_NOMEM, "holds", 0, "out of memory");
    }

    if (!pl_hold_key_parse(rows->key, &rows->row.place, &rows->row.cause)) {
        return pl_err_set(err, PL_FOREIGN, "holds", 0,
                          "a row's key is none");
    }

    rc = pl_record_read(PL_TABLE_HOLDS, value, &pl__hold_record__descriptor,
                        holds->ar, &msg, err);
    rows->row.row = (Pl__HoldRecord *) msg;
    holds->n += rc == PL_OK;

    return rc;
}


static int
holds_compare(pl_str_t a, pl_str_t b)
{
    int     order;
    size_t  len;

    len = a.len < b.len ? a.len : b.len;
    order = memcmp(a.data, b.data, len);

    return order != 0 ? order : a.len < b.len ? -1 : a.len > b.len;
}


/* Only an account's row asks for probes past its end. */

static void
holds_ask(const pl_holds_t *holds, const pl_hold_place_t *place,
    Pl__HoldCause cause, int64_t now_ms, pl_holds_e *may, int64_t *until_ms)
{
    int64_t                end_ms;
    const Pl__HoldRecord  *row;

    row = pl_holds_find(holds, place, cause);
    if (row == NULL) {
        return;
    }

    if (pl_hold_stands(row, now_ms)) {
        end_ms = row->has_until_ms ? row->until_ms : INT64_MAX;
        *until_ms = end_ms > *until_ms ? end_ms : *until_ms;
        *may = PL_HOLDS_WAIT;

    } else if (cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT
               && *may == PL_HOLDS_GO)
    {
        *may = PL_HOLDS_PROBE;
    }
}


static int64_t
holds_row_next(const holds_row_t *row, int64_t now_ms)
{
    const Pl__HoldRecord  *record = row->row.row;

    if (!record->has_until_ms
        || row->row.cause == PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT)
    {
        return INT64_MAX;
    }

    if (record->until_ms > now_ms) {
        return record->until_ms;
    }

    return row->row.cause == PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE
           ? record->until_ms + PL_HOLD_FORGET_MS : INT64_MAX;
}
