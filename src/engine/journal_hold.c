/*
 * The journal's front beside appends: holds, while one of which stands
 * nothing leaves, and trimming, where nobody appends. A hold is a time, not a
 * lock, so that a holder that was killed holds nothing up for ever.
 */

#include <string.h>

#include "../core/record.h"
#include "journal_impl.h"

static pl_status_t hold_set(pl_store_t *st, int64_t until_ms, bool end,
    int64_t *stands_ms, pl_err_t *err);
static pl_status_t hold_meta(pl_txn_t *txn, pl_arena_t *ar, int64_t until_ms,
    bool end, int64_t *stands_ms, pl_err_t *err);
static pl_status_t hold_trim(journal_append_t *ja, uint64_t max,
    uint64_t *n);


pl_status_t
pl_journal_hold(pl_store_t *st, const pl_clock_t *clock, int64_t hold_ms,
    int64_t *until_ms, pl_err_t *err)
{
    int64_t      now_ms;
    pl_status_t  rc;

    rc = pl_journal_now(st, clock, &now_ms, err);

    return rc == PL_OK ? hold_set(st, now_ms + hold_ms, false, until_ms, err)
                       : rc;
}


pl_status_t
pl_journal_release(pl_store_t *st, int64_t until_ms, pl_err_t *err)
{
    int64_t  stands_ms;

    return hold_set(st, until_ms, true, &stands_ms, err);
}


static pl_status_t
hold_set(pl_store_t *st, int64_t until_ms, bool end, int64_t *stands_ms,
    pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    pl_status_t   rc;

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "hold", 0, "out of memory");
    }

    rc = pl_store_begin(st, PL_ENV_JOURNAL, true, &txn, err);
    if (rc == PL_OK) {
        rc = hold_meta(txn, ar, until_ms, end, stands_ms, err);

        if (rc == PL_OK) {
            rc = pl_store_commit(txn, err);

        } else {
            pl_store_abort(txn);
        }
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
hold_meta(pl_txn_t *txn, pl_arena_t *ar, int64_t until_ms, bool end,
    int64_t *stands_ms, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_journal_meta(txn, ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!end) {
        if (!meta->has_hold_until_ms || meta->hold_until_ms < until_ms) {
            meta->has_hold_until_ms = 1;
            meta->hold_until_ms = until_ms;
        }

    } else if (meta->has_hold_until_ms && meta->hold_until_ms == until_ms) {
        meta->has_hold_until_ms = 0;
    }

    *stands_ms = meta->hold_until_ms;

    return pl_journal_put_meta(txn, meta, err);
}


pl_status_t
pl_journal_trim(pl_store_t *st, const pl_clock_t *clock, uint64_t max,
    uint64_t *out, pl_err_t *err)
{
    uint64_t          n;
    pl_status_t       rc;
    journal_append_t  ja;

    memset(&ja, 0, sizeof(ja));
    ja.st = st;
    ja.err = err;
    n = 0;

    ja.ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ja.ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "trim", 0, "out of memory");
    }

    rc = pl_store_begin(st, PL_ENV_JOURNAL, true, &ja.txn, err);
    if (rc == PL_OK) {
        ja.wall_ms = pl_clock_wall_ms(clock);
        ja.mono_ms = pl_clock_mono_us(clock) / 1000;

        rc = hold_trim(&ja, max, &n);

        if (rc == PL_OK && n != 0) {
            rc = pl_store_commit(ja.txn, err);

        } else {
            pl_store_abort(ja.txn);
        }
    }

    pl_arena_destroy(ja.ar);

    if (out != NULL) {
        *out = rc == PL_OK ? n : 0;
    }

    return rc;
}


static pl_status_t
hold_trim(journal_append_t *ja, uint64_t max, uint64_t *n)
{
    uint64_t     first;
    pl_status_t  rc;

    rc = pl_journal_meta(ja->txn, ja->ar, &ja->meta, ja->err);

    if (rc == PL_OK) {
        first = ja->meta->first;
        rc = pl_journal_clock(ja);
    }

    if (rc == PL_OK) {
        rc = pl_journal_drop(ja, max);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *n = ja->meta->first - first;

    return *n == 0 ? PL_OK
                   : pl_journal_put_meta(ja->txn, ja->meta, ja->err);
}
