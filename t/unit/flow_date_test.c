/*
 * Dates in what is said: in each language that has a form, and what is none.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/engine/flow_impl.h"


static void
dates_are_written_as_people_do(void **state)
{
    char    out[PL_FLOW_DATE_MAX];
    size_t  i;

    static const struct {
        const char  *language, *value, *said;
    } rows[] = {
        { "de", "2027-03-28", "28.3.2027" },
        { "de_AT", "2027-03-28T14:05", "28.3.2027, 14:05" },
        { "en", "2027-03-28", "28 March 2027" },
        { "en_GB", "2027-12-01T09:00", "1 December 2027, 09:00" },
        { "en_US", "2027-03-08", "March 8, 2027" },
        { "en-US", "2027-03-08", "March 8, 2027" },
        { "fr", "2027-03-08", "08/03/2027" },
        { "es_ES", "2027-03-08", "8/3/2027" },
        { "nl", "2027-03-08", "8-3-2027" },
        { "pl", "2027-03-08", "08.03.2027" },
        { "cs", "2027-03-08", "8. 3. 2027" },
        { "hr", "2027-09-08T23:59", "8. 9. 2027., 23:59" },
        { "ja", "2027-03-08", NULL },
        { "den", "2027-03-08", NULL },
        { "", "2027-03-08", NULL },
        { NULL, "2027-03-08", NULL },
        { "de", "2027-13-08", NULL },
        { "de", "2027-00-08", NULL },
        { "de", "2027-03-32", NULL },
        { "de", "2027-03-00", NULL },
        { "de", "2027-3-08", NULL },
        { "de", "2027-03-08 ", NULL },
        { "de", "2027-03-08T1:00", NULL },
        { "de", "2027-03-08T14:30:00", NULL },
        { "de", "2027-03-08 14:30", NULL },
        { "de", "2027/03/08", NULL },
        { "de", "14:30", NULL },
        { "de", "", NULL },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (!pl_flow_date(rows[i].language, rows[i].value, out)) {
            assert_null(rows[i].said);

        } else {
            assert_non_null(rows[i].said);
            assert_string_equal(out, rows[i].said);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(dates_are_written_as_people_do),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
