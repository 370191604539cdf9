/*
 * Flows: those of nginx.conf, the versions that runs go on with, and their
 * beginning by hand or by an event.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../core/str.h"
#include "place_impl.h"
#include "sending.h"

static pl_status_t flow_list(pl_api_call_t *call, pl_err_t *err);
static Pl__Api__FlowView *flow_view(pl_api_call_t *call,
    const pl_flow_t *flow);
static pl_status_t flow_get(pl_api_call_t *call, pl_err_t *err);
static const pl_flow_t *flow_named(const pl_api_call_t *call,
    const char *name);
static pl_status_t flow_versions(pl_api_call_t *call, const char *name,
    Pl__Api__FlowView *view, pl_err_t *err);
static pl_status_t flow_version_add(pl_api_call_t *call, pl_str_t version,
    pl_str_t value, Pl__Api__FlowView *view, pl_err_t *err);
static pl_status_t flow_start(pl_api_call_t *call, pl_err_t *err);
static pl_status_t flow_event(pl_api_call_t *call, pl_err_t *err);
static pl_status_t flow_to(pl_api_call_t *call,
    const Pl__Api__FlowStartTo *to, Pl__FlowStart *in, pl_err_t *err);
static pl_status_t flow_ask(pl_api_call_t *call, const char *channel,
    Pl__Api__FlowStartVariable **variables, size_t n, Pl__FlowStart *in,
    pl_err_t *err);
static pl_status_t flow_started(pl_api_call_t *call, pl_err_t *err);

#define PAIRS(shape)                                                          \
    { &pl__api__##shape##__descriptor, "variables", PL_RULE_MAP, "name", 0 }, \
    { &pl__api__##shape##__descriptor, "variables", PL_RULE_PAIR, "value",    \
      0 },                                                                    \
    { &pl__api__##shape##__descriptor, "variables", PL_RULE_LEN_MAX, NULL,    \
      PL_VARIABLES_MAX }

static const pl_rule_t  flow_rows[] = {
    { &pl__api__flow_start_variable__descriptor, NULL, PL_RULE_OPEN, NULL,
      0 },
    PAIRS(flow_start_body),
    PAIRS(flow_event_body),
    { &pl__api__flow_event_body__descriptor, "event", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
    { &pl__api__flow_start_to__descriptor, "user_id", PL_RULE_LEN_MAX, NULL,
      PL_ADDRESS_MAX },
    { &pl__api__flow_start_to__descriptor, "phone", PL_RULE_LEN_MAX, NULL,
      PL_ADDRESS_MAX },
};

static const pl_rules_t  flow_rules = { flow_rows, PL_COUNT(flow_rows) };

static const pl_api_op_t  flow_ops[] = {
    { .name = "listFlows", .method = PL_API_GET, .path = "/v1/flows",
      .may = PL_MAY_FLOWS_READ, .answer = &pl__api__flow_list__descriptor,
      .status = 200, .ask = flow_list, .summary = "Lists the flows" },
    { .name = "getFlow", .method = PL_API_GET, .path = "/v1/flows/{flow}",
      .may = PL_MAY_FLOWS_READ, .answer = &pl__api__flow_view__descriptor,
      .status = 200, .ask = flow_get,
      .summary = "Shows a flow and its versions",
      .text = "A run goes on with the version that it began with." },
    { .name = "startFlow", .method = PL_API_POST,
      .path = "/v1/flows/{flow}/start", .may = PL_MAY_FLOWS_START,
      .body = &pl__api__flow_start_body__descriptor,
      .answer = &pl__api__flow_start_answer__descriptor, .status = 200,
      .flags = 0, .ask = flow_start, .told = flow_started,
      .summary = "Begins a flow with somebody" },
    { .name = "tellEvent", .method = PL_API_POST,
      .path = "/v1/contacts/{contact}/events", .may = PL_MAY_FLOWS_START,
      .body = &pl__api__flow_event_body__descriptor,
      .answer = &pl__api__flow_start_answer__descriptor, .status = 200,
      .ask = flow_event, .told = flow_started,
      .summary = "Tells flows an event of a contact",
      .text = "Their triggers decide what begins, if anything." },
};

const pl_api_resource_t  pl_api_flows = {
    .name = "Flows",
    .text = "How bots speak.",
    .ops = flow_ops,
    .n_ops = PL_COUNT(flow_ops),
    .rules = &flow_rules,
};


/* ---- looking -------------------------------------------------------- */

static pl_status_t
flow_list(pl_api_call_t *call, pl_err_t *err)
{
    size_t                     i;
    Pl__Api__FlowList          list = PL__API__FLOW_LIST__INIT;
    const pl_tenant_conf_t    *tenant = call->tenant_conf;

    list.flows = (Pl__Api__FlowView **) pl_rows_list(call, tenant->n_flows);
    if (list.flows == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < tenant->n_flows; i++) {
        list.flows[i] = flow_view(call, tenant->flows[i]);
        if (list.flows[i] == NULL) {
            return pl_rows_nomem(err);
        }

        list.n_flows++;
    }

    return pl_api_answer(call, 0, &list.base, err);
}


static Pl__Api__FlowView *
flow_view(pl_api_call_t *call, const pl_flow_t *flow)
{
    Pl__Api__FlowView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    pl__api__flow_view__init(view);
    view->name = (char *) pl_flow_name(flow);
    view->version = pl_arena_printf(call->ar, "%016" PRIx64,
                                    pl_flow_version(flow));
    view->steps = (uint32_t) pl_flow_file(flow)->n_steps;

    return view->version != NULL ? view : NULL;
}


static pl_status_t
flow_get(pl_api_call_t *call, pl_err_t *err)
{
    const char          *name;
    pl_status_t          rc;
    const pl_flow_t     *flow;
    Pl__Api__FlowView   *view;

    rc = pl_rows_text(call, 0, &name, err);
    if (rc != PL_OK) {
        return rc;
    }

    flow = flow_named(call, name);
    if (flow == NULL) {
        return pl_api_missing(call);
    }

    view = flow_view(call, flow);
    rc = view == NULL ? pl_rows_nomem(err)
                      : flow_versions(call, name, view, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


static const pl_flow_t *
flow_named(const pl_api_call_t *call, const char *name)
{
    size_t                    i;
    const pl_tenant_conf_t   *tenant = call->tenant_conf;

    for (i = 0; i < tenant->n_flows; i++) {
        if (strcmp(pl_flow_name(tenant->flows[i]), name) == 0) {
            return tenant->flows[i];
        }
    }

    return NULL;
}


/* The one that is configured, and those that are kept for their runs. */

static pl_status_t
flow_versions(pl_api_call_t *call, const char *name, Pl__Api__FlowView *view,
    pl_err_t *err)
{
    char                       *prefix;
    size_t                      len;
    pl_str_t                    key, value, rest;
    pl_scan_t                  *scan;
    pl_status_t                 rc;
    Pl__Api__FlowVersionView   *row;

    view->versions = (Pl__Api__FlowVersionView **)
                     pl_rows_list(call, PL_FLOW_VERSIONS_MAX + 1);
    row = pl_arena_alloc(call->ar, sizeof(*row));
    prefix = pl_arena_printf(call->ar, "kept/%s/%s/",
                             call->tenant_conf->row->name, name);

    if (view->versions == NULL || row == NULL || prefix == NULL) {
        return pl_rows_nomem(err);
    }

    pl__api__flow_version_view__init(row);
    row->version = view->version;
    row->current = 1;
    view->versions[view->n_versions++] = row;
    len = strlen(prefix);

    rc = pl_store_scan(call->txn, PL_TABLE_SETTINGS, pl_str_c(prefix), false,
                       &scan, err);

    while (rc == PL_OK && view->n_versions <= PL_FLOW_VERSIONS_MAX) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len <= len
            || memcmp(key.data, prefix, len) != 0)
        {
            break;
        }

        rest.data = key.data + len;
        rest.len = key.len - len;
        rc = flow_version_add(call, rest, value, view, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
flow_version_add(pl_api_call_t *call, pl_str_t version, pl_str_t value,
    Pl__Api__FlowView *view, pl_err_t *err)
{
    pl_status_t                 rc;
    ProtobufCMessage           *msg;
    Pl__Api__FlowVersionView   *row;

    rc = pl_record_read(PL_TABLE_SETTINGS, value,
                        &pl__flow_settings__descriptor, call->ar, &msg, err);
    row = pl_arena_alloc(call->ar, sizeof(*row));

    if (rc != PL_OK || row == NULL) {
        return rc != PL_OK ? rc : pl_rows_nomem(err);
    }

    pl__api__flow_version_view__init(row);
    row->version = pl_arena_str(call->ar, version);

    if (((Pl__FlowSettings *) msg)->has_kept_ms) {
        row->until = pl_api_time(call, ((Pl__FlowSettings *) msg)->kept_ms);
    }

    view->versions[view->n_versions++] = row;

    return PL_OK;
}


/* ---- beginning ------------------------------------------------------ */

static pl_status_t
flow_start(pl_api_call_t *call, pl_err_t *err)
{
    const char                      *name;
    pl_status_t                      rc;
    Pl__FlowStart                   *in;
    const pl_flow_t                 *flow;
    const Pl__Api__FlowStartBody    *body;

    body = (const Pl__Api__FlowStartBody *) call->body;

    rc = pl_rows_text(call, 0, &name, err);
    if (rc != PL_OK) {
        return rc;
    }

    flow = flow_named(call, name);
    if (flow == NULL) {
        return pl_api_missing(call);
    }

    if (body->step != NULL && pl_flow_step(flow, body->step) == NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "step",
                              "the flow has no such step");
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__flow_start__init(in);
    in->flow = (char *) name;
    in->step = body->step;

    rc = flow_to(call, body->to, in, err);

    return rc == PL_OK ? flow_ask(call, body->channel, body->variables,
                                  body->n_variables, in, err)
                       : rc;
}


static pl_status_t
flow_event(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                      rc;
    Pl__Contact                     *contact;
    Pl__FlowStart                   *in;
    const Pl__Api__FlowEventBody    *body;

    body = (const Pl__Api__FlowEventBody *) call->body;

    rc = pl_rows_contact(call, 0, &contact, err);
    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__flow_start__init(in);
    in->event = body->event;
    in->has_contact = 1;
    in->contact = contact->id;

    return flow_ask(call, body->channel, body->variables, body->n_variables,
                    in, err);
}


/* As a message's recipient, groups aside. */

static pl_status_t
flow_to(pl_api_call_t *call, const Pl__Api__FlowStartTo *to,
    Pl__FlowStart *in, pl_err_t *err)
{
    pl_status_t       rc;
    Pl__SendRequest   request = PL__SEND_REQUEST__INIT;
    Pl__Api__SendTo   send = PL__API__SEND_TO__INIT;

    send.contact = to->contact;
    send.phone = to->phone;
    send.user_id = to->user_id;

    rc = pl_sending_to(call, &send, "to", true, &request, err);

    in->has_contact = request.has_contact;
    in->contact = request.contact;
    in->address = request.address;

    return rc;
}


static pl_status_t
flow_ask(pl_api_call_t *call, const char *name,
    Pl__Api__FlowStartVariable **variables, size_t n, Pl__FlowStart *in,
    pl_err_t *err)
{
    size_t                     i;
    pl_status_t                rc;
    Pl__Command                command = PL__COMMAND__INIT;
    Pl__Variable              *v;
    const pl_channel_conf_t   *channel;

    rc = pl_rows_channel(call, name, "channel", &channel);
    if (rc != PL_OK) {
        return rc;
    }

    in->variables = (Pl__Variable **) pl_rows_list(call, n);

    for (i = 0; in->variables != NULL && i < n; i++) {
        v = pl_arena_alloc(call->ar, sizeof(*v));
        if (v == NULL) {
            return pl_rows_nomem(err);
        }

        pl__variable__init(v);
        v->name = variables[i]->name;
        v->value = variables[i]->value;
        in->variables[in->n_variables++] = v;
    }

    in->tenant = call->tenant;
    in->channel = channel->row->id;
    in->actor = (char *) call->who.actor;
    in->has_key = 1;
    in->key.data = pl_api_command_key(call);
    in->key.len = PL_REQUEST_KEY_LEN;

    if (in->variables == NULL || in->key.data == NULL) {
        return pl_rows_nomem(err);
    }

    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
flow_started(pl_api_call_t *call, pl_err_t *err)
{
    const char                  *name = NULL;
    pl_status_t                  rc = PL_OK;
    Pl__Api__FlowStartAnswer     answer = PL__API__FLOW_START_ANSWER__INIT;

    answer.decision = (char *) "begun";

    if (strcmp(call->op->name, "startFlow") == 0) {
        rc = pl_rows_text(call, 0, &name, err);
        answer.flow = (char *) name;

    } else {
        answer.event = ((const Pl__Api__FlowEventBody *) call->body)->event;
    }

    return rc == PL_OK ? pl_api_answer(call, 0, &answer.base, err) : rc;
}
