/*
 * The gates: how much of a channel may be on the wire.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/sender/gate.c"


static void
test_full(void **state)
{
    int          i;
    int64_t      until_ms = INT64_MAX;
    pls_gates_t  gates = { NULL, 0, 0 };

    (void) state;

    for (i = 0; i < PLS_GATE_MAX; i++) {
        assert_true(pls_gate_enter(&gates, 1, 0, 1000, &until_ms));
    }

    assert_false(pls_gate_enter(&gates, 1, 0, 1000, &until_ms));
    assert_true(until_ms == INT64_MAX);         /* opens when one leaves */
    assert_true(pls_gate_enter(&gates, 2, 0, 1000, &until_ms));

    pls_gate_leave(&gates, 1);
    assert_true(pls_gate_enter(&gates, 1, 0, 1000, &until_ms));
    assert_false(pls_gate_enter(&gates, 1, 0, 1000, &until_ms));

    pls_gates_free(&gates);
}


static int
enter_all(pls_gates_t *gates, uint32_t rate, int64_t now_ms,
    int64_t *until_ms)
{
    int  n;

    for (n = 0; pls_gate_enter(gates, 7, rate, now_ms, until_ms); n++) {
        pls_gate_leave(gates, 7);
    }

    return n;
}


static void
test_rate(void **state)
{
    int          n;
    int64_t      until_ms, now_ms;
    pls_gates_t  gates = { NULL, 0, 0 };

    (void) state;

    until_ms = INT64_MAX;
    assert_int_equal(enter_all(&gates, 80, 1000000, &until_ms), 80);
    assert_true(until_ms == 1000013);           /* 1000 / 80, rounded up */

    /* not a moment before, and then exactly one */
    until_ms = INT64_MAX;
    assert_int_equal(enter_all(&gates, 80, 1000012, &until_ms), 0);
    assert_true(until_ms == 1000013);
    assert_int_equal(enter_all(&gates, 80, 1000013, &until_ms), 1);

    /* over ten seconds, in steps: ten seconds' worth */
    n = 0;
    for (now_ms = 1000013; now_ms <= 1010013; now_ms += 7) {
        n += enter_all(&gates, 80, now_ms, &until_ms);
    }
    assert_in_range(n, 799, 801);

    /* a long rest saves up one second, no more */
    assert_int_equal(enter_all(&gates, 80, 99000000, &until_ms), 80);

    pls_gates_free(&gates);
}


/* A clock that was set back gives nothing away and takes nothing. */

static void
test_clock_back(void **state)
{
    int64_t      until_ms = INT64_MAX;
    pls_gates_t  gates = { NULL, 0, 0 };

    (void) state;

    assert_int_equal(enter_all(&gates, 10, 5000000, &until_ms), 10);
    assert_int_equal(enter_all(&gates, 10, 1000000, &until_ms), 0);
    assert_int_equal(enter_all(&gates, 10, 1000100, &until_ms), 1);

    pls_gates_free(&gates);
}


static void
test_pause(void **state)
{
    int64_t      until_ms = INT64_MAX;
    pls_gates_t  gates = { NULL, 0, 0 };

    (void) state;

    pls_gate_pause(&gates, 3, 61000);
    pls_gate_pause(&gates, 3, 2000);            /* never shortens */

    assert_false(pls_gate_enter(&gates, 3, 0, 60999, &until_ms));
    assert_true(until_ms == 61000);
    assert_true(pls_gate_enter(&gates, 4, 0, 60999, &until_ms));
    assert_true(pls_gate_enter(&gates, 3, 0, 61000, &until_ms));

    pls_gates_free(&gates);
}


/* Ids past the table share rows and stay inside it. */

static void
test_many(void **state)
{
    int64_t      until_ms = INT64_MAX;
    pls_gates_t  gates = { NULL, 0, 0 };

    (void) state;

    assert_true(pls_gate_enter(&gates, PLS_GATES_MAX - 1, 0, 1, &until_ms));
    assert_true(gates.n == PLS_GATES_MAX);
    assert_true(pls_gate_enter(&gates, PLS_GATES_MAX, 0, 1, &until_ms));
    assert_true(pls_gate_enter(&gates, UINT32_MAX, 0, 1, &until_ms));
    assert_true(gates.n == PLS_GATES_MAX);
    assert_true(gates.rows[PLS_GATES_MAX - 1].out == 2);
    assert_true(gates.rows[0].out == 1);

    pls_gates_free(&gates);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_clock_back),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_many),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
