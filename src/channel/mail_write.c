/*
 * A mail as it goes to a relay: headers, then
 *
 *     multipart/mixed             where there are files
 *       multipart/alternative     where there are both forms
 *         text/plain
 *         text/html
 *       a file, …
 *
 * and without the levels that are not needed. The same mail is written to the
 * same bytes each time, so that a second try is the same mail: boundaries are
 * made of the Message-ID, and can stand in no body, since "=_" is neither
 * quoted-printable nor base64.
 *
 * DKIM is the relay's: it has the domain's key, and signs what leaves it.
 */

#include <stdio.h>
#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "mail_impl.h"

/* A field that people, or others' mails, fill. */
typedef struct {
    const char  *path;
    const char  *value;
    size_t       max;
} write_field_t;

typedef struct {
    const pl_mail_t     *mail;
    pl_mail_buf_t        buf;
    pl_mail_written_t   *out;
    char                 tag[PL_MAIL_ID_MAX + 1];   /* of the boundaries */
} write_t;

static pl_status_t write_check(const pl_mail_t *mail, pl_err_t *err);
static pl_status_t write_check_more(const pl_mail_t *mail, pl_err_t *err);
static bool write_header_safe(const char *value);
static pl_status_t write_bad(pl_err_t *err, pl_status_t rc,
    const char *path, const char *text);
static void write_headers(write_t *w);
static void write_date(pl_mail_buf_t *buf, int64_t seconds);
static void write_id(pl_mail_buf_t *buf, const char *header, const char *id);
static void write_references(write_t *w);
static void write_unsubscribe(write_t *w);
static void write_forms(write_t *w);
static void write_form(pl_mail_buf_t *buf, const char *type,
    const char *text);
static void write_multipart(write_t *w, const char *kind, const char *level);
static void write_boundary(write_t *w, const char *level, bool last);
static void write_file(write_t *w, const pl_mail_file_t *file);
static void write_flush(write_t *w, const pl_mail_file_t *file);


pl_status_t
pl_mail_write(const pl_mail_t *mail, pl_arena_t *ar, pl_mail_written_t *out,
    pl_err_t *err)
{
    char         *p;
    size_t        i;
    write_t       w;
    pl_status_t   rc;

    rc = write_check(mail, err);

    if (rc == PL_OK) {
        rc = write_check_more(mail, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    memset(out, 0, sizeof(*out));
    memset(&w, 0, sizeof(w));
    w.mail = mail;
    w.out = out;
    w.buf.ar = ar;

    (void) snprintf(w.tag, sizeof(w.tag), "%.40s", mail->message_id);
    for (p = w.tag; *p != '\0'; p++) {
        *p = strchr("<>@\"()[]:;,?=\\/ ", *p) != NULL ? '_' : *p;
    }

    out->pieces = pl_arena_alloc(ar, (2 * mail->n_files + 1)
                                     * sizeof(*out->pieces));
    if (out->pieces == NULL) {
        return pl_err_set(err, PL_NOMEM, "mail", 0, "no memory");
    }

    write_headers(&w);

    if (mail->n_files == 0) {
        write_forms(&w);

    } else {
        write_multipart(&w, "mixed", "m");
        write_boundary(&w, "m", false);
        write_forms(&w);

        for (i = 0; i < mail->n_files; i++) {
            write_file(&w, &mail->files[i]);
        }

        write_boundary(&w, "m", true);
    }

    write_flush(&w, NULL);

    return w.buf.full ? pl_err_set(err, PL_NOMEM, "mail", 0, "no memory")
                      : PL_OK;
}


static pl_status_t
write_check(const pl_mail_t *mail, pl_err_t *err)
{
    size_t               i;
    const write_field_t  fields[] = {
        { "from", mail->from_name, PL_MAIL_NAME_MAX },
        { "to", mail->to_name, PL_MAIL_NAME_MAX },
        { "subject", mail->subject, PL_MAIL_SUBJECT_MAX },
        { "unsubscribe", mail->unsubscribe_mail, PL_MAIL_SUBJECT_MAX },
        { "unsubscribe", mail->unsubscribe_url, PL_MAIL_SUBJECT_MAX },
    };
    const write_field_t  boxes[] = {
        { "from", mail->from, 0 },
        { "to", mail->to, 0 },
        { "reply_to", mail->reply_to != NULL ? mail->reply_to : mail->from,
          0 },
    };

    for (i = 0; i < PL_COUNT(boxes); i++) {
        if (!pl_mail_address_valid(pl_str_c(boxes[i].value))) {
            return write_bad(err, PL_INVALID, boxes[i].path,
                             "not an address");
        }
    }

    for (i = 0; i < PL_COUNT(fields); i++) {
        if (fields[i].value == NULL) {
            continue;
        }

        if (!write_header_safe(fields[i].value)) {
            return write_bad(err, PL_INVALID, fields[i].path,
                             "a line's end, or a control character");
        }

        if (strlen(fields[i].value) > fields[i].max) {
            return write_bad(err, PL_TOOBIG, fields[i].path, "too long");
        }
    }

    return PL_OK;
}


static pl_status_t
write_check_more(const pl_mail_t *mail, pl_err_t *err)
{
    size_t  i;

    /* ids of others' mail are as odd as they like: those that cannot be
       written are left out, and the thread goes on without them */

    if (!pl_mail_id_valid(mail->message_id)) {
        return write_bad(err, PL_INVALID, "message_id", "not a Message-ID");
    }

    for (i = 0; i < mail->n_extra; i++) {
        if (!write_header_safe(mail->extra[i])) {
            return write_bad(err, PL_INVALID, "headers", "a line's end");
        }
    }

    if (mail->text == NULL && mail->html == NULL) {
        return write_bad(err, PL_INVALID, "text", "required");
    }

    if ((mail->text != NULL && strlen(mail->text) > PL_MAIL_TEXT_MAX)
        || (mail->html != NULL && strlen(mail->html) > PL_MAIL_TEXT_MAX))
    {
        return write_bad(err, PL_TOOBIG, "text", "too long");
    }

    if (mail->n_files > PL_MAIL_FILES_MAX) {
        return write_bad(err, PL_TOOBIG, "files", "too many");
    }

    for (i = 0; i < mail->n_files; i++) {
        const pl_mail_file_t  *file = &mail->files[i];

        if (!write_header_safe(file->name)
            || strlen(file->name) > PL_MAIL_NAME_MAX
            || (file->type != NULL
                && (strlen(file->type) > PL_MAIL_NAME_MAX
                    || file->type[strcspn(file->type, " \r\n\t;\"\\(),")]
                       != '\0')))
        {
            return write_bad(err, PL_INVALID, "files", "a name or a type");
        }
    }

    return PL_OK;
}


/* No control characters, and UTF-8. */

static bool
write_header_safe(const char *value)
{
    const char  *p;

    for (p = value; *p != '\0'; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return false;
        }
    }

    return pl_utf8_valid(pl_str_c(value));
}


bool
pl_mail_id_valid(const char *id)
{
    size_t  i;

    if (id == NULL || id[0] == '\0' || strlen(id) > PL_MAIL_ID_MAX) {
        return false;
    }

    for (i = 0; id[i] != '\0'; i++) {
        if ((unsigned char) id[i] <= ' ' || (unsigned char) id[i] >= 0x7f
            || id[i] == '<' || id[i] == '>')
        {
            return false;
        }
    }

    return true;
}


static pl_status_t
write_bad(pl_err_t *err, pl_status_t rc, const char *path, const char *text)
{
    (void) pl_err_set(err, rc, "mail", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return rc;
}


/* ---- headers -------------------------------------------------------- */

static void
write_headers(write_t *w)
{
    size_t            i;
    pl_mail_buf_t    *buf = &w->buf;
    const pl_mail_t  *mail = w->mail;

    write_date(buf, mail->date_s);
    pl_mail_buf_mailbox(buf, "From", mail->from_name, mail->from);

    if (mail->reply_to != NULL) {
        pl_mail_buf_mailbox(buf, "Reply-To", NULL, mail->reply_to);
    }

    pl_mail_buf_mailbox(buf, "To", mail->to_name, mail->to);
    pl_mail_buf_unstructured(buf, "Subject",
                             mail->subject != NULL ? mail->subject : "");
    write_id(buf, "Message-ID", mail->message_id);

    if (pl_mail_id_valid(mail->in_reply_to)) {
        write_id(buf, "In-Reply-To", mail->in_reply_to);
    }

    write_references(w);

    if (mail->automatic) {
        pl_mail_buf_text(buf, mail->in_reply_to != NULL
                              ? "Auto-Submitted: auto-replied\r\n"
                              : "Auto-Submitted: auto-generated\r\n");
    }

    write_unsubscribe(w);

    for (i = 0; i < mail->n_extra; i++) {
        pl_mail_buf_text(buf, mail->extra[i]);
        pl_mail_buf_text(buf, "\r\n");
    }

    pl_mail_buf_text(buf, "MIME-Version: 1.0\r\n");
}


/* Days and months by name, in UTC: Mon, 02 Jan 2006 15:04:05 +0000 */

static void
write_date(pl_mail_buf_t *buf, int64_t seconds)
{
    char                line[64];
    int                 of_day, month, day;
    int64_t             days, year;
    static const char   days_of[] = "ThuFriSatSunMonTueWed";
    static const char   months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    days = seconds / 86400;
    of_day = (int) (seconds % 86400);
    pl_clock_date(days, &year, &month, &day);

    (void) snprintf(line, sizeof(line),
                    "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000\r\n",
                    days_of + days % 7 * 3, day,
                    months + (month - 1) * 3, (int) (year % 10000),
                    of_day / 3600, of_day / 60 % 60, of_day % 60);

    pl_mail_buf_text(buf, line);
}


static void
write_id(pl_mail_buf_t *buf, const char *header, const char *id)
{
    pl_mail_buf_text(buf, header);
    pl_mail_buf_text(buf, ": <");
    pl_mail_buf_text(buf, id);
    pl_mail_buf_text(buf, ">\r\n");
}


/* The first one says which thread it is; the last ones, where in it. */

static void
write_references(write_t *w)
{
    bool              any = false;
    size_t            i;
    const pl_mail_t  *mail = w->mail;

    for (i = 0; i < mail->n_references; i++) {

        if ((i > 0 && mail->n_references - i >= PL_MAIL_REFERENCES_MAX)
            || !pl_mail_id_valid(mail->references[i]))
        {
            continue;
        }

        pl_mail_buf_text(&w->buf, any ? "\r\n <" : "References: <");
        pl_mail_buf_text(&w->buf, mail->references[i]);
        pl_mail_buf_text(&w->buf, ">");
        any = true;
    }

    pl_mail_buf_text(&w->buf, any ? "\r\n" : "");
}


static void
write_unsubscribe(write_t *w)
{
    pl_mail_buf_t    *buf = &w->buf;
    const pl_mail_t  *mail = w->mail;

    if (mail->unsubscribe_url == NULL && mail->unsubscribe_mail == NULL) {
        return;
    }

    pl_mail_buf_text(buf, "List-Unsubscribe:");

    if (mail->unsubscribe_url != NULL) {
        pl_mail_buf_text(buf, " <");
        pl_mail_buf_text(buf, mail->unsubscribe_url);
        pl_mail_buf_text(buf, mail->unsubscribe_mail != NULL ? ">,\r\n"
                                                             : ">");
    }

    if (mail->unsubscribe_mail != NULL) {
        pl_mail_buf_text(buf, " <mailto:");
        pl_mail_buf_text(buf, mail->unsubscribe_mail);
        pl_mail_buf_text(buf, "?subject=unsubscribe>");
    }

    pl_mail_buf_text(buf, "\r\n");

    if (mail->unsubscribe_url != NULL) {
        pl_mail_buf_text(buf, "List-Unsubscribe-Post: "
                              "List-Unsubscribe=One-Click\r\n");
    }
}


/* ---- bodies --------------------------------------------------------- */

static void
write_forms(write_t *w)
{
    const pl_mail_t  *mail = w->mail;

    if (mail->html == NULL) {
        write_form(&w->buf, "plain", mail->text);
        return;
    }

    if (mail->text == NULL) {
        write_form(&w->buf, "html", mail->html);
        return;
    }

    write_multipart(w, "alternative", "a");
    write_boundary(w, "a", false);
    write_form(&w->buf, "plain", mail->text);
    write_boundary(w, "a", false);
    write_form(&w->buf, "html", mail->html);
    write_boundary(w, "a", true);
}


/* Base64 where most of it is no ASCII: it is shorter then. */

static void
write_form(pl_mail_buf_t *buf, const char *type, const char *text)
{
    size_t       i, far = 0;
    pl_str_t     body = pl_str_c(text);

    for (i = 0; i < body.len; i++) {
        far += body.data[i] >= 0x80;
    }

    pl_mail_buf_text(buf, "Content-Type: text/");
    pl_mail_buf_text(buf, type);
    pl_mail_buf_text(buf, "; charset=utf-8\r\nContent-Transfer-Encoding: ");

    if (far > body.len / 3) {
        pl_mail_buf_text(buf, "base64\r\n\r\n");
        pl_mail_buf_base64(buf, body);

    } else {
        pl_mail_buf_text(buf, "quoted-printable\r\n\r\n");
        pl_mail_buf_quoted(buf, body);
    }
}


static void
write_multipart(write_t *w, const char *kind, const char *level)
{
    pl_mail_buf_text(&w->buf, "Content-Type: multipart/");
    pl_mail_buf_text(&w->buf, kind);
    pl_mail_buf_text(&w->buf, ";\r\n boundary=\"=_");
    pl_mail_buf_text(&w->buf, level);
    pl_mail_buf_text(&w->buf, w->tag);
    pl_mail_buf_text(&w->buf, "\"\r\n");
}


static void
write_boundary(write_t *w, const char *level, bool last)
{
    pl_mail_buf_text(&w->buf, "\r\n--=_");
    pl_mail_buf_text(&w->buf, level);
    pl_mail_buf_text(&w->buf, w->tag);
    pl_mail_buf_text(&w->buf, last ? "--\r\n" : "\r\n");
}


static void
write_file(write_t *w, const pl_mail_file_t *file)
{
    pl_mail_buf_t  *buf = &w->buf;

    write_boundary(w, "m", false);
    pl_mail_buf_text(buf, "Content-Type: ");
    pl_mail_buf_text(buf, file->type != NULL ? file->type
                                             : "application/octet-stream");
    pl_mail_buf_parameter(buf, "name", file->name);
    pl_mail_buf_text(buf, "\r\nContent-Disposition: attachment");
    pl_mail_buf_parameter(buf, "filename", file->name);
    pl_mail_buf_text(buf, "\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    write_flush(w, file);
}


/* What was gathered is a piece, and the file behind it another. */

static void
write_flush(write_t *w, const pl_mail_file_t *file)
{
    pl_mail_piece_t  *piece = &w->out->pieces[w->out->n++];

    piece->bytes.data = w->buf.data;
    piece->bytes.len = w->buf.len;
    piece->file = NULL;
    w->out->bytes += w->buf.len;

    w->buf.data = NULL;
    w->buf.len = 0;
    w->buf.size = 0;

    if (file != NULL) {
        piece = &w->out->pieces[w->out->n++];
        piece->bytes = PL_STR_NULL;
        piece->file = file;
        w->out->bytes += pl_mail_base64_size(file->bytes);
    }
}
