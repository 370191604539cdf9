/*
 * The doorbell: a background subrequest to parley_outbox that says "the
 * journal has grown". It carries no message; a lost one costs at most the
 * sender's own poll. So one at a time is enough, further ones coalesce, and
 * after a failure the next waits a second.
 *
 * A background subrequest keeps its connection from being reused until it
 * ends. It therefore hangs on the last request of a batch, and none is made
 * while somebody folds anyway.
 */

#include "ngx_http_parley_worker.h"


/* In the request's pool; w is NULL once the ring was counted. */
typedef struct {
    ngx_http_parley_worker_t  *w;
} ngx_http_parley_ring_call_t;


static ngx_int_t ngx_http_parley_ring_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static void ngx_http_parley_ring_cleanup(void *data);
static void ngx_http_parley_ring_end(ngx_http_parley_ring_call_t *call,
    ngx_http_parley_ring_e result);


void
ngx_http_parley_ring_batch(ngx_http_parley_worker_t *w, ngx_uint_t sender)
{
    pl_share_t  *note;

    if (w->conf->outbox.len == 0 || !sender) {
        w->ring.wanted = 0;
        return;
    }

    note = pl_shared_note(w->commit.batch.shared);

    w->ring.wanted = (atomic_load(&note->awake) == 0);
}


void
ngx_http_parley_ring(ngx_http_parley_worker_t *w, ngx_http_request_t *r)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_post_subrequest_t   *ps;
    ngx_http_parley_ring_call_t  *call;

    if (!w->ring.wanted
        || w->ring.inflight
        || (ngx_msec_int_t) (ngx_current_msec - w->ring.not_before) < 0)
    {
        return;
    }

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_parley_ring_call_t));
    if (cln == NULL) {
        return;
    }

    call = cln->data;
    call->w = NULL;

    /* a request that is terminated does not run the subrequest's handler */

    cln->handler = ngx_http_parley_ring_cleanup;

    ps->handler = ngx_http_parley_ring_done;
    ps->data = call;

    if (ngx_http_parley_reply_subrequest(r, &w->conf->outbox, NULL, NULL, 0,
                                         ps)
        != NGX_OK)
    {
        return;
    }

    call->w = w;
    w->ring.inflight = 1;
    w->ring.wanted = 0;
}


/* Records the outcome and nothing else: the parent is not resumed. */

static ngx_int_t
ngx_http_parley_ring_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_uint_t  status;

    status = r->headers_out.status;

    if (rc == NGX_ERROR || rc >= NGX_HTTP_SPECIAL_RESPONSE
        || status < NGX_HTTP_OK || status >= NGX_HTTP_SPECIAL_RESPONSE)
    {
        ngx_http_parley_ring_end(data, NGX_HTTP_PARLEY_RING_FAILED);

    } else {
        ngx_http_parley_ring_end(data, NGX_HTTP_PARLEY_RING_OK);
    }

    return rc;
}


static void
ngx_http_parley_ring_cleanup(void *data)
{
    ngx_http_parley_ring_end(data, NGX_HTTP_PARLEY_RING_FAILED);
}


static void
ngx_http_parley_ring_end(ngx_http_parley_ring_call_t *call,
    ngx_http_parley_ring_e result)
{
    ngx_http_parley_worker_t  *w = call->w;

    if (w == NULL) {
        return;
    }

    call->w = NULL;

    w->ring.inflight = 0;

    if (result == NGX_HTTP_PARLEY_RING_FAILED) {
        w->ring.not_before = ngx_current_msec + NGX_HTTP_PARLEY_RETRY_MS;
    }

    (void) ngx_atomic_fetch_add(&w->counters->rings[result], 1);
}
