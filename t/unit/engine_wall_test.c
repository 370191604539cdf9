/*
 * The engine: timers that were armed by a wall time, and stay with it when
 * another tz database is published.
 */

#include "zones.h"
#include "later.h"

#define HOUR_MS   3600000LL


static void
arm(t_engine_t *t, uint64_t id, const char *zone, const char *wall,
    int64_t before_ms)
{
    pl_apply_t    ap;
    Pl__Timer     timer = PL__TIMER__INIT;
    Pl__TimerSend send = PL__TIMER_SEND__INIT;

    memset(&ap, 0, sizeof(ap));
    ap.ar = t->ar;
    ap.settings = pl_fold_settings(t->fold);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &ap.txn, &t->err));

    send.flow = (char *) "greeting";
    send.step = (char *) "greet";
    timer.id = id;
    timer.tenant = 1;
    timer.channel = 1;
    timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    timer.party = timer.contact = 999;          /* nobody: it says nothing */
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;

    t_ok(t, pl_wall_arm(&ap, &timer, zone, at(wall), before_ms, &t->err));
    t_ok(t, pl_store_commit(ap.txn, &t->err));
}


/* Puts a record behind the fold's back. */

static void
put(t_engine_t *t, pl_table_e table, const pl_key_t *key,
    const ProtobufCMessage *msg)
{
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, table, pl_key_str(key), msg, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static Pl__Timer *
timer(t_engine_t *t, unsigned i)
{
    return (Pl__Timer *) t_row(t, PL_TABLE_TIMERS, i,
                               &pl__timer__descriptor);
}


static void
rezone(t_engine_t *t, uint32_t rows)
{
    Pl__Command  command = PL__COMMAND__INIT;
    Pl__Rezone   in = PL__REZONE__INIT;

    in.rows = rows;
    command.of_case = PL__COMMAND__OF_REZONE;
    command.rezone = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
due(t_engine_t *t, int64_t due_ms, uint64_t id)
{
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__TimerDue  in = PL__TIMER_DUE__INIT;

    in.timer = id;
    in.due_ms = due_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
timers_are_armed_by_the_wall(void **state)
{
    bool          known;
    t_engine_t   *t = *state;
    Pl__WallTime  wall = PL__WALL_TIME__INIT;

    z_berlin(t, "2026a", Z_BERLIN);

    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    arm(t, 2, "Europe/Berlin", "2027-07-02T07:00", 22 * HOUR_MS);
    arm(t, 3, "Europe/Berlin", "2027-03-28T02:30", 0);
    arm(t, 4, "Europe/Berlin", "2027-10-31T02:30", -HOUR_MS);
    arm(t, 5, "Mars/Phobos", "2028-01-01T00:00", 0);
    arm(t, 6, "Europe/Berlin", "1970-01-01T00:30", 0);

    assert_int_equal(timer(t, 0)->due_ms, 0);           /* not before 1970 */
    assert_int_equal(timer(t, 1)->due_ms, at("2027-03-28T01:30"));
    assert_int_equal(timer(t, 2)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 3)->due_ms, at("2027-07-01T07:00"));
    assert_int_equal(timer(t, 4)->due_ms, at("2027-10-31T01:30"));
    assert_int_equal(timer(t, 5)->due_ms, at("2028-01-01T00:00"));

    wall.zone = (char *) "Mars/Phobos";
    wall.wall_ms = INT64_MAX;
    wall.before_ms = INT64_MIN;
    assert_true(pl_wall_due(pl_fold_settings(t->fold), &wall, &known) > 0);
    assert_false(known);
    wall.before_ms = INT64_MAX;
    assert_int_equal(pl_wall_due(NULL, &wall, NULL), 0);
}


static void
a_new_database_keeps_wall_times(void **state)
{
    unsigned       i;
    t_engine_t    *t = *state;
    z_database_t   z;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    arm(t, 2, "Europe/Berlin", "2027-12-01T07:00", 0);
    arm(t, 3, "Europe/Berlin", "2027-07-01T07:00", 22 * HOUR_MS);
    arm(t, 4, "Mars/Phobos", "2027-07-01T07:00", 0);

    /* summer time is abolished: an hour later, where it was summer */
    z_berlin(t, "2026b", Z_ABOLISHED);
    assert_true(meta(t)->has_rezone_ms);
    rezone(t, 1000);
    assert_false(meta(t)->has_rezone_ms);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 4);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-06-30T08:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2027-07-01T06:00"));
    assert_int_equal(timer(t, 2)->due_ms, at("2027-07-01T07:00"));
    assert_int_equal(timer(t, 2)->id, 4);
    assert_int_equal(timer(t, 3)->due_ms, at("2027-12-01T06:00"));

    /* it is summer for ever: earlier, a row at a time */
    z_berlin(t, "2026c", Z_FOREVER);
    for (i = 0; meta(t)->has_rezone_ms; i++) {
        assert_true(i < 10);
        rezone(t, 1);
    }
    assert_int_equal(timer(t, 0)->due_ms, at("2027-06-30T07:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 3)->due_ms, at("2027-12-01T05:00"));

    /* a zone that nobody knew */
    z_begin(&z, "2026d", 'd');
    z_add(&z, "Mars/Phobos", NULL, "MPT-9");
    z_publish(t, &z);
    rezone(t, 1000);
    assert_int_equal(timer(t, 1)->id, 4);
    assert_int_equal(timer(t, 1)->due_ms, at("2027-06-30T22:00"));

    /* nothing to do: nothing is done */
    rezone(t, 1000);
    rezone(t, 0);
    assert_false(meta(t)->has_rezone_ms);
}


static void
a_rezone_is_bounded(void **state)
{
    uint64_t     i;
    t_engine_t  *t = *state;

    z_berlin(t, "2026a", Z_BERLIN);

    for (i = 1; i <= 4097; i++) {
        arm(t, i, "Europe/Berlin", "2027-07-01T07:00", 0);
    }

    z_berlin(t, "2026b", Z_ABOLISHED);
    rezone(t, UINT32_MAX);
    assert_true(meta(t)->has_rezone_ms);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2027-07-01T06:00"));

    for (i = 0; meta(t)->has_rezone_ms; i++) {
        assert_true(i < 3);
        rezone(t, UINT32_MAX);
    }

    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T06:00"));
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 4097);
}


static void
what_has_ended_stays(void **state)
{
    t_engine_t  *t = *state;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2025-07-01T07:00", 0);
    due(t, at("2025-07-01T05:00"), 1);
    assert_true(timer(t, 0)->has_ended_ms);

    z_berlin(t, "2026b", Z_ABOLISHED);
    assert_false(meta(t)->has_rezone_ms);

    arm(t, 2, "Europe/Berlin", "2027-07-01T07:00", 0);
    z_berlin(t, "2026c", Z_FOREVER);
    rezone(t, 1000);
    assert_false(meta(t)->has_rezone_ms);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T05:00"));
    assert_int_equal(timer(t, 1)->due_ms, at("2025-07-01T05:00"));
}


/* The timer's time has come before a Rezone had come to it. */

static void
none_fires_too_early(void **state)
{
    t_engine_t  *t = *state;

    z_berlin(t, "2026a", Z_BERLIN);
    arm(t, 1, "Europe/Berlin", "2027-07-01T07:00", 0);
    z_berlin(t, "2026b", Z_ABOLISHED);

    t_pass(t, at("2027-07-01T05:00") - t->wall_ms);
    due(t, at("2027-07-01T05:00"), 1);
    assert_false(timer(t, 0)->has_ended_ms);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T06:00"));

    t_pass(t, HOUR_MS - 1);
    due(t, at("2027-07-01T06:00"), 1);
    assert_false(timer(t, 0)->has_ended_ms);

    t_pass(t, 1);
    due(t, at("2027-07-01T06:00"), 1);
    assert_true(timer(t, 0)->has_ended_ms);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);

    rezone(t, 1000);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);
}


static void
a_delayed_send_goes_along(void **state)
{
    uint64_t      id;
    pl_key_t      key;
    Pl__Timer    *row;
    t_engine_t   *t = *state;
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__WallTime  wall = PL__WALL_TIME__INIT;
    Pl__CancelSend  cancel = PL__CANCEL_SEND__INIT;

    z_berlin(t, "2026a", Z_BERLIN);
    id = sends(t, "offer", at("2026-07-01T05:00"), 0, NULL);

    row = timer(t, 0);
    wall.zone = (char *) "Europe/Berlin";
    wall.wall_ms = at("2026-07-01T07:00");
    row->wall = &wall;
    pl_key_timer(&key, row->due_ms, row->id);
    put(t, PL_TABLE_TIMERS, &key, &row->base);

    z_berlin(t, "2026b", Z_ABOLISHED);
    rezone(t, 1000);
    assert_int_equal(timer(t, 0)->due_ms, at("2026-07-01T06:00"));
    assert_int_equal(timer(t, 0)->effect->due_ms, at("2026-07-01T06:00"));
    assert_int_equal(t_message(t, 0)->at_ms, at("2026-07-01T06:00"));

    /* it is still found by its message */
    cancel.tenant = 1;
    cancel.message = id;
    command.of_case = PL__COMMAND__OF_CANCEL_SEND;
    command.cancel_send = &cancel;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    assert_int_equal(t_counted(t, "cancels", "done"), 1);
}


static void
a_task_goes_along(void **state)
{
    pl_key_t           key;
    Pl__Task           task = PL__TASK__INIT, *tasks[1] = { &task };
    Pl__Timer         *row;
    pl_party_t         party;
    t_engine_t        *t = *state;
    Pl__TimerStep      step = PL__TIMER_STEP__INIT;
    Pl__Conversation  *conv;

    z_berlin(t, "2026a", Z_BERLIN);
    (void) t_text(t, LATER_PHONE, "wamid.1", t->wall_ms / 1000, "hello");
    t_fold(t);

    arm(t, 77, "Europe/Berlin", "2027-07-01T07:00", 0);
    row = timer(t, 0);
    conv = (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                         &pl__contact__descriptor))->id;

    task.name = (char *) "remind";
    task.timer = 77;
    task.due_ms = row->due_ms;
    conv->tasks = tasks;
    conv->n_tasks = 1;
    pl_key_party(&key, &party);
    put(t, PL_TABLE_CONVERSATIONS, &key, &conv->base);

    step.flow = (char *) "greeting";
    step.step = (char *) "greet";
    step.has_until_ms = 1;
    step.until_ms = at("2027-07-01T06:00");     /* an hour behind it */
    row->of_case = PL__TIMER__OF_STEP;
    row->step = &step;
    row->party = row->contact = party.party;
    pl_key_timer(&key, row->due_ms, row->id);
    put(t, PL_TABLE_TIMERS, &key, &row->base);

    z_berlin(t, "2026b", Z_ABOLISHED);
    rezone(t, 1000);
    assert_int_equal(timer(t, 0)->due_ms, at("2027-07-01T06:00"));
    assert_int_equal(timer(t, 0)->step->until_ms, at("2027-07-01T07:00"));
    conv = (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    assert_int_equal(conv->n_tasks, 1);
    assert_int_equal(conv->tasks[0]->due_ms, at("2027-07-01T06:00"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(timers_are_armed_by_the_wall,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_new_database_keeps_wall_times,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_rezone_is_bounded, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(what_has_ended_stays, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(none_fires_too_early, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_delayed_send_goes_along, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_task_goes_along, later_setup,
                                        later_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
