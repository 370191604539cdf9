/*
 * The engine: where flows meet the rest. What a chain says replaces what
 * waits, two contacts become one while both are asked something, and are
 * taken apart again, and two flows wait under a trigger without a name.
 * Every test's journal is folded a second time.
 */

#include "run.h"

#define EDGE_USER  "ES.1"


/* From a phone, a user id, or both; NULL leaves one out. */

static void
from(t_engine_t *t, const char *phone, const char *user, const char *text)
{
    char  item[1024], p[64] = "", u[64] = "";

    if (phone != NULL) {
        (void) snprintf(p, sizeof(p), "\"from\":\"%s\",", phone);
    }

    if (user != NULL) {
        (void) snprintf(u, sizeof(u), "\"from_user_id\":\"%s\",", user);
    }

    (void) snprintf(item, sizeof(item),
        "{%s%s\"id\":\"wamid.%u\",\"timestamp\":\"%" PRId64 "\","
        "\"type\":\"text\",\"text\":{\"body\":\"%s\"}}", p, u, ++t_wamids,
        t->wall_ms / 1000, text);

    (void) t_items(t, "messages", item);
    t_fold(t);
}


static Pl__Conversation *
nth(t_engine_t *t, unsigned i)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, i,
                                      &pl__conversation__descriptor);
}


static const char *
value_of(const Pl__Conversation *conv, const char *name)
{
    size_t  i;

    for (i = 0; i < conv->n_variables; i++) {
        if (strcmp(conv->variables[i]->name, name) == 0) {
            return conv->variables[i]->value;
        }
    }

    return "";
}


static void
apart(t_engine_t *t)
{
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__ContactMerge  *merge;
    Pl__ContactSplit   in = PL__CONTACT_SPLIT__INIT;

    merge = (Pl__ContactMerge *) t_row(t, PL_TABLE_MERGES, 0,
                                       &pl__contact_merge__descriptor);
    in.tenant = 1;
    in.merge = merge->id;
    command.of_case = PL__COMMAND__OF_CONTACT_SPLIT;
    command.contact_split = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


#define COLLAPSE                                                              \
    "{\"flow\":\"collapse\",\"triggers\":["                                   \
    "{\"keywords\":[\"go\"],\"step\":\"a\"}],\"steps\":{"                     \
    "\"a\":{\"say\":{\"text\":\"One.\",\"collapse_key\":\"k\"},"              \
        "\"next\":\"b\"},"                                                    \
    "\"b\":{\"say\":{\"text\":\"Two.\"},\"next\":\"c\"},"                     \
    "\"c\":{\"say\":{\"text\":\"Three.\",\"collapse_key\":\"k\"}}}}"


/* What was said behind it in the same chain leaves all the same. */

static void
what_replaces_its_own_head(void **state)
{
    t_engine_t  *t = *state;

    flows(t, COLLAPSE, NULL);
    says(t, "go");
    assert_int_equal(n_sent(t), 3);
    assert_int_equal(leave(t, t_sender(t, true, NULL)), 2);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


#define EDGE                                                                  \
    "{\"flow\":\"edge\",\"triggers\":["                                       \
    "{\"keywords\":[\"name\"],\"step\":\"name\"},"                            \
    "{\"keywords\":[\"hi\"],\"step\":\"hi\"},"                                \
    "{\"keywords\":[\"go\"],\"step\":\"go\"}],\"steps\":{"                    \
    "\"name\":{\"say\":{\"text\":\"Noted.\"},\"tag\":[\"both\"],"             \
        "\"set\":{\"who\":\"first\",\"left\":\"1\"}},"                        \
    "\"hi\":{\"say\":{\"text\":\"Hi.\"}},"                                    \
    "\"go\":{\"say\":{\"text\":\"Go.\"},\"tag\":[\"both\"],"                  \
        "\"set\":{\"who\":\"second\",\"right\":\"2\"},"                       \
        "\"schedule\":[{\"task\":\"call\",\"step\":\"call\","                 \
            "\"after\":\"2h\"}],\"next\":\"ask\"},"                           \
    "\"ask\":{\"say\":{\"text\":\"What?\"},"                                  \
        "\"ask\":{\"save\":\"x\",\"as\":\"text\"},\"next\":\"end\"},"         \
    "\"end\":{\"say\":{\"text\":\"{{right|none}} it is.\"}},"                 \
    "\"call\":{\"say\":{\"text\":\"It is later.\"}}}}"


/* The run that goes on has its variables, and a tag is one tag. */

static void
variables_of_two_who_are_one(void **state)
{
    t_engine_t  *t = *state;

    flows(t, EDGE, NULL);
    from(t, LATER_PHONE, NULL, "name");
    t_pass(t, 5000);
    from(t, NULL, EDGE_USER, "go");
    t_pass(t, 5000);
    from(t, LATER_PHONE, EDGE_USER, "this");

    assert_string_equal(said(t), "2 it is.");
    assert_string_equal(value_of(nth(t, 0), "who"), "first");
    assert_string_equal(value_of(nth(t, 0), "left"), "1");
    assert_string_equal(value_of(nth(t, 0), "right"), "2");
    assert_int_equal(nth(t, 0)->n_tags, 1);
    assert_int_equal(nth(t, 0)->n_tasks, 1);
    assert_int_equal(nth(t, 1)->n_tasks, 0);
}


/* A task goes back to whom it is for, and fires there. */

static void
a_task_after_a_split(void **state)
{
    t_engine_t  *t = *state;

    flows(t, EDGE, NULL);
    from(t, LATER_PHONE, NULL, "hi");
    t_pass(t, 5000);
    from(t, NULL, EDGE_USER, "go");
    t_pass(t, 5000);
    from(t, LATER_PHONE, EDGE_USER, "hi");
    assert_int_equal(nth(t, 0)->n_tasks, 1);

    apart(t);
    assert_int_equal(nth(t, 0)->n_tasks, 0);
    assert_int_equal(nth(t, 1)->n_tasks, 1);

    assert_int_equal(passes(t, 3 * HOUR), 1);
    assert_string_equal(said(t), "It is later.");
    assert_int_equal(nth(t, 0)->n_tasks, 0);
    assert_int_equal(nth(t, 1)->n_tasks, 0);
}


#define WAITS(flow, event)                                                    \
    "{\"flow\":\"" flow "\",\"triggers\":[{\"event\":\"" event "\","          \
    "\"after\":\"5m\",\"step\":\"a\"}],\"steps\":{"                           \
    "\"a\":{\"say\":{\"text\":\"" flow ".\"}}}}"


/* They are two, though neither has a name. */

static void
triggers_of_two_flows_that_wait(void **state)
{
    t_engine_t  *t = *state;

    flows(t, WAITS("one", "e1"), WAITS("two", "e2"));
    starts(t, "e1", NULL, NULL, NULL, NULL);
    t_pass(t, MINUTE);
    starts(t, "e2", NULL, NULL, NULL, NULL);
    assert_int_equal(passes(t, HOUR), 2);
    assert_int_equal(n_sent(t), 2);
    assert_string_equal(text_of(sent(t, 1)), "one.");
    assert_string_equal(text_of(sent(t, 0)), "two.");
}


#define SLOW                                                                  \
    "{\"flow\":\"slow\",\"triggers\":["                                       \
    "{\"keywords\":[\"go\"],\"step\":\"ask\"},"                             \
    "{\"keywords\":[\"help\"],\"step\":\"help\"},"                          \
    "{\"keywords\":[\"soon\"],\"after\":\"1h\",\"step\":\"help\"}],"        \
    "\"steps\":{"              \
    "\"ask\":{\"say\":{\"text\":\"How many?\"},"                            \
        "\"delay\":{\"min\":\"10s\",\"max\":\"10s\"},"                      \
        "\"ask\":{\"save\":\"x\",\"as\":\"number\"},\"next\":\"end\"},"     \
    "\"end\":{\"say\":{\"text\":\"Thanks.\"}},"                             \
    "\"help\":{\"say\":{\"text\":\"Help.\"}}}}"


/* What was taken back for an answer aside is asked behind it. */

static void
a_question_that_waits_and_an_answer_aside(void **state)
{
    t_engine_t  *t = *state;

    flows(t, SLOW, NULL);
    says(t, "go");
    t_pass(t, 5000);
    says(t, "help");
    assert_string_equal(at_step(t), "ask");
    (void) passes(t, MINUTE);
    assert_int_equal(n_sent(t), 3);
    assert_string_equal(text_of(sent(t, 1)), "Help.");
    assert_string_equal(text_of(sent(t, 0)), "How many?");
    assert_int_equal(leave(t, t_sender(t, true, NULL)), 2);
    says(t, "7");
    assert_string_equal(said(t), "Thanks.");
}


/* A trigger that waits takes nothing back, and nothing is asked twice. */

static void
a_question_that_waits_and_an_answer_later(void **state)
{
    t_engine_t  *t = *state;

    flows(t, SLOW, NULL);
    says(t, "go");
    t_pass(t, 5000);
    says(t, "soon");
    (void) passes(t, MINUTE);
    assert_int_equal(n_sent(t), 1);
    assert_int_equal(leave(t, t_sender(t, true, NULL)), 1);
}


#define DATED                                                                 \
    "{\"flow\":\"dated\",\"start\":\"book\",\"inputs\":[\"when\"],"         \
    "\"triggers\":[{\"event\":\"book\",\"step\":\"book\"}],\"steps\":{"     \
    "\"book\":{\"say\":{\"text\":\"Booked.\"},\"schedule\":["               \
        "{\"task\":\"r\",\"step\":\"r\",\"at\":\"when\","                   \
            "\"offset\":\"-1h\",\"until\":\"0s\"}]},"                       \
    "\"r\":{\"say\":{\"text\":\"In an hour.\"}}}}"


/* It was agreed: it leaves also where somebody takes over as it waits. */

static void
a_reminder_that_waits_and_a_takeover(void **state)
{
    t_engine_t  *t = *state;

    flows(t, DATED, NULL);
    says(t, "hello");
    starts(t, "book", NULL, NULL, "when", "2025-10-09T12:00:00Z");
    (void) leave(t, t_sender(t, true, NULL));
    assert_int_equal(passes(t, 3 * HOUR), 1);
    assert_string_equal(said(t), "In an hour.");
    hands(t, "maria", -1);
    assert_int_equal(leave(t, t_sender(t, true, NULL)), 1);
}


/* From outside as from a person: no more than a text, under a name. */

static void
variables_from_outside(void **state)
{
    char         value[PL_TEXT_MAX + 2];
    t_engine_t  *t = *state;

    flows(t, EDGE, NULL);
    says(t, "hi");
    memset(value, 'x', sizeof(value));
    value[PL_TEXT_MAX + 1] = '\0';
    starts(t, NULL, "edge", "hi", "v", value);
    starts(t, NULL, "edge", "hi", "no name", "1");
    assert_int_equal(n_sent(t), 1);
    assert_int_equal(conversation(t)->n_variables, 0);
    assert_int_equal(t_counted(t, "flow_starts", "refused"), 2);

    value[PL_TEXT_MAX] = '\0';
    starts(t, NULL, "edge", "hi", "a.v-1_x", value);
    assert_int_equal(n_sent(t), 2);
    assert_string_equal(variable(t, "a.v-1_x"), value);
}


#define OPTS                                                                  \
    "{\"flow\":\"opts\",\"triggers\":[{\"opt_in\":\"news\","                  \
    "\"after\":\"5m\",\"step\":\"a\"}],\"steps\":{"                           \
    "\"a\":{\"say\":{\"text\":\"Welcome.\"}}}}"


static void
consents(t_engine_t *t, Pl__ConsentState state)
{
    Pl__Address      address = PL__ADDRESS__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ConsentSet   in = PL__CONSENT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    in.tenant = 1;
    in.channel = 1;
    in.address = &address;
    in.category = (char *) "news";
    in.state = state;
    in.source = (char *) "form";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* Told twice, they are welcomed once; after a no once more. */

static void
an_opt_in_told_twice(void **state)
{
    t_engine_t  *t = *state;

    flows(t, OPTS, NULL);
    says(t, "hello");
    consents(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    (void) passes(t, HOUR);
    assert_int_equal(n_sent(t), 1);
    consents(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    (void) passes(t, HOUR);
    assert_int_equal(n_sent(t), 1);
    consents(t, PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    t_pass(t, MINUTE);
    consents(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    (void) passes(t, HOUR);
    assert_int_equal(n_sent(t), 2);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(what_replaces_its_own_head),
        RUN(variables_of_two_who_are_one),
        RUN(a_task_after_a_split),
        RUN(triggers_of_two_flows_that_wait),
        RUN(a_question_that_waits_and_an_answer_aside),
        RUN(a_question_that_waits_and_an_answer_later),
        RUN(an_opt_in_told_twice),
        RUN(variables_from_outside),
        RUN(a_reminder_that_waits_and_a_takeover),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
