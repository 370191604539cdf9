/*
 * How full a store is, against marks; what commits took; who reads.
 */

#include "store.h"


static char  dir[TEMP_MAX];

static const pl_marks_t  marks = { { 70, 85, 95 } };


static int
setup(void **state)
{
    (void) state;
    temp_make(dir);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    temp_remove(dir);

    return 0;
}


static void
a_mark_ends_below_where_it_began(void **state)
{
    size_t  i;

    static const struct {
        uint32_t   percent;
        pl_mark_e  was;
        pl_mark_e  is;
    } rows[] = {
        { 0, PL_MARK_NONE, PL_MARK_NONE },
        { 69, PL_MARK_NONE, PL_MARK_NONE },
        { 70, PL_MARK_NONE, PL_MARK_WARN },
        { 67, PL_MARK_WARN, PL_MARK_WARN },
        { 66, PL_MARK_WARN, PL_MARK_NONE },
        { 84, PL_MARK_WARN, PL_MARK_WARN },
        { 85, PL_MARK_WARN, PL_MARK_HOLD },
        { 82, PL_MARK_HOLD, PL_MARK_HOLD },
        { 81, PL_MARK_HOLD, PL_MARK_WARN },
        { 95, PL_MARK_NONE, PL_MARK_REFUSE },
        { 92, PL_MARK_REFUSE, PL_MARK_REFUSE },
        { 91, PL_MARK_REFUSE, PL_MARK_HOLD },
        { 60, PL_MARK_REFUSE, PL_MARK_NONE },
        { 100, PL_MARK_HOLD, PL_MARK_REFUSE },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_marks_passed(&marks, rows[i].percent,
                                         rows[i].was), rows[i].is);
    }
}


/* Rows of 10 KB each until the map takes no more. */
static uint64_t
fill(pl_store_t *st, uint64_t from)
{
    uint8_t       buf[8], value[10000];
    uint64_t      n;
    pl_txn_t     *txn;
    pl_status_t   rc;

    memset(value, 'v', sizeof(value));

    for (n = from, rc = PL_OK; rc == PL_OK; n++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        rc = pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, n),
                          (pl_str_t) { value, sizeof(value) }, NULL);
        if (rc == PL_OK) {
            rc = pl_store_commit(txn, NULL);
        } else {
            pl_store_abort(txn);
        }
    }

    assert_int_equal(rc, PL_FULL);

    return n - 1;
}


static void
a_map_that_takes_no_more_is_full(void **state)
{
    uint64_t          n, rows;
    uint8_t           buf[8];
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_fill_t         is;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    conf = store_conf(dir);
    conf.size = 16u << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);

    memset(&is, 0, sizeof(is));
    store_must(pl_store_fill(st, &marks, &is, &err), &err);
    assert_true(is.percent < 10);
    assert_int_equal(is.mark, PL_MARK_NONE);

    rows = fill(st, 0);
    store_must(pl_store_fill(st, &marks, &is, &err), &err);
    assert_true(is.percent >= 95);
    assert_int_equal(is.env, PL_ENV_STATE);
    assert_false(is.disk);
    assert_int_equal(is.mark, PL_MARK_REFUSE);

    /* free pages inside the file are room */
    for (n = 0; n < rows / 2; n++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, n), &err),
                   &err);
        store_commit(txn);
    }

    store_must(pl_store_fill(st, &marks, &is, &err), &err);
    assert_in_range(is.percent, 40, 60);
    assert_int_equal(is.mark, PL_MARK_NONE);
    pl_store_close(st);
}


/* Free pages that a reader may still see cannot be used: they are no room. */

static void
what_a_reader_pins_is_no_room(void **state)
{
    uint64_t          n;
    uint8_t           buf[8];
    pl_err_t          err;
    pl_txn_t         *txn, *reader;
    pl_fill_t         is;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    conf = store_conf(dir);
    conf.size = 16u << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);
    (void) fill(st, 0);

    /* half of it goes, and comes again while somebody reads */
    for (n = 0; n < 600; n++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, n), &err),
                   &err);
        store_commit(txn);
    }

    reader = store_begin(st, PL_ENV_STATE, false);
    txn = store_begin(st, PL_ENV_STATE, true);

    for (n = 600; n < 900; n++) {
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, n), &err),
                   &err);
    }

    store_commit(txn);
    (void) fill(st, 2000);

    memset(&is, 0, sizeof(is));
    store_must(pl_store_fill(st, &marks, &is, &err), &err);
    assert_true(is.percent >= 95);
    assert_int_equal(is.mark, PL_MARK_REFUSE);

    pl_store_abort(reader);
    store_must(pl_store_fill(st, &marks, &is, &err), &err);
    assert_true(is.percent < 85);
    assert_true(fill(st, 4000) - 4000 > 200);
    pl_store_close(st);
}


static void
commits_are_counted_by_their_time(void **state)
{
    int            i;
    uint64_t       n;
    pl_txn_t      *txn;
    pl_store_t    *st;
    pl_commits_t   commits;

    (void) state;
    st = store_open(dir);

    for (i = 0; i < 5; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, (uint64_t) i, PL_STR("v"));
        store_commit(txn);
    }

    store_commit(store_begin(st, PL_ENV_STATE, true));  /* of nothing */
    pl_store_commits(st, PL_ENV_STATE, &commits);

    for (i = 0, n = 0; i <= PL_COMMIT_BOUNDS; i++) {
        n += commits.n[i];
    }

    assert_int_equal(n, 5);
    assert_true(commits.us > 0);

    pl_store_commits(st, PL_ENV_JOURNAL, &commits);
    assert_int_equal(commits.us, 0);
    pl_store_close(st);
}


static void
the_oldest_reader_is_seen(void **state)
{
    int            i;
    uint64_t       oldest;
    pl_err_t       err;
    pl_txn_t      *reader, *txn;
    pl_store_t    *st;
    pl_readers_t   readers;

    (void) state;
    st = store_open(dir);
    store_must(pl_store_readers(st, PL_ENV_STATE, &readers, &err), &err);
    assert_int_equal(readers.readers, 0);
    assert_int_equal(readers.behind, 0);

    reader = store_begin(st, PL_ENV_STATE, false);
    store_must(pl_store_readers(st, PL_ENV_STATE, &readers, &err), &err);
    assert_int_equal(readers.readers, 1);
    oldest = readers.oldest;

    for (i = 0; i < 3; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, (uint64_t) i, PL_STR("v"));
        store_commit(txn);
    }

    store_must(pl_store_readers(st, PL_ENV_STATE, &readers, &err), &err);
    assert_int_equal(readers.behind, 3);
    assert_int_equal(readers.oldest, oldest);

    pl_store_abort(reader);
    store_must(pl_store_readers(st, PL_ENV_STATE, &readers, &err), &err);
    assert_int_equal(readers.behind, 0);
    pl_store_close(st);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_mark_ends_below_where_it_began),
        cmocka_unit_test_setup_teardown(a_map_that_takes_no_more_is_full,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_reader_pins_is_no_room,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(commits_are_counted_by_their_time,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(the_oldest_reader_is_seen, setup,
                                        teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
