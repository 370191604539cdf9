/*
 * Errors and status names. What a status means stands in pl.h.
 */

#include <stdio.h>
#include <string.h>

#include "pl.h"


static const char *const  pl_status_names[] = {
    [PL_OK] = "ok",
    [PL_NOTFOUND] = "not found",
    [PL_EXISTS] = "exists",
    [PL_INVALID] = "invalid",
    [PL_TOOBIG] = "too big",
    [PL_DENIED] = "denied",
    [PL_BUSY] = "busy",
    [PL_FULL] = "full",
    [PL_IO] = "i/o error",
    [PL_BROKEN] = "broken",
    [PL_FOREIGN] = "foreign",
    [PL_NEWER] = "newer",
    [PL_NOMEM] = "no memory",
    [PL_MISUSE] = "misuse",
};


/* What is being joined into a buffer of a fixed size. */
typedef struct {
    char    *buf;
    size_t   size;
    size_t   len;
} pl_line_t;


static void pl_copy(char *dst, size_t size, const char *src);
static void line_add(pl_line_t *line, const char *text);
static void line_part(pl_line_t *line, const char *text);
static void line_system(pl_line_t *line, int sys);


pl_status_t
pl_err_set(pl_err_t *err, pl_status_t status, const char *op, int sys,
    const char *fmt, ...)
{
    char     name[PL_ERR_OP_MAX], text[PL_ERR_TEXT_MAX];
    va_list  args;

    if (err == NULL) {
        return status;
    }

    /*
     * A caller that adds to an error from below passes its old parts in: so
     * nothing of *err is written before all of it has been read.
     */

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);    /* cut to fit */
    va_end(args);
    pl_copy(name, sizeof(name), op);

    err->status = status;
    err->sys = sys;
    err->line = 0;
    err->column = 0;
    err->path[0] = '\0';
    pl_copy(err->op, sizeof(err->op), name);
    pl_copy(err->text, sizeof(err->text), text);

    return status;
}


void
pl_err_path(pl_err_t *err, const char *fmt, ...)
{
    char     path[PL_ERR_PATH_MAX];
    va_list  args;

    if (err == NULL) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf(path, sizeof(path), fmt, args);    /* cut to fit */
    va_end(args);

    pl_copy(err->path, sizeof(err->path), path);
}


const char *
pl_err_print(const pl_err_t *err, char *buf, size_t size)
{
    pl_line_t  line;

    if (size == 0) {
        return "";
    }

    line.buf = buf;
    line.size = size;
    line.len = 0;
    buf[0] = '\0';

    line_part(&line, err->op);
    line_part(&line, err->path);
    line_part(&line, err->text);
    line_system(&line, err->sys);

    return buf;
}


const char *
pl_status_name(pl_status_t status)
{
    if ((size_t) status >= PL_COUNT(pl_status_names)) {
        return "unknown status";
    }

    return pl_status_names[status];
}


static void
pl_copy(char *dst, size_t size, const char *src)
{
    size_t  len;

    len = (src == NULL) ? 0 : strnlen(src, size - 1);

    if (len > 0) {
        memcpy(dst, src, len);
    }

    dst[len] = '\0';
}


static void
line_add(pl_line_t *line, const char *text)
{
    pl_copy(line->buf + line->len, line->size - line->len, text);
    line->len += strlen(line->buf + line->len);
}


static void
line_part(pl_line_t *line, const char *text)
{
    if (text[0] == '\0') {
        return;
    }

    if (line->len > 0) {
        line_add(line, ": ");
    }

    line_add(line, text);
}


/* Libraries number their errors below zero; only errno has words here. */
static void
line_system(pl_line_t *line, int sys)
{
    char  buf[128];

    if (sys == 0) {
        return;
    }

    line_add(line, (line->len > 0) ? " (" : "(");

    if (sys > 0) {
        line_add(line, strerror_r(sys, buf, sizeof(buf)));

    } else {
        (void) snprintf(buf, sizeof(buf), "code %d", sys);
        line_add(line, buf);
    }

    line_add(line, ")");
}
