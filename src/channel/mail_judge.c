/*
 * What a mail's headers make of it: who wrote, in what thread, and whether a
 * person did (provider-facts 8.4, RFC 3834); and what a report says (RFC 3464,
 * 3463). Who is answered is decided by what stands here: a robot that answers
 * a robot never ends.
 */

#include <string.h>

#include "../core/clock.h"
#include "../core/str.h"
#include "mail_impl.h"

#define JUDGE_REPORTED_MAX  256         /* bytes of a report's fields */

typedef pl_status_t (*judge_pt)(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);

static pl_status_t judge_from(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_reply_to(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_to(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_path(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_subject(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_date(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static bool judge_number(pl_str_t *s, int64_t *out);
static int64_t judge_zone(pl_str_t s);
static pl_status_t judge_id(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_in_reply_to(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_references(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_submitted(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_precedence(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_list(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_automatic(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static pl_status_t judge_type(pl_mail_read_t *mail, pl_arena_t *ar,
    pl_str_t value);
static void judge_kind(pl_mail_read_t *mail, pl_mail_kind_e kind);
static pl_status_t judge_mailbox(pl_arena_t *ar, pl_str_t value, char **out,
    char **name);
static pl_status_t judge_words(pl_arena_t *ar, pl_str_t value, char **out);
static bool judge_quotes(pl_str_t line);
static void judge_status(pl_mail_report_t *report, const char *text);


static const struct {
    const char  *name;
    judge_pt     judge;
} judge_rows[] = {
    { "from", judge_from },
    { "reply-to", judge_reply_to },
    { "to", judge_to },
    { "return-path", judge_path },
    { "subject", judge_subject },
    { "date", judge_date },
    { "message-id", judge_id },
    { "in-reply-to", judge_in_reply_to },
    { "references", judge_references },
    { "auto-submitted", judge_submitted },
    { "precedence", judge_precedence },
    { "list-id", judge_list },
    { "list-unsubscribe", judge_list },
    { "x-auto-response-suppress", judge_automatic },
    { "x-autoreply", judge_automatic },
    { "x-autorespond", judge_automatic },
    { "content-type", judge_type },
};


pl_status_t
pl_mail_header(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t name,
    pl_str_t value)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(judge_rows); i++) {
        if (pl_mail_same(name, judge_rows[i].name)) {
            return judge_rows[i].judge(mail, ar, value);
        }
    }

    return PL_OK;
}


/* Robots that say who they are, and nothing else. */

static pl_status_t
judge_from(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    size_t                     i;
    pl_str_t                   from;
    pl_status_t                rc;
    static const char *const   robots[] = {
        "mailer-daemon@", "postmaster@", "no-reply@", "noreply@",
        "no_reply@", "do-not-reply@", "donotreply@",
    };

    if (mail->from != NULL) {
        return PL_OK;
    }

    rc = judge_mailbox(ar, value, &mail->from, &mail->from_name);
    from = pl_str_c(mail->from);

    for (i = 0; i < PL_COUNT(robots); i++) {
        if (pl_mail_starts(from, robots[i])) {
            judge_kind(mail, PL_MAIL_AUTOMATIC);
        }
    }

    return rc;
}


static pl_status_t
judge_reply_to(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    return judge_mailbox(ar, value, &mail->reply_to, NULL);
}


static pl_status_t
judge_to(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    return mail->to != NULL ? PL_OK
           : judge_mailbox(ar, value, &mail->to, NULL);
}


/* "<>" is whoever wants no answer of any kind. */

static pl_status_t
judge_path(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    value = pl_mail_trim(value);

    if (mail->return_path != NULL) {
        return PL_OK;
    }

    if (pl_str_eq(value, PL_STR("<>"))) {
        judge_kind(mail, PL_MAIL_AUTOMATIC);
        mail->return_path = pl_arena_str(ar, PL_STR(""));
        return mail->return_path != NULL ? PL_OK : PL_NOMEM;
    }

    return judge_mailbox(ar, value, &mail->return_path, NULL);
}


static pl_status_t
judge_subject(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    pl_status_t  rc;

    if (mail->subject != NULL) {
        return PL_OK;
    }

    rc = judge_words(ar, value, &mail->subject);

    if (rc == PL_OK && strlen(mail->subject) > PL_MAIL_SUBJECT_MAX) {
        mail->subject[PL_MAIL_SUBJECT_MAX] = '\0';
        mail->subject = pl_utf8_clean(ar, pl_str_c(mail->subject));
        mail->cut = true;
    }

    return mail->subject != NULL ? rc : PL_NOMEM;
}


/* [Mon,] 2 Jan 2006 15:04[:05] +0100 */

static pl_status_t
judge_date(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    int64_t              day, year, hour, minute, second = 0, month, days;
    pl_str_t             s = value;
    const uint8_t       *comma;
    static const char    names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    char                 name[4] = "";

    (void) ar;

    comma = s.len == 0 ? NULL : memchr(s.data, ',', s.len);
    if (comma != NULL) {
        s.len -= (size_t) (comma + 1 - s.data);
        s.data = comma + 1;
    }

    if (!judge_number(&s, &day) || s.len < 4) {
        return PL_OK;
    }

    for (month = 0; month < 12; month++) {
        memcpy(name, names + month * 3, 3);
        if (pl_mail_starts(s, name)) {
            break;
        }
    }

    s.data += 3;
    s.len -= 3;

    if (!judge_number(&s, &year) || !judge_number(&s, &hour)
        || !judge_number(&s, &minute))
    {
        return PL_OK;
    }

    if (s.len > 0 && s.data[0] >= '0' && s.data[0] <= '9') {
        (void) judge_number(&s, &second);   /* s begins with a digit */
    }

    year += year < 50 ? 2000 : year < 100 ? 1900 : 0;

    if (month == 12 || day < 1 || day > 31 || year < 1970 || year > 9999
        || hour > 23 || minute > 59 || second > 60)
    {
        return PL_OK;
    }

    days = pl_clock_days((int) year, (int) month + 1, (int) day);
    mail->date_s = days * 86400 + hour * 3600 + minute * 60 + second
                   - judge_zone(s);
    mail->date_s = mail->date_s < 0 ? 0 : mail->date_s;

    return PL_OK;
}


/* Digits, with what stands around them eaten: blanks and colons. */

static bool
judge_number(pl_str_t *s, int64_t *out)
{
    size_t  n = 0;

    *out = 0;
    *s = pl_mail_trim(*s);

    while (n < s->len && n < 4 && s->data[n] >= '0' && s->data[n] <= '9') {
        *out = *out * 10 + (s->data[n++] - '0');
    }

    s->data += n;
    s->len -= n;

    while (s->len > 0 && (s->data[0] == ' ' || s->data[0] == ':')) {
        s->data++;
        s->len--;
    }

    return n > 0;
}


static int64_t
judge_zone(pl_str_t s)
{
    int64_t  n;
    bool     west = s.len > 0 && s.data[0] == '-';

    if (s.len < 5 || (s.data[0] != '+' && !west)) {
        return 0;
    }

    s.data++;
    s.len--;

    if (!judge_number(&s, &n)) {
        return 0;
    }

    n = n / 100 * 3600 + n % 100 * 60;

    return west ? -n : n;
}


static pl_status_t
judge_id(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    size_t  n;

    return mail->message_id != NULL ? PL_OK
           : pl_mail_ids(ar, value, &mail->message_id, 1, &n);
}


static pl_status_t
judge_in_reply_to(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    size_t  n;

    return pl_mail_ids(ar, value, &mail->in_reply_to, 1, &n);
}


static pl_status_t
judge_references(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    return pl_mail_ids(ar, value, mail->references, PL_MAIL_REFERENCES_MAX,
                       &mail->n_references);
}


static pl_status_t
judge_submitted(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    (void) ar;

    if (!pl_mail_same(value, "no") && !pl_mail_starts(value, "no;")
        && !pl_mail_starts(value, "no "))
    {
        judge_kind(mail, PL_MAIL_AUTOMATIC);
    }

    return PL_OK;
}


static pl_status_t
judge_precedence(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    (void) ar;

    if (pl_mail_starts(value, "bulk") || pl_mail_starts(value, "junk")
        || pl_mail_starts(value, "list"))
    {
        judge_kind(mail, PL_MAIL_BULK);

    } else if (pl_mail_starts(value, "auto_reply")) {
        judge_kind(mail, PL_MAIL_AUTOMATIC);
    }

    return PL_OK;
}


static pl_status_t
judge_list(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    (void) ar;
    (void) value;

    judge_kind(mail, PL_MAIL_BULK);

    return PL_OK;
}


static pl_status_t
judge_automatic(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    (void) ar;

    if (!pl_mail_same(value, "none") && !pl_mail_same(value, "no")) {
        judge_kind(mail, PL_MAIL_AUTOMATIC);
    }

    return PL_OK;
}


static pl_status_t
judge_type(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t value)
{
    char  *type;

    if (!pl_mail_starts(value, "multipart/report")) {
        return PL_OK;
    }

    type = pl_mail_parameter(ar, value, "report-type");

    if (type != NULL
        && pl_mail_same(pl_str_c(type), "delivery-status"))
    {
        judge_kind(mail, PL_MAIL_REPORT);

    } else {
        judge_kind(mail, PL_MAIL_AUTOMATIC);
    }

    return PL_OK;
}


/* The later word is the stronger one. */

static void
judge_kind(pl_mail_read_t *mail, pl_mail_kind_e kind)
{
    static const int  strength[] = {
        [PL_MAIL_PERSON] = 0,
        [PL_MAIL_BULK] = 1,
        [PL_MAIL_AUTOMATIC] = 2,
        [PL_MAIL_REPORT] = 3,
    };

    if (strength[kind] > strength[mail->kind]) {
        mail->kind = kind;
    }
}


/* A header without a valid address is as if it were not there. */

static pl_status_t
judge_mailbox(pl_arena_t *ar, pl_str_t value, char **out, char **name)
{
    pl_status_t  rc;

    rc = pl_mail_mailbox(ar, value, out, name);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
judge_words(pl_arena_t *ar, pl_str_t value, char **out)
{
    *out = pl_mail_decode_words(ar, value);

    return *out != NULL ? PL_OK : PL_NOMEM;
}


/* Too long to be a key, or none at all: left out. */

pl_status_t
pl_mail_ids(pl_arena_t *ar, pl_str_t value, char **ids, size_t max,
    size_t *n)
{
    char           *id;
    pl_str_t        s;
    const uint8_t  *p = value.data, *end = pl_mail_end(value), *close;

    *n = 0;

    while (p < end && (p = memchr(p, '<', (size_t) (end - p))) != NULL) {
        close = memchr(p, '>', (size_t) (end - p));
        if (close == NULL) {
            break;
        }

        s = pl_mail_trim((pl_str_t) { p + 1, (size_t) (close - p - 1) });
        p = close;

        if (s.len == 0 || s.len > PL_MAIL_ID_MAX || !pl_utf8_valid(s)
            || memchr(s.data, ' ', s.len) != NULL
            || memchr(s.data, '\n', s.len) != NULL)
        {
            continue;
        }

        id = pl_arena_str(ar, s);
        if (id == NULL) {
            return PL_NOMEM;
        }

        if (*n == max && max > 1) {     /* the first, and the last ones */
            memmove(ids + 1, ids + 2, (max - 2) * sizeof(*ids));
            (*n)--;
        }

        if (*n < max) {
            ids[(*n)++] = id;
        }
    }

    return PL_OK;
}


/* ---- reports -------------------------------------------------------- */

/* Groups of fields: of the whole report, then of each recipient. */

pl_status_t
pl_mail_report_status(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t body)
{
    char               *text;
    unsigned            n = 0;
    pl_str_t            name, value;
    pl_mail_report_t   *report = &mail->report;

    while (body.len > 0 && n < PL_MAIL_HEADERS_MAX) {

        if (!pl_mail_next(&body, &name, &value)) {
            n++;
            continue;                   /* a blank line: the next group */
        }

        n++;

        if (value.len > JUDGE_REPORTED_MAX) {
            value.len = JUDGE_REPORTED_MAX;
        }

        text = pl_mail_decode_words(ar, value);
        if (text == NULL) {
            return PL_NOMEM;
        }

        if (pl_mail_same(name, "action") && report->action == NULL) {
            report->action = text;

        } else if (pl_mail_same(name, "status") && report->class == 0) {
            judge_status(report, text);

        } else if (pl_mail_same(name, "diagnostic-code")
                   && report->diagnostic == NULL)
        {
            report->diagnostic = text;

        } else if (pl_mail_same(name, "final-recipient")
                   && report->recipient == NULL
                   && strchr(text, ';') != NULL)
        {
            if (judge_mailbox(ar, pl_str_c(strchr(text, ';') + 1),
                              &report->recipient, NULL) != PL_OK)
            {
                return PL_NOMEM;
            }
        }
    }

    return PL_OK;
}


/* 5.1.1 */

static void
judge_status(pl_mail_report_t *report, const char *text)
{
    int          *out[] = { &report->class, &report->subject,
                            &report->detail };
    size_t        i;
    const char   *p = text;

    for (i = 0; i < PL_COUNT(out); i++) {
        *out[i] = 0;

        while (*p >= '0' && *p <= '9' && *out[i] < 1000) {
            *out[i] = *out[i] * 10 + (*p++ - '0');
        }

        p += *p == '.';
    }
}


pl_status_t
pl_mail_report_original(pl_mail_read_t *mail, pl_arena_t *ar, pl_str_t body)
{
    size_t       ids;
    unsigned     n;
    pl_str_t     name, value;
    pl_status_t  rc = PL_OK;

    for (n = 0; rc == PL_OK && n < PL_MAIL_HEADERS_MAX
                && pl_mail_next(&body, &name, &value); n++)
    {
        if (pl_mail_same(name, "message-id")
            && mail->report.original == NULL)
        {
            rc = pl_mail_ids(ar, value, &mail->report.original, 1, &ids);
        }
    }

    return rc;
}


/* ---- answers -------------------------------------------------------- */

pl_str_t
pl_mail_fresh(pl_str_t text)
{
    size_t          n;
    pl_str_t        line;
    const uint8_t  *p = text.data, *end = pl_mail_end(text), *eol;

    while (p < end) {
        eol = memchr(p, '\n', (size_t) (end - p));
        n = eol == NULL ? (size_t) (end - p) : (size_t) (eol - p);
        line = pl_mail_trim((pl_str_t) { p, n });

        if (judge_quotes(line)) {
            break;
        }

        p = eol == NULL ? end : eol + 1;
    }

    return pl_mail_trim((pl_str_t) { text.data, (size_t) (p - text.data) });
}


/* "> …", "On … wrote:" in some languages, "-----Original Message-----". */

static bool
judge_quotes(pl_str_t line)
{
    size_t                    i;
    pl_str_t                  tail;
    static const char *const  ends[] = {
        "wrote:", "schrieb:", "schreef:", "escribi\xc3\xb3:",
        "a \xc3\xa9" "crit :", "a \xc3\xa9" "crit:", "ha scritto:",
    };

    if (pl_mail_starts(line, ">") || pl_mail_starts(line, "-----original ")
        || pl_mail_starts(line, "________________________________"))
    {
        return true;
    }

    for (i = 0; i < PL_COUNT(ends); i++) {
        tail.len = strlen(ends[i]);

        if (line.len > tail.len) {
            tail.data = line.data + line.len - tail.len;

            if (pl_mail_same(tail, ends[i])) {
                return true;
            }
        }
    }

    return false;
}
