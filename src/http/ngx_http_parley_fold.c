/*
 * The fold in a worker, for where no sender runs: after an append, and once
 * after the store was opened, a task takes the lock and folds until nothing
 * is left. Whoever finds the lock taken goes away; the holder looks once
 * more after it let go. What is left lying all the same, by a worker that
 * exited or a sender that died with nobody writing since, is found by the
 * task that each worker runs once a second; where the lock is taken, or the
 * journal ends, it is over at once. That task also notices that the store is
 * not at its path any more, where nobody appends (appends notice it).
 *
 * A task lasts NGX_HTTP_PARLEY_FOLD_TURN_US at most, so that a worker that
 * exits, or a sender that starts, does not wait. Between the tasks of one
 * run the lock is kept: a pause is there to gather entries, and another
 * worker would not keep it.
 */

#include "ngx_http_parley_worker.h"


static void ngx_http_parley_fold_post(ngx_http_parley_worker_t *w);
static void ngx_http_parley_fold_timer(ngx_event_t *ev);
static void ngx_http_parley_fold_watch(ngx_event_t *ev);
static void ngx_http_parley_fold_run(void *data);
static pl_status_t ngx_http_parley_fold_turn(ngx_http_parley_fold_t *f,
    uint64_t *seen);
static void ngx_http_parley_fold_aside(ngx_http_parley_fold_t *f,
    const pl_folded_t *out);
static void ngx_http_parley_fold_done(void *data);
static void ngx_http_parley_fold_log(ngx_http_parley_worker_t *w);


ngx_int_t
ngx_http_parley_fold_init(ngx_http_parley_worker_t *w, ngx_pool_t *pool)
{
    ngx_http_parley_fold_t  *f;

    f = &w->fold;

    f->clock = w->clock;
    ngx_memcpy(f->marks.percent, w->conf->marks, sizeof(f->marks.percent));

    f->task.name = "fold";
    f->task.pool = w->conf->thread_pool;
    f->task.log = w->log;
    f->task.run = ngx_http_parley_fold_run;
    f->task.done = ngx_http_parley_fold_done;
    f->task.data = w;

    f->timer.handler = ngx_http_parley_fold_timer;
    f->timer.data = w;
    f->timer.log = w->log;
    f->timer.cancelable = 1;

    f->watch.handler = ngx_http_parley_fold_watch;
    f->watch.data = w;
    f->watch.log = w->log;
    f->watch.cancelable = 1;

    return ngx_http_parley_task_init(&f->task, pool);
}


void
ngx_http_parley_fold_wake(ngx_http_parley_worker_t *w)
{
    if (!w->fold.watch.timer_set && !ngx_exiting) {
        ngx_add_timer(&w->fold.watch, NGX_HTTP_PARLEY_RETRY_MS);
    }

    if (w->fold.task.active || w->fold.timer.timer_set) {
        w->fold.wanted = 1;
        return;
    }

    /* an exiting worker leaves it to those that stay */

    if (w->fold.store && !ngx_exiting) {
        ngx_http_parley_fold_post(w);
    }
}


static void
ngx_http_parley_fold_post(ngx_http_parley_worker_t *w)
{
    w->fold.wanted = 0;
    w->fold.stop = ngx_exiting;

    if (ngx_http_parley_task_post(&w->fold.task) != NGX_OK) {
        ngx_add_timer(&w->fold.timer, NGX_HTTP_PARLEY_RETRY_MS);
    }
}


static void
ngx_http_parley_fold_timer(ngx_event_t *ev)
{
    ngx_http_parley_worker_t  *w = ev->data;

    if (w->fold.store) {
        ngx_http_parley_fold_post(w);
    }
}


static void
ngx_http_parley_fold_watch(ngx_event_t *ev)
{
    ngx_http_parley_worker_t  *w = ev->data;

    if (w->fold.store) {
        ngx_http_parley_commit_publish(&w->commit);
        ngx_http_parley_fold_wake(w);
    }
}


/* In the pool thread. */

static void
ngx_http_parley_fold_run(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    uint64_t                 seen;
    pl_share_t              *note;
    ngx_http_parley_fold_t  *f;

    f = &w->fold;
    f->more = 0;
    f->pause = 0;
    f->n_aside = 0;

    seen = 0;

    f->status = pl_store_here(f->store, &f->err);
    if (f->status != PL_OK && !f->held) {
        return;
    }

    ngx_http_parley_room_look(f);

    note = pl_shared_note(f->shared);

    if (!f->held) {
        if (f->stop || pl_shared_locked(f->shared, PL_LOCK_SENDER)) {
            return;
        }

        f->status = pl_fold_take(f->fold, &f->err);

        if (f->status == PL_BUSY) {
            f->status = PL_OK;
            return;
        }

        if (f->status != PL_OK) {
            return;
        }

        f->held = 1;
        atomic_store(&note->awake, 1);
    }

    if (f->status == PL_OK) {
        f->status = ngx_http_parley_fold_turn(f, &seen);
    }

    if (f->status == PL_OK && f->more && !f->stop
        && !pl_shared_locked(f->shared, PL_LOCK_SENDER))
    {
        return;
    }

    atomic_store(&note->awake, 0);
    pl_fold_give(f->fold);
    f->held = 0;

    /* what was appended since the last step, while the lock was ours */

    f->pause = 0;
    f->more = (pl_store_seen(f->store, PL_ENV_JOURNAL) != seen);
}


static pl_status_t
ngx_http_parley_fold_turn(ngx_http_parley_fold_t *f, uint64_t *seen)
{
    int64_t      end;
    pl_folded_t  out;
    pl_status_t  rc;

    end = pl_clock_mono_us(f->clock) + NGX_HTTP_PARLEY_FOLD_TURN_US;

    do {
        *seen = pl_store_seen(f->store, PL_ENV_JOURNAL);

        rc = pl_fold_step(f->fold, 0, &out, &f->err);
        if (rc != PL_OK) {
            return rc;
        }

        ngx_http_parley_fold_aside(f, &out);

        f->more = out.more;
        f->pause = out.pause_ms;

    } while (out.more && out.pause_ms == 0 && !f->stop
             && pl_clock_mono_us(f->clock) < end);

    return PL_OK;
}


/* Keeps what the log will say, of the first items of this task. */

static void
ngx_http_parley_fold_aside(ngx_http_parley_fold_t *f, const pl_folded_t *out)
{
    size_t             i, n;
    const pl_aside_t  *aside;

    if (out->aside == 0) {
        return;
    }

    n = pl_fold_aside(f->fold, &aside);

    for (i = 0; i < n && f->n_aside + i < PL_ASIDE_MAX; i++) {
        f->aside[f->n_aside + i] = aside[i];
    }

    f->n_aside += out->aside;
}


static void
ngx_http_parley_fold_done(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_http_parley_fold_t  *f;

    f = &w->fold;

    ngx_http_parley_fold_log(w);
    ngx_http_parley_room_seen(w);

    if (f->status != PL_OK) {
        ngx_http_parley_worker_failed(w, &f->cause, "cannot fold", &f->err);

        if (f->status == PL_BROKEN) {
            ngx_http_parley_worker_broken(w);
        }

        if (!w->open.broken) {
            ngx_add_timer(&f->timer, NGX_HTTP_PARLEY_RETRY_MS);
        }

        ngx_http_parley_worker_idle(w);
        return;
    }

    ngx_http_parley_worker_recovered(w, &f->cause, "the fold goes on");

    if (w->open.broken) {
        ngx_http_parley_worker_idle(w);
        return;
    }

    if (ngx_exiting && !f->held) {
        return;
    }

    if (f->more && f->pause && !ngx_exiting) {
        ngx_add_timer(&f->timer, f->pause);
        return;
    }

    if (f->more || f->wanted) {
        ngx_http_parley_fold_post(w);
    }
}


static void
ngx_http_parley_fold_log(ngx_http_parley_worker_t *w)
{
    uint64_t                 i;
    const pl_aside_t        *aside;
    ngx_http_parley_fold_t  *f;

    f = &w->fold;

    for (i = 0; i < f->n_aside && i < PL_ASIDE_MAX; i++) {
        aside = &f->aside[i];

        ngx_log_error(NGX_LOG_WARN, w->log, 0,
                      "parley: entry %uL, item %uD is kept aside: %s%s%s",
                      aside->entry, aside->item, aside->path,
                      aside->path[0] ? ": " : "", aside->reason);
    }

    if (f->n_aside > i) {
        ngx_log_error(NGX_LOG_WARN, w->log, 0,
                      "parley: %uL more items are kept aside",
                      f->n_aside - i);
    }

    f->n_aside = 0;
}
