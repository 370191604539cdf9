/*
 * Where a file is, and who may see the token: requests, answers, URLs.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/whatsapp_impl.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define SENT       PL__OUTCOME__OUTCOME_SENT
#define RETRY      PL__OUTCOME__OUTCOME_RETRY
#define RATE       PL__OUTCOME__OUTCOME_THROTTLE
#define ACCOUNT    PL__OUTCOME__OUTCOME_ACCOUNT
#define PERMANENT  PL__OUTCOME__OUTCOME_PERMANENT

#define HEX                                                                   \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define BASE64  "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564="

typedef struct {
    int          status;
    const char  *body;
    bool         truncated;
    Pl__Outcome  outcome;
    const char  *reason;
} answer_row_t;

typedef struct {
    const char  *url;
    bool         taken;
    bool         token;
    bool         home;
} get_row_t;


static const answer_row_t  answer_rows[] = {
    { 200, "{\"url\":\"https://x/y\"}", false, SENT, NULL },
    { 200, "{\"url\":\"\"}", false, RETRY, "answer without URL" },
    { 200, "{}", false, RETRY, "answer without URL" },
    { 200, "<html>", false, RETRY, "answer unreadable" },
    { 200, "[]", false, RETRY, "answer unreadable" },
    { 200, "", false, RETRY, "answer unreadable" },
    { 200, "{\"url\":\"https://x/y\"}", true, RETRY, "answer cut" },
    { 404, "", false, PERMANENT, "the provider has no such file" },
    { 410, "<html>", false, PERMANENT, "the provider has no such file" },
    { 404, "{\"error\":{\"code\":100}}", false, PERMANENT,
      "the provider has no such file" },
    { 404, "{\"error\":{\"code\":2}}", false, RETRY, "2 retry" },
    { 400, "{\"error\":{\"code\":100}}", false, PERMANENT, "100 config" },
    { 400, "{\"error\":{\"code\":131052}}", false, PERMANENT, NULL },
    { 401, "{\"error\":{\"code\":190}}", false, ACCOUNT, NULL },
    { 401, "", false, ACCOUNT, "http 401" },
    { 302, "", false, ACCOUNT, "http 302" },
    { 429, "{\"error\":{\"code\":4}}", false, RATE, NULL },
    { 500, "", false, RETRY, "http 500" },
    { 502, "", false, RETRY, "http 502" },
    { 503, "", false, RETRY, "http 503" },
};

static const get_row_t  get_rows[] = {
    { "https://lookaside.fbsbx.com/a?b=c", true, true, false },
    { "https://graph.facebook.com/a", true, true, false },
    { "https://LOOKASIDE.fbsbx.com:443/", true, true, false },
    { "http://10.1.2.3:8081/file", true, true, true },
    { "https://lookaside.fbsbx.com:8443/", true, false, false },
    { "https://lookaside.fbsbx.com.evil.example/", true, false, false },
    { "https://evil.example/lookaside.fbsbx.com", true, false, false },
    { "https://evilgraph.facebook.com/", true, false, false },
    { "https://fbsbx.com/", true, false, false },
    { "https://10.1.2.3:8081/file", true, false, false },
    { "http://lookaside.fbsbx.com/", false, false, false },
    { "http://10.1.2.3:8082/file", false, false, false },
    { "http://10.1.2.3/file", false, false, false },
    { "https://graph.facebook.com@evil.example/", false, false, false },
    { "gopher://graph.facebook.com/", false, false, false },
    { "", false, false, false },
};


typedef struct {
    pl_arena_t           *ar;
    pl_codec_t           *codec;
    pl_err_t              err;
    pl_fetch_t            fetch;
    Pl__Media             media;
    Pl__ChannelSettings   channel;
} test_t;


static int
setup(void **state)
{
    test_t  *t;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    t->ar = pl_arena_create(4096, 1u << 20);
    assert_non_null(t->ar);
    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);

    pl__media__init(&t->media);
    t->media.id = (char *) (uintptr_t) "1013859600285441";
    t->media.mime_type = (char *) (uintptr_t) "image/jpeg";
    t->media.sha256 = (char *) (uintptr_t) BASE64;

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) (uintptr_t) "1001";
    t->channel.api_base_url = (char *) (uintptr_t) "http://10.1.2.3:8081/a/";
    t->channel.api_version = (char *) (uintptr_t) "v24.0";

    t->fetch.channel = &t->channel;
    t->fetch.media = &t->media;
    t->fetch.kind = "image";
    t->fetch.token = PL_STR("secret");
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    free(t);

    return 0;
}


static void
test_ask(void **state)
{
    size_t        i;
    test_t       *t = *state;
    pl_request_t  out;

    static const char *const  odd[] = {
        "", "..", "1/2", "1?x", "1#x", "1%2f", " 1", "1\r\nX: y", "\xc3\xa9"
    };

    assert_int_equal(pl_whatsapp_files.ask(&t->fetch, t->ar, &out, &t->err),
                     PL_OK);
    assert_string_equal(out.method, "GET");
    assert_string_equal(out.url, "http://10.1.2.3:8081/a/v24.0/"
                                 "1013859600285441?phone_number_id=1001");
    assert_string_equal(out.headers[0], "Authorization: Bearer secret");
    assert_null(out.headers[1]);
    assert_int_equal(out.body.len, 0);

    for (i = 0; i < PL_COUNT(odd); i++) {
        t->media.id = (char *) (uintptr_t) odd[i];
        assert_int_equal(pl_whatsapp_files.ask(&t->fetch, t->ar, &out,
                                               &t->err), PL_INVALID);
        assert_string_equal(t->err.path, "content.media.id");
    }

    t->media.id = (char *) (uintptr_t) "1";
    t->fetch.token = PL_STR("a\nb");
    assert_int_equal(pl_whatsapp_files.ask(&t->fetch, t->ar, &out, &t->err),
                     PL_INVALID);
    assert_string_equal(t->err.path, "token");

    t->fetch.token = PL_STR("secret");
    t->channel.account = (char *) (uintptr_t) "1/2";
    assert_int_equal(pl_whatsapp_files.ask(&t->fetch, t->ar, &out, &t->err),
                     PL_INVALID);
    assert_string_equal(t->err.path, "channel.account");
}


static void
test_answers(void **state)
{
    size_t               i;
    test_t              *t = *state;
    pl_place_t           place;
    pl_answer_t          answer;
    Pl__SendResult       out;
    const answer_row_t  *row;

    for (i = 0; i < PL_COUNT(answer_rows); i++) {
        row = &answer_rows[i];
        memset(&answer, 0, sizeof(answer));
        answer.status = row->status;
        answer.body = pl_str_c(row->body);
        answer.truncated = row->truncated;
        pl__send_result__init(&out);

        assert_int_equal(pl_whatsapp_files.place(t->codec, &t->fetch,
                                                 &answer, t->ar, &place,
                                                 &out, &t->err), PL_OK);
        if (out.outcome != row->outcome) {
            fail_msg("%d %s: outcome %d", row->status, row->body,
                     (int) out.outcome);
        }

        assert_true((out.reason == NULL) == (row->outcome == SENT));
        if (row->reason != NULL) {
            assert_string_equal(out.reason, row->reason);
        }

        assert_true((place.url != NULL) == (row->outcome == SENT));
    }
}


/* What an answer says, and what the message had said where it does not. */

static void
test_place(void **state)
{
    test_t          *t = *state;
    uint8_t          digest[PL_SHA256_LEN];
    pl_place_t       place;
    pl_answer_t      answer = { .status = 200 };
    Pl__SendResult   out = PL__SEND_RESULT__INIT;

    assert_true(pl_hex_decode(PL_STR(HEX), digest, sizeof(digest)));

    answer.body = PL_STR("{\"url\":\"https://x/\",\"mime_type\":"
        "\"image/png\",\"sha256\":\"" HEX "\",\"file_size\":\"303833\","
        "\"id\":\"1\",\"messaging_product\":\"whatsapp\"}");
    assert_int_equal(pl_whatsapp_files.place(t->codec, &t->fetch, &answer,
                                             t->ar, &place, &out, &t->err),
                     PL_OK);
    assert_string_equal(place.url, "https://x/");
    assert_string_equal(place.mime_type, "image/png");
    assert_true(place.has_bytes);
    assert_int_equal(place.bytes, 303833);
    assert_true(place.has_sha256);
    assert_memory_equal(place.sha256, digest, sizeof(digest));

    answer.body = PL_STR("{\"url\":\"https://x/\",\"file_size\":303833,"
                         "\"sha256\":\"odd\"}");
    assert_int_equal(pl_whatsapp_files.place(t->codec, &t->fetch, &answer,
                                             t->ar, &place, &out, &t->err),
                     PL_OK);
    assert_string_equal(place.mime_type, "image/jpeg");
    assert_true(place.has_bytes);
    assert_int_equal(place.bytes, 303833);
    assert_true(place.has_sha256);
    assert_memory_equal(place.sha256, digest, sizeof(digest));

    t->media.sha256 = (char *) (uintptr_t) "q83v";
    answer.body = PL_STR("{\"url\":\"https://x/\",\"file_size\":\"-1\"}");
    assert_int_equal(pl_whatsapp_files.place(t->codec, &t->fetch, &answer,
                                             t->ar, &place, &out, &t->err),
                     PL_OK);
    assert_false(place.has_sha256);
    assert_false(place.has_bytes);
}


static void
test_get(void **state)
{
    bool              home;
    size_t            i;
    test_t           *t = *state;
    pl_request_t      out;
    const get_row_t  *row;

    for (i = 0; i < PL_COUNT(get_rows); i++) {
        row = &get_rows[i];

        if (pl_whatsapp_files.get(&t->fetch, row->url, t->ar, &out, &home,
                                  &t->err)
            != (row->taken ? PL_OK : PL_INVALID))
        {
            fail_msg("%s", row->url);
        }

        if (!row->taken) {
            continue;
        }

        assert_string_equal(out.method, "GET");
        assert_string_equal(out.url, row->url);
        assert_int_equal(home, row->home);

        if ((out.headers != NULL) != row->token) {
            fail_msg("token: %s", row->url);
        }
    }
}


static void
test_limit(void **state)
{
    size_t  i;

    static const struct {
        const char  *kind;
        const char  *type;
        bool         fits;
    } rows[] = {
        { "image", "image/jpeg", true },
        { "image", "IMAGE/PNG", true },
        { "image", "text/html", false },
        { "image", "image/", false },
        { "sticker", "image/webp", true },
        { "sticker", "video/mp4", false },
        { "audio", "audio/ogg; codecs=opus", true },
        { "audio", "image/jpeg", false },
        { "video", "video/mp4", true },
        { "video", "audio/mp4", false },
        { "document", "application/x-msdownload", true },
        { "document", "text/html", true },
        { "document", "nonsense", false },
        { "document", "", false },
        { "hologram", "image/jpeg", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_whatsapp_files.limit(rows[i].kind, rows[i].type),
                         rows[i].fits ? PL_MEDIA_MAX : 0);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_ask, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_get, setup, teardown),
        cmocka_unit_test(test_limit),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
