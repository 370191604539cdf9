/*
 * URLs and media types: what is taken, and what is refused for looking odd.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/mime.c"
#include "../../src/channel/url.c"

typedef struct {
    const char  *url;
    bool         tls;
    const char  *host;          /* NULL: refused */
    uint16_t     port;
} url_row_t;

static const url_row_t  url_rows[] = {
    { "https://graph.facebook.com", true, "graph.facebook.com", 443 },
    { "HTTPS://Graph.Facebook.COM/x?y#z", true, "graph.facebook.com", 443 },
    { "http://127.0.0.1:8081/api", false, "127.0.0.1", 8081 },
    { "https://a?@b", true, "a", 443 },
    { "https://a#@b", true, "a", 443 },
    { "https://a_b-1.c:65535", true, "a_b-1.c", 65535 },
    { "https://[::1]/", true, "[::1]", 443 },
    { "https://[::FFFF:127.0.0.1]:1", true, "[::ffff:127.0.0.1]", 1 },
    { "", false, NULL, 0 },
    { "https://", false, NULL, 0 },
    { "https:///x", false, NULL, 0 },
    { "https:/a", false, NULL, 0 },
    { "//a", false, NULL, 0 },
    { "ftp://a", false, NULL, 0 },
    { "file:///etc/passwd", false, NULL, 0 },
    { "https://a@b/", false, NULL, 0 },
    { "https://a:b@c/", false, NULL, 0 },
    { "https://a\\@b/", false, NULL, 0 },
    { "https://a b/", false, NULL, 0 },
    { "https://a\n/", false, NULL, 0 },
    { "https://a\x80/", false, NULL, 0 },
    { "https://a%2eb/", false, NULL, 0 },
    { "https://a..b/", false, NULL, 0 },
    { "https://.a/", false, NULL, 0 },
    { "https://a./", false, NULL, 0 },
    { "https://a:/", false, NULL, 0 },
    { "https://a:0/", false, NULL, 0 },
    { "https://a:-1/", false, NULL, 0 },
    { "https://a:65536/", false, NULL, 0 },
    { "https://a:1x/", false, NULL, 0 },
    { "https://a:1:2/", false, NULL, 0 },
    { "https://[::1", false, NULL, 0 },
    { "https://[]/", false, NULL, 0 },
    { "https://[::g]/", false, NULL, 0 },
    { "https://[::1]x/", false, NULL, 0 },
    { "https://[::1%25lo]/", false, NULL, 0 },
};


static void
test_origin(void **state)
{
    size_t            i;
    pl_err_t          err;
    pl_origin_t       origin;
    const url_row_t  *row;

    (void) state;

    for (i = 0; i < PL_COUNT(url_rows); i++) {
        row = &url_rows[i];

        if (row->host == NULL) {
            if (pl_url_origin(pl_str_c(row->url), &origin, &err)
                != PL_INVALID)
            {
                fail_msg("taken: %s", row->url);
            }
            continue;
        }

        if (pl_url_origin(pl_str_c(row->url), &origin, &err) != PL_OK) {
            fail_msg("refused: %s", row->url);
        }

        assert_string_equal(origin.host, row->host);
        assert_int_equal(origin.port, row->port);
        assert_int_equal(origin.tls, row->tls);
    }
}


/* At each limit, and one past it. */

static void
test_limits(void **state)
{
    char         url[PL_URL_MAX + 2];
    pl_str_t     s;
    pl_origin_t  origin;

    (void) state;

    memset(url, 'x', sizeof(url));
    memcpy(url, "https://a/", 10);
    s.data = (uint8_t *) url;

    s.len = PL_URL_MAX;
    assert_int_equal(pl_url_origin(s, &origin, NULL), PL_OK);
    s.len++;
    assert_int_equal(pl_url_origin(s, &origin, NULL), PL_INVALID);

    memcpy(url, "https://xx", 10);
    s.len = 8 + PL_URL_HOST_MAX;
    assert_int_equal(pl_url_origin(s, &origin, NULL), PL_OK);
    s.len++;
    assert_int_equal(pl_url_origin(s, &origin, NULL), PL_INVALID);
}


static void
test_same(void **state)
{
    pl_origin_t  a, b;

    (void) state;

    assert_int_equal(pl_url_origin(PL_STR("https://a/x"), &a, NULL), PL_OK);
    assert_int_equal(pl_url_origin(PL_STR("https://A:443"), &b, NULL),
                     PL_OK);
    assert_true(pl_url_same(&a, &b));

    assert_int_equal(pl_url_origin(PL_STR("http://a:443"), &b, NULL), PL_OK);
    assert_false(pl_url_same(&a, &b));
    assert_int_equal(pl_url_origin(PL_STR("https://a:444"), &b, NULL),
                     PL_OK);
    assert_false(pl_url_same(&a, &b));
    assert_int_equal(pl_url_origin(PL_STR("https://a.b"), &b, NULL), PL_OK);
    assert_false(pl_url_same(&a, &b));
}


static void
test_mime(void **state)
{
    size_t  i;

    static const char *const  good[] = {
        "image/jpeg", "audio/ogg; codecs=opus", "a/b;", "X/y+z.1"
    };
    static const char *const  bad[] = {
        "", "image", "image/", "/jpeg", "a/b/c", "a b/c", "a/b c", "a/\xc3",
        ";a/b", "a/b\r\nX: y"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(good); i++) {
        assert_true(pl_mime_valid(pl_str_c(good[i])));
    }

    for (i = 0; i < PL_COUNT(bad); i++) {
        assert_false(pl_mime_valid(pl_str_c(bad[i])));
    }

    assert_true(pl_mime_same(PL_STR("Audio/OGG"),
                             PL_STR("audio/ogg ; codecs=opus")));
    assert_false(pl_mime_same(PL_STR("audio/ogg"), PL_STR("audio/og")));
    assert_true(pl_mime_under(PL_STR("Image/png"), "image/"));
    assert_false(pl_mime_under(PL_STR("image/"), "image/"));
    assert_false(pl_mime_under(PL_STR("text/html"), "image/"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_mime),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
