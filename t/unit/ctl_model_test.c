/*
 * Outgoing messages under everything at once: a random walk over the commands
 * that move effects about, and after every few of them what must be true of
 * any state. parleyctl check finds no inconsistency; replay of the journal
 * gives the same state; nothing that a provider may have taken begins again
 * without somebody's word; and at the end, with nothing held any more, all
 * that waited has left.
 *
 * MODEL_SEED and MODEL_STEPS set another walk, MODEL_WALKS how many.
 */

#include "model.h"

#define MODEL_WALKS     3
#define MODEL_STEPS     250
#define MODEL_LOOK      50          /* steps between two checks */
#define MODEL_FILE                                                            \
    "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7a"
#define MODEL_PHONES    4
#define MODEL_LATEST_S  30          /* timers are set no further ahead */
#define MODEL_ROUNDS    400         /* until all has left, at the end */

typedef struct {
    unsigned   weight;
    void     (*run)(model_t *m);
} model_step_t;


/* Names that are told apart by what a row of `holds` has no room for. */
static char  model_long[2][PL_HOLD_SUBJECT_MAX + 20];


static void
step_publish(model_t *m)
{
    model_publish_as(m, model_draw(m, 3) != 0, (uint8_t) model_draw(m, 3));
}


static void
step_ask(model_t *m)
{
    char         phone[16];
    asked_t      a;
    int64_t      at_ms, expires_ms;
    Pl__Media    image = PL__MEDIA__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    static const char *const  says[] = { "one", "two", model_long[0],
                                         model_long[1] };
    static const char *const  keys[] = { NULL, NULL, "k", "l" };

    (void) snprintf(phone, sizeof(phone), "3460000000%u",
                    model_draw(m, MODEL_PHONES));

    asked_to(&a, phone, says[model_draw(m, 4)]);
    pl_be64_put(a.key, ++m->asked);
    a.request.channel = 1 + model_draw(m, 3);

    if (model_draw(m, 3) == 0) {
        a.request.has_campaign = 1;
        a.request.campaign = 1 + model_draw(m, 2);
        a.request.has_category = 1;
        a.request.category = PL__CATEGORY__CATEGORY_UTILITY;
    }

    at_ms = model_draw(m, 4) == 0 ? m->t.wall_ms + model_draw(m, 20000) : 0;
    expires_ms = model_draw(m, 4) == 0
                 ? (at_ms != 0 ? at_ms : m->t.wall_ms)
                   + model_draw(m, 20000) : 0;
    asked_with(&a, at_ms, expires_ms, keys[model_draw(m, 4)]);

    if (model_draw(m, 3) == 0) {        /* a file of ours, to be uploaded */
        a.content.type = (char *) "image";
        a.content.of_case = PL__CONTENT__OF_MEDIA;
        a.content.media = &image;
        image.file = (char *) (model_draw(m, 2) == 0 ? MODEL_FILE "a"
                                                     : MODEL_FILE "b");
        image.mime_type = (char *) "image/jpeg";
        image.has_bytes = 1;
        image.bytes = 3;
    }

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &a.request;
    model_tell(m, &command);
}


/* Somebody writes, which opens a window for what is no template. */

static void
step_text(model_t *m)
{
    char  phone[16], wamid[32];

    (void) snprintf(phone, sizeof(phone), "3460000000%u",
                    model_draw(m, MODEL_PHONES));
    (void) snprintf(wamid, sizeof(wamid), "wamid.IN%" PRIu64, ++m->asked);
    (void) t_text(&m->t, phone, wamid, m->t.wall_ms / 1000, "hello");
    model_fold(m);
}


static void
step_attempt(model_t *m)
{
    size_t       i, n;
    uint64_t     effects[64];
    pl_due_t     due[16];
    Pl__Command  command = PL__COMMAND__INIT;

    n = t_due(&m->t, m->t.wall_ms, true, due, 16);
    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; i < n; i++) {
        due[i].attempt.epoch = m->epoch;
        command.attempt = &due[i].attempt;
        (void) t_append(&m->t, &command, NULL);
    }

    (void) t_attempt_at(&m->t, m->t.wall_ms, m->epoch, effects);
    model_begun(m);
}


/* One whose queue has moved on, or that is held, or whose epoch is past. */

static void
step_attempt_any(model_t *m)
{
    Pl__Effect   *effect;
    Pl__Attempt   attempt = PL__ATTEMPT__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    effect = (Pl__Effect *) model_row(m, PL_TABLE_OUTBOX,
                                      &pl__effect__descriptor);
    if (effect == NULL) {
        return;
    }

    attempt.effect = effect->id;
    attempt.epoch = m->epoch - (model_draw(m, 8) == 0);
    attempt.tenant = effect->tenant;
    attempt.channel = effect->channel;
    attempt.lane = effect->lane;
    attempt.party_kind = effect->party_kind;
    attempt.party = effect->party;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &attempt;
    model_tell(m, &command);
}


static void
model_result(model_t *m, const Pl__Effect *effect, Pl__Outcome outcome,
    Pl__Bucket bucket)
{
    char             id[32];
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__SendResult   result = PL__SEND_RESULT__INIT;

    (void) snprintf(id, sizeof(id), "wamid.%" PRIu64, effect->id);

    result.effect = effect->id;
    result.epoch = m->epoch;
    result.outcome = outcome;
    result.has_http_status = 1;
    result.http_status = 400;
    result.reason = (char *) "said so";
    result.provider_id = outcome == PL__OUTCOME__OUTCOME_SENT ? id : NULL;
    result.has_bucket = outcome == PL__OUTCOME__OUTCOME_THROTTLE
                        && bucket != 0;
    result.bucket = bucket;
    result.has_retry_ms = model_draw(m, 3) != 0;
    result.retry_ms = m->t.wall_ms + model_draw(m, 6000);
    result.has_unsent = outcome == PL__OUTCOME__OUTCOME_RETRY
                        && model_draw(m, 2) == 0;
    result.unsent = result.has_unsent;
    result.has_lost = outcome == PL__OUTCOME__OUTCOME_PERMANENT
                      && model_draw(m, 2) == 0;
    result.lost = result.has_lost;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    m->sent[effect->id].flying = false;
    m->sent[effect->id].taken = outcome == PL__OUTCOME__OUTCOME_SENT
                                || outcome == PL__OUTCOME__OUTCOME_UNKNOWN;

    (void) t_append(&m->t, &command, NULL);
    model_fold(m);
}


static void
step_result(model_t *m)
{
    Pl__AttemptRecord  *row;

    static const Pl__Outcome  outcomes[] = {
        PL__OUTCOME__OUTCOME_SENT, PL__OUTCOME__OUTCOME_SENT,
        PL__OUTCOME__OUTCOME_RETRY, PL__OUTCOME__OUTCOME_RETRY,
        PL__OUTCOME__OUTCOME_THROTTLE, PL__OUTCOME__OUTCOME_THROTTLE,
        PL__OUTCOME__OUTCOME_ACCOUNT, PL__OUTCOME__OUTCOME_UNKNOWN,
        PL__OUTCOME__OUTCOME_UNKNOWN, PL__OUTCOME__OUTCOME_PERMANENT,
        PL__OUTCOME__OUTCOME_PERMANENT,
    };

    model_fold(m);
    row = (Pl__AttemptRecord *) model_row(m, PL_TABLE_ATTEMPTS,
                                          &pl__attempt_record__descriptor);
    if (row != NULL) {
        model_result(m, row->effect, outcomes[model_draw(m,
                                                     PL_COUNT(outcomes))],
                     (Pl__Bucket) model_draw(m, 7));
    }
}


static pl_hold_place_t
model_place(model_t *m)
{
    unsigned  channel = 1 + model_draw(m, 3);

    switch (model_draw(m, 8)) {
    case 0:
        return model_draw(m, 4) == 0
               ? t_place(PL__HOLD_KIND__HOLD_KIND_TENANT, 0, NULL)
               : t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, channel, "two");
    case 1:
        return t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, channel, NULL);
    case 2:
    case 3:
        return t_place(PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0,
                       model_draw(m, 2) == 0 ? "1" : "2");
    case 4:
        return t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, channel, "two");
    default:
        return t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, channel, "one");
    }
}


static void
step_hold(model_t *m)
{
    t_pause(&m->t, model_place(m),
            model_draw(m, 2) == 0 ? 0 : 1 + model_draw(m, 5000));
    model_begun(m);
}


static void
step_resume(model_t *m)
{
    t_resume(&m->t, model_place(m));
    model_begun(m);
}


static void
step_release(model_t *m)
{
    Pl__Release   release;
    Pl__Command   command = PL__COMMAND__INIT;

    if (model_draw(m, 2) == 0) {
        (void) t_release(&m->t, 1 + model_draw(m, 3));
        model_begun(m);
        return;
    }

    pl__release__init(&release);
    release.rows = 1 + model_draw(m, 4);
    release.has_tenant = 1;
    release.tenant = 1;
    release.has_channel = model_draw(m, 4) != 0;
    release.channel = 1 + model_draw(m, 3);
    command.of_case = PL__COMMAND__OF_RELEASE;
    command.release = &release;
    model_tell(m, &command);
}


static void
step_put_off(model_t *m)
{
    Pl__PutOff    off = PL__PUT_OFF__INIT;
    Pl__Effect   *effect;
    Pl__Command   command = PL__COMMAND__INIT;

    effect = (Pl__Effect *) model_row(m, PL_TABLE_OUTBOX,
                                      &pl__effect__descriptor);
    if (effect == NULL) {
        return;
    }

    off.effect = effect->id;
    off.until_ms = m->t.wall_ms + model_draw(m, 6000);
    command.of_case = PL__COMMAND__OF_PUT_OFF;
    command.put_off = &off;
    model_tell(m, &command);
}


static void
step_dead(model_t *m)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__DeadDrop     drop = PL__DEAD_DROP__INIT;
    Pl__DeadRetry    retry = PL__DEAD_RETRY__INIT;
    Pl__DeadLetter  *letter;

    letter = (Pl__DeadLetter *) model_row(m, PL_TABLE_DEAD,
                                          &pl__dead_letter__descriptor);
    if (letter == NULL) {
        return;
    }

    drop.tenant = retry.tenant = 1;
    drop.effect = retry.effect = letter->effect->id;

    if (model_draw(m, 5) == 0) {
        command.of_case = PL__COMMAND__OF_DEAD_DROP;
        command.dead_drop = &drop;

    } else {
        command.of_case = PL__COMMAND__OF_DEAD_RETRY;
        command.dead_retry = &retry;
    }

    model_tell(m, &command);
}


static void
step_unknown(model_t *m)
{
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__UnknownSend    *row;
    Pl__UnknownSettle   settle = PL__UNKNOWN_SETTLE__INIT;

    row = (Pl__UnknownSend *) model_row(m, PL_TABLE_UNKNOWN,
                                        &pl__unknown_send__descriptor);
    if (row == NULL) {
        return;
    }

    settle.tenant = 1;
    settle.effect = row->effect->id;
    settle.word = model_draw(m, 3) == 0
                  ? PL__UNKNOWN_WORD__UNKNOWN_WORD_SENT
                  : PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND;
    command.of_case = PL__COMMAND__OF_UNKNOWN_SETTLE;
    command.unknown_settle = &settle;
    model_tell(m, &command);
}


/* Of one that went out, or that nobody has sent. */

static void
step_status(model_t *m)
{
    char           body[1024];
    uint64_t       id;
    Pl__Message   *said;

    static const char *const  words[] = { "sent", "delivered", "failed" };

    id = model_message(m);
    if (id == 0) {
        return;
    }

    said = message(&m->t, id);

    if (said->direction != PL__DIRECTION__DIRECTION_OUT) {
        return;
    }

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"metadata\":{\"phone_number_id\":\"%s\"},"
        "\"statuses\":[{\"id\":\"wamid.%" PRIu64 "\",\"status\":\"%s\","
        "\"timestamp\":\"%" PRId64 "\",\"recipient_id\":\"34600000001\","
        "\"biz_opaque_callback_data\":\"m:%" PRIu64 ":%s\"}]}}]}]}",
        model_accounts[said->channel - 1], id + 1,
        words[model_draw(m, 3)], m->t.wall_ms / 1000, id,
        t_mark(&m->t));

    (void) t_append(&m->t, NULL, body);
    model_fold(m);
}


static void
step_cancel(model_t *m)
{
    uint64_t  id = model_message(m);

    if (id != 0) {
        cancel(&m->t, id);
        model_begun(m);
    }
}


static void
step_fire(model_t *m)
{
    (void) fire(&m->t, 1 + model_draw(m, 8));
    model_begun(m);
}


/* What was on the wire: nothing left of it, or it may have. */

static void
step_sender(model_t *m)
{
    bool               known;
    unsigned           i;
    uint64_t           id;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;
    Pl__AttemptRecord *row;

    model_fold(m);
    known = model_draw(m, 3) != 0;

    for (i = 0; i < t_rows(&m->t, PL_TABLE_ATTEMPTS); i++) {
        row = (Pl__AttemptRecord *) t_row(&m->t, PL_TABLE_ATTEMPTS, i,
                                          &pl__attempt_record__descriptor);
        id = row->effect->id;
        m->sent[id].flying = false;
        m->sent[id].taken = !known;

        if (known && i == 0) {
            stage.effect = id;
            stage.stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
            m->sent[id].taken = true;
        }
    }

    m->epoch = t_sender(&m->t, known, stage.effect != 0 ? &stage : NULL);
    model_begun(m);
}


static void
step_join(model_t *m)
{
    Pl__Contact       *a, *b;
    Pl__ContactMerge  *row;

    if (model_draw(m, 2) == 0) {
        row = (Pl__ContactMerge *) model_row(m, PL_TABLE_MERGES,
                                             &pl__contact_merge__descriptor);
        if (row != NULL) {
            split(&m->t, row->id);
        }

    } else {
        a = (Pl__Contact *) model_row(m, PL_TABLE_CONTACTS,
                                      &pl__contact__descriptor);
        b = (Pl__Contact *) model_row(m, PL_TABLE_CONTACTS,
                                      &pl__contact__descriptor);
        if (a != NULL && a->id != b->id) {
            join(&m->t, a->id, b->id);
        }
    }

    model_fold(m);
}


static void
step_pass(model_t *m)
{
    t_pass(&m->t, model_draw(m, 8) == 0 ? 30000 : model_draw(m, 2000));
}


static void
step_prune(model_t *m)
{
    Pl__Prune    prune = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    prune.before_ms = m->t.wall_ms - 1000;
    prune.rows = 1 + model_draw(m, 10);
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &prune;
    model_tell(m, &command);
}


static const model_step_t  model_steps[] = {
    { 24, step_ask },
    { 6, step_text },
    { 16, step_attempt },
    { 3, step_attempt_any },
    { 24, step_result },
    { 6, step_hold },
    { 9, step_resume },
    { 4, step_release },
    { 5, step_put_off },
    { 6, step_dead },
    { 6, step_unknown },
    { 5, step_status },
    { 3, step_cancel },
    { 6, step_fire },
    { 2, step_sender },
    { 3, step_publish },
    { 2, step_join },
    { 12, step_pass },
    { 1, step_prune },
};


static void
model_step(model_t *m)
{
    size_t    i;
    unsigned  all, n;

    for (i = 0, all = 0; i < PL_COUNT(model_steps); i++) {
        all += model_steps[i].weight;
    }

    n = model_draw(m, all);

    for (i = 0; n >= model_steps[i].weight; i++) {
        n -= model_steps[i].weight;
    }

    model_steps[i].run(m);
}


/* Sound, and what the journal says. */

static void
model_look(model_t *m)
{
    char  dir[128];

    model_fold(m);
    (void) t_ctl_is(&m->t, "check", 0);

    (void) snprintf(dir, sizeof(dir), "%s.replay", m->t.dir);
    (void) t_ctl_is(&m->t, pl_arena_printf(m->t.ar, "replay %s", dir), 0);
    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


static void
model_resume_all(model_t *m)
{
    unsigned  i;

    model_publish_as(m, true, 77);
    t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_TENANT, 0, NULL));
    t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0, "1"));
    t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0, "2"));

    for (i = 1; i <= 3; i++) {
        t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, i, NULL));
        t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, i,
                                "one"));
        t_resume(&m->t, t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, i,
                                "two"));
    }
}


/* Nothing is held any more, and the provider takes everything. */

static void
model_drain(model_t *m)
{
    unsigned            i, k;
    Pl__AttemptRecord  *row;

    model_resume_all(m);

    for (i = 0; i < MODEL_ROUNDS; i++) {
        pl_arena_reset(m->t.ar);
        t_pass(&m->t, 1000);

        step_fire(m);
        (void) t_release(&m->t, 4);
        step_attempt(m);

        for (k = (unsigned) t_rows(&m->t, PL_TABLE_ATTEMPTS); k > 0; k--) {
            row = (Pl__AttemptRecord *) t_row(&m->t, PL_TABLE_ATTEMPTS, 0,
                                           &pl__attempt_record__descriptor);
            model_result(m, row->effect, PL__OUTCOME__OUTCOME_SENT, 0);
        }

        if (i > MODEL_LATEST_S && t_rows(&m->t, PL_TABLE_OUTBOX) == 0) {
            break;
        }
    }

    model_look(m);

    assert_int_equal(t_rows(&m->t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&m->t, PL_TABLE_DUE), 0);
    assert_int_equal(t_rows(&m->t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&m->t, PL_TABLE_COLLAPSES), 0);
    assert_int_equal(t_meta(&m->t)->aside, 0);
}


static unsigned
model_number(const char *name, unsigned otherwise)
{
    const char  *text = getenv(name);

    return text == NULL ? otherwise
                        : (unsigned) strtoul(text, NULL, 10);
}


static void
model_walk(unsigned seed, unsigned steps)
{
    unsigned   i;
    model_t   *m;

    print_message("# MODEL_SEED=%u MODEL_STEPS=%u\n", seed, steps);

    m = calloc(1, sizeof(model_t));
    assert_non_null(m);
    m->random = 0x9e3779b97f4a7c15ULL * (seed + 1);

    t_open(&m->t);
    model_publish_as(m, true, 0);
    m->epoch = t_sender(&m->t, true, NULL);

    for (i = 1; i <= steps; i++) {
        pl_arena_reset(m->t.ar);
        model_step(m);

        if (i % MODEL_LOOK == 0) {
            model_look(m);
        }
    }

    model_drain(m);
    t_close(&m->t);
    free(m);
}


static void
test_walks(void **state)
{
    unsigned  i, first, walks;

    (void) state;

    memset(model_long, 'n', sizeof(model_long));
    model_long[0][PL_HOLD_SUBJECT_MAX + 4] = '\0';
    model_long[1][PL_HOLD_SUBJECT_MAX + 6] = '\0';

    first = model_number("MODEL_SEED", 1);
    walks = model_number("MODEL_WALKS", MODEL_WALKS);

    for (i = 0; i < walks; i++) {
        model_walk(first + i, model_number("MODEL_STEPS", MODEL_STEPS));
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_walks),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
