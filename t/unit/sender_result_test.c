/*
 * From what the wire said to a SendResult: may it have left, what the channel
 * is asked, and when it is tried again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/sender/result.c"

#define NONE        PL__WIRE_STAGE__WIRE_STAGE_NONE
#define CONNECTING  PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
#define LEAVING     PL__WIRE_STAGE__WIRE_STAGE_LEAVING
#define ANSWERED    PL__WIRE_STAGE__WIRE_STAGE_ANSWERED

#define RETRY       PL__OUTCOME__OUTCOME_RETRY
#define THROTTLE    PL__OUTCOME__OUTCOME_THROTTLE
#define ACCOUNT     PL__OUTCOME__OUTCOME_ACCOUNT
#define UNKNOWN     PL__OUTCOME__OUTCOME_UNKNOWN
#define SENT        PL__OUTCOME__OUTCOME_SENT

#define NOW_MS      1000000

/* What the channel of these tests was asked, and what it says. */
static pl_answer_t     said;
static Pl__Outcome     says;
static int64_t         says_ms;
static pl_status_t     says_rc;


static pl_status_t
fake_classify(const pl_codec_t *codec, const pl_answer_t *answer,
    pl_arena_t *ar, Pl__SendResult *out, pl_err_t *err)
{
    (void) codec;
    (void) ar;
    (void) err;

    said = *answer;
    out->outcome = says;
    out->has_retry_ms = says_ms != 0;
    out->retry_ms = says_ms;

    return says_rc;
}


static void
make(pls_job_t *job, pls_end_e end, Pl__WireStage stage, int status,
    uint32_t random32)
{
    memset(job, 0, sizeof(*job));
    job->effect = 77;
    job->attempts = 3;
    job->free = 2;
    job->kind = PL__EFFECT__OF_SEND_MESSAGE;
    pl_retry_all(NULL, &job->retries);
    job->classify = fake_classify;
    job->wire.end = end;
    job->wire.stage = stage;
    job->wire.status = status;

    pls_result_make(job, NULL, 42, NOW_MS, random32);
}


static void
test_answer(void **state)
{
    size_t       i;
    pls_wire_t   wire;
    pl_answer_t  answer;

    static const struct {
        pls_end_e       end;
        Pl__WireStage   stage;
        int             status;
        Pl__WireStage   wire;
        int             shown;
        bool            truncated;
    } cases[] = {
        { PLS_END_RESOLVE, CONNECTING, 0, CONNECTING, 0, false },
        { PLS_END_CONNECT, CONNECTING, 0, CONNECTING, 0, false },
        { PLS_END_TLS, CONNECTING, 0, CONNECTING, 0, false },
        { PLS_END_TIMEOUT, CONNECTING, 0, CONNECTING, 0, false },
        { PLS_END_TIMEOUT, LEAVING, 0, LEAVING, 0, false },
        { PLS_END_CUT, LEAVING, 0, LEAVING, 0, false },
        { PLS_END_REPEAT, LEAVING, 0, LEAVING, 0, false },
        { PLS_END_CONNECT, LEAVING, 0, LEAVING, 0, false },
        { PLS_END_STOPPED, LEAVING, 0, LEAVING, 0, false },
        { PLS_END_OTHER, ANSWERED, 0, LEAVING, 0, false },
        { PLS_END_ANSWERED, ANSWERED, 200, ANSWERED, 200, false },
        { PLS_END_CUT, ANSWERED, 200, ANSWERED, 200, true },
        { PLS_END_TOOBIG, ANSWERED, 500, ANSWERED, 500, true },
        { PLS_END_TIMEOUT, ANSWERED, 200, ANSWERED, 200, true },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(cases); i++) {
        memset(&wire, 0, sizeof(wire));
        wire.end = cases[i].end;
        wire.stage = cases[i].stage;
        wire.status = cases[i].status;
        memcpy(wire.retry_after, "7", 2);

        pls_result_answer(&wire, NOW_MS, &answer);

        assert_true(answer.now_ms == NOW_MS);
        assert_int_equal(answer.wire, cases[i].wire);
        assert_int_equal(answer.status, cases[i].shown);
        assert_int_equal(answer.truncated, cases[i].truncated);
        assert_int_equal(answer.retry_after.len, cases[i].shown != 0);

        /* a date is of the wall's time, not of a journal's that is ahead */

        wire.ended_ms = NOW_MS - 3600000;
        pls_result_answer(&wire, NOW_MS, &answer);
        assert_true(answer.now_ms == NOW_MS - 3600000);
    }
}


static void
test_when(void **state)
{
    size_t     i;
    pls_job_t  job;

    static const struct {
        Pl__Outcome   outcome;
        int64_t       delay_ms;         /* the channel's; 0: none */
        uint32_t      random32;
        int64_t       least_ms;         /* from now; 0: no time at all */
        int64_t       most_ms;
    } cases[] = {
        { SENT, 0, 0, 0, 0 },
        { SENT, 5000, 0, 0, 0 },
        { UNKNOWN, 5000, 0, 0, 0 },
        { PL__OUTCOME__OUTCOME_PERMANENT, 5000, 0, 0, 0 },
        { PL__OUTCOME__OUTCOME_POLICY, 5000, 0, 0, 0 },
        { RETRY, 0, 0, 100, 100 },
        { RETRY, 0, UINT32_MAX, 4000, 8000 },
        { RETRY, 60000, 0, 60000, 60000 },
        { RETRY, 50, 0, 100, 100 },
        { RETRY, -5, 0, 100, 100 },
        { THROTTLE, 0, UINT32_MAX, 4000, 8000 },
        { THROTTLE, 600000, UINT32_MAX, 600000, 600000 },
        { ACCOUNT, 0, 0, 60000, 60000 },
        { ACCOUNT, 3600000, 0, 3600000, 3600000 },
    };

    (void) state;

    says_rc = PL_OK;

    for (i = 0; i < PL_COUNT(cases); i++) {
        says = cases[i].outcome;
        says_ms = cases[i].delay_ms;
        make(&job, PLS_END_ANSWERED, ANSWERED, 200, cases[i].random32);

        assert_int_equal(job.result.outcome, cases[i].outcome);
        assert_true(job.result.effect == 77);
        assert_true(job.result.epoch == 42);
        assert_int_equal(job.result.has_retry_ms, cases[i].most_ms != 0);

        if (cases[i].most_ms != 0) {
            assert_in_range(job.result.retry_ms, NOW_MS + cases[i].least_ms,
                            NOW_MS + cases[i].most_ms);
        }
    }
}


/* Stopped before a byte left: free, and due again at once. */

static void
test_stopped(void **state)
{
    pls_job_t  job;

    (void) state;

    says = UNKNOWN;
    says_ms = 0;
    says_rc = PL_OK;

    make(&job, PLS_END_STOPPED, NONE, 0, 0);
    assert_int_equal(job.result.outcome, THROTTLE);
    assert_true(job.result.retry_ms == NOW_MS);

    make(&job, PLS_END_STOPPED, CONNECTING, 0, 0);
    assert_int_equal(job.result.outcome, THROTTLE);

    make(&job, PLS_END_WAITED, NONE, 0, 0);
    assert_int_equal(job.result.outcome, THROTTLE);
    assert_true(job.result.retry_ms == NOW_MS);

    make(&job, PLS_END_EXPIRED, CONNECTING, 0, 0);
    assert_int_equal(job.result.outcome, THROTTLE);
    assert_true(job.result.retry_ms == NOW_MS);
    assert_string_equal(job.result.reason, "it expired before it left");

    make(&job, PLS_END_STOPPED, LEAVING, 0, 0);
    assert_int_equal(job.result.outcome, UNKNOWN);
    assert_int_equal(said.wire, LEAVING);
    assert_string_equal(job.result.reason, "the sender ended");
}


/* A channel that cannot classify: only what never left is tried again. */

static void
test_unclassified(void **state)
{
    pls_job_t  job;

    (void) state;

    says = SENT;
    says_ms = 0;
    says_rc = PL_NOMEM;

    make(&job, PLS_END_ANSWERED, ANSWERED, 200, 0);
    assert_int_equal(job.result.outcome, UNKNOWN);
    assert_true(job.result.effect == 77);

    make(&job, PLS_END_CUT, LEAVING, 0, 0);
    assert_int_equal(job.result.outcome, UNKNOWN);

    make(&job, PLS_END_CONNECT, CONNECTING, 0, 0);
    assert_int_equal(job.result.outcome, RETRY);
    assert_true(job.result.has_retry_ms);
}


/* Only a retry of which no byte left is not charged. */

static void
test_unsent(void **state)
{
    size_t     i;
    pls_job_t  job;

    static const struct {
        Pl__Outcome     outcome;
        pls_end_e       end;
        Pl__WireStage   stage;
        int             status;
        bool            unsent;
    } cases[] = {
        { RETRY, PLS_END_RESOLVE, CONNECTING, 0, true },
        { RETRY, PLS_END_CONNECT, CONNECTING, 0, true },
        { RETRY, PLS_END_TLS, CONNECTING, 0, true },
        { RETRY, PLS_END_TIMEOUT, CONNECTING, 0, true },
        { RETRY, PLS_END_CUT, LEAVING, 0, false },
        { RETRY, PLS_END_ANSWERED, ANSWERED, 503, false },
        { THROTTLE, PLS_END_CONNECT, CONNECTING, 0, false },
        { UNKNOWN, PLS_END_TIMEOUT, LEAVING, 0, false },
    };

    (void) state;

    says_ms = 0;
    says_rc = PL_OK;

    for (i = 0; i < PL_COUNT(cases); i++) {
        says = cases[i].outcome;
        make(&job, cases[i].end, cases[i].stage, cases[i].status, 0);
        assert_int_equal(job.result.unsent, cases[i].unsent);
        assert_int_equal(job.result.has_unsent, cases[i].unsent);
    }
}


static void
test_local(void **state)
{
    pls_job_t  job;

    (void) state;

    memset(&job, 0, sizeof(job));
    job.effect = 5;
    pl_retry_all(NULL, &job.retries);

    pls_result_local(&job, 9, PL__OUTCOME__OUTCOME_PERMANENT, "no", NOW_MS,
                     0);
    assert_int_equal(job.result.outcome, PL__OUTCOME__OUTCOME_PERMANENT);
    assert_string_equal(job.result.reason, "no");
    assert_false(job.result.has_retry_ms);
    assert_true(job.result.epoch == 9);

    pls_result_local(&job, 9, ACCOUNT, "no token", NOW_MS, 0);
    assert_true(job.result.retry_ms == NOW_MS + 60000);
}


static void
test_names(void **state)
{
    (void) state;

    assert_string_equal(pls_result_name(SENT), "sent");
    assert_string_equal(pls_result_name(UNKNOWN), "unknown");
    assert_string_equal(pls_result_name((Pl__Outcome) 0), "none");
    assert_string_equal(pls_result_name((Pl__Outcome) 99), "none");
    assert_int_equal(PLS_OUTCOMES, UNKNOWN + 1);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_when),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_unclassified),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_local),
        cmocka_unit_test(test_names),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
