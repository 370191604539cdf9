/*
 * What the sender counts, and how Prometheus reads it. All threads add, the
 * main thread renders; relaxed atomics, so a scrape may see one figure a
 * moment ahead of another.
 *
 * Everything here begins at zero with the process: counters in the way that
 * rate() expects, gauges with the store thread's first turn.
 *
 * Labels are bounded. Outcomes, lanes, tables, classes and what apply counts
 * are words of the source. Channels are named by nginx.conf: the first
 * PLS_METRICS_CHANNELS that send, or are heard of, have rows of their own,
 * and all others share one, whose tenant is empty and whose channel is
 * "other". A number, an address or a text is never a label.
 */

#ifndef PLS_METRICS_H_INCLUDED
#define PLS_METRICS_H_INCLUDED

#include <stdatomic.h>

#include "../core/pl.h"
#include "../engine/told.h"
#include "result.h"

#define PLS_METRICS_TEXT_MAX  (256u * 1024)
#define PLS_METRICS_CHANNELS  64
#define PLS_METRICS_BUCKETS   16        /* of a histogram, +Inf included */
#define PLS_METRICS_CLASSES   6         /* of answers: none, 1xx to 5xx */
#define PLS_LANES             6         /* Pl__Lane, 0 unused */
#define PLS_DELIVERIES        15        /* Pl__DeliveryFault; 0: arrived */
#define PLS_SUBSCRIPTIONS     4         /* Pl__SubscriptionState, 0 unused */

/* Tables whose rows are counted, each a row of metrics_tables. */
typedef enum {
    PLS_ROWS_OUTBOX = 0,
    PLS_ROWS_DUE,
    PLS_ROWS_ATTEMPTS,
    PLS_ROWS_UNKNOWN,
    PLS_ROWS_DEAD,
    PLS_ROWS_QUARANTINE,
    PLS_ROWS_TIMERS,
    PLS_ROWS_MAX
} pls_rows_e;

/* What holds sends back, each a row of metrics_holds. */
typedef enum {
    PLS_HOLD_ACCOUNT = 0,               /* a channel whose account was refused:
                                           its breaker is open */
    PLS_HOLD_PERSON,                    /* somebody paused it */
    PLS_HOLD_THROTTLE,                  /* the provider named a bucket */
    PLS_HOLD_MAX
} pls_hold_e;

typedef enum {
    PLS_HISTOGRAM_APPEND = 0,           /* us: an append, its sync included */
    PLS_HISTOGRAM_BATCH,                /* entries of one */
    PLS_HISTOGRAM_FOLD,                 /* us: a state transaction */
    PLS_HISTOGRAM_ITEMS,                /* items of one */
    PLS_HISTOGRAM_WAITED,               /* us: due to departure */
    PLS_HISTOGRAM_ANSWER,               /* us: departure to the answer's end */
    PLS_HISTOGRAM_REPLY,                /* us: a webhook's append to the
                                           departure of what answers it */
    PLS_HISTOGRAM_MAX
} pls_histogram_e;

typedef struct {
    _Atomic uint64_t   buckets[PLS_METRICS_BUCKETS];    /* not cumulative */
    _Atomic uint64_t   sum;
} pls_histogram_t;

typedef struct {
    uint32_t           id;
    char               tenant[PL_NAME_MAX + 1];
    char               name[PL_NAME_MAX + 1];
    _Atomic uint64_t   results[PLS_OUTCOMES];
    _Atomic int64_t    heard_ms;            /* 0: not since the start */
} pls_metrics_channel_t;

typedef struct {
    const char        *metric;
    const char        *label;
    _Atomic uint64_t   n;
} pls_metrics_told_t;

typedef struct {
    _Atomic uint64_t   attempts;            /* handed to the wire */
    _Atomic uint64_t   turned_down;         /* by policy, when applied */
    _Atomic uint64_t   results[PLS_OUTCOMES];
    _Atomic uint64_t   answers[PLS_METRICS_CLASSES];
    _Atomic uint64_t   in_flight;
    _Atomic uint64_t   folded_entries;
    _Atomic uint64_t   folded_items;
    _Atomic uint64_t   fold_us;
    _Atomic uint64_t   fold_steps;
    _Atomic uint64_t   fold_failures;
    _Atomic uint64_t   appended_entries;
    _Atomic uint64_t   append_failures;
    _Atomic uint64_t   doorbells;
    _Atomic uint64_t   connections;         /* opened */
    _Atomic uint64_t   log_lines;           /* of the send log */
    _Atomic uint64_t   log_dropped;
    _Atomic uint64_t   ready;               /* 1: folds and sends */
    _Atomic uint64_t   journal_lag;         /* appended, not yet folded */
    _Atomic uint64_t   paced;               /* wait for their time to leave */
    _Atomic int64_t    lag_since_ms;        /* time of the first of them; 0:
                                               there is none */
    _Atomic int64_t    timers_due_ms;       /* of the first that is due; 0 */
    _Atomic int64_t    started_ms;
    _Atomic int64_t    oldest_due_ms[PLS_LANES];    /* 0: nothing is due */
    _Atomic uint64_t   rows[PLS_ROWS_MAX];
    _Atomic uint64_t   holds[PLS_HOLD_MAX];
    _Atomic uint64_t   deliveries[PLS_DELIVERIES];
    _Atomic uint64_t   subscriptions[PLS_SUBSCRIPTIONS];
    _Atomic int64_t    behind_ms[PLS_SUBSCRIPTIONS];    /* time of the oldest
                                               event not delivered; 0: none */
    pls_histogram_t    histograms[PLS_HISTOGRAM_MAX];

    /* grown by the store thread: a row is whole before n counts it */
    _Atomic size_t     n_channels;
    _Atomic size_t     n_told;
    pls_metrics_channel_t  channels[PLS_METRICS_CHANNELS + 1];
    pls_metrics_told_t     told[PL_TOLD_MAX];

    /* the store thread's alone, between _begin and _end */
    int64_t            oldest_ms[PLS_LANES];
} pls_metrics_t;

void pls_metrics_add(_Atomic uint64_t *counter, uint64_t n);
void pls_metrics_set(_Atomic uint64_t *gauge, uint64_t n);

/* One observation; less than 0 counts as 0. Any thread. */
void pls_metrics_observe(pls_metrics_t *metrics, pls_histogram_e which,
    int64_t value);

/*
 * The oldest due effect of each lane: begin, then tell of heads in any
 * order (the oldest of each channel and lane is enough), then end makes it
 * known. A lane that nobody told of has nothing due. due_ms: since when, by
 * the journal's time. The store thread's.
 */
void pls_metrics_oldest_begin(pls_metrics_t *metrics);
void pls_metrics_oldest(pls_metrics_t *metrics, Pl__Lane lane,
    int64_t due_ms);
void pls_metrics_oldest_end(pls_metrics_t *metrics);

/*
 * The row of a channel: made where there is room, else that of the others.
 * The store thread's; what it returns may be used by any thread for good.
 */
size_t pls_metrics_channel(pls_metrics_t *metrics, uint32_t id,
    const char *tenant, const char *name);

/* A result that is journalled. row: what pls_metrics_channel returned. */
void pls_metrics_result(pls_metrics_t *metrics, size_t row,
    Pl__Outcome outcome);

/* The provider told something of a channel at that time. */
void pls_metrics_heard(pls_metrics_t *metrics, size_t row, int64_t time_ms);

/* What a step of the fold counted. The store thread's. */
void pls_metrics_told(pls_metrics_t *metrics, const pl_told_t *told);

/*
 * An attempt that is over, or the last request of one: its class of answer,
 * and how long it took. now_ms by the journal's time, now_us by the clock
 * that job->wire was stamped with. Any thread.
 */
void pls_metrics_wire(pls_metrics_t *metrics, const pls_job_t *job,
    int64_t now_ms, int64_t now_us);

/* "reply" and so on; "none" for what is no lane. */
const char *pls_metrics_lane(Pl__Lane lane);

/*
 * Prometheus text into buf, cut never: size is PLS_METRICS_TEXT_MAX. Returns
 * its length. now_ms: by the journal's time. The main thread's.
 */
size_t pls_metrics_print(pls_metrics_t *metrics, int64_t now_ms, char *buf,
    size_t size);

/* ---- metrics.c and metrics_print.c ----------------------------------- */

/* Upper bounds of a histogram's buckets, and how many; +Inf is not there. */
const int64_t *pls_metrics_bounds(pls_histogram_e which, size_t *n);

#endif /* PLS_METRICS_H_INCLUDED */
