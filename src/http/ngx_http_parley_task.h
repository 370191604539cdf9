/*
 * A piece of work that a worker has done in the thread pool, one at a time
 * of its kind: run() in a pool thread, then done() on the event loop. Knows
 * no HTTP.
 *
 * The task is allocated from the cycle's pool, never from a request's: it
 * serves many requests and outlives each. A guard timer keeps a worker from
 * exiting while the task runs (nginx does this itself since 1.25.4 only),
 * and says so in the log when the task takes longer than a minute.
 */

#ifndef NGX_HTTP_PARLEY_TASK_H_INCLUDED
#define NGX_HTTP_PARLEY_TASK_H_INCLUDED

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_thread_pool.h>

#define NGX_HTTP_PARLEY_GUARD_MS  60000


typedef void (*ngx_http_parley_task_pt)(void *data);

typedef struct {
    ngx_thread_pool_t        *pool;
    ngx_thread_task_t        *task;
    ngx_log_t                *log;
    const char               *name;
    ngx_http_parley_task_pt   run;      /* in a pool thread */
    ngx_http_parley_task_pt   done;     /* on the event loop */
    void                     *data;
    ngx_uint_t                active;   /* posted, done() not yet called */
} ngx_http_parley_task_t;


/* name, run, done, data, pool and log are the caller's to set before. */
ngx_int_t ngx_http_parley_task_init(ngx_http_parley_task_t *t,
    ngx_pool_t *pool);

/* NGX_ERROR: neither run nor done will be called. Not while active. */
ngx_int_t ngx_http_parley_task_post(ngx_http_parley_task_t *t);

/*
 * Waits until the pools' threads, which nginx has told to end, are gone: it
 * goes on when each has begun to end, and what libcrypto keeps for a thread
 * is then freed by that thread and by exit() at once. A second at most.
 */
void ngx_http_parley_task_exit(ngx_cycle_t *cycle);

#endif /* NGX_HTTP_PARLEY_TASK_H_INCLUDED */
