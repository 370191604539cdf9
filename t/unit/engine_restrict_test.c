/*
 * The engine: restrictions of an account that a provider tells of. Templates
 * wait for their end, answers go on; what has no end is no rule.
 */

#include "later.h"


static void
told(t_engine_t *t, const char *type, const char *expiration)
{
    char  value[512];

    (void) snprintf(value, sizeof(value),
        "{\"event\":\"ACCOUNT_RESTRICTION\",\"restriction_info\":[{"
        "\"restriction_type\":\"%s\",\"expiration\":%s}]}", type,
        expiration);
    t_pass(t, 1000);
    (void) t_field(t, "account_update", t->wall_ms / 1000, value);
    t_fold(t);
}


static void
templates_wait_for_its_end(void **state)
{
    char         end[64];
    int64_t      until_s;
    uint64_t     id;
    t_engine_t  *t = *state;

    until_s = t->wall_ms / 1000 + 7200;
    (void) snprintf(end, sizeof(end), "%" PRId64, until_s);
    told(t, "RESTRICTED_BIZ_INITIATED_MESSAGING", end);
    id = sends(t, "order_ready", 0, 0, NULL);
    stands(t, id, PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED,
           "channel.restricted");
    assert_int_equal(message(t, id)->at_ms, until_s * 1000);
    assert_int_equal(t_counted(t, "policy_deferred", "channel.restricted"),
                     1);

    /* what waits in its queue is asked again; who has written is answered */

    (void) t_text(t, LATER_PHONE, "wamid.1", t->wall_ms / 1000, "hello");
    t_fold(t);
    id = sends(t, "order_ready", 0, 0, NULL);
    stands(t, id, PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, NULL);
}


static void
what_has_no_end_is_no_rule(void **state)
{
    unsigned     i;
    t_engine_t  *t = *state;

    static const char *const  ends[] = {
        "null", "\"\"", "\"soon\"", "\"99999999999999999999\"", "0"
    };

    for (i = 0; i < PL_COUNT(ends); i++) {
        told(t, "RESTRICTED_BIZ_INITIATED_MESSAGING", ends[i]);
        stands(t, sends(t, "order_ready", 0, 0, NULL),
               PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, NULL);
    }

    /* another kind, and a time in words */

    told(t, "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
         "\"2026-01-01T00:00:00Z\"");
    stands(t, sends(t, "order_ready", 0, 0, NULL),
           PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED, NULL);
    told(t, "RESTRICTED_BIZ_INITIATED_MESSAGING",
         "\"2026-01-01T00:00:00Z\"");
    stands(t, sends(t, "order_ready", 0, 0, NULL),
           PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED, "channel.restricted");
}


int
main(void)
{
#define HERE(f)  cmocka_unit_test_setup_teardown(f, later_setup, later_teardown)
    const struct CMUnitTest  tests[] = {
        HERE(templates_wait_for_its_end),
        HERE(what_has_no_end_is_no_rule),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
