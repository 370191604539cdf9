/*
 * The one codec of a process: every shape that Parley reads or writes as
 * JSON, providers' and its own, with all rows of rules.
 */

#ifndef PL_SHAPES_H_INCLUDED
#define PL_SHAPES_H_INCLUDED

#include "../core/json.h"

/* Immutable once made; all threads. PL_INVALID names a row that is wrong. */
pl_status_t pl_shapes_codec(pl_codec_t **codec, pl_err_t *err);

/* The rows of what is stored: for codecs of other shapes that hold some of
   it. */
extern const pl_rules_t  pl_shapes_rules;

#endif /* PL_SHAPES_H_INCLUDED */
