/*
 * parley_tenant, and what stands inside: rows in contexts of Parley's own.
 * They belong to a module of their own type, so that nginx's parser finds
 * them by the same rules as its own (arity, context, duplicates, "include")
 * and a directive of another module never strays in.
 */

#include "../core/str.h"
#include "ngx_http_parley.h"

#define NGX_HTTP_PARLEY_TENANT_MODULE  0x4c524150   /* "PARL" */

#define NGX_HTTP_PARLEY_TENANT_CONF    0x02000000
#define NGX_HTTP_PARLEY_CHANNEL_CONF   0x04000000

#define NGX_HTTP_PARLEY_TENANT_OFFSET                                         \
    offsetof(ngx_http_parley_conf_ctx_t, tenant_conf)
#define NGX_HTTP_PARLEY_CHANNEL_OFFSET                                        \
    offsetof(ngx_http_parley_conf_ctx_t, channel_conf)

#define NGX_HTTP_PARLEY_RATE_MAX       10000        /* per second */
#define NGX_HTTP_PARLEY_WEIGHT_MAX     100


/* Arrays by ctx_index, as ngx_http_conf_ctx_t has them. */
typedef struct {
    void                         **tenant_conf;
    void                         **channel_conf;
    ngx_http_parley_main_conf_t   *main;
    ngx_http_parley_tenant_t      *tenant;
} ngx_http_parley_conf_ctx_t;


static char *ngx_http_parley_conf_block(ngx_conf_t *cf,
    ngx_http_parley_conf_ctx_t *ctx, ngx_uint_t type);
static char *ngx_http_parley_conf_channel(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_conf_post_t  ngx_http_parley_conf_zone_p = {
    ngx_http_parley_check_zone
};

static ngx_conf_post_t  ngx_http_parley_conf_code_p = {
    ngx_http_parley_check_code
};

static ngx_conf_post_t  ngx_http_parley_conf_id_p = {
    ngx_http_parley_check_id
};

static ngx_conf_post_t  ngx_http_parley_conf_url_p = {
    ngx_http_parley_check_url
};

static ngx_conf_post_t  ngx_http_parley_conf_version_p = {
    ngx_http_parley_check_version
};

static ngx_conf_post_t  ngx_http_parley_conf_text_p = {
    ngx_http_parley_check_text
};

static ngx_conf_post_t  ngx_http_parley_conf_language_p = {
    ngx_http_parley_check_language
};

static ngx_conf_post_t  ngx_http_parley_conf_timeout_p = {
    ngx_http_parley_check_timeout
};

static ngx_conf_num_bounds_t  ngx_http_parley_conf_rate_bounds = {
    ngx_conf_check_num_bounds, 1, NGX_HTTP_PARLEY_RATE_MAX
};

static ngx_conf_num_bounds_t  ngx_http_parley_conf_weight_bounds = {
    ngx_conf_check_num_bounds, 1, NGX_HTTP_PARLEY_WEIGHT_MAX
};


static ngx_command_t  ngx_http_parley_tenant_commands[] = {

    { ngx_string("time_zone"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, time_zone),
      &ngx_http_parley_conf_zone_p },

    { ngx_string("calling_code"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, calling_code),
      &ngx_http_parley_conf_code_p },

    { ngx_string("rate"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, rate),
      &ngx_http_parley_conf_rate_bounds },

    { ngx_string("weight"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, weight),
      &ngx_http_parley_conf_weight_bounds },

    { ngx_string("limits"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE123,
      ngx_http_parley_tenant_limits,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("quiet_hours"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_1MORE,
      ngx_http_parley_quiet_hours,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, policy),
      NULL },

    { ngx_string("quiet"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE2,
      ngx_http_parley_quiet,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("business_hours"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_1MORE,
      ngx_http_parley_business_hours,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, policy),
      NULL },

    { ngx_string("consent"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE2,
      ngx_http_parley_consent,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("cap"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE5|NGX_CONF_TAKE6,
      ngx_http_parley_cap,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("forbid_file"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_forbid_file,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("templates_file"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_templates_file,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("stop_words_file"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_stop_words_file,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("stop_text"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, stop_text),
      &ngx_http_parley_conf_text_p },

    { ngx_string("start_text"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, start_text),
      &ngx_http_parley_conf_text_p },

    { ngx_string("help_text"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, help_text),
      &ngx_http_parley_conf_text_p },

    { ngx_string("language"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, language),
      &ngx_http_parley_conf_language_p },

    { ngx_string("sandbox"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      offsetof(ngx_http_parley_tenant_t, sandbox),
      NULL },

    { ngx_string("keep"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE2,
      ngx_http_parley_tenant_keep,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("channel"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE2,
      ngx_http_parley_conf_channel,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("flow"),
      NGX_HTTP_PARLEY_TENANT_CONF|NGX_CONF_TAKE2,
      ngx_http_parley_flow,
      NGX_HTTP_PARLEY_TENANT_OFFSET,
      0,
      NULL },

    { ngx_string("phone_number_id"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, phone_number_id),
      &ngx_http_parley_conf_id_p },

    { ngx_string("address"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE12,
      ngx_http_parley_mail_address,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, phone_number_id),
      NULL },

    { ngx_string("reply_address"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_mail_address,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, reply_address),
      NULL },

    { ngx_string("server"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_mail_server,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, api_base_url),
      NULL },

    { ngx_string("user"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_mail_name,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, user),
      NULL },

    { ngx_string("waba_id"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, waba_id),
      &ngx_http_parley_conf_id_p },

    { ngx_string("token_file"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_file_token,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      0,
      NULL },

    { ngx_string("account_sid"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_value,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, account_sid),
      NULL },

    { ngx_string("auth_token"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_token,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      0,
      NULL },

    { ngx_string("auth_token_file"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_token_file,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      0,
      NULL },

    { ngx_string("from"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_value,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, from),
      NULL },

    { ngx_string("messaging_service_sid"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_value,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, service),
      NULL },

    { ngx_string("status_callback"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, callback),
      &ngx_http_parley_conf_url_p },

    { ngx_string("sandbox_word"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, sandbox),
      NULL },

    { ngx_string("subaccounts"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, subaccounts),
      NULL },

    { ngx_string("smart_encoding"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, smart),
      NULL },

    { ngx_string("rate"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, rate),
      &ngx_http_parley_conf_rate_bounds },

    { ngx_string("traceparent"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, traceparent),
      NULL },

    { ngx_string("api_base_url"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, api_base_url),
      &ngx_http_parley_conf_url_p },

    { ngx_string("api_version"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, api_version),
      &ngx_http_parley_conf_version_p },

    { ngx_string("api_connect_timeout"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, api_connect_timeout),
      &ngx_http_parley_conf_timeout_p },

    { ngx_string("api_timeout"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, api_timeout),
      &ngx_http_parley_conf_timeout_p },

    { ngx_string("retry"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_2MORE,
      ngx_http_parley_retry,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      0,
      NULL },

    { ngx_string("unknown"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE13,
      ngx_http_parley_unknown,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      0,
      NULL },

    { ngx_string("time_zone"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_TAKE1,
      ngx_http_parley_channel_zone,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, policy),
      NULL },

    { ngx_string("quiet_hours"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_1MORE,
      ngx_http_parley_quiet_hours,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, policy),
      NULL },

    { ngx_string("business_hours"),
      NGX_HTTP_PARLEY_CHANNEL_CONF|NGX_CONF_1MORE,
      ngx_http_parley_business_hours,
      NGX_HTTP_PARLEY_CHANNEL_OFFSET,
      offsetof(ngx_http_parley_channel_t, policy),
      NULL },

      ngx_null_command
};


ngx_module_t  ngx_http_parley_tenant_module = {
    NGX_MODULE_V1,
    NULL,                                  /* module context */
    ngx_http_parley_tenant_commands,       /* module directives */
    NGX_HTTP_PARLEY_TENANT_MODULE,         /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


char *
ngx_http_parley_tenant(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    char                        *rv;
    ngx_str_t                   *value;
    ngx_http_parley_tenant_t    *tenant;
    ngx_http_parley_conf_ctx_t   ctx;

    value = cf->args->elts;

    rv = ngx_http_parley_check_name(cf, "tenant", &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_parley_know_tenant(cf, pmcf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    tenant = ngx_array_push(&pmcf->tenants);
    if (tenant == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(tenant, sizeof(ngx_http_parley_tenant_t));
    tenant->name = value[1];
    tenant->rate = NGX_CONF_UNSET;
    tenant->weight = NGX_CONF_UNSET;
    tenant->sandbox = NGX_CONF_UNSET;
    tenant->conf_file = cf->conf_file->file.name.data;
    tenant->line = cf->conf_file->line;

    if (ngx_array_init(&tenant->channels, cf->pool, 2,
                       sizeof(ngx_http_parley_channel_t))
        != NGX_OK
        || ngx_array_init(&tenant->flows, cf->pool, 2,
                          sizeof(ngx_http_parley_flow_t))
           != NGX_OK
        || ngx_array_init(&tenant->templates, cf->pool, 1,
                          sizeof(ngx_http_parley_templates_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ctx, sizeof(ngx_http_parley_conf_ctx_t));
    ctx.main = pmcf;
    ctx.tenant = tenant;

    rv = ngx_http_parley_conf_block(cf, &ctx, NGX_HTTP_PARLEY_TENANT_CONF);

    if (rv == NGX_CONF_OK) {
        rv = ngx_http_parley_templates_check(cf, tenant);
    }

    ngx_conf_init_value(tenant->rate, 0);
    ngx_conf_init_value(tenant->weight, 1);
    ngx_conf_init_value(tenant->sandbox, 0);

    return rv;
}


/* Parses the block that cf stands before, in a context of our own. */

static char *
ngx_http_parley_conf_block(ngx_conf_t *cf, ngx_http_parley_conf_ctx_t *ctx,
    ngx_uint_t type)
{
    char        *rv;
    ngx_uint_t   n;
    ngx_conf_t   save;

    if (ctx->tenant_conf == NULL) {
        n = (ngx_uint_t) ngx_count_modules(cf->cycle,
                                           NGX_HTTP_PARLEY_TENANT_MODULE);

        ctx->tenant_conf = ngx_pcalloc(cf->pool, 2 * n * sizeof(void *));
        if (ctx->tenant_conf == NULL) {
            return NGX_CONF_ERROR;
        }

        ctx->channel_conf = ctx->tenant_conf + n;

        ctx->tenant_conf[ngx_http_parley_tenant_module.ctx_index] =
                                                                 ctx->tenant;
    }

    save = *cf;

    cf->ctx = ctx;
    cf->module_type = NGX_HTTP_PARLEY_TENANT_MODULE;
    cf->cmd_type = type;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


static char *
ngx_http_parley_conf_channel(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    char                        *rv;
    ngx_str_t                   *value;
    ngx_http_parley_channel_t   *ch;
    ngx_http_parley_conf_ctx_t  *ctx;

    ctx = cf->ctx;
    value = cf->args->elts;

    rv = ngx_http_parley_check_name(cf, "channel", &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ch = ngx_http_parley_channel_begin(cf, tenant, &value[1]);
    if (ch == NULL) {
        return NGX_CONF_ERROR;
    }

    ch->provider = pl_channel_find(ngx_http_parley_str(&value[2]));

    if (ch->provider == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown provider \"%V\"", &value[2]);
        return NGX_CONF_ERROR;
    }

    ctx->channel_conf[ngx_http_parley_tenant_module.ctx_index] = ch;

    rv = ngx_http_parley_conf_block(cf, ctx, NGX_HTTP_PARLEY_CHANNEL_CONF);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_parley_channel_end(cf, ch);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_parley_channel_unique(cf, ctx->main, ch, &tenant->name);
}


pl_codec_t *
ngx_http_parley_conf_codec(ngx_conf_t *cf)
{
    ngx_http_parley_conf_ctx_t   *ctx;
    ngx_http_parley_main_conf_t  *pmcf;

    if (cf->module_type == NGX_HTTP_PARLEY_TENANT_MODULE) {
        ctx = cf->ctx;
        pmcf = ctx->main;

    } else {
        pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);
    }

    return ngx_http_parley_codec_get(cf, pmcf);
}
