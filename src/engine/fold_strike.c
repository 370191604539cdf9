/*
 * An item that is given up again and again. Whatever stands behind it waits,
 * everybody's: so what finds no room, or misses a row, is marked to be skipped,
 * as what ends its folder is (fold.c), in this fold and in every replay. It
 * goes into quarantine, where it can be seen.
 *
 * A store that fails, or is damaged, is no item's fault: there the fold waits.
 */

#include "fold_impl.h"
#include "journal.h"

#define STRIKE_TIMES   8
#define STRIKE_REASON  "folding it took more room than there is"
#define STRIKE_MISSED  "folding it missed a row that was to be there"

static bool strike_may(const pl_fold_t *fold, pl_status_t rc);


void
pl_fold_struck_out(pl_fold_t *fold, pl_status_t rc)
{
    int64_t   now_us;
    pl_err_t  err;

    if (fold->sh == NULL || fold->failing == 0 || !strike_may(fold, rc)) {
        fold->failed = 0;
        return;
    }

    now_us = pl_clock_mono_us(fold->clock);

    if (fold->failed != fold->ap.entry
        || fold->failed_item != fold->failing)
    {
        fold->failed = fold->ap.entry;
        fold->failed_item = fold->failing;
        fold->failed_us = now_us;
        fold->failures = 0;
    }

    fold->failures++;

    if (fold->failures < STRIKE_TIMES
        || now_us - fold->failed_us < FOLD_FAILED_MS * INT64_C(1000))
    {
        return;
    }

    /* where it cannot be noted, the next failure tries again */

    if (pl_journal_skip(fold->journal, fold->clock, fold->ap.entry,
                        fold->failing - 1, 0,
                        rc == PL_MISUSE ? STRIKE_MISSED : STRIKE_REASON,
                        &err)
        == PL_OK)
    {
        fold->failed = 0;
    }
}


/* Without these two nothing goes on anyway: a sender's epoch, and settings. */

static bool
strike_may(const pl_fold_t *fold, pl_status_t rc)
{
    switch (fold->decoded.commands[fold->failing - 1]->of_case) {

    case PL__COMMAND__OF_SENDER_START:
    case PL__COMMAND__OF_SETTINGS_PUBLISH:
        return false;

    default:
        return rc == PL_NOMEM || rc == PL_TOOBIG || rc == PL_MISUSE;
    }
}
