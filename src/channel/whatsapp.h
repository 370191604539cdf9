/*
 * WhatsApp (Meta's Cloud API): what others than the registry need of it.
 */

#ifndef PL_WHATSAPP_H_INCLUDED
#define PL_WHATSAPP_H_INCLUDED

#include "channel.h"

#define PL_WHATSAPP_SIGNATURE_LEN  (sizeof("sha256=") - 1 + 64)

extern const pl_channel_t  pl_whatsapp;

/*
 * The GET handshake (provider-facts 1.1): mode, token and challenge are the
 * decoded query parameters hub.mode, hub.verify_token, hub.challenge.
 * PL_OK: answer 200 with the challenge; PL_DENIED: answer 403. Constant time
 * in the token. Any thread.
 */
pl_status_t pl_whatsapp_handshake(pl_str_t expected, pl_str_t mode,
    pl_str_t token, pl_str_t challenge);

/* "sha256=<hex>" of the pieces; out holds PL_WHATSAPP_SIGNATURE_LEN + 1. */
pl_status_t pl_whatsapp_sign(pl_mac_t *mac, const pl_str_t *pieces,
    size_t n, char *out);

/* The retry class of an error code (provider-facts 2.3). */
Pl__Outcome pl_whatsapp_outcome(int http_status, int32_t code,
    bool transient);

#endif /* PL_WHATSAPP_H_INCLUDED */
