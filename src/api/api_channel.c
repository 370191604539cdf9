/*
 * Channels: what is said of them, what their provider tells, what holds them;
 * and pausing. Those that nginx.conf does not have are made in api_place.c.
 */

#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "place_impl.h"

static pl_status_t channel_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t channel_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t channel_named(pl_api_call_t *call,
    const pl_channel_conf_t **channel, pl_err_t *err);
static pl_status_t channel_facts(pl_api_call_t *call, uint32_t channel,
    Pl__Api__ChannelView *view, pl_err_t *err);
static pl_status_t channel_pause(pl_api_call_t *call, pl_err_t *err);
static pl_status_t channel_resume(pl_api_call_t *call, pl_err_t *err);
static pl_status_t channel_told(pl_api_call_t *call, pl_err_t *err);
static pl_status_t channel_holds(pl_api_call_t *call, pl_err_t *err);


static const pl_rule_t  channel_rows[] = {
    { &pl__api__pause_body__descriptor, "reason", PL_RULE_LEN_MAX, NULL,
      PL_HOLD_REASON_MAX },
};

static const pl_rules_t  channel_rules = {
    channel_rows, PL_COUNT(channel_rows)
};

static const pl_api_op_t  channel_ops[] = {
    { .name = "listChannels", .method = PL_API_GET, .path = "/v1/channels",
      .may = PL_MAY_CHANNELS_READ,
      .answer = &pl__api__channel_list__descriptor, .status = 200,
      .ask = channel_list, .summary = "Lists the channels" },
    { .name = "getChannel", .method = PL_API_GET,
      .path = "/v1/channels/{channel}", .may = PL_MAY_CHANNELS_READ,
      .answer = &pl__api__channel_view__descriptor, .status = 200,
      .ask = channel_get, .summary = "Shows a channel and its health" },
    { .name = "pauseChannel", .method = PL_API_POST,
      .path = "/v1/channels/{channel}/pause", .may = PL_MAY_CHANNELS_WRITE,
      .body = &pl__api__pause_body__descriptor,
      .answer = &pl__api__channel_view__descriptor, .status = 200,
      .ask = channel_pause, .told = channel_told,
      .summary = "Stops sending on a channel",
      .text = "What comes in is taken as before; what is to go out waits." },
    { .name = "resumeChannel", .method = PL_API_POST,
      .path = "/v1/channels/{channel}/resume", .may = PL_MAY_CHANNELS_WRITE,
      .answer = &pl__api__channel_view__descriptor, .status = 200,
      .ask = channel_resume, .told = channel_told,
      .summary = "Lets a channel go on",
      .text = "What a provider holds stays held." },
    { .name = "listHolds", .method = PL_API_GET, .path = "/v1/holds",
      .may = PL_MAY_CHANNELS_READ,
      .answer = &pl__api__hold_list__descriptor, .status = 200,
      .ask = channel_holds,
      .summary = "Lists what stops sending, and who said so" },
};

const pl_api_resource_t  pl_api_channels = {
    .name = "Channels",
    .text = "Addresses that a tenant writes from.",
    .ops = channel_ops,
    .n_ops = PL_COUNT(channel_ops),
    .rules = &channel_rules,
};


static pl_status_t
channel_list(pl_api_call_t *call, pl_err_t *err)
{
    size_t                     i, n = 0;
    pl_status_t                rc = PL_OK;
    Pl__Api__ChannelList       list = PL__API__CHANNEL_LIST__INIT;
    const pl_channel_conf_t   *c;

    while (pl_settings_channel_at(call->settings, n) != NULL) {
        n++;
    }

    list.channels = (Pl__Api__ChannelView **) pl_rows_list(call, n);
    if (list.channels == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; rc == PL_OK && i < n; i++) {
        c = pl_settings_channel_at(call->settings, i);

        if (c->tenant == call->tenant) {
            rc = pl_place_channel_view(call, c,
                                       &list.channels[list.n_channels], err);
            list.n_channels++;
        }
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
channel_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Api__ChannelView      *view;
    Pl__Api__ChannelHealth     health = PL__API__CHANNEL_HEALTH__INIT;
    const pl_channel_conf_t   *channel;

    rc = channel_named(call, &channel, err);

    if (rc == PL_OK) {
        rc = pl_place_channel_view(call, channel, &view, err);
    }

    if (rc == PL_OK) {
        rc = channel_facts(call, channel->row->id, view, err);
    }

    if (rc == PL_OK) {
        rc = pl_place_health(call, channel, &health, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    view->health = &health;

    return pl_api_answer(call, 0, &view->base, err);
}


static pl_status_t
channel_named(pl_api_call_t *call, const pl_channel_conf_t **channel,
    pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    rc = pl_rows_text(call, 0, &name, err);

    return rc == PL_OK ? pl_rows_channel(call, name, NULL, channel) : rc;
}


pl_status_t
pl_place_channel_query(pl_api_call_t *call, const char *name,
    const pl_channel_conf_t **channel)
{
    size_t  i;

    for (i = 0; (*channel = pl_settings_channel_at(call->settings, i))
                != NULL; i++)
    {
        if ((*channel)->tenant == call->tenant
            && strcmp((*channel)->row->name, name) == 0)
        {
            return PL_OK;
        }
    }

    return pl_api_problem(call, PL_API_BAD_QUERY, "channel",
                          "the tenant has no channel of that name");
}


pl_status_t
pl_place_channel_view(pl_api_call_t *call, const pl_channel_conf_t *channel,
    Pl__Api__ChannelView **view, pl_err_t *err)
{
    bool                         paused;
    pl_status_t                  rc;
    Pl__Api__ChannelView        *out;
    const Pl__ChannelSettings   *row = channel->row;

    *view = out = pl_arena_alloc(call->ar, sizeof(*out));
    if (out == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__channel_view__init(out);
    out->name = row->name;
    out->provider = row->provider;
    out->account = row->account;
    out->waba_id = row->waba_id;
    out->has_removed = out->removed = row->has_removed && row->removed;
    out->has_runtime = out->runtime = row->runtime;
    out->has_rate_per_s = 1;
    out->rate_per_s = row->rate_per_s;
    out->sandbox = row->sandbox;

    rc = pl_place_holds(call, row->id, &out->holds, &out->n_holds, &paused,
                        err);
    out->paused = paused;

    return rc;
}


pl_status_t
pl_place_state(pl_api_call_t *call, uint32_t channel,
    Pl__ChannelState **state, pl_err_t *err)
{
    pl_key_t           key = { .len = 0 };
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    pl_key_u32(&key, call->tenant);
    pl_key_u32(&key, channel);

    rc = pl_record_get(call->txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                       &pl__channel_state__descriptor, call->ar, &msg, err);
    *state = (Pl__ChannelState *) msg;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
channel_facts(pl_api_call_t *call, uint32_t channel,
    Pl__Api__ChannelView *view, pl_err_t *err)
{
    size_t                      i;
    pl_status_t                 rc;
    Pl__ChannelState           *state;
    Pl__Api__ChannelFactView   *fact;

    rc = pl_place_state(call, channel, &state, err);
    if (rc != PL_OK || state == NULL) {
        return rc;
    }

    view->facts = (Pl__Api__ChannelFactView **)
                  pl_rows_list(call, state->n_facts);

    for (i = 0; view->facts != NULL && i < state->n_facts; i++) {
        fact = pl_arena_alloc(call->ar, sizeof(*fact));
        if (fact == NULL) {
            return pl_rows_nomem(err);
        }

        pl__api__channel_fact_view__init(fact);
        fact->name = state->facts[i]->name;
        fact->subject = state->facts[i]->subject;
        fact->value = state->facts[i]->value;
        fact->detail = state->facts[i]->detail;
        fact->time = pl_api_time_s(call, state->facts[i]->time_s);
        view->facts[view->n_facts++] = fact;
    }

    return PL_OK;
}


/* ---- holds ---------------------------------------------------------- */

pl_status_t
pl_place_holds(pl_api_call_t *call, uint32_t channel,
    Pl__Api__HoldView ***holds, size_t *n, bool *paused, pl_err_t *err)
{
    size_t                  i, count = 0;
    pl_holds_t             *all;
    pl_status_t             rc;
    const pl_holds_row_t   *row;

    *n = 0;
    *paused = false;

    rc = pl_holds_load(&all, call->txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    while (pl_holds_at(all, count) != NULL) {
        count++;
    }

    *holds = (Pl__Api__HoldView **) pl_rows_list(call, count);

    for (i = 0; *holds != NULL && i < count; i++) {
        row = pl_holds_at(all, i);

        if (row->place.tenant != call->tenant
            || (channel != 0 && row->place.channel != channel
                && row->place.channel != 0))
        {
            continue;
        }

        *paused = *paused || (pl_hold_stands(row->row, call->now_ms)
            && (row->place.kind == PL__HOLD_KIND__HOLD_KIND_TENANT
                || (row->place.kind == PL__HOLD_KIND__HOLD_KIND_CHANNEL
                    && channel != 0)));

        (*holds)[*n] = pl_rows_hold_view(call, row);

        if ((*holds)[(*n)++] == NULL) {
            *holds = NULL;
        }
    }

    pl_holds_free(all);

    return *holds != NULL ? PL_OK : pl_rows_nomem(err);
}


static pl_status_t
channel_holds(pl_api_call_t *call, pl_err_t *err)
{
    bool                ignored;
    pl_status_t         rc;
    Pl__Api__HoldList   list = PL__API__HOLD_LIST__INIT;

    rc = pl_place_holds(call, 0, &list.holds, &list.n_holds, &ignored, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &list.base, err) : rc;
}


static pl_status_t
channel_pause(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    const pl_channel_conf_t   *channel;

    rc = channel_named(call, &channel, err);

    return rc == PL_OK
           ? pl_place_pause(call, PL__HOLD_KIND__HOLD_KIND_CHANNEL,
                            channel->row->id, err)
           : rc;
}


static pl_status_t
channel_resume(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    const pl_channel_conf_t   *channel;

    rc = channel_named(call, &channel, err);

    return rc == PL_OK
           ? pl_place_resume(call, PL__HOLD_KIND__HOLD_KIND_CHANNEL,
                             channel->row->id, err)
           : rc;
}


static pl_status_t
channel_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Api__ChannelView      *view;
    const pl_channel_conf_t   *channel;

    rc = channel_named(call, &channel, err);

    if (rc == PL_OK) {
        rc = pl_place_channel_view(call, channel, &view, err);
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


pl_status_t
pl_place_pause(pl_api_call_t *call, Pl__HoldKind kind, uint32_t channel,
    pl_err_t *err)
{
    Pl__Hold                   *in;
    pl_status_t                 rc;
    Pl__Command                 command = PL__COMMAND__INIT;
    const Pl__Api__PauseBody   *body;

    body = (const Pl__Api__PauseBody *) call->body;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__hold__init(in);

    rc = pl_api_time_read(call, body->until, "until", &in->until_ms);
    if (rc != PL_OK) {
        return rc;
    }

    if (body->until != NULL && in->until_ms <= call->now_ms) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "until", "it is over");
    }

    in->tenant = call->tenant;
    in->kind = kind;
    in->has_channel = channel != 0;
    in->channel = channel;
    in->actor = (char *) call->who.actor;
    in->reason = body->reason;
    in->has_until_ms = body->until != NULL;
    command.of_case = PL__COMMAND__OF_HOLD;
    command.hold = in;

    return pl_api_command(call, &command, err);
}


pl_status_t
pl_place_resume(pl_api_call_t *call, Pl__HoldKind kind, uint32_t channel,
    pl_err_t *err)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__HoldEnd   *in;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__hold_end__init(in);
    in->tenant = call->tenant;
    in->kind = kind;
    in->has_channel = channel != 0;
    in->channel = channel;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_HOLD_END;
    command.hold_end = in;

    return pl_api_command(call, &command, err);
}
