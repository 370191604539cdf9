/*
 * Rows that go with time: what is kept as the settings say, in bounded
 * steps, the same in every fold.
 */

#include "engine.h"

#include "../../src/engine/keys.h"
#include "../../src/engine/retain.h"

#define DAY_MS  86400000LL


/* Settings as nginx publishes them, with this kept. */

static void
keep(t_engine_t *t, uint64_t generation, Pl__Keep *kept)
{
    pl_appended_t  out;

    t->keep = kept;
    t_ok(t, t_publish(t, generation, T_FLOW, "main", &out));
    t_fold(t);
}


static void
prune(t_engine_t *t, uint32_t rows)
{
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.before_ms = t->wall_ms - 11 * DAY_MS;
    in.rows = rows;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(t, &command, "");
    t_fold(t);
}


static bool
old(t_engine_t *t)
{
    bool       is;
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));
    t_ok(t, pl_retain_old(txn, pl_settings_global(pl_fold_settings(t->fold)),
                          t->wall_ms, &is, &t->err));
    pl_store_abort(txn);

    return is;
}


/* Rows of a table, written beside the fold: many tenants, and old. */

static void
add(t_engine_t *t, pl_table_e table, uint32_t tenant, uint64_t seq,
    const ProtobufCMessage *row)
{
    pl_key_t   key;
    pl_txn_t  *txn;

    pl_key_tenant_seq(&key, tenant, seq);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, table, pl_key_str(&key), row, false,
                          &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
audit(t_engine_t *t, uint32_t tenant, uint64_t seq, int64_t time_ms)
{
    Pl__AuditEvent  row = PL__AUDIT_EVENT__INIT;

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_BLOCKED;
    row.time_ms = time_ms;
    add(t, PL_TABLE_AUDIT, tenant, seq, &row.base);
}


static void
quarantine(t_engine_t *t, uint32_t tenant, uint64_t seq, int64_t time_ms)
{
    Pl__Quarantine  row = PL__QUARANTINE__INIT;

    row.entry = 1;
    row.time_ms = time_ms;
    row.reason = (char *) "odd";
    add(t, PL_TABLE_QUARANTINE, tenant, seq, &row.base);
}


static void
count(t_engine_t *t, uint32_t tenant, const char *metric, uint32_t day)
{
    pl_key_t   key;
    pl_txn_t  *txn;

    pl_key_counter(&key, tenant, metric, day, "label");
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put_u64(txn, PL_TABLE_COUNTERS, pl_key_str(&key), 1,
                              false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
nothing_goes_unless_it_was_said(void **state)
{
    t_engine_t  t;
    uint64_t    changes;

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.1", T_NOW / 1000, "Hello");
    t_fold(&t);
    audit(&t, 1, 1000, T_NOW - 400 * DAY_MS);
    changes = t_rows(&t, PL_TABLE_CHANGES);
    assert_true(changes > 0);

    t_pass(&t, 400 * DAY_MS);
    assert_false(old(&t));
    prune(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_CHANGES), changes);
    assert_true(t_rows(&t, PL_TABLE_AUDIT) >= 2);
    t_close(&t);
}


static void
changes_go_after_their_time(void **state)
{
    t_engine_t  t;
    uint64_t    changes;
    Pl__Keep    kept = PL__KEEP__INIT;

    (void) state;
    t_open(&t);
    kept.has_changes_ms = 1;
    kept.changes_ms = 7 * DAY_MS;
    keep(&t, 1, &kept);
    t_text(&t, "34600000001", "wamid.1", T_NOW / 1000, "Hello");
    t_fold(&t);
    changes = t_rows(&t, PL_TABLE_CHANGES);

    t_pass(&t, 7 * DAY_MS - 1000);
    assert_false(old(&t));
    t_text(&t, "34600000001", "wamid.2", t.wall_ms / 1000, "Hello");
    t_fold(&t);
    changes = t_rows(&t, PL_TABLE_CHANGES) - changes;   /* that stay */

    t_pass(&t, 1000);
    assert_true(old(&t));
    prune(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_CHANGES), changes);
    assert_false(old(&t));
    t_close(&t);
}


static void
every_tenant_has_its_turn(void **state)
{
    t_engine_t  t;
    uint32_t    tenant, n;
    uint64_t    rows;
    Pl__Keep    kept = PL__KEEP__INIT;

    (void) state;
    t_open(&t);
    kept.has_audit_ms = 1;
    kept.audit_ms = DAY_MS;
    kept.has_quarantine_ms = 1;
    kept.quarantine_ms = DAY_MS;
    keep(&t, 1, &kept);
    rows = t_rows(&t, PL_TABLE_AUDIT);

    for (tenant = 1; tenant <= 20; tenant++) {
        for (n = 0; n < 5; n++) {
            audit(&t, tenant, 1000 + n, T_NOW - 2 * DAY_MS);
            quarantine(&t, tenant, 1000 + n, T_NOW - 2 * DAY_MS);
        }

        audit(&t, tenant, 2000, T_NOW);
        quarantine(&t, tenant, 2000, T_NOW);
    }

    for (n = 0; n < 200 / 7 + 1; n++) { /* seven at a time, of both */
        assert_true(old(&t));
        prune(&t, 7);
        assert_int_equal(t_rows(&t, PL_TABLE_AUDIT)
                         + t_rows(&t, PL_TABLE_QUARANTINE) - rows,
                         240 - (n * 7 + 7 < 200 ? n * 7 + 7 : 200));
    }

    assert_false(old(&t));
    assert_int_equal(t_rows(&t, PL_TABLE_AUDIT), 20 + rows);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 20);
    t_close(&t);
}


static Pl__Erasure *
erasing(t_engine_t *t)
{
    return (Pl__Erasure *) t_row(t, PL_TABLE_ERASING, 0,
                                 &pl__erasure__descriptor);
}


/* A walk removes them, but for those that what stays names. */

static void
files_of_items_go_with_them(void **state)
{
    char             *one = (char *) "aa", *two = (char *) "bb";
    char             *both[] = { one, two };
    t_engine_t        t;
    Pl__Keep          kept = PL__KEEP__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__EraseStep     step = PL__ERASE_STEP__INIT;
    Pl__Quarantine    row = PL__QUARANTINE__INIT;

    (void) state;
    t_open(&t);
    kept.has_quarantine_ms = 1;
    kept.quarantine_ms = DAY_MS;
    keep(&t, 1, &kept);

    row.entry = 1;
    row.reason = (char *) "odd";
    row.time_ms = T_NOW - 2 * DAY_MS;
    row.files = both;
    row.n_files = 2;
    add(&t, PL_TABLE_QUARANTINE, 1, 1000, &row.base);
    row.time_ms = T_NOW;
    row.files = both + 1;
    row.n_files = 1;
    add(&t, PL_TABLE_QUARANTINE, 2, 1001, &row.base);

    prune(&t, 100);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 1);
    assert_int_equal(erasing(&t)->n_files, 2);

    step.tenant = erasing(&t)->tenant;
    step.entry = erasing(&t)->entry;
    step.rows = 100;
    command.of_case = PL__COMMAND__OF_ERASE_STEP;
    command.erase_step = &step;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(erasing(&t)->phase,
                     PL__ERASE_PHASE__ERASE_PHASE_FORGET);
    assert_int_equal(erasing(&t)->n_files, 1);
    assert_string_equal(erasing(&t)->files[0], one);

    step.has_forgotten = 1;
    step.forgotten = 1;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    t_close(&t);
}


static void
counters_go_by_their_day(void **state)
{
    t_engine_t  t;
    uint32_t    day, tenant;
    Pl__Keep    kept = PL__KEEP__INIT;

    (void) state;
    t_open(&t);
    kept.has_counters_ms = 1;
    kept.counters_ms = 2 * DAY_MS;
    keep(&t, 1, &kept);
    day = (uint32_t) (T_NOW / DAY_MS);

    for (tenant = 1; tenant <= 3; tenant++) {
        count(&t, tenant, "sent", day - 9);
        count(&t, tenant, "sent", day - 3);
        count(&t, tenant, "sent", day - 2);     /* part of it is younger */
        count(&t, tenant, "sent", day);
        count(&t, tenant, "sent_late", day - 9);
        count(&t, tenant, "sent_late", day);
        count(&t, tenant, "taken", day - 9);
    }

    assert_true(old(&t));
    prune(&t, 1000);
    assert_int_equal(t_rows(&t, PL_TABLE_COUNTERS), 9);
    assert_false(old(&t));
    t_close(&t);
}


/* What was counted in the same transaction goes as well. */

static void
counts_in_memory_do_not_come_back(void **state)
{
    t_engine_t   t;
    uint64_t     rows;
    Pl__Prune    in = PL__PRUNE__INIT;
    Pl__Keep     kept = PL__KEEP__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    (void) state;
    t_open(&t);
    kept.has_counters_ms = 1;
    kept.counters_ms = DAY_MS;
    keep(&t, 1, &kept);
    rows = t_rows(&t, PL_TABLE_COUNTERS);
    (void) t_append(&t, NULL, "no JSON");
    t_pass(&t, 3 * DAY_MS);

    in.before_ms = t.wall_ms - 11 * DAY_MS;
    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(&t, &command, "");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_COUNTERS), rows);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nothing_goes_unless_it_was_said),
        cmocka_unit_test(changes_go_after_their_time),
        cmocka_unit_test(every_tenant_has_its_turn),
        cmocka_unit_test(files_of_items_go_with_them),
        cmocka_unit_test(counters_go_by_their_day),
        cmocka_unit_test(counts_in_memory_do_not_come_back),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
