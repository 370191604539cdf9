/*
 * What is said of an attempt that is over (see ended.h).
 */

#include <inttypes.h>

#include "ended.h"

static int64_t ended_left(const pls_job_t *job);
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
            job->effect, job->channel, job->attempts, ended_left(job),
            pls_result_name(result->outcome), job->wire.status,
            pls_log_value(value, sizeof(value),
                          result->reason == NULL ? "-" : result->reason));
}


/* What was handed on and got no connection has left for nobody. */

static int64_t
ended_left(const pls_job_t *job)
{
    return job->wire.left_us != 0 || job->request.mail_to != NULL
           ? job->left_us : 0;
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
