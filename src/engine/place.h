/*
 * Tenants and channels that are made while nginx runs, beside those of
 * nginx.conf. docs/tenants.md is its page.
 *
 * Each is a row of the settings as if nginx.conf had said it, marked
 * `runtime`: a publish leaves it where it is. What nginx.conf has is its
 * alone: it cannot be changed here, and takes over what it names.
 *
 * All of it belongs to the folding thread. Errors are the store's.
 */

#ifndef PL_PLACE_H_INCLUDED
#define PL_PLACE_H_INCLUDED

#include "apply.h"

#define PL_PLACE_TENANTS_MAX   20000    /* made in the life of a store, those
                                           of nginx.conf and removed ones
                                           included: their ids stay */
#define PL_PLACE_CHANNELS_MAX  20000
#define PL_PLACE_ACCOUNT_MAX   128      /* bytes */
#define PL_PLACE_URL_MAX       256
#define PL_PLACE_TOKEN_MAX     8192     /* sealed */
#define PL_PLACE_RATE_MAX      10000    /* of rate_per_s */
#define PL_PLACE_WEIGHT_MAX    100
#define PL_PLACE_TEXT_MAX      1024     /* bytes of stop_text and its kin */

/* Of a channel that says none, as of one in nginx.conf. */
#define PL_PLACE_RATE          80
#define PL_PLACE_CONNECT_MS    5000
#define PL_PLACE_TIMEOUT_MS    30000

/* A provider whose channels are made so. */
typedef struct {
    const char  *provider;
    const char  *url;           /* of a channel that says none; NULL: it has
                                   to say one */
    const char  *version;
    size_t       sid_len;       /* the account begins with an id of so many
                                   bytes, which is its waba_id; or 0 */
    bool         lower;         /* an account is of lower case */
} pl_place_kind_t;

/* Cannot it do without a token? A relay may ask for no password. */
bool pl_place_wants_token(const Pl__ChannelSettings *row);

/* By the provider's name, or NULL. */
const pl_place_kind_t *pl_place_kind(const char *provider);

/*
 * What is wrong with a row that somebody asks for: PL_INVALID, with the
 * field's path in err. PL_OK: it can be put. Any thread.
 */
pl_status_t pl_place_tenant_check(const Pl__TenantSettings *row,
    pl_err_t *err);
pl_status_t pl_place_channel_check(const Pl__ChannelSettings *row,
    pl_err_t *err);

/* Accounts that a publish names, in order. */
typedef struct {
    const Pl__ChannelSettings  **rows;
    size_t                       n;
} pl_accounts_t;

pl_status_t pl_place_accounts(const Pl__SettingsPublish *in, pl_arena_t *ar,
    pl_accounts_t *accounts, pl_err_t *err);

/*
 * Does nginx.conf name this account now? Then a channel that was made with it
 * here is removed.
 */
bool pl_place_taken(const pl_accounts_t *accounts,
    const Pl__ChannelSettings *row);

/*
 * A channel's row is about to take an older one's place: what the provider
 * refused it for may have been mended; and where the older one was removed, or
 * had another account, the provider's list is read from now on only. tenant:
 * its name. Fills row's renewed_ms.
 */
pl_status_t pl_place_renewed(pl_apply_t *ap, const char *tenant,
    const Pl__ChannelSettings *old, Pl__ChannelSettings *row,
    pl_err_t *err);

/* A channel's row as it stays when the channel is gone. */
pl_status_t pl_place_gone(pl_apply_t *ap, Pl__ChannelSettings *row,
    pl_err_t *err);

#endif /* PL_PLACE_H_INCLUDED */
