/*
 * The engine: what comes in, on a real store.
 */

#include "engine.h"


static void
a_text_is_stored_and_answered(void **state)
{
    t_engine_t          t;
    Pl__Message        *in, *out;
    Pl__Conversation   *conv;

    (void) state;
    t_open(&t);
    t_configure(&t);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000 - 5, "Hello");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);
    in = t_message(&t, 0);
    out = t_message(&t, 1);

    assert_int_equal(in->direction, PL__DIRECTION__DIRECTION_IN);
    assert_string_equal(in->content->text->body, "Hello");
    assert_string_equal(in->provider_id, "wamid.A");
    assert_string_equal(in->address->value, "34600000001");
    assert_int_equal(out->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_string_equal(out->content->text->body, "Hello Ana!");
    assert_int_equal(out->state, PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED);
    assert_string_equal(out->address->value, "34600000001");
    assert_true(out->has_previous);

    conv = (Pl__Conversation *) t_row(&t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    assert_int_equal(conv->n_windows, 1);
    assert_true(conv->windows[0]->until_ms == T_NOW - 5000 + 86400000);
    assert_int_equal(conv->unread, 1);
    assert_int_equal(conv->n_newest, 2);
    assert_string_equal(conv->flow, "greeting");
    assert_string_equal(conv->step, "greet");

    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_ADDRESSES), 1);
    t_close(&t);
}


static void
a_repeat_changes_nothing(void **state)
{
    int         i;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i < 50; i++) {
        t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
        t_pass(&t, 3600 * 1000);
    }

    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DEDUPE), 1);
    t_close(&t);
}


/*
 * A provider's time far from arrival is kept by the day of arrival, and a
 * repeat is found even when its time has become an ordinary one.
 */

static void
a_repeat_with_an_odd_time_is_found(void **state)
{
    int64_t     time_s;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    time_s = T_NOW / 1000 + 2 * 86400;

    t_text(&t, "34600000001", "wamid.A", time_s, "Hello");
    t_fold(&t);
    t_pass(&t, 3LL * 86400 * 1000);
    t_text(&t, "34600000001", "wamid.A", time_s, "Hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);

    time_s = T_NOW / 1000 - 9 * 86400;
    t_text(&t, "34600000002", "wamid.B", time_s, "Hello");
    t_fold(&t);
    t_pass(&t, 5LL * 86400 * 1000);
    t_text(&t, "34600000002", "wamid.B", time_s, "Hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_DEDUPE), 2);
    t_close(&t);
}


static void
an_unknown_number_goes_to_quarantine(void **state)
{
    t_engine_t        t;
    pl_appended_t     out;
    Pl__Quarantine   *q;

    (void) state;
    t_open(&t);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_append(&t, NULL, "{\"object\": nonsense");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 2);

    q = (Pl__Quarantine *) t_row(&t, PL_TABLE_QUARANTINE, 0,
                                 &pl__quarantine__descriptor);
    assert_string_equal(q->reason, "no such channel");
    assert_string_equal(q->account, T_ACCOUNT);
    assert_true(q->raw.len > 0 && q->raw.data[0] == '{');

    t_ok(&t, t_publish(&t, 1, T_FLOW, "main", &out));
    t_close(&t);
}


static void
a_timer_fires_once_and_not_before_its_time(void **state)
{
    size_t         n;
    int64_t        next;
    t_engine_t     t;
    pl_txn_t      *txn;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due[4];

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "later");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);

    txn = t_read(&t);
    t_ok(&t, pl_timers_due(txn, t.wall_ms, due, 4, &n, &next, &t.err));
    assert_int_equal(n, 0);
    assert_true(next == T_NOW + 60000);
    t_ok(&t, pl_timers_due(txn, next, due, 4, &n, &next, &t.err));
    pl_store_abort(txn);
    assert_int_equal(n, 1);

    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due[0];
    t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);

    t_pass(&t, 60000);
    t_append(&t, &command, NULL);
    t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);
    assert_string_equal(t_message(&t, 1)->content->text->body, "Now.");
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TIMERS), 0);

    txn = t_read(&t);
    t_ok(&t, pl_timers_due(txn, INT64_MAX, due, 4, &n, &next, &t.err));
    pl_store_abort(txn);
    assert_int_equal(n, 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_is_stored_and_answered),
        cmocka_unit_test(a_repeat_changes_nothing),
        cmocka_unit_test(a_repeat_with_an_odd_time_is_found),
        cmocka_unit_test(an_unknown_number_goes_to_quarantine),
        cmocka_unit_test(a_timer_fires_once_and_not_before_its_time),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
