/*
 * Segments of SMS: GSM 03.38's alphabet, its extension table, and UTF-16.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/gsm.h"


/* n times a character. */

static pl_gsm_t
count(const char *c, size_t n, const char *more)
{
    char       buf[4096];
    size_t     i, len = strlen(c);
    pl_gsm_t   out;

    assert_true(n * len + strlen(more) < sizeof(buf));

    for (i = 0; i < n; i++) {
        memcpy(buf + i * len, c, len);
    }

    memcpy(buf + n * len, more, strlen(more));
    pl_gsm_count((pl_str_t) { (const uint8_t *) buf,
                              n * len + strlen(more) }, &out);

    return out;
}


static void
is(pl_gsm_t gsm, bool ucs2, uint32_t units, uint32_t segments, uint32_t left)
{
    assert_int_equal(gsm.ucs2, ucs2);
    assert_int_equal(gsm.units, units);
    assert_int_equal(gsm.segments, segments);
    assert_int_equal(gsm.left, left);
}


static void
test_alphabet(void **state)
{
    (void) state;

    is(count("", 0, ""), false, 0, 0, 160);
    is(count("a", 1, ""), false, 1, 1, 159);
    is(count("\xc3\xa9", 1, ""), false, 1, 1, 159);         /* é */
    is(count("\xce\xa9", 1, "\n\r"), false, 3, 1, 157);     /* Ω */
    is(count("@", 1, "$_"), false, 3, 1, 157);
    is(count("\xc3\xaa", 1, ""), true, 1, 1, 69);           /* ê */
    is(count("`", 1, ""), true, 1, 1, 69);
    is(count("\xc3\xa7", 1, ""), true, 1, 1, 69);           /* ç: only Ç */
}


static void
test_segments(void **state)
{
    (void) state;

    is(count("a", 160, ""), false, 160, 1, 0);
    is(count("a", 161, ""), false, 161, 2, 145);
    is(count("a", 306, ""), false, 306, 2, 0);
    is(count("a", 307, ""), false, 307, 3, 152);
    is(count("\xc3\xaa", 70, ""), true, 70, 1, 0);
    is(count("\xc3\xaa", 71, ""), true, 71, 2, 63);
    is(count("\xc3\xaa", 134, ""), true, 134, 2, 0);
    is(count("\xc3\xaa", 135, ""), true, 135, 3, 66);
}


/* An escape pair costs two, and is never split. */

static void
test_pairs(void **state)
{
    (void) state;

    is(count("\xe2\x82\xac", 1, ""), false, 2, 1, 158);     /* € */
    is(count("[", 80, ""), false, 160, 1, 0);
    is(count("a", 152, "[aaaaaaa"), false, 161, 2, 144);
    is(count("a", 151, "[aaaaaaaa"), false, 161, 2, 145);
}


/* One emoji, and all of it is UTF-16, where that is a pair, too. */

static void
test_emoji(void **state)
{
    (void) state;

    is(count("a", 10, "\xf0\x9f\x98\x80"), true, 12, 1, 58);
    is(count("a", 69, "\xf0\x9f\x98\x80"), true, 71, 2, 63);
    is(count("a", 66, "\xf0\x9f\x98\x80" "aaa"), true, 71, 2, 62);
    is(count("a", 1, "\xff"), true, 2, 1, 68);              /* no UTF-8 */
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_alphabet),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_emoji),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
