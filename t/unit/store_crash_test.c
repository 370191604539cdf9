/*
 * Processes that die: in the middle of a transaction, of a commit, of making
 * the store, as readers; and many that start at once.
 *
 * When a child dies is random; what must hold afterwards is not.
 */

#include "store.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define ROUNDS  25


/* What a child tells before it is killed; shared with it. */
typedef struct {
    _Atomic uint64_t  acked;            /* commits that returned PL_OK */
    _Atomic int       ready;
    _Atomic int       stop;
} told_t;


static char     dir[TEMP_MAX];
static told_t  *told;


static int
setup(void **state)
{
    (void) state;
    temp_make(dir);
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return told != MAP_FAILED ? 0 : -1;
}


static int
teardown(void **state)
{
    (void) state;
    (void) munmap(told, sizeof(*told));
    temp_remove(dir);

    return 0;
}


/* Starts fn in a child, which goes with its parent and is to be killed. */
static pid_t
start(void (*fn)(void))
{
    pid_t  pid;

    (void) fflush(NULL);
    atomic_store(&told->ready, 0);
    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        fn();
        _exit(99);
    }

    return pid;
}


static void
wait_ready(void)
{
    int  i;

    for (i = 0; i < 60000 && atomic_load(&told->ready) == 0; i++) {
        temp_sleep_ms(1);
    }

    assert_int_equal(atomic_load(&told->ready), 1);
}


static void
kill_it(pid_t pid)
{
    int  status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}


static pl_store_t *
child_open(void)
{
    pl_store_t       *st;
    pl_store_conf_t   conf;

    conf = store_conf(dir);

    return pl_store_open(&st, &conf, NULL) == PL_OK ? st : NULL;
}


static void
holds_a_transaction(void)
{
    uint8_t      buf[8];
    pl_txn_t    *txn;
    pl_store_t  *st;

    st = child_open();

    if (st != NULL
        && pl_store_begin(st, PL_ENV_STATE, true, &txn, NULL) == PL_OK
        && pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, 1), PL_STR("v"),
                        NULL) == PL_OK)
    {
        atomic_store(&told->ready, 1);
        for ( ;; ) {
            (void) pause();
        }
    }
}


static void
a_writers_death_frees_the_lock(void **state)
{
    int          i;
    pl_txn_t    *txn;
    pl_store_t  *st;

    (void) state;
    st = store_open(dir);

    for (i = 0; i < 5; i++) {
        pid_t  pid;

        pid = start(holds_a_transaction);
        wait_ready();
        kill_it(pid);

        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_AUDIT, (uint64_t) i, PL_STR("v"));
        store_commit(txn);
        assert_int_equal(store_rows(st, PL_TABLE_DEAD), 0);
        assert_int_equal(store_rows(st, PL_TABLE_AUDIT), i + 1);
    }

    pl_store_close(st);
}


/* Commits entry after entry, in three tables at once. */
static void
commits_without_end(void)
{
    uint64_t     n;
    uint8_t      buf[8], value[3000];
    pl_txn_t    *txn;
    pl_store_t  *st;
    static const pl_table_e  tables[] = {
        PL_TABLE_CONTACTS, PL_TABLE_MESSAGES, PL_TABLE_OUTBOX
    };

    memset(value, 'v', sizeof(value));
    st = child_open();
    if (st == NULL) {
        return;
    }

    for (n = atomic_load(&told->acked); ; n++) {
        size_t  i;

        if (pl_store_begin(st, PL_ENV_STATE, true, &txn, NULL) != PL_OK) {
            return;
        }

        for (i = 0; i < PL_COUNT(tables); i++) {
            if (pl_store_put(txn, tables[i], store_key(buf, n),
                             (pl_str_t) { value, 100 + n % 2900 }, NULL)
                != PL_OK)
            {
                return;
            }
        }

        if (pl_store_commit(txn, NULL) != PL_OK) {
            return;
        }

        atomic_store(&told->acked, n + 1);
        atomic_store(&told->ready, 1);
    }
}


/* Every row from 0 on is there, in each table, whole. */
static uint64_t
check_prefix(pl_store_t *st)
{
    size_t      i;
    uint64_t    n, rows;
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;
    static const pl_table_e  tables[] = {
        PL_TABLE_CONTACTS, PL_TABLE_MESSAGES, PL_TABLE_OUTBOX
    };

    rows = 0;
    txn = store_begin(st, PL_ENV_STATE, false);

    for (i = 0; i < PL_COUNT(tables); i++) {
        assert_int_equal(pl_store_scan(txn, tables[i], PL_STR_NULL, false,
                                       &scan, NULL), PL_OK);
        for (n = 0; pl_store_scan_next(scan, &key, &value, NULL) == PL_OK;
             n++)
        {
            assert_int_equal(pl_be64(key.data), n);
            assert_int_equal(value.len, 100 + n % 2900);
            assert_int_equal(value.data[value.len - 1], 'v');
        }
        pl_store_scan_end(scan);

        assert_true(i == 0 || n == rows);
        rows = n;
    }

    pl_store_abort(txn);

    return rows;
}


static void
what_was_acknowledged_is_there(void **state)
{
    int          i;
    pid_t        pid;
    uint64_t     rows, seed;
    pl_store_t  *st;

    (void) state;
    seed = (uint64_t) getpid() * 2654435761u + 1;

    for (i = 0; i < ROUNDS; i++) {
        pid = start(commits_without_end);
        wait_ready();
        temp_sleep_ms((int) (store_random(&seed) % 12));
        kill_it(pid);

        st = store_open(dir);
        rows = check_prefix(st);

        /* one more may have been committed and not yet told */
        assert_true(rows >= atomic_load(&told->acked));
        assert_true(rows <= atomic_load(&told->acked) + 1);
        atomic_store(&told->acked, rows);
        pl_store_close(st);
    }

    assert_true(atomic_load(&told->acked) > ROUNDS / 2);
}


static void
opens_and_ends(void)
{
    atomic_store(&told->ready, 1);
    (void) child_open();
    (void) pause();
}


static void
a_store_half_made_is_made_anew(void **state)
{
    int          i;
    char         base[TEMP_MAX];
    pid_t        pid;
    uint64_t     seed;
    pl_txn_t    *txn;
    pl_store_t  *st;
    struct timespec  pause;

    (void) state;
    seed = (uint64_t) getpid() * 2654435761u + 1;
    memcpy(base, dir, sizeof(base));

    for (i = 0; i < 2 * ROUNDS; i++) {
        assert_true(snprintf(dir, sizeof(dir), "%.64s/%d", base, i) > 0);
        pid = start(opens_and_ends);
        wait_ready();
        pause.tv_sec = 0;
        pause.tv_nsec = (long) (store_random(&seed) % 6000000);
        (void) nanosleep(&pause, NULL);
        kill_it(pid);

        st = store_open(dir);
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
        store_commit(txn);
        pl_store_close(st);
    }

    memcpy(dir, base, sizeof(base));
}


static int
makes_and_writes(void *data)
{
    pl_txn_t    *txn;
    pl_store_t  *st;

    st = child_open();

    return st == NULL
           || pl_store_begin(st, PL_ENV_STATE, true, &txn, NULL) != PL_OK
           || pl_store_put(txn, PL_TABLE_DEAD, pl_str_c(data), PL_STR("v"),
                           NULL) != PL_OK
           || pl_store_commit(txn, NULL) != PL_OK;
}


static void
many_makers_make_one_store(void **state)
{
    int            i;
    char           keys[8][2];
    pl_store_t    *st;
    temp_child_t   makers[8];

    (void) state;

    for (i = 0; i < 8; i++) {
        keys[i][0] = (char) ('a' + i);
        keys[i][1] = '\0';
        makers[i] = temp_fork(makes_and_writes, keys[i]);
    }

    for (i = 0; i < 8; i++) {
        assert_int_equal(temp_join(makers[i]), 0);
    }

    st = store_open(dir);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 8);
    pl_store_close(st);
}


/* The look before the map must not take a commit for damage. */
static void
opens_while_others_commit(void **state)
{
    int          i;
    pid_t        pid;
    pl_store_t  *st;

    (void) state;
    pid = start(commits_without_end);
    wait_ready();

    for (i = 0; i < 200; i++) {
        st = store_open(dir);
        if (i % 50 == 0) {
            (void) check_prefix(st);
        }
        pl_store_close(st);
    }

    kill_it(pid);
}


static void
reads_for_ever(void)
{
    int          i;
    pl_txn_t    *txn;
    pl_store_t  *st;

    st = child_open();
    if (st == NULL) {
        return;
    }

    /* all the slots there are, but those that its parent keeps */
    for (i = 0; i < 1100; i++) {
        if (pl_store_begin(st, PL_ENV_STATE, false, &txn, NULL) != PL_OK) {
            break;
        }
    }

    if (i < 1000 || i > 1024) {
        return;
    }

    atomic_store(&told->ready, 1);
    for ( ;; ) {
        (void) pause();
    }
}


static void
dead_readers_make_room(void **state)
{
    int              i;
    pid_t            pid;
    unsigned         n;
    pl_err_t         err;
    pl_txn_t        *txn;
    pl_store_t      *st;
    pl_store_room_t  room;

    (void) state;
    st = store_open(dir);
    pid = start(reads_for_ever);
    wait_ready();

    /* they live: full is full */
    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, false, &txn, &err),
                     PL_FULL);
    assert_non_null(strstr(err.text, "reader"));
    store_must(pl_store_reap(st, &n, &err), &err);
    assert_int_equal(n, 0);

    for (i = 0; i < 5; i++) {
        txn = store_begin(st, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
        store_commit(txn);
    }

    /* they are dead: begin clears them itself */
    kill_it(pid);
    txn = store_begin(st, PL_ENV_STATE, false);
    pl_store_abort(txn);

    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    assert_int_equal(room.readers, 0);
    assert_int_equal(room.oldest_reader, 0);

    /* and so does who is asked to */
    pid = start(reads_for_ever);
    wait_ready();
    kill_it(pid);
    store_must(pl_store_reap(st, &n, &err), &err);
    assert_true(n >= 1000);
    store_must(pl_store_reap(st, &n, &err), &err);
    assert_int_equal(n, 0);
    pl_store_close(st);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_writers_death_frees_the_lock),
        TEST(what_was_acknowledged_is_there),
        TEST(a_store_half_made_is_made_anew),
        TEST(many_makers_make_one_store),
        TEST(opens_while_others_commit),
        TEST(dead_readers_make_room),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}
