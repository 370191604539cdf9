/*
 * Settings that change without a reload: the pace of a tenant and of a
 * channel, and their quiet hours. nginx.conf's stay the base; what is put
 * here holds in their place, and what a PUT leaves out, or says null to, is
 * nginx.conf's again. Pauses are with what they pause (api_channel.c,
 * api_tenant.c).
 */

#include <string.h>

#include "../engine/hours.h"
#include "../engine/over.h"
#include "place_impl.h"
#include "registry.h"

/* Whose: the tenant's own where channel is NULL. */
typedef struct {
    const pl_channel_conf_t  *channel;
    Pl__SubjectKind           kind;
    uint64_t                  id;
} setting_at_t;

static pl_status_t setting_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t setting_put(pl_api_call_t *call, pl_err_t *err);
static pl_status_t setting_at(pl_api_call_t *call, setting_at_t *at,
    pl_err_t *err);
static void setting_of(Pl__Api__SettingBody *out, bool has_rate,
    uint32_t rate, const Pl__PolicySettings *policy);


static const pl_rule_t  setting_rows[] = {
    { &pl__api__setting_body__descriptor, "rate_per_s", PL_RULE_MIN, NULL,
      1 },
    { &pl__api__setting_body__descriptor, "rate_per_s", PL_RULE_MAX, NULL,
      PL_RATE_MAX },
    { &pl__api__setting_body__descriptor, "quiet_hours", PL_RULE_LEN_MAX,
      NULL, PL_HOURS_TEXT_MAX },
};

static const pl_rules_t  setting_rules = {
    setting_rows, PL_COUNT(setting_rows)
};

static const pl_json_word_t  setting_word_rows[] = {
    { &pl__api__setting_body__descriptor, "rate_per_s",
      "Messages a second. Absent or null: as nginx.conf says." },
    { &pl__api__setting_body__descriptor, "quiet_hours",
      "22:00-08:00, or off. Absent or null: as nginx.conf says." },
};

static const pl_json_words_t  setting_words = {
    setting_word_rows, PL_COUNT(setting_word_rows)
};

#define GET(called, at, words)                                                \
    { .name = called, .method = PL_API_GET, .path = at,                       \
      .may = PL_MAY_SETTINGS_READ,                                            \
      .answer = &pl__api__setting_view__descriptor, .status = 200,            \
      .flags = PL_API_ETAG, .ask = setting_get, .summary = words }
#define PUT(called, at, words)                                                \
    { .name = called, .method = PL_API_PUT, .path = at,                       \
      .may = PL_MAY_SETTINGS_WRITE,                                           \
      .body = &pl__api__setting_body__descriptor,                             \
      .answer = &pl__api__setting_view__descriptor, .status = 200,            \
      .flags = PL_API_IF_MATCH, .ask = setting_put, .told = setting_get,      \
      .summary = words,                                                       \
      .text = "All that is set is what the body says: what it leaves out is " \
              "nginx.conf's again." }

static const pl_api_op_t  setting_ops[] = {
    GET("getSettings", "/v1/settings",
        "Shows the tenant's settings that may change without a reload"),
    PUT("setSettings", "/v1/settings",
        "Sets what holds in place of nginx.conf's, for the tenant"),
    GET("getChannelSettings", "/v1/channels/{channel}/settings",
        "Shows a channel's settings that may change without a reload"),
    PUT("setChannelSettings", "/v1/channels/{channel}/settings",
        "Sets what holds in place of nginx.conf's, for a channel"),
};

const pl_api_resource_t  pl_api_settings = {
    .name = "Settings",
    .text = "What may change without a reload.",
    .ops = setting_ops,
    .n_ops = PL_COUNT(setting_ops),
    .rules = &setting_rules,
    .words = &setting_words,
};


static pl_status_t
setting_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                  rc;
    setting_at_t                 at;
    const Pl__SettingOver       *over;
    Pl__Api__SettingBody         base = PL__API__SETTING_BODY__INIT;
    Pl__Api__SettingBody         set = PL__API__SETTING_BODY__INIT;
    Pl__Api__SettingView         view = PL__API__SETTING_VIEW__INIT;
    const Pl__TenantSettings    *tenant = call->tenant_conf->base;
    const Pl__ChannelSettings   *channel;

    rc = setting_at(call, &at, err);

    if (rc == PL_OK) {
        rc = pl_api_etag(call, at.kind, at.id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (at.channel != NULL) {
        channel = at.channel->base;
        over = channel->over;
        setting_of(&base, true, channel->rate_per_s, channel->policy);

    } else {
        over = tenant->over;
        setting_of(&base, tenant->has_rate_per_s, tenant->rate_per_s,
                   tenant->policy);
    }

    if (over != NULL) {
        set.has_rate_per_s = over->has_rate_per_s;
        set.rate_per_s = over->rate_per_s;
        set.quiet_hours = over->quiet_hours;
    }

    view.configured = &base;
    view.set = &set;
    view.has_rate_per_s = set.has_rate_per_s || base.has_rate_per_s;
    view.rate_per_s = set.has_rate_per_s ? set.rate_per_s : base.rate_per_s;
    view.quiet_hours = set.quiet_hours != NULL ? set.quiet_hours
                                               : base.quiet_hours;

    return pl_api_answer(call, 0, &view.base, err);
}


static pl_status_t
setting_put(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                   rc;
    Pl__Command                   command = PL__COMMAND__INIT;
    setting_at_t                  at;
    Pl__SettingSet               *in;
    const Pl__Api__SettingBody   *body;

    body = (const Pl__Api__SettingBody *) call->body;

    rc = setting_at(call, &at, err);

    if (rc == PL_OK) {
        rc = pl_api_match(call, at.kind, at.id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__setting_set__init(in);
    in->tenant = call->tenant;
    in->has_channel = at.channel != NULL;
    in->channel = at.channel != NULL ? at.channel->row->id : 0;
    in->has_rate_per_s = body->has_rate_per_s;
    in->rate_per_s = body->rate_per_s;
    in->quiet_hours = body->quiet_hours;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_SETTING_SET;
    command.setting_set = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
setting_at(pl_api_call_t *call, setting_at_t *at, pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    at->channel = NULL;
    at->kind = PL__SUBJECT_KIND__SUBJECT_KIND_TENANT;
    at->id = call->tenant;

    if (call->params[0].len == 0) {
        return PL_OK;
    }

    rc = pl_rows_text(call, 0, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_channel(call, name, NULL, &at->channel);
    }

    if (rc == PL_OK) {
        at->kind = PL__SUBJECT_KIND__SUBJECT_KIND_CHANNEL;
        at->id = at->channel->row->id;
    }

    return rc;
}


static void
setting_of(Pl__Api__SettingBody *out, bool has_rate, uint32_t rate,
    const Pl__PolicySettings *policy)
{
    out->has_rate_per_s = has_rate;
    out->rate_per_s = rate;
    out->quiet_hours = policy == NULL ? NULL : policy->quiet_hours;
}
