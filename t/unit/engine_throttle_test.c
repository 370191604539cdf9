/*
 * The engine: buckets that a provider says are empty, accounts that it
 * refuses, and how both come to an end.
 */

#include "hold.h"

#define CHANNEL(n)   t_place(PL__HOLD_KIND__HOLD_KIND_CHANNEL, n, NULL)
#define TEMPLATE(s)  t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, s)

#define THROTTLE     PL__OUTCOME__OUTCOME_THROTTLE
#define ACCOUNT      PL__OUTCOME__OUTCOME_ACCOUNT
#define SENT         PL__OUTCOME__OUTCOME_SENT

#define OF_THROTTLE  PL__HOLD_CAUSE__HOLD_CAUSE_THROTTLE
#define OF_ACCOUNT   PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT


/* Messages to n people on a channel, all attempted. */

static void
begin(t_engine_t *t, uint64_t epoch, uint32_t channel, const char *template,
    unsigned n, uint64_t *effects)
{
    char             phone[24];
    unsigned         i;
    uint64_t         all[64];

    static unsigned  people;

    for (i = 0; i < n; i++) {
        (void) snprintf(phone, sizeof(phone), "3460%07u", ++people);
        effects[i] = t_ask(t, channel, phone, template, 0);
    }

    (void) t_attempt(t, epoch, all);
}


static Pl__HoldRecord *
row(t_engine_t *t, pl_hold_place_t place, Pl__HoldCause cause)
{
    pl_holds_t             *holds;
    Pl__HoldRecord         *out = NULL;
    const Pl__HoldRecord   *found;

    holds = t_holds(t);
    found = pl_holds_find(holds, &place, cause);

    if (found != NULL) {
        out = (Pl__HoldRecord *) pl_arena_dup(t->ar, found, sizeof(*found));
        assert_non_null(out);
        out->reason = NULL;             /* was the snapshot's */
        out->actor = NULL;
    }

    pl_holds_free(holds);

    return out;
}


static pl_holds_e
may(t_engine_t *t, uint32_t channel, bool files)
{
    int64_t         until;
    pl_txn_t       *txn;
    pl_holds_e      out;
    pl_holds_t     *holds;
    pl_settings_t  *settings;

    txn = t_read(t);
    t_ok(t, pl_settings_load(&settings, txn, t->codec, &t->err));
    pl_store_abort(txn);

    holds = t_holds(t);
    out = pl_holds_may(holds, pl_settings_channel(settings, channel), files,
                       t->wall_ms, &until);
    pl_holds_free(holds);
    pl_settings_destroy(settings);

    return out;
}


/* One row for a wave of answers; a success of the wave ends nothing. */

static void
a_wave_counts_once(void **state)
{
    uint64_t         epoch, effects[5], more[1];
    t_engine_t      *t = *state;
    Pl__HoldRecord  *hold;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 4, effects);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 4);

    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 5000);
    t_answer(t, effects[1], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 9000);
    t_answer(t, effects[2], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 1000);
    t_result(t, effects[3], epoch, SENT, 0);

    hold = row(t, CHANNEL(T_MAIN), OF_THROTTLE);
    assert_non_null(hold);
    assert_int_equal(hold->failures, 1);
    assert_true(hold->until_ms == T_NOW + 9000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_SECOND, false), PL_HOLDS_GO);

    /* nothing begins before its end, and nothing was charged */

    begin(t, epoch, T_MAIN, "hello", 1, more);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(((Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                         &pl__effect__descriptor))->attempts, 0);

    /* the next failure is the second in a row, whatever comes with it */

    t_pass(t, 9000);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 4);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 5000);
    t_answer(t, effects[1], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 5000);
    assert_int_equal(row(t, CHANNEL(T_MAIN), OF_THROTTLE)->failures, 2);

    /* a success that began before counts for nothing, one after for all */

    t_result(t, effects[2], epoch, SENT, 0);
    assert_non_null(row(t, CHANNEL(T_MAIN), OF_THROTTLE));
    t_pass(t, 5000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_GO);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    t_result(t, effects[0], epoch, SENT, 0);
    assert_null(row(t, CHANNEL(T_MAIN), OF_THROTTLE));
    assert_int_equal(t_meta(t)->holds, 0);
}


static void
each_bucket_slows_itself(void **state)
{
    uint64_t     epoch, effects[4];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);

    /* an account's: its two channels, and not the third */

    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_ACCOUNT,
             t->wall_ms + 60000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_SECOND, false), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_SECOND, true), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_THIRD, false), PL_HOLDS_GO);
    begin(t, epoch, T_SECOND, "hello", 1, effects);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);

    /* an app's: all of them */

    begin(t, epoch, T_THIRD, "hello", 1, effects);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_APP,
             t->wall_ms + 60000);
    assert_int_equal(may(t, T_THIRD, false), PL_HOLDS_WAIT);
    t_pass(t, 60000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_GO);

    /* a template's: that template, on that channel; those are set aside */

    begin(t, epoch, T_MAIN, "hello", 2, effects);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 5);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_TEMPLATE,
             t->wall_ms + 60000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_GO);
    t_answer(t, effects[1], epoch, THROTTLE, PL__BUCKET__BUCKET_TEMPLATE,
             t->wall_ms + 60000);
    begin(t, epoch, T_MAIN, "bye", 1, &effects[2]);
    assert_int_equal(t_meta(t)->aside, 2);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 4);
    t_result(t, effects[2], epoch, SENT, 0);
    assert_non_null(row(t, TEMPLATE("hello"), OF_THROTTLE));

    assert_int_equal(t_release(t, 16), 0);
    t_pass(t, 60000);
    assert_int_equal(t_release(t, 16), 1);
    assert_int_equal(t_meta(t)->aside, 0);

    /* a pair's is the message's own */

    begin(t, epoch, T_THIRD, "hello", 1, effects);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_PAIR,
             t->wall_ms + 60000);
    assert_int_equal(may(t, T_THIRD, false), PL_HOLDS_GO);
}


/* A person resumes what a person paused, and nothing else. */

static void
two_causes_go_their_own_ways(void **state)
{
    uint64_t     epoch, effects[1];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_pause(t, CHANNEL(T_MAIN), 0);
    t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
             t->wall_ms + 60000);
    assert_int_equal(t_meta(t)->holds, 2);

    t_resume(t, CHANNEL(T_MAIN));
    assert_int_equal(t_meta(t)->holds, 1);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);
    t_resume(t, CHANNEL(T_MAIN));
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);

    t_pause(t, CHANNEL(T_MAIN), 0);
    t_pass(t, 60000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    t_resume(t, CHANNEL(T_MAIN));
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);
}


/* The breaker: one event for each opening, however many were out. */

static void
a_refused_account_is_held(void **state)
{
    unsigned         i, n;
    uint64_t         epoch, effects[8];
    t_engine_t      *t = *state;
    Pl__HoldRecord  *hold;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 8, effects);

    for (i = 0; i < 8; i++) {
        t_answer(t, effects[i], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    }

    event = t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_HELD, &n);
    assert_int_equal(n, 1);
    assert_string_equal(event->text, "190 account");
    hold = row(t, CHANNEL(T_MAIN), OF_ACCOUNT);
    assert_int_equal(hold->failures, 1);
    assert_int_equal(hold->code, 190);
    assert_true(hold->has_lane);
    assert_int_equal(hold->lane, ((Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                                      &pl__effect__descriptor))->lane);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 8);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_MAIN, true), PL_HOLDS_WAIT);
    assert_int_equal(may(t, T_SECOND, false), PL_HOLDS_GO);

    /* a probe that fails counts; no other event */

    t_pass(t, 60000);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_PROBE);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 120000);
    assert_int_equal(row(t, CHANNEL(T_MAIN), OF_ACCOUNT)->failures, 2);
    (void) t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_HELD, &n);
    assert_int_equal(n, 1);

    /* nobody resumes it by hand */

    t_resume(t, CHANNEL(T_MAIN));
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);

    /* what went through had begun before that: it proves nothing */

    t_pass(t, 120000);
    t_result(t, effects[1], epoch, SENT, 0);
    assert_non_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));
}


static void
a_probe_that_goes_through_ends_it(void **state)
{
    unsigned     n;
    uint64_t     epoch, effects[2];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 2, effects);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_result(t, effects[1], epoch, SENT, 0);
    assert_int_equal(t_meta(t)->holds, 1);

    t_pass(t, 60000);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    t_result(t, effects[0], epoch, SENT, 0);
    assert_int_equal(t_meta(t)->holds, 0);
    (void) t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_LIFTED, &n);
    assert_int_equal(n, 1);
}


/* The account is refused, again and again, until it was for so long. */

static void
refused_for(t_engine_t *t, uint64_t epoch, int64_t ms)
{
    uint64_t  effects[64];

    for (/* void */; ms > 0; ms -= PL_HOLD_WAIT_MAX_MS) {
        assert_int_equal(t_attempt(t, epoch, effects), 1);
        t_answer(t, effects[0], epoch, ACCOUNT, 0,
                 t->wall_ms + PL_HOLD_WAIT_MAX_MS);

        if (ms > PL_HOLD_WAIT_MAX_MS) {
            t_pass(t, PL_HOLD_WAIT_MAX_MS);
        }
    }
}


/* An account that is refused for days costs no message. */

static void
what_is_held_for_days_goes_on(void **state)
{
    uint64_t     epoch, effects[2];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 2, effects);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_answer(t, effects[1], epoch, ACCOUNT, 0, t->wall_ms + 60000);

    t_pass(t, 3 * PL_AGE_MAX_MS);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 2);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_result(t, effects[1], epoch, SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);

    /* but not for ever: counted is what the account was refused */

    t_pass(t, 2 * PL_HELD_AGE_MAX_MS);
    refused_for(t, epoch, PL_HELD_AGE_MAX_MS);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    t_pass(t, PL_AGE_MAX_MS);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 1000);
    t_pass(t, 1000);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


/*
 * Whatever it is asked, the provider refuses this one: its channel is held,
 * and held anew each time that another is taken; not for ever.
 */

static void
one_that_is_always_refused(void **state)
{
    unsigned          i;
    uint64_t          epoch, odd[1], other[1], all[64];
    t_engine_t       *t = *state;
    Pl__DeadLetter   *dead;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, odd);

    for (i = 0; i < PL_HOLD_ACCUSED_MAX; i++) {
        t_answer(t, odd[0], epoch, ACCOUNT, 0, t->wall_ms + 1000);
        assert_non_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));

        /* a probe of its own says nothing new */

        t_pass(t, 1000);
        (void) t_attempt(t, epoch, all);
        t_answer(t, odd[0], epoch, ACCOUNT, 0, t->wall_ms + 1000);
        assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);

        t_pass(t, 1000);
        begin(t, epoch, T_MAIN, "hello", 1, other);
        t_result(t, other[0], epoch, SENT, 0);
        assert_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));
    }

    t_answer(t, odd[0], epoch, ACCOUNT, 0, t->wall_ms + 1000);
    assert_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    dead = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_string_equal(dead->reason, "190 account");
    assert_int_equal(dead->effect->n_tried, 2 * PL_HOLD_ACCUSED_MAX + 1);
}


/* A token that expires over and over is put right by another each time. */

static void
what_is_refused_to_all_ends_none(void **state)
{
    unsigned     i, k;
    uint64_t     epoch, effects[3], all[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 3, effects);

    for (i = 0; i < 10; i++) {

        for (k = 0; k < 3; k++) {
            t_answer(t, effects[k], epoch, ACCOUNT, 0, t->wall_ms + 1000);
        }

        assert_non_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));
        t_pass(t, 500);
        t_channels(t, i + 2, (uint8_t) (i + 2));
        assert_null(row(t, CHANNEL(T_MAIN), OF_ACCOUNT));
        t_pass(t, 500);
        assert_int_equal(t_attempt(t, epoch, all), 3);
        t_pass(t, 1);
    }

    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 3);
}


/* Another token ends it at once; a publish that leaves it does not. */

static void
another_token_ends_it(void **state)
{
    unsigned         n;
    uint64_t         epoch, effects[1];
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);

    t_channels(t, 2, 1);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_WAIT);

    t_channels(t, 3, 2);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_GO);
    assert_int_equal(t_meta(t)->holds, 0);
    event = t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_LIFTED, &n);
    assert_int_equal(n, 1);
    assert_string_equal(event->text, "the channel's settings have changed");

    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    t_result(t, effects[0], epoch, SENT, 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
}


/* Groups are throttled, it is told of a person: that one waits by itself. */

static void
a_bucket_that_it_is_not_in(void **state)
{
    uint64_t     epoch, effects[1];
    Pl__Effect  *effect;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_answer(t, effects[0], epoch, PL__OUTCOME__OUTCOME_THROTTLE,
             PL__BUCKET__BUCKET_GROUP, t->wall_ms + 5000);

    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->due_ms, t->wall_ms + 5000);
    assert_int_equal(t_meta(t)->holds, 0);
}


/* A probe with the old token comes home behind the new one: no new alarm. */

static void
what_the_old_token_was_refused(void **state)
{
    unsigned     n;
    uint64_t     epoch, effects[1];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    t_pass(t, 60000);
    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);

    t_pass(t, 10);
    t_channels(t, 2, 2);
    assert_int_equal(t_meta(t)->holds, 0);
    t_pass(t, 10);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);

    assert_int_equal(t_meta(t)->holds, 0);
    assert_int_equal(may(t, T_MAIN, false), PL_HOLDS_GO);
    (void) t_audited(t, PL__AUDIT_KIND__AUDIT_KIND_HELD, &n);
    assert_int_equal(n, 1);

    /* it goes at once, and what the new token is refused for holds */

    begin(t, epoch, T_MAIN, "hello", 0, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 1);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    assert_int_equal(t_meta(t)->holds, 1);
}


/* A channel that is no longer configured is no alarm for ever. */

static void
a_channel_that_is_gone_is_not_held(void **state)
{
    uint64_t     epoch, effects[1];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    begin(t, epoch, T_MAIN, "hello", 1, effects);
    t_answer(t, effects[0], epoch, ACCOUNT, 0, t->wall_ms + 60000);
    assert_int_equal(t_meta(t)->holds, 1);

    t_channels(t, 2, 0);
    assert_int_equal(t_meta(t)->holds, 0);
    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), 0);
}


/* What a journal says is bounded, whoever wrote it. */

static void
nonsense_is_bounded(void **state)
{
    size_t           i;
    uint64_t         epoch, effects[1];
    t_engine_t      *t = *state;
    Pl__HoldRecord  *hold;

    static const int64_t  times[] = { INT64_MIN, -1, 1, INT64_MAX };

    epoch = t_sender(t, true, NULL);

    for (i = 0; i < PL_COUNT(times); i++) {
        begin(t, epoch, T_MAIN, "hello", 1, effects);
        t_answer(t, effects[0], epoch, THROTTLE, PL__BUCKET__BUCKET_CHANNEL,
                 times[i]);
        hold = row(t, CHANNEL(T_MAIN), OF_THROTTLE);
        assert_true(hold->until_ms > t->wall_ms);
        assert_true(hold->until_ms <= t->wall_ms + PL_HOLD_WAIT_MAX_MS);
        t_pass(t, 2 * PL_HOLD_WAIT_MAX_MS + 1);
    }

    /* long past its end a throttle counts from the start, and goes */

    assert_int_equal(hold->failures, 1);
}


static void
waits(void **state)
{
    size_t  i;

    static const struct {
        uint32_t  n;
        uint32_t  base;
        int64_t   wait_ms;
    } rows[] = {
        { 0, 4, 1000 }, { 1, 4, 1000 }, { 2, 4, 4000 }, { 3, 4, 16000 },
        { 6, 4, 1024000 }, { 7, 4, PL_HOLD_BASE_MAX_MS },
        { UINT32_MAX, 4, PL_HOLD_BASE_MAX_MS }, { 5, 1, 1000 },
        { 5, 0, 1000 }, { UINT32_MAX, UINT32_MAX, PL_HOLD_BASE_MAX_MS },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_true(pl_hold_wait(rows[i].n, rows[i].base)
                    == rows[i].wait_ms);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_wave_counts_once,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(each_bucket_slows_itself,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(two_causes_go_their_own_ways,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_refused_account_is_held,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_probe_that_goes_through_ends_it,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_held_for_days_goes_on,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(one_that_is_always_refused,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_refused_to_all_ends_none,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_bucket_that_it_is_not_in,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(what_the_old_token_was_refused,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(another_token_ends_it,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(a_channel_that_is_gone_is_not_held,
                                        t_hold_setup, t_end),
        cmocka_unit_test_setup_teardown(nonsense_is_bounded,
                                        t_hold_setup, t_end),
        cmocka_unit_test(waits),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
