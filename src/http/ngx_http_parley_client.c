/*
 * A client of the live feed, and what waits to be written to it.
 *
 * Bytes are shared: an item of a client's refers to them by a reference,
 * which goes when nginx has written the item's buffer, or with the request's
 * pool. Not with the request's own end: HTTP/2 may have them in frames that
 * its connection has not taken yet, and keeps the pool until it has.
 * Items are the request's memory, made when there is none to be used again,
 * NGX_HTTP_PARLEY_LIVE_ITEMS at most.
 *
 * The request is held by the reference that its handler had (r->count); who
 * ends the client gives it back by finalizing. nginx's own cleanup calls
 * ngx_http_parley_client_gone, whoever finalized.
 */

#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"


static void ngx_http_parley_client_gone(void *data);
static void ngx_http_parley_client_free(void *data);
static ngx_http_parley_item_t *ngx_http_parley_client_item(
    ngx_http_parley_client_t *c);
static ngx_chain_t *ngx_http_parley_client_take(ngx_http_parley_client_t *c);
static void ngx_http_parley_client_sweep(ngx_http_parley_client_t *c);
static void ngx_http_parley_client_drop(ngx_http_parley_client_t *c,
    ngx_chain_t *cl);


ngx_http_parley_client_t *
ngx_http_parley_client_create(ngx_http_request_t *r,
    const pl_api_live_t *asked)
{
    ngx_pool_cleanup_t        *free;
    ngx_http_cleanup_t        *cln;
    ngx_http_parley_client_t  *c;

    free = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_parley_client_t));
    if (free == NULL) {
        return NULL;
    }

    c = free->data;
    ngx_memzero(c, sizeof(ngx_http_parley_client_t));

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    free->handler = ngx_http_parley_client_free;

    c->request = r;
    c->state = NGX_HTTP_PARLEY_CLIENT_ENDED;
    c->last_out = &c->out;
    c->how = asked->how;
    c->tenant = asked->tenant;
    c->sees = asked->sees;
    c->key = asked->who.key;
    c->of = asked->who.tenant;
    c->cursor = asked->after;
    c->resolved = (asked->after != PL_API_LIVE_NOW);
    c->filter = asked->filter;

    if (asked->filter.owner) {
        (void) ngx_cpystrn((u_char *) c->owner,
                           (u_char *) asked->filter.owner, sizeof(c->owner));
        c->filter.owner = c->owner;
    }

    cln->handler = ngx_http_parley_client_gone;
    cln->data = c;

    return ngx_http_parley_client_window(c, asked->window) == NGX_OK
           ? c : NULL;
}


static void
ngx_http_parley_client_gone(void *data)
{
    ngx_http_parley_client_t *c = data;

    ngx_http_parley_live_remove(c);

    pl_ws_destroy(c->ws);
    c->ws = NULL;
}


static void
ngx_http_parley_client_free(void *data)
{
    ngx_http_parley_client_t *c = data;

    ngx_http_parley_client_drop(c, c->out);
    ngx_http_parley_client_drop(c, c->busy);
}


ngx_http_parley_bytes_t *
ngx_http_parley_client_bytes(ngx_log_t *log, size_t len)
{
    size_t                    head;
    ngx_pool_t               *pool;
    ngx_http_parley_bytes_t  *bytes;

    head = sizeof(ngx_pool_t) + sizeof(ngx_http_parley_bytes_t);

    pool = ngx_create_pool(ngx_align(head + len + NGX_POOL_ALIGNMENT,
                                     NGX_POOL_ALIGNMENT), log);
    if (pool == NULL) {
        return NULL;
    }

    bytes = ngx_palloc(pool, sizeof(ngx_http_parley_bytes_t));

    if (bytes) {
        bytes->data = ngx_pnalloc(pool, len);
    }

    if (bytes == NULL || bytes->data == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    bytes->pool = pool;
    bytes->refs = 1;
    bytes->len = len;

    return bytes;
}


void
ngx_http_parley_client_release(ngx_http_parley_bytes_t *bytes)
{
    if (bytes && --bytes->refs == 0) {
        ngx_destroy_pool(bytes->pool);
    }
}


ngx_int_t
ngx_http_parley_client_queue(ngx_http_parley_client_t *c,
    ngx_http_parley_bytes_t *bytes)
{
    ngx_http_parley_item_t       *item;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(c->request, ngx_http_parley_module);

    /* one that is larger than all that may wait goes alone */

    if (c->n_items == NGX_HTTP_PARLEY_LIVE_ITEMS
        || (c->n_items && c->n_bytes + bytes->len > pmcf->events.buffer))
    {
        return NGX_BUSY;
    }

    item = ngx_http_parley_client_item(c);
    if (item == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&item->buf, sizeof(ngx_buf_t));

    item->buf.tag = (ngx_buf_tag_t) &ngx_http_parley_module;
    item->buf.start = bytes->data;
    item->buf.pos = bytes->data;
    item->buf.last = bytes->data + bytes->len;
    item->buf.end = item->buf.last;
    item->buf.memory = 1;
    item->buf.flush = 1;

    item->bytes = bytes;
    bytes->refs++;

    item->link.buf = &item->buf;
    item->link.next = NULL;

    *c->last_out = &item->link;
    c->last_out = &item->link.next;

    c->n_items++;
    c->n_bytes += bytes->len;
    c->news = 1;

    return NGX_OK;
}


ngx_int_t
ngx_http_parley_client_say(ngx_http_parley_client_t *c, const u_char *data,
    size_t len)
{
    ngx_int_t                 rc;
    ngx_http_parley_bytes_t  *bytes;

    bytes = ngx_http_parley_client_bytes(c->request->connection->log, len);
    if (bytes == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(bytes->data, data, len);

    rc = ngx_http_parley_client_queue(c, bytes);
    ngx_http_parley_client_release(bytes);

    return rc;
}


static ngx_http_parley_item_t *
ngx_http_parley_client_item(ngx_http_parley_client_t *c)
{
    ngx_http_parley_item_t  *item;

    if (c->free) {
        item = c->free;
        c->free = (ngx_http_parley_item_t *) item->link.next;

        return item;
    }

    return ngx_palloc(c->request->pool, sizeof(ngx_http_parley_item_t));
}


/*
 * The links are our own: nginx's filters make links of theirs for what they
 * pass on, and leave these as they are.
 */

void
ngx_http_parley_client_flush(ngx_http_parley_client_t *c)
{
    ngx_int_t            rc;
    ngx_chain_t         *out;
    ngx_connection_t    *conn;
    ngx_http_request_t  *r = c->request;

    conn = r->connection;

    out = ngx_http_parley_client_take(c);

    if (c->news) {
        c->news = 0;
        c->beat_at = ngx_current_msec;
        ngx_queue_remove(&c->beat);
        ngx_queue_insert_tail(&c->live->beats, &c->beat);
    }

    if (out || r->buffered || conn->buffered) {
        rc = ngx_http_output_filter(r, out);

        if (rc == NGX_ERROR) {
            ngx_http_parley_client_end(c, NGX_ERROR);
            return;
        }
    }

    ngx_http_parley_client_sweep(c);

    if ((r->buffered || conn->buffered)
        && ngx_handle_write_event(conn->write, 0) != NGX_OK)
    {
        ngx_http_parley_client_end(c, NGX_ERROR);
        return;
    }

    if (c->state == NGX_HTTP_PARLEY_CLIENT_FULL && c->n_items == 0) {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);
    }
}


void
ngx_http_parley_client_writable(ngx_http_request_t *r)
{
    ngx_http_parley_client_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (c && c->state != NGX_HTTP_PARLEY_CLIENT_ENDED) {
        ngx_http_parley_client_flush(c);
    }
}


/* What is queued, from now on busy. */

static ngx_chain_t *
ngx_http_parley_client_take(ngx_http_parley_client_t *c)
{
    ngx_chain_t  *out, **last;

    out = c->out;

    if (out) {
        for (last = &c->busy; *last; last = &(*last)->next) { /* void */ }
        *last = out;

        c->out = NULL;
        c->last_out = &c->out;
    }

    return out;
}


/* What was written is free again. */

static void
ngx_http_parley_client_sweep(ngx_http_parley_client_t *c)
{
    size_t                    before;
    ngx_chain_t              *cl;
    ngx_http_parley_item_t   *item;

    before = c->n_bytes;

    while (c->busy && ngx_buf_size(c->busy->buf) == 0) {
        cl = c->busy;
        c->busy = cl->next;

        item = (ngx_http_parley_item_t *) cl->buf;

        c->n_items--;
        c->n_bytes -= item->bytes->len;

        ngx_http_parley_client_release(item->bytes);
        item->bytes = NULL;

        item->link.next = (ngx_chain_t *) c->free;
        c->free = item;
    }

    if (c->state == NGX_HTTP_PARLEY_CLIENT_FULL && c->n_bytes != before) {

        /* it reads, if slowly */

        c->full_at = ngx_current_msec;
        ngx_queue_remove(&c->queue);
        ngx_queue_insert_tail(&c->live->full, &c->queue);
    }
}


static void
ngx_http_parley_client_drop(ngx_http_parley_client_t *c, ngx_chain_t *cl)
{
    ngx_http_parley_item_t  *item;

    for ( /* void */ ; cl; cl = cl->next) {
        item = (ngx_http_parley_item_t *) cl->buf;

        ngx_http_parley_client_release(item->bytes);
        item->bytes = NULL;
        c->n_items--;
    }
}


ngx_int_t
ngx_http_parley_client_window(ngx_http_parley_client_t *c, uint32_t window)
{
    if (window && c->unacked == NULL) {
        c->unacked = ngx_palloc(c->request->pool,
                                PL_API_LIVE_WINDOW_MAX * sizeof(uint64_t));
        if (c->unacked == NULL) {
            return NGX_ERROR;
        }
    }

    if (window == 0) {
        c->n_unacked = 0;
    }

    c->window = window;

    return NGX_OK;
}


void
ngx_http_parley_client_told(ngx_http_parley_client_t *c, uint64_t sequence)
{
    c->told_max = ngx_max(c->told_max, sequence);

    if (c->window) {
        c->unacked[(c->unacked_at + c->n_unacked++)
                   % PL_API_LIVE_WINDOW_MAX] = sequence;
    }
}


ngx_uint_t
ngx_http_parley_client_held(ngx_http_parley_client_t *c)
{
    return c->window && c->n_unacked >= c->window;
}


ngx_int_t
ngx_http_parley_client_acked(ngx_http_parley_client_t *c, uint64_t sequence)
{
    if (sequence > c->told_max && (!c->resolved || sequence > c->cursor)) {
        return NGX_DECLINED;
    }

    while (c->n_unacked && c->unacked[c->unacked_at] <= sequence) {
        c->unacked_at = (c->unacked_at + 1) % PL_API_LIVE_WINDOW_MAX;
        c->n_unacked--;
    }

    if (c->state == NGX_HTTP_PARLEY_CLIENT_HELD
        && !ngx_http_parley_client_held(c))
    {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);
        ngx_http_parley_live_soon(c->live);
    }

    return NGX_OK;
}


void
ngx_http_parley_client_end(ngx_http_parley_client_t *c, ngx_int_t rc)
{
    ngx_chain_t         *out;
    ngx_connection_t    *conn;
    ngx_http_request_t  *r = c->request;

    if (c->state == NGX_HTTP_PARLEY_CLIENT_ENDED) {
        return;
    }

    conn = r->connection;

    ngx_http_parley_live_remove(c);

    out = ngx_http_parley_client_take(c);

    if (rc != NGX_ERROR && out) {
        rc = ngx_http_output_filter(r, out);
        rc = rc == NGX_AGAIN ? NGX_OK : rc;
    }

    if (rc == NGX_OK && c->how != PL_API_LIVE_SOCKET) {
        rc = ngx_http_send_special(r, NGX_HTTP_LAST);
    }

    /*
     * a worker that is to exit waits neither for what the connection does not
     * take now, nor for the client's own end
     */

    if (rc == NGX_ERROR || c->closing) {
        conn->error = 1;
        rc = NGX_ERROR;
    }

    r->keepalive = r->keepalive && c->how != PL_API_LIVE_SOCKET
                   && !c->closing;

    ngx_http_finalize_request(r, rc == NGX_ERROR ? NGX_ERROR : NGX_OK);

    /* outside of the connection's own event nobody else does */

    ngx_http_run_posted_requests(conn);
}
