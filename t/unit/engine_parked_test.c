/*
 * The engine: what is parked where values are sealed keeps its key for as
 * long as it is parked; and what leads to nothing stops nobody.
 */

#include "sealed.h"

#define HOUR  (3600LL * 1000)


static void
tells(t_engine_t *t, const char *id, const char *word)
{
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    in.account = (char *) T_ACCOUNT;
    in.status = (char *) word;
    in.time_s = t->wall_ms / 1000;
    in.provider_id = (char *) id;
    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &in;
    (void) t_told(t, &command);
    t_fold(t);
}


static void
prune(t_engine_t *t)
{
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.rows = 100;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* What a limit on the journal's size does: its first n entries go. */

static void
cut(t_engine_t *t, int n)
{
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, PL_ENV_JOURNAL, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_ENTRIES, PL_STR_NULL, false, &scan,
                          &t->err));

    while (n-- > 0) {
        t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
        t_ok(t, pl_store_scan_del(scan, &t->err));
    }

    pl_store_scan_end(scan);
    t_ok(t, pl_store_commit(txn, &t->err));
}


static unsigned
periods(t_engine_t *t)
{
    pl_store_seal_t  seal;

    t_ok(t, pl_store_tidy(t->st, &t->err));
    pl_store_seal(t->st, &seal);

    return seal.periods;
}


/* The row that can be read, of which there is one. */

static Pl__ParkedStatus *
parked(t_engine_t *t)
{
    Pl__ParkedStatus  *row;

    assert_int_equal(t_rows(t, PL_TABLE_PARKED), 1);
    assert_int_equal(t_rows(t, PL_TABLE_PROVIDER_IDS), 1);

    row = (Pl__ParkedStatus *) t_row(t, PL_TABLE_PARKED, 0,
                                     &pl__parked_status__descriptor);
    assert_non_null(row);

    return row;
}


static int
setup(void **state)
{
    t_engine_t  *t = calloc(1, sizeof(t_engine_t));

    assert_non_null(t);
    t_open(t);
    sealing(t);
    t_configure(t);
    *state = t;

    return 0;
}


/* The first row is put again, under a newer key than the one behind it. */

static void
a_key_stays_as_long_as_a_row_needs_it(void **state)
{
    t_engine_t  *t = *state;

    tells(t, "wamid.A", "sent");
    t_pass(t, 1000);
    tells(t, "wamid.B", "sent");

    t_ok(t, pl_store_period_end(t->st, &t->err));
    t_pass(t, 3 * HOUR);
    tells(t, "wamid.A", "read");
    cut(t, 3);
    assert_int_equal(periods(t), 2);

    tells(t, "wamid.B", "read");        /* now nothing needs the first key */
    assert_int_equal(t_rows(t, PL_TABLE_PARKED), 2);
    assert_int_equal(t_counted(t, "statuses", "parked"), 4);
    assert_int_equal(periods(t), 1);

    t_pass(t, 24 * HOUR);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_PARKED), 0);
    assert_int_equal(t_rows(t, PL_TABLE_PROVIDER_IDS), 0);
    assert_int_equal(t_counted(t, "statuses", "dropped"), 4);
}


/* As in a store that was brought back, whose keys went on meanwhile. */

static void
a_row_without_its_key_is_none(void **state)
{
    t_engine_t  *t = *state;

    tells(t, "wamid.OUT", "sent");
    t_ok(t, pl_store_period_end(t->st, &t->err));
    t_ok(t, pl_slots_forget_periods(t->st->slots, 2, &t->err));

    tells(t, "wamid.OUT", "read");
    assert_int_equal(parked(t)->n_statuses, 1);
    assert_string_equal(parked(t)->statuses[0]->status, "read");
}


/* Takes one row away: what is left leads to nothing. */

static void
lose(t_engine_t *t)
{
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_PARKED, PL_STR_NULL, false, &scan,
                          &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    t_ok(t, pl_store_scan_del(scan, &t->err));
    pl_store_scan_end(scan);
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
an_index_without_its_row_is_none(void **state)
{
    t_engine_t  *t = *state;

    tells(t, "wamid.OUT", "sent");
    lose(t);
    t_pass(t, 1000);
    tells(t, "wamid.OUT", "sent");
    assert_int_equal(parked(t)->n_statuses, 1);
}


/* The answer to our own send goes by the same index. */

static void
an_answer_finds_nothing_under_its_id(void **state)
{
    uint64_t     epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_text(t, "34600000001", "wamid.IN", t->wall_ms / 1000, "Hello");
    t_fold(t);
    assert_int_equal(t_attempt(t, epoch, effects), 1);

    tells(t, "wamid.OUT", "sent");
    lose(t);
    tells(t, "wamid.OTHER", "sent");
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    assert_int_equal(t_message(t, 1)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED);
    assert_int_equal(parked(t)->n_statuses, 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_key_stays_as_long_as_a_row_needs_it, setup, t_end),
        cmocka_unit_test_setup_teardown(a_row_without_its_key_is_none, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(an_index_without_its_row_is_none,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(an_answer_finds_nothing_under_its_id,
                                        setup, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
