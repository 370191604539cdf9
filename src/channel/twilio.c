/*
 * Twilio: the vtable, and the words of statuses. One driver for SMS and
 * WhatsApp, which differ by the form of their addresses alone: +31… and
 * whatsapp:+31…. Signatures, forms, requests and answers have files of their
 * own.
 */

#include <string.h>

#include "../core/str.h"
#include "twilio_impl.h"


typedef struct {
    const char        *word;
    Pl__MessageState   state;
} twilio_state_row_t;


static bool twilio_state(const char *status, Pl__MessageState *state);
static bool twilio_windows(const Pl__ChannelSettings *channel);


/* Some of its segments reached the phone: it was delivered, in part. */
static const twilio_state_row_t twilio_state_rows[] = {
    { "accepted",    PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED },
    { "scheduled",   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED },
    { "queued",      PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED },
    { "sending",     PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED },
    { "sent",        PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
    { "delivered",   PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
    { "partially_delivered", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
    { "read",        PL__MESSAGE_STATE__MESSAGE_STATE_READ },
    { "undelivered", PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
    { "failed",      PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
    { "canceled",    PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
};


const pl_channel_t  pl_twilio = {
    .name       = "twilio",
    .header     = "x-twilio-signature",
    .signature_len = PL_TWILIO_SIGNATURE_LEN,
    .by_account = true,
    .answer     = 204,
    .rules      = &pl_twilio_rules,
    .shapes     = pl_twilio_shapes,
    .n_shapes   = PL_TWILIO_SHAPES,
    .mac        = pl_twilio_mac,
    .verify     = pl_twilio_verify,
    .account    = pl_twilio_signer,
    .decode     = pl_twilio_decode,
    .came       = pl_twilio_came,
    .statuses_only = pl_twilio_statuses_only,
    .check      = pl_twilio_check,
    .build      = pl_twilio_build,
    .classify   = pl_twilio_classify,
    .windows    = twilio_windows,
    .contents   = true,
    .files      = &pl_twilio_files,
    .reconcile  = &pl_twilio_reconcile,
    .accounts   = &pl_twilio_accounts,
    .state      = twilio_state,
};


char *
pl_twilio_account(pl_arena_t *ar, const char *account_sid,
    const char *address)
{
    return pl_arena_printf(ar, "%s/%s", account_sid, address);
}


char *
pl_twilio_const(const char *s)
{
    return (char *) (uintptr_t) s;
}


char *
pl_twilio_some(char *s)
{
    return s != NULL && s[0] != '\0' ? s : NULL;
}


bool
pl_twilio_whatsapp(const char *address)
{
    return strncmp(address, PL_TWILIO_PREFIX, strlen(PL_TWILIO_PREFIX)) == 0;
}


char *
pl_twilio_digits(pl_arena_t *ar, const char *address)
{
    size_t  len;

    if (pl_twilio_whatsapp(address)) {
        address += strlen(PL_TWILIO_PREFIX);
    }

    address += address[0] == '+';
    len = strspn(address, "0123456789");

    if (len == 0 || len > PL_PHONE_MAX || address[len] != '\0') {
        return NULL;
    }

    return pl_arena_str(ar, (pl_str_t) { (const uint8_t *) address, len });
}


static bool
twilio_state(const char *status, Pl__MessageState *state)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(twilio_state_rows); i++) {
        if (strcmp(status, twilio_state_rows[i].word) == 0) {
            *state = twilio_state_rows[i].state;
            return true;
        }
    }

    return false;
}


/* SMS has none. The account is AC…/ADDRESS. */

static bool
twilio_windows(const Pl__ChannelSettings *channel)
{
    const char  *address = strchr(channel->account, '/');

    return address != NULL && pl_twilio_whatsapp(address + 1);
}
