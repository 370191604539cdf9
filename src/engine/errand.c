/*
 * See errand.h: the kinds there are, and how one goes from its attempt to
 * its end.
 */

#include "errand.h"
#include "media.h"
#include "reconcile.h"
#include "retry.h"
#include "seen.h"
#include "subaccount.h"
#include "submit.h"
#include "sync.h"
#include "upload.h"

static pl_retry_t errand_retry(const pl_apply_t *ap,
    const Pl__Effect *effect);
static pl_status_t errand_end(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);
static pl_status_t errand_again(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);


static const pl_errand_t errands[] = {
    { PL__EFFECT__OF_FETCH_MEDIA, PL__LANE__LANE_MEDIA,
      PL__RETRY_CLASS__RETRY_CLASS_MEDIA,
      pl_media_begin, pl_media_done, pl_media_later, pl_media_failed },
    { PL__EFFECT__OF_UPLOAD_MEDIA, PL__LANE__LANE_MEDIA,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_upload_begin, pl_upload_done, pl_upload_later, pl_upload_failed },
    { PL__EFFECT__OF_SYNC_TEMPLATES, PL__LANE__LANE_SYNC,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_sync_begin, pl_sync_done, pl_sync_later, pl_sync_failed },
    { PL__EFFECT__OF_SUBMIT_TEMPLATE, PL__LANE__LANE_SYNC,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_submit_begin, pl_submit_done, pl_submit_later, pl_submit_failed },
    { PL__EFFECT__OF_MARK_SEEN, PL__LANE__LANE_SYNC,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_seen_begin, pl_seen_done, pl_seen_later, pl_seen_failed },
    { PL__EFFECT__OF_RECONCILE, PL__LANE__LANE_SYNC,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_reconcile_begin, pl_reconcile_done, pl_reconcile_later,
      pl_reconcile_failed },
    { PL__EFFECT__OF_MAKE_ACCOUNT, PL__LANE__LANE_SYNC,
      PL__RETRY_CLASS__RETRY_CLASS_ERRAND,
      pl_subaccount_begin, pl_subaccount_done, pl_subaccount_later,
      pl_subaccount_failed },
};


const pl_errand_t *
pl_errand(const Pl__Effect *effect)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(errands); i++) {
        if (errands[i].of == effect->of_case) {
            return &errands[i];
        }
    }

    return NULL;
}


bool
pl_errand_lane(Pl__Lane lane)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(errands); i++) {
        if (errands[i].lane == lane) {
            return true;
        }
    }

    return false;
}


pl_status_t
pl_errand_queue(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__Effect *effect, int64_t due_ms, pl_err_t *err)
{
    effect->id = pl_apply_id(ap);
    effect->tenant = channel->tenant;
    effect->channel = channel->row->id;
    effect->party_kind = PL__PARTY_KIND__PARTY_KIND_CHANNEL;
    effect->party = channel->row->id;
    effect->contact = 0;
    effect->lane = pl_errand(effect)->lane;
    effect->created_ms = due_ms;
    effect->due_ms = due_ms;

    return pl_queue_put(ap, effect, err);
}


pl_status_t
pl_errand_attempt(pl_apply_t *ap, Pl__Effect *effect, uint64_t epoch,
    pl_err_t *err)
{
    const char   *why = NULL;
    pl_status_t   rc;

    if (effect->attempts == 0 && effect->reason == NULL) {
        effect->created_ms = ap->now_ms;        /* however long it waited */
    }

    if (ap->now_ms - effect->created_ms > errand_retry(ap, effect).age_ms) {
        return errand_end(ap, effect, "expired", effect->code, err);
    }

    rc = pl_errand(effect)->begin(ap, effect, &why, err);
    if (rc != PL_OK) {
        return rc;
    }

    return why != NULL ? errand_end(ap, effect, why, 0, err)
                       : pl_attempt_begin(ap, effect, epoch, err);
}


/* Its row in `attempts` is gone already. */

pl_status_t
pl_errand_result(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    pl_status_t  rc;

    switch (in->outcome) {

    case PL__OUTCOME__OUTCOME_SENT:
        rc = pl_queue_end(ap, attempt->effect, err);

        return rc == PL_OK ? pl_errand(attempt->effect)->done(ap, attempt,
                                                              in, err)
                           : rc;

    case PL__OUTCOME__OUTCOME_RETRY:
    case PL__OUTCOME__OUTCOME_UNKNOWN:
    case PL__OUTCOME__OUTCOME_THROTTLE:
    case PL__OUTCOME__OUTCOME_ACCOUNT:
        return errand_again(ap, attempt, in, err);

    default:
        return errand_end(ap, attempt->effect,
                          in->reason == NULL ? "refused" : in->reason,
                          in->code, err);
    }
}


/*
 * The sender ended with it on the wire: at once again. What had begun stays
 * charged, so that one that ends its sender each time comes to an end.
 */

pl_status_t
pl_errand_recover(pl_apply_t *ap, Pl__Effect *effect, Pl__WireStage stage,
    pl_err_t *err)
{
    uint32_t  max;

    max = errand_retry(ap, effect).attempts;

    if (stage < PL__WIRE_STAGE__WIRE_STAGE_LEAVING) {
        effect->attempts -= (effect->attempts != 0);

    } else if (max != 0 && effect->attempts >= max + effect->unsent) {
        return errand_end(ap, effect, "attempts exhausted", effect->code,
                          err);
    }

    pl_subaccount_recover(effect);
    effect->due_ms = ap->now_ms;

    return pl_queue_put(ap, effect, err);
}


/* Its kind's schedule on its channel. */

static pl_retry_t
errand_retry(const pl_apply_t *ap, const Pl__Effect *effect)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(ap->settings, effect->channel);

    return pl_retry_of(conf == NULL ? NULL : conf->row,
                       pl_errand(effect)->retry);
}


static pl_status_t
errand_end(pl_apply_t *ap, const Pl__Effect *effect, const char *reason,
    int32_t code, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_queue_end(ap, effect, err);

    return rc == PL_OK ? pl_errand(effect)->failed(ap, effect, reason, code,
                                                   err)
                       : rc;
}


static pl_status_t
errand_again(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    const char   *end;
    Pl__Effect   *effect = attempt->effect;
    pl_status_t   rc;

    end = pl_attempt_put_off(ap, attempt, in);
    if (end != NULL) {
        return errand_end(ap, effect, end, in->code, err);
    }

    rc = pl_errand(effect)->later(ap, effect, in, err);

    return rc == PL_OK ? pl_queue_put(ap, effect, err) : rc;
}
