/*
 * Threads that send mail (see transfer.h).
 *
 * libcurl (7.88) waits for the answer to a mail's end, and to QUIT, within
 * the call that noticed that it is time to ask: whoever shares a thread with
 * a relay that says nothing stands still. So each mail that is under way has
 * a thread, and a relay that is silent holds up its own channel's mails.
 *
 * The main thread alone decides who gets one. A channel has POOL_CHANNEL of
 * them, a tenant POOL_TENANT, however many of their relays are silent, and
 * the last POOL_SPARE are for tenants that have none. Threads are started as
 * they are needed, and stay; a mail goes to the one that sent the channel's
 * last, which may have kept the connection.
 *
 * Nothing but the end of its connection gets a thread out of a call that
 * waits. So a worker's sockets are known, by libcurl's callbacks for opening
 * and closing them, and are shut from outside: libcurl reads their end, and
 * closes them itself. While it does nothing for a second it asks whether to
 * go on; a relay that is said goodbye to has two to answer.
 */

#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transfer_impl.h"

#define POOL_THREADS   64
#define POOL_CHANNEL   8
#define POOL_TENANT    32
#define POOL_SPARE     8
#define POOL_KEPT      4                /* connections of one thread */
#define POOL_FILES     16               /* sockets of one, those that are tried
                                           at the same time as well */
#define POOL_QUIT_US   2000000          /* for the answer to QUIT */
#define POOL_REST_US   10000

#define SET(option, value)  (curl_easy_setopt(easy, option, value) == CURLE_OK)

struct pls_worker_s {
    pls_pool_t       *pool;

    /* the main thread's */
    pthread_t         thread;
    bool              started;
    bool              busy;
    uint32_t          channel;          /* of its mail, or its last one */
    uint32_t          tenant;

    /* whose turn it is: the main thread's while it is not busy */
    transfer_t        row;
    CURLcode          code;             /* how it ended */
    int64_t           quit_us;          /* since when goodbye is said */

    _Atomic bool      stop;             /* ends what it is at */

    pthread_mutex_t   mutex;            /* of: */
    pthread_cond_t    cond;
    bool              called;           /* there is a mail */
    bool              over;             /* there will be none */
    int               fds[POOL_FILES];  /* its open sockets, plus 1 */
};

struct pls_pool_s {
    pls_transfers_t  *transfers;
    pls_queue_t       ended;            /* workers' -> main thread */
    pls_watch_t      *watch;            /* of it */
    _Atomic unsigned  alive;            /* threads */
    pls_worker_t      workers[POOL_THREADS];
};

static pls_worker_t *pool_worker(pls_pool_t *pool, const pls_job_t *job);
static bool pool_start(pls_worker_t *w);
static void pool_give(pls_worker_t *w, pls_job_t *job);
static void pool_rung(void *data, int fd, unsigned what);
static void pool_ended(pls_worker_t *w);
static void pool_stop(pls_worker_t *w);
static void pool_shut(pls_worker_t *w);
static void pool_join(pls_pool_t *pool);

static void *worker_run(void *data);
static bool worker_called(pls_worker_t *w);
static CURLcode worker_mail(pls_worker_t *w);
static bool worker_options(pls_worker_t *w);
static int worker_on_close(void *data, curl_socket_t fd);
static int worker_on_progress(void *data, curl_off_t down_all,
    curl_off_t down, curl_off_t up_all, curl_off_t up);
static int worker_on_debug(CURL *easy, curl_infotype type, char *text,
    size_t len, void *data);


pls_pool_t *
pls_pool_create(pls_transfers_t *transfers)
{
    size_t         i;
    pls_pool_t    *pool;
    pls_worker_t  *w;

    pool = calloc(1, sizeof(*pool));
    if (pool == NULL) {
        return NULL;
    }

    pool->transfers = transfers;

    for (i = 0; i < POOL_THREADS; i++) {
        w = &pool->workers[i];
        w->pool = pool;
        w->row.owner = transfers;
        w->row.worker = w;

        /* cannot fail on Linux */
        (void) pthread_mutex_init(&w->mutex, NULL);
        (void) pthread_cond_init(&w->cond, NULL);
    }

    if (pls_queue_open(&pool->ended, NULL) == PL_OK) {
        pool->watch = pls_loop_watch(transfers->loop, pool->ended.fd,
                                     PLS_LOOP_READ, pool_rung, pool);
    }

    if (pool->watch == NULL) {
        pls_pool_destroy(pool);
        return NULL;
    }

    return pool;
}


void
pls_pool_destroy(pls_pool_t *pool)
{
    size_t      i;
    transfer_t  *t;

    if (pool == NULL) {
        return;
    }

    pool_join(pool);

    for (i = 0; i < POOL_THREADS; i++) {
        t = &pool->workers[i].row;
        curl_slist_free_all(t->headers);
        curl_slist_free_all(t->recipients);
    }

    pls_loop_watch_end(pool->watch);
    pls_queue_close(&pool->ended);
    free(pool);
}


bool
pls_pool_may(pls_pool_t *pool, const pls_job_t *job)
{
    return pool_worker(pool, job) != NULL;
}


bool
pls_pool_begin(pls_pool_t *pool, pls_job_t *job)
{
    pls_worker_t  *w;

    w = pool_worker(pool, job);
    if (w != NULL) {
        pool_give(w, job);
    }

    return w != NULL;
}


void
pls_pool_cancel(pls_pool_t *pool)
{
    size_t  i;

    for (i = 0; pool != NULL && i < POOL_THREADS; i++) {
        if (pool->workers[i].busy) {
            pool_stop(&pool->workers[i]);
        }
    }
}


/* Who may do it: the last of this channel, any, a new one; NULL: nobody. */

static pls_worker_t *
pool_worker(pls_pool_t *pool, const pls_job_t *job)
{
    size_t         i, n = 0, of_channel = 0, of_tenant = 0;
    pls_worker_t  *w, *idle = NULL, *fresh = NULL;

    for (i = 0; i < POOL_THREADS; i++) {
        w = &pool->workers[i];

        if (w->busy) {
            n++;
            of_channel += w->channel == job->channel;
            of_tenant += w->tenant == job->tenant;

        } else if (!w->started) {
            fresh = fresh == NULL ? w : fresh;

        } else if (idle == NULL || w->channel == job->channel) {
            idle = w;
        }
    }

    if (of_channel >= POOL_CHANNEL || of_tenant >= POOL_TENANT
        || (of_tenant != 0 && n >= POOL_THREADS - POOL_SPARE))
    {
        return NULL;
    }

    if (idle != NULL) {
        return idle;
    }

    return fresh != NULL && pool_start(fresh) ? fresh : NULL;
}


static bool
pool_start(pls_worker_t *w)
{
    sigset_t  all, before;

    /* signals are the main thread's; the new one inherits this mask */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);
    w->started = pthread_create(&w->thread, NULL, worker_run, w) == 0;
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    w->pool->alive += w->started;

    return w->started;
}


static void
pool_give(pls_worker_t *w, pls_job_t *job)
{
    w->busy = true;
    w->channel = job->channel;
    w->tenant = job->tenant;
    w->quit_us = 0;
    atomic_store(&w->stop, false);
    pls_transfer_open(&w->row, job);

    (void) pthread_mutex_lock(&w->mutex);
    w->called = true;
    (void) pthread_cond_signal(&w->cond);
    (void) pthread_mutex_unlock(&w->mutex);
}


static void
pool_rung(void *data, int fd, unsigned what)
{
    size_t       i;
    pls_job_t   *job;
    pls_pool_t  *pool = data;
    pls_jobs_t   jobs = { NULL, NULL, 0 };

    (void) fd;
    (void) what;

    pls_queue_take(&pool->ended, &jobs);

    while ((job = pls_jobs_take(&jobs)) != NULL) {
        for (i = 0; pool->workers[i].row.job != job; i++) {
            /* it is one of them */
        }

        pool_ended(&pool->workers[i]);
    }
}


/*
 * What broke because its connection was shut says nothing of the mail, also
 * where it looks like a line that was refused.
 */

static void
pool_ended(pls_worker_t *w)
{
    bool              stop = atomic_load(&w->stop);
    pls_job_t        *job = w->row.job;
    pls_transfers_t  *transfers = w->pool->transfers;

    pls_transfer_end(&w->row, stop && w->code == CURLE_SEND_ERROR
                              ? CURLE_ABORTED_BY_CALLBACK : w->code);
    w->busy = false;

    if (stop && job->wire.end != PLS_END_ANSWERED) {
        job->wire.end = PLS_END_STOPPED;
    }

    transfers->done(transfers->data, job);
}


static void
pool_stop(pls_worker_t *w)
{
    atomic_store(&w->stop, true);
    pool_shut(w);
}


static void
pool_shut(pls_worker_t *w)
{
    size_t  i;

    (void) pthread_mutex_lock(&w->mutex);

    for (i = 0; i < POOL_FILES; i++) {
        if (w->fds[i] != 0) {
            (void) shutdown(w->fds[i] - 1, SHUT_RDWR);  /* may be at its end */
        }
    }

    (void) pthread_mutex_unlock(&w->mutex);
}


/*
 * Those that have nothing to do say goodbye on what they kept, and have a
 * moment for it; then, and of those that are at a mail at once, connections
 * are shut.
 */

static void
pool_join(pls_pool_t *pool)
{
    size_t         i;
    int64_t        waited_us;
    pls_worker_t  *w;

    for (i = 0; i < POOL_THREADS; i++) {
        w = &pool->workers[i];

        if (w->busy) {
            pool_stop(w);
        }

        (void) pthread_mutex_lock(&w->mutex);
        w->over = true;
        (void) pthread_cond_signal(&w->cond);
        (void) pthread_mutex_unlock(&w->mutex);
    }

    for (waited_us = 0;
         waited_us < POOL_QUIT_US && atomic_load(&pool->alive) != 0;
         waited_us += POOL_REST_US)
    {
        pls_queue_rest(POOL_REST_US);
    }

    for (i = 0; i < POOL_THREADS; i++) {
        w = &pool->workers[i];

        if (w->started) {
            pool_shut(w);
            (void) pthread_join(w->thread, NULL);       /* never detached */
        }

        (void) pthread_mutex_destroy(&w->mutex);
        (void) pthread_cond_destroy(&w->cond);
    }
}


/* ---- in a worker's thread ------------------------------------------- */

static void *
worker_run(void *data)
{
    pls_jobs_t     jobs = { NULL, NULL, 0 };
    pls_worker_t  *w = data;

    while (worker_called(w)) {
        w->code = worker_mail(w);
        pls_jobs_add(&jobs, w->row.job);
        pls_queue_put(&w->pool->ended, &jobs);
    }

    curl_easy_cleanup(w->row.easy);
    w->pool->alive--;

    return NULL;
}


static bool
worker_called(pls_worker_t *w)
{
    bool  called;

    (void) pthread_mutex_lock(&w->mutex);

    while (!w->called && !w->over) {
        (void) pthread_cond_wait(&w->cond, &w->mutex);
    }

    called = w->called;
    w->called = false;

    (void) pthread_mutex_unlock(&w->mutex);

    return called;
}


static CURLcode
worker_mail(pls_worker_t *w)
{
    return pls_transfer_prepare(&w->row, w->row.job) && worker_options(w)
           ? curl_easy_perform(w->row.easy) : CURLE_FAILED_INIT;
}


static bool
worker_options(pls_worker_t *w)
{
    CURL  *easy = w->row.easy;

    return SET(CURLOPT_MAXCONNECTS, (long) POOL_KEPT)
           && SET(CURLOPT_CLOSESOCKETFUNCTION, worker_on_close)
           && SET(CURLOPT_CLOSESOCKETDATA, w)
           && SET(CURLOPT_XFERINFOFUNCTION, worker_on_progress)
           && SET(CURLOPT_XFERINFODATA, w)
           && SET(CURLOPT_NOPROGRESS, 0L)
           && SET(CURLOPT_DEBUGFUNCTION, worker_on_debug)
           && SET(CURLOPT_DEBUGDATA, w)
           && SET(CURLOPT_VERBOSE, 1L);
}


curl_socket_t
pls_pool_socket(pls_worker_t *w, const struct curl_sockaddr *address)
{
    size_t         i;
    curl_socket_t  fd = CURL_SOCKET_BAD;

    (void) pthread_mutex_lock(&w->mutex);

    for (i = 0; i < POOL_FILES && w->fds[i] != 0; i++) {
        /* in use */
    }

    if (i < POOL_FILES && !atomic_load(&w->stop)) {
        fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                    address->protocol);
        w->fds[i] = fd + 1;             /* of none: 0 */
    }

    (void) pthread_mutex_unlock(&w->mutex);

    return fd;
}


/* Once it is closed its number may be another's. */

static int
worker_on_close(void *data, curl_socket_t fd)
{
    size_t         i;
    pls_worker_t  *w = data;

    (void) pthread_mutex_lock(&w->mutex);

    for (i = 0; i < POOL_FILES; i++) {
        if (w->fds[i] == fd + 1) {
            w->fds[i] = 0;
        }
    }

    (void) pthread_mutex_unlock(&w->mutex);

    return close(fd);
}


/* Other than 0 ends what it waits for; what is answered stays so. */

static int
worker_on_progress(void *data, curl_off_t down_all, curl_off_t down,
    curl_off_t up_all, curl_off_t up)
{
    pls_worker_t  *w = data;

    (void) down_all;
    (void) down;
    (void) up_all;
    (void) up;

    return atomic_load(&w->stop)
           || (w->quit_us != 0 && pl_clock_mono_us(pl_clock_system())
                                  - w->quit_us > POOL_QUIT_US);
}


/* libcurl tells in no other way that it has begun to say goodbye. */

static int
worker_on_debug(CURL *easy, curl_infotype type, char *text, size_t len,
    void *data)
{
    pls_worker_t  *w = data;

    (void) easy;

    if (type == CURLINFO_HEADER_OUT && len >= 4
        && memcmp(text, "QUIT", 4) == 0)
    {
        w->quit_us = pl_clock_mono_us(pl_clock_system());
    }

    return 0;
}
