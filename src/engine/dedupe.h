/*
 * Has this event been seen? Rows of `dedupe` lead with a time, so that
 * commits touch neighbouring pages and expiry is a range:
 *
 *     the provider's time, where it lies within 10 days before and 1 day
 *     after arrival; the day of arrival for all else.
 *
 * A repeat carries the same provider's time, so one look-up settles nearly
 * all. Only where rows by day are kept at all (StateMeta.odd_days) are those
 * days looked at as well: an event that once came with an odd time may come
 * again when its time no longer is.
 */

#ifndef PL_DEDUPE_H_INCLUDED
#define PL_DEDUPE_H_INCLUDED

#include "apply.h"

typedef struct {
    uint8_t   hash[PL_HASH128_LEN];
    uint32_t  time_s;           /* where the row goes */
    bool      odd;              /* by day of arrival */
    uint64_t  record;           /* where it was seen: the message */
} pl_sight_t;

/*
 * What (channel, provider's id) is found by, in `dedupe` and among the parked
 * statuses. PL_IO.
 */
pl_status_t pl_dedupe_hash(pl_hash_t *hash, uint32_t channel,
    const char *provider_id, uint8_t out[PL_HASH128_LEN], pl_err_t *err);

/*
 * Looks for (channel, provider's id). *seen says whether it is there, as
 * sight->record; otherwise *sight is what pl_dedupe_note takes. The folding
 * thread.
 */
pl_status_t pl_dedupe_look(pl_apply_t *ap, uint32_t channel,
    const char *provider_id, int64_t time_s, pl_sight_t *sight, bool *seen,
    pl_err_t *err);
pl_status_t pl_dedupe_note(pl_apply_t *ap, const pl_sight_t *sight,
    uint64_t record, pl_err_t *err);

/* Takes the row of (channel, provider's id) away, where there is one. */
pl_status_t pl_dedupe_drop(pl_apply_t *ap, uint32_t channel,
    const char *provider_id, int64_t time_s, pl_err_t *err);

/*
 * The same for what has no id: what an account (node) told under a field, by
 * its bytes. Its row names no message: record is 0.
 */
pl_status_t pl_dedupe_event(pl_apply_t *ap, const char *node,
    const char *field, pl_str_t raw, int64_t time_s, pl_sight_t *sight,
    bool *seen, pl_err_t *err);

/* Deletes up to rows rows older than before_ms, and forgets their days. */
pl_status_t pl_dedupe_prune(pl_apply_t *ap, int64_t before_ms,
    uint32_t rows, pl_err_t *err);

#endif /* PL_DEDUPE_H_INCLUDED */
