/*
 * traceparent (see the header). Its parts stand at fixed places.
 */

#include <string.h>

#include "traceparent.h"

#define TRACE_ID_AT     3
#define TRACE_SPAN_AT   36
#define TRACE_SPAN_LEN  16
#define TRACE_FLAGS_AT  53
#define TRACE_FLAGS     0x03            /* sampled; random (level 2) */

static bool trace_hex(pl_str_t value, size_t at, size_t n);
static bool trace_zero(pl_str_t value, size_t at, size_t n);
static unsigned trace_digit(uint8_t c);

static const char  trace_digits[] = "0123456789abcdef";


bool
pl_traceparent_read(pl_str_t value, char *out)
{
    unsigned  flags;

    if (value.len < PL_TRACEPARENT_LEN
        || !trace_hex(value, 0, 2)
        || !trace_hex(value, TRACE_ID_AT, PL_TRACE_ID_LEN)
        || !trace_hex(value, TRACE_SPAN_AT, TRACE_SPAN_LEN)
        || !trace_hex(value, TRACE_FLAGS_AT, 2)
        || value.data[TRACE_ID_AT - 1] != '-'
        || value.data[TRACE_SPAN_AT - 1] != '-'
        || value.data[TRACE_FLAGS_AT - 1] != '-'
        || trace_zero(value, TRACE_ID_AT, PL_TRACE_ID_LEN)
        || trace_zero(value, TRACE_SPAN_AT, TRACE_SPAN_LEN)
        || memcmp(value.data, "ff", 2) == 0)
    {
        return false;
    }

    /* a later version may have more, behind another '-' */

    if (value.len > PL_TRACEPARENT_LEN
        && (memcmp(value.data, "00", 2) == 0
            || value.data[PL_TRACEPARENT_LEN] != '-'))
    {
        return false;
    }

    flags = trace_digit(value.data[TRACE_FLAGS_AT + 1]) & TRACE_FLAGS;

    memcpy(out, value.data, PL_TRACEPARENT_LEN);
    out[0] = '0';
    out[1] = '0';
    out[TRACE_FLAGS_AT] = '0';
    out[TRACE_FLAGS_AT + 1] = trace_digits[flags];
    out[PL_TRACEPARENT_LEN] = '\0';

    return true;
}


void
pl_traceparent_span(char *traceparent,
    const uint8_t span[PL_TRACEPARENT_SPAN])
{
    size_t  i;
    char   *p;

    p = traceparent + TRACE_SPAN_AT;

    for (i = 0; i < PL_TRACEPARENT_SPAN; i++) {
        *p++ = trace_digits[span[i] >> 4];
        *p++ = trace_digits[span[i] & 0x0f];
    }

    if (strspn(traceparent + TRACE_SPAN_AT, "0") >= TRACE_SPAN_LEN) {
        p[-1] = '1';
    }
}


pl_str_t
pl_traceparent_id(const char *traceparent)
{
    pl_str_t  id;

    id.data = (const uint8_t *) traceparent + TRACE_ID_AT;
    id.len = PL_TRACE_ID_LEN;

    return id;
}


static bool
trace_hex(pl_str_t value, size_t at, size_t n)
{
    size_t  i;

    for (i = at; i < at + n; i++) {
        if (trace_digit(value.data[i]) > 0x0f) {
            return false;
        }
    }

    return true;
}


static bool
trace_zero(pl_str_t value, size_t at, size_t n)
{
    size_t  i;

    for (i = at; i < at + n; i++) {
        if (value.data[i] != '0') {
            return false;
        }
    }

    return true;
}


/* Past 15 for what is no digit; capitals are none. */

static unsigned
trace_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10u : 16;
}
