/*
 * Names of hosts, as whoever runs their name servers would have them: one
 * that never answers holds up nobody else, and one that names an address of
 * ours leads nowhere. The resolver is the test's; libcurl is the real one.
 */

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/sender/address.c"
#include "../../src/sender/job.c"
#include "../../src/sender/loop.c"
#include "../../src/sender/progress.c"
#include "../../src/sender/queue.c"
#include "../../src/sender/transfer.c"
#include "../../src/sender/transfer_easy.c"
#include "../../src/sender/transfer_kept.c"
#include "../../src/sender/transfer_mail.c"
#include "../../src/sender/transfer_pool.c"
#include "../../src/sender/transfer_wait.c"

#define MAZE_S  30                      /* what never answers gives up */

typedef struct {
    pls_loop_t        *loop;
    pls_transfers_t   *transfers;
    pls_job_t          job;
    bool               done;
} test_t;

static pthread_mutex_t  mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t   cond = PTHREAD_COND_INITIALIZER;
static bool             let_go;
static _Atomic bool     waits;          /* somebody asks for maze.test */
static _Atomic bool     gave_up;
static _Atomic bool     went;           /* the last has its answer */


/* ---- the resolver; libcurl's threads call it */

static void
maze(void)
{
    int              rc = 0;
    struct timespec  until;

    (void) clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += MAZE_S;

    (void) pthread_mutex_lock(&mutex);
    atomic_store(&waits, true);

    while (!let_go && rc == 0) {
        rc = pthread_cond_timedwait(&cond, &mutex, &until);
    }

    (void) pthread_mutex_unlock(&mutex);

    if (rc != 0) {
        atomic_store(&gave_up, true);
    }

    atomic_store(&went, true);
}


int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **out)
{
    struct addrinfo     *info;
    struct sockaddr_in  *in;

    (void) hints;
    (void) service;

    if (strcmp(name, "maze.test") == 0) {
        maze();
        return EAI_AGAIN;
    }

    info = calloc(1, sizeof(*info) + sizeof(*in));
    if (info == NULL) {
        return EAI_MEMORY;
    }

    in = (struct sockaddr_in *) (void *) (info + 1);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    info->ai_family = AF_INET;
    info->ai_socktype = SOCK_STREAM;
    info->ai_addr = (struct sockaddr *) in;
    info->ai_addrlen = sizeof(*in);
    *out = info;

    return 0;
}


void
freeaddrinfo(struct addrinfo *info)
{
    free(info);
}


/* ---- the tests */

static void
on_done(void *data, pls_job_t *job)
{
    test_t  *t = data;

    assert_ptr_equal(job, &t->job);
    t->done = true;
    pls_loop_stop(t->loop);
}


static int
setup(void **state)
{
    test_t    *t;
    pl_err_t   err;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->loop = pls_loop_create();
    assert_non_null(t->loop);
    t->job.arena = pl_arena_create(8192, 1u << 20);
    assert_non_null(t->job.arena);
    assert_int_equal(pls_transfers_create(&t->transfers, t->loop, NULL, NULL,
                                          on_done, t, &err), PL_OK);

    t->job.request.method = "POST";
    t->job.request.body = PL_STR("{}");
    t->job.timeout_ms = 60000;
    t->job.connect_timeout_ms = 60000;
    t->job.answer_max = 1024;
    t->job.public_only = true;
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pls_transfers_destroy(t->transfers);
    pls_loop_destroy(t->loop);
    pl_arena_destroy(t->job.arena);
    free(t);

    return 0;
}


static pls_end_e
ask(test_t *t, const char *url)
{
    t->job.request.url = url;
    t->done = false;
    pls_transfer_begin(t->transfers, &t->job);
    assert_true(pls_loop_run(t->loop));
    assert_true(t->done);

    return t->job.wire.end;
}


static void
a_name_of_ours_leads_nowhere(void **state)
{
    test_t  *t = *state;

    assert_int_equal(ask(t, "http://rebound.test:1/"), PLS_END_ADDRESS);
    assert_int_equal(t->job.wire.stage, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING);
    assert_int_equal(ask(t, "http://127.0.0.1:1/"), PLS_END_ADDRESS);
    assert_int_equal(ask(t, "http://[::1]:1/"), PLS_END_ADDRESS);
    assert_int_equal(ask(t, "http://[::ffff:127.0.0.1]:1/"),
                     PLS_END_ADDRESS);
    assert_int_equal(ask(t, "http://0x7f000001:1/"), PLS_END_ADDRESS);
    assert_int_equal(ask(t, "http://2130706433:1/"), PLS_END_ADDRESS);
}


/* The loop goes on while the name server still says nothing. */

static void
a_name_server_that_says_nothing_holds_up_nobody(void **state)
{
    test_t  *t = *state;

    t->job.connect_timeout_ms = 500;
    assert_int_equal(ask(t, "http://maze.test/"), PLS_END_TIMEOUT);
    assert_true(atomic_load(&waits));
    assert_false(atomic_load(&gave_up));
    assert_false(atomic_load(&went));

    assert_int_equal(ask(t, "http://rebound.test:1/"), PLS_END_ADDRESS);
    assert_false(atomic_load(&went));

    (void) pthread_mutex_lock(&mutex);
    let_go = true;
    (void) pthread_cond_broadcast(&cond);
    (void) pthread_mutex_unlock(&mutex);

    while (!atomic_load(&went)) {
        (void) usleep(1000);
    }
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(a_name_of_ours_leads_nowhere),
        TEST(a_name_server_that_says_nothing_holds_up_nobody),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
