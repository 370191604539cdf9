/*
 * WhatsApp outbound: the requests that are built, byte for byte, and what is
 * refused, with the field that is at fault and without its contents.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
#define EMAIL    PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL
#define GROUP    PL__ADDRESS_KIND__ADDRESS_KIND_GROUP

#define TAG  ",\"biz_opaque_callback_data\":\"m:17:5eed0001\"}"


/* A send that is right; each test makes one thing of it different. */
typedef struct {
    pl_codec_t             *codec;
    pl_arena_t             *ar;
    Pl__ChannelSettings     channel;
    Pl__Message             message;
    Pl__Address             address;
    Pl__Content             content;
    Pl__Text                text;
    Pl__Template            template;
    Pl__TemplateParameter   parameters[2];
    Pl__TemplateParameter  *body[2];
    pl_send_t               send;
    pl_request_t            request;
    pl_err_t                err;
} test_t;


static int
test_group_setup(void **state)
{
    pl_err_t  err;
    test_t   *t = test_calloc(1, sizeof(*t));

    if (pl_shapes_codec(&t->codec, &err) != PL_OK) {
        print_error("%s: %s: %s\n", err.op, err.path, err.text);
        return -1;
    }

    t->ar = pl_arena_create(64 * 1024, 1024 * 1024);
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
test_group_teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


static int
test_setup(void **state)
{
    test_t  *t = *state;

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) "106540352242922";
    t->channel.api_base_url = (char *) "https://graph.facebook.com";
    t->channel.api_version = (char *) "v24.0";

    pl__address__init(&t->address);
    t->address.kind = PHONE;
    t->address.value = (char *) "34600000001";

    pl__text__init(&t->text);
    t->text.body = (char *) "hello";

    pl__template__init(&t->template);
    t->template.name = (char *) "order_ready";
    t->template.language = (char *) "es_ES";
    t->template.body = t->body;
    t->body[0] = &t->parameters[0];
    t->body[1] = &t->parameters[1];
    pl__template_parameter__init(t->body[0]);
    pl__template_parameter__init(t->body[1]);
    t->parameters[0].text = (char *) "Ana";
    t->parameters[1].text = (char *) "A-17";

    pl__content__init(&t->content);
    t->content.type = (char *) "text";
    t->content.of_case = PL__CONTENT__OF_TEXT;
    t->content.text = &t->text;

    pl__message__init(&t->message);
    t->message.address = &t->address;
    t->message.content = &t->content;

    t->send = (pl_send_t) { &t->channel, &t->message, 17, "5eed0001",
                            PL_STR("EAAG-secret"), NULL, NULL, NULL };

    return 0;
}


static pl_status_t
test_build(test_t *t)
{
    pl_arena_reset(t->ar);
    memset(&t->err, 0, sizeof(t->err));
    memset(&t->request, 0, sizeof(t->request));

    return pl_whatsapp.build(t->codec, &t->send, t->ar, &t->request,
                             &t->err);
}


static void
test_body(test_t *t, const char *body)
{
    char  *got;

    assert_int_equal(test_build(t), PL_OK);
    got = pl_arena_str(t->ar, t->request.body);
    assert_string_equal(got, body);
}


/* Refused, naming the field; token and contents are never in the error. */

static void
test_refused(test_t *t, const char *path)
{
    char  line[512];

    assert_int_equal(test_build(t), PL_INVALID);
    assert_string_equal(t->err.path, path);
    (void) pl_err_print(&t->err, line, sizeof(line));
    assert_null(strstr(line, "secret"));
    assert_null(strstr(line, "34600000001"));
}


static void
test_template(test_t *t, size_t n)
{
    t->content.type = (char *) "template";
    t->content.of_case = PL__CONTENT__OF_TEMPLATE;
    t->content.template_ = &t->template;
    t->template.n_body = n;
}


static void
test_request(void **state)
{
    test_t  *t = *state;

    test_body(t, "{\"messaging_product\":\"whatsapp\",\"to\":\"+34600000001\""
                 ",\"type\":\"text\",\"text\":{\"body\":\"hello\"}" TAG);
    assert_string_equal(t->request.method, "POST");
    assert_string_equal(t->request.url, "https://graph.facebook.com/v24.0/"
                                        "106540352242922/messages");
    assert_string_equal(t->request.headers[0],
                        "Authorization: Bearer EAAG-secret");
    assert_string_equal(t->request.headers[1],
                        "Content-Type: application/json");
    assert_null(t->request.headers[2]);

    t->channel.api_base_url = (char *) "http://127.0.0.1:8080/sandbox//";
    assert_int_equal(test_build(t), PL_OK);
    assert_string_equal(t->request.url, "http://127.0.0.1:8080/sandbox/v24.0/"
                                        "106540352242922/messages");

    t->send.message_id = UINT64_MAX;
    t->text.has_preview_url = true;
    t->text.preview_url = true;
    t->message.reply_to = (char *) "wamid.IN";
    t->text.body = (char *) "\"caf\xc3\xa9\"\n\\";
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"to\":\"+34600000001\""
                 ",\"type\":\"text\",\"context\":{\"message_id\":"
                 "\"wamid.IN\"},\"text\":{\"body\":\"\\\"caf\xc3\xa9\\\"\\n"
                 "\\\\\",\"preview_url\":true},\"biz_opaque_callback_data\":"
                 "\"m:18446744073709551615:5eed0001\"}");
}


static void
test_addresses(void **state)
{
    test_t  *t = *state;

    t->address.kind = USER_ID;
    t->address.value = (char *) "ES.1349";
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"recipient\":"
                 "\"ES.1349\",\"type\":\"text\",\"text\":{\"body\":"
                 "\"hello\"}" TAG);

    t->address.kind = GROUP;
    t->address.value = (char *) "Y2FwaV9ncm91cDox";
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"recipient_type\":"
                 "\"group\",\"to\":\"Y2FwaV9ncm91cDox\",\"type\":\"text\","
                 "\"text\":{\"body\":\"hello\"}" TAG);

    t->address.kind = EMAIL;
    test_refused(t, "address.kind");

    t->address.kind = PHONE;
    t->address.value = (char *) "+34600000001";
    test_refused(t, "address.value");
    t->address.value = (char *) "";
    test_refused(t, "address.value");

    t->message.address = NULL;
    test_refused(t, "address");
}


static void
test_templates(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const char *const  bad[] = {
        "", "two\nlines", "a\ttab", "cr\r", "five     spaces",
    };

    test_template(t, 0);
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"to\":\"+34600000001\""
                 ",\"type\":\"template\",\"template\":{\"name\":"
                 "\"order_ready\",\"language\":{\"code\":\"es_ES\"}}" TAG);

    test_template(t, 2);
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"to\":\"+34600000001\""
                 ",\"type\":\"template\",\"template\":{\"name\":"
                 "\"order_ready\",\"language\":{\"code\":\"es_ES\"},"
                 "\"components\":[{\"type\":\"body\",\"parameters\":["
                 "{\"type\":\"text\",\"text\":\"Ana\"},"
                 "{\"type\":\"text\",\"text\":\"A-17\"}]}]}" TAG);

    t->parameters[0].name = (char *) "first_name";
    test_refused(t, "content.template.body[1].name");

    t->parameters[1].name = (char *) "order";
    t->parameters[1].text = (char *) "four    spaces";
    test_body(t, "{\"messaging_product\":\"whatsapp\",\"to\":\"+34600000001\""
                 ",\"type\":\"template\",\"template\":{\"name\":"
                 "\"order_ready\",\"language\":{\"code\":\"es_ES\"},"
                 "\"components\":[{\"type\":\"body\",\"parameters\":["
                 "{\"type\":\"text\",\"parameter_name\":\"first_name\","
                 "\"text\":\"Ana\"},{\"type\":\"text\",\"parameter_name\":"
                 "\"order\",\"text\":\"four    spaces\"}]}]}" TAG);

    for (i = 0; i < PL_COUNT(bad); i++) {
        t->parameters[1].text = (char *) (uintptr_t) bad[i];
        test_refused(t, "content.template.body[1].text");
    }

    t->template.language = (char *) "";
    test_refused(t, "content.template.language");
    t->template.name = (char *) "";
    test_refused(t, "content.template.name");
}


static void
test_text_max(void **state)
{
    char     text[4 * (PL_TEXT_MAX + 1) + 1];
    size_t   i;
    test_t  *t = *state;

    for (i = 0; i <= PL_TEXT_MAX; i++) {
        memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 4);
    }

    t->text.body = text;
    text[4 * (PL_TEXT_MAX + 1)] = '\0';
    test_refused(t, "content.text.body");

    text[4 * PL_TEXT_MAX] = '\0';
    assert_int_equal(test_build(t), PL_OK);

    memset(text, 'x', PL_TEXT_MAX + 1);
    text[PL_TEXT_MAX + 1] = '\0';
    test_refused(t, "content.text.body");

    text[PL_TEXT_MAX] = '\0';
    assert_int_equal(test_build(t), PL_OK);

    text[0] = '\0';
    test_refused(t, "content.text.body");

    t->content.of_case = PL__CONTENT__OF__NOT_SET;
    test_refused(t, "content.type");
    t->message.content = NULL;
    test_refused(t, "content");
}


/* Nothing that is set or stored brings in a line, a path or a query. */

static void
test_injection(void **state)
{
    size_t   i;
    char    *account;
    test_t  *t = *state;

    static const char *const  bad[] = {
        "", "\r\nX: secret", "secret\n", "a secret", "secret\x7f",
        "\xc3\xa9secret", "secret\t",
    };
    static const char *const  words[] = {
        "..", "1/../2", "1?x=secret", "1#secret", "1%2fsecret",
    };

    for (i = 0; i < PL_COUNT(bad); i++) {
        (void) test_setup(state);
        t->send.token = pl_str_c(bad[i]);
        test_refused(t, "token");

        (void) test_setup(state);
        t->channel.api_base_url = (char *) (uintptr_t) bad[i];
        test_refused(t, "channel.api_base_url");

        (void) test_setup(state);
        t->channel.api_version = (char *) (uintptr_t) bad[i];
        test_refused(t, "channel.api_version");
    }

    (void) test_setup(state);
    account = t->channel.account;

    for (i = 0; i < PL_COUNT(words); i++) {
        t->channel.account = (char *) (uintptr_t) words[i];
        test_refused(t, "channel.account");
    }

    t->channel.account = account;
    t->channel.api_base_url = (char *) "https://x/?secret";
    test_refused(t, "channel.api_base_url");

    t->channel.api_base_url = (char *) "https://x";
    t->send.token = (pl_str_t) { (const uint8_t *) "tok\0secret", 10 };
    test_refused(t, "token");
}


static void
test_no_memory(void **state)
{
    size_t       max;
    test_t      *t = *state;
    pl_arena_t  *ar;
    pl_status_t  rc = PL_NOMEM;

    test_template(t, 2);

    for (max = 64; rc != PL_OK && max < 64 * 1024; max += 64) {
        ar = pl_arena_create(64, max);
        assert_non_null(ar);
        rc = pl_whatsapp.build(t->codec, &t->send, ar, &t->request, &t->err);
        assert_true(rc == PL_NOMEM || rc == PL_OK);
        pl_arena_destroy(ar);
    }

    assert_int_equal(rc, PL_OK);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_request, test_setup),
        cmocka_unit_test_setup(test_addresses, test_setup),
        cmocka_unit_test_setup(test_templates, test_setup),
        cmocka_unit_test_setup(test_text_max, test_setup),
        cmocka_unit_test_setup(test_injection, test_setup),
        cmocka_unit_test_setup(test_no_memory, test_setup),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_build", tests,
                                       test_group_setup, test_group_teardown);
}
