/*
 * The lists of the STOP engine: data, one row for each language and kind.
 *
 * Phrases are written as people write them, with "|" between them: they are
 * folded when the lists are built, and so are messages, so that capitals,
 * marks and punctuation do not matter. For "ü" comes "ue" as well, for "ł"
 * and its like the plain letter.
 *
 * STOP words may stand in a message that is unclear. WEAK ones mean something
 * else among others ("cancel", "end"): they are a refusal only where nothing
 * else is said. UNCLEAR ones are never more than that. POLITE ones may stand
 * around any of them, LIGHT ones around what is unclear. OTHER ones have a
 * stop word in them and mean something else ("bus stop").
 */

#ifndef PL_STOP_WORDS_H_INCLUDED
#define PL_STOP_WORDS_H_INCLUDED

#include "stop.h"

/* A row of the lists; the last one of each has a NULL. */
typedef struct {
    const char  *language;      /* ISO 639-1; "": of several */
    pl_stop_e    kind;
    const char  *phrases;
} pl_stop_row_t;

extern const pl_stop_row_t  pl_stop_words_west[];
extern const pl_stop_row_t  pl_stop_words_east[];
extern const pl_stop_row_t  pl_stop_words_north[];
extern const pl_stop_row_t  pl_stop_words_asia[];

#endif /* PL_STOP_WORDS_H_INCLUDED */
