/*
 * key reseal: what was sealed under a key behind the first one of
 * parley_key_file is sealed under the first, so that the other can go. Each
 * secret is an entry of the journal; none is printed, nor leaves this memory
 * unsealed.
 */

#include <inttypes.h>
#include <string.h>

#include "../core/record.h"
#include "../engine/keyring.h"
#include "../engine/subscription.h"
#include "cmd.h"

typedef struct {
    pl_keyring_t   keys;
    Pl__Reseal     ask[PLCTL_ASK_MAX];
    Pl__Command    commands[PLCTL_ASK_MAX];
    size_t         n;
    uint64_t       looked;
    uint64_t       done;
    uint64_t       lost;                /* under none of these keys */
} reseal_t;

static pl_status_t reseal_channels(plctl_t *ctl, reseal_t *rs,
    pl_err_t *err);
static pl_status_t reseal_subscriptions(plctl_t *ctl, reseal_t *rs,
    pl_err_t *err);
static pl_status_t reseal_subscription(plctl_t *ctl, reseal_t *rs,
    pl_str_t key, const Pl__Subscription *row, pl_err_t *err);
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
        rc = reseal_channels(ctl, rs, &err);
    }

    if (rc == PL_OK) {
        rc = reseal_subscriptions(ctl, rs, &err);
    }

    if (rc == PL_OK) {
        rc = reseal_send(ctl, rs, &err);
    }

    pl_keyring_wipe(&rs->keys);

    if (rc != PL_OK) {
        return plctl_fail(ctl, &err);
    }

    fprintf(ctl->out, ctl->json
            ? "{\"looked\":%" PRIu64 ",\"resealed\":%" PRIu64
              ",\"lost\":%" PRIu64 "}\n"
            : "%" PRIu64 " secrets, %" PRIu64 " sealed anew, %" PRIu64
              " under none of the keys that are here\n",
            rs->looked, rs->done, rs->lost);

    return rs->lost == 0 ? PLCTL_EXIT_OK : PLCTL_EXIT_FAILED;
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
reseal_subscriptions(plctl_t *ctl, reseal_t *rs, pl_err_t *err)
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

    rc = pl_store_scan(txn, PL_TABLE_SUBSCRIPTIONS, PL_STR_NULL, false,
                       &scan, err);

    while (rc == PL_OK
           && (rc = pl_store_scan_next(scan, &key, &value, err)) == PL_OK)
    {
        rc = pl_record_read(PL_TABLE_SUBSCRIPTIONS, value,
                            &pl__subscription__descriptor, ctl->ar, &msg,
                            err);
        if (rc == PL_OK) {
            rc = reseal_subscription(ctl, rs, key,
                                     (const Pl__Subscription *) msg, err);
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
reseal_subscription(plctl_t *ctl, reseal_t *rs, pl_str_t key,
    const Pl__Subscription *row, pl_err_t *err)
{
    char          aad[PL_SECRET_AAD_MAX];
    size_t        i;
    uint32_t      tenant = pl_be32(key.data);
    Pl__Reseal   *ask;
    pl_status_t   rc = PL_OK;

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

    rc = plctl_ask_all(ctl, rs->commands, rs->n, true, &appended, &folded,
                       err);

    rs->done += rs->n;
    rs->n = 0;

    return rc;
}
