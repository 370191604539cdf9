/*
 * The engine: who answers. A person takes over, by a command or in the
 * provider's app, and gives back; what the bot had computed before does not
 * leave. Every test's journal is folded a second time.
 */

#include "../../src/engine/owner.h"
#include "run.h"

#define DESK                                                                  \
    "{\"flow\":\"desk\",\"triggers\":["                                       \
    "{\"keywords\":[\"go\"],\"step\":\"ask\"},"                               \
    "{\"keywords\":[\"slow\"],\"step\":\"slow\"},"                            \
    "{\"keywords\":[\"wait\"],\"step\":\"wait\"},"                            \
    "{\"keywords\":[\"remind\"],\"step\":\"remind\"},"                        \
    "{\"keywords\":[\"close\"],\"step\":\"close\"},"                          \
    "{\"keywords\":[\"won\"],\"step\":\"won\"},"                              \
    "{\"keywords\":[\"sales\"],\"step\":\"sales\"}],"                         \
    "\"default\":\"none\",\"inputs\":[\"when\"],"                             \
    "\"handover\":{\"words\":[\"agent\"],\"step\":\"over\",\"topics\":["      \
        "{\"name\":\"price\",\"threshold\":600,\"words\":["                   \
        "{\"word\":\"*price*\",\"weight\":400},"                              \
        "{\"word\":\"discount\",\"weight\":400}]}]},"                         \
    "\"steps\":{"                                                             \
    "\"ask\":{\"say\":{\"text\":\"What?\"},"                                  \
        "\"ask\":{\"save\":\"x\",\"as\":\"text\"},"                           \
        "\"timeouts\":[{\"after\":\"30m\",\"step\":\"nudge\"}],"              \
        "\"next\":\"ok\"},"                                                   \
    "\"wait\":{\"say\":{\"text\":\"Which?\"},\"delay\":{\"min\":\"1m\","      \
        "\"max\":\"2m\"},\"ask\":{\"save\":\"y\",\"as\":\"text\"},"           \
        "\"next\":\"ok\"},"                                                   \
    "\"nudge\":{\"say\":{\"text\":\"Hello?\"},\"back\":true},"                \
    "\"ok\":{\"say\":{\"text\":\"Ok.\"}},"                                    \
    "\"slow\":{\"say\":{\"text\":\"Slowly.\"},\"delay\":{\"min\":\"1m\","     \
        "\"max\":\"2m\"}},"                                                   \
    "\"remind\":{\"say\":{\"text\":\"Will do.\"},\"schedule\":["              \
        "{\"task\":\"a\",\"step\":\"a\",\"after\":\"1h\"},"                   \
        "{\"task\":\"d\",\"step\":\"d\",\"at\":\"when\","                     \
        "\"offset\":\"-1h\"}]},"                                              \
    "\"a\":{\"say\":{\"text\":\"Follow-up.\"}},"                              \
    "\"d\":{\"say\":{\"text\":\"Reminder.\"}},"                               \
    "\"close\":{\"say\":{\"text\":\"Closed.\"},\"status\":\"closed\"},"       \
    "\"won\":{\"say\":{\"text\":\"Won.\"},\"status\":\"qualified\"},"         \
    "\"sales\":{\"say\":{\"text\":\"One moment.\"},\"next\":\"sales2\"},"     \
    "\"sales2\":{\"say\":{\"text\":\"Sales will answer.\"},"                  \
        "\"handover\":{\"to\":\"sales\",\"reason\":\"buys\"}},"               \
    "\"over\":{\"say\":{\"text\":\"A person will answer.\"}},"                \
    "\"none\":{\"say\":{\"text\":\"Pardon?\"}}}}"

#define STANDS(conv, word)                                                    \
    assert_int_equal((conv)->status, PL__CONVERSATION_STATUS__                \
                     ## CONVERSATION_STATUS_ ## word)


/* The bot's answer waits in its queue: it never leaves. */

static void
a_takeover_drops_what_waits(void **state)
{
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "hello");
    assert_string_equal(said(t), "Pardon?");
    hands(t, "maria", 0);
    assert_int_equal(leave(t, epoch), 0);
    assert_string_equal(sent(t, 0)->rule, "owner.stale");
    assert_string_equal(conversation(t)->owner, "maria");
    assert_int_equal(conversation(t)->owner_epoch, 1);
    STANDS(conversation(t), HANDOVER);
}


static void
a_takeover_drops_what_is_delayed(void **state)
{
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "slow");
    hands(t, "maria", -1);
    assert_int_equal(passes(t, HOUR), 0);
    assert_int_equal(leave(t, epoch), 0);
    assert_string_equal(sent(t, 0)->rule, "cancelled");

    /* nor is it said when the bot has it back */

    hands(t, NULL, 1);
    assert_int_equal(passes(t, HOUR), 0);
    assert_int_equal(conversation(t)->owner_epoch, 2);
}


/* The question waits until it is given back, and its nudge begins anew. */

static void
there_and_back(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, DESK, NULL);
    says(t, "go");
    hands(t, "maria", -1);
    assert_string_equal(at_step(t), "ask");
    says(t, "this");
    assert_int_equal(n_sent(t), 1);
    assert_int_equal(passes(t, HOUR), 0);       /* no nudge */
    assert_int_equal(audits(t, HANDOVER, &event), 1);
    assert_string_equal(event->actor, "maria");
    assert_string_equal(event->rule, "asked for");

    hands(t, NULL, -1);
    assert_null(conversation(t)->owner);
    STANDS(conversation(t), OPEN);
    assert_int_equal(passes(t, 30 * MINUTE), 1);
    assert_string_equal(said(t), "Hello?");
    says(t, "that");
    assert_string_equal(variable(t, "x"), "that");
    assert_string_equal(said(t), "Ok.");
}


/* A question that had not left when somebody took over was never read. */

static void
a_question_that_never_left(void **state)
{
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "wait");                    /* it is delayed */
    hands(t, "maria", -1);
    assert_string_equal(sent(t, 0)->rule, "cancelled");
    assert_int_equal(n_sent(t), 1);
    hands(t, NULL, -1);
    assert_int_equal(n_sent(t), 2);
    assert_string_equal(text_of(sent(t, 0)), "Which?");
    assert_int_equal(passes(t, 2 * MINUTE), 1);
    assert_int_equal(leave(t, epoch), 1);
    says(t, "that");
    assert_string_equal(variable(t, "y"), "that");

    /* it waits in its queue; given back, the stale one does not leave */

    says(t, "go");
    assert_string_equal(at_step(t), "ask");
    hands(t, "maria", -1);
    hands(t, NULL, -1);
    assert_string_equal(sent(t, 1)->rule, "cancelled");
    assert_string_equal(said(t), "What?");
    (void) leave(t, epoch);
    hands(t, "maria", -1);              /* this one had left */
    hands(t, NULL, -1);
    assert_string_equal(sent(t, 1)->rule, "cancelled");
}


/* Two people at once: the second sees an epoch that is over. */

static void
two_people_take_it(void **state)
{
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    says(t, "go");
    hands(t, "maria", 0);
    hands(t, "pedro", 0);
    assert_string_equal(conversation(t)->owner, "maria");
    assert_int_equal(t_counted(t, "owner_changes", "stale"), 1);
    hands(t, "pedro", 1);
    assert_string_equal(conversation(t)->owner, "pedro");
    assert_int_equal(conversation(t)->owner_epoch, 2);
    hands(t, "pedro", -1);              /* has it already */
    assert_int_equal(conversation(t)->owner_epoch, 2);
}


/* By a word, and by a topic with its score; the farewell does leave. */

static void
they_ask_for_a_person(void **state)
{
    uint64_t         epoch;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "go");
    assert_int_equal(leave(t, epoch), 1);
    says(t, "An AGENT, please!");
    assert_string_equal(said(t), "A person will answer.");
    assert_string_equal(conversation(t)->owner, "person");
    assert_string_equal(conversation(t)->owner_reason, "asked");
    assert_string_equal(at_step(t), "");
    assert_int_equal(leave(t, epoch), 1);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);

    hands(t, NULL, -1);
    says(t, "what is the price?");              /* 400 of 600 */
    assert_string_equal(said(t), "Pardon?");
    says(t, "pricelist and discount");
    assert_string_equal(conversation(t)->owner_reason, "price");
    assert_int_equal(audits(t, HANDOVER, &event), 3);
    assert_non_null(strstr(event->text, "of 600"));
}


/* A step hands over, behind what the chain has said: all of it leaves. */

static void
a_step_hands_over(void **state)
{
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "sales");
    assert_string_equal(conversation(t)->owner, "sales");
    assert_string_equal(conversation(t)->owner_reason, "buys");
    assert_int_equal(leave(t, epoch), 2);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
}


/* A follow-up is the bot's; a reminder of a date holds for both. */

static void
tasks_while_a_person_answers(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, DESK, NULL);
    starts(t, NULL, "desk", "none", "when", "2025-10-09T12:53:20Z");
    says(t, "remind");
    assert_int_equal(conversation(t)->n_tasks, 2);
    hands(t, "maria", -1);
    assert_int_equal(passes(t, HOUR), 1);
    assert_string_equal(said(t), "Will do.");
    assert_int_equal(audits(t, FLOW, &event), 1);
    assert_non_null(strstr(event->text, "a person answers"));
    assert_int_equal(passes(t, 2 * HOUR), 1);
    assert_string_equal(said(t), "Reminder.");
}


static void
echoes(t_engine_t *t, const char *wamid)
{
    char  value[1024];

    (void) snprintf(value, sizeof(value),
        "{\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"phone_number_id\":\"" T_ACCOUNT "\"},\"message_echoes\":[{"
        "\"from\":\"15550001111\",\"to\":\"" LATER_PHONE "\",\"id\":\"%s\","
        "\"timestamp\":\"%" PRId64 "\",\"type\":\"text\",\"text\":{"
        "\"body\":\"I will see to it.\"}}]}", wamid, t->wall_ms / 1000);
    (void) t_field(t, "smb_message_echoes", t->wall_ms / 1000, value);
    t_fold(t);
}


/* Who writes in the provider's app has it, for a day after the last word. */

static void
a_person_writes_in_the_app(void **state)
{
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "go");
    assert_int_equal(leave(t, epoch), 1);
    echoes(t, "wamid.E1");
    assert_string_equal(conversation(t)->owner, "app");
    assert_int_equal(conversation(t)->owner_epoch, 1);
    assert_int_equal(passes(t, HOUR), 0);
    says(t, "thanks");
    assert_int_equal(n_sent(t), 2);             /* one was theirs */

    t_pass(t, 20 * HOUR);
    echoes(t, "wamid.E2");
    assert_int_equal(conversation(t)->owner_epoch, 1);
    t_pass(t, PL_OWNER_IDLE_MS - 1);
    says(t, "and?");
    assert_int_equal(n_sent(t), 3);
    t_pass(t, 1);
    says(t, "nobody?");
    assert_null(conversation(t)->owner);
    assert_string_equal(variable(t, "x"), "nobody?");
    assert_string_equal(said(t), "Ok.");
}


/* Nobody says when they are done in the app: who writes then is asked. */

static void
a_question_that_the_app_took(void **state)
{
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    says(t, "go");
    assert_int_equal(n_sent(t), 1);
    echoes(t, "wamid.E1");
    assert_string_equal(conversation(t)->owner, "app");
    (void) passes(t, 25 * HOUR);
    says(t, "still there?");
    assert_null(conversation(t)->owner);
    assert_string_equal(at_step(t), "ask");
    assert_string_equal(said(t), "What?");
    assert_string_equal(variable(t, "x"), "");
    says(t, "this");
    assert_string_equal(variable(t, "x"), "this");
}


/* F118: closed is not qualified again at once; who writes opens it. */

static void
illegal_statuses_are_refused(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, DESK, NULL);
    says(t, "won");
    STANDS(conversation(t), QUALIFIED);
    says(t, "close");
    STANDS(conversation(t), CLOSED);
    starts(t, NULL, "desk", "won", NULL, NULL);
    STANDS(conversation(t), CLOSED);
    assert_string_equal(said(t), "Won.");       /* the step goes on */
    assert_int_equal(audits(t, STATUS, &event), 3);
    assert_string_equal(event->text, "closed to qualified: refused");
    assert_string_equal(event->rule, "desk");

    says(t, "won");
    STANDS(conversation(t), QUALIFIED);
    assert_int_equal(audits(t, STATUS, NULL), 5);
    hands(t, "maria", -1);
    STANDS(conversation(t), HANDOVER);
    hands(t, NULL, -1);
    STANDS(conversation(t), QUALIFIED);         /* where it stood */
}


/* What a program asks for is refused while a person answers. */

static void
a_start_while_a_person_answers(void **state)
{
    t_engine_t  *t = *state;

    flows(t, DESK, NULL);
    says(t, "go");
    hands(t, "maria", -1);
    starts(t, NULL, "desk", "won", "when", "x");
    assert_int_equal(n_sent(t), 1);
    assert_string_equal(variable(t, "when"), "");
    assert_int_equal(t_counted(t, "flow_starts", "refused"), 1);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_takeover_drops_what_waits),
        RUN(a_takeover_drops_what_is_delayed),
        RUN(there_and_back),
        RUN(a_question_that_never_left),
        RUN(a_question_that_the_app_took),
        RUN(two_people_take_it),
        RUN(they_ask_for_a_person),
        RUN(a_step_hands_over),
        RUN(tasks_while_a_person_answers),
        RUN(a_person_writes_in_the_app),
        RUN(illegal_statuses_are_refused),
        RUN(a_start_while_a_person_answers),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
