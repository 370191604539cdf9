/*
 * Prometheus' text format 0.0.4 of what metrics.c counted: rows and one
 * renderer. A family is a row; what its samples are says its function.
 */

#include <stdio.h>
#include <string.h>

#include "../engine/subscription.h"
#include "metrics.h"
#include "page.h"

#define PRINT_LABEL_MAX  (2 * PL_NAME_MAX + 1)  /* with each byte escaped */

typedef struct {
    pls_page_t       page;
    pls_metrics_t   *metrics;
    int64_t          now_ms;
} print_out_t;

typedef struct print_family_s  print_family_t;

struct print_family_s {
    const char   *name;
    const char   *type;
    const char   *help;
    void        (*samples)(print_out_t *out, const print_family_t *family);
    size_t        at;                   /* a field, or which of its kind */
    unsigned      scale;                /* divide by, for seconds; 1: as is */
};

static void print_value(print_out_t *out, const print_family_t *family);
static void print_since(print_out_t *out, const print_family_t *family);
static void print_stamp(print_out_t *out, const print_family_t *family);
static void print_info(print_out_t *out, const print_family_t *family);
static void print_results(print_out_t *out, const print_family_t *family);
static void print_answers(print_out_t *out, const print_family_t *family);
static void print_lanes(print_out_t *out, const print_family_t *family);
static void print_rows(print_out_t *out, const print_family_t *family);
static void print_holds(print_out_t *out, const print_family_t *family);
static void print_told(print_out_t *out, const print_family_t *family);
static void print_sends(print_out_t *out, const print_family_t *family);
static void print_heard(print_out_t *out, const print_family_t *family);
static void print_histogram(print_out_t *out, const print_family_t *family);
static void print_deliveries(print_out_t *out, const print_family_t *family);
static void print_subscriptions(print_out_t *out,
    const print_family_t *family);
static void print_behind(print_out_t *out, const print_family_t *family);
static uint64_t print_get(const _Atomic uint64_t *value);
static const char *print_label(char *buf, const char *text);

/* By Pl__SubscriptionState. */
static const char *const  print_states[PLS_SUBSCRIPTIONS] = {
    NULL, "active", "failing", "paused"
};

#define PRINT_AT(field)  offsetof(pls_metrics_t, field)

static const print_family_t  print_families[] = {
    { "parley_sender_info", "gauge",
      "Which version runs.", print_info, 0, 1 },
    { "parley_sender_start_time_seconds", "gauge",
      "When this sender started, since 1970.",
      print_stamp, PRINT_AT(started_ms), 1000 },
    { "parley_sender_ready", "gauge",
      "Whether it folds and sends.", print_value, PRINT_AT(ready), 1 },
    { "parley_sender_attempts_total", "counter",
      "Attempts handed to the wire.", print_value, PRINT_AT(attempts), 1 },
    { "parley_sender_turned_down_total", "counter",
      "Attempts that the fold blocked or put off.",
      print_value, PRINT_AT(turned_down), 1 },
    { "parley_sender_results_total", "counter",
      "Results journalled, by outcome.", print_results, 0, 1 },
    { "parley_sender_channel_results_total", "counter",
      "Results journalled, by channel and outcome.", print_sends, 0, 1 },
    { "parley_sender_channel_heard_timestamp_seconds", "gauge",
      "When a provider last told something of a channel.",
      print_heard, 0, 1000 },
    { "parley_sender_answers_total", "counter",
      "Requests that ended, by class of the HTTP status; none without one.",
      print_answers, 0, 1 },
    { "parley_sender_in_flight", "gauge",
      "Attempts on the wire.", print_value, PRINT_AT(in_flight), 1 },
    { "parley_sender_paced", "gauge",
      "Attempts that wait for their time to leave.",
      print_value, PRINT_AT(paced), 1 },
    { "parley_sender_connections_total", "counter",
      "Connections opened to providers.",
      print_value, PRINT_AT(connections), 1 },
    { "parley_sender_oldest_due_seconds", "gauge",
      "How long the longest waiting due effect of a lane has waited.",
      print_lanes, 0, 1000 },
    { "parley_sender_timers_late_seconds", "gauge",
      "How long the first timer that is due has been.",
      print_since, PRINT_AT(timers_due_ms), 1000 },
    { "parley_sender_waited_seconds", "histogram",
      "From when an attempt was due to its departure.",
      print_histogram, PLS_HISTOGRAM_WAITED, 1000000 },
    { "parley_sender_reply_seconds", "histogram",
      "From the append of what a person said to the departure of the answer.",
      print_histogram, PLS_HISTOGRAM_REPLY, 1000000 },
    { "parley_sender_answer_seconds", "histogram",
      "From a request's departure to the end of its answer.",
      print_histogram, PLS_HISTOGRAM_ANSWER, 1000000 },
    { "parley_sender_holds", "gauge",
      "What is held back, by why.", print_holds, 0, 1 },
    { "parley_sender_deliveries_total", "counter",
      "Deliveries of events to subscriptions, by how they ended.",
      print_deliveries, 0, 1 },
    { "parley_sender_subscriptions", "gauge",
      "Subscriptions, by state.", print_subscriptions, 0, 1 },
    { "parley_sender_subscription_lag_seconds", "gauge",
      "Age of the oldest event that a subscription of a state waits for.",
      print_behind, 0, 1000 },
    { "parley_sender_rows", "gauge",
      "Rows of a table.", print_rows, 0, 1 },
    { "parley_sender_counted_total", "counter",
      "What the fold counted, over all tenants.", print_told, 0, 1 },
    { "parley_sender_folded_entries_total", "counter",
      "Journal entries folded.", print_value, PRINT_AT(folded_entries), 1 },
    { "parley_sender_folded_items_total", "counter",
      "Items of those entries.", print_value, PRINT_AT(folded_items), 1 },
    { "parley_sender_fold_steps_total", "counter",
      "State transactions.", print_value, PRINT_AT(fold_steps), 1 },
    { "parley_sender_fold_seconds_total", "counter",
      "Time spent folding.", print_value, PRINT_AT(fold_us), 1000000 },
    { "parley_sender_fold_failures_total", "counter",
      "State transactions that failed.",
      print_value, PRINT_AT(fold_failures), 1 },
    { "parley_sender_fold_step_seconds", "histogram",
      "Time of a state transaction that folded something.",
      print_histogram, PLS_HISTOGRAM_FOLD, 1000000 },
    { "parley_sender_fold_step_items", "histogram",
      "Items of such a transaction.",
      print_histogram, PLS_HISTOGRAM_ITEMS, 1 },
    { "parley_sender_appended_entries_total", "counter",
      "Journal entries appended by the sender.",
      print_value, PRINT_AT(appended_entries), 1 },
    { "parley_sender_append_failures_total", "counter",
      "Appends that failed.", print_value, PRINT_AT(append_failures), 1 },
    { "parley_sender_append_seconds", "histogram",
      "Time of an append, its sync included.",
      print_histogram, PLS_HISTOGRAM_APPEND, 1000000 },
    { "parley_sender_append_entries", "histogram",
      "Entries of an append.", print_histogram, PLS_HISTOGRAM_BATCH, 1 },
    { "parley_sender_doorbells_total", "counter",
      "Requests to /outbox.", print_value, PRINT_AT(doorbells), 1 },
    { "parley_sender_journal_lag", "gauge",
      "Entries appended and not yet folded.",
      print_value, PRINT_AT(journal_lag), 1 },
    { "parley_sender_journal_lag_seconds", "gauge",
      "How long the first of them has waited.",
      print_since, PRINT_AT(lag_since_ms), 1000 },
    { "parley_sender_send_log_lines_total", "counter",
      "Lines for the send log.", print_value, PRINT_AT(log_lines), 1 },
    { "parley_sender_send_log_dropped_total", "counter",
      "Lines of it that were lost, since its file is too slow or broken.",
      print_value, PRINT_AT(log_dropped), 1 },
};


size_t
pls_metrics_print(pls_metrics_t *metrics, int64_t now_ms, char *buf,
    size_t size)
{
    size_t                 i;
    print_out_t            out;
    const print_family_t  *family;

    pls_page_begin(&out.page, buf, size);
    out.metrics = metrics;
    out.now_ms = now_ms;

    for (i = 0; i < PL_COUNT(print_families); i++) {
        family = &print_families[i];

        pls_page_family(&out.page, family->name, family->type,
                        family->help);
        family->samples(&out, family);
    }

    return pls_page_end(&out.page);
}


static void
print_value(print_out_t *out, const print_family_t *family)
{
    const _Atomic uint64_t  *value;

    value = (const _Atomic uint64_t *) (const void *)
            ((const char *) out->metrics + family->at);

    pls_page_put(&out->page, "%s", family->name);
    pls_page_number(&out->page, print_get(value), family->scale);
}


/* A time in the past as the time since; 0: no such time. */

static void
print_since(print_out_t *out, const print_family_t *family)
{
    int64_t                 since_ms;
    const _Atomic int64_t  *value;

    value = (const _Atomic int64_t *) (const void *)
            ((const char *) out->metrics + family->at);
    since_ms = atomic_load_explicit(value, memory_order_relaxed);

    pls_page_put(&out->page, "%s", family->name);
    pls_page_number(&out->page, since_ms == 0 || since_ms > out->now_ms
                         ? 0 : (uint64_t) (out->now_ms - since_ms),
                    family->scale);
}


static void
print_stamp(print_out_t *out, const print_family_t *family)
{
    int64_t                 at_ms;
    const _Atomic int64_t  *value;

    value = (const _Atomic int64_t *) (const void *)
            ((const char *) out->metrics + family->at);
    at_ms = atomic_load_explicit(value, memory_order_relaxed);

    pls_page_put(&out->page, "%s", family->name);
    pls_page_number(&out->page, (uint64_t) at_ms, family->scale);
}


static void
print_info(print_out_t *out, const print_family_t *family)
{
    pls_page_put(&out->page, "%s{version=\"" PL_VERSION "\"} 1\n",
                 family->name);
}


static void
print_results(print_out_t *out, const print_family_t *family)
{
    int  i;

    for (i = 1; i < PLS_OUTCOMES; i++) {
        pls_page_put(&out->page, "%s{outcome=\"%s\"}", family->name,
                     pls_result_name((Pl__Outcome) i));
        pls_page_number(&out->page, print_get(&out->metrics->results[i]), 1);
    }
}


static void
print_answers(print_out_t *out, const print_family_t *family)
{
    size_t  i;

    static const char *const  classes[PLS_METRICS_CLASSES] = {
        "none", "1xx", "2xx", "3xx", "4xx", "5xx"
    };

    for (i = 0; i < PLS_METRICS_CLASSES; i++) {
        pls_page_put(&out->page, "%s{class=\"%s\"}", family->name, classes[i]);
        pls_page_number(&out->page, print_get(&out->metrics->answers[i]), 1);
    }
}


static void
print_lanes(print_out_t *out, const print_family_t *family)
{
    size_t   i;
    int64_t  due_ms;

    for (i = 1; i < PLS_LANES; i++) {
        due_ms = atomic_load_explicit(&out->metrics->oldest_due_ms[i],
                                      memory_order_relaxed);

        pls_page_put(&out->page, "%s{lane=\"%s\"}", family->name,
                     pls_metrics_lane((Pl__Lane) i));
        pls_page_number(&out->page, due_ms == 0 || due_ms > out->now_ms
                             ? 0 : (uint64_t) (out->now_ms - due_ms),
                        family->scale);
    }
}


static void
print_rows(print_out_t *out, const print_family_t *family)
{
    size_t  i;

    static const char *const  tables[PLS_ROWS_MAX] = {
        [PLS_ROWS_OUTBOX] = "outbox",
        [PLS_ROWS_DUE] = "due",
        [PLS_ROWS_ATTEMPTS] = "attempts",
        [PLS_ROWS_UNKNOWN] = "unknown",
        [PLS_ROWS_DEAD] = "dead",
        [PLS_ROWS_QUARANTINE] = "quarantine",
        [PLS_ROWS_TIMERS] = "timers",
    };

    for (i = 0; i < PLS_ROWS_MAX; i++) {
        pls_page_put(&out->page, "%s{table=\"%s\"}", family->name, tables[i]);
        pls_page_number(&out->page, print_get(&out->metrics->rows[i]), 1);
    }
}


static void
print_holds(print_out_t *out, const print_family_t *family)
{
    size_t  i;

    static const char *const  reasons[PLS_HOLD_MAX] = {
        [PLS_HOLD_ACCOUNT] = "account",
        [PLS_HOLD_PERSON] = "person",
        [PLS_HOLD_THROTTLE] = "throttle",
    };

    for (i = 0; i < PLS_HOLD_MAX; i++) {
        pls_page_put(&out->page, "%s{why=\"%s\"}", family->name, reasons[i]);
        pls_page_number(&out->page, print_get(&out->metrics->holds[i]), 1);
    }
}


static void
print_told(print_out_t *out, const print_family_t *family)
{
    size_t                     i, n;
    const pls_metrics_told_t  *row;

    n = atomic_load_explicit(&out->metrics->n_told, memory_order_acquire);

    for (i = 0; i < n; i++) {
        row = &out->metrics->told[i];

        pls_page_put(&out->page, "%s{what=\"%s\",label=\"%s\"}", family->name,
                     row->metric, row->label);
        pls_page_number(&out->page, print_get(&row->n), 1);
    }
}


/* The row of the others comes last, once there is one of them. */

static void
print_sends(print_out_t *out, const print_family_t *family)
{
    int                           o;
    char                          tenant[PRINT_LABEL_MAX];
    char                          name[PRINT_LABEL_MAX];
    size_t                        i, n;
    const pls_metrics_channel_t  *row;

    n = atomic_load_explicit(&out->metrics->n_channels,
                             memory_order_acquire);

    for (i = 0; i < n + (n == PLS_METRICS_CHANNELS); i++) {
        row = &out->metrics->channels[i];

        for (o = 1; o < PLS_OUTCOMES; o++) {
            pls_page_put(&out->page, "%s{tenant=\"%s\",channel=\"%s\","
                         "outcome=\"%s\"}",
                         family->name, print_label(tenant, row->tenant),
                         i == PLS_METRICS_CHANNELS
                         ? "other" : print_label(name, row->name),
                         pls_result_name((Pl__Outcome) o));
            pls_page_number(&out->page, print_get(&row->results[o]), 1);
        }
    }
}


/* Of the others nobody knows which was heard: they have none. */

static void
print_heard(print_out_t *out, const print_family_t *family)
{
    char                          tenant[PRINT_LABEL_MAX];
    char                          name[PRINT_LABEL_MAX];
    size_t                        i, n;
    int64_t                       heard_ms;
    const pls_metrics_channel_t  *row;

    n = atomic_load_explicit(&out->metrics->n_channels,
                             memory_order_acquire);

    for (i = 0; i < n; i++) {
        row = &out->metrics->channels[i];
        heard_ms = atomic_load_explicit(&row->heard_ms,
                                        memory_order_relaxed);

        if (heard_ms != 0) {
            pls_page_put(&out->page, "%s{tenant=\"%s\",channel=\"%s\"}",
                         family->name, print_label(tenant, row->tenant),
                         print_label(name, row->name));
            pls_page_number(&out->page, (uint64_t) heard_ms, family->scale);
        }
    }
}


static void
print_histogram(print_out_t *out, const print_family_t *family)
{
    size_t                  i;
    uint64_t                buckets[PLS_METRICS_BUCKETS];
    pls_page_histogram_t    shown;
    const pls_histogram_t  *histogram;

    histogram = &out->metrics->histograms[family->at];

    for (i = 0; i < PLS_METRICS_BUCKETS; i++) {
        buckets[i] = print_get(&histogram->buckets[i]);
    }

    shown.bounds = pls_metrics_bounds((pls_histogram_e) family->at,
                                      &shown.n_bounds);
    shown.buckets = buckets;
    shown.sum = print_get(&histogram->sum);

    pls_page_histogram(&out->page, family->name, "", &shown, family->scale);
}


static void
print_deliveries(print_out_t *out, const print_family_t *family)
{
    size_t  i;

    for (i = 0; i < PLS_DELIVERIES; i++) {
        if (i != PL__DELIVERY_FAULT__DELIVERY_FAULT_MISSED) {
            pls_page_put(&out->page, "%s{outcome=\"%s\"}", family->name,
                         i == 0 ? "delivered" : pl_subscription_fault_name(
                                                (Pl__DeliveryFault) i));
            pls_page_number(&out->page,
                            print_get(&out->metrics->deliveries[i]), 1);
        }
    }
}


static void
print_subscriptions(print_out_t *out, const print_family_t *family)
{
    size_t  i;

    for (i = 1; i < PLS_SUBSCRIPTIONS; i++) {
        pls_page_put(&out->page, "%s{state=\"%s\"}", family->name,
                     print_states[i]);
        pls_page_number(&out->page,
                        print_get(&out->metrics->subscriptions[i]), 1);
    }
}


static void
print_behind(print_out_t *out, const print_family_t *family)
{
    size_t   i;
    int64_t  since_ms;

    for (i = 1; i < PLS_SUBSCRIPTIONS; i++) {
        since_ms = atomic_load_explicit(&out->metrics->behind_ms[i],
                                        memory_order_relaxed);

        pls_page_put(&out->page, "%s{state=\"%s\"}", family->name,
                     print_states[i]);
        pls_page_number(&out->page, since_ms == 0 || since_ms > out->now_ms
                             ? 0 : (uint64_t) (out->now_ms - since_ms),
                        family->scale);
    }
}


static uint64_t
print_get(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}


/* text: of at most PL_NAME_MAX bytes. */

static const char *
print_label(char *buf, const char *text)
{
    size_t  n;

    for (n = 0; *text != '\0' && n < PRINT_LABEL_MAX - 2; text++) {
        if (*text == '"' || *text == '\\' || *text == '\n') {
            buf[n++] = '\\';
        }
        buf[n++] = (char) (*text == '\n' ? 'n' : *text);
    }

    buf[n] = '\0';

    return buf;
}
