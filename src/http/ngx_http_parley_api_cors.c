/*
 * Cross-origin requests: only where parley_api_cors names the origin. A key
 * goes in a header, never in a cookie, so no credentials are allowed.
 */

#include "../core/str.h"
#include "ngx_http_parley_api.h"

#define NGX_HTTP_PARLEY_CORS_METHODS  "GET, POST, PUT, PATCH, DELETE"
#define NGX_HTTP_PARLEY_CORS_HEADERS                                          \
    "Authorization, Content-Type, Idempotency-Key, If-Match, "                \
    "If-None-Match, Last-Event-ID, Parley-Tenant, Traceparent"
#define NGX_HTTP_PARLEY_CORS_EXPOSE   "ETag, Location, Retry-After"


static ngx_int_t ngx_http_parley_cors_add(ngx_http_request_t *r,
    const char *name, const char *value);
static ngx_str_t *ngx_http_parley_cors_find(
    ngx_http_parley_loc_conf_t *plcf, pl_str_t origin);


ngx_int_t
ngx_http_parley_api_preflight(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    pl_str_t                     origin;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    origin = ngx_http_parley_api_header(r, "origin");

    if (r->method != NGX_HTTP_OPTIONS || origin.len == 0
        || plcf->api_cors == NULL
        || ngx_http_parley_api_header(r, "access-control-request-method").len
           == 0)
    {
        return NGX_DECLINED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc == NGX_OK) {
        rc = ngx_http_parley_api_cors(r);
    }

    if (rc != NGX_OK) {
        return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    if (ngx_http_parley_cors_find(plcf, origin) != NULL
        && (ngx_http_parley_cors_add(r, "Access-Control-Allow-Methods",
                                     NGX_HTTP_PARLEY_CORS_METHODS)
            != NGX_OK
            || ngx_http_parley_cors_add(r, "Access-Control-Allow-Headers",
                                        NGX_HTTP_PARLEY_CORS_HEADERS)
               != NGX_OK
            || ngx_http_parley_cors_add(r, "Access-Control-Max-Age", "600")
               != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_parley_reply_empty(r, NGX_HTTP_NO_CONTENT);
}


ngx_int_t
ngx_http_parley_api_cors(ngx_http_request_t *r)
{
    pl_str_t                     origin;
    ngx_str_t                   *allowed;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    if (plcf->api_cors == NULL) {
        return NGX_OK;
    }

    if (ngx_http_parley_cors_add(r, "Vary", "Origin") != NGX_OK) {
        return NGX_ERROR;
    }

    origin = ngx_http_parley_api_header(r, "origin");

    allowed = ngx_http_parley_cors_find(plcf, origin);
    if (allowed == NULL) {
        return NGX_OK;
    }

    if (ngx_http_parley_reply_header(r, "Access-Control-Allow-Origin",
                                     allowed)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_parley_cors_add(r, "Access-Control-Expose-Headers",
                                    NGX_HTTP_PARLEY_CORS_EXPOSE);
}


pl_str_t
ngx_http_parley_api_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);
    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                return PL_STR_NULL;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == len
            && ngx_strncmp(h[i].lowcase_key, name, len) == 0)
        {
            return ngx_http_parley_str(&h[i].value);
        }
    }
}


static ngx_int_t
ngx_http_parley_cors_add(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_str_t  v;

    v.data = (u_char *) value;
    v.len = ngx_strlen(value);

    return ngx_http_parley_reply_header(r, name, &v);
}


static ngx_str_t *
ngx_http_parley_cors_find(ngx_http_parley_loc_conf_t *plcf, pl_str_t origin)
{
    ngx_str_t   *origins;
    ngx_uint_t   i;

    origins = plcf->api_cors->elts;

    for (i = 0; origin.len && i < plcf->api_cors->nelts; i++) {
        if (pl_str_eq(ngx_http_parley_str(&origins[i]), origin)
            || pl_str_eq(ngx_http_parley_str(&origins[i]), PL_STR("*")))
        {
            return &origins[i];
        }
    }

    return NULL;
}
