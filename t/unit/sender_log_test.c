/*
 * The sender's log: values in one line, whatever they hold; a bound on lines.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/sender/log.c"

#define OUT_MAX  65536

typedef struct {
    int64_t  now_ms;
} fake_clock_t;


static int64_t
fake_wall_ms(void *data)
{
    return ((fake_clock_t *) data)->now_ms;
}


/* Everything that f wrote, and how many lines it is. */

static size_t
drain(int fd, char *out)
{
    size_t   lines, i;
    ssize_t  n;

    n = read(fd, out, OUT_MAX - 1);
    if (n < 0) {
        n = 0;
    }
    out[n] = '\0';

    lines = 0;
    for (i = 0; out[i] != '\0'; i++) {
        lines += out[i] == '\n';
    }

    return lines;
}


static void
test_value(void **state)
{
    size_t  i;
    char    buf[64];

    static const struct {
        const char  *text;
        const char  *value;
    } cases[] = {
        { "plain-1_2.3/4:5", "plain-1_2.3/4:5" },
        { "", "\"\"" },
        { "two words", "\"two words\"" },
        { "a=b", "\"a=b\"" },
        { "say \"no\"", "\"say \\\"no\\\"\"" },
        { "back\\slash", "\"back\\\\slash\"" },
        { "line\nbreak\r\t", "\"line\\x0abreak\\x0d\\x09\"" },
        { "\x7f\x1b[0m", "\"\\x7f\\x1b[0m\"" },
        { "gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        assert_string_equal(pls_log_value(buf, sizeof(buf), cases[i].text),
                            cases[i].value);
    }
}


/* Cut at every size: closed, terminated, and never inside an escape. */

static void
test_value_cut(void **state)
{
    char    buf[32];
    size_t  size, len;

    (void) state;

    for (size = 3; size <= sizeof(buf); size++) {
        memset(buf, 'Z', sizeof(buf));
        (void) pls_log_value(buf, size, "\n\n\"\\ long enough to be cut");
        len = strlen(buf);

        assert_true(len < size);
        assert_int_equal(buf[0], '"');
        assert_int_equal(buf[len - 1], '"');
        assert_true(len < 3 || buf[len - 2] != '\\' || buf[len - 3] == '\\');
    }

    (void) pls_log_value(buf, 2, "a b");
    assert_string_equal(buf, "");

    /* plain, but too long for its buffer */
    (void) pls_log_value(buf, 8, "abcdefgh");
    assert_string_equal(buf, "\"abcde\"");
}


static void
test_line(void **state)
{
    int           fds[2];
    char          out[OUT_MAX], big[4096];
    pls_log_t     log;
    pl_clock_t    clock;
    fake_clock_t  fake = { 1769853600123 };

    (void) state;

    clock.wall_ms = fake_wall_ms;
    clock.mono_us = NULL;
    clock.data = &fake;

    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    pls_log_init(&log, fds[1], PLS_LOG_INFO, &clock);

    pls_log(&log, PLS_LOG_INFO, "hello", "n=%d", 7);
    assert_int_equal(drain(fds[0], out), 1);
    assert_string_equal(out, "2026-01-31T10:00:00.123Z info hello n=7\n");

    pls_log(&log, PLS_LOG_WARN, "bare", "%s", "");
    assert_int_equal(drain(fds[0], out), 1);
    assert_string_equal(out, "2026-01-31T10:00:00.123Z warn bare\n");

    pls_log(&log, PLS_LOG_DEBUG, "not wanted", "n=%d", 1);
    assert_int_equal(drain(fds[0], out), 0);

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    pls_log(&log, PLS_LOG_ERROR, "long", "v=%s", big);
    assert_int_equal(drain(fds[0], out), 1);
    assert_int_equal(strlen(out), PLS_LOG_LINE_MAX - 1);

    (void) close(fds[0]);
    (void) close(fds[1]);
}


/* At the limit and one past it; errors pass; the next second owns up. */

static void
test_limit(void **state)
{
    int           fds[2], i;
    char          out[OUT_MAX];
    pls_log_t     log;
    pl_clock_t    clock;
    fake_clock_t  fake = { 5000 };

    (void) state;

    clock.wall_ms = fake_wall_ms;
    clock.mono_us = NULL;
    clock.data = &fake;

    assert_int_equal(pipe2(fds, O_NONBLOCK), 0);
    pls_log_init(&log, fds[1], PLS_LOG_INFO, &clock);

    for (i = 0; i < PLS_LOG_LINES_MAX; i++) {
        pls_log(&log, PLS_LOG_INFO, "line", "i=%d", i);
    }
    assert_int_equal(drain(fds[0], out), PLS_LOG_LINES_MAX);

    pls_log(&log, PLS_LOG_WARN, "line", "i=%d", i);
    pls_log(&log, PLS_LOG_INFO, "line", "i=%d", i);
    assert_int_equal(drain(fds[0], out), 0);

    pls_log(&log, PLS_LOG_ERROR, "bad", "i=%d", i);
    assert_int_equal(drain(fds[0], out), 1);

    fake.now_ms = 6000;
    pls_log(&log, PLS_LOG_INFO, "again", "i=%d", i);
    assert_int_equal(drain(fds[0], out), 2);
    assert_non_null(strstr(out, "log lines left out lines=2\n"));

    (void) close(fds[0]);
    (void) close(fds[1]);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_value_cut),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
