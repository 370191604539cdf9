/*
 * Texts of flows: placeholders, and where in the file a mistake stands.
 *
 *     {{name}}           the contact's name, or a variable of that name
 *     {{name|there}}     what to say where there is none
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static pl_status_t text_placeholder(flow_check_t *check, flow_step_t *step,
    const char *text, const char *open, const char **end);
static flow_segment_t *text_segment(flow_check_t *check, flow_step_t *step);
static const char *text_value(const flow_segment_t *segment,
    const char *name, Pl__Variable *const *variables, size_t n);
static size_t text_cut(const char *text, size_t len, size_t max);


/*
 * Rules of the flow file's shapes: closed, bounded, steps by name.
 */

static const pl_rule_t flow_rules[] = {
    { &pl__flow_file__descriptor, "steps", PL_RULE_MAP, "name", 0 },
    { &pl__flow_file__descriptor, "steps", PL_RULE_LEN_MAX, NULL, 1000 },
    { &pl__flow_file__descriptor, "triggers", PL_RULE_LEN_MAX, NULL, 1000 },
    { &pl__flow_file__descriptor, "flow", PL_RULE_LEN_MIN, NULL, 1 },
    { &pl__flow_file__descriptor, "flow", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
    { &pl__flow_trigger__descriptor, "keywords", PL_RULE_LEN_MAX, NULL,
      100 },
    { &pl__flow_trigger__descriptor, "pattern", PL_RULE_LEN_MIN, NULL, 1 },
    { &pl__flow_trigger__descriptor, "pattern", PL_RULE_LEN_MAX, NULL,
      PL_PATTERN_MAX },
    { &pl__flow_step__descriptor, "name", PL_RULE_LEN_MIN, NULL, 1 },
    { &pl__flow_step__descriptor, "name", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
    { &pl__flow_step__descriptor, "after_s", PL_RULE_MAX, NULL,
      30 * 86400 },
    { &pl__flow_say__descriptor, "text", PL_RULE_LEN_MIN, NULL, 1 },
    { &pl__flow_say__descriptor, "text", PL_RULE_LEN_MAX, NULL,
      PL_TEXT_MAX },
};

const pl_rules_t  pl_flow_rules = { flow_rules, PL_COUNT(flow_rules) };


pl_status_t
pl_flow_mistake(flow_check_t *check, pl_status_t status, const char *path,
    unsigned within, const char *fmt, ...)
{
    char      text[PL_ERR_TEXT_MAX];
    unsigned  line, column;
    va_list   args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    (void) pl_err_set(check->err, status, "flow", 0, "%s", text);

    if (check->err == NULL) {
        return status;
    }

    pl_err_path(check->err, "%s", path);

    if (pl_json_locate(check->json, path, &line, &column) == PL_OK) {
        check->err->line = line;
        check->err->column = column + within;
    }

    return status;
}


pl_status_t
pl_flow_segments(flow_check_t *check, flow_step_t *step)
{
    const char      *p, *open, *text;
    pl_status_t      rc;
    flow_segment_t  *segment;

    text = step->row->say == NULL || step->row->say->text == NULL
           ? "" : step->row->say->text;

    for (p = text; *p != '\0'; /* void */ ) {

        open = strstr(p, "{{");

        if (open != p) {
            segment = text_segment(check, step);
            if (segment == NULL) {
                return pl_flow_mistake(check, PL_NOMEM, "", 0,
                                       "out of memory");
            }

            segment->name = NULL;
            segment->text.data = (const uint8_t *) p;
            segment->text.len = open == NULL ? strlen(p)
                                             : (size_t) (open - p);
        }

        if (open == NULL) {
            return PL_OK;
        }

        rc = text_placeholder(check, step, text, open, &p);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


const char *
pl_flow_text_fill(const flow_step_t *step, const char *name,
    Pl__Variable *const *variables, size_t n_variables, pl_arena_t *ar)
{
    char        *out, *p;
    size_t       i, len;
    const char  *value;

    len = 0;

    for (i = 0; i < step->n_segments; i++) {
        value = text_value(&step->segments[i], name, variables, n_variables);
        len += value == NULL ? step->segments[i].text.len : strlen(value);
    }

    out = pl_arena_alloc(ar, len + 1);
    if (out == NULL) {
        return NULL;
    }

    p = out;

    for (i = 0; i < step->n_segments; i++) {
        value = text_value(&step->segments[i], name, variables, n_variables);

        if (value != NULL) {
            p = stpcpy(p, value);

        } else if (step->segments[i].text.len != 0) {
            p = mempcpy(p, step->segments[i].text.data,
                        step->segments[i].text.len);
        }
    }

    out[text_cut(out, len, PL_TEXT_MAX)] = '\0';

    return out;
}


static pl_status_t
text_placeholder(flow_check_t *check, flow_step_t *step, const char *text,
    const char *open, const char **end)
{
    char             path[PL_ERR_PATH_MAX];
    const char      *close, *bar;
    unsigned         within;
    pl_str_t         name;
    flow_segment_t  *segment;

    (void) snprintf(path, sizeof(path), "steps.%s.say.text",
                    step->row->name);
    within = (unsigned) (open - text) + 1;

    close = strstr(open, "}}");
    if (close == NULL) {
        return pl_flow_mistake(check, PL_INVALID, path, within,
                               "a placeholder is not closed");
    }

    bar = memchr(open, '|', (size_t) (close - open));

    name.data = (const uint8_t *) open + 2;
    name.len = (size_t) ((bar == NULL ? close : bar) - open - 2);

    if (!pl_name_valid(name)) {
        return pl_flow_mistake(check, PL_INVALID, path, within,
                               "a placeholder's name is made of letters, "
                               "digits, - and _");
    }

    segment = text_segment(check, step);
    if (segment == NULL) {
        return pl_flow_mistake(check, PL_NOMEM, "", 0, "out of memory");
    }

    segment->name = pl_arena_str(check->flow->ar, name);
    if (segment->name == NULL) {
        return pl_flow_mistake(check, PL_NOMEM, "", 0, "out of memory");
    }

    segment->text = PL_STR_NULL;

    if (bar != NULL) {
        segment->text.data = (const uint8_t *) bar + 1;
        segment->text.len = (size_t) (close - bar) - 1;
    }

    *end = close + 2;

    return PL_OK;
}


static flow_segment_t *
text_segment(flow_check_t *check, flow_step_t *step)
{
    size_t           n;
    flow_segment_t  *grown;

    n = step->n_segments;
    grown = pl_arena_alloc(check->flow->ar, (n + 1) * sizeof(*grown));
    if (grown == NULL) {
        return NULL;
    }

    if (n != 0) {
        memcpy(grown, step->segments, n * sizeof(*grown));
    }

    step->segments = grown;
    step->n_segments = n + 1;

    return &grown[n];
}


/* NULL: the segment's own text, plain or fallback. */

static const char *
text_value(const flow_segment_t *segment, const char *name,
    Pl__Variable *const *variables, size_t n)
{
    size_t  i;

    if (segment->name == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        if (strcmp(variables[i]->name, segment->name) == 0) {
            return variables[i]->value;
        }
    }

    if (strcmp(segment->name, "name") == 0 && name != NULL
        && name[0] != '\0')
    {
        return name;
    }

    return NULL;
}


/* Where to cut so that no character is split. */

static size_t
text_cut(const char *text, size_t len, size_t max)
{
    if (len <= max) {
        return len;
    }

    for (len = max; len > 0 && ((uint8_t) text[len] & 0xc0) == 0x80; len--) {
        /* void */
    }

    return len;
}
