/*
 * The system's tz database, read from its folder: the files that the fold is
 * to know (engine/zones.h), as ZonesPublish carries them.
 *
 * Taken are files that begin as TZif does, in the folder and those below it,
 * under names that a zone can have; links count. posix/ and right/ are the
 * same once more, or count leap seconds, and localtime and posixrules are no
 * places: none of them is taken. The 32-bit data, a third of each file, is
 * left out, since nobody reads it (RFC 8536, 3.1).
 */

#ifndef PLS_TZDATA_H_INCLUDED
#define PLS_TZDATA_H_INCLUDED

#include "../core/arena.h"
#include "../engine/zones.h"
#include "journal.pb-c.h"

#define PLS_TZDATA_PORTIONS_MAX  8
#define PLS_TZDATA_FOLDERS_MAX   4      /* deep: America/Argentina is 2 */

typedef struct {
    pl_arena_t        *ar;              /* of all of it */
    const char        *version;         /* as +VERSION says, or tzdata.zi; ""
                                           where neither does */
    size_t             names;
    size_t             portions;        /* 1 at the least */
    Pl__ZonesPublish   publish[PLS_TZDATA_PORTIONS_MAX];
} pls_tzdata_t;

/*
 * Reads dir. Equal databases have equal digests, wherever they stand.
 * PL_NOTFOUND: there is no such folder, or no zone in it; PL_TOOBIG: more
 * than PL_ZONES_MAX names, or than the portions hold; PL_IO, PL_NOMEM.
 */
pl_status_t pls_tzdata_read(pls_tzdata_t **tzdata, const char *dir,
    pl_err_t *err);

void pls_tzdata_free(pls_tzdata_t *tzdata);     /* NULL is fine */

#endif /* PLS_TZDATA_H_INCLUDED */
