/*
 * Bodies that are large, or in a file, are read and verified in the pool
 * thread: one at a time of a worker, in order, with MACs of its own. The
 * bytes go into one buffer that the caller allocated, which is what the
 * append needs afterwards; so a body is read once.
 *
 * The same of those that the store has to be asked about, in a queue of their
 * own (w->ask) with a bound and a task of its own: anybody can name an account
 * that nobody has, and what nginx.conf explains waits behind none of them. One
 * of them is small, as a rule; a large one is verified as the others first,
 * and goes on to that queue.
 */

#include "ngx_http_parley_worker.h"


static void ngx_http_parley_verify_event(ngx_event_t *ev);
static void ngx_http_parley_verify_next(ngx_http_parley_verify_t *v);
static void ngx_http_parley_verify_run(void *data);
static pl_status_t ngx_http_parley_verify_first(ngx_http_parley_proof_t *p,
    pl_err_t *err);
static void ngx_http_parley_verify_signed(const ngx_http_parley_proof_t *p,
    const pl_str_t *body, pl_signed_t *in);
static pl_status_t ngx_http_parley_verify_read(ngx_http_parley_proof_t *p,
    pl_err_t *err);
static void ngx_http_parley_verify_done(void *data);
static ngx_int_t ngx_http_parley_verify_moved(ngx_http_parley_verify_t *v,
    ngx_http_parley_proof_t *p);


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
    /* what is sifted stays in its file, but for what is left of it */

    proof->held = proof->dir ? ngx_min(proof->len, PL_SIFT_LEFT_MAX)
                             : proof->len;

    if (proof->held > v->max_bytes - v->n_bytes
        || (v->max_asks && v->n == v->max_asks))
    {
        if (v->max_asks) {
            (void) ngx_atomic_fetch_add(&v->worker->counters->asks_full, 1);
        }

        return NGX_BUSY;
    }

    v->n_bytes += proof->held;
    v->n++;

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

        v->n_bytes -= p->held;
        v->n--;

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

    if (p->dir) {
        p->status = ngx_http_parley_sift_run(p, &v->err);
        return;
    }

    if (!p->asks) {
        p->status = ngx_http_parley_verify_first(p, &v->err);
    }

    if (p->asks && v->max_asks) {
        piece.data = p->body;
        piece.len = p->len;

        ngx_http_parley_verify_signed(p, &piece, &in);

        v->err = p->why;
        p->status = ngx_http_parley_ask(v, &in);
    }
}


/* By nginx.conf's secrets. p->asks: the store may have others. */

static pl_status_t
ngx_http_parley_verify_first(ngx_http_parley_proof_t *p, pl_err_t *err)
{
    pl_str_t     piece;
    pl_status_t  rc;

    rc = ngx_http_parley_verify_read(p, err);
    if (rc != PL_OK) {
        return rc;
    }

    piece.data = p->body;
    piece.len = p->len;

    rc = ngx_http_parley_verify_body(p, &piece, err);

    if (rc == PL_DENIED && p->provider->account && p->signature.len != 0) {
        p->asks = 1;
        p->why = *err;
    }

    return rc;
}


pl_status_t
ngx_http_parley_verify_body(const ngx_http_parley_proof_t *p,
    const pl_str_t *body, pl_err_t *err)
{
    pl_signed_t  in;

    ngx_http_parley_verify_signed(p, body, &in);

    return p->provider->verify(p->secrets, &in, err);
}


static void
ngx_http_parley_verify_signed(const ngx_http_parley_proof_t *p,
    const pl_str_t *body, pl_signed_t *in)
{
    in->signature = p->signature;
    in->beside = p->beside;
    in->stamp = p->stamp;
    in->now_s = p->now_s;
    in->url = p->url;
    in->body = body;
    in->n_body = 1;
}


static pl_status_t
ngx_http_parley_verify_read(ngx_http_parley_proof_t *p, pl_err_t *err)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < p->len; done += (size_t) n) {
        n = ngx_http_parley_verify_piece(p, done, p->body + done,
                                         p->len - done, err);
        if (n <= 0) {
            return PL_IO;
        }
    }

    return PL_OK;
}


ssize_t
ngx_http_parley_verify_piece(const ngx_http_parley_proof_t *p, size_t offset,
    u_char *to, size_t size, pl_err_t *err)
{
    ssize_t                         n;
    ngx_uint_t                      i;
    const ngx_http_parley_piece_t  *piece;

    for (i = 0; i < p->n_pieces && offset >= p->pieces[i].len; i++) {
        offset -= p->pieces[i].len;
    }

    if (i == p->n_pieces) {
        return 0;
    }

    piece = &p->pieces[i];
    size = ngx_min(size, piece->len - offset);

    if (piece->data) {
        ngx_memcpy(to, piece->data + offset, size);
        return (ssize_t) size;
    }

    do {
        n = pread(piece->fd, to, size, piece->offset + (off_t) offset);
    } while (n == -1 && ngx_errno == NGX_EINTR);

    if (n <= 0) {
        (void) pl_err_set(err, PL_IO, "read", n ? ngx_errno : 0,
                          "cannot read the body's temporary file");
        return -1;
    }

    return n;
}


static void
ngx_http_parley_verify_done(void *data)
{
    ngx_http_parley_verify_t  *v = data;

    ngx_http_parley_proof_t  *p;

    p = v->proof;
    v->proof = NULL;
    v->n_bytes -= p->held;
    v->n--;

    if (p->asks && v->max_asks == 0
        && ngx_http_parley_verify_moved(v, p) == NGX_OK)
    {
        ngx_http_parley_verify_next(v);
        return;
    }

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


/* It waits on, for the store; or is answered that too many do. */

static ngx_int_t
ngx_http_parley_verify_moved(ngx_http_parley_verify_t *v,
    ngx_http_parley_proof_t *p)
{
    if (ngx_http_parley_verify_add(&v->worker->ask, p) == NGX_OK) {
        return NGX_OK;
    }

    p->status = pl_err_set(&v->err, PL_BUSY, "verify", 0,
                           "too many wait for the store to be asked");

    return NGX_BUSY;
}
