/*
 * Retention of what people said, and of who they are: each tenant has a
 * period for its messages and one for contacts that were silent since
 * (docs/privacy.md).
 *
 * It goes in passes, one a day for each period that any tenant has, one walk at
 * a time, the one first that is due for longest. A Prune begins it; EraseStep
 * goes on with it, as with a person who is erased (erase.h), and its row stands
 * in `erasing` under PL_AGE_TENANT. Messages are walked in the order of their
 * numbers, from where the last pass of that period ended to the first that is
 * too young, so that each is looked at once for each period; a tenant that
 * comes to a period, or leaves it, has the next pass begin at the first
 * message. Contacts are walked whole.
 *
 *     age.c            periods, and when a pass is due
 *     erase_aged.c     what a pass does with a row
 */

#ifndef PL_AGE_H_INCLUDED
#define PL_AGE_H_INCLUDED

#include "apply.h"

#define PL_AGE_TENANT   UINT32_MAX      /* of all: behind every person's */
#define PL_AGE_FILES    (UINT32_MAX - 1)    /* of files alone (erase.h) */
#define PL_AGE_DAY_MS   86400000LL      /* periods are whole days */
#define PL_AGE_DAYS_MAX 36500
#define PL_AGE_STUCK_MAX 8

typedef enum {
    PL_AGE_MESSAGES = 1,                /* and notes */
    PL_AGE_CONTACTS = 2
} pl_age_e;

/*
 * The tenant's own period; or that of the tenant whose policy it has, or
 * nginx.conf's for all. 0: for ever. Any thread.
 */
int64_t pl_age_keep(const pl_settings_t *settings, uint32_t tenant,
    pl_age_e age);

/* Is a pass worth its Prune? settings may be NULL: no. Any thread. PL_NOMEM. */
pl_status_t pl_age_due(pl_txn_t *txn, const pl_settings_t *settings,
    int64_t now_ms, bool *due, pl_err_t *err);

/* ---- the folding thread --------------------------------------------- */

/*
 * Begins the pass that is due, if one is, and none walks. Those that walk no
 * more, but have files that cannot be removed, keep no other from beginning,
 * up to PL_AGE_STUCK_MAX of them.
 */
pl_status_t pl_age_begin(pl_apply_t *ap, pl_err_t *err);

/* Its walk is over: the next one of its period begins at place. */
pl_status_t pl_age_walked(pl_apply_t *ap, const Pl__Erasure *pass,
    uint64_t place, pl_err_t *err);

#endif /* PL_AGE_H_INCLUDED */
