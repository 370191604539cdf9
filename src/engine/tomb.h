/*
 * Tombstones: what is left of the addresses of people who were erased
 * (docs/privacy.md). A row is found by its address and does not tell it: the
 * store knows it by a keyed hash.
 *
 * What a provider delivers late, of a time at which its person had not been
 * erased yet, is dropped here, whatever it is. What they do later is another
 * story: they are somebody new, of whom only what they had forbidden is known.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_TOMB_H_INCLUDED
#define PL_TOMB_H_INCLUDED

#include "apply.h"

/* An address of a contact that is erased now; consents in minimal form. */
pl_status_t pl_tomb_put(pl_apply_t *ap, uint32_t tenant,
    const Pl__Address *address, const Pl__Tombstone *tomb, pl_err_t *err);

/*
 * Did this happen before whom it is of was erased? Counted where it did: the
 * caller drops it. Costs nothing while nobody was erased since.
 */
pl_status_t pl_tomb_late(pl_apply_t *ap, uint32_t tenant,
    const Pl__Sender *from, int64_t time_s, bool *late, pl_err_t *err);

/*
 * Was this person erased, and is nobody known by that address since? phone
 * may be an address of mail.
 */
pl_status_t pl_tomb_gone(pl_apply_t *ap, uint32_t tenant, const char *phone,
    const char *user_id, bool *gone, pl_err_t *err);

/*
 * Is it to somebody who was erased? A timer of theirs may be due before it
 * was found.
 */
pl_status_t pl_tomb_message(pl_apply_t *ap, const Pl__Message *message,
    bool *erased, pl_err_t *err);

/* A contact was made for a sender: what they had revoked stays revoked. */
pl_status_t pl_tomb_consents(pl_apply_t *ap, uint32_t tenant,
    const Pl__Sender *from, Pl__Contact *contact, pl_err_t *err);

#endif /* PL_TOMB_H_INCLUDED */
