/*
 * Calls that wait for the fold. A short timer looks whether the state's
 * environment has had another transaction, which costs no system call; only
 * then a task reads how far the fold is. Who has waited too long is answered
 * that it will be done.
 */

#include "../engine/state.h"
#include "ngx_http_parley_api.h"

#define NGX_HTTP_PARLEY_LOOK_MAX  (64 * 1024)


static void ngx_http_parley_wait_poll(ngx_event_t *ev);
static void ngx_http_parley_wait_run(void *data);
static void ngx_http_parley_wait_done(void *data);
static void ngx_http_parley_wait_folded(ngx_http_parley_calls_t *cs);


ngx_int_t
ngx_http_parley_wait_init(ngx_http_parley_calls_t *cs, ngx_pool_t *pool)
{
    ngx_http_parley_worker_t  *w = cs->worker;

    /* not cancelable: a worker that exits waits for these calls */

    cs->poll.handler = ngx_http_parley_wait_poll;
    cs->poll.data = cs;
    cs->poll.log = w->log;

    cs->look.task.name = "looking at the fold";
    cs->look.task.pool = w->conf->thread_pool;
    cs->look.task.log = w->log;
    cs->look.task.run = ngx_http_parley_wait_run;
    cs->look.task.done = ngx_http_parley_wait_done;
    cs->look.task.data = cs;

    return ngx_http_parley_task_init(&cs->look.task, pool);
}


void
ngx_http_parley_wait_add(ngx_http_parley_calls_t *cs,
    ngx_http_parley_call_t *c)
{
    c->state = NGX_HTTP_PARLEY_CALL_WAITING;
    c->deadline = ngx_current_msec + PL_API_WAIT_MS;

    ngx_queue_insert_tail(&cs->waiting, &c->queue);

    if (!cs->poll.timer_set) {
        ngx_add_timer(&cs->poll, NGX_HTTP_PARLEY_API_POLL_MS);
    }
}


static void
ngx_http_parley_wait_poll(ngx_event_t *ev)
{
    ngx_http_parley_calls_t  *cs = ev->data;

    uint64_t                 seen;
    ngx_queue_t             *q, *next;
    ngx_http_parley_call_t  *c;

    for (q = ngx_queue_head(&cs->waiting);
         q != ngx_queue_sentinel(&cs->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        c = ngx_queue_data(q, ngx_http_parley_call_t, queue);

        if (cs->store && (ngx_msec_int_t) (c->deadline - ngx_current_msec) > 0)
        {
            break;                      /* they stand in order of time */
        }

        ngx_queue_remove(q);
        pl_api_later(&c->call);
        ngx_http_parley_api_done(c);
    }

    if (ngx_queue_empty(&cs->waiting)) {
        return;
    }

    ngx_add_timer(&cs->poll, NGX_HTTP_PARLEY_API_POLL_MS);

    if (cs->look.task.active || cs->worker->open.broken) {
        return;
    }

    seen = pl_store_seen(cs->store, PL_ENV_STATE);

    if (seen != cs->seen) {
        cs->look.store = cs->store;

        if (ngx_http_parley_task_post(&cs->look.task) == NGX_OK) {
            cs->seen = seen;
        }
    }
}


/* In the pool thread. */

static void
ngx_http_parley_wait_run(void *data)
{
    ngx_http_parley_calls_t  *cs = data;

    pl_txn_t                *txn;
    pl_arena_t              *ar;
    Pl__StateMeta           *meta;
    ngx_http_parley_look_t  *look;

    look = &cs->look;
    look->folded = 0;

    ar = pl_arena_create(4096, NGX_HTTP_PARLEY_LOOK_MAX);
    if (ar == NULL) {
        look->status = PL_OK;           /* the next one may have memory */
        return;
    }

    look->status = pl_store_begin(look->store, PL_ENV_STATE, false, &txn,
                                  &look->err);

    if (look->status == PL_OK) {
        look->status = pl_state_meta(txn, ar, &meta, &look->err);

        if (look->status == PL_OK) {
            look->folded = meta->folded;

        } else if (look->status == PL_NOTFOUND) {
            look->status = PL_OK;
        }

        pl_store_abort(txn);
    }

    pl_arena_destroy(ar);
}


static void
ngx_http_parley_wait_done(void *data)
{
    ngx_http_parley_calls_t  *cs = data;

    if (cs->look.folded > cs->folded) {
        cs->folded = cs->look.folded;
    }

    ngx_http_parley_calls_failed(cs, cs->look.status, &cs->look.err);

    if (cs->worker->open.broken) {
        ngx_http_parley_worker_idle(cs->worker);
        return;
    }

    ngx_http_parley_wait_folded(cs);
}


/* Those that the fold has come to are ready to be told. */

static void
ngx_http_parley_wait_folded(ngx_http_parley_calls_t *cs)
{
    ngx_queue_t             *q, *next;
    ngx_http_parley_call_t  *c;

    for (q = ngx_queue_head(&cs->waiting);
         q != ngx_queue_sentinel(&cs->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        c = ngx_queue_data(q, ngx_http_parley_call_t, queue);

        if (c->call.sequence <= cs->folded) {
            ngx_queue_remove(q);
            c->state = NGX_HTTP_PARLEY_CALL_TELLING;
            ngx_queue_insert_tail(&cs->ready, q);
        }
    }

    if (!ngx_queue_empty(&cs->ready)) {
        ngx_post_event(&cs->event, &ngx_posted_events);
    }
}
