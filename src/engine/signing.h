/*
 * Signatures of events that leave, as Standard Webhooks has them
 * (docs/subscriptions.md):
 *
 *     secret      whsec_ and the base64 of 24 to 64 bytes
 *     signed      ID "." TIMESTAMP "." BODY, timestamp in seconds
 *     signature   v1, and the base64 of HMAC-SHA256; while two secrets hold,
 *                 one of each with a blank between
 *
 * Secrets are never logged, and wiped by whoever opened them.
 */

#ifndef PL_SIGNING_H_INCLUDED
#define PL_SIGNING_H_INCLUDED

#include "../core/crypto.h"
#include "keyring.h"
#include "subscription.h"

/* A signature's text, and its NUL; of two, with the blank between. */
#define PL_SIGNATURE_MAX   48
#define PL_SIGNATURES_MAX  (PL_SECRETS_MAX * PL_SIGNATURE_MAX)

/* What to sign with. One thread at a time. */
typedef struct {
    size_t      n;
    pl_mac_t   *macs[PL_SECRETS_MAX];
} pl_signer_t;

/* "whsec_…" as bytes in the arena; PL_INVALID: it is none. */
pl_status_t pl_signing_read(pl_arena_t *ar, pl_str_t text, pl_str_t *secret,
    pl_err_t *err);

/* The way back, in the arena; empty where that is full. */
pl_str_t pl_signing_print(pl_arena_t *ar, pl_str_t secret);

/*
 * Opens those of a subscription's secrets that sign at now_ms. PL_DENIED: a
 * secret does not open under this key. What was opened is wiped, but for
 * the MACs; pl_signing_close ends these.
 */
pl_status_t pl_signing_open(pl_signer_t *signer, uint32_t tenant,
    const Pl__Subscription *subscription, const pl_keyring_t *keys,
    int64_t now_ms, pl_arena_t *ar, pl_err_t *err);
void pl_signing_close(pl_signer_t *signer);

/* The value of webhook-signature. PL_IO. */
pl_status_t pl_signing_sign(pl_signer_t *signer, pl_str_t id,
    int64_t time_s, pl_str_t body, pl_arena_t *ar,
    char out[PL_SIGNATURES_MAX], pl_err_t *err);

#endif /* PL_SIGNING_H_INCLUDED */
