/*
 * Where the two threads meet: jobs in order under a mutex, and an eventfd
 * that the reader waits on. Bounded by the number of jobs there are
 * (PL_INFLIGHT_MAX); whole lists change hands at once.
 *
 * Any number of writers, one reader. The reader clears the bell before it
 * takes, so that a job put after its look rings again.
 */

#ifndef PLS_QUEUE_H_INCLUDED
#define PLS_QUEUE_H_INCLUDED

#include <pthread.h>

#include "job.h"

typedef struct {
    pthread_mutex_t   mutex;            /* of jobs */
    pls_jobs_t        jobs;
    int               fd;               /* eventfd, not blocking */
} pls_queue_t;

/* PL_IO when there is no descriptor left. */
pl_status_t pls_queue_open(pls_queue_t *queue, pl_err_t *err);
void pls_queue_close(pls_queue_t *queue);

/* Moves all of jobs to the queue's end; rings if it was empty. */
void pls_queue_put(pls_queue_t *queue, pls_jobs_t *jobs);

/* Wakes the reader without a job. */
void pls_queue_ring(pls_queue_t *queue);

/* Clears the bell and moves all there is to jobs' end. */
void pls_queue_take(pls_queue_t *queue, pls_jobs_t *jobs);

/* Waits until the bell rings or wait_us have passed; does not clear it. */
void pls_queue_wait(pls_queue_t *queue, int64_t wait_us);

/* Waits for wait_us, whatever rings. */
void pls_queue_rest(int64_t wait_us);

#endif /* PLS_QUEUE_H_INCLUDED */
