/*
 * A fetch between its transfers: what is done next, and how it ends. The wire
 * is the test's; the folder is a real one.
 */

#include "temp.h"

#include "../../src/engine/shapes.h"
#include "../../src/sender/fetch_step.c"
#include "../../src/sender/metrics.c"
#include "../../src/sender/metrics_print.c"
#include "../../src/sender/page.c"
#include "../../src/sender/result.c"
#include "../../src/core/shelf.c"

#define NOW    1760000000000LL
#define FOO                                                                   \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define PLACE(more)                                                           \
    "{\"url\":\"http://10.1.2.3:8081/file\",\"mime_type\":\"image/jpeg\""     \
    more "}"
#define BYTES3  ",\"file_size\":\"3\""
#define DIGEST  ",\"sha256\":\"" FOO "\""


typedef struct {
    char                  dir[TEMP_MAX];
    pl_codec_t           *codec;
    pl_err_t              err;
    pls_job_t             job;
    pl_fetch_t            what;
    Pl__Media             media;
    Pl__ChannelSettings   channel;
} test_t;


static int
setup(void **state)
{
    test_t  *t;

    t = calloc(1, sizeof(*t));
    assert_non_null(t);
    temp_make(t->dir);
    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);

    pl__media__init(&t->media);
    t->media.id = (char *) (uintptr_t) "M1";
    t->media.mime_type = (char *) (uintptr_t) "image/jpeg";

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) (uintptr_t) "1001";
    t->channel.api_base_url = (char *) (uintptr_t) "http://10.1.2.3:8081/a";
    t->channel.api_version = (char *) (uintptr_t) "v24.0";

    t->what.channel = &t->channel;
    t->what.media = &t->media;
    t->what.kind = "image";
    t->what.token = PL_STR("secret");

    t->job.arena = pl_arena_create(4096, PLS_JOB_ARENA_MAX);
    assert_non_null(t->job.arena);
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->job.arena);
    pl_codec_destroy(t->codec);
    temp_remove(t->dir);
    free(t);

    return 0;
}


static void
make(test_t *t, uint64_t max)
{
    pl_arena_reset(t->job.arena);
    t->job.effect = 19;
    t->job.attempts = 1;
    t->job.kind = PL__EFFECT__OF_FETCH_MEDIA;
    pl_retry_all(NULL, &t->job.retries);
    t->job.timeout_ms = 1000;

    assert_int_equal(pls_fetch_make(&t->job,
                                    pl_channel_find(PL_STR("whatsapp"))
                                        ->files,
                                    &t->what, t->dir, max, 7, &t->err),
                     PL_OK);
}


/* The wire's answer; then what the step makes of it. */

static bool
said(test_t *t, pls_end_e end, int status, const char *type,
    const char *body)
{
    pls_wire_t  *wire = &t->job.wire;

    memset(wire, 0, sizeof(*wire));
    wire->end = end;
    wire->status = status;
    wire->stage = status != 0 ? PL__WIRE_STAGE__WIRE_STAGE_ANSWERED
                              : PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    (void) snprintf(wire->type, sizeof(wire->type), "%s",
                    type == NULL ? "" : type);

    if (t->job.sink != NULL && status == 200) {
        if (!t->job.sink(t->job.sink_data, (const uint8_t *) body,
                         strlen(body)))
        {
            wire->end = PLS_END_TOOBIG;
        }

    } else {
        wire->body = (uint8_t *) (uintptr_t) body;
        wire->body_len = strlen(body);
    }

    return pls_fetch_step(&t->job, t->codec, NOW, 0);
}


static bool
asked(test_t *t, const char *body)
{
    return said(t, PLS_END_ANSWERED, 200, "application/json", body);
}


/* Nothing is left open, and nothing in the way of the next one. */

static void
ended(test_t *t, Pl__Outcome outcome, const char *reason)
{
    char  path[PATH_MAX];

    assert_int_equal(t->job.result.outcome, outcome);
    assert_int_equal(t->job.result.effect, 19);
    assert_int_equal(t->job.result.epoch, 7);
    assert_false(t->job.fetch->spool.open);

    temp_path(path, t->dir, ".tmp/eff_19.7");
    assert_int_equal(access(path, F_OK), -1);

    if (reason != NULL) {
        assert_string_equal(t->job.result.reason, reason);
    }

    assert_int_equal(t->job.result.has_retry_ms,
                     outcome == PL__OUTCOME__OUTCOME_RETRY
                     || outcome == PL__OUTCOME__OUTCOME_THROTTLE);
}


static void
test_whole(void **state)
{
    char     path[PATH_MAX];
    test_t  *t = *state;

    make(t, PL_MEDIA_MAX);
    assert_string_equal(t->job.request.url, "http://10.1.2.3:8081/a/v24.0/M1"
                                            "?phone_number_id=1001");
    assert_null(t->job.sink);
    assert_false(t->job.public_only);

    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_string_equal(t->job.request.url, "http://10.1.2.3:8081/file");
    assert_non_null(t->job.sink);
    assert_false(t->job.public_only);
    assert_true(t->job.patient);
    assert_int_equal(t->job.timeout_ms, PLS_FETCH_TIMEOUT_MS);

    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "foo"));
    ended(t, PL__OUTCOME__OUTCOME_SENT, NULL);
    assert_string_equal(t->job.result.media->file, FOO);
    assert_int_equal(t->job.result.media->bytes, 3);
    assert_string_equal(t->job.result.media->mime_type, "image/jpeg");
    assert_false(t->job.result.media->other_digest);

    temp_path(path, t->dir, "2c/26/" FOO);
    assert_int_equal(access(path, F_OK), 0);
}


/* A URL that is refused is asked for anew, so often and no more. */

static void
test_expired(void **state)
{
    size_t   i;
    unsigned n;
    test_t  *t = *state;

    static const int  statuses[] = { 401, 403, 404, 410 };

    for (i = 0; i < PL_COUNT(statuses); i++) {
        make(t, PL_MEDIA_MAX);

        for (n = 1; n < PLS_FETCH_URLS_MAX; n++) {
            assert_true(asked(t, PLACE(BYTES3)));
            assert_true(said(t, PLS_END_ANSWERED, statuses[i], "text/html",
                             "<html>"));
            assert_string_equal(t->job.request.url,
                                "http://10.1.2.3:8081/a/v24.0/M1"
                                "?phone_number_id=1001");
            assert_null(t->job.sink);
            assert_false(t->job.patient);
            assert_int_equal(t->job.timeout_ms, 1000);
        }

        assert_true(asked(t, PLACE(BYTES3)));
        assert_false(said(t, PLS_END_ANSWERED, statuses[i], "text/html",
                          "<html>"));
        ended(t, PL__OUTCOME__OUTCOME_RETRY, "its URL is refused");
    }
}


/* At each size that is allowed, and one past it. */

static void
test_size(void **state)
{
    test_t  *t = *state;

    make(t, 3);
    assert_true(asked(t, PLACE(BYTES3)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "foo"));
    ended(t, PL__OUTCOME__OUTCOME_SENT, NULL);

    make(t, 3);
    assert_true(asked(t, PLACE("")));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "four"));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "larger than allowed");

    make(t, 2);
    assert_false(asked(t, PLACE(BYTES3)));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "larger than allowed");

    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "four"));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "larger than announced");

    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "fo"));
    ended(t, PL__OUTCOME__OUTCOME_RETRY, "shorter than announced");
}


static void
test_type(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const struct {
        const char  *type;
        bool         taken;
    } rows[] = {
        { "image/jpeg", true }, { "IMAGE/JPEG;x=y", true }, { NULL, true },
        { "application/octet-stream", true }, { "binary/octet-stream", true },
        { "text/html", false }, { "image/png", false }, { "x", false },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        make(t, PL_MEDIA_MAX);
        assert_true(asked(t, PLACE(BYTES3)));
        assert_false(said(t, PLS_END_ANSWERED, 200, rows[i].type, "foo"));
        ended(t, rows[i].taken ? PL__OUTCOME__OUTCOME_SENT
                               : PL__OUTCOME__OUTCOME_PERMANENT, NULL);
    }

    t->media.mime_type = (char *) (uintptr_t) "image/png";
    make(t, PL_MEDIA_MAX);
    assert_false(asked(t, PLACE(BYTES3)));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "its type is not the message's");

    t->media.mime_type = NULL;
    t->what.kind = "audio";
    make(t, PL_MEDIA_MAX);
    assert_false(asked(t, PLACE(BYTES3)));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT,
          "its type is not one of its kind");

    make(t, PL_MEDIA_MAX);
    assert_false(asked(t, "{\"url\":\"https://a/\"}"));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "its type is not known");
}


/* Got again; the same bytes twice are kept as what they are. */

static void
test_digest(void **state)
{
    test_t  *t = *state;

    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_true(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "bar"));
    assert_null(t->job.sink);
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "bar"));
    ended(t, PL__OUTCOME__OUTCOME_SENT, NULL);
    assert_true(t->job.result.media->other_digest);
    assert_string_not_equal(t->job.result.media->file, FOO);

    /* right at the second time */
    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_true(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "bar"));
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "foo"));
    ended(t, PL__OUTCOME__OUTCOME_SENT, NULL);
    assert_false(t->job.result.media->other_digest);

    /* other ones each time */
    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_true(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "ba1"));
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_true(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "ba2"));
    assert_true(asked(t, PLACE(BYTES3 DIGEST)));
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "ba3"));
    ended(t, PL__OUTCOME__OUTCOME_RETRY,
          "its digest is not the announced one");
}


/* How a get can end without a file. */

static void
test_ends(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const struct {
        pls_end_e     end;
        int           status;
        Pl__Outcome   outcome;
        const char   *reason;
    } rows[] = {
        { PLS_END_ADDRESS, 0, PL__OUTCOME__OUTCOME_PERMANENT,
          "its address is not public" },
        { PLS_END_RESOLVE, 0, PL__OUTCOME__OUTCOME_RETRY, "host not found" },
        { PLS_END_CONNECT, 0, PL__OUTCOME__OUTCOME_RETRY, "cannot connect" },
        { PLS_END_TLS, 0, PL__OUTCOME__OUTCOME_RETRY, "no TLS connection" },
        { PLS_END_TIMEOUT, 0, PL__OUTCOME__OUTCOME_RETRY, NULL },
        { PLS_END_CUT, 0, PL__OUTCOME__OUTCOME_RETRY, "connection cut" },
        { PLS_END_CUT, 200, PL__OUTCOME__OUTCOME_RETRY, "connection cut" },
        { PLS_END_REPEAT, 0, PL__OUTCOME__OUTCOME_RETRY, NULL },
        { PLS_END_STOPPED, 200, PL__OUTCOME__OUTCOME_THROTTLE,
          "the sender ends" },
        { PLS_END_ANSWERED, 301, PL__OUTCOME__OUTCOME_PERMANENT,
          "its URL leads elsewhere" },
        { PLS_END_ANSWERED, 307, PL__OUTCOME__OUTCOME_PERMANENT,
          "its URL leads elsewhere" },
        { PLS_END_ANSWERED, 204, PL__OUTCOME__OUTCOME_RETRY,
          "its URL fails" },
        { PLS_END_ANSWERED, 206, PL__OUTCOME__OUTCOME_RETRY,
          "its URL fails" },
        { PLS_END_ANSWERED, 429, PL__OUTCOME__OUTCOME_RETRY,
          "its URL fails" },
        { PLS_END_ANSWERED, 500, PL__OUTCOME__OUTCOME_RETRY,
          "its URL fails" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        make(t, PL_MEDIA_MAX);
        assert_true(asked(t, PLACE(BYTES3)));
        assert_false(said(t, rows[i].end, rows[i].status, "image/jpeg",
                          "fo"));
        ended(t, rows[i].outcome, rows[i].reason);
    }
}


/* Before anything is got. */

static void
test_asking(void **state)
{
    test_t  *t = *state;

    make(t, PL_MEDIA_MAX);
    assert_false(said(t, PLS_END_TIMEOUT, 0, NULL, ""));
    ended(t, PL__OUTCOME__OUTCOME_RETRY, "timeout before an answer");
    assert_false(t->job.result.unsent);

    /* nobody was reached: it is not charged */
    make(t, PL_MEDIA_MAX);
    memset(&t->job.wire, 0, sizeof(t->job.wire));
    t->job.wire.end = PLS_END_CONNECT;
    t->job.wire.stage = PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    assert_false(pls_fetch_step(&t->job, t->codec, NOW, 0));
    ended(t, PL__OUTCOME__OUTCOME_RETRY, "cannot connect");
    assert_true(t->job.result.unsent);

    make(t, PL_MEDIA_MAX);
    assert_false(said(t, PLS_END_ANSWERED, 404, NULL, ""));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT,
          "the provider has no such file");

    make(t, PL_MEDIA_MAX);
    assert_false(asked(t, "{\"url\":\"http://10.1.2.3:8082/\","
                          "\"mime_type\":\"image/jpeg\"}"));
    ended(t, PL__OUTCOME__OUTCOME_PERMANENT, "its URL is not one to go to");

    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, "{\"url\":\"https://a.example/\","
                         "\"mime_type\":\"image/jpeg\"}"));
    assert_true(t->job.public_only);
    assert_null(t->job.request.headers);
    assert_false(said(t, PLS_END_STOPPED, 0, NULL, ""));
    ended(t, PL__OUTCOME__OUTCOME_THROTTLE, "the sender ends");
    assert_int_equal(t->job.result.retry_ms, NOW);
}


/* Our own disk costs no attempt, and is asked again some seconds later. */

static void
test_disk(void **state)
{
    char     path[PATH_MAX];
    test_t  *t = *state;

    make(t, PL_MEDIA_MAX);
    temp_write(temp_path(path, t->dir, ".tmp"), "x", 0600);
    assert_false(asked(t, PLACE(BYTES3)));
    assert_int_equal(t->job.result.outcome, PL__OUTCOME__OUTCOME_THROTTLE);
    assert_string_equal(t->job.result.reason, "it cannot be written");
    assert_int_equal(t->job.result.retry_ms, NOW + PLS_FETCH_DISK_MS);
    assert_int_equal(unlink(path), 0);

    make(t, PL_MEDIA_MAX);
    assert_true(asked(t, PLACE(BYTES3)));
    temp_write(temp_path(path, t->dir, "2c"), "x", 0600);
    assert_false(said(t, PLS_END_ANSWERED, 200, "image/jpeg", "foo"));
    ended(t, PL__OUTCOME__OUTCOME_THROTTLE, "it cannot be written");
    assert_int_equal(t->job.fetch->err.status, PL_IO);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
        cmocka_unit_test_setup_teardown(test_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_type, setup, teardown),
        cmocka_unit_test_setup_teardown(test_digest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_asking, setup, teardown),
        cmocka_unit_test_setup_teardown(test_disk, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
