/*
 * Twilio: signatures by the vectors of its page, forms, items, requests,
 * answers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/twilio_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define TEST_ARENA  (16u * 1024 * 1024)

#define SID    "AC00000000000000000000000000000001"
#define OTHER  "AC00000000000000000000000000000002"
#define URL_1  "https://mycompany.com/myapp.php?foo=1&bar=2"
#define URL_7  "https://gw.example.com/parley/twilio/in"
#define FORM_A                                                                \
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234"             \
    "&From=%2B14158675309&To=%2B18005551212"
#define FORM_7                                                                \
    "MessageSid=SM00000000000000000000000000000001&AccountSid=" SID           \
    "&From=whatsapp%3A%2B15550002222&To=whatsapp%3A%2B15550001111"            \
    "&Body=Hello+%26+caf%C3%A9&NumMedia=0&ProfileName=Ana&WaId=15550002222"
#define JSON_6  "{\"property\": \"value\", \"boolean\": true}"
#define HASH_6                                                                \
    "&bodySHA256="                                                            \
    "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
#define TOKEN_7  "0123456789abcdef0123456789abcdef"


typedef struct {
    const char   *url;
    const char   *form;
    const char   *token;
    const char   *signature;
    pl_status_t   rc;
} test_row_t;

typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static const test_row_t test_rows[] = {
    { URL_1, FORM_A, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", PL_OK },
    { "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "kvajT1Ptam85bY51eRf/AJRuM3w=", PL_OK },
    { "http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "0ZXoZLH/DfblKGATFgpif+LLRf4=", PL_OK },
    { "http://mycompany.com:1234/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", PL_OK },
    { URL_1, "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
      "12345", "IK+Dwps556ElfBT0I3Rgjkr1wJU=", PL_OK },
    { URL_1 HASH_6, JSON_6, "12345", "a9nBmqA0ju/hNViExpshrM61xv4=", PL_OK },
    { URL_7, FORM_7, TOKEN_7, "NyMEdmDZCmwMoMWfQEgyzWTBNoo=", PL_OK },

    /* with the port and without it */
    { URL_1, FORM_A, "12345", "kvajT1Ptam85bY51eRf/AJRuM3w=", PL_OK },
    { "https://mycompany.com:443/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", PL_OK },
    { "http://mycompany.com/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "0ZXoZLH/DfblKGATFgpif+LLRf4=", PL_OK },
    { "http://mycompany.com:80/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "OyGYPqTF6ztdbRNCvuQO/oPvqQ4=", PL_OK },

    /* signed rightly: but of two accounts; and a form by its hash, which
       anybody's token would do for */
    { URL_1, "AccountSid=AC1&AccountSid=AC2", "12345",
      "VtJvVjToK1iIUT5D7iTC8K3Aa5Y=", PL_DENIED },
    { URL_1 "&bodySHA256="
      "cd0b15f193ad0fd313c1bdb59c3625b2d085bc826eb0bf8b2ff0582ac9475db9",
      "AccountSid=AC1&Body=x", "12345", "HVel7qxpD/26gQAFlRRTfYzo/tk=",
      PL_DENIED },

    /* another port, order, parameter, body, token; nothing; nonsense */
    { "https://mycompany.com:8443/myapp.php?foo=1&bar=2", FORM_A, "12345",
      "kvajT1Ptam85bY51eRf/AJRuM3w=", PL_DENIED },
    { "https://mycompany.com/myapp.php?bar=2&foo=1", FORM_A, "12345",
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=", PL_DENIED },
    { URL_1, FORM_A "&a=b", "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
      PL_DENIED },
    { URL_1 HASH_6, JSON_6 " ", "12345", "a9nBmqA0ju/hNViExpshrM61xv4=",
      PL_DENIED },
    { URL_1 "&bodySHA256=00", JSON_6, "12345",
      "a9nBmqA0ju/hNViExpshrM61xv4=", PL_DENIED },
    { URL_1, FORM_A, "12346", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", PL_DENIED },
    { URL_1, FORM_A, "12345", "", PL_DENIED },
    { URL_1, FORM_A, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8", PL_DENIED },
    { URL_1, FORM_A, "12345", "!!OYDt4T1cUTdK1PDd93/VVr8B8=", PL_DENIED },
    { URL_1, FORM_A, "12345", "RSOYDt4T1cUTdK1PDd93/VVr8B8A", PL_DENIED },
};


static int
setup(void **state)
{
    static test_t  test;

    test.ar = pl_arena_create(65536, TEST_ARENA);
    assert_non_null(test.ar);
    assert_int_equal(pl_shapes_codec(&test.codec, NULL), PL_OK);
    *state = &test;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *test = *state;

    pl_codec_destroy(test->codec);
    pl_arena_destroy(test->ar);

    return 0;
}


static pl_status_t
test_verify(const char *url, const char *form, const char *signature,
    const char *const *tokens, const char *const *accounts, size_t n,
    size_t cut)
{
    size_t         i;
    pl_str_t       body[2], names[4];
    pl_mac_t      *macs[4];
    pl_signed_t    in = { 0 };
    pl_status_t    rc;
    pl_secrets_t   secrets = { .macs = macs, .n_macs = n,
                               .accounts = accounts == NULL ? NULL : names };

    for (i = 0; i < n; i++) {
        macs[i] = pl_twilio_mac(pl_str_c(tokens[i]));
        names[i] = accounts == NULL ? PL_STR_NULL : pl_str_c(accounts[i]);
    }

    body[0] = (pl_str_t) { (const uint8_t *) form, cut };
    body[1] = pl_str_c(form + cut);
    in.signature = pl_str_c(signature);
    in.url = pl_str_c(url);
    in.body = cut == 0 ? body + 1 : body;
    in.n_body = cut == 0 ? 1 : 2;

    rc = pl_twilio.verify(&secrets, &in, NULL);

    for (i = 0; i < n; i++) {
        pl_mac_destroy(macs[i]);
    }

    return rc;
}


static void
test_vectors(void **state)
{
    size_t             i, cut;
    const test_row_t  *row;

    (void) state;

    for (i = 0; i < PL_COUNT(test_rows); i++) {
        row = &test_rows[i];

        for (cut = 0; cut < strlen(row->form); cut++) {
            assert_int_equal(test_verify(row->url, row->form, row->signature,
                                         &row->token, NULL, 1, cut),
                             row->rc);
        }
    }
}


/* One account's token says nothing for another one. */

static void
test_accounts(void **state)
{
    const char  *signature = "NyMEdmDZCmwMoMWfQEgyzWTBNoo=";
    const char  *tokens[] = { "old", TOKEN_7, "x", "y" };
    const char  *theirs[] = { SID, SID, OTHER, OTHER };
    const char  *others[] = { "AC", OTHER, OTHER, OTHER };

    (void) state;

    assert_int_equal(test_verify(URL_7, FORM_7, signature, tokens, theirs, 4,
                                 0), PL_OK);
    assert_int_equal(test_verify(URL_7, FORM_7, signature, tokens, others, 4,
                                 0), PL_DENIED);
    assert_int_equal(test_verify(URL_1, FORM_A,
                                 "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
                                 (const char *[]) { "12345" },
                                 (const char *[]) { SID }, 1, 0), PL_DENIED);
    assert_int_equal(test_verify(URL_7, FORM_7, signature, tokens, theirs, 0,
                                 0), PL_DENIED);
}


static void
test_sign(void **state)
{
    char       *signature;
    test_t     *test = *state;
    pl_mac_t   *mac = pl_twilio_mac(PL_STR(TOKEN_7));

    signature = pl_twilio_sign(mac, PL_STR(URL_7), PL_STR(FORM_7), test->ar);
    assert_string_equal(signature, "NyMEdmDZCmwMoMWfQEgyzWTBNoo=");
    pl_mac_destroy(mac);
}


/* As many parameters as are read, and one more. */

static void
test_many(void **state)
{
    char              *form;
    size_t             n;
    test_t            *test = *state;
    pl_twilio_pair_t  *pairs;

    form = pl_arena_alloc(test->ar, 2 * PL_TWILIO_PARAMETERS_MAX + 2);
    assert_non_null(form);

    for (n = 0; n < PL_TWILIO_PARAMETERS_MAX; n++) {
        memcpy(form + 2 * n, "a&", 2);
    }

    assert_int_equal(pl_twilio_form((pl_str_t) { (uint8_t *) form,
                         2 * PL_TWILIO_PARAMETERS_MAX - 1 }, test->ar, &pairs,
                         &n, NULL), PL_OK);
    assert_int_equal(n, PL_TWILIO_PARAMETERS_MAX);
    assert_int_equal(pl_twilio_form((pl_str_t) { (uint8_t *) form,
                         2 * PL_TWILIO_PARAMETERS_MAX }, test->ar, &pairs,
                         &n, NULL), PL_TOOBIG);
}


static Pl__Command *
test_decode(test_t *test, const char *form, const char *query, size_t n)
{
    Pl__Entry      entry = PL__ENTRY__INIT;
    pl_decoded_t   out;

    entry.time_ms = 1700000000123;
    entry.has_body = true;
    entry.body.data = (uint8_t *) (uintptr_t) form;
    entry.body.len = strlen(form);
    entry.query = (char *) (uintptr_t) query;

    assert_int_equal(pl_channel_decode(&pl_twilio, test->codec, &entry,
                                       test->ar, &out, NULL), PL_OK);
    assert_int_equal(out.n_commands, n);

    return out.commands[n - 1];
}


static void
test_inbound(void **state)
{
    Pl__InboundMessage  *in;

    in = test_decode(*state, FORM_7, NULL, 1)->inbound_message;
    assert_string_equal(in->account, SID "/whatsapp:+15550001111");
    assert_string_equal(in->from->phone, "15550002222");
    assert_string_equal(in->from->name, "Ana");
    assert_null(in->from->user_id);
    assert_string_equal(in->content->text->body, "Hello & caf\xc3\xa9");
    assert_string_equal(in->provider_id,
                        "SM00000000000000000000000000000001");
    assert_int_equal(in->time_s, 1700000000);
    assert_true(in->untimed);
    assert_false(in->has_opt_out);
    assert_false(in->has_segments);

    in = test_decode(*state, "MessageSid=SM1&AccountSid=" SID "&From=%2B31612"
                     "&To=12345&Body=Stop&OptOutType=STOP&NumSegments=1",
                     NULL, 1)->inbound_message;
    assert_string_equal(in->account, SID "/12345");
    assert_int_equal(in->opt_out, PL__OPT_OUT__OPT_OUT_STOP);
    assert_int_equal(in->segments, 1);

    in = test_decode(*state, "MessageSid=SM1&AccountSid=" SID "&From=MyBank"
                     "&To=%2B3161&Body=x", NULL, 1)->inbound_message;
    assert_string_equal(in->from->user_id, "MyBank");
    assert_null(in->from->phone);
}


#define MEDIA  "MessageSid=MM1&AccountSid=" SID "&From=%2B3161&To=%2B3162"    \
    "&Body=see&NumMedia="

static void
test_media(void **state)
{
    Pl__InboundMessage  *in;

    in = test_decode(*state, MEDIA "2&MediaUrl0=https%3A%2F%2Fm%2F0"
                     "&MediaContentType0=image%2Fjpeg&MediaUrl1=https%3A%2F"
                     "%2Fm%2F1&MediaContentType1=application%2Fpdf", NULL,
                     2)->inbound_message;
    assert_string_equal(in->provider_id, "MM1:1");
    assert_string_equal(in->content->type, "document");
    assert_string_equal(in->content->media->url, "https://m/1");
    assert_null(in->content->media->caption);

    in = test_decode(*state, MEDIA "1&MediaUrl0=https%3A%2F%2Fm%2F0"
                     "&MediaContentType0=image%2Fjpeg", NULL,
                     1)->inbound_message;
    assert_string_equal(in->content->type, "image");
    assert_string_equal(in->content->media->caption, "see");

    /* what is counted and is not there; more than are taken */

    (void) test_decode(*state, MEDIA "10", NULL, PL_TWILIO_MEDIA_MAX);
    (void) test_decode(*state, MEDIA "4000000000", NULL,
                       PL_TWILIO_MEDIA_MAX);
}


#define STATUS  "MessageSid=SM1&AccountSid=" SID "&From=%2B3162&To=%2B3161"   \
    "&SmsStatus=sent&MessageStatus="

static void
test_status(void **state)
{
    Pl__DeliveryStatus  *in;

    in = test_decode(*state, STATUS "sent", "a=b&m=17:ab12", 1)
         ->delivery_status;
    assert_string_equal(in->account, SID "/+3162");
    assert_string_equal(in->status, "sent");
    assert_string_equal(in->recipient, "3161");
    assert_int_equal(in->message, 17);
    assert_string_equal(in->mark, "ab12");
    assert_int_equal(in->time_s, 1700000000);
    assert_null(in->error);

    in = test_decode(*state, STATUS "failed&ErrorCode=63016", "m=0:ab", 1)
         ->delivery_status;
    assert_false(in->has_message);
    assert_int_equal(in->error->code, 63016);
    assert_true(in->window_closed);
}


static void
test_unreadable(void **state)
{
    size_t         i;
    test_t        *test = *state;
    pl_err_t       err;
    pl_decoded_t   out;

    static const char *const  forms[] = {
        "", "x", "MessageSid=SM1", "MessageSid=SM1&AccountSid=" SID,
        "MessageSid=&AccountSid=" SID "&From=1&To=2",
        "MessageSid=SM1&AccountSid=" SID "&From=1&To=",

        /* what its hash signs, see twilio_sign.c, is never a form */
        JSON_6, "{", "{&" FORM_7, "{=x&" FORM_7,
    };

    for (i = 0; i < PL_COUNT(forms); i++) {
        assert_int_equal(pl_twilio.decode(test->codec, pl_str_c(forms[i]),
                                          test->ar, &out, &err), PL_INVALID);
    }
}


static const char *
test_build(test_t *test, Pl__ChannelSettings *channel, Pl__Content *content,
    const char *to, pl_status_t rc)
{
    pl_err_t       err;
    pl_send_t      send = { 0 };
    Pl__Address    address = PL__ADDRESS__INIT;
    Pl__Message    message = PL__MESSAGE__INIT;
    pl_request_t   out = { 0 };

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) (uintptr_t) to;
    message.address = &address;
    message.content = content;

    send.channel = channel;
    send.message = &message;
    send.message_id = 42;
    send.mark = "ab";
    send.token = PL_STR("secret");

    assert_int_equal(pl_twilio.build(test->codec, &send, test->ar, &out,
                                     &err), rc);
    if (rc != PL_OK) {
        return NULL;
    }

    assert_string_equal(out.url, "https://api.twilio.com/2010-04-01/Accounts/"
                        SID "/Messages.json");
    assert_string_equal(out.headers[0], "Authorization: Basic QUMwMDAwMDAwMDA"
                        "wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZWNyZXQ=");

    return (const char *) out.body.data;
}


static void
test_channel(Pl__ChannelSettings *channel, const char *account)
{
    pl__channel_settings__init(channel);
    channel->name = (char *) "main";
    channel->provider = (char *) "twilio";
    channel->account = (char *) (uintptr_t) account;
    channel->api_base_url = (char *) "https://api.twilio.com/";
    channel->api_version = (char *) "2010-04-01";
}


static void
test_send(void **state)
{
    Pl__Text               text = PL__TEXT__INIT;
    Pl__Content            content = PL__CONTENT__INIT;
    Pl__Template           template = PL__TEMPLATE__INIT;
    Pl__ChannelSettings    channel;
    Pl__TemplateParameter  one = PL__TEMPLATE_PARAMETER__INIT;
    Pl__TemplateParameter  two = PL__TEMPLATE_PARAMETER__INIT, *both[2];

    test_channel(&channel, SID "/+31620000000");
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    text.body = (char *) "a&b \xe2\x80\x9cq\xe2\x80\x9d";

    assert_string_equal(test_build(*state, &channel, &content, "31612345678",
                                   PL_OK),
        "To=%2B31612345678&From=%2B31620000000"
        "&Body=a%26b%20%E2%80%9Cq%E2%80%9D");

    channel.has_smart = channel.smart = true;
    channel.service = (char *) "MG1";
    channel.callback_url = (char *) "https://gw/t";

    assert_string_equal(test_build(*state, &channel, &content, "12345",
                                   PL_OK),
        "To=12345&MessagingServiceSid=MG1&From=%2B31620000000"
        "&Body=a%26b%20%22q%22&StatusCallback=https%3A%2F%2Fgw%2Ft%3Fm%3D42"
        "%3Aab%23rp%3Dall%26rc%3D5");

    test_channel(&channel, SID "/whatsapp:+31620000000");
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;
    template.name = (char *) "HX0123456789abcdef0123456789abcdef";
    template.language = (char *) "nl";
    both[0] = &one;
    both[1] = &two;
    template.body = both;
    template.n_body = 2;
    one.text = (char *) "Ana \"A\"";
    two.text = (char *) "x";
    two.name = (char *) "naam";

    assert_string_equal(test_build(*state, &channel, &content, "31612345678",
                                   PL_OK),
        "To=whatsapp%3A%2B31612345678&From=whatsapp%3A%2B31620000000"
        "&ContentSid=HX0123456789abcdef0123456789abcdef&ContentVariables="
        "%7B%221%22%3A%22Ana%20%5C%22A%5C%22%22%2C%22naam%22%3A%22x%22%7D");

    template.name = (char *) "hello";
    (void) test_build(*state, &channel, &content, "316", PL_INVALID);
}


static void
test_limits(void **state)
{
    char                  body[PL_TWILIO_BODY_MAX + 2];
    Pl__Text              text = PL__TEXT__INIT;
    Pl__Content           content = PL__CONTENT__INIT;
    Pl__ChannelSettings   channel;

    test_channel(&channel, SID "/+31620000000");
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    text.body = body;

    memset(body, 'a', sizeof(body));
    body[PL_TWILIO_BODY_MAX] = '\0';
    (void) test_build(*state, &channel, &content, "31612345678", PL_OK);

    body[PL_TWILIO_BODY_MAX] = 'a';
    body[PL_TWILIO_BODY_MAX + 1] = '\0';
    (void) test_build(*state, &channel, &content, "31612345678", PL_INVALID);

    body[0] = '\0';
    (void) test_build(*state, &channel, &content, "31612345678", PL_INVALID);

    text.body = (char *) "x";
    (void) test_build(*state, &channel, &content, "+316", PL_INVALID);

    channel.account = (char *) "31620000000";
    (void) test_build(*state, &channel, &content, "31612345678", PL_INVALID);
}


typedef struct {
    int           status;
    const char   *body;
    Pl__Outcome   outcome;
    int32_t       code;
} test_answer_t;

#define CODE(code)  "{\"code\":" #code ",\"message\":\"+31612345678\","       \
    "\"more_info\":\"x\",\"status\":400}"
#define OUT(outcome)  PL__OUTCOME__OUTCOME_##outcome

static const test_answer_t test_answers[] = {
    { 201, "{\"sid\":\"SM1\",\"status\":\"queued\",\"num_segments\":\"2\","
           "\"price\":\"-0.0075\",\"price_unit\":\"USD\","
           "\"error_code\":null}", OUT(SENT), 0 },
    { 201, "{\"sid\":\"\"}", OUT(UNKNOWN), 0 },
    { 201, "hello", OUT(UNKNOWN), 0 },
    { 201, "", OUT(UNKNOWN), 0 },
    { 400, CODE(21211), OUT(PERMANENT), 21211 },
    { 400, CODE(21610), OUT(POLICY), 21610 },
    { 400, CODE(63016), OUT(POLICY), 63016 },
    { 400, CODE(99999), OUT(PERMANENT), 99999 },
    { 401, CODE(20003), OUT(ACCOUNT), 20003 },
    { 429, CODE(20429), OUT(THROTTLE), 20429 },
    { 500, CODE(20500), OUT(UNKNOWN), 20500 },
    { 400, CODE(20500), OUT(RETRY), 20500 },
    { 502, CODE(63012), OUT(UNKNOWN), 63012 },
    { 503, CODE(20503), OUT(RETRY), 20503 },
    { 400, CODE(30001), OUT(RETRY), 30001 },
    { 400, CODE(63049), OUT(POLICY), 63049 },
    { 401, "", OUT(ACCOUNT), 0 },
    { 429, "slow down", OUT(THROTTLE), 0 },
    { 500, "<html>", OUT(UNKNOWN), 0 },
    { 502, "", OUT(UNKNOWN), 0 },
    { 503, "", OUT(RETRY), 0 },
    { 302, "", OUT(ACCOUNT), 0 },
    { 404, "", OUT(ACCOUNT), 0 },
    { 400, "[]", OUT(PERMANENT), 0 },
};


static void
test_classify(void **state)
{
    size_t           i;
    test_t          *test = *state;
    pl_answer_t      answer = { 0 };
    Pl__SendResult   out;

    for (i = 0; i < PL_COUNT(test_answers); i++) {
        pl__send_result__init(&out);
        answer.status = test_answers[i].status;
        answer.body = pl_str_c(test_answers[i].body);

        assert_int_equal(pl_twilio.classify(test->codec, &answer, test->ar,
                                            &out, NULL), PL_OK);
        assert_int_equal(out.outcome, test_answers[i].outcome);
        assert_int_equal(out.has_code ? out.code : 0, test_answers[i].code);
        assert_true(out.reason == NULL
                    || strstr(out.reason, "316") == NULL);

        if (i == 0) {
            assert_int_equal(out.segments, 2);
            assert_string_equal(out.price, "-0.0075");
            assert_string_equal(out.provider_id, "SM1");
        }

        assert_int_equal(out.window_closed, test_answers[i].code == 63016);
    }

    pl__send_result__init(&out);
    answer.status = 429;
    answer.body = pl_str_c(CODE(20429));
    answer.retry_after = PL_STR("7");
    assert_int_equal(pl_twilio.classify(test->codec, &answer, test->ar, &out,
                                        NULL), PL_OK);
    assert_int_equal(out.retry_ms, 7000);
    assert_int_equal(out.bucket, PL__BUCKET__BUCKET_ACCOUNT);

    pl__send_result__init(&out);
    memset(&answer, 0, sizeof(answer));
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    (void) pl_twilio.classify(test->codec, &answer, test->ar, &out, NULL);
    assert_int_equal(out.outcome, OUT(UNKNOWN));
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    (void) pl_twilio.classify(test->codec, &answer, test->ar, &out, NULL);
    assert_int_equal(out.outcome, OUT(RETRY));
}


static void
test_states(void **state)
{
    Pl__MessageState  is;

    (void) state;

    assert_true(pl_twilio.state("read", &is));
    assert_int_equal(is, PL__MESSAGE_STATE__MESSAGE_STATE_READ);
    assert_true(pl_twilio.state("queued", &is));
    assert_int_equal(is, PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED);
    assert_true(pl_twilio.state("undelivered", &is));
    assert_int_equal(is, PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_false(pl_twilio.state("received", &is));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_media),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_classify),
        cmocka_unit_test(test_states),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
