/*
 * Files that came within a webhook are in their folder before its entry is in
 * the journal. Where a worker was killed in between, or the append failed,
 * nobody names them: what was claimed an hour ago, and is in no entry since,
 * goes.
 *
 * Looked for backwards, from the journal's end to when it was claimed; where
 * that is too far, or the journal does not reach back so far, the file stays:
 * better one too many.
 */

#include <string.h>

#include "../core/shelf.h"
#include "keeper_impl.h"

#define CLAIMS_EVERY_US  (600LL * 1000000)
#define CLAIMS_ENTRIES   262144         /* looked at, for one file */
#define CLAIMS_SLACK_MS  300000         /* of the folder's clock, and the
                                           journal's, which may lag */
#define CLAIMS_ARENA     (64 * 1024)
#define CLAIMS_ARENA_MAX (64u * 1024 * 1024)

static pl_status_t claims_named(void *data, const char *name,
    int64_t since_ms, pl_err_t *err);
static pl_status_t claims_walk(pl_txn_t *txn, const char *name,
    int64_t since_ms, pl_arena_t *ar, pl_err_t *err);
static bool claims_has(const Pl__Entry *entry, const char *name,
    pl_arena_t *ar);


void
pls_keeper_claims(pls_keeper_t *k)
{
    int64_t                    now_us = pl_clock_mono_us(k->sn->clock);
    uint64_t                   n = 0;
    pl_err_t                   err;
    pl_status_t                rc;
    const Pl__GlobalSettings  *global;

    if (k->fold == NULL || now_us < k->claims_us) {
        return;
    }

    global = pl_settings_global(pl_fold_settings(k->fold));

    if (global == NULL || global->media_dir == NULL
        || global->media_dir[0] == '\0')
    {
        return;
    }

    k->claims_us = now_us + CLAIMS_EVERY_US;

    rc = pl_shelf_unclaimed(global->media_dir,
                            pl_clock_wall_ms(k->sn->clock)
                            - PL_SHELF_CLAIM_MS,
                            claims_named, k, &n, &err);
    if (rc != PL_OK) {
        pls_log_err(&k->sn->log, PLS_LOG_WARN,
                    "files that nobody names stay", &err);
    }

    if (n > 0) {
        pls_log(&k->sn->log, PLS_LOG_INFO, "removed files that nobody names",
                "files=%llu", (unsigned long long) n);
    }
}


static pl_status_t
claims_named(void *data, const char *name, int64_t since_ms, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_arena_t     *ar;
    pl_status_t     rc;
    pls_keeper_t   *k = data;

    ar = pl_arena_create(CLAIMS_ARENA, CLAIMS_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "claims", 0, "out of memory");
    }

    rc = pl_store_begin(k->st, PL_ENV_JOURNAL, false, &txn, err);

    if (rc == PL_OK) {
        rc = claims_walk(txn, name, since_ms - CLAIMS_SLACK_MS, ar, err);
        pl_store_abort(txn);
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
claims_walk(pl_txn_t *txn, const char *name, int64_t since_ms,
    pl_arena_t *ar, pl_err_t *err)
{
    uint64_t          i, seq, first;
    Pl__Entry        *entry;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_journal_meta(txn, ar, &meta, err);
    if (rc != PL_OK) {
        return rc;
    }

    seq = meta->next;
    first = meta->first;

    for (i = 0; seq > first && i < CLAIMS_ENTRIES; i++) {
        pl_arena_reset(ar);
        rc = pl_journal_get(txn, --seq, ar, &entry, err);

        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc != PL_OK) {
            return rc;
        }

        if (entry->time_ms < since_ms) {
            return PL_NOTFOUND;
        }

        if (claims_has(entry, name, ar)) {
            return PL_OK;
        }
    }

    return seq == first && first == 1 ? PL_NOTFOUND : PL_OK;
}


/* In doubt it has. */

static bool
claims_has(const Pl__Entry *entry, const char *name, pl_arena_t *ar)
{
    size_t    i, n;
    uint8_t  *packed;

    for (i = 0; i < entry->n_taken; i++) {
        if (strcmp(entry->taken[i]->file, name) == 0) {
            return true;
        }
    }

    if (entry->command == NULL) {
        return false;
    }

    n = protobuf_c_message_get_packed_size(&entry->command->base);
    packed = pl_arena_alloc(ar, n + 1);
    if (packed == NULL) {
        return true;
    }

    (void) protobuf_c_message_pack(&entry->command->base, packed);

    return memmem(packed, n, name, strlen(name)) != NULL;
}
