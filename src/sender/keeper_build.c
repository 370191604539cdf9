/*
 * From a row of `attempts` to a request (see keeper.h). What a person set up
 * wrongly (token, key, URL) is the account's fault and pauses the channel;
 * what cannot be said on it is the message's, for good.
 */

#include <stdio.h>
#include <string.h>

#include "../channel/mail.h"
#include "../channel/smtp.h"
#include "../channel/unsubscribe.h"
#include "../core/str.h"
#include "../engine/media.h"
#include "../engine/subaccount.h"
#include "../engine/upload.h"
#include "fetch_step.h"
#include "keeper_impl.h"
#include "mail_source.h"
#include "upload.h"

/*
 * The paths of errors that pass: the next load of nginx.conf may mend one,
 * and a file whose upload was forgotten since is uploaded anew.
 */
#define BUILD_LATER  "parley_media"
#define BUILD_AGAIN  "uploads"

#define BUILD_TRACE  "traceparent: "

/* A kind of effect: what makes its request, and how its answer is taken. */
typedef struct {
    Pl__Effect__OfCase   of;
    size_t               answer_max;
    pl_status_t        (*build)(pls_keeper_t *k, pls_job_t *job,
                                const pl_outgoing_t *out,
                                const pl_channel_conf_t *conf,
                                pl_str_t token, pl_err_t *err);
} build_kind_t;

static const build_kind_t *build_kind(const Pl__Effect *effect);
static pl_status_t build_message(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_proof(pls_keeper_t *k,
    const pl_channel_conf_t *conf, uint64_t message, char *proof,
    pl_err_t *err);
static pl_status_t build_unsubscribe(pls_keeper_t *k, pls_job_t *job,
    const Pl__Message *message, const char **url, pl_err_t *err);
static pl_status_t build_files(pls_keeper_t *k, pls_job_t *job,
    pl_err_t *err);
static pl_status_t build_trace(pls_job_t *job, const char *traceparent,
    pl_err_t *err);
static pl_status_t build_templates(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_submit(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_seen(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_reconcile(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_account(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_fetch(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static pl_status_t build_upload(pls_keeper_t *k, pls_job_t *job,
    const pl_outgoing_t *out, const pl_channel_conf_t *conf, pl_str_t token,
    pl_err_t *err);
static const Pl__GlobalSettings *build_folder(pls_keeper_t *k,
    pl_err_t *err);
static pl_status_t build_token(pls_keeper_t *k,
    const pl_channel_conf_t *conf, pl_arena_t *ar, pl_str_t *token,
    pl_err_t *err);
static pl_status_t build_key(pls_keeper_t *k, pl_err_t *err);
static bool build_is_setup(const pl_err_t *err);


static const build_kind_t build_kinds[] = {
    { PL__EFFECT__OF_SEND_MESSAGE, PLS_ANSWER_MAX, build_message },
    { PL__EFFECT__OF_FETCH_MEDIA, PLS_ANSWER_MAX, build_fetch },
    { PL__EFFECT__OF_UPLOAD_MEDIA, PLS_ANSWER_MAX, build_upload },
    { PL__EFFECT__OF_SYNC_TEMPLATES, PLS_ANSWER_LIST_MAX, build_templates },
    { PL__EFFECT__OF_SUBMIT_TEMPLATE, PLS_ANSWER_MAX, build_submit },
    { PL__EFFECT__OF_MARK_SEEN, PLS_ANSWER_MAX, build_seen },
    { PL__EFFECT__OF_RECONCILE, PLS_ANSWER_LIST_MAX, build_reconcile },
    { PL__EFFECT__OF_MAKE_ACCOUNT, PLS_ANSWER_MAX, build_account },
};


pl_status_t
pls_keeper_build(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    Pl__Outcome *outcome, const char **why, pl_err_t *err)
{
    pl_str_t                  token;
    pl_status_t               rc;
    const build_kind_t       *kind;
    const pl_channel_conf_t  *conf;

    kind = build_kind(out->attempt->effect);
    conf = pl_settings_channel(pl_fold_settings(k->fold),
                               out->attempt->effect->channel);

    *outcome = PL__OUTCOME__OUTCOME_PERMANENT;
    *why = "cannot be built";

    if (kind == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "an effect of no kind that is known");
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
    job->answer_max = kind->answer_max;
    job->connect_timeout_ms = conf->row->connect_timeout_ms;
    job->timeout_ms = conf->row->timeout_ms;

    rc = kind->build(k, job, out, conf, token, err);
    if (rc == PL_OK) {
        return PL_OK;
    }

    if (build_is_setup(err)) {
        *outcome = PL__OUTCOME__OUTCOME_ACCOUNT;
        *why = "its channel is not set up";

    } else if (strcmp(err->path, BUILD_LATER) == 0) {
        *outcome = PL__OUTCOME__OUTCOME_RETRY;
        *why = "no folder for files is configured";

    } else if (strcmp(err->path, BUILD_AGAIN) == 0) {
        *outcome = PL__OUTCOME__OUTCOME_RETRY;
        *why = "its file has to be uploaded again";
    }

    return PL_INVALID;
}


/* Where it cannot be sealed the accounts are looked for again later. */

void
pls_keeper_seal(pls_keeper_t *k, pls_job_t *job)
{
    char               aad[PL_SUBACCOUNT_AAD_MAX];
    size_t             i;
    pl_err_t           err;
    pl_str_t           sealed;
    pl_status_t        rc = PL_OK;
    Pl__MadeAccount   *made;

    for (i = 0; rc == PL_OK && i < job->result.n_accounts; i++) {
        made = job->result.accounts[i];

        rc = build_key(k, &err);

        if (rc == PL_OK) {
            rc = pl_crypto_seal(k->keys.keys[0],
                                pl_subaccount_aad(aad, made->sid),
                                (pl_str_t) { made->token.data,
                                             made->token.len },
                                job->arena, &sealed, &err);
        }

        if (rc == PL_OK) {
            made->token.data = (uint8_t *) (uintptr_t) sealed.data;
            made->token.len = sealed.len;
        }
    }

    if (rc != PL_OK) {
        job->result.n_accounts = 0;
        job->result.outcome = PL__OUTCOME__OUTCOME_RETRY;
        job->result.reason = (char *) (uintptr_t) "cannot be sealed";
    }

    job->sealed = true;
}


static const build_kind_t *
build_kind(const Pl__Effect *effect)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(build_kinds); i++) {
        if (build_kinds[i].of == effect->of_case) {
            return &build_kinds[i];
        }
    }

    return NULL;
}


static pl_status_t
build_message(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    char         mark[PL_MARK_SIZE], proof[PL_MAIL_PROOF_SIZE];
    pl_send_t    send;
    pl_status_t  rc;

    if (out->message == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the effect names no message");
    }

    if (pl_upload_ours(pl_upload_media(out->message->content, NULL))) {
        (void) pl_err_set(err, PL_INVALID, "build", 0,
                          "the message's file has no id");
        pl_err_path(err, BUILD_AGAIN);
        return PL_INVALID;
    }

    memset(&send, 0, sizeof(send));
    send.channel = conf->row;
    send.message = out->message;
    send.template = out->template;
    send.message_id = out->attempt->effect->send_message->message;
    send.mark = mark;
    send.token = token;

    pl_fold_mark(k->fold, mark);

    if (conf->provider->address == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL) {
        rc = build_proof(k, conf, send.message_id, proof, err);
        if (rc != PL_OK) {
            return rc;
        }

        send.proof = proof;

        rc = build_unsubscribe(k, job, out->message, &send.unsubscribe, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    job->classify = conf->provider->classify;

    rc = conf->provider->build(k->sn->codec, &send, job->arena,
                               &job->request, err);

    if (rc == PL_OK && job->request.mail != NULL) {
        rc = build_files(k, job, err);
    }

    return rc == PL_OK && conf->row->traceparent
           && out->message->traceparent != NULL
           ? build_trace(job, out->message->traceparent, err) : rc;
}


/* Under the store's key: who has it is who may open its tokens. */

static pl_status_t
build_proof(pls_keeper_t *k, const pl_channel_conf_t *conf, uint64_t message,
    char *proof, pl_err_t *err)
{
    pl_mac_t                *mac;
    pl_status_t              rc;
    const pl_tenant_conf_t  *tenant;

    tenant = pl_settings_tenant(pl_fold_settings(k->fold), conf->tenant);

    rc = tenant == NULL ? PL_FOREIGN : build_key(k, err);

    if (rc != PL_OK) {
        pl_err_path(err, "token");
        return PL_INVALID;
    }

    mac = pl_mac_create((pl_str_t) { k->keys.keys[0], PL_KEY_LEN });
    rc = mac == NULL ? PL_IO
         : pl_mail_proof(mac, pl_str_c(tenant->row->name),
                         pl_str_c(conf->row->name), message, proof);
    pl_mac_destroy(mac);

    return rc == PL_OK ? PL_OK
           : pl_err_set(err, PL_INVALID, "build", 0, "cannot sign");
}


/* Where nginx takes it: a location with parley_unsubscribe. */

static pl_status_t
build_unsubscribe(pls_keeper_t *k, pls_job_t *job, const Pl__Message *message,
    const char **url, pl_err_t *err)
{
    char                       token[PL_UNSUBSCRIBE_MAX];
    pl_mac_t                  *mac;
    pl_status_t                rc;
    pl_unsubscribe_t           of;
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(pl_fold_settings(k->fold));

    if (global == NULL || global->unsubscribe_url == NULL
        || !pl_smtp_marketing(message))
    {
        return PL_OK;
    }

    pl_fold_mark(k->fold, of.mark);
    of.tenant = message->tenant;
    of.channel = message->channel;
    of.contact = message->contact;

    mac = pl_mac_create((pl_str_t) { k->keys.keys[0], PL_KEY_LEN });
    rc = mac == NULL ? PL_IO : pl_unsubscribe_token(mac, &of, token);
    pl_mac_destroy(mac);

    *url = rc != PL_OK ? NULL
           : pl_arena_printf(job->arena, "%s?%s", global->unsubscribe_url,
                             token);

    return *url != NULL ? PL_OK
           : pl_err_set(err, PL_INVALID, "build", 0, "cannot sign");
}


static pl_status_t
build_files(pls_keeper_t *k, pls_job_t *job, pl_err_t *err)
{
    const Pl__GlobalSettings  *global;

    global = build_folder(k, err);

    return global == NULL ? PL_INVALID
           : pls_mail_source(job, global->media_dir, err);
}


/* One header more. */

static pl_status_t
build_trace(pls_job_t *job, const char *traceparent, pl_err_t *err)
{
    char         *line;
    size_t        n, len;
    const char  **headers;

    for (n = 0; job->request.headers != NULL
         && job->request.headers[n] != NULL; n++)
    {
        /* void */
    }

    len = sizeof(BUILD_TRACE) + strlen(traceparent);
    line = pl_arena_alloc(job->arena, len);
    headers = pl_arena_alloc(job->arena, (n + 2) * sizeof(*headers));

    if (line == NULL || headers == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0, "out of memory");
    }

    (void) snprintf(line, len, BUILD_TRACE "%s", traceparent);

    if (n != 0) {
        memcpy(headers, job->request.headers, n * sizeof(*headers));
    }

    headers[n] = line;
    headers[n + 1] = NULL;
    job->request.headers = headers;

    return PL_OK;
}


static pl_status_t
build_templates(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_listing_t              listing;
    const Pl__SyncTemplates  *page;

    (void) k;

    if (conf->provider->list == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the provider has no list of templates");
    }

    page = out->attempt->effect->sync_templates;

    listing.channel = conf->row;
    listing.token = token;
    listing.after = page->after;
    listing.limit = page->limit;

    job->classify = conf->provider->listed;

    return conf->provider->list(&listing, job->arena, &job->request, err);
}


static pl_status_t
build_submit(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_submit_t  submit;

    if (conf->provider->submit == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the provider takes no templates");
    }

    submit.channel = conf->row;
    submit.token = token;
    submit.draft = out->attempt->effect->submit_template->draft;

    job->classify = conf->provider->submitted;

    return conf->provider->submit(k->sn->codec, &submit, job->arena,
                                  &job->request, err);
}


/* The same request as a message makes, of a content that says so. */

static pl_status_t
build_seen(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    char          mark[PL_MARK_SIZE];
    pl_send_t     send;
    Pl__Content   content = PL__CONTENT__INIT;
    Pl__Message   message;
    Pl__Receipt   receipt = PL__RECEIPT__INIT;

    if (out->message == NULL || out->message->provider_id == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the effect names no message");
    }

    receipt.message_id = out->message->provider_id;
    content.type = (char *) "read";
    content.of_case = PL__CONTENT__OF_RECEIPT;
    content.receipt = &receipt;

    message = *out->message;
    message.content = &content;
    message.reply_to = NULL;

    memset(&send, 0, sizeof(send));
    send.channel = conf->row;
    send.message = &message;
    send.message_id = out->attempt->effect->mark_seen->message;
    send.mark = mark;
    send.token = token;

    pl_fold_mark(k->fold, mark);
    job->classify = conf->provider->classify;

    return conf->provider->build(k->sn->codec, &send, job->arena,
                                 &job->request, err);
}


static pl_status_t
build_reconcile(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_page_t              page;
    const pl_reconcile_t  *list = conf->provider->reconcile;

    (void) k;

    if (list == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the provider has no list of messages");
    }

    page.channel = conf->row;
    page.token = token;
    page.page = out->attempt->effect->reconcile;

    job->classify = page.page->missed == NULL ? list->listed : list->files;

    return list->list(&page, job->arena, &job->request, err);
}


static pl_status_t
build_account(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_account_ask_t         ask;
    const Pl__MakeAccount   *make;

    (void) k;

    if (conf->provider->accounts == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the provider's accounts make no others");
    }

    make = out->attempt->effect->make_account;

    ask.channel = conf->row;
    ask.token = token;
    ask.name = make->name;
    ask.create = make->create;

    job->sealed = false;
    job->classify = make->create ? conf->provider->accounts->made
                                 : conf->provider->accounts->found;

    return conf->provider->accounts->ask(&ask, job->arena, &job->request,
                                         err);
}


/* Without a folder it waits: nginx.conf may get one again. */

static pl_status_t
build_fetch(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_fetch_t                 what;
    const Pl__GlobalSettings  *global;

    global = build_folder(k, err);
    if (global == NULL) {
        return PL_INVALID;
    }

    memset(&what, 0, sizeof(what));
    what.channel = conf->row;
    what.token = token;
    what.media = out->message == NULL ? NULL
                 : pl_media_of(out->message->content, &what.kind);

    if (what.media == NULL || conf->provider->files == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the effect names no message with a file");
    }

    return pls_fetch_make(job, conf->provider->files, &what,
                          global->media_dir,
                          global->has_media_max ? global->media_max
                                                : PL_MEDIA_MAX,
                          k->epoch, err);
}


static pl_status_t
build_upload(pls_keeper_t *k, pls_job_t *job, const pl_outgoing_t *out,
    const pl_channel_conf_t *conf, pl_str_t token, pl_err_t *err)
{
    pl_upload_t                what;
    const Pl__UploadMedia     *media;
    const Pl__GlobalSettings  *global;

    global = build_folder(k, err);
    if (global == NULL) {
        return PL_INVALID;
    }

    if (conf->provider->uploads == NULL) {
        return pl_err_set(err, PL_INVALID, "build", 0,
                          "the provider takes no files");
    }

    media = out->attempt->effect->upload_media;

    what.channel = conf->row;
    what.token = token;
    what.file = media->file;
    what.mime_type = media->mime_type;

    return pls_upload_make(job, conf->provider->uploads, &what,
                           global->media_dir, media->bytes, k->epoch, err);
}


/* Who names the folder of files; NULL: nobody, and err says so. */

static const Pl__GlobalSettings *
build_folder(pls_keeper_t *k, pl_err_t *err)
{
    const Pl__GlobalSettings  *global;

    global = pl_settings_global(pl_fold_settings(k->fold));

    if (global != NULL && global->media_dir != NULL
        && global->media_dir[0] != '\0')
    {
        return global;
    }

    (void) pl_err_set(err, PL_INVALID, "build", 0, "is not configured");
    pl_err_path(err, BUILD_LATER);

    return NULL;
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

    rc = pl_keyring_open(&k->keys, pl_settings_token_aad(aad,
                             tenant->row->name, conf->row->name),
                         sealed, ar, token, NULL, err);
    if (rc != PL_OK) {
        k->has_key = false;             /* the file may have been put right */
    }

    return rc;
}


/* Read once for each generation of the settings. */

static pl_status_t
build_key(pls_keeper_t *k, pl_err_t *err)
{
    uint32_t              generation;
    pl_status_t           rc;
    const pl_settings_t  *settings;

    settings = pl_fold_settings(k->fold);
    generation = pl_settings_generation(settings);

    if (k->has_key && k->key_generation == generation) {
        return PL_OK;
    }

    rc = pl_keyring_read(&k->keys, pl_settings_global(settings),
                         pl_store_dir(k->st), err);

    k->has_key = (rc == PL_OK);
    k->key_generation = generation;

    return rc;
}


/* The path of the field that a channel's build names. */

static bool
build_is_setup(const pl_err_t *err)
{
    return strncmp(err->path, "channel.", sizeof("channel.") - 1) == 0
           || strcmp(err->path, "token") == 0;
}
