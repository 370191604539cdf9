/*
 * Decoding at its limits: rows of rules, and depth.
 */

#include "codec.h"

#define FLOW   &pl__flow_file__descriptor
#define HOOK   &pl__wa__webhook__descriptor
#define FFFD   "\xef\xbf\xbd"


static void
bounds(void **state)
{
    static const struct {
        const char   *text;
        pl_status_t   rc;
        const char   *path;
        const char   *why;
    } cases[] = {
        { "{\"flow\":\"1\"}", PL_INVALID, "flow", "shorter than 2 bytes" },
        { "{\"flow\":\"12\"}", PL_OK, NULL, NULL },
        { "{\"flow\":\"1234\"}", PL_OK, NULL, NULL },
        { "{\"flow\":\"12345\"}", PL_TOOBIG, "flow", "longer than 4 bytes" },
        { "{\"flow\":\"\xc3\xa9\xc3\xa9\"}", PL_OK, NULL, NULL },
        { "{\"flow\":\"\xff\xff\"}", PL_TOOBIG, "flow",     /* U+FFFD twice */
          "longer than 4 bytes" },
        { "{\"flow\":\"\\u00e9\\u00e9a\"}", PL_TOOBIG, "flow",
          "longer than 4 bytes" },

        { "{\"flow\":\"12\",\"triggers\":[{\"step\":\"\",\"keywords\":[]}]}",
          PL_INVALID, "triggers[0].keywords", "fewer than 1 elements" },
        { "{\"flow\":\"12\",\"triggers\":[{\"step\":\"\"}]}",
          PL_INVALID, "triggers[0].keywords", "fewer than 1 elements" },
        { "{\"flow\":\"12\",\"triggers\":[{\"step\":\"\",\"keywords\":"
          "[\"1\",\"2\",\"3\"]}]}", PL_OK, NULL, NULL },
        { "{\"flow\":\"12\",\"triggers\":[{\"step\":\"\",\"keywords\":"
          "[\"1\",\"2\",\"3\",\"4\",5]}]}", PL_TOOBIG,
          "triggers[0].keywords[3]", "more than 3 elements" },

        { "{\"flow\":\"12\",\"steps\":{\"s\":{\"say\":{\"text\":\"\"},"
          "\"after_s\":1}}}", PL_OK, NULL, NULL },
        { "{\"flow\":\"12\",\"steps\":{\"s\":{\"say\":{\"text\":\"\"},"
          "\"after_s\":0}}}", PL_INVALID, "steps.s.after_s", "less than 1" },
        { "{\"flow\":\"12\",\"steps\":{\"s\":{\"say\":{\"text\":\"\"},"
          "\"after_s\":61}}}", PL_TOOBIG, "steps.s.after_s",
          "more than 60" },

        { "{\"flow\":\"12\",\"description\":\"\"}", PL_INVALID, "default",
          "required" },
        { "{\"flow\":\"12\",\"description\":null}", PL_OK, NULL, NULL },
        { "{\"flow\":\"12\",\"default\":\"x\",\"description\":\"\"}", PL_OK,
          NULL, NULL },
    };

    size_t  i;

    for (i = 0; i < PL_COUNT(cases); i++) {
        if (cases[i].rc == PL_OK) {
            (void) codec_ok(*state, FLOW, cases[i].text);

        } else {
            codec_fails(*state, FLOW, cases[i].text, cases[i].rc,
                        cases[i].path, cases[i].why);
        }
    }

    (void) codec_ok(*state, &kinds_descriptor, "{\"u64\":1000}");
    codec_fails(*state, &kinds_descriptor, "{\"u64\":1001}", PL_TOOBIG, "u64",
                "more than 1000");
    codec_fails(*state, &kinds_descriptor, "{\"u64\":18446744073709551615}",
                PL_TOOBIG, "u64", "more than 1000");
}


static size_t
put(char *text, size_t len, const char *what)
{
    memcpy(text + len, what, strlen(what) + 1);

    return len + strlen(what);
}


/* head, n times open, inner, n times close, tail */
static size_t
nest(char *text, const char *head, size_t n, const char *open,
    const char *inner, const char *close, const char *tail)
{
    size_t  i, len;

    len = put(text, 0, head);

    for (i = 0; i < n; i++) {
        len = put(text, len, open);
    }

    len = put(text, len, inner);

    for (i = 0; i < n; i++) {
        len = put(text, len, close);
    }

    return put(text, len, tail);
}


/* Skipped ones count as others do, whether objects or arrays. */
static void
depth(void **state)
{
    size_t    len;
    char      text[2000];
    codec_t  *test = *state;

    const size_t  most = PL_JSON_DEPTH_MAX;

    len = nest(text, "", most - 1, "{\"sub\":", "{}", "}", "");
    (void) codec_decode(test, &kinds_descriptor, text, len, 0, PL_OK);
    len = nest(text, "", most, "{\"sub\":", "{}", "}", "");
    (void) codec_decode(test, &kinds_descriptor, text, len, 0, PL_TOOBIG);
    assert_string_equal(test->err.text, "nested deeper than 32");
    assert_int_equal(strlen(test->err.path), 4 * most - 1);
    assert_memory_equal(test->err.path, "sub.sub.sub.", 12);
    assert_int_equal(test->err.column, 7 * most + 1);

    len = nest(text, "{\"object\":\"\",\"new\":", most - 1, "[", "1", "]", "}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_OK);
    len = nest(text, "{\"object\":\"\",\"new\":", most, "[", "1", "]", "}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_TOOBIG);

    len = nest(text, "{\"object\":\"\",\"new\":", most - 2, "{\"x\":", "{}",
               "}", "}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_OK);
    len = nest(text, "{\"object\":\"\",\"new\":", most - 1, "{\"x\":", "{}",
               "}", "}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_TOOBIG);

    /* of the whole at the last level that yajl is given memory for */
    len = nest(text, "{\"object\":\"\",\"entry\":[{\"x\":",
               PL_JSON_NEST_MAX - 3, "[", "", "]", "}]}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_OK);
    len = nest(text, "{\"object\":\"\",\"entry\":[{\"x\":",
               PL_JSON_NEST_MAX - 2, "[", "", "]", "}]}");
    (void) codec_decode(test, HOOK, text, len, 0, PL_TOOBIG);
}


/* An element that carries errors is unfit alone; its neighbours are not. */
static void
depth_of_an_element(void **state)
{
    size_t              i, len;
    char                text[2000];
    codec_t            *test = *state;
    Pl__Wa__Webhook    *hook;

    static const struct {
        const char  *open, *close;
    } deep[] = {
        { "[", "]" },           /* within what is skipped, or is no list */
        { "{\"x\":[", "]}" },
    };

    static const char *const  keys[] = { "x", "changes" };

    for (i = 0; i < 4; i++) {
        char  head[100];

        (void) snprintf(head, sizeof(head),
                        "{\"object\":\"\",\"entry\":[{\"id\":\"1\"},{\"%s\":",
                        keys[i / 2]);
        len = nest(text, head, 40, deep[i % 2].open, "", deep[i % 2].close,
                   ",\"id\":\"2\"},{\"id\":\"3\",\"changes\":[]}]}");
        hook = (Pl__Wa__Webhook *) codec_decode(test, HOOK, text, len, 0,
                                                PL_OK);
        assert_int_equal(hook->n_entry, 3);
        assert_null(hook->entry[0]->bad);
        assert_null(hook->entry[2]->bad);

        if (i < 2) {
            assert_non_null(strstr(hook->entry[1]->bad, "nested deeper"));

        } else if (i == 2) {
            assert_non_null(hook->entry[1]->changes[0]->bad);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(bounds),
        cmocka_unit_test(depth),
        cmocka_unit_test(depth_of_an_element),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_limit", tests, codec_setup,
                                       codec_teardown);
}
