/*
 * Texts printed into an arena. Most are a few words and names: those are put
 * together here, and what is of another form goes to the C library, which
 * takes ten times as long for it. The result is the same.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

#define TEXT_MAX    512
#define TEXT_ROOM   24          /* more than a number takes */
#define TEXT_LONG   16          /* hex digits, with zeros before them */

typedef struct {
    char    *p;
    char    *end;
} text_out_t;

static char *text_plain(pl_arena_t *ar, const char *fmt, va_list args);
static bool text_string(text_out_t *out, const char *s);
static void text_number(text_out_t *out, uint64_t n);
static void text_hex(text_out_t *out, uint64_t n);


char *
pl_arena_printf(pl_arena_t *ar, const char *fmt, ...)
{
    int      n;
    char    *p;
    va_list  args;

    va_start(args, fmt);
    p = text_plain(ar, fmt, args);
    va_end(args);

    if (p != NULL) {
        return p;
    }

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    if (n < 0) {
        return NULL;
    }

    p = pl_arena_alloc(ar, (size_t) n + 1);
    if (p == NULL) {
        return NULL;
    }

    va_start(args, fmt);
    (void) vsnprintf(p, (size_t) n + 1, fmt, args);     /* n is its length */
    va_end(args);

    return p;
}


/* NULL: it is not all %s, %u, %zu, PRIu64 and 016 PRIx64, or too long. */

static char *
text_plain(pl_arena_t *ar, const char *fmt, va_list args)
{
    char         buf[TEXT_MAX];
    text_out_t   out = { buf, buf + sizeof(buf) };

    for ( /* void */ ; *fmt != '\0'; fmt++) {

        if (out.end - out.p < TEXT_ROOM) {
            return NULL;
        }

        if (*fmt != '%') {
            *out.p++ = *fmt;
            continue;
        }

        fmt++;

        if (*fmt == 's') {
            if (!text_string(&out, va_arg(args, const char *))) {
                return NULL;
            }

        } else if (*fmt == 'u') {
            text_number(&out, va_arg(args, unsigned));

        } else if (strncmp(fmt, "zu", 2) == 0) {
            text_number(&out, va_arg(args, size_t));
            fmt++;

        } else if (strncmp(fmt, PRIu64, sizeof(PRIu64) - 1) == 0) {
            text_number(&out, va_arg(args, uint64_t));
            fmt += sizeof(PRIu64) - 2;

        } else if (strncmp(fmt, "016" PRIx64, sizeof("016" PRIx64) - 1) == 0)
        {
            text_hex(&out, va_arg(args, uint64_t));
            fmt += sizeof("016" PRIx64) - 2;

        } else {
            return NULL;
        }
    }

    return (char *) pl_arena_dup(ar, buf, (size_t) (out.p - buf));
}


static bool
text_string(text_out_t *out, const char *s)
{
    size_t  len;

    len = s == NULL ? SIZE_MAX : strlen(s);
    if (len >= (size_t) (out->end - out->p)) {
        return false;
    }

    memcpy(out->p, s, len);
    out->p += len;

    return true;
}


static void
text_number(text_out_t *out, uint64_t n)
{
    char    digits[TEXT_ROOM];
    size_t  i = sizeof(digits);

    do {
        digits[--i] = (char) ('0' + n % 10);
        n /= 10;
    } while (n != 0);

    memcpy(out->p, digits + i, sizeof(digits) - i);
    out->p += sizeof(digits) - i;
}


static void
text_hex(text_out_t *out, uint64_t n)
{
    unsigned  i;

    for (i = TEXT_LONG; i-- > 0; n >>= 4) {
        out->p[i] = "0123456789abcdef"[n & 0xf];
    }

    out->p += TEXT_LONG;
}
