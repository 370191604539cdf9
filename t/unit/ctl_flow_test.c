/*
 * parleyctl flow check against the templates that a tenant's provider lists.
 */

#include "ctl.h"

#include "../../src/core/record.h"
#include "../../src/engine/keys.h"

static char  file[512];


static void
template(t_engine_t *t, pl_txn_t *txn, uint32_t tenant, const char *name,
    uint64_t sync)
{
    pl_key_t              key = { .len = 0 };
    Pl__TemplateRecord    row = PL__TEMPLATE_RECORD__INIT;

    row.name = (char *) name;
    row.language = (char *) (name[0] == '\0' ? "" : "de");
    row.status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED;
    row.has_sync = 1;
    row.sync = sync;
    row.has_updated_ms = 1;
    row.updated_ms = 1;
    row.has_listed_ms = 1;
    row.listed_ms = 2;
    pl_key_template(&key, tenant, 1, row.name, row.language);
    t_ok(t, pl_record_put(txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                          &row.base, false, &t->err));
}


/* The provider lists one, and no longer another; a third is somebody's. */

static int
setup(void **state)
{
    pl_txn_t    *txn;
    t_engine_t  *t;

    (void) t_ctl_setup(state);
    t = *state;
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    template(t, txn, 1, "", 2);
    template(t, txn, 1, "hello", 2);
    template(t, txn, 1, "over", 1);
    template(t, txn, 2, "theirs", 2);
    t_ok(t, pl_store_commit(txn, &t->err));
    assert_true((size_t) snprintf(file, sizeof(file), "%s.json", t->dir)
                < sizeof(file));

    return 0;
}


static int
teardown(void **state)
{
    (void) unlink(file);

    return t_end(state);
}


static t_said_t
check(t_engine_t *t, const char *name, const char *options, int status)
{
    char  text[512], words[1024];

    (void) snprintf(text, sizeof(text), "{\"flow\":\"x\",\"start\":\"a\","
                    "\"language\":\"de\",\"steps\":{\"a\":{\"say\":"
                    "{\"template\":{\n\"name\":\"%s\"}}}}}", name);
    t_spill(file, text);
    assert_true((size_t) snprintf(words, sizeof(words), "flow check %s%s",
                                  options, file) < sizeof(words));

    return t_ctl_is(t, words, status);
}


static void
templates_are_those_that_the_provider_lists(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) check(t, "hello", "--tenant demo ", 0);
    (void) check(t, "hello", "", 0);      /* the store's only tenant */
    (void) check(t, "nosuch", "", 1);
    said = check(t, "nosuch", "--tenant demo ", 1);
    t_has(said.err, ":2:8: steps.a.say.template.name: no template \"nosuch\"");
    (void) check(t, "over", "--tenant demo ", 1);
    (void) check(t, "theirs", "--tenant demo ", 1);
    said = check(t, "hello", "--tenant nobody ", 1);
    t_has(said.err, "nobody");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(templates_are_those_that_the_provider_lists),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
