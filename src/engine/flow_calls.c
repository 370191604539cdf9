/*
 * Calls of other flows, held against those flows: one that is not there
 * would hand the conversation over as broken when it is called.
 */

#include <string.h>

#include "flow_graph.h"
#include "flow_impl.h"

typedef struct {
    flow_check_t             check;
    const pl_flow_t *const  *flows;
    size_t                   n;
    bool                     all;
} calls_t;

static void calls_edge(const pl_flow_edge_t *edge, void *data);
static const pl_flow_t *calls_find(const calls_t *calls, const char *name);


pl_status_t
pl_flow_check_calls(const pl_flow_t *flow, const pl_flow_t *const *flows,
    size_t n, bool all, pl_flow_mistakes_t *mistakes)
{
    size_t   before = mistakes->errors;
    calls_t  calls;

    memset(&calls, 0, sizeof(calls));
    calls.check.flow = (pl_flow_t *) flow;      /* nothing is compiled */
    calls.check.mistakes = mistakes;
    calls.flows = flows;
    calls.n = n;
    calls.all = all;

    pl_flow_graph_walk(flow, calls_edge, &calls);

    return mistakes->errors != before ? PL_INVALID : PL_OK;
}


/* Those of its own the compiler has looked at. */

static void
calls_edge(const pl_flow_edge_t *edge, void *data)
{
    char              path[PL_ERR_PATH_MAX], at[PL_ERR_PATH_MAX];
    calls_t          *calls = data;
    const pl_flow_t  *other;

    if (edge->flow == NULL) {
        return;
    }

    (void) pl_flow_path(path, "steps", ".%s", edge->from->name);

    if (edge->kind == PL_FLOW_EDGE_BRANCH_CALL) {
        (void) pl_flow_path(path, path, ".branch[%zu]", edge->index);
    }

    (void) pl_flow_path(path, path, ".call");
    other = calls_find(calls, edge->flow);

    if (other == NULL) {
        pl_flow_mistake(&calls->check,
                        calls->all ? FLOW_ERROR : FLOW_WARNING,
                        pl_flow_path(at, path, ".flow"), 0,
                        calls->all ? "there is no flow \"%s\""
                        : "flow \"%s\" is in none of these files",
                        edge->flow);

    } else if (edge->to != NULL && pl_flow_step(other, edge->to) == NULL) {
        pl_flow_mistake(&calls->check, FLOW_ERROR,
                        pl_flow_path(at, path, ".step"), 0,
                        "flow \"%s\" has no step \"%s\"", edge->flow,
                        edge->to);

    } else if (edge->to == NULL && pl_flow_start(other) == NULL) {
        pl_flow_mistake(&calls->check, FLOW_ERROR, path, 0,
                        "flow \"%s\" has no start: name a step", edge->flow);
    }
}


static const pl_flow_t *
calls_find(const calls_t *calls, const char *name)
{
    size_t  i;

    for (i = 0; i < calls->n; i++) {
        if (strcmp(pl_flow_name(calls->flows[i]), name) == 0) {
            return calls->flows[i];
        }
    }

    return NULL;
}
