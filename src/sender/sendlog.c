/*
 * The send log (see sendlog.h). Two buffers: one gathers, the other is being
 * written; the mutex is held to copy a line or to change them, never across
 * a system call.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../core/traceparent.h"
#include "sendlog.h"

#define SENDLOG_MODE  0640

struct pls_sendlog_s {
    const char       *path;
    pls_log_t        *log;
    pls_metrics_t    *metrics;
    pthread_t         thread;
    int               fd;               /* the thread's; -1: it is away */
    bool              troubled;         /* the thread's: it was told */
    char             *back;             /* the thread's */

    pthread_mutex_t   mutex;            /* of what follows */
    pthread_cond_t    bell;
    char             *front;
    size_t            len;
    bool              reopen;
    bool              over;
};

static int sendlog_start(pls_sendlog_t *sendlog);
static void *sendlog_run(void *data);
static bool sendlog_wait(pls_sendlog_t *sendlog, size_t *len, bool *reopen);
static int sendlog_fd(const char *path);
static bool sendlog_file(pls_sendlog_t *sendlog);
static void sendlog_write(pls_sendlog_t *sendlog, const char *bytes,
    size_t len);
static void sendlog_trouble(pls_sendlog_t *sendlog, const char *what,
    int sys);
static void sendlog_free(pls_sendlog_t *sendlog);
static void sendlog_until(struct timespec *until, int64_t after_ms);
static const char *sendlog_value(char *buf, size_t size, const char *text);


pl_status_t
pls_sendlog_open(pls_sendlog_t **out, const char *path, pls_log_t *log,
    pls_metrics_t *metrics, pl_err_t *err)
{
    int             sys;
    pls_sendlog_t  *sendlog;

    sendlog = calloc(1, sizeof(*sendlog));
    if (sendlog == NULL) {
        return pl_err_set(err, PL_NOMEM, "send-log", 0, "out of memory");
    }

    sendlog->path = path;
    sendlog->log = log;
    sendlog->metrics = metrics;
    sendlog->front = malloc(PLS_SENDLOG_BUFFER_MAX);
    sendlog->back = malloc(PLS_SENDLOG_BUFFER_MAX);
    sendlog->fd = sendlog_fd(path);
    sys = errno;

    (void) pthread_mutex_init(&sendlog->mutex, NULL);   /* cannot fail, */
    (void) pthread_cond_init(&sendlog->bell, NULL);     /* on Linux */

    if (sendlog->fd == -1) {
        sendlog_free(sendlog);
        (void) pl_err_set(err, PL_IO, "send-log", sys, "cannot be opened");
        pl_err_path(err, "%s", path);
        return PL_IO;
    }

    if (sendlog->front == NULL || sendlog->back == NULL
        || sendlog_start(sendlog) != 0)
    {
        sendlog_free(sendlog);
        return pl_err_set(err, PL_NOMEM, "send-log", 0, "out of memory");
    }

    *out = sendlog;

    return PL_OK;
}


void
pls_sendlog_close(pls_sendlog_t *sendlog)
{
    struct timespec  until;

    if (sendlog == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&sendlog->mutex);
    sendlog->over = true;
    (void) pthread_cond_signal(&sendlog->bell);
    (void) pthread_mutex_unlock(&sendlog->mutex);

    sendlog_until(&until, PLS_SENDLOG_END_MS);

    if (pthread_clockjoin_np(sendlog->thread, NULL, CLOCK_MONOTONIC, &until)
        == 0)
    {
        sendlog_free(sendlog);

    } else {
        pls_log(sendlog->log, PLS_LOG_ERROR,
                "the send log's last lines are lost", "%s", "");
    }
}


void
pls_sendlog_reopen(pls_sendlog_t *sendlog)
{
    if (sendlog != NULL) {
        (void) pthread_mutex_lock(&sendlog->mutex);
        sendlog->reopen = true;
        (void) pthread_cond_signal(&sendlog->bell);
        (void) pthread_mutex_unlock(&sendlog->mutex);
    }
}


void
pls_sendlog_add(pls_sendlog_t *sendlog, const pls_job_t *job, int64_t now_ms,
    int64_t wall_ms, int64_t now_us)
{
    bool    fits;
    char    line[PLS_SENDLOG_LINE_MAX];
    size_t  len;

    if (sendlog == NULL) {
        return;
    }

    len = pls_sendlog_line(line, sizeof(line), job, now_ms, wall_ms, now_us);

    (void) pthread_mutex_lock(&sendlog->mutex);

    fits = len <= PLS_SENDLOG_BUFFER_MAX - sendlog->len;
    if (fits) {
        memcpy(sendlog->front + sendlog->len, line, len);
        sendlog->len += len;
    }

    if (sendlog->len >= PLS_SENDLOG_FLUSH) {
        (void) pthread_cond_signal(&sendlog->bell);
    }

    (void) pthread_mutex_unlock(&sendlog->mutex);

    pls_metrics_add(&sendlog->metrics->log_lines, 1);
    pls_metrics_add(&sendlog->metrics->log_dropped, !fits);
}


size_t
pls_sendlog_line(char *buf, size_t size, const pls_job_t *job,
    int64_t now_ms, int64_t wall_ms, int64_t now_us)
{
    int                    n;
    char                   when[PL_CLOCK_TEXT_MAX];
    char                   tenant[PL_NAME_MAX * 2], channel[PL_NAME_MAX * 2];
    char                   trace[PL_NAME_MAX * 2];
    int64_t                wire_ms, queue_ms;
    pl_str_t               id;
    const Pl__SendResult  *result;

    result = &job->result;
    wire_ms = job->wire.left_us == 0 ? 0
                                     : (now_us - job->wire.left_us) / 1000;
    queue_ms = now_ms - wire_ms - job->due_ms;
    id = job->traceparent == NULL ? PL_STR("-")
                                  : pl_traceparent_id(job->traceparent);

    n = snprintf(buf, size, "time=%s effect=%" PRIu64 " message=%" PRIu64
                 " tenant=%s channel=%s lane=%s attempt=%" PRIu32
                 " outcome=%s http=%d code=%" PRId32 " queue_ms=%" PRId64
                 " wire_ms=%" PRId64 " trace=%.*s provider_trace=%s\n",
                 pl_clock_print(wall_ms, when), job->effect, job->message,
                 sendlog_value(tenant, sizeof(tenant), job->tenant_name),
                 sendlog_value(channel, sizeof(channel), job->channel_name),
                 pls_metrics_lane((Pl__Lane) job->lane), job->attempts,
                 pls_result_name(result->outcome), job->wire.status,
                 result->has_code ? result->code : 0,
                 queue_ms > 0 ? queue_ms : 0, wire_ms,
                 (int) id.len, (const char *) id.data,
                 sendlog_value(trace, sizeof(trace), result->trace));

    if (n < 0) {
        return 0;
    }

    /* one that were cut would still be a line */

    if ((size_t) n >= size) {
        buf[size - 2] = '\n';
        return size - 1;
    }

    return (size_t) n;
}


static const char *
sendlog_value(char *buf, size_t size, const char *text)
{
    return text == NULL || text[0] == '\0' ? "-"
                                           : pls_log_value(buf, size, text);
}


/* Signals are the main thread's; the new one inherits this mask. */

static int
sendlog_start(pls_sendlog_t *sendlog)
{
    int       rc;
    sigset_t  all, before;

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&sendlog->thread, NULL, sendlog_run, sendlog);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    return rc;
}


static void *
sendlog_run(void *data)
{
    bool            over, reopen;
    size_t          len;
    pls_sendlog_t  *sendlog = data;

    do {
        over = sendlog_wait(sendlog, &len, &reopen);

        /* what has gathered is of the file that was */

        (void) sendlog_file(sendlog);
        sendlog_write(sendlog, sendlog->back, len);

        if (reopen && sendlog->fd != -1) {
            (void) close(sendlog->fd);      /* nothing is buffered in it */
            sendlog->fd = -1;
            (void) sendlog_file(sendlog);   /* it is there to be seen */
        }

    } while (!over);

    return NULL;
}


/* Until there is something to do; changes the buffers. True: the last. */

static bool
sendlog_wait(pls_sendlog_t *sendlog, size_t *len, bool *reopen)
{
    bool              over;
    char             *gathered;
    struct timespec   until;

    sendlog_until(&until, PLS_SENDLOG_FLUSH_MS);
    (void) pthread_mutex_lock(&sendlog->mutex);

    while (!sendlog->over && !sendlog->reopen
           && sendlog->len < PLS_SENDLOG_FLUSH
           && pthread_cond_clockwait(&sendlog->bell, &sendlog->mutex,
                                     CLOCK_MONOTONIC, &until) == 0)
    {
        /* void */
    }

    gathered = sendlog->front;
    sendlog->front = sendlog->back;
    sendlog->back = gathered;

    *len = sendlog->len;
    *reopen = sendlog->reopen;
    over = sendlog->over;
    sendlog->len = 0;
    sendlog->reopen = false;

    (void) pthread_mutex_unlock(&sendlog->mutex);

    return over;
}


/*
 * -1 with errno. A pipe that nobody reads is refused instead of waited for,
 * as long as that may be; to write to one may take a while all the same.
 */

static int
sendlog_fd(const char *path)
{
    int  fd, sys;

    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY
                    | O_NONBLOCK, SENDLOG_MODE);

    if (fd != -1 && fcntl(fd, F_SETFL, O_APPEND) == -1) {
        sys = errno;
        (void) close(fd);               /* nothing was written */
        errno = sys;
        fd = -1;
    }

    return fd;
}


/* Is there a file to write to? One that is away is tried again each time. */

static bool
sendlog_file(pls_sendlog_t *sendlog)
{
    if (sendlog->fd == -1) {
        sendlog->fd = sendlog_fd(sendlog->path);
        if (sendlog->fd == -1) {
            sendlog_trouble(sendlog, "cannot open the send log", errno);
        }
    }

    return sendlog->fd != -1;
}


/* What cannot be written is lost, and its lines are counted. */

static void
sendlog_write(pls_sendlog_t *sendlog, const char *bytes, size_t len)
{
    size_t    i;
    ssize_t   n;
    uint64_t  lines;

    while (len != 0 && sendlog->fd != -1) {
        n = write(sendlog->fd, bytes, len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            sendlog_trouble(sendlog, "cannot write the send log", errno);
            break;
        }

        bytes += n;
        len -= (size_t) n;

        if (len == 0 && sendlog->troubled) {
            sendlog->troubled = false;
            pls_log(sendlog->log, PLS_LOG_INFO,
                    "the send log can be written again", "%s", "");
        }
    }

    for (i = 0, lines = 0; i < len; i++) {
        lines += bytes[i] == '\n';
    }

    pls_metrics_add(&sendlog->metrics->log_dropped, lines);
}


/* Said when it begins. */

static void
sendlog_trouble(pls_sendlog_t *sendlog, const char *what, int sys)
{
    if (!sendlog->troubled) {
        sendlog->troubled = true;
        pls_log(sendlog->log, PLS_LOG_ERROR, what, "errno=%d", sys);
    }
}


static void
sendlog_free(pls_sendlog_t *sendlog)
{
    if (sendlog->fd != -1) {
        (void) close(sendlog->fd);      /* all that there was is written */
    }

    (void) pthread_cond_destroy(&sendlog->bell);
    (void) pthread_mutex_destroy(&sendlog->mutex);
    free(sendlog->front);
    free(sendlog->back);
    free(sendlog);
}


/* By the monotonic clock: one that is set back makes nobody wait. */

static void
sendlog_until(struct timespec *until, int64_t after_ms)
{
    int64_t  ms;

    ms = pl_clock_coarse_ms() + after_ms;
    until->tv_sec = (time_t) (ms / 1000);
    until->tv_nsec = (long) (ms % 1000) * 1000000;
}
