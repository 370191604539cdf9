/*
 * Heads that are set aside: what holds them (hold.h) leaves their channel
 * open for others, so their rows in `due` must not stand in front of those.
 *
 *     due   tenant, channel, lane           time, effect  ->  place
 *           tenant, channel, lane + 0x80    time, effect  ->  place, what holds
 *
 * A head has one row in either place, or none while its attempt is on the
 * wire. StateMeta.aside counts the rows that are aside: where there are none,
 * nobody looks for one.
 */

#include "../core/record.h"
#include "hold.h"

static void aside_key(pl_key_t *key, const Pl__Effect *effect);


pl_status_t
pl_queue_aside(pl_apply_t *ap, const Pl__Effect *effect,
    const pl_hold_place_t *place, pl_err_t *err)
{
    pl_key_t     key, value;
    pl_status_t  rc;

    rc = pl_queue_hold(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    ap->meta->has_aside = 1;
    ap->meta->aside++;

    aside_key(&key, effect);
    pl_hold_aside_value(&value, effect, place);

    return pl_record_put_bytes(ap->txn, PL_TABLE_DUE, pl_key_str(&key),
                               pl_key_str(&value), false, err);
}


pl_status_t
pl_queue_unaside(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    if (ap->meta->aside == 0) {
        return PL_OK;
    }

    aside_key(&key, effect);

    rc = pl_store_del(ap->txn, PL_TABLE_DUE, pl_key_str(&key), err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    ap->meta->aside--;

    return PL_OK;
}


pl_status_t
pl_queue_is_aside(pl_apply_t *ap, const Pl__Effect *effect, bool *aside,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_str_t     value;
    pl_status_t  rc;

    *aside = false;

    if (ap->meta->aside == 0) {
        return PL_OK;
    }

    aside_key(&key, effect);

    rc = pl_store_get(ap->txn, PL_TABLE_DUE, pl_key_str(&key), &value, err);
    *aside = (rc == PL_OK);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_queue_return(pl_apply_t *ap, pl_str_t key, pl_str_t place, pl_err_t *err)
{
    pl_key_t     due;
    pl_status_t  rc;

    due.len = 0;
    due.overflow = false;
    pl_key_bytes(&due, key.data, key.len);
    due.data[PL_KEY_DUE_LANE] &= (uint8_t) ~PL_KEY_DUE_ASIDE;

    rc = pl_store_del(ap->txn, PL_TABLE_DUE, key, err);
    if (rc != PL_OK) {
        return rc;
    }

    ap->meta->aside -= (ap->meta->aside != 0);

    return pl_record_put_bytes(ap->txn, PL_TABLE_DUE, pl_key_str(&due),
                               place, false, err);
}


static void
aside_key(pl_key_t *key, const Pl__Effect *effect)
{
    pl_key_due(key, effect);
    key->data[PL_KEY_DUE_LANE] |= PL_KEY_DUE_ASIDE;
}
