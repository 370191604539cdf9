/*
 * TenantSet and ChannelSet. See place.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "asked.h"
#include "news.h"
#include "place.h"
#include "quota.h"

#define PLACE_KEY_MAX  (2 * PL_NAME_MAX + 32)

static pl_status_t place_channel_fits(pl_apply_t *ap,
    const Pl__ChannelSet *in, const Pl__ChannelSettings *old, bool *fits,
    pl_err_t *err);
static int place_by_account(const void *one, const void *two);
static bool place_tenant_may(pl_apply_t *ap, const Pl__TenantSet *in,
    const Pl__TenantSettings *old);
static bool place_may(pl_apply_t *ap, const char *what, bool create, bool is,
    bool runtime);
static pl_status_t place_tenant_put(pl_apply_t *ap, const Pl__TenantSet *in,
    const Pl__TenantSettings *old, pl_err_t *err);
static pl_status_t place_channels_gone(pl_apply_t *ap,
    const Pl__TenantSettings *tenant, pl_err_t *err);
static pl_status_t place_channel_put(pl_apply_t *ap,
    const Pl__ChannelSet *in, const Pl__ChannelSettings *old,
    const pl_tenant_conf_t *tenant, pl_err_t *err);
static pl_status_t place_told(pl_apply_t *ap, uint32_t tenant, uint64_t id,
    const char *what, const char *name, const char *actor, pl_err_t *err);
static pl_status_t place_get(pl_apply_t *ap, const char *key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err);


pl_status_t
pl_apply_tenant_set(pl_apply_t *ap, const Pl__TenantSet *in, pl_err_t *err)
{
    char                       key[PLACE_KEY_MAX];
    pl_status_t                rc;
    ProtobufCMessage          *msg;
    const Pl__TenantSettings  *old;

    rc = pl_place_tenant_check(in->row, err);
    if (rc != PL_OK) {
        return rc;
    }

    (void) snprintf(key, sizeof(key), "tenant/%s", in->row->name);

    rc = place_get(ap, key, &pl__tenant_settings__descriptor, &msg, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    old = rc == PL_OK ? (const Pl__TenantSettings *) msg : NULL;

    return place_tenant_may(ap, in, old)
           ? place_tenant_put(ap, in, old, err) : PL_OK;
}


pl_status_t
pl_apply_channel_set(pl_apply_t *ap, const Pl__ChannelSet *in, pl_err_t *err)
{
    bool                         fits;
    char                         key[PLACE_KEY_MAX];
    pl_status_t                  rc;
    ProtobufCMessage            *msg;
    const pl_tenant_conf_t      *tenant;
    const Pl__ChannelSettings   *old;

    rc = in->removed && pl_name_valid(pl_str_c(in->row->name))
         ? PL_OK : pl_place_channel_check(in->row, err);
    if (rc != PL_OK) {
        return rc;
    }

    tenant = pl_settings_tenant(ap->settings, in->tenant);

    if (tenant == NULL || tenant->row->removed) {
        pl_asked_refuse(ap, "tenant.unknown", NULL,
                        "there is no such tenant");
        return PL_OK;
    }

    (void) snprintf(key, sizeof(key), "channel/%s/%s", tenant->row->name,
                    in->row->name);

    rc = place_get(ap, key, &pl__channel_settings__descriptor, &msg, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    old = rc == PL_OK ? (const Pl__ChannelSettings *) msg : NULL;

    if (!place_may(ap, "channel", in->create,
                   old != NULL && !old->removed,
                   old != NULL && old->runtime))
    {
        return PL_OK;
    }

    rc = place_channel_fits(ap, in, old, &fits, err);

    return rc == PL_OK && fits ? place_channel_put(ap, in, old, tenant, err)
                               : rc;
}


pl_status_t
pl_place_accounts(const Pl__SettingsPublish *in, pl_arena_t *ar,
    pl_accounts_t *accounts, pl_err_t *err)
{
    size_t  i, k, n = 0;

    for (i = 0; i < in->n_tenants; i++) {
        n += in->tenants[i]->n_channels;
    }

    accounts->n = 0;
    accounts->rows = pl_arena_alloc(ar, (n + 1) * sizeof(*accounts->rows));
    if (accounts->rows == NULL) {
        return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
    }

    for (i = 0; i < in->n_tenants; i++) {
        for (k = 0; k < in->tenants[i]->n_channels; k++) {
            accounts->rows[accounts->n++] = in->tenants[i]->channels[k];
        }
    }

    qsort(accounts->rows, accounts->n, sizeof(*accounts->rows),
          place_by_account);

    return PL_OK;
}


bool
pl_place_taken(const pl_accounts_t *accounts, const Pl__ChannelSettings *row)
{
    return bsearch(&row, accounts->rows, accounts->n,
                   sizeof(*accounts->rows), place_by_account) != NULL;
}


static int
place_by_account(const void *one, const void *two)
{
    int                                order;
    const Pl__ChannelSettings *const  *a = one, *const *b = two;

    order = strcmp((*a)->account, (*b)->account);

    return order != 0 ? order : strcmp((*a)->provider, (*b)->provider);
}


/* Is there room for it, and has it all that it needs? Else it is refused. */

static pl_status_t
place_channel_fits(pl_apply_t *ap, const Pl__ChannelSet *in,
    const Pl__ChannelSettings *old, bool *fits, pl_err_t *err)
{
    const char                *limit = NULL;
    pl_status_t                rc = PL_OK;
    const pl_channel_conf_t   *other;

    *fits = false;

    if (old == NULL && ap->meta->next_channel > PL_PLACE_CHANNELS_MAX) {
        pl_asked_refuse(ap, "channel.full", NULL, "there are too many");
        return PL_OK;
    }

    if (!in->removed && (old == NULL || old->removed)) {
        rc = pl_quota_channels(ap, in->tenant, &limit, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (limit != NULL) {
        pl_asked_refuse(ap, PL_QUOTA_RULE, NULL, limit);
        return PL_OK;
    }

    other = in->removed ? NULL
            : pl_settings_account(ap->settings, pl_str_c(in->row->provider),
                                  pl_str_c(in->row->account));

    if (other != NULL && (old == NULL || other->row->id != old->id)) {
        pl_asked_refuse(ap, "channel.account", "account",
                        "another channel has this account");
        return PL_OK;
    }

    if (!in->removed && !in->row->has_token
        && (old == NULL || !old->has_token)
        && pl_place_wants_token(in->row))
    {
        pl_asked_refuse(ap, "channel.token", "token", "it has to be said");
        return PL_OK;
    }

    *fits = true;

    return PL_OK;
}


static bool
place_tenant_may(pl_apply_t *ap, const Pl__TenantSet *in,
    const Pl__TenantSettings *old)
{
    const char              *like;
    const pl_tenant_conf_t  *base;

    if (!place_may(ap, "tenant", in->create, old != NULL && !old->removed,
                   old != NULL && old->runtime))
    {
        return false;
    }

    if (old == NULL && ap->meta->next_tenant > PL_PLACE_TENANTS_MAX) {
        pl_asked_refuse(ap, "tenant.full", NULL, "there are too many");
        return false;
    }

    like = in->row->like;

    if (in->removed) {
        return true;
    }

    /* what runs in the one's flows cannot go on in another's */

    if (old != NULL && !old->removed
        && strcmp(like == NULL ? "" : like,
                  old->like == NULL ? "" : old->like) != 0)
    {
        pl_asked_refuse(ap, "tenant.like", "like", "it cannot be changed");
        return false;
    }

    base = like == NULL ? NULL
           : pl_settings_tenant_named(ap->settings, pl_str_c(like));

    if (like != NULL && (base == NULL || base->row->runtime
                         || base->row->removed)
        && (old == NULL || old->removed))
    {
        pl_asked_refuse(ap, "tenant.like", "like",
                        "nginx.conf has no such tenant");
        return false;
    }

    return true;
}


/* is: there is one that stands; runtime: not one of nginx.conf. */

static bool
place_may(pl_apply_t *ap, const char *what, bool create, bool is,
    bool runtime)
{
    bool  tenant = what[0] == 't';

    if (is && !runtime) {
        pl_asked_refuse(ap, tenant ? "tenant.configured"
                                   : "channel.configured",
                        "name", "nginx.conf has it, and says what it is");
        return false;
    }

    if (create && is) {
        pl_asked_refuse(ap, tenant ? "tenant.exists" : "channel.exists",
                        "name", "there is one of this name");
        return false;
    }

    if (!create && !is) {
        pl_asked_refuse(ap, tenant ? "tenant.unknown" : "channel.unknown",
                        NULL, "there is none of this name");
        return false;
    }

    return true;
}


static pl_status_t
place_tenant_put(pl_apply_t *ap, const Pl__TenantSet *in,
    const Pl__TenantSettings *old, pl_err_t *err)
{
    pl_status_t          rc;
    Pl__TenantSettings   row;

    rc = pl_news_begin(ap, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = in->removed ? *old : *in->row;
    row.n_channels = 0;
    row.n_flows = 0;
    row.has_runtime = 1;
    row.runtime = 1;
    row.has_removed = in->removed;
    row.removed = in->removed;
    row.has_generation = 1;
    row.generation = ap->meta->generation;
    row.has_id = 1;
    row.id = old != NULL ? old->id : ap->meta->next_tenant++;
    row.over = old != NULL ? old->over : NULL;
    row.has_clock_ms = row.sandbox && old != NULL && old->has_clock_ms;
    row.clock_ms = row.has_clock_ms ? old->clock_ms : 0;

    rc = in->removed ? place_channels_gone(ap, &row, err) : PL_OK;

    if (rc == PL_OK) {
        rc = pl_news_tenant(ap, &row, err);
    }

    return rc == PL_OK
           ? place_told(ap, row.id, row.id,
                        in->removed ? "tenant removed" : old == NULL
                        || old->removed ? "tenant made" : "tenant changed",
                        row.name, in->actor, err)
           : rc;
}


/* All that are left of it; a put ends no walk of the snapshot's list. */

static pl_status_t
place_channels_gone(pl_apply_t *ap, const Pl__TenantSettings *tenant,
    pl_err_t *err)
{
    size_t                     i;
    pl_status_t                rc = PL_OK;
    Pl__ChannelSettings        row;
    const pl_channel_conf_t   *c;

    for (i = 0; rc == PL_OK; i++) {
        c = pl_settings_channel_at(ap->settings, i);
        if (c == NULL) {
            break;
        }

        if (c->tenant != tenant->id || c->row->removed) {
            continue;
        }

        row = *c->base;
        rc = pl_place_gone(ap, &row, err);

        if (rc == PL_OK) {
            rc = pl_news_channel(ap, tenant->id, tenant->name, &row, err);
        }
    }

    return rc;
}


static pl_status_t
place_channel_put(pl_apply_t *ap, const Pl__ChannelSet *in,
    const Pl__ChannelSettings *old, const pl_tenant_conf_t *tenant,
    pl_err_t *err)
{
    uint32_t              of = tenant->id;
    pl_status_t           rc;
    Pl__ChannelSettings   row;

    rc = pl_news_begin(ap, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = in->removed ? *old : *in->row;
    row.has_runtime = 1;
    row.runtime = 1;
    row.has_removed = 0;
    row.has_renewed_ms = 0;
    row.has_generation = 1;
    row.generation = ap->meta->generation;
    row.has_id = 1;
    row.id = old != NULL ? old->id : ap->meta->next_channel++;

    row.over = old != NULL ? old->over : NULL;

    if (!in->removed && !in->row->has_token && old != NULL) {
        row.has_token = old->has_token;
        row.token = old->token;
        row.has_token_mac = old->has_token_mac;
        row.token_mac = old->token_mac;
    }

    if (in->removed) {
        rc = pl_place_gone(ap, &row, err);

    } else if (old != NULL) {
        rc = pl_place_renewed(ap, tenant->row->name, old, &row, err);
    }

    if (rc == PL_OK) {
        rc = pl_news_channel(ap, of, tenant->row->name, &row, err);
    }

    return rc == PL_OK
           ? place_told(ap, of, row.id,
                        in->removed ? "channel removed" : old == NULL
                        || old->removed ? "channel made" : "channel changed",
                        row.name, in->actor, err)
           : rc;
}


static pl_status_t
place_told(pl_apply_t *ap, uint32_t tenant, uint64_t id, const char *what,
    const char *name, const char *actor, pl_err_t *err)
{
    Pl__AuditEvent  event = PL__AUDIT_EVENT__INIT;

    pl_asked_made(ap, id);

    event.kind = PL__AUDIT_KIND__AUDIT_KIND_SETTINGS;
    event.has_subject = 1;
    event.subject = id;
    event.rule = (char *) what;
    event.text = (char *) name;
    event.actor = (char *) actor;

    return pl_feed_audit_row(ap, tenant, &event, err);
}


static pl_status_t
place_get(pl_apply_t *ap, const char *key,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err)
{
    return pl_record_get(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key), type,
                         ap->ar, msg, err);
}
