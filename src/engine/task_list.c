/*
 * The index of tasks by tenant. See task.h.
 */

#include "../core/record.h"
#include "sandbox.h"
#include "task.h"

static bool list_named(const Pl__Timer *timer);
static void list_key(pl_key_t *key, const Pl__Timer *timer, bool ended);


pl_status_t
pl_task_list(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    return pl_task_list_at(ap, timer,
                           timer->has_ended_ms
                           ? (uint64_t) timer->due_ms | PL_TIMER_ENDED
                           : (uint64_t) pl_sandbox_real(ap, timer->due_ms),
                           err);
}


pl_status_t
pl_task_list_at(pl_apply_t *ap, const Pl__Timer *timer, uint64_t stands_ms,
    pl_err_t *err)
{
    pl_key_t  key;

    if (!list_named(timer)) {
        return PL_OK;
    }

    list_key(&key, timer, timer->has_ended_ms != 0);

    return pl_record_put_u64(ap->txn, PL_TABLE_TASKS, pl_key_str(&key),
                             stands_ms, false, err);
}


pl_status_t
pl_task_unlist(pl_apply_t *ap, const Pl__Timer *timer, bool ended,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    if (!list_named(timer)) {
        return PL_OK;
    }

    list_key(&key, timer, ended);
    rc = pl_store_del(ap->txn, PL_TABLE_TASKS, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;      /* of a state of before */
}


static bool
list_named(const Pl__Timer *timer)
{
    return timer->of_case == PL__TIMER__OF_STEP && timer->step->task != NULL;
}


static void
list_key(pl_key_t *key, const Pl__Timer *timer, bool ended)
{
    pl_key_task(key, timer->tenant,
                (int64_t) ((uint64_t) timer->due_ms
                           | (ended ? PL_TIMER_ENDED : 0)), timer->id);
}
