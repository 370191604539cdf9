/*
 * What a directive's value must look like. Each is called after one of
 * nginx's slots has stored the value, and says what is wrong with it.
 */

#include "../core/str.h"
#include "ngx_http_parley.h"
#include "../core/zone.h"
#include "../engine/flow.h"
#include "../engine/phone.h"

#define NGX_HTTP_PARLEY_ZONES        "/usr/share/zoneinfo/"
#define NGX_HTTP_PARLEY_ID_MAX       32         /* digits */
#define NGX_HTTP_PARLEY_TIMEOUT_MAX  3600000    /* milliseconds */


static ngx_int_t ngx_http_parley_check_tzif(ngx_conf_t *cf, u_char *path,
    pl_err_t *err);
static ngx_uint_t ngx_http_parley_check_local(const u_char *host);


char *
ngx_http_parley_check_code(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *code = data;

    if (pl_phone_code_valid(ngx_http_parley_str(code))) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid calling code \"%V\": 1 to 3 digits, as 31",
                       code);

    return NGX_CONF_ERROR;
}


char *
ngx_http_parley_check_zone(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *zone = data;

    u_char    path[sizeof(NGX_HTTP_PARLEY_ZONES) + PL_ZONE_NAME_MAX];
    pl_err_t  err;

    /* an IANA name, and never a way out of the folder */

    if (!pl_zone_name_valid(ngx_http_parley_str(zone))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time zone \"%V\"", zone);
        return NGX_CONF_ERROR;
    }

    (void) ngx_sprintf(path, NGX_HTTP_PARLEY_ZONES "%V%Z", zone);

    switch (ngx_http_parley_check_tzif(cf, path, &err)) {

    case NGX_OK:
        return NGX_CONF_OK;

    case NGX_DECLINED:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown time zone \"%V\": no file \"%s\"",
                           zone, path);
        return NGX_CONF_ERROR;

    default:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unusable time zone \"%V\": \"%s\": %s",
                           zone, path, err.text);
        return NGX_CONF_ERROR;
    }
}


/* NGX_DECLINED: there is no such file. */

static ngx_int_t
ngx_http_parley_check_tzif(ngx_conf_t *cf, u_char *path, pl_err_t *err)
{
    u_char           *buf;
    ssize_t           n;
    ngx_fd_t          fd;
    pl_arena_t       *ar;
    pl_status_t       rc;
    const pl_zone_t  *compiled;
    ngx_file_info_t   fi;

    if (ngx_file_info(path, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        return NGX_DECLINED;
    }

    (void) pl_err_set(err, PL_NOMEM, "zone", 0, "it cannot be read");

    buf = ngx_palloc(cf->temp_pool, PL_ZONE_BYTES_MAX + 1);
    if (buf == NULL) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, buf, PL_ZONE_BYTES_MAX + 1);
    (void) ngx_close_file(fd);          /* only read from */

    ar = pl_arena_create(PL_ZONE_BYTES_MAX, 2 * PL_ZONE_BYTES_MAX);
    if (n == -1 || ar == NULL) {
        pl_arena_destroy(ar);
        return NGX_ERROR;
    }

    rc = pl_zone_compile(ar, (pl_str_t) { buf, (size_t) n }, &compiled, err);
    pl_arena_destroy(ar);

    return rc == PL_OK ? NGX_OK : NGX_ERROR;
}


char *
ngx_http_parley_check_id(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *id = data;

    size_t  i;

    for (i = 0; i < id->len; i++) {
        if (id->data[i] < '0' || id->data[i] > '9') {
            break;
        }
    }

    if (i == id->len && i > 0 && i <= NGX_HTTP_PARLEY_ID_MAX) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid id \"%V\": at most %d digits", id,
                       NGX_HTTP_PARLEY_ID_MAX);

    return NGX_CONF_ERROR;
}


char *
ngx_http_parley_check_url(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *url = data;

    size_t       i;
    ngx_uint_t   plain;
    const char  *host;

    if (ngx_strncmp(url->data, "https://", 8) == 0) {
        host = (char *) url->data + 8;
        plain = 0;

    } else if (ngx_strncmp(url->data, "http://", 7) == 0) {
        host = (char *) url->data + 7;
        plain = 1;

    } else {
        return "must begin with \"https://\" or \"http://\"";
    }

    if (*host == '\0' || *host == '/' || *host == ':') {
        return "has no host";
    }

    for (i = 0; i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] == 0x7f
            || url->data[i] == '?' || url->data[i] == '#')
        {
            return "has a character that does not belong in it";
        }
    }

    if (url->data[url->len - 1] == '/') {
        return "must not end with \"/\"";
    }

    if (plain && !ngx_http_parley_check_local((u_char *) host)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"api_base_url\" sends the token unencrypted");
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_parley_check_local(const u_char *host)
{
    return ngx_strncmp(host, "127.", 4) == 0
           || ngx_strncmp(host, "[::1]", 5) == 0
           || ngx_strncmp(host, "localhost", 9) == 0;
}


/* v24.0 */

char *
ngx_http_parley_check_version(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *version = data;

    u_char      *p, *last;
    ngx_uint_t   dots, digits;

    p = version->data;
    last = p + version->len;

    if (p == last || *p++ != 'v') {
        return "must look like \"v24.0\"";
    }

    for (dots = 0, digits = 0; p < last; p++) {
        if (*p == '.' && digits) {
            dots++;
            digits = 0;

        } else if (*p >= '0' && *p <= '9' && digits < 4) {
            digits++;

        } else {
            return "must look like \"v24.0\"";
        }
    }

    if (dots != 1 || digits == 0) {
        return "must look like \"v24.0\"";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_check_timeout(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t *ms = data;

    if (*ms == 0 || *ms > NGX_HTTP_PARLEY_TIMEOUT_MAX) {
        return "must be more than 0 and at most 1h";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_check_uri(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *uri = data;

    if (uri->len == 0 || uri->data[0] != '/') {
        return "must name a location by its URI, as \"/_parley/outbox\"";
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_check_flow(ngx_conf_t *cf, ngx_http_parley_flow_t *flow)
{
    char         text[NGX_MAX_ERROR_STR / 2];
    pl_err_t     err;
    ngx_str_t    name;
    pl_flow_t   *compiled;
    pl_codec_t  *codec;

    codec = ngx_http_parley_conf_codec(cf);
    if (codec == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&err, sizeof(pl_err_t));

    if (pl_flow_compile(&compiled, codec, ngx_http_parley_str(&flow->json),
                        &err)
        != PL_OK)
    {
        (void) pl_err_print(&err, text, sizeof(text));

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%ui:%ui: %s",
                           &flow->file, (ngx_uint_t) err.line,
                           (ngx_uint_t) err.column, text);
        return NGX_CONF_ERROR;
    }

    name.data = (u_char *) pl_flow_name(compiled);
    name.len = ngx_strlen(name.data);

    if (name.len != flow->name.len
        || ngx_strncmp(name.data, flow->name.data, name.len) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "flow \"%V\" is named \"%V\" in \"%V\"",
                           &flow->name, &name, &flow->file);
        pl_flow_destroy(compiled);
        return NGX_CONF_ERROR;
    }

    pl_flow_destroy(compiled);

    return NGX_CONF_OK;
}


char *
ngx_http_parley_check_name(ngx_conf_t *cf, const char *what, ngx_str_t *name)
{
    if (pl_name_valid(ngx_http_parley_str(name))) {
        return NGX_CONF_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid %s name \"%V\": letters, digits, \"-\" and "
                       "\"_\", at most %d", what, name, PL_NAME_MAX);

    return NGX_CONF_ERROR;
}


char *
ngx_http_parley_flow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    char                    *rv;
    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_http_parley_flow_t  *flows, *flow;

    value = cf->args->elts;

    rv = ngx_http_parley_check_name(cf, "flow", &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    flows = tenant->flows.elts;

    for (i = 0; i < tenant->flows.nelts; i++) {
        if (flows[i].name.len == value[1].len
            && ngx_strcmp(flows[i].name.data, value[1].data) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate flow \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    flow = ngx_array_push(&tenant->flows);
    if (flow == NULL) {
        return NGX_CONF_ERROR;
    }

    flow->name = value[1];
    flow->file = value[2];

    rv = ngx_http_parley_file_read(cf, &flow->file, NGX_HTTP_PARLEY_FLOW_MAX,
                                   &flow->json);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_parley_check_flow(cf, flow);
}
