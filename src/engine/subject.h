/*
 * What can be edited, and by which of its fields its editors are told from
 * one another: a precondition (If-Match) holds the digest of these fields,
 * the subject's editable view, and is looked at when the edit is applied.
 *
 * A new kind: a value of SubjectKind (record.proto), and a row in subject.c
 * that makes a message of the editable fields alone. What machines change in
 * a record (windows, queues, counts) is not in its view.
 */

#ifndef PL_SUBJECT_H_INCLUDED
#define PL_SUBJECT_H_INCLUDED

#include "../core/arena.h"
#include "../core/crypto.h"
#include "../core/store.h"
#include "settings.h"

/*
 * The digest of the subject's view as this transaction, and the snapshot of
 * the settings that goes with it, see it. PL_NOTFOUND:
 * there is no such record of the tenant's; PL_INVALID: no such kind.
 */
pl_status_t pl_subject_digest(pl_txn_t *txn,
    const pl_settings_t *settings, uint32_t tenant,
    Pl__SubjectKind kind, uint64_t id, pl_hash_t *hash, pl_arena_t *ar,
    uint8_t digest[PL_HASH128_LEN], pl_err_t *err);

#endif /* PL_SUBJECT_H_INCLUDED */
