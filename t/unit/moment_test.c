/* Dates of variables: what is one, what is none, and which instant it is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/engine/moment.h"


static void
what_is_a_date(void **state)
{
    static const struct {
        const char  *text;
        int64_t      ms;
        bool         fixed;
    } cases[] = {
        { "1970-01-01", 0, false },
        { "1970-01-01T00:01", 60000, false },
        { "1970-01-01 00:01:02", 62000, false },
        { "1970-01-01T01:00Z", 3600000, true },
        { "1970-01-01T01:00+01:00", 0, true },
        { "1970-01-01T01:00:01-00:30", 5401000, true },
        { "2027-12-24T14:30", 1829658600000, false },
        { "2024-02-29", 1709164800000, false },
    };

    size_t       i;
    pl_moment_t  m;

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        if (!pl_moment_read(cases[i].text, NULL, &m)) {
            fail_msg("%s is a date", cases[i].text);
        }

        assert_true(m.ms == cases[i].ms);
        assert_true(m.fixed == cases[i].fixed);
    }
}


static void
what_is_none(void **state)
{
    static const char *const  cases[] = {
        "", "tomorrow", "2027", "2027-12", "2027-12-", "2027-12-2",
        "2027-13-01", "2027-00-01", "2027-12-32", "2027-12-00", "2027-02-29",
        "2100-02-29", "2027-04-31", "0000-01-01", "27-12-24", "2027/12/24",
        "2027-12-24T", "2027-12-24T1", "2027-12-24T24:00", "2027-12-24T12:60",
        "2027-12-24T12", "2027-12-24T12:00:60", "2027-12-24T12:00:",
        "2027-12-24X12:00", "2027-12-24T12:00z", "2027-12-24T12:00Zz",
        "2027-12-24T12:00+1", "2027-12-24T12:00+01", "2027-12-24T12:00+24:00",
        "2027-12-24T12:00+01:60", " 2027-12-24", "2027-12-24 ",
        "2027-12-24T12:00 ",
    };

    size_t       i;
    pl_moment_t  m;

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        if (pl_moment_read(cases[i], NULL, &m)) {
            fail_msg("%s is no date", cases[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_a_date),
        cmocka_unit_test(what_is_none),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
