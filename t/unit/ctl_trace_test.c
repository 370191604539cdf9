/*
 * parleyctl trace: one message's story, of a message that came in twice, of
 * an answer that was sent at the second attempt and read, and of what ended
 * dead or unknown.
 */

#include "ctl.h"


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(t);
    *state = t;

    return 0;
}


/* The number of the answer to the i-th effect that was attempted. */

static uint64_t
answer_of(t_engine_t *t, uint64_t effect)
{
    pl_key_t           key;
    pl_txn_t          *txn;
    ProtobufCMessage  *msg;

    pl_key_seq(&key, effect);
    txn = t_read(t);
    t_ok(t, pl_record_get(txn, PL_TABLE_OUTBOX, pl_key_str(&key),
                          &pl__effect__descriptor, t->ar, &msg, &t->err));
    pl_store_abort(txn);

    return ((Pl__Effect *) msg)->send_message->message;
}


static t_said_t
traced(t_engine_t *t, const char *options, uint64_t message)
{
    return t_ctl_is(t, pl_arena_printf(t->ar, "%strace msg_%" PRIu64,
                                       options, message), 0);
}


static void
what_came_twice(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.B", T_NOW / 1000, "other");
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(t);

    said = t_ctl_is(t, "--json trace msg_4", 0);
    assert_int_equal(t_count(said.out, "\n"), 1);
    t_has(said.out, "{\"id\":\"msg_4\",\"tenant\":\"demo\","
                    "\"channel\":\"main\",\"party\":\"cnt_2\"");
    t_has(said.out, "\"provider_id\":\"wamid.A\"");
    t_has(said.out, "\"name\":\"Ana\"");
    t_has(said.out, "\"arrivals\":[{\"entry\":2,");
    t_has(said.out, "\"verdict\":\"new\"");
    t_has(said.out, "{\"entry\":4,");
    assert_int_equal(t_count(said.out, "\"verdict\":\"duplicate\""), 1);
    t_has(said.out, "\"path\":\"entry[0].changes[0].value.messages[0]\"");
    t_has(said.out, "\"walked_from\":2,\"walked_to\":4}");

    said = t_ctl_is(t, "trace 4", 0);
    t_has(said.out, "message    msg_4, in, tenant demo, channel main\n");
    t_has(said.out, "says       hello\n");
    t_has(said.out, "arrival    entry 2, 2025-10-09T08:53:20.000Z, new, "
                    "/test, entry[0]");
    t_has(said.out, "arrival    entry 4, 2025-10-09T08:53:20.000Z, "
                    "duplicate, ");
    t_has(said.out, "journal    entries 2 to 4\n");
}


static void
what_was_sent_and_read(void **state)
{
    uint64_t     epoch, effects[64], id;
    t_said_t     said;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    id = answer_of(t, effects[0]);

    said = traced(t, "--json ", id);
    t_has(said.out, "\"verdict\":\"cause\"");
    t_has(said.out, "\"state\":\"in_flight\"");
    t_has(said.out, "\"began_ms\":1760000000000");

    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, T_NOW + 1000);
    said = traced(t, "", id);
    t_has(said.out, ", waiting, queued 2025-10-09T08:53:20.000Z, due "
                    "2025-10-09T08:53:21.000Z, attempts 1");
    t_has(said.out, ": retry, again 2025-10-09T08:53:21.000Z");

    t_pass(t, 1000);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    (void) t_status(t, "read", id, T_NOW / 1000 + 5);
    (void) t_status(t, "sent", id, T_NOW / 1000 + 2);
    (void) t_status(t, "sent", id + 1000, T_NOW / 1000 + 3);
    t_fold(t);

    said = traced(t, "--json ", id);
    assert_int_equal(t_count(said.out, "\"answer_entry\":"), 2);
    assert_int_equal(t_count(said.out, "\"answer\":{\"effect\":"), 2);
    t_has(said.out, "\"outcome\":\"sent\"");
    t_has(said.out, "\"status\":\"read\"");
    t_has(said.out, "\"state\":\"read\"");
    t_has_not(said.out, "\"state\":\"waiting\"");

    /* the third names another message */
    assert_int_equal(t_count(said.out, "\"status\":{"), 2);

    said = traced(t, "", id);
    t_has(said.out, "answer     eff_");
    t_has(said.out, ": sent, wamid.OUT\n");
    t_has(said.out, "status     read, 2025-10-09T08:53:25.000Z, came as");
    t_has(said.out, "fact       read 2025-10-09T08:53:25.000Z\n");
    t_has_not(said.out, "effect     ");
}


static void
what_is_dead_or_unknown(void **state)
{
    uint64_t     epoch, effects[64], dead, unknown;
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000002", "wamid.C", T_NOW / 1000, "hello");
    t_fold(t);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 2);
    dead = answer_of(t, effects[0]);
    unknown = answer_of(t, effects[1]);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    t_result(t, effects[1], epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0);

    said = traced(t, "", dead);
    t_has(said.out, "dead       2025-10-09T08:53:20.000Z: refused\n");
    t_has(said.out, "state      failed\n");
    assert_int_equal(t_count(said.out, "attempt    "), 1);

    said = traced(t, "", unknown);
    t_has(said.out, "unknown    2025-10-09T08:53:20.000Z, leaving");
    assert_int_equal(t_count(said.out, "attempt    "), 1);
}


/* What policy refused has its rule, and the audit's event. */

static void
what_a_rule_refused(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_ctl_is(t, "send demo main 34600000009 --text Hello", 0);
    t_fold(t);

    said = t_ctl_is(t, "--json messages demo 34600000009", 0);
    assert_memory_equal(said.out, "{\"id\":\"msg_", 11);
    said = traced(t, "", strtoull(said.out + 11, NULL, 10));
    t_has(said.out, "rule       window.closed\n");
    t_has(said.out, "asked by   person ");
    t_has(said.out, ", new, parleyctl\n");
    t_has(said.out, ": window.closed: policy\n");
    t_has(said.out, ", blocked, window.closed\n");
}


static void
no_such_message(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_ctl_is(t, "trace msg_99999", 1);
    t_has(said.err, "there is no message msg_99999");
    (void) t_ctl_is(t, "trace eff_3", 2);
    (void) t_ctl_is(t, "trace", 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(what_came_twice, setup, t_end),
        cmocka_unit_test_setup_teardown(what_was_sent_and_read, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(what_is_dead_or_unknown, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(what_a_rule_refused, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(no_such_message, setup, t_end),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
