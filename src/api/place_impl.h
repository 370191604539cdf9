/*
 * What the sources of tenants, channels and templates share.
 */

#ifndef PL_PLACE_IMPL_H_INCLUDED
#define PL_PLACE_IMPL_H_INCLUDED

#include "rows.h"

/* The tenant's channel that a query names; the problem is the query's. */
pl_status_t pl_place_channel_query(pl_api_call_t *call, const char *name,
    const pl_channel_conf_t **channel);

/* The path's first parameter names the call's own tenant, which is there; any
   other is not: 404. */
pl_status_t pl_place_tenant_named(pl_api_call_t *call, pl_err_t *err);

/* What its provider told; NULL: nothing. */
pl_status_t pl_place_state(pl_api_call_t *call, uint32_t channel,
    Pl__ChannelState **state, pl_err_t *err);

/* The template that parameters i and i + 1 name; 404. */
pl_status_t pl_place_template(pl_api_call_t *call,
    const pl_channel_conf_t *channel, size_t i, Pl__TemplateRecord **record,
    pl_err_t *err);

/* The same by name. PL_NOTFOUND. */
pl_status_t pl_place_template_named(pl_api_call_t *call,
    const pl_channel_conf_t *channel, const char *name, const char *language,
    Pl__TemplateRecord **record, pl_err_t *err);

/*
 * Holds of the tenant, of one channel (0: all of it), in the arena; *paused:
 * one of them stands that stops the channel, or the tenant.
 */
pl_status_t pl_place_holds(pl_api_call_t *call, uint32_t channel,
    Pl__Api__HoldView ***holds, size_t *n, bool *paused, pl_err_t *err);

/* A channel as it is shown. */
pl_status_t pl_place_channel_view(pl_api_call_t *call,
    const pl_channel_conf_t *channel, Pl__Api__ChannelView **view,
    pl_err_t *err);

/* A tenant as it stands in a list. */
pl_status_t pl_place_tenant_view(pl_api_call_t *call,
    const pl_tenant_conf_t *tenant, Pl__Api__TenantView **view,
    pl_err_t *err);

/* Pauses and resumes: kind, channel and subject say what. */
pl_status_t pl_place_pause(pl_api_call_t *call, Pl__HoldKind kind,
    uint32_t channel, pl_err_t *err);
pl_status_t pl_place_resume(pl_api_call_t *call, Pl__HoldKind kind,
    uint32_t channel, pl_err_t *err);

/* api_health.c: last messages of a channel, and how many of them failed. */
pl_status_t pl_place_health(pl_api_call_t *call,
    const pl_channel_conf_t *channel, Pl__Api__ChannelHealth *health,
    pl_err_t *err);

/* A template as it is shown; whole: its list's own row, or NULL. NULL: out of
   memory. */
Pl__Api__TemplateView *pl_place_template_view(pl_api_call_t *call,
    uint32_t channel, const Pl__TemplateRecord *record,
    const Pl__TemplateRecord *whole);

/* template_own.c: templates that are written here. */
pl_status_t pl_template_write_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_template_written(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_template_submit_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_template_drop_ask(pl_api_call_t *call, pl_err_t *err);

/* A field of a draft in a body's words; in the arena, or NULL. */
const char *pl_template_field(pl_api_call_t *call, const char *path);

/* quarantine.c: what could not be read. */
pl_status_t pl_quarantine_list_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_quarantine_get_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_quarantine_act_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_quarantine_acted(pl_api_call_t *call, pl_err_t *err);

/* api_usage.c */
pl_status_t pl_usage_ask(pl_api_call_t *call, pl_err_t *err);

/* api_preview.c */
pl_status_t pl_preview_ask(pl_api_call_t *call, pl_err_t *err);

#endif /* PL_PLACE_IMPL_H_INCLUDED */
