/*
 * Where a clause ends, by the categories of Unicode and a few exceptions.
 *
 * Before anything is folded: a full stop of the East would stay one, an
 * ellipsis become three, and an emoji be nothing at all.
 */

#include <utf8proc.h>

#include "unicode.h"

#define UNICODE_ASCII      0x80
#define UNICODE_WIDE       0xff01       /* "!" to "~", as wide as ideographs */
#define UNICODE_WIDE_LAST  0xff5e

static pl_unicode_mark_e unicode_mark_of(utf8proc_int32_t c);
static bool unicode_among(const utf8proc_int32_t *list, size_t n,
    utf8proc_int32_t c);

/* All other ASCII is inside: quotes, '&', '/', and '*', which makes bold. */
static const uint8_t  unicode_ends[UNICODE_ASCII] = {
    ['\0'] = PL_UNICODE_ENDS, ['\n'] = PL_UNICODE_ENDS,
    ['\r'] = PL_UNICODE_ENDS, ['.'] = PL_UNICODE_ENDS,
    [','] = PL_UNICODE_ENDS, [';'] = PL_UNICODE_ENDS,
    [':'] = PL_UNICODE_ENDS, ['!'] = PL_UNICODE_ENDS,
    ['('] = PL_UNICODE_ENDS, [')'] = PL_UNICODE_ENDS,
    ['['] = PL_UNICODE_ENDS, [']'] = PL_UNICODE_ENDS,
    ['{'] = PL_UNICODE_ENDS, ['}'] = PL_UNICODE_ENDS,
    ['?'] = PL_UNICODE_ASKS, ['-'] = PL_UNICODE_HYPHEN,
};

/* Greek, Arabic, Ethiopic; two at once; those that are emoji. */
static const utf8proc_int32_t  unicode_asks[] = {
    0x37e, 0x61f, 0x1367, 0x203d, 0x2047, 0x2048, 0x2049, 0x2753,
    0x2754, 0x2e2e, 0xfe56,
};

/* Hebrew, Mongolian; those that no line breaks at; minus. */
static const utf8proc_int32_t  unicode_hyphens[] = {
    0x5be, 0x1806, 0x2010, 0x2011, 0x2012, 0x2212, 0xfe63,
};

/*
 * By their category they would end something: points within words (Catalan,
 * Armenian, Hebrew, Tibetan, kana), primes as apostrophes, and opening quotes.
 */
static const utf8proc_int32_t  unicode_insides[] = {
    0xb7, 0x55b, 0x55c, 0x55e, 0x5f3, 0x5f4, 0xf0b, 0xf0c, 0x201a,
    0x201e, 0x2032, 0x2033, 0x2e42, 0x3008, 0x3009, 0x300a, 0x300b, 0x300c,
    0x300d, 0x300e, 0x300f, 0x301d, 0x301e, 0x301f, 0x30a0, 0x30fb, 0xff62,
    0xff63, 0xff65,
};


size_t
pl_unicode_mark(pl_str_t text, size_t at, pl_unicode_mark_e *mark)
{
    utf8proc_int32_t  c;
    utf8proc_ssize_t  len;

    len = utf8proc_iterate(text.data + at,
                           (utf8proc_ssize_t) (text.len - at), &c);
    *mark = len > 0 ? unicode_mark_of(c) : PL_UNICODE_INSIDE;

    return len > 0 ? (size_t) len : 1;
}


/*
 * By its category. A symbol that stands for letters (U+24E2) is a letter;
 * what utf8proc does not know may be an emoji younger than it is.
 */

static pl_unicode_mark_e
unicode_mark_of(utf8proc_int32_t c)
{
    if (c >= UNICODE_WIDE && c <= UNICODE_WIDE_LAST) {
        c -= UNICODE_WIDE - '!';
    }

    if (c < UNICODE_ASCII) {
        return (pl_unicode_mark_e) unicode_ends[c];
    }

    if (unicode_among(unicode_asks, PL_COUNT(unicode_asks), c)) {
        return PL_UNICODE_ASKS;
    }

    if (unicode_among(unicode_hyphens, PL_COUNT(unicode_hyphens), c)) {
        return PL_UNICODE_HYPHEN;
    }

    switch (utf8proc_category(c)) {

    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PO:
        return unicode_among(unicode_insides, PL_COUNT(unicode_insides), c)
               ? PL_UNICODE_INSIDE : PL_UNICODE_ENDS;

    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SK:
        return utf8proc_get_property(c)->decomp_type == 0
               ? PL_UNICODE_ENDS : PL_UNICODE_INSIDE;

    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return PL_UNICODE_ENDS;

    case UTF8PROC_CATEGORY_CF:
        return PL_UNICODE_HIDDEN;

    default:
        return c >= 0xfe00 && c <= 0xfe0f ? PL_UNICODE_HIDDEN
                                          : PL_UNICODE_INSIDE;
    }
}


static bool
unicode_among(const utf8proc_int32_t *list, size_t n, utf8proc_int32_t c)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (list[i] == c) {
            return true;
        }
    }

    return false;
}
