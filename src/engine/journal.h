/*
 * The journal: appending entries, reading them, dropping old ones.
 *
 * An entry that pl_journal_append returned PL_OK for is on disk (promise 1).
 * Sequences are dense and given inside the append's transaction, as is the
 * entries' time, which never runs back (promise 6): after a clock was set
 * back, time goes on from the last entry at half its pace until the clock has
 * caught up, so that nothing that waits for a time waits for ever. A step of
 * more than PL_CLOCK_STEP_MS, either way, puts a ClockStep in front.
 *
 * Settings: an append names the configuration cycle that it belongs to. A
 * cycle that the journal does not know yet puts its SettingsPublish before
 * the entries, in the same transaction; a known one never publishes again,
 * so that the workers of an old cycle cannot bring old settings back. A cycle
 * is 8 bytes that a master draws when it starts (and keeps over reloads), and
 * a generation of 8 bytes, big-endian, that grows with each load: of one
 * master only a higher generation than the journal knows publishes.
 *
 * Room: each append drops up to twice as many folded, expired entries as it
 * adds, and one with settings some more; expired is what is older than the
 * journal is kept, and the oldest of what is more than is kept. What is not
 * folded is never dropped.
 */

#ifndef PL_JOURNAL_H_INCLUDED
#define PL_JOURNAL_H_INCLUDED

#include "../channel/sift.h"
#include "../core/arena.h"
#include "../core/clock.h"
#include "../core/shelf.h"
#include "../core/store.h"
#include "journal.pb-c.h"
#include "mark.h"

#define PL_UUID_LEN   16
#define PL_CYCLE_LEN  16

/* An entry to append: a webhook's body, or a command. Nothing is kept. */
typedef struct {
    pl_str_t             provider;      /* empty: none */
    pl_str_t             location;
    pl_str_t             body;          /* of a webhook */
    pl_str_t             query;         /* of its URL; empty: none, or the
                                           provider's items need none */
    pl_str_t             traceparent;   /* as pl_traceparent_read has it;
                                           empty: none */
    const Pl__Command   *command;       /* NULL: a webhook */
    pl_str_t             tenant;        /* whose secret it came with; empty:
                                           the operator's */
    const pl_sifted_t   *sifted;        /* what was taken out of the body; NULL:
                                           it is as it came */
    pl_spool_t  *const  *claims;        /* of those files: given up when the
                                           entry is there */
    size_t               n_claims;
} pl_entry_t;

typedef struct {
    uint64_t  first;            /* sequence of entries[0] */
    int64_t   time_ms;          /* theirs, all */
    bool      published;        /* a SettingsPublish went before them */
} pl_appended_t;

/*
 * Makes the journal's meta where the store is new; otherwise checks that
 * this version may write it, that the state folds this very journal, and
 * that nothing is missing between them (the range is in err->text).
 * PL_NEWER, PL_FOREIGN, PL_IO. Once after pl_store_open, in every process.
 */
pl_status_t pl_journal_open(pl_store_t *st, const pl_clock_t *clock,
    pl_err_t *err);

/*
 * Appends n entries in one transaction, in order. publish: this cycle's
 * settings, or NULL for programs that have none (sender, ctl); n may be 0 to
 * publish alone. On anything but PL_OK nothing was appended: the caller
 * answers 503. Any thread, one call at a time per process is wise.
 * PL_TOOBIG for a body past PL_BODY_MAX; PL_FULL, PL_IO, PL_BROKEN as in
 * store.h.
 */
pl_status_t pl_journal_append(pl_store_t *st, const pl_clock_t *clock,
    const pl_entry_t *entries, size_t n,
    const Pl__SettingsPublish *publish, pl_appended_t *out, pl_err_t *err);

/*
 * The same, but what to append is asked for when the transaction has begun:
 * what came in while it waited for the writer's lock goes along. take is
 * called once, in this thread, unless there was no transaction; it must not
 * block, and what it hands out is left alone until the append returns.
 */
typedef size_t (*pl_journal_take_pt)(void *data, const pl_entry_t **entries);

pl_status_t pl_journal_append_late(pl_store_t *st, const pl_clock_t *clock,
    pl_journal_take_pt take, void *data, const Pl__SettingsPublish *publish,
    pl_appended_t *out, pl_err_t *err);

/*
 * The time that an entry appended now would have. What is due is asked by
 * this time, not by the clock's, which may have been set back. Any thread.
 */
pl_status_t pl_journal_now(pl_store_t *st, const pl_clock_t *clock,
    int64_t *now_ms, pl_err_t *err);

/* The journal's own record, in the arena. */
pl_status_t pl_journal_meta(pl_txn_t *txn, pl_arena_t *ar,
    Pl__JournalMeta **meta, pl_err_t *err);

/* The mark of this store (mark.h), for as long as it is open. Any thread. */
pl_status_t pl_journal_mark(pl_store_t *st, char mark[PL_MARK_SIZE],
    pl_err_t *err);

/* One entry, in the arena. PL_NOTFOUND past the end or before the first. */
pl_status_t pl_journal_get(pl_txn_t *txn, uint64_t seq, pl_arena_t *ar,
    Pl__Entry **entry, pl_err_t *err);

/*
 * Drops up to max entries that appends would drop if there were any: where
 * webhooks are refused for want of room, nobody appends. Writes nothing
 * where nothing goes. *n, unless NULL: how many went. Any thread.
 */
pl_status_t pl_journal_trim(pl_store_t *st, const pl_clock_t *clock,
    uint64_t max, uint64_t *n, pl_err_t *err);

/*
 * Nothing is dropped from the journal before hold_ms from now: a backup
 * copies the state first, and what that has yet to fold must still be in the
 * journal's copy. *until_ms names the hold; a longer one of somebody else
 * stays. It ends by itself, should its holder die.
 */
pl_status_t pl_journal_hold(pl_store_t *st, const pl_clock_t *clock,
    int64_t hold_ms, int64_t *until_ms, pl_err_t *err);

/* Ends that hold, unless another one has taken its place. */
pl_status_t pl_journal_release(pl_store_t *st, int64_t until_ms,
    pl_err_t *err);

/*
 * Marks what no fold may touch, now and in replays: it killed two folders.
 * One item of an entry (from 0), or with PL_SKIP_WHOLE all of it from item
 * `from` on, which is how far it had been folded.
 */
#define PL_SKIP_WHOLE  UINT32_MAX

pl_status_t pl_journal_skip(pl_store_t *st, const pl_clock_t *clock,
    uint64_t seq, uint32_t item, uint32_t from, const char *reason,
    pl_err_t *err);

/* What is marked of an entry, in the arena; *row NULL: nothing. */
pl_status_t pl_journal_skipped(pl_txn_t *txn, uint64_t seq, pl_arena_t *ar,
    Pl__SkipRow **row, pl_err_t *err);

#endif /* PL_JOURNAL_H_INCLUDED */
