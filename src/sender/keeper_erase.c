/*
 * Erasing as the keeper sees it (engine/erase.h): a step of it with each
 * batch, for as long as anybody is in `erasing`. When nothing but that is
 * left, what is outside of the state goes, keys first: they are overwritten,
 * and files removed from their folder. Both can be done twice, so that a
 * sender that is killed before it has said so does it again. Keys of the index
 * of words go with each step, as many as it has retired.
 *
 * Where that fails, a file that cannot be removed, the person stays where they
 * are, in `erasing`, and is tried again; others are stepped to meanwhile.
 */

#include "../core/shelf.h"
#include "../engine/erase.h"
#include "keeper_impl.h"

#define ERASE_ARENA      65536
#define ERASE_ARENA_MAX  (8u * 1024 * 1024)
#define ERASE_AGAIN_US   1000000        /* those that failed are tried again */
#define ERASE_FAILED_MAX 32             /* of them, before nobody is */
#define ERASE_TIDY_US    2000000

static pl_status_t erase_step(pls_keeper_t *k, pl_txn_t *txn, bool *step,
    pl_err_t *err);
static pl_status_t erase_retire(pls_keeper_t *k, const Pl__Erasure *e,
    pl_err_t *err);
static pl_status_t erase_forget(pls_keeper_t *k, const Pl__Erasure *e,
    pl_err_t *err);


pl_status_t
pls_keeper_erase(pls_keeper_t *k, pl_txn_t *txn, bool *step, pl_err_t *err)
{
    int64_t      now_us;
    pl_err_t     why = { 0 };
    pl_status_t  rc;

    *step = false;
    now_us = pl_clock_mono_us(k->sn->clock);

    if (now_us >= k->tidy_us) {
        k->tidy_us = now_us + ERASE_TIDY_US;

        if (pl_store_tidy(k->st, &why) != PL_OK) {
            pls_log_err(&k->sn->log, PLS_LOG_WARN,
                        "old keys cannot be forgotten", &why);
        }
    }

    if (now_us >= k->erase_us) {
        k->erase_failed = 0;
    }

    rc = PL_OK;

    while (rc == PL_OK && !*step && k->erase_failed < ERASE_FAILED_MAX) {
        rc = erase_step(k, txn, step, err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * The first that did not fail since they were all tried: those stand in front,
 * in the table's order.
 */

static pl_status_t
erase_step(pls_keeper_t *k, pl_txn_t *txn, bool *step, pl_err_t *err)
{
    pl_err_t      why = { 0 };
    pl_arena_t   *ar;
    Pl__Erasure  *e;
    pl_status_t   rc;

    ar = pl_arena_create(ERASE_ARENA, ERASE_ARENA_MAX);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "erase", 0, "out of memory");
    }

    rc = pl_erase_next(txn, ar, k->erase_failed, &e, err);

    if (rc == PL_OK) {
        pl__erase_step__init(&k->erase);
        k->erase.tenant = e->tenant;
        k->erase.entry = e->entry;
        k->erase.rows = PL_ERASE_ROWS;

        *step = erase_retire(k, e, &why) == PL_OK;

        if (*step && e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET) {
            *step = erase_forget(k, e, &why) == PL_OK;
            k->erase.has_forgotten = 1;
            k->erase.forgotten = 1;
        }

        if (!*step) {
            pls_log_err(&k->sn->log, PLS_LOG_ERROR,
                        e->has_keep_ms ? "files cannot be removed yet"
                        : "a person cannot be forgotten yet", &why);
            k->erase_failed++;
            k->erase_us = pl_clock_mono_us(k->sn->clock) + ERASE_AGAIN_US;
        }
    }

    pl_arena_destroy(ar);

    return rc;
}


static pl_status_t
erase_retire(pls_keeper_t *k, const Pl__Erasure *e, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < e->n_retired; i++) {
        rc = pl_store_forget(k->st, e->retired[i], err);
    }

    k->erase.has_retired = e->n_retired != 0;
    k->erase.retired = (uint32_t) e->n_retired;

    return rc;
}


/*
 * All files are tried; the first failure is told. A file that somebody has
 * sent anew while it went on is theirs, and stays.
 */

static pl_status_t
erase_forget(pls_keeper_t *k, const Pl__Erasure *e, pl_err_t *err)
{
    size_t                     i;
    pl_err_t                   why;
    pl_status_t                rc, one, failed = PL_OK;
    const Pl__GlobalSettings  *global;

    /* a pass of retention is of no contact: its periods end by themselves */

    rc = e->n_contacts == 0 ? PL_OK : pl_store_period_end(k->st, err);

    for (i = 0; rc == PL_OK && i < e->n_contacts; i++) {
        rc = pl_store_forget(k->st, e->contacts[i], err);
    }

    global = pl_settings_global(pl_fold_settings(k->fold));

    for (i = 0; rc == PL_OK && global != NULL && global->media_dir != NULL
                && i < e->n_files; i++)
    {
        one = pl_shelf_remove(global->media_dir, e->files[i],
                              e->began_ms,
                              failed == PL_OK ? err : &why);
        failed = failed == PL_OK ? one : failed;
    }

    return rc == PL_OK ? failed : rc;
}
