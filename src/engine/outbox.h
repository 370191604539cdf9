/*
 * The outbox as the sender and ctl read it: due heads, attempts. Writing is
 * apply's alone (apply_outbox.c).
 *
 * A queue is (tenant, party, channel, lane); its head alone stands in `due`,
 * so that order holds within the queue and a retry holds back no other. There
 * the heads of a channel's lane stand together, by time.
 */

#ifndef PL_OUTBOX_H_INCLUDED
#define PL_OUTBOX_H_INCLUDED

#include "../core/arena.h"
#include "../core/store.h"
#include "journal.pb-c.h"

/* A due head: what an Attempt command needs. */
typedef struct {
    Pl__Attempt  attempt;       /* effect and place; epoch is the caller's */
    int64_t      due_ms;
} pl_due_t;

/* A lane of a channel. */
typedef struct {
    uint32_t  tenant;
    uint32_t  channel;
    uint8_t   lane;             /* Pl__Lane; with PL_KEY_DUE_ASIDE: what is
                                   set aside of it */
} pl_due_lane_t;

/*
 * The first lane with heads at or behind *at, by tenant, channel and lane,
 * and when the first of them is due. One look into `due`, however many wait
 * there. PL_NOTFOUND.
 */
pl_status_t pl_outbox_lane(pl_txn_t *txn, pl_due_lane_t *at,
    int64_t *first_ms, pl_err_t *err);

/*
 * Heads of one lane that are due at now, by time; at most max. after (NULL:
 * from the first): behind that head, which need not be there any more.
 * *next_ms: when the one behind the last is due, INT64_MAX for none.
 */
pl_status_t pl_outbox_heads(pl_txn_t *txn, const pl_due_lane_t *at,
    const pl_due_t *after, int64_t now_ms, pl_due_t *due, size_t max,
    size_t *n, int64_t *next_ms, pl_err_t *err);

/* The message that an effect is about; 0: none. */
uint64_t pl_outbox_message(const Pl__Effect *effect);

/*
 * The effect of an outgoing message that waits: in its timer, where it is to
 * be sent later, else in `outbox`, also while it is on the wire. clock_ms: how
 * far its tenant's clock is ahead (pl_settings_clock). PL_NOTFOUND.
 */
pl_status_t pl_outbox_waiting(pl_txn_t *txn, uint64_t id,
    const Pl__Message *message, int64_t clock_ms, pl_arena_t *ar,
    Pl__Effect **effect, pl_err_t *err);

/*
 * The same of a message that waits in no timer: its effect in `outbox`, as it
 * was queued, also while it is on the wire. PL_NOTFOUND.
 */
pl_status_t pl_outbox_queued(pl_txn_t *txn, uint64_t id, pl_arena_t *ar,
    Pl__Effect **effect, pl_err_t *err);

/*
 * One row of `attempts` with the message that it is about. A file of ours has
 * its handle in the place of its name. PL_NOTFOUND.
 */
typedef struct {
    const Pl__AttemptRecord  *attempt;
    const Pl__Message        *message;  /* NULL: its row is gone */
    const Pl__TemplateRecord *template; /* of its template; NULL: none */
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
