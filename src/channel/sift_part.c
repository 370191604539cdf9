/*
 * What the headers of a part say of it, by the rules by which it is read
 * again (mail_read.c, mail_form.c).
 */

#include <string.h>

#include "../core/str.h"
#include "sift_impl.h"

typedef struct {
    pl_str_t     type;
    pl_str_t     encoding;
    pl_str_t     disposition;
} part_head_t;

static void part_head(const pl_sift_mime_t *m, part_head_t *head);
static pl_status_t part_field(pl_sift_mime_t *m, const part_head_t *head,
    pl_sift_part_t *part);
static pl_status_t part_mail(pl_sift_mime_t *m, const part_head_t *head,
    pl_sift_part_t *part);
static bool part_reports(pl_sift_mime_t *m, pl_str_t type,
    pl_str_t whole);
static bool part_kept(pl_sift_mime_t *m, pl_str_t type,
    pl_sift_part_t *part);


pl_status_t
pl_sift_part_read(pl_sift_mime_t *m, pl_sift_part_t *part, pl_err_t *err)
{
    part_head_t  head;
    pl_status_t  rc;

    memset(part, 0, sizeof(*part));
    part_head(m, &head);

    rc = m->form ? part_field(m, &head, part) : part_mail(m, &head, part);

    return rc == PL_OK ? PL_OK
           : pl_err_set(err, rc, "sift", 0, "no memory for a part");
}


static void
part_head(const pl_sift_mime_t *m, part_head_t *head)
{
    unsigned  n;
    pl_str_t  rest = { m->head, m->n_head }, name, value;

    memset(head, 0, sizeof(*head));

    for (n = 0; n < PL_MAIL_HEADERS_MAX && pl_mail_next(&rest, &name, &value);
         n++)
    {
        if (pl_mail_same(name, "content-type")) {
            head->type = value;

        } else if (pl_mail_same(name, "content-transfer-encoding")) {
            head->encoding = value;

        } else if (pl_mail_same(name, "content-disposition")) {
            head->disposition = value;
        }
    }
}


/* Files of a form are bytes as they are. */

static pl_status_t
part_field(pl_sift_mime_t *m, const part_head_t *head, pl_sift_part_t *part)
{
    pl_arena_t  *ar = m->sift->ar;
    char        *name;

    name = pl_mail_parameter(ar, head->disposition, "name");

    if (pl_mail_parameter(ar, head->disposition, "filename") != NULL) {
        part->role = PL_SIFT_FILE;
        return PL_OK;
    }

    part->role = pl_sift_named(m->sift, pl_str_c(name), &part->mail,
                               &part->type);

    return PL_OK;
}


static pl_status_t
part_mail(pl_sift_mime_t *m, const part_head_t *head, pl_sift_part_t *part)
{
    pl_str_t  type = head->type;
    size_t    n = 0;

    while (n < type.len && type.data[n] != ';') {
        n++;
    }

    type = pl_mail_trim((pl_str_t) { type.data, n });

    m->seen++;

    if (!m->entered) {
        m->report = part_reports(m, type, head->type);
    }

    if (pl_mail_starts(type, "multipart/")) {
        part->role = PL_SIFT_DROP;      /* one that nobody would read */

        if (m->depth < PL_MAIL_DEPTH_MAX) {
            part->boundary = pl_mail_parameter(m->sift->ar, head->type,
                                               "boundary");
        }

        if (part->boundary != NULL
            && (part->boundary[0] == '\0'
                || strlen(part->boundary) > PL_SIFT_BOUNDARY))
        {
            part->boundary = NULL;
        }

        return PL_OK;
    }

    if (m->seen > PL_MAIL_PARTS_MAX) {
        part->role = PL_SIFT_DROP;
        return PL_OK;
    }

    part->code = pl_mail_same(head->encoding, "quoted-printable")
                 ? PL_SIFT_QUOTED
                 : pl_mail_same(head->encoding, "base64")
                   ? PL_SIFT_BASE64 : PL_SIFT_PLAIN;

    if (pl_mail_starts(head->disposition, "attachment")
        ? m->report && (pl_mail_starts(type, "message/")
                        || pl_mail_same(type, "text/rfc822-headers"))
        : part_kept(m, type, part))
    {
        part->role = part->type != NULL ? PL_SIFT_TEXT : PL_SIFT_FIELD;

    } else {
        part->role = PL_SIFT_FILE;
    }

    return PL_OK;
}


/* Of deliveries: as mail_judge.c has it; others are mails with files. */

static bool
part_reports(pl_sift_mime_t *m, pl_str_t type, pl_str_t whole)
{
    const char  *kind;

    if (!pl_mail_same(type, "multipart/report")) {
        return false;
    }

    kind = pl_mail_parameter(m->sift->ar, whole, "report-type");

    return kind != NULL
           && pl_mail_same(pl_str_c(kind), "delivery-status");
}


/* The first of each form of the text, and what a report says. */

static bool
part_kept(pl_sift_mime_t *m, pl_str_t type, pl_sift_part_t *part)
{
    if (m->report && (pl_mail_starts(type, "message/")
                      || pl_mail_same(type, "text/rfc822-headers")))
    {
        return true;
    }

    if (!m->has_text && (type.len == 0 || pl_mail_same(type, "text/plain")))
    {
        m->has_text = true;
        part->type = "text/plain";
        return true;
    }

    if (!m->has_html && pl_mail_same(type, "text/html")) {
        m->has_html = true;
        part->type = "text/html";
        return true;
    }

    return false;
}
