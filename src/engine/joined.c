/*
 * People who have not joined a shared number. See joined.h.
 */

#include <string.h>

#include "joined.h"

static const struct {
    const char  *provider;
    int32_t      code;
} joined_codes[] = {
    { "twilio", 63015 },
};

static bool joined_code(const pl_channel_conf_t *channel, int32_t code);


pl_status_t
pl_joined_refused(pl_apply_t *ap, const Pl__Message *message, int32_t code,
    int64_t said_ms, bool *is, pl_err_t *err)
{
    pl_party_t         party;
    pl_status_t        rc;
    Pl__Contact       *contact;
    Pl__Conversation  *conv;

    *is = message->party_kind == PL__PARTY_KIND__PARTY_KIND_CONTACT
          && joined_code(pl_settings_channel(ap->settings, message->channel),
                         code);
    if (!*is) {
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
    if (rc != PL_OK || !pl_window_left(conv, message, said_ms, ap->now_ms)) {
        return rc;
    }

    rc = pl_conversation_put(ap, &party, conv, err);

    return rc == PL_OK ? pl_feed_conversation(ap, &party, "windows", NULL,
                                              NULL, err) : rc;
}


static bool
joined_code(const pl_channel_conf_t *channel, int32_t code)
{
    size_t  i;

    for (i = 0; channel != NULL && i < PL_COUNT(joined_codes); i++) {
        if (joined_codes[i].code == code && channel->row->sandbox != NULL
            && strcmp(joined_codes[i].provider, channel->row->provider) == 0)
        {
            return true;
        }
    }

    return false;
}
