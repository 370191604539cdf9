/*
 * What the sources of contacts share.
 */

#ifndef PL_CONTACT_IMPL_H_INCLUDED
#define PL_CONTACT_IMPL_H_INCLUDED

#include "api_contacts.pb-c.h"
#include "rows.h"

/* As they are shown, in the arena; NULL: out of memory. */
Pl__Api__ContactView *pl_contact_view(pl_api_call_t *call,
    const Pl__Contact *contact);
Pl__Api__ContactConsent *pl_consent_view(pl_api_call_t *call,
    const Pl__Consent *consent);

/* The contact of parameter 0, or what it is since; and its conversation. */
pl_status_t pl_contact_conversation(pl_api_call_t *call,
    Pl__Contact **contact, Pl__Conversation **conv, pl_err_t *err);

/* api_card.c */
pl_status_t pl_card_ask(pl_api_call_t *call, pl_err_t *err);

/* api_consent.c */
pl_status_t pl_consents_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_consent_set_ask(pl_api_call_t *call, pl_err_t *err);

/* api_merge.c */
pl_status_t pl_merge_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_merge_told(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_split_ask(pl_api_call_t *call, pl_err_t *err);
pl_status_t pl_split_told(pl_api_call_t *call, pl_err_t *err);

#endif /* PL_CONTACT_IMPL_H_INCLUDED */
