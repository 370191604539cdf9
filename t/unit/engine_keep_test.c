/*
 * How long the journal keeps what is folded: holds, and a size.
 */

#include "engine.h"


static Pl__JournalMeta *
keep_meta(t_engine_t *t)
{
    pl_txn_t         *txn;
    Pl__JournalMeta  *meta;

    t_ok(t, pl_store_begin(t->st, PL_ENV_JOURNAL, false, &txn, &t->err));
    t_ok(t, pl_journal_meta(txn, t->ar, &meta, &t->err));
    pl_store_abort(txn);

    return meta;
}


static void
keep_texts(t_engine_t *t, const char *prefix, int n)
{
    int   i;
    char  wamid[32];

    for (i = 0; i < n; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.%s%d", prefix, i);
        t_text(t, "34600000001", wamid, t->wall_ms / 1000, "Hello");
    }
}


/* A store whose every entry could go. */

static void
keep_open(t_engine_t *t)
{
    t_open(t);
    t_configure(t);
    keep_texts(t, "old", 20);
    t_fold(t);
    t_pass(t, PL_JOURNAL_KEEP_MS + 1000);
}


static void
a_hold_keeps_everything(void **state)
{
    int64_t     until_ms;
    t_engine_t  t;

    (void) state;
    keep_open(&t);
    t_ok(&t, pl_journal_hold(t.st, &t.clock, 60000, &until_ms, &t.err));
    assert_int_equal(until_ms, t.wall_ms + 60000);
    keep_texts(&t, "held", 5);
    assert_int_equal(keep_meta(&t)->first, 1);

    t_ok(&t, pl_journal_release(t.st, until_ms, &t.err));
    keep_texts(&t, "free", 1);
    assert_int_equal(keep_meta(&t)->first, 3);
    t_close(&t);
}


static void
a_hold_ends_by_itself(void **state)
{
    int64_t     until_ms;
    t_engine_t  t;

    (void) state;
    keep_open(&t);
    t_ok(&t, pl_journal_hold(t.st, &t.clock, 60000, &until_ms, &t.err));
    t_pass(&t, 60000);
    keep_texts(&t, "late", 1);
    assert_int_equal(keep_meta(&t)->first, 3);
    t_close(&t);
}


static void
the_longer_hold_stays(void **state)
{
    int64_t     longer_ms, until_ms;
    t_engine_t  t;

    (void) state;
    keep_open(&t);
    t_ok(&t, pl_journal_hold(t.st, &t.clock, 60000, &longer_ms, &t.err));
    t_ok(&t, pl_journal_hold(t.st, &t.clock, 1000, &until_ms, &t.err));
    assert_int_equal(until_ms, longer_ms);

    t_ok(&t, pl_journal_release(t.st, longer_ms - 1, &t.err));
    keep_texts(&t, "held", 1);
    assert_int_equal(keep_meta(&t)->first, 1);
    t_close(&t);
}


/* A journal that may have so many bytes, of what was published anew. */

static void
keep_bytes(t_engine_t *t, uint64_t bytes)
{
    pl_txn_t            *txn;
    pl_str_t             key = PL_STR("journal");
    Pl__JournalMeta     *meta;

    meta = keep_meta(t);
    meta->has_keep_bytes = 1;
    meta->keep_bytes = bytes;

    t_ok(t, pl_store_begin(t->st, PL_ENV_JOURNAL, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_JOURNAL_META, key, &meta->base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static uint64_t
keep_size(t_engine_t *t)
{
    uint64_t   bytes;
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_JOURNAL, false, &txn, &t->err));
    t_ok(t, pl_store_bytes(txn, PL_TABLE_ENTRIES, &bytes, &t->err));
    pl_store_abort(txn);

    return bytes;
}


static void
what_is_more_than_is_kept_goes(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    keep_bytes(&t, 64 * 1024);
    keep_texts(&t, "a", 400);           /* young, and not folded */
    assert_int_equal(keep_meta(&t)->first, 2);  /* what was published is */
    assert_true(keep_size(&t) > 64 * 1024);

    t_fold(&t);
    keep_texts(&t, "b", 400);
    t_fold(&t);
    keep_texts(&t, "c", 400);
    assert_true(keep_meta(&t)->first > 400);
    assert_true(keep_size(&t) < 256 * 1024);
    t_close(&t);
}


/* The longest time that can be said is no short one. */

static void
for_ever_is_for_ever(void **state)
{
    uint64_t          n;
    pl_txn_t         *txn;
    pl_str_t          key = PL_STR("journal");
    t_engine_t        t;
    Pl__JournalMeta  *meta;

    (void) state;
    keep_open(&t);
    meta = keep_meta(&t);
    meta->has_keep_ms = 1;
    meta->keep_ms = INT64_MAX;

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, true, &txn, &t.err));
    t_ok(&t, pl_record_put(txn, PL_TABLE_JOURNAL_META, key, &meta->base,
                           false, &t.err));
    t_ok(&t, pl_store_commit(txn, &t.err));

    keep_texts(&t, "new", 20);
    t_fold(&t);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 1000, &n, &t.err));
    assert_int_equal(n, 0);
    assert_int_equal(keep_meta(&t)->first, 1);
    t_close(&t);
}


static void
trimming_needs_no_append(void **state)
{
    uint64_t    n;
    t_engine_t  t;

    (void) state;
    keep_open(&t);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 5, &n, &t.err));
    assert_int_equal(n, 5);
    assert_int_equal(keep_meta(&t)->first, 6);

    t_ok(&t, pl_journal_trim(t.st, &t.clock, 1000, &n, &t.err));
    assert_int_equal(n, 16);
    assert_int_equal(keep_meta(&t)->first, 22);

    t_ok(&t, pl_journal_trim(t.st, &t.clock, 1000, &n, &t.err));
    assert_int_equal(n, 0);
    t_ok(&t, pl_journal_open(t.st, &t.clock, &t.err));
    t_close(&t);
}


static void
trimming_leaves_what_is_not_folded(void **state)
{
    uint64_t    n;
    t_engine_t  t;

    (void) state;
    keep_open(&t);
    keep_texts(&t, "new", 3);
    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 1000, &n, &t.err));
    assert_int_equal(keep_meta(&t)->first, 22);
    assert_int_equal(keep_meta(&t)->next, 25);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_hold_keeps_everything),
        cmocka_unit_test(a_hold_ends_by_itself),
        cmocka_unit_test(the_longer_hold_stays),
        cmocka_unit_test(what_is_more_than_is_kept_goes),
        cmocka_unit_test(for_ever_is_for_ever),
        cmocka_unit_test(trimming_needs_no_append),
        cmocka_unit_test(trimming_leaves_what_is_not_folded),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
