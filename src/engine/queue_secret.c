/*
 * Which rows of the queues are sealed. Nearly all hold numbers, times and
 * codes, and are written three times for each message: to seal those would
 * cost every send, and hide nothing. See apply.h.
 */

#include "apply.h"


void
pl_queue_secret(pl_apply_t *ap, const Pl__Effect *effect)
{
    if (effect->collapse_key != NULL
        || (effect->of_case == PL__EFFECT__OF_RECONCILE
            && effect->reconcile->missed != NULL))
    {
        pl_store_secret(ap->txn, effect->contact != 0 ? effect->contact
                        : effect->party_kind
                          == PL__PARTY_KIND__PARTY_KIND_CHANNEL
                        ? 0 : effect->party);
    }
}
