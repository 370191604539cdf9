/*
 * A webhook, from top to bottom in the order in which things happen:
 *
 *     READING    nginx reads the body
 *     VERIFYING  in the pool thread; only what is large or in a file, or of an
 *                account that nginx.conf does not have, which has a queue of
 *                its own
 *     QUEUED     in the append queue, or in the batch that is in flight
 *     DONE       on disk, or not: answered exactly once
 *
 * The answer leaves after the commit that holds the body's bytes; nothing
 * is decoded here. While it is VERIFYING or QUEUED the request is held by
 * r->main->blocked, and what completes it calls the request's write event
 * handler, never a function of ours: where the client went away meanwhile,
 * nginx has put its own finalizer there.
 */

#include "../core/str.h"
#include "ngx_http_parley_trace.h"
#include "ngx_http_parley_worker.h"


#define NGX_HTTP_PARLEY_QUERY_MAX  1024


typedef enum {
    NGX_HTTP_PARLEY_READING = 0,
    NGX_HTTP_PARLEY_VERIFYING,
    NGX_HTTP_PARLEY_QUEUED,
    NGX_HTTP_PARLEY_DONE
} ngx_http_parley_state_e;


typedef struct {
    ngx_http_parley_state_e    state;
    ngx_int_t                  rc;          /* to finalize with, when DONE */
    ngx_http_parley_seen_t     seen;
    pl_str_t                   body;
    pl_str_t                   url;         /* where it is signed */
    ngx_http_parley_entry_t    entry;
    ngx_http_parley_proof_t   *proof;
} ngx_http_parley_ctx_t;


static ngx_http_parley_ctx_t *ngx_http_parley_webhook_ctx(
    ngx_http_request_t *r);
static void ngx_http_parley_webhook_cleanup(void *data);
static void ngx_http_parley_webhook_body(ngx_http_request_t *r);
static ngx_uint_t ngx_http_parley_webhook_sifts(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_webhook_verify(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx, size_t len, ngx_uint_t n);
static ngx_int_t ngx_http_parley_webhook_whole(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx, const pl_str_t *piece, size_t len,
    ngx_uint_t n);
static ngx_int_t ngx_http_parley_webhook_later(ngx_http_request_t *r,
    ngx_http_parley_verify_t *v, size_t len, ngx_uint_t n);
static ngx_int_t ngx_http_parley_webhook_proof(ngx_http_request_t *r,
    ngx_http_parley_verify_t *v, size_t len, ngx_uint_t n);
static void ngx_http_parley_webhook_verified(ngx_http_parley_proof_t *p);
static ngx_int_t ngx_http_parley_webhook_verdict(ngx_http_request_t *r,
    pl_status_t status, const pl_err_t *err);
static ngx_int_t ngx_http_parley_webhook_queue(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx);
static void ngx_http_parley_webhook_committed(ngx_http_parley_entry_t *ent);
static void ngx_http_parley_webhook_hold(ngx_http_request_t *r);
static void ngx_http_parley_webhook_release(ngx_http_request_t *r);
static void ngx_http_parley_webhook_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_webhook_end(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx, ngx_int_t rc);


const ngx_str_t  ngx_http_parley_result_names[NGX_HTTP_PARLEY_RESULTS] = {
    ngx_string("accepted"),
    ngx_string("refused"),
    ngx_string("unavailable")
};


/*
 * Reading the body takes a reference to the request (r->main->count). The
 * one that the content phase holds is dropped for the NGX_DONE returned
 * here; the other is the body handler's, which may run before the call
 * returns, and leads to exactly one ngx_http_finalize_request().
 */

ngx_int_t
ngx_http_parley_webhook_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_str_t                    allow = ngx_string("GET, POST");
    ngx_http_parley_loc_conf_t  *plcf;

    r->main->log_handler = ngx_http_parley_log;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    if (plcf->provider->by_account) {
        ngx_str_set(&allow, "POST");

    } else if (r->method == NGX_HTTP_GET) {
        return ngx_http_parley_handshake(r);
    }

    if (r->method != NGX_HTTP_POST) {
        if (ngx_http_parley_reply_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_http_parley_webhook_ctx(r) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_parley_webhook_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


static ngx_http_parley_ctx_t *
ngx_http_parley_webhook_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t          *cln;
    ngx_http_parley_ctx_t       *ctx;
    ngx_http_parley_loc_conf_t  *plcf;

    /* zeroed by the cleanup's allocation, as by pcalloc: state READING */

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_parley_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_parley_ctx_t));

    cln->handler = ngx_http_parley_webhook_cleanup;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    ctx->seen.provider = plcf->provider;
    ctx->seen.result = NGX_HTTP_PARLEY_REFUSED;

    ngx_http_set_ctx(r, ctx, ngx_http_parley_module);

    return ctx;
}


static void
ngx_http_parley_webhook_cleanup(void *data)
{
    ngx_http_parley_ctx_t  *ctx = data;

    /* made in the pool thread, which no request outlives */

    if (ctx->proof) {
        pl_arena_destroy(ctx->proof->arena);
    }
}


/*
 * By the cleanup's handler, not by the module's context: an error_page's
 * redirect forgets all contexts, and other handlers have other ones.
 */

ngx_int_t
ngx_http_parley_webhook_seen(ngx_http_request_t *r,
    ngx_http_parley_seen_t *seen)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_parley_ctx_t  *ctx;

    for (cln = r->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_http_parley_webhook_cleanup) {
            ctx = cln->data;
            *seen = ctx->seen;

            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


static void
ngx_http_parley_webhook_body(ngx_http_request_t *r)
{
    size_t                     len;
    ngx_int_t                  rc;
    ngx_uint_t                 n;
    ngx_http_parley_ctx_t     *ctx;
    ngx_http_parley_worker_t  *w;

    w = ngx_http_parley_worker(r);
    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (w == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "parley: this process has no worker; it was reloaded "
                      "with \"master_process off\", or could not be set up");
        rc = ngx_http_parley_webhook_end(r, ctx,
                                         NGX_HTTP_SERVICE_UNAVAILABLE);
        ngx_http_finalize_request(r, rc);
        return;
    }

    rc = ngx_http_parley_body_measure(r, &len, &n);

    ctx->url = ngx_http_parley_public_url(r,
                   ngx_http_get_module_loc_conf(r, ngx_http_parley_module));

    if (ctx->url.data == NULL) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (rc == NGX_OK && !ngx_http_parley_webhook_sifts(r)) {
        rc = ngx_http_parley_webhook_verify(r, ctx, len, n);

    } else {
        rc = ngx_http_parley_webhook_later(r, ngx_http_parley_webhook_sifts(r)
                                              ? &w->sift : &w->verify, len, n);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_parley_webhook_queue(r, ctx);
    }

    if (rc == NGX_AGAIN) {
        ngx_http_parley_webhook_hold(r);
        return;
    }

    ngx_http_finalize_request(r, ngx_http_parley_webhook_end(r, ctx, rc));
}


/* Files come in with it, as far as there is a folder for them. */

static ngx_uint_t
ngx_http_parley_webhook_sifts(ngx_http_request_t *r)
{
    ngx_http_parley_loc_conf_t   *plcf;
    ngx_http_parley_main_conf_t  *pmcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    return plcf->provider->sift && pmcf->media.len;
}


static ngx_int_t
ngx_http_parley_webhook_verify(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx, size_t len, ngx_uint_t n)
{
    pl_err_t                     err;
    pl_str_t                    *piece;
    ngx_int_t                    rc;
    ngx_uint_t                   i;
    pl_signed_t                  in;
    ngx_chain_t                 *cl;
    pl_status_t                  status;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    piece = ngx_palloc(r->pool, (n ? n : 1) * sizeof(pl_str_t));
    if (piece == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    piece[0] = PL_STR_NULL;

    for (i = 0, cl = r->request_body->bufs; cl; cl = cl->next) {
        if (ngx_buf_size(cl->buf) != 0) {
            piece[i].data = cl->buf->pos;
            piece[i].len = (size_t) ngx_buf_size(cl->buf);
            i++;
        }
    }

    in.signature = ngx_http_parley_public_header(r, &plcf->header,
                                                 plcf->header_hash);
    in.beside = ngx_http_parley_public_header(r, &plcf->beside,
                                              plcf->beside_hash);
    in.stamp = ngx_http_parley_public_header(r, &plcf->stamp,
                                             plcf->stamp_hash);
    in.now_s = ngx_time();
    in.url = ctx->url;
    in.body = piece;
    in.n_body = n;

    status = plcf->provider->verify(&plcf->loop, &in, &err);

    /* an account that was made since: the store knows, and is not asked on
       the event loop */

    if (status == PL_DENIED && plcf->provider->account && in.signature.len) {
        return ngx_http_parley_webhook_later(r,
                   &ngx_http_parley_worker(r)->ask, len, n);
    }

    rc = ngx_http_parley_webhook_verdict(r, status, &err);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_parley_webhook_whole(r, ctx, piece, len, n);
}


/* The append takes one piece. */

static ngx_int_t
ngx_http_parley_webhook_whole(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx, const pl_str_t *piece, size_t len,
    ngx_uint_t n)
{
    u_char      *p;
    ngx_uint_t   i;

    if (n <= 1) {
        ctx->body = piece[0];
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, len);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->body.data = p;
    ctx->body.len = len;

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, piece[i].data, piece[i].len);
    }

    return NGX_OK;
}


/* What cannot be signed takes no turn of what may be. */

static ngx_int_t
ngx_http_parley_webhook_later(ngx_http_request_t *r,
    ngx_http_parley_verify_t *v, size_t len, ngx_uint_t n)
{
    pl_err_t                     err;
    pl_str_t                     signature;
    pl_status_t                  status;
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    signature = ngx_http_parley_public_header(r, &plcf->header,
                                              plcf->header_hash);

    if (plcf->provider->signature_len == 0
        || signature.len == plcf->provider->signature_len)
    {
        return ngx_http_parley_webhook_proof(r, v, len, n);
    }

    status = pl_err_set(&err, PL_DENIED, "verify", 0,
                        signature.len == 0 ? "signature missing"
                                           : "signature malformed");

    return ngx_http_parley_webhook_verdict(r, status, &err);
}


static ngx_int_t
ngx_http_parley_webhook_proof(ngx_http_request_t *r,
    ngx_http_parley_verify_t *v, size_t len, ngx_uint_t n)
{
    ngx_uint_t                   sifts;
    ngx_http_parley_ctx_t       *ctx;
    ngx_http_parley_proof_t     *p;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    w = ngx_http_parley_worker(r);
    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);
    sifts = ngx_http_parley_webhook_sifts(r);

    if (len > (sifts ? PL_SIFT_MAX : PL_BODY_MAX)) {

        /* a body filter of another module made it grow */

        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    if (sifts && w->fill.mark >= PL_MARK_REFUSE) {

        /* before its files are written: as room_takes() says afterwards */

        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    p = ngx_pcalloc(r->pool, sizeof(ngx_http_parley_proof_t));
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p->pieces = ngx_palloc(r->pool, n * sizeof(ngx_http_parley_piece_t));
    p->body = sifts ? NULL : ngx_pnalloc(r->pool, len ? len : 1);

    if (p->pieces == NULL || (p->body == NULL && !sifts)) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (sifts) {
        p->dir = (char *) w->conf->media.data;
    }

    ngx_http_parley_body_pieces(r, p->pieces);

    p->n_pieces = n;
    p->len = len;
    p->provider = plcf->provider;
    p->secrets = &plcf->thread;
    p->signature = ngx_http_parley_public_header(r, &plcf->header,
                                                 plcf->header_hash);
    p->beside = ngx_http_parley_public_header(r, &plcf->beside,
                                              plcf->beside_hash);
    p->stamp = ngx_http_parley_public_header(r, &plcf->stamp,
                                             plcf->stamp_hash);
    p->now_s = ngx_time();
    p->url = ctx->url;
    p->handler = ngx_http_parley_webhook_verified;
    p->data = r;

    ctx->proof = p;
    ctx->state = NGX_HTTP_PARLEY_VERIFYING;

    if (ngx_http_parley_verify_add(v, p) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return NGX_AGAIN;
}


static void
ngx_http_parley_webhook_verified(ngx_http_parley_proof_t *p)
{
    ngx_http_request_t  *r = p->data;

    ngx_int_t               rc;
    ngx_http_parley_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    ngx_http_set_log_request(r->connection->log, r);

    rc = ngx_http_parley_webhook_verdict(r, p->status, p->err);

    if (rc == NGX_OK) {
        ctx->body.data = p->body;
        ctx->body.len = p->len;

        rc = ngx_http_parley_webhook_queue(r, ctx);
    }

    if (rc == NGX_AGAIN) {

        /* still held, now by the append queue */

        return;
    }

    ctx->rc = ngx_http_parley_webhook_end(r, ctx, rc);
    ngx_http_parley_webhook_release(r);
}


static ngx_int_t
ngx_http_parley_webhook_verdict(ngx_http_request_t *r, pl_status_t status,
    const pl_err_t *err)
{
    char  text[NGX_HTTP_PARLEY_CAUSE_MAX];

    if (status == PL_OK) {
        return NGX_OK;
    }

    (void) pl_err_print(err, text, sizeof(text));

    if (status == PL_DENIED) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "parley: webhook refused: %s", text);
        return NGX_HTTP_UNAUTHORIZED;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "parley: cannot verify a webhook: %s", text);

    return (status == PL_BUSY || status == PL_IO)
           ? NGX_HTTP_SERVICE_UNAVAILABLE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* NGX_AGAIN: queued. */

static ngx_int_t
ngx_http_parley_webhook_queue(ngx_http_request_t *r,
    ngx_http_parley_ctx_t *ctx)
{
    pl_entry_t                  *e;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    w = ngx_http_parley_worker(r);
    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    ctx->seen.body = ctx->body;

    if (ngx_http_parley_room_takes(w, plcf->provider, ctx->body) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ctx->state = NGX_HTTP_PARLEY_QUEUED;

    e = &ctx->entry.entry;
    e->provider = pl_str_c(plcf->provider->name);
    e->location = ngx_http_parley_str(&plcf->name);
    e->body = ctx->body;
    e->command = NULL;
    e->tenant = ngx_http_parley_str(&plcf->tenant);

    if (ctx->proof) {
        e->sifted = ctx->proof->sifted;
        e->claims = ctx->proof->claims;
        e->n_claims = ctx->proof->n_claims;
    }

    e->traceparent = ngx_http_parley_trace(r);

    if (plcf->provider->came && r->args.len <= NGX_HTTP_PARLEY_QUERY_MAX) {
        e->query = ngx_http_parley_str(&r->args);
    }

    ctx->entry.handler = ngx_http_parley_webhook_committed;
    ctx->entry.data = r;

    if (ngx_http_parley_commit_add(&w->commit, &ctx->entry) != NGX_OK) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    w->counters->queue = w->commit.n_entries;

    return NGX_AGAIN;
}


static void
ngx_http_parley_webhook_committed(ngx_http_parley_entry_t *ent)
{
    ngx_http_request_t  *r = ent->data;

    ngx_int_t                  rc;
    ngx_http_parley_ctx_t     *ctx;
    ngx_http_parley_worker_t  *w;

    w = ngx_http_parley_worker(r);
    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    ngx_http_set_log_request(r->connection->log, r);

    rc = NGX_HTTP_SERVICE_UNAVAILABLE;

    if (ent->status == PL_OK) {
        ctx->seen.result = NGX_HTTP_PARLEY_ACCEPTED;
        ctx->seen.sequence = ent->sequence;
        ctx->seen.append_us = (uint64_t) ent->waited_us;

        ngx_http_parley_count_append(w->counters, ent->waited_us);

        rc = NGX_HTTP_OK;
    }

    ctx->rc = ngx_http_parley_webhook_end(r, ctx, rc);
    ngx_http_parley_webhook_release(r);
}


static void
ngx_http_parley_webhook_hold(ngx_http_request_t *r)
{
    r->write_event_handler = ngx_http_parley_webhook_resume;

    r->main->blocked++;
    r->aio = 1;
}


static void
ngx_http_parley_webhook_release(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    r->main->blocked--;
    r->aio = 0;

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


/* Called by release, and by every write event before that. */

static void
ngx_http_parley_webhook_resume(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_parley_ctx_t     *ctx;
    ngx_http_parley_worker_t  *w;

    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (ctx->state != NGX_HTTP_PARLEY_DONE) {
        return;
    }

    rc = ctx->rc;

    if (rc == NGX_OK) {
        w = ngx_http_parley_worker(r);

        /* queued before the answer is sent, run after it */

        if (ctx->entry.last) {
            ngx_http_parley_ring(w, r);
        }

        rc = ngx_http_parley_reply_empty(r, ctx->seen.provider->answer
                                            ? ctx->seen.provider->answer
                                            : NGX_HTTP_OK);
    }

    ngx_http_finalize_request(r, rc);
}


/*
 * The webhook's end, whatever it is: counted once. Returns what to finalize
 * with; NGX_OK where the answer is still to be sent.
 */

static ngx_int_t
ngx_http_parley_webhook_end(ngx_http_request_t *r, ngx_http_parley_ctx_t *ctx,
    ngx_int_t rc)
{
    ngx_http_parley_worker_t  *w;

    ctx->state = NGX_HTTP_PARLEY_DONE;

    if (rc == NGX_HTTP_OK) {
        rc = NGX_OK;

    } else if (rc == NGX_HTTP_SERVICE_UNAVAILABLE) {
        ctx->seen.result = NGX_HTTP_PARLEY_UNAVAILABLE;
        rc = ngx_http_parley_reply_unavailable(r);
    }

    w = ngx_http_parley_worker(r);

    if (w) {
        ngx_http_parley_count_webhook(w->counters, ctx->seen.provider,
                                      ctx->seen.result);
    }

    return rc;
}
