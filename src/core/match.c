/*
 * The door to PCRE2.
 *
 * Limits: a pattern is at most PL_PATTERN_MAX bytes, which bounds its groups
 * too; a match takes at most PL_MATCH_STEPS_MAX steps, MATCH_HEAP_KIB of heap
 * (the interpreter's) and MATCH_STACK_MAX of JIT stack. Whichever is met
 * first ends the match without a result.
 *
 * A match state holds room for the groups of any pattern, so that a match
 * allocates nothing of ours.
 */

#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "match.h"


#define MATCH_GROUPS_MAX  (PL_PATTERN_MAX / 2 + 1)     /* "()" each, and all */
#define MATCH_HEAP_KIB    8192  /* a frame for each group, with all of them */
#define MATCH_DEPTH_MAX   10000
#define MATCH_STACK_MIN   (32 * 1024)
#define MATCH_STACK_MAX   (512 * 1024)


struct pl_pattern_s {
    pcre2_code       *code;
    const uint8_t    *names;            /* in code */
    uint32_t          n_names;
    uint32_t          name_size;        /* number u16, name, NUL, padding */
};


struct pl_match_state_s {
    pcre2_match_data      *data;
    pcre2_match_context   *context;
    pcre2_jit_stack       *stack;
    const pl_pattern_t    *pattern;     /* of the last match, or NULL */
    int                    groups;      /* set by it, from pcre2_match() */
    pl_str_t               subject;
};


pl_status_t
pl_pattern_compile(pl_pattern_t **out, pl_str_t text, pl_err_t *err)
{
    int                     code;
    size_t                  at;
    uint8_t                 reason[PL_ERR_TEXT_MAX];
    pl_pattern_t           *pattern;
    static const uint8_t    nothing[1] = { 0 };

    *out = NULL;

    if (text.len > PL_PATTERN_MAX) {
        return pl_err_set(err, PL_TOOBIG, "compile pattern", 0,
                          "pattern has %zu bytes, %d are allowed", text.len,
                          PL_PATTERN_MAX);
    }

    pattern = calloc(1, sizeof(*pattern));
    if (pattern == NULL) {
        return pl_err_set(err, PL_NOMEM, "compile pattern", 0, "no memory");
    }

    pattern->code = pcre2_compile(text.len != 0 ? text.data : nothing,
                                  text.len,
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS
                                  | PCRE2_NEVER_BACKSLASH_C, &code, &at,
                                  NULL);

    if (pattern->code == NULL) {
        free(pattern);

        if (pcre2_get_error_message(code, reason, sizeof(reason)) < 0) {
            reason[0] = '\0';           /* cut: it is there all the same */
        }

        (void) pl_err_set(err, PL_INVALID, "compile pattern", 0, "%s",
                          (const char *) reason);
        if (err != NULL) {
            err->column = (unsigned) at + 1;
        }

        return PL_INVALID;
    }

    /* where the machine or its policy has no JIT, the interpreter does it */
    (void) pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);

    (void) pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE,
                              &pattern->names);
    (void) pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT,
                              &pattern->n_names);
    (void) pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE,
                              &pattern->name_size);
    *out = pattern;

    return PL_OK;
}


void
pl_pattern_destroy(pl_pattern_t *pattern)
{
    if (pattern != NULL) {
        pcre2_code_free(pattern->code);
        free(pattern);
    }
}


const char *
pl_pattern_group(const pl_pattern_t *pattern, unsigned i)
{
    return i < pattern->n_names
           ? (const char *) pattern->names + (size_t) i * pattern->name_size
             + 2
           : NULL;
}


pl_match_state_t *
pl_match_state_create(void)
{
    pl_match_state_t  *state;

    state = calloc(1, sizeof(*state));
    if (state == NULL) {
        return NULL;
    }

    state->data = pcre2_match_data_create(MATCH_GROUPS_MAX, NULL);
    state->context = pcre2_match_context_create(NULL);

    if (state->data == NULL || state->context == NULL) {
        pl_match_state_destroy(state);
        return NULL;
    }

    (void) pcre2_set_match_limit(state->context, PL_MATCH_STEPS_MAX);
    (void) pcre2_set_depth_limit(state->context, MATCH_DEPTH_MAX);
    (void) pcre2_set_heap_limit(state->context, MATCH_HEAP_KIB);

    /* NULL where there is no JIT; then a match needs none */
    state->stack = pcre2_jit_stack_create(MATCH_STACK_MIN, MATCH_STACK_MAX,
                                          NULL);
    if (state->stack != NULL) {
        pcre2_jit_stack_assign(state->context, NULL, state->stack);
    }

    return state;
}


void
pl_match_state_destroy(pl_match_state_t *state)
{
    if (state != NULL) {
        pcre2_match_data_free(state->data);     /* NULL is fine for all */
        pcre2_match_context_free(state->context);
        pcre2_jit_stack_free(state->stack);
        free(state);
    }
}


bool
pl_match(const pl_pattern_t *pattern, pl_match_state_t *state,
    pl_str_t subject, bool *limited)
{
    int                    rc;
    static const uint8_t   nothing[1] = { 0 };

    if (subject.len == 0) {
        subject.data = nothing;         /* not NULL: groups point there */
    }

    /* PCRE2 checks that the subject is UTF-8: bad bytes match nothing */
    rc = pcre2_match(pattern->code, subject.data, subject.len, 0, 0,
                     state->data, state->context);

    if (limited != NULL) {
        *limited = rc == PCRE2_ERROR_MATCHLIMIT
                   || rc == PCRE2_ERROR_DEPTHLIMIT
                   || rc == PCRE2_ERROR_HEAPLIMIT
                   || rc == PCRE2_ERROR_JIT_STACKLIMIT;
    }

    if (rc <= 0) {
        /* what the last success left in the ovector is overwritten */
        state->pattern = NULL;
        return false;
    }

    state->pattern = pattern;
    state->groups = rc;
    state->subject = subject;

    return true;
}


bool
pl_match_group(const pl_pattern_t *pattern, const pl_match_state_t *state,
    unsigned i, const char **name, pl_str_t *value)
{
    int               group;
    size_t           *at;
    const uint8_t    *entry;

    if (state->pattern != pattern || i >= pattern->n_names) {
        return false;
    }

    entry = pattern->names + (size_t) i * pattern->name_size;
    group = entry[0] << 8 | entry[1];
    *name = (const char *) entry + 2;
    *value = PL_STR_NULL;

    at = pcre2_get_ovector_pointer(state->data) + 2 * group;

    /* \K in a look-around can put the end before the start */
    if (group < state->groups && at[0] != PCRE2_UNSET && at[0] <= at[1]) {
        value->data = state->subject.data + at[0];
        value->len = at[1] - at[0];
    }

    return true;
}
