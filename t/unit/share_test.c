/* Locks that die with their holder, members of one PID namespace, notes. */

#include "temp.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "../../src/core/clock.h"
#include "../../src/core/share.h"


static char  dir[TEMP_MAX];


static int
setup(void **state)
{
    (void) state;
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


static pl_shared_t *
open_ok(void)
{
    pl_err_t      err;
    pl_shared_t  *sh;

    assert_int_equal(pl_shared_open(&sh, dir, &err), PL_OK);

    return sh;
}


/*
 * A process that opens, takes the sender's lock, says so, and waits to be
 * killed; it goes with its parent.
 */
static pid_t
holder(void)
{
    int           fds[2];
    char          said;
    pid_t         pid;
    pl_shared_t  *sh;

    assert_int_equal(pipe(fds), 0);
    (void) fflush(NULL);
    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        said = pl_shared_open(&sh, dir, NULL) == PL_OK
               && pl_shared_lock(sh, PL_LOCK_SENDER, NULL) == PL_OK
               ? 'y' : 'n';
        if (write(fds[1], &said, 1) == 1) {
            for ( ;; ) {
                (void) pause();
            }
        }
        _exit(1);
    }

    assert_int_equal(read(fds[0], &said, 1), 1);
    assert_int_equal(said, 'y');
    (void) close(fds[0]);
    (void) close(fds[1]);

    return pid;
}


static void
end(pid_t pid)
{
    int  status;

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}


static void
a_lock_is_held_once(void **state)
{
    pl_err_t      err;
    pl_shared_t  *one, *two;

    (void) state;
    one = open_ok();
    two = open_ok();

    assert_false(pl_shared_locked(one, PL_LOCK_SENDER));
    assert_int_equal(pl_shared_lock(one, PL_LOCK_SENDER, &err), PL_OK);
    assert_true(pl_shared_locked(one, PL_LOCK_SENDER));
    assert_true(pl_shared_locked(two, PL_LOCK_SENDER));
    assert_int_equal(pl_shared_lock(one, PL_LOCK_SENDER, &err), PL_BUSY);
    assert_int_equal(pl_shared_lock(two, PL_LOCK_SENDER, &err), PL_BUSY);
    assert_non_null(strstr(err.path, "sender.lock"));

    /* the other lock is another matter */
    assert_false(pl_shared_locked(two, PL_LOCK_FOLD));
    assert_int_equal(pl_shared_lock(two, PL_LOCK_FOLD, &err), PL_OK);

    /* who does not hold it cannot let go of it */
    pl_shared_unlock(two, PL_LOCK_SENDER);
    assert_true(pl_shared_locked(two, PL_LOCK_SENDER));

    pl_shared_unlock(one, PL_LOCK_SENDER);
    assert_false(pl_shared_locked(two, PL_LOCK_SENDER));
    assert_int_equal(pl_shared_lock(two, PL_LOCK_SENDER, &err), PL_OK);

    pl_shared_close(two);
    assert_false(pl_shared_locked(one, PL_LOCK_SENDER));
    pl_shared_close(one);
    pl_shared_close(NULL);
}


static void
a_lock_dies_with_its_holder(void **state)
{
    pid_t         pid;
    pl_shared_t  *sh;

    (void) state;
    sh = open_ok();
    pid = holder();

    assert_true(pl_shared_locked(sh, PL_LOCK_SENDER));
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, NULL), PL_BUSY);

    end(pid);
    assert_false(pl_shared_locked(sh, PL_LOCK_SENDER));
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, NULL), PL_OK);
    pl_shared_close(sh);
}


/* Looking must not take: or a starting sender would be refused. */
static void *
look(void *data)
{
    int  i;

    for (i = 0; i < 20000; i++) {
        (void) pl_shared_locked(data, PL_LOCK_SENDER);
    }

    return NULL;
}


static void
looking_is_in_nobodys_way(void **state)
{
    int           i, busy;
    pthread_t     thread;
    pl_shared_t  *sh, *other;

    (void) state;
    sh = open_ok();
    other = open_ok();
    assert_int_equal(pthread_create(&thread, NULL, look, other), 0);

    for (i = 0, busy = 0; i < 2000; i++) {
        busy += pl_shared_lock(sh, PL_LOCK_SENDER, NULL) != PL_OK;
        pl_shared_unlock(sh, PL_LOCK_SENDER);
    }

    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(busy, 0);
    pl_shared_close(other);
    pl_shared_close(sh);
}


typedef struct {
    pl_shared_t    *sh;
    _Atomic int     inside;
    _Atomic int     most;
    _Atomic int     taken;
} race_t;


static void *
race(void *data)
{
    int      i, now;
    race_t  *r;

    r = data;
    for (i = 0; i < 5000; i++) {
        if (pl_shared_lock(r->sh, PL_LOCK_FOLD, NULL) == PL_OK) {
            now = atomic_fetch_add(&r->inside, 1) + 1;
            if (now > atomic_load(&r->most)) {
                atomic_store(&r->most, now);
            }
            atomic_fetch_add(&r->taken, 1);
            atomic_fetch_sub(&r->inside, 1);
            pl_shared_unlock(r->sh, PL_LOCK_FOLD);
        }
    }

    return NULL;
}


static void
threads_exclude_each_other_too(void **state)
{
    int        i;
    race_t     r = { 0 };
    pthread_t  threads[3];

    (void) state;
    r.sh = open_ok();

    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, race, &r), 0);
    }
    for (i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }

    assert_int_equal(r.most, 1);
    assert_true(r.taken > 0);
    pl_shared_close(r.sh);
}


static int
lock_in_child(void *data)
{
    pl_shared_t  *sh;

    sh = data;
    pl_shared_unlock(sh, PL_LOCK_FOLD);

    return (int) pl_shared_lock(sh, PL_LOCK_SENDER, NULL);
}


static void
a_forked_child_holds_nothing(void **state)
{
    pl_shared_t  *sh, *other;

    (void) state;
    sh = open_ok();
    other = open_ok();
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_FOLD, NULL), PL_OK);
    assert_int_equal(temp_child(lock_in_child, sh), PL_MISUSE);

    /* nor did it let go of its parent's */
    assert_true(pl_shared_locked(other, PL_LOCK_FOLD));
    assert_false(pl_shared_locked(other, PL_LOCK_SENDER));
    pl_shared_close(other);
    pl_shared_close(sh);
}


static void
another_namespace_is_refused_while_members_live(void **state)
{
    char          path[PATH_MAX], text[64];
    pid_t         pid;
    pl_err_t      err;
    struct stat   sb;
    pl_shared_t  *sh;

    (void) state;
    assert_int_equal(stat("/proc/self/ns/pid", &sb), 0);

    pid = holder();
    temp_path(path, dir, "members.lock");
    assert_true(snprintf(text, sizeof(text), "%llu 00\n",
                         (unsigned long long) sb.st_ino + 1) > 0);
    temp_write(path, text, 0660);

    assert_int_equal(pl_shared_open(&sh, dir, &err), PL_BUSY);
    assert_null(sh);
    assert_non_null(strstr(err.text, "PID namespace"));
    assert_non_null(strstr(err.text, "container"));

    /* once they are gone the line is an old one */
    end(pid);
    sh = open_ok();
    pl_shared_close(sh);
}


static int
open_it(void *data)
{
    pl_shared_t  *sh;

    (void) data;

    return (int) pl_shared_open(&sh, dir, NULL);
}


/* In a PID namespace of its own; 100 where that cannot be had. */
static int
open_in_another_namespace(void *data)
{
    if (unshare(CLONE_NEWPID) == -1) {
        return 100;
    }

    return temp_child(open_it, data);   /* the first one in it */
}


static void
a_container_beside_ours_is_refused(void **state)
{
    int           rc;
    pl_shared_t  *sh;

    (void) state;
    sh = open_ok();
    rc = temp_child(open_in_another_namespace, NULL);
    pl_shared_close(sh);

    if (rc == 100) {
        temp_skip("may not make a PID namespace");
    }

    assert_int_equal(rc, PL_BUSY);

    /* alone it is as good as any other */
    assert_int_equal(temp_child(open_in_another_namespace, NULL), PL_OK);
    sh = open_ok();
    pl_shared_close(sh);
}


static void
members_of_one_namespace_join(void **state)
{
    pid_t         one, two;
    char          path[PATH_MAX];
    pl_shared_t  *sh;

    (void) state;
    one = holder();

    /* a starter that died before it wrote its line */
    temp_write(temp_path(path, dir, "members.lock"), "", 0660);
    end(one);

    two = holder();
    sh = open_ok();
    end(two);
    pl_shared_close(sh);
}


static int
open_and_close(void *data)
{
    int           i;
    pl_shared_t  *sh;

    (void) data;
    for (i = 0; i < 20; i++) {
        if (pl_shared_open(&sh, dir, NULL) != PL_OK) {
            return 1;
        }
        pl_shared_close(sh);
    }

    return 0;
}


static void
many_starters_all_join(void **state)
{
    int           i;
    temp_child_t  starters[6];

    (void) state;

    for (i = 0; i < 6; i++) {
        starters[i] = temp_fork(open_and_close, NULL);
    }

    for (i = 0; i < 6; i++) {
        assert_int_equal(temp_join(starters[i]), 0);
    }
}


static void
the_note_is_shared_and_outlives_a_process(void **state)
{
    pl_shared_t  *one, *two;

    (void) state;
    one = open_ok();
    two = open_ok();

    atomic_store(&pl_shared_note(one)->working, 42);
    assert_int_equal(atomic_load(&pl_shared_note(two)->working), 42);
    pl_shared_close(one);
    pl_shared_close(two);

    one = open_ok();
    assert_int_equal(atomic_load(&pl_shared_note(one)->working), 42);
    assert_int_equal(atomic_load(&pl_shared_note(one)->magic),
                     PL_SHARE_MAGIC);
    pl_shared_close(one);
}


static void
the_note_does_not_outlive_the_machine(void **state)
{
    char          path[PATH_MAX];
    pl_shared_t  *sh;

    (void) state;
    sh = open_ok();
    atomic_store(&pl_shared_note(sh)->working, 42);
    pl_shared_close(sh);

    temp_write(temp_path(path, dir, "members.lock"),
               "4026531836 00112233445566778899aabbccddeeff\n", 0660);

    sh = open_ok();
    assert_int_equal(atomic_load(&pl_shared_note(sh)->working), 0);
    assert_int_equal(atomic_load(&pl_shared_note(sh)->magic),
                     PL_SHARE_MAGIC);
    pl_shared_close(sh);
}


static void
a_foreign_note_is_emptied_or_refused(void **state)
{
    char          path[PATH_MAX];
    pid_t         pid;
    pl_err_t      err;
    pl_shared_t  *sh;

    (void) state;
    temp_write(temp_path(path, dir, "share"), "something else", 0660);
    sh = open_ok();
    assert_int_equal(atomic_load(&pl_shared_note(sh)->working), 0);
    pl_shared_close(sh);

    pid = holder();
    temp_write(path, "something else", 0660);
    assert_int_equal(pl_shared_open(&sh, dir, &err), PL_FOREIGN);
    assert_string_equal(err.path, path);
    end(pid);
}


static void
progress_is_kept_for_the_boot_that_wrote_it(void **state)
{
    bool            fresh;
    uint8_t         boot[16] = { 1, 2, 3 }, other[16] = { 1, 2, 4 };
    uint8_t         none[16] = { 0 };
    pl_err_t        err;
    pl_shared_t    *sh;
    pl_progress_t  *p;

    (void) state;
    sh = open_ok();

    assert_int_equal(pl_shared_progress(sh, boot, &p, &fresh, &err),
                     PL_MISUSE);
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, &err), PL_OK);

    assert_int_equal(pl_shared_progress(sh, boot, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(atomic_load(&p->slots), PL_INFLIGHT_MAX);
    atomic_store(&p->slot[PL_INFLIGHT_MAX - 1].effect, 99);
    pl_shared_close(sh);

    sh = open_ok();
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, &err), PL_OK);
    assert_int_equal(pl_shared_progress(sh, boot, &p, &fresh, &err), PL_OK);
    assert_false(fresh);
    assert_int_equal(atomic_load(&p->slot[PL_INFLIGHT_MAX - 1].effect), 99);

    /* a maker that was killed half way has taken the magic off */
    atomic_store(&p->magic, 0);
    assert_int_equal(pl_shared_progress(sh, boot, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(atomic_load(&p->slot[PL_INFLIGHT_MAX - 1].effect), 0);

    atomic_store(&p->slot[0].effect, 98);
    assert_int_equal(pl_shared_progress(sh, other, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(atomic_load(&p->slot[0].effect), 0);
    assert_memory_equal(p->boot, other, sizeof(other));

    /* a boot that nobody knows is never the same */
    assert_int_equal(pl_shared_progress(sh, none, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(pl_shared_progress(sh, none, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    pl_shared_close(sh);
}


static void
pace_is_kept_for_the_boot_that_wrote_it(void **state)
{
    bool          fresh;
    char          path[PATH_MAX];
    uint8_t       boot[16] = { 1, 2, 3 }, other[16] = { 1, 2, 4 };
    uint8_t       none[16] = { 0 };
    pl_err_t      err;
    pl_pace_t    *p;
    pl_shared_t  *sh;

    (void) state;
    sh = open_ok();

    assert_int_equal(pl_shared_pace(sh, boot, &p, &fresh, &err), PL_MISUSE);
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, &err), PL_OK);

    assert_int_equal(pl_shared_pace(sh, boot, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    atomic_store(&p->channel[PL_PACE_ROWS - 1].left_us, 97);
    atomic_store(&p->tenant[PL_PACE_ROWS - 1].left_us, 98);
    atomic_store(&p->pair[PL_PACE_PAIRS - 1].tat_us, 99);
    pl_shared_close(sh);

    sh = open_ok();
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, &err), PL_OK);
    assert_int_equal(pl_shared_pace(sh, boot, &p, &fresh, &err), PL_OK);
    assert_false(fresh);
    assert_int_equal(atomic_load(&p->channel[PL_PACE_ROWS - 1].left_us), 97);
    assert_int_equal(atomic_load(&p->tenant[PL_PACE_ROWS - 1].left_us), 98);
    assert_int_equal(atomic_load(&p->pair[PL_PACE_PAIRS - 1].tat_us), 99);

    /* a maker that was killed half way has taken the magic off */
    atomic_store(&p->magic, 0);
    assert_int_equal(pl_shared_pace(sh, boot, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(atomic_load(&p->channel[PL_PACE_ROWS - 1].left_us), 0);
    assert_int_equal(atomic_load(&p->tenant[PL_PACE_ROWS - 1].left_us), 0);
    assert_int_equal(atomic_load(&p->pair[PL_PACE_PAIRS - 1].tat_us), 0);

    /* another boot, and one that nobody knows */
    assert_int_equal(pl_shared_pace(sh, other, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(pl_shared_pace(sh, none, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(pl_shared_pace(sh, none, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    pl_shared_close(sh);

    /* torn: what is missing is zeroes, what is no such file goes */
    assert_int_equal(truncate(temp_path(path, dir, "pace"), 30), 0);
    sh = open_ok();
    assert_int_equal(pl_shared_lock(sh, PL_LOCK_SENDER, &err), PL_OK);
    assert_int_equal(pl_shared_pace(sh, boot, &p, &fresh, &err), PL_OK);
    assert_true(fresh);
    assert_int_equal(atomic_load(&p->pair[PL_PACE_PAIRS - 1].key), 0);
    pl_shared_close(sh);
}


static int
open_as_nobody(void *data)
{
    pl_shared_t  *sh;

    (void) data;
    if (!temp_nobody()) {
        return 100;
    }

    return (int) pl_shared_open(&sh, dir, NULL);
}


static void
says_when_it_may_not(void **state)
{
    char          path[PATH_MAX];
    pl_err_t      err;
    pl_shared_t  *sh;
    struct stat   sb;

    (void) state;
    assert_int_equal(pl_shared_open(&sh, "/no/such/folder", &err),
                     PL_NOTFOUND);

    (void) umask(077);
    sh = open_ok();
    (void) umask(022);
    assert_int_equal(stat(temp_path(path, dir, "fold.lock"), &sb), 0);
    assert_int_equal(sb.st_mode & 07777, 0660);
    pl_shared_close(sh);

    if (geteuid() == 0) {
        assert_int_equal(chmod(dir, 0755), 0);
        assert_int_equal(temp_child(open_as_nobody, NULL), PL_DENIED);
    }
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_lock_is_held_once),
        TEST(a_lock_dies_with_its_holder),
        TEST(looking_is_in_nobodys_way),
        TEST(threads_exclude_each_other_too),
        TEST(a_forked_child_holds_nothing),
        TEST(another_namespace_is_refused_while_members_live),
        TEST(a_container_beside_ours_is_refused),
        TEST(members_of_one_namespace_join),
        TEST(many_starters_all_join),
        TEST(the_note_is_shared_and_outlives_a_process),
        TEST(the_note_does_not_outlive_the_machine),
        TEST(a_foreign_note_is_emptied_or_refused),
        TEST(progress_is_kept_for_the_boot_that_wrote_it),
        TEST(pace_is_kept_for_the_boot_that_wrote_it),
        TEST(says_when_it_may_not),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
