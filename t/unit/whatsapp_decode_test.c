/*
 * WhatsApp inbound: bodies as commands. Each fixture's .expect is what
 * `parleyctl decode whatsapp FILE` prints; after a wanted change make it
 * anew with that command, and read the difference.
 */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/channel_print.h"
#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define TEST_FIXTURES_MAX  512


typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static int
test_setup(void **state)
{
    pl_err_t  err;
    test_t   *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &err) != PL_OK) {
        print_error("%s: %s: %s\n", err.op, err.path, err.text);
        return -1;
    }

    t->ar = pl_arena_create(64 * 1024, PL_DECODE_ARENA_MAX);
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
test_teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* The file's bytes, or an empty string where there is no such file. */

static pl_str_t
test_read(pl_arena_t *ar, const char *path)
{
    long      len;
    FILE     *f = fopen(path, "rb");
    uint8_t  *data;

    if (f == NULL) {
        return PL_STR_NULL;
    }

    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = ftell(f);
    assert_true(len >= 0);
    rewind(f);

    data = pl_arena_alloc(ar, (size_t) len);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t) len, f), len);
    assert_int_equal(fclose(f), 0);

    return (pl_str_t) { data, (size_t) len };
}


static bool
test_fixture(test_t *t, const char *dir, const char *name)
{
    char         *path;
    pl_err_t      err = { 0 };
    pl_str_t      body, expect, got;
    pl_status_t   rc;
    pl_decoded_t  decoded;

    pl_arena_reset(t->ar);

    path = pl_arena_printf(t->ar, "%s/%s", dir, name);
    body = test_read(t->ar, path);
    path = pl_arena_printf(t->ar, "%s/%.*s.expect", dir,
                           (int) (strlen(name) - strlen(".json")), name);
    expect = test_read(t->ar, path);

    rc = pl_whatsapp.decode(t->codec, body, t->ar, &decoded, &err);
    if (rc == PL_OK) {
        rc = pl_channel_print(t->codec, &decoded, t->ar, &got, &err);
    }

    if (rc != PL_OK) {
        print_error("# %s: %s at %s: %s\n", name, err.op, err.path, err.text);
        return false;
    }

    if (!pl_str_eq(got, expect)) {
        print_error("# %s: decoded to\n%.*s", path, (int) got.len,
                    (const char *) got.data);
        return false;
    }

    return true;
}


static void
test_fixtures(void **state)
{
    DIR            *d;
    char            dir[1024];
    size_t          n = 0, failed = 0;
    const char     *dot, *root = getenv("PARLEY_SRC");
    struct dirent  *ent;

    (void) snprintf(dir, sizeof(dir), "%s/t/fixtures/whatsapp",
                    root != NULL ? root : ".");
    d = opendir(dir);
    assert_non_null(d);

    while (n < TEST_FIXTURES_MAX && (ent = readdir(d)) != NULL) {
        dot = strrchr(ent->d_name, '.');

        if (dot != NULL && strcmp(dot, ".json") == 0) {
            failed += !test_fixture(*state, dir, ent->d_name);
            n++;
        }
    }

    assert_int_equal(closedir(d), 0);
    assert_true(n >= 60);
    assert_int_equal(failed, 0);
}


/* No JSON: the caller keeps the whole. */

static void
test_broken(void **state)
{
    test_t       *t = *state;
    size_t        i;
    pl_err_t      err;
    pl_status_t   rc;
    pl_decoded_t  decoded;

    static const char *const  bodies[] = {
        "", " ", "hello", "{", "[]", "\"x\"", "7", "null", "{}",
        "{\"object\":7.5.1}", "{\"object\":\"whatsapp_business_account\"",
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{]}",
        "{\"object\":\"whatsapp_business_account\",\"entry\":[]} x",
    };

    for (i = 0; i < PL_COUNT(bodies); i++) {
        pl_arena_reset(t->ar);
        memset(&err, 0, sizeof(err));
        rc = pl_whatsapp.decode(t->codec, pl_str_c(bodies[i]), t->ar,
                                &decoded, &err);

        assert_int_equal(rc, PL_INVALID);
        assert_int_equal(decoded.n_commands, 0);
        assert_string_not_equal(err.text, "");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_fixtures),
        cmocka_unit_test(test_broken),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_decode", tests, test_setup,
                                       test_teardown);
}
