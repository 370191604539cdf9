/*
 * The secrets of accounts that were made while nginx runs: what a webhook may
 * be signed with that nginx.conf knows nothing of. Looked up in a snapshot of
 * the settings when a signature fails, by a thread that may wait.
 */

#ifndef PL_SIGNERS_H_INCLUDED
#define PL_SIGNERS_H_INCLUDED

#include "keyring.h"
#include "settings.h"

#define PL_SIGNERS_MAX  16      /* tokens of one account; the rest of a
                                   tenant's channels share them */

/* Channels that sign, of one generation of a snapshot, in order of account:
   ten thousand are not walked for each webhook. Zeroed: none yet. One thread
   at a time. */
typedef struct {
    const pl_settings_t       *settings;
    uint32_t                   generation;
    const pl_channel_conf_t  **rows;
    size_t                     n;
} pl_signers_t;

/*
 * The tokens of that account's channels (ChannelSettings.waba_id) that the
 * provider has, each once, as MACs; out's arrays are the arena's.
 * PL_NOTFOUND: there is no such channel. PL_BUSY: a token does not open, which
 * may be what signed (keyring.h); out has those that do. err is not NULL. The
 * caller ends them by pl_signers_end, whatever comes.
 */
pl_status_t pl_signers_find(pl_signers_t *signers,
    const pl_settings_t *settings, const pl_keyring_t *keys,
    const pl_channel_t *provider, pl_str_t account, pl_arena_t *ar,
    pl_secrets_t *out, pl_err_t *err);
void pl_signers_end(pl_secrets_t *secrets);

/* Zeroed again; before its snapshot is destroyed. */
void pl_signers_clear(pl_signers_t *signers);

#endif /* PL_SIGNERS_H_INCLUDED */
