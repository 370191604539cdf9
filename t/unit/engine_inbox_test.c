/*
 * The inbox: the order of its list, what is unread, filters and statuses.
 */

#include "inbox.h"


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
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
