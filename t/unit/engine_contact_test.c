/*
 * Tests for what somebody says of a person (ContactSet): who is made, what is
 * kept, and what is refused.
 */

#include "engine.h"


static void
set(t_engine_t *t, Pl__ContactSet *in)
{
    Pl__Command  command = PL__COMMAND__INIT;

    in->tenant = in->tenant == 0 ? 1 : in->tenant;
    command.of_case = PL__COMMAND__OF_CONTACT_SET;
    command.contact_set = in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static Pl__Contact *
contact(t_engine_t *t)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                 &pl__contact__descriptor);
}


static void
a_person_is_made_and_known(void **state)
{
    t_engine_t        *t = *state = t_new();
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Contact       *c;
    Pl__ContactSet     in = PL__CONTACT_SET__INIT;
    Pl__AuditEvent    *audit;

    t_configure(t);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";
    in.address = &address;
    in.name = (char *) "Anna";
    in.time_zone = (char *) "Europe/Berlin";
    in.language = (char *) "de";
    in.actor = (char *) "maria";
    set(t, &in);

    c = contact(t);
    assert_non_null(c);
    assert_string_equal(c->name, "Anna");
    assert_string_equal(c->time_zone, "Europe/Berlin");
    assert_string_equal(c->language, "de");
    assert_int_equal(c->n_addresses, 1);

    audit = (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT,
        (unsigned) t_rows(t, PL_TABLE_AUDIT) - 1,
        &pl__audit_event__descriptor);
    assert_int_equal(audit->kind, PL__AUDIT_KIND__AUDIT_KIND_CONTACT);
    assert_int_equal(audit->subject, c->id);
    assert_string_equal(audit->actor, "maria");

    /* they write: they are the same, and called what they call themselves */

    (void) t_text(t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
    assert_string_equal(contact(t)->time_zone, "Europe/Berlin");
}


static void
what_is_absent_stays(void **state)
{
    uint64_t           rows;
    t_engine_t        *t = *state = t_new();
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__ContactSet     in = PL__CONTACT_SET__INIT;

    t_configure(t);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID;
    address.value = (char *) "ES.1";
    in.address = &address;
    in.language = (char *) "pt_BR";
    set(t, &in);

    in.address = NULL;
    in.has_contact = 1;
    in.contact = contact(t)->id;
    in.language = NULL;
    in.time_zone = (char *) "America/Sao_Paulo";
    set(t, &in);
    assert_string_equal(contact(t)->language, "pt_BR");
    assert_string_equal(contact(t)->time_zone, "America/Sao_Paulo");

    rows = t_rows(t, PL_TABLE_AUDIT);
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_AUDIT), rows);

    in.time_zone = (char *) "";
    set(t, &in);
    assert_null(contact(t)->time_zone);
    assert_string_equal(contact(t)->language, "pt_BR");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


static void
what_cannot_be_is_refused(void **state)
{
    char               name[PL_ADDRESS_MAX + 2];
    uint64_t           refused;
    t_engine_t        *t = *state = t_new();
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__ContactSet     in = PL__CONTACT_SET__INIT;

    t_configure(t);
    refused = 0;

    set(t, &in);                        /* nobody */
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    in.has_contact = 1;
    in.contact = 999;                   /* nobody there */
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";
    in.address = &address;              /* both */
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    in.has_contact = 0;
    in.tenant = 9;                      /* no such tenant */
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    in.tenant = 1;
    in.time_zone = (char *) "../etc/passwd";
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    in.time_zone = NULL;
    in.language = (char *) "no language";
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    in.language = NULL;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    memset(name, 'x', sizeof(name));
    name[PL_ADDRESS_MAX + 1] = '\0';
    in.name = name;
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), ++refused);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 0);

    name[PL_ADDRESS_MAX] = '\0';
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), refused);
    assert_string_equal(contact(t)->name, name);
}


/* A number as it is dialled at home, beside an address of mail. */

static void
one_person_by_several_addresses(void **state)
{
    t_engine_t          *t = *state = t_new();
    Pl__Address          phone = PL__ADDRESS__INIT, mail = phone;
    Pl__Address         *more[] = { &mail };
    Pl__Contact         *c;
    Pl__ContactSet       in = PL__CONTACT_SET__INIT;
    Pl__TenantSettings   tenant = PL__TENANT_SETTINGS__INIT;

    tenant.calling_code = (char *) "31";
    t->tenant = &tenant;
    t_configure(t);

    phone.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    phone.value = (char *) "0612345678";
    mail.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    mail.value = (char *) "ana@example.com";
    in.address = &phone;
    in.more = more;
    in.n_more = 1;
    set(t, &in);

    c = contact(t);
    assert_int_equal(c->n_addresses, 2);
    assert_string_equal(c->addresses[0]->value, "31612345678");
    assert_string_equal(c->addresses[0]->given, "0612345678");
    assert_string_equal(c->addresses[1]->value, "ana@example.com");

    (void) t_text(t, "31612345678", "wamid.1", T_NOW / 1000, "hello");
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);

    /* another's address makes nobody one, and adds nothing */

    in.n_more = 0;
    in.address = &mail;
    mail.value = (char *) "bo@example.com";
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 2);

    in.address = NULL;
    in.has_contact = 1;
    in.contact = c->id;
    in.n_more = 1;
    set(t, &in);
    assert_int_equal(t_counted(t, "contacts", "conflict"), 1);
    assert_int_equal(contact(t)->n_addresses, 2);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 2);

    /* nobody's becomes theirs, and can be split off */

    mail.value = (char *) "ana@work.example";
    set(t, &in);
    c = contact(t);
    assert_int_equal(c->n_addresses, 3);
    assert_true(c->addresses[2]->has_merge);
    assert_int_equal(t_rows(t, PL_TABLE_MERGES), 1);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


static void
where_they_would_rather_be(void **state)
{
    t_engine_t        *t = *state = t_new();
    Pl__Address        mail = PL__ADDRESS__INIT;
    Pl__ContactSet     in = PL__CONTACT_SET__INIT;

    t_configure(t);

    mail.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    mail.value = (char *) "ana@example.com";
    in.address = &mail;
    in.has_channel = 1;
    in.channel = 99;
    set(t, &in);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 0);

    in.channel = 1;
    set(t, &in);
    assert_int_equal(contact(t)->channel, 1);

    in.channel = 0;
    set(t, &in);
    assert_false(contact(t)->has_channel);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(a_person_is_made_and_known, t_end),
        cmocka_unit_test_teardown(what_is_absent_stays, t_end),
        cmocka_unit_test_teardown(what_cannot_be_is_refused, t_end),
        cmocka_unit_test_teardown(one_person_by_several_addresses, t_end),
        cmocka_unit_test_teardown(where_they_would_rather_be, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
