/*
 * Inside of flows: what flow.c compiles and flow_text.c fills.
 */

#ifndef PL_FLOW_IMPL_H_INCLUDED
#define PL_FLOW_IMPL_H_INCLUDED

#include "flow.h"

/* A piece of a text: plain, or a placeholder with its fallback. */
typedef struct {
    pl_str_t     text;          /* plain text, or the fallback */
    const char  *name;          /* of the variable; NULL: plain */
} flow_segment_t;

typedef struct {
    const Pl__FlowStep  *row;
    flow_segment_t      *segments;
    size_t               n_segments;
} flow_step_t;

typedef struct {
    pl_pattern_t        *pattern;
    const flow_step_t   *step;
} flow_trigger_t;

struct pl_flow_s {
    pl_arena_t          *ar;
    const Pl__FlowFile  *file;
    flow_step_t         *steps;
    size_t               n_steps;
    flow_trigger_t      *triggers;
    size_t               n_triggers;
    const flow_step_t   *fallback;
};

/* A compilation under way: where mistakes are reported. */
typedef struct {
    pl_flow_t           *flow;
    pl_str_t             json;
    pl_err_t            *err;
} flow_check_t;

/*
 * Reports a mistake at the JSON path: line and column are found in the
 * file's text. within: bytes into the string that stands there, from 1; 0
 * for the value's own place.
 */
pl_status_t pl_flow_mistake(flow_check_t *check, pl_status_t status,
    const char *path, unsigned within, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Splits a step's text at its placeholders. */
pl_status_t pl_flow_segments(flow_check_t *check, flow_step_t *step);

/* Fills them; see pl_flow_say. */
const char *pl_flow_text_fill(const flow_step_t *step, const char *name,
    Pl__Variable *const *variables, size_t n_variables, pl_arena_t *ar);

#endif /* PL_FLOW_IMPL_H_INCLUDED */
