/*
 * How far the fold is behind, whoever folds: as the store itself says, so
 * that it is right from the first moment, and of what others append. Looked
 * at when one of the two environments has changed.
 */

#include "keeper_impl.h"

#define LAG_BLOCK  4096                 /* of what two records take */
#define LAG_MAX    (16u << 20)            /* an entry has to fit */

static pl_status_t lag_read(pls_keeper_t *k, pl_arena_t *ar, uint64_t *lag,
    int64_t *since_ms);
static int64_t lag_since(pl_txn_t *txn, pl_arena_t *ar,
    const Pl__JournalMeta *journal, uint64_t seq);


void
pls_keeper_lag(pls_keeper_t *k)
{
    int64_t      since_ms;
    uint64_t     journal, state, lag;
    pl_arena_t  *ar;

    journal = pl_store_seen(k->st, PL_ENV_JOURNAL);
    state = pl_store_seen(k->st, PL_ENV_STATE);

    if (journal == k->lag_journal && state == k->lag_state) {
        return;
    }

    ar = pl_arena_create(LAG_BLOCK, LAG_MAX);

    /* one that cannot be told now is told by a later turn */

    if (ar != NULL && lag_read(k, ar, &lag, &since_ms) == PL_OK) {
        atomic_store(&k->sn->metrics.journal_lag, lag);
        atomic_store(&k->sn->metrics.lag_since_ms, since_ms);
        k->lag_journal = journal;
        k->lag_state = state;
    }

    pl_arena_destroy(ar);
}


static pl_status_t
lag_read(pls_keeper_t *k, pl_arena_t *ar, uint64_t *lag, int64_t *since_ms)
{
    uint64_t          folded;
    pl_txn_t         *txn;
    pl_status_t       rc;
    Pl__StateMeta    *state;
    Pl__JournalMeta  *journal;

    rc = pl_store_begin(k->st, PL_ENV_STATE, false, &txn, NULL);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ar, &state, NULL);
    folded = rc == PL_OK ? state->folded : 0;
    pl_store_abort(txn);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    rc = pl_store_begin(k->st, PL_ENV_JOURNAL, false, &txn, NULL);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, ar, &journal, NULL);

    if (rc == PL_OK) {
        *lag = journal->next > folded + 1 ? journal->next - 1 - folded : 0;
        *since_ms = *lag == 0 ? 0 : lag_since(txn, ar, journal, folded + 1);
    }

    pl_store_abort(txn);

    return rc;
}


/*
 * When the first entry that waits was appended. One that cannot be read here
 * (it is larger than this arena) is not older than the newest.
 */

static int64_t
lag_since(pl_txn_t *txn, pl_arena_t *ar, const Pl__JournalMeta *journal,
    uint64_t seq)
{
    Pl__Entry  *entry;

    return pl_journal_get(txn, seq, ar, &entry, NULL) == PL_OK
           ? entry->time_ms : journal->last_ms;
}
