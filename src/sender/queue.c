/*
 * The queues between the threads (see queue.h).
 */

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "queue.h"

static void queue_poll(int fd, int64_t wait_us);


pl_status_t
pls_queue_open(pls_queue_t *queue, pl_err_t *err)
{
    queue->jobs = (pls_jobs_t) { NULL, NULL, 0 };
    (void) pthread_mutex_init(&queue->mutex, NULL); /* cannot fail on Linux */

    queue->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (queue->fd == -1) {
        return pl_err_set(err, PL_IO, "eventfd", errno,
                          "cannot make a queue");
    }

    return PL_OK;
}


void
pls_queue_close(pls_queue_t *queue)
{
    if (queue->fd != -1) {
        (void) close(queue->fd);        /* nothing is buffered in it */
        queue->fd = -1;
    }
}


void
pls_queue_put(pls_queue_t *queue, pls_jobs_t *jobs)
{
    bool  empty;

    if (jobs->n == 0) {
        return;
    }

    (void) pthread_mutex_lock(&queue->mutex);
    empty = queue->jobs.n == 0;
    pls_jobs_move(&queue->jobs, jobs);
    (void) pthread_mutex_unlock(&queue->mutex);

    if (empty) {
        pls_queue_ring(queue);
    }
}


void
pls_queue_ring(pls_queue_t *queue)
{
    ssize_t   n;
    uint64_t  one;

    /* fails only where the counter is full: then the bell rings already */
    one = 1;
    n = write(queue->fd, &one, sizeof(one));
    (void) n;
}


void
pls_queue_take(pls_queue_t *queue, pls_jobs_t *jobs)
{
    ssize_t   n;
    uint64_t  rung;

    /* EAGAIN: nobody rang, which is as good */
    n = read(queue->fd, &rung, sizeof(rung));
    (void) n;

    (void) pthread_mutex_lock(&queue->mutex);
    pls_jobs_move(jobs, &queue->jobs);
    (void) pthread_mutex_unlock(&queue->mutex);
}


void
pls_queue_wait(pls_queue_t *queue, int64_t wait_us)
{
    queue_poll(queue->fd, wait_us);
}


void
pls_queue_rest(int64_t wait_us)
{
    queue_poll(-1, wait_us);            /* which poll passes over */
}


static void
queue_poll(int fd, int64_t wait_us)
{
    int              n;
    struct pollfd    pfd;
    struct timespec  wait;

    if (wait_us < 0) {
        wait_us = 0;
    }

    wait.tv_sec = (time_t) (wait_us / 1000000);
    wait.tv_nsec = (long) (wait_us % 1000000) * 1000;

    pfd.fd = fd;
    pfd.events = POLLIN;
    pfd.revents = 0;

    /* timeout, bell and signal are all the same to the caller: it looks */
    n = ppoll(&pfd, 1, &wait, NULL);
    (void) n;
}
