/*
 * The codec of the process that reads nginx.conf.
 */

#include "../engine/shapes.h"
#include "ngx_http_parley.h"


static void ngx_http_parley_codec_cleanup(void *data);


pl_codec_t *
ngx_http_parley_codec_get(ngx_conf_t *cf, ngx_http_parley_main_conf_t *pmcf)
{
    char                 text[NGX_MAX_ERROR_STR / 2];
    pl_err_t             err;
    ngx_pool_cleanup_t  *cln;

    if (pmcf->codec) {
        return pmcf->codec;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    if (pl_shapes_codec(&pmcf->codec, &err) != PL_OK) {
        pmcf->codec = NULL;

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "cannot make the codec: %s",
                           pl_err_print(&err, text, sizeof(text)));
        return NULL;
    }

    cln->handler = ngx_http_parley_codec_cleanup;
    cln->data = pmcf->codec;

    return pmcf->codec;
}


static void
ngx_http_parley_codec_cleanup(void *data)
{
    pl_codec_destroy(data);
}
