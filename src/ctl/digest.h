/*
 * What of an entry is hashed: for audit, which adds up lines, and journal,
 * which shows their parts.
 */

#ifndef PLCTL_DIGEST_H_INCLUDED
#define PLCTL_DIGEST_H_INCLUDED

#include "../core/crypto.h"
#include "ctl.h"

/* SHA-256 of the body, or of the command as it is stored. ar: scratch. */
pl_status_t plctl_digest(pl_hash_t *hash, const Pl__Entry *entry,
    pl_arena_t *ar, uint8_t out[PL_SHA256_LEN], pl_err_t *err);

/* Adds an entry's line (cmd_audit.c) to `over`, which has begun. */
pl_status_t plctl_digest_line(pl_hash_t *over, pl_hash_t *hash, uint64_t seq,
    const Pl__Entry *entry, pl_arena_t *ar, pl_err_t *err);

#endif /* PLCTL_DIGEST_H_INCLUDED */
