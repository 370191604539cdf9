/*
 * What is done in a transaction by key: get, put, delete. A row's value may
 * be sealed, and its key may be a hash of the caller's: store_seal.c.
 */

#include <string.h>

#include "store_impl.h"

static pl_status_t row_get(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t *value, pl_err_t *err);
static pl_status_t row_opened(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t *value, pl_err_t *err);
static pl_status_t row_get_hashed(pl_txn_t *txn, pl_table_e table,
    pl_str_t key, pl_str_t *value, pl_err_t *err);
static pl_status_t row_key(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    bool seal, uint8_t hashed[STORE_HASHED_LEN], pl_str_t *real,
    pl_err_t *err);
static pl_status_t row_reserve(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    size_t len, bool append, uint8_t **space, pl_err_t *err);
static pl_status_t row_del(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_err_t *err);
static int row_cursor(pl_txn_t *txn, pl_table_e table);
static pl_status_t row_bad(pl_str_t key, pl_table_e table, pl_err_t *err);


pl_status_t
pl_store_get(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_str_t *value,
    pl_err_t *err)
{
    bool         cached;
    pl_status_t  status;

    *value = PL_STR_NULL;

    status = pl_store_check(txn, table, false, err);
    if (status != PL_OK) {
        return status;
    }

    cached = txn->write && pl_store_cache_keeps(txn->env->cache, table);

    if (cached && pl_store_cache_get(txn->env->cache, table, key, value)) {
        return PL_OK;
    }

    status = pl_store_seal_keyed(txn, table, key)
             ? row_get_hashed(txn, table, key, value, err)
             : row_get(txn, table, key, value, err);

    if (status == PL_OK && cached && !txn->passing) {
        pl_store_cache_add(txn->env->cache, table, key, *value);
    }

    return status;
}


void
pl_store_passing(pl_txn_t *txn, bool passing)
{
    txn->passing = passing;
}


pl_status_t
pl_store_there(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_err_t *err)
{
    int          rc;
    MDB_val      k, v;
    pl_status_t  status;

    status = pl_store_check(txn, table, false, err);
    if (status != PL_OK) {
        return status;
    }

    k.mv_data = (void *) key.data;
    k.mv_size = key.len;

    rc = mdb_get(txn->mdb, txn->st->dbi[table], &k, &v);

    return rc == 0 ? PL_OK
           : rc == MDB_NOTFOUND ? PL_NOTFOUND
           : pl_store_failed(txn, "get", rc, table, err);
}


pl_status_t
pl_store_put(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_str_t value,
    pl_err_t *err)
{
    uint8_t      *space;
    pl_status_t   status;

    status = pl_store_reserve(txn, table, key, value.len, false, &space,
                              err);

    if (status == PL_OK && value.len != 0) {
        memcpy(space, value.data, value.len);
    }

    return status;
}


pl_status_t
pl_store_reserve(pl_txn_t *txn, pl_table_e table, pl_str_t key, size_t len,
    bool append, uint8_t **space, pl_err_t *err)
{
    bool         seal, plain;
    uint8_t      hashed[STORE_HASHED_LEN], *page;
    pl_str_t     real;
    pl_status_t  status;

    *space = NULL;

    status = pl_store_check(txn, table, true, err);
    if (status != PL_OK) {
        return status;
    }

    pl_store_cache_drop(txn->env->cache, table, key);

    real = key;
    plain = txn->plain;
    seal = pl_store_seal_wants(txn, table, key);

    if (table == PL_TABLE_TOMBSTONES
        || pl_store_seal_keyed(txn, table, key))
    {
        status = row_key(txn, table, key,
                         !plain && pl_slots_on(txn->st->slots), hashed,
                         &real, err);
        if (status != PL_OK) {
            return status;
        }

        append = append && real.data == key.data;   /* no order of ours */
    }

    if (!seal) {
        return row_reserve(txn, table, real, len, append, space, err);
    }

    status = row_reserve(txn, table, real,
                               pl_store_seal_len(table, key, len), append,
                               &page, err);

    return status == PL_OK ? pl_store_seal_begin(txn, table, key, real, len,
                                                 page, space, err)
                           : status;
}


pl_status_t
pl_store_del(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_err_t *err)
{
    uint8_t      hashed[STORE_HASHED_LEN];
    pl_str_t     real;
    pl_status_t  status, other;

    status = pl_store_check(txn, table, true, err);
    if (status != PL_OK) {
        return status;
    }

    if (key.len == 0 || key.len > PL_KEY_MAX) {
        return row_bad(key, table, err);
    }

    pl_store_cache_drop(txn->env->cache, table, key);

    if (!pl_store_seal_keyed(txn, table, key)) {
        return row_del(txn, table, key, err);
    }

    status = pl_store_seal_key(txn, table, key, false, hashed, &real, err);
    if (status == PL_OK) {
        status = row_del(txn, table, real, err);
    }

    if (status != PL_OK && status != PL_NOTFOUND) {
        return status;
    }

    other = row_del(txn, table, key, err);

    return other == PL_NOTFOUND ? status : other;
}


void
pl_store_plain(pl_txn_t *txn)
{
    txn->plain = true;
}


void
pl_store_secret(pl_txn_t *txn, uint64_t number)
{
    txn->secret = true;
    txn->secret_number = number;
}


/* A row as it stands under a key, opened. */

static pl_status_t
row_get(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_str_t *value,
    pl_err_t *err)
{
    int      rc;
    MDB_val  k, v;

    k.mv_data = (void *) key.data;
    k.mv_size = key.len;

    if (txn->write) {
        rc = row_cursor(txn, table);
        if (rc == 0) {
            rc = mdb_cursor_get(txn->cursor[table], &k, &v, MDB_SET);
        }

    } else {
        rc = mdb_get(txn->mdb, txn->st->dbi[table], &k, &v);
    }

    if (rc == 0) {
        value->data = v.mv_data;
        value->len = v.mv_size;

        return value->len == 0 || value->data[0] == 0
               ? PL_OK : row_opened(txn, table, key, value, err);
    }

    if (rc == MDB_NOTFOUND) {
        return PL_NOTFOUND;
    }

    if (rc == MDB_BAD_VALSIZE) {
        return row_bad(key, table, err);
    }

    return pl_store_failed(txn, "get", rc, table, err);
}


static pl_status_t
row_opened(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_str_t *value,
    pl_err_t *err)
{
    pl_status_t  status;

    status = pl_store_unseal(txn, table, key, value, NULL, err);
    if (status != PL_OK) {
        *value = PL_STR_NULL;
    }

    return status;
}


/* Under its hash; or as it was put before anything was sealed. */

static pl_status_t
row_get_hashed(pl_txn_t *txn, pl_table_e table, pl_str_t key,
    pl_str_t *value, pl_err_t *err)
{
    uint8_t      hashed[STORE_HASHED_LEN];
    pl_str_t     real;
    pl_status_t  status;

    if (key.len == 0 || key.len > PL_KEY_MAX) {
        return row_bad(key, table, err);
    }

    status = pl_store_seal_key(txn, table, key, false, hashed, &real, err);
    if (status == PL_OK) {
        status = row_get(txn, table, real, value, err);
    }

    return status == PL_NOTFOUND
           ? row_get(txn, table, key, value, err) : status;
}


/* The key that a row gets where keys are hashed; its other form goes. */

static pl_status_t
row_key(pl_txn_t *txn, pl_table_e table, pl_str_t key, bool seal,
    uint8_t hashed[STORE_HASHED_LEN], pl_str_t *real, pl_err_t *err)
{
    pl_str_t     other;
    pl_status_t  status;

    if (key.len == 0 || key.len > PL_KEY_MAX) {
        return row_bad(key, table, err);
    }

    if (table == PL_TABLE_TOMBSTONES) {
        status = pl_slots_make(txn->st->slots, err);
        if (status != PL_OK) {
            return status;
        }

        seal = true;
    }

    if (!pl_store_seal_keyed(txn, table, key)) {
        return PL_OK;
    }

    if (table == PL_TABLE_WORDS && !seal) {
        return PL_OK;                   /* put once, in one form */
    }

    status = pl_store_seal_key(txn, table, key, true, hashed, &other, err);
    if (status != PL_OK) {
        return status;
    }

    if (seal) {
        *real = other;
        other = key;
    }

    if (table == PL_TABLE_WORDS) {
        return PL_OK;
    }

    status = row_del(txn, table, other, err);

    return status == PL_NOTFOUND ? PL_OK : status;
}


static pl_status_t
row_reserve(pl_txn_t *txn, pl_table_e table, pl_str_t key, size_t len,
    bool append, uint8_t **space, pl_err_t *err)
{
    int          rc;
    MDB_val      k, v;
    pl_status_t  status;

    k.mv_data = (void *) key.data;
    k.mv_size = key.len;
    v.mv_data = NULL;
    v.mv_size = len;

    rc = row_cursor(txn, table);
    if (rc == 0) {
        rc = mdb_cursor_put(txn->cursor[table], &k, &v,
                            append ? MDB_RESERVE | MDB_APPEND : MDB_RESERVE);
    }

    if (rc == 0) {
        if ((txn->scanning & 1ull << table) != 0) {
            pl_store_scans_put(txn, table);
        }

        *space = v.mv_data;
        return pl_store_pages_put(txn, table, v.mv_data, key.len, len, err);
    }

    if (rc == MDB_KEYEXIST) {
        status = pl_err_set(err, PL_EXISTS, "append", 0,
                            "the key is not the greatest");
        pl_err_path(err, "%s", pl_store_tables[table].name);
        return status;
    }

    if (rc == MDB_BAD_VALSIZE) {
        return row_bad(key, table, err);
    }

    return pl_store_failed(txn, append ? "append" : "put", rc, table, err);
}


static pl_status_t
row_del(pl_txn_t *txn, pl_table_e table, pl_str_t key, pl_err_t *err)
{
    int      rc;
    MDB_val  k, v;

    k.mv_data = (void *) key.data;
    k.mv_size = key.len;

    /* the cursor shows the page before the row goes */
    rc = row_cursor(txn, table);
    if (rc == 0) {
        rc = mdb_cursor_get(txn->cursor[table], &k, &v, MDB_SET_KEY);
    }

    if (rc == MDB_NOTFOUND) {
        return PL_NOTFOUND;
    }

    if (rc == 0) {
        if ((txn->scanning & 1ull << table) != 0) {
            pl_store_scans_del(txn, table, &k, NULL);
        }

        pl_store_pages_del(txn, table, k.mv_data, k.mv_size + v.mv_size);
        rc = mdb_cursor_del(txn->cursor[table], 0);
    }

    return rc == 0 ? PL_OK
                   : pl_store_failed(txn, "delete", rc, table, err);
}


/*
 * A writer keeps a cursor for each table that it uses: where the next key
 * lies on the page that it stands on, or behind the last row, as rows at the
 * right edge do, LMDB needs no search from the root. LMDB frees them when the
 * transaction ends.
 */

static int
row_cursor(pl_txn_t *txn, pl_table_e table)
{
    return txn->cursor[table] != NULL
           ? 0 : mdb_cursor_open(txn->mdb, txn->st->dbi[table],
                                 &txn->cursor[table]);
}


static pl_status_t
row_bad(pl_str_t key, pl_table_e table, pl_err_t *err)
{
    pl_status_t  status;

    status = key.len == 0
             ? pl_err_set(err, PL_INVALID, "check key", 0, "empty key")
             : pl_err_set(err, PL_TOOBIG, "check key", 0,
                          "key or value is too long: key has %zu bytes, "
                          "%d are allowed", key.len, PL_KEY_MAX);
    pl_err_path(err, "%s", pl_store_tables[table].name);

    return status;
}
