/*
 * The engine as a whole: journal, fold, apply, outbox, on a real store.
 */

#include "engine.h"


static void
publish(t_engine_t *t)
{
    pl_appended_t  out;

    t_ok(t, t_publish(t, 1, T_FLOW, "main", &out));
    assert_true(out.published);
    t_fold(t);
}


static void
a_text_is_stored_and_answered(void **state)
{
    t_engine_t          t;
    Pl__Message        *in, *out;
    Pl__Conversation   *conv;

    (void) state;
    t_open(&t);
    publish(&t);

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
    publish(&t);

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
    publish(&t);

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


/*
 * One after the other within a queue; a retry holds back its own queue and
 * no other; results end effects.
 */

static void
a_queue_keeps_its_order(void **state)
{
    uint64_t      effects[64], epoch;
    t_engine_t    t;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "order 7");
    t_text(&t, "34600000002", "wamid.C", T_NOW / 1000, "Hello");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 2);

    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);

    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
             T_NOW + 5000);
    t_result(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);

    t_pass(&t, 6000);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    m = t_message(&t, 3);
    assert_string_equal(m->content->text->body, "Order 7");
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 0);
    m = t_message(&t, 1);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED);
    assert_string_equal(m->provider_id, "wamid.OUT");
    t_close(&t);
}


static void
attempts_end_in_a_dead_letter_that_can_be_retried(void **state)
{
    int               i;
    uint64_t          effects[64], epoch;
    t_engine_t        t;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__DeadRetry     retry = PL__DEAD_RETRY__INIT;
    Pl__DeadLetter   *dead;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    for (i = 0; i < PL_ATTEMPTS_MAX; i++) {
        assert_int_equal(t_attempt(&t, epoch, effects), 1);
        t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
                 t.wall_ms + 1000);
        t_pass(&t, 1000);
    }

    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    dead = (Pl__DeadLetter *) t_row(&t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "attempts exhausted");
    assert_int_equal(t_message(&t, 1)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);

    retry.tenant = 1;
    retry.effect = dead->effect->id;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    t_append(&t, &command, NULL);
    t_append(&t, &command, NULL);
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(&t, 1)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED);
    t_close(&t);
}


/* Throttled and account-wide failures cost no attempt. */

static void
a_throttled_attempt_is_free(void **state)
{
    int         i;
    uint64_t    effects[64], epoch;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    for (i = 0; i < 3 * PL_ATTEMPTS_MAX; i++) {
        assert_int_equal(t_attempt(&t, epoch, effects), 1);
        t_result(&t, effects[0], epoch,
                 i % 2 == 0 ? PL__OUTCOME__OUTCOME_THROTTLE
                            : PL__OUTCOME__OUTCOME_ACCOUNT, 0);
    }

    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    t_close(&t);
}


/* Where a byte may have left, nothing is sent again; else it is. */

static void
a_new_sender_settles_what_an_old_one_left(void **state)
{
    uint64_t           effects[64], epoch;
    t_engine_t         t;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_text(&t, "34600000002", "wamid.B", T_NOW / 1000, "Hello");
    t_text(&t, "34600000002", "wamid.C", T_NOW / 1000, "order 1");
    t_fold(&t);
    assert_int_equal(t_attempt(&t, epoch, effects), 2);

    stage.effect = effects[1];
    stage.stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    epoch = t_sender(&t, true, &stage);

    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 2);
    assert_int_equal(t_message(&t, 3)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN);

    /* a power cut: nothing is known of what was on the wire */

    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    epoch = t_sender(&t, false, NULL);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    t_close(&t);
}


static void
statuses_move_forward_and_settle(void **state)
{
    uint64_t           effects[64], epoch, id;
    t_engine_t         t;
    Pl__Message       *m;
    Pl__UnknownSend   *unknown;

    (void) state;
    t_open(&t);
    publish(&t);
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
    publish(&t);
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


/* F24: allowed at T + 23:59:59, refused at T + 24:00:00, with its rule. */

static void
the_window_is_asked_again_when_an_attempt_begins(void **state)
{
    uint64_t         effects[64], epoch;
    t_engine_t       t;
    Pl__DeadLetter  *dead;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000 - 86399, "Hello");
    t_text(&t, "34600000002", "wamid.B", T_NOW / 1000 - 86399, "Hello");
    t_text(&t, "34600000003", "wamid.C", T_NOW / 1000 - 86400, "Hello");
    t_fold(&t);

    /* the third was over before it was answered */

    dead = (Pl__DeadLetter *) t_row(&t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->rule, "window.closed");
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 2);

    t_pass(&t, 1000);
    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_AUDIT), 4);
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
    publish(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "later");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 1);

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
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 1);

    t_pass(&t, 60000);
    t_append(&t, &command, NULL);
    t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 2);
    assert_string_equal(t_message(&t, 1)->content->text->body, "Now.");
    assert_int_equal(t_rows(&t, PL_TABLE_TIMERS), 1);

    txn = t_read(&t);
    t_ok(&t, pl_timers_due(txn, INT64_MAX, due, 4, &n, &next, &t.err));
    pl_store_abort(txn);
    assert_int_equal(n, 0);
    t_close(&t);
}


static void
an_old_load_never_publishes_over_a_newer(void **state)
{
    t_engine_t                 t;
    pl_appended_t              out;
    const pl_channel_conf_t   *c;

    (void) state;
    t_open(&t);
    t_ok(&t, t_publish(&t, 2, T_FLOW, "main", &out));
    assert_true(out.published);
    t_ok(&t, t_publish(&t, 2, T_FLOW, "main", &out));
    assert_false(out.published);
    t_ok(&t, t_publish(&t, 1, T_FLOW, "other", &out));
    assert_false(out.published);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_SETTINGS), 4);

    /* the same again: nothing changes */

    t_ok(&t, t_publish(&t, 3, T_FLOW, "main", &out));
    assert_true(out.published);
    t_fold(&t);
    assert_int_equal(pl_settings_generation(pl_fold_settings(t.fold)), 1);

    /* a channel renamed: a new id, the old one removed but known */

    t_ok(&t, t_publish(&t, 4, T_FLOW, "other", &out));
    t_fold(&t);
    assert_int_equal(pl_settings_generation(pl_fold_settings(t.fold)), 2);
    c = pl_settings_account(pl_fold_settings(t.fold), PL_STR("whatsapp"),
                            PL_STR(T_ACCOUNT));
    assert_non_null(c);
    assert_int_equal(c->row->id, 2);
    assert_true(pl_settings_channel(pl_fold_settings(t.fold), 1)
                ->row->removed);
    t_close(&t);
}


static void
a_clock_step_is_an_entry_and_time_never_runs_back(void **state)
{
    uint64_t          a, b, c;
    pl_txn_t         *txn;
    t_engine_t        t;
    Pl__Entry        *entry;

    (void) state;
    t_open(&t);
    publish(&t);

    a = t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t.wall_ms -= 3600 * 1000;
    b = t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "Hello");
    assert_int_equal(b, a + 2);
    t.wall_ms += 3 * 3600 * 1000;
    c = t_text(&t, "34600000001", "wamid.C", T_NOW / 1000, "Hello");
    assert_int_equal(c, b + 2);
    t_pass(&t, 3600 * 1000);
    assert_int_equal(t_text(&t, "34600000001", "wamid.D", T_NOW / 1000,
                            "Hello"), c + 1);

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_get(txn, b, t.ar, &entry, &t.err));
    assert_true(entry->time_ms == T_NOW);
    t_ok(&t, pl_journal_get(txn, b - 1, t.ar, &entry, &t.err));
    assert_int_equal(entry->command->of_case,
                     PL__COMMAND__OF_CLOCK_STEP);
    assert_true(entry->command->clock_step->after_ms == T_NOW - 3600000);
    t_ok(&t, pl_journal_get(txn, c, t.ar, &entry, &t.err));
    assert_true(entry->time_ms == T_NOW + 2 * 3600000);
    pl_store_abort(txn);
    t_fold(&t);
    t_close(&t);
}


/*
 * An hour back: time goes on at half its pace, and a retry that waits for
 * five seconds waits for ten, not for an hour.
 */

static void
a_clock_set_back_stops_nothing(void **state)
{
    int         i;
    int64_t     now;
    uint64_t    effects[64], epoch;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);
    t.wall_ms -= 3600 * 1000;

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW);
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 1);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, now + 5000);

    for (i = 0; i < 9000; i++) {        /* an append each millisecond */
        t_pass(&t, 1);
        if (i % 10 == 0) {
            t_append(&t, NULL, "{}");
        }
    }

    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW + 4500);
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 0);
    t_pass(&t, 1002);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 1);

    t_pass(&t, 2 * 3600 * 1000);        /* caught up: the clock's own again */
    t_append(&t, NULL, "{}");
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == t.wall_ms);
    t_close(&t);
}


/* The same entries give the same state however the steps are cut. */

static bool
same_state(t_engine_t *a, t_engine_t *b)
{
    int          table;
    pl_str_t     ka, va, kb, vb;
    pl_txn_t    *ta, *tb;
    pl_scan_t   *sa, *sb;
    pl_status_t  ra, rb;
    bool         same;

    same = true;
    ta = t_read(a);
    tb = t_read(b);

    for (table = PL_TABLE_META; table < PL_TABLE_COUNT && same; table++) {
        t_ok(a, pl_store_scan(ta, (pl_table_e) table, PL_STR_NULL, false,
                              &sa, &a->err));
        t_ok(b, pl_store_scan(tb, (pl_table_e) table, PL_STR_NULL, false,
                              &sb, &b->err));

        do {
            ra = pl_store_scan_next(sa, &ka, &va, &a->err);
            rb = pl_store_scan_next(sb, &kb, &vb, &b->err);
            same = ra == rb
                   && (ra != PL_OK
                       || (pl_str_eq(ka, kb) && pl_str_eq(va, vb)));
        } while (same && ra == PL_OK);

        pl_store_scan_end(sa);
        pl_store_scan_end(sb);
    }

    pl_store_abort(ta);
    pl_store_abort(tb);

    return same;
}


/* Each look at this clock is 5 ms later: steps end in the midst of things. */

static int64_t
hasty(void *data)
{
    t_engine_t  *t = data;

    t->mono_us += 5000;

    return t->mono_us;
}


static void
replay_gives_the_same_state(void **state)
{
    int          i;
    char         phone[32], wamid[32];
    uint64_t     effects[64], epoch;
    pl_fold_t   *replay;
    pl_clock_t   clock;
    t_engine_t   t, r;
    pl_folded_t  done;
    unsigned     steps;

    (void) state;
    t_open(&t);
    publish(&t);
    epoch = t_sender(&t, true, NULL);

    for (i = 0; i < 200; i++) {
        (void) snprintf(phone, sizeof(phone), "346%08d", i % 17);
        (void) snprintf(wamid, sizeof(wamid), "wamid.%d", i % 150);
        t_text(&t, phone, wamid, T_NOW / 1000 - i % 150,
               i % 3 == 0 ? "Hello" : i % 3 == 1 ? "order 5" : "later");
        t_pass(&t, 10);
    }

    t_append(&t, NULL, "broken");
    t_attempt(&t, epoch, effects);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    t_result(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    t_sender(&t, false, NULL);

    t_open(&r);
    clock = r.clock;
    clock.mono_us = hasty;
    t_ok(&r, pl_fold_create(&replay, r.st, t.st, NULL, r.codec, &clock,
                            &r.err));
    t_ok(&r, pl_fold_take(replay, &r.err));

    for (steps = 0; steps < 10000; steps++) {
        t_ok(&r, pl_fold_step(replay, 0, &done, &r.err));
        if (!done.more) {
            break;
        }
    }

    pl_fold_give(replay);
    assert_true(steps > 8);
    assert_true(same_state(&t, &r));

    pl_fold_destroy(replay);
    t_close(&r);
    t_close(&t);
}


static void
a_large_entry_is_folded_across_steps(void **state)
{
    int          i;
    char        *body, *p;
    pl_clock_t   clock;
    pl_fold_t   *fold;
    t_engine_t   t;
    pl_folded_t  done;
    unsigned     steps;

    (void) state;
    t_open(&t);
    publish(&t);

    body = malloc(PL_BODY_MAX);
    assert_non_null(body);
    p = body + sprintf(body, "{\"object\":\"whatsapp_business_account\","
        "\"entry\":[{\"id\":\"1\",\"changes\":[{\"field\":\"messages\","
        "\"value\":{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"messages\":[");

    for (i = 0; i < 3000; i++) {
        p += sprintf(p, "%s{\"from\":\"346%08d\",\"id\":\"wamid.%d\","
                     "\"timestamp\":\"%lld\",\"type\":\"text\",\"text\":"
                     "{\"body\":\"n %d\"}}", i == 0 ? "" : ",", i % 7, i,
                     T_NOW / 1000, i);
    }

    (void) strcpy(p, "]}}]}]}");
    t_append(&t, NULL, body);
    free(body);

    clock = t.clock;
    clock.mono_us = hasty;
    t_ok(&t, pl_fold_create(&fold, t.st, t.st, NULL, t.codec, &clock,
                            &t.err));

    /* every few steps another folder takes over in the midst of the entry */

    for (steps = 0; steps < 5000; steps++) {
        if (steps % 5 == 0) {
            t_ok(&t, pl_fold_take(fold, &t.err));
        }

        t_ok(&t, pl_fold_step(fold, 0, &done, &t.err));
        if (!done.more) {
            break;
        }
    }

    assert_true(steps > 100);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6000);
    assert_int_equal(t_rows(&t, PL_TABLE_DEDUPE), 3000);
    assert_string_equal(t_message(&t, 0)->content->text->body, "n 0");
    assert_string_equal(t_message(&t, 5998)->content->text->body, "n 2999");
    pl_fold_destroy(fold);
    t_close(&t);
}


static void
the_journal_drops_what_is_folded_and_old(void **state)
{
    int               i;
    char              wamid[32];
    pl_txn_t         *txn;
    t_engine_t        t;
    Pl__JournalMeta  *meta;

    (void) state;
    t_open(&t);
    publish(&t);

    for (i = 0; i < 20; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.%d", i);
        t_text(&t, "34600000001", wamid, T_NOW / 1000, "Hello");
    }

    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);

    for (i = 0; i < 20; i++) {          /* not folded: nothing goes */
        (void) snprintf(wamid, sizeof(wamid), "wamid.X%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 2);   /* what was published is folded */
    assert_int_equal(meta->next, 42);
    pl_store_abort(txn);
    t_fold(&t);

    for (i = 0; i < 5; i++) {           /* two go for each that comes */
        (void) snprintf(wamid, sizeof(wamid), "wamid.Y%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 12);
    pl_store_abort(txn);

    for (i = 0; i < 20; i++) {          /* what is young stays */
        (void) snprintf(wamid, sizeof(wamid), "wamid.Z%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 22);
    pl_store_abort(txn);
    t_ok(&t, pl_journal_open(t.st, &t.clock, &t.err));
    t_close(&t);
}


static void
backoff_doubles_with_full_jitter(void **state)
{
    (void) state;

    assert_true(pl_outbox_backoff(0, 0) == 100);
    assert_true(pl_outbox_backoff(0, UINT32_MAX) == 1000);
    assert_true(pl_outbox_backoff(3, UINT32_MAX) == 8000);
    assert_true(pl_outbox_backoff(3, UINT32_MAX / 2) == 4000);
    assert_true(pl_outbox_backoff(11, UINT32_MAX) == 2048000);
    assert_true(pl_outbox_backoff(12, UINT32_MAX) == 3600000);
    assert_true(pl_outbox_backoff(4000000000u, UINT32_MAX) == 3600000);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_text_is_stored_and_answered),
        cmocka_unit_test(a_repeat_changes_nothing),
        cmocka_unit_test(a_repeat_with_an_odd_time_is_found),
        cmocka_unit_test(an_unknown_number_goes_to_quarantine),
        cmocka_unit_test(a_queue_keeps_its_order),
        cmocka_unit_test(attempts_end_in_a_dead_letter_that_can_be_retried),
        cmocka_unit_test(a_throttled_attempt_is_free),
        cmocka_unit_test(a_new_sender_settles_what_an_old_one_left),
        cmocka_unit_test(statuses_move_forward_and_settle),
        cmocka_unit_test(a_status_before_the_result_ends_the_retry),
        cmocka_unit_test(the_window_is_asked_again_when_an_attempt_begins),
        cmocka_unit_test(a_timer_fires_once_and_not_before_its_time),
        cmocka_unit_test(an_old_load_never_publishes_over_a_newer),
        cmocka_unit_test(a_clock_step_is_an_entry_and_time_never_runs_back),
        cmocka_unit_test(a_clock_set_back_stops_nothing),
        cmocka_unit_test(replay_gives_the_same_state),
        cmocka_unit_test(a_large_entry_is_folded_across_steps),
        cmocka_unit_test(the_journal_drops_what_is_folded_and_old),
        cmocka_unit_test(backoff_doubles_with_full_jitter),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
