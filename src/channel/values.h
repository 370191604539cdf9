/*
 * The values that a body has, as somebody sent it: strings and numbers of
 * JSON, fields of forms, headers of mail, and what stands within one another
 * (JSON in a form's field, mail in JSON's string). For those who look for an
 * address in what could not be read: a value is seen whole, and decoded, and
 * broken bodies are seen as far as they can be.
 */

#ifndef PL_VALUES_H_INCLUDED
#define PL_VALUES_H_INCLUDED

#include "../core/arena.h"
#include "../core/pl.h"

#define PL_VALUES_DEPTH_MAX  4          /* bodies within one another */

/* key: nearest in front, or empty. True: that was it. Not terminated. */
typedef bool (*pl_value_pt)(void *data, pl_str_t key, pl_str_t value);

/* Is it any of them? Any thread. PL_NOMEM. */
pl_status_t pl_values_find(pl_str_t body, pl_arena_t *ar, pl_value_pt is,
    void *data, bool *found);

#endif /* PL_VALUES_H_INCLUDED */
