/*
 * Is the store still where it was opened?
 *
 * LMDB writes to the files that it has open, wherever their names have gone.
 * A store whose folder is moved or removed under a running process would go
 * on being written to, where nobody will ever fold or find it. So each
 * commit, once it is on disk, asks whether the path still leads to the file
 * that it wrote: one stat, beside two syncs. As it asks afterwards, there is
 * no moment in between: what is told to be committed was, when it was told,
 * in the store at that path, and a folder that is moved later takes it along.
 *
 * A process that only reads asks by pl_store_here. Whoever finds the store
 * gone marks it, and begin refuses, until reopen finds the same files at
 * their path again.
 *
 * The lock file is another matter. Where somebody removes it, who opens the
 * store next makes a new one, and two writers overwrite what the other has
 * committed. So a writer looks for it when it has the lock, before it writes,
 * and whoever finds another one reopens: then all have the same one again.
 *
 * Files are told by device and inode. These cannot be given to another file
 * while ours is open; so the answer is for certain as long as the environment
 * is, and for the folder as long as the store is (open.lock is open then).
 */

#include <errno.h>
#include <sys/stat.h>

#include "store_impl.h"
#include "sys_impl.h"


static pl_status_t here_env(const store_env_t *env, pl_err_t *err);
static pl_status_t here_file(const char *path, dev_t dev, ino_t ino,
    pl_err_t *err);


pl_status_t
pl_store_here(pl_store_t *st, pl_err_t *err)
{
    int          i;
    pl_status_t  status;

    for (i = 0; i < PL_ENV_COUNT; i++) {
        status = pl_store_here_env(st, &st->env[i], err);

        if (status == PL_OK && st->env[i].mdb != NULL) {
            status = pl_store_here_lock(st, &st->env[i], err);
        }

        if (status != PL_OK) {
            return status;
        }
    }

    return PL_OK;
}


bool
pl_store_vacant(const char *dir)
{
    int          i;
    char         path[PATH_MAX];
    struct stat  sb;

    if (stat(dir, &sb) == -1 || !S_ISDIR(sb.st_mode)) {
        return false;
    }

    for (i = 0; i < PL_ENV_COUNT; i++) {
        if (!pl_store_make_path(path, dir, pl_store_env_names[i])
            || stat(path, &sb) == 0 || errno != ENOENT)
        {
            return false;
        }
    }

    return true;
}


pl_status_t
pl_store_here_env(pl_store_t *st, const store_env_t *env, pl_err_t *err)
{
    pl_status_t  status;

    status = here_env(env, err);
    if (status == PL_OK) {
        return PL_OK;
    }

    atomic_store(&st->gone, true);

    status = pl_err_set(err, PL_BROKEN, "look for the store", 0,
                        "the folder was moved or removed");
    pl_err_path(err, "%s", env->path);

    return status;
}


pl_status_t
pl_store_here_lock(pl_store_t *st, const store_env_t *env, pl_err_t *err)
{
    struct stat  sb;
    pl_status_t  status;

    if (stat(env->lock, &sb) == 0 && sb.st_dev == env->lock_dev
        && sb.st_ino == env->lock_ino)
    {
        return PL_OK;
    }

    status = pl_store_here_env(st, env, err);   /* gone with all the rest? */
    if (status != PL_OK) {
        return status;
    }

    status = pl_err_set(err, PL_BROKEN, "look for the store", 0,
                        "the lock file was removed or replaced");
    pl_err_path(err, "%s", env->path);

    return status;
}


pl_status_t
pl_store_here_again(pl_store_t *st, pl_err_t *err)
{
    int           i;
    char          path[PATH_MAX];
    struct stat   sb;
    pl_status_t   status;

    if (!pl_store_make_path(path, st->dir, STORE_OPEN_LOCK)
        || fstat(st->once, &sb) == -1)
    {
        return pl_sys_err(err, "reopen store", errno, st->dir,
                          "cannot look into the folder");
    }

    status = here_file(path, sb.st_dev, sb.st_ino, err);

    for (i = 0; status == PL_OK && i < PL_ENV_COUNT; i++) {
        status = here_env(&st->env[i], err);
    }

    if (status == PL_OK) {
        atomic_store(&st->gone, false);
    }

    return status;
}


pl_status_t
pl_store_here_note(store_env_t *env, pl_err_t *err)
{
    int          fd, rc;
    struct stat  sb;

    rc = mdb_env_get_fd(env->mdb, &fd);
    if (rc != 0) {
        return pl_store_fail(err, "open store", rc, env->path);
    }

    if (fstat(fd, &sb) == -1) {
        return pl_sys_err(err, "open store", errno, env->data,
                          "cannot stat");
    }

    env->dev = sb.st_dev;
    env->ino = sb.st_ino;

    if (stat(env->lock, &sb) == -1) {
        return pl_sys_err(err, "open store", errno, env->lock,
                          "cannot stat");
    }

    env->lock_dev = sb.st_dev;
    env->lock_ino = sb.st_ino;

    return PL_OK;
}


/* One that is not open says nothing: reopening it looks at the file. */
static pl_status_t
here_env(const store_env_t *env, pl_err_t *err)
{
    return env->mdb == NULL ? PL_OK
                            : here_file(env->data, env->dev, env->ino, err);
}


static pl_status_t
here_file(const char *path, dev_t dev, ino_t ino, pl_err_t *err)
{
    struct stat  sb;
    pl_status_t  status;

    if (stat(path, &sb) == -1) {
        return pl_sys_err(err, "reopen store", errno, path,
                          errno == ENOENT || errno == ENOTDIR
                          ? "the folder was moved or removed"
                          : "cannot look for the store");
    }

    if (sb.st_dev == dev && sb.st_ino == ino) {
        return PL_OK;
    }

    status = pl_err_set(err, PL_FOREIGN, "reopen store", 0,
                        "another store has taken this one's place");
    pl_err_path(err, "%s", path);

    return status;
}
