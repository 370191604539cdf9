/*
 * Caps on a folded store: at a limit and one past it, counted once and given
 * back, over rolling days and those of the calendar.
 */

#include "terms.h"


static Pl__PolicySettings *
capped(Pl__CapSubject subject, uint32_t most, Pl__CapPeriod period,
    uint32_t days, bool tenant, bool block)
{
    static Pl__CapSettings      cap, *caps[1];
    static Pl__PolicySettings   policy;

    pl__policy_settings__init(&policy);
    pl__cap_settings__init(&cap);
    cap.subject = subject;
    cap.most = most;
    cap.period = period;
    cap.has_days = days != 0;
    cap.days = days;
    cap.has_tenant = cap.tenant = tenant;
    cap.has_block = cap.block = block;
    caps[0] = &cap;
    policy.caps = caps;
    policy.n_caps = 1;

    return &policy;
}

#define NUDGE     PL__CAP_SUBJECT__CAP_SUBJECT_NUDGE
#define TEMPLATE  PL__CAP_SUBJECT__CAP_SUBJECT_TEMPLATE
#define ROLLING   PL__CAP_PERIOD__CAP_PERIOD_ROLLING
#define MONTH     PL__CAP_PERIOD__CAP_PERIOD_MONTH


/* F33: a third nudge within seven days is refused. */

static void
a_third_nudge_is_refused(void **state)
{
    uint64_t     id, epoch;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    publish(t, capped(NUDGE, 2, ROLLING, 7, false, true));

    (void) sends(t, "first", 0, 0, NULL);
    leaves(t, epoch, "first");
    t_pass(t, LATER_DAY);
    (void) sends(t, "second", 0, 0, NULL);
    leaves(t, epoch, "second");

    t_pass(t, 6 * LATER_DAY - 1);
    id = sends(t, "third", 0, 0, NULL);
    stands(t, id, FAILED, "cap.reached");
    assert_int_equal(t_counted(t, "policy_blocked", "cap.reached"), 1);

    /* seven days old to the millisecond, the first counts no more */

    t_pass(t, 1);
    (void) sends(t, "third", 0, 0, NULL);
    leaves(t, epoch, "third");
    id = sends(t, "fourth", 0, 0, NULL);
    stands(t, id, FAILED, "cap.reached");
}


/* Queued while there was room: the attempt is what counts. */

static void
what_is_beyond_waits_until_it_is_not(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    publish(t, capped(NUDGE, 1, ROLLING, 2, false, false));

    (void) sends(t, "first", 0, 0, NULL);
    id = sends(t, "second", 0, 0, NULL);
    stands(t, id, QUEUED, NULL);
    leaves(t, epoch, "first");

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stands(t, id, SCHEDULED, "cap.reached");
    assert_int_equal(message(t, id)->at_ms, T_NOW + 2 * LATER_DAY);
    t_pass(t, 2 * LATER_DAY);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "second");
}


/* Tried thrice, counted once; refused, given back. */

static void
a_try_counts_once_and_is_given_back(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    publish(t, capped(TEMPLATE, 1, MONTH, 0, true, true));

    id = sends(t, "first", 0, 0, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, 0);
    assert_true(message(t, id)->has_charged);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), id);
    assert_int_equal(t_rows(t, PL_TABLE_CAPS), 1);

    stands(t, sends(t, "second", 0, 0, NULL), FAILED, "cap.reached");

    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    stands(t, id, FAILED, NULL);
    assert_false(message(t, id)->has_charged);

    (void) sends(t, "third", 0, 0, NULL);
    leaves(t, epoch, "third");
    stands(t, sends(t, "fourth", 0, 0, NULL), FAILED, "cap.reached");
}


static void
what_is_called_off_in_a_retry_is_given_back(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    publish(t, capped(NUDGE, 1, ROLLING, 7, false, true));

    id = sends(t, "first", 0, 0, "key");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
             T_NOW + HOUR);
    assert_true(message(t, id)->has_charged);

    publish(t, NULL);
    (void) sends(t, "newer", 0, 0, "key");
    stands(t, id, FAILED, "collapsed");
    assert_false(message(t, id)->has_charged);
    assert_int_equal(t_rows(t, PL_TABLE_CAPS), 0);
}


/* What went to either counts for the one that stays. */

static void
a_joined_contact_has_the_uses_of_both(void **state)
{
    asked_t           a;
    uint64_t          epoch;
    t_engine_t       *t = *state;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ContactJoin   join = PL__CONTACT_JOIN__INIT;
    Pl__CapRecord    *row;

    epoch = t_sender(t, true, NULL);
    publish(t, capped(NUDGE, 2, ROLLING, 7, false, true));

    (void) sends(t, "first", 0, 0, NULL);
    leaves(t, epoch, "first");
    t_pass(t, 1000);
    asked_to(&a, "34600000002", "second");
    join.from = message(t, ask(t, &a))->contact;
    leaves(t, epoch, "second");

    join.tenant = 1;
    join.into = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                       &pl__contact__descriptor))->id;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = &join;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    stands(t, sends(t, "third", 0, 0, NULL), FAILED, "cap.reached");
    row = (Pl__CapRecord *) t_row(t, PL_TABLE_CAPS, 0,
                                  &pl__cap_record__descriptor);
    assert_int_equal(row->n_uses, 2);
    assert_int_equal(row->uses[0]->time_ms + 1000, row->uses[1]->time_ms);
}


/* The zone's own days and months: clocks go back on 2025-10-26. */

static void
zone_of(t_engine_t *t, const char *name)
{
    static uint8_t     bytes[65536];
    char               path[128], *names[1];
    FILE              *f;
    uint8_t            digest[PL_ZONES_DIGEST_LEN] = { 1 };
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__ZoneFile       file = PL__ZONE_FILE__INIT, *files[1];
    Pl__ZonesPublish   in = PL__ZONES_PUBLISH__INIT;

    (void) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
    f = fopen(path, "rb");
    assert_non_null(f);
    names[0] = (char *) name;
    file.names = names;
    file.n_names = 1;
    file.tzif.data = bytes;
    file.tzif.len = fread(bytes, 1, sizeof(bytes), f);
    (void) fclose(f);

    files[0] = &file;
    in.version = (char *) "test";
    in.digest.data = digest;
    in.digest.len = sizeof(digest);
    in.zones = files;
    in.n_zones = 1;
    command.of_case = PL__COMMAND__OF_ZONES_PUBLISH;
    command.zones_publish = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    t->time_zone = name;
}


static void
a_month_is_the_calendars(void **state)
{
    uint64_t     id, epoch;
    t_engine_t  *t = *state;

    /* 2025-11-01T00:00 in Berlin, by winter time */

    const int64_t  november = 1761951600000LL;

    epoch = t_sender(t, true, NULL);
    zone_of(t, "Europe/Berlin");
    publish(t, capped(TEMPLATE, 1, MONTH, 0, true, false));

    (void) sends(t, "october", 0, 0, NULL);
    leaves(t, epoch, "october");
    id = sends(t, "november", 0, 0, NULL);
    stands(t, id, SCHEDULED, "cap.reached");
    assert_int_equal(message(t, id)->at_ms, november);

    t_pass(t, november - 1 - t->wall_ms);
    assert_int_equal(fire(t, 64), 0);
    t_pass(t, 1);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "november");
    stands(t, sends(t, "december", 0, 0, NULL), SCHEDULED, "cap.reached");
    t->time_zone = NULL;
}


static void
a_day_of_25_hours_is_one_day(void **state)
{
    uint64_t     id, epoch;
    t_engine_t  *t = *state;

    const int64_t  sunday = 1761429600000LL;    /* 2025-10-26T00:00 */

    epoch = t_sender(t, true, NULL);
    zone_of(t, "Europe/Berlin");
    publish(t, capped(TEMPLATE, 1, PL__CAP_PERIOD__CAP_PERIOD_DAY, 0, false,
                      false));
    t_pass(t, sunday - t->wall_ms);
    (void) sends(t, "first", 0, 0, NULL);
    leaves(t, epoch, "first");
    id = sends(t, "monday", 0, 0, NULL);
    stands(t, id, SCHEDULED, "cap.reached");
    assert_int_equal(message(t, id)->at_ms, sunday + 25 * HOUR);
    t->time_zone = NULL;
}


int
main(void)
{
#define T(test)  cmocka_unit_test_setup_teardown(test, later_setup,          \
                                                 later_teardown)
    const struct CMUnitTest  tests[] = {
        T(a_third_nudge_is_refused),
        T(what_is_beyond_waits_until_it_is_not),
        T(a_try_counts_once_and_is_given_back),
        T(what_is_called_off_in_a_retry_is_given_back),
        T(a_joined_contact_has_the_uses_of_both),
        T(a_month_is_the_calendars),
        T(a_day_of_25_hours_is_one_day),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("engine_caps", tests, NULL, NULL);
}
