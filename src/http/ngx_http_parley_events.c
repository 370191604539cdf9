/*
 * GET /v1/events: Server-Sent Events, and pages that wait for their first
 * event. The grammar is HTML's (9.2.6, parsing an event stream):
 *
 *     retry: 3000                       when to come again
 *
 *     id: evt_93                        without data: where the cursor is
 *
 *     id: evt_94
 *     event: message.created
 *     data: {"id":"evt_94", …}
 *
 * An id without data moves a browser's Last-Event-ID and dispatches nothing,
 * so that whoever hears nothing for days comes back with a cursor that is
 * still kept.
 */

#include "../core/str.h"
#include "ngx_http_parley_live.h"
#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_EVENTS_RETRY  (sizeof("retry: 4294967295\n\n"))


static ngx_int_t ngx_http_parley_events_add(ngx_http_request_t *r,
    ngx_http_parley_client_t *c, const pl_api_live_t *asked);
static ngx_int_t ngx_http_parley_events_begin(ngx_http_request_t *r,
    ngx_http_parley_client_t *c);
static ngx_int_t ngx_http_parley_events_head(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_events_again(ngx_http_request_t *r);
static u_char *ngx_http_parley_events_retry(u_char *buf);
static ngx_int_t ngx_http_parley_events_headers(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_events_wait(ngx_http_request_t *r,
    ngx_http_parley_client_t *c, const pl_api_live_t *asked);
static ngx_msec_t ngx_http_parley_events_until(const pl_api_live_t *asked);


static const ngx_str_t  ngx_http_parley_events_json =
    ngx_string("application/json");


ngx_int_t
ngx_http_parley_live_begin(ngx_http_request_t *r, const pl_api_live_t *asked)
{
    ngx_int_t                  rc;
    ngx_http_parley_client_t  *c;
    ngx_http_parley_worker_t  *w;

    w = ngx_http_parley_worker(r);

    if (w == NULL || w->live == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (ngx_exiting || ngx_quit) {
        return asked->how == PL_API_LIVE_EVENTS
               ? ngx_http_parley_events_again(r)
               : NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    /* a part of another's answer never ends */

    if (r != r->main) {
        return NGX_HTTP_BAD_REQUEST;
    }

    if (r->method == NGX_HTTP_HEAD && asked->how == PL_API_LIVE_EVENTS) {
        return ngx_http_parley_events_head(r);
    }

    c = ngx_http_parley_client_create(r, asked);
    if (c == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    c->until = ngx_http_parley_events_until(asked);

    /* before anything is sent, so that too many can be told so */

    rc = ngx_http_parley_live_add(w->live, c);

    return rc == NGX_OK ? ngx_http_parley_events_add(r, c, asked)
                        : rc == NGX_BUSY ? NGX_HTTP_SERVICE_UNAVAILABLE
                                         : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_http_parley_events_add(ngx_http_request_t *r,
    ngx_http_parley_client_t *c, const pl_api_live_t *asked)
{
    ngx_int_t  rc;

    ngx_http_set_ctx(r, c, ngx_http_parley_module);

    /* a reference of the client's own, beside that of the caller */

    r->main->count++;

    rc = asked->how == PL_API_LIVE_SOCKET
         ? ngx_http_parley_socket_begin(r, c)
         : asked->how == PL_API_LIVE_WAIT
           ? ngx_http_parley_events_wait(r, c, asked)
           : ngx_http_parley_events_begin(r, c);

    if (rc == NGX_OK) {

        /*
         * The first bytes are written, and read, by events of their own: they
         * may end the request, which our caller looks at yet. A client that
         * left while it was asked for is noticed by that, too.
         */

        ngx_post_event(r->connection->write, &ngx_posted_events);
        ngx_post_event(r->connection->read, &ngx_posted_events);

        return NGX_DONE;
    }

    r->main->count--;
    ngx_http_parley_live_remove(c);

    return rc == NGX_ERROR && !r->header_sent
           ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
}


/* Who has listened for an hour, or past the end of its key or token, comes
   again, and is asked who it is. */

static ngx_msec_t
ngx_http_parley_events_until(const pl_api_live_t *asked)
{
    int64_t     left;
    ngx_msec_t  life;

    life = NGX_HTTP_PARLEY_LIVE_LIFE_S * 1000
           + (ngx_msec_t) ngx_random() % (NGX_HTTP_PARLEY_LIVE_LIFE_S * 100);

    if (asked->how == PL_API_LIVE_WAIT) {
        life = (ngx_msec_t) asked->wait_ms;
    }

    if (asked->who.expires_ms) {
        left = asked->who.expires_ms - (int64_t) ngx_time() * 1000;

        if (asked->who.key == 0) {
            left += PL_WHO_LEEWAY_S * 1000;     /* as it was let in */
        }

        left = ngx_max(left, 0);
        life = ngx_min(life, (ngx_msec_t) left);
    }

    return ngx_current_msec + life;
}


static ngx_int_t
ngx_http_parley_events_begin(ngx_http_request_t *r,
    ngx_http_parley_client_t *c)
{
    u_char     buf[NGX_HTTP_PARLEY_EVENTS_RETRY];
    u_char    *p;
    ngx_int_t  rc;

    if (ngx_http_parley_events_headers(r) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(buf, "retry: %d\n\n", NGX_HTTP_PARLEY_LIVE_RETRY_MS);

    if (ngx_http_parley_client_say(c, buf, (size_t) (p - buf)) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return rc;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_parley_client_writable;

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_events_head(ngx_http_request_t *r)
{
    return ngx_http_parley_events_headers(r) == NGX_OK
           ? ngx_http_send_header(r) : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/*
 * A browser never comes again after an answer that is no stream: so this
 * worker, which is to exit, gives it one that says when to come to another.
 */

static ngx_int_t
ngx_http_parley_events_again(ngx_http_request_t *r)
{
    u_char     *p;
    ngx_str_t   type;

    p = ngx_pnalloc(r->pool, NGX_HTTP_PARLEY_EVENTS_RETRY);

    if (p == NULL || ngx_http_parley_events_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    type = r->headers_out.content_type;

    return ngx_http_parley_reply_bytes(r, NGX_HTTP_OK, &type, p,
                         (size_t) (ngx_http_parley_events_retry(p) - p));
}


/* Each after a while of its own. */

static u_char *
ngx_http_parley_events_retry(u_char *buf)
{
    return ngx_sprintf(buf, "retry: %uD\n\n",
                       (uint32_t) (100 + ngx_random()
                                         % NGX_HTTP_PARLEY_LIVE_RETRY_MS));
}


static ngx_int_t
ngx_http_parley_events_headers(ngx_http_request_t *r)
{
    ngx_str_t  no_store = ngx_string("no-store");
    ngx_str_t  no = ngx_string("no");

    static const ngx_str_t  type = ngx_string("text/event-stream");

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_type = type;
    r->headers_out.content_type_len = type.len;
    r->headers_out.content_type_lowcase = NULL;
    ngx_http_clear_content_length(r);

    /* an nginx in front would gather it, and so would caches */

    return ngx_http_parley_reply_header(r, "Cache-Control", &no_store)
           == NGX_OK
           ? ngx_http_parley_reply_header(r, "X-Accel-Buffering", &no)
           : NGX_ERROR;
}


/* Nothing is sent until there is something to say. */

static ngx_int_t
ngx_http_parley_events_wait(ngx_http_request_t *r,
    ngx_http_parley_client_t *c, const pl_api_live_t *asked)
{
    pl_api_live_t  *page;

    page = ngx_palloc(r->pool, sizeof(pl_api_live_t));
    if (page == NULL) {
        return NGX_ERROR;
    }

    *page = *asked;
    page->filter = c->filter;
    page->who.actor = NULL;
    c->page = page;

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_OK;
}


void
ngx_http_parley_events_page(ngx_http_parley_client_t *c, pl_str_t json)
{
    u_char              *p;
    ngx_int_t            rc;
    ngx_str_t            no_store = ngx_string("no-store");
    ngx_connection_t    *conn;
    ngx_http_request_t  *r = c->request;

    conn = r->connection;

    ngx_http_parley_live_remove(c);

    rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    p = json.len ? ngx_pnalloc(r->pool, json.len) : NULL;

    if (p && ngx_http_parley_reply_header(r, "Cache-Control", &no_store)
             == NGX_OK)
    {
        ngx_memcpy(p, json.data, json.len);

        rc = ngx_http_parley_reply_bytes(r, NGX_HTTP_OK,
                                         &ngx_http_parley_events_json, p,
                                         json.len);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(conn);
}


/* Nothing was found as far as it has looked, which says nothing of what is
   behind that. */

void
ngx_http_parley_events_empty(ngx_http_parley_client_t *c)
{
    char                 id[PL_API_EVENT_ID_MAX];
    pl_str_t             json;
    Pl__Api__EventPage   page = PL__API__EVENT_PAGE__INIT;

    pl_api_event_id(id, c->cursor);

    page.after = id;
    page.has_more = 1;
    page.more = 1;

    pl_arena_reset(c->live->words);

    if (pl_json_encode(c->live->codec, &page.base, c->live->words, &json,
                       NULL)
        != PL_OK)
    {
        json = PL_STR_NULL;             /* 500 */
    }

    ngx_http_parley_events_page(c, json);
}


ngx_http_parley_bytes_t *
ngx_http_parley_events_bytes(ngx_log_t *log, const pl_api_event_t *event,
    ngx_http_parley_as_e as)
{
    size_t                    len;
    u_char                   *p;
    pl_str_t                  type;
    ngx_http_parley_bytes_t  *bytes;

    if (as == NGX_HTTP_PARLEY_AS_FRAME) {
        len = event->json.len + PL_WS_HEADER_MAX;

    } else {
        type = pl_str_c(pl_api_event_types[event->type].name);
        len = sizeof("id: \nevent: \ndata: \n\n") - 1 + PL_API_EVENT_ID_MAX
              + type.len + event->json.len;
    }

    bytes = ngx_http_parley_client_bytes(log, len);
    if (bytes == NULL) {
        return NULL;
    }

    if (as == NGX_HTTP_PARLEY_AS_FRAME) {
        bytes->len = pl_ws_pack(PL_WS_TEXT, event->json, bytes->data);

        if (bytes->len == 0) {
            ngx_http_parley_client_release(bytes);
            return NULL;
        }

        return bytes;
    }

    p = ngx_sprintf(bytes->data, "id: evt_%uL\nevent: %*s\ndata: %*s\n\n",
                    event->sequence, type.len, type.data, event->json.len,
                    event->json.data);

    bytes->len = (size_t) (p - bytes->data);

    return bytes;
}


/* Proxies and clients see that it lives; and where it is, if that moved. */

void
ngx_http_parley_events_beat(ngx_http_parley_client_t *c)
{
    u_char     buf[sizeof(": \nid: evt_18446744073709551615\n\n")];
    u_char    *p;
    ngx_int_t  rc;

    ngx_uint_t  moved;

    moved = (c->resolved && c->said_to != c->cursor);

    if (c->how == PL_API_LIVE_SOCKET && moved) {
        rc = ngx_http_parley_socket_tell(c,
                         PL__API__EVENT_NOTE_TYPE__EVENT_NOTE_TYPE_POSITION,
                         c->cursor, NULL);

    } else if (c->how == PL_API_LIVE_SOCKET) {
        p = buf + pl_ws_pack(PL_WS_PING, PL_STR_NULL, buf);
        rc = ngx_http_parley_client_say(c, buf, (size_t) (p - buf));

    } else {
        p = moved ? ngx_sprintf(buf, ":\nid: evt_%uL\n\n", c->cursor)
                  : ngx_sprintf(buf, ":\n\n");
        rc = ngx_http_parley_client_say(c, buf, (size_t) (p - buf));
    }

    if (rc == NGX_OK && moved) {
        c->said_to = c->cursor;
    }

    ngx_http_parley_client_flush(c);
}


/* The note is JSON of its own; what it says stands in the stream, too. */

ngx_int_t
ngx_http_parley_events_lost(ngx_http_parley_client_t *c,
    const ngx_http_parley_job_t *job)
{
    size_t                     len;
    u_char                    *p;
    ngx_int_t                  rc;
    ngx_http_parley_bytes_t   *bytes;

    if (c->how == PL_API_LIVE_SOCKET) {
        rc = ngx_http_parley_socket_note(c, job->json);

    } else {
        len = sizeof("id: \nevent: reset\ndata: \n\n") - 1
              + PL_API_EVENT_ID_MAX + job->json.len;

        bytes = ngx_http_parley_client_bytes(c->request->connection->log,
                                             len);
        if (bytes == NULL) {
            return NGX_ERROR;
        }

        p = ngx_sprintf(bytes->data,
                        "id: evt_%uL\nevent: reset\ndata: %*s\n\n",
                        job->to, job->json.len, job->json.data);
        bytes->len = (size_t) (p - bytes->data);

        rc = ngx_http_parley_client_queue(c, bytes);
        ngx_http_parley_client_release(bytes);
    }

    if (rc == NGX_OK) {
        c->said_to = job->to;
    }

    return rc;
}


/*
 * All of a worker come again to another one: each after a while of its own,
 * so that they do not all come at once.
 */

void
ngx_http_parley_events_close(ngx_http_parley_client_t *c)
{
    u_char  *p;
    u_char   buf[NGX_HTTP_PARLEY_EVENTS_RETRY];

    c->closing = (ngx_exiting || ngx_quit);

    if (c->how == PL_API_LIVE_SOCKET) {
        ngx_http_parley_socket_close(c, PL_WS_RESTART);
        return;
    }

    if (c->how == PL_API_LIVE_WAIT) {
        ngx_http_parley_events_empty(c);
        return;
    }

    p = ngx_http_parley_events_retry(buf);

    (void) ngx_http_parley_client_say(c, buf, (size_t) (p - buf));

    ngx_http_parley_client_end(c, NGX_OK);
}
