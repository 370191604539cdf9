/*
 * A worker's beginning, and the life of its store:
 *
 *     opening --ok--> open --PL_BROKEN--> breaking --tasks ended--> opening
 *        |                                                             |
 *        +--failed--> refusing, every second: opening <----------------+
 *
 * While it opens, requests wait in the append queue; while it refuses they
 * are answered 503 at once. The cause is logged when it begins and when it
 * changes.
 *
 * With master_process off nginx runs init_process once, and after a reload
 * neither it nor the thread pools of the new configuration: there is no
 * worker then, and Parley's locations answer 503 until a restart.
 */

#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"


static ngx_http_parley_worker_t *ngx_http_parley_worker_create(
    ngx_cycle_t *cycle, ngx_http_parley_main_conf_t *pmcf);
static ngx_int_t ngx_http_parley_worker_secrets(
    ngx_http_parley_main_conf_t *pmcf);
static ngx_int_t ngx_http_parley_worker_macs(ngx_http_parley_loc_conf_t *plcf,
    ngx_pool_t *pool);
static ngx_int_t ngx_http_parley_worker_tasks(ngx_http_parley_worker_t *w,
    ngx_cycle_t *cycle);
static void ngx_http_parley_worker_open(ngx_event_t *ev);
static void ngx_http_parley_worker_opened(void *data);
static void ngx_http_parley_worker_batch(ngx_http_parley_commit_t *cm);


ngx_int_t
ngx_http_parley_worker_init(ngx_cycle_t *cycle)
{
    ngx_http_parley_worker_t     *w;
    ngx_http_parley_main_conf_t  *pmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_parley_module);

    if (pmcf == NULL || pmcf->shm == NULL) {
        return NGX_OK;
    }

    w = ngx_http_parley_worker_create(cycle, pmcf);

    if (w == NULL) {

        /* a worker that cannot start would take the other sites with it */

        ngx_log_error(NGX_LOG_ALERT, cycle->log, 0,
                      "parley: cannot set up this worker, "
                      "its locations answer 503");
        return NGX_OK;
    }

    pmcf->worker = w;

    if (pmcf->store.len) {
        ngx_http_parley_worker_open(&w->open.retry);
    }

    return NGX_OK;
}


static ngx_http_parley_worker_t *
ngx_http_parley_worker_create(ngx_cycle_t *cycle,
    ngx_http_parley_main_conf_t *pmcf)
{
    ngx_http_parley_worker_t  *w;

    w = ngx_pcalloc(cycle->pool, sizeof(ngx_http_parley_worker_t));
    if (w == NULL) {
        return NULL;
    }

    w->conf = pmcf;
    w->log = cycle->log;
    w->clock = pl_clock_system();
    w->counters = &pmcf->shm->slots[ngx_worker % NGX_HTTP_PARLEY_SLOTS];
    w->counters->queue = 0;
    w->counters->open = 0;

    w->scratch = pl_arena_create(64 * 1024, NGX_HTTP_PARLEY_SCRATCH_MAX);
    if (w->scratch == NULL) {
        return NULL;
    }

    if (ngx_http_parley_worker_secrets(pmcf) != NGX_OK) {
        return NULL;
    }

    if (pmcf->store.len
        && ngx_http_parley_worker_tasks(w, cycle) != NGX_OK)
    {
        return NULL;
    }

    return w;
}


ngx_http_parley_worker_t *
ngx_http_parley_worker(ngx_http_request_t *r)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    return pmcf->worker;
}


static ngx_int_t
ngx_http_parley_worker_secrets(ngx_http_parley_main_conf_t *pmcf)
{
    ngx_uint_t                    i;
    ngx_http_parley_sandbox_t   **sandboxes;
    ngx_http_parley_loc_conf_t  **webhooks;

    webhooks = pmcf->webhooks.elts;

    for (i = 0; i < pmcf->webhooks.nelts; i++) {
        if (webhooks[i]->provider->by_account
            ? ngx_http_parley_public_macs(pmcf, webhooks[i]) != NGX_OK
            : ngx_http_parley_worker_macs(webhooks[i],
                                          pmcf->webhooks.pool) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    sandboxes = pmcf->sandboxes.elts;

    for (i = 0; i < pmcf->sandboxes.nelts; i++) {
        if (ngx_http_parley_sandbox_worker(sandboxes[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* One set for the event loop and one for the task that verifies. */

static ngx_int_t
ngx_http_parley_worker_macs(ngx_http_parley_loc_conf_t *plcf,
    ngx_pool_t *pool)
{
    size_t      n, i;
    ngx_str_t  *secrets;
    pl_mac_t  **macs;
    pl_sign_t **keys;

    n = plcf->secrets->nelts;
    secrets = plcf->secrets->elts;

    macs = ngx_palloc(pool, 2 * n * sizeof(pl_mac_t *));
    keys = ngx_pcalloc(pool, n * sizeof(pl_sign_t *));
    if (macs == NULL || keys == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        macs[i] = plcf->provider->mac
                  ? plcf->provider->mac(ngx_http_parley_str(&secrets[i]))
                  : pl_mac_create(ngx_http_parley_str(&secrets[i]));
        if (macs[i] == NULL) {
            return NGX_ERROR;
        }

        macs[n + i] = pl_mac_dup(macs[i]);
        if (macs[n + i] == NULL) {
            return NGX_ERROR;
        }

        if (plcf->provider->key) {
            keys[i] = plcf->provider->key(ngx_http_parley_str(&secrets[i]));
        }
    }

    plcf->loop.macs = macs;
    plcf->loop.n_macs = n;
    plcf->loop.keys = keys;

    plcf->thread.macs = macs + n;
    plcf->thread.n_macs = n;
    plcf->thread.keys = keys;       /* immutable: for any thread */

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_worker_tasks(ngx_http_parley_worker_t *w, ngx_cycle_t *cycle)
{
    ngx_http_parley_open_t    *op;
    ngx_http_parley_commit_t  *cm;

    op = &w->open;
    op->conf = w->conf;
    op->clock = w->clock;
    op->task.name = "opening the store";
    op->task.pool = w->conf->thread_pool;
    op->task.log = w->log;
    op->task.run = ngx_http_parley_open_run;
    op->task.done = ngx_http_parley_worker_opened;
    op->task.data = w;

    op->retry.handler = ngx_http_parley_worker_open;
    op->retry.data = w;
    op->retry.log = w->log;
    op->retry.cancelable = 1;

    cm = &w->commit;
    cm->max_entries = w->conf->queue_entries;
    cm->max_bytes = w->conf->queue_bytes;
    cm->task.pool = w->conf->thread_pool;
    cm->task.log = w->log;
    cm->clock = w->clock;
    cm->batch_handler = ngx_http_parley_worker_batch;
    cm->data = w;

    w->verify.max_bytes = w->conf->queue_bytes;
    w->verify.task.pool = w->conf->thread_pool;
    w->verify.task.log = w->log;
    w->verify.conf = w->conf;
    w->verify.worker = w;
    w->sift = w->verify;
    w->ask = w->verify;
    w->ask.max_asks = w->conf->queue_asks;

    if (ngx_http_parley_task_init(&op->task, cycle->pool) != NGX_OK
        || ngx_http_parley_commit_init(cm, cycle->pool) != NGX_OK
        || ngx_http_parley_verify_init(&w->verify, cycle->pool) != NGX_OK
        || ngx_http_parley_verify_init(&w->sift, cycle->pool) != NGX_OK
        || ngx_http_parley_verify_init(&w->ask, cycle->pool) != NGX_OK
        || ngx_http_parley_fold_init(w, cycle->pool) != NGX_OK
        || ngx_http_parley_read_init(w, cycle->pool) != NGX_OK
        || ngx_http_parley_live_init(w, cycle->pool) != NGX_OK
        || ngx_http_parley_calls_init(w, cycle->pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_parley_worker_open(ngx_event_t *ev)
{
    ngx_http_parley_worker_t  *w = ev->data;

    if (ngx_http_parley_task_post(&w->open.task) != NGX_OK) {
        w->open.status = pl_err_set(&w->open.err, PL_BUSY, "open", 0,
                                    "the thread pool takes no more tasks");
        ngx_http_parley_worker_opened(w);
    }
}


static void
ngx_http_parley_worker_opened(void *data)
{
    ngx_http_parley_worker_t  *w = data;

    ngx_http_parley_open_t  *op;

    op = &w->open;

    if (op->status != PL_OK) {
        ngx_http_parley_worker_failed(w, &op->cause, "cannot open the store",
                                      &op->err);
        ngx_http_parley_commit_refuse(&w->commit, op->status);
        ngx_http_parley_calls_open(w, NULL);
        ngx_add_timer(&op->retry, NGX_HTTP_PARLEY_RETRY_MS);
        return;
    }

    ngx_http_parley_worker_recovered(w, &op->cause, "the store is open");

    op->broken = 0;
    op->usable = 1;
    w->counters->open = 1;

    w->fold.store = op->store;
    w->fold.shared = op->shared;
    w->fold.fold = op->fold;

    w->read.store = op->store;
    w->read.shared = op->shared;

    ngx_http_parley_verify_store(&w->ask, op->store);
    ngx_http_parley_live_store(w->live, op->store);
    ngx_http_parley_calls_open(w, op->store);

    if (op->publish) {
        ngx_http_parley_worker_failed(w, &w->append_cause,
                                      "cannot publish the configuration",
                                      &op->err);
    }

    ngx_http_parley_commit_open(&w->commit, op->store, op->shared,
                                op->publish);
    ngx_http_parley_fold_wake(w);
}


void
ngx_http_parley_worker_broken(ngx_http_parley_worker_t *w)
{
    if (w->open.broken) {
        return;
    }

    w->open.broken = 1;
    w->open.usable = 0;
    w->counters->open = 0;

    ngx_http_parley_commit_open(&w->commit, NULL, NULL, NULL);

    ngx_http_parley_worker_idle(w);
}


/*
 * Called when a task that uses the store has ended. No transaction of this
 * process may be alive when the store is opened anew.
 */

void
ngx_http_parley_worker_idle(ngx_http_parley_worker_t *w)
{
    if (!w->open.broken
        || w->open.task.active
        || w->open.retry.timer_set
        || w->commit.task.active
        || w->fold.task.active
        || w->read.task.active
        || w->ask.task.active
        || w->live->task.active
        || ngx_http_parley_calls_busy(w))
    {
        return;
    }

    if (w->fold.timer.timer_set) {
        ngx_del_timer(&w->fold.timer);
    }

    if (w->fold.watch.timer_set) {
        ngx_del_timer(&w->fold.watch);
    }

    w->fold.store = NULL;
    w->fold.fold = NULL;
    w->fold.held = 0;
    w->read.store = NULL;
    ngx_http_parley_verify_store(&w->ask, NULL);
    ngx_http_parley_live_store(w->live, NULL);

    ngx_http_parley_calls_close(w);

    ngx_http_parley_worker_open(&w->open.retry);
}


/* A batch is on disk, or is not; its entries are answered after this. */

static void
ngx_http_parley_worker_batch(ngx_http_parley_commit_t *cm)
{
    ngx_http_parley_worker_t  *w = cm->data;

    ngx_http_parley_batch_t  *b;

    b = &cm->batch;

    w->counters->queue = cm->n_entries - b->n;

    if (b->status != PL_OK) {
        (void) ngx_atomic_fetch_add(&w->counters->append_failures, 1);

        ngx_http_parley_worker_failed(w, &w->append_cause,
                                      "cannot append to the journal",
                                      &b->err);

        if (b->status == PL_BROKEN) {
            ngx_http_parley_worker_broken(w);
        }

        return;
    }

    ngx_http_parley_worker_recovered(w, &w->append_cause,
                                     "the journal takes entries");

    if (b->publish) {
        ngx_http_parley_open_published(&w->open);
    }

    (void) ngx_atomic_fetch_add(&w->counters->append_batches, 1);
    (void) ngx_atomic_fetch_add(&w->counters->append_entries, b->n);
    (void) ngx_atomic_fetch_add(&w->counters->append_bytes, b->bytes);
    ngx_http_parley_count_batch(w->counters, b->n, b->append_us);

    ngx_http_parley_ring_batch(w, b->sender);

    if (!b->sender) {
        ngx_http_parley_fold_wake(w);
    }
}


/*
 * Logged when it begins, and when it changes; what comes and goes, as a
 * store does that has hardly any room left, is not logged each time.
 */

void
ngx_http_parley_worker_failed(ngx_http_parley_worker_t *w,
    ngx_http_parley_cause_t *cause, const char *what, const pl_err_t *err)
{
    char        text[NGX_HTTP_PARLEY_CAUSE_MAX];
    time_t      age;
    ngx_uint_t  known;

    age = ngx_time() - cause->logged_at;

    known = cause->failed ? 1 : (age < NGX_HTTP_PARLEY_CAUSE_AGAIN);
    cause->failed = 1;

    (void) pl_err_print(err, text, sizeof(text));

    if (known && cause->status == err->status && cause->sys == err->sys
        && (age < NGX_HTTP_PARLEY_CAUSE_CHANGE
            || ngx_strcmp(cause->text, text) == 0))
    {
        return;
    }

    cause->status = err->status;
    cause->sys = err->sys;
    cause->logged = 1;
    cause->logged_at = ngx_time();
    (void) ngx_cpystrn(cause->text, (u_char *) text, sizeof(text));

    ngx_log_error(NGX_LOG_ERR, w->log, 0, "parley: %s: %s", what, text);
}


void
ngx_http_parley_worker_recovered(ngx_http_parley_worker_t *w,
    ngx_http_parley_cause_t *cause, const char *what)
{
    cause->failed = 0;

    if (cause->logged) {
        cause->logged = 0;

        ngx_log_error(NGX_LOG_NOTICE, w->log, 0, "parley: %s again", what);
    }
}
