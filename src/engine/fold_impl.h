/*
 * Inside of the fold: steps (fold.c), entries (fold_entry.c), when which of
 * them are folded (fold_pace.c), and what is given up (fold_strike.c).
 */

#ifndef PL_FOLD_IMPL_H_INCLUDED
#define PL_FOLD_IMPL_H_INCLUDED

#include "apply.h"
#include "fold.h"

struct pl_fold_s {
    pl_store_t         *st;
    pl_store_t         *journal;
    pl_shared_t        *sh;             /* NULL: neither lock nor fuse */
    const pl_codec_t   *codec;
    const pl_clock_t   *clock;
    pl_settings_t      *settings;
    pl_apply_t          ap;
    Pl__StateMeta       meta;           /* as of the last commit, then as
                                           the step goes on */
    uint8_t             uuid[16];
    uint32_t            odd_days[PL_ODD_DAYS_MAX];
    bool                stale;          /* meta must be read again */
    int64_t             work_us;        /* of the step that is next */
    int64_t             began_us;       /* the last step */
    uint64_t            end;            /* the journal's next sequence */
    uint64_t            last_end;       /* the same, at the step before */
    bool                burst_over;     /* until the stream has ended */
    int64_t             rest_until_us;
    pl_txn_t           *jtxn;
    pl_arena_t         *stop_ar;        /* the lists of apply's STOP */
    pl_arena_t         *meta_ar;
    pl_arena_t         *item_ar;
    pl_arena_t         *entry_ar;       /* of the entry being folded */
    uint64_t            decoded_seq;    /* 0: none is decoded */
    Pl__Entry          *entry;
    pl_decoded_t        decoded;
    Pl__Command        *unfit_list[1];  /* an entry for the quarantine: kept
                                           here, since decoding it may have
                                           used up its arena */
    Pl__Command         unfit;
    Pl__UnreadableItem  unfit_item;
    char                unfit_reason[PL_ERR_TEXT_MAX];
    char                unfit_path[PL_ERR_PATH_MAX];
    uint64_t            suspect;        /* 0: none */
    uint32_t            failing;        /* item, plus 1, that apply gave up
                                           in this step; 0: none */
    uint64_t            failed;         /* its entry, the last time; 0: none */
    uint32_t            failed_item;
    uint32_t            failures;       /* in a row, there */
    int64_t             failed_us;      /* since when */
    bool                skipping;       /* some entries are to be skipped */
    Pl__SkipRow        *skip;           /* of the entry at hand; NULL: none */
};

/*
 * Folds one entry from the item where the state stands; *whole says whether
 * it was folded to its end or the step's work was done before. PL_NOTFOUND:
 * the journal ends here.
 */
pl_status_t pl_fold_entry(pl_fold_t *fold, uint64_t seq, int64_t began_us,
    bool *whole, pl_folded_t *out, pl_err_t *err);

/* Where the journal ends, and whether something in it is to be skipped. */
pl_status_t pl_fold_journal(pl_fold_t *fold, pl_err_t *err);

/* After a step: how much the next one may do, and when it may begin. */
void pl_fold_pace(pl_fold_t *fold, int64_t began_us, pl_folded_t *out);

/*
 * A step failed. What finds no room, which a body's or a queue's size can do,
 * or misses a row that was to be there, does so the next time as well: an item
 * that failed so for FOLD_FAILED_MS goes the fuse's way.
 */
#define FOLD_FAILED_MS  10000

void pl_fold_struck_out(pl_fold_t *fold, pl_status_t rc);

/*
 * Before one: is the fold still resting? Then out->pause_ms says for how
 * long. A rest ends with the stream that it was for.
 */
pl_status_t pl_fold_rests(pl_fold_t *fold, pl_folded_t *out, pl_err_t *err);

/* Has this step done its work? */
bool pl_fold_spent(const pl_fold_t *fold, int64_t began_us);

/* A transaction was given up: so is what was gathered in it. generation: of
   the settings when it began, which may have followed what is not there. */
void pl_fold_failed(pl_fold_t *fold, uint32_t generation);

#endif /* PL_FOLD_IMPL_H_INCLUDED */
