/*
 * A look at a body that is not worth decoding: does it hold statuses and
 * nothing else? Asked of bodies that are rightly signed, when there is no
 * room for all of them.
 *
 * In JSON a quote within a string has a backslash before it. So the bytes
 * `"NAME"` and a colon are a key of that name, wherever they stand. A key
 * could be written with escapes; the provider does not, and what is refused
 * here comes again.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"


static const uint8_t *peek_key(const uint8_t *p, const uint8_t *end,
    pl_str_t quoted);
static const uint8_t *peek_space(const uint8_t *p, const uint8_t *end);


bool
pl_whatsapp_statuses_only(pl_str_t body)
{
    pl_str_t        value;
    const uint8_t  *p, *end;

    value = PL_STR("\"messages\"");
    end = body.data + body.len;

    if (peek_key(body.data, end, PL_STR("\"statuses\"")) == NULL
        || peek_key(body.data, end, value) != NULL)
    {
        return false;
    }

    /* every change is of the field that statuses come by */

    p = body.data;

    while ((p = peek_key(p, end, PL_STR("\"field\""))) != NULL) {
        p = peek_space(p, end);

        if ((size_t) (end - p) < value.len
            || memcmp(p, value.data, value.len) != 0)
        {
            return false;
        }
    }

    return true;
}


/* Behind the colon of the next such key; NULL: there is none. */

static const uint8_t *
peek_key(const uint8_t *p, const uint8_t *end, pl_str_t quoted)
{
    while (p < end) {
        p = memmem(p, (size_t) (end - p), quoted.data, quoted.len);
        if (p == NULL) {
            return NULL;
        }

        p = peek_space(p + quoted.len, end);

        if (p < end && *p == ':') {
            return p + 1;
        }
    }

    return NULL;
}


static const uint8_t *
peek_space(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }

    return p;
}
