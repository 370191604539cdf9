/*
 * The engine: tasks that somebody schedules, moves and calls off by hand.
 * They are a flow's, and fire as those do. What is refused leaves no trace.
 * Every test's journal is folded a second time.
 */

#include "run.h"

#define BOOKED  "2025-10-11T20:00:00Z"          /* T_NOW + 59h 6m 40s */
#define BOOKED_MS  1760212800000LL

#define HAND                                                                  \
    "{\"flow\":\"tasks\",\"start\":\"book\",\"triggers\":["                   \
    "{\"keywords\":[\"hello\"],\"step\":\"call\"},"                           \
    "{\"event\":\"book\",\"step\":\"book\"}],"                                \
    "\"inputs\":[\"when\"],\"entries\":[\"tell\"],\"steps\":{"                \
    "\"call\":{\"say\":{\"text\":\"It is later.\"}},"                         \
    "\"tell\":{\"say\":{\"text\":\"Of {{city|nowhere}}.\"}},"                 \
    "\"book\":{\"say\":{\"text\":\"Booked.\"},\"schedule\":["                 \
        "{\"task\":\"r22\",\"step\":\"call\",\"at\":\"when\","                \
            "\"offset\":\"-22h\",\"until\":\"-1h\"},"                         \
        "{\"task\":\"r55\",\"step\":\"call\",\"at\":\"when\","                \
            "\"offset\":\"-55m\"}]}}}"


static uint64_t
contact_id(t_engine_t *t)
{
    return ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                  &pl__contact__descriptor))->id;
}


static void
arms(t_engine_t *t, const char *name, const char *step, int64_t at_ms)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TaskArm    in = PL__TASK_ARM__INIT;
    Pl__Variable   city = PL__VARIABLE__INIT, *variables[1] = { &city };

    city.name = (char *) "city";
    city.value = (char *) "Berlin";
    in.tenant = 1;
    in.contact = contact_id(t);
    in.name = (char *) name;
    in.flow = (char *) "tasks";
    in.step = (char *) step;
    in.at_ms = at_ms;
    in.n_variables = 1;
    in.variables = variables;
    in.actor = (char *) "key_3";
    command.of_case = PL__COMMAND__OF_TASK_ARM;
    command.task_arm = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
moves(t_engine_t *t, const char *name, int64_t at_ms, bool reminders)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TaskMove   in = PL__TASK_MOVE__INIT;

    in.tenant = 1;
    in.contact = contact_id(t);
    in.name = (char *) name;
    in.at_ms = at_ms;
    in.has_reminders = in.reminders = reminders;
    command.of_case = PL__COMMAND__OF_TASK_MOVE;
    command.task_move = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
calls_off(t_engine_t *t, const char *name)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__TaskCancel   in = PL__TASK_CANCEL__INIT;

    in.tenant = 1;
    in.contact = contact_id(t);
    in.name = (char *) name;
    command.of_case = PL__COMMAND__OF_TASK_CANCEL;
    command.task_cancel = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static int64_t
due(t_engine_t *t, const char *name)
{
    size_t             i;
    Pl__Conversation  *conv = conversation(t);

    for (i = 0; i < conv->n_tasks; i++) {
        if (strcmp(conv->tasks[i]->name, name) == 0) {
            return conv->tasks[i]->due_ms;
        }
    }

    return 0;
}


static void
a_task_by_hand(void **state)
{
    t_engine_t  *t = *state;

    flows(t, HAND, NULL);
    says(t, "hello");
    arms(t, "followup", "tell", T_NOW + HOUR);
    assert_int_equal(due(t, "followup"), T_NOW + HOUR);
    assert_int_equal(passes(t, HOUR - 1), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_string_equal(said(t), "Of Berlin.");
    assert_int_equal(conversation(t)->n_tasks, 0);
    assert_int_equal(audits(t, PL__AUDIT_KIND__AUDIT_KIND_TASK, NULL), 1);
}


static void
one_of_the_same_name(void **state)
{
    t_engine_t  *t = *state;

    flows(t, HAND, NULL);
    says(t, "hello");
    arms(t, "followup", "tell", T_NOW + HOUR);
    arms(t, "followup", "tell", T_NOW + 2 * HOUR);
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_int_equal(due(t, "followup"), T_NOW + 2 * HOUR);
    assert_int_equal(t_counted(t, "tasks", "replaced"), 1);

    calls_off(t, "followup");
    assert_int_equal(conversation(t)->n_tasks, 0);
    assert_int_equal(t_counted(t, "tasks", "cancelled"), 1);
    assert_int_equal(passes(t, DAY), 0);

    calls_off(t, "followup");
    assert_int_equal(t_counted(t, "tasks", "cancelled"), 1);
}


/* A booking moves by a day, and its reminders with it. */

static void
moved_with_its_reminders(void **state)
{
    t_engine_t  *t = *state;

    flows(t, HAND, NULL);
    starts(t, "book", NULL, NULL, "when", BOOKED);
    assert_int_equal(due(t, "r22"), BOOKED_MS - 22 * HOUR);
    assert_int_equal(due(t, "r55"), BOOKED_MS - 55 * 60000);

    moves(t, "r22", BOOKED_MS + DAY - 22 * HOUR, true);
    assert_int_equal(due(t, "r22"), BOOKED_MS + DAY - 22 * HOUR);
    assert_int_equal(due(t, "r55"), BOOKED_MS + DAY - 55 * 60000);

    moves(t, "r55", BOOKED_MS - 55 * 60000, false);
    assert_int_equal(due(t, "r22"), BOOKED_MS + DAY - 22 * HOUR);
    assert_int_equal(due(t, "r55"), BOOKED_MS - 55 * 60000);
}


/* What would have been before now is called off, and not said at once. */

static void
moved_to_be_near(void **state)
{
    t_engine_t  *t = *state;

    flows(t, HAND, NULL);
    starts(t, "book", NULL, NULL, "when", BOOKED);
    moves(t, "r55", T_NOW + HOUR, true);
    assert_int_equal(due(t, "r55"), T_NOW + HOUR);
    assert_int_equal(due(t, "r22"), 0);
    assert_int_equal(passes(t, HOUR), 1);
}


static void
what_is_refused(void **state)
{
    char         name[16];
    unsigned     i;
    t_engine_t  *t = *state;

    flows(t, HAND, NULL);
    says(t, "hello");

    arms(t, "followup", "nowhere", T_NOW + HOUR);
    arms(t, "no name", "tell", T_NOW + HOUR);
    arms(t, "followup", "tell", T_NOW);
    arms(t, "followup", "tell", T_NOW + PL_AT_MAX_MS + 1);
    moves(t, "followup", T_NOW + HOUR, true);
    assert_int_equal(conversation(t)->n_tasks, 0);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);

    for (i = 0; i < PL_TASKS_MAX; i++) {
        (void) snprintf(name, sizeof(name), "t%u", i);
        arms(t, name, "tell", T_NOW + PL_AT_MAX_MS);
    }

    assert_int_equal(conversation(t)->n_tasks, PL_TASKS_MAX);
    arms(t, "one_more", "tell", T_NOW + HOUR);
    assert_int_equal(due(t, "one_more"), 0);
    arms(t, "t0", "tell", T_NOW + HOUR);        /* in its own place */
    assert_int_equal(due(t, "t0"), T_NOW + HOUR);
    assert_int_equal(conversation(t)->n_tasks, PL_TASKS_MAX);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(a_task_by_hand),
        RUN(one_of_the_same_name),
        RUN(moved_with_its_reminders),
        RUN(moved_to_be_near),
        RUN(what_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
