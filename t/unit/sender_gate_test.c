/*
 * The gates: how much of a channel and of a tenant may have begun.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/sender/gate.c"
#include "../../src/sender/pace.c"

typedef struct {
    pls_gates_t  gates;
    size_t       free;
    int64_t      until_ms;
} world_t;


static bool
enter(world_t *w, uint32_t channel, uint32_t tenant, uint32_t weight)
{
    pls_gate_ask_t  ask = { .channel = channel, .tenant = tenant,
                            .weight = weight, .free = w->free };

    if (!pls_gate_enter(&w->gates, &ask, 1000, &w->until_ms)) {
        return false;
    }

    w->free--;

    return true;
}


static void
leave(world_t *w, uint32_t channel, uint32_t tenant)
{
    pls_gate_leave(&w->gates, channel, tenant, true);
    w->free++;
}


static size_t
enter_all(world_t *w, uint32_t channel, uint32_t tenant, uint32_t weight)
{
    size_t  n;

    for (n = 0; enter(w, channel, tenant, weight); n++) {
        /* void */
    }

    return n;
}


static void
one_has_half(void **state)
{
    world_t  w = { .free = PL_INFLIGHT_MAX, .until_ms = INT64_MAX };

    (void) state;

    assert_int_equal(enter_all(&w, 1, 1, 1), (PL_INFLIGHT_MAX
                                              - PLS_GATE_KEEP) / 2);
    assert_true(w.until_ms == INT64_MAX);       /* opens when one leaves */
    assert_true(enter(&w, 2, 2, 1));
    leave(&w, 2, 2);

    leave(&w, 1, 1);
    assert_true(enter(&w, 1, 1, 1));
    assert_false(enter(&w, 1, 1, 1));

    pls_gates_free(&w.gates);
}


/* Channels of one tenant share what is the tenant's. */

static void
weights_count(void **state)
{
    size_t   i, n;
    world_t  w = { .free = PL_INFLIGHT_MAX };

    (void) state;

    for (i = 0, n = 0; i < 50; i++) {
        n += enter_all(&w, (uint32_t) i, 1, 1);
    }
    assert_in_range(n, 928, 936);       /* 16 of 17 parts */

    pls_gates_free(&w.gates);

    w.free = PL_INFLIGHT_MAX;
    for (i = 0, n = 0; i < 50; i++) {
        n += enter_all(&w, (uint32_t) i, 1, 3);
    }
    assert_in_range(n, 968, 974);       /* 48 of 49 */

    pls_gates_free(&w.gates);
}


/*
 * However many greedy tenants with whatever weight, in whatever order they
 * come and go: who has nothing out finds a slot.
 */

static void
a_newcomer_gets_in(void **state)
{
    size_t    round, step;
    world_t   w = { .free = PL_INFLIGHT_MAX };
    uint32_t  seed, i, tenants;
    uint16_t  out[900] = { 0 };

    (void) state;
    seed = 1;

    for (round = 0; round < 60; round++) {
        tenants = round < 30 ? (uint32_t) round + 1 : (uint32_t) round * 15;

        for (step = 0; step < 20000; step++) {
            seed = seed * 1664525u + 1013904223u;
            i = (seed >> 8) % tenants;

            if ((seed >> 4) % 8 == 0 && out[i] != 0) {
                leave(&w, i, i);
                out[i]--;

            } else if (out[i] != 0 || w.free > 8) {
                out[i] = (uint16_t) (out[i] + enter(&w, i, i, i % 100 + 1));
            }
        }

        assert_true(w.free > 0);
        assert_true(enter(&w, 60000, 60000, 1));
        leave(&w, 60000, 60000);
    }

    pls_gates_free(&w.gates);
}


/* What is let in: what has not left yet, and leaves soon. */

static void
no_more_than_the_provider_has_room_for(void **state)
{
    size_t           n;
    world_t          w = { .until_ms = INT64_MAX };
    pls_gate_ask_t   ask = { .channel = 7, .tenant = 1, .most = 16,
                             .free = PL_INFLIGHT_MAX };

    (void) state;
    w.free = PL_INFLIGHT_MAX;
    assert_int_equal(pls_gate_room(&w.gates, &ask, 1000, &w.until_ms), 16);

    for (n = 0; pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms); n++) {
        /* void */
    }
    assert_int_equal(n, 16);

    /* others are not counted, nor is one that has ended */
    assert_true(enter(&w, 8, 1, 1));
    pls_gate_leave(&w.gates, 7, 1, true);
    assert_int_equal(pls_gate_room(&w.gates, &ask, 1000, &w.until_ms), 1);
    assert_true(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));
    assert_false(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));

    pls_gates_free(&w.gates);
}


static void
looks_ahead_a_little(void **state)
{
    size_t           n;
    world_t          w = { .until_ms = INT64_MAX };
    pl_pace_t       *p;
    pls_gate_ask_t   ask = { .channel = 7, .tenant = 1, .rate = 80,
                             .free = PL_INFLIGHT_MAX };

    (void) state;
    p = calloc(1, sizeof(*p));
    assert_non_null(p);
    atomic_store(&p->channel[7].departed, 1000000);     /* of others */
    w.gates.pace = p;

    for (n = 0; pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms); n++) {
        /* void */
    }
    assert_int_equal(n, 12);                    /* 150 ms of 80 a second */
    assert_true(w.until_ms == 1050);            /* 4 will have left */

    for (n = 0; n < 4; n++) {
        pls_pace_left(p, 7, 1, 5);
    }
    for (n = 0; pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms); n++) {
        /* void */
    }
    assert_int_equal(n, 4);

    /* one that was turned down never leaves, and is not waited for */
    pls_gate_leave(&w.gates, 7, 1, false);
    assert_true(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));
    assert_false(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));

    /* one that came home had left */
    pls_gate_leave(&w.gates, 7, 1, true);
    assert_false(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));

    /* what came by no gate leaves too, and gives nothing away */
    for (n = 0; n < 100; n++) {
        pls_pace_left(p, 7, 1, 5);
    }
    for (n = 0; pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms); n++) {
        /* void */
    }
    assert_int_equal(n, 12);

    /* slow ones have the next one ready all the same */
    ask.channel = 8;
    ask.rate = 1;
    assert_true(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));
    assert_true(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));
    w.until_ms = INT64_MAX;
    assert_false(pls_gate_enter(&w.gates, &ask, 1050, &w.until_ms));
    assert_true(w.until_ms == 2050);

    pls_gates_free(&w.gates);
    free(p);
}


static void
tenants_have_a_rate(void **state)
{
    size_t           n;
    world_t          w = { .until_ms = INT64_MAX };
    pl_pace_t       *p;
    pls_gate_ask_t   ask = { .channel = 0, .tenant = 1, .tenant_rate = 100,
                             .free = PL_INFLIGHT_MAX };

    (void) state;
    p = calloc(1, sizeof(*p));
    assert_non_null(p);
    w.gates.pace = p;

    for (n = 0; pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms); n++) {
        /* it counts */
    }
    assert_int_equal(n, 15);
    assert_true(w.until_ms == 1050);

    /* whoever waits behind those of another channel gets one in past them */

    ask.channel = 1;
    assert_true(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));
    assert_false(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));

    pls_pace_left(p, 1, 1, 1000000);
    assert_true(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));

    /* as long as no more wait than leave within two seconds */

    for (n = 0; pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms) || n == 0;
         n++)
    {
        ask.channel++;
    }
    assert_int_equal(n, 200 - 16 + 1);
    assert_int_equal(pls_gate_room(&w.gates, &ask, 1000, &w.until_ms), 0);

    ask.tenant = 2;
    assert_true(pls_gate_enter(&w.gates, &ask, 1000, &w.until_ms));

    pls_gates_free(&w.gates);
    free(p);
}


/* Files have a number, and neither share nor rate. */

static void
a_number_instead_of_shares(void **state)
{
    world_t  w = { .free = 100, .gates = { .max = 8 } };

    (void) state;

    assert_int_equal(enter_all(&w, 1, 1, 1), 8);
    assert_int_equal(enter_all(&w, 2, 1, 1), 8);

    pls_gates_free(&w.gates);
}


/* Ids past the table share rows and stay inside it. */

static void
ids_past_the_table(void **state)
{
    world_t  w = { .free = 100 };

    (void) state;

    assert_true(enter(&w, PLS_GATES_MAX - 1, 1, 1));
    assert_true(w.gates.n_channels == PLS_GATES_MAX);
    assert_true(enter(&w, PLS_GATES_MAX, 1, 1));
    assert_true(enter(&w, UINT32_MAX, UINT32_MAX, 1));
    assert_true(w.gates.n_channels == PLS_GATES_MAX);
    assert_true(w.gates.channels[PLS_GATES_MAX - 1].out == 2);
    assert_true(w.gates.channels[0].out == 1);
    assert_true(w.gates.tenants[PLS_GATES_MAX - 1].out == 1);

    pls_gates_free(&w.gates);
}


#define TEST(name)  cmocka_unit_test(name)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(one_has_half),
        TEST(weights_count),
        TEST(a_newcomer_gets_in),
        TEST(looks_ahead_a_little),
        TEST(tenants_have_a_rate),
        TEST(a_number_instead_of_shares),
        TEST(no_more_than_the_provider_has_room_for),
        TEST(ids_past_the_table),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
