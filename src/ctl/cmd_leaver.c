/*
 * tenant export: all that a tenant has, for one that leaves (leaver.h). The
 * journal is told that it was handed out.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "../core/str.h"
#include "../engine/leaver.h"
#include "backup.h"
#include "cmd.h"

typedef struct {
    plctl_t       *ctl;
    const char    *tenant;
    const char    *path;
    uint32_t       id;
    FILE          *file;
    pl_leaver_t    done;
    uint64_t       entry;
    bool           folded;
} leaver_t;

static pl_status_t leaver_open(leaver_t *lv, pl_err_t *err);
static pl_status_t leaver_write(leaver_t *lv, pl_err_t *err);
static pl_status_t leaver_put(void *data, const char *bytes, size_t len,
    pl_err_t *err);
static pl_status_t leaver_close(leaver_t *lv, pl_status_t rc,
    pl_err_t *err);
static pl_status_t leaver_told(leaver_t *lv, pl_err_t *err);
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

    return rc == PL_OK ? leaver_report(&lv) : plctl_fail(ctl, &err);
}


static pl_status_t
leaver_open(leaver_t *lv, pl_err_t *err)
{
    if (strcmp(lv->path, "-") == 0) {
        lv->file = lv->ctl->out;
        return PL_OK;
    }

    lv->file = plctl_backup_file(lv->path, err);

    return lv->file == NULL ? PL_IO : PL_OK;
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

    if (lv->file == lv->ctl->out) {
        return rc == PL_OK && fflush(lv->file) != 0
               ? pl_err_set(err, PL_IO, "export", errno, "cannot write")
               : rc;
    }

    closed = plctl_backup_end(lv->file, lv->path, &second);

    if (rc == PL_OK && closed != PL_OK) {
        rc = closed;
        *err = second;
    }

    if (rc != PL_OK) {
        (void) unlink(lv->path);        /* the error at hand is told */
    }

    return rc;
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


/* With "-" the lines are on stdout, and this on stderr. */

static int
leaver_report(leaver_t *lv)
{
    FILE                 *to;
    pl_err_t              err = { 0 };
    Pl__Ctl__LeaverRow    row = PL__CTL__LEAVER_ROW__INIT;

    to = lv->file == lv->ctl->out ? lv->ctl->err : lv->ctl->out;

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
