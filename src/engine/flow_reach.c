/*
 * What the graph of a flow says about it: steps that nothing leads to, ways
 * back from where nobody waits, and loops that never wait, in which a bot
 * would talk to itself until a limit stops it.
 */

#include <stdio.h>
#include <string.h>

#include "flow_graph.h"
#include "flow_impl.h"

#define REACH_TEXT_MAX  160             /* bytes of a loop's steps */

typedef enum {
    REACH_WHITE = 0,
    REACH_GREY,                 /* on the way that is looked at */
    REACH_BLACK
} reach_colour_e;

/* A step, while the graph is looked at. */
typedef struct {
    bool              reached;
    bool              later;    /* behind a step that waits, or by a timeout
                                   or a task of one */
    bool              triggered;    /* by a trigger: something may wait */
    reach_colour_e    colour;
    size_t            before;   /* on the way */
} reach_node_t;

typedef struct {
    size_t            from;     /* n_steps: from outside */
    size_t            to;
    pl_flow_edge_e    kind;
    bool              at_once;  /* nobody is waited for on the way */
} reach_edge_t;

typedef struct {
    flow_check_t     *check;
    reach_node_t     *nodes;
    reach_edge_t     *edges;
    size_t            n_edges;
    size_t            max_edges;
    bool              counting;
    bool              waits;    /* a step does */
    bool              broken;   /* an edge leads nowhere: told elsewhere */
} reach_t;

static void reach_edge(const pl_flow_edge_t *edge, void *data);
static size_t reach_index(const pl_flow_t *flow, const char *name);
static void reach_spread(reach_t *r);
static bool reach_pass(reach_t *r, const reach_edge_t *edge);
static void reach_report(reach_t *r);
static void reach_back(reach_t *r, size_t i);
static void reach_visit(reach_t *r, size_t i);
static bool reach_at_once(const pl_flow_edge_t *edge);
static bool reach_due(const Pl__FlowSchedule *row);
static bool reach_nothing(const char *duration);
static void reach_loop(reach_t *r, size_t from, size_t to);


void
pl_flow_reach_check(flow_check_t *check)
{
    size_t      i;
    reach_t     r;
    pl_flow_t  *flow = check->flow;

    memset(&r, 0, sizeof(r));
    r.check = check;
    r.counting = true;
    pl_flow_graph_walk(flow, reach_edge, &r);

    r.counting = false;
    r.max_edges = r.n_edges;
    r.n_edges = 0;
    r.nodes = pl_flow_room(check, flow->n_steps, sizeof(*r.nodes));
    r.edges = pl_flow_room(check, r.max_edges, sizeof(*r.edges));

    if (r.nodes == NULL || r.edges == NULL) {
        return;
    }

    pl_flow_graph_walk(flow, reach_edge, &r);
    reach_spread(&r);

    if (!r.broken) {
        reach_report(&r);
    }

    for (i = 0; i < flow->n_steps; i++) {
        if (r.nodes[i].colour == REACH_WHITE) {
            r.nodes[i].before = flow->n_steps;
            reach_visit(&r, i);
        }
    }
}


static void
reach_edge(const pl_flow_edge_t *edge, void *data)
{
    size_t         to;
    reach_t       *r = data;
    pl_flow_t     *flow = r->check->flow;

    if (edge->flow != NULL) {
        return;
    }

    if (r->counting) {
        r->n_edges++;
        return;
    }

    to = edge->to == NULL ? flow->n_steps : reach_index(flow, edge->to);

    if (to == flow->n_steps) {
        r->broken = true;
        return;
    }

    r->edges[r->n_edges].from = edge->from == NULL ? flow->n_steps
                                : reach_index(flow, edge->from->name);
    r->edges[r->n_edges].to = to;
    r->edges[r->n_edges].kind = edge->kind;
    r->edges[r->n_edges].at_once = edge->from != NULL && reach_at_once(edge);
    r->n_edges++;
}


/* n_steps: there is no such step. */

static size_t
reach_index(const pl_flow_t *flow, const char *name)
{
    size_t  low = 0, high = flow->n_steps, middle;
    int     order;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strcmp(name, flow->by_name[middle]->name);

        if (order == 0) {
            return middle;
        }

        if (order < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return flow->n_steps;
}


static void
reach_spread(reach_t *r)
{
    bool    more;
    size_t  i;

    do {
        more = false;

        for (i = 0; i < r->n_edges; i++) {
            more |= reach_pass(r, &r->edges[i]);
        }

    } while (more);
}


/* Says whether the edge's end has learned something. */

static bool
reach_pass(reach_t *r, const reach_edge_t *edge)
{
    bool                 outside = edge->from == r->check->flow->n_steps;
    reach_node_t         was, *to = &r->nodes[edge->to];
    const pl_flow_t     *flow = r->check->flow;
    const reach_node_t  *from = outside ? NULL : &r->nodes[edge->from];

    if (!outside && !from->reached) {
        return false;
    }

    was = *to;
    to->reached = true;
    to->later |= edge->kind == PL_FLOW_EDGE_TIMEOUT
                 || edge->kind == PL_FLOW_EDGE_SCHEDULE
                 || edge->kind == PL_FLOW_EDGE_HANDOVER
                 || (!outside
                     && (from->later
                         || pl_flow_waits(flow->by_name[edge->from])));
    to->triggered |= edge->kind == PL_FLOW_EDGE_TRIGGER
                     || (!outside && from->triggered);

    return was.reached != to->reached || was.later != to->later
           || was.triggered != to->triggered;
}


static void
reach_report(reach_t *r)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i;
    const pl_flow_t     *flow = r->check->flow;

    for (i = 0; i < flow->n_steps; i++) {
        r->waits |= pl_flow_waits(flow->by_name[i]);
    }

    for (i = 0; i < flow->n_steps; i++) {
        if (!r->nodes[i].reached) {
            pl_flow_mistake(r->check, FLOW_ERROR,
                            pl_flow_path(path, "steps", ".%s",
                                         flow->by_name[i]->name), 0,
                            "nothing leads to this step");
            continue;
        }

        reach_back(r, i);
    }
}


/*
 * Somewhere before a way back a step has to wait: on the way here, or while
 * a timeout, a task or a trigger leads here.
 */

static void
reach_back(reach_t *r, size_t i)
{
    char                 path[PL_ERR_PATH_MAX];
    const reach_node_t  *node = &r->nodes[i];
    const Pl__FlowStep  *step = r->check->flow->by_name[i];

    if (!step->back || node->later || (node->triggered && r->waits)) {
        return;
    }

    pl_flow_mistake(r->check, node->triggered ? FLOW_WARNING : FLOW_ERROR,
                    pl_flow_path(path, "steps", ".%s.back", step->name), 0,
                    "no step waits before: there is nothing to go back to");
}


static void
reach_visit(reach_t *r, size_t i)
{
    size_t               k;
    const reach_edge_t  *edge;

    r->nodes[i].colour = REACH_GREY;

    for (k = 0; k < r->n_edges; k++) {
        edge = &r->edges[k];

        if (edge->from != i || !edge->at_once) {
            continue;
        }

        if (r->nodes[edge->to].colour == REACH_GREY) {
            reach_loop(r, i, edge->to);

        } else if (r->nodes[edge->to].colour == REACH_WHITE) {
            r->nodes[edge->to].before = i;
            reach_visit(r, edge->to);
        }
    }

    r->nodes[i].colour = REACH_BLACK;
}


/*
 * Does the step lead on by this edge without waiting for anybody? What
 * another flow does before it comes back is not known here. A task or a
 * timeout leads on beside a question: whether it waits does not matter.
 */

static bool
reach_at_once(const pl_flow_edge_t *edge)
{
    const Pl__FlowStep  *step = edge->from;
    bool                 waits = pl_flow_waits(step);

    switch (edge->kind) {

    case PL_FLOW_EDGE_CALL:
    case PL_FLOW_EDGE_BRANCH_CALL:
        return !waits;

    case PL_FLOW_EDGE_NEXT:
    case PL_FLOW_EDGE_BRANCH:
        return !waits && step->call == NULL;

    case PL_FLOW_EDGE_TIMEOUT:
        return reach_nothing(step->timeouts[edge->index]->after);

    case PL_FLOW_EDGE_SCHEDULE:
        return reach_due(step->schedule[edge->index]);

    default:
        return false;
    }
}


/* A date that is over is due at once, and again, where it may run late. */

static bool
reach_due(const Pl__FlowSchedule *row)
{
    return row->at != NULL ? row->has_run_late && row->run_late
                           : row->after != NULL && reach_nothing(row->after);
}


static bool
reach_nothing(const char *duration)
{
    int64_t  ms;

    return pl_flow_duration(duration, &ms) && ms <= 0;
}


static void
reach_loop(reach_t *r, size_t from, size_t to)
{
    char              path[PL_ERR_PATH_MAX], text[REACH_TEXT_MAX];
    size_t            i, len, room;
    const pl_flow_t  *flow = r->check->flow;
    const char       *name;

    /* from its end: what is written stands before what was */

    (void) snprintf(text, sizeof(text), "%s", flow->by_name[to]->name);

    for (i = from; ; i = r->nodes[i].before) {
        name = flow->by_name[i]->name;
        len = strlen(name) + sizeof(" -> ") - 1;
        room = sizeof(text) - strlen(text) - 1;

        if (len > room) {
            break;
        }

        memmove(text + len, text, strlen(text) + 1);
        memcpy(text, name, len - 4);
        memcpy(text + len - 4, " -> ", 4);

        if (i == to) {
            break;
        }
    }

    pl_flow_mistake(r->check, FLOW_UNFIT,
                    pl_flow_path(path, "steps", ".%s",
                                 flow->by_name[to]->name), 0,
                    "a loop that never waits: %s", text);
}
