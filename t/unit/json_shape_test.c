/*
 * Decoding of shapes: open and closed, choices, and maps.
 */

#include "codec.h"

#define FLOW   &pl__flow_file__descriptor
#define HOOK   &pl__wa__webhook__descriptor
#define CALLS  &pl__command__descriptor


static void
closed_shapes(void **state)
{
    codec_fails(*state, &kinds_descriptor, "{\"i32\":1,\"i32\":1}",
                PL_INVALID, "i32", "given twice");
    codec_fails(*state, &kinds_descriptor, "{\"i32s\":[],\"i32s\":[1]}",
                PL_INVALID, "i32s", "given twice");
    codec_fails(*state, &kinds_descriptor, "{\"sub\":{\"nosuch\":null}}",
                PL_INVALID, "sub.nosuch", "unknown key");
    codec_fails(*state, &kinds_descriptor, "{\"two words\":{}}",
                PL_INVALID, "", "unknown key");
    codec_fails(*state, &kinds_descriptor, "{\"\":1}",
                PL_INVALID, "", "unknown key");
    codec_fails(*state, CALLS, "{\"clock_step\":{\"before_ms\":1}}",
                PL_INVALID, "clock_step.after_ms", "required");
    codec_fails(*state, CALLS, "{\"clock_step\":{\"before_ms\":1,"
                "\"after_ms\":null}}",
                PL_INVALID, "clock_step.after_ms", "required");
}


static void
choices(void **state)
{
    kinds_t      *k;
    Pl__Content  *c;

    k = codec_ok(*state, &kinds_descriptor, "{\"first\":\"x\"}");
    assert_int_equal(k->choice_case, KINDS_FIRST);
    assert_string_equal(k->first, "x");
    k = codec_ok(*state, &kinds_descriptor, "{\"second\":-5}");
    assert_int_equal(k->choice_case, KINDS_SECOND);
    assert_int_equal(k->second, -5);
    k = codec_ok(*state, &kinds_descriptor,
                 "{\"first\":null,\"third\":{\"i32\":3},\"second\":null}");
    assert_int_equal(k->choice_case, KINDS_THIRD);
    assert_int_equal(k->third->i32, 3);

    c = codec_ok(*state, &pl__content__descriptor,
                 "{\"type\":\"text\",\"text\":{\"body\":\"hi\"}}");
    assert_int_equal(c->of_case, PL__CONTENT__OF_TEXT);
    assert_string_equal(c->text->body, "hi");

    codec_fails(*state, &kinds_descriptor, "{\"first\":\"x\",\"second\":1}",
                PL_INVALID, "second", "another of the same choice is given");
    codec_fails(*state, &kinds_descriptor, "{\"second\":1,\"third\":{}}",
                PL_INVALID, "third", "another of the same choice is given");
    codec_fails(*state, &kinds_descriptor, "{\"third\":{},\"first\":\"\"}",
                PL_INVALID, "first", "another of the same choice is given");
}


static void
open_shapes(void **state)
{
    Pl__Wa__Change   *change;
    Pl__Wa__Webhook  *hook;

    hook = codec_ok(*state, HOOK,
        "{\"new\":{\"object\":[1,{\"entry\":[]}]},\"object\":\"first\","
        "\"entry\":[{\"changes\":[{},{},{}]},{}],\"also\":null,"
        "\"object\":12345678901234567890123,"
        "\"entry\":[{\"raw\":\"mine\",\"bad\":\"mine\",\"changes\":[],"
        "\"changes\":[{\"field\":-1.50e3}]}]}");

    assert_string_equal(hook->object, "12345678901234567890123");
    assert_int_equal(hook->n_entry, 1);
    assert_int_equal(hook->entry[0]->n_changes, 1);
    assert_null(hook->entry[0]->bad);
    change = hook->entry[0]->changes[0];
    assert_string_equal(change->field, "-1.50e3");
    assert_null(change->value);

    codec_fails(*state, HOOK, "{\"object\":true}", PL_INVALID, "object",
                "not a string");
    codec_fails(*state, HOOK, "{\"entry\":[]}", PL_INVALID, "object",
                "required");
}


/* Digits in quotes are read where an integer is declared, and only digits. */
static void
open_integers(void **state)
{
    static const struct {
        const char  *value;
        bool         good;
        int64_t      n;
    } cases[] = {
        { "1749416383", true, 1749416383 },
        { "\"1749416383\"", true, 1749416383 },
        { "\"-5\"", true, -5 },
        { "\"9223372036854775807\"", true, INT64_MAX },
        { "\"9223372036854775808\"", false, 0 },
        { "\"\"", false, 0 }, { "\"-\"", false, 0 }, { "\" 1\"", false, 0 },
        { "\"1.0\"", false, 0 }, { "\"1e3\"", false, 0 }, { "1.0", false, 0 },
        { "\"\\u0031\"", true, 1 },
    };

    char                text[200];
    size_t              i;
    Pl__Wa__InMessage  *message;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) snprintf(text, sizeof(text),
                        "{\"id\":\"\",\"type\":\"\",\"timestamp\":%s}",
                        cases[i].value);
        message = codec_ok(*state, &pl__wa__in_message__descriptor, text);
        assert_int_equal(message->bad == NULL, cases[i].good);
        assert_true(message->timestamp == cases[i].n);
    }
}


static void
maps(void **state)
{
    Pl__FlowFile  *flow;

    flow = codec_ok(*state, FLOW,
        "{\"flow\":\"hi\",\"steps\":{\"b\":{\"say\":{\"text\":\"1\"}},"
        "\"gone\":null,\"a\\u0062\":{\"after_s\":60,\"say\":{\"text\":\"2\"}},"
        "\"\":{\"say\":{\"text\":\"3\"}}}}");
    assert_int_equal(flow->n_steps, 3);
    assert_string_equal(flow->steps[0]->name, "b");
    assert_string_equal(flow->steps[1]->name, "ab");
    assert_string_equal(flow->steps[1]->say->text, "2");
    assert_string_equal(flow->steps[2]->name, "");

    codec_fails(*state, FLOW,
                "{\"flow\":\"hi\",\"steps\":{\"b\":{\"branch\":[{}]}}}",
                PL_INVALID, "steps.b.branch[0].when", "required");
    codec_fails(*state, FLOW, "{\"flow\":\"hi\",\"steps\":{\"b\":{\"name\":"
                "\"c\"}}}", PL_INVALID, "steps.b.name", "given twice");
    codec_fails(*state, FLOW, "{\"flow\":\"hi\",\"steps\":{\"b\":1}}",
                PL_INVALID, "steps.b", "not an object");
    codec_fails(*state, FLOW, "{\"flow\":\"hi\",\"steps\":{\"not a name\":1}}",
                PL_INVALID, "steps[0]", "not an object");
    codec_fails(*state, FLOW, "{\"flow\":\"hi\",\"steps\":{\"a\":null,"
                "\"nine_long\":{}}}", PL_TOOBIG, "steps.nine_long",
                "longer than 8 bytes");
}


/* Found whatever their number, and at the place of the second. */
static void
maps_given_twice(void **state)
{
    char       text[4000], *p;
    size_t     i, n;
    codec_t   *test = *state;
    kinds_t   *k;

    static const size_t  counts[] = { 2, 3, 8, 9, 16, 17, 33, 100 };

    for (n = 0; n < PL_COUNT(counts); n++) {
        p = text + snprintf(text, sizeof(text), "{\"map\":{\"k7\":{},\n");

        for (i = 1; i < counts[n] - 1; i++) {
            p += snprintf(p, 40, "\"x%zu\":{\"i32\":%zu},", i * 7919, i);
        }

        (void) snprintf(p, 40, "\n  \"k\\u0037\":{\"i32\":9}}}");
        codec_fails(test, &kinds_descriptor, text, PL_INVALID, "map.k7",
                    "given twice");
        assert_int_equal(test->err.line, 3);
        assert_int_equal(test->err.column, 3);

        p = strstr(text, "k\\u0037");
        p[1] = 'x';
        p[2] = 'y';
        memmove(p + 3, p + 7, strlen(p + 7) + 1);
        k = codec_ok(test, &kinds_descriptor, text);
        assert_int_equal(k->n_map, counts[n]);
        assert_string_equal(k->map[counts[n] - 1]->text, "kxy");
        assert_int_equal(k->map[counts[n] - 1]->i32, 9);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(closed_shapes),
        cmocka_unit_test(choices),
        cmocka_unit_test(open_shapes),
        cmocka_unit_test(open_integers),
        cmocka_unit_test(maps),
        cmocka_unit_test(maps_given_twice),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_shape", tests, codec_setup,
                                       codec_teardown);
}
