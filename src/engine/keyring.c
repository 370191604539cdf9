/*
 * See keyring.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/store.h"
#include "keyring.h"

static pl_status_t keyring_add(pl_keyring_t *ring, const char *path,
    pl_err_t *err);


pl_status_t
pl_keyring_read(pl_keyring_t *ring, const Pl__GlobalSettings *global,
    const char *dir, pl_err_t *err)
{
    int          n;
    char         path[PL_PATH_MAX];
    size_t       i;
    pl_err_t     why;
    pl_status_t  rc;

    pl_keyring_wipe(ring);

    if (global == NULL || global->key_file == NULL
        || global->key_file[0] == '\0')
    {
        n = snprintf(path, sizeof(path), "%s/key", dir);

        return n < 0 || (size_t) n >= sizeof(path)
               ? pl_err_set(err, PL_TOOBIG, "key", 0, "the path is too long")
               : keyring_add(ring, path, err);
    }

    rc = keyring_add(ring, global->key_file, err);

    for (i = 0; rc == PL_OK && i < global->n_old_key_files; i++) {
        (void) keyring_add(ring, global->old_key_files[i], &why);
    }

    return rc;
}


void
pl_keyring_one(pl_keyring_t *ring, const uint8_t key[PL_KEY_LEN])
{
    pl_keyring_wipe(ring);
    memcpy(ring->keys[0], key, PL_KEY_LEN);
    ring->n = 1;
}


pl_status_t
pl_keyring_open(const pl_keyring_t *ring, pl_str_t aad, pl_str_t sealed,
    pl_arena_t *ar, pl_str_t *plain, size_t *at, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    rc = pl_err_set(err, PL_DENIED, "key", 0, "there is no key");

    for (i = 0; i < ring->n && rc == PL_DENIED; i++) {
        rc = pl_crypto_open(ring->keys[i], aad, sealed, ar, plain, err);

        if (rc == PL_OK && at != NULL) {
            *at = i;
        }
    }

    return rc == PL_DENIED
           ? pl_err_set(err, PL_DENIED, "key", 0,
                        "it was sealed under another key than %s: name that "
                        "one's file as well, in a parley_key_file behind the "
                        "first", ring->n > 1 ? "those that are here"
                                             : "the one that is here")
           : rc;
}


void
pl_keyring_wipe(pl_keyring_t *ring)
{
    pl_crypto_wipe(ring, sizeof(*ring));
}


static pl_status_t
keyring_add(pl_keyring_t *ring, const char *path, pl_err_t *err)
{
    pl_status_t  rc;

    if (ring->n == PL_KEYRING_MAX) {
        return pl_err_set(err, PL_TOOBIG, "key", 0, "too many keys");
    }

    rc = pl_crypto_key_read(path, ring->keys[ring->n], err);
    ring->n += rc == PL_OK;

    return rc;
}
