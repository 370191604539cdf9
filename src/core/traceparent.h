/*
 * W3C Trace Context: the header `traceparent`, by which one request is
 * followed through many programs (w3.org/TR/trace-context, levels 1 and 2).
 *
 *     00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
 *     version, trace id, id of the span that asks, flags
 *
 * What is kept is always this form, of version 00, as text. Pure.
 */

#ifndef PL_TRACEPARENT_H_INCLUDED
#define PL_TRACEPARENT_H_INCLUDED

#include "pl.h"

#define PL_TRACEPARENT_LEN   55
#define PL_TRACEPARENT_SPAN  8          /* bytes of a span's id */
#define PL_TRACE_ID_LEN      32         /* digits of a trace id */

/*
 * Reads a header's value into out, which holds PL_TRACEPARENT_LEN + 1 bytes.
 * false: it is none, and counts as not sent: digits that are not lower case,
 * version ff, ids that are all zero, a length that its version does not have.
 * Of a version that is not known yet what 00 has of it is taken. Flags that
 * level 2 does not define are left out.
 */
bool pl_traceparent_read(pl_str_t value, char *out);

/* Another span asks from here on. All zero is no id and becomes 1. */
void pl_traceparent_span(char *traceparent,
    const uint8_t span[PL_TRACEPARENT_SPAN]);

/* The trace id's digits, inside of what pl_traceparent_read wrote. */
pl_str_t pl_traceparent_id(const char *traceparent);

#endif /* PL_TRACEPARENT_H_INCLUDED */
