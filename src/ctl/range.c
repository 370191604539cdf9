/*
 * See range.h. Entries are dense and their times never run back, so that a
 * time is found by halving.
 */

#include <inttypes.h>

#include "range.h"


static pl_status_t range_at(pl_txn_t *txn, const Pl__JournalMeta *meta,
    int64_t ms, uint64_t *seq, pl_err_t *err);


pl_status_t
plctl_range(plctl_t *ctl, pl_txn_t *txn, plctl_range_t *range, pl_err_t *err)
{
    uint64_t             seq;
    pl_status_t          rc;
    Pl__JournalMeta     *meta;
    const plctl_args_t  *args;

    args = ctl->args;

    rc = pl_journal_meta(txn, ctl->ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    range->first = meta->first;
    range->last = meta->next - 1;

    if (args->from_ms != 0) {
        rc = range_at(txn, meta, args->from_ms, &range->first, err);

    } else if ((args->given & PLCTL_OPT_FROM) && args->from != 0) {
        range->first = args->from;
    }

    if (rc == PL_OK && args->to_ms != 0) {
        rc = range_at(txn, meta, args->to_ms, &seq, err);

        if (rc == PL_OK) {
            range->last = seq - 1;
        }

    } else if ((args->given & PLCTL_OPT_TO) && args->to < range->last) {
        range->last = args->to;
    }

    if (rc == PL_OK && range->first < meta->first) {
        return pl_err_set(err, PL_NOTFOUND, "journal", 0,
                          "entries %" PRIu64 " to %" PRIu64 " are no longer "
                          "kept", range->first, meta->first - 1);
    }

    return rc;
}


/* The first entry that is not before this time; next where there is none. */

static pl_status_t
range_at(pl_txn_t *txn, const Pl__JournalMeta *meta, int64_t ms,
    uint64_t *seq, pl_err_t *err)
{
    uint64_t      low, high, mid;
    pl_arena_t   *ar;
    Pl__Entry    *entry;
    pl_status_t   rc;

    ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "journal", 0, "out of memory");
    }

    rc = PL_OK;
    low = meta->first;
    high = meta->next;

    while (rc == PL_OK && low < high) {
        mid = low + (high - low) / 2;
        pl_arena_reset(ar);

        rc = pl_journal_get(txn, mid, ar, &entry, err);

        if (rc == PL_OK && entry->time_ms < ms) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    *seq = low;
    pl_arena_destroy(ar);

    return rc;
}
