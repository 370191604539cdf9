/*
 * Variables, for logs and "access_log if=". What the webhook itself knows
 * costs nothing. Those of the body decode it, once for a request and only
 * where a configuration uses one of them: the first item of a body of at
 * most 64 KiB, after its signature was found right.
 */

#include "../core/str.h"
#include "ngx_http_parley_worker.h"


typedef enum {
    NGX_HTTP_PARLEY_PROVIDER = 0,
    NGX_HTTP_PARLEY_STATUS,
    NGX_HTTP_PARLEY_SEQUENCE,
    NGX_HTTP_PARLEY_APPEND_TIME,

    /* of the body; the order is that of ngx_http_parley_item_t's values */
    NGX_HTTP_PARLEY_KIND,
    NGX_HTTP_PARLEY_CHANNEL,
    NGX_HTTP_PARLEY_TENANT,
    NGX_HTTP_PARLEY_CONTACT,
    NGX_HTTP_PARLEY_ITEMS,
    NGX_HTTP_PARLEY_VARIABLES
} ngx_http_parley_variable_e;

#define NGX_HTTP_PARLEY_VALUES                                                \
    (NGX_HTTP_PARLEY_VARIABLES - NGX_HTTP_PARLEY_KIND)


/* What the body says; found again by its cleanup handler. */
typedef struct {
    ngx_str_t  values[NGX_HTTP_PARLEY_VALUES];
} ngx_http_parley_item_t;


static ngx_int_t ngx_http_parley_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_parley_variable_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_parley_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const ngx_str_t *value);
static ngx_http_parley_item_t *ngx_http_parley_variable_item(
    ngx_http_request_t *r, const ngx_http_parley_seen_t *seen);
static void ngx_http_parley_variable_cleanup(void *data);
static void ngx_http_parley_variable_decode(ngx_http_request_t *r,
    const ngx_http_parley_seen_t *seen, ngx_http_parley_item_t *item);
static void ngx_http_parley_variable_command(ngx_http_request_t *r,
    const ngx_http_parley_seen_t *seen, const Pl__Command *command,
    ngx_http_parley_item_t *item);
static void ngx_http_parley_variable_account(ngx_http_request_t *r,
    const pl_channel_t *provider, const char *account,
    ngx_http_parley_item_t *item);
static void ngx_http_parley_variable_copy(ngx_http_request_t *r,
    ngx_http_parley_item_t *item, ngx_http_parley_variable_e name,
    const char *text);


static ngx_http_variable_t  ngx_http_parley_vars[] = {

    { ngx_string("parley_provider"), NULL, ngx_http_parley_variable,
      NGX_HTTP_PARLEY_PROVIDER, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_status"), NULL, ngx_http_parley_variable,
      NGX_HTTP_PARLEY_STATUS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_sequence"), NULL, ngx_http_parley_variable,
      NGX_HTTP_PARLEY_SEQUENCE, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_append_time"), NULL, ngx_http_parley_variable,
      NGX_HTTP_PARLEY_APPEND_TIME, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_kind"), NULL, ngx_http_parley_variable_body,
      NGX_HTTP_PARLEY_KIND, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_channel"), NULL, ngx_http_parley_variable_body,
      NGX_HTTP_PARLEY_CHANNEL, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_tenant"), NULL, ngx_http_parley_variable_body,
      NGX_HTTP_PARLEY_TENANT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_contact"), NULL, ngx_http_parley_variable_body,
      NGX_HTTP_PARLEY_CONTACT, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("parley_items"), NULL, ngx_http_parley_variable_body,
      NGX_HTTP_PARLEY_ITEMS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_parley_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_parley_vars; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char                  *p;
    ngx_str_t                value;
    ngx_http_parley_seen_t   seen;

    v->not_found = 1;

    if (ngx_http_parley_webhook_seen(r, &seen) != NGX_OK) {
        return NGX_OK;
    }

    if (data == NGX_HTTP_PARLEY_PROVIDER) {
        value.data = (u_char *) seen.provider->name;
        value.len = ngx_strlen(value.data);

        return ngx_http_parley_variable_set(r, v, &value);
    }

    if (data == NGX_HTTP_PARLEY_STATUS) {
        return ngx_http_parley_variable_set(r, v,
                                 &ngx_http_parley_result_names[seen.result]);
    }

    /* the others are known of what was accepted only */

    if (seen.result != NGX_HTTP_PARLEY_ACCEPTED) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;

    if (data == NGX_HTTP_PARLEY_SEQUENCE) {
        value.len = (size_t) (ngx_sprintf(p, "%uL", seen.sequence) - p);

    } else {
        value.len = (size_t) (ngx_sprintf(p, "%uL.%03uL",
                                          seen.append_us / 1000000,
                                          seen.append_us / 1000 % 1000)
                              - p);
    }

    return ngx_http_parley_variable_set(r, v, &value);
}


static ngx_int_t
ngx_http_parley_variable_body(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_parley_item_t  *item;
    ngx_http_parley_seen_t   seen;

    v->not_found = 1;

    if (ngx_http_parley_webhook_seen(r, &seen) != NGX_OK
        || seen.body.data == NULL
        || seen.body.len > NGX_HTTP_PARLEY_INLINE_MAX)
    {
        return NGX_OK;
    }

    item = ngx_http_parley_variable_item(r, &seen);
    if (item == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_parley_variable_set(r, v,
                                 &item->values[data - NGX_HTTP_PARLEY_KIND]);
}


static ngx_int_t
ngx_http_parley_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const ngx_str_t *value)
{
    if (value->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = value->data;
    v->len = (unsigned) value->len & 0xfffffff;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_http_parley_item_t *
ngx_http_parley_variable_item(ngx_http_request_t *r,
    const ngx_http_parley_seen_t *seen)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_parley_item_t  *item;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_parley_variable_cleanup) {
            return cln->data;
        }
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_parley_item_t));
    if (cln == NULL) {
        return NULL;
    }

    item = cln->data;
    ngx_memzero(item, sizeof(ngx_http_parley_item_t));

    cln->handler = ngx_http_parley_variable_cleanup;

    ngx_http_parley_variable_decode(r, seen, item);

    return item;
}


static void
ngx_http_parley_variable_cleanup(void *data)
{
    /* nothing is held that the request's pool does not free */
}


static void
ngx_http_parley_variable_decode(ngx_http_request_t *r,
    const ngx_http_parley_seen_t *seen, ngx_http_parley_item_t *item)
{
    u_char                    *p;
    pl_err_t                   err;
    ngx_str_t                 *items;
    pl_decoded_t               decoded;
    ngx_http_parley_worker_t  *w;

    w = ngx_http_parley_worker(r);

    if (w == NULL) {
        return;
    }

    pl_arena_reset(w->scratch);
    ngx_memzero(&decoded, sizeof(pl_decoded_t));

    if (seen->provider->decode(w->conf->codec, seen->body, w->scratch,
                               &decoded, &err)
        != PL_OK)
    {
        ngx_http_parley_variable_copy(r, item, NGX_HTTP_PARLEY_KIND,
                                      "unreadable");

    } else if (decoded.n_commands) {
        ngx_http_parley_variable_command(r, seen, decoded.commands[0], item);
    }

    items = &item->values[NGX_HTTP_PARLEY_ITEMS - NGX_HTTP_PARLEY_KIND];

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p) {
        items->data = p;
        items->len = (size_t) (ngx_sprintf(p, "%uz", decoded.n_commands) - p);
    }

    /* a large body's blocks go back to the system */

    pl_arena_reset(w->scratch);
}


static void
ngx_http_parley_variable_command(ngx_http_request_t *r,
    const ngx_http_parley_seen_t *seen, const Pl__Command *command,
    ngx_http_parley_item_t *item)
{
    const char  *kind, *account, *contact;

    kind = "unreadable";
    account = NULL;
    contact = NULL;

    switch (command->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        kind = "message";
        account = command->inbound_message->account;
        contact = command->inbound_message->from->phone;

        if (contact == NULL) {
            contact = command->inbound_message->from->user_id;
        }

        break;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        kind = "status";
        account = command->delivery_status->account;
        contact = command->delivery_status->recipient;
        break;

    case PL__COMMAND__OF_ECHO_MESSAGE:
        kind = "echo";
        account = command->echo_message->account;
        contact = command->echo_message->peer->phone;

        if (contact == NULL) {
            contact = command->echo_message->peer->user_id;
        }

        break;

    case PL__COMMAND__OF_CONTACT_SYNC:
        kind = "contact";
        account = command->contact_sync->account;
        contact = command->contact_sync->contact->phone;
        break;

    case PL__COMMAND__OF_CHANNEL_ERROR:
        kind = "error";
        account = command->channel_error->account;
        break;

    case PL__COMMAND__OF_UNREADABLE_ITEM:
        account = command->unreadable_item->account;
        break;

    default:
        break;
    }

    ngx_http_parley_variable_copy(r, item, NGX_HTTP_PARLEY_KIND, kind);
    ngx_http_parley_variable_copy(r, item, NGX_HTTP_PARLEY_CONTACT, contact);
    ngx_http_parley_variable_account(r, seen->provider, account, item);
}


/* Channels of the configuration; those made over an API have no name here. */

static void
ngx_http_parley_variable_account(ngx_http_request_t *r,
    const pl_channel_t *provider, const char *account,
    ngx_http_parley_item_t *item)
{
    ngx_str_t                       name;
    ngx_http_parley_main_conf_t    *pmcf;
    const ngx_http_parley_known_t  *known;

    if (account == NULL) {
        return;
    }

    name.data = (u_char *) account;
    name.len = ngx_strlen(account);

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);
    known = ngx_http_parley_known(pmcf, provider->name, &name);

    if (known) {
        item->values[NGX_HTTP_PARLEY_CHANNEL - NGX_HTTP_PARLEY_KIND] =
                                                            known->channel;
        item->values[NGX_HTTP_PARLEY_TENANT - NGX_HTTP_PARLEY_KIND] =
                                                             known->tenant;
    }
}


static void
ngx_http_parley_variable_copy(ngx_http_request_t *r,
    ngx_http_parley_item_t *item, ngx_http_parley_variable_e name,
    const char *text)
{
    size_t      len;
    ngx_str_t  *value;

    if (text == NULL) {
        return;
    }

    len = ngx_strlen(text);
    value = &item->values[name - NGX_HTTP_PARLEY_KIND];

    value->data = ngx_pnalloc(r->pool, len);
    if (value->data == NULL) {
        return;
    }

    ngx_memcpy(value->data, text, len);
    value->len = len;
}
