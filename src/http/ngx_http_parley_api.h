/*
 * The API of a worker: calls on their way, and the pool's threads that do
 * their steps (src/api/api.h). What a call is, and which way it goes, is at
 * the head of ngx_http_parley_api.c.
 *
 *     ngx_http_parley_api.c         a request: from its head to its answer
 *     ngx_http_parley_api_conf.c    directives
 *     ngx_http_parley_api_calls.c   threads, and the append
 *     ngx_http_parley_api_wait.c    the wait for the fold
 *     ngx_http_parley_api_cors.c    other origins
 *     ngx_http_parley_api_stream.c  operations that keep the connection
 */

#ifndef NGX_HTTP_PARLEY_API_H_INCLUDED
#define NGX_HTTP_PARLEY_API_H_INCLUDED

#include "../api/api.h"
#include "ngx_http_parley_worker.h"

/* Steps at once. With the append, the fold and the readers of figures they
   are fewer than the pool's threads, so that none of those waits. */
#define NGX_HTTP_PARLEY_API_READERS  2
#define NGX_HTTP_PARLEY_API_CALLS    1024   /* of a worker, at a time */
#define NGX_HTTP_PARLEY_API_POLL_MS  3      /* has the state moved on? */
#define NGX_HTTP_PARLEY_API_HARD_MAX (16 * 1024 * 1024)     /* of a body: past
                                               it nginx itself answers */

typedef struct ngx_http_parley_call_s   ngx_http_parley_call_t;


typedef enum {
    NGX_HTTP_PARLEY_CALL_READING = 0,
    NGX_HTTP_PARLEY_CALL_ASKING,        /* in `ready`, or in a thread */
    NGX_HTTP_PARLEY_CALL_QUEUED,        /* in the append queue */
    NGX_HTTP_PARLEY_CALL_WAITING,       /* on disk; for the fold */
    NGX_HTTP_PARLEY_CALL_TELLING,
    NGX_HTTP_PARLEY_CALL_DONE
} ngx_http_parley_call_e;


struct ngx_http_parley_call_s {
    ngx_queue_t                 queue;      /* in ready, or in waiting */
    ngx_http_request_t         *request;
    ngx_http_parley_calls_t    *calls;
    ngx_http_parley_call_e      state;
    ngx_uint_t                  counted;
    ngx_uint_t                  stream;     /* goes on with the connection */
    pl_arena_t                 *ar;

    ngx_http_parley_piece_t    *pieces;     /* of the body */
    ngx_uint_t                  n_pieces;
    size_t                      len;

    ngx_http_parley_entry_t    *entries;
    ngx_uint_t                  n_left;     /* entries in the append queue */
    ngx_uint_t                  failed;
    ngx_msec_t                  deadline;

    /* a thread's, while it is at work */
    pl_api_call_t               call;
};


/* A thread that does steps: one at a time. */
typedef struct {
    ngx_http_parley_task_t      task;
    ngx_http_parley_calls_t    *calls;
    ngx_http_parley_call_t     *call;

    /* the task's while it is active */
    pl_store_t                 *store;
    pl_settings_t              *settings;
    uint64_t                    folded;
    pl_status_t                 status;
    pl_err_t                    err;
} ngx_http_parley_reader_t;


/* Looks how far the fold is. */
typedef struct {
    ngx_http_parley_task_t      task;
    pl_store_t                 *store;
    uint64_t                    folded;
    pl_status_t                 status;
    pl_err_t                    err;
} ngx_http_parley_look_t;


struct ngx_http_parley_calls_s {
    ngx_http_parley_worker_t   *worker;
    pl_store_t                 *store;      /* NULL: not open */
    ngx_queue_t                 ready;
    ngx_queue_t                 waiting;
    ngx_uint_t                  n;          /* calls, wherever they are */
    ngx_event_t                 event;
    ngx_event_t                 poll;
    uint64_t                    seen;       /* state's transaction, last
                                               looked at */
    uint64_t                    folded;     /* as far as we know */
    ngx_http_parley_cause_t     cause;
    ngx_http_parley_reader_t    readers[NGX_HTTP_PARLEY_API_READERS];
    ngx_http_parley_look_t      look;
};


/* ---- ngx_http_parley_api.c -------------------------------------------- */

/* The call's end: its answer is in call.out, or it goes on as a stream. */
void ngx_http_parley_api_done(ngx_http_parley_call_t *c);

/* Is the request still ours to answer? Its client may have gone. */
ngx_uint_t ngx_http_parley_api_alive(ngx_http_parley_call_t *c);

/* Sends a problem that needs no thread to be known, or what is in call.out;
   returns what to finalize with. */
ngx_int_t ngx_http_parley_api_problem(ngx_http_request_t *r,
    ngx_http_parley_call_t *c, pl_api_problem_e kind);
ngx_int_t ngx_http_parley_api_send(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);

/* ---- ngx_http_parley_events_api.c ------------------------------------- */

/* The live feed goes on with the connection. */
ngx_int_t ngx_http_parley_events_stream(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);

/* A ticket among the subprotocols says who it is. */
void ngx_http_parley_events_show(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);

/* ---- ngx_http_parley_api_calls.c -------------------------------------- */

/* NGX_BUSY: too many; else ngx_http_parley_api_done() comes later, once. */
ngx_int_t ngx_http_parley_calls_add(ngx_http_parley_calls_t *cs,
    ngx_http_parley_call_t *c);

/* A step failed, or did not: logged when that changes. */
void ngx_http_parley_calls_failed(ngx_http_parley_calls_t *cs,
    pl_status_t status, const pl_err_t *err);

/* ---- ngx_http_parley_api_wait.c --------------------------------------- */

ngx_int_t ngx_http_parley_wait_init(ngx_http_parley_calls_t *cs,
    ngx_pool_t *pool);

/* What it asked for is on disk: it will be ready, or answered. */
void ngx_http_parley_wait_add(ngx_http_parley_calls_t *cs,
    ngx_http_parley_call_t *c);

/* ---- ngx_http_parley_api_cors.c --------------------------------------- */

/* A preflight, answered: its status; NGX_DECLINED: it is none. */
ngx_int_t ngx_http_parley_api_preflight(ngx_http_request_t *r);

/* Header lines of an answer. NGX_OK also where there is nothing to say. */
ngx_int_t ngx_http_parley_api_cors(ngx_http_request_t *r);

/* A header of the request; empty where it has none. name in lower case. */
pl_str_t ngx_http_parley_api_header(ngx_http_request_t *r, const char *name);

/* ---- ngx_http_parley_api_stream.c ------------------------------------- */

/*
 * An operation that is a stream (PL_API_STREAM) was asked for, and may be:
 * the connection is its own from here on. Returns what to finalize with.
 */
ngx_int_t ngx_http_parley_api_stream(ngx_http_request_t *r,
    ngx_http_parley_call_t *c);

#endif /* NGX_HTTP_PARLEY_API_H_INCLUDED */
