/*
 * SettingsPublish: what nginx.conf says becomes rows of the settings table.
 * Names keep their ids for ever; what is no longer configured is marked
 * removed, since messages still name it. Flows that are gone, or have become
 * others, are kept for the runs that began with them (flow_keep.h).
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "flow_keep.h"
#include "hold.h"
#include "place.h"
#include "reconcile.h"

#define SETTINGS_KEY_MAX  (2 * PL_NAME_MAX + 32)

static pl_status_t publish_tenant(pl_apply_t *ap, Pl__TenantSettings *in,
    pl_err_t *err);
static pl_status_t publish_channel(pl_apply_t *ap, const char *tenant,
    const Pl__ChannelSettings *in, pl_err_t *err);
static bool publish_differs(const Pl__ChannelSettings *a,
    const Pl__ChannelSettings *b);
static pl_status_t publish_flow(pl_apply_t *ap, const char *tenant,
    const Pl__FlowSettings *in, uint32_t position, pl_err_t *err);
static pl_status_t publish_sweep(pl_apply_t *ap,
    const Pl__SettingsPublish *in, pl_err_t *err);
static pl_status_t publish_remove(pl_apply_t *ap,
    const pl_accounts_t *accounts, pl_str_t key, pl_str_t value,
    bool *removed, pl_err_t *err);
static pl_status_t publish_stays(pl_apply_t *ap,
    const pl_accounts_t *accounts, pl_str_t key,
    const Pl__ChannelSettings *channel, bool *stays, pl_err_t *err);
static pl_status_t publish_global(pl_apply_t *ap,
    const Pl__SettingsPublish *in, pl_err_t *err);
static pl_status_t publish_get(pl_apply_t *ap, const char *key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err);
static pl_status_t publish_put(pl_apply_t *ap, const char *key,
    const ProtobufCMessage *msg, pl_err_t *err);


pl_status_t
pl_apply_settings_publish(pl_apply_t *ap, const Pl__SettingsPublish *in,
    pl_err_t *err)
{
    size_t                     i, k;
    pl_status_t                rc;
    Pl__TenantSettings        *tenant;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(ap->settings);

    if (global != NULL && global->digest.len == in->digest.len
        && memcmp(global->digest.data, in->digest.data, in->digest.len) == 0)
    {
        return PL_OK;
    }

    ap->meta->generation++;

    rc = pl_flow_keep_old(ap, in, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < in->n_tenants; i++) {
        tenant = in->tenants[i];

        rc = publish_tenant(ap, tenant, err);

        for (k = 0; rc == PL_OK && k < tenant->n_channels; k++) {
            rc = publish_channel(ap, tenant->name, tenant->channels[k], err);
        }

        for (k = 0; rc == PL_OK && k < tenant->n_flows; k++) {
            rc = publish_flow(ap, tenant->name, tenant->flows[k],
                              (uint32_t) k, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = publish_sweep(ap, in, err);
    if (rc != PL_OK) {
        return rc;
    }

    return publish_global(ap, in, err);
}


static pl_status_t
publish_tenant(pl_apply_t *ap, Pl__TenantSettings *in, pl_err_t *err)
{
    char                 key[SETTINGS_KEY_MAX];
    pl_status_t          rc;
    ProtobufCMessage    *old;
    Pl__TenantSettings   row;

    (void) snprintf(key, sizeof(key), "tenant/%s", in->name);

    rc = publish_get(ap, key, &pl__tenant_settings__descriptor, &old, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    row = *in;
    row.n_channels = 0;
    row.n_flows = 0;
    row.has_removed = 0;
    row.has_generation = 1;
    row.generation = ap->meta->generation;
    row.has_id = 1;
    row.id = rc == PL_OK ? ((Pl__TenantSettings *) old)->id
                         : ap->meta->next_tenant++;
    row.has_clock_ms = rc == PL_OK
                       && ((Pl__TenantSettings *) old)->has_clock_ms;
    row.clock_ms = row.has_clock_ms ? ((Pl__TenantSettings *) old)->clock_ms
                                    : 0;
    row.over = rc == PL_OK ? ((Pl__TenantSettings *) old)->over : NULL;

    return publish_put(ap, key, &row.base, err);
}


static pl_status_t
publish_channel(pl_apply_t *ap, const char *tenant,
    const Pl__ChannelSettings *in, pl_err_t *err)
{
    char                  key[SETTINGS_KEY_MAX];
    pl_status_t           rc;
    ProtobufCMessage     *old;
    Pl__ChannelSettings   row;

    (void) snprintf(key, sizeof(key), "channel/%s/%s", tenant, in->name);

    rc = publish_get(ap, key, &pl__channel_settings__descriptor, &old, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    row = *in;
    row.has_removed = 0;
    row.has_renewed_ms = 0;
    row.has_generation = 1;
    row.generation = ap->meta->generation;
    row.has_id = 1;
    row.id = rc == PL_OK ? ((Pl__ChannelSettings *) old)->id
                         : ap->meta->next_channel++;
    row.over = rc == PL_OK ? ((Pl__ChannelSettings *) old)->over : NULL;

    if (rc == PL_OK) {
        rc = pl_place_renewed(ap, tenant, (Pl__ChannelSettings *) old, &row,
                              err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return publish_put(ap, key, &row.base, err);
}


pl_status_t
pl_place_renewed(pl_apply_t *ap, const char *tenant,
    const Pl__ChannelSettings *old, Pl__ChannelSettings *row,
    pl_err_t *err)
{
    bool               other;
    char               key[SETTINGS_KEY_MAX];
    uint32_t           of;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    row->has_renewed_ms = old->has_renewed_ms;
    row->renewed_ms = old->renewed_ms;

    if (!publish_differs(old, row)) {
        return PL_OK;
    }

    row->has_renewed_ms = 1;
    row->renewed_ms = ap->now_ms;

    other = old->removed || strcmp(old->account, row->account) != 0;

    if (ap->meta->holds == 0 && !other) {
        return PL_OK;
    }

    (void) snprintf(key, sizeof(key), "tenant/%s", tenant);

    rc = publish_get(ap, key, &pl__tenant_settings__descriptor, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    of = ((Pl__TenantSettings *) msg)->id;
    rc = other ? pl_reconcile_anew(ap, of, row->id, err) : PL_OK;

    return rc == PL_OK && ap->meta->holds != 0
           ? pl_hold_renewed(ap, of, row->id, err) : rc;
}


/*
 * A token is sealed anew with each publish: its MAC tells. A row without one
 * is of an older version, which says nothing.
 */

static bool
publish_differs(const Pl__ChannelSettings *a, const Pl__ChannelSettings *b)
{
    return strcmp(a->account, b->account) != 0
           || strcmp(a->api_base_url, b->api_base_url) != 0
           || a->removed != b->removed
           || a->token_mac.len != b->token_mac.len
           || (a->token_mac.len != 0
               && memcmp(a->token_mac.data, b->token_mac.data,
                         a->token_mac.len) != 0);
}


static pl_status_t
publish_flow(pl_apply_t *ap, const char *tenant, const Pl__FlowSettings *in,
    uint32_t position, pl_err_t *err)
{
    char               key[SETTINGS_KEY_MAX];
    Pl__FlowSettings   row;

    /* the position in the key: they are tried in the order of nginx.conf */

    (void) snprintf(key, sizeof(key), "flow/%s/%05" PRIu32 "/%s", tenant,
                    position, in->name);

    row = *in;
    row.has_generation = 1;
    row.generation = ap->meta->generation;

    return publish_put(ap, key, &row.base, err);
}


/*
 * Removes what the new generation did not name. A put ends what a scan hands
 * out, so each removal starts a scan anew behind the row just done; settings
 * change rarely.
 */

static pl_status_t
publish_sweep(pl_apply_t *ap, const Pl__SettingsPublish *in, pl_err_t *err)
{
    bool            removed;
    pl_key_t        at;
    pl_str_t        key, value;
    pl_scan_t      *scan;
    pl_status_t     rc;
    pl_accounts_t   accounts;

    rc = pl_place_accounts(in, ap->ar, &accounts, err);
    if (rc != PL_OK) {
        return rc;
    }

    at.len = 0;
    at.overflow = false;

    for ( ;; ) {
        rc = pl_store_scan(ap->txn, PL_TABLE_SETTINGS, pl_key_str(&at),
                           false, &scan, err);
        if (rc != PL_OK) {
            return rc;
        }

        for (removed = false; rc == PL_OK && !removed; /* void */ ) {
            rc = pl_store_scan_next(scan, &key, &value, err);
            if (rc != PL_OK) {
                break;
            }

            at.len = 0;
            pl_key_bytes(&at, key.data, key.len);

            rc = publish_remove(ap, &accounts, pl_key_str(&at), value,
                                &removed, err);
        }

        pl_store_scan_end(scan);

        if (rc != PL_OK) {
            return rc == PL_NOTFOUND ? PL_OK : rc;
        }

        pl_key_u8(&at, 0);              /* the next key there can be */
    }
}


/* Rows of the new generation, removed ones, and "global" stay untouched. */

static pl_status_t
publish_remove(pl_apply_t *ap, const pl_accounts_t *accounts, pl_str_t key,
    pl_str_t value, bool *removed, pl_err_t *err)
{
    bool                  stays;
    pl_status_t           rc;
    ProtobufCMessage     *msg;
    Pl__FlowSettings     *flow;
    Pl__TenantSettings   *tenant;
    Pl__ChannelSettings  *channel;

    static const ProtobufCMessageDescriptor *const  types[] = {
        ['c'] = &pl__channel_settings__descriptor,
        ['f'] = &pl__flow_settings__descriptor,
        ['g'] = &pl__global_settings__descriptor,
        ['t'] = &pl__tenant_settings__descriptor,
    };

    if (key.data[0] >= PL_COUNT(types) || types[key.data[0]] == NULL) {
        return PL_OK;
    }

    rc = pl_record_read(PL_TABLE_SETTINGS, value, types[key.data[0]], ap->ar,
                        &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    switch (key.data[0]) {

    case 'f':
        flow = (Pl__FlowSettings *) msg;
        *removed = (flow->generation != ap->meta->generation);
        return *removed ? pl_store_del(ap->txn, PL_TABLE_SETTINGS, key, err)
                        : PL_OK;

    case 't':
        tenant = (Pl__TenantSettings *) msg;
        *removed = (tenant->generation != ap->meta->generation
                    && !tenant->removed && !tenant->runtime);
        tenant->has_removed = 1;
        tenant->removed = 1;
        break;

    case 'c':
        channel = (Pl__ChannelSettings *) msg;

        if (channel->removed
            || channel->generation == ap->meta->generation)
        {
            break;
        }

        rc = publish_stays(ap, accounts, key, channel, &stays, err);
        if (rc != PL_OK || stays) {
            return rc;
        }

        *removed = true;
        rc = pl_place_gone(ap, channel, err);
        break;

    default:
        return PL_OK;
    }

    return *removed && rc == PL_OK
           ? pl_record_put(ap->txn, PL_TABLE_SETTINGS, key, msg, false, err)
           : rc;
}


/*
 * One that was made while nginx ran stays: unless its tenant is gone, or
 * nginx.conf has a channel of that account now.
 */

static pl_status_t
publish_stays(pl_apply_t *ap, const pl_accounts_t *accounts, pl_str_t key,
    const Pl__ChannelSettings *channel, bool *stays, pl_err_t *err)
{
    char                       name[SETTINGS_KEY_MAX];
    size_t                     len;
    pl_status_t                rc;
    ProtobufCMessage          *msg;
    const Pl__TenantSettings  *tenant;

    *stays = channel->runtime && !pl_place_taken(accounts, channel);
    if (!*stays) {
        return PL_OK;
    }

    /* "channel/TENANT/CHANNEL" */

    len = key.len - sizeof("channel/") - strlen(channel->name);
    (void) snprintf(name, sizeof(name), "tenant/%.*s", (int) len,
                    (const char *) key.data + sizeof("channel/") - 1);

    rc = publish_get(ap, name, &pl__tenant_settings__descriptor, &msg, err);

    tenant = rc == PL_OK ? (const Pl__TenantSettings *) msg : NULL;
    *stays = tenant != NULL
             && (tenant->runtime
                 || tenant->generation == ap->meta->generation);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Nobody is refused any more where nothing is sent. */

pl_status_t
pl_place_gone(pl_apply_t *ap, Pl__ChannelSettings *row, pl_err_t *err)
{
    const pl_channel_conf_t  *conf;

    row->has_removed = 1;
    row->removed = 1;
    row->has_token = 0;
    row->has_token_mac = 0;

    conf = pl_settings_channel(ap->settings, row->id);

    return conf == NULL ? PL_OK
                        : pl_hold_renewed(ap, conf->tenant, row->id, err);
}


static pl_status_t
publish_global(pl_apply_t *ap, const Pl__SettingsPublish *in, pl_err_t *err)
{
    char                 text[32];
    pl_status_t          rc;
    Pl__GlobalSettings   row = PL__GLOBAL_SETTINGS__INIT;

    row.generation = ap->meta->generation;
    row.digest = in->digest;
    row.key_file = in->key_file;
    row.journal_keep_ms = in->journal_keep_ms;
    row.has_store_size = in->has_store_size;
    row.store_size = in->store_size;
    row.media_dir = in->media_dir;
    row.unsubscribe_url = in->unsubscribe_url;
    row.has_media_max = in->has_media_max;
    row.media_max = in->media_max;
    row.has_mark_warn = in->has_mark_warn;
    row.mark_warn = in->mark_warn;
    row.has_mark_hold = in->has_mark_hold;
    row.mark_hold = in->mark_hold;
    row.has_mark_refuse = in->has_mark_refuse;
    row.mark_refuse = in->mark_refuse;
    row.has_journal_keep_bytes = in->has_journal_keep_bytes;
    row.journal_keep_bytes = in->journal_keep_bytes;
    row.keep = in->keep;
    row.n_subscriptions_allow = in->n_subscriptions_allow;
    row.subscriptions_allow = in->subscriptions_allow;
    row.twilio_callback = in->twilio_callback;
    row.n_old_key_files = in->n_old_key_files;
    row.old_key_files = in->old_key_files;

    rc = publish_put(ap, "global", &row.base, err);
    if (rc != PL_OK) {
        return rc;
    }

    ap->republished = true;

    (void) snprintf(text, sizeof(text), "generation %" PRIu32,
                    row.generation);

    return pl_feed_audit(ap, 0, PL__AUDIT_KIND__AUDIT_KIND_SETTINGS,
                         ap->entry, NULL, text, err);
}


static pl_status_t
publish_get(pl_apply_t *ap, const char *key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err)
{
    return pl_record_get(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key), type,
                         ap->ar, msg, err);
}


static pl_status_t
publish_put(pl_apply_t *ap, const char *key, const ProtobufCMessage *msg,
    pl_err_t *err)
{
    return pl_record_put(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key), msg,
                         false, err);
}
