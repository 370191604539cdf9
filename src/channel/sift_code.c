/*
 * Codes that bytes come in, decoded as they do: base64 and quoted-printable
 * (RFC 2045), the escapes of forms and of JSON's strings. What is malformed is
 * read as the readers of whole values do (mail_decode.c): what is no digit of
 * base64 is stepped over, and what is no escape stands for itself.
 */

#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

#define CODE_ENDED  64                  /* of n_bits: at the padding */

static size_t code_base64(pl_sift_code_t *c, const uint8_t *in, size_t n,
    uint8_t *out);
static size_t code_quoted(pl_sift_code_t *c, const uint8_t *in, size_t n,
    uint8_t *out);
static bool code_goes_on(const pl_sift_code_t *c, uint8_t b);
static bool code_soft(const pl_sift_code_t *c);
static size_t code_percent(pl_sift_code_t *c, const uint8_t *in, size_t n,
    uint8_t *out);
static size_t code_json(pl_sift_code_t *c, const uint8_t *in, size_t n,
    uint8_t *out);
static size_t code_escape(pl_sift_code_t *c, uint8_t *out);
static size_t code_unicode(pl_sift_code_t *c, uint8_t *out);
static size_t code_loose(pl_sift_code_t *c, uint8_t *out);
static int code_digit(uint8_t b);


size_t
pl_sift_decode(pl_sift_code_t *c, const uint8_t *in, size_t n, uint8_t *out)
{
    switch (c->code) {
    case PL_SIFT_BASE64:
        return code_base64(c, in, n, out);
    case PL_SIFT_QUOTED:
        return code_quoted(c, in, n, out);
    case PL_SIFT_PERCENT:
        return code_percent(c, in, n, out);
    case PL_SIFT_JSON:
        return code_json(c, in, n, out);
    default:
        memcpy(out, in, n);
        return n;
    }
}


size_t
pl_sift_decode_end(pl_sift_code_t *c, uint8_t *out)
{
    size_t  n = 0;

    if (c->code == PL_SIFT_JSON && c->bits != 0) {
        n = pl_mail_utf8_put(0xfffd, out);     /* half of a pair */
        c->bits = 0;
    }

    return n + code_loose(c, out + n);
}


static size_t
code_base64(pl_sift_code_t *c, const uint8_t *in, size_t n, uint8_t *out)
{
    int      digit;
    size_t   i, len = 0;
    uint8_t  b;

    for (i = 0; i < n && c->n_bits != CODE_ENDED; i++) {
        b = in[i];
        digit = b >= 'A' && b <= 'Z' ? b - 'A'
                : b >= 'a' && b <= 'z' ? b - 'a' + 26
                : b >= '0' && b <= '9' ? b - '0' + 52
                : b == '+' || b == '-' ? 62 : b == '/' || b == '_' ? 63 : -1;

        if (b == '=') {
            c->n_bits = CODE_ENDED;     /* what is left over is no byte */
            continue;
        }

        if (digit < 0) {
            continue;
        }

        c->bits = (c->bits << 6 | (uint32_t) digit) & 0xffffff;
        c->n_bits += 6;

        if (c->n_bits >= 8) {
            c->n_bits -= 8;
            out[len++] = (uint8_t) (c->bits >> c->n_bits);
        }
    }

    return len;
}


static size_t
code_quoted(pl_sift_code_t *c, const uint8_t *in, size_t n, uint8_t *out)
{
    size_t   i, len = 0;
    uint8_t  b;

    for (i = 0; i < n; i++) {
        b = in[i];

        if (c->n_held == 0 && b != '=') {
            out[len++] = b;

        } else if (c->n_held == 2 && code_digit(c->held[1]) >= 0
                   && code_digit(b) >= 0)
        {
            out[len++] = (uint8_t) (code_digit(c->held[1]) << 4
                                    | code_digit(b));
            c->n_held = 0;

        } else if (b == '\n' && code_soft(c)) {
            c->n_held = 0;

        } else if (c->n_held == 0 || code_goes_on(c, b)) {
            c->held[c->n_held++] = b;

        } else {
            len += code_loose(c, out + len);
            i--;                        /* once more, with nothing held */
        }
    }

    return len;
}


/* Behind "=" stand a digit, or blanks that somebody put before the line's
   end; more of them than are held are none. */

static bool
code_goes_on(const pl_sift_code_t *c, uint8_t b)
{
    if (c->n_held == 1 && code_digit(b) >= 0) {
        return true;
    }

    return (b == ' ' || b == '\t' || b == '\r')
           && c->n_held < sizeof(c->held) && code_soft(c)
           && c->held[c->n_held - 1] != '\r';
}


static bool
code_soft(const pl_sift_code_t *c)
{
    size_t  i;

    for (i = 1; i < c->n_held; i++) {
        if (c->held[i] != ' ' && c->held[i] != '\t' && c->held[i] != '\r') {
            return false;
        }
    }

    return true;
}


static size_t
code_percent(pl_sift_code_t *c, const uint8_t *in, size_t n, uint8_t *out)
{
    size_t   i, len = 0;
    uint8_t  b;

    for (i = 0; i < n; i++) {
        b = in[i];

        if (c->n_held == 0) {
            if (b == '%') {
                c->held[c->n_held++] = b;

            } else {
                out[len++] = b == '+' ? ' ' : b;
            }

            continue;
        }

        if (code_digit(b) < 0) {
            len += code_loose(c, out + len);
            i--;
            continue;
        }

        c->held[c->n_held++] = b;

        if (c->n_held == 3) {
            out[len++] = (uint8_t) (code_digit(c->held[1]) << 4
                                    | code_digit(c->held[2]));
            c->n_held = 0;
        }
    }

    return len;
}


static size_t
code_json(pl_sift_code_t *c, const uint8_t *in, size_t n, uint8_t *out)
{
    size_t  i, len = 0;

    for (i = 0; i < n; i++) {

        if (c->n_held == 0 && in[i] != '\\') {

            if (c->bits != 0) {
                len += pl_mail_utf8_put(0xfffd, out + len);
                c->bits = 0;
            }

            out[len++] = in[i];
            continue;
        }

        c->held[c->n_held++] = in[i];

        if (c->n_held == 2 && in[i] != 'u') {
            len += code_escape(c, out + len);

        } else if (c->n_held == 6) {
            len += code_unicode(c, out + len);
        }
    }

    return len;
}


/* One letter behind the stroke. */

static size_t
code_escape(pl_sift_code_t *c, uint8_t *out)
{
    size_t              n = 0;
    const char         *at;
    static const char   from[] = "bfnrt", to[] = "\b\f\n\r\t";

    if (c->bits != 0) {
        n = pl_mail_utf8_put(0xfffd, out);
        c->bits = 0;
    }

    at = c->held[1] == '\0' ? NULL : strchr(from, c->held[1]);
    out[n++] = at != NULL ? (uint8_t) to[at - from] : c->held[1];
    c->n_held = 0;

    return n;
}


/* bits: the first half of a pair, which its second makes a character. */

static size_t
code_unicode(pl_sift_code_t *c, uint8_t *out)
{
    int       digit;
    size_t    i, n = 0;
    uint32_t  u = 0;

    for (i = 2; i < 6; i++) {
        digit = code_digit(c->held[i]);
        u = u << 4 | (uint32_t) (digit < 0 ? 0 : digit);
    }

    c->n_held = 0;

    if (c->bits != 0 && u >= 0xdc00 && u < 0xe000) {
        u = 0x10000 + ((c->bits - 0xd800) << 10) + (u - 0xdc00);
        c->bits = 0;
        return pl_mail_utf8_put(u, out);
    }

    if (c->bits != 0) {
        n = pl_mail_utf8_put(0xfffd, out);
        c->bits = 0;
    }

    if (u >= 0xd800 && u < 0xdc00) {
        c->bits = u;
        return n;
    }

    u = (u >= 0xdc00 && u < 0xe000) || u == 0 ? 0xfffd : u;

    return n + pl_mail_utf8_put(u, out + n);
}


/* It was no escape. */

static size_t
code_loose(pl_sift_code_t *c, uint8_t *out)
{
    size_t  n = c->n_held;

    memcpy(out, c->held, n);
    c->n_held = 0;

    return n;
}


static int
code_digit(uint8_t b)
{
    return b >= '0' && b <= '9' ? b - '0'
           : b >= 'A' && b <= 'F' ? b - 'A' + 10
           : b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}
