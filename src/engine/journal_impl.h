/*
 * Inside of the journal: appending (journal.c), time (journal_clock.c),
 * dropping (journal_drop.c) and what holds that up (journal_hold.c).
 */

#ifndef PL_JOURNAL_IMPL_H_INCLUDED
#define PL_JOURNAL_IMPL_H_INCLUDED

#include "journal.h"

#define JOURNAL_ARENA_BLOCK  8192
#define JOURNAL_ARENA_MAX    PL_DECODE_ARENA_MAX     /* settings of thousands
                                   of channels are an entry too */

/* What one append carries along. */
typedef struct {
    pl_store_t        *st;
    pl_txn_t          *txn;
    pl_arena_t        *ar;
    Pl__JournalMeta   *meta;
    int64_t            wall_ms;
    int64_t            mono_ms;
    pl_err_t          *err;
} journal_append_t;

/*
 * Sets the time of this append's entries in ja->meta; a step of the clock
 * becomes an entry of its own, in front of them.
 */
pl_status_t pl_journal_clock(journal_append_t *ja);

/* Adds an entry that holds a command. */
pl_status_t pl_journal_add_command(journal_append_t *ja,
    Pl__Command *command, const char *location);

/* The journal's own record, of a transaction of its own. Any thread. */
pl_status_t pl_journal_peek(pl_store_t *st, pl_arena_t *ar,
    Pl__JournalMeta **meta, pl_err_t *err);

/* Writes the journal's own record. */
pl_status_t pl_journal_put_meta(pl_txn_t *txn, const Pl__JournalMeta *meta,
    pl_err_t *err);

/*
 * Drops up to max entries from the front that are folded and older than the
 * journal keeps them; ja->meta follows.
 */
pl_status_t pl_journal_drop(journal_append_t *ja, uint64_t max);

#endif /* PL_JOURNAL_IMPL_H_INCLUDED */
