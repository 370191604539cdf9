/*
 * Lists of jobs (see job.h).
 */

#include <stdatomic.h>

#include "job.h"


bool
pls_job_over(const pls_job_t *job, int64_t now_us)
{
    return job->over_us != 0 && now_us >= job->over_us;
}


uint32_t
pls_pauses_of(const _Atomic uint32_t *pauses, uint32_t tenant)
{
    return atomic_load(&pauses[tenant % PLS_PAUSES]);
}


bool
pls_job_paused(const pls_job_t *job, const _Atomic uint32_t *pauses)
{
    return job->pauses != pls_pauses_of(pauses, job->tenant);
}


void
pls_jobs_add(pls_jobs_t *jobs, pls_job_t *job)
{
    job->next = NULL;

    if (jobs->tail == NULL) {
        jobs->head = job;
    } else {
        jobs->tail->next = job;
    }

    jobs->tail = job;
    jobs->n++;
}


void
pls_jobs_put(pls_jobs_t *jobs, pls_job_t *job)
{
    job->next = jobs->head;
    jobs->head = job;

    if (jobs->tail == NULL) {
        jobs->tail = job;
    }

    jobs->n++;
}


pls_job_t *
pls_jobs_take(pls_jobs_t *jobs)
{
    pls_job_t  *job;

    job = jobs->head;
    if (job == NULL) {
        return NULL;
    }

    jobs->head = job->next;
    if (jobs->head == NULL) {
        jobs->tail = NULL;
    }

    jobs->n--;
    job->next = NULL;

    return job;
}


void
pls_jobs_move(pls_jobs_t *to, pls_jobs_t *from)
{
    if (from->head == NULL) {
        return;
    }

    if (to->tail == NULL) {
        to->head = from->head;
    } else {
        to->tail->next = from->head;
    }

    to->tail = from->tail;
    to->n += from->n;

    from->head = NULL;
    from->tail = NULL;
    from->n = 0;
}
