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
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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


/*
 * Runs fn in a forked child, whose exit code is what it returns; 255 if a
 * signal ended it. The child leaves by _exit(): nothing of the parent's is
 * flushed or checked twice.
 */
static inline int
temp_child(int (*fn)(void *data), void *data)
{
    int    status;
    pid_t  pid;

    (void) fflush(NULL);
    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        _exit(fn(data));
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

#endif /* PL_TEST_TEMP_H_INCLUDED */
