/*
 * One definition of a template, and one send by it: as the Cloud API is
 * given it (name, language, components), and as Twilio is (ContentSid,
 * ContentVariables).
 */

#include "whatsapp_out.h"

#include "../../src/channel/content.h"
#include "../../src/channel/draft.h"
#include "../../src/channel/template.h"
#include "../../src/channel/twilio.h"

#define SID      "AC00000000000000000000000000000001"
#define CONTENT  "HX0123456789abcdef0123456789abcdef"

/* What every definition here has around its own part. */
#define DRAFT(more)                                                           \
    "{\"templates\":[{\"name\":\"order\",\"language\":\"de\","                \
    "\"category\":\"utility\"," more "}]}"
#define CONTENT_SID  "\"content_sid\":\"" CONTENT "\","

/* A send of it. */
#define SEND(more)                                                            \
    "{\"type\":\"template\",\"template\":{\"name\":\"order\","                \
    "\"language\":\"de\"," more "}}"

#define V(name)  "{\"name\":\"" name "\",\"sample\":\"s\"}"
#define K(name, key)                                                          \
    "{\"name\":\"" name "\",\"sample\":\"s\",\"key\":\"" key "\"}"
#define P(name, text)  "{\"name\":\"" name "\",\"text\":\"" text "\"}"
#define U(text)        "{\"text\":\"" text "\"}"

/* What a definition is on both, and where a send of it is refused there. */
typedef struct {
    const char  *name;
    const char  *draft;
    const char  *send;
    const char  *meta;          /* components; NULL: not looked at */
    const char  *variables;     /* NULL: refused; "": none */
    const char  *path;          /* where it is refused */
} row_t;

#define TEXTS                                                                 \
    "\"header\":\"Hi {{who}}\","                                              \
    "\"body\":\"Dear {{who}}, {{what}} is {{how}}.\","                        \
    "\"buttons\":[{\"kind\":\"quick_reply\",\"text\":\"Ok\",\"id\":\"yes\"}," \
    "{\"kind\":\"url\",\"text\":\"See\",\"url\":\"https://e/{{nr}}\"}],"
#define WHO   "\"header\":{\"kind\":\"text\",\"text\":\"Ana\",\"name\":\"who\"}"
#define BODY                                                                  \
    "\"body\":[" P("what", "x") "," P("how", "y") "," P("who", "Ana") "]"
#define TAPS                                                                  \
    "\"buttons\":[{\"index\":1,\"kind\":\"url\",\"text\":\"17\"},"            \
    "{\"index\":0,\"kind\":\"quick_reply\",\"text\":\"yes\"}]"
#define VARIABLES  "\"variables\":[" V("what") "," V("nr") "," V("how") ","   \
    V("who") "]"

#define META_WHO  "{\"type\":\"header\",\"parameters\":[{\"type\":\"text\"," \
    "\"parameter_name\":\"who\",\"text\":\"Ana\"}]}"

static const row_t rows[] = {
    { "header, body and buttons, numbered",
      DRAFT(CONTENT_SID TEXTS VARIABLES),
      SEND(WHO "," BODY "," TAPS),
      META_WHO ",{\"type\":\"body\",\"parameters\":["
      "{\"type\":\"text\",\"parameter_name\":\"what\",\"text\":\"x\"},"
      "{\"type\":\"text\",\"parameter_name\":\"how\",\"text\":\"y\"},"
      "{\"type\":\"text\",\"parameter_name\":\"who\",\"text\":\"Ana\"}]},"
      "{\"type\":\"button\",\"parameters\":[{\"type\":\"text\","
      "\"text\":\"17\"}],\"sub_type\":\"url\",\"index\":\"1\"},"
      "{\"type\":\"button\",\"parameters\":[{\"type\":\"payload\","
      "\"payload\":\"yes\"}],\"sub_type\":\"quick_reply\",\"index\":\"0\"}",
      "{\"1\":\"Ana\",\"2\":\"x\",\"3\":\"y\",\"4\":\"17\"}", NULL },
    { "by the keys that it has",
      DRAFT(CONTENT_SID "\"body\":\"A {{b}}, {{a}}.\",\"variables\":["
            K("a", "1") "," K("b", "Naam_2") "]"),
      SEND("\"body\":[" P("a", "x") "," P("b", "\\\"q\\\" \\u00fc") "]"),
      "{\"type\":\"body\",\"parameters\":["
      "{\"type\":\"text\",\"parameter_name\":\"a\",\"text\":\"x\"},"
      "{\"type\":\"text\",\"parameter_name\":\"b\","
      "\"text\":\"\\\"q\\\" \xc3\xbc\"}]}",
      "{\"Naam_2\":\"\\\"q\\\" \xc3\xbc\",\"1\":\"x\"}", NULL },
    { "variables that are numbers",
      DRAFT(CONTENT_SID "\"body\":\"A {{2}}, {{1}}.\",\"header\":\"{{3}}\","
            "\"variables\":[" V("3") "," V("1") "," V("2") "]"),
      SEND("\"header\":{\"kind\":\"text\",\"text\":\"h\"},"
           "\"body\":[" U("one") "," U("two") "]"),
      "{\"type\":\"header\",\"parameters\":[{\"type\":\"text\","
      "\"text\":\"h\"}]},{\"type\":\"body\",\"parameters\":["
      "{\"type\":\"text\",\"text\":\"one\"},"
      "{\"type\":\"text\",\"text\":\"two\"}]}",
      "{\"1\":\"one\",\"2\":\"two\",\"3\":\"h\"}", NULL },
    { "without variables",
      DRAFT(CONTENT_SID "\"body\":\"b\""),
      SEND("\"body\":[]"), NULL, "", NULL },
    { "without a ContentSid",
      DRAFT("\"body\":\"b\""), SEND("\"body\":[]"), NULL, NULL,
      "content.template.name" },
    { "a variable that is missing",
      DRAFT(CONTENT_SID "\"body\":\"A {{a}} b.\",\"variables\":[" V("a") "]"),
      SEND("\"body\":[]"), NULL, NULL, "content.template.body" },
    { "one that there is not",
      DRAFT(CONTENT_SID "\"body\":\"A {{a}} b.\",\"variables\":[" V("a") "]"),
      SEND("\"body\":[" P("a", "x") "," P("c", "x") "]"), NULL, NULL,
      "content.template.body[1].name" },
    { "a value for none",
      DRAFT(CONTENT_SID "\"body\":\"b\""),
      SEND("\"body\":[" U("x") "]"), NULL, NULL,
      "content.template.body[0]" },
    { "a header's that is missing",
      DRAFT(CONTENT_SID TEXTS VARIABLES),
      SEND(BODY "," TAPS), NULL, NULL, "content.template.header" },
    { "a URL's that is missing",
      DRAFT(CONTENT_SID TEXTS VARIABLES),
      SEND(WHO "," BODY), NULL, NULL, "content.template.buttons" },
    { "two values of one variable",
      DRAFT(CONTENT_SID TEXTS VARIABLES),
      SEND("\"header\":{\"kind\":\"text\",\"text\":\"Tom\",\"name\":\"who\"}"
           "," BODY "," TAPS), NULL, NULL, "content.template.header.text" },
    { "another id of a quick reply",
      DRAFT(CONTENT_SID TEXTS VARIABLES),
      SEND(WHO "," BODY ",\"buttons\":[{\"index\":1,\"kind\":\"url\","
           "\"text\":\"17\"},{\"index\":0,\"kind\":\"quick_reply\","
           "\"text\":\"no\"}]"), NULL, NULL,
      "content.template.buttons[1].text" },
    { "an id that is not known",
      DRAFT(CONTENT_SID "\"body\":\"b\",\"buttons\":["
            "{\"kind\":\"quick_reply\",\"text\":\"Ok\"}]"),
      SEND("\"body\":[],\"buttons\":[{\"index\":0,\"kind\":\"quick_reply\","
           "\"text\":\"yes\"}]"), NULL, NULL,
      "content.template.buttons[0].text" },
};


/* The rows' definition, as its channel of Twilio's keeps it. */

static Pl__TemplateRecord *
test_record(t_out_t *t, const char *json)
{
    char                 buf[1024];
    pl_drafts_t          drafts;
    Pl__TemplateRecord  *record;

    if (pl_draft_read(t->codec, pl_str_c(json), t->ar, &drafts, &t->err)
        != PL_OK
        || pl_content_record(drafts.drafts[0], t->ar, &record, &t->err)
           != PL_OK)
    {
        fail_msg("%s", pl_err_print(&t->err, buf, sizeof(buf)));
        return NULL;
    }

    return record;
}


static pl_status_t
test_build(t_out_t *t, const pl_channel_t *provider,
    Pl__TemplateRecord *record, const char **body)
{
    pl_send_t     send = { 0 };
    pl_status_t   rc;
    pl_request_t  out = { 0 };

    if (provider == &pl_twilio) {
        t->channel.account = (char *) SID "/whatsapp:+31620000000";
        t->channel.api_version = (char *) "2010-04-01";
    }

    send.channel = &t->channel;
    send.message = &t->message;
    send.message_id = 42;
    send.mark = "ab";
    send.token = PL_STR("secret");
    send.template = record;

    memset(&t->err, 0, sizeof(t->err));
    rc = provider->build(t->codec, &send, t->ar, &out, &t->err);
    *body = rc == PL_OK ? pl_arena_str(t->ar, out.body) : NULL;

    return rc;
}


/* ContentVariables of a form, decoded; "" where there are none. */

static const char *
test_variables(t_out_t *t, const char *form)
{
    size_t             i, n;
    pl_twilio_pair_t  *pairs;

    assert_int_equal(pl_twilio_form(pl_str_c(form), t->ar, &pairs, &n,
                                    &t->err), PL_OK);

    for (i = 0; i < n; i++) {
        if (pl_str_eq(pairs[i].name, PL_STR("ContentVariables"))) {
            return pl_arena_str(t->ar, pairs[i].value);
        }
    }

    return "";
}


static void
one_definition_goes_to_both(void **state)
{
    size_t               i;
    t_out_t             *t = *state;
    const char          *body;
    const row_t         *row;
    Pl__TemplateRecord  *record;

    for (i = 0; i < PL_COUNT(rows); i++) {
        row = &rows[i];
        pl_arena_reset(t->ar);
        record = test_record(t, row->draft);

        t_out_content(t, row->send);

        if (row->meta != NULL) {
            assert_int_equal(pl_template_check(record,
                                 t->message.content->template_, &t->err),
                             PL_OK);
            assert_int_equal(test_build(t, &pl_whatsapp, record, &body),
                             PL_OK);

            if (strstr(body, pl_arena_printf(t->ar, "\"components\":[%s]",
                                             row->meta)) == NULL)
            {
                fail_msg("%s: %s", row->name, body);
            }
        }

        t_out_content(t, row->send);

        if (row->variables == NULL) {
            assert_int_equal(test_build(t, &pl_twilio, record, &body),
                             PL_INVALID);
            if (strcmp(t->err.path, row->path) != 0) {
                fail_msg("%s: %s: %s", row->name, t->err.path, t->err.text);
            }

            continue;
        }

        if (test_build(t, &pl_twilio, record, &body) != PL_OK) {
            fail_msg("%s: %s: %s", row->name, t->err.path, t->err.text);
        }

        assert_non_null(strstr(body, "&ContentSid=" CONTENT));
        if (strcmp(test_variables(t, body), row->variables) != 0) {
            fail_msg("%s: %s", row->name, test_variables(t, body));
        }
    }
}


/* Its name alone says nothing to Twilio; a ContentSid says all. */

static void
a_name_needs_a_row(void **state)
{
    t_out_t     *t = *state;
    const char  *body;

    pl_arena_reset(t->ar);
    t_out_content(t, SEND("\"body\":[]"));
    assert_int_equal(test_build(t, &pl_twilio, NULL, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.name");

    t_out_content(t, SEND("\"body\":[" U("x") "]"));
    t->message.content->template_->name = (char *) CONTENT;
    assert_int_equal(test_build(t, &pl_twilio, NULL, &body), PL_OK);
    assert_string_equal(test_variables(t, body), "{\"1\":\"x\"}");
}


/* Which channels have them, and which sends go by them. */

static void
who_has_contents(void **state)
{
    Pl__Template          template = PL__TEMPLATE__INIT;
    Pl__ChannelSettings   wa = PL__CHANNEL_SETTINGS__INIT;
    Pl__ChannelSettings   sms = PL__CHANNEL_SETTINGS__INIT;

    (void) state;
    wa.account = (char *) SID "/whatsapp:+31620000000";
    sms.account = (char *) SID "/+31620000000";

    assert_true(pl_content_has(&pl_twilio, &wa));
    assert_false(pl_content_has(&pl_twilio, &sms));
    assert_false(pl_content_has(&pl_whatsapp, &wa));
    assert_false(pl_content_has(NULL, &wa));

    template.name = (char *) "order";
    assert_true(pl_content_by_row(&pl_twilio, &wa, &template));
    assert_false(pl_content_by_row(&pl_whatsapp, &wa, &template));
    template.name = (char *) CONTENT;
    assert_false(pl_content_by_row(&pl_twilio, &wa, &template));
}


/* The keys that a listing shows are those that a send has. */

static void
keys_are_shown(void **state)
{
    size_t               n;
    t_out_t             *t = *state;
    pl_content_value_t  *values;
    Pl__TemplateRecord  *record;

    pl_arena_reset(t->ar);
    record = test_record(t, rows[0].draft);
    assert_int_equal(record->status,
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED);
    assert_string_equal(record->id, CONTENT);
    assert_int_equal(pl_content_keys(record, t->ar, &values, &n, &t->err),
                     PL_OK);
    assert_int_equal(n, 4);
    assert_string_equal(values[3].name, "nr");
    assert_string_equal(values[3].key, "4");
    assert_null(values[3].value);

    record = test_record(t, DRAFT("\"body\":\"b\""));
    assert_int_equal(record->status,
                     PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT);
    assert_null(record->id);
}


/* Rows that were read in with a tenant may be anything: none is a crash. */

static void
a_row_that_does_not_fit_itself(void **state)
{
    t_out_t             *t = *state;
    const char          *body;
    Pl__TemplateRecord  *record;

    pl_arena_reset(t->ar);
    record = test_record(t, rows[0].draft);
    t_out_content(t, rows[0].send);
    record->draft->n_buttons = 0;
    assert_int_equal(test_build(t, &pl_twilio, record, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.buttons[1].text");

    record->draft->content_sid = (char *) "HX1";
    assert_int_equal(test_build(t, &pl_twilio, record, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.name");

    record = test_record(t, rows[0].draft);
    t_out_content(t, rows[0].send);
    record->body = NULL;
    assert_int_equal(test_build(t, &pl_twilio, record, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.name");

    record = test_record(t, rows[0].draft);
    t_out_content(t, rows[0].send);
    record->header->kind = PL__HEADER_KIND__HEADER_KIND_IMAGE;
    record->header->text = NULL;
    t->message.content->template_->header->kind = record->header->kind;
    assert_int_equal(test_build(t, &pl_twilio, record, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.header");

    record = test_record(t, rows[0].draft);
    t_out_content(t, rows[0].send);
    record->buttons[1]->type = (char *) "OTP";
    record->buttons[1]->url = NULL;
    assert_int_equal(test_build(t, &pl_twilio, record, &body), PL_INVALID);
    assert_string_equal(t->err.path, "content.template.buttons[0].text");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_definition_goes_to_both),
        cmocka_unit_test(a_name_needs_a_row),
        cmocka_unit_test(who_has_contents),
        cmocka_unit_test(keys_are_shown),
        cmocka_unit_test(a_row_that_does_not_fit_itself),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("content", tests, t_out_setup,
                                       t_out_teardown);
}
