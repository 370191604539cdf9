/*
 * tenant …, channel …: tenants and channels that nginx.conf does not have, by
 * the API's own operations (call.h), so that what holds there holds here. A
 * token comes from a file or from stdin, never from an argument, and is
 * printed by nothing.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/age.h"
#include "../engine/place.h"
#include "api_places.pb-c.h"
#include "call.h"
#include "cmd.h"
#include "fields.h"
#include "list.h"

#define PLACE_TOKEN_FILE_MAX  (16 * 1024)

/* Of one command. */
typedef struct {
    plctl_call_t         call;
    const char          *tenant;        /* whose; NULL: nobody's */
    ProtobufCMessage    *body;          /* NULL: none */
} place_t;

static int place_done(plctl_t *ctl, place_t *p, pl_status_t rc,
    const char *word, pl_err_t *err);
static pl_status_t place_run(plctl_t *ctl, place_t *p,
    pl_api_method_e method, const char *path, pl_err_t *err);
static int place_answer(plctl_t *ctl, place_t *p, const char *word);
static int place_show(plctl_t *ctl, place_t *p,
    const ProtobufCMessageDescriptor *type, pl_status_t rc, pl_err_t *err);
static pl_status_t place_tenant(plctl_t *ctl, const char *name,
    Pl__Api__TenantEdit *edit, pl_err_t *err);
static pl_status_t place_channel(plctl_t *ctl, const char *tenant,
    const char *name, Pl__Api__ChannelEdit *edit, pl_err_t *err);
static const pl_channel_conf_t *place_named(plctl_t *ctl, uint32_t tenant,
    const char *name);
static pl_status_t place_keep(plctl_t *ctl, const Pl__Keep *in,
    Pl__Api__TenantKeep **out, pl_err_t *err);
static pl_status_t place_limits(plctl_t *ctl, const Pl__TenantLimits *in,
    Pl__Api__TenantLimits **out, pl_err_t *err);
static pl_status_t place_token(plctl_t *ctl, char **token, pl_err_t *err);
static const char *place_path(plctl_t *ctl, const char *lead,
    const char *name);
static pl_status_t place_tenant_next(plctl_t *ctl, pl_txn_t *txn, void *data,
    pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);
static pl_status_t place_channel_next(plctl_t *ctl, pl_txn_t *txn,
    void *data, pl_arena_t *ar, plctl_row_t *row, pl_err_t *err);


static const char *const  place_tenant_titles[] = {
    "TENANT", "FROM", "LIKE", "STATE", "ZONE", ">RATE"
};

static const char *const  place_channel_titles[] = {
    "TENANT", "CHANNEL", "PROVIDER", "FROM", "STATE", "TOKEN", "ACCOUNT"
};

/* Of a listing of channels. */
typedef struct {
    size_t     at;
    uint32_t   tenant;          /* 0: all */
} place_list_t;


int
plctl_cmd_tenant_add(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t               p = { 0 };
    pl_err_t              err = { 0 };
    pl_status_t           rc;
    Pl__Api__TenantBody   body = PL__API__TENANT_BODY__INIT;

    body.name = (char *) words[0];
    p.body = &body.base;

    rc = plctl_fields_set(ctl, p.body, words + 1, n_words - 1, &err);

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_POST, "/v1/tenants", &err);
    }

    return place_done(ctl, &p, rc, "made", &err);
}


int
plctl_cmd_tenant_set(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t               p = { 0 };
    pl_err_t              err = { 0 };
    pl_status_t           rc;
    Pl__Api__TenantEdit   edit = PL__API__TENANT_EDIT__INIT;

    p.tenant = words[0];
    p.body = &edit.base;

    rc = place_tenant(ctl, words[0], &edit, &err);

    if (rc == PL_OK) {
        rc = plctl_fields_set(ctl, p.body, words + 1, n_words - 1, &err);
    }

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_PUT,
                       place_path(ctl, "/v1/tenants/", words[0]), &err);
    }

    return place_done(ctl, &p, rc, "changed", &err);
}


int
plctl_cmd_tenant_remove(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t      p = { 0 };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_DELETE,
                   place_path(ctl, "/v1/tenants/", words[0]), &err);

    return place_done(ctl, &p, rc, "removed", &err);
}


int
plctl_cmd_tenant_show(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t      p = { 0 };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_GET,
                   place_path(ctl, "/v1/tenants/", words[0]), &err);

    return place_show(ctl, &p, &pl__api__tenant_view__descriptor, rc, &err);
}


int
plctl_cmd_tenant_list(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    place_list_t            list = { 0, 0 };
    const plctl_listing_t   listing = {
        PL_ENV_STATE, place_tenant_titles, PL_COUNT(place_tenant_titles),
        place_tenant_next, NULL
    };

    (void) words;
    (void) n_words;

    if (plctl_open(ctl, &err) != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    return plctl_list(ctl, &listing, &list, ctl->args->limit);
}


int
plctl_cmd_channel_add(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t                p = { 0 };
    pl_err_t               err = { 0 };
    pl_status_t            rc;
    Pl__Api__ChannelBody   body = PL__API__CHANNEL_BODY__INIT;

    p.tenant = words[0];
    p.body = &body.base;
    body.name = (char *) words[1];
    body.provider = (char *) words[2];
    body.account = (char *) "";

    rc = plctl_fields_set(ctl, p.body, words + 3, n_words - 3, &err);

    if (rc == PL_OK) {
        rc = place_token(ctl, &body.token, &err);
    }

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_POST, "/v1/channels", &err);
    }

    return place_done(ctl, &p, rc, "made", &err);
}


int
plctl_cmd_channel_set(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t                p = { 0 };
    pl_err_t               err = { 0 };
    pl_status_t            rc;
    Pl__Api__ChannelEdit   edit = PL__API__CHANNEL_EDIT__INIT;

    p.tenant = words[0];
    p.body = &edit.base;

    rc = place_channel(ctl, words[0], words[1], &edit, &err);

    if (rc == PL_OK) {
        rc = plctl_fields_set(ctl, p.body, words + 2, n_words - 2, &err);
    }

    if (rc == PL_OK) {
        rc = place_token(ctl, &edit.token, &err);
    }

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_PUT,
                       place_path(ctl, "/v1/channels/", words[1]), &err);
    }

    return place_done(ctl, &p, rc, "changed", &err);
}


int
plctl_cmd_channel_remove(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t      p = { 0 };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_DELETE,
                   place_path(ctl, "/v1/channels/", words[1]), &err);

    return place_done(ctl, &p, rc, "removed", &err);
}


int
plctl_cmd_channel_show(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t      p = { 0 };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_GET,
                   place_path(ctl, "/v1/channels/", words[1]), &err);

    return place_show(ctl, &p, &pl__api__channel_view__descriptor, rc, &err);
}


int
plctl_cmd_channel_list(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t                err = { 0 };
    pl_status_t             rc;
    place_list_t            list = { 0, 0 };
    const plctl_listing_t   listing = {
        PL_ENV_STATE, place_channel_titles, PL_COUNT(place_channel_titles),
        place_channel_next, NULL
    };

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK && n_words != 0) {
        rc = plctl_tenant(ctl, words[0], &list.tenant, &err);
    }

    return rc == PL_OK ? plctl_list(ctl, &listing, &list, ctl->args->limit)
                       : plctl_fail(ctl, &err);
}


static int
place_done(plctl_t *ctl, place_t *p, pl_status_t rc, const char *word,
    pl_err_t *err)
{
    int  status;

    status = rc == PL_OK ? place_answer(ctl, p, word) : plctl_fail(ctl, err);

    plctl_call_end(&p->call);

    return rc == PL_INVALID && p->call.api == NULL ? PLCTL_EXIT_USAGE
                                                   : status;
}


static pl_status_t
place_run(plctl_t *ctl, place_t *p, pl_api_method_e method, const char *path,
    pl_err_t *err)
{
    pl_status_t   rc;
    pl_api_in_t  *in = &p->call.call.in;

    if (path == NULL) {
        return pl_err_set(err, PL_INVALID, "", 0, "no name of one");
    }

    rc = plctl_call_begin(ctl, &p->call, err);

    if (rc == PL_OK && p->body != NULL) {
        rc = pl_json_encode(pl_api_codec(p->call.api), p->body, ctl->ar,
                            &in->body, err);
        in->content_type = PL_STR("application/json");
    }

    if (rc != PL_OK) {
        return rc;
    }

    in->method = method;
    in->path = pl_str_c(path);
    in->tenant = pl_str_c(p->tenant);

    return plctl_call_run(ctl, &p->call, err);
}


/* A problem is said as every error is: what, and why. */

static int
place_answer(plctl_t *ctl, place_t *p, const char *word)
{
    pl_err_t              err = { 0 };
    const pl_api_out_t   *out = &p->call.call.out;
    ProtobufCMessage     *msg;
    Pl__Api__Problem     *problem;

    if (out->status < 300) {
        if (ctl->json && out->body.len != 0) {
            fprintf(ctl->out, "%.*s\n", (int) out->body.len,
                    (const char *) out->body.data);

        } else if (!ctl->json) {
            fprintf(ctl->out, "%s\n", out->status == 202 ? "pending" : word);
        }

        return PLCTL_EXIT_OK;
    }

    if (pl_json_decode(pl_api_codec(p->call.api),
                       &pl__api__problem__descriptor, out->body, 0, ctl->ar,
                       &msg, &err)
        == PL_OK)
    {
        problem = (Pl__Api__Problem *) msg;
        (void) pl_err_set(&err, PL_DENIED, problem->pointer != NULL
                          ? problem->pointer + (problem->pointer[0] == '#')
                          : "", 0, "%s%s%s%s",
                          problem->detail != NULL ? problem->detail
                                                  : problem->title,
                          problem->rule != NULL ? " (" : "",
                          problem->rule != NULL ? problem->rule : "",
                          problem->rule != NULL ? ")" : "");
    }

    return plctl_fail(ctl, &err);
}


static int
place_show(plctl_t *ctl, place_t *p, const ProtobufCMessageDescriptor *type,
    pl_status_t rc, pl_err_t *err)
{
    ProtobufCMessage  *msg;

    if (rc != PL_OK || ctl->json || p->call.call.out.status >= 300) {
        return place_done(ctl, p, rc, "", err);
    }

    rc = pl_json_decode(pl_api_codec(p->call.api), type,
                        p->call.call.out.body, 0, ctl->ar, &msg, err);
    if (rc == PL_OK) {
        plctl_fields_print(ctl, msg);
    }

    plctl_call_end(&p->call);

    return rc == PL_OK ? PLCTL_EXIT_OK : plctl_fail(ctl, err);
}


/* As it is said now: a set of one field leaves the others. */

static pl_status_t
place_tenant(plctl_t *ctl, const char *name, Pl__Api__TenantEdit *edit,
    pl_err_t *err)
{
    uint32_t                   id;
    pl_status_t                rc;
    const Pl__TenantSettings  *row;

    rc = plctl_open(ctl, err);

    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, name, &id, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    row = pl_settings_tenant(ctl->settings, id)->base;

    edit->like = row->like;
    edit->time_zone = row->time_zone;
    edit->calling_code = row->calling_code;
    edit->language = row->language;
    edit->has_rate_per_s = row->has_rate_per_s;
    edit->rate_per_s = row->rate_per_s;
    edit->has_weight = row->has_weight;
    edit->weight = row->weight;
    edit->stop_text = row->stop_text;
    edit->start_text = row->start_text;
    edit->help_text = row->help_text;

    rc = place_keep(ctl, row->keep, &edit->keep, err);

    return rc == PL_OK ? place_limits(ctl, row->limits, &edit->limits, err)
                       : rc;
}


static pl_status_t
place_keep(plctl_t *ctl, const Pl__Keep *in, Pl__Api__TenantKeep **out,
    pl_err_t *err)
{
    if (in == NULL) {
        return PL_OK;
    }

    *out = pl_arena_alloc(ctl->ar, sizeof(**out));
    if (*out == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    pl__api__tenant_keep__init(*out);
    (*out)->has_messages = in->has_messages_ms;
    (*out)->messages = (uint32_t) (in->messages_ms / PL_AGE_DAY_MS);
    (*out)->has_contacts = in->has_contacts_ms;
    (*out)->contacts = (uint32_t) (in->contacts_ms / PL_AGE_DAY_MS);

    return PL_OK;
}


static pl_status_t
place_limits(plctl_t *ctl, const Pl__TenantLimits *in,
    Pl__Api__TenantLimits **out, pl_err_t *err)
{
    if (in == NULL) {
        return PL_OK;
    }

    *out = pl_arena_alloc(ctl->ar, sizeof(**out));
    if (*out == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    pl__api__tenant_limits__init(*out);
    (*out)->has_channels = in->has_channels;
    (*out)->channels = in->channels;
    (*out)->has_keys = in->has_keys;
    (*out)->keys = in->keys;
    (*out)->has_messages_day = in->has_messages_day;
    (*out)->messages_day = in->messages_day;

    return PL_OK;
}


static pl_status_t
place_channel(plctl_t *ctl, const char *tenant, const char *name,
    Pl__Api__ChannelEdit *edit, pl_err_t *err)
{
    uint32_t                    of;
    pl_status_t                 rc;
    const pl_channel_conf_t    *channel;
    const Pl__ChannelSettings  *row;

    rc = plctl_open(ctl, err);

    if (rc == PL_OK) {
        rc = plctl_tenant(ctl, tenant, &of, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    channel = place_named(ctl, of, name);
    if (channel == NULL) {
        return pl_err_set(err, PL_NOTFOUND, "", 0,
                          "the tenant has no such channel");
    }

    row = channel->base;

    edit->account = row->account;
    edit->waba_id = row->waba_id;
    edit->api_base_url = row->api_base_url;
    edit->api_version = row->api_version;
    edit->has_rate_per_s = 1;
    edit->rate_per_s = row->rate_per_s;
    edit->user = row->user;
    edit->from_name = row->from_name;
    edit->reply_address = row->reply_address;
    edit->messaging_service_sid = row->service;
    edit->status_callback = row->callback_url;
    edit->has_smart_encoding = row->has_smart;
    edit->smart_encoding = row->smart;

    return PL_OK;
}


static const pl_channel_conf_t *
place_named(plctl_t *ctl, uint32_t tenant, const char *name)
{
    size_t                     i;
    const pl_channel_conf_t   *channel;

    for (i = 0; ; i++) {
        channel = pl_settings_channel_at(ctl->settings, i);

        if (channel == NULL || (channel->tenant == tenant
                                && strcmp(channel->row->name, name) == 0))
        {
            return channel;
        }
    }
}


/* As token_file reads one: without the line's end. */

static pl_status_t
place_token(plctl_t *ctl, char **token, pl_err_t *err)
{
    pl_str_t     text;
    pl_status_t  rc;

    if (ctl->args->token_file == NULL) {
        return PL_OK;
    }

    rc = plctl_file(ctl, ctl->args->token_file, PLACE_TOKEN_FILE_MAX, &text,
                    err);
    if (rc != PL_OK) {
        return rc;
    }

    while (text.len != 0 && text.data[text.len - 1] <= ' ') {
        text.len--;
    }

    *token = pl_arena_str(ctl->ar, text);

    return *token != NULL ? PL_OK
                          : pl_err_set(err, PL_NOMEM, "", 0,
                                       "out of memory");
}


/* NULL: it is no name, and none of a path's pieces. */

static const char *
place_path(plctl_t *ctl, const char *lead, const char *name)
{
    return pl_name_valid(pl_str_c(name))
           ? pl_arena_printf(ctl->ar, "%s%s", lead, name) : NULL;
}


static pl_status_t
place_tenant_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    place_list_t             *list = data;
    Pl__Api__TenantView      *view;
    const pl_tenant_conf_t   *tenant;

    (void) txn;

    tenant = pl_settings_tenant_at(ctl->settings, list->at++);
    if (tenant == NULL) {
        return PL_NOTFOUND;
    }

    view = pl_arena_alloc(ar, sizeof(*view));
    if (view == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    pl__api__tenant_view__init(view);
    view->name = tenant->row->name;
    view->time_zone = tenant->row->time_zone;
    view->language = tenant->row->language;
    view->has_removed = view->removed = tenant->row->removed;
    view->has_runtime = view->runtime = tenant->row->runtime;
    view->like = tenant->row->like;
    view->has_rate_per_s = tenant->row->has_rate_per_s;
    view->rate_per_s = tenant->row->rate_per_s;

    row->json = &view->base;
    row->cells[0] = view->name;
    row->cells[1] = view->runtime ? "run time" : "nginx.conf";
    row->cells[2] = view->like;
    row->cells[3] = view->removed ? "removed" : "there";
    row->cells[4] = view->time_zone;
    row->cells[5] = view->has_rate_per_s
                    ? pl_arena_printf(ar, "%u", (unsigned) view->rate_per_s)
                    : NULL;

    return PL_OK;
}


static pl_status_t
place_channel_next(plctl_t *ctl, pl_txn_t *txn, void *data, pl_arena_t *ar,
    plctl_row_t *row, pl_err_t *err)
{
    place_list_t               *list = data;
    Pl__Api__ChannelView       *view;
    const pl_channel_conf_t    *channel;
    const Pl__ChannelSettings  *of;

    (void) txn;

    do {
        channel = pl_settings_channel_at(ctl->settings, list->at++);
    } while (channel != NULL && list->tenant != 0
             && channel->tenant != list->tenant);

    if (channel == NULL) {
        return PL_NOTFOUND;
    }

    view = pl_arena_alloc(ar, sizeof(*view));
    if (view == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    of = channel->row;

    pl__api__channel_view__init(view);
    view->name = of->name;
    view->provider = of->provider;
    view->account = of->account;
    view->waba_id = of->waba_id;
    view->has_removed = view->removed = of->removed;
    view->has_runtime = view->runtime = of->runtime;
    view->has_rate_per_s = 1;
    view->rate_per_s = of->rate_per_s;

    row->json = &view->base;
    row->cells[0] = plctl_tenant_name(ctl, ar, channel->tenant);
    row->cells[1] = view->name;
    row->cells[2] = view->provider;
    row->cells[3] = view->runtime ? "run time" : "nginx.conf";
    row->cells[4] = view->removed ? "removed" : "there";
    row->cells[5] = of->has_token ? "set" : NULL;
    row->cells[6] = plctl_clean(ar, view->account);

    return PL_OK;
}
