/*
 * The pacer where connections have to be made first: what is handed on goes
 * on the wire later, or never, and the rate holds there.
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
#define SECOND_US   1000000
#define NEVER       INT64_MAX

typedef struct {
    int64_t    at_us;               /* on the wire, or gone */
    bool       gone;
} fate_t;

typedef struct {
    int64_t    at_us;
    uint32_t   channel;
} stamp_t;

typedef struct world_s  world_t;

/* When what is handed on now is on the wire; or, gone, that it never is. */
typedef fate_t (*fate_pt)(world_t *w);

struct world_s {
    int64_t        now_us;
    pl_clock_t     clock;
    pl_pace_t     *pace;
    pls_pacer_t   *pacer;
    pls_job_t      jobs[PL_INFLIGHT_MAX];
    fate_t         fates[PL_INFLIGHT_MAX];
    pls_jobs_t     idle;
    pls_jobs_t     out;             /* handed on */
    fate_pt        fate;
    uint32_t       handed;          /* the channel of the last */
    size_t         n_handed;
    size_t         n_gone;
    stamp_t        stamps[STAMPS_MAX];
    size_t         n;
    uint32_t       seed;
};


static int64_t
world_us(void *data)
{
    return ((world_t *) data)->now_us;
}


static void
world_go(void *data, pls_job_t *job)
{
    world_t  *w = data;

    assert_true(job->handed);
    w->handed = job->channel;
    w->fates[job->slot] = w->fate(w);
    w->n_handed++;
    pls_jobs_add(&w->out, job);
}


/* A sender begins. */

static void
world_begin(world_t *w)
{
    uint32_t  i;

    memset(&w->idle, 0, sizeof(w->idle));
    memset(&w->out, 0, sizeof(w->out));

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        memset(&w->jobs[i], 0, sizeof(w->jobs[i]));
        w->jobs[i].slot = i;
        pls_jobs_add(&w->idle, &w->jobs[i]);
    }

    assert_int_equal(pls_pacer_create(&w->pacer, &w->clock, w->pace, NULL,
                                      world_go, w, NULL), PL_OK);
}


static world_t *
world_make(fate_pt fate)
{
    world_t  *w;

    w = calloc(1, sizeof(*w));
    assert_non_null(w);
    w->pace = calloc(1, sizeof(*w->pace));
    assert_non_null(w->pace);

    w->now_us = START_US;
    w->clock.mono_us = world_us;
    w->clock.wall_ms = world_us;
    w->clock.data = w;
    w->fate = fate;
    w->seed = 1;
    world_begin(w);

    return w;
}


static void
world_end(world_t *w)
{
    pls_pacer_destroy(w->pacer);
    free(w->pace);
    free(w);
}


/* A sender that was killed: what was handed on is gone with it. */

static void
world_restart(world_t *w)
{
    pls_pacer_destroy(w->pacer);
    world_begin(w);
}


static uint32_t
world_random(world_t *w, uint32_t below)
{
    w->seed = w->seed * 1664525u + 1013904223u;

    return (w->seed >> 8) % below;
}


/* Those whose time has come; returns when the next's comes. */

static int64_t
world_wire(world_t *w)
{
    int64_t      next_us = NEVER;
    fate_t      *fate;
    pls_job_t   *job;
    pls_jobs_t   out = { NULL, NULL, 0 };

    pls_jobs_move(&out, &w->out);

    while ((job = pls_jobs_take(&out)) != NULL) {
        fate = &w->fates[job->slot];

        if (fate->at_us > w->now_us) {
            next_us = fate->at_us < next_us ? fate->at_us : next_us;
            pls_jobs_add(&w->out, job);
            continue;
        }

        (void) pls_pacer_left(w->pacer, job, !fate->gone);
        assert_false(job->handed);

        if (fate->gone) {
            w->n_gone++;

        } else {
            assert_true(w->n < STAMPS_MAX);
            w->stamps[w->n++] = (stamp_t) { w->now_us, job->channel };
        }

        pls_jobs_add(&w->idle, job);
    }

    return next_us;
}


/* Keeps `channels` supplied for so long; what waits too long comes again. */

static void
world_busy(world_t *w, uint32_t channels, uint32_t rate, uint32_t tenant_rate,
    int64_t for_us)
{
    uint32_t    channel = 0;
    int64_t     end_us, run_us, wire_us;
    pls_job_t  *job;
    pls_jobs_t  late = { NULL, NULL, 0 };

    end_us = w->now_us + for_us;

    while (w->now_us < end_us) {

        while (pls_pacer_count(w->pacer) < 40 * channels) {
            job = pls_jobs_take(&w->idle);
            assert_non_null(job);
            job->channel = channel++ % channels + 1;
            job->tenant = 1;
            job->lane = 1;
            job->rate = rate;
            job->tenant_rate = tenant_rate;
            pls_pacer_add(w->pacer, job);
        }

        run_us = pls_pacer_run(w->pacer, &late);
        pls_jobs_move(&w->idle, &late);

        wire_us = world_wire(w);
        run_us = wire_us < run_us ? wire_us : run_us;
        assert_true(run_us != NEVER);
        w->now_us = run_us > w->now_us ? run_us : w->now_us + 1000;
    }
}


/* The most that went on the wire within a second; channel 0: of all. */

static size_t
most_in_a_second(const world_t *w, uint32_t channel)
{
    size_t  i, from = 0, n = 0, most = 0;

    for (i = 0; i < w->n; i++) {
        n += channel == 0 || w->stamps[i].channel == channel;

        for ( /* void */ ;
             w->stamps[from].at_us <= w->stamps[i].at_us - SECOND_US; from++)
        {
            n -= channel == 0 || w->stamps[from].channel == channel;
        }

        most = n > most ? n : most;
    }

    return most;
}


/* The first ten wait for one handshake, the others find a connection. */

static fate_t
fate_slow(world_t *w)
{
    int64_t  up_us = START_US + 3500000;

    return (fate_t) { w->now_us < up_us ? up_us : w->now_us + 100, false };
}


/* One in three hangs until it is given up, the others are quick. */

static fate_t
fate_hangs(world_t *w)
{
    return w->n_handed % 3 == 0
           ? (fate_t) { w->now_us + 10 * SECOND_US, true }
           : (fate_t) { w->now_us + 50, false };
}


/* Of two channels that take turns the first's hang. */

static fate_t
fate_second(world_t *w)
{
    return w->handed == 1 ? (fate_t) { w->now_us + 10 * SECOND_US, true }
                          : (fate_t) { w->now_us + 50, false };
}


/* Nothing ever stands; each is given up after ten seconds. */

static fate_t
fate_nobody(world_t *w)
{
    return (fate_t) { w->now_us + 10 * SECOND_US, true };
}


static fate_t
fate_random(world_t *w)
{
    static const uint32_t  upto_us[] = { 1, 500, 20000, 300000, 4000000 };

    return (fate_t) { w->now_us + world_random(w, upto_us[world_random(w, 5)]),
                      world_random(w, 8) == 0 };
}


static void
a_slow_handshake_is_no_burst(void **state)
{
    world_t  *w;

    (void) state;
    w = world_make(fate_slow);

    world_busy(w, 1, 10, 0, 3400000);
    assert_int_equal(w->n, 0);
    assert_int_equal(w->n_handed, 10);

    world_busy(w, 1, 10, 0, 20 * SECOND_US);
    assert_in_range(w->n, 190, 200);
    assert_int_equal(most_in_a_second(w, 1), 10);
    world_end(w);
}


/* It has its one place, for as long as it hangs; the rest goes on. */

static void
one_that_hangs_holds_up_no_other(void **state)
{
    size_t    n;
    world_t  *w;

    (void) state;
    w = world_make(fate_slow);

    world_busy(w, 1, 80, 0, 4 * SECOND_US);
    w->fate = fate_nobody;
    n = w->n_handed;

    while (w->n_handed == n) {
        world_busy(w, 1, 80, 0, 1000);
    }

    w->fate = fate_slow;
    n = w->n;
    world_busy(w, 1, 80, 0, 9 * SECOND_US);
    assert_in_range(w->n - n, 78 * 9, 80 * 9);
    assert_true(most_in_a_second(w, 1) <= 80);
    world_end(w);
}


/* Of a tenant with a rate: whose host hangs gets half of it, and no more. */

static void
a_channel_that_hangs_leaves_room(void **state)
{
    size_t    i;
    world_t  *w;

    (void) state;
    w = world_make(fate_second);

    world_busy(w, 2, 80, 10, 9 * SECOND_US);

    for (i = 0; i < w->n; i++) {
        assert_int_equal(w->stamps[i].channel, 2);
    }

    assert_in_range(w->n_handed - w->n, 4, 6);
    assert_in_range(w->n, 4 * 9, 6 * 9);
    world_end(w);
}


static void
who_cannot_connect_has_the_rate_out(void **state)
{
    world_t  *w;

    (void) state;
    w = world_make(fate_nobody);

    world_busy(w, 1, 10, 0, 9 * SECOND_US);
    assert_int_equal(w->n_handed, 10);

    /* what was given up makes room at once: as evenly as it was begun */

    world_busy(w, 1, 10, 0, 2 * SECOND_US);
    assert_in_range(w->n_gone, 10, 11);
    assert_in_range(w->n_handed, 19, 21);
    world_end(w);
}


/* Those ten have one stamp, which is all that the next sender knows of. */

static void
a_restart_is_no_burst(void **state)
{
    world_t  *w;

    (void) state;
    w = world_make(fate_slow);

    world_busy(w, 1, 10, 0, 3510000);
    assert_int_equal(w->n, 10);

    world_restart(w);
    w->now_us += 50000;
    world_busy(w, 1, 10, 0, 3 * SECOND_US);
    assert_true(w->now_us < START_US + 7500000);
    assert_in_range(w->n, 34, 37);
    assert_int_equal(most_in_a_second(w, 1), 10);
    world_end(w);
}


/* Whoever waits for it without a time is told. */

static void
who_waits_is_told(void **state)
{
    size_t       i;
    world_t     *w;
    pls_job_t   *job;
    pls_jobs_t   late = { NULL, NULL, 0 };

    (void) state;
    w = world_make(fate_nobody);

    for (i = 0; i < 3; i++) {
        job = pls_jobs_take(&w->idle);
        job->channel = 1;
        job->tenant = 1;
        job->rate = 1;
        pls_pacer_add(w->pacer, job);
    }

    w->now_us = pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 1);
    (void) pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 1);

    job = pls_jobs_take(&w->out);
    assert_true(pls_pacer_left(w->pacer, job, true));
    assert_false(pls_pacer_left(w->pacer, job, true));  /* said already */

    /* a second from then, and not from when it was handed on */

    assert_int_equal(pls_pacer_run(w->pacer, &late), w->now_us + SECOND_US);
    w->now_us += SECOND_US;
    (void) pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 2);

    job = pls_jobs_take(&w->out);
    assert_true(pls_pacer_left(w->pacer, job, false));
    (void) pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 2);       /* by the other wall: its second */
    w->now_us += SECOND_US;
    (void) pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 3);
    world_end(w);
}


/* Nor is a channel that is well told of another's that waits. */

static void
others_are_not_told(void **state)
{
    size_t       i;
    world_t     *w;
    pls_job_t   *job;
    pls_jobs_t   late = { NULL, NULL, 0 };

    (void) state;
    w = world_make(fate_nobody);

    for (i = 0; i < 6; i++) {
        job = pls_jobs_take(&w->idle);
        job->channel = i < 2 ? 1 : 2;
        job->tenant = job->channel;
        job->rate = i < 2 ? 1 : 100;
        pls_pacer_add(w->pacer, job);
    }

    (void) pls_pacer_run(w->pacer, &late);
    assert_int_equal(w->n_handed, 2);

    while ((job = pls_jobs_take(&w->out)) != NULL) {
        if (job->channel == 2) {
            assert_false(pls_pacer_left(w->pacer, job, true));
        }
    }

    world_end(w);
}


/* Of a channel and of its tenant, whatever connections do. */

static void
never_over_the_rate_on_the_wire(void **state)
{
    size_t    i;
    uint32_t  channel;
    world_t  *w;

    static const struct {
        uint32_t  rate, tenant_rate;
    } rates[] = { { 1, 0 }, { 3, 7 }, { 10, 25 }, { 80, 0 }, { 80, 200 },
                  { 250, 600 } };

    (void) state;

    for (i = 0; i < 4 * PL_COUNT(rates); i++) {
        w = world_make(i % 4 == 0 ? fate_hangs : fate_random);
        w->seed = (uint32_t) i;

        world_busy(w, 3, rates[i / 4].rate, rates[i / 4].tenant_rate,
                   20 * SECOND_US);
        assert_true(w->n > rates[i / 4].rate);

        for (channel = 1; channel <= 3; channel++) {
            assert_true(most_in_a_second(w, channel) <= rates[i / 4].rate);
        }

        assert_true(rates[i / 4].tenant_rate == 0
                    || most_in_a_second(w, 0) <= rates[i / 4].tenant_rate);
        world_end(w);
    }
}


/* What was handed on under a higher rate is of the lower one as well. */

static void
a_lower_rate_waits_for_those(void **state)
{
    world_t  *w;

    (void) state;
    w = world_make(fate_slow);

    world_busy(w, 1, 40, 0, 2 * SECOND_US);
    assert_int_equal(w->n_handed, 40);

    world_busy(w, 1, 5, 0, SECOND_US);
    assert_int_equal(w->n_handed, 40);

    world_busy(w, 1, 5, 0, 1400000);        /* they leave, and their second */
    assert_in_range(w->n_handed, 40, 41);
    assert_in_range(w->n, 40, 41);

    world_busy(w, 1, 5, 0, 2 * SECOND_US);
    assert_in_range(w->n, 49, 51);
    world_end(w);
}


#define TEST(name)  cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_slow_handshake_is_no_burst),
        TEST(one_that_hangs_holds_up_no_other),
        TEST(a_channel_that_hangs_leaves_room),
        TEST(who_cannot_connect_has_the_rate_out),
        TEST(a_restart_is_no_burst),
        TEST(who_waits_is_told),
        TEST(others_are_not_told),
        TEST(never_over_the_rate_on_the_wire),
        TEST(a_lower_rate_waits_for_those),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
