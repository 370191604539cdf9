/*
 * The engine: what bounds the reading of a list of templates: attempts, age,
 * bytes of a page, templates and pages; each at its limit and one past it.
 */

#include "sync.h"


static void
attempts_and_age_end_it(void **state)
{
    test_t    test;
    unsigned  i;

    (void) state;
    begin(&test);
    (void) ask(&test);

    for (i = 1; i < PL_ATTEMPTS_MAX; i++) {
        fails(&test, PL__OUTCOME__OUTCOME_RETRY, "connect", 0, 0);
        assert_true(sync_of(&test)->has_effect);
    }

    fails(&test, PL__OUTCOME__OUTCOME_UNKNOWN, "no answer", 0, 0);
    assert_false(sync_of(&test)->has_effect);
    assert_string_equal(sync_of(&test)->error, "attempts exhausted");
    assert_int_equal(t_rows(&test.t, PL_TABLE_UNKNOWN), 0);

    (void) ask(&test);
    fails(&test, PL__OUTCOME__OUTCOME_THROTTLE, "80008 rate", 80008,
          test.t.wall_ms + PL_AGE_MAX_MS);
    assert_true(sync_of(&test)->has_effect);
    t_pass(&test.t, PL_AGE_MAX_MS - 1000);
    fails(&test, PL__OUTCOME__OUTCOME_THROTTLE, "80008 rate", 80008,
          test.t.wall_ms + 2000);
    assert_false(sync_of(&test)->has_effect);
    assert_string_equal(sync_of(&test)->error, "expired");
    t_close(&test.t);
}


/* An answer that does not fit is asked for in halves; then in larger ones. */

static void
a_page_that_is_too_large_is_halved(void **state)
{
    test_t              test;
    uint32_t            limit;
    const Pl__Effect   *effect;
    Pl__SendResult      result = PL__SEND_RESULT__INIT;

    (void) state;
    begin(&test);
    (void) ask(&test);
    result.outcome = PL__OUTCOME__OUTCOME_RETRY;
    result.reason = (char *) "answer cut or too large";
    result.has_cut = 1;
    result.cut = 1;

    for (limit = PL_TEMPLATES_PAGE; limit > 1; limit /= 2) {
        effect = out(&test);
        assert_int_equal(effect->sync_templates->limit, limit);
        answer(&test, &result, effect);
    }

    effect = out(&test);
    assert_int_equal(effect->sync_templates->limit, 1);
    answer(&test, &result, effect);

    page(&test, "a", 0, 1, APPROVED, "two");
    effect = out(&test);
    assert_int_equal(effect->sync_templates->limit, 2);
    t_close(&test.t);
}


static void
a_page_longer_than_asked_for_is_no_page(void **state)
{
    test_t  test;

    (void) state;
    begin(&test);
    (void) ask(&test);
    page(&test, "a", 0, PL_TEMPLATES_PAGE + 1, APPROVED, NULL);
    assert_string_equal(sync_of(&test)->error,
                        "a page longer than asked for");
    assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES), 0);
    t_close(&test.t);
}


static void
templates_have_a_limit(void **state)
{
    test_t    test;
    unsigned  i, last = PL_TEMPLATES_MAX / PL_TEMPLATES_PAGE;

    (void) state;
    begin(&test);

    (void) ask(&test);
    for (i = 1; i < last; i++) {
        page(&test, "a", i * PL_TEMPLATES_PAGE, PL_TEMPLATES_PAGE, APPROVED,
             "more");
    }

    page(&test, "a", 0, PL_TEMPLATES_PAGE, APPROVED, NULL);
    assert_int_equal(sync_of(&test)->templates, PL_TEMPLATES_MAX);
    assert_null(sync_of(&test)->error);

    t_pass(&test.t, 1000);
    (void) ask(&test);
    for (i = 0; i < last; i++) {
        page(&test, "a", i * PL_TEMPLATES_PAGE, PL_TEMPLATES_PAGE, APPROVED,
             "more");
    }

    page(&test, "b", 0, 1, APPROVED, NULL);
    assert_string_equal(sync_of(&test)->error,
                        "more templates than are kept");
    assert_null(template(&test, "b_0"));
    t_close(&test.t);
}


/* A provider that never comes to an end. */

static void
pages_have_a_limit(void **state)
{
    test_t    test;
    unsigned  i;

    (void) state;
    begin(&test);

    (void) ask(&test);
    for (i = 1; i < PL_TEMPLATES_PAGES_MAX; i++) {
        page(&test, "a", 0, 1, APPROVED, "more");
    }

    page(&test, "a", 0, 1, APPROVED, NULL);
    assert_null(sync_of(&test)->error);
    assert_int_equal(sync_of(&test)->templates, PL_TEMPLATES_PAGES_MAX);

    (void) ask(&test);
    for (i = 1; i < PL_TEMPLATES_PAGES_MAX; i++) {
        page(&test, "a", 0, 1, APPROVED, "more");
    }

    page(&test, "a", 0, 1, APPROVED, "more");
    assert_string_equal(sync_of(&test)->error, "more pages than are read");
    t_close(&test.t);
}


/* With each page a bounded number of rows is looked at, and all in the end. */

static void
what_is_long_gone_goes_bit_by_bit(void **state)
{
    test_t    test;
    unsigned  i, pages = PL_SYNC_SWEEP_ROWS / PL_TEMPLATES_PAGE + 1;

    (void) state;
    begin(&test);
    (void) ask(&test);

    for (i = 0; i < pages; i++) {
        page(&test, "a", i * PL_TEMPLATES_PAGE, PL_TEMPLATES_PAGE, APPROVED,
             i + 1 < pages ? "more" : NULL);
    }

    t_pass(&test.t, 1000);
    (void) ask(&test);
    page(&test, "b", 0, 1, APPROVED, NULL);

    t_pass(&test.t, PL_SYNC_GONE_KEEP_MS);
    (void) ask(&test);
    page(&test, "b", 0, 1, APPROVED, "more");
    assert_true(t_rows(&test.t, PL_TABLE_TEMPLATES)
                >= pages * PL_TEMPLATES_PAGE + 2 - PL_SYNC_SWEEP_ROWS);
    page(&test, "b", 1, 1, APPROVED, NULL);
    assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES), 3);
    t_close(&test.t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(attempts_and_age_end_it),
        cmocka_unit_test(a_page_that_is_too_large_is_halved),
        cmocka_unit_test(a_page_longer_than_asked_for_is_no_page),
        cmocka_unit_test(templates_have_a_limit),
        cmocka_unit_test(pages_have_a_limit),
        cmocka_unit_test(what_is_long_gone_goes_bit_by_bit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
