/*
 * Steps: what goes with what, where they lead, and when.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static void check_step(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void check_ways(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void check_branch(flow_check_t *check, const Pl__FlowBranch *branch,
    const char *path);
static void check_call(flow_check_t *check, const Pl__FlowCall *call,
    const char *path);
static void check_waits(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void check_schedule(flow_check_t *check, const Pl__FlowSchedule *row,
    const char *path);
static void check_offsets(flow_check_t *check, const Pl__FlowSchedule *row,
    const char *path);
static void check_delay(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void check_cancel(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static bool check_task(const pl_flow_t *flow, const char *task);
static void check_migrate(flow_check_t *check);
static bool check_duration(flow_check_t *check, const char *path,
    const char *text, bool before, int64_t *ms);


void
pl_flow_check_steps(flow_check_t *check)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i;
    const Pl__FlowFile  *file = check->flow->file;

    for (i = 0; i < file->n_steps; i++) {
        check_step(check, file->steps[i],
                   pl_flow_path(path, "steps", ".%s", file->steps[i]->name));
    }

    check_migrate(check);
}


static void
check_step(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    check_ways(check, step, path);
    check_waits(check, step, path);
    check_delay(check, step, path);
    check_cancel(check, step, path);

    for (i = 0; i < step->n_branch; i++) {
        check_branch(check, step->branch[i],
                     pl_flow_path(at, path, ".branch[%zu]", i));
    }

    for (i = 0; i < step->n_schedule; i++) {
        check_schedule(check, step->schedule[i],
                       pl_flow_path(at, path, ".schedule[%zu]", i));
    }

    if (step->call != NULL) {
        check_call(check, step->call, pl_flow_path(at, path, ".call"));
    }

    if (step->next != NULL) {
        (void) pl_flow_target(check, pl_flow_path(at, path, ".next"),
                              step->next);
    }
}


/* None at all ends the flow, as `end` does. */

static void
check_ways(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char  at[PL_ERR_PATH_MAX];

    if ((step->next != NULL) + (step->end != 0) + (step->back != 0) > 1) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "next, end or back, one of them");
    }

    if (step->unclear != NULL && step->ask == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path,
                        ".unclear"), 0,
                        "only a step that asks can misunderstand");
    }
}


static void
check_branch(flow_check_t *check, const Pl__FlowBranch *branch,
    const char *path)
{
    char  at[PL_ERR_PATH_MAX];

    if ((branch->step != NULL) + (branch->end != 0) + (branch->call != NULL)
        != 1)
    {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a branch has a step, a call or end, one of them");
    }

    if (branch->step != NULL) {
        (void) pl_flow_target(check, pl_flow_path(at, path, ".step"),
                              branch->step);
    }

    if (branch->call != NULL) {
        check_call(check, branch->call, pl_flow_path(at, path, ".call"));
    }
}


/* Of another flow nothing is known here. */

static void
check_call(flow_check_t *check, const Pl__FlowCall *call, const char *path)
{
    char  at[PL_ERR_PATH_MAX];

    if (strcmp(call->flow, pl_flow_name(check->flow)) != 0) {
        return;
    }

    if (call->step != NULL) {
        (void) pl_flow_target(check, pl_flow_path(at, path, ".step"),
                              call->step);

    } else if (pl_flow_start(check->flow) == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "the flow has no start: name a step");
    }
}


static void
check_waits(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char     at[PL_ERR_PATH_MAX], part[PL_ERR_PATH_MAX];
    size_t   i;
    int64_t  ms;

    if (step->ask != NULL && step->wait) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".wait"),
                        0, "a step that asks waits anyhow");
    }

    for (i = 0; i < step->n_timeouts; i++) {
        (void) pl_flow_path(at, path, ".timeouts[%zu]", i);

        if (step->ask == NULL && !step->wait) {
            pl_flow_mistake(check, FLOW_ERROR, at, 0,
                            "the step does not wait");
        }

        (void) check_duration(check, pl_flow_path(part, at, ".after"),
                              step->timeouts[i]->after, false, &ms);
        (void) pl_flow_target(check, pl_flow_path(part, at, ".step"),
                              step->timeouts[i]->step);
    }
}


static void
check_schedule(flow_check_t *check, const Pl__FlowSchedule *row,
    const char *path)
{
    char     at[PL_ERR_PATH_MAX];
    int64_t  ms;

    (void) pl_flow_target(check, pl_flow_path(at, path, ".step"), row->step);

    if (!pl_name_valid(pl_str_c(row->task))) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".task"),
                        0, "a task's name is made of letters, digits, - "
                        "and _");
    }

    if ((row->after != NULL) == (row->at != NULL)) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "after or at, one of them");
    }

    if (row->after != NULL) {
        (void) check_duration(check, pl_flow_path(at, path, ".after"),
                              row->after, false, &ms);
    }

    if (row->at == NULL && (row->offset != NULL || row->until != NULL)) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, row->offset != NULL
                                     ? ".offset" : ".until"), 0,
                        "only with at");
        return;
    }

    check_offsets(check, row, path);
}


/* What may be run until before it is due never is. */

static void
check_offsets(flow_check_t *check, const Pl__FlowSchedule *row,
    const char *path)
{
    char     at[PL_ERR_PATH_MAX];
    int64_t  offset = 0, until = 0;

    if (row->offset != NULL
        && !check_duration(check, pl_flow_path(at, path, ".offset"),
                           row->offset, true, &offset))
    {
        return;
    }

    if (row->until != NULL
        && check_duration(check, pl_flow_path(at, path, ".until"),
                          row->until, true, &until)
        && until <= offset)
    {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".until"),
                        0, "it is over when it is due: it never runs");
    }
}


static void
check_delay(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char     at[PL_ERR_PATH_MAX];
    int64_t  min, max;

    if (step->delay == NULL) {
        return;
    }

    if (step->has_after_s) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".delay"),
                        0, "after_s or delay, one of them");
    }

    if (!check_duration(check, pl_flow_path(at, path, ".delay.min"),
                        step->delay->min, false, &min)
        || !check_duration(check, pl_flow_path(at, path, ".delay.max"),
                           step->delay->max, false, &max))
    {
        return;
    }

    if (min > max) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".delay.max"), 0,
                        "it is shorter than min");
    }
}


static void
check_cancel(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    for (i = 0; i < step->n_cancel; i++) {
        if (strcmp(step->cancel[i], "*") != 0
            && !check_task(check->flow, step->cancel[i]))
        {
            pl_flow_mistake(check, FLOW_WARNING,
                            pl_flow_path(at, path, ".cancel[%zu]", i), 0,
                            "no step of this flow schedules \"%s\"",
                            step->cancel[i]);
        }
    }
}


static bool
check_task(const pl_flow_t *flow, const char *task)
{
    size_t               i, k;
    const Pl__FlowStep  *step;

    for (i = 0; i < flow->file->n_steps; i++) {
        step = flow->file->steps[i];

        for (k = 0; k < step->n_schedule; k++) {
            if (strcmp(step->schedule[k]->task, task) == 0) {
                return true;
            }
        }
    }

    return false;
}


static void
check_migrate(flow_check_t *check)
{
    char                    path[PL_ERR_PATH_MAX];
    size_t                  i;
    const Pl__FlowMigrate  *migrate = check->flow->file->migrate;

    for (i = 0; migrate != NULL && i < migrate->n_steps; i++) {
        (void) pl_flow_target(check, pl_flow_path(path, "migrate.steps",
                              ".%s", migrate->steps[i]->name),
                              migrate->steps[i]->value);
    }

    for (i = 0; migrate != NULL && i < migrate->n_from; i++) {
        if (strlen(migrate->from[i]) != 16
            || strspn(migrate->from[i], "0123456789abcdef") != 16)
        {
            pl_flow_mistake(check, FLOW_ERROR,
                            pl_flow_path(path, "migrate.from", "[%zu]", i), 0,
                            "a version is 16 hex digits, as flow check "
                            "shows it");
        }
    }
}


/* before: it may lie before what it is reckoned from. */

static bool
check_duration(flow_check_t *check, const char *path, const char *text,
    bool before, int64_t *ms)
{
    if (pl_flow_duration(text, ms) && (before || *ms >= 0)) {
        return true;
    }

    pl_flow_mistake(check, FLOW_ERROR, path, 0, "no duration: \"%.32s\"",
                    text);

    return false;
}
