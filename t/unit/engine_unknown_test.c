/*
 * Sends that are unknown: settled by a status, by a person, or sent again by
 * the channel's policy, each once and in whichever order they come.
 */

#include "../../src/engine/retry.h"
#include "engine.h"

#define QUEUED     PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
#define DOUBTFUL   PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN
#define ACCEPTED   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED
#define DELIVERED  PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED
#define FAILED     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED

#define RESEND     PL__UNKNOWN_WORD__UNKNOWN_WORD_RESEND
#define SENT       PL__UNKNOWN_WORD__UNKNOWN_WORD_SENT

#define UNKNOWN    PL__OUTCOME__OUTCOME_UNKNOWN

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
    uint64_t    message;
    uint64_t    effect;
} unknown_t;


/* One message on the wire; resend_ms: the channel's policy, 0 to hold. */

static void
wire(unknown_t *u, int64_t resend_ms)
{
    uint64_t  effects[64];

    t_open(&u->t);
    u->t.resend_ms = resend_ms;
    t_configure(&u->t);
    u->epoch = t_sender(&u->t, true, NULL);
    t_text(&u->t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&u->t);

    assert_int_equal(t_attempt(&u->t, u->epoch, effects), 1);
    u->effect = effects[0];
    u->message = ((const Pl__AttemptRecord *) t_row(&u->t,
        PL_TABLE_ATTEMPTS, 0, &pl__attempt_record__descriptor))
            ->effect->send_message->message;
}


static void
doubt(unknown_t *u)
{
    t_result(&u->t, u->effect, u->epoch, UNKNOWN, 0);
    assert_int_equal(t_rows(&u->t, PL_TABLE_UNKNOWN), 1);
    assert_int_equal(t_message(&u->t, 1)->state, DOUBTFUL);
}


/* A text to whom wrote, asked for over the API, that expires. */

static void
ask(unknown_t *u, int64_t expires_ms)
{
    uint8_t           key[16];
    Pl__Text          text = PL__TEXT__INIT;
    Pl__Address       address = PL__ADDRESS__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__Content       content = PL__CONTENT__INIT;
    Pl__SendRequest   send = PL__SEND_REQUEST__INIT;

    memset(key, 7, sizeof(key));
    text.body = (char *) "soon";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";

    send.tenant = 1;
    send.channel = 1;
    send.key.data = key;
    send.key.len = sizeof(key);
    send.address = &address;
    send.content = &content;
    send.has_expires_ms = 1;
    send.expires_ms = expires_ms;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &send;

    (void) t_append(&u->t, &command, NULL);
    t_fold(&u->t);
}


static const Pl__UnknownSend *
the_unknown(unknown_t *u)
{
    assert_int_equal(t_rows(&u->t, PL_TABLE_UNKNOWN), 1);

    return (const Pl__UnknownSend *) t_row(&u->t, PL_TABLE_UNKNOWN, 0,
                                           &pl__unknown_send__descriptor);
}


static void
say(unknown_t *u, Pl__UnknownWord word, int64_t since_ms)
{
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__UnknownSettle   settle = PL__UNKNOWN_SETTLE__INIT;

    settle.tenant = 1;
    settle.effect = u->effect;
    settle.word = word;
    settle.actor = (char *) "maria";
    settle.has_since_ms = 1;
    settle.since_ms = since_ms;
    command.of_case = PL__COMMAND__OF_UNKNOWN_SETTLE;
    command.unknown_settle = &settle;

    (void) t_append(&u->t, &command, NULL);
}


static void
status(unknown_t *u, const char *word)
{
    (void) t_status(&u->t, word, u->message, T_NOW / 1000 + 1);
    t_fold(&u->t);
}


/* The same, under an id of the provider's own. */

static void
tagged(unknown_t *u, const char *wamid, const char *word)
{
    char  items[512];

    (void) snprintf(items, sizeof(items),
        "{\"id\":\"%s\",\"status\":\"%s\",\"timestamp\":\"1760000001\","
        "\"recipient_id\":\"34600000001\",\"biz_opaque_callback_data\":"
        "\"m:%" PRIu64 ":%s\"}", wamid, word, u->message,
        t_mark(&u->t));
    (void) t_items(&u->t, "statuses", items);
    t_fold(&u->t);
}


/* Fires every timer that is due by the test's clock; how many. */

static size_t
fire(unknown_t *u)
{
    size_t         i, n;
    int64_t        next;
    pl_txn_t      *txn;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due[8];

    txn = t_read(&u->t);
    t_ok(&u->t, pl_timers_due(txn, u->t.wall_ms, due, 8, &n, &next,
                              &u->t.err));
    pl_store_abort(txn);

    command.of_case = PL__COMMAND__OF_TIMER_DUE;

    for (i = 0; i < n; i++) {
        command.timer_due = &due[i];
        (void) t_append(&u->t, &command, NULL);
        (void) t_append(&u->t, &command, NULL);     /* two senders' */
    }

    t_fold(&u->t);

    return n;
}


static const Pl__AuditEvent *
the_audit(unknown_t *u)
{
    return (const Pl__AuditEvent *) t_row(&u->t, PL_TABLE_AUDIT,
        (unsigned) t_rows(&u->t, PL_TABLE_AUDIT) - 1,
        &pl__audit_event__descriptor);
}


static void
held_until_somebody_speaks(void **state)
{
    uint64_t   effects[64];
    unknown_t  u;

    (void) state;
    wire(&u, 0);
    doubt(&u);

    assert_int_equal(t_rows(&u.t, PL_TABLE_TIMERS), 0);
    t_pass(&u.t, 7 * 86400000LL);
    assert_int_equal(fire(&u), 0);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 0);
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 1);
    t_close(&u.t);
}


static void
a_person_says_that_it_was_sent(void **state)
{
    int64_t    since_ms;
    unknown_t  u;

    (void) state;
    wire(&u, 0);
    doubt(&u);
    since_ms = the_unknown(&u)->since_ms;

    say(&u, SENT, since_ms - 1);            /* not the one that was meant */
    t_fold(&u.t);
    assert_int_equal(t_counted(&u.t, "unknown_skipped", ""), 1);

    say(&u, SENT, since_ms);
    say(&u, SENT, since_ms);
    say(&u, RESEND, since_ms);
    t_fold(&u.t);
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_message(&u.t, 1)->state, ACCEPTED);
    assert_null(t_message(&u.t, 1)->provider_id);
    assert_int_equal(t_counted(&u.t, "unknown_settled", "person"), 1);
    assert_int_equal(t_counted(&u.t, "unknown_skipped", ""), 3);
    assert_int_equal(the_audit(&u)->kind,
                     PL__AUDIT_KIND__AUDIT_KIND_SETTLED);
    assert_string_equal(the_audit(&u)->actor, "maria");

    status(&u, "delivered");
    assert_int_equal(t_message(&u.t, 1)->state, DELIVERED);
    t_close(&u.t);
}


static void
a_person_sends_it_again(void **state)
{
    int64_t            since_ms;
    uint64_t           effects[64];
    unknown_t          u;
    const Pl__Effect  *effect;

    (void) state;
    wire(&u, 0);
    doubt(&u);
    since_ms = the_unknown(&u)->since_ms;

    t_pass(&u.t, 3 * 86400000LL);           /* older than any schedule */
    t_text(&u.t, "34600000001", "wamid.B", u.t.wall_ms / 1000, "order 5");
    say(&u, RESEND, since_ms);
    say(&u, RESEND, since_ms);
    t_fold(&u.t);
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(t_message(&u.t, 1)->state, QUEUED);
    assert_int_equal(t_message(&u.t, 1)->resent, 1);
    assert_int_equal(t_counted(&u.t, "unknown_resent", "person"), 1);
    assert_int_equal(the_audit(&u)->kind,
                     PL__AUDIT_KIND__AUDIT_KIND_RESENT);
    assert_string_equal(the_audit(&u)->actor, "maria");

    /* before the younger one; the same effect, one attempt more */

    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
    assert_true(effects[0] == u.effect);
    effect = ((const Pl__AttemptRecord *) t_row(&u.t, PL_TABLE_ATTEMPTS, 0,
              &pl__attempt_record__descriptor))->effect;
    assert_int_equal(effect->attempts, 2);
    assert_int_equal(effect->n_tried, 1);

    t_result(&u.t, effects[0], u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(&u.t, 1)->state, ACCEPTED);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
    t_close(&u.t);
}


/* What is told of the first while the second still waits: it never leaves. */

static void
a_status_takes_it_off_its_queue(void **state)
{
    size_t     i;
    uint64_t   effects[64];
    unknown_t  u;

    static const struct {
        const char        *word;
        Pl__MessageState   state;
    } rows[] = {
        { "delivered", DELIVERED },
        { "sent", PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        wire(&u, 0);
        doubt(&u);
        say(&u, RESEND, the_unknown(&u)->since_ms);
        t_fold(&u.t);
        assert_int_equal(t_rows(&u.t, PL_TABLE_DUE), 1);

        status(&u, rows[i].word);
        assert_int_equal(t_message(&u.t, 1)->state, rows[i].state);
        assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
        assert_int_equal(t_rows(&u.t, PL_TABLE_DUE), 0);
        assert_int_equal(t_rows(&u.t, PL_TABLE_DEAD), 0);
        assert_int_equal(t_counted(&u.t, "sends_spared", ""), 1);
        assert_int_equal(t_attempt(&u.t, u.epoch, effects), 0);
        t_close(&u.t);
    }
}


/* One that is on the wire again is left to its answer. */

static void
a_status_while_the_second_is_on_the_wire(void **state)
{
    uint64_t   effects[64];
    unknown_t  u;

    (void) state;
    wire(&u, 0);
    doubt(&u);
    say(&u, RESEND, the_unknown(&u)->since_ms);
    t_fold(&u.t);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);

    status(&u, "delivered");
    assert_int_equal(t_rows(&u.t, PL_TABLE_ATTEMPTS), 1);

    t_result(&u.t, u.effect, u.epoch, UNKNOWN, 0);
    assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(t_message(&u.t, 1)->state, DELIVERED);
    t_close(&u.t);
}


/* Both attempts have their own id at the provider: each tells of it. */

static void
the_first_ones_status_counts_after_the_second_was_accepted(void **state)
{
    uint64_t   effects[64];
    unknown_t  u;

    (void) state;
    wire(&u, 0);
    doubt(&u);
    say(&u, RESEND, the_unknown(&u)->since_ms);
    t_fold(&u.t);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
    t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    tagged(&u, "wamid.FIRST", "delivered");
    assert_int_equal(t_message(&u.t, 1)->state, DELIVERED);
    assert_int_equal(t_rows(&u.t, PL_TABLE_PARKED), 0);
    t_close(&u.t);
}


static void
policy_sends_it_again_after_its_time(void **state)
{
    uint64_t   effects[64];
    unknown_t  u;

    (void) state;
    wire(&u, 600000);
    doubt(&u);
    assert_true(the_unknown(&u)->resend_ms == T_NOW + 600000);

    t_pass(&u.t, 599999);
    assert_int_equal(fire(&u), 0);
    t_pass(&u.t, 1);
    assert_int_equal(fire(&u), 1);

    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    assert_int_equal(t_message(&u.t, 1)->state, QUEUED);
    assert_int_equal(t_counted(&u.t, "unknown_resent", "policy"), 1);
    assert_int_equal(the_audit(&u)->kind,
                     PL__AUDIT_KIND__AUDIT_KIND_RESENT);
    assert_string_equal(the_audit(&u)->rule, "unknown.resend");
    assert_null(the_audit(&u)->actor);
    assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
    t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(&u.t, 1)->state, ACCEPTED);
    t_close(&u.t);
}


/* A status, or a person, before its time: the timer is gone. */

static void
what_is_settled_is_not_sent_again(void **state)
{
    int        how;
    unknown_t  u;

    (void) state;

    for (how = 0; how < 3; how++) {
        wire(&u, 600000);
        doubt(&u);
        assert_int_equal(t_rows(&u.t, PL_TABLE_TIMERS), 1);

        if (how == 0) {
            status(&u, "sent");

        } else {
            say(&u, how == 1 ? SENT : RESEND, the_unknown(&u)->since_ms);
            t_fold(&u.t);
        }

        assert_int_equal(t_rows(&u.t, PL_TABLE_TIMERS), 0);
        assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), how == 2);
        t_pass(&u.t, 600000);
        assert_int_equal(fire(&u), 0);
        assert_int_equal(t_counted(&u.t, "unknown_resent", "policy"), 0);
        t_close(&u.t);
    }
}


/* As often as the class says, and then it waits for a person. */

static void
policy_has_an_end(void **state)
{
    uint32_t   i, max;
    uint64_t   effects[64];
    unknown_t  u;

    (void) state;
    max = pl_retry_rows[PL__RETRY_CLASS__RETRY_CLASS_UNKNOWN - 1].attempts;
    wire(&u, 60000);

    for (i = 0; i < max; i++) {
        doubt(&u);
        t_pass(&u.t, 60000);
        assert_int_equal(fire(&u), 1);
        assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
    }

    doubt(&u);
    assert_false(the_unknown(&u)->has_timer);
    t_pass(&u.t, 60000);
    assert_int_equal(fire(&u), 0);
    assert_int_equal(the_unknown(&u)->effect->resent, max);
    assert_int_equal(the_unknown(&u)->effect->n_tried, max + 1);
    assert_int_equal(t_counted(&u.t, "unknown_resent", "policy"), max);
    t_close(&u.t);
}


/* Past its class's age it is for a person: to the millisecond. */

static void
policy_leaves_what_is_old(void **state)
{
    int                  late;
    unknown_t            u;
    Pl__RetrySettings    row = PL__RETRY_SETTINGS__INIT, *list[1];

    (void) state;

    row.of = PL__RETRY_CLASS__RETRY_CLASS_UNKNOWN;
    row.first_ms = 1000;
    row.factor = 1;
    row.max_ms = 1000;
    row.attempts = 3;
    row.age_ms = 60000;
    list[0] = &row;

    for (late = 0; late < 2; late++) {
        wire(&u, 1000);
        u.t.retries = list;
        u.t.n_retries = 1;
        t_ok(&u.t, t_publish(&u.t, 2, T_FLOW, "main",
                             &(pl_appended_t) { 0 }));
        t_fold(&u.t);

        t_pass(&u.t, 60000 + late);
        doubt(&u);
        assert_int_equal(the_unknown(&u)->has_timer, !late);
        t_close(&u.t);
    }
}


/* What expires before it would go is for a person; expired, it stays. */

static void
what_has_expired_is_not_sent_again(void **state)
{
    int         late;
    uint64_t    effects[64];
    unknown_t   u;

    (void) state;

    for (late = 0; late < 2; late++) {
        t_open(&u.t);
        u.t.resend_ms = 60000;
        t_configure(&u.t);
        u.epoch = t_sender(&u.t, true, NULL);
        t_text(&u.t, "34600000001", "wamid.A", T_NOW / 1000, "nothing");
        t_fold(&u.t);
        assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
        t_result(&u.t, effects[0], u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);

        ask(&u, T_NOW + 60001 - late);
        assert_int_equal(t_attempt(&u.t, u.epoch, effects), 1);
        u.effect = effects[0];
        t_result(&u.t, u.effect, u.epoch, UNKNOWN, 0);
        assert_int_equal(the_unknown(&u)->has_timer, !late);

        t_pass(&u.t, 60001);
        say(&u, RESEND, the_unknown(&u)->since_ms);
        t_fold(&u.t);
        assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 1);
        assert_int_equal(t_counted(&u.t, "unknown_skipped", ""), 1);

        say(&u, SENT, the_unknown(&u)->since_ms);
        t_fold(&u.t);
        assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
        t_close(&u.t);
    }
}


/* Who changes the policy to hold means those that wait, too. */

static void
a_policy_that_was_taken_back_sends_nothing(void **state)
{
    unknown_t      u;
    pl_appended_t  out;

    (void) state;
    wire(&u, 60000);
    doubt(&u);

    u.t.resend_ms = 0;
    t_ok(&u.t, t_publish(&u.t, 2, T_FLOW, "main", &out));
    assert_true(out.published);
    t_fold(&u.t);

    t_pass(&u.t, 60000);
    assert_int_equal(fire(&u), 1);
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 1);
    assert_int_equal(t_rows(&u.t, PL_TABLE_OUTBOX), 0);
    assert_false(((Pl__UnknownSend *) t_row(&u.t, PL_TABLE_UNKNOWN, 0,
                      &pl__unknown_send__descriptor))->has_resend_ms);

    status(&u, "delivered");
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    t_close(&u.t);
}


/* Another installation's number, and another one's id, is not ours. */

static void
a_status_of_another_installation_settles_nothing(void **state)
{
    size_t     i;
    char       items[512], tag[64];
    unknown_t  u;

    static const char *const  tags[] = {
        "m:%" PRIu64, "m:%" PRIu64 ":", "m:%" PRIu64 ":00000000",
        "m:%" PRIu64 ":0000000", "x:%" PRIu64
    };

    (void) state;
    wire(&u, 0);
    doubt(&u);
    assert_int_equal(strlen(t_mark(&u.t)), 8);

    for (i = 0; i < PL_COUNT(tags); i++) {
        (void) snprintf(tag, sizeof(tag), tags[i], u.message);
        (void) snprintf(items, sizeof(items),
            "{\"id\":\"wamid.THEIRS%zu\",\"status\":\"delivered\","
            "\"timestamp\":\"1760000001\",\"recipient_id\":\"34600000001\","
            "\"biz_opaque_callback_data\":\"%s\"}", i, tag);
        (void) t_items(&u.t, "statuses", items);
        t_fold(&u.t);

        assert_int_equal(t_rows(&u.t, PL_TABLE_PARKED), i + 1);
        assert_int_equal(t_message(&u.t, 1)->state, DOUBTFUL);
    }

    /* ours, and nobody's answer names an id: it counts */

    status(&u, "sent");
    assert_int_equal(t_rows(&u.t, PL_TABLE_UNKNOWN), 0);
    t_close(&u.t);
}


/* A store from a backup has its mark: the provider's id tells. */

static void
an_id_that_is_not_the_answers_is_another_message(void **state)
{
    unknown_t  u;

    (void) state;
    wire(&u, 0);
    t_result(&u.t, u.effect, u.epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    tagged(&u, "wamid.OTHER", "failed");
    assert_int_equal(t_rows(&u.t, PL_TABLE_PARKED), 1);
    assert_int_equal(t_message(&u.t, 1)->state, ACCEPTED);

    status(&u, "delivered");
    assert_int_equal(t_message(&u.t, 1)->state, DELIVERED);
    t_close(&u.t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(held_until_somebody_speaks),
        cmocka_unit_test(a_person_says_that_it_was_sent),
        cmocka_unit_test(a_person_sends_it_again),
        cmocka_unit_test(a_status_takes_it_off_its_queue),
        cmocka_unit_test(a_status_while_the_second_is_on_the_wire),
        cmocka_unit_test(
            the_first_ones_status_counts_after_the_second_was_accepted),
        cmocka_unit_test(policy_sends_it_again_after_its_time),
        cmocka_unit_test(what_is_settled_is_not_sent_again),
        cmocka_unit_test(policy_has_an_end),
        cmocka_unit_test(policy_leaves_what_is_old),
        cmocka_unit_test(what_has_expired_is_not_sent_again),
        cmocka_unit_test(a_policy_that_was_taken_back_sends_nothing),
        cmocka_unit_test(a_status_of_another_installation_settles_nothing),
        cmocka_unit_test(an_id_that_is_not_the_answers_is_another_message),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
