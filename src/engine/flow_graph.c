/*
 * See flow_graph.h.
 */

#include <string.h>

#include "flow_graph.h"

/* A walk under way. */
typedef struct {
    const pl_flow_t  *flow;
    pl_flow_edge_pt   call;
    void             *data;
} graph_t;

static void graph_outside(const graph_t *g);
static void graph_handover(const graph_t *g, const Pl__FlowTakeover *row);
static void graph_step(const graph_t *g, const Pl__FlowStep *step);
static void graph_branch(const graph_t *g, const Pl__FlowStep *step,
    size_t i);
static void graph_call(const graph_t *g, const Pl__FlowStep *step,
    const Pl__FlowCall *call, pl_flow_edge_e kind, size_t i);
static void graph_edge(const graph_t *g, pl_flow_edge_e kind,
    const Pl__FlowStep *from, const char *to, size_t index);


void
pl_flow_graph_walk(const pl_flow_t *flow, pl_flow_edge_pt call, void *data)
{
    size_t               i;
    const graph_t        g = { flow, call, data };
    const Pl__FlowFile  *file = pl_flow_file(flow);

    graph_outside(&g);

    for (i = 0; i < file->n_steps; i++) {
        graph_step(&g, file->steps[i]);
    }
}


static void
graph_outside(const graph_t *g)
{
    size_t               i;
    const Pl__FlowFile  *file = pl_flow_file(g->flow);

    for (i = 0; i < file->n_triggers; i++) {
        graph_edge(g, PL_FLOW_EDGE_TRIGGER, NULL, file->triggers[i]->step, i);
    }

    graph_edge(g, PL_FLOW_EDGE_DEFAULT, NULL, file->default_, 0);
    graph_edge(g, PL_FLOW_EDGE_START, NULL, file->start, 0);

    for (i = 0; i < file->n_entries; i++) {
        graph_edge(g, PL_FLOW_EDGE_ENTRY, NULL, file->entries[i], i);
    }

    if (file->handover != NULL) {
        graph_handover(g, file->handover);
    }

    for (i = 0; file->migrate != NULL && i < file->migrate->n_steps; i++) {
        graph_edge(g, PL_FLOW_EDGE_MIGRATE, NULL,
                   file->migrate->steps[i]->value, i);
    }
}


/* Topics behind the file's own and that of misunderstandings. */

static void
graph_handover(const graph_t *g, const Pl__FlowTakeover *row)
{
    size_t  i;

    graph_edge(g, PL_FLOW_EDGE_HANDOVER, NULL, row->step, 0);
    graph_edge(g, PL_FLOW_EDGE_HANDOVER, NULL, row->misunderstood, 1);

    for (i = 0; i < row->n_topics; i++) {
        graph_edge(g, PL_FLOW_EDGE_HANDOVER, NULL, row->topics[i]->step,
                   i + 2);
    }
}


static void
graph_step(const graph_t *g, const Pl__FlowStep *step)
{
    size_t  i;

    for (i = 0; i < step->n_schedule; i++) {
        graph_edge(g, PL_FLOW_EDGE_SCHEDULE, step, step->schedule[i]->step,
                   i);
    }

    for (i = 0; i < step->n_timeouts; i++) {
        graph_edge(g, PL_FLOW_EDGE_TIMEOUT, step, step->timeouts[i]->step, i);
    }

    for (i = 0; i < step->n_branch; i++) {
        graph_branch(g, step, i);
    }

    if (step->call != NULL) {
        graph_call(g, step, step->call, PL_FLOW_EDGE_CALL, 0);
    }

    graph_edge(g, PL_FLOW_EDGE_NEXT, step, step->next, 0);
}


static void
graph_branch(const graph_t *g, const Pl__FlowStep *step, size_t i)
{
    graph_edge(g, PL_FLOW_EDGE_BRANCH, step, step->branch[i]->step, i);

    if (step->branch[i]->call != NULL) {
        graph_call(g, step, step->branch[i]->call, PL_FLOW_EDGE_BRANCH_CALL,
                   i);
    }
}


static void
graph_call(const graph_t *g, const Pl__FlowStep *step,
    const Pl__FlowCall *call, pl_flow_edge_e kind, size_t i)
{
    pl_flow_edge_t       edge = { kind, step, call->step, call->flow, i };
    const Pl__FlowStep  *start;

    if (strcmp(call->flow, pl_flow_name(g->flow)) == 0) {
        edge.flow = NULL;

        if (edge.to == NULL) {
            start = pl_flow_start(g->flow);
            edge.to = start == NULL ? NULL : start->name;
        }
    }

    g->call(&edge, g->data);
}


/* to NULL: there is no such edge. */

static void
graph_edge(const graph_t *g, pl_flow_edge_e kind, const Pl__FlowStep *from,
    const char *to, size_t index)
{
    const pl_flow_edge_t  edge = { kind, from, to, NULL, index };

    if (to != NULL) {
        g->call(&edge, g->data);
    }
}
