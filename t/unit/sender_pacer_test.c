/*
 * The pacer on a clock that the test turns: evenly, never over the rate in
 * any sliding second, however late it is woken, and across restarts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sender/beat.c"
#include "../../src/sender/job.c"
#include "../../src/sender/pace.c"
#include "../../src/sender/pacer.c"

#define STAMPS_MAX  40000
#define START_US    5000000000

typedef struct {
    int64_t        now_us;
    pl_clock_t     clock;
    pl_pace_t     *pace;
    pls_pacer_t   *pacer;
    pls_job_t      jobs[PL_INFLIGHT_MAX];
    pls_jobs_t     idle;
    pls_jobs_t     late;
    pls_jobs_t     gone;            /* in order, where keep is set */
    bool           keep;
    uint32_t       full;            /* a channel without room; 0: none */
    int64_t        stamps[STAMPS_MAX];
    size_t         n;
    uint32_t       seed;
} world_t;


static int64_t
world_us(void *data)
{
    return ((world_t *) data)->now_us;
}


static void
world_go(void *data, pls_job_t *job)
{
    world_t  *w = data;

    assert_true(job->left_us == w->now_us && w->n < STAMPS_MAX);
    w->stamps[w->n++] = job->left_us;
    (void) pls_pacer_left(w->pacer, job, true);
    pls_jobs_add(w->keep ? &w->gone : &w->idle, job);
}


static bool
world_may(void *data, const pls_job_t *job)
{
    world_t  *w = data;

    return w->full == 0 || job->channel != w->full;
}


static void
world_pacer(world_t *w)
{
    assert_int_equal(pls_pacer_create(&w->pacer, &w->clock, w->pace,
                                      world_may, world_go, w, NULL), PL_OK);
}


static world_t *
world_make(void)
{
    size_t    i;
    world_t  *w;

    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->pace = calloc(1, sizeof(*w->pace));
    assert_non_null(w->pace);

    w->now_us = START_US;
    w->clock.mono_us = world_us;
    w->clock.wall_ms = world_us;
    w->clock.data = w;
    w->seed = 1;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        pls_jobs_add(&w->idle, &w->jobs[i]);
    }

    world_pacer(w);

    return w;
}


static void
world_end(world_t *w)
{
    pls_pacer_destroy(w->pacer);
    free(w->pace);
    free(w);
}


/* The next of a row that every run repeats. */

static uint32_t
world_random(world_t *w, uint32_t below)
{
    w->seed = w->seed * 1664525u + 1013904223u;

    return (w->seed >> 8) % below;
}


static void
world_add(world_t *w, uint32_t channel, uint32_t rate, uint32_t lane)
{
    pls_job_t  *job;

    job = pls_jobs_take(&w->idle);
    assert_non_null(job);
    job->channel = channel;
    job->tenant = 1;
    job->lane = lane;
    job->rate = rate;
    job->tenant_rate = 0;
    pls_pacer_add(w->pacer, job);
}


/* Another sender: what waited is given back, what left is in the file. */

static void
world_restart(world_t *w)
{
    pls_pacer_drain(w->pacer, &w->idle);
    assert_int_equal(pls_pacer_count(w->pacer), 0);
    pls_pacer_destroy(w->pacer);
    world_pacer(w);
}


/* The most that left within a second, of those from the first on. */

static size_t
most_in_a_second(const world_t *w, size_t first)
{
    size_t  i, from, most;

    most = 0;

    for (i = first, from = first; i < w->n; i++) {
        while (w->stamps[from] <= w->stamps[i] - 1000000) {
            from++;
        }
        most = i - from + 1 > most ? i - from + 1 : most;
    }

    return most;
}


/* Keeps the pacer supplied for so long, woken when it asks to be, or late. */

static void
world_busy(world_t *w, uint32_t rate, int64_t for_us, uint32_t late_us)
{
    int64_t  end_us, next_us;

    end_us = w->now_us + for_us;

    while (w->now_us < end_us) {
        while (pls_pacer_count(w->pacer) < 300) {
            world_add(w, 7, rate, 3);
        }

        next_us = pls_pacer_run(w->pacer, &w->late);
        pls_jobs_move(&w->idle, &w->late);
        assert_true(next_us > w->now_us);
        w->now_us = next_us + world_random(w, late_us + 1);
    }
}


static void
leaves_evenly(void **state)
{
    size_t    i;
    world_t  *w;

    (void) state;
    w = world_make();

    world_busy(w, 80, 10000000, 0);
    assert_in_range(w->n, 800, 801);

    for (i = 1; i < w->n; i++) {
        assert_in_range(w->stamps[i] - w->stamps[i - 1], 12400, 12600);
    }

    world_end(w);
}


/* From 1 to 5,000 a second, with wake-ups of any lateness. */

static void
never_over_the_rate(void **state)
{
    size_t    i, k;
    world_t  *w;

    static const uint32_t  rates[] = {
        1, 2, 3, 7, 10, 33, 79, 80, 81, 100, 333, 999, 1000, 3000, 5000
    };
    static const uint32_t  late[] = { 0, 50, 1000, 5000, 40000, 900000 };

    (void) state;

    for (i = 0; i < PL_COUNT(rates); i++) {
        for (k = 0; k < PL_COUNT(late); k++) {
            w = world_make();
            w->seed = (uint32_t) (i * 10 + k);
            world_busy(w, rates[i], 6000000, late[k]);
            assert_true(w->n > 1);
            assert_true(most_in_a_second(w, 0) <= rates[i]);
            world_end(w);
        }
    }
}


/* While there is work: 0.97 of it, woken as late as busy machines do. */

static void
reaches_the_rate(void **state)
{
    size_t    i;
    world_t  *w;

    static const uint32_t  rates[] = { 10, 80, 333, 1000, 5000 };

    (void) state;

    for (i = 0; i < PL_COUNT(rates); i++) {
        w = world_make();
        world_busy(w, rates[i], 5000000, 4000);
        assert_true(w->n * 100 >= (size_t) rates[i] * 5 * 97);
        world_end(w);
    }
}


/* A second's stall is not made good for, but for some milliseconds of it. */

static void
a_stall_is_no_burst(void **state)
{
    size_t    i, n;
    world_t  *w;

    (void) state;
    w = world_make();

    world_busy(w, 1000, 2000000, 0);
    w->now_us += 1000000;
    n = w->n;
    (void) pls_pacer_run(w->pacer, &w->late);
    assert_in_range(w->n - n, 20, 22);

    /* nor does its bunch come back for ever */
    world_busy(w, 1000, 30000000, 0);
    for (i = w->n - 1000; i < w->n; i++) {
        assert_in_range(w->stamps[i] - w->stamps[i - 1], 900, 1200);
    }

    assert_true(most_in_a_second(w, 0) <= 1000);
    world_end(w);
}


/* Restarts at any moment, one upon the other. */

static void
holds_across_restarts(void **state)
{
    size_t    i, k;
    world_t  *w;

    static const uint32_t  rates[] = { 1, 10, 80, 1000, 3000 };

    (void) state;

    for (i = 0; i < PL_COUNT(rates); i++) {
        w = world_make();

        for (k = 0; k < 12; k++) {
            world_busy(w, rates[i], 100000 + world_random(w, 900000), 3000);
            world_restart(w);
            w->now_us += world_random(w, 2) * world_random(w, 500000);
        }

        assert_true(most_in_a_second(w, 0) <= rates[i]);
        world_end(w);
    }
}


/* What settings say of a rate holds for what comes after them. */

static void
follows_the_rate(void **state)
{
    size_t    n;
    world_t  *w;

    (void) state;
    w = world_make();

    world_busy(w, 1000, 2000000, 100);
    pls_pacer_drain(w->pacer, &w->idle);
    n = w->n;
    world_busy(w, 50, 4000000, 100);
    assert_in_range(w->n - n, 140, 201);    /* the first second was full */
    assert_true(most_in_a_second(w, n) <= 50);

    pls_pacer_drain(w->pacer, &w->idle);
    n = w->n;
    world_busy(w, 1000, 2000000, 100);
    assert_true(w->n - n > 1900);
    assert_true(most_in_a_second(w, n) <= 1000);
    world_end(w);
}


/* No limit: nothing waits. And none until now is one from now on. */

static void
no_rate_is_no_limit(void **state)
{
    size_t    i;
    world_t  *w;

    (void) state;
    w = world_make();

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        world_add(w, 3, 0, 1);
    }

    assert_true(pls_pacer_run(w->pacer, &w->late) == INT64_MAX);
    assert_int_equal(w->n, PL_INFLIGHT_MAX);

    w->n = 0;
    for (i = 0; i < 20; i++) {
        world_add(w, 3, 10, 1);
    }

    /* the last second is taken for as full as the new rate allows */
    assert_true(pls_pacer_run(w->pacer, &w->late) > w->now_us + 79000);
    assert_int_equal(w->n, 0);
    world_end(w);
}


/* Replies leave before campaigns, each lane in the order it came. */

static void
replies_come_first(void **state)
{
    size_t      i;
    world_t    *w;
    pls_job_t  *job;

    static const uint32_t  lanes[] = { 3, 3, 1, 5, 2, 1, 3, 1, 2 };
    static const size_t    order[] = { 2, 5, 7, 4, 8, 0, 1, 6, 3 };

    (void) state;
    w = world_make();
    w->keep = true;

    for (i = 0; i < PL_COUNT(lanes); i++) {
        w->idle.head->effect = i;
        world_add(w, 9, 10, lanes[i]);
    }

    while (pls_pacer_count(w->pacer) != 0) {
        w->now_us = pls_pacer_run(w->pacer, &w->late);
    }

    for (i = 0; i < PL_COUNT(order); i++) {
        job = pls_jobs_take(&w->gone);
        assert_int_equal(job->effect, order[i]);
    }

    world_end(w);
}


/* A channel that waits delays no other. */

static void
channels_do_not_wait_for_others(void **state)
{
    size_t      i;
    world_t    *w;
    pls_job_t  *job;

    (void) state;
    w = world_make();
    w->keep = true;

    for (i = 0; i < 300; i++) {
        world_add(w, 1, 1, 1);
    }

    for (i = 0; i < 300; i++) {
        world_add(w, 2 + (uint32_t) i, 1, 3);
    }

    (void) pls_pacer_run(w->pacer, &w->late);
    assert_int_equal(w->n, 301);
    assert_int_equal(w->gone.n, 301);

    while ((job = pls_jobs_take(&w->gone)) != NULL) {
        assert_true(job->channel != 1 || job == &w->jobs[0]);
    }

    /* rows of ids past the table are others' rows, and inside it */
    world_add(w, UINT32_MAX, 1, 1);
    (void) pls_pacer_run(w->pacer, &w->late);
    assert_int_equal(w->n, 302);
    world_end(w);
}


/* A tenant's rate holds over its channels, any number, which take turns. */

static void
tenants_have_a_rate(void **state)
{
    size_t      i, n, of[8];
    world_t    *w;
    pls_job_t  *job;

    (void) state;
    for (n = 3; n < PL_COUNT(of); n++) {
        w = world_make();
        w->keep = true;
        memset(of, 0, sizeof(of));
        for (i = 0; i < 100 * n; i++) {
            job = pls_jobs_take(&w->idle);
            job->channel = (uint32_t) (i % n);
            job->tenant = 5;
            job->lane = 1;
            job->rate = 80;
            job->tenant_rate = 100;
            pls_pacer_add(w->pacer, job);
        }
        while (w->now_us < START_US + 2000000) {
            w->now_us = pls_pacer_run(w->pacer, &w->late);
        }

        assert_in_range(w->n, 195, 203);
        assert_true(most_in_a_second(w, 0) <= 100);

        while ((job = pls_jobs_take(&w->gone)) != NULL) {
            of[job->channel]++;
        }

        for (i = 0; i < n; i++) {
            assert_in_range(of[i], 200 / n - 4, 200 / n + 4);
        }
        world_end(w);
    }
}


/*
 * Where there is no room for a channel's next, others go on. Once there is,
 * what waited leaves at the rate as ever; what waited too long goes back.
 */

static void
what_has_no_room_waits(void **state)
{
    size_t    i, before;
    world_t  *w;

    (void) state;
    w = world_make();
    w->full = 7;

    for (i = 0; i < 8; i++) {
        world_add(w, 7, 10, 3);
        world_add(w, 8, 0, 3);
    }

    assert_true(pls_pacer_run(w->pacer, &w->late) <= START_US + 1000000);
    assert_int_equal(w->n, 8);
    assert_int_equal(pls_pacer_count(w->pacer), 8);

    before = w->n;
    w->now_us += 2000000;
    w->full = 0;

    while (w->now_us < START_US + 4000000) {
        (void) pls_pacer_run(w->pacer, &w->late);
        w->now_us += 1000;
    }

    assert_int_equal(w->n, before + 8);
    assert_true(w->stamps[w->n - 1] - w->stamps[before] >= 600000);

    w->full = 7;
    world_add(w, 7, 10, 3);
    w->now_us += PLS_PACER_WAIT_US + 1000000;
    (void) pls_pacer_run(w->pacer, &w->late);
    assert_int_equal(w->late.n, 1);
    assert_int_equal(w->n, before + 8);
    world_end(w);
}


/* What a rate that became low would keep too long goes back, in order. */

static void
nothing_waits_for_long(void **state)
{
    size_t       i;
    int64_t      next_us;
    world_t     *w;
    pls_job_t   *job;

    (void) state;
    w = world_make();

    for (i = 0; i < 50; i++) {
        world_add(w, 7, 1, 3);
        world_add(w, 8, 1000, 3);
    }

    while (w->now_us < START_US + PLS_PACER_WAIT_US - 1) {
        next_us = pls_pacer_run(w->pacer, &w->late);
        assert_true(next_us > w->now_us && next_us <= w->now_us + 1000000);
        w->now_us = next_us < START_US + PLS_PACER_WAIT_US
                    ? next_us : START_US + PLS_PACER_WAIT_US - 1;
        assert_int_equal(w->late.n, 0);
    }

    assert_int_equal(w->n, 50 + 5);
    w->now_us += 1000001;
    world_add(w, 7, 1, 3);
    world_add(w, 7, 1, 1);
    (void) pls_pacer_run(w->pacer, &w->late);
    assert_int_equal(w->late.n, 45);

    for (i = 5; (job = pls_jobs_take(&w->late)) != NULL; i++) {
        assert_true(job == &w->jobs[2 * i]);
    }

    assert_int_equal(w->n, 50 + 6);
    pls_pacer_drain(w->pacer, &w->late);
    assert_int_equal(w->late.n, 1);
    assert_int_equal(w->late.head->lane, 3);
    world_end(w);
}


/* What may not leave any more takes no turn: others go in its place. */

static void
what_is_over_goes_back(void **state)
{
    size_t    i;
    world_t  *w;

    (void) state;
    w = world_make();

    for (i = 0; i < 6; i++) {
        world_add(w, 7, 10, 3);
        w->jobs[i].over_us = i % 2 == 0 ? 0 : START_US + 100000;
    }

    while (w->now_us < START_US + 600000) {
        (void) pls_pacer_run(w->pacer, &w->late);
        w->now_us += 1000;
    }

    /* the first two left at once, and at 100 ms it is over for the rest */

    assert_int_equal(w->late.n, 3);
    assert_int_equal(w->n, 3);
    assert_in_range(w->stamps[2] - w->stamps[0], 200000, 220000);
    assert_true(w->late.head == &w->jobs[1]);
    assert_int_equal(pls_pacer_count(w->pacer), 0);

    /* to the microsecond */

    w->jobs[0].over_us = w->now_us;
    assert_true(pls_job_over(&w->jobs[0], w->now_us));
    assert_false(pls_job_over(&w->jobs[0], w->now_us - 1));
    w->jobs[0].over_us = 0;
    assert_false(pls_job_over(&w->jobs[0], INT64_MAX));
    world_end(w);
}


/* A pause takes back its own tenant's; others keep their place and time. */

static void
a_pause_is_its_own_tenants(void **state)
{
    size_t                   i;
    world_t                 *w = world_make();
    pls_jobs_t               back = { NULL, NULL, 0 };
    static _Atomic uint32_t  pauses[PLS_PAUSES];

    (void) state;

    for (i = 0; i < 6; i++) {
        world_add(w, 7 + (uint32_t) i % 2, 1, 3);
        w->jobs[i].tenant = 1 + (uint32_t) i % 2;
    }

    (void) atomic_fetch_add(&pauses[2], 1);
    pls_pacer_paused(w->pacer, pauses, &back);
    assert_int_equal(back.n, 3);
    assert_true(back.head == &w->jobs[1]);
    assert_true(back.tail == &w->jobs[5]);
    assert_int_equal(w->jobs[0].came_us, START_US);

    /* what is decided after it is not of it */

    w->jobs[1].pauses = pls_pauses_of(pauses, 2);
    assert_false(pls_job_paused(&w->jobs[1], pauses));
    world_end(w);
}


/* A ring that says nothing is given back, and is right when it is missed. */

static void
a_rest_keeps_no_memory(void **state)
{
    world_t  *w;

    (void) state;
    w = world_make();

    world_busy(w, 100, 1500000, 0);
    pls_pacer_drain(w->pacer, &w->idle);
    assert_non_null(w->pacer->channels[7].beat.ring);

    w->now_us += 2 * PACER_REST_US;
    (void) pls_pacer_run(w->pacer, &w->late);
    assert_null(w->pacer->channels[7].beat.ring);

    world_busy(w, 100, 1500000, 2000);
    assert_true(most_in_a_second(w, 0) <= 100);
    world_end(w);
}


#define TEST(name)  cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(leaves_evenly),
        TEST(what_is_over_goes_back),
        TEST(a_pause_is_its_own_tenants),
        TEST(never_over_the_rate),
        TEST(reaches_the_rate),
        TEST(a_stall_is_no_burst),
        TEST(holds_across_restarts),
        TEST(follows_the_rate),
        TEST(no_rate_is_no_limit),
        TEST(replies_come_first),
        TEST(channels_do_not_wait_for_others),
        TEST(tenants_have_a_rate),
        TEST(nothing_waits_for_long),
        TEST(what_has_no_room_waits),
        TEST(a_rest_keeps_no_memory),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
