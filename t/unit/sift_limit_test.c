/*
 * Limits of webhooks that bring mail, at each and one past it.
 */

#include "sift.h"


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
    static const char   head[] = PM_HEAD "\"Attachments\":[{\"Content\":\"";
    pl_arena_t         *keep = t->ar;
    const pl_sifted_t  *s;

    assert_non_null(big);
    memset(big, 'A', n);
    memcpy(big, head, sizeof(head) - 1);
    memcpy(big + n, "\"}]}", 5);
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
    size_t              i, n;
    pl_mail_buf_t       body;
    const Pl__Email    *email;
    const pl_sifted_t  *s;

    for (n = PL_SIFT_FILES_MAX; n <= PL_SIFT_FILES_MAX + 1; n++) {
        memset(&body, 0, sizeof(body));
        body.ar = t->ar;
        pl_mail_buf_text(&body, PM_HEAD "\"Attachments\":[");

        for (i = 0; i < n; i++) {
            pl_mail_buf_text(&body, i > 0 ? "," : "");
            pl_mail_buf_text(&body, "{\"Content\":\"YQ==\"}");
        }

        pl_mail_buf_text(&body, "]}");
        assert_int_equal(sift(t, &pl_postmark,
                              (pl_str_t) { body.data, body.len }, 0, 100,
                              &s), PL_OK);
        assert_int_equal(s->n_taken, PL_SIFT_FILES_MAX);
        email = decoded(t, &pl_postmark, s);
        assert_int_equal(email->n_attachments, PL_SIFT_FILES_MAX);
        assert_int_equal(email->has_cut && email->cut,
                         n > PL_SIFT_FILES_MAX);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(limit_text, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_mail_text, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_field, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_left, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_file, setup, teardown),
        cmocka_unit_test_setup_teardown(limit_files, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
