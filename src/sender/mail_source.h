/*
 * The body of a mail with files: what was written of it in memory, and each
 * file's bytes in base64, read from the folder as they are asked for.
 */

#ifndef PLS_MAIL_SOURCE_H_INCLUDED
#define PLS_MAIL_SOURCE_H_INCLUDED

#include "job.h"

/*
 * Makes job->request.mail the source of the job's body. dir is copied into
 * the job's arena. PL_NOMEM. The store thread's; the source itself is the
 * sending thread's, and holds no file open between two calls.
 */
pl_status_t pls_mail_source(pls_job_t *job, const char *dir, pl_err_t *err);

#endif /* PLS_MAIL_SOURCE_H_INCLUDED */
