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


/* The first seals; those behind it open what was sealed before. */

char *
ngx_http_parley_key_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    char        text[NGX_MAX_ERROR_STR / 2];
    pl_err_t    err;
    ngx_str_t  *value, *old, file;

    value = cf->args->elts;
    file = value[1];

    if (pmcf->keys.n == PL_KEYRING_MAX) {
        return "is given too often";
    }

    if (ngx_conf_full_name(cf->cycle, &file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (pl_crypto_key_read((const char *) file.data,
                           pmcf->keys.keys[pmcf->keys.n], &err)
        != PL_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s",
                           pl_err_print(&err, text, sizeof(text)));
        return NGX_CONF_ERROR;
    }

    if (pmcf->keys.n++ == 0) {
        pmcf->key_file = file;
        return NGX_CONF_OK;
    }

    if (pmcf->old_key_files == NULL) {
        pmcf->old_key_files = ngx_array_create(cf->pool, 1,
                                               sizeof(ngx_str_t));
    }

    old = pmcf->old_key_files ? ngx_array_push(pmcf->old_key_files) : NULL;
    if (old == NULL) {
        return NGX_CONF_ERROR;
    }

    *old = file;

    return NGX_CONF_OK;
}
