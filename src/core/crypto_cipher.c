/*
 * AES-256-GCM for many small values: crypto.h's pl_cipher_t. The algorithm is
 * fetched once and both directions keep their context, so that a value costs
 * its key's schedule and its own bytes.
 */

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"

struct pl_cipher_s {
    EVP_CIPHER      *gcm;
    EVP_CIPHER_CTX  *to;
    EVP_CIPHER_CTX  *from;
};


pl_cipher_t *
pl_cipher_create(void)
{
    pl_cipher_t  *cipher;

    cipher = calloc(1, sizeof(*cipher));
    if (cipher == NULL) {
        return NULL;
    }

    cipher->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    cipher->to = EVP_CIPHER_CTX_new();
    cipher->from = EVP_CIPHER_CTX_new();

    if (cipher->gcm == NULL || cipher->to == NULL || cipher->from == NULL
        || EVP_EncryptInit_ex2(cipher->to, cipher->gcm, NULL, NULL, NULL)
           != 1
        || EVP_DecryptInit_ex2(cipher->from, cipher->gcm, NULL, NULL, NULL)
           != 1)
    {
        pl_cipher_destroy(cipher);
        return NULL;
    }

    return cipher;
}


void
pl_cipher_destroy(pl_cipher_t *cipher)
{
    if (cipher == NULL) {
        return;
    }

    EVP_CIPHER_CTX_free(cipher->to);    /* clears them; NULL is fine */
    EVP_CIPHER_CTX_free(cipher->from);
    EVP_CIPHER_free(cipher->gcm);
    free(cipher);
}


pl_status_t
pl_cipher_seal(pl_cipher_t *cipher, const uint8_t key[PL_KEY_LEN],
    const uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad, pl_str_t plain,
    uint8_t *out)
{
    int              n;
    EVP_CIPHER_CTX  *ctx;

    ctx = cipher->to;

    if (aad.len > INT_MAX || plain.len > INT_MAX
        || EVP_EncryptInit_ex2(ctx, NULL, key, nonce, NULL) != 1
        || (aad.len != 0
            && EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len)
               != 1)
        || (plain.len != 0
            && EVP_EncryptUpdate(ctx, out, &n, plain.data, (int) plain.len)
               != 1)
        || EVP_EncryptFinal_ex(ctx, out + plain.len, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, PL_SEAL_TAG,
                               out + plain.len) != 1)
    {
        return PL_IO;
    }

    return PL_OK;
}


pl_status_t
pl_cipher_open(pl_cipher_t *cipher, const uint8_t key[PL_KEY_LEN],
    const uint8_t nonce[PL_SEAL_NONCE], pl_str_t aad, pl_str_t sealed,
    uint8_t *out)
{
    int              n;
    size_t           len;
    uint8_t          tag[PL_SEAL_TAG];
    EVP_CIPHER_CTX  *ctx;

    if (sealed.len < PL_SEAL_TAG || sealed.len > INT_MAX
        || aad.len > INT_MAX)
    {
        return PL_DENIED;
    }

    ctx = cipher->from;
    len = sealed.len - PL_SEAL_TAG;
    memcpy(tag, sealed.data + len, sizeof(tag));

    if (EVP_DecryptInit_ex2(ctx, NULL, key, nonce, NULL) != 1
        || (aad.len != 0
            && EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len)
               != 1)
        || (len != 0
            && EVP_DecryptUpdate(ctx, out, &n, sealed.data, (int) len) != 1)
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, PL_SEAL_TAG, tag)
           != 1)
    {
        return PL_IO;
    }

    if (EVP_DecryptFinal_ex(ctx, out + len, &n) != 1) {
        pl_crypto_wipe(out, len);       /* nobody's until the tag fits */
        return PL_DENIED;
    }

    return PL_OK;
}
