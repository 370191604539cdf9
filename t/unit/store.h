/*
 * What the store's tests share: a store in a folder of its own, keys made of
 * numbers, and calls that must succeed.
 */

#ifndef PL_TEST_STORE_H_INCLUDED
#define PL_TEST_STORE_H_INCLUDED

#include "temp.h"

#include "../../src/core/store.h"
#include "../../src/core/str.h"

#define MAP_SIZE  (256ull << 20)


static inline pl_store_conf_t
store_conf(const char *dir)
{
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = dir;
    conf.size = MAP_SIZE;
    conf.create = true;

    return conf;
}


static inline void
store_must(pl_status_t status, const pl_err_t *err)
{
    char  text[640];

    if (status != PL_OK) {
        fail_msg("%s", pl_err_print(err, text, sizeof(text)));
    }
}


static inline pl_store_t *
store_open(const char *dir)
{
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    conf = store_conf(dir);
    store_must(pl_store_open(&st, &conf, &err), &err);

    return st;
}


static inline pl_txn_t *
store_begin(pl_store_t *st, pl_env_e env, bool write)
{
    pl_err_t   err;
    pl_txn_t  *txn;

    store_must(pl_store_begin(st, env, write, &txn, &err), &err);

    return txn;
}


static inline void
store_commit(pl_txn_t *txn)
{
    pl_err_t  err;

    store_must(pl_store_commit(txn, &err), &err);
}


/* A big-endian number as a key, in a buffer of the caller. */
static inline pl_str_t
store_key(uint8_t *buf, uint64_t n)
{
    pl_be64_put(buf, n);

    return (pl_str_t) { buf, 8 };
}


static inline void
store_put(pl_txn_t *txn, pl_table_e table, uint64_t n, pl_str_t value)
{
    uint8_t   buf[8];
    pl_err_t  err;

    store_must(pl_store_put(txn, table, store_key(buf, n), value, &err),
               &err);
}


static inline uint64_t
store_rows(pl_store_t *st, pl_table_e table)
{
    uint64_t   rows;
    pl_err_t   err;
    pl_txn_t  *txn;

    txn = store_begin(st, pl_store_tables[table].env, false);
    store_must(pl_store_count(txn, table, &rows, &err), &err);
    pl_store_abort(txn);

    return rows;
}


/* xorshift: the same numbers in every run. */
static inline uint64_t
store_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;

    return *seed;
}

#endif /* PL_TEST_STORE_H_INCLUDED */
