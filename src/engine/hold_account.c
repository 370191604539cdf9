/*
 * Accounts that a provider refuses: for how long, whether it is the account
 * at all, and what ends it besides an attempt that goes through. See hold.h.
 */

#include "errand.h"
#include "hold.h"
#include "retry.h"
#include "sandbox.h"


pl_status_t
pl_hold_renewed(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    pl_err_t *err)
{
    size_t            i;
    pl_status_t       rc;
    pl_hold_place_t   place;
    Pl__HoldRecord   *row;

    static const Pl__HoldKind  kinds[] = {
        PL__HOLD_KIND__HOLD_KIND_CHANNEL,
        PL__HOLD_KIND__HOLD_KIND_FILES,
    };

    if (ap->meta->holds == 0) {
        return PL_OK;
    }

    place.tenant = tenant;
    place.channel = channel;
    place.subject = PL_STR_NULL;

    for (i = 0; i < PL_COUNT(kinds); i++) {
        place.kind = kinds[i];

        rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT,
                         &row, err);

        if (rc == PL_OK) {
            rc = pl_hold_drop(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT,
                              err);
        } else if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc == PL_OK) {
            rc = pl_hold_audit(ap, PL__AUDIT_KIND__AUDIT_KIND_LIFTED, &place,
                               NULL, "the channel's settings have changed",
                               err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


pl_status_t
pl_hold_probe(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    pl_err_t *err)
{
    pl_status_t       rc;
    Pl__HoldRecord   *row;
    pl_hold_place_t   place = {
        tenant, PL__HOLD_KIND__HOLD_KIND_CHANNEL, channel, PL_STR_NULL
    };

    if (ap->meta->holds == 0) {
        return PL_OK;
    }

    rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, &row,
                     err);
    if (rc != PL_OK || !pl_hold_stands(row, pl_sandbox_now(ap))) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->until_ms = pl_sandbox_now(ap);

    return pl_hold_put(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, row,
                       false, err);
}


pl_status_t
pl_hold_forsaken(pl_apply_t *ap, const Pl__Effect *effect, bool *forsaken,
    pl_err_t *err)
{
    int64_t                   age_ms;
    pl_status_t               rc;
    Pl__HoldRecord           *row;
    pl_hold_place_t           place = {
        effect->tenant, PL__HOLD_KIND__HOLD_KIND_CHANNEL, effect->channel,
        PL_STR_NULL
    };
    const pl_channel_conf_t  *conf;

    *forsaken = false;

    if (ap->meta->holds == 0) {
        return PL_OK;
    }

    rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, &row,
                     err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    conf = pl_settings_channel(ap->settings, effect->channel);
    age_ms = pl_retry_of(conf == NULL ? NULL : conf->row,
                         PL__RETRY_CLASS__RETRY_CLASS_ACCOUNT).age_ms;

    *forsaken = row->refused_ms > age_ms
                && pl_sandbox_now(ap) - effect->created_ms > age_ms;

    return PL_OK;
}


/*
 * Is it the account that is refused, or this message alone? Where its channel
 * was held for it, another message was taken, and it is refused again, it was
 * not the account: something on the way answers so for what this one says.
 * Once more is the most; then it ends, and its channel goes on.
 */

pl_status_t
pl_hold_accused(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const pl_hold_place_t *place, bool *held, pl_err_t *err)
{
    Pl__Effect                *effect = attempt->effect;
    pl_status_t                rc;
    Pl__HoldRecord            *row;
    const pl_channel_conf_t   *conf;

    if (pl_errand(effect) != NULL) {
        return PL_OK;
    }

    rc = pl_hold_get(ap, place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, &row,
                     err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    conf = pl_settings_channel(ap->settings, effect->channel);

    if (rc == PL_NOTFOUND && effect->has_accused_ms
        && (conf == NULL || !conf->row->has_renewed_ms
            || conf->row->renewed_ms < effect->accused_ms))
    {
        effect->has_accused = 1;
        effect->accused++;
    }

    effect->has_accused_ms = 1;
    effect->accused_ms = ap->now_ms;

    *held = effect->accused < PL_HOLD_ACCUSED_MAX;

    return PL_OK;
}


/* For how long it has held: a pause meanwhile, or an idle day, is no part. */

void
pl_hold_refused(Pl__HoldRecord *row, const Pl__Effect *effect,
    int64_t now_ms, int64_t until_ms)
{
    int64_t  from_ms;

    from_ms = row->until_ms > now_ms ? row->until_ms : now_ms;
    row->has_refused_ms = 1;
    row->refused_ms += until_ms > from_ms ? until_ms - from_ms : 0;

    row->message |= (pl_errand(effect) == NULL);
    row->has_message = row->message;

    /* the next probe is another lane's, where one waits */

    row->has_lane = 1;
    row->lane = effect->lane;
}


pl_status_t
pl_hold_turn(pl_apply_t *ap, const Pl__Effect *effect, pl_err_t *err)
{
    pl_status_t       rc;
    pl_hold_place_t   place = {
        effect->tenant, PL__HOLD_KIND__HOLD_KIND_CHANNEL, effect->channel,
        PL_STR_NULL
    };
    Pl__HoldRecord   *row;

    if (effect->lane == PL__LANE__LANE_MEDIA) {
        return PL_OK;
    }

    rc = pl_hold_get(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, &row,
                     err);

    if (rc != PL_OK || !row->has_lane || row->lane == effect->lane) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    row->lane = effect->lane;

    return pl_hold_put(ap, &place, PL__HOLD_CAUSE__HOLD_CAUSE_ACCOUNT, row,
                       false, err);
}
