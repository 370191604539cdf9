/*
 * Unsubscribing by one click (RFC 8058): a mail of marketing names a URL to
 * which the reader's mailbox provider posts when they press its button:
 *
 *     URL?MARK.TENANT.CHANNEL.CONTACT.PROOF
 *
 * Numbers are the store's, decimal, and MARK is its own (engine/mark.h): one
 * that is made anew under the same key gives the same numbers to others. PROOF
 * is an HMAC over all of it under the store's key, cut to 80 bits, and no
 * other proof of ours: who was written to knows it, and nobody can make one up
 * for another person, tenant or store. It does not expire: a mail may be read
 * years later (CAN-SPAM asks for 30 days, mailbox providers for as long as the
 * mail is there). A contact that became another one since is that one.
 *
 * Pure; a MAC is one thread's at a time.
 */

#ifndef PL_UNSUBSCRIBE_H_INCLUDED
#define PL_UNSUBSCRIBE_H_INCLUDED

#include "mail.h"

#define PL_UNSUBSCRIBE_MAX       96     /* of a token, NUL included */
#define PL_UNSUBSCRIBE_BODY_MAX  1024   /* "List-Unsubscribe=One-Click", as a
                                           form of either kind */

/* Whom it is about. */
typedef struct {
    char        mark[PL_MAIL_MARK_MAX + 1];     /* lower-case hex, not empty */
    uint32_t    tenant;
    uint32_t    channel;        /* of the mail */
    uint64_t    contact;
} pl_unsubscribe_t;

pl_status_t pl_unsubscribe_token(pl_mac_t *mac, const pl_unsubscribe_t *of,
    char out[PL_UNSUBSCRIBE_MAX]);

/*
 * PL_DENIED: it is none of ours. PL_FOREIGN: it was once, but of another store
 * than the one of this mark, so that its numbers say nothing here. Constant
 * time in the proof.
 */
pl_status_t pl_unsubscribe_check(pl_mac_t *mac, const char *mark,
    pl_str_t token, pl_unsubscribe_t *out);

/* Is it what RFC 8058 posts: urlencoded or multipart, the one field? */
bool pl_unsubscribe_body(pl_str_t body);

#endif /* PL_UNSUBSCRIBE_H_INCLUDED */
