/*
 * Runs the parleyctl that was built beside the test, on the test's store or
 * without one, and keeps what it said. The store stays open here meanwhile,
 * as it does in a worker.
 */

#ifndef T_CTL_H_INCLUDED
#define T_CTL_H_INCLUDED

#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>
#include <time.h>

#include "engine.h"

#define T_CTL_ARGS_MAX  12

typedef struct {
    int    status;              /* exit status; -1: it did not end by itself */
    char  *out;                 /* in the test's arena, NUL behind */
    char  *err;
} t_said_t;


/* PARLEYCTL, else ../parleyctl from the folder of this program. */

static inline void
t_ctl_path(char *path, size_t size)
{
    char         self[PATH_MAX];
    char        *slash;
    ssize_t      n;
    const char  *set = getenv("PARLEYCTL");

    if (set != NULL) {
        (void) snprintf(path, size, "%s", set);
        return;
    }

    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    assert_true(n > 0);
    self[n] = '\0';

    slash = strrchr(self, '/');
    assert_non_null(slash);
    *slash = '\0';

    assert_true((size_t) snprintf(path, size, "%s/../parleyctl", self)
                < size);
}


/* A file, in the test's arena, NUL behind; size may be NULL. */

static inline char *
t_slurp_len(t_engine_t *t, const char *path, size_t *size)
{
    int      fd;
    char    *text;
    off_t    len;
    ssize_t  n, got;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd != -1);
    len = lseek(fd, 0, SEEK_END);
    assert_true(len >= 0);

    text = pl_arena_alloc(t->ar, (size_t) len + 1);
    assert_non_null(text);

    for (got = 0; got < len; got += n) {
        n = pread(fd, text + got, (size_t) (len - got), got);
        assert_true(n > 0);
    }

    text[len] = '\0';
    assert_int_equal(close(fd), 0);

    if (size != NULL) {
        *size = (size_t) len;
    }

    return text;
}


static inline char *
t_slurp(t_engine_t *t, const char *path)
{
    return t_slurp_len(t, path, NULL);
}


static inline void
t_spill(const char *path, const char *text)
{
    int  fd;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}


/* Starts it with this store; words are separated by single spaces. */

static inline pid_t
t_ctl_start(t_engine_t *t, const char *words)
{
    int     out, err;
    char    path[PATH_MAX], file[PATH_MAX], line[PATH_MAX];
    char   *argv[T_CTL_ARGS_MAX + 4], *word, *next;
    int     argc;
    pid_t   pid;

    t_ctl_path(path, sizeof(path));
    (void) snprintf(line, sizeof(line), "%s", words);

    argc = 0;
    argv[argc++] = path;
    argv[argc++] = (char *) "--store";
    argv[argc++] = t->dir;

    for (word = line; word != NULL; word = next) {
        next = strchr(word, ' ');
        if (next != NULL) {
            *next++ = '\0';
        }

        assert_true(argc < T_CTL_ARGS_MAX + 3);
        argv[argc++] = word;
    }

    argv[argc] = NULL;

    pid = fork();
    assert_true(pid != -1);

    if (pid == 0) {
        (void) snprintf(file, sizeof(file), "%s.out", t->dir);
        out = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        (void) snprintf(file, sizeof(file), "%s.err", t->dir);
        err = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        if (out != -1 && err != -1 && dup2(out, 1) != -1
            && dup2(err, 2) != -1)
        {
            (void) execv(path, argv);
        }

        _exit(127);
    }

    return pid;
}


static inline t_said_t
t_ctl_end(t_engine_t *t, pid_t pid)
{
    int       status;
    char      file[PATH_MAX];
    t_said_t  said;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    said.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    (void) snprintf(file, sizeof(file), "%s.out", t->dir);
    said.out = t_slurp(t, file);
    (void) unlink(file);
    (void) snprintf(file, sizeof(file), "%s.err", t->dir);
    said.err = t_slurp(t, file);
    (void) unlink(file);

    return said;
}


static inline t_said_t
t_ctl(t_engine_t *t, const char *words)
{
    return t_ctl_end(t, t_ctl_start(t, words));
}


/* Fails the test, with what was said, unless it ended like this. */

static inline t_said_t
t_ctl_is(t_engine_t *t, const char *words, int status)
{
    t_said_t  said;

    said = t_ctl(t, words);

    if (said.status != status) {
        fail_msg("parleyctl %s: ended with %d, not %d\n%s%s", words,
                 said.status, status, said.out, said.err);
    }

    return said;
}


static inline void
t_has(const char *text, const char *piece)
{
    if (strstr(text, piece) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", piece, text);
    }
}


static inline void
t_has_not(const char *text, const char *piece)
{
    if (strstr(text, piece) != NULL) {
        fail_msg("\"%s\" is in:\n%s", piece, text);
    }
}


static inline size_t
t_count(const char *text, const char *piece)
{
    size_t  n;

    for (n = 0; (text = strstr(text, piece)) != NULL; n++) {
        text += strlen(piece);
    }

    return n;
}


/* A test's beginning, as cmocka calls it: one who wrote, now. */

static inline int
t_ctl_setup(void **state)
{
    t_engine_t  *t = t_new();

    t->wall_ms = (int64_t) time(NULL) * 1000;   /* the program's own */
    t_configure(t);
    (void) t_text(t, "34600000001", "wamid.A", t->wall_ms / 1000, "x");
    t_fold(t);
    *state = t;

    return 0;
}


/* Runs it while this process folds; what it said. */

static inline t_said_t
t_run(t_engine_t *t, const char *words, int status)
{
    pid_t            pid;
    t_said_t         said;
    siginfo_t        info;
    struct timespec  pause = { 0, 10000000 };

    pid = t_ctl_start(t, words);

    for (info.si_pid = 0; info.si_pid == 0; (void) nanosleep(&pause, NULL)) {
        t_fold(t);
        assert_int_equal(waitid(P_PID, (id_t) pid, &info,
                                WEXITED | WNOHANG | WNOWAIT), 0);
    }

    said = t_ctl_end(t, pid);

    if (said.status != status) {
        fail_msg("parleyctl %s: ended with %d, not %d\n%s%s", words,
                 said.status, status, said.out, said.err);
    }

    return said;
}


/* Takes rows of a table away, behind the fold's back: all, or the last. */

static inline void
t_lose(t_engine_t *t, pl_table_e table, bool all)
{
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;
    pl_status_t  rc;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, true, &scan, &t->err));

    do {
        rc = pl_store_scan_next(scan, &key, &value, &t->err);
        if (rc == PL_OK) {
            t_ok(t, pl_store_scan_del(scan, &t->err));
        }
    } while (all && rc == PL_OK);

    pl_store_scan_end(scan);
    t_ok(t, pl_store_commit(txn, &t->err));
}

#endif /* T_CTL_H_INCLUDED */
