/*
 * The configuration as a SettingsPublish: what the journal carries so that
 * the fold, the sender and parleyctl know what nginx.conf said. Tokens are
 * sealed under the key; the digest holds a MAC of each in their stead, so
 * that a reload which changes nothing changes nothing.
 */

#include "../core/crypto.h"
#include "../engine/settings.h"
#include "ngx_http_parley.h"


typedef struct {
    const uint8_t   *key;
    pl_mac_t        *mac;
    pl_arena_t      *arena;
    pl_str_t        *tokens;        /* MACs, in order of the tree */
    size_t           n_tokens;
    pl_err_t        *err;
} ngx_http_parley_publish_t;


static pl_status_t ngx_http_parley_publish_words(
    ngx_http_parley_publish_t *pub, const ngx_array_t *list, char ***out,
    size_t *n);
static pl_status_t ngx_http_parley_publish_limits(
    ngx_http_parley_publish_t *pub, const ngx_http_parley_main_conf_t *pmcf,
    Pl__SettingsPublish *sp);
static pl_status_t ngx_http_parley_publish_tenants(
    ngx_http_parley_publish_t *pub, const ngx_http_parley_main_conf_t *pmcf,
    Pl__SettingsPublish *sp);
static void ngx_http_parley_publish_terms(ngx_http_parley_tenant_t *tenant,
    Pl__TenantSettings *ts);
static pl_status_t ngx_http_parley_publish_tenant(
    ngx_http_parley_publish_t *pub, ngx_http_parley_tenant_t *tenant,
    Pl__TenantSettings **out);
static pl_status_t ngx_http_parley_publish_channel(
    ngx_http_parley_publish_t *pub, ngx_http_parley_tenant_t *tenant,
    ngx_http_parley_channel_t *ch, Pl__ChannelSettings **out);
static char *ngx_http_parley_publish_some(const ngx_str_t *value);
static pl_status_t ngx_http_parley_publish_retries(
    ngx_http_parley_publish_t *pub, ngx_http_parley_channel_t *ch,
    Pl__ChannelSettings *cs);
static pl_status_t ngx_http_parley_publish_token(
    ngx_http_parley_publish_t *pub, ngx_http_parley_tenant_t *tenant,
    ngx_http_parley_channel_t *ch, Pl__ChannelSettings *cs);
static pl_status_t ngx_http_parley_publish_flow(
    ngx_http_parley_publish_t *pub, ngx_http_parley_flow_t *flow,
    Pl__FlowSettings **out);
static pl_status_t ngx_http_parley_publish_full(
    ngx_http_parley_publish_t *pub);


pl_status_t
ngx_http_parley_publish(const ngx_http_parley_main_conf_t *pmcf,
    const uint8_t *key, pl_arena_t *ar, Pl__SettingsPublish **publish,
    pl_err_t *err)
{
    uint8_t                    *digest;
    pl_str_t                    mac_key;
    pl_status_t                 rc;
    Pl__SettingsPublish        *sp;
    ngx_http_parley_publish_t   pub = { 0 };

    pub.key = key;
    pub.arena = ar;
    pub.err = err;

    sp = pl_arena_alloc(ar, sizeof(Pl__SettingsPublish));
    digest = pl_arena_zalloc(ar, PL_SHA256_LEN);

    if (sp == NULL || digest == NULL) {
        return ngx_http_parley_publish_full(&pub);
    }

    pl__settings_publish__init(sp);

    sp->cycle.data = (uint8_t *) pmcf->cycle;
    sp->cycle.len = sizeof(pmcf->cycle);
    sp->digest.data = digest;
    sp->digest.len = PL_SHA256_LEN;
    sp->journal_keep_ms = (int64_t) pmcf->journal_keep;

    rc = ngx_http_parley_publish_limits(&pub, pmcf, sp);
    if (rc != PL_OK) {
        return rc;
    }

    if (pmcf->media.len) {
        sp->media_dir = (char *) pmcf->media.data;
    }

    if (pmcf->media_max) {
        sp->has_media_max = 1;
        sp->media_max = pmcf->media_max;
    }

    sp->twilio_callback = (char *) pmcf->callback.data;

    if (pmcf->key_file.len) {
        sp->key_file = (char *) pmcf->key_file.data;
    }

    mac_key.data = key;
    mac_key.len = PL_KEY_LEN;

    pub.mac = pl_mac_create(mac_key);
    if (pub.mac == NULL) {
        return pl_err_set(err, PL_IO, "settings", 0, "libcrypto failed");
    }

    rc = ngx_http_parley_publish_tenants(&pub, pmcf, sp);

    if (rc == PL_OK) {
        rc = pl_settings_digest(sp, pub.tokens, pub.n_tokens, digest);

        if (rc != PL_OK) {
            rc = pl_err_set(err, rc, "settings", 0, "no digest of them");
        }
    }

    pl_mac_destroy(pub.mac);

    *publish = sp;

    return rc;
}


/* Words of nginx.conf have a zero behind them. list may be NULL. */

static pl_status_t
ngx_http_parley_publish_words(ngx_http_parley_publish_t *pub,
    const ngx_array_t *list, char ***out, size_t *n)
{
    ngx_str_t   *word;
    ngx_uint_t   i;

    if (list == NULL) {
        return PL_OK;
    }

    word = list->elts;

    *out = pl_arena_alloc(pub->arena, list->nelts * sizeof(char *));
    if (*out == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    for (i = 0; i < list->nelts; i++) {
        (*out)[i] = (char *) word[i].data;
    }

    *n = list->nelts;

    return PL_OK;
}


static pl_status_t
ngx_http_parley_publish_limits(ngx_http_parley_publish_t *pub,
    const ngx_http_parley_main_conf_t *pmcf, Pl__SettingsPublish *sp)
{
    Pl__Keep  *keep;

    keep = pl_arena_alloc(pub->arena, sizeof(Pl__Keep));
    if (keep == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    if (pmcf->unsubscribe.len) {
        sp->unsubscribe_url = (char *) pmcf->unsubscribe.data;
    }

    pl__keep__init(keep);
    sp->keep = keep;

    keep->changes_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_CHANGES];
    keep->has_changes_ms = keep->changes_ms > 0;
    keep->audit_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_AUDIT];
    keep->has_audit_ms = keep->audit_ms > 0;
    keep->counters_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_COUNTERS];
    keep->has_counters_ms = keep->counters_ms > 0;
    keep->quarantine_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_QUARANTINE];
    keep->has_quarantine_ms = keep->quarantine_ms > 0;
    keep->dead_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_DEAD];
    keep->has_dead_ms = keep->dead_ms > 0;
    keep->messages_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_MESSAGES];
    keep->has_messages_ms = keep->messages_ms > 0;
    keep->contacts_ms = pmcf->keep[NGX_HTTP_PARLEY_KEEP_CONTACTS];
    keep->has_contacts_ms = keep->contacts_ms > 0;

    if (pmcf->store_size) {
        sp->has_store_size = 1;
        sp->store_size = pmcf->store_size;
    }

    sp->has_journal_keep_bytes = pmcf->journal_keep_bytes != 0;
    sp->journal_keep_bytes = pmcf->journal_keep_bytes;
    sp->has_mark_warn = 1;
    sp->mark_warn = pmcf->marks[0];
    sp->has_mark_hold = 1;
    sp->mark_hold = pmcf->marks[1];
    sp->has_mark_refuse = 1;
    sp->mark_refuse = pmcf->marks[2];

    if (ngx_http_parley_publish_words(pub, pmcf->old_key_files,
                                      &sp->old_key_files,
                                      &sp->n_old_key_files)
        != PL_OK)
    {
        return PL_NOMEM;
    }

    return ngx_http_parley_publish_words(pub, pmcf->subscriptions_allow,
                                         &sp->subscriptions_allow,
                                         &sp->n_subscriptions_allow);
}


static pl_status_t
ngx_http_parley_publish_tenants(ngx_http_parley_publish_t *pub,
    const ngx_http_parley_main_conf_t *pmcf, Pl__SettingsPublish *sp)
{
    size_t                     n;
    ngx_uint_t                 i;
    pl_status_t                rc;
    ngx_http_parley_tenant_t  *tenants;

    tenants = pmcf->tenants.elts;

    for (n = 0, i = 0; i < pmcf->tenants.nelts; i++) {
        n += tenants[i].channels.nelts;
    }

    pub->tokens = pl_arena_alloc(pub->arena, n * sizeof(pl_str_t));

    sp->n_tenants = pmcf->tenants.nelts;
    sp->tenants = pl_arena_alloc(pub->arena,
                                 sp->n_tenants * sizeof(*sp->tenants));

    if (pub->tokens == NULL || sp->tenants == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    for (i = 0; i < pmcf->tenants.nelts; i++) {
        rc = ngx_http_parley_publish_tenant(pub, &tenants[i],
                                            &sp->tenants[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return PL_OK;
}


static pl_status_t
ngx_http_parley_publish_tenant(ngx_http_parley_publish_t *pub,
    ngx_http_parley_tenant_t *tenant, Pl__TenantSettings **out)
{
    ngx_uint_t                  i;
    pl_status_t                 rc;
    Pl__TenantSettings         *ts;
    ngx_http_parley_flow_t     *flows;
    ngx_http_parley_channel_t  *channels;

    ts = pl_arena_alloc(pub->arena, sizeof(Pl__TenantSettings));
    if (ts == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    pl__tenant_settings__init(ts);

    ts->name = (char *) tenant->name.data;

    if (tenant->time_zone.len) {
        ts->time_zone = (char *) tenant->time_zone.data;
    }

    if (tenant->calling_code.len) {
        ts->calling_code = (char *) tenant->calling_code.data;
    }

    ngx_http_parley_publish_terms(tenant, ts);

    ts->policy = tenant->policy;
    ts->keep = tenant->keep;
    ts->limits = tenant->limits;

    ts->n_channels = tenant->channels.nelts;
    ts->channels = pl_arena_alloc(pub->arena,
                                  ts->n_channels * sizeof(*ts->channels));
    ts->n_flows = tenant->flows.nelts;
    ts->flows = pl_arena_alloc(pub->arena,
                               ts->n_flows * sizeof(*ts->flows));

    if (ts->channels == NULL || ts->flows == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    channels = tenant->channels.elts;

    for (i = 0; i < tenant->channels.nelts; i++) {
        rc = ngx_http_parley_publish_channel(pub, tenant, &channels[i],
                                             &ts->channels[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    flows = tenant->flows.elts;

    for (i = 0; i < tenant->flows.nelts; i++) {
        rc = ngx_http_parley_publish_flow(pub, &flows[i], &ts->flows[i]);
        if (rc != PL_OK) {
            return rc;
        }
    }

    *out = ts;

    return PL_OK;
}


/* What is absent says the default, as the first settings did. */

static void
ngx_http_parley_publish_terms(ngx_http_parley_tenant_t *tenant,
    Pl__TenantSettings *ts)
{
    if (tenant->rate != 0) {
        ts->has_rate_per_s = 1;
        ts->rate_per_s = (uint32_t) tenant->rate;
    }

    if (tenant->weight != 1) {
        ts->has_weight = 1;
        ts->weight = (uint32_t) tenant->weight;
    }

    if (tenant->sandbox) {
        ts->has_sandbox = 1;
        ts->sandbox = 1;
    }

    ts->n_stop_phrases = tenant->n_stop_phrases;
    ts->stop_phrases = tenant->stop_phrases;
    ts->stop_text = (char *) tenant->stop_text.data;
    ts->start_text = (char *) tenant->start_text.data;
    ts->help_text = (char *) tenant->help_text.data;
    ts->language = (char *) tenant->language.data;
}


static pl_status_t
ngx_http_parley_publish_channel(ngx_http_parley_publish_t *pub,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_channel_t *ch,
    Pl__ChannelSettings **out)
{
    Pl__ChannelSettings  *cs;

    cs = pl_arena_alloc(pub->arena, sizeof(Pl__ChannelSettings));
    if (cs == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    pl__channel_settings__init(cs);

    cs->name = (char *) ch->name.data;
    cs->provider = (char *) ch->provider->name;
    cs->account = (char *) ch->phone_number_id.data;
    cs->api_base_url = (char *) ch->api_base_url.data;
    cs->api_version = (char *) ch->api_version.data;
    cs->connect_timeout_ms = (uint32_t) ch->api_connect_timeout;
    cs->timeout_ms = (uint32_t) ch->api_timeout;
    cs->rate_per_s = (uint32_t) ch->rate;
    cs->has_traceparent = cs->traceparent = (ch->traceparent == 1);

    cs->policy = ch->policy;
    cs->from_name = ngx_http_parley_publish_some(&ch->from_name);
    cs->user = ngx_http_parley_publish_some(&ch->user);
    cs->reply_address = ngx_http_parley_publish_some(&ch->reply_address);
    cs->callback_url = (char *) ch->callback.data;
    cs->service = (char *) ch->service.data;
    cs->has_smart = cs->smart = (ch->smart == 1);
    cs->has_subaccounts = cs->subaccounts = (ch->subaccounts == 1);
    cs->sandbox = ngx_http_parley_publish_some(&ch->sandbox);

    if (ch->waba_id.len) {
        cs->waba_id = (char *) ch->waba_id.data;
    }

    if (ch->unknown_after) {
        cs->has_unknown_resend_ms = 1;
        cs->unknown_resend_ms = (int64_t) ch->unknown_after;
    }

    if (ngx_http_parley_publish_retries(pub, ch, cs) != PL_OK) {
        return ngx_http_parley_publish_full(pub);
    }

    *out = cs;

    return ngx_http_parley_publish_token(pub, tenant, ch, cs);
}


static char *
ngx_http_parley_publish_some(const ngx_str_t *value)
{
    return value->len ? (char *) value->data : NULL;
}


/* All rows, so that the settings show what holds. */

static pl_status_t
ngx_http_parley_publish_retries(ngx_http_parley_publish_t *pub,
    ngx_http_parley_channel_t *ch, Pl__ChannelSettings *cs)
{
    size_t               i;
    const pl_retry_t    *row;
    Pl__RetrySettings   *rs;

    rs = pl_arena_alloc(pub->arena, PL_RETRY_CLASSES * sizeof(*rs));
    cs->retries = pl_arena_alloc(pub->arena,
                                 PL_RETRY_CLASSES * sizeof(*cs->retries));

    if (rs == NULL || cs->retries == NULL) {
        return PL_NOMEM;
    }

    cs->n_retries = PL_RETRY_CLASSES;

    for (i = 0; i < PL_RETRY_CLASSES; i++) {
        row = &ch->retries.rows[i];

        pl__retry_settings__init(&rs[i]);
        rs[i].of = row->of;
        rs[i].first_ms = row->first_ms;
        rs[i].factor = row->factor;
        rs[i].max_ms = row->max_ms;
        rs[i].attempts = row->attempts;
        rs[i].age_ms = row->age_ms;

        cs->retries[i] = &rs[i];
    }

    return PL_OK;
}


static pl_status_t
ngx_http_parley_publish_token(ngx_http_parley_publish_t *pub,
    ngx_http_parley_tenant_t *tenant, ngx_http_parley_channel_t *ch,
    Pl__ChannelSettings *cs)
{
    char          aad[PL_SETTINGS_AAD_MAX];
    uint8_t      *sum;
    pl_str_t      row, token, sealed;
    pl_status_t   rc;

    sum = pl_arena_alloc(pub->arena, PL_SHA256_LEN);
    if (sum == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    token = ngx_http_parley_str(&ch->token);

    rc = pl_mac_sum(pub->mac, &token, 1, sum);
    if (rc != PL_OK) {
        return pl_err_set(pub->err, rc, "settings", 0, "libcrypto failed");
    }

    pub->tokens[pub->n_tokens].data = sum;
    pub->tokens[pub->n_tokens].len = PL_SHA256_LEN;
    pub->n_tokens++;

    row = pl_settings_token_aad(aad, (const char *) tenant->name.data,
                                (const char *) ch->name.data);

    rc = pl_crypto_seal(pub->key, row, token, pub->arena, &sealed, pub->err);
    if (rc != PL_OK) {
        return rc;
    }

    cs->has_token_mac = 1;
    cs->token_mac.data = sum;
    cs->token_mac.len = PL_TOKEN_MAC_LEN;

    cs->has_token = 1;
    cs->token.data = (uint8_t *) sealed.data;
    cs->token.len = sealed.len;

    return PL_OK;
}


static pl_status_t
ngx_http_parley_publish_flow(ngx_http_parley_publish_t *pub,
    ngx_http_parley_flow_t *flow, Pl__FlowSettings **out)
{
    Pl__FlowSettings  *fs;

    fs = pl_arena_alloc(pub->arena, sizeof(Pl__FlowSettings));
    if (fs == NULL) {
        return ngx_http_parley_publish_full(pub);
    }

    pl__flow_settings__init(fs);

    fs->name = (char *) flow->name.data;
    fs->file = (char *) flow->file.data;
    fs->json.data = flow->json.data;
    fs->json.len = flow->json.len;

    *out = fs;

    return PL_OK;
}


static pl_status_t
ngx_http_parley_publish_full(ngx_http_parley_publish_t *pub)
{
    return pl_err_set(pub->err, PL_NOMEM, "settings", 0,
                      "the configuration is too large");
}
