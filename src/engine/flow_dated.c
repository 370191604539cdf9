/*
 * What a task is reckoned from: a variable that can hold a date. What a
 * program, a step or a trigger puts into it nobody knows before; what an
 * answer is, its kind tells.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static void dated_step(flow_check_t *check, const Pl__FlowStep *step);
static const Pl__FlowStep *dated_never(const pl_flow_t *flow,
    const char *name);
static bool dated_other(const pl_flow_t *flow, const char *name);
static bool dated_trigger(const flow_trigger_t *trigger, const char *name);
static bool dated_answer(const Pl__FlowAsk *ask);


void
pl_flow_dated_check(flow_check_t *check)
{
    size_t               i;
    const Pl__FlowFile  *file = check->flow->file;

    for (i = 0; i < file->n_steps; i++) {
        dated_step(check, file->steps[i]);
    }
}


static void
dated_step(flow_check_t *check, const Pl__FlowStep *step)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i;
    const char          *at;
    const Pl__FlowStep  *asks;

    for (i = 0; i < step->n_schedule; i++) {
        at = step->schedule[i]->at;
        asks = at == NULL ? NULL : dated_never(check->flow, at);

        if (asks != NULL) {
            pl_flow_mistake(check, FLOW_UNFIT,
                            pl_flow_path(path, "steps", ".%s.schedule[%zu]"
                                         ".at", step->name, i), 0,
                            "\"%s\" is the answer to steps.%s.ask, which is "
                            "no date: the task is never armed", at,
                            asks->name);
        }
    }
}


/* A step that asks for it, where all that is ever in it is no date. */

static const Pl__FlowStep *
dated_never(const pl_flow_t *flow, const char *name)
{
    size_t               i;
    const Pl__FlowStep  *step, *asks = NULL;

    if (dated_other(flow, name)) {
        return NULL;
    }

    for (i = 0; i < flow->file->n_steps; i++) {
        step = flow->file->steps[i];

        if (step->ask == NULL || strcmp(step->ask->save, name) != 0) {
            continue;
        }

        if (dated_answer(step->ask)) {
            return NULL;
        }

        asks = asks == NULL ? step : asks;
    }

    return asks;
}


/* Does anything but an answer set it? */

static bool
dated_other(const pl_flow_t *flow, const char *name)
{
    size_t               i, k;
    const Pl__FlowFile  *file = flow->file;

    for (i = 0; i < file->n_variables; i++) {
        if (strcmp(file->variables[i]->name, name) == 0) {
            return true;
        }
    }

    for (i = 0; i < file->n_inputs; i++) {
        if (strcmp(file->inputs[i], name) == 0) {
            return true;
        }
    }

    for (i = 0; i < flow->n_triggers; i++) {
        if (dated_trigger(&flow->triggers[i], name)) {
            return true;
        }
    }

    for (i = 0; i < file->n_steps; i++) {
        for (k = 0; k < file->steps[i]->n_set; k++) {
            if (strcmp(file->steps[i]->set[k]->name, name) == 0) {
                return true;
            }
        }
    }

    return false;
}


static bool
dated_trigger(const flow_trigger_t *trigger, const char *name)
{
    unsigned     i;
    const char  *group;

    for (i = 0; trigger->pattern != NULL; i++) {
        group = pl_pattern_group(trigger->pattern, i);

        if (group == NULL) {
            break;
        }

        if (strcmp(group, name) == 0) {
            return true;
        }
    }

    return false;
}


/* What the file itself writes down for an answer may be one. */

static bool
dated_answer(const Pl__FlowAsk *ask)
{
    switch (ask->as) {

    case PL__FLOW_ANSWER__FLOW_ANSWER_NUMBER:
        return ask->n_buckets != 0;

    case PL__FLOW_ANSWER__FLOW_ANSWER_YES_NO:
    case PL__FLOW_ANSWER__FLOW_ANSWER_TIME:
    case PL__FLOW_ANSWER__FLOW_ANSWER_EMAIL:
    case PL__FLOW_ANSWER__FLOW_ANSWER_PHONE:
    case PL__FLOW_ANSWER__FLOW_ANSWER_FORM:
    case PL__FLOW_ANSWER__FLOW_ANSWER_LOCATION:
    case PL__FLOW_ANSWER__FLOW_ANSWER_MEDIA:
        return false;

    default:
        return true;
    }
}
