/*
 * Text of files that people write: what would be read as U+FFFD is refused
 * with its place instead, since nobody means it. A byte order mark, bytes
 * that are no UTF-8 (comments included), and escapes that stand for U+0000
 * or for half a surrogate pair.
 *
 * One pass before the parser, which tells what else is wrong; so here it is
 * known only what stands between quotes, and what in comments.
 */

#include <string.h>

#include "json_impl.h"
#include "str.h"

#define STRICT_ESCAPE  6                /* \u1234 */

static const char *strict_find(pl_str_t json, bool comments, size_t *at);
static const char *strict_step(pl_str_t json, size_t at, bool string,
    size_t *len);
static const char *strict_escape(const uint8_t *p, size_t left, size_t *len);
static size_t strict_comment(pl_str_t json, size_t at);


bool
pl_json_strict(const pl_reader_t *rd, pl_err_t *err)
{
    size_t       at;
    const char  *why;

    if ((rd->flags & PL_JSON_STRICT) == 0) {
        return true;
    }

    why = strict_find(rd->json, (rd->flags & PL_JSON_COMMENTS) != 0, &at);

    if (why == NULL) {
        return true;
    }

    (void) pl_err_set(err, PL_INVALID, "decode", 0, "%s", why);
    pl_reader_place(rd, at, err);

    return false;
}


/* Why, and where it first stands; NULL: there is nothing of it. */

static const char *
strict_find(pl_str_t json, bool comments, size_t *at)
{
    bool         string = false;
    size_t       i, len, end = 0;
    const char  *why;

    if (json.len >= 3 && memcmp(json.data, "\xef\xbb\xbf", 3) == 0) {
        *at = 0;
        return "it begins with a byte order mark: save it without one";
    }

    for (i = 0; i < json.len; i += len) {
        if (comments && !string && i >= end && json.data[i] == '/') {
            end = strict_comment(json, i);
        }

        why = strict_step(json, i, string, &len);

        if (why != NULL) {
            *at = i;
            return why;
        }

        if (json.data[i] == '"' && i >= end) {
            string = !string;
        }
    }

    return NULL;
}


/* NULL: nothing is wrong with what stands there, of so many bytes. */

static const char *
strict_step(pl_str_t json, size_t at, bool string, size_t *len)
{
    bool            good;
    size_t          left = json.len - at;
    const uint8_t  *p = json.data + at;

    *len = 1;

    if (string && p[0] == '\\') {
        return strict_escape(p, left, len);
    }

    if (p[0] < 0x80) {
        return NULL;            /* U+0000 is the parser's */
    }

    *len = pl_utf8_step(p, left, &good);

    return good ? NULL : "this byte is no UTF-8: save the file as UTF-8";
}


static const char *
strict_escape(const uint8_t *p, size_t left, size_t *len)
{
    uint32_t  code, low;

    *len = left < 2 ? left : 2;

    if (!pl_json_hex4(p, left, &code)) {
        return NULL;
    }

    *len = STRICT_ESCAPE;

    if (code == 0) {
        return "\\u0000 is no character of a text";
    }

    if (code < 0xd800 || code > 0xdfff) {
        return NULL;
    }

    if (code > 0xdbff
        || !pl_json_hex4(p + STRICT_ESCAPE, left - STRICT_ESCAPE, &low)
        || low < 0xdc00 || low > 0xdfff)
    {
        return "half a surrogate pair is no character";
    }

    *len = 2 * STRICT_ESCAPE;

    return NULL;
}


/* Where a comment that begins there ends; no comment: there. */

static size_t
strict_comment(pl_str_t json, size_t at)
{
    size_t  i;

    if (at + 1 >= json.len
        || (json.data[at + 1] != '*' && json.data[at + 1] != '/'))
    {
        return at;
    }

    for (i = at + 2; i < json.len; i++) {
        if (json.data[at + 1] == '/' ? json.data[i] == '\n'
            : json.data[i] == '/' && json.data[i - 1] == '*' && i > at + 2)
        {
            return i + 1;
        }
    }

    return json.len;
}
