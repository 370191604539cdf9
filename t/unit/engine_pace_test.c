/*
 * The fold's pace: at once with few entries, in batches in a stream, and
 * after the answers in a burst, but never for longer than it says.
 *
 * Work takes as long as the test says: each look at the clock costs, and the
 * fold looks once an item and a few times a step.
 */

#include "engine.h"

static int64_t  look_us;        /* what a look at the clock costs */


static int64_t
costly(void *data)
{
    t_engine_t  *t = data;

    t->mono_us += look_us;

    return t->mono_us;
}


static void
pace_open(t_engine_t *t)
{
    t_open(t);
    t_configure(t);
    t->clock.mono_us = costly;
    look_us = 0;
    t_ok(t, pl_fold_take(t->fold, &t->err));
}


/* Timers that are not there: the cheapest entries, n in one append. */

static void
pace_arrive(t_engine_t *t, size_t n)
{
    size_t         i;
    pl_entry_t    *entries;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due = PL__TIMER_DUE__INIT;
    pl_appended_t  out;

    if (n == 0) {
        return;
    }

    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due;

    entries = calloc(n, sizeof(*entries));
    assert_non_null(entries);

    for (i = 0; i < n; i++) {
        entries[i].command = &command;
    }

    t_ok(t, pl_journal_append(t->st, &t->clock, entries, n, NULL, &out,
                              &t->err));
    free(entries);
}


/* n entries arrive at once; then a step that spends cost_us on each. */

static pl_folded_t
pace_step(t_engine_t *t, size_t n, int64_t cost_us)
{
    pl_folded_t  done;

    pace_arrive(t, n);

    look_us = cost_us;
    t_ok(t, pl_fold_step(t->fold, 0, &done, &t->err));
    look_us = 0;

    return done;
}


static void
few_entries_are_folded_at_once(void **state)
{
    int          i;
    t_engine_t   t;
    pl_folded_t  done;

    (void) state;
    pace_open(&t);

    for (i = 0; i < 20; i++) {
        done = pace_step(&t, 2, 10);
        assert_int_equal(done.entries, 2);
        assert_int_equal(done.pause_ms, 0);
        t_pass(&t, 10);
    }

    t_close(&t);
}


/* 10,000 a second, at 10 us each: a tenth of the time, so it gathers. */

static void
a_stream_is_folded_in_batches(void **state)
{
    int          i;
    t_engine_t   t;
    pl_folded_t  done;

    (void) state;
    pace_open(&t);

    for (i = 0; i < 5; i++) {
        done = pace_step(&t, 100, 10);
        assert_int_equal(done.entries, 100);
        t_pass(&t, 9);
    }

    assert_in_range(done.pause_ms, 1, PL_FOLD_PAUSE_MAX_MS);
    t_close(&t);
}


/* At 100 us each that stream takes all of its time: half of it is given. */

static void
a_burst_is_answered_first(void **state)
{
    int          i;
    t_engine_t   t;
    pl_folded_t  done;

    (void) state;
    pace_open(&t);

    for (i = 0; i < 5; i++) {
        done = pace_step(&t, 100, 100);
        t_pass(&t, 1);
    }

    /* it rests as long as it worked, while entries go on to arrive */

    assert_in_range(done.pause_ms, 5, 30);
    done = pace_step(&t, 100, 100);
    assert_int_equal(done.entries, 0);
    assert_true(done.more);
    assert_in_range(done.pause_ms, 1, 30);

    /* the burst is over: so is the rest */

    done = pace_step(&t, 0, 100);
    assert_true(done.entries > 0);
    t_close(&t);
}


/* Behind by more than a burst is long, it works all the time. */

static void
a_stream_that_goes_on_is_followed(void **state)
{
    int          i;
    t_engine_t   t;
    pl_folded_t  done;

    (void) state;
    pace_open(&t);

    for (i = 0; i < 5; i++) {
        done = pace_step(&t, 300, 2000);
        t_pass(&t, 1);
    }

    assert_true(done.pause_ms > 0);

    /* what is folded now arrived longer ago than that */

    t.wall_ms += PL_FOLD_BURST_MS + 1;
    t.mono_us = t.mono_us + 1000000;            /* the rest is over */
    (void) pace_step(&t, 6000, 2000);
    done = pace_step(&t, 6000, 2000);
    assert_true(done.more);
    t.wall_ms += PL_FOLD_BURST_MS + 1;
    t.mono_us = t.mono_us + 1000000;

    for (i = 0; i < 3; i++) {
        done = pace_step(&t, 6000, 2000);
        assert_true(done.entries > 0);
        assert_true(done.more);
        assert_int_equal(done.pause_ms, 0);
    }

    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(few_entries_are_folded_at_once),
        cmocka_unit_test(a_stream_is_folded_in_batches),
        cmocka_unit_test(a_burst_is_answered_first),
        cmocka_unit_test(a_stream_that_goes_on_is_followed),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
