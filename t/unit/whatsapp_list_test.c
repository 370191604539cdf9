/*
 * WhatsApp: the request for a page of the list of templates, and what its
 * answer means.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define RETRY      PL__OUTCOME__OUTCOME_RETRY
#define THROTTLE   PL__OUTCOME__OUTCOME_THROTTLE
#define PERMANENT  PL__OUTCOME__OUTCOME_PERMANENT
#define ACCOUNT    PL__OUTCOME__OUTCOME_ACCOUNT
#define SENT       PL__OUTCOME__OUTCOME_SENT

#define ERROR(code)  "{\"error\":{\"message\":\"no\",\"code\":" #code "}}"
#define GOOD                                                                  \
    "{\"name\":\"hello\",\"language\":\"es-ES\",\"status\":\"APPROVED\","     \
    "\"components\":[{\"type\":\"BODY\",\"text\":\"Hi {{1}}\"}]}"
#define NEXT  "\"paging\":{\"next\":\"https://graph.example/x\""


typedef struct {
    pl_codec_t           *codec;
    pl_arena_t           *ar;
    Pl__ChannelSettings   channel;
    pl_listing_t          listing;
    pl_request_t          request;
    pl_err_t              err;
} test_t;


static void
begin(test_t *test)
{
    memset(test, 0, sizeof(*test));
    assert_int_equal(pl_shapes_codec(&test->codec, &test->err), PL_OK);
    test->ar = pl_arena_create(65536, 1u << 24);
    assert_non_null(test->ar);

    pl__channel_settings__init(&test->channel);
    test->channel.account = (char *) "1001";
    test->channel.waba_id = (char *) "2002";
    test->channel.api_base_url = (char *) "https://graph.example/";
    test->channel.api_version = (char *) "v24.0";
    test->listing.channel = &test->channel;
    test->listing.token = PL_STR("secret");
    test->listing.limit = 50;
}


static void
end(test_t *test)
{
    pl_arena_destroy(test->ar);
    pl_codec_destroy(test->codec);
}


static pl_status_t
asks(test_t *test)
{
    memset(&test->request, 0, sizeof(test->request));

    return pl_whatsapp.list(&test->listing, test->ar, &test->request,
                            &test->err);
}


static void
a_page_is_asked_for(void **state)
{
    test_t  test;

    (void) state;
    begin(&test);

    assert_int_equal(asks(&test), PL_OK);
    assert_string_equal(test.request.method, "GET");
    assert_int_equal(test.request.body.len, 0);
    assert_string_equal(test.request.headers[0],
                        "Authorization: Bearer secret");
    assert_null(test.request.headers[1]);
    assert_string_equal(test.request.url,
                        "https://graph.example/v24.0/2002/message_templates?"
                        "fields=id,name,language,status,category,components,"
                        "quality_score,rejected_reason,parameter_format,"
                        "correct_category,message_send_ttl_seconds&limit=50");

    /* a cursor is the provider's, and cannot say more than where to go on */

    test.listing.after = "Mj_-.Q=&limit=9 \xc3\xa9#";
    test.listing.limit = 7;
    assert_int_equal(asks(&test), PL_OK);
    assert_non_null(strstr(test.request.url, "&limit=7&after="
                           "Mj_-.Q%3D%26limit%3D9%20%C3%A9%23"));
    end(&test);
}


static void
what_cannot_be_asked_names_its_setting(void **state)
{
    size_t  i;
    test_t  test;

    static const struct {
        const char  *waba;
        const char  *token;
        const char  *path;
    } rows[] = {
        { NULL, "secret", "channel.waba_id" },
        { "", "secret", "channel.waba_id" },
        { "../1", "secret", "channel.waba_id" },
        { "2002?x", "secret", "channel.waba_id" },
        { "2002", "", "token" },
        { "2002", "a\r\nb", "token" },
    };

    (void) state;
    begin(&test);

    for (i = 0; i < PL_COUNT(rows); i++) {
        test.channel.waba_id = (char *) (uintptr_t) rows[i].waba;
        test.listing.token = pl_str_c(rows[i].token);
        assert_int_equal(asks(&test), PL_INVALID);
        assert_string_equal(test.err.path, rows[i].path);
    }

    end(&test);
}


static const struct {
    int            status;
    const char    *body;
    bool           truncated;
    Pl__WireStage  wire;
    Pl__Outcome    outcome;
    const char    *reason;
} answers[] = {
    { 200, "{\"data\":[" GOOD "]}", false, 0, SENT, NULL },
    { 200, "{\"data\":[]}", false, 0, SENT, NULL },
    { 200, "{\"data\":[" GOOD "]}", true, 0, RETRY,
      "answer cut or too large" },
    { 200, "{}", false, 0, RETRY, "answer unreadable" },
    { 200, "{\"success\":true}", false, 0, RETRY, "answer unreadable" },
    { 200, "{\"data\":null}", false, 0, RETRY, "answer unreadable" },
    { 200, "{\"data\":[" GOOD "]," NEXT "}}", false, 0, RETRY,
      "answer unreadable" },
    { 200, "{\"data\":[" GOOD "]," NEXT ",\"cursors\":{}}}", false, 0,
      RETRY, "answer unreadable" },
    { 200, "{\"data\":[" GOOD "]," NEXT ",\"cursors\":{\"after\":"
      "\"\"}}}", false, 0, RETRY, "answer unreadable" },
    { 200, "<html>", false, 0, RETRY, "answer unreadable" },
    { 200, "", false, 0, RETRY, "answer unreadable" },
    { 0, "", false, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING, RETRY,
      "connect" },
    { 0, "", false, PL__WIRE_STAGE__WIRE_STAGE_LEAVING, RETRY,
      "no answer" },
    { 500, "", false, 0, RETRY, "http 500" },
    { 503, "", false, 0, RETRY, "http 503" },
    { 429, "", false, 0, THROTTLE, "http 429" },
    { 400, ERROR(80008), false, 0, THROTTLE, "80008 rate" },
    { 400, ERROR(100), false, 0, PERMANENT, "100 config" },
    { 401, ERROR(190), false, 0, ACCOUNT, "190 account" },
    { 403, ERROR(3), false, 0, PERMANENT, "3 account" },
    { 403, ERROR(10), false, 0, PERMANENT, "10 account" },
    { 403, ERROR(200), false, 0, PERMANENT, "200 account" },
    { 403, ERROR(299), false, 0, PERMANENT, "299 account" },
    { 404, "", false, 0, ACCOUNT, "http 404" },
};


static void
answers_mean_this(void **state)
{
    size_t          i;
    test_t          test;
    pl_answer_t     answer;
    Pl__SendResult  result;

    (void) state;
    begin(&test);

    for (i = 0; i < PL_COUNT(answers); i++) {
        memset(&answer, 0, sizeof(answer));
        answer.status = answers[i].status;
        answer.body = pl_str_c(answers[i].body);
        answer.truncated = answers[i].truncated;
        answer.wire = answers[i].wire;
        pl__send_result__init(&result);

        assert_int_equal(pl_whatsapp.listed(test.codec, &answer, test.ar,
                                            &result, &test.err), PL_OK);

        if (result.outcome != answers[i].outcome
            || !pl_str_eq(pl_str_c(result.reason),
                          pl_str_c(answers[i].reason)))
        {
            fail_msg("%d %s: %d %s", answers[i].status, answers[i].body,
                     (int) result.outcome, result.reason);
        }

        assert_true((result.listing != NULL) == (result.outcome == SENT));
        assert_true(result.cut == answers[i].truncated);
    }

    end(&test);
}


static void
a_page_has_its_templates_and_where_to_go_on(void **state)
{
    test_t          test;
    pl_answer_t     answer;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    (void) state;
    begin(&test);
    memset(&answer, 0, sizeof(answer));
    answer.status = 200;
    answer.body = pl_str_c("{\"data\":[" GOOD ",{\"name\":7}],\"paging\":{"
                           "\"cursors\":{\"before\":\"a\",\"after\":\"b\"},"
                           "\"next\":\"https://graph.example/x\"}}");

    assert_int_equal(pl_whatsapp.listed(test.codec, &answer, test.ar,
                                        &result, &test.err), PL_OK);
    assert_int_equal(result.listing->n_templates, 1);
    assert_string_equal(result.listing->templates[0]->name, "hello");
    assert_string_equal(result.listing->templates[0]->language, "es_ES");
    assert_int_equal(result.listing->n_unreadable, 1);
    assert_string_equal(result.listing->unreadable[0]->path, "data[1]");
    assert_string_equal(result.listing->after, "b");
    end(&test);
}


/* What is read takes more room than its text: then it is too large, too. */

static void
a_page_that_does_not_fit_is_too_large(void **state)
{
    test_t          test;
    pl_arena_t     *ar;
    pl_answer_t     answer;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    (void) state;
    begin(&test);
    ar = pl_arena_create(1024, 4096);
    assert_non_null(ar);
    memset(&answer, 0, sizeof(answer));
    answer.status = 200;
    answer.body = pl_str_c("{\"data\":[" GOOD "," GOOD "," GOOD "]}");

    assert_int_equal(pl_whatsapp.listed(test.codec, &answer, ar, &result,
                                        &test.err), PL_OK);
    assert_int_equal(result.outcome, RETRY);
    assert_true(result.cut);
    pl_arena_destroy(ar);
    end(&test);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_page_is_asked_for),
        cmocka_unit_test(what_cannot_be_asked_names_its_setting),
        cmocka_unit_test(answers_mean_this),
        cmocka_unit_test(a_page_has_its_templates_and_where_to_go_on),
        cmocka_unit_test(a_page_that_does_not_fit_is_too_large),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
