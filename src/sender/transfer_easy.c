/*
 * One transfer's handle and its callbacks (see transfer.h for the two walls
 * against a request that leaves twice).
 */

#include <string.h>
#include <strings.h>

#include "transfer_impl.h"

#define TRANSFER_UPLOAD_BUFFER  16384   /* libcurl's least */
#define TRANSFER_BODY_BLOCK     2048

#define SET(option, value)  (curl_easy_setopt(easy, option, value) == CURLE_OK)

static CURL *transfer_easy(transfer_t *t);
static bool transfer_headers(transfer_t *t, const pl_request_t *request);

static int transfer_on_request(void *data, char *peer, char *local,
    int peer_port, int local_port);
static size_t transfer_on_read(char *buf, size_t size, size_t n, void *data);
static int transfer_on_seek(void *data, curl_off_t offset, int origin);
static size_t transfer_on_header(char *buf, size_t size, size_t n,
    void *data);
static size_t transfer_on_write(char *buf, size_t size, size_t n,
    void *data);


bool
pls_transfer_prepare(transfer_t *t, pls_job_t *job)
{
    CURL  *easy;

    easy = transfer_easy(t);
    if (easy == NULL || !transfer_headers(t, &job->request)) {
        return false;
    }

    /* waiting for a connection to share is worth it where HTTP/2 may be */

    return SET(CURLOPT_URL, job->request.url)
           && SET(CURLOPT_HTTPHEADER, t->headers)
           && SET(CURLOPT_POSTFIELDSIZE_LARGE,
                  (curl_off_t) job->request.body.len)
           && (strcmp(job->request.method, "GET") == 0
               ? SET(CURLOPT_HTTPGET, 1L) : SET(CURLOPT_POST, 1L))
           && SET(CURLOPT_CONNECTTIMEOUT_MS, (long) job->connect_timeout_ms)
           && SET(CURLOPT_TIMEOUT_MS, (long) job->timeout_ms)
           && SET(CURLOPT_PIPEWAIT,
                  strncasecmp(job->request.url, "https:", 6) == 0 ? 1L : 0L);
}


void
pls_transfer_stage(transfer_t *t, Pl__WireStage stage)
{
    if (t->job->wire.stage < stage) {
        t->job->wire.stage = stage;
        pls_progress_stage(t->owner->progress, t->job->slot, stage);
    }
}


/*
 * A new handle with all that never changes. A body goes through a read
 * callback, not through CURLOPT_POSTFIELDS, and a seek fails: libcurl
 * cannot send the body again.
 */

static CURL *
transfer_easy(transfer_t *t)
{
    bool   ok;
    CURL  *easy;

    if (t->easy != NULL) {
        return t->easy;
    }

    easy = curl_easy_init();
    if (easy == NULL) {
        return NULL;
    }

    ok = SET(CURLOPT_PRIVATE, t)
         && SET(CURLOPT_NOSIGNAL, 1L)
         && SET(CURLOPT_PROTOCOLS_STR, "http,https")
         && SET(CURLOPT_FOLLOWLOCATION, 0L)
         && SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_2TLS)
         && SET(CURLOPT_USERAGENT, "parley/" PL_VERSION)
         && SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)
         && SET(CURLOPT_TCP_KEEPALIVE, 1L)
         && SET(CURLOPT_MAXAGE_CONN, (long) PLS_CONNECTION_IDLE_S)
         && SET(CURLOPT_MAXLIFETIME_CONN, (long) PLS_CONNECTION_AGE_S)
         && SET(CURLOPT_UPLOAD_BUFFERSIZE, (long) TRANSFER_UPLOAD_BUFFER)
         && (t->owner->ca_file == NULL
             || SET(CURLOPT_CAINFO, t->owner->ca_file))
         && SET(CURLOPT_PREREQFUNCTION, transfer_on_request)
         && SET(CURLOPT_PREREQDATA, t)
         && SET(CURLOPT_READFUNCTION, transfer_on_read)
         && SET(CURLOPT_READDATA, t)
         && SET(CURLOPT_SEEKFUNCTION, transfer_on_seek)
         && SET(CURLOPT_SEEKDATA, t)
         && SET(CURLOPT_HEADERFUNCTION, transfer_on_header)
         && SET(CURLOPT_HEADERDATA, t)
         && SET(CURLOPT_WRITEFUNCTION, transfer_on_write)
         && SET(CURLOPT_WRITEDATA, t);

    if (!ok) {
        curl_easy_cleanup(easy);
        return NULL;
    }

    t->easy = easy;

    return easy;
}


/* The channel's headers, and no waiting for "100 Continue". */

static bool
transfer_headers(transfer_t *t, const pl_request_t *request)
{
    size_t              i;
    struct curl_slist  *list, *longer;

    list = curl_slist_append(NULL, "Expect:");

    for (i = 0; list != NULL && request->headers != NULL
         && request->headers[i] != NULL; i++)
    {
        longer = curl_slist_append(list, request->headers[i]);
        if (longer == NULL) {
            curl_slist_free_all(list);
        }
        list = longer;
    }

    t->headers = list;

    return list != NULL;
}


/*
 * Before each try of the request: the connection stands, nothing has left.
 * A request with a body is on its way when its body is first asked for; one
 * without, now.
 */

static int
transfer_on_request(void *data, char *peer, char *local, int peer_port,
    int local_port)
{
    transfer_t  *t;

    (void) peer;
    (void) local;
    (void) peer_port;
    (void) local_port;

    t = data;

    if (t->job->wire.stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING) {
        return CURL_PREREQFUNC_ABORT;   /* libcurl repeats: not with us */
    }

    if (t->job->request.body.len == 0) {
        pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
    }

    return CURL_PREREQFUNC_OK;
}


static size_t
transfer_on_read(char *buf, size_t size, size_t n, void *data)
{
    pl_str_t     body;
    transfer_t  *t;

    t = data;
    body = t->job->request.body;

    pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);

    n *= size;
    if (n > body.len - t->asked) {
        n = body.len - t->asked;
    }

    if (n != 0) {
        memcpy(buf, body.data + t->asked, n);
        t->asked += n;
    }

    return n;
}


static int
transfer_on_seek(void *data, curl_off_t offset, int origin)
{
    (void) data;
    (void) offset;
    (void) origin;

    return CURL_SEEKFUNC_FAIL;
}


static size_t
transfer_on_header(char *buf, size_t size, size_t n, void *data)
{
    size_t       len, i;
    pls_wire_t  *wire;
    transfer_t  *t;

    t = data;
    n *= size;
    wire = &t->job->wire;

    if (n >= 5 && memcmp(buf, "HTTP/", 5) == 0) {
        const char  *code = memchr(buf, ' ', n);

        /* 1xx is no answer yet */
        if (code != NULL && code + 1 < buf + n && code[1] != '1') {
            pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED);
        }

        wire->retry_after[0] = '\0';
        return n;
    }

    len = sizeof("retry-after:") - 1;
    if (n <= len || strncasecmp(buf, "retry-after:", len) != 0) {
        return n;
    }

    while (len < n && (buf[len] == ' ' || buf[len] == '\t')) {
        len++;
    }

    for (i = 0; len < n && i < sizeof(wire->retry_after) - 1
         && buf[len] > ' ' && buf[len] < 0x7f; i++, len++)
    {
        wire->retry_after[i] = buf[len];
    }

    wire->retry_after[i] = '\0';

    return n;
}


/* Returning less than was offered ends the transfer: CURLE_WRITE_ERROR. */

static size_t
transfer_on_write(char *buf, size_t size, size_t n, void *data)
{
    size_t       room;
    uint8_t     *body;
    pls_job_t   *job;
    pls_wire_t  *wire;

    job = ((transfer_t *) data)->job;
    wire = &job->wire;
    n *= size;

    if (n > job->answer_max - wire->body_len) {
        return 0;
    }

    if (n > wire->body_size - wire->body_len) {
        room = wire->body_size == 0 ? TRANSFER_BODY_BLOCK : wire->body_size;
        while (room - wire->body_len < n) {
            room *= 2;
        }

        body = pl_arena_alloc(job->arena, room);
        if (body == NULL) {
            return 0;
        }

        if (wire->body_len != 0) {
            memcpy(body, wire->body, wire->body_len);
        }

        wire->body = body;
        wire->body_size = room;
    }

    if (n != 0) {
        memcpy(wire->body + wire->body_len, buf, n);
        wire->body_len += n;
    }

    return n;
}
