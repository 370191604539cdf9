/* What joins a batch whose thread still waits for the journal's lock. */

#include "commit.h"


/* One comes when the batch is closed: by the thread that commits. */

static fixture_t  *adder;
static size_t      adder_next;


static void
add_late(void)
{
    while_it_commits = NULL;
    assert_int_equal(add(adder, adder_next++), NGX_OK);
    assert_int_equal(add(adder, adder_next++), NGX_OK);
    turn();
}


static void
what_comes_while_it_waits_goes_along(void **state)
{
    size_t      i;
    fixture_t  *f = *state;

    open_store(f);

    assert_int_equal(add(f, 0), NGX_OK);
    turn();

    for (i = 1; i < 4; i++) {
        f->waiting[i].entry.entry.body.len = 100 + i;
        assert_int_equal(add(f, i), NGX_OK);
        turn();
    }

    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], 4);
    assert_int_equal(append_bytes, 406);
    assert_int_equal(f->order, 4);
    assert_int_equal(f->waiting[3].sequence, 4);
    assert_int_equal(f->waiting[3].last, 1);
    assert_int_equal(f->cm.n_bytes, 0);
}


static void
what_comes_while_it_commits_forms_the_next(void **state)
{
    fixture_t  *f = *state;

    open_store(f);
    adder = f;
    adder_next = 2;
    while_it_commits = add_late;

    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    assert_int_equal(add(f, 1), NGX_OK);

    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], 2);
    assert_int_equal(f->order, 2);

    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(append_n[1], 2);
    assert_int_equal(f->order, 4);
}


static void
a_batch_that_cannot_begin_fails_with_all_that_joined(void **state)
{
    fixture_t  *f = *state;

    open_store(f);
    append_begins = PL_IO;

    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    assert_int_equal(add(f, 1), NGX_OK);

    assert_int_equal(run(), 1);
    assert_int_equal(appends, 0);
    assert_int_equal(f->order, 2);
    assert_int_equal(f->waiting[1].status, PL_IO);
    assert_int_equal(f->cm.batch.n, 2);
    assert_int_equal(f->cm.n_entries, 0);
}


static void
nothing_joins_a_store_that_was_taken_away(void **state)
{
    fixture_t  *f = *state;

    open_store(f);
    assert_int_equal(add(f, 0), NGX_OK);
    turn();
    ngx_http_parley_commit_open(&f->cm, NULL, NULL, NULL);
    assert_int_equal(add(f, 1), NGX_OK);

    assert_int_equal(run(), 1);
    assert_int_equal(append_n[0], 1);
    assert_int_equal(f->order, 1);

    open_store(f);
    turn();
    assert_int_equal(run(), 1);
    assert_int_equal(f->order, 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(what_comes_while_it_waits_goes_along, setup),
        cmocka_unit_test_setup(what_comes_while_it_commits_forms_the_next,
                               setup),
        cmocka_unit_test_setup(
            a_batch_that_cannot_begin_fails_with_all_that_joined, setup),
        cmocka_unit_test_setup(nothing_joins_a_store_that_was_taken_away,
                               setup),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("glue_join", tests, NULL, NULL);
}
