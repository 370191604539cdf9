/*
 * Twilio (Programmable Messaging): SMS and WhatsApp over one driver. What
 * others than the registry need of it.
 */

#ifndef PL_TWILIO_H_INCLUDED
#define PL_TWILIO_H_INCLUDED

#include "channel.h"

#define PL_TWILIO_PARAMETERS_MAX  65536     /* of a form */
#define PL_TWILIO_SIGNATURE_LEN   28        /* base64 of 20 bytes */

/* What a callback's URL needs to be told again when it was not heard. */
#define PL_TWILIO_FRAGMENT        "#rp=all&rc=5"

extern const pl_channel_t  pl_twilio;

/* A parameter, decoded. */
typedef struct {
    pl_str_t  name;
    pl_str_t  value;
} pl_twilio_pair_t;

/*
 * The form's parameters, in its order, decoded byte by byte: no UTF-8 is
 * asked of them, since what is signed is bytes. Strings are the form's or in
 * the arena. PL_TOOBIG past PL_TWILIO_PARAMETERS_MAX, PL_NOMEM.
 */
pl_status_t pl_twilio_form(pl_str_t form, pl_arena_t *ar,
    pl_twilio_pair_t **pairs, size_t *n, pl_err_t *err);

/*
 * X-Twilio-Signature of a form posted to url: base64, in the arena; NULL
 * where the arena is full or libcrypto fails. body as in pl_signed_t.
 */
char *pl_twilio_sign(pl_mac_t *mac, pl_str_t url, pl_str_t form,
    pl_arena_t *ar);

/* What a channel's account is called: AC…/ADDRESS. NULL: no memory. */
char *pl_twilio_account(pl_arena_t *ar, const char *account_sid,
    const char *address);

#endif /* PL_TWILIO_H_INCLUDED */
