/*
 * Read receipts: the provider tells who wrote that their message was read.
 * An errand (errand.h) that is asked for when a conversation is marked as
 * read, and by nothing else.
 */

#ifndef PL_SEEN_H_INCLUDED
#define PL_SEEN_H_INCLUDED

#include "apply.h"

#define PL_SEEN_AGE_MS    (30LL * 86400 * 1000)     /* of a message; past it
                                                       providers refuse it */
#define PL_SEEN_WALK_MAX  64    /* messages looked at, back from the one that
                                   was read, for one that came in */

/* Queues it for the newest message that came in, from this one back. */
pl_status_t pl_seen_ask(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, pl_err_t *err);

/* The errand's kind. */
pl_status_t pl_seen_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_seen_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_seen_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_seen_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_SEEN_H_INCLUDED */
