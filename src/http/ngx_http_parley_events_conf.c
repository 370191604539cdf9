/*
 * parley_events: bounds of the live feed.
 */

#include "ngx_http_parley_live.h"


/* A parameter: name=, where it goes, and the least and most it may say. */
typedef struct {
    ngx_str_t     name;
    size_t        offset;
    ngx_int_t   (*parse)(ngx_str_t *value);
    ngx_int_t     min;
    ngx_int_t     max;
} ngx_http_parley_events_parameter_t;


static char *ngx_http_parley_events_parameter(ngx_conf_t *cf,
    ngx_http_parley_events_conf_t *ecf, ngx_str_t *value);
static ngx_int_t ngx_http_parley_events_number(ngx_str_t *value);
static ngx_int_t ngx_http_parley_events_size(ngx_str_t *value);
static ngx_int_t ngx_http_parley_events_msec(ngx_str_t *value);


static const ngx_http_parley_events_parameter_t
    ngx_http_parley_events_parameters[] =
{
    { ngx_string("clients="),
      offsetof(ngx_http_parley_events_conf_t, clients),
      ngx_http_parley_events_number, 1, 1000000 },

    { ngx_string("tenant="),
      offsetof(ngx_http_parley_events_conf_t, of_tenant),
      ngx_http_parley_events_number, 1, 1000000 },

    { ngx_string("heartbeat="),
      offsetof(ngx_http_parley_events_conf_t, beat),
      ngx_http_parley_events_msec, 100, 3600000 },

    { ngx_string("buffer="),
      offsetof(ngx_http_parley_events_conf_t, buffer),
      ngx_http_parley_events_size, 4096, 16 * 1024 * 1024 },

    { ngx_string("slow="),
      offsetof(ngx_http_parley_events_conf_t, slow),
      ngx_http_parley_events_msec, 100, 3600000 },
};


char *
ngx_http_parley_events(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pmcf->events.clients) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_parley_events_parameter(cf, &pmcf->events, &value[i])
            != NGX_CONF_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    ngx_http_parley_events_defaults(&pmcf->events);

    return NGX_CONF_OK;
}


void
ngx_http_parley_events_defaults(ngx_http_parley_events_conf_t *ecf)
{
    if (ecf->clients == 0) {
        ecf->clients = NGX_HTTP_PARLEY_LIVE_CLIENTS;
    }

    if (ecf->of_tenant == 0) {
        ecf->of_tenant = NGX_HTTP_PARLEY_LIVE_OF_TENANT;
    }

    if (ecf->beat == 0) {
        ecf->beat = NGX_HTTP_PARLEY_LIVE_BEAT_MS;
    }

    if (ecf->buffer == 0) {
        ecf->buffer = NGX_HTTP_PARLEY_LIVE_BUFFER;
    }

    if (ecf->slow == 0) {
        ecf->slow = NGX_HTTP_PARLEY_LIVE_SLOW_MS;
    }
}


static char *
ngx_http_parley_events_parameter(ngx_conf_t *cf,
    ngx_http_parley_events_conf_t *ecf, ngx_str_t *value)
{
    ngx_int_t    n;
    ngx_str_t    s;
    ngx_uint_t   i;
    ngx_uint_t  *to;

    const ngx_http_parley_events_parameter_t  *row;

    for (i = 0; i < PL_COUNT(ngx_http_parley_events_parameters); i++) {
        row = &ngx_http_parley_events_parameters[i];

        if (ngx_strncmp(value->data, row->name.data, row->name.len) != 0) {
            continue;
        }

        s.data = value->data + row->name.len;
        s.len = value->len - row->name.len;

        n = row->parse(&s);
        to = (ngx_uint_t *) ((u_char *) ecf + row->offset);

        if (n == NGX_ERROR || n < row->min || n > row->max || *to) {
            break;
        }

        *to = (ngx_uint_t) n;

        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\"", value);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_parley_events_number(ngx_str_t *value)
{
    return ngx_atoi(value->data, value->len);
}


static ngx_int_t
ngx_http_parley_events_size(ngx_str_t *value)
{
    return (ngx_int_t) ngx_parse_size(value);
}


static ngx_int_t
ngx_http_parley_events_msec(ngx_str_t *value)
{
    return ngx_parse_time(value, 0);
}
