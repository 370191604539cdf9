/*
 * Objects of plain texts (PL_RULE_PAIR): read, written, and refused with
 * their place; of open shapes what is no text is made one, or left out.
 */

#include "flow.h"


static pl_status_t
read_set(const char *text, Pl__FlowFile **file, pl_err_t *err)
{
    char               json[512];
    unsigned           line, column;
    pl_status_t        rc;
    ProtobufCMessage  *msg = NULL;

    (void) snprintf(json, sizeof(json), "{'flow':'x','variables':%s}", text);
    memset(err, 0, sizeof(*err));
    rc = pl_json_decode(flow_test.codec, &pl__flow_file__descriptor,
                        flow_text(json, &line, &column), 0, flow_test.ar,
                        &msg, err);
    *file = (Pl__FlowFile *) msg;

    return rc;
}


static void
pairs_are_read_and_written(void **state)
{
    pl_err_t       err;
    pl_str_t       out;
    Pl__FlowFile  *file;

    (void) state;

    assert_int_equal(read_set("{'a':'1','b c':'\\u00fc','d':'','e':null}",
                              &file, &err), PL_OK);
    assert_int_equal(file->n_variables, 3);
    assert_string_equal(file->variables[1]->name, "b c");
    assert_string_equal(file->variables[1]->value, "ü");
    assert_int_equal(pl_json_encode(flow_test.codec, &file->base,
                                    flow_test.ar, &out, NULL), PL_OK);
    assert_string_equal((const char *) out.data,
                        "{\"flow\":\"x\",\"variables\":{\"a\":\"1\","
                        "\"b c\":\"ü\",\"d\":\"\"}}");
}


static void
what_is_no_text_is_refused(void **state)
{
    size_t         i;
    pl_err_t       err;
    Pl__FlowFile  *file;

    static const struct {
        const char  *text;
        const char  *path;
        unsigned     column;
    } rows[] = {
        { "{'a':'1','b':2}", "variables.b", 38 },
        { "{'a':true}", "variables.a", 30 },
        { "{'a':{}}", "variables.a", 30 },
        { "{'a':['1']}", "variables.a", 30 },
        { "{'a':'1','b':'2','a':'3'}", "variables.a", 0 },
        { "['a']", "variables", 25 },
        { "'a'", "variables", 25 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(read_set(rows[i].text, &file, &err), PL_INVALID);

        if (strcmp(err.path, rows[i].path) != 0
            || (rows[i].column != 0 && err.column != rows[i].column))
        {
            fail_msg("%s: %u %s: %s", rows[i].text, err.column, err.path,
                     err.text);
        }
    }
}


static void
open_shapes_make_texts(void **state)
{
    Pl__FlowForm      *form;
    ProtobufCMessage  *msg;

    (void) state;

    assert_int_equal(pl_json_decode(flow_test.codec,
                                    &pl__flow_form__descriptor,
                                    PL_STR("{\"fields\":{\"a\":1.50,"
                                           "\"b\":true,\"c\":{\"d\":[1]},"
                                           "\"e\":[{}],\"f\":false,"
                                           "\"a\":\"last\",\"g\":null}}"),
                                    0, flow_test.ar, &msg, NULL), PL_OK);
    form = (Pl__FlowForm *) msg;
    assert_int_equal(form->n_fields, 3);
    assert_string_equal(form->fields[0]->name, "b");
    assert_string_equal(form->fields[0]->value, "true");
    assert_string_equal(form->fields[1]->value, "false");
    assert_string_equal(form->fields[2]->name, "a");
    assert_string_equal(form->fields[2]->value, "last");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pairs_are_read_and_written),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(open_shapes_make_texts),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
