/*
 * DeliveryStatus: a provider tells what became of a message that we sent.
 * Statuses need no dedupe row: state moves by rank, facts are kept once. A
 * status that is quicker than the answer to our own send settles that send.
 */

#include <string.h>

#include "../channel/channel.h"
#include "../core/record.h"
#include "apply.h"

static pl_status_t status_find(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    uint32_t channel, uint64_t *id, Pl__Message **message, pl_err_t *err);
static pl_status_t status_unknown(pl_apply_t *ap,
    const Pl__DeliveryStatus *in, pl_err_t *err);


pl_status_t
pl_apply_delivery_status(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    pl_err_t *err)
{
    uint64_t                  id;
    Pl__Message              *message;
    pl_status_t               rc;
    Pl__MessageState          state;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_account(ap->settings, ap->provider,
                                  pl_str_c(in->account));
    if (channel == NULL) {
        return status_unknown(ap, in, err);
    }

    if (channel->provider == NULL
        || !channel->provider->state(in->status, &state))
    {
        return pl_feed_count(ap, channel->tenant, "statuses", "ignored",
                             err);
    }

    rc = status_find(ap, in, channel->row->id, &id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_feed_count(ap, channel->tenant, "statuses", "unmatched",
                               err)
               : rc;
    }

    if (message->provider_id == NULL) {
        message->provider_id = in->provider_id;
    }

    if (in->error != NULL && message->error == NULL) {
        message->error = in->error;
    }

    rc = pl_message_raise(ap, id, message, state, in->time_s, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_attempt_settle(ap, channel->tenant, id, err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, channel->tenant, "statuses", "applied", err);
}


/*
 * By our own id, which the provider echoes; it must name a message that we
 * sent on this very channel. What echoes nothing was not sent by us.
 */

static pl_status_t
status_find(pl_apply_t *ap, const Pl__DeliveryStatus *in, uint32_t channel,
    uint64_t *id, Pl__Message **message, pl_err_t *err)
{
    pl_status_t  rc;

    if (!in->has_message) {
        return PL_NOTFOUND;
    }

    *id = in->message;

    rc = pl_message_get(ap, *id, message, err);
    if (rc != PL_OK) {
        return rc;
    }

    if ((*message)->direction != PL__DIRECTION__DIRECTION_OUT
        || (*message)->channel != channel)
    {
        return PL_NOTFOUND;
    }

    return PL_OK;
}


static pl_status_t
status_unknown(pl_apply_t *ap, const Pl__DeliveryStatus *in, pl_err_t *err)
{
    pl_unfit_t  unfit;

    memset(&unfit, 0, sizeof(unfit));
    unfit.account = in->account;
    unfit.path = in->path;
    unfit.reason = "no such channel";
    unfit.raw.data = in->raw.data;
    unfit.raw.len = in->raw.len;

    return pl_feed_quarantine(ap, &unfit, err);
}
