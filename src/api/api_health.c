/*
 * How a channel does: from the newest rows of its tenant's feed, so that it
 * costs the same however much there has been. What a tenant's other channels
 * told meanwhile counts against what is looked at.
 */

#include "../core/record.h"
#include "../core/str.h"
#include "place_impl.h"

#define HEALTH_LOOK  1000       /* rows of `changes` */

static pl_status_t health_row(pl_api_call_t *call,
    const pl_channel_conf_t *channel, pl_str_t value,
    Pl__Api__ChannelHealth *health, pl_err_t *err);
static void health_message(pl_api_call_t *call, const Pl__Message *message,
    Pl__Api__ChannelHealth *health);


pl_status_t
pl_place_health(pl_api_call_t *call, const pl_channel_conf_t *channel,
    Pl__Api__ChannelHealth *health, pl_err_t *err)
{
    unsigned            n;
    pl_key_t            from;
    pl_str_t            key, value;
    pl_scan_t          *scan;
    pl_status_t         rc;
    Pl__ChannelState   *state;

    health->has_failed = health->has_looked = 1;

    if (channel->row->has_renewed_ms) {
        health->token_since = pl_api_time(call, channel->row->renewed_ms);
    }

    rc = pl_place_state(call, channel->row->id, &state, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (state != NULL && state->templates != NULL) {
        health->templates_error = state->templates->error;

        if (state->templates->has_synced_ms) {
            health->templates_read = pl_api_time(call,
                                                 state->templates->synced_ms);
        }
    }

    pl_key_tenant_seq(&from, call->tenant, UINT64_MAX);

    rc = pl_store_scan(call->txn, PL_TABLE_CHANGES, pl_key_str(&from), true,
                       &scan, err);

    for (n = 0; rc == PL_OK && n < HEALTH_LOOK; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len != 12
            || pl_be32(key.data) != call->tenant)
        {
            break;
        }

        rc = health_row(call, channel, value, health, err);
    }

    pl_store_scan_end(scan);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
health_row(pl_api_call_t *call, const pl_channel_conf_t *channel,
    pl_str_t value, Pl__Api__ChannelHealth *health, pl_err_t *err)
{
    pl_apply_t          ap;
    Pl__Message        *message;
    pl_status_t         rc;
    ProtobufCMessage   *msg;

    rc = pl_record_read(PL_TABLE_CHANGES, value, &pl__change__descriptor,
                        call->ar, &msg, err);

    if (rc != PL_OK
        || ((Pl__Change *) msg)->kind != PL__CHANGE_KIND__CHANGE_KIND_MESSAGE
        || !((Pl__Change *) msg)->has_message)
    {
        return rc;
    }

    pl_rows_reader(call, &ap);

    rc = pl_message_get(&ap, ((Pl__Change *) msg)->message, &message, err);

    if (rc == PL_OK && message->channel == channel->row->id
        && message->tenant == call->tenant)
    {
        health_message(call, message, health);
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Newest first: the first of each direction is the last one. */

static void
health_message(pl_api_call_t *call, const Pl__Message *message,
    Pl__Api__ChannelHealth *health)
{
    if (message->direction == PL__DIRECTION__DIRECTION_IN) {
        if (health->last_in == NULL) {
            health->last_in = pl_api_time(call, message->time_ms);
        }

        return;
    }

    if (health->last_out == NULL) {
        health->last_out = pl_api_time(call, message->time_ms);
    }

    health->looked++;
    health->failed += message->has_state
                      && message->state
                         == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED;
}
