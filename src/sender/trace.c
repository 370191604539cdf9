/*
 * The trace of departures (see trace.h).
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "trace.h"


pl_status_t
pls_trace_open(int *fd, const char *path, pl_err_t *err)
{
    *fd = -1;

    if (path == NULL) {
        return PL_OK;
    }

    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
               0640);
    if (*fd == -1) {
        (void) pl_err_set(err, PL_DENIED, "trace-departures", errno,
                          "cannot be written");
        pl_err_path(err, "%s", path);
        return PL_DENIED;
    }

    return PL_OK;
}


void
pls_trace_close(int fd)
{
    if (fd != -1) {
        (void) close(fd);               /* nothing is buffered in it */
    }
}


void
pls_trace_left(int fd, const pls_job_t *job, int64_t wall_ms)
{
    int      n;
    char     line[PLS_TRACE_LINE_MAX];
    ssize_t  put;

    if (fd == -1) {
        return;
    }

    n = snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 " %" PRIu32
                 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n", job->left_us,
                 wall_ms, job->channel, job->tenant, job->lane,
                 job->effect);

    put = write(fd, line, (size_t) n);
    (void) put;                         /* a full disk must not hold sends */
}
