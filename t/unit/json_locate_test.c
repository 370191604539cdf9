/*
 * Paths found again in the text that they came from.
 */

#include "codec.h"


static void
paths(void **state)
{
    static const char  text[] =
        "// a flow\n"
        "{\n"
        "  \"flow\": \"x\\\"y\",\n"
        "  \"steps\": { /* \" */\n"
        "    \"a\": {\"say\": {\"text\": \"\\\\\"}},\n"
        "    \"\\u0062\": [ 1, [ true ], {\"c\" : null} ]\n"
        "  },\n"
        "  \"stepson\": -1.5e3\n"
        "}\n";
    static const struct {
        const char  *path;
        unsigned     line;
        unsigned     column;
    } cases[] = {
        { "", 2, 1 }, { "flow", 3, 11 }, { "steps", 4, 12 },
        { "steps.a", 5, 10 }, { "steps.a.say", 5, 18 },
        { "steps.a.say.text", 5, 27 }, { "steps.b", 6, 15 },
        { "steps.b[0]", 6, 17 }, { "steps.b[1]", 6, 20 },
        { "steps.b[1][0]", 6, 22 }, { "steps.b[2].c", 6, 37 },
        { "stepson", 8, 14 },

        /* Not there: the nearest above. */
        { "steps.a.say.textual", 5, 18 }, { "steps.b[9]", 6, 15 },
        { "steps.nosuch.x", 4, 12 }, { "step", 2, 1 }, { "nosuch", 2, 1 },
        { "flow.x", 3, 11 },
    };

    size_t    i;
    unsigned  line, column;

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        assert_int_equal(pl_json_locate(pl_str_c(text), cases[i].path, &line,
                                        &column), PL_OK);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
}


/* What does not fit into a path is not found, and nothing else happens. */
static void
long_keys(void **state)
{
    char      text[2000], path[500];
    unsigned  line, column;

    (void) state;

    memset(path, 'k', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    (void) snprintf(text, sizeof(text), "{\"%s\":\n{\"%s\":\n[[1]]}}", path,
                    path);
    assert_int_equal(pl_json_locate(pl_str_c(text), path, &line, &column),
                     PL_OK);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
}


static void
no_json(void **state)
{
    unsigned  line, column;

    (void) state;

    assert_int_equal(pl_json_locate(PL_STR("{\"a\":"), "a", &line, &column),
                     PL_INVALID);
    assert_int_equal(pl_json_locate(PL_STR_NULL, "a", &line, &column),
                     PL_INVALID);
    assert_int_equal(pl_json_locate(PL_STR("{} x"), "a", &line, &column),
                     PL_INVALID);
}


/* Deeper than any shape goes, what was found before stands. */
static void
deep(void **state)
{
    char      text[300];
    unsigned  line, column;

    (void) state;

    memset(text, '[', 200);
    text[200] = '\0';
    assert_int_equal(pl_json_locate(pl_str_c(text), "[0][0]", &line, &column),
                     PL_OK);
    assert_int_equal(column, 3);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(paths),
        cmocka_unit_test(long_keys),
        cmocka_unit_test(no_json),
        cmocka_unit_test(deep),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("json_locate", tests, NULL, NULL);
}
