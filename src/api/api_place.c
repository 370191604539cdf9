/*
 * Tenants and channels that are made while nginx runs, beside those of
 * nginx.conf, which alone says what its own are. A token is sealed before it
 * becomes a command, and shown by nothing.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/age.h"
#include "../engine/place.h"
#include "impl.h"
#include "place_impl.h"

static pl_status_t place_tenant_create(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_tenant_edit(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_tenant_remove(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_tenant_ask(pl_api_call_t *call,
    const Pl__TenantSettings *row, bool create, bool removed, pl_err_t *err);
static pl_status_t place_tenant_told(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_tenant_say(pl_api_call_t *call, const char *name,
    const Pl__Api__TenantEdit *edit, bool create, pl_err_t *err);
static pl_status_t place_channel_create(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_channel_edit(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_channel_remove(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_channel_named(pl_api_call_t *call,
    const pl_channel_conf_t **channel, pl_err_t *err);
static pl_status_t place_channel_say(pl_api_call_t *call, const char *name,
    const char *provider, const Pl__Api__ChannelEdit *edit, bool create,
    pl_err_t *err);
static bool place_defaults(pl_arena_t *ar, const pl_place_kind_t *kind,
    Pl__ChannelSettings *row);
static pl_status_t place_channel_ask(pl_api_call_t *call,
    Pl__ChannelSettings *row, const char *token, bool create,
    pl_err_t *err);
static pl_status_t place_channel_put(pl_api_call_t *call,
    const Pl__ChannelSettings *row, bool create, bool removed,
    pl_err_t *err);
static pl_status_t place_channel_told(pl_api_call_t *call, pl_err_t *err);
static pl_status_t place_token(pl_api_call_t *call, Pl__ChannelSettings *row,
    const char *token, pl_err_t *err);
static pl_status_t place_token_mac(pl_api_call_t *call,
    const uint8_t key[PL_KEY_LEN], pl_str_t token, Pl__ChannelSettings *row,
    pl_err_t *err);
static pl_status_t place_bad(pl_api_call_t *call, const pl_err_t *why);


#define PLACE_KEEP                                                            \
    "For how many days messages, and contacts that are silent, are kept; 0 "  \
    "is for ever, and what is absent is as nginx.conf says."

static const pl_rule_t  place_rows[] = {
    { &pl__api__channel_body__descriptor, "token", PL_RULE_LEN_MAX, NULL,
      PL_API_TOKEN_MAX },
    { &pl__api__channel_body__descriptor, "token", PL_RULE_LEN_MIN, NULL,
      1 },
    { &pl__api__channel_edit__descriptor, "token", PL_RULE_LEN_MAX, NULL,
      PL_API_TOKEN_MAX },
    { &pl__api__channel_edit__descriptor, "token", PL_RULE_LEN_MIN, NULL,
      1 },
};

static const pl_rules_t  place_rules = {
    place_rows, PL_COUNT(place_rows)
};

static const pl_json_word_t  place_word_rows[] = {
    { &pl__api__tenant_body__descriptor, "like",
      "A tenant of nginx.conf: it has that one's flows, and its policy. It "
      "cannot be changed." },
    { &pl__api__tenant_edit__descriptor, "like",
      "What it was made with; it cannot be changed." },
    { &pl__api__channel_body__descriptor, "token",
      "The provider's access token: WhatsApp's, Twilio's auth token, the "
      "password of a relay's user. It is kept sealed, and never shown." },
    { &pl__api__channel_edit__descriptor, "token",
      "Another access token; without one the old one stays." },
    { &pl__api__channel_body__descriptor, "account",
      "The provider's id of it, which what it delivers is told apart by: "
      "WhatsApp's phone_number_id; Twilio's account SID, a slash and the "
      "number, as AC…/+31612345678; an address of mail." },
    { &pl__api__tenant_body__descriptor, "limits",
      "How much it may have; what is absent has no limit of its own." },
    { &pl__api__tenant_edit__descriptor, "limits",
      "How much it may have; what is absent has no limit of its own." },
    { &pl__api__tenant_body__descriptor, "keep", PLACE_KEEP },
    { &pl__api__tenant_edit__descriptor, "keep", PLACE_KEEP },
};

static const pl_json_words_t  place_words = {
    place_word_rows, PL_COUNT(place_word_rows)
};

static const pl_api_op_t  place_ops[] = {
    { .name = "createTenant", .method = PL_API_POST, .path = "/v1/tenants",
      .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__tenant_body__descriptor,
      .answer = &pl__api__tenant_view__descriptor, .status = 201,
      .flags = PL_API_ANY_TENANT, .ask = place_tenant_create,
      .told = place_tenant_told, .summary = "Makes a tenant",
      .text = "It is there at once, without a reload, and stays until it is "
              "removed or nginx.conf has one of its name." },
    { .name = "updateTenant", .method = PL_API_PUT,
      .path = "/v1/tenants/{tenant}", .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__tenant_edit__descriptor,
      .answer = &pl__api__tenant_view__descriptor, .status = 200,
      .ask = place_tenant_edit, .told = place_tenant_told,
      .summary = "Replaces what a tenant says",
      .text = "What the body leaves out is as if it had never been said. A "
              "tenant of nginx.conf is changed there." },
    { .name = "removeTenant", .method = PL_API_DELETE,
      .path = "/v1/tenants/{tenant}", .may = PL_MAY_TENANTS_WRITE,
      .status = 204, .ask = place_tenant_remove,
      .summary = "Removes a tenant and its channels",
      .text = "Nothing is taken in or sent for it any more; what was stored "
              "stays until it is deleted." },
    { .name = "createChannel", .method = PL_API_POST,
      .path = "/v1/channels", .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__channel_body__descriptor,
      .answer = &pl__api__channel_view__descriptor, .status = 201,
      .ask = place_channel_create, .told = place_channel_told,
      .summary = "Makes a channel" },
    { .name = "updateChannel", .method = PL_API_PUT,
      .path = "/v1/channels/{channel}", .may = PL_MAY_TENANTS_WRITE,
      .body = &pl__api__channel_edit__descriptor,
      .answer = &pl__api__channel_view__descriptor, .status = 200,
      .ask = place_channel_edit, .told = place_channel_told,
      .summary = "Replaces what a channel says",
      .text = "Another token is used from the next message on; what the "
              "provider refused the old one for is tried anew." },
    { .name = "removeChannel", .method = PL_API_DELETE,
      .path = "/v1/channels/{channel}", .may = PL_MAY_TENANTS_WRITE,
      .status = 204, .ask = place_channel_remove,
      .summary = "Removes a channel" },
};

const pl_api_resource_t  pl_api_places = {
    .name = "Places",
    .text = "Tenants and channels that nginx.conf does not have.",
    .ops = place_ops,
    .n_ops = PL_COUNT(place_ops),
    .rules = &place_rules,
    .words = &place_words,
};


static pl_status_t
place_tenant_create(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Api__TenantEdit          edit = PL__API__TENANT_EDIT__INIT;
    const Pl__Api__TenantBody   *body;

    body = (const Pl__Api__TenantBody *) call->body;

    edit.like = body->like;
    edit.time_zone = body->time_zone;
    edit.calling_code = body->calling_code;
    edit.language = body->language;
    edit.has_rate_per_s = body->has_rate_per_s;
    edit.rate_per_s = body->rate_per_s;
    edit.has_weight = body->has_weight;
    edit.weight = body->weight;
    edit.stop_text = body->stop_text;
    edit.start_text = body->start_text;
    edit.help_text = body->help_text;
    edit.limits = body->limits;
    edit.keep = body->keep;

    return place_tenant_say(call, body->name, &edit, true, err);
}


static pl_status_t
place_tenant_edit(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_place_tenant_named(call, err);

    return rc == PL_OK
           ? place_tenant_say(call, call->tenant_conf->row->name,
                              (const Pl__Api__TenantEdit *) call->body,
                              false, err)
           : rc;
}


static pl_status_t
place_tenant_say(pl_api_call_t *call, const char *name,
    const Pl__Api__TenantEdit *edit, bool create, pl_err_t *err)
{
    Pl__TenantLimits    *limits;
    Pl__TenantSettings   row = PL__TENANT_SETTINGS__INIT;

    row.name = (char *) name;
    row.like = edit->like;
    row.time_zone = edit->time_zone;
    row.calling_code = edit->calling_code;
    row.language = edit->language;
    row.has_rate_per_s = edit->has_rate_per_s;
    row.rate_per_s = edit->rate_per_s;
    row.has_weight = edit->has_weight;
    row.weight = edit->weight;
    row.stop_text = edit->stop_text;
    row.start_text = edit->start_text;
    row.help_text = edit->help_text;

    if (edit->limits != NULL) {
        limits = pl_arena_alloc(call->ar, sizeof(*limits));
        if (limits == NULL) {
            return pl_rows_nomem(err);
        }

        pl__tenant_limits__init(limits);
        limits->has_channels = edit->limits->has_channels;
        limits->channels = edit->limits->channels;
        limits->has_keys = edit->limits->has_keys;
        limits->keys = edit->limits->keys;
        limits->has_messages_day = edit->limits->has_messages_day;
        limits->messages_day = edit->limits->messages_day;
        row.limits = limits;
    }

    if (edit->keep != NULL) {
        row.keep = pl_arena_alloc(call->ar, sizeof(*row.keep));
        if (row.keep == NULL) {
            return pl_rows_nomem(err);
        }

        pl__keep__init(row.keep);
        row.keep->has_messages_ms = edit->keep->has_messages;
        row.keep->messages_ms = edit->keep->messages * PL_AGE_DAY_MS;
        row.keep->has_contacts_ms = edit->keep->has_contacts;
        row.keep->contacts_ms = edit->keep->contacts * PL_AGE_DAY_MS;
    }

    return place_tenant_ask(call, &row, create, false, err);
}


static pl_status_t
place_tenant_remove(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t          rc;
    Pl__TenantSettings   row = PL__TENANT_SETTINGS__INIT;

    rc = pl_place_tenant_named(call, err);
    if (rc != PL_OK) {
        return rc;
    }

    row.name = call->tenant_conf->row->name;

    return place_tenant_ask(call, &row, false, true, err);
}


pl_status_t
pl_place_tenant_named(pl_api_call_t *call, pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    rc = pl_rows_text(call, 0, &name, err);

    return rc == PL_OK && (strcmp(name, call->tenant_conf->row->name) != 0
                           || call->tenant_conf->row->removed)
           ? pl_api_missing(call) : rc;
}


static pl_status_t
place_tenant_ask(pl_api_call_t *call, const Pl__TenantSettings *row,
    bool create, bool removed, pl_err_t *err)
{
    pl_err_t              why = { 0 };
    Pl__Command           command = PL__COMMAND__INIT;
    Pl__TenantSet        *in;
    Pl__TenantSettings   *copy;

    if (pl_place_tenant_check(row, &why) != PL_OK) {
        return place_bad(call, &why);
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    copy = (Pl__TenantSettings *) pl_arena_dup(call->ar, row, sizeof(*row));
    if (in == NULL || copy == NULL) {
        return pl_rows_nomem(err);
    }

    pl__tenant_set__init(in);
    in->tenant = call->tenant;
    in->row = copy;
    in->has_create = 1;
    in->create = create;
    in->has_removed = removed;
    in->removed = removed;
    in->actor = (char *) call->who.actor;

    command.of_case = PL__COMMAND__OF_TENANT_SET;
    command.tenant_set = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
place_tenant_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t               rc;
    const Pl__Verdict        *verdict;
    const pl_tenant_conf_t   *tenant;
    Pl__Api__TenantView      *view;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];
    tenant = verdict == NULL || !verdict->has_id ? NULL
             : pl_settings_tenant(call->settings, (uint32_t) verdict->id);

    if (tenant == NULL) {
        return pl_api_missing(call);
    }

    rc = pl_place_tenant_view(call, tenant, &view, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


static pl_status_t
place_channel_create(pl_api_call_t *call, pl_err_t *err)
{
    Pl__Api__ChannelEdit          edit = PL__API__CHANNEL_EDIT__INIT;
    const Pl__Api__ChannelBody   *body;

    body = (const Pl__Api__ChannelBody *) call->body;

    edit.account = body->account;
    edit.waba_id = body->waba_id;
    edit.token = body->token;
    edit.api_base_url = body->api_base_url;
    edit.api_version = body->api_version;
    edit.has_rate_per_s = body->has_rate_per_s;
    edit.rate_per_s = body->rate_per_s;
    edit.user = body->user;
    edit.from_name = body->from_name;
    edit.reply_address = body->reply_address;
    edit.messaging_service_sid = body->messaging_service_sid;
    edit.status_callback = body->status_callback;
    edit.has_smart_encoding = body->has_smart_encoding;
    edit.smart_encoding = body->smart_encoding;

    return place_channel_say(call, body->name, body->provider, &edit, true,
                             err);
}


static pl_status_t
place_channel_edit(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                 rc;
    const pl_channel_conf_t    *channel;

    rc = place_channel_named(call, &channel, err);

    return rc == PL_OK
           ? place_channel_say(call, channel->row->name,
                               channel->row->provider,
                               (const Pl__Api__ChannelEdit *) call->body,
                               false, err)
           : rc;
}


static pl_status_t
place_channel_say(pl_api_call_t *call, const char *name,
    const char *provider, const Pl__Api__ChannelEdit *edit, bool create,
    pl_err_t *err)
{
    Pl__ChannelSettings    *row;
    const pl_place_kind_t  *kind = pl_place_kind(provider);

    row = pl_arena_alloc(call->ar, sizeof(*row));
    if (row == NULL) {
        return pl_rows_nomem(err);
    }

    pl__channel_settings__init(row);
    row->name = (char *) name;
    row->provider = (char *) provider;
    row->account = edit->account;
    row->waba_id = edit->waba_id;
    row->api_base_url = edit->api_base_url;
    row->api_version = edit->api_version;
    row->rate_per_s = edit->has_rate_per_s ? edit->rate_per_s
                                           : PL_PLACE_RATE;
    row->connect_timeout_ms = PL_PLACE_CONNECT_MS;
    row->timeout_ms = PL_PLACE_TIMEOUT_MS;
    row->user = edit->user;
    row->from_name = edit->from_name;
    row->reply_address = edit->reply_address;
    row->service = edit->messaging_service_sid;
    row->callback_url = edit->status_callback;
    row->has_smart = edit->has_smart_encoding;
    row->smart = edit->smart_encoding;

    if (kind != NULL && !place_defaults(call->ar, kind, row)) {
        return pl_rows_nomem(err);
    }

    return place_channel_ask(call, row, edit->token, create, err);
}


/* As nginx.conf has them. */

static bool
place_defaults(pl_arena_t *ar, const pl_place_kind_t *kind,
    Pl__ChannelSettings *row)
{
    char  *p;

    if (row->api_base_url == NULL) {
        row->api_base_url = (char *) (kind->url != NULL ? kind->url : "");
    }

    if (row->api_version == NULL) {
        row->api_version = (char *) kind->version;
    }

    if (row->waba_id == NULL && kind->sid_len != 0
        && strlen(row->account) > kind->sid_len)
    {
        row->waba_id = pl_arena_str(ar, (pl_str_t) {
                           (const uint8_t *) row->account, kind->sid_len });
        if (row->waba_id == NULL) {
            return false;
        }
    }

    if (kind->lower) {
        row->account = pl_arena_str(ar, pl_str_c(row->account));
        if (row->account == NULL) {
            return false;
        }

        for (p = row->account; *p != '\0'; p++) {
            *p = (char) (*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
        }
    }

    return true;
}


/* Its name is what is looked at: no secret goes the way of the journal. */

static pl_status_t
place_channel_remove(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__ChannelSettings        row;
    const pl_channel_conf_t   *channel;

    rc = place_channel_named(call, &channel, err);
    if (rc != PL_OK) {
        return rc;
    }

    row = *channel->row;
    row.has_token = 0;
    row.has_token_mac = 0;

    return place_channel_put(call, &row, false, true, err);
}


static pl_status_t
place_channel_named(pl_api_call_t *call, const pl_channel_conf_t **channel,
    pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    rc = pl_rows_text(call, 0, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_channel(call, name, NULL, channel);
    }

    return rc == PL_OK && (*channel)->row->removed ? pl_api_missing(call)
                                                   : rc;
}


static pl_status_t
place_channel_ask(pl_api_call_t *call, Pl__ChannelSettings *row,
    const char *token, bool create, pl_err_t *err)
{
    pl_err_t      why = { 0 };
    pl_status_t   rc;

    if (row->api_base_url == NULL || row->api_version == NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD, "provider",
                              "No channels of it are made so.");
    }

    if (pl_place_channel_check(row, &why) != PL_OK) {
        return place_bad(call, &why);
    }

    rc = token == NULL ? PL_OK : place_token(call, row, token, err);

    return rc == PL_OK ? place_channel_put(call, row, create, false, err)
                       : rc;
}


static pl_status_t
place_channel_put(pl_api_call_t *call, const Pl__ChannelSettings *row,
    bool create, bool removed, pl_err_t *err)
{
    Pl__Command            command = PL__COMMAND__INIT;
    Pl__ChannelSet        *in;
    Pl__ChannelSettings   *copy;

    in = pl_arena_alloc(call->ar, sizeof(*in));
    copy = (Pl__ChannelSettings *) pl_arena_dup(call->ar, row, sizeof(*row));
    if (in == NULL || copy == NULL) {
        return pl_rows_nomem(err);
    }

    pl__channel_set__init(in);
    in->tenant = call->tenant;
    in->row = copy;
    in->has_create = 1;
    in->create = create;
    in->has_removed = removed;
    in->removed = removed;
    in->actor = (char *) call->who.actor;

    command.of_case = PL__COMMAND__OF_CHANNEL_SET;
    command.channel_set = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
place_channel_told(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                rc;
    const Pl__Verdict         *verdict;
    const pl_channel_conf_t   *channel;
    Pl__Api__ChannelView      *view;

    verdict = call->n_verdicts == 0 ? NULL : call->verdicts[0];
    channel = verdict == NULL || !verdict->has_id ? NULL
              : pl_settings_channel(call->settings, (uint32_t) verdict->id);

    if (channel == NULL || channel->tenant != call->tenant) {
        return pl_api_missing(call);
    }

    rc = pl_place_channel_view(call, channel, &view, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


/* As a publish of nginx.conf has it: the sender opens either. */

static pl_status_t
place_token(pl_api_call_t *call, Pl__ChannelSettings *row, const char *token,
    pl_err_t *err)
{
    char          aad[PL_SETTINGS_AAD_MAX];
    pl_keyring_t  keys;
    pl_str_t      sealed;
    pl_status_t   rc;
    const char   *p;

    for (p = token; *p > ' ' && *p < 0x7f; p++) { /* void */ }

    if (*p != '\0') {
        return pl_api_problem(call, PL_API_BAD_FIELD, "token",
                              "It has a character that does not belong in "
                              "a header.");
    }

    rc = pl_api_seal_keys(call, &keys);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_crypto_seal(keys.keys[0], pl_settings_token_aad(aad,
                            call->tenant_conf->row->name, row->name),
                        pl_str_c(token), call->ar, &sealed, err);

    if (rc == PL_OK) {
        rc = place_token_mac(call, keys.keys[0], pl_str_c(token), row,
                             err);
    }

    pl_keyring_wipe(&keys);

    row->has_token = 1;
    row->token.data = (uint8_t *) (uintptr_t) sealed.data;
    row->token.len = sealed.len;

    return rc;
}


/* Tells whether it is another one, and nothing else. */

static pl_status_t
place_token_mac(pl_api_call_t *call, const uint8_t key[PL_KEY_LEN],
    pl_str_t token, Pl__ChannelSettings *row, pl_err_t *err)
{
    uint8_t      *sum;
    pl_mac_t     *mac;
    pl_status_t   rc;

    sum = pl_arena_alloc(call->ar, PL_SHA256_LEN);
    mac = pl_mac_create((pl_str_t) { key, PL_KEY_LEN });

    rc = sum == NULL || mac == NULL ? PL_IO
                                    : pl_mac_sum(mac, &token, 1, sum);
    pl_mac_destroy(mac);

    row->has_token_mac = 1;
    row->token_mac.data = sum;
    row->token_mac.len = PL_TOKEN_MAC_LEN;

    return rc == PL_OK ? rc : pl_err_set(err, rc, "api", 0,
                                         "libcrypto failed");
}


static pl_status_t
place_bad(pl_api_call_t *call, const pl_err_t *why)
{
    return pl_api_problem(call, PL_API_BAD_FIELD, why->path, "%s",
                          why->text);
}
