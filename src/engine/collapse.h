/*
 * Collapse keys: of the messages to a party on a channel and lane that were
 * asked for under one key, the newest alone is sent. The one before it is
 * taken back (later.h) while it still waits: delayed, queued or put off. One
 * whose attempt is on the wire is not touched; it ends when it comes back.
 *
 * `collapses` leads from the key to the newest message that waits. Only an
 * effect that has a key reads or writes it.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_COLLAPSE_H_INCLUDED
#define PL_COLLAPSE_H_INCLUDED

#include "apply.h"

/*
 * An effect begins to wait under its key: what waited is taken back. An older
 * one that comes back (from the dead) takes no newer one's place.
 */
pl_status_t pl_collapse_take(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/* It no longer waits, whatever has become of it. */
pl_status_t pl_collapse_leave(pl_apply_t *ap, const Pl__Effect *effect,
    pl_err_t *err);

/*
 * An attempt would begin, or has ended so that there would be another.
 * *ended: a newer one waits under its key, and this one has been taken back.
 * Without a key it does nothing.
 */
pl_status_t pl_collapse_again(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Message *message, bool *ended, pl_err_t *err);

#endif /* PL_COLLAPSE_H_INCLUDED */
