/*
 * The engine: a question that waits, what reminds of it, and when. Every
 * test's journal is folded a second time.
 */

#include "run.h"

#define LEFT                                                                  \
    "{\"flow\":\"m\",\"triggers\":[{\"keywords\":[\"start\"],"                \
    "\"step\":\"a\"}],\"steps\":{"                                            \
    "\"a\":{\"say\":{\"text\":\"A?\"},\"ask\":{\"save\":\"x\","               \
    "\"as\":\"text\"},\"timeouts\":[{\"after\":\"30m\","                      \
    "\"step\":\"nudge\"}],\"next\":\"b\"},"                                   \
    "\"b\":{\"say\":{\"text\":\"B?\"},\"ask\":{\"save\":\"y\","               \
    "\"as\":\"text\"},\"timeouts\":[{\"after\":\"30m\","                      \
    "\"step\":\"nudge\"},{\"after\":\"1h\",\"step\":\"late\"}],"              \
    "\"next\":\"c\"},"                                                        \
    "\"c\":{\"say\":{\"text\":\"C?\"},\"ask\":{\"save\":\"z\","               \
    "\"as\":\"text\"},\"timeouts\":[{\"after\":\"5m\","                       \
    "\"step\":\"nudge\"}],\"next\":\"d\"},"                                   \
    "\"d\":{\"say\":{\"text\":\"D?\"},\"ask\":{\"save\":\"w\","               \
    "\"as\":\"text\"},\"next\":\"e\"},"                                       \
    "\"e\":{\"say\":{\"text\":\"E.\"}},"                                      \
    "\"late\":{\"say\":{\"text\":\"Late.\"},\"back\":true},"                  \
    "\"nudge\":{\"say\":{\"text\":\"Well?\"},\"back\":true}}}"

#define MIGRATES(migrate, nudge)                                              \
    "{\"flow\":\"m\"," migrate "\"triggers\":[{\"keywords\":[\"start\"],"      \
    "\"step\":\"a\"}],\"steps\":{"                                            \
    "\"a\":{\"say\":{\"text\":\"A?\"},\"ask\":{\"save\":\"x\","               \
    "\"as\":\"text\"},\"timeouts\":[{\"after\":\"30m\","                      \
    "\"step\":\"nudge\"}],\"next\":\"b\"},"                                   \
    "\"b\":{\"say\":{\"text\":\"B?\"},\"ask\":{\"save\":\"y\","               \
    "\"as\":\"text\"},\"timeouts\":[{\"after\":\"" nudge "\","                \
    "\"step\":\"nudge\"},{\"after\":\"1h\",\"step\":\"late\"}]},"             \
    "\"late\":{\"say\":{\"text\":\"Late.\"},\"back\":true},"                  \
    "\"nudge\":{\"say\":{\"text\":\"Well?\"},\"back\":true}}}"


/* The question is that of the step that waits, whatever variables say. */

static void
a_nudge_says_the_question(void **state)
{
    t_engine_t  *t = *state;

    flows(t, "{\"flow\":\"q\",\"triggers\":[{\"keywords\":[\"start\"],"
             "\"step\":\"a\"}],\"steps\":{"
             "\"a\":{\"say\":{\"text\":\"Please: {{question}}\"},\"set\":"
                 "{\"question\":\"own\"},\"ask\":{\"save\":\"x\",\"as\":"
                 "\"text\",\"question\":\"A?\"},\"timeouts\":[{\"after\":"
                 "\"1h\",\"step\":\"nudge\"}],\"next\":\"b\"},"
             "\"b\":{\"say\":{\"text\":\"And?\"},\"ask\":{\"save\":"
                 "\"y\",\"as\":\"yes_no\",\"question\":\"B?\"},"
                 "\"unclear\":{\"text\":\"Once more: {{question}}\"},"
                 "\"timeouts\":[{\"after\":\"1h\",\"step\":\"nudge\"}],"
                 "\"next\":\"c\"},"
             "\"c\":{\"say\":{\"text\":\"Now?\"},\"wait\":true,"
                 "\"timeouts\":[{\"after\":\"1h\",\"step\":\"nudge\"}]},"
             "\"nudge\":{\"say\":{\"text\":\"Still: {{question}}\"},"
                 "\"back\":true}}}", NULL);
    says(t, "start");
    assert_string_equal(said(t), "Please: A?");
    assert_int_equal(passes(t, 60 * MINUTE), 1);
    assert_string_equal(said(t), "Still: A?");

    says(t, "an answer");
    assert_string_equal(said(t), "And?");
    assert_int_equal(passes(t, 60 * MINUTE), 1);
    assert_string_equal(said(t), "Still: B?");
    says(t, "perhaps");
    assert_string_equal(said(t), "Once more: B?");

    /* a step without one leaves the name to the variables */

    says(t, "yes");
    assert_string_equal(said(t), "Now?");
    assert_int_equal(passes(t, 60 * MINUTE), 2);    /* one that was left */
    assert_string_equal(said(t), "Still: own");
}


/* Whoever is asked to remind of it; and nobody else's word of that name. */

static void
whose_question_it_is(void **state)
{
    t_engine_t  *t = *state;

    flows(t, "{\"flow\":\"q\",\"triggers\":["
             "{\"keywords\":[\"start\"],\"step\":\"a\"},"
             "{\"keywords\":[\"help\"],\"step\":\"remind\"},"
             "{\"event\":\"poke\",\"step\":\"remind\"}],\"steps\":{"
             "\"a\":{\"say\":{\"text\":\"Ads or not?\"},\"ask\":{\"save\":"
                 "\"x\",\"as\":\"yes_no\",\"question\":\"Ads?\"},"
                 "\"branch\":[{\"when\":{\"variable\":\"question\",\"set\":"
                 "true},\"step\":\"odd\"}],\"next\":\"b\"},"
             "\"odd\":{\"say\":{\"text\":\"Odd.\"}},"
             "\"b\":{\"say\":{\"text\":\"Mid {{question|none}}.\"},"
                 "\"emit\":\"won\"},"
             "\"remind\":{\"say\":{\"text\":\"Well: {{question}}\"},"
                 "\"back\":true}}}",
          "{\"flow\":\"faq\",\"triggers\":["
             "{\"pattern\":\"^frage (?<question>.+)$\",\"step\":\"s\"},"
             "{\"event\":\"won\",\"step\":\"w\"}],\"steps\":{"
             "\"s\":{\"say\":{\"text\":\"You asked: {{question}}\"}},"
             "\"w\":{\"say\":{\"text\":\"Won {{question|none}}.\"}}}}");

    says(t, "start");
    says(t, "help");
    assert_string_equal(said(t), "Well: Ads?");
    starts(t, "poke", NULL, NULL, "v", "w");
    assert_string_equal(said(t), "Well: Ads?");
    assert_int_equal(n_sent(t), 3);
    starts(t, NULL, "q", "remind", "v", "w");
    assert_string_equal(said(t), "Well: Ads?");
    assert_int_equal(n_sent(t), 4);

    /* answered, it waits no more, and no condition sees it */

    says(t, "yes");
    assert_int_equal(n_sent(t), 6);
    assert_string_equal(sent(t, 1)->content->text->body, "Mid none.");
    assert_string_equal(said(t), "Won none.");

    /* another file's variable is its own */

    says(t, "start");
    says(t, "frage price");
    assert_string_equal(said(t), "You asked: price");
}


/*
 * An answer leaves the timeout's row where it stands for the next question,
 * whose own time it is that counts.
 */

static void
a_timeout_is_left_and_moves(void **state)
{
    uint64_t     timer;
    t_engine_t  *t = *state;

    flows(t, LEFT, NULL);
    says(t, "start");
    timer = conversation(t)->tasks[0]->timer;
    t_pass(t, 10 * MINUTE);
    says(t, "one");
    assert_string_equal(said(t), "B?");
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_int_equal(conversation(t)->tasks[0]->timer, timer);
    assert_int_equal(conversation(t)->tasks[0]->due_ms
                     - conversation(t)->tasks[0]->row_ms, 10 * MINUTE);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);

    /* at its time nothing is said; at that of the question it is, once */

    assert_int_equal(passes(t, 20 * MINUTE), 1);
    assert_string_equal(said(t), "B?");
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_int_not_equal(conversation(t)->tasks[0]->timer, timer);
    assert_int_equal(passes(t, 10 * MINUTE - 1000), 0);
    assert_int_equal(passes(t, 1000), 1);
    assert_string_equal(said(t), "Well?");
    assert_int_equal(passes(t, 30 * MINUTE), 1);
    assert_string_equal(said(t), "Late.");
}


/* It is no timeout of the run's: it takes it to no other version. */

static void
what_was_left_migrates_nothing(void **state)
{
    t_engine_t  *t = *state;

    flows(t, MIGRATES("", "30m"), NULL);
    says(t, "start");
    t_pass(t, 10 * MINUTE);
    says(t, "one");
    assert_string_equal(said(t), "B?");

    flows(t, MIGRATES("\"migrate\":{\"all\":true},", "15m"), NULL);
    assert_int_equal(passes(t, 20 * MINUTE), 1);
    assert_string_equal(said(t), "B?");
    assert_int_equal(passes(t, 10 * MINUTE), 1);
    assert_string_equal(said(t), "Well?");
    assert_int_equal(passes(t, 30 * MINUTE), 1);
    assert_string_equal(said(t), "Late.");
}


/* One that comes sooner takes its place, and where none is, none stays. */

static void
a_timeout_is_replaced_or_goes(void **state)
{
    uint64_t     timer;
    t_engine_t  *t = *state;

    flows(t, LEFT, NULL);
    says(t, "start");
    t_pass(t, MINUTE);
    says(t, "one");
    says(t, "two");
    assert_string_equal(said(t), "C?");
    t_pass(t, MINUTE);
    says(t, "three");
    assert_string_equal(said(t), "D?");
    assert_int_equal(conversation(t)->n_tasks, 0);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    says(t, "four");
    assert_string_equal(said(t), "E.");
    assert_int_equal(audits(t, FLOW, NULL), 2);     /* began, ended */

    says(t, "start");
    t_pass(t, 28 * MINUTE);
    timer = conversation(t)->tasks[0]->timer;
    says(t, "one");
    says(t, "two");
    assert_string_equal(said(t), "C?");             /* due in five minutes */
    assert_int_equal(conversation(t)->tasks[0]->timer, timer);
    assert_int_equal(passes(t, 2 * MINUTE), 1);
    assert_string_equal(said(t), "C?");
    assert_int_equal(passes(t, 3 * MINUTE), 1);
    assert_string_equal(said(t), "Well?");

    /* an end takes it along: nothing is said of it ever */

    says(t, "three");
    says(t, "four");
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    says(t, "start");
    t_pass(t, 10 * MINUTE);
    says(t, "one");
    says(t, "stop");
    assert_int_equal(passes(t, DAY), 0);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_nudge_says_the_question),
        RUN(whose_question_it_is),
        RUN(a_timeout_is_left_and_moves),
        RUN(what_was_left_migrates_nothing),
        RUN(a_timeout_is_replaced_or_goes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
