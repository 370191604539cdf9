/*
 * tenant export: all that a tenant has, for one that leaves (leaver.h). The
 * journal is told that it was handed out: of a file, once that is sure to
 * outlast a power cut; of stdout, before its first byte leaves, since whoever
 * reads there may have enough of it at any byte.
 *
 * For stdout it is written aside first, into a file that has no name. A reader
 * that stalls would hold the snapshot for as long as it likes, and while it is
 * held no page of the state is used anew: the store grows with each webhook.
 * The file is in TMPDIR, where that is set; else in the store's own folder,
 * which has as much personal data already, is for its owner alone, and is a
 * disk, where /tmp may be memory.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/str.h"
#include "../engine/leaver.h"
#include "backup.h"
#include "cmd.h"

#define LEAVER_COPY_BYTES  65536

typedef struct {
    plctl_t       *ctl;
    const char    *tenant;
    const char    *path;
    uint32_t       id;
    bool           aside;       /* to stdout, by way of a file */
    FILE          *file;
    pl_leaver_t    done;
    uint64_t       entry;
    bool           folded;
} leaver_t;

static pl_status_t leaver_open(leaver_t *lv, pl_err_t *err);
static FILE *leaver_aside(plctl_t *ctl, pl_err_t *err);
static pl_status_t leaver_write(leaver_t *lv, pl_err_t *err);
static pl_status_t leaver_put(void *data, const char *bytes, size_t len,
    pl_err_t *err);
static pl_status_t leaver_close(leaver_t *lv, pl_status_t rc,
    pl_err_t *err);
static pl_status_t leaver_sync(leaver_t *lv, pl_err_t *err);
static pl_status_t leaver_told(leaver_t *lv, pl_err_t *err);
static pl_status_t leaver_copy(leaver_t *lv, pl_err_t *err);
static int leaver_report(leaver_t *lv);


int
plctl_cmd_tenant_export(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    leaver_t     lv = { .ctl = ctl, .tenant = words[0], .path = words[1] };
    pl_err_t     err = { 0 };
    pl_status_t  rc;

    (void) n_words;

    rc = plctl_open_tenant(ctl, lv.tenant, &lv.id, &err);

    if (rc == PL_OK) {
        rc = leaver_open(&lv, &err);
    }

    if (rc == PL_OK) {
        rc = leaver_close(&lv, leaver_write(&lv, &err), &err);
    }

    if (rc == PL_OK) {
        rc = leaver_told(&lv, &err);
    }

    if (rc == PL_OK && lv.aside) {
        rc = leaver_copy(&lv, &err);
    }

    if (lv.aside && lv.file != NULL) {
        (void) fclose(lv.file);         /* it has no name: it is gone */
    }

    return rc == PL_OK ? leaver_report(&lv) : plctl_fail(ctl, &err);
}


static pl_status_t
leaver_open(leaver_t *lv, pl_err_t *err)
{
    lv->aside = strcmp(lv->path, "-") == 0;
    lv->file = lv->aside ? leaver_aside(lv->ctl, err)
                         : plctl_backup_file(lv->path, err);

    return lv->file == NULL ? PL_IO : PL_OK;
}


/* A file that nobody else can open, and that ends with this process. */

static FILE *
leaver_aside(plctl_t *ctl, pl_err_t *err)
{
    int          fd;
    char        *name;
    FILE        *file;
    const char  *dir = getenv("TMPDIR");

    if (dir == NULL || dir[0] == '\0') {
        dir = ctl->dir;
    }

    name = pl_arena_printf(ctl->ar, "%s/export.XXXXXX", dir);
    fd = name == NULL ? -1 : mkstemp(name);     /* for its owner alone */

    if (fd != -1) {
        (void) unlink(name);            /* nobody has seen it */
    }

    file = fd == -1 ? NULL : fdopen(fd, "w+");

    if (file == NULL) {
        (void) pl_err_set(err, PL_IO, "export", errno,
                          "cannot write aside in %s", dir);

        if (fd != -1) {
            (void) close(fd);           /* nothing was written */
        }
    }

    return file;
}


static pl_status_t
leaver_write(leaver_t *lv, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    rc = pl_store_begin(lv->ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_leaver_export(txn, lv->id, lv->tenant, lv->ctl->shapes,
                          leaver_put, lv, &lv->done, err);
    pl_store_abort(txn);

    return rc;
}


static pl_status_t
leaver_put(void *data, const char *bytes, size_t len, pl_err_t *err)
{
    leaver_t  *lv = data;

    return fwrite(bytes, 1, len, lv->file) == len
           ? PL_OK
           : pl_err_set(err, PL_IO, "export", errno, "cannot write %s",
                        lv->path);
}


/* What could not be written whole is not left behind. */

static pl_status_t
leaver_close(leaver_t *lv, pl_status_t rc, pl_err_t *err)
{
    pl_err_t     second = { 0 };
    pl_status_t  closed;

    if (lv->aside) {
        return rc == PL_OK && fflush(lv->file) != 0
               ? pl_err_set(err, PL_IO, "export", errno,
                            "cannot write aside")
               : rc;
    }

    closed = plctl_backup_end(lv->file, lv->path, &second);

    if (rc == PL_OK && closed == PL_OK) {
        closed = leaver_sync(lv, &second);
    }

    if (rc == PL_OK && closed != PL_OK) {
        rc = closed;
        *err = second;
    }

    if (rc != PL_OK) {
        (void) unlink(lv->path);        /* the error at hand is told */
    }

    return rc;
}


/* Its name is in its folder for good: the log is to name no other file. */

static pl_status_t
leaver_sync(leaver_t *lv, pl_err_t *err)
{
    char        *slash, *dir;
    const char  *path = plctl_absolute(lv->ctl, lv->path);

    dir = path == NULL ? NULL : pl_arena_str(lv->ctl->ar, pl_str_c(path));
    if (dir == NULL) {
        return pl_err_set(err, PL_IO, "export", errno,
                          "cannot tell the file's folder");
    }

    slash = strrchr(dir, '/');
    slash[slash == dir] = '\0';

    return plctl_backup_sync(dir, err);
}


static pl_status_t
leaver_told(leaver_t *lv, pl_err_t *err)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__Exported     in = PL__EXPORTED__INIT;
    pl_status_t      rc;
    pl_appended_t    appended;

    in.tenant = lv->id;
    in.digest.data = lv->done.digest;
    in.digest.len = PL_SHA256_LEN;
    in.bytes = lv->done.bytes;
    in.has_lines = 1;
    in.lines = lv->done.lines;
    in.actor = (char *) plctl_actor(lv->ctl);
    command.of_case = PL__COMMAND__OF_EXPORTED;
    command.exported = &in;

    rc = plctl_ask(lv->ctl, &command, &appended, &lv->folded, err);
    lv->entry = rc == PL_OK ? appended.first : 0;

    return rc;
}


static pl_status_t
leaver_copy(leaver_t *lv, pl_err_t *err)
{
    char    bytes[LEAVER_COPY_BYTES];
    FILE   *to = lv->ctl->out;
    size_t  n;

    rewind(lv->file);

    while ((n = fread(bytes, 1, sizeof(bytes), lv->file)) != 0) {
        if (fwrite(bytes, 1, n, to) != n) {
            return pl_err_set(err, PL_IO, "export", errno, "cannot write");
        }
    }

    if (ferror(lv->file)) {
        return pl_err_set(err, PL_IO, "export", errno,
                          "cannot read what was written aside");
    }

    return fflush(to) == 0 ? PL_OK : pl_err_set(err, PL_IO, "export", errno,
                                                "cannot write");
}


/* With "-" the lines are on stdout, and this on stderr. */

static int
leaver_report(leaver_t *lv)
{
    FILE                 *to;
    pl_err_t              err = { 0 };
    Pl__Ctl__LeaverRow    row = PL__CTL__LEAVER_ROW__INIT;

    to = lv->aside ? lv->ctl->err : lv->ctl->out;

    row.tenant = (char *) lv->tenant;
    row.file = (char *) lv->path;
    row.state = (char *) (lv->folded ? "exported" : "pending");
    row.lines = lv->done.lines;
    row.has_bytes = 1;
    row.bytes = lv->done.bytes;
    row.waited = lv->done.waited;
    row.sha256 = (char *) plctl_hex(lv->ctl->ar, lv->done.digest,
                                    PL_SHA256_LEN);
    row.has_entry = 1;
    row.entry = lv->entry;

    if (lv->ctl->json && to == lv->ctl->out) {
        return plctl_json(lv->ctl, &row.base, &err) == PL_OK
               ? PLCTL_EXIT_OK : plctl_fail(lv->ctl, &err);
    }

    fprintf(to, "%s: exported: %" PRIu64 " lines, %" PRIu64 " bytes, sha256 "
            "%s\n", row.tenant, row.lines, row.bytes, row.sha256);

    if (row.waited != 0) {
        fprintf(to, "%" PRIu64 " messages had not left: they are failed in "
                "it\n", row.waited);
    }

    return PLCTL_EXIT_OK;
}
