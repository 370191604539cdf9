/*
 * parleyctl backup: what is none of its own stays where it is.
 */

#include "ctl.h"

#include <sys/stat.h>


static bool
is_there(const t_engine_t *t, const char *name)
{
    char         path[PATH_MAX];
    struct stat  sb;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, name);

    return lstat(path, &sb) == 0;
}


/* A store that was put aside by that name is no unfinished backup. */

static void
a_store_beside_its_name_stays(void **state)
{
    char        dest[64], words[128];
    size_t      i;
    t_said_t    said;
    t_engine_t  t;

    static const char *const  names[] = {
        "journal/data.mdb", "state/data.mdb", "open.lock"
    };

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(&t);

    pl_fold_destroy(t.fold);
    pl_store_close(t.st);
    (void) snprintf(dest, sizeof(dest), "%s", t.dir);
    (void) snprintf(t.dir + strlen(t.dir), 5, ".tmp");
    assert_int_equal(rename(dest, t.dir), 0);
    (void) snprintf(words, sizeof(words), "backup %s", dest);

    said = t_ctl_is(&t, words, 1);
    t_has(said.err, t.dir);
    t_has(said.err, "none of a backup's");

    for (i = 0; i < PL_COUNT(names); i++) {
        assert_true(is_there(&t, names[i]));
    }

    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nstored     1\n");

    pl_codec_destroy(t.codec);
    pl_arena_destroy(t.ar);
    (void) nftw(t.dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_store_beside_its_name_stays),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
