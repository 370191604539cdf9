/*
 * One attempt to upload a file of ours (channel.h, pl_uploads_t): the body is
 * what its provider puts around the file, and the file, read piece by piece
 * from the folder while it leaves. It blocks on the disk and never on the
 * network: the fetcher's thread.
 *
 * A file that is not there, or has another size than its message says, is
 * refused for good; what our own disk refuses costs no attempt.
 */

#ifndef PLS_UPLOAD_H_INCLUDED
#define PLS_UPLOAD_H_INCLUDED

#include "job.h"

#define PLS_UPLOAD_TIMEOUT_MS  900000   /* of one upload, however slow */
#define PLS_UPLOAD_DISK_MS     15000    /* when our disk refuses */

/*
 * An upload whose request is job->request, of a file in dir. Its strings are
 * in the job's arena already, but for the channel's, of which nothing is
 * kept. PL_INVALID as the provider's build; PL_NOMEM, PL_TOOBIG (the path).
 */
pl_status_t pls_upload_make(pls_job_t *job, const pl_uploads_t *uploads,
    const pl_upload_t *what, const char *dir, uint64_t bytes,
    uint64_t epoch, pl_err_t *err);

/* Opens the file. False: it is over, and job->result says how. */
bool pls_upload_begin(pls_job_t *job, int64_t now_ms, uint32_t random32);

/* Its transfer has ended: job->result says how, and nothing is open. */
void pls_upload_end(pls_job_t *job, const pl_codec_t *codec, int64_t now_ms,
    uint32_t random32);

#endif /* PLS_UPLOAD_H_INCLUDED */
