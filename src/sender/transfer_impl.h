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

/*
 * Before each transfer, and after it, libcurl walks all connections that a
 * multi has to the host: 256 of them cost more than the request. So there are
 * some multis, each with its share of connections. Who comes goes to the
 * first that has a connection for it, so that where there is little to do one
 * multi does it, on few connections; HTTP/2 shares them in each.
 */
#define TRANSFER_SHARES     8
#define TRANSFER_SHARE_MAX  32      /* before the next is used; where all are,
                                       each has its part of the rest */

typedef struct {
    pls_transfers_t     *owner;
    CURLM               *multi;
    pls_timer_t         *timer;         /* libcurl's */
    size_t               n;             /* transfers that are in it */
} transfer_share_t;

typedef struct {
    pls_transfers_t     *owner;
    transfer_share_t    *share;         /* NULL: in none */
    CURL                *easy;          /* made when the slot is first used */
    struct curl_slist   *headers;
    pls_job_t           *job;           /* NULL: idle */
    uint64_t             asked;         /* bytes of the body handed over */
    size_t               heard;         /* bytes of headers that came */
    bool                 refused;       /* an address that it may not reach */
} transfer_t;

struct pls_transfers_s {
    pls_loop_t             *loop;
    pls_timer_t            *soon;       /* ends those that never began */
    pl_progress_t          *progress;
    const char             *ca_file;    /* NULL: the system's */
    pls_transfer_done_pt    done;
    void                   *data;
    size_t                  n;
    uint64_t                connections;
    pls_jobs_t              failed;     /* never began */
    transfer_share_t        shares[TRANSFER_SHARES];
    transfer_t              rows[PL_INFLIGHT_MAX];
};

/* Makes row and handle ready for this job; false: no memory, or bad input. */
bool pls_transfer_prepare(transfer_t *t, pls_job_t *job);

/* Notes how far it got, never backwards. */
void pls_transfer_stage(transfer_t *t, Pl__WireStage stage);

#endif /* PLS_TRANSFER_IMPL_H_INCLUDED */
