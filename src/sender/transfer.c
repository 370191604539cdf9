/*
 * Transfers on libcurl's multi interface, driven by socket events (see
 * transfer.h). A handle belongs to its slot and is used again, so that only
 * what differs between two requests is set; connections are a multi's, of
 * which there are some (transfer_impl.h).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "transfer_impl.h"

typedef struct {
    CURLcode    code;
    pls_end_e   end;
} transfer_end_t;

static void transfer_begin(pls_transfers_t *transfers, pls_job_t *job);
static void transfers_room(void);
static bool transfers_setup(pls_transfers_t *transfers);
static bool transfer_share_setup(transfer_share_t *share);
static transfer_share_t *transfers_share(pls_transfers_t *transfers);
static void transfer_leave(transfer_t *t);
static void transfers_failed(pls_transfers_t *transfers, pls_job_t *job);
static pls_end_e transfer_map(CURLcode code);
static void transfer_share_reap(transfer_share_t *share);
static bool transfer_again(transfer_t *t, CURLcode code);

static int transfer_on_socket(CURL *easy, curl_socket_t fd, int what,
    void *data, void *sock);
static int transfer_on_timer(CURLM *multi, long timeout_ms, void *data);
static void transfer_on_event(void *data, int fd, unsigned what);
static void transfer_on_timeout(void *data);
static void transfer_on_soon(void *data);

/* What a libcurl code means; the rest is PLS_END_OTHER. */
static const transfer_end_t  transfer_ends[] = {
    { CURLE_OK, PLS_END_ANSWERED },
    { CURLE_COULDNT_RESOLVE_HOST, PLS_END_RESOLVE },
    { CURLE_COULDNT_RESOLVE_PROXY, PLS_END_RESOLVE },
    { CURLE_COULDNT_CONNECT, PLS_END_CONNECT },
    { CURLE_PROXY, PLS_END_CONNECT },
    { CURLE_SSL_CONNECT_ERROR, PLS_END_TLS },
    { CURLE_PEER_FAILED_VERIFICATION, PLS_END_TLS },
    { CURLE_SSL_CACERT_BADFILE, PLS_END_TLS },
    { CURLE_SSL_CERTPROBLEM, PLS_END_TLS },
    { CURLE_SSL_CIPHER, PLS_END_TLS },
    { CURLE_SSL_ISSUER_ERROR, PLS_END_TLS },
    { CURLE_USE_SSL_FAILED, PLS_END_TLS },
    { CURLE_OPERATION_TIMEDOUT, PLS_END_TIMEOUT },
    { CURLE_SEND_FAIL_REWIND, PLS_END_REPEAT },
    { CURLE_ABORTED_BY_CALLBACK, PLS_END_REPEAT },
    { CURLE_WRITE_ERROR, PLS_END_TOOBIG },
    { CURLE_FILESIZE_EXCEEDED, PLS_END_TOOBIG },
    { CURLE_SEND_ERROR, PLS_END_CUT },
    { CURLE_RECV_ERROR, PLS_END_CUT },
    { CURLE_GOT_NOTHING, PLS_END_CUT },
    { CURLE_PARTIAL_FILE, PLS_END_CUT },
    { CURLE_HTTP2, PLS_END_CUT },
    { CURLE_HTTP2_STREAM, PLS_END_CUT },
};


pl_status_t
pls_transfers_create(pls_transfers_t **out, pls_loop_t *loop,
    pl_progress_t *progress, const char *ca_file, pls_transfer_done_pt done,
    void *data, pl_err_t *err)
{
    size_t            i;
    pls_transfers_t  *transfers;

    if (ca_file != NULL && access(ca_file, R_OK) == -1) {
        (void) pl_err_set(err, PL_DENIED, "ca-file", errno,
                          "cannot be read");
        pl_err_path(err, "%s", ca_file);
        return PL_DENIED;
    }

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return pl_err_set(err, PL_IO, "libcurl", 0, "cannot initialise");
    }

    transfers = calloc(1, sizeof(*transfers));
    if (transfers == NULL) {
        return pl_err_set(err, PL_NOMEM, "transfers", 0, "out of memory");
    }

    transfers_room();

    transfers->loop = loop;
    transfers->progress = progress;
    transfers->ca_file = ca_file;
    transfers->done = done;
    transfers->data = data;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        transfers->rows[i].owner = transfers;
    }

    if (!transfers_setup(transfers)) {
        pls_transfers_destroy(transfers);
        return pl_err_set(err, PL_NOMEM, "transfers", 0, "out of memory");
    }

    *out = transfers;

    return PL_OK;
}


void
pls_transfers_destroy(pls_transfers_t *transfers)
{
    size_t       i;
    transfer_t  *t;

    if (transfers == NULL) {
        return;
    }

    pls_pool_destroy(transfers->pool);

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        t = &transfers->rows[i];

        transfer_leave(t);
        curl_slist_free_all(t->headers);
        curl_easy_cleanup(t->easy);
    }

    /* closes connections, which still call back for their watches */
    for (i = 0; i < TRANSFER_SHARES; i++) {
        (void) curl_multi_cleanup(transfers->shares[i].multi);
        pls_loop_timer_end(transfers->shares[i].timer);
    }

    pls_loop_timer_end(transfers->soon);
    pls_loop_timer_end(transfers->waits);
    free(transfers);
    curl_global_cleanup();
}


bool
pls_transfer_may(pls_transfers_t *transfers, const pls_job_t *job)
{
    if (!pls_mail_is(job)) {
        return true;
    }

    if (transfers->pool == NULL) {
        transfers->pool = pls_pool_create(transfers);
    }

    return transfers->pool != NULL && pls_pool_may(transfers->pool, job);
}


void
pls_transfer_begin(pls_transfers_t *transfers, pls_job_t *job)
{
    transfers->n++;

    if (!pls_mail_is(job)) {
        transfers->rows[job->slot].spoke = false;
        transfer_begin(transfers, job);
        return;
    }

    if (!pls_transfer_may(transfers, job)
        || !pls_pool_begin(transfers->pool, job))
    {
        pls_transfer_open(&transfers->rows[job->slot], job);
        transfers_failed(transfers, job);
    }
}


static void
transfer_begin(pls_transfers_t *transfers, pls_job_t *job)
{
    transfer_t        *t;
    transfer_share_t  *share;

    t = &transfers->rows[job->slot];
    share = transfers_share(transfers);

    pls_transfer_open(t, job);

    if (!pls_transfer_prepare(t, job)
        || curl_multi_add_handle(share->multi, t->easy) != CURLM_OK)
    {
        transfers_failed(transfers, job);
        return;
    }

    t->share = share;
    share->n++;
    pls_wait_begin(t);
}


void
pls_transfer_open(transfer_t *t, pls_job_t *job)
{
    memset(&job->wire, 0, sizeof(job->wire));
    job->wire.began_us = pl_clock_mono_us(pl_clock_system());
    t->job = job;
    t->asked = 0;
    t->heard = 0;
    t->fd = 0;
    memset(&t->ends, 0, sizeof(t->ends));
    t->refused = false;
    t->back = PLS_END_NONE;

    pls_transfer_stage(t, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING);
}


static void
transfers_failed(pls_transfers_t *transfers, pls_job_t *job)
{
    pls_jobs_add(&transfers->failed, job);

    /* set fails without memory alone; then the next event reaps it */
    (void) pls_loop_timer_set(transfers->soon, 0);
}


void
pls_transfers_cancel(pls_transfers_t *transfers)
{
    size_t       i;
    pls_job_t   *job;
    transfer_t  *t;

    transfer_on_soon(transfers);

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        t = &transfers->rows[i];

        if (t->job != NULL) {
            transfer_leave(t);
            job = t->job;
            pls_transfer_end(t, CURLE_OK);
            job->wire.end = PLS_END_STOPPED;
            transfers->done(transfers->data, job);
        }
    }

    pls_pool_cancel(transfers->pool);
}


void
pls_transfers_pauses(pls_transfers_t *transfers,
    const _Atomic uint32_t *pauses)
{
    transfers->pauses = pauses;
}


void
pls_transfers_left(pls_transfers_t *transfers, pls_transfer_left_pt left)
{
    transfers->left = left;
}


size_t
pls_transfers_count(const pls_transfers_t *transfers)
{
    return transfers->n;
}


uint64_t
pls_transfers_connections(const pls_transfers_t *transfers)
{
    return transfers->connections;
}


/*
 * Each connection is a descriptor, and 1024 are what a process may have
 * unless it asks for more. What is not given is met when a socket cannot be
 * opened: that attempt never began.
 */

static void
transfers_room(void)
{
    rlim_t         wanted;
    struct rlimit  limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return;
    }

    wanted = limit.rlim_max < PLS_FILES_MAX ? limit.rlim_max : PLS_FILES_MAX;

    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        (void) setrlimit(RLIMIT_NOFILE, &limit);
    }
}


static bool
transfers_setup(pls_transfers_t *transfers)
{
    size_t  i;

    transfers->soon = pls_loop_timer(transfers->loop, transfer_on_soon,
                                     transfers);
    transfers->waits = pls_loop_timer(transfers->loop, pls_wait_tick,
                                      transfers);

    for (i = 0; i < TRANSFER_SHARES; i++) {
        transfers->shares[i].owner = transfers;

        if (!transfer_share_setup(&transfers->shares[i])) {
            return false;
        }
    }

    return transfers->soon != NULL && transfers->waits != NULL;
}


static bool
transfer_share_setup(transfer_share_t *share)
{
    CURLM  *multi;

    share->timer = pls_loop_timer(share->owner->loop, transfer_on_timeout,
                                  share);
    multi = curl_multi_init();
    share->multi = multi;

    return share->timer != NULL && multi != NULL
           && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                                transfer_on_socket) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, share)
              == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION,
                                transfer_on_timer) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_TIMERDATA, share) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
                                (long) (PLS_CONNECTIONS_MAX
                                        / TRANSFER_SHARES)) == CURLM_OK
           && curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                                (long) (PLS_CONNECTIONS_KEPT
                                        / TRANSFER_SHARES)) == CURLM_OK;
}


/* The first that is not full; where all are, the one with the least. */

static transfer_share_t *
transfers_share(pls_transfers_t *transfers)
{
    size_t             i;
    transfer_share_t  *least;

    least = &transfers->shares[0];

    for (i = 0; i < TRANSFER_SHARES; i++) {

        if (transfers->shares[i].n < TRANSFER_SHARE_MAX) {
            return &transfers->shares[i];
        }

        if (transfers->shares[i].n < least->n) {
            least = &transfers->shares[i];
        }
    }

    return least;
}


/* Out of its multi, if it is in one. */

static void
transfer_leave(transfer_t *t)
{
    if (t->share != NULL) {
        (void) curl_multi_remove_handle(t->share->multi, t->easy);
        t->share->n--;
        t->share = NULL;
    }
}


void
pls_transfer_end(transfer_t *t, CURLcode code)
{
    long         status, connects;
    pls_wire_t  *wire;

    wire = &t->job->wire;
    wire->ended_ms = pl_clock_wall_ms(pl_clock_system());
    wire->end = code == CURLE_OK ? transfer_map(code)
                : t->refused ? PLS_END_ADDRESS
                : t->back != PLS_END_NONE ? t->back
                : transfer_map(code);

    if (t->worker != NULL && t->easy != NULL) {
        wire->status = pls_mail_status(t, code);

        if (wire->status != 0) {
            wire->end = PLS_END_ANSWERED;
        }

    } else if (t->easy != NULL
        && curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status)
           == CURLE_OK
        && status >= 200 && status <= 999
        && wire->stage == PL__WIRE_STAGE__WIRE_STAGE_ANSWERED)
    {
        wire->status = (int) status;
    }

    /* a code of success without an answer is none */
    if (wire->status == 0 && wire->end == PLS_END_ANSWERED) {
        wire->end = PLS_END_OTHER;
    }

    if (wire->end == PLS_END_ANSWERED) {
        pls_kept_answered(t);

    } else if (wire->end == PLS_END_TIMEOUT) {
        pls_kept_timed_out(t);
    }

    if (t->easy != NULL
        && curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects)
           == CURLE_OK && connects > 0)
    {
        t->owner->connections += (uint64_t) connects;
    }

    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->job = NULL;
    t->owner->n--;
}


static pls_end_e
transfer_map(CURLcode code)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(transfer_ends); i++) {
        if (transfer_ends[i].code == code) {
            return transfer_ends[i].end;
        }
    }

    return PLS_END_OTHER;
}


static void
transfer_share_reap(transfer_share_t *share)
{
    int          left;
    bool         again;
    char        *row;
    CURLMsg     *msg;
    CURLcode     code;
    pls_job_t   *job;
    transfer_t  *t;

    while ((msg = curl_multi_info_read(share->multi, &left)) != NULL) {

        if (msg->msg != CURLMSG_DONE
            || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &row)
               != CURLE_OK)
        {
            continue;
        }

        t = (transfer_t *) (void *) row;
        code = msg->data.result;        /* msg dies with the handle */
        job = t->job;

        transfer_leave(t);
        again = transfer_again(t, code);
        pls_transfer_end(t, code);

        if (again) {
            share->owner->n++;
            transfer_begin(share->owner, job);

        } else {
            share->owner->done(share->owner->data, job);
        }
    }
}


/*
 * Nothing has left: its connection could not be used. Once, since the next is
 * a new one.
 */

static bool
transfer_again(transfer_t *t, CURLcode code)
{
    long  connects;

    return t->spoke && t->back == PLS_END_NONE
           && code == CURLE_ABORTED_BY_CALLBACK
           && t->job->wire.stage <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
           && curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects)
              == CURLE_OK && connects == 0;
}


static int
transfer_on_socket(CURL *easy, curl_socket_t fd, int what, void *data,
    void *sock)
{
    unsigned           wanted;
    pls_watch_t       *watch;
    transfer_share_t  *share;

    (void) easy;

    share = data;
    watch = sock;

    if (what == CURL_POLL_REMOVE) {
        pls_loop_watch_end(watch);
        return curl_multi_assign(share->multi, fd, NULL) == CURLM_OK
               ? 0 : -1;
    }

    wanted = (what & CURL_POLL_IN) ? PLS_LOOP_READ : 0;
    wanted |= (what & CURL_POLL_OUT) ? PLS_LOOP_WRITE : 0;

    if (watch != NULL) {
        return pls_loop_watch_set(watch, wanted) ? 0 : -1;
    }

    watch = pls_loop_watch(share->owner->loop, fd, wanted,
                           transfer_on_event, share);

    return watch != NULL
           && curl_multi_assign(share->multi, fd, watch) == CURLM_OK
           ? 0 : -1;
}


static int
transfer_on_timer(CURLM *multi, long timeout_ms, void *data)
{
    transfer_share_t  *share;

    (void) multi;

    share = data;

    if (timeout_ms < 0) {
        pls_loop_timer_clear(share->timer);
        return 0;
    }

    return pls_loop_timer_set(share->timer, timeout_ms) ? 0 : -1;
}


static void
transfer_on_event(void *data, int fd, unsigned what)
{
    int                mask, running;
    transfer_share_t  *share;

    share = data;
    mask = (what & PLS_LOOP_READ) ? CURL_CSELECT_IN : 0;
    mask |= (what & PLS_LOOP_WRITE) ? CURL_CSELECT_OUT : 0;

    /* each transfer's own failure comes as its message */
    (void) curl_multi_socket_action(share->multi, fd, mask, &running);
    transfer_share_reap(share);
}


static void
transfer_on_timeout(void *data)
{
    int                running;
    transfer_share_t  *share;

    share = data;

    (void) curl_multi_socket_action(share->multi, CURL_SOCKET_TIMEOUT, 0,
                                    &running);
    transfer_share_reap(share);
}


static void
transfer_on_soon(void *data)
{
    pls_job_t        *job;
    pls_transfers_t  *transfers;

    transfers = data;

    while ((job = pls_jobs_take(&transfers->failed)) != NULL) {
        pls_transfer_end(&transfers->rows[job->slot], CURLE_FAILED_INIT);
        transfers->done(transfers->data, job);
    }
}
