/*
 * Rows that nothing else takes away, and how long they stay: parley_keep.
 */

#ifndef PL_RETAIN_H_INCLUDED
#define PL_RETAIN_H_INCLUDED

#include "apply.h"

/*
 * Takes up to rows of them away that are older than the settings keep them,
 * of all tables together. Goes on where the last one ended.
 */
pl_status_t pl_retain_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err);

/* Is there one? global may be NULL. */
pl_status_t pl_retain_old(pl_txn_t *txn, const Pl__GlobalSettings *global,
    int64_t now_ms, bool *old, pl_err_t *err);

#endif /* PL_RETAIN_H_INCLUDED */
