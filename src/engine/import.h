/*
 * Reading in what a tenant had in another store (docs/tenants.md); the
 * command is apply_import.c's.
 */

#ifndef PL_IMPORT_H_INCLUDED
#define PL_IMPORT_H_INCLUDED

#include "apply.h"

/* Is an import of this tenant not whole yet? Any thread. */
pl_status_t pl_import_open(pl_txn_t *txn, uint32_t tenant, pl_arena_t *ar,
    bool *open, pl_err_t *err);

#endif /* PL_IMPORT_H_INCLUDED */
