/*
 * The event loop: the only door to libevent (loop*.c). Descriptors, timers,
 * signals, and a small HTTP server on a listening socket. The main thread's
 * alone; callbacks run in it.
 */

#ifndef PLS_LOOP_H_INCLUDED
#define PLS_LOOP_H_INCLUDED

#include "../core/pl.h"

#define PLS_LOOP_READ   1u
#define PLS_LOOP_WRITE  2u

typedef struct pls_loop_s   pls_loop_t;
typedef struct pls_watch_s  pls_watch_t;
typedef struct pls_timer_s  pls_timer_t;
typedef struct pls_http_s   pls_http_t;

/* what: PLS_LOOP_READ, PLS_LOOP_WRITE, or both. */
typedef void (*pls_loop_fd_pt)(void *data, int fd, unsigned what);
typedef void (*pls_loop_timer_pt)(void *data);
typedef void (*pls_loop_signal_pt)(void *data, int signo);

/* NULL when the system has no memory or descriptors. */
pls_loop_t *pls_loop_create(void);
void pls_loop_destroy(pls_loop_t *loop);        /* NULL is fine */

/* Runs until pls_loop_stop; false where the loop itself failed. */
bool pls_loop_run(pls_loop_t *loop);
void pls_loop_stop(pls_loop_t *loop);

/*
 * Calls back for as long as the descriptor is ready. NULL: no memory. set
 * changes what is waited for; end frees the watch, also inside its callback,
 * and leaves fd open.
 */
pls_watch_t *pls_loop_watch(pls_loop_t *loop, int fd, unsigned what,
    pls_loop_fd_pt callback, void *data);
bool pls_loop_watch_set(pls_watch_t *watch, unsigned what);
void pls_loop_watch_end(pls_watch_t *watch);    /* NULL is fine */

/* A timer that is not set yet; set replaces what was set; fires once. */
pls_timer_t *pls_loop_timer(pls_loop_t *loop, pls_loop_timer_pt callback,
    void *data);
bool pls_loop_timer_set(pls_timer_t *timer, int64_t after_ms);
bool pls_loop_timer_set_us(pls_timer_t *timer, int64_t after_us);
void pls_loop_timer_clear(pls_timer_t *timer);
void pls_loop_timer_end(pls_timer_t *timer);    /* NULL is fine */

/* At most a handful; they end with the loop. */
bool pls_loop_signal(pls_loop_t *loop, int signo,
    pls_loop_signal_pt callback, void *data);

/* ---- HTTP (loop_http.c) --------------------------------------------- */

#define PLS_HTTP_BODY_MAX    65536      /* of a request */
#define PLS_HTTP_HEADER_MAX  16384
#define PLS_HTTP_TIMEOUT_S   10

typedef enum {
    PLS_METHOD_GET = 1,
    PLS_METHOD_HEAD = 2,
    PLS_METHOD_POST = 4,
    PLS_METHOD_OTHER = 8
} pls_method_e;

/* What to answer; strings live until the handler is called again. */
typedef struct {
    int          status;
    const char  *type;                  /* NULL: no body */
    const char  *body;
    size_t       len;
    const char  *allow;                 /* for 405, else NULL */
} pls_reply_t;

/* path: without the query. The handler fills reply; it starts as 404. */
typedef void (*pls_http_pt)(void *data, pls_method_e method,
    const char *path, pls_reply_t *reply);

/* listen_fd must be non-blocking; it becomes the server's. NULL: no memory. */
pls_http_t *pls_loop_http(pls_loop_t *loop, int listen_fd,
    pls_http_pt handler, void *data);
void pls_loop_http_end(pls_http_t *http);       /* NULL is fine */

#endif /* PLS_LOOP_H_INCLUDED */
