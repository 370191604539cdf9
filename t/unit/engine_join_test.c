/*
 * The engine: contacts that become one and are taken apart again.
 */

#include "people.h"


/* One was known by phone and the other by user id; a message names both. */

static void
a_message_that_names_both_joins_two_contacts(void **state)
{
    uint64_t           a, b;
    t_engine_t         t;
    Pl__ContactMerge  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);

    says(&t, "34600000001", NULL, "wamid.A", "one");
    t_pass(&t, 3600 * 1000);
    says(&t, NULL, "ES.1", "wamid.B", "two");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    a = contact(&t, 0)->id;
    b = contact(&t, 1)->id;

    t_pass(&t, 1000);
    says(&t, "34600000001", "ES.1", "wamid.C", "three");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 1);
    assert_int_equal(leads(&t, PHONE, "34600000001"), a);
    assert_int_equal(leads(&t, USER_ID, "ES.1"), a);
    assert_int_equal(contact(&t, 0)->n_addresses, 2);
    assert_int_equal(contact(&t, 0)->n_joined, 1);
    assert_int_equal(contact(&t, 0)->joined[0], b);
    assert_int_equal(contact(&t, 1)->n_addresses, 0);
    assert_int_equal(contact(&t, 1)->joined_to, a);
    assert_int_equal(conversation(&t, 1)->joined_to, a);

    m = merge(&t, 0);
    assert_int_equal(m->into, a);
    assert_int_equal(m->from, b);
    assert_int_equal(m->evidence, PL__EVIDENCE__EVIDENCE_MESSAGE);
    assert_int_equal(m->n_addresses, 1);
    assert_string_equal(m->addresses[0]->value, "ES.1");

    /* later messages are the contact's that stays; earlier ones stay */

    says(&t, NULL, "ES.1", "wamid.D", "four");
    assert_int_equal(conversation(&t, 0)->unread, 3);
    assert_int_equal(conversation(&t, 1)->unread, 1);
    t_close(&t);
}


static void
a_split_takes_apart_what_was_joined(void **state)
{
    uint64_t           a, b, id;
    t_engine_t         t;
    Pl__Conversation  *conv;

    (void) state;
    t_open(&t);
    t_configure(&t);

    says(&t, "34600000001", NULL, "wamid.A", "one");
    t_pass(&t, 3600 * 1000);
    says(&t, NULL, "ES.1", "wamid.B", "two");
    a = contact(&t, 0)->id;
    b = contact(&t, 1)->id;
    t_pass(&t, 1000);
    says(&t, "34600000001", "ES.1", "wamid.C", "three");
    id = merge(&t, 0)->id;
    t_pass(&t, 1000);
    says(&t, NULL, "ES.1", "wamid.D", "four");

    /* a window each: its own, and one that came with the merge */

    conv = conversation(&t, 0);
    assert_int_equal(conv->n_windows, 2);
    assert_int_equal(conv->windows[1]->merge, id);
    assert_true(conv->windows[1]->until_ms == t.wall_ms + 86400000);
    assert_true(conv->windows[0]->until_ms == t.wall_ms - 1000 + 86400000);

    split(&t, id);
    assert_int_equal(leads(&t, PHONE, "34600000001"), a);
    assert_int_equal(leads(&t, USER_ID, "ES.1"), b);
    assert_int_equal(contact(&t, 0)->n_joined, 0);
    assert_false(contact(&t, 1)->has_joined_to);
    assert_int_equal(contact(&t, 1)->n_addresses, 1);
    assert_false(contact(&t, 1)->addresses[0]->has_merge);
    assert_true(merge(&t, 0)->has_undone_ms);
    assert_string_equal(merge(&t, 0)->undone_actor, "tester");

    conv = conversation(&t, 0);
    assert_int_equal(conv->n_windows, 1);
    assert_true(conv->windows[0]->until_ms == t.wall_ms - 1000 + 86400000);
    conv = conversation(&t, 1);
    assert_false(conv->has_joined_to);
    assert_int_equal(conv->n_windows, 1);
    assert_int_equal(conv->windows[0]->contact, b);
    assert_true(conv->windows[0]->until_ms == t.wall_ms + 86400000);

    /* no rule joins them again, an operator may; a split is done once */

    says(&t, "34600000001", "ES.1", "wamid.E", "five");
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 1);
    split(&t, id);
    split(&t, 4711);
    assert_int_equal(t_counted(&t, "contacts", "not_split"), 2);
    join(&t, b, a);
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 2);
    assert_int_equal(leads(&t, USER_ID, "ES.1"), a);
    assert_int_equal(merge(&t, 1)->evidence,
                     PL__EVIDENCE__EVIDENCE_OPERATOR);
    join(&t, b, a);
    join(&t, a, 4711);
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 2);
    t_close(&t);
}


/*
 * What was armed for a contact fires for the one that it has become: also a
 * timer as older stores have them, of a flow's text.
 */

static void
a_timer_of_a_joined_contact_fires_for_the_one_that_stays(void **state)
{
    uint64_t         a, effects[64];
    pl_key_t         key;
    pl_txn_t        *txn;
    t_engine_t       t;
    Pl__Timer        timer = PL__TIMER__INIT;
    Pl__Message     *m;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__TimerDue     due = PL__TIMER_DUE__INIT;
    Pl__TimerSend    send = PL__TIMER_SEND__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, "34600000001", NULL, "wamid.A", "one");
    says(&t, NULL, "ES.1", "wamid.B", "two");
    a = contact(&t, 0)->id;

    send.flow = (char *) "greeting";
    send.step = (char *) "later";
    timer.id = 4711;
    timer.due_ms = T_NOW + 60000;
    timer.tenant = 1;
    timer.channel = 1;
    timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    timer.party = timer.contact = contact(&t, 1)->id;
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;
    pl_key_timer(&key, timer.due_ms, timer.id);
    t_ok(&t, pl_store_begin(t.st, PL_ENV_STATE, true, &txn, &t.err));
    t_ok(&t, pl_record_put(txn, PL_TABLE_TIMERS, pl_key_str(&key),
                           &timer.base, false, &t.err));
    t_ok(&t, pl_store_commit(txn, &t.err));

    /* and an effect that is queued leaves as it was queued */

    join(&t, a, contact(&t, 1)->id);
    assert_int_equal(t_attempt(&t, t_sender(&t, true, NULL), effects), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 2);

    t_pass(&t, 60000);
    due.timer = timer.id;
    due.due_ms = timer.due_ms;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    m = t_message(&t, (unsigned) t_rows(&t, PL_TABLE_MESSAGES) - 1);
    assert_string_equal(m->content->text->body, "Now.");
    assert_int_equal(m->party, a);
    assert_int_equal(m->contact, a);
    t_close(&t);
}


/* A chain of joins is taken apart from its end. */

static void
joins_in_a_row_are_undone_from_the_last(void **state)
{
    uint64_t    a, b, c, first, second;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, "34600000001", NULL, "wamid.A", "one");
    says(&t, "34600000002", NULL, "wamid.B", "two");
    says(&t, "34600000003", NULL, "wamid.C", "three");
    a = contact(&t, 0)->id;
    b = contact(&t, 1)->id;
    c = contact(&t, 2)->id;
    join(&t, b, c);
    join(&t, a, c);
    first = merge(&t, 0)->id;
    second = merge(&t, 1)->id;
    assert_int_equal(leads(&t, PHONE, "34600000003"), a);

    split(&t, first);
    assert_int_equal(leads(&t, PHONE, "34600000003"), a);
    split(&t, second);
    assert_int_equal(leads(&t, PHONE, "34600000003"), b);
    assert_int_equal(leads(&t, PHONE, "34600000002"), b);
    split(&t, first);
    assert_int_equal(leads(&t, PHONE, "34600000003"), c);
    assert_int_equal(leads(&t, PHONE, "34600000001"), a);
    t_close(&t);
}


/* At the limit of addresses a join still goes; past it nothing moves. */

static void
a_contact_has_a_limit_of_addresses(void **state)
{
    char        phone[32], wamid[32];
    unsigned    i;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i <= PL_ADDRESSES_MAX; i++) {
        (void) snprintf(phone, sizeof(phone), "346000001%02u", i);
        (void) snprintf(wamid, sizeof(wamid), "wamid.%u", i);
        says(&t, phone, NULL, wamid, "one");

        if (i != 0) {
            join(&t, contact(&t, 0)->id, contact(&t, i)->id);
        }
    }

    assert_int_equal(contact(&t, 0)->n_addresses, PL_ADDRESSES_MAX);
    assert_false(contact(&t, PL_ADDRESSES_MAX)->has_joined_to);
    assert_true(contact(&t, PL_ADDRESSES_MAX - 1)->has_joined_to);
    assert_int_equal(t_counted(&t, "contacts", "not_joined"), 1);
    says(&t, "34600000100", "ES.1", "wamid.X", "one");
    assert_int_equal(contact(&t, 0)->n_addresses, PL_ADDRESSES_MAX);
    assert_int_equal(t_counted(&t, "contacts", "address_full"), 1);
    t_close(&t);
}


/* What one of two forbade is forbidden for both, also when apart again. */

static void
a_stop_outlives_join_and_split(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    says(&t, NULL, "ES.1", "wamid.A", "one");
    prefers(&t, "stop", 1760000005);
    join(&t, contact(&t, 0)->id, contact(&t, 1)->id);
    assert_int_equal(contact(&t, 0)->consents[0]->state,
                     PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    split(&t, merge(&t, 0)->id);
    assert_int_equal(contact(&t, 0)->n_consents, 1);
    assert_int_equal(contact(&t, 1)->n_consents, 1);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_message_that_names_both_joins_two_contacts),
        cmocka_unit_test(a_split_takes_apart_what_was_joined),
        cmocka_unit_test(
            a_timer_of_a_joined_contact_fires_for_the_one_that_stays),
        cmocka_unit_test(joins_in_a_row_are_undone_from_the_last),
        cmocka_unit_test(a_contact_has_a_limit_of_addresses),
        cmocka_unit_test(a_stop_outlives_join_and_split),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
