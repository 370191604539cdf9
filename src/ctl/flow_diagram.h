/*
 * A flow as a drawing, for Mermaid and Graphviz. The same flow gives the
 * same bytes: nodes and edges stand in the file's order.
 */

#ifndef PLCTL_FLOW_DIAGRAM_H_INCLUDED
#define PLCTL_FLOW_DIAGRAM_H_INCLUDED

#include <stdio.h>

#include "../engine/flow.h"

typedef enum {
    PLCTL_DIAGRAM_MERMAID = 0,
    PLCTL_DIAGRAM_DOT
} plctl_diagram_e;

/* NULL: mermaid. False: no such format. */
bool plctl_flow_format(const char *name, plctl_diagram_e *format);

/* A step's words are cut; nothing that it says leaves the quotes. */
void plctl_flow_diagram(FILE *out, const pl_flow_t *flow,
    plctl_diagram_e format);

#endif /* PLCTL_FLOW_DIAGRAM_H_INCLUDED */
