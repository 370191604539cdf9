/*
 * Rows and one renderer (see metrics.h). A row whose value is no plain
 * counter has a function instead of an offset.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"

typedef struct {
    char    *buf;
    size_t   size;
    size_t   len;
} metrics_out_t;

typedef struct {
    const char   *name;
    const char   *type;
    const char   *help;
    size_t        offset;
    unsigned      scale;                /* divide by, for seconds; 1: as is */
} metrics_row_t;

static void metrics_head(metrics_out_t *out, const metrics_row_t *row);
static void metrics_results(metrics_out_t *out, pls_metrics_t *metrics);
static void metrics_one(metrics_out_t *out, const metrics_row_t *row,
    uint64_t value);
static void metrics_put(metrics_out_t *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define METRICS_AT(field)  offsetof(pls_metrics_t, field)

static const metrics_row_t  metrics_rows[] = {
    { "parley_sender_attempts_total", "counter",
      "Attempts handed to the wire.", METRICS_AT(attempts), 1 },
    { "parley_sender_turned_down_total", "counter",
      "Attempts that the fold blocked or put off.",
      METRICS_AT(turned_down), 1 },
    { "parley_sender_in_flight", "gauge",
      "Attempts on the wire.", METRICS_AT(in_flight), 1 },
    { "parley_sender_connections_total", "counter",
      "Connections opened to providers.", METRICS_AT(connections), 1 },
    { "parley_sender_folded_entries_total", "counter",
      "Journal entries folded.", METRICS_AT(folded_entries), 1 },
    { "parley_sender_folded_items_total", "counter",
      "Items of those entries.", METRICS_AT(folded_items), 1 },
    { "parley_sender_fold_steps_total", "counter",
      "State transactions.", METRICS_AT(fold_steps), 1 },
    { "parley_sender_fold_seconds_total", "counter",
      "Time spent folding.", METRICS_AT(fold_us), 1000000 },
    { "parley_sender_fold_failures_total", "counter",
      "State transactions that failed.", METRICS_AT(fold_failures), 1 },
    { "parley_sender_appended_entries_total", "counter",
      "Journal entries appended by the sender.",
      METRICS_AT(appended_entries), 1 },
    { "parley_sender_append_failures_total", "counter",
      "Appends that failed.", METRICS_AT(append_failures), 1 },
    { "parley_sender_doorbells_total", "counter",
      "Requests to /outbox.", METRICS_AT(doorbells), 1 },
    { "parley_sender_journal_lag", "gauge",
      "Entries appended and not yet folded.", METRICS_AT(journal_lag), 1 },
    { "parley_sender_paced", "gauge",
      "Attempts that wait for their time to leave.", METRICS_AT(paced), 1 },
};

static const metrics_row_t  metrics_results_row = {
    "parley_sender_results_total", "counter",
    "Results journalled, by outcome.", METRICS_AT(results), 1
};

static const metrics_row_t  metrics_due_row = {
    "parley_sender_oldest_due_seconds", "gauge",
    "How long the longest waiting due effect has waited.", 0, 1000
};


void
pls_metrics_add(_Atomic uint64_t *counter, uint64_t n)
{
    (void) atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}


size_t
pls_metrics_print(pls_metrics_t *metrics, int64_t now_ms, char *buf,
    size_t size)
{
    size_t         i;
    int64_t        due_ms;
    metrics_out_t  out;

    out.buf = buf;
    out.size = size;
    out.len = 0;

    for (i = 0; i < PL_COUNT(metrics_rows); i++) {
        metrics_one(&out, &metrics_rows[i],
                    atomic_load_explicit((_Atomic uint64_t *) (void *)
                                         ((char *) metrics
                                          + metrics_rows[i].offset),
                                         memory_order_relaxed));
    }

    metrics_results(&out, metrics);

    due_ms = atomic_load_explicit(&metrics->oldest_due_ms,
                                  memory_order_relaxed);
    metrics_one(&out, &metrics_due_row,
                due_ms == 0 || due_ms > now_ms ? 0
                                               : (uint64_t) (now_ms - due_ms));

    return out.len;
}


static void
metrics_results(metrics_out_t *out, pls_metrics_t *metrics)
{
    int  i;

    metrics_head(out, &metrics_results_row);

    for (i = 1; i < PLS_OUTCOMES; i++) {
        metrics_put(out, "%s{outcome=\"%s\"} %" PRIu64 "\n",
                    metrics_results_row.name,
                    pls_result_name((Pl__Outcome) i),
                    atomic_load_explicit(&metrics->results[i],
                                         memory_order_relaxed));
    }
}


static void
metrics_one(metrics_out_t *out, const metrics_row_t *row, uint64_t value)
{
    metrics_head(out, row);

    if (row->scale == 1) {
        metrics_put(out, "%s %" PRIu64 "\n", row->name, value);
    } else {
        metrics_put(out, "%s %.6f\n", row->name,
                    (double) value / (double) row->scale);
    }
}


static void
metrics_head(metrics_out_t *out, const metrics_row_t *row)
{
    metrics_put(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help,
                row->name, row->type);
}


static void
metrics_put(metrics_out_t *out, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(out->buf + out->len, out->size - out->len, fmt, args);
    va_end(args);

    if (n > 0 && (size_t) n < out->size - out->len) {
        out->len += (size_t) n;
    }
}
