/*
 * Files that go to Meta: what is taken, the request around a file, what its
 * answers mean, and which errors say that a file is not there any more.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/mime.h"
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
#define MARK       "parley-2c26b46b68ffc68ff99b453c1d30413413422d706483"      \
                   "bfa0f98a5e88"
#define KIB        1024u
#define MIB        (1024u * 1024)

typedef struct {
    const char  *kind;
    const char  *type;
    uint64_t     max;
} limit_row_t;

typedef struct {
    int          status;
    const char  *body;
    bool         truncated;
    Pl__Outcome  outcome;
    const char  *said;          /* id, or reason */
} answer_row_t;


static const limit_row_t  limit_rows[] = {
    { "image", "image/jpeg", 5 * MIB },
    { "image", "Image/PNG", 5 * MIB },
    { "image", "image/webp", 0 },
    { "image", "image/gif", 0 },
    { "image", "video/mp4", 0 },
    { "sticker", "image/webp", 500 * KIB },
    { "sticker", "image/png", 0 },
    { "video", "video/mp4", 16 * MIB },
    { "video", "video/3gpp", 16 * MIB },
    { "audio", "audio/ogg; codecs=opus", 16 * MIB },
    { "audio", "audio/wav", 0 },
    { "document", "application/pdf", 100 * MIB },
    { "document", "text/plain", 100 * MIB },
    { "document", "image/jpeg", 0 },
    { "document", "", 0 },
    { "document", "application/pdf\r\nX: y", 0 },
    { "document", "application/pdf; a=b\r\nX: y", 0 },
    { "document", "application/pdf; a=\xc3\xa9", 0 },
    { "text", "text/plain", 0 },
};

static const answer_row_t  answer_rows[] = {
    { 200, "{\"id\":\"4711\"}", false, SENT, "4711" },
    { 200, "{\"id\":\"4711\"}", true, RETRY, "answer cut" },
    { 200, "{\"id\":\"\"}", false, RETRY, "answer without id" },
    { 200, "{}", false, RETRY, "answer without id" },
    { 200, "", false, RETRY, "answer unreadable" },
    { 200, "<html>", false, RETRY, "answer unreadable" },
    { 200, "{\"id\":4711}", false, SENT, "4711" },
    { 200, "{\"id\":{}}", false, RETRY, "answer unreadable" },
    { 0, "", false, RETRY, NULL },
    { 400, "{\"error\":{\"code\":131053,\"message\":\"media\"}}", false,
      PERMANENT, "131053 config" },
    { 400, "{\"error\":{\"code\":100}}", false, PERMANENT, "100 config" },
    { 401, "{\"error\":{\"code\":190}}", false, ACCOUNT, NULL },
    { 413, "", false, PERMANENT, "http 413" },
    { 415, "<html>", false, PERMANENT, "http 415" },
    { 429, "{\"error\":{\"code\":4}}", false, RATE, NULL },
    { 500, "", false, RETRY, "http 500" },
    { 503, "", false, RETRY, "http 503" },
};


typedef struct {
    pl_arena_t           *ar;
    pl_codec_t           *codec;
    pl_err_t              err;
    pl_upload_t           upload;
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

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) (uintptr_t) "106540352242922";
    t->channel.api_base_url = (char *) (uintptr_t) "https://graph.example/";
    t->channel.api_version = (char *) (uintptr_t) "v24.0";
    t->upload.channel = &t->channel;
    t->upload.token = PL_STR("secret");
    t->upload.file = HEX;
    t->upload.mime_type = "image/jpeg";
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_codec_destroy(t->codec);
    pl_arena_destroy(t->ar);
    free(t);

    return 0;
}


static void
test_limits(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < PL_COUNT(limit_rows); i++) {
        assert_int_equal(pl_whatsapp_uploads.limit(limit_rows[i].kind,
                                                   limit_rows[i].type),
                         limit_rows[i].max);
    }
}


static void
test_long_type(void **state)
{
    char  type[257];

    (void) state;

    (void) snprintf(type, sizeof(type), "text/plain; a=%0241d", 1);
    assert_int_equal(strlen(type), 255);
    assert_int_equal(pl_whatsapp_uploads.limit("document", type), 100 * MIB);

    (void) snprintf(type, sizeof(type), "text/plain; a=%0242d", 1);
    assert_int_equal(strlen(type), 256);
    assert_int_equal(pl_whatsapp_uploads.limit("document", type), 0);
}


static void
test_request(void **state)
{
    test_t        *t = *state;
    pl_str_t       head, tail;
    pl_request_t   request;

    assert_int_equal(pl_whatsapp_uploads.build(&t->upload, t->ar, &request,
                                               &head, &tail, &t->err),
                     PL_OK);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.url,
                        "https://graph.example/v24.0/106540352242922/media");
    assert_string_equal(request.headers[0], "Authorization: Bearer secret");
    assert_string_equal(request.headers[1],
                        "Content-Type: multipart/form-data; boundary=" MARK);
    assert_null(request.headers[2]);
    assert_int_equal(request.body.len, 0);
    assert_true(pl_str_eq(tail, PL_STR("\r\n--" MARK "--\r\n")));
    assert_true(pl_str_eq(head, PL_STR(
        "--" MARK "\r\nContent-Disposition: form-data; "
        "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"
        "--" MARK "\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n"
        "image/jpeg\r\n"
        "--" MARK "\r\nContent-Disposition: form-data; name=\"file\"; "
        "filename=\"file\"\r\nContent-Type: image/jpeg\r\n\r\n")));

    t->upload.mime_type = "image/jpeg\r\nX-Evil: 1";
    assert_int_equal(pl_whatsapp_uploads.build(&t->upload, t->ar, &request,
                                               &head, &tail, &t->err),
                     PL_INVALID);
    t->upload.mime_type = "image/jpeg; a=b\r\nX-Evil: 1";
    assert_int_equal(pl_whatsapp_uploads.build(&t->upload, t->ar, &request,
                                               &head, &tail, &t->err),
                     PL_INVALID);
    t->upload.mime_type = "image/jpeg";
    t->upload.token = PL_STR("a b");
    assert_int_equal(pl_whatsapp_uploads.build(&t->upload, t->ar, &request,
                                               &head, &tail, &t->err),
                     PL_INVALID);
    assert_string_equal(t->err.path, "token");
}


static void
test_answers(void **state)
{
    size_t               i;
    test_t              *t = *state;
    pl_answer_t          answer;
    Pl__SendResult       out;
    const answer_row_t  *row;

    for (i = 0; i < PL_COUNT(answer_rows); i++) {
        row = &answer_rows[i];
        memset(&answer, 0, sizeof(answer));
        answer.status = row->status;
        answer.body = pl_str_c(row->body);
        answer.truncated = row->truncated;
        answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
        pl__send_result__init(&out);

        assert_int_equal(pl_whatsapp_uploads.classify(t->codec, &answer,
                                                      t->ar, &out, &t->err),
                         PL_OK);
        assert_int_equal(out.outcome, row->outcome);
        assert_false(out.lost);

        if (row->said != NULL) {
            assert_string_equal(row->outcome == SENT ? out.provider_id
                                                     : out.reason,
                                row->said);
        }
    }
}


static void
test_lost(void **state)
{
    size_t  i;

    static const struct {
        int32_t      code;
        const char  *message;
        bool         lost;
    } rows[] = {
        { 100, "(#100) Param image['id'] is not a valid whatsapp business "
               "account media attachment ID ", true },
        { 131009, "Media ID not found", true },
        { 131053, "Media upload error", true },
        { 100, "(#100) Invalid parameter", false },
        { 100, "medi", false },
        { 100, "", false },
        { 100, NULL, false },
        { 131056, "media", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_whatsapp_upload_lost(rows[i].code,
                                                 rows[i].message),
                         rows[i].lost);
    }
}


static void
test_types(void **state)
{
    (void) state;

    assert_string_equal(pl_mime_of_name("a.JPG"), "image/jpeg");
    assert_string_equal(pl_mime_of_name("/x.y/b.tar.pdf"),
                        "application/pdf");
    assert_null(pl_mime_of_name("pdf"));
    assert_null(pl_mime_of_name("a."));
    assert_null(pl_mime_of_name("a.exe"));

    assert_true(pl_mime_fits(PL_STR("image/jpeg"), PL_STR("\xff\xd8\xff")));
    assert_false(pl_mime_fits(PL_STR("image/jpeg"), PL_STR("\xff\xd8")));
    assert_false(pl_mime_fits(PL_STR("image/PNG"), PL_STR("\xff\xd8\xff")));
    assert_true(pl_mime_fits(PL_STR("video/mp4"),
                             PL_STR("\0\0\0\x18" "ftypmp42")));
    assert_false(pl_mime_fits(PL_STR("image/webp"), PL_STR("RIFF")));
    assert_true(pl_mime_fits(PL_STR("text/plain"), PL_STR("x")));
    assert_true(pl_mime_fits(PL_STR("x/y"), PL_STR("x")));
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(test_types, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
