/*
 * Mail: addresses, what is written byte for byte. Limits: at each, and one
 * past it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/mail_impl.h"
#include "../../src/core/str.h"

#define ID  "p.17.5eed0001.aaaabbbbccccdddd@acme.example"


typedef struct {
    pl_arena_t         *ar;
    pl_err_t            err;
    pl_mail_t           mail;
    pl_mail_written_t   out;
    pl_mail_read_t      read;
} test_t;


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    t->ar = pl_arena_create(64 * 1024, 16 * 1024 * 1024);
    t->mail.from = "support@acme.example";
    t->mail.from_name = "Acme";
    t->mail.to = "ana@example.com";
    t->mail.subject = "Your order";
    t->mail.message_id = ID;
    t->mail.date_s = 1136214245;
    t->mail.text = "Hello\n";
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    test_free(t);

    return 0;
}


/* The whole mail as a string, files as their digests. */

static const char *
written(test_t *t)
{
    size_t         i;
    pl_mail_buf_t  buf = { .ar = t->ar };

    assert_int_equal(pl_mail_write(&t->mail, t->ar, &t->out, &t->err), PL_OK);

    for (i = 0; i < t->out.n; i++) {
        if (t->out.pieces[i].file != NULL) {
            pl_mail_buf_text(&buf, t->out.pieces[i].file->file);
        } else {
            pl_mail_buf_add(&buf, t->out.pieces[i].bytes.data,
                            t->out.pieces[i].bytes.len);
        }
    }

    pl_mail_buf_add(&buf, "", 1);
    assert_false(buf.full);

    return (const char *) buf.data;
}


static void
refused(test_t *t, pl_status_t rc, const char *path)
{
    assert_int_equal(pl_mail_write(&t->mail, t->ar, &t->out, &t->err), rc);
    assert_string_equal(t->err.path, path);
}


static void
read_of(test_t *t, const char *raw)
{
    assert_int_equal(pl_mail_read(pl_str_c(raw), t->ar, &t->read, &t->err),
                     PL_OK);
}


static char *
repeat(test_t *t, char c, size_t n)
{
    char  *s = pl_arena_alloc(t->ar, n + 1);

    memset(s, c, n);
    s[n] = '\0';

    return s;
}


/* ---- addresses ------------------------------------------------------ */

static void
addresses(void **state)
{
    size_t   i;
    test_t  *t = *state;
    char    *long_one;

    static const char *const  good[] = {
        "a@b", "ana.maria+x@example.com", "o'neil@ex-ample.co.uk",
        "1@2.3", "A_b=c@X.Y",
    };
    static const char *const  bad[] = {
        "", "a", "@b", "a@", ".a@b", "a.@b", "a..b@c", "a@-b", "a@b-",
        "a@b..c", "a@.b", "a@b.", "a b@c", "a@b c", "a@b\r\nX: y", "\"a\"@b",
        "a@[127.0.0.1]", "\xc3\xa4@b", "a@b@c", "a@b-.c",
    };

    for (i = 0; i < PL_COUNT(good); i++) {
        assert_true(pl_mail_address_valid(pl_str_c(good[i])));
    }

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_false(pl_mail_address_valid(pl_str_c(bad[i])));
    }

    long_one = pl_arena_printf(t->ar, "%s@b", repeat(t, 'a', 64));
    assert_true(pl_mail_address_valid(pl_str_c(long_one)));
    long_one = pl_arena_printf(t->ar, "%s@b", repeat(t, 'a', 65));
    assert_false(pl_mail_address_valid(pl_str_c(long_one)));
    long_one = pl_arena_printf(t->ar, "a@%s", repeat(t, 'b', 63));
    assert_true(pl_mail_address_valid(pl_str_c(long_one)));
    long_one = pl_arena_printf(t->ar, "a@%s", repeat(t, 'b', 64));
    assert_false(pl_mail_address_valid(pl_str_c(long_one)));
}


static void
mailboxes(void **state)
{
    char    *address, *name;
    size_t   i;
    test_t  *t = *state;

    static const struct {
        const char  *value, *address, *name;
    } rows[] = {
        { "ana@example.com", "ana@example.com", NULL },
        { "<Ana@Example.COM>", "ana@example.com", NULL },
        { "Ana Maria <ana@example.com>", "ana@example.com", "Ana Maria" },
        { "\"Lopez, \\\"Ana\\\"\" <a@b.c>, x@y.z", "a@b.c",
          "Lopez, \"Ana\"" },
        { "=?UTF-8?B?QW5hIEzDs3Bleg==?= <a@b.c>", "a@b.c",
          "Ana L\xc3\xb3pez" },
        { "a@b.c (Ana (the first))", "a@b.c", NULL },
        { "undisclosed-recipients:;, a@b.c", "a@b.c", NULL },
        { "friends: nobody, Bo <bo@b.c>;", "bo@b.c", "Bo" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_mail_mailbox(t->ar, pl_str_c(rows[i].value),
                                         &address, &name), PL_OK);
        assert_string_equal(address, rows[i].address);

        if (rows[i].name == NULL) {
            assert_null(name);
        } else {
            assert_string_equal(name, rows[i].name);
        }
    }

    assert_int_equal(pl_mail_mailbox(t->ar, PL_STR("nobody"), &address,
                                     &name), PL_NOTFOUND);
    assert_int_equal(pl_mail_mailbox(t->ar, PL_STR("((((a@b.c"), &address,
                                     &name), PL_NOTFOUND);
    assert_string_equal(pl_mail_untagged(t->ar, "a+b@c"), "a@c");
    assert_string_equal(pl_mail_untagged(t->ar, "+b@c"), "+b@c");
    assert_string_equal(pl_mail_untagged(t->ar, "a@c+d"), "a@c+d");
}


/* ---- ours ----------------------------------------------------------- */

static void
known_again(void **state)
{
    pl_mac_t        *mac = pl_mac_create(PL_STR("key"));
    pl_mail_ours_t   ours;
    char             a[PL_MAIL_PROOF_SIZE], b[PL_MAIL_PROOF_SIZE];

    (void) state;

    assert_int_equal(pl_mail_proof(mac, PL_STR("acme"), PL_STR("mail"), 17,
                                   a), PL_OK);
    assert_int_equal(strlen(a), PL_MAIL_PROOF_LEN);

    /* of another number, channel, tenant, or of the same split elsewhere */

    assert_int_equal(pl_mail_proof(mac, PL_STR("acme"), PL_STR("mail"), 18,
                                   b), PL_OK);
    assert_string_not_equal(a, b);
    assert_int_equal(pl_mail_proof(mac, PL_STR("acm"), PL_STR("email"), 17,
                                   b), PL_OK);
    assert_string_not_equal(a, b);
    assert_int_equal(pl_mail_proof(mac, PL_STR("acme"), PL_STR("mail"), 17,
                                   b), PL_OK);
    assert_string_equal(a, b);
    pl_mac_destroy(mac);

    assert_true(pl_mail_ours(PL_STR("<" ID ">"), &ours));
    assert_int_equal(ours.message, 17);
    assert_string_equal(ours.mark, "5eed0001");
    assert_string_equal(ours.proof, "aaaabbbbccccdddd");
    assert_true(pl_mail_ours(PL_STR(ID), &ours));

    assert_false(pl_mail_ours(PL_STR("p.17.5eed0001.aaaabbbbccccddd1@x"),
                              &ours));
    assert_false(pl_mail_ours(PL_STR("p.17.5eed0001.aaaabbbbccccddd@x"),
                              &ours));
    assert_false(pl_mail_ours(PL_STR("p.-1.5eed0001.aaaabbbbccccdddd@x"),
                              &ours));
    assert_false(pl_mail_ours(PL_STR("q.17.5eed0001.aaaabbbbccccdddd@x"),
                              &ours));
    assert_false(pl_mail_ours(PL_STR(""), &ours));

    assert_true(pl_mail_tagged(PL_STR("s+17.AAAABBBBCCCCDDDD@x"), &ours));
    assert_int_equal(ours.message, 17);
    assert_string_equal(ours.proof, "aaaabbbbccccdddd");
    assert_false(pl_mail_tagged(PL_STR("s+17@x"), &ours));
    assert_false(pl_mail_tagged(PL_STR("s+news.aaaabbbbccccdddd@x"), &ours));
    assert_false(pl_mail_tagged(PL_STR(""), &ours));
}


/* ---- written -------------------------------------------------------- */

static void
plain(void **state)
{
    test_t  *t = *state;

    assert_string_equal(written(t),
        "Date: Mon, 02 Jan 2006 15:04:05 +0000\r\n"
        "From: Acme\r\n <support@acme.example>\r\n"
        "To: ana@example.com\r\n"
        "Subject: Your order\r\n"
        "Message-ID: <" ID ">\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        "Hello\r\n");
    assert_int_equal(t->out.bytes, strlen(written(t)));
}


static void
headers(void **state)
{
    test_t       *t = *state;
    const char   *mail;
    char         *refs[15];
    size_t        i;

    for (i = 0; i < PL_COUNT(refs); i++) {
        refs[i] = pl_arena_printf(t->ar, "r%zu@x", i);
    }

    t->mail.reply_to = "support+17.aaaabbbbccccdddd@acme.example";
    t->mail.in_reply_to = "r14@x";
    t->mail.references = refs;
    t->mail.n_references = PL_COUNT(refs);
    t->mail.automatic = true;
    t->mail.unsubscribe_mail = "u@acme.example";
    t->mail.unsubscribe_url = "https://acme.example/u/1";
    t->mail.from_name = "Acme, \"Inc\"";
    t->mail.to_name = "Ana L\xc3\xb3pez";

    mail = written(t);

    assert_non_null(strstr(mail, "From: \"Acme, \\\"Inc\\\"\"\r\n <"));
    assert_non_null(strstr(mail, "To: =?UTF-8?B?QW5hIEzDs3Bleg==?=\r\n <"));
    assert_non_null(strstr(mail, "\r\nReply-To: support+17."));
    assert_non_null(strstr(mail, "\r\nIn-Reply-To: <r14@x>\r\n"));
    assert_non_null(strstr(mail, "\r\nReferences: <r0@x>\r\n <r5@x>\r\n"));
    assert_non_null(strstr(mail, " <r14@x>\r\nAuto-Submitted: auto-replied"));
    assert_null(strstr(mail, "<r4@x>"));
    assert_non_null(strstr(mail, "List-Unsubscribe: "
                           "<https://acme.example/u/1>,\r\n "
                           "<mailto:u@acme.example?subject=unsubscribe>\r\n"
                           "List-Unsubscribe-Post: "
                           "List-Unsubscribe=One-Click\r\n"));
}


/* Whatever the subject is, it comes back, and no line is long. */

static void
subjects(void **state)
{
    size_t       i, n;
    test_t      *t = *state;
    const char  *mail, *line, *end;
    const char  *rows[] = {
        "", "a", "a  b", "=?UTF-8?B?YQ==?= is no word",
        "Gr\xc3\xbc\xc3\x9f" "e aus M\xc3\xbcnchen \xf0\x9f\x8d\xbb und "
        "noch viel mehr, was in eine Zeile nicht hineinpasst, ganz sicher",
        "An order of many words, which is longer than a line of a mail can "
        "be, and has to be folded at a blank, once or more",
        repeat(t, 'x', 901),
        repeat(t, 'x', PL_MAIL_SUBJECT_MAX),
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        t->mail.subject = rows[i];
        mail = written(t);
        read_of(t, mail);
        assert_string_equal(t->read.subject, strcmp(rows[i], "a  b") == 0
                                             ? "a b" : rows[i]);

        for (line = mail; *line != '\0'; line = end + 2) {
            end = strstr(line, "\r\n");
            n = (size_t) (end - line);
            assert_true(n <= 78 || (i == 6 && n <= 998));
        }
    }

    t->mail.subject = repeat(t, 'x', PL_MAIL_SUBJECT_MAX + 1);
    refused(t, PL_TOOBIG, "subject");
}


/* A header that somebody else begins. */

static void
injection(void **state)
{
    test_t                *t = *state;
    pl_mail_t              fine = t->mail;
    const char            *mail;
    static char           *refs[] = {
        (char *) "a@b>\r\nBcc: x@y", (char *) "caf\xc3\xa9@x",
        (char *) "ok@x", (char *) ""
    };
    static const char      extra[] = "X-A: b\nBcc: x@y";
    const char *const      more[] = { extra };
    pl_mail_file_t         file = { "a.pdf\r\nBcc: x@y", "a/b", "00", 1 };

    t->mail.subject = "a\r\nBcc: x@y";
    refused(t, PL_INVALID, "subject");
    t->mail.subject = "a\rb";
    refused(t, PL_INVALID, "subject");
    t->mail.subject = "\xff";
    refused(t, PL_INVALID, "subject");
    t->mail = fine;

    t->mail.from_name = "a\nb";
    refused(t, PL_INVALID, "from");
    t->mail = fine;

    t->mail.to = "a@b\r\nBcc: x@y";
    refused(t, PL_INVALID, "to");
    t->mail = fine;

    t->mail.reply_to = "a@b>";
    refused(t, PL_INVALID, "reply_to");
    t->mail = fine;

    /* ids are others': those that cannot be written are left out */

    t->mail.in_reply_to = "a b@c";
    t->mail.references = refs;
    t->mail.n_references = PL_COUNT(refs);
    mail = written(t);
    assert_null(strstr(mail, "In-Reply-To"));
    assert_null(strstr(mail, "Bcc"));
    assert_non_null(strstr(mail, "\r\nReferences: <ok@x>\r\nMIME"));
    t->mail.n_references = 1;
    assert_null(strstr(written(t), "References"));
    t->mail = fine;

    t->mail.extra = more;
    t->mail.n_extra = 1;
    refused(t, PL_INVALID, "headers");
    t->mail = fine;

    t->mail.files = &file;
    t->mail.n_files = 1;
    refused(t, PL_INVALID, "files");
    file.name = "a.pdf";
    file.type = "a/b;x";
    refused(t, PL_INVALID, "files");
    t->mail = fine;

    t->mail.text = NULL;
    refused(t, PL_INVALID, "text");
    t->mail.text = repeat(t, 'x', PL_MAIL_TEXT_MAX + 1);
    refused(t, PL_TOOBIG, "text");
    t->mail.text = repeat(t, 'x', PL_MAIL_TEXT_MAX);
    (void) written(t);
}


/* Whatever the text is, it comes back. */

static void
texts(void **state)
{
    size_t       i;
    test_t      *t = *state;
    const char  *mail, *line, *end;

    static const struct {
        const char  *text, *back;
    } rows[] = {
        { "a", "a\r\n" },
        { "a\r\nb\n\nc\r", "a\r\nb\r\n\r\nc\r\n" },
        { ".\n..\n.a", ".\r\n..\r\n.a\r\n" },
        { "From here\nFrom there", "From here\r\nFrom there\r\n" },
        { "blank \ntab\t\n a", "blank \r\ntab\t\r\n a\r\n" },
        { "a=b=3D", "a=b=3D\r\n" },
        { "0123456789012345678901234567890123456789012345678901234567890123"
          "4567890123.4567890123456789 From 4567890123456789012345678901234"
          "567890123456789012345678901234567890123 \nz",
          "0123456789012345678901234567890123456789012345678901234567890123"
          "4567890123.4567890123456789 From 4567890123456789012345678901234"
          "567890123456789012345678901234567890123 \r\nz\r\n" },
        { "a caf\xc3\xa9", "a caf\xc3\xa9\r\n" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        t->mail.text = rows[i].text;
        mail = written(t);
        read_of(t, mail);
        assert_string_equal(t->read.text, rows[i].back);

        for (line = mail; *line != '\0'; line = end + 2) {
            end = strstr(line, "\r\n");
            assert_true((size_t) (end - line) <= 78);
            assert_true(*line != '.');
            assert_true(line == mail || memcmp(line, "From ", 5) != 0);
        }
    }

    /* as base64 it keeps its own lines' ends */

    t->mail.text = "\xd0\x96\xd0\x96\xd0\x96\n";
    assert_non_null(strstr(written(t), "base64\r\n\r\n0JbQltCWCg==\r\n"));
    read_of(t, written(t));
    assert_string_equal(t->read.text, t->mail.text);
}


static void
forms_and_files(void **state)
{
    size_t          i;
    test_t         *t = *state;
    const char     *mail;
    pl_mail_file_t  files[PL_MAIL_FILES_MAX + 1] = {
        { "a.pdf", "application/pdf", "QUJD", 3 },
        { "\xc3\xbc" "bersicht mit einem sehr langen Namen.xlsx", NULL,
          "REVG", 3 },
    };

    t->mail.html = "<p>Hello</p>";
    t->mail.files = files;
    t->mail.n_files = 2;

    mail = written(t);

    assert_non_null(strstr(mail, "Content-Type: multipart/mixed;\r\n"
                           " boundary=\"=_mp.17.5eed0001."));
    assert_non_null(strstr(mail, "Content-Type: multipart/alternative;"));

    read_of(t, mail);
    assert_string_equal(t->read.text, "Hello\r\n");
    assert_string_equal(t->read.html, "<p>Hello</p>\r\n");
    assert_int_equal(t->read.n_parts, 2);
    assert_string_equal(t->read.parts[0].name, "a.pdf");
    assert_string_equal(t->read.parts[0].type, "application/pdf");
    assert_memory_equal(t->read.parts[0].data.data, "ABC", 3);
    assert_string_equal(t->read.parts[1].name, files[1].name);
    assert_string_equal(t->read.parts[1].type, "application/octet-stream");

    /* the same bytes each time */

    assert_string_equal(mail, written(t));

    for (i = 2; i < PL_COUNT(files); i++) {
        files[i] = files[0];
    }

    t->mail.n_files = PL_MAIL_FILES_MAX;
    (void) written(t);
    t->mail.n_files = PL_MAIL_FILES_MAX + 1;
    refused(t, PL_TOOBIG, "files");

    assert_int_equal(pl_mail_base64_size(0), 0);
    assert_int_equal(pl_mail_base64_size(1), 6);
    assert_int_equal(pl_mail_base64_size(57), 78);
    assert_int_equal(pl_mail_base64_size(58), 84);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(mailboxes, setup, teardown),
        cmocka_unit_test_setup_teardown(known_again, setup, teardown),
        cmocka_unit_test_setup_teardown(plain, setup, teardown),
        cmocka_unit_test_setup_teardown(headers, setup, teardown),
        cmocka_unit_test_setup_teardown(subjects, setup, teardown),
        cmocka_unit_test_setup_teardown(injection, setup, teardown),
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(forms_and_files, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
