/*
 * Where values are sealed, rows of queues that hold words are too: keys under
 * which messages replace each other.
 */

#include "ctl.h"
#include "later.h"
#include "sealed.h"

#define FILE_OF  "state/data.mdb"


/* In the queue, on the wire, unknown and dead: nowhere in plain. */

static void
keys_that_replace_are_sealed(void **state)
{
    uint64_t      first, second, epoch, effects[64];
    t_engine_t   *t = *state;

    sealing(t);
    epoch = t_sender(t, true, NULL);

    first = sends(t, "one", 0, 0, "key-of-a-person");
    second = sends(t, "two", 0, 0, "key-of-a-person");
    assert_int_not_equal(first, second);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 1);
    (void) t_ctl_is(t, "check", 0);
    (void) t_ctl_is(t, pl_arena_printf(t->ar, "replay %s/again", t->dir), 0);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);
    (void) t_ctl_is(t, "check", 0);

    t_result_of(t, effects[0], epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0, false);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), 1);
    (void) sends(t, "three", 0, 0, "key-of-a-person");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result_of(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0,
                false);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);

    assert_int_equal(grep(t, FILE_OF, "key-of-a-person"), 0);
    (void) t_ctl_is(t, "check", 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(keys_that_replace_are_sealed,
                                        later_setup, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
