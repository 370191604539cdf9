/*
 * What a step asks, and what is for a person: the file's questions and
 * topics, as answer.h and judge.h read them.
 */

#include "flow.h"

static pl_flow_facts_t  facts;
static Pl__Content      content;
static Pl__Text         text;
static Pl__Reply        reply;
static Pl__FormReply    form;
static Pl__Location     location;
static Pl__Media        media;


static void
hear(void)
{
    memset(&facts, 0, sizeof(facts));
    facts.match = flow_test.match;
    facts.message = 7;
    facts.now_ms = 1798106400000;       /* 2026-12-24, a Thursday */
    assert_int_equal(pl_flow_hear(&facts, flow_test.codec, &content,
                                  flow_test.ar), PL_OK);
}


static void
say(const char *said)
{
    pl__content__init(&content);
    pl__text__init(&text);
    text.body = (char *) said;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    hear();
}


static void
tap(const char *id, const char *title)
{
    pl__content__init(&content);
    pl__reply__init(&reply);
    reply.id = (char *) id;
    reply.title = (char *) title;
    content.of_case = PL__CONTENT__OF_REPLY;
    content.reply = &reply;
    hear();
}


/* The value that is saved; NULL: none. */

static const char *
answer(const pl_flow_t *flow, pl_flow_answer_t *out)
{
    assert_int_equal(pl_flow_parse(flow, pl_flow_step(flow, "a"), &facts,
                                   flow_test.ar, out), PL_OK);

    return out->meant == PL_ANSWER_READ ? out->value : NULL;
}


static void
answers_are_read_by_their_kind(void **state)
{
    size_t             i;
    char               json[1024];
    pl_flow_t         *flow;
    const char        *value;
    pl_flow_answer_t   out;

    static const struct {
        const char  *ask;
        const char  *said;
        const char  *value;             /* NULL: not understood */
    } rows[] = {
        { "'as':'yes_no'", "Ja klar", "yes" },
        { "'as':'yes_no'", "nee", "no" },
        { "'as':'yes_no'", "Banane", NULL },
        { "'as':'yes_no','choices':[{'value':'no','words':['banane']}]",
          "Banane", "no" },
        { "'as':'number'", "ca. 100", "100" },
        { "'as':'number'", "1.000", "1000" },
        { "'as':'number'", "-5", NULL },
        { "'as':'number','min':-10", "-5", "-5" },
        { "'as':'number','max':99", "100", NULL },
        { "'as':'number','per':'month'", "10 am Tag", "300" },
        { "'as':'number','buckets':[{'value':'few','below':100},"
          "{'value':'some','from':100,'below':300},"
          "{'value':'many','from':300}]", "100-300", "some" },
        { "'as':'number','buckets':[{'value':'few','below':100},"
          "{'value':'many','from':100}]", "hundert", "many" },
        { "'as':'text','min':2,'max':3", "  abc ", "abc" },
        { "'as':'text','min':2,'max':3", "abcd", NULL },
        { "'as':'text','min':2,'max':3", "a", NULL },
        { "'as':'email'", "ann@example.org", "ann@example.org" },
        { "'as':'date'", "31.12.2026", "2026-12-31" },
        { "'as':'date'", "1.12.2026", NULL },
        { "'as':'date','past':true", "1.12.2026", "2026-12-01" },
        { "'as':'any'", "what ever", "what ever" },
        { "'as':'form'", "text", NULL },
        { "'as':'location'", "text", NULL },
        { "'as':'media'", "text", NULL },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        (void) snprintf(json, sizeof(json), "{'flow':'x','start':'a',"
                        "'language':'de_DE','steps':{'a':{'ask':"
                        "{'save':'v',%s}}}}", rows[i].ask);
        flow = flow_good(json);
        say(rows[i].said);
        value = answer(flow, &out);

        if ((value == NULL) != (rows[i].value == NULL)
            || (value != NULL && strcmp(value, rows[i].value) != 0))
        {
            fail_msg("%s \"%s\": %s (%s)", rows[i].ask, rows[i].said,
                     value == NULL ? "-" : value,
                     out.reason == NULL ? "" : out.reason);
        }

        assert_true(value != NULL || out.reason != NULL);
        pl_flow_destroy(flow);
    }
}


static void
choices_are_what_is_offered(void **state)
{
    pl_flow_t         *flow;
    pl_flow_answer_t   out;

    (void) state;

    flow = flow_good("{'flow':'x','start':'a','language':'de','steps':{"
                          "'a':{'say':{'text':'?','buttons':["
                          "{'id':'r','title':'Rot'},"
                          "{'id':'g','title':'Grün'}]},"
                          "'ask':{'save':'v','as':'choice'}}}}");
    tap("g", "Grün");
    assert_string_equal(answer(flow, &out), "g");
    say("gruen");
    assert_string_equal(answer(flow, &out), "g");
    say("2");
    assert_string_equal(answer(flow, &out), "g");
    say("blau");
    assert_null(answer(flow, &out));
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{'say':{'text':'?','list':{'button':'b',"
                          "'sections':[{'rows':[{'id':'r','title':'Rot'}]}]"
                          "}},'ask':{'save':'v','as':'choice','choices':["
                          "{'value':'red','id':'r'},"
                          "{'value':'other','pattern':'^bl','words':"
                          "['egal']}]}}"));
    tap("r", "Rot");
    assert_string_equal(answer(flow, &out), "red");
    say("rot");
    assert_string_equal(answer(flow, &out), "red");
    say("blau");
    assert_string_equal(answer(flow, &out), "other");
    say("egal");
    assert_string_equal(answer(flow, &out), "other");
    pl_flow_destroy(flow);
}


static void
what_is_no_text_is_an_answer_too(void **state)
{
    pl_flow_t         *flow;
    pl_flow_answer_t   out;

    static const char  data[] =
        "{\"email\":\"a@b.c\",\"n\":12,\"ok\":true,\"list\":[1,{\"x\":2}],"
        "\"flow_token\":\"t\",\"none\":null,\"bad name\":\"x\","
        "\"color\":[\"red\",\"bl\\u00fce\",null,7],\"nothing\":[],"
        "\"deep\":[\"a\",[\"b\"]],\"last\":[\"z\"]}";

    (void) state;

    flow = flow_good(FLOW("'a':{'ask':{'save':'lead','as':'form'}}"));
    pl__content__init(&content);
    pl__form_reply__init(&form);
    form.has_data = 1;
    form.data.data = (uint8_t *) data;
    form.data.len = sizeof(data) - 1;
    content.of_case = PL__CONTENT__OF_FORM_REPLY;
    content.form_reply = &form;
    hear();
    assert_int_equal(facts.n_fields, 5);
    assert_string_equal(answer(flow, &out), "form");
    assert_int_equal(out.n_fields, 5);
    assert_string_equal(out.fields[0]->name, "lead.email");
    assert_string_equal(out.fields[0]->value, "a@b.c");
    assert_string_equal(out.fields[1]->value, "12");
    assert_string_equal(out.fields[2]->value, "true");
    assert_string_equal(out.fields[3]->name, "lead.color");
    assert_string_equal(out.fields[3]->value, "red, blüe, 7");
    assert_string_equal(out.fields[4]->value, "z");

    form.data.len = 5;                  /* no JSON: no fields, no harm */
    hear();
    assert_int_equal(facts.n_fields, 0);
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{'ask':{'save':'v','as':'location'}}"));
    pl__content__init(&content);
    pl__location__init(&location);
    location.latitude = (char *) "52.5";
    location.longitude = (char *) "13.4";
    content.of_case = PL__CONTENT__OF_LOCATION;
    content.location = &location;
    hear();
    assert_string_equal(answer(flow, &out), "52.5,13.4");
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{'ask':{'save':'v','as':'media'}}"));
    pl__content__init(&content);
    pl__media__init(&media);
    content.of_case = PL__CONTENT__OF_MEDIA;
    content.media = &media;
    hear();
    assert_string_equal(answer(flow, &out), "msg_7");
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{}"));
    assert_int_equal(pl_flow_parse(flow, pl_flow_step(flow, "a"), &facts,
                                   flow_test.ar, &out), PL_MISUSE);
    pl_flow_destroy(flow);
}


static void
what_is_for_a_person_is_told_with_its_reason(void **state)
{
    size_t                i;
    pl_flow_t            *flow;
    pl_status_t           rc;
    pl_flow_handover_t    out;

    static const struct {
        const char  *said;
        const char  *reason;            /* NULL: not for a person */
        const char  *evidence;
    } rows[] = {
        { "Ich will einen MITARBEITER!", "asked", "Mitarbeiter" },
        { "Mitarbeiterzahl?", NULL, NULL },
        { "bitte zurück rufen", "asked", "zurueck rufen" },
        { "Was sind die Preise?", "price", "preis" },
        { "hallo", NULL, NULL },
        { "", NULL, NULL },
    };

    (void) state;

    flow = flow_good("{'flow':'x','start':'a','handover':{'words':"
                     "['Mitarbeiter','zurueck rufen'],'topics':["
                     "{'name':'price','threshold':500,'words':["
                     "{'word':'preis*','weight':600}]},"
                     "{'name':'tone','threshold':800,"
                     "'list':'de.negative'}],'step':'b',"
                     "'misunderstandings':3},'steps':{'a':{},'b':{}}}");
    assert_int_equal(pl_flow_patience(flow), 3);

    for (i = 0; i < PL_COUNT(rows); i++) {
        say(rows[i].said);
        rc = pl_flow_handover(flow, &facts, flow_test.ar, &out);

        if ((rc == PL_OK) != (rows[i].reason != NULL)
            || (rc == PL_OK && strcmp(out.reason, rows[i].reason) != 0))
        {
            fail_msg("\"%s\": %s", rows[i].said,
                     rc == PL_OK ? out.reason : "-");
        }

        if (rc == PL_OK) {
            assert_non_null(strstr(out.evidence, rows[i].evidence));
            assert_string_equal(out.step->name, "b");
            assert_true(out.score >= out.threshold && out.threshold > 0);
        }
    }

    pl_flow_destroy(flow);
    flow = flow_good(FLOW("'a':{}"));
    assert_int_equal(pl_flow_patience(flow), 2);
    assert_int_equal(pl_flow_handover(flow, &facts, flow_test.ar, &out),
                     PL_NOTFOUND);
    pl_flow_destroy(flow);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(answers_are_read_by_their_kind),
        cmocka_unit_test(choices_are_what_is_offered),
        cmocka_unit_test(what_is_no_text_is_an_answer_too),
        cmocka_unit_test(what_is_for_a_person_is_told_with_its_reason),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
