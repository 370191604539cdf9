/*
 * parleyctl: who answers, what a conversation waits for, and flows that are
 * begun by hand; and check, which holds tasks against their timers.
 */

#include "ctl.h"
#include "run.h"

#define DESK                                                                  \
    "{\"flow\":\"desk\",\"start\":\"book\",\"triggers\":["                    \
    "{\"keywords\":[\"go\"],\"step\":\"ask\"},"                               \
    "{\"event\":\"booked\",\"step\":\"book\"}],\"inputs\":[\"when\"],"        \
    "\"steps\":{"                                                             \
    "\"ask\":{\"say\":{\"text\":\"What?\"},\"tag\":[\"warm\"],"               \
        "\"ask\":{\"save\":\"x\",\"as\":\"text\"},"                           \
        "\"timeouts\":[{\"after\":\"30m\",\"step\":\"nudge\"}]},"             \
    "\"nudge\":{\"say\":{\"text\":\"Hello?\"},\"back\":true},"                \
    "\"book\":{\"say\":{\"text\":\"Booked.\"},\"status\":\"qualified\","      \
        "\"schedule\":[{\"task\":\"r22\",\"step\":\"nudge\",\"at\":\"when\"," \
        "\"offset\":\"-22h\"}]}}}"


static int
handover_setup(void **state)
{
    (void) run_setup(state);
    flows(*state, DESK, NULL);
    says(*state, "go");

    return 0;
}


static void
it_is_taken_and_released(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_run(t, "handover take demo +34600000001 --owner maria"
                    " --reason calls", 0);
    t_has(said.out, ": taken; maria answers\n");
    assert_string_equal(conversation(t)->owner, "maria");
    assert_string_equal(conversation(t)->owner_reason, "calls");

    said = t_ctl_is(t, "conversation demo 34600000001", 0);
    t_has(said.out, "owner      maria\n");
    t_has(said.out, "status     handover\n");
    t_has(said.out, "reason     calls\n");
    t_has(said.out, "waits      at ask of desk since ");
    t_has(said.out, "tag        warm\n");

    said = t_run(t, "--json handover release demo 34600000001", 0);
    t_has(said.out, "\"verdict\":\"released\"");
    t_has(said.out, "\"epoch\":2");
    assert_null(conversation(t)->owner);

    said = t_ctl_is(t, "conversation demo 34600000001", 0);
    t_has(said.out, "task       timeout.0 at ");
    said = t_ctl_is(t, "events demo", 0);
    t_has(said.out, "handover");
    (void) t_ctl_is(t, "check", 0);
}


static void
a_flow_is_begun(void **state)
{
    const char  *when;
    t_said_t     said;
    pl_civil_t   civil;
    t_engine_t  *t = *state;

    /* parleyctl's clock is the real one */

    pl_zone_local(pl_zone_universal(), (int64_t) time(NULL) * 1000 + 3 * DAY,
                  &civil);
    when = pl_arena_printf(t->ar, "%04d-%02d-%02dT12:00Z", civil.year,
                           civil.month, civil.day);

    said = t_run(t, pl_arena_printf(t->ar, "flow start demo main"
                                    " +34600000001 --event booked when=%s",
                                    when), 0);
    assert_string_equal(said.out, "begun\n");
    assert_string_equal(variable(t, "when"), when);
    assert_int_equal(conversation(t)->n_tasks, 2);
    (void) t_ctl_is(t, "check", 0);

    said = t_run(t, "--json flow start demo main +34600000002 --flow desk"
                    " --step ask", 0);
    t_has(said.out, "\"verdict\":\"begun\"");

    said = t_run(t, "flow start demo main +34600000001 --flow none", 1);
    t_has(said.out, "refused: flow.unknown");

    said = t_ctl_is(t, "flow start demo main +34600000001", 2);
    t_has(said.err, "one of --flow and --event");
    said = t_ctl_is(t, "flow start demo main +34600000001 --event x y", 2);
    t_has(said.err, "NAME=VALUE");

    (void) t_run(t, "handover take demo 34600000001", 0);
    said = t_run(t, "flow start demo main +34600000001 --flow desk", 1);
    t_has(said.out, "refused: owner.person");
}


/* A task without its timer, and a timer that no task names. */

static void
check_finds_tasks(void **state)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    t_said_t           said;
    Pl__Task          *task;
    t_engine_t        *t = *state;
    ProtobufCMessage  *msg;

    task = conversation(t)->tasks[0];
    pl_key_timer(&key, task->due_ms, task->timer);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_get(txn, PL_TABLE_TIMERS, pl_key_str(&key),
                          &pl__timer__descriptor, t->ar, &msg, &t->err));
    t_ok(t, pl_store_del(txn, PL_TABLE_TIMERS, pl_key_str(&key), &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    said = t_ctl_is(t, "check", 1);
    t_has(said.out, "its task has no timer tmr_");
    t_has(said.out, "conversations name 1 tasks, timers of flows are 0");

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_TIMERS, pl_key_str(&key), msg, false,
                          &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
    (void) t_ctl_is(t, "check", 0);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, handover_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(it_is_taken_and_released),
        RUN(a_flow_is_begun),
        RUN(check_finds_tasks),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
