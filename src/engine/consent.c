/*
 * Consent, as it is written. See consent.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "consent.h"

#define CONSENT_AHEAD_MAX_S  86400  /* of a provider's clock before ours */

/* Codes by which a provider says that somebody has opted out there. */
static const struct {
    const char  *provider;
    int32_t      code;
    const char  *category;
    const char  *source;
    const char  *word;
} consent_codes[] = {
    { "whatsapp", 131050, PL_CONSENT_MARKETING, "provider.131050",
      "131050" },
    { "twilio", 21610, PL_CONSENT_ALL, "provider.21610", "21610" },
};

static bool consent_keeps(const Pl__Contact *contact, int64_t now_s,
    const Pl__Consent *consent, Pl__Consent *fresh);
static pl_status_t consent_put(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const Pl__Consent *consent, const char *word,
    pl_err_t *err);


pl_status_t
pl_consent_write(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const Pl__Consent *consent, const char *word, bool *changed,
    pl_err_t *err)
{
    bool          ignored;
    Pl__Consent   fresh;
    pl_status_t   rc;

    if (changed == NULL) {
        changed = &ignored;
    }

    *changed = false;

    if (!consent_keeps(contact, ap->now_ms / 1000, consent, &fresh)) {
        rc = pl_contact_consent(ap, contact, &fresh, changed, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!*changed) {
        return pl_feed_count(ap, tenant, "consents", "repeated", err);
    }

    fresh = *pl_contact_consent_row(contact, fresh.category);

    rc = consent_put(ap, tenant, contact, &fresh, word, err);

    if (rc == PL_OK
        && fresh.state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED
        && (strcmp(fresh.category, PL_CONSENT_MARKETING) == 0
            || strcmp(fresh.category, PL_CONSENT_ALL) == 0))
    {
        rc = pl_consent_withdraw(ap, tenant, contact, word, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, tenant, "consents", word, err)
                       : rc;
}


bool
pl_consent_granted(const Pl__Contact *contact, const char *category)
{
    const Pl__Consent  *row;

    row = pl_contact_consent_row(contact, category);

    return row != NULL
           && (row->state == PL__CONSENT_STATE__CONSENT_STATE_GRANTED
               || (row->state == PL__CONSENT_STATE__CONSENT_STATE_PAUSED
                   && row->before
                      == PL__CONSENT_STATE__CONSENT_STATE_GRANTED));
}


pl_status_t
pl_consent_review(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, uint64_t message, pl_err_t *err)
{
    size_t       i;
    pl_key_t     key;
    pl_status_t  rc;

    pl_key_tenant_seq(&key, tenant, contact->id);

    for (i = 0; !contact->has_joined_to && i < contact->n_consents; i++) {
        if (contact->consents[i]->state
            == PL__CONSENT_STATE__CONSENT_STATE_PAUSED)
        {
            if (message == 0) {
                message = contact->consents[i]->message;
            }

            return pl_record_put_u64(ap->txn, PL_TABLE_REVIEWS,
                                     pl_key_str(&key), message, false, err);
        }
    }

    rc = pl_store_del(ap->txn, PL_TABLE_REVIEWS, pl_key_str(&key), err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_consent_refused(pl_apply_t *ap, const Pl__Message *message, int32_t code,
    int64_t time_s, bool told, pl_err_t *err)
{
    size_t                    i;
    Pl__Consent               consent = PL__CONSENT__INIT;
    Pl__Contact              *contact;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, message->channel);

    if (channel == NULL
        || message->party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT)
    {
        return PL_OK;
    }

    for (i = 0; i < PL_COUNT(consent_codes); i++) {
        if (consent_codes[i].code == code
            && strcmp(consent_codes[i].provider,
                      channel->row->provider) == 0)
        {
            break;
        }
    }

    if (i == PL_COUNT(consent_codes)) {
        return PL_OK;
    }

    rc = pl_contact_root(ap, message->tenant, message->contact, &contact,
                         err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    consent.category = (char *) consent_codes[i].category;
    consent.state = PL__CONSENT_STATE__CONSENT_STATE_REVOKED;
    consent.time_s = time_s;
    consent.clock = told ? channel->row->provider : NULL;
    consent.source = (char *) consent_codes[i].source;
    consent.has_channel = 1;
    consent.channel = message->channel;

    return pl_consent_write(ap, message->tenant, contact, &consent,
                            consent_codes[i].word, NULL, err);
}


/*
 * Whether the same is said again by somebody else than the person, who knows
 * it already: a provider answers each send with it. What a pause interrupted
 * stays what the first one did, and who was told of a revocation stays so.
 */

static bool
consent_keeps(const Pl__Contact *contact, int64_t now_s,
    const Pl__Consent *consent, Pl__Consent *fresh)
{
    const Pl__Consent  *old;

    *fresh = *consent;

    /* what frees and is said far ahead would outlive every refusal */

    if (fresh->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED
        && fresh->time_s > now_s + CONSENT_AHEAD_MAX_S)
    {
        fresh->time_s = now_s;
    }

    old = pl_contact_consent_row(contact, consent->category);

    if (fresh->state == PL__CONSENT_STATE__CONSENT_STATE_PAUSED) {
        fresh->has_before = 1;
        fresh->before = PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN;

        if (old != NULL) {
            fresh->before = old->state == fresh->state && old->has_before
                            ? old->before : old->state;
        }

        return false;
    }

    if (old == NULL || old->state != fresh->state
        || fresh->state != PL__CONSENT_STATE__CONSENT_STATE_REVOKED)
    {
        return false;
    }

    fresh->has_confirmed = old->has_confirmed || fresh->has_confirmed;
    fresh->confirmed = old->confirmed || fresh->confirmed;

    return fresh->source != NULL
           && strncmp(fresh->source, "provider.", 9) == 0;
}


static pl_status_t
consent_put(pl_apply_t *ap, uint32_t tenant, Pl__Contact *contact,
    const Pl__Consent *consent, const char *word, pl_err_t *err)
{
    char         text[2 * PL_NAME_MAX];
    pl_party_t   party;
    pl_status_t  rc;

    contact->has_updated_ms = 1;
    contact->updated_ms = ap->now_ms;

    rc = pl_contact_put(ap, tenant, contact, err);

    if (rc == PL_OK) {
        (void) snprintf(text, sizeof(text), "%.64s %.60s",
                        consent->category, word);

        rc = pl_feed_audit_consent(ap, tenant, contact->id, consent, text,
                                   err);
    }

    if (rc == PL_OK) {
        rc = pl_consent_review(ap, tenant, contact, consent->message, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = contact->id;

    return pl_feed_change(ap, PL__CHANGE_KIND__CHANGE_KIND_CONTACT, &party,
                          0, 0, err);
}
