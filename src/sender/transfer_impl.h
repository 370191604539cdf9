/*
 * What transfer.c (the multi and its events), transfer_easy.c (one request:
 * what is sent, what comes back), transfer_kept.c (connections between two
 * requests), transfer_wait.c (requests without one), transfer_mail.c and
 * transfer_pool.c (mails, and their threads) share.
 */

#ifndef PLS_TRANSFER_IMPL_H_INCLUDED
#define PLS_TRANSFER_IMPL_H_INCLUDED

#include <curl/curl.h>

#include "../core/clock.h"
#include "progress.h"
#include "queue.h"
#include "transfer.h"

#define PLS_PORTS      65536

/* of senders and fetchers, and as many again for all else */
#define PLS_FILES_MAX  (4 * PLS_CONNECTIONS_MAX)

/*
 * Both ends of a TCP connection, as far as they tell it from all others of
 * ours: two may have one local port. Held against each other as bytes.
 */
typedef struct {
    int                  port;          /* ours; 0: no connection */
    int                  peer_port;
    uint8_t              peer[16];      /* IPv4: as ::ffff:0:0/96 has it */
} pls_ends_t;

/* By the descriptor of a connection. */
typedef struct {
    pls_ends_t           ends;          /* known with the first request */
    int                  next;          /* of its port: descriptor, plus 1 */
    bool                 http1;         /* it has answered, and so */
    int64_t              silent_ms;     /* since when, coarse; 0: nobody asks */
} pls_kept_t;

/*
 * Before each transfer, and after it, libcurl walks all connections that a
 * multi has to the host: 256 of them cost more than the request. So there are
 * some multis, each with its share of connections. Who comes goes to the
 * first that has a connection for it, so that where there is little to do one
 * multi does it, on few connections; HTTP/2 shares them in each.
 */
#define TRANSFER_SHARES     8
#define TRANSFER_SHARE_MAX  32      /* before the next is used; where all are,
                                       each has its part of the rest */

typedef struct {
    pls_transfers_t     *owner;
    CURLM               *multi;
    pls_timer_t         *timer;         /* libcurl's */
    size_t               n;             /* transfers that are in it */
} transfer_share_t;

typedef struct pls_pool_s    pls_pool_t;
typedef struct pls_worker_s  pls_worker_t;

/* The main thread's; a worker's its thread's, while it is at its mail. */
typedef struct {
    pls_transfers_t     *owner;
    pls_worker_t        *worker;        /* of a mail; NULL: a multi's */
    transfer_share_t    *share;         /* NULL: in none */
    CURL                *easy;          /* made when the slot is first used */
    struct curl_slist   *headers;
    struct curl_slist   *recipients;    /* of a mail */
    pls_job_t           *job;           /* NULL: idle */
    uint64_t             asked;         /* bytes of the body handed over */
    size_t               heard;         /* bytes of headers that came */
    int                  opened[4];     /* sockets of its own, plus 1: the
                                           newest, of several addresses */
    unsigned             n_opened;
    unsigned             n_before;      /* when this request began */
    bool                 alone;         /* waits for no other's connection */
    pls_ends_t           ends;          /* of its connection */
    int                  fd;            /* its descriptor, plus 1; 0: unknown */
    pls_end_e            back;          /* why it was not to leave, or NONE */
    bool                 refused;       /* an address that it may not reach */
    bool                 spoke;         /* its connection had, unasked */
} transfer_t;

struct pls_transfers_s {
    pls_loop_t             *loop;
    pls_timer_t            *soon;       /* ends those that never began */
    pls_timer_t            *waits;      /* looks at those without one */
    bool                    waiting;    /* it is set */
    pl_progress_t          *progress;
    const char             *ca_file;    /* NULL: the system's */
    pls_transfer_done_pt    done;
    pls_transfer_left_pt    left;       /* or NULL */
    void                   *data;
    size_t                  n;
    uint64_t                connections;
    const _Atomic uint32_t *pauses;     /* or NULL */
    pls_jobs_t              failed;     /* never began */
    pls_pool_t             *pool;       /* NULL until there is a mail */
    int                     ports[PLS_PORTS];   /* the newest of each:
                                                   descriptor, plus 1 */
    pls_kept_t              kept[PLS_FILES_MAX];
    transfer_share_t        shares[TRANSFER_SHARES];
    transfer_t              rows[PL_INFLIGHT_MAX];
};

/* Makes row and handle ready for this job; false: no memory, or bad input. */
bool pls_transfer_prepare(transfer_t *t, pls_job_t *job);

/* This job is its row's now, and connects. */
void pls_transfer_open(transfer_t *t, pls_job_t *job);

/* Fills job->wire and makes the row idle; the handle is in no multi. */
void pls_transfer_end(transfer_t *t, CURLcode code);

/*
 * Mail (transfer_mail.c): is it one; what a handle needs for it; a line of an
 * answer; what the end of one means: a reply code, or 0.
 */
#define MAIL_REPLY_MAX  512             /* bytes of a line (RFC 5321) */

bool pls_mail_is(const pls_job_t *job);
bool pls_mail_prepare(transfer_t *t, CURL *easy, pls_job_t *job);
size_t pls_mail_header(transfer_t *t, const char *buf, size_t n);
int pls_mail_status(transfer_t *t, CURLcode code);

/*
 * Threads, one for each mail that is under way (transfer_pool.c). NULL: no
 * memory, or no descriptor. destroy ends what is under way, and calls no
 * done; NULL is fine.
 */
pls_pool_t *pls_pool_create(pls_transfers_t *transfers);
void pls_pool_destroy(pls_pool_t *pool);

/* Is there a thread for this mail? begin: false where there is none. */
bool pls_pool_may(pls_pool_t *pool, const pls_job_t *job);
bool pls_pool_begin(pls_pool_t *pool, pls_job_t *job);

/* Ends what is under way; done is called for each, soon. NULL is fine. */
void pls_pool_cancel(pls_pool_t *pool);

/* A socket of a worker's, in its thread; CURL_SOCKET_BAD: it has to end. */
curl_socket_t pls_pool_socket(pls_worker_t *worker,
    const struct curl_sockaddr *address);

/* Notes how far it got, never backwards. */
void pls_transfer_stage(transfer_t *t, Pl__WireStage stage);

/* libcurl's CURLOPT_SOCKOPTFUNCTION; data is the transfer. */
int pls_kept_opened(void *data, curl_socket_t fd, curlsocktype purpose);

/*
 * Before a request leaves on the connection between these ends: has the peer
 * said something on it that nobody asked for?
 */
bool pls_kept_spoke(transfer_t *t, const char *peer, int peer_port,
    int local_port);

/* Something of an answer has come. */
void pls_kept_heard(transfer_t *t);

/* None came in time: a connection that is silent altogether is shut. */
void pls_kept_timed_out(transfer_t *t);

/* An answer has come whole: what is kept now waits for its next request. */
void pls_kept_answered(transfer_t *t);

/* A request was given to its multi. */
void pls_wait_begin(transfer_t *t);

/* The timer's; data is the transfers. */
void pls_wait_tick(void *data);

#endif /* PLS_TRANSFER_IMPL_H_INCLUDED */
