/*
 * Where values are sealed: a row of a queue goes with its contact's key, and
 * what leads to it does not.
 */

#include "later.h"

#define verdict       verdict_of_erase      /* both have one */
#define says          says_of_people
#define conversation  conversation_of_people
#include "erase.h"
#undef verdict


/* How often something is asked for, 10 at most. */

static unsigned
rounds(t_engine_t *t)
{
    unsigned  i, k, n;
    uint64_t  epoch, effects[64];

    epoch = t_sender(t, true, NULL);

    for (i = 0; i < 10; i++) {
        n = (unsigned) t_attempt(t, epoch, effects);
        if (n == 0) {
            break;
        }

        for (k = 0; k < n && t_rows(t, PL_TABLE_ATTEMPTS) != 0; k++) {
            t_result(t, effects[k], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
        }
    }

    return i;
}


static void
back(t_engine_t *t, const char *collapse)
{
    char  copy[256];

    sealing(t);
    (void) sends(t, "one", 0, 0, collapse);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);

    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", t->dir);
    t_ok(t, pl_store_copy(t->st, PL_ENV_STATE, copy, false, &t->err));
    (void) erase(t, LATER_PHONE, 0);
    (void) go_on(t, PL_ERASE_ROWS);
    t_pass(t, 1000);

    /* the whole backup is of before: its journal has no Erase either */

    restored(t);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    assert_true(rounds(t) < 10);        /* or it is asked for for ever */
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
}


static void
restored_plain(void **state)
{
    back(*state, NULL);
}


static void
restored_with_a_key(void **state)
{
    back(*state, "key-of-a-person");
}


static void
again(t_engine_t *t, const char *collapse)
{
    uint64_t         epoch, effects[64];
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__DeadRetry    retry = PL__DEAD_RETRY__INIT;

    sealing(t);
    epoch = t_sender(t, true, NULL);
    (void) sends(t, "one", 0, 0, collapse);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    (void) erase(t, LATER_PHONE, 0);

    retry.tenant = 1;
    retry.effect = effects[0];
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    (void) go_on(t, PL_ERASE_ROWS);     /* while its channel is held, say */
    (void) t_ctl_is(t, "check", 0);

    assert_true(rounds(t) < 10);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


static void
retried_plain(void **state)
{
    again(*state, NULL);
}


static void
retried_with_a_key(void **state)
{
    again(*state, "key-of-a-person");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(restored_plain, later_setup, t_end),
        cmocka_unit_test_setup_teardown(restored_with_a_key, later_setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(retried_plain, later_setup, t_end),
        cmocka_unit_test_setup_teardown(retried_with_a_key, later_setup,
                                        t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
