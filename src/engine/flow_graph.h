/*
 * A flow as a graph: its steps, and what leads from one to another. What
 * the compiler looks for unreachable steps and loops in, and what diagrams
 * are drawn of. Pure; any thread.
 */

#ifndef PL_FLOW_GRAPH_H_INCLUDED
#define PL_FLOW_GRAPH_H_INCLUDED

#include "flow.h"

typedef enum {
    PL_FLOW_EDGE_TRIGGER = 0,   /* from outside: index is the trigger's */
    PL_FLOW_EDGE_DEFAULT,
    PL_FLOW_EDGE_START,
    PL_FLOW_EDGE_ENTRY,
    PL_FLOW_EDGE_MIGRATE,
    PL_FLOW_EDGE_HANDOVER,      /* index 0: the file's, 1: its
                                   misunderstood, then its topics' */
    PL_FLOW_EDGE_NEXT,          /* from a step */
    PL_FLOW_EDGE_BRANCH,        /* index is the branch's, and so on */
    PL_FLOW_EDGE_TIMEOUT,
    PL_FLOW_EDGE_SCHEDULE,
    PL_FLOW_EDGE_CALL,          /* the step's own */
    PL_FLOW_EDGE_BRANCH_CALL
} pl_flow_edge_e;

typedef struct {
    pl_flow_edge_e       kind;
    const Pl__FlowStep  *from;  /* NULL: from outside */
    const char          *to;    /* a step; NULL: the other flow's start */
    const char          *flow;  /* another flow; NULL: this one */
    size_t               index;
} pl_flow_edge_t;

typedef void (*pl_flow_edge_pt)(const pl_flow_edge_t *edge, void *data);

/* Calls for each edge, in the file's order: those from outside first. */
void pl_flow_graph_walk(const pl_flow_t *flow, pl_flow_edge_pt call,
    void *data);

#endif /* PL_FLOW_GRAPH_H_INCLUDED */
