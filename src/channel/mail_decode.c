/*
 * How text comes back from 7-bit lines: encoded words, quoted-printable,
 * base64, parameters, charsets. Whoever wrote it may have been careless: what
 * is malformed stays as it is.
 *
 * Charsets are four: UTF-8, ASCII, Latin 1 with Windows' characters, and
 * Latin 9. iconv knows all of them, by modules that it loads from the disk,
 * which differ from one machine to the next; the fold may not.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"

#define DECODE_SECTIONS  32             /* of one parameter */

static bool decode_word(pl_mail_buf_t *buf, pl_str_t *rest);
static int decode_hex(uint8_t c);
static uint32_t decode_latin(uint8_t c, bool nine);
static void decode_put(pl_mail_buf_t *buf, uint32_t c);
static char *decode_end(pl_mail_buf_t *buf);
static pl_str_t decode_blank(pl_str_t rest);
static bool decode_parameter(pl_arena_t *ar, pl_str_t *rest, pl_str_t *name,
    pl_str_t *value);
static int decode_section(pl_str_t name, const char *wanted, bool *coded);
static void decode_percent(pl_mail_buf_t *buf, pl_str_t text);


bool
pl_mail_same(pl_str_t a, const char *b)
{
    return a.len == strlen(b) && pl_mail_starts(a, b);
}


bool
pl_mail_starts(pl_str_t a, const char *b)
{
    size_t   i;
    uint8_t  c;

    for (i = 0; b[i] != '\0'; i++) {
        if (i >= a.len) {
            return false;
        }

        c = a.data[i];
        c = (uint8_t) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);

        if (c != (uint8_t) b[i]) {
            return false;
        }
    }

    return true;
}


const uint8_t *
pl_mail_end(pl_str_t s)
{
    return s.len == 0 ? s.data : s.data + s.len;
}


pl_str_t
pl_mail_trim(pl_str_t s)
{
    while (s.len > 0 && (s.data[0] <= ' ')) {
        s.data++;
        s.len--;
    }

    while (s.len > 0 && (s.data[s.len - 1] <= ' ')) {
        s.len--;
    }

    return s;
}


/* Blanks between two encoded words are none; folds are one blank. */

char *
pl_mail_decode_words(pl_arena_t *ar, pl_str_t value)
{
    char           *text;
    bool            was_word = false;
    pl_str_t        rest = pl_mail_trim(value), blank;
    pl_mail_buf_t   buf = { .ar = ar };

    while (rest.len > 0) {
        blank = decode_blank(rest);

        if (blank.len > 0) {
            pl_str_t  after = { rest.data + blank.len, rest.len - blank.len };

            if (was_word && pl_mail_starts(after, "=?")) {
                rest = after;
                continue;
            }

            pl_mail_buf_text(&buf, " ");
            rest = after;
            was_word = false;
            continue;
        }

        if (pl_mail_starts(rest, "=?") && decode_word(&buf, &rest)) {
            was_word = true;
            continue;
        }

        was_word = false;
        pl_mail_buf_add(&buf, rest.data, 1);
        rest.data++;
        rest.len--;
    }

    text = decode_end(&buf);

    return text == NULL ? NULL
           : pl_utf8_clean(ar, pl_str_c(text));
}


static pl_str_t
decode_blank(pl_str_t rest)
{
    size_t  n = 0;

    while (n < rest.len && (rest.data[n] == ' ' || rest.data[n] == '\t'
                            || rest.data[n] == '\r' || rest.data[n] == '\n'))
    {
        n++;
    }

    return (pl_str_t) { rest.data, n };
}


/* =?charset?B?text?= ; false: it is none. */

static bool
decode_word(pl_mail_buf_t *buf, pl_str_t *rest)
{
    char           *out;
    size_t          i, n = 0, at[3];
    pl_str_t        charset, text;
    uint8_t         kind;
    pl_mail_buf_t   plain = { .ar = buf->ar };

    for (i = 2; i < rest->len && n < 3; i++) {
        if (rest->data[i] == '?') {
            at[n++] = i;
        } else if (rest->data[i] <= ' ') {
            return false;
        }
    }

    if (n < 3 || at[1] != at[0] + 2 || at[2] + 1 >= rest->len
        || rest->data[at[2] + 1] != '=')
    {
        return false;
    }

    charset = (pl_str_t) { rest->data + 2, at[0] - 2 };
    kind = rest->data[at[0] + 1];
    text = (pl_str_t) { rest->data + at[1] + 1, at[2] - at[1] - 1 };

    if (kind == 'B' || kind == 'b') {
        text = pl_mail_unbase64(buf->ar, text);

    } else if (kind == 'Q' || kind == 'q') {

        for (i = 0; i < text.len; i++) {
            if (text.data[i] == '_') {
                pl_mail_buf_text(&plain, " ");
            } else {
                pl_mail_buf_add(&plain, text.data + i, 1);
            }
        }

        text = pl_mail_unquote(buf->ar, (pl_str_t) { plain.data, plain.len });

    } else {
        return false;
    }

    out = text.data == NULL ? NULL : pl_mail_utf8(buf->ar, text, charset);

    if (out == NULL || plain.full) {
        buf->full = true;
        return false;
    }

    pl_mail_buf_text(buf, out);
    rest->data += at[2] + 2;
    rest->len -= at[2] + 2;

    return true;
}


pl_str_t
pl_mail_unquote(pl_arena_t *ar, pl_str_t body)
{
    int            high, low;
    size_t         i = 0, end;
    uint8_t        c;
    pl_mail_buf_t  buf = { .ar = ar };

    while (i < body.len) {
        c = body.data[i];

        if (c != '=') {
            pl_mail_buf_add(&buf, &c, 1);
            i++;
            continue;
        }

        /* a soft break, perhaps with blanks that were added behind it */

        end = i + 1;
        while (end < body.len && (body.data[end] == ' '
                                  || body.data[end] == '\t'))
        {
            end++;
        }

        if (end < body.len && body.data[end] == '\r') {
            end++;
        }

        if (end < body.len && body.data[end] == '\n') {
            i = end + 1;
            continue;
        }

        high = i + 1 < body.len ? decode_hex(body.data[i + 1]) : -1;
        low = i + 2 < body.len ? decode_hex(body.data[i + 2]) : -1;

        if (high >= 0 && low >= 0) {
            c = (uint8_t) (high << 4 | low);
            i += 2;
        }

        pl_mail_buf_add(&buf, &c, 1);
        i++;
    }

    pl_mail_buf_text(&buf, "");

    return buf.full ? PL_STR_NULL
           : (pl_str_t) { buf.data != NULL ? buf.data
                                           : (const uint8_t *) "", buf.len };
}


static int
decode_hex(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* Characters that are none are stepped over; it ends at its padding. */

pl_str_t
pl_mail_unbase64(pl_arena_t *ar, pl_str_t body)
{
    size_t    i, n = 0;
    uint8_t  *out;
    uint32_t  bits = 0;
    unsigned  have = 0;

    out = pl_arena_alloc(ar, body.len / 4 * 3 + 4);
    if (out == NULL) {
        return PL_STR_NULL;
    }

    for (i = 0; i < body.len && body.data[i] != '='; i++) {
        uint8_t  c = body.data[i];
        int      v;

        v = c >= 'A' && c <= 'Z' ? c - 'A'
            : c >= 'a' && c <= 'z' ? c - 'a' + 26
            : c >= '0' && c <= '9' ? c - '0' + 52
            : c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;

        if (v < 0) {
            continue;
        }

        bits = bits << 6 | (uint32_t) v;
        have += 6;

        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t) (bits >> have);
            bits &= (1u << have) - 1;
        }
    }

    return (pl_str_t) { out, n };
}


/* ---- charsets ------------------------------------------------------- */

char *
pl_mail_utf8(pl_arena_t *ar, pl_str_t text, pl_str_t charset)
{
    bool           nine;
    size_t         i;
    pl_mail_buf_t  buf = { .ar = ar };

    charset = pl_mail_trim(charset);

    if (charset.len == 0 || pl_mail_starts(charset, "utf-8")
        || pl_mail_same(charset, "utf8")
        || pl_mail_same(charset, "us-ascii") || pl_utf8_valid(text))
    {
        return pl_utf8_clean(ar, text);
    }

    nine = pl_mail_same(charset, "iso-8859-15");

    for (i = 0; i < text.len; i++) {
        decode_put(&buf, decode_latin(text.data[i], nine));
    }

    return decode_end(&buf);
}


static uint32_t
decode_latin(uint8_t c, bool nine)
{
    size_t                  i;
    static const uint16_t   windows[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
        0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
        0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    };
    static const uint16_t   latin9[][2] = {
        { 0xa4, 0x20ac }, { 0xa6, 0x0160 }, { 0xa8, 0x0161 },
        { 0xb4, 0x017d }, { 0xb8, 0x017e }, { 0xbc, 0x0152 },
        { 0xbd, 0x0153 }, { 0xbe, 0x0178 },
    };

    if (c >= 0x80 && c < 0xa0) {
        return windows[c - 0x80];
    }

    for (i = 0; nine && i < PL_COUNT(latin9); i++) {
        if (latin9[i][0] == c) {
            return latin9[i][1];
        }
    }

    return c == 0 ? 0xfffd : c;
}


/* No character here is past U+FFFF. */

static void
decode_put(pl_mail_buf_t *buf, uint32_t c)
{
    size_t   n = 0;
    uint8_t  out[3];

    if (c < 0x80) {
        out[n++] = (uint8_t) c;

    } else if (c < 0x800) {
        out[n++] = (uint8_t) (0xc0 | c >> 6);
        out[n++] = (uint8_t) (0x80 | (c & 0x3f));

    } else {
        out[n++] = (uint8_t) (0xe0 | c >> 12);
        out[n++] = (uint8_t) (0x80 | (c >> 6 & 0x3f));
        out[n++] = (uint8_t) (0x80 | (c & 0x3f));
    }

    pl_mail_buf_add(buf, out, n);
}


static char *
decode_end(pl_mail_buf_t *buf)
{
    pl_mail_buf_add(buf, "", 1);

    return buf->full ? NULL : (char *) buf->data;
}


/* ---- parameters ----------------------------------------------------- */

char *
pl_mail_parameter(pl_arena_t *ar, pl_str_t value, const char *wanted)
{
    int             section;
    bool            coded, any = false, any_coded = false;
    char           *charset = NULL, *text;
    pl_str_t        rest = value, name, part;
    const uint8_t  *quote;
    pl_mail_buf_t   buf = { .ar = ar };
    int             next = 0;

    while (next < DECODE_SECTIONS
           && decode_parameter(ar, &rest, &name, &part))
    {
        section = decode_section(name, wanted, &coded);

        if (section != next && section != -2) {
            continue;
        }

        if (section == -2) {            /* the plain form stands alone */
            return pl_mail_decode_words(ar, part);
        }

        if (coded && next == 0) {
            quote = part.len == 0 ? NULL : memchr(part.data, '\'', part.len);

            if (quote != NULL) {
                charset = pl_arena_str(ar, (pl_str_t) { part.data,
                                           (size_t) (quote - part.data) });
                part.len -= (size_t) (quote + 1 - part.data);
                part.data = quote + 1;
                quote = part.len == 0 ? NULL
                        : memchr(part.data, '\'', part.len);
                part.len -= quote == NULL ? 0
                            : (size_t) (quote + 1 - part.data);
                part.data = quote == NULL ? part.data : quote + 1;
            }
        }

        if (coded) {
            decode_percent(&buf, part);
        } else {
            pl_mail_buf_add(&buf, part.data, part.len);
        }

        any = true;
        any_coded |= coded;
        next++;
    }

    if (!any) {
        return NULL;
    }

    text = decode_end(&buf);

    return text == NULL ? NULL
           : pl_mail_utf8(ar, (pl_str_t) { (uint8_t *) text, buf.len - 1 },
                          any_coded && charset != NULL ? pl_str_c(charset)
                                                       : PL_STR_NULL);
}


/* Which section of it: 0 and on; -2: the plain one; -1: another's. */

static int
decode_section(pl_str_t name, const char *wanted, bool *coded)
{
    size_t  i, n = strlen(wanted);
    int     section = 0;

    *coded = name.len > 0 && name.data[name.len - 1] == '*';

    if (pl_mail_same(name, wanted)) {
        return -2;
    }

    if (!pl_mail_starts(name, wanted) || name.data[n] != '*') {
        return -1;
    }

    for (i = n + 1; i < name.len && name.data[i] >= '0'
                    && name.data[i] <= '9' && section < DECODE_SECTIONS; i++)
    {
        section = section * 10 + (name.data[i] - '0');
    }

    return section;
}


/* The next "; name=value" of *rest, the value without its quotes. */

static bool
decode_parameter(pl_arena_t *ar, pl_str_t *rest, pl_str_t *name,
    pl_str_t *value)
{
    bool            quoted = false;
    size_t          i;
    const uint8_t  *p = rest->data, *end = pl_mail_end(*rest), *from;
    pl_mail_buf_t   buf = { .ar = ar };

    while (p < end && *p != ';') {
        p++;
    }

    from = p < end ? ++p : p;
    while (p < end && *p != '=' && *p != ';') {
        p++;
    }

    if (p >= end || *p != '=') {
        rest->len = 0;
        return false;
    }

    *name = pl_mail_trim((pl_str_t) { from, (size_t) (p - from) });
    p++;

    for (i = 0; p < end && (quoted || *p != ';'); p++, i++) {

        if (*p == '"') {
            quoted = !quoted;

        } else if (quoted && *p == '\\' && p + 1 < end) {
            pl_mail_buf_add(&buf, ++p, 1);

        } else {
            pl_mail_buf_add(&buf, p, 1);
        }
    }

    rest->len = (size_t) (end - p);
    rest->data = p;
    *value = pl_mail_trim((pl_str_t) { buf.data, buf.len });

    return !buf.full;
}


static void
decode_percent(pl_mail_buf_t *buf, pl_str_t text)
{
    int      high, low;
    size_t   i;
    uint8_t  c;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];
        high = c == '%' && text.len - i > 2 ? decode_hex(text.data[i + 1])
                                            : -1;
        low = high >= 0 ? decode_hex(text.data[i + 2]) : -1;

        if (low >= 0) {
            c = (uint8_t) (high << 4 | low);
            i += 2;
        }

        pl_mail_buf_add(buf, &c, 1);
    }
}


size_t
pl_mail_utf8_put(uint32_t u, uint8_t out[4])
{
    if (u < 0x80) {
        out[0] = (uint8_t) u;
        return 1;
    }

    if (u < 0x800) {
        out[0] = (uint8_t) (0xc0 | u >> 6);
        out[1] = (uint8_t) (0x80 | (u & 0x3f));
        return 2;
    }

    if (u < 0x10000) {
        out[0] = (uint8_t) (0xe0 | u >> 12);
        out[1] = (uint8_t) (0x80 | (u >> 6 & 0x3f));
        out[2] = (uint8_t) (0x80 | (u & 0x3f));
        return 3;
    }

    out[0] = (uint8_t) (0xf0 | u >> 18);
    out[1] = (uint8_t) (0x80 | (u >> 12 & 0x3f));
    out[2] = (uint8_t) (0x80 | (u >> 6 & 0x3f));
    out[3] = (uint8_t) (0x80 | (u & 0x3f));

    return 4;
}
