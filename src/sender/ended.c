/*
 * What is said of an attempt that is over (see ended.h).
 */

#include <inttypes.h>

#include "ended.h"

static pls_level_e ended_level(Pl__Outcome outcome);


void
pls_ended(pls_sender_t *sn, const pls_job_t *job)
{
    char                   value[PLS_LOG_VALUE_MAX];
    int64_t                now_ms, now_us;
    pls_level_e            level;
    const Pl__SendResult  *result;

    result = &job->result;
    level = ended_level(result->outcome);

    now_ms = pls_sender_now(sn);
    now_us = pl_clock_mono_us(pl_clock_system());

    pls_metrics_wire(&sn->metrics, job, now_ms, now_us);
    pls_sendlog_add(sn->sendlog, job, now_ms, pl_clock_wall_ms(sn->clock),
                    now_us);

    if (level > sn->log.level) {
        return;
    }

    pls_log(&sn->log, level, "attempt ended",
            "effect=%" PRIu64 " channel=%" PRIu32 " attempt=%" PRIu32
            " left_us=%" PRId64 " outcome=%s http=%d reason=%s",
            job->effect, job->channel, job->attempts, job->left_us,
            pls_result_name(result->outcome), job->wire.status,
            pls_log_value(value, sizeof(value),
                          result->reason == NULL ? "-" : result->reason));
}


/* What an account is refused for is told once, when it is held. */

static pls_level_e
ended_level(Pl__Outcome outcome)
{
    switch (outcome) {

    case PL__OUTCOME__OUTCOME_SENT:
    case PL__OUTCOME__OUTCOME_THROTTLE:
        return PLS_LOG_DEBUG;

    case PL__OUTCOME__OUTCOME_UNKNOWN:
        return PLS_LOG_WARN;

    default:
        return PLS_LOG_INFO;
    }
}
