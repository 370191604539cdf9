/*
 * Asked: a command that somebody asks for over the API. Under the key that
 * came with it, it is done once in 24 hours, and what became of it stands in
 * `requests` under that key (request.h).
 *
 * In this order: the same key before (nothing happens; another digest is
 * noted as a conflict), the precondition, the inner command. An inner command
 * that is PL_INVALID has written nothing, and is refused with err's path and
 * text; it does not go to quarantine.
 *
 * An inner command's handler may say more than that it was done. Where
 * nobody asked (the command came by itself, from parleyctl), the calls below
 * do nothing, so that a handler need not know.
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_ASKED_H_INCLUDED
#define PL_ASKED_H_INCLUDED

#include "apply.h"

/*
 * It is not done, and this is why: the verdict says refused. The caller then
 * returns PL_OK, having written nothing. rule is a name with dots
 * ("conversation.closed"); path, a field of the request, may be NULL; rule,
 * path and text are literals or in ap->ar.
 *
 * Rules that end in ".unknown" are answered 404 where they are about what
 * the path names; "conflict…" 409; all others 422.
 */
void pl_asked_refuse(pl_apply_t *ap, const char *rule, const char *path,
    const char *text);

/* The number of the record that it made, or changed. */
void pl_asked_made(pl_apply_t *ap, uint64_t id);

/* The same of a message, with its effect; 0: none. */
void pl_asked_message(pl_apply_t *ap, uint64_t message, uint64_t effect);

#endif /* PL_ASKED_H_INCLUDED */
