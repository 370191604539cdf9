/*
 * What LMDB's codes mean to us: a status, and words for people.
 */

#include <errno.h>

#include "store_impl.h"
#include "sys_impl.h"

static pl_status_t fail_status(int rc);


/*
 * LMDB's codes and errnos share one number space: LMDB's are negative.
 */
pl_status_t
pl_store_fail(pl_err_t *err, const char *op, int rc, const char *path)
{
    pl_status_t  status;
    const char  *text;

    status = fail_status(rc);

    switch (rc) {
    case MDB_MAP_FULL:
        text = "the map is full";
        break;

    case MDB_READERS_FULL:
        text = "the reader table is full";
        break;

    case MDB_MAP_RESIZED:
        text = "another process uses a larger map; open the store again";
        break;

    case MDB_PANIC:
        text = "a write of the meta page failed; open the store again";
        break;

    case EAGAIN:
        text = "another PID namespace uses the store: LMDB cannot tell its "
               "processes from ours";
        break;

    default:
        text = rc < 0 ? mdb_strerror(rc) : "";
        break;
    }

    (void) pl_err_set(err, status, op, rc > 0 ? rc : 0, "%s", text);
    pl_err_path(err, "%s", path);

    return status;
}


pl_status_t
pl_store_failed(pl_txn_t *txn, const char *op, int rc, pl_table_e table,
    pl_err_t *err)
{
    pl_status_t  status;

    rc = pl_store_full(txn->st, txn->env, rc);
    status = pl_store_fail(err, op, rc, pl_store_tables[table].name);

    if (txn->write) {
        txn->failed = status;   /* LMDB takes no more of it either */
    }

    return status;
}


/*
 * The map is full: ours. If another process has chosen a larger one since we
 * opened the store, as a reload with another size does, it is not the store
 * that is full, and reopening helps; LMDB tells that only once there are pages
 * past our end. A map that is smaller because this process was told so stays.
 */
int
pl_store_full(const pl_store_t *st, const store_env_t *env, int rc)
{
    uint64_t  chosen;

    if (rc != MDB_MAP_FULL) {
        return rc;
    }

    chosen = pl_store_probe_chosen(st);

    return chosen > st->chosen && chosen > env->map_bytes ? MDB_MAP_RESIZED
                                                          : rc;
}


static pl_status_t
fail_status(int rc)
{
    switch (rc) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case MDB_READERS_FULL:
        return PL_FULL;

    case MDB_PANIC:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_PAGE_FULL:
    case MDB_MAP_RESIZED:
    case MDB_BAD_RSLOT:
        return PL_BROKEN;

    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return PL_FOREIGN;

    case MDB_BAD_TXN:
    case MDB_BAD_DBI:
        return PL_MISUSE;

    case MDB_BAD_VALSIZE:
        return PL_TOOBIG;

    case MDB_NOTFOUND:
        return PL_NOTFOUND;

    case MDB_KEYEXIST:
        return PL_EXISTS;

    case EAGAIN:
        return PL_BUSY;

    default:
        return pl_sys_status(rc);
    }
}
