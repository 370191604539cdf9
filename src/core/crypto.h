/*
 * The door to libcrypto: MACs, hashes, random bytes, and sealing.
 *
 * OpenSSL 3 fetches an algorithm by name on each one-shot call, which costs
 * more than hashing a webhook; so algorithms are fetched once into objects
 * that the caller keeps. Objects are not shared between threads: dup them.
 */

#ifndef PL_CRYPTO_H_INCLUDED
#define PL_CRYPTO_H_INCLUDED

#include "arena.h"
#include "pl.h"

#define PL_SHA256_LEN   32
#define PL_SHA1_LEN     20
#define PL_HASH128_LEN  16
#define PL_KEY_LEN      32              /* AES-256 */

typedef struct pl_mac_s   pl_mac_t;
typedef struct pl_hash_s  pl_hash_t;

/*
 * HMAC-SHA256 under key (copied; any length above 0). NULL when libcrypto
 * fails. One thread at a time.
 */
pl_mac_t *pl_mac_create(pl_str_t key);

/*
 * HMAC-SHA1, which some providers still sign with. Its sums are
 * PL_SHA1_LEN bytes; the rest of out is zero.
 */
pl_mac_t *pl_mac_create_sha1(pl_str_t key);
pl_mac_t *pl_mac_dup(const pl_mac_t *mac);
void pl_mac_destroy(pl_mac_t *mac);             /* wipes; NULL is fine */

/* Over n pieces in order. PL_IO when libcrypto fails. */
pl_status_t pl_mac_sum(pl_mac_t *mac, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_SHA256_LEN]);

/* Constant time in the contents; false at once where lengths differ. */
bool pl_crypto_equal(pl_str_t a, pl_str_t b);

/* SHA-256; one thread at a time. */
pl_hash_t *pl_hash_create(void);
void pl_hash_destroy(pl_hash_t *hash);
pl_status_t pl_hash_sha256(pl_hash_t *hash, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_SHA256_LEN]);

/*
 * The same over what comes bit by bit: begin, add as often as it takes, end.
 * Nothing else is done with the hash in between. PL_IO.
 */
pl_status_t pl_hash_begin(pl_hash_t *hash);
pl_status_t pl_hash_add(pl_hash_t *hash, const void *data, size_t len);
pl_status_t pl_hash_end(pl_hash_t *hash, uint8_t out[PL_SHA256_LEN]);

/*
 * The first 128 bits of SHA-256 over the pieces, each led by its length (4
 * bytes, big-endian), so that ("ab","c") and ("a","bc") differ. What dedupe
 * and provider_ids are keyed by.
 */
pl_status_t pl_hash_128(pl_hash_t *hash, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_HASH128_LEN]);

pl_status_t pl_crypto_random(uint8_t *out, size_t len);
void pl_crypto_wipe(void *data, size_t len);

/*
 * Sealing: AES-256-GCM. A sealed value is
 *
 *     byte 0       1, the format
 *     1 .. 12      nonce, random
 *     13 .. n-17   ciphertext, as long as the plaintext
 *     n-16 .. n-1  tag
 *
 * aad is the key of the row that it stands in, so that a value moved to
 * another row does not open. Any thread.
 * open: PL_DENIED where key, row or bytes are not the ones sealed.
 */
pl_status_t pl_crypto_seal(const uint8_t key[PL_KEY_LEN], pl_str_t aad,
    pl_str_t plain, pl_arena_t *ar, pl_str_t *sealed, pl_err_t *err);
pl_status_t pl_crypto_open(const uint8_t key[PL_KEY_LEN], pl_str_t aad,
    pl_str_t sealed, pl_arena_t *ar, pl_str_t *plain, pl_err_t *err);

/*
 * The same algorithm for many values, with objects that are kept: about half
 * a microsecond each, where the calls above take two. The caller has the
 * nonce, which no two values of a key may share, and the space: seal writes
 * plain.len + PL_SEAL_TAG bytes, open PL_SEAL_TAG fewer than it is given.
 * One thread at a time. PL_IO; open: PL_DENIED.
 */
#define PL_SEAL_NONCE  12
#define PL_SEAL_TAG    16

typedef struct pl_cipher_s  pl_cipher_t;

pl_cipher_t *pl_cipher_create(void);            /* NULL: libcrypto fails */
void pl_cipher_destroy(pl_cipher_t *cipher);    /* wipes; NULL is fine */
pl_status_t pl_cipher_seal(pl_cipher_t *cipher,
    const uint8_t key[PL_KEY_LEN], const uint8_t nonce[PL_SEAL_NONCE],
    pl_str_t aad, pl_str_t plain, uint8_t *out);
pl_status_t pl_cipher_open(pl_cipher_t *cipher,
    const uint8_t key[PL_KEY_LEN], const uint8_t nonce[PL_SEAL_NONCE],
    pl_str_t aad, pl_str_t sealed, uint8_t *out);

/*
 * Reads a key file: 64 hex digits, white space around them allowed.
 * PL_NOTFOUND, PL_DENIED (unreadable, or readable by others than owner and
 * group), PL_INVALID (not 64 hex digits).
 */
pl_status_t pl_crypto_key_read(const char *path, uint8_t key[PL_KEY_LEN],
    pl_err_t *err);

/* Makes one, mode 0600, synced with its folder; PL_EXISTS if there is one. */
pl_status_t pl_crypto_key_make(const char *path, pl_err_t *err);

#endif /* PL_CRYPTO_H_INCLUDED */
