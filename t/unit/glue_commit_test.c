/*
 * The append queue: what is shared by one batch, what waits, what is refused,
 * and in which order all are answered.
 */

#include "commit.h"


static void
one_turn_shares_a_batch(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < 5; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    assert_null(posted_task);
    turn();
    assert_int_equal(run(), 1);

    assert_int_equal(appends, 1);
    assert_int_equal(append_n[0], 5);

    for (i = 0; i < 5; i++) {
        assert_int_equal(f->waiting[i].answers, 1);
        assert_int_equal(f->waiting[i].status, PL_OK);
        assert_int_equal(f->waiting[i].sequence, i + 1);
        assert_int_equal(f->waiting[i].entry.waited_us, 1000);
        assert_int_equal(f->waiting[i].last, i == 4);
    }

    assert_int_equal(f->cm.n_entries, 0);
    assert_int_equal(f->cm.n_bytes, 0);
    turn();
    assert_int_equal(run(), 0);
}


static void
a_batch_is_bounded_in_number(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < NGX_HTTP_PARLEY_BATCH_ENTRIES + 1; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], NGX_HTTP_PARLEY_BATCH_ENTRIES);
    assert_int_equal(f->order, NGX_HTTP_PARLEY_BATCH_ENTRIES);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 1);
    assert_int_equal(f->order, NGX_HTTP_PARLEY_BATCH_ENTRIES + 1);
}


static void
a_batch_is_bounded_in_bytes(void **state)
{
    fixture_t  *f = *state;

    open_store(f);

    f->waiting[0].entry.entry.body.len = NGX_HTTP_PARLEY_BATCH_BYTES - 100;
    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    assert_int_equal(add(f, 2), NGX_OK);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], 2);

    /* the first goes whatever its size */

    f->waiting[3].entry.entry.body.len = NGX_HTTP_PARLEY_BATCH_BYTES + 1;
    assert_int_equal(add(f, 3), NGX_OK);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 1);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[2], 1);
    assert_int_equal(f->order, 4);
}


static void
a_full_queue_refuses(void **state)
{
    fixture_t  *f = *state;

    f->cm.max_entries = 2;
    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    turn();

    /* what is in flight counts, too */

    assert_int_equal(add(f, 1), NGX_OK);
    assert_int_equal(add(f, 2), NGX_BUSY);

    assert_int_equal(run(), 1);
    assert_int_equal(add(f, 2), NGX_OK);
    assert_int_equal(add(f, 3), NGX_OK);
    assert_int_equal(add(f, 4), NGX_BUSY);
    assert_int_equal(f->waiting[4].answers, 0);
}


static void
a_queue_full_of_bytes_refuses(void **state)
{
    fixture_t  *f = *state;

    f->cm.max_bytes = 200;
    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    f->waiting[1].entry.entry.body.len = 101;
    assert_int_equal(add(f, 1), NGX_BUSY);
    f->waiting[1].entry.entry.body.len = 100;
    assert_int_equal(add(f, 1), NGX_OK);
    f->waiting[2].entry.entry.body.len = 1;
    assert_int_equal(add(f, 2), NGX_BUSY);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(add(f, 2), NGX_OK);
}


static void
a_failed_append_fails_all_of_it(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    for (i = 0; i < 3; i++) {
        assert_int_equal(add(f, i), NGX_OK);
    }

    append_result = PL_FULL;
    turn();
    assert_int_equal(run(), 1);

    for (i = 0; i < 3; i++) {
        assert_int_equal(f->waiting[i].answers, 1);
        assert_int_equal(f->waiting[i].status, PL_FULL);
    }

    /* and the next one is tried */

    append_result = PL_OK;
    assert_int_equal(add(f, 3), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[3].status, PL_OK);
}


static void
a_pool_that_takes_nothing_fails_the_batch(void **state)
{
    fixture_t  *f = *state;

    open_store(f);

    post_result = NGX_ERROR;
    assert_int_equal(add(f, 0), NGX_OK);
    turn();

    assert_int_equal(f->waiting[0].answers, 1);
    assert_int_equal(f->waiting[0].status, PL_BUSY);
    assert_int_equal(appends, 0);
}


static void
while_it_opens_all_wait(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 0);
    assert_int_equal(f->order, 0);

    open_store(f);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[1].status, PL_OK);
}


static void
without_a_store_all_are_refused(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);

    ngx_http_parley_commit_refuse(&f->cm, PL_DENIED);

    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[0].status, PL_DENIED);
    assert_int_equal(add(f, 2), NGX_BUSY);
    assert_int_equal(f->cm.n_entries, 0);

    open_store(f);
    assert_int_equal(add(f, 2), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[2].status, PL_OK);
}


static void
what_an_answer_adds_goes_with_the_next(void **state)
{
    fixture_t  *f = *state;

    open_store(f);
    f->again = &f->waiting[2];

    assert_int_equal(add(f, 0), NGX_OK);
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 1);

    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[2].answers, 0);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 3);
    assert_int_equal(f->batches, 2);
}


static void
what_is_refused_may_add_and_is_refused_again(void **state)
{
    fixture_t  *f = *state;

    assert_int_equal(add(f, 0), NGX_OK);
    ngx_http_parley_commit_refuse(&f->cm, PL_IO);

    assert_int_equal(f->waiting[0].answers, 1);
    assert_int_equal(add(f, 1), NGX_BUSY);
    assert_int_equal(f->cm.n_entries, 0);
    assert_int_equal(f->cm.n_bytes, 0);
}


static void
settings_go_along_until_they_fit(void **state)
{
    fixture_t            *f = *state;
    Pl__SettingsPublish   settings = PL__SETTINGS_PUBLISH__INIT;

    open_with_settings(f, &settings);
    append_result = PL_FULL;

    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[0].status, PL_FULL);
    assert_int_equal(published, 1);

    append_result = PL_OK;
    assert_int_equal(add(f, 1), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->waiting[1].status, PL_OK);
    assert_int_equal(published, 2);

    assert_int_equal(add(f, 2), NGX_OK);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(published, 2);
}


static void
settings_go_without_entries_when_asked_to(void **state)
{
    fixture_t            *f = *state;
    Pl__SettingsPublish   settings = PL__SETTINGS_PUBLISH__INIT;

    open_with_settings(f, &settings);
    turn();
    assert_int_equal(run(), 0);

    ngx_http_parley_commit_publish(&f->cm);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(published, 1);
    assert_int_equal(append_n[0], 0);

    ngx_http_parley_commit_publish(&f->cm);
    turn();
    assert_int_equal(run(), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(one_turn_shares_a_batch, setup),
        cmocka_unit_test_setup(a_batch_is_bounded_in_number, setup),
        cmocka_unit_test_setup(a_batch_is_bounded_in_bytes, setup),
        cmocka_unit_test_setup(a_full_queue_refuses, setup),
        cmocka_unit_test_setup(a_queue_full_of_bytes_refuses, setup),
        cmocka_unit_test_setup(a_failed_append_fails_all_of_it, setup),
        cmocka_unit_test_setup(a_pool_that_takes_nothing_fails_the_batch,
                               setup),
        cmocka_unit_test_setup(while_it_opens_all_wait, setup),
        cmocka_unit_test_setup(without_a_store_all_are_refused, setup),
        cmocka_unit_test_setup(what_an_answer_adds_goes_with_the_next,
                               setup),
        cmocka_unit_test_setup(what_is_refused_may_add_and_is_refused_again,
                               setup),
        cmocka_unit_test_setup(settings_go_along_until_they_fit, setup),
        cmocka_unit_test_setup(settings_go_without_entries_when_asked_to,
                               setup),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
