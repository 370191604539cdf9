/*
 * One transfer's handle and its callbacks (see transfer.h for the two walls
 * against a request that leaves twice).
 */

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "address.h"
#include "transfer_impl.h"

#define TRANSFER_UPLOAD_BUFFER  16384   /* libcurl's least */
#define TRANSFER_BODY_BLOCK     2048
#define TRANSFER_SLOW_BYTES     256     /* a second, and for how long: */
#define TRANSFER_SLOW_S         60

#define SET(option, value)  (curl_easy_setopt(easy, option, value) == CURLE_OK)

static CURL *transfer_easy(transfer_t *t);
static bool transfer_method(CURL *easy, const pls_job_t *job);
static bool transfer_reach(transfer_t *t, CURL *easy, const pls_job_t *job);
static uint64_t transfer_bytes(const pls_job_t *job);
static bool transfer_headers(transfer_t *t, const pl_request_t *request);
static size_t transfer_value(const char *buf, size_t n, const char *name,
    bool words, char *out, size_t size);

static bool transfer_may(const pls_job_t *job, bool everybodys, bool named);
static curl_socket_t transfer_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address);
static int transfer_on_request(void *data, char *peer, char *local,
    int peer_port, int local_port);
static pls_end_e transfer_back(const transfer_t *t);
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
           && (t->worker != NULL ? pls_mail_prepare(t, easy, job)
                                 : transfer_method(easy, job))
           && transfer_reach(t, easy, job)
           && SET(CURLOPT_FRESH_CONNECT, t->spoke ? 1L : 0L)
           && SET(CURLOPT_CONNECTTIMEOUT_MS, (long) job->connect_timeout_ms)
           && SET(CURLOPT_TIMEOUT_MS, (long) job->timeout_ms)
           && SET(CURLOPT_LOW_SPEED_LIMIT,
                  job->patient ? (long) TRANSFER_SLOW_BYTES : 0L)
           && SET(CURLOPT_LOW_SPEED_TIME,
                  job->patient ? (long) TRANSFER_SLOW_S : 0L)
           && SET(CURLOPT_PIPEWAIT,
                  strncasecmp(job->request.url, "https:", 6) == 0 ? 1L : 0L);
}


/* A handle is used again: what one method sets, the other takes back. */

static bool
transfer_method(CURL *easy, const pls_job_t *job)
{
    const char  *method = job->request.method;

    if (strcmp(method, "GET") == 0) {
        return SET(CURLOPT_HTTPGET, 1L) && SET(CURLOPT_CUSTOMREQUEST, NULL);
    }

    return SET(CURLOPT_POST, 1L)
           && SET(CURLOPT_CUSTOMREQUEST,
                  strcmp(method, "POST") == 0 ? NULL : method)
           && SET(CURLOPT_POSTFIELDSIZE_LARGE,
                  (curl_off_t) transfer_bytes(job));
}


/* Of the request's body. */

static uint64_t
transfer_bytes(const pls_job_t *job)
{
    return job->source != NULL ? job->source_bytes : job->request.body.len;
}


/*
 * Addresses are looked at as each socket is opened, after the name was looked
 * up. Through a proxy, which looks names up itself, none could be.
 */

static bool
transfer_reach(transfer_t *t, CURL *easy, const pls_job_t *job)
{
    bool  ours = job->public_only || t->worker != NULL;

    return SET(CURLOPT_OPENSOCKETFUNCTION, ours ? transfer_on_open : NULL)
           && SET(CURLOPT_OPENSOCKETDATA, ours ? t : NULL)
           && SET(CURLOPT_PROXY, job->public_only ? "" : NULL);
}


void
pls_transfer_stage(transfer_t *t, Pl__WireStage stage)
{
    if (t->job->wire.stage < stage) {
        t->job->wire.stage = stage;

        if (t->owner->progress != NULL) {
            pls_progress_stage(t->owner->progress, t->job->slot, stage);
        }

        if (t->job->wire.left_us == 0
            && stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING)
        {
            t->job->wire.left_us = pl_clock_mono_us(pl_clock_system());

            if (t->worker == NULL && t->owner->left != NULL) {
                t->owner->left(t->owner->data, t->job);
            }
        }
    }
}


/*
 * A new handle with all that never changes. QUICK_EXIT: a request that times
 * out while its name is looked up would wait for the thread that looks, as
 * long as a name server says nothing, and all others with it; so that thread
 * is left to itself. A body goes through a read
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
         && SET(CURLOPT_QUICK_EXIT, 1L)
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
         && SET(CURLOPT_SOCKOPTFUNCTION, pls_kept_opened)
         && SET(CURLOPT_SOCKOPTDATA, t)
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


/* By what its address is: everybody's, or of a network that is named. */

static bool
transfer_may(const pls_job_t *job, bool everybodys, bool named)
{
    return named || (everybodys && !job->nets_only);
}


/* What cannot be opened is as if nobody were there. */

static curl_socket_t
transfer_on_open(void *data, curlsocktype purpose,
    struct curl_sockaddr *address)
{
    transfer_t  *t;

    (void) purpose;

    t = data;

    if (t->job->public_only
        && !transfer_may(t->job, pls_address_public(&address->addr),
                         pls_net_has(t->job->nets, t->job->n_nets,
                                     &address->addr)))
    {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }

    if (t->worker != NULL) {
        return pls_pool_socket(t->worker, address);
    }

    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
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

    (void) local;

    t = data;

    /* a kept connection was opened for another, who may reach more */

    if (t->job->public_only
        && !transfer_may(t->job, pls_address_public_text(peer),
                         pls_net_has_text(t->job->nets, t->job->n_nets,
                                          peer)))
    {
        t->refused = true;
        return CURL_PREREQFUNC_ABORT;
    }

    if (t->job->wire.stage >= PL__WIRE_STAGE__WIRE_STAGE_LEAVING) {
        return CURL_PREREQFUNC_ABORT;   /* libcurl repeats: not with us */
    }

    if (t->worker == NULL && pls_kept_spoke(t, peer, peer_port, local_port)) {
        t->spoke = true;
        return CURL_PREREQFUNC_ABORT;
    }

    t->back = transfer_back(t);
    if (t->back != PLS_END_NONE) {
        return CURL_PREREQFUNC_ABORT;
    }

    if (transfer_bytes(t->job) == 0) {
        pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
    }

    return CURL_PREREQFUNC_OK;
}


/* The connection may have taken its time: is it still to leave? */

static pls_end_e
transfer_back(const transfer_t *t)
{
    if (pls_job_over(t->job, pl_clock_mono_us(pl_clock_system()))) {
        return PLS_END_EXPIRED;
    }

    return t->owner->pauses != NULL
           && pls_job_paused(t->job, t->owner->pauses)
           ? PLS_END_WAITED : PLS_END_NONE;
}


static size_t
transfer_on_read(char *buf, size_t size, size_t n, void *data)
{
    uint64_t     left;
    pls_job_t   *job;
    transfer_t  *t;

    t = data;
    job = t->job;

    if (t->worker == NULL) {
        pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
    }

    left = transfer_bytes(job) - t->asked;
    n *= size;
    n = n < left ? n : (size_t) left;

    if (n == 0) {
        return 0;
    }

    if (job->source == NULL) {
        memcpy(buf, job->request.body.data + t->asked, n);

    } else {
        n = job->source(job->source_data, t->asked, (uint8_t *) buf, n);
        if (n == 0) {
            return CURL_READFUNC_ABORT;
        }
    }

    t->asked += n;

    if (t->worker != NULL && t->asked == transfer_bytes(job)) {
        pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
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
    pls_wire_t  *wire;
    transfer_t  *t;

    t = data;
    n *= size;
    wire = &t->job->wire;

    /* libcurl bounds a line, and a head; not how many heads there are */

    t->heard += n;
    if (t->heard > PLS_ANSWER_HEAD_MAX) {
        return 0;
    }

    if (t->worker != NULL) {
        return pls_mail_header(t, buf, n);
    }

    pls_kept_heard(t);

    if (n >= 5 && memcmp(buf, "HTTP/", 5) == 0) {
        const char  *code = memchr(buf, ' ', n);

        /* 1xx is no answer yet */
        if (code != NULL && code + 1 < buf + n && code[1] != '1') {
            pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED);
        }

        wire->retry_after[0] = '\0';
        wire->type[0] = '\0';
        wire->location[0] = '\0';
        return n;
    }

    /* half a URL leads nowhere */

    if (transfer_value(buf, n, "location:", false, wire->location,
                       sizeof(wire->location))
        == sizeof(wire->location) - 1)
    {
        wire->location[0] = '\0';
    }

    if (transfer_value(buf, n, "retry-after:", true, wire->retry_after,
                       sizeof(wire->retry_after)) == 0)
    {
        (void) transfer_value(buf, n, "content-type:", false, wire->type,
                              sizeof(wire->type));
    }

    return n;
}


/*
 * The value, if it is this header: up to a blank, or, where it is words, with
 * its blanks. How many bytes of it.
 */

static size_t
transfer_value(const char *buf, size_t n, const char *name, bool words,
    char *out, size_t size)
{
    size_t  i, len = strlen(name);

    if (n <= len || strncasecmp(buf, name, len) != 0) {
        return 0;
    }

    while (len < n && (buf[len] == ' ' || buf[len] == '\t')) {
        len++;
    }

    for (i = 0; len < n && i < size - 1
                && (buf[len] > ' ' || (words && buf[len] == ' '))
                && buf[len] < 0x7f; i++, len++)
    {
        out[i] = buf[len];
    }

    while (i > 0 && out[i - 1] == ' ') {
        i--;
    }

    out[i] = '\0';

    return i;
}


/* Returning less than was offered ends the transfer: CURLE_WRITE_ERROR. */

static size_t
transfer_on_write(char *buf, size_t size, size_t n, void *data)
{
    long         status;
    size_t       room;
    uint8_t     *body;
    pls_job_t   *job;
    pls_wire_t  *wire;

    job = ((transfer_t *) data)->job;
    wire = &job->wire;
    n *= size;

    if (job->sink != NULL
        && curl_easy_getinfo(((transfer_t *) data)->easy,
                             CURLINFO_RESPONSE_CODE, &status) == CURLE_OK
        && status == 200)
    {
        return job->sink(job->sink_data, (const uint8_t *) buf, n) ? n : 0;
    }

    if (n > job->answer_max - wire->body_len) {
        return 0;
    }

    if (job->discard) {
        wire->body_len += n;
        return n;
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
