/*
 * Making: folders, a new environment, and the small things that opening
 * shares with it.
 *
 * A new environment is made in a folder of its own, with all its tables in a
 * first commit, and its data file is then renamed into place. So there never
 * is a data file under its final name that no commit has finished, however a
 * process or the machine dies, and one that is empty or half written has
 * been cut by somebody: it is refused, and never silently begun anew.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store_impl.h"
#include "sys_impl.h"


#define MAKE_LOCK        0              /* byte of open.lock */
#define MAKE_LOCK_TRIES  10000          /* of 1 ms, as a rule one or two */


static int make_mode(const char *path);
static pl_status_t make_in(pl_store_t *st, store_env_t *env,
    pl_env_e which, const char *temp, pl_err_t *err);
static pl_status_t make_tables(store_env_t *env, pl_env_e which,
    const char *temp, uint64_t map_bytes, pl_err_t *err);
static void make_clean(const char *temp);


/* One process makes it; the others wait and find it made. */
pl_status_t
pl_store_make_env(pl_store_t *st, store_env_t *env, pl_env_e which,
    pl_err_t *err)
{
    char           temp[PATH_MAX];
    pl_status_t    status;
    store_probe_t  probe;

    if (!pl_store_make_path(temp, env->path, "new")) {
        return pl_sys_err(err, "make store", ENAMETOOLONG, env->path,
                          "path is too long");
    }

    status = pl_store_make_lock(st->once, MAKE_LOCK, true, st->dir, err);
    if (status != PL_OK) {
        return status;
    }

    status = pl_store_probe_file(env->data, &probe, err);
    if (status == PL_OK && !probe.exists) {
        make_clean(temp);       /* what a killed maker left */
        status = make_in(st, env, which, temp, err);
        make_clean(temp);
    }

    pl_store_make_unlock(st->once, MAKE_LOCK);

    return status;
}


/* Makes a folder where there is none, and makes it last. */
pl_status_t
pl_store_make_folder(const char *path, pl_err_t *err)
{
    if (mkdir(path, STORE_MODE_DIR & 0777) == -1) {
        return errno == EEXIST ? PL_OK
                               : pl_sys_err(err, "make store", errno, path,
                                            "cannot make folder");
    }

    if (make_mode(path) == -1) {
        return pl_sys_err(err, "make store", errno, path,
                          "cannot set the folder's mode");
    }

    if (pl_sys_sync_parent(path) == -1) {
        return pl_sys_err(err, "make store", errno, path,
                          "cannot sync the folder that it is in");
    }

    return PL_OK;
}


/*
 * umask may have taken group bits; mkdir() takes no set-group-id, but a folder
 * inside one that has it has it too. Where no process may set it (systemd's
 * RestrictSUIDSGID=) the folder does without: its files have then the group of
 * whoever makes them, which is the same one where all run as one user.
 */
static int
make_mode(const char *path)
{
    struct stat  sb;

    if (stat(path, &sb) == -1) {
        return -1;
    }

    if ((sb.st_mode & 07777) == STORE_MODE_DIR
        || chmod(path, STORE_MODE_DIR) == 0)
    {
        return 0;
    }

    return errno == EPERM ? chmod(path, STORE_MODE_DIR & 0777) : -1;
}


pl_status_t
pl_store_make_lock(int fd, off_t byte, bool wait, const char *dir,
    pl_err_t *err)
{
    int              tries;
    pl_status_t      status;
    struct flock     lock;
    struct timespec  pause;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;

    /* not F_OFD_SETLKW: a holder that hangs must not hang us */
    for (tries = 0; tries < MAKE_LOCK_TRIES; tries++) {
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
            return PL_OK;
        }

        if (errno != EAGAIN && errno != EACCES) {
            return pl_sys_err(err, "open store", errno, dir, "cannot lock");
        }

        if (!wait) {
            return PL_BUSY;
        }

        pause.tv_sec = 0;
        pause.tv_nsec = 1000000;
        (void) nanosleep(&pause, NULL);         /* early is fine */
    }

    status = pl_err_set(err, PL_BUSY, "open store", 0,
                        "another process has been making it for 10 s");
    pl_err_path(err, "%s", dir);

    return status;
}


void
pl_store_make_unlock(int fd, off_t byte)
{
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_UNLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = byte;
    lock.l_len = 1;
    (void) fcntl(fd, F_OFD_SETLK, &lock);       /* closing does it too */
}


int
pl_store_make_mdb(MDB_env **out, const char *path, uint64_t map_bytes)
{
    int       rc;
    MDB_env  *mdb;

    *out = NULL;

    rc = mdb_env_create(&mdb);
    if (rc != 0) {
        return rc;
    }

    rc = mdb_env_set_mapsize(mdb, map_bytes);
    if (rc == 0) {
        rc = mdb_env_set_maxreaders(mdb, STORE_READERS_MAX);
    }

    if (rc == 0) {
        rc = mdb_env_set_maxdbs(mdb, STORE_TABLES_MAX);
    }

    if (rc == 0) {
        rc = mdb_env_open(mdb, path, MDB_NOTLS, STORE_MODE_FILE);
    }

    if (rc != 0) {
        mdb_env_close(mdb);
        return rc;
    }

    *out = mdb;

    return 0;
}


/* DIR or DIR/NAME; false where it does not fit. */
bool
pl_store_make_path(char *out, const char *dir, const char *name)
{
    int  n;

    n = name == NULL ? snprintf(out, PATH_MAX, "%s", dir)
                     : snprintf(out, PATH_MAX, "%s/%s", dir, name);

    return n > 0 && n < PATH_MAX;
}


static pl_status_t
make_in(pl_store_t *st, store_env_t *env, pl_env_e which,
    const char *temp, pl_err_t *err)
{
    char         data[PATH_MAX];
    pl_status_t  status;

    status = pl_store_make_folder(temp, err);
    if (status != PL_OK) {
        return status;
    }

    if (!pl_store_make_path(data, temp, STORE_DATA)) {
        return pl_sys_err(err, "make store", ENAMETOOLONG, temp,
                          "path is too long");
    }

    status = make_tables(env, which, temp, st->conf.size, err);
    if (status != PL_OK) {
        return status;
    }

    if (chmod(data, STORE_MODE_FILE) == -1
        || rename(data, env->data) == -1
        || pl_sys_sync_dir(env->path) == -1)
    {
        return pl_sys_err(err, "make store", errno, env->data,
                          "cannot put the data file in place");
    }

    return PL_OK;
}


static pl_status_t
make_tables(store_env_t *env, pl_env_e which, const char *temp,
    uint64_t map_bytes, pl_err_t *err)
{
    int          i, rc, fd;
    MDB_dbi      dbi;
    MDB_env     *mdb;
    MDB_txn     *txn;
    uint64_t     file_bytes;
    pl_status_t  status;

    rc = pl_store_make_mdb(&mdb, temp, map_bytes);
    if (rc != 0) {
        return pl_store_fail(err, "make store", rc, env->path);
    }

    status = PL_OK;
    rc = mdb_env_get_fd(mdb, &fd);
    if (rc == 0) {
        status = pl_store_pages_extend(env->data, fd, 64 * 4096, map_bytes,
                                       &file_bytes, err);
    }

    if (rc == 0 && status == PL_OK) {
        rc = mdb_txn_begin(mdb, NULL, 0, &txn);

        for (i = 0; rc == 0 && i < PL_TABLE_COUNT; i++) {
            if (pl_store_tables[i].env == which) {
                rc = mdb_dbi_open(txn, pl_store_tables[i].name, MDB_CREATE,
                                  &dbi);
                if (rc != 0) {
                    mdb_txn_abort(txn);
                }
            }
        }

        if (rc == 0) {
            rc = mdb_txn_commit(txn);
        }

        if (rc == 0) {
            rc = mdb_env_sync(mdb, 1);
        }
    }

    mdb_env_close(mdb);

    return rc == 0 ? status
                   : pl_store_fail(err, "make store", rc, env->path);
}


static void
make_clean(const char *temp)
{
    char  path[PATH_MAX];

    /* what is not there need not go; what stays is told by who needs it */
    if (pl_store_make_path(path, temp, STORE_DATA)) {
        (void) unlink(path);
    }

    if (pl_store_make_path(path, temp, STORE_LOCK)) {
        (void) unlink(path);
    }

    (void) rmdir(temp);
}
