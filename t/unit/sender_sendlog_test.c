/*
 * The send log: its lines, and what becomes of them where there is no room,
 * no file, or another one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "temp.h"

#include "../../src/sender/log.c"
#include "../../src/sender/metrics.c"
#include "../../src/sender/result.c"
#include "../../src/sender/sendlog.c"

#define WALL_MS  1800000000000LL
#define WAIT_MS  60000
#define NOW_MS   (WALL_MS + 5000)       /* the journal's time is ahead */

typedef struct {
    char             dir[TEMP_MAX];
    char             path[PATH_MAX];
    pls_log_t        log;
    pls_metrics_t    metrics;
    pls_sendlog_t   *sendlog;
    pls_job_t        job;
} world_t;


static void
job_make(pls_job_t *job)
{
    Pl__SendResult  none = PL__SEND_RESULT__INIT;

    memset(job, 0, sizeof(*job));
    job->effect = 7;
    job->message = 12;
    job->tenant_name = "acme";
    job->channel_name = "main";
    job->lane = PL__LANE__LANE_REPLY;
    job->attempts = 1;
    job->due_ms = NOW_MS - 44;
    job->wire.status = 200;
    job->wire.left_us = 1000000;
    job->result = none;
    job->result.outcome = PL__OUTCOME__OUTCOME_SENT;
}


static int
world_make(void **state)
{
    pl_err_t  err;
    world_t  *w;

    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    temp_make(w->dir);
    (void) temp_path(w->path, w->dir, "sends.log");
    pls_log_init(&w->log, STDERR_FILENO, PLS_LOG_ERROR, pl_clock_system());
    job_make(&w->job);

    assert_int_equal(pls_sendlog_open(&w->sendlog, w->path, &w->log,
                                      &w->metrics, &err), PL_OK);
    *state = w;

    return 0;
}


static int
world_end(void **state)
{
    world_t  *w = *state;

    pls_sendlog_close(w->sendlog);
    temp_remove(w->dir);
    free(w);

    return 0;
}


static void
add(world_t *w)
{
    pls_sendlog_add(w->sendlog, &w->job, NOW_MS, WALL_MS, 1041000);
}


/* Lines of a file; 0 where there is none. */

static size_t
lines(const char *path)
{
    int     c;
    FILE   *file;
    size_t  n;

    file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }

    for (n = 0; (c = fgetc(file)) != EOF; n += c == '\n') {
        /* void */
    }

    assert_int_equal(fclose(file), 0);

    return n;
}


/* Until a file has so many lines: a minute at most. */

static void
wait_lines(const char *path, size_t n)
{
    int  i;

    for (i = 0; i < 6000 && lines(path) < n; i++) {
        temp_sleep_ms(10);
    }

    assert_int_equal(lines(path), n);
}


static void
test_line(void **state)
{
    char       line[PLS_SENDLOG_LINE_MAX];
    size_t     len;
    pls_job_t  job;

    (void) state;

    job_make(&job);
    len = pls_sendlog_line(line, sizeof(line), &job, NOW_MS, WALL_MS,
                           1041000);
    assert_string_equal(line,
        "time=2027-01-15T08:00:00.000Z effect=7 message=12 tenant=acme"
        " channel=main lane=reply attempt=1 outcome=sent http=200 code=0"
        " queue_ms=3 wire_ms=41 trace=- provider_trace=-\n");
    assert_int_equal(len, strlen(line));

    /* nothing left; a clock that ran back; a provider's odd words */
    job.tenant_name = NULL;
    job.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    job.wire.left_us = 0;
    job.wire.status = 0;
    job.due_ms = NOW_MS + 100;
    job.result.outcome = PL__OUTCOME__OUTCOME_RETRY;
    job.result.has_code = true;
    job.result.code = -7;
    job.result.trace = (char *) (uintptr_t) "a \"b\"\n";
    (void) pls_sendlog_line(line, sizeof(line), &job, NOW_MS, WALL_MS,
                            1041000);
    assert_string_equal(line,
        "time=2027-01-15T08:00:00.000Z effect=7 message=12 tenant=-"
        " channel=main lane=reply attempt=1 outcome=retry http=0 code=-7"
        " queue_ms=0 wire_ms=0 trace=0af7651916cd43dd8448eb211c80319c"
        " provider_trace=\"a \\\"b\\\"\\x0a\"\n");

    /* one that is cut is a line all the same */
    len = pls_sendlog_line(line, 64, &job, NOW_MS, WALL_MS, 0);
    assert_int_equal(len, 63);
    assert_int_equal(line[62], '\n');
}


static void
test_written(void **state)
{
    int       i;
    world_t  *w = *state;

    for (i = 0; i < 3; i++) {
        add(w);
    }

    wait_lines(w->path, 3);         /* without being asked */

    for (i = 0; i < 5000; i++) {
        add(w);
    }

    pls_sendlog_close(w->sendlog);  /* what is left is written */
    w->sendlog = NULL;
    assert_int_equal(lines(w->path), 5003);
    assert_true(atomic_load(&w->metrics.log_lines) == 5003);
    assert_true(atomic_load(&w->metrics.log_dropped) == 0);
}


static void
test_reopen(void **state)
{
    int          i;
    char         moved[PATH_MAX];
    world_t     *w = *state;
    struct stat  st;

    (void) temp_path(moved, w->dir, "sends.log.1");

    add(w);
    assert_int_equal(rename(w->path, moved), 0);
    pls_sendlog_reopen(w->sendlog);
    wait_lines(moved, 1);           /* what had gathered is the old one's */

    for (i = 0; i < WAIT_MS && stat(w->path, &st) == -1; i++) {
        temp_sleep_ms(1);
    }
    assert_int_equal(stat(w->path, &st), 0);
    assert_int_equal(st.st_mode & 0137, 0);

    add(w);
    wait_lines(w->path, 1);
    assert_int_equal(lines(moved), 1);

    /* nowhere to write: lines are counted, and lost; later it goes on */
    assert_int_equal(unlink(w->path), 0);
    assert_int_equal(mkdir(w->path, 0700), 0);
    w->log.fd = open("/dev/null", O_WRONLY);
    pls_sendlog_reopen(w->sendlog);
    for (i = 0; i < WAIT_MS && atomic_load(&w->metrics.log_dropped) == 0;
         i++)
    {
        add(w);
        temp_sleep_ms(1);
    }
    assert_true(atomic_load(&w->metrics.log_dropped) != 0);

    assert_int_equal(rmdir(w->path), 0);
    for (i = 0; i < WAIT_MS && lines(w->path) == 0; i++) {
        add(w);
        temp_sleep_ms(1);
    }
    assert_true(lines(w->path) != 0);

    assert_int_equal(close(w->log.fd), 0);
    w->log.fd = STDERR_FILENO;
}


/* A reader that does not read: whoever logs goes on, and knows of the loss. */

static void
test_slow(void **state)
{
    int             fd, i;
    char            fifo[PATH_MAX], sink[65536];
    pl_err_t        err;
    world_t        *w = *state;
    pls_sendlog_t  *slow;

    (void) temp_path(fifo, w->dir, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    fd = open(fifo, O_RDWR | O_NONBLOCK);
    assert_int_not_equal(fd, -1);

    assert_int_equal(pls_sendlog_open(&slow, fifo, &w->log, &w->metrics,
                                      &err), PL_OK);

    for (i = 0; i < 60000; i++) {
        pls_sendlog_add(slow, &w->job, NOW_MS, WALL_MS, 1041000);
    }

    assert_true(atomic_load(&w->metrics.log_lines) == 60000);
    assert_true(atomic_load(&w->metrics.log_dropped) > 10000);
    assert_true(atomic_load(&w->metrics.log_dropped) < 60000);

    /* it is read again, so that the end finds its way out */
    (void) pthread_mutex_lock(&slow->mutex);
    slow->len = 0;
    (void) pthread_mutex_unlock(&slow->mutex);

    for (i = 0; i < 6000; i++) {
        while (read(fd, sink, sizeof(sink)) > 0) {
            /* void */
        }
        temp_sleep_ms(0);
    }

    pls_sendlog_close(slow);
    assert_int_equal(close(fd), 0);
}


static void
test_refused(void **state)
{
    char            fifo[PATH_MAX];
    pl_err_t        err;
    world_t        *w = *state;
    pls_sendlog_t  *none = NULL;

    assert_int_equal(pls_sendlog_open(&none, w->dir, &w->log, &w->metrics,
                                      &err), PL_IO);
    assert_string_equal(err.path, w->dir);
    assert_null(none);

    /* a pipe that nobody reads: said, and not waited for */
    (void) temp_path(fifo, w->dir, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(pls_sendlog_open(&none, fifo, &w->log, &w->metrics,
                                      &err), PL_IO);
    assert_string_equal(err.path, fifo);
    assert_null(none);

    pls_sendlog_add(NULL, &w->job, 0, 0, 0);
    pls_sendlog_reopen(NULL);
    pls_sendlog_close(NULL);
}


#define TEST(function)                                                        \
    cmocka_unit_test_setup_teardown(function, world_make, world_end)


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        TEST(test_line),
        TEST(test_written),
        TEST(test_reopen),
        TEST(test_slow),
        TEST(test_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
