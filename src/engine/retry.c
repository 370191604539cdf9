/*
 * See retry.h. Why the rows are as they are:
 *
 *  - transient: 20 attempts are about five hours; what a provider refuses
 *    for so long, it refuses.
 *  - unsent, throttle, account: nothing was refused for what it is, so age
 *    alone ends them.
 *  - unknown: what the channel's policy sends again may be there twice, or
 *    as often as this says, and once more.
 *  - media: a provider keeps a file for some days.
 */

#include "../core/str.h"
#include "retry.h"

#define SECOND  1000LL
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)

#define ROW(of, name, first, factor, max, attempts, age)                      \
    { PL__RETRY_CLASS__RETRY_CLASS_##of, name, first, factor, max, attempts,  \
      age }


const pl_retry_t pl_retry_rows[PL_RETRY_CLASSES] = {
    ROW(TRANSIENT, "transient", 2 * SECOND, 2, HOUR, PL_ATTEMPTS_MAX,
        PL_AGE_MAX_MS),
    ROW(UNSENT, "unsent", 2 * SECOND, 2, HOUR, 0, PL_AGE_MAX_MS),
    ROW(THROTTLE, "throttle", 2 * SECOND, 2, HOUR, 0, PL_AGE_MAX_MS),
    ROW(ACCOUNT, "account", MINUTE, 2, 15 * MINUTE, 0,
        PL_HELD_AGE_MAX_MS),
    ROW(UNKNOWN, "unknown", 2 * SECOND, 2, HOUR, 3, PL_AGE_MAX_MS),
    ROW(ERRAND, "errand", 2 * SECOND, 2, HOUR, PL_ATTEMPTS_MAX,
        PL_AGE_MAX_MS),
    ROW(MEDIA, "media", 2 * SECOND, 2, HOUR, PL_MEDIA_ATTEMPTS_MAX,
        PL_MEDIA_AGE_MAX_MS),
};


const pl_retry_t *
pl_retry_named(pl_str_t name)
{
    size_t  i;

    for (i = 0; i < PL_RETRY_CLASSES; i++) {
        if (pl_str_eq(pl_str_c(pl_retry_rows[i].name), name)) {
            return &pl_retry_rows[i];
        }
    }

    return NULL;
}


pl_retry_t
pl_retry_of(const Pl__ChannelSettings *channel, Pl__RetryClass of)
{
    size_t                    i;
    pl_retry_t                row = pl_retry_rows[of - 1];
    const Pl__RetrySettings  *set;

    for (i = 0; channel != NULL && i < channel->n_retries; i++) {
        set = channel->retries[i];

        if (set->of == of) {
            row.first_ms = set->first_ms;
            row.factor = set->factor;
            row.max_ms = set->max_ms;
            row.attempts = set->attempts;
            row.age_ms = set->age_ms;
            break;
        }
    }

    return row;
}


void
pl_retry_all(const Pl__ChannelSettings *channel, pl_retries_t *out)
{
    size_t  i;

    for (i = 0; i < PL_RETRY_CLASSES; i++) {
        out->rows[i] = pl_retry_of(channel, pl_retry_rows[i].of);
    }
}


/* An errand is never in doubt: what may have been answered is asked again. */

Pl__RetryClass
pl_retry_class(Pl__Effect__OfCase kind, Pl__Outcome outcome, bool unsent)
{
    switch (outcome) {

    case PL__OUTCOME__OUTCOME_THROTTLE:
        return PL__RETRY_CLASS__RETRY_CLASS_THROTTLE;

    case PL__OUTCOME__OUTCOME_ACCOUNT:
        return PL__RETRY_CLASS__RETRY_CLASS_ACCOUNT;

    default:
        break;
    }

    switch (kind) {

    case PL__EFFECT__OF_FETCH_MEDIA:
        return PL__RETRY_CLASS__RETRY_CLASS_MEDIA;

    case PL__EFFECT__OF_SEND_MESSAGE:
        if (outcome == PL__OUTCOME__OUTCOME_UNKNOWN) {
            return PL__RETRY_CLASS__RETRY_CLASS_UNKNOWN;
        }

        return unsent ? PL__RETRY_CLASS__RETRY_CLASS_UNSENT
                      : PL__RETRY_CLASS__RETRY_CLASS_TRANSIENT;

    default:
        return unsent ? PL__RETRY_CLASS__RETRY_CLASS_UNSENT
                      : PL__RETRY_CLASS__RETRY_CLASS_ERRAND;
    }
}


int64_t
pl_retry_delay(const pl_retry_t *row, uint32_t n, uint32_t random32)
{
    int64_t   cap = row->first_ms, delay;

    /* bounded by the maximum: log2 of it, or at once with a factor of 1 */

    while (n > 1 && cap < row->max_ms && row->factor > 1) {
        cap *= row->factor;
        n--;
    }

    cap = cap < row->max_ms ? cap : row->max_ms;

    delay = (int64_t) (((uint64_t) random32 * (uint64_t) (cap + 1)) >> 32);

    return delay < PL_RETRY_MIN_MS ? PL_RETRY_MIN_MS : delay;
}
