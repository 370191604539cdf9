/*
 * The engine: a flow under way. It asks, waits, understands or not, goes on,
 * calls other flows, comes back, and ends; and of two things at once there
 * is one outcome. Every test's journal is folded a second time.
 */

#include "run.h"

#define LEAD                                                                  \
    "{\"flow\":\"lead\",\"triggers\":["                                       \
    "{\"keywords\":[\"start\"],\"step\":\"ads\"},"                            \
    "{\"keywords\":[\"info\"],\"step\":\"info\"},"                            \
    "{\"keywords\":[\"over\"],\"step\":\"quit\"},"                            \
    "{\"keywords\":[\"twice\"],\"step\":\"count\"}],"                         \
    "\"default\":\"none\",\"language\":\"en\",\"steps\":{"                    \
    "\"ads\":{\"say\":{\"text\":\"Ads?\"},\"ask\":{\"save\":\"ads\","         \
        "\"as\":\"yes_no\"},\"unclear\":{\"text\":\"Yes or no?\"},"           \
        "\"timeouts\":[{\"after\":\"30m\",\"step\":\"nudge\"},"               \
            "{\"after\":\"24h\",\"step\":\"bye\"}],"                          \
        "\"branch\":[{\"when\":{\"variable\":\"ads\",\"is\":\"no\"},"         \
            "\"step\":\"no\"}],\"next\":\"count\"},"                          \
    "\"nudge\":{\"say\":{\"text\":\"Still there?\"},\"back\":true},"          \
    "\"bye\":{\"say\":{\"text\":\"Bye.\"}},"                                  \
    "\"no\":{\"say\":{\"text\":\"A pity.\"},\"status\":\"disqualified\","     \
        "\"tag\":[\"cold\"]},"                                                \
    "\"count\":{\"say\":{\"text\":\"How many?\"},\"ask\":{\"save\":\"n\","    \
        "\"as\":\"number\"},\"next\":\"done\"},"                              \
    "\"done\":{\"say\":{\"text\":\"{{n}} it is.\"},"                          \
        "\"status\":\"qualified\",\"set\":{\"stage\":\"{{n}}-done\"}},"       \
    "\"info\":{\"say\":{\"text\":\"Info.\"}},"                                \
    "\"quit\":{\"say\":{\"text\":\"Over.\"},\"end\":true},"                   \
    "\"none\":{\"say\":{\"text\":\"Say start.\"}}}}"


static void
lead(t_engine_t *t)
{
    flows(t, LEAD, NULL);
}


static void
it_asks_and_goes_on(void **state)
{
    t_engine_t  *t = *state;

    lead(t);
    says(t, "Start!");
    assert_string_equal(said(t), "Ads?");
    assert_string_equal(at_step(t), "ads");
    assert_int_equal(conversation(t)->run->waiting, 1);

    t_pass(t, 5000);
    says(t, "yes");
    assert_string_equal(variable(t, "ads"), "yes");
    assert_string_equal(said(t), "How many?");
    assert_string_equal(at_step(t), "count");

    t_pass(t, 5000);
    says(t, "250");
    assert_string_equal(said(t), "250 it is.");
    assert_string_equal(at_step(t), "");
    assert_string_equal(variable(t, "stage"), "250-done");
    assert_int_equal(conversation(t)->status,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_QUALIFIED);
    assert_int_equal(n_sent(t), 3);

    /* what a flow says names it, and answers; tasks are gone */

    assert_string_equal(sent(t, 0)->flow, "lead");
    assert_string_equal(sent(t, 0)->step, "done");
    assert_true(sent(t, 0)->answers);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    assert_int_equal(audits(t, FLOW, NULL), 2);     /* began, ended */
}


static void
a_branch_is_taken(void **state)
{
    t_engine_t  *t = *state;

    lead(t);
    says(t, "start");
    t_pass(t, 5000);
    says(t, "no");
    assert_string_equal(said(t), "A pity.");
    assert_string_equal(at_step(t), "");
    assert_int_equal(conversation(t)->n_tags, 1);
    assert_string_equal(conversation(t)->tags[0], "cold");
    assert_int_equal(audits(t, STATUS, NULL), 1);
}


/* The third in a row is a person's; a good answer in between begins anew. */

static void
the_third_misunderstanding_hands_over(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    lead(t);
    says(t, "start");

    t_pass(t, 5000);
    says(t, "purple");
    assert_string_equal(said(t), "Yes or no?");
    says(t, "violet");
    assert_int_equal(conversation(t)->run->misunderstood, 2);
    says(t, "yes");
    assert_string_equal(said(t), "How many?");
    assert_int_equal(conversation(t)->run->misunderstood, 0);

    t_pass(t, 5000);
    says(t, "purple");
    assert_string_equal(said(t), "How many?");      /* said again */
    says(t, "violet");
    assert_int_equal(n_sent(t), 6);
    assert_int_equal(audits(t, HANDOVER, NULL), 0);
    says(t, "mauve");

    assert_int_equal(n_sent(t), 6);
    assert_string_equal(at_step(t), "");
    assert_string_equal(conversation(t)->owner, "person");
    assert_string_equal(conversation(t)->owner_reason, "misunderstood");
    assert_int_equal(audits(t, HANDOVER, &event), 1);
    assert_string_equal(event->rule, "misunderstood");

    says(t, "hello?");
    assert_int_equal(n_sent(t), 6);                 /* the bot is silent */
}


/* Beside a question: what ends leaves it, what waits takes its place. */

static void
triggers_beside_a_question(void **state)
{
    t_engine_t  *t = *state;

    lead(t);
    says(t, "start");
    t_pass(t, 5000);
    says(t, "info");
    assert_string_equal(said(t), "Info.");
    assert_string_equal(at_step(t), "ads");
    assert_int_equal(conversation(t)->run->misunderstood, 0);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);

    says(t, "twice");
    assert_string_equal(said(t), "How many?");
    assert_string_equal(at_step(t), "count");
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);

    says(t, "over");                    /* an end that is meant */
    assert_string_equal(said(t), "Over.");
    assert_string_equal(at_step(t), "");

    says(t, "whatever");
    assert_string_equal(said(t), "Say start.");
}


/* The nudge says its thing and the question waits on: its end is armed. */

static void
a_nudge_and_an_end(void **state)
{
    unsigned     turn;
    t_engine_t  *t = *state;

    lead(t);
    says(t, "start");
    turn = conversation(t)->run->turn;

    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "timeout.0");

    t_pass(t, 30 * MINUTE - 1);
    assert_int_equal(fire(t, 64), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "Still there?");
    assert_false(sent(t, 0)->answers);
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "timeout.1");
    assert_string_equal(at_step(t), "ads");
    assert_int_equal(conversation(t)->run->turn, turn);

    assert_int_equal(passes(t, DAY), 1);
    assert_string_equal(said(t), "Bye.");
    assert_string_equal(at_step(t), "");
    assert_int_equal(n_sent(t), 3);
    assert_int_equal(passes(t, 90 * DAY), 0);
}


/* One millisecond, either order: the answer counts, the nudge at most once. */

static void
a_nudge_and_a_reply_at_once(void **state)
{
    t_engine_t    *t = *state;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due = PL__TIMER_DUE__INIT;
    Pl__Task      *task;

    lead(t);
    says(t, "start");
    t_pass(t, 30 * MINUTE);
    task = conversation(t)->tasks[0];
    due.timer = task->timer;
    due.due_ms = task->due_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due;

    /* the reply is first in the journal */

    writes(t, "yes");
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_string_equal(said(t), "How many?");
    assert_string_equal(at_step(t), "count");
    assert_int_equal(n_sent(t), 2);
}


static void
a_nudge_just_before_a_reply(void **state)
{
    uint64_t      epoch;
    t_engine_t   *t = *state;

    lead(t);
    epoch = t_sender(t, true, NULL);
    says(t, "start");
    assert_int_equal(leave(t, epoch), 1);
    t_pass(t, 30 * MINUTE);
    assert_int_equal(fire(t, 64), 1);
    writes(t, "yes");
    t_fold(t);
    assert_string_equal(said(t), "How many?");
    assert_string_equal(at_step(t), "count");

    /* and it does not leave behind their answer */

    assert_int_equal(n_sent(t), 3);
    assert_string_equal(text_of(sent(t, 1)), "Still there?");
    assert_int_equal(sent(t, 1)->state, FAILED);
    assert_string_equal(sent(t, 1)->rule, "cancelled");
    assert_int_equal(leave(t, epoch), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
}


/* On two workers, 80 ms apart: one answer, and nobody is asked twice. */

static void
yes_and_yes(void **state)
{
    t_engine_t  *t = *state;

    lead(t);
    says(t, "start");
    t_pass(t, 5000);
    writes(t, "Yes");
    t_pass(t, 80);
    writes(t, "Yes");
    t_fold(t);
    assert_string_equal(said(t), "How many?");
    assert_int_equal(n_sent(t), 2);
    assert_int_equal(conversation(t)->run->misunderstood, 0);
    assert_int_equal(t_counted(t, "answers", "twice"), 1);

    t_pass(t, 5000);                    /* much later it is an answer */
    says(t, "Yes");
    assert_int_equal(conversation(t)->run->misunderstood, 1);
}


static void
an_answer_that_changes_is_audited(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    lead(t);
    says(t, "start");
    t_pass(t, 5000);
    says(t, "yes");
    assert_int_equal(audits(t, ANSWER, NULL), 0);
    says(t, "start");
    t_pass(t, 5000);
    says(t, "no");
    assert_int_equal(audits(t, ANSWER, &event), 1);
    assert_string_equal(event->rule, "ads");
    assert_string_equal(event->text, "yes");
}


#define CALLS                                                                 \
    "{\"flow\":\"calls\",\"triggers\":["                                      \
    "{\"keywords\":[\"go\"],\"step\":\"a\"},"                                 \
    "{\"keywords\":[\"deep\"],\"step\":\"deep\"}],\"steps\":{"                \
    "\"a\":{\"say\":{\"text\":\"A\"},"                                        \
        "\"call\":{\"flow\":\"sub\"},\"next\":\"b\"},"                        \
    "\"b\":{\"say\":{\"text\":\"B {{name2}}\"}},"                             \
    "\"deep\":{\"call\":{\"flow\":\"sub\",\"step\":\"deep\"}}},"               \
    "\"inputs\":[\"name2\"]}"

#define SUB                                                                   \
    "{\"flow\":\"sub\",\"start\":\"who\",\"steps\":{"                         \
    "\"who\":{\"say\":{\"text\":\"Who?\"},\"ask\":{\"save\":\"name2\","       \
        "\"as\":\"text\"},\"timeouts\":[{\"after\":\"1h\","                    \
        "\"step\":\"help\"}]},"                                               \
    "\"deep\":{\"call\":{\"flow\":\"calls\",\"step\":\"deep\"}},"             \
    "\"help\":{\"say\":{\"text\":\"Your name.\"},\"back\":true}},"           \
    "\"triggers\":[{\"keywords\":[\"well\"],\"step\":\"deep\"}]}"


static void
a_call_comes_back(void **state)
{
    t_engine_t  *t = *state;

    flows(t, CALLS, SUB);
    says(t, "go");
    assert_string_equal(said(t), "Who?");
    assert_string_equal(conversation(t)->run->flow, "sub");
    assert_int_equal(conversation(t)->run->n_stack, 1);

    assert_int_equal(passes(t, HOUR), 1);       /* a step aside, and back */
    assert_string_equal(said(t), "Your name.");
    assert_string_equal(at_step(t), "who");
    assert_int_equal(conversation(t)->run->n_stack, 1);

    t_pass(t, 5000);
    says(t, "Ann");
    assert_string_equal(said(t), "B Ann");
    assert_string_equal(at_step(t), "");
    assert_int_equal(n_sent(t), 4);
}


/* A chain of n steps, the last of which says its thing. */

static const char *
chain(t_engine_t *t, unsigned n)
{
    char      *text;
    unsigned   i;

    text = pl_arena_printf(t->ar, "{\"flow\":\"chain\",\"triggers\":[{"
                           "\"keywords\":[\"go\"],\"step\":\"s1\"}],"
                           "\"steps\":{");

    for (i = 1; text != NULL && i < n; i++) {
        text = pl_arena_printf(t->ar, "%s\"s%u\":{\"tag\":[\"x\"],\"next\":"
                               "\"s%u\"},", text, i, i + 1);
    }

    text = pl_arena_printf(t->ar, "%s\"s%u\":{\"say\":{\"text\":\"End.\"}}}}",
                           text, n);
    assert_non_null(text);

    return text;
}


/* Limits: what never comes to rest is a person's. */

static void
a_long_way_and_one_step_more(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, chain(t, PL_STEPS_MAX), NULL);
    says(t, "go");
    assert_string_equal(said(t), "End.");
    assert_int_equal(audits(t, HANDOVER, NULL), 0);

    flows(t, chain(t, PL_STEPS_MAX + 1), NULL);
    says(t, "go");
    assert_int_equal(n_sent(t), 1);
    assert_string_equal(conversation(t)->owner_reason, "broken");
    assert_string_equal(at_step(t), "");
    (void) audits(t, FLOW, &event);
    assert_non_null(strstr(event->text, "too many steps"));
}


static void
a_well_has_a_bottom(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, CALLS, SUB);
    says(t, "deep");
    assert_string_equal(conversation(t)->owner_reason, "broken");
    assert_string_equal(at_step(t), "");
    (void) audits(t, FLOW, &event);
    assert_non_null(strstr(event->text, "too many calls"));
}


#define SLOW                                                                  \
    "{\"flow\":\"slow\",\"triggers\":["                                       \
    "{\"keywords\":[\"hello\"],\"step\":\"hello\"},"                          \
    "{\"keywords\":[\"chat\"],\"step\":\"chat\"}],\"steps\":{"                \
    "\"hello\":{\"say\":{\"text\":\"Hello.\"},"                               \
        "\"delay\":{\"min\":\"30s\",\"max\":\"5m\"},\"next\":\"second\"},"    \
    "\"second\":{\"say\":{\"text\":\"Second.\"}},"                            \
    "\"chat\":{\"say\":{\"text\":\"Chat?\"},"                                 \
        "\"delay\":{\"min\":\"30s\",\"max\":\"5m\"},"                         \
        "\"ask\":{\"save\":\"x\",\"as\":\"text\"},\"next\":\"second\"}}}"


/* Drawn from the number: within its bounds, in order, the same in a replay. */

static void
an_answer_takes_its_time(void **state)
{
    int64_t      at;
    uint64_t     epoch;
    t_engine_t  *t = *state;

    flows(t, SLOW, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "hello");
    assert_int_equal(n_sent(t), 2);
    at = sent(t, 1)->at_ms;
    assert_true(at >= T_NOW + 30000 && at <= T_NOW + 5 * MINUTE);
    assert_true(sent(t, 0)->at_ms == at);
    assert_int_equal(leave(t, epoch), 0);
    assert_int_equal(passes(t, at - t->wall_ms - 1), 0);
    assert_int_equal(passes(t, 1), 2);
    assert_int_equal(leave(t, epoch), 2);
}


/* They write before they were asked: it is no answer, and it is asked anew. */

static void
who_writes_meanwhile_is_waited_for(void **state)
{
    t_engine_t  *t = *state;

    flows(t, SLOW, NULL);
    says(t, "chat");
    assert_int_equal(n_sent(t), 1);
    t_pass(t, 1000);
    says(t, "are you there?");
    assert_int_equal(n_sent(t), 2);
    assert_int_equal(sent(t, 1)->state, FAILED);
    assert_string_equal(sent(t, 1)->rule, "cancelled");
    assert_int_equal(sent(t, 0)->state, SCHEDULED);
    assert_string_equal(variable(t, "x"), "");
    assert_int_equal(passes(t, 10 * MINUTE), 1);
    says(t, "fine");
    assert_string_equal(variable(t, "x"), "fine");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
}


/* The same message again and again: one answer (F182). */

static void
a_duplicate_changes_nothing(void **state)
{
    int          i;
    t_engine_t  *t = *state;

    lead(t);

    for (i = 0; i < 5; i++) {
        (void) t_text(t, LATER_PHONE, "wamid.SAME", t->wall_ms / 1000,
                      "start");
    }

    t_fold(t);
    assert_int_equal(n_sent(t), 1);
    assert_int_equal(conversation(t)->n_tasks, 1);
}


/* Two contacts are one: the run goes on with whoever stays, tasks and all. */

static void
a_run_is_joined(void **state)
{
    char               item[512];
    t_engine_t        *t = *state;
    Pl__Contact       *a, *b;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__ContactJoin    join = PL__CONTACT_JOIN__INIT;

    lead(t);
    (void) t_located(t, LATER_PHONE, "wamid.P", t->wall_ms / 1000);
    (void) snprintf(item, sizeof(item), "{\"from_user_id\":\"ES.1\",\"id\":"
                    "\"wamid.U\",\"timestamp\":\"%" PRId64 "\",\"type\":"
                    "\"text\",\"text\":{\"body\":\"start\"}}",
                    t->wall_ms / 1000);
    (void) t_items(t, "messages", item);
    t_fold(t);
    assert_string_equal(said(t), "Ads?");

    a = (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                              &pl__contact__descriptor);
    b = (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 1,
                              &pl__contact__descriptor);
    join.tenant = 1;
    join.into = a->id;
    join.from = b->id;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = &join;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    assert_string_equal(at_step(t), "ads");
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_int_equal(passes(t, 30 * MINUTE), 1);
    assert_string_equal(said(t), "Still there?");
    assert_int_equal(sent(t, 0)->party, a->id);
    says(t, "yes");
    assert_string_equal(said(t), "How many?");
}


/* The category of a template is its own where it goes for a free form. */

static void
a_template_goes_as_what_it_is_for(void **state)
{
    t_engine_t  *t = *state;

    flows(t, "{\"flow\":\"ask\",\"default\":\"a\",\"language\":\"en\","
             "\"steps\":{\"a\":{\"say\":{\"text\":\"Well?\"},"
             "\"wait\":true,\"timeouts\":[{\"after\":\"1h\","
             "\"step\":\"b\"},{\"after\":\"25h\",\"step\":\"b\"}]},"
             "\"b\":{\"say\":{\"text\":\"Buy!\",\"template\":"
             "{\"name\":\"buy\",\"category\":\"marketing\"}},"
             "\"back\":true}}}", NULL);
    says(t, "hello");
    passes(t, 1 * HOUR);
    assert_string_equal(said(t), "Buy!");
    assert_int_equal(sent(t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED);

    passes(t, 24 * HOUR);
    assert_int_equal(n_sent(t), 3);
    assert_int_equal(sent(t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_string_equal(sent(t, 0)->rule, "consent.missing");
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(it_asks_and_goes_on),
        RUN(a_branch_is_taken),
        RUN(the_third_misunderstanding_hands_over),
        RUN(triggers_beside_a_question),
        RUN(a_nudge_and_an_end),
        RUN(a_nudge_and_a_reply_at_once),
        RUN(a_nudge_just_before_a_reply),
        RUN(yes_and_yes),
        RUN(an_answer_that_changes_is_audited),
        RUN(a_call_comes_back),
        RUN(a_long_way_and_one_step_more),
        RUN(a_well_has_a_bottom),
        RUN(an_answer_takes_its_time),
        RUN(who_writes_meanwhile_is_waited_for),
        RUN(a_duplicate_changes_nothing),
        RUN(a_run_is_joined),
        RUN(a_template_goes_as_what_it_is_for),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
