/* What the store refuses: wrong threads, processes, ages, second opens. */

#include "store.h"

#include <pthread.h>
#include <stdatomic.h>


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


typedef struct {
    pl_store_t   *st;
    pl_txn_t     *txn;
    pl_status_t   put;
    pl_status_t   commit;
    pl_status_t   begin;
    pl_err_t      err;
} other_t;


static void *
in_another_thread(void *data)
{
    other_t  *o;

    o = data;
    o->put = pl_store_put(o->txn, PL_TABLE_DEAD, PL_STR("k"), PL_STR("v"),
                          NULL);
    pl_store_abort(o->txn);             /* does nothing */
    o->commit = pl_store_commit(o->txn, &o->err);

    return NULL;
}


/*
 * LMDB's own commit would return success here and leave the write lock
 * locked for ever: the test would hang at its next begin.
 */
static void
a_writer_belongs_to_its_thread(void **state)
{
    other_t    o;
    pthread_t  thread;

    (void) state;
    o.st = store_open(dir);
    o.txn = store_begin(o.st, PL_ENV_STATE, true);
    store_put(o.txn, PL_TABLE_DEAD, 1, PL_STR("v"));

    assert_int_equal(pthread_create(&thread, NULL, in_another_thread, &o),
                     0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(o.put, PL_MISUSE);
    assert_int_equal(o.commit, PL_MISUSE);
    assert_non_null(strstr(o.err.text, "thread"));

    /* it is still its owner's */
    store_put(o.txn, PL_TABLE_DEAD, 2, PL_STR("v"));
    store_commit(o.txn);
    assert_int_equal(store_rows(o.st, PL_TABLE_DEAD), 2);

    o.txn = store_begin(o.st, PL_ENV_STATE, true);
    store_commit(o.txn);
    pl_store_close(o.st);
}


static void *
begin_and_leave(void *data)
{
    other_t  *o;

    o = data;
    o->begin = pl_store_begin(o->st, PL_ENV_STATE, true, &o->txn, NULL);
    o->put = pl_store_put(o->txn, PL_TABLE_DEAD, PL_STR("left"),
                          PL_STR("v"), NULL);
    pl_store_abort(o->txn);

    return NULL;
}


/* A thread's number may be given to the next one: not its writer too. */
static void
writers_of_threads_follow_each_other(void **state)
{
    int        i;
    other_t    o;
    pthread_t  thread;

    (void) state;
    o.st = store_open(dir);

    for (i = 0; i < 20; i++) {
        assert_int_equal(pthread_create(&thread, NULL, begin_and_leave, &o),
                         0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(o.begin, PL_OK);
        assert_int_equal(o.put, PL_OK);
    }

    assert_int_equal(store_rows(o.st, PL_TABLE_DEAD), 0);
    pl_store_close(o.st);
}


static void *
read_in_another_thread(void *data)
{
    other_t   *o;
    pl_str_t   value;

    o = data;
    o->put = pl_store_get(o->txn, PL_TABLE_DEAD,
                          PL_STR("\0\0\0\0\0\0\0\1"), &value, NULL);
    pl_store_abort(o->txn);

    return NULL;
}


static void
a_reader_may_change_threads(void **state)
{
    other_t    o;
    pl_txn_t  *txn;
    pthread_t  thread;

    (void) state;
    o.st = store_open(dir);
    txn = store_begin(o.st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
    store_commit(txn);

    o.txn = store_begin(o.st, PL_ENV_STATE, false);
    assert_int_equal(pthread_create(&thread, NULL, read_in_another_thread,
                                    &o), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(o.put, PL_OK);
    pl_store_close(o.st);
}


static int
in_a_child(void *data)
{
    other_t         *o;
    pl_txn_t        *txn;
    pl_str_t         value;
    pl_store_room_t  room;

    o = data;

    if (pl_store_put(o->txn, PL_TABLE_DEAD, PL_STR("k"), PL_STR("v"), NULL)
            != PL_MISUSE
        || pl_store_get(o->txn, PL_TABLE_DEAD, PL_STR("k"), &value, NULL)
           != PL_MISUSE)
    {
        return 1;
    }

    pl_store_abort(o->txn);             /* does nothing */

    if (pl_store_commit(o->txn, NULL) != PL_MISUSE) {
        return 2;
    }

    if (pl_store_begin(o->st, PL_ENV_STATE, true, &txn, NULL) != PL_MISUSE
        || txn != NULL
        || pl_store_begin(o->st, PL_ENV_STATE, false, &txn, NULL)
           != PL_MISUSE
        || pl_store_room(o->st, PL_ENV_STATE, &room, NULL) != PL_MISUSE
        || pl_store_reap(o->st, NULL, NULL) != PL_MISUSE
        || pl_store_reopen(o->st, NULL) != PL_MISUSE)
    {
        return 3;
    }

    pl_store_close(o->st);              /* frees memory, touches no file */

    return 0;
}


static void
a_store_belongs_to_its_process(void **state)
{
    other_t  o;

    (void) state;
    o.st = store_open(dir);
    o.txn = store_begin(o.st, PL_ENV_STATE, true);
    store_put(o.txn, PL_TABLE_DEAD, 1, PL_STR("v"));

    assert_int_equal(temp_child(in_a_child, &o), 0);

    store_put(o.txn, PL_TABLE_DEAD, 2, PL_STR("v"));
    store_commit(o.txn);
    assert_int_equal(store_rows(o.st, PL_TABLE_DEAD), 2);
    pl_store_close(o.st);
}


static int
open_in_a_child(void *data)
{
    pl_txn_t         *txn;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) data;
    conf = store_conf(dir);

    if (pl_store_open(&st, &conf, NULL) != PL_OK
        || pl_store_begin(st, PL_ENV_STATE, true, &txn, NULL) != PL_OK
        || pl_store_put(txn, PL_TABLE_DEAD, PL_STR("child"), PL_STR("v"),
                        NULL) != PL_OK
        || pl_store_commit(txn, NULL) != PL_OK)
    {
        return 1;
    }

    return 0;
}


static void
a_process_opens_it_once(void **state)
{
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_store_t       *st, *second;
    pl_store_conf_t   conf;

    (void) state;
    st = store_open(dir);
    conf = store_conf(dir);

    assert_int_equal(pl_store_open(&second, &conf, &err), PL_MISUSE);
    assert_null(second);
    assert_string_equal(err.path, dir);

    /* by another name it is the same store */
    conf.dir = temp_path(path, dir, "journal/..");
    assert_int_equal(pl_store_open(&second, &conf, &err), PL_MISUSE);

    /* another process may, also one that was forked from this one */
    assert_int_equal(temp_child(open_in_a_child, NULL), 0);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 1);

    /* the second open has spoiled nothing, and after a close it is free */
    pl_store_close(st);
    st = store_open(dir);
    pl_store_close(st);
    pl_store_close(NULL);
}


/* ---- threads ---------------------------------------------------------- */

typedef struct {
    pl_store_t    *st;
    _Atomic int    wrong;
    _Atomic bool   stop;
} crowd_t;


/* Both rows are written together: a reader sees them alike, and never less
   than it saw before. */
static void *
crowd_reads(void *data)
{
    uint64_t   a, b, last;
    crowd_t   *crowd;
    pl_str_t   one, two;
    pl_txn_t  *txn;

    crowd = data;
    last = 0;

    while (!atomic_load(&crowd->stop)) {
        if (pl_store_begin(crowd->st, PL_ENV_STATE, false, &txn, NULL)
                != PL_OK
            || pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &one, NULL)
               != PL_OK
            || pl_store_get(txn, PL_TABLE_AUDIT, PL_STR("k"), &two, NULL)
               != PL_OK)
        {
            atomic_fetch_add(&crowd->wrong, 1);
            break;
        }

        a = pl_be64(one.data);
        b = pl_be64(two.data);
        pl_store_abort(txn);

        if (a != b || a < last) {
            atomic_fetch_add(&crowd->wrong, 1);
        }
        last = a;
    }

    return NULL;
}


static void *
crowd_writes(void *data)
{
    int         i;
    uint8_t     buf[8];
    uint64_t    n;
    crowd_t    *crowd;
    pl_str_t    value;
    pl_txn_t   *txn;

    crowd = data;

    for (i = 0; i < 150; i++) {
        if (pl_store_begin(crowd->st, PL_ENV_STATE, true, &txn, NULL)
                != PL_OK
            || pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value, NULL)
               != PL_OK)
        {
            atomic_fetch_add(&crowd->wrong, 1);
            break;
        }

        n = pl_be64(value.data) + 1;

        if (pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"), store_key(buf, n),
                         NULL) != PL_OK
            || pl_store_put(txn, PL_TABLE_AUDIT, PL_STR("k"),
                            store_key(buf, n), NULL) != PL_OK
            || pl_store_commit(txn, NULL) != PL_OK)
        {
            atomic_fetch_add(&crowd->wrong, 1);
            break;
        }
    }

    return NULL;
}


static void
threads_may_share_it(void **state)
{
    int         i;
    crowd_t     crowd = { 0 };
    uint8_t     buf[8];
    pl_str_t    value;
    pl_txn_t   *txn;
    pthread_t   readers[3], writers[2];

    (void) state;
    crowd.st = store_open(dir);
    txn = store_begin(crowd.st, PL_ENV_STATE, true);
    assert_int_equal(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"),
                                  store_key(buf, 0), NULL), PL_OK);
    assert_int_equal(pl_store_put(txn, PL_TABLE_AUDIT, PL_STR("k"),
                                  store_key(buf, 0), NULL), PL_OK);
    store_commit(txn);

    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, crowd_reads,
                                        &crowd), 0);
    }
    for (i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&writers[i], NULL, crowd_writes,
                                        &crowd), 0);
    }
    for (i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(writers[i], NULL), 0);
    }
    atomic_store(&crowd.stop, true);
    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    }

    assert_int_equal(crowd.wrong, 0);
    txn = store_begin(crowd.st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value,
                                  NULL), PL_OK);
    assert_int_equal(pl_be64(value.data), 300);
    pl_store_abort(txn);
    pl_store_close(crowd.st);
}


static void
transactions_grow_old(void **state)
{
    pl_err_t          err;
    pl_str_t          key, value;
    pl_txn_t         *txn;
    pl_scan_t        *scan;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    conf = store_conf(dir);
    conf.read_age_ms = 20;
    conf.write_age_ms = 20;
    store_must(pl_store_open(&st, &conf, &err), &err);

    txn = store_begin(st, PL_ENV_STATE, false);
    assert_int_equal(pl_store_scan(txn, PL_TABLE_DEAD, PL_STR_NULL, false,
                                   &scan, &err), PL_OK);
    temp_sleep_ms(60);
    assert_int_equal(pl_store_get(txn, PL_TABLE_DEAD, PL_STR("k"), &value,
                                  &err), PL_MISUSE);
    assert_non_null(strstr(err.text, "older"));
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);
    pl_store_scan_end(scan);
    pl_store_abort(txn);

    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
    temp_sleep_ms(60);
    assert_int_equal(pl_store_put(txn, PL_TABLE_DEAD, PL_STR("k"),
                                  PL_STR("v"), &err), PL_MISUSE);
    assert_int_equal(pl_store_commit(txn, &err), PL_MISUSE);

    /* which has ended it: the next writer does not wait */
    txn = store_begin(st, PL_ENV_STATE, true);
    pl_store_abort(txn);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 0);
    pl_store_close(st);
}


static void
reopens_in_place(void **state)
{
    int         i;
    pl_err_t    err;
    pl_txn_t   *txn;
    pl_store_t *st;

    (void) state;
    st = store_open(dir);

    for (i = 0; i < 5; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, (uint64_t) i, PL_STR("v"));
        assert_int_equal(pl_store_reopen(st, &err), PL_MISUSE);
        store_commit(txn);

        txn = store_begin(st, PL_ENV_JOURNAL, false);
        assert_int_equal(pl_store_reopen(st, &err), PL_MISUSE);
        pl_store_abort(txn);

        store_must(pl_store_reopen(st, &err), &err);
        assert_int_equal(store_rows(st, PL_TABLE_DEAD), i + 1);
    }

    pl_store_close(st);
}


static void
a_reopen_that_fails_can_be_tried_again(void **state)
{
    char         path[PATH_MAX], away[PATH_MAX];
    pl_err_t     err;
    pl_txn_t    *txn;
    pl_store_t  *st;

    (void) state;
    st = store_open(dir);
    temp_path(path, dir, "state/data.mdb");
    temp_path(away, dir, "away");
    assert_int_equal(truncate(path, 5000), 0);

    assert_int_equal(pl_store_reopen(st, &err), PL_IO);
    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, false, &txn, &err),
                     PL_BROKEN);
    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, true, &txn, &err),
                     PL_BROKEN);
    assert_int_equal(pl_store_reap(st, NULL, &err), PL_BROKEN);
    assert_int_equal(pl_store_seen(st, PL_ENV_STATE), 0);

    /* mended by hand: the store was empty, so it is made anew */
    assert_int_equal(rename(path, away), 0);
    store_must(pl_store_reopen(st, &err), &err);
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
    store_commit(txn);
    pl_store_close(st);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_writer_belongs_to_its_thread),
        TEST(writers_of_threads_follow_each_other),
        TEST(a_reader_may_change_threads),
        TEST(a_store_belongs_to_its_process),
        TEST(a_process_opens_it_once),
        TEST(threads_may_share_it),
        TEST(transactions_grow_old),
        TEST(reopens_in_place),
        TEST(a_reopen_that_fails_can_be_tried_again),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_guard", tests, NULL, NULL);
}
