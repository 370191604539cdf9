/*
 * Twilio's list of messages: what is asked for and where, and what a page
 * becomes; and the accounts that it makes. What the fold makes of them is
 * shown by t/97-reconcile.t and t/97-subaccount.t.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/twilio_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define SID   "AC00000000000000000000000000000001"
#define LIST  "/2010-04-01/Accounts/" SID "/Messages.json"
#define BASE  "https://api.twilio.com"
#define SM(n)  "SM0000000000000000000000000000000" n
#define OUT(outcome)  PL__OUTCOME__OUTCOME_##outcome


typedef struct {
    pl_codec_t           *codec;
    pl_arena_t           *ar;
    Pl__ChannelSettings   channel;
} test_t;


static int
setup(void **state)
{
    static test_t  test;

    memset(&test, 0, sizeof(test));
    test.ar = pl_arena_create(65536, 64u * 1024 * 1024);
    assert_non_null(test.ar);
    assert_int_equal(pl_shapes_codec(&test.codec, NULL), PL_OK);

    pl__channel_settings__init(&test.channel);
    test.channel.provider = (char *) "twilio";
    test.channel.account = (char *) SID "/whatsapp:+31620000000";
    test.channel.api_base_url = (char *) BASE "/";
    test.channel.api_version = (char *) "2010-04-01";
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
test_ask(test_t *test, Pl__Reconcile *page, pl_request_t *out, pl_err_t *err)
{
    pl_page_t  in = { &test->channel, PL_STR("secret"), page };

    memset(out, 0, sizeof(*out));

    return pl_twilio.reconcile->list(&in, test->ar, out, err);
}


static void
test_asked(void **state)
{
    test_t            *test = *state;
    pl_err_t           err;
    pl_request_t       out;
    Pl__Reconcile      page = PL__RECONCILE__INIT;
    Pl__ListedMessage  missed = PL__LISTED_MESSAGE__INIT;

    page.limit = 50;
    page.from_ms = 1700000000000;

    assert_int_equal(test_ask(test, &page, &out, &err), PL_OK);
    assert_string_equal(out.method, "GET");
    assert_string_equal(out.url, BASE LIST "?To=whatsapp%3A%2B31620000000&"
                        "DateSent%3E=2023-11-14&PageSize=50");
    assert_int_equal(strncmp(out.headers[0], "Authorization: Basic ", 21), 0);
    assert_null(out.headers[1]);
    assert_int_equal(out.body.len, 0);

    page.sent = 1;
    assert_int_equal(test_ask(test, &page, &out, &err), PL_OK);
    assert_string_equal(out.url, BASE LIST "?From=whatsapp%3A%2B31620000000&"
                        "DateSent%3E=2023-11-14&PageSize=50");

    page.after = (char *) LIST "?Page=1&PageToken=PA1";
    assert_int_equal(test_ask(test, &page, &out, &err), PL_OK);
    assert_string_equal(out.url, BASE LIST "?Page=1&PageToken=PA1");

    missed.id = (char *) SM("1");
    page.missed = &missed;
    assert_int_equal(test_ask(test, &page, &out, &err), PL_OK);
    assert_string_equal(out.url, BASE "/2010-04-01/Accounts/" SID
                        "/Messages/" SM("1") "/Media.json");
}


/* The account's token goes nowhere else, whatever a page says. */

static void
test_elsewhere(void **state)
{
    size_t          i;
    test_t         *test = *state;
    pl_err_t        err;
    pl_request_t    out;
    Pl__Reconcile   page = PL__RECONCILE__INIT;

    static const char *const  afters[] = {
        "", "/", "https://evil.example" LIST "?Page=1", BASE LIST "?Page=1",
        "//evil.example" LIST "?Page=1", "@evil.example" LIST "?Page=1",
        LIST, LIST "x?Page=1", "/2010-04-01/Accounts/" SID "/Calls.json?x",
        "/2010-04-01/Accounts/AC00000000000000000000000000000002/"
        "Messages.json?Page=1", LIST "?Page=1 HTTP/1.1", LIST "?a\r\nb: c",
        LIST "?a#b", LIST "?\xff",
    };

    page.limit = 50;

    for (i = 0; i < PL_COUNT(afters); i++) {
        page.after = (char *) (uintptr_t) afters[i];
        assert_int_equal(test_ask(test, &page, &out, &err), PL_INVALID);
    }
}


static Pl__Outcome
test_answer(test_t *test, int status, const char *body, bool cut,
    Pl__SendResult *out)
{
    pl_answer_t  answer = { 0 };

    answer.status = status;
    answer.body = pl_str_c(body);
    answer.truncated = cut;
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;

    pl__send_result__init(out);
    assert_int_equal(pl_twilio.reconcile->listed(test->codec, &answer,
                                                 test->ar, out, NULL),
                     PL_OK);

    return out->outcome;
}


#define ROW(sid, more)                                                        \
    "{\"sid\":\"" sid "\",\"account_sid\":\"" SID "\",\"from\":\"+3161\","     \
    "\"to\":\"+31620000000\",\"body\":\"a & b\",\"num_segments\":\"1\","      \
    "\"date_created\":\"Tue, 14 Nov 2023 22:13:19 +0000\","                 \
    "\"date_sent\":\"Tue, 14 Nov 2023 22:13:20 +0000\"," more "}"

static void
test_page(void **state)
{
    test_t              *test = *state;
    Pl__SendResult       out;
    Pl__ListedMessage  **rows;

    assert_int_equal(test_answer(test, 200, "{\"messages\":["
        ROW(SM("1"), "\"direction\":\"inbound\",\"num_media\":\"2\"") ","
        ROW(SM("2"), "\"direction\":\"outbound-api\",\"status\":\"failed\","
            "\"error_code\":30005,\"num_media\":\"1\",\"price\":"
            "\"-0.00750\",\"price_unit\":\"USD\"") ","
        ROW("SM3", "\"direction\":\"inbound\"") ",17,{\"sid\":1}],"
        "\"next_page_uri\":\"/x\"}", false, &out), OUT(SENT));

    assert_int_equal(out.messages->n_messages, 2);
    assert_int_equal(out.messages->unreadable, 3);
    assert_string_equal(out.messages->after, "/x");

    rows = out.messages->messages;
    assert_string_equal(rows[0]->id, SM("1"));
    assert_int_equal(rows[0]->time_s, 1700000000);
    assert_true(rows[0]->files);
    assert_null(rows[0]->text);
    assert_string_equal(rows[0]->form.data, "AccountSid=" SID "&MessageSid="
        SM("1") "&From=%2B3161&To=%2B31620000000&Body=a%20%26%20b&"
        "SmsStatus=received&NumSegments=1");

    assert_false(rows[1]->files);
    assert_string_equal(rows[1]->text, "a & b");
    assert_int_equal(rows[1]->time_s, 1700000000);
    assert_int_equal(rows[1]->made_s, 1699999999);
    assert_string_equal(rows[1]->form.data, "AccountSid=" SID "&MessageSid="
        SM("2") "&From=%2B3161&To=%2B31620000000&MessageStatus=failed&"
        "NumSegments=1&Price=-0.00750&PriceUnit=USD&ErrorCode=30005");

    assert_int_equal(test_answer(test, 200, "{\"messages\":[],"
                                 "\"next_page_uri\":null}", false, &out),
                     OUT(SENT));
    assert_null(out.messages->after);
}


/* No list is no empty one; and whatever it is, asking again does no harm. */

static void
test_none(void **state)
{
    size_t           i;
    test_t          *test = *state;
    Pl__SendResult   out;

    static const struct {
        int           status;
        const char   *body;
        Pl__Outcome   outcome;
    } rows[] = {
        { 200, "", OUT(RETRY) },
        { 200, "[]", OUT(RETRY) },
        { 200, "{}", OUT(RETRY) },
        { 200, "{\"next_page_uri\":\"/x\"}", OUT(RETRY) },
        { 401, "{\"code\":20003}", OUT(ACCOUNT) },
        { 404, "{\"code\":20404}", OUT(PERMANENT) },
        { 429, "{\"code\":20429}", OUT(THROTTLE) },
        { 500, "{\"code\":20500}", OUT(RETRY) },
        { 302, "", OUT(ACCOUNT) },
        { 0, "", OUT(RETRY) },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(test_answer(test, rows[i].status, rows[i].body,
                                     false, &out), rows[i].outcome);
        assert_null(out.messages);
    }

    assert_int_equal(test_answer(test, 200, "{\"messages\":[]}", true, &out),
                     OUT(RETRY));
    assert_true(out.cut);
}


static void
test_files(void **state)
{
    test_t              *test = *state;
    pl_str_t             form;
    pl_answer_t          answer = { 0 };
    Pl__SendResult       out = PL__SEND_RESULT__INIT;
    Pl__ListedMessage    missed = PL__LISTED_MESSAGE__INIT;

    answer.status = 200;
    answer.body = PL_STR("{\"media_list\":[{\"uri\":\"/m/ME1.json\","
                         "\"content_type\":\"image/png\"},{\"uri\":\"/m/2\","
                         "\"content_type\":\"audio/ogg\"}]}");
    assert_int_equal(pl_twilio.reconcile->files(test->codec, &answer,
                                                test->ar, &out, NULL),
                     PL_OK);
    assert_int_equal(out.messages->n_files, 2);

    missed.id = (char *) SM("1");
    missed.form.data = (uint8_t *) (uintptr_t) "Body=x";
    missed.form.len = 6;
    assert_int_equal(pl_twilio.reconcile->whole(&test->channel, &missed,
                                                out.messages, test->ar,
                                                &form, NULL), PL_OK);
    assert_string_equal(form.data, "Body=x&NumMedia=2&"
        "MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fm%2FME1&"
        "MediaContentType0=image%2Fpng&"
        "MediaUrl1=https%3A%2F%2Fapi.twilio.com%2Fm%2F2&"
        "MediaContentType1=audio%2Fogg");
}


/* ---- accounts ------------------------------------------------------- */

static Pl__Outcome
test_account_answer(test_t *test, bool made, int status, const char *body,
    Pl__SendResult *out)
{
    pl_answer_t  answer = { 0 };

    answer.status = status;
    answer.body = pl_str_c(body);
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;

    pl__send_result__init(out);
    assert_int_equal((made ? pl_twilio.accounts->made
                           : pl_twilio.accounts->found)
                     (test->codec, &answer, test->ar, out, NULL), PL_OK);

    return out->outcome;
}


static void
test_accounts(void **state)
{
    test_t            *test = *state;
    pl_request_t       out;
    Pl__SendResult     result;
    pl_account_ask_t   ask = { &test->channel, PL_STR("secret"),
                               "parley ab acme", false };

    memset(&out, 0, sizeof(out));
    assert_int_equal(pl_twilio.accounts->ask(&ask, test->ar, &out, NULL),
                     PL_OK);
    assert_string_equal(out.method, "GET");
    assert_string_equal(out.url, BASE "/2010-04-01/Accounts.json?"
                        "FriendlyName=parley%20ab%20acme&PageSize=20");

    ask.create = true;
    assert_int_equal(pl_twilio.accounts->ask(&ask, test->ar, &out, NULL),
                     PL_OK);
    assert_string_equal(out.method, "POST");
    assert_string_equal(out.url, BASE "/2010-04-01/Accounts.json");
    assert_string_equal(out.body.data, "FriendlyName=parley%20ab%20acme");

    ask.name = "12345678901234567890123456789012345678901234567890"
               "123456789012345";
    assert_int_equal(pl_twilio.accounts->ask(&ask, test->ar, &out, NULL),
                     PL_INVALID);

    assert_int_equal(test_account_answer(test, true, 201, "{\"sid\":\"" SID
        "\",\"friendly_name\":\"x\",\"auth_token\":\"t\"}", &result),
        OUT(SENT));
    assert_int_equal(result.n_accounts, 1);
    assert_string_equal(result.accounts[0]->sid, SID);

    assert_int_equal(test_account_answer(test, true, 201, "{\"sid\":\"" SID
        "\",\"friendly_name\":\"x\"}", &result), OUT(RETRY));
    assert_int_equal(test_account_answer(test, true, 500, "", &result),
                     OUT(RETRY));
    assert_int_equal(test_account_answer(test, false, 200, "{}", &result),
                     OUT(RETRY));
    assert_int_equal(test_account_answer(test, false, 200,
        "{\"accounts\":[]}", &result), OUT(SENT));
    assert_int_equal(result.n_accounts, 0);
    assert_int_equal(test_account_answer(test, false, 200,
        "{\"accounts\":[{\"sid\":\"" SID "\",\"friendly_name\":\"x\","
        "\"auth_token\":\"t\",\"status\":\"closed\"},{\"sid\":\"AC1\","
        "\"friendly_name\":\"x\",\"auth_token\":\"t\"},{\"sid\":\"" SID
        "\",\"friendly_name\":\"y\",\"auth_token\":\"t\"}]}", &result),
        OUT(SENT));
    assert_int_equal(result.n_accounts, 1);
    assert_string_equal(result.accounts[0]->name, "y");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_elsewhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_page, setup, teardown),
        cmocka_unit_test_setup_teardown(test_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accounts, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
