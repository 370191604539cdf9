/*
 * How many pages a transaction has dirtied: the estimate beside the truth.
 *
 * The truth: as long as an old reader pins every page, a page that is
 * dirtied gets a new number at the end of the file, so the file's growth
 * over a commit is what the transaction dirtied, and what the commit itself
 * added to the tree of free pages (8 bytes for each page that became free).
 */

#include "store.h"


#define ROWS  40000


static char         dir[TEMP_MAX];
static pl_store_t  *st;
static pl_txn_t    *pin;
static uint64_t     before;


static uint64_t
file_pages(void)
{
    pl_err_t          err;
    pl_store_room_t   room;

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);

    return room.file_bytes / 4096;
}


static int
setup(void **state)
{
    pl_err_t          err;
    pl_store_conf_t   conf;

    (void) state;
    temp_make(dir);
    conf = store_conf(dir);
    conf.read_age_ms = 600000;
    conf.write_age_ms = 600000;
    store_must(pl_store_open(&st, &conf, &err), &err);
    pin = store_begin(st, PL_ENV_STATE, false);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    pl_store_abort(pin);
    pl_store_close(st);
    temp_remove(dir);

    return 0;
}


static pl_txn_t *
start(void)
{
    before = file_pages();

    return store_begin(st, PL_ENV_STATE, true);
}


/* Commits and holds the estimate to be within low..high times the truth. */
static void
finish(const char *what, pl_txn_t *txn, double low, double high)
{
    double  estimate, truth;

    estimate = (double) pl_store_dirty(txn);
    store_commit(txn);
    truth = (double) (file_pages() - before);
    print_message("# %s: %.0f estimated, %.0f dirty\n", what, estimate,
                  truth);

    if (estimate < low * truth || estimate > high * truth) {
        fail_msg("%s: %.0f estimated, %.0f dirty", what, estimate, truth);
    }
}


static void
put_row(pl_txn_t *txn, pl_table_e table, uint64_t n, size_t len)
{
    static const uint8_t  value[20000];

    store_put(txn, table, n, (pl_str_t) { value, len });
}


/* Keys in random order: 2654435761 is odd, so that no two are the same. */
static uint64_t
scattered(uint64_t i)
{
    return (i * 2654435761u) % (1ull << 32);
}


static void
fill(void)
{
    uint64_t   i, j;
    pl_txn_t  *txn;

    for (i = 0; i < ROWS; i += 4000) {
        txn = store_begin(st, PL_ENV_STATE, true);
        for (j = i; j < i + 4000; j++) {
            put_row(txn, PL_TABLE_CONTACTS, scattered(j), 120);
        }
        store_commit(txn);
    }
}


static void
random_updates(void **state)
{
    uint64_t   i, seed;
    pl_txn_t  *txn;

    (void) state;
    fill();
    seed = 42;

    txn = start();
    for (i = 0; i < 30; i++) {
        put_row(txn, PL_TABLE_CONTACTS,
                scattered(store_random(&seed) % ROWS), 120);
    }
    finish("30 random updates", txn, 0.7, 3.0);

    txn = start();
    for (i = 0; i < 500; i++) {
        put_row(txn, PL_TABLE_CONTACTS,
                scattered(store_random(&seed) % ROWS), 120);
    }
    finish("500 random updates", txn, 0.7, 2.5);

    txn = start();
    for (i = 0; i < 20000; i++) {
        put_row(txn, PL_TABLE_CONTACTS,
                scattered(store_random(&seed) % ROWS), 120);
    }
    finish("20000 random updates", txn, 0.7, 2.0);
}


static void
random_inserts(void **state)
{
    uint64_t   i;
    pl_txn_t  *txn;

    (void) state;
    fill();

    txn = start();
    for (i = ROWS; i < ROWS + 2000; i++) {
        put_row(txn, PL_TABLE_CONTACTS, scattered(i), 120);
    }
    finish("2000 random inserts", txn, 0.7, 2.5);
}


static void
appends(void **state)
{
    int        i;
    pl_txn_t  *txn;

    (void) state;
    txn = start();
    for (i = 0; i < 20000; i++) {
        put_row(txn, PL_TABLE_MESSAGES, (uint64_t) i, 300);
    }
    finish("20000 appends", txn, 0.7, 2.0);

    txn = start();
    for (i = 0; i < 200; i++) {
        put_row(txn, PL_TABLE_MESSAGES, 20000 + (uint64_t) i, 300);
    }
    finish("200 appends", txn, 0.7, 3.0);
}


static void
large_values(void **state)
{
    int        i;
    pl_txn_t  *txn;

    (void) state;
    txn = start();
    for (i = 0; i < 1000; i++) {
        put_row(txn, PL_TABLE_QUARANTINE, (uint64_t) i, 9000);
    }
    finish("1000 values of 9000 bytes", txn, 0.7, 2.0);
}


static void
the_same_row_over_and_over(void **state)
{
    int        i;
    pl_txn_t  *txn;

    (void) state;
    txn = start();
    for (i = 0; i < 10000; i++) {
        put_row(txn, PL_TABLE_META, 1, 200);
    }
    assert_true(pl_store_dirty(txn) < 12);
    store_commit(txn);
}


static void
deletes(void **state)
{
    int         i;
    uint64_t    seed;
    uint8_t     buf[8];
    pl_err_t    err;
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    (void) state;
    fill();
    seed = 7;

    txn = start();
    for (i = 0; i < 500; i++) {
        (void) pl_store_del(txn, PL_TABLE_CONTACTS,
                            store_key(buf, scattered(store_random(&seed)
                                                     % ROWS)), NULL);
    }
    finish("500 random deletes", txn, 0.6, 3.0);

    /* in order: not a page for each row */
    txn = start();
    store_must(pl_store_scan(txn, PL_TABLE_CONTACTS, PL_STR_NULL, false,
                             &scan, &err), &err);
    for (i = 0; i < 5000; i++) {
        store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
        store_must(pl_store_scan_del(scan, &err), &err);
    }
    pl_store_scan_end(scan);
    assert_true(pl_store_dirty(txn) < 1000);
    store_commit(txn);
}


static void
a_reader_dirties_nothing(void **state)
{
    pl_txn_t  *txn;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_dirty(txn), 0);
    pl_store_abort(txn);

    txn = store_begin(st, PL_ENV_STATE, true);
    assert_int_equal(pl_store_dirty(txn), 0);
    pl_store_abort(txn);
}


/* The file is ahead of its pages after every commit, also large ones. */
static void
the_file_is_kept_ahead(void **state)
{
    int          i, j;
    char         path[PATH_MAX];
    pl_txn_t    *txn;
    struct stat  sb;

    (void) state;
    temp_path(path, dir, "state/data.mdb");

    for (i = 0; i < 12; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        for (j = 0; j < 500; j++) {
            put_row(txn, PL_TABLE_QUARANTINE, (uint64_t) (i * 500 + j),
                    20000);
        }
        store_commit(txn);

        assert_int_equal(stat(path, &sb), 0);
        assert_true((uint64_t) sb.st_size >= (file_pages() + 1000) * 4096);
        assert_true((uint64_t) sb.st_size <= MAP_SIZE);
    }
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(random_updates),
        TEST(random_inserts),
        TEST(appends),
        TEST(large_values),
        TEST(the_same_row_over_and_over),
        TEST(deletes),
        TEST(a_reader_dirties_nothing),
        TEST(the_file_is_kept_ahead),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_pages", tests, NULL, NULL);
}
