/*
 * DeliveryStatus: a provider tells what became of a message that we sent.
 * Statuses need no dedupe row: state moves by rank, facts are kept once, and
 * what says nothing new is counted and writes nothing. A status that is
 * quicker than the answer to our own send settles that send; one of what is
 * not known to be ours is parked (parked.c). docs/statuses.md has the table.
 */

#include <string.h>

#include "../channel/channel.h"
#include "../core/record.h"
#include "apply.h"
#include "bounce.h"
#include "consent.h"
#include "joined.h"
#include "reissue.h"
#include "spare.h"
#include "status.h"

static pl_status_t status_apply(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, Pl__MessageState state,
    const Pl__DeliveryStatus *in, pl_err_t *err);
static pl_status_t status_put(pl_apply_t *ap, uint64_t id,
    Pl__Message *message, const pl_status_news_t *news, bool late,
    pl_err_t *err);
static bool status_late(const Pl__Message *message, Pl__MessageState state);
static pl_status_t status_code(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, int32_t code, pl_err_t *err);
static pl_status_t status_refused(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_err_t *err);
static pl_status_t status_window(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_err_t *err);
static pl_status_t status_alive(pl_apply_t *ap, Pl__Message *message,
    uint64_t id, Pl__MessageState state, pl_err_t *err);
static bool status_failed(const Pl__Message *message);


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
        return pl_feed_unknown(ap, in->account, in->path, &in->raw,
                               err);
    }

    pl_feed_heard(ap, channel->row->id);

    if (channel->provider == NULL
        || !channel->provider->state(in->status, &state))
    {
        return pl_feed_count(ap, channel->tenant, "statuses", "ignored",
                             err);
    }

    rc = pl_status_find(ap, in, channel->tenant, channel->row->id, &id,
                        &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND
               ? pl_parked_put(ap, channel->tenant, channel->row->id, in,
                               err)
               : rc;
    }

    if (message->has_erased) {
        return pl_feed_count(ap, channel->tenant, "privacy", "status", err);
    }

    return status_apply(ap, id, message, state, in, err);
}


pl_status_t
pl_status_apply(pl_apply_t *ap, uint64_t id, const Pl__DeliveryStatus *in,
    pl_err_t *err)
{
    Pl__Message              *message;
    pl_status_t               rc;
    Pl__MessageState          state;
    const pl_channel_conf_t  *channel;

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    channel = pl_settings_channel(ap->settings, message->channel);

    if (channel == NULL || channel->provider == NULL || message->has_erased
        || !channel->provider->state(in->status, &state))
    {
        return pl_feed_count(ap, message->tenant, "statuses", "ignored",
                             err);
    }

    return status_apply(ap, id, message, state, in, err);
}


static pl_status_t
status_apply(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    Pl__MessageState state, const Pl__DeliveryStatus *in, pl_err_t *err)
{
    bool              waits, late;
    pl_status_t       rc;
    pl_status_news_t  news;

    memset(&news, 0, sizeof(news));
    news.state = state;
    waits = message->state == PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    late = waits && status_late(message, state);

    rc = pl_status_note(ap, message, in, &news, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (!news.any) {
        rc = pl_feed_count(ap, message->tenant, "statuses", "repeated", err);
        return rc == PL_OK
               ? pl_attempt_settle(ap, message->tenant, id, err) : rc;
    }

    rc = status_alive(ap, message, id, news.state, err);

    if (rc == PL_OK) {
        rc = status_put(ap, id, message, &news, late, err);
    }

    if (rc == PL_OK) {
        rc = pl_attempt_settle(ap, message->tenant, id, err);
    }

    if (rc == PL_OK && waits && !late) {
        rc = pl_attempt_spare(ap, id, err);
    }

    if (rc == PL_OK && in->window_closed && news.fact
        && message->state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED)
    {
        rc = pl_reissue(ap, id, message, in->time_s * 1000, err);
    }

    if (rc == PL_OK && in->unreachable) {
        rc = pl_bounce_mark(ap, message, err);
    }

    if (rc == PL_OK && state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED) {
        rc = status_refused(ap, message, in, err);
    }

    return rc == PL_OK ? status_window(ap, message, in, err) : rc;
}


/*
 * It was asked to be sent again, and waits, or is on the wire: that it failed
 * is told of the attempt before. Of this one it is told too early, and the
 * answer, which names the same id, makes up for it (attempt_sent).
 */

static bool
status_late(const Pl__Message *message, Pl__MessageState state)
{
    return message->resent != 0
           && state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED;
}


/* One of its errors may say that the person has opted out. */

static pl_status_t
status_refused(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    rc = in->n_errors == 0 && in->error != NULL && in->error->has_code
         ? status_code(ap, message, in, in->error->code, err) : PL_OK;

    for (i = 0; rc == PL_OK && i < in->n_errors; i++) {
        rc = status_code(ap, message, in, in->errors[i]->code, err);
    }

    return rc;
}


static pl_status_t
status_code(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, int32_t code, pl_err_t *err)
{
    bool         left;
    int64_t      until_ms;
    pl_status_t  rc;

    rc = pl_consent_refused(ap, message, code,
                            in->time_s + ap->offset_ms / 1000, true, err);

    if (rc == PL_OK) {
        rc = pl_joined_refused(ap, message, code,
                               in->time_s * 1000 + ap->offset_ms, &left,
                               err);
    }

    return rc == PL_OK ? pl_spare_refused(ap, message, code, &until_ms, err)
                       : rc;
}


/* The facts are noted already: the state moves, and the row is put. */

static pl_status_t
status_put(pl_apply_t *ap, uint64_t id, Pl__Message *message,
    const pl_status_news_t *news, bool late, pl_err_t *err)
{
    pl_status_t  rc;

    rc = late ? pl_message_put(ap, id, message, false, err)
              : pl_message_raise(ap, id, message, news->state, 0, err);
    if (rc != PL_OK) {
        return rc;
    }

    return pl_feed_count(ap, message->tenant, "statuses",
                         news->fact ? "applied" : "repeated", err);
}


/*
 * An answer to an ad has been delivered, or the provider says that a free
 * entry point is open: the conversation notes until when.
 */

static pl_status_t
status_window(pl_apply_t *ap, const Pl__Message *message,
    const Pl__DeliveryStatus *in, pl_err_t *err)
{
    bool               told;
    int64_t            until_ms;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Contact       *contact;
    Pl__Conversation  *conv;

    told = in->has_conversation_expires_s && in->origin != NULL
           && strcmp(in->origin, "referral_conversion") == 0;

    if (message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        || message->state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
        || (!told && !message->entry_point))
    {
        return PL_OK;
    }

    rc = pl_contact_root(ap, message->tenant, message->contact, &contact,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    party.tenant = message->tenant;
    party.kind = message->party_kind;
    party.party = contact->id;

    rc = pl_conversation_get(ap, &party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    until_ms = told ? in->conversation_expires_s * 1000 + ap->offset_ms : 0;

    return pl_window_free(conv, message->channel, contact->id,
                          in->time_s * 1000 + ap->offset_ms, until_ms,
                          ap->now_ms)
           ? pl_conversation_put(ap, &party, conv, err) : PL_OK;
}


/*
 * Its effect had ended as a dead letter, and yet it was sent: there is
 * nothing to retry any more, and that it failed was our word alone. An
 * effect is drawn right behind its message (queue_add), so its row is the
 * first at or after the message's number.
 */

static pl_status_t
status_alive(pl_apply_t *ap, Pl__Message *message, uint64_t id,
    Pl__MessageState state, pl_err_t *err)
{
    pl_key_t           from, key;
    pl_str_t           k, v;
    pl_scan_t         *scan;
    Pl__Effect        *effect;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
        || message->state != PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
        || status_failed(message))
    {
        return PL_OK;
    }

    pl_key_tenant_seq(&from, message->tenant, id);

    rc = pl_store_scan(ap->txn, PL_TABLE_DEAD, pl_key_str(&from), false,
                       &scan, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan_next(scan, &k, &v, err);
    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_DEAD, v, &pl__dead_letter__descriptor,
                            ap->ar, &msg, err);
    }

    pl_store_scan_end(scan);

    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    effect = ((Pl__DeadLetter *) msg)->effect;

    if (effect->tenant != message->tenant
        || effect->of_case != PL__EFFECT__OF_SEND_MESSAGE
        || effect->send_message->message != id)
    {
        return PL_OK;
    }

    message->has_state = 0;
    pl_key_tenant_seq(&key, message->tenant, effect->id);

    rc = pl_store_del(ap->txn, PL_TABLE_DEAD, pl_key_str(&key), err);

    return rc == PL_OK
           ? pl_feed_count(ap, message->tenant, "dead_settled", "", err)
           : rc;
}


/* Did the provider say so? */

static bool
status_failed(const Pl__Message *message)
{
    size_t  i;

    for (i = 0; i < message->n_facts; i++) {
        if (message->facts[i]->state
            == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED)
        {
            return true;
        }
    }

    return false;
}
