/*
 * What one worker has at work: its store, its append queue, its tasks in the
 * thread pool and its doorbell. Made in init_process, after the fork; LMDB
 * forbids anything earlier. Nothing here may keep a worker from starting.
 *
 *     ngx_http_parley_worker.c   opens the store, and again when it breaks
 *     ngx_http_parley_commit.c   the append queue
 *     ngx_http_parley_body.c     bodies as nginx has read them
 *     ngx_http_parley_verify.c   those that are large or in a file
 *     ngx_http_parley_ask.c      secrets that nginx.conf does not have
 *     ngx_http_parley_sift.c     those that bring mail
 *     ngx_http_parley_fold.c     the fold, where no sender runs
 *     ngx_http_parley_ring.c     the doorbell
 *     ngx_http_parley_room.c     how full the store is, and what of it
 *     ngx_http_parley_read.c     figures of the store, for metrics
 *     ngx_http_parley_live.c     the live feed, with a header of its own
 */

#ifndef NGX_HTTP_PARLEY_WORKER_H_INCLUDED
#define NGX_HTTP_PARLEY_WORKER_H_INCLUDED

#include "../engine/fold.h"
#include "../engine/signers.h"
#include "ngx_http_parley.h"
#include "ngx_http_parley_commit.h"
#include "ngx_http_parley_count.h"
#include "ngx_http_parley_task.h"

#define NGX_HTTP_PARLEY_RETRY_MS      1000  /* opening, folding, ringing */
#define NGX_HTTP_PARLEY_FOLD_TURN_US  200000    /* of one fold task */
#define NGX_HTTP_PARLEY_CAUSE_MAX     512
#define NGX_HTTP_PARLEY_CAUSE_AGAIN   60    /* seconds; what came back */
#define NGX_HTTP_PARLEY_CAUSE_CHANGE  10    /* seconds; other words only */
#define NGX_HTTP_PARLEY_TABLES        5


/* A failure that repeats is logged when it begins and when it changes. */
typedef struct {
    ngx_uint_t                  failed;     /* now */
    ngx_uint_t                  logged;     /* and its end is not yet */
    time_t                      logged_at;
    pl_status_t                 status;
    int                         sys;
    u_char                      text[NGX_HTTP_PARLEY_CAUSE_MAX];
} ngx_http_parley_cause_t;


typedef struct {
    ngx_http_parley_task_t      task;
    ngx_event_t                 retry;
    ngx_http_parley_cause_t     cause;
    ngx_uint_t                  usable;     /* the store is open */
    ngx_uint_t                  broken;     /* wait for tasks, then reopen */

    /* the task's while it is active */
    const ngx_http_parley_main_conf_t  *conf;
    const pl_clock_t           *clock;
    pl_store_t                 *store;
    pl_shared_t                *shared;
    pl_fold_t                  *fold;
    ngx_uint_t                  opened;     /* once, by this worker */
    char                        mark[PL_MARK_SIZE];     /* the store's */
    pl_arena_t                 *settings;   /* holds publish */
    Pl__SettingsPublish        *publish;    /* NULL: the journal has it */
    pl_status_t                 status;
    pl_err_t                    err;
} ngx_http_parley_open_t;


typedef struct {
    ngx_http_parley_task_t      task;
    ngx_event_t                 timer;      /* a pause, or after a failure */
    ngx_event_t                 watch;      /* looks for what is left lying */
    ngx_http_parley_cause_t     cause;
    ngx_uint_t                  wanted;     /* something was appended */

    /* the task's while it is active */
    const pl_clock_t           *clock;
    pl_store_t                 *store;      /* NULL: not open */
    pl_shared_t                *shared;
    pl_fold_t                  *fold;
    ngx_uint_t                  held;       /* the lock is ours */
    ngx_uint_t                  stop;       /* give it */
    ngx_uint_t                  more;
    ngx_msec_t                  pause;
    int64_t                     look_us;    /* at the room, not before */
    pl_marks_t                  marks;
    pl_fill_t                   fill;
    uint64_t                    n_aside;    /* put into quarantine */
    pl_aside_t                  aside[PL_ASIDE_MAX];
    pl_status_t                 status;
    pl_err_t                    err;
} ngx_http_parley_fold_t;


typedef struct {
    ngx_uint_t                  inflight;
    ngx_uint_t                  wanted;     /* the last batch found a sender
                                               that sleeps */
    ngx_msec_t                  not_before; /* after a failure */
} ngx_http_parley_ring_t;


/* A piece of a body: memory, or len bytes of a file at offset. */
typedef struct {
    const u_char               *data;       /* NULL: in the file */
    ngx_fd_t                    fd;
    off_t                       offset;
    size_t                      len;
} ngx_http_parley_piece_t;

typedef struct ngx_http_parley_proof_s  ngx_http_parley_proof_t;

typedef void (*ngx_http_parley_verified_pt)(ngx_http_parley_proof_t *p);

/* One body to verify; its caller's until handler() is called. */
struct ngx_http_parley_proof_s {
    ngx_queue_t                 queue;
    const pl_channel_t         *provider;
    const pl_secrets_t         *secrets;
    pl_str_t                    signature;
    pl_str_t                    beside;
    pl_str_t                    stamp;
    int64_t                     now_s;
    pl_str_t                    url;
    const char                 *dir;        /* of files; NULL: it is not to be
                                               sifted */
    ngx_http_parley_piece_t    *pieces;
    ngx_uint_t                  n_pieces;
    u_char                     *body;       /* of len bytes, to be filled;
                                               sifted: handed out */
    size_t                      len;
    size_t                      held;       /* bytes that count as memory */
    ngx_uint_t                  asks;       /* nginx.conf does not explain it;
                                               body and why are filled */
    pl_err_t                    why;
    ngx_http_parley_verified_pt  handler;
    void                       *data;

    /* set before handler() is called */
    pl_status_t                 status;
    const pl_err_t             *err;        /* to be read first of all */

    /* of what was sifted; the arena is the caller's to destroy */
    pl_arena_t                 *arena;
    const pl_sifted_t          *sifted;     /* NULL: the body is as it came */
    pl_spool_t                 *claims[PL_SIFT_FILES_MAX];
    size_t                      n_claims;
};

typedef struct {
    ngx_queue_t                 waiting;
    size_t                      n_bytes;    /* of all bodies held */
    size_t                      max_bytes;
    ngx_uint_t                  n;          /* bodies; the one at work too */
    ngx_uint_t                  max_asks;   /* of w->ask; else 0 */
    ngx_event_t                 event;
    ngx_http_parley_task_t      task;
    pl_store_t                 *store;      /* NULL: not open, or not asked */

    /* the task's while it is active */
    const ngx_http_parley_main_conf_t  *conf;
    ngx_http_parley_worker_t   *worker;
    ngx_http_parley_proof_t    *proof;
    pl_store_t                 *from;       /* store, when it was posted */
    pl_settings_t              *settings;   /* NULL: nobody has asked yet */
    pl_signers_t                signers;    /* of these */
    pl_err_t                    err;
} ngx_http_parley_verify_t;


/* Figures of the store, for metrics. */
typedef struct {
    ngx_uint_t                  valid;
    uint64_t                    next;       /* sequence of the next entry */
    uint64_t                    folded;
    uint64_t                    rows[NGX_HTTP_PARLEY_TABLES];
    pl_store_room_t             room[PL_ENV_COUNT];
    pl_readers_t                readers[PL_ENV_COUNT];
    uint64_t                    entries;    /* that the journal keeps */
    uint64_t                    entries_bytes;
    uint64_t                    percent;    /* in use of the room there is */
    uint64_t                    mark;       /* that was passed */
    ngx_uint_t                  sender;
} ngx_http_parley_figures_t;

typedef struct ngx_http_parley_asked_s  ngx_http_parley_asked_t;

struct ngx_http_parley_asked_s {
    ngx_queue_t                 queue;
    void                      (*handler)(ngx_http_parley_asked_t *asked);
    void                       *data;
    ngx_http_parley_figures_t   figures;
};

typedef struct {
    ngx_queue_t                 waiting;
    ngx_queue_t                 served;     /* by the task in flight */
    ngx_event_t                 event;
    ngx_http_parley_task_t      task;

    /* the task's while it is active */
    pl_store_t                 *store;      /* NULL: not open */
    pl_shared_t                *shared;
    ngx_http_parley_figures_t   figures;
    pl_status_t                 status;
    pl_err_t                    err;
} ngx_http_parley_read_t;


/* ngx_http_parley_live.h */
typedef struct ngx_http_parley_live_s  ngx_http_parley_live_t;
typedef struct ngx_http_parley_calls_s  ngx_http_parley_calls_t;


struct ngx_http_parley_worker_s {
    ngx_http_parley_main_conf_t  *conf;
    ngx_log_t                    *log;
    const pl_clock_t             *clock;
    ngx_http_parley_counters_t   *counters;
    pl_arena_t                   *scratch;  /* of the event loop, reset by
                                               whoever uses it */
    ngx_http_parley_cause_t       append_cause;
    pl_fill_t                     fill;     /* as last seen */
    ngx_http_parley_open_t        open;
    ngx_http_parley_commit_t      commit;
    ngx_http_parley_verify_t      verify;
    ngx_http_parley_verify_t      sift;     /* of those that are sifted */
    ngx_http_parley_verify_t      ask;      /* the store, about the others */
    ngx_http_parley_fold_t        fold;
    ngx_http_parley_ring_t        ring;
    ngx_http_parley_read_t        read;
    ngx_http_parley_live_t       *live;     /* NULL: there is no store */
    ngx_http_parley_calls_t      *calls;    /* of the API; NULL: none */
};


/* ---- ngx_http_parley_worker.c ----------------------------------------- */

ngx_int_t ngx_http_parley_worker_init(ngx_cycle_t *cycle);

/* The worker of this request, or NULL, where its process has none. */
ngx_http_parley_worker_t *ngx_http_parley_worker(ngx_http_request_t *r);

/* The store is unusable until it is opened anew. */
void ngx_http_parley_worker_broken(ngx_http_parley_worker_t *w);

/* A task ended: opens the store anew if it was the last to use it. */
void ngx_http_parley_worker_idle(ngx_http_parley_worker_t *w);

void ngx_http_parley_worker_failed(ngx_http_parley_worker_t *w,
    ngx_http_parley_cause_t *cause, const char *what, const pl_err_t *err);
void ngx_http_parley_worker_recovered(ngx_http_parley_worker_t *w,
    ngx_http_parley_cause_t *cause, const char *what);

/* ---- ngx_http_parley_open.c ------------------------------------------- */

/*
 * In the pool thread: opens the store, or opens it anew. With status PL_OK
 * and publish not NULL the journal was full: err is that of the append.
 */
void ngx_http_parley_open_run(void *data);

/* The settings are in the journal: op->publish goes. */
void ngx_http_parley_open_published(ngx_http_parley_open_t *op);

/* ---- ngx_http_parley_verify.c ----------------------------------------- */

ngx_int_t ngx_http_parley_verify_init(ngx_http_parley_verify_t *v,
    ngx_pool_t *pool);

/* The store is open, or is to be opened anew (NULL), and nobody is at it. Of
   w->ask, which alone needs it. */
void ngx_http_parley_verify_store(ngx_http_parley_verify_t *v,
    pl_store_t *store);

/*
 * NGX_BUSY: no room; handler() is then never called, else later. What w->verify
 * finds that nginx.conf does not explain goes on to w->ask by itself.
 */
ngx_int_t ngx_http_parley_verify_add(ngx_http_parley_verify_t *v,
    ngx_http_parley_proof_t *proof);

/* In the pool thread: is it signed? As verify of channel.h. */
pl_status_t ngx_http_parley_verify_body(const ngx_http_parley_proof_t *p,
    const pl_str_t *body, pl_err_t *err);

/* In the pool thread: what of a body is at offset, up to size bytes; 0: its
   end. -1: it cannot be read. */
ssize_t ngx_http_parley_verify_piece(const ngx_http_parley_proof_t *p,
    size_t offset, u_char *to, size_t size, pl_err_t *err);

/* ---- ngx_http_parley_body.c ------------------------------------------- */

/*
 * NGX_DECLINED: the body is too large for the event loop, or in a file.
 * Empty buffers, as the last of a chunked body, are not counted and stay out
 * of the pieces: there are *n of *len bytes.
 */
ngx_int_t ngx_http_parley_body_measure(ngx_http_request_t *r, size_t *len,
    ngx_uint_t *n);
void ngx_http_parley_body_pieces(ngx_http_request_t *r,
    ngx_http_parley_piece_t *piece);

/* ---- ngx_http_parley_ask.c -------------------------------------------- */

/*
 * In the pool thread: was v->proof, which nginx.conf's secrets did not
 * explain, signed by one of the store's? As pl_channel_t.verify; PL_BUSY
 * where the store is not open. v->err says why not.
 */
pl_status_t ngx_http_parley_ask(ngx_http_parley_verify_t *v,
    const pl_signed_t *in);

/* ---- ngx_http_parley_sift.c ------------------------------------------- */

/*
 * In the pool thread: reads the body twice. First nothing is kept but what is
 * left of it, which is verified; then its files go to their folder, and are
 * claimed. Fills body, len, sifted and claims. PL_DENIED: not verified;
 * PL_BUSY: the folder takes no files now (the cause is in err).
 */
pl_status_t ngx_http_parley_sift_run(ngx_http_parley_proof_t *p,
    pl_err_t *err);

/* ---- ngx_http_parley_fold.c ------------------------------------------- */

ngx_int_t ngx_http_parley_fold_init(ngx_http_parley_worker_t *w,
    ngx_pool_t *pool);
void ngx_http_parley_fold_wake(ngx_http_parley_worker_t *w);

/* ---- ngx_http_parley_room.c ------------------------------------------- */

/* In the pool thread, beside the fold: looks, once a second, and drops from
   the journal's front where there is little room and no sender to do it. */
void ngx_http_parley_room_look(ngx_http_parley_fold_t *f);

/* On the event loop: takes over what was seen, and logs a change. */
void ngx_http_parley_room_seen(ngx_http_parley_worker_t *w);

/* NGX_OK; NGX_DECLINED: there is no room for a body like this one. */
ngx_int_t ngx_http_parley_room_takes(ngx_http_parley_worker_t *w,
    const pl_channel_t *provider, pl_str_t body);

/* ---- ngx_http_parley_ring.c ------------------------------------------- */

/* Is a ring due, now that a batch is on disk? */
void ngx_http_parley_ring_batch(ngx_http_parley_worker_t *w,
    ngx_uint_t sender);

/* Rings if one is due; r is a main request that is not yet finalized. */
void ngx_http_parley_ring(ngx_http_parley_worker_t *w,
    ngx_http_request_t *r);

/* ---- ngx_http_parley_read.c ------------------------------------------- */

/* What rows[] of the figures counts, by table and name. */
typedef struct {
    pl_table_e                  table;
    ngx_str_t                   name;
} ngx_http_parley_counted_t;

extern const ngx_http_parley_counted_t
    ngx_http_parley_counted[NGX_HTTP_PARLEY_TABLES];

ngx_int_t ngx_http_parley_read_init(ngx_http_parley_worker_t *w,
    ngx_pool_t *pool);

/* handler() is called later, once; figures may not be valid. */
void ngx_http_parley_read_add(ngx_http_parley_worker_t *w,
    ngx_http_parley_asked_t *asked);

/* ---- ngx_http_parley_api_calls.c -------------------------------------- */

/* Where some location has parley_api; else w->calls stays NULL. */
ngx_int_t ngx_http_parley_calls_init(ngx_http_parley_worker_t *w,
    ngx_pool_t *pool);

/* The store is open, or could not be opened (NULL): w->calls, unless NULL. */
void ngx_http_parley_calls_open(ngx_http_parley_worker_t *w,
    pl_store_t *store);

/* The store is to be opened anew, and nobody is at it. */
void ngx_http_parley_calls_close(ngx_http_parley_worker_t *w);
ngx_uint_t ngx_http_parley_calls_busy(ngx_http_parley_worker_t *w);

#endif /* NGX_HTTP_PARLEY_WORKER_H_INCLUDED */
