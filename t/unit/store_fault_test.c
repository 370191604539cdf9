/*
 * Disks and maps that fill up, and system calls that fail: what the store
 * says, and that it goes on afterwards.
 *
 * The calls that LMDB and the store make are defined here and so stand
 * before libc's; each does its work unless a fault is planned for it.
 */

#include "store.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define METAS  8192             /* bytes of both meta pages */


typedef struct {
    int   pages;                /* errno of writes behind the meta pages */
    bool  shorten;              /* they write half */
    int   meta;                 /* errno of writes to the meta pages */
    int   sync;
    int   extend;
    int   read;
    bool  full;                 /* statvfs() says that nothing is free */
} fault_t;


static char         dir[TEMP_MAX];
static fault_t      fault;
static pl_store_t  *st;


ssize_t
pwrite(int fd, const void *buf, size_t len, off_t offset)
{
    if (offset < METAS && fault.meta != 0) {
        errno = fault.meta;
        return -1;
    }

    if (offset >= METAS && fault.pages != 0) {
        errno = fault.pages;
        return -1;
    }

    if (offset >= METAS && fault.shorten) {
        len /= 2;
    }

    return syscall(SYS_pwrite64, fd, buf, len, offset);
}


ssize_t
writev(int fd, const struct iovec *iov, int n)
{
    if (fault.pages != 0) {
        errno = fault.pages;
        return -1;
    }

    return syscall(SYS_writev, fd, iov, fault.shorten ? 1 : n);
}


int
fdatasync(int fd)
{
    if (fault.sync != 0) {
        errno = fault.sync;
        return -1;
    }

    return (int) syscall(SYS_fdatasync, fd);
}


int
ftruncate(int fd, off_t len)
{
    if (fault.extend != 0) {
        errno = fault.extend;
        return -1;
    }

    return (int) syscall(SYS_ftruncate, fd, len);
}


ssize_t
pread(int fd, void *buf, size_t len, off_t offset)
{
    if (fault.read != 0) {
        errno = fault.read;
        return -1;
    }

    return syscall(SYS_pread64, fd, buf, len, offset);
}


int
statvfs(const char *path, struct statvfs *fs)
{
    (void) path;
    memset(fs, 0, sizeof(*fs));
    fs->f_frsize = 4096;
    fs->f_bavail = fault.full ? 0 : 1 << 20;

    return 0;
}


static int
setup(void **state)
{
    pl_txn_t  *txn;

    (void) state;
    memset(&fault, 0, sizeof(fault));
    temp_make(dir);
    st = store_open(dir);
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("first"));
    store_commit(txn);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;
    memset(&fault, 0, sizeof(fault));
    pl_store_close(st);
    temp_remove(dir);

    return 0;
}


/* A transaction of ten rows with a fault; what its commit says. */
static pl_status_t
commit_with(fault_t plan, pl_err_t *err)
{
    int          i;
    pl_txn_t    *txn;
    pl_status_t  status;

    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = 2; i < 12; i++) {
        store_put(txn, PL_TABLE_DEAD, (uint64_t) i, PL_STR("more"));
        store_put(txn, PL_TABLE_AUDIT, (uint64_t) i, PL_STR("more"));
    }

    fault = plan;
    status = pl_store_commit(txn, err);
    memset(&fault, 0, sizeof(fault));

    return status;
}


/* Nothing of it is seen, and the next one works without more ado. */
static void
goes_on(void)
{
    pl_err_t  err;

    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 1);
    assert_int_equal(commit_with((fault_t) { 0 }, &err), PL_OK);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 11);
    pl_store_close(st);
    st = store_open(dir);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 11);
}


static void
a_full_disk_is_full(void **state)
{
    pl_err_t  err;
    char      path[PATH_MAX];

    (void) state;
    assert_int_equal(commit_with((fault_t) { .pages = ENOSPC }, &err),
                     PL_FULL);
    assert_int_equal(err.sys, ENOSPC);
    assert_string_equal(err.path, temp_path(path, dir, "state"));
    goes_on();
}


static void
a_full_quota_is_full(void **state)
{
    pl_err_t  err;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .pages = EDQUOT }, &err),
                     PL_FULL);
    goes_on();
}


static void
a_short_write_on_a_full_disk_is_full(void **state)
{
    pl_err_t  err;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .shorten = true,
                                             .full = true }, &err), PL_FULL);
    assert_int_equal(err.sys, ENOSPC);
    goes_on();
}


static void
a_short_write_with_room_is_an_error(void **state)
{
    pl_err_t  err;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .shorten = true }, &err),
                     PL_IO);
    goes_on();
}


static void
a_write_that_fails_is_an_error(void **state)
{
    pl_err_t  err;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .pages = EIO }, &err), PL_IO);
    assert_int_equal(err.sys, EIO);
    goes_on();
}


static void
a_sync_that_fails_is_an_error(void **state)
{
    pl_err_t  err;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .sync = EIO }, &err), PL_IO);
    assert_int_equal(err.sys, EIO);
    goes_on();
}


static void
a_file_that_cannot_grow_is_full(void **state)
{
    pl_err_t  err;
    char      path[PATH_MAX];

    (void) state;

    /* as another program left it: the tail is gone, and a limit is set */
    pl_store_close(st);
    temp_path(path, dir, "state/data.mdb");
    assert_int_equal(truncate(path, 1 << 20), 0);
    st = store_open(dir);

    assert_int_equal(commit_with((fault_t) { .extend = EFBIG }, &err),
                     PL_FULL);
    assert_string_equal(err.path, path);
    assert_int_equal(commit_with((fault_t) { .extend = EIO }, &err), PL_IO);
    goes_on();
}


/* LMDB takes nothing more in this process then, until it is reopened. */
static void
a_meta_page_that_fails_breaks_it(void **state)
{
    pl_err_t   err;
    pl_txn_t  *txn;

    (void) state;
    assert_int_equal(commit_with((fault_t) { .meta = EIO }, &err),
                     PL_BROKEN);
    assert_non_null(strstr(err.text, "open the store again"));

    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, true, &txn, &err),
                     PL_BROKEN);
    assert_int_equal(pl_store_begin(st, PL_ENV_STATE, false, &txn, &err),
                     PL_BROKEN);

    /* the other environment is as it was */
    txn = store_begin(st, PL_ENV_JOURNAL, true);
    store_put(txn, PL_TABLE_ENTRIES, 1, PL_STR("v"));
    store_commit(txn);

    store_must(pl_store_reopen(st, &err), &err);
    assert_int_equal(store_rows(st, PL_TABLE_DEAD), 1);
    assert_int_equal(store_rows(st, PL_TABLE_ENTRIES), 1);
    goes_on();
}


static void
a_file_that_cannot_be_read_is_told(void **state)
{
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_store_t       *other;
    pl_store_conf_t   conf;

    (void) state;
    pl_store_close(st);
    conf = store_conf(dir);
    fault.read = EIO;
    assert_int_equal(pl_store_open(&other, &conf, &err), PL_IO);
    assert_int_equal(err.sys, EIO);
    assert_string_equal(err.path, temp_path(path, dir, "journal/data.mdb"));
    fault.read = 0;
    st = store_open(dir);
}


static void
making_on_a_full_disk_is_full(void **state)
{
    char              path[PATH_MAX];
    size_t            i;
    pl_err_t          err;
    pl_store_t       *made;
    pl_store_conf_t   conf;
    const fault_t     plans[] = {
        { .meta = ENOSPC }, { .pages = ENOSPC }, { .extend = ENOSPC },
        { .sync = ENOSPC }
    };

    (void) state;
    conf = store_conf(temp_path(path, dir, "made"));

    for (i = 0; i < PL_COUNT(plans); i++) {
        fault = plans[i];
        assert_int_equal(pl_store_open(&made, &conf, &err), PL_FULL);
        memset(&fault, 0, sizeof(fault));
    }

    /* none of the failures has left half a store */
    store_must(pl_store_open(&made, &conf, &err), &err);
    pl_store_close(made);
}


/* ---- a map that is full ---------------------------------------------- */

static pl_status_t
put_one(pl_store_t *tiny, uint64_t n, pl_err_t *err)
{
    uint8_t      buf[8], value[900] = { 0 };
    pl_txn_t    *txn;
    pl_status_t  status, again;

    status = pl_store_begin(tiny, PL_ENV_STATE, true, &txn, err);
    if (status != PL_OK) {
        return status;
    }

    status = pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, n),
                          (pl_str_t) { value, sizeof(value) }, err);

    if (status == PL_OK) {
        return pl_store_commit(txn, err);
    }

    /* it is over for this transaction, whatever is tried */
    assert_string_equal(err->path, "dead");
    again = pl_store_put(txn, PL_TABLE_DEAD, store_key(buf, n), PL_STR("v"),
                         err);
    assert_int_equal(again, status);
    assert_int_equal(pl_store_commit(txn, err), status);

    return status;
}


static void
a_full_map_is_full_until_rows_go(void **state)
{
    char              path[PATH_MAX];
    uint8_t           buf[8], value[900] = { 0 };
    uint64_t          n, i;
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_store_t       *tiny;
    pl_status_t       status;
    pl_store_conf_t   conf;

    (void) state;
    conf = store_conf(temp_path(path, dir, "tiny"));
    conf.size = 400 * 1024;
    store_must(pl_store_open(&tiny, &conf, &err), &err);

    for (n = 0; n < 2000; n++) {
        status = put_one(tiny, n, &err);
        if (status != PL_OK) {
            break;
        }
    }

    assert_int_equal(status, PL_FULL);
    assert_true(n > 100);
    assert_int_equal(store_rows(tiny, PL_TABLE_DEAD), n);

    /* the same again and again: it stays full, and eats nothing up */
    for (i = 0; i < 200; i++) {
        assert_int_equal(put_one(tiny, n, &err), PL_FULL);
    }

    /* one that deletes as much as it puts goes through, for ever */
    for (i = 0; i < 300; i++) {
        txn = store_begin(tiny, PL_ENV_STATE, true);
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, i % n),
                                &err), &err);
        store_put(txn, PL_TABLE_DEAD, i % n, (pl_str_t) { value, 900 });
        store_commit(txn);
    }

    /* also if the delete comes last; rows are i to i + n - 1 then */
    for (i = 0; i < 300; i++) {
        txn = store_begin(tiny, PL_ENV_STATE, true);
        store_put(txn, PL_TABLE_DEAD, n + i, (pl_str_t) { value, 900 });
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, i), &err),
                   &err);
        store_commit(txn);
    }

    /* LMDB needs a few pages to delete one; they were kept back */
    for (i = 300; i < 300 + n / 2; i++) {
        txn = store_begin(tiny, PL_ENV_STATE, true);
        store_must(pl_store_del(txn, PL_TABLE_DEAD, store_key(buf, i), &err),
                   &err);
        store_commit(txn);
    }

    for (i = 0; i < n / 4; i++) {
        store_must(put_one(tiny, i, &err), &err);
    }

    assert_int_equal(store_rows(tiny, PL_TABLE_DEAD), n - n / 2 + n / 4);
    pl_store_close(tiny);
}


static int
limited_child(void *data)
{
    uint64_t          n;
    pl_err_t          err;
    pl_store_t       *own;
    pl_status_t       status;
    struct rlimit     limit;
    pl_store_conf_t   conf;

    conf = store_conf(data);
    if (pl_store_open(&own, &conf, &err) != PL_OK
        || getrlimit(RLIMIT_FSIZE, &limit) == -1
        || signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
    {
        return 1;
    }

    limit.rlim_cur = 1 << 20;
    if (setrlimit(RLIMIT_FSIZE, &limit) == -1) {
        return 2;
    }

    for (n = 0, status = PL_OK; status == PL_OK && n < 5000; n++) {
        status = put_one(own, n, &err);
    }

    /* the write that meets the limit is cut, those beyond are refused */
    if (status != PL_FULL && status != PL_IO) {
        return 3;
    }

    if (store_rows(own, PL_TABLE_DEAD) != n - 1) {
        return 4;
    }

    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_FSIZE, &limit) == -1
        || put_one(own, n, &err) != PL_OK)
    {
        return 5;
    }

    return 0;
}


static void
a_limit_on_file_sizes_is_survived(void **state)
{
    char  path[PATH_MAX];

    (void) state;
    assert_int_equal(temp_child(limited_child,
                                temp_path(path, dir, "limited")), 0);
}


/* A real file system that is full, and then is made larger. */
static int
full_child(void *data)
{
    char              path[PATH_MAX];
    uint64_t          n;
    pl_err_t          err;
    pl_store_t       *own;
    pl_status_t       status;
    pl_store_conf_t   conf;

    if (unshare(CLONE_NEWNS) == -1
        || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == -1
        || mount("tmpfs", data, "tmpfs", 0, "size=2m") == -1)
    {
        return 100;
    }

    conf = store_conf(temp_path(path, data, "store"));
    if (pl_store_open(&own, &conf, &err) != PL_OK) {
        return 1;
    }

    fault.full = true;                  /* as the real one would say */
    for (n = 0, status = PL_OK; status == PL_OK && n < 5000; n++) {
        status = put_one(own, n, &err);
    }

    if (status != PL_FULL) {
        return 2;
    }

    if (store_rows(own, PL_TABLE_DEAD) != n - 1) {
        return 3;
    }

    if (mount("none", data, "none", MS_REMOUNT, "size=16m") == -1
        || put_one(own, n, &err) != PL_OK
        || put_one(own, n + 1, &err) != PL_OK)
    {
        return 4;
    }

    return store_rows(own, PL_TABLE_DEAD) == n + 1 ? 0 : 5;
}


static void
a_full_file_system_is_survived(void **state)
{
    int  rc;

    (void) state;
    rc = temp_child(full_child, dir);

    if (rc == 100) {
        temp_skip("may not mount, or / is no mount point");
    }

    assert_int_equal(rc, 0);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(a_full_disk_is_full),
        TEST(a_full_quota_is_full),
        TEST(a_short_write_on_a_full_disk_is_full),
        TEST(a_short_write_with_room_is_an_error),
        TEST(a_write_that_fails_is_an_error),
        TEST(a_sync_that_fails_is_an_error),
        TEST(a_file_that_cannot_grow_is_full),
        TEST(a_meta_page_that_fails_breaks_it),
        TEST(a_file_that_cannot_be_read_is_told),
        TEST(making_on_a_full_disk_is_full),
        TEST(a_full_map_is_full_until_rows_go),
        TEST(a_limit_on_file_sizes_is_survived),
        TEST(a_full_file_system_is_survived),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_fault", tests, NULL, NULL);
}
