/*
 * Pairs of channel and party in the keeper's rounds: no more begins than the
 * provider takes, what must wait stands in nobody's way.
 */

#include "keeper.h"


/* One person says hello so often; each hello has its answer in the queue. */

static void
hello_often(world_t *w, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        hello_as(w, "1001", 1, i);
    }

    t_fold(&w->t);
}


/* The wire took the first of the jobs; this came of it. */

static void
gone(world_t *w, pls_jobs_t *out, Pl__Outcome outcome)
{
    out->head->left_us = pl_clock_mono_us(w->sn.clock);
    answer(w, out, outcome);
}


/* 44 at once, then one in 6 s, in order, with one PutOff for each. */

static void
test_pair_waits(void **state)
{
    unsigned    n;
    uint64_t    last;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;
    world_open(&w, NO_RATE);
    hello_often(&w, 50);

    for (n = 0, last = 0; turn(&w, &out) == 1; n++) {
        assert_true(out.head->effect > last);
        last = out.head->effect;
        gone(&w, &out, PL__OUTCOME__OUTCOME_SENT);
        (void) turn(&w, &out);
    }

    assert_int_equal(n, 44);
    assert_int_equal(t_rows(&w.t, PL_TABLE_OUTBOX), 6);
    assert_int_equal(w.k->n_put_offs, 1);

    /* put off once, not at every look */
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(w.k->n_put_offs, 0);
    assert_true(w.k->next_ms == w.t.wall_ms + 3000);

    /* another person does not wait */
    hello_as(&w, "1001", 2, 1);
    t_fold(&w.t);
    assert_int_equal(turn(&w, &out), 1);
    gone(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    (void) turn(&w, &out);

    for (n = 0; n < 6; n++) {
        t_pass(&w.t, n == 0 ? 3000 : 6000);
        assert_int_equal(turn(&w, &out), 1);
        assert_true(out.head->effect > last);
        last = out.head->effect;
        gone(&w, &out, PL__OUTCOME__OUTCOME_SENT);
        assert_int_equal(turn(&w, &out), 0);
        assert_int_equal(turn(&w, &out), 0);
    }

    assert_int_equal(t_rows(&w.t, PL_TABLE_OUTBOX), 0);
    world_close(&w);
}


/* What never left was not sent to anybody. */

static void
test_pair_given_back(void **state)
{
    unsigned    n;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;
    world_open(&w, NO_RATE);
    hello_often(&w, 1);

    for (n = 0; n < 100; n++) {
        assert_int_equal(turn(&w, &out), 1);
        answer(&w, &out, PL__OUTCOME__OUTCOME_THROTTLE);
        (void) turn(&w, &out);
    }

    world_close(&w);
}


/* The provider refuses the pair: it is closed for all that goes to it. */

static void
test_pair_refused(void **state)
{
    world_t     w = { .k = NULL };
    pls_job_t  *job;
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;
    world_open(&w, NO_RATE);
    hello_often(&w, 3);

    assert_int_equal(turn(&w, &out), 1);
    out.head->left_us = 1;
    answer(&w, &out, PL__OUTCOME__OUTCOME_THROTTLE);
    job = w.k->results.head;
    job->result.has_bucket = true;
    job->result.bucket = PL__BUCKET__BUCKET_PAIR;
    job->result.retry_ms = w.t.wall_ms + 20000;
    assert_int_equal(turn(&w, &out), 0);

    t_pass(&w.t, 20000);
    assert_int_equal(turn(&w, &out), 1);
    gone(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &out), 0);

    /* its allowance was used up: the next one waits for 6 s */
    assert_int_equal(turn(&w, &out), 0);
    t_pass(&w.t, 5999);
    assert_int_equal(turn(&w, &out), 0);
    t_pass(&w.t, 1);
    assert_int_equal(turn(&w, &out), 1);
    world_close(&w);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pair_waits),
        cmocka_unit_test(test_pair_given_back),
        cmocka_unit_test(test_pair_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("pair", tests, NULL, NULL);
}
