/* A store whose folder is moved, removed or replaced while it is open. */

#include "store.h"

static char         dir[TEMP_MAX];
static char         home[PATH_MAX], away[PATH_MAX];
static pl_store_t  *st;
static bool         moves;      /* the folder, before append commits */


static int
setup(void **state)
{
    (void) state;
    temp_make(dir);
    (void) temp_path(home, dir, "store");
    (void) temp_path(away, dir, "away");
    st = store_open(home);
    moves = false;

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    pl_store_close(st);
    temp_remove(dir);

    return 0;
}


/* One row, as an append would; the status of its commit. */
static pl_status_t
append(uint64_t n, pl_err_t *err)
{
    pl_txn_t     *txn;
    pl_status_t   status;

    status = pl_store_begin(st, PL_ENV_JOURNAL, true, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    store_put(txn, PL_TABLE_ENTRIES, n, PL_STR("v"));

    if (moves) {
        assert_int_equal(rename(home, away), 0);
    }

    return pl_store_commit(txn, err);
}


static void
is_gone(void)
{
    pl_err_t   err;
    pl_txn_t  *txn;

    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, true, &txn, &err),
                     PL_BROKEN);
    assert_int_equal(pl_store_begin(st, PL_ENV_JOURNAL, false, &txn, &err),
                     PL_BROKEN);
    assert_non_null(strstr(err.text, "moved or removed"));
    assert_int_equal(pl_store_here(st, &err), PL_BROKEN);
}


static void
what_a_moved_folder_took_is_not_acknowledged(void **state)
{
    pl_err_t  err;

    (void) state;
    store_must(append(1, &err), &err);
    store_must(pl_store_here(st, &err), &err);

    moves = true;
    assert_int_equal(append(2, &err), PL_BROKEN);
    assert_non_null(strstr(err.text, "moved or removed"));
    assert_string_equal(err.path, temp_path((char [PATH_MAX]) { "" }, home,
                                            "journal"));
    is_gone();
    assert_int_equal(pl_store_reopen(st, &err), PL_NOTFOUND);
    is_gone();
}


/* The fold's environment alone, and one that only looks. */
static void
who_only_reads_can_ask(void **state)
{
    char      path[PATH_MAX];
    pl_err_t  err;

    (void) state;
    assert_int_equal(rename(temp_path(path, home, "state"), away), 0);
    assert_int_equal(pl_store_here(st, &err), PL_BROKEN);
    is_gone();
    assert_int_equal(append(1, &err), PL_BROKEN);
}


static void
a_removed_folder_is_gone(void **state)
{
    pl_err_t  err;

    (void) state;
    temp_remove(home);
    assert_int_equal(append(1, &err), PL_BROKEN);
    is_gone();
    assert_int_equal(pl_store_reopen(st, &err), PL_NOTFOUND);
}


static void
one_that_returns_is_reopened(void **state)
{
    pl_err_t  err;

    (void) state;
    store_must(append(1, &err), &err);
    moves = true;
    assert_int_equal(append(2, &err), PL_BROKEN);
    moves = false;
    assert_int_equal(rename(away, home), 0);

    store_must(pl_store_reopen(st, &err), &err);
    store_must(append(3, &err), &err);
    store_must(pl_store_here(st, &err), &err);

    /* the second one was not acknowledged, and is there all the same */
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), 3);
}


static int
make_another(void *data)
{
    pl_store_t       *other;
    pl_store_conf_t   conf;

    (void) data;
    conf = store_conf(home);

    return pl_store_open(&other, &conf, NULL) == PL_OK ? 0 : 1;
}


static void
another_in_its_place_is_not_taken_for_it(void **state)
{
    pl_err_t  err;

    (void) state;
    store_must(append(1, &err), &err);
    assert_int_equal(rename(home, away), 0);
    assert_int_equal(temp_child(make_another, NULL), 0);

    assert_int_equal(append(2, &err), PL_BROKEN);
    assert_int_equal(pl_store_reopen(st, &err), PL_FOREIGN);
    is_gone();

    /* opening is for that one */
    pl_store_close(st);
    st = store_open(home);
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), 0);
    store_must(append(1, &err), &err);
}


static int
appends_elsewhere(void *data)
{
    pl_err_t  err;

    (void) data;
    st = store_open(home);              /* the child's own */

    return append(2, &err) == PL_OK ? 0 : 1;
}


/* Who opens the store makes another one: two writers, who know of each other
   no more, would overwrite what the other has committed. */
static void
no_writer_goes_on_without_its_lock_file(void **state)
{
    char      path[PATH_MAX];
    pl_err_t  err;

    (void) state;
    store_must(append(1, &err), &err);
    (void) temp_path(path, home, "journal/lock.mdb");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(temp_child(appends_elsewhere, NULL), 0);

    assert_int_equal(append(3, &err), PL_BROKEN);
    assert_non_null(strstr(err.text, "lock file"));
    assert_int_equal(pl_store_here(st, &err), PL_BROKEN);

    store_must(pl_store_reopen(st, &err), &err);
    store_must(pl_store_here(st, &err), &err);
    store_must(append(3, &err), &err);
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), 3);
}


static void
only_a_folder_without_a_store_is_vacant(void **state)
{
    char  path[PATH_MAX];

    (void) state;
    assert_false(pl_store_vacant(home));
    assert_int_equal(rename(temp_path(path, home, "journal"), away), 0);
    assert_false(pl_store_vacant(home));
    temp_remove(home);
    assert_false(pl_store_vacant(home));
    assert_int_equal(mkdir(home, 0700), 0);
    assert_true(pl_store_vacant(home));
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(what_a_moved_folder_took_is_not_acknowledged),
        TEST(who_only_reads_can_ask),
        TEST(a_removed_folder_is_gone),
        TEST(one_that_returns_is_reopened),
        TEST(another_in_its_place_is_not_taken_for_it),
        TEST(no_writer_goes_on_without_its_lock_file),
        TEST(only_a_folder_without_a_store_is_vacant),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_here", tests, NULL, NULL);
}
