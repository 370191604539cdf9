/*
 * JSON as it comes in, as far as its strings: what is none of those that are
 * looked for stays as it is, right or wrong; who reads it afterwards says so.
 * Only that it ends where its first value does is asked for, since a value
 * that was cut would else be taken for a whole one.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

#define JSON_DIGITS  5          /* of escape: four digits are to come */

static pl_status_t json_byte(pl_sift_t *s, const uint8_t *p, pl_err_t *err);
static pl_status_t json_open(pl_sift_t *s, uint8_t kind, pl_err_t *err);
static pl_status_t json_close(pl_sift_t *s, uint8_t kind, pl_err_t *err);
static size_t json_key(pl_sift_t *s, const uint8_t *p, size_t n);
static pl_status_t json_begin(pl_sift_t *s, pl_err_t *err);
static pl_status_t json_file(pl_sift_t *s, pl_err_t *err);
static size_t json_value(pl_sift_t *s, const uint8_t *p, size_t n,
    pl_status_t *rc, pl_err_t *err);
static pl_status_t json_end(pl_sift_t *s, pl_err_t *err);
static bool json_named(const pl_sift_json_t *j, const char *name);


pl_status_t
pl_sift_json_feed(pl_sift_t *s, const uint8_t *p, size_t n, pl_err_t *err)
{
    size_t           some;
    pl_status_t      rc = PL_OK;
    pl_sift_json_t  *j = &s->json;

    while (rc == PL_OK && n > 0) {

        if (j->in_value) {
            some = json_value(s, p, n, &rc, err);

        } else if (j->in_key) {
            some = json_key(s, p, n);
            rc = pl_sift_keep(s, &s->body, p, some, err);

        } else {
            some = 1;
            rc = json_byte(s, p, err);
        }

        p += some;
        n -= some;
    }

    return rc;
}


pl_status_t
pl_sift_json_end(pl_sift_t *s, pl_err_t *err)
{
    return s->json.depth == 0 && s->json.begun && !s->json.in_value
           ? PL_OK
           : pl_err_set(err, PL_INVALID, "sift", 0, "JSON that is cut");
}


/* Between strings. */

static pl_status_t
json_byte(pl_sift_t *s, const uint8_t *p, pl_err_t *err)
{
    pl_status_t      rc;
    pl_sift_json_t  *j = &s->json;

    rc = pl_sift_keep(s, &s->body, p, 1, err);
    if (rc != PL_OK) {
        return rc;
    }

    switch (*p) {

    case '{':
    case '[':
        return json_open(s, *p, err);

    case '}':
    case ']':
        return json_close(s, *p, err);

    case ',':
        j->is_key = j->depth > 0 && j->kinds[j->depth - 1] == '{';
        return PL_OK;

    case ':':
        j->is_key = false;
        return PL_OK;

    case '"':
        if (j->is_key) {
            j->in_key = true;
            j->n_key = 0;
            return PL_OK;
        }

        return json_begin(s, err);

    default:
        return PL_OK;
    }
}


static pl_status_t
json_open(pl_sift_t *s, uint8_t kind, pl_err_t *err)
{
    pl_sift_json_t  *j = &s->json;

    if (j->depth == PL_SIFT_NEST) {
        return pl_err_set(err, PL_INVALID, "sift", 0, "nested too deeply");
    }

    if (j->depth == 1) {
        j->in_list = kind == '[' && json_named(j, s->rules->list);
    }

    j->begun = true;
    j->kinds[j->depth++] = kind;
    j->is_key = kind == '{';

    return PL_OK;
}


static pl_status_t
json_close(pl_sift_t *s, uint8_t kind, pl_err_t *err)
{
    pl_sift_json_t  *j = &s->json;

    if (j->depth == 0
        || j->kinds[j->depth - 1] != (kind == '}' ? '{' : '['))
    {
        return pl_err_set(err, PL_INVALID, "sift", 0, "JSON without order");
    }

    j->depth--;
    j->in_list = j->in_list && j->depth > 1;
    j->is_key = false;

    return PL_OK;
}


/* Up to its end, the mark included; one with escapes is none of ours. */

static size_t
json_key(pl_sift_t *s, const uint8_t *p, size_t n)
{
    size_t           i;
    pl_sift_json_t  *j = &s->json;

    for (i = 0; i < n; i++) {

        if (j->escape == 0 && p[i] == '"') {
            j->in_key = false;
            j->key[j->n_key] = '\0';
            return i + 1;
        }

        j->escape = j->escape == 0 && p[i] == '\\';

        if (j->n_key < PL_SIFT_KEY) {
            j->key[j->n_key++] = (char) p[i];
        }
    }

    return n;
}


static pl_status_t
json_begin(pl_sift_t *s, pl_err_t *err)
{
    pl_str_t         name;
    pl_sift_json_t  *j = &s->json;

    j->begun = true;
    j->in_value = true;
    j->escape = 0;
    j->is_mail = false;
    memset(&j->value, 0, sizeof(j->value));
    j->value.left = &s->body;
    j->value.role = PL_SIFT_FIELD;
    j->value.outer.code = PL_SIFT_JSON;

    if (j->in_list && j->depth == 3 && j->kinds[2] == '{'
        && json_named(j, s->rules->content))
    {
        return json_file(s, err);
    }

    if (j->depth == 1 && j->kinds[0] == '{') {
        name = (pl_str_t) { (const uint8_t *) j->key, j->n_key };
        j->value.role = pl_sift_named(s, name, &j->is_mail, &j->value.type);
    }

    return j->is_mail ? pl_sift_mail_begin(s, PL_SIFT_JSON, err)
                      : pl_sift_value_begin(s, &j->value, err);
}


/* Its number stands in its place. */

static pl_status_t
json_file(pl_sift_t *s, pl_err_t *err)
{
    int          n;
    char         number[16];
    pl_status_t  rc;

    s->json.value.role = PL_SIFT_FILE;
    s->json.value.code.code = PL_SIFT_BASE64;
    n = snprintf(number, sizeof(number), "%zu", s->out.n_taken);

    rc = pl_sift_value_begin(s, &s->json.value, err);

    return rc == PL_OK && s->json.value.taken
           ? pl_sift_keep(s, &s->body, number, (size_t) n, err) : rc;
}


static size_t
json_value(pl_sift_t *s, const uint8_t *p, size_t n, pl_status_t *rc,
    pl_err_t *err)
{
    bool             whole = true;
    size_t           i = 0;
    pl_sift_json_t  *j = &s->json;

    if (j->escape == 0 && *p == '"') {
        *rc = json_end(s, err);
        return 1;
    }

    if (j->escape > 0) {
        j->escape = j->escape == 1 ? (*p == 'u' ? JSON_DIGITS : 0)
                    : j->escape == 2 ? 0 : j->escape - 1;
        whole = false;
        i = 1;

    } else if (*p == '\\') {
        j->escape = 1;
        whole = false;
        i = 1;

    } else {
        while (i < n && p[i] != '"' && p[i] != '\\') {
            i++;
        }
    }

    *rc = j->is_mail ? pl_sift_mail_bytes(s, p, i, err)
                     : pl_sift_value_bytes(s, &j->value, p, i, whole, err);

    return i;
}


static pl_status_t
json_end(pl_sift_t *s, pl_err_t *err)
{
    pl_status_t      rc;
    pl_sift_json_t  *j = &s->json;

    j->in_value = false;

    rc = j->is_mail ? pl_sift_mail_end(s, err)
                    : pl_sift_value_end(s, &j->value, err);

    return rc == PL_OK ? pl_sift_keep(s, &s->body, "\"", 1, err) : rc;
}


static bool
json_named(const pl_sift_json_t *j, const char *name)
{
    return name != NULL && strcmp(j->key, name) == 0;
}
