/*
 * What is said: texts filled, and contents that the channel takes, whatever
 * variables bring in.
 */

#include "flow.h"

#include "../../src/channel/whatsapp.h"
#include "../../src/channel/whatsapp_impl.h"
#include "../../src/core/wire.h"

static Pl__Contact     contact;
static Pl__Variable    rows[3], *list[3] = { &rows[0], &rows[1], &rows[2] };
static pl_flow_vars_t  vars;


static void
person(const char *name, const char *v, const char *w)
{
    size_t  i;

    pl__contact__init(&contact);
    contact.name = (char *) name;
    vars.contact = &contact;
    vars.rows = list;
    vars.n_rows = 2;

    for (i = 0; i < 2; i++) {
        pl__variable__init(&rows[i]);
        rows[i].name = (char *) (i == 0 ? "v" : "w");
        rows[i].value = (char *) (i == 0 ? v : w);
    }
}


static void
texts_are_filled_once(void **state)
{
    size_t      i;
    pl_flow_t  *flow;

    static const struct {
        const char  *name;
        const char  *text;
        const char  *filled;
    } texts[] = {
        { "Ann Lee", "Hey {{first_name|da}}!", "Hey Ann!" },
        { NULL, "Hey {{first_name|da}}!", "Hey da!" },
        { "", "Hey {{first_name|da}}!", "Hey da!" },
        { "Ann Lee", "Hey {{name}}!", "Hey Ann Lee!" },
        { NULL, "Hey {{name}}, you", "Hey, you" },
        { NULL, "Hey  {{name}} you", "Hey you" },
        { NULL, "{{name}} you", "you" },
        { NULL, "Hey {{name}}", "Hey" },
        { NULL, "{{name|}}x", "x" },
        { "Dr. Ann Lee", "{{first_name|-}}", "Ann" },
        { "Herr Lee", "{{first_name|-}}", "-" },
        { "+49 30 12", "{{first_name|-}}", "-" },
        { "ann@example.org", "{{first_name|-}}", "-" },
        { "Jörg Ö", "{{first_name|-}}", "Jörg" },
        { "  Ann", "{{first_name|-}}", "Ann" },
        { "Prof. Dr.", "{{first_name|-}}", "-" },
        { NULL, "{{v}} {{w|x}}", "{{w}} {{name}}" },
        { "Ann", "{{own}} {{name}}", "from the file Ann" },
        { NULL, "{{v", "{{v" },
        { NULL, "a { {b}} }", "a { {b}} }" },
    };

    (void) state;

    flow = flow_good("{'flow':'x','start':'a','variables':"
                     "{'own':'from the file'},'steps':{'a':{}}}");

    for (i = 0; i < PL_COUNT(texts); i++) {
        person(texts[i].name, "{{w}}", "{{name}}");
        assert_string_equal(pl_flow_fill(flow, texts[i].text, &vars,
                                         flow_test.ar), texts[i].filled);
    }

    /* a variable stands before the contact, and before the file's */

    person("Ann", "x", "y");
    rows[0].name = (char *) "name";
    rows[1].name = (char *) "own";
    assert_string_equal(pl_flow_fill(flow, "{{name}} {{own}}", &vars,
                                     flow_test.ar), "x y");
    pl_flow_destroy(flow);
}


/* Says what step a says, and lets the channel look at it. */

static void
say(const pl_flow_t *flow, Pl__Content **free_form, Pl__Content **template)
{
    size_t        i;
    pl_err_t      err;
    Pl__Address   address = PL__ADDRESS__INIT;
    Pl__Message   message = PL__MESSAGE__INIT;
    Pl__Content  *both[2];

    assert_int_equal(pl_flow_content(flow, pl_flow_step(flow, "a")->say,
                                     &vars, flow_test.ar, free_form,
                                     template), PL_OK);
    both[0] = *free_form;
    both[1] = *template;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "49301234";
    message.address = &address;
    message.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;

    for (i = 0; i < 2; i++) {
        message.content = both[i];

        if (both[i] != NULL && pl_whatsapp_check(&message, &err) != PL_OK) {
            fail_msg("%s: %s", err.path, err.text);
        }
    }
}


static const char *const  says[] = {
    "'text':'{{v|x}}'",
    "'text':'{{v|x}}','preview_url':true",
    "'text':'{{v|x}}','buttons':[{'id':'1','title':'{{v|x}}'},"
    "{'id':'2','title':'B'},{'id':'3','title':'{{w|x}} 3'}],"
    "'header':'{{v|x}}','footer':'{{v|x}}'",
    "'text':'{{v|x}}','media':{'type':'image','link':'https://x/{{v|x}}'},"
    "'buttons':[{'id':'1','title':'A'}]",
    "'text':'{{v|x}}','list':{'button':'{{v|x}}','sections':["
    "{'title':'S {{v|x}}','rows':[{'id':'1','title':'{{v|x}}',"
    "'description':'{{v|x}}'}]},"
    "{'title':'T','rows':[{'id':'2','title':'B'}]}]}",
    "'text':'{{v|x}}','url':{'title':'{{v|x}}','url':"
    "'https://x/?q={{v|x}}'}",
    "'text':'{{v|x}}','form':{'id':'1','title':'{{v|x}}','token':'{{v|x}}'}",
    "'text':'{{v|x}}','media':{'type':'document','link':'https://x/',"
    "'filename':'{{v|x}}'}",
    "'media':{'type':'video','link':'https://x/','caption':'{{v|x}}'}",
    "'media':{'type':'audio','link':'https://x/a'}",
    "'location':{'latitude':'52.5','longitude':'13.4','name':'{{v|x}}'}",
    "'template':{'name':'t','language':'de_DE','body':[{'text':"
    "'A  {{v|x}}'}],'buttons':[{'index':0,'kind':'url','text':"
    "'{{v|x}}'}]}",
    "'text':'{{v|x}}','template':{'name':'t','language':'de','header':"
    "{'kind':'image','media':{'link':'https://x/y'}}}",
};


/* A value of any length, with what a template's parameter may not have. */

static void
what_variables_bring_in_is_taken_by_the_channel(void **state)
{
    char          *value, json[1024];
    size_t         i, k;
    pl_flow_t     *flow;
    Pl__Content   *free_form, *template;

    (void) state;

    value = malloc(PL_TEXT_MAX + 1);
    assert_non_null(value);

    for (i = 0; i < PL_COUNT(says); i++) {
        (void) snprintf(json, sizeof(json), "{'flow':'x','start':'a',"
                        "'steps':{'a':{'say':{%s}}}}", says[i]);
        flow = flow_good(json);

        for (k = 0; k < 3; k++) {
            memset(value, k == 1 ? ' ' : 'x', PL_TEXT_MAX);
            memcpy(value, "ä\n\t      b", 12);
            value[k == 0 ? 12 : PL_TEXT_MAX] = '\0';
            person("Ann", value, k == 2 ? "" : value);
            say(flow, &free_form, &template);
            assert_true(free_form != NULL || template != NULL);
        }

        pl_flow_destroy(flow);
    }

    free(value);
}


static void
contents_are_what_was_meant(void **state)
{
    pl_flow_t     *flow;
    Pl__Content   *free_form, *template;

    (void) state;

    flow = flow_good(FLOW("'a':{'say':{'text':'Hi {{v}}','url':{'title':"
                          "'Go','url':'https://x/?q={{v}}'},'template':"
                          "{'name':'t','language':'de','body':[{'text':"
                          "'{{v}}','name':'n'}]}},'set':{'v':'x'}}"));
    person("Ann", "a b\n&ü", "");
    say(flow, &free_form, &template);
    assert_string_equal(free_form->interactive->body, "Hi a b\n&ü");
    assert_string_equal(free_form->interactive->action->url->url,
                        "https://x/?q=a%20b%0A%26%C3%BC");
    assert_string_equal(template->template_->body[0]->text, "a b &ü");
    assert_string_equal(template->template_->body[0]->name, "n");
    assert_string_equal(template->template_->language, "de");

    /* a parameter that comes out empty: the template is not sent */

    person("Ann", "", "");
    say(flow, &free_form, &template);
    assert_null(template);
    assert_non_null(free_form);
    pl_flow_destroy(flow);

    /* nothing to say */

    flow = flow_good(FLOW("'a':{'set':{'v':'x'},'say':{'text':'{{v}}'}}"));
    person("Ann", "", "");
    say(flow, &free_form, &template);
    assert_null(free_form);
    assert_null(template);
    pl_flow_destroy(flow);

    /* an URL that is a variable as a whole is taken as it is */

    flow = flow_good(FLOW("'a':{'set':{'v':'x'},'say':{'media':{'type':"
                          "'image','link':'{{v}}'}}}"));
    person("Ann", "https://y/a%20b?c=d", "");
    say(flow, &free_form, &template);
    assert_string_equal(free_form->media->link, "https://y/a%20b?c=d");
    pl_flow_destroy(flow);
}


/* What has no variables is made once, packed once and weighed once. */

static void
what_never_varies_is_made_once(void **state)
{
    pl_flow_t     *flow;
    Pl__Content   *free_form, *template, *again, *other;

    (void) state;

    flow = flow_good(FLOW("'a':{'say':{'text':'Hi','buttons':[{'id':'1',"
                          "'title':'A'}],'template':{'name':'t','language':"
                          "'de','body':[{'text':'b'}]}}}"));
    person("Ann", "", "");
    say(flow, &free_form, &template);
    assert_string_equal(free_form->interactive->body, "Hi");
    assert_string_equal(template->template_->body[0]->text, "b");
    assert_non_null(pl_wire_frozen(&free_form->base));
    assert_non_null(pl_wire_frozen(&template->base));
    assert_ptr_equal(pl_wire_frozen(&free_form->base)->fits,
                     &pl_whatsapp_limits);

    say(flow, &again, &other);
    assert_ptr_equal(again, free_form);
    assert_ptr_equal(other, template);
    pl_flow_destroy(flow);

    /* a name in the text: what is tapped is the same for all */

    flow = flow_good(FLOW("'a':{'say':{'text':'Hi {{name|you}}','buttons':"
                          "[{'id':'1','title':'A'}]}}"));
    say(flow, &free_form, &template);
    assert_string_equal(free_form->interactive->body, "Hi Ann");
    assert_null(pl_wire_frozen(&free_form->base));
    assert_non_null(pl_wire_frozen(&free_form->interactive->action->base));

    person("Bob", "", "");
    say(flow, &again, &template);
    assert_string_equal(again->interactive->body, "Hi Bob");
    assert_int_equal(again->interactive->kind, free_form->interactive->kind);
    assert_ptr_equal(again->interactive->action,
                     free_form->interactive->action);
    pl_flow_destroy(flow);

    /* in the template alone, in a button alone: nothing is kept */

    flow = flow_good(FLOW("'a':{'say':{'text':'Hi','template':{'name':'t',"
                          "'language':'de','body':[{'text':"
                          "'{{name|you}}'}]}}}"));
    say(flow, &free_form, &template);
    assert_string_equal(template->template_->body[0]->text, "Bob");
    person("Ann", "", "");
    say(flow, &free_form, &template);
    assert_string_equal(template->template_->body[0]->text, "Ann");
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{'say':{'text':'Hi','buttons':[{'id':'1',"
                          "'title':'{{name|A}}'}]}}"));
    say(flow, &free_form, &template);
    person("Bob", "", "");
    say(flow, &again, &template);
    assert_string_equal(free_form->interactive->action->buttons[0]->title,
                        "Ann");
    assert_string_equal(again->interactive->action->buttons[0]->title,
                        "Bob");
    pl_flow_destroy(flow);
}


/* A name in a template: its buttons are the same for all, or are not. */

static void
buttons_of_a_template_are_made_once(void **state)
{
    pl_flow_t    *flow;
    Pl__Content  *free_form, *template, *other;

    (void) state;

    person("Ann", "", "");
    flow = flow_good(FLOW("'a':{'say':{'template':{'name':'t','language':'de',"
                          "'body':[{'text':'{{name|you}}'}],'buttons':["
                          "{'index':0,'kind':'quick_reply','text':'y'},"
                          "{'index':1,'kind':'quick_reply','text':'n'}]}}}"));
    say(flow, &free_form, &template);
    person("Bob", "", "");
    say(flow, &free_form, &other);
    assert_string_equal(template->template_->body[0]->text, "Ann");
    assert_string_equal(other->template_->body[0]->text, "Bob");
    assert_int_equal(other->template_->n_buttons, 2);
    assert_ptr_equal(other->template_->buttons, template->template_->buttons);
    assert_string_equal(other->template_->buttons[1]->text, "n");
    assert_non_null(pl_wire_frozen(&other->template_->buttons[1]->base));
    pl_flow_destroy(flow);

    flow = flow_good(FLOW("'a':{'say':{'template':{'name':'t','language':'de',"
                          "'body':[{'text':'x'}],'buttons':["
                          "{'index':0,'kind':'url','text':'{{name|you}}'}]}}}"
                          ));
    say(flow, &free_form, &template);
    assert_string_equal(template->template_->buttons[0]->text, "Bob");
    person("Ann", "", "");
    say(flow, &free_form, &template);
    assert_string_equal(template->template_->buttons[0]->text, "Ann");
    pl_flow_destroy(flow);
}


/* Frozen or not, what does not fit is refused, each time it is looked at. */

static void
what_is_frozen_has_its_limits(void **state)
{
    size_t           i;
    pl_err_t         err;
    Pl__Text         text = PL__TEXT__INIT;
    Pl__Button       button = PL__BUTTON__INIT, *buttons[4];
    Pl__Action       action = PL__ACTION__INIT;
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__Message      message = PL__MESSAGE__INIT;
    Pl__Interactive  in = PL__INTERACTIVE__INIT;

    (void) state;

    message.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    message.content = &content;

    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    text.body = (char *) "";
    assert_true(pl_wire_freeze(&content.base, flow_test.ar));

    for (i = 0; i < 2; i++) {
        assert_int_equal(pl_whatsapp_check(&message, &err), PL_INVALID);
        assert_string_equal(err.path, "content.text.body");
    }

    /* a part that fits says nothing of what is around it */

    pl__content__init(&content);
    content.type = (char *) "interactive";
    content.of_case = PL__CONTENT__OF_INTERACTIVE;
    content.interactive = &in;
    in.kind = PL__INTERACTIVE_KIND__INTERACTIVE_KIND_BUTTON;
    in.body = (char *) "Hi";
    in.action = &action;
    button.id = button.title = (char *) "A";
    action.buttons = buttons;
    action.n_buttons = 1;
    buttons[0] = &button;
    assert_true(pl_wire_freeze(&action.base, flow_test.ar));
    assert_int_equal(pl_whatsapp_check(&message, &err), PL_OK);
    assert_int_equal(pl_whatsapp_check(&message, &err), PL_OK);
    in.body = (char *) "";
    assert_int_equal(pl_whatsapp_check(&message, &err), PL_INVALID);
    assert_string_equal(err.path, "content.interactive.body");

    /* one that does not is refused, the first time and the second */

    pl__action__init(&action);
    action.buttons = buttons;
    action.n_buttons = 4;

    for (i = 0; i < 4; i++) {
        buttons[i] = &button;
    }

    in.body = (char *) "Hi";
    assert_true(pl_wire_freeze(&action.base, flow_test.ar));

    for (i = 0; i < 2; i++) {
        assert_int_equal(pl_whatsapp_check(&message, &err), PL_INVALID);
        assert_string_equal(err.path, "content.interactive.action.buttons[3]");
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(texts_are_filled_once),
        cmocka_unit_test(what_variables_bring_in_is_taken_by_the_channel),
        cmocka_unit_test(contents_are_what_was_meant),
        cmocka_unit_test(what_never_varies_is_made_once),
        cmocka_unit_test(buttons_of_a_template_are_made_once),
        cmocka_unit_test(what_is_frozen_has_its_limits),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
