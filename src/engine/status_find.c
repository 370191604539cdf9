/*
 * Which message is a status about?
 *
 * By our own id, which the provider echoes; it must name a message that was
 * sent on this very channel. A status that echoes nothing is told by the
 * provider's id, among the newest messages of whom it was sent to: that costs
 * reads, and only where there is no echo. An index of all that was sent would
 * cost each send a random page. What is found neither way is not known to be
 * ours, or not yet (parked.c).
 *
 * Numbers are given anew by a store that was made anew or brought back from a
 * backup, and the provider may still tell of what the other one sent. What
 * has not left yet cannot be what it tells of.
 */

#include <string.h>

#include "../core/record.h"
#include "alias.h"
#include "apply.h"
#include "mark.h"
#include "outbox.h"
#include "status.h"

#define FIND_PHONE    PL__ADDRESS_KIND__ADDRESS_KIND_PHONE
#define FIND_USER_ID  PL__ADDRESS_KIND__ADDRESS_KIND_USER_ID
#define FIND_GROUP    PL__ADDRESS_KIND__ADDRESS_KIND_GROUP

static bool find_ours(const pl_apply_t *ap, const Pl__DeliveryStatus *in);
static bool find_other(pl_apply_t *ap, uint32_t channel,
    const Pl__Message *message, const Pl__DeliveryStatus *in);
static pl_status_t find_message(pl_apply_t *ap, uint32_t channel,
    uint64_t id, Pl__Message **message, pl_err_t *err);
static pl_status_t find_left(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, pl_err_t *err);
static pl_status_t find_newest(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    const pl_party_t *party, uint32_t channel, uint64_t *id,
    Pl__Message **message, pl_err_t *err);
static pl_status_t find_contact(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    uint32_t tenant, uint64_t *id, pl_err_t *err);


pl_status_t
pl_status_find(pl_apply_t *ap, const Pl__DeliveryStatus *in, uint32_t tenant,
    uint32_t channel, uint64_t *id, Pl__Message **message, pl_err_t *err)
{
    pl_party_t   party;
    pl_status_t  rc;

    if (in->has_message && find_ours(ap, in)) {
        *id = in->message;
        rc = find_message(ap, channel, *id, message, err);

        if (rc == PL_OK && find_other(ap, channel, *message, in)) {
            return PL_NOTFOUND;
        }

        return rc == PL_OK ? find_left(ap, *id, *message, err) : rc;
    }

    party.tenant = tenant;

    rc = pl_status_party(ap, in, &party, err);

    return rc == PL_OK ? find_newest(ap, in, &party, channel, id, message,
                                     err)
                       : rc;
}


/* A number of another installation is none of ours. */

static bool
find_ours(const pl_apply_t *ap, const Pl__DeliveryStatus *in)
{
    char  mark[PL_MARK_SIZE];

    pl_mark(ap->meta->journal.data, ap->meta->journal.len, mark);

    return in->mark != NULL && strcmp(in->mark, mark) == 0;
}


/*
 * A store that was brought back from a backup has its mark still: what tells
 * then is the provider's id, where our answer named one and the message went
 * out once. A bounce is a mail that anybody can write who has had one of ours:
 * it has to name the whole of the id that its message left under.
 */

static bool
find_other(pl_apply_t *ap, uint32_t channel, const Pl__Message *message,
    const Pl__DeliveryStatus *in)
{
    const pl_channel_conf_t  *conf;

    conf = pl_settings_channel(ap->settings, channel);

    if (conf != NULL && conf->provider != NULL
        && conf->provider->address == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL)
    {
        return message->provider_id == NULL
               || strcmp(message->provider_id, in->provider_id) != 0;
    }

    return message->provider_id != NULL && message->resent == 0
           && strcmp(message->provider_id, in->provider_id) != 0;
}


static pl_status_t
find_message(pl_apply_t *ap, uint32_t channel, uint64_t id,
    Pl__Message **message, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_message_get(ap, id, message, err);
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


/* PL_NOTFOUND: its effect waits for its time, or for its first attempt. */

static pl_status_t
find_left(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    pl_err_t *err)
{
    pl_key_t      key;
    pl_str_t      value;
    Pl__Effect   *effect;
    pl_status_t   rc;

    if (message->state == PL__MESSAGE_STATE__MESSAGE_STATE_SCHEDULED) {
        return PL_NOTFOUND;             /* its time has not come */
    }

    if (message->state != PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED
        || message->n_facts != 0)
    {
        return PL_OK;
    }

    rc = pl_outbox_queued(ap->txn, id, ap->ar, &effect, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (effect->has_attempts || effect->n_tried != 0
        || effect->reason != NULL)
    {
        return PL_OK;                   /* it was out before */
    }

    /* the row is as it was queued, also while its attempt is out */

    pl_key_seq(&key, effect->id);

    return pl_store_get(ap->txn, PL_TABLE_ATTEMPTS, pl_key_str(&key),
                        &value, err);
}


static pl_status_t
find_newest(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    const pl_party_t *party, uint32_t channel, uint64_t *id,
    Pl__Message **message, pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    rc = pl_conversation_get(ap, party, &conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = conv->n_newest; i > 0; i--) {
        *id = conv->newest[i - 1];

        rc = find_message(ap, channel, *id, message, err);

        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc != PL_OK
            || ((*message)->provider_id != NULL
                && strcmp((*message)->provider_id, in->provider_id) == 0))
        {
            return rc;
        }
    }

    return PL_NOTFOUND;
}


pl_status_t
pl_status_party(pl_apply_t *ap, const Pl__DeliveryStatus *in,
    pl_party_t *party, pl_err_t *err)
{
    uint64_t      id;
    pl_status_t   rc;
    Pl__Contact  *contact;

    if (in->is_group) {
        party->kind = PL__PARTY_KIND__PARTY_KIND_GROUP;
        return pl_contact_find(ap, party->tenant, FIND_GROUP, in->recipient,
                               &party->party, err);
    }

    rc = find_contact(ap, in, party->tenant, &id, err);

    if (rc == PL_OK) {
        rc = pl_contact_root(ap, party->tenant, id, &contact, err);
    }

    if (rc == PL_OK) {
        party->kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
        party->party = contact->id;
    }

    return rc;
}


/* As a sender is found, but that nothing is made, learned or released. */

static pl_status_t
find_contact(pl_apply_t *ap, const Pl__DeliveryStatus *in, uint32_t tenant,
    uint64_t *id, pl_err_t *err)
{
    char         other[PL_ALIAS_MAX];
    pl_status_t  rc;

    rc = pl_contact_find(ap, tenant, FIND_USER_ID, in->recipient_user_id, id,
                         err);

    if (rc == PL_NOTFOUND) {
        rc = pl_contact_find(ap, tenant, FIND_PHONE, in->recipient, id, err);
    }

    if (rc == PL_NOTFOUND && in->recipient != NULL
        && pl_alias_other(in->recipient, other))
    {
        rc = pl_contact_find(ap, tenant, FIND_PHONE, other, id, err);
    }

    return rc;
}
