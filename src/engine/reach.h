/*
 * By which of a tenant's channels a person is written to, where nobody says.
 * In this order, of those that reach an address of theirs:
 *
 *     1  the one on which they wrote last
 *     2  the one that they would rather be written to on (Contact.channel)
 *     3  the one on which they were written to last
 *     4  the only one
 *
 * Whoever was named by an address of mail is reached by mail, and by a phone
 * number or a user id by what those reach; the rest of the order is the same.
 */

#ifndef PL_REACH_H_INCLUDED
#define PL_REACH_H_INCLUDED

#include "apply.h"

/*
 * contact: NULL where nobody knows them; address: by which they were named,
 * NULL where by nothing but the contact. *channel NULL: none, or none of
 * several (*several). Reads alone. PL_OK, or the store's failure.
 */
pl_status_t pl_reach_channel(pl_apply_t *ap, uint32_t tenant,
    const Pl__Contact *contact, const Pl__Address *address,
    const pl_channel_conf_t **channel, bool *several, pl_err_t *err);

/* The same of a request to send that names no channel. */
pl_status_t pl_reach_request(pl_apply_t *ap, const Pl__SendRequest *in,
    const pl_channel_conf_t **channel, bool *several, pl_err_t *err);

/*
 * Can the channel reach such an address? *out, in the arena, is as it is
 * written to, a phone number in its normal form (phone.h). PL_INVALID, with
 * the field as the path (address.value); PL_NOMEM.
 */
pl_status_t pl_reach_address(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const Pl__Address *address,
    Pl__Address **out, pl_err_t *err);

/* A message of theirs has come in; what a machine wrote says nothing. */
void pl_reach_heard(Pl__Conversation *conv, const Pl__Message *message,
    int64_t now_ms);

/*
 * Two conversations become one, before their times are joined: it was held on
 * the channels of either. PL_NOMEM.
 */
pl_status_t pl_reach_join(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, pl_err_t *err);

#endif /* PL_REACH_H_INCLUDED */
