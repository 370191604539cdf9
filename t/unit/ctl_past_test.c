/*
 * Times on a command line: so long ago, a day, a moment; and what is none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/ctl/moment.c"
#include "../../src/ctl/past.c"

#define NOW  1760000000123LL


static void
test_times(void **state)
{
    size_t    i;
    int64_t   ms;
    pl_err_t  err;

    static const struct {
        const char  *text;
        int64_t      ms;
    } rows[] = {
        { "0s", NOW },
        { "90s", NOW - 90000 },
        { "15m", NOW - 900000 },
        { "2h", NOW - 7200000 },
        { "3d", NOW - 259200000 },
        { "36500d", NOW - 36500LL * 86400000 },
        { "1970-01-01", 0 },
        { "2025-10-09", 1759968000000 },
        { "2024-02-29", 1709164800000 },
        { "2025-10-09T08:53:20Z", 1760000000000 },
        { "2025-10-09T23:59:59Z", 1760054399000 },
        { "2025-10-09T08:53:20", 1760000000000 },
        { "2025-10-09T10:53:20+02:00", 1760000000000 },
        { "2025-10-09 08:53", 1759999980000 },
        { "1d12h", NOW - 129600000 },
        { "1s500ms", NOW - 1500 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(plctl_past("since", rows[i].text, NOW, &ms, &err),
                         PL_OK);
        assert_true(ms == rows[i].ms);
    }
}


static void
test_mistakes(void **state)
{
    size_t    i;
    int64_t   ms;
    pl_err_t  err;

    static const char *const  texts[] = {
        "", "s", "h", "2", "2w", "-2h", "+2h", "2 h", "2.5h", "36501d",
        "9223372036854775807s", "99999999999999999999s", "soon",
        "1h30", "h1", "1h 30m", "36500d1ms", "1hs",
        "2025-02-29", "2025-04-31", "2025-13-01", "2025-00-01", "2025-1-1",
        "1969-12-31", "2025-10-09T", "2025-10-09Z", "2025-10-09T24:00:00Z",
        "2025-10-09T08:60:00Z", "2025-10-09T08:53:20Zz",
        "2025-10-09T08:53:20.00000000000000000000000000000000000000000000Z",
    };

    (void) state;

    for (i = 0; i < PL_COUNT(texts); i++) {
        assert_int_equal(plctl_past("until", texts[i], NOW, &ms, &err),
                         PL_INVALID);
        assert_non_null(strstr(err.text, "--until \""));
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_mistakes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
