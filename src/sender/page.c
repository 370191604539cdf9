/*
 * See page.h.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "page.h"


void
pls_page_begin(pls_page_t *page, char *buf, size_t size)
{
    page->buf = buf;
    page->size = size;
    page->len = 0;
    page->buf[0] = '\0';
}


size_t
pls_page_end(pls_page_t *page)
{
    while (page->len > 0 && page->buf[page->len - 1] != '\n') {
        page->len--;
    }

    page->buf[page->len] = '\0';

    return page->len;
}


/* The room ends where a piece did not fit. */

void
pls_page_put(pls_page_t *page, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(page->buf + page->len, page->size - page->len, fmt, args);
    va_end(args);

    if (n >= 0 && (size_t) n < page->size - page->len) {
        page->len += (size_t) n;

    } else {
        page->buf[page->len] = '\0';
        page->size = page->len + 1;
    }
}


void
pls_page_family(pls_page_t *page, const char *name, const char *type,
    const char *help)
{
    pls_page_put(page, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                 type);
}


void
pls_page_number(pls_page_t *page, uint64_t value, unsigned scale)
{
    if (scale == 1) {
        pls_page_put(page, " %" PRIu64 "\n", value);
    } else {
        pls_page_put(page, " %.6f\n", (double) value / (double) scale);
    }
}


void
pls_page_histogram(pls_page_t *page, const char *name, const char *label,
    const pls_page_histogram_t *histogram, unsigned scale)
{
    bool         bare = label[0] == '\0';
    size_t       i;
    uint64_t     n;
    const char  *open = bare ? "" : "{", *shut = bare ? "" : "}";

    for (i = 0, n = 0; i < histogram->n_bounds; i++) {
        n += histogram->buckets[i];

        pls_page_put(page, "%s_bucket{%s%sle=\"%g\"}", name, label,
                     bare ? "" : ",",
                     (double) histogram->bounds[i] / scale);
        pls_page_number(page, n, 1);
    }

    n += histogram->buckets[i];

    pls_page_put(page, "%s_bucket{%s%sle=\"+Inf\"}", name, label,
                 bare ? "" : ",");
    pls_page_number(page, n, 1);
    pls_page_put(page, "%s_sum%s%s%s", name, open, label, shut);
    pls_page_number(page, histogram->sum, scale);
    pls_page_put(page, "%s_count%s%s%s", name, open, label, shut);
    pls_page_number(page, n, 1);
}
