/*
 * One attempt to fetch a file, between its transfers: what to do next. It
 * blocks on the disk and never on the network: the fetcher's thread.
 *
 *     ask  --where-->  get  --all of it-->  kept
 *      ^                |
 *      +--URL expired---+       PLS_FETCH_URLS_MAX times an attempt
 *
 * What is refused for good: a type that does not belong to its message, more
 * bytes than allowed or announced, a redirect, an address that is nobody's
 * business, a handle that the provider does not know. What our own disk
 * refuses costs no attempt. Bytes whose digest is not the announced one are
 * got again; when the same bytes come twice they are kept, and the result
 * says so: what Meta's digest covers is not documented.
 */

#ifndef PLS_FETCH_STEP_H_INCLUDED
#define PLS_FETCH_STEP_H_INCLUDED

#include "job.h"
#include "../core/shelf.h"

#define PLS_FETCH_URLS_MAX    3
#define PLS_FETCH_TIMEOUT_MS  900000    /* of one download, however slow */
#define PLS_FETCH_DISK_MS     15000     /* when our disk refuses */

typedef enum {
    PLS_FAULT_NONE = 0,
    PLS_FAULT_LARGE,                    /* past what was announced, or may be */
    PLS_FAULT_DISK
} pls_fault_e;

/* In the job's arena; what it points to as well. */
struct pls_fetch_s {
    const pl_files_t   *files;
    pl_fetch_t          what;
    const char         *dir;
    uint64_t            max;            /* the operator's, bytes */
    uint64_t            epoch;
    uint32_t            ask_timeout_ms;
    pl_request_t        ask;

    bool                getting;        /* else asking */
    unsigned            urls;           /* that were asked for */
    pl_place_t          place;
    bool                has_other;      /* other bytes than were announced */
    uint8_t             other[PL_SHA256_LEN];   /* came, with this digest */
    uint64_t            limit;          /* bytes that may come */
    pls_fault_e         fault;
    pl_spool_t         spool;
    pl_err_t            err;            /* of the disk, for the log */
};

/*
 * A fetch whose first request, job->request, asks where the file is. what's
 * channel is copied; its other strings are in the job's arena already.
 * PL_INVALID as the channel's ask; PL_NOMEM.
 */
pl_status_t pls_fetch_make(pls_job_t *job, const pl_files_t *files,
    const pl_fetch_t *what, const char *dir, uint64_t max, uint64_t epoch,
    pl_err_t *err);

/*
 * A transfer of it has ended. True: job->request is the next one. False: it
 * is over, and job->result says how; nothing is open any more.
 */
bool pls_fetch_step(pls_job_t *job, const pl_codec_t *codec, int64_t now_ms,
    uint32_t random32);

#endif /* PLS_FETCH_STEP_H_INCLUDED */
