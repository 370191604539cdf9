/*
 * Text that is no JSON, or more than one value; comments; and the line and
 * column of each kind of error.
 */

#include "codec.h"

#define FLOW  &pl__flow_file__descriptor
#define HOOK  &pl__wa__webhook__descriptor


static void
broken(void **state)
{
    static const char *const  texts[] = {
        "", " ", "\n\n", "{", "}", "[", "{\"", "{\"a", "{\"a\"", "{\"a\":",
        "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "{a:1}", "{'a':1}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}",
        "{\"a\":{]}", "{1:2}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}",
        "{\"a\":5.}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":0x1}",
        "{\"a\":NaN}", "{\"a\":nul}", "{\"a\":True}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\t\"}",
        "{\"a\":\"\n\"}", "{\"a\":\"\x01\"}", "{\"a\":undefined}",
        "\xef\xbb\xbf{\"object\":\"\"}", "{\"a\":1}/", "{,}", "{\"a\":,}",
    };

    size_t  i;

    for (i = 0; i < PL_COUNT(texts); i++) {
        (void) codec_decode(*state, HOOK, texts[i], strlen(texts[i]), 0,
                            PL_INVALID);
        assert_true(((codec_t *) *state)->err.line > 0);
        assert_true(((codec_t *) *state)->err.column > 0);
    }

    (void) codec_decode(*state, HOOK, "{\"object\":\"\0\"}", 13, 0,
                        PL_INVALID);
    (void) codec_decode(*state, HOOK, "{\"object\":\"\"}\0", 14, 0,
                        PL_INVALID);
}


static void
no_object(void **state)
{
    static const char *const  texts[] = {
        "[]", "[{\"object\":\"\"}]", "\"object\"", "null", "true ", "12 ",
        "  -1.5 ", "\"a\\nb\"",
    };

    size_t  i;

    for (i = 0; i < PL_COUNT(texts); i++) {
        codec_fails(*state, HOOK, texts[i], PL_INVALID, "", "not an object");
    }

    codec_fails(*state, HOOK, "12", PL_INVALID, "", "ends too early");
}


/* yajl takes an unterminated string behind the value for nothing. */
static void
more_text(void **state)
{
    static const char *const  texts[] = {
        "{\"object\":\"\"}x", "{\"object\":\"\"} {}", "{\"object\":\"\"}}",
        "{\"object\":\"\"},", "{\"object\":\"\"} \"abc", "{\"object\":\"\"} 12",
        "{\"object\":\"\"} // no comments here",
        "{\"object\":\"\"} /* nor here */", "{\"object\":\"\"}\n\n  nul",
    };

    size_t  i;

    for (i = 0; i < PL_COUNT(texts); i++) {
        codec_fails(*state, HOOK, texts[i], PL_INVALID, "",
                    "more text behind the value");
    }

    (void) codec_ok(*state, HOOK, "\r\n\t {\"object\":\"\"} \r\n\t\v\f ");
}


/* Cut off anywhere, it is an error and nothing else. */
static void
every_prefix(void **state)
{
    static const char  text[] =
        "{\"object\":\"w\\u00e9\",\"entry\":[{\"new\":[true,false,null,-1.5e3],"
        "\"changes\":[{\"field\":\"x\",\"value\":{\"messages\":[{\"id\":\"i\","
        "\"timestamp\":\"1\",\"type\":\"text\",\"text\":{\"body\":\"\\\"\\\\"
        "\"}},17,\"x\\n\"]}}]}]}";

    size_t  i;

    for (i = 0; i < sizeof(text) - 1; i++) {
        (void) codec_decode(*state, HOOK, text, i, 0, PL_INVALID);
        (void) codec_decode(*state, HOOK, text, i, PL_JSON_COMMENTS,
                            PL_INVALID);
    }

    (void) codec_ok(*state, HOOK, text);
}


static void
comments(void **state)
{
    size_t         i;
    Pl__FlowFile  *flow;

    static const char  good[] =
        "/* \" */ { // \"flow\": \"no\",\n"
        "\"flow\" /**/ : /* a \\ \" */ \"h\\u0069\" /***/ , // x\n"
        "/* * / ** \" */ \"triggers\": [ /**/ { \"step\" : \"//\\n\","
        "\"keywords\":[\"/*\"] } //\n ] } // the end, \"not closed";
    static const char *const  bad[] = {
        "{\"flow\":\"hi\"} /* not closed", "{\"flow\":\"hi\"} /",
        "{\"flow\":\"hi\"} /x", "{\"flow\":\"hi\" /* not closed }",
        "/* not closed {\"flow\":\"hi\"}", "// {\"flow\":\"hi\"}",
        "{\"flow\":\"hi\"} // good\n x", "{\"flow\":/\"hi\"}",
        "{\"flow\":\"hi\"} /*/",
    };

    flow = codec_decode(*state, FLOW, good, sizeof(good) - 1,
                        PL_JSON_COMMENTS, PL_OK);
    assert_string_equal(flow->flow, "hi");
    assert_string_equal(flow->triggers[0]->step, "//\n");
    assert_string_equal(flow->triggers[0]->keywords[0], "/*");

    (void) codec_decode(*state, FLOW, good, sizeof(good) - 1, 0, PL_INVALID);

    for (i = 0; i < PL_COUNT(bad); i++) {
        (void) codec_decode(*state, FLOW, bad[i], strlen(bad[i]),
                            PL_JSON_COMMENTS, PL_INVALID);
    }
}


static void
places(void **state)
{
    static const struct {
        const char  *text;
        unsigned     line;
        unsigned     column;
        const char  *path;
    } cases[] = {
        { "{\"flow\": 5}", 1, 10, "flow" },
        { "{\n \"flow\":\n\n \"hello\"}", 4, 2, "flow" },
        { "{\"flow\":\"hi\",\n  \"nosuch\":1}", 2, 3, "nosuch" },
        { "{\"flow\":\"hi\",\n  \"no\\u0041\":1}", 2, 3, "noA" },
        { "{\"flow\":\"hi\",\n\"default\":\"\",\n   \"default\":\"\"}", 3, 4,
          "default" },
        { "{\"flow\":\"hi\",\n \"steps\":{\n  \"a\": {\"call\":{} }}}", 3, 16,
          "steps.a.call.flow" },
        { "\n{\n}\n", 2, 1, "flow" },
        { "{\"flow\":\"hi\",\"steps\":{\"a\":{\"say\":{\"text\":\n"
          "true}}}}", 2, 1, "steps.a.say.text" },
        { "{\"flow\":\"hi\",\"steps\":{\"a\":\n [\n]}}", 2, 2, "steps.a" },
        { "{\"flow\":\"hi\",\"steps\":{\n\"nine_long\": {}}}", 2, 1,
          "steps.nine_long" },
        { "{\"flow\":\"hi\",\"triggers\":[\n{\"step\":\"\",\"keywords\":"
          "[\"\", 7]}]}", 2, 28, "triggers[0].keywords[1]" },
        { "{\"flow\":\"hi\",\n\"steps\":x}", 2, 9, "steps" },
        { "{\"flow\":\"hi\",\n}", 2, 1, "flow" },
        { "{\"flow\":\"hi\"", 1, 13, "flow" },
        { "{\"flow\":\"hi\"}\n  x", 2, 3, "" },
        { "\n\n[]", 3, 1, "" },
        { "\xc3\xa9", 1, 1, "" },
    };

    size_t    i;
    codec_t  *test = *state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) codec_decode(test, FLOW, cases[i].text, strlen(cases[i].text),
                            0, strstr(cases[i].text, "hello") != NULL
                               || strstr(cases[i].text, "nine") != NULL
                               ? PL_TOOBIG : PL_INVALID);
        assert_string_equal(test->err.path, cases[i].path);
        assert_int_equal(test->err.line, cases[i].line);
        assert_int_equal(test->err.column, cases[i].column);
    }
}


/* Nothing of what a text says shows in its errors, but names. */
static void
errors_are_discreet(void **state)
{
    static const char *const  texts[] = {
        "{\"flow\":\"secret4711\",\"flow\":\"secret4711\"}",
        "{\"flow\":secret4711}", "{\"secret 4711\":1}",
        "{\"flow\":\"hi\",\"default\":4711}",
        "{\"flow\":\"hi\",\"steps\":{\"+49 4711\":1}}",
        "{\"flow\":\"hi\",\"default\":\"secret4711", "{\"flow\":\"hi\"}4711",
    };

    char      line[600];
    size_t    i;
    codec_t  *test = *state;

    for (i = 0; i < PL_COUNT(texts); i++) {
        pl_err_t           err;
        ProtobufCMessage  *msg;

        pl_arena_reset(test->ar);
        assert_int_not_equal(pl_json_decode(test->codec, FLOW,
                                            pl_str_c(texts[i]), 0, test->ar,
                                            &msg, &err), PL_OK);
        (void) pl_err_print(&err, line, sizeof(line));
        assert_null(strstr(line, "4711"));
    }
}


static void
misuse(void **state)
{
    codec_t           *test = *state;
    pl_str_t           out;
    Pl__Entry          entry = PL__ENTRY__INIT;
    ProtobufCMessage  *msg;

    assert_int_equal(pl_json_decode(test->codec, &pl__entry__descriptor,
                                    PL_STR("{}"), 0, test->ar, &msg,
                                    &test->err), PL_MISUSE);
    assert_null(msg);
    assert_int_equal(pl_form_decode(test->codec, &pl__entry__descriptor,
                                    PL_STR(""), test->ar, &msg, NULL),
                     PL_MISUSE);
    assert_int_equal(pl_json_encode(test->codec, &entry.base, test->ar, &out,
                                    NULL), PL_MISUSE);
    assert_int_equal(pl_json_decode(test->codec, HOOK, PL_STR_NULL, 0,
                                    test->ar, &msg, NULL), PL_INVALID);
    pl_codec_destroy(NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(broken),
        cmocka_unit_test(no_object),
        cmocka_unit_test(more_text),
        cmocka_unit_test(every_prefix),
        cmocka_unit_test(comments),
        cmocka_unit_test(places),
        cmocka_unit_test(errors_are_discreet),
        cmocka_unit_test(misuse),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_syntax", tests, codec_setup,
                                       codec_teardown);
}
