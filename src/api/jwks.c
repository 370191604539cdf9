/*
 * JWT and JWKS. See jwks.h.
 *
 * Nothing of a token is believed before its signature holds but alg and kid,
 * which choose a key; and of what is wrong with it no more is said than which
 * of its parts it is.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/json.h"
#include "../core/sign.h"
#include "../core/str.h"
#include "api_token.pb-c.h"
#include "jwks.h"

#define JWKS_ARENA_BLOCK  (16 * 1024)
#define JWKS_ARENA_MAX    (4 * 1024 * 1024)
#define JWKS_KID_MAX      256
#define JWKS_EXP_MAX      9e15        /* seconds: in ms they are an int64 */
#define JWKS_KEY_NAME     "key_"      /* as keys are called, in the audit */

typedef struct {
    char        *kid;                   /* "": it has none */
    pl_sign_t   *sign;
} jwks_key_t;

struct pl_jwks_s {
    pl_codec_t   *codec;
    pl_arena_t   *ar;                   /* the kids' */
    size_t        n;
    jwks_key_t    keys[PL_JWKS_KEYS_MAX];
};

/* A token's three parts, as they came and decoded. */
typedef struct {
    pl_str_t      signed_part;          /* header.claims */
    pl_str_t      part[3];
} jwks_token_t;

static pl_status_t jwks_keys(pl_jwks_t *jwks, pl_str_t text, pl_err_t *err);
static pl_status_t jwks_key(pl_jwks_t *jwks, const Pl__Api__Jwk *in,
    pl_err_t *err);
static pl_status_t jwks_sign(pl_jwks_t *jwks, const Pl__Api__Jwk *in,
    pl_sign_t **sign, pl_err_t *err);
static pl_str_t jwks_number(pl_arena_t *ar, const char *text);
static bool jwks_split(pl_str_t token, pl_arena_t *ar, jwks_token_t *out);
static bool jwks_holds(const pl_jwks_t *jwks, const jwks_token_t *token,
    const Pl__Api__JwtHeader *header);
static bool jwks_claims(const pl_jwks_t *jwks, pl_str_t json, pl_arena_t *ar,
    Pl__Api__JwtClaimsMany **claims);
static const char *jwks_wrong(const pl_api_config_t *config,
    const Pl__Api__JwtClaimsMany *claims, int64_t now_ms);
static const char *jwks_role(const pl_settings_t *settings,
    const Pl__Api__JwtClaimsMany *claims, pl_who_t *who);


static const ProtobufCMessageDescriptor *const  jwks_shapes[] = {
    &pl__api__jwks__descriptor,
    &pl__api__jwt_header__descriptor,
    &pl__api__jwt_claims__descriptor,
    &pl__api__jwt_claims_many__descriptor,
};

static const pl_rule_t  jwks_rules[] = {
    { &pl__api__jwks__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__jwk__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__jwt_header__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__jwt_claims__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__jwt_claims_many__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
};

static const pl_rules_t  jwks_table = { jwks_rules, PL_COUNT(jwks_rules) };


pl_status_t
pl_jwks_create(pl_jwks_t **out, pl_str_t text, pl_err_t *err)
{
    pl_jwks_t    *jwks;
    pl_status_t   rc;

    if (text.len > PL_JWKS_FILE_MAX) {
        return pl_err_set(err, PL_TOOBIG, "jwks", 0, "more than %d bytes",
                          PL_JWKS_FILE_MAX);
    }

    jwks = calloc(1, sizeof(pl_jwks_t));

    if (jwks != NULL) {
        jwks->ar = pl_arena_create(JWKS_ARENA_BLOCK, JWKS_ARENA_MAX);
    }

    if (jwks == NULL || jwks->ar == NULL) {
        free(jwks);
        return pl_err_set(err, PL_NOMEM, "jwks", 0, "out of memory");
    }

    rc = pl_codec_create(&jwks->codec, jwks_shapes, PL_COUNT(jwks_shapes),
                         &jwks_table, 1, err);

    if (rc == PL_OK) {
        rc = jwks_keys(jwks, text, err);
    }

    if (rc != PL_OK) {
        pl_jwks_destroy(jwks);
        return rc;
    }

    *out = jwks;

    return PL_OK;
}


void
pl_jwks_destroy(pl_jwks_t *jwks)
{
    size_t  i;

    if (jwks == NULL) {
        return;
    }

    for (i = 0; i < jwks->n; i++) {
        pl_sign_destroy(jwks->keys[i].sign);
    }

    pl_codec_destroy(jwks->codec);
    pl_arena_destroy(jwks->ar);
    free(jwks);
}


size_t
pl_jwks_count(const pl_jwks_t *jwks)
{
    return jwks->n;
}


pl_status_t
pl_jwks_who(const pl_api_config_t *config, const pl_settings_t *settings,
    pl_str_t text, int64_t now_ms, pl_arena_t *ar, pl_who_t *who,
    const char **why, pl_err_t *err)
{
    jwks_token_t             token;
    const pl_jwks_t         *jwks = config->jwks;
    ProtobufCMessage        *header;
    Pl__Api__JwtClaimsMany  *claims;

    *why = "the token cannot be read";

    if (jwks == NULL) {
        *why = "tokens are not taken here";
        return PL_DENIED;
    }

    if (!jwks_split(text, ar, &token)
        || pl_json_decode(jwks->codec, &pl__api__jwt_header__descriptor,
                          token.part[0], 0, ar, &header, NULL)
           != PL_OK)
    {
        return PL_DENIED;
    }

    if (!jwks_holds(jwks, &token, (const Pl__Api__JwtHeader *) header)) {
        *why = "no key that is known has signed the token";
        return PL_DENIED;
    }

    if (!jwks_claims(jwks, token.part[1], ar, &claims)) {
        return PL_DENIED;
    }

    *why = jwks_wrong(config, claims, now_ms);

    if (*why == NULL) {
        *why = jwks_role(settings, claims, who);
    }

    if (*why != NULL) {
        return PL_DENIED;
    }

    who->expires_ms = (int64_t) (claims->exp * 1000);
    who->actor = pl_utf8_clean(ar, pl_str_c(claims->sub));

    return who->actor != NULL ? PL_OK
                              : pl_err_set(err, PL_NOMEM, "who", 0,
                                           "out of memory");
}


static pl_status_t
jwks_keys(pl_jwks_t *jwks, pl_str_t text, pl_err_t *err)
{
    size_t                 i;
    pl_status_t            rc;
    ProtobufCMessage      *msg;
    const Pl__Api__Jwks   *set;

    rc = pl_json_decode(jwks->codec, &pl__api__jwks__descriptor, text, 0,
                        jwks->ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    set = (const Pl__Api__Jwks *) msg;

    if (set->n_keys > PL_JWKS_KEYS_MAX) {
        return pl_err_set(err, PL_TOOBIG, "jwks", 0, "more than %d keys",
                          PL_JWKS_KEYS_MAX);
    }

    for (i = 0; i < set->n_keys; i++) {
        rc = jwks_key(jwks, set->keys[i], err);

        if (rc != PL_OK) {
            pl_err_path(err, "keys[%zu]", i);
            return rc;
        }
    }

    return jwks->n != 0 ? PL_OK
                        : pl_err_set(err, PL_INVALID, "jwks", 0,
                                     "no key for HS256, RS256 or ES256");
}


/* One for something else is left out. */

static pl_status_t
jwks_key(pl_jwks_t *jwks, const Pl__Api__Jwk *in, pl_err_t *err)
{
    pl_sign_t    *sign = NULL;
    pl_status_t   rc;

    if (in->use != NULL && strcmp(in->use, "sig") != 0) {
        return PL_OK;
    }

    if (in->kid != NULL && strlen(in->kid) > JWKS_KID_MAX) {
        return pl_err_set(err, PL_TOOBIG, "jwks", 0, "kid: too long");
    }

    rc = jwks_sign(jwks, in, &sign, err);

    if (rc != PL_OK || sign == NULL) {
        return rc;
    }

    jwks->keys[jwks->n].kid = in->kid != NULL ? in->kid : (char *) "";
    jwks->keys[jwks->n++].sign = sign;

    return PL_OK;
}


static pl_status_t
jwks_sign(pl_jwks_t *jwks, const Pl__Api__Jwk *in, pl_sign_t **sign,
    pl_err_t *err)
{
    const char  *alg = in->alg;

    if (strcmp(in->kty, "oct") == 0
        && (alg == NULL || strcmp(alg, "HS256") == 0))
    {
        *sign = pl_sign_hs256(jwks_number(jwks->ar, in->k));

    } else if (strcmp(in->kty, "RSA") == 0
               && (alg == NULL || strcmp(alg, "RS256") == 0))
    {
        *sign = pl_sign_rs256(jwks_number(jwks->ar, in->n),
                              jwks_number(jwks->ar, in->e));

    } else if (strcmp(in->kty, "EC") == 0 && in->crv != NULL
               && strcmp(in->crv, "P-256") == 0
               && (alg == NULL || strcmp(alg, "ES256") == 0))
    {
        *sign = pl_sign_es256(jwks_number(jwks->ar, in->x),
                              jwks_number(jwks->ar, in->y));

    } else {
        return PL_OK;
    }

    return *sign != NULL
           ? PL_OK : pl_err_set(err, PL_INVALID, "jwks", 0,
                                "no such key, or too short a one (a secret "
                                "has %d bytes, an RSA key %d bits)",
                                PL_SIGN_SECRET_MIN, PL_SIGN_RSA_MIN);
}


/* Empty where it is none. */

static pl_str_t
jwks_number(pl_arena_t *ar, const char *text)
{
    pl_str_t  bytes;

    return text != NULL
           && pl_base64url_decode(ar, pl_str_c(text), &bytes) == PL_OK
           ? bytes : PL_STR_NULL;
}


static bool
jwks_split(pl_str_t token, pl_arena_t *ar, jwks_token_t *out)
{
    size_t    i, n = 0, from = 0;
    pl_str_t  part;

    for (i = 0; i <= token.len; i++) {
        if (i < token.len && token.data[i] != '.') {
            continue;
        }

        part.data = token.data + from;
        part.len = i - from;

        if (n == 3
            || pl_base64url_decode(ar, part, &out->part[n]) != PL_OK)
        {
            return false;
        }

        if (++n == 2) {
            out->signed_part.data = token.data;
            out->signed_part.len = i;
        }

        from = i + 1;
    }

    return n == 3;
}


/* A key's own algorithm must be the one that the header names. */

static bool
jwks_holds(const pl_jwks_t *jwks, const jwks_token_t *token,
    const Pl__Api__JwtHeader *header)
{
    size_t             i;
    const jwks_key_t  *key;

    if (header->n_crit != 0) {
        return false;
    }

    for (i = 0; i < jwks->n; i++) {
        key = &jwks->keys[i];

        if (strcmp(pl_sign_name(key->sign), header->alg) != 0
            || (header->kid != NULL && strcmp(header->kid, key->kid) != 0))
        {
            continue;
        }

        if (pl_sign_holds(key->sign, token->signed_part, token->part[2])) {
            return true;
        }
    }

    return false;
}


/* aud is a string, or a list of them. */

static bool
jwks_claims(const pl_jwks_t *jwks, pl_str_t json, pl_arena_t *ar,
    Pl__Api__JwtClaimsMany **claims)
{
    ProtobufCMessage         *msg;
    Pl__Api__JwtClaims       *one;
    Pl__Api__JwtClaimsMany   *many;

    if (pl_json_decode(jwks->codec, &pl__api__jwt_claims_many__descriptor,
                       json, 0, ar, &msg, NULL)
        == PL_OK)
    {
        *claims = (Pl__Api__JwtClaimsMany *) msg;
        return true;
    }

    if (pl_json_decode(jwks->codec, &pl__api__jwt_claims__descriptor, json,
                       0, ar, &msg, NULL)
        != PL_OK)
    {
        return false;
    }

    one = (Pl__Api__JwtClaims *) msg;

    many = pl_arena_alloc(ar, sizeof(Pl__Api__JwtClaimsMany));
    if (many == NULL) {
        return false;
    }

    pl__api__jwt_claims_many__init(many);
    many->iss = one->iss;
    many->sub = one->sub;
    many->n_aud = (one->aud != NULL);
    many->aud = &one->aud;
    many->has_exp = one->has_exp;
    many->exp = one->exp;
    many->has_nbf = one->has_nbf;
    many->nbf = one->nbf;
    many->tenant = one->tenant;
    many->role = one->role;

    *claims = many;

    return true;
}


static const char *
jwks_wrong(const pl_api_config_t *config,
    const Pl__Api__JwtClaimsMany *claims, int64_t now_ms)
{
    size_t   i;
    double   now_s = (double) now_ms / 1000;

    /* NumericDate of RFC 7519, section 2: parts of a second are allowed */

    if (!claims->has_exp || !(claims->exp > 0 && claims->exp < JWKS_EXP_MAX)) {
        return "the token does not say when it ends (exp)";
    }

    if (claims->exp + PL_WHO_LEEWAY_S <= now_s) {
        return "the token has ended (exp)";
    }

    if (claims->has_nbf && claims->nbf > now_s + PL_WHO_LEEWAY_S) {
        return "the token has not begun (nbf)";
    }

    if (config->issuer != NULL
        && (claims->iss == NULL
            || strcmp(claims->iss, config->issuer) != 0))
    {
        return "the token is of another issuer (iss)";
    }

    for (i = 0; config->audience != NULL; i++) {
        if (i == claims->n_aud) {
            return "the token is for somebody else (aud)";
        }

        if (strcmp(claims->aud[i], config->audience) == 0) {
            break;
        }
    }

    if (claims->sub != NULL
        && strncmp(claims->sub, JWKS_KEY_NAME, sizeof(JWKS_KEY_NAME) - 1)
           == 0)
    {
        return "the token's sub looks like the name of a key";
    }

    return claims->sub == NULL || claims->sub[0] == '\0'
           || strlen(claims->sub) > PL_ACTOR_MAX
           ? "the token names nobody (sub)" : NULL;
}


static const char *
jwks_role(const pl_settings_t *settings,
    const Pl__Api__JwtClaimsMany *claims, pl_who_t *who)
{
    const pl_tenant_conf_t  *tenant;

    if (claims->role == NULL
        || !pl_role_read(pl_str_c(claims->role), &who->role))
    {
        return "the token has no role that is known (role)";
    }

    if ((claims->tenant == NULL)
        != (who->role == PL__API_ROLE__API_ROLE_OPERATOR))
    {
        return "a token is a tenant's, or an operator's (tenant)";
    }

    if (claims->tenant == NULL) {
        return NULL;
    }

    tenant = pl_settings_tenant_named(settings, pl_str_c(claims->tenant));

    if (tenant == NULL) {
        return "the token's tenant is not known (tenant)";
    }

    who->tenant = tenant->id;

    return NULL;
}
