/*
 * Copies of an environment's data file: of one in use (pl_store_copy), and
 * in the place of one that nobody uses (pl_store_compact).
 *
 * A copy in use is a snapshot: LMDB reads it in a transaction of its own, so
 * that writers go on, and pages that they free stay in the file until the
 * copy is done. What is copied to a slow place makes the file grow.
 *
 * Compacting. Each environment is copied without its free pages to
 * DIR/ENV/compact.mdb, synced, held against the original, and renamed to
 * data.mdb: one step, so that a process or a machine that dies at any moment
 * leaves the old file or the new one, both whole, and both with every row.
 * Nobody else may have the store open meanwhile, since a writer of the old
 * file would write to one that is about to lose its name: all of open.lock
 * is locked (store_open.c takes one byte of it for each process), which
 * shows that nobody has it open, and keeps everybody out.
 *
 * LMDB counts the transactions of a compacted file from 1 again, which the
 * lock file of the old one contradicts; whoever opens a store alone makes
 * that anew.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_impl.h"
#include "sys_impl.h"


#define COPY_TEMP  "compact.mdb"

/* Where a test dies (t/unit/store_copy_test.c); nothing elsewhere. */
#ifndef COPY_STEP
#define COPY_STEP(name)
#endif


static pl_status_t copy_file(MDB_env *mdb, const char *path, bool compact,
    pl_err_t *err);
static pl_status_t compact_lock(const char *dir, int *fd, pl_err_t *err);
static pl_status_t compact_env(const char *dir, pl_env_e which,
    pl_store_compacted_t *out, pl_err_t *err);
static pl_status_t compact_copy(const char *data, const char *temp,
    const store_probe_t *probe, pl_env_e which, pl_err_t *err);
static pl_status_t compact_open(MDB_env **mdb, const char *file,
    uint64_t map_bytes, pl_err_t *err);
static pl_status_t compact_same(MDB_env *mdb, const char *temp,
    pl_env_e which, pl_err_t *err);
static int compact_rows(MDB_env *mdb, pl_env_e which, uint64_t *rows);
static pl_status_t compact_place(const char *path, const char *data,
    const char *temp, pl_err_t *err);


pl_status_t
pl_store_copy(pl_store_t *st, pl_env_e which, const char *path,
    bool compact, pl_err_t *err)
{
    store_env_t  *env;
    pl_status_t   status;

    env = &st->env[which];

    if (!pl_store_ours(st)) {
        return pl_err_set(err, PL_MISUSE, "copy", 0,
                          "the store was opened by another process");
    }

    (void) atomic_fetch_add(&st->live, 1);      /* reopen must wait */

    if (env->mdb == NULL) {
        status = pl_err_set(err, PL_BROKEN, "copy", 0,
                            "the store could not be opened again yet");

    } else {
        status = pl_store_here(st, err);
    }

    if (status == PL_OK) {
        status = copy_file(env->mdb, path, compact, err);
    }

    (void) atomic_fetch_sub(&st->live, 1);

    return status;
}


pl_status_t
pl_store_compact(const char *dir, pl_store_compacted_t out[PL_ENV_COUNT],
    pl_err_t *err)
{
    int          i, fd;
    pl_status_t  status;

    memset(out, 0, PL_ENV_COUNT * sizeof(*out));

    if (dir[0] != '/') {
        return pl_err_set(err, PL_INVALID, "compact", 0,
                          "the store's path must be absolute");
    }

    status = compact_lock(dir, &fd, err);
    if (status != PL_OK) {
        return status;
    }

    /* the journal last: of what is there, it alone cannot be made again */
    for (i = PL_ENV_COUNT; status == PL_OK && i-- > 0; /* void */ ) {
        status = compact_env(dir, (pl_env_e) i, &out[i], err);
    }

    (void) close(fd);           /* lets go of the lock */

    return status;
}


/* A new file, synced; none is left where it could not be finished. */
static pl_status_t
copy_file(MDB_env *mdb, const char *path, bool compact, pl_err_t *err)
{
    int          fd, rc;
    pl_status_t  status;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
              STORE_MODE_FILE);
    if (fd == -1) {
        return pl_sys_err(err, "copy", errno, path, "cannot make the file");
    }

    rc = mdb_env_copyfd2(mdb, fd, compact ? MDB_CP_COMPACT : 0);
    if (rc == 0 && fsync(fd) == -1) {
        rc = errno;
    }

    if (close(fd) == -1 && rc == 0) {
        rc = errno;
    }

    if (rc == 0) {
        return PL_OK;
    }

    status = rc > 0 ? pl_sys_err(err, "copy", rc, path, "cannot write the copy")
                    : pl_store_fail(err, "copy", rc, path);
    (void) unlink(path);        /* what is left of it is nobody's copy */

    return status;
}


static pl_status_t
compact_lock(const char *dir, int *fd, pl_err_t *err)
{
    char          path[PATH_MAX];
    pl_status_t   status;
    struct flock  lock;

    if (!pl_store_make_path(path, dir, STORE_OPEN_LOCK)) {
        return pl_sys_err(err, "compact", ENAMETOOLONG, dir,
                          "path is too long");
    }

    *fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (*fd == -1) {
        return pl_sys_err(err, "compact", errno, path,
                          errno == ENOENT ? "there is no store here"
                                          : "cannot open lock file");
    }

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;   /* from 0, and 0 long: all of it */

    if (fcntl(*fd, F_OFD_SETLK, &lock) == 0) {
        return PL_OK;
    }

    status = errno != EAGAIN && errno != EACCES
             ? pl_sys_err(err, "compact", errno, path, "cannot lock")
             : pl_err_set(err, PL_BUSY, "compact", 0,
                          "the store is in use; stop nginx, parley-sender "
                          "and whatever else has it open first");
    pl_err_path(err, "%s", dir);
    (void) close(*fd);

    return status;
}


static pl_status_t
compact_env(const char *dir, pl_env_e which, pl_store_compacted_t *out,
    pl_err_t *err)
{
    char           path[PATH_MAX], data[PATH_MAX], temp[PATH_MAX];
    struct stat    before, after;
    pl_status_t    status;
    store_probe_t  probe;

    if (!pl_store_make_path(path, dir, pl_store_env_names[which])
        || !pl_store_make_path(data, path, STORE_DATA)
        || !pl_store_make_path(temp, path, COPY_TEMP))
    {
        return pl_sys_err(err, "compact", ENAMETOOLONG, dir,
                          "path is too long");
    }

    status = pl_store_probe_file(data, &probe, err);
    if (status != PL_OK) {
        return status;
    }

    if (!probe.exists || stat(data, &before) == -1) {
        return pl_sys_err(err, "compact", ENOENT, data,
                          "there is no store here");
    }

    (void) unlink(temp);        /* what one that was killed left */
    COPY_STEP("begun");

    status = compact_copy(data, temp, &probe, which, err);
    if (status == PL_OK) {
        status = compact_place(path, data, temp, err);
    }

    if (status != PL_OK) {
        (void) unlink(temp);    /* a rename has taken its name */
        return status;
    }

    out->before_bytes = probe.used_bytes;
    out->after_bytes = stat(data, &after) == 0 ? (uint64_t) after.st_size
                                               : 0;

    return PL_OK;
}


/* With the mode and the owner of the file whose place it takes. */
static pl_status_t
compact_copy(const char *data, const char *temp, const store_probe_t *probe,
    pl_env_e which, pl_err_t *err)
{
    MDB_env      *mdb;
    struct stat   sb;
    pl_status_t   status;

    status = compact_open(&mdb, data, probe->map_bytes, err);
    if (status != PL_OK) {
        return status;
    }

    status = copy_file(mdb, temp, true, err);
    COPY_STEP("copied");

    if (status == PL_OK) {
        status = compact_same(mdb, temp, which, err);
    }

    mdb_env_close(mdb);

    if (status != PL_OK) {
        return status;
    }

    if (stat(data, &sb) == -1
        || chown(temp, sb.st_uid, sb.st_gid) == -1
        || chmod(temp, sb.st_mode & 07777) == -1)
    {
        return pl_sys_err(err, "compact", errno, temp,
                          "cannot give it the owner of the old file");
    }

    return PL_OK;
}


/* To read it, without LMDB's lock file: we are alone. */
static pl_status_t
compact_open(MDB_env **out, const char *file, uint64_t map_bytes,
    pl_err_t *err)
{
    int       rc;
    MDB_env  *mdb;

    rc = mdb_env_create(&mdb);
    if (rc != 0) {
        return pl_store_fail(err, "compact", rc, file);
    }

    rc = mdb_env_set_maxdbs(mdb, STORE_TABLES_MAX);
    if (rc == 0) {
        rc = mdb_env_set_mapsize(mdb, map_bytes);
    }

    if (rc == 0) {
        rc = mdb_env_open(mdb, file, MDB_RDONLY | MDB_NOSUBDIR | MDB_NOLOCK,
                          STORE_MODE_FILE);
    }

    if (rc != 0) {
        mdb_env_close(mdb);
        return pl_store_fail(err, "compact", rc, file);
    }

    *out = mdb;

    return PL_OK;
}


/* Has the copy as many rows in each table as what it is a copy of? */
static pl_status_t
compact_same(MDB_env *mdb, const char *temp, pl_env_e which, pl_err_t *err)
{
    int            rc;
    MDB_env       *copy;
    uint64_t       rows[PL_TABLE_COUNT], copied[PL_TABLE_COUNT];
    pl_status_t    status;
    store_probe_t  probe;

    status = pl_store_probe_file(temp, &probe, err);
    if (status == PL_OK) {
        status = compact_open(&copy, temp, probe.map_bytes, err);
    }

    if (status != PL_OK) {
        return status;
    }

    rc = compact_rows(mdb, which, rows);
    if (rc == 0) {
        rc = compact_rows(copy, which, copied);
    }

    mdb_env_close(copy);

    if (rc != 0) {
        return pl_store_fail(err, "compact", rc, temp);
    }

    if (memcmp(rows, copied, sizeof(rows)) != 0) {
        status = pl_err_set(err, PL_IO, "compact", 0,
                            "the copy has not the rows of the original; "
                            "nothing was changed");
        pl_err_path(err, "%s", temp);
        return status;
    }

    return PL_OK;
}


/* Tables of the other environment, and those not yet made, have none. */
static int
compact_rows(MDB_env *mdb, pl_env_e which, uint64_t *rows)
{
    int       i, rc;
    MDB_dbi   dbi;
    MDB_stat  stat;
    MDB_txn  *txn;

    memset(rows, 0, PL_TABLE_COUNT * sizeof(*rows));

    rc = mdb_txn_begin(mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0) {
        return rc;
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (pl_store_tables[i].env != which) {
            continue;
        }

        rc = mdb_dbi_open(txn, pl_store_tables[i].name, 0, &dbi);
        if (rc == 0) {
            rc = mdb_stat(txn, dbi, &stat);
            rows[i] = rc == 0 ? stat.ms_entries : 0;
        }

        if (rc != 0 && rc != MDB_NOTFOUND) {
            break;
        }

        rc = 0;
    }

    mdb_txn_abort(txn);

    return rc;
}


static pl_status_t
compact_place(const char *path, const char *data, const char *temp,
    pl_err_t *err)
{
    COPY_STEP("checked");

    if (rename(temp, data) == -1) {
        return pl_sys_err(err, "compact", errno, data,
                          "cannot put the copy in its place");
    }

    COPY_STEP("renamed");

    if (pl_sys_sync_dir(path) == -1) {
        return pl_sys_err(err, "compact", errno, path,
                          "cannot sync the folder");
    }

    COPY_STEP("synced");

    return PL_OK;
}
