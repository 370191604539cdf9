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


/* ---- pages and their notes ------------------------------------------- */

#define SEEN_MAX  1024

typedef struct {
    t_engine_t    *t;
    uint64_t       who;
    unsigned       seen[SEEN_MAX];      /* by number */
    pl_thread_t   *page;
} walk_t;


static void
writes(t_engine_t *t, uint64_t who, const char *text)
{
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__NoteAdd   add = PL__NOTE_ADD__INIT;

    add.tenant = 1;
    add.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    add.party = who;
    add.text = (char *) text;
    add.actor = (char *) "ana";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &add;
    does(t, &command);
}


/* As one that was there before any message that is left. */

static void
wrote(t_engine_t *t, uint64_t who, uint64_t id)
{
    Pl__Note     note = PL__NOTE__INIT;
    pl_key_t     key;
    pl_txn_t    *txn;
    pl_party_t   party = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT, who };

    note.time_ms = 1;
    note.text = (char *) "before";
    pl_key_note(&key, &party, id);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_NOTES, pl_key_str(&key), &note.base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
turns(walk_t *w, const pl_thread_at_t *at)
{
    size_t       i;
    pl_txn_t    *txn = read_state(w->t);
    pl_party_t   party = { 1, PL__PARTY_KIND__PARTY_KIND_CONTACT, w->who };

    t_ok(w->t, pl_inbox_thread(txn, w->t->ar, &party, of(w->t, w->who), at,
                               w->page, &w->t->err));
    pl_store_abort(txn);
    assert_false(w->page->cut);

    for (i = 0; i < w->page->n; i++) {
        assert_in_range(w->page->rows[i].id, 1, SEEN_MAX - 1);
        w->seen[w->page->rows[i].id]++;
    }

    for (i = 0; i < w->page->n_notes; i++) {
        assert_in_range(w->page->notes[i].id, 1, SEEN_MAX - 1);
        w->seen[w->page->notes[i].id]++;
    }
}


static void
turns_back(walk_t *w, size_t limit, uint64_t before)
{
    pl_thread_at_t  at = { before, 0, 0, limit, false };

    for ( ;; ) {
        turns(w, &at);

        if (!w->page->older) {
            return;
        }

        at.before = w->page->rows[w->page->n - 1].id;
    }
}


static void
turns_on(walk_t *w, size_t limit, uint64_t after)
{
    pl_thread_at_t  at = { 0, after, 0, limit, false };

    for ( ;; ) {
        turns(w, &at);

        if (!w->page->newer) {
            return;
        }

        at.after = w->page->rows[0].id;
    }
}


/* A page around one, and from it both ways. */

static void
turns_from(walk_t *w, size_t limit, uint64_t around)
{
    bool            older, newer;
    uint64_t        high, low;
    pl_thread_at_t  at = { 0, 0, around, limit, false };

    turns(w, &at);
    older = w->page->older;
    newer = w->page->newer;
    high = w->page->rows[0].id;
    low = w->page->rows[w->page->n - 1].id;

    if (newer) {
        turns_on(w, limit, high);
    }

    if (older) {
        turns_back(w, limit, low);
    }
}


/* Of the numbers from one on up to another: those there are, once each. */

static void
each_once(const walk_t *w, const walk_t *all, uint64_t from, uint64_t to)
{
    uint64_t  id;

    for (id = from; id <= to; id++) {
        if (w->seen[id] != all->seen[id]) {
            fail_msg("%u times: %u", (unsigned) id, w->seen[id]);
        }
    }
}


/* "nmnn": a note, a message, two notes; *first: the first message's. */

static walk_t
stands_as(t_engine_t *t, const char *order, uint64_t *first)
{
    walk_t          all;
    const char     *p;
    pl_thread_at_t  at = { 0, 0, 0, PL_THREAD_MAX, false };

    t_configure(t);
    hears(t, 9, "somebody else");
    hears(t, 9, "and again");
    hears(t, 1, "the first");

    memset(&all, 0, sizeof(all));
    all.t = t;
    all.who = who(t, 1);
    all.page = pl_arena_alloc(t->ar, sizeof(*all.page));
    *first = newest(t, all.who);
    wrote(t, all.who, *first - 1);

    for (p = order; *p != '\0'; p++) {
        if (*p == 'm') {
            hears(t, 1, "more");

        } else {
            writes(t, all.who, "a note");
        }
    }

    turns(&all, &at);

    return all;
}


static void
no_note_is_lost_between_pages(void **state)
{
    size_t       i, n, limit;
    walk_t       all, w;
    uint64_t     first, ids[PL_THREAD_MAX];
    t_engine_t  *t = t_new();

    *state = t;
    all = stands_as(t, "nnmnmmnnnmnmnn", &first);
    n = all.page->n;
    assert_in_range(n, 6, PL_THREAD_MAX);
    assert_int_equal(all.page->n_notes, 10);

    for (i = 0; i < n; i++) {
        ids[i] = all.page->rows[i].id;
    }

    for (limit = 1; limit <= n + 1; limit++) {
        w = all;
        memset(w.seen, 0, sizeof(w.seen));
        turns_back(&w, limit, 0);
        each_once(&w, &all, 1, SEEN_MAX - 1);

        memset(w.seen, 0, sizeof(w.seen));
        turns_on(&w, limit, first);
        each_once(&w, &all, first + 1, SEEN_MAX - 1);

        for (i = 0; i < n; i++) {
            memset(w.seen, 0, sizeof(w.seen));
            turns_from(&w, limit, ids[i]);
            each_once(&w, &all, 1, SEEN_MAX - 1);
        }
    }
}


static void
what_comes_between_pages_is_seen(void **state)
{
    size_t           limit;
    walk_t           all, w;
    unsigned         i;
    uint64_t         id, first, after;
    t_engine_t      *t = t_new();
    pl_thread_at_t   at;

    *state = t;
    all = stands_as(t, "nmnn", &first);

    for (limit = 1; limit <= 7; limit++) {
        w = all;
        memset(w.seen, 0, sizeof(w.seen));

        for (i = 0, after = first; i < 9; i++) {
            memset(&at, 0, sizeof(at));
            at.after = after;
            at.limit = limit;
            turns(&w, &at);
            after = w.page->n != 0 ? w.page->rows[0].id : after;

            if (i < 4) {
                writes(t, w.who, "behind the newest");
            }

            if (i % 2 == 0 && i < 4) {
                hears(t, 1, "and more");
            }
        }

        turns_on(&w, limit, after);
        memset(all.seen, 0, sizeof(all.seen));
        memset(&at, 0, sizeof(at));
        at.limit = PL_THREAD_MAX;
        turns(&all, &at);

        for (id = first + 1; id < SEEN_MAX; id++) {
            assert_true((w.seen[id] != 0) == (all.seen[id] != 0));
        }
    }

    /* backwards they are no part of it, and push nothing out of it */

    w = all;
    memset(w.seen, 0, sizeof(w.seen));
    at.limit = 2;
    turns(&w, &at);
    after = w.page->rows[w.page->n - 1].id;
    hears(t, 1, "meanwhile");
    writes(t, w.who, "meanwhile");
    turns_back(&w, 2, after);
    each_once(&w, &all, 1, SEEN_MAX - 1);
}


static void
more_notes_than_a_page_shows_are_told_of(void **state)
{
    size_t           i;
    uint64_t         first;
    walk_t           all;
    pl_txn_t        *txn;
    t_engine_t      *t = t_new();
    pl_party_t       party;
    pl_thread_at_t   at = { 0, 0, 0, 10, false };

    *state = t;
    all = stands_as(t, "", &first);
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = all.who;

    for (i = 1; i < PL_THREAD_NOTES_MAX; i++) {
        writes(t, all.who, "a note");
    }

    turns(&all, &at);                   /* not cut */
    assert_int_equal(all.page->n_notes, PL_THREAD_NOTES_MAX);

    writes(t, all.who, "one more");
    txn = read_state(t);
    t_ok(t, pl_inbox_thread(txn, t->ar, &party, of(t, all.who), &at,
                            all.page, &t->err));
    pl_store_abort(txn);
    assert_int_equal(all.page->n_notes, PL_THREAD_NOTES_MAX);
    assert_true(all.page->cut);
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
        cmocka_unit_test_teardown(no_note_is_lost_between_pages, t_end),
        cmocka_unit_test_teardown(what_comes_between_pages_is_seen, t_end),
        cmocka_unit_test_teardown(more_notes_than_a_page_shows_are_told_of,
                                  t_end),
        cmocka_unit_test_teardown(a_joined_one_is_not_listed, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
