/*
 * The engine: addresses of mail that take none. The whole of it, with a relay
 * and webhooks, is in t/98-email.t.
 */

#include "engine.h"
#include "../../src/engine/bounce.h"

#define HOUSE  "support@acme.example"
#define ONE    "ana@one.example"
#define TWO    "ana@two.example"

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
    uint8_t     drawn;
    uint64_t    contact;        /* 0: nobody yet */
} test_t;


static void
begin(test_t *test)
{
    memset(test, 0, sizeof(*test));
    t_open(&test->t);
    test->t.provider = "smtp";
    test->t.account = HOUSE;
    t_configure(&test->t);
    test->epoch = t_sender(&test->t, true, NULL);
}


/* A mail to the person, wherever they are written to; the last message. */

static Pl__Message *
ask(test_t *test)
{
    uint8_t           key[16];
    Pl__Text          text = PL__TEXT__INIT;
    Pl__Address       to = PL__ADDRESS__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__Content       content = PL__CONTENT__INIT;
    Pl__SendRequest   send = PL__SEND_REQUEST__INIT;

    memset(key, ++test->drawn, sizeof(key));
    text.body = (char *) "good day";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    to.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    to.value = (char *) ONE;
    send.tenant = send.channel = 1;
    send.key.data = key;
    send.key.len = sizeof(key);
    send.content = &content;
    send.address = test->contact == 0 ? &to : NULL;
    send.has_contact = test->contact != 0;
    send.contact = test->contact;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &send;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    return t_message(&test->t, (unsigned) t_rows(&test->t,
                                                 PL_TABLE_MESSAGES) - 1);
}


/* What is due was refused: for its address, or for something else. */

static void
refused(test_t *test, bool unreachable)
{
    uint64_t         effects[64];
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__SendResult   result = PL__SEND_RESULT__INIT;

    assert_int_equal(t_attempt(&test->t, test->epoch, effects), 1);
    result.effect = effects[0];
    result.epoch = test->epoch;
    result.outcome = PL__OUTCOME__OUTCOME_PERMANENT;
    result.has_unreachable = result.unreachable = unreachable;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);
}


static bool
marked(test_t *test, const char *email)
{
    Pl__Contact  *contact;
    Pl__Address  *address;

    contact = (Pl__Contact *) t_row(&test->t, PL_TABLE_CONTACTS, 0,
                                    &pl__contact__descriptor);
    assert_non_null(contact);
    test->contact = contact->id;
    address = pl_contact_lists(contact, PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL,
                               email);
    assert_non_null(address);

    return address->has_bounced_ms;
}


/* Another address of theirs; or what bounced is forgotten. */

static void
write_down(test_t *test, const char *email)
{
    Pl__Address      more = PL__ADDRESS__INIT;
    Pl__Address     *list[1] = { &more };
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   set = PL__CONTACT_SET__INIT;

    more.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    more.value = (char *) (uintptr_t) email;
    set.tenant = 1;
    set.has_contact = 1;
    set.contact = test->contact;
    set.actor = (char *) "maria";
    set.n_more = email != NULL;
    set.more = list;
    set.has_reachable = set.reachable = email == NULL;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);
}


static void
what_bounced_is_left_alone(void **state)
{
    test_t        test;
    uint64_t      effects[64];
    Pl__Message  *m;

    (void) state;
    begin(&test);

    (void) ask(&test);
    refused(&test, false);
    assert_false(marked(&test, ONE));           /* the mail's own fault */

    (void) ask(&test);
    refused(&test, true);
    assert_true(marked(&test, ONE));
    assert_int_equal(t_counted(&test.t, "contacts", "bounced"), 1);

    m = ask(&test);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_string_equal(m->rule, "address.bounced");
    assert_int_equal(t_attempt(&test.t, test.epoch, effects), 0);
    assert_int_equal(t_counted(&test.t, "policy_blocked",
                               "address.bounced"), 1);

    write_down(&test, NULL);
    assert_false(marked(&test, ONE));
    m = ask(&test);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED);
    t_close(&test.t);
}


/* Decided anew when it is to leave: it bounced while this one waited. */

static void
what_waits_does_not_go(void **state)
{
    test_t    test;
    uint64_t  effects[64];

    (void) state;
    begin(&test);

    (void) ask(&test);
    (void) ask(&test);
    refused(&test, true);
    (void) t_attempt(&test.t, test.epoch, effects);
    assert_int_equal(t_rows(&test.t, PL_TABLE_ATTEMPTS), 0);
    assert_string_equal(t_message(&test.t, 1)->rule, "address.bounced");
    t_close(&test.t);
}


static void
another_address_is_taken(void **state)
{
    test_t  test;

    (void) state;
    begin(&test);

    (void) ask(&test);
    refused(&test, false);
    assert_false(marked(&test, ONE));
    write_down(&test, TWO);

    assert_string_equal(ask(&test)->address->value, TWO);
    refused(&test, true);
    assert_true(marked(&test, TWO));
    assert_false(marked(&test, ONE));

    assert_string_equal(ask(&test)->address->value, ONE);
    t_close(&test.t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_bounced_is_left_alone),
        cmocka_unit_test(what_waits_does_not_go),
        cmocka_unit_test(another_address_is_taken),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
