/*
 * Two connections with one local port, as the kernel gives it to peers that
 * differ: what comes on one of them is nothing to the other. Both peers are
 * the test's; libcurl is the real one, and asks for its ports here.
 */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

#define PEERS    2
#define TURN_MS  10
#define TURNS    6000                   /* a minute */

typedef struct {
    int                listener;
    int                fd;              /* its newest connection, or -1 */
    char               url[64];
} peer_t;

typedef struct {
    pls_loop_t        *loop;
    pls_timer_t       *timer;           /* of turns */
    pls_transfers_t   *transfers;
    peer_t             peers[PEERS];
    pls_job_t          jobs[PEERS];     /* each its own peer's */
    bool               done[PEERS];
    unsigned           turns;
    bool             (*until)(void *data);
    size_t             which;           /* of them, for until */
} test_t;

/* which local port the next connections get; 0: as the kernel likes */
static int  local_port;
static int  reserved = -1;              /* a socket that holds it for us */


/* ---- the kernel, as far as it gives ports */

int
connect(int fd, const struct sockaddr *address, socklen_t len)
{
    int                 on = 1;
    struct sockaddr_in  in = { .sin_family = AF_INET };

    if (local_port != 0 && address->sa_family == AF_INET) {
        in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        in.sin_port = htons((uint16_t) local_port);

        if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
            || bind(fd, (struct sockaddr *) &in, sizeof(in)) != 0)
        {
            return -1;
        }
    }

    return (int) syscall(SYS_connect, fd, address, len);
}


static ssize_t false_answer(int fd);

/* A connection that ends as it is looked at: the peer's descriptor, or -1. */
static int   ends_at = -1;
static bool  has_ended;


int
getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
    if (ends_at != -1) {
        assert_true(false_answer(ends_at) > 0);
        ends_at = -1;
        has_ended = true;
    }

    return (int) syscall(SYS_getsockname, fd, address, len);
}


/* What was reset has no peer any more. */

int
getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
    if (has_ended) {
        has_ended = false;
        errno = ENOTCONN;
        return -1;
    }

    return (int) syscall(SYS_getpeername, fd, address, len);
}


/* ---- the loop runs until something is so */

static void
on_turn(void *data)
{
    test_t  *t = data;

    if (t->until(t) || ++t->turns > TURNS) {
        pls_loop_stop(t->loop);
        return;
    }

    assert_true(pls_loop_timer_set(t->timer, TURN_MS));
}


static void
run(test_t *t, bool (*until)(void *), size_t which)
{
    t->until = until;
    t->which = which;
    t->turns = 0;
    assert_true(pls_loop_timer_set(t->timer, 0));
    assert_true(pls_loop_run(t->loop));
    assert_true(t->turns <= TURNS);
}


static bool
is_done(void *data)
{
    test_t  *t = data;

    return t->done[t->which];
}


/* A whole request is small, and comes at once. */

static bool
has_come(void *data)
{
    test_t         *t = data;
    char            buf[4096];
    ssize_t         n;
    peer_t         *peer = &t->peers[t->which];
    struct pollfd   new = { .fd = peer->listener, .events = POLLIN };

    if (poll(&new, 1, 0) == 1) {
        if (peer->fd != -1) {
            (void) close(peer->fd);
        }

        peer->fd = accept4(peer->listener, NULL, NULL, SOCK_NONBLOCK);
        assert_true(peer->fd != -1);
    }

    n = peer->fd == -1 ? -1 : read(peer->fd, buf, sizeof(buf) - 1);
    if (n <= 0) {
        return false;
    }

    buf[n] = '\0';

    return strstr(buf, "\r\n\r\n{}") != NULL;
}


static void
on_done(void *data, pls_job_t *job)
{
    test_t  *t = data;

    t->done[job->slot] = true;
}


/* ---- what a test says */

static void
ask(test_t *t, size_t i)
{
    t->done[i] = false;
    pls_transfer_begin(t->transfers, &t->jobs[i]);
    run(t, has_come, i);
}


static ssize_t
answer(int fd, const char *body)
{
    int   n;
    char  buf[256];

    n = snprintf(buf, sizeof(buf), "HTTP/1.1 200 OK\r\nContent-Length: %zu"
                 "\r\n\r\n%s", strlen(body), body);

    return write(fd, buf, (size_t) n);
}


static ssize_t
false_answer(int fd)
{
    return answer(fd, "false");
}


static void
say(test_t *t, size_t i, const char *body)
{
    assert_true(answer(t->peers[i].fd, body) > 0);
}


static void
is_answered(test_t *t, size_t i, const char *body)
{
    pls_wire_t  *wire = &t->jobs[i].wire;

    run(t, is_done, i);
    assert_int_equal(wire->end, PLS_END_ANSWERED);
    assert_int_equal(wire->status, 200);
    assert_int_equal(wire->body_len, strlen(body));
    assert_memory_equal(wire->body, body, strlen(body));
}


static int
port_of(int fd, bool peer)
{
    struct sockaddr_in  in;
    socklen_t           len = sizeof(in);

    assert_int_equal(peer ? getpeername(fd, (struct sockaddr *) &in, &len)
                          : getsockname(fd, (struct sockaddr *) &in, &len),
                     0);

    return ntohs(in.sin_port);
}


static void
leave_port(void)
{
    if (reserved != -1) {
        (void) close(reserved);
    }

    reserved = -1;
    local_port = 0;
}


/* A port that nobody has, nor gets: from now on connections are made of it. */

static void
choose_port(void)
{
    int                 on = 1;
    struct sockaddr_in  in = { .sin_family = AF_INET };

    leave_port();
    reserved = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(reserved != -1);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(setsockopt(reserved, SOL_SOCKET, SO_REUSEADDR, &on,
                                sizeof(on)), 0);
    assert_int_equal(bind(reserved, (struct sockaddr *) &in, sizeof(in)), 0);
    local_port = port_of(reserved, false);
}


static int
setup(void **state)
{
    size_t               i;
    test_t              *t;
    pl_err_t             err;
    struct sockaddr_in   in = { .sin_family = AF_INET };

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->loop = pls_loop_create();
    assert_non_null(t->loop);
    t->timer = pls_loop_timer(t->loop, on_turn, t);
    assert_non_null(t->timer);
    assert_int_equal(pls_transfers_create(&t->transfers, t->loop, NULL, NULL,
                                          on_done, t, &err), PL_OK);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    for (i = 0; i < PEERS; i++) {
        t->peers[i].fd = -1;
        t->peers[i].listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(t->peers[i].listener, (struct sockaddr *) &in,
                              sizeof(in)), 0);
        assert_int_equal(listen(t->peers[i].listener, 8), 0);
        (void) snprintf(t->peers[i].url, sizeof(t->peers[i].url),
                        "http://127.0.0.1:%d/",
                        port_of(t->peers[i].listener, false));

        t->jobs[i].arena = pl_arena_create(8192, 1u << 20);
        assert_non_null(t->jobs[i].arena);
        t->jobs[i].slot = (uint32_t) i;
        t->jobs[i].request.url = t->peers[i].url;
        t->jobs[i].request.method = "POST";
        t->jobs[i].request.body = PL_STR("{}");
        t->jobs[i].timeout_ms = 60000;
        t->jobs[i].connect_timeout_ms = 60000;
        t->jobs[i].answer_max = 1024;
    }

    choose_port();
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    size_t   i;
    test_t  *t = *state;

    pls_transfers_destroy(t->transfers);
    pls_loop_timer_end(t->timer);
    pls_loop_destroy(t->loop);

    for (i = 0; i < PEERS; i++) {
        pl_arena_destroy(t->jobs[i].arena);
        (void) close(t->peers[i].listener);
        if (t->peers[i].fd != -1) {
            (void) close(t->peers[i].fd);
        }
    }

    free(t);
    leave_port();

    return 0;
}


/* Both have the one port: else these tests say nothing. */

static void
share(test_t *t)
{
    assert_int_equal(port_of(t->peers[0].fd, true), local_port);
    assert_int_equal(port_of(t->peers[1].fd, true), local_port);
}


/* ---- the tests */

static void
what_one_says_unasked_ends_no_other(void **state)
{
    test_t  *t = *state;

    ask(t, 0);
    say(t, 0, "first");
    is_answered(t, 0, "first");
    say(t, 0, "false");

    ask(t, 1);
    share(t);
    say(t, 1, "second");
    is_answered(t, 1, "second");
}


static void
what_one_says_unasked_is_seen_behind_another(void **state)
{
    int      before;
    test_t  *t = *state;

    ask(t, 0);
    say(t, 0, "first");
    is_answered(t, 0, "first");
    ask(t, 1);
    share(t);
    say(t, 1, "second");
    is_answered(t, 1, "second");

    say(t, 0, "false");
    local_port = 0;
    before = port_of(t->peers[0].fd, true);
    ask(t, 0);
    assert_int_not_equal(port_of(t->peers[0].fd, true), before);
    say(t, 0, "third");
    is_answered(t, 0, "third");
}


/* libcurl has found it well: so it is looked at a moment later. */

static void
one_that_ends_as_it_is_looked_at_is_asked_nothing(void **state)
{
    int      before;
    test_t  *t = *state;

    ask(t, 0);
    say(t, 0, "first");
    is_answered(t, 0, "first");

    local_port = 0;
    before = port_of(t->peers[0].fd, true);
    ends_at = t->peers[0].fd;
    ask(t, 0);
    assert_int_equal(ends_at, -1);
    assert_int_not_equal(port_of(t->peers[0].fd, true), before);
    say(t, 0, "second");
    is_answered(t, 0, "second");
}


/* The other's is newer, and asked for at a time at which all is well. */

static void
one_that_is_silent_ends_no_other(void **state)
{
    test_t  *t = *state;

    t->jobs[0].timeout_ms = 1000;
    ask(t, 0);
    ask(t, 1);
    share(t);

    /* as if they had been asked long ago */
    t->transfers->kept[t->transfers->rows[0].fd - 1].silent_ms -= 60000;
    t->transfers->kept[t->transfers->rows[1].fd - 1].silent_ms -= 60000;

    run(t, is_done, 0);
    assert_int_equal(t->jobs[0].wire.end, PLS_END_TIMEOUT);
    say(t, 1, "second");
    is_answered(t, 1, "second");
}


/* Its descriptor is another's now, who answers as if nothing had been. */

static void
a_descriptor_that_is_used_again_is_a_new_connection(void **state)
{
    int      fd;
    test_t  *t = *state;

    ask(t, 0);
    fd = t->transfers->rows[0].fd;
    assert_true(fd > 0);
    say(t, 0, "first");
    is_answered(t, 0, "first");
    assert_true(t->transfers->kept[fd - 1].http1);

    /* libcurl sees the end of what it kept, and opens another */
    (void) close(t->peers[0].fd);
    t->peers[0].fd = -1;
    choose_port();
    ask(t, 0);
    assert_int_equal(t->transfers->rows[0].fd, fd);
    assert_false(t->transfers->kept[fd - 1].http1);
    say(t, 0, "second");
    is_answered(t, 0, "second");
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(what_one_says_unasked_ends_no_other),
        TEST(what_one_says_unasked_is_seen_behind_another),
        TEST(one_that_ends_as_it_is_looked_at_is_asked_nothing),
        TEST(one_that_is_silent_ends_no_other),
        TEST(a_descriptor_that_is_used_again_is_a_new_connection),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
