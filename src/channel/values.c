/*
 * See values.h. JSON is cut into its tokens and no more: of a body that was
 * set aside for its syntax the codec gives nothing.
 */

#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"
#include "values.h"

typedef struct {
    uint8_t      *bytes;                /* of the whole, decoded in place */
    pl_value_pt   is;
    void         *data;
    unsigned      depth;
} values_t;

static bool values_body(values_t *v, pl_str_t body);
static bool values_json(values_t *v, pl_str_t body);
static pl_str_t values_string(values_t *v, const uint8_t **p,
    const uint8_t *end);
static uint8_t *values_place(values_t *v, const uint8_t *at);
static size_t values_escape(const uint8_t **p, const uint8_t *end,
    uint8_t out[4]);
static bool values_colon(const uint8_t *p, const uint8_t *end);
static bool values_form(values_t *v, pl_str_t body);
static pl_str_t values_text(values_t *v, pl_str_t s);
static bool values_parts(values_t *v, pl_str_t body, pl_str_t boundary);
static pl_str_t values_name(pl_str_t disposition);
static bool values_headers(values_t *v, pl_str_t body);
static bool values_leaf(values_t *v, pl_str_t key, pl_str_t value);
static bool values_nests(pl_str_t key, pl_str_t value);
static bool values_number(uint8_t c);
static const uint8_t *values_mark(const uint8_t *p, const uint8_t *end);
static bool values_letter(uint8_t c);
static bool values_inner(uint8_t c);


bool
pl_values_find(uint8_t *body, size_t len, pl_value_pt is, void *data)
{
    values_t  v = { body, is, data, 0 };

    return values_body(&v, (pl_str_t) { body, len });
}


/* Marks are of a word only within it, but for the plus of a number. */

bool
pl_values_words(pl_str_t body, pl_value_pt is, void *data)
{
    bool            found = false;
    pl_str_t        word;
    const uint8_t  *p = body.data, *end = pl_mail_end(body), *last;

    while (!found && p < end) {

        if (!values_letter(*p)) {
            p = values_mark(p, end);
            continue;
        }

        word.data = p > body.data && p[-1] == '+' ? p - 1 : p;

        for (last = p; p < end && values_inner(*p); p++) {
            last = values_letter(*p) ? p : last;
        }

        word.len = (size_t) (last + 1 - word.data);
        found = is(data, PL_STR_NULL, word);
    }

    return found;
}


static bool
values_body(values_t *v, pl_str_t body)
{
    bool    found;
    size_t  head;

    body = pl_mail_trim(body);

    if (body.len == 0) {
        return false;
    }

    if (v->depth == PL_VALUES_DEPTH_MAX) {
        return pl_values_words(body, v->is, v->data);
    }

    v->depth++;

    for (head = 0; head < body.len && strchr("=:&\n", body.data[head]) == NULL;
         head++)
    {
        /* void */
    }

    if (body.data[0] == '{' || body.data[0] == '[') {
        found = values_json(v, body);

    } else if (head < body.len && body.data[head] == ':') {
        found = values_headers(v, body);

    } else {
        found = values_form(v, body);
    }

    v->depth--;

    return found;
}


static bool
values_json(values_t *v, pl_str_t body)
{
    bool            found = false;
    pl_str_t        key = PL_STR_NULL, value;
    const uint8_t  *p = body.data, *end = p + body.len;

    while (!found && p < end) {

        if (*p == '"') {
            p++;
            value = values_string(v, &p, end);

            if (values_colon(p, end)) {
                key = value;

            } else {
                found = values_leaf(v, key, value);
            }

        } else if (values_number(*p)) {
            value.data = p;

            while (p < end && values_number(*p)) {
                p++;
            }

            value.len = (size_t) (p - value.data);
            found = values_leaf(v, key, value);

        } else {
            p++;
        }
    }

    return found;
}


/* *p: behind the quote it begins with, then behind the one it ends with. */

static pl_str_t
values_string(values_t *v, const uint8_t **p, const uint8_t *end)
{
    bool            plain = true;
    size_t          n, len;
    uint8_t        *to, bytes[4];
    const uint8_t  *from = *p, *stop;

    for (/* void */; *p < end && **p != '"'; (*p)++) {
        if (**p == '\\' && *p + 1 < end) {
            (*p)++;
            plain = false;
        }
    }

    stop = *p;
    *p += *p < end;

    if (plain) {
        return (pl_str_t) { from, (size_t) (stop - from) };
    }

    to = values_place(v, from);

    for (len = 0; from < stop; len += n) {
        if (*from != '\\') {
            to[len] = *from++;
            n = 1;
            continue;
        }

        n = values_escape(&from, stop, bytes);
        memcpy(to + len, bytes, n);
    }

    return (pl_str_t) { to, len };
}


/* Where what is decoded goes: over what it was. */

static uint8_t *
values_place(values_t *v, const uint8_t *at)
{
    return v->bytes + (at - v->bytes);
}


/* No longer than what it stands for: \u0041 is six bytes, and three at most. */

static size_t
values_escape(const uint8_t **p, const uint8_t *end, uint8_t out[4])
{
    int        i;
    char       c;
    uint32_t   u = 0;

    static const char  from[] = "bfnrt", to[] = "\b\f\n\r\t";

    (*p)++;
    if (*p == end) {
        return 0;
    }

    c = (char) *(*p)++;

    if (c != 'u') {
        for (i = 0; from[i] != '\0' && from[i] != c; i++) {
            /* void */
        }

        out[0] = (uint8_t) (from[i] != '\0' ? to[i] : c);
        return 1;
    }

    for (i = 0; i < 4 && *p < end; i++, (*p)++) {
        c = (char) (**p | 0x20);
        u = u * 16 + (uint32_t) (c >= '0' && c <= '9' ? c - '0'
                                 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
    }

    return i < 4 ? 0 : pl_mail_utf8_put(u, out);
}


static bool
values_colon(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }

    return p < end && *p == ':';
}


static bool
values_form(values_t *v, pl_str_t body)
{
    bool      found = false;
    pl_str_t  name, value;

    if (body.data[0] == '-' && pl_mail_boundary(&body, &name)) {
        return values_parts(v, body, name);
    }

    while (!found && pl_mail_pair(&body, &name, &value)) {
        name = values_text(v, name);
        found = values_leaf(v, name, values_text(v, value));
    }

    return found;
}


static pl_str_t
values_text(values_t *v, pl_str_t s)
{
    uint8_t  *to = values_place(v, s.data);

    return (pl_str_t) { to, pl_mail_pair_text(s, to) };
}


static bool
values_parts(values_t *v, pl_str_t body, pl_str_t boundary)
{
    bool      found = false, last = false;
    pl_str_t  part, name, header, value;

    while (!found && !last && pl_mail_cut(&body, boundary, &part, &last)) {
        name = PL_STR_NULL;

        while (pl_mail_next(&part, &header, &value)) {
            if (pl_mail_same(header, "content-disposition")) {
                name = values_name(value);
            }
        }

        found = values_leaf(v, name, part);
    }

    return found;
}


/* form-data; name="text" */

static pl_str_t
values_name(pl_str_t disposition)
{
    pl_str_t        rest = disposition;
    const uint8_t  *p, *end = pl_mail_end(disposition);

    while (rest.len != 0 && (p = memchr(rest.data, ';', rest.len)) != NULL) {
        rest = (pl_str_t) { p + 1, (size_t) (end - p - 1) };
        rest = pl_mail_trim(rest);

        if (!pl_mail_starts(rest, "name=")) {
            continue;
        }

        p = rest.data + 5;
        p += p < end && *p == '"';

        for (rest.data = p; p < end && *p != '"' && *p != ';'; p++) {
            /* void */
        }

        return (pl_str_t) { rest.data, (size_t) (p - rest.data) };
    }

    return PL_STR_NULL;
}


static bool
values_headers(values_t *v, pl_str_t body)
{
    bool      found = false;
    pl_str_t  name, value;

    while (!found && pl_mail_next(&body, &name, &value)) {
        found = values_leaf(v, name, value);
    }

    return found;
}


static bool
values_leaf(values_t *v, pl_str_t key, pl_str_t value)
{
    return v->is(v->data, key, value)
           || (values_nests(key, value) && values_body(v, value));
}


/* Mail as such stands where it is said to be; words may look like it. */

static bool
values_nests(pl_str_t key, pl_str_t value)
{
    size_t  i;

    static const char *const  mails[] = {
        "email", "headers", "body-mime", "rawemail", "message-headers",
    };

    if (value.len == 0) {
        return false;
    }

    if (value.data[0] == '{' || value.data[0] == '[') {
        return true;
    }

    for (i = 0; i < PL_COUNT(mails); i++) {
        if (pl_mail_same(key, mails[i])) {
            return memchr(value.data, '\n', value.len) != NULL;
        }
    }

    return false;
}


static bool
values_number(uint8_t c)
{
    return (c >= '0' && c <= '9') || c == '+';
}


/* Behind a mark; with the letter of an escape, as \n, which is of no word. */

static const uint8_t *
values_mark(const uint8_t *p, const uint8_t *end)
{
    bool  escape = (*p++ == '\\');

    return p + (escape && p < end && strchr("bfnrt", *p) != NULL);
}


static bool
values_letter(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c >= 0x80;
}


/* RFC 5322's atext and '@', but for what forms and JSON cut with. */

static bool
values_inner(uint8_t c)
{
    return values_letter(c)
           || (c != '\0' && strchr("@.+-_!#$%'*/?^`~", c) != NULL);
}
