/*
 * Patterns of flows: the only door to PCRE2. UTF, UCP, caseless, JIT where
 * the machine has it; steps are limited (PL_MATCH_STEPS_MAX), so that no
 * pattern can hang the fold: one that runs out does not match.
 *
 * A compiled pattern is immutable and may be used by all threads; a match
 * state belongs to one thread.
 */

#ifndef PL_MATCH_H_INCLUDED
#define PL_MATCH_H_INCLUDED

#include "arena.h"
#include "pl.h"

typedef struct pl_pattern_s      pl_pattern_t;
typedef struct pl_match_state_s  pl_match_state_t;

/* PL_INVALID: err->column is the byte in the pattern, from 1. */
pl_status_t pl_pattern_compile(pl_pattern_t **pattern, pl_str_t text,
    pl_err_t *err);
void pl_pattern_destroy(pl_pattern_t *pattern);

/* Names of its groups, in the order of its name table; NULL past the last. */
const char *pl_pattern_group(const pl_pattern_t *pattern, unsigned i);

pl_match_state_t *pl_match_state_create(void);
void pl_match_state_destroy(pl_match_state_t *state);

/*
 * Is the pattern found in subject (valid UTF-8)? *limited, if not NULL, says
 * whether it ran out of steps.
 */
bool pl_match(const pl_pattern_t *pattern, pl_match_state_t *state,
    pl_str_t subject, bool *limited);

/*
 * The named groups of the last match that succeeded with this pattern and
 * state, in the order of the pattern's name table: i from 0, false past the
 * last. A group that took no part has value.data NULL. name lives as long as
 * the pattern, value points into the subject.
 */
bool pl_match_group(const pl_pattern_t *pattern,
    const pl_match_state_t *state, unsigned i, const char **name,
    pl_str_t *value);

#endif /* PL_MATCH_H_INCLUDED */
