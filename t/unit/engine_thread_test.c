/*
 * The inbox: threads and their notes, and contacts that become one.
 */

#include "inbox.h"


static void
notes_stand_where_they_were_written(void **state)
{
    uint64_t           a, first;
    pl_txn_t          *txn;
    t_engine_t        *t = t_new();
    Pl__Command        command = PL__COMMAND__INIT;
    pl_party_t         party;
    pl_thread_t       *thread;
    Pl__NoteAdd        add = PL__NOTE_ADD__INIT;
    Pl__NoteDrop       drop = PL__NOTE_DROP__INIT;
    pl_thread_at_t     at;

    *state = t;
    t_configure(t);
    hears(t, 1, "ok one");
    a = who(t, 1);
    first = newest(t, a);

    add.tenant = 1;
    add.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    add.party = a;
    add.text = (char *) "call them";
    add.actor = (char *) "ana";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &add;
    does(t, &command);
    hears(t, 1, "ok two");
    assert_int_equal(of(t, a)->notes, 1);

    memset(&at, 0, sizeof(at));
    at.limit = 10;
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = a;
    thread = pl_arena_alloc(t->ar, sizeof(*thread));
    txn = read_state(t);
    t_ok(t, pl_inbox_thread(txn, t->ar, &party, of(t, a), &at, thread,
                            &t->err));
    pl_store_abort(txn);
    assert_int_equal(thread->n_notes, 1);
    assert_true(thread->notes[0].id > first);
    assert_true(thread->notes[0].id < newest(t, a));
    assert_string_equal(thread->notes[0].note->text, "call them");

    /* somebody else's is not taken away, one's own is */

    drop.tenant = 1;
    drop.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    drop.party = a;
    drop.note = thread->notes[0].id;
    drop.actor = (char *) "bob";
    command.of_case = PL__COMMAND__OF_NOTE_DROP;
    command.note_drop = &drop;
    does(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_NOTES), 1);
    drop.actor = (char *) "ana";
    does(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_NOTES), 0);
    assert_int_equal(of(t, a)->notes, 0);
}


static void
a_long_thread_is_paged_both_ways(void **state)
{
    size_t           i, n, k;
    uint64_t         a, ids[700];
    pl_txn_t        *txn;
    t_engine_t      *t = t_new();
    pl_party_t       party;
    pl_thread_t     *thread;
    pl_thread_at_t   at;

    *state = t;
    t_configure(t);

    for (i = 0; i < 200; i++) {
        hears(t, 1, "some words");
    }

    a = who(t, 1);
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = a;
    thread = pl_arena_alloc(t->ar, sizeof(*thread));
    txn = read_state(t);

    /* all of it, backwards */

    memset(&at, 0, sizeof(at));
    at.limit = 50;

    for (n = 0; ; at.before = ids[n - 1]) {
        t_ok(t, pl_inbox_thread(txn, t->ar, &party, of(t, a), &at, thread,
                                &t->err));
        for (i = 0; i < thread->n; i++) {
            ids[n++] = thread->rows[i].id;
        }
        if (!thread->older) {
            break;
        }
        assert_in_range(thread->steps, 1, 50 + 2 * 64 + 16);
    }

    assert_int_equal(n, of(t, a)->messages);

    /* from any of them on, and around it */

    for (k = 0; k < n; k += 7) {
        memset(&at, 0, sizeof(at));
        at.limit = 20;
        at.after = ids[k];
        t_ok(t, pl_inbox_thread(txn, t->ar, &party, of(t, a), &at, thread,
                                &t->err));
        assert_int_equal(thread->n, k < 20 ? k : 20);
        assert_int_equal(thread->newer, k > 20);
        if (k != 0) {
            assert_int_equal(thread->rows[thread->n - 1].id, ids[k - 1]);
            assert_int_equal(thread->rows[0].id, ids[k < 20 ? 0 : k - 20]);
        }
        assert_in_range(thread->steps, 0, 300);

        at.after = 0;
        at.around = ids[k];
        t_ok(t, pl_inbox_thread(txn, t->ar, &party, of(t, a), &at, thread,
                                &t->err));
        assert_int_equal(thread->rows[0].id, ids[k < 10 ? 0 : k - 10]);
    }

    pl_store_abort(txn);
}


static void
a_joined_one_is_not_listed(void **state)
{
    uint64_t           a, b;
    t_engine_t        *t = t_new();
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__ContactJoin    join = PL__CONTACT_JOIN__INIT;
    Pl__ContactSplit   split = PL__CONTACT_SPLIT__INIT;
    pl_list_filter_t   filter;

    *state = t;
    t_configure(t);
    hears(t, 1, "one");
    hears(t, 2, "two");
    a = who(t, 1);
    b = who(t, 2);
    owns(t, b, "ana");
    tags(t, b, "vip", NULL);
    assert_string_equal(unread(t, "ana"), "1/1");

    join.tenant = split.tenant = 1;
    join.into = a;
    join.from = b;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = &join;
    does(t, &command);

    assert_string_equal(order(t, NULL), "1");
    assert_string_equal(unread(t, NULL), "1/1");
    assert_string_equal(unread(t, "ana"), "1/1");
    memset(&filter, 0, sizeof(filter));
    filter.tag = "vip";
    assert_string_equal(order(t, &filter), "1");

    split.merge = merge(t, 0)->id;
    command.of_case = PL__COMMAND__OF_CONTACT_SPLIT;
    command.contact_split = &split;
    does(t, &command);
    assert_string_equal(unread(t, NULL), "2/2");
    assert_int_equal(t_rows(t, PL_TABLE_UNREAD), 2);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(notes_stand_where_they_were_written,
                                  t_end),
        cmocka_unit_test_teardown(a_long_thread_is_paged_both_ways, t_end),
        cmocka_unit_test_teardown(a_joined_one_is_not_listed, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
