/*
 * Webhooks that bring mail, as they stream by: what is taken out of them, cut
 * at every byte, and what is left, read again.
 */

#include "sift.h"


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
    const char     *format;
    size_t          i;
    pl_mail_buf_t   buf = { .ar = t->ar };
    char            text[8];

    pl_mail_buf_text(&buf, head);

    for (i = 0; i < sizeof(MAIL) - 1; i++) {
        unsigned char  c = (unsigned char) MAIL[i];

        format = json ? (c == '"' || c == '\\' ? "\\%c"
                         : c < ' ' || c == '-' ? "\\u%04x" : "%c")
                 : c == ' ' ? "+" : c >= 'a' && c <= 'z' ? "%c" : "%%%02X";
        (void) snprintf(text, sizeof(text), format, c);
        pl_mail_buf_text(&buf, text);
    }

    pl_mail_buf_text(&buf, tail);
    pl_mail_buf_add(&buf, "", 1);
    assert_false(buf.full);

    return (char *) buf.data;
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
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(counted, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
