/*
 * The hub of the live feed: see the header.
 *
 * The timer is not cancelable while there are clients: a worker that is told
 * to exit would be gone before it looked, and take all of its clients with
 * it at once. So it ends them itself, spread over less than a second, and
 * then nothing keeps the worker.
 */

#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"


static void ngx_http_parley_live_turn(ngx_event_t *ev);
static ngx_msec_t ngx_http_parley_live_pause(ngx_http_parley_live_t *live);
static void ngx_http_parley_live_beats(ngx_http_parley_live_t *live);
static void ngx_http_parley_live_slow(ngx_http_parley_live_t *live);
static void ngx_http_parley_live_over(ngx_http_parley_live_t *live);
static void ngx_http_parley_live_exit(ngx_http_parley_live_t *live);
static void ngx_http_parley_live_read(ngx_http_parley_live_t *live);
static ngx_uint_t ngx_http_parley_live_jobs(ngx_http_parley_live_t *live,
    ngx_uint_t news);
static void ngx_http_parley_live_job_front(ngx_http_parley_live_t *live,
    ngx_http_parley_audience_t *a);
static void ngx_http_parley_live_job_behind(ngx_http_parley_live_t *live,
    ngx_http_parley_client_t *c);
static ngx_int_t ngx_http_parley_live_job_keep(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, ngx_http_parley_client_t *c);
static ngx_http_parley_audience_t *ngx_http_parley_live_audience(
    ngx_http_parley_live_t *live, uint32_t tenant);


ngx_int_t
ngx_http_parley_live_init(ngx_http_parley_worker_t *w, ngx_pool_t *pool)
{
    ngx_http_parley_live_t  *live;

    live = ngx_pcalloc(pool, sizeof(ngx_http_parley_live_t));
    if (live == NULL) {
        return NGX_ERROR;
    }

    w->live = live;
    live->log = w->log;
    live->counters = w->counters;
    live->flows = w->conf->codec;

    ngx_rbtree_init(&live->audiences, &live->sentinel,
                    ngx_rbtree_insert_value);
    ngx_queue_init(&live->behind);
    ngx_queue_init(&live->beats);
    ngx_queue_init(&live->full);
    ngx_queue_init(&live->held);
    ngx_queue_init(&live->waits);

    live->counters->events_clients = 0;

    live->ar = pl_arena_create(64 * 1024, NGX_HTTP_PARLEY_LIVE_READ_MAX);
    live->scratch = pl_arena_create(64 * 1024,
                                    NGX_HTTP_PARLEY_LIVE_READ_MAX);
    live->words = pl_arena_create(4096, NGX_HTTP_PARLEY_LIVE_WORDS_MAX);
    if (live->ar == NULL || live->scratch == NULL || live->words == NULL
        || pl_api_event_codec(&live->codec, NULL) != PL_OK)
    {
        return NGX_ERROR;
    }

    live->timer.handler = ngx_http_parley_live_turn;
    live->timer.data = w;
    live->timer.log = w->log;

    live->task.name = "reading events";
    live->task.pool = w->conf->thread_pool;
    live->task.log = w->log;
    live->task.run = ngx_http_parley_feed_run;
    live->task.done = ngx_http_parley_told_done;
    live->task.data = w;

    return ngx_http_parley_task_init(&live->task, pool);
}


void
ngx_http_parley_live_store(ngx_http_parley_live_t *live, pl_store_t *store)
{
    live->store = store;

    /* another store may have other settings under the same generation */

    pl_settings_destroy(live->settings);
    live->settings = NULL;

    live->seen = 0;                     /* whatever it is, it is news */
    live->failed_at = 0;
}


ngx_int_t
ngx_http_parley_live_add(ngx_http_parley_live_t *live,
    ngx_http_parley_client_t *c)
{
    ngx_http_parley_worker_t     *w = live->timer.data;
    ngx_http_parley_audience_t   *a;
    ngx_http_parley_main_conf_t  *pmcf = w->conf;

    if (live->n_clients >= pmcf->events.clients
        || (c->how == PL_API_LIVE_WAIT
            && live->n_waits >= NGX_HTTP_PARLEY_LIVE_WAITS))
    {
        return NGX_BUSY;
    }

    a = ngx_http_parley_live_audience(live, c->tenant);

    if (a == NULL) {
        return NGX_ERROR;
    }

    if (a->clients >= pmcf->events.of_tenant
        || (c->how == PL_API_LIVE_WAIT
            && a->waits >= NGX_HTTP_PARLEY_LIVE_TENANT_WAITS))
    {
        return NGX_BUSY;
    }

    live->n_heard += (a->clients == 0);
    a->clients++;

    c->live = live;
    c->audience = a;
    c->state = NGX_HTTP_PARLEY_CLIENT_BEHIND;
    c->beat_at = ngx_current_msec;

    ngx_queue_insert_tail(&live->beats, &c->beat);

    if (c->how == PL_API_LIVE_WAIT) {

        /* what came between its own look and now is looked for */

        ngx_queue_insert_tail(&live->waits, &c->queue);
        live->n_waits++;
        live->fresh = 1;
        a->waits++;

    } else {
        ngx_queue_insert_tail(&live->behind, &c->queue);
    }

    live->n_clients++;

    /* its key may have been revoked behind the back of who looked at it, or
       its tenant removed */

    live->keys_due |= (c->key != 0 || c->of != 0);
    live->counters->events_clients = live->n_clients;

    if (!live->timer.timer_set) {
        ngx_add_timer(&live->timer, 1);
    }

    return NGX_OK;
}


void
ngx_http_parley_live_remove(ngx_http_parley_client_t *c)
{
    ngx_http_parley_live_t      *live = c->live;
    ngx_http_parley_audience_t  *a = c->audience;

    if (c->state == NGX_HTTP_PARLEY_CLIENT_ENDED) {
        return;
    }

    c->state = NGX_HTTP_PARLEY_CLIENT_ENDED;

    ngx_queue_remove(&c->queue);
    ngx_queue_remove(&c->beat);

    if (c->job) {
        c->job->client = NULL;
        c->job = NULL;
    }

    live->n_clients--;
    live->n_waits -= (c->how == PL_API_LIVE_WAIT);
    a->waits -= (c->how == PL_API_LIVE_WAIT);
    live->counters->events_clients = live->n_clients;

    /* it stays where it is: there are no more of them than tenants */

    a->clients--;
    live->n_heard -= (a->clients == 0);
}


void
ngx_http_parley_live_state(ngx_http_parley_client_t *c,
    ngx_http_parley_client_e state)
{
    ngx_http_parley_live_t  *live = c->live;

    ngx_queue_remove(&c->queue);
    c->state = state;

    switch (state) {

    case NGX_HTTP_PARLEY_CLIENT_FRONT:
        ngx_queue_insert_tail(&c->audience->front, &c->queue);
        break;

    case NGX_HTTP_PARLEY_CLIENT_FULL:
        c->full_at = ngx_current_msec;
        ngx_queue_insert_tail(&live->full, &c->queue);
        break;

    case NGX_HTTP_PARLEY_CLIENT_HELD:
        ngx_queue_insert_tail(&live->held, &c->queue);
        break;

    case NGX_HTTP_PARLEY_CLIENT_READING:
        ngx_queue_init(&c->queue);      /* its job has it */
        break;

    default: /* NGX_HTTP_PARLEY_CLIENT_BEHIND */
        ngx_queue_insert_tail(&live->behind, &c->queue);
        break;
    }
}


/* Never later than it would be: who asks often is not waited for. */

void
ngx_http_parley_live_soon(ngx_http_parley_live_t *live)
{
    if (live->timer.timer_set
        && (ngx_msec_int_t) (live->timer.timer.key - ngx_current_msec) > 1)
    {
        ngx_del_timer(&live->timer);
        ngx_add_timer(&live->timer, 1);
    }
}


static void
ngx_http_parley_live_turn(ngx_event_t *ev)
{
    ngx_http_parley_worker_t  *w = ev->data;

    ngx_http_parley_live_t  *live = w->live;

    if (ngx_exiting || ngx_quit) {
        ngx_http_parley_live_exit(live);

    } else {
        ngx_http_parley_live_slow(live);
        ngx_http_parley_live_over(live);
        ngx_http_parley_live_beats(live);
        ngx_http_parley_live_read(live);
    }

    if (live->n_clients && !live->timer.timer_set) {
        ngx_add_timer(&live->timer, ngx_http_parley_live_pause(live));
    }
}


/* So that a look at each tenant takes a few percent of a core at most. */

static ngx_msec_t
ngx_http_parley_live_pause(ngx_http_parley_live_t *live)
{
    ngx_msec_t  pause;

    pause = NGX_HTTP_PARLEY_LIVE_TURN_MS
            * (1 + live->n_heard / NGX_HTTP_PARLEY_LIVE_TENANTS);

    return ngx_min(pause, NGX_HTTP_PARLEY_LIVE_TURN_MAX);
}


static void
ngx_http_parley_live_beats(ngx_http_parley_live_t *live)
{
    ngx_queue_t                *q;
    ngx_http_parley_worker_t   *w = live->timer.data;
    ngx_http_parley_client_t   *c;

    while (!ngx_queue_empty(&live->beats)) {
        q = ngx_queue_head(&live->beats);
        c = ngx_queue_data(q, ngx_http_parley_client_t, beat);

        if ((ngx_msec_int_t) (ngx_current_msec - c->beat_at)
            < (ngx_msec_int_t) w->conf->events.beat)
        {
            return;
        }

        c->beat_at = ngx_current_msec;
        ngx_queue_remove(&c->beat);
        ngx_queue_insert_tail(&live->beats, &c->beat);

        if (c->how != PL_API_LIVE_WAIT
            && c->state != NGX_HTTP_PARLEY_CLIENT_FULL)
        {
            ngx_http_parley_events_beat(c);
        }
    }
}


static void
ngx_http_parley_live_slow(ngx_http_parley_live_t *live)
{
    ngx_queue_t                *q;
    ngx_http_parley_worker_t   *w = live->timer.data;
    ngx_http_parley_client_t   *c;

    while (!ngx_queue_empty(&live->full)) {
        q = ngx_queue_head(&live->full);
        c = ngx_queue_data(q, ngx_http_parley_client_t, queue);

        if ((ngx_msec_int_t) (ngx_current_msec - c->full_at)
            < (ngx_msec_int_t) w->conf->events.slow)
        {
            return;
        }

        (void) ngx_atomic_fetch_add(&live->counters->events_slow, 1);

        ngx_log_error(NGX_LOG_INFO, c->request->connection->log, 0,
                      "parley: a client of events did not read");

        ngx_http_parley_client_end(c, NGX_ERROR);
    }
}


/*
 * Pages whose time is over are asked for once more, and then answered; so is
 * one that nobody got to within another second. Who has listened for long
 * comes again, and is asked who it is. Once a second.
 */

static void
ngx_http_parley_live_over(ngx_http_parley_live_t *live)
{
    ngx_queue_t               *q, *next;
    ngx_http_parley_client_t  *c;

    if (live->looked_at == ngx_time()) {
        return;
    }

    live->looked_at = ngx_time();

    for (q = ngx_queue_head(&live->beats);
         q != ngx_queue_sentinel(&live->beats);
         q = next)
    {
        next = ngx_queue_next(q);
        c = ngx_queue_data(q, ngx_http_parley_client_t, beat);

        if ((ngx_msec_int_t) (c->until - ngx_current_msec) > 0) {
            continue;
        }

        if (c->how != PL_API_LIVE_WAIT || live->store == NULL) {
            ngx_http_parley_events_close(c);

        } else if (c->over) {
            ngx_http_parley_events_empty(c);

        } else {
            c->over = 1;
            live->fresh = 1;
        }
    }
}


/* Who has not been ended when its share of the time is over is. */

static void
ngx_http_parley_live_exit(ngx_http_parley_live_t *live)
{
    ngx_uint_t                 left;
    ngx_msec_t                 passed;
    ngx_queue_t               *q;
    ngx_http_parley_client_t  *c;

    if (live->closing == 0) {
        live->closing = live->n_clients;
        live->close_from = ngx_current_msec;
    }

    passed = ngx_current_msec - live->close_from;

    left = passed >= NGX_HTTP_PARLEY_LIVE_CLOSE_MS
           ? 0
           : live->closing - live->closing
                             * (passed + NGX_HTTP_PARLEY_LIVE_TURN_MS)
                             / NGX_HTTP_PARLEY_LIVE_CLOSE_MS;

    if (left > live->closing) {
        left = 0;
    }

    while (live->n_clients > left) {
        q = ngx_queue_head(&live->beats);
        c = ngx_queue_data(q, ngx_http_parley_client_t, beat);

        ngx_http_parley_events_close(c);
    }
}


static void
ngx_http_parley_live_read(ngx_http_parley_live_t *live)
{
    uint64_t  seen;

    if (live->store == NULL || live->task.active
        || (live->failed_at
            && ngx_current_msec - live->failed_at < NGX_HTTP_PARLEY_RETRY_MS))
    {
        return;
    }

    seen = pl_store_seen(live->store, PL_ENV_STATE);

    live->keys_due |= (seen != live->seen);
    live->look_keys = live->keys_due && live->keys_at != ngx_time();

    if (seen == live->seen && ngx_queue_empty(&live->behind)
        && !live->fresh && !live->look_keys)
    {
        return;
    }

    if (ngx_http_parley_live_jobs(live, seen != live->seen) == 0
        && !live->look_keys)
    {
        return;
    }

    if (ngx_http_parley_task_post(&live->task) == NGX_OK) {
        live->seen = seen;
        return;
    }

    live->look_keys = 0;
    live->status = pl_err_set(&live->err, PL_BUSY, "events", 0,
                              "the thread pool takes no more tasks");
    ngx_http_parley_told_done(live->timer.data);
}


/*
 * Of all tenants and of pages that wait, where there is news for them, and of
 * some that are behind. Where a turn runs out of time, the next one begins
 * there: none of them keeps the others from their turn.
 */

static ngx_uint_t
ngx_http_parley_live_jobs(ngx_http_parley_live_t *live, ngx_uint_t news)
{
    ngx_uint_t                   n;
    ngx_queue_t                 *q;
    ngx_rbtree_node_t           *node;
    ngx_http_parley_audience_t  *a;

    pl_arena_reset(live->ar);

    live->n_jobs = 0;
    live->jobs = pl_arena_alloc(live->ar,
                     (live->n_audiences + live->n_waits
                      + NGX_HTTP_PARLEY_LIVE_JOBS)
                     * sizeof(ngx_http_parley_job_t));
    if (live->jobs == NULL) {
        return 0;
    }

    if (news && live->audiences.root != &live->sentinel) {
        for (node = ngx_rbtree_min(live->audiences.root, &live->sentinel);
             node;
             node = ngx_rbtree_next(&live->audiences, node))
        {
            a = (ngx_http_parley_audience_t *) node;

            if (!ngx_queue_empty(&a->front)) {
                ngx_http_parley_live_job_front(live, a);
            }
        }
    }

    for (q = ngx_queue_head(&live->waits);
         (news || live->fresh) && q != ngx_queue_sentinel(&live->waits);
         q = ngx_queue_next(q))
    {
        ngx_http_parley_live_job_behind(live,
                   ngx_queue_data(q, ngx_http_parley_client_t, queue));
    }

    live->fresh = 0;

    for (n = 0;
         n < NGX_HTTP_PARLEY_LIVE_JOBS && !ngx_queue_empty(&live->behind);
         n++)
    {
        q = ngx_queue_head(&live->behind);
        ngx_http_parley_live_job_behind(live,
                   ngx_queue_data(q, ngx_http_parley_client_t, queue));
    }

    return live->n_jobs;
}


static void
ngx_http_parley_live_job_front(ngx_http_parley_live_t *live,
    ngx_http_parley_audience_t *a)
{
    ngx_http_parley_job_t  *job;

    job = &live->jobs[live->n_jobs++];

    ngx_memzero(job, sizeof(ngx_http_parley_job_t));
    job->tenant = (uint32_t) a->node.key;
    job->after = a->read_to;
    job->rows = NGX_HTTP_PARLEY_LIVE_ROWS;
    job->audience = a;
}


static void
ngx_http_parley_live_job_behind(ngx_http_parley_live_t *live,
    ngx_http_parley_client_t *c)
{
    ngx_http_parley_job_t  *job;

    job = &live->jobs[live->n_jobs++];

    ngx_memzero(job, sizeof(ngx_http_parley_job_t));
    job->tenant = c->tenant;
    job->after = c->resolved ? c->cursor : PL_API_LIVE_NOW;
    job->rows = NGX_HTTP_PARLEY_LIVE_PIECE;
    job->client = c;
    job->one = 1;
    job->sees = c->sees;

    if (ngx_http_parley_live_job_keep(live, job, c) != NGX_OK) {
        live->n_jobs--;
        return;
    }

    c->job = job;

    if (c->how != PL_API_LIVE_WAIT) {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_READING);
    }
}


/*
 * What the thread reads of a client is copied for it: the client's own is its
 * request's, which may end meanwhile.
 */

static ngx_int_t
ngx_http_parley_live_job_keep(ngx_http_parley_live_t *live,
    ngx_http_parley_job_t *job, ngx_http_parley_client_t *c)
{
    pl_str_t        owner;
    pl_api_live_t  *page;

    if (c->said.data) {
        job->said.data = (uint8_t *) pl_arena_str(live->ar, c->said);
        job->said.len = c->said.len;

        if (job->said.data == NULL) {
            return NGX_ERROR;
        }
    }

    if (c->page == NULL) {
        return NGX_OK;
    }

    page = pl_arena_alloc(live->ar, sizeof(pl_api_live_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    *page = *c->page;

    if (page->filter.owner) {
        owner = pl_str_c(page->filter.owner);
        page->filter.owner = pl_arena_str(live->ar, owner);

        if (page->filter.owner == NULL) {
            return NGX_ERROR;
        }
    }

    job->page = page;

    return NGX_OK;
}


static ngx_http_parley_audience_t *
ngx_http_parley_live_audience(ngx_http_parley_live_t *live, uint32_t tenant)
{
    ngx_rbtree_node_t           *node;
    ngx_http_parley_worker_t    *w = live->timer.data;
    ngx_http_parley_audience_t  *a;

    node = live->audiences.root;

    while (node != &live->sentinel && node->key != tenant) {
        node = tenant < node->key ? node->left : node->right;
    }

    if (node != &live->sentinel) {
        return (ngx_http_parley_audience_t *) node;
    }

    a = ngx_palloc(w->conf->tenants.pool, sizeof(ngx_http_parley_audience_t));
    if (a == NULL) {
        return NULL;
    }

    ngx_memzero(a, sizeof(ngx_http_parley_audience_t));
    ngx_queue_init(&a->front);
    a->node.key = tenant;

    ngx_rbtree_insert(&live->audiences, &a->node);
    live->n_audiences++;

    return a;
}
