/*
 * What a person allowed and forbade. See docs/consent.md.
 *
 * A word is held against the one that stands by the time at which each was
 * said, never by the order in which they arrive: a provider tells of things
 * late. Of two that were said at the same second the one that forbids more
 * stands. A pause is no word of the person's but a doubt about one, so it
 * never takes the place of a revocation, and gives way to one that was said
 * before it and arrives behind it.
 *
 * Two clocks do not agree to the second. So of two words by different clocks
 * that lie within CONSENT_SKEW_S of each other the one that forbids stands,
 * in whichever order they were said; but a word that was known already when
 * the one that stands was written is no news. Which are known is a time for
 * each of two clocks: that of the row, and that of what it followed.
 */

#include <string.h>

#include "apply.h"

#define CONSENT_SKEW_S  300     /* between a provider's clock and ours */

static unsigned consent_rank(Pl__ConsentState state);
static bool consent_stands(const Pl__Consent *old, const Pl__Consent *fresh);
static bool consent_frees(Pl__ConsentState state);
static bool consent_clock(const char *a, const char *b);
static void consent_follows(Pl__Consent *c, const Pl__Consent *fresh);


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
            consent_follows(c, consent);
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

    if (!consent_clock(old->clock, fresh->clock)) {

        if (old->has_known_s && consent_clock(old->known_clock, fresh->clock)
            && fresh->time_s <= old->known_s)
        {
            return true;
        }

        if (consent_frees(old->state) && !consent_frees(fresh->state)
            && old->time_s - fresh->time_s <= CONSENT_SKEW_S)
        {
            return false;
        }
    }

    if (old->time_s != fresh->time_s) {
        return old->time_s > fresh->time_s;
    }

    return consent_rank(old->state) >= consent_rank(fresh->state);
}


static bool
consent_frees(Pl__ConsentState state)
{
    return consent_rank(state) <= 1;
}


/* Absent: what we, and those who write words down, go by. */

static bool
consent_clock(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}


/*
 * Takes the old one's place. What that had known of a third clock is
 * forgotten; of its own, the new one knows by its own time.
 */

static void
consent_follows(Pl__Consent *c, const Pl__Consent *fresh)
{
    Pl__Consent  old = *c;

    *c = *fresh;

    if (consent_clock(old.clock, fresh->clock)) {
        c->has_known_s = old.has_known_s;
        c->known_s = old.known_s;
        c->known_clock = old.known_clock;

    } else {
        c->has_known_s = 1;
        c->known_s = old.time_s;
        c->known_clock = old.clock;
    }
}
