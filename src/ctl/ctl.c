/*
 * A command's surroundings: made, opened and ended. See ctl.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../core/str.h"
#include "../engine/journal.h"
#include "../engine/shapes.h"
#include "codec.h"
#include "ctl.h"


#define CTL_READ_BLOCK  65536


static pl_status_t ctl_store(plctl_t *ctl, pl_err_t *err);
static pl_status_t ctl_read(plctl_t *ctl, int fd, const char *path,
    size_t max, pl_str_t *out, pl_err_t *err);


pl_status_t
plctl_create(plctl_t *ctl, const plctl_args_t *args, FILE *out,
    FILE *err_out, pl_err_t *err)
{
    const char  *dir;

    memset(ctl, 0, sizeof(plctl_t));
    ctl->args = args;
    ctl->json = (args->given & PLCTL_OPT_JSON) != 0;
    ctl->out = out;
    ctl->err = err_out;
    ctl->clock = pl_clock_system();

    ctl->ar = pl_arena_create(PLCTL_ARENA_BLOCK, PLCTL_ARENA_MAX);
    if (ctl->ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "start", 0, "out of memory");
    }

    dir = args->store;

    if (dir == NULL) {
        dir = getenv(PLCTL_STORE_ENV);
    }

    if (dir == NULL || dir[0] == '\0') {
        dir = PLCTL_STORE;
    }

    ctl->dir = plctl_absolute(ctl, dir);
    if (ctl->dir == NULL) {
        return pl_err_set(err, PL_IO, "start", errno,
                          "cannot tell the working folder");
    }

    return plctl_codec_create(&ctl->rows, err);
}


void
plctl_destroy(plctl_t *ctl)
{
    pl_settings_destroy(ctl->settings);
    pl_shared_close(ctl->sh);

    if (ctl->st != NULL) {
        pl_store_close(ctl->st);
    }

    if (ctl->shapes != NULL) {
        pl_codec_destroy(ctl->shapes);
    }

    if (ctl->rows != NULL) {
        pl_codec_destroy(ctl->rows);
    }

    pl_arena_destroy(ctl->ar);
    memset(ctl, 0, sizeof(plctl_t));
}


pl_status_t
plctl_shapes(plctl_t *ctl, pl_err_t *err)
{
    if (ctl->shapes != NULL) {
        return PL_OK;
    }

    return pl_shapes_codec(&ctl->shapes, err);
}


pl_status_t
plctl_open(plctl_t *ctl, pl_err_t *err)
{
    pl_err_t     problem;
    pl_status_t  rc;

    rc = plctl_open_any(ctl, &problem, err);

    if (rc == PL_OK && problem.status != PL_OK) {
        if (err != NULL) {
            *err = problem;
        }

        return problem.status;
    }

    return rc;
}


pl_status_t
plctl_open_tenant(plctl_t *ctl, const char *name, uint32_t *id, pl_err_t *err)
{
    pl_status_t  rc;

    rc = plctl_open(ctl, err);

    return rc == PL_OK ? plctl_tenant(ctl, name, id, err) : rc;
}


pl_status_t
plctl_open_any(plctl_t *ctl, pl_err_t *problem, pl_err_t *err)
{
    pl_status_t  rc;

    memset(problem, 0, sizeof(pl_err_t));

    rc = plctl_shapes(ctl, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = ctl_store(ctl, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_journal_open(ctl->st, ctl->clock, problem);
    if (rc == PL_OK) {
        rc = plctl_settings(ctl, problem);
    }

    problem->status = rc;

    return PL_OK;
}


static pl_status_t
ctl_store(plctl_t *ctl, pl_err_t *err)
{
    pl_status_t      rc;
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(pl_store_conf_t));
    conf.dir = ctl->dir;
    conf.read_age_ms = PLCTL_READ_AGE_MS;

    rc = pl_store_open(&ctl->st, &conf, err);
    if (rc != PL_OK) {
        ctl->st = NULL;
        return rc;
    }

    /* the reader table is only right within one PID namespace (store.h) */
    rc = pl_shared_open(&ctl->sh, ctl->dir, err);
    if (rc != PL_OK) {
        ctl->sh = NULL;
    }

    return rc;
}


pl_status_t
plctl_settings(plctl_t *ctl, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   rc;

    pl_settings_destroy(ctl->settings);
    ctl->settings = NULL;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_settings_load(&ctl->settings, txn, ctl->shapes, err);
    pl_store_abort(txn);

    if (rc != PL_OK) {
        ctl->settings = NULL;
    }

    return rc;
}


const char *
plctl_absolute(plctl_t *ctl, const char *dir)
{
    char        *real;
    const char  *copy;

    real = realpath(dir, NULL);

    if (real != NULL) {
        copy = pl_arena_str(ctl->ar, pl_str_c(real));
        free(real);
        return copy;
    }

    if (dir[0] == '/') {
        return dir;
    }

    real = getcwd(NULL, 0);
    if (real == NULL) {
        return NULL;
    }

    copy = pl_arena_printf(ctl->ar, "%s/%s", real, dir);
    free(real);

    return copy;
}


pl_status_t
plctl_file(plctl_t *ctl, const char *path, size_t max, pl_str_t *out,
    pl_err_t *err)
{
    int          fd;
    pl_status_t  rc;

    if (strcmp(path, "-") == 0) {
        return ctl_read(ctl, STDIN_FILENO, "stdin", max, out, err);
    }

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        rc = pl_err_set(err, errno == ENOENT ? PL_NOTFOUND : PL_IO, "", errno,
                        "cannot open");
        pl_err_path(err, "%s", path);
        return rc;
    }

    rc = ctl_read(ctl, fd, path, max, out, err);
    (void) close(fd);           /* only read: nothing to lose */

    return rc;
}


/* Grows by doubling; what is outgrown stays in the arena until the end. */

static pl_status_t
ctl_read(plctl_t *ctl, int fd, const char *path, size_t max, pl_str_t *out,
    pl_err_t *err)
{
    size_t        size, len;
    ssize_t       n;
    uint8_t      *data, *more;
    pl_status_t   rc;

    size = CTL_READ_BLOCK;
    len = 0;
    rc = PL_OK;

    data = pl_arena_alloc(ctl->ar, size);

    while (data != NULL) {
        n = read(fd, data + len, size - len);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n < 0) {
            rc = pl_err_set(err, PL_IO, "", errno, "cannot read");
            break;
        }

        len += (size_t) n;

        if (len > max) {
            rc = pl_err_set(err, PL_TOOBIG, "", 0, "more than %zu bytes",
                            max);
            break;
        }

        if (n == 0) {
            out->data = data;
            out->len = len;
            return PL_OK;
        }

        if (len == size) {
            more = pl_arena_alloc(ctl->ar, size * 2);
            if (more != NULL) {
                memcpy(more, data, len);
            }

            data = more;
            size *= 2;
        }
    }

    if (rc == PL_OK) {
        rc = pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
    }

    pl_err_path(err, "%s", path);

    return rc;
}
