/*
 * See mail_source.h. A line of base64 is 57 bytes of the file, so any place
 * of the body names a place of the file, and nothing has to be remembered. A
 * file that is not there, or is not what it was, ends the transfer before
 * the mail was handed over whole, and so it never was.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "mail_source.h"

#define SOURCE_PLAIN  57                /* bytes of a line */
#define SOURCE_LINE   78                /* the same in base64, with its end */
#define SOURCE_LINES  128               /* read at once */

typedef struct {
    const pl_mail_written_t  *mail;
    const char               *dir;
} source_t;

static size_t source_read(void *data, uint64_t at, uint8_t *buf, size_t n);
static size_t source_file(const source_t *s, const pl_mail_file_t *file,
    uint64_t at, uint8_t *buf, size_t n);
static size_t source_lines(const uint8_t *plain, size_t len, uint8_t *out);
static ssize_t source_bytes(const source_t *s, const pl_mail_file_t *file,
    uint64_t from, uint8_t *buf, size_t n);


pl_status_t
pls_mail_source(pls_job_t *job, const char *dir, pl_err_t *err)
{
    source_t  *s;

    s = pl_arena_alloc(job->arena, sizeof(*s));

    if (s != NULL) {
        s->mail = job->request.mail;
        s->dir = pl_arena_str(job->arena, pl_str_c(dir));
    }

    if (s == NULL || s->dir == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "out of memory");
    }

    job->source = source_read;
    job->source_data = s;
    job->source_bytes = job->request.mail->bytes;
    job->patient = true;

    return PL_OK;
}


static size_t
source_read(void *data, uint64_t at, uint8_t *buf, size_t n)
{
    size_t                   i;
    uint64_t                 len;
    const source_t          *s = data;
    const pl_mail_piece_t   *piece;

    for (i = 0; i < s->mail->n; i++) {
        piece = &s->mail->pieces[i];
        len = piece->file != NULL ? pl_mail_base64_size(piece->file->bytes)
                                  : piece->bytes.len;

        if (at >= len) {
            at -= len;
            continue;
        }

        n = n < len - at ? n : (size_t) (len - at);

        if (piece->file != NULL) {
            return source_file(s, piece->file, at, buf, n);
        }

        memcpy(buf, piece->bytes.data + at, n);

        return n;
    }

    return 0;
}


static size_t
source_file(const source_t *s, const pl_mail_file_t *file, uint64_t at,
    uint8_t *buf, size_t n)
{
    size_t     skip, len;
    ssize_t    got;
    uint8_t    plain[SOURCE_LINES * SOURCE_PLAIN];
    uint8_t    lines[SOURCE_LINES * SOURCE_LINE];
    uint64_t   from;

    from = at / SOURCE_LINE * SOURCE_PLAIN;
    skip = (size_t) (at % SOURCE_LINE);

    got = source_bytes(s, file, from, plain, sizeof(plain));
    if (got <= 0) {
        return 0;
    }

    len = source_lines(plain, (size_t) got, lines);
    if (len <= skip) {
        return 0;
    }

    len -= skip;
    n = n < len ? n : len;
    memcpy(buf, lines + skip, n);

    return n;
}


static size_t
source_lines(const uint8_t *plain, size_t len, uint8_t *out)
{
    size_t              i, k, n = 0, part;
    uint32_t            bits;
    static const char   digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";

    for (i = 0; i < len; i += part) {
        part = len - i < SOURCE_PLAIN ? len - i : SOURCE_PLAIN;

        for (k = 0; k < part; k += 3) {
            bits = (uint32_t) plain[i + k] << 16;
            bits |= k + 1 < part ? (uint32_t) plain[i + k + 1] << 8 : 0;
            bits |= k + 2 < part ? plain[i + k + 2] : 0;
            out[n++] = (uint8_t) digits[bits >> 18];
            out[n++] = (uint8_t) digits[bits >> 12 & 63];
            out[n++] = k + 1 < part ? (uint8_t) digits[bits >> 6 & 63] : '=';
            out[n++] = k + 2 < part ? (uint8_t) digits[bits & 63] : '=';
        }

        out[n++] = '\r';
        out[n++] = '\n';
    }

    return n;
}


/* 0 and less: it cannot be had, or has another size than it had. */

static ssize_t
source_bytes(const source_t *s, const pl_mail_file_t *file, uint64_t from,
    uint8_t *buf, size_t n)
{
    int          fd, len;
    char         path[PL_PATH_MAX];
    ssize_t      got = -1;
    struct stat  st;

    len = snprintf(path, sizeof(path), "%s/%.2s/%.2s/%s", s->dir, file->file,
                   file->file + 2, file->file);
    if (len < 0 || (size_t) len >= sizeof(path)) {
        return -1;
    }

    fd = open(path, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);
    if (fd == -1) {
        return -1;
    }

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && (uint64_t) st.st_size == file->bytes)
    {
        do {
            got = pread(fd, buf, n, (off_t) from);
        } while (got == -1 && errno == EINTR);
    }

    (void) close(fd);                   /* nothing was written through it */

    return got < 0 || (size_t) got == n || from + (uint64_t) got
                                            == file->bytes ? got : -1;
}
