/*
 * Retry schedules: rows, delays, what ends an effect, on a channel's own
 * rows; and what becomes of each attempt stays with it.
 */

#include "../../src/engine/retry.h"
#include "engine.h"

#define RETRY      PL__OUTCOME__OUTCOME_RETRY
#define THROTTLE   PL__OUTCOME__OUTCOME_THROTTLE
#define ACCOUNT    PL__OUTCOME__OUTCOME_ACCOUNT
#define PERMANENT  PL__OUTCOME__OUTCOME_PERMANENT
#define UNKNOWN    PL__OUTCOME__OUTCOME_UNKNOWN

#define CLASS(of)  PL__RETRY_CLASS__RETRY_CLASS_##of
#define MESSAGE    PL__EFFECT__OF_SEND_MESSAGE
#define FETCH      PL__EFFECT__OF_FETCH_MEDIA
#define UPLOAD     PL__EFFECT__OF_UPLOAD_MEDIA
#define SYNC       PL__EFFECT__OF_SYNC_TEMPLATES


static void
delays_grow_with_full_jitter(void **state)
{
    size_t      i;
    pl_retry_t  row;

    static const struct {
        int64_t    first_ms;
        uint32_t   factor;
        int64_t    max_ms;
        uint32_t   n;
        uint32_t   random32;
        int64_t    delay_ms;
    } rows[] = {
        { 2000, 2, 3600000, 1, 0, 100 },
        { 2000, 2, 3600000, 0, UINT32_MAX, 2000 },
        { 2000, 2, 3600000, 1, UINT32_MAX, 2000 },
        { 2000, 2, 3600000, 2, UINT32_MAX, 4000 },
        { 2000, 2, 3600000, 2, UINT32_MAX / 2, 2000 },
        { 2000, 2, 3600000, 11, UINT32_MAX, 2048000 },
        { 2000, 2, 3600000, 12, UINT32_MAX, 3600000 },
        { 2000, 2, 3600000, UINT32_MAX, UINT32_MAX, 3600000 },
        { 2000, 1, 3600000, UINT32_MAX, UINT32_MAX, 2000 },
        { 100, 10, PL_RETRY_DELAY_MAX_MS, 7, UINT32_MAX,
          PL_RETRY_DELAY_MAX_MS },
        { 5000, 2, 4000, 1, UINT32_MAX, 4000 },
        { 100, 1, 100, 1, UINT32_MAX, 100 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        row = pl_retry_rows[0];
        row.first_ms = rows[i].first_ms;
        row.factor = rows[i].factor;
        row.max_ms = rows[i].max_ms;

        assert_true(pl_retry_delay(&row, rows[i].n, rows[i].random32)
                    == rows[i].delay_ms);
    }
}


static void
rows_stand_in_their_places_and_within_bounds(void **state)
{
    size_t             i;
    const pl_retry_t  *row;

    (void) state;

    for (i = 0; i < PL_RETRY_CLASSES; i++) {
        row = &pl_retry_rows[i];
        assert_int_equal(row->of, i + 1);
        assert_ptr_equal(pl_retry_named(pl_str_c(row->name)), row);
        assert_in_range(row->first_ms, PL_RETRY_MIN_MS, row->max_ms);
        assert_in_range(row->factor, 1, PL_RETRY_FACTOR_MAX);
        assert_true(row->max_ms <= PL_RETRY_DELAY_MAX_MS);
        assert_true(row->attempts <= PL_RETRY_ATTEMPTS_MAX);
        assert_in_range(row->age_ms, PL_RETRY_AGE_MIN_MS,
                        PL_RETRY_AGE_MAX_MS);
    }

    assert_int_equal(pl__retry_class__descriptor.n_values, PL_RETRY_CLASSES);
    assert_null(pl_retry_named(PL_STR("transien")));
    assert_null(pl_retry_named(PL_STR("")));
}


static void
a_failure_is_of_the_class_that_it_is(void **state)
{
    size_t  i;

    static const struct {
        Pl__Effect__OfCase   kind;
        Pl__Outcome          outcome;
        bool                 unsent;
        Pl__RetryClass       of;
    } rows[] = {
        { MESSAGE, RETRY, false, CLASS(TRANSIENT) },
        { MESSAGE, RETRY, true, CLASS(UNSENT) },
        { MESSAGE, UNKNOWN, false, CLASS(UNKNOWN) },
        { MESSAGE, THROTTLE, false, CLASS(THROTTLE) },
        { MESSAGE, ACCOUNT, false, CLASS(ACCOUNT) },
        { SYNC, RETRY, false, CLASS(ERRAND) },
        { SYNC, UNKNOWN, false, CLASS(ERRAND) },
        { SYNC, RETRY, true, CLASS(UNSENT) },
        { UPLOAD, RETRY, false, CLASS(ERRAND) },
        { UPLOAD, THROTTLE, false, CLASS(THROTTLE) },
        { FETCH, RETRY, false, CLASS(MEDIA) },
        { FETCH, RETRY, true, CLASS(MEDIA) },
        { FETCH, UNKNOWN, false, CLASS(MEDIA) },
        { FETCH, ACCOUNT, false, CLASS(ACCOUNT) },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_retry_class(rows[i].kind, rows[i].outcome,
                                        rows[i].unsent), rows[i].of);
    }
}


/* A store whose channel has one row of its own. */

static void
open_with(t_engine_t *t, Pl__RetrySettings *row, Pl__RetrySettings **list,
    Pl__RetryClass of, uint32_t attempts, int64_t age_ms)
{
    pl__retry_settings__init(row);
    row->of = of;
    row->first_ms = 2000;
    row->factor = 2;
    row->max_ms = 3600000;
    row->attempts = attempts;
    row->age_ms = age_ms;
    list[0] = row;

    t_open(t);
    t->retries = list;
    t->n_retries = 1;
    t_configure(t);
}


static const Pl__DeadLetter *
the_dead(t_engine_t *t)
{
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    return (const Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                          &pl__dead_letter__descriptor);
}


/* As the provider says it: with a status, a code, and a trace. */

static void
result_full(t_engine_t *t, uint64_t effect, uint64_t epoch,
    Pl__Outcome outcome, int32_t code)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = outcome;
    result.has_http_status = 1;
    result.http_status = 503;
    result.has_code = 1;
    result.code = code;
    result.reason = (char *) "131016 retry";
    result.trace = (char *) "Az8or2yhqkZfEZ";
    result.has_retry_ms = 1;
    result.retry_ms = t->wall_ms + 1000;

    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    (void) t_append(t, &command, NULL);
    t_fold(t);
    t_pass(t, 1000);
}


/* n attempts end so; then the effect still waits, or does not. */

static void
fails(t_engine_t *t, uint64_t epoch, Pl__Outcome outcome, unsigned n,
    bool waits)
{
    unsigned  i;
    uint64_t  effects[64];

    for (i = 0; i < n; i++) {
        assert_int_equal(t_attempt(t, epoch, effects), 1);
        result_full(t, effects[0], epoch, outcome, (int32_t) i + 1);
    }

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), waits);
}


static void
attempts_end_at_their_number(void **state)
{
    size_t               i;
    uint64_t             epoch;
    t_engine_t           t;
    Pl__RetrySettings    row, *list[1];

    static const struct {
        Pl__RetryClass   of;
        Pl__Outcome      outcome;
    } rows[] = {
        { CLASS(TRANSIENT), RETRY },
        { CLASS(THROTTLE), THROTTLE },
        { CLASS(ACCOUNT), ACCOUNT },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        open_with(&t, &row, list, rows[i].of, 3, 86400000);
        epoch = t_sender(&t, true, NULL);
        t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
        t_fold(&t);

        fails(&t, epoch, rows[i].outcome, 2, true);
        assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
        fails(&t, epoch, rows[i].outcome, 1, false);
        assert_string_equal(the_dead(&t)->reason, "attempts exhausted");
        assert_int_equal(the_dead(&t)->effect->n_tried, 3);
        t_close(&t);
    }
}


static void
what_was_not_sent_has_a_limit_of_its_own(void **state)
{
    int                  i;
    uint64_t             epoch, effects[64];
    t_engine_t           t;
    Pl__RetrySettings    row, *list[1];

    (void) state;

    open_with(&t, &row, list, CLASS(UNSENT), 3, 86400000);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    fails(&t, epoch, RETRY, 2, true);       /* these are another class's */

    for (i = 0; i < 3; i++) {
        assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
        assert_int_equal(t_attempt(&t, epoch, effects), 1);
        t_result_of(&t, effects[0], epoch, RETRY, t.wall_ms + 1000, true);
        t_pass(&t, 1000);
    }

    assert_string_equal(the_dead(&t)->reason, "attempts exhausted");
    t_close(&t);
}


/* In a row: another failure between them begins the count anew. */

static void
throttled_ones_are_counted_in_a_row(void **state)
{
    uint64_t             epoch;
    t_engine_t           t;
    Pl__RetrySettings    row, *list[1];

    (void) state;

    open_with(&t, &row, list, CLASS(THROTTLE), 3, 86400000);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    fails(&t, epoch, THROTTLE, 2, true);
    fails(&t, epoch, RETRY, 1, true);
    fails(&t, epoch, THROTTLE, 2, true);
    fails(&t, epoch, THROTTLE, 1, false);
    assert_int_equal(the_dead(&t)->effect->attempts, 1);
    t_close(&t);
}


/* Its age when its turn would come: the class's, to the millisecond. */

static void
age_ends_what_would_be_older(void **state)
{
    int                  late;
    uint64_t             epoch, effects[64];
    t_engine_t           t;
    Pl__RetrySettings    row, *list[1];

    (void) state;

    for (late = 0; late < 2; late++) {
        open_with(&t, &row, list, CLASS(TRANSIENT), 20, 60000);
        epoch = t_sender(&t, true, NULL);
        t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
        t_fold(&t);

        assert_int_equal(t_attempt(&t, epoch, effects), 1);
        t_result(&t, effects[0], epoch, RETRY, T_NOW + 60000 + late);
        assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), !late);
        assert_int_equal(t_rows(&t, PL_TABLE_DEAD), late);

        if (late) {
            assert_string_equal(the_dead(&t)->reason, "expired");
        }

        t_close(&t);
    }
}


/* The first four and the last sixteen; what was between is counted. */

static void
a_dead_letter_has_its_attempts(void **state)
{
    size_t                 i;
    uint64_t               epoch, effects[64];
    t_engine_t             t;
    const Pl__Tried       *tried;
    Pl__RetrySettings      row, *list[1];
    const Pl__Effect      *effect;

    (void) state;

    open_with(&t, &row, list, CLASS(TRANSIENT), 30, 86400000);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    fails(&t, epoch, RETRY, 20, true);
    effect = (const Pl__Effect *) t_row(&t, PL_TABLE_OUTBOX, 0,
                                        &pl__effect__descriptor);
    assert_int_equal(effect->n_tried, PL_TRIED_FIRST + PL_TRIED_LAST);
    assert_int_equal(effect->tried_more, 0);

    fails(&t, epoch, RETRY, 1, true);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_pass(&t, 7);
    result_full(&t, effects[0], epoch, PERMANENT, 99);

    effect = the_dead(&t)->effect;
    assert_int_equal(effect->n_tried, PL_TRIED_FIRST + PL_TRIED_LAST);
    assert_int_equal(effect->tried_more, 2);
    assert_int_equal(effect->tried[3]->code, 4);
    assert_int_equal(effect->tried[4]->code, 7);

    for (i = 0, tried = NULL; i < effect->n_tried; i++) {
        tried = effect->tried[i];
        assert_int_equal(tried->http_status, 503);
        assert_string_equal(tried->reason, "131016 retry");
        assert_string_equal(tried->trace, "Az8or2yhqkZfEZ");
        assert_false(tried->has_stage);
    }

    assert_non_null(tried);
    assert_int_equal(tried->outcome, PERMANENT);
    assert_int_equal(tried->code, 99);
    assert_true(tried->began_ms == tried->ended_ms - 7);
    t_close(&t);
}


/* Nothing is kept of a send that simply goes out. */

static void
a_sender_that_dies_is_an_attempt_too(void **state)
{
    uint64_t                epoch, effects[64];
    t_engine_t              t;
    Pl__AttemptStage        stage = PL__ATTEMPT_STAGE__INIT;
    const Pl__UnknownSend  *unknown;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    stage.effect = effects[0];
    stage.stage = PL__WIRE_STAGE__WIRE_STAGE_ANSWERED;
    (void) t_sender(&t, true, &stage);

    assert_int_equal(t_rows(&t, PL_TABLE_UNKNOWN), 1);
    unknown = (const Pl__UnknownSend *) t_row(&t, PL_TABLE_UNKNOWN, 0,
                                              &pl__unknown_send__descriptor);
    assert_int_equal(unknown->effect->n_tried, 1);
    assert_int_equal(unknown->effect->tried[0]->stage,
                     PL__WIRE_STAGE__WIRE_STAGE_ANSWERED);
    assert_string_equal(unknown->effect->tried[0]->reason,
                        "the sender ended");
    t_close(&t);
}


/* The commands that ask for a letter name the death that was seen. */

static void
ask(t_engine_t *t, bool drop, uint64_t effect, int64_t died_ms)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__DeadDrop   dropped = PL__DEAD_DROP__INIT;
    Pl__DeadRetry  retry = PL__DEAD_RETRY__INIT;

    dropped.tenant = retry.tenant = 1;
    dropped.effect = retry.effect = effect;
    dropped.has_died_ms = retry.has_died_ms = 1;
    dropped.died_ms = retry.died_ms = died_ms;
    dropped.actor = retry.actor = (char *) "maria";

    command.of_case = drop ? PL__COMMAND__OF_DEAD_DROP
                           : PL__COMMAND__OF_DEAD_RETRY;
    if (drop) {
        command.dead_drop = &dropped;
    } else {
        command.dead_retry = &retry;
    }

    (void) t_append(t, &command, NULL);
}


static void
a_letter_is_retried_and_dropped_once(void **state)
{
    int64_t                died_ms;
    uint64_t               epoch, effects[64];
    t_engine_t             t;
    const Pl__AuditEvent  *event;

    (void) state;
    t_open(&t);
    t_configure(&t);
    epoch = t_sender(&t, true, NULL);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "Hello");
    t_fold(&t);

    fails(&t, epoch, PERMANENT, 1, false);
    died_ms = the_dead(&t)->died_ms;
    effects[0] = the_dead(&t)->effect->id;

    /* another death is another letter */

    ask(&t, false, effects[0], died_ms + 1);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 1);

    ask(&t, false, effects[0], died_ms);
    t_fold(&t);
    assert_int_equal(t_counted(&t, "dead_retried", ""), 1);
    fails(&t, epoch, PERMANENT, 1, false);

    ask(&t, false, effects[0], died_ms);    /* who asks late, of the first */
    ask(&t, true, effects[0], died_ms);
    t_fold(&t);
    assert_int_equal(the_dead(&t)->effect->n_tried, 2);
    assert_int_equal(t_message(&t, 1)->resent, 1);

    died_ms = the_dead(&t)->died_ms;
    ask(&t, true, effects[0], died_ms);
    ask(&t, true, effects[0], died_ms);
    ask(&t, false, effects[0], died_ms);
    t_fold(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_counted(&t, "dead_dropped", ""), 1);
    assert_int_equal(t_counted(&t, "dead_retried", ""), 1);
    assert_int_equal(t_message(&t, 1)->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);

    event = (const Pl__AuditEvent *) t_row(&t, PL_TABLE_AUDIT,
        (unsigned) t_rows(&t, PL_TABLE_AUDIT) - 1,
        &pl__audit_event__descriptor);
    assert_int_equal(event->kind, PL__AUDIT_KIND__AUDIT_KIND_DROPPED);
    assert_string_equal(event->actor, "maria");
    assert_true(event->entry != 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(delays_grow_with_full_jitter),
        cmocka_unit_test(rows_stand_in_their_places_and_within_bounds),
        cmocka_unit_test(a_failure_is_of_the_class_that_it_is),
        cmocka_unit_test(attempts_end_at_their_number),
        cmocka_unit_test(what_was_not_sent_has_a_limit_of_its_own),
        cmocka_unit_test(throttled_ones_are_counted_in_a_row),
        cmocka_unit_test(age_ends_what_would_be_older),
        cmocka_unit_test(a_dead_letter_has_its_attempts),
        cmocka_unit_test(a_sender_that_dies_is_an_attempt_too),
        cmocka_unit_test(a_letter_is_retried_and_dropped_once),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
