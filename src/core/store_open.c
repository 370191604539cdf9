/*
 * Opening: folders, files, tables.
 *
 * DIR/open.lock serves three purposes, all by locks of an open file
 * description (F_OFD_SETLK), which end with their holder:
 *
 *     byte 0      who makes an environment holds it (store_make.c)
 *     all         somebody compacts it (store_copy.c)
 *     byte pid    that process has the store open. LMDB does not notice a
 *                 second open in one process, and closing either drops the
 *                 locks of both; with this the kernel remembers, and no table
 *                 in this process needs to
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "store_impl.h"
#include "sys_impl.h"


const char *const  pl_store_env_names[PL_ENV_COUNT] = { "journal", "state" };


static pl_status_t open_init(pl_store_t *st, const pl_store_conf_t *conf,
    pl_err_t *err);
static pl_status_t open_once(pl_store_t *st, pl_err_t *err);
static bool open_whole(int fd);
static pl_status_t open_alive(pl_store_t *st);
static pl_status_t open_env(pl_store_t *st, pl_env_e which, bool again,
    pl_err_t *err);
static uint64_t open_spare(uint64_t pages);
static pl_status_t open_lock_file(const store_env_t *env, pl_err_t *err);
static pl_status_t open_tables(pl_store_t *st, store_env_t *env,
    pl_env_e which, pl_err_t *err);
static int open_dbis(pl_store_t *st, pl_env_e which, MDB_txn *mdb,
    unsigned flags, unsigned *missing, bool *old);
static uint64_t open_round(uint64_t bytes);


pl_status_t
pl_store_open(pl_store_t **out, const pl_store_conf_t *conf, pl_err_t *err)
{
    int           i;
    pl_store_t   *st;
    pl_status_t   status;

    *out = NULL;

    st = calloc(1, sizeof(*st));
    if (st == NULL) {
        return pl_err_set(err, PL_NOMEM, "open store", 0, "no memory");
    }

    st->once = -1;
    st->pid = getpid();
    (void) pthread_mutex_init(&st->mutex, NULL);        /* cannot fail */

    status = open_init(st, conf, err);
    if (status == PL_OK) {
        status = open_once(st, err);
    }

    if (status == PL_OK) {
        status = pl_slots_open(&st->slots, st->dir, err);
    }

    if (status == PL_OK && conf->seal != PL_SEAL_KEEP) {
        status = pl_slots_turn(st->slots, conf->seal == PL_SEAL_ON, err);
    }

    st->chosen = pl_store_probe_chosen(st);

    for (i = 0; status == PL_OK && i < PL_ENV_COUNT; i++) {
        status = open_env(st, (pl_env_e) i, false, err);
    }

    if (status == PL_OK) {
        status = pl_store_reap(st, NULL, err);
    }

    if (status != PL_OK) {
        pl_store_close(st);
        return status;
    }

    *out = st;

    return PL_OK;
}


pl_status_t
pl_store_reopen(pl_store_t *st, pl_err_t *err)
{
    int          i;
    pl_status_t  status;

    if (!pl_store_ours(st)) {
        return pl_err_set(err, PL_MISUSE, "reopen store", 0,
                          "the store was opened by another process");
    }

    if (atomic_load(&st->live) != 0) {
        return pl_err_set(err, PL_MISUSE, "reopen store", 0,
                          "a transaction is alive");
    }

    status = pl_store_here_again(st, err);
    if (status != PL_OK) {
        atomic_store(&st->gone, true);
        return status;
    }

    pl_store_idle_clear(st);

    for (i = 0; i < PL_ENV_COUNT; i++) {
        mdb_env_close(st->env[i].mdb);  /* NULL is fine */
        st->env[i].mdb = NULL;
    }

    pl_store_cache_forget(st->env[PL_ENV_STATE].cache);
    st->chosen = pl_store_probe_chosen(st);

    for (i = 0; status == PL_OK && i < PL_ENV_COUNT; i++) {
        status = open_env(st, (pl_env_e) i, true, err);
    }

    return status;
}


void
pl_store_close(pl_store_t *st)
{
    int        i;
    bool       ours;
    pl_txn_t  *writer;

    if (st == NULL) {
        return;
    }

    /* in a forked child LMDB's handles are the parent's business */
    ours = st->pid == getpid();

    if (ours) {
        pl_store_idle_clear(st);
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        if (ours) {
            mdb_env_close(st->env[i].mdb);      /* NULL is fine */
        }

        writer = st->env[i].writer;
        if (writer != NULL) {
            pl_store_scans_free(writer);
            pl_store_seal_free(writer);
            free(writer);
        }

        free(st->env[i].pages.slots);
        pl_store_cache_destroy(st->env[i].cache);
    }

    if (st->once != -1) {
        if (ours) {
            /* a child that was forked may have the descriptor too */
            pl_store_make_unlock(st->once, st->pid);
        }

        (void) close(st->once);
    }

    if (st->alive != NULL) {
        (void) munmap((void *) st->alive, (size_t) sysconf(_SC_PAGESIZE));
    }

    pl_slots_close(st->slots);
    (void) pthread_mutex_destroy(&st->mutex);
    free(st);
}


const char *
pl_store_dir(const pl_store_t *st)
{
    return st->dir;
}


const uint8_t *
pl_store_boot(const pl_store_t *st)
{
    return st->boot;
}


static pl_status_t
open_init(pl_store_t *st, const pl_store_conf_t *conf, pl_err_t *err)
{
    int           i;
    store_env_t  *env;

    if (conf->dir == NULL || conf->dir[0] != '/') {
        return pl_err_set(err, PL_INVALID, "open store", 0,
                          "the store's path must be absolute");
    }

    pl_clock_boot(st->boot);
    st->conf = *conf;
    st->conf.dir = st->dir;
    st->conf.size = conf->size != 0 ? open_round(conf->size) : 0;
    if (conf->read_age_ms == 0) {
        st->conf.read_age_ms = STORE_READ_AGE_MS;
    }

    if (conf->write_age_ms == 0) {
        st->conf.write_age_ms = STORE_WRITE_AGE_MS;
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        env = &st->env[i];

        if (!pl_store_make_path(st->dir, conf->dir, NULL)
            || !pl_store_make_path(env->path, conf->dir,
                                   pl_store_env_names[i])
            || !pl_store_make_path(env->data, env->path, STORE_DATA)
            || !pl_store_make_path(env->lock, env->path, STORE_LOCK))
        {
            return pl_sys_err(err, "open store", ENAMETOOLONG, conf->dir,
                              "path is too long");
        }

        env->writer = calloc(1, sizeof(*env->writer));
        if (env->writer == NULL) {
            return pl_err_set(err, PL_NOMEM, "open store", 0, "no memory");
        }
    }

    st->env[PL_ENV_STATE].cache = pl_store_cache_create();
    if (st->env[PL_ENV_STATE].cache == NULL) {
        return pl_err_set(err, PL_NOMEM, "open store", 0, "no memory");
    }

    return open_alive(st);
}


static pl_status_t
open_once(pl_store_t *st, pl_err_t *err)
{
    int           i;
    char          path[PATH_MAX];
    struct stat   sb;
    pl_status_t   status;

    if (st->conf.create) {
        status = pl_store_make_folder(st->dir, err);
        for (i = 0; status == PL_OK && i < PL_ENV_COUNT; i++) {
            status = pl_store_make_folder(st->env[i].path, err);
        }

        if (status != PL_OK) {
            return status;
        }
    }

    if (stat(st->env[PL_ENV_JOURNAL].path, &sb) == -1) {
        return pl_sys_err(err, "open store", errno, st->dir,
                          errno == ENOENT ? "there is no store here"
                                          : "cannot look into the folder");
    }

    if (!pl_store_make_path(path, st->dir, STORE_OPEN_LOCK)) {
        return pl_sys_err(err, "open store", ENAMETOOLONG, st->dir,
                          "path is too long");
    }

    st->once = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY,
                    STORE_MODE_FILE);
    if (st->once == -1) {
        return pl_sys_err(err, "open store", errno, path,
                          "cannot open lock file");
    }

    (void) fchmod(st->once, STORE_MODE_FILE);   /* not ours: as it is */

    status = pl_store_make_lock(st->once, st->pid, false, st->dir, err);
    if (status != PL_BUSY) {
        return status;
    }

    status = open_whole(st->once)
             ? pl_err_set(err, PL_BUSY, "open store", 0,
                          "the store is being compacted")
             : pl_err_set(err, PL_MISUSE, "open store", 0,
                          "this process has it open already, or one of the "
                          "same number in another PID namespace");
    pl_err_path(err, "%s", st->dir);

    (void) close(st->once);     /* nothing to unlock */
    st->once = -1;

    return status;
}


/* Is all of open.lock locked by one? */
static bool
open_whole(int fd)
{
    struct flock  ask;

    memset(&ask, 0, sizeof(ask));
    ask.l_type = F_WRLCK;
    ask.l_whence = SEEK_SET;

    return fcntl(fd, F_OFD_GETLK, &ask) == 0 && ask.l_type != F_UNLCK
           && ask.l_start == 0 && ask.l_len == 0;
}


static pl_status_t
open_alive(pl_store_t *st)
{
    void   *page;
    size_t  len;

    len = (size_t) sysconf(_SC_PAGESIZE);
    page = mmap(NULL, len, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        return PL_OK;           /* getpid() then */
    }

    if (madvise(page, len, MADV_WIPEONFORK) == -1) {
        (void) munmap(page, len);
        return PL_OK;           /* before Linux 4.14 */
    }

    st->alive = page;
    atomic_store(st->alive, 1);

    return PL_OK;
}


/*
 * A process that was not told a size takes the one that the store was given:
 * with a larger map of its own it would write pages that are past the end of
 * everybody else's. again: keep a larger map that another process has chosen
 * meanwhile. One size is for both environments; a writer notes it with its
 * commits, and that may have been in the other one alone.
 *
 * A size below what is used already would leave no page to work with, and
 * what makes room needs some: then it is what is used and the pages that are
 * kept back for it, which nothing else may take (store_pages.c).
 */
static pl_status_t
open_env(pl_store_t *st, pl_env_e which, bool again, pl_err_t *err)
{
    int             rc;
    uint64_t        map_bytes;
    store_env_t    *env;
    pl_status_t     status;
    store_probe_t   probe;

    env = &st->env[which];

    status = pl_store_probe_file(env->data, &probe, err);

    if (status == PL_OK && !probe.exists) {
        if (!st->conf.create) {
            return pl_sys_err(err, "open store", ENOENT, env->data,
                              "there is no store here");
        }

        if (st->conf.size == 0) {
            st->conf.size = open_round(st->chosen != 0 ? st->chosen
                                                       : PL_STORE_SIZE);
        }

        status = pl_store_make_env(st, env, which, err);
        if (status == PL_OK) {
            status = pl_store_probe_file(env->data, &probe, err);
        }
    }

    if (status == PL_OK) {
        status = open_lock_file(env, err);
    }

    if (status != PL_OK) {
        return status;
    }

    map_bytes = st->conf.size;
    if ((again || map_bytes == 0) && st->chosen > map_bytes) {
        map_bytes = open_round(st->chosen);
    }

    if (map_bytes < probe.used_bytes) {
        map_bytes = open_round(probe.used_bytes
                               + open_spare(probe.used_bytes
                                            / probe.page_bytes)
                                 * probe.page_bytes);
    }

    rc = pl_store_make_mdb(&env->mdb, env->path, map_bytes);
    if (rc != 0) {
        env->mdb = NULL;
        return pl_store_fail(err, "open store", rc, env->path);
    }

    env->page_bytes = probe.page_bytes;
    env->file_bytes = 0;        /* looked at before the first commit */

    status = pl_store_here_note(env, err);
    if (status == PL_OK) {
        status = open_tables(st, env, which, err);
    }

    if (status != PL_OK) {
        mdb_env_close(env->mdb);
        env->mdb = NULL;
    }

    return status;
}


static uint64_t
open_spare(uint64_t pages)
{
    uint64_t  spare;

    spare = pages / 256;

    if (spare < STORE_SPARE_MIN) {
        return STORE_SPARE_MIN;
    }

    return spare < STORE_SPARE_MAX ? spare : STORE_SPARE_MAX;
}


/*
 * LMDB would make its lock file too, but under our umask, and then another
 * user of the group could not open the store. Closing is safe as long as
 * this process has not opened the environment: there is no lock to lose.
 */
static pl_status_t
open_lock_file(const store_env_t *env, pl_err_t *err)
{
    int  fd;

    fd = open(env->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY,
              STORE_MODE_FILE);
    if (fd == -1) {
        return pl_sys_err(err, "open store", errno, env->lock,
                          "cannot open lock file");
    }

    (void) fchmod(fd, STORE_MODE_FILE);         /* not ours: as it is */
    (void) close(fd);

    return PL_OK;
}


/*
 * Opens every table, by a reader: nobody waits. Tables that an older version
 * did not have are then made by a writer.
 */
static pl_status_t
open_tables(pl_store_t *st, store_env_t *env, pl_env_e which, pl_err_t *err)
{
    int           rc;
    bool          old;
    MDB_txn      *mdb;
    unsigned      missing;
    MDB_envinfo   info;
    pl_status_t   status;

    rc = mdb_env_info(env->mdb, &info);
    if (rc == 0) {
        env->map_bytes = info.me_mapsize;
        rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &mdb);
    }

    if (rc != 0) {
        return pl_store_fail(err, "open store", rc, env->path);
    }

    rc = open_dbis(st, which, mdb, 0, &missing, &old);
    if (rc != 0) {
        mdb_txn_abort(mdb);
        return pl_store_fail(err, "open store", rc, env->path);
    }

    if (!old) {
        mdb_txn_abort(mdb);
        status = pl_err_set(err, PL_FOREIGN, "open store", 0,
                            "LMDB's, but not Parley's tables");
        pl_err_path(err, "%s", env->data);
        return status;
    }

    pl_store_pages_map(env, mdb);
    rc = mdb_txn_commit(mdb);           /* keeps the handles */

    if (rc == 0 && missing != 0) {
        rc = mdb_txn_begin(env->mdb, NULL, 0, &mdb);
        if (rc == 0) {
            rc = open_dbis(st, which, mdb, MDB_CREATE, &missing, &old);
            if (rc == 0) {
                rc = mdb_txn_commit(mdb);
            } else {
                mdb_txn_abort(mdb);
            }
        }
    }

    return rc == 0 ? PL_OK : pl_store_fail(err, "open store", rc, env->path);
}


/* *old: the first two tables, which every version had, are there. */
static int
open_dbis(pl_store_t *st, pl_env_e which, MDB_txn *mdb, unsigned flags,
    unsigned *missing, bool *old)
{
    int       i, rc;
    unsigned  row, has;

    *missing = 0;
    *old = true;
    row = 0;

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (pl_store_tables[i].env != which) {
            continue;
        }

        rc = mdb_dbi_open(mdb, pl_store_tables[i].name, flags, &st->dbi[i]);

        if (rc == MDB_NOTFOUND) {
            (*missing)++;
            *old = *old && row >= 2;

        } else if (rc != 0) {
            return rc;

        } else if (mdb_dbi_flags(mdb, st->dbi[i], &has) != 0 || has != 0) {
            return MDB_INCOMPATIBLE;
        }

        row++;
    }

    return 0;
}


static uint64_t
open_round(uint64_t bytes)
{
    uint64_t  page;

    page = (uint64_t) sysconf(_SC_PAGESIZE);

    return (bytes + page - 1) / page * page;
}


