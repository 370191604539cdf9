/*
 * The engine: what a flow does later. Tasks are armed, take the place of
 * those of their name, are called off, and fire once; by a date that a
 * variable holds too. Every test's journal is folded a second time.
 */

#include "run.h"
#include "zones.h"

/* T_NOW is 2025-10-09T08:53:20Z. */
#define TODAY      "2025-10-09"
#define AT_12H     "2025-10-10T20:00:00Z"

#define TASKS                                                                 \
    "{\"flow\":\"tasks\",\"start\":\"book\",\"triggers\":["                   \
    "{\"keywords\":[\"later\"],\"step\":\"later\"},"                          \
    "{\"keywords\":[\"off\"],\"step\":\"off\"},"                              \
    "{\"keywords\":[\"all off\"],\"step\":\"all\"},"                          \
    "{\"keywords\":[\"ask\"],\"step\":\"ask\"},"                              \
    "{\"event\":\"book\",\"step\":\"book\"}],"                                \
    "\"inputs\":[\"when\"],\"steps\":{"                                       \
    "\"later\":{\"say\":{\"text\":\"Later, then.\"},\"schedule\":["           \
        "{\"task\":\"call\",\"step\":\"call\",\"after\":\"2h\"}]},"           \
    "\"call\":{\"say\":{\"text\":\"It is later.\"}},"                         \
    "\"off\":{\"say\":{\"text\":\"Off.\"},\"cancel\":[\"call\"]},"            \
    "\"all\":{\"say\":{\"text\":\"All off.\"},\"cancel\":[\"*\"]},"           \
    "\"ask\":{\"say\":{\"text\":\"What?\"},"                                  \
        "\"ask\":{\"save\":\"x\",\"as\":\"text\"},"                           \
        "\"timeouts\":[{\"after\":\"5h\",\"step\":\"late\"}],"                \
        "\"next\":\"call\"},"                                                 \
    "\"late\":{\"say\":{\"text\":\"Too late.\"}},"                            \
    "\"book\":{\"say\":{\"text\":\"Booked.\"},\"schedule\":["                 \
        "{\"task\":\"r22\",\"step\":\"r22\",\"at\":\"when\","                 \
            "\"offset\":\"-22h\",\"until\":\"-1h\"},"                         \
        "{\"task\":\"r55\",\"step\":\"r55\",\"at\":\"when\","                 \
            "\"offset\":\"-55m\",\"run_late\":true,\"until\":\"0s\"}]},"      \
    "\"r22\":{\"say\":{\"text\":\"In 22 hours.\"}},"                          \
    "\"r55\":{\"say\":{\"text\":\"In 55 minutes.\"}}}}"


static size_t
tasks(t_engine_t *t)
{
    return conversation(t)->n_tasks;
}


static const Pl__Timer *
timer(t_engine_t *t, unsigned i)
{
    return (Pl__Timer *) t_row(t, PL_TABLE_TIMERS, i,
                               &pl__timer__descriptor);
}


static void
a_task_fires_once(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);
    says(t, "later");
    assert_int_equal(tasks(t), 1);
    assert_string_equal(at_step(t), "");        /* the run has ended */
    assert_int_equal(passes(t, 2 * HOUR - 1), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "It is later.");
    assert_int_equal(n_sent(t), 2);
    assert_int_equal(tasks(t), 0);
    assert_int_equal(passes(t, 30 * DAY), 0);
    assert_int_equal(t_counted(t, "tasks", "armed"), 1);
    assert_int_equal(t_counted(t, "tasks", "fired"), 1);

    /* by the lane of reminders, and the row says that it fired */

    assert_false(sent(t, 0)->answers);
    assert_non_null(timer(t, 0));
    assert_false(timer(t, 0)->has_end);
    assert_int_equal(timer(t, 0)->ended_ms, T_NOW + 2 * HOUR);
}


/* Three times anew, then called off: nothing is left that could fire. */

static void
moved_three_times_and_called_off(void **state)
{
    unsigned     i, replaced = 0, cancelled = 0;
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);

    for (i = 0; i < 4; i++) {
        says(t, "later");
        t_pass(t, HOUR);
        assert_int_equal(fire(t, 64), 0);
        assert_int_equal(tasks(t), 1);
    }

    says(t, "off");
    assert_int_equal(tasks(t), 0);
    assert_int_equal(passes(t, DAY), 0);
    assert_int_equal(n_sent(t), 5);

    for (i = 0; timer(t, i) != NULL; i++) {
        assert_true(timer(t, i)->has_ended_ms);
        replaced += timer(t, i)->end == PL__TIMER_END__TIMER_END_REPLACED;
        cancelled += timer(t, i)->end == PL__TIMER_END__TIMER_END_CANCELLED;
    }

    assert_int_equal(replaced, 3);
    assert_int_equal(cancelled, 1);
}


/* "*" is all that was scheduled, and no timeout of a step that waits. */

static void
all_of_them_off(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);
    says(t, "ask");
    starts(t, "book", NULL, NULL, "when", AT_12H);
    assert_int_equal(tasks(t), 3);
    t_pass(t, 5000);
    starts(t, NULL, "tasks", "all", NULL, NULL);
    assert_int_equal(tasks(t), 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "timeout.0");
    assert_string_equal(at_step(t), "ask");
}


/* Of a date: 22 hours and 55 minutes before it, not a millisecond sooner. */

static void
reminders_of_a_date(void **state)
{
    int64_t      at, due;
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);
    says(t, "ask");
    starts(t, "book", NULL, NULL, "when", AT_12H);
    at = 1760126400000LL;
    due = at - 22 * HOUR;
    assert_int_equal(passes(t, due - t->wall_ms - 1), 1);     /* timeout */
    assert_string_equal(said(t), "Too late.");
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "In 22 hours.");
    due = at - 55 * MINUTE;
    assert_int_equal(passes(t, due - t->wall_ms - 1), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "In 55 minutes.");
    assert_int_equal(passes(t, 30 * DAY), 0);
}


/* What it is too late for is not armed, or run now, and the old one goes. */

static void
a_date_that_is_near(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);
    starts(t, "book", NULL, NULL, "when", AT_12H);
    assert_int_equal(tasks(t), 2);

    starts(t, "book", NULL, NULL, "when", TODAY "T09:20");
    assert_int_equal(tasks(t), 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "r55");
    assert_int_equal(passes(t, 0), 1);
    assert_string_equal(said(t), "In 55 minutes.");

    starts(t, "book", NULL, NULL, "when", TODAY "T08:00");
    assert_int_equal(tasks(t), 0);              /* it is over */
    assert_int_equal(t_counted(t, "tasks", "late"), 3);
    assert_int_equal(passes(t, 30 * DAY), 0);
}


static void
what_is_no_date(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, TASKS, NULL);
    starts(t, "book", NULL, NULL, "when", AT_12H);
    starts(t, "book", NULL, NULL, "when", "tomorrow");
    assert_int_equal(tasks(t), 0);
    assert_int_equal(audits(t, FLOW, &event), 2);
    assert_non_null(strstr(event->text, "no date"));
    starts(t, "book", NULL, NULL, "when", "2027-10-09");   /* 2 years */
    assert_int_equal(tasks(t), 0);
    assert_int_equal(t_counted(t, "tasks", "refused"), 2);
}


/* The file's own value counts until something sets another. */

static void
a_date_of_the_file(void **state)
{
    t_engine_t  *t = *state;

    static const char  json[] =
        "{\"flow\":\"own\",\"start\":\"a\","
        "\"variables\":{\"when\":\"" AT_12H "\"},"
        "\"steps\":{\"a\":{\"schedule\":[{\"task\":\"t\","
        "\"step\":\"r\",\"at\":\"when\",\"offset\":\"-1h\"}],"
        "\"say\":{\"text\":\"Booked.\"},"
        "\"ask\":{\"save\":\"q\",\"as\":\"text\"}},"
        "\"r\":{\"say\":{\"text\":\"In an hour.\"}}}}";

    flows(t, json, NULL);
    starts(t, NULL, "own", NULL, NULL, NULL);
    assert_int_equal(tasks(t), 1);
    assert_int_equal(passes(t, 1760126400000LL - HOUR - t->wall_ms - 1), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "In an hour.");
}


/* Fired late, past its end: void, and audited. */

static void
a_task_past_its_end(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, TASKS, NULL);
    starts(t, "book", NULL, NULL, "when", AT_12H);
    t_pass(t, 2 * DAY);
    assert_int_equal(fire(t, 64), 2);
    assert_int_equal(n_sent(t), 1);
    assert_int_equal(audits(t, FLOW, &event), 2);
    assert_non_null(strstr(event->text, "too late"));
    assert_int_equal(tasks(t), 0);
}


/* Its message never leaves at its end, or later (F103). */

static void
its_message_expires_with_it(void **state)
{
    uint64_t      epoch;
    t_engine_t   *t = *state;
    Pl__Effect   *effect;

    flows(t, TASKS, NULL);
    epoch = t_sender(t, true, NULL);
    says(t, "later");
    starts(t, "book", NULL, NULL, "when", TODAY "T20:00:00Z");
    assert_int_equal(tasks(t), 2);
    (void) leave(t, epoch);
    assert_int_equal(passes(t, 11 * HOUR), 2);
    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 1,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->expires_ms, 1760040000000LL);
    assert_int_equal(effect->lane, PL__LANE__LANE_REMINDER);
    t_pass(t, HOUR);
    assert_int_equal(leave(t, epoch), 1);       /* the call alone */
    assert_string_equal(sent(t, 0)->rule, "expired");
}


/* A question is asked while a task's time comes: it is asked on. */

static void
a_task_beside_a_question(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TASKS, NULL);
    says(t, "later");
    says(t, "ask");
    assert_int_equal(passes(t, 3 * HOUR), 1);
    assert_string_equal(said(t), "It is later.");
    assert_string_equal(at_step(t), "ask");
    says(t, "this");
    assert_string_equal(variable(t, "x"), "this");
}


/* By the wall of the person: across the end of summer, and in a new law. */

static void
a_date_is_of_a_wall(void **state)
{
    t_engine_t   *t = *state;
    z_database_t  z;

    z_begin(&z, "2025b", 'a');
    z_add(&z, "Europe/Berlin", NULL, Z_BERLIN);
    z_publish(t, &z);
    t_zone = "Europe/Berlin";
    flows(t, TASKS, NULL);

    /* 2025-10-26T03:00 the clocks go back: 22 hours are 22 hours */

    starts(t, "book", NULL, NULL, "when", "2025-10-26T14:00");
    assert_true(conversation(t)->tasks[0]->due_ms
                == 1761483600000LL - 22 * HOUR);
    assert_string_equal(timer(t, 0)->wall->zone, "Europe/Berlin");

    /* with its own offset it is no wall's */

    starts(t, "book", NULL, NULL, "when", "2025-10-26T14:00+02:00");
    assert_true(conversation(t)->tasks[0]->due_ms
                == 1761480000000LL - 22 * HOUR);
}


#define MANY                                                                  \
    "{\"flow\":\"many\",\"start\":\"more\",\"inputs\":[\"k\"],"               \
    "\"triggers\":[{\"event\":\"x\",\"step\":\"more\"},"                      \
    "{\"event\":\"y\",\"step\":\"ask\"}],\"steps\":{"                         \
    "\"ask\":{\"ask\":{\"save\":\"x\",\"as\":\"text\"},"                      \
        "\"timeouts\":[%s],\"next\":\"do\"},"                                 \
    "\"more\":{\"schedule\":[%s]},"                                           \
    "\"do\":{\"say\":{\"text\":\"Done.\"}}}}"


/* Up to PL_TASKS_MAX; the one past them is not armed. */

static void
many_tasks(void **state)
{
    char        *list, *waits;
    unsigned     i;
    t_engine_t  *t = *state;

    for (i = 0, waits = NULL; i < PL_TIMEOUTS_MAX; i++) {
        waits = pl_arena_printf(t->ar, "%s%s{\"after\":\"1m\",\"step\":"
                                "\"do\"}", i == 0 ? "" : waits,
                                i == 0 ? "" : ",");
        assert_non_null(waits);
    }

    for (i = 0, list = NULL; i <= PL_TASKS_MAX; i++) {
        list = pl_arena_printf(t->ar, "%s%s{\"task\":\"t%u\",\"step\":\"do\","
                               "\"after\":\"1h\"}", i == 0 ? "" : list,
                               i == 0 ? "" : ",", i);
        assert_non_null(list);
    }

    flows(t, pl_arena_printf(t->ar, MANY, waits, list), NULL);
    starts(t, "x", NULL, NULL, NULL, NULL);
    assert_int_equal(tasks(t), PL_TASKS_MAX);
    assert_int_equal(t_counted(t, "tasks", "refused"), 1);

    /* a question's timeouts have room of their own: all are due at once */

    starts(t, "y", NULL, NULL, NULL, NULL);
    assert_int_equal(tasks(t), PL_TASKS_MAX + PL_TIMEOUTS_MAX);
    assert_int_equal(t_counted(t, "tasks", "refused"), 1);
    assert_int_equal(passes(t, MINUTE), 1);
    assert_int_equal(tasks(t), PL_TASKS_MAX);   /* its time was over */
    assert_int_equal(passes(t, HOUR), PL_TASKS_MAX);
    assert_int_equal(n_sent(t), PL_TASKS_MAX + 1);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_task_fires_once),
        RUN(moved_three_times_and_called_off),
        RUN(all_of_them_off),
        RUN(reminders_of_a_date),
        RUN(a_date_that_is_near),
        RUN(what_is_no_date),
        RUN(a_date_of_the_file),
        RUN(a_task_past_its_end),
        RUN(its_message_expires_with_it),
        RUN(a_task_beside_a_question),
        RUN(a_date_is_of_a_wall),
        RUN(many_tasks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
