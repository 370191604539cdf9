/*
 * Media types (RFC 9110, 8.3.1): compared without their parameters and
 * without regard to case. Pure.
 */

#ifndef PL_MIME_H_INCLUDED
#define PL_MIME_H_INCLUDED

#include "../core/pl.h"

/* Is it TYPE/SUBTYPE of token characters, parameters or not behind it? */
bool pl_mime_valid(pl_str_t type);

/* Are both the same type? "audio/ogg; codecs=opus" is "Audio/OGG". */
bool pl_mime_same(pl_str_t a, pl_str_t b);

/* Does it begin with these bytes ("image/")? */
bool pl_mime_under(pl_str_t type, const char *prefix);

/*
 * The type of a file by what its name ends in, of those that are usually sent
 * in messages; NULL: none of them.
 */
const char *pl_mime_of_name(const char *name);

/*
 * Does a file that begins with these bytes look like this type? True as well
 * for types that cannot be told by their beginning. PL_MIME_MAGIC bytes are
 * enough.
 */
#define PL_MIME_MAGIC  16

bool pl_mime_fits(pl_str_t type, pl_str_t bytes);

#endif /* PL_MIME_H_INCLUDED */
