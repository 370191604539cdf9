/*
 * See shelf.h.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "../core/str.h"
#include "shelf.h"

#define SHELF_DIR_MODE   0770           /* less the umask; nginx reads by */
#define SHELF_FILE_MODE  0640           /* being of the group, or the user */

static pl_status_t shelf_name(char *path, const char *dir, const char *name,
    pl_err_t *err);
static pl_status_t shelf_dir(const char *path, bool sync, pl_err_t *err);
static pl_status_t shelf_sync(const char *path, pl_err_t *err);
static pl_status_t shelf_sync_parent(const char *path, pl_err_t *err);
static pl_status_t shelf_fail(pl_err_t *err, const char *op);
static bool shelf_there(const pls_spool_t *spool, const char *path);
static void shelf_close(pls_spool_t *spool);


pl_status_t
pls_shelf_begin(pls_spool_t *spool, const char *dir, uint64_t effect,
    uint64_t epoch, uint64_t bytes, pl_err_t *err)
{
    char            name[64], path[PLS_PATH_MAX];
    pl_status_t     rc;
    struct statvfs  fs;

    memset(spool, 0, sizeof(*spool));

    (void) snprintf(name, sizeof(name), "/.tmp/eff_%" PRIu64 ".%" PRIu64,
                    effect, epoch);

    if ((rc = shelf_name(path, dir, "/.tmp", err)) != PL_OK
        || (rc = shelf_name(spool->path, dir, name, err)) != PL_OK
        || (rc = shelf_dir(dir, false, err)) != PL_OK
        || (rc = shelf_dir(path, false, err)) != PL_OK)
    {
        return rc;
    }

    if (bytes != 0 && statvfs(path, &fs) == 0
        && (fs.f_frsize == 0 || fs.f_bavail <= bytes / fs.f_frsize))
    {
        errno = ENOSPC;
        return shelf_fail(err, "statvfs");
    }

    /* never through what somebody may have put there */

    if (unlink(spool->path) == -1 && errno != ENOENT) {
        return shelf_fail(err, "unlink");
    }

    spool->fd = open(spool->path, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW
                                  |O_CLOEXEC, SHELF_FILE_MODE);
    if (spool->fd == -1) {
        return shelf_fail(err, "open");
    }

    spool->open = true;
    spool->hash = pl_hash_create();

    if (spool->hash == NULL || pl_hash_begin(spool->hash) != PL_OK) {
        pls_shelf_drop(spool);
        return pl_err_set(err, PL_IO, "hash", 0, "libcrypto failed");
    }

    return PL_OK;
}


pl_status_t
pls_shelf_write(pls_spool_t *spool, const uint8_t *bytes, size_t n,
    pl_err_t *err)
{
    size_t   done;
    ssize_t  written;

    for (done = 0; done < n; done += (size_t) written) {
        written = write(spool->fd, bytes + done, n - done);

        if (written == -1 && errno == EINTR) {
            written = 0;

        } else if (written <= 0) {
            return shelf_fail(err, "write");
        }
    }

    spool->bytes += n;

    return pl_hash_add(spool->hash, bytes, n) == PL_OK ? PL_OK
           : pl_err_set(err, PL_IO, "hash", 0, "libcrypto failed");
}


pl_status_t
pls_shelf_end(pls_spool_t *spool, pl_err_t *err)
{
    return pl_hash_end(spool->hash, spool->sha256) == PL_OK ? PL_OK
           : pl_err_set(err, PL_IO, "hash", 0, "libcrypto failed");
}


pl_status_t
pls_shelf_keep(pls_spool_t *spool, const char *dir,
    char name[PLS_SHELF_NAME], pl_err_t *err)
{
    char         tail[PLS_SHELF_NAME + 8], path[PLS_PATH_MAX];
    size_t       len;
    pl_status_t  rc;

    pl_hex_encode(spool->sha256, PL_SHA256_LEN, name);
    (void) snprintf(tail, sizeof(tail), "/%.2s/%.2s/%s", name, name + 2,
                    name);

    rc = shelf_name(path, dir, tail, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (shelf_there(spool, path)) {
        pls_shelf_drop(spool);
        return PL_OK;
    }

    if (fsync(spool->fd) == -1) {
        return shelf_fail(err, "fsync");
    }

    /* the folders above the file, from the top */

    len = strlen(dir);
    path[len + 3] = '\0';
    rc = shelf_dir(path, true, err);
    path[len + 3] = '/';

    if (rc == PL_OK) {
        path[len + 6] = '\0';
        rc = shelf_dir(path, true, err);
        path[len + 6] = '/';
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (rename(spool->path, path) == -1) {
        return shelf_fail(err, "rename");
    }

    shelf_close(spool);

    return shelf_sync_parent(path, err);
}


void
pls_shelf_drop(pls_spool_t *spool)
{
    if (spool->open) {
        (void) unlink(spool->path);     /* else it is swept away later */
        shelf_close(spool);
    }
}


void
pls_shelf_sweep(const char *dir, uint64_t epoch)
{
    DIR            *tmp;
    char            own[32], path[PLS_PATH_MAX];
    const char     *dot;
    struct dirent  *entry;

    if (shelf_name(path, dir, "/.tmp", NULL) != PL_OK) {
        return;
    }

    tmp = opendir(path);
    if (tmp == NULL) {
        return;
    }

    (void) snprintf(own, sizeof(own), ".%" PRIu64, epoch);

    while ((entry = readdir(tmp)) != NULL) {
        dot = strchr(entry->d_name, '.');

        if (strncmp(entry->d_name, "eff_", 4) == 0 && dot != NULL
            && strcmp(dot, own) != 0)
        {
            (void) unlinkat(dirfd(tmp), entry->d_name, 0);
        }
    }

    (void) closedir(tmp);
}


static pl_status_t
shelf_name(char *path, const char *dir, const char *name, pl_err_t *err)
{
    int  n;

    n = snprintf(path, PLS_PATH_MAX, "%s%s", dir, name);

    return n >= 0 && n < PLS_PATH_MAX ? PL_OK
           : pl_err_set(err, PL_TOOBIG, "media", 0, "the path is too long");
}


static pl_status_t
shelf_dir(const char *path, bool sync, pl_err_t *err)
{
    if (mkdir(path, SHELF_DIR_MODE) == -1) {
        return errno == EEXIST ? PL_OK : shelf_fail(err, "mkdir");
    }

    return sync ? shelf_sync_parent(path, err) : PL_OK;
}


static pl_status_t
shelf_sync(const char *path, pl_err_t *err)
{
    int          fd;
    pl_status_t  rc = PL_OK;

    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    if (fd == -1) {
        return shelf_fail(err, "open");
    }

    if (fsync(fd) == -1) {
        rc = shelf_fail(err, "fsync");
    }

    (void) close(fd);                   /* nothing was written through it */

    return rc;
}


static pl_status_t
shelf_sync_parent(const char *path, pl_err_t *err)
{
    char   parent[PLS_PATH_MAX];
    char  *slash;

    (void) snprintf(parent, sizeof(parent), "%s", path);

    slash = strrchr(parent, '/');
    if (slash != NULL) {
        *slash = '\0';
    }

    return shelf_sync(slash == parent ? "/" : parent, err);
}


static pl_status_t
shelf_fail(pl_err_t *err, const char *op)
{
    int  sys = errno;

    switch (sys) {
    case ENOSPC:
    case EDQUOT:
        return pl_err_set(err, PL_FULL, op, sys, "no room for a file");
    case EACCES:
    case EPERM:
    case EROFS:
        return pl_err_set(err, PL_DENIED, op, sys,
                          "the folder of files cannot be written");
    default:
        return pl_err_set(err, PL_IO, op, sys, "a file cannot be written");
    }
}


/* One of another size is what a broken disk has left of it. */

static bool
shelf_there(const pls_spool_t *spool, const char *path)
{
    struct stat  st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode)
           && (uint64_t) st.st_size == spool->bytes;
}


static void
shelf_close(pls_spool_t *spool)
{
    (void) close(spool->fd);            /* it is synced, or of no use */
    pl_hash_destroy(spool->hash);
    spool->hash = NULL;
    spool->open = false;
}
