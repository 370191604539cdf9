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


/* Which step says goodbye, by what was said; NULL: it stays the bot's. */

static const char *
test_said(t_out_t *t, const pl_flow_t *flow, const char *text,
    const char **reason)
{
    Pl__Text             words = PL__TEXT__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    pl_status_t          rc;
    pl_flow_facts_t      facts;
    pl_flow_handover_t   out;

    memset(&facts, 0, sizeof(facts));
    facts.match = pl_match_state_create();
    assert_non_null(facts.match);
    words.body = (char *) text;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &words;

    assert_int_equal(pl_flow_hear(&facts, t->codec, &content, t->ar), PL_OK);
    rc = pl_flow_handover(flow, &facts, t->ar, &out);
    pl_match_state_destroy(facts.match);

    if (rc == PL_NOTFOUND) {
        return NULL;
    }

    assert_int_equal(rc, PL_OK);
    assert_non_null(out.step);
    *reason = out.reason;

    return out.step->name;
}


/* F129 to F132: each reason has its words and its closing sentence. */

static void
test_reasons(void **state)
{
    size_t        i;
    t_out_t      *t = *state;
    pl_flow_t    *flow;
    const char   *step, *reason;

    static const char *const  rows[][3] = {
        { "Mitarbeiter", "asked", "handover_asked" },
        { "ich will einen BERATER!", "asked", "handover_asked" },
        { "bitte anrufen", "asked", "handover_asked" },
        { "Was kostet das?", "price", "handover_price" },
        { "Wie ist der Preis", "price", "handover_price" },
        { "Haben Sie einen Rabatt?", "price", "handover_price" },
        { "Welche Vertragslaufzeit gibt es", "contract",
          "handover_contract" },
        { "Wie kann ich kündigen?", "contract", "handover_contract" },
        { "So eine Frechheit", "negative", "handover_negative" },
        { "Ich bin sehr verärgert", "negative", "handover_negative" },
        { "Das ist Betrug!!!", "negative", "handover_negative" },
        { "Ja", NULL, NULL },
        { "Mitarbeiterzeitung", NULL, NULL },
        { "Wir geben 500 Euro aus", NULL, NULL },
        { "nicht schlecht", NULL, NULL },
        { "300", NULL, NULL },
    };

    assert_int_equal(
        pl_flow_compile(&flow, t->codec,
                        test_read(t->ar,
                                  "conf/flows/lead-qualification.json"),
                        &t->err), PL_OK);

    for (i = 0; i < PL_COUNT(rows); i++) {
        step = test_said(t, flow, rows[i][0], &reason);

        if (rows[i][2] == NULL ? step != NULL
            : step == NULL || strcmp(step, rows[i][2]) != 0
              || strcmp(reason, rows[i][1]) != 0)
        {
            fail_msg("%s: %s", rows[i][0], step != NULL ? step : "none");
        }
    }

    assert_string_equal(pl_flow_handover_lost(flow)->name,
                        "handover_misunderstood");
    pl_flow_destroy(flow);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_checked),
        cmocka_unit_test(test_reasons),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("lead", tests, t_out_setup,
                                       t_out_teardown);
}
