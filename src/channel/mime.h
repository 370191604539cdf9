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

#endif /* PL_MIME_H_INCLUDED */
