/*
 * Errands: effects that are no messages. Something is fetched from a
 * provider, or set right with it, and nobody is told anything.
 *
 * What sets them apart from a message:
 *
 *  - They stand in no party's queue. Each is due by itself, and no order is
 *    promised among them; whoever wants one after another queues the next
 *    when one is done.
 *  - They have lanes of their own, behind those of messages. Gates, pauses
 *    and retries are those of messages, and so are the attempts and the age
 *    that end them, unless a kind has its own: a channel that is closed runs
 *    no errands either.
 *  - Policy has no say, since nothing leaves. May it begin, says its kind.
 *  - They do no harm when they are run twice. So one is never `unknown`: an
 *    attempt that may have gone out is simply made again.
 *  - They leave no dead letter of themselves. What a failure means, its kind
 *    says, and where it can be seen.
 *
 * A kind is a row in errand.c, a message in Effect's oneof, and a row in the
 * sender's build table (keeper_build.c).
 *
 * All of it belongs to the folding thread.
 */

#ifndef PL_ERRAND_H_INCLUDED
#define PL_ERRAND_H_INCLUDED

#include "apply.h"

typedef struct {
    Pl__Effect__OfCase   of;
    Pl__Lane             lane;
    Pl__RetryClass       retry;         /* its schedule (retry.h) */

    /* May it begin? *why stays NULL, or is the failure that it ends with. */
    pl_status_t        (*begin)(pl_apply_t *ap, const Pl__Effect *effect,
                                const char **why, pl_err_t *err);

    /* It was answered, and has left the outbox. */
    pl_status_t        (*done)(pl_apply_t *ap,
                               const Pl__AttemptRecord *attempt,
                               const Pl__SendResult *in, pl_err_t *err);

    /* It is tried again later: it may be changed before it is put back. */
    pl_status_t        (*later)(pl_apply_t *ap, Pl__Effect *effect,
                                const Pl__SendResult *in, pl_err_t *err);

    /* It has left the outbox for good. code 0: none of the provider's. */
    pl_status_t        (*failed)(pl_apply_t *ap, const Pl__Effect *effect,
                                 const char *reason, int32_t code,
                                 pl_err_t *err);
} pl_errand_t;

/* The effect's kind; NULL: it is a message. Any thread. */
const pl_errand_t *pl_errand(const Pl__Effect *effect);

/* Is it a lane of errands? Any thread. */
bool pl_errand_lane(Pl__Lane lane);

/*
 * Queues an errand of a channel; the caller has filled its kind. Its number
 * is effect->id afterwards; its age counts from its first attempt.
 */
pl_status_t pl_errand_queue(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__Effect *effect, int64_t due_ms, pl_err_t *err);

/* What attempt.c asks for; as it does it with messages. */
pl_status_t pl_errand_attempt(pl_apply_t *ap, Pl__Effect *effect,
    uint64_t epoch, pl_err_t *err);
pl_status_t pl_errand_result(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
pl_status_t pl_errand_recover(pl_apply_t *ap, Pl__Effect *effect,
    Pl__WireStage stage, pl_err_t *err);

#endif /* PL_ERRAND_H_INCLUDED */
