/*
 * See gsm.h.
 */

#include "gsm.h"
#include "str.h"

static uint32_t gsm_next(const uint8_t **p, size_t *left);
static unsigned gsm_units(uint32_t c);
static unsigned gsm_wide(uint32_t c);
static void gsm_add(pl_gsm_t *out, unsigned units, uint32_t *used,
    uint32_t room);
static void gsm_walk(pl_str_t text, pl_gsm_t *out, uint32_t one,
    uint32_t more);


/* The default alphabet, but for what is ASCII; and its extension table. */

static const uint16_t  gsm_letters[] = {
    0xa3, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0xd8, 0xf8, 0xc5, 0xe5,
    0x394, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e,
    0xc6, 0xe6, 0xdf, 0xc9, 0xa4, 0xa1, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7, 0xbf,
    0xe4, 0xf6, 0xf1, 0xfc, 0xe0,
};

static const uint16_t  gsm_extended[] = {
    0x0c, '^', '{', '}', '\\', '[', '~', ']', '|', 0x20ac,
};


void
pl_gsm_count(pl_str_t text, pl_gsm_t *out)
{
    size_t          left = text.len;
    const uint8_t  *p = text.data;

    out->ucs2 = false;

    while (left != 0) {
        if (gsm_units(gsm_next(&p, &left)) == 0) {
            out->ucs2 = true;
        }
    }

    if (out->ucs2) {
        gsm_walk(text, out, PL_GSM_UCS2_ONE, PL_GSM_UCS2_MORE);

    } else {
        gsm_walk(text, out, PL_GSM_UNITS_ONE, PL_GSM_UNITS_MORE);
    }
}


/* Units of a pair stand in one segment: what is left of it stays empty. */

static void
gsm_walk(pl_str_t text, pl_gsm_t *out, uint32_t one, uint32_t more)
{
    size_t          left = text.len;
    uint32_t        c, used = 0;
    const uint8_t  *p = text.data;

    out->units = 0;
    out->segments = text.len == 0 ? 0 : 1;

    while (left != 0) {
        c = gsm_next(&p, &left);
        gsm_add(out, out->ucs2 ? gsm_wide(c) : gsm_units(c), &used, more);
    }

    if (out->units <= one) {
        out->segments = text.len == 0 ? 0 : 1;
        out->left = one - out->units;
        return;
    }

    out->left = more - used;
}


static void
gsm_add(pl_gsm_t *out, unsigned units, uint32_t *used, uint32_t room)
{
    out->units += units;

    if (*used + units > room) {
        out->segments++;
        *used = 0;
    }

    *used += units;
}


/* 0: not of the alphabet. */

static unsigned
gsm_units(uint32_t c)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(gsm_extended); i++) {
        if (gsm_extended[i] == c) {
            return 2;
        }
    }

    if ((c >= 0x20 && c < 0x7f && c != '`') || c == '\n' || c == '\r') {
        return 1;
    }

    for (i = 0; i < PL_COUNT(gsm_letters); i++) {
        if (gsm_letters[i] == c) {
            return 1;
        }
    }

    return 0;
}


static unsigned
gsm_wide(uint32_t c)
{
    return c > 0xffff ? 2 : 1;
}


/* The character at *p, which is moved behind it; U+FFFD where none is. */

static uint32_t
gsm_next(const uint8_t **p, size_t *left)
{
    bool            good;
    size_t          i, n;
    uint32_t        c;
    const uint8_t  *s = *p;

    n = pl_utf8_step(s, *left, &good);
    *p += n;
    *left -= n;

    if (!good) {
        return 0xfffd;
    }

    c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));

    for (i = 1; i < n; i++) {
        c = (c << 6) | (s[i] & 0x3f);
    }

    return c;
}
