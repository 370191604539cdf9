/*
 * Flows: a JSON file that says what to answer. Compiled once per settings
 * generation, immutable then; run inside apply.
 */

#ifndef PL_FLOW_H_INCLUDED
#define PL_FLOW_H_INCLUDED

#include "../core/arena.h"
#include "../core/json.h"
#include "../core/match.h"
#include "flow.pb-c.h"
#include "record.pb-c.h"

typedef struct pl_flow_s  pl_flow_t;

/*
 * Compiles a flow file. PL_INVALID, PL_TOOBIG with line and column: unknown
 * keys, missing targets, steps that nothing reaches, patterns that PCRE2
 * refuses, placeholders that are not closed. What `nginx -t` and the fold
 * call alike. The flow owns its memory.
 */
pl_status_t pl_flow_compile(pl_flow_t **flow, const pl_codec_t *codec,
    pl_str_t json, pl_err_t *err);
void pl_flow_destroy(pl_flow_t *flow);          /* NULL is fine */

const char *pl_flow_name(const pl_flow_t *flow);

/* What a flow may look at when it is asked for an answer. */
typedef struct {
    pl_str_t                  text;     /* what the person said: text, or
                                           title of a tapped choice */
    const char               *name;     /* contact's, or NULL */
    pl_match_state_t         *match;
} pl_flow_in_t;

typedef struct {
    const char               *step;
    uint32_t                  after_s;  /* 0: now */
    Pl__Variable            **variables;    /* of the pattern's groups */
    size_t                    n_variables;
} pl_flow_out_t;

/*
 * Which step answers this? False: none. Variables are in the arena.
 */
bool pl_flow_trigger(const pl_flow_t *flow, const pl_flow_in_t *in,
    pl_arena_t *ar, pl_flow_out_t *out);

/*
 * The text that a step says, placeholders filled once (what they bring in is
 * never expanded again), cut at PL_TEXT_MAX on a character's edge. NULL when
 * there is no such step.
 */
const char *pl_flow_say(const pl_flow_t *flow, const char *step,
    const char *name, Pl__Variable *const *variables, size_t n_variables,
    pl_arena_t *ar);

/* Rows of rules of the flow file's shapes. */
extern const pl_rules_t  pl_flow_rules;

#endif /* PL_FLOW_H_INCLUDED */
