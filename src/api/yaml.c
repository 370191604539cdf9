/*
 * See yaml.h.
 */

#include <string.h>

#include "../core/str.h"
#include "yaml.h"

#define YAML_DEPTH_MAX  64
#define YAML_TEXT_MIN   4096

typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
    pl_text_t       out;
    unsigned        depth;
} yaml_t;

static bool yaml_value(yaml_t *y, bool inline_first);
static bool yaml_list(yaml_t *y, uint8_t open, bool inline_first);
static bool yaml_scalar(yaml_t *y);
static void yaml_key(yaml_t *y, pl_str_t key);
static bool yaml_string(yaml_t *y, pl_str_t *s);
static bool yaml_peek(yaml_t *y, uint8_t *c);
static void yaml_line(yaml_t *y, unsigned depth);


void
pl_text_add(pl_text_t *text, pl_str_t s)
{
    size_t    size;
    uint8_t  *data;

    if (s.len > text->size - text->len) {
        size = 2 * text->size + s.len + YAML_TEXT_MIN;
        data = pl_arena_alloc(text->ar, size);

        if (data == NULL) {
            text->full = true;
            return;
        }

        if (text->len != 0) {
            memcpy(data, text->data, text->len);
        }

        text->data = data;
        text->size = size;
    }

    if (s.len != 0) {
        memcpy(text->data + text->len, s.data, s.len);
        text->len += s.len;
    }
}


void
pl_text_c(pl_text_t *text, const char *s)
{
    pl_text_add(text, pl_str_c(s));
}


void
pl_text_json(pl_text_t *text, const char *s)
{
    pl_text_c(text, "\"");

    for (/* void */; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            pl_text_c(text, "\\");
        }

        pl_text_add(text, (pl_str_t) { (const uint8_t *) s, 1 });
    }

    pl_text_c(text, "\"");
}


pl_status_t
pl_yaml(pl_arena_t *ar, pl_str_t json, pl_str_t *out, pl_err_t *err)
{
    yaml_t  y;

    memset(&y, 0, sizeof(y));
    y.p = json.data;
    y.end = json.data + json.len;
    y.out.ar = ar;

    if (!yaml_value(&y, true)) {
        return pl_err_set(err, PL_INVALID, "yaml", 0, "no JSON");
    }

    pl_text_c(&y.out, "\n");

    *out = (pl_str_t) { y.out.data, y.out.len };

    return y.out.full ? pl_err_set(err, PL_NOMEM, "yaml", 0, "out of memory")
                      : PL_OK;
}


/* inline_first: the first line is under way already, behind "- ". */

static bool
yaml_value(yaml_t *y, bool inline_first)
{
    uint8_t  c;

    if (!yaml_peek(y, &c)) {
        return false;
    }

    if (c == '{' || c == '[') {
        return yaml_list(y, c, inline_first);
    }

    return yaml_scalar(y);
}


static bool
yaml_list(yaml_t *y, uint8_t open, bool inline_first)
{
    bool      first = true;
    uint8_t   c, close = open == '{' ? '}' : ']';
    pl_str_t  key;

    y->p++;

    if (!yaml_peek(y, &c) || ++y->depth > YAML_DEPTH_MAX) {
        return false;
    }

    if (c == close) {
        pl_text_c(&y->out, inline_first ? "" : " ");
        pl_text_c(&y->out, open == '{' ? "{}" : "[]");
        y->p++;
        y->depth--;
        return true;
    }

    for ( ;; ) {
        if (!first || !inline_first) {
            yaml_line(y, y->depth - 1);
        }

        first = false;

        if (open == '{') {
            if (!yaml_string(y, &key) || !yaml_peek(y, &c) || c != ':') {
                return false;
            }

            y->p++;
            yaml_key(y, key);

        } else {
            pl_text_c(&y->out, "- ");
        }

        if (!yaml_peek(y, &c)) {
            return false;
        }

        if (open == '{' && c != '{' && c != '[') {
            pl_text_c(&y->out, " ");
        }

        if (!yaml_value(y, open == '[') || !yaml_peek(y, &c)) {
            return false;
        }

        y->p++;

        if (c == close) {
            y->depth--;
            return true;
        }

        if (c != ',') {
            return false;
        }
    }
}


static bool
yaml_scalar(yaml_t *y)
{
    pl_str_t        s;
    const uint8_t  *from = y->p;

    if (*y->p == '"') {
        if (!yaml_string(y, &s)) {
            return false;
        }

    } else {
        while (y->p < y->end && strchr(",]} \n\t\r", *y->p) == NULL) {
            y->p++;
        }
    }

    pl_text_add(&y->out, (pl_str_t) { from, (size_t) (y->p - from) });

    return y->p > from;
}


/* Bare where that is a name, and no word that YAML takes for another value. */

static void
yaml_key(yaml_t *y, pl_str_t key)
{
    size_t   i;
    bool     bare = key.len > 2;
    uint8_t  c;

    static const char *const  words[] = {
        "yes", "off", "null", "true", "false", "Yes", "Off", "Null", "True",
        "False",
    };

    for (i = 0; i < key.len; i++) {
        c = key.data[i];
        bare = bare && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                        || c == '_' || c == '/'
                        || (i != 0 && ((c >= '0' && c <= '9') || c == '-'
                                       || c == '.')));
    }

    for (i = 0; i < PL_COUNT(words); i++) {
        bare = bare && !pl_str_eq(key, pl_str_c(words[i]));
    }

    pl_text_c(&y->out, bare ? "" : "\"");
    pl_text_add(&y->out, key);
    pl_text_c(&y->out, bare ? ":" : "\":");
}


static bool
yaml_string(yaml_t *y, pl_str_t *s)
{
    uint8_t  c;

    if (!yaml_peek(y, &c) || c != '"') {
        return false;
    }

    s->data = ++y->p;

    while (y->p < y->end && *y->p != '"') {
        y->p += *y->p == '\\' ? 2 : 1;
    }

    if (y->p >= y->end) {
        return false;
    }

    s->len = (size_t) (y->p - s->data);
    y->p++;

    return true;
}


static bool
yaml_peek(yaml_t *y, uint8_t *c)
{
    while (y->p < y->end && (*y->p == ' ' || *y->p == '\n' || *y->p == '\t'
                             || *y->p == '\r'))
    {
        y->p++;
    }

    *c = y->p < y->end ? *y->p : 0;

    return y->p < y->end;
}


static void
yaml_line(yaml_t *y, unsigned depth)
{
    pl_text_c(&y->out, "\n");

    while (depth-- > 0) {
        pl_text_c(&y->out, "  ");
    }
}
