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

/* ---- given.c -------------------------------------------------------- */

/* What a person is known by; NULL: not said. */
typedef struct {
    const char  *phone;
    const char  *user_id;
    const char  *email;
} pl_given_t;

/* Those that were given: in->more. What is none is a problem. */
pl_status_t pl_given_addresses(pl_api_call_t *call, const pl_given_t *given,
    Pl__ContactSet *in, pl_err_t *err);

/* Of a new one: the first is whose it is (in->address), and the others are
   theirs as well. */
pl_status_t pl_given_first(pl_api_call_t *call,
    const Pl__Api__ContactBody *body, Pl__ContactSet *in, pl_err_t *err);

/* The channel that they are written to on; "": whichever, NULL: not said. */
pl_status_t pl_given_channel(pl_api_call_t *call, const char *name,
    Pl__ContactSet *in);

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
