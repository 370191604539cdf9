/*
 * Slots of the progress file, jobs in lists, and the queue between threads.
 */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/sender/job.c"
#include "../../src/sender/progress.c"
#include "../../src/sender/queue.c"

#define HANDED  100000


static void
test_slots(void **state)
{
    pl_progress_t     *p;
    Pl__AttemptStage   stages[PL_INFLIGHT_MAX];

    (void) state;

    p = calloc(1, sizeof(*p));
    assert_non_null(p);

    assert_int_equal(pls_progress_read(p, stages, PL_COUNT(stages)), 0);

    pls_progress_take(p, 0, 11, 5);
    pls_progress_take(p, PL_INFLIGHT_MAX - 1, 12, 5);
    pls_progress_stage(p, 0, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);

    assert_int_equal(pls_progress_read(p, stages, PL_COUNT(stages)), 2);
    assert_true(stages[0].effect == 11);
    assert_int_equal(stages[0].stage, PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
    assert_true(stages[1].effect == 12);
    assert_int_equal(stages[1].stage, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN);
    assert_true(atomic_load(&p->slot[0].epoch) == 5);

    /* taken again: what the one before had reached is gone */
    pls_progress_free(p, 0);
    assert_int_equal(pls_progress_read(p, stages, PL_COUNT(stages)), 1);
    pls_progress_take(p, 0, 13, 6);
    assert_int_equal(pls_progress_read(p, stages, PL_COUNT(stages)), 2);
    assert_int_equal(stages[0].stage, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN);

    /* never more than there is room for */
    assert_int_equal(pls_progress_read(p, stages, 1), 1);

    pls_progress_clear(p);
    assert_int_equal(pls_progress_read(p, stages, PL_COUNT(stages)), 0);

    free(p);
}


/* A stage that no sender wrote is the worst there is: it may have left. */

static void
test_bad_stage(void **state)
{
    size_t             i;
    pl_progress_t     *p;
    Pl__AttemptStage   stages[4];

    static const uint32_t  bad[] = { 0, 5, 77, UINT32_MAX };

    (void) state;

    p = calloc(1, sizeof(*p));
    assert_non_null(p);

    for (i = 0; i < PL_COUNT(bad); i++) {
        pls_progress_take(p, 3, 9, 1);
        atomic_store(&p->slot[3].stage, bad[i]);
        assert_int_equal(pls_progress_read(p, stages, 4), 1);
        assert_int_equal(stages[0].stage,
                         PL__WIRE_STAGE__WIRE_STAGE_LEAVING);
    }

    free(p);
}


static void
test_lists(void **state)
{
    pls_job_t   *jobs;
    pls_jobs_t   a = { NULL, NULL, 0 }, b = { NULL, NULL, 0 };

    (void) state;

    jobs = calloc(4, sizeof(*jobs));
    assert_non_null(jobs);

    assert_null(pls_jobs_take(&a));
    pls_jobs_move(&a, &b);
    assert_int_equal(a.n, 0);

    pls_jobs_add(&a, &jobs[0]);
    pls_jobs_add(&b, &jobs[1]);
    pls_jobs_add(&b, &jobs[2]);
    pls_jobs_move(&a, &b);
    pls_jobs_add(&a, &jobs[3]);
    assert_int_equal(a.n, 4);
    assert_int_equal(b.n, 0);

    assert_ptr_equal(pls_jobs_take(&a), &jobs[0]);
    assert_ptr_equal(pls_jobs_take(&a), &jobs[1]);
    assert_ptr_equal(pls_jobs_take(&a), &jobs[2]);
    assert_ptr_equal(pls_jobs_take(&a), &jobs[3]);
    assert_null(pls_jobs_take(&a));
    assert_null(a.tail);

    /* an emptied list takes again */
    pls_jobs_add(&a, &jobs[2]);
    assert_ptr_equal(a.head, a.tail);

    free(jobs);
}


typedef struct {
    pls_queue_t   there;
    pls_queue_t   back;
} pair_t;


/* Sends every job straight back, until one with effect 0. */

static void *
echo(void *data)
{
    bool         over;
    pair_t      *pair;
    pls_job_t   *job;
    pls_jobs_t   in = { NULL, NULL, 0 }, out = { NULL, NULL, 0 };

    pair = data;

    for (over = false; !over; /* void */ ) {
        pls_queue_wait(&pair->there, 1000000);
        pls_queue_take(&pair->there, &in);

        while ((job = pls_jobs_take(&in)) != NULL) {
            over = over || job->effect == 0;
            pls_jobs_add(&out, job);
        }

        pls_queue_put(&pair->back, &out);
    }

    return NULL;
}


/* Eight jobs go round between two threads; none is lost, none doubled. */

static void
test_queue(void **state)
{
    size_t       i, handed, home;
    pair_t       pair;
    pls_job_t    jobs[8], *job;
    pls_jobs_t   out = { NULL, NULL, 0 }, in = { NULL, NULL, 0 };
    pthread_t    thread;

    (void) state;

    assert_int_equal(pls_queue_open(&pair.there, NULL), PL_OK);
    assert_int_equal(pls_queue_open(&pair.back, NULL), PL_OK);
    assert_int_equal(pthread_create(&thread, NULL, echo, &pair), 0);

    for (i = 0; i < PL_COUNT(jobs); i++) {
        jobs[i].effect = i + 1;
        pls_jobs_add(&out, &jobs[i]);
    }

    handed = PL_COUNT(jobs);
    home = 0;
    pls_queue_put(&pair.there, &out);

    while (home < handed) {
        pls_queue_wait(&pair.back, 1000000);
        pls_queue_take(&pair.back, &in);

        while ((job = pls_jobs_take(&in)) != NULL) {
            home++;
            if (handed < HANDED) {
                handed++;
                pls_jobs_add(&out, job);
            }
        }

        pls_queue_put(&pair.there, &out);
    }

    assert_int_equal(home, HANDED);

    jobs[0].effect = 0;
    pls_jobs_add(&out, &jobs[0]);
    pls_queue_put(&pair.there, &out);
    assert_int_equal(pthread_join(thread, NULL), 0);

    pls_queue_take(&pair.back, &in);
    assert_int_equal(in.n, 1);

    pls_queue_close(&pair.there);
    pls_queue_close(&pair.back);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_bad_stage),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_queue),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
