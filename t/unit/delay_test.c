/*
 * What a provider says of when to come back: both forms of Retry-After, and
 * what is neither.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/channel/delay.c"

#define NOW_S  1792567680LL         /* Wed, 21 Oct 2026 07:28:00 GMT */


/* -1: it says nothing. */

static int64_t
said(const char *value, int64_t now_ms)
{
    int64_t  delay_ms;

    return pl_delay_read(pl_str_c(value), now_ms, &delay_ms) ? delay_ms : -1;
}


static void
test_seconds(void **state)
{
    size_t  i;

    static const struct {
        const char  *value;
        int64_t      delay_ms;
    } rows[] = {
        { "0", PL_DELAY_MIN_MS },
        { "1", 1000 },
        { "2", 2000 },
        { "120", 120000 },
        { "3599", 3599000 },
        { "3600", 3600000 },
        { "3601", 3600000 },
        { "99999999", 3600000 },
        { "9223372036854775807", 3600000 },
        { "9223372036854775808", 3600000 },
        { "99999999999999999999999999", 3600000 },
        { "", -1 },
        { "-1", -1 },
        { "+1", -1 },
        { " 1", -1 },
        { "1.5", -1 },
        { "1s", -1 },
        { "0x10", -1 },
        { "soon", -1 },
        { "NaN", -1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_true(said(rows[i].value, NOW_S * 1000) == rows[i].delay_ms);
        assert_true(said(rows[i].value, 0) == rows[i].delay_ms);
    }
}


static void
test_dates(void **state)
{
    size_t  i;

    static const struct {
        const char  *value;
        int64_t      delay_ms;
    } rows[] = {
        { "Wed, 21 Oct 2026 07:28:30 GMT", 30000 },
        { "Wednesday, 21-Oct-26 07:28:30 GMT", 30000 },
        { "Wed Oct 21 07:28:30 2026", 30000 },
        { "Thu, 22 Oct 2026 00:00:00 GMT", 3600000 },
        { "Wed, 21 Oct 2026 08:28:00 GMT", 3600000 },
        { "Wed, 21 Oct 2026 08:27:59 GMT", 3599000 },
        { "Wed, 21 Oct 2026 07:28:00 GMT", PL_DELAY_MIN_MS },
        { "Sun, 06 Nov 1994 08:49:37 GMT", PL_DELAY_MIN_MS },
        { "Sunday, 06-Nov-94 08:49:37 GMT", PL_DELAY_MIN_MS },
        { "Sun Nov  6 08:49:37 1994", PL_DELAY_MIN_MS },
        { "Fri, 31 Dec 9999 23:59:60 GMT", 3600000 },

        { "Wed, 21 Oct 2026 24:00:00 GMT", -1 },
        { "Wed, 21 Oct 2026 07:60:00 GMT", -1 },
        { "Wed, 21 Oct 2026 07:28:61 GMT", -1 },
        { "Wed, 21 Oct 2026 07-28-30 GMT", -1 },
        { "Wed, 21 Oct 2026 0a:28:30 GMT", -1 },
        { "Wed, 21 Oct 2026", -1 },
        { "Wed, 21 Okt 2026 07:28:30 GMT", -1 },
        { "Wed, 32 Oct 2026 07:28:30 GMT", -1 },
        { "Wed, 00 Oct 2026 07:28:30 GMT", -1 },
        { "Wed, 21 Oct 02026 07:28:30 GMT", -1 },
        { "Wed, 21 Oct 1969 07:28:30 GMT", -1 },
        { "21 21 21 Oct 2026 07:28:30", -1 },
        { "Wed, 21 Oct Nov 2026 07:28:30 GMT", -1 },
        { "07:28:30 07:28:30 21 Oct 2026", -1 },
        { "a b c d e f 21 Oct 2026 07:28:30", -1 },
        { "Wed, ", -1 },
        { ",,,,,,,,,,,,,,,,", -1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_true(said(rows[i].value, NOW_S * 1000) == rows[i].delay_ms);
        assert_true(said(rows[i].value, 0) == -1);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_dates),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
