/*
 * Transactions. See store_impl.h for the other files of this door to LMDB.
 *
 * The wrapper's part is small on purpose, since the fold comes here a dozen
 * times for each message: a check of a few words, LMDB's call, and a note of
 * what was dirtied. Nothing is allocated: a writer's struct belongs to its
 * environment (there is one writer), readers are renewed from a list.
 *
 * LMDB's internal assertions end the process. mdb_env_set_assert() can
 * report them but not survive them: 0.9.24 calls abort() when the handler
 * returns. What the probe (store_probe.c) cannot see, damage below a root
 * page, may therefore still end a process; the roots it sees.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "clock.h"
#include "store_impl.h"
#include "sys_impl.h"


static pl_status_t store_begin_write(pl_store_t *st, pl_env_e env,
    pl_txn_t **txn, pl_err_t *err);
static pl_status_t store_begin_read(pl_store_t *st, pl_env_e env,
    pl_txn_t **txn, pl_err_t *err);
static int store_snapshot(pl_txn_t *txn);
static pl_txn_t *store_reader_get(pl_store_t *st, pl_env_e env);
static void store_reader_put(pl_txn_t *txn);
static pl_status_t store_refuse(pl_txn_t *txn, pl_table_e table,
    pl_err_t *err);
static bool store_foreign_thread(const pl_txn_t *txn);
static pl_status_t store_commit_failed(pl_store_t *st, store_env_t *env,
    int rc, size_t dirty, pl_err_t *err);


pl_status_t
pl_store_begin(pl_store_t *st, pl_env_e env, bool write, pl_txn_t **txn,
    pl_err_t *err)
{
    *txn = NULL;

    if (!pl_store_ours(st)) {
        return pl_err_set(err, PL_MISUSE, "begin", 0,
                          "the store was opened by another process");
    }

    if (st->env[env].mdb == NULL) {
        return pl_err_set(err, PL_BROKEN, "begin", 0,
                          "the store could not be opened again yet");
    }

    if (atomic_load_explicit(&st->gone, memory_order_relaxed)) {
        return pl_err_set(err, PL_BROKEN, "begin", 0,
                          "the store's folder was moved or removed");
    }

    return write ? store_begin_write(st, env, txn, err)
                 : store_begin_read(st, env, txn, err);
}


pl_status_t
pl_store_commit(pl_txn_t *txn, pl_err_t *err)
{
    int           rc;
    size_t        dirty;
    int64_t       began_us;
    MDB_txn      *mdb;
    pl_store_t   *st;
    pl_status_t   status;
    store_env_t  *env;

    st = txn->st;
    env = txn->env;

    status = pl_store_check(txn, PL_TABLE_COUNT, false, err);
    if (status != PL_OK) {
        pl_store_abort(txn);    /* does nothing where it is not ours */
        return status;
    }

    if (!txn->write) {
        pl_store_abort(txn);    /* a reader has nothing to write */
        return PL_OK;
    }

    status = pl_store_pages_ahead(txn, err);
    if (status != PL_OK) {
        pl_store_abort(txn);
        return status;
    }

    /* the next writer may have the struct before mdb_txn_commit returns */
    mdb = txn->mdb;
    dirty = txn->dirty;
    pl_store_scans_end(txn);
    txn->mdb = NULL;

    /* while it is ours; a commit of nothing takes no number */
    pl_store_cache_end(env->cache, dirty != 0);

    began_us = pl_clock_mono_us(pl_clock_system());
    rc = mdb_txn_commit(mdb);
    atomic_fetch_sub(&st->live, 1);

    if (dirty != 0) {
        pl_store_committed(env, pl_clock_mono_us(pl_clock_system())
                                - began_us);
    }

    return rc == 0 ? pl_store_here_env(st, env, err)
                   : store_commit_failed(st, env, rc, dirty, err);
}


void
pl_store_abort(pl_txn_t *txn)
{
    MDB_txn     *mdb;
    pl_store_t  *st;

    if (txn == NULL || txn->mdb == NULL || !pl_store_ours(txn->st)
        || store_foreign_thread(txn))
    {
        return;
    }

    st = txn->st;
    pl_store_scans_end(txn);

    if (!txn->write) {
        mdb_txn_reset(txn->mdb);
        store_reader_put(txn);

    } else {
        mdb = txn->mdb;
        txn->mdb = NULL;        /* before the next writer has the struct */
        pl_store_cache_end(txn->env->cache, false);
        mdb_txn_abort(mdb);
    }

    atomic_fetch_sub(&st->live, 1);
}


size_t
pl_store_dirty(const pl_txn_t *txn)
{
    return txn->dirty;
}


pl_status_t
pl_store_check(pl_txn_t *txn, pl_table_e table, bool write, pl_err_t *err)
{
    if (txn->mdb == NULL || !pl_store_ours(txn->st)
        || (txn->write && !pthread_equal(txn->thread, pthread_self()))
        || (write && !txn->write)
        || (table != PL_TABLE_COUNT
            && pl_store_tables[table].env != txn->which)
        || txn->failed != PL_OK
        || pl_clock_coarse_ms() > txn->deadline_ms)
    {
        return store_refuse(txn, table, err);
    }

    return txn->sealed.on ? pl_store_seal_end(txn, err) : PL_OK;
}


bool
pl_store_ours(const pl_store_t *st)
{
    return st->alive != NULL
           ? atomic_load_explicit(st->alive, memory_order_relaxed) != 0
           : st->pid == getpid();
}


void
pl_store_idle_clear(pl_store_t *st)
{
    int        i;
    pl_txn_t  *txn, *next;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        for (txn = st->idle[i]; txn != NULL; txn = next) {
            next = txn->next;
            pl_store_scans_free(txn);
            pl_store_seal_free(txn);
            mdb_txn_abort(txn->mdb);
            free(txn);
        }

        st->idle[i] = NULL;
    }

    st->idle_count = 0;
}


static pl_status_t
store_begin_write(pl_store_t *st, pl_env_e env, pl_txn_t **out,
    pl_err_t *err)
{
    int           rc;
    MDB_txn      *mdb;
    pl_txn_t     *txn;
    store_env_t  *e;
    pl_status_t   status;

    e = &st->env[env];

    rc = mdb_txn_begin(e->mdb, NULL, 0, &mdb);
    if (rc != 0) {
        return pl_store_fail(err, "begin", rc, e->path);
    }

    txn = e->writer;
    txn->mdb = mdb;
    txn->st = st;
    txn->env = e;
    txn->which = env;
    txn->write = true;
    txn->failed = PL_OK;
    txn->deadline_ms = pl_clock_coarse_ms() + st->conf.write_age_ms;
    txn->thread = pthread_self();
    txn->tid = gettid();
    txn->scanning = 0;
    txn->plain = false;
    txn->secret = false;
    txn->passing = false;
    txn->sealed.on = false;
    memset(txn->cursor, 0, sizeof(txn->cursor));
    atomic_fetch_add(&st->live, 1);

    pl_store_cache_begin(e->cache, mdb_txn_id(mdb));

    status = pl_store_here_lock(st, e, err);
    if (status == PL_OK) {
        status = pl_store_pages_begin(txn, err);
    }

    if (status != PL_OK) {
        pl_store_abort(txn);
        return status;
    }

    *out = txn;

    return PL_OK;
}


static pl_status_t
store_begin_read(pl_store_t *st, pl_env_e env, pl_txn_t **out,
    pl_err_t *err)
{
    int           rc;
    unsigned      tries;
    pl_txn_t     *txn;
    store_env_t  *e;

    e = &st->env[env];
    txn = store_reader_get(st, env);
    if (txn == NULL) {
        return pl_err_set(err, PL_NOMEM, "begin", 0, "no memory");
    }

    rc = MDB_READERS_FULL;

    for (tries = 0; rc == MDB_READERS_FULL && tries < 2; tries++) {
        rc = store_snapshot(txn);

        if (rc == MDB_READERS_FULL
            && pl_store_reap(st, NULL, NULL) != PL_OK)
        {
            break;              /* then it stays full: told below */
        }
    }

    if (rc != 0) {
        mdb_txn_abort(txn->mdb);        /* NULL is fine */
        pl_store_scans_free(txn);
        pl_store_seal_free(txn);
        free(txn);
        return pl_store_fail(err, "begin", rc, e->path);
    }

    txn->failed = PL_OK;
    txn->deadline_ms = pl_clock_coarse_ms() + st->conf.read_age_ms;
    atomic_fetch_add(&st->live, 1);
    *out = txn;

    return PL_OK;
}


/*
 * LMDB notes the newest transaction's number N first and copies its roots
 * from one of two meta pages then. A thread that is preempted in between, for
 * as long as the next commit takes, copies what N + 2 has written there and
 * not yet synced: a state that a power cut could still undo, and that the
 * next read would not show. While the newest commit is N + 1 at most, after
 * the copy, the page cannot have been written to.
 */
static int
store_snapshot(pl_txn_t *txn)
{
    int          rc;
    unsigned     tries;
    MDB_envinfo  info;

    for (tries = 0; tries < STORE_SNAPSHOT_TRIES; tries++) {
        rc = txn->mdb != NULL
             ? mdb_txn_renew(txn->mdb)
             : mdb_txn_begin(txn->env->mdb, NULL, MDB_RDONLY, &txn->mdb);

        if (rc != 0) {
            return rc;
        }

        rc = mdb_env_info(txn->env->mdb, &info);

        if (rc != 0 || info.me_last_txnid <= mdb_txn_id(txn->mdb) + 1) {
            return rc;
        }

        mdb_txn_reset(txn->mdb);
    }

    return EBUSY;               /* overtaken each time: so busy is nobody */
}


static pl_txn_t *
store_reader_get(pl_store_t *st, pl_env_e env)
{
    pl_txn_t  *txn;

    (void) pthread_mutex_lock(&st->mutex);      /* cannot fail: not nested */

    txn = st->idle[env];
    if (txn != NULL) {
        st->idle[env] = txn->next;
        st->idle_count--;
    }

    (void) pthread_mutex_unlock(&st->mutex);

    if (txn == NULL) {
        txn = calloc(1, sizeof(*txn));  /* a reader that writes nothing */
        if (txn == NULL) {
            return NULL;
        }

        txn->st = st;
        txn->env = &st->env[env];
        txn->which = env;
    }

    return txn;
}


/*
 * Keeps a reader that was reset. Its slot in the reader table pins no page.
 * A stale call on it is not noticed, as its mdb must stay.
 */
static void
store_reader_put(pl_txn_t *txn)
{
    bool         kept;
    pl_store_t  *st;

    st = txn->st;
    txn->deadline_ms = INT64_MIN;       /* a call after its end is refused */

    (void) pthread_mutex_lock(&st->mutex);

    kept = st->idle_count < STORE_IDLE_MAX;
    if (kept) {
        txn->next = st->idle[txn->which];
        st->idle[txn->which] = txn;
        st->idle_count++;
    }

    (void) pthread_mutex_unlock(&st->mutex);

    if (!kept) {
        pl_store_scans_free(txn);
        pl_store_seal_free(txn);
        mdb_txn_abort(txn->mdb);
        free(txn);
    }
}


static pl_status_t
store_refuse(pl_txn_t *txn, pl_table_e table, pl_err_t *err)
{
    pl_status_t  status;
    const char  *text;

    status = PL_MISUSE;

    if (txn->mdb == NULL) {
        text = "the transaction has ended";

    } else if (!pl_store_ours(txn->st)) {
        text = "the store was opened by another process";

    } else if (store_foreign_thread(txn)) {
        text = "a write transaction belongs to the thread that began it";

    } else if (txn->failed != PL_OK) {
        status = txn->failed;
        text = "the transaction has failed before";

    } else if (pl_clock_coarse_ms() > txn->deadline_ms) {
        text = txn->deadline_ms == INT64_MIN
               ? "the transaction has ended"
               : "the transaction is older than its limit";

    } else if (table != PL_TABLE_COUNT
               && pl_store_tables[table].env != txn->which)
    {
        text = "the table is in the other environment";

    } else {
        text = "a read transaction cannot write";
    }

    (void) pl_err_set(err, status, "check transaction", 0, "%s", text);
    if (table != PL_TABLE_COUNT) {
        pl_err_path(err, "%s", pl_store_tables[table].name);
    }

    return status;
}


/* A dead thread's pthread_t may be given out again: its tid is not, soon. */
static bool
store_foreign_thread(const pl_txn_t *txn)
{
    return txn->write
           && (!pthread_equal(txn->thread, pthread_self())
               || txn->tid != gettid());
}


/*
 * LMDB calls a short write EIO and cannot know that it was for want of room;
 * it also does not say whether the write was that of the meta page, after
 * which it takes no more transactions: a reader tells.
 */
static pl_status_t
store_commit_failed(pl_store_t *st, store_env_t *env, int rc, size_t dirty,
    pl_err_t *err)
{
    int             probe;
    MDB_txn        *reader;
    pl_status_t     status;
    struct statvfs  fs;

    rc = pl_store_full(st, env, rc);
    status = pl_store_fail(err, "commit", rc, env->path);
    pl_store_cache_forget(env->cache);

    probe = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &reader);
    if (probe == MDB_PANIC) {
        return pl_store_fail(err, "commit", MDB_PANIC, env->path);
    }

    if (probe == 0) {
        mdb_txn_abort(reader);
    }

    if (rc == EIO && statvfs(env->path, &fs) == 0
        && (uint64_t) fs.f_bavail * fs.f_frsize
           < (dirty + 256) * env->page_bytes)
    {
        status = pl_err_set(err, PL_FULL, "commit", ENOSPC,
                            "the disk is full");
        pl_err_path(err, "%s", env->path);
    }

    return status;
}
