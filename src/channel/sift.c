/*
 * A body as it streams by: which kind it is, and what a value of it becomes.
 * See sift.h.
 */

#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

static pl_status_t sift_kind(pl_sift_t *s, uint8_t first, pl_err_t *err);
static pl_status_t sift_open(pl_sift_t *s, pl_sift_value_t *v,
    pl_err_t *err);
static pl_status_t sift_spill(pl_sift_t *s, pl_sift_value_t *v,
    pl_err_t *err);
static pl_status_t sift_decoded(pl_sift_t *s, pl_sift_value_t *v,
    const uint8_t *bytes, size_t n, pl_err_t *err);
static pl_status_t sift_stage(pl_sift_t *s, const uint8_t *bytes, size_t n,
    pl_err_t *err);
static pl_status_t sift_flush(pl_sift_t *s, pl_err_t *err);
static size_t sift_room(const pl_sift_value_t *v, size_t max,
    const uint8_t *bytes, size_t n, bool whole);


pl_sift_t *
pl_sift_create(const pl_sift_rules_t *rules, const pl_sift_sink_t *sink,
    pl_arena_t *ar)
{
    pl_sift_t  *s;

    s = pl_arena_zalloc(ar, sizeof(*s));
    if (s == NULL) {
        return NULL;
    }

    s->rules = rules;
    s->sink = sink;
    s->ar = ar;
    s->body.buf.ar = ar;
    s->mail.buf.ar = ar;
    s->mail.mail = true;

    return s;
}


pl_status_t
pl_sift_feed(pl_sift_t *s, const uint8_t *bytes, size_t n, pl_err_t *err)
{
    pl_status_t  rc;

    if (n == 0) {
        return PL_OK;
    }

    if (s->as == PL_SIFT_AS_UNKNOWN) {
        rc = sift_kind(s, bytes[0], err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    switch (s->as) {
    case PL_SIFT_AS_JSON:
        return pl_sift_json_feed(s, bytes, n, err);
    case PL_SIFT_AS_FORM:
        return pl_sift_form_feed(s, bytes, n, err);
    case PL_SIFT_AS_PARTS:
        return pl_sift_mime_feed(s->parts, bytes, n, err);
    default:
        return pl_sift_keep(s, &s->body, bytes, n, err);
    }
}


/* As who decodes it tells them apart: by the first byte. */

static pl_status_t
sift_kind(pl_sift_t *s, uint8_t first, pl_err_t *err)
{
    s->as = s->rules->json || first == '{' ? PL_SIFT_AS_JSON
            : first == '[' ? PL_SIFT_AS_IS
            : first == '-' ? PL_SIFT_AS_PARTS : PL_SIFT_AS_FORM;

    if (s->as == PL_SIFT_AS_PARTS) {
        s->parts = pl_sift_mime_create(s, &s->body, true);

        if (s->parts == NULL) {
            return pl_err_set(err, PL_NOMEM, "sift", 0, "no memory");
        }
    }

    return PL_OK;
}


pl_status_t
pl_sift_end(pl_sift_t *s, const pl_sifted_t **out, pl_err_t *err)
{
    pl_status_t  rc;

    rc = s->as == PL_SIFT_AS_JSON ? pl_sift_json_end(s, err)
         : s->as == PL_SIFT_AS_FORM ? pl_sift_form_end(s, err)
         : s->as == PL_SIFT_AS_PARTS ? pl_sift_mime_end(s->parts, err)
         : PL_OK;

    s->out.body = (pl_str_t) { s->body.buf.data, s->body.buf.len };
    s->out.mail = (pl_str_t) { s->mail.buf.data, s->mail.buf.len };
    s->out.has_mail = s->had_mail;
    *out = &s->out;

    return rc;
}


pl_status_t
pl_sift_keep(pl_sift_t *s, pl_sift_left_t *left, const void *bytes, size_t n,
    pl_err_t *err)
{
    if (n > PL_SIFT_LEFT_MAX - s->body.buf.len - s->mail.buf.len) {
        return pl_err_set(err, PL_TOOBIG, "sift", 0,
                          "more than %u bytes that are no file's",
                          PL_SIFT_LEFT_MAX);
    }

    pl_mail_buf_add(&left->buf, bytes, n);

    return left->buf.full ? pl_err_set(err, PL_NOMEM, "sift", 0, "no memory")
                          : PL_OK;
}


/* ---- a value -------------------------------------------------------- */

pl_sift_role_e
pl_sift_named(const pl_sift_t *s, pl_str_t name, bool *mail,
    const char **type)
{
    const pl_sift_rules_t  *rules = s->rules;

    *mail = rules->mail != NULL && pl_str_eq(name, pl_str_c(rules->mail));
    *type = rules->text != NULL && pl_str_eq(name, pl_str_c(rules->text))
            ? "text/plain"
            : rules->html != NULL && pl_str_eq(name, pl_str_c(rules->html))
              ? "text/html" : NULL;

    return *type != NULL ? PL_SIFT_TEXT : PL_SIFT_FIELD;
}


/* Past what can be told of a mail, a file is left out: `cut`, as it is read. */

pl_status_t
pl_sift_value_begin(pl_sift_t *s, pl_sift_value_t *v, pl_err_t *err)
{
    v->at = v->left->buf.len;
    v->cut = false;
    v->taken = false;

    if (v->role != PL_SIFT_FILE) {
        return PL_OK;
    }

    if (s->out.n_taken == PL_SIFT_FILES_MAX) {
        v->role = PL_SIFT_DROP;
        return PL_OK;
    }

    return sift_open(s, v, err);
}


static pl_status_t
sift_open(pl_sift_t *s, pl_sift_value_t *v, pl_err_t *err)
{
    pl_taken_t  *row = &s->out.taken[s->out.n_taken];

    memset(row, 0, sizeof(*row));
    row->at = v->at;
    row->in_mail = v->left->mail;
    row->type = v->role == PL_SIFT_TEXT ? v->type : NULL;
    v->taken = true;
    s->staged = 0;

    return s->sink != NULL ? s->sink->begin(s->sink->data, err) : PL_OK;
}


pl_status_t
pl_sift_value_bytes(pl_sift_t *s, pl_sift_value_t *v, const uint8_t *bytes,
    size_t n, bool whole, pl_err_t *err)
{
    size_t       fits = 0;
    pl_status_t  rc = PL_OK;

    if ((v->role == PL_SIFT_TEXT || v->role == PL_SIFT_FIELD) && !v->cut) {

        fits = sift_room(v, v->role == PL_SIFT_TEXT ? PL_SIFT_TEXT_MAX
                                                    : PL_SIFT_FIELD_MAX,
                         bytes, n, whole);
        rc = pl_sift_keep(s, v->left, bytes, fits, err);

        if (rc == PL_OK && fits < n) {
            v->cut = true;
            rc = v->role == PL_SIFT_TEXT ? sift_spill(s, v, err) : PL_OK;
        }
    }

    return rc == PL_OK && v->taken && fits < n
           ? sift_decoded(s, v, bytes + fits, n - fits, err) : rc;
}


/* How many of them stay: up to the limit, and to where it may be cut. */

static size_t
sift_room(const pl_sift_value_t *v, size_t max, const uint8_t *bytes,
    size_t n, bool whole)
{
    size_t  had = v->left->buf.len - v->at, i;

    if (!whole) {
        return n;
    }

    i = had < max ? max - had : 0;

    while (i < n && (bytes[i] & 0xc0) == 0x80) {
        i++;
    }

    return i < n ? i : n;
}


/* What stays of it is the beginning of the file. */

static pl_status_t
sift_spill(pl_sift_t *s, pl_sift_value_t *v, pl_err_t *err)
{
    pl_status_t  rc;

    if (s->out.n_taken == PL_SIFT_FILES_MAX) {
        return PL_OK;
    }

    rc = sift_open(s, v, err);

    return rc == PL_OK
           ? sift_decoded(s, v, v->left->buf.data + v->at,
                          v->left->buf.len - v->at, err)
           : rc;
}


static pl_status_t
sift_decoded(pl_sift_t *s, pl_sift_value_t *v, const uint8_t *bytes,
    size_t n, pl_err_t *err)
{
    size_t       some, len;
    pl_status_t  rc = PL_OK;

    while (rc == PL_OK && n > 0) {
        some = n < 4096 ? n : 4096;
        len = pl_sift_decode(&v->outer, bytes, some, s->bytes);
        len = pl_sift_decode(&v->code, s->bytes, len, s->twice);
        rc = sift_stage(s, s->twice, len, err);
        bytes += some;
        n -= some;
    }

    return rc;
}


pl_status_t
pl_sift_value_end(pl_sift_t *s, pl_sift_value_t *v, pl_err_t *err)
{
    size_t       len;
    pl_taken_t  *row;
    pl_status_t  rc;

    if (!v->taken) {
        return PL_OK;
    }

    len = pl_sift_decode_end(&v->outer, s->bytes);
    len = pl_sift_decode(&v->code, s->bytes, len, s->twice);
    rc = sift_stage(s, s->twice, len, err);

    if (rc == PL_OK) {
        len = pl_sift_decode_end(&v->code, s->twice);
        rc = sift_stage(s, s->twice, len, err);
    }

    if (rc == PL_OK) {
        rc = sift_flush(s, err);
    }

    v->taken = false;
    row = &s->out.taken[s->out.n_taken++];
    row->bytes = s->staged;

    return rc == PL_OK && s->sink != NULL
           ? s->sink->end(s->sink->data, row->name, err) : rc;
}


static pl_status_t
sift_stage(pl_sift_t *s, const uint8_t *bytes, size_t n, pl_err_t *err)
{
    pl_status_t  rc = PL_OK;

    s->staged += n;

    if (n > sizeof(s->stage) - s->n_stage) {
        rc = sift_flush(s, err);
    }

    if (n != 0) {
        memcpy(s->stage + s->n_stage, bytes, n);
        s->n_stage += n;
    }

    return rc;
}


static pl_status_t
sift_flush(pl_sift_t *s, pl_err_t *err)
{
    size_t  n = s->n_stage;

    s->n_stage = 0;

    return s->sink != NULL && n > 0
           ? s->sink->write(s->sink->data, s->stage, n, err) : PL_OK;
}


/* ---- the mail within ------------------------------------------------ */

pl_status_t
pl_sift_mail_begin(pl_sift_t *s, pl_sift_code_e code, pl_err_t *err)
{
    if (s->had_mail) {
        return pl_err_set(err, PL_INVALID, "sift", 0, "two whole mails");
    }

    s->had_mail = true;
    memset(&s->carried, 0, sizeof(s->carried));
    s->carried.code = code;
    s->whole = pl_sift_mime_create(s, &s->mail, false);

    return s->whole != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "sift", 0, "no memory");
}


pl_status_t
pl_sift_mail_bytes(pl_sift_t *s, const uint8_t *bytes, size_t n,
    pl_err_t *err)
{
    size_t       some, len;
    uint8_t      plain[4096 + PL_SIFT_MORE];
    pl_status_t  rc = PL_OK;

    while (rc == PL_OK && n > 0) {
        some = n < 4096 ? n : 4096;
        len = pl_sift_decode(&s->carried, bytes, some, plain);
        rc = pl_sift_mime_feed(s->whole, plain, len, err);
        bytes += some;
        n -= some;
    }

    return rc;
}


pl_status_t
pl_sift_mail_end(pl_sift_t *s, pl_err_t *err)
{
    size_t       len;
    uint8_t      plain[PL_SIFT_MORE];
    pl_status_t  rc;

    len = pl_sift_decode_end(&s->carried, plain);
    rc = pl_sift_mime_feed(s->whole, plain, len, err);

    return rc == PL_OK ? pl_sift_mime_end(s->whole, err) : rc;
}
