/*
 * /v1/tenants/{tenant}/subaccount: an account of a tenant's own at a provider
 * whose accounts can make others. See engine/subaccount.h. Its token is kept
 * sealed, and never shown.
 */

#include <string.h>

#include "../engine/subaccount.h"
#include "place_impl.h"

static pl_status_t subaccount_get(pl_api_call_t *call, pl_err_t *err);
static pl_status_t subaccount_ask(pl_api_call_t *call, pl_err_t *err);
static pl_status_t subaccount_told(pl_api_call_t *call, pl_err_t *err);
static const pl_channel_conf_t *subaccount_owner(const pl_api_call_t *call,
    const Pl__Api__SubaccountBody *body);


static const pl_rule_t  subaccount_rows[] = {
    { &pl__api__subaccount_body__descriptor, "owner", PL_RULE_LEN_MAX, NULL,
      PL_NAME_MAX },
    { &pl__api__subaccount_body__descriptor, "channel", PL_RULE_LEN_MAX,
      NULL, PL_NAME_MAX },
};

static const pl_rules_t  subaccount_rules = {
    subaccount_rows, PL_COUNT(subaccount_rows)
};

static const pl_json_word_t  subaccount_word_rows[] = {
    { &pl__api__subaccount_body__descriptor, "owner",
      "The tenant whose channel's account makes it." },
    { &pl__api__subaccount_body__descriptor, "channel",
      "That channel, which has \"subaccounts on\"." },
};

static const pl_json_words_t  subaccount_words = {
    subaccount_word_rows, PL_COUNT(subaccount_word_rows)
};

static const pl_api_op_t  subaccount_ops[] = {
    { .name = "makeSubaccount", .method = PL_API_POST,
      .path = "/v1/tenants/{tenant}/subaccount", .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__subaccount_body__descriptor,
      .answer = &pl__api__subaccount_view__descriptor, .status = 202,
      .ask = subaccount_ask, .told = subaccount_told,
      .summary = "Makes an account at Twilio for a tenant",
      .text = "A tenant has one: asked again, nothing happens. Its token is "
              "kept sealed, and never shown." },
    { .name = "getSubaccount", .method = PL_API_GET,
      .path = "/v1/tenants/{tenant}/subaccount", .may = PL_MAY_TENANTS_WRITE,
      .answer = &pl__api__subaccount_view__descriptor, .status = 200,
      .ask = subaccount_get,
      .summary = "Shows a tenant's account at Twilio" },
};

const pl_api_resource_t  pl_api_subaccounts = {
    .name = "Subaccounts",
    .text = "Accounts of tenants at Twilio.",
    .ops = subaccount_ops,
    .n_ops = PL_COUNT(subaccount_ops),
    .rules = &subaccount_rules,
    .words = &subaccount_words,
};


static pl_status_t
subaccount_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Command                command = PL__COMMAND__INIT;
    Pl__SubaccountRequest     *in;
    const pl_channel_conf_t   *channel;

    rc = pl_place_tenant_named(call, err);
    if (rc != PL_OK) {
        return rc;
    }

    channel = subaccount_owner(call, (const Pl__Api__SubaccountBody *)
                                     call->body);
    if (!pl_subaccount_can(channel)) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "channel",
                              "no channel whose account makes others");
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__subaccount_request__init(in);
    in->tenant = call->tenant;
    in->channel = channel->row->id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_SUBACCOUNT_REQUEST;
    command.subaccount_request = in;

    return pl_api_command(call, &command, err);
}


/* As it is known when the request has been folded: it is being made. */

static pl_status_t
subaccount_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__Subaccount            *row;
    Pl__Api__SubaccountView    view = PL__API__SUBACCOUNT_VIEW__INIT;

    rc = pl_subaccount_get(call->txn, call->tenant, call->ar, &row, err);
    if (rc != PL_OK) {
        return rc;
    }

    view.state = (char *) (row == NULL ? "none" : row->sid != NULL ? "made"
                           : row->has_effect ? "pending" : "failed");

    if (row != NULL) {
        view.sid = row->sid;
        view.error = row->error;
        view.made = row->has_made_ms ? pl_api_time(call, row->made_ms)
                                     : NULL;
    }

    return pl_api_answer(call, 0, &view.base, err);
}


static pl_status_t
subaccount_get(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_place_tenant_named(call, err);

    return rc == PL_OK ? subaccount_told(call, err) : rc;
}


/* NULL: there is none. */

static const pl_channel_conf_t *
subaccount_owner(const pl_api_call_t *call,
    const Pl__Api__SubaccountBody *body)
{
    size_t                    i;
    const pl_tenant_conf_t   *owner;
    const pl_channel_conf_t  *channel;

    owner = pl_settings_tenant_named(call->settings, pl_str_c(body->owner));

    for (i = 0; owner != NULL; i++) {
        channel = pl_settings_channel_at(call->settings, i);

        if (channel == NULL
            || (channel->tenant == owner->id
                && strcmp(channel->row->name, body->channel) == 0))
        {
            return channel;
        }
    }

    return NULL;
}
