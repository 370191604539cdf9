/*
 * check: what conversations will do later. Each task that one names has its
 * timer, which runs, and no timer of a flow runs that none names.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "check.h"


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
        due = task->due_ms - clock_ms;
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
