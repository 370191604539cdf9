/*
 * An attempt that is made again: when, and whether at all.
 */

#include "apply.h"
#include "errand.h"
#include "retry.h"

static pl_retry_t again_schedule(const pl_apply_t *ap,
    const Pl__Effect *effect, const Pl__SendResult *in);
static uint32_t again_counted(const Pl__Effect *effect, Pl__RetryClass of);
static bool again_ours(const Pl__SendResult *in);
static bool again_old(Pl__Effect *effect, const Pl__SendResult *in,
    int64_t began_ms, int64_t age_ms);


/*
 * A throttled attempt, or one that the account's state ended, is free. One of
 * which no byte had left counts for the delay until the next and not towards
 * the limit of those that were refused: a provider that cannot be reached has
 * refused nothing, and the effect's age is what ends that.
 */

const char *
pl_attempt_put_off(const pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in)
{
    bool         charged;
    pl_retry_t   row;
    Pl__Effect  *effect = attempt->effect;

    row = again_schedule(ap, effect, in);

    charged = in->outcome == PL__OUTCOME__OUTCOME_RETRY
              || in->outcome == PL__OUTCOME__OUTCOME_UNKNOWN;

    effect->has_code = in->has_code;
    effect->code = in->code;
    effect->reason = in->reason;

    if (charged) {
        effect->has_free = 0;
        effect->free = 0;

        if (in->unsent) {
            effect->has_unsent = 1;
            effect->unsent++;
        }

    } else {
        effect->attempts -= (effect->attempts != 0);

        /* what the sender ends by itself is nobody's no */

        effect->has_free = 1;
        effect->free += (in->has_http_status != 0);
    }

    if (row.attempts != 0
        && again_counted(effect, row.of) >= row.attempts)
    {
        return "attempts exhausted";
    }

    effect->has_throttled = in->has_bucket
                            && in->bucket == PL__BUCKET__BUCKET_PAIR;
    effect->throttled = effect->has_throttled ? effect->throttled + 1 : 0;

    /* what we took back ourselves keeps its place among others */

    if (in->has_retry_ms && in->retry_ms > ap->now_ms) {
        effect->due_ms = in->retry_ms;

    } else if (!again_ours(in)) {
        effect->due_ms = ap->now_ms;
    }

    return again_old(effect, in, attempt->began_ms, row.age_ms) ? "expired"
                                                                : NULL;
}


void
pl_attempt_aged(Pl__Effect *effect, int64_t took_ms)
{
    effect->has_aged_ms = 1;
    effect->aged_ms += took_ms > 0 ? took_ms : 0;
}


/* Of the class of its failure; but an errand's age is its own kind's. */

static pl_retry_t
again_schedule(const pl_apply_t *ap, const Pl__Effect *effect,
    const Pl__SendResult *in)
{
    pl_retry_t                  row;
    const pl_channel_conf_t    *conf;
    const Pl__ChannelSettings  *set;

    conf = pl_settings_channel(ap->settings, effect->channel);
    set = conf == NULL ? NULL : conf->row;

    row = pl_retry_of(set, pl_retry_class(effect->of_case, in->outcome,
                                          in->unsent));

    if (pl_errand(effect) != NULL) {
        row.age_ms = pl_retry_of(set, pl_errand(effect)->retry).age_ms;
    }

    return row;
}


/* How many attempts of the class there have been: in a row, where free. */

static uint32_t
again_counted(const Pl__Effect *effect, Pl__RetryClass of)
{
    switch (of) {

    case PL__RETRY_CLASS__RETRY_CLASS_UNSENT:
        return effect->unsent;

    case PL__RETRY_CLASS__RETRY_CLASS_THROTTLE:
    case PL__RETRY_CLASS__RETRY_CLASS_ACCOUNT:
        return effect->free;

    default:
        return effect->attempts - effect->unsent;
    }
}


/* Did nobody answer, because we ended it before it left? */

static bool
again_ours(const Pl__SendResult *in)
{
    return in->outcome == PL__OUTCOME__OUTCOME_THROTTLE
           && !in->has_http_status && !in->has_bucket;
}


/*
 * Would it be too old? A message is as old as its own attempts made it, each
 * from its beginning until the next is due: what a person or a provider held
 * back, or a long queue, has used up nothing. What nobody answered because we
 * took it back, or what the account was refused for, adds nothing and ends
 * nothing.
 */

static bool
again_old(Pl__Effect *effect, const Pl__SendResult *in,
    int64_t began_ms, int64_t age_ms)
{
    if (pl_errand(effect) != NULL) {
        return effect->due_ms - effect->created_ms > age_ms;
    }

    if (in->outcome == PL__OUTCOME__OUTCOME_ACCOUNT || again_ours(in)) {
        return false;
    }

    pl_attempt_aged(effect, effect->due_ms - began_ms);

    return effect->aged_ms > age_ms;
}
