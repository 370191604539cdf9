/*
 * The engine: heads that wait for their pair of channel and party.
 */

#include "engine.h"


static void
put_off(t_engine_t *t, uint64_t effect, int64_t until_ms)
{
    Pl__PutOff   in = PL__PUT_OFF__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.effect = effect;
    in.until_ms = until_ms;
    command.of_case = PL__COMMAND__OF_PUT_OFF;
    command.put_off = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static uint64_t
effect_at(t_engine_t *t, unsigned i)
{
    return ((Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, i,
                                 &pl__effect__descriptor))->id;
}


/* It waits, its queue behind it, and no other; no attempt is charged. */

static void
a_head_is_put_off(void **state)
{
    size_t        audits;
    uint64_t      effects[64], epoch, first;
    t_engine_t    t;
    Pl__Effect   *effect;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "order 1");
    t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "order 2");
    t_text(&t, "34600000002", "wamid.C", T_NOW / 1000, "order 3");
    t_fold(&t);
    first = effect_at(&t, 0);
    audits = t_rows(&t, PL_TABLE_AUDIT);

    put_off(&t, first, T_NOW + 6000);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_AUDIT), audits);

    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_true(effects[0] == effect_at(&t, 2));
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    t_pass(&t, 5999);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    t_pass(&t, 1);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_true(effects[0] == first);

    effect = ((Pl__AttemptRecord *) t_row(&t, PL_TABLE_ATTEMPTS, 0,
                                    &pl__attempt_record__descriptor))->effect;
    assert_int_equal(effect->attempts, 1);
    t_close(&t);
}


/* What is no head, on the wire, gone, or due later already. */

static void
what_cannot_be_put_off_is_not(void **state)
{
    uint64_t    effects[64], epoch, first, second;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "order 1");
    t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "order 2");
    t_fold(&t);
    first = effect_at(&t, 0);
    second = effect_at(&t, 1);

    put_off(&t, second, T_NOW + 6000);          /* waits behind the first */
    put_off(&t, 999, T_NOW + 6000);
    put_off(&t, first, T_NOW - 1);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);

    put_off(&t, first, T_NOW + 6000);           /* it is on the wire */
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);
    t_result(&t, first, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_true(effects[0] == second);

    t_result(&t, second, epoch, PL__OUTCOME__OUTCOME_RETRY, T_NOW + 9000);
    put_off(&t, second, T_NOW + 6000);          /* never sooner */
    t_pass(&t, 8999);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    t_pass(&t, 1);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_close(&t);
}


/* A time beyond all sense is a day: nothing is parked for ever. */

static void
no_longer_than_a_day(void **state)
{
    uint64_t    effects[64], epoch;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "order 1");
    t_fold(&t);
    put_off(&t, effect_at(&t, 0), INT64_MAX);

    t_pass(&t, PL_AGE_MAX_MS - 1);
    assert_int_equal(t_attempt(&t, epoch, effects), 0);
    t_pass(&t, 1);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_close(&t);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_head_is_put_off),
        cmocka_unit_test(what_cannot_be_put_off_is_not),
        cmocka_unit_test(no_longer_than_a_day),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("put_off", tests, NULL, NULL);
}
