/*
 * Byte strings: comparing, numbers, hex, base64, UTF-8, and the big-endian
 * pieces that keys are made of. Pure; any thread.
 */

#ifndef PL_STR_H_INCLUDED
#define PL_STR_H_INCLUDED

#include "arena.h"
#include "pl.h"

bool pl_str_eq(pl_str_t a, pl_str_t b);
pl_str_t pl_str_c(const char *s);               /* NULL gives PL_STR_NULL */

/*
 * Decimal integer, whole string, optional leading '-'. PL_INVALID when it
 * is none, PL_TOOBIG when it does not fit; *n is then untouched.
 */
pl_status_t pl_str_int(pl_str_t s, int64_t *n);

/* Lower-case hex. out holds 2 * len bytes and a NUL. */
void pl_hex_encode(const uint8_t *data, size_t len, char *out);

/* s.len must be 2 * len, either case; false otherwise. */
bool pl_hex_decode(pl_str_t s, uint8_t *out, size_t len);

/* RFC 4648 with padding, into the arena; data NULL when it is full. */
pl_str_t pl_base64_encode(pl_arena_t *ar, pl_str_t s);
pl_status_t pl_base64_decode(pl_arena_t *ar, pl_str_t s, pl_str_t *out);

/* The same for URLs ('-', '_'), without padding. A NUL stands behind. */
pl_str_t pl_base64url_encode(pl_arena_t *ar, pl_str_t s);
pl_status_t pl_base64url_decode(pl_arena_t *ar, pl_str_t s, pl_str_t *out);

/*
 * Copies s into the arena as valid UTF-8 with a NUL behind it: each byte
 * that starts no valid sequence, each surrogate, and U+0000 becomes U+FFFD.
 * NULL when the arena is full. (Complaint: a NUL in a message lost the
 * whole webhook in systems that keep text in SQL.)
 */
char *pl_utf8_clean(pl_arena_t *ar, pl_str_t s);
bool pl_utf8_valid(pl_str_t s);

/*
 * The length of what stands at p, of which `left` bytes (one at least) may
 * be read: a valid sequence (*good), or what one U+FFFD stands for.
 */
size_t pl_utf8_step(const uint8_t *p, size_t left, bool *good);

/* Letters, digits, '-' and '_', 1 to PL_NAME_MAX: tenants, channels, etc. */
bool pl_name_valid(pl_str_t s);

/*
 * A key under construction. Integers go in big-endian so that byte order is
 * number order. Overflow is remembered, not written: ask pl_key_ok.
 */
typedef struct {
    size_t      len;
    bool        overflow;
    uint8_t     data[PL_KEY_MAX];
} pl_key_t;

void pl_key_u8(pl_key_t *key, uint8_t n);
void pl_key_u32(pl_key_t *key, uint32_t n);
void pl_key_u64(pl_key_t *key, uint64_t n);
void pl_key_bytes(pl_key_t *key, const void *data, size_t len);
bool pl_key_ok(const pl_key_t *key);
pl_str_t pl_key_str(const pl_key_t *key);

uint32_t pl_be32(const uint8_t *p);
uint64_t pl_be64(const uint8_t *p);
void pl_be64_put(uint8_t *p, uint64_t n);

#endif /* PL_STR_H_INCLUDED */
