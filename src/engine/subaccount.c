/*
 * A tenant's account at a provider, from the asking to its token. See
 * subaccount.h.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../core/record.h"
#include "errand.h"
#include "hold.h"
#include "mark.h"
#include "subaccount.h"

/* of a tenant's name: behind "parley ", a mark, and an id of ten digits */
#define SUB_NAME_MAX  (PL_SUBACCOUNT_NAME_MAX - 19 - PL_MARK_SIZE)

static pl_status_t sub_load(pl_apply_t *ap, uint32_t tenant,
    Pl__Subaccount **row, pl_err_t *err);
static pl_status_t sub_mine(pl_apply_t *ap, const Pl__Effect *effect,
    Pl__Subaccount **row, pl_err_t *err);
static pl_status_t sub_step(pl_apply_t *ap, Pl__Subaccount *row,
    uint32_t tenant, bool create, pl_err_t *err);
static const Pl__MadeAccount *sub_named(const Pl__SendResult *in,
    const char *name);
static pl_status_t sub_known(pl_apply_t *ap, uint32_t tenant,
    Pl__Subaccount *row, const Pl__MadeAccount *made, pl_err_t *err);
static void sub_trouble(const pl_apply_t *ap, Pl__Subaccount *row,
    const char *reason, int32_t code);


bool
pl_subaccount_can(const pl_channel_conf_t *channel)
{
    return channel != NULL && !channel->row->removed
           && channel->row->subaccounts && channel->provider != NULL
           && channel->provider->accounts != NULL;
}


pl_str_t
pl_subaccount_aad(char buf[PL_SUBACCOUNT_AAD_MAX], const char *sid)
{
    (void) snprintf(buf, PL_SUBACCOUNT_AAD_MAX, "subaccount/%s", sid);

    return pl_str_c(buf);
}


pl_status_t
pl_subaccount_get(pl_txn_t *txn, uint32_t tenant, pl_arena_t *ar,
    Pl__Subaccount **row, pl_err_t *err)
{
    pl_key_t           key = { .len = 0 };
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    *row = NULL;
    pl_key_u32(&key, tenant);
    pl_key_u32(&key, 0);

    rc = pl_record_get(txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                       &pl__channel_state__descriptor, ar, &msg, err);

    if (rc == PL_OK) {
        *row = ((Pl__ChannelState *) msg)->subaccount;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


pl_status_t
pl_subaccount_put(pl_apply_t *ap, uint32_t tenant, Pl__Subaccount *row,
    pl_err_t *err)
{
    pl_key_t           key = { .len = 0 };
    Pl__ChannelState   state = PL__CHANNEL_STATE__INIT;

    pl_key_u32(&key, tenant);
    pl_key_u32(&key, 0);
    state.subaccount = row;

    return pl_record_put(ap->txn, PL_TABLE_CHANNEL_STATES, pl_key_str(&key),
                         &state.base, false, err);
}


/* Who asks learns from the row what came of it. */

pl_status_t
pl_apply_subaccount_request(pl_apply_t *ap, const Pl__SubaccountRequest *in,
    pl_err_t *err)
{
    char                      mark[PL_MARK_SIZE];
    pl_status_t               rc;
    Pl__Subaccount           *row;
    const pl_tenant_conf_t   *tenant;
    const pl_channel_conf_t  *channel;

    tenant = pl_settings_tenant(ap->settings, in->tenant);
    channel = pl_settings_channel(ap->settings, in->channel);

    if (tenant == NULL || tenant->row->removed
        || !pl_subaccount_can(channel))
    {
        return pl_feed_count(ap, in->tenant, "subaccounts", "refused", err);
    }

    rc = sub_load(ap, in->tenant, &row, err);

    if (rc != PL_OK || row->sid != NULL) {
        return rc;
    }

    /* who asks by hand may have put right what the account was refused for */

    rc = pl_hold_probe(ap, channel->tenant, in->channel, err);
    if (rc != PL_OK || row->has_effect) {
        return rc;
    }

    rc = pl_feed_audit_by(ap, in->tenant,
                          PL__AUDIT_KIND__AUDIT_KIND_ACCOUNT, in->channel,
                          "subaccount", in->actor, err);

    if (rc != PL_OK) {
        return rc;
    }

    pl_mark(ap->meta->journal.data, ap->meta->journal.len, mark);

    row->channel = in->channel;

    /* its id, since names that are long begin alike, and one account would be
       found for two of them */

    row->name = pl_arena_printf(ap->ar, "parley %s %" PRIu32 " %.*s", mark,
                                in->tenant, SUB_NAME_MAX, tenant->row->name);
    if (row->name == NULL) {
        return pl_err_set(err, PL_NOMEM, "subaccount", 0, "out of memory");
    }

    rc = sub_step(ap, row, in->tenant, false, err);

    return rc == PL_OK ? pl_subaccount_put(ap, in->tenant, row, err) : rc;
}


void
pl_subaccount_recover(Pl__Effect *effect)
{
    if (effect->of_case == PL__EFFECT__OF_MAKE_ACCOUNT) {
        effect->make_account->create = 0;
    }
}


pl_status_t
pl_subaccount_begin(pl_apply_t *ap, const Pl__Effect *effect,
    const char **why, pl_err_t *err)
{
    (void) err;

    if (!pl_subaccount_can(pl_settings_channel(ap->settings,
                                               effect->channel)))
    {
        *why = "the channel's account may not make others";
    }

    return PL_OK;
}


pl_status_t
pl_subaccount_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    pl_status_t               rc;
    Pl__Subaccount           *row;
    const Pl__MakeAccount    *make = attempt->effect->make_account;
    const Pl__MadeAccount    *made;

    rc = sub_mine(ap, attempt->effect, &row, err);
    if (rc != PL_OK || row == NULL) {
        return rc;
    }

    made = sub_named(in, make->name);

    if (made != NULL) {
        rc = sub_known(ap, make->tenant, row, made, err);

    } else if (!make->create) {
        rc = sub_step(ap, row, make->tenant, true, err);

    } else {
        row->has_effect = 0;
        sub_trouble(ap, row, "an answer without an account", 0);
    }

    return rc == PL_OK ? pl_subaccount_put(ap, make->tenant, row, err) : rc;
}


/* It may have been made: it is looked for before it is made again. */

pl_status_t
pl_subaccount_later(pl_apply_t *ap, Pl__Effect *effect,
    const Pl__SendResult *in, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__Subaccount  *row;

    pl_subaccount_recover(effect);

    rc = sub_mine(ap, effect, &row, err);
    if (rc != PL_OK || row == NULL) {
        return rc;
    }

    sub_trouble(ap, row, in->reason == NULL ? "no answer" : in->reason,
                in->code);

    return pl_subaccount_put(ap, effect->make_account->tenant, row, err);
}


pl_status_t
pl_subaccount_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err)
{
    pl_status_t      rc;
    Pl__Subaccount  *row;

    rc = sub_mine(ap, effect, &row, err);
    if (rc != PL_OK || row == NULL) {
        return rc;
    }

    row->has_effect = 0;
    sub_trouble(ap, row, reason, code);

    rc = pl_subaccount_put(ap, effect->make_account->tenant, row, err);

    return rc == PL_OK ? pl_feed_count(ap, effect->make_account->tenant,
                                       "subaccounts", "failed", err) : rc;
}


static pl_status_t
sub_load(pl_apply_t *ap, uint32_t tenant, Pl__Subaccount **row,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_subaccount_get(ap->txn, tenant, ap->ar, row, err);
    if (rc != PL_OK || *row != NULL) {
        return rc;
    }

    *row = pl_arena_alloc(ap->ar, sizeof(**row));
    if (*row == NULL) {
        return pl_err_set(err, PL_NOMEM, "subaccount", 0, "out of memory");
    }

    pl__subaccount__init(*row);
    (*row)->name = (char *) "";

    return PL_OK;
}


/* *row NULL: it waits for another errand, or for none. */

static pl_status_t
sub_mine(pl_apply_t *ap, const Pl__Effect *effect, Pl__Subaccount **row,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_subaccount_get(ap->txn, effect->make_account->tenant, ap->ar,
                           row, err);

    if (rc == PL_OK && *row != NULL
        && (!(*row)->has_effect || (*row)->effect != effect->id))
    {
        *row = NULL;
    }

    return rc;
}


static pl_status_t
sub_step(pl_apply_t *ap, Pl__Subaccount *row, uint32_t tenant, bool create,
    pl_err_t *err)
{
    pl_status_t               rc;
    Pl__Effect                effect = PL__EFFECT__INIT;
    Pl__MakeAccount           make = PL__MAKE_ACCOUNT__INIT;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, row->channel);
    if (channel == NULL) {
        row->has_effect = 0;
        sub_trouble(ap, row, "its channel is gone", 0);
        return PL_OK;
    }

    make.tenant = tenant;
    make.name = row->name;
    make.has_create = 1;
    make.create = create;

    effect.of_case = PL__EFFECT__OF_MAKE_ACCOUNT;
    effect.make_account = &make;

    rc = pl_errand_queue(ap, channel, &effect, ap->now_ms, err);

    row->has_effect = 1;
    row->effect = effect.id;

    return rc;
}


static const Pl__MadeAccount *
sub_named(const Pl__SendResult *in, const char *name)
{
    size_t  i;

    for (i = 0; i < in->n_accounts; i++) {
        if (strcmp(in->accounts[i]->name, name) == 0
            && in->accounts[i]->token.len != 0)
        {
            return in->accounts[i];
        }
    }

    return NULL;
}


static pl_status_t
sub_known(pl_apply_t *ap, uint32_t tenant, Pl__Subaccount *row,
    const Pl__MadeAccount *made, pl_err_t *err)
{
    row->has_effect = 0;
    row->sid = made->sid;
    row->has_token = 1;
    row->token = made->token;
    row->has_made_ms = 1;
    row->made_ms = ap->now_ms;
    row->error = NULL;
    row->has_code = 0;
    row->has_error_ms = 0;

    return pl_feed_count(ap, tenant, "subaccounts", "made", err);
}


static void
sub_trouble(const pl_apply_t *ap, Pl__Subaccount *row, const char *reason,
    int32_t code)
{
    row->error = (char *) reason;
    row->has_code = (code != 0);
    row->code = code;
    row->has_error_ms = 1;
    row->error_ms = ap->now_ms;
}
