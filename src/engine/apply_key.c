/*
 * KeySet: an API key is made, changed, or revoked. What is revoked, or has
 * expired, stays for PL_API_KEY_GONE_MS, so that it is known what it was.
 */

#include <string.h>

#include "../core/record.h"
#include "asked.h"
#include "quota.h"

static pl_status_t key_check(const pl_apply_t *ap, const Pl__KeySet *in,
    pl_err_t *err);
static pl_status_t key_bad(pl_err_t *err, const char *path,
    const char *text);
static pl_status_t key_make(pl_apply_t *ap, const Pl__KeySet *in,
    Pl__ApiKey *row, bool *full, pl_err_t *err);
static pl_status_t key_clear(pl_apply_t *ap, uint64_t *n, pl_err_t *err);
static bool key_gone(const pl_apply_t *ap, const Pl__ApiKey *row);
static pl_status_t key_told(pl_apply_t *ap, const Pl__KeySet *in,
    const Pl__ApiKey *row, const char *word, pl_err_t *err);


pl_status_t
pl_apply_key_set(pl_apply_t *ap, const Pl__KeySet *in, pl_err_t *err)
{
    bool               full = false;
    pl_str_t           hash = { in->hash.data, in->hash.len };
    pl_status_t        rc;
    Pl__ApiKey         made = PL__API_KEY__INIT;
    Pl__ApiKey        *row = &made;
    const char        *word = "made";
    ProtobufCMessage  *msg;

    rc = key_check(ap, in, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_record_get(ap->txn, PL_TABLE_KEYS, hash,
                       &pl__api_key__descriptor, ap->ar, &msg, err);

    if (rc == PL_OK) {
        row = (Pl__ApiKey *) msg;

        if (in->has_role || row->has_revoked_ms || row->tenant != in->tenant)
        {
            pl_asked_refuse(ap, "key.refused", NULL,
                            "there is such a key, or it was revoked");
            return PL_OK;
        }

        word = in->revoked ? "revoked" : "changed";

    } else if (rc == PL_NOTFOUND && !in->has_role) {
        pl_asked_refuse(ap, "key.unknown", NULL, "there is no such key");
        return PL_OK;

    } else if (rc == PL_NOTFOUND) {
        rc = key_make(ap, in, row, &full, err);
    }

    if (rc != PL_OK || full) {
        return rc;
    }

    if (in->has_expires_ms) {
        row->has_expires_ms = (in->expires_ms != 0);
        row->expires_ms = in->expires_ms;
    }

    row->name = in->name != NULL ? in->name : row->name;

    if (in->revoked) {
        row->has_revoked_ms = 1;
        row->revoked_ms = ap->now_ms;
    }

    rc = pl_record_put(ap->txn, PL_TABLE_KEYS, hash, &row->base, false, err);

    return rc == PL_OK ? key_told(ap, in, row, word, err) : rc;
}


static pl_status_t
key_check(const pl_apply_t *ap, const Pl__KeySet *in, pl_err_t *err)
{
    if (in->hash.len != PL_SHA256_LEN) {
        return key_bad(err, "hash", "32 bytes");
    }

    if (in->has_role
        && protobuf_c_enum_descriptor_get_value(&pl__api_role__descriptor,
                                                (int) in->role) == NULL)
    {
        return key_bad(err, "role", "there is no such role");
    }

    if (in->has_role
        && (in->tenant == 0)
           != (in->role == PL__API_ROLE__API_ROLE_OPERATOR))
    {
        return key_bad(err, "role", "an operator's key is for all tenants, "
                                    "and only that one");
    }

    if (in->has_role && in->tenant != 0
        && pl_settings_tenant(ap->settings, in->tenant) == NULL)
    {
        return key_bad(err, "tenant", "there is no such tenant");
    }

    if (in->name != NULL && strlen(in->name) > PL_ACTOR_MAX) {
        return key_bad(err, "name", "too long");
    }

    if (in->has_expires_ms && in->expires_ms < 0) {
        return key_bad(err, "expires_ms", "no time");
    }

    return in->actor != NULL && strlen(in->actor) > PL_ACTOR_MAX
           ? key_bad(err, "actor", "too long") : PL_OK;
}


static pl_status_t
key_bad(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "key", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}


static pl_status_t
key_make(pl_apply_t *ap, const Pl__KeySet *in, Pl__ApiKey *row, bool *full,
    pl_err_t *err)
{
    uint64_t     n = 0;
    const char  *limit = NULL;
    pl_status_t  rc;

    rc = key_clear(ap, &n, err);

    if (rc == PL_OK && in->tenant != 0) {
        rc = pl_quota_keys(ap, in->tenant, &limit, err);
    }

    if (rc == PL_OK && limit != NULL) {
        *full = true;
        pl_asked_refuse(ap, PL_QUOTA_RULE, NULL, limit);

    } else if (rc == PL_OK && n >= PL_API_KEYS_MAX) {
        *full = true;
        pl_asked_refuse(ap, "key.full", NULL, "there are too many keys");
    }

    if (rc != PL_OK || *full) {
        return rc;
    }

    row->id = pl_apply_id(ap);
    row->tenant = in->tenant;
    row->role = in->role;
    row->created_ms = ap->now_ms;
    row->actor = in->actor;

    return PL_OK;
}


/* Those that are long gone leave; *n: how many stay. */

static pl_status_t
key_clear(pl_apply_t *ap, uint64_t *n, pl_err_t *err)
{
    pl_str_t           key, value;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_scan(ap->txn, PL_TABLE_KEYS, PL_STR_NULL, false, &scan,
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    while (rc == PL_OK
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK)
    {
        rc = pl_record_read(PL_TABLE_KEYS, value, &pl__api_key__descriptor,
                            ap->ar, &msg, err);

        if (rc == PL_OK && key_gone(ap, (const Pl__ApiKey *) msg)) {
            rc = pl_store_scan_del(scan, err);

        } else {
            (*n)++;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static bool
key_gone(const pl_apply_t *ap, const Pl__ApiKey *row)
{
    int64_t  before = ap->now_ms - PL_API_KEY_GONE_MS;

    return (row->has_revoked_ms && row->revoked_ms < before)
           || (row->has_expires_ms && row->expires_ms < before);
}


static pl_status_t
key_told(pl_apply_t *ap, const Pl__KeySet *in, const Pl__ApiKey *row,
    const char *word, pl_err_t *err)
{
    Pl__AuditEvent  event = PL__AUDIT_EVENT__INIT;

    pl_asked_made(ap, row->id);

    event.kind = PL__AUDIT_KIND__AUDIT_KIND_KEY;
    event.has_subject = 1;
    event.subject = row->id;
    event.rule = (char *) word;
    event.text = row->name;
    event.actor = in->actor;

    return pl_feed_audit_row(ap, row->tenant, &event, err);
}
