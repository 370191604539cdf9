/*
 * The send log (--send-log FILE): one line for each attempt that is over.
 *
 *     time=2026-01-31T10:00:00.000Z effect=7 message=12 tenant=acme
 *     channel=main lane=reply attempt=1 outcome=sent http=200 code=0
 *     queue_ms=3 wire_ms=41 trace=0af7651916cd43dd8448eb211c80319c
 *     provider_trace=-
 *
 * docs/parley-sender.md says what each field is. Ids, names from nginx.conf,
 * words and numbers: what a person wrote or is called by never comes here.
 *
 * Who writes a line copies it into memory and goes on. A thread of its own
 * puts what has gathered into the file, each second or when there is much,
 * so that a slow disk holds up nothing; what does not fit meanwhile is
 * counted and lost.
 */

#ifndef PLS_SENDLOG_H_INCLUDED
#define PLS_SENDLOG_H_INCLUDED

#include "job.h"
#include "log.h"
#include "metrics.h"

#define PLS_SENDLOG_LINE_MAX    1024
#define PLS_SENDLOG_BUFFER_MAX  (2u * 1024 * 1024)  /* about 10,000 lines */
#define PLS_SENDLOG_FLUSH       (64u * 1024)
#define PLS_SENDLOG_FLUSH_MS    1000
#define PLS_SENDLOG_END_MS      5000    /* for the last lines */

typedef struct pls_sendlog_s  pls_sendlog_t;

/*
 * Opens the file for appending, mode 0640 where it is new, and starts the
 * thread. path, log and metrics outlive it. PL_IO, PL_DENIED, PL_NOMEM.
 */
pl_status_t pls_sendlog_open(pls_sendlog_t **sendlog, const char *path,
    pls_log_t *log, pls_metrics_t *metrics, pl_err_t *err);

/*
 * Writes what is left, for PLS_SENDLOG_END_MS at most, and ends the thread;
 * one that hangs in a write ends with the process. NULL is fine.
 */
void pls_sendlog_close(pls_sendlog_t *sendlog);

/* The file was moved away: a new one is made at its path. Any thread. */
void pls_sendlog_reopen(pls_sendlog_t *sendlog);    /* NULL is fine */

/*
 * The line of a job whose result is made. now_ms: by the journal's time;
 * wall_ms, now_us: by the system's clock. NULL is fine. Any thread.
 */
void pls_sendlog_add(pls_sendlog_t *sendlog, const pls_job_t *job,
    int64_t now_ms, int64_t wall_ms, int64_t now_us);

/* The same line into buf, with its newline; how long it is. Pure. */
size_t pls_sendlog_line(char *buf, size_t size, const pls_job_t *job,
    int64_t now_ms, int64_t wall_ms, int64_t now_us);

#endif /* PLS_SENDLOG_H_INCLUDED */
