/*
 * See signers.h.
 */

#include <stdlib.h>
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

static pl_status_t signers_gather(pl_signers_t *signers,
    const pl_settings_t *settings, pl_err_t *err);
static int signers_order(const void *one, const void *two);
static size_t signers_first(const pl_signers_t *signers, pl_str_t account);
static bool signers_is(const pl_channel_conf_t *channel);
static bool signers_seen(const signers_t *sg,
    const Pl__ChannelSettings *row);
static pl_status_t signers_add(signers_t *sg,
    const pl_channel_conf_t *channel, pl_str_t account, pl_err_t *err);


pl_status_t
pl_signers_find(pl_signers_t *signers, const pl_settings_t *settings,
    const pl_keyring_t *keys, const pl_channel_t *provider, pl_str_t account,
    pl_arena_t *ar, pl_secrets_t *out, pl_err_t *err)
{
    bool         shut = false;
    size_t       i;
    signers_t    sg = { 0 };
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));

    rc = signers_gather(signers, settings, err);
    if (rc != PL_OK) {
        return rc;
    }

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

    for (i = signers_first(signers, account);
         rc == PL_OK && i < signers->n && out->n_macs < PL_SIGNERS_MAX
         && pl_str_eq(pl_str_c(signers->rows[i]->row->waba_id), account);
         i++)
    {
        if (signers->rows[i]->provider == provider
            && !signers_seen(&sg, signers->rows[i]->row))
        {
            rc = signers_add(&sg, signers->rows[i], account, err);
        }

        /* it may be theirs: who comes again finds the key, or who has it */

        if (rc == PL_DENIED) {
            shut = true;
            rc = PL_OK;
        }
    }

    if (rc == PL_OK && shut) {
        err->status = PL_BUSY;
        return PL_BUSY;
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


void
pl_signers_clear(pl_signers_t *signers)
{
    free(signers->rows);
    memset(signers, 0, sizeof(*signers));
}


/* Anew, where the snapshot has become another. */

static pl_status_t
signers_gather(pl_signers_t *signers, const pl_settings_t *settings,
    pl_err_t *err)
{
    size_t                     i, n;
    const pl_channel_conf_t   *channel;

    if (signers->settings == settings && signers->rows != NULL
        && signers->generation == pl_settings_generation(settings))
    {
        return PL_OK;
    }

    pl_signers_clear(signers);

    for (n = 0; pl_settings_channel_at(settings, n) != NULL; n++) {
        /* void */
    }

    signers->rows = calloc(n + 1, sizeof(*signers->rows));
    if (signers->rows == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    for (i = 0; i < n; i++) {
        channel = pl_settings_channel_at(settings, i);

        if (signers_is(channel)) {
            signers->rows[signers->n++] = channel;
        }
    }

    qsort(signers->rows, signers->n, sizeof(*signers->rows), signers_order);
    signers->settings = settings;
    signers->generation = pl_settings_generation(settings);

    return PL_OK;
}


static int
signers_order(const void *one, const void *two)
{
    const pl_channel_conf_t *const  *a = one, *const *b = two;

    return strcmp((*a)->row->waba_id, (*b)->row->waba_id);
}


/* The first row that is not before the account's. */

static size_t
signers_first(const pl_signers_t *signers, pl_str_t account)
{
    size_t    low = 0, high = signers->n, middle, len;
    int       order;
    pl_str_t  is;

    while (low < high) {
        middle = low + (high - low) / 2;
        is = pl_str_c(signers->rows[middle]->row->waba_id);
        len = is.len < account.len ? is.len : account.len;
        order = len == 0 ? 0 : memcmp(is.data, account.data, len);

        if (order < 0 || (order == 0 && is.len < account.len)) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


static bool
signers_is(const pl_channel_conf_t *channel)
{
    const Pl__ChannelSettings  *row = channel->row;

    return channel->provider != NULL && channel->provider->account != NULL
           && row->runtime && !row->removed && row->has_token
           && row->waba_id != NULL;
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


/* PL_DENIED: its token does not open. */

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
