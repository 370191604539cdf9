/*
 * Private to erase*.c.
 *
 *     erase.c         the commands
 *     erase_now.c     what goes at once
 *     erase_rows.c    what goes step by step
 *     erase_files.c   files that messages name
 */

#ifndef PL_ERASE_IMPL_H_INCLUDED
#define PL_ERASE_IMPL_H_INCLUDED

#include "erase.h"
#include "words.h"

/* A contact of the person's: unlisted, nothing waits; its row is a stub. */
pl_status_t pl_erase_contact(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Contact *contact, const Pl__Tombstone *tomb, pl_err_t *err);

/* What a tombstone keeps of a contact's consents. */
pl_status_t pl_erase_consents(pl_apply_t *ap, const Pl__Contact *contact,
    Pl__Tombstone *tomb, pl_err_t *err);

/* Goes on for so many rows; e->phase says how far it came. */
pl_status_t pl_erase_go_on(pl_apply_t *ap, Pl__Erasure *e, uint32_t rows,
    pl_err_t *err);

/* Numbers whose keys the sender is to forget. PL_NOMEM. */
pl_status_t pl_erase_retire(pl_apply_t *ap, Pl__Erasure *e,
    const pl_words_retired_t *retired, pl_err_t *err);

/* A file that a message names, by its number; NULL: no more of them, "": that
   one is not there. And notes them, each once. PL_NOMEM. */
const char *pl_erase_file(const Pl__Content *content, size_t i);
pl_status_t pl_erase_note_file(pl_apply_t *ap, Pl__Erasure *e,
    const Pl__Message *message, pl_err_t *err);

bool pl_erase_has(const Pl__Erasure *e, uint64_t contact);

#endif /* PL_ERASE_IMPL_H_INCLUDED */
