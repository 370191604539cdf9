/*
 * Parley in nginx: directives, configuration, and the hooks of a module.
 * What stands inside parley_tenant is in ngx_http_parley_conf.c; what a
 * worker does with all of it begins in ngx_http_parley_worker.c.
 */

#include "../core/str.h"
#include "ngx_http_parley_worker.h"


static ngx_int_t ngx_http_parley_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_parley_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_parley_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_parley_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_parley_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_http_parley_merge_noname(ngx_http_parley_loc_conf_t *prev,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);
static char *ngx_http_parley_merge_media(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf);
static char *ngx_http_parley_merge_webhook(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf);
static char *ngx_http_parley_merge_body(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_parley_main_conf_t *pmcf,
    ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_http_parley_init_module(ngx_cycle_t *cycle);
static char *ngx_http_parley_verify_token(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_parley_body_max(ngx_conf_t *cf, void *post, void *data);


static ngx_conf_post_t  ngx_http_parley_uri_p = {
    ngx_http_parley_check_uri
};

static ngx_conf_post_t  ngx_http_parley_verify_token_p = {
    ngx_http_parley_verify_token
};

static ngx_conf_post_t  ngx_http_parley_body_max_p = {
    ngx_http_parley_body_max
};


static ngx_conf_post_t  ngx_http_parley_public_p = {
    ngx_http_parley_public_check
};


static ngx_conf_post_t  ngx_http_parley_api_body_max_p = {
    ngx_http_parley_api_body_max
};


static ngx_command_t  ngx_http_parley_commands[] = {

    { ngx_string("parley_store"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_store,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_key_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_seal"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_parley_main_conf_t, seal),
      NULL },

    { ngx_string("parley_outbox"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_parley_main_conf_t, outbox),
      &ngx_http_parley_uri_p },

    { ngx_string("parley_journal_keep"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_journal_keep,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_keep"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE2,
      ngx_http_parley_keep,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_water_marks"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE3,
      ngx_http_parley_water_marks,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_append_queue"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_parley_append_queue,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_events"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1234|NGX_CONF_TAKE5,
      ngx_http_parley_events,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_media"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_media,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_subscriptions_allow"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_parley_subscriptions_allow,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_tenant"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_parley_tenant,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_webhook"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_webhook,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_app_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_app_secret_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_public_url"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_parley_loc_conf_t, public_url),
      &ngx_http_parley_public_p },

    { ngx_string("parley_verify_token"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_parley_loc_conf_t, verify_token),
      &ngx_http_parley_verify_token_p },

    { ngx_string("parley_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_parley_loc_conf_t, body_max),
      &ngx_http_parley_body_max_p },

    { ngx_string("parley_retry_after"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_parley_loc_conf_t, retry_after),
      NULL },

    { ngx_string("parley_sandbox"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE123,
      ngx_http_parley_sandbox,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_media_file"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_parley_media_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_parley_api,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_api_body_max"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_parley_loc_conf_t, api_body_max),
      &ngx_http_parley_api_body_max_p },

    { ngx_string("parley_api_cors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_parley_api_origins,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_api_jwks"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_parley_api_jwks,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_number_library"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_api_numbering,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_unsubscribe"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_parley_unsubscribe,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("parley_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_parley_metrics,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_parley_module_ctx = {
    ngx_http_parley_variables,             /* preconfiguration */
    ngx_http_parley_postconfiguration,     /* postconfiguration */

    ngx_http_parley_create_main_conf,      /* create main configuration */
    ngx_http_parley_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_parley_create_loc_conf,       /* create location configuration */
    ngx_http_parley_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_http_parley_module = {
    NGX_MODULE_V1,
    &ngx_http_parley_module_ctx,           /* module context */
    ngx_http_parley_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_parley_init_module,           /* init module */
    ngx_http_parley_worker_init,           /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_parley_task_exit,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Whatever needs a worker needs the counters, and thereby a zone. */

static ngx_int_t
ngx_http_parley_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    if (pmcf->store.len == 0
        && pmcf->metrics == 0
        && pmcf->sandboxes.nelts == 0)
    {
        return NGX_OK;
    }

    if (ngx_http_parley_conf_codec(cf) == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_parley_public_init(cf, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (pmcf->has_api && ngx_http_parley_api_create(cf, pmcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_parley_count_zone(cf, pmcf);
}


static void *
ngx_http_parley_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_parley_main_conf_t));
    if (pmcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     pmcf->store = { 0, NULL };
     *     pmcf->store_size = 0;
     *     pmcf->key_file = { 0, NULL };
     *     pmcf->old_key_files = NULL;
     *     pmcf->keys.n = 0;
     *     pmcf->callback = { 0, NULL };
     *     pmcf->subscriptions_allow = NULL;
     *     pmcf->outbox = { 0, NULL };
     *     pmcf->media = { 0, NULL };
     *     pmcf->media_max = 0;
     *     pmcf->queue_entries = 0;
     *     pmcf->queue_bytes = 0;
     *     pmcf->queue_asks = 0;
     *     pmcf->journal_keep_bytes = 0;
     *     pmcf->keep[] = 0;
     *     pmcf->marks[] = 0;
     *     pmcf->worker = NULL;
     */

    ngx_http_parley_known_init(pmcf);
    pmcf->seal = NGX_CONF_UNSET;
    pmcf->journal_keep = NGX_CONF_UNSET_MSEC;

    if (ngx_array_init(&pmcf->tenants, cf->pool, 4,
                       sizeof(ngx_http_parley_tenant_t))
        != NGX_OK
        || ngx_array_init(&pmcf->webhooks, cf->pool, 4,
                          sizeof(ngx_http_parley_loc_conf_t *))
           != NGX_OK
        || ngx_array_init(&pmcf->sandboxes, cf->pool, 1,
                          sizeof(ngx_http_parley_sandbox_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return pmcf;
}


static char *
ngx_http_parley_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_http_parley_tenant_t  *tenants;

    tenants = pmcf->tenants.elts;

    if (pmcf->tenants.nelts && pmcf->store.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"parley_store\" is defined for "
                      "the \"parley_tenant\" directive in %s:%ui",
                      tenants[0].conf_file, tenants[0].line);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(pmcf->journal_keep, PL_JOURNAL_KEEP_MS);

    if (pmcf->keep[NGX_HTTP_PARLEY_KEEP_CHANGES] == 0) {
        pmcf->keep[NGX_HTTP_PARLEY_KEEP_CHANGES] = PL_CHANGES_KEEP_MS;
    }

    if (pmcf->marks[0] == 0) {
        pmcf->marks[0] = PL_MARK_WARN_PERCENT;
        pmcf->marks[1] = PL_MARK_HOLD_PERCENT;
        pmcf->marks[2] = PL_MARK_REFUSE_PERCENT;
    }

    ngx_http_parley_events_defaults(&pmcf->events);

    if (pmcf->queue_entries == 0) {
        pmcf->queue_entries = NGX_HTTP_PARLEY_QUEUE_ENTRIES;
    }

    if (pmcf->queue_bytes == 0) {
        pmcf->queue_bytes = NGX_HTTP_PARLEY_QUEUE_BYTES;
    }

    if (pmcf->queue_asks == 0) {
        pmcf->queue_asks = NGX_HTTP_PARLEY_QUEUE_ASKS;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_parley_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_parley_loc_conf_t  *plcf;

    plcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_parley_loc_conf_t));
    if (plcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     plcf->provider = NULL;
     *     plcf->verify_token = { 0, NULL };
     *     plcf->public_url = { 0, NULL };
     *     plcf->sandbox = NULL;
     *     plcf->media_file = 0;
     *     plcf->api = 0;
     */

    plcf->secrets = NGX_CONF_UNSET_PTR;
    plcf->body_max = NGX_CONF_UNSET_SIZE;
    plcf->retry_after = NGX_CONF_UNSET;
    plcf->api_body_max = NGX_CONF_UNSET_SIZE;
    plcf->api_cors = NGX_CONF_UNSET_PTR;

    return plcf;
}


static char *
ngx_http_parley_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_parley_loc_conf_t *prev = parent;
    ngx_http_parley_loc_conf_t *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    ngx_conf_merge_ptr_value(conf->secrets, prev->secrets, NULL);
    ngx_conf_merge_str_value(conf->verify_token, prev->verify_token, "");
    ngx_conf_merge_str_value(conf->public_url, prev->public_url, "");
    ngx_conf_merge_size_value(conf->body_max, prev->body_max,
                              NGX_CONF_UNSET_SIZE);
    ngx_conf_merge_sec_value(conf->retry_after, prev->retry_after,
                             NGX_HTTP_PARLEY_RETRY_AFTER);

    ngx_conf_merge_size_value(conf->api_body_max, prev->api_body_max,
                              NGX_HTTP_PARLEY_API_BODY);
    ngx_conf_merge_ptr_value(conf->api_cors, prev->api_cors, NULL);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    ngx_http_parley_merge_noname(prev, conf, clcf);

    if (conf->sandbox) {
        clcf->client_max_body_size = NGX_HTTP_PARLEY_INLINE_MAX;
        clcf->client_body_buffer_size = NGX_HTTP_PARLEY_INLINE_MAX;
    }

    if (conf->media_file) {
        return ngx_http_parley_merge_media(cf, conf);
    }

    if (conf->api) {
        return ngx_http_parley_api_merge(cf, conf, clcf);
    }

    if (conf->provider == NULL) {
        return conf->unsubscribe
               ? ngx_http_parley_unsubscribe_merge(cf, conf, clcf)
               : NGX_CONF_OK;
    }

    return ngx_http_parley_merge_webhook(cf, conf, clcf);
}


/* "if" and "limit_except" are locations of the same handler. */

static void
ngx_http_parley_merge_noname(ngx_http_parley_loc_conf_t *prev,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf)
{
    if (!clcf->noname || clcf->handler != NULL) {
        return;
    }

    if (prev->provider && conf->provider == NULL) {
        conf->provider = prev->provider;
        conf->header = prev->header;
        conf->header_hash = prev->header_hash;
        conf->beside = prev->beside;
        conf->beside_hash = prev->beside_hash;
        conf->stamp = prev->stamp;
        conf->stamp_hash = prev->stamp_hash;
        conf->tenant = prev->tenant;
        conf->file = prev->file;
        conf->line = prev->line;
        clcf->handler = ngx_http_parley_webhook_handler;
    }

    if (prev->media_file && !conf->media_file) {
        conf->media_file = 1;
        conf->file = prev->file;
        conf->line = prev->line;
        clcf->handler = ngx_http_parley_media_handler;
    }

    if (prev->api && !conf->api) {
        conf->api = 1;
        conf->file = prev->file;
        conf->line = prev->line;
        clcf->handler = ngx_http_parley_api_handler;
    }
}


static char *
ngx_http_parley_merge_media(ngx_conf_t *cf, ngx_http_parley_loc_conf_t *conf)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    if (pmcf->media.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"parley_media\" is defined for "
                      "the \"parley_media_file\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_merge_webhook(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *conf, ngx_http_core_loc_conf_t *clcf)
{
    ngx_http_parley_loc_conf_t   **webhook;
    ngx_http_parley_main_conf_t   *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    if (pmcf->store.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"parley_store\" is defined for "
                      "the \"parley_webhook\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (conf->provider->by_account) {
        if (conf->public_url.len == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "no \"parley_public_url\" is defined for "
                          "the \"parley_webhook\" directive in %s:%ui",
                          conf->file, conf->line);
            return NGX_CONF_ERROR;
        }

    } else if (conf->secrets == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"parley_app_secret_file\" is defined for "
                      "the \"parley_webhook\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (clcf->handler != ngx_http_parley_webhook_handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "another handler of this location replaces "
                      "the \"parley_webhook\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_parley_merge_body(cf, conf, pmcf, clcf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    conf->name = clcf->name;

    webhook = ngx_array_push(&pmcf->webhooks);
    if (webhook == NULL) {
        return NGX_CONF_ERROR;
    }

    *webhook = conf;

    return NGX_CONF_OK;
}


/*
 * Larger bodies than the journal takes are those whose files go elsewhere.
 * Locations within inherit what was said, and no default of this one's.
 */

static char *
ngx_http_parley_merge_body(ngx_conf_t *cf, ngx_http_parley_loc_conf_t *conf,
    ngx_http_parley_main_conf_t *pmcf, ngx_http_core_loc_conf_t *clcf)
{
    size_t      body_max;
    ngx_uint_t  sifts;

    sifts = conf->provider->sift && pmcf->media.len;
    body_max = conf->body_max;

    if (body_max == NGX_CONF_UNSET_SIZE) {
        body_max = sifts ? NGX_HTTP_PARLEY_MAIL_BODY : PL_BODY_MAX;
    }

    if (body_max > PL_BODY_MAX && !sifts) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"parley_body_max\" of more than 3m needs a provider "
                      "of mail and \"parley_media\", for "
                      "the \"parley_webhook\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    /* whatever client_max_body_size says: a signed body is not refused */

    clcf->client_max_body_size = (off_t) body_max;

    return NGX_CONF_OK;
}


/* Runs under "nginx -t" as well, which leaves the store alone. */

static ngx_int_t
ngx_http_parley_init_module(ngx_cycle_t *cycle)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_parley_module);

    if (pmcf && pmcf->store.len && !ngx_test_config) {
        ngx_http_parley_file_store(cycle, &pmcf->store);

        if (pmcf->media.len) {
            ngx_http_parley_file_store(cycle, &pmcf->media);
        }
    }

    return NGX_OK;
}


static char *
ngx_http_parley_verify_token(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *token = data;

    return token->len ? NGX_CONF_OK : "must not be empty";
}


static char *
ngx_http_parley_body_max(ngx_conf_t *cf, void *post, void *data)
{
    size_t *size = data;

    if (*size == 0 || *size > PL_SIFT_MAX) {
        return "must be at least 1 and at most 3m, of mail 36m";
    }

    return NGX_CONF_OK;
}
