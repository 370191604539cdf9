/*
 * What a channel does with what fails: `retry`, a row of the schedule of one
 * class (../engine/retry.h), and `unknown`, its policy for sends of which
 * nobody knows whether they arrived.
 */

#include "ngx_http_parley.h"


typedef struct {
    ngx_str_t      name;        /* with its "=" */
    size_t         offset;      /* in pl_retry_t */
    ngx_uint_t     time;        /* in ms, an int64_t; else an uint32_t */
    int64_t        min;
    int64_t        max;
} ngx_http_parley_retry_key_t;


static char *ngx_http_parley_retry_set(ngx_conf_t *cf, ngx_str_t *value,
    pl_retry_t *row, ngx_uint_t *given);
static char *ngx_http_parley_retry_value(ngx_conf_t *cf, ngx_str_t *value,
    const ngx_http_parley_retry_key_t *key, pl_retry_t *row);


static const ngx_http_parley_retry_key_t  ngx_http_parley_retry_keys[] = {
    { ngx_string("first="), offsetof(pl_retry_t, first_ms), 1,
      PL_RETRY_MIN_MS, PL_RETRY_DELAY_MAX_MS },
    { ngx_string("factor="), offsetof(pl_retry_t, factor), 0,
      1, PL_RETRY_FACTOR_MAX },
    { ngx_string("max="), offsetof(pl_retry_t, max_ms), 1,
      PL_RETRY_MIN_MS, PL_RETRY_DELAY_MAX_MS },
    { ngx_string("attempts="), offsetof(pl_retry_t, attempts), 0,
      0, PL_RETRY_ATTEMPTS_MAX },
    { ngx_string("age="), offsetof(pl_retry_t, age_ms), 1,
      PL_RETRY_AGE_MIN_MS, PL_RETRY_AGE_MAX_MS },
};

#define NGX_HTTP_PARLEY_RETRY_KEYS                                            \
    (sizeof(ngx_http_parley_retry_keys)                                       \
     / sizeof(ngx_http_parley_retry_keys[0]))


char *
ngx_http_parley_retry(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    char              *rv;
    ngx_str_t         *value;
    ngx_uint_t         i, given;
    pl_retry_t        *row;
    const pl_retry_t  *class;

    value = cf->args->elts;

    class = pl_retry_named(ngx_http_parley_str(&value[1]));
    if (class == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown class \"%V\" of failures", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (ch->retry_set & (1u << class->of)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate \"retry %s\"", class->name);
        return NGX_CONF_ERROR;
    }

    ch->retry_set |= 1u << class->of;
    row = &ch->retries.rows[class->of - 1];

    for (i = 2, given = 0; i < cf->args->nelts; i++) {
        rv = ngx_http_parley_retry_set(cf, &value[i], row, &given);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (row->first_ms > row->max_ms) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"first\" of \"retry %s\", %L ms, is longer than "
                           "its \"max\", %L ms", class->name,
                           row->first_ms, row->max_ms);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* hold; or resend after TIME */

char *
ngx_http_parley_unknown(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    ngx_int_t   after;
    ngx_str_t  *value;

    if (ch->unknown_set) {
        return "is duplicate";
    }

    ch->unknown_set = 1;
    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "hold") == 0) {
        return NGX_CONF_OK;             /* unknown_after stays 0 */
    }

    if (cf->args->nelts != 4 || ngx_strcmp(value[1].data, "resend") != 0
        || ngx_strcmp(value[2].data, "after") != 0)
    {
        return "must be \"hold\", or \"resend after\" and a time";
    }

    after = ngx_parse_time(&value[3], 0);

    if (after == NGX_ERROR || after < PL_RESEND_MIN_MS
        || after > PL_RESEND_MAX_MS)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\": from %L to %L ms",
                           &value[3], (int64_t) PL_RESEND_MIN_MS,
                           (int64_t) PL_RESEND_MAX_MS);
        return NGX_CONF_ERROR;
    }

    ch->unknown_after = (ngx_msec_t) after;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_retry_set(ngx_conf_t *cf, ngx_str_t *value, pl_retry_t *row,
    ngx_uint_t *given)
{
    ngx_str_t                            rest;
    ngx_uint_t                           i;
    const ngx_http_parley_retry_key_t   *key;

    for (i = 0; i < NGX_HTTP_PARLEY_RETRY_KEYS; i++) {
        key = &ngx_http_parley_retry_keys[i];

        if (value->len < key->name.len
            || ngx_strncmp(value->data, key->name.data, key->name.len) != 0)
        {
            continue;
        }

        if (*given & (1u << i)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate parameter \"%V\"", value);
            return NGX_CONF_ERROR;
        }

        *given |= 1u << i;
        rest.data = value->data + key->name.len;
        rest.len = value->len - key->name.len;

        return ngx_http_parley_retry_value(cf, &rest, key, row);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_parley_retry_value(ngx_conf_t *cf, ngx_str_t *value,
    const ngx_http_parley_retry_key_t *key, pl_retry_t *row)
{
    ngx_int_t  n;

    n = key->time ? ngx_parse_time(value, 0)
                  : ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || n < key->min || n > key->max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V%V\": from %L to %L%s",
                           &key->name, value, key->min, key->max,
                           key->time ? " ms" : "");
        return NGX_CONF_ERROR;
    }

    if (key->time) {
        *(int64_t *) ((u_char *) row + key->offset) = n;

    } else {
        *(uint32_t *) ((u_char *) row + key->offset) = (uint32_t) n;
    }

    return NGX_CONF_OK;
}
