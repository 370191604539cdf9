/*
 * What a telephone number is: as Parley keeps it, and, where a library of
 * numbering plans is at hand, whose it is and what it is used for.
 *
 * It warns and never refuses: the library's data is older than the world, and
 * what is stored, found and sent to goes by engine/phone.h alone.
 */

#ifndef PL_NUMBER_H_INCLUDED
#define PL_NUMBER_H_INCLUDED

#include "../core/arena.h"
#include "../core/numbering.h"
#include "api_numbers.pb-c.h"

/*
 * numbering: NULL where there is none; text: as people write it; code: the
 * calling code that a leading 0 stands for, or NULL. The answer points into
 * the arena and to static texts. PL_INVALID: it is no number, or no calling
 * code; err's path is the field of NumberBody and its text a sentence, both
 * without the number. PL_NOMEM. Any thread but a loop's.
 */
pl_status_t pl_number_answer(const pl_numbering_t *numbering, pl_arena_t *ar,
    const char *text, const char *code, Pl__Api__NumberAnswer *answer,
    pl_err_t *err);

#endif /* PL_NUMBER_H_INCLUDED */
