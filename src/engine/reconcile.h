/*
 * Holding a channel's messages against its provider's list of them, for a
 * provider that may lose a webhook: an errand a page (errand.h), first of
 * those that came, then of those that were sent; one run of a channel at a
 * time. What is known of a run stands in the channel's state
 * (ReconcileState).
 *
 * The list has of each message the form that its webhook would have had. What
 * came in is applied as that webhook: it is known again by the provider's id,
 * so that one that was heard, or is heard later, has no effect twice. What
 * was sent is taken as a status. One that no answer and no status ever named
 * is known by whom it went to and what it says, if it stands in `unknown`.
 *
 * A message of the list is not missed if it is older than the channel is
 * known, or than PL_RECONCILE_AGE_MS, past which it would not be known again.
 * Files of a missed message are asked for by an errand of their own; where
 * that fails for good it is taken without them.
 *
 * A channel is armed when a sender starts, or when it is made or nginx.conf
 * becomes another (fold_entry.c), and each day from then on.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_RECONCILE_H_INCLUDED
#define PL_RECONCILE_H_INCLUDED

#include "apply.h"

#define PL_RECONCILE_PAGE       50      /* messages of a page */
#define PL_RECONCILE_PAGES_MAX  400     /* of a run */
#define PL_RECONCILE_DAY_MS     (24LL * 3600 * 1000)
#define PL_RECONCILE_AGE_MS     (7 * PL_RECONCILE_DAY_MS)   /* dedupe.h: 10 */

/* Has its provider a list of messages that can be read? */
bool pl_reconcile_can(const pl_channel_conf_t *channel);

/* The channel is to be read each day; once more does nothing. */
pl_status_t pl_reconcile_arm(pl_apply_t *ap,
    const pl_channel_conf_t *channel, pl_err_t *err);

/* The same, of all channels; and of one that this command has made. */
pl_status_t pl_reconcile_arm_all(pl_apply_t *ap, pl_err_t *err);
pl_status_t pl_reconcile_follow(pl_apply_t *ap, const Pl__Command *command,
    pl_err_t *err);

/*
 * What the provider has of the channel until now was never ours: its row was
 * removed, or has another account.
 */
pl_status_t pl_reconcile_anew(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, pl_err_t *err);

/* ---- one message of the list (reconcile_row.c) ---------------------- */

/* What became of it, for who counts. */
typedef enum {
    PL_RECONCILE_KNOWN = 0,
    PL_RECONCILE_MISSED,
    PL_RECONCILE_SETTLED,
    PL_RECONCILE_FILES,         /* missed, and its files are asked for first */
    PL_RECONCILE_UNREADABLE
} pl_reconcile_e;

/*
 * since_ms: what is older is not missed. files: they are to be asked for
 * first, if it has some.
 */
pl_status_t pl_reconcile_row(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__ListedMessage *row,
    int64_t since_ms, bool files, pl_reconcile_e *became, pl_err_t *err);

/* ---- the errand's kind (errand.h) ----------------------------------- */

pl_status_t pl_reconcile_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_reconcile_done(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
pl_status_t pl_reconcile_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_reconcile_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_RECONCILE_H_INCLUDED */
