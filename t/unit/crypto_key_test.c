/* Key files: who may read them, what stands in them, how they are made. */

#include "temp.h"

#include <dirent.h>

#include "../../src/core/crypto.h"

#define DIGITS  "00112233445566778899aAbBcCdDeEfF" \
                "ffeeddccbbaa99887766554433221100"


typedef struct {
    const char   *text;
    mode_t        mode;
    pl_status_t   status;
} file_row_t;


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


static void
reads_64_digits_and_nothing_else(void **state)
{
    char                     path[PATH_MAX];
    size_t                   i;
    uint8_t                  key[PL_KEY_LEN];
    pl_err_t                 err;
    static const file_row_t  rows[] = {
        { DIGITS, 0600, PL_OK },
        { DIGITS "\n", 0600, PL_OK },
        { " \t\r\n" DIGITS "\r\n\n", 0600, PL_OK },
        { DIGITS, 0400, PL_OK },
        { DIGITS, 0640, PL_OK },
        { DIGITS, 0604, PL_DENIED },
        { DIGITS, 0666, PL_DENIED },
        { DIGITS, 0602, PL_DENIED },
        { "", 0600, PL_INVALID },
        { "\n", 0600, PL_INVALID },
        { DIGITS "0", 0600, PL_INVALID },
        { DIGITS " 0", 0600, PL_INVALID },
        { "0011223344556677", 0600, PL_INVALID },
        { "g0112233445566778899aabbccddeeff"
          "ffeeddccbbaa99887766554433221100", 0600, PL_INVALID },
    };

    (void) state;
    temp_path(path, dir, "key");

    for (i = 0; i < PL_COUNT(rows); i++) {
        (void) unlink(path);
        temp_write(path, rows[i].text, rows[i].mode);
        memset(key, 0, sizeof(key));
        assert_int_equal(pl_crypto_key_read(path, key, &err),
                         rows[i].status);

        if (rows[i].status == PL_OK) {
            assert_int_equal(key[1], 0x11);
            assert_int_equal(key[13], 0xdd);
            assert_int_equal(key[32 - 15], 0xee);

        } else {
            assert_string_equal(err.path, path);
            assert_null(strstr(err.text, "0011"));
        }
    }
}


static void
refuses_a_file_that_goes_on(void **state)
{
    char      path[PATH_MAX], text[1024];
    uint8_t   key[PL_KEY_LEN];
    pl_err_t  err;

    (void) state;

    memset(text, ' ', sizeof(text) - 1);
    memcpy(text, DIGITS, 64);
    text[sizeof(text) - 1] = '\0';

    temp_write(temp_path(path, dir, "long"), text, 0600);
    assert_int_equal(pl_crypto_key_read(path, key, &err), PL_INVALID);
}


static void
refuses_what_is_no_file(void **state)
{
    char      path[PATH_MAX];
    uint8_t   key[PL_KEY_LEN];
    pl_err_t  err;

    (void) state;

    temp_path(path, dir, "none");
    assert_int_equal(pl_crypto_key_read(path, key, &err), PL_NOTFOUND);
    assert_int_equal(pl_crypto_key_read(dir, key, &err), PL_INVALID);

    temp_path(path, dir, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pl_crypto_key_read(path, key, &err), PL_INVALID);
}


static int
read_as_nobody(void *path)
{
    uint8_t   key[PL_KEY_LEN];

    if (!temp_nobody()) {
        return 100;
    }

    return (int) pl_crypto_key_read(path, key, NULL);
}


static void
says_when_it_may_not_read(void **state)
{
    char  path[PATH_MAX];

    (void) state;

    if (geteuid() != 0) {
        temp_skip("needs root");
    }

    assert_int_equal(chmod(dir, 0755), 0);
    temp_write(temp_path(path, dir, "mine"), DIGITS, 0600);
    assert_int_equal(temp_child(read_as_nobody, path), PL_DENIED);
}


static void
makes_a_key_that_can_be_read(void **state)
{
    int             n;
    DIR            *d;
    char            path[PATH_MAX], other[PATH_MAX];
    uint8_t         one[PL_KEY_LEN], two[PL_KEY_LEN];
    pl_err_t        err;
    struct stat     sb;
    struct dirent  *entry;

    (void) state;

    temp_path(path, dir, "key");
    temp_path(other, dir, "other");

    (void) umask(0);
    assert_int_equal(pl_crypto_key_make(path, &err), PL_OK);
    assert_int_equal(pl_crypto_key_make(other, &err), PL_OK);
    (void) umask(022);

    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 07777, 0600);
    assert_int_equal(sb.st_nlink, 1);
    assert_int_equal(pl_crypto_key_read(path, one, &err), PL_OK);
    assert_int_equal(pl_crypto_key_read(other, two, &err), PL_OK);
    assert_memory_not_equal(one, two, sizeof(one));

    /* nothing else is left behind */
    d = opendir(dir);
    assert_non_null(d);
    for (n = 0; (entry = readdir(d)) != NULL; n++) {
        /* void */
    }
    (void) closedir(d);
    assert_int_equal(n, 4);             /* with . and .. */

    assert_int_equal(pl_crypto_key_make(path, &err), PL_EXISTS);
    assert_int_equal(pl_crypto_key_read(path, two, &err), PL_OK);
    assert_memory_equal(one, two, sizeof(one));
}


static void
says_when_it_cannot_make_one(void **state)
{
    char      path[PATH_MAX];
    pl_err_t  err;

    (void) state;

    temp_path(path, dir, "no/such/folder");
    assert_int_equal(pl_crypto_key_make(path, &err), PL_NOTFOUND);
    assert_string_equal(err.path, path);
}


static int
make_one(void *path)
{
    return (int) pl_crypto_key_make(path, NULL);
}


/* Programs that start at once must end up with one key. */
static void
of_many_makers_one_wins(void **state)
{
    int            i, made, status;
    char           path[PATH_MAX];
    uint8_t        key[PL_KEY_LEN];
    temp_child_t   makers[8];

    (void) state;

    temp_path(path, dir, "raced");

    for (i = 0; i < 8; i++) {
        makers[i] = temp_fork(make_one, path);
    }

    for (i = 0, made = 0; i < 8; i++) {
        status = temp_join(makers[i]);
        made += status == PL_OK;
        assert_true(status == PL_OK || status == PL_EXISTS);
    }

    assert_int_equal(made, 1);
    assert_int_equal(pl_crypto_key_read(path, key, NULL), PL_OK);
}


#define TEST(fn)  cmocka_unit_test_setup_teardown(fn, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(reads_64_digits_and_nothing_else),
        TEST(refuses_a_file_that_goes_on),
        TEST(refuses_what_is_no_file),
        TEST(says_when_it_may_not_read),
        TEST(makes_a_key_that_can_be_read),
        TEST(says_when_it_cannot_make_one),
        TEST(of_many_makers_one_wins),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("crypto_key", tests, NULL, NULL);
}
