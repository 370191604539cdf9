/*
 * Erasing a person: nothing of theirs is left, in rows, in free pages and in
 * a copy that was made before; what comes late meets a tombstone; what they
 * had forbidden stays forbidden.
 */

#include "../../src/engine/audited.h"
#include "erase.h"

#define EMAIL  PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL


static void
a_person_is_gone_and_others_are_not(void **state)
{
    unsigned         i, blank;
    t_engine_t       t;
    Pl__Contact     *c;
    Pl__Message     *m;
    Pl__Erasure     *e;
    Pl__Verdict     *v;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    c = contact(&t, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 3);
    (void) erase(&t, ANA, 0);

    v = verdict(&t);
    assert_int_equal(v->decision, PL__DECISION__DECISION_ERASING);
    assert_false(has_address(&t, ANA));
    assert_true(has_address(&t, BOB));
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_DUE), 1);

    /* one row a step: it can be killed after any */

    assert_true(go_on(&t, 1) > 5);

    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASURES, 0,
                              &pl__erasure__descriptor);
    assert_int_equal(e->contact, c->id);
    assert_int_equal(e->messages, 4);
    assert_int_equal(e->n_addresses, 0);
    assert_true(e->complete_ms
                >= e->ended_ms + (int64_t) PL_JOURNAL_KEEP_MS);
    assert_string_equal(e->basis, "gdpr.17.1.a");

    c = contact(&t, 0);
    assert_true(c->has_erased_ms);
    assert_null(c->name);
    assert_int_equal(c->n_addresses, 0);

    for (i = 0, blank = 0; i < t_rows(&t, PL_TABLE_MESSAGES); i++) {
        m = t_message(&t, i);
        blank += m->has_erased != 0;

        if (m->has_erased) {
            assert_null(m->address);
            assert_null(m->provider_id);
            assert_string_equal(m->content->type, "erased");
        }
    }

    assert_int_equal(blank, 4);
    (void) t_ctl_is(&t, "check", 0);

    /* the same again is no news, and says so */

    (void) erase(&t, NULL, c->id);
    assert_string_equal(verdict(&t)->rule, "erase.done");
    (void) erase(&t, NULL, 999999);
    assert_string_equal(verdict(&t)->rule, "erase.unknown");
    t_close(&t);
}


/* Of before: dropped. Of later: somebody new, of whom nothing is known. */

static void
what_is_late_meets_a_tombstone(void **state)
{
    uint64_t      messages;
    t_engine_t    t;
    Pl__Contact  *c;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    messages = t_rows(&t, PL_TABLE_MESSAGES);

    t_text(&t, ANA, "wamid.A3", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_counted(&t, "privacy", "late"), 1);
    assert_false(has_address(&t, ANA));

    t_pass(&t, 5000);
    t_text(&t, ANA, "wamid.A4", t.wall_ms / 1000, "hello");
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages + 2);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 3);
    assert_true(has_address(&t, ANA));
    c = contact(&t, 2);
    assert_false(c->has_erased_ms);

    /* and one of before that, still later */

    t_text(&t, ANA, "wamid.A5", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_counted(&t, "privacy", "late"), 2);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), messages + 2);
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


static void
a_status_of_before_changes_nothing(void **state)
{
    t_engine_t    t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);

    (void) t_items(&t, "statuses",
        "{\"id\":\"wamid.OUT\",\"status\":\"read\",\"timestamp\":"
        "\"1760000000\",\"recipient_id\":\"" ANA "\"}");
    t_fold(&t);

    assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 0);
    assert_int_equal(t_counted(&t, "privacy", "status"), 1);
    t_close(&t);
}


static void
what_was_revoked_stays_revoked(void **state)
{
    t_engine_t        t;
    Pl__Contact      *c;
    Pl__Consent      *consent;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ConsentSet    set = PL__CONSENT_SET__INIT;
    Pl__Address       address = PL__ADDRESS__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    set.tenant = 1;
    address.kind = PHONE;
    address.value = (char *) ANA;
    set.address = &address;
    set.category = (char *) PL_CONSENT_MARKETING;
    set.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    set.source = (char *) "call";
    set.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &set;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_CONSENTS), 0);

    t_pass(&t, 5000);
    t_text(&t, ANA, "wamid.A4", t.wall_ms / 1000, "hello");
    t_fold(&t);
    c = contact(&t, 2);
    consent = pl_contact_consent_row(c, PL_CONSENT_MARKETING);
    assert_non_null(consent);
    assert_int_equal(consent->state,
                     PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_null(consent->actor);
    t_close(&t);
}


/* Nobody has it: it is remembered all the same, and nothing else. */

static void
an_address_that_nobody_has(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);

    (void) erase(&t, ANA, 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 1);
    (void) t_ctl_is(&t, "check", 0);
    assert_true(go_on(&t, 1) > 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASURES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 1);

    t_text(&t, ANA, "wamid.A3", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 0);
    assert_int_equal(grep(&t, "state/data.mdb", ANA), 0);
    t_close(&t);
}


/* Entries of the journal may say it in any form. */

static void
an_address_is_found_however_it_is_written(void **state)
{
    t_engine_t        t;
    pl_key_t          key;
    pl_str_t          value;
    pl_txn_t         *txn;
    Pl__Address       mail = PL__ADDRESS__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__ContactSet    set = PL__CONTACT_SET__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);

    mail.kind = EMAIL;
    mail.value = (char *) "Eva.Luna@Example.ORG";
    set.tenant = 1;
    set.address = &mail;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = &set;
    (void) t_append(&t, &command, NULL);
    t_fold(&t);
    assert_string_equal(contact(&t, 2)->addresses[0]->value,
                        "eva.luna@example.org");

    (void) erase_by(&t, EMAIL, "EVA.luna@example.org", 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_true(contact(&t, 2)->has_erased_ms);

    (void) erase(&t, "00" ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_true(contact(&t, 0)->has_erased_ms);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 2);

    /* of nobody: what is put down is the form that is looked for */

    (void) erase_by(&t, EMAIL, "Nemo@Example.org", 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_TOMBSTONES), 3);
    pl_key_address(&key, 1, EMAIL, PL_STR("nemo@example.org"));
    txn = t_read(&t);
    t_ok(&t, pl_store_get(txn, PL_TABLE_TOMBSTONES, pl_key_str(&key), &value,
                          &t.err));
    pl_store_abort(txn);

    (void) erase(&t, "0034600999888", 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    t_text(&t, "34600999888", "wamid.N1", t.wall_ms / 1000 - 60, SECRET);
    t_fold(&t);
    assert_int_equal(t_counted(&t, "privacy", "late"), 1);
    t_close(&t);
}


/* A kind of event that nobody has put in its row is nobody's. */

static void
each_kind_of_event_says_whose_it_is(void **state)
{
    unsigned        i;
    uint64_t        contact;
    Pl__AuditEvent  event = PL__AUDIT_EVENT__INIT;

    const ProtobufCEnumDescriptor  *kinds = &pl__audit_kind__descriptor;

    (void) state;

    for (i = 0; i < kinds->n_values; i++) {
        if (pl_audited((Pl__AuditKind) kinds->values[i].value)
            == PL_AUDITED_NONE)
        {
            fail_msg("%s has no row", kinds->values[i].name);
        }
    }

    event.has_subject = 1;
    event.subject = 21;                 /* a channel's, and a contact's */
    event.kind = PL__AUDIT_KIND__AUDIT_KIND_PAUSED;
    assert_false(pl_audited_of(&event, &contact));
    event.kind = PL__AUDIT_KIND__AUDIT_KIND_NOTE;
    assert_true(pl_audited_of(&event, &contact));
    assert_int_equal(contact, 21);
}


/* Sealed: not a byte of it stood in the files, before or after. */

static void
sealed_files_show_nothing(void **state)
{
    size_t       i;
    char         copy[256];
    t_engine_t   t;

    static const char *const  words[] = { ANA, SECRET, "Ana", "wamid.A2" };
    static const char *const  files[] = { "state/data.mdb",
                                          "journal/data.mdb" };

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);
    talk(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6);
    assert_string_equal(t_message(&t, 2)->content->text->body, SECRET);
    assert_true(has_address(&t, ANA));

    for (i = 0; i < 8; i++) {
        assert_int_equal(grep(&t, files[i / 4], words[i % 4]), 0);
    }

    (void) t_ctl_is(&t, "check", 0);

    /* a copy opens with the keys where they are, and no longer after */

    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", t.dir);
    t_ok(&t, pl_store_copy(t.st, PL_ENV_STATE, copy, false, &t.err));

    (void) erase(&t, ANA, 0);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_true(pl_store_forgotten(t.st, contact(&t, 0)->id));
    assert_false(pl_store_forgotten(t.st, contact(&t, 1)->id));
    assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), 6);
    (void) t_ctl_is(&t, "check", 0);

    /* the copy in the place of the state: those rows are not there */

    restored(&t);

    assert_false(has_address(&t, ANA));
    assert_true(has_address(&t, BOB));
    assert_int_equal(scanned(&t, PL_TABLE_MESSAGES), 2);
    assert_int_equal(scanned(&t, PL_TABLE_CONTACTS), 1);

    /* and the journal's later entries erase what is left of it */

    t_fold(&t);
    (void) go_on(&t, PL_ERASE_ROWS);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    t_close(&t);
}


/* What no later append needs is forgotten with its period. */

static void
a_period_is_forgotten_with_its_entries(void **state)
{
    t_engine_t        t;
    pl_store_seal_t   seal;

    (void) state;
    t_open(&t);
    sealing(&t);
    t_configure(&t);
    talk(&t);
    t_ok(&t, pl_store_period_end(t.st, &t.err));
    t_text(&t, BOB, "wamid.B2", t.wall_ms / 1000, "hello");
    t_fold(&t);

    t_ok(&t, pl_store_tidy(t.st, &t.err));
    pl_store_seal(t.st, &seal);
    assert_int_equal(seal.periods, 2);

    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 100, NULL, &t.err));
    t_text(&t, BOB, "wamid.B3", t.wall_ms / 1000, "hello");
    t_fold(&t);
    t_ok(&t, pl_store_tidy(t.st, &t.err));
    pl_store_seal(t.st, &seal);
    assert_int_equal(seal.periods, 1);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_person_is_gone_and_others_are_not),
        cmocka_unit_test(what_is_late_meets_a_tombstone),
        cmocka_unit_test(a_status_of_before_changes_nothing),
        cmocka_unit_test(what_was_revoked_stays_revoked),
        cmocka_unit_test(an_address_that_nobody_has),
        cmocka_unit_test(an_address_is_found_however_it_is_written),
        cmocka_unit_test(each_kind_of_event_says_whose_it_is),
        cmocka_unit_test(sealed_files_show_nothing),
        cmocka_unit_test(a_period_is_forgotten_with_its_entries),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
