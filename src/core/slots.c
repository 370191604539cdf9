/*
 * Key slots: the handle. See slots.h, and slots_impl.h for the file's part.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "slots_impl.h"
#include "str.h"
#include "sys_impl.h"

static pl_status_t slots_path(pl_slots_t *slots, const char *dir,
    pl_err_t *err);
static pl_status_t slots_key(pl_slots_t *slots, pl_slot_e kind,
    uint64_t number, bool make, const uint8_t **key, pl_err_t *err);
static pl_status_t slots_subject(pl_slots_t *slots, uint64_t number,
    bool make, const uint8_t **key, pl_err_t *err);
static pl_status_t slots_period(pl_slots_t *slots, uint64_t number,
    const uint8_t **key, pl_err_t *err);
static pl_status_t slots_derive(pl_slots_t *slots, uint64_t number,
    uint8_t key[PL_KEY_LEN]);
static pl_status_t slots_gone(pl_slots_t *slots, uint64_t number);
static pl_status_t slots_denied(const pl_slots_t *slots, pl_err_t *err);
static void slots_nonce(pl_slots_t *slots, uint8_t nonce[PL_SEAL_NONCE]);


pl_status_t
pl_slots_open(pl_slots_t **out, const char *dir, pl_err_t *err)
{
    pl_slots_t   *slots;
    pl_status_t   rc;

    *out = NULL;

    slots = calloc(1, sizeof(*slots));
    if (slots == NULL) {
        return pl_err_set(err, PL_NOMEM, "open keys", 0, "no memory");
    }

    slots->fd = -1;
    (void) pthread_mutex_init(&slots->mutex, NULL);     /* cannot fail */
    slots->cipher = pl_cipher_create();
    slots->hash = pl_hash_create();

    rc = slots->cipher == NULL || slots->hash == NULL
         || pl_crypto_random((uint8_t *) slots->nonce, sizeof(slots->nonce))
            != PL_OK
         ? pl_err_set(err, PL_IO, "open keys", 0, "libcrypto failed")
         : slots_path(slots, dir, err);

    if (rc == PL_OK) {
        rc = pl_slots_map(slots, false, err);
    }

    if (rc != PL_OK && rc != PL_NOTFOUND) {
        pl_slots_close(slots);
        return rc;
    }

    *out = slots;

    return PL_OK;
}


void
pl_slots_close(pl_slots_t *slots)
{
    if (slots == NULL) {
        return;
    }

    if (slots->map != NULL) {
        (void) munmap(slots->map, (size_t) slots->mapped * SLOT_BYTES);
    }

    if (slots->head != NULL) {
        (void) munmap(slots->head, SLOT_BYTES);
    }

    if (slots->fd != -1) {
        (void) close(slots->fd);
    }

    if (slots->cache != NULL) {
        pl_crypto_wipe(slots->cache, SLOTS_CACHE * sizeof(slots->cache[0]));
        free(slots->cache);
    }

    free(slots->index);
    pl_crypto_wipe(slots->period, sizeof(slots->period));
    pl_cipher_destroy(slots->cipher);
    pl_hash_destroy(slots->hash);
    pl_mac_destroy(slots->mac);
    (void) pthread_mutex_destroy(&slots->mutex);
    free(slots);
}


bool
pl_slots_have(const pl_slots_t *slots)
{
    return atomic_load_explicit(&slots->have, memory_order_acquire);
}


bool
pl_slots_there(pl_slots_t *slots)
{
    (void) pthread_mutex_lock(&slots->mutex);

    if (slots->fd == -1) {
        (void) pl_slots_map(slots, false, NULL);
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return pl_slots_have(slots);
}


const char *
pl_slots_path(const pl_slots_t *slots)
{
    return slots->path;
}


pl_status_t
pl_slots_make(pl_slots_t *slots, pl_err_t *err)
{
    pl_status_t  rc;

    (void) pthread_mutex_lock(&slots->mutex);
    rc = slots->fd == -1 ? pl_slots_map(slots, true, err) : PL_OK;
    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


/* Without the mutex, since the head's map never moves. */

bool
pl_slots_on(const pl_slots_t *slots)
{
    return pl_slots_have(slots)
           && atomic_load_explicit(&slots->head->on, memory_order_relaxed)
              != 0;
}


pl_status_t
pl_slots_turn(pl_slots_t *slots, bool on, pl_err_t *err)
{
    pl_status_t  rc;

    if (!on && !pl_slots_have(slots)) {
        return PL_OK;
    }

    rc = pl_slots_make(slots, err);
    if (rc != PL_OK || pl_slots_on(slots) == on) {
        return rc;
    }

    (void) pthread_mutex_lock(&slots->mutex);
    atomic_store(&slots->head->on, on ? 1 : 0);

    rc = fdatasync(slots->fd) == 0
         ? PL_OK : pl_sys_err(err, "keys", errno, slots->path,
                              "cannot sync");
    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


pl_status_t
pl_slots_mac(pl_slots_t *slots, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_HASH128_LEN], pl_err_t *err)
{
    uint8_t      sum[PL_SHA256_LEN];
    pl_status_t  rc;

    if (!pl_slots_have(slots)) {
        return slots_denied(slots, err);
    }

    (void) pthread_mutex_lock(&slots->mutex);

    if (slots->mac == NULL) {
        slots->mac = pl_mac_create((pl_str_t) { slots->head->mac,
                                                PL_KEY_LEN });
    }

    rc = slots->mac == NULL ? PL_IO : pl_mac_sum(slots->mac, pieces, n, sum);
    (void) pthread_mutex_unlock(&slots->mutex);

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "keys", 0, "libcrypto failed");
    }

    memcpy(out, sum, PL_HASH128_LEN);

    return PL_OK;
}


pl_status_t
pl_slots_hash(pl_slots_t *slots, uint64_t number, bool make,
    const pl_str_t *pieces, size_t n, uint8_t out[PL_HASH128_LEN],
    pl_err_t *err)
{
    size_t          i;
    uint8_t         sum[PL_SHA256_LEN];
    pl_str_t        all[1 + SLOTS_PIECES];
    pl_status_t     rc;
    const uint8_t  *key;

    if (n > SLOTS_PIECES) {
        return pl_err_set(err, PL_MISUSE, "keys", 0, "too many pieces");
    }

    (void) pthread_mutex_lock(&slots->mutex);

    rc = slots_key(slots, PL_SLOT_SUBJECT, number, make, &key, err);

    if (rc == PL_OK) {
        all[0].data = key;              /* in front, and the sum is cut: */
        all[0].len = PL_KEY_LEN;        /* so it cannot be gone on with */

        for (i = 0; i < n; i++) {
            all[1 + i] = pieces[i];
        }

        rc = pl_hash_sha256(slots->hash, all, 1 + n, sum);
        if (rc != PL_OK) {
            rc = pl_err_set(err, rc, "keys", 0, "libcrypto failed");
        }
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    if (rc == PL_OK) {
        memcpy(out, sum, PL_HASH128_LEN);
    }

    return rc;
}


pl_status_t
pl_slots_seal(pl_slots_t *slots, pl_slot_e kind, uint64_t number,
    uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad, pl_str_t plain, uint8_t *out,
    pl_err_t *err)
{
    pl_status_t     rc;
    const uint8_t  *key;

    (void) pthread_mutex_lock(&slots->mutex);

    rc = slots_key(slots, kind, number, true, &key, err);

    if (rc == PL_OK) {
        slots_nonce(slots, nonce);
        rc = pl_cipher_seal(slots->cipher, key, nonce, aad, plain, out);
        if (rc != PL_OK) {
            rc = pl_err_set(err, rc, "seal", 0, "libcrypto failed");
        }
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


pl_status_t
pl_slots_unseal(pl_slots_t *slots, pl_slot_e kind, uint64_t number,
    const uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad, pl_str_t sealed,
    uint8_t *out, pl_err_t *err)
{
    pl_status_t     rc;
    const uint8_t  *key;

    (void) pthread_mutex_lock(&slots->mutex);

    rc = slots_key(slots, kind, number, false, &key, err);

    if (rc == PL_OK) {
        rc = pl_cipher_open(slots->cipher, key, nonce, aad, sealed, out);
        if (rc != PL_OK) {
            rc = pl_err_set(err, rc, "unseal", 0,
                            "key, row or bytes are not the ones sealed");
        }
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


pl_status_t
pl_slots_period(pl_slots_t *slots, uint64_t *number, pl_err_t *err)
{
    int64_t              wall_ms;
    pl_status_t          rc;
    const slots_slot_t  *slot;

    (void) pthread_mutex_lock(&slots->mutex);

    rc = pl_slots_refresh(slots, err);

    if (rc == PL_OK
        && (slots->newest == 0 || pl_clock_coarse_ms() >= slots->period_ms))
    {
        wall_ms = pl_clock_wall_ms(pl_clock_system());
        slot = pl_slots_at(slots, slots->newest_slot);

        if (slots->newest == 0 || wall_ms < slot->made_ms
            || wall_ms - slot->made_ms >= PL_SLOTS_TIME_MS)
        {
            rc = pl_slots_next(slots, slots->newest, err);
        }

        slots->period_ms = pl_clock_coarse_ms() + PL_SLOTS_TIME_MS / 60;
    }

    *number = slots->newest;
    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


pl_status_t
pl_slots_period_end(pl_slots_t *slots, pl_err_t *err)
{
    pl_status_t  rc;

    (void) pthread_mutex_lock(&slots->mutex);
    rc = pl_slots_refresh(slots, err);

    if (rc == PL_OK && slots->newest != 0) {
        rc = pl_slots_next(slots, slots->newest, err);
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


pl_status_t
pl_slots_forget(pl_slots_t *slots, uint64_t number, pl_err_t *err)
{
    pl_status_t  rc;

    (void) pthread_mutex_lock(&slots->mutex);
    rc = pl_slots_refresh(slots, err);

    if (rc == PL_OK) {
        rc = pl_slots_pierce(slots, number, err);
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


bool
pl_slots_forgotten(pl_slots_t *slots, uint64_t number)
{
    uint8_t      key[PL_KEY_LEN];
    pl_status_t  rc;

    (void) pthread_mutex_lock(&slots->mutex);

    rc = pl_slots_refresh(slots, NULL);
    if (rc == PL_OK) {
        rc = slots_derive(slots, number, key);
        pl_crypto_wipe(key, sizeof(key));
    }

    rc = rc == PL_NOTFOUND ? slots_gone(slots, number) : rc;
    (void) pthread_mutex_unlock(&slots->mutex);

    return rc == PL_NOTFOUND;
}


pl_status_t
pl_slots_forget_periods(pl_slots_t *slots, uint64_t before, pl_err_t *err)
{
    pl_status_t  rc;

    (void) pthread_mutex_lock(&slots->mutex);
    rc = pl_slots_refresh(slots, err);

    if (rc == PL_OK && slots->periods > 1) {
        rc = pl_slots_drop(slots, before < slots->newest ? before
                                                         : slots->newest,
                           err);
    }

    (void) pthread_mutex_unlock(&slots->mutex);

    return rc;
}


void
pl_slots_stat(pl_slots_t *slots, pl_slots_stat_t *stat)
{
    memset(stat, 0, sizeof(*stat));

    (void) pthread_mutex_lock(&slots->mutex);

    if (slots->fd != -1 && pl_slots_refresh(slots, NULL) == PL_OK) {
        stat->slots = slots->used;
        stat->periods = slots->periods;
        stat->newest = slots->newest;
    }

    (void) pthread_mutex_unlock(&slots->mutex);
}


/* DIR/keys; or what DIR/keys.at says, where there is no such file. */

static pl_status_t
slots_path(pl_slots_t *slots, const char *dir, pl_err_t *err)
{
    int      fd;
    char     at[PATH_MAX];
    ssize_t  len;

    if ((size_t) snprintf(slots->path, PATH_MAX, "%s/%s", dir, PL_SLOTS_FILE)
        >= PATH_MAX
        || (size_t) snprintf(at, sizeof(at), "%s/%s", dir, PL_SLOTS_AT)
           >= sizeof(at))
    {
        return pl_sys_err(err, "open keys", ENAMETOOLONG, dir,
                          "path is too long");
    }

    if (access(slots->path, F_OK) == 0) {
        return PL_OK;
    }

    fd = open(at, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd == -1) {
        return PL_OK;
    }

    len = pl_sys_pread(fd, at, sizeof(at) - 1, 0);
    (void) close(fd);

    while (len > 0 && (at[len - 1] == '\n' || at[len - 1] == ' ')) {
        len--;
    }

    if (len > 0 && at[0] == '/') {
        memcpy(slots->path, at, (size_t) len);
        slots->path[len] = '\0';
    }

    return PL_OK;
}


/*
 * It stays until the next call. Another process may have overwritten the slot
 * while it was copied: then it is looked up again.
 */

static pl_status_t
slots_key(pl_slots_t *slots, pl_slot_e kind, uint64_t number, bool make,
    const uint8_t **key, pl_err_t *err)
{
    pl_status_t  rc;

    /* another process may have made it since */

    if (slots->fd == -1 && pl_slots_map(slots, false, NULL) != PL_OK) {
        return slots_denied(slots, err);
    }

    do {
        rc = pl_slots_refresh(slots, err);

        if (rc == PL_OK) {
            rc = kind == PL_SLOT_SUBJECT
                 ? slots_subject(slots, number, make, key, err)
                 : slots_period(slots, number, key, err);
        }
    } while (rc == PL_OK && atomic_load(&slots->head->changed)
                            != slots->changed);

    return rc;
}


static pl_status_t
slots_period(pl_slots_t *slots, uint64_t number, const uint8_t **key,
    pl_err_t *err)
{
    uint32_t  slot;

    slot = pl_slots_find(slots, PL_SLOT_PERIOD, PL_SLOTS_LEVELS, number);

    if (slot == 0) {
        return number < slots->newest ? PL_NOTFOUND
                                      : slots_denied(slots, err);
    }

    memcpy(slots->period, pl_slots_at(slots, slot)->seed, PL_KEY_LEN);
    *key = slots->period;

    return PL_OK;
}


static pl_status_t
slots_subject(pl_slots_t *slots, uint64_t number, bool make,
    const uint8_t **key, pl_err_t *err)
{
    pl_status_t      rc;
    slots_cached_t  *cached;

    if (slots->cache == NULL) {
        slots->cache = calloc(SLOTS_CACHE, sizeof(slots->cache[0]));
        if (slots->cache == NULL) {
            return pl_err_set(err, PL_NOMEM, "keys", 0, "no memory");
        }
    }

    cached = &slots->cache[(number ^ number >> 12) % SLOTS_CACHE];
    *key = cached->key;

    if (cached->used && cached->number == number) {
        return PL_OK;
    }

    cached->used = false;
    rc = slots_derive(slots, number, cached->key);

    if (rc == PL_NOTFOUND) {
        rc = slots_gone(slots, number);

        if (rc == PL_NOTFOUND) {
            return rc;
        }

        if (!make) {
            return slots_denied(slots, err);
        }

        rc = pl_slots_add(slots, PL_SLOT_SUBJECT, number >> SLOT_BITS, err);
        if (rc == PL_OK) {
            rc = slots_derive(slots, number, cached->key);
        }
    }

    if (rc != PL_OK) {
        return pl_err_set(err, PL_IO, "keys", 0, "cannot derive a key");
    }

    cached->number = number;
    cached->used = true;

    return PL_OK;
}


/* From the highest seed above it down. PL_NOTFOUND: there is none. */

static pl_status_t
slots_derive(pl_slots_t *slots, uint64_t number, uint8_t key[PL_KEY_LEN])
{
    unsigned     level;
    uint32_t     slot;
    uint8_t      seed[PL_KEY_LEN];
    pl_status_t  rc;

    for (level = 0, slot = 0; level <= PL_SLOTS_LEVELS; level++) {
        slot = pl_slots_find(slots, PL_SLOT_SUBJECT, level,
                             number >> 2 * (PL_SLOTS_LEVELS - level));
        if (slot != 0) {
            break;
        }
    }

    if (slot == 0) {
        return PL_NOTFOUND;
    }

    memcpy(seed, pl_slots_at(slots, slot)->seed, sizeof(seed));

    for (rc = PL_OK; rc == PL_OK && level < PL_SLOTS_LEVELS; level++) {
        rc = pl_slots_child(slots, seed,
                            number >> 2 * (PL_SLOTS_LEVELS - level - 1) & 3,
                            seed);
    }

    memcpy(key, seed, sizeof(seed));
    pl_crypto_wipe(seed, sizeof(seed));

    return rc;
}


/* No seed leads to it: was it forgotten (PL_NOTFOUND), or never there? */

static pl_status_t
slots_gone(pl_slots_t *slots, uint64_t number)
{
    return pl_slots_find(slots, PL_SLOT_PIERCED, 0, number >> SLOT_BITS) != 0
           ? PL_NOTFOUND : PL_OK;
}


static pl_status_t
slots_denied(const pl_slots_t *slots, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_err_set(err, PL_DENIED, "unseal", 0,
                    slots->fd == -1
                    ? "there is no such file of keys: put the store's own "
                      "beside it"
                    : "this file of keys never had the key: it is another "
                      "store's, or older than what is sealed");
    pl_err_path(err, "%s", slots->path);

    return rc;
}


/* Drawn once and counted from there: no two of a process are alike. */

static void
slots_nonce(pl_slots_t *slots, uint8_t nonce[PL_SEAL_NONCE])
{
    if (++slots->nonce[0] == 0) {
        slots->nonce[1]++;
    }

    pl_be64_put(nonce, slots->nonce[0]);
    nonce[8] = (uint8_t) slots->nonce[1];
    nonce[9] = (uint8_t) (slots->nonce[1] >> 8);
    nonce[10] = (uint8_t) (slots->nonce[1] >> 16);
    nonce[11] = (uint8_t) (slots->nonce[1] >> 24);
}
