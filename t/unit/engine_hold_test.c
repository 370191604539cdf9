/*
 * The engine: what a person pauses, on a real store.
 */

#include "hold.h"
#include "later.h"

#define ANA    "34600000001"
#define BEA    "34600000002"
#define CARLA  "34600000003"

#define TENANT       t_place(PL__HOLD_KIND__HOLD_KIND_TENANT, 0, NULL)
#define CHANNEL(n)   t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, n, NULL)
#define TEMPLATE(s)  t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, s)
#define CAMPAIGN(s)  t_place(PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0, s)


/* Attempts everything that is due; are these, and no others, on the wire? */

static void
goes(t_engine_t *t, uint64_t epoch, size_t n, const uint64_t *effects)
{
    size_t    i;
    uint64_t  all[64];

    (void) t_attempt(t, epoch, all);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), n);

    for (i = 0; i < n; i++) {
        assert_true(((Pl__AttemptRecord *) t_row(t, PL_TABLE_ATTEMPTS,
                         (unsigned) i, &pl__attempt_record__descriptor))
                    ->effect->id == effects[i]);
    }
}


static void
a_paused_channel_begins_nothing(void **state)
{
    unsigned         n;
    uint64_t         epoch, one, other;
    t_engine_t      *t = *state;
    Pl__Effect      *effect;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    t_pause(t, CHANNEL(T_MAIN), 0);
    assert_int_equal(t_meta(t)->holds, 1);

    one = t_ask(t, T_MAIN, ANA, "hello", 0);
    other = t_ask(t, T_SECOND, BEA, "hello", 0);
    goes(t, epoch, 1, &other);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);

    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->attempts, 0);
    t_result(t, other, epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    event = t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_PAUSED, &n);
    assert_int_equal(n, 1);
    assert_string_equal(event->actor, "maria");
    assert_string_equal(event->text, "complaints");
    assert_string_equal(event->rule, "hold.channel");
    assert_int_equal(event->subject, T_MAIN);

    t_resume(t, CHANNEL(T_MAIN));
    assert_int_equal(t_meta(t)->holds, 0);
    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 0);
    event = t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_RESUMED, &n);
    assert_int_equal(n, 1);
    assert_string_equal(event->actor, "jo");

    goes(t, epoch, 1, &one);

    /* resumed twice: nothing happens */

    t_resume(t, CHANNEL(T_MAIN));
    (void) t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_RESUMED, &n);
    assert_int_equal(n, 1);
}


static void
a_paused_tenant_begins_nothing(void **state)
{
    uint64_t     epoch, effects[2];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    effects[0] = t_ask(t, T_MAIN, ANA, "hello", 0);
    effects[1] = t_ask(t, T_THIRD, BEA, "hello", 0);

    t_pause(t, TENANT, 0);
    goes(t, epoch, 0, NULL);
    t_resume(t, TENANT);
    goes(t, epoch, 2, effects);
}


/* What is out comes home; what it was charged is as ever. */

static void
a_pause_while_an_attempt_is_out(void **state)
{
    uint64_t     epoch, one;
    t_engine_t  *t = *state;
    Pl__Effect  *effect;

    epoch = t_sender(t, true, NULL);
    one = t_ask(t, T_MAIN, ANA, "hello", 0);
    goes(t, epoch, 1, &one);

    t_pause(t, TEMPLATE("hello"), 0);
    t_pause(t, CHANNEL(T_MAIN), 0);
    t_result(t, one, epoch, PL__OUTCOME__OUTCOME_RETRY, t->wall_ms + 1000);
    t_pass(t, 2000);
    goes(t, epoch, 0, NULL);

    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->attempts, 1);
    assert_int_equal(t_meta(t)->aside, 0);

    t_resume(t, CHANNEL(T_MAIN));
    goes(t, epoch, 0, NULL);
    assert_int_equal(t_meta(t)->aside, 1);

    t_resume(t, TEMPLATE("hello"));
    assert_int_equal(t_release(t, 16), 1);
    goes(t, epoch, 1, &one);

    /* a sender that ended while it was paused loses nothing */

    t_pause(t, TEMPLATE("hello"), 0);
    epoch = t_sender(t, true, NULL);
    goes(t, epoch, 0, NULL);
    t_resume(t, TEMPLATE("hello"));
    assert_int_equal(t_release(t, 16), 1);
    goes(t, epoch, 1, &one);
    t_result(t, one, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
    assert_int_equal(t_meta(t)->aside, 0);
}


/* Its heads leave the way free for others, and their times stay. */

static void
a_paused_template_leaves_others_alone(void **state)
{
    char         phone[16];
    unsigned     i;
    pl_due_t     due[64];
    uint64_t     epoch, other, effects[40];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_pause(t, TEMPLATE("hello"), 0);

    for (i = 0; i < 40; i++) {
        (void) snprintf(phone, sizeof(phone), "346000001%02u", i);
        effects[i] = t_ask(t, T_MAIN, phone, "hello", 0);
        t_pass(t, 10);
    }

    other = t_ask(t, T_MAIN, BEA, "bye", 0);
    goes(t, epoch, 1, &other);
    t_result(t, other, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_meta(t)->aside, 40);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 40);
    assert_int_equal(t_due(t, t->wall_ms, false, due, 64), 0);
    assert_int_equal(t_release(t, 16), 0);

    t_resume(t, TEMPLATE("hello"));
    t_pass(t, 60000);
    assert_int_equal(t_release(t, 16), 3);
    assert_int_equal(t_meta(t)->aside, 0);

    /* in the order in which they were made */

    assert_int_equal(t_due(t, t->wall_ms, false, due, 64), 40);
    for (i = 0; i < 40; i++) {
        assert_true(due[i].attempt.effect == effects[i]);
        assert_int_equal(due[i].due_ms, T_NOW + 10 * i);
    }
}


/* Of two templates and a campaign that wait, one comes back. */

static void
what_is_still_held_stays_aside(void **state)
{
    uint64_t     epoch, effects[4];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_pause(t, TEMPLATE("a"), 0);
    t_pause(t, TEMPLATE("b"), 0);
    t_pause(t, CAMPAIGN("7"), 0);

    effects[0] = t_ask(t, T_MAIN, ANA, "a", 0);
    effects[1] = t_ask(t, T_MAIN, BEA, "b", 0);
    effects[2] = t_ask(t, T_SECOND, CARLA, "c", 7);
    effects[3] = t_ask(t, T_SECOND, ANA, "c", 8);
    goes(t, epoch, 1, &effects[3]);
    t_result(t, effects[3], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_meta(t)->aside, 3);

    t_resume(t, TEMPLATE("b"));
    assert_int_equal(t_release(t, 1), 1);
    goes(t, epoch, 1, &effects[1]);
    t_result(t, effects[1], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    t_resume(t, CAMPAIGN("7"));
    assert_int_equal(t_release(t, 256), 1);
    goes(t, epoch, 1, &effects[2]);
    assert_int_equal(t_meta(t)->aside, 1);
}


/* Held by its campaign as well: it moves from one to the other. */

static void
two_holds_on_one_head(void **state)
{
    uint64_t     epoch, one;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_pause(t, TEMPLATE("a"), 0);
    t_pause(t, CAMPAIGN("7"), 0);
    one = t_ask(t, T_MAIN, ANA, "a", 7);
    goes(t, epoch, 0, NULL);

    t_resume(t, TEMPLATE("a"));
    assert_int_equal(t_release(t, 16), 1);
    goes(t, epoch, 0, NULL);
    assert_int_equal(t_meta(t)->aside, 1);

    t_resume(t, CAMPAIGN("7"));
    assert_int_equal(t_release(t, 16), 1);
    goes(t, epoch, 1, &one);
}


/* A letter that comes back from the dead takes the place of one aside. */

static void
order_is_kept_around_what_is_aside(void **state)
{
    uint64_t        epoch, first, second;
    t_engine_t     *t = *state;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__DeadRetry   retry = PL__DEAD_RETRY__INIT;

    epoch = t_sender(t, true, NULL);
    first = t_ask(t, T_MAIN, ANA, "a", 0);
    goes(t, epoch, 1, &first);
    t_result(t, first, epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);

    t_pause(t, TEMPLATE("b"), 0);
    second = t_ask(t, T_MAIN, ANA, "b", 0);
    goes(t, epoch, 0, NULL);
    assert_int_equal(t_meta(t)->aside, 1);

    retry.tenant = 1;
    retry.effect = first;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_meta(t)->aside, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);

    goes(t, epoch, 1, &first);
    t_result(t, first, epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);
    goes(t, epoch, 0, NULL);
    assert_int_equal(t_meta(t)->aside, 1);

    t_resume(t, TEMPLATE("b"));
    assert_int_equal(t_release(t, 16), 1);
    goes(t, epoch, 1, &second);
}


/* A pause with an end: it ends by itself, and the audit says so. */

static void
a_pause_ends_when_its_time_is_over(void **state)
{
    bool             over;
    unsigned         n;
    uint64_t         epoch, one;
    t_engine_t      *t = *state;
    pl_holds_t      *holds;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__Release      release = PL__RELEASE__INIT;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    one = t_ask(t, T_MAIN, ANA, "a", 0);
    t_pause(t, CHANNEL(T_MAIN), 60000);
    goes(t, epoch, 0, NULL);

    holds = t_holds(t);
    assert_int_equal(pl_holds_next(holds, t->wall_ms, &over),
                     t->wall_ms + 60000);
    assert_false(over);
    t_pass(t, 60000);
    assert_int_equal(pl_holds_next(holds, t->wall_ms, &over), INT64_MAX);
    assert_true(over);
    pl_holds_free(holds);

    goes(t, epoch, 1, &one);

    release.rows = 16;
    command.of_case = PL__COMMAND__OF_RELEASE;
    command.release = &release;
    t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_meta(t)->holds, 0);
    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 0);
    event = t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_RESUMED, &n);
    assert_int_equal(n, 1);
    assert_string_equal(event->text, "its time was over");

    /* over before it began: nothing was */

    t_pause(t, CHANNEL(T_MAIN), -1);
    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 0);
}


/* What cannot be held goes to quarantine, with its reason. */

static void
places_that_are_none(void **state)
{
    char             name[PL_HOLD_SUBJECT_MAX + 2];
    size_t           i;
    t_engine_t      *t = *state;
    pl_hold_place_t  places[] = {
        t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, 0, NULL),
        t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, 99, NULL),
        t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, "x"),
        t_place(PL__HOLD_KIND__HOLD_KIND_TENANT, 1, NULL),
        t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, 1, NULL),
        t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, 1, "a\nb"),
        t_place(PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 1, "7"),
        t_place(PL__HOLD_KIND__HOLD_KIND_ACCOUNT, 0, "1"),
        t_place(PL__HOLD_KIND__HOLD_KIND_APP, 0, "whatsapp"),
        t_place(PL__HOLD_KIND__HOLD_KIND_FILES, 1, NULL),
        t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, 1, "too long"),
        { 99, PL__HOLD_KIND__HOLD_KIND_TENANT, 0, { NULL, 0 } },
    };

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    places[10].subject = pl_str_c(name);

    for (i = 0; i < PL_COUNT(places); i++) {
        t_pause(t, places[i], 0);
        assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 0);
        assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), i + 1);
    }

    name[PL_HOLD_SUBJECT_MAX] = '\0';
    t_pause(t, TEMPLATE(name), 0);
    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 1);
    assert_int_equal(t_meta(t)->holds, 1);
    t_pause(t, TEMPLATE(name), 0);      /* again: the same row */
    assert_int_equal(t_meta(t)->holds, 1);
}


/* One behind it ends first: who heads the queue stays aside, once. */

static void
what_ends_behind_a_head_aside(void **state)
{
    asked_t      a;
    uint64_t     epoch, head, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    t_pause(t, TEMPLATE("promo"), 0);
    head = t_ask(t, T_MAIN, ANA, "promo", 0);
    goes(t, epoch, 0, NULL);
    assert_int_equal(t_meta(t)->aside, 1);

    asked_to(&a, ANA, "status");
    asked_with(&a, 0, 0, "k");
    (void) ask(t, &a);
    asked_to(&a, ANA, "status");
    asked_with(&a, 0, 0, "k");
    (void) ask(t, &a);

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 2);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);
    assert_int_equal(t_attempt(t, epoch, effects), 0);
    assert_int_equal(t_meta(t)->aside, 1);

    t_resume(t, TEMPLATE("promo"));
    (void) t_release(t, 1);
    goes(t, epoch, 1, &head);
    assert_int_equal(t_meta(t)->aside, 0);
}


static void
keys_of_holds(void **state)
{
    char             hex[2 * PL_KEY_MAX + 1];
    pl_key_t         key;
    Pl__HoldCause    cause;
    pl_hold_place_t  place = TEMPLATE("ab"), read;

    (void) state;

    pl_hold_key(&key, &place, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE);
    pl_hex_encode(key.data, key.len, hex);
    assert_string_equal(hex, "000000010500000001026162");

    assert_true(pl_hold_key_parse(pl_key_str(&key), &read, &cause));
    assert_int_equal(read.kind, place.kind);
    assert_int_equal(read.channel, 1);
    assert_int_equal(cause, PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE);
    assert_true(pl_str_eq(read.subject, place.subject));

    key.data[9] = 9;
    assert_false(pl_hold_key_parse(pl_key_str(&key), &read, &cause));
    key.len = 9;
    assert_false(pl_hold_key_parse(pl_key_str(&key), &read, &cause));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_paused_channel_begins_nothing,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_paused_tenant_begins_nothing,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_pause_while_an_attempt_is_out,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(
            a_paused_template_leaves_others_alone, t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_still_held_stays_aside,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(two_holds_on_one_head, t_hold_setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(what_ends_behind_a_head_aside,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(order_is_kept_around_what_is_aside,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_pause_ends_when_its_time_is_over,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(places_that_are_none, t_hold_setup,
                                        t_end),
        cmocka_unit_test(keys_of_holds),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
