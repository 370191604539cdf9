/*
 * How the lists of the STOP engine are kept; for stop*.c alone.
 */

#ifndef PL_STOP_IMPL_H_INCLUDED
#define PL_STOP_IMPL_H_INCLUDED

#include "stop.h"

#define PL_STOP_BUCKETS  512

typedef struct pl_stop_phrase_s  pl_stop_phrase_t;

struct pl_stop_phrase_s {
    pl_str_t           text;            /* folded, a NUL behind it */
    const char        *language;
    pl_stop_e          kind;
    pl_stop_phrase_t  *next;            /* of the bucket */
};

struct pl_stop_s {
    pl_arena_t        *ar;
    pl_stop_phrase_t  *buckets[PL_STOP_BUCKETS];
};

/* The bucket of a folded text, by its first two bytes. */
unsigned pl_stop_bucket(const uint8_t *p);

#endif /* PL_STOP_IMPL_H_INCLUDED */
