/*
 * Versions of flows. See flow_keep.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/record.h"
#include "flow_keep.h"

#define KEEP_KEY_MAX   (3 * PL_NAME_MAX)
#define KEEP_ROWS_MAX  (PL_FLOW_VERSIONS_MAX + 1)

/* A row of "flow/": whose, and what. */
typedef struct keep_row_s  keep_row_t;

struct keep_row_s {
    char              *tenant;
    Pl__FlowSettings  *flow;
    keep_row_t        *next;
};

static pl_kept_t *keep_place(pl_kept_list_t *kept);
static pl_status_t keep_read(pl_apply_t *ap, const char *tenant,
    const char *name, uint64_t version, pl_flow_t **flow, pl_err_t *err);
static bool keep_same(const Pl__SettingsPublish *in, const char *tenant,
    const Pl__FlowSettings *flow);
static pl_status_t keep_rows(pl_apply_t *ap, keep_row_t **rows,
    pl_err_t *err);
static pl_status_t keep_put(pl_apply_t *ap, const keep_row_t *row,
    pl_err_t *err);
static pl_status_t keep_trim(pl_apply_t *ap, const keep_row_t *row,
    pl_err_t *err);


const pl_flow_t *
pl_flow_keep_newest(const pl_tenant_conf_t *tenant, const char *name)
{
    size_t  i;

    for (i = 0; tenant != NULL && i < tenant->n_flows; i++) {
        if (strcmp(pl_flow_name(tenant->flows[i]), name) == 0) {
            return tenant->flows[i];
        }
    }

    return NULL;
}


pl_status_t
pl_flow_keep_find(pl_apply_t *ap, const pl_tenant_conf_t *tenant,
    const char *name, uint64_t version, const pl_flow_t **flow,
    pl_err_t *err)
{
    size_t           i;
    pl_flow_t       *old;
    pl_kept_t       *row;
    pl_status_t      rc;
    pl_kept_list_t  *kept;

    *flow = pl_flow_keep_newest(tenant, name);

    if (tenant == NULL
        || (*flow != NULL && pl_flow_version(*flow) == version))
    {
        return PL_OK;
    }

    if (tenant->like != 0) {            /* whose flows they are */
        tenant = pl_settings_tenant(ap->settings, tenant->like);
    }

    kept = pl_settings_kept(ap->settings);

    for (i = 0; i < PL_KEPT_MAX; i++) {
        row = &kept->rows[i];

        if (row->flow != NULL && row->tenant == tenant->id
            && pl_flow_version(row->flow) == version
            && strcmp(pl_flow_name(row->flow), name) == 0)
        {
            row->used = ++kept->uses;
            *flow = row->flow;
            return PL_OK;
        }
    }

    *flow = NULL;

    rc = keep_read(ap, tenant->row->name, name, version, &old, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row = keep_place(kept);
    pl_flow_destroy(row->flow);
    row->tenant = tenant->id;
    row->flow = old;
    row->used = ++kept->uses;
    *flow = old;

    return PL_OK;
}


pl_status_t
pl_flow_keep_old(pl_apply_t *ap, const Pl__SettingsPublish *in,
    pl_err_t *err)
{
    keep_row_t   *row;
    pl_status_t   rc;

    rc = keep_rows(ap, &row, err);

    for ( /* void */ ; rc == PL_OK && row != NULL; row = row->next) {
        if (!keep_same(in, row->tenant, row->flow)) {
            rc = keep_put(ap, row, err);
        }
    }

    return rc;
}


const Pl__FlowStep *
pl_flow_keep_migrate(const pl_flow_t *newest, uint64_t version,
    const char *step)
{
    char                    hex[17];
    size_t                  i;
    const Pl__FlowMigrate  *rule;

    rule = pl_flow_file(newest)->migrate;
    if (rule == NULL) {
        return NULL;
    }

    (void) snprintf(hex, sizeof(hex), "%016" PRIx64, version);

    for (i = 0; i < rule->n_from && strcmp(rule->from[i], hex) != 0; i++) {
        /* void */
    }

    if (rule->n_from != 0 && i == rule->n_from) {
        return NULL;
    }

    for (i = 0; i < rule->n_steps; i++) {
        if (strcmp(rule->steps[i]->name, step) == 0) {
            return pl_flow_step(newest, rule->steps[i]->value);
        }
    }

    return rule->has_all && rule->all ? pl_flow_step(newest, step) : NULL;
}


/* A free one, or that of whom nobody has asked for the longest time. */

static pl_kept_t *
keep_place(pl_kept_list_t *kept)
{
    size_t      i;
    pl_kept_t  *least = &kept->rows[0];

    for (i = 1; i < PL_KEPT_MAX; i++) {
        if (kept->rows[i].used < least->used) {
            least = &kept->rows[i];
        }
    }

    return least;
}


/* PL_NOTFOUND also where its file no longer compiles. */

static pl_status_t
keep_read(pl_apply_t *ap, const char *tenant, const char *name,
    uint64_t version, pl_flow_t **flow, pl_err_t *err)
{
    char               key[KEEP_KEY_MAX];
    pl_str_t           json;
    pl_status_t        rc;
    ProtobufCMessage  *msg;
    Pl__FlowSettings  *row;

    (void) snprintf(key, sizeof(key), "kept/%s/%s/%016" PRIx64, tenant, name,
                    version);

    rc = pl_record_get(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key),
                       &pl__flow_settings__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = (Pl__FlowSettings *) msg;
    json.data = row->json.data;
    json.len = row->json.len;

    rc = pl_flow_published(flow, ap->codec, json);

    return rc == PL_OK || rc == PL_NOMEM ? rc : PL_NOTFOUND;
}


static bool
keep_same(const Pl__SettingsPublish *in, const char *tenant,
    const Pl__FlowSettings *flow)
{
    size_t                     i, k;
    const Pl__FlowSettings    *f;
    const Pl__TenantSettings  *t;

    for (i = 0; i < in->n_tenants; i++) {
        t = in->tenants[i];

        for (k = 0; strcmp(t->name, tenant) == 0 && k < t->n_flows; k++) {
            f = t->flows[k];

            if (strcmp(f->name, flow->name) == 0
                && f->json.len == flow->json.len
                && memcmp(f->json.data, flow->json.data, f->json.len) == 0)
            {
                return true;
            }
        }
    }

    return false;
}


/* Every flow that was configured until now. */

static pl_status_t
keep_rows(pl_apply_t *ap, keep_row_t **rows, pl_err_t *err)
{
    char              *slash;
    pl_str_t           key, value, prefix = PL_STR("flow/");
    pl_scan_t         *scan;
    keep_row_t        *row;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *rows = NULL;

    rc = pl_store_scan(ap->txn, PL_TABLE_SETTINGS, prefix, false, &scan,
                       err);

    while (rc == PL_OK) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len <= prefix.len
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        rc = pl_record_read(PL_TABLE_SETTINGS, value,
                            &pl__flow_settings__descriptor, ap->ar, &msg,
                            err);
        if (rc != PL_OK) {
            break;
        }

        key.data += prefix.len;
        key.len -= prefix.len;

        row = pl_arena_alloc(ap->ar, sizeof(*row));
        slash = row == NULL ? NULL : pl_arena_str(ap->ar, key);
        if (slash == NULL) {
            rc = pl_err_set(err, PL_NOMEM, "settings", 0, "out of memory");
            break;
        }

        row->tenant = slash;
        row->tenant[strcspn(slash, "/")] = '\0';
        row->flow = (Pl__FlowSettings *) msg;
        row->next = *rows;
        *rows = row;
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
keep_put(pl_apply_t *ap, const keep_row_t *row, pl_err_t *err)
{
    char               key[KEEP_KEY_MAX];
    uint8_t            digest[PL_SHA256_LEN];
    pl_str_t           json;
    pl_status_t        rc;
    Pl__FlowSettings   kept = *row->flow;

    json.data = kept.json.data;
    json.len = kept.json.len;

    rc = pl_hash_sha256(ap->hash, &json, 1, digest);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "settings", 0, "cannot hash");
    }

    (void) snprintf(key, sizeof(key), "kept/%s/%s/%016" PRIx64, row->tenant,
                    kept.name, pl_be64(digest));

    kept.has_kept_ms = 1;
    kept.kept_ms = ap->now_ms;

    rc = pl_record_put(ap->txn, PL_TABLE_SETTINGS, pl_str_c(key),
                       &kept.base, false, err);

    return rc == PL_OK ? keep_trim(ap, row, err) : rc;
}


/* One was put: at most one is too many. */

static pl_status_t
keep_trim(pl_apply_t *ap, const keep_row_t *row, pl_err_t *err)
{
    char               text[KEEP_KEY_MAX];
    size_t             n;
    int64_t            since;
    pl_key_t           oldest;
    pl_str_t           key, value, prefix;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    (void) snprintf(text, sizeof(text), "kept/%s/%s/", row->tenant,
                    row->flow->name);
    prefix = pl_str_c(text);

    oldest.len = 0;
    oldest.overflow = false;
    since = INT64_MAX;

    rc = pl_store_scan(ap->txn, PL_TABLE_SETTINGS, prefix, false, &scan,
                       err);

    for (n = 0; rc == PL_OK && n < KEEP_ROWS_MAX; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len <= prefix.len
            || memcmp(key.data, prefix.data, prefix.len) != 0)
        {
            break;
        }

        rc = pl_record_read(PL_TABLE_SETTINGS, value,
                            &pl__flow_settings__descriptor, ap->ar, &msg,
                            err);

        if (rc == PL_OK && ((Pl__FlowSettings *) msg)->kept_ms < since) {
            since = ((Pl__FlowSettings *) msg)->kept_ms;
            oldest.len = 0;
            pl_key_bytes(&oldest, key.data, key.len);
        }
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    return n < KEEP_ROWS_MAX ? PL_OK
           : pl_store_del(ap->txn, PL_TABLE_SETTINGS, pl_key_str(&oldest),
                          err);
}
