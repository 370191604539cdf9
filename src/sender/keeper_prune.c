/*
 * Whether a Prune is worth its entry.
 */

#include "../core/record.h"
#include "../engine/age.h"
#include "../engine/request.h"
#include "../engine/retain.h"
#include "../engine/state.h"
#include "keeper_impl.h"

static pl_status_t prune_old(pl_txn_t *txn, pl_table_e table,
    int64_t before_ms, bool *worth, pl_err_t *err);


pl_status_t
pls_keeper_prune(pl_txn_t *txn, const pl_settings_t *settings,
    int64_t before_ms, int64_t now_ms, bool *worth, pl_err_t *err)
{
    pl_arena_t     *ar;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = prune_old(txn, PL_TABLE_DEDUPE, before_ms, worth, err);

    if (rc == PL_OK && !*worth) {
        rc = prune_old(txn, PL_TABLE_PARKED, now_ms - PL_PARKED_KEEP_MS,
                       worth, err);
    }

    if (rc != PL_OK || *worth) {
        return rc;
    }

    ar = pl_arena_create(PLS_JOB_ARENA_BLOCK, PLS_JOB_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "prune", 0, "out of memory");
    }

    rc = pl_state_meta(txn, ar, &meta, err);

    if (rc == PL_OK) {
        rc = pl_request_old(txn, meta, now_ms, ar, worth, err);
    }

    if (rc == PL_OK && !*worth) {
        rc = pl_retain_old(txn, pl_settings_global(settings), now_ms, worth,
                           err);
    }

    pl_arena_destroy(ar);

    if (rc == PL_OK && !*worth) {
        rc = pl_age_due(txn, settings, now_ms, worth, err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Rows that are led by their time in seconds: the first one tells. */

static pl_status_t
prune_old(pl_txn_t *txn, pl_table_e table, int64_t before_ms, bool *worth,
    pl_err_t *err)
{
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;

    *worth = false;

    rc = pl_store_scan(txn, table, PL_STR_NULL, false, &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &key, &value, err);
    if (rc == PL_OK) {
        *worth = key.len >= 4
                 && (int64_t) pl_be32(key.data) * 1000 < before_ms;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
