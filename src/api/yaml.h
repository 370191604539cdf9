/*
 * Text that grows in an arena, and JSON of our own written as YAML: a line
 * for each value, strings as JSON has them, which YAML reads.
 */

#ifndef PL_YAML_H_INCLUDED
#define PL_YAML_H_INCLUDED

#include "../core/arena.h"

typedef struct {
    pl_arena_t   *ar;
    uint8_t      *data;
    size_t        len;
    size_t        size;
    bool          full;         /* the arena was: what was added is lost */
} pl_text_t;

void pl_text_add(pl_text_t *text, pl_str_t s);
void pl_text_c(pl_text_t *text, const char *s);
void pl_text_json(pl_text_t *text, const char *s);  /* in quotes, escaped */

/* PL_INVALID: the JSON is cut off, or nests too deep; PL_NOMEM. */
pl_status_t pl_yaml(pl_arena_t *ar, pl_str_t json, pl_str_t *out,
    pl_err_t *err);

#endif /* PL_YAML_H_INCLUDED */
