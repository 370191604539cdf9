/*
 * What is marked to be skipped: entries, or items of them, that killed two
 * folders.
 */

#include <string.h>

#include "../core/record.h"
#include "journal_impl.h"
#include "keys.h"

static pl_status_t skip_add(Pl__SkipRow *row, uint32_t item, uint32_t from,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t skip_put(pl_txn_t *txn, uint64_t seq, Pl__SkipRow *row,
    pl_err_t *err);


pl_status_t
pl_journal_skip(pl_store_t *st, const pl_clock_t *clock, uint64_t seq,
    uint32_t item, uint32_t from, const char *reason, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    Pl__SkipRow   fresh = PL__SKIP_ROW__INIT, *row;
    pl_status_t   rc;

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "skip", 0, "out of memory");
    }

    rc = pl_store_begin(st, PL_ENV_JOURNAL, true, &txn, err);
    if (rc != PL_OK) {
        pl_arena_destroy(ar);
        return rc;
    }

    rc = pl_journal_skipped(txn, seq, ar, &row, err);

    if (rc == PL_OK && (row == NULL || row->n_items != 0)) {
        row = row == NULL ? &fresh : row;
        row->reason = (char *) reason;
        row->time_ms = pl_clock_wall_ms(clock);

        rc = skip_add(row, item, from, ar, err);

        if (rc == PL_OK) {
            rc = skip_put(txn, seq, row, err);
        }
    }

    if (rc == PL_OK) {
        rc = pl_store_commit(txn, err);

    } else {
        pl_store_abort(txn);
    }

    pl_arena_destroy(ar);

    return rc;
}


pl_status_t
pl_journal_skipped(pl_txn_t *txn, uint64_t seq, pl_arena_t *ar,
    Pl__SkipRow **row, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *row = NULL;
    pl_key_seq(&key, seq);

    rc = pl_record_get(txn, PL_TABLE_SKIPS, pl_key_str(&key),
                       &pl__skip_row__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *row = (Pl__SkipRow *) msg;

    return PL_OK;
}


/* Once whole, a row says no more of its items. */

static pl_status_t
skip_add(Pl__SkipRow *row, uint32_t item, uint32_t from, pl_arena_t *ar,
    pl_err_t *err)
{
    size_t     n;
    uint32_t  *items;

    n = row->n_items;

    if (item == PL_SKIP_WHOLE) {
        row->n_items = 0;
        row->has_from = from != 0;
        row->from = from;
        return PL_OK;
    }

    items = pl_arena_alloc(ar, (n + 1) * sizeof(*items));
    if (items == NULL) {
        return pl_err_set(err, PL_NOMEM, "skip", 0, "out of memory");
    }

    if (n != 0) {
        memcpy(items, row->items, n * sizeof(*items));
    }

    items[n] = item;
    row->items = items;
    row->n_items = n + 1;

    return PL_OK;
}


static pl_status_t
skip_put(pl_txn_t *txn, uint64_t seq, Pl__SkipRow *row, pl_err_t *err)
{
    pl_key_t  key;

    pl_key_seq(&key, seq);

    return pl_record_put(txn, PL_TABLE_SKIPS, pl_key_str(&key), &row->base,
                         false, err);
}
