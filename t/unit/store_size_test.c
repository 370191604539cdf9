/* Processes that use maps of different sizes. */

#include "store.h"


static char  dir[TEMP_MAX];


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


/* With a larger map, into which it writes past the end of ours. */
static int
write_far(void *data)
{
    int               i;
    uint8_t          *big, buf[8];
    pl_txn_t         *txn;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) data;
    conf = store_conf(dir);
    conf.size = 64 << 20;
    big = calloc(1, 1 << 20);

    if (big == NULL || pl_store_open(&st, &conf, NULL) != PL_OK
        || pl_store_begin(st, PL_ENV_STATE, true, &txn, NULL) != PL_OK)
    {
        return 1;
    }

    for (i = 0; i < 8; i++) {
        if (pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, (uint64_t) i),
                         (pl_str_t) { big, 1 << 20 }, NULL) != PL_OK)
        {
            return 2;
        }
    }

    return pl_store_commit(txn, NULL) == PL_OK ? 0 : 3;
}


static void
another_process_may_choose_a_larger_map(void **state)
{
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_store_t       *st;
    pl_store_conf_t   conf;
    pl_store_room_t   room;

    (void) state;
    conf = store_conf(dir);
    conf.size = 4 << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 0);
    assert_int_equal(temp_child(write_far, NULL), 0);

    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, false, &txn, &err),
                     PL_BROKEN);
    assert_non_null(strstr(err.text, "larger map"));
    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, true, &txn, &err),
                     PL_BROKEN);

    store_must(pl_store_reopen(st, &err), &err);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 8);
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.map_bytes, 64 << 20);

    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 9, PL_STR("v"));
    store_commit(txn);
    pl_store_close(st);
}


/* With a larger map, of which it uses next to nothing; the journal's. */
static int
write_near(void *data)
{
    pl_txn_t         *txn;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) data;
    conf = store_conf(dir);
    conf.size = 64 << 20;

    if (pl_store_open(&st, &conf, NULL) != PL_OK
        || pl_store_begin(st, PL_ENV_JOURNAL, true, &txn, NULL) != PL_OK
        || pl_store_put(txn, PL_TABLE_ENTRIES, PL_STR("key"), PL_STR("v"),
                        NULL) != PL_OK)
    {
        return 1;
    }

    return pl_store_commit(txn, NULL) == PL_OK ? 0 : 2;
}


/* Rows of 100 KiB until no more fit; what the last one failed with. */
static pl_status_t
fill_up(pl_store_t *st, uint64_t *n, pl_err_t *err)
{
    uint8_t       buf[8];
    pl_txn_t     *txn;
    pl_status_t   status;
    static const uint8_t  big[100 << 10];

    for (status = PL_OK; status == PL_OK; (*n)++) {
        assert_true(*n < 10000);
        txn = store_begin(st, PL_ENV_STATE, true);
        status = pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, *n),
                              (pl_str_t) { big, sizeof(big) }, err);
        if (status == PL_OK) {
            status = pl_store_commit(txn, err);

        } else {
            pl_store_abort(txn);
        }
    }

    return status;
}


static void
a_full_map_that_has_grown_elsewhere_is_not_full(void **state)
{
    uint64_t          n, before;
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;
    pl_store_room_t   room;

    (void) state;
    conf = store_conf(dir);
    conf.size = 8 << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);

    n = 0;
    assert_int_equal(fill_up(st, &n, &err), PL_FULL);
    assert_int_equal(temp_child(write_near, NULL), 0);
    assert_int_equal(fill_up(st, &n, &err), PL_BROKEN);
    assert_non_null(strstr(err.text, "larger map"));

    store_must(pl_store_reopen(st, &err), &err);
    before = n;
    assert_int_equal(fill_up(st, &n, &err), PL_FULL);
    assert_true(n > before + 100);

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.map_bytes, 64 << 20);
    pl_store_close(st);

    /* who is told no size takes the larger one, who is told one keeps it */
    conf.size = 0;
    store_must(pl_store_open(&st, &conf, &err), &err);
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.map_bytes, 64 << 20);
    pl_store_close(st);
}


static void
a_map_that_was_larger_once_may_be_smaller(void **state)
{
    uint64_t          n;
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    pl_store_close(store_open(dir));
    assert_int_equal(temp_child(write_near, NULL), 0);

    conf = store_conf(dir);
    conf.size = 8 << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);

    n = 0;
    assert_int_equal(fill_up(st, &n, &err), PL_FULL);
    pl_store_close(st);
}


/* What makes room needs some: a delete copies the pages above its row. */
static void
a_map_smaller_than_what_is_in_it_has_room_to_work(void **state)
{
    int               i;
    uint8_t           buf[8];
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    pl_store_close(store_open(dir));
    assert_int_equal(temp_child(write_far, NULL), 0);

    conf = store_conf(dir);
    conf.size = 4 << 20;
    store_must(pl_store_open(&st, &conf, &err), &err);

    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 0; i < 8; i++) {
        store_must(pl_store_del(txn, PL_TABLE_DEAD,
                                store_key(buf, (uint64_t) i), &err), &err);
    }
    store_commit(txn);
    pl_store_close(st);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(another_process_may_choose_a_larger_map),
        TEST(a_full_map_that_has_grown_elsewhere_is_not_full),
        TEST(a_map_that_was_larger_once_may_be_smaller),
        TEST(a_map_smaller_than_what_is_in_it_has_room_to_work),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_size", tests, NULL, NULL);
}
