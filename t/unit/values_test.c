/*
 * Values of bodies: whole, decoded, with their keys, of bodies that are whole
 * or broken, and within one another.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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


/* In room of its own, to the byte: what reads or writes beside it is seen. */

static bool
find(const void *body, size_t len, pl_value_pt is, void *data)
{
    bool      found;
    uint8_t  *copy = malloc(len + (len == 0));

    assert_non_null(copy);
    memcpy(copy, body, len);
    found = pl_values_find(copy, len, is, data);
    free(copy);

    return found;
}


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
    size_t  i;

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
        { "--b\r\nContent-Disposition: form-data; filename=\"name=x\"; "
          "name=to\r\n\r\nd@e\r\n--b\r\n\r\nx\r\n--b--\r\n", "to", "d@e",
          true },
        { "--b\r\nContent-Disposition: form-data;name=\"", "", "", true },
        { "{\"RawEmail\":\"From: x\\r\\nTo: d@e\\r\\n\\r\\n\"}", "To",
          "d@e", true },
        { "a=%", "a", "%", true },
        { "a=%4", "a", "%4", true },
        { "a&=&b=%41&", "b", "A", true },
        { "", "", "", false },
        { "{", "", "", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (find(rows[i].body, strlen(rows[i].body), is, &rows[i])
            != rows[i].found)
        {
            fail_msg("%s: %s", rows[i].body, rows[i].value);
        }
    }
}


static void
wrap(char *body)
{
    char    out[1024];
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


/* Bodies within one another are seen to a depth; of what is deeper, words. */

static void
depth_is_bounded(void **state)
{
    char      body[1024] = "{\"k\":\"a@b.c\"}";
    unsigned  depth;
    row_t     row = { NULL, "k", "a@b.c", true };
    row_t     word = { NULL, "", "a@b.c", true };

    (void) state;

    for (depth = 1; depth <= PL_VALUES_DEPTH_MAX + 2; depth++) {
        assert_int_equal(find(body, strlen(body), is, &row),
                         depth <= PL_VALUES_DEPTH_MAX);
        assert_int_equal(find(body, strlen(body), is, &word),
                         depth > PL_VALUES_DEPTH_MAX);
        wrap(body);
    }
}


static void
words_are_whole(void **state)
{
    size_t  i;

    static row_t  rows[] = {
        { "to a@b.c, and", "", "a@b.c", true },
        { "to xa@b.c, and", "", "a@b.c", false },
        { "<a@b.c>", "", "a@b.c", true },
        { "mail a@b.c.", "", "a@b.c", true },
        { "a@b.c.mx", "", "a@b.c", false },
        { "o'a@b.c", "", "a@b.c", false },
        { "'a@b.c'", "", "a@b.c", true },
        { "x\\na@b.c\\", "", "a@b.c", true },
        { "tel:+346;", "", "+346", true },
        { "3461", "", "346", false },
        { "\xc3\xb1" "346", "", "346", false },
        { "+", "", "", false },
        { "", "", "", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (pl_values_words(pl_str_c(rows[i].body), is, &rows[i])
            != rows[i].found)
        {
            fail_msg("%s: %s", rows[i].body, rows[i].value);
        }
    }
}


static bool
counts(void *data, pl_str_t key, pl_str_t value)
{
    size_t  *n = data;

    (void) key;
    (void) value;
    (*n)++;

    return false;
}


static size_t
counted(const char *head, const char *each, size_t times)
{
    char    *body, *p;
    size_t   n = 0, len = strlen(each);

    body = malloc(strlen(head) + times * len + 1);
    assert_non_null(body);

    for (p = stpcpy(body, head); times > 0; times--) {
        p = stpcpy(p, each);
    }

    assert_false(find(body, (size_t) (p - body), counts, &n));
    free(body);

    return n;
}


/* Of whatever there is much in a body, all of it is seen. */

static void
much_of_anything_is_seen(void **state)
{
    (void) state;
    assert_int_equal(counted("", "Email: a\r\n b\r\n", 200000), 200000);
    assert_int_equal(counted("", "Email: a\r\n b=c\r\n", 200000), 400000);
    assert_int_equal(counted("", "&a=%41", 500000), 500000);
    assert_int_equal(counted("[", "\"\\u0041\",", 300000), 300000);
    assert_int_equal(counted("[", "\"[\\\"1\\\"]\",", 300000), 600000);
    assert_int_equal(counted("[\"", "\\u0041", 500000), 1);
    assert_int_equal(counted("{\"a\":", "[", 3000000), 0);
    assert_int_equal(counted("--b\r\n", "\r\n1\r\n--b\r\n", 300000), 300000);
    assert_int_equal(counted("[", "1,", 1500000), 1500000);
}


/* Broken at any byte: what is behind it is not read. */

static void
any_bytes_will_do(void **state)
{
    size_t    i, j, len, n = 0;
    uint8_t   body[256];
    uint64_t  seed = 7;

    static const char  some[] = "{}[]\"\\:=&%+-\r\n ;ubn04aname=email-";

    (void) state;

    for (i = 0; i < 100000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        len = (seed >> 33) % sizeof(body);

        for (j = 0; j < len; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            body[j] = (seed >> 60) == 0 ? (uint8_t) (seed >> 40)
                      : (uint8_t) some[(seed >> 33) % (sizeof(some) - 1)];
        }

        assert_false(find(body, len, counts, &n));
        assert_false(pl_values_words((pl_str_t) { body, len }, counts, &n));
    }

    assert_true(n > i);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(values_are_seen_whole),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(words_are_whole),
        cmocka_unit_test(much_of_anything_is_seen),
        cmocka_unit_test(any_bytes_will_do),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
