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

#define PLACE_TOKEN_FILE_MAX  (16 * 1024)

/*
 * The two kinds of places: what is done with one is done with the other, but
 * for whose names the words begin with, and what is said of one.
 */
typedef struct {
    const char                        *noun;        /* of its commands */
    const char                        *path;
    unsigned                           n_names;     /* first words, of one */
    unsigned                           n_made;      /* the same of a new one */
    const char                        *made[3];     /* fields that they are;
                                                       NULL: none */
    const ProtobufCMessageDescriptor  *body;
    const ProtobufCMessageDescriptor  *edit;
    const ProtobufCMessageDescriptor  *view;

    /* fills what is said now */
    pl_status_t  (*now)(plctl_t *ctl, const char *const *words,
                        ProtobufCMessage *edit, pl_err_t *err);
} place_kind_t;

/* Of one command. */
typedef struct {
    plctl_call_t         call;
    const char          *tenant;        /* whose; NULL: nobody's */
    ProtobufCMessage    *body;          /* NULL: none */
} place_t;

static const place_kind_t *place_kind(const plctl_t *ctl);
static pl_status_t place_message(plctl_t *ctl,
    const ProtobufCMessageDescriptor *type, ProtobufCMessage **msg,
    pl_err_t *err);
static char **place_field(ProtobufCMessage *msg, const char *name);
static int place_done(plctl_t *ctl, place_t *p, pl_status_t rc,
    const char *word, pl_err_t *err);
static pl_status_t place_run(plctl_t *ctl, place_t *p,
    pl_api_method_e method, const char *path, pl_err_t *err);
static int place_answer(plctl_t *ctl, place_t *p, const char *word);
static pl_status_t place_tenant(plctl_t *ctl, const char *const *words,
    ProtobufCMessage *msg, pl_err_t *err);
static pl_status_t place_channel(plctl_t *ctl, const char *const *words,
    ProtobufCMessage *msg, pl_err_t *err);
static const pl_channel_conf_t *place_named(plctl_t *ctl, uint32_t tenant,
    const char *name);
static pl_status_t place_keep(plctl_t *ctl, const Pl__Keep *in,
    Pl__Api__TenantKeep **out, pl_err_t *err);
static pl_status_t place_limits(plctl_t *ctl, const Pl__TenantLimits *in,
    Pl__Api__TenantLimits **out, pl_err_t *err);
static pl_status_t place_token(plctl_t *ctl, ProtobufCMessage *msg,
    pl_err_t *err);
static const char *place_path(plctl_t *ctl, const place_kind_t *kind,
    const char *const *words);


static const place_kind_t  place_kinds[] = {
    { "tenant", "/v1/tenants", 1, 1, { "name" },
      &pl__api__tenant_body__descriptor, &pl__api__tenant_edit__descriptor,
      &pl__api__tenant_view__descriptor, place_tenant },

    { "channel", "/v1/channels", 2, 3, { NULL, "name", "provider" },
      &pl__api__channel_body__descriptor, &pl__api__channel_edit__descriptor,
      &pl__api__channel_view__descriptor, place_channel }
};


/* What has to be said and is not is empty, so that the API says so. */

int
plctl_cmd_place_add(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t              p = { 0 };
    unsigned             i;
    pl_err_t             err = { 0 };
    pl_status_t          rc;
    const place_kind_t  *kind = place_kind(ctl);

    p.tenant = kind->n_names > 1 ? words[0] : NULL;

    rc = place_message(ctl, kind->body, &p.body, &err);

    for (i = 0; rc == PL_OK && i < kind->n_made; i++) {
        if (kind->made[i] != NULL) {
            *place_field(p.body, kind->made[i]) = (char *) words[i];
        }
    }

    if (rc == PL_OK) {
        rc = plctl_fields_set(ctl, p.body, words + kind->n_made,
                              n_words - kind->n_made, &err);
    }

    if (rc == PL_OK) {
        rc = place_token(ctl, p.body, &err);
    }

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_POST, kind->path, &err);
    }

    return place_done(ctl, &p, rc, "made", &err);
}


int
plctl_cmd_place_set(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t              p = { 0 };
    pl_err_t             err = { 0 };
    pl_status_t          rc;
    const place_kind_t  *kind = place_kind(ctl);

    p.tenant = words[0];

    rc = place_message(ctl, kind->edit, &p.body, &err);

    if (rc == PL_OK) {
        rc = kind->now(ctl, words, p.body, &err);
    }

    if (rc == PL_OK) {
        rc = plctl_fields_set(ctl, p.body, words + kind->n_names,
                              n_words - kind->n_names, &err);
    }

    if (rc == PL_OK) {
        rc = place_token(ctl, p.body, &err);
    }

    if (rc == PL_OK) {
        rc = place_run(ctl, &p, PL_API_PUT, place_path(ctl, kind, words),
                       &err);
    }

    return place_done(ctl, &p, rc, "changed", &err);
}


int
plctl_cmd_place_remove(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t              p = { 0 };
    pl_err_t             err = { 0 };
    pl_status_t          rc;
    const place_kind_t  *kind = place_kind(ctl);

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_DELETE, place_path(ctl, kind, words),
                   &err);

    return place_done(ctl, &p, rc, "removed", &err);
}


int
plctl_cmd_place_show(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    place_t              p = { 0 };
    pl_err_t             err = { 0 };
    pl_status_t          rc;
    ProtobufCMessage    *msg;
    const place_kind_t  *kind = place_kind(ctl);

    (void) n_words;

    p.tenant = words[0];
    rc = place_run(ctl, &p, PL_API_GET, place_path(ctl, kind, words), &err);

    if (rc != PL_OK || ctl->json || p.call.call.out.status >= 300) {
        return place_done(ctl, &p, rc, "", &err);
    }

    rc = pl_json_decode(pl_api_codec(p.call.api), kind->view,
                        p.call.call.out.body, 0, ctl->ar, &msg, &err);
    if (rc == PL_OK) {
        plctl_fields_print(ctl, msg);
    }

    plctl_call_end(&p.call);

    return rc == PL_OK ? PLCTL_EXIT_OK : plctl_fail(ctl, &err);
}


/* The command's first word says of which. */

static const place_kind_t *
place_kind(const plctl_t *ctl)
{
    size_t  i;

    for (i = 0; i + 1 < PL_COUNT(place_kinds); i++) {
        if (strcmp(ctl->args->words[0], place_kinds[i].noun) == 0) {
            break;
        }
    }

    return &place_kinds[i];
}


static pl_status_t
place_message(plctl_t *ctl, const ProtobufCMessageDescriptor *type,
    ProtobufCMessage **msg, pl_err_t *err)
{
    unsigned                         i;
    const ProtobufCFieldDescriptor  *field;

    *msg = pl_arena_alloc(ctl->ar, type->sizeof_message);
    if (*msg == NULL) {
        return pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    protobuf_c_message_init(type, *msg);

    for (i = 0; i < type->n_fields; i++) {
        field = &type->fields[i];

        if (field->label == PROTOBUF_C_LABEL_REQUIRED
            && field->type == PROTOBUF_C_TYPE_STRING)
        {
            *place_field(*msg, field->name) = (char *) "";
        }
    }

    return PL_OK;
}


/* A field that is a string; NULL: there is none of that name. */

static char **
place_field(ProtobufCMessage *msg, const char *name)
{
    const ProtobufCFieldDescriptor  *field;

    field = protobuf_c_message_descriptor_get_field_by_name(msg->descriptor,
                                                            name);

    return field == NULL ? NULL
           : (char **) (void *) ((uint8_t *) msg + field->offset);
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


/* As it is said now: a set of one field leaves the others. */

static pl_status_t
place_tenant(plctl_t *ctl, const char *const *words, ProtobufCMessage *msg,
    pl_err_t *err)
{
    uint32_t                   id;
    pl_status_t                rc;
    Pl__Api__TenantEdit       *edit = (Pl__Api__TenantEdit *) msg;
    const Pl__TenantSettings  *row;

    rc = plctl_open_tenant(ctl, words[0], &id, err);

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
place_channel(plctl_t *ctl, const char *const *words, ProtobufCMessage *msg,
    pl_err_t *err)
{
    uint32_t                    of;
    pl_status_t                 rc;
    Pl__Api__ChannelEdit       *edit = (Pl__Api__ChannelEdit *) msg;
    const pl_channel_conf_t    *channel;
    const Pl__ChannelSettings  *row;

    rc = plctl_open_tenant(ctl, words[0], &of, err);

    if (rc != PL_OK) {
        return rc;
    }

    channel = place_named(ctl, of, words[1]);
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


/* As token_file reads one: without the line's end. A tenant has none. */

static pl_status_t
place_token(plctl_t *ctl, ProtobufCMessage *msg, pl_err_t *err)
{
    char        **token = place_field(msg, "token");
    pl_str_t      text;
    pl_status_t   rc;

    if (token == NULL || ctl->args->token_file == NULL) {
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
place_path(plctl_t *ctl, const place_kind_t *kind, const char *const *words)
{
    const char  *name = words[kind->n_names - 1];

    return pl_name_valid(pl_str_c(name))
           ? pl_arena_printf(ctl->ar, "%s/%s", kind->path, name) : NULL;
}
