/*
 * See stage.h.
 */

#include <string.h>

#include "../channel/draft.h"
#include "../core/str.h"
#include "local.h"
#include "stage.h"

#define STAGE_SETTINGS_MAX  PL_BODY_MAX
#define STAGE_TENANT        "demo"
#define STAGE_CHANNEL       "sandbox"
#define STAGE_FLOW          ".json"

static int stage_settings(plctl_t *ctl, plctl_stage_t *stage);
static int stage_templates(plctl_t *ctl, plctl_stage_t *stage);
static int stage_flow(plctl_t *ctl, plctl_stage_t *stage, const char *path);
static void stage_channel(plctl_stage_t *stage);


bool
plctl_stage_is_flow(const char *path)
{
    size_t  len;

    len = strlen(path);

    return len > strlen(STAGE_FLOW)
           && strcmp(path + len - strlen(STAGE_FLOW), STAGE_FLOW) == 0;
}


int
plctl_stage_set(plctl_t *ctl, plctl_stage_t *stage, const char *const *files,
    size_t n)
{
    int          status;
    size_t       i;
    pl_err_t     err = { 0 };

    memset(stage, 0, sizeof(*stage));

    if (plctl_shapes(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    status = stage_settings(ctl, stage);

    if (status == PLCTL_EXIT_OK
        && (ctl->args->given & PLCTL_OPT_TEMPLATES))
    {
        status = stage_templates(ctl, stage);
    }

    for (i = 0; status == PLCTL_EXIT_OK && i < n; i++) {

        if (i == PLCTL_STAGE_FLOWS_MAX) {
            plctl_note(ctl, "at most %d flows", PLCTL_STAGE_FLOWS_MAX);
            return PLCTL_EXIT_USAGE;
        }

        status = stage_flow(ctl, stage, files[i]);
    }

    stage_channel(stage);
    stage->tenant.flows = stage->flows;
    stage->tenant.n_flows = stage->n_flows;
    stage->world.tenant = &stage->tenant;

    return status;
}


void
plctl_stage_end(plctl_stage_t *stage)
{
    size_t  i;

    for (i = 0; i < stage->n_flows; i++) {
        pl_flow_destroy(stage->compiled[i]);
    }

    stage->n_flows = 0;
}


static int
stage_settings(plctl_t *ctl, plctl_stage_t *stage)
{
    pl_err_t             err = { 0 };
    pl_str_t             json;
    const char          *path;
    const pl_zone_t     *zone;
    ProtobufCMessage    *msg;

    pl__tenant_settings__init(&stage->tenant);
    stage->tenant.name = (char *) STAGE_TENANT;

    if (ctl->args->given & PLCTL_OPT_SETTINGS) {
        path = ctl->args->settings;

        if (plctl_file(ctl, path, STAGE_SETTINGS_MAX, &json, &err) != PL_OK) {
            return plctl_fail(ctl, &err);
        }

        if (pl_json_decode(ctl->shapes, &pl__tenant_settings__descriptor,
                           json, PL_JSON_COMMENTS | PL_JSON_STRICT, ctl->ar,
                           &msg, &err) != PL_OK)
        {
            return plctl_place(ctl, path, &err);
        }

        stage->tenant = *(Pl__TenantSettings *) msg;

        if (stage->tenant.n_channels != 0 || stage->tenant.n_flows != 0) {
            plctl_note(ctl, "%s: channels and flows are not settings here",
                       path);
            return PLCTL_EXIT_FAILED;
        }
    }

    if (ctl->args->given & PLCTL_OPT_ZONE) {
        stage->tenant.time_zone = (char *) ctl->args->zone;
    }

    if (stage->tenant.time_zone != NULL
        && plctl_local_zone(ctl, stage->tenant.time_zone, &zone, &err)
           != PL_OK)
    {
        pl_err_path(&err, "%s", stage->tenant.time_zone);
        return plctl_fail(ctl, &err);
    }

    return PLCTL_EXIT_OK;
}


static int
stage_templates(plctl_t *ctl, plctl_stage_t *stage)
{
    pl_err_t      err = { 0 };
    pl_str_t      json;
    const char   *path;
    pl_drafts_t   drafts;

    path = ctl->args->templates;

    if (plctl_file(ctl, path, PL_DRAFT_FILE_MAX, &json, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    if (pl_draft_read(ctl->shapes, json, ctl->ar, &drafts, &err) != PL_OK) {
        return plctl_place(ctl, path, &err);
    }

    stage->world.templates = drafts.records;
    stage->world.n_templates = drafts.n;

    return PLCTL_EXIT_OK;
}


static int
stage_flow(plctl_t *ctl, plctl_stage_t *stage, const char *path)
{
    size_t              i;
    pl_err_t            err = { 0 };
    pl_str_t            json;
    pl_flow_t          *flow;
    Pl__FlowSettings   *row;

    if (plctl_file(ctl, path, PL_BODY_MAX, &json, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    if (pl_flow_compile(&flow, ctl->shapes, json, &err) != PL_OK) {
        return plctl_place(ctl, path, &err);
    }

    row = pl_arena_alloc(ctl->ar, sizeof(*row));
    if (row == NULL) {
        pl_flow_destroy(flow);
        plctl_note(ctl, "out of memory");
        return PLCTL_EXIT_FAILED;
    }

    pl__flow_settings__init(row);
    row->name = (char *) pl_flow_name(flow);
    row->file = (char *) path;
    row->json.data = (uint8_t *) json.data;
    row->json.len = json.len;

    stage->compiled[stage->n_flows] = flow;
    stage->flows[stage->n_flows++] = row;

    for (i = 0; i + 1 < stage->n_flows; i++) {
        if (strcmp(stage->flows[i]->name, row->name) == 0) {
            plctl_note(ctl, "%s: flow \"%s\" is in %s already", path,
                       plctl_clean(ctl->ar, row->name),
                       stage->flows[i]->file);
            return PLCTL_EXIT_FAILED;
        }
    }

    return PLCTL_EXIT_OK;
}


/* Nothing is sent: its address is one that leads nowhere. */

static void
stage_channel(plctl_stage_t *stage)
{
    Pl__ChannelSettings  *channel;

    channel = &stage->channel;

    pl__channel_settings__init(channel);
    channel->name = (char *) STAGE_CHANNEL;
    channel->provider = (char *) "whatsapp";
    channel->account = (char *) PLCTL_WORLD_ACCOUNT;
    channel->waba_id = (char *) PLCTL_WORLD_NODE;
    channel->api_base_url = (char *) "http://127.0.0.1:1";
    channel->api_version = (char *) "v24.0";
    channel->connect_timeout_ms = 1000;
    channel->timeout_ms = 1000;
    channel->rate_per_s = 80;

    stage->channels[0] = channel;
    stage->tenant.channels = stage->channels;
    stage->tenant.n_channels = 1;
}
