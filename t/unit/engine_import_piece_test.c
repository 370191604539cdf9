/*
 * A piece of an import: what is not the next one is refused, and so is what
 * no store wrote; until the last one its tenant is closed.
 */

#include "../../src/engine/import_impl.h"
#include "../../src/engine/request.h"
#include "ctl.h"
#include "people.h"

#define ANA  "34600111222"


typedef struct {
    uint8_t             key[PL_REQUEST_KEY_LEN];
    uint8_t             digest[PL_SHA256_LEN];
    uint8_t             row[256];
    Pl__Leaver__Line    line;
    Pl__ImportRecord    record, *records[1];
    Pl__TenantImport    in;
} piece_t;


static void
piece_of(piece_t *p, uint64_t number, uint64_t joined_to, const char *phone)
{
    Pl__Address  address = PL__ADDRESS__INIT, *addresses[1] = { &address };
    Pl__Contact  c = PL__CONTACT__INIT;

    c.id = number;
    c.name = (char *) "Ana";
    c.has_joined_to = joined_to != 0;
    c.joined_to = joined_to;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) phone;
    c.addresses = addresses;
    c.n_addresses = phone != NULL;
    p->row[0] = PL_ENVELOPE_PLAIN;

    pl__leaver__line__init(&p->line);
    p->line.table = (char *) "contacts";
    p->line.has_number = 1;
    p->line.number = number;
    pl__import_record__init(&p->record);
    p->record.line = &p->line;
    p->record.row.data = p->row;
    p->record.row.len = 1 + pl__contact__pack(&c, p->row + 1);
    p->records[0] = &p->record;

    pl__tenant_import__init(&p->in);
    p->in.tenant = 1;
    p->in.digest.data = p->digest;
    p->in.digest.len = sizeof(p->digest);
    p->in.has_span = 1;
    p->in.span = 100;
    p->in.n_records = 1;
    p->in.records = p->records;
}


static void
piece(piece_t *p, uint64_t number, uint64_t joined_to)
{
    piece_of(p, number, joined_to, NULL);
}


/* What became of it: "" or the rule. */

static const char *
ask(t_engine_t *t, piece_t *p)
{
    pl_txn_t       *txn;
    Pl__Asked       asked = PL__ASKED__INIT;
    Pl__Command     inner = PL__COMMAND__INIT, command = PL__COMMAND__INIT;
    pl_status_t     rc;
    Pl__Verdict    *verdict;

    p->key[0]++;
    inner.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    inner.tenant_import = &p->in;
    asked.tenant = p->in.tenant;
    asked.key.data = p->key;
    asked.key.len = sizeof(p->key);
    asked.digest = asked.key;
    asked.command = &inner;
    command.of_case = PL__COMMAND__OF_ASKED;
    command.asked = &asked;

    (void) t_append(t, &command, NULL);
    (void) t_fold(t);

    txn = t_read(t);
    rc = pl_request_get(txn, p->in.tenant, p->key, t->wall_ms, t->ar,
                        &verdict, &t->err);
    pl_store_abort(txn);
    t_ok(t, rc);

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? verdict->rule : "";
}


static void
nobody_is_erased_meanwhile(t_engine_t *t, piece_t *p)
{
    pl_txn_t      *txn;
    Pl__Erase      in = PL__ERASE__INIT;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__Verdict   *verdict;

    p->key[0]++;
    in.tenant = 1;
    in.key.data = p->key;
    in.key.len = sizeof(p->key);
    in.has_contact = 1;
    in.contact = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                        &pl__contact__descriptor))->id;
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, p->key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);
    assert_string_equal(verdict->rule, "erase.importing");
    assert_int_equal(t_rows(t, PL_TABLE_ERASING), 0);
}


static void
nobody_is_written_to(t_engine_t *t)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   in = PL__CONTACT_SET__INIT;
    Pl__Address      address = PL__ADDRESS__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) ANA;
    in.tenant = 1;
    in.address = &address;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ADDRESSES), 0);
}


static void
named(t_engine_t *t, uint64_t number, const char *name)
{
    unsigned         i;
    Pl__Contact     *c = NULL;
    Pl__Import      *import;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactSet   in = PL__CONTACT_SET__INIT;

    import = (Pl__Import *) t_row(t, PL_TABLE_IMPORTS, 0,
                                  &pl__import__descriptor);
    in.tenant = 1;
    in.has_contact = 1;
    in.contact = import->shift + number;
    in.name = (char *) name;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);

    for (i = 0; i < t_rows(t, PL_TABLE_CONTACTS); i++) {
        c = (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, i,
                                  &pl__contact__descriptor);
        if (strcmp(c->name, name) == 0) {
            return;
        }
    }

    fail_msg("nobody is called %s", name);
}


/* The first of the quarantine. */

static void
reads(t_engine_t *t)
{
    pl_str_t            key, value;
    pl_txn_t           *txn;
    pl_scan_t          *scan;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__QuarantineAct   act = PL__QUARANTINE_ACT__INIT;

    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_QUARANTINE, PL_STR_NULL, false,
                          &scan, &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    act.tenant = pl_be32(key.data);
    act.item = pl_be64(key.data + 4);
    pl_store_scan_end(scan);
    pl_store_abort(txn);

    assert_int_equal(act.tenant, 1);
    act.has_again = act.again = 1;
    command.of_case = PL__COMMAND__OF_QUARANTINE_ACT;
    command.quarantine_act = &act;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
}


/* What was asked for meanwhile waits, and the tenant with it. */

static void
it_opens(t_engine_t *t, piece_t *p)
{
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    p->in.n_records = 0;
    p->in.n_counts = 0;
    p->in.opens = p->in.has_opens = 1;
    assert_string_equal(ask(t, p), "import.aside");
    reads(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(t_rows(t, PL_TABLE_ADDRESSES), 1);
    assert_string_equal(ask(t, p), "");
    assert_string_equal(ask(t, p), "");       /* it is open */
}


static void
what_is_not_the_next_piece_is_refused(void **state)
{
    piece_t             p = { { 0 }, { 0 }, { 0 }, PL__LEAVER__LINE__INIT,
                              PL__IMPORT_RECORD__INIT, { NULL },
                              PL__TENANT_IMPORT__INIT };
    t_engine_t          t;
    Pl__Leaver__Count   count = PL__LEAVER__COUNT__INIT, *counts[1];

    (void) state;
    t_open(&t);
    t_configure(&t);

    piece(&p, 7, 0);
    p.in.from = 1;
    assert_string_equal(ask(&t, &p), "import.order");

    piece(&p, 100, 0);                  /* one past the span */
    assert_string_equal(ask(&t, &p), "request.refused");
    piece(&p, 99, 100);                 /* in the row */
    assert_string_equal(ask(&t, &p), "request.refused");
    p.line.table = (char *) "entries";
    assert_string_equal(ask(&t, &p), "request.refused");
    piece(&p, 99, 0);
    p.in.tenant = 2;
    assert_string_equal(ask(&t, &p), "request.refused");
    assert_int_equal(t_rows(&t, PL_TABLE_IMPORTS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 0);

    piece(&p, 99, 99);                  /* joined to itself */
    assert_string_equal(ask(&t, &p), "request.refused");
    assert_int_equal(t_rows(&t, PL_TABLE_IMPORTS), 0);

    piece(&p, 99, 98);                  /* the last that there can be */
    assert_string_equal(ask(&t, &p), "");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_string_equal(ask(&t, &p), "import.order");
    nobody_is_erased_meanwhile(&t, &p);
    nobody_is_written_to(&t);

    piece(&p, 99, 0);                   /* who is there */
    p.in.from = 1;
    assert_string_equal(ask(&t, &p), "request.refused");

    piece(&p, 98, 99);                  /* in a circle: harmless */
    p.in.from = 1;
    p.digest[0] = 1;
    assert_string_equal(ask(&t, &p), "import.other");
    p.digest[0] = 0;

    count.table = (char *) "contacts";
    count.rows = 3;
    counts[0] = &count;
    p.in.n_counts = 1;
    p.in.counts = counts;
    assert_string_equal(ask(&t, &p), "import.counts");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    count.rows = 2;
    assert_string_equal(ask(&t, &p), "");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_string_equal(ask(&t, &p), "import.done");

    it_opens(&t, &p);

    /* who was joined in a circle is found, and harms nobody */

    named(&t, 98, "Anna");
    (void) t_ctl_is(&t, "check", 1);
    t_close(&t);
}


/* Joined to a record that the file has not: they are who they are. */

static void
who_is_joined_to_nobody_is_heard(void **state)
{
    piece_t            p = { { 0 }, { 0 }, { 0 }, PL__LEAVER__LINE__INIT,
                             PL__IMPORT_RECORD__INIT, { NULL },
                             PL__TENANT_IMPORT__INIT };
    t_engine_t         t;
    Pl__Leaver__Count  count = PL__LEAVER__COUNT__INIT, *counts[1];

    (void) state;
    t_open(&t);
    t_configure(&t);
    count.table = (char *) "contacts";
    count.rows = 1;
    counts[0] = &count;
    piece_of(&p, 99, 98, ANA);
    p.in.n_counts = 1;
    p.in.counts = counts;
    assert_string_equal(ask(&t, &p), "");

    (void) t_text(&t, ANA, "wamid.1", t.wall_ms / 1000, "Hello");
    (void) t_text(&t, "34600999999", "wamid.2", t.wall_ms / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_counted(&t, "messages", "in"), 2);
    t_close(&t);
}


/* Of two that the file joins by halves the one that the other is to be goes. */

static void
who_is_joined_to_one_that_went_is_heard(void **state)
{
    piece_t            p = { { 0 }, { 0 }, { 0 }, PL__LEAVER__LINE__INIT,
                             PL__IMPORT_RECORD__INIT, { NULL },
                             PL__TENANT_IMPORT__INIT };
    unsigned           i;
    t_engine_t         t;
    Pl__Erase          in = PL__ERASE__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Contact       *c;
    Pl__Leaver__Count  count = PL__LEAVER__COUNT__INIT, *counts[1];

    (void) state;
    t_open(&t);
    t_configure(&t);
    piece_of(&p, 99, 98, ANA);
    assert_string_equal(ask(&t, &p), "");
    count.table = (char *) "contacts";
    count.rows = 2;
    counts[0] = &count;
    piece(&p, 98, 0);
    p.in.from = 1;
    p.in.n_counts = 1;
    p.in.counts = counts;
    assert_string_equal(ask(&t, &p), "");

    for (i = 0; i < 2; i++) {
        c = (Pl__Contact *) t_row(&t, PL_TABLE_CONTACTS, i,
                                  &pl__contact__descriptor);
        in.contact = c->has_joined_to ? in.contact : c->id;
    }

    p.key[0]++;
    in.tenant = 1;
    in.key.data = p.key;
    in.key.len = sizeof(p.key);
    in.has_contact = 1;
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    t_pass(&t, 5000);
    (void) t_text(&t, ANA, "wamid.1", t.wall_ms / 1000, "Hello");
    t_fold(&t);
    assert_int_equal(t_counted(&t, "messages", "in"), 1);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_not_the_next_piece_is_refused),
        cmocka_unit_test(who_is_joined_to_nobody_is_heard),
        cmocka_unit_test(who_is_joined_to_one_that_went_is_heard),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
