/*
 * Ordered scans: a cursor, a direction, and where to begin.
 *
 * A transaction keeps a few ended scans, so that a scan of a table that was
 * scanned before allocates nothing: a reader's cursor is renewed, also in a
 * later transaction of the same struct; a writer's lives as long as its
 * transaction, when LMDB frees it.
 */

#include <stdlib.h>
#include <string.h>

#include "store_impl.h"


static bool scan_at(pl_scan_t *scan, const MDB_val *key);
static pl_scan_t *scan_take(pl_txn_t *txn, pl_table_e table);
static int scan_cursor(pl_scan_t *scan);
static pl_status_t scan_row(pl_scan_t *scan, const MDB_val *k,
    const MDB_val *v, pl_str_t *key, pl_str_t *value, pl_err_t *err);
static int scan_first(pl_scan_t *scan, MDB_val *key, MDB_val *value);


pl_status_t
pl_store_scan(pl_txn_t *txn, pl_table_e table, pl_str_t from, bool backward,
    pl_scan_t **out, pl_err_t *err)
{
    int           rc;
    pl_scan_t    *scan;
    pl_status_t   status;

    *out = NULL;

    status = pl_store_check(txn, table, false, err);
    if (status != PL_OK) {
        return status;
    }

    if (from.len > PL_KEY_MAX) {
        return pl_err_set(err, PL_TOOBIG, "scan", 0, "key is too long");
    }

    scan = scan_take(txn, table);
    if (scan == NULL) {
        return pl_err_set(err, PL_NOMEM, "scan", 0, "no memory");
    }

    scan->table = table;
    rc = scan_cursor(scan);
    if (rc != 0) {
        return pl_store_failed(txn, "scan", rc, table, err);
    }

    scan->active = true;
    scan->begun = false;
    scan->done = false;
    scan->row = false;
    scan->gap = false;
    scan->lost = false;
    scan->backward = backward;
    scan->from_len = from.len;
    if (from.len != 0) {
        memcpy(scan->from, from.data, from.len);
    }

    if (txn->write) {
        txn->scanning |= 1ull << table;
    }

    *out = scan;

    return PL_OK;
}


pl_status_t
pl_store_scan_next(pl_scan_t *scan, pl_str_t *key, pl_str_t *value,
    pl_err_t *err)
{
    int          rc;
    MDB_val      k, v;
    pl_status_t  status;

    *key = PL_STR_NULL;
    *value = PL_STR_NULL;

    if (!scan->active) {
        return pl_err_set(err, PL_MISUSE, "scan", 0, "the scan has ended");
    }

    status = pl_store_check(scan->txn, scan->table, false, err);
    if (status != PL_OK) {
        return status;
    }

    if (scan->lost) {
        status = pl_err_set(err, PL_MISUSE, "scan", 0,
                            "its place was lost: another call deleted the "
                            "row, or put one behind a deleted one");
        pl_err_path(err, "%s", pl_store_tables[scan->table].name);
        return status;
    }

    scan->row = false;
    scan->gap = false;

    if (scan->done) {           /* LMDB would begin at the first row again */
        return PL_NOTFOUND;
    }

    do {
        if (scan->begun) {
            rc = mdb_cursor_get(scan->cursor, &k, &v,
                                scan->backward ? MDB_PREV : MDB_NEXT);
        } else {
            rc = scan_first(scan, &k, &v);
            scan->begun = true;
        }

        if (rc == MDB_NOTFOUND) {
            scan->done = true;
            return PL_NOTFOUND;
        }

        if (rc != 0) {
            return pl_store_failed(scan->txn, "scan", rc, scan->table, err);
        }

        status = scan_row(scan, &k, &v, key, value, err);
    } while (status == PL_NOTFOUND);    /* sealed, and forgotten */

    scan->row = status == PL_OK;

    return status;
}


static pl_status_t
scan_row(pl_scan_t *scan, const MDB_val *k, const MDB_val *v, pl_str_t *key,
    pl_str_t *value, pl_err_t *err)
{
    pl_str_t  real;

    real.data = k->mv_data;
    real.len = k->mv_size;
    *key = real;
    value->data = v->mv_data;
    value->len = v->mv_size;

    return value->len == 0 || value->data[0] == 0
           ? PL_OK
           : pl_store_unseal(scan->txn, scan->table, real, value, key, err);
}


pl_status_t
pl_store_scan_del(pl_scan_t *scan, pl_err_t *err)
{
    int          rc;
    MDB_val      k, v;
    pl_status_t  status;

    if (!scan->active || !scan->row) {
        return pl_err_set(err, PL_MISUSE, "scan", 0,
                          "there is no row to delete");
    }

    status = pl_store_check(scan->txn, scan->table, true, err);
    if (status != PL_OK) {
        return status;
    }

    if (scan->lost) {
        return pl_err_set(err, PL_MISUSE, "scan", 0,
                          "the row was deleted by another call");
    }

    rc = mdb_cursor_get(scan->cursor, &k, &v, MDB_GET_CURRENT);
    if (rc != 0) {
        return pl_store_failed(scan->txn, "scan", rc, scan->table, err);
    }

    scan->row = false;
    scan->gap = true;
    pl_store_scans_del(scan->txn, scan->table, &k, scan);

    if (scan->table == PL_TABLE_ADDRESSES) {
        pl_store_cache_forget(scan->txn->env->cache);   /* keyed otherwise */
    }

    pl_store_cache_drop(scan->txn->env->cache, scan->table,
                        (pl_str_t) { k.mv_data, k.mv_size });
    pl_store_pages_del(scan->txn, scan->table, k.mv_data,
                       k.mv_size + v.mv_size);

    rc = mdb_cursor_del(scan->cursor, 0);

    return rc == 0 ? PL_OK
                   : pl_store_failed(scan->txn, "scan", rc, scan->table,
                                     err);
}


void
pl_store_scan_end(pl_scan_t *scan)
{
    pl_txn_t   *txn;
    pl_scan_t  *other;

    if (scan == NULL || !scan->active) {
        return;
    }

    txn = scan->txn;
    scan->active = false;
    txn->scanning &= ~(1ull << scan->table);

    for (other = txn->scans; other != NULL; other = other->next) {
        if (other->active && txn->write) {
            txn->scanning |= 1ull << other->table;
        }
    }
}


void
pl_store_scans_put(pl_txn_t *txn, pl_table_e table)
{
    pl_scan_t  *scan;

    for (scan = txn->scans; scan != NULL; scan = scan->next) {
        if (scan->active && scan->table == table && scan->gap) {
            scan->lost = true;
        }
    }
}


void
pl_store_scans_del(pl_txn_t *txn, pl_table_e table, const MDB_val *key,
    const pl_scan_t *but)
{
    pl_scan_t  *scan;

    for (scan = txn->scans; scan != NULL; scan = scan->next) {
        if (scan != but && scan->active && scan->table == table
            && scan->row && scan_at(scan, key))
        {
            scan->lost = true;
        }
    }
}


void
pl_store_scans_end(pl_txn_t *txn)
{
    unsigned    kept;
    pl_scan_t  *scan, **link;

    kept = 0;

    for (link = &txn->scans; (scan = *link) != NULL; /* void */ ) {
        scan->active = false;

        if (txn->write) {
            scan->cursor = NULL;        /* LMDB frees it with the txn */
        }

        if (++kept <= STORE_SCANS_MAX) {
            link = &scan->next;
            continue;
        }

        *link = scan->next;
        mdb_cursor_close(scan->cursor); /* NULL is fine */
        free(scan);
    }
}


void
pl_store_scans_free(pl_txn_t *txn)
{
    pl_scan_t  *scan, *next;

    for (scan = txn->scans; scan != NULL; scan = next) {
        next = scan->next;
        mdb_cursor_close(scan->cursor); /* NULL is fine */
        free(scan);
    }

    txn->scans = NULL;
}


/* Does it stand on the row of this key? */
static bool
scan_at(pl_scan_t *scan, const MDB_val *key)
{
    MDB_val  k, v;

    return mdb_cursor_get(scan->cursor, &k, &v, MDB_GET_CURRENT) == 0
           && k.mv_size == key->mv_size
           && memcmp(k.mv_data, key->mv_data, k.mv_size) == 0;
}


/* Best an ended one of that table, else any, else a new one. */
static pl_scan_t *
scan_take(pl_txn_t *txn, pl_table_e table)
{
    pl_scan_t  *scan, *any;

    any = NULL;

    for (scan = txn->scans; scan != NULL; scan = scan->next) {
        if (scan->active) {
            continue;
        }

        if (scan->cursor != NULL && scan->table == table) {
            return scan;
        }

        any = scan;
    }

    if (any == NULL) {
        any = calloc(1, sizeof(*any));
        if (any == NULL) {
            return NULL;
        }

        any->txn = txn;
        any->next = txn->scans;
        txn->scans = any;
    }

    mdb_cursor_close(any->cursor);      /* NULL is fine */
    any->cursor = NULL;

    return any;
}


static int
scan_cursor(pl_scan_t *scan)
{
    pl_txn_t  *txn;

    txn = scan->txn;

    if (scan->cursor == NULL) {
        return mdb_cursor_open(txn->mdb, txn->st->dbi[scan->table],
                               &scan->cursor);
    }

    /* a writer's is of this transaction and is placed anew by its use */
    return txn->write ? 0 : mdb_cursor_renew(txn->mdb, scan->cursor);
}


static int
scan_first(pl_scan_t *scan, MDB_val *key, MDB_val *value)
{
    int      rc;
    MDB_val  from;

    if (scan->from_len == 0) {
        return mdb_cursor_get(scan->cursor, key, value,
                              scan->backward ? MDB_LAST : MDB_FIRST);
    }

    from.mv_data = scan->from;
    from.mv_size = scan->from_len;
    *key = from;

    rc = mdb_cursor_get(scan->cursor, key, value, MDB_SET_RANGE);

    if (!scan->backward) {
        return rc;
    }

    if (rc == MDB_NOTFOUND) {
        return mdb_cursor_get(scan->cursor, key, value, MDB_LAST);
    }

    if (rc == 0 && (key->mv_size != from.mv_size
                    || memcmp(key->mv_data, from.mv_data, from.mv_size) != 0))
    {
        return mdb_cursor_get(scan->cursor, key, value, MDB_PREV);
    }

    return rc;
}
