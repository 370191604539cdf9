/*
 * Caps: how many messages there may be, of a party in so many days or of a
 * tenant in a day or month of its calendar.
 *
 * A message is counted when its first attempt begins, once, however often it
 * is tried; and given back when it ends without having left. What was
 * counted is in rows of `caps`: of a party each message by its time, of a
 * tenant a count for each cap of its own, both beside the records that a
 * message writes anyway, so that only messages which a cap counts pay for
 * it. A cap that is new counts from then on.
 *
 * All of it belongs to the folding thread but pl_caps_used, which reads.
 * Errors are the store's, and PL_NOMEM.
 */

#ifndef PL_CAPS_H_INCLUDED
#define PL_CAPS_H_INCLUDED

#include "apply.h"
#include "policy.h"

#define PL_CAP_USES_MAX  (PL_CAPS_MAX * PL_CAP_CONTACT_MAX / 2)     /* 512 */

/*
 * The first of the terms' caps that counts this message and is used up, and
 * when it no longer is; *cap NULL: none. zone: the tenant's.
 */
pl_status_t pl_caps_used(pl_apply_t *ap, const pl_terms_t *terms,
    const pl_zone_t *zone, const Pl__Message *message, Pl__Category category,
    const pl_cap_t **cap, int64_t *until_ms, pl_err_t *err);

/*
 * Counts it, unless it has been; and gives it back, if it has. The message
 * is the caller's to put: *changed says whether it must.
 */
pl_status_t pl_caps_charge(pl_apply_t *ap, const pl_terms_t *terms,
    const pl_zone_t *zone, Pl__Message *message, Pl__Category category,
    bool *changed, pl_err_t *err);
pl_status_t pl_caps_return(pl_apply_t *ap, Pl__Message *message,
    bool *changed, pl_err_t *err);

/*
 * A contact is another one since: what went to either counts for the one
 * that stays. The other's row stays as it is, for a split.
 */
pl_status_t pl_caps_join(pl_apply_t *ap, const pl_party_t *into,
    const pl_party_t *from, pl_err_t *err);

#endif /* PL_CAPS_H_INCLUDED */
