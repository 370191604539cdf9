/*
 * See signers.h.
 */

#include <string.h>

#include "../core/str.h"
#include "signers.h"

/* What is found so far. */
typedef struct {
    const pl_settings_t  *settings;
    const pl_keyring_t   *keys;
    const pl_channel_t   *provider;
    pl_arena_t           *ar;
    pl_secrets_t         *out;
    pl_str_t             *accounts;
    ProtobufCBinaryData   seen[PL_SIGNERS_MAX];     /* of each MAC */
} signers_t;

static bool signers_is(const pl_channel_conf_t *channel,
    const pl_channel_t *provider, pl_str_t account);
static bool signers_seen(const signers_t *sg,
    const Pl__ChannelSettings *row);
static pl_status_t signers_add(signers_t *sg,
    const pl_channel_conf_t *channel, pl_str_t account, pl_err_t *err);


pl_status_t
pl_signers_find(const pl_settings_t *settings, const pl_keyring_t *keys,
    const pl_channel_t *provider, pl_str_t account, pl_arena_t *ar,
    pl_secrets_t *out, pl_err_t *err)
{
    size_t                     i;
    signers_t                  sg = { 0 };
    pl_status_t                rc = PL_OK;
    const pl_channel_conf_t   *channel;

    memset(out, 0, sizeof(*out));

    sg.settings = settings;
    sg.keys = keys;
    sg.provider = provider;
    sg.ar = ar;
    sg.out = out;
    sg.accounts = pl_arena_alloc(ar, PL_SIGNERS_MAX * sizeof(pl_str_t));

    out->macs = pl_arena_alloc(ar, PL_SIGNERS_MAX * sizeof(pl_mac_t *));
    out->accounts = sg.accounts;

    if (out->macs == NULL || out->accounts == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    for (i = 0; rc == PL_OK && out->n_macs < PL_SIGNERS_MAX; i++) {
        channel = pl_settings_channel_at(settings, i);
        if (channel == NULL) {
            break;
        }

        if (signers_is(channel, provider, account)
            && !signers_seen(&sg, channel->row))
        {
            rc = signers_add(&sg, channel, account, err);
        }
    }

    return rc == PL_OK && out->n_macs == 0
           ? pl_err_set(err, PL_NOTFOUND, "verify", 0,
                        "no channel has this account")
           : rc;
}


void
pl_signers_end(pl_secrets_t *secrets)
{
    while (secrets->n_macs != 0) {
        pl_mac_destroy(secrets->macs[--secrets->n_macs]);
    }
}


static bool
signers_is(const pl_channel_conf_t *channel, const pl_channel_t *provider,
    pl_str_t account)
{
    const Pl__ChannelSettings  *row = channel->row;

    return channel->provider == provider && row->runtime && !row->removed
           && row->has_token && row->waba_id != NULL
           && pl_str_eq(pl_str_c(row->waba_id), account);
}


/* Numbers of one account share its token. */

static bool
signers_seen(const signers_t *sg, const Pl__ChannelSettings *row)
{
    size_t  i;

    for (i = 0; i < sg->out->n_macs; i++) {
        if (row->has_token_mac && sg->seen[i].len == row->token_mac.len
            && memcmp(sg->seen[i].data, row->token_mac.data,
                      row->token_mac.len) == 0)
        {
            return true;
        }
    }

    return false;
}


static pl_status_t
signers_add(signers_t *sg, const pl_channel_conf_t *channel,
    pl_str_t account, pl_err_t *err)
{
    char                        aad[PL_SETTINGS_AAD_MAX];
    size_t                      n = sg->out->n_macs;
    pl_str_t                    plain;
    pl_mac_t                   *mac;
    pl_status_t                 rc;
    const pl_tenant_conf_t     *tenant;
    const Pl__ChannelSettings  *row = channel->row;

    tenant = pl_settings_tenant(sg->settings, channel->tenant);

    rc = pl_keyring_open(sg->keys, pl_settings_token_aad(aad,
                             tenant->row->name, row->name),
                         (pl_str_t) { row->token.data, row->token.len },
                         sg->ar, &plain, NULL, err);
    /* it may be theirs: who comes again finds the key, or who has it */

    if (rc == PL_DENIED) {
        err->status = PL_BUSY;
        return PL_BUSY;
    }

    if (rc != PL_OK) {
        return rc;
    }

    mac = sg->provider->mac != NULL ? sg->provider->mac(plain)
                                    : pl_mac_create(plain);
    pl_crypto_wipe((void *) (uintptr_t) plain.data, plain.len);

    if (mac == NULL) {
        return pl_err_set(err, PL_IO, "verify", 0, "libcrypto fails");
    }

    sg->out->macs[n] = mac;
    sg->accounts[n] = account;
    sg->seen[n] = row->token_mac;
    sg->out->n_macs++;

    return PL_OK;
}
