/*
 * What a backup does with files and folders: made, copied, hashed, synced,
 * and taken away again. Knows no store.
 */

#ifndef PLCTL_BACKUP_H_INCLUDED
#define PLCTL_BACKUP_H_INCLUDED

#include "ctl.h"

/*
 * Makes the folder that a backup grows in, with its two folders, for its
 * owner alone; one that a killed backup left is emptied first. *fd holds it
 * as long as it is open: PL_BUSY while another does. PL_EXISTS where
 * something else is in it, be it a store, which stays as it is; PL_DENIED,
 * PL_FULL, PL_IO.
 */
pl_status_t plctl_backup_make(plctl_t *ctl, const char *temp, int *fd,
    pl_err_t *err);

/* DIR/NAME, in ctl's arena; "", which opens nothing, where that is full. */
const char *plctl_backup_path(plctl_t *ctl, const char *dir,
    const char *name);

/* Takes away what a backup puts there. Best effort. */
void plctl_backup_clean(plctl_t *ctl, const char *temp);

/* The folder has its name: what marked it as unfinished goes. */
pl_status_t plctl_backup_finish(plctl_t *ctl, const char *dest,
    pl_err_t *err);

/* LMDB's lock files, and the store's: of no use in a copy. */
void plctl_backup_unlock(plctl_t *ctl, const char *temp);

/* A new file for its owner alone; the caller closes it. NULL: err. */
FILE *plctl_backup_file(const char *path, pl_err_t *err);

/* Flushes, syncs and closes it. */
pl_status_t plctl_backup_end(FILE *file, const char *path, pl_err_t *err);

/* Size, and SHA-256 in hex, of a file; the row is the caller's. */
pl_status_t plctl_backup_hash(plctl_t *ctl, const char *path,
    Pl__Ctl__BackupFile *row, pl_err_t *err);

/* Makes the folder's names last. */
pl_status_t plctl_backup_sync(const char *dir, pl_err_t *err);

#endif /* PLCTL_BACKUP_H_INCLUDED */
