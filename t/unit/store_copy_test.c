/*
 * Copies of a store: of one in use, and in the place of one that nobody
 * uses, by processes that die at each step of it.
 */

#define COPY_STEP(name)  copy_step(name)

static void copy_step(const char *name);

#include "store.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "../../src/core/store_copy.c"

#define ROWS   2000
#define STEPS  10                       /* five of each environment */


static char      dir[TEMP_MAX];
static int       steps;                 /* passed so far */
static int       last = -1;             /* die behind so many; -1: never */


static void
copy_step(const char *name)
{
    (void) name;

    if (last >= 0 && steps++ == last) {
        (void) kill(getpid(), SIGKILL);
    }
}


static int
setup(void **state)
{
    (void) state;
    steps = 0;
    last = -1;
    temp_make(dir);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    temp_remove(dir);

    return 0;
}


static void
rows(pl_store_t *st, pl_table_e table, uint64_t from, uint64_t to)
{
    uint64_t   n;
    uint8_t    value[200];
    pl_txn_t  *txn;

    memset(value, 'v', sizeof(value));
    txn = store_begin(st, pl_store_tables[table].env, true);

    for (n = from; n < to; n++) {
        store_put(txn, table, n, (pl_str_t) { value, sizeof(value) });
    }

    store_commit(txn);
}


static void
forget(pl_store_t *st, pl_table_e table, uint64_t from, uint64_t to)
{
    uint64_t   n;
    uint8_t    buf[8];
    pl_err_t   err;
    pl_txn_t  *txn;

    txn = store_begin(st, pl_store_tables[table].env, true);

    for (n = from; n < to; n++) {
        store_must(pl_store_del(txn, table, store_key(buf, n), &err), &err);
    }

    store_commit(txn);
}


/* A store of which most is free pages, closed. */
static void
make_loose(void)
{
    pl_store_t  *st;

    st = store_open(dir);
    rows(st, PL_TABLE_ENTRIES, 0, 10 * ROWS);
    forget(st, PL_TABLE_ENTRIES, ROWS, 10 * ROWS);
    rows(st, PL_TABLE_DEAD, 0, 10 * ROWS);
    forget(st, PL_TABLE_DEAD, ROWS, 10 * ROWS);
    pl_store_close(st);
}


static void
assert_whole(uint64_t more)
{
    pl_store_t  *st;

    st = store_open(dir);
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), ROWS + more);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), ROWS + more);
    pl_store_close(st);
}


static void
compact_makes_it_small(void **state)
{
    pl_err_t              err;
    pl_store_t           *st;
    pl_store_compacted_t  done[PL_ENV_COUNT];

    (void) state;
    make_loose();
    store_must(pl_store_compact(dir, done, &err), &err);

    assert_true(done[PL_ENV_JOURNAL].after_bytes * 4
                < done[PL_ENV_JOURNAL].before_bytes);
    assert_true(done[PL_ENV_STATE].after_bytes * 4
                < done[PL_ENV_STATE].before_bytes);
    assert_whole(0);

    /* it goes on as a store, and can be compacted again */
    st = store_open(dir);
    rows(st, PL_TABLE_ENTRIES, 10 * ROWS, 10 * ROWS + 7);
    rows(st, PL_TABLE_DEAD, 10 * ROWS, 10 * ROWS + 7);
    pl_store_close(st);
    store_must(pl_store_compact(dir, done, &err), &err);
    assert_whole(7);
}


static void
compact_refuses_a_store_in_use(void **state)
{
    pl_err_t              err;
    pl_store_t           *st;
    pl_store_compacted_t  done[PL_ENV_COUNT];

    (void) state;
    make_loose();
    st = store_open(dir);
    assert_int_equal(pl_store_compact(dir, done, &err), PL_BUSY);
    assert_non_null(strstr(err.text, "in use"));
    pl_store_close(st);
    store_must(pl_store_compact(dir, done, &err), &err);
}


static void
nobody_opens_it_meanwhile(void **state)
{
    int               fd;
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    make_loose();
    store_must(compact_lock(dir, &fd, &err), &err);

    conf = store_conf(dir);
    assert_int_equal(pl_store_open(&st, &conf, &err), PL_BUSY);
    assert_non_null(strstr(err.text, "compacted"));

    (void) close(fd);
    assert_whole(0);
}


/* Whatever it had come to: a store with every row, and next time it is done. */
static void
dies_at_each_step(void **state)
{
    int                   status;
    pid_t                 pid;
    pl_err_t              err;
    pl_store_compacted_t  done[PL_ENV_COUNT];

    (void) state;

    for (last = 0; last < STEPS; last++) {
        make_loose();
        (void) fflush(NULL);
        pid = fork();
        assert_true(pid != -1);

        if (pid == 0) {
            (void) pl_store_compact(dir, done, NULL);
            _exit(99);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_whole(0);

        steps = -1000;                  /* we ourselves go on */
        store_must(pl_store_compact(dir, done, &err), &err);
        steps = 0;
        assert_whole(0);
        temp_remove(dir);
        temp_make(dir);
    }

    assert_int_equal(last, STEPS);
}


static void
there_are_so_many_steps(void **state)
{
    pl_err_t              err;
    pl_store_compacted_t  done[PL_ENV_COUNT];

    (void) state;
    make_loose();
    last = 1000;
    store_must(pl_store_compact(dir, done, &err), &err);
    assert_int_equal(steps, STEPS);
}


static void
copy_of_one_in_use(void **state)
{
    int          compact;
    char         path[TEMP_MAX + 16];
    pl_err_t     err;
    pl_txn_t    *txn;
    pl_store_t  *st;

    (void) state;
    st = store_open(dir);
    rows(st, PL_TABLE_DEAD, 0, ROWS);
    (void) snprintf(path, sizeof(path), "%s/copy", dir);

    for (compact = 0; compact < 2; compact++) {
        store_must(pl_store_copy(st, PL_ENV_STATE, path, compact, &err),
                   &err);
        assert_int_equal(pl_store_copy(st, PL_ENV_STATE, path, compact,
                                       &err), PL_EXISTS);
        assert_int_equal(unlink(path), 0);
    }

    /* a transaction that goes on is not in it, and holds nothing up */
    txn = store_begin(st, PL_ENV_STATE, false);
    store_must(pl_store_copy(st, PL_ENV_STATE, path, true, &err), &err);
    pl_store_abort(txn);
    pl_store_close(st);
}


static void
no_room_leaves_nothing(void **state)
{
    int            compact;
    char           path[TEMP_MAX + 16];
    pl_err_t       err;
    pl_store_t    *st;
    struct rlimit  old, limit;

    (void) state;
    st = store_open(dir);
    rows(st, PL_TABLE_DEAD, 0, ROWS);
    (void) snprintf(path, sizeof(path), "%s/copy", dir);

    (void) signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 100000;

    for (compact = 0; compact < 2; compact++) {
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        assert_int_equal(pl_store_copy(st, PL_ENV_STATE, path, compact,
                                       &err), PL_FULL);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_string_equal(err.path, path);
        assert_int_equal(access(path, F_OK), -1);
    }

    pl_store_close(st);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(compact_makes_it_small, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(compact_refuses_a_store_in_use,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_opens_it_meanwhile, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(dies_at_each_step, setup, teardown),
        cmocka_unit_test_setup_teardown(there_are_so_many_steps, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(copy_of_one_in_use, setup, teardown),
        cmocka_unit_test_setup_teardown(no_room_leaves_nothing, setup,
                                        teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
