/*
 * The door to libcrypto (OpenSSL 3, EVP only).
 *
 * A MAC object is keyed once; pl_mac_sum then only restores the keyed state
 * (EVP_MAC_init without a key), which for a 2 KB webhook is 1.4 us against
 * 2.4 us for the one-shot call. Keys live in libcrypto's contexts, which
 * wipe them when they are freed, and nowhere else.
 *
 * Key files are made under another name and linked into place, so that two
 * programs that start at once agree on one key, and a kill leaves no half.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "crypto.h"
#include "str.h"
#include "sys_impl.h"


#define CRYPTO_FORMAT    1
#define CRYPTO_NONCE     12
#define CRYPTO_TAG       16
#define CRYPTO_HEAD      (1 + CRYPTO_NONCE)
#define CRYPTO_EXTRA     (CRYPTO_HEAD + CRYPTO_TAG)
#define CRYPTO_FILE_MAX  256    /* 64 digits and white space */


struct pl_mac_s {
    EVP_MAC_CTX  *ctx;
};


struct pl_hash_s {
    EVP_MD      *md;
    EVP_MD_CTX  *ctx;
};


static pl_mac_t *crypto_mac(pl_str_t key, char *digest);
static bool crypto_encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key,
    pl_str_t aad, pl_str_t plain, uint8_t *out);
static bool crypto_decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key,
    pl_str_t aad, pl_str_t sealed, uint8_t *out);
static pl_status_t crypto_key_parse(pl_str_t text, uint8_t *key);
static pl_status_t crypto_key_link(int fd, const char *temp,
    const char *path, pl_err_t *err);


pl_mac_t *
pl_mac_create(pl_str_t key)
{
    char  digest[] = "SHA256";

    return crypto_mac(key, digest);
}


pl_mac_t *
pl_mac_create_sha1(pl_str_t key)
{
    char  digest[] = "SHA1";

    return crypto_mac(key, digest);
}


static pl_mac_t *
crypto_mac(pl_str_t key, char *digest)
{
    EVP_MAC     *hmac;
    pl_mac_t    *mac;
    OSSL_PARAM   params[2];

    if (key.len == 0) {
        return NULL;
    }

    mac = malloc(sizeof(*mac));
    if (mac == NULL) {
        return NULL;
    }

    hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    mac->ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);         /* the context holds it; NULL is fine */

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                 digest, 0);
    params[1] = OSSL_PARAM_construct_end();

    if (mac->ctx == NULL
        || EVP_MAC_init(mac->ctx, key.data, key.len, params) != 1)
    {
        pl_mac_destroy(mac);
        return NULL;
    }

    return mac;
}


pl_mac_t *
pl_mac_dup(const pl_mac_t *mac)
{
    pl_mac_t  *dup;

    dup = malloc(sizeof(*dup));
    if (dup == NULL) {
        return NULL;
    }

    dup->ctx = EVP_MAC_CTX_dup(mac->ctx);
    if (dup->ctx == NULL) {
        free(dup);
        return NULL;
    }

    return dup;
}


void
pl_mac_destroy(pl_mac_t *mac)
{
    if (mac != NULL) {
        EVP_MAC_CTX_free(mac->ctx);     /* wipes the key; NULL is fine */
        free(mac);
    }
}


pl_status_t
pl_mac_sum(pl_mac_t *mac, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_SHA256_LEN])
{
    size_t  i, len;

    if (EVP_MAC_init(mac->ctx, NULL, 0, NULL) != 1) {
        return PL_IO;
    }

    for (i = 0; i < n; i++) {
        if (pieces[i].len != 0
            && EVP_MAC_update(mac->ctx, pieces[i].data, pieces[i].len) != 1)
        {
            return PL_IO;
        }
    }

    if (EVP_MAC_final(mac->ctx, out, &len, PL_SHA256_LEN) != 1
        || (len != PL_SHA256_LEN && len != PL_SHA1_LEN))
    {
        return PL_IO;
    }

    memset(out + len, 0, PL_SHA256_LEN - len);

    return PL_OK;
}


bool
pl_crypto_equal(pl_str_t a, pl_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}


pl_hash_t *
pl_hash_create(void)
{
    pl_hash_t  *hash;

    hash = malloc(sizeof(*hash));
    if (hash == NULL) {
        return NULL;
    }

    hash->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    hash->ctx = EVP_MD_CTX_new();

    if (hash->md == NULL || hash->ctx == NULL) {
        pl_hash_destroy(hash);
        return NULL;
    }

    return hash;
}


void
pl_hash_destroy(pl_hash_t *hash)
{
    if (hash != NULL) {
        EVP_MD_CTX_free(hash->ctx);     /* NULL is fine for both */
        EVP_MD_free(hash->md);
        free(hash);
    }
}


pl_status_t
pl_hash_sha256(pl_hash_t *hash, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_SHA256_LEN])
{
    size_t  i;

    if (EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) != 1) {
        return PL_IO;
    }

    for (i = 0; i < n; i++) {
        if (EVP_DigestUpdate(hash->ctx, pieces[i].data, pieces[i].len) != 1)
        {
            return PL_IO;
        }
    }

    return EVP_DigestFinal_ex(hash->ctx, out, NULL) == 1 ? PL_OK : PL_IO;
}


pl_status_t
pl_hash_begin(pl_hash_t *hash)
{
    return EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) == 1 ? PL_OK : PL_IO;
}


pl_status_t
pl_hash_add(pl_hash_t *hash, const void *data, size_t len)
{
    return EVP_DigestUpdate(hash->ctx, data, len) == 1 ? PL_OK : PL_IO;
}


pl_status_t
pl_hash_end(pl_hash_t *hash, uint8_t out[PL_SHA256_LEN])
{
    return EVP_DigestFinal_ex(hash->ctx, out, NULL) == 1 ? PL_OK : PL_IO;
}


pl_status_t
pl_hash_128(pl_hash_t *hash, const pl_str_t *pieces, size_t n,
    uint8_t out[PL_HASH128_LEN])
{
    size_t    i, len;
    uint8_t   head[4], sum[PL_SHA256_LEN];

    if (EVP_DigestInit_ex2(hash->ctx, hash->md, NULL) != 1) {
        return PL_IO;
    }

    for (i = 0; i < n; i++) {
        len = pieces[i].len;
        if (len > UINT32_MAX) {
            return PL_TOOBIG;
        }

        head[0] = (uint8_t) (len >> 24);
        head[1] = (uint8_t) (len >> 16);
        head[2] = (uint8_t) (len >> 8);
        head[3] = (uint8_t) len;

        if (EVP_DigestUpdate(hash->ctx, head, sizeof(head)) != 1
            || EVP_DigestUpdate(hash->ctx, pieces[i].data, len) != 1)
        {
            return PL_IO;
        }
    }

    if (EVP_DigestFinal_ex(hash->ctx, sum, NULL) != 1) {
        return PL_IO;
    }

    memcpy(out, sum, PL_HASH128_LEN);

    return PL_OK;
}


pl_status_t
pl_crypto_random(uint8_t *out, size_t len)
{
    size_t  n;

    while (len > 0) {
        n = len < INT_MAX ? len : INT_MAX;

        if (RAND_bytes(out, (int) n) != 1) {
            return PL_IO;
        }

        out += n;
        len -= n;
    }

    return PL_OK;
}


void
pl_crypto_wipe(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}


pl_status_t
pl_crypto_seal(const uint8_t key[PL_KEY_LEN], pl_str_t aad, pl_str_t plain,
    pl_arena_t *ar, pl_str_t *sealed, pl_err_t *err)
{
    bool             ok;
    uint8_t         *out;
    EVP_CIPHER_CTX  *ctx;

    *sealed = PL_STR_NULL;

    if (plain.len > INT_MAX - CRYPTO_EXTRA || aad.len > INT_MAX) {
        return pl_err_set(err, PL_TOOBIG, "seal", 0, "value is too long");
    }

    out = pl_arena_alloc(ar, plain.len + CRYPTO_EXTRA);
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "seal", 0, "arena is full");
    }

    out[0] = CRYPTO_FORMAT;
    if (pl_crypto_random(out + 1, CRYPTO_NONCE) != PL_OK) {
        return pl_err_set(err, PL_IO, "seal", 0, "no random bytes");
    }

    ctx = EVP_CIPHER_CTX_new();
    ok = ctx != NULL && crypto_encrypt(ctx, key, aad, plain, out);
    EVP_CIPHER_CTX_free(ctx);   /* NULL is fine */

    if (!ok) {
        return pl_err_set(err, PL_IO, "seal", 0, "libcrypto failed");
    }

    sealed->data = out;
    sealed->len = plain.len + CRYPTO_EXTRA;

    return PL_OK;
}


pl_status_t
pl_crypto_open(const uint8_t key[PL_KEY_LEN], pl_str_t aad, pl_str_t sealed,
    pl_arena_t *ar, pl_str_t *plain, pl_err_t *err)
{
    bool             ok;
    size_t           len;
    uint8_t         *out;
    EVP_CIPHER_CTX  *ctx;

    *plain = PL_STR_NULL;

    if (sealed.len < CRYPTO_EXTRA || sealed.len > INT_MAX
        || aad.len > INT_MAX || sealed.data[0] != CRYPTO_FORMAT)
    {
        return pl_err_set(err, PL_DENIED, "unseal", 0,
                          "not a sealed value of a known format");
    }

    len = sealed.len - CRYPTO_EXTRA;
    out = pl_arena_alloc(ar, len + 1);
    if (out == NULL) {
        return pl_err_set(err, PL_NOMEM, "unseal", 0, "arena is full");
    }

    ctx = EVP_CIPHER_CTX_new();
    ok = ctx != NULL && crypto_decrypt(ctx, key, aad, sealed, out);
    EVP_CIPHER_CTX_free(ctx);   /* NULL is fine */

    if (!ok) {
        /* what was deciphered is nobody's plaintext until the tag fits */
        pl_crypto_wipe(out, len);
        return pl_err_set(err, PL_DENIED, "unseal", 0,
                          "key, row or bytes are not the ones sealed");
    }

    out[len] = '\0';            /* tokens go to C interfaces */
    plain->data = out;
    plain->len = len;

    return PL_OK;
}


pl_status_t
pl_crypto_key_read(const char *path, uint8_t key[PL_KEY_LEN], pl_err_t *err)
{
    int          fd, sys;
    char         text[CRYPTO_FILE_MAX + 1];
    ssize_t      len;
    struct stat  sb;
    pl_status_t  status;

    /* a FIFO would wait for its writer without O_NONBLOCK */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd == -1) {
        return pl_sys_err(err, "read key", errno, path,
                          "cannot open key file");
    }

    if (fstat(fd, &sb) == -1) {
        sys = errno;
        (void) close(fd);       /* only read from, here and below */
        return pl_sys_err(err, "read key", sys, path, "cannot stat");
    }

    if (!S_ISREG(sb.st_mode) || (sb.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        (void) close(fd);
        status = pl_err_set(err, S_ISREG(sb.st_mode) ? PL_DENIED
                                                     : PL_INVALID,
                            "read key", 0, S_ISREG(sb.st_mode)
                            ? "others may read or write it; chmod o= it"
                            : "not a regular file");
        pl_err_path(err, "%s", path);
        return status;
    }

    len = pl_sys_pread(fd, text, sizeof(text), 0);
    sys = errno;
    (void) close(fd);

    if (len < 0) {
        return pl_sys_err(err, "read key", sys, path, "cannot read");
    }

    status = crypto_key_parse((pl_str_t) { (uint8_t *) text, (size_t) len },
                              key);
    pl_crypto_wipe(text, sizeof(text));

    if (status != PL_OK) {
        (void) pl_err_set(err, status, "read key", 0,
                          "must hold 64 hex digits and nothing else");
        pl_err_path(err, "%s", path);
    }

    return status;
}


pl_status_t
pl_crypto_key_make(const char *path, pl_err_t *err)
{
    int          fd;
    char         temp[PATH_MAX], text[2 * PL_KEY_LEN + 2];
    uint8_t      key[PL_KEY_LEN];
    pl_status_t  status;

    if ((size_t) snprintf(temp, sizeof(temp), "%s.XXXXXX", path)
        >= sizeof(temp))
    {
        return pl_sys_err(err, "make key", ENAMETOOLONG, path,
                          "path is too long");
    }

    if (access(path, F_OK) == 0) {
        return pl_sys_err(err, "make key", EEXIST, path,
                          "there is one already");
    }

    if (pl_crypto_random(key, sizeof(key)) != PL_OK) {
        return pl_err_set(err, PL_IO, "make key", 0, "no random bytes");
    }

    fd = mkostemp(temp, O_CLOEXEC);     /* makes it 0600 */
    if (fd == -1) {
        pl_crypto_wipe(key, sizeof(key));
        return pl_sys_err(err, "make key", errno, path, "cannot create");
    }

    pl_hex_encode(key, sizeof(key), text);
    text[2 * PL_KEY_LEN] = '\n';

    if (pl_sys_write(fd, text, 2 * PL_KEY_LEN + 1) == -1) {
        status = pl_sys_err(err, "make key", errno, path, "cannot write");
    } else {
        status = crypto_key_link(fd, temp, path, err);
    }

    (void) unlink(temp);        /* a leftover is a key that nobody uses */
    (void) close(fd);           /* fsync has told of all errors */
    pl_crypto_wipe(key, sizeof(key));
    pl_crypto_wipe(text, sizeof(text));

    return status;
}


static bool
crypto_encrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, pl_str_t aad,
    pl_str_t plain, uint8_t *out)
{
    int       n;
    uint8_t  *text, *tag;

    text = out + CRYPTO_HEAD;
    tag = text + plain.len;

    if (EVP_EncryptInit_ex2(ctx, EVP_aes_256_gcm(), key, out + 1, NULL) != 1)
    {
        return false;
    }

    if (aad.len != 0
        && EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len) != 1)
    {
        return false;
    }

    if (plain.len != 0
        && EVP_EncryptUpdate(ctx, text, &n, plain.data, (int) plain.len)
           != 1)
    {
        return false;
    }

    return EVP_EncryptFinal_ex(ctx, tag, &n) == 1
           && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG,
                                  tag) == 1;
}


static bool
crypto_decrypt(EVP_CIPHER_CTX *ctx, const uint8_t *key, pl_str_t aad,
    pl_str_t sealed, uint8_t *out)
{
    int             n;
    size_t          len;
    uint8_t         tag[CRYPTO_TAG];
    const uint8_t  *text;

    text = sealed.data + CRYPTO_HEAD;
    len = sealed.len - CRYPTO_EXTRA;
    memcpy(tag, text + len, CRYPTO_TAG);

    if (EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, sealed.data + 1,
                            NULL) != 1)
    {
        return false;
    }

    if (aad.len != 0
        && EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len) != 1)
    {
        return false;
    }

    if (len != 0
        && EVP_DecryptUpdate(ctx, out, &n, text, (int) len) != 1)
    {
        return false;
    }

    return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG, tag)
           == 1
           && EVP_DecryptFinal_ex(ctx, out + len, &n) == 1;
}


static pl_status_t
crypto_key_parse(pl_str_t text, uint8_t *key)
{
    static const char  space[] = " \t\r\n\v\f";

    if (text.len > CRYPTO_FILE_MAX) {
        return PL_INVALID;
    }

    while (text.len > 0
           && memchr(space, text.data[0], sizeof(space) - 1) != NULL)
    {
        text.data++;
        text.len--;
    }

    while (text.len > 0
           && memchr(space, text.data[text.len - 1], sizeof(space) - 1)
              != NULL)
    {
        text.len--;
    }

    return pl_hex_decode(text, key, PL_KEY_LEN) ? PL_OK : PL_INVALID;
}


static pl_status_t
crypto_key_link(int fd, const char *temp, const char *path, pl_err_t *err)
{
    if (fsync(fd) == -1) {
        return pl_sys_err(err, "make key", errno, path, "cannot sync");
    }

    if (link(temp, path) == -1) {
        return pl_sys_err(err, "make key", errno, path, "cannot create");
    }

    if (pl_sys_sync_parent(path) == -1) {
        return pl_sys_err(err, "make key", errno, path,
                          "cannot sync its folder");
    }

    return PL_OK;
}
