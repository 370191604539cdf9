/*
 * The engine: commands that somebody asks for over the API, done once under
 * their key, and the keys of those who may ask.
 */

#include "../../src/engine/request.h"
#include "../../src/engine/subject.h"
#include "engine.h"

#define PHONE  "34600000001"

/* ContactSet in Asked, its pieces where a test may change them. */
typedef struct {
    uint8_t            key[PL_REQUEST_KEY_LEN];
    uint8_t            digest[PL_HASH128_LEN];
    Pl__Address        address;
    Pl__ContactSet     set;
    Pl__Command        inner;
    Pl__Asked          asked;
    Pl__Command        command;
} asked_t;


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    *state = t;

    return 0;
}


static void
asked(asked_t *a, uint8_t key, const char *name)
{
    memset(a->key, key, sizeof(a->key));
    memset(a->digest, key + 100, sizeof(a->digest));

    pl__address__init(&a->address);
    a->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    a->address.value = (char *) PHONE;

    pl__contact_set__init(&a->set);
    a->set.tenant = 1;
    a->set.address = &a->address;
    a->set.name = (char *) name;

    pl__command__init(&a->inner);
    a->inner.of_case = PL__COMMAND__OF_CONTACT_SET;
    a->inner.contact_set = &a->set;

    pl__asked__init(&a->asked);
    a->asked.tenant = 1;
    a->asked.key.data = a->key;
    a->asked.key.len = sizeof(a->key);
    a->asked.digest.data = a->digest;
    a->asked.digest.len = sizeof(a->digest);
    a->asked.command = &a->inner;

    pl__command__init(&a->command);
    a->command.of_case = PL__COMMAND__OF_ASKED;
    a->command.asked = &a->asked;
}


static Pl__Verdict *
verdict(t_engine_t *t, uint32_t tenant, const uint8_t *key)
{
    pl_txn_t     *txn;
    pl_status_t   rc;
    Pl__Verdict  *out;

    txn = t_read(t);
    rc = pl_request_get(txn, tenant, key, t->wall_ms, t->ar, &out, &t->err);
    pl_store_abort(txn);

    return rc == PL_OK ? out : NULL;
}


static Pl__Verdict *
ask(t_engine_t *t, asked_t *a)
{
    (void) t_append(t, &a->command, NULL);
    t_fold(t);

    return verdict(t, a->asked.tenant, a->key);
}


static const char *
name_of(t_engine_t *t)
{
    return ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                  &pl__contact__descriptor))->name;
}


static void
it_is_done_once(void **state)
{
    asked_t       a, b;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked(&a, 1, "Anna");
    v = ask(t, &a);
    assert_non_null(v);
    assert_int_equal(v->decision, PL__DECISION__DECISION_DONE);
    assert_memory_equal(v->digest.data, a.digest, sizeof(a.digest));
    assert_string_equal(name_of(t), "Anna");

    asked(&b, 2, "Berta");
    (void) ask(t, &b);
    assert_string_equal(name_of(t), "Berta");

    v = ask(t, &a);                     /* again: nothing happens */
    assert_string_equal(name_of(t), "Berta");
    assert_int_equal(v->decision, PL__DECISION__DECISION_DONE);
    assert_false(v->has_conflict);
    assert_int_equal(t_counted(t, "requests", "repeated"), 1);

    a.digest[0] ^= 1;                   /* another one under the same key */
    a.set.name = (char *) "Clara";
    v = ask(t, &a);
    assert_string_equal(name_of(t), "Berta");
    assert_true(v->has_conflict);
    assert_int_equal(t_counted(t, "requests", "conflict"), 1);
    assert_int_equal(t_counted(t, "asked", "done"), 2);
}


static void
a_key_is_free_after_a_day(void **state)
{
    asked_t      a;
    t_engine_t  *t = *state;

    asked(&a, 1, "Anna");
    (void) ask(t, &a);

    t_pass(t, PL_REQUEST_KEEP_MS - 1);
    a.set.name = (char *) "Berta";
    (void) ask(t, &a);
    assert_string_equal(name_of(t), "Anna");

    t_pass(t, 1);
    (void) ask(t, &a);
    assert_string_equal(name_of(t), "Berta");
}


static void
what_is_invalid_is_refused_and_in_no_quarantine(void **state)
{
    asked_t       a;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked(&a, 1, "Anna");
    a.set.time_zone = (char *) "Nowhere/At all";
    v = ask(t, &a);

    assert_non_null(v);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, "request.refused");
    assert_non_null(v->path);
    assert_non_null(v->text);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(t_counted(t, "asked", "refused"), 1);
}


static void
a_mistake_of_the_asker_is_kept_aside(void **state)
{
    asked_t      a, b;
    t_engine_t  *t = *state;

    asked(&a, 1, "Anna");
    a.asked.tenant = 2;                 /* not that of the command */
    assert_null(ask(t, &a));

    asked(&a, 2, "Anna");
    asked(&b, 3, "Anna");
    a.asked.command = &b.command;       /* another Asked */
    assert_null(ask(t, &a));

    asked(&a, 4, "Anna");
    a.asked.key.len = 15;
    (void) t_append(t, &a.command, NULL);

    asked(&a, 5, "Anna");
    a.asked.digest.len = 17;
    (void) t_append(t, &a.command, NULL);
    t_fold(t);

    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 4);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 0);
}


/* A request with a verdict of its own gives Asked that verdict. */

static void
a_message_is_told_under_the_key_that_asked(void **state)
{
    asked_t            a;
    t_engine_t        *t = *state;
    Pl__Verdict       *v;
    Pl__SendRequest    send = PL__SEND_REQUEST__INIT;
    ProtobufCMessage  *content;

    (void) t_text(t, PHONE, "wamid.A", T_NOW / 1000, "x");
    t_fold(t);

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           PL_STR("{\"type\":\"text\",\"text\":"
                                  "{\"body\":\"Hello!\"}}"),
                           0, t->ar, &content, &t->err));

    asked(&a, 1, NULL);
    send.tenant = 1;
    send.channel = 1;
    send.key = a.asked.key;
    send.address = &a.address;
    send.content = (Pl__Content *) content;
    a.inner.of_case = PL__COMMAND__OF_SEND_REQUEST;
    a.inner.send_request = &send;

    v = ask(t, &a);
    assert_non_null(v);
    assert_int_equal(v->decision, PL__DECISION__DECISION_QUEUED);
    assert_true(v->has_message);
    assert_memory_equal(v->digest.data, a.digest, sizeof(a.digest));
    assert_int_equal(t_rows(t, PL_TABLE_REQUESTS), 1);

    (void) ask(t, &a);
    assert_int_equal(t_counted(t, "requests", "repeated"), 1);
    assert_int_equal(t_counted(t, "messages", "out"), 2);  /* and a reply */

    send.channel = 9;
    asked(&a, 2, NULL);
    a.inner.of_case = PL__COMMAND__OF_SEND_REQUEST;
    a.inner.send_request = &send;
    send.key = a.asked.key;
    v = ask(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, "channel.unknown");
}


static void
digest_of(t_engine_t *t, uint64_t id, uint8_t digest[PL_HASH128_LEN])
{
    pl_txn_t   *txn;
    pl_hash_t  *hash = pl_hash_create();

    txn = t_read(t);
    t_ok(t, pl_subject_digest(txn, pl_fold_settings(t->fold), 1,
                              PL__SUBJECT_KIND__SUBJECT_KIND_CONTACT, id,
                              hash, t->ar, digest, &t->err));
    pl_store_abort(txn);
    pl_hash_destroy(hash);
}


static void
an_edit_holds_what_its_editor_saw(void **state)
{
    asked_t            a;
    uint8_t            seen[PL_HASH128_LEN];
    uint64_t           id;
    t_engine_t        *t = *state;
    Pl__Subject        subject = PL__SUBJECT__INIT;
    Pl__Verdict       *v;
    Pl__Precondition   match = PL__PRECONDITION__INIT;

    asked(&a, 1, "Anna");
    (void) ask(t, &a);
    id = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                &pl__contact__descriptor))->id;
    digest_of(t, id, seen);

    subject.kind = PL__SUBJECT_KIND__SUBJECT_KIND_CONTACT;
    subject.id = id;
    match.subject = &subject;
    match.digest.data = seen;
    match.digest.len = sizeof(seen);

    asked(&a, 2, "Berta");
    a.asked.if_match = &match;
    v = ask(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_DONE);
    assert_string_equal(name_of(t), "Berta");

    asked(&a, 3, "Clara");              /* who saw Anna still */
    a.asked.if_match = &match;
    v = ask(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, "precondition.failed");
    assert_string_equal(name_of(t), "Berta");

    asked(&a, 4, "Clara");
    a.asked.if_match = &match;
    subject.id = 999;
    v = ask(t, &a);
    assert_string_equal(v->rule, "subject.unknown");
}


/* ---- keys ----------------------------------------------------------- */

static Pl__Verdict *
key_ask(t_engine_t *t, asked_t *a, uint8_t n, Pl__KeySet *set)
{
    asked(a, n, NULL);
    a->asked.tenant = set->tenant;
    a->inner.of_case = PL__COMMAND__OF_KEY_SET;
    a->inner.key_set = set;

    return ask(t, a);
}


static void
a_key_is_made_and_revoked_for_good(void **state)
{
    asked_t       a;
    uint8_t       hash[PL_SHA256_LEN] = { 1 };
    t_engine_t   *t = *state;
    Pl__KeySet    set = PL__KEY_SET__INIT;
    Pl__ApiKey   *row;
    Pl__Verdict  *v;

    set.hash.data = hash;
    set.hash.len = sizeof(hash);
    set.has_tenant = 1;
    set.tenant = 1;
    set.has_role = 1;
    set.role = PL__API_ROLE__API_ROLE_AGENT;
    set.name = (char *) "the desk";
    set.actor = (char *) "maria";

    v = key_ask(t, &a, 1, &set);
    assert_int_equal(v->decision, PL__DECISION__DECISION_DONE);
    assert_true(v->has_id);

    row = (Pl__ApiKey *) t_row(t, PL_TABLE_KEYS, 0, &pl__api_key__descriptor);
    assert_int_equal(row->id, v->id);
    assert_int_equal(row->tenant, 1);
    assert_int_equal(row->role, PL__API_ROLE__API_ROLE_AGENT);
    assert_string_equal(row->name, "the desk");

    v = key_ask(t, &a, 2, &set);        /* there is one */
    assert_string_equal(v->rule, "key.refused");

    set.has_role = 0;
    set.has_revoked = 1;
    set.revoked = 1;
    v = key_ask(t, &a, 3, &set);
    assert_int_equal(v->decision, PL__DECISION__DECISION_DONE);

    row = (Pl__ApiKey *) t_row(t, PL_TABLE_KEYS, 0, &pl__api_key__descriptor);
    assert_int_equal(row->revoked_ms, t->wall_ms);

    v = key_ask(t, &a, 4, &set);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);

    hash[0] = 2;
    v = key_ask(t, &a, 5, &set);
    assert_string_equal(v->rule, "key.unknown");
}


static void
a_key_of_the_past_goes_when_another_is_made(void **state)
{
    asked_t      a;
    uint8_t      hash[PL_SHA256_LEN] = { 1 };
    t_engine_t  *t = *state;
    Pl__KeySet   set = PL__KEY_SET__INIT;

    set.hash.data = hash;
    set.hash.len = sizeof(hash);
    set.has_tenant = 1;
    set.tenant = 1;
    set.has_role = 1;
    set.role = PL__API_ROLE__API_ROLE_BOT;
    set.has_expires_ms = 1;
    set.expires_ms = t->wall_ms + 1000;
    (void) key_ask(t, &a, 1, &set);

    t_pass(t, 1000 + PL_API_KEY_GONE_MS);
    hash[0] = 2;
    set.has_expires_ms = 0;
    (void) key_ask(t, &a, 2, &set);
    assert_int_equal(t_rows(t, PL_TABLE_KEYS), 2);

    t_pass(t, 1);
    hash[0] = 3;
    (void) key_ask(t, &a, 3, &set);
    assert_int_equal(t_rows(t, PL_TABLE_KEYS), 2);
}


static void
what_no_key_is_is_refused(void **state)
{
    size_t        i;
    asked_t       a;
    uint8_t       hash[PL_SHA256_LEN] = { 1 };
    t_engine_t   *t = *state;
    Pl__KeySet    set;
    Pl__Verdict  *v;

    static const struct {
        uint32_t     tenant;
        Pl__ApiRole  role;
        size_t       len;
        const char  *path;
    } wrong[] = {
        { 1, PL__API_ROLE__API_ROLE_OPERATOR, PL_SHA256_LEN, "role" },
        { 0, PL__API_ROLE__API_ROLE_ADMIN, PL_SHA256_LEN, "role" },
        { 7, PL__API_ROLE__API_ROLE_ADMIN, PL_SHA256_LEN, "tenant" },
        { 1, (Pl__ApiRole) 99, PL_SHA256_LEN, "role" },
        { 1, PL__API_ROLE__API_ROLE_ADMIN, PL_SHA256_LEN - 1, "hash" },
    };

    for (i = 0; i < PL_COUNT(wrong); i++) {
        pl__key_set__init(&set);
        set.hash.data = hash;
        set.hash.len = wrong[i].len;
        set.has_tenant = 1;
        set.tenant = wrong[i].tenant;
        set.has_role = 1;
        set.role = wrong[i].role;

        v = key_ask(t, &a, (uint8_t) (i + 1), &set);
        assert_non_null(v);
        assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
        assert_string_equal(v->path, wrong[i].path);
    }

    assert_int_equal(t_rows(t, PL_TABLE_KEYS), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(it_is_done_once, setup, t_end),
        cmocka_unit_test_setup_teardown(a_key_is_free_after_a_day, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(
            what_is_invalid_is_refused_and_in_no_quarantine, setup, t_end),
        cmocka_unit_test_setup_teardown(a_mistake_of_the_asker_is_kept_aside,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(
            a_message_is_told_under_the_key_that_asked, setup, t_end),
        cmocka_unit_test_setup_teardown(an_edit_holds_what_its_editor_saw,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_key_is_made_and_revoked_for_good,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(
            a_key_of_the_past_goes_when_another_is_made, setup, t_end),
        cmocka_unit_test_setup_teardown(what_no_key_is_is_refused, setup,
                                        t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
