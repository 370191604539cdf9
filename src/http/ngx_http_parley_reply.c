/*
 * Answers, and background subrequests that carry nothing of the client's.
 */

#include "ngx_http_parley.h"


static ngx_http_request_body_t *ngx_http_parley_reply_body(
    ngx_http_request_t *r, ngx_str_t *body);


static const ngx_str_t  ngx_http_parley_reply_post = ngx_string("POST");


ngx_int_t
ngx_http_parley_reply_empty(ngx_http_request_t *r, ngx_uint_t status)
{
    r->headers_out.status = status;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_parley_reply_bytes(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, u_char *data, size_t len)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    if (len == 0) {
        return ngx_http_parley_reply_empty(r, status);
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = data;
    b->last = data + len;
    b->memory = 1;
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = (off_t) len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_parley_reply_header(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value = *value;
    ngx_http_parley_header_end(h);

    return NGX_OK;
}


ngx_int_t
ngx_http_parley_reply_unavailable(ngx_http_request_t *r)
{
    ngx_str_t                    value;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    value.len = (size_t) (ngx_sprintf(value.data, "%T", plcf->retry_after)
                          - value.data);

    if (ngx_http_parley_reply_header(r, "Retry-After", &value) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_SERVICE_UNAVAILABLE;
}


ngx_int_t
ngx_http_parley_reply_subrequest(ngx_http_request_t *r, ngx_str_t *uri,
    ngx_str_t *body, ngx_table_elt_t *headers, ngx_uint_t n,
    ngx_http_post_subrequest_t *ps)
{
    ngx_str_t                 server;
    ngx_list_t                list;
    ngx_http_request_t       *sr;
    ngx_http_request_body_t  *rb;

    /* everything that can fail is done before the subrequest exists */

    rb = ngx_http_parley_reply_body(r, body);
    if (rb == NULL) {
        return NGX_ERROR;
    }

    if (ngx_list_init(&list, r->pool, n ? n : 1, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (n) {
        ngx_memcpy(list.part.elts, headers, n * sizeof(ngx_table_elt_t));
        list.part.nelts = n;
    }

    if (ngx_http_subrequest(r, uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_BACKGROUND)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sr->method = NGX_HTTP_POST;
    sr->method_name = ngx_http_parley_reply_post;
    sr->header_only = 1;
    sr->request_body = rb;

    server = r->headers_in.server;

    ngx_memzero(&sr->headers_in, sizeof(ngx_http_headers_in_t));

    sr->headers_in.headers = list;
    sr->headers_in.headers.last = &sr->headers_in.headers.part;
    sr->headers_in.server = server;     /* $host */
    sr->headers_in.content_length_n = body ? (off_t) body->len : 0;
    sr->headers_in.keep_alive_n = -1;

    return NGX_OK;
}


/*
 * A body of the subrequest's own, so that an upstream neither sends the
 * client's nor closes its temporary file.
 */

static ngx_http_request_body_t *
ngx_http_parley_reply_body(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_buf_t                *b;
    ngx_http_request_body_t  *rb;

    rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (rb == NULL || body == NULL) {
        return rb;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NULL;
    }

    rb->bufs = ngx_alloc_chain_link(r->pool);
    if (rb->bufs == NULL) {
        return NULL;
    }

    b->start = b->pos = body->data;
    b->end = b->last = body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;

    rb->buf = b;
    rb->bufs->buf = b;
    rb->bufs->next = NULL;

    return rb;
}


/*
 * What follows "client: " in whatever is logged from here on. Not the request
 * line, as nginx has it: its query holds the verify token, which may be the
 * right one where a handshake is refused.
 */

u_char *
ngx_http_parley_log(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);
    clcf = ngx_http_get_module_loc_conf(sr, ngx_http_core_module);

    return ngx_snprintf(buf, len, ", server: %V, method: %V, location: \"%V\"",
                        &cscf->server_name, &r->method_name, &clcf->name);
}
