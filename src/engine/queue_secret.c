/*
 * Which rows of the queues are sealed, and what becomes of one whose key was
 * forgotten. Nearly all hold numbers, times and codes, and are written three
 * times for each message: to seal those would cost every send, and hide
 * nothing. See apply.h.
 */

#include <string.h>

#include "../core/str.h"
#include "apply.h"


static pl_status_t secret_due(pl_apply_t *ap, const Pl__Attempt *in,
    pl_err_t *err);


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


pl_status_t
pl_queue_gone(pl_apply_t *ap, const Pl__Attempt *in, pl_err_t *err)
{
    pl_key_t     key;
    Pl__Effect   effect = PL__EFFECT__INIT;
    pl_status_t  rc;

    pl_key_seq(&key, in->effect);

    rc = pl_store_there(ap->txn, PL_TABLE_OUTBOX, pl_key_str(&key), err);

    if (rc == PL_OK) {
        rc = secret_due(ap, in, err);
    }

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;  /* it has ended */
    }

    effect.id = in->effect;
    effect.tenant = in->tenant;
    effect.channel = in->channel;
    effect.party_kind = in->party_kind;
    effect.party = in->party;
    effect.lane = in->lane;

    return pl_queue_end(ap, &effect, err);
}


/* When it is due nobody knows but the row itself: the lane is walked. */

static pl_status_t
secret_due(pl_apply_t *ap, const Pl__Attempt *in, pl_err_t *err)
{
    pl_key_t     from;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    pl_key_due_at(&from, in->tenant, in->channel, (uint8_t) in->lane);

    rc = pl_store_scan(ap->txn, PL_TABLE_DUE, pl_key_str(&from), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len != PL_KEY_DUE_LEN
            || memcmp(key.data, from.data, from.len) != 0)
        {
            break;
        }

        if (pl_be64(key.data + PL_KEY_DUE_LEN - 8) == in->effect) {
            rc = pl_store_scan_del(scan, err);
            break;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}
