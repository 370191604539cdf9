/*
 * check: what conversations will do later. Each task that one names has its
 * timer, which runs, and no timer of a flow runs that none names.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "../engine/task.h"
#include "check.h"

static pl_status_t tasks_row(plctl_check_t *check,
    const plctl_checked_t *row, pl_err_t *err);


pl_status_t
plctl_check_tasks(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t             i;
    int64_t            due, clock_ms;
    pl_key_t           key;
    pl_status_t        rc;
    const Pl__Task    *task;
    const Pl__Timer   *timer;
    ProtobufCMessage  *msg;

    /* the row's key begins with the tenant; timers stand in real time */

    clock_ms = pl_settings_clock(check->ctl->settings,
                                 pl_be32(row->key.data));

    for (i = 0; i < conv->n_tasks; i++) {
        task = conv->tasks[i];
        due = pl_task_stands(task) - clock_ms;
        pl_key_timer(&key, due > 0 ? due : 0, task->timer);
        pl_arena_reset(check->step);

        rc = plctl_check_get(check, PL_TABLE_TIMERS, pl_key_str(&key),
                             &pl__timer__descriptor, check->step, &msg, err);
        if (rc != PL_OK) {
            return rc;
        }

        timer = (const Pl__Timer *) msg;

        if (timer == NULL || timer->of_case != PL__TIMER__OF_STEP
            || (timer->step->task != NULL
                && strcmp(timer->step->task, task->name) != 0))
        {
            plctl_check_find(check, row->table, row->key,
                             "its task has no timer tmr_%" PRIu64,
                             task->timer);
        }
    }

    check->tasks += conv->n_tasks;

    return PL_OK;
}


/* A timer that has a name is in its tenant's list, where it stands. */

pl_status_t
plctl_check_listed(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Timer *timer, pl_err_t *err)
{
    uint64_t     due, stands;
    pl_key_t     key;
    pl_status_t  rc;

    if (timer->of_case != PL__TIMER__OF_STEP || timer->step->task == NULL) {
        return PL_OK;
    }

    due = (uint64_t) timer->due_ms
          | (timer->has_ended_ms ? PL_TIMER_ENDED : 0);
    pl_key_task(&key, timer->tenant, (int64_t) due, timer->id);

    rc = pl_record_get_u64(check->state, PL_TABLE_TASKS, pl_key_str(&key),
                           &stands, err);

    if (rc == PL_NOTFOUND
        || (rc == PL_OK && stands != pl_be64(row->key.data)))
    {
        plctl_check_find(check, row->table, row->key,
                         "tmr_%" PRIu64 " is not in its tenant's list of "
                         "tasks", timer->id);
        rc = PL_OK;
    }

    check->listed_in += rc == PL_OK;

    return rc;
}


pl_status_t
plctl_check_list(plctl_check_t *check, pl_err_t *err)
{
    pl_status_t  rc;

    check->listed = 0;
    rc = plctl_check_walk(check, PL_TABLE_TASKS, 20, NULL, tasks_row, err);

    if (rc == PL_OK && check->listed != check->listed_in) {
        plctl_check_find(check, PL_TABLE_TASKS, PL_STR_NULL,
                         "%" PRIu64 " rows, timers with a name are %" PRIu64,
                         check->listed, check->listed_in);
    }

    return rc;
}


static pl_status_t
tasks_row(plctl_check_t *check, const plctl_checked_t *row, pl_err_t *err)
{
    uint64_t  stands;

    check->listed++;

    if (pl_record_read_u64(row->table, row->value, &stands, err) != PL_OK) {
        plctl_check_find(check, row->table, row->key, "is no index row");
    }

    return PL_OK;
}
