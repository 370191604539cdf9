/*
 * Files of ours in messages that go out, as the state sees them: what is
 * uploaded when, who waits for it and in which order, and when it is
 * uploaded again.
 */

#include "engine.h"

#include "../../src/engine/upload.h"

#define ANA   "34600000001"
#define EVA   "34600000002"
#define DAY   (86400 * 1000LL)
#define FILE_NAME                                                             \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define IMAGE                                                                 \
    "{\"type\":\"image\",\"media\":{\"file\":\"" FILE_NAME "\","              \
    "\"mime_type\":\"image/jpeg\",\"bytes\":3,\"caption\":\"c\"}}"
#define TEXT  "{\"type\":\"text\",\"text\":{\"body\":\"Hello!\"}}"


/* People send a place, which nothing answers. */

static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t->media_dir = "/m";
    t_configure(t);
    (void) t_located(t, ANA, "wamid.A", T_NOW / 1000);
    (void) t_located(t, EVA, "wamid.B", T_NOW / 1000);
    t_fold(t);
    *state = t;

    return 0;
}


static void
ask(t_engine_t *t, const char *phone, const char *json)
{
    uint8_t             key[PL_REQUEST_KEY_LEN];
    Pl__Address         address = PL__ADDRESS__INIT;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__SendRequest     request = PL__SEND_REQUEST__INIT;
    ProtobufCMessage   *msg;

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));

    assert_int_equal(pl_crypto_random(key, sizeof(key)), PL_OK);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) phone;
    request.tenant = 1;
    request.channel = 1;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = (Pl__Content *) msg;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* The files that are due are attempted: how many, and the first's effect. */

static size_t
files(t_engine_t *t, uint64_t epoch, uint64_t *effect)
{
    size_t       i, n;
    pl_due_t     due[16];
    Pl__Command  command = PL__COMMAND__INIT;

    n = t_due(t, t->wall_ms, true, due, 16);

    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; i < n; i++) {
        due[i].attempt.epoch = epoch;
        command.attempt = &due[i].attempt;
        (void) t_append(t, &command, NULL);
    }

    *effect = n == 0 ? 0 : due[0].attempt.effect;
    t_fold(t);

    return n;
}


/* The result of one, with an id or none; lost: the message's handle is. */

static void
result(t_engine_t *t, uint64_t effect, uint64_t epoch, Pl__Outcome outcome,
    const char *id, bool lost)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  in = PL__SEND_RESULT__INIT;

    in.effect = effect;
    in.epoch = epoch;
    in.outcome = outcome;
    in.provider_id = (char *) id;
    in.reason = outcome == PL__OUTCOME__OUTCOME_SENT ? NULL
                                                     : (char *) "why not";
    in.has_lost = lost;
    in.lost = lost;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static Pl__Upload *
upload(t_engine_t *t)
{
    return (Pl__Upload *) t_row(t, PL_TABLE_UPLOADS, 0,
                                &pl__upload__descriptor);
}


/* What the sender would put on the wire: the handle, or NULL. */

static const char *
handle(t_engine_t *t, uint64_t effect)
{
    pl_txn_t       *txn;
    Pl__Media      *media;
    pl_outgoing_t   out;

    txn = t_read(t);
    t_ok(t, pl_outbox_attempt(txn, effect, t->ar, &out, &t->err));
    pl_store_abort(txn);

    media = pl_upload_media(out.message->content, NULL);
    assert_non_null(media);
    assert_true((media->id == NULL) == (media->file != NULL));

    return media->id;
}


static void
retry(t_engine_t *t, uint64_t effect)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__DeadRetry  in = PL__DEAD_RETRY__INIT;

    in.tenant = 1;
    in.effect = effect;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* A message whose file was uploaded as this id, and which is on the wire. */

static uint64_t
begun(t_engine_t *t, uint64_t epoch, const char *id)
{
    uint64_t  file, effects[64];

    ask(t, ANA, IMAGE);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, id, false);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), id);

    return effects[0];
}


static void
test_order(void **state)
{
    uint64_t     epoch, file, effects[64];
    t_engine_t  *t = *state;

    ask(t, ANA, IMAGE);
    ask(t, ANA, TEXT);
    epoch = t_sender(t, true, NULL);

    /* it stays the head of its queue, and is not due until its file is */

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_attempt(t, epoch, effects), 0);
    assert_null(upload(t)->id);
    assert_int_equal(upload(t)->n_waiting, 1);

    assert_int_equal(files(t, epoch, &file), 1);
    assert_int_equal(files(t, epoch, &file), 0);
    file = upload(t)->upload;
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M1", false);
    assert_string_equal(upload(t)->id, "M1");
    assert_int_equal(upload(t)->n_waiting, 0);
    assert_int_equal(t_counted(t, "uploads", "uploaded"), 1);

    /* due at once; what is behind it comes behind it; no attempt was lost */

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M1");
    assert_null(t_message(t, 2)->content->media->id);
    assert_string_equal(t_message(t, 2)->content->media->file, FILE_NAME);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(t, 2)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_counted(t, "dead", ""), 0);
}


/* It was never out: a status of that number is another store's. */

static void
test_strange_status(void **state)
{
    uint64_t     epoch, effects[64];
    t_engine_t  *t = *state;
    Pl__Effect  *effect;

    ask(t, ANA, IMAGE);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);

    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    (void) t_status(t, "read", effect->send_message->message, T_NOW / 1000);
    t_fold(t);
    assert_int_equal(t_message(t, 2)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED);
}


static void
test_reuse(void **state)
{
    uint64_t     epoch, file, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_result(t, begun(t, epoch, "M1"), epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    ask(t, EVA, IMAGE);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M1");
    assert_int_equal(files(t, epoch, &file), 0);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    /* until it is old: 29 days, which windows do not last */

    t_pass(t, PL_UPLOAD_KEEP_MS - 1000);
    (void) t_located(t, EVA, "wamid.C", t->wall_ms / 1000);
    t_fold(t);
    ask(t, EVA, IMAGE);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M1");
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    t_pass(t, 2000);
    ask(t, EVA, IMAGE);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(files(t, epoch, &file), 1);
    assert_int_equal(t_rows(t, PL_TABLE_UPLOADS), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M2", false);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M2");
}


/* Both wait for one; both die of it; each can be retried. */

static void
test_refused(void **state)
{
    uint64_t         epoch, file, effects[64];
    t_engine_t      *t = *state;
    Pl__DeadLetter  *dead;

    ask(t, ANA, IMAGE);
    ask(t, EVA, IMAGE);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 2);
    assert_int_equal(upload(t)->n_waiting, 2);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_PERMANENT, NULL, false);
    assert_string_equal(upload(t)->error, "why not");

    assert_int_equal(t_attempt(t, epoch, effects), 2);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 2);
    dead = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "its file was not uploaded: why not");
    assert_null(dead->rule);
    assert_int_equal(t_message(t, 2)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);

    retry(t, effects[0]);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M2", false);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M2");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
}


/* A result without an id is none; one that is retried keeps them waiting. */

static void
test_odd_result(void **state)
{
    uint64_t     epoch, file, effects[64];
    t_engine_t  *t = *state;

    ask(t, ANA, IMAGE);
    epoch = t_sender(t, true, NULL);
    (void) t_attempt(t, epoch, effects);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_UNKNOWN, NULL, false);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), 0);
    assert_null(upload(t)->error);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "", false);
    assert_non_null(upload(t)->error);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
}


/* The sender was killed with the file on the wire. */

static void
test_killed(void **state)
{
    uint64_t           epoch, file, effects[64];
    t_engine_t        *t = *state;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;

    ask(t, ANA, IMAGE);
    epoch = t_sender(t, true, NULL);
    (void) t_attempt(t, epoch, effects);
    assert_int_equal(files(t, epoch, &file), 1);

    stage.effect = file;
    stage.stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    epoch = t_sender(t, true, &stage);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M1", false);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M1");
}


/* The provider has lost it: uploaded again, once for a message. */

static void
test_lost(void **state)
{
    uint64_t     epoch, file, effect, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    effect = begun(t, epoch, "M1");
    result(t, effect, epoch, PL__OUTCOME__OUTCOME_PERMANENT, NULL, true);
    assert_int_equal(t_rows(t, PL_TABLE_UPLOADS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M2", false);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effect), "M2");

    result(t, effect, epoch, PL__OUTCOME__OUTCOME_PERMANENT, NULL, true);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_string_equal(upload(t)->id, "M2");
}


/* Every head that is due: how many. */

static size_t
attempt_all(t_engine_t *t, uint64_t epoch)
{
    size_t    n, all = 0;
    uint64_t  effects[64];

    do {
        n = t_attempt(t, epoch, effects);
        all += n;
    } while (n != 0);

    return all;
}


static void
put_off(t_engine_t *t, uint64_t file, uint64_t epoch, int64_t until_ms)
{
    t_result_of(t, file, epoch, PL__OUTCOME__OUTCOME_RETRY, until_ms, false);
}


/* More than are woken: the rest looks again. */

static void
test_many(void **state)
{
    size_t       i;
    char         phone[16], wamid[32];
    uint64_t     epoch, file;
    t_engine_t  *t = *state;

    for (i = 0; i < PL_UPLOAD_WAITING + 3; i++) {
        (void) snprintf(phone, sizeof(phone), "34700000%03zu", i);
        (void) snprintf(wamid, sizeof(wamid), "wamid.M%zu", i);
        (void) t_located(t, phone, wamid, T_NOW / 1000);
        t_fold(t);
        ask(t, phone, IMAGE);
    }

    epoch = t_sender(t, true, NULL);
    assert_int_equal(attempt_all(t, epoch), PL_UPLOAD_WAITING + 3);
    assert_int_equal(upload(t)->n_waiting, PL_UPLOAD_WAITING);

    /* while it is put off nobody looks */

    assert_int_equal(files(t, epoch, &file), 1);
    put_off(t, file, epoch, t->wall_ms + 3600000);
    t_pass(t, 3600000 - 1);
    assert_int_equal(attempt_all(t, epoch), PL_UPLOAD_WAITING + 3);
    t_pass(t, PL_UPLOAD_LOOK_MS);
    assert_int_equal(attempt_all(t, epoch), 0);
    assert_int_equal(files(t, epoch, &file), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M1", false);

    assert_int_equal(attempt_all(t, epoch), PL_UPLOAD_WAITING);
    t_pass(t, PL_UPLOAD_LOOK_MS + 1);
    assert_int_equal(attempt_all(t, epoch), 3);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), PL_UPLOAD_WAITING + 3);
}


/* Rows do not pile up: old ones go as new ones come. */

static void
test_sweep(void **state)
{
    size_t       i;
    char         json[512];
    uint64_t     epoch, file, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);

    for (i = 0; i < 2 * PL_UPLOAD_SWEPT; i++) {
        (void) snprintf(json, sizeof(json), "{\"type\":\"image\",\"media\":"
                        "{\"file\":\"%064zu\",\"mime_type\":\"image/png\","
                        "\"bytes\":1}}", i + 1);
        ask(t, ANA, json);
        (void) t_attempt(t, epoch, effects);
        assert_int_equal(files(t, epoch, &file), 1);
        result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M", false);
        (void) t_attempt(t, epoch, effects);
        t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    }

    assert_int_equal(t_rows(t, PL_TABLE_UPLOADS), 2 * PL_UPLOAD_SWEPT);

    t_pass(t, PL_UPLOAD_KEEP_MS + 1000);
    (void) t_located(t, ANA, "wamid.D", t->wall_ms / 1000);
    t_fold(t);
    ask(t, ANA, "{\"type\":\"image\",\"media\":{\"file\":\""
        "0000000000000000000000000000000000000000000000000000000000000000"
        "\",\"mime_type\":\"image/png\",\"bytes\":1}}");
    (void) t_attempt(t, epoch, effects);
    assert_int_equal(t_rows(t, PL_TABLE_UPLOADS), PL_UPLOAD_SWEPT + 1);
}


/* A letter that was brought back is ahead of it when its file is there. */

static void
test_overtaken(void **state)
{
    uint64_t     epoch, file, text, effects[64];
    t_engine_t  *t = *state;

    ask(t, ANA, TEXT);
    ask(t, ANA, IMAGE);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    text = effects[0];
    t_result(t, text, epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(upload(t)->n_waiting, 1);

    retry(t, text);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(effects[0], text);
    assert_int_equal(files(t, epoch, &file), 1);
    result(t, file, epoch, PL__OUTCOME__OUTCOME_SENT, "M1", false);
    assert_int_equal(t_attempt(t, epoch, effects), 0);

    t_result(t, text, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(handle(t, effects[0]), "M1");
}


/* A file that is none is refused before it is queued. */

static void
test_unfit(void **state)
{
    size_t       i;
    t_engine_t  *t = *state;

    static const char *const  medias[] = {
        "\"file\":\"../../etc/passwd\",\"mime_type\":\"image/jpeg\","
        "\"bytes\":3",
        "\"file\":\"" FILE_NAME "\",\"bytes\":3",
        "\"file\":\"" FILE_NAME "\",\"mime_type\":\"image/gif\","
        "\"bytes\":3",
        "\"file\":\"" FILE_NAME "\",\"mime_type\":\"image/jpeg\"",
        "\"file\":\"" FILE_NAME "\",\"mime_type\":\"image/jpeg\","
        "\"bytes\":5242881",
        "\"file\":\"" FILE_NAME "\",\"mime_type\":\"image/jpeg\","
        "\"bytes\":3,\"id\":\"X\"",
    };

    for (i = 0; i < PL_COUNT(medias); i++) {
        ask(t, ANA, pl_arena_printf(t->ar, "{\"type\":\"image\",\"media\":"
                                    "{%s}}", medias[i]));
        assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    }

    /* its row's key could not hold the type, and nobody would find it */

    ask(t, ANA, pl_arena_printf(t->ar, "{\"type\":\"image\",\"media\":"
                                "{\"file\":\"" FILE_NAME "\",\"mime_type\":"
                                "\"image/jpeg; a=%0500d\",\"bytes\":3}}", 1));
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);

    ask(t, ANA, "{\"type\":\"image\",\"media\":{\"file\":\"" FILE_NAME "\","
        "\"mime_type\":\"image/jpeg\",\"bytes\":5242880}}");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, t_end),
        cmocka_unit_test_setup_teardown(test_strange_status, setup, t_end),
        cmocka_unit_test_setup_teardown(test_reuse, setup, t_end),
        cmocka_unit_test_setup_teardown(test_refused, setup, t_end),
        cmocka_unit_test_setup_teardown(test_odd_result, setup, t_end),
        cmocka_unit_test_setup_teardown(test_killed, setup, t_end),
        cmocka_unit_test_setup_teardown(test_lost, setup, t_end),
        cmocka_unit_test_setup_teardown(test_many, setup, t_end),
        cmocka_unit_test_setup_teardown(test_sweep, setup, t_end),
        cmocka_unit_test_setup_teardown(test_overtaken, setup, t_end),
        cmocka_unit_test_setup_teardown(test_unfit, setup, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
