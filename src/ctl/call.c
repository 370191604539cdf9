/*
 * See call.h.
 */

#include <string.h>

#include "../engine/news.h"
#include "../engine/state.h"
#include "call.h"

static pl_status_t call_step(plctl_t *ctl, pl_api_call_t *call, bool told,
    pl_err_t *err);
static pl_status_t call_append(plctl_t *ctl, pl_api_call_t *call,
    bool *folded, pl_err_t *err);
static pl_status_t call_settings(plctl_t *ctl, pl_err_t *err);


pl_status_t
plctl_call_begin(plctl_t *ctl, plctl_call_t *call, pl_err_t *err)
{
    pl_status_t  rc;

    memset(call, 0, sizeof(*call));
    call->who = (pl_who_t) { PL__API_ROLE__API_ROLE_OPERATOR, 0, 0, NULL,
                             0 };

    rc = pl_api_create(&call->api, &call->config, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_api_call_init(&call->call, call->api, ctl->ar);
    call->who.actor = plctl_actor(ctl);
    call->call.in.who = &call->who;

    return PL_OK;
}


void
plctl_call_end(plctl_call_t *call)
{
    pl_api_destroy(call->api);
    pl_keyring_wipe(&call->keys);
}


pl_status_t
plctl_call_run(plctl_t *ctl, plctl_call_t *call, pl_err_t *err)
{
    bool         folded = true;
    pl_err_t     why;
    pl_status_t  rc;

    rc = ctl->st == NULL ? plctl_open(ctl, err) : PL_OK;

    /* whoever needs it says that it cannot be read */

    if (rc == PL_OK
        && pl_keyring_read(&call->keys, pl_settings_global(ctl->settings),
                           ctl->dir, &why) == PL_OK)
    {
        call->config.seal = &call->keys;
    }

    if (rc == PL_OK) {
        rc = call_step(ctl, &call->call, false, err);
    }

    if (rc != PL_OK || call->call.out.status != 0) {
        return rc;
    }

    rc = call_append(ctl, &call->call, &folded, err);

    if (rc == PL_OK && !folded) {
        pl_api_later(&call->call);

    } else if (rc == PL_OK) {
        rc = call_settings(ctl, err);

        if (rc == PL_OK) {
            rc = call_step(ctl, &call->call, true, err);
        }
    }

    return rc;
}


static pl_status_t
call_step(plctl_t *ctl, pl_api_call_t *call, bool told, pl_err_t *err)
{
    int64_t         now_ms;
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    now_ms = pl_clock_wall_ms(ctl->clock);

    rc = pl_state_meta(txn, ctl->ar, &meta, err);

    if (rc == PL_OK) {
        rc = told ? pl_api_told(call, txn, ctl->settings, meta, now_ms, err)
                  : pl_api_ask(call, txn, ctl->settings, meta, now_ms, err);
    }

    pl_store_abort(txn);

    return rc;
}


static pl_status_t
call_append(plctl_t *ctl, pl_api_call_t *call, bool *folded, pl_err_t *err)
{
    size_t          i;
    pl_status_t     rc;
    Pl__Command     commands[PLCTL_ASK_MAX];
    pl_appended_t   appended;

    if (call->n_commands == 0 || call->n_commands > PLCTL_ASK_MAX) {
        return pl_err_set(err, PL_TOOBIG, "api", 0,
                          "a stream, or more than %d commands",
                          PLCTL_ASK_MAX);
    }

    for (i = 0; i < call->n_commands; i++) {
        commands[i] = *call->commands[i];
    }

    rc = plctl_ask_all(ctl, commands, call->n_commands, true, &appended,
                       folded, err);
    if (rc == PL_OK) {
        call->sequence = appended.first + call->n_commands - 1;
    }

    return rc;
}


/* What was asked for may have made them others. */

static pl_status_t
call_settings(plctl_t *ctl, pl_err_t *err)
{
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__StateMeta  *meta;

    rc = pl_store_begin(ctl->st, PL_ENV_STATE, false, &txn, err);
    if (rc != PL_OK) {
        return rc;
    }

    rc = pl_state_meta(txn, ctl->ar, &meta, err);

    if (rc == PL_OK) {
        rc = pl_news_follow(&ctl->settings, txn, ctl->shapes,
                            meta->generation, err);
    }

    pl_store_abort(txn);

    return rc;
}
