/*
 * Values of bodies: whole, decoded, with their keys, of bodies that are whole
 * or broken, and within one another.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/values.h"
#include "../../src/core/str.h"

typedef struct {
    const char  *body;
    const char  *key;
    const char  *value;
    bool         found;
} row_t;


static bool
is(void *data, pl_str_t key, pl_str_t value)
{
    const row_t  *row = data;

    return pl_str_eq(key, pl_str_c(row->key))
           && pl_str_eq(value, pl_str_c(row->value));
}


static void
values_are_seen_whole(void **state)
{
    bool         found;
    size_t       i;
    pl_arena_t  *ar;

    static row_t  rows[] = {
        { "{\"from\":\"346\",\"n\":7}", "from", "346", true },
        { "{\"from\":\"346\",\"n\":7}", "from", "34", false },
        { "{\"from\":\"346\",\"n\":7}", "n", "7", true },
        { "{\"from\" : 346, \"x\"", "from", "346", true },
        { "{\"from\":\"346\",\"x", "from", "346", true },
        { "{\"from\":\"346", "from", "346", true },
        { "{\"a\":\"x\\u0040y\\\"\\n\"}", "a", "x@y\"\n", true },
        { "{\"a\":\"\\ud83d\\ude00 \\u00e9\"}", "a", "x", false },
        { "{\"a\":\"\\u00", "a", "", true },
        { "{\"a\":\"x\\", "a", "x\\", true },
        { "{\"to\":[\"a\",\"b\"]}", "to", "b", true },
        { "{\"timestamp\":\"1\"}", "", "timestamp", false },
        { "a=1&from=bea%40example.com&b=+x", "from", "bea@example.com",
          true },
        { "a=1&from=bea%40example.com&b=+x", "b", " x", true },
        { "a=1&j=%7b%22from%22%3a%22346%22%7d", "from", "346", true },
        { "--b\r\nContent-Disposition: form-data; name=\"headers\"\r\n\r\n"
          "X: y\r\nFrom: Bea\r\n <b@c>\r\n\r\n--b--\r\n", "X", "y",
          true },
        { "From: b@c\r\nTo: d@e\r\n\r\nCc: no@e\r\n", "To", "d@e",
          true },
        { "From: b@c\r\nTo: d@e\r\n\r\nCc: no@e\r\n", "Cc", "no@e",
          false },
        { "{\"a\":\"{\\\"b\\\":\\\"{\\\\\\\"c\\\\\\\":1}\\\"}\"}",
          "c", "1", true },
        { "", "", "", false },
        { "{", "", "", false },
    };

    (void) state;
    ar = pl_arena_create(4096, 1 << 20);
    assert_non_null(ar);

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_values_find(pl_str_c(rows[i].body), ar, is,
                                        &rows[i], &found), PL_OK);
        if (found != rows[i].found) {
            fail_msg("%s: %s", rows[i].body, rows[i].value);
        }
    }

    pl_arena_destroy(ar);
}


static void
wrap(char *body)
{
    char    out[512];
    size_t  i, n;

    n = (size_t) snprintf(out, sizeof(out), "{\"a\":\"");

    for (i = 0; body[i] != '\0'; i++) {
        if (body[i] == '"' || body[i] == '\\') {
            out[n++] = '\\';
        }

        out[n++] = body[i];
    }

    memcpy(out + n, "\"}", 3);
    memcpy(body, out, n + 3);
}


/* Bodies within one another are seen to a depth, and no further. */

static void
depth_is_bounded(void **state)
{
    bool         found;
    char         body[512] = "{\"k\":1}";
    unsigned     depth;
    pl_arena_t  *ar;
    row_t        row = { NULL, "k", "1", true };

    (void) state;
    ar = pl_arena_create(4096, 1 << 20);
    assert_non_null(ar);

    for (depth = 1; depth <= PL_VALUES_DEPTH_MAX + 1; depth++) {
        assert_int_equal(pl_values_find(pl_str_c(body), ar, is, &row,
                                        &found), PL_OK);
        assert_int_equal(found, depth <= PL_VALUES_DEPTH_MAX);
        wrap(body);
    }

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(values_are_seen_whole),
        cmocka_unit_test(depth_is_bounded),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
