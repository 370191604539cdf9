/*
 * Files that come in, as the state sees them: what is wanted, what a result
 * makes of it, and that nothing waits for it.
 */

#include "engine.h"

#include "../../src/engine/media.h"

#define FILE_NAME                                                             \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define IMAGE(id)                                                             \
    "{\"from\":\"34600000001\",\"id\":\"wamid." id "\",\"timestamp\":"        \
    "\"1760000000\",\"type\":\"image\",\"image\":{\"id\":\"" id "\","         \
    "\"mime_type\":\"image/jpeg\",\"sha256\":\"q83v\",\"caption\":\"c\"}}"


static void
open_with(t_engine_t *t, const char *dir)
{
    t_open(t);
    t->media_dir = dir;
    t_configure(t);
}


static Pl__Media *
media(t_engine_t *t, unsigned i)
{
    return pl_media_of(t_message(t, i)->content, NULL);
}


/* Attempts every file that is due: how many, and the first one's effect. */

static size_t
attempt(t_engine_t *t, uint64_t epoch, uint64_t *effect)
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


static void
result(t_engine_t *t, uint64_t effect, uint64_t epoch, Pl__Outcome outcome,
    const char *name, int64_t retry_ms)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__MediaFile   file = PL__MEDIA_FILE__INIT;
    Pl__SendResult  in = PL__SEND_RESULT__INIT;

    file.file = (char *) name;
    file.bytes = 3;
    file.mime_type = (char *) "image/jpeg";

    in.effect = effect;
    in.epoch = epoch;
    in.outcome = outcome;
    in.media = name == NULL ? NULL : &file;
    in.reason = outcome == PL__OUTCOME__OUTCOME_SENT ? NULL
                                                     : (char *) "why not";
    in.has_retry_ms = (retry_ms != 0);
    in.retry_ms = retry_ms;

    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static Pl__Effect *
effect_row(t_engine_t *t, unsigned i)
{
    return (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, i,
                                &pl__effect__descriptor);
}


static unsigned
changes(t_engine_t *t)
{
    unsigned     i, n;
    Pl__Change  *change;

    for (i = 0, n = 0; ; i++) {
        change = (Pl__Change *) t_row(t, PL_TABLE_CHANGES, i,
                                      &pl__change__descriptor);
        if (change == NULL) {
            return n;
        }

        n += change->kind == PL__CHANGE_KIND__CHANGE_KIND_MEDIA;
    }
}


static void
test_no_folder(void **state)
{
    t_engine_t  t;

    (void) state;

    open_with(&t, NULL);
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);

    assert_false(media(&t, 0)->has_state);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);

    t_close(&t);
}


static void
test_stored(void **state)
{
    uint64_t     epoch, effect;
    t_engine_t   t;
    Pl__Media   *m;

    (void) state;

    open_with(&t, "/m");
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);

    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 1);
    assert_int_equal(effect_row(&t, 0)->lane, PL__LANE__LANE_MEDIA);

    epoch = t_sender(&t, true, NULL);
    assert_int_equal(attempt(&t, epoch, &effect), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);
    assert_int_equal(attempt(&t, epoch, &effect), 0);

    effect = effect_row(&t, 0)->id;
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_SENT, FILE_NAME, 0);

    m = media(&t, 0);
    assert_int_equal(m->state, PL__MEDIA_STATE__MEDIA_STATE_STORED);
    assert_string_equal(m->file, FILE_NAME);
    assert_int_equal(m->bytes, 3);
    assert_string_equal(m->caption, "c");
    assert_int_equal(t_message(&t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);
    assert_int_equal(changes(&t), 1);
    assert_int_equal(t_counted(&t, "media", "stored"), 1);

    /* the same result again changes nothing */
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_SENT, FILE_NAME, 0);
    assert_int_equal(changes(&t), 1);

    /* nor does the same message */
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);

    t_close(&t);
}


/* A result that names no file, or one that would be a path. */

static void
test_odd_result(void **state)
{
    size_t       i;
    uint64_t     epoch, effect;
    t_engine_t   t;

    static const char *const  names[] = {
        NULL, "", "../../etc/passwd", FILE_NAME "0",
        "2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE",
        "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7a/"
    };

    (void) state;

    for (i = 0; i < PL_COUNT(names); i++) {
        open_with(&t, "/m");
        (void) t_items(&t, "messages", IMAGE("A"));
        t_fold(&t);
        epoch = t_sender(&t, true, NULL);
        assert_int_equal(attempt(&t, epoch, &effect), 1);
        result(&t, effect, epoch, PL__OUTCOME__OUTCOME_SENT, names[i], 0);

        assert_int_equal(media(&t, 0)->state,
                         PL__MEDIA_STATE__MEDIA_STATE_FAILED);
        assert_null(media(&t, 0)->file);
        assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);
        t_close(&t);
    }
}


/* What has no handle, or came with an error in its place, is not wanted. */

static void
test_not_wanted(void **state)
{
    size_t      i;
    t_engine_t  t;

    static const char *const  items[] = {
        "{\"from\":\"34600000001\",\"id\":\"wamid.1\",\"timestamp\":"
        "\"1760000000\",\"type\":\"text\",\"text\":{\"body\":\"x\"}}",
        "{\"from\":\"34600000001\",\"id\":\"wamid.2\",\"timestamp\":"
        "\"1760000000\",\"type\":\"image\",\"image\":{\"url\":"
        "\"https://a/b\",\"mime_type\":\"image/jpeg\"}}",
        "{\"from\":\"34600000001\",\"id\":\"wamid.3\",\"timestamp\":"
        "\"1760000000\",\"type\":\"video\",\"errors\":[{\"code\":131052,"
        "\"title\":\"too big\"}]}",
    };

    (void) state;

    open_with(&t, "/m");

    for (i = 0; i < PL_COUNT(items); i++) {
        (void) t_items(&t, "messages", items[i]);
    }

    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 3 + 1);  /* an answer */
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(effect_row(&t, 0)->lane, PL__LANE__LANE_REPLY);

    t_close(&t);
}


/* Ten files of one person are due at once, and the answer is as well. */

static void
test_no_queue(void **state)
{
    int          i;
    char         item[512], id[16];
    size_t       n;
    uint64_t     epoch, effect, effects[64];
    pl_due_t     due[16];
    t_engine_t   t;

    (void) state;

    open_with(&t, "/m");

    for (i = 0; i < 10; i++) {
        (void) snprintf(id, sizeof(id), "I%d", i);
        (void) snprintf(item, sizeof(item),
            "{\"from\":\"34600000001\",\"id\":\"wamid.%s\",\"timestamp\":"
            "\"1760000000\",\"type\":\"sticker\",\"sticker\":{\"id\":\"%s\","
            "\"mime_type\":\"image/webp\"}}", id, id);
        (void) t_items(&t, "messages", item);
    }

    (void) t_text(&t, "34600000001", "wamid.T", T_NOW / 1000, "hello");
    t_fold(&t);

    n = t_due(&t, t.wall_ms, false, due, 16);
    assert_int_equal(n, 1);
    assert_int_equal(due[0].attempt.lane, PL__LANE__LANE_REPLY);

    epoch = t_sender(&t, true, NULL);
    assert_int_equal(attempt(&t, epoch, &effect), 10);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 11);

    t_close(&t);
}


/* What costs an attempt, at the limit and one past it. */

static void
test_charged(void **state)
{
    unsigned     i;
    uint64_t     epoch, effect;
    t_engine_t   t;

    (void) state;

    open_with(&t, "/m");
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);
    epoch = t_sender(&t, true, NULL);

    for (i = 1; i < PL_MEDIA_ATTEMPTS_MAX; i++) {
        assert_int_equal(attempt(&t, epoch, &effect), 1);
        result(&t, effect, epoch, i % 2 == 0 ? PL__OUTCOME__OUTCOME_RETRY
                                             : PL__OUTCOME__OUTCOME_UNKNOWN,
               NULL, 0);
        assert_int_equal(effect_row(&t, 0)->attempts, i);

        /* our own disk, and an account that is closed, cost nothing */
        assert_int_equal(attempt(&t, epoch, &effect), 1);
        result(&t, effect, epoch, i % 2 == 0
                                  ? PL__OUTCOME__OUTCOME_THROTTLE
                                  : PL__OUTCOME__OUTCOME_ACCOUNT, NULL, 0);
        assert_int_equal(effect_row(&t, 0)->attempts, i);
        t_pass(&t, 1000);               /* a closed account holds files */
    }

    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);

    assert_int_equal(attempt(&t, epoch, &effect), 1);
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_RETRY, NULL, 0);

    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_FAILED);
    assert_string_equal(media(&t, 0)->error, "attempts exhausted");
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 0);

    t_close(&t);
}


/* A handle lives for seven days, and so does the wish for its file. */

static void
test_age(void **state)
{
    uint64_t     epoch, effect;
    t_engine_t   t;

    (void) state;

    open_with(&t, "/m");
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);
    epoch = t_sender(&t, true, NULL);

    assert_int_equal(attempt(&t, epoch, &effect), 1);
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_THROTTLE, NULL,
           T_NOW + PL_MEDIA_AGE_MAX_MS);
    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);

    t_pass(&t, PL_MEDIA_AGE_MAX_MS - 1);
    assert_int_equal(attempt(&t, epoch, &effect), 0);
    t_pass(&t, 1);
    assert_int_equal(attempt(&t, epoch, &effect), 1);
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_THROTTLE, NULL,
           T_NOW + PL_MEDIA_AGE_MAX_MS + 1);
    assert_string_equal(media(&t, 0)->error, "expired");

    t_close(&t);
}


/* A sender that was killed leaves nothing in doubt. */

static void
test_killed(void **state)
{
    size_t             i;
    uint64_t           epoch, effect;
    t_engine_t         t;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;

    static const struct {
        bool           known;
        Pl__WireStage  stage;
        uint32_t       attempts;
    } rows[] = {
        { true, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN, 0 },
        { true, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING, 0 },
        { true, PL__WIRE_STAGE__WIRE_STAGE_LEAVING, 1 },
        { true, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, 1 },
        { false, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN, 1 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        open_with(&t, "/m");
        (void) t_items(&t, "messages", IMAGE("A"));
        t_fold(&t);
        epoch = t_sender(&t, true, NULL);
        assert_int_equal(attempt(&t, epoch, &effect), 1);

        stage.effect = effect;
        stage.stage = rows[i].stage;
        epoch = t_sender(&t, rows[i].known, &stage);

        assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 0);
        assert_int_equal(effect_row(&t, 0)->attempts, rows[i].attempts);
        assert_int_equal(attempt(&t, epoch, &effect), 1);
        result(&t, effect, epoch, PL__OUTCOME__OUTCOME_SENT, FILE_NAME, 0);
        assert_string_equal(media(&t, 0)->file, FILE_NAME);
        t_close(&t);
    }
}


static void
test_dead_retry(void **state)
{
    uint64_t         epoch, effect;
    t_engine_t       t;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__DeadRetry    retry = PL__DEAD_RETRY__INIT;

    (void) state;

    open_with(&t, "/m");
    (void) t_items(&t, "messages", IMAGE("A"));
    t_fold(&t);
    epoch = t_sender(&t, true, NULL);
    assert_int_equal(attempt(&t, epoch, &effect), 1);
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_PERMANENT, NULL, 0);

    assert_string_equal(media(&t, 0)->error, "why not");
    assert_int_equal(t_message(&t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_RECEIVED);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);

    retry.tenant = 1;
    retry.effect = effect;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);
    assert_null(media(&t, 0)->error);
    assert_int_equal(attempt(&t, epoch, &effect), 1);
    result(&t, effect, epoch, PL__OUTCOME__OUTCOME_SENT, FILE_NAME, 0);
    assert_string_equal(media(&t, 0)->file, FILE_NAME);

    t_close(&t);
}


/* In a group, in an edit, sent by hand, and from the history. */

static void
test_elsewhere(void **state)
{
    const char  *kind;
    t_engine_t   t;

    (void) state;

    open_with(&t, "/m");

    (void) t_items(&t, "messages",
        "{\"from\":\"34600000001\",\"group_id\":\"G\",\"id\":\"wamid.G\","
        "\"timestamp\":\"1760000000\",\"type\":\"image\",\"image\":{"
        "\"id\":\"G1\",\"mime_type\":\"image/jpeg\"}}");
    (void) t_items(&t, "messages",
        "{\"from\":\"34600000001\",\"id\":\"wamid.E\",\"timestamp\":"
        "\"1760000000\",\"type\":\"edit\",\"edit\":{\"original_message_id\":"
        "\"wamid.X\",\"message\":{\"type\":\"image\",\"image\":{\"id\":"
        "\"E1\",\"mime_type\":\"image/jpeg\"}}}}");
    (void) t_field(&t, "smb_message_echoes", T_NOW / 1000,
        "{\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"phone_number_id\":\"" T_ACCOUNT "\"},\"message_echoes\":[{"
        "\"from\":\"15550001111\",\"to\":\"34600000001\",\"id\":\"wamid.H\","
        "\"timestamp\":\"1760000000\",\"type\":\"document\",\"document\":{"
        "\"id\":\"H1\",\"mime_type\":\"application/pdf\"}}]}");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 3);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);
    assert_int_equal(media(&t, 0)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);
    assert_non_null(pl_media_of(t_message(&t, 1)->content, &kind));
    assert_string_equal(kind, "image");
    assert_int_equal(media(&t, 2)->state,
                     PL__MEDIA_STATE__MEDIA_STATE_WANTED);

    t_close(&t);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_no_folder),
        cmocka_unit_test(test_stored),
        cmocka_unit_test(test_odd_result),
        cmocka_unit_test(test_not_wanted),
        cmocka_unit_test(test_no_queue),
        cmocka_unit_test(test_charged),
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_dead_retry),
        cmocka_unit_test(test_elsewhere),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
