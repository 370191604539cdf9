/*
 * Flows: compiling, triggers, texts. See flow.h.
 *
 * Keywords become one pattern for each trigger, so that they fold case as
 * patterns do and a trigger costs one match: the whole message, white space
 * and closing punctuation around it aside.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "flow.h"
#include "flow_impl.h"

#define FLOW_ARENA_BLOCK  8192
#define FLOW_ARENA_MAX    (16u * 1024 * 1024)

static pl_status_t flow_read(pl_flow_t *flow, const pl_codec_t *codec,
    pl_str_t json, pl_err_t *err);
static pl_status_t flow_steps(flow_check_t *check);
static pl_status_t flow_triggers(flow_check_t *check);
static pl_status_t flow_keywords(flow_check_t *check, size_t i);
static pl_status_t flow_pattern(flow_check_t *check, size_t i);
static pl_status_t flow_reached(flow_check_t *check);
static const flow_step_t *flow_step(const pl_flow_t *flow,
    const char *name);
static void flow_groups(const pl_pattern_t *pattern, pl_arena_t *ar,
    const pl_match_state_t *state, pl_flow_out_t *out);


pl_status_t
pl_flow_compile(pl_flow_t **out, const pl_codec_t *codec, pl_str_t json,
    pl_err_t *err)
{
    pl_flow_t     *flow;
    pl_status_t    rc;
    flow_check_t   check;

    flow = calloc(1, sizeof(*flow));
    if (flow == NULL) {
        return pl_err_set(err, PL_NOMEM, "flow", 0, "out of memory");
    }

    memset(&check, 0, sizeof(check));
    check.flow = flow;
    check.json = json;
    check.err = err;

    rc = flow_read(flow, codec, json, err);

    if (rc == PL_OK) {
        rc = flow_steps(&check);
    }

    if (rc == PL_OK) {
        rc = flow_triggers(&check);
    }

    if (rc == PL_OK) {
        rc = flow_reached(&check);
    }

    if (rc != PL_OK) {
        pl_flow_destroy(flow);
        return rc;
    }

    *out = flow;

    return PL_OK;
}


void
pl_flow_destroy(pl_flow_t *flow)
{
    size_t  i;

    if (flow == NULL) {
        return;
    }

    for (i = 0; i < flow->n_triggers; i++) {
        pl_pattern_destroy(flow->triggers[i].pattern);
    }

    pl_arena_destroy(flow->ar);
    free(flow);
}


const char *
pl_flow_name(const pl_flow_t *flow)
{
    return flow->file->flow;
}


bool
pl_flow_answer(const pl_flow_t *flow, const pl_flow_in_t *in,
    pl_arena_t *ar, pl_flow_out_t *out)
{
    size_t                 i;
    const flow_trigger_t  *t;

    memset(out, 0, sizeof(*out));

    for (i = 0; i < flow->n_triggers; i++) {
        t = &flow->triggers[i];

        if (pl_match(t->pattern, in->match, in->text, NULL)) {
            flow_groups(t->pattern, ar, in->match, out);
            out->step = t->step->row->name;
            out->after_s = t->step->row->after_s;
            return true;
        }
    }

    if (flow->fallback == NULL) {
        return false;
    }

    out->step = flow->fallback->row->name;
    out->after_s = flow->fallback->row->after_s;

    return true;
}


const char *
pl_flow_say(const pl_flow_t *flow, const char *step, const char *name,
    Pl__Variable *const *variables, size_t n_variables, pl_arena_t *ar)
{
    const flow_step_t  *s;

    s = flow_step(flow, step);

    return s == NULL || s->row->say == NULL ? NULL
                     : pl_flow_text_fill(s, name, variables, n_variables, ar);
}


static pl_status_t
flow_read(pl_flow_t *flow, const pl_codec_t *codec, pl_str_t json,
    pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (json.len > PL_FLOW_FILE_MAX) {
        return pl_err_set(err, PL_TOOBIG, "flow", 0,
                          "a flow file has at most %u bytes", PL_FLOW_FILE_MAX);
    }

    flow->ar = pl_arena_create(FLOW_ARENA_BLOCK, FLOW_ARENA_MAX);
    if (flow->ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "flow", 0, "out of memory");
    }

    rc = pl_json_decode(codec, &pl__flow_file__descriptor, json,
                        PL_JSON_COMMENTS, flow->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    flow->file = (Pl__FlowFile *) msg;

    return PL_OK;
}


static pl_status_t
flow_steps(flow_check_t *check)
{
    size_t        i;
    pl_flow_t    *flow;
    pl_status_t   rc;

    flow = check->flow;
    flow->n_steps = flow->file->n_steps;

    if (flow->n_steps == 0) {
        return pl_flow_mistake(check, PL_INVALID, "steps", 0,
                               "a flow needs a step");
    }

    flow->steps = pl_arena_zalloc(flow->ar,
                                  flow->n_steps * sizeof(flow_step_t));
    if (flow->steps == NULL) {
        return pl_flow_mistake(check, PL_NOMEM, "", 0, "out of memory");
    }

    for (i = 0; i < flow->n_steps; i++) {
        flow->steps[i].row = flow->file->steps[i];

        rc = pl_flow_segments(check, &flow->steps[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
flow_triggers(flow_check_t *check)
{
    char              path[PL_ERR_PATH_MAX];
    size_t            i;
    pl_flow_t        *flow;
    pl_status_t       rc;
    Pl__FlowTrigger  *row;

    flow = check->flow;
    flow->triggers = pl_arena_zalloc(flow->ar, (flow->file->n_triggers + 1)
                                               * sizeof(flow_trigger_t));
    if (flow->triggers == NULL) {
        return pl_flow_mistake(check, PL_NOMEM, "", 0, "out of memory");
    }

    for (i = 0; i < flow->file->n_triggers; i++) {
        row = flow->file->triggers[i];

        (void) snprintf(path, sizeof(path), "triggers[%zu]", i);

        if ((row->n_keywords == 0) == (row->pattern == NULL)) {
            return pl_flow_mistake(check, PL_INVALID, path, 0,
                                   "a trigger has keywords or a pattern, "
                                   "one of them");
        }

        flow->triggers[i].step = flow_step(flow, row->step);

        if (flow->triggers[i].step == NULL) {
            (void) snprintf(path, sizeof(path), "triggers[%zu].step", i);
            return pl_flow_mistake(check, PL_INVALID, path, 0,
                                   "no step \"%s\"", row->step);
        }

        rc = row->pattern != NULL ? flow_pattern(check, i)
                                  : flow_keywords(check, i);
        if (rc != PL_OK) {
            return rc;
        }

        flow->n_triggers++;
    }

    if (flow->file->default_ != NULL) {
        flow->fallback = flow_step(flow, flow->file->default_);

        if (flow->fallback == NULL) {
            return pl_flow_mistake(check, PL_INVALID, "default", 0,
                                   "no step \"%s\"", flow->file->default_);
        }
    }

    return PL_OK;
}


static pl_status_t
flow_keywords(flow_check_t *check, size_t i)
{
    char              path[PL_ERR_PATH_MAX], *text, *p;
    size_t            k, len;
    pl_err_t          err;
    const char       *c;
    Pl__FlowTrigger  *row;

    row = check->flow->file->triggers[i];
    len = sizeof("^\\s*(?:)[\\s.!?]*$");

    for (k = 0; k < row->n_keywords; k++) {
        len += 2 * strlen(row->keywords[k]) + 1;
    }

    text = pl_arena_alloc(check->flow->ar, len);
    if (text == NULL) {
        return pl_flow_mistake(check, PL_NOMEM, "", 0, "out of memory");
    }

    p = stpcpy(text, "^\\s*(?:");

    for (k = 0; k < row->n_keywords; k++) {
        if (k != 0) {
            *p++ = '|';
        }

        /* what is no letter, digit or UTF-8 is escaped, to stand for itself */

        for (c = row->keywords[k]; *c != '\0'; c++) {
            if ((unsigned char) *c < 0x80 && *c != '_'
                && !(*c >= '0' && *c <= '9')
                && !((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
            {
                *p++ = '\\';
            }

            *p++ = *c;
        }
    }

    p = stpcpy(p, ")[\\s.!?]*$");

    if (pl_pattern_compile(&check->flow->triggers[i].pattern,
                           (pl_str_t) { (uint8_t *) text,
                                        (size_t) (p - text) }, &err)
        == PL_OK)
    {
        return PL_OK;
    }

    (void) snprintf(path, sizeof(path), "triggers[%zu].keywords", i);

    return pl_flow_mistake(check, err.status, path, 0,
                           "too many or too long keywords for one trigger");
}


static pl_status_t
flow_pattern(flow_check_t *check, size_t i)
{
    char         path[PL_ERR_PATH_MAX];
    pl_err_t     err;
    const char  *text;

    text = check->flow->file->triggers[i]->pattern;

    if (pl_pattern_compile(&check->flow->triggers[i].pattern, pl_str_c(text),
                           &err)
        == PL_OK)
    {
        return PL_OK;
    }

    (void) snprintf(path, sizeof(path), "triggers[%zu].pattern", i);

    /* the value begins with a quote; escapes before the place shift it */

    return pl_flow_mistake(check, err.status, path, err.column, "%s",
                           err.text);
}


/* A step that nothing leads to is a mistake: it was meant to be said. */

static pl_status_t
flow_reached(flow_check_t *check)
{
    char        path[PL_ERR_PATH_MAX];
    size_t      i, k;
    bool        reached;
    pl_flow_t  *flow;

    flow = check->flow;

    for (i = 0; i < flow->n_steps; i++) {
        reached = (flow->fallback == &flow->steps[i]);

        for (k = 0; k < flow->n_triggers && !reached; k++) {
            reached = (flow->triggers[k].step == &flow->steps[i]);
        }

        if (!reached) {
            (void) snprintf(path, sizeof(path), "steps.%s",
                            flow->steps[i].row->name);
            return pl_flow_mistake(check, PL_INVALID, path, 0,
                                   "nothing leads to this step");
        }
    }

    return PL_OK;
}


static const flow_step_t *
flow_step(const pl_flow_t *flow, const char *name)
{
    size_t  i;

    for (i = 0; i < flow->n_steps; i++) {
        if (strcmp(flow->steps[i].row->name, name) == 0) {
            return &flow->steps[i];
        }
    }

    return NULL;
}


/* Out of memory here means fewer variables, as a group that took no part. */

static void
flow_groups(const pl_pattern_t *pattern, pl_arena_t *ar,
    const pl_match_state_t *state, pl_flow_out_t *out)
{
    unsigned       i;
    pl_str_t       value;
    const char    *name;
    Pl__Variable  *v;

    if (!pl_match_group(pattern, state, 0, &name, &value)) {
        return;
    }

    out->variables = pl_arena_alloc(ar, PL_VARIABLES_MAX
                                        * sizeof(Pl__Variable *));

    for (i = 0;
         out->variables != NULL && i < PL_VARIABLES_MAX
         && pl_match_group(pattern, state, i, &name, &value);
         i++)
    {
        if (value.data == NULL) {
            continue;
        }

        v = pl_arena_alloc(ar, sizeof(*v));
        if (v == NULL) {
            return;
        }

        pl__variable__init(v);
        v->name = pl_arena_str(ar, pl_str_c(name));
        v->value = pl_arena_str(ar, value);

        if (v->name == NULL || v->value == NULL) {
            return;
        }

        out->variables[out->n_variables++] = v;
    }
}
