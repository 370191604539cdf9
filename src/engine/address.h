/*
 * Addresses in the one form that contacts, tombstones and indexes of them
 * have them in, however they were written: mail in lower case and without a
 * name beside it (pl_mail_mailbox), phones as pl_phone_of has them. User ids
 * and groups are a provider's, and stay as they are.
 */

#ifndef PL_ADDRESS_H_INCLUDED
#define PL_ADDRESS_H_INCLUDED

#include "apply.h"

/*
 * *out: in ar, or `text` itself where it is in that form already or is no
 * address of mail. PL_NOMEM. Any thread.
 */
pl_status_t pl_address_email(pl_arena_t *ar, const char *text,
    const char **out, pl_err_t *err);

/* The same by the kind, and of a phone by the tenant's calling code. */
pl_status_t pl_address_of(pl_apply_t *ap, uint32_t tenant,
    const Pl__Address *address, const char **out, pl_err_t *err);

#endif /* PL_ADDRESS_H_INCLUDED */
