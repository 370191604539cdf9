/*
 * A body of statuses alone, told without decoding it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"


#define STATUS  "{\"id\":\"wamid.1\",\"status\":\"sent\",\"errors\":[]}"


static void
statuses_alone(void **state)
{
    size_t  i;

    static const struct {
        bool         alone;
        const char  *body;
    } rows[] = {
        { true, "{\"changes\":[{\"value\":{\"statuses\":[" STATUS "]},"
                "\"field\":\"messages\"}]}" },
        { true, "{ \"changes\" : [ { \"value\" : { \"statuses\"\n: ["
                STATUS "] }, \"field\" :\t\"messages\" } ] }" },
        { false, "{\"changes\":[{\"value\":{\"statuses\":[" STATUS "],"
                 "\"messages\":[{}]},\"field\":\"messages\"}]}" },
        { false, "{\"changes\":[{\"value\":{\"messages\" : [{}]},"
                 "\"field\":\"messages\"}]}" },
        { false, "{\"changes\":[{\"value\":{\"statuses\":[" STATUS "]},"
                 "\"field\":\"messages\"},{\"value\":{},"
                 "\"field\":\"account_update\"}]}" },
        { false, "{\"changes\":[{\"value\":{\"event\":\"statuses\"},"
                 "\"field\":\"account_update\"}]}" },

        /* what people write is no key */
        { true, "{\"value\":{\"statuses\":[{\"title\":"
                "\"\\\"messages\\\":[\"}]},\"field\":\"messages\"}" },
        { false, "{\"value\":{\"text\":\"\\\"statuses\\\":[\","
                 "\"messages\":[{}]},\"field\":\"messages\"}" },
        { false, "" },
        { false, "\"statuses\"" },
        { false, "\"statuses\":1,\"field\":" },
        { false, "\"statuses\":1,\"field\":\"mess" },
        { false, "no JSON" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (pl_whatsapp.statuses_only(pl_str_c(rows[i].body))
            != rows[i].alone)
        {
            fail_msg("%s", rows[i].body);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(statuses_alone),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
