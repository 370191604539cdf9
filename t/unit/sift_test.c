/*
 * Webhooks that bring mail, as they stream by: what is taken out of them, cut
 * at every byte; what is left, read again; limits, at each and one past it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/sift_impl.h"
#include "../../src/channel/smtp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define FILES_MAX  70
#define SHORT      (256 * 1024)         /* of a file that is looked at */

typedef struct {
    size_t      n;
    bool        open;
    bool        fails;
    size_t      len[FILES_MAX];
    uint8_t    *bytes[FILES_MAX];
} files_t;

typedef struct {
    pl_codec_t     *codec;
    pl_arena_t     *ar;
    pl_arena_t     *again;
    pl_err_t        err;
    files_t         files;
    pl_sift_sink_t  sink;
} test_t;


static pl_status_t
file_begin(void *data, pl_err_t *err)
{
    files_t  *f = data;

    assert_false(f->open);
    assert_true(f->n < FILES_MAX);
    f->open = true;
    f->len[f->n] = 0;

    return f->fails ? pl_err_set(err, PL_FULL, "file", 0, "full") : PL_OK;
}


static pl_status_t
file_write(void *data, const uint8_t *bytes, size_t n, pl_err_t *err)
{
    size_t    had;
    files_t  *f = data;

    (void) err;
    assert_true(f->open);
    had = f->len[f->n];

    if (had + n <= SHORT) {
        f->bytes[f->n] = realloc(f->bytes[f->n], had + n);
        assert_non_null(f->bytes[f->n]);
        memcpy(f->bytes[f->n] + had, bytes, n);
    }

    f->len[f->n] += n;

    return PL_OK;
}


static pl_status_t
file_end(void *data, char name[PL_SIFT_HASH], pl_err_t *err)
{
    files_t  *f = data;

    (void) err;
    assert_true(f->open);
    f->open = false;
    (void) snprintf(name, PL_SIFT_HASH, "%064zu", f->n++);

    return PL_OK;
}


static void
files_clear(files_t *f)
{
    size_t  i;

    for (i = 0; i < FILES_MAX; i++) {
        free(f->bytes[i]);
    }

    memset(f, 0, sizeof(*f));
}


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);
    t->ar = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
    t->again = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
    t->sink = (pl_sift_sink_t) { &t->files, file_begin, file_write,
                                 file_end };
    *state = t;

    return t->ar != NULL && t->again != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    files_clear(&t->files);
    pl_arena_destroy(t->ar);
    pl_arena_destroy(t->again);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* In pieces of so many bytes, after a first one. */

static pl_status_t
sift(test_t *t, const pl_channel_t *provider, pl_str_t body, size_t first,
    size_t step, const pl_sifted_t **out)
{
    size_t        at, n;
    pl_sift_t    *s;
    pl_status_t   rc = PL_OK;

    files_clear(&t->files);
    s = pl_sift_create(provider->sift, &t->sink, t->ar);
    assert_non_null(s);

    for (at = 0; rc == PL_OK && at < body.len; at += n) {
        n = at == 0 && first > 0 ? first : step;
        n = n < body.len - at ? n : body.len - at;
        rc = pl_sift_feed(s, body.data + at, n, &t->err);
    }

    return rc == PL_OK ? pl_sift_end(s, out, &t->err) : rc;
}


static Pl__Entry *
entry(test_t *t, const pl_sifted_t *s)
{
    size_t       i;
    Pl__Entry   *e = pl_arena_alloc(t->ar, sizeof(*e));
    Pl__Taken   *rows;

    assert_non_null(e);
    pl__entry__init(e);
    e->kind = PL__ENTRY_KIND__ENTRY_KIND_WEBHOOK;
    e->time_ms = 1700000000000;
    e->has_body = 1;
    e->body = (ProtobufCBinaryData) { s->body.len, (uint8_t *) s->body.data };
    e->has_sifted = e->sifted = 1;
    e->has_mail = s->has_mail;
    e->mail = (ProtobufCBinaryData) { s->mail.len, (uint8_t *) s->mail.data };
    e->n_taken = s->n_taken;
    e->taken = pl_arena_alloc(t->ar, (s->n_taken + 1) * sizeof(*e->taken));
    rows = pl_arena_alloc(t->ar, (s->n_taken + 1) * sizeof(*rows));

    for (i = 0; i < s->n_taken; i++) {
        pl__taken__init(&rows[i]);
        rows[i].file = (char *) s->taken[i].name;
        rows[i].bytes = s->taken[i].bytes;
        rows[i].has_at = s->taken[i].type == NULL;
        rows[i].at = s->taken[i].at;
        rows[i].has_in_mail = rows[i].in_mail = s->taken[i].in_mail;
        rows[i].type = (char *) s->taken[i].type;
        e->taken[i] = &rows[i];
    }

    return e;
}


static const Pl__Email *
decoded(test_t *t, const pl_channel_t *provider, const pl_sifted_t *s)
{
    pl_decoded_t  out;

    assert_int_equal(pl_channel_decode(provider, t->codec, entry(t, s), t->ar,
                                       &out, &t->err), PL_OK);
    assert_int_equal(out.n_commands, 1);
    assert_int_equal(out.commands[0]->of_case,
                     PL__COMMAND__OF_INBOUND_MESSAGE);

    return out.commands[0]->inbound_message->content->email;
}


static void
is_file(test_t *t, const Pl__Media *media, const char *name,
    const char *type, const char *bytes)
{
    size_t  i = strtoul(media->file, NULL, 10), n = strlen(bytes);

    assert_string_equal(media->filename, name);
    assert_string_equal(media->mime_type, type);
    assert_int_equal(media->state, PL__MEDIA_STATE__MEDIA_STATE_STORED);
    assert_int_equal(media->bytes, n);
    assert_int_equal(t->files.len[i], n);
    assert_memory_equal(t->files.bytes[i], bytes, n);
}


static void
same(const pl_sifted_t *a, const pl_sifted_t *b)
{
    size_t  i;

    assert_int_equal(a->body.len, b->body.len);
    assert_memory_equal(a->body.data, b->body.data, a->body.len);
    assert_int_equal(a->mail.len, b->mail.len);

    if (a->mail.len != 0) {
        assert_memory_equal(a->mail.data, b->mail.data, a->mail.len);
    }

    assert_int_equal(a->n_taken, b->n_taken);

    for (i = 0; i < a->n_taken; i++) {
        assert_int_equal(a->taken[i].at, b->taken[i].at);
        assert_int_equal(a->taken[i].bytes, b->taken[i].bytes);
        assert_int_equal(a->taken[i].in_mail, b->taken[i].in_mail);
    }
}


/* Cut in two at every byte, and into single bytes: always the same. */

static const pl_sifted_t *
everywhere(test_t *t, const pl_channel_t *provider, pl_str_t body)
{
    size_t               i, n;
    files_t              was;
    pl_arena_t          *keep = t->ar;
    const pl_sifted_t   *one, *other;

    assert_int_equal(sift(t, provider, body, 1, 1, &one), PL_OK);
    was = t->files;
    memset(&t->files, 0, sizeof(t->files));

    for (i = 1; i <= body.len; i++) {
        pl_arena_reset(t->again);
        t->ar = t->again;
        assert_int_equal(sift(t, provider, body, i, body.len, &other), PL_OK);
        t->ar = keep;
        same(one, other);
        assert_int_equal(t->files.n, was.n);

        for (n = 0; n < was.n; n++) {
            assert_int_equal(t->files.len[n], was.len[n]);
            assert_true(was.len[n] == 0
                        || memcmp(t->files.bytes[n], was.bytes[n],
                                  was.len[n]) == 0);
        }
    }

    files_clear(&t->files);
    t->files = was;

    return one;
}


/* ---- Postmark ------------------------------------------------------- */

#define PM_HEAD                                                               \
    "{\"From\":\"ana@example.com\",\"To\":\"support@acme.example\","          \
    "\"MessageID\":\"22c74902\",\"Headers\":[{\"Name\":\"Message-ID\","       \
    "\"Value\":\"<a1@mail.example.com>\"}],"

static void
postmark_parsed(void **state)
{
    test_t             *t = *state;
    const Pl__Email    *email;
    const pl_sifted_t  *s;
    static const char   body[] = PM_HEAD
        "\"Content\":\"YWJj\",\"TextBody\":\"Caf\\u00e9 \\\"x\\\"\","
        "\"Attachments\" : [ {\"Name\":\"a.txt\",\"Content\" : \"YWJj\\/w==\""
        ",\"ContentType\":\"text/plain\",\"ContentLength\":4,"
        "\"x\":{\"Content\":\"YWJj\"}}, {\"Name\":\"n\",\"Content\":null},"
        "{\"Content\":\"\",\"Name\":\"b\",\"ContentType\":\"image/png\"},"
        "{\"Name\":\"c\",\"Content\":\"eHl6\",\"ContentType\":\"a/b\"}],"
        "\"Other\":[{\"Content\":\"eHl6\"}]}";

    s = everywhere(t, &pl_postmark, PL_STR(body));
    assert_int_equal(s->n_taken, 3);
    assert_non_null(memmem(s->body.data, s->body.len,
                           "\"Content\" : \"0\"", 15));
    assert_non_null(memmem(s->body.data, s->body.len,
                           "{\"Content\":\"eHl6\"}", 18));
    email = decoded(t, &pl_postmark, s);
    assert_string_equal(email->text, "Caf\xc3\xa9 \"x\"");
    assert_int_equal(email->n_attachments, 4);
    is_file(t, email->attachments[0], "a.txt", "text/plain", "abc\xff");
    assert_null(email->attachments[1]->file);
    is_file(t, email->attachments[2], "b", "image/png", "");
    is_file(t, email->attachments[3], "c", "a/b", "xyz");
}


#define MAIL                                                                  \
    "From: Ana <ana@example.com>\r\nTo: support@acme.example\r\n"             \
    "Message-ID: <m1@mail.example.com>\r\nSubject: x\r\n"                     \
    "Content-Type: multipart/mixed;\r\n boundary=\"=_out\"\r\n\r\n"           \
    "not read\r\n--=_out\r\n"                                                 \
    "Content-Type: multipart/alternative; boundary=in\r\n\r\n"                \
    "--in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"                 \
    "Hello\r\n-- \r\n--inner no\r\nAna\r\n"                                   \
    "--in\r\nContent-Type: text/html\r\n"                                     \
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"                     \
    "<p>5=E2=82=AC</p>\r\n--in--\r\nnor this\r\n"                             \
    "--=_out\r\nContent-Type: application/pdf; name=o.pdf\r\n"                \
    "Content-Transfer-Encoding: base64\r\n"                                   \
    "Content-Disposition: attachment; filename=\"o.pdf\"\r\n\r\n"             \
    "JVBERi0x\r\nLjQ=\r\n"                                                    \
    "--=_out\r\nContent-Type: text/plain\r\n"                                 \
    "Content-Disposition: attachment; filename=q.txt\r\n"                     \
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"                     \
    "a=3Db=  \r\nc=\r\nd\r\r\n--=_ou\r\n"                                     \
    "--=_out\r\nContent-Type: image/gif; name=e.gif\r\n\r\n"                  \
    "\r\n--=_out--\r\nepilogue\r\n--=_out\r\n\r\nnone\r\n"

static void
is_mail(test_t *t, const Pl__Email *email)
{
    assert_string_equal(email->text, "Hello\r\n-- \r\n--inner no\r\nAna");
    assert_string_equal(email->html, "<p>5\xe2\x82\xac</p>");
    assert_int_equal(email->n_attachments, 3);
    is_file(t, email->attachments[0], "o.pdf", "application/pdf",
            "%PDF-1.4");
    is_file(t, email->attachments[1], "q.txt", "text/plain",
            "a=bcd\r\r\n--=_ou");
    is_file(t, email->attachments[2], "e.gif", "image/gif", "");
    assert_false(email->has_cut && email->cut);
}


static char *
coded(test_t *t, const char *head, bool json, const char *tail)
{
    size_t               n = 0;
    char                *out = pl_arena_alloc(t->ar, 6 * sizeof(MAIL) + 512);
    const unsigned char *p;

    assert_non_null(out);
    n = (size_t) sprintf(out, "%s", head);

    for (p = (const unsigned char *) MAIL; *p != '\0'; p++) {
        n += (size_t) (json ? *p == '"' || *p == '\\'
                              ? sprintf(out + n, "\\%c", *p)
                              : *p < ' ' || *p == '-'
                                ? sprintf(out + n, "\\u%04x", *p)
                                : sprintf(out + n, "%c", *p)
                       : *p == ' ' ? sprintf(out + n, "+")
                       : *p >= 'a' && *p <= 'z' ? sprintf(out + n, "%c", *p)
                       : sprintf(out + n, "%%%02X", *p));
    }

    (void) sprintf(out + n, "%s", tail);

    return out;
}


static void
postmark_whole(void **state)
{
    test_t             *t = *state;
    const char         *body;
    const pl_sifted_t  *s;

    body = coded(t, PM_HEAD "\"RawEmail\":\"", true, "\",\"Tag\":\"\"}");
    s = everywhere(t, &pl_postmark, pl_str_c(body));
    assert_true(s->has_mail);
    assert_int_equal(s->n_taken, 3);
    assert_non_null(memmem(s->body.data, s->body.len, "\"RawEmail\":\"\"",
                           13));
    is_mail(t, decoded(t, &pl_postmark, s));
}


/* ---- Mailgun, SendGrid ---------------------------------------------- */

#define PART(name) "\r\n--xyz\r\nContent-Disposition: form-data; name=\""     \
    name "\"\r\n\r\n"
#define FIRST(name) "--xyz\r\nContent-Disposition: form-data; name=\""        \
    name "\"\r\n\r\n"
#define FILED(name, file) "\r\n--xyz\r\nContent-Disposition: form-data; "     \
    "name=\"" name "\"; filename=\"" file "\"\r\n"                            \
    "Content-Type: application/pdf\r\n\r\n"

static void
mailgun_parsed(void **state)
{
    test_t             *t = *state;
    const Pl__Email    *email;
    const pl_sifted_t  *s;
    static const char   body[] = FIRST("recipient") "support@acme.example"
        PART("from") "ana@example.com" PART("token") "abc"
        PART("Message-Id") "<m@x.y>" FILED("attachment-1", "a.pdf")
        "\r\n-x\n--xy\r" FILED("attachment-2", "b.pdf")
        PART("body-plain") "Hello" PART("timestamp") "1700000000"
        PART("attachment-3") "no file" "\r\n--xyz--\r\n";

    s = everywhere(t, &pl_mailgun, PL_STR(body));
    assert_int_equal(s->n_taken, 2);
    email = decoded(t, &pl_mailgun, s);
    assert_string_equal(email->text, "Hello");
    assert_int_equal(email->n_attachments, 2);
    is_file(t, email->attachments[0], "a.pdf", "application/pdf",
            "\r\n-x\n--xy\r");
    is_file(t, email->attachments[1], "b.pdf", "application/pdf", "");
}


static void
mailgun_whole(void **state)
{
    test_t             *t = *state;
    const char         *body;
    const pl_sifted_t  *s;

    body = coded(t, "recipient=support%40acme.example&token=abc&body-mime=",
                 false, "&x=y&=&&z");
    s = everywhere(t, &pl_mailgun, pl_str_c(body));
    assert_true(s->has_mail);
    is_mail(t, decoded(t, &pl_mailgun, s));
}


static void
sendgrid_whole(void **state)
{
    test_t             *t = *state;
    const pl_sifted_t  *s;
    static const char   body[] = FIRST("to") "support@acme.example"
        PART("email") MAIL PART("envelope")
        "{\"to\":[\"support@acme.example\"]}" "\r\n--xyz--\r\n";

    s = everywhere(t, &pl_sendgrid, PL_STR(body));
    assert_true(s->has_mail);
    is_mail(t, decoded(t, &pl_sendgrid, s));
}


static void
sendgrid_events(void **state)
{
    test_t             *t = *state;
    const pl_sifted_t  *s;
    static const char   body[] = "[{\"event\":\"open\"}]";

    s = everywhere(t, &pl_sendgrid, PL_STR(body));
    assert_int_equal(s->body.len, sizeof(body) - 1);
    assert_memory_equal(s->body.data, body, sizeof(body) - 1);
    assert_int_equal(s->n_taken, 0);
}


/* ---- limits --------------------------------------------------------- */

/* head, n times c, tail. */

static pl_str_t
filled(test_t *t, const char *head, size_t n, char c, const char *tail)
{
    size_t    before = strlen(head), behind = strlen(tail);
    uint8_t  *out = pl_arena_alloc(t->ar, before + n + behind);

    assert_non_null(out);
    memcpy(out, head, before);
    memset(out + before, c, n);
    memcpy(out + before + n, tail, behind);

    return (pl_str_t) { out, before + n + behind };
}


static void
limit_text(void **state)
{
    test_t             *t = *state;
    const Pl__Email    *email;
    const pl_sifted_t  *s;

    assert_int_equal(sift(t, &pl_postmark,
                          filled(t, PM_HEAD "\"HtmlBody\":\"",
                                 PL_SIFT_TEXT_MAX, 'x', "\"}"),
                          0, 65536, &s), PL_OK);
    assert_int_equal(s->n_taken, 0);
    email = decoded(t, &pl_postmark, s);
    assert_int_equal(strlen(email->html), PL_SIFT_TEXT_MAX);
    assert_false(email->has_cut && email->cut);

    assert_int_equal(sift(t, &pl_postmark,
                          filled(t, PM_HEAD "\"HtmlBody\":\"\\u20ac\\n",
                                 PL_SIFT_TEXT_MAX + 1, 'x', "\\\"y\"}"),
                          0, 65536, &s), PL_OK);
    assert_int_equal(s->n_taken, 1);
    email = decoded(t, &pl_postmark, s);
    assert_true(email->cut);
    assert_int_equal(email->n_attachments, 1);
    assert_string_equal(email->attachments[0]->filename, "text.html");
    assert_string_equal(email->attachments[0]->mime_type, "text/html");
    assert_int_equal(email->attachments[0]->bytes, PL_SIFT_TEXT_MAX + 7);
}


static void
limit_mail_text(void **state)
{
    test_t             *t = *state;
    const Pl__Email    *email;
    const pl_sifted_t  *s;

    assert_int_equal(sift(t, &pl_sendgrid,
        filled(t, FIRST("to") "support@acme.example" PART("email")
               "From: a@b.c\r\nMessage-ID: <a@b>\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n",
               4 * PL_SIFT_TEXT_MAX, 'A', "\r\n--xyz--\r\n"),
        0, 5000, &s), PL_OK);
    assert_int_equal(s->n_taken, 1);
    assert_int_equal(s->taken[0].bytes, 3 * PL_SIFT_TEXT_MAX);
    email = decoded(t, &pl_sendgrid, s);
    assert_true(email->cut);
    assert_int_equal(email->n_attachments, 1);
    assert_string_equal(email->attachments[0]->filename, "text.txt");
}


static void
limit_field(void **state)
{
    test_t             *t = *state;
    size_t              n;
    const pl_sifted_t  *s;

    for (n = PL_SIFT_FIELD_MAX; n <= PL_SIFT_FIELD_MAX + 1; n++) {
        pl_str_t  body = filled(t, "a=", n, 'x', "&b=c");

        assert_int_equal(sift(t, &pl_mailgun, body, 0, 4096, &s), PL_OK);
        assert_int_equal(s->body.len, PL_SIFT_FIELD_MAX + 6);
        assert_int_equal(s->n_taken, 0);
    }
}


static void
limit_left(void **state)
{
    test_t             *t = *state;
    const pl_sifted_t  *s;

    assert_int_equal(sift(t, &pl_sendgrid,
                          filled(t, "[", PL_SIFT_LEFT_MAX - 1, ' ', ""),
                          0, 65536, &s), PL_OK);
    assert_int_equal(s->body.len, PL_SIFT_LEFT_MAX);
    assert_int_equal(sift(t, &pl_sendgrid,
                          filled(t, "[", PL_SIFT_LEFT_MAX, ' ', ""),
                          0, 65536, &s), PL_TOOBIG);
}


/* 35 MB in one file: nothing of it stays in memory. */

static void
limit_file(void **state)
{
    test_t             *t = *state;
    size_t              n = PL_SIFT_MAX - 1024;
    char               *big = malloc(n + 1024);
    pl_arena_t         *keep = t->ar;
    const pl_sifted_t  *s;

    assert_non_null(big);
    (void) strcpy(big, PM_HEAD "\"Attachments\":[{\"Content\":\"");
    memset(big + strlen(big), 'A', n);
    (void) strcpy(big + n, "\"}]}");
    t->ar = pl_arena_create(4096, 1024 * 1024);
    assert_int_equal(sift(t, &pl_postmark,
                          (pl_str_t) { (uint8_t *) big, strlen(big) }, 0,
                          65536, &s), PL_OK);
    assert_int_equal(s->n_taken, 1);
    assert_in_range(s->taken[0].bytes, n / 4 * 3 - 512, n / 4 * 3);
    assert_true(s->body.len < 1024);
    pl_arena_destroy(t->ar);
    t->ar = keep;
    free(big);
}


static void
limit_files(void **state)
{
    test_t             *t = *state;
    char               *body = pl_arena_alloc(t->ar, 16384);
    size_t              i, n;
    const Pl__Email    *email;
    const pl_sifted_t  *s;

    for (n = PL_SIFT_FILES_MAX; n <= PL_SIFT_FILES_MAX + 1; n++) {
        (void) strcpy(body, PM_HEAD "\"Attachments\":[{\"Content\":\"YQ==\"}");

        for (i = 1; i < n; i++) {
            (void) strcat(body, ",{\"Content\":\"YQ==\"}");
        }

        (void) strcat(body, "]}");
        assert_int_equal(sift(t, &pl_postmark, pl_str_c(body), 0, 100, &s),
                         PL_OK);
        assert_int_equal(s->n_taken, PL_SIFT_FILES_MAX);
        email = decoded(t, &pl_postmark, s);
        assert_int_equal(email->n_attachments, PL_SIFT_FILES_MAX);
        assert_int_equal(email->has_cut && email->cut,
                         n > PL_SIFT_FILES_MAX);
    }
}


/* ---- what cannot be sifted ------------------------------------------ */

static void
refused(void **state)
{
    test_t             *t = *state;
    size_t              i;
    char                deep[PL_SIFT_NEST + 3];
    const pl_sifted_t  *s;
    static const struct {
        const pl_channel_t  *provider;
        const char          *body;
    } rows[] = {
        { &pl_postmark, "{\"a\":\"b" }, { &pl_postmark, "{\"a\":[}" },
        { &pl_postmark, "{\"a" }, { &pl_postmark, "]" },
        { &pl_postmark, " " },
        { &pl_postmark, "{\"RawEmail\":\"a\",\"RawEmail\":\"b\"}" },
        { &pl_mailgun, "-" }, { &pl_mailgun, "--\r\n" },
        { &pl_mailgun, "-x\r\n" }, { &pl_sendgrid, "--abc" },
        { &pl_mailgun, "body-mime=a&body-mime=b" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(sift(t, rows[i].provider, pl_str_c(rows[i].body), 0,
                              3, &s), PL_INVALID);
    }

    memset(deep, '[', sizeof(deep));
    assert_int_equal(sift(t, &pl_postmark,
                          (pl_str_t) { (uint8_t *) deep, PL_SIFT_NEST + 1 },
                          0, 10, &s), PL_INVALID);

    /* the sink's own failure is handed on */

    files_clear(&t->files);
    t->sink.begin = file_begin;
    t->files.fails = true;
    {
        pl_sift_t  *sift = pl_sift_create(pl_postmark.sift, &t->sink, t->ar);
        pl_str_t    body = PL_STR("{\"Attachments\":[{\"Content\":\"");

        assert_int_equal(pl_sift_feed(sift, body.data, body.len, &t->err),
                         PL_FULL);
    }
}


/* Counted alone, nothing is told of names, and the rest is the same. */

static void
counted(void **state)
{
    test_t             *t = *state;
    pl_sift_t          *sift_;
    const pl_sifted_t  *one, *other;
    static const char   body[] = FIRST("to") "support@acme.example"
        PART("email") MAIL "\r\n--xyz--\r\n";

    assert_int_equal(sift(t, &pl_sendgrid, PL_STR(body), 0, 7, &one), PL_OK);
    sift_ = pl_sift_create(pl_sendgrid.sift, NULL, t->ar);
    assert_int_equal(pl_sift_feed(sift_, (const uint8_t *) body,
                                  sizeof(body) - 1, &t->err), PL_OK);
    assert_int_equal(pl_sift_end(sift_, &other, &t->err), PL_OK);
    same(one, other);
    assert_string_equal(other->taken[0].name, "");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(postmark_parsed, setup, teardown),
        cmocka_unit_test_setup_teardown(postmark_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(mailgun_parsed, setup, teardown),
        cmocka_unit_test_setup_teardown(mailgun_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(sendgrid_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(sendgrid_events, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_text, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_mail_text, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_field, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_left, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_file, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_files, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(counted, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
