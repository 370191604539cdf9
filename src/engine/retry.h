/*
 * Retry schedules: when what failed is tried again, and when no more, as
 * data. A row for each class of failures; a channel's settings may have rows
 * of their own (`retry` in nginx.conf).
 *
 * The n-th failure of a class waits for a random time of up to
 *
 *     first * factor^(n - 1), at most max
 *
 * ("full jitter": AWS, "Exponential backoff and jitter"), and never less
 * than PL_RETRY_MIN_MS. After `attempts` of them, or once it would be older
 * than `age` when its turn comes, it ends. A message's age begins with its
 * first attempt that counts, and stands still while somebody holds it.
 *
 * Pure; any thread.
 */

#ifndef PL_RETRY_H_INCLUDED
#define PL_RETRY_H_INCLUDED

#include "../core/pl.h"
#include "journal.pb-c.h"
#include "record.pb-c.h"

#define PL_RETRY_CLASSES       7        /* Pl__RetryClass, from 1 */

/* What a row may say; the directive and its page name the same. */
#define PL_RETRY_MIN_MS        100                      /* of any delay */
#define PL_RETRY_DELAY_MAX_MS  (24LL * 3600 * 1000)     /* first, max */
#define PL_RETRY_FACTOR_MAX    10
#define PL_RETRY_ATTEMPTS_MAX  1000
#define PL_RETRY_AGE_MIN_MS    1000LL
#define PL_RETRY_AGE_MAX_MS    (30LL * 86400 * 1000)

/* Attempts of which an effect keeps what became: the first, and the last. */
#define PL_TRIED_FIRST         4
#define PL_TRIED_LAST          16

/* Of a channel's policy `unknown resend after`. */
#define PL_RESEND_MIN_MS       1000LL
#define PL_RESEND_MAX_MS       (24LL * 3600 * 1000)

typedef struct {
    Pl__RetryClass   of;
    const char      *name;      /* in nginx.conf */
    int64_t          first_ms;
    uint32_t         factor;
    int64_t          max_ms;
    uint32_t         attempts;  /* 0: its age alone ends it */
    int64_t          age_ms;    /* of its own attempts (Effect.aged_ms), or
                                   that its account was refused */
} pl_retry_t;

/* All rows of a channel, by class - 1: a copy that outlives its settings. */
typedef struct {
    pl_retry_t       rows[PL_RETRY_CLASSES];
} pl_retries_t;

/* The rows as they are built in. */
extern const pl_retry_t pl_retry_rows[PL_RETRY_CLASSES];

/* By its name in nginx.conf; NULL. */
const pl_retry_t *pl_retry_named(pl_str_t name);

/* The class's row for this channel. channel NULL: as built in. */
pl_retry_t pl_retry_of(const Pl__ChannelSettings *channel,
    Pl__RetryClass of);

/* All of them. */
void pl_retry_all(const Pl__ChannelSettings *channel, pl_retries_t *out);

/*
 * The class of a failure: by the kind of effect, how its attempt ended, and
 * whether no byte of the request had left.
 */
Pl__RetryClass pl_retry_class(Pl__Effect__OfCase kind, Pl__Outcome outcome,
    bool unsent);

/*
 * The delay after the n-th failure (from 1; 0 is as 1), in ms; random32
 * picks it.
 */
int64_t pl_retry_delay(const pl_retry_t *row, uint32_t n, uint32_t random32);

#endif /* PL_RETRY_H_INCLUDED */
