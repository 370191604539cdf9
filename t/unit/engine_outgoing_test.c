/*
 * The engine: what cannot be said, or does not fit its template, never
 * reaches the outbox, and ends where it can be read which field it was.
 */

#include "engine.h"
#include "template.pb-c.h"

#include "../../src/engine/outgoing.h"
#include "../../src/engine/submit.h"

typedef struct {
    t_engine_t         t;
    pl_txn_t          *txn;
    pl_apply_t         ap;
    pl_party_t         party;
    Pl__StateMeta      meta;
    Pl__Conversation   conv;
    Pl__Window         window;
    Pl__Window        *windows[1];
    pl_settings_t     *settings;
} test_t;


/* A store with a channel, a contact whose window is open, a transaction. */

static void
test_begin_on(test_t *test, const char *provider, const char *account)
{
    t_engine_t  *t = &test->t;

    memset(test, 0, sizeof(*test));
    t_open(t);
    t->provider = provider;
    t->account = account;
    t_configure(t);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &test->txn, &t->err));
    t_ok(t, pl_settings_load(&test->settings, test->txn, t->codec, &t->err));

    pl__state_meta__init(&test->meta);
    test->meta.next_id = 1000;

    pl__window__init(&test->window);
    test->window.channel = 1;
    test->window.contact = 7;
    test->window.until_ms = T_NOW + 1000;
    test->windows[0] = &test->window;
    pl__conversation__init(&test->conv);
    test->conv.windows = test->windows;
    test->conv.n_windows = 1;

    test->party.tenant = 1;
    test->party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    test->party.party = 7;

    test->ap.txn = test->txn;
    test->ap.ar = t->ar;
    test->ap.settings = test->settings;
    test->ap.meta = &test->meta;
    test->ap.now_ms = T_NOW;
    test->ap.entry = 1;
}


static void
test_begin(test_t *test)
{
    test_begin_on(test, NULL, NULL);
}


static void
test_end(test_t *test)
{
    pl_store_abort(test->txn);
    pl_settings_destroy(test->settings);
    t_close(&test->t);
}


static uint64_t
test_rows(test_t *test, pl_table_e table)
{
    uint64_t  n;

    t_ok(&test->t, pl_store_count(test->txn, table, &n, &test->t.err));

    return n;
}


/* Queues a content; the dead letter that it became, or NULL. */

static Pl__DeadLetter *
test_queue(test_t *test, const char *json, Pl__AddressKind kind)
{
    pl_key_t           key;
    uint64_t           id, effect;
    t_engine_t        *t = &test->t;
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Message        message = PL__MESSAGE__INIT;
    pl_status_t        rc;
    pl_queue_how_t     how = { PL__LANE__LANE_REPLY, 0, 0, 0, NULL };
    ProtobufCMessage  *msg;

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));

    address.kind = kind;
    address.value = (char *) "34600000001";
    message.direction = PL__DIRECTION__DIRECTION_OUT;
    message.tenant = 1;
    message.channel = 1;
    message.party_kind = test->party.kind;
    message.party = 7;
    message.contact = 7;
    message.time_ms = T_NOW;
    message.content = (Pl__Content *) msg;
    message.address = &address;
    message.has_state = true;
    message.state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;

    id = pl_apply_id(&test->ap);
    effect = test->meta.next_id;
    t_ok(t, pl_message_put(&test->ap, id, &message, true, &t->err));
    t_ok(t, pl_queue_add(&test->ap, &test->party, &test->conv, id, &message,
                         &how, &t->err));

    pl_key_tenant_seq(&key, 1, effect);
    rc = pl_record_get(test->txn, PL_TABLE_DEAD, pl_key_str(&key),
                       &pl__dead_letter__descriptor, t->ar, &msg, &t->err);

    return rc == PL_OK ? (Pl__DeadLetter *) msg : NULL;
}


static void
test_template(test_t *test, const char *name, const char *language,
    Pl__TemplateStatus status)
{
    char                  *variables[] = { (char *) "1" };
    pl_key_t               key;
    Pl__TemplateText       body = PL__TEMPLATE_TEXT__INIT;
    Pl__TemplateRecord     record = PL__TEMPLATE_RECORD__INIT;

    body.text = (char *) "Hi {{1}}.";
    body.variables = variables;
    body.n_variables = 1;
    record.name = (char *) (uintptr_t) name;
    record.language = (char *) (uintptr_t) language;
    record.status = status;
    record.body = name[0] != '\0' ? &body : NULL;
    record.has_category = true;
    record.category = strcmp(name, "code") == 0
                      ? PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION
                      : PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY;

    pl_key_template(&key, 1, 1, name, language);
    t_ok(&test->t, pl_record_put(test->txn, PL_TABLE_TEMPLATES,
                                 pl_key_str(&key), &record.base, false,
                                 &test->t.err));
}


#define PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID

#define BUTTON(id)  "{\"id\":\"" id "\",\"title\":\"" id "\"}"
#define BUTTONS(list)                                                         \
    "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"button\","         \
    "\"body\":\"b\",\"action\":{\"buttons\":[" list "]}}}"
#define TEMPLATE(name, language, body)                                        \
    "{\"type\":\"template\",\"template\":{\"name\":\"" name "\","             \
    "\"language\":\"" language "\",\"body\":[" body "]}}"


static void
a_fourth_button_never_reaches_the_outbox(void **state)
{
    test_t           test;
    uint64_t         id;
    Pl__Message     *message;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin(&test);

    assert_null(test_queue(&test, BUTTONS(BUTTON("a") "," BUTTON("b") ","
                                          BUTTON("c")), PHONE));
    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), 1);

    dead = test_queue(&test, BUTTONS(BUTTON("a") "," BUTTON("b") ","
                                     BUTTON("c") "," BUTTON("d")), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "content.refused");
    assert_string_equal(dead->reason,
                        "content.interactive.action.buttons[3]: at most 3");
    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), 1);
    assert_int_equal(test_rows(&test, PL_TABLE_DUE), 1);

    /* its message says so, and an event */

    id = dead->effect->send_message->message;
    t_ok(&test.t, pl_message_get(&test.ap, id, &message, &test.t.err));
    assert_int_equal(message->state, PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_string_equal(message->rule, "content.refused");
    assert_true(test_rows(&test, PL_TABLE_AUDIT) >= 1);
    test_end(&test);
}


static void
a_template_is_held_against_its_row(void **state)
{
    test_t           test;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin(&test);

    /* nothing is known of templates: the provider knows better */

    assert_null(test_queue(&test, TEMPLATE("any", "es_ES", ""), PHONE));

    test_template(&test, "hello", "es_ES",
                  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED);
    test_template(&test, "rests", "es_ES",
                  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED);
    test_template(&test, "code", "es_ES",
                  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED);

    assert_null(test_queue(&test, TEMPLATE("hello", "es_ES",
                                           "{\"text\":\"Ana\"}"), PHONE));
    assert_null(test_queue(&test, TEMPLATE("hello", "es-ES",
                                           "{\"text\":\"Ana\"}"), PHONE));
    assert_null(test_queue(&test, TEMPLATE("hello", "en", ""), PHONE));
    assert_null(test_queue(&test, TEMPLATE("code", "es_ES",
                                           "{\"text\":\"1\"}"), PHONE));
    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), 5);

    dead = test_queue(&test, TEMPLATE("hello", "es-ES", ""), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.refused");
    assert_string_equal(dead->reason,
                        "content.template.body: variable 1 is missing");

    dead = test_queue(&test, TEMPLATE("rests", "es_ES",
                                      "{\"text\":\"Ana\"}"), PHONE);
    assert_string_equal(dead->reason,
                        "content.template.name: the template is paused");

    dead = test_queue(&test, TEMPLATE("code", "es_ES", "{\"text\":\"1\"}"),
                      USER_ID);
    assert_string_equal(dead->rule, "template.refused");
    assert_memory_equal(dead->reason, "address.kind", 12);
    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), 5);
    test_end(&test);
}


/* What was queued while a template was good stays here once it is not. */

static void
a_template_paused_meanwhile_is_not_sent(void **state)
{
    test_t             test;
    pl_key_t           key;
    Pl__Attempt        attempt = PL__ATTEMPT__INIT;
    Pl__SendResult     result = PL__SEND_RESULT__INIT;
    Pl__DeadLetter    *dead;
    ProtobufCMessage  *msg;

    (void) state;
    test_begin(&test);
    test.meta.has_epoch = true;
    test.meta.epoch = 5;
    test_template(&test, "hello", "es_ES",
                  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED);

    attempt.epoch = 5;
    attempt.tenant = 1;
    attempt.party_kind = test.party.kind;
    attempt.party = 7;
    attempt.channel = 1;
    attempt.lane = PL__LANE__LANE_REPLY;

    attempt.effect = test.meta.next_id + 1;
    assert_null(test_queue(&test, TEMPLATE("hello", "es_ES",
                                           "{\"text\":\"Ana\"}"), PHONE));
    t_ok(&test.t, pl_apply_attempt(&test.ap, &attempt, &test.t.err));
    assert_int_equal(test_rows(&test, PL_TABLE_ATTEMPTS), 1);

    result.effect = attempt.effect;
    result.epoch = 5;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    t_ok(&test.t, pl_apply_send_result(&test.ap, &result, &test.t.err));

    attempt.effect = test.meta.next_id + 1;
    assert_null(test_queue(&test, TEMPLATE("hello", "es_ES",
                                           "{\"text\":\"Bo\"}"), PHONE));
    test_template(&test, "hello", "es_ES",
                  PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED);
    t_ok(&test.t, pl_apply_attempt(&test.ap, &attempt, &test.t.err));
    assert_int_equal(test_rows(&test, PL_TABLE_ATTEMPTS), 0);

    pl_key_tenant_seq(&key, 1, attempt.effect);
    t_ok(&test.t, pl_record_get(test.txn, PL_TABLE_DEAD, pl_key_str(&key),
                                &pl__dead_letter__descriptor, test.t.ar,
                                &msg, &test.t.err));
    dead = (Pl__DeadLetter *) msg;
    assert_string_equal(dead->rule, "template.refused");
    assert_string_equal(dead->reason,
                        "content.template.name: the template is paused");
    test_end(&test);
}


/* Once the list was read to its end, what it lacks does not exist. */

static void
an_unknown_template_is_refused_once_all_are_known(void **state)
{
    test_t           test;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin(&test);
    test_template(&test, "", "", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER);

    dead = test_queue(&test, TEMPLATE("any", "es_ES", ""), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.refused");
    assert_string_equal(dead->reason,
                        "content.template.name: no such template");
    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), 0);
    test_end(&test);
}


/* Policy has its say first, and keeps its word. */

static void
policy_comes_first(void **state)
{
    test_t           test;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin(&test);
    test.window.until_ms = T_NOW;

    dead = test_queue(&test, BUTTONS(""), PHONE);
    assert_string_equal(dead->rule, "window.closed");
    assert_string_equal(dead->reason, "policy");
    test_end(&test);
}


/* ---- templates that are contents of Twilio's ------------------------ */

#define TWILIO                                                                \
    "AC00000000000000000000000000000001/whatsapp:+31620000000"
#define SID  "HX0123456789abcdef0123456789abcdef"

#define DRAFT(name, more)                                                     \
    "{\"name\":\"" name "\",\"language\":\"de\",\"category\":\"utility\","    \
    "\"body\":\"Dear {{who}}, it is {{what}}.\",\"variables\":["              \
    "{\"name\":\"who\",\"sample\":\"s\"},{\"name\":\"what\","                 \
    "\"sample\":\"s\"}]" more "}"
#define BOTH  "{\"name\":\"who\",\"text\":\"Ana\"},"                          \
    "{\"name\":\"what\",\"text\":\"x\"}"


/* As the API asks for it. */

static void
test_act(test_t *test, Pl__TemplateDo what, const char *json)
{
    t_engine_t         *t = &test->t;
    Pl__TemplateAct     act = PL__TEMPLATE_ACT__INIT;
    ProtobufCMessage   *msg;

    t_ok(t, pl_json_decode(t->codec, &pl__template_draft__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));

    act.tenant = 1;
    act.channel = 1;
    act.what = what;
    act.draft = (Pl__TemplateDraft *) msg;
    act.name = act.draft->name;
    act.language = act.draft->language;

    memset(&t->err, 0, sizeof(t->err));
    t_ok(t, pl_apply_template_act(&test->ap, &act, &t->err));
}


static void
a_content_is_known_by_its_row(void **state)
{
    test_t           test;
    uint64_t         before;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin_on(&test, "twilio", TWILIO);
    before = test_rows(&test, PL_TABLE_OUTBOX);     /* it reconciles */

    /* a ContentSid says all, as it always did */

    assert_null(test_queue(&test, TEMPLATE(SID, "de", "{\"text\":\"x\"}"),
                           PHONE));

    /* a name says nothing without a row */

    dead = test_queue(&test, TEMPLATE("news", "de", BOTH), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.content");
    assert_string_equal(dead->reason,
                        "content.template.name: no ContentSid is known of it");
    assert_false(pl_outgoing_ready(&test.ap, 1, 1, "news", "de"));
    assert_true(pl_outgoing_ready(&test.ap, 1, 1, SID, "de"));

    /* nor by one that has none yet */

    test_act(&test, PL__TEMPLATE_DO__TEMPLATE_DO_WRITE,
             DRAFT("news", ""));
    dead = test_queue(&test, TEMPLATE("news", "de", BOTH), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.content");
    assert_false(pl_outgoing_ready(&test.ap, 1, 1, "news", "de"));

    test_act(&test, PL__TEMPLATE_DO__TEMPLATE_DO_WRITE,
             DRAFT("news", ",\"content_sid\":\"" SID "\""));
    assert_null(test_queue(&test, TEMPLATE("news", "de", BOTH), PHONE));
    assert_null(test_queue(&test, TEMPLATE("news", "de", BOTH), PHONE));
    assert_true(pl_outgoing_ready(&test.ap, 1, 1, "news", "de"));

    /* and gone once it is dropped */

    test_act(&test, PL__TEMPLATE_DO__TEMPLATE_DO_DROP, DRAFT("news", ""));
    dead = test_queue(&test, TEMPLATE("news", "de", BOTH), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.content");

    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), before + 3);
    assert_int_equal(test_rows(&test, PL_TABLE_TEMPLATES), 0);
    test_end(&test);
}


/* What does not fit is refused as any template's is. */

static void
a_content_is_held_against_its_row(void **state)
{
    test_t           test;
    uint64_t         before;
    Pl__DeadLetter  *dead;

    (void) state;
    test_begin_on(&test, "twilio", TWILIO);
    before = test_rows(&test, PL_TABLE_OUTBOX);

    test_act(&test, PL__TEMPLATE_DO__TEMPLATE_DO_WRITE,
             DRAFT("news", ",\"content_sid\":\"" SID "\""));

    dead = test_queue(&test, TEMPLATE("news", "de",
                                      "{\"name\":\"who\",\"text\":\"Ana\"}"),
                      PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.refused");
    assert_string_equal(dead->reason,
                        "content.template.body: variable what is missing");

    dead = test_queue(&test, TEMPLATE("news", "de", BOTH
                                      ",{\"name\":\"x\",\"text\":\"x\"}"),
                      PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.refused");
    assert_string_equal(dead->reason,
                        "content.template.body[2].name: no such variable");

    dead = test_queue(&test, TEMPLATE("news", "en", BOTH), PHONE);
    assert_non_null(dead);
    assert_string_equal(dead->rule, "template.content");

    assert_int_equal(test_rows(&test, PL_TABLE_OUTBOX), before);
    test_end(&test);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_fourth_button_never_reaches_the_outbox),
        cmocka_unit_test(a_template_is_held_against_its_row),
        cmocka_unit_test(a_template_paused_meanwhile_is_not_sent),
        cmocka_unit_test(an_unknown_template_is_refused_once_all_are_known),
        cmocka_unit_test(a_content_is_known_by_its_row),
        cmocka_unit_test(a_content_is_held_against_its_row),
        cmocka_unit_test(policy_comes_first),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
