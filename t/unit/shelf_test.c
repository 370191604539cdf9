/*
 * The folder of files: a name comes with the whole of a file, and what is in
 * the way of one is told.
 */

#include "temp.h"

#include "../../src/core/str.h"
#include "../../src/core/shelf.c"

#define FOO                                                                   \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"


typedef struct {
    char         base[TEMP_MAX];
    char         dir[TEMP_MAX + 8];
    char         path[PATH_MAX];
    pl_err_t     err;
    pl_spool_t  spool;
} test_t;


static int
setup(void **state)
{
    test_t  *t;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    temp_make(t->base);
    (void) snprintf(t->dir, sizeof(t->dir), "%s/media", t->base);
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_shelf_drop(&t->spool);
    temp_remove(t->base);
    free(t);

    return 0;
}


static void
spool(test_t *t, uint64_t effect, const char *bytes)
{
    assert_int_equal(pl_shelf_begin(&t->spool, t->dir, effect, 7,
                                     strlen(bytes), &t->err), PL_OK);
    assert_int_equal(pl_shelf_write(&t->spool, (const uint8_t *) bytes, 1,
                                     &t->err), PL_OK);
    assert_int_equal(pl_shelf_write(&t->spool, (const uint8_t *) bytes + 1,
                                     strlen(bytes) - 1, &t->err), PL_OK);
    assert_int_equal(pl_shelf_end(&t->spool, &t->err), PL_OK);
}


static const char *
at(test_t *t, const char *name)
{
    (void) snprintf(t->path, sizeof(t->path), "%s/%s", t->dir, name);

    return t->path;
}


static bool
there(test_t *t, const char *name)
{
    struct stat  st;

    return lstat(at(t, name), &st) == 0;
}


static void
test_keep(void **state)
{
    int          i;
    char         name[PL_SHELF_NAME];
    test_t      *t = *state;
    struct stat  st;

    for (i = 1; i <= 2; i++) {
        spool(t, (uint64_t) i, "foo");
        assert_true(there(t, i == 1 ? ".tmp/eff_1.7" : ".tmp/eff_2.7"));
        assert_true(i == 2 || !there(t, "2c/26/" FOO));

        assert_int_equal(pl_shelf_keep(&t->spool, t->dir, name, &t->err),
                         PL_OK);
        assert_string_equal(name, FOO);
        assert_false(t->spool.open);
        assert_false(there(t, ".tmp/eff_1.7") || there(t, ".tmp/eff_2.7"));
        assert_int_equal(stat(at(t, "2c/26/" FOO), &st), 0);
        assert_int_equal(st.st_size, 3);
        assert_int_equal(st.st_nlink, 1);
    }
}


/* One of the right name and the wrong size is not what it says. */

static void
test_broken(void **state)
{
    char         name[PL_SHELF_NAME];
    test_t      *t = *state;
    struct stat  st;

    spool(t, 1, "foo");
    assert_int_equal(pl_shelf_keep(&t->spool, t->dir, name, &t->err),
                     PL_OK);
    assert_int_equal(truncate(at(t, "2c/26/" FOO), 1), 0);

    spool(t, 2, "foo");
    assert_int_equal(pl_shelf_keep(&t->spool, t->dir, name, &t->err),
                     PL_OK);
    assert_int_equal(stat(at(t, "2c/26/" FOO), &st), 0);
    assert_int_equal(st.st_size, 3);
}


static void
test_drop(void **state)
{
    test_t  *t = *state;

    spool(t, 1, "foo");
    pl_shelf_drop(&t->spool);
    assert_false(there(t, ".tmp/eff_1.7"));
    assert_false(there(t, "2c"));
    pl_shelf_drop(&t->spool);

    /* begun again after a kill: nothing of before is in it */
    spool(t, 1, "xxxxxx");
    t->spool.open = false;
    (void) close(t->spool.fd);
    pl_hash_destroy(t->spool.hash);
    spool(t, 1, "foo");
    assert_int_equal(t->spool.bytes, 3);
    pl_shelf_drop(&t->spool);
}


/* Nothing is written through what somebody put in the way. */

static void
test_link(void **state)
{
    char         victim[PATH_MAX];
    test_t      *t = *state;
    struct stat  st;

    spool(t, 1, "foo");
    pl_shelf_drop(&t->spool);

    temp_write(temp_path(victim, t->base, "victim"), "kept", 0600);
    assert_int_equal(symlink(victim, at(t, ".tmp/eff_1.7")), 0);
    spool(t, 1, "foo");
    pl_shelf_drop(&t->spool);

    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 4);
}


static void
test_sweep(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const char *const  names[] = {
        ".tmp/eff_1.6", ".tmp/eff_2.77", ".tmp/eff_3.7", ".tmp/other",
        ".tmp/eff_4"
    };

    pl_shelf_sweep(t->dir, 7);         /* there is nothing yet */

    spool(t, 9, "foo");
    for (i = 0; i < PL_COUNT(names); i++) {
        temp_write(at(t, names[i]), "x", 0600);
    }

    pl_shelf_sweep(t->dir, 7);

    assert_false(there(t, names[0]));
    assert_false(there(t, names[1]));
    assert_true(there(t, names[2]));
    assert_true(there(t, names[3]));
    assert_true(there(t, names[4]));
    assert_true(there(t, ".tmp/eff_9.7"));
}


static void
test_trouble(void **state)
{
    char         name[PL_SHELF_NAME], far[PATH_MAX + 100];
    test_t      *t = *state;

    /* more than any disk has left */
    assert_int_equal(pl_shelf_begin(&t->spool, t->dir, 1, 7,
                                     UINT64_MAX / 2, &t->err), PL_FULL);
    assert_false(t->spool.open);

    /* folders above it are not ours to make */
    (void) snprintf(far, sizeof(far), "%s/a/b", t->base);
    assert_int_equal(pl_shelf_begin(&t->spool, far, 1, 7, 0, &t->err),
                     PL_IO);

    memset(far, 'x', sizeof(far));
    far[0] = '/';
    far[PL_PATH_MAX - 10] = '\0';
    assert_int_equal(pl_shelf_begin(&t->spool, far, 1, 7, 0, &t->err),
                     PL_TOOBIG);

    /* a file where a folder should be */
    spool(t, 1, "foo");
    temp_write(at(t, "2c"), "x", 0600);
    assert_int_equal(pl_shelf_keep(&t->spool, t->dir, name, &t->err),
                     PL_IO);
    assert_true(t->spool.open);
    pl_shelf_drop(&t->spool);

    temp_write(at(t, "file"), "x", 0600);
    (void) snprintf(far, sizeof(far), "%s/file", t->dir);
    assert_int_equal(pl_shelf_begin(&t->spool, far, 1, 7, 0, &t->err),
                     PL_IO);
}


/* A file of somebody's, of which the folder gets a copy under its digest. */

static void
test_put(void **state)
{
    int          fd;
    char         name[PL_SHELF_NAME];
    test_t      *t = *state;
    uint64_t     bytes;
    struct stat  st;

    (void) snprintf(t->path, sizeof(t->path), "%s/given", t->base);
    fd = open(t->path, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);
    assert_true(fd != -1);
    assert_int_equal(write(fd, "foo", 3), 3);

    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(pl_shelf_put(t->dir, fd, 2, name, &bytes, &t->err),
                     PL_TOOBIG);
    assert_false(there(t, "2c/26/" FOO));

    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(pl_shelf_put(t->dir, fd, 3, name, &bytes, &t->err),
                     PL_OK);
    assert_string_equal(name, FOO);
    assert_int_equal(bytes, 3);
    assert_int_equal(stat(at(t, "2c/26/" FOO), &st), 0);
    assert_int_equal(st.st_nlink, 1);

    /* nothing is left beside it, and once more changes nothing */

    assert_int_equal(rmdir(at(t, ".tmp")), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(pl_shelf_put(t->dir, fd, 3, name, &bytes, &t->err),
                     PL_OK);
    assert_int_equal(close(fd), 0);
}


/* What is being put there stays; what nobody holds is swept away. */

static void
test_sweep_put(void **state)
{
    int      fd;
    test_t  *t = *state;

    assert_int_equal(mkdir(t->dir, 0700), 0);
    assert_int_equal(mkdir(at(t, ".tmp"), 0700), 0);
    fd = open(at(t, ".tmp/put_1"), O_WRONLY|O_CREAT|O_CLOEXEC, 0600);
    assert_true(fd != -1);
    assert_int_equal(flock(fd, LOCK_EX), 0);

    pl_shelf_sweep(t->dir, 7);
    assert_true(there(t, ".tmp/put_1"));
    assert_int_equal(close(fd), 0);
    pl_shelf_sweep(t->dir, 7);
    assert_false(there(t, ".tmp/put_1"));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trouble, setup, teardown),
        cmocka_unit_test_setup_teardown(test_put, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_put, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
