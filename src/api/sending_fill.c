/*
 * Variables in what is said, as flows have them: {{name}}, and
 * {{name|there}} with what stands there where nobody gave a value. One pass:
 * what a variable brings in is copied and never looked at again. A name that
 * nobody gave and that has no fallback is a mistake, never a hole.
 *
 * Braces around anything that is no name are text. What closes a placeholder
 * is looked for once, however many braces stand before it, so that a text of
 * nothing but braces takes no longer than another.
 */

#include <string.h>

#include "../core/str.h"
#include "sending.h"

/* A placeholder. */
typedef struct {
    pl_str_t     name;
    pl_str_t     fallback;      /* data NULL: none */
    const char  *open;          /* its first brace */
    const char  *end;           /* behind it */
} fill_word_t;

/* Bytes that are counted, and written where there is room. */
typedef struct {
    char    *data;              /* NULL: only counted */
    size_t   len;
} fill_out_t;

static pl_status_t fill_pass(const pl_sending_t *s, const char *text,
    size_t most, fill_out_t *out, pl_str_t *missing);
static bool fill_next(const char *p, fill_word_t *word);
static const char *fill_pair(const char *p, char c);
static bool fill_word(const char *open, const char *close,
    fill_word_t *word);
static bool fill_letter(char c);
static pl_str_t fill_value(const pl_sending_t *s, pl_str_t name);
static void fill_add(fill_out_t *out, const void *data, size_t len);


pl_status_t
pl_sending_fill(pl_api_call_t *call, const pl_sending_t *s, const char *text,
    size_t most, char **filled, const char **missing)
{
    pl_str_t      name = PL_STR_NULL;
    fill_out_t    out = { NULL, 0 };
    pl_status_t   rc;

    *filled = NULL;
    *missing = NULL;

    rc = fill_pass(s, text, most, &out, &name);

    if (rc == PL_NOTFOUND) {
        *missing = pl_arena_str(call->ar, name);
        return *missing != NULL ? rc : PL_NOMEM;
    }

    if (rc != PL_OK) {
        return rc;
    }

    out.data = pl_arena_alloc(call->ar, out.len + 1);
    if (out.data == NULL) {
        return PL_NOMEM;
    }

    *filled = out.data;
    out.len = 0;
    (void) fill_pass(s, text, most, &out, &name);     /* as before */
    out.data[out.len] = '\0';

    return PL_OK;
}


static pl_status_t
fill_pass(const pl_sending_t *s, const char *text, size_t most,
    fill_out_t *out, pl_str_t *missing)
{
    pl_str_t      value;
    const char   *p;
    fill_word_t   word;

    for (p = text; fill_next(p, &word); p = word.end) {
        fill_add(out, p, (size_t) (word.open - p));

        value = fill_value(s, word.name);

        if (value.data == NULL) {
            value = word.fallback;
        }

        if (value.data == NULL) {
            *missing = word.name;
            return PL_NOTFOUND;
        }

        fill_add(out, value.data, value.len);

        if (out->len > most) {
            return PL_TOOBIG;
        }
    }

    fill_add(out, p, strlen(p));

    return out->len > most ? PL_TOOBIG : PL_OK;
}


static bool
fill_next(const char *p, fill_word_t *word)
{
    const char  *close = NULL;

    for ( ;; ) {
        p = fill_pair(p, '{');

        if (p == NULL) {
            return false;
        }

        if (close == NULL || close < p + 2) {
            close = fill_pair(p + 2, '}');
        }

        if (close == NULL) {
            return false;               /* for none of those that follow */
        }

        if (fill_word(p, close, word)) {
            return true;
        }

        p++;
    }
}


/* Two of them side by side, or NULL; it looks no further than these. */

static const char *
fill_pair(const char *p, char c)
{
    for ( /* void */ ; *p != '\0'; p++) {
        if (p[0] == c && p[1] == c) {
            return p;
        }
    }

    return NULL;
}


/* close: the first one behind its braces. */

static bool
fill_word(const char *open, const char *close, fill_word_t *word)
{
    const char  *p = open + 2;

    while (*p == ' ') {
        p++;
    }

    word->open = open;
    word->name.data = (const uint8_t *) p;

    while (fill_letter(*p)) {
        p++;
    }

    word->name.len = (size_t) (p - (const char *) word->name.data);
    word->fallback = PL_STR_NULL;

    while (*p == ' ') {
        p++;
    }

    if (word->name.len == 0 || (*p != '|' && p != close)) {
        return false;
    }

    if (*p == '|') {
        word->fallback.data = (const uint8_t *) p + 1;
        word->fallback.len = (size_t) (close - p - 1);
    }

    word->end = close + 2;

    return true;
}


static bool
fill_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}


/* Of one recipient first. data NULL: nobody gave it. */

static pl_str_t
fill_value(const pl_sending_t *s, pl_str_t name)
{
    size_t  i;

    for (i = 0; i < s->n_own; i++) {
        if (pl_str_eq(pl_str_c(s->own[i]->name), name)) {
            return pl_str_c(s->own[i]->value);
        }
    }

    for (i = 0; i < s->n_variables; i++) {
        if (pl_str_eq(pl_str_c(s->variables[i]->name), name)) {
            return pl_str_c(s->variables[i]->value);
        }
    }

    return PL_STR_NULL;
}


static void
fill_add(fill_out_t *out, const void *data, size_t len)
{
    if (out->data != NULL) {
        memcpy(out->data + out->len, data, len);
    }

    out->len += len;
}
