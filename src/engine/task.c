/*
 * Tasks: armed, replaced, called off. See task.h.
 */

#include <string.h>

#include "../core/record.h"
#include "sandbox.h"
#include "task.h"
#include "wall.h"

#define TASK_TIMEOUT  "timeout.%zu"

/* Which tasks of the list are meant. */
typedef bool (*task_pt)(const Pl__Task *task, const char *name);

static bool task_named(const Pl__Task *task, const char *name);
static bool task_lasting(const Pl__Task *task, const char *name);
static bool task_timeout(const Pl__Task *task, const char *name);
static bool task_unless(const Pl__Task *task, const char *name);
static bool task_undated(const Pl__Task *task, const char *name);
static pl_status_t task_end(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, task_pt which, const char *name,
    Pl__TimerEnd end, pl_err_t *err);
static pl_status_t task_told(pl_apply_t *ap, const pl_party_t *party,
    const Pl__Task *task, Pl__TimerEnd end, pl_err_t *err);
static pl_status_t task_row_end(pl_apply_t *ap, const Pl__Task *task,
    Pl__TimerEnd end, pl_err_t *err);
static pl_status_t task_list(pl_apply_t *ap, Pl__Conversation *conv,
    const pl_task_t *what, const Pl__Timer *timer, pl_err_t *err);
static pl_status_t task_refused(pl_apply_t *ap, const pl_party_t *party,
    const pl_task_t *task, const char *why, pl_err_t *err);


pl_status_t
pl_task_arm(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    const pl_task_t *task, pl_err_t *err)
{
    pl_key_t       key;
    pl_status_t    rc;
    Pl__Timer      timer = PL__TIMER__INIT;
    Pl__TimerStep  step = *task->step;

    rc = task_end(ap, party, conv, task_named, task->name,
                  PL__TIMER_END__TIMER_END_REPLACED, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_task_room(conv, task->timeout)) {
        return task_refused(ap, party, task, "too many tasks", err);
    }

    if (task->due_ms - ap->now_ms > PL_AT_MAX_MS) {
        return task_refused(ap, party, task, "more than a year ahead", err);
    }

    step.task = task->timeout ? NULL : (char *) task->name;
    step.has_turn = task->timeout;

    timer.id = pl_apply_id(ap);
    timer.due_ms = task->due_ms;
    timer.tenant = party->tenant;
    timer.channel = task->channel;
    timer.party_kind = party->kind;
    timer.party = party->party;
    timer.contact = task->contact;
    timer.of_case = PL__TIMER__OF_STEP;
    timer.step = &step;

    if (task->zone != NULL) {
        rc = pl_wall_arm(ap, &timer, task->zone, task->wall_ms,
                         task->before_ms, err);

    } else {
        pl_sandbox_timer(ap, &key, timer.due_ms, timer.id);

        rc = pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                           &timer.base, false, err);

        if (rc == PL_OK) {
            rc = pl_task_list(ap, &timer, err);
        }
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = task_list(ap, conv, task, &timer, err);

    if (rc != PL_OK || task->timeout) {
        return rc;
    }

    rc = pl_feed_count(ap, party->tenant, "tasks", "armed", err);

    return rc == PL_OK
           ? pl_feed_task(ap, party, "armed", timer.id, timer.due_ms, err)
           : rc;
}


pl_status_t
pl_task_cancel(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, const char *name, pl_err_t *err)
{
    return task_end(ap, party, conv,
                    strcmp(name, "*") == 0 ? task_lasting : task_named, name,
                    PL__TIMER_END__TIMER_END_CANCELLED, err);
}


pl_status_t
pl_task_void(pl_apply_t *ap, Pl__Conversation *conv, pl_err_t *err)
{
    return task_end(ap, NULL, conv, task_timeout, NULL,
                    PL__TIMER_END__TIMER_END_CANCELLED, err);
}


pl_status_t
pl_task_written(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    return task_end(ap, party, conv, task_unless, NULL,
                    PL__TIMER_END__TIMER_END_CANCELLED, err);
}


pl_status_t
pl_task_stop(pl_apply_t *ap, const pl_party_t *party,
    Pl__Conversation *conv, pl_err_t *err)
{
    return task_end(ap, party, conv, task_undated, NULL,
                    PL__TIMER_END__TIMER_END_CANCELLED, err);
}


bool
pl_task_room(const Pl__Conversation *conv, bool timeout)
{
    size_t  i, n;

    for (i = 0, n = 0; i < conv->n_tasks; i++) {
        n += (conv->tasks[i]->has_turn != 0) == timeout;
    }

    return n < (timeout ? PL_TIMEOUTS_MAX : PL_TASKS_MAX);
}


const char *
pl_task_timeout(pl_arena_t *ar, size_t index)
{
    static const char *const  most[] = {
        "timeout.0", "timeout.1", "timeout.2", "timeout.3"
    };

    return index < PL_COUNT(most) ? most[index]
                                  : pl_arena_printf(ar, TASK_TIMEOUT, index);
}


pl_status_t
pl_task_leave(pl_apply_t *ap, Pl__Conversation *conv, size_t index,
    int64_t due_ms, uint32_t turn, bool *left, pl_err_t *err)
{
    size_t     i, n;
    Pl__Task  *task = NULL;

    for (i = 0, n = 0; i < conv->n_tasks; i++) {
        if (conv->tasks[i]->has_turn) {
            task = conv->tasks[i];
            n++;
        }
    }

    /* older versions armed all of a step's */

    *left = n == 1 && pl_task_stands(task) <= due_ms;

    if (!*left) {
        return PL_OK;
    }

    task->row_ms = pl_task_stands(task);
    task->has_row_ms = 1;
    task->due_ms = due_ms;
    task->turn = turn;
    task->name = (char *) pl_task_timeout(ap->ar, index);

    return task->name != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "task", 0, "out of memory");
}


int64_t
pl_task_stands(const Pl__Task *task)
{
    return task->has_row_ms ? task->row_ms : task->due_ms;
}


bool
pl_task_take(Pl__Conversation *conv, uint64_t timer, bool *left)
{
    size_t  i;

    *left = false;

    for (i = 0; i < conv->n_tasks; i++) {
        if (conv->tasks[i]->timer == timer) {
            *left = conv->tasks[i]->has_row_ms;
            memmove(&conv->tasks[i], &conv->tasks[i + 1],
                    (conv->n_tasks - i - 1) * sizeof(*conv->tasks));
            conv->n_tasks--;
            return true;
        }
    }

    return false;
}


static bool
task_named(const Pl__Task *task, const char *name)
{
    return strcmp(task->name, name) == 0;
}


static bool
task_lasting(const Pl__Task *task, const char *name)
{
    (void) name;                        /* none is asked for */

    return !task->has_turn;
}


static bool
task_timeout(const Pl__Task *task, const char *name)
{
    (void) name;                        /* likewise */

    return task->has_turn != 0;
}


static bool
task_unless(const Pl__Task *task, const char *name)
{
    (void) name;                        /* likewise */

    return task->has_unless_written && task->unless_written;
}


static bool
task_undated(const Pl__Task *task, const char *name)
{
    (void) name;                        /* likewise */

    return !task->has_dated || !task->dated;
}


static pl_status_t
task_end(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    task_pt which, const char *name, Pl__TimerEnd end, pl_err_t *err)
{
    size_t       i, n;
    Pl__Task    *task;
    pl_status_t  rc;

    for (i = 0, n = 0; i < conv->n_tasks; i++) {
        task = conv->tasks[i];

        if (!which(task, name)) {
            conv->tasks[n++] = task;
            continue;
        }

        rc = task_row_end(ap, task, end, err);

        if (rc == PL_OK && !task->has_turn) {
            rc = task_told(ap, party, task, end, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    conv->n_tasks = n;

    return PL_OK;
}


/* Replaced, its name stands on another one, of which a row tells as well. */

static pl_status_t
task_told(pl_apply_t *ap, const pl_party_t *party, const Pl__Task *task,
    Pl__TimerEnd end, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_feed_count(ap, party->tenant, "tasks",
                       end == PL__TIMER_END__TIMER_END_REPLACED
                       ? "replaced" : "cancelled", err);

    return rc == PL_OK
           ? pl_feed_task(ap, party, "cancelled", task->timer, task->due_ms,
                          err)
           : rc;
}


static pl_status_t
task_row_end(pl_apply_t *ap, const Pl__Task *task, Pl__TimerEnd end,
    pl_err_t *err)
{
    pl_key_t           key;
    Pl__Timer         *timer;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_sandbox_timer(ap, &key, pl_task_stands(task), task->timer);

    if (task->has_turn) {
        rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), err);
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key),
                       &pl__timer__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    timer = (Pl__Timer *) msg;
    rc = pl_store_del(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = pl_task_unlist(ap, timer, false, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    timer->has_ended_ms = 1;
    timer->ended_ms = ap->now_ms;
    timer->has_end = 1;
    timer->end = end;

    pl_key_timer(&key, (int64_t) ((uint64_t) task->due_ms | PL_TIMER_ENDED),
                 task->timer);

    rc = pl_record_put(ap->txn, PL_TABLE_TIMERS, pl_key_str(&key), msg,
                       false, err);

    return rc == PL_OK ? pl_task_list(ap, timer, err) : rc;
}


static pl_status_t
task_list(pl_apply_t *ap, Pl__Conversation *conv, const pl_task_t *what,
    const Pl__Timer *timer, pl_err_t *err)
{
    Pl__Task  *task, **list;

    task = pl_arena_alloc(ap->ar, sizeof(*task));
    list = task == NULL ? NULL : pl_apply_list(ap, conv->tasks,
                                               conv->n_tasks, task);
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "task", 0, "out of memory");
    }

    pl__task__init(task);
    task->name = (char *) what->name;
    task->timer = timer->id;
    task->due_ms = timer->due_ms;
    task->has_turn = what->timeout;
    task->turn = what->timeout ? what->step->turn : 0;
    task->has_unless_written = what->step->has_unless_written;
    task->unless_written = what->step->unless_written;
    task->has_dated = what->step->has_dated;
    task->dated = what->step->dated;

    conv->tasks = list;
    conv->n_tasks++;

    return PL_OK;
}


static pl_status_t
task_refused(pl_apply_t *ap, const pl_party_t *party, const pl_task_t *task,
    const char *why, pl_err_t *err)
{
    const char   *text;
    pl_status_t   rc;

    text = pl_arena_printf(ap->ar, "task %s is not armed: %s", task->name,
                           why);
    if (text == NULL) {
        return pl_err_set(err, PL_NOMEM, "task", 0, "out of memory");
    }

    rc = pl_feed_audit(ap, party->tenant, PL__AUDIT_KIND__AUDIT_KIND_FLOW,
                       party->party, task->step->flow, text, err);

    return rc == PL_OK ? pl_feed_count(ap, party->tenant, "tasks", "refused",
                                       err) : rc;
}
