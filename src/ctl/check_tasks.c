/*
 * check: what conversations will do later. Each task that one names has its
 * timer, which runs, and no timer of a flow runs that none names.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "check.h"


pl_status_t
plctl_check_tasks(plctl_check_t *check, const plctl_checked_t *row,
    const Pl__Conversation *conv, pl_err_t *err)
{
    size_t             i;
    pl_key_t           key;
    pl_status_t        rc;
    const Pl__Task    *task;
    const Pl__Timer   *timer;
    ProtobufCMessage  *msg;

    for (i = 0; i < conv->n_tasks; i++) {
        task = conv->tasks[i];
        pl_key_timer(&key, task->due_ms, task->timer);
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
