/*
 * Decoding at its limits: rows of rules, and depth.
 */

#include "codec.h"

#define FLOW   &pl__flow_file__descriptor
#define HOOK   &pl__wa__webhook__descriptor
#define FFFD   "\xef\xbf\xbd"


/* n objects in one another, or n arrays in the innermost of objects. */
static size_t
nest(char *text, size_t objects, size_t arrays, const char *key)
{
    char    *p;
    size_t   i;

    p = text;

    for (i = 0; i < objects - 1; i++) {
        p += snprintf(p, 40, "{\"%s\":", key);
    }

    p += snprintf(p, 40, (arrays > 0) ? "{\"new\":" : "{");

    for (i = 0; i < arrays; i++) {
        *p++ = '[';
    }

    for (i = 0; i < arrays; i++) {
        *p++ = ']';
    }

    for (i = 0; i < objects; i++) {
        *p++ = '}';
    }

    *p = '\0';

    return (size_t) (p - text);
}


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


static void
depth(void **state)
{
    char              text[2000];
    size_t            i, len;
    codec_t          *test = *state;

    len = nest(text, PL_JSON_DEPTH_MAX, 0, "sub");
    (void) codec_decode(test, &kinds_descriptor, text, len, 0, PL_OK);
    len = nest(text, PL_JSON_DEPTH_MAX + 1, 0, "sub");
    (void) codec_decode(test, &kinds_descriptor, text, len, 0, PL_TOOBIG);
    assert_string_equal(test->err.text, "nested deeper than 32");

    assert_int_equal(strlen(test->err.path), 4 * PL_JSON_DEPTH_MAX - 1);
    assert_memory_equal(test->err.path, "sub.sub.sub.", 12);

    /* Skipped ones count too; nothing shows how deep they would have gone. */
    len = (size_t) snprintf(text, sizeof(text), "{\"object\":\"\",\"new\":");
    (void) nest(text + len, PL_JSON_DEPTH_MAX - 1, 0, "x");
    (void) codec_ok(test, HOOK, strcat(text, "}"));

    len = (size_t) snprintf(text, sizeof(text), "{\"object\":\"\",\"new\":");
    (void) nest(text + len, PL_JSON_DEPTH_MAX, 0, "x");
    (void) codec_decode(test, HOOK, strcat(text, "}"), strlen(text), 0,
                        PL_TOOBIG);

    len = nest(text, 1, PL_JSON_DEPTH_MAX - 1, "");
    text[1] = '\0';
    (void) snprintf(text, sizeof(text), "{\"object\":\"\",\"new\":");
    for (i = 0; i < PL_JSON_DEPTH_MAX - 1; i++) {
        strcat(text, "[");
    }
    for (i = 0; i < PL_JSON_DEPTH_MAX - 1; i++) {
        strcat(text, "]");
    }
    (void) codec_ok(test, HOOK, strcat(text, "}"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(bounds),
        cmocka_unit_test(depth),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_limit", tests, codec_setup,
                                       codec_teardown);
}
