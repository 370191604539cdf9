/*
 * The settings snapshot. See settings.h.
 *
 * Rows of the settings table:
 *
 *     "global"                      GlobalSettings
 *     "tenant/TENANT"               TenantSettings, without its lists
 *     "channel/TENANT/CHANNEL"      ChannelSettings
 *     "flow/TENANT/POSITION/FLOW"   FlowSettings, tried in this order
 *     "kept/TENANT/FLOW/VERSION"    FlowSettings, for runs (flow_keep.h)
 *
 * Ids are small and given in order, so finding by id is an index; finding by
 * account is a hash of (provider, account), since every item of every
 * webhook asks; and by name another, since there may be ten thousand.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "over.h"
#include "settings_impl.h"

#define SETTINGS_ARENA_BLOCK  16384
#define SETTINGS_ARENA_MAX    (256u * 1024 * 1024)
#define SETTINGS_ROWS_MAX     200000

/* Rows by table prefix, as scanned. */
typedef struct {
    const char                        *prefix;
    const ProtobufCMessageDescriptor  *type;
    ProtobufCMessage                 **rows;
    char                             **names;   /* behind the prefix */
    size_t                             n;
} settings_list_t;

static pl_status_t settings_read(pl_settings_t *s, pl_txn_t *txn,
    settings_list_t *list, pl_err_t *err);
static pl_status_t settings_tenants(pl_settings_t *s,
    const settings_list_t *list, pl_err_t *err);
static pl_status_t settings_channels(pl_settings_t *s,
    const settings_list_t *list, pl_err_t *err);
static pl_status_t settings_flows(pl_settings_t *s,
    const settings_list_t *list, const pl_codec_t *codec, pl_err_t *err);
static pl_status_t settings_terms(pl_settings_t *s, pl_err_t *err);
static void settings_like(pl_settings_t *s);
static pl_tenant_conf_t *settings_owner(pl_settings_t *s, const char *name);
static int settings_by_tenant(const void *a, const void *b);
static int settings_by_channel(const void *a, const void *b);
static pl_status_t settings_nomem(pl_err_t *err);


pl_status_t
pl_settings_load(pl_settings_t **settings, pl_txn_t *txn,
    const pl_codec_t *codec, pl_err_t *err)
{
    size_t           i;
    pl_status_t      rc;
    pl_settings_t   *s;
    settings_list_t  lists[] = {
        { "global", &pl__global_settings__descriptor, NULL, NULL, 0 },
        { "tenant/", &pl__tenant_settings__descriptor, NULL, NULL, 0 },
        { "channel/", &pl__channel_settings__descriptor, NULL, NULL, 0 },
        { "flow/", &pl__flow_settings__descriptor, NULL, NULL, 0 },
    };

    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return settings_nomem(err);
    }

    s->ar = pl_arena_create(SETTINGS_ARENA_BLOCK, SETTINGS_ARENA_MAX);
    s->kept = s->ar == NULL ? NULL : pl_arena_zalloc(s->ar,
                                                     sizeof(*s->kept));
    rc = s->kept == NULL ? settings_nomem(err) : PL_OK;

    for (i = 0; rc == PL_OK && i < PL_COUNT(lists); i++) {
        rc = settings_read(s, txn, &lists[i], err);
    }

    if (rc == PL_OK) {
        s->global = lists[0].n == 0 ? NULL
                                    : (Pl__GlobalSettings *) lists[0].rows[0];
        rc = settings_tenants(s, &lists[1], err);
    }

    if (rc == PL_OK) {
        rc = settings_channels(s, &lists[2], err);
    }

    if (rc == PL_OK) {
        rc = settings_flows(s, &lists[3], codec, err);
    }

    if (rc == PL_OK) {
        settings_like(s);
        rc = settings_terms(s, err);
    }

    if (rc == PL_OK) {
        rc = pl_settings_accounts(s, err);
    }

    if (rc == PL_OK) {
        rc = pl_zones_load(&s->zones, txn, err);
    }

    if (rc != PL_OK) {
        pl_settings_destroy(s);
        return rc;
    }

    *settings = s;

    return PL_OK;
}


void
pl_settings_destroy(pl_settings_t *s)
{
    size_t  i, k;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->n_tenants; i++) {
        for (k = 0; s->tenants[i].like == 0 && k < s->tenants[i].n_flows;
             k++)
        {
            pl_flow_destroy(s->tenants[i].flows[k]);
        }

        pl_terms_clear(s->tenants[i].own);
    }

    for (i = 0; s->kept != NULL && i < PL_KEPT_MAX; i++) {
        pl_flow_destroy(s->kept->rows[i].flow);
    }

    pl_zones_destroy(s->zones);
    pl_arena_destroy(s->ar);
    free(s);
}


uint32_t
pl_settings_generation(const pl_settings_t *s)
{
    if (s->stale) {
        return UINT32_MAX;
    }

    return s->global == NULL ? 0 : s->global->generation;
}


void
pl_settings_marks(const pl_settings_t *s, pl_marks_t *marks)
{
    const Pl__GlobalSettings  *row;

    row = s == NULL ? NULL : s->global;

    marks->percent[0] = row != NULL && row->has_mark_warn
                        ? row->mark_warn : PL_MARK_WARN_PERCENT;
    marks->percent[1] = row != NULL && row->has_mark_hold
                        ? row->mark_hold : PL_MARK_HOLD_PERCENT;
    marks->percent[2] = row != NULL && row->has_mark_refuse
                        ? row->mark_refuse : PL_MARK_REFUSE_PERCENT;
}


const Pl__GlobalSettings *
pl_settings_global(const pl_settings_t *s)
{
    return s == NULL ? NULL : s->global;
}


const pl_tenant_conf_t *
pl_settings_tenant(const pl_settings_t *s, uint32_t id)
{
    return id == 0 || id > s->n_tenants ? NULL : &s->tenants[id - 1];
}


const pl_channel_conf_t *
pl_settings_channel(const pl_settings_t *s, uint32_t id)
{
    return id == 0 || id > s->n_channels ? NULL : &s->channels[id - 1];
}


pl_kept_list_t *
pl_settings_kept(const pl_settings_t *s)
{
    return s->kept;
}


int64_t
pl_settings_clock(const pl_settings_t *s, uint32_t tenant)
{
    const pl_tenant_conf_t  *conf;

    if (s == NULL || !s->turned) {
        return 0;
    }

    conf = pl_settings_tenant(s, tenant);

    return conf == NULL ? 0 : conf->row->clock_ms;
}


bool
pl_settings_turned(const pl_settings_t *s)
{
    return s != NULL && s->turned;
}


bool
pl_settings_sandbox(const pl_settings_t *s, uint32_t tenant)
{
    const pl_tenant_conf_t  *conf;

    conf = s == NULL ? NULL : pl_settings_tenant(s, tenant);

    return conf != NULL && conf->row->sandbox;
}


const pl_tenant_conf_t *
pl_settings_tenant_at(const pl_settings_t *s, size_t i)
{
    return i < s->n_tenants ? &s->tenants[i] : NULL;
}


const pl_channel_conf_t *
pl_settings_channel_at(const pl_settings_t *s, size_t i)
{
    return i < s->n_channels ? &s->channels[i] : NULL;
}


const pl_zone_t *
pl_settings_zone(const pl_settings_t *s, pl_str_t name)
{
    return pl_zones_find(pl_settings_zones(s), name);
}


const pl_zones_t *
pl_settings_zones(const pl_settings_t *s)
{
    return s == NULL ? NULL : s->zones;
}


pl_str_t
pl_settings_token_aad(char *buf, const char *tenant, const char *channel)
{
    int       n;
    pl_str_t  aad;

    n = snprintf(buf, PL_SETTINGS_AAD_MAX, "channel/%s/%s/token", tenant,
                 channel);

    aad.data = (const uint8_t *) buf;
    aad.len = n < 0 ? 0 : (size_t) n;

    if (aad.len >= PL_SETTINGS_AAD_MAX) {
        aad.len = PL_SETTINGS_AAD_MAX - 1;
    }

    return aad;
}


static pl_status_t
settings_read(pl_settings_t *s, pl_txn_t *txn, settings_list_t *list,
    pl_err_t *err)
{
    size_t        len, room;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   rc;
    void        **grown;

    len = strlen(list->prefix);
    room = 0;

    rc = pl_store_scan(txn, PL_TABLE_SETTINGS, pl_str_c(list->prefix), false,
                       &scan, err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < len
            || memcmp(key.data, list->prefix, len) != 0
            || list->n == SETTINGS_ROWS_MAX)
        {
            break;
        }

        if (list->n == room) {
            room = room == 0 ? 16 : room * 2;
            grown = pl_arena_alloc(s->ar, 2 * room * sizeof(void *));
            if (grown == NULL) {
                rc = settings_nomem(err);
                break;
            }

            if (list->n != 0) {
                memcpy(grown, list->rows, list->n * sizeof(void *));
                memcpy(grown + room, list->names, list->n * sizeof(void *));
            }

            list->rows = (ProtobufCMessage **) grown;
            list->names = (char **) (grown + room);
        }

        rc = pl_record_read(PL_TABLE_SETTINGS, value, list->type, s->ar,
                            &list->rows[list->n], err);
        if (rc == PL_OK) {
            key.data += len;
            key.len -= len;
            list->names[list->n] = pl_arena_str(s->ar, key);
            rc = list->names[list->n++] == NULL ? settings_nomem(err) : PL_OK;
        }
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
settings_tenants(pl_settings_t *s, const settings_list_t *list,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    s->tenants = pl_arena_zalloc(s->ar, (list->n + 1)
                                        * sizeof(pl_tenant_conf_t));
    if (s->tenants == NULL) {
        return settings_nomem(err);
    }

    for (i = 0; i < list->n; i++) {
        s->tenants[i].base = (Pl__TenantSettings *) list->rows[i];
        s->tenants[i].row = pl_over_tenant(s->ar, s->tenants[i].base);

        if (s->tenants[i].row == NULL) {
            return settings_nomem(err);
        }

        s->tenants[i].id = s->tenants[i].row->id;
        s->turned |= s->tenants[i].row->clock_ms != 0;
    }

    s->n_tenants = list->n;
    s->room_tenants = list->n + 1;
    qsort(s->tenants, s->n_tenants, sizeof(pl_tenant_conf_t),
          settings_by_tenant);

    for (i = 0; i < s->n_tenants; i++) {
        rc = pl_stop_settings(s->ar, s->tenants[i].row, &s->tenants[i].stop,
                              err);
        if (rc != PL_OK) {
            return rc;
        }

        if (s->tenants[i].id != i + 1) {
            return pl_err_set(err, PL_FOREIGN, "settings", 0,
                              "tenant ids have a gap at %zu", i + 1);
        }
    }

    return pl_settings_names(s, err);
}


static pl_status_t
settings_channels(pl_settings_t *s, const settings_list_t *list,
    pl_err_t *err)
{
    char               *slash;
    size_t              i;
    pl_channel_conf_t  *c;
    pl_tenant_conf_t   *owner;

    s->channels = pl_arena_zalloc(s->ar, (list->n + 1)
                                         * sizeof(pl_channel_conf_t));
    if (s->channels == NULL) {
        return settings_nomem(err);
    }

    for (i = 0; i < list->n; i++) {
        slash = strchr(list->names[i], '/');
        if (slash != NULL) {
            *slash = '\0';
        }

        owner = settings_owner(s, list->names[i]);
        c = &s->channels[i];
        c->base = (Pl__ChannelSettings *) list->rows[i];
        c->row = pl_settings_channel_row(s, c->base);

        if (c->row == NULL) {
            return settings_nomem(err);
        }

        c->provider = pl_channel_find(pl_str_c(c->row->provider));
        c->tenant = owner == NULL ? 0 : owner->id;
    }

    s->n_channels = list->n;
    s->room_channels = list->n + 1;
    qsort(s->channels, s->n_channels, sizeof(pl_channel_conf_t),
          settings_by_channel);

    for (i = 0; i < s->n_channels; i++) {
        if (s->channels[i].row->id != i + 1 || s->channels[i].tenant == 0) {
            return pl_err_set(err, PL_FOREIGN, "settings", 0,
                              "channel ids have a gap at %zu", i + 1);
        }
    }

    return PL_OK;
}


/* nginx -t has compiled each of them before; what fails here is left out. */

static pl_status_t
settings_flows(pl_settings_t *s, const settings_list_t *list,
    const pl_codec_t *codec, pl_err_t *err)
{
    char               *slash;
    size_t              i;
    pl_str_t            json;
    pl_flow_t         **flows;
    Pl__FlowSettings   *row;
    pl_tenant_conf_t   *owner;

    for (i = 0; i < list->n; i++) {
        slash = strchr(list->names[i], '/');
        if (slash != NULL) {
            *slash = '\0';
        }

        owner = settings_owner(s, list->names[i]);
        if (owner == NULL) {
            continue;
        }

        flows = pl_arena_alloc(s->ar, (owner->n_flows + 1)
                                      * sizeof(pl_flow_t *));
        if (flows == NULL) {
            return settings_nomem(err);
        }

        if (owner->n_flows != 0) {
            memcpy(flows, owner->flows, owner->n_flows * sizeof(*flows));
        }

        owner->flows = flows;

        row = (Pl__FlowSettings *) list->rows[i];
        json.data = row->json.data;
        json.len = row->json.len;

        if (pl_flow_published(&flows[owner->n_flows], codec, json) == PL_OK) {
            owner->n_flows++;
        }
    }

    return PL_OK;
}


/* Those that are run like another: by its flows. */

static void
settings_like(pl_settings_t *s)
{
    size_t                   i;
    pl_tenant_conf_t        *tenant;
    const pl_tenant_conf_t  *base;

    for (i = 0; i < s->n_tenants; i++) {
        tenant = &s->tenants[i];

        if (tenant->row->like == NULL) {
            continue;
        }

        base = pl_settings_tenant_named(s, pl_str_c(tenant->row->like));

        /* one that nginx.conf has, so that there are no chains */

        if (base != NULL && !base->row->runtime) {
            tenant->like = base->id;
            tenant->flows = base->flows;
            tenant->n_flows = base->n_flows;
        }
    }
}


static pl_status_t
settings_terms(pl_settings_t *s, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    /* those that others are like, first */

    for (i = 0; rc == PL_OK && i < s->n_tenants; i++) {
        rc = s->tenants[i].like == 0
             ? pl_settings_tenant_terms(s, &s->tenants[i], err) : PL_OK;
    }

    for (i = 0; rc == PL_OK && i < s->n_tenants; i++) {
        rc = s->tenants[i].like != 0
             ? pl_settings_tenant_terms(s, &s->tenants[i], err) : PL_OK;
    }

    for (i = 0; rc == PL_OK && i < s->n_channels; i++) {
        rc = pl_settings_channel_terms(s, &s->channels[i], err);
    }

    return rc;
}


pl_status_t
pl_settings_tenant_terms(pl_settings_t *s, pl_tenant_conf_t *tenant,
    pl_err_t *err)
{
    pl_status_t  rc;

    /* quiet hours that are said over the API stand over the other's */

    if (tenant->like != 0 && tenant->base->policy == NULL) {
        rc = pl_terms_channel(s->ar, tenant->row->policy,
                              s->tenants[tenant->like - 1].terms,
                              &tenant->terms, err);

        return rc == PL_NOMEM ? rc : PL_OK;
    }

    rc = pl_terms_compile(s->ar, tenant->row->policy, &tenant->own, err);
    tenant->terms = tenant->own;

    return rc == PL_NOMEM ? rc : PL_OK;
}


pl_status_t
pl_settings_channel_terms(pl_settings_t *s, pl_channel_conf_t *channel,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_terms_channel(s->ar, channel->row->policy,
                          s->tenants[channel->tenant - 1].terms,
                          &channel->terms, err);

    return rc == PL_NOMEM ? rc : PL_OK;
}


const Pl__ChannelSettings *
pl_settings_channel_row(pl_settings_t *s, const Pl__ChannelSettings *base)
{
    Pl__ChannelSettings         *copy;
    const Pl__ChannelSettings   *row;

    row = pl_over_channel(s->ar, base);

    if (row == NULL || row->callback_url != NULL || s->global == NULL
        || s->global->twilio_callback == NULL
        || strcmp(row->provider, "twilio") != 0)
    {
        return row;
    }

    copy = (Pl__ChannelSettings *) pl_arena_dup(s->ar, row, sizeof(*row));
    if (copy != NULL) {
        copy->callback_url = s->global->twilio_callback;
    }

    return copy;
}


static pl_tenant_conf_t *
settings_owner(pl_settings_t *s, const char *name)
{
    const pl_tenant_conf_t  *found;

    found = pl_settings_tenant_named(s, pl_str_c(name));

    return found == NULL ? NULL : &s->tenants[found->id - 1];
}


static int
settings_by_tenant(const void *a, const void *b)
{
    const pl_tenant_conf_t  *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}


static int
settings_by_channel(const void *a, const void *b)
{
    const pl_channel_conf_t  *x = a, *y = b;

    return (x->row->id > y->row->id) - (x->row->id < y->row->id);
}


static pl_status_t
settings_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
}
