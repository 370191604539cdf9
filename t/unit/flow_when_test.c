/*
 * Conditions and triggers: what holds, and what begins a flow.
 */

#include "flow.h"

/* What was said, and to whom; the rest by the test. */
static pl_flow_facts_t   facts;
static Pl__Contact       contact;
static Pl__Conversation  conv;
static Pl__Content       content;
static Pl__Text          text;
static Pl__Reply         reply;


static void
hear(const char *said)
{
    memset(&facts, 0, sizeof(facts));
    pl__contact__init(&contact);
    pl__conversation__init(&conv);
    pl__content__init(&content);
    pl__text__init(&text);
    text.body = (char *) said;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    facts.match = flow_test.match;
    facts.contact = &contact;
    facts.conv = &conv;
    assert_int_equal(pl_flow_hear(&facts, flow_test.codec,
                                  said == NULL ? NULL : &content,
                                  flow_test.ar), PL_OK);
}


static void
tap(const char *id, const char *title)
{
    hear("");
    pl__reply__init(&reply);
    reply.id = (char *) id;
    reply.title = (char *) title;
    content.of_case = PL__CONTENT__OF_REPLY;
    content.reply = &reply;
    assert_int_equal(pl_flow_hear(&facts, flow_test.codec, &content,
                                  flow_test.ar), PL_OK);
}


/* A flow whose only branch has this condition. */

static bool
holds(const char *when)
{
    bool        is;
    char        json[2048];
    pl_flow_t  *flow;

    (void) snprintf(json, sizeof(json),
                    "{'flow':'x','start':'a','language':'de',"
                    "'variables':{'count':'7'},'inputs':['v','w'],"
                    "'steps':{'a':{'branch':[{'when':%s,'end':true}]}}}",
                    when);
    flow = flow_good(json);
    is = pl_flow_holds(flow, pl_flow_step(flow, "a")->branch[0]->when,
                       &facts);
    pl_flow_destroy(flow);

    return is;
}


static void
what_is_said_is_folded(void **state)
{
    size_t  i;

    static const struct {
        const char  *said;
        const char  *when;
        bool         holds;
    } rows[] = {
        { "Ja!", "{'keywords':['ja']}", true },
        { "Ja bitte", "{'keywords':['ja']}", false },
        { "Ja bitte", "{'words':['ja']}", true },
        { "jaja", "{'words':['ja']}", false },
        { "ÜBERMORGEN", "{'keywords':['übermorgen']}", true },
        { "uebermorgen", "{'keywords':['übermorgen']}", true },
        { "ubermorgen", "{'keywords':['übermorgen']}", true },
        { "übermorgen", "{'keywords':['uebermorgen']}", true },
        { "bis später dann", "{'words':['bis spaeter']}", true },
        { "später bis", "{'words':['bis spaeter']}", false },
        { "STRASSE", "{'keywords':['Straße']}", true },
        { "Ｊａ", "{'keywords':['ja']}", true },
        { "👍", "{'keywords':['👍']}", true },
        { "👎", "{'keywords':['👍']}", false },
        { "👍 👍", "{'words':['👍']}", false },
        { "", "{'keywords':['ja']}", false },
        { "order 12", "{'pattern':'^order \\\\d+$'}", true },
        { "order x", "{'pattern':'^order \\\\d+$'}", false },
        { "ja", "{}", true },
        { "ja", "{'not':{'keywords':['ja']}}", false },
        { "ja", "{'any':[{'keywords':['nein']},{'keywords':['ja']}]}",
          true },
        { "so", "{'any':[{'keywords':['nein']},{'keywords':['ja']}]}",
          false },
        { "ja", "{'keywords':['ja'],'pattern':'x'}", false },
        { "\xff", "{'keywords':['ja']}", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        hear(rows[i].said);

        if (holds(rows[i].when) != rows[i].holds) {
            fail_msg("\"%s\" %s", rows[i].said, rows[i].when);
        }
    }

    hear(NULL);
    assert_false(holds("{'pattern':'.*'}"));
    assert_false(holds("{'keywords':['ja']}"));

    tap("yes", "Ja, gern");
    assert_true(holds("{'button':'yes'}"));
    assert_true(holds("{'words':['gern']}"));
    assert_false(holds("{'button':'no'}"));
}


static void
values_are_compared(void **state)
{
    size_t         i;
    Pl__Variable   v = PL__VARIABLE__INIT, *list[1] = { &v };

    static const struct {
        const char  *value;             /* of v; NULL: it has none */
        const char  *when;
        bool         holds;
    } rows[] = {
        { "ja", "{'variable':'v'}", true },
        { NULL, "{'variable':'v'}", false },
        { "", "{'variable':'v'}", false },
        { NULL, "{'variable':'v','set':false}", true },
        { "x", "{'variable':'v','set':false}", false },
        { "x", "{'variable':'v','set':true}", true },
        { "KÖLN", "{'variable':'v','is':'Koeln'}", true },
        { "Bonn", "{'variable':'v','is':'Koeln'}", false },
        { "b", "{'variable':'v','in':['a','b']}", true },
        { "c", "{'variable':'v','in':['a','b']}", false },
        { "abc", "{'variable':'v','matches':'^ab'}", true },
        { NULL, "{'variable':'v','matches':'x'}", false },
        { "100", "{'variable':'v','from':100}", true },
        { "99", "{'variable':'v','from':100}", false },
        { "99.5", "{'variable':'v','from':100}", false },
        { "99.999", "{'variable':'v','below':100}", true },
        { "100", "{'variable':'v','below':100}", false },
        { "-5", "{'variable':'v','below':0}", true },
        { "100-300", "{'variable':'v','from':100,'below':301}", true },
        { "100-300", "{'variable':'v','below':300}", false },
        { "300+", "{'variable':'v','from':300}", true },
        { "300+", "{'variable':'v','below':1000}", false },
        { "<100", "{'variable':'v','below':101}", true },
        { "<100", "{'variable':'v','from':0}", false },
        { ">300", "{'variable':'v','from':300}", true },
        { "viele", "{'variable':'v','from':0}", false },
        { "1e9", "{'variable':'v','from':0}", false },
        { "9999999999999", "{'variable':'v','from':0}", false },
        { NULL, "{'variable':'count','is':'7'}", true },
        { NULL, "{'field':'f'}", false },
        { NULL, "{'field':'f','set':false}", true },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        hear("x");
        v.name = (char *) "v";
        v.value = (char *) rows[i].value;
        conv.variables = list;
        conv.n_variables = rows[i].value != NULL;

        if (holds(rows[i].when) != rows[i].holds) {
            fail_msg("\"%s\" %s", rows[i].value == NULL ? "-"
                                  : rows[i].value, rows[i].when);
        }
    }
}


static bool
ready(const void *data, const char *name, const char *language)
{
    return data == &facts && strcmp(name, "t") == 0
           && strcmp(language, "de") == 0;
}


static void
the_rest_is_looked_at(void **state)
{
    char         *tags[] = { (char *) "vip" };
    pl_hours_t    hours;
    Pl__Consent   row = PL__CONSENT__INIT, *rows[] = { &row };

    (void) state;

    hear("x");
    assert_true(holds("{'consent':'m','state':'unknown'}"));
    assert_false(holds("{'consent':'m'}"));
    row.category = (char *) "m";
    row.state = PL__CONSENT_STATE__CONSENT_STATE_GRANTED;
    contact.consents = rows;
    contact.n_consents = 1;
    assert_true(holds("{'consent':'m'}"));
    row.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    assert_true(holds("{'consent':'m','state':'revoked'}"));
    row.state = PL__CONSENT_STATE__CONSENT_STATE_PAUSED;
    assert_true(holds("{'consent':'m','state':'paused'}"));
    row.state = PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN;
    assert_true(holds("{'consent':'m','state':'unknown'}"));
    row.category = (char *) "all";
    row.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    assert_true(holds("{'consent':'m','state':'revoked'}"));

    /* the window: at its end it is closed */

    facts.now_ms = 1000;
    facts.window_ms = 1001;
    assert_true(holds("{'window':'open'}"));
    facts.window_ms = 1000;
    assert_false(holds("{'window':'open'}"));
    assert_true(holds("{'window':'closed'}"));
    assert_false(holds("{'window':'free'}"));
    facts.free_ms = 1001;
    assert_true(holds("{'window':'free'}"));

    assert_false(holds("{'tag':'vip'}"));
    conv.tags = tags;
    conv.n_tags = 1;
    assert_true(holds("{'tag':'vip'}"));

    assert_true(holds("{'status':'open'}"));
    conv.has_status = 1;
    conv.status = PL__CONVERSATION_STATUS__CONVERSATION_STATUS_QUALIFIED;
    assert_true(holds("{'status':'qualified'}"));

    assert_false(holds("{'template':'t'}"));
    facts.template_ready = ready;
    facts.data = &facts;
    assert_true(holds("{'template':'t'}"));
    assert_false(holds("{'template':'u'}"));

    /* 1970-01-01, a Thursday, 00:00:01 UTC */

    assert_true(holds("{'time':'thu 00:00-01:00'}"));
    assert_false(holds("{'time':'fri 00:00-01:00'}"));
    assert_false(holds("{'time':'quiet'}"));
    assert_int_equal(pl_hours_parse(PL_STR("23:00-07:00"), &hours, NULL),
                     PL_OK);
    facts.quiet = &hours;
    assert_true(holds("{'time':'quiet'}"));
    assert_false(holds("{'time':'business'}"));
}


static const char  triggers[] =
    "{'flow':'x','default':'z','triggers':["
    "{'keywords':['hi'],'step':'a','when':{'status':'closed'}},"
    "{'keywords':['hi'],'step':'b','name':'greet'},"
    "{'pattern':'^order (?<number>\\\\d+)(?: (?<more>.+))?$',"
    "'step':'c'},"
    "{'opt_in':'m','step':'d','after':'5m','unless_written':true},"
    "{'event':'paid','step':'e'},"
    "{'joined_group':true,'step':'f'},"
    "{'referral':{'source_type':'ad','pattern':'sale'},'step':'g'},"
    "{'first_message':true,'step':'h'},"
    "{'button':'b1','step':'i'}],"
    "'steps':{'a':{},'b':{},'c':{},'d':{},'e':{},'f':{},'g':{},'h':{},"
    "'i':{},'z':{}}}";


static void
the_first_trigger_that_holds_begins(void **state)
{
    pl_flow_t        *flow;
    pl_flow_begin_t   begin;

    (void) state;

    flow = flow_good(triggers);

    hear("HI!");
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "b");
    assert_string_equal(begin.name, "greet");

    conv.has_status = 1;
    conv.status = PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED;
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "a");
    assert_string_equal(begin.name, "triggers[0]");

    hear("order 12");
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "c");
    assert_int_equal(begin.n_variables, 1);
    assert_string_equal(begin.variables[0]->name, "number");
    assert_string_equal(begin.variables[0]->value, "12");

    pl_flow_destroy(flow);
}


static void
what_happened_begins_too(void **state)
{
    pl_flow_t        *flow;
    Pl__Referral      referral = PL__REFERRAL__INIT;
    pl_flow_begin_t   begin;

    (void) state;

    flow = flow_good(triggers);

    hear(NULL);
    assert_false(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    facts.opt_in = "other";
    assert_false(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    facts.opt_in = "m";
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "d");
    assert_true(begin.trigger->unless_written);

    hear(NULL);
    facts.event = "paid";
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "e");

    hear(NULL);
    facts.joined_group = true;
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "f");

    hear("what is that");
    assert_false(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(pl_flow_default(flow)->name, "z");
    facts.first_message = true;
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "h");
    referral.source_type = (char *) "ad";
    referral.body = (char *) "Big Sale";
    facts.referral = &referral;
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "g");

    tap("b1", "Title");
    assert_true(pl_flow_trigger(flow, &facts, flow_test.ar, &begin));
    assert_string_equal(begin.step->name, "i");

    pl_flow_destroy(flow);
}


/* Two flows of one name have one version if they have the same bytes. */

static void
a_version_is_the_bytes(void **state)
{
    pl_flow_t  *one, *two, *three;

    (void) state;

    one = flow_good(FLOW("'a':{}"));
    two = flow_good(FLOW("'a':{}"));
    three = flow_good(FLOW("'a':{ }"));
    assert_true(pl_flow_version(one) == pl_flow_version(two));
    assert_true(pl_flow_version(one) != pl_flow_version(three));
    pl_flow_destroy(one);
    pl_flow_destroy(two);
    pl_flow_destroy(three);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_said_is_folded),
        cmocka_unit_test(values_are_compared),
        cmocka_unit_test(the_rest_is_looked_at),
        cmocka_unit_test(the_first_trigger_that_holds_begins),
        cmocka_unit_test(what_happened_begins_too),
        cmocka_unit_test(a_version_is_the_bytes),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
