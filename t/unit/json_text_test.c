/*
 * Decoding of strings: escapes, surrogates, U+0000, bytes that are no UTF-8.
 */

#include "codec.h"

#define FFFD   "\xef\xbf\xbd"


static void
strings(void **state)
{
    static const struct {
        const char  *in;
        const char  *out;
    } cases[] = {
        { "", "" },
        { "plain", "plain" },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
        { "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac" },
        { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
        { "\\uD83D\\uDE00!", "\xf0\x9f\x98\x80!" },
        { "a\\ud83d\\ude00b\\ud83d\\ude01",
          "a\xf0\x9f\x98\x80" "b\xf0\x9f\x98\x81" },
        { "\\udbff\\udfff", "\xf4\x8f\xbf\xbf" },
        { "\\ud800", FFFD },                        /* lone high */
        { "\\ud800x", FFFD "x" },
        { "\\ud800\\n", FFFD "\n" },
        { "\\ud800\\u0041", FFFD "A" },
        { "\\ud800\\ud800\\udc00", FFFD "\xf0\x90\x80\x80" },
        { "\\ud800\\\\udc00", FFFD "\\udc00" },
        { "\\udc00", FFFD },                        /* lone low */
        { "\\udc00\\ud800", FFFD FFFD },
        { "a\\u0000b", "a" FFFD "b" },
        { "\\u0000", FFFD },
        { "\\\\u0000", "\\u0000" },
        { "\\\\\\u0000", "\\" FFFD },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
        { "\xff", FFFD },
        { "\xff\\n\xc3", FFFD "\n" FFFD },
        { "\xed\xa0\x80", FFFD },
        { "\xe2\x82\\u00ac", FFFD FFFD "\xc2\xac" },
        { "\xf0\x9f\x98\x80\\\"", "\xf0\x9f\x98\x80\"" },
        { "\\\\", "\\" },
        { "\\\\\\\\\\\"", "\\\\\"" },
        { "//*", "//*" },
    };

    char      text[200];
    size_t    i;
    kinds_t  *k;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) snprintf(text, sizeof(text), "{\"text\":\"%s\",\"texts\" : [ "
                        "\"%s\" , \"%s\"]}", cases[i].in, cases[i].in,
                        cases[i].in);
        k = codec_ok(*state, &kinds_descriptor, text);
        assert_string_equal(k->text, cases[i].out);
        assert_string_equal(k->texts[0], cases[i].out);
        assert_string_equal(k->texts[1], cases[i].out);
    }
}


/* An escaped key is the same key. */
static void
keys_with_escapes(void **state)
{
    kinds_t  *k;

    k = codec_ok(*state, &kinds_descriptor,
                 "{\"\\u0069\\u00332\":5,\"si\\u0078ty\\u002dfour\":6}");
    assert_int_equal(k->i32, 5);
    assert_true(k->f64 == 6);
}


/* A text of others on one line: the same text, and valid whatever it held. */
static void
lines(void **state)
{
    static const struct {
        const char   *in;
        const char   *out;          /* NULL: refused, with */
        pl_status_t   rc;
    } cases[] = {
        { " { \"a\" : [ 1 ,\n2.50, 1e999 ] } ", "{\"a\":[1,2.50,1e999]}",
          PL_OK },
        { "{\"t\":\"\\u0000\\ud800\xff\"}",
          "{\"t\":\"" FFFD FFFD FFFD "\"}", PL_OK },
        { "/* a */ 12345678901234567890123 // b", "12345678901234567890123",
          PL_OK },
        { "null", "null", PL_OK },
        { "\"x\"", "\"x\"", PL_OK },
        { "", NULL, PL_INVALID },
        { "{", NULL, PL_INVALID },
        { "{} {}", NULL, PL_INVALID },
        { "tok=1", NULL, PL_INVALID },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", NULL, PL_TOOBIG },
    };

    size_t    i;
    codec_t  *test = *state;
    pl_str_t  line;

    for (i = 0; i < PL_COUNT(cases); i++) {
        assert_int_equal(pl_json_line(test->ar, pl_str_c(cases[i].in), &line,
                                      NULL), cases[i].rc);
        assert_true(pl_str_eq(line, pl_str_c(cases[i].out)));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(strings),
        cmocka_unit_test(keys_with_escapes),
        cmocka_unit_test(lines),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_text", tests, codec_setup,
                                       codec_teardown);
}
