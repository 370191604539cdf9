/*
 * HTML as text: what is heard of a mail that has no other form.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/mail.h"
#include "../../src/core/str.h"


static void
plain(void **state)
{
    char        *text;
    size_t       i;
    pl_arena_t  *ar = pl_arena_create(4096, 16 * 1024 * 1024);

    static const struct {
        const char  *html, *text;
    } rows[] = {
        { "", "" },
        { "STOP", "STOP" },
        { "<p>a</p><p>b</p>", "a\nb" },
        { "<P CLASS='x>y'>a\r\n  b</P>", "a b" },
        { "a<br>b<br/>c", "a\nb\nc" },
        { "<b>S</b>T<i>O</i>P", "STOP" },
        { "<style>p{}</style><script>x<y</script>z", "z" },
        { "<head><title>no</title></head>yes", "yes" },
        { "<!-- no > --> x", "x" },
        { "<!-- no", "" },
        { "a<blockquote>b<p>c</p></blockquote>d", "a\n> b\n> c\nd" },
        { "&amp;&lt;&gt;&quot;&nbsp;&#8364;&#0;&bogus;&", "&<>\" "
          "\xe2\x82\xac&#0;&bogus;&" },
        { "1 < 2 > 0", "1 < 2 > 0" },
        { "<script>never closed", "" },
        { "a<p unclosed", "a" },
        { "<", "<" },
        { "</", "" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        text = pl_mail_plain(ar, pl_str_c(rows[i].html));
        assert_non_null(text);
        assert_string_equal(text, rows[i].text);
    }

    pl_arena_destroy(ar);
}


static void
limit(void **state)
{
    char        *html, *text;
    size_t       n = PL_MAIL_TEXT_MAX;
    pl_arena_t  *ar = pl_arena_create(4096, 64 * 1024 * 1024);

    (void) state;
    html = pl_arena_alloc(ar, n + 1);
    memset(html, 'x', n + 1);
    text = pl_mail_plain(ar, (pl_str_t) { (uint8_t *) html, n });
    assert_int_equal(strlen(text), n);
    text = pl_mail_plain(ar, (pl_str_t) { (uint8_t *) html, n + 1 });
    assert_int_equal(strlen(text), n);
    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(plain),
        cmocka_unit_test(limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
