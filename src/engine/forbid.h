/*
 * Forbidden patterns: what a message that goes out must not say. A file has
 * one rule in a line:
 *
 *     # what a bot must not say
 *     diagnosis: you (have|suffer from) [a-z]+itis
 *     phone:     \+?[0-9][0-9 /-]{7,}
 *
 * A name (letters, digits, "-", "_"), a colon, and a pattern as match.h has
 * it, to the end of the line; blanks around it, empty lines, and lines that
 * begin with "#" are nothing. A name stands once in a file.
 *
 * Each text of a message is matched by itself: its body, caption, header and
 * footer, what is on its buttons and rows, a template's variables. So no
 * pattern spans two of them, and of a template its own text, which the
 * provider has approved, is not looked at.
 *
 * A pattern that runs out of steps counts as found: what cannot be shown to
 * be allowed is not sent.
 */

#ifndef PL_FORBID_H_INCLUDED
#define PL_FORBID_H_INCLUDED

#include "../core/match.h"
#include "content.pb-c.h"

#define PL_FORBID_RULES_MAX  256        /* of a file */
#define PL_FORBID_BYTES_MAX  (256u * 1024)
#define PL_FORBID_NAME_MAX   48         /* bytes of a rule's name */

typedef struct pl_forbid_s  pl_forbid_t;

/*
 * PL_INVALID, PL_TOOBIG: err->line and err->column (bytes) say where.
 * PL_NOMEM. What it makes is immutable, and any number of threads may ask it.
 */
pl_status_t pl_forbid_compile(pl_forbid_t **forbid, pl_str_t text,
    pl_err_t *err);
void pl_forbid_destroy(pl_forbid_t *forbid);    /* NULL is fine */

/*
 * The rule, "content.NAME", of the first pattern in the file's order that
 * the message has; NULL: none. It lives as long as forbid.
 */
const char *pl_forbid_find(const pl_forbid_t *forbid,
    pl_match_state_t *match, const Pl__Content *content);

#endif /* PL_FORBID_H_INCLUDED */
