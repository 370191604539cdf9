/*
 * A folder that dies after its commit is on disk and before LMDB has told
 * the other processes of it: whoever reads next sees the state before that
 * commit, and whoever writes next goes on from the state after it. A fold
 * that takes its position from the one and writes on the other applies the
 * same entries twice.
 *
 * The moment is met exactly: pwrite is ours here (LMDB calls it through the
 * dynamic linker), and where told to it ends the process right after a meta
 * page was written.
 */

#include "engine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define META_END  8192          /* LMDB's two meta pages */
#define MESSAGES  3

typedef int (*child_pt)(t_engine_t *t);

static bool  deadly;            /* the child's own: each is a process */

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at);


ssize_t
pwrite(int fd, const void *buf, size_t n, off_t at)
{
    ssize_t  rc;

    rc = syscall(SYS_pwrite64, fd, buf, n, at);

    if (deadly && at < META_END) {
        (void) raise(SIGKILL);
    }

    return rc;
}


/* Opens the store in t->dir and folds nothing yet. */

static void
child_open(t_engine_t *t)
{
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = t->dir;
    conf.create = true;
    conf.size = 1ULL << 30;

    t->ar = pl_arena_create(65536, 1u << 28);
    assert_non_null(t->ar);
    t_ok(t, pl_shapes_codec(&t->codec, &t->err));
    t_ok(t, pl_store_open(&t->st, &conf, &t->err));
    t_ok(t, pl_journal_open(t->st, &t->clock, &t->err));
    t_ok(t, pl_fold_create(&t->fold, t->st, t->st, NULL, t->codec,
                           &t->clock, &t->err));
}


static pid_t
child_start(t_engine_t *t, child_pt run)
{
    pid_t  pid;

    (void) fflush(NULL);
    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        child_open(t);
        _exit(run(t));
    }

    return pid;
}


static int
child_end(pid_t pid)
{
    int  status;

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}


/* Keeps the store open, so that nobody finds it unused and starts afresh. */

static int
holds_it_open(t_engine_t *t)
{
    char  byte;
    int  *pipes = t->clock.data;

    (void) close(pipes[1]);
    assert_int_equal(write(pipes[2], "+", 1), 1);

    return read(pipes[0], &byte, 1) == 0 ? 0 : 1;
}


static int
dies_in_its_commit(t_engine_t *t)
{
    int  i;
    char name[32];

    t->clock.data = t;
    t_configure(t);

    for (i = 0; i < MESSAGES; i++) {
        (void) snprintf(name, sizeof(name), "wamid.%d", i);
        t_text(t, "34600000001", name, T_NOW / 1000, "Hello");
    }

    deadly = true;
    t_fold(t);

    return 1;                   /* it should not have got here */
}


/* The rows of a counter that only a second application would write. */

static int
folds_what_is_left(t_engine_t *t)
{
    uint64_t     n;
    pl_key_t     key;
    pl_txn_t    *txn;
    pl_status_t  rc;

    t->clock.data = t;
    t_text(t, "34600000001", "wamid.last", T_NOW / 1000, "Hello");
    t_fold(t);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));
    pl_key_counter(&key, 1, "duplicates", (uint32_t) (T_NOW / 86400000), "");
    rc = pl_record_get_u64(txn, PL_TABLE_COUNTERS, pl_key_str(&key), &n,
                           &t->err);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND && t_rows(t, PL_TABLE_MESSAGES)
                                == 2 * (MESSAGES + 1) ? 0 : 2;
}


static void
what_a_dead_folder_committed_is_not_folded_again(void **state)
{
    int         pipes[4];
    char        byte;
    pid_t       holder;
    t_engine_t  t;

    (void) state;
    memset(&t, 0, sizeof(t));
    t.wall_ms = T_NOW;
    t.mono_us = 1000000;
    t.clock.wall_ms = t_wall;
    t.clock.mono_us = t_mono;
    (void) snprintf(t.dir, sizeof(t.dir), "/tmp/parley-engine-XXXXXX");
    assert_non_null(mkdtemp(t.dir));

    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pipe(pipes + 2), 0);
    t.clock.data = &t;

    holder = fork();
    assert_true(holder != -1);
    if (holder == 0) {
        int  ends[3] = { pipes[0], pipes[1], pipes[3] };

        child_open(&t);
        t.clock.data = ends;
        _exit(holds_it_open(&t));
    }

    (void) close(pipes[0]);
    (void) close(pipes[3]);
    assert_int_equal(read(pipes[2], &byte, 1), 1);

    assert_int_equal(child_end(child_start(&t, dies_in_its_commit)),
                     -SIGKILL);
    assert_int_equal(child_end(child_start(&t, folds_what_is_left)), 0);

    (void) close(pipes[1]);
    assert_int_equal(child_end(holder), 0);
    (void) close(pipes[2]);
    (void) nftw(t.dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_a_dead_folder_committed_is_not_folded_again),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
