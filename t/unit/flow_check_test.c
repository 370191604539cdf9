/*
 * Mistakes in flow files: each is told, and where it stands (at the '@').
 */

#include "flow.h"

#define TWO(step)  FLOW("\n'a':{" step "},\n'b':{}")
#define ASK(ask)   FLOW("'a':{'ask':{" ask "}}")
#define LONG20     "12345678901234567890"
#define LONG60     LONG20 LONG20 LONG20

static const struct {
    const char  *json;
    const char  *says;
} errors[] = {
    /* the codec's: shapes are closed */
    { "{'flow':'x',@'setps':{}}", "unknown key" },
    { FLOW("'a':{'say':{@'txt':'t'}}"), "unknown key" },
    { FLOW("'a':{'set':{'v':@{}}}"), "not a string" },

    /* text that is none */
    { FLOW("'a':{'say':{'text':'Gr@\xfc\xdf" "e'}}"), "no UTF-8" },
    { FLOW("'a':{'say':{'text':'t'}} /* @\xe4 */"), "no UTF-8" },
    { FLOW("'a':{'say':{'text':'\xc3\xa4@\xed\xa0\x80'}}"), "no UTF-8" },
    { FLOW("'a':{'say':{'text':'a@\\u0000b'}}"), "\\u0000 is no" },
    { FLOW("'a':{'say':{'text':'\\\\@\\ud800b'}}"), "half a surrogate" },
    { FLOW("'a':{'say':{'text':'@\\ud83d\\u0041'}}"), "half a surrogate" },
    { FLOW("'a':{'say':{'text':'@\\ude00'}}"), "half a surrogate" },
    { FLOW("'a':{'@\\uD800':{}}"), "half a surrogate" },
    { "@\xef\xbb\xbf" "{'flow':'x','start':'a','steps':{'a':{}}}",
      "a byte order mark" },

    /* targets */
    { "{'flow':'x','steps':@{}}", "needs a step" },
    { "{'flow':'x',\n'default': @'nope','steps':{'a':{}}}",
      "no step \"nope\"" },
    { "{'flow':'x',\n'start':@'nope','steps':{'a':{}}}", "no step" },
    { "{'flow':'x','start':'a','entries':['a',@'b'],'steps':{'a':{}}}",
      "no step" },
    { "{'flow':'x','start':'a',\n"
      "'triggers':[{'keywords':['k'],'step':@'b'}],'steps':{'a':{}}}",
      "no step" },
    { TWO("'next':@'c'"), "no step \"c\"" },
    { TWO("'branch':[{'when':{},'step':'b'},{'when':{},'step':@'c'}]"),
      "no step" },
    { TWO("'ask':{'save':'v','as':'text'},'next':'b',"
          "'timeouts':[{'after':'1h','step':@'c'}]"), "no step" },
    { TWO("'schedule':[{'task':'t','after':'1h','step':@'c'}]"), "no step" },
    { TWO("'call':{'flow':'x','step':@'c'}"), "no step" },
    { "{'flow':'x','start':'a','handover':{'step':@'h'},'steps':{'a':{}}}",
      "no step" },
    { "{'flow':'x','start':'a','handover':{'misunderstood':@'h'},"
      "'steps':{'a':{}}}", "no step" },
    { "{'flow':'x','start':'a','handover':{'topics':[{'name':'t',"
      "'threshold':1,'words':[{'word':'w'}],'step':@'h'}]},"
      "'steps':{'a':{}}}", "no step" },
    { "{'flow':'x','start':'a','migrate':{'steps':{'o':@'h'}},"
      "'steps':{'a':{}}}", "no step" },
    { "{'flow':'x','start':'a','migrate':{'from':[@'12']},'steps':{'a':{}}}",
      "16 hex digits" },
    { FLOW("'a':{},'b c':@{}"), "a step's name" },

    /* the graph */
    { FLOW("'a':{},\n'b':@{'next':'c'},'c':{}"), "nothing leads" },
    { FLOW("'a':{'next':'b'},\n'b':@{'next':'c'},\n'c':{'next':'b'}"),
      "a loop that never waits: b -> c -> b" },
    { FLOW("'a':@{'next':'a'}"), "a -> a" },
    { FLOW("'a':@{'branch':[{'when':{'words':['x']},'step':'a'}]}"),
      "a -> a" },
    { FLOW("'a':@{'call':{'flow':'x','step':'a'}}"), "a -> a" },
    { FLOW("'a':@{'call':{'flow':'x'}}"), "a -> a" },
    { FLOW("'a':@{'schedule':[{'task':'t','step':'a','after':'0s'}]}"),
      "never waits: a -> a" },
    { FLOW("'a':@{'wait':true,'timeouts':[{'after':'0s','step':'a'}]}"),
      "never waits: a -> a" },
    { FLOW("'a':@{'ask':{'save':'v','as':'any'},'schedule':[{'task':'t',"
           "'step':'b','after':'0h0s'}]},'b':{'next':'a'}"),
      "never waits: a -> b -> a" },
    { "{'flow':'x','start':'a','inputs':['v'],'steps':{'a':@{'schedule':"
      "[{'task':'t','step':'a','at':'v','run_late':true}]}}}",
      "never waits: a -> a" },
    { FLOW("'a':{'next':'b'},'b':{'back':@true}"), "no step waits" },

    /* ways */
    { FLOW("'a':@{'next':'b','end':true},'b':{}"), "one of them" },
    { FLOW("'a':{'branch':[@{'when':{}}]}"), "a branch has a step" },
    { FLOW("'a':{'branch':[@{'when':{},'step':'b','end':true}]},'b':{}"),
      "a branch has a step" },
    { FLOW("'a':{'unclear':@{'text':'t'}}"), "only a step that asks" },
    { FLOW("'a':{'wait':@true,'ask':{'save':'v','as':'any'}}"),
      "waits anyhow" },
    { FLOW("'a':{'timeouts':[@{'after':'1h','step':'a'}]}"),
      "does not wait" },

    /* times */
    { FLOW("'a':{'wait':true,'timeouts':[{'after':@'soon','step':'a'}]}"),
      "no duration: \"soon\"" },
    { FLOW("'a':{'wait':true,'timeouts':[{'after':@'-1h','step':'a'}]}"),
      "no duration" },
    { FLOW("'a':{'delay':{'min':'2s','max':@'1s'}}"), "shorter" },
    { FLOW("'a':{'delay':{'min':@'x','max':'1s'}}"), "no duration" },
    { FLOW("'a':{'after_s':1,'delay':@{'min':'1s','max':'2s'}}"),
      "after_s or delay" },
    { FLOW("'a':{'schedule':[@{'task':'t','step':'a'}]}"), "after or at" },
    { FLOW("'a':{'set':{'v':'w'},'schedule':[@{'task':'t','step':'a',"
           "'at':'v','after':'1h'}]}"), "after or at" },
    { FLOW("'a':{'schedule':[{'task':@'t t','step':'a','after':'1h'}]}"),
      "a task's name" },
    { FLOW("'a':{'schedule':[{'task':'t','step':'a','after':'1h',"
           "'offset':@'1h'}]}"), "only with at" },
    { FLOW("'a':{'schedule':[{'task':'t','step':'a','at':@'v'}]}"),
      "nothing sets \"v\"" },
    { FLOW("'a':{'set':{'v':'w'},'schedule':[{'task':'t','step':'a',"
           "'at':'v','offset':'-1h','until':@'-1h'}]}"), "never runs" },
    { FLOW("'a':{'set':{'v':'w'},'schedule':[{'task':'t','step':'a',"
           "'at':'v','offset':@'h'}]}"), "no duration" },
    { FLOW("'a':{'ask':{'save':'v','as':'any','question':@'{{v}}?'}}"),
      "no placeholder stands in it" },
    { FLOW("'a':{'ask':{'save':'v','as':'any'},'next':'b'},'b':{'say':"
           "{'text':'@{{question}}'}}"), "nothing sets \"question\"" },
    { FLOW("'a':{'ask':{'save':'v','as':'number'},'next':'b'},"
           "'b':{'schedule':[{'task':'t','step':'b','at':@'v'}]}"),
      "the answer to steps.a.ask, which is no date" },
    { FLOW("'a':{'ask':{'save':'v','as':'time'},'next':'b'},"
           "'b':{'schedule':[{'task':'t','step':'b','at':@'v',"
           "'offset':'1h'}]}"), "no date" },
    { FLOW("'a':{'say':{'text':'t','expires':@'0s'}}"), "no duration" },
    { "{'flow':'x','triggers':[{'opt_in':'m','step':'a','after':@'5'}],"
      "'steps':{'a':{}}}", "no duration" },
    { "{'flow':'x','triggers':[{'opt_in':'m','step':'a',"
      "'unless_written':@true}],'steps':{'a':{}}}", "nothing to call off" },
    { "{'flow':'x','triggers':[@{'when':{'tag':'t'},'step':'a'}],"
      "'steps':{'a':{}}}", "another cause" },

    /* patterns and words: within the string, escapes reckoned back */
    { "{'flow':'x','triggers':[{'pattern':'ab(c@','step':'a'}],"
      "'steps':{'a':{}}}", "" },
    { "{'flow':'x','triggers':[{'pattern':'\\\\d\\u00e4\\\\d[@','step':'a'}],"
      "'steps':{'a':{}}}", "" },
    { "{'flow':'x','triggers':[{'keywords':['a',@' '],'step':'a'}],"
      "'steps':{'a':{}}}", "no word" },
    { "{'flow':'x','triggers':[{'referral':{'pattern':'(@'},'step':'a'}],"
      "'steps':{'a':{}}}", "" },
    { FLOW("'a':{'branch':[{'when':{'pattern':'@*'},'end':true}]}"), "" },
    { FLOW("'a':{'branch':[{'when':{'variable':'name','matches':'[@'},"
           "'end':true}]}"), "" },

    /* conditions */
    { FLOW("'a':{'branch':[{'when':@{'is':'x'},'end':true}]}"),
      "need a variable" },
    { FLOW("'a':{'branch':[{'when':@{'variable':'name','field':'f'},"
           "'end':true}]}"), "one of them" },
    { FLOW("'a':{'branch':[{'when':{'variable':'name','is':'x',"
           "'in':@['y']},'end':true}]}"), "is or in" },
    { FLOW("'a':{'branch':[{'when':{'variable':'name','from':5,"
           "'below':@5},'end':true}]}"), "no number" },
    { FLOW("'a':{'branch':[{'when':{'time':'@25:00-26:00'},'end':true}]}"),
      "" },
    { FLOW("'a':{'branch':[{'when':{'state':@'granted'},'end':true}]}"),
      "a consent" },
    { FLOW("'a':{'branch':[{'when':{'any':[{'not':{'words':['!',@' ']}}]},"
           "'end':true}]}"), "no word" },

    /* variables */
    { FLOW("'a':{'say':{'text':'Hi @{{who}}'}}"), "nothing sets \"who\"" },
    { FLOW("'a':{'say':{'text':'\\n\\u00e4 @{{who}}'}}"), "nothing sets" },
    { FLOW("'a':{'say':{'text':'hello @{{name'}}"), "not closed" },
    { FLOW("'a':{'say':{'text':'@{{a b}}'}}"), "placeholder's name" },
    { FLOW("'a':{'say':{'text':'Hi {{first_name|@{{name}}}}'}}"),
      "said as it is" },
    { "{'flow':@'x y','start':'a','steps':{'a':{}}}", "a flow's name" },
    { FLOW("'a':{'say':{'text':@'  '}}"), "nothing in it" },
    { FLOW("'a':{'say':{'location':{'latitude':@'200','longitude':'13'}}}"),
      "-90 to 90" },
    { FLOW("'a':{'say':{'location':{'latitude':'-90','longitude':@'180.1'"
           "}}}"), "-180 to 180" },
    { FLOW("'a':{'say':{'location':{'latitude':@'5x','longitude':'1'}}}"),
      "-90 to 90" },
    { FLOW("'a':{'set':{'v':'@{{w}}'}}"), "nothing sets" },
    { FLOW("'a':{'set':{'v w':@'x'}}"), "variable's name" },
    { FLOW("'a':{'ask':{'save':@'v w','as':'any'}}"), "variable's name" },
    { FLOW("'a':{'say':{'template':{'name':'t','language':'de',"
           "'body':[{'text':'@{{first_name}}'}]}}}"), "may not be empty" },

    /* what is said */
    { FLOW("'a':{'say':@{'category':'service'}}"), "nothing is said" },
    { FLOW("'a':{'say':@{'text':'t','url':{'title':'u','url':'http://a'},"
           "'list':{'button':'b','sections':[{'rows':[{'id':'1',"
           "'title':'r'}]}]}}}"), "one of buttons" },
    { FLOW("'a':{'say':@{'buttons':[{'id':'1','title':'r'}]}}"),
      "need a text" },
    { FLOW("'a':{'say':{'text':'t','footer':@'f'}}"), "only with buttons" },
    { FLOW("'a':{'say':{'text':'t','buttons':@[{'id':'1','title':'a'},"
           "{'id':'2','title':'b'},{'id':'3','title':'c'},"
           "{'id':'4','title':'d'}]}}"), "4 buttons" },
    { FLOW("'a':{'say':{'text':'t','buttons':[{'id':'1','title':@'" LONG20
           "1'}]}}"), "21 characters" },
    { FLOW("'a':{'say':{'text':'t','buttons':[{'id':'1','title':'a'},"
           "@{'id':'1','title':'b'}]}}"), "is that of" },
    { FLOW("'a':{'say':{'text':'t','header':@'" LONG60 "1',"
           "'buttons':[{'id':'1','title':'a'}]}}"), "61 characters" },
    { FLOW("'a':{'say':{'text':'t','list':{'button':'b',"
           "'sections':@[{'rows':[]}]}}}"), "0 rows" },
    { FLOW("'a':{'say':{'text':'t','list':{'button':'b',"
           "'sections':[@{'rows':[{'id':'1','title':'r'}]},"
           "{'title':'t','rows':[{'id':'2','title':'r'}]}]}}}"),
      "a title is needed" },
    { FLOW("'a':{'say':{'text':'t','list':{'button':'b',"
           "'sections':[{'rows':[{'id':'1','title':'r'},"
           "@{'id':'1','title':'s'}]}]}}}"), "the same id" },
    { FLOW("'a':{'say':{'text':'t','form':@{'title':'f'}}}"), "id or name" },
    { FLOW("'a':{'say':{'text':'t','url':{'title':'u',"
           "'url':@'ftp://x'}}}"), "no http" },
    { FLOW("'a':{'say':{'media':{'type':@'film','link':'http://x/'}}}"),
      "image, video" },
    { FLOW("'a':{'say':{'media':@{'type':'image'}}}"), "link or id" },
    { FLOW("'a':{'say':{'media':@{'type':'audio','link':'http://x/',"
           "'caption':'c'}}}"), "nothing can be said" },
    { FLOW("'a':{'say':{'text':'t','location':@{'latitude':'1',"
           "'longitude':'1'}}}"), "by itself" },
    { FLOW("'a':{'say':{'template':@{'name':'t'}}}"), "needs a language" },
    { FLOW("'a':{'say':{'template':{'name':'t','language':'de','body':["
           "{'text':'x'},@{'text':'y','name':'n'}]}}}"), "have names" },

    /* what is asked */
    { FLOW("'a':{'ask':@{'as':'text'}}"), "required" },
    { FLOW("'a':{'ask':@{'save':'v','as':'choice'}}"), "needs choices" },
    { ASK("'save':'v','as':'text','buckets':@[{'value':'b'}]"),
      "only of a number" },
    { ASK("'save':'v','as':'number','choices':@[{'value':'b'}]"),
      "only of a choice" },
    { ASK("'save':'v','as':'text','per':@'day'"), "only of a number" },
    { ASK("'save':'v','as':'email','min':@1"), "only of a number or" },
    { ASK("'save':'v','as':'email','past':@true"), "only of a date" },
    { ASK("'save':'v','as':'number','min':@5,'max':4"), "above the largest" },
    { ASK("'save':'v','as':'number','buckets':[{'value':'a','below':100},"
          "@{'value':'b','from':99}]"), "" },
    { ASK("'save':'v','as':'choice','choices':[{'value':'1'},"
          "@{'value':'1'}]"), "" },
    { ASK("'save':'v','as':'choice','choices':[{'value':'1',"
          "'pattern':'(@'}]"), "" },

    /* handover */
    { "{'flow':'x','start':'a','handover':{'words':['a',@'\\u200b'],"
      "'topics':[]},'steps':{'a':{'end':true}}}", "no word" },
    { "{'flow':'x','start':'a','handover':{'topics':[@{'name':'t',"
      "'threshold':500}]},'steps':{'a':{}}}", "needs words" },
    { "{'flow':'x','start':'a','handover':{'topics':[{'name':'t',"
      "'list':@'de.nosuch','threshold':500}]},'steps':{'a':{}}}",
      "no such list" },
};

static const struct {
    const char  *json;
    const char  *says;
} warnings[] = {
    { FLOW("'a':{'ask':{'save':'v','as':'any','question':'V?'},'next':'b'},"
           "'b':{'ask':{'save':'w','as':'any'},'timeouts':[@{'after':'1h',"
           "'step':'c'}]},'c':{'say':{'text':'Still: {{question}}'},"
           "'back':true}"), "\"c\" says {{question}}" },
    { FLOW("'a':{'ask':{'save':'v','as':'any','question':'V?'},'timeouts':"
           "[@{'after':'1h','step':'b'}]},'b':{'say':{'text':"
           "'Still: {{question}}'},'wait':true}"),
      "\"b\" says {{question}}" },
    { FLOW("'a':{'ask':{'save':'v','as':'any','question':'V?'},'branch':"
           "[{'when':{'variable':@'question'},'step':'b'}]},'b':{}"),
      "nothing sets \"question\"" },
    { FLOW("'a':{'say':{'text':'Hi @{{name}}'}}"), "give a fallback" },
    { FLOW("'a':{'branch':[{'when':{'variable':@'v'},'end':true}]}"),
      "nothing sets" },
    { FLOW("'a':{'cancel':['*',@'t']}"), "schedules \"t\"" },
    { ASK("'save':'v','as':'number','buckets':[{'value':'a','below':100},"
          "@{'value':'b','from':101}]"), "from 100 below 101" },
    { "{'flow':'x','triggers':[{'keywords':['k'],'step':'a'}],"
      "'steps':{'a':{'back':@true}}}", "no step waits" },
};

/* What is right, and stands next to what is wrong. */
static const char *const  sound[] = {
    FLOW("'a':{}"),
    FLOW("'a':{'say':{'text':'Gr\xc3\xbc\xc3\x9f" "e \\ud83d\\ude00 \\\\u0000 "
         "\\ufffd \xef\xbf\xbd // \\'/*\\''}} /* \\ud800 ' */"),
    FLOW("'a':{'say':{'text':'{{v|x}} {{name|y}}'}} // ' \\ud800 \n"),
    FLOW("'a':{'say':{'text':'{{v|x}} {{name|y}}'}}"),
    FLOW("'a':{'set':{'v':'w'},'say':{'text':'{{v}}'}}"),
    FLOW("'a':{'ask':{'save':'v','as':'form'},'next':'b'},"
         "'b':{'say':{'text':'{{v.email}}'}}"),
    "{'flow':'x','start':'a','inputs':['lead'],"
    "'steps':{'a':{'say':{'text':'{{lead}} {{lead.id}}'}}}}",
    "{'flow':'x','start':'a','variables':{'v':'1'},"
    "'steps':{'a':{'say':{'text':'{{v}}'}}}}",
    "{'flow':'x','triggers':[{'pattern':'(?<v>x)','step':'a'}],"
    "'steps':{'a':{'say':{'text':'{{v}}'}}}}",
    "{'flow':'x','start':'a','entries':['b'],'steps':{'a':{},'b':{}}}",
    FLOW("'a':{'wait':true,'next':'a'}"),
    FLOW("'a':{'next':'b'},'b':{'wait':true,'branch':[{'when':{},"
         "'step':'a'}]}"),
    FLOW("'a':{'say':{'location':{'latitude':'-90.0','longitude':"
         "'+180'}}}"),
    FLOW("'a':{'set':{'v':'1'},'say':{'location':{'latitude':'{{v}}',"
         "'longitude':'179.999999'}}}"),
    FLOW("'a':{'call':{'flow':'other'},'next':'a'}"),
    FLOW("'a':{'schedule':[{'task':'t','after':'1s','step':'a'}]}"),
    FLOW("'a':{'wait':true,'timeouts':[{'after':'1s','step':'a'}]}"),
    FLOW("'a':{'schedule':[{'task':'t','after':'0s','step':'b'}]},"
         "'b':{'wait':true,'next':'a'}"),
    FLOW("'a':{'wait':true,'timeouts':[{'after':'0s','step':'b'}]},"
         "'b':{'back':true}"),
    "{'flow':'x','start':'a','inputs':['v'],'steps':{'a':{'schedule':"
    "[{'task':'t','step':'a','at':'v'}]}}}",
    FLOW("'a':{'schedule':[{'task':'t','after':'1d','step':'a'}]}"),
    FLOW("'a':{'wait':true,'timeouts':[{'after':'30m','step':'b'}]},"
         "'b':{" SAY("?") ",'back':true}"),
    FLOW("'a':{'ask':{'save':'v','as':'number'},'next':'b'},"
         "'b':{'branch':[{'when':{'variable':'v','below':5},'step':'c'}]},"
         "'c':{" SAY("more") ",'back':true}"),
    "{'flow':'x','start':'a','triggers':[{'keywords':['k'],'step':'b'}],"
    "'steps':{'a':{'wait':true},'b':{" SAY("t") ",'back':true}}}",
    FLOW("'a':{'set':{'v':'w'},'schedule':[{'task':'t','step':'a',"
         "'at':'v','offset':'-1h30m','until':'-5m'}]}"),
    FLOW("'a':{'ask':{'save':'v','as':'date_time'},'next':'b'},"
         "'b':{'schedule':[{'task':'t','step':'c','at':'v',"
         "'offset':'-1h'}]},'c':{}"),
    FLOW("'a':{'ask':{'save':'v','as':'time'},'next':'b'},"
         "'b':{'set':{'v':'2027-03-03T{{v}}'},'schedule':[{'task':'t',"
         "'step':'c','at':'v','offset':'-1h'}]},'c':{}"),
    FLOW("'a':{'say':{'text':'t','buttons':[{'id':'1','title':'" LONG20
         "'},{'id':'2','title':'äöüäöüäöüäöüäöüäöüäö'},{'id':'3',"
         "'title':'{{name|" LONG60 "}}'}]}}"),
    FLOW("'a':{'say':{'text':'t','media':{'type':'image',"
         "'link':'https://x/{{name|n}}.png'},'buttons':[{'id':'1',"
         "'title':'a'}]}}"),
    FLOW("'a':{'ask':{'save':'v','as':'choice'},'say':{'text':'t',"
         "'buttons':[{'id':'1','title':'a'}]}}"),
};


static void
a_mistake_is_named_with_its_place(void **state)
{
    size_t      i;
    pl_str_t    json;
    pl_flow_t  *flow;
    unsigned    line, column;

    (void) state;

    for (i = 0; i < PL_COUNT(errors); i++) {
        json = flow_text(errors[i].json, &line, &column);

        if (pl_flow_examine(&flow, flow_test.codec, json,
                            &flow_test.mistakes) == PL_OK)
        {
            fail_msg("accepted: %s", errors[i].json);
        }

        assert_null(flow);
        flow_noted(errors[i].json, line, column, false, errors[i].says);
    }
}


static void
what_is_hardly_meant_so_is_a_warning(void **state)
{
    size_t    i;
    unsigned  line, column;

    (void) state;

    for (i = 0; i < PL_COUNT(warnings); i++) {
        (void) flow_text(warnings[i].json, &line, &column);
        pl_flow_destroy(flow_good(warnings[i].json));
        flow_noted(warnings[i].json, line, column, true, warnings[i].says);
        assert_int_equal(flow_test.mistakes.errors, 0);
    }
}


static void
what_is_right_is_taken_without_a_word(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < PL_COUNT(sound); i++) {
        pl_flow_destroy(flow_good(sound[i]));

        if (flow_test.mistakes.n != 0) {
            fail_msg("%s: %s", sound[i], flow_test.mistakes.rows[0].err.text);
        }
    }
}


/* In the order of their places; the first of them is what compile says. */

static void
all_mistakes_are_told(void **state)
{
    size_t      i;
    pl_err_t    err;
    pl_str_t    json;
    pl_flow_t  *flow;
    unsigned    line, column;

    static const char  text[] =
        "{'flow':'x',\n'start':'a',\n'steps':{\n"
        "'a':{'say':{'text':'{{name}}'},\n"
        "'next':'nope'},\n"
        "'b':{'end':true,\n"
        "'unclear':{'text':'{{v}}'}}}}";

    (void) state;

    json = flow_text(text, &line, &column);
    assert_int_equal(pl_flow_examine(&flow, flow_test.codec, json,
                                     &flow_test.mistakes), PL_INVALID);
    assert_int_equal(flow_test.mistakes.n, 4);
    assert_int_equal(flow_test.mistakes.errors, 3);
    assert_true(flow_test.mistakes.rows[0].warning);

    for (i = 0; i < 4; i++) {
        assert_int_equal(flow_test.mistakes.rows[i].err.line,
                         ((const unsigned []) { 4, 5, 7, 7 })[i]);
    }

    assert_int_equal(pl_flow_compile(&flow, flow_test.codec, json, &err),
                     PL_INVALID);
    assert_int_equal(err.line, 5);
    assert_int_equal(err.column, 8);
    assert_string_equal(err.path, "steps.a.next");
}


/* At the limit, and one past it. */

static void
mistakes_that_are_kept_are_counted(void **state)
{
    char        text[(PL_FLOW_MISTAKES_MAX + 2) * 40];
    size_t      i, n, len;
    pl_flow_t  *flow;

    (void) state;

    for (n = PL_FLOW_MISTAKES_MAX; n <= PL_FLOW_MISTAKES_MAX + 1; n++) {
        len = (size_t) snprintf(text, sizeof(text), "{\"flow\":\"x\","
                                "\"start\":\"s0\",\"steps\":{");

        for (i = 0; i < n; i++) {
            len += (size_t) snprintf(text + len, sizeof(text) - len,
                                     "%s\"s%zu\":{\"next\":\"no\"}",
                                     i != 0 ? "," : "", i);
        }

        (void) snprintf(text + len, sizeof(text) - len, "}}");
        assert_int_equal(pl_flow_examine(&flow, flow_test.codec,
                                         pl_str_c(text),
                                         &flow_test.mistakes), PL_INVALID);
        assert_int_equal(flow_test.mistakes.n, PL_FLOW_MISTAKES_MAX);
        assert_int_equal(flow_test.mistakes.errors, n);
        assert_int_equal(flow_test.mistakes.more, n - PL_FLOW_MISTAKES_MAX);
    }
}


/* What was accepted before it was a mistake runs on. */

static void
what_was_published_runs_on(void **state)
{
    size_t      i;
    pl_err_t    err;
    pl_flow_t  *flow;

    static const char *const  unfit[] = {
        "{'flow':'x y','start':'a','steps':{'a':{'say':{'text':'t'}}}}",
        "{'flow':'x','start':'a','steps':{'a':{'say':{'text':'  '}}}}",
        "{'flow':'x','start':'a','steps':{'a':{'say':{'text':'\xfc'}}}}",
        "{'flow':'x','start':'a','steps':{'a':{'say':"
            "{'text':'{{name|{{name}}}}'}}}}",
        "{'flow':'x','start':'a','steps':{'a':{'ask':{'save':'v',"
            "'as':'yes_no'},'say':{'text':'t'},'timeouts':[{'after':'0s',"
            "'step':'a'}],'end':true}}}",
        "{'flow':'x','start':'a','steps':{'a':{'say':{'location':"
            "{'latitude':'91','longitude':'0'}}}}}",
    };

    (void) state;

    for (i = 0; i < PL_COUNT(unfit); i++) {
        char      *json = strdup(unfit[i]), *p;
        pl_str_t   text = pl_str_c(json);

        for (p = json; *p != '\0'; p++) {
            *p = *p == '\'' ? '"' : *p;
        }

        assert_int_equal(pl_flow_compile(&flow, flow_test.codec, text, &err),
                         PL_INVALID);
        assert_int_equal(pl_flow_published(&flow, flow_test.codec, text),
                         PL_OK);
        pl_flow_destroy(flow);
        free(json);
    }

    assert_int_equal(pl_flow_published(&flow, flow_test.codec,
                                       PL_STR("{\"flow\":\"x\"}")),
                     PL_INVALID);
}


static void
a_file_has_its_limit(void **state)
{
    char       *text;
    pl_err_t    err;
    pl_flow_t  *flow;

    static const char  json[] =
        "{\"flow\":\"x\",\"start\":\"a\",\"steps\":{\"a\":{}}}";

    (void) state;

    text = malloc(PL_FLOW_FILE_MAX + 1);
    memset(text, ' ', PL_FLOW_FILE_MAX + 1);
    memcpy(text, json, sizeof(json) - 1);

    assert_int_equal(pl_flow_compile(&flow, flow_test.codec,
                                     (pl_str_t) { (uint8_t *) text,
                                                  PL_FLOW_FILE_MAX }, &err),
                     PL_OK);
    pl_flow_destroy(flow);
    assert_int_equal(pl_flow_compile(&flow, flow_test.codec,
                                     (pl_str_t) { (uint8_t *) text,
                                                  PL_FLOW_FILE_MAX + 1 },
                                     &err), PL_TOOBIG);
    free(text);
}


static void
durations_are_read(void **state)
{
    size_t   i;
    int64_t  ms;

    static const struct {
        const char  *text;
        int64_t      ms;                /* 0: it is none */
    } rows[] = {
        { "90s", 90000 }, { "30m", 1800000 }, { "22h", 79200000 },
        { "2d", 172800000 }, { "1h30m", 5400000 }, { "-22h", -79200000 },
        { "1d2h3m4s", 93784000 }, { "366d", PL_FLOW_DURATION_MAX_MS },
        { "367d", 0 }, { "", 0 }, { "-", 0 }, { "5", 0 }, { "h", 0 },
        { "1m1h", 0 }, { "1h1h", 0 }, { "1h ", 0 }, { "1.5h", 0 },
        { "99999999999999999999s", 0 }, { "1w", 0 }, { "365d24h1s", 0 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        ms = 0;

        if (pl_flow_duration(rows[i].text, &ms) != (rows[i].ms != 0)
            || ms != rows[i].ms)
        {
            fail_msg("\"%s\": %lld", rows[i].text, (long long) ms);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_mistake_is_named_with_its_place),
        cmocka_unit_test(what_is_hardly_meant_so_is_a_warning),
        cmocka_unit_test(what_is_right_is_taken_without_a_word),
        cmocka_unit_test(all_mistakes_are_told),
        cmocka_unit_test(mistakes_that_are_kept_are_counted),
        cmocka_unit_test(what_was_published_runs_on),
        cmocka_unit_test(a_file_has_its_limit),
        cmocka_unit_test(durations_are_read),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
