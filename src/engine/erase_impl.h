/*
 * Private to erase*.c.
 *
 *     erase.c         the commands
 *     erase_now.c     what goes at once
 *     erase_rows.c    what goes step by step
 */

#ifndef PL_ERASE_IMPL_H_INCLUDED
#define PL_ERASE_IMPL_H_INCLUDED

#include "erase.h"

/* A contact of the person's: unlisted, nothing waits; its row is a stub. */
pl_status_t pl_erase_contact(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Contact *contact, const Pl__Tombstone *tomb, pl_err_t *err);

/* What a tombstone keeps of a contact's consents. */
pl_status_t pl_erase_consents(pl_apply_t *ap, const Pl__Contact *contact,
    Pl__Tombstone *tomb, pl_err_t *err);

/* Goes on for so many rows; e->phase says how far it came. */
pl_status_t pl_erase_go_on(pl_apply_t *ap, Pl__Erasure *e, uint32_t rows,
    pl_err_t *err);

bool pl_erase_has(const Pl__Erasure *e, uint64_t contact);

#endif /* PL_ERASE_IMPL_H_INCLUDED */
