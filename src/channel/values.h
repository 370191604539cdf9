/*
 * The values that a body has, as somebody sent it: strings and numbers of
 * JSON, fields of forms, headers of mail, and what stands within one another
 * (JSON in a form's field, mail in JSON's string). For those who look for an
 * address in what could not be read: a value is seen whole, and decoded, and
 * broken bodies are seen as far as they can be.
 *
 * It needs no memory and fails for no body: what is decoded is never longer
 * than it was, and takes its place. Each byte is read a few times for each
 * depth, so that the time is linear.
 */

#ifndef PL_VALUES_H_INCLUDED
#define PL_VALUES_H_INCLUDED

#include "../core/pl.h"

/* Bodies within one another. Of what is deeper each word is a value, without
   a key, as it stands: letters, digits and what addresses have beside them. */
#define PL_VALUES_DEPTH_MAX  4

/* key: nearest in front, or empty. True: that was it. Not terminated. */
typedef bool (*pl_value_pt)(void *data, pl_str_t key, pl_str_t value);

/* Is it any of them? The body is overwritten. Any thread. */
bool pl_values_find(uint8_t *body, size_t len, pl_value_pt is, void *data);

/* Or any word of it, as of what is too deep? The body stays. */
bool pl_values_words(pl_str_t body, pl_value_pt is, void *data);

#endif /* PL_VALUES_H_INCLUDED */
