/*
 * Calls and threads. `ready` holds calls whose next step is theirs; each
 * reader takes one at a time. What a write has asked for goes to the append
 * queue, entry by entry; once all of them are on disk it waits for the fold
 * (ngx_http_parley_api_wait.c).
 */

#include "../engine/news.h"
#include "../engine/state.h"
#include "ngx_http_parley_api.h"
#include "ngx_http_parley_trace.h"


static void ngx_http_parley_calls_event(ngx_event_t *ev);
static void ngx_http_parley_calls_refuse(ngx_http_parley_calls_t *cs);
static void ngx_http_parley_reader_run(void *data);
static pl_status_t ngx_http_parley_reader_body(ngx_http_parley_call_t *c,
    pl_err_t *err);
static pl_status_t ngx_http_parley_reader_step(ngx_http_parley_reader_t *rd,
    pl_txn_t *txn);
static pl_status_t ngx_http_parley_reader_settings(
    ngx_http_parley_reader_t *rd, pl_txn_t *txn, const Pl__StateMeta *meta);
static void ngx_http_parley_reader_done(void *data);
static void ngx_http_parley_calls_next(ngx_http_parley_call_t *c);
static void ngx_http_parley_calls_append(ngx_http_parley_call_t *c);
static void ngx_http_parley_calls_committed(ngx_http_parley_entry_t *ent);
static void ngx_http_parley_calls_ring(ngx_http_parley_call_t *c);


ngx_int_t
ngx_http_parley_calls_init(ngx_http_parley_worker_t *w, ngx_pool_t *pool)
{
    ngx_uint_t                 i;
    ngx_http_parley_calls_t   *cs;
    ngx_http_parley_reader_t  *rd;

    if (!w->conf->has_api) {
        return NGX_OK;
    }

    cs = ngx_pcalloc(pool, sizeof(ngx_http_parley_calls_t));
    if (cs == NULL) {
        return NGX_ERROR;
    }

    cs->worker = w;
    ngx_queue_init(&cs->ready);
    ngx_queue_init(&cs->waiting);

    cs->event.handler = ngx_http_parley_calls_event;
    cs->event.data = cs;
    cs->event.log = w->log;

    for (i = 0; i < NGX_HTTP_PARLEY_API_READERS; i++) {
        rd = &cs->readers[i];
        rd->calls = cs;
        rd->task.name = "a call of the API";
        rd->task.pool = w->conf->thread_pool;
        rd->task.log = w->log;
        rd->task.run = ngx_http_parley_reader_run;
        rd->task.done = ngx_http_parley_reader_done;
        rd->task.data = rd;

        if (ngx_http_parley_task_init(&rd->task, pool) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    w->calls = cs;

    return ngx_http_parley_wait_init(cs, pool);
}


void
ngx_http_parley_calls_open(ngx_http_parley_worker_t *w, pl_store_t *store)
{
    ngx_http_parley_calls_t  *cs = w->calls;

    if (cs == NULL) {
        return;
    }

    cs->store = store;
    cs->folded = 0;
    cs->seen = 0;

    ngx_post_event(&cs->event, &ngx_posted_events);
}


void
ngx_http_parley_calls_close(ngx_http_parley_worker_t *w)
{
    ngx_uint_t                 i;
    ngx_http_parley_calls_t   *cs = w->calls;

    if (cs == NULL) {
        return;
    }

    cs->store = NULL;

    for (i = 0; i < NGX_HTTP_PARLEY_API_READERS; i++) {
        pl_settings_destroy(cs->readers[i].settings);
        cs->readers[i].settings = NULL;
    }
}


ngx_uint_t
ngx_http_parley_calls_busy(ngx_http_parley_worker_t *w)
{
    ngx_uint_t  i;

    if (w->calls == NULL) {
        return 0;
    }

    for (i = 0; i < NGX_HTTP_PARLEY_API_READERS; i++) {
        if (w->calls->readers[i].task.active) {
            return 1;
        }
    }

    return w->calls->look.task.active;
}


ngx_int_t
ngx_http_parley_calls_add(ngx_http_parley_calls_t *cs,
    ngx_http_parley_call_t *c)
{
    if (cs->n >= NGX_HTTP_PARLEY_API_CALLS) {
        return NGX_BUSY;
    }

    c->calls = cs;
    c->counted = 1;
    cs->n++;

    ngx_queue_insert_tail(&cs->ready, &c->queue);

    /* later, so that the caller can hold its request first */

    ngx_post_event(&cs->event, &ngx_posted_events);

    return NGX_OK;
}


/* Gives calls that are ready to readers that are free. */

static void
ngx_http_parley_calls_event(ngx_event_t *ev)
{
    ngx_http_parley_calls_t  *cs = ev->data;

    ngx_uint_t                 i;
    ngx_queue_t               *q;
    ngx_http_parley_reader_t  *rd;

    if (cs->worker->open.broken) {
        return;                         /* it will be opened anew */
    }

    if (cs->store == NULL) {

        /* while it opens for the first time they wait, as webhooks do */

        if (!cs->worker->open.task.active || cs->worker->open.cause.failed) {
            ngx_http_parley_calls_refuse(cs);
        }

        return;
    }

    for (i = 0; i < NGX_HTTP_PARLEY_API_READERS; i++) {
        rd = &cs->readers[i];

        if (rd->task.active || ngx_queue_empty(&cs->ready)) {
            continue;
        }

        q = ngx_queue_head(&cs->ready);
        rd->call = ngx_queue_data(q, ngx_http_parley_call_t, queue);
        rd->store = cs->store;

        if (ngx_http_parley_task_post(&rd->task) != NGX_OK) {
            ngx_http_parley_calls_refuse(cs);
            return;
        }

        ngx_queue_remove(q);
    }
}


static void
ngx_http_parley_calls_refuse(ngx_http_parley_calls_t *cs)
{
    ngx_queue_t             *q;
    ngx_http_parley_call_t  *c;

    while (!ngx_queue_empty(&cs->ready)) {
        q = ngx_queue_head(&cs->ready);
        ngx_queue_remove(q);

        c = ngx_queue_data(q, ngx_http_parley_call_t, queue);

        pl_api_unavailable(&c->call);
        ngx_http_parley_api_done(c);
    }
}


/* In the pool thread. */

static void
ngx_http_parley_reader_run(void *data)
{
    ngx_http_parley_reader_t  *rd = data;

    pl_txn_t                *txn;
    ngx_http_parley_call_t  *c;

    c = rd->call;
    rd->folded = 0;
    rd->status = PL_OK;

    if (c->state == NGX_HTTP_PARLEY_CALL_ASKING) {
        rd->status = ngx_http_parley_reader_body(c, &rd->err);
    }

    if (rd->status == PL_OK) {
        rd->status = pl_store_begin(rd->store, PL_ENV_STATE, false, &txn,
                                    &rd->err);
    }

    if (rd->status != PL_OK) {
        pl_api_unavailable(&c->call);
        return;
    }

    rd->status = ngx_http_parley_reader_step(rd, txn);

    pl_store_abort(txn);

    if (rd->status != PL_OK && c->call.out.status == 0) {
        pl_api_unavailable(&c->call);
    }
}


static pl_status_t
ngx_http_parley_reader_body(ngx_http_parley_call_t *c, pl_err_t *err)
{
    u_char                   *p;
    ssize_t                   n;
    size_t                    done;
    ngx_uint_t                i;
    ngx_http_parley_piece_t  *piece;

    if (c->len == 0) {
        return PL_OK;
    }

    p = pl_arena_alloc(c->ar, c->len);
    if (p == NULL) {
        return pl_err_set(err, PL_NOMEM, "api", 0, "out of memory");
    }

    c->call.in.body.data = p;
    c->call.in.body.len = c->len;

    for (i = 0; i < c->n_pieces; i++) {
        piece = &c->pieces[i];

        if (piece->data) {
            p = ngx_cpymem(p, piece->data, piece->len);
            continue;
        }

        for (done = 0; done < piece->len; done += (size_t) n) {
            n = pread(piece->fd, p + done, piece->len - done,
                      piece->offset + (off_t) done);

            if (n <= 0) {
                return pl_err_set(err, PL_IO, "api", n < 0 ? ngx_errno : 0,
                                  "cannot read the body's file");
            }
        }

        p += piece->len;
    }

    return PL_OK;
}


static pl_status_t
ngx_http_parley_reader_step(ngx_http_parley_reader_t *rd, pl_txn_t *txn)
{
    int64_t                    now_ms;
    pl_status_t                rc;
    Pl__StateMeta             *meta;
    pl_api_call_t             *call;
    ngx_http_parley_worker_t  *w;

    w = rd->calls->worker;
    call = &rd->call->call;
    now_ms = pl_clock_wall_ms(w->clock);

    rc = pl_state_meta(txn, call->ar, &meta, &rd->err);

    if (rc == PL_NOTFOUND) {
        return pl_api_ask(call, txn, NULL, NULL, now_ms, &rd->err);
    }

    if (rc == PL_OK) {
        rd->folded = meta->folded;
        rc = ngx_http_parley_reader_settings(rd, txn, meta);
    }

    if (rc != PL_OK) {
        return rc;
    }

    return rd->call->state == NGX_HTTP_PARLEY_CALL_ASKING
           ? pl_api_ask(call, txn, rd->settings, meta, now_ms, &rd->err)
           : pl_api_told(call, txn, rd->settings, meta, now_ms, &rd->err);
}


static pl_status_t
ngx_http_parley_reader_settings(ngx_http_parley_reader_t *rd, pl_txn_t *txn,
    const Pl__StateMeta *meta)
{
    return pl_news_follow(&rd->settings, txn, rd->calls->worker->conf->codec,
                          meta->generation, &rd->err);
}


static void
ngx_http_parley_reader_done(void *data)
{
    ngx_http_parley_reader_t  *rd = data;

    ngx_http_parley_call_t    *c;
    ngx_http_parley_calls_t   *cs;
    ngx_http_parley_worker_t  *w;

    c = rd->call;
    cs = rd->calls;
    w = cs->worker;

    rd->call = NULL;

    if (rd->folded > cs->folded) {
        cs->folded = rd->folded;
    }

    ngx_http_parley_calls_failed(cs, rd->status, &rd->err);

    ngx_http_parley_calls_next(c);

    if (w->open.broken) {
        ngx_http_parley_worker_idle(w);
    }

    if (!ngx_queue_empty(&cs->ready)) {
        ngx_post_event(&cs->event, &ngx_posted_events);
    }
}


/* After a step. */

static void
ngx_http_parley_calls_next(ngx_http_parley_call_t *c)
{
    if (c->call.out.status != 0) {
        ngx_http_parley_api_done(c);
        return;
    }

    if (c->call.n_commands == 0) {
        c->stream = 1;
        ngx_http_parley_api_done(c);
        return;
    }

    ngx_http_parley_calls_append(c);
}


static void
ngx_http_parley_calls_append(ngx_http_parley_call_t *c)
{
    size_t                       i, n;
    pl_entry_t                  *e;
    pl_mark_e                    mark;
    ngx_http_request_t          *r;
    ngx_http_parley_worker_t    *w;
    ngx_http_parley_loc_conf_t  *plcf;

    r = c->request;
    w = c->calls->worker;
    n = c->call.n_commands;
    mark = w->fill.mark;

    plcf = ngx_http_get_module_loc_conf(r, ngx_http_parley_module);

    /* what is many waits for room before what is one */

    if (mark < PL_MARK_HOLD || (mark == PL_MARK_HOLD && n == 1)) {
        c->entries = ngx_pcalloc(r->pool,
                                 n * sizeof(ngx_http_parley_entry_t));
    }

    if (c->entries == NULL) {
        pl_api_unavailable(&c->call);
        ngx_http_parley_api_done(c);
        return;
    }

    c->state = NGX_HTTP_PARLEY_CALL_QUEUED;
    c->n_left = 1;                      /* ours, until all are added */

    for (i = 0; i < n && !c->failed; i++) {
        e = &c->entries[i].entry;
        e->location = ngx_http_parley_str(&plcf->name);
        e->command = c->call.commands[i];
        c->entries[i].command_len = c->call.sizes[i];
        e->traceparent = ngx_http_parley_trace(r);

        c->entries[i].handler = ngx_http_parley_calls_committed;
        c->entries[i].data = c;
        c->n_left++;

        if (ngx_http_parley_commit_add(&w->commit, &c->entries[i])
            != NGX_OK)
        {
            c->n_left--;
            c->failed = 1;
        }
    }

    w->counters->queue = w->commit.n_entries;

    if (--c->n_left == 0) {             /* the queue took none */
        pl_api_unavailable(&c->call);
        ngx_http_parley_api_done(c);
    }
}


static void
ngx_http_parley_calls_committed(ngx_http_parley_entry_t *ent)
{
    ngx_http_parley_call_t  *c = ent->data;

    ngx_uint_t                last;
    ngx_http_parley_calls_t  *cs;

    cs = c->calls;
    last = ent->last;

    if (ent->status != PL_OK) {
        c->failed = 1;

    } else {
        ngx_http_parley_count_append(cs->worker->counters, ent->waited_us);

        if (ent->sequence > c->call.sequence) {
            c->call.sequence = ent->sequence;
        }
    }

    if (last) {
        ngx_http_parley_calls_ring(c);
    }

    if (--c->n_left != 0) {
        return;
    }

    if (c->failed) {

        /* some may be on disk: whoever has a key asks for all once more */

        pl_api_unavailable(&c->call);
        ngx_http_parley_api_done(c);
        return;
    }

    ngx_http_parley_wait_add(cs, c);
}


/* Before the answer, which waits for the fold. */

static void
ngx_http_parley_calls_ring(ngx_http_parley_call_t *c)
{
    ngx_connection_t  *connection;

    if (!ngx_http_parley_api_alive(c)) {
        return;                         /* the sender's own poll will do */
    }

    connection = c->request->connection;

    ngx_http_set_log_request(connection->log, c->request);
    ngx_http_parley_ring(c->calls->worker, c->request);
    ngx_http_run_posted_requests(connection);
}


void
ngx_http_parley_calls_failed(ngx_http_parley_calls_t *cs, pl_status_t status,
    const pl_err_t *err)
{
    if (status == PL_OK) {
        ngx_http_parley_worker_recovered(cs->worker, &cs->cause,
                                         "the API answers");
        return;
    }

    ngx_http_parley_worker_failed(cs->worker, &cs->cause,
                                  "a call of the API failed", err);

    if (status == PL_BROKEN) {
        ngx_http_parley_worker_broken(cs->worker);
    }
}
