/*
 * See backup.h.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/crypto.h"
#include "../core/slots.h"
#include "backup.h"


#define BACKUP_BLOCK  65536

/*
 * Says that the folder is an unfinished backup, whose other files look like
 * those of any store: the first that is put there, and the last that goes.
 */
#define BACKUP_MARK   "unfinished"


/* All else that a backup puts into its folder; folders behind their files. */
static const char *const  backup_files[] = {
    "journal/data.mdb", "state/data.mdb", "key", "backup.json",
    "journal/lock.mdb", "state/lock.mdb", "open.lock", PL_SLOTS_AT
};

static const char *const  backup_folders[] = { "journal", "state" };


static pl_status_t backup_fill(plctl_t *ctl, const char *temp,
    pl_err_t *err);
static void backup_empty(plctl_t *ctl, const char *temp);
static pl_status_t backup_vacant(const char *temp, pl_err_t *err);
static pl_status_t backup_fail(pl_err_t *err, const char *path,
    const char *text);
static pl_status_t backup_read(FILE *file, pl_hash_t *hash, uint64_t *bytes,
    const char *path, pl_err_t *err);


pl_status_t
plctl_backup_make(plctl_t *ctl, const char *temp, int *out, pl_err_t *err)
{
    int           fd;
    pl_status_t   rc;

    if (mkdir(temp, 0700) == -1 && errno != EEXIST) {
        return backup_fail(err, temp, "cannot make folder");
    }

    fd = open(temp, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1) {
        return backup_fail(err, temp, "cannot open folder");
    }

    if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
        rc = pl_err_set(err, PL_BUSY, "backup", 0,
                        "another backup is being made there");
        pl_err_path(err, "%s", temp);
        (void) close(fd);
        return rc;
    }

    rc = backup_fill(ctl, temp, err);

    if (rc != PL_OK) {
        (void) close(fd);
        return rc;
    }

    *out = fd;

    return PL_OK;
}


const char *
plctl_backup_path(plctl_t *ctl, const char *dir, const char *name)
{
    const char  *path;

    path = pl_arena_printf(ctl->ar, "%s/%s", dir, name);

    return path == NULL ? "" : path;
}


void
plctl_backup_clean(plctl_t *ctl, const char *temp)
{
    backup_empty(ctl, temp);
    (void) rmdir(temp);
}


pl_status_t
plctl_backup_finish(plctl_t *ctl, const char *dest, pl_err_t *err)
{
    const char  *path;

    path = plctl_backup_path(ctl, dest, BACKUP_MARK);

    return unlink(path) == 0 ? plctl_backup_sync(dest, err)
                             : backup_fail(err, path, "cannot delete");
}


void
plctl_backup_unlock(plctl_t *ctl, const char *temp)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(backup_files); i++) {
        if (strstr(backup_files[i], "lock") != NULL) {
            (void) unlink(plctl_backup_path(ctl, temp, backup_files[i]));
        }
    }
}


FILE *
plctl_backup_file(const char *path, pl_err_t *err)
{
    int    fd;
    FILE  *file;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file = fd == -1 ? NULL : fdopen(fd, "w");

    if (file == NULL) {
        (void) backup_fail(err, path, "cannot make the file");

        if (fd != -1) {
            (void) close(fd);   /* nothing was written */
        }
    }

    return file;
}


pl_status_t
plctl_backup_end(FILE *file, const char *path, pl_err_t *err)
{
    pl_status_t  rc;

    rc = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0
         ? PL_OK : backup_fail(err, path, "cannot write");

    if (fclose(file) != 0 && rc == PL_OK) {
        rc = backup_fail(err, path, "cannot write");
    }

    return rc;
}


pl_status_t
plctl_backup_hash(plctl_t *ctl, const char *path, Pl__Ctl__BackupFile *row,
    pl_err_t *err)
{
    FILE         *file;
    uint8_t       sum[PL_SHA256_LEN];
    pl_hash_t    *hash;
    pl_status_t   rc;

    file = fopen(path, "re");
    if (file == NULL) {
        return backup_fail(err, path, "cannot open");
    }

    hash = pl_hash_create();
    rc = hash == NULL ? pl_err_set(err, PL_NOMEM, "backup", 0,
                                   "out of memory")
                      : backup_read(file, hash, &row->bytes, path, err);

    if (rc == PL_OK) {
        rc = pl_hash_end(hash, sum);
    }

    if (rc == PL_OK) {
        row->sha256 = (char *) plctl_hex(ctl->ar, sum, sizeof(sum));
    }

    pl_hash_destroy(hash);
    (void) fclose(file);        /* only read: nothing to lose */

    return rc;
}


pl_status_t
plctl_backup_sync(const char *dir, pl_err_t *err)
{
    int          fd;
    pl_status_t  rc;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd == -1) {
        return backup_fail(err, dir, "cannot open folder");
    }

    rc = fsync(fd) == 0 ? PL_OK
                        : backup_fail(err, dir, "cannot sync the folder");
    (void) close(fd);           /* it was only synced */

    return rc;
}


/* Of what is there, only an unfinished backup makes place. */
static pl_status_t
backup_fill(plctl_t *ctl, const char *temp, pl_err_t *err)
{
    size_t        i;
    FILE         *file;
    const char   *path;
    pl_status_t   rc;

    path = plctl_backup_path(ctl, temp, BACKUP_MARK);

    if (access(path, F_OK) == 0) {
        backup_empty(ctl, temp);
    }

    rc = backup_vacant(temp, err);
    if (rc != PL_OK) {
        return rc;
    }

    file = plctl_backup_file(path, err);
    rc = file == NULL ? err->status : plctl_backup_end(file, path, err);

    for (i = 0; rc == PL_OK && i < PL_COUNT(backup_folders); i++) {
        path = plctl_backup_path(ctl, temp, backup_folders[i]);

        if (mkdir(path, 0700) == -1) {
            rc = backup_fail(err, path, "cannot make folder");
        }
    }

    return rc;
}


static void
backup_empty(plctl_t *ctl, const char *temp)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(backup_files); i++) {
        (void) unlink(plctl_backup_path(ctl, temp, backup_files[i]));
    }

    for (i = 0; i < PL_COUNT(backup_folders); i++) {
        (void) rmdir(plctl_backup_path(ctl, temp, backup_folders[i]));
    }

    (void) unlink(plctl_backup_path(ctl, temp, BACKUP_MARK));
}


/* What is left is nothing of a backup's. */
static pl_status_t
backup_vacant(const char *temp, pl_err_t *err)
{
    DIR            *d;
    bool            vacant;
    pl_status_t     rc;
    struct dirent  *ent;

    d = opendir(temp);
    if (d == NULL) {
        return backup_fail(err, temp, "cannot look into it");
    }

    vacant = true;

    while (vacant && (ent = readdir(d)) != NULL) {
        vacant = strcmp(ent->d_name, ".") == 0
                 || strcmp(ent->d_name, "..") == 0;
    }

    (void) closedir(d);         /* only read */

    if (vacant) {
        return PL_OK;
    }

    rc = pl_err_set(err, PL_EXISTS, "backup", 0,
                    "holds what is none of a backup's");
    pl_err_path(err, "%s", temp);

    return rc;
}


static pl_status_t
backup_fail(pl_err_t *err, const char *path, const char *text)
{
    int          sys;
    pl_status_t  rc;

    sys = errno;
    rc = pl_err_set(err, sys == ENOSPC || sys == EDQUOT ? PL_FULL
                         : sys == EEXIST ? PL_EXISTS
                         : sys == EACCES ? PL_DENIED : PL_IO,
                    "backup", sys, "%s", text);
    pl_err_path(err, "%s", path);

    return rc;
}


static pl_status_t
backup_read(FILE *file, pl_hash_t *hash, uint64_t *bytes, const char *path,
    pl_err_t *err)
{
    size_t       n;
    uint8_t      block[BACKUP_BLOCK];
    pl_status_t  rc;

    *bytes = 0;
    rc = pl_hash_begin(hash);

    while (rc == PL_OK && (n = fread(block, 1, sizeof(block), file)) > 0) {
        *bytes += n;
        rc = pl_hash_add(hash, block, n);
    }

    return rc == PL_OK && ferror(file) ? backup_fail(err, path, "cannot read")
                                       : rc;
}
