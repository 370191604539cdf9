/*
 * The engine: a message that somebody asks for, and what becomes of it: the
 * verdict under the asker's key, and what is stored or not.
 */

#include "../../src/engine/request.h"
#include "engine.h"

#define PHONE  "34600000001"
#define TEXT   "{\"type\":\"text\",\"text\":{\"body\":\"Hello!\"}}"

#define BUTTON(id)  "{\"id\":\"" id "\",\"title\":\"" id "\"}"
#define FOUR_BUTTONS                                                          \
    "{\"type\":\"interactive\",\"interactive\":{\"kind\":\"button\","         \
    "\"body\":\"b\",\"action\":{\"buttons\":[" BUTTON("a") "," BUTTON("b")    \
    "," BUTTON("c") "," BUTTON("d") "]}}}"
#define TEMPLATE                                                              \
    "{\"type\":\"template\",\"template\":{\"name\":\"hello\","                \
    "\"language\":\"es_ES\"}}"

/* A request, its pieces where a test may change them. */
typedef struct {
    uint8_t            key[PL_REQUEST_KEY_LEN];
    Pl__Address        address;
    Pl__SendRequest    request;
} asked_t;


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    *state = t;

    return 0;
}


static void
asked(t_engine_t *t, asked_t *asked, uint8_t key, const char *json)
{
    ProtobufCMessage  *msg;

    memset(asked->key, key, sizeof(asked->key));

    pl__address__init(&asked->address);
    asked->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    asked->address.value = (char *) PHONE;

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));

    pl__send_request__init(&asked->request);
    asked->request.tenant = 1;
    asked->request.channel = 1;
    asked->request.key.data = asked->key;
    asked->request.key.len = sizeof(asked->key);
    asked->request.address = &asked->address;
    asked->request.content = (Pl__Content *) msg;
}


static uint64_t
ask(t_engine_t *t, asked_t *asked)
{
    uint64_t     entry;
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &asked->request;
    entry = t_append(t, &command, NULL);
    t_fold(t);

    return entry;
}


static Pl__Verdict *
verdict(t_engine_t *t, const asked_t *asked)
{
    pl_txn_t     *txn;
    pl_status_t   rc;
    Pl__Verdict  *out;

    txn = t_read(t);
    rc = pl_request_get(txn, asked->request.tenant, asked->key, t->wall_ms,
                        t->ar, &out, &t->err);
    pl_store_abort(txn);

    return rc == PL_OK ? out : NULL;
}


/* Refused before anything was stored, by this rule, for this field. */

static void
is_refused(t_engine_t *t, asked_t *asked, const char *rule, const char *path)
{
    uint64_t      contacts, messages;
    Pl__Verdict  *v;

    contacts = t_rows(t, PL_TABLE_CONTACTS);
    messages = t_rows(t, PL_TABLE_MESSAGES);

    (void) ask(t, asked);
    v = verdict(t, asked);

    assert_non_null(v);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, rule);
    assert_string_equal(v->path, path);
    assert_non_null(v->text);
    assert_false(v->has_message);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), contacts);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), messages);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


/* A person who wrote, so that the window is open: cnt_2. */

static void
wrote(t_engine_t *t)
{
    (void) t_text(t, PHONE, "wamid.A", T_NOW / 1000, "x");
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
}


static void
a_text_is_queued_and_says_who_asked(void **state)
{
    asked_t       a;
    uint64_t      entry, before;
    t_engine_t   *t = *state;
    Pl__Effect   *effect;
    Pl__Message  *m;
    Pl__Verdict  *v;

    wrote(t);
    before = t_rows(t, PL_TABLE_OUTBOX);
    asked(t, &a, 1, TEXT);
    a.request.has_author = 1;
    a.request.author = PL__AUTHOR__AUTHOR_PERSON;
    a.request.actor = (char *) "maria";
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_REMINDER;
    a.request.reply_to = (char *) "wamid.A";
    entry = ask(t, &a);

    v = verdict(t, &a);
    assert_non_null(v);
    assert_int_equal(v->decision, PL__DECISION__DECISION_QUEUED);
    assert_int_equal(v->entry, entry);
    assert_int_equal(v->time_ms, T_NOW);
    assert_null(v->rule);

    m = t_message(t, (unsigned) t_rows(t, PL_TABLE_MESSAGES) - 1);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_int_equal(m->author, PL__AUTHOR__AUTHOR_PERSON);
    assert_string_equal(m->actor, "maria");
    assert_false(m->has_by_person);
    assert_string_equal(m->content->text->body, "Hello!");
    assert_string_equal(m->reply_to, "wamid.A");
    assert_string_equal(m->address->value, PHONE);
    assert_int_equal(m->contact, 2);
    assert_int_equal(m->entry, entry);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), before + 1);
    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, (unsigned) before,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->id, v->effect);
    assert_int_equal(effect->send_message->message, v->message);
    assert_int_equal(effect->lane, PL__LANE__LANE_REMINDER);
}


static void
a_template_makes_a_contact_of_a_stranger(void **state)
{
    asked_t       a;
    t_engine_t   *t = *state;
    Pl__Message  *m;
    Pl__Contact  *c;

    asked(t, &a, 1, TEMPLATE);
    a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    a.address.value = (char *) "ES.1234";
    (void) ask(t, &a);

    assert_int_equal(verdict(t, &a)->decision,
                     PL__DECISION__DECISION_QUEUED);
    m = t_message(t, 0);
    assert_int_equal(m->author, PL__AUTHOR__AUTHOR_PROGRAM);
    c = (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                              &pl__contact__descriptor);
    assert_int_equal(m->contact, c->id);
    assert_string_equal(c->addresses[0]->value, "ES.1234");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);

    /* and by the number that it has now */

    asked(t, &a, 2, TEMPLATE);
    a.request.address = NULL;
    a.request.has_contact = 1;
    a.request.contact = c->id;
    (void) ask(t, &a);
    assert_int_equal(verdict(t, &a)->decision,
                     PL__DECISION__DECISION_QUEUED);
    m = t_message(t, 1);
    assert_int_equal(m->contact, c->id);
    assert_string_equal(m->address->value, "ES.1234");
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
}


static void
what_is_unfit_leaves_nothing_but_a_verdict(void **state)
{
    asked_t       a;
    uint8_t       key = 0;
    t_engine_t   *t = *state;

    asked(t, &a, ++key, FOUR_BUTTONS);
    is_refused(t, &a, "content.refused",
               "content.interactive.action.buttons[3]");

    asked(t, &a, ++key, TEXT);
    a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    a.address.value = (char *) "";
    is_refused(t, &a, "recipient.refused", "address.value");

    asked(t, &a, ++key, TEXT);
    a.address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    is_refused(t, &a, "recipient.refused", "address.kind");

    asked(t, &a, ++key, TEXT);
    a.address.value = (char *) "+34600000001";
    is_refused(t, &a, "recipient.refused", "address.value");

    asked(t, &a, ++key, TEXT);
    a.address.value = (char *) "346000000013460000001";    /* 21 digits */
    is_refused(t, &a, "recipient.refused", "address.value");

    asked(t, &a, ++key, TEXT);
    a.request.has_contact = 1;
    is_refused(t, &a, "recipient.refused", "address");

    asked(t, &a, ++key, TEXT);
    a.request.address = NULL;
    is_refused(t, &a, "recipient.refused", "address");

    asked(t, &a, ++key, TEXT);
    a.request.address = NULL;
    a.request.has_contact = 1;
    a.request.contact = 4711;
    is_refused(t, &a, "recipient.refused", "contact");

    asked(t, &a, ++key, TEXT);
    a.request.channel = 2;
    is_refused(t, &a, "channel.unknown", "channel");

    asked(t, &a, ++key, TEXT);
    a.request.tenant = 2;
    is_refused(t, &a, "tenant.unknown", "tenant");

    asked(t, &a, ++key, TEXT);
    a.request.has_lane = 1;
    a.request.lane = (Pl__Lane) 9;
    is_refused(t, &a, "request.refused", "lane");

    asked(t, &a, ++key, TEXT);
    a.request.actor = pl_arena_alloc(t->ar, PL_ACTOR_MAX + 2);
    memset(a.request.actor, 'a', PL_ACTOR_MAX + 1);
    a.request.actor[PL_ACTOR_MAX + 1] = '\0';
    is_refused(t, &a, "request.refused", "actor");

    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), key);
}


/* The rule that blocks is policy's: the message is there, and failed. */

static void
a_closed_window_is_a_dead_letter(void **state)
{
    asked_t       a;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked(t, &a, 1, TEXT);
    (void) ask(t, &a);

    v = verdict(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, "window.closed");
    assert_null(v->path);
    assert_true(v->has_message);
    assert_int_equal(t_message(t, 0)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


static void
a_key_is_used_once(void **state)
{
    asked_t       a;
    uint64_t      message, entry;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked(t, &a, 1, TEMPLATE);
    (void) ask(t, &a);
    message = verdict(t, &a)->message;

    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 1);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    v = verdict(t, &a);
    assert_int_equal(v->message, message);
    assert_false(v->has_conflict);

    /* another body under it: refused, and the first verdict stays */

    a.address.value = (char *) "34600000002";
    entry = ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 1);
    v = verdict(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_QUEUED);
    assert_int_equal(v->message, message);
    assert_int_equal(v->conflict, entry);

    /* another tenant's same key is another key */

    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 1);
    a.request.tenant = 2;
    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 2);
}


static void
a_key_without_its_length_is_put_aside(void **state)
{
    asked_t      a;
    t_engine_t  *t = *state;

    asked(t, &a, 1, TEMPLATE);
    a.request.key.len = PL_REQUEST_KEY_LEN - 1;
    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static bool
is_old(t_engine_t *t)
{
    bool            old;
    pl_txn_t       *txn;
    Pl__StateMeta  *meta;

    txn = t_read(t);
    t_ok(t, pl_state_meta(txn, t->ar, &meta, &t->err));
    t_ok(t, pl_request_old(txn, meta, t->wall_ms, t->ar, &old, &t->err));
    pl_store_abort(txn);

    return old;
}


static void
prune(t_engine_t *t, uint32_t rows)
{
    Pl__Prune    prune = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    prune.before_ms = 1;
    prune.rows = rows;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &prune;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* After 24 hours a key is free again, and its row goes. */

static void
a_verdict_has_its_day(void **state)
{
    asked_t      a;
    uint8_t      i;
    t_engine_t  *t = *state;

    for (i = 1; i <= 5; i++) {
        asked(t, &a, i, TEMPLATE);
        (void) ask(t, &a);
    }

    t_pass(t, PL_REQUEST_KEEP_MS - 1);
    assert_false(is_old(t));
    prune(t, 100);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 5);
    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 5);

    t_pass(t, 1);
    assert_null(verdict(t, &a));
    assert_true(is_old(t));
    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 6);
    assert_non_null(verdict(t, &a));

    /* in steps, round the table, past the one that is new */

    prune(t, 3);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 2);
    prune(t, 3);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 1);
    assert_false(is_old(t));
    t_pass(t, PL_REQUEST_KEEP_MS);
    assert_true(is_old(t));
    prune(t, 3);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 0);
    assert_false(is_old(t));
}


/* Is the i-th contact kept beside the map? */
static bool
kept(t_engine_t *t, unsigned i)
{
    unsigned       k;
    pl_str_t       key, value, again;
    pl_txn_t      *txn, *writer;
    pl_scan_t     *scan;

    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_CONTACTS, PL_STR_NULL, false, &scan,
                          &t->err));

    for (k = 0; k <= i; k++) {
        t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    }

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &writer, &t->err));
    pl_store_passing(writer, true);
    t_ok(t, pl_store_get(writer, PL_TABLE_CONTACTS, key, &again, &t->err));
    pl_store_abort(writer);

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return again.data != value.data;
}


/* A campaign pushes out nobody who writes: what it reads is not kept. */
static void
who_writes_is_kept_and_who_is_written_to_is_not(void **state)
{
    asked_t      a;
    unsigned     i;
    t_engine_t  *t = *state;

    t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_text(t, "34600000002", "wamid.B", T_NOW / 1000, "Hello");
    t_fold(t);
    t_text(t, "34600000001", "wamid.C", T_NOW / 1000 + 1, "Hello");
    t_fold(t);

    assert_true(kept(t, 0));
    assert_false(kept(t, 1));

    for (i = 0; i < 2; i++) {
        asked(t, &a, (uint8_t) (i + 1), TEXT);
        a.request.address = NULL;
        a.request.has_contact = 1;
        a.request.contact = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, i,
                                &pl__contact__descriptor))->id;
        (void) ask(t, &a);
        assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), i + 1);
    }

    assert_true(kept(t, 0));
    assert_false(kept(t, 1));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_text_is_queued_and_says_who_asked,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(
            a_template_makes_a_contact_of_a_stranger, setup, t_end),
        cmocka_unit_test_setup_teardown(
            what_is_unfit_leaves_nothing_but_a_verdict, setup, t_end),
        cmocka_unit_test_setup_teardown(a_closed_window_is_a_dead_letter,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_key_is_used_once, setup, t_end),
        cmocka_unit_test_setup_teardown(
            a_key_without_its_length_is_put_aside, setup, t_end),
        cmocka_unit_test_setup_teardown(a_verdict_has_its_day, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(
            who_writes_is_kept_and_who_is_written_to_is_not, setup, t_end),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
