/*
 * The append queue (see the header): what is added in one turn of the event
 * loop is one batch, and one batch at a time is in flight.
 */

#include "ngx_http_parley_commit.h"


static size_t ngx_http_parley_commit_len(const ngx_http_parley_entry_t *ent);
static ngx_uint_t ngx_http_parley_commit_join(ngx_http_parley_commit_t *cm,
    ngx_http_parley_entry_t *ent);
static void ngx_http_parley_commit_event(ngx_event_t *ev);
static void ngx_http_parley_commit_take(ngx_http_parley_commit_t *cm);
static void ngx_http_parley_commit_run(void *data);
static size_t ngx_http_parley_commit_close(void *data,
    const pl_entry_t **entries);
static void ngx_http_parley_commit_done(void *data);
static void ngx_http_parley_commit_answer(ngx_http_parley_commit_t *cm,
    ngx_queue_t *queue, pl_status_t status, uint64_t first);


ngx_int_t
ngx_http_parley_commit_init(ngx_http_parley_commit_t *cm, ngx_pool_t *pool)
{
    ngx_queue_init(&cm->pending);
    ngx_queue_init(&cm->inflight);

    cm->state = NGX_HTTP_PARLEY_COMMIT_HOLD;

    cm->event.handler = ngx_http_parley_commit_event;
    cm->event.data = cm;
    cm->event.log = cm->task.log;

    cm->task.name = "append";
    cm->task.run = ngx_http_parley_commit_run;
    cm->task.done = ngx_http_parley_commit_done;
    cm->task.data = cm;

    return ngx_http_parley_task_init(&cm->task, pool);
}


ngx_int_t
ngx_http_parley_commit_add(ngx_http_parley_commit_t *cm,
    ngx_http_parley_entry_t *ent)
{
    size_t  len;

    len = ngx_http_parley_commit_len(ent);

    if (cm->state == NGX_HTTP_PARLEY_COMMIT_REFUSE
        || cm->n_entries >= cm->max_entries
        || len > cm->max_bytes - cm->n_bytes)
    {
        return NGX_BUSY;
    }

    cm->n_entries++;
    cm->n_bytes += len;

    ent->added_us = pl_clock_mono_us(cm->clock);

    if (ngx_http_parley_commit_join(cm, ent)) {
        return NGX_OK;
    }

    ngx_queue_insert_tail(&cm->pending, &ent->queue);

    if (cm->state == NGX_HTTP_PARLEY_COMMIT_GO && !cm->task.active) {
        ngx_post_event(&cm->event, &ngx_posted_events);
    }

    return NGX_OK;
}


/* Of what it adds to the journal. */

static size_t
ngx_http_parley_commit_len(const ngx_http_parley_entry_t *ent)
{
    return ent->entry.body.len + ent->command_len
           + (ent->entry.sifted ? ent->entry.sifted->mail.len : 0);
}


/*
 * Into the batch that is in flight, if its thread has not closed it yet, and
 * nobody waits who came before.
 */

static ngx_uint_t
ngx_http_parley_commit_join(ngx_http_parley_commit_t *cm,
    ngx_http_parley_entry_t *ent)
{
    size_t                    n;
    ngx_http_parley_batch_t  *b;

    b = &cm->batch;

    if (cm->state != NGX_HTTP_PARLEY_COMMIT_GO || !cm->task.active
        || !ngx_queue_empty(&cm->pending))
    {
        return 0;
    }

    n = atomic_load_explicit(&b->filled, memory_order_relaxed);

    if (n >= NGX_HTTP_PARLEY_BATCH_ENTRIES      /* closed ones too */
        || b->bytes + ngx_http_parley_commit_len(ent)
            > NGX_HTTP_PARLEY_BATCH_BYTES)
    {
        return 0;
    }

    cm->entries[n] = ent->entry;

    if (!atomic_compare_exchange_strong_explicit(&b->filled, &n, n + 1,
                                                 memory_order_release,
                                                 memory_order_relaxed))
    {
        return 0;
    }

    b->bytes += ngx_http_parley_commit_len(ent);
    ngx_queue_insert_tail(&cm->inflight, &ent->queue);

    return 1;
}


void
ngx_http_parley_commit_open(ngx_http_parley_commit_t *cm, pl_store_t *store,
    pl_shared_t *shared, const Pl__SettingsPublish *publish)
{
    cm->store = store;
    cm->shared = shared;
    cm->publish = publish;
    cm->state = store ? NGX_HTTP_PARLEY_COMMIT_GO
                      : NGX_HTTP_PARLEY_COMMIT_HOLD;

    if (store && !cm->task.active && !ngx_queue_empty(&cm->pending)) {
        ngx_post_event(&cm->event, &ngx_posted_events);
    }
}


void
ngx_http_parley_commit_publish(ngx_http_parley_commit_t *cm)
{
    if (cm->publish && cm->state == NGX_HTTP_PARLEY_COMMIT_GO
        && !cm->task.active)
    {
        ngx_post_event(&cm->event, &ngx_posted_events);
    }
}


void
ngx_http_parley_commit_refuse(ngx_http_parley_commit_t *cm,
    pl_status_t status)
{
    cm->store = NULL;
    cm->shared = NULL;
    cm->publish = NULL;
    cm->state = NGX_HTTP_PARLEY_COMMIT_REFUSE;

    ngx_http_parley_commit_answer(cm, &cm->pending, status, 0);
}


static void
ngx_http_parley_commit_event(ngx_event_t *ev)
{
    ngx_http_parley_commit_t  *cm = ev->data;

    if (cm->state != NGX_HTTP_PARLEY_COMMIT_GO
        || cm->task.active
        || (ngx_queue_empty(&cm->pending) && cm->publish == NULL))
    {
        return;
    }

    ngx_http_parley_commit_take(cm);

    if (ngx_http_parley_task_post(&cm->task) != NGX_OK) {
        cm->batch.status = pl_err_set(&cm->batch.err, PL_BUSY, "append", 0,
                                      "the thread pool takes no more tasks");
        ngx_http_parley_commit_done(cm);
    }
}


static void
ngx_http_parley_commit_take(ngx_http_parley_commit_t *cm)
{
    size_t                    n;
    ngx_queue_t              *q;
    ngx_http_parley_batch_t  *b;
    ngx_http_parley_entry_t  *ent;

    b = &cm->batch;
    b->store = cm->store;
    b->shared = cm->shared;
    b->publish = cm->publish;
    b->bytes = 0;
    n = 0;

    while (!ngx_queue_empty(&cm->pending)
           && n < NGX_HTTP_PARLEY_BATCH_ENTRIES)
    {
        q = ngx_queue_head(&cm->pending);
        ent = ngx_queue_data(q, ngx_http_parley_entry_t, queue);

        /* the first goes whatever its size */

        if (n && b->bytes + ngx_http_parley_commit_len(ent)
                    > NGX_HTTP_PARLEY_BATCH_BYTES)
        {
            break;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&cm->inflight, q);

        cm->entries[n++] = ent->entry;
        b->bytes += ngx_http_parley_commit_len(ent);
    }

    b->n = n;
    atomic_store_explicit(&b->filled, n, memory_order_relaxed);
}


/*
 * In the pool thread: touches cm->batch and cm->entries alone, and of these
 * not what the event loop still fills, until the batch is closed.
 */

static void
ngx_http_parley_commit_run(void *data)
{
    ngx_http_parley_commit_t  *cm = data;

    int64_t                   start;
    const pl_entry_t         *entries;
    ngx_http_parley_batch_t  *b;

    b = &cm->batch;
    start = pl_clock_mono_us(cm->clock);

    /* as a rule the cycle was made known when the store was opened */

    b->status = pl_journal_append_late(b->store, cm->clock,
                                       ngx_http_parley_commit_close, cm,
                                       b->publish, &b->appended, &b->err);

    /* where the journal could not even begin */

    (void) ngx_http_parley_commit_close(cm, &entries);

    b->append_us = pl_clock_mono_us(cm->clock) - start;
    b->sender = pl_shared_locked(b->shared, PL_LOCK_SENDER);
}


/* Nothing joins from here on. In the pool thread; a second time is harmless. */

static size_t
ngx_http_parley_commit_close(void *data, const pl_entry_t **entries)
{
    ngx_http_parley_commit_t  *cm = data;

    size_t  n;

    n = atomic_fetch_or_explicit(&cm->batch.filled,
                                 NGX_HTTP_PARLEY_BATCH_CLOSED,
                                 memory_order_acquire);

    cm->batch.n = n & ~NGX_HTTP_PARLEY_BATCH_CLOSED;
    *entries = cm->entries;

    return cm->batch.n;
}


static void
ngx_http_parley_commit_done(void *data)
{
    ngx_http_parley_commit_t  *cm = data;

    if (cm->batch.status == PL_OK && cm->publish == cm->batch.publish) {
        cm->publish = NULL;
    }

    cm->batch_handler(cm);

    ngx_http_parley_commit_answer(cm, &cm->inflight, cm->batch.status,
                                  cm->batch.appended.first);

    /*
     * Not at once but at the end of this turn, so that requests which the
     * loop is about to read go along.
     */

    if (cm->state == NGX_HTTP_PARLEY_COMMIT_GO
        && !ngx_queue_empty(&cm->pending))
    {
        ngx_post_event(&cm->event, &ngx_posted_events);
    }
}


static void
ngx_http_parley_commit_answer(ngx_http_parley_commit_t *cm,
    ngx_queue_t *queue, pl_status_t status, uint64_t first)
{
    int64_t                   now;
    ngx_queue_t               answered, *q;
    ngx_http_parley_entry_t  *ent;

    if (ngx_queue_empty(queue)) {
        return;
    }

    /*
     * Onto a list of its own first: a handler may lead to another request
     * that adds an entry, and that one must not be answered here.
     */

    ngx_queue_init(&answered);
    ngx_queue_add(&answered, queue);
    ngx_queue_init(queue);

    now = pl_clock_mono_us(cm->clock);

    while (!ngx_queue_empty(&answered)) {
        q = ngx_queue_head(&answered);
        ngx_queue_remove(q);

        ent = ngx_queue_data(q, ngx_http_parley_entry_t, queue);

        cm->n_entries--;
        cm->n_bytes -= ngx_http_parley_commit_len(ent);

        ent->status = status;
        ent->sequence = first++;
        ent->waited_us = now - ent->added_us;
        ent->last = ngx_queue_empty(&answered);

        /* ent is gone after this */

        ent->handler(ent);
    }
}
