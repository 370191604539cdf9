/*
 * See quota.h.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "keys.h"
#include "quota.h"

#define QUOTA_DAY_MS  86400000LL

static const Pl__TenantLimits *quota_limits(const pl_apply_t *ap,
    uint32_t tenant);
static pl_status_t quota_text(pl_apply_t *ap, uint64_t n, uint32_t most,
    const char *what, const char **text, pl_err_t *err);
static pl_status_t quota_counted(pl_apply_t *ap, uint32_t tenant,
    const char *metric, const char *label, uint64_t *n, pl_err_t *err);
static bool quota_good(const pl_apply_t *ap, const Pl__ApiKey *key);


pl_status_t
pl_quota_channels(pl_apply_t *ap, uint32_t tenant, const char **text,
    pl_err_t *err)
{
    size_t                     i;
    uint64_t                   n = 0;
    const Pl__TenantLimits    *limits = quota_limits(ap, tenant);
    const pl_channel_conf_t   *channel;

    *text = NULL;

    if (limits == NULL || !limits->has_channels) {
        return PL_OK;
    }

    for (i = 0; ; i++) {
        channel = pl_settings_channel_at(ap->settings, i);
        if (channel == NULL) {
            break;
        }

        n += channel->tenant == tenant && !channel->row->removed;
    }

    return quota_text(ap, n, limits->channels, "channels", text, err);
}


pl_status_t
pl_quota_keys(pl_apply_t *ap, uint32_t tenant, const char **text,
    pl_err_t *err)
{
    uint64_t                  n = 0;
    pl_str_t                  key, value;
    pl_scan_t                *scan;
    pl_status_t               rc;
    ProtobufCMessage         *msg;
    const Pl__TenantLimits   *limits = quota_limits(ap, tenant);

    *text = NULL;

    if (limits == NULL || !limits->has_keys) {
        return PL_OK;
    }

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
        if (rc == PL_OK) {
            n += ((const Pl__ApiKey *) msg)->tenant == tenant
                 && quota_good(ap, (const Pl__ApiKey *) msg);
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND
           ? quota_text(ap, n, limits->keys, "keys", text, err) : rc;
}


pl_status_t
pl_quota_messages(pl_apply_t *ap, uint32_t tenant, const char **text,
    pl_err_t *err)
{
    uint64_t                  n = 0;
    pl_status_t               rc;
    const Pl__TenantLimits   *limits = quota_limits(ap, tenant);

    *text = NULL;

    if (limits == NULL || !limits->has_messages_day) {
        return PL_OK;
    }

    rc = quota_counted(ap, tenant, "requests", "queued", &n, err);

    if (rc == PL_OK) {
        rc = quota_counted(ap, tenant, "requests", "scheduled", &n, err);
    }

    if (rc == PL_OK) {
        rc = quota_counted(ap, tenant, "flow_starts", "begun", &n, err);
    }

    return rc == PL_OK
           ? quota_text(ap, n, limits->messages_day, "messages_day", text,
                        err)
           : rc;
}


static const Pl__TenantLimits *
quota_limits(const pl_apply_t *ap, uint32_t tenant)
{
    const pl_tenant_conf_t  *conf;

    conf = pl_settings_tenant(ap->settings, tenant);

    return conf == NULL ? NULL : conf->row->limits;
}


static pl_status_t
quota_text(pl_apply_t *ap, uint64_t n, uint32_t most, const char *what,
    const char **text, pl_err_t *err)
{
    if (n < most) {
        return PL_OK;
    }

    *text = pl_arena_printf(ap->ar, "the tenant's limit of %s is %" PRIu32
                            ", and it has %" PRIu64, what, most, n);

    return *text != NULL ? PL_OK
                         : pl_err_set(err, PL_NOMEM, "limit", 0,
                                      "out of memory");
}


/* Of today: what stands in the table, and what this transaction has counted
   since (feed.c). */

static pl_status_t
quota_counted(pl_apply_t *ap, uint32_t tenant, const char *metric,
    const char *label, uint64_t *n, pl_err_t *err)
{
    size_t             i;
    uint32_t           day = (uint32_t) (ap->now_ms / QUOTA_DAY_MS);
    uint64_t           stored = 0;
    pl_key_t           key;
    pl_status_t        rc;
    const pl_tally_t  *tally;

    pl_key_counter(&key, tenant, metric, day, label);

    rc = pl_record_get_u64(ap->txn, PL_TABLE_COUNTERS, pl_key_str(&key),
                           &stored, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    *n += rc == PL_OK ? stored : 0;

    for (i = 0; i < ap->n_tallies; i++) {
        tally = &ap->tallies[i];

        if (tally->tenant == tenant && tally->day == day
            && strcmp(tally->metric, metric) == 0
            && strcmp(tally->label, label) == 0)
        {
            *n += tally->n;
        }
    }

    return PL_OK;
}


static bool
quota_good(const pl_apply_t *ap, const Pl__ApiKey *key)
{
    return !key->has_revoked_ms
           && (!key->has_expires_ms || key->expires_ms > ap->now_ms);
}
