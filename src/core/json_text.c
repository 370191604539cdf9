/*
 * Text of JSON: escapes read and written, and the buffer that is written to.
 *
 * yajl decodes escapes too, but makes "?" of a lone surrogate and a foreign
 * character of a high one that no low one follows; so strings with escapes
 * are read again here, from the input.
 */

#include <string.h>

#include "json_impl.h"

#define TEXT_FIRST      512             /* bytes of a buffer's first room */
#define TEXT_ESCAPE     6               /* \u1234 */
#define TEXT_REPLACEMENT  0xfffdu


/* Bytes that cannot stand as they are inside quotes: 1, or an escape. */
static const uint8_t  text_special[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 'b', 't', 'n', 1, 'f', 'r', 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = '"', ['\\'] = '\\', [0x7f] = 1,
};


static bool out_room(pl_out_t *out, size_t len);
static void out_high(pl_out_t *out, const uint8_t *p, size_t len);
static void out_escape(pl_out_t *out, uint8_t c);
static size_t text_escape(const uint8_t *p, size_t left, uint8_t **to);
static size_t text_unicode(const uint8_t *p, size_t left, uint32_t *code);
static uint8_t *text_put(uint8_t *to, uint32_t code);


void
pl_out_bytes(pl_out_t *out, pl_str_t s)
{
    if (s.len > 0 && out_room(out, s.len)) {
        memcpy(out->data + out->len, s.data, s.len);
        out->len += s.len;
    }
}


void
pl_out_byte(pl_out_t *out, uint8_t c)
{
    if (out->len < out->size || out_room(out, 1)) {
        out->data[out->len++] = c;
    }
}


void
pl_out_string(pl_out_t *out, pl_str_t s)
{
    size_t  i, start;

    pl_out_byte(out, '"');

    for (i = 0; i < s.len && !out->full; /* void */ ) {
        for (start = i; i < s.len && s.data[i] < 0x80
             && text_special[s.data[i]] == 0; i++)
        {
            /* a run that needs nothing */
        }

        pl_out_bytes(out, (pl_str_t) { s.data + start, i - start });

        for (start = i; i < s.len && s.data[i] >= 0x80; i++) {
            /* a run of bytes above ASCII */
        }

        out_high(out, s.data + start, i - start);

        if (i < s.len && text_special[s.data[i]] != 0) {
            out_escape(out, s.data[i++]);
        }
    }

    pl_out_byte(out, '"');
}


pl_status_t
pl_json_unescape(pl_arena_t *ar, pl_str_t raw, pl_str_t *text)
{
    size_t    i, n;
    uint8_t  *data, *to;

    /* No escape is shorter than what it stands for. */
    data = pl_arena_alloc(ar, raw.len + 1);
    if (data == NULL) {
        return PL_NOMEM;
    }

    to = data;

    for (i = 0; i < raw.len; i += n) {
        if (raw.data[i] != '\\') {
            *to++ = raw.data[i];
            n = 1;
            continue;
        }

        n = text_escape(raw.data + i, raw.len - i, &to);
    }

    *to = '\0';
    *text = (pl_str_t) { data, (size_t) (to - data) };

    return PL_OK;
}


/*
 * Looked for backwards from the closing quote: inside a string each quote
 * has an odd number of backslashes before it, and its first quote has none.
 */
size_t
pl_json_string_start(pl_str_t json, size_t end)
{
    size_t          back, at;
    const uint8_t  *p;

    at = end - 1;

    for ( ;; ) {
        p = (at == 0) ? NULL : memrchr(json.data, '"', at);

        if (p == NULL) {
            return 0;
        }

        at = (size_t) (p - json.data);

        for (back = 0; back < at && p[-1 - (ptrdiff_t) back] == '\\'; back++) {
            /* counted */
        }

        if (back % 2 == 0) {
            return at;
        }
    }
}


bool
pl_json_hex4(const uint8_t *p, size_t left, uint32_t *code)
{
    uint8_t  bytes[2];

    if (left < TEXT_ESCAPE || p[0] != '\\' || p[1] != 'u'
        || !pl_hex_decode((pl_str_t) { p + 2, 4 }, bytes, sizeof(bytes)))
    {
        return false;
    }

    *code = (uint32_t) bytes[0] << 8 | bytes[1];

    return true;
}


static bool
out_room(pl_out_t *out, size_t len)
{
    size_t    size;
    uint8_t  *data;

    if (out->full) {
        return false;
    }

    if (len <= out->size - out->len) {
        return true;
    }

    size = (out->size == 0) ? TEXT_FIRST : 2 * out->size;

    if (len > SIZE_MAX / 4 || size > SIZE_MAX / 4) {
        out->full = true;
        return false;
    }

    if (size < out->len + len) {
        size = out->len + len;
    }

    data = pl_arena_alloc(out->ar, size);
    if (data == NULL) {
        out->full = true;
        out->size = out->len;           /* so that pl_out_byte comes here */
        return false;
    }

    if (out->len > 0) {
        memcpy(data, out->data, out->len);
    }

    out->data = data;
    out->size = size;

    return true;
}


/* Valid sequences go as they are. */
static void
out_high(pl_out_t *out, const uint8_t *p, size_t len)
{
    bool    good;
    size_t  i, n, start;

    start = 0;

    for (i = 0; i < len; i += n) {
        n = pl_utf8_step(p + i, len - i, &good);

        if (!good) {
            pl_out_bytes(out, (pl_str_t) { p + start, i - start });
            pl_out_bytes(out, PL_STR("\xef\xbf\xbd"));
            start = i + n;
        }
    }

    if (len > start) {
        pl_out_bytes(out, (pl_str_t) { p + start, len - start });
    }
}


static void
out_escape(pl_out_t *out, uint8_t c)
{
    char  hex[3];

    pl_out_byte(out, '\\');

    if (text_special[c] != 1) {
        pl_out_byte(out, text_special[c]);
        return;
    }

    pl_hex_encode(&c, 1, hex);
    pl_out_bytes(out, PL_STR("u00"));
    pl_out_bytes(out, (pl_str_t) { (const uint8_t *) hex, 2 });
}


/* One escape; returns its length. The lexer has seen that it is whole. */
static size_t
text_escape(const uint8_t *p, size_t left, uint8_t **to)
{
    size_t    n;
    uint32_t  code;

    if (left < 2) {
        return left;
    }

    switch (p[1]) {

    case 'u':
        n = text_unicode(p, left, &code);
        *to = text_put(*to, code);
        return n;

    case 'b':
        code = '\b';
        break;

    case 'f':
        code = '\f';
        break;

    case 'n':
        code = '\n';
        break;

    case 'r':
        code = '\r';
        break;

    case 't':
        code = '\t';
        break;

    default:
        code = p[1];                    /* quote, solidus, backslash */
        break;
    }

    *(*to)++ = (uint8_t) code;

    return 2;
}


/* \u1234, or two of them that are a surrogate pair. */
static size_t
text_unicode(const uint8_t *p, size_t left, uint32_t *code)
{
    uint32_t  low;

    if (!pl_json_hex4(p, left, code)) {
        *code = TEXT_REPLACEMENT;
        return (left < TEXT_ESCAPE) ? left : TEXT_ESCAPE;
    }

    if (*code >= 0xd800 && *code <= 0xdbff
        && pl_json_hex4(p + TEXT_ESCAPE, left - TEXT_ESCAPE, &low)
        && low >= 0xdc00 && low <= 0xdfff)
    {
        *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
        return 2 * TEXT_ESCAPE;
    }

    if (*code == 0 || (*code >= 0xd800 && *code <= 0xdfff)) {
        *code = TEXT_REPLACEMENT;
    }

    return TEXT_ESCAPE;
}


static uint8_t *
text_put(uint8_t *to, uint32_t code)
{
    if (code < 0x80) {
        *to++ = (uint8_t) code;

    } else if (code < 0x800) {
        *to++ = (uint8_t) (0xc0 | code >> 6);
        *to++ = (uint8_t) (0x80 | (code & 0x3f));

    } else if (code < 0x10000) {
        *to++ = (uint8_t) (0xe0 | code >> 12);
        *to++ = (uint8_t) (0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t) (0x80 | (code & 0x3f));

    } else {
        *to++ = (uint8_t) (0xf0 | code >> 18);
        *to++ = (uint8_t) (0x80 | (code >> 12 & 0x3f));
        *to++ = (uint8_t) (0x80 | (code >> 6 & 0x3f));
        *to++ = (uint8_t) (0x80 | (code & 0x3f));
    }

    return to;
}
