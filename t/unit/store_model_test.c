/*
 * The store against a model of it: the same random calls are made on both,
 * across tables of both environments, with commits, aborts, readers that
 * stand still meanwhile, and reopening. After each transaction both hold the
 * same rows.
 *
 * A failure names its seed: PARLEY_SEED=N runs that one alone.
 */

#include "store.h"

#define KEYS      300           /* that there may be */
#define TABLES    4
#define ROUNDS    40            /* transactions of a seed */
#define CALLS     60            /* of a transaction, about */
#define VALUE_MAX 12000         /* some need pages of their own */


/* The keys in order, of all lengths; what a key holds: a length and a byte. */
typedef struct {
    uint32_t  len;              /* plus 1; 0: no such row */
    uint8_t   fill;
} row_t;

typedef struct {
    row_t     rows[TABLES][KEYS];
} model_t;

typedef struct {
    uint8_t   data[PL_KEY_MAX];
    size_t    len;
} key_t_;

static const pl_table_e  tables[TABLES] = {
    PL_TABLE_ENTRIES, PL_TABLE_SKIPS, PL_TABLE_CONTACTS, PL_TABLE_DEDUPE
};

static char         dir[TEMP_MAX];
static pl_store_t  *st;
static uint64_t     seed;
static key_t_       keys[KEYS];
static model_t      held, now;  /* as committed; as the writer has it */


static uint64_t
any(uint64_t n)
{
    return store_random(&seed) % n;
}


static int
key_order(const void *a, const void *b)
{
    int            rc;
    const key_t_  *x = a, *y = b;

    rc = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return rc != 0 ? rc : (x->len > y->len) - (x->len < y->len);
}


/* Distinct ones: each ends with its number, which begins none of another. */
static void
keys_make(void)
{
    size_t  i, j;

    for (i = 0; i < KEYS; i++) {
        keys[i].len = 3 + (any(20) == 0 ? any(PL_KEY_MAX - 2) : any(20));

        for (j = 0; j < keys[i].len; j++) {
            keys[i].data[j] = (uint8_t) any(4);
        }

        keys[i].data[keys[i].len - 1] = (uint8_t) (i & 0xff);
        keys[i].data[keys[i].len - 2] = (uint8_t) (i >> 8);
        keys[i].data[keys[i].len - 3] = 0xff;
    }

    qsort(keys, KEYS, sizeof(keys[0]), key_order);
}


static pl_str_t
key_at(size_t n)
{
    return (pl_str_t) { keys[n].data, keys[n].len };
}


static void
same_row(const row_t *row, pl_str_t value)
{
    assert_int_equal(value.len, row->len - 1);

    if (value.len != 0) {
        assert_int_equal(value.data[0], row->fill);
        assert_int_equal(value.data[value.len - 1], row->fill);
    }
}


/* The row after n (before it), or KEYS. */
static size_t
row_next(const row_t *rows, int64_t n, bool backward)
{
    do {
        n += backward ? -1 : 1;
    } while (n >= 0 && n < KEYS && rows[n].len == 0);

    return n >= 0 && n < KEYS ? (size_t) n : KEYS;
}


/* ---- calls -------------------------------------------------------------- */

/* False: it was refused, as an append is that is not the last. */
static bool
put(pl_txn_t *txn, int t, size_t n)
{
    bool          append, last;
    row_t         row;
    uint8_t      *space;
    pl_err_t      err;
    pl_status_t   status;

    row.len = (uint32_t) (1 + (any(30) == 0 ? any(VALUE_MAX) : any(200)));
    /* no envelope of sealed values, which the store would open */
    row.fill = (uint8_t) (any(128) + 128);
    append = any(6) == 0;
    last = now.rows[t][n].len == 0
           && row_next(now.rows[t], (int64_t) n, false) == KEYS;

    status = pl_store_reserve(txn, tables[t], key_at(n), row.len - 1, append,
                              &space, &err);

    if (append && !last) {
        assert_int_equal(status, PL_EXISTS);
        return false;
    }

    store_must(status, &err);
    memset(space, row.fill, row.len - 1);
    now.rows[t][n] = row;

    return true;
}


static void
del(pl_txn_t *txn, int t, size_t n)
{
    assert_int_equal(pl_store_del(txn, tables[t], key_at(n), NULL),
                     now.rows[t][n].len != 0 ? PL_OK : PL_NOTFOUND);
    now.rows[t][n].len = 0;
}


static void
get(pl_txn_t *txn, const model_t *model, int t, size_t n)
{
    pl_str_t      value;
    pl_status_t   status;

    status = pl_store_get(txn, tables[t], key_at(n), &value, NULL);
    assert_int_equal(status, model->rows[t][n].len != 0 ? PL_OK
                                                        : PL_NOTFOUND);
    if (status == PL_OK) {
        same_row(&model->rows[t][n], value);
    }
}


/* All rows of all tables that txn can see, in order, and their number. */
static void
same_all(pl_txn_t *txn, const model_t *model, pl_env_e env)
{
    int         t;
    bool        backward;
    size_t      n;
    uint64_t    count, rows;
    pl_err_t    err;
    pl_str_t    key, value;
    pl_scan_t  *scan;

    for (t = 0; t < TABLES; t++) {
        if (pl_store_tables[tables[t]].env != env) {
            continue;
        }

        backward = any(2) == 0;
        count = 0;
        store_must(pl_store_scan(txn, tables[t], PL_STR_NULL, backward,
                                 &scan, &err), &err);

        n = row_next(model->rows[t], backward ? KEYS : -1, backward);
        for ( /* void */ ; n != KEYS; count++) {
            store_must(pl_store_scan_next(scan, &key, &value, &err), &err);
            assert_int_equal(key.len, keys[n].len);
            assert_memory_equal(key.data, keys[n].data, key.len);
            same_row(&model->rows[t][n], value);
            n = row_next(model->rows[t], (int64_t) n, backward);
        }

        assert_int_equal(pl_store_scan_next(scan, &key, &value, &err),
                         PL_NOTFOUND);
        pl_store_scan_end(scan);

        store_must(pl_store_count(txn, tables[t], &rows, &err), &err);
        assert_int_equal(rows, count);
    }
}


/*
 * A scan with other calls on its table on the way. What store.h forbids ends
 * it with PL_MISUSE, and nothing else does; all that is allowed leaves the
 * scan at its place.
 */
static void
scan(pl_txn_t *txn, int t)
{
    bool          backward, lost, gap, here;
    size_t        at, n, i;
    pl_err_t      err;
    pl_str_t      key, value;
    pl_scan_t    *walk;
    pl_status_t   status;

    backward = any(2) == 0;
    at = any(KEYS);
    store_must(pl_store_scan(txn, tables[t], key_at(at), backward, &walk,
                             &err), &err);

    lost = false;
    n = now.rows[t][at].len != 0
        ? at : row_next(now.rows[t], (int64_t) at, backward);

    while (!lost) {
        status = pl_store_scan_next(walk, &key, &value, &err);
        if (n == KEYS) {
            assert_int_equal(status, PL_NOTFOUND);
            break;
        }

        store_must(status, &err);
        assert_int_equal(key.len, keys[n].len);
        assert_memory_equal(key.data, keys[n].data, key.len);
        same_row(&now.rows[t][n], value);

        gap = any(8) == 0;
        if (gap) {
            store_must(pl_store_scan_del(walk, &err), &err);
            now.rows[t][n].len = 0;
        }

        for (i = any(4); i > 0; i--) {
            at = any(3) == 0 ? n : any(KEYS);
            here = now.rows[t][at].len != 0;

            if (any(2) == 0) {
                lost = lost || (at == n && here);
                del(txn, t, at);

            } else if (!gap || any(10) == 0) {
                lost = (put(txn, t, at) && gap) || lost;
            }
        }

        n = row_next(now.rows[t], (int64_t) n, backward);
    }

    if (lost) {
        assert_int_equal(pl_store_scan_next(walk, &key, &value, &err),
                         PL_MISUSE);
    }

    pl_store_scan_end(walk);
}


static void
call(pl_txn_t *txn, pl_env_e env)
{
    int     t;
    size_t  n;

    do {
        t = (int) any(TABLES);
    } while (pl_store_tables[tables[t]].env != env);

    n = any(KEYS);

    switch (any(12)) {
    case 0:
    case 1:
    case 2:
        del(txn, t, n);
        break;

    case 3:
    case 4:
        get(txn, &now, t, n);
        break;

    case 5:
        scan(txn, t);
        break;

    default:
        (void) put(txn, t, n);          /* refused is an answer too */
        break;
    }
}


/* ---- rounds ------------------------------------------------------------- */

static void
reopen(void)
{
    pl_err_t  err;

    if (any(2) == 0) {
        store_must(pl_store_reopen(st, &err), &err);

    } else {
        pl_store_close(st);
        st = store_open(dir);
    }
}


/* One transaction, and a reader that sees nothing of it. */
static void
round_of(pl_env_e env)
{
    uint64_t   calls;
    model_t    before;
    pl_txn_t  *txn, *reader;

    reader = store_begin(st, env, false);
    txn = store_begin(st, env, true);
    before = held;
    now = held;

    for (calls = 1 + any(2 * CALLS); calls > 0; calls--) {
        call(txn, env);
    }

    same_all(txn, &now, env);

    if (any(4) == 0) {
        pl_store_abort(txn);

    } else {
        store_commit(txn);
        held = now;
    }

    same_all(reader, &before, env);
    pl_store_abort(reader);

    reader = store_begin(st, env, false);
    same_all(reader, &held, env);
    get(reader, &held, env == PL_ENV_JOURNAL ? 0 : 2, any(KEYS));
    pl_store_abort(reader);
}


static void
seed_run(uint64_t which)
{
    int  i;

    print_message("# PARLEY_SEED=%llu\n", (unsigned long long) which);
    seed = which * 0x9e3779b97f4a7c15ull + 1;
    memset(&held, 0, sizeof(held));

    temp_make(dir);
    st = store_open(dir);
    keys_make();

    for (i = 0; i < ROUNDS; i++) {
        round_of((pl_env_e) any(PL_ENV_COUNT));

        if (any(8) == 0) {
            reopen();
        }
    }

    pl_store_close(st);
    temp_remove(dir);
}


static void
does_what_the_model_does(void **state)
{
    uint64_t     i;
    const char  *one;

    (void) state;
    one = getenv("PARLEY_SEED");

    if (one != NULL) {
        seed_run(strtoull(one, NULL, 10));
        return;
    }

    for (i = 1; i <= (getenv("PARLEY_SLOW") != NULL ? 500 : 12); i++) {
        seed_run(i);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(does_what_the_model_does),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_model", tests, NULL, NULL);
}
