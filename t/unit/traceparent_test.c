/*
 * traceparent: what is one, what is kept of it, and another span.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/core/traceparent.c"

#define ID    "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"

typedef struct {
    const char  *value;
    const char  *kept;                  /* NULL: it is none */
} case_t;


static void
test_read(void **state)
{
    char    out[PL_TRACEPARENT_LEN + 1];
    size_t  i;

    static const case_t  cases[] = {
        { "00-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01" },
        { "00-" ID "-" SPAN "-00", "00-" ID "-" SPAN "-00" },
        { "00-" ID "-" SPAN "-03", "00-" ID "-" SPAN "-03" },

        /* flags that nobody has defined yet */
        { "00-" ID "-" SPAN "-ff", "00-" ID "-" SPAN "-03" },
        { "00-" ID "-" SPAN "-f0", "00-" ID "-" SPAN "-00" },

        /* versions that nobody has defined yet */
        { "01-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01" },
        { "fe-" ID "-" SPAN "-01-more", "00-" ID "-" SPAN "-01" },
        { "cc-" ID "-" SPAN "-01-", "00-" ID "-" SPAN "-01" },
        { "cc-" ID "-" SPAN "-01.more", NULL },
        { "cc-" ID "-" SPAN "-0", NULL },
        { "ff-" ID "-" SPAN "-01", NULL },

        /* a length that is not 00's */
        { "00-" ID "-" SPAN "-01-more", NULL },
        { "00-" ID "-" SPAN "-01-", NULL },
        { "00-" ID "-" SPAN "-011", NULL },
        { "00-" ID "-" SPAN "-0", NULL },
        { "00-" ID "-" SPAN, NULL },
        { "00", NULL },
        { "", NULL },

        /* digits */
        { "00-0AF7651916cd43dd8448eb211c80319c-" SPAN "-01", NULL },
        { "00-" ID "-B7ad6b7169203331-01", NULL },
        { "00-gaf7651916cd43dd8448eb211c80319c-" SPAN "-01", NULL },
        { "00-" ID "-b7ad6b716920333x-01", NULL },
        { "0x-" ID "-" SPAN "-01", NULL },
        { "00-" ID "-" SPAN "-0x", NULL },
        { "00-" ID "-" SPAN "-0\n", NULL },

        /* where the parts are */
        { "00_" ID "-" SPAN "-01", NULL },
        { "00-" ID "_" SPAN "-01", NULL },
        { "00-" ID "-" SPAN "_01", NULL },
        { " 00-" ID "-" SPAN "-01", NULL },

        /* no ids */
        { "00-00000000000000000000000000000000-" SPAN "-01", NULL },
        { "00-" ID "-0000000000000000-01", NULL },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        if (pl_traceparent_read(pl_str_c(cases[i].value), out)
            != (cases[i].kept != NULL))
        {
            fail_msg("%s", cases[i].value);
        }

        if (cases[i].kept != NULL) {
            assert_string_equal(out, cases[i].kept);
        }
    }
}


/* Not a byte past the value's end: it is at the end of what was allocated. */

static void
test_bounds(void **state)
{
    char                out[PL_TRACEPARENT_LEN + 1];
    size_t              n;
    uint8_t            *bytes;
    static const char   whole[] = "cc-" ID "-" SPAN "-01-more";

    (void) state;

    for (n = 0; n < sizeof(whole); n++) {
        bytes = malloc(n + 1);
        assert_non_null(bytes);
        memcpy(bytes + 1, whole, n);
        assert_int_equal(pl_traceparent_read((pl_str_t) { bytes + 1, n },
                                             out),
                         n == PL_TRACEPARENT_LEN
                         || (n > PL_TRACEPARENT_LEN && n < sizeof(whole) + 1));
        free(bytes);
    }
}


static void
test_span(void **state)
{
    char      trace[] = "00-" ID "-" SPAN "-01";
    pl_str_t  id;

    static const uint8_t  span[] = { 0, 1, 0x23, 0xfe, 0x80, 9, 0xab, 0x10 };
    static const uint8_t  none[8];

    (void) state;

    pl_traceparent_span(trace, span);
    assert_string_equal(trace, "00-" ID "-000123fe8009ab10-01");

    pl_traceparent_span(trace, none);
    assert_string_equal(trace, "00-" ID "-0000000000000001-01");

    id = pl_traceparent_id(trace);
    assert_int_equal(id.len, 32);
    assert_memory_equal(id.data, ID, 32);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_span),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
