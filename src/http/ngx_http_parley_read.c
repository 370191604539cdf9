/*
 * Figures of the store, read in the pool thread for whoever shows them.
 * Walking a free list takes milliseconds, so one task serves all that asked
 * before it began.
 */

#include "../engine/state.h"
#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_READ_MAX  (1024 * 1024)


static void ngx_http_parley_read_event(ngx_event_t *ev);
static void ngx_http_parley_read_run(void *data);
static pl_status_t ngx_http_parley_read_journal(ngx_http_parley_read_t *rd,
    pl_arena_t *ar);
static pl_status_t ngx_http_parley_read_state(ngx_http_parley_read_t *rd,
    pl_arena_t *ar);
static void ngx_http_parley_read_done(void *data);
static void ngx_http_parley_read_answer(ngx_http_parley_read_t *rd);


const ngx_http_parley_counted_t
    ngx_http_parley_counted[NGX_HTTP_PARLEY_TABLES] =
{
    { PL_TABLE_OUTBOX, ngx_string("outbox") },
    { PL_TABLE_ATTEMPTS, ngx_string("attempts") },
    { PL_TABLE_DEAD, ngx_string("dead") },
    { PL_TABLE_UNKNOWN, ngx_string("unknown") },
    { PL_TABLE_QUARANTINE, ngx_string("quarantine") }
};


ngx_int_t
ngx_http_parley_read_init(ngx_http_parley_worker_t *w, ngx_pool_t *pool)
{
    ngx_http_parley_read_t  *rd;

    rd = &w->read;

    ngx_queue_init(&rd->waiting);
    ngx_queue_init(&rd->served);

    rd->task.name = "reading the store";
    rd->task.pool = w->conf->thread_pool;
    rd->task.log = w->log;
    rd->task.run = ngx_http_parley_read_run;
    rd->task.done = ngx_http_parley_read_done;
    rd->task.data = w;

    rd->event.handler = ngx_http_parley_read_event;
    rd->event.data = w;
    rd->event.log = w->log;

    return ngx_http_parley_task_init(&rd->task, pool);
}


void
ngx_http_parley_read_add(ngx_http_parley_worker_t *w,
    ngx_http_parley_asked_t *asked)
{
    ngx_queue_insert_tail(&w->read.waiting, &asked->queue);

    if (!w->read.task.active) {

        /* later, so that the caller can hold its request first */

        ngx_post_event(&w->read.event, &ngx_posted_events);
    }
}


static void
ngx_http_parley_read_event(ngx_event_t *ev)
{
    ngx_http_parley_worker_t  *w = ev->data;

    ngx_http_parley_read_t  *rd;

    rd = &w->read;

    if (rd->task.active || ngx_queue_empty(&rd->waiting)) {
        return;
    }

    ngx_queue_add(&rd->served, &rd->waiting);
    ngx_queue_init(&rd->waiting);

    ngx_memzero(&rd->figures, sizeof(ngx_http_parley_figures_t));

    if (rd->store == NULL
        || ngx_http_parley_task_post(&rd->task) != NGX_OK)
    {
        ngx_http_parley_read_answer(rd);
    }
}


/* In the pool thread. */

static void
ngx_http_parley_read_run(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_uint_t               i;
    pl_arena_t              *ar;
    pl_status_t              rc;
    ngx_http_parley_read_t  *rd;

    rd = &w->read;

    ar = pl_arena_create(16 * 1024, NGX_HTTP_PARLEY_READ_MAX);
    if (ar == NULL) {
        return;
    }

    rc = ngx_http_parley_read_journal(rd, ar);

    if (rc == PL_OK) {
        rc = ngx_http_parley_read_state(rd, ar);
    }

    if (rc == PL_OK) {
        rc = pl_store_room(rd->store, PL_ENV_JOURNAL,
                           &rd->figures.room[PL_ENV_JOURNAL], &rd->err);
    }

    if (rc == PL_OK) {
        rc = pl_store_room(rd->store, PL_ENV_STATE,
                           &rd->figures.room[PL_ENV_STATE], &rd->err);
    }

    for (i = 0; rc == PL_OK && i < PL_ENV_COUNT; i++) {
        rc = pl_store_readers(rd->store, (pl_env_e) i,
                              &rd->figures.readers[i], &rd->err);
    }

    rd->figures.sender = pl_shared_locked(rd->shared, PL_LOCK_SENDER);
    rd->figures.valid = (rc == PL_OK);
    rd->status = rc;

    pl_arena_destroy(ar);
}


static pl_status_t
ngx_http_parley_read_journal(ngx_http_parley_read_t *rd, pl_arena_t *ar)
{
    pl_txn_t         *txn;
    pl_status_t       rc;
    Pl__JournalMeta  *meta;

    rc = pl_store_begin(rd->store, PL_ENV_JOURNAL, false, &txn, &rd->err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_meta(txn, ar, &meta, &rd->err);
    if (rc == PL_OK) {
        rd->figures.next = meta->next;
        rd->figures.entries = meta->next - meta->first;

        rc = pl_store_bytes(txn, PL_TABLE_ENTRIES,
                            &rd->figures.entries_bytes, &rd->err);
    }

    pl_store_abort(txn);

    return rc;
}


static pl_status_t
ngx_http_parley_read_state(ngx_http_parley_read_t *rd, pl_arena_t *ar)
{
    pl_txn_t       *txn;
    ngx_uint_t      i;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(rd->store, PL_ENV_STATE, false, &txn, &rd->err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ar, &meta, &rd->err);

    if (rc == PL_OK) {
        rd->figures.folded = meta->folded;

    } else if (rc == PL_NOTFOUND) {

        /* nothing was folded yet */

        rc = PL_OK;
    }

    for (i = 0; rc == PL_OK && i < NGX_HTTP_PARLEY_TABLES; i++) {
        rc = pl_store_count(txn, ngx_http_parley_counted[i].table,
                            &rd->figures.rows[i], &rd->err);
    }

    pl_store_abort(txn);

    return rc;
}


static void
ngx_http_parley_read_done(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_http_parley_read_t  *rd;

    rd = &w->read;

    if (rd->status == PL_BROKEN) {
        ngx_http_parley_worker_broken(w);
    }

    rd->figures.percent = w->fill.percent;
    rd->figures.mark = w->fill.mark;

    ngx_http_parley_read_answer(rd);

    if (w->open.broken) {
        ngx_http_parley_worker_idle(w);
    }

    if (!ngx_queue_empty(&rd->waiting)) {
        ngx_post_event(&rd->event, &ngx_posted_events);
    }
}


static void
ngx_http_parley_read_answer(ngx_http_parley_read_t *rd)
{
    ngx_queue_t              *q;
    ngx_http_parley_asked_t  *asked;

    while (!ngx_queue_empty(&rd->served)) {
        q = ngx_queue_head(&rd->served);
        ngx_queue_remove(q);

        asked = ngx_queue_data(q, ngx_http_parley_asked_t, queue);
        asked->figures = rd->figures;

        /* asked is gone after this */

        asked->handler(asked);
    }
}
