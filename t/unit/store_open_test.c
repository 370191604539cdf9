/* Opening: what is made, and what is refused with which words. */

#include "store.h"

#include <lmdb.h>

#define PAGE  4096


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


/* Opens, and expects this status, in this file, with this in the text. */
static void
refused(pl_status_t status, const char *file, const char *text)
{
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    conf = store_conf(dir);
    assert_int_equal(pl_store_open(&st, &conf, &err), status);
    assert_null(st);
    assert_int_equal(err.status, status);
    assert_string_equal(err.path, temp_path(path, dir, file));
    assert_non_null(strstr(err.text, text));
}


/* A store with rows in every table, so that every tree has a root. */
static void
fill(void)
{
    int          i, j;
    pl_txn_t    *txn;
    pl_store_t  *st;

    st = store_open(dir);

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        txn = store_begin(st, pl_store_tables[i].env, true);
        for (j = 0; j < 300; j++) {
            store_put(txn, (pl_table_e) i, (uint64_t) j,
                      PL_STR("some value, forty bytes long or nearly"));
        }
        store_commit(txn);
    }

    pl_store_close(st);
}


static void
poke(const char *file, off_t offset, const void *data, size_t len)
{
    int   fd;
    char  path[PATH_MAX];

    fd = open(temp_path(path, dir, file), O_RDWR);
    assert_true(fd != -1);
    assert_int_equal(pwrite(fd, data, len, offset), len);
    assert_int_equal(close(fd), 0);
}


static void
peek(const char *file, off_t offset, void *data, size_t len)
{
    int   fd;
    char  path[PATH_MAX];

    fd = open(temp_path(path, dir, file), O_RDONLY);
    assert_true(fd != -1);
    assert_int_equal(pread(fd, data, len, offset), len);
    assert_int_equal(close(fd), 0);
}


static void
makes_what_is_missing_with_its_modes(void **state)
{
    char         path[PATH_MAX];
    size_t       i;
    pl_store_t  *st;
    struct stat  sb;
    static const struct { const char *name; mode_t mode; }  rows[] = {
        { "store", S_IFDIR | 02770 },
        { "store/journal", S_IFDIR | 02770 },
        { "store/state", S_IFDIR | 02770 },
        { "store/journal/data.mdb", S_IFREG | 0660 },
        { "store/journal/lock.mdb", S_IFREG | 0660 },
        { "store/state/data.mdb", S_IFREG | 0660 },
        { "store/state/lock.mdb", S_IFREG | 0660 },
    };

    (void) state;
    (void) umask(077);
    st = store_open(temp_path(path, dir, "store"));
    (void) umask(022);

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(stat(temp_path(path, dir, rows[i].name), &sb), 0);
        assert_int_equal(sb.st_mode, rows[i].mode);
    }

    /* nothing of the making is left */
    assert_int_equal(stat(temp_path(path, dir, "store/state/new"), &sb), -1);
    pl_store_close(st);
}


static void
makes_nothing_unasked(void **state)
{
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_store_t       *st;
    struct stat       sb;
    pl_store_conf_t   conf;

    (void) state;
    conf = store_conf(temp_path(path, dir, "store"));
    conf.create = false;
    assert_int_equal(pl_store_open(&st, &conf, &err), PL_NOTFOUND);
    assert_int_equal(stat(path, &sb), -1);

    assert_int_equal(mkdir(path, 0770), 0);
    assert_int_equal(pl_store_open(&st, &conf, &err), PL_NOTFOUND);
    assert_int_equal(rmdir(path), 0);

    conf.dir = "relative/path";
    assert_int_equal(pl_store_open(&st, &conf, &err), PL_INVALID);

    /* what is there can be written without `create` */
    pl_store_close(store_open(path));
    conf.dir = path;
    store_must(pl_store_open(&st, &conf, &err), &err);
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
    store_commit(txn);
    pl_store_close(st);
}


static void
rows_are_there_after_opening_again(void **state)
{
    int          i;
    pl_store_t  *st;

    (void) state;
    fill();
    st = store_open(dir);
    for (i = 0; i < PL_TABLE_COUNT; i++) {
        assert_int_equal(store_rows(st, (pl_table_e) i), 300);
    }
    pl_store_close(st);
}


static void
refuses_a_file_that_was_cut(void **state)
{
    off_t             len;
    char              path[PATH_MAX];
    uint64_t          bytes;
    pl_err_t          err;
    pl_store_t       *st;
    struct stat       sb;
    pl_store_room_t   room;
    pl_store_conf_t   conf;

    (void) state;
    fill();
    st = store_open(dir);
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    bytes = room.file_bytes;
    pl_store_close(st);

    /* there is a sparse tail behind the last page */
    temp_path(path, dir, "state/data.mdb");
    assert_int_equal(stat(path, &sb), 0);
    assert_true((uint64_t) sb.st_size >= bytes + (32 << 20));

    /* without the tail all pages are there still */
    assert_int_equal(truncate(path, (off_t) bytes), 0);
    conf = store_conf(dir);
    store_must(pl_store_open(&st, &conf, &err), &err);
    pl_store_close(st);

    for (len = (off_t) bytes - 1; len >= 0; len -= 9 * PAGE + 17) {
        assert_int_equal(truncate(path, len), 0);
        refused(PL_IO, "state/data.mdb", "truncated");
    }

    assert_int_equal(truncate(path, 0), 0);
    refused(PL_IO, "state/data.mdb", "truncated");
}


static void
the_tail_comes_back_with_the_next_commit(void **state)
{
    off_t             cut;
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_txn_t         *txn;
    pl_store_t       *st;
    struct stat       sb;
    pl_store_room_t   room;

    (void) state;
    fill();
    st = store_open(dir);
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    pl_store_close(st);

    cut = (off_t) room.file_bytes;
    temp_path(path, dir, "state/data.mdb");
    assert_int_equal(truncate(path, cut), 0);

    st = store_open(dir);
    txn = store_begin(st, PL_ENV_STATE, true);
    store_put(txn, PL_TABLE_DEAD, 1, PL_STR("v"));
    store_commit(txn);
    assert_int_equal(stat(path, &sb), 0);
    assert_true(sb.st_size >= cut + (32 << 20));
    assert_true(sb.st_blocks * 512 < cut + (8 << 20));      /* sparse */
    pl_store_close(st);
}


static void
refuses_what_is_not_lmdb(void **state)
{
    char      path[PATH_MAX], text[3 * PAGE];
    uint32_t  word;

    (void) state;
    fill();
    temp_path(path, dir, "journal/data.mdb");

    word = 0xdeadbeef;
    poke("journal/data.mdb", 16, &word, 4);
    refused(PL_FOREIGN, "journal/data.mdb", "not a data file of LMDB");
    word = 0xbeefc0de;
    poke("journal/data.mdb", 16, &word, 4);
    word = 2;
    poke("journal/data.mdb", PAGE + 20, &word, 4);
    refused(PL_FOREIGN, "journal/data.mdb", "format");
    word = 1;
    poke("journal/data.mdb", PAGE + 20, &word, 4);
    word = 4095;
    poke("journal/data.mdb", 40, &word, 4);
    refused(PL_IO, "journal/data.mdb", "page size");

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    temp_write(path, text, 0660);
    refused(PL_FOREIGN, "journal/data.mdb", "not a data file of LMDB");

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    refused(PL_FOREIGN, "journal/data.mdb", "not a regular file");
}


/* An LMDB environment of somebody else, in place of our state. */
static void
somebody_elses(const char *const *names, unsigned n, unsigned flags)
{
    char      path[PATH_MAX];
    MDB_dbi   dbi;
    MDB_env  *env;
    MDB_txn  *txn;
    unsigned  i;

    temp_path(path, dir, "state");
    assert_int_equal(mdb_env_create(&env), 0);
    assert_int_equal(mdb_env_set_maxdbs(env, 40), 0);
    assert_int_equal(mdb_env_open(env, path, 0, 0660), 0);
    assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
    for (i = 0; i < n; i++) {
        assert_int_equal(mdb_dbi_open(txn, names[i], MDB_CREATE | flags,
                                      &dbi), 0);
    }
    assert_int_equal(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}


static void
refuses_other_peoples_tables(void **state)
{
    char                      path[PATH_MAX];
    static const char *const  theirs[] = { "meta", "users" };
    static const char *const  ours[] = { "meta", "settings" };

    (void) state;
    pl_store_close(store_open(dir));
    temp_path(path, dir, "state/data.mdb");

    assert_int_equal(unlink(path), 0);
    somebody_elses(theirs, 2, 0);
    refused(PL_FOREIGN, "state/data.mdb", "not Parley's");

    assert_int_equal(unlink(path), 0);
    somebody_elses(theirs, 0, 0);
    refused(PL_FOREIGN, "state/data.mdb", "not Parley's");

    assert_int_equal(unlink(path), 0);
    somebody_elses(ours, 2, MDB_DUPSORT);
    refused(PL_FOREIGN, "state", "");

    /* the one environment is not the other */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(temp_path((char[PATH_MAX]) { 0 }, dir,
                                      "journal/data.mdb"), path), 0);
    refused(PL_FOREIGN, "state/data.mdb", "not Parley's");
}


/* An older version had fewer tables: they are made. */
static void
makes_the_tables_that_an_older_version_had_not(void **state)
{
    int                       i;
    char                      path[PATH_MAX];
    pl_err_t                  err;
    pl_txn_t                 *txn;
    pl_store_t               *st;
    pl_store_conf_t           conf;
    static const char *const  old[] = { "settings", "meta", "contacts" };

    (void) state;
    pl_store_close(store_open(dir));
    assert_int_equal(unlink(temp_path(path, dir, "state/data.mdb")), 0);
    somebody_elses(old, 3, 0);

    conf = store_conf(dir);
    conf.create = false;
    store_must(pl_store_open(&st, &conf, &err), &err);

    txn = store_begin(st, PL_ENV_STATE, true);
    for (i = PL_TABLE_META; i < PL_TABLE_COUNT; i++) {
        store_put(txn, (pl_table_e) i, 1, PL_STR("v"));
    }
    store_commit(txn);
    pl_store_close(st);

    st = store_open(dir);
    assert_int_equal(store_rows(st, PL_TABLE_CHANGES), 1);
    pl_store_close(st);
}


/* Garbage in any page that is the root of a tree. */
static void
refuses_a_damaged_root(void **state)
{
    off_t        page, found;
    uint8_t      saved[PAGE], bad[PAGE];
    uint16_t     flags;
    pl_err_t     err;
    pl_store_t  *st;
    pl_store_conf_t   conf;
    pl_store_room_t   room;

    (void) state;
    fill();
    st = store_open(dir);
    store_must(pl_store_room(st, PL_ENV_STATE, &room, &err), &err);
    pl_store_close(st);

    conf = store_conf(dir);
    memset(bad, 0xa5, sizeof(bad));
    found = 0;

    for (page = 2; page < (off_t) room.file_bytes / PAGE; page++) {
        peek("state/data.mdb", page * PAGE, saved, PAGE);
        memcpy(&flags, saved + 10, 2);
        if (flags != 1) {
            continue;                   /* only branches: surely roots of
                                           300 rows, or old ones */
        }

        poke("state/data.mdb", page * PAGE, bad, PAGE);
        if (pl_store_open(&st, &conf, &err) == PL_OK) {
            pl_store_close(st);         /* a page of an older state */
        } else {
            found++;
            assert_int_equal(err.status, PL_IO);
            assert_non_null(strstr(err.text, "damaged"));
        }

        /* a page of zeroes is no root either */
        poke("state/data.mdb", page * PAGE, saved, PAGE);
    }

    assert_true(found >= PL_TABLE_COUNT - PL_TABLE_META - 1);
    pl_store_close(store_open(dir));
}


static void
refuses_a_damaged_meta_page(void **state)
{
    uint64_t  word;

    (void) state;
    fill();

    /* the last page; in both, since the newer one counts */
    word = UINT64_MAX / 2;
    poke("state/data.mdb", 136, &word, 8);
    poke("state/data.mdb", PAGE + 136, &word, 8);
    refused(PL_IO, "state/data.mdb", "damaged");

    word = 1;
    poke("state/data.mdb", 136, &word, 8);
    poke("state/data.mdb", PAGE + 136, &word, 8);
    refused(PL_IO, "state/data.mdb", "damaged");
}


/* A worker tries again every second: nothing may pile up. */
static void
a_refusal_leaves_nothing_open(void **state)
{
    int               i, before, after;
    char              path[PATH_MAX];
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    (void) state;
    fill();
    conf = store_conf(dir);
    assert_int_equal(truncate(temp_path(path, dir, "state/data.mdb"), 9000),
                     0);
    assert_int_equal(pl_store_open(&st, &conf, &err), PL_IO);

    /* the lowest free descriptor stays the same */
    before = dup(0);
    assert_int_equal(close(before), 0);

    for (i = 0; i < 50; i++) {
        assert_int_equal(pl_store_open(&st, &conf, &err), PL_IO);
    }

    after = dup(0);
    assert_int_equal(close(after), 0);
    assert_int_equal(after, before);

    /* and the process may open it once it is sound */
    assert_int_equal(unlink(path), 0);
    pl_store_close(store_open(dir));
}


static int
open_as_nobody(void *data)
{
    pl_err_t          err;
    pl_store_t       *st;
    pl_store_conf_t   conf;

    conf = store_conf(dir);
    conf.create = *(bool *) data;

    if (!temp_nobody()) {
        return 100;
    }

    return (int) pl_store_open(&st, &conf, &err);
}


static void
says_when_it_may_not(void **state)
{
    bool         create;
    char         path[PATH_MAX];
    size_t       i;
    struct stat  sb;
    static const char *const  names[] = {
        "state/lock.mdb", "journal/data.mdb", "open.lock", "state", "."
    };

    (void) state;

    if (geteuid() != 0) {
        temp_skip("needs root");
    }

    /* world-writable but for one thing at a time */
    pl_store_close(store_open(dir));
    assert_int_equal(chmod(dir, 0777), 0);
    for (i = 0; i < PL_COUNT(names); i++) {
        assert_int_equal(chmod(temp_path(path, dir, names[i]), 0777), 0);
    }
    assert_int_equal(chmod(temp_path(path, dir, "journal"), 0777), 0);
    assert_int_equal(chmod(temp_path(path, dir, "journal/lock.mdb"), 0777),
                     0);
    assert_int_equal(chmod(temp_path(path, dir, "state/data.mdb"), 0777),
                     0);

    for (create = false; ; create = true) {
        assert_int_equal(temp_child(open_as_nobody, &create), PL_OK);

        for (i = 0; i < PL_COUNT(names); i++) {
            temp_path(path, dir, names[i]);
            assert_int_equal(stat(path, &sb), 0);
            assert_int_equal(chmod(path, 0700), 0);
            assert_int_equal(temp_child(open_as_nobody, &create), PL_DENIED);
            assert_int_equal(chmod(path, sb.st_mode & 0777), 0);
        }

        if (create) {
            break;
        }
    }
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(makes_what_is_missing_with_its_modes),
        TEST(makes_nothing_unasked),
        TEST(rows_are_there_after_opening_again),
        TEST(refuses_a_file_that_was_cut),
        TEST(the_tail_comes_back_with_the_next_commit),
        TEST(refuses_what_is_not_lmdb),
        TEST(refuses_other_peoples_tables),
        TEST(makes_the_tables_that_an_older_version_had_not),
        TEST(refuses_a_damaged_root),
        TEST(refuses_a_damaged_meta_page),
        TEST(a_refusal_leaves_nothing_open),
        TEST(says_when_it_may_not),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("store_open", tests, NULL, NULL);
}
