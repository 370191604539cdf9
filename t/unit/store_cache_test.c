/*
 * The rows that a writer keeps (store_cache.c): whatever came before, a get
 * gives what the tree has.
 */

#include "store.h"


#define KEYS    60
#define STEPS   60000
#define LEN     700


static char         dir[TEMP_MAX];
static pl_store_t  *st;

static const pl_table_e  tables[] = { PL_TABLE_CONTACTS, PL_TABLE_ADDRESSES,
                                      PL_TABLE_DEDUPE };


static int
setup(void **state)
{
    (void) state;
    temp_make(dir);
    st = store_open(dir);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    pl_store_close(st);
    temp_remove(dir);

    return 0;
}


/* The value under n, as a number; 0: there is none. */
static uint64_t
read_one(pl_txn_t *txn, pl_table_e table, uint64_t n)
{
    uint8_t      buf[8];
    pl_err_t     err;
    pl_str_t     value;
    pl_status_t  rc;

    rc = pl_store_get(txn, table, store_key(buf, n), &value, &err);
    if (rc == PL_NOTFOUND) {
        return 0;
    }

    store_must(rc, &err);
    assert_true(value.len >= 8);

    return pl_be64(value.data);
}


static void
write_one(pl_txn_t *txn, pl_table_e table, uint64_t n, uint64_t number,
    size_t len)
{
    uint8_t  value[LEN] = { 0 };

    pl_be64_put(value, number);
    store_put(txn, table, n, (pl_str_t) { value, len });
}


static void
delete_one(pl_txn_t *txn, pl_table_e table, uint64_t n)
{
    uint8_t      buf[8];
    pl_err_t     err;
    pl_status_t  rc;

    rc = pl_store_del(txn, table, store_key(buf, n), &err);
    if (rc != PL_NOTFOUND) {
        store_must(rc, &err);
    }
}


/* Deletes the first row at or after n; its number, or KEYS for none. */
static uint64_t
delete_next(pl_txn_t *txn, pl_table_e table, uint64_t n)
{
    uint8_t      buf[8];
    uint64_t     found;
    pl_err_t     err;
    pl_str_t     key, value;
    pl_scan_t   *scan;
    pl_status_t  rc;

    store_must(pl_store_scan(txn, table, store_key(buf, n), false, &scan,
                             &err), &err);
    rc = pl_store_scan_next(scan, &key, &value, &err);
    found = KEYS;

    if (rc == PL_OK) {
        found = pl_be64(key.data);
        store_must(pl_store_scan_del(scan, &err), &err);
    }

    pl_store_scan_end(scan);

    return found;
}


static int
writes_elsewhere(void *data)
{
    pl_txn_t    *txn;
    pl_store_t  *other;
    uint64_t    *what;

    what = data;
    other = store_open(dir);
    txn = store_begin(other, PL_ENV_STATE, true);
    write_one(txn, PL_TABLE_CONTACTS, what[0], what[1], 8);
    store_commit(txn);
    pl_store_close(other);

    return 0;
}


/* A model of two generations: what is committed, and what is to be. */
static void
any_order_of_calls_reads_what_was_written(void **state)
{
    size_t           t;
    uint64_t         n, seed, step, found;
    pl_txn_t        *txn;
    static uint64_t  was[PL_COUNT(tables)][KEYS + 1];
    static uint64_t  is[PL_COUNT(tables)][KEYS + 1];

    (void) state;
    seed = 20261126;
    memset(was, 0, sizeof(was));
    memset(is, 0, sizeof(is));
    txn = store_begin(st, PL_ENV_STATE, true);

    for (step = 1; step <= STEPS; step++) {
        t = store_random(&seed) % PL_COUNT(tables);
        n = store_random(&seed) % KEYS;

        switch (store_random(&seed) % 16) {

        case 0:
        case 1:
            write_one(txn, tables[t], n, step, 8 + step % (LEN - 8));
            is[t][n] = step;
            break;

        case 2:
            delete_one(txn, tables[t], n);
            is[t][n] = 0;
            break;

        case 3:
            found = delete_next(txn, tables[t], n);
            is[t][found] = 0;
            break;

        case 4:
            if (step % 4 != 0) {
                store_commit(txn);
                memcpy(was, is, sizeof(was));

            } else {
                pl_store_abort(txn);
                memcpy(is, was, sizeof(is));
            }

            txn = store_begin(st, PL_ENV_STATE, true);
            break;

        default:
            assert_int_equal(read_one(txn, tables[t], n), is[t][n]);
        }
    }

    pl_store_abort(txn);
}


static void
what_another_process_wrote_is_seen(void **state)
{
    uint64_t   what[2], i;
    pl_txn_t  *txn;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    write_one(txn, PL_TABLE_CONTACTS, 1, 1, 8);
    store_commit(txn);

    for (i = 2; i < 6; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), i - 1);

        if (i % 2 != 0) {
            write_one(txn, PL_TABLE_DEDUPE, i, i, 8);
            store_commit(txn);

        } else {
            pl_store_abort(txn);
        }

        what[0] = 1;
        what[1] = i;
        assert_int_equal(temp_child(writes_elsewhere, what), 0);
    }

    txn = store_begin(st, PL_ENV_STATE, true);
    assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), 5);
    pl_store_abort(txn);
}


/* A commit of nothing is none to LMDB: it takes no number. */
static void
what_another_wrote_after_a_commit_of_nothing_is_seen(void **state)
{
    uint64_t   what[2] = { 1, 2 };
    pl_txn_t  *txn;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    write_one(txn, PL_TABLE_CONTACTS, 1, 1, 8);
    store_commit(txn);

    txn = store_begin(st, PL_ENV_STATE, true);
    assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), 1);
    delete_one(txn, PL_TABLE_CONTACTS, 2);
    store_commit(txn);

    assert_int_equal(temp_child(writes_elsewhere, what), 0);

    txn = store_begin(st, PL_ENV_STATE, true);
    assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), 2);
    pl_store_abort(txn);
}


static void
a_store_that_is_opened_again_forgets(void **state)
{
    pl_err_t   err;
    uint64_t   what[2] = { 1, 77 };
    pl_txn_t  *txn;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    write_one(txn, PL_TABLE_CONTACTS, 1, 9, 8);
    assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), 9);
    store_commit(txn);

    assert_int_equal(temp_child(writes_elsewhere, what), 0);
    store_must(pl_store_reopen(st, &err), &err);

    txn = store_begin(st, PL_ENV_STATE, true);
    assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, 1), 77);
    pl_store_abort(txn);
}


/* More rows than the ring holds, read in two orders, over and over. */
static void
what_was_overwritten_is_read_from_the_tree(void **state)
{
    uint64_t              i, n, seed;
    pl_txn_t             *txn;
    static const uint64_t  rows = 70000;

    (void) state;
    seed = 4711;
    txn = store_begin(st, PL_ENV_STATE, true);

    for (i = 0; i < rows; i++) {
        write_one(txn, PL_TABLE_CONTACTS, i, i + 1, LEN);
    }

    for (i = 0; i < 4 * rows; i++) {
        n = i < 2 * rows ? i % rows : store_random(&seed) % rows;
        assert_int_equal(read_one(txn, PL_TABLE_CONTACTS, n), n + 1);
    }

    pl_store_abort(txn);
}


/* Where a row is read from: its place in the map, or beside it. */
static const uint8_t *
place_of(pl_txn_t *txn, uint64_t n)
{
    uint8_t   buf[8];
    pl_err_t  err;
    pl_str_t  value;

    store_must(pl_store_get(txn, PL_TABLE_CONTACTS, store_key(buf, n), &value,
                            &err), &err);

    return value.data;
}


/* What is read in passing stays in the map; what was kept is still found. */
static void
what_is_read_in_passing_is_not_kept(void **state)
{
    pl_txn_t       *txn;
    const uint8_t  *map, *beside;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    write_one(txn, PL_TABLE_CONTACTS, 1, 1, LEN);

    pl_store_passing(txn, true);
    map = place_of(txn, 1);
    assert_ptr_equal(place_of(txn, 1), map);

    pl_store_passing(txn, false);
    assert_ptr_equal(place_of(txn, 1), map);    /* and now it is kept */
    beside = place_of(txn, 1);
    assert_ptr_not_equal(beside, map);

    pl_store_passing(txn, true);
    assert_ptr_equal(place_of(txn, 1), beside);

    pl_store_abort(txn);

    txn = store_begin(st, PL_ENV_STATE, true);  /* it ends with its writer */
    write_one(txn, PL_TABLE_CONTACTS, 1, 1, LEN);
    map = place_of(txn, 1);
    assert_ptr_not_equal(place_of(txn, 1), map);
    pl_store_abort(txn);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(any_order_of_calls_reads_what_was_written),
        TEST(what_another_process_wrote_is_seen),
        TEST(what_another_wrote_after_a_commit_of_nothing_is_seen),
        TEST(a_store_that_is_opened_again_forgets),
        TEST(what_was_overwritten_is_read_from_the_tree),
        TEST(what_is_read_in_passing_is_not_kept),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_cache", tests, NULL, NULL);
}
