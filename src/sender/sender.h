/*
 * What the two threads of a sender share. Made by main.c before the store
 * thread starts; both threads only read it, but for the atomics and what
 * guards itself (queues, log).
 */

#ifndef PLS_SENDER_H_INCLUDED
#define PLS_SENDER_H_INCLUDED

#include <stdatomic.h>

#include "../core/json.h"
#include "../core/share.h"
#include "../core/store.h"
#include "log.h"
#include "metrics.h"
#include "metrics_store.h"
#include "options.h"
#include "queue.h"
#include "sendlog.h"
#include "tell.h"

#define PLS_STALL_MS  30000         /* without a turn of the store thread it
                                       hangs: a disk that answers is faster */

/* Why /healthz says what it says. */
typedef enum {
    PLS_HEALTH_STARTING = 0,
    PLS_HEALTH_OK,
    PLS_HEALTH_STORE,                   /* cannot append or fold */
    PLS_HEALTH_STOPPING
} pls_health_e;

typedef struct {
    pls_options_t       options;
    pls_log_t           log;
    pls_metrics_t       metrics;
    pls_metrics_store_t  store_metrics;
    const pl_clock_t   *clock;
    pl_codec_t         *codec;
    pl_store_t         *store;          /* open for good; the keeper's */
    pl_share_t         *note;           /* the store's */
    pl_progress_t      *progress;       /* slots; each its job's holder's */
    pl_pace_t          *pace;           /* rows; see pace.h whose */

    pls_queue_t         to_wire;        /* store thread -> main thread */
    pls_queue_t         to_fetch;       /* store thread -> fetcher's */
    pls_queue_t         to_store;       /* both of them -> store thread */

    pls_queue_t         to_consume;     /* a bell for the consumers' */
    pls_tell_t          tell;           /* consumers' -> store thread */
    pthread_mutex_t     reading;        /* held by consumers that read the
                                           store, and while it is reopened */
    _Atomic bool        consuming;      /* they may have something to tell */

    pls_sendlog_t      *sendlog;        /* NULL: none is asked for */

    _Atomic int64_t     turned_ms;      /* the store thread's last turn, by
                                           pl_clock_coarse_ms; 0: it has not
                                           begun, or is done */
    _Atomic int64_t     ahead_ms;       /* of the journal's time before the
                                           clock, which may be set back */
    _Atomic uint64_t    epoch;          /* 0 until SenderStart is journalled */
    _Atomic int         health;         /* pls_health_e */
    _Atomic uint32_t    pauses[PLS_PAUSES];     /* that a person has begun, of
                                           what is decided (pls_pauses_of) */
    _Atomic uint32_t    paused;         /* all of them together, after; both
                                           are the store thread's */
    _Atomic bool        stopping;       /* begin nothing more */
    _Atomic bool        ended;          /* the store thread is done */
    _Atomic int         exit_code;
} pls_sender_t;

/*
 * The journal's time now (pl_journal_now): what is due, and what a retry's
 * delay counts from. Not the clock's: after that is set back, entries go on
 * from the last one's time. Any thread.
 */
int64_t pls_sender_now(const pls_sender_t *sn);

/*
 * For how long the store thread has not turned; 0 where none has to. While
 * the machine sleeps nobody has to. Any thread.
 */
int64_t pls_sender_stall_ms(const pls_sender_t *sn);

#endif /* PLS_SENDER_H_INCLUDED */
