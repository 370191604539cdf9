/*
 * From a row of `attempts` to a request (see keeper.h). What a person set up
 * wrongly (token, key, URL) is the account's fault and pauses the channel;
 * what cannot be said on it is the message's, for good.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "../engine/apply.h"
#include "fetch_step.h"
#include "keeper_impl.h"

static pl_status_t build_send(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_fetch(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    Pl__Outcome *outcome, const char **why, pl_err_t *err);
static pl_status_t build_token(pls_keeper_t *k,
    const pl_channel_conf_t *conf, pl_arena_t *ar, pl_str_t *token,
    pl_err_t *err);
static pl_status_t build_key(pls_keeper_t *k, pl_err_t *err);
static bool build_is_setup(const pl_err_t *err);


pl_status_t
pls_keeper_build(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    Pl__Outcome *outcome, const char **why, pl_err_t *err)
{
    pl_str_t                  token;
    pl_status_t               rc;
    const Pl__Effect         *effect;
    const pl_channel_conf_t  *conf;

    effect = out->attempt->effect;
    conf = pl_settings_channel(pl_fold_settings(k->fold), effect->channel);

    *outcome = PL__OUTCOME__OUTCOME_PERMANENT;
    *why = "cannot be built";

    if (pl_outbox_message(effect) == 0 || out->message == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the effect names no message");
    }

    if (conf == NULL || conf->provider == NULL
        || (conf->row->has_removed && conf->row->removed))
    {
        *why = "its channel is gone";
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "its channel is gone");
    }

    rc = build_token(k, conf, job->arena, &token, err);
    if (rc != PL_OK) {
        *outcome = PL__OUTCOME__OUTCOME_ACCOUNT;
        *why = "its token cannot be opened";
        return PL_INVALID;
    }

    memset(&job->request, 0, sizeof(job->request));
    job->provider = conf->provider;
    job->connect_timeout_ms = conf->row->connect_timeout_ms;
    job->timeout_ms = conf->row->timeout_ms;

    rc = effect->of_case == PL__EFFECT__OF_FETCH_MEDIA
         ? build_fetch(k, job, out, conf, token, outcome, why, err)
         : build_send(k, job, out, conf, token, err);

    if (rc != PL_OK && build_is_setup(err)) {
        *outcome = PL__OUTCOME__OUTCOME_ACCOUNT;
        *why = "its channel is not set up";
    }

    return rc == PL_OK ? PL_OK : PL_INVALID;
}


static pl_status_t
build_send(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_send_t  send;

    memset(&send, 0, sizeof(send));
    send.channel = conf->row;
    send.message = out->message;
    send.message_id = pl_outbox_message(out->attempt->effect);
    send.token = token;

    return conf->provider->build(k->sn->codec, &send, job->arena,
                                 &job->request, err);
}


/* Without a folder, or a provider for it, it waits: nginx.conf may change. */

static pl_status_t
build_fetch(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, Pl__Outcome *outcome,
    const char **why, pl_err_t *err)
{
    pl_fetch_t                 what;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(pl_fold_settings(k->fold));

    if (global == NULL || global->media_dir == NULL
        || global->media_dir[0] == '\0' || conf->provider->files == NULL)
    {
        *outcome = PL__OUTCOME__OUTCOME_RETRY;
        *why = "no folder for files is configured";
        return pl_err_set(err, PL_INVALID, "build", 0, "%s", *why);
    }

    memset(&what, 0, sizeof(what));
    what.channel = conf->row;
    what.media = pl_media_of(out->message->content, &what.kind);
    what.token = token;

    if (what.media == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the message has no file");
    }

    return pls_fetch_make(job, conf->provider->files, &what,
                          global->media_dir,
                          global->has_media_max ? global->media_max
                                                : PL_MEDIA_MAX,
                          k->epoch, err);
}


/* A channel without a token has an empty one: its provider decides. */

static pl_status_t
build_token(pls_keeper_t *k, const pl_channel_conf_t *conf, pl_arena_t *ar,
    pl_str_t *token, pl_err_t *err)
{
    char                     aad[PL_SETTINGS_AAD_MAX];
    pl_str_t                 sealed;
    pl_status_t              rc;
    const pl_tenant_conf_t  *tenant;

    *token = PL_STR_NULL;

    if (!conf->row->has_token || conf->row->token.len == 0) {
        return PL_OK;
    }

    tenant = pl_settings_tenant(pl_fold_settings(k->fold), conf->tenant);
    if (tenant == NULL) {
        return pl_err_set(err, PL_FOREIGN, "token", 0,
                          "the channel's tenant is unknown");
    }

    rc = build_key(k, err);
    if (rc != PL_OK) {
        return rc;
    }

    sealed.data = conf->row->token.data;
    sealed.len = conf->row->token.len;

    rc = pl_crypto_open(k->key, pl_settings_token_aad(aad, tenant->row->name,
                                                      conf->row->name),
                        sealed, ar, token, err);
    if (rc != PL_OK) {
        k->has_key = false;             /* the file may have been put right */
    }

    return rc;
}


/* Read once for each generation of the settings. */

static pl_status_t
build_key(pls_keeper_t *k, pl_err_t *err)
{
    int                        n;
    char                       path[PLS_PATH_MAX];
    uint32_t                   generation;
    pl_status_t                rc;
    const pl_settings_t       *settings;
    const Pl__GlobalSettings  *global;

    settings = pl_fold_settings(k->fold);
    generation = pl_settings_generation(settings);

    if (k->has_key && k->key_generation == generation) {
        return PL_OK;
    }

    global = pl_settings_global(settings);

    if (global != NULL && global->key_file != NULL
        && global->key_file[0] != '\0')
    {
        n = snprintf(path, sizeof(path), "%s", global->key_file);
    } else {
        n = snprintf(path, sizeof(path), "%s/key", pl_store_dir(k->st));
    }

    if (n < 0 || (size_t) n >= sizeof(path)) {
        return pl_err_set(err, PL_TOOBIG, "key", 0, "the path is too long");
    }

    rc = pl_crypto_key_read(path, k->key, err);
    if (rc == PL_OK) {
        k->has_key = true;
        k->key_generation = generation;
    }

    return rc;
}


/* The path of the field that a channel's build names. */

static bool
build_is_setup(const pl_err_t *err)
{
    return strncmp(err->path, "channel.", sizeof("channel.") - 1) == 0
           || strcmp(err->path, "token") == 0;
}
