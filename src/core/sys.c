/*
 * System calls as core's files use them: errno to status, reads and writes
 * that do not stop half way, and the sync of a folder, without which a new
 * file can be missing after a power cut although its bytes were synced.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sys_impl.h"


pl_status_t
pl_sys_status(int sys)
{
    switch (sys) {
    case ENOENT:
    case ENOTDIR:
        return PL_NOTFOUND;

    case EEXIST:
        return PL_EXISTS;

    case EACCES:
    case EPERM:
    case EROFS:
        return PL_DENIED;

    case ENOSPC:
    case EDQUOT:
    case EFBIG:                 /* RLIMIT_FSIZE: room by another name */
        return PL_FULL;

    case ENOMEM:
        return PL_NOMEM;

    default:
        return PL_IO;
    }
}


pl_status_t
pl_sys_err(pl_err_t *err, const char *op, int sys, const char *path,
    const char *text)
{
    pl_status_t  status;

    status = pl_err_set(err, pl_sys_status(sys), op, sys, "%s", text);
    pl_err_path(err, "%s", path);

    return status;
}


ssize_t
pl_sys_pread(int fd, void *buf, size_t len, off_t offset)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += (size_t) n) {
        n = pread(fd, (char *) buf + done, len - done,
                  offset + (off_t) done);

        if (n == 0) {
            break;
        }

        if (n < 0) {
            if (errno == EINTR) {
                n = 0;
                continue;
            }

            return -1;
        }
    }

    return (ssize_t) done;
}


int
pl_sys_write(int fd, const void *buf, size_t len)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += (size_t) n) {
        n = write(fd, (const char *) buf + done, len - done);

        if (n < 0) {
            if (errno == EINTR) {
                n = 0;
                continue;
            }

            return -1;
        }
    }

    return 0;
}


int
pl_sys_sync_dir(const char *dir)
{
    int  fd, rc, sys;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    rc = fsync(fd);
    sys = errno;
    (void) close(fd);           /* nothing was written through it */
    errno = sys;

    return rc;
}


int
pl_sys_sync_parent(const char *path)
{
    char         dir[PATH_MAX];
    size_t       len;
    const char  *slash;

    len = strlen(path);
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }

    slash = memrchr(path, '/', len);
    if (slash == NULL) {
        return pl_sys_sync_dir(".");
    }

    len = slash == path ? 1 : (size_t) (slash - path);
    if (len >= sizeof(dir)) {
        errno = ENAMETOOLONG;
        return -1;
    }

    memcpy(dir, path, len);
    dir[len] = '\0';

    return pl_sys_sync_dir(dir);
}
