/*
 * Sends that are sent again because nobody knew whether they had left: what
 * is told of the first attempt while the second waits, or is on the wire.
 */

#include "engine.h"

#define QUEUED     PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
#define ACCEPTED   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED
#define FAILED     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
    uint64_t    message;
    uint64_t    effect;
} resent_t;


/* A message that is unknown; and, by the channel's policy or a person, due
   again. */

static void
doubt(resent_t *u, bool policy)
{
    size_t                   n;
    int64_t                  next;
    uint64_t                 effects[64];
    pl_txn_t                *txn;
    Pl__TimerDue             due[8];
    Pl__Command              command = PL__COMMAND__INIT;
    Pl__UnknownSettle        settle = PL__UNKNOWN_SETTLE__INIT;
    const Pl__UnknownSend   *row;

    t_open(&u->t);
    u->t.resend_ms = policy ? 1000 : 0;
    t_configure(&u->t);
    u->epoch = t_sender(&u->t, true, NULL);
    t_text(&u->t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&u->t);
    assert_int_equal(t_attempt(&u->t, u->epoch, effects), 1);
    u->effect = effects[0];
    t_result(&u->t, u->effect, u->epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0);

    row = (const Pl__UnknownSend *) t_row(&u->t, PL_TABLE_UNKNOWN, 0,
                                          &pl__unknown_send__descriptor);
    u->message = row->effect->send_message->message;

    if (policy) {
        t_pass(&u->t, 1000);
        txn = t_read(&u->t);
        t_ok(&u->t, pl_timers_due(txn, u->t.wall_ms, due, 8, &n, &next,
                                  &u->t.err));
        pl_store_abort(txn);
        assert_int_equal(n, 1);
        command.of_case = PL__COMMAND__OF_TIMER_DUE;
        command.timer_due = &due[0];

    } else {
        settle.tenant = 1;
        settle.effect = u->effect;
        settle.word = PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND;
        settle.actor = (char *) "maria";
        command.of_case = PL__COMMAND__OF_UNKNOWN_SETTLE;
        command.unknown_settle = &settle;
    }

    (void) t_append(&u->t, &command, NULL);
    t_fold(&u->t);
    assert_int_equal(t_message(&u->t, 1)->resent, 1);
    assert_int_equal(t_rows(&u->t, PL_TABLE_DUE), 1);
}


static void
failed(resent_t *u, const char *wamid)
{
    char  items[512];

    (void) snprintf(items, sizeof(items),
        "{\"id\":\"%s\",\"status\":\"failed\",\"timestamp\":\"1760000001\","
        "\"recipient_id\":\"34600000001\",\"biz_opaque_callback_data\":"
        "\"m:%" PRIu64 ":%s\"}", wamid, u->message, t_mark(&u->t));
    (void) t_items(&u->t, "statuses", items);
    t_fold(&u->t);
}


/* That the first failed is no news of the second: it waits, and leaves. */

static void
that_the_first_failed_changes_nothing(void **state)
{
    unsigned   i;
    uint64_t   effects[64];
    resent_t  u;

    (void) state;

    for (i = 0; i < 3; i++) {
        doubt(&u, i == 2);

        /* while it waits, or is on the wire and is put off once more */

        if (i == 1) {
            assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
        }

        failed(&u, "wamid.FIRST");
        failed(&u, "wamid.FIRST");
        assert_int_equal(t_message(&u.t, 1)->state, QUEUED);
        assert_int_equal(t_message(&u.t, 1)->n_facts, 1);
        assert_int_equal(t_counted(&u.t, "sends_spared", ""), 0);

        if (i == 1) {
            t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_RETRY, 0);
        }

        assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 1);
        assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
        t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
        assert_int_equal(t_message(&u.t, 1)->state, ACCEPTED);
        assert_int_equal(t_rows(&u.t, PL_TABLE_DEAD), 0);
        assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
        t_close(&u.t);
    }
}


/* It was the second's, told before its answer: that names the same id. */

static void
that_the_second_failed_is_told_too_early(void **state)
{
    uint64_t   effects[64];
    resent_t  u;

    (void) state;
    doubt(&u, false);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);

    failed(&u, "wamid.OUT");
    assert_int_equal(t_message(&u.t, 1)->state, QUEUED);
    t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(&u.t, 1)->state, FAILED);
    assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
    t_close(&u.t);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(that_the_first_failed_changes_nothing),
        cmocka_unit_test(that_the_second_failed_is_told_too_early),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("resent", tests, NULL, NULL);
}
