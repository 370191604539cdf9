/*
 * Whose turn it is when more subscriptions have something to tell than one
 * entry takes. The loop and the store thread are the test's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sender/consumer_tell.c"

#define SUBS_MAX  2048

typedef struct {
    pls_consumer_t            c;
    pls_sender_t              sn;
    Pl__Subscription          row;
    consumer_sub_t           *subs[SUBS_MAX];
    unsigned                  told[SUBS_MAX];   /* how often */
} test_t;


/* ---- what the rest of the consumers would do */

int64_t
pls_consumer_now_us(const pls_consumer_t *c)
{
    return c->gauge_us;                 /* the test's clock */
}


void
pls_consumer_ready(pls_consumer_t *c, consumer_sub_t *sub)
{
    (void) c;
    (void) sub;
}


void
pls_consumer_sweep(pls_consumer_t *c, bool all)
{
    (void) c;
    (void) all;
}


void
pls_queue_ring(pls_queue_t *queue)
{
    (void) queue;
}


/* ---- the tests */

static int
setup(void **state)
{
    test_t  *t;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    pl__subscription__init(&t->row);
    t->c.sn = &t->sn;
    t->c.gauge_us = 1;
    t->c.subs = t->subs;
    t->c.tell_ar = pl_arena_create(CONSUMER_ARENA_BLOCK, CONSUMER_ARENA_MAX);
    assert_non_null(t->c.tell_ar);
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    size_t   i;
    test_t  *t = *state;

    for (i = 0; i < t->c.n_subs; i++) {
        free(t->subs[i]);
    }

    pl_arena_destroy(t->c.tell_ar);
    free(t);

    return 0;
}


/* So many more of a tenant, numbered on. */

static void
subs(test_t *t, uint32_t tenant, size_t n)
{
    consumer_sub_t  *sub;

    while (n-- != 0) {
        sub = calloc(1, sizeof(*sub));
        assert_non_null(sub);
        sub->tenant = tenant;
        sub->id = t->c.n_subs;
        sub->row = &t->row;
        t->subs[t->c.n_subs++] = sub;
    }
}


/* All have something urgent; one entry is made. How many are in it. */

static size_t
told(test_t *t)
{
    size_t                     i;
    Pl__SubscriptionProgress  *progress = &t->sn.tell.progress;

    t->c.gauge_us += CONSUMER_TELL_MIN_US + CONSUMER_SCAN_US;

    for (i = 0; i < t->c.n_subs; i++) {
        pls_consumer_note(&t->c, t->subs[i], true);
    }

    assert_true(pls_consumer_tell(&t->c, false));

    for (i = 0; i < progress->n_steps; i++) {
        t->told[progress->steps[i]->subscription]++;
    }

    atomic_store(&t->sn.tell.state, PLS_TELL_DONE);

    return progress->n_steps;
}


static void
all_fit(void **state)
{
    test_t  *t = *state;

    subs(t, 1, CONSUMER_TELL_TENANT);
    subs(t, 2, CONSUMER_TELL_TENANT);
    assert_int_equal(told(t), 2 * CONSUMER_TELL_TENANT);
    assert_int_equal(told(t), 2 * CONSUMER_TELL_TENANT);
}


/* Those that did not fit come first. */

static void
none_starves_where_all_tell_all_the_time(void **state)
{
    size_t    i, n, rounds;
    uint32_t  tenant;
    test_t   *t = *state;

    for (tenant = 1; tenant <= 20; tenant++) {
        subs(t, tenant, CONSUMER_TELL_TENANT);
    }

    n = t->c.n_subs;
    assert_true(n > 2 * PL_SUBSCRIPTION_STEPS_MAX);
    rounds = (n + PL_SUBSCRIPTION_STEPS_MAX - 1) / PL_SUBSCRIPTION_STEPS_MAX;

    for (i = 0; i < rounds; i++) {
        assert_int_equal(told(t), PL_SUBSCRIPTION_STEPS_MAX);
    }

    for (i = 0; i < n; i++) {
        assert_in_range(t->told[i], 1, 2);
    }
}


static void
a_tenant_has_a_share(void **state)
{
    size_t    i;
    uint32_t  tenant;
    test_t   *t = *state;

    /* at the limit, and one past it */

    subs(t, 1, CONSUMER_TELL_TENANT + 1);
    subs(t, 2, 1);
    assert_int_equal(told(t), CONSUMER_TELL_TENANT + 1);
    assert_int_equal(t->told[CONSUMER_TELL_TENANT], 0);
    assert_int_equal(t->told[CONSUMER_TELL_TENANT + 1], 1);
    (void) told(t);
    assert_int_equal(t->told[CONSUMER_TELL_TENANT], 1);

    /* with many such none starves either */

    for (tenant = 3; tenant <= 20; tenant++) {
        subs(t, tenant, PL_SUBSCRIPTIONS_MAX);
    }

    for (i = 0; i < 40; i++) {
        (void) told(t);
    }

    for (i = 0; i < t->c.n_subs; i++) {
        assert_true(t->told[i] != 0);
    }
}


/* Fewer of them than when it left off. */

static void
those_that_are_gone_are_not_asked(void **state)
{
    test_t  *t = *state;

    subs(t, 1, CONSUMER_TELL_TENANT + 1);
    (void) told(t);
    assert_int_equal(t->c.tell_from, CONSUMER_TELL_TENANT);
    free(t->subs[--t->c.n_subs]);
    assert_int_equal(told(t), CONSUMER_TELL_TENANT);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)

    const struct CMUnitTest  tests[] = {
        TEST(all_fit),
        TEST(none_starves_where_all_tell_all_the_time),
        TEST(a_tenant_has_a_share),
        TEST(those_that_are_gone_are_not_asked),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
