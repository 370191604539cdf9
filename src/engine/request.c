/*
 * Verdicts. See request.h.
 */

#include <string.h>

#include "../core/record.h"
#include "request.h"

#define REQUEST_LOOK_ROWS  64

static void request_from(pl_key_t *key, const Pl__StateMeta *meta);
static bool request_past(const Pl__Verdict *verdict, int64_t now_ms);


pl_status_t
pl_request_get(pl_txn_t *txn, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN], int64_t now_ms, pl_arena_t *ar,
    Pl__Verdict **verdict, pl_err_t *err)
{
    pl_key_t           row;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *verdict = NULL;
    pl_key_request(&row, tenant, key);

    rc = pl_record_get(txn, PL_TABLE_REQUESTS, pl_key_str(&row),
                       &pl__verdict__descriptor, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (request_past((Pl__Verdict *) msg, now_ms)) {
        return PL_NOTFOUND;
    }

    *verdict = (Pl__Verdict *) msg;

    return PL_OK;
}


pl_status_t
pl_request_put(pl_apply_t *ap, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN], const Pl__Verdict *verdict,
    pl_err_t *err)
{
    pl_key_t  row;

    if (ap->asked != NULL) {            /* whose verdict it is: asked.h */
        *ap->asked = *verdict;
        return PL_OK;
    }

    pl_key_request(&row, tenant, key);

    return pl_record_put(ap->txn, PL_TABLE_REQUESTS, pl_key_str(&row),
                         &verdict->base, false, err);
}


pl_status_t
pl_request_digest(pl_apply_t *ap, const ProtobufCMessage *in,
    uint8_t digest[PL_HASH128_LEN], pl_err_t *err)
{
    size_t       len;
    uint8_t     *bytes;
    pl_str_t     piece;
    pl_status_t  rc;

    len = protobuf_c_message_get_packed_size(in);

    bytes = pl_arena_alloc(ap->ar, len);
    if (bytes == NULL) {
        return pl_err_set(err, PL_NOMEM, "request", 0, "out of memory");
    }

    piece.data = bytes;
    piece.len = protobuf_c_message_pack(in, bytes);

    rc = pl_hash_128(ap->hash, &piece, 1, digest);

    return rc == PL_OK ? rc
                       : pl_err_set(err, rc, "request", 0, "cannot hash");
}


pl_status_t
pl_request_again(pl_apply_t *ap, uint32_t tenant,
    const uint8_t key[PL_REQUEST_KEY_LEN],
    const uint8_t digest[PL_HASH128_LEN], Pl__Verdict *before, pl_err_t *err)
{
    pl_status_t  rc;

    if (before->digest.len == PL_HASH128_LEN
        && memcmp(before->digest.data, digest, PL_HASH128_LEN) == 0)
    {
        return pl_feed_count(ap, tenant, "requests", "repeated", err);
    }

    before->has_conflict = 1;
    before->conflict = ap->entry;

    rc = pl_request_put(ap, tenant, key, before, err);

    return rc == PL_OK ? pl_feed_count(ap, tenant, "requests", "conflict",
                                       err) : rc;
}


pl_status_t
pl_request_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err)
{
    uint32_t           n;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    request_from(&from, ap->meta);

    rc = pl_store_scan(ap->txn, PL_TABLE_REQUESTS, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (n = 0; n < rows; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            ap->meta->has_prune_tenant = 1;
            ap->meta->prune_tenant = pl_be32(key.data);
            ap->meta->has_prune_hash = 1;
            ap->meta->prune_hash = pl_be64(key.data + 4);

            rc = pl_record_read(PL_TABLE_REQUESTS, value,
                                &pl__verdict__descriptor, ap->ar, &msg, err);
        }

        if (rc == PL_OK && request_past((Pl__Verdict *) msg, ap->now_ms)) {
            rc = pl_store_scan_del(scan, err);
        }

        if (rc != PL_OK) {
            break;
        }
    }

    pl_store_scan_end(scan);

    if (rc == PL_NOTFOUND) {            /* the end: round again */
        ap->meta->has_prune_tenant = 0;
        ap->meta->prune_tenant = 0;
        ap->meta->has_prune_hash = 0;
        ap->meta->prune_hash = 0;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_request_old(pl_txn_t *txn, const Pl__StateMeta *meta, int64_t now_ms,
    pl_arena_t *ar, bool *old, pl_err_t *err)
{
    unsigned           n;
    pl_key_t           from;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *old = false;
    request_from(&from, meta);

    rc = pl_store_scan(txn, PL_TABLE_REQUESTS, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (n = 0; n < REQUEST_LOOK_ROWS && !*old; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc == PL_OK) {
            rc = pl_record_read(PL_TABLE_REQUESTS, value,
                                &pl__verdict__descriptor, ar, &msg, err);
        }

        if (rc != PL_OK) {
            break;
        }

        *old = request_past((Pl__Verdict *) msg, now_ms);
    }

    pl_store_scan_end(scan);

    /* at the table's end a Prune turns round, if it has not just begun */

    if (rc == PL_NOTFOUND && meta->has_prune_tenant) {
        *old = true;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static void
request_from(pl_key_t *key, const Pl__StateMeta *meta)
{
    key->len = 0;
    key->overflow = false;
    pl_key_u32(key, meta->prune_tenant);
    pl_key_u64(key, meta->prune_hash);
}


static bool
request_past(const Pl__Verdict *verdict, int64_t now_ms)
{
    return verdict->time_ms <= now_ms - PL_REQUEST_KEEP_MS;
}
