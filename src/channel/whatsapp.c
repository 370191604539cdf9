/*
 * WhatsApp (Meta's Cloud API): the vtable, and all that has to do with
 * being Meta: signatures, the handshake, the words of statuses. Decoding,
 * building and classifying have files of their own; whatsapp_shape.c and
 * whatsapp_errors.c are their data.
 *
 * A signature is HMAC-SHA256 under the app's secret over the body's bytes as
 * they arrived, never over anything that was parsed and written again:
 * escapes are part of what is signed.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define WHATSAPP_PREFIX  PL_STR("sha256=")


typedef struct {
    const char        *word;
    Pl__MessageState   state;
} whatsapp_state_row_t;


static pl_status_t whatsapp_verify(const pl_secrets_t *secrets,
    const pl_signed_t *in, pl_err_t *err);
static bool whatsapp_signature(pl_str_t value, uint8_t out[PL_SHA256_LEN]);
static bool whatsapp_state(const char *status, Pl__MessageState *state);


static const whatsapp_state_row_t whatsapp_state_rows[] = {
    { "sent",      PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
    { "delivered", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
    { "read",      PL__MESSAGE_STATE__MESSAGE_STATE_READ },
    { "failed",    PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
    { "played",    PL__MESSAGE_STATE__MESSAGE_STATE_PLAYED },
};


const pl_channel_t  pl_whatsapp = {
    .name     = "whatsapp",
    .header   = "x-hub-signature-256",
    .signature_len = PL_WHATSAPP_SIGNATURE_LEN,
    .rules    = &pl_whatsapp_rules,
    .shapes   = pl_whatsapp_shapes,
    .n_shapes = PL_WHATSAPP_SHAPES,
    .verify   = whatsapp_verify,
    .decode   = pl_whatsapp_decode,
    .statuses_only = pl_whatsapp_statuses_only,
    .whose    = pl_whatsapp_whose,
    .check    = pl_whatsapp_check,
    .build    = pl_whatsapp_build,
    .classify = pl_whatsapp_classify,
    .templates = pl_whatsapp_templates,
    .draft    = pl_whatsapp_draft,
    .list     = pl_whatsapp_list,
    .listed   = pl_whatsapp_listed,
    .submit   = pl_whatsapp_submit,
    .submitted = pl_whatsapp_submitted,
    .again    = pl_whatsapp_again,
    .timed    = true,
    .receipts = true,
    .files    = &pl_whatsapp_files,
    .uploads  = &pl_whatsapp_uploads,
    .state    = whatsapp_state,

    /* "Pair rate limits": one in 6 s, bursts of 45 borrowed from the future */
    .pair_ms    = 6000,
    .pair_burst = 45,
};


pl_status_t
pl_whatsapp_handshake(pl_str_t expected, pl_str_t mode, pl_str_t token,
    pl_str_t challenge)
{
    if (expected.len == 0 || challenge.len == 0) {
        return PL_DENIED;
    }

    if (!pl_str_eq(mode, PL_STR("subscribe"))) {
        return PL_DENIED;
    }

    return pl_crypto_equal(expected, token) ? PL_OK : PL_DENIED;
}


pl_status_t
pl_whatsapp_sign(pl_mac_t *mac, const pl_str_t *pieces, size_t n, char *out)
{
    pl_str_t     prefix = WHATSAPP_PREFIX;
    uint8_t      sum[PL_SHA256_LEN];
    pl_status_t  rc;

    rc = pl_mac_sum(mac, pieces, n, sum);
    if (rc != PL_OK) {
        return rc;
    }

    memcpy(out, prefix.data, prefix.len);
    pl_hex_encode(sum, sizeof(sum), out + prefix.len);

    return PL_OK;
}


char *
pl_whatsapp_const(const char *s)
{
    return (char *) (uintptr_t) s;
}


static pl_status_t
whatsapp_verify(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    size_t       i;
    uint8_t      given[PL_SHA256_LEN], sum[PL_SHA256_LEN];
    pl_status_t  rc;

    if (in->signature.len == 0) {
        return pl_err_set(err, PL_DENIED, "verify", 0, "signature missing");
    }

    if (!whatsapp_signature(in->signature, given)) {
        return pl_err_set(err, PL_DENIED, "verify", 0,
                          "signature malformed");
    }

    for (i = 0; i < secrets->n_macs; i++) {
        rc = pl_mac_sum(secrets->macs[i], in->body, in->n_body, sum);
        if (rc != PL_OK) {
            return pl_err_set(err, rc, "verify", 0, "cannot compute a MAC");
        }

        if (pl_crypto_equal((pl_str_t) { sum, sizeof(sum) },
                            (pl_str_t) { given, sizeof(given) }))
        {
            return PL_OK;
        }
    }

    return pl_err_set(err, PL_DENIED, "verify", 0, "signature mismatch");
}


static bool
whatsapp_signature(pl_str_t value, uint8_t out[PL_SHA256_LEN])
{
    pl_str_t  prefix = WHATSAPP_PREFIX;

    if (value.len != PL_WHATSAPP_SIGNATURE_LEN
        || memcmp(value.data, prefix.data, prefix.len) != 0)
    {
        return false;
    }

    value.data += prefix.len;
    value.len -= prefix.len;

    return pl_hex_decode(value, out, PL_SHA256_LEN);
}


static bool
whatsapp_state(const char *status, Pl__MessageState *state)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(whatsapp_state_rows); i++) {
        if (strcmp(status, whatsapp_state_rows[i].word) == 0) {
            *state = whatsapp_state_rows[i].state;
            return true;
        }
    }

    return false;
}
