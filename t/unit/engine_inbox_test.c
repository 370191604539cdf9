/*
 * The inbox: the order of its list, what is unread, what people do with
 * conversations, and that all of it is the same in a second fold.
 */

#include "people.h"

#include "../../src/engine/inbox.h"
#include "../../src/engine/inbox_list.h"
#include "../../src/engine/inbox_thread.h"

#define DAY_MS  86400000LL


static void
hears(t_engine_t *t, unsigned who, const char *text)
{
    char             phone[32], wamid[40];
    static unsigned  count;

    (void) snprintf(phone, sizeof(phone), "346000%05u", who);
    (void) snprintf(wamid, sizeof(wamid), "wamid.%u", ++count);
    t_pass(t, 1000);
    says(t, phone, NULL, wamid, text);
}


static uint64_t
who(t_engine_t *t, unsigned n)
{
    char  phone[32];

    (void) snprintf(phone, sizeof(phone), "346000%05u", n);

    return leads(t, PHONE, phone);
}


static pl_txn_t *
read_state(t_engine_t *t)
{
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));

    return txn;
}


static void
list(t_engine_t *t, const pl_list_filter_t *filter, uint64_t before,
    size_t limit, pl_list_t *out)
{
    pl_txn_t          *txn = read_state(t);
    pl_list_filter_t   any;

    memset(&any, 0, sizeof(any));
    t_ok(t, pl_inbox_list(txn, t->ar, 1, filter == NULL ? &any : filter,
                          before, limit, out, &t->err));
    pl_store_abort(txn);
}


/* "3 1 2": the people of a list, by the numbers that they were given. */

static const char *
order(t_engine_t *t, const pl_list_filter_t *filter)
{
    size_t       i, len = 0;
    unsigned     n;
    pl_list_t    out;
    static char  text[512];

    list(t, filter, 0, PL_LIST_MAX, &out);
    text[0] = '\0';

    for (i = 0; i < out.n; i++) {
        for (n = 1; n < 100 && who(t, n) != out.rows[i].party.party; n++) {
            /* void */
        }

        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%u",
                                 i == 0 ? "" : " ", n);
    }

    return text;
}


static void
does(t_engine_t *t, const Pl__Command *command)
{
    t_pass(t, 1000);
    (void) t_append(t, command, "");
    t_fold(t);
}


static void
marks(t_engine_t *t, uint64_t party, uint64_t message)
{
    Pl__MarkRead  in = PL__MARK_READ__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.message = message;
    command.of_case = PL__COMMAND__OF_MARK_READ;
    command.mark_read = &in;
    does(t, &command);
}


static void
archives(t_engine_t *t, uint64_t party, bool archived)
{
    Pl__Archive  in = PL__ARCHIVE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.archived = archived;
    command.of_case = PL__COMMAND__OF_ARCHIVE;
    command.archive = &in;
    does(t, &command);
}


static void
owns(t_engine_t *t, uint64_t party, const char *owner)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__OwnerChange  in = PL__OWNER_CHANGE__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.owner = (char *) owner;
    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &in;
    does(t, &command);
}


static void
tags(t_engine_t *t, uint64_t party, const char *add, const char *remove)
{
    char        *adds[1] = { (char *) add }, *removes[1] = { (char *) remove };
    Pl__TagSet   in = PL__TAG_SET__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.add = adds;
    in.n_add = add != NULL;
    in.remove = removes;
    in.n_remove = remove != NULL;
    command.of_case = PL__COMMAND__OF_TAG_SET;
    command.tag_set = &in;
    does(t, &command);
}


static void
stands(t_engine_t *t, uint64_t party, Pl__ConversationStatus status,
    const char *reason)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__StatusSet  in = PL__STATUS_SET__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = party;
    in.status = status;
    in.reason = (char *) reason;
    command.of_case = PL__COMMAND__OF_STATUS_SET;
    command.status_set = &in;
    does(t, &command);
}


static void
prunes(t_engine_t *t)
{
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.before_ms = t->wall_ms - 11 * DAY_MS;
    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(t, &command, "");
    t_fold(t);
}


static Pl__Conversation *
of(t_engine_t *t, uint64_t party)
{
    pl_key_t           key;
    pl_txn_t          *txn = read_state(t);
    pl_party_t         p = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT, party };
    ProtobufCMessage  *msg;

    pl_key_party(&key, &p);
    t_ok(t, pl_record_get(txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                          &pl__conversation__descriptor, t->ar, &msg,
                          &t->err));
    pl_store_abort(txn);

    return (Pl__Conversation *) msg;
}


static uint64_t
newest(t_engine_t *t, uint64_t party)
{
    Pl__Conversation  *conv = of(t, party);

    return conv->newest[conv->n_newest - 1];
}


/* "conversations/messages" */

static const char *
unread(t_engine_t *t, const char *owner)
{
    uint64_t     conversations, messages;
    pl_txn_t    *txn = read_state(t);
    static char  text[64];

    t_ok(t, pl_unread_get(txn, 1, owner, &conversations, &messages,
                          &t->err));
    pl_store_abort(txn);
    (void) snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64,
                    conversations, messages);

    return text;
}


static void
who_spoke_last_is_first(void **state)
{
    pl_list_t    out;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);

    hears(t, 1, "one");
    hears(t, 2, "two");
    hears(t, 3, "three");
    assert_string_equal(order(t, NULL), "3 2 1");
    hears(t, 1, "again");
    assert_string_equal(order(t, NULL), "1 3 2");

    /* a page keeps its place while somebody speaks */

    list(t, NULL, 0, 2, &out);
    assert_int_equal(out.n, 2);
    assert_false(out.cut);
    hears(t, 3, "meanwhile");
    list(t, NULL, out.next, 2, &out);
    assert_int_equal(out.n, 1);
    assert_int_equal(out.rows[0].party.party, who(t, 2));
    assert_int_equal(out.next, 0);

    /* each of them costs one look, however much they said */

    list(t, NULL, 0, 100, &out);
    assert_int_equal(out.n, 3);
    assert_int_equal(out.looks, 3);
}


static void
the_quiet_are_listed_behind(void **state)
{
    Pl__Keep       keep = PL__KEEP__INIT;
    t_engine_t    *t = t_new();
    pl_appended_t  out;

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = 7 * DAY_MS;
    t->keep = &keep;
    t_ok(t, t_publish(t, 1, T_FLOW, "main", &out));
    t_fold(t);

    hears(t, 1, "one");
    hears(t, 2, "two");
    hears(t, 3, "three");
    t_pass(t, 6 * DAY_MS);
    hears(t, 2, "six days later");
    t_pass(t, 2 * DAY_MS);
    hears(t, 4, "new");
    prunes(t);

    assert_int_equal(t_rows(t, PL_TABLE_QUIET), 2);
    assert_string_equal(order(t, NULL), "4 2 3 1");

    /* who speaks again leaves them; the others stay in their order */

    hears(t, 1, "back");
    assert_int_equal(t_rows(t, PL_TABLE_QUIET), 1);
    assert_string_equal(order(t, NULL), "1 4 2 3");

    t_pass(t, 8 * DAY_MS);
    prunes(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUIET), 4);
    assert_string_equal(order(t, NULL), "1 4 2 3");
}


static void
a_walk_passes_over_what_is_no_message(void **state)
{
    size_t       i;
    pl_list_t    out;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    hears(t, 1, "one");

    for (i = 0; i < 100; i++) {
        archives(t, who(t, 1), i % 2 == 0);
    }

    list(t, NULL, 0, 10, &out);
    assert_int_equal(out.n, 1);
    assert_in_range(out.walked, 1, 8);
}


/* Ten thousand messages of two thousand people: as many rows as are shown. */

static void
a_page_costs_what_it_shows(void **state)
{
    char         item[512], phone[32];
    size_t       i;
    pl_list_t    out;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);

    for (i = 0; i < 10000; i++) {
        (void) snprintf(phone, sizeof(phone), "346000%05zu",
                        i < 2000 ? i : i * 7919 % 2000);
        (void) snprintf(item, sizeof(item),
            "{\"from\":\"%s\",\"id\":\"wamid.p%zu\",\"timestamp\":\"%"
            PRId64 "\",\"type\":\"reaction\",\"reaction\":{"
            "\"message_id\":\"wamid.x\",\"emoji\":\"!\"}}", phone, i,
            t->wall_ms / 1000);
        (void) t_items(t, "messages", item);
    }

    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_CONVERSATIONS), 2000);

    list(t, NULL, 0, 50, &out);
    assert_int_equal(out.n, 50);
    assert_int_equal(out.looks, 50);
    assert_in_range(out.walked, 50, 500);
    assert_false(out.cut);

    /* pages to the end: each of them once */

    for (i = out.n; out.next != 0; i += out.n) {
        list(t, NULL, out.next, 100, &out);
        assert_true(out.n != 0 || out.cut);
    }

    assert_int_equal(i, 2000);
}


static void
what_is_unread_is_counted_once(void **state)
{
    uint64_t     a, b, m;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    hears(t, 1, "one");
    hears(t, 1, "two");
    hears(t, 2, "three");
    a = who(t, 1);
    b = who(t, 2);
    assert_string_equal(unread(t, NULL), "2/3");
    assert_string_equal(unread(t, ""), "2/3");

    /* a repeated delivery is none */

    says(t, "34600000077", NULL, "wamid.twice", "once");
    says(t, "34600000077", NULL, "wamid.twice", "once");
    assert_string_equal(unread(t, NULL), "3/4");

    /* up to what was seen; what came behind it stays */

    m = newest(t, a);
    hears(t, 1, "meanwhile");
    marks(t, a, m);
    assert_int_equal(of(t, a)->unread, 1);
    assert_string_equal(unread(t, NULL), "3/3");

    /* again, and an older one by another client: nothing */

    marks(t, a, m);
    marks(t, a, m - 1);
    assert_int_equal(of(t, a)->read_to, m);
    assert_string_equal(unread(t, NULL), "3/3");

    marks(t, a, newest(t, a));
    assert_int_equal(of(t, a)->unread, 0);
    assert_string_equal(unread(t, NULL), "2/2");

    /* of another conversation: refused */

    marks(t, b, newest(t, a));
    assert_int_equal(of(t, b)->unread, 1);

    /* they are their owner's */

    owns(t, b, "ana");
    assert_string_equal(unread(t, "ana"), "1/1");
    assert_string_equal(unread(t, ""), "1/1");
    hears(t, 2, "more");
    assert_string_equal(unread(t, "ana"), "1/2");
    owns(t, b, NULL);
    assert_string_equal(unread(t, "ana"), "0/0");
    assert_string_equal(unread(t, NULL), "2/3");
}


static void
filters_find_what_few_have(void **state)
{
    uint64_t          a, b, c;
    t_engine_t       *t = t_new();
    pl_list_filter_t  filter;

    *state = t;
    t_configure(t);
    hears(t, 1, "one");
    hears(t, 2, "two");
    hears(t, 3, "three");
    a = who(t, 1);
    b = who(t, 2);
    c = who(t, 3);

    owns(t, a, "ana");
    owns(t, c, "ana");
    memset(&filter, 0, sizeof(filter));
    filter.owner = "ana";
    assert_string_equal(order(t, &filter), "3 1");
    filter.owner = "an";
    assert_string_equal(order(t, &filter), "");
    filter.owner = "";
    assert_string_equal(order(t, &filter), "2");
    filter.owner = NULL;
    filter.status = PL__CONVERSATION_STATUS__CONVERSATION_STATUS_HANDOVER;
    assert_string_equal(order(t, &filter), "3 1");

    memset(&filter, 0, sizeof(filter));
    tags(t, b, "vip", NULL);
    filter.tag = "vip";
    assert_string_equal(order(t, &filter), "2");
    tags(t, b, NULL, "vip");
    assert_string_equal(order(t, &filter), "");

    /* the archive: they come back when they write */

    memset(&filter, 0, sizeof(filter));
    filter.archived = true;
    archives(t, b, true);
    assert_string_equal(order(t, NULL), "3 1");
    assert_string_equal(order(t, &filter), "2");
    hears(t, 2, "there again");
    assert_string_equal(order(t, NULL), "2 3 1");
    assert_string_equal(order(t, &filter), "");
    assert_int_equal(t_rows(t, PL_TABLE_VIEWS), 2);

    memset(&filter, 0, sizeof(filter));
    filter.unread = true;
    marks(t, a, newest(t, a));
    assert_string_equal(order(t, &filter), "2 3");
    filter.unread = false;
    filter.channel = of(t, a)->channels[0];
    assert_string_equal(order(t, &filter), "2 3 1");
    filter.channel++;
    assert_string_equal(order(t, &filter), "");
}


static void
status_goes_where_it_may(void **state)
{
    uint64_t     a;
    t_engine_t  *t = t_new();

    *state = t;
    t_configure(t);
    hears(t, 1, "one");
    a = who(t, 1);

    stands(t, a, PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED,
           "done");
    assert_int_equal(of(t, a)->status,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED);
    assert_string_equal(of(t, a)->close_reason, "done");

    stands(t, a, PL__CONVERSATION_STATUS__CONVERSATION_STATUS_QUALIFIED,
           NULL);
    assert_int_equal(of(t, a)->status,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED);

    stands(t, a, PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN, NULL);
    assert_int_equal(of(t, a)->status,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN);
    assert_null(of(t, a)->close_reason);

    /* a closed one is opened by whoever writes */

    stands(t, a, PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED, NULL);
    hears(t, 1, "hello");
    assert_int_equal(of(t, a)->status,
                     PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN);
}


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
        cmocka_unit_test_teardown(who_spoke_last_is_first, t_end),
        cmocka_unit_test_teardown(the_quiet_are_listed_behind, t_end),
        cmocka_unit_test_teardown(a_walk_passes_over_what_is_no_message,
                                  t_end),
        cmocka_unit_test_teardown(a_page_costs_what_it_shows, t_end),
        cmocka_unit_test_teardown(what_is_unread_is_counted_once, t_end),
        cmocka_unit_test_teardown(filters_find_what_few_have, t_end),
        cmocka_unit_test_teardown(status_goes_where_it_may, t_end),
        cmocka_unit_test_teardown(notes_stand_where_they_were_written,
                                  t_end),
        cmocka_unit_test_teardown(a_long_thread_is_paged_both_ways, t_end),
        cmocka_unit_test_teardown(a_joined_one_is_not_listed, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
