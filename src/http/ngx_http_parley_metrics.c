/*
 * parley_metrics: counters of all workers, and figures of the store, in
 * Prometheus' text format 0.0.4. What is shown are rows; one renderer
 * writes them.
 */

#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_PAGE_MAX  (32 * 1024)


typedef struct {
    u_char                             *pos;
    u_char                             *last;
    const char                         *name;
    const ngx_http_parley_counters_t   *sum;
    const ngx_http_parley_figures_t    *figures;
} ngx_http_parley_page_t;


typedef struct ngx_http_parley_family_s  ngx_http_parley_family_t;

struct ngx_http_parley_family_s {
    const char   *name;
    const char   *type;
    const char   *help;
    void        (*samples)(ngx_http_parley_page_t *page,
                           const ngx_http_parley_family_t *family);
    size_t        offset;       /* of the value in its struct */
    ngx_uint_t    store;        /* shown only where the figures are known */
};


typedef struct {
    ngx_http_request_t       *request;
    ngx_uint_t                done;
    ngx_http_parley_asked_t   asked;
} ngx_http_parley_metrics_ctx_t;


static ngx_int_t ngx_http_parley_metrics_handler(ngx_http_request_t *r);
static void ngx_http_parley_metrics_read(ngx_http_parley_asked_t *asked);
static void ngx_http_parley_metrics_resume(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_metrics_send(ngx_http_request_t *r,
    const ngx_http_parley_figures_t *figures);
static void ngx_http_parley_metrics_sum(ngx_http_parley_worker_t *w,
    ngx_http_parley_counters_t *sum);
static void ngx_http_parley_metrics_sample(ngx_http_parley_page_t *page,
    const char *fmt, ...);
static void ngx_http_parley_metrics_counter(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_figure(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_flag(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_webhooks(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_seconds(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_sizes(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_rings(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_lag(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_rows(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_room(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);
static void ngx_http_parley_metrics_behind(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family);


#define NGX_HTTP_PARLEY_COUNTER(field)                                        \
    ngx_http_parley_metrics_counter,                                          \
    offsetof(ngx_http_parley_counters_t, field), 0

/* of seconds; its sum, in microseconds, stands behind the buckets */
#define NGX_HTTP_PARLEY_HISTOGRAM(field)                                      \
    ngx_http_parley_metrics_seconds,                                          \
    offsetof(ngx_http_parley_counters_t, field), 0

#define NGX_HTTP_PARLEY_FIGURE(samples, field)                                \
    ngx_http_parley_metrics_ ## samples,                                      \
    offsetof(ngx_http_parley_figures_t, field), 1


static const ngx_http_parley_family_t  ngx_http_parley_families[] = {

    { "parley_webhooks_total", "counter",
      "Webhooks answered, by provider and result.",
      ngx_http_parley_metrics_webhooks, 0, 0 },

    { "parley_append_entries_total", "counter",
      "Entries appended to the journal.",
      NGX_HTTP_PARLEY_COUNTER(append_entries) },

    { "parley_append_batches_total", "counter",
      "Transactions in which they were appended.",
      NGX_HTTP_PARLEY_COUNTER(append_batches) },

    { "parley_append_bytes_total", "counter",
      "Bytes of their bodies.",
      NGX_HTTP_PARLEY_COUNTER(append_bytes) },

    { "parley_append_failures_total", "counter",
      "Transactions that failed; their webhooks were answered 503.",
      NGX_HTTP_PARLEY_COUNTER(append_failures) },

    { "parley_append_seconds", "histogram",
      "Time from the append queue to the disk, of each webhook.",
      NGX_HTTP_PARLEY_HISTOGRAM(append_seconds) },

    { "parley_append_commit_seconds", "histogram",
      "Time of each transaction, its sync included.",
      NGX_HTTP_PARLEY_HISTOGRAM(commit_seconds) },

    { "parley_append_batch_entries", "histogram",
      "Entries of each transaction.",
      ngx_http_parley_metrics_sizes, 0, 0 },

    { "parley_append_queue", "gauge",
      "Webhooks in the append queues of all workers.",
      NGX_HTTP_PARLEY_COUNTER(queue) },

    { "parley_rings_total", "counter",
      "Doorbells to the sender, by result.",
      ngx_http_parley_metrics_rings, 0, 0 },

    { "parley_store_open", "gauge",
      "Workers that have the store open.",
      NGX_HTTP_PARLEY_COUNTER(open) },

    { "parley_events_clients", "gauge",
      "Clients of the live feed.",
      NGX_HTTP_PARLEY_COUNTER(events_clients) },

    { "parley_events_total", "counter",
      "Events written to clients of the live feed.",
      NGX_HTTP_PARLEY_COUNTER(events_out) },

    { "parley_events_slow_total", "counter",
      "Clients of the live feed that were closed, since they did not read.",
      NGX_HTTP_PARLEY_COUNTER(events_slow) },

    { "parley_full_refused_total", "counter",
      "Webhooks refused since the third mark was passed.",
      NGX_HTTP_PARLEY_COUNTER(full) },

    { "parley_full_statuses_refused_total", "counter",
      "Webhooks of statuses alone refused since the second mark was passed.",
      NGX_HTTP_PARLEY_COUNTER(full_statuses) },

    { "parley_asks_refused_total", "counter",
      "Webhooks refused since too many waited for the store to be asked.",
      NGX_HTTP_PARLEY_COUNTER(asks_full) },

    { "parley_store_used_percent", "gauge",
      "In use of the room there is, map or disk, whichever is fuller.",
      NGX_HTTP_PARLEY_FIGURE(figure, percent) },

    { "parley_store_mark", "gauge",
      "Mark passed: 1 warns, 2 holds bulk and statuses, 3 refuses all.",
      NGX_HTTP_PARLEY_FIGURE(figure, mark) },

    { "parley_store_oldest_reader_transactions", "gauge",
      "How many transactions the oldest reader is behind.",
      ngx_http_parley_metrics_behind, 0, 1 },

    { "parley_journal_entries", "gauge",
      "Entries that the journal keeps.",
      NGX_HTTP_PARLEY_FIGURE(figure, entries) },

    { "parley_journal_entries_bytes", "gauge",
      "Bytes of their pages.",
      NGX_HTTP_PARLEY_FIGURE(figure, entries_bytes) },

    { "parley_journal_next", "gauge",
      "Sequence of the journal's next entry.",
      NGX_HTTP_PARLEY_FIGURE(figure, next) },

    { "parley_folded", "gauge",
      "Sequence of the last entry folded.",
      NGX_HTTP_PARLEY_FIGURE(figure, folded) },

    { "parley_fold_lag_entries", "gauge",
      "Entries that wait for the fold.",
      NGX_HTTP_PARLEY_FIGURE(lag, next) },

    { "parley_rows", "gauge",
      "Rows of a table.",
      NGX_HTTP_PARLEY_FIGURE(rows, rows) },

    { "parley_store_bytes", "gauge",
      "Room in the store: of the map, the file, its pages in use and free, "
      "and free on the disk.",
      NGX_HTTP_PARLEY_FIGURE(room, room) },

    { "parley_sender_up", "gauge",
      "Whether parley-sender runs.",
      NGX_HTTP_PARLEY_FIGURE(flag, sender) },
};


static const ngx_str_t  ngx_http_parley_metrics_type =
    ngx_string("text/plain; version=0.0.4; charset=utf-8");


char *
ngx_http_parley_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_parley_main_conf_t  *pmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler == ngx_http_parley_metrics_handler) {
        return "is duplicate";
    }

    if (clcf->handler) {
        return "stands beside another handler of this location";
    }

    clcf->handler = ngx_http_parley_metrics_handler;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);
    pmcf->metrics = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_parley_metrics_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_parley_worker_t       *w;
    ngx_http_parley_metrics_ctx_t  *ctx;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    w = ngx_http_parley_worker(r);

    if (w == NULL) {
        return ngx_http_parley_reply_unavailable(r);
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_parley_metrics_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (w->conf->store.len == 0) {
        return ngx_http_parley_metrics_send(r, &ctx->asked.figures);
    }

    ctx->request = r;
    ctx->asked.handler = ngx_http_parley_metrics_read;
    ctx->asked.data = ctx;

    ngx_http_set_ctx(r, ctx, ngx_http_parley_module);

    ngx_http_parley_read_add(w, &ctx->asked);

    r->write_event_handler = ngx_http_parley_metrics_resume;
    r->main->blocked++;
    r->main->count++;
    r->aio = 1;

    return NGX_DONE;
}


static void
ngx_http_parley_metrics_read(ngx_http_parley_asked_t *asked)
{
    ngx_http_parley_metrics_ctx_t *ctx = asked->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx->done = 1;

    r->main->blocked--;
    r->aio = 0;

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


static void
ngx_http_parley_metrics_resume(ngx_http_request_t *r)
{
    ngx_http_parley_metrics_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (!ctx->done) {
        return;
    }

    ngx_http_finalize_request(r,
                      ngx_http_parley_metrics_send(r, &ctx->asked.figures));
}


static ngx_int_t
ngx_http_parley_metrics_send(ngx_http_request_t *r,
    const ngx_http_parley_figures_t *figures)
{
    u_char                          *start;
    ngx_uint_t                       i;
    ngx_http_parley_page_t           page;
    const ngx_http_parley_family_t  *family;
    ngx_http_parley_counters_t      *sum;

    sum = ngx_pcalloc(r->pool, sizeof(ngx_http_parley_counters_t));
    start = ngx_pnalloc(r->pool, NGX_HTTP_PARLEY_PAGE_MAX);

    if (sum == NULL || start == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_parley_metrics_sum(ngx_http_parley_worker(r), sum);

    page.pos = start;
    page.last = start + NGX_HTTP_PARLEY_PAGE_MAX;
    page.sum = sum;
    page.figures = figures;

    for (i = 0; i < PL_COUNT(ngx_http_parley_families); i++) {
        family = &ngx_http_parley_families[i];

        if (family->store && !figures->valid) {
            continue;
        }

        page.name = family->name;
        page.pos = ngx_slprintf(page.pos, page.last,
                                "# HELP %s %s\n# TYPE %s %s\n",
                                family->name, family->help,
                                family->name, family->type);

        family->samples(&page, family);
    }

    if (page.pos == page.last) {
        ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                      "parley: metrics do not fit into %d bytes",
                      NGX_HTTP_PARLEY_PAGE_MAX);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK,
                                       &ngx_http_parley_metrics_type, start,
                                       (size_t) (page.pos - start));
}


/* The struct is numbers throughout, but for its padding, which is zero. */

static void
ngx_http_parley_metrics_sum(ngx_http_parley_worker_t *w,
    ngx_http_parley_counters_t *sum)
{
    size_t                k, n;
    ngx_uint_t            i;
    ngx_atomic_t         *to;
    ngx_http_parley_shm_t  *shm;
    const ngx_atomic_t   *from;

    shm = w->conf->shm;
    to = (ngx_atomic_t *) sum;
    n = offsetof(ngx_http_parley_counters_t, pad) / sizeof(ngx_atomic_t);

    for (i = 0; i < NGX_HTTP_PARLEY_SLOTS; i++) {
        from = (const ngx_atomic_t *) &shm->slots[i];

        for (k = 0; k < n; k++) {
            to[k] += from[k];
        }
    }
}


/* One line: the family's name, and what fmt makes of the rest. */

static void
ngx_http_parley_metrics_sample(ngx_http_parley_page_t *page, const char *fmt,
    ...)
{
    va_list  args;

    page->pos = ngx_slprintf(page->pos, page->last, "%s", page->name);

    va_start(args, fmt);
    page->pos = ngx_vslprintf(page->pos, page->last, fmt, args);
    va_end(args);

    page->pos = ngx_slprintf(page->pos, page->last, "\n");
}


static void
ngx_http_parley_metrics_counter(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    const ngx_atomic_t  *n;

    n = (const ngx_atomic_t *) ((const u_char *) page->sum + family->offset);

    ngx_http_parley_metrics_sample(page, " %uA", *n);
}


static void
ngx_http_parley_metrics_figure(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    const uint64_t  *n;

    n = (const uint64_t *) ((const u_char *) page->figures + family->offset);

    ngx_http_parley_metrics_sample(page, " %uL", *n);
}


static void
ngx_http_parley_metrics_flag(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    const ngx_uint_t  *n;

    n = (const ngx_uint_t *)
                        ((const u_char *) page->figures + family->offset);

    ngx_http_parley_metrics_sample(page, " %ui", *n);
}


static void
ngx_http_parley_metrics_webhooks(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_uint_t           i, k;
    const pl_channel_t  *provider;

    for (i = 0; i < NGX_HTTP_PARLEY_PROVIDERS; i++) {
        provider = pl_channel_at(i);

        if (provider == NULL) {
            break;
        }

        for (k = 0; k < NGX_HTTP_PARLEY_RESULTS; k++) {
            ngx_http_parley_metrics_sample(page,
                                     "{provider=\"%s\",result=\"%V\"} %uA",
                                     provider->name,
                                     &ngx_http_parley_result_names[k],
                                     page->sum->webhooks[i][k]);
        }
    }
}


static void
ngx_http_parley_metrics_seconds(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    int64_t              us;
    ngx_uint_t           i;
    const ngx_atomic_t  *buckets;
    ngx_atomic_uint_t    n, sum;

    buckets = (const ngx_atomic_t *)
                        ((const u_char *) page->sum + family->offset);

    for (n = 0, i = 0; i < NGX_HTTP_PARLEY_BUCKETS; i++) {
        n += buckets[i];
        us = ngx_http_parley_count_bounds[i];

        if (us == -1) {
            ngx_http_parley_metrics_sample(page, "_bucket{le=\"+Inf\"} %uA",
                                           n);
            break;
        }

        ngx_http_parley_metrics_sample(page, "_bucket{le=\"%L.%06L\"} %uA",
                                       us / 1000000, us % 1000000, n);
    }

    sum = buckets[NGX_HTTP_PARLEY_BUCKETS];

    ngx_http_parley_metrics_sample(page, "_sum %uA.%06uA", sum / 1000000,
                                   sum % 1000000);
    ngx_http_parley_metrics_sample(page, "_count %uA", n);
}


static void
ngx_http_parley_metrics_sizes(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_uint_t         i;
    ngx_atomic_uint_t  n;

    for (n = 0, i = 0; i < NGX_HTTP_PARLEY_BUCKETS - 1; i++) {
        n += page->sum->batch_entries[i];
        ngx_http_parley_metrics_sample(page, "_bucket{le=\"%L\"} %uA",
                                       ngx_http_parley_count_sizes[i], n);
    }

    n += page->sum->batch_entries[i];

    ngx_http_parley_metrics_sample(page, "_bucket{le=\"+Inf\"} %uA", n);
    ngx_http_parley_metrics_sample(page, "_sum %uA", page->sum->batch_sum);
    ngx_http_parley_metrics_sample(page, "_count %uA", n);
}


static void
ngx_http_parley_metrics_rings(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_http_parley_metrics_sample(page, "{result=\"ok\"} %uA",
                              page->sum->rings[NGX_HTTP_PARLEY_RING_OK]);
    ngx_http_parley_metrics_sample(page, "{result=\"failed\"} %uA",
                              page->sum->rings[NGX_HTTP_PARLEY_RING_FAILED]);
}


static void
ngx_http_parley_metrics_lag(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    uint64_t  next, folded;

    next = page->figures->next;
    folded = page->figures->folded;

    ngx_http_parley_metrics_sample(page, " %uL",
                                   next > folded + 1 ? next - folded - 1
                                                     : (uint64_t) 0);
}


static void
ngx_http_parley_metrics_rows(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PARLEY_TABLES; i++) {
        ngx_http_parley_metrics_sample(page, "{table=\"%V\"} %uL",
                                       &ngx_http_parley_counted[i].name,
                                       page->figures->rows[i]);
    }
}


static void
ngx_http_parley_metrics_room(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_uint_t              i;
    const char             *env;
    const pl_store_room_t  *room;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        env = (i == PL_ENV_JOURNAL) ? "journal" : "state";
        room = &page->figures->room[i];

        ngx_http_parley_metrics_sample(page,
                                       "{env=\"%s\",kind=\"map\"} %uL",
                                       env, room->map_bytes);
        ngx_http_parley_metrics_sample(page,
                                       "{env=\"%s\",kind=\"file\"} %uL",
                                       env, room->file_bytes);
        ngx_http_parley_metrics_sample(page,
                                       "{env=\"%s\",kind=\"live\"} %uL",
                                       env, room->live_bytes);
        ngx_http_parley_metrics_sample(page,
                                       "{env=\"%s\",kind=\"free\"} %uL",
                                       env, room->free_bytes);
        ngx_http_parley_metrics_sample(page,
                                       "{env=\"%s\",kind=\"disk\"} %uL",
                                       env, room->disk_bytes);
    }
}


static void
ngx_http_parley_metrics_behind(ngx_http_parley_page_t *page,
    const ngx_http_parley_family_t *family)
{
    ngx_uint_t   i;
    const char  *env;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        env = (i == PL_ENV_JOURNAL) ? "journal" : "state";

        ngx_http_parley_metrics_sample(page, "{env=\"%s\"} %uL", env,
                                       page->figures->readers[i].behind);
    }
}
