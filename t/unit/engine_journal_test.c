/*
 * The journal: time, settings, dropping.
 */

#include "engine.h"


static void
an_old_load_never_publishes_over_a_newer(void **state)
{
    t_engine_t                 t;
    pl_appended_t              out;
    const pl_channel_conf_t   *c;

    (void) state;
    t_open(&t);
    t_ok(&t, t_publish(&t, 2, T_FLOW, "main", &out));
    assert_true(out.published);
    t_ok(&t, t_publish(&t, 2, T_FLOW, "main", &out));
    assert_false(out.published);
    t_ok(&t, t_publish(&t, 1, T_FLOW, "other", &out));
    assert_false(out.published);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_SETTINGS), 4);

    /* the same again: nothing changes */

    t_ok(&t, t_publish(&t, 3, T_FLOW, "main", &out));
    assert_true(out.published);
    t_fold(&t);
    assert_int_equal(pl_settings_generation(pl_fold_settings(t.fold)), 1);

    /* a channel renamed: a new id, the old one removed but known */

    t_ok(&t, t_publish(&t, 4, T_FLOW, "other", &out));
    t_fold(&t);
    assert_int_equal(pl_settings_generation(pl_fold_settings(t.fold)), 2);
    c = pl_settings_account(pl_fold_settings(t.fold), PL_STR("whatsapp"),
                            PL_STR(T_ACCOUNT));
    assert_non_null(c);
    assert_int_equal(c->row->id, 2);
    assert_true(pl_settings_channel(pl_fold_settings(t.fold), 1)
                ->row->removed);
    t_close(&t);
}


/* Masters come and go: as many as the limit are known, and no more. */

static void
the_cycles_known_are_bounded(void **state)
{
    uint64_t       i, rows;
    pl_txn_t      *txn;
    t_engine_t     t;
    pl_appended_t  out;

    (void) state;
    t_open(&t);

    for (i = 0; i <= PL_CYCLES_MAX; i++) {
        t_ok(&t, t_publish_as(&t, i, 1, T_FLOW, "main", &out));
        assert_true(out.published);
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_store_count(txn, PL_TABLE_CYCLES, &rows, &t.err));
    pl_store_abort(txn);
    assert_int_equal(rows, PL_CYCLES_MAX);

    /* the oldest was forgotten, the newest is known */

    t_ok(&t, t_publish_as(&t, PL_CYCLES_MAX, 1, T_FLOW, "main", &out));
    assert_false(out.published);
    t_ok(&t, t_publish_as(&t, 0, 1, T_FLOW, "main", &out));
    assert_true(out.published);
    t_close(&t);
}


static void
a_clock_step_is_an_entry_and_time_never_runs_back(void **state)
{
    uint64_t          a, b, c;
    pl_txn_t         *txn;
    t_engine_t        t;
    Pl__Entry        *entry;

    (void) state;
    t_open(&t);
    t_configure(&t);

    a = t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t.wall_ms -= 3600 * 1000;
    b = t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "Hello");
    assert_int_equal(b, a + 2);
    t.wall_ms += 3 * 3600 * 1000;
    c = t_text(&t, "34600000001", "wamid.C", T_NOW / 1000, "Hello");
    assert_int_equal(c, b + 2);
    t_pass(&t, 3600 * 1000);
    assert_int_equal(t_text(&t, "34600000001", "wamid.D", T_NOW / 1000,
                            "Hello"), c + 1);

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_get(txn, b, t.ar, &entry, &t.err));
    assert_true(entry->time_ms == T_NOW);
    t_ok(&t, pl_journal_get(txn, b - 1, t.ar, &entry, &t.err));
    assert_int_equal(entry->command->of_case,
                     PL__COMMAND__OF_CLOCK_STEP);
    assert_true(entry->command->clock_step->after_ms == T_NOW - 3600000);
    t_ok(&t, pl_journal_get(txn, c, t.ar, &entry, &t.err));
    assert_true(entry->time_ms == T_NOW + 2 * 3600000);
    pl_store_abort(txn);
    t_fold(&t);
    t_close(&t);
}


/*
 * An hour back: time goes on at half its pace, and a retry that waits for
 * five seconds waits for ten, not for an hour.
 */

static void
a_clock_set_back_stops_nothing(void **state)
{
    int         i;
    int64_t     now;
    uint64_t    effects[64], epoch;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t.wall_ms -= 3600 * 1000;

    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW);
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 1);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, now + 5000);

    for (i = 0; i < 9000; i++) {        /* an append each millisecond */
        t_pass(&t, 1);
        if (i % 10 == 0) {
            t_append(&t, NULL, "{}");
        }
    }

    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW + 4500);
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 0);
    t_pass(&t, 1002);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_int_equal(t_attempt_at(&t, now, epoch, effects), 1);

    t_pass(&t, 2 * 3600 * 1000);        /* caught up: the clock's own again */
    t_append(&t, NULL, "{}");
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == t.wall_ms);
    t_close(&t);
}


/*
 * The same where nothing is appended after the step: who only asks for the
 * time sees it go on, and an append finds it where they saw it.
 */

static void
a_clock_set_back_stops_no_idle_store(void **state)
{
    int64_t        now;
    t_engine_t     t;
    pl_entry_t     entry;
    pl_appended_t  out;

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t.wall_ms -= 3600 * 1000;
    t_pass(&t, 5000);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW + 2500);

    memset(&entry, 0, sizeof(entry));
    entry.location = PL_STR("/test");
    entry.body = PL_STR("{}");
    t_ok(&t, pl_journal_append(t.st, &t.clock, &entry, 1, NULL, &out,
                               &t.err));
    assert_true(out.time_ms == T_NOW + 2500);
    t_pass(&t, 5000);
    t_ok(&t, pl_journal_now(t.st, &t.clock, &now, &t.err));
    assert_true(now == T_NOW + 5000);
    t_close(&t);
}


static void
the_journal_drops_what_is_folded_and_old(void **state)
{
    int               i;
    char              wamid[32];
    pl_txn_t         *txn;
    t_engine_t        t;
    Pl__JournalMeta  *meta;

    (void) state;
    t_open(&t);
    t_configure(&t);

    for (i = 0; i < 20; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.%d", i);
        t_text(&t, "34600000001", wamid, T_NOW / 1000, "Hello");
    }

    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);

    for (i = 0; i < 20; i++) {          /* not folded: nothing goes */
        (void) snprintf(wamid, sizeof(wamid), "wamid.X%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 2);   /* what was published is folded */
    assert_int_equal(meta->next, 42);
    pl_store_abort(txn);
    t_fold(&t);

    for (i = 0; i < 5; i++) {           /* two go for each that comes */
        (void) snprintf(wamid, sizeof(wamid), "wamid.Y%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 12);
    pl_store_abort(txn);

    for (i = 0; i < 20; i++) {          /* what is young stays */
        (void) snprintf(wamid, sizeof(wamid), "wamid.Z%d", i);
        t_text(&t, "34600000001", wamid, t.wall_ms / 1000, "Hello");
    }

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, false, &txn, &t.err));
    t_ok(&t, pl_journal_meta(txn, t.ar, &meta, &t.err));
    assert_int_equal(meta->first, 22);
    pl_store_abort(txn);
    t_ok(&t, pl_journal_open(t.st, &t.clock, &t.err));
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_old_load_never_publishes_over_a_newer),
        cmocka_unit_test(the_cycles_known_are_bounded),
        cmocka_unit_test(a_clock_step_is_an_entry_and_time_never_runs_back),
        cmocka_unit_test(a_clock_set_back_stops_nothing),
        cmocka_unit_test(a_clock_set_back_stops_no_idle_store),
        cmocka_unit_test(the_journal_drops_what_is_folded_and_old),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
