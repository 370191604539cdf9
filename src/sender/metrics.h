/*
 * What the sender counts, and how Prometheus reads it. Both threads add,
 * the main thread renders; relaxed atomics, so a scrape may see one figure
 * a moment ahead of another.
 */

#ifndef PLS_METRICS_H_INCLUDED
#define PLS_METRICS_H_INCLUDED

#include <stdatomic.h>

#include "../core/pl.h"
#include "result.h"

#define PLS_METRICS_TEXT_MAX  (16u * 1024)

typedef struct {
    _Atomic uint64_t   attempts;            /* handed to the wire */
    _Atomic uint64_t   turned_down;         /* by policy, when applied */
    _Atomic uint64_t   results[PLS_OUTCOMES];
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
    _Atomic int64_t    oldest_due_ms;       /* 0: nothing is due */
    _Atomic uint64_t   journal_lag;         /* appended, not yet folded */
    _Atomic uint64_t   paced;               /* wait for their time to leave */
} pls_metrics_t;

void pls_metrics_add(_Atomic uint64_t *counter, uint64_t n);

/*
 * Prometheus text into buf, cut never: size is PLS_METRICS_TEXT_MAX. Returns
 * its length.
 */
size_t pls_metrics_print(pls_metrics_t *metrics, int64_t now_ms, char *buf,
    size_t size);

#endif /* PLS_METRICS_H_INCLUDED */
