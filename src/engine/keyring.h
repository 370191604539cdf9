/*
 * The keys that secrets are sealed under: that of parley_key_file, and, while
 * one takes another's place, those that it names behind it. The first seals;
 * all of them open.
 *
 * Files are read here: for threads that may wait for a disk, never for apply.
 */

#ifndef PL_KEYRING_H_INCLUDED
#define PL_KEYRING_H_INCLUDED

#include "../core/crypto.h"
#include "record.pb-c.h"

#define PL_KEYRING_MAX  4       /* parley_key_file, so many times */

typedef struct {
    size_t    n;
    uint8_t   keys[PL_KEYRING_MAX][PL_KEY_LEN];
} pl_keyring_t;

/*
 * Of the files that the settings name, or of the one that the store brings
 * (dir is the store's folder; global may be NULL). The first has to be
 * readable: as pl_crypto_key_read, err naming the file. One behind it that is
 * not is left out, since what it was for may have been sealed anew.
 */
pl_status_t pl_keyring_read(pl_keyring_t *ring,
    const Pl__GlobalSettings *global, const char *dir, pl_err_t *err);

/* Under one key alone. */
void pl_keyring_one(pl_keyring_t *ring, const uint8_t key[PL_KEY_LEN]);

/* As pl_crypto_open. PL_DENIED: under none of these keys. *at, unless NULL:
   which of them; 0 is the one that seals. */
pl_status_t pl_keyring_open(const pl_keyring_t *ring, pl_str_t aad,
    pl_str_t sealed, pl_arena_t *ar, pl_str_t *plain, size_t *at,
    pl_err_t *err);

void pl_keyring_wipe(pl_keyring_t *ring);

#endif /* PL_KEYRING_H_INCLUDED */
