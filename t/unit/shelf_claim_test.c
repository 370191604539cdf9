/*
 * Files that came within webhooks: claimed until their entry is there; what
 * nobody names goes, and nothing else does.
 */

#include "temp.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../../src/core/shelf.h"
#include "../../src/core/str.h"

#define FOO                                                                   \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define PLACE  "2c/26/" FOO
#define OLD_S  7200

typedef struct {
    char         base[TEMP_MAX];
    char         dir[TEMP_MAX + 8];
    char         path[PATH_MAX];
    pl_err_t     err;
    pl_spool_t   spools[2];
    pl_status_t  named;
    unsigned     asked;
    uint64_t     n;
} test_t;


static int
setup(void **state)
{
    test_t  *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    temp_make(t->base);
    (void) snprintf(t->dir, sizeof(t->dir), "%s/media", t->base);
    t->named = PL_NOTFOUND;
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_shelf_drop(&t->spools[0]);
    pl_shelf_drop(&t->spools[1]);
    temp_remove(t->base);
    free(t);

    return 0;
}


static void
claim(test_t *t, int i)
{
    char         name[PL_SHELF_NAME];
    pl_spool_t  *spool = &t->spools[i];

    assert_int_equal(pl_shelf_open(spool, t->dir, 0, &t->err), PL_OK);
    assert_int_equal(pl_shelf_write(spool, (const uint8_t *) "foo", 3,
                                    &t->err), PL_OK);
    assert_int_equal(pl_shelf_end(spool, &t->err), PL_OK);
    assert_int_equal(pl_shelf_claim(spool, t->dir, name, &t->err), PL_OK);
    assert_string_equal(name, FOO);
    assert_false(spool->open);
}


/* How many names the file has; 0: it is not in its place. */

static unsigned
names(test_t *t)
{
    struct stat  st;

    (void) snprintf(t->path, sizeof(t->path), "%s/" PLACE, t->dir);

    return stat(t->path, &st) == -1 ? 0 : (unsigned) st.st_nlink;
}


static void
age(const char *path)
{
    struct timespec  times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };
    struct stat      st;

    assert_int_equal(stat(path, &st), 0);
    times[1].tv_sec = st.st_mtim.tv_sec - OLD_S;
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}


static pl_status_t
named(void *data, const char *name, int64_t since_ms, pl_err_t *err)
{
    test_t  *t = data;

    (void) err;
    t->asked++;
    assert_string_equal(name, FOO);
    assert_true(since_ms > 0);

    return t->named;
}


static void
sweep(test_t *t)
{
    struct stat  st;

    assert_int_equal(stat(t->base, &st), 0);
    t->asked = 0;
    assert_int_equal(pl_shelf_unclaimed(t->dir, (int64_t) st.st_mtim.tv_sec
                                        * 1000 - PL_SHELF_CLAIM_MS, named, t,
                                        &t->n, &t->err), PL_OK);
}


static void
test_claim(void **state)
{
    test_t  *t = *state;

    claim(t, 0);
    assert_int_equal(names(t), 2);
    claim(t, 1);
    assert_int_equal(names(t), 3);
    pl_shelf_settle(&t->spools[0]);
    pl_shelf_settle(&t->spools[0]);
    assert_int_equal(names(t), 2);
    pl_shelf_settle(&t->spools[1]);
    assert_int_equal(names(t), 1);
    claim(t, 0);
    assert_int_equal(names(t), 2);
}


/* One of the right name and the wrong size is not what it says. */

static void
test_broken(void **state)
{
    test_t  *t = *state;

    claim(t, 0);
    pl_shelf_settle(&t->spools[0]);
    assert_int_equal(names(t), 1);
    assert_int_equal(truncate(t->path, 1), 0);
    claim(t, 0);
    assert_int_equal(names(t), 2);
}


static void
test_sweep(void **state)
{
    test_t  *t = *state;

    sweep(t);                           /* there is no folder yet */
    claim(t, 0);
    sweep(t);
    assert_int_equal(t->asked, 0);      /* it is young */
    assert_int_equal(names(t), 2);

    age(t->spools[0].path);
    t->named = PL_BUSY;
    assert_int_equal(pl_shelf_unclaimed(t->dir, INT64_MAX, named, t, &t->n,
                                        &t->err), PL_BUSY);
    assert_int_equal(names(t), 2);

    t->named = PL_NOTFOUND;
    sweep(t);
    assert_int_equal(t->n, 1);
    assert_int_equal(names(t), 0);
    assert_int_equal(access(t->spools[0].path, F_OK), -1);

    claim(t, 0);                        /* it comes again */
    assert_int_equal(names(t), 2);
    age(t->spools[0].path);
    t->named = PL_OK;
    sweep(t);
    assert_int_equal(t->n, 0);
    assert_int_equal(names(t), 1);
}


/* Somebody else has it in hand: then it stays, whatever the journal says. */

static void
test_sweep_joined(void **state)
{
    char     gone[PATH_MAX];
    test_t  *t = *state;

    claim(t, 0);
    claim(t, 1);
    age(t->spools[0].path);             /* of the file, under all its names */
    assert_int_equal(pl_shelf_unclaimed(t->dir, INT64_MAX, named, t, &t->n,
                                        &t->err), PL_OK);
    assert_int_equal(t->n, 1);          /* the second was the last */

    /* one that is put back: its sweep was killed */

    claim(t, 0);
    assert_int_equal(names(t), 2);
    (void) snprintf(gone, sizeof(gone), "%s/.tmp/gone_" FOO, t->dir);
    assert_int_equal(rename(t->path, gone), 0);
    assert_int_equal(names(t), 0);
    sweep(t);
    assert_int_equal(names(t), 2);
    assert_int_equal(access(gone, F_OK), -1);
}


/* Somebody named it long ago: who claims it again in vain takes nothing. */

static void
test_sweep_settled(void **state)
{
    test_t  *t = *state;

    claim(t, 0);
    pl_shelf_settle(&t->spools[0]);
    assert_int_equal(names(t), 1);
    claim(t, 1);
    assert_int_equal(names(t), 2);
    sweep(t);
    assert_int_equal(names(t), 2);      /* it is young */
    age(t->spools[1].path);
    sweep(t);
    assert_int_equal(names(t), 1);
    assert_int_equal(access(t->path, F_OK), 0);
    assert_int_equal(access(t->spools[1].path, F_OK), -1);
    assert_int_equal(t->asked, 0);
}


/* Bytes that never became a file. */

static void
test_sweep_part(void **state)
{
    test_t  *t = *state;

    assert_int_equal(pl_shelf_open(&t->spools[0], t->dir, 0, &t->err),
                     PL_OK);
    sweep(t);
    assert_int_equal(access(t->spools[0].path, F_OK), 0);
    age(t->spools[0].path);
    sweep(t);
    assert_int_equal(t->asked, 0);
    assert_int_equal(access(t->spools[0].path, F_OK), -1);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_settled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_part, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
