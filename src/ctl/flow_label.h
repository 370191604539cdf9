/*
 * An edge of a flow in a few words, for drawings: "yes | 2 more", "after
 * 30m", "status is qualified".
 */

#ifndef PLCTL_FLOW_LABEL_H_INCLUDED
#define PLCTL_FLOW_LABEL_H_INCLUDED

#include "../engine/flow_graph.h"

#define PLCTL_LABEL_MAX  160            /* bytes, with the NUL */

/* Cut to fit, on a character's edge. */
void plctl_flow_label(const pl_flow_t *flow, const pl_flow_edge_t *edge,
    char label[PLCTL_LABEL_MAX]);

#endif /* PLCTL_FLOW_LABEL_H_INCLUDED */
