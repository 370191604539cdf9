/*
 * Erasing a person over what was set aside: bodies that are made to be costly
 * stop no fold, and a step ends past so many bytes and goes on from there.
 */

#include "erase.h"
#include "refold.h"

#define HERE  "\"from\":\"" ANA "\""


/* Unreadable, and so of no tenant; len bytes: head, and `each` repeated. */

static void
aside(t_engine_t *t, const char *head, const char *each, size_t len)
{
    char    *body;
    size_t   i, n = strlen(head);

    body = malloc(len + 1);
    assert_non_null(body);
    memcpy(body, head, n);

    for (i = n; i < len; i++) {
        body[i] = each[(i - n) % strlen(each)];
    }

    body[len] = '\0';
    (void) t_append(t, NULL, body);
    t_fold(t);
    free(body);
}


static void
costly_bodies_stop_no_fold(void **state)
{
    size_t      i;
    t_engine_t  t;

    static const char *const  each[][2] = {
        { "Email: x\r\n", "Email: a\r\n b\r\n" },
        { "{\"x\":\"", "\\u0041" },
        { "{\"x\":[", "\"\\u0031\"," },
        { "{\"x\":[", "\"[1,\"," },
        { "{\"x\":[", "1," },
        { "{", "[" },
        { "--b\r\n", "\r\n{\r\n--b\r\n" },
        { "x=%41", "&x=%5b1" },
    };

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    for (i = 0; i < PL_COUNT(each); i++) {
        aside(&t, each[i][0], each[i][1], PL_BODY_MAX);
    }

    aside(&t, "{" HERE ",\"x\":\"", "\\n", PL_BODY_MAX);
    aside(&t, "{\"from\":\"1" ANA "\",\"x\":\"", "\\n", 4096);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), PL_COUNT(each) + 2);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), PL_COUNT(each) + 1);
    replays(&t);
    t_close(&t);
}


/* Of an erasure over n bodies of len bytes, and one of `more`. */

static unsigned
steps(size_t n, size_t len, size_t more)
{
    unsigned    i, taken;
    t_engine_t  t;

    t_open(&t);
    t_configure(&t);
    talk(&t);

    for (i = 0; i < n; i++) {
        aside(&t, "{" HERE ",", "x", len);
    }

    if (more != 0) {
        aside(&t, "{" HERE ",", "x", more);
    }

    (void) erase(&t, ANA, 0);
    taken = go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    replays(&t);
    t_close(&t);

    return taken;
}


static void
a_step_is_bounded_in_bytes(void **state)
{
    unsigned  none = steps(0, 0, 0);
    size_t    half = PL_ERASE_BYTES / 2;

    (void) state;
    assert_int_equal(steps(1, half, half - 1), none);
    assert_int_equal(steps(1, half, half), none + 1);
    assert_int_equal(steps(6, half, half - 1), none + 3);
    assert_int_equal(steps(3, PL_ERASE_BYTES + 1, 0), none + 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(costly_bodies_stop_no_fold),
        cmocka_unit_test(a_step_is_bounded_in_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
