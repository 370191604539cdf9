/*
 * The engine: two machines talk. The bot sees it and falls silent; people
 * who write much, or the same, do not look like one. Every test's journal is
 * folded a second time.
 */

#include "../../src/engine/loop.h"
#include "run.h"

#define ECHO                                                                  \
    "{\"flow\":\"echo\",\"default\":\"any\",\"steps\":{"                      \
    "\"any\":{\"say\":{\"text\":\"Thank you for your message.\"}}}}"


/* Another text each time, a second apart. */

static void
a_bot_that_answers_at_once(void **state)
{
    char             text[32];
    unsigned         i;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, ECHO, NULL);

    for (i = 0; i < PL_LOOP_TURNS; i++) {
        (void) snprintf(text, sizeof(text), "automatic answer %u", i);
        says(t, text);
        t_pass(t, 1000);
    }

    assert_int_equal(n_sent(t), PL_LOOP_TURNS);
    assert_int_equal(audits(t, LOOP, NULL), 0);
    says(t, "one more");
    assert_int_equal(n_sent(t), PL_LOOP_TURNS);
    assert_int_equal(audits(t, LOOP, &event), 1);
    assert_non_null(strstr(event->text, "turns within 60 s"));
    assert_string_equal(conversation(t)->owner, "person");
    assert_string_equal(conversation(t)->owner_reason, "loop");

    for (i = 0; i < 100; i++) {
        says(t, "and on");
    }

    assert_int_equal(n_sent(t), PL_LOOP_TURNS);
    assert_int_equal(audits(t, LOOP, NULL), 1);

    hands(t, NULL, -1);                 /* it is looked at anew */
    says(t, "a person, really");
    assert_int_equal(n_sent(t), PL_LOOP_TURNS + 1);
}


static void
a_bot_that_says_the_same(void **state)
{
    unsigned         i;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, ECHO, NULL);

    for (i = 0; i < PL_LOOP_SAME + 5; i++) {
        says(t, "I am away until Monday.");
        t_pass(t, 50 * 1000);
    }

    assert_int_equal(n_sent(t), PL_LOOP_SAME - 1);
    assert_int_equal(audits(t, LOOP, &event), 1);
    assert_non_null(strstr(event->text, "the same words"));
}


/* The same word, but not one after the other; and slowly, for ever. */

static void
people_are_no_bots(void **state)
{
    unsigned     i;
    t_engine_t  *t = *state;

    flows(t, ECHO, NULL);

    for (i = 0; i < 40; i++) {
        says(t, i % 2 == 0 ? "ok" : "yes");
        t_pass(t, 3000);
    }

    for (i = 0; i < 40; i++) {
        says(t, "ok");
        t_pass(t, PL_LOOP_GAP_MS + 1);
    }

    assert_int_equal(n_sent(t), 80);
    assert_int_equal(audits(t, LOOP, NULL), 0);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_bot_that_answers_at_once),
        RUN(a_bot_that_says_the_same),
        RUN(people_are_no_bots),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
