/*
 * The engine: messages that are to be sent later. They wait without a place
 * in any queue, fire once, in order, and can be called off until then.
 */

#include "later.h"
#include "people.h"

#define CHANGED                                                               \
    "\"from\":\"34600000001\",\"system\":{\"type\":"                           \
    "\"user_changed_number\",\"wa_id\":\"34600000002\"}"


static void
it_waits_outside_of_every_queue(void **state)
{
    asked_t       a;
    uint64_t      id, epoch, effects[64];
    t_engine_t   *t = *state;
    Pl__Timer    *timer;
    Pl__Verdict  *v;

    epoch = t_sender(t, true, NULL);
    asked_to(&a, LATER_PHONE, "later");
    asked_with(&a, T_NOW + 3600 * 1000, 0, NULL);
    id = ask(t, &a);

    v = verdict(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_SCHEDULED);
    assert_int_equal(v->effect, effect_of(t, id));
    stands(t, id, SCHEDULED, NULL);
    assert_true(message(t, id)->at_ms == T_NOW + 3600 * 1000);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    timer = (Pl__Timer *) t_row(t, PL_TABLE_TIMERS, 0,
                                &pl__timer__descriptor);
    assert_int_equal(timer->of_case, PL__TIMER__OF_EFFECT);
    assert_int_equal(timer->effect->send_message->message, id);
    assert_int_equal(t_counted(t, "requests", "scheduled"), 1);

    /* one millisecond before: nothing */

    t_pass(t, 3600 * 1000 - 1);
    assert_int_equal(fire(t, 64), 0);
    t_pass(t, 1);
    assert_int_equal(fire(t, 64), 1);
    stands(t, id, QUEUED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);

    /* once: its row is gone, and what became of it says its message */

    assert_int_equal(fire(t, 64), 0);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
    leaves(t, epoch, "later");
    stands(t, id, ACCEPTED, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 0);
}


/* The same entry twice, or before its time, or of a timer that is not. */

static void
a_timer_that_is_told_twice_fires_once(void **state)
{
    int            i;
    uint64_t       id;
    t_engine_t    *t = *state;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due = PL__TIMER_DUE__INIT;

    id = sends(t, "later", T_NOW + 1000, 0, NULL);
    due.timer = effect_of(t, id);
    due.due_ms = T_NOW + 1000;
    command.of_case = PL__COMMAND__OF_TIMER_DUE;
    command.timer_due = &due;

    (void) t_append(t, &command, NULL);
    t_fold(t);
    stands(t, id, SCHEDULED, NULL);     /* its time has not come */

    t_pass(t, 1000);
    for (i = 0; i < 3; i++) {
        (void) t_append(t, &command, NULL);
    }

    due.timer = 4711;
    (void) t_append(t, &command, NULL);
    due.due_ms = INT64_MIN;             /* the key of one that ended */
    (void) t_append(t, &command, NULL);
    t_fold(t);
    stands(t, id, QUEUED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


/* In the order of their times; of one time in the order they were asked. */

static void
order_is_that_of_times_and_then_of_asking(void **state)
{
    uint64_t      epoch, waits;
    t_engine_t   *t = *state;

    epoch = t_sender(t, true, NULL);
    (void) sends(t, "third", T_NOW + 2000, 0, NULL);
    (void) sends(t, "first", T_NOW + 1000, 0, NULL);
    (void) sends(t, "second", T_NOW + 1000, 0, NULL);

    /* what waits in the queue by then was there before */

    waits = sends(t, "before", 0, 0, NULL);
    t_pass(t, 5000);
    assert_int_equal(fire(t, 2), 2);
    assert_int_equal(fire(t, 64), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);
    stands(t, waits, QUEUED, NULL);
    (void) sends(t, "after", 0, 0, NULL);

    leaves(t, epoch, "before");
    leaves(t, epoch, "first");
    leaves(t, epoch, "second");
    leaves(t, epoch, "third");
    leaves(t, epoch, "after");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
}


/*
 * Its number is older than that of what it waits behind: a letter that comes
 * back from the dead still finds its place, and only once.
 */

static void
dead_letters_come_back_around_it(void **state)
{
    uint64_t         epoch, effects[64], second;
    t_engine_t      *t = *state;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__DeadRetry    retry = PL__DEAD_RETRY__INIT;

    epoch = t_sender(t, true, NULL);
    (void) sends(t, "later", T_NOW + 1000, 0, NULL);
    (void) sends(t, "one", 0, 0, NULL);
    second = sends(t, "two", 0, 0, NULL);
    (void) sends(t, "three", 0, 0, NULL);

    leaves(t, epoch, "one");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    stands(t, second, FAILED, NULL);

    retry.tenant = 1;
    retry.effect = effects[0];
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);

    leaves(t, epoch, "two");
    leaves(t, epoch, "three");
    leaves(t, epoch, "later");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


/* Policy is asked when the time has come, and not before. */

static void
policy_has_its_say_when_the_time_has_come(void **state)
{
    asked_t       a;
    uint64_t      id;
    t_engine_t   *t = *state;

    (void) t_text(t, LATER_PHONE, "wamid.A", T_NOW / 1000, "x");
    t_fold(t);

    asked_to(&a, LATER_PHONE, "");
    pl__text__init(&a.text);
    a.text.body = (char *) "still there?";
    a.content.type = (char *) "text";
    a.content.of_case = PL__CONTENT__OF_TEXT;
    a.content.text = &a.text;
    asked_with(&a, T_NOW + LATER_DAY, 0, NULL);
    id = ask(t, &a);
    stands(t, id, SCHEDULED, NULL);

    t_pass(t, LATER_DAY);               /* the window closed just now */
    assert_int_equal(fire(t, 64), 1);
    stands(t, id, FAILED, "window.closed");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
}


static void
one_that_waits_can_be_called_off(void **state)
{
    uint64_t           id, other;
    t_engine_t        *t = *state;
    Pl__AuditEvent    *event;

    id = sends(t, "later", T_NOW + 1000, 0, "key");
    other = sends(t, "now", 0, 0, NULL);
    cancel(t, id);

    stands(t, id, FAILED, "cancelled");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
    event = audited(t, (unsigned) t_rows(t, PL_TABLE_AUDIT) - 1);
    assert_int_equal(event->kind, PL__AUDIT_KIND__AUDIT_KIND_CANCELLED);
    assert_int_equal(event->subject, id);
    assert_string_equal(event->actor, "maria");

    t_pass(t, 5000);
    assert_int_equal(fire(t, 64), 0);

    /* again, one that was never delayed, one of nobody's, another tenant's */

    cancel(t, id);
    cancel(t, other);
    cancel(t, 4711);
    stands(t, other, QUEUED, NULL);
    assert_int_equal(t_counted(t, "cancels", "done"), 1);
    assert_int_equal(t_counted(t, "cancels", "late"), 2);
    assert_int_equal(t_counted(t, "cancels", "unknown"), 1);
}


static void
one_that_has_fired_is_not_called_off(void **state)
{
    uint64_t     id;
    t_engine_t  *t = *state;

    id = sends(t, "later", T_NOW + 1000, 0, NULL);
    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    cancel(t, id);
    stands(t, id, QUEUED, NULL);
    assert_int_equal(t_counted(t, "cancels", "late"), 1);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
}


/* What was not asked for is refused by field, and leaves nothing. */

static void
the_limits_of_a_request(void **state)
{
    char          key[PL_COLLAPSE_KEY_MAX + 2];
    size_t        i;
    asked_t       a;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    const struct {
        int64_t      at_ms;
        int64_t      expires_ms;
        size_t       key;               /* bytes; SIZE_MAX: none */
        const char  *path;              /* NULL: it is taken */
    } rows[] = {
        { T_NOW + PL_AT_MAX_MS, 0, SIZE_MAX, NULL },
        { T_NOW + PL_AT_MAX_MS + 1, 0, SIZE_MAX, "at_ms" },
        { INT64_MAX, 0, SIZE_MAX, "at_ms" },
        { INT64_MIN, 0, SIZE_MAX, NULL },           /* past: now */
        { T_NOW + 10, T_NOW + 10, SIZE_MAX, "expires_ms" },
        { T_NOW + 10, T_NOW + 11, SIZE_MAX, NULL },
        { 0, -1, SIZE_MAX, "expires_ms" },
        { 0, INT64_MAX, SIZE_MAX, NULL },
        { 0, 0, 0, "collapse_key" },
        { 0, 0, PL_COLLAPSE_KEY_MAX, NULL },
        { 0, 0, PL_COLLAPSE_KEY_MAX + 1, "collapse_key" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        asked_to(&a, LATER_PHONE, "x");

        if (rows[i].key != SIZE_MAX) {
            memset(key, 'k', sizeof(key));
            key[rows[i].key] = '\0';
        }

        asked_with(&a, rows[i].at_ms, rows[i].expires_ms,
                   rows[i].key == SIZE_MAX ? NULL : key);
        (void) ask(t, &a);
        v = verdict(t, &a);

        if (rows[i].path == NULL) {
            assert_int_not_equal(v->decision,
                                 PL__DECISION__DECISION_REFUSED);
            continue;
        }

        assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
        assert_string_equal(v->rule, "request.refused");
        assert_string_equal(v->path, rows[i].path);
        assert_false(v->has_message);
    }

    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


/* The key of a request stands for all of it, its terms too. */

static void
the_same_request_twice_is_scheduled_once(void **state)
{
    asked_t       a;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked_to(&a, LATER_PHONE, "later");
    asked_with(&a, T_NOW + 1000, T_NOW + 9000, "key");
    (void) ask(t, &a);
    (void) ask(t, &a);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);
    assert_false(verdict(t, &a)->has_conflict);

    a.request.at_ms++;
    (void) ask(t, &a);
    v = verdict(t, &a);
    assert_int_equal(v->conflict, a.entry);
    assert_int_equal(v->decision, PL__DECISION__DECISION_SCHEDULED);

    a.request.at_ms--;
    a.request.collapse_key = (char *) "other";
    (void) ask(t, &a);
    assert_int_equal(verdict(t, &a)->conflict, a.entry);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 1);
}


/* Its status finds its effect, which is far from what was made meanwhile. */

static void
an_unknown_one_is_settled_by_its_status(void **state)
{
    uint64_t           id, epoch, effects[64];
    t_engine_t        *t = *state;
    Pl__AttemptStage   stage = PL__ATTEMPT_STAGE__INIT;

    epoch = t_sender(t, true, NULL);
    id = sends(t, "later", T_NOW + 1000, 0, NULL);
    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stage.effect = effects[0];
    stage.stage = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    (void) t_sender(t, true, &stage);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), 1);

    (void) t_status(t, "sent", id, t->wall_ms / 1000);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), 0);
    stands(t, id, PL__MESSAGE_STATE__MESSAGE_STATE_SENT, NULL);
}


/* The person has another number by then: it is no stranger's message. */

static void
it_goes_to_the_number_that_the_person_has_then(void **state)
{
    uint64_t     id, other;
    t_engine_t  *t = *state;

    says(t, LATER_PHONE, NULL, "wamid.A", "x");
    id = sends(t, "later", T_NOW + 10 * LATER_DAY, 0, NULL);
    other = sends(t, "sooner", T_NOW + 1000, 0, NULL);

    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    assert_string_equal(message(t, other)->address->value, LATER_PHONE);

    system_says(t, "wamid.S", CHANGED);
    t_pass(t, 10 * LATER_DAY);
    says(t, LATER_PHONE, NULL, "wamid.B", "who is this?");
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 2);
    assert_int_equal(fire(t, 64), 1);
    assert_string_equal(message(t, id)->address->value, "34600000002");
}


/* Whoever it was meant for is somebody else's contact since. */

static void
a_contact_that_was_joined_still_gets_it(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    says(t, "34600000009", NULL, "wamid.A", "x");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    id = sends(t, "later", T_NOW + 1000, 0, "k");
    join(t, contact(t, 0)->id, contact(t, 1)->id);

    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "later");
    stands(t, id, ACCEPTED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/*
 * In a store that was brought back from a backup its number may have been
 * another's, of which the provider still tells.
 */

static void
a_status_says_nothing_of_one_that_waits(void **state)
{
    uint64_t     id, epoch;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    id = sends(t, "later", t->wall_ms + 1000, 0, NULL);
    (void) t_status(t, "delivered", id, T_NOW / 1000);
    t_fold(t);
    stands(t, id, SCHEDULED, NULL);

    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "later");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_status_says_nothing_of_one_that_waits, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(it_waits_outside_of_every_queue,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(
            a_timer_that_is_told_twice_fires_once, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(
            order_is_that_of_times_and_then_of_asking, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(dead_letters_come_back_around_it,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(
            policy_has_its_say_when_the_time_has_come, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(one_that_waits_can_be_called_off,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(
            one_that_has_fired_is_not_called_off, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(
            it_goes_to_the_number_that_the_person_has_then, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(
            a_contact_that_was_joined_still_gets_it, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(the_limits_of_a_request,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(
            the_same_request_twice_is_scheduled_once, later_setup,
            later_teardown),
        cmocka_unit_test_setup_teardown(
            an_unknown_one_is_settled_by_its_status, later_setup,
            later_teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
