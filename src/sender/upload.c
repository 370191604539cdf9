/*
 * See upload.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "result.h"
#include "upload.h"

/* In the job's arena; what it points to as well. */
struct pls_upload_s {
    const char      *path;
    uint64_t         bytes;
    uint64_t         epoch;
    pl_str_t         head;              /* before the file */
    pl_str_t         tail;              /* and behind it */
    int              fd;                /* -1: not open */
    bool             broken;            /* it could not be read */
};

static size_t upload_source(void *data, uint64_t at, uint8_t *buf, size_t n);
static ssize_t upload_read(pls_upload_t *upload, uint64_t at, uint8_t *buf,
    size_t n);
static void upload_over(pls_job_t *job, Pl__Outcome outcome, const char *why,
    int64_t now_ms, uint32_t random32);
static void upload_close(pls_upload_t *upload);


pl_status_t
pls_upload_make(pls_job_t *job, const pl_uploads_t *uploads,
    const pl_upload_t *what, const char *dir, uint64_t bytes,
    uint64_t epoch, pl_err_t *err)
{
    pl_status_t    rc;
    pls_upload_t  *upload;

    upload = pl_arena_zalloc(job->arena, sizeof(*upload));
    if (upload == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "out of memory");
    }

    upload->fd = -1;
    upload->bytes = bytes;
    upload->epoch = epoch;
    upload->path = pl_arena_printf(job->arena, "%s/%.2s/%.2s/%s", dir,
                                   what->file, what->file + 2, what->file);
    if (upload->path == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "out of memory");
    }

    rc = uploads->build(what, job->arena, &job->request, &upload->head,
                        &upload->tail, err);
    if (rc != PL_OK) {
        return rc;
    }

    job->upload = upload;
    job->classify = uploads->classify;
    job->source = upload_source;
    job->source_data = upload;
    job->source_bytes = upload->head.len + bytes + upload->tail.len;
    job->patient = true;
    job->timeout_ms = PLS_UPLOAD_TIMEOUT_MS;

    return PL_OK;
}


bool
pls_upload_begin(pls_job_t *job, int64_t now_ms, uint32_t random32)
{
    struct stat    st;
    pls_upload_t  *upload = job->upload;

    /* a pipe would wait for who writes to it */

    upload->fd = open(upload->path, O_RDONLY|O_NOFOLLOW|O_NONBLOCK|O_CLOEXEC);

    if (upload->fd == -1 && (errno == ENOENT || errno == ENOTDIR)) {
        upload_over(job, PL__OUTCOME__OUTCOME_PERMANENT,
                    "its file is not in the folder", now_ms, random32);
        return false;
    }

    if (upload->fd == -1 || fstat(upload->fd, &st) == -1) {
        upload_over(job, PL__OUTCOME__OUTCOME_THROTTLE,
                    "its file cannot be read", now_ms + PLS_UPLOAD_DISK_MS,
                    random32);
        return false;
    }

    if (!S_ISREG(st.st_mode) || (uint64_t) st.st_size != upload->bytes) {
        upload_over(job, PL__OUTCOME__OUTCOME_PERMANENT,
                    "its file is not what it was", now_ms, random32);
        return false;
    }

    return true;
}


void
pls_upload_end(pls_job_t *job, const pl_codec_t *codec, int64_t now_ms,
    uint32_t random32)
{
    pls_upload_t  *upload = job->upload;

    if (upload->broken) {
        upload_over(job, PL__OUTCOME__OUTCOME_THROTTLE,
                    "its file cannot be read", now_ms + PLS_UPLOAD_DISK_MS,
                    random32);
        return;
    }

    upload_close(upload);
    pls_result_make(job, codec, upload->epoch, now_ms, random32);
}


/* 0: it ends here, too early. */

static size_t
upload_source(void *data, uint64_t at, uint8_t *buf, size_t n)
{
    ssize_t        got;
    pl_str_t       part;
    pls_upload_t  *upload = data;

    part = upload->head;

    if (at >= part.len) {
        at -= part.len;

        if (at < upload->bytes) {
            n = n < upload->bytes - at ? n : (size_t) (upload->bytes - at);
            got = upload_read(upload, at, buf, n);
            upload->broken = got <= 0;

            return upload->broken ? 0 : (size_t) got;
        }

        at -= upload->bytes;
        part = upload->tail;
    }

    n = n < part.len - at ? n : (size_t) (part.len - at);
    memcpy(buf, part.data + at, n);

    return n;
}


static ssize_t
upload_read(pls_upload_t *upload, uint64_t at, uint8_t *buf, size_t n)
{
    ssize_t  got;

    do {
        got = pread(upload->fd, buf, n, (off_t) at);
    } while (got == -1 && errno == EINTR);

    return got;
}


static void
upload_over(pls_job_t *job, Pl__Outcome outcome, const char *why,
    int64_t now_ms, uint32_t random32)
{
    upload_close(job->upload);
    pls_result_local(job, job->upload->epoch, outcome, why, now_ms,
                     random32);
}


static void
upload_close(pls_upload_t *upload)
{
    if (upload->fd != -1) {
        (void) close(upload->fd);       /* nothing was written through it */
        upload->fd = -1;
    }
}
