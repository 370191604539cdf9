/*
 * Consent, as it is written: by a word of the person's (refuse.h), by what a
 * provider tells, by somebody who writes it down. One function for all of
 * them, so that each change is an event for good, and what a revocation
 * forbids is taken back at once. docs/consent.md is its page.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_CONSENT_H_INCLUDED
#define PL_CONSENT_H_INCLUDED

#include "apply.h"

#define PL_CONSENT_TEXT_MAX   256   /* bytes of a source, and of a version */

/*
 * Writes a word of consent, held against what stands by when it was said
 * (pl_contact_consent). Where it changes something: the contact is put, an
 * event says so, the list of reviews is brought up to date, and where
 * marketing, or all, is revoked now, what waits of it is withdrawn. word: a
 * literal, for the counter `consents`; also the event's text, behind the
 * category. *changed may be NULL.
 *
 * Conversations of the contact are read from the store, and none is put: the
 * caller may have one in hand, if it has not changed its queues.
 */
pl_status_t pl_consent_write(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const Pl__Consent *consent, const char *word,
    bool *changed, pl_err_t *err);

/* Does it stand, be it paused? What is granted then begins no flow. Pure. */
bool pl_consent_granted(const Pl__Contact *contact, const char *category);

/*
 * Takes back what waits to be sent to the contact as marketing, in queues
 * and timers; what is on the wire stays. word: the event's text; never the
 * consent's source, since an erase does not find these events.
 */
pl_status_t pl_consent_withdraw(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, const char *word, pl_err_t *err);

/*
 * Brings the list of reviews in line with the contact's consents: after two
 * were joined, or one was written. message: where the unclear word is; 0: none.
 */
pl_status_t pl_consent_review(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, uint64_t message, pl_err_t *err);

/*
 * A send was refused, or a status says that it failed: does the code say
 * that the person has opted out at the provider? Then that is written. told:
 * time_s is by the provider's clock, not by ours.
 */
pl_status_t pl_consent_refused(pl_apply_t *ap, const Pl__Message *message,
    int32_t code, int64_t time_s, bool told, pl_err_t *err);

#endif /* PL_CONSENT_H_INCLUDED */
