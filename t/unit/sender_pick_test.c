/*
 * The keeper's choice of what goes next where there are more lanes than one
 * look visits: here one look visits one.
 */

#include "../../src/sender/keeper_impl.h"

#undef KEEPER_LANES_MAX
#define KEEPER_LANES_MAX  1

#include "keeper.h"

#define LOOKS_MAX  8


/* Answered as the wire would, to be tried again after so long. */

static void
again(world_t *w, pls_jobs_t *out, int64_t after_ms)
{
    pls_job_t  *job;

    answer(w, out, PL__OUTCOME__OUTCOME_RETRY);
    job = w->k->results.tail;
    job->result.has_retry_ms = true;
    job->result.retry_ms = w->t.wall_ms + after_ms;
}


/*
 * Looks as the store thread does: where it was asked to, or when it said that
 * it would. How many jobs went to the wire before it had no reason to look
 * within so long.
 */

static size_t
looks(world_t *w, pls_jobs_t *out, int64_t within_ms)
{
    bool     wrote;
    size_t   i, before;
    int64_t  end_ms;

    before = out->n;
    end_ms = w->t.wall_ms + within_ms;

    for (i = 0; w->k->look || w->k->next_ms <= end_ms; i++) {
        assert_true(i < LOOKS_MAX * LOOKS_MAX);

        if (!w->k->look && w->k->next_ms > w->t.wall_ms) {
            t_pass(&w->t, w->k->next_ms - w->t.wall_ms);
        }

        wrote = false;
        t_ok(&w->t, pls_keeper_write(w->k, &wrote, &w->t.err));

        if (wrote) {
            t_fold(&w->t);
            w->k->folded = w->k->appended;
            w->k->look = true;
        }

        if (w->k->batch_end != 0) {
            t_ok(&w->t, pls_keeper_collect(w->k, &w->t.err));
        }

        pls_queue_take(&w->sn.to_wire, out);
    }

    return out->n - before;
}


/* What waits on one channel is remembered when another was looked at last. */

static void
test_time_of_another_part(void **state)
{
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 1);
    t_fold(&w.t);
    assert_int_equal(looks(&w, &out, 1000), 1);

    /* channel a's head is due in ten seconds, b's goes at once */
    again(&w, &out, 10000);
    hello(&w, "1002", 1, 1);
    t_fold(&w.t);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 1);
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 0);

    /* b has one that is due far later: it is the last that was visited */
    hello(&w, "1002", 2, 1);
    t_fold(&w.t);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 1);
    again(&w, &out, 500000);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 0);

    assert_int_equal(looks(&w, &out, 20000), 1);
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 0);

    world_close(&w);
}


/* What comes while a visit is under way, behind where it stands. */

static void
test_new_behind_a_visit(void **state)
{
    bool        wrote = false;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);

    /* both channels have something far later */
    hello(&w, "1001", 1, 1);
    hello(&w, "1002", 1, 1);
    t_fold(&w.t);
    assert_int_equal(looks(&w, &out, 1000), 2);
    again(&w, &out, 500000);
    again(&w, &out, 500000);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 0);

    /* a look at a, then something of a comes, then b is looked at */
    w.k->look = true;
    t_ok(&w.t, pls_keeper_write(w.k, &wrote, &w.t.err));
    assert_false(wrote);
    hello(&w, "1001", 2, 1);
    t_fold(&w.t);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 1);

    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    w.k->look = true;
    assert_int_equal(looks(&w, &out, 1000), 0);

    world_close(&w);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_time_of_another_part),
        cmocka_unit_test(test_new_behind_a_visit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
