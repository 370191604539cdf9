/*
 * Subscriptions as apply keeps them: terms, cursor, secrets, pauses, and what
 * was not delivered.
 */

#include "subscription.h"


static void
one_is_made_from_now_on(void **state)
{
    t_engine_t        *t = *state = world();
    Pl__Subscription  *sub;

    set(t, 0, URL, UINT64_MAX);
    sub = row(t, 0);
    assert_int_equal(sub->state, ACTIVE);
    assert_int_equal(sub->n_secrets, 1);
    assert_true(sub->cursor >= change(t, 100));
    assert_true(sub->id > sub->cursor);
    assert_int_equal(sub->created_ms, t->wall_ms);

    /* its terms are said anew */
    set(t, sub->id, URL "/2", UINT64_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_string_equal(row(t, 0)->terms->url, URL "/2");
    assert_int_equal(row(t, 0)->revision, sub->revision + 1);
    assert_int_equal(row(t, 0)->cursor, sub->cursor);

    /* one that is none changes nothing */
    set(t, 999, URL "/3", UINT64_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


static void
bad_terms_are_refused(void **state)
{
    size_t                  i;
    char                    url[PL_SUBSCRIPTION_URL_MAX + 2];
    pl_err_t                err;
    Pl__SubscriptionTerms   terms = PL__SUBSCRIPTION_TERMS__INIT;

    static const char *const  bad[] = {
        "http://example.test/", "https://a:b@example.test/", "ftp://x/",
        "https://", "https://example.test/#x", "example.test", ""
    };

    *state = world();
    set(*state, 0, "http://example.test/", UINT64_MAX);
    assert_int_equal(t_rows(*state, PL_TABLE_SUBSCRIPTIONS), 0);
    assert_int_equal(t_rows(*state, PL_TABLE_QUARANTINE), 1);

    for (i = 0; i < PL_COUNT(bad); i++) {
        terms.url = (char *) bad[i];
        assert_int_equal(pl_subscription_check(&terms, false, &err),
                         PL_INVALID);
        assert_string_equal(err.path, "url");
    }

    terms.url = (char *) bad[0];
    assert_int_equal(pl_subscription_check(&terms, true, &err), PL_OK);

    memset(url, 'a', sizeof(url));
    memcpy(url, "https://", 8);
    url[9] = '/';
    url[PL_SUBSCRIPTION_URL_MAX + 1] = '\0';
    terms.url = url;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    url[PL_SUBSCRIPTION_URL_MAX] = '\0';
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);

    terms.has_timeout_ms = 1;
    terms.timeout_ms = PL_DELIVERY_TIMEOUT_MAX_MS + 1;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    terms.timeout_ms--;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);
    terms.has_poison_attempts = 1;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    terms.poison_attempts = PL_POISON_ATTEMPTS_MAX;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);
}


static void
a_tenant_has_64_of_them(void **state)
{
    unsigned     i;
    t_engine_t  *t = *state = world();

    for (i = 0; i < PL_SUBSCRIPTIONS_MAX + 1; i++) {
        set(t, 0, URL, UINT64_MAX);
    }

    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS),
                     PL_SUBSCRIPTIONS_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
the_cursor_goes_forward_alone(void **state)
{
    t_engine_t            *t = *state = world();
    Pl__SubscriptionStep   old;

    set(t, 0, URL, 0);
    assert_int_equal(row(t, 0)->cursor, 0);

    arrived(t, change(t, 1), 2);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));
    assert_int_equal(row(t, 0)->delivered, 2);

    arrived(t, change(t, 0), 1);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));

    /* what has not happened yet cannot be delivered */
    arrived(t, UINT64_MAX - 1, 0);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));

    /* a person moves it; what is said of before is not believed */
    old = of(row(t, 0));
    replay(t, false, 0);
    assert_int_equal(row(t, 0)->cursor, 0);
    assert_int_equal(row(t, 0)->course, 1);
    old.has_upto = 1;
    old.upto = change(t, 2);
    step(t, &old);
    assert_int_equal(row(t, 0)->cursor, 0);
    arrived(t, change(t, 2), 3);
    assert_int_equal(row(t, 0)->cursor, change(t, 2));
}


static void
it_is_replayed_from_a_time(void **state)
{
    int64_t      then;
    uint64_t     n;
    t_engine_t  *t = *state = world();

    n = t_rows(t, PL_TABLE_CHANGES);
    t_pass(t, 60000);
    then = t->wall_ms;
    messages(t, "second", 3);
    set(t, 0, URL, UINT64_MAX);

    replay(t, true, (uint64_t) then);
    assert_int_equal(row(t, 0)->cursor, change(t, (unsigned) n) - 1);

    replay(t, true, (uint64_t) T_NOW - 1000);
    assert_true(row(t, 0)->cursor < change(t, 0));

    replay(t, true, (uint64_t) t->wall_ms + 1);
    assert_int_equal(row(t, 0)->cursor, change(t, 1000));

    replay(t, false, 1u << 30);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
secrets_overlap(void **state)
{
    t_engine_t               *t = *state = world();
    Pl__Command               command = PL__COMMAND__INIT;
    Pl__Subscription         *sub;
    Pl__SubscriptionRotate    in = PL__SUBSCRIPTION_ROTATE__INIT;
    Pl__SubscriptionSecret    secret = a_secret(2);

    set(t, 0, URL, UINT64_MAX);
    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    in.secret = &secret;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_ROTATE;
    command.subscription_rotate = &in;
    told(t, &command);

    sub = row(t, 0);
    assert_int_equal(sub->n_secrets, 2);
    assert_int_equal(sub->secrets[0]->place, 2);
    assert_int_equal(sub->secrets[1]->place, 1);
    assert_false(sub->secrets[0]->has_until_ms);
    assert_int_equal(sub->secrets[1]->until_ms, t->wall_ms + PL_OVERLAP_MS);
    assert_true(pl_subscription_signs(sub->secrets[1],
                                      t->wall_ms + PL_OVERLAP_MS - 1));
    assert_false(pl_subscription_signs(sub->secrets[1],
                                       t->wall_ms + PL_OVERLAP_MS));

    /* a third takes the place of the second; without overlap, of both */
    secret.place = 3;
    told(t, &command);
    assert_int_equal(row(t, 0)->n_secrets, 2);
    assert_int_equal(row(t, 0)->secrets[1]->place, 2);

    in.has_overlap_ms = 1;
    secret.place = 4;
    told(t, &command);
    assert_int_equal(row(t, 0)->n_secrets, 1);
    assert_int_equal(row(t, 0)->secrets[0]->place, 4);

    in.overlap_ms = PL_OVERLAP_MAX_MS + 1;
    told(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
it_is_paused_after_failing_for_too_long(void **state)
{
    t_engine_t  *t = *state = world();

    set(t, 0, URL, UINT64_MAX);
    failed(t, FAULT(BROKEN), 1);
    assert_int_equal(row(t, 0)->state, FAILING);
    assert_int_equal(row(t, 0)->failing_ms, t->wall_ms);
    assert_int_equal(row(t, 0)->retry_ms, t->wall_ms + 1000);

    /* what arrives ends it */
    t_pass(t, 4 * DAY);
    arrived(t, change(t, 2), 1);
    assert_int_equal(row(t, 0)->state, ACTIVE);
    assert_false(row(t, 0)->has_failing_ms);

    failed(t, FAULT(TIMEOUT), 1);
    t_pass(t, PL_PAUSE_AFTER_MS - 1);
    failed(t, FAULT(TIMEOUT), 2);
    assert_int_equal(row(t, 0)->state, FAILING);
    t_pass(t, 1);
    failed(t, FAULT(TIMEOUT), 3);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->pause,
                     PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_FAILURES);

    hold(t, true);
    assert_int_equal(row(t, 0)->state, ACTIVE);
    assert_int_equal(row(t, 0)->attempts, 0);
    assert_int_equal(row(t, 0)->retry_ms, 0);
}


static void
gone_pauses_at_once_and_a_person_may(void **state)
{
    uint64_t              changed;
    t_engine_t           *t = *state = world();
    Pl__StateMeta        *meta;
    Pl__SubscriptionStep  late;

    set(t, 0, URL, UINT64_MAX);
    meta = (Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
    assert_int_equal(meta->subscriptions, 1);
    changed = meta->subscriptions_changed;

    failed(t, FAULT(GONE), 1);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->pause,
                     PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_GONE);
    meta = (Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
    assert_true(meta->subscriptions_changed > changed);

    hold(t, true);
    late = of(row(t, 0));
    hold(t, false);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_string_equal(row(t, 0)->reason, "maintenance");

    /* what was on its way then has arrived all the same */
    late.has_upto = late.has_delivered = 1;
    late.upto = row(t, 0)->cursor + 1;
    late.delivered = 1;
    step(t, &late);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->delivered, 1);
}


static void
what_is_rejected_can_be_tried_again(void **state)
{
    t_engine_t                *t = *state = world();
    Pl__SubscriptionStep       in;
    Pl__SubscriptionFault      fault = PL__SUBSCRIPTION_FAULT__INIT;
    Pl__SubscriptionOutcome    one = PL__SUBSCRIPTION_OUTCOME__INIT;
    Pl__SubscriptionOutcome   *list[1] = { &one };

    set(t, 0, URL, 0);
    skipped(t, change(t, 0));
    skipped(t, change(t, 1));
    skipped(t, change(t, 1));           /* said twice */
    assert_int_equal(row(t, 0)->cursor, change(t, 1));
    assert_int_equal(row(t, 0)->undelivered, 2);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 2);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(REJECTED));
    assert_int_equal(letter(t, 0)->attempts, 5);
    assert_non_null(letter(t, 0)->change);

    act(t, change(t, 0), false);
    act(t, change(t, 0), false);
    assert_int_equal(row(t, 0)->again, 1);
    assert_true(letter(t, 0)->again);

    /* it is rejected once more */
    in = of(row(t, 0));
    fault.fault = FAULT(REFUSED);
    one.sequence = change(t, 0);
    one.fault = &fault;
    one.has_attempts = 1;
    one.attempts = 1;
    in.n_again = 1;
    in.again = list;
    step(t, &in);
    assert_int_equal(row(t, 0)->again, 0);
    assert_int_equal(letter(t, 0)->attempts, 6);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(REFUSED));

    /* then it arrives */
    act(t, 0, false);
    assert_int_equal(row(t, 0)->again, 2);
    one.fault = NULL;
    in = of(row(t, 0));
    in.n_again = 1;
    in.again = list;
    step(t, &in);
    step(t, &in);
    assert_int_equal(row(t, 0)->again, 1);
    assert_int_equal(row(t, 0)->undelivered, 1);
    assert_int_equal(row(t, 0)->delivered, 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 1);

    act(t, 0, true);
    assert_int_equal(row(t, 0)->again, 0);
    assert_int_equal(row(t, 0)->undelivered, 0);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);
}


/* Once more from the start: the same event is the same row. */

static void
what_is_rejected_again_is_counted_once(void **state)
{
    t_engine_t  *t = *state = world();

    set(t, 0, URL, 0);
    skipped(t, change(t, 0));
    act(t, change(t, 0), false);
    assert_int_equal(row(t, 0)->again, 1);

    replay(t, false, 0);
    skipped(t, change(t, 0));
    assert_int_equal(row(t, 0)->undelivered, 1);
    assert_int_equal(row(t, 0)->again, 0);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 1);
    assert_false(letter(t, 0)->again);

    act(t, 0, true);
    assert_int_equal(row(t, 0)->undelivered, 0);
}


static void
dropping_one_takes_all_of_it(void **state)
{
    t_engine_t             *t = *state = world();
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__SubscriptionDrop    in = PL__SUBSCRIPTION_DROP__INIT;

    set(t, 0, URL, 0);
    set(t, 0, URL, 0);
    skipped(t, change(t, 0));
    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_DROP;
    command.subscription_drop = &in;

    told(t, &command);
    told(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);
    assert_int_equal(((Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                      &pl__state_meta__descriptor))->subscriptions, 1);
}


static void
answers_mean_what_they_mean(void **state)
{
    size_t  i;

    static const struct {
        int                 status;
        bool                later;
        Pl__DeliveryFault   fault;
    } rows[] = {
        { 200, false, 0 }, { 204, false, 0 }, { 299, false, 0 },
        { 300, false, FAULT(REDIRECT) }, { 301, false, FAULT(REDIRECT) },
        { 400, false, FAULT(REJECTED) }, { 401, false, FAULT(REFUSED) },
        { 404, false, FAULT(REFUSED) }, { 410, false, FAULT(GONE) },
        { 413, false, FAULT(REJECTED) }, { 415, false, FAULT(REJECTED) },
        { 422, false, FAULT(REJECTED) }, { 429, false, FAULT(THROTTLED) },
        { 500, false, FAULT(BROKEN) }, { 503, true, FAULT(THROTTLED) },
        { 503, false, FAULT(BROKEN) }, { 199, false, FAULT(BROKEN) },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_subscription_fault(rows[i].status,
                                               rows[i].later),
                         rows[i].fault);
    }

    assert_string_equal(pl_subscription_fault_name(FAULT(MISSED)), "missed");
}


static int
end(void **state)
{
    return *state == NULL ? 0 : t_end(state);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_teardown(name, end)

    const struct CMUnitTest  tests[] = {
        TEST(one_is_made_from_now_on),
        TEST(bad_terms_are_refused),
        TEST(a_tenant_has_64_of_them),
        TEST(the_cursor_goes_forward_alone),
        TEST(it_is_replayed_from_a_time),
        TEST(secrets_overlap),
        TEST(it_is_paused_after_failing_for_too_long),
        TEST(gone_pauses_at_once_and_a_person_may),
        TEST(what_is_rejected_can_be_tried_again),
        TEST(what_is_rejected_again_is_counted_once),
        TEST(dropping_one_takes_all_of_it),
        TEST(answers_mean_what_they_mean),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
