/*
 * The live feed over a WebSocket (RFC 6455). The handshake is HTTP's, frames
 * are core/ws.h's. Each event is a text message with its JSON; a client may
 * say what it wants to hear from now on, as JSON: pl.api.EventSubscribe.
 *
 * What a client said waits for the reader, which knows channels by name; a
 * second thing said before that is a violation of this bound. But for
 * acknowledgements, of which there are many: pl.api.EventAck, which are a
 * number, and are looked at where they are read.
 */

#include <ngx_sha1.h>

#include "ngx_http_parley_api.h"
#include "ngx_http_parley_live.h"

#define NGX_HTTP_PARLEY_SOCKET_READ  4096
#define NGX_HTTP_PARLEY_SOCKET_READS 16     /* at a time: others wait */
#define NGX_HTTP_PARLEY_SOCKET_KEY   24     /* base64 of 16 bytes */
#define NGX_HTTP_PARLEY_SOCKET_NAME  "parley.events"


static ngx_int_t ngx_http_parley_socket_offered(ngx_http_request_t *r,
    ngx_str_t *key);
static ngx_int_t ngx_http_parley_socket_headers(ngx_http_request_t *r,
    ngx_str_t *key);
static ngx_uint_t ngx_http_parley_socket_has(pl_str_t list,
    const char *word);
static void ngx_http_parley_socket_readable(ngx_http_request_t *r);
static ngx_int_t ngx_http_parley_socket_begun(ngx_http_parley_client_t *c);
static ngx_int_t ngx_http_parley_socket_take(ngx_http_parley_client_t *c,
    u_char *data, size_t len);
static ngx_int_t ngx_http_parley_socket_message(ngx_http_parley_client_t *c,
    const pl_ws_message_t *message);
static ngx_int_t ngx_http_parley_socket_words(ngx_http_parley_client_t *c,
    pl_str_t body);
static ngx_int_t ngx_http_parley_socket_keep(ngx_http_parley_client_t *c,
    pl_str_t body);


ngx_int_t
ngx_http_parley_socket_begin(ngx_http_request_t *r,
    ngx_http_parley_client_t *c)
{
    ngx_int_t  rc;
    ngx_str_t  key;

    rc = ngx_http_parley_socket_offered(r, &key);
    if (rc != NGX_OK) {
        return rc;
    }

    c->ws = pl_ws_create();
    if (c->ws == NULL || ngx_http_parley_socket_headers(r, &key) != NGX_OK) {
        return NGX_ERROR;
    }

    r->keepalive = 0;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK) {
        return rc;
    }

    if (ngx_http_send_special(r, NGX_HTTP_FLUSH) == NGX_ERROR) {
        return NGX_ERROR;
    }

    r->read_event_handler = ngx_http_parley_socket_readable;
    r->write_event_handler = ngx_http_parley_client_writable;

    return NGX_OK;
}


/* RFC 6455, 4.2.1. */

static ngx_int_t
ngx_http_parley_socket_offered(ngx_http_request_t *r, ngx_str_t *key)
{
    pl_str_t   value;
    ngx_str_t  version = ngx_string("13");

    if (r->http_version != NGX_HTTP_VERSION_11 || r->method != NGX_HTTP_GET
        || !ngx_http_parley_socket_has(
                ngx_http_parley_api_header(r, "upgrade"), "websocket")
        || !ngx_http_parley_socket_has(
                ngx_http_parley_api_header(r, "connection"), "upgrade"))
    {
        return NGX_HTTP_BAD_REQUEST;
    }

    value = ngx_http_parley_api_header(r, "sec-websocket-version");

    if (value.len != 2 || ngx_strncmp(value.data, "13", 2) != 0) {
        return ngx_http_parley_reply_header(r, "Sec-WebSocket-Version",
                                            &version)
               == NGX_OK ? 426 : NGX_ERROR;
    }

    value = ngx_http_parley_api_header(r, "sec-websocket-key");

    if (value.len != NGX_HTTP_PARLEY_SOCKET_KEY) {
        return NGX_HTTP_BAD_REQUEST;
    }

    key->data = (u_char *) value.data;
    key->len = value.len;

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_socket_headers(ngx_http_request_t *r, ngx_str_t *key)
{
    u_char       digest[20];
    pl_str_t     offered;
    ngx_str_t    accept, hash;
    ngx_sha1_t   sha1;

    ngx_str_t  upgrade = ngx_string("websocket");
    ngx_str_t  name = ngx_string(NGX_HTTP_PARLEY_SOCKET_NAME);

    static const ngx_str_t  guid =
        ngx_string("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, key->data, key->len);
    ngx_sha1_update(&sha1, guid.data, guid.len);
    ngx_sha1_final(digest, &sha1);

    hash.data = digest;
    hash.len = sizeof(digest);

    accept.data = ngx_pnalloc(r->pool, ngx_base64_encoded_length(hash.len));
    if (accept.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64(&accept, &hash);

    r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
    ngx_str_set(&r->headers_out.status_line, "101 Switching Protocols");
    ngx_http_clear_content_length(r);

    offered = ngx_http_parley_api_header(r, "sec-websocket-protocol");

    if (ngx_http_parley_socket_has(offered, NGX_HTTP_PARLEY_SOCKET_NAME)
        && ngx_http_parley_reply_header(r, "Sec-WebSocket-Protocol", &name)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_parley_reply_header(r, "Upgrade", &upgrade) == NGX_OK
           ? ngx_http_parley_reply_header(r, "Sec-WebSocket-Accept", &accept)
           : NGX_ERROR;
}


/* Is the word one of a list with commas, in either case? */

static ngx_uint_t
ngx_http_parley_socket_has(pl_str_t list, const char *word)
{
    size_t         len;
    const u_char  *p, *end, *from, *to;

    len = ngx_strlen(word);
    p = list.data;
    end = p + list.len;

    while (p < end) {
        from = p;

        while (p < end && *p != ',') {
            p++;
        }

        to = p++;

        while (from < to && (*from == ' ' || *from == '\t')) {
            from++;
        }

        while (to > from && (to[-1] == ' ' || to[-1] == '\t')) {
            to--;
        }

        if ((size_t) (to - from) == len
            && ngx_strncasecmp((u_char *) from, (u_char *) word, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_parley_socket_readable(ngx_http_request_t *r)
{
    u_char                     buf[NGX_HTTP_PARLEY_SOCKET_READ];
    ssize_t                    n;
    ngx_uint_t                 i;
    ngx_connection_t          *conn = r->connection;
    ngx_http_parley_client_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_parley_module);

    if (c == NULL || c->state == NGX_HTTP_PARLEY_CLIENT_ENDED) {
        return;
    }

    if (ngx_http_parley_socket_begun(c) != NGX_OK) {
        return;
    }

    for (i = 0; conn->read->ready; i++) {

        if (i == NGX_HTTP_PARLEY_SOCKET_READS) {
            ngx_post_event(conn->read, &ngx_posted_next_events);
            break;
        }

        n = conn->recv(conn, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_parley_client_end(c, NGX_ERROR);
            return;
        }

        if (ngx_http_parley_socket_take(c, buf, (size_t) n) != NGX_OK) {
            return;                     /* it is gone */
        }
    }

    if (ngx_handle_read_event(conn->read, 0) != NGX_OK) {
        ngx_http_parley_client_end(c, NGX_ERROR);
        return;
    }

    ngx_http_parley_client_flush(c);
}


/* What came right behind the request is the socket's. NGX_ERROR: the client
   was ended. */

static ngx_int_t
ngx_http_parley_socket_begun(ngx_http_parley_client_t *c)
{
    size_t      len;
    u_char     *data;
    ngx_buf_t  *b = c->request->header_in;

    data = b->pos;
    len = (size_t) (b->last - data);
    b->pos = b->last;

    return len ? ngx_http_parley_socket_take(c, data, len) : NGX_OK;
}


/* NGX_ERROR: the client was ended. */

static ngx_int_t
ngx_http_parley_socket_take(ngx_http_parley_client_t *c, u_char *data,
    size_t len)
{
    pl_str_t          bytes;
    unsigned          code;
    pl_status_t       rc;
    pl_ws_message_t   message;

    bytes.data = data;
    bytes.len = len;

    pl_ws_feed(c->ws, bytes);

    for ( ;; ) {
        rc = pl_ws_next(c->ws, &message, &code);

        if (rc == PL_NOTFOUND) {
            return NGX_OK;
        }

        if (rc != PL_OK) {
            ngx_http_parley_socket_close(c, code);
            return NGX_ERROR;
        }

        if (ngx_http_parley_socket_message(c, &message) != NGX_OK) {
            return NGX_ERROR;
        }
    }
}


static ngx_int_t
ngx_http_parley_socket_message(ngx_http_parley_client_t *c,
    const pl_ws_message_t *message)
{
    size_t  len;
    u_char  buf[PL_WS_CONTROL_MAX + PL_WS_HEADER_MAX];

    switch (message->kind) {

    case PL_WS_TEXT:
        return ngx_http_parley_socket_words(c, message->body);

    case PL_WS_PING:

        /* one that does not read what is sent needs no pong either */

        len = pl_ws_pack(PL_WS_PONG, message->body, buf);
        (void) ngx_http_parley_client_say(c, buf, len);
        return NGX_OK;

    case PL_WS_CLOSE:
        ngx_http_parley_socket_close(c, message->code ? message->code
                                                      : PL_WS_NORMAL);
        return NGX_ERROR;

    default: /* PL_WS_PONG */
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_parley_socket_words(ngx_http_parley_client_t *c, pl_str_t body)
{
    uint64_t     sequence;
    pl_status_t  rc;

    pl_arena_reset(c->live->words);

    rc = pl_api_live_ack(c->live->codec, body, c->live->words, &sequence);

    if (rc == PL_NOTFOUND) {
        return ngx_http_parley_socket_keep(c, body);
    }

    if (rc == PL_OK && ngx_http_parley_client_acked(c, sequence) == NGX_OK) {
        return NGX_OK;
    }

    /* who says so and does not read need not hear it */

    (void) ngx_http_parley_socket_tell(c,
                          PL__API__EVENT_NOTE_TYPE__EVENT_NOTE_TYPE_REFUSED,
                          0, "ack: is no id of an event that was told");

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_socket_keep(ngx_http_parley_client_t *c, pl_str_t body)
{
    if (c->said.data) {
        ngx_http_parley_socket_close(c, PL_WS_POLICY);
        return NGX_ERROR;
    }

    /* the request's memory, once: PL_WS_MESSAGE_MAX bytes */

    if (c->words == NULL) {
        c->words = ngx_pnalloc(c->request->pool, PL_WS_MESSAGE_MAX + 1);

        if (c->words == NULL) {
            ngx_http_parley_client_end(c, NGX_ERROR);
            return NGX_ERROR;
        }
    }

    ngx_memcpy(c->words, body.data, body.len);
    c->said.data = c->words;
    c->said.len = body.len;

    if (c->state == NGX_HTTP_PARLEY_CLIENT_FRONT
        || c->state == NGX_HTTP_PARLEY_CLIENT_HELD)
    {
        ngx_http_parley_live_state(c, NGX_HTTP_PARLEY_CLIENT_BEHIND);
    }

    return NGX_OK;
}


/* It goes on from its cursor, or from where it asked for. */

void
ngx_http_parley_socket_said(ngx_http_parley_client_t *c,
    const ngx_http_parley_job_t *job)
{
    c->said.data = NULL;
    c->said.len = 0;

    if (job->subscribe == NULL) {
        (void) ngx_http_parley_socket_note(c, job->json);

    } else {
        if (job->subscribe->has_window
            && ngx_http_parley_client_window(c, job->subscribe->window)
               != NGX_OK)
        {
            ngx_http_parley_client_end(c, NGX_ERROR);
            return;
        }

        c->filter = job->filter;

        if (job->filter.owner) {
            (void) ngx_cpystrn((u_char *) c->owner,
                               (u_char *) job->filter.owner,
                               sizeof(c->owner));
            c->filter.owner = c->owner;
        }

        if (job->has_after) {
            c->cursor = job->new_after;
            c->resolved = 1;
            c->n_unacked = 0;           /* they are told again */
        }
    }

    ngx_http_parley_client_flush(c);
}


ngx_int_t
ngx_http_parley_socket_note(ngx_http_parley_client_t *c, pl_str_t json)
{
    ngx_int_t                 rc;
    ngx_http_parley_bytes_t  *bytes;

    bytes = ngx_http_parley_client_bytes(c->request->connection->log,
                                         json.len + PL_WS_HEADER_MAX);
    if (bytes == NULL) {
        return NGX_ERROR;
    }

    bytes->len = pl_ws_pack(PL_WS_TEXT, json, bytes->data);

    rc = ngx_http_parley_client_queue(c, bytes);
    ngx_http_parley_client_release(bytes);

    return rc;
}


ngx_int_t
ngx_http_parley_socket_tell(ngx_http_parley_client_t *c,
    Pl__Api__EventNoteType type, uint64_t id, const char *detail)
{
    char                 text[PL_API_EVENT_ID_MAX];
    pl_str_t             json;
    Pl__Api__EventNote   note = PL__API__EVENT_NOTE__INIT;

    pl_api_event_id(text, id);

    note.type = type;
    note.id = id ? text : NULL;
    note.detail = (char *) detail;

    pl_arena_reset(c->live->words);

    return pl_json_encode(c->live->codec, &note.base, c->live->words, &json,
                          NULL)
           == PL_OK
           ? ngx_http_parley_socket_note(c, json) : NGX_ERROR;
}


void
ngx_http_parley_socket_close(ngx_http_parley_client_t *c, unsigned code)
{
    size_t  len;
    u_char  buf[PL_WS_HEADER_MAX];

    len = pl_ws_pack_close(code, buf);

    (void) ngx_http_parley_client_say(c, buf, len);

    ngx_http_parley_client_end(c, NGX_OK);
}
