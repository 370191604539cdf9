/*
 * What WhatsApp's answers mean: the table of error codes against a list of
 * its own, copied from the provider's documentation, and answers of every
 * kind.
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
#define RATE       PL__OUTCOME__OUTCOME_THROTTLE
#define PERMANENT  PL__OUTCOME__OUTCOME_PERMANENT
#define POLICY     PL__OUTCOME__OUTCOME_POLICY
#define ACCOUNT    PL__OUTCOME__OUTCOME_ACCOUNT
#define SENT       PL__OUTCOME__OUTCOME_SENT
#define UNKNOWN    PL__OUTCOME__OUTCOME_UNKNOWN

#define ERROR(code)  "{\"error\":{\"message\":\"(#" #code ") to 34600000001\"" \
                     ",\"type\":\"OAuthException\",\"code\":" #code "}}"


typedef struct {
    const char   *class;
    Pl__Outcome   outcome;
    int32_t       codes[64];        /* 0 ends, but in the first place */
} test_class_t;

typedef struct {
    int            status;
    const char    *body;
    Pl__WireStage  wire;
    Pl__Outcome    outcome;
    const char    *reason;          /* or, where it was sent, the id */
} test_answer_t;


static const test_class_t test_classes[] = {

    { "retry", RETRY, { 1, 2, 131000, 131016, 131057, 133000, 133004, 133015,
                        134101 } },

    { "rate", RATE, { 4, 80007, 80008, 130429, 131056, 131208, 132069 } },

    { "permanent", PERMANENT, { 130497, 130501, 131020, 131021, 131026,
                                131041, 131052, 131201, 131202, 131203,
                                131204, 131207 } },

    { "policy", POLICY, { 130472, 131047, 131048, 131049, 131050, 132015,
                          137000 } },

    { "config", PERMANENT, { 100, 131008, 131009, 131030, 131051, 131053,
                             131055, 131059, 131062, 131063, 131209, 131210,
                             131211, 131212, 131213, 131214, 131215, 132000,
                             132001, 132005, 132007, 132008, 132012, 132016,
                             132018, 132068, 134100, 134102, 134103, 135000,
                             139000, 139001, 139002, 139003, 139004, 139005,
                             139006, 139100, 139101, 139102, 139103, 147001,
                             147002, 147003, 147004, 147005, 1752041 } },

    { "account", ACCOUNT, { 0, 3, 10, 33, 190, 200, 210, 299, 368, 131005,
                            131031, 131037, 131042, 131044, 131045, 131064,
                            133005, 133006, 133008, 133009, 133010, 133016,
                            134011 } },
};

/* Not in the table: neighbours, calling, inbound only, nonsense. */
static const int32_t test_unknown[] = {
    -1, 5, 9, 11, 32, 34, 99, 101, 189, 191, 199, 300, 367, 369, 80006,
    80009, 130428, 131046, 131060, 131061, 131065, 131200, 131216, 132002,
    133017, 138000, 138001, 139007, 147006, 1752040, 2388001, INT32_MAX,
    INT32_MIN,
};

static const test_answer_t test_answers[] = {

    { 200, "{\"messaging_product\":\"whatsapp\",\"contacts\":[{\"input\":"
           "\"+34600000001\",\"wa_id\":\"34600000001\"}],\"messages\":"
           "[{\"id\":\"wamid.A\",\"message_status\":\"accepted\"}]}",
      0, SENT, "wamid.A" },
    { 201, "{\"messages\":[{\"id\":\"wamid.B\"}],\"contacts\":[7]}", 0, SENT,
      "wamid.B" },
    { 200, "{\"messages\":[{\"id\":\"wamid.C\"}],\"new\":[{}]}", 0, SENT,
      "wamid.C" },

    { 200, "", 0, UNKNOWN, "answer unreadable" },
    { 204, "", 0, UNKNOWN, "answer unreadable" },
    { 200, "<html>ok</html>", 0, UNKNOWN, "answer unreadable" },
    { 200, "{\"messages\":[{\"id\":\"wami", 0, UNKNOWN,
      "answer unreadable" },
    { 200, "[]", 0, UNKNOWN, "answer unreadable" },
    { 200, "{}", 0, UNKNOWN, "answer without id" },
    { 200, "{\"messages\":[]}", 0, UNKNOWN, "answer without id" },
    { 200, "{\"messages\":[{}]}", 0, UNKNOWN, "answer without id" },
    { 200, "{\"messages\":[{\"id\":\"\"}]}", 0, UNKNOWN,
      "answer without id" },
    { 200, ERROR(131026), 0, UNKNOWN, "answer without id" },

    { 400, ERROR(131056), 0, RATE, "131056 rate" },
    { 400, ERROR(131047), 0, POLICY, "131047 policy" },
    { 404, ERROR(132001), 0, PERMANENT, "132001 config" },
    { 400, ERROR(131026), 0, PERMANENT, "131026 permanent" },
    { 401, ERROR(190), 0, ACCOUNT, "190 account" },
    { 500, ERROR(131000), 0, RETRY, "131000 retry" },
    { 500, ERROR(131026), 0, PERMANENT, "131026 permanent" },
    { 400, ERROR(4242), 0, PERMANENT, "4242 not in the table" },
    { 500, ERROR(4242), 0, RETRY, "4242 not in the table" },
    { 400, "{\"error\":{\"code\":4242,\"is_transient\":true}}", 0, RETRY,
      "4242 not in the table" },
    { 400, "{\"error\":{\"code\":4242,\"is_transient\":false}}", 0,
      PERMANENT, "4242 not in the table" },

    /* not the API's own words */
    { 400, "{\"error\":{\"message\":\"no code\"}}", 0, PERMANENT,
      "http 400" },
    { 400, "{\"error\":\"bad\"}", 0, PERMANENT, "http 400" },
    { 413, "<html>too large</html>", 0, PERMANENT, "http 413" },
    { 302, "", 0, ACCOUNT, "http 302" },
    { 401, "", 0, ACCOUNT, "http 401" },
    { 403, "<html>no</html>", 0, ACCOUNT, "http 403" },
    { 404, "nothing here", 0, ACCOUNT, "http 404" },
    { 407, "", 0, ACCOUNT, "http 407" },
    { 408, "", 0, UNKNOWN, "http 408" },
    { 429, "slow down", 0, RATE, "http 429" },
    { 500, "<html>oops</html>", 0, UNKNOWN, "http 500" },
    { 502, "<html>bad gateway</html>", 0, UNKNOWN, "http 502" },
    { 503, "", 0, RETRY, "http 503" },
    { 504, "", 0, UNKNOWN, "http 504" },
    { 599, "", 0, UNKNOWN, "http 599" },
    { 100, "", 0, UNKNOWN, "http 100" },
    { 999, "", 0, UNKNOWN, "http 999" },

    { 0, "", PL__WIRE_STAGE__WIRE_STAGE_NONE, RETRY, "connect" },
    { 0, "", PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN, RETRY, "connect" },
    { 0, "", PL__WIRE_STAGE__WIRE_STAGE_CONNECTING, RETRY, "connect" },
    { 0, "", PL__WIRE_STAGE__WIRE_STAGE_LEAVING, UNKNOWN, "no answer" },
    { 0, "", PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, UNKNOWN, "no answer" },
};


typedef struct {
    pl_codec_t      *codec;
    pl_arena_t      *ar;
    Pl__SendResult   result;
} test_t;


static int
test_setup(void **state)
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
test_teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


static const Pl__SendResult *
test_classify(test_t *t, const pl_answer_t *answer)
{
    pl_err_t  err;

    pl_arena_reset(t->ar);
    pl__send_result__init(&t->result);
    t->result.effect = 7;
    t->result.epoch = 8;

    assert_int_equal(pl_whatsapp.classify(t->codec, answer, t->ar,
                                          &t->result, &err), PL_OK);
    assert_int_equal(t->result.effect, 7);
    assert_int_equal(t->result.epoch, 8);
    assert_int_equal(t->result.has_http_status, answer->status != 0);
    assert_int_equal(t->result.http_status, answer->status);

    return &t->result;
}


static void
test_table(void **state)
{
    char                    body[80], reason[40];
    size_t                  i, j;
    pl_answer_t             answer = { .status = 400 };
    const test_class_t     *c;
    const Pl__SendResult   *result;

    for (i = 0; i < PL_COUNT(test_classes); i++) {
        c = &test_classes[i];

        for (j = 0; j == 0 || c->codes[j] != 0; j++) {
            assert_int_equal(pl_whatsapp_outcome(400, c->codes[j], false),
                             c->outcome);
            assert_int_equal(pl_whatsapp_outcome(500, c->codes[j], true),
                             c->outcome);

            (void) snprintf(body, sizeof(body), "{\"error\":{\"code\":%d}}",
                            (int) c->codes[j]);
            (void) snprintf(reason, sizeof(reason), "%d %s",
                            (int) c->codes[j], c->class);
            answer.body = pl_str_c(body);

            result = test_classify(*state, &answer);
            assert_int_equal(result->outcome, c->outcome);
            assert_true(result->has_code);
            assert_int_equal(result->code, c->codes[j]);
            assert_string_equal(result->reason, reason);
        }
    }

    for (i = 0; i < PL_COUNT(test_unknown); i++) {
        assert_null(pl_whatsapp_error(test_unknown[i]));
        assert_int_equal(pl_whatsapp_outcome(400, test_unknown[i], false),
                         PERMANENT);
        assert_int_equal(pl_whatsapp_outcome(499, test_unknown[i], true),
                         RETRY);
        assert_int_equal(pl_whatsapp_outcome(500, test_unknown[i], false),
                         RETRY);
    }
}


static void
test_all_answers(void **state)
{
    size_t                 i;
    pl_answer_t            answer;
    const test_answer_t   *row;
    const Pl__SendResult  *result;

    for (i = 0; i < PL_COUNT(test_answers); i++) {
        row = &test_answers[i];
        answer = (pl_answer_t) { .status = row->status, .wire = row->wire,
                                 .body = pl_str_c(row->body) };
        result = test_classify(*state, &answer);

        assert_int_equal(result->outcome, row->outcome);

        if (row->outcome == SENT) {
            assert_string_equal(result->provider_id, row->reason);
            assert_null(result->reason);

        } else {
            assert_string_equal(result->reason, row->reason);
            assert_null(result->provider_id);
        }
    }

    answer = (pl_answer_t) { .status = 200,
                             .body = pl_str_c(test_answers[0].body) };
    assert_string_equal(test_classify(*state, &answer)->recipient,
                        "34600000001");

    /* what was cut may have gone on otherwise */

    answer.truncated = true;
    assert_int_equal(test_classify(*state, &answer)->outcome, UNKNOWN);
    assert_string_equal(test_classify(*state, &answer)->reason,
                        "answer cut");

    answer.status = 400;
    answer.body = pl_str_c(ERROR(131026));
    assert_int_equal(test_classify(*state, &answer)->outcome, RETRY);
    answer.status = 403;
    assert_int_equal(test_classify(*state, &answer)->outcome, ACCOUNT);
}


static void
test_delays(void **state)
{
    size_t                 i;
    pl_answer_t            answer = { 0 };
    const Pl__SendResult  *result;

    static const struct {
        int          status;
        const char  *body;
        const char  *retry_after;
        int64_t      delay_ms;      /* 0: none is named */
    } rows[] = {
        { 429, "", "", 0 },
        { 429, "", "30", 30000 },
        { 429, "", "0", 1000 },
        { 429, "", "1", 1000 },
        { 429, "", "3600", 3600000 },
        { 429, "", "3601", 3600000 },
        { 429, "", "9223372036854775807", 3600000 },
        { 429, "", "99999999999999999999999", 3600000 },
        { 429, "", "-1", 0 },
        { 429, "", "1.5", 0 },
        { 429, "", "Wed, 21 Oct 2026 07:28:00 GMT", 0 },
        { 503, "", "7", 7000 },
        { 504, "", "7", 0 },
        { 400, "", "7", 0 },
        { 400, ERROR(131056), "", 6000 },
        { 400, ERROR(131056), "20", 20000 },
        { 400, ERROR(131056), "soon", 6000 },
        { 400, ERROR(131049), "", 86400000 },
        { 400, ERROR(131026), "20", 0 },
        { 500, ERROR(131000), "", 0 },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        answer.status = rows[i].status;
        answer.body = pl_str_c(rows[i].body);
        answer.retry_after = pl_str_c(rows[i].retry_after);

        result = test_classify(*state, &answer);
        assert_int_equal(result->has_retry_ms, rows[i].delay_ms > 0);
        assert_int_equal(result->retry_ms, rows[i].delay_ms);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_all_answers),
        cmocka_unit_test(test_delays),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("whatsapp_answer", tests, test_setup,
                                       test_teardown);
}
