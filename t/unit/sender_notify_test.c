/*
 * Words to a supervisor: which sockets are taken, and what arrives there.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/sender/notify.c"


/* A reader at a name that begins with '@' for an abstract socket. */

static int
listen_at(const char *name)
{
    int                 fd;
    size_t              len;
    struct sockaddr_un  addr;

    memset(&addr, 0, sizeof(addr));
    addr.sun_family = AF_UNIX;
    len = strlen(name);
    memcpy(addr.sun_path, name, len);

    if (name[0] == '@') {
        addr.sun_path[0] = '\0';
    } else {
        len++;
    }

    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_not_equal(fd, -1);
    assert_int_equal(bind(fd, (struct sockaddr *) &addr,
                          (socklen_t) (offsetof(struct sockaddr_un, sun_path)
                                       + len)), 0);

    return fd;
}


static void
opened(pls_notify_t *notify, const char *path, const char *usec,
    const char *pid)
{
    assert_int_equal(setenv("NOTIFY_SOCKET", path, 1), 0);
    assert_int_equal(setenv("WATCHDOG_USEC", usec, 1), 0);
    assert_int_equal(pid == NULL ? unsetenv("WATCHDOG_PID")
                                 : setenv("WATCHDOG_PID", pid, 1), 0);
    pls_notify_open(notify);
}


static void
test_abstract(void **state)
{
    int           fd;
    char          name[64], said[PLS_NOTIFY_MAX];
    ssize_t       n;
    pls_notify_t  notify;

    (void) state;

    (void) snprintf(name, sizeof(name), "@parley-unit-%d", (int) getpid());
    fd = listen_at(name);

    opened(&notify, name, "30000000", NULL);
    assert_int_not_equal(notify.fd, -1);
    assert_true(notify.watchdog_us == 30000000);

    /* what we start does not speak in our name */
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));

    pls_notify(&notify, "READY=1\nSTATUS=%d of %s", 3, "them");
    n = recv(fd, said, sizeof(said), 0);
    assert_int_equal(n, 24);
    assert_memory_equal(said, "READY=1\nSTATUS=3 of them", 24);

    /* at the limit of a datagram, and one past it: not half of it */
    pls_notify(&notify, "%*d", PLS_NOTIFY_MAX - 1, 1);
    assert_int_equal(recv(fd, said, sizeof(said), 0), PLS_NOTIFY_MAX - 1);
    pls_notify(&notify, "%*d", PLS_NOTIFY_MAX, 1);
    assert_int_equal(recv(fd, said, sizeof(said), 0), -1);

    /* a reader that is gone ends nothing */
    assert_int_equal(close(fd), 0);
    pls_notify(&notify, "WATCHDOG=1");
    pls_notify_close(&notify);
    pls_notify(&notify, "WATCHDOG=1");
}


/* A reader that does not read holds nobody up. */

static void
test_full(void **state)
{
    int           i, fd;
    char          name[64];
    pls_notify_t  notify;

    (void) state;

    (void) snprintf(name, sizeof(name), "@parley-full-%d", (int) getpid());
    fd = listen_at(name);
    opened(&notify, name, "1", NULL);

    for (i = 0; i < 100000; i++) {
        pls_notify(&notify, "WATCHDOG=1");
    }

    pls_notify_close(&notify);
    assert_int_equal(close(fd), 0);
}


static void
test_nobody(void **state)
{
    char          longest[sizeof(((struct sockaddr_un *) 0)->sun_path) + 1];
    size_t        i;
    pls_notify_t  notify;

    static const char *const  paths[] = {
        "", "/", "@", "relative", "vsock:2:1"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(paths); i++) {
        opened(&notify, paths[i], "1000000", NULL);
        assert_int_equal(notify.fd, -1);
        assert_true(notify.watchdog_us == 0);
    }

    /* at the limit of a socket's name, and one past it */
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    opened(&notify, longest, "1", NULL);
    assert_int_equal(notify.fd, -1);

    longest[sizeof(longest) - 2] = '\0';
    opened(&notify, longest, "1", NULL);
    assert_int_not_equal(notify.fd, -1);
    pls_notify_close(&notify);

    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    pls_notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    pls_notify(&notify, "READY=1");
}


static void
test_watchdog(void **state)
{
    char          pid[32];
    size_t        i;
    pls_notify_t  notify;

    static const char *const  odd[] = {
        "", "0", "-1", "soon", "1s", "99999999999999999999"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(odd); i++) {
        opened(&notify, "/nowhere", odd[i], NULL);
        assert_true(notify.watchdog_us == 0);
        pls_notify_close(&notify);
    }

    (void) snprintf(pid, sizeof(pid), "%d", (int) getpid());
    opened(&notify, "/nowhere", "5", pid);
    assert_true(notify.watchdog_us == 5);
    pls_notify_close(&notify);

    opened(&notify, "/nowhere", "5", "1");
    assert_true(notify.watchdog_us == 0);
    pls_notify_close(&notify);

    opened(&notify, "/nowhere", "5", "me");
    assert_true(notify.watchdog_us == 0);
    pls_notify_close(&notify);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_abstract),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_watchdog),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
