/*
 * What the API's own sources share. Nobody else includes it.
 */

#ifndef PL_API_IMPL_H_INCLUDED
#define PL_API_IMPL_H_INCLUDED

#include "../core/crypto.h"
#include "../engine/shapes.h"
#include "api.h"
#include "registry.h"

#define PL_API_RESOURCES_MAX  32
#define PL_API_OPS_MAX        256

#define PL_API_REPEATED_MAX   8     /* commands of a request that is no bulk */
#define PL_API_TOKEN_MAX      4096  /* bytes of an access token */

#define PL_API_JSON     "application/json"
#define PL_API_PROBLEM  "application/problem+json"

struct pl_api_s {
    pl_codec_t              *codec;
    const pl_api_config_t   *config;
    size_t                   n_ops;
    const pl_api_op_t       *ops[PL_API_OPS_MAX];
};

/* Without tokens. */
extern const pl_api_config_t  pl_api_config_none;

/*
 * route.c: the operation of method and path, with its parameters in params.
 * NULL: none; *allow then names the methods that the path has, or is "".
 */
#define PL_API_ALLOW_MAX  64
const pl_api_op_t *pl_route_find(const pl_api_t *api, pl_api_method_e method,
    pl_str_t path, pl_str_t params[PL_API_PARAMS_MAX],
    char allow[PL_API_ALLOW_MAX]);

/* "GET"; never NULL. */
const char *pl_route_method(pl_api_method_e method);

/* A pattern's mistake, or NULL. */
const char *pl_route_wrong(const char *pattern);

/* decode.c: query and body into their shapes. PL_OK or the problem. */
pl_status_t pl_api_decode(pl_api_call_t *call, pl_err_t *err);

/* Does the query hold what looks like a key or a token? */
bool pl_api_query_secret(pl_str_t query);

/* command.c: the request's digest, and its verdict from before, if its
   Idempotency-Key came before. PL_OK or the problem. */
pl_status_t pl_api_again(pl_api_call_t *call, pl_err_t *err);

/* What makes this call's keys its own, whatever came before. */
pl_status_t pl_api_salt(pl_api_call_t *call, pl_err_t *err);

/* The key of command i. */
pl_status_t pl_api_key(const pl_api_call_t *call, size_t i,
    uint8_t key[PL_REQUEST_KEY_LEN]);

/* The same, of a request whose first command has the key `first`. */
pl_status_t pl_api_key_of(const uint8_t first[PL_REQUEST_KEY_LEN], size_t i,
    uint8_t key[PL_REQUEST_KEY_LEN]);

/*
 * What a request's id says of the request, beside its key: two under one key
 * are told apart by it. Of the digest, and of what a log does not have, so
 * that nobody finds out a request by guessing it.
 */
pl_status_t pl_api_check(const Pl__StateMeta *meta,
    const uint8_t key[PL_REQUEST_KEY_LEN], pl_str_t digest,
    uint8_t check[PL_API_CHECK_LEN]);

/* "items[3].text" as a JSON pointer's fragment, in the arena; or NULL. */
char *pl_api_pointer(pl_arena_t *ar, const char *path);

/* problem.c: an answer that needs no memory. */
void pl_api_bare(pl_api_call_t *call, pl_api_problem_e kind);

/*
 * seal_key.c: what secrets are sealed under; the caller wipes it. The problem
 * (503) where it cannot be read.
 */
pl_status_t pl_api_seal_keys(pl_api_call_t *call, pl_keyring_t *keys);

#endif /* PL_API_IMPL_H_INCLUDED */
