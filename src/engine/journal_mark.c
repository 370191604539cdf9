/*
 * The journal's own record, looked at from outside of an append; and what of
 * it marks the store.
 */

#include "journal_impl.h"


pl_status_t
pl_journal_peek(pl_store_t *st, pl_arena_t *ar, Pl__JournalMeta **meta,
    pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(st, PL_ENV_JOURNAL, false, &txn, err);

    if (rc == PL_OK) {
        rc = pl_journal_meta(txn, ar, meta, err);
        pl_store_abort(txn);
    }

    return rc;
}


pl_status_t
pl_journal_mark(pl_store_t *st, char mark[PL_MARK_SIZE], pl_err_t *err)
{
    pl_arena_t       *ar;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "journal", 0, "out of memory");
    }

    rc = pl_journal_peek(st, ar, &meta, err);

    if (rc == PL_OK) {
        pl_mark(meta->uuid.data, meta->uuid.len, mark);
    }

    pl_arena_destroy(ar);

    return rc;
}
