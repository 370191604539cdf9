/*
 * The fold: the journal's next entries become commands, the commands are
 * applied, many to a state transaction.
 *
 * One folder at a time: PL_LOCK_FOLD. The sender's store thread holds it
 * while it runs; where none runs, a worker's pool thread takes it, folds
 * until nothing is left, lets go, and looks once more.
 *
 *     if (pl_fold_take(fold, err) == PL_OK) {
 *         do {
 *             rc = pl_fold_step(fold, &done, err);
 *         } while (rc == PL_OK && done.more);
 *         pl_fold_give(fold);
 *     }
 *
 * A step is one transaction: at most PL_FOLD_WORK_MS of work or
 * PL_FOLD_PAGES_MAX dirty pages; it may end between two items of an entry,
 * and the next step resumes there. While the fold is behind, the work of a
 * step doubles up to PL_FOLD_WORK_MAX_MS: entries of many contacts touch
 * pages all over, and the more of them share a transaction the fewer pages
 * each one writes (bench/fold shows what each size is worth). In a burst the
 * fold rests as long as it works, until it is PL_FOLD_BURST_MS behind: then
 * a step may do nothing and ask for another pause.
 * A fold belongs to one thread at a time.
 */

#ifndef PL_FOLD_H_INCLUDED
#define PL_FOLD_H_INCLUDED

#include "../core/clock.h"
#include "../core/json.h"
#include "../core/share.h"
#include "../core/store.h"
#include "aside.h"
#include "mark.h"
#include "settings.h"
#include "told.h"
#include "watch.h"

typedef struct pl_fold_s  pl_fold_t;

typedef struct {
    uint64_t  entries;          /* wholly folded in this step */
    uint64_t  items;
    uint64_t  aside;            /* of them, put into quarantine */
    uint64_t  folded;           /* the last entry wholly folded */
    uint64_t  holds_changed;    /* StateMeta's, behind it; 0: no step */
    bool      more;             /* the journal goes on */
    unsigned  pause_ms;         /* wait so long before the next step: entries
                                   stream in, and fewer, larger transactions
                                   leave more of the disk to the journal */
} pl_folded_t;

/*
 * st, sh, codec and clock must outlive the fold. sh NULL: no fuse, no lock
 * (replay into a private store). journal: where to read entries from; the
 * store itself, or for replay another one.
 */
pl_status_t pl_fold_create(pl_fold_t **fold, pl_store_t *st,
    pl_store_t *journal, pl_shared_t *sh, const pl_codec_t *codec,
    const pl_clock_t *clock, pl_err_t *err);
void pl_fold_destroy(pl_fold_t *fold);          /* NULL is fine */

/*
 * Takes the lock and reads where the state stands. Where the last holder
 * died at an entry, the next step folds that entry alone; after a second
 * death there it is marked to be skipped (journal.h) and goes to
 * quarantine. PL_BUSY: somebody else folds.
 * PL_NEWER: this version may not fold this state.
 */
pl_status_t pl_fold_take(pl_fold_t *fold, pl_err_t *err);
void pl_fold_give(pl_fold_t *fold);

/*
 * One transaction. PL_OK with entries 0 and more false: nothing to do.
 * PL_FULL: nothing was folded; try again later. Others: the same, and the
 * store may need pl_store_reopen.
 * limit: fold no entry past this sequence (replay); 0 for none.
 */
pl_status_t pl_fold_step(pl_fold_t *fold, uint64_t limit, pl_folded_t *out,
    pl_err_t *err);

/*
 * What the last step put into quarantine, for a log: at most PL_ASIDE_MAX of
 * them; pl_folded_t.aside counts all. Until the next step.
 */
size_t pl_fold_aside(const pl_fold_t *fold, const pl_aside_t **aside);

/*
 * What the last step that committed counted, for metrics: nothing where it
 * failed. Until the next step.
 */
const pl_told_t *pl_fold_told(const pl_fold_t *fold);

/* The mark of the journal that it folds (mark.h). After the first step. */
void pl_fold_mark(const pl_fold_t *fold, char mark[PL_MARK_SIZE]);

/* What is configured, as of the last step. Until the next step. */
const pl_settings_t *pl_fold_settings(const pl_fold_t *fold);

/* From the next step on this one is told how flows run; NULL: nobody. It must
   outlive the fold. */
void pl_fold_watch(pl_fold_t *fold, const pl_watch_t *watch);

#endif /* PL_FOLD_H_INCLUDED */
