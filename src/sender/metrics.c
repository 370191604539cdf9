/*
 * Counting (see metrics.h); metrics_print.c shows it.
 */

#include <stdio.h>
#include <string.h>

#include "metrics.h"

typedef struct {
    const int64_t  *bounds;
    size_t          n;
} metrics_bounds_t;

static size_t metrics_class(int status);
static bool metrics_is(const pls_metrics_channel_t *row, const char *tenant,
    const char *name);


/* Of what a disk does. Microseconds. */
static const int64_t  metrics_disk[] = {
    250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
    1000000, 5000000
};

/* Of what a provider, or a queue, does. Microseconds. */
static const int64_t  metrics_wire[] = {
    5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
    5000000, 10000000, 30000000, 60000000, 300000000
};

static const int64_t  metrics_sizes[] = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 8192, 65536
};

#define METRICS_BOUNDS(table)  { table, PL_COUNT(table) }

static const metrics_bounds_t  metrics_bounds[PLS_HISTOGRAM_MAX] = {
    [PLS_HISTOGRAM_APPEND] = METRICS_BOUNDS(metrics_disk),
    [PLS_HISTOGRAM_BATCH] = METRICS_BOUNDS(metrics_sizes),
    [PLS_HISTOGRAM_FOLD] = METRICS_BOUNDS(metrics_disk),
    [PLS_HISTOGRAM_ITEMS] = METRICS_BOUNDS(metrics_sizes),
    [PLS_HISTOGRAM_WAITED] = METRICS_BOUNDS(metrics_wire),
    [PLS_HISTOGRAM_ANSWER] = METRICS_BOUNDS(metrics_wire),
    [PLS_HISTOGRAM_REPLY] = METRICS_BOUNDS(metrics_wire),
};

_Static_assert(PL_COUNT(metrics_wire) < PLS_METRICS_BUCKETS
               && PL_COUNT(metrics_sizes) < PLS_METRICS_BUCKETS,
               "a bucket is left for +Inf");


void
pls_metrics_add(_Atomic uint64_t *counter, uint64_t n)
{
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}


void
pls_metrics_set(_Atomic uint64_t *gauge, uint64_t n)
{
    atomic_store_explicit(gauge, n, memory_order_relaxed);
}


void
pls_metrics_observe(pls_metrics_t *metrics, pls_histogram_e which,
    int64_t value)
{
    size_t                   i;
    pls_histogram_t         *histogram;
    const metrics_bounds_t  *bounds;

    bounds = &metrics_bounds[which];
    histogram = &metrics->histograms[which];
    value = value < 0 ? 0 : value;

    for (i = 0; i < bounds->n && value > bounds->bounds[i]; i++) {
        /* void */
    }

    pls_metrics_add(&histogram->sum, (uint64_t) value);
    pls_metrics_add(&histogram->buckets[i], 1);
}


const int64_t *
pls_metrics_bounds(pls_histogram_e which, size_t *n)
{
    *n = metrics_bounds[which].n;

    return metrics_bounds[which].bounds;
}


void
pls_metrics_oldest_begin(pls_metrics_t *metrics)
{
    memset(metrics->oldest_ms, 0, sizeof(metrics->oldest_ms));
}


void
pls_metrics_oldest(pls_metrics_t *metrics, Pl__Lane lane, int64_t due_ms)
{
    int64_t  *oldest_ms;

    if ((size_t) lane >= PLS_LANES) {
        return;
    }

    oldest_ms = &metrics->oldest_ms[lane];

    if (*oldest_ms == 0 || due_ms < *oldest_ms) {
        *oldest_ms = due_ms;
    }
}


void
pls_metrics_oldest_end(pls_metrics_t *metrics)
{
    size_t  i;

    for (i = 0; i < PLS_LANES; i++) {
        atomic_store_explicit(&metrics->oldest_due_ms[i],
                              metrics->oldest_ms[i], memory_order_relaxed);
    }
}


/*
 * A channel that was taken away and named again has another id and the same
 * labels: the same row.
 */

size_t
pls_metrics_channel(pls_metrics_t *metrics, uint32_t id, const char *tenant,
    const char *name)
{
    size_t                  i, n;
    pls_metrics_channel_t  *row;

    n = atomic_load_explicit(&metrics->n_channels, memory_order_relaxed);

    for (i = 0; i < n; i++) {
        if (metrics->channels[i].id == id) {
            return i;
        }
    }

    for (i = 0; i < n; i++) {
        if (metrics_is(&metrics->channels[i], tenant, name)) {
            metrics->channels[i].id = id;
            return i;
        }
    }

    if (n == PLS_METRICS_CHANNELS) {
        return PLS_METRICS_CHANNELS;
    }

    row = &metrics->channels[n];
    row->id = id;
    (void) snprintf(row->tenant, sizeof(row->tenant), "%s", tenant);
    (void) snprintf(row->name, sizeof(row->name), "%s", name);

    atomic_store_explicit(&metrics->n_channels, n + 1, memory_order_release);

    return n;
}


void
pls_metrics_result(pls_metrics_t *metrics, size_t row, Pl__Outcome outcome)
{
    size_t  i;

    i = (size_t) outcome < PLS_OUTCOMES ? (size_t) outcome : 0;

    pls_metrics_add(&metrics->results[i], 1);
    pls_metrics_add(&metrics->channels[row].results[i], 1);
}


void
pls_metrics_heard(pls_metrics_t *metrics, size_t row, int64_t time_ms)
{
    atomic_store_explicit(&metrics->channels[row].heard_ms, time_ms,
                          memory_order_relaxed);
}


void
pls_metrics_told(pls_metrics_t *metrics, const pl_told_t *told)
{
    size_t                i, k, n;
    const pl_told_row_t  *row;

    n = atomic_load_explicit(&metrics->n_told, memory_order_relaxed);

    for (i = 0; i < told->n; i++) {
        row = &told->rows[i];

        for (k = 0; k < n; k++) {
            if (strcmp(metrics->told[k].metric, row->metric) == 0
                && strcmp(metrics->told[k].label, row->label) == 0)
            {
                break;
            }
        }

        if (k == PL_TOLD_MAX) {
            continue;
        }

        pls_metrics_add(&metrics->told[k].n, row->n);

        if (k == n) {
            metrics->told[k].metric = row->metric;
            metrics->told[k].label = row->label;
            atomic_store_explicit(&metrics->n_told, ++n,
                                  memory_order_release);
        }
    }
}


void
pls_metrics_wire(pls_metrics_t *metrics, const pls_job_t *job,
    int64_t now_ms, int64_t now_us)
{
    int64_t            left_ms;
    const pls_wire_t  *wire;

    wire = &job->wire;

    if (wire->stage <= PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN) {
        return;                         /* it was no attempt */
    }

    pls_metrics_add(&metrics->answers[metrics_class(wire->status)], 1);

    if (wire->left_us == 0) {
        return;
    }

    left_ms = now_ms - (now_us - wire->left_us) / 1000;

    pls_metrics_observe(metrics, PLS_HISTOGRAM_ANSWER,
                        now_us - wire->left_us);
    pls_metrics_observe(metrics, PLS_HISTOGRAM_WAITED,
                        (left_ms - job->due_ms) * 1000);

    if (job->said_ms != 0 && job->attempts <= 1
        && job->lane == PL__LANE__LANE_REPLY)
    {
        pls_metrics_observe(metrics, PLS_HISTOGRAM_REPLY,
                            (left_ms - job->said_ms) * 1000);
    }
}


const char *
pls_metrics_lane(Pl__Lane lane)
{
    static const char *const  names[PLS_LANES] = {
        "none", "reply", "reminder", "campaign", "media", "sync"
    };

    return (size_t) lane < PLS_LANES ? names[lane] : names[0];
}


static size_t
metrics_class(int status)
{
    return status >= 100 && status <= 599 ? (size_t) status / 100 : 0;
}


static bool
metrics_is(const pls_metrics_channel_t *row, const char *tenant,
    const char *name)
{
    return strcmp(row->tenant, tenant) == 0 && strcmp(row->name, name) == 0;
}
