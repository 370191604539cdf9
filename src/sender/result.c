/*
 * Results (see result.h). What can be taken back is decided by one question:
 * may a byte of the request have left? transfer.c answers it with the stage,
 * and neither a libcurl code nor a timeout changes the answer.
 */

#include <string.h>

#include "../core/str.h"
#include "../engine/holds.h"
#include "result.h"

#define RESULT_HALF  (1u << 31)     /* of what random32 picks from */

static const char *result_back(const pls_wire_t *wire);
static int64_t result_bucket(const pls_job_t *job, const pl_retry_t *row,
    uint32_t random32);
static char *result_word(const char *word);


void
pls_result_answer(const pls_wire_t *wire, int64_t now_ms,
    pl_answer_t *answer)
{
    memset(answer, 0, sizeof(*answer));

    /* the journal's time may be ahead of the provider's; its header is not */
    answer->now_ms = wire->ended_ms != 0 ? wire->ended_ms : now_ms;

    answer->wire = wire->stage;

    if (wire->status == 0) {

        /* stopped by us, or broken inside: whatever began may have left */
        if (wire->stage > PL__WIRE_STAGE__WIRE_STAGE_CONNECTING) {
            answer->wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
        }

        return;
    }

    answer->status = wire->status;
    answer->body.data = wire->body;
    answer->body.len = wire->body_len;
    answer->truncated = wire->end != PLS_END_ANSWERED;
    answer->retry_after = pl_str_c(wire->retry_after);
    answer->location = pl_str_c(wire->location);
}


void
pls_result_make(pls_job_t *job, const pl_codec_t *codec, uint64_t epoch,
    int64_t now_ms, uint32_t random32)
{
    pl_answer_t   answer;
    const char   *back = result_back(&job->wire);

    if (back != NULL) {
        pls_result_local(job, epoch, PL__OUTCOME__OUTCOME_THROTTLE, back,
                         now_ms, random32);
        return;
    }

    pls_result_begin(job, epoch);
    pls_result_answer(&job->wire, now_ms, &answer);

    if (job->classify(codec, &answer, job->arena, &job->result, NULL)
        != PL_OK)
    {
        pls_result_begin(job, epoch);
        job->result.outcome =
            answer.status == 0
            && answer.wire <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
            ? PL__OUTCOME__OUTCOME_RETRY : PL__OUTCOME__OUTCOME_UNKNOWN;
        job->result.reason = result_word("answer too large");
        job->result.has_cut = true;
        job->result.cut = true;
    }

    /* what the transfer knows of a failure says more than the channel can */
    if (answer.status == 0) {
        job->result.reason = pls_result_reason(&job->wire);
    }

    /* a mail's id is ours, whatever the relay calls it */

    if (job->result.outcome == PL__OUTCOME__OUTCOME_SENT
        && job->request.mail_id != NULL)
    {
        job->result.provider_id = (char *) (uintptr_t) job->request.mail_id;
    }

    job->result.effect = job->effect;
    job->result.epoch = epoch;

    job->result.unsent = job->result.outcome == PL__OUTCOME__OUTCOME_RETRY
                         && answer.status == 0
                         && answer.wire
                            <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    job->result.has_unsent = job->result.unsent;

    pls_result_end(job, now_ms, random32);
}


/* Why we took back what had not left; NULL: we did not. */

static const char *
result_back(const pls_wire_t *wire)
{
    if (wire->stage > PL__WIRE_STAGE__WIRE_STAGE_CONNECTING) {
        return NULL;
    }

    switch (wire->end) {
    case PLS_END_STOPPED:
        return "the sender ends";
    case PLS_END_WAITED:
        return "its time did not come";
    case PLS_END_EXPIRED:
        return "it expired before it left";
    default:
        return NULL;
    }
}


void
pls_result_local(pls_job_t *job, uint64_t epoch, Pl__Outcome outcome,
    const char *why, int64_t now_ms, uint32_t random32)
{
    pls_result_begin(job, epoch);
    job->result.outcome = outcome;
    job->result.reason = result_word(why);

    if (outcome == PL__OUTCOME__OUTCOME_THROTTLE) {
        job->result.has_retry_ms = true;
        job->result.retry_ms = now_ms;
        return;
    }

    pls_result_end(job, now_ms, random32);
}


void
pls_result_begin(pls_job_t *job, uint64_t epoch)
{
    Pl__SendResult  none = PL__SEND_RESULT__INIT;

    job->result = none;
    job->result.effect = job->effect;
    job->result.epoch = epoch;
}


/*
 * The channel gave a delay, or nothing; the journal wants a time. An account
 * that is refused is the whole channel's: no jitter spreads it.
 */

void
pls_result_end(pls_job_t *job, int64_t now_ms, uint32_t random32)
{
    int64_t            delay_ms, least_ms;
    Pl__SendResult    *result;
    const pl_retry_t  *row;

    result = &job->result;
    row = &job->retries.rows[pl_retry_class(job->kind, result->outcome,
                                            result->unsent) - 1];
    delay_ms = result->has_retry_ms && result->retry_ms > 0
               ? result->retry_ms : 0;

    switch (result->outcome) {

    case PL__OUTCOME__OUTCOME_RETRY:
        least_ms = pl_retry_delay(row, job->attempts, random32);
        break;

    case PL__OUTCOME__OUTCOME_THROTTLE:
        least_ms = result_bucket(job, row, random32);
        break;

    case PL__OUTCOME__OUTCOME_ACCOUNT:
        least_ms = pl_retry_delay(row,
                                  job->failures[PLS_FAILURES_ACCOUNT] + 1,
                                  UINT32_MAX);
        break;

    default:
        result->has_retry_ms = false;
        result->retry_ms = 0;
        return;
    }

    result->has_retry_ms = true;
    result->retry_ms = now_ms + (delay_ms > least_ms ? delay_ms : least_ms);
}


/*
 * A bucket that was named counts its own failures, and all that is of it
 * waits for this one time: no less than half of what its row says. Where the
 * code has a base of its own, that is the provider's schedule.
 */

static int64_t
result_bucket(const pls_job_t *job, const pl_retry_t *row, uint32_t random32)
{
    uint32_t               n;
    const Pl__SendResult  *result = &job->result;

    if (!result->has_bucket
        || (size_t) result->bucket >= PL_COUNT(job->failures))
    {
        return pl_retry_delay(row, job->free + 1, random32);
    }

    n = job->failures[result->bucket] + 1;

    return result->retry_base != 0
           ? pl_hold_wait(n, result->retry_base)
           : pl_retry_delay(row, n, random32 | RESULT_HALF);
}


char *
pls_result_reason(const pls_wire_t *wire)
{
    switch (wire->end) {
    case PLS_END_RESOLVE:
        return result_word("host not found");
    case PLS_END_CONNECT:
        return result_word("cannot connect");
    case PLS_END_TLS:
        return result_word("no TLS connection");
    case PLS_END_TIMEOUT:
        return result_word(wire->stage
                           <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
                           ? "timeout before the request left"
                           : "timeout before an answer");
    case PLS_END_CUT:
        return result_word("connection cut");
    case PLS_END_TOOBIG:
        return result_word("answer too large");
    case PLS_END_ADDRESS:
        return result_word("its address is not public");
    case PLS_END_REPEAT:
        return result_word("kept connection died unanswered");
    case PLS_END_STOPPED:
        return result_word("the sender ended");
    default:
        return result_word("transfer failed");
    }
}


const char *
pls_result_name(Pl__Outcome outcome)
{
    static const char *const  names[PLS_OUTCOMES] = {
        "none", "sent", "retry", "throttle", "permanent", "policy",
        "account", "unknown"
    };

    return (size_t) outcome < PL_COUNT(names) ? names[outcome] : names[0];
}


/* protobuf-c's strings are not const; nobody writes into a result's. */
static char *
result_word(const char *word)
{
    return (char *) (uintptr_t) word;
}
