/*
 * Rows of the pace file: pairs that have used up what they may.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/sender/pace.c"

#define SECOND  1000000LL

static const pls_pair_rate_t  whatsapp = { 6000, 45 };
static const pls_pair_rate_t  none = { 0, 0 };


static pl_pace_t *
make(void)
{
    pl_pace_t  *p;

    p = calloc(1, sizeof(*p));
    assert_non_null(p);

    return p;
}


/* What the provider counts: a bucket of 45 that gains one in 6 s. */

static void
never_asks_too_much(void **state)
{
    int         i, n;
    double      tokens;
    int64_t     now_us, until_us, at_us, before_us;
    uint64_t    pair;
    pl_pace_t  *p;

    (void) state;
    p = make();
    pair = pls_pace_pair(1, 1, 77);
    now_us = 100 * SECOND;
    before_us = 0;
    tokens = 45;
    n = 0;

    for (i = 0; i < 200; i++) {
        if (!pls_pace_charge(p, pair, &whatsapp, now_us, &until_us)) {
            assert_true(until_us > now_us);
            now_us = until_us;
            continue;
        }

        /* it arrives up to 3 s later, the first ones latest */
        at_us = now_us + (n < 44 ? 29 * SECOND / 10 : 0);
        at_us = at_us < before_us ? before_us : at_us;
        tokens += (double) (at_us - before_us) / 6 / SECOND;
        tokens = tokens > 45 ? 45 : tokens;
        assert_true(tokens >= 1);
        tokens -= 1;
        before_us = at_us;
        n++;

        if (n == 44) {
            assert_true(now_us == 100 * SECOND);    /* all at once */
        }
    }

    /* and no less than it may: the others one in 6 s */
    assert_in_range(n, 120, 123);
    assert_in_range(now_us / SECOND, 100 + (n - 46) * 6, 100 + (n - 43) * 6);
    free(p);
}


static void
pairs_are_apart(void **state)
{
    int         i;
    int64_t     until_us;
    pl_pace_t  *p;

    (void) state;
    p = make();

    for (i = 0; i < 44; i++) {
        assert_true(pls_pace_charge(p, pls_pace_pair(1, 1, 77), &whatsapp,
                                    SECOND, &until_us));
    }

    assert_false(pls_pace_charge(p, pls_pace_pair(1, 1, 77), &whatsapp,
                                 SECOND, &until_us));
    assert_true(pls_pace_charge(p, pls_pace_pair(2, 1, 77), &whatsapp,
                                SECOND, &until_us));
    assert_true(pls_pace_charge(p, pls_pace_pair(1, 2, 77), &whatsapp,
                                SECOND, &until_us));
    assert_true(pls_pace_charge(p, pls_pace_pair(1, 1, 78), &whatsapp,
                                SECOND, &until_us));
    free(p);
}


static void
what_did_not_go_is_given_back(void **state)
{
    int         i;
    int64_t     until_us;
    uint64_t    pair;
    pl_pace_t  *p;

    (void) state;
    p = make();
    pair = pls_pace_pair(1, 1, 77);

    for (i = 0; i < 44; i++) {
        assert_true(pls_pace_charge(p, pair, &whatsapp, SECOND, &until_us));
    }

    pls_pace_refund(p, pair, &whatsapp);
    assert_true(pls_pace_charge(p, pair, &whatsapp, SECOND, &until_us));
    assert_false(pls_pace_charge(p, pair, &whatsapp, SECOND, &until_us));

    /* a pair that has no row any more: nothing to give back to */
    pls_pace_refund(p, pls_pace_pair(1, 1, 78), &whatsapp);
    free(p);
}


static void
a_refused_pair_is_closed(void **state)
{
    int64_t     until_us;
    uint64_t    pair;
    pl_pace_t  *p;

    (void) state;
    p = make();
    pair = pls_pace_pair(1, 1, 77);

    pls_pace_close(p, pair, &whatsapp, SECOND, 31 * SECOND);
    pls_pace_close(p, pair, &whatsapp, SECOND, 11 * SECOND);

    assert_false(pls_pace_charge(p, pair, &whatsapp, SECOND, &until_us));
    assert_true(until_us == 31 * SECOND);

    /* its bucket was empty: then one, and no more for 6 s */
    assert_true(pls_pace_charge(p, pair, &whatsapp, until_us, &until_us));
    assert_false(pls_pace_charge(p, pair, &whatsapp, 31 * SECOND,
                                 &until_us));
    assert_true(until_us == 37 * SECOND);

    /* a provider that says nothing of pairs, and closes one */
    pair = pls_pace_pair(2, 1, 77);
    assert_true(pls_pace_charge(p, pair, &none, SECOND, &until_us));
    pls_pace_close(p, pair, &none, SECOND, 2 * SECOND);
    assert_false(pls_pace_charge(p, pair, &none, SECOND, &until_us));
    assert_true(until_us == 2 * SECOND);
    assert_true(pls_pace_charge(p, pair, &none, 2 * SECOND, &until_us));
    assert_true(pls_pace_charge(p, pair, &none, 2 * SECOND, &until_us));

    /* longer than a day is not kept, and is not forgotten either */
    pls_pace_close(p, pair, &none, SECOND, 9 * PLS_PACE_FAR_US);
    assert_false(pls_pace_charge(p, pair, &none, 2 * SECOND, &until_us));
    assert_true(until_us <= SECOND + PLS_PACE_FAR_US);
    free(p);
}


/* Where all its rows are taken, the one goes that is over first. */

static void
a_full_neighbourhood_gives_way(void **state)
{
    size_t      i, place;
    int64_t     until_us;
    uint64_t    pair[PLS_PACE_NEAR + 1];
    pl_pace_t  *p;

    (void) state;
    p = make();
    place = PL_PACE_PAIRS - 3;          /* it goes round the end */

    for (i = 0; i <= PLS_PACE_NEAR; i++) {
        pair[i] = place + (i + 1) * PL_PACE_PAIRS;
    }

    for (i = 0; i < PLS_PACE_NEAR; i++) {
        pls_pace_close(p, pair[i], &whatsapp, SECOND,
                       (int64_t) (i == 4 ? 2 : 100 + i) * SECOND);
    }

    assert_true(pls_pace_charge(p, pair[PLS_PACE_NEAR], &whatsapp, SECOND,
                                &until_us));

    for (i = 0; i < PLS_PACE_NEAR; i++) {
        assert_int_equal(pace_find(p, pair[i], NULL) == NULL, i == 4);
    }

    assert_non_null(pace_find(p, pair[PLS_PACE_NEAR], NULL));
    free(p);
}


/* Rows that no sender can have written say nothing. */

static void
nonsense_is_not_believed(void **state)
{
    int64_t     until_us;
    uint64_t    pair;
    pl_pace_t  *p;

    static const int64_t  bad[] = { INT64_MAX, INT64_MIN, -1,
                                    PLS_PACE_FAR_US + 2 * SECOND };
    size_t                i;

    (void) state;
    p = make();
    pair = pls_pace_pair(1, 1, 77);

    for (i = 0; i < PL_COUNT(bad); i++) {
        pace_put(p, pair, bad[i]);
        assert_true(pls_pace_charge(p, pair, &whatsapp, SECOND, &until_us));
        assert_true(atomic_load(&pace_find(p, pair, NULL)->tat_us)
                    == 7 * SECOND);
    }

    atomic_store(&p->channel[3].left_us, 9 * SECOND);
    assert_true(pls_pace_last(p, 3, SECOND) == SECOND);
    atomic_store(&p->channel[3].left_us, -9);
    assert_true(pls_pace_last(p, 3, SECOND) == 0);
    free(p);
}


static void
departures_are_counted(void **state)
{
    pl_pace_t  *p;

    (void) state;
    p = make();

    assert_true(pls_pace_last(p, 3, SECOND) == 0);
    pls_pace_left(p, 3, 5, SECOND);
    pls_pace_left(p, PL_PACE_ROWS + 3, 5, 2 * SECOND);

    assert_true(pls_pace_last(p, 3, 3 * SECOND) == 2 * SECOND);
    assert_true(pls_pace_tenant_last(p, 5, 3 * SECOND) == 2 * SECOND);
    assert_int_equal(pls_pace_departed(p, 3), 2);
    assert_int_equal(pls_pace_tenant_departed(p, 5), 2);
    assert_int_equal(pls_pace_departed(p, 4), 0);
    free(p);
}


#define TEST(name)  cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(never_asks_too_much),
        TEST(pairs_are_apart),
        TEST(what_did_not_go_is_given_back),
        TEST(a_refused_pair_is_closed),
        TEST(a_full_neighbourhood_gives_way),
        TEST(nonsense_is_not_believed),
        TEST(departures_are_counted),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
