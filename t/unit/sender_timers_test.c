/*
 * The scheduler: a keeper on a real store, with a clock that is turned. Each
 * timer fires once, in order, and close to its time, whatever the clock does;
 * and a great many of them starve nobody.
 */

#include "keeper.h"
#include "later.h"

#define STEP_MS    50           /* what the keeper sleeps at most */
#define HOUR_MS    (3600LL * 1000)
#define MANY       10000
#define PEOPLE     1000         /* of whom each has ten */

/* What TimerDue entries say, in the order of the journal. */
typedef struct {
    size_t    n;
    uint64_t  timers[MANY + 8];
    int64_t   due_ms[MANY + 8];
    int64_t   time_ms[MANY + 8];        /* of the entry */
} fired_t;


static int
setup(void **state)
{
    world_t  *w;

    w = calloc(1, sizeof(world_t));
    assert_non_null(w);
    world_open(w, NO_RATE);
    *state = w;

    return 0;
}


static int
teardown(void **state)
{
    world_close(*state);
    free(*state);

    return 0;
}


static fired_t *
fired(world_t *w)
{
    uint64_t      seq;
    fired_t      *f;
    pl_txn_t     *txn;
    pl_arena_t   *ar;
    Pl__Entry    *entry;

    f = pl_arena_zalloc(w->t.ar, sizeof(*f));
    ar = pl_arena_create(65536, 1u << 24);
    assert_non_null(f);
    assert_non_null(ar);
    t_ok(&w->t, pl_store_begin(w->t.st, PL_ENV_JOURNAL, false, &txn,
                               &w->t.err));

    for (seq = 1; pl_journal_get(txn, seq, ar, &entry, &w->t.err) == PL_OK;
         seq++)
    {
        if (entry->command != NULL
            && entry->command->of_case == PL__COMMAND__OF_TIMER_DUE)
        {
            assert_true(f->n < PL_COUNT(f->timers));
            f->timers[f->n] = entry->command->timer_due->timer;
            f->due_ms[f->n] = entry->command->timer_due->due_ms;
            f->time_ms[f->n++] = entry->time_ms;
        }

        pl_arena_reset(ar);
    }

    pl_store_abort(txn);
    pl_arena_destroy(ar);

    return f;
}


/* In order, and none twice. */

static void
in_order(const fired_t *f)
{
    size_t  i;

    for (i = 1; i < f->n; i++) {
        assert_true(f->due_ms[i] > f->due_ms[i - 1]
                    || (f->due_ms[i] == f->due_ms[i - 1]
                        && f->timers[i] > f->timers[i - 1]));
    }
}


/* Turns of the keeper while time passes; what is attempted is sent. */

static void
passes(world_t *w, int64_t ms)
{
    pls_jobs_t  out = { 0 };

    for ( ; ms > 0; ms -= STEP_MS) {
        t_pass(&w->t, STEP_MS);
        (void) turn(w, &out);

        while (out.n != 0) {
            answer(w, &out, PL__OUTCOME__OUTCOME_SENT);
        }
    }
}


static uint64_t
later(world_t *w, const char *says, int64_t in_ms)
{
    return sends(&w->t, says, w->t.wall_ms + in_ms, 0, NULL);
}


static void
each_fires_within_a_second_of_its_time(void **state)
{
    size_t     i;
    world_t   *w = *state;
    fired_t   *f;

    for (i = 0; i < 40; i++) {
        (void) later(w, "x", (int64_t) (i * 7919 % 9000));
    }

    passes(w, 12000);
    f = fired(w);
    assert_int_equal(f->n, 39);         /* the one that was for now is none */
    in_order(f);

    for (i = 0; i < f->n; i++) {
        assert_true(f->time_ms[i] >= f->due_ms[i]);
        assert_true(f->time_ms[i] - f->due_ms[i] <= LATER_SECOND);
    }
}


/* What lies between the old and the new time is due at once. */

static void
a_clock_set_forward_fires_what_it_passed(void **state)
{
    int64_t    now_ms;
    world_t   *w = *state;
    fired_t   *f;

    (void) later(w, "second", HOUR_MS);
    (void) later(w, "first", 60000);
    (void) later(w, "third", 2 * HOUR_MS);
    passes(w, 1000);
    assert_int_equal(fired(w)->n, 0);

    w->t.wall_ms += HOUR_MS;
    passes(w, STEP_MS);
    f = fired(w);
    assert_int_equal(f->n, 2);
    in_order(f);

    passes(w, 1000);
    assert_int_equal(fired(w)->n, 2);
    t_ok(&w->t, pl_journal_now(w->t.st, &w->t.clock, &now_ms, &w->t.err));
    assert_true(now_ms == w->t.wall_ms);
}


/*
 * An hour back: what was to come in a minute comes within two, by whatever
 * clock does not step; once, and within a second of the journal's time. That
 * nothing else happens makes no difference.
 */

static void
a_clock_set_back_keeps_nothing_waiting(void **state)
{
    int64_t    began_us;
    world_t   *w = *state;
    fired_t   *f;

    (void) later(w, "x", 60000);
    passes(w, 1000);
    w->t.wall_ms -= HOUR_MS;
    began_us = w->t.mono_us;

    passes(w, 116000);
    assert_int_equal(fired(w)->n, 0);
    passes(w, 6000);
    f = fired(w);
    assert_int_equal(f->n, 1);
    assert_true(f->time_ms[0] >= f->due_ms[0]);
    assert_true(f->time_ms[0] - f->due_ms[0] <= LATER_SECOND);
    assert_true(w->t.mono_us - began_us <= 122000000);

    /* and as the clock catches up it does not fire again */

    t_pass(&w->t, HOUR_MS);
    passes(w, 1000);
    t_pass(&w->t, HOUR_MS);
    passes(w, 1000);
    assert_int_equal(fired(w)->n, 1);
}


/* There and back, and once more, while some are due at each time. */

static void
a_clock_that_goes_to_and_fro_fires_each_once(void **state)
{
    int        i;
    world_t   *w = *state;
    fired_t   *f;

    for (i = 0; i < 20; i++) {
        (void) later(w, "x", (int64_t) (i + 1) * 300000);
    }

    for (i = 0; i < 8; i++) {
        w->t.wall_ms += i % 2 == 0 ? HOUR_MS : -HOUR_MS;
        passes(w, 5000);
    }

    f = fired(w);
    assert_true(f->n >= 12);            /* an hour's worth, at least */
    in_order(f);

    t_pass(&w->t, 4 * HOUR_MS);
    passes(w, 1000);
    f = fired(w);
    assert_int_equal(f->n, 20);
    in_order(f);
}


/*
 * Ten thousand of one millisecond. A bounded number fires with each turn,
 * and somebody who writes meanwhile is answered in the next.
 */

static void
ten_thousand_at_once_starve_nobody(void **state)
{
    char            phone[16];
    size_t          i, before, turns, replies;
    int64_t         at_ms, began_us;
    asked_t         a;
    world_t        *w = *state;
    fired_t        *f;
    pls_job_t      *job;
    pls_jobs_t      out = { 0 };
    Pl__Command     command = PL__COMMAND__INIT;

    at_ms = w->t.wall_ms + 60000;

    for (i = 0; i < MANY; i++) {
        (void) snprintf(phone, sizeof(phone), "346%08zu", i % PEOPLE);
        asked_to(&a, phone, "x");
        asked_with(&a, at_ms, 0, NULL);
        a.request.has_lane = 1;
        a.request.lane = PL__LANE__LANE_REMINDER;
        command.of_case = PL__COMMAND__OF_SEND_REQUEST;
        command.send_request = &a.request;
        (void) t_append(&w->t, &command, NULL);
    }

    t_fold(&w->t);
    assert_int_equal(t_rows(&w->t, PL_TABLE_TIMERS), MANY);
    t_pass(&w->t, 60000);
    began_us = pl_clock_mono_us(pl_clock_system());
    turns = replies = before = 0;

    while (before < MANY && turns < MANY) {
        hello(w, "1001", (unsigned) turns, 1);
        t_fold(&w->t);
        (void) turn(w, &out);
        turns++;

        f = fired(w);
        assert_true(f->n - before <= KEEPER_TIMERS_MAX);
        before = f->n;

        while (out.n != 0) {
            job = out.head;
            replies += memmem(job->request.body.data, job->request.body.len,
                              "Hello", 5) != NULL;
            answer(w, &out, PL__OUTCOME__OUTCOME_SENT);
        }

        assert_int_equal(replies, turns);
        assert_true(atomic_load(&w->sn.metrics.timers_due_ms) == at_ms);
    }

    (void) turn(w, &out);
    assert_true(atomic_load(&w->sn.metrics.timers_due_ms) == 0);

    print_message("# %d timers of one time in %zu turns, %" PRId64 " ms\n",
                  MANY, turns,
                  (pl_clock_mono_us(pl_clock_system()) - began_us) / 1000);

    f = fired(w);
    assert_int_equal(f->n, MANY);
    in_order(f);
    assert_true(turns <= MANY / KEEPER_TIMERS_MAX + 1);
}


#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(each_fires_within_a_second_of_its_time),
        TEST(a_clock_set_forward_fires_what_it_passed),
        TEST(a_clock_set_back_keeps_nothing_waiting),
        TEST(a_clock_that_goes_to_and_fro_fires_each_once),
        TEST(ten_thousand_at_once_starve_nobody),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
