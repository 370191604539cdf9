/*
 * What is known of numbering plans, from a library that is loaded where it is
 * asked for: numbering/face.h, whose caveats hold.
 *
 * The one who opens it has the object's code run in the process, as for a
 * module of nginx's: its file, and its folder, belong to nobody else.
 */

#ifndef PL_NUMBERING_H_INCLUDED
#define PL_NUMBERING_H_INCLUDED

#include "../numbering/face.h"
#include "pl.h"

/* The object's name, beside which no other is looked for. */
#define PL_NUMBERING_FILE  "parley-libphonenumber.so"

typedef struct pl_numbering_s  pl_numbering_t;

/*
 * Loads the object at path, which has a '/', and has the library read its
 * data: 15 ms and some 2 MB, which processes that are forked afterwards share.
 * PL_INVALID: it cannot be loaded, and err's text has the loader's words;
 * PL_NEWER: it is of another version of the face; PL_NOMEM; PL_IO.
 * Immutable from then on; any thread.
 */
pl_status_t pl_numbering_open(pl_numbering_t **numbering, const char *path,
    pl_err_t *err);

/* Frees what open made. The object stays loaded, and a second open of the
   same path is the same object. NULL is fine. */
void pl_numbering_close(pl_numbering_t *numbering);

/* Lives as long as numbering. */
const pl_numbering_about_t *pl_numbering_about(
    const pl_numbering_t *numbering);

/*
 * digits: of E.164, without the plus, NUL-terminated. PL_INVALID: it is
 * nothing of 1 to 15 digits; PL_NOMEM; PL_IO: the library failed. err never
 * has the number.
 */
pl_status_t pl_numbering_explain(const pl_numbering_t *numbering,
    const char *digits, pl_numbering_facts_t *facts, pl_err_t *err);

#endif /* PL_NUMBERING_H_INCLUDED */
