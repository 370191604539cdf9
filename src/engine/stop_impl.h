/*
 * How the lists of the STOP engine are kept; for stop*.c alone.
 */

#ifndef PL_STOP_IMPL_H_INCLUDED
#define PL_STOP_IMPL_H_INCLUDED

#include "../core/unicode.h"
#include "stop.h"

#define PL_STOP_BUCKETS  512

typedef struct pl_stop_phrase_s  pl_stop_phrase_t;

/*
 * A phrase is found by its first two bytes; or, where what is said there is
 * ASCII up to a space or the end, by the whole of its first word: no phrase
 * ends within such a word.
 */
struct pl_stop_phrase_s {
    pl_str_t           text;            /* folded, a NUL behind it */
    const char        *language;
    pl_stop_e          kind;
    uint32_t           hash;            /* of the first word */
    pl_stop_phrase_t  *next;            /* of the bucket */
    pl_stop_phrase_t  *next_word;       /* of the first words' bucket */
};

/* Both chains begin with what was added last. */
struct pl_stop_s {
    pl_arena_t        *ar;
    pl_stop_phrase_t  *buckets[PL_STOP_BUCKETS];
    pl_stop_phrase_t  *words[PL_STOP_BUCKETS];
};

/* The hash of a word: from PL_STOP_HASH, byte by byte. */
#define PL_STOP_HASH  5381u


static inline uint32_t
pl_stop_hash(uint32_t hash, uint8_t c)
{
    return hash * 33u + c;
}


/* "s t o p": every word is a letter. Too short it could be anything. Here and
   below in the arena; PL_STR_NULL where it is not so. */
pl_str_t pl_stop_spelled(pl_arena_t *ar, const pl_words_t *words);

/* "stoooop": a letter that is held is one. */
pl_str_t pl_stop_drawn(pl_arena_t *ar, pl_str_t text);

/* The bucket of a folded text, by its first two bytes. */
unsigned pl_stop_bucket(const uint8_t *p);

#endif /* PL_STOP_IMPL_H_INCLUDED */
