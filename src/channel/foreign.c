/*
 * Answers that are not the API's own. See foreign.h.
 */

#include "delay.h"
#include "foreign.h"

typedef struct {
    int           first;        /* HTTP status, both included */
    int           last;
    Pl__Outcome   outcome;
} foreign_row_t;

/* The first that fits. */
static const foreign_row_t foreign_rows[] = {
    { 300, 399, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 401, 401, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 403, 405, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 407, 407, PL__OUTCOME__OUTCOME_ACCOUNT },
    { 408, 408, PL__OUTCOME__OUTCOME_UNKNOWN },
    { 429, 429, PL__OUTCOME__OUTCOME_THROTTLE },
    { 400, 499, PL__OUTCOME__OUTCOME_PERMANENT },
    { 503, 503, PL__OUTCOME__OUTCOME_RETRY },
    { 0, INT32_MAX, PL__OUTCOME__OUTCOME_UNKNOWN },
};


void
pl_foreign_none(const pl_answer_t *answer, Pl__SendResult *out)
{
    bool  left = answer->wire > PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;

    out->outcome = left ? PL__OUTCOME__OUTCOME_UNKNOWN
                        : PL__OUTCOME__OUTCOME_RETRY;
    out->reason = (char *) (uintptr_t) (left ? "no answer" : "connect");
}


Pl__Outcome
pl_foreign_status(int status)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(foreign_rows) - 1; i++) {
        if (status >= foreign_rows[i].first
            && status <= foreign_rows[i].last)
        {
            break;
        }
    }

    return foreign_rows[i].outcome;
}


pl_status_t
pl_foreign(const pl_answer_t *answer, pl_arena_t *ar, Pl__SendResult *out,
    pl_err_t *err)
{
    out->outcome = pl_foreign_status(answer->status);

    /* refused, but the words that say why were cut: asking again is safe */

    if (out->outcome == PL__OUTCOME__OUTCOME_PERMANENT && answer->truncated) {
        out->outcome = PL__OUTCOME__OUTCOME_RETRY;
    }

    out->reason = pl_arena_printf(ar, "http %d", answer->status);
    if (out->reason == NULL) {
        return pl_err_set(err, PL_NOMEM, "classify", 0, "no memory");
    }

    pl_foreign_delay(answer, 0, out);

    return PL_OK;
}


void
pl_foreign_delay(const pl_answer_t *answer, int64_t hint_ms,
    Pl__SendResult *out)
{
    int64_t  delay_ms;

    if (out->outcome == PL__OUTCOME__OUTCOME_UNKNOWN
        || out->outcome == PL__OUTCOME__OUTCOME_PERMANENT)
    {
        return;
    }

    if (!pl_delay_read(answer->retry_after, answer->now_ms, &delay_ms)) {
        delay_ms = hint_ms;
    }

    if (delay_ms > 0) {
        out->has_retry_ms = true;
        out->retry_ms = delay_ms;
    }
}
