/*
 * The keeper and what is held: whom it asks, what it releases, and what the
 * log says of it.
 */

#include "keeper.h"


/* A template that somebody asked for, to person n. */

static void
ask_in(world_t *w, Pl__Lane lane, uint32_t channel, unsigned n,
    const char *name, uint64_t campaign)
{
    char               phone[24];
    uint8_t            key[PL_REQUEST_KEY_LEN];
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Template       template = PL__TEMPLATE__INIT;
    Pl__SendRequest    request = PL__SEND_REQUEST__INIT;

    static uint64_t    asked;

    memset(key, 0, sizeof(key));
    pl_be64_put(key, ++asked);
    (void) snprintf(phone, sizeof(phone), "3460%07u", n);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = phone;
    template.name = (char *) (uintptr_t) name;
    template.language = (char *) (uintptr_t) "es_ES";
    content.type = (char *) (uintptr_t) "template";
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;

    request.tenant = 1;
    request.channel = channel;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = &content;
    request.has_campaign = (campaign != 0);
    request.campaign = campaign;
    request.has_lane = 1;
    request.lane = lane;
    request.has_category = 1;
    request.category = PL__CATEGORY__CATEGORY_UTILITY;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;

    t_append(&w->t, &command, NULL);
}


static void
ask(world_t *w, uint32_t channel, unsigned n, const char *name,
    uint64_t campaign)
{
    ask_in(w, PL__LANE__LANE_REPLY, channel, n, name, campaign);
}


/* Pauses or resumes; ms 0: until it is resumed. */

static void
hold(world_t *w, bool on, Pl__HoldKind kind, uint32_t channel,
    const char *subject, int64_t ms)
{
    Pl__Hold     begin = PL__HOLD__INIT;
    Pl__Command  command = PL__COMMAND__INIT;
    Pl__HoldEnd  end = PL__HOLD_END__INIT;

    begin.tenant = 1;
    begin.kind = kind;
    begin.has_channel = (channel != 0);
    begin.channel = channel;
    begin.subject = (char *) (uintptr_t) subject;
    begin.has_until_ms = (ms != 0);
    begin.until_ms = w->t.wall_ms + ms;

    end.tenant = 1;
    end.kind = kind;
    end.has_channel = begin.has_channel;
    end.channel = channel;
    end.subject = begin.subject;

    command.of_case = on ? PL__COMMAND__OF_HOLD : PL__COMMAND__OF_HOLD_END;
    if (on) {
        command.hold = &begin;
    } else {
        command.hold_end = &end;
    }

    t_append(&w->t, &command, NULL);
    t_fold(&w->t);
}


static Pl__StateMeta *
meta(world_t *w)
{
    return (Pl__StateMeta *) t_row(&w->t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
}


static void
a_paused_channel_is_not_asked(void **state)
{
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 40);
    hello(&w, "1002", 1, 3);
    t_fold(&w.t);
    hold(&w, true, PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, NULL, 0);

    assert_int_equal(turn(&w, &out), 3);
    assert_int_equal(atomic_load(&w.sn.metrics.turned_down), 0);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ATTEMPTS), 3);

    hold(&w, true, PL__HOLD_KIND__HOLD_KIND_TENANT, 0, NULL, 0);
    hold(&w, false, PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, NULL, 0);
    assert_int_equal(turn(&w, &out), 0);
    hold(&w, false, PL__HOLD_KIND__HOLD_KIND_TENANT, 0, NULL, 0);
    assert_int_equal(turn(&w, &out), 40);
    assert_int_equal(atomic_load(&w.sn.metrics.turned_down), 0);

    world_close(&w);
}


/* With a time: nobody has to resume it. */

static void
a_pause_with_an_end_is_swept(void **state)
{
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 2);
    t_fold(&w.t);
    hold(&w, true, PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, NULL, 60000);

    assert_int_equal(turn(&w, &out), 0);
    assert_true(w.k->next_ms == w.t.wall_ms + 60000);
    t_pass(&w.t, 60000);
    assert_int_equal(turn(&w, &out), 2);
    assert_int_equal(meta(&w)->holds, 0);
    assert_int_equal(turn(&w, &out), 0);
    assert_null(w.k->holds);

    world_close(&w);
}


/* What is set aside costs one attempt each, and comes back whole. */

static void
what_was_set_aside_is_released(void **state)
{
    unsigned    i, n;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    for (i = 0; i < 600; i++) {
        ask(&w, 1 + i % 2, i, "sale", 7);
    }

    ask(&w, 1, 1000, "hello", 0);
    hold(&w, true, PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0, "7", 0);

    for (i = 0, n = 0; i < 20; i++) {
        n += (unsigned) turn(&w, &out);
    }

    assert_int_equal(n, 1);
    assert_int_equal(meta(&w)->aside, 600);
    assert_int_equal(atomic_load(&w.sn.metrics.turned_down), 600);
    assert_false(w.k->hold_walking);

    hold(&w, false, PL__HOLD_KIND__HOLD_KIND_CAMPAIGN, 0, "7", 0);

    for (i = 0; i < 20 && meta(&w)->aside != 0; i++) {
        (void) turn(&w, &out);
    }

    assert_int_equal(meta(&w)->aside, 0);
    for (i = 0; i < 4; i++) {
        (void) turn(&w, &out);
    }

    assert_true(out.n > 256);           /* both gates are full, or nearly */
    assert_int_equal(t_rows(&w.t, PL_TABLE_DUE)
                     + t_rows(&w.t, PL_TABLE_ATTEMPTS), 601);

    world_close(&w);
}


/* Each failure in a row waits longer; a time that was told is kept. */

static void
a_bucket_waits_longer_each_time(void **state)
{
    int         i;
    int64_t     last_ms = 0;
    world_t     w = { .k = NULL };
    pls_job_t  *job;
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 1);
    t_fold(&w.t);

    for (i = 0; i < 5; i++) {
        assert_int_equal(turn(&w, &out), 1);
        job = pls_jobs_take(&out);
        assert_int_equal(job->failures[PL__BUCKET__BUCKET_CHANNEL], i);

        pls_result_begin(job, w.k->epoch);
        job->result.outcome = PL__OUTCOME__OUTCOME_THROTTLE;
        job->result.has_bucket = true;
        job->result.bucket = PL__BUCKET__BUCKET_CHANNEL;
        pls_result_end(job, w.t.wall_ms, UINT32_MAX);
        assert_true(job->result.retry_ms - w.t.wall_ms == 2000 << i);
        last_ms = job->result.retry_ms;

        w.k->n_out--;
        pls_jobs_add(&w.k->results, job);
        assert_int_equal(turn(&w, &out), 0);
        assert_int_equal(turn(&w, &out), 0);
        t_pass(&w.t, last_ms - w.t.wall_ms);
    }

    assert_int_equal(turn(&w, &out), 1);
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(meta(&w)->holds, 0);

    world_close(&w);
}


/* A pair's failures are the message's own, and hold up nobody else. */

static void
a_pair_waits_by_itself(void **state)
{
    int         i;
    world_t     w = { .k = NULL };
    pls_job_t  *job;
    pls_jobs_t  out = { NULL, NULL, 0 };

    static const int64_t  waits[] = { 6000, 6000, 16000, 64000, 256000 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 1);
    t_fold(&w.t);

    for (i = 0; i < 5; i++) {
        assert_int_equal(turn(&w, &out), 1);
        job = pls_jobs_take(&out);

        pls_result_begin(job, w.k->epoch);
        job->result.outcome = PL__OUTCOME__OUTCOME_THROTTLE;
        job->result.has_bucket = true;
        job->result.bucket = PL__BUCKET__BUCKET_PAIR;
        job->result.has_retry_base = true;
        job->result.retry_base = 4;
        job->result.has_retry_ms = true;
        job->result.retry_ms = 6000;
        pls_result_end(job, w.t.wall_ms, 0);
        assert_true(job->result.retry_ms - w.t.wall_ms == waits[i]);

        w.k->n_out--;
        pls_jobs_add(&w.k->results, job);
        assert_int_equal(turn(&w, &out), 0);
        assert_int_equal(meta(&w)->holds, 0);
        t_pass(&w.t, waits[i]);
    }

    world_close(&w);
}


/* It is seen when it is folded, with a batch still under way. */

static void
a_pause_is_seen_at_once(void **state)
{
    bool        wrote = false;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 2);
    t_fold(&w.t);
    assert_int_equal(turn(&w, &out), 2);
    assert_false(pls_job_paused(out.head, w.sn.pauses));

    hello(&w, "1002", 1, 1);
    t_fold(&w.t);
    w.k->look = true;
    t_ok(&w.t, pls_keeper_write(w.k, &wrote, &w.t.err));
    assert_true(w.k->batch_end != 0);

    hold(&w, true, PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, NULL, 0);
    assert_false(pls_job_paused(out.head, w.sn.pauses));
    t_ok(&w.t, pls_keeper_folded(w.k, meta(&w)->holds_changed, &w.t.err));
    assert_true(pls_job_paused(out.head, w.sn.pauses));
    assert_int_equal(atomic_load(&w.sn.paused), 1);
    assert_int_equal(pls_pauses_of(w.sn.pauses, 1), 1);
    assert_int_equal(pls_pauses_of(w.sn.pauses, 2), 0);

    /* once is enough, and a resumption takes nothing back */

    t_ok(&w.t, pls_keeper_folded(w.k, meta(&w)->holds_changed, &w.t.err));
    hold(&w, false, PL__HOLD_KIND__HOLD_KIND_CHANNEL, 1, NULL, 0);
    t_ok(&w.t, pls_keeper_folded(w.k, meta(&w)->holds_changed, &w.t.err));
    assert_int_equal(atomic_load(&w.sn.paused), 1);
    assert_null(w.k->holds);

    world_close(&w);
}


/* A result of the first job: the provider refuses the account. */

static void
refused(world_t *w, pls_jobs_t *out)
{
    int64_t     until_ms;
    pls_job_t  *job = pls_jobs_take(out);

    assert_non_null(job);
    pls_result_begin(job, w->k->epoch);
    job->result.outcome = PL__OUTCOME__OUTCOME_ACCOUNT;
    pls_result_end(job, w->t.wall_ms, 0);
    until_ms = job->result.retry_ms;
    w->k->n_out--;
    pls_jobs_add(&w->k->results, job);
    assert_int_equal(turn(w, out), 0);
    assert_int_equal(turn(w, out), 0);
    t_pass(&w->t, until_ms - w->t.wall_ms);
}


/* The next probe; of which lane. */

static Pl__Lane
probed(world_t *w, pls_jobs_t *out)
{
    assert_int_equal(turn(w, out), 1);
    assert_int_equal(turn(w, out), 0);          /* one at a time */

    return (Pl__Lane) out->head->lane;
}


/* A reply that is always refused is not every probe. */

static void
lanes_take_turns_as_probes(void **state)
{
    unsigned    i;
    uint64_t    odd;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 1);
    t_fold(&w.t);
    assert_int_equal(turn(&w, &out), 1);
    odd = out.head->effect;
    assert_int_equal(out.head->lane, PL__LANE__LANE_REPLY);
    refused(&w, &out);

    /* alone it is its own probe */

    assert_int_equal(probed(&w, &out), PL__LANE__LANE_REPLY);
    refused(&w, &out);

    /* others in a lane behind it are asked in turn with it, all refused */

    for (i = 0; i < 3; i++) {
        ask_in(&w, PL__LANE__LANE_REMINDER, 1, 100 + i, "hello", 0);
    }

    t_fold(&w.t);

    for (i = 0; i < 3; i++) {
        assert_int_equal(probed(&w, &out), PL__LANE__LANE_REMINDER);
        refused(&w, &out);
        assert_int_equal(probed(&w, &out), PL__LANE__LANE_REPLY);
        assert_true(out.head->effect == odd);
        refused(&w, &out);
    }

    assert_int_equal(t_rows(&w.t, PL_TABLE_DEAD), 0);

    /* nor is a lane whose probes end otherwise */

    assert_int_equal(probed(&w, &out), PL__LANE__LANE_REMINDER);
    answer(&w, &out, PL__OUTCOME__OUTCOME_PERMANENT);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(probed(&w, &out), PL__LANE__LANE_REPLY);
    refused(&w, &out);

    /* one that is taken ends it: all go */

    assert_int_equal(probed(&w, &out), PL__LANE__LANE_REMINDER);
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(turn(&w, &out), 2);
    assert_int_equal(meta(&w)->holds, 0);

    world_close(&w);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_paused_channel_is_not_asked),
        cmocka_unit_test(a_pause_with_an_end_is_swept),
        cmocka_unit_test(what_was_set_aside_is_released),
        cmocka_unit_test(a_bucket_waits_longer_each_time),
        cmocka_unit_test(a_pair_waits_by_itself),
        cmocka_unit_test(lanes_take_turns_as_probes),
        cmocka_unit_test(a_pause_is_seen_at_once),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
