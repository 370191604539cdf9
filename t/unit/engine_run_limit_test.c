/*
 * The engine: what a conversation keeps of its flows is bounded. At each
 * limit, and one past it, whoever wrote is still answered. Every test's
 * journal is folded a second time.
 */

#include "run.h"


/* n times a piece, in which %u is the number, with commas between. */

static const char *
pieces(t_engine_t *t, const char *before, const char *after, unsigned n)
{
    char      *text = NULL;
    unsigned   i;

    for (i = 0; i < n; i++) {
        text = pl_arena_printf(t->ar, "%s%s%s%u%s", i == 0 ? "" : text,
                               i == 0 ? "" : ",", before, i, after);
        assert_non_null(text);
    }

    return text;
}


/* Two steps bring as many as there may be, a third one more. */

#define TAGS                                                                  \
    "{\"flow\":\"tags\",\"triggers\":[{\"keywords\":[\"go\"],\"step\":"       \
    "\"a\"},{\"keywords\":[\"more\"],\"step\":\"c\"}],\"steps\":{"            \
    "\"a\":{\"tag\":[%s],\"next\":\"b\"},"                                    \
    "\"b\":{\"say\":{\"text\":\"Tagged.\"},\"tag\":[%s]},"                    \
    "\"c\":{\"say\":{\"text\":\"One more.\"},\"tag\":[\"z\"],"                \
        "\"next\":\"d\"},\"d\":{\"untag\":[\"a0\",\"b1\"]}}}"


static void
many_tags(void **state)
{
    t_engine_t  *t = *state;

    flows(t, pl_arena_printf(t->ar, TAGS,
                             pieces(t, "\"a", "\"", PL_TAGS_MAX / 2),
                             pieces(t, "\"b", "\"", PL_TAGS_MAX / 2)), NULL);
    says(t, "go");
    assert_string_equal(said(t), "Tagged.");
    assert_int_equal(conversation(t)->n_tags, PL_TAGS_MAX);
    assert_int_equal(t_counted(t, "tags", "full"), 0);

    t_pass(t, 5000);
    says(t, "more");
    assert_string_equal(said(t), "One more.");
    assert_int_equal(t_counted(t, "tags", "full"), 1);
    assert_int_equal(conversation(t)->n_tags, PL_TAGS_MAX - 2);
}


#define SETS                                                                  \
    "{\"flow\":\"set\",\"triggers\":[{\"keywords\":[\"go\"],\"step\":"        \
    "\"a\"},{\"keywords\":[\"more\"],\"step\":\"b\"}],\"steps\":{"            \
    "\"a\":{\"say\":{\"text\":\"Set.\"},\"set\":{%s}},"                       \
    "\"b\":{\"say\":{\"text\":\"One more.\"},\"set\":{\"z\":\"x\","           \
        "\"v0\":\"y\"}}}}"


static void
many_variables(void **state)
{
    t_engine_t  *t = *state;

    flows(t, pl_arena_printf(t->ar, SETS, pieces(t, "\"v", "\":\"x\"",
                                                 PL_VARIABLES_MAX)), NULL);
    says(t, "go");
    assert_string_equal(said(t), "Set.");
    assert_int_equal(conversation(t)->n_variables, PL_VARIABLES_MAX);
    assert_int_equal(t_counted(t, "variables", "full"), 0);

    t_pass(t, 5000);
    says(t, "more");
    assert_string_equal(said(t), "One more.");
    assert_int_equal(conversation(t)->n_variables, PL_VARIABLES_MAX);
    assert_int_equal(t_counted(t, "variables", "full"), 1);
    assert_string_equal(variable(t, "z"), "");
    assert_string_equal(variable(t, "v0"), "y");
}


/* A chain of n steps, each of which tells another event, that one hears. */

static void
many_events(void **state)
{
    char        *steps;
    unsigned     i, n;
    t_engine_t  *t = *state;

    for (n = PL_EVENTS_MAX; n <= PL_EVENTS_MAX + 1; n++) {
        for (i = 0, steps = NULL; i < n; i++) {
            steps = pl_arena_printf(t->ar, "%s\"s%u\":{\"emit\":\"e\"%s%s},",
                                    i == 0 ? "" : steps, i,
                                    i + 1 < n ? ",\"next\":\"s" : "",
                                    i + 1 < n
                                    ? pl_arena_printf(t->ar, "%u\"", i + 1)
                                    : "");
            assert_non_null(steps);
        }

        flows(t, pl_arena_printf(t->ar,
              "{\"flow\":\"tell\",\"triggers\":[{\"keywords\":[\"go\"],"
              "\"step\":\"s0\"},{\"keywords\":[\"x\"],\"step\":\"x\"}],"
              "\"steps\":{%s\"x\":{\"say\":{\"text\":\"x\"}}}}", steps),
              "{\"flow\":\"hear\",\"triggers\":[{\"event\":\"e\",\"step\":"
              "\"h\"}],\"steps\":{\"h\":{\"say\":{\"text\":\"Heard.\"}}}}");
        says(t, "go");
        assert_int_equal(n_sent(t), PL_EVENTS_MAX
                                    * (n - PL_EVENTS_MAX + 1));
        assert_int_equal(t_counted(t, "flow_events", "full"),
                         n - PL_EVENTS_MAX);
        t_pass(t, 5000);
    }
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(many_tags),
        RUN(many_variables),
        RUN(many_events),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
