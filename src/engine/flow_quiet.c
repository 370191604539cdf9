/*
 * Times that quiet hours make impossible.
 *
 * What falls due in quiet hours waits for their end (docs/policy.md). A
 * reminder that may not be said after a certain time is lost if that time
 * comes first. Whether it does hangs on when it falls due, which the file
 * rarely tells: so what always fails is an error, and what can fail is a
 * warning, with an hour at which it would.
 */

#include <stdio.h>
#include <string.h>

#include "flow_impl.h"

#define QUIET_MINUTE_MS    60000LL
#define QUIET_DAY_MINUTES  1440
#define QUIET_WEEK         (7 * QUIET_DAY_MINUTES)

typedef struct {
    flow_check_t         check;         /* first: it is handed on */
    const pl_hours_t    *quiet;
    int64_t              longest_ms;    /* that they last at a time */
    int                  begin;         /* then: minute of the day */
} quiet_t;

static void quiet_longest(quiet_t *q);
static void quiet_step(quiet_t *q, const Pl__FlowStep *step);
static void quiet_schedule(quiet_t *q, const Pl__FlowSchedule *row,
    const char *path);
static bool quiet_fixed(quiet_t *q, const Pl__FlowSchedule *row,
    int64_t offset, int64_t until, const char *path);
static const char *quiet_literal(const Pl__FlowFile *file, const char *name);
static bool quiet_moment(const char *text, int64_t *ms);
static bool quiet_applies(const pl_flow_t *flow, const char *name);
static void quiet_expires(quiet_t *q, const char *name);


pl_status_t
pl_flow_check_hours(const pl_flow_t *flow, const pl_hours_t *quiet,
    pl_flow_mistakes_t *mistakes)
{
    size_t               i, before = mistakes->errors;
    quiet_t              q;
    const Pl__FlowFile  *file = flow->file;

    if (quiet == NULL || quiet->n == 0) {
        return PL_OK;
    }

    memset(&q, 0, sizeof(q));
    q.check.flow = (pl_flow_t *) flow;  /* nothing is compiled */
    q.check.mistakes = mistakes;
    q.quiet = quiet;
    quiet_longest(&q);

    for (i = 0; i < file->n_triggers; i++) {
        if (file->triggers[i]->after != NULL) {
            quiet_expires(&q, file->triggers[i]->step);
        }
    }

    for (i = 0; i < file->n_steps; i++) {
        quiet_step(&q, file->steps[i]);
    }

    return mistakes->errors != before ? PL_INVALID : PL_OK;
}


/* Spans do not touch each other, but Sunday's last and Monday's first. */

static void
quiet_longest(quiet_t *q)
{
    int                       minutes;
    size_t                    i, n = q->quiet->n;
    const pl_hours_span_t    *spans = q->quiet->spans;

    for (i = 0; i < n; i++) {
        minutes = spans[i].to - spans[i].from;

        if (i == n - 1 && n > 1 && spans[i].to == QUIET_WEEK
            && spans[0].from == 0)
        {
            minutes += spans[0].to;
        }

        if (minutes * QUIET_MINUTE_MS > q->longest_ms) {
            q->longest_ms = minutes * QUIET_MINUTE_MS;
            q->begin = spans[i].from % QUIET_DAY_MINUTES;
        }
    }
}


static void
quiet_step(quiet_t *q, const Pl__FlowStep *step)
{
    char    path[PL_ERR_PATH_MAX];
    size_t  i;

    for (i = 0; i < step->n_timeouts; i++) {
        quiet_expires(q, step->timeouts[i]->step);
    }

    for (i = 0; i < step->n_schedule; i++) {
        quiet_expires(q, step->schedule[i]->step);

        if (step->schedule[i]->at != NULL
            && quiet_applies(q->check.flow, step->schedule[i]->step))
        {
            quiet_schedule(q, step->schedule[i],
                           pl_flow_path(path, "steps", ".%s.schedule[%zu]",
                                        step->name, i));
        }
    }
}


static void
quiet_schedule(quiet_t *q, const Pl__FlowSchedule *row, const char *path)
{
    int      at;
    int64_t  offset = 0, until = 0;

    if ((row->offset != NULL && !pl_flow_duration(row->offset, &offset))
        || (row->until != NULL && !pl_flow_duration(row->until, &until)))
    {
        return;
    }

    if (quiet_fixed(q, row, offset, until, path)) {
        return;
    }

    if (row->until == NULL && offset >= 0) {
        return;                 /* it comes later, and that is all */
    }

    if (q->longest_ms == QUIET_WEEK * QUIET_MINUTE_MS) {
        pl_flow_mistake(&q->check, FLOW_ERROR, path, 0,
                        "quiet hours never end: it is never said");
        return;
    }

    if ((row->until != NULL ? until : 0) - offset > q->longest_ms) {
        return;
    }

    at = (int) ((q->begin + 7 * QUIET_DAY_MINUTES
                 - offset / QUIET_MINUTE_MS % QUIET_DAY_MINUTES)
                % QUIET_DAY_MINUTES);

    pl_flow_mistake(&q->check, FLOW_WARNING, path, 0,
                    row->until != NULL
                    ? "quiet hours can outlast it: for %02d:%02d, say, it is "
                      "not said"
                    : "quiet hours can put it off until after what it "
                      "reminds of, as for %02d:%02d: give it an until",
                    at / 60, at % 60);
}


/* A date that stands in the file says when it falls due. */

static bool
quiet_fixed(quiet_t *q, const Pl__FlowSchedule *row, int64_t offset,
    int64_t until, const char *path)
{
    int64_t             at, due;
    const char         *literal;
    const pl_zone_t    *wall = pl_zone_universal();

    literal = quiet_literal(q->check.flow->file, row->at);

    if (literal == NULL || !quiet_moment(literal, &at)) {
        return false;
    }

    due = at + offset;

    if (row->until != NULL && pl_hours_inside(q->quiet, wall, due)
        && pl_hours_until(q->quiet, wall, due) >= at + until)
    {
        pl_flow_mistake(&q->check, FLOW_ERROR, path, 0,
                        "from when it is due until it is over there are "
                        "quiet hours: it is never said");
    }

    return true;
}


/* What a variable always is; NULL: nobody knows. */

static const char *
quiet_literal(const Pl__FlowFile *file, const char *name)
{
    size_t               i, k, n = 0;
    const char          *value = NULL;
    const Pl__FlowStep  *step;

    for (i = 0; i < file->n_inputs; i++) {
        n += strcmp(file->inputs[i], name) == 0;
    }

    for (i = 0; i < file->n_variables; i++) {
        if (strcmp(file->variables[i]->name, name) == 0) {
            value = file->variables[i]->value;
            n++;
        }
    }

    for (i = 0; i < file->n_steps; i++) {
        step = file->steps[i];
        n += step->ask != NULL && strcmp(step->ask->save, name) == 0;

        for (k = 0; k < step->n_set; k++) {
            if (strcmp(step->set[k]->name, name) == 0) {
                value = step->set[k]->value;
                n++;
            }
        }
    }

    return n == 1 ? value : NULL;
}


/* As the wall has it; of which zone does not matter here. */

static bool
quiet_moment(const char *text, int64_t *ms)
{
    char        end;
    pl_civil_t  civil;

    memset(&civil, 0, sizeof(civil));

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d%c", &civil.year, &civil.month,
               &civil.day, &civil.hour, &civil.minute, &end) != 5)
    {
        return false;
    }

    *ms = pl_zone_instant(pl_zone_universal(), &civil);

    return true;
}


/*
 * Codes that somebody waits for know no quiet hours, and answers do not; but
 * what a task or a timeout says is no answer, of whatever category it is.
 */

static bool
quiet_applies(const pl_flow_t *flow, const char *name)
{
    const Pl__FlowStep  *step = pl_flow_step(flow, name);

    return step != NULL && step->say != NULL
           && (!step->say->has_category
               || step->say->category
                  != PL__CATEGORY__CATEGORY_AUTHENTICATION);
}


static void
quiet_expires(quiet_t *q, const char *name)
{
    size_t               i;
    char                 path[PL_ERR_PATH_MAX];
    int64_t              ms;
    pl_flow_mistakes_t  *mistakes = q->check.mistakes;

    if (!quiet_applies(q->check.flow, name)
        || pl_flow_step(q->check.flow, name)->say->expires == NULL
        || !pl_flow_duration(pl_flow_step(q->check.flow, name)->say->expires,
                             &ms)
        || ms > q->longest_ms)
    {
        return;
    }

    (void) pl_flow_path(path, "steps", ".%s.say.expires", name);

    for (i = 0; i < mistakes->n; i++) {
        if (strcmp(mistakes->rows[i].err.path, path) == 0) {
            return;             /* several lead there */
        }
    }

    pl_flow_mistake(&q->check, FLOW_WARNING, path, 0,
                    "quiet hours can last longer: it expires before they "
                    "end");
}
