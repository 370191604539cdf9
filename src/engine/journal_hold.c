/*
 * Holds: while one stands nothing leaves the journal's front. It is a time,
 * not a lock, so that a holder that was killed holds nothing up for ever.
 */

#include "../core/record.h"
#include "journal_impl.h"

static pl_status_t hold_set(pl_store_t *st, int64_t until_ms, bool end,
    int64_t *stands_ms, pl_err_t *err);
static pl_status_t hold_meta(pl_txn_t *txn, pl_arena_t *ar, int64_t until_ms,
    bool end, int64_t *stands_ms, pl_err_t *err);


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
