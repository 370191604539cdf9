/*
 * A tenant's terms: what is refused, at each limit and one past it, and what
 * a channel takes from its tenant.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/core/str.h"
#include "../../src/engine/policy.h"

#define NUDGE    PL__CAP_SUBJECT__CAP_SUBJECT_NUDGE
#define ROLLING  PL__CAP_PERIOD__CAP_PERIOD_ROLLING
#define DAY      PL__CAP_PERIOD__CAP_PERIOD_DAY

typedef struct {
    pl_arena_t           *ar;
    pl_err_t              err;
    Pl__PolicySettings    row;
    Pl__CapSettings       caps[PL_CAPS_MAX + 1];
    Pl__CapSettings      *cap_list[PL_CAPS_MAX + 1];
} terms_t;


static int
setup(void **state)
{
    size_t          i;
    static terms_t  t;

    memset(&t, 0, sizeof(t));
    t.ar = pl_arena_create(65536, 1u << 22);
    pl__policy_settings__init(&t.row);

    for (i = 0; i < PL_COUNT(t.caps); i++) {
        pl__cap_settings__init(&t.caps[i]);
        t.caps[i].subject = NUDGE;
        t.caps[i].period = ROLLING;
        t.caps[i].most = 1;
        t.caps[i].has_days = 1;
        t.caps[i].days = (uint32_t) i + 1;
        t.cap_list[i] = &t.caps[i];
    }

    t.row.caps = t.cap_list;
    *state = &t;

    return 0;
}


static int
teardown(void **state)
{
    pl_arena_destroy(((terms_t *) *state)->ar);

    return 0;
}


static void
compiles(terms_t *t, pl_status_t rc, const char *path)
{
    pl_terms_t  *terms;

    memset(&t->err, 0, sizeof(t->err));
    assert_int_equal(pl_terms_compile(t->ar, &t->row, &terms, &t->err), rc);
    assert_string_equal(t->err.path, path);
    assert_int_equal(terms->unreadable, rc != PL_OK);
    pl_terms_clear(terms);
}


static void
nothing_said_is_nothing(void **state)
{
    terms_t           *t = *state;
    pl_terms_t        *terms;
    const pl_terms_t  *of_channel;

    assert_int_equal(pl_terms_compile(t->ar, NULL, &terms, &t->err), PL_OK);
    assert_null(terms);
    assert_int_equal(pl_terms_channel(t->ar, NULL, NULL, &of_channel,
                                      &t->err), PL_OK);
    assert_null(of_channel);
}


static void
caps_have_limits(void **state)
{
    terms_t          *t = *state;
    Pl__CapSettings  *cap = &t->caps[0];

    t->row.n_caps = PL_CAPS_MAX;
    compiles(t, PL_OK, "");
    t->row.n_caps = PL_CAPS_MAX + 1;
    compiles(t, PL_TOOBIG, "caps");

    t->row.n_caps = 1;
    cap->most = PL_CAP_CONTACT_MAX;
    compiles(t, PL_OK, "");
    cap->most = PL_CAP_CONTACT_MAX + 1;
    compiles(t, PL_INVALID, "caps[0]");
    cap->most = 0;
    compiles(t, PL_INVALID, "caps[0]");

    cap->most = 1;
    cap->days = PL_CAP_DAYS_MAX;
    compiles(t, PL_OK, "");
    cap->days = PL_CAP_DAYS_MAX + 1;
    compiles(t, PL_INVALID, "caps[0]");
    cap->days = 0;
    compiles(t, PL_INVALID, "caps[0]");

    cap->days = 1;
    cap->tenant = 1;
    compiles(t, PL_INVALID, "caps[0]");
    cap->period = DAY;
    cap->most = PL_CAP_TENANT_MAX;
    compiles(t, PL_OK, "");
    cap->most = PL_CAP_TENANT_MAX + 1;
    compiles(t, PL_INVALID, "caps[0]");

    cap->most = 1;
    cap->subject = (Pl__CapSubject) 99;
    compiles(t, PL_INVALID, "caps[0]");
}


static void
hours_are_hours(void **state)
{
    terms_t  *t = *state;

    t->row.quiet_hours = (char *) "off";
    compiles(t, PL_OK, "");
    t->row.quiet_hours = (char *) "23:00-07:00";
    compiles(t, PL_OK, "");
    t->row.business_hours = (char *) "always";
    compiles(t, PL_INVALID, "business_hours");
}


static void
a_channel_takes_the_rest_from_its_tenant(void **state)
{
    terms_t              *t = *state;
    pl_terms_t           *base;
    const pl_terms_t     *terms;
    Pl__PolicySettings    row = PL__POLICY_SETTINGS__INIT;

    t->row.quiet_hours = (char *) "23:00-07:00";
    t->row.business_hours = (char *) "09:00-17:00";
    t->row.n_caps = 1;
    assert_int_equal(pl_terms_compile(t->ar, &t->row, &base, &t->err),
                     PL_OK);

    assert_int_equal(pl_terms_channel(t->ar, NULL, base, &terms, &t->err),
                     PL_OK);
    assert_ptr_equal(terms, base);

    row.quiet_hours = (char *) "off";
    row.time_zone = (char *) "Asia/Kolkata";
    assert_int_equal(pl_terms_channel(t->ar, &row, base, &terms, &t->err),
                     PL_OK);
    assert_false(terms->has_quiet);
    assert_true(terms->has_business);
    assert_int_equal(terms->n_caps, 1);
    assert_string_equal(terms->zone, "Asia/Kolkata");
    assert_true(base->has_quiet);
    assert_null(base->zone);

    assert_int_equal(pl_terms_channel(t->ar, &row, NULL, &terms, &t->err),
                     PL_OK);
    assert_int_equal(terms->quiet_do[PL__CATEGORY__CATEGORY_MARKETING],
                     PL__QUIET_DO__QUIET_DO_SHIFT);

    row.quiet_hours = (char *) "23-7";
    assert_int_equal(pl_terms_channel(t->ar, &row, base, &terms, &t->err),
                     PL_INVALID);
    assert_true(terms->unreadable);
}


int
main(void)
{
#define T(test)  cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest  tests[] = {
        T(nothing_said_is_nothing),
        T(caps_have_limits),
        T(hours_are_hours),
        T(a_channel_takes_the_rest_from_its_tenant),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("terms", tests, NULL, NULL);
}
