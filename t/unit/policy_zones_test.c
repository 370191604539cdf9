/*
 * Quiet hours by the clocks of zones: on both days on which they change, and
 * where they are no whole hours from UTC.
 */

#include "policy.h"


static const pl_zone_t *
zone(pl_arena_t *ar, const char *name)
{
    char              path[256];
    FILE             *f;
    uint8_t          *data;
    pl_err_t          err;
    pl_str_t          bytes;
    const pl_zone_t  *zone = NULL;

    (void) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);

    f = fopen(path, "rb");
    assert_non_null(f);
    data = pl_arena_alloc(ar, PL_ZONE_BYTES_MAX);
    bytes.data = data;
    bytes.len = fread(data, 1, PL_ZONE_BYTES_MAX, f);
    (void) fclose(f);

    assert_int_equal(pl_zone_compile(ar, bytes, &zone, &err), PL_OK);

    return zone;
}


static int64_t
utc(int year, int month, int day, int hour, int minute)
{
    pl_civil_t  c = { year, month, day, hour, minute, 0, 0, 0, 0 };

    return pl_zone_instant(pl_zone_universal(), &c);
}


static void
test_zones(void **state)
{
    size_t           i;
    made_t           m;
    row_t            row = { .quiet = true };
    pl_arena_t      *ar;
    pl_verdict_t     v;

    const struct {
        const char  *zone;
        int64_t      now;           /* 02:30 there, or its neighbours */
        int64_t      until;         /* 07:00 */
    } cases[] = {
        /* clocks go forward at 02:00; 02:30 is 03:30, and 07:00 once */
        { "Europe/Berlin", utc(2027, 3, 28, 1, 30), utc(2027, 3, 28, 5, 0) },
        { "Europe/Berlin", utc(2027, 3, 28, 0, 30), utc(2027, 3, 28, 5, 0) },
        { "Europe/Berlin", utc(2027, 3, 27, 22, 0), utc(2027, 3, 28, 5, 0) },
        /* and back at 03:00: both 02:30s */
        { "Europe/Berlin", utc(2027, 10, 31, 0, 30),
          utc(2027, 10, 31, 6, 0) },
        { "Europe/Berlin", utc(2027, 10, 31, 1, 30),
          utc(2027, 10, 31, 6, 0) },
        { "Europe/Berlin", utc(2027, 10, 30, 21, 0),
          utc(2027, 10, 31, 6, 0) },
        /* no whole hours from UTC */
        { "Asia/Kolkata", utc(2027, 1, 1, 17, 30), utc(2027, 1, 2, 1, 30) },
        { "America/St_Johns", utc(2027, 1, 2, 2, 30),
          utc(2027, 1, 2, 10, 30) },
        { "America/St_Johns", utc(2027, 7, 2, 1, 30),
          utc(2027, 7, 2, 9, 30) },
        /* half an hour forward, on 2027-10-03 at 02:00 */
        { "Australia/Lord_Howe", utc(2027, 10, 2, 16, 0),
          utc(2027, 10, 2, 20, 0) },
        { "Australia/Lord_Howe", utc(2027, 4, 3, 15, 30),
          utc(2027, 4, 3, 20, 30) },
        { "Africa/Casablanca", utc(2027, 1, 1, 22, 0),
          utc(2027, 1, 2, 6, 0) },
    };

    (void) state;

    ar = pl_arena_create(65536, 1u << 24);
    memset(&m, 0, sizeof(m));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_message(&m, &row);
        make_state(&m, &row, cases[i].now);
        make_terms(&m, &row);
        m.in.message = &m.message;
        m.in.conversation = &m.conv;
        m.in.channel = &m.channel;
        m.in.terms = &m.terms;
        m.in.now_ms = cases[i].now;
        m.in.zone = zone(ar, cases[i].zone);

        v = pl_policy_decide(&m.in);
        if (v.decision != DEFER || v.until_ms != cases[i].until) {
            fail_msg("%s, case %zu: %d until %lld, not %lld", cases[i].zone,
                     i, (int) v.decision, (long long) v.until_ms,
                     (long long) cases[i].until);
        }

        /* asked again then, it goes */

        m.in.now_ms = v.until_ms;
        m.window.until_ms = v.until_ms + 1;
        assert_int_equal(pl_policy_decide(&m.in).decision, SEND);
    }

    pl_arena_destroy(ar);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_zones),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("policy zones", tests, NULL, NULL);
}
