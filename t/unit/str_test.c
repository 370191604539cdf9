/*
 * Errors, byte strings, numbers, hex, base64, UTF-8, and keys.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"

#define FFFD  "\xef\xbf\xbd"


static pl_str_t
bytes(const char *data, size_t len)
{
    return (pl_str_t) { (const uint8_t *) data, len };
}


static void
err_says(void **state)
{
    char      buf[400], tiny[8];
    pl_err_t  err;

    (void) state;

    assert_int_equal(pl_err_set(NULL, PL_IO, "open", EIO, "x"), PL_IO);
    pl_err_path(NULL, "x");

    memset(&err, 0xff, sizeof(err));
    assert_int_equal(pl_err_set(&err, PL_IO, "open", ENOENT, "no %s", "file"),
                     PL_IO);
    assert_int_equal(err.status, PL_IO);
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);
    assert_string_equal(err.path, "");
    pl_err_path(&err, "/var/%s", "lib");
    assert_string_equal(pl_err_print(&err, buf, sizeof(buf)),
                        "open: /var/lib: no file (No such file or directory)");
    assert_string_equal(pl_err_print(&err, tiny, sizeof(tiny)), "open: /");
    assert_string_equal(pl_err_print(&err, buf, 1), "");
    assert_string_equal(pl_err_print(&err, buf, 0), "");

    (void) pl_err_set(&err, PL_IO, "put", -30798, "x");
    assert_string_equal(pl_err_print(&err, buf, sizeof(buf)),
                        "put: x (code -30798)");

    (void) pl_err_set(&err, PL_INVALID, NULL, 0, "%s", "");
    assert_string_equal(pl_err_print(&err, buf, sizeof(buf)), "");
}


/* What is added to an error from below is made of its own parts. */
static void
err_wraps(void **state)
{
    char      buf[1000], longest[600];
    pl_err_t  err;

    (void) state;

    (void) pl_err_set(&err, PL_FULL, "put", 0, "map is full");
    (void) pl_err_set(&err, err.status, err.op, err.sys, "journal: %s",
                      err.text);
    assert_string_equal(pl_err_print(&err, buf, sizeof(buf)),
                        "put: journal: map is full");
    pl_err_path(&err, "a");
    pl_err_path(&err, "%s.b", err.path);
    assert_string_equal(err.path, "a.b");

    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    (void) pl_err_set(&err, PL_FULL, longest, 0, "%s", longest);
    pl_err_path(&err, "%s", longest);
    assert_int_equal(strlen(err.op), PL_ERR_OP_MAX - 1);
    assert_int_equal(strlen(err.text), PL_ERR_TEXT_MAX - 1);
    assert_int_equal(strlen(err.path), PL_ERR_PATH_MAX - 1);
}


static void
status_names(void **state)
{
    int  i;

    (void) state;

    for (i = PL_OK; i <= PL_MISUSE; i++) {
        assert_true(strlen(pl_status_name((pl_status_t) i)) > 1);
    }

    assert_string_equal(pl_status_name(PL_OK), "ok");
    assert_non_null(pl_status_name((pl_status_t) 99));
    assert_non_null(pl_status_name((pl_status_t) -1));
}


static void
str_equal(void **state)
{
    (void) state;

    assert_true(pl_str_eq(PL_STR("a"), PL_STR("a")));
    assert_false(pl_str_eq(PL_STR("a"), PL_STR("b")));
    assert_false(pl_str_eq(PL_STR("a"), PL_STR("ab")));
    assert_true(pl_str_eq(PL_STR_NULL, PL_STR("")));
    assert_true(pl_str_eq(pl_str_c("abc"), PL_STR("abc")));
    assert_null(pl_str_c(NULL).data);
    assert_int_equal(pl_str_c(NULL).len, 0);
}


static void
str_numbers(void **state)
{
    static const struct {
        const char   *text;
        pl_status_t   rc;
        int64_t       n;
    } cases[] = {
        { "0", PL_OK, 0 },
        { "-0", PL_OK, 0 },
        { "42", PL_OK, 42 },
        { "-42", PL_OK, -42 },
        { "007", PL_OK, 7 },
        { "9223372036854775807", PL_OK, INT64_MAX },
        { "9223372036854775808", PL_TOOBIG, 0 },
        { "-9223372036854775808", PL_OK, INT64_MIN },
        { "-9223372036854775809", PL_TOOBIG, 0 },
        { "18446744073709551616", PL_TOOBIG, 0 },
        { "99999999999999999999999999999", PL_TOOBIG, 0 },
        { "99999999999999999999999999999x", PL_INVALID, 0 },
        { "", PL_INVALID, 0 },
        { "-", PL_INVALID, 0 },
        { "+1", PL_INVALID, 0 },
        { " 1", PL_INVALID, 0 },
        { "1 ", PL_INVALID, 0 },
        { "1.0", PL_INVALID, 0 },
        { "1e3", PL_INVALID, 0 },
        { "0x1", PL_INVALID, 0 },
        { "--1", PL_INVALID, 0 },
    };

    size_t   i;
    int64_t  n;

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        n = 77;
        assert_int_equal(pl_str_int(pl_str_c(cases[i].text), &n),
                         cases[i].rc);
        assert_int_equal(n, cases[i].rc == PL_OK ? cases[i].n : 77);
    }

    assert_int_equal(pl_str_int(PL_STR_NULL, &n), PL_INVALID);
}


static void
str_hex(void **state)
{
    char     text[9];
    uint8_t  out[4];

    (void) state;

    pl_hex_encode((const uint8_t *) "\x00\x9f\xa0\xff", 4, text);
    assert_string_equal(text, "009fa0ff");
    assert_true(pl_hex_decode(PL_STR("009FA0fF"), out, 4));
    assert_memory_equal(out, "\x00\x9f\xa0\xff", 4);
    assert_false(pl_hex_decode(PL_STR("009fa0f"), out, 4));
    assert_false(pl_hex_decode(PL_STR("009fa0ff0"), out, 4));
    assert_false(pl_hex_decode(PL_STR("009fa0fg"), out, 4));
    assert_false(pl_hex_decode(PL_STR("00 fa0ff"), out, 4));
    assert_false(pl_hex_decode(PL_STR("0@9fa0ff"), out, 4));
    assert_false(pl_hex_decode(PL_STR("0`9fa0ff"), out, 4));
    assert_true(pl_hex_decode(PL_STR(""), out, 0));
}


static void
str_base64(void **state)
{
    static const struct {
        const char  *plain;
        const char  *text;
    } cases[] = {
        { "", "" },
        { "f", "Zg==" },
        { "fo", "Zm8=" },
        { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" },
        { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" },
        { "\xff\xfe\xfd\xfb\xef", "//79++8=" },
    };
    static const char *const  wrong[] = {
        "Z", "Zg", "Zg=", "Zg===", "=", "==", "===", "====", "Zg==Zg==",
        "Zm8=Zm8=", "Z===", "Zm 9", "Zm9v\n", "Zm9-", "Zm9_", "Zh==", "Zm9=",
        "Z=g=", "Zm=v",
    };

    size_t       i;
    pl_str_t     out;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(256, 4096);

    for (i = 0; i < PL_COUNT(cases); i++) {
        out = pl_base64_encode(ar, pl_str_c(cases[i].plain));
        assert_true(pl_str_eq(out, pl_str_c(cases[i].text)));
        assert_int_equal(pl_base64_decode(ar, pl_str_c(cases[i].text), &out),
                         PL_OK);
        assert_non_null(out.data);
        assert_true(pl_str_eq(out, pl_str_c(cases[i].plain)));
    }

    for (i = 0; i < PL_COUNT(wrong); i++) {
        assert_int_equal(pl_base64_decode(ar, pl_str_c(wrong[i]), &out),
                         PL_INVALID);
    }

    pl_arena_destroy(ar);

    ar = pl_arena_create(256, 16);
    assert_null(pl_base64_encode(ar, PL_STR("0123456789abc")).data);
    assert_int_equal(pl_base64_decode(ar, PL_STR("MDEyMzQ1Njc4OWFiY2RlZg=="),
                                      &out), PL_NOMEM);
    pl_arena_destroy(ar);
}


static void
utf8_cleans(void **state)
{
    static const struct {
        const char  *in;
        size_t       len;
        const char  *out;
        bool         valid;
    } cases[] = {
        { "", 0, "", true },
        { "hello, plain world", 18, "hello, plain world", true },
        { "caf\xc3\xa9", 5, "caf\xc3\xa9", true },
        { "\xe2\x82\xac", 3, "\xe2\x82\xac", true },
        { "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80", true },
        { "\x7f\x01", 2, "\x7f\x01", true },
        { "\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf", true },
        { "\xef\xbf\xbf", 3, "\xef\xbf\xbf", true },
        { "a\0b", 3, "a" FFFD "b", true },
        { "1234567\0", 8, "1234567" FFFD, true },
        { "\x80", 1, FFFD, false },
        { "\xff", 1, FFFD, false },
        { "\xc0\x80", 2, FFFD FFFD, false },            /* overlong */
        { "\xc1\xbf", 2, FFFD FFFD, false },
        { "\xe0\x80\x80", 3, FFFD FFFD FFFD, false },
        { "\xe0\x9f\xbf", 3, FFFD FFFD FFFD, false },
        { "\xf0\x8f\xbf\xbf", 4, FFFD FFFD FFFD FFFD, false },
        { "\xf4\x90\x80\x80", 4, FFFD FFFD FFFD FFFD, false },
        { "\xf5\x80\x80\x80", 4, FFFD FFFD FFFD FFFD, false },
        { "\xed\xa0\x80", 3, FFFD, false },             /* surrogates */
        { "\xed\xbf\xbf", 3, FFFD, false },
        { "\xed\x9f\xbf", 3, "\xed\x9f\xbf", true },
        { "\xed\xa0\xbd\xed\xb8\x80", 6, FFFD FFFD, false },
        { "\xc3", 1, FFFD, false },                     /* cut off */
        { "\xe2\x82", 2, FFFD FFFD, false },
        { "\xf0\x9f\x98", 3, FFFD FFFD FFFD, false },
        { "\xc3" "a", 2, FFFD "a", false },
        { "\xe2\x82\xc3\xa9", 4, FFFD FFFD "\xc3\xa9", false },
        { "12345678\xff" "abcdefgh", 17, "12345678" FFFD "abcdefgh", false },
    };

    char        *out;
    size_t       i;
    pl_str_t     in;
    pl_arena_t  *ar;

    (void) state;

    ar = pl_arena_create(256, 65536);

    for (i = 0; i < PL_COUNT(cases); i++) {
        in = bytes(cases[i].in, cases[i].len);
        out = pl_utf8_clean(ar, in);
        assert_non_null(out);
        assert_string_equal(out, cases[i].out);
        assert_int_equal(pl_utf8_valid(in), cases[i].valid);
        assert_true(pl_utf8_valid(pl_str_c(out)));
    }

    assert_string_equal(pl_utf8_clean(ar, PL_STR_NULL), "");
    pl_arena_destroy(ar);
}


/* Wherever in a word the odd byte stands, it is seen; and where memory ends. */
static void
utf8_positions(void **state)
{
    char         text[64], expected[96];
    size_t       i, len;
    pl_arena_t  *ar;

    (void) state;

    for (len = 1; len < 40; len++) {
        for (i = 0; i < len; i++) {
            memset(text, 'x', len);
            text[i] = (i % 2 == 0) ? '\0' : '\x80';
            (void) snprintf(expected, sizeof(expected), "%.*s" FFFD "%.*s",
                            (int) i, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                            (int) (len - i - 1),
                            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

            /* Just the room that it takes, and one piece less. */
            ar = pl_arena_create(16, (len + 3 + 15) & ~15u);
            assert_string_equal(pl_utf8_clean(ar, bytes(text, len)), expected);
            pl_arena_destroy(ar);

            ar = pl_arena_create(16, ((len + 3 + 15) & ~15u) - 16);
            assert_null(pl_utf8_clean(ar, bytes(text, len)));
            pl_arena_destroy(ar);
        }
    }
}


static void
names(void **state)
{
    char    text[PL_NAME_MAX + 2];
    size_t  i;

    static const char *const  wrong[] = {
        "", "a b", "a.b", "a/b", "\xc3\xa9", "a\n", "@", "[", "`", "{", ":"
    };

    (void) state;

    memset(text, 'n', sizeof(text));
    assert_true(pl_name_valid(PL_STR("Az09-_")));
    assert_true(pl_name_valid(bytes(text, PL_NAME_MAX)));
    assert_false(pl_name_valid(bytes(text, PL_NAME_MAX + 1)));

    for (i = 0; i < PL_COUNT(wrong); i++) {
        assert_false(pl_name_valid(pl_str_c(wrong[i])));
    }
}


static void
keys(void **state)
{
    uint8_t   be[8];
    pl_key_t  key = { 0 };
    pl_str_t  s;

    (void) state;

    pl_key_u8(&key, 0xab);
    pl_key_u32(&key, 0x01020304);
    pl_key_u64(&key, 0x1112131415161718ull);
    pl_key_bytes(&key, "xy", 2);
    pl_key_bytes(&key, NULL, 0);
    s = pl_key_str(&key);
    assert_int_equal(s.len, 15);
    assert_memory_equal(s.data, "\xab\x01\x02\x03\x04\x11\x12\x13\x14\x15\x16"
                        "\x17\x18xy", 15);
    assert_true(pl_key_ok(&key));
    assert_int_equal(pl_be32(s.data + 1), 0x01020304);
    assert_true(pl_be64(s.data + 5) == 0x1112131415161718ull);
    pl_be64_put(be, UINT64_MAX - 1);
    assert_true(pl_be64(be) == UINT64_MAX - 1);
}


static void
key_limit(void **state)
{
    uint8_t   data[PL_KEY_MAX + 1] = { 0 };
    pl_key_t  key = { 0 };

    (void) state;

    pl_key_bytes(&key, data, PL_KEY_MAX);
    assert_true(pl_key_ok(&key));
    assert_int_equal(pl_key_str(&key).len, PL_KEY_MAX);
    pl_key_u8(&key, 1);
    assert_false(pl_key_ok(&key));
    assert_int_equal(pl_key_str(&key).len, PL_KEY_MAX);

    key = (pl_key_t) { 0 };
    pl_key_bytes(&key, data, PL_KEY_MAX + 1);
    assert_false(pl_key_ok(&key));
    pl_key_u8(&key, 1);
    assert_false(pl_key_ok(&key));
    assert_int_equal(pl_key_str(&key).len, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(err_says),
        cmocka_unit_test(err_wraps),
        cmocka_unit_test(status_names),
        cmocka_unit_test(str_equal),
        cmocka_unit_test(str_numbers),
        cmocka_unit_test(str_hex),
        cmocka_unit_test(str_base64),
        cmocka_unit_test(utf8_cleans),
        cmocka_unit_test(utf8_positions),
        cmocka_unit_test(names),
        cmocka_unit_test(keys),
        cmocka_unit_test(key_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
