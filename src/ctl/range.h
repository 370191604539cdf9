/*
 * A part of the journal, as a person names it: by entries or by times.
 */

#ifndef PLCTL_RANGE_H_INCLUDED
#define PLCTL_RANGE_H_INCLUDED

#include "ctl.h"

typedef struct {
    uint64_t  first;
    uint64_t  last;             /* below first: there is none */
} plctl_range_t;

/*
 * What --from and --to say, of what the journal holds; without them all of
 * it. A time is that of the first entry at or after it, and of the last one
 * before it. PL_NOTFOUND: entries that --from names by number are no longer
 * kept; err says which.
 */
pl_status_t plctl_range(plctl_t *ctl, pl_txn_t *txn, plctl_range_t *range,
    pl_err_t *err);

#endif /* PLCTL_RANGE_H_INCLUDED */
