/*
 * What transfer.c (the multi and its events) and transfer_easy.c (one
 * request: what is sent, what comes back) share.
 */

#ifndef PLS_TRANSFER_IMPL_H_INCLUDED
#define PLS_TRANSFER_IMPL_H_INCLUDED

#include <curl/curl.h>

#include "../core/clock.h"
#include "progress.h"
#include "transfer.h"

typedef struct {
    pls_transfers_t     *owner;
    CURL                *easy;          /* made when the slot is first used */
    struct curl_slist   *headers;
    pls_job_t           *job;           /* NULL: idle */
    uint64_t             asked;         /* bytes of the body handed over */
    bool                 refused;       /* an address that it may not reach */
} transfer_t;

struct pls_transfers_s {
    CURLM                  *multi;
    pls_loop_t             *loop;
    pls_timer_t            *timer;      /* libcurl's */
    pls_timer_t            *soon;       /* ends those that never began */
    pl_progress_t          *progress;
    const char             *ca_file;    /* NULL: the system's */
    pls_transfer_done_pt    done;
    void                   *data;
    size_t                  n;
    uint64_t                connections;
    pls_jobs_t              failed;     /* never began */
    transfer_t              rows[PL_INFLIGHT_MAX];
};

/* Makes row and handle ready for this job; false: no memory, or bad input. */
bool pls_transfer_prepare(transfer_t *t, pls_job_t *job);

/* Notes how far it got, never backwards. */
void pls_transfer_stage(transfer_t *t, Pl__WireStage stage);

#endif /* PLS_TRANSFER_IMPL_H_INCLUDED */
