/*
 * See cover.h. A way is known by its kind, its flow and step, and its number
 * or its name; one that has no row (a flow that was called and is not given)
 * is not counted.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cover.h"

#define COVER_ROWS_FIRST  256

static void cover_flow(plctl_cover_t *cover, const Pl__FlowFile *file);
static void cover_step(plctl_cover_t *cover, const Pl__FlowFile *file,
    const Pl__FlowStep *step);
static void cover_on(plctl_cover_t *cover, const Pl__FlowFile *file,
    const Pl__FlowStep *step);
static void cover_tasks(plctl_cover_t *cover, const Pl__FlowFile *file);
static void cover_handover(plctl_cover_t *cover, const Pl__FlowFile *file);
static void cover_add(plctl_cover_t *cover, const pl_way_t *way,
    const char *edge, const char *to);
static const char *cover_numbered(plctl_cover_t *cover, const char *what,
    size_t i);
static const char *cover_named(plctl_cover_t *cover, const char *what,
    const char *name);
static const char *cover_called(plctl_cover_t *cover,
    const Pl__FlowCall *call);
static void cover_way(void *data, const pl_way_t *way);
static plctl_cover_row_t *cover_find(const plctl_cover_t *cover,
    const pl_way_t *way);
static bool cover_same(const char *a, const char *b);


int
plctl_cover_begin(plctl_t *ctl, plctl_cover_t *cover, plctl_stage_t *stage)
{
    size_t  i;

    memset(cover, 0, sizeof(*cover));
    cover->ar = ctl->ar;
    cover->watch.way = cover_way;
    cover->watch.data = cover;

    for (i = 0; i < stage->n_flows; i++) {
        cover_flow(cover, pl_flow_file(stage->compiled[i]));
    }

    if (cover->full) {
        plctl_note(ctl, "out of memory");
        return PLCTL_EXIT_FAILED;
    }

    stage->world.watch = &cover->watch;

    return PLCTL_EXIT_OK;
}


void
plctl_cover_print(plctl_t *ctl, const plctl_cover_t *cover, bool comment)
{
    size_t                    i;
    pl_err_t                  err = { 0 };
    Pl__Ctl__CoverRow         row;
    const plctl_cover_row_t  *r;

    for (i = 0; i < cover->n; i++) {
        r = &cover->rows[i];

        if (ctl->json) {
            pl__ctl__cover_row__init(&row);
            row.flow = (char *) r->way.flow;
            row.step = (char *) r->way.step;
            row.edge = (char *) r->edge;
            row.to = (char *) r->to;
            row.taken = r->taken;

            if (plctl_json(ctl, &row.base, &err) != PL_OK) {
                (void) plctl_fail(ctl, &err);
                return;
            }

            continue;
        }

        fprintf(ctl->out, "%s%" PRIu64 "\t%s\t%s\t%s\t%s\n",
                comment ? "# " : "", r->taken, r->way.flow,
                r->way.step != NULL ? r->way.step : "-",
                r->edge != NULL ? r->edge : "-",
                r->to != NULL ? r->to : "-");
    }
}


static void
cover_flow(plctl_cover_t *cover, const Pl__FlowFile *file)
{
    size_t     i;
    pl_way_t   way;

    memset(&way, 0, sizeof(way));
    way.flow = file->flow;
    way.kind = PL_WAY_TRIGGER;

    for (i = 0; i < file->n_triggers; i++) {
        way.index = i;
        cover_add(cover, &way, cover_numbered(cover, "triggers", i),
                  file->triggers[i]->step);
    }

    if (file->default_ != NULL) {
        way.kind = PL_WAY_DEFAULT;
        way.index = 0;
        cover_add(cover, &way, "default", file->default_);
    }

    cover_handover(cover, file);
    cover_tasks(cover, file);

    for (i = 0; i < file->n_steps; i++) {
        cover_step(cover, file, file->steps[i]);
    }
}


static void
cover_step(plctl_cover_t *cover, const Pl__FlowFile *file,
    const Pl__FlowStep *step)
{
    size_t                  i;
    pl_way_t                way;
    const Pl__FlowBranch   *branch;

    memset(&way, 0, sizeof(way));
    way.flow = file->flow;
    way.step = step->name;
    way.kind = PL_WAY_STEP;
    cover_add(cover, &way, NULL, NULL);

    way.kind = PL_WAY_BRANCH;

    for (i = 0; i < step->n_branch; i++) {
        branch = step->branch[i];
        way.index = i;
        cover_add(cover, &way, cover_numbered(cover, "branch", i),
                  branch->call != NULL ? cover_called(cover, branch->call)
                                       : branch->step);
    }

    way.kind = PL_WAY_TIMEOUT;

    for (i = 0; i < step->n_timeouts; i++) {
        way.index = i;
        cover_add(cover, &way, cover_numbered(cover, "timeouts", i),
                  step->timeouts[i]->step);
    }

    way.index = 0;

    if (step->ask != NULL) {
        way.kind = PL_WAY_UNCLEAR;
        cover_add(cover, &way, "unclear", NULL);
    }

    cover_on(cover, file, step);
}


/* What there is behind all branches; where one always holds it is never. */

static void
cover_on(plctl_cover_t *cover, const Pl__FlowFile *file,
    const Pl__FlowStep *step)
{
    pl_way_t  way;

    memset(&way, 0, sizeof(way));
    way.flow = file->flow;
    way.step = step->name;

    if (step->call != NULL) {
        way.kind = PL_WAY_CALL;
        cover_add(cover, &way, "call", cover_called(cover, step->call));
    }

    if (step->next != NULL) {
        way.kind = PL_WAY_NEXT;
        cover_add(cover, &way, "next", step->next);

    } else if (step->has_end && step->end) {
        way.kind = PL_WAY_END;
        cover_add(cover, &way, "end", NULL);

    } else if (step->has_back && step->back) {
        way.kind = PL_WAY_BACK;
        cover_add(cover, &way, "back", NULL);

    } else if (step->handover == NULL && step->n_branch == 0
               && step->call == NULL)
    {
        way.kind = PL_WAY_OVER;
        cover_add(cover, &way, "over", NULL);
    }
}


/* A task by its name and the step that it runs, from wherever it is armed. */

static void
cover_tasks(plctl_cover_t *cover, const Pl__FlowFile *file)
{
    size_t                   i, k;
    pl_way_t                 way;
    const Pl__FlowSchedule  *schedule;

    memset(&way, 0, sizeof(way));
    way.flow = file->flow;
    way.kind = PL_WAY_TASK;

    for (i = 0; i < file->n_steps; i++) {
        for (k = 0; k < file->steps[i]->n_schedule; k++) {
            schedule = file->steps[i]->schedule[k];
            way.name = schedule->task;
            way.to = schedule->step;

            if (cover_find(cover, &way) == NULL) {
                cover_add(cover, &way,
                          cover_named(cover, "task", schedule->task),
                          schedule->step);
            }
        }
    }
}


static void
cover_handover(plctl_cover_t *cover, const Pl__FlowFile *file)
{
    size_t                    i;
    pl_way_t                  way;
    const Pl__FlowTakeover   *over;

    memset(&way, 0, sizeof(way));
    way.flow = file->flow;
    way.kind = PL_WAY_HANDOVER;

    over = file->handover;
    if (over == NULL) {
        return;
    }

    if (over->n_words != 0) {
        way.name = "asked";
        cover_add(cover, &way, "handover[asked]", over->step);
    }

    for (i = 0; i < over->n_topics; i++) {
        way.name = over->topics[i]->name;
        cover_add(cover, &way, cover_named(cover, "handover", way.name),
                  over->topics[i]->step != NULL ? over->topics[i]->step
                                                : over->step);
    }

    way.name = "misunderstood";
    cover_add(cover, &way, "handover[misunderstood]",
              over->misunderstood != NULL ? over->misunderstood
                                          : over->step);
}


static void
cover_add(plctl_cover_t *cover, const pl_way_t *way, const char *edge,
    const char *to)
{
    size_t              room;
    plctl_cover_row_t  *grown;

    if (cover->n == cover->room) {
        room = cover->room == 0 ? COVER_ROWS_FIRST : cover->room * 2;

        grown = pl_arena_alloc(cover->ar, room * sizeof(*grown));
        if (grown == NULL) {
            cover->full = true;
            return;
        }

        if (cover->n != 0) {
            memcpy(grown, cover->rows, cover->n * sizeof(*grown));
        }

        cover->rows = grown;
        cover->room = room;
    }

    cover->rows[cover->n].way = *way;
    cover->rows[cover->n].edge = edge;
    cover->rows[cover->n].to = to;
    cover->rows[cover->n++].taken = 0;
}


static const char *
cover_numbered(plctl_cover_t *cover, const char *what, size_t i)
{
    const char  *text;

    text = pl_arena_printf(cover->ar, "%s[%zu]", what, i);
    cover->full |= text == NULL;

    return text;
}


static const char *
cover_named(plctl_cover_t *cover, const char *what, const char *name)
{
    const char  *text;

    text = pl_arena_printf(cover->ar, "%s[%s]", what, name);
    cover->full |= text == NULL;

    return text;
}


static const char *
cover_called(plctl_cover_t *cover, const Pl__FlowCall *call)
{
    const char  *text;

    text = call->step == NULL
           ? call->flow
           : pl_arena_printf(cover->ar, "%s/%s", call->flow, call->step);
    cover->full |= text == NULL;

    return text;
}


static void
cover_way(void *data, const pl_way_t *way)
{
    plctl_cover_row_t  *row;

    row = cover_find(data, way);

    if (row != NULL) {
        row->taken++;
    }
}


static plctl_cover_row_t *
cover_find(const plctl_cover_t *cover, const pl_way_t *way)
{
    size_t               i;
    plctl_cover_row_t   *row;

    for (i = 0; i < cover->n; i++) {
        row = &cover->rows[i];

        if (row->way.kind == way->kind && row->way.index == way->index
            && cover_same(row->way.flow, way->flow)
            && cover_same(row->way.step, way->step)
            && cover_same(row->way.name, way->name)
            && (way->kind != PL_WAY_TASK || cover_same(row->to, way->to)))
        {
            return row;
        }
    }

    return NULL;
}


static bool
cover_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}
