/*
 * An account of a tenant's own at a provider whose accounts can make others
 * (Twilio's subaccounts): an errand (errand.h) of the channel whose account
 * makes it, which has to be marked so (ChannelSettings.subaccounts).
 *
 *     asked for --> looked for by its name --> made --> known
 *
 * The provider has no key against a second one: so it is looked for by its
 * name before it is made, and whenever it may have been made and the answer
 * did not come. The name holds the installation's mark and the tenant's name.
 * A tenant has one; asked for again, nothing happens.
 *
 * What is known stands in `channel_states` under the tenant and channel 0
 * (Subaccount). Its token is sealed by the sender before its answer is
 * journalled.
 *
 * All of it belongs to the folding thread, but for what says otherwise.
 */

#ifndef PL_SUBACCOUNT_H_INCLUDED
#define PL_SUBACCOUNT_H_INCLUDED

#include "apply.h"

#define PL_SUBACCOUNT_NAME_MAX  64      /* Twilio: of a FriendlyName */
#define PL_SUBACCOUNT_AAD_MAX   80

/* Whose account may make others? Any thread. */
bool pl_subaccount_can(const pl_channel_conf_t *channel);

/* What the token of this account is sealed under, in buf. Any thread. */
pl_str_t pl_subaccount_aad(char buf[PL_SUBACCOUNT_AAD_MAX], const char *sid);

/* A tenant's; *row NULL: nobody ever asked for one. Any thread. */
pl_status_t pl_subaccount_get(pl_txn_t *txn, uint32_t tenant, pl_arena_t *ar,
    Pl__Subaccount **row, pl_err_t *err);

pl_status_t pl_subaccount_put(pl_apply_t *ap, uint32_t tenant,
    Pl__Subaccount *row, pl_err_t *err);

/* The errand was on the wire when its sender ended: it is looked for. */
void pl_subaccount_recover(Pl__Effect *effect);

/* ---- the errand's kind (errand.h) ----------------------------------- */

pl_status_t pl_subaccount_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err);
pl_status_t pl_subaccount_done(pl_apply_t *ap,
    const Pl__AttemptRecord *attempt, const Pl__SendResult *in,
    pl_err_t *err);
pl_status_t pl_subaccount_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err);
pl_status_t pl_subaccount_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err);

#endif /* PL_SUBACCOUNT_H_INCLUDED */
