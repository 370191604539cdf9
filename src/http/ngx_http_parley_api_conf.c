/*
 * Directives of the API.
 */

#include "../api/jwks.h"
#include "ngx_http_parley_api.h"


static ngx_int_t ngx_http_parley_api_seal(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, pl_api_config_t *config);
static char *ngx_http_parley_api_text(ngx_conf_t *cf, ngx_str_t *value,
    size_t skip, const char **text);
static void ngx_http_parley_api_wipe(void *data);
static void ngx_http_parley_api_forget(void *data);
static void ngx_http_parley_api_end(void *data);


char *
ngx_http_parley_api(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_http_core_loc_conf_t     *clcf;
    ngx_http_parley_main_conf_t  *pmcf;

    if (plcf->api) {
        return "is duplicate";
    }

    plcf->api = 1;
    plcf->file = cf->conf_file->file.name.data;
    plcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another handler of this location";
    }

    clcf->handler = ngx_http_parley_api_handler;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);
    pmcf->has_api = 1;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_api_body_max(ngx_conf_t *cf, void *post, void *data)
{
    size_t *size = data;

    if (*size == 0 || *size > PL_BODY_MAX) {
        return "must be at least 1 and at most 3m";
    }

    return NGX_CONF_OK;
}


/* "off" ends what the level above says. */

char *
ngx_http_parley_api_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (plcf->api_cors != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        plcf->api_cors = NULL;
        return NGX_CONF_OK;
    }

    plcf->api_cors = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
    if (plcf->api_cors == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "*") != 0
            && ((ngx_strncmp(value[i].data, "https://", 8) != 0
                 && ngx_strncmp(value[i].data, "http://", 7) != 0)
                || ngx_strchr(value[i].data + 8, '/') != NULL
                || value[i].len < sizeof("http://a") - 1))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is no origin, "
                               "as in https://desk.example", &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(plcf->api_cors);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        *origin = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_api_jwks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    char                *rv;
    pl_err_t             err;
    ngx_str_t           *value, text;
    ngx_uint_t           i;
    ngx_pool_cleanup_t  *cln;

    if (pmcf->api_jwks) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = "is invalid";

        if (ngx_strncmp(value[i].data, "issuer=", 7) == 0) {
            rv = ngx_http_parley_api_text(cf, &value[i], 7,
                                          &pmcf->api_issuer);

        } else if (ngx_strncmp(value[i].data, "audience=", 9) == 0) {
            rv = ngx_http_parley_api_text(cf, &value[i], 9,
                                          &pmcf->api_audience);
        }

        if (rv != NGX_CONF_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_parley_file_read(cf, &value[1], PL_JWKS_FILE_MAX, &text)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    *(ngx_str_t *) cln->data = text;
    cln->handler = ngx_http_parley_api_wipe;

    if (pl_jwks_create(&pmcf->api_jwks, ngx_http_parley_str(&text), &err)
        != PL_OK)
    {
        ngx_http_parley_file_place(cf, NGX_LOG_EMERG, &value[1], &err);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Loaded by the master, so that a mistake is one of the configuration, and
 * the workers share what the library has read. It stays when the
 * configuration that named it goes.
 */

char *
ngx_http_parley_api_numbering(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    char                 text[NGX_MAX_ERROR_STR / 2];
    pl_err_t             err;
    ngx_str_t           *value;
    ngx_pool_cleanup_t  *cln;

    if (pmcf->numbering) {
        return "is duplicate";
    }

    value = cf->args->elts;

    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (cln == NULL
        || ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (pl_numbering_open(&pmcf->numbering, (char *) value[1].data, &err)
        != PL_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "parley: %s",
                           pl_err_print(&err, text, sizeof(text)));
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_parley_api_forget;
    cln->data = pmcf->numbering;

    return NGX_CONF_OK;
}


/* Given once, and not empty. */

static char *
ngx_http_parley_api_text(ngx_conf_t *cf, ngx_str_t *value, size_t skip,
    const char **text)
{
    if (value->len == skip || *text != NULL) {
        return "is invalid";
    }

    *text = (const char *) value->data + skip;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_api_merge(ngx_conf_t *cf, ngx_http_parley_loc_conf_t *conf,
    ngx_http_core_loc_conf_t *clcf)
{
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_parley_module);

    if (pmcf->store.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no \"parley_store\" is defined for "
                      "the \"parley_api\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    if (clcf->handler != ngx_http_parley_api_handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "another handler of this location replaces "
                      "the \"parley_api\" directive in %s:%ui",
                      conf->file, conf->line);
        return NGX_CONF_ERROR;
    }

    /* parley_api_body_max is held by us, whose answer says so in JSON */

    clcf->client_max_body_size = NGX_HTTP_PARLEY_API_HARD_MAX;

    conf->name = clcf->name;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_parley_api_create(ngx_conf_t *cf, ngx_http_parley_main_conf_t *pmcf)
{
    char                 text[NGX_MAX_ERROR_STR / 2];
    pl_err_t             err;
    pl_api_config_t     *config;
    ngx_pool_cleanup_t  *cln;

    config = ngx_pcalloc(cf->pool, sizeof(pl_api_config_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (config == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_parley_api_end;
    cln->data = pmcf;

    config->jwks = pmcf->api_jwks;
    config->issuer = pmcf->api_issuer;
    config->audience = pmcf->api_audience;
    config->numbering = pmcf->numbering;

    if (ngx_http_parley_api_seal(cf, pmcf, config) != NGX_OK) {
        return NGX_ERROR;
    }

    if (pl_api_create(&pmcf->api, config, &err) != PL_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "parley: %s",
                           pl_err_print(&err, text, sizeof(text)));
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * What secrets are sealed with: the key that was read with the configuration,
 * or the store's own, which may not be there yet.
 */

static ngx_int_t
ngx_http_parley_api_seal(ngx_conf_t *cf, ngx_http_parley_main_conf_t *pmcf,
    pl_api_config_t *config)
{
    u_char  *file;

    if (pmcf->key_file.len) {
        config->seal = &pmcf->keys;
        return NGX_OK;
    }

    file = ngx_pnalloc(cf->pool, pmcf->store.len + sizeof("/key"));
    if (file == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(file, "%V/key%Z", &pmcf->store);
    config->seal_file = (const char *) file;

    return NGX_OK;
}


static void
ngx_http_parley_api_wipe(void *data)
{
    ngx_str_t *text = data;

    ngx_explicit_memzero(text->data, text->len);
}


static void
ngx_http_parley_api_forget(void *data)
{
    pl_numbering_close(data);
}


static void
ngx_http_parley_api_end(void *data)
{
    ngx_http_parley_main_conf_t *pmcf = data;

    pl_api_destroy(pmcf->api);
    pl_jwks_destroy(pmcf->api_jwks);
}
