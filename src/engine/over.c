/*
 * See over.h.
 */

#include <string.h>

#include "../core/str.h"
#include "asked.h"
#include "hours.h"
#include "news.h"
#include "over.h"

static const Pl__PolicySettings *over_policy(pl_arena_t *ar,
    const Pl__PolicySettings *base, const Pl__SettingOver *over);
static bool over_fits(pl_apply_t *ap, const Pl__SettingSet *in);
static pl_status_t over_put_tenant(pl_apply_t *ap,
    const pl_tenant_conf_t *tenant, Pl__SettingOver *over, pl_err_t *err);
static pl_status_t over_put_channel(pl_apply_t *ap,
    const pl_tenant_conf_t *tenant, const pl_channel_conf_t *channel,
    Pl__SettingOver *over, pl_err_t *err);
static pl_status_t over_told(pl_apply_t *ap, const Pl__SettingSet *in,
    pl_err_t *err);
static const char *over_text(pl_apply_t *ap, const Pl__SettingSet *in);


const Pl__TenantSettings *
pl_over_tenant(pl_arena_t *ar, const Pl__TenantSettings *base)
{
    Pl__TenantSettings  *row;

    if (base->over == NULL) {
        return base;
    }

    row = (Pl__TenantSettings *) pl_arena_dup(ar, base, sizeof(*base));
    if (row == NULL) {
        return NULL;
    }

    if (base->over->has_rate_per_s) {
        row->has_rate_per_s = 1;
        row->rate_per_s = base->over->rate_per_s;
    }

    row->policy = (Pl__PolicySettings *) over_policy(ar, base->policy,
                                                     base->over);

    return base->over->quiet_hours == NULL || row->policy != NULL
           ? row : NULL;
}


const Pl__ChannelSettings *
pl_over_channel(pl_arena_t *ar, const Pl__ChannelSettings *base)
{
    Pl__ChannelSettings  *row;

    if (base->over == NULL) {
        return base;
    }

    row = (Pl__ChannelSettings *) pl_arena_dup(ar, base, sizeof(*base));
    if (row == NULL) {
        return NULL;
    }

    if (base->over->has_rate_per_s) {
        row->rate_per_s = base->over->rate_per_s;
    }

    row->policy = (Pl__PolicySettings *) over_policy(ar, base->policy,
                                                     base->over);

    return base->over->quiet_hours == NULL || row->policy != NULL
           ? row : NULL;
}


pl_status_t
pl_over_get(const pl_settings_t *settings, uint32_t tenant, uint32_t channel,
    pl_arena_t *ar, Pl__SettingOver **over, pl_err_t *err)
{
    const pl_tenant_conf_t   *t = pl_settings_tenant(settings, tenant);
    const pl_channel_conf_t  *c = pl_settings_channel(settings, channel);

    if (channel == 0 ? t == NULL : c == NULL) {
        return PL_NOTFOUND;
    }

    *over = channel == 0 ? t->base->over : c->base->over;

    if (*over == NULL) {
        *over = pl_arena_alloc(ar, sizeof(**over));
        if (*over == NULL) {
            return pl_err_set(err, PL_NOMEM, "setting", 0, "out of memory");
        }

        pl__setting_over__init(*over);
    }

    return PL_OK;
}


pl_status_t
pl_apply_setting_set(pl_apply_t *ap, const Pl__SettingSet *in, pl_err_t *err)
{
    pl_status_t                 rc;
    Pl__SettingOver             over = PL__SETTING_OVER__INIT;
    const pl_tenant_conf_t     *tenant;
    const pl_channel_conf_t    *channel = NULL;

    tenant = pl_settings_tenant(ap->settings, in->tenant);

    if (in->has_channel) {
        channel = pl_settings_channel(ap->settings, in->channel);
    }

    if (tenant == NULL
        || (in->has_channel
            && (channel == NULL || channel->tenant != in->tenant)))
    {
        pl_asked_refuse(ap, in->has_channel ? "channel.unknown"
                                            : "tenant.unknown", NULL,
                        "there is no such place");
        return PL_OK;
    }

    if (!over_fits(ap, in)) {
        return PL_OK;
    }

    over.has_rate_per_s = in->has_rate_per_s;
    over.rate_per_s = in->rate_per_s;
    over.quiet_hours = in->quiet_hours;

    rc = pl_news_begin(ap, err);

    if (rc == PL_OK) {
        rc = channel != NULL
             ? over_put_channel(ap, tenant, channel, &over, err)
             : over_put_tenant(ap, tenant, &over, err);
    }

    return rc == PL_OK ? over_told(ap, in, err) : rc;
}


/* base may be NULL. NULL: nothing is said, or the arena is full. */

static const Pl__PolicySettings *
over_policy(pl_arena_t *ar, const Pl__PolicySettings *base,
    const Pl__SettingOver *over)
{
    Pl__PolicySettings  *policy;

    if (over->quiet_hours == NULL) {
        return base;
    }

    policy = pl_arena_alloc(ar, sizeof(*policy));
    if (policy == NULL) {
        return NULL;
    }

    if (base != NULL) {
        *policy = *base;

    } else {
        pl__policy_settings__init(policy);
    }

    policy->quiet_hours = over->quiet_hours;

    return policy;
}


static bool
over_fits(pl_apply_t *ap, const Pl__SettingSet *in)
{
    pl_hours_t  hours;

    if (in->has_rate_per_s
        && (in->rate_per_s == 0 || in->rate_per_s > PL_RATE_MAX))
    {
        pl_asked_refuse(ap, "request.refused", "rate_per_s",
                        "1 to 10000 a second");
        return false;
    }

    if (in->quiet_hours != NULL && strcmp(in->quiet_hours, "off") != 0
        && pl_hours_parse(pl_str_c(in->quiet_hours), &hours, NULL) != PL_OK)
    {
        pl_asked_refuse(ap, "request.refused", "quiet_hours",
                        "hours are as in 22:00-08:00, or off");
        return false;
    }

    return true;
}


static pl_status_t
over_put_tenant(pl_apply_t *ap, const pl_tenant_conf_t *tenant,
    Pl__SettingOver *over, pl_err_t *err)
{
    Pl__TenantSettings  row = *tenant->base;

    row.over = over->has_rate_per_s || over->quiet_hours != NULL ? over
                                                                 : NULL;

    return pl_news_tenant(ap, &row, err);
}


static pl_status_t
over_put_channel(pl_apply_t *ap, const pl_tenant_conf_t *tenant,
    const pl_channel_conf_t *channel, Pl__SettingOver *over, pl_err_t *err)
{
    Pl__ChannelSettings  row = *channel->base;

    row.over = over->has_rate_per_s || over->quiet_hours != NULL ? over
                                                                 : NULL;

    return pl_news_channel(ap, tenant->id, tenant->row->name, &row, err);
}


static pl_status_t
over_told(pl_apply_t *ap, const Pl__SettingSet *in, pl_err_t *err)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_SETTING;
    row.has_subject = 1;
    row.subject = in->has_channel ? in->channel : in->tenant;
    row.rule = (char *) (in->has_channel ? "channel" : "tenant");
    row.text = (char *) over_text(ap, in);
    row.actor = in->actor;

    if (row.text == NULL) {
        return pl_err_set(err, PL_NOMEM, "setting", 0, "out of memory");
    }

    return pl_feed_audit_row(ap, in->tenant, &row, err);
}


static const char *
over_text(pl_apply_t *ap, const Pl__SettingSet *in)
{
    const char  *rate, *hours;

    rate = in->has_rate_per_s
           ? pl_arena_printf(ap->ar, "rate %u", (unsigned) in->rate_per_s)
           : "rate as configured";
    hours = in->quiet_hours != NULL ? in->quiet_hours : "as configured";

    return rate == NULL ? NULL
           : pl_arena_printf(ap->ar, "%s, quiet hours %s", rate, hours);
}
