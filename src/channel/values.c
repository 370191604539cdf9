/*
 * See values.h. JSON is cut into its tokens and no more: of a body that was
 * set aside for its syntax the codec gives nothing.
 */

#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"
#include "values.h"

typedef struct {
    pl_arena_t   *ar;
    pl_value_pt   is;
    void         *data;
    unsigned      depth;
    bool          found;
} values_t;

static pl_status_t values_body(values_t *v, pl_str_t body);
static pl_status_t values_json(values_t *v, pl_str_t body);
static pl_status_t values_string(values_t *v, const uint8_t **p,
    const uint8_t *end, pl_str_t *out);
static size_t values_escape(const uint8_t **p, const uint8_t *end,
    uint8_t out[4]);
static bool values_colon(const uint8_t *p, const uint8_t *end);
static pl_status_t values_form(values_t *v, pl_str_t body);
static pl_status_t values_headers(values_t *v, pl_str_t body);
static pl_status_t values_leaf(values_t *v, pl_str_t key, pl_str_t value);
static bool values_nests(pl_str_t key, pl_str_t value);
static bool values_number(uint8_t c);


pl_status_t
pl_values_find(pl_str_t body, pl_arena_t *ar, pl_value_pt is, void *data,
    bool *found)
{
    values_t     v = { ar, is, data, 0, false };
    pl_status_t  rc;

    rc = values_body(&v, body);
    *found = v.found;

    return rc;
}


static pl_status_t
values_body(values_t *v, pl_str_t body)
{
    size_t       head;
    pl_status_t  rc;

    body = pl_mail_trim(body);

    if (body.len == 0 || v->depth == PL_VALUES_DEPTH_MAX) {
        return PL_OK;
    }

    v->depth++;

    for (head = 0; head < body.len && strchr("=:&\n", body.data[head]) == NULL;
         head++)
    {
        /* void */
    }

    if (body.data[0] == '{' || body.data[0] == '[') {
        rc = values_json(v, body);

    } else if (head < body.len && body.data[head] == ':') {
        rc = values_headers(v, body);

    } else {
        rc = values_form(v, body);
    }

    v->depth--;

    return rc;
}


static pl_status_t
values_json(values_t *v, pl_str_t body)
{
    pl_str_t        key = PL_STR_NULL, value;
    pl_status_t     rc = PL_OK;
    const uint8_t  *p = body.data, *end = p + body.len;

    while (rc == PL_OK && !v->found && p < end) {

        if (*p == '"') {
            p++;
            rc = values_string(v, &p, end, &value);

            if (rc == PL_OK && values_colon(p, end)) {
                key = value;

            } else if (rc == PL_OK) {
                rc = values_leaf(v, key, value);
            }

        } else if (values_number(*p)) {
            value.data = p;

            while (p < end && values_number(*p)) {
                p++;
            }

            value.len = (size_t) (p - value.data);
            rc = values_leaf(v, key, value);

        } else {
            p++;
        }
    }

    return rc;
}


/* *p: behind the quote it begins with, then behind the one it ends with. */

static pl_status_t
values_string(values_t *v, const uint8_t **p, const uint8_t *end,
    pl_str_t *out)
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

    out->data = from;
    out->len = (size_t) (*p - from);
    stop = *p;
    *p += *p < end;

    if (plain) {
        return PL_OK;
    }

    to = pl_arena_alloc(v->ar, out->len);
    if (to == NULL) {
        return PL_NOMEM;
    }

    for (len = 0; from < stop; len += n) {
        if (*from != '\\') {
            to[len] = *from++;
            n = 1;
            continue;
        }

        n = values_escape(&from, stop, bytes);
        memcpy(to + len, bytes, n);
    }

    out->data = to;
    out->len = len;

    return PL_OK;
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


static pl_status_t
values_form(values_t *v, pl_str_t body)
{
    size_t           i;
    pl_status_t      rc;
    pl_mail_form_t   form;

    rc = pl_mail_form(body, v->ar, &form);

    for (i = 0; rc == PL_OK && !v->found && i < form.n; i++) {
        rc = values_leaf(v, form.fields[i].name, form.fields[i].value);
    }

    return rc;
}


static pl_status_t
values_headers(values_t *v, pl_str_t body)
{
    pl_str_t     name, value;
    pl_status_t  rc = PL_OK;

    while (rc == PL_OK && !v->found && pl_mail_next(&body, &name, &value)) {
        rc = values_leaf(v, name, value);
    }

    return rc;
}


static pl_status_t
values_leaf(values_t *v, pl_str_t key, pl_str_t value)
{
    v->found = v->is(v->data, key, value);

    return v->found || !values_nests(key, value) ? PL_OK
                                                 : values_body(v, value);
}


/* Mail as such stands where it is said to be; words may look like it. */

static bool
values_nests(pl_str_t key, pl_str_t value)
{
    size_t  i;

    static const char *const  mails[] = {
        "email", "headers", "body-mime", "RawEmail", "message-headers",
    };

    if (value.len != 0 && (value.data[0] == '{' || value.data[0] == '[')) {
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
