/*
 * The threads that send mail: who gets one, and who does not.
 * The wire is played by t/98-smtp-silent.t; here nothing leaves.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sender/address.c"
#include "../../src/sender/job.c"
#include "../../src/sender/loop.c"
#include "../../src/sender/progress.c"
#include "../../src/sender/queue.c"
#include "../../src/sender/transfer.c"
#include "../../src/sender/transfer_easy.c"
#include "../../src/sender/transfer_kept.c"
#include "../../src/sender/transfer_mail.c"
#include "../../src/sender/transfer_pool.c"
#include "../../src/sender/transfer_wait.c"

typedef struct {
    pls_loop_t        *loop;
    pls_transfers_t   *transfers;
    pls_pool_t        *pool;
    pls_jobs_t         done;
} test_t;


static void
on_done(void *data, pls_job_t *job)
{
    test_t  *t = data;

    pls_jobs_add(&t->done, job);
}


static int
setup(void **state)
{
    test_t    *t;
    pl_err_t   err;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->loop = pls_loop_create();
    assert_non_null(t->loop);
    assert_int_equal(pls_transfers_create(&t->transfers, t->loop, NULL, NULL,
                                          on_done, t, &err), PL_OK);
    t->transfers->pool = pls_pool_create(t->transfers);
    assert_non_null(t->transfers->pool);
    t->pool = t->transfers->pool;
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    size_t   i;
    test_t  *t = *state;

    /* nobody has given them anything to do */
    for (i = 0; i < POOL_THREADS; i++) {
        t->pool->workers[i].busy = false;
    }

    pls_transfers_destroy(t->transfers);
    pls_loop_destroy(t->loop);
    free(t);

    return 0;
}


/* How many of them one channel gets, up to max, and keeps. */

static size_t
take(test_t *t, uint32_t tenant, uint32_t channel, size_t max)
{
    size_t         n;
    pls_job_t      job = { .channel = channel, .tenant = tenant };
    pls_worker_t  *w;

    for (n = 0; n < max; n++) {
        w = pool_worker(t->pool, &job);
        if (w == NULL) {
            break;
        }

        assert_false(w->busy);
        w->busy = true;
        w->channel = channel;
        w->tenant = tenant;
    }

    return n;
}


static size_t
busy(const test_t *t)
{
    size_t  i, n = 0;

    for (i = 0; i < POOL_THREADS; i++) {
        n += t->pool->workers[i].busy;
    }

    return n;
}


static void
a_channel_has_its_part(void **state)
{
    test_t  *t = *state;

    assert_int_equal(take(t, 1, 11, SIZE_MAX), POOL_CHANNEL);
    assert_int_equal(take(t, 1, 12, SIZE_MAX), POOL_CHANNEL);
    assert_int_equal(take(t, 1, 11, SIZE_MAX), 0);
}


static void
a_tenant_has_its_part(void **state)
{
    size_t   n = 0;
    test_t  *t = *state;
    uint32_t channel;

    for (channel = 100; channel < 100 + POOL_THREADS; channel++) {
        n += take(t, 1, channel, SIZE_MAX);
    }

    assert_int_equal(n, POOL_TENANT);
    assert_int_equal(take(t, 2, 7, SIZE_MAX), POOL_CHANNEL);
}


static void
the_last_are_for_who_has_none(void **state)
{
    size_t    n = 0;
    test_t   *t = *state;
    uint32_t  channel, tenant;

    for (channel = 100; channel < 100 + POOL_THREADS; channel++) {
        n += take(t, 1 + channel % 2, channel, SIZE_MAX);
    }

    assert_int_equal(n, POOL_THREADS - POOL_SPARE);

    for (tenant = 10; tenant < 10 + POOL_SPARE; tenant++) {
        assert_int_equal(take(t, tenant, tenant, SIZE_MAX), 1);
    }

    assert_int_equal(busy(t), POOL_THREADS);
    assert_int_equal(take(t, tenant, tenant, SIZE_MAX), 0);
}


static void
a_channel_comes_back_to_its_thread(void **state)
{
    test_t        *t = *state;
    pls_job_t      job = { .channel = 12, .tenant = 1 };
    pls_worker_t  *w;

    assert_int_equal(take(t, 1, 11, 1), 1);
    assert_int_equal(take(t, 1, 12, 1), 1);
    assert_int_equal(take(t, 1, 13, 1), 1);
    t->pool->workers[0].busy = false;
    t->pool->workers[1].busy = false;
    t->pool->workers[2].busy = false;

    w = pool_worker(t->pool, &job);
    assert_ptr_equal(w, &t->pool->workers[1]);

    /* any that is there comes before a new one */
    job.channel = 14;
    assert_non_null(pool_worker(t->pool, &job));
    assert_false(t->pool->workers[3].started);
}


/* Who has not asked before is told in the end, and never from inside. */

static void
there_is_none_past_the_limit(void **state)
{
    test_t      *t = *state;
    pls_job_t    mail = { .channel = 11, .tenant = 1 };
    pls_job_t    other = { .channel = 11, .tenant = 1 };

    mail.request.mail_to = "a@example.com";
    assert_int_equal(take(t, 1, 11, POOL_CHANNEL - 1), POOL_CHANNEL - 1);
    assert_true(pls_transfer_may(t->transfers, &mail));
    assert_int_equal(take(t, 1, 11, 1), 1);
    assert_false(pls_transfer_may(t->transfers, &mail));
    assert_true(pls_transfer_may(t->transfers, &other));

    pls_transfer_begin(t->transfers, &mail);
    assert_int_equal(t->done.n, 0);
    assert_int_equal(pls_transfers_count(t->transfers), 1);
    transfer_on_soon(t->transfers);
    assert_ptr_equal(pls_jobs_take(&t->done), &mail);
    assert_int_equal(mail.wire.end, PLS_END_OTHER);
    assert_int_equal(mail.wire.stage, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING);
    assert_int_equal(pls_transfers_count(t->transfers), 0);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(a_channel_has_its_part),
        TEST(a_tenant_has_its_part),
        TEST(the_last_are_for_who_has_none),
        TEST(a_channel_comes_back_to_its_thread),
        TEST(there_is_none_past_the_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
