/*
 * A mail that came in, from its bytes: headers, the two forms of its text,
 * its files. Bounded in depth, parts and headers; what is past a bound is
 * left out, and the mail says that it is cut.
 */

#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"

#define READ_VALUE_MAX  (64 * 1024)     /* of one header */

/* A part as it is walked. */
typedef struct {
    pl_mail_read_t  *mail;
    pl_arena_t      *ar;
    bool             report;    /* within a multipart/report */
    unsigned         seen;      /* parts, of any kind */
    const pl_mail_taken_t  *taken;      /* NULL: all of it is there */
} read_t;

/* What a part's headers say. */
typedef struct {
    pl_str_t     type;          /* text/plain; charset=… */
    pl_str_t     encoding;
    pl_str_t     disposition;
} read_part_t;

static void read_part_header(read_part_t *part, pl_str_t name,
    pl_str_t value);
static pl_status_t read_part(read_t *r, const read_part_t *part,
    pl_str_t body, unsigned depth);
static pl_status_t read_multipart(read_t *r, const read_part_t *part,
    pl_str_t body, unsigned depth);
static pl_status_t read_inside(read_t *r, pl_str_t raw, unsigned depth);
static bool read_boundary(pl_str_t line, pl_str_t boundary, bool *last);
static pl_status_t read_leaf(read_t *r, const read_part_t *part,
    pl_str_t body);
static pl_status_t read_file(read_t *r, const read_part_t *part,
    pl_str_t data, const Pl__Taken *taken);
static pl_str_t read_essence(pl_str_t type);


pl_status_t
pl_mail_read(pl_str_t raw, pl_arena_t *ar, pl_mail_read_t *out,
    pl_err_t *err)
{
    return pl_mail_read_sifted(raw, NULL, ar, out, err);
}


pl_status_t
pl_mail_read_sifted(pl_str_t raw, const pl_mail_taken_t *taken,
    pl_arena_t *ar, pl_mail_read_t *out, pl_err_t *err)
{
    read_t        r = { out, ar, false, 0, taken };
    unsigned      n;
    pl_str_t      rest = raw, name, value;
    pl_status_t   rc = PL_OK;
    read_part_t   part;

    memset(out, 0, sizeof(*out));
    memset(&part, 0, sizeof(part));

    /* mailboxes of files, and some relays, put a line of their own first */

    if (pl_mail_starts(rest, "from ")) {
        const uint8_t  *end = memchr(rest.data, '\n', rest.len);

        rest.len -= end == NULL ? rest.len : (size_t) (end + 1 - rest.data);
        rest.data = end == NULL ? rest.data : end + 1;
    }

    for (n = 0; rc == PL_OK && pl_mail_next(&rest, &name, &value); n++) {

        if (n >= PL_MAIL_HEADERS_MAX || value.len > READ_VALUE_MAX) {
            out->cut = true;
            continue;
        }

        read_part_header(&part, name, value);
        rc = pl_mail_header(out, ar, name, value);
    }

    if (rc == PL_OK && n == 0) {
        return pl_err_set(err, PL_INVALID, "mail", 0, "it has no header");
    }

    if (rc == PL_OK) {
        r.report = out->kind == PL_MAIL_REPORT;
        rc = read_part(&r, &part, rest, 0);
    }

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "mail", 0, "no memory to read it");
    }

    return out->from != NULL ? PL_OK
           : pl_err_set(err, PL_INVALID, "mail", 0, "it has no sender");
}


bool
pl_mail_next(pl_str_t *rest, pl_str_t *name, pl_str_t *value)
{
    const uint8_t  *p = rest->data, *end = pl_mail_end(*rest), *line;
    const uint8_t  *colon;

    for ( ;; ) {

        if (p == end) {
            rest->len = 0;
            return false;
        }

        line = p;
        p = memchr(p, '\n', (size_t) (end - p));
        p = p == NULL ? end : p + 1;

        if (*line == '\n' || (*line == '\r' && p - line == 2)) {
            rest->data = p;
            rest->len = (size_t) (end - p);
            return false;
        }

        colon = memchr(line, ':', (size_t) (p - line));

        while (p < end && (*p == ' ' || *p == '\t')) {
            p = memchr(p, '\n', (size_t) (end - p));
            p = p == NULL ? end : p + 1;
        }

        if (colon != NULL && colon != line && *line > ' ') {
            break;                      /* what is no header is stepped over */
        }
    }

    *name = pl_mail_trim((pl_str_t) { line, (size_t) (colon - line) });
    *value = pl_mail_trim((pl_str_t) { colon + 1, (size_t) (p - colon - 1) });
    rest->data = p;
    rest->len = (size_t) (end - p);

    return true;
}


static void
read_part_header(read_part_t *part, pl_str_t name, pl_str_t value)
{
    if (pl_mail_same(name, "content-type")) {
        part->type = value;

    } else if (pl_mail_same(name, "content-transfer-encoding")) {
        part->encoding = value;

    } else if (pl_mail_same(name, "content-disposition")) {
        part->disposition = value;
    }
}


static pl_status_t
read_part(read_t *r, const read_part_t *part, pl_str_t body, unsigned depth)
{
    if (++r->seen > PL_MAIL_PARTS_MAX || depth > PL_MAIL_DEPTH_MAX) {
        r->mail->cut = true;
        return PL_OK;
    }

    return pl_mail_starts(part->type, "multipart/")
           ? read_multipart(r, part, body, depth)
           : read_leaf(r, part, body);
}


static pl_status_t
read_multipart(read_t *r, const read_part_t *part, pl_str_t body,
    unsigned depth)
{
    bool          last = false;
    char         *boundary;
    pl_str_t      inside;
    pl_status_t   rc = PL_OK;

    boundary = pl_mail_parameter(r->ar, part->type, "boundary");

    if (boundary == NULL || boundary[0] == '\0') {
        r->mail->cut = true;
        return PL_OK;
    }

    if (!pl_mail_cut(&body, pl_str_c(boundary), &inside, &last)) {
        return PL_OK;
    }

    while (rc == PL_OK && !last
           && pl_mail_cut(&body, pl_str_c(boundary), &inside, &last))
    {
        rc = read_inside(r, inside, depth + 1);
    }

    return rc;
}


/* One part with its headers. */

static pl_status_t
read_inside(read_t *r, pl_str_t raw, unsigned depth)
{
    unsigned     n;
    pl_str_t     rest = raw, name, value;
    read_part_t  part;

    memset(&part, 0, sizeof(part));

    for (n = 0; pl_mail_next(&rest, &name, &value); n++) {
        if (n < PL_MAIL_HEADERS_MAX && value.len <= READ_VALUE_MAX) {
            read_part_header(&part, name, value);
        }
    }

    return read_part(r, &part, rest, depth);
}


/*
 * What stands before the next line of the boundary, which is eaten; where
 * there is none, all that is left, as the last part. False: nothing is left.
 */

bool
pl_mail_cut(pl_str_t *body, pl_str_t boundary, pl_str_t *part, bool *last)
{
    size_t          n;
    const uint8_t  *from = body->data, *p = from;
    const uint8_t  *end = pl_mail_end(*body), *line;

    if (body->len == 0) {
        return false;
    }

    while (p < end) {
        line = p;
        p = memchr(p, '\n', (size_t) (end - p));
        p = p == NULL ? end : p + 1;

        if (!read_boundary((pl_str_t) { line, (size_t) (p - line) },
                           boundary, last))
        {
            continue;
        }

        /* the line's end before it is the boundary's */

        n = (size_t) (line - from);
        n -= n > 0 && from[n - 1] == '\n';
        n -= n > 0 && from[n - 1] == '\r';

        *part = (pl_str_t) { from, n };
        body->data = p;
        body->len = (size_t) (end - p);

        return true;
    }

    *part = *body;
    *last = true;
    body->len = 0;

    return true;
}


/* The line is --boundary or --boundary--, and blanks; no longer word. */

static bool
read_boundary(pl_str_t line, pl_str_t boundary, bool *last)
{
    pl_str_t  rest;

    if (line.len < boundary.len + 2 || line.data[0] != '-'
        || line.data[1] != '-'
        || memcmp(line.data + 2, boundary.data, boundary.len) != 0)
    {
        return false;
    }

    rest.data = line.data + 2 + boundary.len;
    rest.len = line.len - 2 - boundary.len;
    rest = pl_mail_trim(rest);
    *last = pl_str_eq(rest, PL_STR("--"));

    return rest.len == 0 || *last;
}


static pl_status_t
read_leaf(read_t *r, const read_part_t *part, pl_str_t body)
{
    bool              file;
    char             *charset, **form = NULL;
    pl_str_t          type = read_essence(part->type), data = body;
    pl_mail_read_t   *mail = r->mail;
    const Pl__Taken  *taken = pl_mail_taken_at(r->taken, body.data);

    if (taken != NULL) {
        return read_file(r, part, PL_STR_NULL, taken);
    }

    if (r->report && pl_mail_same(type, "message/delivery-status")) {
        return pl_mail_report_status(mail, r->ar, body);
    }

    if (r->report && (pl_mail_same(type, "message/rfc822")
                      || pl_mail_same(type, "text/rfc822-headers")))
    {
        return pl_mail_report_original(mail, r->ar, body);
    }

    if (pl_mail_same(part->encoding, "quoted-printable")) {
        data = pl_mail_unquote(r->ar, body);

    } else if (pl_mail_same(part->encoding, "base64")) {
        data = pl_mail_unbase64(r->ar, body);
    }

    if (data.data == NULL && body.len != 0) {
        return PL_NOMEM;
    }

    file = pl_mail_starts(part->disposition, "attachment");

    if (!file && (type.len == 0 || pl_mail_same(type, "text/plain"))) {
        form = &mail->text;

    } else if (!file && pl_mail_same(type, "text/html")) {
        form = &mail->html;
    }

    if (form == NULL || *form != NULL) {
        return read_file(r, part, data, NULL);
    }

    if (data.len > PL_MAIL_TEXT_MAX) {
        data.len = PL_MAIL_TEXT_MAX;
        mail->cut = true;
    }

    charset = pl_mail_parameter(r->ar, part->type, "charset");
    *form = pl_mail_utf8(r->ar, data, charset == NULL ? PL_STR_NULL
                                                      : pl_str_c(charset));

    return *form != NULL ? PL_OK : PL_NOMEM;
}


static pl_status_t
read_file(read_t *r, const read_part_t *part, pl_str_t data,
    const Pl__Taken *taken)
{
    char            *p;
    pl_str_t         type = read_essence(part->type);
    pl_mail_part_t  *out;

    out = &r->mail->parts[r->mail->n_parts++];  /* `seen` bounds them */
    out->data = data;
    out->name = pl_mail_parameter(r->ar, part->disposition, "filename");

    if (taken != NULL) {
        out->file = taken->file;
        out->data.len = (size_t) taken->bytes;
    }

    if (out->name == NULL) {
        out->name = pl_mail_parameter(r->ar, part->type, "name");
    }

    if (out->name != NULL && strlen(out->name) > PL_MAIL_NAME_MAX) {
        out->name[PL_MAIL_NAME_MAX] = '\0';
        out->name = pl_utf8_clean(r->ar, pl_str_c(out->name));
    }

    if (type.len == 0 || type.len > PL_MAIL_NAME_MAX) {
        type = PL_STR("application/octet-stream");
    }

    out->type = pl_utf8_clean(r->ar, type);
    if (out->type == NULL) {
        return PL_NOMEM;
    }

    for (p = out->type; *p != '\0'; p++) {
        *p = (char) (*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    }

    return PL_OK;
}


static pl_str_t
read_essence(pl_str_t type)
{
    size_t  n = 0;

    while (n < type.len && type.data[n] != ';') {
        n++;
    }

    return pl_mail_trim((pl_str_t) { type.data, n });
}
