/*
 * Tasks: what a flow will do later for a conversation.
 *
 * A task is a row of `timers` (TimerStep), and a line in the conversation's
 * list of them, which is how it is found by name, replaced, and called off
 * without a scan. The list is the truth: a row that it does not name has no
 * effect when it fires.
 *
 *     named       armed by a step's `schedule`, or a trigger that waits; one
 *                 of the same name takes the place of the first; its row is
 *                 kept when it has ended, with how
 *     timeout     of a step that waits; belongs to a turn, and goes without
 *                 a trace when that is over, or stays for the next one's
 *
 * All of it belongs to the folding thread; the conversation is the caller's
 * to put. Errors are the store's, and PL_NOMEM.
 */

#ifndef PL_TASK_H_INCLUDED
#define PL_TASK_H_INCLUDED

#include "apply.h"

typedef struct {
    const char            *name;
    int64_t                due_ms;
    bool                   timeout;     /* of step.turn */
    uint32_t               channel;
    uint64_t               contact;
    const Pl__TimerStep   *step;
    const char            *zone;        /* NULL: due_ms alone says when; else
                                           what the wall shows, less so long
                                           (wall.h): due_ms is their instant */
    int64_t                wall_ms;
    int64_t                before_ms;
} pl_task_t;

/*
 * Arms it in place of the one of its name, if there is one. Beyond
 * PL_TASKS_MAX, or PL_TIMEOUTS_MAX, or more than PL_AT_MAX_MS ahead, it is
 * not armed: that is
 * audited, and nothing else changes.
 */
pl_status_t pl_task_arm(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const pl_task_t *task, pl_err_t *err);

/* Is there room for one more? Timeouts have their own. Pure. */
bool pl_task_room(const Pl__Conversation *conv, bool timeout);

/* Calls off the one of that name; "*": all but timeouts. */
pl_status_t pl_task_cancel(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const char *name, pl_err_t *err);

/* A timeout's name, by its place in the step. NULL: the arena is full. */
const char *pl_task_timeout(pl_arena_t *ar, size_t index);

/*
 * The turn has passed on. Where a timeout's row stands at due_ms or before
 * it, it stays there, and its line says what the new turn waits for: timeout
 * number `index`, at due_ms. *left false: there is none.
 */
pl_status_t pl_task_leave(pl_apply_t *ap, Pl__Conversation *conv,
    size_t index, int64_t due_ms, uint32_t turn, bool *left, pl_err_t *err);

/* Where its row stands, of its tenant's time: with timer, its key. Pure. */
int64_t pl_task_stands(const Pl__Task *task);

/* The turn is over: its timeouts go. */
pl_status_t pl_task_void(pl_apply_t *ap, Pl__Conversation *conv,
    pl_err_t *err);

/* They wrote: what was to be done only if they did not goes. */
pl_status_t pl_task_written(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);

/* Nobody is to be written to: all go but those by an agreed date. */
pl_status_t pl_task_stop(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err);

/*
 * The index of a tenant's tasks (`tasks`): a row for each timer that has a
 * name, under the tenant's own time, which says where the timer stands.
 * Whoever puts or deletes a timer calls these; one without a name has no row.
 * `ended` of what is taken away: that it stood among the ended ones.
 */
pl_status_t pl_task_list(pl_apply_t *ap, const Pl__Timer *timer,
    pl_err_t *err);
pl_status_t pl_task_list_at(pl_apply_t *ap, const Pl__Timer *timer,
    uint64_t stands_ms, pl_err_t *err);
pl_status_t pl_task_unlist(pl_apply_t *ap, const Pl__Timer *timer,
    bool ended, pl_err_t *err);

/*
 * Its timer fired. False: the list does not name it, and it is void. *left:
 * it stood there for a later one, whose time is not come by it.
 */
bool pl_task_take(Pl__Conversation *conv, uint64_t timer, bool *left);

#endif /* PL_TASK_H_INCLUDED */
