/*
 * Addresses of mail that take none: the provider, or a report, said that there
 * is no such mailbox, or no such domain. Who writes there again and again is
 * soon taken for a sender of spam, and its relay shuts the whole account. So
 * the contact keeps when that was said (Address.bounced_ms), and policy lets
 * nothing more leave for that address, until a mail comes from it, or a
 * person says that it is good (ContactSet.reachable).
 *
 * What is refused for now, or for what it says, marks nothing: that is a
 * matter of the mail, or of the moment (channel: pl_mail_unreachable).
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_BOUNCE_H_INCLUDED
#define PL_BOUNCE_H_INCLUDED

#include "apply.h"

/* The address that a message went to takes no mail. */
pl_status_t pl_bounce_mark(pl_apply_t *ap, const Pl__Message *message,
    pl_err_t *err);

/* A mail came from this address; email NULL: it was none. */
pl_status_t pl_bounce_heard(pl_apply_t *ap, uint32_t tenant,
    Pl__Contact *contact, const char *email, pl_err_t *err);

/* Takes all marks away; the caller puts the contact. Was there any? */
bool pl_bounce_forget(Pl__Contact *contact);

/* Is the address that the message goes to marked? Any thread. */
bool pl_bounce_is(const Pl__Contact *contact, const Pl__Message *message);

#endif /* PL_BOUNCE_H_INCLUDED */
