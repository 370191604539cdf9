/*
 * What a person allowed and forbade. See docs/consent.md.
 *
 * A word is held against the one that stands by the time at which each was
 * said, never by the order in which they arrive: a provider tells of things
 * late. Of two that were said at the same second the one that forbids more
 * stands. A pause is no word of the person's but a doubt about one, so it
 * never takes the place of a revocation, and gives way to one that was said
 * before it and arrives behind it.
 */

#include <string.h>

#include "apply.h"

static unsigned consent_rank(Pl__ConsentState state);
static bool consent_stands(const Pl__Consent *old, const Pl__Consent *fresh);


Pl__Consent *
pl_contact_consent_row(const Pl__Contact *contact, const char *category)
{
    size_t  i;

    for (i = 0; i < contact->n_consents; i++) {
        if (strcmp(contact->consents[i]->category, category) == 0) {
            return contact->consents[i];
        }
    }

    return NULL;
}


pl_consent_e
pl_contact_consent_state(const Pl__Contact *contact, const char *category)
{
    const Pl__Consent  *c;

    c = pl_contact_consent_row(contact, PL_CONSENT_ALL);

    if (c != NULL && c->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED) {
        return PL_CONSENT_REVOKED;
    }

    c = pl_contact_consent_row(contact, category);
    if (c == NULL) {
        return PL_CONSENT_UNKNOWN;
    }

    switch (c->state) {

    case PL__CONSENT_STATE__CONSENT_STATE_GRANTED:
        return PL_CONSENT_GRANTED;

    case PL__CONSENT_STATE__CONSENT_STATE_PAUSED:
        return PL_CONSENT_PAUSED;

    case PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN:
        return PL_CONSENT_UNKNOWN;

    default:                            /* a newer one forbids */
        return PL_CONSENT_REVOKED;
    }
}


pl_status_t
pl_contact_consent(pl_apply_t *ap, Pl__Contact *contact,
    const Pl__Consent *consent, bool *changed, pl_err_t *err)
{
    bool          ignored;
    Pl__Consent  *c;

    if (changed == NULL) {
        changed = &ignored;
    }

    *changed = false;

    c = pl_contact_consent_row(contact, consent->category);

    if (c != NULL) {
        if (!consent_stands(c, consent)) {
            *c = *consent;
            *changed = true;
        }

        return PL_OK;
    }

    /* what forbids everything always finds room: there are two such rows */

    if (contact->n_consents >= PL_CONSENTS_MAX
        && strcmp(consent->category, PL_CONSENT_MARKETING) != 0
        && strcmp(consent->category, PL_CONSENT_ALL) != 0)
    {
        return PL_OK;
    }

    c = pl_arena_alloc(ap->ar, sizeof(*c));
    contact->consents = pl_apply_list(ap, contact->consents,
                                      contact->n_consents, c);

    if (c == NULL || contact->consents == NULL) {
        return pl_err_set(err, PL_NOMEM, "contact", 0, "out of memory");
    }

    *c = *consent;
    contact->n_consents++;
    *changed = true;

    return PL_OK;
}


/* How much a state forbids. */

static unsigned
consent_rank(Pl__ConsentState state)
{
    switch (state) {

    case PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN:
        return 0;

    case PL__CONSENT_STATE__CONSENT_STATE_GRANTED:
        return 1;

    case PL__CONSENT_STATE__CONSENT_STATE_PAUSED:
        return 2;

    default:
        return 3;
    }
}


/* Does what was known stand against what is told now? */

static bool
consent_stands(const Pl__Consent *old, const Pl__Consent *fresh)
{
    if (fresh->state == PL__CONSENT_STATE__CONSENT_STATE_PAUSED
        && old->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED)
    {
        return true;
    }

    if (old->state == PL__CONSENT_STATE__CONSENT_STATE_PAUSED
        && fresh->state == PL__CONSENT_STATE__CONSENT_STATE_REVOKED)
    {
        return false;
    }

    if (old->time_s != fresh->time_s) {
        return old->time_s > fresh->time_s;
    }

    return consent_rank(old->state) >= consent_rank(fresh->state);
}
