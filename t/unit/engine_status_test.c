/*
 * The engine: statuses of what went out, on a real store.
 */

#include "engine.h"


static void
statuses_move_forward_and_settle(void **state)
{
    uint64_t           effects[64], epoch, id;
    t_engine_t         t;
    Pl__Message       *m;
    Pl__UnknownSend   *unknown;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_sender(&t, false, NULL);

    unknown = (Pl__UnknownSend *) t_row(&t, PL_TABLE_UNKNOWN, 0,
                                        &pl__unknown_send__descriptor);
    assert_non_null(unknown);
    id = unknown->effect->send_message->message;

    t_status(&t, "delivered", id, T_NOW / 1000 + 2);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 0);
    m = t_message(&t, 1);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED);
    assert_string_equal(m->provider_id, "wamid.OUT");

    /* older facts are kept and move nothing; no other message is touched */

    t_status(&t, "sent", id, T_NOW / 1000 + 1);
    t_status(&t, "failed", id, T_NOW / 1000 + 3);
    t_status(&t, "delivered", id, T_NOW / 1000 + 9);
    t_status(&t, "nonsense", id, T_NOW / 1000 + 9);
    t_status(&t, "read", id - 1, T_NOW / 1000 + 9);
    t_status(&t, "read", id - 2, T_NOW / 1000 + 9);
    t_status(&t, "read", 4711, T_NOW / 1000 + 9);
    t_fold(&t);
    m = t_message(&t, 1);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED);
    assert_int_equal(m->n_facts, 3);
    assert_true(m->facts[0]->time_s == T_NOW / 1000 + 2);
    assert_int_equal(t_message(&t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED);
    t_close(&t);
}


/* The provider was quicker than our own answer: nothing is sent again. */

static void
a_status_before_the_result_ends_the_retry(void **state)
{
    uint64_t             effects[64], epoch;
    t_engine_t           t;
    Pl__AttemptRecord   *attempt;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    attempt = (Pl__AttemptRecord *) t_row(&t, PL_TABLE_ATTEMPTS, 0,
                                          &pl__attempt_record__descriptor);
    t_status(&t, "sent", attempt->effect->send_message->message,
             T_NOW / 1000);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(statuses_move_forward_and_settle),
        cmocka_unit_test(a_status_before_the_result_ends_the_retry),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
