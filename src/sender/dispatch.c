/*
 * Jobs to the wire and results back (see dispatch.h).
 */

#include <stdlib.h>

#include "dispatch.h"
#include "ended.h"
#include "transfer.h"

struct pls_dispatch_s {
    pls_sender_t       *sn;
    pls_loop_t         *loop;
    pls_watch_t        *watch;          /* of sn->to_wire */
    pls_transfers_t    *transfers;
};

static void dispatch_rung(void *data, int fd, unsigned what);
static void dispatch_done(void *data, pls_job_t *job);
static void dispatch_count(pls_dispatch_t *dispatch);


pl_status_t
pls_dispatch_create(pls_dispatch_t **out, pls_sender_t *sn, pls_loop_t *loop,
    pl_err_t *err)
{
    pl_status_t      rc;
    pls_dispatch_t  *dispatch;

    dispatch = calloc(1, sizeof(*dispatch));
    if (dispatch == NULL) {
        return pl_err_set(err, PL_NOMEM, "dispatch", 0, "out of memory");
    }

    dispatch->sn = sn;
    dispatch->loop = loop;

    rc = pls_transfers_create(&dispatch->transfers, loop, sn->progress,
                              sn->options.ca_file, dispatch_done, dispatch,
                              err);
    if (rc != PL_OK) {
        pls_dispatch_destroy(dispatch);
        return rc;
    }

    dispatch->watch = pls_loop_watch(loop, sn->to_wire.fd, PLS_LOOP_READ,
                                     dispatch_rung, dispatch);
    if (dispatch->watch == NULL) {
        pls_dispatch_destroy(dispatch);
        return pl_err_set(err, PL_NOMEM, "dispatch", 0, "out of memory");
    }

    *out = dispatch;

    return PL_OK;
}


void
pls_dispatch_destroy(pls_dispatch_t *dispatch)
{
    if (dispatch != NULL) {
        pls_loop_watch_end(dispatch->watch);
        pls_transfers_destroy(dispatch->transfers);
        free(dispatch);
    }
}


void
pls_dispatch_cancel(pls_dispatch_t *dispatch)
{
    pls_transfers_cancel(dispatch->transfers);
}


static void
dispatch_rung(void *data, int fd, unsigned what)
{
    pls_job_t       *job;
    pls_jobs_t       jobs = { NULL, NULL, 0 };
    pls_sender_t    *sn;
    pls_dispatch_t  *dispatch;

    (void) fd;
    (void) what;

    dispatch = data;
    sn = dispatch->sn;

    pls_queue_take(&sn->to_wire, &jobs);

    while ((job = pls_jobs_take(&jobs)) != NULL) {

        if (atomic_load(&sn->stopping)) {
            job->wire.end = PLS_END_STOPPED;    /* it never began */
            dispatch_done(dispatch, job);
            continue;
        }

        pls_metrics_add(&sn->metrics.attempts, 1);
        pls_transfer_begin(dispatch->transfers, job);
    }

    dispatch_count(dispatch);

    if (atomic_load(&sn->ended)) {
        pls_loop_stop(dispatch->loop);
    }
}


static void
dispatch_done(void *data, pls_job_t *job)
{
    uint32_t         random32;
    pls_jobs_t       jobs = { NULL, NULL, 0 };
    pls_sender_t    *sn;
    pls_dispatch_t  *dispatch;

    dispatch = data;
    sn = dispatch->sn;

    /* without randomness the longest delay is the safest */
    if (pl_crypto_random((uint8_t *) &random32, sizeof(random32)) != PL_OK) {
        random32 = UINT32_MAX;
    }

    pls_result_make(job, sn->codec, atomic_load(&sn->epoch),
                    pls_sender_now(sn), random32);

    pls_ended(sn, job);
    dispatch_count(dispatch);

    pls_jobs_add(&jobs, job);
    pls_queue_put(&sn->to_store, &jobs);
}


static void
dispatch_count(pls_dispatch_t *dispatch)
{
    pls_metrics_t  *metrics;

    metrics = &dispatch->sn->metrics;

    atomic_store_explicit(&metrics->in_flight,
                          pls_transfers_count(dispatch->transfers),
                          memory_order_relaxed);
    atomic_store_explicit(&metrics->connections,
                          pls_transfers_connections(dispatch->transfers),
                          memory_order_relaxed);
}
