/*
 * Flow files: what is refused, where it says so, and what they answer.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/flow.h"
#include "../../src/engine/shapes.h"

static pl_codec_t  *codec;
static pl_arena_t  *ar;


static int
setup(void **state)
{
    (void) state;

    ar = pl_arena_create(4096, 1 << 20);

    return ar != NULL && pl_shapes_codec(&codec, NULL) == PL_OK ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;

    pl_codec_destroy(codec);
    pl_arena_destroy(ar);

    return 0;
}


static const struct {
    const char  *json;
    unsigned     line, column;
    const char  *says;
} mistakes[] = {
    { "{\n  \"flow\": \"x\",\n  \"setps\": {}\n}", 3, 0, "" },
    { "{\"flow\":\"x\",\"steps\":{}}", 1, 21, "needs a step" },
    { "{\"flow\":\"x\",\n \"default\": \"nope\",\n"
      " \"steps\":{\"a\":{\"say\":{\"text\":\"t\"}}}}", 2, 13,
      "no step \"nope\"" },
    { "{\"flow\":\"x\",\"default\":\"a\",\n"
      " \"triggers\": [ {\"keywords\":[\"k\"],\n   \"step\": \"b\"} ],\n"
      " \"steps\":{\"a\":{\"say\":{\"text\":\"t\"}}}}", 3, 12,
      "no step \"b\"" },
    { "{\"flow\":\"x\",\"default\":\"a\",\n"
      " \"triggers\": [ {\"pattern\":\"ab(c\",\n   \"step\": \"a\"} ],\n"
      " \"steps\":{\"a\":{\"say\":{\"text\":\"t\"}}}}", 2, 0, "" },
    { "{\"flow\":\"x\",\"default\":\"a\",\n"
      " \"triggers\": [ {\"first_message\":false,\n"
      "   \"step\": \"a\"} ],\n"
      " \"steps\":{\"a\":{\"say\":{\"text\":\"t\"}}}}", 2, 16,
      "keywords or a pattern" },
    { "{\"flow\":\"x\",\"default\":\"a\",\"steps\":{\n"
      "  \"a\":{\"say\":{\"text\":\"t\"}},\n"
      "  \"b\":{\"say\":{\"text\":\"t\"}}}}", 3, 7, "nothing leads" },
    { "{\"flow\":\"x\",\"default\":\"a\",\"steps\":{\n"
      "  \"a\":{\"say\":{\"text\":\"hello {{name\"}}}}", 2, 29,
      "not closed" },
    { "{\"flow\":\"x\",\"default\":\"a\",\"steps\":{\n"
      "  \"a\":{\"say\":{\"text\":\"{{a b}}\"}}}}", 2, 23,
      "placeholder's name" },
};


static void
a_mistake_is_named_with_its_place(void **state)
{
    size_t      i;
    pl_err_t    err;
    pl_flow_t  *flow;

    (void) state;

    for (i = 0; i < PL_COUNT(mistakes); i++) {
        memset(&err, 0, sizeof(err));
        flow = NULL;

        if (pl_flow_compile(&flow, codec, pl_str_c(mistakes[i].json), &err)
            == PL_OK)
        {
            fail_msg("accepted: %s", mistakes[i].json);
        }

        if (err.line != mistakes[i].line || err.column == 0
            || (mistakes[i].column != 0 && err.column != mistakes[i].column)
            || strstr(err.text, mistakes[i].says) == NULL)
        {
            fail_msg("%zu: %u:%u %s: %s", i, err.line, err.column, err.path,
                     err.text);
        }
    }
}


static const char  greeting[] =
    "/* a comment */ {\"flow\":\"g\",\"triggers\":["
    "{\"keywords\":[\"hello\",\"S.O.S.\",\"grüß gott\"],\"step\":\"a\"},"
    "{\"pattern\":\"^order (?<number>\\\\d+)(?: for (?<who>.+))?$\","
    "\"step\":\"b\"}],"
    "\"steps\":{\"a\":{\"say\":{\"text\":\"Hi {{name|you}}, {{name}}!\"}},"
    "\"b\":{\"say\":{\"text\":\"{{number}} {{who|{name}}\"},"
    "\"after_s\":5}}}";


static void
keywords_are_the_whole_message_in_any_case(void **state)
{
    size_t              i;
    pl_flow_t          *flow;
    pl_flow_in_t        in;
    pl_flow_out_t       out;

    static const struct {
        const char  *text, *step;
    } texts[] = {
        { "hello", "a" }, { "HELLO", "a" }, { " Hello! ", "a" },
        { "hello you", NULL }, { "othello", NULL }, { "s.o.s.", "a" },
        { "sXoXs", NULL }, { "GRÜSS GOTT", "a" }, { "GRÜß GOTT", "a" },
        { "order 12", "b" }, { "order x", NULL }, { "", NULL },
        { "hello\n", "a" },
    };

    (void) state;

    assert_int_equal(pl_flow_compile(&flow, codec, pl_str_c(greeting), NULL),
                     PL_OK);
    in.match = pl_match_state_create();
    in.name = "Ana";

    for (i = 0; i < PL_COUNT(texts); i++) {
        in.text = pl_str_c(texts[i].text);

        if (!pl_flow_answer(flow, &in, ar, &out)) {
            out.step = NULL;
        }

        if ((out.step == NULL) != (texts[i].step == NULL)
            || (out.step != NULL && strcmp(out.step, texts[i].step) != 0))
        {
            fail_msg("\"%s\": %s", texts[i].text,
                     out.step == NULL ? "none" : out.step);
        }
    }

    in.text = PL_STR("order 7 for {{name}}");
    assert_true(pl_flow_answer(flow, &in, ar, &out));
    assert_int_equal(out.n_variables, 2);
    assert_int_equal(out.after_s, 5);

    /* what a variable brings in is never expanded again */

    assert_string_equal(pl_flow_say(flow, "b", "Ana", out.variables,
                                    out.n_variables, ar), "7 {{name}}");
    assert_string_equal(pl_flow_say(flow, "a", NULL, NULL, 0, ar),
                        "Hi you,!");
    assert_string_equal(pl_flow_say(flow, "a", "Ana", NULL, 0, ar),
                        "Hi Ana, Ana!");
    assert_null(pl_flow_say(flow, "c", "Ana", NULL, 0, ar));

    pl_match_state_destroy(in.match);
    pl_flow_destroy(flow);
}


/* Cut on a character's edge, at the limit and one past it. */

static void
a_text_is_cut_at_its_limit(void **state)
{
    char        *name;
    pl_flow_t   *flow;
    const char  *said;

    static const char  json[] =
        "{\"flow\":\"g\",\"default\":\"a\","
        "\"steps\":{\"a\":{\"say\":{\"text\":\"{{name}}\"}}}}";

    (void) state;

    assert_int_equal(pl_flow_compile(&flow, codec, pl_str_c(json), NULL),
                     PL_OK);

    name = malloc(PL_TEXT_MAX + 3);
    memset(name, 'x', PL_TEXT_MAX + 3);
    name[PL_TEXT_MAX] = '\0';
    said = pl_flow_say(flow, "a", name, NULL, 0, ar);
    assert_int_equal(strlen(said), PL_TEXT_MAX);

    memcpy(name + PL_TEXT_MAX - 1, "\xc3\xa9", 3);
    said = pl_flow_say(flow, "a", name, NULL, 0, ar);
    assert_int_equal(strlen(said), PL_TEXT_MAX - 1);

    free(name);
    pl_flow_destroy(flow);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_mistake_is_named_with_its_place),
        cmocka_unit_test(keywords_are_the_whole_message_in_any_case),
        cmocka_unit_test(a_text_is_cut_at_its_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
