/*
 * People whom a provider spares adverts. See spare.h.
 */

#include <string.h>

#include "spare.h"

static const struct {
    const char  *provider;
    int32_t      code;
} spare_codes[] = {
    { "whatsapp", 131049 },
    { "twilio", 63049 },                /* the same, as Twilio tells it */
};

static bool spare_code(const pl_channel_conf_t *channel, int32_t code);
static void spare_until(Pl__Contact *contact, int64_t now_ms);


pl_status_t
pl_spare_refused(pl_apply_t *ap, const Pl__Message *message, int32_t code,
    int64_t *until_ms, pl_err_t *err)
{
    Pl__Contact  *contact;
    pl_status_t   rc;

    *until_ms = 0;

    if (message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        || !spare_code(pl_settings_channel(ap->settings, message->channel),
                       code))
    {
        return PL_OK;
    }

    rc = pl_contact_root(ap, message->tenant, message->contact, &contact,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    if (!contact->has_spared_ms || contact->spared_ms <= ap->now_ms) {
        spare_until(contact, ap->now_ms);
        contact->has_updated_ms = 1;
        contact->updated_ms = ap->now_ms;

        rc = pl_contact_put(ap, message->tenant, contact, err);

        if (rc == PL_OK) {
            rc = pl_feed_count(ap, message->tenant, "contacts", "spared",
                               err);
        }
    }

    *until_ms = contact->spared_ms;

    return rc;
}


static bool
spare_code(const pl_channel_conf_t *channel, int32_t code)
{
    size_t  i;

    for (i = 0; channel != NULL && i < PL_COUNT(spare_codes); i++) {
        if (spare_codes[i].code == code
            && strcmp(spare_codes[i].provider, channel->row->provider) == 0)
        {
            return true;
        }
    }

    return false;
}


static void
spare_until(Pl__Contact *contact, int64_t now_ms)
{
    uint32_t  n;

    n = contact->has_spared_ms
        && now_ms - contact->spared_ms < PL_SPARE_FORGET_MS
        ? contact->spared : 0;

    contact->has_spared = 1;
    contact->spared = n < PL_SPARE_TIMES ? n + 1 : PL_SPARE_TIMES;
    contact->has_spared_ms = 1;
    contact->spared_ms = now_ms
                         + (PL_SPARE_MS << (contact->spared - 1));
}
