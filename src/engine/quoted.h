/*
 * Ids of other messages that a message has: what it answers, reacts to, pins,
 * or takes back. They are the provider's, and some hold the number of whose
 * message it was (docs/privacy.md).
 */

#ifndef PL_QUOTED_H_INCLUDED
#define PL_QUOTED_H_INCLUDED

#include "apply.h"

/* The i'th of them, "" where it was taken away, or NULL: past the last. */
const char *pl_quoted(const Pl__Message *message, size_t i);
void pl_quoted_drop(Pl__Message *message, size_t i);

/* The number that an id of a channel's message holds, in the arena, or NULL.
   Pure. */
const char *pl_quoted_number(const pl_settings_t *settings, uint32_t channel,
    pl_str_t id, pl_arena_t *ar);

/*
 * Of a message of a group that comes in now: an id, and a number, of somebody
 * who was erased, and is nobody known since, are taken away. Costs nothing
 * while nobody was erased. The store's errors. The folding thread.
 */
pl_status_t pl_quoted_late(pl_apply_t *ap, Pl__Message *message,
    pl_err_t *err);

#endif /* PL_QUOTED_H_INCLUDED */
