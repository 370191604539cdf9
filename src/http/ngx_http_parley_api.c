/*
 * A call of the API, from top to bottom in the order in which things happen:
 *
 *     READING    nginx reads the body
 *     ASKING     in a pool thread: who, what, may they; a read ends here
 *     QUEUED     a write's commands, in the append queue
 *     WAITING    they are on disk; for the fold, two seconds at most
 *     TELLING    in a pool thread: what became of them
 *     DONE       answered exactly once
 *
 * From ASKING to TELLING the request is held by r->main->blocked, and what
 * completes it calls the request's write event handler, never a function of
 * ours: where the client went away meanwhile, nginx has put its own
 * finalizer there. A write that is on disk goes on all the same.
 *
 * A worker that shuts down answers what it has accepted: calls that are
 * anywhere but in DONE have a task, an entry, or a timer under way.
 */

#include "../core/str.h"
#include "ngx_http_parley_api.h"


static ngx_http_parley_call_t *ngx_http_parley_api_call(
    ngx_http_request_t *r);
static void ngx_http_parley_api_cleanup(void *data);
static void ngx_http_parley_api_in(ngx_http_request_t *r, pl_api_in_t *in);
static pl_api_method_e ngx_http_parley_api_method(ngx_http_request_t *r);
static void ngx_http_parley_api_body(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_api_pieces(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);
static void ngx_http_parley_api_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_api_headers(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);


ngx_int_t
ngx_http_parley_api_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_parley_call_t      *c;
    ngx_http_parley_loc_conf_t  *plcf;

    r->main->log_handler = ngx_http_parley_log;

    rc = ngx_http_parley_api_preflight(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    c = ngx_http_parley_api_call(r);
    if (c == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_parley_worker(r) == NULL) {
        return ngx_http_parley_api_problem(r, c, PL_API_UNAVAILABLE);
    }

    if (r->headers_in.content_length_n > (off_t) plcf->api_body_max) {
        return ngx_http_parley_api_problem(r, c, PL_API_TOO_LARGE);
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_parley_api_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* In the request's pool, with an arena of its own that ends with it. */

static ngx_http_parley_call_t *
ngx_http_parley_api_call(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_parley_call_t       *c;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_parley_call_t));
    if (cln == NULL) {
        return NULL;
    }

    c = cln->data;
    ngx_memzero(c, sizeof(ngx_http_parley_call_t));

    c->ar = pl_arena_create(PL_API_ARENA_BLOCK, PL_API_ARENA_MAX);
    if (c->ar == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_parley_api_cleanup;

    c->request = r;

    pl_api_call_init(&c->call, pmcf->api, c->ar);
    ngx_http_parley_api_in(r, &c->call.in);
    ngx_http_parley_events_show(r, c);

    ngx_http_set_ctx(r, c, ngx_http_parley_module);

    return c;
}


static void
ngx_http_parley_api_cleanup(void *data)
{
    ngx_http_parley_call_t  *c = data;

    if (c->counted) {
        c->calls->n--;
    }

    pl_arena_destroy(c->ar);
}


/* Strings of the request's own; it is held as long as they are looked at. */

static void
ngx_http_parley_api_in(ngx_http_request_t *r, pl_api_in_t *in)
{
    ngx_http_headers_in_t  *h;

    h = &r->headers_in;

    in->method = ngx_http_parley_api_method(r);
    in->path = ngx_http_parley_str(&r->uri);
    in->query = ngx_http_parley_str(&r->args);

    if (h->content_type) {
        in->content_type = ngx_http_parley_str(&h->content_type->value);
    }

    if (h->authorization) {
        in->authorization = ngx_http_parley_str(&h->authorization->value);
    }

    if (h->if_match) {
        in->if_match = ngx_http_parley_str(&h->if_match->value);
    }

    if (h->if_none_match) {
        in->if_none_match = ngx_http_parley_str(&h->if_none_match->value);
    }

    in->tenant = ngx_http_parley_api_header(r, "parley-tenant");
    in->idempotency_key = ngx_http_parley_api_header(r, "idempotency-key");
    in->last_event_id = ngx_http_parley_api_header(r, "last-event-id");
}


static pl_api_method_e
ngx_http_parley_api_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_GET:
    case NGX_HTTP_HEAD:
        return PL_API_GET;

    case NGX_HTTP_POST:
        return PL_API_POST;

    case NGX_HTTP_PUT:
        return PL_API_PUT;

    case NGX_HTTP_PATCH:
        return PL_API_PATCH;

    case NGX_HTTP_DELETE:
        return PL_API_DELETE;

    case NGX_HTTP_OPTIONS:
        return PL_API_OPTIONS;

    default:
        return PL_API_OTHER;
    }
}


static void
ngx_http_parley_api_body(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_http_parley_call_t      *c;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    c = ngx_http_get_module_ctx(r, ngx_http_parley_module);
    w = ngx_http_parley_worker(r);

    rc = ngx_http_parley_api_pieces(r, c);

    if (rc == NGX_OK && c->len > plcf->api_body_max) {
        rc = ngx_http_parley_api_problem(r, c, PL_API_TOO_LARGE);

    } else if (rc == NGX_OK) {
        c->state = NGX_HTTP_PARLEY_CALL_ASKING;

        if (ngx_http_parley_calls_add(w->calls, c) == NGX_OK) {
            r->write_event_handler = ngx_http_parley_api_resume;
            r->main->blocked++;
            r->aio = 1;
            return;
        }

        rc = ngx_http_parley_api_problem(r, c, PL_API_UNAVAILABLE);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_parley_api_pieces(ngx_http_request_t *r, ngx_http_parley_call_t *c)
{
    ngx_buf_t                *b;
    ngx_uint_t                n;
    ngx_chain_t              *cl;
    ngx_http_parley_piece_t  *piece;

    n = 0;

    if (r->request_body == NULL) {
        return NGX_OK;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        n++;
    }

    c->pieces = ngx_pcalloc(r->pool,
                            (n + 1) * sizeof(ngx_http_parley_piece_t));
    if (c->pieces == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_size(b) == 0) {
            continue;
        }

        piece = &c->pieces[c->n_pieces++];
        piece->len = (size_t) ngx_buf_size(b);
        piece->fd = NGX_INVALID_FILE;
        c->len += piece->len;

        if (ngx_buf_in_memory(b)) {
            piece->data = b->pos;

        } else {
            piece->fd = b->file->fd;
            piece->offset = b->file_pos;
        }
    }

    return NGX_OK;
}


/* What needs no thread to be known. Returns what to finalize with. */

ngx_int_t
ngx_http_parley_api_problem(ngx_http_request_t *r, ngx_http_parley_call_t *c,
    pl_api_problem_e kind)
{
    ngx_int_t  rc;

    (void) pl_api_problem(&c->call, kind, NULL, "%s", "");

    c->state = NGX_HTTP_PARLEY_CALL_DONE;

    rc = ngx_http_discard_request_body(r);

    return rc == NGX_OK ? ngx_http_parley_api_send(r, c) : rc;
}


ngx_uint_t
ngx_http_parley_api_alive(ngx_http_parley_call_t *c)
{
    return c->request->write_event_handler == ngx_http_parley_api_resume
           && !c->request->connection->error;
}


void
ngx_http_parley_api_done(ngx_http_parley_call_t *c)
{
    ngx_connection_t    *connection;
    ngx_http_request_t  *r;

    r = c->request;
    connection = r->connection;

    ngx_http_set_log_request(connection->log, r);

    c->state = NGX_HTTP_PARLEY_CALL_DONE;

    r->main->blocked--;
    r->aio = 0;

    r->write_event_handler(r);

    /* the call may be gone */

    ngx_http_run_posted_requests(connection);
}


/* Called by done, and by every write event before that. */

static void
ngx_http_parley_api_resume(ngx_http_request_t *r)
{
    ngx_http_parley_call_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (c->state != NGX_HTTP_PARLEY_CALL_DONE) {
        return;
    }

    ngx_http_finalize_request(r, c->stream
                                 ? ngx_http_parley_api_stream(r, c)
                                 : ngx_http_parley_api_send(r, c));
}


/* The answer's bytes are the arena's, which ends with the request's pool. */

ngx_int_t
ngx_http_parley_api_send(ngx_http_request_t *r, ngx_http_parley_call_t *c)
{
    ngx_str_t      type;
    pl_api_out_t  *out;

    out = &c->call.out;

    /* If-Match is the operation's to look at */

    r->disable_not_modified = 1;

    if (ngx_http_parley_api_headers(r, c) != NGX_OK
        || ngx_http_parley_api_cors(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (out->body.len == 0) {
        return ngx_http_parley_reply_empty(r, out->status);
    }

    type.data = (u_char *) out->type;
    type.len = ngx_strlen(out->type);

    return ngx_http_parley_reply_bytes(r, out->status, &type,
                                       (u_char *) out->body.data,
                                       out->body.len);
}


static ngx_int_t
ngx_http_parley_api_headers(ngx_http_request_t *r, ngx_http_parley_call_t *c)
{
    size_t            i;
    ngx_str_t         value, store;
    ngx_list_part_t  *part;
    pl_api_header_t  *h;

    for (i = 0; i < c->call.out.n_headers; i++) {
        h = &c->call.out.headers[i];

        value.data = (u_char *) h->value;
        value.len = ngx_strlen(h->value);

        if (ngx_http_parley_reply_header(r, h->name, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_strcmp(h->name, "ETag") == 0) {

            /* for gzip, which makes it a weak one */

            part = r->headers_out.headers.last;
            r->headers_out.etag = (ngx_table_elt_t *) part->elts
                                  + part->nelts - 1;
        }
    }

    ngx_str_set(&store, "no-store");

    if (ngx_http_parley_reply_header(r, "Cache-Control", &store) != NGX_OK) {
        return NGX_ERROR;
    }

    if (c->call.out.status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_parley_reply_unavailable(r)
           != NGX_HTTP_SERVICE_UNAVAILABLE)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
