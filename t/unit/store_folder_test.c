/*
 * A store's folders where a process may set no set-group-id bit, as under
 * systemd's RestrictSUIDSGID=: the sender's unit has it, and the sender may be
 * the first that starts.
 */

#include "store.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Both are little-endian on every machine that this is built for. */
#define ARG(n)  (offsetof(struct seccomp_data, args) + 8 * (n))
#define CHECK(call, mode)                                                     \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 3),                        \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARG(mode)),                            \
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, S_ISUID | S_ISGID, 0, 1),            \
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)


static int
restrict_modes(void)
{
    static struct sock_filter  filter[] = {
#ifdef SYS_chmod
        CHECK(SYS_chmod, 1),
#endif
        CHECK(SYS_fchmod, 1),
        CHECK(SYS_fchmodat, 2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };

    struct sock_fprog  program = { PL_COUNT(filter), filter };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
           ? 0 : -1;
}


/* 0: made; 1: not; 2: no such filter here; 3: the filter does not bite. */

static int
make_restricted(const char *dir)
{
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    if (restrict_modes() != 0) {
        return 2;
    }

    if (chmod(dir, 02770) != -1 || errno != EPERM) {
        return 3;
    }

    (void) umask(0007);         /* as the unit has it */
    conf = store_conf(dir);

    if (pl_store_open(&st, &conf, &err) != PL_OK) {
        return 1;
    }

    pl_store_close(st);

    return 0;
}


static void
made_without_the_right_to_set_bits(void **state)
{
    int          i, status;
    char         dir[TEMP_MAX], path[TEMP_MAX + 16];
    pid_t        pid;
    struct stat  sb;

    static const mode_t  parents[] = { 02770, 0770 };

    (void) state;

    for (i = 0; i < 2; i++) {
        temp_make(dir);
        assert_int_equal(chmod(dir, parents[i]), 0);

        pid = fork();
        assert_true(pid != -1);

        if (pid == 0) {
            _exit(make_restricted(dir));
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));

        if (WEXITSTATUS(status) == 2) {
            temp_remove(dir);
            skip();
        }

        assert_int_equal(WEXITSTATUS(status), 0);

        (void) snprintf(path, sizeof(path), "%s/journal", dir);
        assert_int_equal(stat(path, &sb), 0);
        assert_int_equal(sb.st_mode & 07777, parents[i]);
        temp_remove(dir);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(made_without_the_right_to_set_bits),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
