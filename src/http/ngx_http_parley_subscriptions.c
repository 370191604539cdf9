/*
 * parley_subscriptions_allow: networks that events may be delivered into
 * although they are nobody's but ours.
 */

#include "../engine/subscription.h"
#include "ngx_http_parley.h"


char *
ngx_http_parley_subscriptions_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_int_t    rc;
    ngx_str_t   *value, *net;
    ngx_cidr_t   cidr;
    ngx_uint_t   i;

    if (pmcf->subscriptions_allow == NULL) {
        pmcf->subscriptions_allow = ngx_array_create(cf->pool, 4,
                                                     sizeof(ngx_str_t));
        if (pmcf->subscriptions_allow == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        /* nginx cuts off bits behind the prefix, as the sender does */

        rc = ngx_ptocidr(&value[i], &cidr);

        if (rc == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid network \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (pmcf->subscriptions_allow->nelts
            >= PL_SUBSCRIPTIONS_ALLOW_MAX)
        {
            return "names more than 64 networks";
        }

        net = ngx_array_push(pmcf->subscriptions_allow);
        if (net == NULL) {
            return NGX_CONF_ERROR;
        }

        *net = value[i];
    }

    return NGX_CONF_OK;
}
