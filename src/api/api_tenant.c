/*
 * Tenants: who they are, what holds them, and what was used in a month. An
 * operator without Parley-Tenant sees all of them; everybody else their own.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/age.h"
#include "place_impl.h"

static pl_status_t tenant_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t tenant_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t tenant_named(pl_api_call_t *call, pl_err_t *err);
static pl_status_t tenant_whole(pl_api_call_t *call,
    Pl__Api__TenantView *view, pl_err_t *err);
static pl_status_t tenant_pause(pl_api_call_t *call, pl_err_t *err);
static pl_status_t tenant_resume(pl_api_call_t *call, pl_err_t *err);


static const pl_rule_t  tenant_rows[] = {
    { &pl__api__usage_query__descriptor, "metric", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
};

static const pl_rules_t  tenant_rules = {
    tenant_rows, PL_COUNT(tenant_rows)
};

static const pl_api_op_t  tenant_ops[] = {
    { .name = "listTenants", .method = PL_API_GET, .path = "/v1/tenants",
      .may = PL_MAY_TENANTS_READ,
      .answer = &pl__api__tenant_list__descriptor, .status = 200,
      .flags = PL_API_ANY_TENANT, .ask = tenant_list,
      .summary = "Lists the tenants",
      .text = "An operator's key without Parley-Tenant shows all; any other "
              "its own." },
    { .name = "getTenant", .method = PL_API_GET,
      .path = "/v1/tenants/{tenant}", .may = PL_MAY_TENANTS_READ,
      .answer = &pl__api__tenant_view__descriptor, .status = 200,
      .ask = tenant_get, .summary = "Shows the tenant that is asked for" },
    { .name = "pauseTenant", .method = PL_API_POST,
      .path = "/v1/tenants/{tenant}/pause", .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__pause_body__descriptor,
      .answer = &pl__api__tenant_view__descriptor, .status = 200,
      .ask = tenant_pause, .told = tenant_get,
      .summary = "Stops all sending of a tenant" },
    { .name = "resumeTenant", .method = PL_API_POST,
      .path = "/v1/tenants/{tenant}/resume", .may = PL_MAY_TENANTS_WRITE,
      .answer = &pl__api__tenant_view__descriptor, .status = 200,
      .ask = tenant_resume, .told = tenant_get,
      .summary = "Lets a tenant go on" },
    { .name = "getUsage", .method = PL_API_GET, .path = "/v1/usage",
      .may = PL_MAY_TENANTS_READ, .query = &pl__api__usage_query__descriptor,
      .answer = &pl__api__usage_view__descriptor, .status = 200,
      .ask = pl_usage_ask, .summary = "Sums what was counted in a month",
      .text = "Counted while entries are applied, so that a replay of the "
              "journal counts the same. Days are UTC's." },
};

const pl_api_resource_t  pl_api_tenants = {
    .name = "Tenants",
    .text = "Whose data is kept apart.",
    .ops = tenant_ops,
    .n_ops = PL_COUNT(tenant_ops),
    .rules = &tenant_rules,
};


static pl_status_t
tenant_list(pl_api_call_t *call, pl_err_t *err)
{
    size_t                    i, n = 0;
    pl_status_t               rc = PL_OK;
    Pl__Api__TenantList       list = PL__API__TENANT_LIST__INIT;
    const pl_tenant_conf_t   *tenant;

    while (pl_settings_tenant_at(call->settings, n) != NULL) {
        n++;
    }

    list.tenants = (Pl__Api__TenantView **) pl_rows_list(call, n);
    if (list.tenants == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        tenant = pl_settings_tenant_at(call->settings, i);

        if (call->tenant == 0 || tenant->id == call->tenant) {
            rc = pl_place_tenant_view(call, tenant,
                                      &list.tenants[list.n_tenants++], err);
        }
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


/* In days; NULL: it says nothing of its own, or there is no memory. */

static Pl__Api__TenantKeep *
tenant_keep(pl_api_call_t *call, const Pl__Keep *keep)
{
    Pl__Api__TenantKeep  *out;

    out = keep == NULL ? NULL : pl_arena_alloc(call->ar, sizeof(*out));

    if (out != NULL) {
        pl__api__tenant_keep__init(out);
        out->has_messages = keep->has_messages_ms;
        out->messages = (uint32_t) (keep->messages_ms / PL_AGE_DAY_MS);
        out->has_contacts = keep->has_contacts_ms;
        out->contacts = (uint32_t) (keep->contacts_ms / PL_AGE_DAY_MS);
    }

    return out;
}


static Pl__Api__TenantLimits *
tenant_limits(pl_api_call_t *call, const Pl__TenantLimits *limits)
{
    Pl__Api__TenantLimits  *out;

    out = limits == NULL ? NULL : pl_arena_alloc(call->ar, sizeof(*out));

    if (out != NULL) {
        pl__api__tenant_limits__init(out);
        out->has_channels = limits->has_channels;
        out->channels = limits->channels;
        out->has_keys = limits->has_keys;
        out->keys = limits->keys;
        out->has_messages_day = limits->has_messages_day;
        out->messages_day = limits->messages_day;
    }

    return out;
}


pl_status_t
pl_place_tenant_view(pl_api_call_t *call, const pl_tenant_conf_t *tenant,
    Pl__Api__TenantView **view, pl_err_t *err)
{
    pl_holds_t             *holds;
    pl_status_t             rc;
    pl_hold_place_t         place = { tenant->id,
                                      PL__HOLD_KIND__HOLD_KIND_TENANT, 0,
                                      PL_STR_NULL };
    Pl__Api__TenantView    *out;
    const Pl__HoldRecord   *hold;

    /* what is said over it for a while is shown by its own name: whoever puts
       back what is shown here would make it last */

    const Pl__TenantSettings  *base = tenant->base;

    *view = out = pl_arena_alloc(call->ar, sizeof(*out));
    if (out == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_holds_load(&holds, call->txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    hold = pl_holds_find(holds, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON);

    pl__api__tenant_view__init(out);
    out->name = tenant->row->name;
    out->time_zone = base->time_zone;
    out->language = base->language;
    out->calling_code = base->calling_code;
    out->has_removed = out->removed = tenant->row->has_removed
                                      && tenant->row->removed;
    out->has_sandbox = out->sandbox = tenant->row->has_sandbox
                                      && tenant->row->sandbox;
    out->has_runtime = out->runtime = tenant->row->runtime;
    out->like = base->like;
    out->has_rate_per_s = base->has_rate_per_s;
    out->rate_per_s = base->rate_per_s;
    out->has_weight = base->has_weight;
    out->weight = base->weight;
    out->stop_text = base->stop_text;
    out->start_text = base->start_text;
    out->help_text = base->help_text;
    out->limits = tenant_limits(call, base->limits);
    out->keep = tenant_keep(call, base->keep);
    out->paused = hold != NULL && pl_hold_stands(hold, call->now_ms);

    pl_holds_free(holds);

    return PL_OK;
}


/* Of the path, which names the call's own: any other is not there. */

static pl_status_t
tenant_named(pl_api_call_t *call, pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    rc = pl_rows_text(call, 0, &name, err);

    return rc == PL_OK && strcmp(name, call->tenant_conf->row->name) != 0
           ? pl_api_missing(call) : rc;
}


static pl_status_t
tenant_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t            rc;
    Pl__Api__TenantView   *view;

    rc = tenant_named(call, err);

    if (rc == PL_OK) {
        rc = pl_place_tenant_view(call, call->tenant_conf, &view, err);
    }

    if (rc == PL_OK) {
        rc = tenant_whole(call, view, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


static pl_status_t
tenant_whole(pl_api_call_t *call, Pl__Api__TenantView *view, pl_err_t *err)
{
    bool                       paused;
    size_t                     i, n = 0;
    pl_status_t                rc;
    const pl_channel_conf_t   *c;

    rc = pl_place_holds(call, 0, &view->holds, &view->n_holds, &paused, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (pl_settings_channel_at(call->settings, n) != NULL) {
        n++;
    }

    view->channels = (Pl__Api__ChannelView **) pl_rows_list(call, n);
    if (view->channels == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        c = pl_settings_channel_at(call->settings, i);

        if (c->tenant == call->tenant) {
            rc = pl_place_channel_view(call, c,
                                       &view->channels[view->n_channels++],
                                       err);
        }
    }

    return rc;
}


static pl_status_t
tenant_pause(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    rc = tenant_named(call, err);

    return rc == PL_OK
           ? pl_place_pause(call, PL__HOLD_KIND__HOLD_KIND_TENANT, 0, err)
           : rc;
}


static pl_status_t
tenant_resume(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    rc = tenant_named(call, err);

    return rc == PL_OK
           ? pl_place_resume(call, PL__HOLD_KIND__HOLD_KIND_TENANT, 0, err)
           : rc;
}
