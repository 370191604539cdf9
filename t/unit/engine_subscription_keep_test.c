/*
 * What retention may drop of `changes` while subscriptions wait for it.
 */

#include "subscription.h"


static void
prune(t_engine_t *t)
{
    Pl__Prune     in = PL__PRUNE__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    told(t, &command);
}


/* What an active one waits for stays twice as long; then it is told. */

static void
retention_waits_and_then_tells(void **state)
{
    bool               old;
    uint64_t           n, last;
    Pl__Keep           keep = PL__KEEP__INIT;
    pl_txn_t          *txn;
    t_engine_t        *t = t_new();
    Pl__Subscription  *sub;

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    n = t_rows(t, PL_TABLE_CHANGES);
    last = change(t, 1000);
    assert_true(n >= 3);

    set(t, 0, URL, 0);
    arrived(t, change(t, 0), 1);

    /* the first has been seen, and may go; the rest may not */
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), n - 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);

    txn = t_read(t);
    t_ok(t, pl_retain_old(txn, pl_fold_settings(t->fold) == NULL ? NULL
                          : pl_settings_global(pl_fold_settings(t->fold)),
                          t->wall_ms, &old, &t->err));
    pl_store_abort(txn);
    assert_false(old);                  /* no Prune is worth its entry */

    t_pass(t, DAY);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
    sub = row(t, 0);
    assert_int_equal(sub->cursor, last);
    assert_int_equal(sub->missed, n - 1);
    assert_int_equal(sub->undelivered, 1);
    assert_int_equal(letter(t, 0)->missed, n - 1);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(MISSED));
    assert_int_equal(t_counted(t, "subscriptions", "missed"), 1);
}


static void
a_paused_one_keeps_nothing(void **state)
{
    Pl__Keep     keep = PL__KEEP__INIT;
    t_engine_t  *t = t_new();

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    set(t, 0, URL, 0);
    hold(t, false);
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
    assert_true(row(t, 0)->missed >= 3);
    assert_int_equal(row(t, 0)->undelivered, 1);
}


/* However many Prunes pass it, what is missed at a stretch is one row. */

static void
what_is_missed_at_a_stretch_is_one_row(void **state)
{
    unsigned     i;
    uint64_t     n, from, last;
    Pl__Keep     keep = PL__KEEP__INIT;
    t_engine_t  *t = t_new();

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    set(t, 0, URL, 0);
    hold(t, false);

    n = 0;
    from = change(t, 0);
    last = 0;

    for (i = 0; i < 5; i++) {
        n += t_rows(t, PL_TABLE_CHANGES);
        last = change(t, 1000);
        t_pass(t, DAY + 1000);
        prune(t);
        assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
        assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 1);
        assert_int_equal(row(t, 0)->undelivered, 1);
        assert_int_equal(row(t, 0)->cursor, last);
        assert_int_equal(row(t, 0)->missed, n);
        assert_int_equal(letter(t, 0)->missed, n);
        assert_int_equal(letter(t, 0)->from, from);
        assert_int_equal(t_counted(t, "subscriptions", "missed"), 1);
        messages(t, i == 0 ? "a" : i == 1 ? "b" : i == 2 ? "c" : "d", 2);
    }

    /* something was delivered: what is missed then is another row */

    hold(t, true);
    from = change(t, 1);
    n = t_rows(t, PL_TABLE_CHANGES) - 1;
    arrived(t, change(t, 0), 1);
    hold(t, false);
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(row(t, 0)->undelivered, 2);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 2);
    assert_int_equal(letter(t, 1)->from, from);
    assert_int_equal(letter(t, 1)->missed, n);
    assert_int_equal(t_counted(t, "subscriptions", "missed"), 2);
}


/* A rejected event that is to be had still is worth more than the note. */

static void
what_is_missed_takes_no_letter(void **state)
{
    uint64_t     n;
    Pl__Keep     keep = PL__KEEP__INIT;
    t_engine_t  *t = t_new();

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    n = t_rows(t, PL_TABLE_CHANGES);
    set(t, 0, URL, 0);
    skipped(t, change(t, 1000));
    replay(t, false, 0);
    hold(t, false);
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(row(t, 0)->missed, n);
    assert_int_equal(row(t, 0)->undelivered, 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 1);
    assert_non_null(letter(t, 0)->change);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(retention_waits_and_then_tells, t_end),
        cmocka_unit_test_teardown(a_paused_one_keeps_nothing, t_end),
        cmocka_unit_test_teardown(what_is_missed_at_a_stretch_is_one_row,
                                  t_end),
        cmocka_unit_test_teardown(what_is_missed_takes_no_letter, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
