/*
 * A flow held against templates and quiet hours.
 */

#include "flow.h"

static Pl__TemplateRecord  *records[3];
static Pl__TemplateRecord   rows[3];
static Pl__TemplateText     bodies[2];
static char                *names[] = { (char *) "1", (char *) "2" };


static int
setup(void **state)
{
    size_t  i;

    for (i = 0; i < 3; i++) {
        pl__template_record__init(&rows[i]);
        rows[i].name = (char *) (i < 2 ? "hello" : "gone");
        rows[i].language = (char *) (i == 0 ? "de" : "en");
        rows[i].status = i == 2
            ? PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REJECTED
            : PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED;
        records[i] = &rows[i];
    }

    for (i = 0; i < 2; i++) {
        pl__template_text__init(&bodies[i]);
        bodies[i].text = (char *) "Hi {{1}} {{2}}";
        bodies[i].variables = names;
        bodies[i].n_variables = 2 - i;
        rows[i].body = &bodies[i];
    }

    return flow_setup(state);
}


#define TEMPLATE(fields)  FLOW("'a':{'say':{'template':{" fields "}}}")

static void
templates_are_there_and_fit(void **state)
{
    size_t       i;
    unsigned     line, column;
    pl_flow_t   *flow;
    pl_status_t  rc;

    static const struct {
        const char  *json;
        const char  *says;              /* NULL: it fits */
    } cases[] = {
        { TEMPLATE("'name':'hello','language':'de','body':[{'text':'a'},"
                   "{'text':'b'}]"), NULL },
        { TEMPLATE("'name':@'nosuch','language':'de'"),
          "no template \"nosuch\"" },
        { TEMPLATE("'name':'hello','language':@'fr'"), "in fr" },
        { TEMPLATE("'name':'hello','language':'de','body':@[{'text':'a'}]"),
          "" },
        { TEMPLATE("'name':'hello','language':'en','body':[{'text':'a'},"
                   "@{'text':'b'}]"), "1 variables" },
        { TEMPLATE("'name':@'gone','language':'en'"), "rejected" },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) flow_text(cases[i].json, &line, &column);
        flow = flow_good(cases[i].json);
        rc = pl_flow_check_templates(flow, (const Pl__TemplateRecord *const *)
                                           records, 3, &flow_test.mistakes);

        if (cases[i].says == NULL) {
            assert_int_equal(rc, PL_OK);

        } else {
            assert_int_equal(rc, PL_INVALID);
            flow_noted(cases[i].json, line, column, false, cases[i].says);
        }

        pl_flow_destroy(flow);
    }
}


#define TASK(when)                                                            \
    "{'flow':'x','start':'a','inputs':['at'],"                                \
    "'variables':{'fixed':'2027-06-01T02:00'},'steps':{'a':{'schedule':["     \
    "@{'task':'t','step':'b'," when "}]},'b':{'say':{'text':'r',"             \
    "'category':'utility'}}}}"

static const struct {
    const char  *hours;
    const char  *json;
    bool         warning;
    const char  *says;              /* NULL: nothing */
} quiet_rows[] = {
    /* eight hours: what may come so late is never lost */
    { "23:00-07:00", TASK("'at':'at','offset':'-22h','until':'-13h'"),
      false, NULL },
    { "23:00-07:00", TASK("'at':'at','offset':'-22h','until':'-14h'"),
      true, "for 21:00" },
    { "23:00-07:00", TASK("'at':'at','offset':'-5m','until':'0s'"),
      true, "for 23:05" },
    { "23:00-07:00", TASK("'at':'at','offset':'-5m'"), true,
      "give it an until" },
    { "23:00-07:00", TASK("'at':'at','offset':'-22h'"), false, NULL },
    { "23:00-07:00", TASK("'at':'at','offset':'1d'"), false, NULL },
    { "23:00-07:00", TASK("'after':'1d'"), false, NULL },
    /* a time that stands in the file */
    { "23:00-07:00", TASK("'at':'fixed','offset':'-5m','until':'0s'"),
      false, "never said" },
    { "23:00-07:00", TASK("'at':'fixed','offset':'-5m','until':'6h'"),
      false, NULL },
    { "03:00-07:00", TASK("'at':'fixed','offset':'-5m','until':'0s'"),
      false, NULL },
    /* always */
    { "00:00-24:00", TASK("'at':'at','offset':'-5m','until':'0s'"),
      false, "never end" },
    /* over the end of the week */
    { "sun 12:00-24:00, mon 00:00-12:00",
      TASK("'at':'at','offset':'-23h'"), true,
      "give it an until" },
    { "sun 12:00-24:00, mon 00:00-12:00",
      TASK("'at':'at','offset':'-25h'"), false,
      NULL },
    { "23:00-07:00",
      FLOW("'a':{'wait':true,'timeouts':[{'after':'30m','step':'b'}]},"
           "'b':{'say':{'text':'?','category':'utility',"
           "'expires':@'8h'}}"), true, "expires before" },
    { "23:00-07:00",
      FLOW("'a':{'wait':true,'timeouts':[{'after':'30m','step':'b'}]},"
           "'b':{'say':{'text':'?','category':'utility',"
           "'expires':@'9h'}}"), false, NULL },
    { "23:00-07:00",
      FLOW("'a':{'wait':true,'timeouts':[{'after':'30m','step':'b'}]},"
           "'b':{'say':{'text':'?','category':'service',"
           "'expires':@'1h'}}"), true, "expires before" },
    { "23:00-07:00",
      FLOW("'a':{'wait':true,'timeouts':[{'after':'30m','step':'b'}]},"
           "'b':{'say':{'text':'?','category':'authentication',"
           "'expires':@'1h'}}"), false, NULL },
    { "23:00-07:00",
      FLOW("'a':{'set':{'d':'2027-03-03T07:20'},'schedule':[@{'task':'t',"
           "'step':'b','at':'d','offset':'-1h','until':'-30m'}]},"
           "'b':{'say':{'text':'?','category':'service'}}"), false,
      "never said" },
};


static void
quiet_hours_make_times_impossible(void **state)
{
    size_t        i;
    unsigned      line, column;
    pl_flow_t    *flow;
    pl_hours_t    hours;
    pl_status_t   rc;

    (void) state;

    for (i = 0; i < PL_COUNT(quiet_rows); i++) {
        (void) flow_text(quiet_rows[i].json, &line, &column);
        assert_int_equal(pl_hours_parse(pl_str_c(quiet_rows[i].hours), &hours,
                                        NULL), PL_OK);
        flow = flow_good(quiet_rows[i].json);
        rc = pl_flow_check_hours(flow, &hours, &flow_test.mistakes);

        if ((rc == PL_INVALID) != (quiet_rows[i].says != NULL
                                   && !quiet_rows[i].warning))
        {
            fail_msg("%zu: %s: %s", i, quiet_rows[i].json,
                     flow_test.mistakes.rows[0].err.text);
        }

        if (quiet_rows[i].says != NULL) {
            flow_noted(quiet_rows[i].json, line, column,
                       quiet_rows[i].warning, quiet_rows[i].says);

        } else if (flow_test.mistakes.n != 0) {
            fail_msg("%zu: %s", i, flow_test.mistakes.rows[0].err.text);
        }

        pl_flow_destroy(flow);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(templates_are_there_and_fit),
        cmocka_unit_test(quiet_hours_make_times_impossible),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, flow_teardown);
}
