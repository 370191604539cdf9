/*
 * The engine: who is who. Forms of a number, numbers that change hands, user
 * ids, consent.
 */

#include "people.h"


/* The phone of somebody who has a user id of their own stays theirs. */

static void
two_people_with_user_ids_stay_two(void **state)
{
    uint64_t    a;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, "34600000001", "ES.1", "wamid.A", "one");
    says(&t, NULL, "ES.2", "wamid.B", "two");
    a = contact(&t, 0)->id;
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 0);

    says(&t, "34600000001", "ES.2", "wamid.C", "three");
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 0);
    assert_int_equal(leads(&t, PHONE, "34600000001"), a);
    assert_int_equal(conversation(&t, 1)->unread, 2);
    assert_int_equal(t_counted(&t, "contacts", "conflict"), 1);
    t_close(&t);
}


static void
forms_of_one_number_are_one_contact(void **state)
{
    size_t      i;
    uint64_t    a;
    t_engine_t  t;

    static const struct {
        const char  *first;
        const char  *second;
        bool         same;
    } pairs[] = {
        { "5511987654321", "551187654321", true },
        { "551187654322", "5511987654322", true },
        { "5491123456789", "541123456789", true },
        { "525512345678", "5215512345678", true },
        { "551132654321", "5511932654321", false },
        { "34600000001", "34900000001", false },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(pairs); i++) {
        t_open(&t);
        t_configure(&t);
        says(&t, pairs[i].first, NULL, "wamid.A", "one");
        t_pass(&t, 1000);
        says(&t, pairs[i].second, NULL, "wamid.B", "hello");

        assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS),
                         pairs[i].same ? 1 : 2);
        assert_int_equal(t_rows(&t, PL_TABLE_MERGES), pairs[i].same ? 1 : 0);

        /* both forms are there as they came, and the newest is answered */

        a = contact(&t, 0)->id;
        assert_int_equal(leads(&t, PHONE, pairs[i].first), a);
        assert_int_equal(leads(&t, PHONE, pairs[i].second) == a,
                         pairs[i].same);
        assert_string_equal(t_message(&t, 3)->address->value,
                            pairs[i].second);

        if (pairs[i].same) {
            assert_int_equal(merge(&t, 0)->evidence,
                             PL__EVIDENCE__EVIDENCE_FORM);
            split(&t, merge(&t, 0)->id);
            assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
            assert_int_not_equal(leads(&t, PHONE, pairs[i].second), a);
            says(&t, pairs[i].second, NULL, "wamid.C", "apart");
            assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
            assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 1);
        }

        t_close(&t);
    }
}


static void
sends_use_the_form_that_an_answer_taught(void **state)
{
    uint64_t        effects[64], epoch;
    t_engine_t      t;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    says(&t, "5511987654321", NULL, "wamid.A", "hello");
    assert_int_equal(t_attempt(&t, epoch, effects), 1);

    result.effect = effects[0];
    result.epoch = epoch;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.provider_id = (char *) "wamid.OUT";
    result.recipient = (char *) "551187654321";
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    t_pass(&t, 1000);
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_int_equal(contact(&t, 0)->n_addresses, 2);
    assert_true(contact(&t, 0)->addresses[1]->has_taught_ms);
    assert_int_equal(merge(&t, 0)->evidence, PL__EVIDENCE__EVIDENCE_ANSWER);

    /* though the person still shows the other one */

    t_pass(&t, 1000);
    says(&t, "5511987654321", NULL, "wamid.B", "hello");
    assert_string_equal(t_message(&t, 3)->address->value, "551187654321");

    /* a form that is somebody else's is not taken */

    says(&t, "34600000009", NULL, "wamid.C", "one");
    assert_int_equal(t_attempt(&t, epoch, effects), 2);
    result.effect = effects[0];
    result.recipient = (char *) "34600000009";
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(contact(&t, 0)->n_addresses, 2);
    assert_int_equal(t_counted(&t, "contacts", "conflict"), 1);
    t_close(&t);
}


#define CHANGED                                                               \
    "\"from\":\"34600000001\",\"system\":{\"type\":\"user_changed_number\","  \
    "\"wa_id\":\"34600000002\",\"user_id\":\"ES.new\","                       \
    "\"previous_user_id\":\"ES.old\"}"


/* Told before anything came from the new number; and after. */

static void
a_changed_number_is_the_same_contact(void **state)
{
    int         late;
    uint64_t    a;
    t_engine_t  t;

    (void) state;

    for (late = 0; late < 2; late++) {
        t_open(&t);
        t_configure(&t);
        says(&t, "34600000001", "ES.old", "wamid.A", "one");
        a = contact(&t, 0)->id;
        t_pass(&t, 1000);

        if (late) {
            says(&t, "34600000002", NULL, "wamid.B", "two");
            assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
        }

        t_pass(&t, 1000);
        system_says(&t, "wamid.S", CHANGED);
        system_says(&t, "wamid.S", CHANGED);

        assert_int_equal(leads(&t, PHONE, "34600000001"), a);
        assert_int_equal(leads(&t, PHONE, "34600000002"), a);
        assert_int_equal(leads(&t, USER_ID, "ES.new"), a);
        assert_int_equal(t_counted(&t, "contacts", "changed"), 1);
        assert_int_equal(merge(&t, 0)->evidence,
                         PL__EVIDENCE__EVIDENCE_CHANGE);

        /* answers go to the new one alone */

        t_pass(&t, 1000);
        says(&t, NULL, "ES.new", "wamid.C", "hello");
        assert_int_equal(conversation(&t, 0)->last_in_ms, t.wall_ms);
        assert_string_equal(
            t_message(&t, (unsigned) t_rows(&t, PL_TABLE_MESSAGES) - 1)
                ->address->value, "34600000002");

        /* a split is not undone by a repeat of what was told */

        split(&t, merge(&t, 0)->id);
        assert_int_not_equal(leads(&t, PHONE, "34600000002"), a);
        system_says(&t, "wamid.S", CHANGED);
        assert_int_not_equal(leads(&t, PHONE, "34600000002"), a);
        t_close(&t);
    }
}


static void
a_changed_user_id_needs_no_phone(void **state)
{
    uint64_t    a;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, NULL, "ES.old", "wamid.A", "one");
    a = contact(&t, 0)->id;
    system_says(&t, "wamid.S", "\"system\":{\"type\":"
                "\"user_changed_user_id\",\"user_id\":\"ES.new\","
                "\"previous_user_id\":\"ES.old\"}");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_int_equal(leads(&t, USER_ID, "ES.new"), a);
    says(&t, NULL, "ES.new", "wamid.B", "hello");
    assert_string_equal(
        t_message(&t, (unsigned) t_rows(&t, PL_TABLE_MESSAGES) - 1)
            ->address->value, "ES.new");
    t_close(&t);
}


/* A number that was left is its next owner's, after the days of grace. */

static void
a_number_that_was_left_may_be_another_persons(void **state)
{
    uint64_t    a;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, "34600000001", "ES.old", "wamid.A", "one");
    a = contact(&t, 0)->id;
    system_says(&t, "wamid.S", CHANGED);

    t_pass(&t, 7LL * 86400 * 1000 - 1);
    says(&t, "34600000001", NULL, "wamid.B", "late");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);

    t_pass(&t, 1);
    says(&t, "34600000001", NULL, "wamid.C", "new here");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(leads(&t, PHONE, "34600000001"), contact(&t, 1)->id);
    assert_int_equal(leads(&t, PHONE, "34600000002"), a);
    assert_int_equal(t_counted(&t, "contacts", "released"), 1);
    t_close(&t);
}


/* The number that a person changes to was another person's before. */

static void
a_number_that_is_given_out_again_joins_nobody(void **state)
{
    uint64_t    a, b;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, "34600000001", "ES.old", "wamid.A", "one");
    says(&t, "34600000002", "ES.other", "wamid.B", "two");
    a = contact(&t, 0)->id;
    b = contact(&t, 1)->id;
    system_says(&t, "wamid.S", CHANGED);
    assert_int_equal(leads(&t, PHONE, "34600000002"), a);
    assert_int_equal(leads(&t, USER_ID, "ES.other"), b);
    assert_false(contact(&t, 1)->has_joined_to);
    t_close(&t);
}


static void
consent_is_what_was_said_last(void **state)
{
    t_engine_t       t;
    Pl__Consent     *c;
    Pl__AuditEvent  *audit;

    (void) state;
    t_open(&t);
    t_configure(&t);

    prefers(&t, "stop", 1760000005);
    c = contact(&t, 0)->consents[0];
    assert_string_equal(c->category, "marketing_messages");
    assert_int_equal(c->state, PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_int_equal(c->time_s, 1760000005);
    assert_string_equal(c->source, "user_preferences");
    assert_string_equal(c->word, "stop");
    audit = (Pl__AuditEvent *) t_row(&t, PL_TABLE_AUDIT,
                                     (unsigned) t_rows(&t, PL_TABLE_AUDIT)
                                     - 1, &pl__audit_event__descriptor);
    assert_int_equal(audit->kind, PL__AUDIT_KIND__AUDIT_KIND_CONSENT);
    assert_int_equal(audit->subject, contact(&t, 0)->id);
    assert_string_equal(audit->text, "marketing_messages stop");

    /* older, the same, and at the same second but weaker: nothing */

    prefers(&t, "resume", 1760000004);
    prefers(&t, "stop", 1760000005);
    prefers(&t, "resume", 1760000005);
    prefers(&t, "nonsense", 1760000009);
    assert_int_equal(contact(&t, 0)->consents[0]->state,
                     PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_int_equal(t_counted(&t, "consents", "repeated"), 3);
    assert_int_equal(t_counted(&t, "consents", "stop"), 1);
    assert_int_equal(t_counted(&t, "consents", "other"), 1);

    prefers(&t, "resume", 1760000006);
    assert_int_equal(contact(&t, 0)->n_consents, 1);
    assert_int_equal(contact(&t, 0)->consents[0]->state,
                     PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(two_people_with_user_ids_stay_two),
        cmocka_unit_test(forms_of_one_number_are_one_contact),
        cmocka_unit_test(sends_use_the_form_that_an_answer_taught),
        cmocka_unit_test(a_changed_number_is_the_same_contact),
        cmocka_unit_test(a_changed_user_id_needs_no_phone),
        cmocka_unit_test(a_number_that_was_left_may_be_another_persons),
        cmocka_unit_test(a_number_that_is_given_out_again_joins_nobody),
        cmocka_unit_test(consent_is_what_was_said_last),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
