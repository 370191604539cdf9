/*
 * The engine: what goes out, on a real store.
 */

#include "engine.h"


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
    t_configure(&t);
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
    t_configure(&t);
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


/* What was made first leaves first, also when it comes back from the dead. */

static void
a_retried_letter_leaves_before_younger_ones(void **state)
{
    uint64_t         effects[64], epoch, first, second;
    t_engine_t       t;
    Pl__Attempt      stale = PL__ATTEMPT__INIT;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__DeadRetry    retry = PL__DEAD_RETRY__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "order 1");
    t_fold(&t);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    first = effects[0];
    t_result(&t, first, epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);

    t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "order 2");
    t_text(&t, "34600000001", "wamid.C", T_NOW / 1000, "order 3");
    t_fold(&t);
    second = ((Pl__Effect *) t_row(&t, PL_TABLE_OUTBOX, 0,
                                   &pl__effect__descriptor))->id;

    retry.tenant = 1;
    retry.effect = first;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    t_append(&t, &command, NULL);
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 1);

    /* a younger one that was read as the head before is not attempted */

    stale.effect = second;
    stale.epoch = epoch;
    stale.tenant = 1;
    stale.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    stale.party = 1;
    stale.channel = 1;
    stale.lane = PL__LANE__LANE_REPLY;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &stale;
    t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 0);

    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_true(effects[0] == first);
    t_result(&t, first, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_string_equal(t_message(&t, 3)->content->text->body, "Order 2");
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);
    t_close(&t);
}


/* At its limit a queue takes no more, and says so; then it goes on. */

static void
a_full_queue_takes_no_more(void **state)
{
    int              i;
    char             name[32];
    uint64_t         effects[64], epoch;
    t_engine_t       t;
    Pl__DeadLetter  *dead;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);

    for (i = 0; i < PL_QUEUE_MAX; i++) {
        (void) snprintf(name, sizeof(name), "wamid.%d", i);
        t_text(&t, "34600000001", name, T_NOW / 1000, "Hello");
    }

    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), PL_QUEUE_MAX);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);

    t_text(&t, "34600000001", "wamid.past", T_NOW / 1000, "Hello");
    t_text(&t, "34600000002", "wamid.other", T_NOW / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), PL_QUEUE_MAX + 1);
    dead = (Pl__DeadLetter *) t_row(&t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "its queue is full");

    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    t_text(&t, "34600000001", "wamid.again", T_NOW / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), PL_QUEUE_MAX + 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);
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
    t_configure(&t);
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


/* Nobody listens at the provider's: the limit is for what was refused. */

static void
what_never_left_is_charged_by_age_alone(void **state)
{
    int              i;
    uint64_t         effects[64], epoch;
    t_engine_t       t;
    Pl__DeadLetter  *dead;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_text(&t, "34600000002", "wamid.B", T_NOW / 1000, "Hello");
    t_fold(&t);

    /* the second one is one short of its limit */

    for (i = 0; i < PL_ATTEMPTS_MAX - 1; i++) {
        assert_int_equal(t_attempt(&t, epoch, effects), 2);
        t_result_of(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
                    t.wall_ms + 1000, true);
        t_result_of(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_RETRY,
                    t.wall_ms + 1000, false);
        t_pass(&t, 1000);
    }

    for (i = 0; i < 3 * PL_ATTEMPTS_MAX; i++) {
        assert_int_equal(t_attempt(&t, epoch, effects), 2);
        t_result_of(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
                    t.wall_ms + 1000, true);
        t_result_of(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_RETRY,
                    t.wall_ms + 1000, true);
        t_pass(&t, 1000);
    }

    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    t_result_of(&t, effects[1], epoch, PL__OUTCOME__OUTCOME_RETRY,
                t.wall_ms + 1000, false);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);
    dead = (Pl__DeadLetter *) t_row(&t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "attempts exhausted");

    /* the first one is ended by its age */

    t_pass(&t, PL_AGE_MAX_MS);
    t_result_of(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
                t.wall_ms + 1000, true);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    dead = (Pl__DeadLetter *) t_row(&t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "expired");
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
    t_configure(&t);
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


/* F24: allowed at T + 23:59:59, refused at T + 24:00:00, with its rule. */

static void
the_window_is_asked_again_when_an_attempt_begins(void **state)
{
    uint64_t         effects[64], epoch;
    t_engine_t       t;
    Pl__DeadLetter  *dead;

    (void) state;
    t_open(&t);
    t_configure(&t);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_queue_keeps_its_order),
        cmocka_unit_test(attempts_end_in_a_dead_letter_that_can_be_retried),
        cmocka_unit_test(what_never_left_is_charged_by_age_alone),
        cmocka_unit_test(a_retried_letter_leaves_before_younger_ones),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(a_throttled_attempt_is_free),
        cmocka_unit_test(a_new_sender_settles_what_an_old_one_left),
        cmocka_unit_test(the_window_is_asked_again_when_an_attempt_begins),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
