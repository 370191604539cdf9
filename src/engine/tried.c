/*
 * What became of each attempt, kept with its effect: a dead letter, and a
 * send that is unknown, tell their whole story without the journal. Of many
 * attempts the first PL_TRIED_FIRST stay, since they say how it began, and
 * the last PL_TRIED_LAST; what was between is counted.
 *
 * A send that succeeds at its first attempt never comes here.
 */

#include <string.h>

#include "apply.h"


pl_status_t
pl_tried_add(pl_apply_t *ap, Pl__Effect *effect, const Pl__Tried *tried,
    pl_err_t *err)
{
    Pl__Tried  *copy, **list;

    copy = pl_arena_alloc(ap->ar, sizeof(*copy));
    list = pl_apply_list(ap, effect->tried, effect->n_tried, copy);
    if (copy == NULL || list == NULL) {
        return pl_err_set(err, PL_NOMEM, "attempt", 0, "out of memory");
    }

    *copy = *tried;

    if (effect->n_tried == PL_TRIED_FIRST + PL_TRIED_LAST) {
        memmove(&list[PL_TRIED_FIRST], &list[PL_TRIED_FIRST + 1],
                PL_TRIED_LAST * sizeof(*list));
        effect->has_tried_more = 1;
        effect->tried_more++;

    } else {
        effect->n_tried++;
    }

    effect->tried = list;

    return PL_OK;
}


pl_status_t
pl_tried_result(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    Pl__Tried  tried = PL__TRIED__INIT;

    tried.began_ms = attempt->began_ms;
    tried.ended_ms = ap->now_ms;
    tried.outcome = in->outcome;
    tried.has_http_status = in->has_http_status;
    tried.http_status = in->http_status;
    tried.has_code = in->has_code;
    tried.code = in->code;
    tried.reason = in->reason;
    tried.trace = in->trace;

    if (!in->has_http_status) {
        tried.has_stage = 1;
        tried.stage = in->outcome == PL__OUTCOME__OUTCOME_UNKNOWN
                      ? PL__WIRE_STAGE__WIRE_STAGE_LEAVING
                      : PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    }

    return pl_tried_add(ap, attempt->effect, &tried, err);
}


/* Its sender ended with it on the wire. */

pl_status_t
pl_tried_lost(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    Pl__WireStage stage, const char *reason, pl_err_t *err)
{
    Pl__Tried  tried = PL__TRIED__INIT;

    tried.began_ms = attempt->began_ms;
    tried.ended_ms = ap->now_ms;
    tried.outcome = PL__OUTCOME__OUTCOME_UNKNOWN;
    tried.has_stage = 1;
    tried.stage = stage;
    tried.reason = (char *) reason;

    return pl_tried_add(ap, attempt->effect, &tried, err);
}
