/*
 * What a row of changes leaves to others to say, because somebody may be
 * named in it: what a task is called, and where a consent came from. An event
 * has it for as long as they have; after an erase nothing has.
 */

#include "told.h"

#include "../../src/engine/erase.h"

#define SOURCE  "told-ana-at-the-desk"


static uint64_t
contact(t_engine_t *t)
{
    return ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                  &pl__contact__descriptor))->id;
}


static void
erase(t_engine_t *t)
{
    uint8_t       key[PL_REQUEST_KEY_LEN] = { 1 };
    Pl__Erase     in = PL__ERASE__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.tenant = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.has_contact = 1;
    in.contact = contact(t);
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* As the sender does; without keys that it would have to forget. */

static void
erase_on(t_engine_t *t)
{
    unsigned        i;
    Pl__Erasure    *e;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__EraseStep   in = PL__ERASE_STEP__INIT;

    for (i = 0; t_rows(t, PL_TABLE_ERASING) != 0; i++) {
        assert_true(i < 100);
        e = (Pl__Erasure *) t_row(t, PL_TABLE_ERASING, 0,
                                  &pl__erasure__descriptor);
        in.tenant = e->tenant;
        in.entry = e->entry;
        in.rows = PL_ERASE_ROWS;
        in.has_forgotten = e->phase == PL__ERASE_PHASE__ERASE_PHASE_FORGET;
        in.forgotten = in.has_forgotten;
        command.of_case = PL__COMMAND__OF_ERASE_STEP;
        command.erase_step = &in;
        (void) t_append(t, &command, NULL);
        t_fold(t);
    }
}


static void
sets_consent(t_engine_t *t, Pl__ConsentState state)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ConsentSet   set = PL__CONSENT_SET__INIT;

    set.tenant = 1;
    set.has_contact = 1;
    set.contact = contact(t);
    set.category = (char *) PL_CONSENT_MARKETING;
    set.state = state;
    set.source = (char *) SOURCE;
    set.actor = (char *) "maria";
    set.text_version = (char *) "v7";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &set;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* No row of changes has it, whatever an event shows. */

static void
rows_name_nobody(t_engine_t *t)
{
    unsigned     i;
    Pl__Change  *row;

    for (i = 0; i < t_rows(t, PL_TABLE_CHANGES); i++) {
        row = (Pl__Change *) t_row(t, PL_TABLE_CHANGES, i,
                                   &pl__change__descriptor);
        assert_null(row->reason);
        assert_null(row->actor);
        assert_true(row->kind != PL__CHANGE_KIND__CHANGE_KIND_TASK
                    || row->subject == NULL);
    }
}


/* As engine 8 wrote it; or it goes again. */

static void
old_row(t_engine_t *t, bool there)
{
    pl_txn_t    *txn;
    pl_key_t     key;
    Pl__Change   row = PL__CHANGE__INIT;

    row.kind = PL__CHANGE_KIND__CHANGE_KIND_CONSENT;
    row.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    row.party = contact(t);
    row.subject = (char *) PL_CONSENT_MARKETING;
    row.has_consent = 1;
    row.consent = PL__CONSENT_STATE__CONSENT_STATE_GRANTED;
    row.reason = (char *) SOURCE;
    row.actor = (char *) "maria";
    pl_key_tenant_seq(&key, 1, 900000);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, there ? pl_record_put(txn, PL_TABLE_CHANGES, pl_key_str(&key),
                                  &row.base, false, &t->err)
                  : pl_store_del(txn, PL_TABLE_CHANGES, pl_key_str(&key),
                                 &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
an_old_row_of_somebody_erased(void **state)
{
    told_t       told;
    t_engine_t  *t = *state;

    flows(t, TELLS, NULL);
    says(t, "hello");
    old_row(t, true);
    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_CONSENT_CHANGED, 0),
                          SOURCE));

    erase(t);
    erase_on(t);
    told_all(t, &told);
    assert_false(told_says(told_one(&told, PL_API_EVENT_CONSENT_CHANGED, 0),
                           SOURCE));
    old_row(t, false);
}


static void
a_task_is_named_by_its_timer(void **state)
{
    told_t       told;
    t_engine_t  *t = *state;

    flows(t, TELLS, NULL);
    says(t, "tell");
    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 0),
                          "\"name\":\"later\""));

    says(t, "tell");                    /* another one takes its name */
    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 0),
                          "\"name\":\"later\""));
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_CANCELLED, 0),
                          "\"name\":\"later\""));
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 1),
                          "\"name\":\"later\""));

    (void) passes(t, 2 * HOUR);
    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 1),
                          "\"name\":\"later\""));
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_FIRED, 0),
                          "\"name\":\"later\""));
    rows_name_nobody(t);

    erase(t);
    erase_on(t);
    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 0),
                          "\"name\":\"\",\"state\":\"armed\""));
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_FIRED, 0),
                          "\"name\":\"\",\"state\":\"fired\""));
}


/* As where a zone has given it another time, by which it stands. */

static void
a_task_that_moved_is_named_by_its_conversation(void **state)
{
    told_t       told;
    pl_key_t     key;
    pl_txn_t    *txn;
    Pl__Timer   *timer;
    t_engine_t  *t = *state;

    flows(t, TELLS, NULL);
    says(t, "tell");
    timer = (Pl__Timer *) t_row(t, PL_TABLE_TIMERS, 0,
                                &pl__timer__descriptor);
    pl_key_task(&key, 1, timer->due_ms, timer->id);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_del(txn, PL_TABLE_TASKS, pl_key_str(&key), &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    told_all(t, &told);
    assert_true(told_says(told_one(&told, PL_API_EVENT_TASK_ARMED, 0),
                          "\"name\":\"later\""));
}


static void
a_consents_source_is_in_its_history(void **state)
{
    unsigned                i;
    told_t                  told;
    t_engine_t             *t = *state;
    Pl__AuditEvent         *row;
    const pl_api_event_t   *e;

    flows(t, TELLS, NULL);
    says(t, "hello");
    sets_consent(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    told_all(t, &told);
    e = told_one(&told, PL_API_EVENT_CONSENT_CHANGED, 0);
    assert_true(told_says(e, "\"source\":\"" SOURCE "\""));
    assert_true(told_says(e, "\"actor\":\"maria\""));
    rows_name_nobody(t);

    /* at once: the history goes with the contact */

    erase(t);
    told_all(t, &told);
    e = told_one(&told, PL_API_EVENT_CONSENT_CHANGED, 0);
    assert_false(told_says(e, "source"));
    assert_false(told_says(e, "actor"));
    assert_true(told_says(e, "\"state\":\"granted\""));

    /* then: that it was, when, and by which text stay in the audit log */

    erase_on(t);
    assert_int_equal(audits(t, PL__AUDIT_KIND__AUDIT_KIND_CONSENT, &row), 1);
    assert_null(row->rule);
    assert_null(row->text);
    assert_null(row->actor);
    assert_null(row->consent->source);
    assert_string_equal(row->consent->text_version, "v7");
    assert_int_equal(row->consent->state,
                     PL__CONSENT_STATE__CONSENT_STATE_GRANTED);

    for (i = 0; i < t_rows(t, PL_TABLE_AUDIT); i++) {
        row = (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT, i,
                                       &pl__audit_event__descriptor);
        assert_true(row->text == NULL || strstr(row->text, SOURCE) == NULL);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(an_old_row_of_somebody_erased,
                                        run_setup, run_end),
        cmocka_unit_test_setup_teardown(a_task_is_named_by_its_timer,
                                        run_setup, run_end),
        cmocka_unit_test_setup_teardown(
            a_task_that_moved_is_named_by_its_conversation, run_setup, t_end),
        cmocka_unit_test_setup_teardown(a_consents_source_is_in_its_history,
                                        run_setup, run_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("api_event_names", tests, NULL, NULL);
}
