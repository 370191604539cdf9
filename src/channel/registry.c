/*
 * The providers there are. One row each.
 */

#include <string.h>

#include "../core/str.h"
#include "channel.h"
#include "smtp.h"
#include "twilio.h"
#include "whatsapp.h"


static const pl_channel_t *const registry_rows[] = {
    &pl_whatsapp,
    &pl_twilio,
    &pl_smtp,
    &pl_postmark,
    &pl_mailgun,
    &pl_sendgrid,
};


const pl_channel_t *
pl_channel_at(size_t i)
{
    return i < PL_COUNT(registry_rows) ? registry_rows[i] : NULL;
}


const pl_channel_t *
pl_channel_find(pl_str_t name)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(registry_rows); i++) {
        if (pl_str_eq(name, pl_str_c(registry_rows[i]->name))) {
            return registry_rows[i];
        }
    }

    return NULL;
}


bool
pl_channel_windows(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel)
{
    return provider == NULL || provider->windows == NULL
           || provider->windows(channel);
}


pl_status_t
pl_channel_decode(const pl_channel_t *provider, const pl_codec_t *codec,
    const Pl__Entry *entry, pl_arena_t *ar, pl_decoded_t *out, pl_err_t *err)
{
    pl_str_t     body = { entry->body.data, entry->body.len };
    pl_status_t  rc;

    if (entry->has_whole && entry->whole) {
        memset(out, 0, sizeof(*out));
        return pl_err_set(err, PL_INVALID, "decode", 0,
                          "too large for what it is: it is kept as a file");
    }

    rc = entry->has_sifted && entry->sifted && provider->sifted != NULL
         ? provider->sifted(codec, entry, ar, out, err)
         : provider->decode(codec, body, ar, out, err);

    if (rc == PL_OK && provider->came != NULL
        && provider->came(entry, ar, out) != PL_OK)
    {
        return pl_err_set(err, PL_NOMEM, "decode", 0,
                          "no memory for the items");
    }

    return rc;
}
