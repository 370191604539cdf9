/*
 * Signatures of tokens: what a JWKS names HS256, RS256 and ES256. Part of
 * the door to libcrypto.
 */

#ifndef PL_SIGN_H_INCLUDED
#define PL_SIGN_H_INCLUDED

#include "pl.h"

#define PL_SIGN_SECRET_MIN  32      /* bytes, of HS256: RFC 7518, 3.2 */
#define PL_SIGN_RSA_MIN     2048    /* bits: 3.3 */
#define PL_SIGN_RSA_MAX     8192
#define PL_SIGN_EC_LEN      32      /* bytes of a coordinate on P-256 */

typedef struct pl_sign_s  pl_sign_t;

/*
 * A key to verify with; NULL: it is none, too short, or libcrypto fails.
 * Numbers are big-endian. Immutable; any thread.
 */
pl_sign_t *pl_sign_hs256(pl_str_t secret);
pl_sign_t *pl_sign_rs256(pl_str_t modulus, pl_str_t exponent);
pl_sign_t *pl_sign_es256(pl_str_t x, pl_str_t y);

/* The same of a key as SubjectPublicKeyInfo (DER), on P-256; its signatures
   are DER as well (X9.62), not r and s. */
pl_sign_t *pl_sign_p256(pl_str_t spki);
void pl_sign_destroy(pl_sign_t *sign);          /* wipes; NULL is fine */

/* "HS256". */
const char *pl_sign_name(const pl_sign_t *sign);

/* The same, of data in two pieces. */
bool pl_sign_holds_two(const pl_sign_t *sign, pl_str_t one, pl_str_t two,
    pl_str_t signature);

/* Is it the key's signature of data? An ES256 one is r and s, 64 bytes. */
bool pl_sign_holds(const pl_sign_t *sign, pl_str_t data, pl_str_t signature);

#endif /* PL_SIGN_H_INCLUDED */
