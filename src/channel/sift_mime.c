/*
 * What has boundaries (RFC 2046): a form with files, and a whole mail. By
 * lines, since a boundary is one: the end of the line before it belongs to it,
 * and is held until it is known what follows. An outer boundary ends whatever
 * is within.
 *
 * What stands before the first part and behind the last is left out. Behind a
 * file's headers a line's end is put where there was none, so that its place
 * is where its bytes would stand.
 */

#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

static size_t mime_hold(pl_sift_mime_t *m, const uint8_t *p, size_t n,
    bool *done);
static pl_status_t mime_line(pl_sift_mime_t *m, pl_err_t *err);
static pl_status_t mime_loose(pl_sift_mime_t *m, pl_err_t *err);
static pl_status_t mime_first(pl_sift_mime_t *m, pl_err_t *err);
static bool mime_boundary(const pl_sift_mime_t *m, size_t *level,
    bool *last);
static pl_status_t mime_cut(pl_sift_mime_t *m, size_t level, bool last,
    pl_err_t *err);
static pl_status_t mime_run(pl_sift_mime_t *m, const uint8_t *p, size_t n,
    pl_err_t *err);
static pl_status_t mime_headers(pl_sift_mime_t *m, const uint8_t *p,
    size_t n, pl_err_t *err);
static pl_status_t mime_part(pl_sift_mime_t *m, pl_err_t *err);
static pl_status_t mime_body(pl_sift_mime_t *m, const uint8_t *p, size_t n,
    pl_err_t *err);
static pl_status_t mime_bytes(pl_sift_mime_t *m, const uint8_t *p, size_t n,
    pl_err_t *err);
static pl_status_t mime_value_end(pl_sift_mime_t *m, pl_err_t *err);
static pl_status_t mime_push(pl_sift_mime_t *m, pl_str_t boundary,
    pl_err_t *err);


pl_sift_mime_t *
pl_sift_mime_create(pl_sift_t *sift, pl_sift_left_t *left, bool form)
{
    pl_sift_mime_t  *m = pl_arena_zalloc(sift->ar, sizeof(*m));

    if (m == NULL) {
        return NULL;
    }

    m->head = pl_arena_alloc(sift->ar, PL_SIFT_HEAD);
    if (m->head == NULL) {
        return NULL;
    }

    m->sift = sift;
    m->left = left;
    m->form = form;
    m->state = form ? PL_SIFT_FIRST : PL_SIFT_HEADERS;
    m->bol = true;
    m->blank = true;

    return m;
}


pl_status_t
pl_sift_mime_feed(pl_sift_mime_t *m, const uint8_t *p, size_t n,
    pl_err_t *err)
{
    bool            done;
    size_t          some;
    pl_status_t     rc = PL_OK;
    const uint8_t  *end;

    while (rc == PL_OK && n > 0) {

        if (m->n_line > 0 || m->state == PL_SIFT_FIRST
            || (m->bol && m->depth > 0 && *p == '-'))
        {
            some = mime_hold(m, p, n, &done);
            rc = done ? mime_line(m, err) : PL_OK;

        } else {
            end = memchr(p, '\n', n);
            some = end == NULL ? n : (size_t) (end + 1 - p);
            rc = mime_run(m, p, some, err);
        }

        p += some;
        n -= some;
    }

    return rc;
}


pl_status_t
pl_sift_mime_end(pl_sift_mime_t *m, pl_err_t *err)
{
    pl_status_t  rc;

    if (m->state == PL_SIFT_FIRST) {
        return pl_err_set(err, PL_INVALID, "sift", 0, "no boundary");
    }

    rc = m->n_line > 0 ? mime_line(m, err) : PL_OK;

    if (rc == PL_OK && m->state == PL_SIFT_HEADERS) {
        rc = mime_part(m, err);         /* headers, and nothing behind them */
    }

    if (rc == PL_OK && m->state == PL_SIFT_BODY) {
        rc = mime_bytes(m, m->eol, m->n_eol, err);
        m->n_eol = 0;
    }

    return rc == PL_OK ? mime_value_end(m, err) : rc;
}


/* A line that may be a boundary is held; done: it is whole, or is none. */

static size_t
mime_hold(pl_sift_mime_t *m, const uint8_t *p, size_t n, bool *done)
{
    size_t  i;

    *done = false;

    for (i = 0; i < n && !*done; i++) {
        m->line[m->n_line++] = p[i];
        *done = p[i] == '\n' || m->n_line == sizeof(m->line)
                || (m->n_line == 2 && p[i] != '-');
    }

    return i;
}


static pl_status_t
mime_line(pl_sift_mime_t *m, pl_err_t *err)
{
    bool    last;
    size_t  level;

    if (m->state == PL_SIFT_FIRST) {
        return mime_first(m, err);
    }

    return mime_boundary(m, &level, &last) ? mime_cut(m, level, last, err)
                                           : mime_loose(m, err);
}


static pl_status_t
mime_loose(pl_sift_mime_t *m, pl_err_t *err)
{
    size_t   n = m->n_line;
    uint8_t  line[PL_SIFT_LINE];

    memcpy(line, m->line, n);
    m->n_line = 0;

    return mime_run(m, line, n, err);
}


/* A form's first line is its boundary, as pl_mail_form has it. */

static pl_status_t
mime_first(pl_sift_mime_t *m, pl_err_t *err)
{
    pl_str_t     boundary = { m->line + 2, m->n_line - 2 };
    pl_status_t  rc;

    if (m->n_line < 3 || m->line[0] != '-' || m->line[1] != '-'
        || m->line[m->n_line - 1] != '\n')
    {
        return pl_err_set(err, PL_INVALID, "sift", 0, "no boundary");
    }

    rc = mime_push(m, pl_mail_trim(boundary), err);

    return rc == PL_OK ? mime_cut(m, 0, false, err) : rc;
}


static bool
mime_boundary(const pl_sift_mime_t *m, size_t *level, bool *last)
{
    size_t    i, len;
    pl_str_t  rest;

    for (i = 0; i < m->depth; i++) {
        len = m->stack[i].len;

        if (m->n_line < len + 2 || m->line[1] != '-'
            || memcmp(m->line + 2, m->stack[i].text, len) != 0)
        {
            continue;
        }

        rest = pl_mail_trim((pl_str_t) { m->line + 2 + len,
                                         m->n_line - 2 - len });
        *last = pl_str_eq(rest, PL_STR("--"));
        *level = i;

        if (rest.len == 0 || *last) {
            return true;
        }
    }

    return false;
}


static pl_status_t
mime_cut(pl_sift_mime_t *m, size_t level, bool last, pl_err_t *err)
{
    bool         file;
    pl_status_t  rc;

    if (m->state == PL_SIFT_HEADERS && m->n_head > 0) {
        rc = mime_part(m, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    file = m->in_value && m->value.role == PL_SIFT_FILE;
    rc = mime_value_end(m, err);

    if (rc == PL_OK && file && m->n_eol == 0) {
        rc = pl_sift_keep(m->sift, m->left, "\r\n", 2, err);

    } else if (rc == PL_OK && m->state == PL_SIFT_BODY) {
        rc = pl_sift_keep(m->sift, m->left, m->eol, m->n_eol, err);
    }

    if (rc == PL_OK) {
        rc = pl_sift_keep(m->sift, m->left, m->line, m->n_line, err);
    }

    m->n_eol = 0;
    m->n_line = 0;
    m->n_head = 0;
    m->depth = last ? level : level + 1;
    m->state = last ? PL_SIFT_BETWEEN : PL_SIFT_HEADERS;
    m->bol = true;
    m->blank = true;

    return rc;
}


/* Bytes of one line, up to its end or not. */

static pl_status_t
mime_run(pl_sift_mime_t *m, const uint8_t *p, size_t n, pl_err_t *err)
{
    switch (m->state) {

    case PL_SIFT_HEADERS:
        return mime_headers(m, p, n, err);

    case PL_SIFT_BODY:
        return mime_body(m, p, n, err);

    default:
        m->bol = p[n - 1] == '\n';
        return PL_OK;
    }
}


static pl_status_t
mime_headers(pl_sift_mime_t *m, const uint8_t *p, size_t n, pl_err_t *err)
{
    size_t       i, some = PL_SIFT_HEAD - m->n_head;
    pl_status_t  rc;

    rc = pl_sift_keep(m->sift, m->left, p, n, err);
    if (rc != PL_OK) {
        return rc;
    }

    some = n < some ? n : some;
    memcpy(m->head + m->n_head, p, some);
    m->n_head += some;

    /* an empty line: its end, with or without a CR before that alone */

    for (i = 0; i < n && m->blank; i++) {
        m->blank = p[i] == '\n' || (p[i] == '\r' && m->bol);
        m->bol = false;
    }

    m->bol = p[n - 1] == '\n';

    if (m->bol && m->blank) {
        return mime_part(m, err);
    }

    m->blank = m->bol || m->blank;

    return PL_OK;
}


/* The headers are read: what becomes of the part. */

static pl_status_t
mime_part(pl_sift_mime_t *m, pl_err_t *err)
{
    pl_status_t      rc;
    pl_sift_part_t   part;

    rc = pl_sift_part_read(m, &part, err);
    if (rc != PL_OK) {
        return rc;
    }

    m->bol = true;
    m->n_eol = 0;
    m->entered = true;
    m->state = PL_SIFT_BODY;

    if (part.boundary != NULL) {
        m->state = PL_SIFT_BETWEEN;
        return mime_push(m, pl_str_c(part.boundary), err);
    }

    if (part.mail) {
        m->in_whole = true;
        return pl_sift_mail_begin(m->sift, PL_SIFT_PLAIN, err);
    }

    memset(&m->value, 0, sizeof(m->value));
    m->value.role = part.role;
    m->value.left = m->left;
    m->value.type = part.type;
    m->value.code.code = part.code;
    m->in_value = true;

    return pl_sift_value_begin(m->sift, &m->value, err);
}


/* The end of a line is held: it may be a boundary's, or half of one. */

static pl_status_t
mime_body(pl_sift_mime_t *m, const uint8_t *p, size_t n, pl_err_t *err)
{
    size_t       len = n;
    pl_status_t  rc = PL_OK;

    if (!m->bol && m->n_eol == 1 && n == 1 && p[0] == '\n') {
        m->eol[m->n_eol++] = '\n';
        m->bol = true;
        return PL_OK;
    }

    rc = mime_bytes(m, m->eol, m->n_eol, err);
    m->n_eol = 0;
    m->bol = p[n - 1] == '\n';
    len -= m->bol;

    if (len > 0 && p[len - 1] == '\r') {
        m->eol[m->n_eol++] = '\r';
        len--;
    }

    if (m->bol) {
        m->eol[m->n_eol++] = '\n';
    }

    return rc == PL_OK ? mime_bytes(m, p, len, err) : rc;
}


static pl_status_t
mime_bytes(pl_sift_mime_t *m, const uint8_t *p, size_t n, pl_err_t *err)
{
    if (n == 0) {
        return PL_OK;
    }

    return m->in_whole
           ? pl_sift_mail_bytes(m->sift, p, n, err)
           : pl_sift_value_bytes(m->sift, &m->value, p, n, true, err);
}


static pl_status_t
mime_value_end(pl_sift_mime_t *m, pl_err_t *err)
{
    if (m->in_whole) {
        m->in_whole = false;
        return pl_sift_mail_end(m->sift, err);
    }

    if (!m->in_value) {
        return PL_OK;
    }

    m->in_value = false;

    return pl_sift_value_end(m->sift, &m->value, err);
}


static pl_status_t
mime_push(pl_sift_mime_t *m, pl_str_t boundary, pl_err_t *err)
{
    if (boundary.len == 0 || boundary.len > PL_SIFT_BOUNDARY) {
        return pl_err_set(err, PL_INVALID, "sift", 0,
                          "a boundary of %zu bytes", boundary.len);
    }

    memcpy(m->stack[m->depth].text, boundary.data, boundary.len);
    m->stack[m->depth].text[boundary.len] = '\0';
    m->stack[m->depth++].len = boundary.len;

    return PL_OK;
}
