/*
 * Rows of quarantine by the entry that they are of, for those who ask of
 * many entries: the table is in another order.
 */

#ifndef PLCTL_ASIDE_H_INCLUDED
#define PLCTL_ASIDE_H_INCLUDED

#include "ctl.h"

typedef struct {
    uint64_t  entry;
    uint32_t  item;
    uint32_t  tenant;
    uint64_t  path;             /* a hash; 0: none */
    size_t    bytes;
    bool      taken;            /* by an item */
} plctl_aside_row_t;

/* Zeroed is empty. */
typedef struct {
    plctl_aside_row_t  *rows;
    size_t              n;
    size_t              room;
} plctl_aside_t;

/* Those of entries first to last. Statuses of the store, PL_NOMEM. */
pl_status_t plctl_aside_load(plctl_aside_t *aside, pl_txn_t *txn,
    uint64_t first, uint64_t last, pl_err_t *err);
void plctl_aside_free(plctl_aside_t *aside);

/*
 * Takes a row of this entry: the one of this path, or where that is "-" and
 * no row has one, of this item. False: there is none, or it was taken.
 */
bool plctl_aside_take(plctl_aside_t *aside, uint64_t entry, uint32_t item,
    const char *path, uint32_t *tenant);

/* Has the entry a row of so many bytes, which are all of its body? */
bool plctl_aside_whole(const plctl_aside_t *aside, uint64_t entry,
    size_t bytes);

#endif /* PLCTL_ASIDE_H_INCLUDED */
