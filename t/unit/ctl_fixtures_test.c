/*
 * Every body there is a fixture of, on a store: all of them fold, twice
 * changes nothing but counters, nothing is inconsistent, every message can
 * be shown, and a replay gives the same state.
 */

#include <dirent.h>

#include "ctl.h"

#define T_FIXTURE_ACCOUNT  "106500000000001"
#define T_FIXTURE_MAX      (128 * 1024)

_Static_assert(sizeof(T_FIXTURE_ACCOUNT) == sizeof(T_ACCOUNT),
               "numbers are exchanged in place");


/* With the account of this store; a fixture may hold any byte but NUL. */

static void
t_fixture(t_engine_t *t, const char *dir, const char *name)
{
    char    path[PATH_MAX + 300], *body, *p;
    FILE   *f;
    size_t  len;

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "rb");
    assert_non_null(f);

    body = calloc(1, T_FIXTURE_MAX);
    assert_non_null(body);
    len = fread(body, 1, T_FIXTURE_MAX - 1, f);
    assert_int_equal(fclose(f), 0);
    assert_true(len > 0 && len < T_FIXTURE_MAX - 1 && strlen(body) == len);

    while ((p = strstr(body, T_FIXTURE_ACCOUNT)) != NULL) {
        memcpy(p, T_ACCOUNT, strlen(T_ACCOUNT));
    }

    (void) t_append(t, NULL, body);
    free(body);
}


static size_t
t_fixtures(t_engine_t *t)
{
    DIR            *d;
    char            dir[PATH_MAX];
    size_t          n = 0;
    const char     *dot, *root = getenv("PARLEY_SRC");
    struct dirent  *ent;

    (void) snprintf(dir, sizeof(dir), "%s/t/fixtures/whatsapp",
                    root != NULL ? root : ".");
    d = opendir(dir);
    assert_non_null(d);

    while ((ent = readdir(d)) != NULL) {
        dot = strrchr(ent->d_name, '.');

        if (dot != NULL && strcmp(dot, ".json") == 0) {
            t_fixture(t, dir, ent->d_name);
            n++;
        }
    }

    assert_int_equal(closedir(d), 0);

    return n;
}


static void
all_fixtures_fold(void **state)
{
    char            dir[96];
    uint64_t        messages, outbox, contacts;
    t_said_t        said;
    t_engine_t      t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    assert_true(t_fixtures(&t) >= 60);
    t_fold(&t);
    messages = t_rows(&t, PL_TABLE_MESSAGES);
    outbox = t_rows(&t, PL_TABLE_OUTBOX);
    contacts = t_rows(&t, PL_TABLE_CONTACTS);
    assert_true(messages > 150);

    (void) t_fixtures(&t);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), outbox);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), contacts);

    said = t_ctl_is(&t, "check", 0);
    t_has(said.out, " 0 inconsistencies");
    said = t_ctl_is(&t, "--json messages demo --limit 10000 --raw", 0);
    assert_int_equal(t_count(said.out, "\n"), messages);
    said = t_ctl_is(&t, "messages demo --limit 10000", 0);
    assert_int_equal(t_count(said.out, "msg_"), messages);

    (void) snprintf(dir, sizeof(dir), "%s-replay", t.dir);
    said = t_ctl_is(&t, pl_arena_printf(t.ar, "replay %s", dir), 0);
    t_has(said.out, ": the same");
    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);

    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(all_fixtures_fold),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
