/*
 * Private to core: what its files ask of the system beside their own
 * library. Any thread.
 */

#ifndef PL_SYS_IMPL_H_INCLUDED
#define PL_SYS_IMPL_H_INCLUDED

#include <sys/types.h>

#include "pl.h"

/* The status that an errno stands for; PL_IO for all that have no own. */
pl_status_t pl_sys_status(int sys);

/* Fills err from errno (sys), names path, and returns its status. */
pl_status_t pl_sys_err(pl_err_t *err, const char *op, int sys,
    const char *path, const char *text);

/*
 * Reads until len bytes or the end of the file, from offset; the count, or
 * -1 with errno. write: all of it, or -1 with errno.
 */
ssize_t pl_sys_pread(int fd, void *buf, size_t len, off_t offset);
int pl_sys_write(int fd, const void *buf, size_t len);

/* Syncs the folder, or the folder that path stands in; -1 with errno. */
int pl_sys_sync_dir(const char *dir);
int pl_sys_sync_parent(const char *path);

#endif /* PL_SYS_IMPL_H_INCLUDED */
