/*
 * Jobs to the wire and results back (see dispatch.h).
 */

#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "ended.h"
#include "pacer.h"
#include "trace.h"
#include "transfer.h"

/* Between two runs of the pacer: more of them would cost, and gain nothing. */
#define DISPATCH_TICK_US  1000

struct pls_dispatch_s {
    pls_sender_t       *sn;
    pls_loop_t         *loop;
    pls_watch_t        *watch;          /* of sn->to_wire */
    pls_transfers_t    *transfers;
    pls_pacer_t        *pacer;
    pls_timer_t        *timer;          /* the pacer's */
    pls_timer_t        *freed;          /* likewise: there is room again */
    uint32_t            paused;         /* sn's, as it was seen last */
    int                 trace;          /* descriptor; -1: none */
};

static void dispatch_rung(void *data, int fd, unsigned what);
static void dispatch_add(pls_dispatch_t *dispatch, pls_jobs_t *jobs);
static void dispatch_term(const pls_sender_t *sn, pls_job_t *job);
static void dispatch_pace(void *data);
static bool dispatch_may(void *data, const pls_job_t *job);
static void dispatch_go(void *data, pls_job_t *job);
static void dispatch_back(pls_dispatch_t *dispatch, pls_jobs_t *jobs,
    pls_end_e end);
static void dispatch_left(void *data, pls_job_t *job);
static void dispatch_done(void *data, pls_job_t *job);
static void dispatch_freed(pls_dispatch_t *dispatch);
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
    dispatch->trace = -1;

    rc = pls_transfers_create(&dispatch->transfers, loop, sn->progress,
                              sn->options.ca_file, dispatch_done, dispatch,
                              err);
    if (rc == PL_OK) {
        pls_transfers_pauses(dispatch->transfers, sn->pauses);
        pls_transfers_left(dispatch->transfers, dispatch_left);
        rc = pls_pacer_create(&dispatch->pacer, sn->clock, sn->pace,
                              dispatch_may, dispatch_go, dispatch, err);
    }

    if (rc == PL_OK) {
        rc = pls_trace_open(&dispatch->trace, sn->options.trace, err);
    }

    if (rc != PL_OK) {
        pls_dispatch_destroy(dispatch);
        return rc;
    }

    dispatch->timer = pls_loop_timer(loop, dispatch_pace, dispatch);
    dispatch->freed = pls_loop_timer(loop, dispatch_pace, dispatch);
    dispatch->watch = pls_loop_watch(loop, sn->to_wire.fd, PLS_LOOP_READ,
                                     dispatch_rung, dispatch);
    if (dispatch->watch == NULL || dispatch->timer == NULL
        || dispatch->freed == NULL)
    {
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
        pls_loop_timer_end(dispatch->timer);
        pls_loop_timer_end(dispatch->freed);
        pls_pacer_destroy(dispatch->pacer);
        pls_trace_close(dispatch->trace);
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
    pls_jobs_t       jobs = { NULL, NULL, 0 };
    pls_sender_t    *sn;
    pls_dispatch_t  *dispatch;

    (void) fd;
    (void) what;

    dispatch = data;
    sn = dispatch->sn;

    pls_queue_take(&sn->to_wire, &jobs);

    if (atomic_load(&sn->stopping)) {
        pls_pacer_drain(dispatch->pacer, &jobs);
        dispatch_back(dispatch, &jobs, PLS_END_STOPPED);

    } else {
        dispatch_add(dispatch, &jobs);
    }

    dispatch_pace(dispatch);

    if (atomic_load(&sn->ended)) {
        pls_loop_stop(dispatch->loop);
    }
}


/*
 * Where a person has paused something meanwhile, all of that tenant's are
 * asked anew; what is others' keeps its place and its time.
 */

static void
dispatch_add(pls_dispatch_t *dispatch, pls_jobs_t *jobs)
{
    uint32_t        paused;
    pls_job_t      *job;
    pls_jobs_t      back = { NULL, NULL, 0 };
    pls_sender_t   *sn = dispatch->sn;

    paused = atomic_load(&sn->paused);

    if (paused != dispatch->paused) {
        dispatch->paused = paused;
        pls_pacer_paused(dispatch->pacer, sn->pauses, &back);
    }

    while ((job = pls_jobs_take(jobs)) != NULL) {
        if (pls_job_paused(job, sn->pauses)) {
            pls_jobs_add(&back, job);

        } else {
            dispatch_term(sn, job);
            pls_pacer_add(dispatch->pacer, job);
        }
    }

    dispatch_back(dispatch, &back, PLS_END_WAITED);
}


/* Until when it may leave, as a time that nobody sets. */

static void
dispatch_term(const pls_sender_t *sn, pls_job_t *job)
{
    job->over_us = job->expires_ms == 0 ? 0
                   : pl_clock_mono_us(sn->clock)
                     + (job->expires_ms - pls_sender_now(sn)) * 1000;

    if (job->expires_ms != 0 && job->over_us <= 0) {
        job->over_us = 1;               /* 0 would be never */
    }
}


/* What is due leaves, and the timer is set for what is next. */

static void
dispatch_pace(void *data)
{
    int64_t          next_us, after_us;
    pls_jobs_t       late = { NULL, NULL, 0 };
    pls_dispatch_t  *dispatch;

    dispatch = data;

    next_us = pls_pacer_run(dispatch->pacer, &late);
    dispatch_back(dispatch, &late, PLS_END_WAITED);

    if (next_us != INT64_MAX) {
        after_us = next_us - pl_clock_mono_us(dispatch->sn->clock);

        /* set fails without memory alone; then the next job's bell does */
        (void) pls_loop_timer_set_us(dispatch->timer,
                                     after_us < DISPATCH_TICK_US
                                     ? DISPATCH_TICK_US : after_us);
    }

    dispatch_count(dispatch);
}


static bool
dispatch_may(void *data, const pls_job_t *job)
{
    return pls_transfer_may(((pls_dispatch_t *) data)->transfers, job);
}


static void
dispatch_go(void *data, pls_job_t *job)
{
    pls_sender_t    *sn;
    pls_dispatch_t  *dispatch;

    dispatch = data;
    sn = dispatch->sn;

    pls_metrics_add(&sn->metrics.attempts, 1);

    /* a mail is a dialogue, which may go on for longer than a second */

    if (job->request.mail_to != NULL) {
        dispatch_left(dispatch, job);
    }

    pls_transfer_begin(dispatch->transfers, job);
}


/* From inside libcurl: what is due meanwhile leaves at the loop's next turn. */

static void
dispatch_left(void *data, pls_job_t *job)
{
    bool             waits;
    pls_dispatch_t  *dispatch;

    dispatch = data;
    waits = pls_pacer_left(dispatch->pacer, job, true);

    pls_trace_left(dispatch->trace, job,
                   pl_clock_wall_ms(dispatch->sn->clock));

    if (waits) {
        dispatch_freed(dispatch);
    }
}


/*
 * They never began. What the wire said belongs to the attempt that had the
 * job before.
 */

static void
dispatch_back(pls_dispatch_t *dispatch, pls_jobs_t *jobs, pls_end_e end)
{
    int64_t     now_us;
    pls_job_t  *job;

    now_us = pl_clock_mono_us(dispatch->sn->clock);

    while ((job = pls_jobs_take(jobs)) != NULL) {
        memset(&job->wire, 0, sizeof(job->wire));
        job->wire.stage = PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN;
        job->wire.end = pls_job_over(job, now_us) ? PLS_END_EXPIRED : end;
        dispatch_done(dispatch, job);
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

    /* a mail leaves room for one, and so does what never left */

    if (pls_pacer_left(dispatch->pacer, job, false)
        || (job->request.mail_to != NULL
            && pls_pacer_count(dispatch->pacer) != 0))
    {
        dispatch_freed(dispatch);
    }

    pls_jobs_add(&jobs, job);
    pls_queue_put(&sn->to_store, &jobs);
}


/* Without memory the pacer's own timer sees it, within a second. */

static void
dispatch_freed(pls_dispatch_t *dispatch)
{
    (void) pls_loop_timer_set(dispatch->freed, 0);
}


static void
dispatch_count(pls_dispatch_t *dispatch)
{
    pls_metrics_t  *metrics;

    metrics = &dispatch->sn->metrics;

    atomic_store_explicit(&metrics->in_flight,
                          pls_transfers_count(dispatch->transfers),
                          memory_order_relaxed);
    atomic_store_explicit(&metrics->paced,
                          pls_pacer_count(dispatch->pacer),
                          memory_order_relaxed);
    atomic_store_explicit(&metrics->connections,
                          pls_transfers_connections(dispatch->transfers),
                          memory_order_relaxed);
}
