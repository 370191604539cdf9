/*
 * Mail: what is read of what others wrote, and what is made of it. Limits: at
 * each, and one past it.
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
    pl_mail_read_t      read;
} test_t;


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    t->ar = pl_arena_create(64 * 1024, 16 * 1024 * 1024);
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


/* ---- read ----------------------------------------------------------- */

static void
answers(void **state)
{
    test_t  *t = *state;

    read_of(t,
        "Return-Path: <ana@example.com>\r\n"
        "From: =?iso-8859-1?Q?Ana_L=F3pez?= <Ana@example.com>\n"
        "To: support+17.aaaabbbbccccdddd@acme.example\r\n"
        "Subject: Re: =?UTF-8?Q?Your?=\r\n =?UTF-8?Q?_order?= 17\r\n"
        "Message-ID: <m1@mail.example.com>\r\n"
        "In-Reply-To: <" ID ">\r\n"
        "References: <r0@x>\r\n\t<" ID ">\r\n"
        "Content-Type: text/plain; charset=\"windows-1252\"\r\n"
        "Content-Transfer-Encoding: 8bit\r\n\r\n"
        "\x80 5 \xe9\r\n");

    assert_int_equal(t->read.kind, PL_MAIL_PERSON);
    assert_string_equal(t->read.from, "ana@example.com");
    assert_string_equal(t->read.from_name, "Ana L\xc3\xb3pez");
    assert_string_equal(t->read.subject, "Re: Your order 17");
    assert_string_equal(t->read.message_id, "m1@mail.example.com");
    assert_string_equal(t->read.in_reply_to, ID);
    assert_int_equal(t->read.n_references, 2);
    assert_string_equal(t->read.references[0], "r0@x");
    assert_string_equal(t->read.text, "\xe2\x82\xac 5 \xc3\xa9\r\n");
    assert_string_equal(t->read.return_path, "ana@example.com");
}


static void
kinds(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const struct {
        const char       *header;
        pl_mail_kind_e    kind;
    } rows[] = {
        { "X-A: b", PL_MAIL_PERSON },
        { "Auto-Submitted: no", PL_MAIL_PERSON },
        { "Auto-Submitted: auto-replied", PL_MAIL_AUTOMATIC },
        { "auto-submitted: Auto-Generated; a=b", PL_MAIL_AUTOMATIC },
        { "Precedence: bulk", PL_MAIL_BULK },
        { "Precedence: junk", PL_MAIL_BULK },
        { "Precedence: list", PL_MAIL_BULK },
        { "Precedence: auto_reply", PL_MAIL_AUTOMATIC },
        { "Precedence: first-class", PL_MAIL_PERSON },
        { "List-Id: <l.example.com>", PL_MAIL_BULK },
        { "List-Unsubscribe: <mailto:a@b>", PL_MAIL_BULK },
        { "X-Auto-Response-Suppress: All", PL_MAIL_AUTOMATIC },
        { "X-Auto-Response-Suppress: None", PL_MAIL_PERSON },
        { "X-Autoreply: yes", PL_MAIL_AUTOMATIC },
        { "Return-Path: <>", PL_MAIL_AUTOMATIC },
        { "Return-Path: <a@b>", PL_MAIL_PERSON },
        { "From: no-reply@example.com", PL_MAIL_AUTOMATIC },
        { "From: MAILER-DAEMON@example.com", PL_MAIL_AUTOMATIC },
        { "Content-Type: multipart/report; "
          "report-type=\"delivery-status\"; boundary=x", PL_MAIL_REPORT },
        { "Content-Type: multipart/report; "
          "report-type=disposition-notification; boundary=x",
          PL_MAIL_AUTOMATIC },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        read_of(t, pl_arena_printf(t->ar, "%s\r\nFrom: a@b\r\n\r\nx",
                                   rows[i].header));
        assert_int_equal(t->read.kind, rows[i].kind);
    }
}


static void
reports(void **state)
{
    test_t  *t = *state;

    read_of(t,
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Content-Type: multipart/report; report-type=delivery-status;\r\n"
        " boundary=b1\r\n\r\n"
        "--b1\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n"
        "--b1\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        "Action: failed\r\nFinal-Recipient: rfc822;Nobody@example.com\r\n"
        "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such\r\n user\r\n\r\n"
        "--b1\r\nContent-Type: message/rfc822\r\n\r\n"
        "Message-ID: <" ID ">\r\nSubject: x\r\n\r\nbody\r\n--b1--\r\n");

    assert_int_equal(t->read.kind, PL_MAIL_REPORT);
    assert_string_equal(t->read.report.action, "failed");
    assert_string_equal(t->read.report.recipient, "nobody@example.com");
    assert_int_equal(t->read.report.class, 5);
    assert_int_equal(t->read.report.subject, 1);
    assert_int_equal(t->read.report.detail, 1);
    assert_string_equal(t->read.report.diagnostic, "smtp; 550 no such user");
    assert_string_equal(t->read.report.original, ID);
    assert_int_equal(t->read.n_parts, 0);
}


static void
names_of_files(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const struct {
        const char  *value, *name;
    } rows[] = {
        { "attachment; filename=a.pdf", "a.pdf" },
        { "attachment; filename=\"a;b \\\"c\\\".pdf\"", "a;b \"c\".pdf" },
        { "attachment; filename=\"=?UTF-8?B?w6QucGRm?=\"", "\xc3\xa4.pdf" },
        { "attachment; filename*=UTF-8''%C3%A4%20b.pdf", "\xc3\xa4 b.pdf" },
        { "attachment; filename*=iso-8859-1'de'%E4.pdf", "\xc3\xa4.pdf" },
        { "attachment; filename*0*=UTF-8''%C3%A4; filename*1=b.pdf",
          "\xc3\xa4" "b.pdf" },
        { "attachment; x=y; FILENAME=z", "z" },
        { "attachment; filename*=%C3", "\xef\xbf\xbd" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_string_equal(pl_mail_parameter(t->ar, pl_str_c(rows[i].value),
                                              "filename"), rows[i].name);
    }

    assert_null(pl_mail_parameter(t->ar, PL_STR("attachment"), "filename"));
    assert_null(pl_mail_parameter(t->ar, PL_STR("a; filename"), "filename"));
    assert_null(pl_mail_parameter(t->ar, PL_STR("a; filename*1=b"),
                                  "filename"));
}


/* Bounds: depth, parts, ids; and what is no mail. */

static void
bounds(void **state)
{
    size_t          i, n;
    char           *ids[PL_MAIL_REFERENCES_MAX];
    test_t         *t = *state;
    pl_mail_buf_t   buf = { .ar = t->ar };

    assert_int_equal(pl_mail_read(PL_STR(""), t->ar, &t->read, &t->err),
                     PL_INVALID);
    assert_int_equal(pl_mail_read(PL_STR("\r\nx"), t->ar, &t->read, &t->err),
                     PL_INVALID);
    assert_int_equal(pl_mail_read(PL_STR("To: a@b\r\n\r\nx"), t->ar,
                                  &t->read, &t->err), PL_INVALID);

    pl_mail_buf_text(&buf, "From: a@b\r\nContent-Type: multipart/mixed; "
                           "boundary=b\r\n\r\n");
    for (i = 0; i < PL_MAIL_PARTS_MAX + 5; i++) {
        pl_mail_buf_text(&buf, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n");
    }
    pl_mail_buf_add(&buf, "", 1);
    read_of(t, (const char *) buf.data);
    assert_int_equal(t->read.n_parts, PL_MAIL_PARTS_MAX - 1);
    assert_true(t->read.cut);

    memset(&buf, 0, sizeof(buf));
    buf.ar = t->ar;
    pl_mail_buf_text(&buf, "From: a@b\r\n");
    for (i = 0; i < PL_MAIL_DEPTH_MAX + 3; i++) {
        pl_mail_buf_text(&buf, pl_arena_printf(t->ar, "Content-Type: "
                         "multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n",
                         i, i));
    }
    pl_mail_buf_text(&buf, "\r\nx\r\n");
    pl_mail_buf_add(&buf, "", 1);
    read_of(t, (const char *) buf.data);
    assert_true(t->read.cut);
    assert_null(t->read.text);

    memset(&buf, 0, sizeof(buf));
    buf.ar = t->ar;
    for (i = 0; i < 20; i++) {
        pl_mail_buf_text(&buf, pl_arena_printf(t->ar, "<%zu@x> ", i));
    }
    assert_int_equal(pl_mail_ids(t->ar, (pl_str_t) { buf.data, buf.len },
                                 ids, PL_MAIL_REFERENCES_MAX, &n), PL_OK);
    assert_int_equal(n, PL_MAIL_REFERENCES_MAX);
    assert_string_equal(ids[0], "0@x");
    assert_string_equal(ids[1], "10@x");
    assert_string_equal(ids[n - 1], "19@x");

    assert_int_equal(pl_mail_ids(t->ar, pl_str_c(pl_arena_printf(t->ar,
                         "<%s>", repeat(t, 'a', PL_MAIL_ID_MAX))), ids, 1,
                     &n), PL_OK);
    assert_int_equal(n, 1);
    assert_int_equal(pl_mail_ids(t->ar, pl_str_c(pl_arena_printf(t->ar,
                         "<%s>", repeat(t, 'a', PL_MAIL_ID_MAX + 1))), ids,
                     1, &n), PL_OK);
    assert_int_equal(n, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(answers, setup, teardown),
        cmocka_unit_test_setup_teardown(kinds, setup, teardown),
        cmocka_unit_test_setup_teardown(reports, setup, teardown),
        cmocka_unit_test_setup_teardown(names_of_files, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("mail_read", tests, NULL, NULL);
}
