/*
 * Statuses of what is not known to be ours: another system may send from the
 * same number, or the answer to our own send may not have come home. They
 * wait under the provider's id, so that a send whose answer names it picks
 * them up; after PL_PARKED_KEEP_MS they are dropped and counted.
 *
 *     provider_ids   hash            ->  since
 *     parked         since, hash     ->  statuses
 *
 * since is in real time, as Prune goes, also of a sandbox tenant's: a clock
 * that is years ahead would keep its rows for as long, of those that all
 * tenants share.
 *
 * A row costs one page at a random place of the small index (at most
 * PL_PARKED_ROWS_MAX rows, 3 MiB) and one near the right edge. Who sends
 * through Parley alone pays nothing: statuses echo our number, and the look
 * at a send's answer is left out while the table is empty.
 */

#include <string.h>

#include "../core/record.h"
#include "apply.h"
#include "dedupe.h"
#include "sandbox.h"
#include "tomb.h"

#define PARKED_BYTES_MAX  4096      /* of a status; past it: no errors' text */
#define PARKED_PRUNE_MAX  64        /* rows of one Prune: all are in memory */

/* Where a row stands. */
typedef struct {
    uint8_t   hash[PL_HASH128_LEN];
    uint64_t  since;
    pl_key_t  index;
    pl_key_t  row;
} parked_at_t;

static pl_status_t parked_look(pl_apply_t *ap, uint32_t channel,
    const char *provider_id, parked_at_t *at, Pl__ParkedStatus **parked,
    pl_err_t *err);
static pl_status_t parked_del(pl_apply_t *ap, const parked_at_t *at,
    pl_err_t *err);
static pl_status_t parked_add(pl_apply_t *ap, Pl__ParkedStatus *parked,
    const Pl__DeliveryStatus *in, bool *added, pl_err_t *err);
static const char *parked_who(const Pl__DeliveryStatus *in);
static pl_status_t parked_drop(pl_apply_t *ap, const uint8_t *hash,
    const Pl__ParkedStatus *parked, pl_err_t *err);


pl_status_t
pl_parked_put(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    const Pl__DeliveryStatus *in, pl_err_t *err)
{
    bool               there, added, gone;
    uint64_t           rows;
    parked_at_t        at;
    pl_status_t        rc;
    Pl__ParkedStatus   fresh = PL__PARKED_STATUS__INIT, *parked;

    rc = pl_tomb_gone(ap, tenant, in->is_group ? in->participant
                                               : in->recipient,
                      in->is_group ? in->participant_user_id
                                   : in->recipient_user_id, &gone, err);

    if (rc == PL_OK && gone) {
        return pl_feed_count(ap, tenant, "privacy", "status", err);
    }

    if (rc == PL_OK) {
        rc = parked_look(ap, channel, in->provider_id, &at, &parked, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    there = (parked != NULL);

    if (!there) {
        rc = pl_store_count(ap->txn, PL_TABLE_PARKED, &rows, err);

        if (rc == PL_OK && rows >= PL_PARKED_ROWS_MAX) {
            return pl_feed_count(ap, tenant, "statuses", "dropped", err);
        }

        parked = &fresh;
        fresh.tenant = tenant;
        fresh.channel = channel;
    }

    if (rc != PL_OK) {
        return rc;
    }

    rc = parked_add(ap, parked, in, &added, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!added) {
        return pl_feed_count(ap, tenant, "statuses", "repeated", err);
    }

    rc = pl_record_put(ap->txn, PL_TABLE_PARKED, pl_key_str(&at.row),
                       &parked->base, false, err);

    if (rc == PL_OK && !there) {
        rc = pl_record_put_u64(ap->txn, PL_TABLE_PROVIDER_IDS,
                               pl_key_str(&at.index), at.since, false,
                               err);
    }

    return rc == PL_OK
           ? pl_feed_count(ap, tenant, "statuses", "parked", err) : rc;
}


pl_status_t
pl_parked_take(pl_apply_t *ap, uint32_t channel, const char *provider_id,
    uint64_t message, pl_err_t *err)
{
    size_t             i;
    uint64_t           rows;
    parked_at_t        at;
    pl_status_t        rc;
    Pl__ParkedStatus  *parked;

    rc = pl_store_count(ap->txn, PL_TABLE_PARKED, &rows, err);
    if (rc != PL_OK || rows == 0) {
        return rc;
    }

    rc = parked_look(ap, channel, provider_id, &at, &parked, err);
    if (rc != PL_OK || parked == NULL) {
        return rc;
    }

    rc = parked_del(ap, &at, err);

    for (i = 0; rc == PL_OK && i < parked->n_statuses; i++) {
        rc = pl_status_apply(ap, message, parked->statuses[i], err);
    }

    return rc;
}


pl_status_t
pl_parked_prune(pl_apply_t *ap, uint32_t rows, pl_err_t *err)
{
    uint8_t            hash[PL_HASH128_LEN];
    uint32_t           n;
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    Pl__ParkedStatus  *parked;
    ProtobufCMessage  *msg;

    rc = pl_store_scan(ap->txn, PL_TABLE_PARKED, PL_STR_NULL, false, &scan,
                       err);

    for (n = 0; rc == PL_OK && n < rows && n < PARKED_PRUNE_MAX; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK
            || (int64_t) pl_be32(key.data) * 1000
               >= ap->now_ms - PL_PARKED_KEEP_MS)
        {
            break;
        }

        memcpy(hash, key.data + 4, sizeof(hash));

        rc = pl_record_read(PL_TABLE_PARKED, value,
                            &pl__parked_status__descriptor, ap->ar, &msg,
                            err);
        parked = (Pl__ParkedStatus *) msg;

        if (rc == PL_OK) {
            rc = pl_store_scan_del(scan, err);
        }

        if (rc == PL_OK) {
            rc = parked_drop(ap, hash, parked, err);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* *parked NULL: nothing is parked under the id, and `at` is where it may be. */

static pl_status_t
parked_look(pl_apply_t *ap, uint32_t channel, const char *provider_id,
    parked_at_t *at, Pl__ParkedStatus **parked, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg = NULL;

    *parked = NULL;

    rc = pl_dedupe_hash(ap->hash, channel, provider_id, at->hash, err);
    if (rc != PL_OK) {
        return rc;
    }

    at->index.len = 0;
    at->index.overflow = false;
    pl_key_bytes(&at->index, at->hash, sizeof(at->hash));

    rc = pl_record_get_u64(ap->txn, PL_TABLE_PROVIDER_IDS,
                           pl_key_str(&at->index), &at->since, err);

    if (rc == PL_OK) {
        pl_key_dedupe(&at->row, (uint32_t) at->since, at->hash);

        rc = pl_record_get(ap->txn, PL_TABLE_PARKED, pl_key_str(&at->row),
                           &pl__parked_status__descriptor, ap->ar, &msg,
                           err);
        if (rc == PL_OK) {
            *parked = (Pl__ParkedStatus *) msg;
            return PL_OK;
        }

        rc = rc == PL_NOTFOUND ? parked_del(ap, at, err) : rc;
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    at->since = (uint64_t) (pl_sandbox_now(ap) / 1000);
    pl_key_dedupe(&at->row, (uint32_t) at->since, at->hash);

    return PL_OK;
}


/*
 * The row and what leads to it. Of one whose key was forgotten, as in a store
 * that was brought back, nobody sees the row: it is there all the same.
 */

static pl_status_t
parked_del(pl_apply_t *ap, const parked_at_t *at, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_store_del(ap->txn, PL_TABLE_PARKED, pl_key_str(&at->row), err);

    if (rc == PL_OK || rc == PL_NOTFOUND) {
        rc = pl_store_del(ap->txn, PL_TABLE_PROVIDER_IDS,
                          pl_key_str(&at->index), err);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Once each; what it says of where it stood in a body is left out. */

static pl_status_t
parked_add(pl_apply_t *ap, Pl__ParkedStatus *parked,
    const Pl__DeliveryStatus *in, bool *added, pl_err_t *err)
{
    size_t               i;
    const char          *a, *b;
    Pl__DeliveryStatus  *copy;

    *added = false;
    a = parked_who(in);

    for (i = 0; i < parked->n_statuses; i++) {
        b = parked_who(parked->statuses[i]);

        if (strcmp(parked->statuses[i]->status, in->status) == 0
            && strcmp(a, b) == 0)
        {
            return PL_OK;
        }
    }

    if (i >= PL_PARKED_STATUSES_MAX) {
        return PL_OK;
    }

    copy = pl_arena_alloc(ap->ar, sizeof(*copy));
    if (copy == NULL) {
        return pl_err_set(err, PL_NOMEM, "parked", 0, "out of memory");
    }

    *copy = *in;
    copy->path = NULL;
    copy->has_raw = 0;
    copy->raw.data = NULL;
    copy->raw.len = 0;
    copy->has_message = 0;

    if (protobuf_c_message_get_packed_size(&copy->base) > PARKED_BYTES_MAX) {
        copy->error = NULL;
        copy->n_errors = 0;
    }

    if (protobuf_c_message_get_packed_size(&copy->base) > PARKED_BYTES_MAX) {
        return PL_OK;
    }

    parked->statuses = pl_apply_list(ap, parked->statuses, i, copy);
    if (parked->statuses == NULL) {
        return pl_err_set(err, PL_NOMEM, "parked", 0, "out of memory");
    }

    parked->n_statuses = i + 1;
    *added = true;

    return PL_OK;
}


static const char *
parked_who(const Pl__DeliveryStatus *in)
{
    if (in->participant != NULL) {
        return in->participant;
    }

    return in->participant_user_id != NULL ? in->participant_user_id : "";
}


static pl_status_t
parked_drop(pl_apply_t *ap, const uint8_t *hash,
    const Pl__ParkedStatus *parked, pl_err_t *err)
{
    size_t       i;
    pl_key_t     index;
    pl_status_t  rc;

    index.len = 0;
    index.overflow = false;
    pl_key_bytes(&index, hash, PL_HASH128_LEN);

    rc = pl_store_del(ap->txn, PL_TABLE_PROVIDER_IDS, pl_key_str(&index),
                      err);
    if (rc == PL_NOTFOUND) {
        rc = PL_OK;
    }

    for (i = 0; rc == PL_OK && i < parked->n_statuses; i++) {
        rc = pl_feed_count(ap, parked->tenant, "statuses", "dropped", err);
    }

    return rc;
}
