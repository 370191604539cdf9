/*
 * Dedupe rows. See dedupe.h.
 */

#include <string.h>

#include "../core/record.h"
#include "dedupe.h"
#include "sandbox.h"

#define DEDUPE_DAY_S     86400
#define DEDUPE_BEFORE_S  (10 * DEDUPE_DAY_S)
#define DEDUPE_AFTER_S   DEDUPE_DAY_S

static pl_status_t dedupe_find(pl_apply_t *ap, uint32_t time_s,
    pl_sight_t *sight, bool *seen, pl_err_t *err);
static void dedupe_odd_day(pl_apply_t *ap, uint32_t day);


pl_status_t
pl_dedupe_hash(pl_hash_t *hash, uint32_t channel, const char *provider_id,
    uint8_t out[PL_HASH128_LEN], pl_err_t *err)
{
    pl_key_t     who;
    pl_str_t     pieces[2];
    pl_status_t  rc;

    who.len = 0;
    who.overflow = false;
    pl_key_u32(&who, channel);

    pieces[0] = pl_key_str(&who);
    pieces[1] = pl_str_c(provider_id);

    rc = pl_hash_128(hash, pieces, 2, out);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "dedupe", 0, "cannot hash");
    }

    return PL_OK;
}


pl_status_t
pl_dedupe_look(pl_apply_t *ap, uint32_t channel, const char *provider_id,
    int64_t time_s, pl_sight_t *sight, bool *seen, pl_err_t *err)
{
    size_t       i;
    int64_t      now_s;
    pl_status_t  rc;

    rc = pl_dedupe_hash(ap->hash, channel, provider_id, sight->hash, err);
    if (rc != PL_OK) {
        return rc;
    }

    now_s = pl_sandbox_now(ap) / 1000;
    sight->odd = (time_s < now_s - DEDUPE_BEFORE_S
                  || time_s > now_s + DEDUPE_AFTER_S);
    sight->time_s = (uint32_t) (sight->odd ? now_s - now_s % DEDUPE_DAY_S
                                           : time_s);

    if (time_s >= 0 && time_s <= UINT32_MAX) {
        rc = dedupe_find(ap, (uint32_t) time_s, sight, seen, err);
        if (rc != PL_OK || *seen) {
            return rc;
        }
    }

    *seen = false;

    for (i = 0; i < ap->meta->n_odd_days; i++) {
        rc = dedupe_find(ap, ap->meta->odd_days[i], sight, seen, err);
        if (rc != PL_OK || *seen) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_dedupe_note(pl_apply_t *ap, const pl_sight_t *sight, uint64_t record,
    pl_err_t *err)
{
    pl_key_t  key;

    if (sight->odd) {
        dedupe_odd_day(ap, sight->time_s);
    }

    pl_key_dedupe(&key, sight->time_s, sight->hash);

    return pl_record_put_u64(ap->txn, PL_TABLE_DEDUPE, pl_key_str(&key),
                             record, false, err);
}


pl_status_t
pl_dedupe_drop(pl_apply_t *ap, uint32_t channel, const char *provider_id,
    int64_t time_s, pl_err_t *err)
{
    size_t       i;
    uint8_t      hash[PL_HASH128_LEN];
    pl_key_t     key;
    pl_status_t  rc;

    rc = pl_dedupe_hash(ap->hash, channel, provider_id, hash, err);

    if (rc == PL_OK && time_s >= 0 && time_s <= UINT32_MAX) {
        pl_key_dedupe(&key, (uint32_t) time_s, hash);
        rc = pl_store_del(ap->txn, PL_TABLE_DEDUPE, pl_key_str(&key), err);
    }

    for (i = 0; (rc == PL_OK || rc == PL_NOTFOUND)
                && i < ap->meta->n_odd_days; i++)
    {
        pl_key_dedupe(&key, ap->meta->odd_days[i], hash);
        rc = pl_store_del(ap->txn, PL_TABLE_DEDUPE, pl_key_str(&key), err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_dedupe_event(pl_apply_t *ap, const char *node, const char *field,
    pl_str_t raw, int64_t time_s, pl_sight_t *sight, bool *seen,
    pl_err_t *err)
{
    char         id[2 * PL_HASH128_LEN + 1];
    uint8_t      hash[PL_HASH128_LEN];
    pl_str_t     pieces[3];
    pl_status_t  rc;

    pieces[0] = pl_str_c(node);
    pieces[1] = pl_str_c(field);
    pieces[2] = raw;

    rc = pl_hash_128(ap->hash, pieces, 3, hash);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "dedupe", 0, "cannot hash");
    }

    pl_hex_encode(hash, sizeof(hash), id);

    return pl_dedupe_look(ap, 0, id, time_s, sight, seen, err);
}


pl_status_t
pl_dedupe_prune(pl_apply_t *ap, int64_t before_ms, uint32_t rows,
    pl_err_t *err)
{
    size_t       i, n;
    int64_t      before_s;
    uint32_t     k;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    before_s = before_ms / 1000;

    rc = pl_store_scan(ap->txn, PL_TABLE_DEDUPE, PL_STR_NULL, false, &scan,
                       err);

    for (k = 0; rc == PL_OK && k < rows; k++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || (int64_t) pl_be32(key.data) >= before_s) {
            break;
        }

        rc = pl_store_scan_del(scan, err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    if (k == rows) {
        return PL_OK;           /* there may be more: keep the days */
    }

    for (i = 0, n = 0; i < ap->meta->n_odd_days; i++) {
        if ((int64_t) ap->meta->odd_days[i] >= before_s) {
            ap->meta->odd_days[n++] = ap->meta->odd_days[i];
        }
    }

    ap->meta->n_odd_days = n;

    return PL_OK;
}


static pl_status_t
dedupe_find(pl_apply_t *ap, uint32_t time_s, pl_sight_t *sight, bool *seen,
    pl_err_t *err)
{
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_dedupe(&key, time_s, sight->hash);

    rc = pl_record_get_u64(ap->txn, PL_TABLE_DEDUPE, pl_key_str(&key),
                           &sight->record, err);
    *seen = (rc == PL_OK);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/*
 * The list lives in the fold's copy of the state's meta, which has room for
 * PL_ODD_DAYS_MAX; days without rows leave it when dedupe is pruned. Should
 * nobody ever prune, the oldest day leaves: it is past what is kept.
 */

static void
dedupe_odd_day(pl_apply_t *ap, uint32_t day)
{
    size_t  i, n;

    n = ap->meta->n_odd_days;

    for (i = 0; i < n; i++) {
        if (ap->meta->odd_days[i] == day) {
            return;
        }
    }

    if (n == PL_ODD_DAYS_MAX) {
        memmove(ap->meta->odd_days, ap->meta->odd_days + 1,
                (n - 1) * sizeof(uint32_t));
        n--;
    }

    ap->meta->odd_days[n] = day;
    ap->meta->n_odd_days = n + 1;
}
