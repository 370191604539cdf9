/*
 * Names that nginx.conf gives once: tenants, and a provider's accounts. A
 * tree, since there may be ten thousand of each, and since each request that
 * is logged by its tenant asks.
 */

#include "ngx_http_parley.h"

#define NGX_HTTP_PARLEY_KNOWN_MAX  256      /* bytes of kind and name */


static ngx_int_t ngx_http_parley_known_key(u_char *buf, const char *kind,
    const ngx_str_t *name, ngx_str_t *key);


void
ngx_http_parley_known_init(ngx_http_parley_main_conf_t *pmcf)
{
    ngx_rbtree_init(&pmcf->known, &pmcf->known_sentinel,
                    ngx_str_rbtree_insert_value);
}


const ngx_http_parley_known_t *
ngx_http_parley_known(ngx_http_parley_main_conf_t *pmcf, const char *kind,
    const ngx_str_t *name)
{
    u_char     buf[NGX_HTTP_PARLEY_KNOWN_MAX];
    ngx_str_t  key;

    if (ngx_http_parley_known_key(buf, kind, name, &key) != NGX_OK) {
        return NULL;
    }

    return (ngx_http_parley_known_t *)
               ngx_str_rbtree_lookup(&pmcf->known, &key,
                                     ngx_crc32_long(key.data, key.len));
}


ngx_int_t
ngx_http_parley_know(ngx_conf_t *cf, ngx_http_parley_main_conf_t *pmcf,
    const char *kind, const ngx_str_t *name, const ngx_str_t *channel,
    const ngx_str_t *tenant)
{
    u_char                    buf[NGX_HTTP_PARLEY_KNOWN_MAX];
    ngx_str_t                 key;
    ngx_http_parley_known_t  *known;

    if (ngx_http_parley_known_key(buf, kind, name, &key) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is too long", name);
        return NGX_ERROR;
    }

    known = ngx_pcalloc(cf->pool, sizeof(ngx_http_parley_known_t) + key.len);
    if (known == NULL) {
        return NGX_ERROR;
    }

    known->node.str.len = key.len;
    known->node.str.data = (u_char *) (known + 1);
    ngx_memcpy(known->node.str.data, key.data, key.len);
    known->node.node.key = ngx_crc32_long(key.data, key.len);
    known->tenant = *tenant;

    if (channel) {
        known->channel = *channel;
    }

    ngx_rbtree_insert(&pmcf->known, &known->node.node);

    return NGX_OK;
}


ngx_int_t
ngx_http_parley_know_tenant(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, const ngx_str_t *name)
{
    if (ngx_http_parley_known(pmcf, "tenant", name)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "duplicate tenant \"%V\"",
                           name);
        return NGX_ERROR;
    }

    return ngx_http_parley_know(cf, pmcf, "tenant", name, NULL, name);
}


static ngx_int_t
ngx_http_parley_known_key(u_char *buf, const char *kind,
    const ngx_str_t *name, ngx_str_t *key)
{
    size_t  len;

    len = ngx_strlen(kind);

    if (len + 1 + name->len > NGX_HTTP_PARLEY_KNOWN_MAX) {
        return NGX_DECLINED;
    }

    key->data = buf;
    key->len = (size_t) (ngx_sprintf(buf, "%s %V", kind, name) - buf);

    return NGX_OK;
}
