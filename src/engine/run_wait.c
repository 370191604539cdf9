/*
 * How a run waits: its question, said, and its timeouts.
 */

#include <string.h>

#include "run_impl.h"

/* What waits, and its first timeout. */
typedef struct {
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step;
    size_t                first;        /* of its timeouts */
    int64_t               due_ms;       /* INT64_MAX: none is */
} wait_t;

static pl_status_t wait_arm(pl_apply_t *ap, run_t *r, const wait_t *wait,
    pl_err_t *err);
static void wait_first(wait_t *wait, int64_t since_ms, int64_t floor_ms);
static int64_t wait_due(const Pl__FlowStep *step, size_t i,
    int64_t since_ms);


pl_status_t
pl_run_ask(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, const Pl__FlowSay *say, pl_err_t *err)
{
    pl_status_t  rc;

    if (say == NULL) {
        return pl_run_wait(ap, r, flow, step, err);
    }

    rc = pl_run_say(ap, r, flow, step, say, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_run_asked(r);

    return pl_run_wait(ap, r, flow, step, err);
}


void
pl_run_asked(run_t *r)
{
    Pl__FlowRun  *run = r->at.conv->run;

    run->has_asked = (r->asked != 0);
    run->asked = r->asked;
}


pl_status_t
pl_run_wait(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    bool          left = false;
    wait_t        wait = { flow, step, 0, 0 };
    pl_status_t   rc;
    Pl__FlowRun  *run = r->at.conv->run;

    run->has_turn = 1;
    run->turn++;
    run->has_waiting = 1;
    run->waiting = 1;
    run->has_channel = 1;
    run->channel = r->at.channel;
    run->has_since_ms = 1;
    run->since_ms = r->said_ms > ap->now_ms ? r->said_ms : ap->now_ms;

    wait_first(&wait, run->since_ms, 0);
    rc = wait.due_ms == INT64_MAX
         ? PL_OK : pl_task_leave(ap, r->at.conv, wait.first, wait.due_ms,
                                 run->turn, &left, err);

    if (rc != PL_OK || left) {
        return rc;
    }

    rc = pl_task_void(ap, r->at.conv, err);

    return rc == PL_OK ? wait_arm(ap, r, &wait, err) : rc;
}


pl_status_t
pl_run_timeouts(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, int64_t floor_ms, pl_err_t *err)
{
    wait_t  wait = { flow, step, 0, 0 };

    wait_first(&wait, r->at.conv->run->since_ms, floor_ms);

    return wait_arm(ap, r, &wait, err);
}


/*
 * Only what is due first has a row: most are answered before that, and each
 * row costs a page when it comes and when it goes. For the same reason a row
 * of an older turn that comes before it stays, and moves when it fires.
 */

static pl_status_t
wait_arm(pl_apply_t *ap, run_t *r, const wait_t *wait, pl_err_t *err)
{
    size_t               i;
    pl_task_t            task;
    pl_status_t          rc;
    Pl__FlowRun         *run = r->at.conv->run;
    Pl__TimerStep        row = PL__TIMER_STEP__INIT;
    const Pl__FlowStep  *step = wait->step;

    row.flow = (char *) pl_flow_name(wait->flow);
    row.version = pl_flow_version(wait->flow);
    row.turn = run->turn;

    memset(&task, 0, sizeof(task));
    task.timeout = true;
    task.channel = r->at.channel;
    task.contact = r->at.contact->id;
    task.step = &row;
    task.due_ms = wait->due_ms;

    for (i = wait->first;
         wait->due_ms != INT64_MAX && i < step->n_timeouts;
         i++)
    {
        if (i != wait->first
            && wait_due(step, i, run->since_ms) != wait->due_ms)
        {
            continue;
        }

        task.name = pl_task_timeout(ap->ar, i);
        if (task.name == NULL) {
            return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
        }

        row.step = step->timeouts[i]->step;

        rc = pl_task_arm(ap, r->at.party, r->at.conv, &task, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


/* The first that is over at the floor or behind it. */

static void
wait_first(wait_t *wait, int64_t since_ms, int64_t floor_ms)
{
    size_t   i;
    int64_t  due_ms;

    wait->first = 0;
    wait->due_ms = INT64_MAX;

    for (i = 0; i < wait->step->n_timeouts; i++) {
        due_ms = wait_due(wait->step, i, since_ms);

        if (due_ms >= floor_ms && due_ms < wait->due_ms) {
            wait->due_ms = due_ms;
            wait->first = i;
        }
    }
}


/* INT64_MAX: never; the compiler lets none through that it cannot read. */

static int64_t
wait_due(const Pl__FlowStep *step, size_t i, int64_t since_ms)
{
    int64_t  after_ms;

    return pl_flow_duration(step->timeouts[i]->after, &after_ms)
           ? since_ms + after_ms : INT64_MAX;
}
