/* Transactions, get, put, delete and scans on a real store. */

#include "store.h"


static char         dir[TEMP_MAX];
static pl_store_t  *st;


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


static void
rows_are_there_after_commit_and_only_then(void **state)
{
    pl_str_t    value;
    pl_txn_t   *txn, *reader;
    pl_err_t    err;
    uint64_t    seen;

    (void) state;
    seen = pl_store_seen(st, PL_ENV_STATE);

    txn = store_begin(st, PL_ENV_STATE, true);
    store_must(pl_store_put(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                            PL_STR("v"), &err), &err);

    reader = store_begin(st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_get(reader, PL_TABLE_CONTACTS, PL_STR("k"),
                                  &value, &err), PL_NOTFOUND);
    assert_int_equal(value.len, 0);
    pl_store_abort(reader);

    /* its own transaction sees it */
    store_must(pl_store_get(txn, PL_TABLE_CONTACTS, PL_STR("k"), &value,
                            &err), &err);
    assert_true(pl_str_eq(value, PL_STR("v")));
    pl_store_abort(txn);

    assert_int_equal(store_rows(st, PL_TABLE_CONTACTS), 0);
    assert_int_equal(pl_store_seen(st, PL_ENV_STATE), seen);

    txn = store_begin(st, PL_ENV_STATE, true);
    store_must(pl_store_put(txn, PL_TABLE_CONTACTS, PL_STR("k"),
                            PL_STR("v"), &err), &err);
    store_commit(txn);
    assert_int_equal(store_rows(st, PL_TABLE_CONTACTS), 1);
    assert_true(pl_store_seen(st, PL_ENV_STATE) > seen);
    assert_true(strcmp(pl_store_dir(st), dir) == 0);
}


static void
a_reader_keeps_what_it_saw(void **state)
{
    int        i;
    pl_str_t   value;
    pl_txn_t  *txn, *reader;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_CONTACTS, 1, PL_STR("old"));
    store_commit(txn);

    reader = store_begin(st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_get(reader, PL_TABLE_CONTACTS,
                                  PL_STR("\0\0\0\0\0\0\0\1"), &value, NULL),
                     PL_OK);

    for (i = 0; i < 20; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_CONTACTS, 1, PL_STR("new"));
        store_commit(txn);
    }

    assert_true(pl_str_eq(value, PL_STR("old")));
    pl_store_abort(reader);
}


static void
puts_replace_and_deletes_tell(void **state)
{
    pl_str_t   value;
    pl_txn_t  *txn;
    uint8_t   *space;
    pl_err_t   err;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    store_must(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"), PL_STR("long"),
                            &err), &err);
    store_must(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"), PL_STR("s"),
                            &err), &err);
    store_must(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value, &err),
               &err);
    assert_true(pl_str_eq(value, PL_STR("s")));

    store_must(pl_store_reserve(txn, PL_TABLE_DEAD, PL_STR("r"), 3, false,
                                &space, &err), &err);
    memcpy(space, "abc", 3);
    store_must(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("r"), &value, &err),
               &err);
    assert_true(pl_str_eq(value, PL_STR("abc")));

    store_must(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("e"), PL_STR_NULL,
                            &err), &err);
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("e"), &value,
                                  &err), PL_OK);
    assert_int_equal(value.len, 0);

    store_must(pl_store_del(txn, PL_TABLE_DEAD, PL_STR("k"), &err), &err);
    assert_int_equal(pl_store_del(txn, PL_TABLE_DEAD, PL_STR("k"), &err),
                     PL_NOTFOUND);
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value,
                                  &err), PL_NOTFOUND);
    store_commit(txn);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 2);
}


static void
large_values_come_back(void **state)
{
    size_t     i;
    uint8_t   *big, buf[8];
    pl_str_t   value;
    pl_txn_t  *txn;

    (void) state;
    big = malloc(PL_BODY_MAX);
    assert_non_null(big);
    for (i = 0; i < PL_BODY_MAX; i++) {
        big[i] = (uint8_t) (i * 7);
    }

    txn = store_begin(st, PL_ENV_JOURNAL, true);
    store_put(txn, PL_TABLE_ENTRIES, 1, (pl_str_t) { big, PL_BODY_MAX });
    store_put(txn, PL_TABLE_ENTRIES, 2, PL_STR("small"));
    store_commit(txn);

    txn = store_begin(st, PL_ENV_JOURNAL, false);
    assert_int_equal(pl_store_get(txn, PL_TABLE_ENTRIES, store_key(buf, 1),
                                  &value, NULL), PL_OK);
    assert_true(pl_str_eq(value, (pl_str_t) { big, PL_BODY_MAX }));
    pl_store_abort(txn);
    free(big);
}


static void
keys_have_limits(void **state)
{
    uint8_t    key[PL_KEY_MAX + 1];
    uint8_t   *space;
    pl_str_t   value, longest, longer;
    pl_txn_t  *txn;
    pl_err_t   err;

    (void) state;
    memset(key, 'k', sizeof(key));
    longest = (pl_str_t) { key, PL_KEY_MAX };
    longer = (pl_str_t) { key, PL_KEY_MAX + 1 };

    txn = store_begin(st, PL_ENV_STATE, true);
    store_must(pl_store_put(txn, PL_TABLE_AUDIT, longest, PL_STR("v"), &err),
               &err);
    store_must(pl_store_get(txn, PL_TABLE_AUDIT, longest, &value, &err),
               &err);

    assert_int_equal(pl_store_put(txn, PL_TABLE_AUDIT, longer, PL_STR("v"),
                                  &err), PL_TOOBIG);
    assert_string_equal(err.path, "audit");
    assert_int_equal(pl_store_reserve(txn, PL_TABLE_AUDIT, longer, 1, true,
                                      &space, &err), PL_TOOBIG);
    assert_null(space);
    assert_int_equal(pl_store_del(txn, PL_TABLE_AUDIT, longer, &err),
                     PL_TOOBIG);
    assert_int_equal(pl_store_put(txn, PL_TABLE_AUDIT, PL_STR_NULL,
                                  PL_STR("v"), &err), PL_INVALID);
    assert_int_equal(pl_store_get(txn, PL_TABLE_AUDIT, PL_STR_NULL, &value,
                                  &err), PL_INVALID);
    assert_int_equal(pl_store_del(txn, PL_TABLE_AUDIT, PL_STR_NULL, &err),
                     PL_INVALID);

    /* none of this spoils the transaction */
    store_must(pl_store_del(txn, PL_TABLE_AUDIT, longest, &err), &err);
    store_commit(txn);
}


static void
appends_keep_to_the_right_edge(void **state)
{
    uint8_t   *space, buf[8];
    pl_txn_t  *txn;
    pl_err_t   err;

    (void) state;
    txn = store_begin(st, PL_ENV_JOURNAL, true);
    store_must(pl_store_reserve(txn, PL_TABLE_ENTRIES, store_key(buf, 5), 1,
                                true, &space, &err), &err);
    assert_int_equal(pl_store_reserve(txn, PL_TABLE_ENTRIES,
                                      store_key(buf, 5), 1, true, &space,
                                      &err), PL_EXISTS);
    assert_int_equal(pl_store_reserve(txn, PL_TABLE_ENTRIES,
                                      store_key(buf, 4), 1, true, &space,
                                      &err), PL_EXISTS);
    assert_string_equal(err.path, "entries");
    store_must(pl_store_reserve(txn, PL_TABLE_ENTRIES, store_key(buf, 6), 1,
                                true, &space, &err), &err);
    store_commit(txn);
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), 2);
}


static void
calls_that_do_not_fit_are_refused(void **state)
{
    uint8_t    *space;
    uint64_t    rows;
    pl_str_t    value;
    pl_txn_t   *txn;
    pl_err_t    err;
    pl_scan_t  *scan;

    (void) state;

    txn = store_begin(st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"),
                                  PL_STR("v"), &err), PL_MISUSE);
    assert_non_null(strstr(err.text, "read transaction"));
    assert_int_equal(pl_store_del(txn, PL_TABLE_DEAD, PL_STR("k"), &err),
                     PL_MISUSE);
    assert_int_equal(pl_store_reserve(txn, PL_TABLE_DEAD, PL_STR("k"), 1,
                                      false, &space, &err), PL_MISUSE);
    assert_int_equal(pl_store_get(txn, PL_TABLE_ENTRIES, PL_STR("k"),
                                  &value, &err), PL_MISUSE);
    assert_non_null(strstr(err.text, "other environment"));
    assert_string_equal(err.path, "entries");
    assert_int_equal(pl_store_scan(txn, PL_TABLE_ENTRIES, PL_STR_NULL,
                                   false, &scan, &err), PL_MISUSE);
    assert_int_equal(pl_store_count(txn, PL_TABLE_ENTRIES, &rows, &err),
                     PL_MISUSE);
    pl_store_abort(txn);

    /* what has ended has ended */
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value,
                                  &err), PL_MISUSE);
    assert_non_null(strstr(err.text, "ended"));

    txn = store_begin(st, PL_ENV_STATE, true);
    pl_store_abort(txn);
    assert_int_equal(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"),
                                  PL_STR("v"), &err), PL_MISUSE);
    pl_store_abort(txn);
    pl_store_abort(NULL);
}


static void
commit_of_a_reader_ends_it(void **state)
{
    int        i;
    pl_txn_t  *txn;

    (void) state;

    /* more than are kept to be renewed, one after the other and at once */
    for (i = 0; i < 200; i++) {
        txn = store_begin(st, PL_ENV_STATE, false);
        store_commit(txn);
    }
}


static void
readers_may_be_many(void **state)
{
    int              i;
    pl_txn_t        *txns[300];
    pl_err_t         err;
    pl_store_room_t  room;

    (void) state;

    for (i = 0; i < 300; i++) {
        txns[i] = store_begin(st, i % 2 ? PL_ENV_STATE : PL_ENV_JOURNAL,
                              false);
    }

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.readers, 150);

    for (i = 0; i < 300; i++) {
        pl_store_abort(txns[i]);
    }

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.readers, 0);
}


static void
tables_are_apart(void **state)
{
    int        i;
    uint64_t   n;
    uint8_t    buf[8];
    pl_str_t   value;
    pl_txn_t  *txns[PL_ENV_COUNT];

    (void) state;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        txns[i] = store_begin(st, (pl_env_e) i, true);
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        pl_be64_put(buf, (uint64_t) i);
        store_put(txns[pl_store_tables[i].env], (pl_table_e) i, 1,
                  (pl_str_t) { buf, 8 });
        assert_non_null(pl_store_tables[i].name);
        assert_non_null(pl_store_tables[i].key);
        assert_non_null(pl_store_tables[i].value);
        assert_non_null(pl_store_tables[i].note);
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        assert_int_equal(pl_store_get(txns[pl_store_tables[i].env],
                                      (pl_table_e) i, store_key(buf, 1),
                                      &value, NULL), PL_OK);
        n = pl_be64(value.data);
        assert_int_equal(n, i);
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        store_commit(txns[i]);
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        assert_int_equal(store_rows(st, (pl_table_e) i), 1);
    }
}


static void
room_is_what_there_is(void **state)
{
    int              i;
    uint64_t         live;
    uint8_t          value[1000] = { 0 };
    pl_err_t         err;
    pl_txn_t        *txn, *reader;
    pl_store_room_t  room;

    (void) state;
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.map_bytes, MAP_SIZE);
    assert_true(room.file_bytes < 1 << 20);     /* not the sparse tail */
    assert_true(room.disk_bytes > 0);
    live = room.live_bytes;

    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 0; i < 4000; i++) {
        store_put(txn, PL_TABLE_CONTACTS, (uint64_t) i,
                  (pl_str_t) { value, sizeof(value) });
    }
    store_commit(txn);

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_true(room.live_bytes >= live + 4000 * 1000);
    assert_true(room.file_bytes >= room.live_bytes);
    assert_true(room.free_bytes < 1 << 20);
    assert_int_equal(room.oldest_reader, 0);

    reader = store_begin(st, PL_ENV_STATE, false);
    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 0; i < 4000; i++) {
        uint8_t  buf[8];

        store_must(pl_store_del(txn, PL_TABLE_CONTACTS,
                                store_key(buf, (uint64_t) i), &err), &err);
    }
    store_commit(txn);

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_true(room.live_bytes < live + (1 << 20));
    assert_true(room.free_bytes >= 4000 * 1000);
    assert_int_equal(room.readers, 1);
    assert_int_equal(room.oldest_reader, 1);
    pl_store_abort(reader);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(rows_are_there_after_commit_and_only_then),
        TEST(a_reader_keeps_what_it_saw),
        TEST(puts_replace_and_deletes_tell),
        TEST(large_values_come_back),
        TEST(keys_have_limits),
        TEST(appends_keep_to_the_right_edge),
        TEST(calls_that_do_not_fit_are_refused),
        TEST(commit_of_a_reader_ends_it),
        TEST(readers_may_be_many),
        TEST(tables_are_apart),
        TEST(room_is_what_there_is),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
