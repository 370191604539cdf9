/*
 * Tokens that somebody else signed (JWT, RFC 7519), and the keys that they
 * are held against (JWKS, RFC 7517): HS256, RS256 and ES256.
 *
 * A key decides which algorithm it is for; a token's header only chooses
 * among the keys, so that no header can make a public key a shared secret,
 * or say "none". Claims: exp (asked for), nbf, iss, aud, sub, `role` (a role
 * of Parley's) and `tenant` (its name; absent: an operator's).
 */

#ifndef PL_JWKS_H_INCLUDED
#define PL_JWKS_H_INCLUDED

#include "who.h"

#define PL_JWKS_FILE_MAX   (256 * 1024)
#define PL_JWKS_KEYS_MAX   64

/*
 * Reads a JWKS file's text. Keys of other kinds, or for encryption, are left
 * out. PL_INVALID: none is left, or what err says of one; PL_TOOBIG.
 * Immutable once made; any thread. jwks owns its memory.
 */
pl_status_t pl_jwks_create(pl_jwks_t **jwks, pl_str_t text, pl_err_t *err);
void pl_jwks_destroy(pl_jwks_t *jwks);          /* NULL is fine */
size_t pl_jwks_count(const pl_jwks_t *jwks);

/* Who a token is. PL_OK, PL_DENIED with text, PL_NOMEM, PL_IO. */
pl_status_t pl_jwks_who(const pl_api_config_t *config,
    const pl_settings_t *settings, pl_str_t token, int64_t now_ms,
    pl_arena_t *ar, pl_who_t *who, const char **text, pl_err_t *err);

#endif /* PL_JWKS_H_INCLUDED */
