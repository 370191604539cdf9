/*
 * Bodies that are large, or in a file, are read and verified in the pool
 * thread: one at a time of a worker, in order, with MACs of its own. The
 * bytes go into one buffer that the caller allocated, which is what the
 * append needs afterwards; so a body is read once. So are those that the
 * store has to be asked about.
 */

#include "ngx_http_parley_worker.h"


static void ngx_http_parley_verify_event(ngx_event_t *ev);
static void ngx_http_parley_verify_next(ngx_http_parley_verify_t *v);
static void ngx_http_parley_verify_run(void *data);
static pl_status_t ngx_http_parley_verify_read(ngx_http_parley_proof_t *p,
    pl_err_t *err);
static pl_status_t ngx_http_parley_verify_pread(
    const ngx_http_parley_piece_t *piece, u_char *to, pl_err_t *err);
static void ngx_http_parley_verify_done(void *data);


ngx_int_t
ngx_http_parley_verify_init(ngx_http_parley_verify_t *v, ngx_pool_t *pool)
{
    ngx_queue_init(&v->waiting);

    v->event.handler = ngx_http_parley_verify_event;
    v->event.data = v;
    v->event.log = v->task.log;

    v->task.name = "verify";
    v->task.run = ngx_http_parley_verify_run;
    v->task.done = ngx_http_parley_verify_done;
    v->task.data = v;

    return ngx_http_parley_task_init(&v->task, pool);
}


void
ngx_http_parley_verify_store(ngx_http_parley_verify_t *v, pl_store_t *store)
{
    v->store = store;

    if (store == NULL) {
        pl_signers_clear(&v->signers);
        pl_settings_destroy(v->settings);
        v->settings = NULL;
    }
}


ngx_int_t
ngx_http_parley_verify_add(ngx_http_parley_verify_t *v,
    ngx_http_parley_proof_t *proof)
{
    if (proof->len > v->max_bytes - v->n_bytes) {
        return NGX_BUSY;
    }

    v->n_bytes += proof->len;

    ngx_queue_insert_tail(&v->waiting, &proof->queue);

    if (!v->task.active) {

        /* later, so that the caller can hold its request first */

        ngx_post_event(&v->event, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_parley_verify_event(ngx_event_t *ev)
{
    ngx_http_parley_verify_next(ev->data);
}


static void
ngx_http_parley_verify_next(ngx_http_parley_verify_t *v)
{
    ngx_queue_t              *q;
    ngx_http_parley_proof_t  *p;

    while (!v->task.active && !ngx_queue_empty(&v->waiting)) {
        q = ngx_queue_head(&v->waiting);
        ngx_queue_remove(q);

        p = ngx_queue_data(q, ngx_http_parley_proof_t, queue);

        v->proof = p;
        v->from = v->store;

        if (ngx_http_parley_task_post(&v->task) == NGX_OK) {
            return;
        }

        v->n_bytes -= p->len;

        p->status = pl_err_set(&v->err, PL_BUSY, "verify", 0,
                               "the thread pool takes no more tasks");
        p->err = &v->err;
        p->handler(p);
    }
}


/* In the pool thread. */

static void
ngx_http_parley_verify_run(void *data)
{
    ngx_http_parley_verify_t  *v = data;

    pl_str_t                  piece;
    pl_signed_t               in;
    ngx_http_parley_proof_t  *p;

    p = v->proof;

    p->status = ngx_http_parley_verify_read(p, &v->err);

    if (p->status != PL_OK) {
        return;
    }

    piece.data = p->body;
    piece.len = p->len;

    in.signature = p->signature;
    in.beside = p->beside;
    in.url = p->url;
    in.body = &piece;
    in.n_body = 1;

    p->status = p->provider->verify(p->secrets, &in, &v->err);

    if (p->status == PL_DENIED && p->provider->account
        && p->signature.len != 0)
    {
        p->status = ngx_http_parley_ask(v, &in);
    }
}


static pl_status_t
ngx_http_parley_verify_read(ngx_http_parley_proof_t *p, pl_err_t *err)
{
    u_char                   *to;
    ngx_uint_t                i;
    pl_status_t               rc;
    ngx_http_parley_piece_t  *piece;

    to = p->body;

    for (i = 0; i < p->n_pieces; i++) {
        piece = &p->pieces[i];

        if (piece->data) {
            ngx_memcpy(to, piece->data, piece->len);

        } else {
            rc = ngx_http_parley_verify_pread(piece, to, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        to += piece->len;
    }

    return PL_OK;
}


static pl_status_t
ngx_http_parley_verify_pread(const ngx_http_parley_piece_t *piece, u_char *to,
    pl_err_t *err)
{
    size_t   len;
    off_t    offset;
    ssize_t  n;

    len = piece->len;
    offset = piece->offset;

    while (len) {
        n = pread(piece->fd, to, len, offset);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            return pl_err_set(err, PL_IO, "read", n ? ngx_errno : 0,
                              "cannot read the body's temporary file");
        }

        to += n;
        len -= (size_t) n;
        offset += n;
    }

    return PL_OK;
}


static void
ngx_http_parley_verify_done(void *data)
{
    ngx_http_parley_verify_t  *v = data;

    ngx_http_parley_proof_t  *p;

    p = v->proof;
    v->proof = NULL;
    v->n_bytes -= p->len;

    p->err = &v->err;

    if (p->status == PL_BROKEN) {
        ngx_http_parley_worker_broken(v->worker);
    }

    /* p is gone after this */

    p->handler(p);

    if (v->worker->open.broken) {
        ngx_http_parley_worker_idle(v->worker);
    }

    ngx_http_parley_verify_next(v);
}
