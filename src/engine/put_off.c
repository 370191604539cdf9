/*
 * PutOff: a head that must wait because its pair of channel and party has
 * used up the provider's rate for pairs. The rate itself is no state: the
 * sender keeps it (src/sender/pace.h), and says here what came of it, so that
 * the head leaves the front of its lane to others.
 */

#include "apply.h"
#include "sandbox.h"

static pl_status_t put_off_head(pl_apply_t *ap, Pl__Effect *effect,
    int64_t until_ms, pl_err_t *err);


pl_status_t
pl_apply_put_off(pl_apply_t *ap, const Pl__PutOff *in, pl_err_t *err)
{
    bool          heads;
    int64_t       until_ms;
    Pl__Effect   *effect;
    Pl__Attempt   at = PL__ATTEMPT__INIT;
    pl_status_t   rc;

    at.effect = in->effect;

    rc = pl_queue_get(ap, &at, &effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    /* one on the wire has no row in `due`: it is no head either */

    pl_sandbox_enter(ap, effect->tenant);
    until_ms = in->until_ms + ap->offset_ms;

    rc = pl_queue_heads(ap, effect, &heads, err);
    if (rc != PL_OK || !heads || until_ms <= effect->due_ms) {
        return rc;
    }

    return put_off_head(ap, effect, until_ms, err);
}


/* A time that no provider asks for is an error's: it parks nothing. */

static pl_status_t
put_off_head(pl_apply_t *ap, Pl__Effect *effect, int64_t until_ms,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_queue_hold(ap, effect, err);
    if (rc != PL_OK) {
        return rc;
    }

    effect->due_ms = until_ms - ap->now_ms > PL_AGE_MAX_MS
                     ? ap->now_ms + PL_AGE_MAX_MS : until_ms;

    return pl_queue_put(ap, effect, err);
}
