/*
 * The engine: what expires is never sent, and what a newer message replaces
 * ends without a letter that somebody had to clear away.
 */

#include "later.h"


static Pl__DeadLetter *
letter(t_engine_t *t)
{
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    return (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
}


/* At its time itself it is over; a millisecond earlier it leaves. */

static void
it_expires_at_its_time_itself(void **state)
{
    asked_t       a;
    uint64_t      early, late, epoch, effects[64];
    t_engine_t   *t = *state;

    epoch = t_sender(t, true, NULL);
    early = sends(t, "early", 0, T_NOW + 1001, NULL);
    asked_to(&a, "34600000002", "late");
    asked_with(&a, 0, T_NOW + 1000, NULL);
    late = ask(t, &a);
    stands(t, late, QUEUED, NULL);

    t_pass(t, 1000);
    assert_int_equal(t_attempt(t, epoch, effects), 2);
    assert_int_equal(flying(t), early);
    stands(t, late, FAILED, "expired");
    assert_string_equal(letter(t)->rule, "expired");
    assert_int_equal(audited(t, (unsigned) t_rows(t, PL_TABLE_AUDIT) - 1)
                     ->kind, PL__AUDIT_KIND__AUDIT_KIND_BLOCKED);
}


/* What is over before it is queued says so to whoever asks. */

static void
what_has_expired_is_not_queued(void **state)
{
    asked_t       a;
    uint64_t      id;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    asked_to(&a, LATER_PHONE, "late");
    asked_with(&a, 0, T_NOW, NULL);
    id = ask(t, &a);
    v = verdict(t, &a);
    assert_int_equal(v->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(v->rule, "expired");
    stands(t, id, FAILED, "expired");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_string_equal(letter(t)->rule, "expired");
}


/* A delayed one whose timer was late: nobody ran when it was due. */

static void
a_delayed_one_expires_as_well(void **state)
{
    uint64_t     id;
    t_engine_t  *t = *state;

    id = sends(t, "late", T_NOW + 1000, T_NOW + 2000, "key");
    t_pass(t, 2000);
    assert_int_equal(fire(t, 64), 1);
    stands(t, id, FAILED, "expired");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/* A retry that would come too late is not waited for; the next one goes. */

static void
a_retry_that_comes_too_late_ends_at_once(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    id = sends(t, "first", 0, T_NOW + 60000, NULL);
    (void) sends(t, "next", 0, 0, NULL);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
             T_NOW + 59999);
    stands(t, id, QUEUED, NULL);
    t_pass(t, 59999);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_THROTTLE,
             T_NOW + 60000);
    stands(t, id, FAILED, "expired");
    assert_string_equal(letter(t)->reason, "expired");
    leaves(t, epoch, "next");
}


/* It would end the same way: a letter of that kind stays where it is. */

static void
an_expired_letter_is_not_retried(void **state)
{
    uint64_t        id;
    t_engine_t     *t = *state;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__DeadRetry   retry = PL__DEAD_RETRY__INIT;

    id = sends(t, "late", 0, T_NOW, NULL);
    retry.tenant = 1;
    retry.effect = letter(t)->effect->id;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    stands(t, id, FAILED, "expired");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


static void
a_newer_message_replaces_what_waits(void **state)
{
    asked_t            a;
    uint64_t           old, epoch, other;
    t_engine_t        *t = *state;
    Pl__AuditEvent    *event;

    epoch = t_sender(t, true, NULL);
    (void) sends(t, "before", 0, 0, NULL);
    old = sends(t, "old", 0, 0, "price");
    (void) sends(t, "between", 0, 0, NULL);

    /* of another person, another lane, another key: not the same */

    asked_to(&a, "34600000002", "other");
    asked_with(&a, T_NOW + LATER_DAY, 0, "price");
    other = ask(t, &a);
    asked_to(&a, LATER_PHONE, "lane");
    asked_with(&a, T_NOW + LATER_DAY, 0, "price");
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_REMINDER;
    (void) ask(t, &a);
    (void) sends(t, "key", T_NOW + LATER_DAY, 0, "prices");
    stands(t, old, QUEUED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 4);

    (void) sends(t, "new", 0, 0, "price");
    stands(t, old, FAILED, "collapsed");
    stands(t, other, SCHEDULED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_counted(t, "collapsed", ""), 1);
    event = audited(t, (unsigned) t_rows(t, PL_TABLE_AUDIT) - 1);
    assert_int_equal(event->kind, PL__AUDIT_KIND__AUDIT_KIND_COLLAPSED);
    assert_int_equal(event->subject, old);

    /* the newer one has its own place in the order */

    leaves(t, epoch, "before");
    leaves(t, epoch, "between");
    leaves(t, epoch, "new");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 3);
}


/* The head itself, put off as it is, and a whole row of them. */

static void
of_many_the_newest_is_left(void **state)
{
    int          i;
    uint64_t     epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    (void) sends(t, "old", 0, 0, "k");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
             T_NOW + 60000);

    for (i = 0; i < 100; i++) {
        (void) sends(t, i == 99 ? "new" : "old", 0, 0, "k");
    }

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_counted(t, "collapsed", ""), 100);
    leaves(t, epoch, "new");
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/* Delayed ones too, in both directions: what was asked last is what counts. */

static void
what_is_delayed_is_replaced_too(void **state)
{
    uint64_t     first, second, third, epoch;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    first = sends(t, "first", T_NOW + 1000, 0, "k");
    second = sends(t, "second", T_NOW + 500, 0, "k");
    stands(t, first, FAILED, "collapsed");
    stands(t, second, SCHEDULED, NULL);

    third = sends(t, "third", 0, 0, "k");
    stands(t, second, FAILED, "collapsed");
    t_pass(t, 2000);
    assert_int_equal(fire(t, 64), 0);
    (void) sends(t, "fourth", T_NOW + 3000, 0, "k");
    stands(t, third, FAILED, "collapsed");
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);

    t_pass(t, 1000);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "fourth");
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/*
 * On the wire it is let be. Sent, it is sent; put off, it ends when it would
 * leave next.
 */

static void
what_is_on_the_wire_is_let_be(void **state)
{
    uint64_t     first, second, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    first = sends(t, "first", 0, 0, "k");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    (void) sends(t, "second", 0, 0, "k");
    stands(t, first, QUEUED, NULL);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    stands(t, first, ACCEPTED, NULL);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    second = flying(t);
    (void) sends(t, "third", 0, 0, "k");
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, T_NOW + 10);
    stands(t, second, FAILED, "collapsed");
    leaves(t, epoch, "third");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/* Who came while it was on the wire is gone: it is the newest once more. */

static void
what_comes_back_from_the_wire_can_be_replaced(void **state)
{
    uint64_t     first, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    first = sends(t, "first", 0, 0, "k");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    cancel(t, sends(t, "second", T_NOW + 1000, 0, "k"));
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY, T_NOW + 10);
    stands(t, first, QUEUED, NULL);
    (void) sends(t, "third", 0, 0, "k");
    stands(t, first, FAILED, "collapsed");
    leaves(t, epoch, "third");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
}


/* What policy keeps from being queued takes nobody's place. */

static void
what_is_not_queued_replaces_nothing(void **state)
{
    asked_t      a;
    uint64_t     old;
    t_engine_t  *t = *state;

    old = sends(t, "old", 0, 0, "k");
    asked_to(&a, LATER_PHONE, "late");
    asked_with(&a, 0, T_NOW, "k");
    (void) ask(t, &a);
    stands(t, old, QUEUED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 1);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
}


/* An older one that comes back takes no newer one's place. */

static void
a_letter_from_the_dead_is_not_the_newest(void **state)
{
    uint64_t        first, epoch, effects[64];
    t_engine_t     *t = *state;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__DeadRetry   retry = PL__DEAD_RETRY__INIT;

    epoch = t_sender(t, true, NULL);
    first = sends(t, "first", 0, 0, "k");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 0);
    (void) sends(t, "second", 0, 0, "k");

    retry.tenant = 1;
    retry.effect = effects[0];
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    stands(t, first, FAILED, "collapsed");
    leaves(t, epoch, "second");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


/* A queue that is full makes room by what it gives up. */

static void
a_full_queue_takes_what_replaces(void **state)
{
    int          i;
    uint64_t     id, past;
    t_engine_t  *t = *state;

    (void) sends(t, "first", 0, 0, "k");

    for (i = 1; i < PL_QUEUE_MAX; i++) {
        (void) sends(t, "x", 0, 0, NULL);
    }

    past = sends(t, "past", 0, 0, "other");
    stands(t, past, FAILED, NULL);
    id = sends(t, "new", 0, 0, "k");
    stands(t, id, QUEUED, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), PL_QUEUE_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_COLLAPSES), 1);
}


#define TEST(name)                                                            \
    cmocka_unit_test_setup_teardown(name, later_setup, later_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(it_expires_at_its_time_itself),
        TEST(what_has_expired_is_not_queued),
        TEST(a_delayed_one_expires_as_well),
        TEST(a_retry_that_comes_too_late_ends_at_once),
        TEST(an_expired_letter_is_not_retried),
        TEST(a_newer_message_replaces_what_waits),
        TEST(of_many_the_newest_is_left),
        TEST(what_is_delayed_is_replaced_too),
        TEST(what_is_on_the_wire_is_let_be),
        TEST(what_comes_back_from_the_wire_can_be_replaced),
        TEST(what_is_not_queued_replaces_nothing),
        TEST(a_letter_from_the_dead_is_not_the_newest),
        TEST(a_full_queue_takes_what_replaces),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
