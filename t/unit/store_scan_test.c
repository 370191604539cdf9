/* Scans: order, where they begin, deleting on the way, and a model. */

#include "store.h"

#define MODEL_KEYS  600
#define MODEL_TXNS  60


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


static pl_scan_t *
scan_from(pl_txn_t *txn, pl_str_t from, bool backward)
{
    pl_err_t    err;
    pl_scan_t  *scan;

    store_must(pl_store_scan(txn, PL_TABLE_CONTACTS, from, backward, &scan,
                             &err), &err);

    return scan;
}


/* The next rows' keys are these, one letter each, and no more. */
static void
expect(pl_txn_t *txn, const char *from, bool backward, const char *keys)
{
    pl_err_t    err;
    pl_str_t    key, value;
    pl_scan_t  *scan;

    scan = scan_from(txn, pl_str_c(from), backward);

    for ( /* void */ ; *keys != '\0'; keys++) {
        store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
        assert_int_equal(key.len, 1);
        assert_int_equal(key.data[0], *keys);
        assert_true(pl_str_eq(value, key));
    }

    /* past the last row it stays there */
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_NOTFOUND);
    assert_int_equal(key.len, 0);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_NOTFOUND);
    pl_store_scan_end(scan);
}


static void
expect_all(pl_txn_t *txn)
{
    expect(txn, NULL, false, "bdf");
    expect(txn, NULL, true, "fdb");
    expect(txn, "a", false, "bdf");
    expect(txn, "b", false, "bdf");
    expect(txn, "c", false, "df");
    expect(txn, "d", false, "df");
    expect(txn, "f", false, "f");
    expect(txn, "g", false, "");
    expect(txn, "g", true, "fdb");
    expect(txn, "f", true, "fdb");
    expect(txn, "e", true, "db");
    expect(txn, "d", true, "db");
    expect(txn, "da", true, "db");
    expect(txn, "b", true, "b");
    expect(txn, "a", true, "");
}


static void
begins_where_it_is_told(void **state)
{
    pl_err_t     err;
    pl_txn_t    *txn;
    const char  *key;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    expect(txn, NULL, false, "");
    expect(txn, NULL, true, "");
    expect(txn, "x", false, "");
    expect(txn, "x", true, "");

    for (key = "dfb"; *key != '\0'; key++) {
        store_must(pl_store_put(txn, PL_TABLE_CONTACTS,
                                (pl_str_t) { (const uint8_t *) key, 1 },
                                (pl_str_t) { (const uint8_t *) key, 1 },
                                &err), &err);
    }

    expect_all(txn);
    store_commit(txn);

    txn = store_begin(st, PL_ENV_STATE, false);
    expect_all(txn);
    pl_store_abort(txn);

    /* in a renewed reader, with a renewed cursor */
    txn = store_begin(st, PL_ENV_STATE, false);
    expect_all(txn);
    pl_store_abort(txn);
}


static void
several_at_once_do_not_mix(void **state)
{
    int         i;
    pl_str_t    key, value, other;
    pl_txn_t   *txn;
    pl_scan_t  *up, *down;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 0; i < 1000; i++) {
        store_put(txn, PL_TABLE_CONTACTS, (uint64_t) i, PL_STR("v"));
    }

    up = scan_from(txn, PL_STR_NULL, false);
    down = scan_from(txn, PL_STR_NULL, true);
    assert_true(up != down);

    for (i = 0; i < 1000; i++) {
        assert_int_equal(pl_store_scan_next(up, &key, &value, NULL), PL_OK);
        assert_int_equal(pl_be64(key.data), i);
        assert_int_equal(pl_store_scan_next(down, &other, &value, NULL),
                         PL_OK);
        assert_int_equal(pl_be64(other.data), 999 - i);
    }

    pl_store_scan_end(up);
    pl_store_scan_end(down);
    pl_store_scan_end(NULL);
    pl_store_abort(txn);
}


static void
misuse_is_refused(void **state)
{
    uint8_t     from[PL_KEY_MAX + 1] = { 0 };
    pl_err_t    err;
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_CONTACTS, 1, PL_STR("v"));

    assert_int_equal(pl_store_scan(txn, PL_TABLE_CONTACTS,
                                   (pl_str_t) { from, sizeof(from) }, false,
                                   &scan, &err), PL_TOOBIG);

    scan = scan_from(txn, PL_STR_NULL, false);
    assert_int_equal(pl_store_scan_del(scan, &err), PL_MISUSE);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err), PL_OK);
    assert_int_equal(pl_store_scan_del(scan, &err), PL_OK);
    assert_int_equal(pl_store_scan_del(scan, &err), PL_MISUSE);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_NOTFOUND);
    pl_store_scan_end(scan);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);
    store_put(txn, PL_TABLE_CONTACTS, 1, PL_STR("v"));

    /* a scan that was not ended ends with its transaction */
    scan = scan_from(txn, PL_STR_NULL, false);
    store_commit(txn);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);

    txn = store_begin(st, PL_ENV_STATE, false);
    scan = scan_from(txn, PL_STR_NULL, false);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err), PL_OK);
    assert_int_equal(pl_store_scan_del(scan, &err), PL_MISUSE);
    pl_store_abort(txn);
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);
}


/* ---- a model: the same done to an array ------------------------------- */

typedef struct {
    uint32_t  len[MODEL_KEYS];          /* of the value, plus 1; 0: none */
    uint64_t  seed;
} model_t;


static void
model_put(model_t *model, pl_txn_t *txn, uint64_t n)
{
    uint32_t  len;
    uint8_t   value[6000], buf[8];
    pl_err_t  err;

    /* some need pages of their own */
    len = (uint32_t) (store_random(&model->seed) % 300);
    if (store_random(&model->seed) % 40 == 0) {
        len += 5000;
    }

    /* no envelope of sealed values, which the store would open */
    memset(value, (int) (n & 0x7f) + 128, len);
    store_must(pl_store_put(txn, PL_TABLE_CONTACTS, store_key(buf, n),
                            (pl_str_t) { value, len }, &err), &err);
    model->len[n] = len + 1;
}


static void
model_del(model_t *model, pl_txn_t *txn, uint64_t n)
{
    uint8_t  buf[8];

    assert_int_equal(pl_store_del(txn, PL_TABLE_CONTACTS, store_key(buf, n),
                                  NULL),
                     model->len[n] != 0 ? PL_OK : PL_NOTFOUND);
    model->len[n] = 0;
}


/* The next key of the model at or after (before) n; MODEL_KEYS: none. */
static uint64_t
model_next(const model_t *model, int64_t n, bool backward)
{
    while (n >= 0 && n < MODEL_KEYS && model->len[n] == 0) {
        n += backward ? -1 : 1;
    }

    return n >= 0 && n < MODEL_KEYS ? (uint64_t) n : MODEL_KEYS;
}


/* Walks from n, deleting one row of `one_of` where that is not 0. */
static void
model_walk(model_t *model, pl_txn_t *txn, uint64_t from, bool backward,
    unsigned one_of)
{
    uint64_t      n;
    uint8_t       buf[8];
    pl_err_t      err;
    pl_str_t      key, value;
    pl_scan_t    *scan;
    pl_status_t   status;

    scan = scan_from(txn, store_key(buf, from), backward);
    n = model_next(model, (int64_t) from, backward);

    for ( ;; ) {
        status = pl_store_scan_next(scan, &key, &value, &err);
        if (n == MODEL_KEYS) {
            assert_int_equal(status, PL_NOTFOUND);
            break;
        }

        store_must(status, &err);
        assert_int_equal(pl_be64(key.data), n);
        assert_int_equal(value.len, model->len[n] - 1);
        if (value.len != 0) {
            assert_int_equal(value.data[value.len - 1],
                             (n & 0x7f) + 128);
        }

        if (one_of != 0 && store_random(&model->seed) % one_of == 0) {
            store_must(pl_store_scan_del(scan, &err), &err);
            model->len[n] = 0;
        }

        n = model_next(model, (int64_t) n + (backward ? -1 : 1), backward);
    }

    pl_store_scan_end(scan);
}


static void
model_step(model_t *model, pl_txn_t *txn)
{
    uint64_t  n;

    n = store_random(&model->seed) % MODEL_KEYS;

    switch (store_random(&model->seed) % 16) {
    case 0:
    case 1:
    case 2:
        model_del(model, txn, n);
        break;

    case 3:
        model_walk(model, txn, n, false, 0);
        break;

    case 4:
        model_walk(model, txn, n, true, 0);
        break;

    case 5:
        model_walk(model, txn, n, false, 20);
        break;

    case 6:
        model_walk(model, txn, n, true, 20);
        break;

    default:
        model_put(model, txn, n);
        break;
    }
}


static void
does_what_a_model_does(void **state)
{
    int        i, j;
    model_t    model, before;
    pl_txn_t  *txn;

    (void) state;
    memset(&model, 0, sizeof(model));
    model.seed = 88172645463325252ull;

    for (i = 0; i < MODEL_TXNS; i++) {
        before = model;
        txn = store_begin(st, PL_ENV_STATE, true);

        for (j = 0; j < 120; j++) {
            model_step(&model, txn);
        }

        if (i % 10 == 9) {
            /* empty the table, the one way or the other */
            model_walk(&model, txn, i % 20 == 9 ? 0 : MODEL_KEYS - 1,
                       i % 20 != 9, 1);
        }

        if (i % 4 == 3) {
            pl_store_abort(txn);
            before.seed = model.seed;
            model = before;
        } else {
            store_commit(txn);
        }

        txn = store_begin(st, PL_ENV_STATE, false);
        model_walk(&model, txn, 0, false, 0);
        model_walk(&model, txn, MODEL_KEYS - 1, true, 0);
        pl_store_abort(txn);
    }
}


/* Rows come and go behind and before a scan that stands still. */
static void
lives_with_writes_on_the_way(void **state)
{
    uint64_t    i, last;
    uint8_t     buf[8], value[100] = { 0 };
    pl_err_t    err;
    pl_str_t    key, data;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 0; i < 3000; i += 3) {
        store_put(txn, PL_TABLE_CONTACTS, i, (pl_str_t) { value, 100 });
    }

    scan = scan_from(txn, PL_STR_NULL, false);

    for (i = 0; i < 3000; i += 3) {
        store_must(pl_store_scan_next(scan, &key, &data, &err), &err);
        last = pl_be64(key.data);
        assert_int_equal(last, i);

        /* behind it, by other calls; nothing of this is seen again */
        if (i >= 3) {
            store_must(pl_store_del(txn, PL_TABLE_CONTACTS,
                                    store_key(buf, i - 3), &err), &err);
            store_put(txn, PL_TABLE_CONTACTS, i - 1,
                      (pl_str_t) { value, 100 });
        }
        store_put(txn, PL_TABLE_DEAD, i, (pl_str_t) { value, 50 });
    }

    assert_int_equal(pl_store_scan_next(scan, &key, &data, &err),
                     PL_NOTFOUND);
    pl_store_scan_end(scan);
    store_commit(txn);
    assert_int_equal(store_rows(st, PL_TABLE_CONTACTS), 1000);
}


/* Three rows, and a scan that stands on the second. */
static pl_scan_t *
scan_on_second(pl_txn_t *txn)
{
    uint64_t    i;
    pl_err_t    err;
    pl_str_t    key, value;
    pl_scan_t  *scan;

    for (i = 1; i <= 3; i++) {
        store_put(txn, PL_TABLE_CONTACTS, i, PL_STR("v"));
    }

    scan = scan_from(txn, PL_STR_NULL, false);
    store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
    store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
    assert_int_equal(pl_be64(key.data), 2);

    return scan;
}


static void
is_lost(pl_txn_t *txn, pl_scan_t *scan)
{
    pl_err_t  err;
    pl_str_t  key, value;

    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);
    assert_non_null(strstr(err.text, "place was lost"));
    assert_string_equal(err.path, "contacts");
    assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                     PL_MISUSE);
    pl_store_scan_end(scan);

    /* it is the scan that is misused: the transaction goes on */
    scan = scan_from(txn, PL_STR_NULL, false);
    store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
    pl_store_scan_end(scan);
    pl_store_abort(txn);
}


static void
tells_that_its_row_was_deleted(void **state)
{
    uint8_t     buf[8];
    pl_err_t    err;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    scan = scan_on_second(txn);
    store_must(pl_store_del(txn, PL_TABLE_CONTACTS, store_key(buf, 2), &err),
               &err);
    assert_int_equal(pl_store_scan_del(scan, &err), PL_MISUSE);
    is_lost(txn, scan);
}


static void
tells_that_another_scan_deleted_its_row(void **state)
{
    pl_err_t    err;
    pl_str_t    key, value;
    pl_txn_t   *txn;
    uint8_t     buf[8];
    pl_scan_t  *scan, *other;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    scan = scan_on_second(txn);
    other = scan_from(txn, store_key(buf, 2), false);
    store_must(pl_store_scan_next(other, &key, &value, &err), &err);
    store_must(pl_store_scan_del(other, &err), &err);
    store_must(pl_store_scan_next(other, &key, &value, &err), &err);
    assert_int_equal(pl_be64(key.data), 3);
    pl_store_scan_end(other);
    is_lost(txn, scan);
}


static void
tells_that_a_row_was_put_behind_a_deleted_one(void **state)
{
    pl_err_t    err;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    (void) state;
    txn = store_begin(st, PL_ENV_STATE, true);
    scan = scan_on_second(txn);
    store_must(pl_store_scan_del(scan, &err), &err);
    store_put(txn, PL_TABLE_DEAD, 4, PL_STR("v"));      /* is no matter */
    store_put(txn, PL_TABLE_CONTACTS, 4, PL_STR("v"));
    is_lost(txn, scan);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(begins_where_it_is_told),
        TEST(several_at_once_do_not_mix),
        TEST(misuse_is_refused),
        TEST(does_what_a_model_does),
        TEST(lives_with_writes_on_the_way),
        TEST(tells_that_its_row_was_deleted),
        TEST(tells_that_another_scan_deleted_its_row),
        TEST(tells_that_a_row_was_put_behind_a_deleted_one),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_scan", tests, NULL, NULL);
}
