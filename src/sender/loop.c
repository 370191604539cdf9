/*
 * The event loop (see loop.h).
 */

#include <stdlib.h>
#include <sys/time.h>

#include "loop_impl.h"

struct pls_watch_s {
    pls_loop_t          *loop;
    struct event        *event;
    int                  fd;
    unsigned             what;
    pls_loop_fd_pt       callback;
    void                *data;
};

struct pls_timer_s {
    struct event        *event;
    pls_loop_timer_pt    callback;
    void                *data;
};

static struct event_base *loop_base(void);
static bool loop_watch_add(pls_watch_t *watch, unsigned what);
static void loop_watch_fire(evutil_socket_t fd, short events, void *data);
static void loop_timer_fire(evutil_socket_t fd, short events, void *data);
static void loop_signal_fire(evutil_socket_t signo, short events,
    void *data);


pls_loop_t *
pls_loop_create(void)
{
    pls_loop_t  *loop;

    loop = calloc(1, sizeof(*loop));
    if (loop == NULL) {
        return NULL;
    }

    loop->base = loop_base();
    if (loop->base == NULL) {
        free(loop);
        return NULL;
    }

    return loop;
}


void
pls_loop_destroy(pls_loop_t *loop)
{
    size_t  i;

    if (loop == NULL) {
        return;
    }

    for (i = 0; i < loop->n_signals; i++) {
        event_free(loop->signals[i].event);
    }

    event_base_free(loop->base);
    free(loop);
}


bool
pls_loop_run(pls_loop_t *loop)
{
    return event_base_dispatch(loop->base) != -1;
}


void
pls_loop_stop(pls_loop_t *loop)
{
    /* fails only for a base that does not run */
    (void) event_base_loopbreak(loop->base);
}


pls_watch_t *
pls_loop_watch(pls_loop_t *loop, int fd, unsigned what,
    pls_loop_fd_pt callback, void *data)
{
    pls_watch_t  *watch;

    watch = calloc(1, sizeof(*watch));
    if (watch == NULL) {
        return NULL;
    }

    watch->loop = loop;
    watch->fd = fd;
    watch->callback = callback;
    watch->data = data;

    if (!loop_watch_add(watch, what)) {
        pls_loop_watch_end(watch);
        return NULL;
    }

    return watch;
}


bool
pls_loop_watch_set(pls_watch_t *watch, unsigned what)
{
    if (what == watch->what) {
        return true;
    }

    if (watch->event != NULL) {
        event_free(watch->event);
        watch->event = NULL;
    }

    return loop_watch_add(watch, what);
}


void
pls_loop_watch_end(pls_watch_t *watch)
{
    if (watch == NULL) {
        return;
    }

    if (watch->event != NULL) {
        event_free(watch->event);
    }

    free(watch);
}


pls_timer_t *
pls_loop_timer(pls_loop_t *loop, pls_loop_timer_pt callback, void *data)
{
    pls_timer_t  *timer;

    timer = calloc(1, sizeof(*timer));
    if (timer == NULL) {
        return NULL;
    }

    timer->callback = callback;
    timer->data = data;
    timer->event = event_new(loop->base, -1, 0, loop_timer_fire, timer);

    if (timer->event == NULL) {
        free(timer);
        return NULL;
    }

    return timer;
}


bool
pls_loop_timer_set(pls_timer_t *timer, int64_t after_ms)
{
    return pls_loop_timer_set_us(timer, after_ms * 1000);
}


bool
pls_loop_timer_set_us(pls_timer_t *timer, int64_t after_us)
{
    struct timeval  tv;

    if (after_us < 0) {
        after_us = 0;
    }

    tv.tv_sec = (time_t) (after_us / 1000000);
    tv.tv_usec = (suseconds_t) (after_us % 1000000);

    return event_add(timer->event, &tv) == 0;
}


void
pls_loop_timer_clear(pls_timer_t *timer)
{
    (void) event_del(timer->event);     /* fine where it was not set */
}


void
pls_loop_timer_end(pls_timer_t *timer)
{
    if (timer != NULL) {
        event_free(timer->event);
        free(timer);
    }
}


bool
pls_loop_signal(pls_loop_t *loop, int signo, pls_loop_signal_pt callback,
    void *data)
{
    loop_signal_t  *sig;

    if (loop->n_signals == LOOP_SIGNALS_MAX) {
        return false;
    }

    sig = &loop->signals[loop->n_signals];
    sig->callback = callback;
    sig->data = data;
    sig->event = evsignal_new(loop->base, signo, loop_signal_fire, sig);

    if (sig->event == NULL) {
        return false;
    }

    loop->n_signals++;

    return event_add(sig->event, NULL) == 0;
}


/*
 * Timers of microseconds: others are late by as much as a clock's tick. And
 * libcurl lets go of a connection's socket after each transfer and takes it
 * up for the next: what comes to nothing within a turn is not told to the
 * kernel. (Not for descriptors that are dup'ed: there are none.)
 */

static struct event_base *
loop_base(void)
{
    struct event_base    *base;
    struct event_config  *config;

    config = event_config_new();
    if (config == NULL) {
        return NULL;
    }

    base = event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER) == 0
           && event_config_set_flag(config,
                                    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST)
              == 0
           ? event_base_new_with_config(config) : NULL;
    event_config_free(config);

    return base;
}


static bool
loop_watch_add(pls_watch_t *watch, unsigned what)
{
    short  events;

    events = EV_PERSIST;
    events |= (what & PLS_LOOP_READ) ? EV_READ : 0;
    events |= (what & PLS_LOOP_WRITE) ? EV_WRITE : 0;

    watch->what = what;
    watch->event = event_new(watch->loop->base, watch->fd, events,
                             loop_watch_fire, watch);

    return watch->event != NULL && event_add(watch->event, NULL) == 0;
}


static void
loop_watch_fire(evutil_socket_t fd, short events, void *data)
{
    unsigned      what;
    pls_watch_t  *watch;

    watch = data;
    what = (events & EV_READ) ? PLS_LOOP_READ : 0;
    what |= (events & EV_WRITE) ? PLS_LOOP_WRITE : 0;

    watch->callback(watch->data, (int) fd, what);
}


static void
loop_timer_fire(evutil_socket_t fd, short events, void *data)
{
    pls_timer_t  *timer;

    (void) fd;
    (void) events;

    timer = data;
    timer->callback(timer->data);
}


static void
loop_signal_fire(evutil_socket_t signo, short events, void *data)
{
    loop_signal_t  *sig;

    (void) events;

    sig = data;
    sig->callback(sig->data, (int) signo);
}
