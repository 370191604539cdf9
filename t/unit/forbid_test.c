/*
 * Files of forbidden patterns: what they may say, where their mistakes are,
 * and what of a message is matched.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/json.h"
#include "../../src/core/str.h"
#include "../../src/engine/forbid.h"
#include "../../src/engine/shapes.h"

/* The content that this JSON is. */

static const char *
finds(const char *rules, const char *json)
{
    static char         found[PL_FORBID_NAME_MAX + 16];
    pl_err_t            err;
    pl_arena_t         *ar;
    pl_codec_t         *codec;
    const char         *rule;
    pl_forbid_t        *forbid;
    ProtobufCMessage   *msg;
    pl_match_state_t   *match;

    ar = pl_arena_create(4096, 1u << 22);
    match = pl_match_state_create();
    assert_int_equal(pl_shapes_codec(&codec, &err), PL_OK);
    assert_int_equal(pl_forbid_compile(&forbid, pl_str_c(rules), &err),
                     PL_OK);
    if (pl_json_decode(codec, &pl__content__descriptor, pl_str_c(json), 0,
                       ar, &msg, &err) != PL_OK)
    {
        fail_msg("%s: %s", err.path, err.text);
    }

    rule = pl_forbid_find(forbid, match, (Pl__Content *) msg);

    if (rule != NULL) {
        (void) snprintf(found, sizeof(found), "%s", rule);
        rule = found;
    }

    pl_forbid_destroy(forbid);
    pl_match_state_destroy(match);
    pl_codec_destroy(codec);
    pl_arena_destroy(ar);

    return rule;
}


static void
test_files(void **state)
{
    size_t        i;
    pl_err_t      err;
    pl_forbid_t  *forbid;
    pl_status_t   rc;

    static const struct {
        const char  *text;
        unsigned     line;          /* 0: it is right */
        unsigned     column;
    } files[] = {
        { "", 0, 0 },
        { "\n\n#\n  # nothing: at all\n", 0, 0 },
        { "a: b", 0, 0 },
        { "a:b\r\n\t b-2 :c\n", 2, 3 },         /* a blank in a name */
        { "a: b\nA: c\na-b_1: d\n", 0, 0 },
        { "a: b\n\na: c\n", 3, 1 },
        { "just a line\n", 1, 1 },
        { "  : x\n", 1, 3 },
        { "a:\n", 1, 3 },
        { "a:   \n", 1, 3 },
        { "# fine\n  bad: x(y\n", 2, 11 },
        { "bad: [z\n", 1, 8 },
        { "123456789012345678901234567890123456789012345678: x", 0, 0 },
        { "1234567890123456789012345678901234567890123456789: x", 1, 1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(files); i++) {
        memset(&err, 0, sizeof(err));
        rc = pl_forbid_compile(&forbid, pl_str_c(files[i].text), &err);

        if (rc == PL_OK) {
            pl_forbid_destroy(forbid);
        }

        if ((rc == PL_OK) != (files[i].line == 0)
            || err.line != files[i].line || err.column != files[i].column)
        {
            fail_msg("file %zu: %s at %u:%u: %s", i, pl_status_name(rc),
                     err.line, err.column, err.text);
        }
    }
}


static size_t
rule_at(char *p, int i)
{
    return (size_t) snprintf(p, 32, "r%d: x\n", i);
}


static void
test_limits(void **state)
{
    char         *text, *p;
    int           i;
    pl_str_t      s;
    pl_err_t      err;
    pl_forbid_t  *forbid;

    (void) state;

    text = malloc(PL_FORBID_BYTES_MAX + 1);
    assert_non_null(text);

    for (i = 0, p = text; i < PL_FORBID_RULES_MAX; i++) {
        p += rule_at(p, i);
    }

    s.data = (uint8_t *) text;
    s.len = (size_t) (p - text);
    assert_int_equal(pl_forbid_compile(&forbid, s, &err), PL_OK);
    pl_forbid_destroy(forbid);

    p += rule_at(p, i);
    s.len = (size_t) (p - text);
    assert_int_equal(pl_forbid_compile(&forbid, s, &err), PL_TOOBIG);
    assert_int_equal(err.line, PL_FORBID_RULES_MAX + 1);

    memset(text, '\n', PL_FORBID_BYTES_MAX + 1);
    s.len = PL_FORBID_BYTES_MAX;
    assert_int_equal(pl_forbid_compile(&forbid, s, &err), PL_OK);
    pl_forbid_destroy(forbid);
    s.len = PL_FORBID_BYTES_MAX + 1;
    assert_int_equal(pl_forbid_compile(&forbid, s, &err), PL_TOOBIG);

    free(text);
}


/* Every text that people read, and nothing else. */

static void
test_texts(void **state)
{
    size_t       i;
    const char  *rule;

    static const char *const  has[] = {
        "{\"type\":\"text\",\"text\":{\"body\":\"a BAD word\"}}",
        "{\"type\":\"image\",\"media\":{\"id\":\"1\",\"caption\":\"bad\"}}",
        "{\"type\":\"document\",\"media\":{\"id\":\"1\","
            "\"filename\":\"bad.pdf\"}}",
        "{\"type\":\"template\",\"template\":{\"name\":\"n\","
            "\"language\":\"en\",\"body\":[{\"text\":\"x\"},"
            "{\"text\":\"bad\"}]}}",
        "{\"type\":\"location\",\"location\":{\"latitude\":\"1\","
            "\"longitude\":\"2\",\"name\":\"bad\"}}",
        "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"button\","
            "\"body\":\"x\",\"action\":{\"buttons\":[{\"id\":\"1\","
            "\"title\":\"bad\"}]}}}",
        "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"list\","
            "\"body\":\"x\",\"footer\":\"bad\"}}",
    };

    static const char *const  has_not[] = {
        "{\"type\":\"text\",\"text\":{\"body\":\"a good word\"}}",
        "{\"type\":\"bad\",\"text\":{\"body\":\"x\"}}",
        "{\"type\":\"image\",\"media\":{\"id\":\"bad\"}}",
        "{\"type\":\"template\",\"template\":{\"name\":\"bad\","
            "\"language\":\"bad\",\"body\":[{\"text\":\"x\","
            "\"name\":\"bad\"}]}}",
        "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"button\","
            "\"body\":\"x\",\"action\":{\"buttons\":[{\"id\":\"bad\","
            "\"title\":\"x\"}]}}}",
    };

    (void) state;

    for (i = 0; i < PL_COUNT(has); i++) {
        rule = finds("other: zzz\nword: b[a]d\n", has[i]);
        if (rule == NULL || strcmp(rule, "content.word") != 0) {
            fail_msg("not in %s", has[i]);
        }
    }

    for (i = 0; i < PL_COUNT(has_not); i++) {
        if (finds("word: bad\n", has_not[i]) != NULL) {
            fail_msg("in %s", has_not[i]);
        }
    }
}


/* The first rule of the file, and one that runs out of steps. */

static void
test_which(void **state)
{
    (void) state;

    assert_string_equal(finds("two: b\none: a\n", "{\"type\":\"text\","
                              "\"text\":{\"body\":\"ab\"}}"),
                        "content.two");
    assert_string_equal(finds("slow: (a+)+$\n", "{\"type\":\"text\","
                              "\"text\":{\"body\":\"aaaaaaaaaaaaaaaaaaaaaaaa"
                              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}}"),
                        "content.slow");
    assert_string_equal(finds("umlaut: stra\xc3\x9f""e\n",
                              "{\"type\":\"text\",\"text\":{\"body\":"
                              "\"STRA\xe1\xba\x9e""E\"}}"),
                        "content.umlaut");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_which),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("forbid", tests, NULL, NULL);
}
