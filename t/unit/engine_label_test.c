/*
 * Where values are sealed, what staff call conversations stands nowhere in
 * plain either: tags and owners are in the keys of their rows as hashes.
 */

#include "ctl.h"
#include "inbox.h"
#include "sealed.h"

#define FILE_OF  "state/data.mdb"


static const char *
order_of(t_engine_t *t, const char *tag, const char *owner)
{
    pl_list_filter_t  filter;

    memset(&filter, 0, sizeof(filter));
    filter.tag = tag;
    filter.owner = owner;

    return order(t, &filter);
}


/* Rows of before stand beside those that are hashed, and move to those. */

static void
tags_and_owners_are_hashed(void **state)
{
    uint64_t           n, messages;
    pl_txn_t          *txn;
    pl_list_filter_t   archived;
    t_engine_t        *t = t_new();

    *state = t;
    t_configure(t);
    hears(t, 1, "one");
    hears(t, 2, "two");
    hears(t, 3, "three");

    tags(t, who(t, 1), "plain-tag", NULL);
    owns(t, who(t, 1), "plain-owner");
    assert_int_not_equal(grep(t, FILE_OF, "plain-tag"), 0);

    sealing(t);
    tags(t, who(t, 2), "plain-tag", NULL);
    owns(t, who(t, 2), "plain-owner");
    tags(t, who(t, 3), "tag-of-a-person", NULL);
    tags(t, who(t, 2), "tag-of-a-person", NULL);
    owns(t, who(t, 3), "owner-of-a-person");
    archives(t, who(t, 3), true);

    assert_int_equal(grep(t, FILE_OF, "tag-of-a-person"), 0);
    assert_int_equal(grep(t, FILE_OF, "owner-of-a-person"), 0);

    assert_string_equal(order_of(t, "plain-tag", NULL), "2 1");
    assert_string_equal(order_of(t, "tag-of-a-person", NULL), "2");
    assert_string_equal(order_of(t, NULL, "plain-owner"), "2 1");
    assert_string_equal(order_of(t, "plain-ta", NULL), "");

    memset(&archived, 0, sizeof(archived));
    archived.archived = true;
    assert_string_equal(order(t, &archived), "3");
    archived.tag = "tag-of-a-person";
    assert_string_equal(order(t, &archived), "3");

    txn = read_state(t);
    t_ok(t, pl_unread_get(txn, 1, "owner-of-a-person", &n, &messages,
                          &t->err));
    assert_int_equal(n, 1);
    t_ok(t, pl_unread_get(txn, 1, "plain-owner", &n, &messages, &t->err));
    assert_int_equal(n, 2);
    pl_store_abort(txn);

    (void) t_ctl_is(t, "check", 0);
    (void) t_ctl_is(t, pl_arena_printf(t->ar, "replay %s/again", t->dir), 0);

    /* both forms go */

    tags(t, who(t, 1), NULL, "plain-tag");
    tags(t, who(t, 2), NULL, "plain-tag");
    owns(t, who(t, 1), "");
    owns(t, who(t, 2), "");
    assert_string_equal(order_of(t, "plain-tag", NULL), "");
    assert_string_equal(order_of(t, NULL, "plain-owner"), "");
    (void) t_ctl_is(t, "check", 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(tags_and_owners_are_hashed, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
