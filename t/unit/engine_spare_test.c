/*
 * The engine: a provider that spares somebody adverts (131049). What was
 * refused, and what else is marketing to them, waits a day; two, four and
 * eight where it is refused again.
 */

#include "../../src/engine/spare.h"
#include "later.h"

#define DAY  86400000LL


static Pl__Contact *
person(t_engine_t *t)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                 &pl__contact__descriptor);
}


static void
grants(t_engine_t *t)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    in.tenant = 1;
    in.address = &address;
    in.category = (char *) PL_CONSENT_MARKETING;
    in.state = PL__CONSENT_STATE__CONSENT_STATE_GRANTED;
    in.source = (char *) "form";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static uint64_t
offers(t_engine_t *t, int64_t expires_ms)
{
    asked_t  a;

    asked_to(&a, LATER_PHONE, "offer");
    asked_with(&a, 0, expires_ms, NULL);
    a.request.has_category = 1;
    a.request.category = PL__CATEGORY__CATEGORY_MARKETING;

    return ask(t, &a);
}


/* One attempt begins and is refused. */

static void
refuses(t_engine_t *t, uint64_t epoch, int32_t code)
{
    uint64_t        effects[64];
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    result.effect = effects[0];
    result.epoch = epoch;
    result.outcome = PL__OUTCOME__OUTCOME_POLICY;
    result.has_code = 1;
    result.code = code;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
what_is_refused_waits_a_day(void **state)
{
    uint64_t     epoch, id, more;
    int64_t      until;
    t_engine_t  *t = *state;

    grants(t);
    epoch = t_sender(t, true, NULL);
    id = offers(t, 0);
    refuses(t, epoch, 131049);
    until = person(t)->spared_ms;
    assert_true(until >= T_NOW + DAY && until <= t->wall_ms + DAY);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(message(t, id)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED);
    assert_string_equal(message(t, id)->rule, "provider.capped");
    assert_int_equal(message(t, id)->at_ms, until);
    assert_int_equal(t_counted(t, "policy_deferred", "provider.capped"), 1);

    /* what comes next is put off by policy, and what expires is blocked */

    more = offers(t, 0);
    assert_string_equal(message(t, more)->rule, "provider.capped");
    assert_int_equal(message(t, more)->at_ms, until);
    more = offers(t, until);
    assert_string_equal(message(t, more)->rule, "expired");

    /* each of the two leaves when that is over; refused again, for two days */

    t_pass(t, until - t->wall_ms);
    assert_int_equal(fire(t, 64), 2);
    refuses(t, epoch, 131049);
    assert_int_equal(person(t)->spared, 2);
    assert_int_equal(person(t)->spared_ms - t->wall_ms, 2 * DAY);
    assert_int_equal(message(t, id)->at_ms, person(t)->spared_ms);
}


/* It doubles up to eight days; a month later it begins anew. */

static void
the_gap_grows(void **state)
{
    int64_t            days[] = { 1, 2, 4, 8, 8 };
    uint64_t           epoch;
    unsigned           i;
    t_engine_t        *t = *state;

    grants(t);
    epoch = t_sender(t, true, NULL);
    (void) offers(t, 0);

    for (i = 0; i < PL_COUNT(days); i++) {
        refuses(t, epoch, 131049);
        assert_int_equal(person(t)->spared_ms - t->wall_ms, days[i] * DAY);
        t_pass(t, days[i] * DAY);
        assert_int_equal(fire(t, 64), 1);
    }

    t_pass(t, PL_SPARE_FORGET_MS - 1 - (t->wall_ms - person(t)->spared_ms));
    (void) offers(t, 0);
    refuses(t, epoch, 131049);
    assert_int_equal(person(t)->spared, PL_SPARE_TIMES);
}


static void
a_message_that_expires_ends(void **state)
{
    uint64_t     epoch, id;
    t_engine_t  *t = *state;

    grants(t);
    epoch = t_sender(t, true, NULL);
    id = offers(t, T_NOW + DAY / 2);
    refuses(t, epoch, 131049);
    assert_string_equal(message(t, id)->rule, "expired");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
}


/* The other one of that kind is never tried again. */

static void
an_experiment_spares_nobody(void **state)
{
    uint64_t     epoch, id;
    t_engine_t  *t = *state;

    grants(t);
    epoch = t_sender(t, true, NULL);
    id = offers(t, 0);
    refuses(t, epoch, 130472);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_false(person(t)->has_spared_ms);
    assert_int_equal(message(t, id)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
}


/* Accepted, and failed by a status: that one is over, others wait. */

static void
a_status_says_so_too(void **state)
{
    char         status[512];
    uint64_t     epoch, effects[64], id;
    t_engine_t  *t = *state;

    grants(t);
    epoch = t_sender(t, true, NULL);
    id = offers(t, 0);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    (void) snprintf(status, sizeof(status),
        "{\"id\":\"%s\",\"status\":\"failed\",\"timestamp\":\"%" PRId64 "\","
        "\"recipient_id\":\"" LATER_PHONE "\",\"biz_opaque_callback_data\":"
        "\"m:%" PRIu64 ":%s\",\"errors\":[{\"code\":131049,"
        "\"title\":\"not delivered\"}]}", message(t, id)->provider_id,
        (int64_t) (T_NOW / 1000), id, t_mark(t));
    (void) t_items(t, "statuses", status);
    t_fold(t);

    assert_int_equal(message(t, id)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_int_equal(person(t)->spared_ms, t->wall_ms + DAY);
    id = offers(t, 0);
    assert_string_equal(message(t, id)->rule, "provider.capped");
}


int
main(void)
{
#define HERE(f)  cmocka_unit_test_setup_teardown(f, later_setup, later_teardown)
    const struct CMUnitTest  tests[] = {
        HERE(what_is_refused_waits_a_day),
        HERE(the_gap_grows),
        HERE(a_message_that_expires_ends),
        HERE(an_experiment_spares_nobody),
        HERE(a_status_says_so_too),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
