/*
 * See signing.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "signing.h"

#define SIGNING_PREFIX    PL_STR("whsec_")
#define SIGNING_TIME_MAX  24


pl_status_t
pl_signing_read(pl_arena_t *ar, pl_str_t text, pl_str_t *secret,
    pl_err_t *err)
{
    pl_str_t  prefix = SIGNING_PREFIX;

    if (text.len > prefix.len
        && memcmp(text.data, prefix.data, prefix.len) == 0)
    {
        text.data += prefix.len;
        text.len -= prefix.len;

        if (pl_base64_decode(ar, text, secret) == PL_OK
            && secret->len >= PL_SECRET_MIN && secret->len <= PL_SECRET_MAX)
        {
            return PL_OK;
        }
    }

    (void) pl_err_set(err, PL_INVALID, "secret", 0,
                      "not whsec_ and the base64 of 24 to 64 bytes");
    pl_err_path(err, "secret");

    return PL_INVALID;
}


pl_str_t
pl_signing_print(pl_arena_t *ar, pl_str_t secret)
{
    char      *text;
    pl_str_t   base64;

    base64 = pl_base64_encode(ar, secret);
    text = base64.data == NULL ? NULL
           : pl_arena_printf(ar, "whsec_%.*s", (int) base64.len,
                             (const char *) base64.data);

    return text == NULL ? PL_STR_NULL : pl_str_c(text);
}


pl_status_t
pl_signing_open(pl_signer_t *signer, uint32_t tenant,
    const Pl__Subscription *subscription, const pl_keyring_t *keys,
    int64_t now_ms, pl_arena_t *ar, pl_err_t *err)
{
    char                            aad[PL_SECRET_AAD_MAX];
    size_t                          i;
    pl_str_t                        plain;
    pl_status_t                     rc;
    const Pl__SubscriptionSecret   *secret;

    signer->n = 0;

    for (i = 0; i < subscription->n_secrets && signer->n < PL_SECRETS_MAX;
         i++)
    {
        secret = subscription->secrets[i];

        if (!pl_subscription_signs(secret, now_ms)) {
            continue;
        }

        rc = pl_keyring_open(keys, pl_subscription_aad(aad, tenant,
                                                       secret->place),
                             (pl_str_t) { secret->sealed.data,
                                          secret->sealed.len },
                             ar, &plain, NULL, err);
        if (rc != PL_OK) {
            pl_signing_close(signer);
            return rc;
        }

        signer->macs[signer->n] = pl_mac_create(plain);
        pl_crypto_wipe((void *) plain.data, plain.len);

        if (signer->macs[signer->n] == NULL) {
            pl_signing_close(signer);
            return pl_err_set(err, PL_IO, "sign", 0, "libcrypto fails");
        }

        signer->n++;
    }

    return signer->n != 0 ? PL_OK : pl_err_set(err, PL_DENIED, "sign", 0,
                                               "no secret holds");
}


void
pl_signing_close(pl_signer_t *signer)
{
    while (signer->n != 0) {
        pl_mac_destroy(signer->macs[--signer->n]);
    }
}


pl_status_t
pl_signing_sign(pl_signer_t *signer, pl_str_t id, int64_t time_s,
    pl_str_t body, pl_arena_t *ar, char out[PL_SIGNATURES_MAX],
    pl_err_t *err)
{
    int          n;
    char         stamp[SIGNING_TIME_MAX];
    size_t       i, used = 0;
    uint8_t      sum[PL_SHA256_LEN];
    pl_str_t     base64, pieces[3];
    pl_status_t  rc;

    n = snprintf(stamp, sizeof(stamp), ".%" PRId64 ".", time_s);
    pieces[0] = id;
    pieces[1] = (pl_str_t) { (const uint8_t *) stamp, (size_t) n };
    pieces[2] = body;

    for (i = 0; i < signer->n; i++) {
        rc = pl_mac_sum(signer->macs[i], pieces, 3, sum);
        if (rc != PL_OK) {
            return pl_err_set(err, rc, "sign", 0, "libcrypto fails");
        }

        base64 = pl_base64_encode(ar, (pl_str_t) { sum, sizeof(sum) });
        if (base64.data == NULL) {
            return pl_err_set(err, PL_NOMEM, "sign", 0, "out of memory");
        }

        n = snprintf(out + used, PL_SIGNATURES_MAX - used, "%sv1,%.*s",
                     i == 0 ? "" : " ", (int) base64.len,
                     (const char *) base64.data);
        used += (size_t) n;
    }

    return PL_OK;
}
