/*
 * key reseal: what was sealed under a key behind the first one of
 * parley_key_file is sealed under the first, so that the other can go. Each
 * secret is an entry of the journal; none is printed, nor leaves this memory
 * unsealed.
 *
 * The fold may leave one as it is, if another stands there by then; and what
 * is still on its way may have been sealed before the keys changed. So all of
 * it is read again, until nothing opens under an older key alone: only that
 * is said to be done.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keyring.h"
#include "../engine/subaccount.h"
#include "../engine/subscription.h"
#include "cmd.h"

#define RESEAL_ROUNDS  8        /* each reads what the one before has left */

typedef struct {
    pl_keyring_t   keys;
    Pl__Reseal     ask[PLCTL_ASK_MAX];
    Pl__Command    commands[PLCTL_ASK_MAX];
    size_t         n;
    uint64_t       looked;              /* at in this round */
    uint64_t       left;                /* of these: under an older key */
    uint64_t       lost;                /* under none of these keys */
    uint64_t       done;                /* in all rounds */
    bool           pending;             /* nothing has folded what was asked */
} reseal_t;

/* What a row of a table has that is sealed. */
typedef pl_status_t (*reseal_row_pt)(plctl_t *ctl, reseal_t *rs,
    pl_str_t key, const ProtobufCMessage *msg, pl_err_t *err);

static pl_status_t reseal_rounds(plctl_t *ctl, reseal_t *rs, pl_err_t *err);
static pl_status_t reseal_round(plctl_t *ctl, reseal_t *rs, pl_err_t *err);
static int reseal_say(plctl_t *ctl, const reseal_t *rs);

static pl_status_t reseal_channels(plctl_t *ctl, reseal_t *rs,
    pl_err_t *err);
static pl_status_t reseal_table(plctl_t *ctl, reseal_t *rs, pl_table_e table,
    const ProtobufCMessageDescriptor *type, reseal_row_pt row,
    pl_err_t *err);
static pl_status_t reseal_subaccount(plctl_t *ctl, reseal_t *rs,
    pl_str_t key, const ProtobufCMessage *msg, pl_err_t *err);
static pl_status_t reseal_subscription(plctl_t *ctl, reseal_t *rs,
    pl_str_t key, const ProtobufCMessage *msg, pl_err_t *err);
static pl_status_t reseal_one(plctl_t *ctl, reseal_t *rs, pl_str_t aad,
    ProtobufCBinaryData sealed, Pl__Reseal **ask, pl_err_t *err);
static pl_status_t reseal_send(plctl_t *ctl, reseal_t *rs, pl_err_t *err);


int
plctl_cmd_key_reseal(plctl_t *ctl, const char *const *words,
    unsigned n_words)
{
    pl_err_t      err = { 0 };
    reseal_t     *rs;
    pl_status_t   rc;

    (void) words;
    (void) n_words;

    rs = pl_arena_zalloc(ctl->ar, sizeof(*rs));
    if (rs == NULL) {
        (void) pl_err_set(&err, PL_NOMEM, "", 0, "out of memory");
        return plctl_fail(ctl, &err);
    }

    rc = plctl_open(ctl, &err);

    if (rc == PL_OK) {
        rc = pl_keyring_read(&rs->keys, pl_settings_global(ctl->settings),
                             ctl->dir, &err);
    }

    if (rc == PL_OK) {
        rc = reseal_rounds(ctl, rs, &err);
    }

    pl_keyring_wipe(&rs->keys);

    return rc == PL_OK ? reseal_say(ctl, rs) : plctl_fail(ctl, &err);
}


static pl_status_t
reseal_rounds(plctl_t *ctl, reseal_t *rs, pl_err_t *err)
{
    unsigned     i;
    uint64_t     before = 0;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < RESEAL_ROUNDS; i++) {
        if (i != 0) {
            rc = plctl_settings(ctl, err);
        }

        if (rc == PL_OK) {
            rc = reseal_round(ctl, rs, err);
        }

        if (rc == PL_OK) {
            rs->done += before > rs->left ? before - rs->left : 0;
        }

        if (rs->left == 0 || rs->pending) {
            break;
        }

        before = rs->left;
    }

    return rc;
}


static pl_status_t
reseal_round(plctl_t *ctl, reseal_t *rs, pl_err_t *err)
{
    pl_status_t  rc;

    rs->looked = rs->left = rs->lost = 0;

    rc = reseal_channels(ctl, rs, err);

    if (rc == PL_OK) {
        rc = reseal_table(ctl, rs, PL_TABLE_CHANNEL_STATES,
                          &pl__channel_state__descriptor, reseal_subaccount,
                          err);
    }

    if (rc == PL_OK) {
        rc = reseal_table(ctl, rs, PL_TABLE_SUBSCRIPTIONS,
                          &pl__subscription__descriptor,
                          reseal_subscription, err);
    }

    return rc == PL_OK ? reseal_send(ctl, rs, err) : rc;
}


static int
reseal_say(plctl_t *ctl, const reseal_t *rs)
{
    fprintf(ctl->out, ctl->json
            ? "{\"looked\":%" PRIu64 ",\"resealed\":%" PRIu64
              ",\"lost\":%" PRIu64 ",\"left\":%" PRIu64 "}\n"
            : "%" PRIu64 " secrets, %" PRIu64 " sealed anew, %" PRIu64
              " under none of the keys that are here\n",
            rs->looked, rs->done, rs->lost, rs->left);

    if (!ctl->json && rs->left != 0) {
        fprintf(ctl->out, "%" PRIu64 " under an older key still: %s; keep the "
                "key, and run this again\n", rs->left,
                !rs->pending ? "the fold did not take them"
                : pl_shared_locked(ctl->sh, PL_LOCK_FOLD)
                  ? "the fold has not come to them"
                  : "nothing folds this store now");
    }

    return rs->lost == 0 && rs->left == 0 ? PLCTL_EXIT_OK
                                          : PLCTL_EXIT_FAILED;
}


static pl_status_t
reseal_channels(plctl_t *ctl, reseal_t *rs, pl_err_t *err)
{
    char                        aad[PL_SETTINGS_AAD_MAX];
    size_t                      i;
    Pl__Reseal                 *ask;
    pl_status_t                 rc = PL_OK;
    const pl_tenant_conf_t     *tenant;
    const pl_channel_conf_t    *channel;

    for (i = 0; rc == PL_OK; i++) {
        channel = pl_settings_channel_at(ctl->settings, i);
        if (channel == NULL) {
            break;
        }

        if (!channel->base->has_token || channel->base->token.len == 0) {
            continue;
        }

        tenant = pl_settings_tenant(ctl->settings, channel->tenant);

        rc = reseal_one(ctl, rs, pl_settings_token_aad(aad,
                            tenant->row->name, channel->base->name),
                        channel->base->token, &ask, err);

        if (rc == PL_OK && ask != NULL) {
            ask->tenant = channel->tenant;
            ask->has_channel = 1;
            ask->channel = channel->base->id;
        }
    }

    return rc;
}


static pl_status_t
reseal_table(plctl_t *ctl, reseal_t *rs, pl_table_e table,
    const ProtobufCMessageDescriptor *type, reseal_row_pt row,
    pl_err_t *err)
{
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan = NULL;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_store_scan(txn, table, PL_STR_NULL, false, &scan, err);

    while (rc == PL_OK
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK)
    {
        rc = pl_record_read(table, value, type, ctl->ar, &msg, err);

        if (rc == PL_OK) {
            rc = row(ctl, rs, key, msg, err);
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
reseal_subaccount(plctl_t *ctl, reseal_t *rs, pl_str_t key,
    const ProtobufCMessage *msg, pl_err_t *err)
{
    char                   aad[PL_SUBACCOUNT_AAD_MAX];
    Pl__Reseal            *ask;
    pl_status_t            rc;
    const Pl__Subaccount  *row = ((const Pl__ChannelState *) msg)->subaccount;

    if (row == NULL || row->sid == NULL || !row->has_token) {
        return PL_OK;
    }

    rc = reseal_one(ctl, rs, pl_subaccount_aad(aad, row->sid), row->token,
                    &ask, err);

    if (rc == PL_OK && ask != NULL) {
        ask->tenant = pl_be32(key.data);
        ask->has_subaccount = 1;
        ask->subaccount = 1;
    }

    return rc;
}


static pl_status_t
reseal_subscription(plctl_t *ctl, reseal_t *rs, pl_str_t key,
    const ProtobufCMessage *msg, pl_err_t *err)
{
    char                     aad[PL_SECRET_AAD_MAX];
    size_t                   i;
    uint32_t                 tenant = pl_be32(key.data);
    Pl__Reseal              *ask;
    pl_status_t              rc = PL_OK;
    const Pl__Subscription  *row = (const Pl__Subscription *) msg;

    for (i = 0; rc == PL_OK && i < row->n_secrets; i++) {
        rc = reseal_one(ctl, rs, pl_subscription_aad(aad, tenant,
                                                     row->secrets[i]->place),
                        row->secrets[i]->sealed, &ask, err);

        if (rc == PL_OK && ask != NULL) {
            ask->tenant = tenant;
            ask->has_subscription = 1;
            ask->subscription = pl_be64(key.data + 4);
            ask->has_place = 1;
            ask->place = row->secrets[i]->place;
        }
    }

    return rc;
}


/* *ask NULL: nothing is to be done. Whose it is, the caller says. */

static pl_status_t
reseal_one(plctl_t *ctl, reseal_t *rs, pl_str_t aad,
    ProtobufCBinaryData sealed, Pl__Reseal **ask, pl_err_t *err)
{
    size_t       at = 0;
    pl_str_t     plain, fresh, old = { sealed.data, sealed.len };
    pl_status_t  rc;

    *ask = NULL;
    rs->looked++;

    rc = pl_keyring_open(&rs->keys, aad, old, ctl->ar, &plain, &at, err);

    if (rc == PL_DENIED) {
        rs->lost++;
        return PL_OK;
    }

    if (rc == PL_OK && at != 0 && rs->n == PLCTL_ASK_MAX) {
        rc = reseal_send(ctl, rs, err);
    }

    if (rc == PL_OK && at != 0) {
        rc = pl_crypto_seal(rs->keys.keys[0], aad, plain, ctl->ar, &fresh,
                            err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    pl_crypto_wipe((void *) (uintptr_t) plain.data, plain.len);

    if (at == 0) {
        return PL_OK;
    }

    rs->left++;

    *ask = &rs->ask[rs->n];
    pl__reseal__init(*ask);
    (*ask)->was.data = pl_arena_dup(ctl->ar, sealed.data, sealed.len);
    (*ask)->was.len = sealed.len;
    (*ask)->sealed.data = (uint8_t *) (uintptr_t) fresh.data;
    (*ask)->sealed.len = fresh.len;
    (*ask)->actor = (char *) plctl_actor(ctl);

    pl__command__init(&rs->commands[rs->n]);
    rs->commands[rs->n].of_case = PL__COMMAND__OF_RESEAL;
    rs->commands[rs->n].reseal = *ask;
    rs->n++;

    return (*ask)->was.data != NULL
           ? PL_OK : pl_err_set(err, PL_NOMEM, "", 0, "out of memory");
}


static pl_status_t
reseal_send(plctl_t *ctl, reseal_t *rs, pl_err_t *err)
{
    bool           folded;
    pl_status_t    rc;
    pl_appended_t  appended;

    if (rs->n == 0) {
        return PL_OK;
    }

    /* where one was waited for in vain the others are only asked for */

    rc = plctl_ask_all(ctl, rs->commands, rs->n, !rs->pending, &appended,
                       &folded, err);

    rs->pending = rs->pending || (rc == PL_OK && !folded);
    rs->n = 0;

    return rc;
}
