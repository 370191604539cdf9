/*
 * parley_webhook and its secrets, as nginx.conf says them. What comes in there
 * is ngx_http_parley_webhook.c's.
 */

#include "../core/str.h"
#include "ngx_http_parley.h"


static char *ngx_http_parley_webhook_tenant(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *plcf, ngx_str_t *value);


char *
ngx_http_parley_webhook(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (plcf->provider) {
        return "is duplicate";
    }

    value = cf->args->elts;

    plcf->provider = pl_channel_find(ngx_http_parley_str(&value[1]));

    if (plcf->provider == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown provider \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts > 2
        && ngx_http_parley_webhook_tenant(cf, plcf, &value[2]) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    plcf->header.data = (u_char *) plcf->provider->header;
    plcf->header.len = ngx_strlen(plcf->provider->header);
    plcf->header_hash = ngx_hash_key(plcf->header.data, plcf->header.len);

    if (plcf->provider->stamp) {
        plcf->stamp.data = (u_char *) plcf->provider->stamp;
        plcf->stamp.len = ngx_strlen(plcf->provider->stamp);
        plcf->stamp_hash = ngx_hash_key(plcf->stamp.data, plcf->stamp.len);
    }

    if (plcf->provider->beside) {
        plcf->beside.data = (u_char *) plcf->provider->beside;
        plcf->beside.len = ngx_strlen(plcf->provider->beside);
        plcf->beside_hash = ngx_hash_key(plcf->beside.data,
                                         plcf->beside.len);
    }

    plcf->file = cf->conf_file->file.name.data;
    plcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another handler of this location";
    }

    clcf->handler = ngx_http_parley_webhook_handler;

    return NGX_CONF_OK;
}


/* A tenant may be made while nginx runs: its name is all that is looked at. */

static char *
ngx_http_parley_webhook_tenant(ngx_conf_t *cf,
    ngx_http_parley_loc_conf_t *plcf, ngx_str_t *value)
{
    if (ngx_strncmp(value->data, "tenant=", 7) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           value);
        return NGX_CONF_ERROR;
    }

    plcf->tenant.data = value->data + 7;
    plcf->tenant.len = value->len - 7;

    if (!plcf->provider->carries) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"tenant\" is for webhooks that bring mail");
        return NGX_CONF_ERROR;
    }

    if (plcf->tenant.len == 0 || plcf->tenant.len > PL_NAME_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid tenant \"%V\"",
                           &plcf->tenant);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_app_secret_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_str_t  *value, *secret;

    if (plcf->secrets == NGX_CONF_UNSET_PTR) {
        plcf->secrets = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (plcf->secrets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (plcf->secrets->nelts == NGX_HTTP_PARLEY_SECRETS_MAX) {
        return "is given too often at this level";
    }

    secret = ngx_array_push(plcf->secrets);
    if (secret == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    return ngx_http_parley_file_secret(cf, &value[1], secret);
}
