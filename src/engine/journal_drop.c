/*
 * Dropping: what is folded, and old or more than is kept, leaves the
 * journal's front.
 *
 * What is folded is the state environment's knowledge: it is asked, in a
 * read transaction of its own, only when the oldest entry has expired.
 * JournalMeta.first_ms spares the look at the front while even the oldest
 * entry is young. What is not folded is never dropped. The size is that of
 * the table's pages, which deletes make smaller as they go.
 */

#include "../core/record.h"
#include "../core/str.h"
#include "journal_impl.h"
#include "keys.h"
#include "state.h"

static pl_status_t drop_one(journal_append_t *ja, pl_scan_t *scan,
    pl_arena_t *ar, uint64_t folded);
static pl_status_t drop_folded(journal_append_t *ja, uint64_t *folded);
static bool drop_young(const Pl__JournalMeta *meta, int64_t time_ms);
static pl_status_t drop_large(journal_append_t *ja, bool *large);


pl_status_t
pl_journal_drop(journal_append_t *ja, uint64_t max)
{
    bool              large;
    uint64_t          folded, n;
    pl_key_t          key;
    pl_scan_t        *scan;
    pl_arena_t       *ar;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    meta = ja->meta;

    if (meta->has_hold_until_ms && meta->hold_until_ms > meta->last_ms) {
        return PL_OK;
    }

    if (meta->has_first_ms && drop_young(meta, meta->first_ms)) {
        rc = drop_large(ja, &large);
        if (rc != PL_OK || !large) {
            return rc;
        }
    }

    rc = drop_folded(ja, &folded);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    ar = pl_arena_create(JOURNAL_ARENA_BLOCK, JOURNAL_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(ja->err, PL_NOMEM, "drop", 0, "out of memory");
    }

    pl_key_seq(&key, meta->first);

    rc = pl_store_scan(ja->txn, PL_TABLE_ENTRIES, pl_key_str(&key), false,
                       &scan, ja->err);

    if (rc == PL_OK) {
        for (n = 0; rc == PL_OK && n < max; n++) {
            rc = drop_one(ja, scan, ar, folded);
        }

        pl_store_scan_end(scan);
    }

    pl_arena_destroy(ar);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* The next entry; PL_NOTFOUND where it has to stay, or there is none. */

static pl_status_t
drop_one(journal_append_t *ja, pl_scan_t *scan, pl_arena_t *ar,
    uint64_t folded)
{
    bool               large;
    pl_str_t           key, value;
    Pl__Entry         *entry;
    pl_status_t        rc;
    Pl__JournalMeta   *meta;
    ProtobufCMessage  *msg;

    rc = pl_store_scan_next(scan, &key, &value, ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_arena_reset(ar);

    rc = pl_record_read(PL_TABLE_ENTRIES, value, &pl__entry__descriptor, ar,
                        &msg, ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    entry = (Pl__Entry *) msg;
    meta = ja->meta;

    meta->first = pl_be64(key.data);
    meta->has_first_ms = 1;
    meta->first_ms = entry->time_ms;

    if (meta->first > folded) {
        return PL_NOTFOUND;
    }

    if (drop_young(meta, entry->time_ms)) {
        rc = drop_large(ja, &large);
        if (rc != PL_OK || !large) {
            return rc == PL_OK ? PL_NOTFOUND : rc;
        }
    }

    meta->live_bytes -= entry->body.len + entry->mail.len;
    meta->has_first_ms = 0;
    meta->first++;

    rc = pl_store_del(ja->txn, PL_TABLE_SKIPS, key, ja->err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    return pl_store_scan_del(scan, ja->err);
}


static pl_status_t
drop_folded(journal_append_t *ja, uint64_t *folded)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *state;

    rc = pl_store_begin(ja->st, PL_ENV_STATE, false, &txn, ja->err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ja->ar, &state, ja->err);
    if (rc == PL_OK) {
        *folded = state->folded;
    }

    pl_store_abort(txn);

    return rc;
}


/* An age is small, where a time to keep may be as long as can be said. */

static bool
drop_young(const Pl__JournalMeta *meta, int64_t time_ms)
{
    return meta->last_ms - time_ms < (meta->has_keep_ms ? meta->keep_ms
                                                        : PL_JOURNAL_KEEP_MS);
}


/* Is there more of it than is kept, whatever its age? */

static pl_status_t
drop_large(journal_append_t *ja, bool *large)
{
    uint64_t     bytes;
    pl_status_t  rc;

    *large = false;

    if (!ja->meta->has_keep_bytes) {
        return PL_OK;
    }

    rc = pl_store_bytes(ja->txn, PL_TABLE_ENTRIES, &bytes, ja->err);
    *large = rc == PL_OK && bytes > ja->meta->keep_bytes;

    return rc;
}
