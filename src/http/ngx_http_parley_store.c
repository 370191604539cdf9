/*
 * Directives that say where the store is, and what its secrets are sealed
 * with.
 */

#include "../core/crypto.h"
#include "ngx_http_parley.h"


char *
ngx_http_parley_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    off_t       size;
    ngx_str_t  *value, s, pool = ngx_string("parley");

    if (pmcf->store.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty path";
    }

    pmcf->store = value[1];

    if (ngx_conf_full_name(cf->cycle, &pmcf->store, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {
        if (ngx_strncmp(value[2].data, "size=", 5) != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        s.data = value[2].data + 5;
        s.len = value[2].len - 5;

        size = ngx_parse_offset(&s);

        if (size == NGX_ERROR || size < NGX_HTTP_PARLEY_STORE_MIN) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid size \"%V\", at least 1m", &s);
            return NGX_CONF_ERROR;
        }

        pmcf->store_size = (uint64_t) size;
    }

    /* nginx itself says so where the pool is not defined */

    pmcf->thread_pool = ngx_thread_pool_add(cf, &pool);

    return pmcf->thread_pool ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_parley_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    char        text[NGX_MAX_ERROR_STR / 2];
    pl_err_t    err;
    ngx_str_t  *value;

    if (pmcf->key_file.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    pmcf->key_file = value[1];

    if (ngx_conf_full_name(cf->cycle, &pmcf->key_file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (pl_crypto_key_read((const char *) pmcf->key_file.data, pmcf->key,
                           &err)
        != PL_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s",
                           pl_err_print(&err, text, sizeof(text)));
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
