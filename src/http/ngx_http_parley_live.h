/*
 * The live feed in one worker: its clients, and the one reader that reads
 * `changes` for all of them.
 *
 *     ngx_http_parley_live.c     the hub: turns, tenants, what is to be read
 *     ngx_http_parley_told.c     what a turn brought, given to clients
 *     ngx_http_parley_feed.c     the reader, in the pool thread
 *     ngx_http_parley_client.c   a client: what waits to be written to it
 *     ngx_http_parley_events.c   Server-Sent Events, and pages that wait
 *     ngx_http_parley_socket.c   WebSockets
 *
 * A timer looks at the state's last transaction, which costs no system call,
 * while there are clients and only then. When it has moved, or somebody is
 * behind, a task reads in one snapshot the new rows of each tenant that has
 * clients at the front, and a piece for some of those that are behind. Each
 * event is rendered once; its bytes are shared by all whom it is written to.
 *
 *     BEHIND --read to the front--> FRONT --too much waits--> FULL
 *        ^                            |                         |
 *        +----------------- all was written --------------------+
 *        |                            |
 *        +------ an acknowledgement - HELD <--its window is full
 *
 * A client at the front gets what the turn brought its tenant. One whose
 * connection takes no more than was queued for it gets nothing further, so
 * that what waits is bounded; when it was written the client is behind, and
 * reads on from its cursor. So a slow client costs what is queued, misses
 * nothing, and past a time is closed. A WebSocket may set a window: so many
 * events beyond those that it has acknowledged, and then it is held.
 *
 * All of it belongs to the event loop, but for what the task was given.
 */

#ifndef NGX_HTTP_PARLEY_LIVE_H_INCLUDED
#define NGX_HTTP_PARLEY_LIVE_H_INCLUDED

#include "../api/api_live.h"
#include "../core/ws.h"
#include "ngx_http_parley.h"
#include "ngx_http_parley_worker.h"

#define NGX_HTTP_PARLEY_LIVE_TURN_MS    20      /* with few tenants */
#define NGX_HTTP_PARLEY_LIVE_TENANTS    1000    /* that a turn of it reads */
#define NGX_HTTP_PARLEY_LIVE_TURN_MAX   1000
#define NGX_HTTP_PARLEY_LIVE_JOBS       64      /* of clients behind, a turn */
#define NGX_HTTP_PARLEY_LIVE_ROWS       512     /* of a tenant, a turn */
#define NGX_HTTP_PARLEY_LIVE_PIECE      64      /* rows for one behind */
#define NGX_HTTP_PARLEY_LIVE_BYTES      (4 * 1024 * 1024)   /* of a turn */
#define NGX_HTTP_PARLEY_LIVE_READ_MAX   (64 * 1024 * 1024)
#define NGX_HTTP_PARLEY_LIVE_ITEMS      48      /* that wait for a client */
#define NGX_HTTP_PARLEY_LIVE_CLOSE_MS   700     /* in which all are closed */
#define NGX_HTTP_PARLEY_LIVE_RETRY_MS   3000    /* what clients are told */
#define NGX_HTTP_PARLEY_LIVE_LIFE_S     3600    /* who it is is asked anew */
#define NGX_HTTP_PARLEY_LIVE_WORDS_MAX  (64 * 1024)     /* of a client, or for
                                               it, on the event loop */

/* Defaults of directives */
#define NGX_HTTP_PARLEY_LIVE_CLIENTS    20000   /* of a worker */
#define NGX_HTTP_PARLEY_LIVE_OF_TENANT  1000
#define NGX_HTTP_PARLEY_LIVE_WAITS      256     /* pages that wait */
#define NGX_HTTP_PARLEY_LIVE_TENANT_WAITS  64   /* of a tenant */
#define NGX_HTTP_PARLEY_LIVE_BEAT_MS    15000
#define NGX_HTTP_PARLEY_LIVE_BUFFER     (64 * 1024)
#define NGX_HTTP_PARLEY_LIVE_SLOW_MS    30000


typedef struct ngx_http_parley_client_s  ngx_http_parley_client_t;


/* Bytes for any number of clients, in a pool of their own. */
typedef struct {
    ngx_pool_t                 *pool;
    ngx_uint_t                  refs;
    size_t                      len;
    u_char                     *data;
} ngx_http_parley_bytes_t;

/* What waits to be written; the request's, and used again. */
typedef struct {
    ngx_buf_t                   buf;        /* first */
    ngx_chain_t                 link;
    ngx_http_parley_bytes_t    *bytes;
} ngx_http_parley_item_t;

typedef enum {
    NGX_HTTP_PARLEY_CLIENT_BEHIND = 0,
    NGX_HTTP_PARLEY_CLIENT_READING,     /* behind, and in a task's jobs */
    NGX_HTTP_PARLEY_CLIENT_FRONT,
    NGX_HTTP_PARLEY_CLIENT_FULL,
    NGX_HTTP_PARLEY_CLIENT_HELD,
    NGX_HTTP_PARLEY_CLIENT_ENDED
} ngx_http_parley_client_e;

/* An event's bytes as a kind of clients gets them. */
typedef enum {
    NGX_HTTP_PARLEY_AS_SSE = 0,
    NGX_HTTP_PARLEY_AS_FRAME,
    NGX_HTTP_PARLEY_AS_KINDS
} ngx_http_parley_as_e;

typedef struct {
    ngx_rbtree_node_t           node;       /* key: the tenant's number */
    ngx_queue_t                 front;      /* clients */
    ngx_uint_t                  clients;    /* in any state */
    ngx_uint_t                  waits;      /* of them, pages */
    uint64_t                    read_to;    /* of what those at the front
                                               have been given */
} ngx_http_parley_audience_t;

/* What the task is to read, and what came of it; all in the task's arena. */
typedef struct {
    pl_api_event_t              event;      /* without its `event` */
    ngx_http_parley_bytes_t    *bytes[NGX_HTTP_PARLEY_AS_KINDS];
} ngx_http_parley_told_t;

typedef struct ngx_http_parley_job_s  ngx_http_parley_job_t;

struct ngx_http_parley_job_s {
    uint32_t                    tenant;
    uint64_t                    after;
    ngx_uint_t                  rows;
    ngx_http_parley_client_t   *client;     /* NULL: of those at the front,
                                               or the client has ended */
    ngx_http_parley_audience_t *audience;   /* of those at the front */
    const pl_api_live_t        *page;       /* of a page that waits */
    pl_str_t                    said;       /* a client's words, or empty */
    uint32_t                    sees;       /* what it may see */

    ngx_http_parley_told_t     *told;
    ngx_uint_t                  n_told;
    ngx_uint_t                  room;
    uint64_t                    to;
    unsigned                    one:1;      /* of one client, who may end
                                               while it is read */
    unsigned                    read:1;     /* else nothing below is said */
    unsigned                    end:1;
    unsigned                    lost:1;     /* there are rows that nobody can
                                               read any more */
    pl_str_t                    json;       /* a page, or a note */
    unsigned                    n_page;
    Pl__Api__EventSubscribe    *subscribe;  /* that was said, and is right */
    pl_api_event_filter_t       filter;
    uint64_t                    new_after;
    unsigned                    has_after:1;
};

struct ngx_http_parley_live_s {
    ngx_http_parley_task_t      task;
    ngx_event_t                 timer;
    ngx_log_t                  *log;
    ngx_http_parley_counters_t *counters;
    ngx_rbtree_t                audiences;
    ngx_rbtree_node_t           sentinel;
    ngx_uint_t                  n_audiences;
    ngx_uint_t                  n_heard;    /* of them, those with clients */
    ngx_queue_t                 behind;     /* in the order of their turn */
    ngx_queue_t                 beats;      /* least recently written first */
    ngx_queue_t                 full;       /* longest full first */
    ngx_queue_t                 held;       /* until they acknowledge */
    ngx_queue_t                 waits;      /* pages */
    ngx_uint_t                  n_clients;
    ngx_uint_t                  n_waits;
    ngx_uint_t                  fresh;      /* of them, not looked at yet */
    pl_arena_t                 *words;      /* the event loop's */
    uint64_t                    seen;       /* the state's transaction */
    time_t                      looked_at;  /* whose time is over */
    time_t                      keys_at;    /* revoked ones */
    ngx_uint_t                  keys_due;
    ngx_http_parley_cause_t     cause;
    ngx_msec_t                  failed_at;  /* 0: the last read succeeded */
    ngx_msec_t                  close_from; /* the worker is to exit */
    ngx_uint_t                  closing;    /* clients there were then */

    /* the task's while it is active */
    pl_store_t                 *store;      /* NULL: not open */
    pl_codec_t                 *codec;      /* of events */
    const pl_codec_t           *flows;      /* of settings */
    pl_settings_t              *settings;   /* the reader's own */
    pl_arena_t                 *ar;         /* jobs, and what they brought */
    pl_arena_t                 *scratch;    /* of one event */
    ngx_http_parley_job_t      *jobs;
    ngx_uint_t                  n_jobs;
    ngx_uint_t                  first;      /* where the last turn left off */
    ngx_uint_t                  n_bytes;
    uint64_t                    now;        /* of the snapshot */
    uint64_t                    pruned;
    ngx_uint_t                  look_keys;
    pl_api_live_key_t          *keys;       /* that end, or have ended */
    size_t                      n_keys;
    pl_status_t                 status;
    pl_err_t                    err;
};


struct ngx_http_parley_client_s {
    ngx_queue_t                 queue;      /* behind, front, full, held,
                                               waits */
    ngx_queue_t                 beat;
    ngx_http_request_t         *request;
    ngx_http_parley_live_t     *live;
    ngx_http_parley_audience_t *audience;
    ngx_http_parley_job_t      *job;
    ngx_http_parley_client_e    state;
    pl_api_live_e               how;
    uint32_t                    tenant;
    uint32_t                    sees;
    uint64_t                    key;        /* its number; 0: a token */
    uint32_t                    of;         /* whose key or token it is; 0: an
                                               operator's, of all tenants */
    uint64_t                    cursor;     /* all up to here was queued */
    uint64_t                    said_to;    /* what the client knows of it */
    uint64_t                    told_max;   /* of all that it was told */
    uint32_t                    window;     /* 0: none */
    uint32_t                    n_unacked;
    uint32_t                    unacked_at; /* the oldest one's place */
    uint64_t                   *unacked;    /* a ring; the request's, made
                                               with the first window */
    pl_api_event_filter_t       filter;
    char                        owner[PL_API_LIVE_OWNER_MAX + 1];
    ngx_msec_t                  beat_at;    /* written last */
    ngx_msec_t                  full_at;
    ngx_msec_t                  until;      /* a page's, or of its life */

    ngx_http_parley_item_t     *free;
    ngx_chain_t                *out;        /* not yet handed on */
    ngx_chain_t               **last_out;
    ngx_chain_t                *busy;
    ngx_uint_t                  n_items;
    ngx_uint_t                  n_made;
    size_t                      n_bytes;

    pl_ws_t                    *ws;         /* of a WebSocket */
    u_char                     *words;
    pl_str_t                    said;       /* waits for its turn; words */
    pl_api_live_t              *page;       /* of a page that waits */
    unsigned                    resolved:1; /* the cursor is a number */
    unsigned                    news:1;     /* something was queued */
    unsigned                    over:1;     /* its page's time is */
    unsigned                    closing:1;  /* at once, whatever waits */
};


/* ---- ngx_http_parley_live.c ------------------------------------------- */

ngx_int_t ngx_http_parley_live_init(ngx_http_parley_worker_t *w,
    ngx_pool_t *pool);

/* The store is open, or not: NULL. No task of ours runs. */
void ngx_http_parley_live_store(ngx_http_parley_live_t *live,
    pl_store_t *store);

/* NGX_OK; NGX_BUSY: there are too many already; NGX_ERROR. */
ngx_int_t ngx_http_parley_live_add(ngx_http_parley_live_t *live,
    ngx_http_parley_client_t *c);
void ngx_http_parley_live_remove(ngx_http_parley_client_t *c);

/* To another state, and into its queue. */
void ngx_http_parley_live_state(ngx_http_parley_client_t *c,
    ngx_http_parley_client_e state);

/* Those behind are read soon, and not when the turn comes. */
void ngx_http_parley_live_soon(ngx_http_parley_live_t *live);

/* ---- ngx_http_parley_feed.c ------------------------------------------- */

/* In the pool thread. */
void ngx_http_parley_feed_run(void *data);

/* ---- ngx_http_parley_told.c ------------------------------------------- */

/* The task is done; data: the worker. */
void ngx_http_parley_told_done(void *data);

/* ---- ngx_http_parley_client.c ----------------------------------------- */

/*
 * Makes a client of a request whose reference it takes over; NULL: no memory.
 * What it is must be set, and ngx_http_parley_live_add called.
 */
ngx_http_parley_client_t *ngx_http_parley_client_create(
    ngx_http_request_t *r, const pl_api_live_t *asked);

/* Room for len bytes, with one reference; NULL: no memory. */
ngx_http_parley_bytes_t *ngx_http_parley_client_bytes(ngx_log_t *log,
    size_t len);
void ngx_http_parley_client_release(ngx_http_parley_bytes_t *bytes);

/* Queues bytes, with a reference of its own; NGX_BUSY: too much waits. */
ngx_int_t ngx_http_parley_client_queue(ngx_http_parley_client_t *c,
    ngx_http_parley_bytes_t *bytes);

/* The same of a copy. */
ngx_int_t ngx_http_parley_client_say(ngx_http_parley_client_t *c,
    const u_char *data, size_t len);

/* Writes what is queued, as far as the connection takes it. The client may
   be gone after it. */
void ngx_http_parley_client_flush(ngx_http_parley_client_t *c);
void ngx_http_parley_client_writable(ngx_http_request_t *r);

/* So many events beyond those that it acknowledges; 0: any. NGX_ERROR: no
   memory. */
ngx_int_t ngx_http_parley_client_window(ngx_http_parley_client_t *c,
    uint32_t window);

/* It was told this one; may it be told another? */
void ngx_http_parley_client_told(ngx_http_parley_client_t *c,
    uint64_t sequence);
ngx_uint_t ngx_http_parley_client_held(ngx_http_parley_client_t *c);

/* It has done with all up to this one. NGX_DECLINED: it was not told it. */
ngx_int_t ngx_http_parley_client_acked(ngx_http_parley_client_t *c,
    uint64_t sequence);

/* Ends it: what is queued is written if it can be at once. The client is
   gone after it, and so may its request be: never while the request begins,
   whose caller has it yet. */
void ngx_http_parley_client_end(ngx_http_parley_client_t *c, ngx_int_t rc);

/* ---- ngx_http_parley_ticket.c ----------------------------------------- */

#define NGX_HTTP_PARLEY_TICKET_TEXT  (2 * NGX_HTTP_PARLEY_TICKET_BYTES + 1)

/* text: NGX_HTTP_PARLEY_TICKET_TEXT bytes. NGX_BUSY: there are too many, or
   too many of the tenant's. */
ngx_int_t ngx_http_parley_ticket_make(ngx_http_parley_main_conf_t *pmcf,
    const pl_api_live_t *asked, int64_t now_ms, char *text);

/* NGX_OK, and it is gone; NGX_DECLINED: there is none. */
ngx_int_t ngx_http_parley_ticket_take(ngx_http_parley_main_conf_t *pmcf,
    pl_str_t text, int64_t now_ms, ngx_http_parley_ticket_t *taken);

/* ---- ngx_http_parley_events.c ----------------------------------------- */

/*
 * Goes on with a request whose ask has left `asked` (api_live.h), which is
 * gone when this returns. NGX_DONE: the request is ours; else a status to
 * finalize it with.
 */
ngx_int_t ngx_http_parley_live_begin(ngx_http_request_t *r,
    const pl_api_live_t *asked);

/* An event as it is written, in memory shared by all; NULL: no memory. */
ngx_http_parley_bytes_t *ngx_http_parley_events_bytes(ngx_log_t *log,
    const pl_api_event_t *event, ngx_http_parley_as_e as);

/* Nothing was written for a while; or where the cursor is. */
void ngx_http_parley_events_beat(ngx_http_parley_client_t *c);

/* Rows that it has not seen are gone. NGX_BUSY: it cannot be told now. */
ngx_int_t ngx_http_parley_events_lost(ngx_http_parley_client_t *c,
    const ngx_http_parley_job_t *job);

/* The worker is to exit, or the client to come again in a while. */
void ngx_http_parley_events_close(ngx_http_parley_client_t *c);

/* A page is there; or its time is over, and nobody has looked. */
void ngx_http_parley_events_page(ngx_http_parley_client_t *c, pl_str_t json);
void ngx_http_parley_events_empty(ngx_http_parley_client_t *c);

/* ---- ngx_http_parley_socket.c ----------------------------------------- */

/* NGX_OK: it has begun; else a status. */
ngx_int_t ngx_http_parley_socket_begin(ngx_http_request_t *r,
    ngx_http_parley_client_t *c);

/* What the client said was looked at in the pool thread. */
void ngx_http_parley_socket_said(ngx_http_parley_client_t *c,
    const ngx_http_parley_job_t *job);

/* A note, as JSON or to be made (id 0, detail NULL: none). As
   ngx_http_parley_client_queue. */
ngx_int_t ngx_http_parley_socket_note(ngx_http_parley_client_t *c,
    pl_str_t json);
ngx_int_t ngx_http_parley_socket_tell(ngx_http_parley_client_t *c,
    Pl__Api__EventNoteType type, uint64_t id, const char *detail);

void ngx_http_parley_socket_close(ngx_http_parley_client_t *c,
    unsigned code);

#endif /* NGX_HTTP_PARLEY_LIVE_H_INCLUDED */
