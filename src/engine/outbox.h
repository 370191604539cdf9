/*
 * The outbox as the sender and ctl read it: due heads, attempts. Writing is
 * apply's alone (apply_outbox.c).
 *
 * A queue is (tenant, party, channel, lane); its head alone stands in `due`,
 * so that order holds within the queue and a retry holds back no other.
 */

#ifndef PL_OUTBOX_H_INCLUDED
#define PL_OUTBOX_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "journal.pb-c.h"

/* A due head: what an Attempt command needs. */
typedef struct {
    Pl__Attempt  attempt;       /* effect and key; epoch is the caller's */
    int64_t      due_ms;
} pl_due_t;

/*
 * Heads due at now, replies before reminders before campaigns before errands
 * (errand.h), each lane by time. At most max. *next_ms: when the next one is
 * due, INT64_MAX for none.
 */
pl_status_t pl_outbox_due(pl_txn_t *txn, int64_t now_ms, pl_due_t *due,
    size_t max, size_t *n, int64_t *next_ms, pl_err_t *err);

/*
 * The same, going on behind a head that was handed out before (by its lane,
 * time and effect; it need not be there any more). *n < max: that was the
 * end. For looking past the heads of channels that may not send now. Behind a
 * file: further files, and nothing else.
 */
pl_status_t pl_outbox_due_after(pl_txn_t *txn, int64_t now_ms,
    const pl_due_t *after, pl_due_t *due, size_t max, size_t *n,
    pl_err_t *err);

/*
 * Files that are due to be fetched, which pl_outbox_due leaves out: they
 * have no order and take nobody's turn.
 */
pl_status_t pl_outbox_due_media(pl_txn_t *txn, int64_t now_ms,
    pl_due_t *due, size_t max, size_t *n, int64_t *next_ms, pl_err_t *err);

/* The message that an effect is about; 0: none. */
uint64_t pl_outbox_message(const Pl__Effect *effect);

/*
 * One row of `attempts` with the message that it is about. A file of ours has
 * its handle in the place of its name. PL_NOTFOUND.
 */
typedef struct {
    const Pl__AttemptRecord  *attempt;
    const Pl__Message        *message;  /* NULL: its row is gone */
} pl_outgoing_t;

pl_status_t pl_outbox_attempt(pl_txn_t *txn, uint64_t effect, pl_arena_t *ar,
    pl_outgoing_t *out, pl_err_t *err);

/*
 * Walks `attempts` from the effect after `after`: *effect and the record.
 * PL_NOTFOUND past the last.
 */
pl_status_t pl_outbox_attempt_next(pl_txn_t *txn, uint64_t after,
    pl_arena_t *ar, uint64_t *effect, Pl__AttemptRecord **attempt,
    pl_err_t *err);

/* Timers due at now: TimerDue commands to append. As pl_outbox_due. */
pl_status_t pl_timers_due(pl_txn_t *txn, int64_t now_ms, Pl__TimerDue *due,
    size_t max, size_t *n, int64_t *next_ms, pl_err_t *err);

#endif /* PL_OUTBOX_H_INCLUDED */
