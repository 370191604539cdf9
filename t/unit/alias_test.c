/*
 * Forms of one phone number: what matches, and what is left alone.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/engine/alias.h"


static const struct {
    const char  *phone;
    const char  *other;         /* NULL: it has none */
} rows[] = {
    /* Brazil: mobile with and without the ninth digit */
    { "5511987654321", "551187654321" },
    { "551187654321", "5511987654321" },
    { "551167654321", "5511967654321" },
    { "5585999998888", "558599998888" },
    /* landlines, and mobile numbers that never had eight digits */
    { "551132654321", NULL },
    { "551152654321", NULL },
    { "5511932654321", NULL },
    { "5511887654321", NULL },
    { "55119876543210", NULL },
    { "55118765432", NULL },
    /* Argentina */
    { "5491123456789", "541123456789" },
    { "541123456789", "5491123456789" },
    { "5493514567890", "543514567890" },
    { "540123456789", NULL },
    { "549112345678", NULL },
    { "54112345678", NULL },
    /* Mexico */
    { "5215512345678", "525512345678" },
    { "525512345678", "5215512345678" },
    { "521551234567", NULL },
    { "5225512345678", NULL },
    { "52551234567", NULL },
    /* everybody else, and what is no phone */
    { "34600000001", NULL },
    { "4915112345678", NULL },
    { "5611987654321", NULL },
    { "+551187654321", NULL },
    { "BR.1234567890", NULL },
    { "55", NULL },
    { "", NULL },
    { NULL, NULL },
};


static void
test_forms(void **state)
{
    char    other[PL_ALIAS_MAX], back[PL_ALIAS_MAX];
    size_t  i;

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {

        if (rows[i].other == NULL) {
            if (pl_alias_other(rows[i].phone, other)) {
                fail_msg("%s has the other form %s", rows[i].phone, other);
            }

            continue;
        }

        assert_true(pl_alias_other(rows[i].phone, other));
        assert_string_equal(other, rows[i].other);
        assert_true(pl_alias_other(other, back));
        assert_string_equal(back, rows[i].phone);
        assert_true(pl_alias_same(rows[i].phone, rows[i].other));
        assert_false(pl_alias_same(rows[i].phone, rows[i].phone));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_forms),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
