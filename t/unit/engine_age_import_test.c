/*
 * Retention of what was read in from another store: it stands behind messages
 * that are younger, and goes by its own time all the same.
 */

#include "erase.h"
#include "inbox.h"

#include "../../src/engine/age.h"

#define KEEP_DAYS  10


static Pl__Keep            keep;
static Pl__TenantSettings  tenant;


/* The tenant keeps messages for so many days. */

static void
keeps(t_engine_t *t, int messages)
{
    pl_appended_t    out;
    static uint64_t  generation;

    pl__keep__init(&keep);
    pl__tenant_settings__init(&tenant);
    keep.has_messages_ms = 1;
    keep.messages_ms = messages * DAY_MS;
    tenant.keep = &keep;
    t->tenant = &tenant;

    t_ok(t, t_publish(t, ++generation, T_FLOW, "main", &out));
    t_fold(t);
}


/* A Prune; and what it began, so many rows a step. How many steps. */

static unsigned
passes(t_engine_t *t, uint32_t rows)
{
    prunes(t);

    return go_on(t, rows);
}


/* A piece of an import: a message of then; without one the last. */

static void
reads_in(t_engine_t *t, uint64_t number, int64_t time_ms)
{
    uint8_t             digest[PL_SHA256_LEN] = { 1 }, row[512];
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__Content         content = PL__CONTENT__INIT;
    Pl__Message         m = PL__MESSAGE__INIT;
    Pl__TenantImport    in = PL__TENANT_IMPORT__INIT;
    Pl__Leaver__Line    line = PL__LEAVER__LINE__INIT;
    Pl__ImportRecord    record = PL__IMPORT_RECORD__INIT, *records[1];
    Pl__Leaver__Count   count = PL__LEAVER__COUNT__INIT, *counts[1];

    content.type = (char *) "unsupported";
    m.direction = PL__DIRECTION__DIRECTION_IN;
    m.tenant = 1;
    m.channel = 1;
    m.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    m.party = m.contact = 1;
    m.content = &content;
    m.time_ms = time_ms;
    row[0] = PL_ENVELOPE_PLAIN;

    line.table = (char *) "messages";
    line.has_number = 1;
    line.number = number;
    record.line = &line;
    record.row.data = row;
    record.row.len = 1 + pl__message__pack(&m, row + 1);
    records[0] = &record;
    count.table = (char *) "messages";
    count.rows = 2;
    counts[0] = &count;

    in.tenant = 1;
    in.digest.data = digest;
    in.digest.len = sizeof(digest);
    in.has_span = number == 1;
    in.span = 10;
    in.from = number - 1;
    in.n_records = number <= count.rows;
    in.records = records;
    in.n_counts = number > count.rows;
    in.counts = counts;
    command.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    command.tenant_import = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* Somebody else's, before it: a row that is all that a pass looks at. */

static void
is_young(t_engine_t *t)
{
    pl_key_t      key;
    pl_txn_t     *txn;
    Pl__Content   content = PL__CONTENT__INIT;
    Pl__Message   m = PL__MESSAGE__INIT;

    content.type = (char *) "unsupported";
    m.direction = PL__DIRECTION__DIRECTION_IN;
    m.tenant = 1;
    m.channel = 1;
    m.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    m.party = m.contact = 1;
    m.content = &content;
    m.time_ms = t->wall_ms;
    pl_key_seq(&key, 1);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_MESSAGES, pl_key_str(&key), &m.base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static unsigned
erased_rows(t_engine_t *t)
{
    unsigned  i, n;

    for (i = n = 0; i < t_rows(t, PL_TABLE_MESSAGES); i++) {
        n += t_message(t, i)->has_erased ? 1u : 0u;
    }

    return n;
}


static void
what_was_read_in_is_as_old_as_it_says(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    keeps(&t, KEEP_DAYS);
    is_young(&t);
    reads_in(&t, 1, t.wall_ms - (KEEP_DAYS + 2) * DAY_MS);
    reads_in(&t, 2, t.wall_ms - (KEEP_DAYS - 3) * DAY_MS);

    (void) passes(&t, 100);             /* it is not whole */
    assert_int_equal(erased_rows(&t), 0);
    reads_in(&t, 3, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 3);

    t_pass(&t, DAY_MS);
    (void) passes(&t, 100);             /* the young one is in front */
    assert_int_equal(erased_rows(&t), 1);
    assert_true(t_message(&t, 1)->has_erased);

    t_pass(&t, 3 * DAY_MS);
    (void) passes(&t, 100);
    assert_int_equal(erased_rows(&t), 2);
    assert_false(t_message(&t, 0)->has_erased);

    t_pass(&t, KEEP_DAYS * DAY_MS);
    (void) passes(&t, 100);
    assert_int_equal(erased_rows(&t), 3);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_read_in_is_as_old_as_it_says),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
