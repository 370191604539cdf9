/*
 * The engine: how old a message may get. What a person or a provider held
 * back, and what we took back ourselves, is no part of it.
 */

#include "hold.h"

#define CHANNEL(n)   t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, n, NULL)
#define TEMPLATE(s)  t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, s)

#define THROTTLE     PL__OUTCOME__OUTCOME_THROTTLE
#define ACCOUNT      PL__OUTCOME__OUTCOME_ACCOUNT
#define RETRY        PL__OUTCOME__OUTCOME_RETRY
#define SENT         PL__OUTCOME__OUTCOME_SENT
#define UNKNOWN      PL__OUTCOME__OUTCOME_UNKNOWN

#define HOUR         (3600LL * 1000)


/* As the provider says it, with a status; it is tried again in a minute. */

static void
answered(t_engine_t *t, uint64_t effect, uint64_t epoch, Pl__Outcome outcome,
    Pl__Bucket bucket, int32_t status)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = outcome;
    result.has_bucket = (bucket != 0);
    result.bucket = bucket;
    result.has_http_status = (status != 0);
    result.http_status = status;
    result.has_retry_ms = 1;
    result.retry_ms = t->wall_ms + 60000;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    t_append(t, &command, NULL);
    t_fold(t);
}


/* Each meets one failure that passes, once it may be tried. */

static void
one_failure_each(t_engine_t *t, uint64_t epoch, const uint64_t *effects)
{
    uint64_t  all[64];

    assert_int_equal(t_attempt(t, epoch, all), 5);
    answered(t, effects[0], epoch, RETRY, 0, 503);
    answered(t, effects[1], epoch, THROTTLE, PL__BUCKET__BUCKET_PAIR, 429);
    answered(t, effects[2], epoch, THROTTLE, 0, 429);
    answered(t, effects[3], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL, 429);
    t_result_of(t, effects[4], epoch, RETRY, t->wall_ms + 60000, true);

    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 5);

    t_pass(t, 60000);
    assert_int_equal(t_attempt(t, epoch, all), 5);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 5);
}


static void
asked(t_engine_t *t, uint64_t *effects, unsigned n)
{
    char      phone[24];
    unsigned  i;

    for (i = 0; i < n; i++) {
        (void) snprintf(phone, sizeof(phone), "3460000002%u", i);
        effects[i] = t_ask(t, T_MAIN, phone, "hello", 0);
    }
}


/* However long it is paused: a year is what --for allows. */

static void
a_pause_makes_nothing_old(void **state)
{
    uint64_t     epoch, effects[5], all[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_pause(t, CHANNEL(T_MAIN), 366 * 24 * HOUR);
    asked(t, effects, 5);
    assert_int_equal(t_attempt(t, epoch, all), 5);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);

    t_pass(t, 366 * 24 * HOUR);
    one_failure_each(t, epoch, effects);
}


/* Nor does a pause between two attempts. */

static void
nor_does_one_that_comes_later(void **state)
{
    uint64_t     epoch, effects[5];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    asked(t, effects, 5);
    one_failure_each(t, epoch, effects);

    answered(t, effects[0], epoch, RETRY, 0, 503);
    answered(t, effects[1], epoch, RETRY, 0, 503);
    answered(t, effects[2], epoch, RETRY, 0, 503);
    answered(t, effects[3], epoch, RETRY, 0, 503);
    answered(t, effects[4], epoch, RETRY, 0, 503);

    t_pause(t, TEMPLATE("hello"), 0);
    t_pass(t, 60 * 24 * HOUR);
    t_resume(t, TEMPLATE("hello"));
    (void) t_release(t, 100);
    one_failure_each(t, epoch, effects);
}


static void
a_breaker_makes_nothing_old(void **state)
{
    unsigned     hours;
    uint64_t     epoch, effects[5], all[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    asked(t, effects, 5);

    for (hours = 0; hours < 30; hours++) {
        assert_int_equal(t_attempt(t, epoch, all), 5);
        t_answer(t, effects[hours % 5], epoch, ACCOUNT, 0,
                 t->wall_ms + HOUR);

        /* all were on the wire when it was refused */
        for (unsigned i = 0; i < 5; i++) {
            if (i != hours % 5) {
                t_answer(t, effects[i], epoch, ACCOUNT, 0,
                         t->wall_ms + HOUR);
            }
        }

        t_pass(t, HOUR);
    }

    one_failure_each(t, epoch, effects);
}


/* The sender ends, or its time did not come: nobody said anything. */

static void
what_we_take_back_is_never_old(void **state)
{
    unsigned     i;
    uint64_t     epoch, effects[1], all[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    asked(t, effects, 1);

    for (i = 0; i < 20; i++) {
        assert_int_equal(t_attempt(t, epoch, all), 1);
        t_pass(t, 5 * HOUR);
        t_result(t, effects[0], epoch, THROTTLE, t->wall_ms);
    }

    /* and it goes before what came meanwhile, as it did */

    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    (void) t_ask(t, T_MAIN, "34600000039", "hello", 0);
    assert_int_equal(t_attempt(t, epoch, all), 2);
    assert_int_equal(all[0], effects[0]);
    t_result(t, all[1], epoch, SENT, 0);
    answered(t, effects[0], epoch, RETRY, 0, 503);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
}


/* What fails by itself gets old by that, to the millisecond. */

static void
its_own_attempts_make_it_old(void **state)
{
    unsigned          i;
    uint64_t          epoch, effects[1], all[64];
    t_engine_t       *t = *state;
    Pl__DeadLetter   *dead;

    epoch = t_sender(t, true, NULL);
    asked(t, effects, 1);

    for (i = 0; i < 24; i++) {
        assert_int_equal(t_attempt(t, epoch, all), 1);
        t_result_of(t, effects[0], epoch, RETRY, t->wall_ms + HOUR, true);
        assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
        t_pass(t, HOUR);
        t_pause(t, CHANNEL(T_MAIN), HOUR);
        t_pass(t, HOUR);
    }

    assert_int_equal(t_attempt(t, epoch, all), 1);
    t_result_of(t, effects[0], epoch, RETRY, t->wall_ms + 1, true);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    dead = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "expired");
}


/* A pause of a channel whose account is refused is no part of that. */

static void
a_paused_breaker_ends_nothing(void **state)
{
    uint64_t     epoch, effects[1], all[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    asked(t, effects, 1);
    assert_int_equal(t_attempt(t, epoch, all), 1);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_pause(t, CHANNEL(T_MAIN), 2 * PL_HELD_AGE_MAX_MS);
    t_pass(t, 2 * PL_HELD_AGE_MAX_MS);

    assert_int_equal(t_attempt(t, epoch, all), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_pass(t, 60000);
    assert_int_equal(t_attempt(t, epoch, all), 1);
    t_result(t, effects[0], epoch, SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_pause_makes_nothing_old,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(nor_does_one_that_comes_later,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_breaker_makes_nothing_old,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(what_we_take_back_is_never_old,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(its_own_attempts_make_it_old,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_paused_breaker_ends_nothing,
                                        t_hold_setup, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("held_age", tests, NULL, NULL);
}
