/*
 * The lead qualification as it ships: it compiles without a mistake or a
 * warning, and its templates are those of the file beside it.
 */

#include "whatsapp_out.h"

#include "../../src/channel/draft.h"
#include "../../src/engine/flow.h"


static pl_str_t
test_read(pl_arena_t *ar, const char *name)
{
    char         path[1024];
    long         len;
    FILE        *f;
    uint8_t     *data;
    const char  *root = getenv("PARLEY_SRC");

    (void) snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : ".",
                    name);
    f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = ftell(f);
    assert_true(len > 0);
    rewind(f);

    data = pl_arena_alloc(ar, (size_t) len + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t) len, f), len);
    assert_int_equal(fclose(f), 0);
    data[len] = '\0';

    return (pl_str_t) { data, (size_t) len };
}


static void
test_none(const pl_flow_mistakes_t *mistakes)
{
    char    buf[1024];
    size_t  i;

    for (i = 0; i < mistakes->n; i++) {
        print_error("%u:%u: %s%s\n", mistakes->rows[i].err.line,
                    mistakes->rows[i].err.column,
                    mistakes->rows[i].warning ? "warning: " : "",
                    pl_err_print(&mistakes->rows[i].err, buf, sizeof(buf)));
    }

    assert_int_equal(mistakes->n, 0);
}


static void
test_checked(void **state)
{
    t_out_t              *t = *state;
    pl_flow_t            *flow = NULL;
    pl_drafts_t           drafts;
    pl_flow_mistakes_t   *mistakes = test_calloc(1, sizeof(*mistakes));

    (void) pl_flow_examine(&flow, t->codec,
                           test_read(t->ar,
                                     "conf/flows/lead-qualification.json"),
                           mistakes);
    test_none(mistakes);
    assert_non_null(flow);

    assert_int_equal(
        pl_draft_read(t->codec,
                      test_read(t->ar, "conf/templates/lead-de.json"), t->ar,
                      &drafts, &t->err), PL_OK);
    (void) pl_flow_check_templates(flow,
        (const Pl__TemplateRecord *const *) drafts.records, drafts.n,
        mistakes);
    test_none(mistakes);

    pl_flow_destroy(flow);
    test_free(mistakes);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_checked),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("lead", tests, t_out_setup,
                                       t_out_teardown);
}
