/*
 * Byte strings, as str.h promises them.
 *
 * Text is cleaned on every string of every webhook, so the common case (no
 * byte outside 1 to 127) is copied and checked eight bytes at a time; the
 * slow path starts at the first byte that is something else.
 */

#include <string.h>

#include "str.h"

#define STR_ONES                0x0101010101010101ull
#define STR_HIGHS               0x8080808080808080ull
#define STR_REPLACEMENT_LEN     3
#define STR_NO_DIGIT            0xff


static const char  str_hex[] = "0123456789abcdef";

/* A digit's value plus one: what is not named is none. */
static const uint8_t  str_digits[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6,
    ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16
};

static const char  str_base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const uint8_t  str_replacement[STR_REPLACEMENT_LEN] = {
    0xef, 0xbf, 0xbd                /* U+FFFD */
};


static inline uint8_t *key_room(pl_key_t *key, size_t len);
static inline void be32_put(uint8_t *p, uint32_t n);
static uint8_t base64_digit(uint8_t c);
static bool base64_group(const uint8_t *p, unsigned digits, uint8_t *out);
static size_t utf8_plain(const uint8_t *p, size_t len);
static size_t utf8_clean_len(pl_str_t s, size_t from);


bool
pl_str_eq(pl_str_t a, pl_str_t b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


pl_str_t
pl_str_c(const char *s)
{
    if (s == NULL) {
        return PL_STR_NULL;
    }

    return (pl_str_t) { (const uint8_t *) s, strlen(s) };
}


pl_status_t
pl_str_int(pl_str_t s, int64_t *n)
{
    bool      minus, big;
    size_t    i;
    uint64_t  sum, max;

    minus = s.len > 0 && s.data[0] == '-';
    max = (uint64_t) INT64_MAX + (minus ? 1 : 0);
    sum = 0;
    big = false;

    if (s.len == (minus ? 1 : 0)) {
        return PL_INVALID;
    }

    for (i = minus ? 1 : 0; i < s.len; i++) {
        uint64_t  digit;

        if (s.data[i] < '0' || s.data[i] > '9') {
            return PL_INVALID;
        }

        digit = (uint64_t) (s.data[i] - '0');

        if (sum > (max - digit) / 10) {
            big = true;             /* what follows may still be no digit */
            sum = 0;
        }

        sum = sum * 10 + digit;
    }

    if (big) {
        return PL_TOOBIG;
    }

    /* Written so that the lowest number never stands as a positive one. */
    *n = minus ? (int64_t) (0 - sum) : (int64_t) sum;

    return PL_OK;
}


void
pl_hex_encode(const uint8_t *data, size_t len, char *out)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        out[2 * i] = str_hex[data[i] >> 4];
        out[2 * i + 1] = str_hex[data[i] & 0xf];
    }

    out[2 * len] = '\0';
}


bool
pl_hex_decode(pl_str_t s, uint8_t *out, size_t len)
{
    size_t   i;
    uint8_t  high, low;

    if (len > SIZE_MAX / 2 || s.len != 2 * len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        high = str_digits[s.data[2 * i]];
        low = str_digits[s.data[2 * i + 1]];

        if (high == 0 || low == 0) {
            return false;
        }

        out[i] = (uint8_t) ((high - 1) << 4 | (low - 1));
    }

    return true;
}


pl_str_t
pl_base64_encode(pl_arena_t *ar, pl_str_t s)
{
    size_t     i, left;
    uint8_t   *out, *p;
    uint32_t   bits;

    if (s.len > SIZE_MAX / 4) {
        return PL_STR_NULL;
    }

    out = pl_arena_alloc(ar, (s.len + 2) / 3 * 4 + 1);
    if (out == NULL) {
        return PL_STR_NULL;
    }

    p = out;

    for (i = 0; i < s.len; i += 3) {
        left = s.len - i;
        bits = (uint32_t) s.data[i] << 16;
        bits |= (left > 1) ? (uint32_t) s.data[i + 1] << 8 : 0;
        bits |= (left > 2) ? (uint32_t) s.data[i + 2] : 0;

        *p++ = (uint8_t) str_base64[bits >> 18];
        *p++ = (uint8_t) str_base64[bits >> 12 & 0x3f];
        *p++ = (uint8_t) ((left > 1) ? str_base64[bits >> 6 & 0x3f] : '=');
        *p++ = (uint8_t) ((left > 2) ? str_base64[bits & 0x3f] : '=');
    }

    *p = '\0';

    return (pl_str_t) { out, (size_t) (p - out) };
}


pl_status_t
pl_base64_decode(pl_arena_t *ar, pl_str_t s, pl_str_t *out)
{
    size_t    i, pad, len;
    uint8_t  *p;

    if (s.len % 4 != 0) {
        return PL_INVALID;
    }

    pad = 0;
    while (pad < 2 && pad < s.len && s.data[s.len - 1 - pad] == '=') {
        pad++;
    }

    len = s.len / 4 * 3 - pad;

    /* Whole groups are written: room for the last one's three bytes. */
    p = pl_arena_alloc(ar, s.len / 4 * 3 + 1);
    if (p == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < s.len / 4; i++) {
        unsigned  digits;

        digits = (i == s.len / 4 - 1) ? (unsigned) (4 - pad) : 4;

        if (!base64_group(s.data + 4 * i, digits, p + 3 * i)) {
            return PL_INVALID;
        }
    }

    p[len] = '\0';
    *out = (pl_str_t) { p, len };

    return PL_OK;
}


pl_str_t
pl_base64url_encode(pl_arena_t *ar, pl_str_t s)
{
    size_t     i;
    uint8_t   *p;
    pl_str_t   text;

    text = pl_base64_encode(ar, s);
    p = (uint8_t *) text.data;          /* made just now, here */

    for (i = 0; i < text.len && p[i] != '='; i++) {
        p[i] = p[i] == '+' ? '-' : p[i] == '/' ? '_' : p[i];
    }

    if (i < text.len) {
        p[i] = '\0';
        text.len = i;
    }

    return text;
}


pl_status_t
pl_base64url_decode(pl_arena_t *ar, pl_str_t s, pl_str_t *out)
{
    size_t    i, pad;
    uint8_t  *p;

    pad = (4 - s.len % 4) % 4;

    p = pl_arena_alloc(ar, s.len + pad + 1);
    if (p == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '+' || s.data[i] == '/' || s.data[i] == '=') {
            return PL_INVALID;
        }

        p[i] = s.data[i] == '-' ? '+' : s.data[i] == '_' ? '/' : s.data[i];
    }

    memset(p + s.len, '=', pad);

    return pad == 3 ? PL_INVALID
                    : pl_base64_decode(ar, (pl_str_t) { p, s.len + pad },
                                       out);
}


char *
pl_utf8_clean(pl_arena_t *ar, pl_str_t s)
{
    bool      good;
    size_t    i, n, plain;
    uint8_t  *out, *p;

    plain = utf8_plain(s.data, s.len);

    if (plain == s.len) {
        return pl_arena_str(ar, s);
    }

    out = pl_arena_alloc(ar, utf8_clean_len(s, plain) + 1);
    if (out == NULL) {
        return NULL;
    }

    if (plain > 0) {
        memcpy(out, s.data, plain);
    }

    p = out + plain;

    for (i = plain; i < s.len; i += n) {
        n = pl_utf8_step(s.data + i, s.len - i, &good);

        if (good) {
            memcpy(p, s.data + i, n);
            p += n;

        } else {
            memcpy(p, str_replacement, STR_REPLACEMENT_LEN);
            p += STR_REPLACEMENT_LEN;
        }
    }

    *p = '\0';

    return (char *) out;
}


/* One U+FFFD stands for an encoded surrogate, U+0000, or a single byte. */
size_t
pl_utf8_step(const uint8_t *p, size_t left, bool *good)
{
    uint8_t  low, high;
    size_t   n, i;

    low = 0x80;
    high = 0xbf;
    *good = false;

    if (p[0] < 0x80) {
        *good = p[0] != 0;
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 1;
    }

    n = (p[0] < 0xe0) ? 2 : (p[0] < 0xf0) ? 3 : 4;

    if (n > left) {
        return 1;
    }

    /* No overlong form, and nothing above U+10FFFF. */
    low = (p[0] == 0xe0) ? 0xa0 : (p[0] == 0xf0) ? 0x90 : low;
    high = (p[0] == 0xf4) ? 0x8f : high;

    if (p[1] < low || p[1] > high) {
        return 1;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 1;
        }
    }

    *good = !(p[0] == 0xed && p[1] >= 0xa0);

    return n;
}


/* Any valid text, U+0000 included: it is only pl_utf8_clean's that goes. */
bool
pl_utf8_valid(pl_str_t s)
{
    bool    good;
    size_t  i;

    i = utf8_plain(s.data, s.len);

    while (i < s.len) {
        if (s.data[i] == '\0') {
            i++;
            continue;
        }

        i += pl_utf8_step(s.data + i, s.len - i, &good);

        if (!good) {
            return false;
        }
    }

    return true;
}


bool
pl_name_valid(pl_str_t s)
{
    size_t   i;
    uint8_t  c;

    if (s.len == 0 || s.len > PL_NAME_MAX) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-' || c == '_'))
        {
            return false;
        }
    }

    return true;
}


void
pl_key_u8(pl_key_t *key, uint8_t n)
{
    uint8_t  *p = key_room(key, sizeof(n));

    if (p != NULL) {
        p[0] = n;
    }
}


void
pl_key_u32(pl_key_t *key, uint32_t n)
{
    uint8_t  *p = key_room(key, sizeof(n));

    if (p != NULL) {
        be32_put(p, n);
    }
}


void
pl_key_u64(pl_key_t *key, uint64_t n)
{
    uint8_t  *p = key_room(key, sizeof(n));

    if (p != NULL) {
        be32_put(p, (uint32_t) (n >> 32));
        be32_put(p + 4, (uint32_t) n);
    }
}


void
pl_key_bytes(pl_key_t *key, const void *data, size_t len)
{
    uint8_t  *p = key_room(key, len);

    if (p != NULL && len > 0) {
        memcpy(p, data, len);
    }
}


/* The place of the next part of a key, or NULL: it does not fit. */

static inline uint8_t *
key_room(pl_key_t *key, size_t len)
{
    uint8_t  *p = key->data + key->len;

    if (key->overflow || len > sizeof(key->data) - key->len) {
        key->overflow = true;
        return NULL;
    }

    key->len += len;

    return p;
}


bool
pl_key_ok(const pl_key_t *key)
{
    return !key->overflow;
}


pl_str_t
pl_key_str(const pl_key_t *key)
{
    return (pl_str_t) { key->data, key->len };
}


uint32_t
pl_be32(const uint8_t *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | (uint32_t) p[3];
}


uint64_t
pl_be64(const uint8_t *p)
{
    return (uint64_t) pl_be32(p) << 32 | pl_be32(p + 4);
}


void
pl_be64_put(uint8_t *p, uint64_t n)
{
    be32_put(p, (uint32_t) (n >> 32));
    be32_put(p + 4, (uint32_t) n);
}


/* Four stores in a row, which compilers make one of. */

static inline void
be32_put(uint8_t *p, uint32_t n)
{
    p[0] = (uint8_t) (n >> 24);
    p[1] = (uint8_t) (n >> 16);
    p[2] = (uint8_t) (n >> 8);
    p[3] = (uint8_t) n;
}


static uint8_t
base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return (uint8_t) (c - 'A');
    }

    if (c >= 'a' && c <= 'z') {
        return (uint8_t) (c - 'a' + 26);
    }

    if (c >= '0' && c <= '9') {
        return (uint8_t) (c - '0' + 52);
    }

    return (uint8_t) ((c == '+') ? 62 : (c == '/') ? 63 : STR_NO_DIGIT);
}


/*
 * Four characters, of which the first `digits` count, to three bytes. Bits
 * that the padding cuts off must be zero: one text for one value.
 */
static bool
base64_group(const uint8_t *p, unsigned digits, uint8_t *out)
{
    uint8_t   digit;
    unsigned  i;
    uint32_t  bits;

    bits = 0;

    for (i = 0; i < 4; i++) {
        digit = (i < digits) ? base64_digit(p[i]) : 0;

        if (digit == STR_NO_DIGIT) {
            return false;
        }

        bits = bits << 6 | digit;
    }

    out[0] = (uint8_t) (bits >> 16);
    out[1] = (uint8_t) (bits >> 8);
    out[2] = (uint8_t) bits;

    return (digits > 3 || out[2] == 0) && (digits > 2 || out[1] == 0);
}


/* How many bytes from p on are plain: 1 to 127. */
static size_t
utf8_plain(const uint8_t *p, size_t len)
{
    size_t    i;
    uint64_t  word;

    for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
        memcpy(&word, p + i, sizeof(word));

        /* A zero byte borrows, and so shows in its own highest bit. */
        if (((word | (word - STR_ONES)) & STR_HIGHS) != 0) {
            break;
        }
    }

    while (i < len && p[i] >= 1 && p[i] <= 127) {
        i++;
    }

    return i;
}


static size_t
utf8_clean_len(pl_str_t s, size_t from)
{
    bool    good;
    size_t  i, n, len;

    len = from;

    for (i = from; i < s.len; i += n) {
        n = pl_utf8_step(s.data + i, s.len - i, &good);
        len += good ? n : STR_REPLACEMENT_LEN;
    }

    return len;
}
