/*
 * A page in Prometheus' text format 0.0.4, written piece by piece into room
 * that has an end: what does not fit is left away with all that comes behind
 * it, and what is left ends with a whole line.
 */

#ifndef PLS_PAGE_H_INCLUDED
#define PLS_PAGE_H_INCLUDED

#include "../core/pl.h"

typedef struct {
    char    *buf;
    size_t   size;              /* at least 1 */
    size_t   len;
} pls_page_t;

/* Buckets of plain numbers: as many as bounds, and one for what is above. */
typedef struct {
    const int64_t   *bounds;
    size_t           n_bounds;
    const uint64_t  *buckets;
    uint64_t         sum;
} pls_page_histogram_t;

void pls_page_begin(pls_page_t *page, char *buf, size_t size);

/* Cuts off what is no whole line; returns the length. */
size_t pls_page_end(pls_page_t *page);

void pls_page_put(pls_page_t *page, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* HELP and TYPE of what follows. */
void pls_page_family(pls_page_t *page, const char *name, const char *type,
    const char *help);

/* Ends a line. scale: divide by, for seconds; 1: as it is. */
void pls_page_number(pls_page_t *page, uint64_t value, unsigned scale);

/*
 * All lines of a histogram. label: as it stands between the braces, or "".
 * The count is the last bucket's: counters move while they are read.
 */
void pls_page_histogram(pls_page_t *page, const char *name,
    const char *label, const pls_page_histogram_t *histogram,
    unsigned scale);

#endif /* PLS_PAGE_H_INCLUDED */
