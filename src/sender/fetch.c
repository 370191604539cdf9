/*
 * See fetch.h. What is to be done between two transfers says fetch_step.c.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ended.h"
#include "fetch.h"
#include "fetch_step.h"
#include "result.h"
#include "transfer.h"
#include "upload.h"

struct pls_fetcher_s {
    pls_sender_t      *sn;
    pthread_t          thread;
    bool               started;
    _Atomic bool       over;
    pls_loop_t        *loop;
    pls_watch_t       *watch;           /* of sn->to_fetch */
    pls_transfers_t   *transfers;
    bool               troubled;        /* by the disk: it is in the log */
    char               swept[PLS_PATH_MAX];
};

static void *fetcher_run(void *data);
static void fetcher_rung(void *data, int fd, unsigned what);
static void fetcher_take(pls_fetcher_t *fetcher, pls_job_t *job);
static void fetcher_done(void *data, pls_job_t *job);
static uint32_t fetcher_random(void);
static void fetcher_back(pls_fetcher_t *fetcher, pls_job_t *job);
static void fetcher_sweep(pls_fetcher_t *fetcher, const pls_fetch_t *fetch);
static void fetcher_trouble(pls_fetcher_t *fetcher, const pls_fetch_t *fetch,
    Pl__Outcome outcome);


pl_status_t
pls_fetcher_create(pls_fetcher_t **out, pls_sender_t *sn, pl_err_t *err)
{
    pl_status_t     rc;
    pls_fetcher_t  *fetcher;

    fetcher = calloc(1, sizeof(*fetcher));
    if (fetcher == NULL) {
        return pl_err_set(err, PL_NOMEM, "fetcher", 0, "out of memory");
    }

    fetcher->sn = sn;

    fetcher->loop = pls_loop_create();
    if (fetcher->loop == NULL) {
        pls_fetcher_destroy(fetcher);
        return pl_err_set(err, PL_NOMEM, "fetcher", 0,
                          "cannot make the event loop");
    }

    rc = pls_transfers_create(&fetcher->transfers, fetcher->loop,
                              sn->progress, sn->options.ca_file,
                              fetcher_done, fetcher, err);
    if (rc != PL_OK) {
        pls_fetcher_destroy(fetcher);
        return rc;
    }

    fetcher->watch = pls_loop_watch(fetcher->loop, sn->to_fetch.fd,
                                    PLS_LOOP_READ, fetcher_rung, fetcher);
    if (fetcher->watch == NULL) {
        pls_fetcher_destroy(fetcher);
        return pl_err_set(err, PL_NOMEM, "fetcher", 0, "out of memory");
    }

    *out = fetcher;

    return PL_OK;
}


pl_status_t
pls_fetcher_start(pls_fetcher_t *fetcher, pl_err_t *err)
{
    int       rc;
    sigset_t  all, before;

    /* signals are the main thread's; the new one inherits this mask */
    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = pthread_create(&fetcher->thread, NULL, fetcher_run, fetcher);
    (void) pthread_sigmask(SIG_SETMASK, &before, NULL);

    fetcher->started = (rc == 0);

    return rc == 0 ? PL_OK : pl_err_set(err, PL_IO, "thread", rc,
                                        "cannot start the fetcher");
}


void
pls_fetcher_destroy(pls_fetcher_t *fetcher)
{
    if (fetcher == NULL) {
        return;
    }

    if (fetcher->started) {
        atomic_store(&fetcher->over, true);
        pls_queue_ring(&fetcher->sn->to_fetch);
        (void) pthread_join(fetcher->thread, NULL);     /* never detached */
    }

    pls_loop_watch_end(fetcher->watch);
    pls_transfers_destroy(fetcher->transfers);
    pls_loop_destroy(fetcher->loop);
    free(fetcher);
}


static void *
fetcher_run(void *data)
{
    pls_fetcher_t  *fetcher = data;

    /* without it files wait for the next sender; what is sent does not */

    if (!pls_loop_run(fetcher->loop)) {
        pls_log(&fetcher->sn->log, PLS_LOG_ERROR,
                "the fetcher's event loop failed", "%s", "");
    }

    return NULL;
}


static void
fetcher_rung(void *data, int fd, unsigned what)
{
    pls_job_t      *job;
    pls_jobs_t      jobs = { NULL, NULL, 0 };
    pls_sender_t   *sn;
    pls_fetcher_t  *fetcher;

    (void) fd;
    (void) what;

    fetcher = data;
    sn = fetcher->sn;

    pls_queue_take(&sn->to_fetch, &jobs);

    while ((job = pls_jobs_take(&jobs)) != NULL) {
        fetcher_take(fetcher, job);
    }

    /* what was begun can be begun again: nothing is waited for */

    if (atomic_load(&sn->stopping)) {
        pls_transfers_cancel(fetcher->transfers);
    }

    if (atomic_load(&fetcher->over)) {
        pls_loop_stop(fetcher->loop);
    }
}


static void
fetcher_take(pls_fetcher_t *fetcher, pls_job_t *job)
{
    if (atomic_load(&fetcher->sn->stopping)) {
        memset(&job->wire, 0, sizeof(job->wire));
        job->wire.end = PLS_END_STOPPED;    /* it never began */
        fetcher_done(fetcher, job);
        return;
    }

    if (job->upload != NULL
        && !pls_upload_begin(job, pls_sender_now(fetcher->sn),
                             fetcher_random()))
    {
        fetcher_back(fetcher, job);
        return;
    }

    if (job->fetch != NULL) {
        fetcher_sweep(fetcher, job->fetch);
    }

    pls_metrics_add(&fetcher->sn->metrics.attempts, 1);
    pls_transfer_begin(fetcher->transfers, job);
}


static void
fetcher_done(void *data, pls_job_t *job)
{
    pls_sender_t   *sn;
    pls_fetcher_t  *fetcher;

    fetcher = data;
    sn = fetcher->sn;

    if (job->upload != NULL) {
        pls_upload_end(job, sn->codec, pls_sender_now(sn), fetcher_random());
        fetcher_back(fetcher, job);
        return;
    }

    if (atomic_load(&sn->stopping)) {
        job->wire.end = PLS_END_STOPPED;
    }

    if (pls_fetch_step(job, sn->codec, pls_sender_now(sn),
                       fetcher_random()))
    {
        pls_transfer_begin(fetcher->transfers, job);
        return;
    }

    fetcher_trouble(fetcher, job->fetch, job->result.outcome);
    fetcher_back(fetcher, job);
}


/* Without randomness the longest delay is the safest. */

static uint32_t
fetcher_random(void)
{
    uint32_t  random32;

    return pl_crypto_random((uint8_t *) &random32, sizeof(random32)) == PL_OK
           ? random32 : UINT32_MAX;
}


static void
fetcher_back(pls_fetcher_t *fetcher, pls_job_t *job)
{
    pls_jobs_t  jobs = { NULL, NULL, 0 };

    pls_ended(fetcher->sn, job);
    pls_jobs_add(&jobs, job);
    pls_queue_put(&fetcher->sn->to_store, &jobs);
}


/* Once for a folder: what a sender before us was killed over. */

static void
fetcher_sweep(pls_fetcher_t *fetcher, const pls_fetch_t *fetch)
{
    if (strcmp(fetcher->swept, fetch->dir) != 0
        && strlen(fetch->dir) < sizeof(fetcher->swept))
    {
        (void) strncpy(fetcher->swept, fetch->dir,
                       sizeof(fetcher->swept) - 1);
        pl_shelf_sweep(fetch->dir, fetch->epoch);
    }
}


/* Said when it begins, and when a file could be kept again. */

static void
fetcher_trouble(pls_fetcher_t *fetcher, const pls_fetch_t *fetch,
    Pl__Outcome outcome)
{
    pls_log_t  *log = &fetcher->sn->log;

    if (outcome == PL__OUTCOME__OUTCOME_SENT && fetcher->troubled) {
        fetcher->troubled = false;
        pls_log(log, PLS_LOG_INFO, "files can be kept again", "%s", "");

    } else if (fetch->err.status != PL_OK && !fetcher->troubled) {
        fetcher->troubled = true;
        pls_log_err(log, PLS_LOG_ERROR, "cannot keep a file", &fetch->err);
    }
}
