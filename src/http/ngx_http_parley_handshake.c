/*
 * The GET with which WhatsApp asks whether a URL is ours: mode and token in
 * the query, and a challenge to be sent back as it is.
 */

#include "../channel/whatsapp.h"
#include "ngx_http_parley.h"


static ngx_int_t ngx_http_parley_handshake_arg(ngx_http_request_t *r,
    const char *name, pl_str_t *value);


static const ngx_str_t  ngx_http_parley_handshake_text =
    ngx_string("text/plain");


ngx_int_t
ngx_http_parley_handshake(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    pl_str_t                     mode, token, challenge;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_parley_handshake_arg(r, "hub.mode", &mode) != NGX_OK
        || ngx_http_parley_handshake_arg(r, "hub.verify_token", &token)
           != NGX_OK
        || ngx_http_parley_handshake_arg(r, "hub.challenge", &challenge)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (plcf->verify_token.len == 0
        || pl_whatsapp_handshake(ngx_http_parley_str(&plcf->verify_token),
                                 mode, token, challenge)
           != PL_OK)
    {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "parley: handshake refused");
        return NGX_HTTP_FORBIDDEN;
    }

    return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK,
                                       &ngx_http_parley_handshake_text,
                                       (u_char *) challenge.data,
                                       challenge.len);
}


/* A query parameter, decoded; empty where it is missing. */

static ngx_int_t
ngx_http_parley_handshake_arg(ngx_http_request_t *r, const char *name,
    pl_str_t *value)
{
    u_char     *p, *src, *dst;
    ngx_str_t   arg;

    *value = PL_STR_NULL;

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &arg) != NGX_OK) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, arg.len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    for (src = arg.data, dst = p; src < arg.data + arg.len; src++) {
        *dst++ = (*src == '+') ? ' ' : *src;
    }

    src = p;
    dst = p;

    ngx_unescape_uri(&dst, &src, arg.len, 0);

    value->data = p;
    value->len = (size_t) (dst - p);

    return NGX_OK;
}
