/*
 * See numbering.h.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "numbering.h"

struct pl_numbering_s {
    const pl_numbering_face_t  *face;
    pl_numbering_about_t        about;
};

static pl_status_t numbering_load(const char *path,
    const pl_numbering_face_t **face, pl_err_t *err);
static pl_status_t numbering_status(pl_numbering_status_e status,
    pl_err_t *err);


pl_status_t
pl_numbering_open(pl_numbering_t **numbering, const char *path,
    pl_err_t *err)
{
    pl_status_t       rc;
    pl_numbering_t   *n;

    *numbering = NULL;

    n = calloc(1, sizeof(*n));
    if (n == NULL) {
        return pl_err_set(err, PL_NOMEM, "numbering", 0, "out of memory");
    }

    rc = numbering_load(path, &n->face, err);

    if (rc == PL_OK) {
        rc = numbering_status(n->face->about(&n->about), err);
    }

    if (rc != PL_OK) {
        free(n);
        return rc;
    }

    *numbering = n;

    return PL_OK;
}


void
pl_numbering_close(pl_numbering_t *numbering)
{
    free(numbering);
}


const pl_numbering_about_t *
pl_numbering_about(const pl_numbering_t *numbering)
{
    return &numbering->about;
}


pl_status_t
pl_numbering_explain(const pl_numbering_t *numbering, const char *digits,
    pl_numbering_facts_t *facts, pl_err_t *err)
{
    char    number[1 + PL_NUMBERING_DIGITS + 1];
    size_t  len;

    len = strnlen(digits, PL_NUMBERING_DIGITS + 1);

    if (len > PL_NUMBERING_DIGITS) {
        memset(facts, 0, sizeof(*facts));
        return numbering_status(PL_NUMBERING_NONE, err);
    }

    number[0] = '+';
    memcpy(number + 1, digits, len);
    number[1 + len] = '\0';

    return numbering_status(numbering->face->explain(number, facts), err);
}


/*
 * Nothing of it is seen by other objects, and all of its symbols are found
 * now, so that a library that is missing, or another one, is known before
 * anything is asked. A name without a folder would be searched for.
 */

static pl_status_t
numbering_load(const char *path, const pl_numbering_face_t **face,
    pl_err_t *err)
{
    void                  *object;
    const char            *why;
    pl_numbering_face_pt   get;

    if (strchr(path, '/') == NULL) {
        return pl_err_set(err, PL_INVALID, "numbering", 0,
                          "the library's path has no folder");
    }

    object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

    if (object == NULL) {
        why = dlerror();
        return pl_err_set(err, PL_INVALID, "numbering", 0, "%s",
                          why != NULL ? why : "it cannot be loaded");
    }

    /* C has no other way from an object's pointer to a function's */
    *(void **) &get = dlsym(object, PL_NUMBERING_SYMBOL);

    if (get == NULL) {
        return pl_err_set(err, PL_INVALID, "numbering", 0,
                          "%s: it has no " PL_NUMBERING_SYMBOL, path);
    }

    *face = get();

    if ((*face)->version != PL_NUMBERING_FACE) {
        return pl_err_set(err, PL_NEWER, "numbering", 0,
                          "%s: it is of another version of Parley", path);
    }

    return PL_OK;
}


static pl_status_t
numbering_status(pl_numbering_status_e status, pl_err_t *err)
{
    switch (status) {

    case PL_NUMBERING_OK:
        return PL_OK;

    case PL_NUMBERING_NONE:
        return pl_err_set(err, PL_INVALID, "numbering", 0,
                          "it is no number of 1 to %d digits",
                          PL_NUMBERING_DIGITS);

    case PL_NUMBERING_NOMEM:
        return pl_err_set(err, PL_NOMEM, "numbering", 0, "out of memory");

    default:
        return pl_err_set(err, PL_IO, "numbering", 0,
                          "the library for telephone numbers failed");
    }
}
