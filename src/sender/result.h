/*
 * From what the wire said to a SendResult. Pure.
 */

#ifndef PLS_RESULT_H_INCLUDED
#define PLS_RESULT_H_INCLUDED

#include "job.h"

#define PLS_OUTCOMES  8         /* Pl__Outcome, 0 unused */

/*
 * The channel's view of how a transfer ended. An answer that began but was
 * cut, or was too large, keeps its status and is truncated; none at all has
 * status 0, and wire says whether the request may have left.
 */
void pls_result_answer(const pls_wire_t *wire, int64_t now_ms,
    pl_answer_t *answer);

/*
 * Classifies job->wire into job->result by the channel, then turns delays
 * into times. Where the channel cannot (memory), what may have left is
 * unknown and the rest is tried again. random32: for the jitter.
 */
void pls_result_make(pls_job_t *job, const pl_codec_t *codec,
    uint64_t epoch, int64_t now_ms, uint32_t random32);

/*
 * A result without a transfer: why is a literal. ACCOUNT and RETRY get their
 * time as well; THROTTLE is free and due again at once.
 */
void pls_result_local(pls_job_t *job, uint64_t epoch, Pl__Outcome outcome,
    const char *why, int64_t now_ms, uint32_t random32);

/*
 * For results that are made elsewhere (fetch_step.c). begin: an empty one.
 * end: a delay that stands in retry_ms becomes a time, never before its
 * class's schedule (engine/retry.h). reason: why there was no answer, a
 * literal.
 */
void pls_result_begin(pls_job_t *job, uint64_t epoch);
void pls_result_end(pls_job_t *job, int64_t now_ms, uint32_t random32);
char *pls_result_reason(const pls_wire_t *wire);

/* "sent", "retry", etc.; "none" for what is no outcome. */
const char *pls_result_name(Pl__Outcome outcome);

#endif /* PLS_RESULT_H_INCLUDED */
