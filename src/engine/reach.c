/*
 * See reach.h.
 */

#include "inbox.h"
#include "reach.h"

#define REACH_EMAIL  PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL

/* Who is to be reached, and by what. */
typedef struct {
    uint32_t             tenant;
    const Pl__Contact   *contact;
    const Pl__Address   *address;
} reach_t;

static const pl_channel_conf_t *reach_may(pl_apply_t *ap,
    const reach_t *reach, uint32_t id);
static bool reach_fits(const reach_t *reach,
    const pl_channel_conf_t *channel);
static pl_status_t reach_written(pl_apply_t *ap, const Pl__Conversation *conv,
    uint32_t *id, pl_err_t *err);
static bool reach_automatic(const Pl__Message *message);
static const pl_channel_conf_t *reach_only(pl_apply_t *ap,
    const reach_t *reach, bool *several);


pl_status_t
pl_reach_channel(pl_apply_t *ap, uint32_t tenant, const Pl__Contact *contact,
    const Pl__Address *address, const pl_channel_conf_t **channel,
    bool *several, pl_err_t *err)
{
    reach_t            reach = { tenant, contact, address };
    uint32_t           written;
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Conversation  *conv;

    *channel = NULL;
    *several = false;

    if (contact != NULL) {
        party.tenant = tenant;
        party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
        party.party = contact->id;

        rc = pl_conversation_get(ap, &party, &conv, err);
        if (rc != PL_OK) {
            return rc;
        }

        *channel = reach_may(ap, &reach, conv->spoke_on);

        if (*channel == NULL) {
            *channel = reach_may(ap, &reach, contact->channel);
        }

        if (*channel == NULL) {
            rc = reach_written(ap, conv, &written, err);
            if (rc != PL_OK) {
                return rc;
            }

            *channel = reach_may(ap, &reach, written);
        }
    }

    if (*channel == NULL) {
        *channel = reach_only(ap, &reach, several);
    }

    return PL_OK;
}


void
pl_reach_heard(Pl__Conversation *conv, const Pl__Message *message,
    int64_t now_ms)
{
    if (reach_automatic(message)) {
        return;
    }

    conv->has_spoke_on = 1;
    conv->spoke_on = message->channel;
    conv->has_spoke_ms = 1;
    conv->spoke_ms = now_ms;
}


pl_status_t
pl_reach_join(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err)
{
    bool         newer;
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < from->n_channels; i++) {
        rc = pl_inbox_channel(ap, into, from->channels[i], err);
    }

    /* not by last_in_ms, which a machine's mail moves too; rows of before
       have nothing else */

    newer = from->has_spoke_ms || into->has_spoke_ms
            ? from->spoke_ms > into->spoke_ms
            : from->last_in_ms > into->last_in_ms;

    if (from->has_spoke_on && (!into->has_spoke_on || newer)) {
        into->has_spoke_on = 1;
        into->spoke_on = from->spoke_on;
        into->has_spoke_ms = from->has_spoke_ms;
        into->spoke_ms = from->spoke_ms;
    }

    return rc;
}


/* 0: none. */

static const pl_channel_conf_t *
reach_may(pl_apply_t *ap, const reach_t *reach, uint32_t id)
{
    const pl_channel_conf_t  *channel;

    channel = id == 0 ? NULL : pl_settings_channel(ap->settings, id);

    return channel != NULL && reach_fits(reach, channel) ? channel : NULL;
}


static bool
reach_fits(const reach_t *reach, const pl_channel_conf_t *channel)
{
    bool  mail;

    if (channel->tenant != reach->tenant || channel->row->removed
        || channel->provider == NULL)
    {
        return false;
    }

    mail = channel->provider->address == REACH_EMAIL;

    if (reach->address != NULL) {
        return mail == (reach->address->kind == REACH_EMAIL);
    }

    return reach->contact == NULL
           || pl_contact_address(reach->contact, channel) != NULL;
}


/* The newest that is not a machine's of theirs; 0: there is none. */

static pl_status_t
reach_written(pl_apply_t *ap, const Pl__Conversation *conv, uint32_t *id,
    pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc = PL_OK;
    Pl__Message  *message;

    *id = 0;

    for (i = conv->n_newest; i != 0 && *id == 0; i--) {
        rc = pl_message_get(ap, conv->newest[i - 1], &message, err);

        if (rc == PL_OK && !reach_automatic(message)) {
            *id = message->channel;
        }

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return PL_OK;
}


/* An out-of-office answer, and its like: no person chose its channel. */

static bool
reach_automatic(const Pl__Message *message)
{
    const Pl__Content  *content = message->content;

    return message->direction == PL__DIRECTION__DIRECTION_IN
           && content != NULL && content->of_case == PL__CONTENT__OF_EMAIL
           && content->email->automatic;
}


static const pl_channel_conf_t *
reach_only(pl_apply_t *ap, const reach_t *reach, bool *several)
{
    size_t                    i, n = 0;
    const pl_channel_conf_t  *channel, *one = NULL;

    for (i = 0;
         (channel = pl_settings_channel_at(ap->settings, i)) != NULL; i++)
    {
        if (reach_fits(reach, channel)) {
            one = channel;
            n++;
        }
    }

    *several = n > 1;

    return n == 1 ? one : NULL;
}
