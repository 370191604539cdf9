/*
 * Work in the thread pool, one at a time of a kind (see the header).
 */

#include "ngx_http_parley_task.h"

#include <dirent.h>


#define NGX_HTTP_PARLEY_TASK_EXIT_MS  1000


static void ngx_http_parley_task_thread(void *data, ngx_log_t *log);
static void ngx_http_parley_task_event(ngx_event_t *ev);
static ngx_uint_t ngx_http_parley_task_threads(void);


ngx_int_t
ngx_http_parley_task_init(ngx_http_parley_task_t *t, ngx_pool_t *pool)
{
    ngx_thread_task_t  *task;

    task = ngx_thread_task_alloc(pool, 0);
    if (task == NULL) {
        return NGX_ERROR;
    }

    task->ctx = t;
    task->handler = ngx_http_parley_task_thread;

    task->event.data = t;
    task->event.log = t->log;
    task->event.handler = ngx_http_parley_task_event;

    t->task = task;
    t->active = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_parley_task_post(ngx_http_parley_task_t *t)
{
    if (ngx_thread_task_post(t->pool, t->task) != NGX_OK) {
        return NGX_ERROR;
    }

    t->active = 1;

    ngx_add_timer(&t->task->event, NGX_HTTP_PARLEY_GUARD_MS);

    return NGX_OK;
}


void
ngx_http_parley_task_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_PARLEY_TASK_EXIT_MS; i++) {

        if (ngx_http_parley_task_threads() <= 1) {
            return;
        }

        ngx_msleep(1);
    }
}


static void
ngx_http_parley_task_thread(void *data, ngx_log_t *log)
{
    ngx_http_parley_task_t  *t = data;

    t->run(t->data);
}


static void
ngx_http_parley_task_event(ngx_event_t *ev)
{
    ngx_http_parley_task_t  *t = ev->data;

    if (ev->timedout) {
        ev->timedout = 0;

        ngx_log_error(NGX_LOG_ALERT, t->log, 0,
                      "parley: %s has not come back for %d seconds",
                      t->name, NGX_HTTP_PARLEY_GUARD_MS / 1000);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ev->complete = 0;
    t->active = 0;

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, t->log, 0,
                   "http parley %s done", t->name);

    t->done(t->data);
}


/* Of this process; 0: nobody can say. */

static ngx_uint_t
ngx_http_parley_task_threads(void)
{
    DIR            *dir;
    ngx_uint_t      n;
    struct dirent  *entry;

    dir = opendir("/proc/self/task");
    if (dir == NULL) {
        return 0;
    }

    n = 0;

    while ((entry = readdir(dir)) != NULL) {
        n += (entry->d_name[0] != '.');
    }

    (void) closedir(dir);               /* it was read */

    return n;
}
