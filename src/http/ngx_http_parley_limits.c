/*
 * Directives of limits: the append queue, how long and how much is kept, and
 * the marks of fullness; and of a tenant.
 */

#include "../engine/age.h"
#include "../engine/quota.h"
#include "ngx_http_parley.h"


#define NGX_HTTP_PARLEY_KEEP_MIN  60000     /* ms; a Prune comes so often */


static ngx_uint_t ngx_http_parley_limits_number(const ngx_str_t *value,
    const char *name, ngx_uint_t *out);
static ngx_uint_t ngx_http_parley_limits_bytes(const ngx_str_t *value,
    size_t *out);
static ngx_int_t ngx_http_parley_limits_kept(const ngx_str_t *name,
    ngx_int_t from);
static char *ngx_http_parley_limits_time(ngx_conf_t *cf, ngx_str_t *value,
    ngx_int_t i, int64_t *out);
static ngx_int_t ngx_http_parley_limits_percent(ngx_str_t *value);


static const ngx_str_t  ngx_http_parley_kept[NGX_HTTP_PARLEY_KEEPS] = {
    ngx_string("changes"),
    ngx_string("audit"),
    ngx_string("counters"),
    ngx_string("quarantine"),
    ngx_string("dead"),
    ngx_string("messages"),
    ngx_string("contacts")
};


char *
ngx_http_parley_append_queue(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pmcf->queue_entries || pmcf->queue_bytes || pmcf->queue_asks) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_http_parley_limits_number(&value[i], "entries=",
                                          &pmcf->queue_entries)
            || ngx_http_parley_limits_number(&value[i], "asks=",
                                             &pmcf->queue_asks)
            || ngx_http_parley_limits_bytes(&value[i], &pmcf->queue_bytes))
        {
            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* Is it this one, said for the first time, and more than none? */

static ngx_uint_t
ngx_http_parley_limits_number(const ngx_str_t *value, const char *name,
    ngx_uint_t *out)
{
    size_t     len;
    ngx_int_t  n;

    len = ngx_strlen(name);

    if (*out || ngx_strncmp(value->data, name, len) != 0) {
        return 0;
    }

    n = ngx_atoi(value->data + len, value->len - len);

    if (n == NGX_ERROR || n == 0) {
        return 0;
    }

    *out = (ngx_uint_t) n;

    return 1;
}


/* Room for one body at least, or it would never get in. */

static ngx_uint_t
ngx_http_parley_limits_bytes(const ngx_str_t *value, size_t *out)
{
    ssize_t    size;
    ngx_str_t  s;

    if (*out || ngx_strncmp(value->data, "bytes=", 6) != 0) {
        return 0;
    }

    s.data = value->data + 6;
    s.len = value->len - 6;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || (size_t) size < PL_BODY_MAX) {
        return 0;
    }

    *out = (size_t) size;

    return 1;
}


char *
ngx_http_parley_journal_keep(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    off_t       size;
    ngx_int_t   ms;
    ngx_str_t  *value;

    if (pmcf->journal_keep != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ms = ngx_parse_time(&value[1], 0);

    if (ms == NGX_ERROR) {
        return "invalid value";
    }

    pmcf->journal_keep = (ngx_msec_t) ms;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    size = ngx_parse_offset(&value[2]);

    if (size == NGX_ERROR || size < NGX_HTTP_PARLEY_STORE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\", at least 1m", &value[2]);
        return NGX_CONF_ERROR;
    }

    pmcf->journal_keep_bytes = (uint64_t) size;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_keep(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_str_t  *value;
    ngx_int_t   i;

    value = cf->args->elts;
    i = ngx_http_parley_limits_kept(&value[1], 0);

    if (i == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown rows \"%V\": changes, audit, counters, "
                           "quarantine, dead, messages or contacts",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (pmcf->keep[i] != 0) {
        return "is duplicate";
    }

    return ngx_http_parley_limits_time(cf, &value[2], i, &pmcf->keep[i]);
}


/* keep messages|contacts time|off, of a tenant; 0: for ever */

char *
ngx_http_parley_tenant_keep(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    char                *rv;
    int64_t              ms;
    ngx_int_t            i;
    ngx_str_t           *value;
    protobuf_c_boolean  *has;

    value = cf->args->elts;
    i = ngx_http_parley_limits_kept(&value[1], NGX_HTTP_PARLEY_KEEP_MESSAGES);

    if (i == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown rows \"%V\": messages or contacts",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (tenant->keep == NULL) {
        tenant->keep = ngx_palloc(cf->pool, sizeof(Pl__Keep));
        if (tenant->keep == NULL) {
            return NGX_CONF_ERROR;
        }

        pl__keep__init(tenant->keep);
    }

    has = i == NGX_HTTP_PARLEY_KEEP_MESSAGES ? &tenant->keep->has_messages_ms
                                             : &tenant->keep->has_contacts_ms;
    if (*has) {
        return "is duplicate";
    }

    rv = ngx_http_parley_limits_time(cf, &value[2], i, &ms);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    *has = 1;
    ms = ms < 0 ? 0 : ms;

    if (i == NGX_HTTP_PARLEY_KEEP_MESSAGES) {
        tenant->keep->messages_ms = ms;

    } else {
        tenant->keep->contacts_ms = ms;
    }

    return NGX_CONF_OK;
}


/* Which rows of those from this one on; NGX_ERROR: none of them. */

static ngx_int_t
ngx_http_parley_limits_kept(const ngx_str_t *name, ngx_int_t from)
{
    ngx_int_t  i;

    for (i = from; i < NGX_HTTP_PARLEY_KEEPS; i++) {
        if (name->len == ngx_http_parley_kept[i].len
            && ngx_strcmp(name->data, ngx_http_parley_kept[i].data) == 0)
        {
            return i;
        }
    }

    return NGX_ERROR;
}


/* -1: off */

static char *
ngx_http_parley_limits_time(ngx_conf_t *cf, ngx_str_t *value, ngx_int_t i,
    int64_t *out)
{
    ngx_int_t    ms;
    const char  *least = "at least 1m";

    if (value->len == 3 && ngx_strcmp(value->data, "off") == 0) {
        *out = -1;
        return NGX_CONF_OK;
    }

    ms = ngx_parse_time(value, 0);

    if (i >= NGX_HTTP_PARLEY_KEEP_MESSAGES) {
        least = "days, 1d to 36500d";

        if (ms != NGX_ERROR
            && (ms % PL_AGE_DAY_MS != 0
                || ms > PL_AGE_DAYS_MAX * PL_AGE_DAY_MS))
        {
            ms = NGX_ERROR;
        }
    }

    if (ms == NGX_ERROR || ms < NGX_HTTP_PARLEY_KEEP_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\": \"off\", or %s", value,
                           least);
        return NGX_CONF_ERROR;
    }

    *out = ms;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_water_marks(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (pmcf->marks[0] != 0) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (i = 0; i < PL_MARKS; i++) {
        n = ngx_http_parley_limits_percent(&value[i + 1]);

        if (n == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid mark \"%V\": a percentage from 1 "
                               "to 100", &value[i + 1]);
            return NGX_CONF_ERROR;
        }

        if (i != 0 && (uint32_t) n < pmcf->marks[i - 1]) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "mark \"%V\" is below the one before it",
                               &value[i + 1]);
            return NGX_CONF_ERROR;
        }

        pmcf->marks[i] = (uint32_t) n;
    }

    return NGX_CONF_OK;
}


/* "70" or "70%". */

static ngx_int_t
ngx_http_parley_limits_percent(ngx_str_t *value)
{
    size_t     len;
    ngx_int_t  n;

    len = value->len;

    if (len && value->data[len - 1] == '%') {
        len--;
    }

    n = ngx_atoi(value->data, len);

    return (n < 1 || n > 100) ? NGX_ERROR : n;
}


/* limits channels=20 keys=10 messages_day=10000; */

char *
ngx_http_parley_tenant_limits(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    u_char             *equals;
    ngx_int_t           n;
    ngx_str_t          *value;
    ngx_uint_t          i, k;
    Pl__TenantLimits   *limits;

    if (tenant->limits) {
        return "is duplicate";
    }

    limits = ngx_palloc(cf->pool, sizeof(Pl__TenantLimits));
    if (limits == NULL) {
        return NGX_CONF_ERROR;
    }

    pl__tenant_limits__init(limits);
    tenant->limits = limits;

    struct {
        ngx_str_t            name;
        protobuf_c_boolean  *has;
        uint32_t            *n;
    } rows[] = {
        { ngx_string("channels"), &limits->has_channels, &limits->channels },
        { ngx_string("keys"), &limits->has_keys, &limits->keys },
        { ngx_string("messages_day"), &limits->has_messages_day,
          &limits->messages_day },
    };

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        equals = (u_char *) ngx_strchr(value[i].data, '=');

        for (k = 0; equals && k < PL_COUNT(rows); k++) {
            if (rows[k].name.len == (size_t) (equals - value[i].data)
                && ngx_strncmp(rows[k].name.data, value[i].data,
                               rows[k].name.len) == 0)
            {
                break;
            }
        }

        if (equals == NULL || k == PL_COUNT(rows) || *rows[k].has) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid limit \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        equals++;
        n = ngx_atoi(equals, value[i].len - (size_t) (equals
                                                      - value[i].data));

        if (n < 1 || n > PL_QUOTA_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid limit \"%V\": from 1 to %d",
                               &value[i], PL_QUOTA_MAX);
            return NGX_CONF_ERROR;
        }

        *rows[k].has = 1;
        *rows[k].n = (uint32_t) n;
    }

    return NGX_CONF_OK;
}
