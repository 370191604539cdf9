/*
 * See shelf.h.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "str.h"
#include "shelf.h"

#define SHELF_DIR_MODE   0770           /* less the umask; nginx reads by */
#define SHELF_COPY_BYTES  65536
#define SHELF_FILE_MODE  0640           /* being of the group, or the user */
#define SHELF_CLAIM_TRIES  8            /* while others remove it */

static pl_status_t shelf_open(pl_spool_t *spool, const char *dir,
    const char *name, uint64_t bytes, pl_err_t *err);
static pl_status_t shelf_place(const pl_spool_t *spool, const char *dir,
    char name[PL_SHELF_NAME], char path[PL_PATH_MAX], pl_err_t *err);
static bool shelf_join(pl_spool_t *spool, const char *path);
static pl_status_t shelf_copy(pl_spool_t *spool, int fd, uint64_t max,
    pl_err_t *err);
static bool shelf_hand_over(const char *path);
static bool shelf_left(int tmp, const char *name, const char *own);
static pl_status_t shelf_name(char *path, const char *dir, const char *name,
    pl_err_t *err);
static pl_status_t shelf_dir(const char *path, bool sync, pl_err_t *err);
static pl_status_t shelf_sync(const char *path, pl_err_t *err);
static pl_status_t shelf_sync_parent(const char *path, pl_err_t *err);
static pl_status_t shelf_fail(pl_err_t *err, const char *op);
static bool shelf_there(const pl_spool_t *spool, const char *path);
static void shelf_close(pl_spool_t *spool);


pl_status_t
pl_shelf_begin(pl_spool_t *spool, const char *dir, uint64_t effect,
    uint64_t epoch, uint64_t bytes, pl_err_t *err)
{
    char  name[64];

    (void) snprintf(name, sizeof(name), "/.tmp/eff_%" PRIu64 ".%" PRIu64,
                    effect, epoch);

    return shelf_open(spool, dir, name, bytes, err);
}


static pl_status_t
shelf_open(pl_spool_t *spool, const char *dir, const char *name,
    uint64_t bytes, pl_err_t *err)
{
    char            path[PL_PATH_MAX];
    pl_status_t     rc;
    struct statvfs  fs;

    memset(spool, 0, sizeof(*spool));

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

    if (!shelf_hand_over(spool->path)) {
        rc = shelf_fail(err, "chown");
        pl_shelf_drop(spool);
        return rc;
    }

    spool->hash = pl_hash_create();

    if (spool->hash == NULL || pl_hash_begin(spool->hash) != PL_OK) {
        pl_shelf_drop(spool);
        return pl_err_set(err, PL_IO, "hash", 0, "libcrypto failed");
    }

    return PL_OK;
}


pl_status_t
pl_shelf_write(pl_spool_t *spool, const uint8_t *bytes, size_t n,
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
pl_shelf_end(pl_spool_t *spool, pl_err_t *err)
{
    return pl_hash_end(spool->hash, spool->sha256) == PL_OK ? PL_OK
           : pl_err_set(err, PL_IO, "hash", 0, "libcrypto failed");
}


pl_status_t
pl_shelf_keep(pl_spool_t *spool, const char *dir,
    char name[PL_SHELF_NAME], pl_err_t *err)
{
    char         path[PL_PATH_MAX];
    pl_status_t  rc;

    rc = shelf_place(spool, dir, name, path, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (shelf_there(spool, path)
        && utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW) == 0)
    {
        pl_shelf_drop(spool);
        return PL_OK;
    }

    if (fsync(spool->fd) == -1) {
        return shelf_fail(err, "fsync");
    }

    if (rename(spool->path, path) == -1) {
        return shelf_fail(err, "rename");
    }

    shelf_close(spool);

    return shelf_sync_parent(path, err);
}


/* Its name and its path, with the folders above it, made from the top. */

static pl_status_t
shelf_place(const pl_spool_t *spool, const char *dir,
    char name[PL_SHELF_NAME], char path[PL_PATH_MAX], pl_err_t *err)
{
    char         tail[PL_SHELF_NAME + 8];
    size_t       len;
    pl_status_t  rc;

    pl_hex_encode(spool->sha256, PL_SHA256_LEN, name);
    (void) snprintf(tail, sizeof(tail), "/%.2s/%.2s/%s", name, name + 2,
                    name);

    rc = shelf_name(path, dir, tail, err);
    if (rc != PL_OK) {
        return rc;
    }

    len = strlen(dir);
    path[len + 3] = '\0';
    rc = shelf_dir(path, true, err);
    path[len + 3] = '/';

    if (rc == PL_OK) {
        path[len + 6] = '\0';
        rc = shelf_dir(path, true, err);
        path[len + 6] = '/';
    }

    return rc;
}


pl_status_t
pl_shelf_remove(const char *dir, const char *name, int64_t before_ms,
    pl_err_t *err)
{
    char         tail[PL_SHELF_NAME + 8], path[PL_PATH_MAX];
    struct stat  st;
    pl_status_t  rc;

    if (strlen(name) != PL_SHELF_NAME - 1
        || strspn(name, "0123456789abcdef") != PL_SHELF_NAME - 1)
    {
        return pl_err_set(err, PL_INVALID, "remove file", 0,
                          "not the name of a file");
    }

    (void) snprintf(tail, sizeof(tail), "/%.2s/%.2s/%s", name, name + 2,
                    name);

    rc = shelf_name(path, dir, tail, err);

    if (rc == PL_OK && before_ms != 0 && lstat(path, &st) == 0
        && (int64_t) st.st_mtime * 1000 >= before_ms)
    {
        return PL_OK;
    }

    return rc == PL_OK && unlink(path) == -1 && errno != ENOENT
           ? shelf_fail(err, "unlink") : rc;
}


pl_status_t
pl_shelf_open(pl_spool_t *spool, const char *dir, uint64_t bytes,
    pl_err_t *err)
{
    char     own[32], hex[17];
    uint8_t  random[8];

    memset(spool, 0, sizeof(*spool));

    if (pl_crypto_random(random, sizeof(random)) != PL_OK) {
        return pl_err_set(err, PL_IO, "media", 0, "no random bytes");
    }

    pl_hex_encode(random, sizeof(random), hex);
    (void) snprintf(own, sizeof(own), "/.tmp/in_%s", hex);

    return shelf_open(spool, dir, own, bytes, err);
}


/* A second name of the same file, so that it is known how many claim it. */

pl_status_t
pl_shelf_claim(pl_spool_t *spool, const char *dir, char name[PL_SHELF_NAME],
    pl_err_t *err)
{
    int          tries;
    char         path[PL_PATH_MAX];
    pl_status_t  rc;

    rc = shelf_place(spool, dir, name, path, err);

    if (rc == PL_OK && fsync(spool->fd) == -1) {
        rc = shelf_fail(err, "fsync");
    }

    if (rc != PL_OK) {
        return rc;
    }

    for (tries = 0; tries < SHELF_CLAIM_TRIES; tries++) {

        if (link(spool->path, path) == 0) {
            shelf_close(spool);
            return shelf_sync_parent(path, err);
        }

        if (errno != EEXIST) {
            return shelf_fail(err, "link");
        }

        if (!shelf_there(spool, path)) {
            (void) unlink(path);        /* what a broken disk has left */

        } else if (shelf_join(spool, path)) {

            /* who gave it its name may not have come to that yet */

            return shelf_sync_parent(path, err);
        }
    }

    errno = EEXIST;

    return shelf_fail(err, "link");
}


void
pl_shelf_settle(const pl_spool_t *spool)
{
    if (spool->path[0] != '\0') {
        (void) unlink(spool->path);     /* else a sweep finds it named */
    }
}


/*
 * The file is there already: the claim becomes one of that. Who removes it
 * takes its name away first, and then sees the claim. It says by its own name,
 * join_R, that the file may be somebody's who named it long ago: a sweep takes
 * such a claim away and never the file.
 */

static bool
shelf_join(pl_spool_t *spool, const char *path)
{
    char        *last;
    char         other[PL_PATH_MAX];
    struct stat  st, own;

    last = strrchr(spool->path, '/');

    if (snprintf(other, sizeof(other), "%.*s/join_%s",
                 (int) (last - spool->path), spool->path, last + 1)
        >= PL_PATH_MAX || link(path, other) == -1)
    {
        return false;                   /* it went: our own bytes then */
    }

    (void) utimensat(AT_FDCWD, other, NULL, 0);     /* as young as we are */

    if (stat(other, &own) == -1 || stat(path, &st) == -1
        || st.st_ino != own.st_ino)
    {
        (void) unlink(other);
        return false;
    }

    (void) unlink(spool->path);         /* our own bytes */
    shelf_close(spool);
    memcpy(spool->path, other, sizeof(other));

    return true;
}


pl_status_t
pl_shelf_put(const char *dir, int fd, uint64_t max, char name[PL_SHELF_NAME],
    uint64_t *bytes, pl_err_t *err)
{
    char         own[32], hex[17];
    uint8_t      random[8];
    pl_spool_t   spool;
    pl_status_t  rc;

    if (pl_crypto_random(random, sizeof(random)) != PL_OK) {
        return pl_err_set(err, PL_IO, "media", 0, "no random bytes");
    }

    pl_hex_encode(random, sizeof(random), hex);
    (void) snprintf(own, sizeof(own), "/.tmp/put_%s", hex);

    rc = shelf_open(&spool, dir, own, 0, err);

    if (rc == PL_OK) {
        rc = shelf_copy(&spool, fd, max, err);
    }

    if (rc == PL_OK) {
        rc = pl_shelf_end(&spool, err);
    }

    if (rc == PL_OK) {
        *bytes = spool.bytes;
        rc = pl_shelf_keep(&spool, dir, name, err);
    }

    pl_shelf_drop(&spool);

    return rc;
}


void
pl_shelf_drop(pl_spool_t *spool)
{
    if (spool->open) {
        (void) unlink(spool->path);     /* else it is swept away later */
        shelf_close(spool);
    }
}


void
pl_shelf_sweep(const char *dir, uint64_t epoch)
{
    DIR            *tmp;
    char            own[32], path[PL_PATH_MAX];
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
        if (shelf_left(dirfd(tmp), entry->d_name, own)) {
            (void) unlinkat(dirfd(tmp), entry->d_name, 0);
        }
    }

    (void) closedir(tmp);
}


/* The lock says that it is not left over, but being written. */

static pl_status_t
shelf_copy(pl_spool_t *spool, int fd, uint64_t max, pl_err_t *err)
{
    ssize_t      n;
    uint8_t      buf[SHELF_COPY_BYTES];
    pl_status_t  rc = PL_OK;

    if (flock(spool->fd, LOCK_EX | LOCK_NB) == -1) {
        return shelf_fail(err, "flock");
    }

    while (rc == PL_OK) {
        n = read(fd, buf, sizeof(buf));

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == 0) {
            return PL_OK;
        }

        rc = n < 0 ? pl_err_set(err, PL_IO, "read", errno,
                                "the file cannot be read")
             : spool->bytes + (uint64_t) n > max
             ? pl_err_set(err, PL_TOOBIG, "media", 0, "too large")
             : pl_shelf_write(spool, buf, (size_t) n, err);
    }

    return rc;
}


/* Is it of a sender, or a program, that is no more? */

static bool
shelf_left(int tmp, const char *name, const char *own)
{
    int          fd;
    bool         left;
    const char  *dot;

    dot = strchr(name, '.');

    if (strncmp(name, "eff_", 4) == 0) {
        return dot != NULL && strcmp(dot, own) != 0;
    }

    if (strncmp(name, "put_", 4) != 0) {
        return false;
    }

    fd = openat(tmp, name, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return false;
    }

    left = flock(fd, LOCK_EX | LOCK_NB) == 0;
    (void) close(fd);                   /* with the lock */

    return left;
}


static pl_status_t
shelf_name(char *path, const char *dir, const char *name, pl_err_t *err)
{
    int  n;

    n = snprintf(path, PL_PATH_MAX, "%s%s", dir, name);

    return n >= 0 && n < PL_PATH_MAX ? PL_OK
           : pl_err_set(err, PL_TOOBIG, "media", 0, "the path is too long");
}


static pl_status_t
shelf_dir(const char *path, bool sync, pl_err_t *err)
{
    if (mkdir(path, SHELF_DIR_MODE) == -1) {
        return errno == EEXIST ? PL_OK : shelf_fail(err, "mkdir");
    }

    if (!shelf_hand_over(path)) {
        return shelf_fail(err, "chown");
    }

    return sync ? shelf_sync_parent(path, err) : PL_OK;
}


/*
 * What root makes belongs to whom the folder above belongs to: to who reads
 * it, and goes on in it.
 */

static bool
shelf_hand_over(const char *path)
{
    char         parent[PL_PATH_MAX];
    char        *slash;
    struct stat  st;

    if (geteuid() != 0) {
        return true;
    }

    (void) snprintf(parent, sizeof(parent), "%s", path);

    slash = strrchr(parent, '/');
    if (slash != NULL) {
        *slash = '\0';
    }

    return stat(slash == parent ? "/" : parent, &st) == 0
           && lchown(path, st.st_uid, st.st_gid) == 0;
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
    char   parent[PL_PATH_MAX];
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
shelf_there(const pl_spool_t *spool, const char *path)
{
    struct stat  st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode)
           && (uint64_t) st.st_size == spool->bytes;
}


static void
shelf_close(pl_spool_t *spool)
{
    (void) close(spool->fd);            /* it is synced, or of no use */
    pl_hash_destroy(spool->hash);
    spool->hash = NULL;
    spool->open = false;
}
