/*
 * A folder of its own for each test, removed afterwards; and what C tests
 * of the core need beside cmocka.
 */

#ifndef PL_TEST_TEMP_H_INCLUDED
#define PL_TEST_TEMP_H_INCLUDED

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TEMP_MAX  128           /* a folder's path; files in it fit PATH_MAX */


/* Fills dir; the test that cannot have one cannot go on. */
static inline void
temp_make(char *dir)
{
    const char  *base;

    base = getenv("TMPDIR");
    assert_true(snprintf(dir, TEMP_MAX, "%s/parley-unit-XXXXXX",
                         base != NULL ? base : "/tmp") < TEMP_MAX);
    assert_non_null(mkdtemp(dir));
}


static inline int
temp_remove_one(const char *path, const struct stat *sb, int type,
    struct FTW *walk)
{
    (void) sb;
    (void) type;
    (void) walk;

    return remove(path);
}


static inline void
temp_remove(const char *dir)
{
    (void) nftw(dir, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}


static inline char *
temp_path(char *path, const char *dir, const char *name)
{
    assert_true(snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX);

    return path;
}


static inline void
temp_write(const char *path, const char *text, mode_t mode)
{
    int  fd;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}


static inline void
temp_sleep_ms(int ms)
{
    struct timespec  pause;

    pause.tv_sec = ms / 1000;
    pause.tv_nsec = (long) (ms % 1000) * 1000000;

    while (nanosleep(&pause, &pause) == -1) {
        /* a signal: sleep the rest */
    }
}


/* Ends the test here; t/00-unit.t passes the reason on. */
static inline void
temp_skip(const char *why)
{
    printf("# skip: %s\n", why);
    (void) fflush(stdout);
    skip();
}


/* This process is nobody from here on, root's further groups left as well. */
static inline bool
temp_nobody(void)
{
    return setgroups(0, NULL) == 0 && setgid(65534) == 0
           && setuid(65534) == 0;
}


/*
 * Runs fn in a forked child. The child tells what fn returned through a pipe
 * and then waits to be killed: nothing of the parent's is flushed or run
 * twice, and memory that it inherited is not called a leak.
 */
typedef struct {
    pid_t  pid;
    int    fd;
} temp_child_t;


static inline temp_child_t
temp_fork(int (*fn)(void *data), void *data)
{
    int           fds[2], rc;
    temp_child_t  child;

    assert_int_equal(pipe(fds), 0);
    (void) fflush(NULL);
    child.pid = fork();
    assert_true(child.pid != -1);

    if (child.pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        rc = fn(data);

        while (write(fds[1], &rc, sizeof(rc)) == (ssize_t) sizeof(rc)) {
            (void) pause();
        }

        _exit(254);
    }

    (void) close(fds[1]);
    child.fd = fds[0];

    return child;
}


/* What fn returned; 255 if the child ended before. */
static inline int
temp_join(temp_child_t child)
{
    int  rc, status;

    if (read(child.fd, &rc, sizeof(rc)) != (ssize_t) sizeof(rc)) {
        rc = 255;
    }

    (void) close(child.fd);
    (void) kill(child.pid, SIGKILL);    /* not waited for: still its pid */
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);

    return rc;
}


static inline int
temp_child(int (*fn)(void *data), void *data)
{
    return temp_join(temp_fork(fn, data));
}

#endif /* PL_TEST_TEMP_H_INCLUDED */
