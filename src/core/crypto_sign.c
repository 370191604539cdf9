/*
 * Signatures of tokens. See sign.h.
 */

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "sign.h"

#define SIGN_POINT_LEN  (1 + 2 * PL_SIGN_EC_LEN)
#define SIGN_SPKI_MAX   512             /* P-256 has 91 */
#define SIGN_DER_MAX    80              /* of two numbers of 32 bytes */

struct pl_sign_s {
    const char   *name;
    EVP_PKEY     *key;                  /* NULL: a secret */
    pl_mac_t     *mac;                  /* dup'ed by whoever sums */
};

static pl_sign_t *sign_key(const char *name, const char *type,
    OSSL_PARAM *params);
static bool sign_mac(const pl_sign_t *sign, pl_str_t data,
    pl_str_t signature);
static size_t sign_der(pl_str_t signature, uint8_t der[SIGN_DER_MAX]);


pl_sign_t *
pl_sign_hs256(pl_str_t secret)
{
    pl_sign_t  *sign;

    if (secret.len < PL_SIGN_SECRET_MIN) {
        return NULL;
    }

    sign = calloc(1, sizeof(pl_sign_t));
    if (sign == NULL) {
        return NULL;
    }

    sign->name = "HS256";
    sign->mac = pl_mac_create(secret);

    if (sign->mac == NULL) {
        pl_sign_destroy(sign);
        return NULL;
    }

    return sign;
}


pl_sign_t *
pl_sign_rs256(pl_str_t modulus, pl_str_t exponent)
{
    BIGNUM          *n, *e;
    pl_sign_t       *sign = NULL;
    OSSL_PARAM      *params = NULL;
    OSSL_PARAM_BLD  *build;

    if (modulus.len == 0 || modulus.len > PL_SIGN_RSA_MAX / 8
        || exponent.len == 0 || exponent.len > 8)
    {
        return NULL;
    }

    build = OSSL_PARAM_BLD_new();
    n = BN_bin2bn(modulus.data, (int) modulus.len, NULL);
    e = BN_bin2bn(exponent.data, (int) exponent.len, NULL);

    if (build != NULL && n != NULL && e != NULL
        && BN_num_bits(n) >= PL_SIGN_RSA_MIN && BN_is_odd(e)
        && !BN_is_one(e)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
    {
        params = OSSL_PARAM_BLD_to_param(build);
    }

    if (params != NULL) {
        sign = sign_key("RS256", "RSA", params);
    }

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);

    return sign;
}


pl_sign_t *
pl_sign_es256(pl_str_t x, pl_str_t y)
{
    uint8_t     point[SIGN_POINT_LEN];
    OSSL_PARAM  params[3];

    if (x.len != PL_SIGN_EC_LEN || y.len != PL_SIGN_EC_LEN) {
        return NULL;
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.data, PL_SIGN_EC_LEN);
    memcpy(point + 1 + PL_SIGN_EC_LEN, y.data, PL_SIGN_EC_LEN);

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 (char *) "prime256v1", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point, sizeof(point));
    params[2] = OSSL_PARAM_construct_end();

    return sign_key("ES256", "EC", params);
}


pl_sign_t *
pl_sign_p256(pl_str_t spki)
{
    char            group[32] = "";
    pl_sign_t      *sign;
    const uint8_t  *p = spki.data;

    if (spki.len == 0 || spki.len > SIGN_SPKI_MAX) {
        return NULL;
    }

    sign = calloc(1, sizeof(pl_sign_t));
    if (sign == NULL) {
        return NULL;
    }

    sign->name = "P-256";
    sign->key = d2i_PUBKEY(NULL, &p, (long) spki.len);

    if (sign->key == NULL || p != spki.data + spki.len
        || EVP_PKEY_get_group_name(sign->key, group, sizeof(group), NULL)
           != 1
        || strcmp(group, "prime256v1") != 0)
    {
        pl_sign_destroy(sign);
        return NULL;
    }

    return sign;
}


void
pl_sign_destroy(pl_sign_t *sign)
{
    if (sign != NULL) {
        EVP_PKEY_free(sign->key);
        pl_mac_destroy(sign->mac);
        free(sign);
    }
}


const char *
pl_sign_name(const pl_sign_t *sign)
{
    return sign->name;
}


bool
pl_sign_holds(const pl_sign_t *sign, pl_str_t data, pl_str_t signature)
{
    bool         holds;
    size_t       len;
    uint8_t      der[SIGN_DER_MAX];
    EVP_MD_CTX  *ctx;

    if (sign->key == NULL) {
        return sign_mac(sign, data, signature);
    }

    if (strcmp(sign->name, "ES256") == 0) {
        len = sign_der(signature, der);
        if (len == 0) {
            return false;
        }

        signature = (pl_str_t) { der, len };
    }

    ctx = EVP_MD_CTX_new();

    holds = ctx != NULL
            && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL,
                                       sign->key, NULL) == 1
            && EVP_DigestVerify(ctx, signature.data, signature.len,
                                data.data, data.len) == 1;

    EVP_MD_CTX_free(ctx);

    return holds;
}


bool
pl_sign_holds_two(const pl_sign_t *sign, pl_str_t one, pl_str_t two,
    pl_str_t signature)
{
    bool         holds;
    EVP_MD_CTX  *ctx;

    if (sign->key == NULL) {
        return false;
    }

    ctx = EVP_MD_CTX_new();

    holds = ctx != NULL
            && EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL,
                                       sign->key, NULL) == 1
            && EVP_DigestVerifyUpdate(ctx, one.data, one.len) == 1
            && EVP_DigestVerifyUpdate(ctx, two.data, two.len) == 1
            && EVP_DigestVerifyFinal(ctx, signature.data, signature.len) == 1;

    EVP_MD_CTX_free(ctx);

    return holds;
}


static pl_sign_t *
sign_key(const char *name, const char *type, OSSL_PARAM *params)
{
    pl_sign_t     *sign;
    EVP_PKEY_CTX  *ctx, *check = NULL;

    sign = calloc(1, sizeof(pl_sign_t));
    if (sign == NULL) {
        return NULL;
    }

    sign->name = name;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1
        && EVP_PKEY_fromdata(ctx, &sign->key, EVP_PKEY_PUBLIC_KEY, params)
           == 1)
    {
        check = EVP_PKEY_CTX_new_from_pkey(NULL, sign->key, NULL);
    }

    /* a point that is not on the curve is no key */

    if (check == NULL || EVP_PKEY_public_check(check) != 1) {
        pl_sign_destroy(sign);
        sign = NULL;
    }

    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(ctx);

    return sign;
}


static bool
sign_mac(const pl_sign_t *sign, pl_str_t data, pl_str_t signature)
{
    uint8_t       sum[PL_SHA256_LEN];
    pl_mac_t     *mac;
    pl_status_t   rc;

    mac = pl_mac_dup(sign->mac);        /* sums belong to a thread */
    rc = mac == NULL ? PL_IO : pl_mac_sum(mac, &data, 1, sum);
    pl_mac_destroy(mac);

    return rc == PL_OK
           && pl_crypto_equal((pl_str_t) { sum, sizeof(sum) }, signature);
}


/* r and s, as OpenSSL has them: SEQUENCE { INTEGER, INTEGER }. 0: none. */

static size_t
sign_der(pl_str_t signature, uint8_t der[SIGN_DER_MAX])
{
    int         len = 0;
    BIGNUM     *r, *s;
    uint8_t    *p = der;
    ECDSA_SIG  *sig;

    if (signature.len != 2 * PL_SIGN_EC_LEN) {
        return 0;
    }

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(signature.data, PL_SIGN_EC_LEN, NULL);
    s = BN_bin2bn(signature.data + PL_SIGN_EC_LEN, PL_SIGN_EC_LEN, NULL);

    if (sig != NULL && r != NULL && s != NULL
        && ECDSA_SIG_set0(sig, r, s) == 1)
    {
        len = i2d_ECDSA_SIG(sig, NULL) <= SIGN_DER_MAX
              ? i2d_ECDSA_SIG(sig, &p) : 0;

    } else {
        BN_free(r);
        BN_free(s);
    }

    ECDSA_SIG_free(sig);

    return len > 0 ? (size_t) len : 0;
}
