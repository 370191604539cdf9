/*
 * The engine: the provider's list of templates is read page by page, and
 * takes effect on the next send. On a real store, with a sender that is
 * played by the test.
 */

#include "sync.h"


static void
a_list_is_read_to_its_end(void **state)
{
    test_t             test;
    uint64_t           entry;
    const Pl__Effect  *effect;

    (void) state;
    begin(&test);
    entry = ask(&test);

    assert_int_equal(sync_of(&test)->sync, entry);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&test.t, PL_TABLE_DUE), 1);
    assert_int_equal(t_rows(&test.t, PL_TABLE_CONVERSATIONS), 0);

    page(&test, "a", 0, PL_TEMPLATES_PAGE, APPROVED, "two");
    assert_int_equal(sync_of(&test)->pages, 1);
    assert_null(template(&test, ""));

    /* the next page begins where the provider said */

    effect = (Pl__Effect *) t_row(&test.t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    assert_string_equal(effect->sync_templates->after, "two");
    assert_int_equal(effect->sync_templates->limit, PL_TEMPLATES_PAGE);
    assert_int_equal(effect->lane, PL__LANE__LANE_SYNC);

    page(&test, "b", 0, 1, PAUSED, "three");
    page(&test, "c", 0, 0, APPROVED, NULL);

    assert_int_equal(sync_of(&test)->synced, entry);
    assert_int_equal(sync_of(&test)->ended, entry);
    assert_int_equal(sync_of(&test)->templates, PL_TEMPLATES_PAGE + 1);
    assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES),
                     PL_TEMPLATES_PAGE + 2);
    assert_int_equal(template(&test, "")->sync, entry);
    assert_int_equal(t_counted(&test.t, "template_syncs", "read"), 1);
    assert_int_equal(t_rows(&test.t, PL_TABLE_DEAD), 0);

    /* it counts for what is sent */

    assert_null(sends(&test, "a_0"));
    assert_string_equal(sends(&test, "b_0"), "the template is paused");
    assert_string_equal(sends(&test, "c_0"), "no such template");
    t_close(&test.t);
}


/* Not there any more, without a walk over the rows; long after, no row. */

static void
what_the_list_no_longer_has_is_gone(void **state)
{
    test_t    test;
    unsigned  day;

    (void) state;
    begin(&test);
    (void) ask(&test);
    page(&test, "old", 0, 2, APPROVED, NULL);

    t_pass(&test.t, 1000);
    (void) ask(&test);
    page(&test, "new", 0, 1, APPROVED, "two");
    assert_null(sends(&test, "old_0"));     /* until it was read to its end */
    page(&test, "old", 1, 1, APPROVED, NULL);

    assert_string_equal(sends(&test, "old_0"),
                        "the provider no longer lists it");
    assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES), 4);

    /* read again each day; the row stays for thirty of them */

    for (day = 0; day < 30; day++) {
        assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES), 4);
        t_pass(&test.t, 86400 * 1000);
        page(&test, "old", 1, 1, APPROVED, "two");
        page(&test, "new", 0, 1, APPROVED, NULL);
    }

    assert_int_equal(t_rows(&test.t, PL_TABLE_TEMPLATES), 3);
    assert_null(template(&test, "old_0"));
    assert_string_equal(sends(&test, "old_0"), "no such template");
    t_close(&test.t);
}


/* A page in the middle fails for good: what was known stays known. */

static void
a_failure_takes_nothing_away(void **state)
{
    test_t    test;
    uint64_t  first, second;

    (void) state;
    begin(&test);
    first = ask(&test);
    page(&test, "a", 0, 3, APPROVED, NULL);

    t_pass(&test.t, 1000);
    second = ask(&test);
    page(&test, "a", 0, 1, PAUSED, "two");
    fails(&test, PL__OUTCOME__OUTCOME_PERMANENT, "100 config", 100, 0);

    assert_int_equal(sync_of(&test)->ended, second);
    assert_int_equal(sync_of(&test)->synced, first);
    assert_string_equal(sync_of(&test)->error, "100 config");
    assert_int_equal(sync_of(&test)->code, 100);
    assert_int_equal(template(&test, "")->sync, first);
    assert_int_equal(t_rows(&test.t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_counted(&test.t, "template_syncs", "failed"), 1);

    assert_string_equal(sends(&test, "a_0"), "the template is paused");
    assert_null(sends(&test, "a_2"));
    assert_string_equal(sends(&test, "b_0"), "no such template");

    /* and it is tried again the next day */

    assert_true(sync_of(&test)->has_effect);
    t_close(&test.t);
}


static void
the_first_that_fails_is_not_repeated(void **state)
{
    test_t  test;

    (void) state;
    begin(&test);
    (void) ask(&test);
    fails(&test, PL__OUTCOME__OUTCOME_POLICY, "refused", 0, 0);

    assert_false(sync_of(&test)->has_effect);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 0);
    assert_null(sends(&test, "any"));       /* nothing is held against it */
    t_close(&test.t);
}


/* Not charged for the account's state; put off until it may be better. */

static void
an_account_error_is_seen_and_tried_again(void **state)
{
    test_t    test;
    int64_t   due_ms;
    uint64_t  entry;

    (void) state;
    begin(&test);
    (void) ask(&test);
    due_ms = test.t.wall_ms + 60000;
    fails(&test, PL__OUTCOME__OUTCOME_ACCOUNT, "190 account", 190, due_ms);

    assert_string_equal(sync_of(&test)->error, "190 account");
    assert_false(sync_of(&test)->has_ended);
    (void) goes(&test);                 /* its channel is held */
    assert_int_equal(t_rows(&test.t, PL_TABLE_ATTEMPTS), 0);

    /* who asks by hand has put it right: now, and once */

    entry = ask(&test);
    page(&test, "a", 0, 1, APPROVED, NULL);
    assert_int_equal(sync_of(&test)->synced, entry);
    assert_null(sync_of(&test)->error);
    assert_false(sync_of(&test)->has_again_ms);
    t_close(&test.t);
}


/* One that cannot be read is kept raw, and nothing is refused for it. */

static void
an_unreadable_template_leaves_the_list_open(void **state)
{
    test_t                test;
    const Pl__Effect     *effect;
    Pl__SendResult        result = PL__SEND_RESULT__INIT;
    Pl__UnreadableItem    item = PL__UNREADABLE_ITEM__INIT, *items[1];
    Pl__TemplateListing   listing = PL__TEMPLATE_LISTING__INIT;

    (void) state;
    begin(&test);
    (void) ask(&test);
    page(&test, "a", 0, 1, APPROVED, NULL);
    assert_non_null(template(&test, ""));

    item.reason = (char *) "no body";
    item.path = (char *) "data[0]";
    items[0] = &item;
    listing.n_unreadable = 1;
    listing.unreadable = items;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.listing = &listing;

    t_pass(&test.t, 1000);
    (void) ask(&test);
    effect = out(&test);
    answer(&test, &result, effect);

    assert_int_equal(sync_of(&test)->unread, 1);
    assert_int_equal(t_rows(&test.t, PL_TABLE_QUARANTINE), 1);
    assert_null(template(&test, ""));
    assert_null(sends(&test, "a_0"));
    assert_null(sends(&test, "b_0"));

    /* told once, not each day */

    (void) ask(&test);
    effect = out(&test);
    answer(&test, &result, effect);
    assert_int_equal(t_rows(&test.t, PL_TABLE_QUARANTINE), 1);
    t_close(&test.t);
}


#define TOLD(name, event)                                                     \
    "{\"event\":\"" event "\",\"message_template_id\":17,"                    \
    "\"message_template_name\":\"" name "\","                                 \
    "\"message_template_language\":\"es-ES\"}"

static void
told(test_t *test, int64_t time_ms, const char *value)
{
    (void) t_field(&test->t, "message_template_status_update",
                   time_ms / 1000, value);
    t_fold(&test->t);
}


static void
a_webhook_of_an_unknown_template_asks_for_the_list(void **state)
{
    test_t  test;

    (void) state;
    begin(&test);

    /* what cannot be sent anyway need not be known better */

    told(&test, test.t.wall_ms, TOLD("a_0", "PENDING"));
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 0);

    /* two in a row share one reading, a little later */

    told(&test, test.t.wall_ms, TOLD("a_0", "APPROVED"));
    told(&test, test.t.wall_ms, TOLD("a_1", "APPROVED"));
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);
    assert_false(goes(&test));

    t_pass(&test.t, 5000);
    page(&test, "a", 0, 2, APPROVED, NULL);
    assert_int_equal(sync_of(&test)->templates, 2);

    /* what is known, and only paused, needs no list */

    t_pass(&test.t, 5000);
    told(&test, test.t.wall_ms, TOLD("a_0", "PAUSED"));
    told(&test, test.t.wall_ms + 1000, TOLD("a_0", "APPROVED"));
    t_pass(&test.t, 5000);
    assert_false(goes(&test));

    /* other components: nobody knows which, until the list says so */

    (void) t_field(&test.t, "message_template_components_update",
                   test.t.wall_ms / 1000,
                   "{\"message_template_id\":17,"
                   "\"message_template_name\":\"a_0\","
                   "\"message_template_language\":\"es_ES\","
                   "\"message_template_element\":\"Hi {{1}} {{2}}\"}");
    t_fold(&test.t);
    assert_null(template(&test, "a_0")->body);
    t_pass(&test.t, 5000);
    page(&test, "a", 0, 2, APPROVED, NULL);
    assert_non_null(template(&test, "a_0")->body);
    t_close(&test.t);
}


/* What a webhook tells while a page is on its way is newer than the page. */

static void
a_webhook_amid_a_reading_stands(void **state)
{
    test_t             test;
    const Pl__Effect  *effect;
    Pl__SendResult     result = PL__SEND_RESULT__INIT;
    Pl__TemplateText   body = PL__TEMPLATE_TEXT__INIT;
    Pl__TemplateRecord    row = PL__TEMPLATE_RECORD__INIT, *rows[1];
    Pl__TemplateListing   listing = PL__TEMPLATE_LISTING__INIT;

    (void) state;
    begin(&test);
    (void) ask(&test);
    effect = out(&test);

    t_pass(&test.t, 2000);
    told(&test, test.t.wall_ms, TOLD("a_0", "PAUSED"));
    told(&test, test.t.wall_ms, TOLD("made_meanwhile", "APPROVED"));

    body.text = (char *) "Hi.";
    row.name = (char *) "a_0";
    row.language = (char *) "es_ES";
    row.status = APPROVED;
    row.word = (char *) "APPROVED";
    row.body = &body;
    rows[0] = &row;
    listing.n_templates = 1;
    listing.templates = rows;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.listing = &listing;
    answer(&test, &result, effect);

    assert_string_equal(sends(&test, "a_0"), "the template is paused");
    assert_null(sends(&test, "made_meanwhile"));
    assert_non_null(template(&test, "a_0")->body);

    /* and the one that is not known has another reading follow */

    assert_true(sync_of(&test)->has_effect);
    t_pass(&test.t, 60000);
    page(&test, "a", 0, 1, APPROVED, NULL);
    assert_null(sends(&test, "a_0"));
    assert_string_equal(sends(&test, "made_meanwhile"),
                        "the provider no longer lists it");
    t_close(&test.t);
}


/* Of the very second in which the page was asked for; and of a wrong clock. */

static void
a_webhook_counts_by_its_time(void **state)
{
    test_t             test;
    const Pl__Effect  *effect;

    (void) state;
    begin(&test);
    test.t.wall_ms -= test.t.wall_ms % 1000;
    (void) ask(&test);
    page(&test, "a", 0, 2, APPROVED, NULL);

    (void) ask(&test);
    effect = out(&test);
    told(&test, test.t.wall_ms, TOLD("a_0", "PAUSED"));
    told(&test, test.t.wall_ms + 3600000, TOLD("a_1", "PAUSED"));
    page_of(&test, effect, "a", 0, 2, APPROVED, NULL);

    assert_string_equal(sends(&test, "a_0"), "the template is paused");
    assert_null(sends(&test, "a_1"));

    /* the next list knows better */

    (void) ask(&test);
    effect = out(&test);
    page_of(&test, effect, "a", 0, 2, APPROVED, NULL);
    assert_null(sends(&test, "a_0"));
    t_close(&test.t);
}


/* The page is asked for again: nothing was sent by it. */

static void
a_sender_that_ends_in_a_page_begins_it_again(void **state)
{
    test_t             test;
    unsigned           i;
    const Pl__Effect  *effect;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;

    (void) state;
    begin(&test);
    (void) ask(&test);
    page(&test, "a", 0, 1, APPROVED, "two");
    effect = out(&test);

    stage.effect = effect->id;
    stage.stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    test.epoch = t_sender(&test.t, true, &stage);

    assert_int_equal(t_rows(&test.t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(t_rows(&test.t, PL_TABLE_ATTEMPTS), 0);
    page(&test, "b", 0, 1, APPROVED, NULL);
    assert_int_equal(sync_of(&test)->templates, 2);
    assert_null(sends(&test, "a_0"));

    /* one that ends its sender each time comes to an end itself */

    (void) ask(&test);
    for (i = 0; i < PL_ATTEMPTS_MAX; i++) {
        stage.effect = out(&test)->id;
        test.epoch = t_sender(&test.t, true, &stage);
    }

    assert_string_equal(sync_of(&test)->error, "attempts exhausted");
    t_close(&test.t);
}


/* Nobody is told anything; and where its channel goes, nothing is asked. */

static void
no_party_no_message_no_policy(void **state)
{
    test_t         test;
    pl_appended_t  published;

    (void) state;
    begin(&test);
    (void) ask(&test);

    assert_int_equal(t_rows(&test.t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(&test.t, PL_TABLE_CONTACTS), 0);

    t_ok(&test.t, t_publish(&test.t, 2, T_FLOW, "other", &published));
    t_fold(&test.t);

    assert_true(goes(&test));
    assert_int_equal(t_rows(&test.t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&test.t, PL_TABLE_DEAD), 0);
    assert_string_equal(sync_of(&test)->error,
                        "the channel has no list of templates");
    t_close(&test.t);
}


static void
lanes_of_errands_take_no_messages(void **state)
{
    (void) state;

    assert_true(pl_errand_lane(PL__LANE__LANE_SYNC));
    assert_false(pl_errand_lane(PL__LANE__LANE_REPLY));
    assert_false(pl_errand_lane(PL__LANE__LANE_CAMPAIGN));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_list_is_read_to_its_end),
        cmocka_unit_test(what_the_list_no_longer_has_is_gone),
        cmocka_unit_test(a_failure_takes_nothing_away),
        cmocka_unit_test(the_first_that_fails_is_not_repeated),
        cmocka_unit_test(an_account_error_is_seen_and_tried_again),
        cmocka_unit_test(an_unreadable_template_leaves_the_list_open),
        cmocka_unit_test(a_webhook_of_an_unknown_template_asks_for_the_list),
        cmocka_unit_test(a_webhook_amid_a_reading_stands),
        cmocka_unit_test(a_webhook_counts_by_its_time),
        cmocka_unit_test(a_sender_that_ends_in_a_page_begins_it_again),
        cmocka_unit_test(no_party_no_message_no_policy),
        cmocka_unit_test(lanes_of_errands_take_no_messages),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
