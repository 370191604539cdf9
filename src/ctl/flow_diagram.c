/*
 * See flow_diagram.h. Names of nodes are numbers: a step may be called
 * "end", which is a word of Mermaid's. What people wrote stands between
 * quotes, with what would end them written as the language wants it.
 */

#include <string.h>

#include "../engine/flow_graph.h"
#include "flow_diagram.h"
#include "flow_label.h"

#define DIAGRAM_SAY_MAX   48            /* characters of what is said */

/* A drawing under way. */
typedef struct {
    FILE                *out;
    const pl_flow_t     *flow;
    plctl_diagram_e      format;
    unsigned             outside;       /* nodes that stand for causes */
} diagram_t;

static void diagram_step(const diagram_t *d, size_t i);
static void diagram_edge(const pl_flow_edge_t *edge, void *data);
static void diagram_from(diagram_t *d, const pl_flow_edge_t *edge,
    char node[32]);
static void diagram_cause(diagram_t *d, const char *node,
    const char *label);
static bool diagram_later(pl_flow_edge_e kind);
static size_t diagram_index(const pl_flow_t *flow, const char *name);
static void diagram_quoted(const diagram_t *d, const char *text);
static void diagram_say(const diagram_t *d, const char *text);
static void diagram_char(const diagram_t *d, char c);


bool
plctl_flow_format(const char *name, plctl_diagram_e *format)
{
    if (name == NULL || strcmp(name, "mermaid") == 0) {
        *format = PLCTL_DIAGRAM_MERMAID;
        return true;
    }

    *format = PLCTL_DIAGRAM_DOT;

    return strcmp(name, "dot") == 0;
}


void
plctl_flow_diagram(FILE *out, const pl_flow_t *flow, plctl_diagram_e format)
{
    size_t     i;
    diagram_t  d = { out, flow, format, 0 };

    if (format == PLCTL_DIAGRAM_DOT) {
        fprintf(out, "digraph \"");
        diagram_quoted(&d, pl_flow_name(flow));
        fprintf(out, "\" {\n    node [shape=box, style=rounded];\n");

    } else {
        fprintf(out, "flowchart TD\n");
    }

    for (i = 0; i < pl_flow_file(flow)->n_steps; i++) {
        diagram_step(&d, i);
    }

    pl_flow_graph_walk(flow, diagram_edge, &d);

    if (format == PLCTL_DIAGRAM_DOT) {
        fprintf(out, "}\n");
    }
}


/* Steps that wait for an answer look another way. */

static void
diagram_step(const diagram_t *d, size_t i)
{
    bool                 waits;
    const char          *text = NULL;
    const Pl__FlowStep  *step = pl_flow_file(d->flow)->steps[i];

    waits = step->ask != NULL || step->wait;

    if (step->say != NULL) {
        text = step->say->text != NULL ? step->say->text
               : step->say->template_ != NULL ? step->say->template_->name
               : step->say->media != NULL ? step->say->media->type : NULL;
    }

    if (d->format == PLCTL_DIAGRAM_DOT) {
        fprintf(d->out, "    s%zu [%slabel=\"", i,
                waits ? "shape=hexagon, " : "");

    } else {
        fprintf(d->out, "    s%zu%s\"", i, waits ? "{{" : "[");
    }

    diagram_quoted(d, step->name);

    if (text != NULL) {
        fprintf(d->out, d->format == PLCTL_DIAGRAM_DOT ? "\\n" : "<br/>");
        diagram_say(d, text);
    }

    fprintf(d->out, "%s", d->format == PLCTL_DIAGRAM_DOT ? "\"];\n"
                          : waits ? "\"}}\n" : "\"]\n");
}


static void
diagram_edge(const pl_flow_edge_t *edge, void *data)
{
    char        label[PLCTL_LABEL_MAX], from[32], to[32];
    diagram_t  *d = data;

    diagram_from(d, edge, from);

    if (edge->flow != NULL) {
        (void) snprintf(to, sizeof(to), "f%u", d->outside++);
        (void) snprintf(label, sizeof(label), "flow %s%s%s", edge->flow,
                        edge->to != NULL ? ": " : "",
                        edge->to != NULL ? edge->to : "");
        diagram_cause(d, to, label);

    } else if (edge->to != NULL) {
        (void) snprintf(to, sizeof(to), "s%zu",
                        diagram_index(d->flow, edge->to));

    } else {
        return;
    }

    label[0] = '\0';

    if (edge->from != NULL) {
        plctl_flow_label(d->flow, edge, label);
    }

    if (d->format == PLCTL_DIAGRAM_DOT) {
        fprintf(d->out, "    %s -> %s [%slabel=\"", from, to,
                diagram_later(edge->kind) ? "style=dashed, " : "");
        diagram_quoted(d, label);
        fprintf(d->out, "\"];\n");
        return;
    }

    fprintf(d->out, "    %s %s", from,
            diagram_later(edge->kind) ? "-.->" : "-->");

    if (label[0] != '\0') {
        fprintf(d->out, "|\"");
        diagram_quoted(d, label);
        fprintf(d->out, "\"|");
    }

    fprintf(d->out, " %s\n", to);
}


/* What comes from outside has a node of its own, which says what it is. */

static void
diagram_from(diagram_t *d, const pl_flow_edge_t *edge, char node[32])
{
    char  label[PLCTL_LABEL_MAX];

    if (edge->from != NULL) {
        (void) snprintf(node, 32, "s%zu",
                        diagram_index(d->flow, edge->from->name));
        return;
    }

    (void) snprintf(node, 32, "f%u", d->outside++);
    plctl_flow_label(d->flow, edge, label);
    diagram_cause(d, node, label);
}


static void
diagram_cause(diagram_t *d, const char *node, const char *label)
{
    if (d->format == PLCTL_DIAGRAM_DOT) {
        fprintf(d->out, "    %s [shape=plain, label=\"", node);
        diagram_quoted(d, label);
        fprintf(d->out, "\"];\n");
        return;
    }

    fprintf(d->out, "    %s([\"", node);
    diagram_quoted(d, label);
    fprintf(d->out, "\"])\n");
}


static bool
diagram_later(pl_flow_edge_e kind)
{
    return kind == PL_FLOW_EDGE_TIMEOUT || kind == PL_FLOW_EDGE_SCHEDULE;
}


static size_t
diagram_index(const pl_flow_t *flow, const char *name)
{
    size_t               i;
    const Pl__FlowFile  *file = pl_flow_file(flow);

    for (i = 0; i < file->n_steps; i++) {
        if (strcmp(file->steps[i]->name, name) == 0) {
            break;
        }
    }

    return i;
}


static void
diagram_quoted(const diagram_t *d, const char *text)
{
    for ( /* void */ ; *text != '\0'; text++) {
        diagram_char(d, *text);
    }
}


/* Cut on a character's edge. */

static void
diagram_say(const diagram_t *d, const char *text)
{
    size_t  n;

    for (n = 0; *text != '\0'; text++) {
        if (((unsigned char) *text & 0xc0) != 0x80 && n++ == DIAGRAM_SAY_MAX)
        {
            fprintf(d->out, "…");
            break;
        }

        diagram_char(d, *text);
    }
}


/* Mermaid knows "#" and a code, and ";" ends it. */

static void
diagram_char(const diagram_t *d, char c)
{
    if ((unsigned char) c < ' ' || c == 0x7f) {
        c = ' ';
    }

    if (d->format == PLCTL_DIAGRAM_DOT) {
        fprintf(d->out, c == '"' || c == '\\' ? "\\%c" : "%c", c);

    } else if (strchr("\"#<>&;`|\\", c) != NULL) {
        fprintf(d->out, "#%d;", c);

    } else {
        fputc(c, d->out);
    }
}
