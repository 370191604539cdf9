/*
 * parley_media: the folder that parley-sender keeps files in, and
 * parley_media_file: the location that serves them, as nginx serves any file
 * of its own (ranges, conditions, open_file_cache, sendfile, aio).
 *
 * A URI ends in a file's name, the 64 hex digits of its SHA-256; nothing else
 * of it counts, so that no URI leads out of the folder. What people send is
 * hostile until shown otherwise: it is never taken for a page. The type comes
 * from the link (?type=) and only where it is one that a browser shows
 * without running anything; all else is application/octet-stream, to be
 * saved. The name under which it is saved (?name=) is data in a header.
 */

#include "../core/crypto.h"
#include "../core/str.h"
#include "ngx_http_parley.h"

#define NGX_HTTP_PARLEY_MEDIA_NAME  (2 * PL_SHA256_LEN)

/* bytes of the name that a file is saved under, as the link has it */
#define NGX_HTTP_PARLEY_MEDIA_SAVE  512

static ngx_int_t ngx_http_parley_media_path(ngx_http_request_t *r,
    ngx_str_t *name, ngx_str_t *path);
static ngx_int_t ngx_http_parley_media_open(ngx_http_request_t *r,
    ngx_str_t *path, ngx_open_file_info_t *of);
static ngx_int_t ngx_http_parley_media_headers(ngx_http_request_t *r,
    ngx_str_t *name, ngx_open_file_info_t *of);
static ngx_int_t ngx_http_parley_media_disposition(ngx_http_request_t *r,
    const char *kind, ngx_str_t *value);
static ngx_int_t ngx_http_parley_media_etag(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_int_t ngx_http_parley_media_send(ngx_http_request_t *r,
    ngx_str_t *path, ngx_open_file_info_t *of);
static ngx_int_t ngx_http_parley_media_arg(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);


/* What a browser shows and does not run. Not SVG, which has scripts. */
static const ngx_str_t  ngx_http_parley_media_types[] = {
    ngx_string("image/jpeg"),
    ngx_string("image/png"),
    ngx_string("image/webp"),
    ngx_string("image/gif"),
    ngx_string("audio/aac"),
    ngx_string("audio/amr"),
    ngx_string("audio/mp4"),
    ngx_string("audio/mpeg"),
    ngx_string("audio/ogg"),
    ngx_string("video/mp4"),
    ngx_string("video/3gpp"),
    ngx_string("application/pdf"),
    ngx_null_string
};

static const ngx_str_t  ngx_http_parley_media_unknown =
    ngx_string("application/octet-stream");


char *
ngx_http_parley_media(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_main_conf_t *pmcf = conf;

    off_t       size;
    ngx_str_t  *value, s;

    if (pmcf->media.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty path";
    }

    pmcf->media = value[1];

    if (ngx_conf_full_name(cf->cycle, &pmcf->media, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "max=", 4) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    s.data = value[2].data + 4;
    s.len = value[2].len - 4;

    size = ngx_parse_offset(&s);

    if (size == NGX_ERROR || size < 1 || size > (off_t) PL_MEDIA_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\", at least 1 and at most 100m",
                           &s);
        return NGX_CONF_ERROR;
    }

    pmcf->media_max = (uint64_t) size;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_media_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_loc_conf_t *plcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (plcf->media_file) {
        return "is duplicate";
    }

    plcf->media_file = 1;
    plcf->file = cf->conf_file->file.name.data;
    plcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "stands beside another handler of this location";
    }

    clcf->handler = ngx_http_parley_media_handler;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_parley_media_handler(ngx_http_request_t *r)
{
    ngx_int_t             rc;
    ngx_str_t             name, path;
    ngx_open_file_info_t  of;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc == NGX_OK) {
        rc = ngx_http_parley_media_path(r, &name, &path);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_parley_media_open(r, &path, &of);
    }

    if (rc == NGX_OK) {
        rc = ngx_http_parley_media_headers(r, &name, &of);
    }

    return rc == NGX_OK ? ngx_http_parley_media_send(r, &path, &of) : rc;
}


/* The last part of the URI, if it is a name; and where that file stands. */

static ngx_int_t
ngx_http_parley_media_path(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *path)
{
    u_char                       *p;
    size_t                        i;
    ngx_http_parley_main_conf_t  *pmcf;

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_parley_module);

    name->len = NGX_HTTP_PARLEY_MEDIA_NAME;

    if (r->uri.len <= name->len
        || r->uri.data[r->uri.len - name->len - 1] != '/')
    {
        return NGX_HTTP_NOT_FOUND;
    }

    name->data = r->uri.data + r->uri.len - name->len;

    for (i = 0; i < name->len; i++) {
        if (!(name->data[i] >= '0' && name->data[i] <= '9')
            && !(name->data[i] >= 'a' && name->data[i] <= 'f'))
        {
            return NGX_HTTP_NOT_FOUND;
        }
    }

    path->data = ngx_pnalloc(r->pool, pmcf->media.len + sizeof("/ab/cd/")
                                      + name->len);
    if (path->data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_sprintf(path->data, "%V/%*s/%*s/%V%Z", &pmcf->media, (size_t) 2,
                    name->data, (size_t) 2, name->data + 2, name);
    path->len = (size_t) (p - path->data) - 1;

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_media_open(ngx_http_request_t *r, ngx_str_t *path,
    ngx_open_file_info_t *of)
{
    ngx_uint_t                 level;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    ngx_memzero(of, sizeof(ngx_open_file_info_t));

    of->read_ahead = clcf->read_ahead;
    of->directio = clcf->directio;
    of->valid = clcf->open_file_cache_valid;
    of->min_uses = clcf->open_file_cache_min_uses;
    of->errors = clcf->open_file_cache_errors;
    of->events = clcf->open_file_cache_events;

    if (ngx_http_set_disable_symlinks(r, clcf, path, of) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_open_cached_file(clcf->open_file_cache, path, of, r->pool)
        == NGX_OK)
    {
        return of->is_file ? NGX_OK : NGX_HTTP_NOT_FOUND;
    }

    switch (of->err) {

    case 0:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    case NGX_ENOENT:
    case NGX_ENOTDIR:
        return NGX_HTTP_NOT_FOUND;

    case NGX_EACCES:
        level = NGX_LOG_ERR;
        break;

    default:
        level = NGX_LOG_CRIT;
        break;
    }

    ngx_log_error(level, r->connection->log, of->err,
                  "parley: %s \"%V\" failed", of->failed, path);

    return level == NGX_LOG_ERR ? NGX_HTTP_FORBIDDEN
                                : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* Its bytes are its name: it never changes, and may be kept for ever. */

static ngx_int_t
ngx_http_parley_media_headers(ngx_http_request_t *r, ngx_str_t *name,
    ngx_open_file_info_t *of)
{
    ngx_str_t         asked, value;
    const char       *kind;
    const ngx_str_t  *type;

    static ngx_str_t  nosniff = ngx_string("nosniff");
    static ngx_str_t  cache = ngx_string("private, max-age=31536000, "
                                         "immutable");
    static ngx_str_t  policy = ngx_string("default-src 'none'; sandbox");

    kind = "attachment";

    if (ngx_http_parley_media_arg(r, "type", &asked) == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (type = ngx_http_parley_media_types; type->len; type++) {
        if (asked.len == type->len
            && ngx_strncasecmp(asked.data, type->data, type->len) == 0)
        {
            kind = "inline";
            break;
        }
    }

    if (type->len == 0) {
        type = &ngx_http_parley_media_unknown;
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = of->size;
    r->headers_out.last_modified_time = of->mtime;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    if (ngx_http_parley_media_etag(r, name) != NGX_OK
        || ngx_http_parley_media_disposition(r, kind, &value) != NGX_OK
        || ngx_http_parley_reply_header(r, "Content-Disposition", &value)
           != NGX_OK
        || ngx_http_parley_reply_header(r, "X-Content-Type-Options",
                                        &nosniff)
           != NGX_OK
        || ngx_http_parley_reply_header(r, "Content-Security-Policy",
                                        &policy)
           != NGX_OK
        || ngx_http_parley_reply_header(r, "Cache-Control", &cache)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


/*
 * RFC 6266. Only the part behind the last slash of either kind is a name;
 * RFC 8187's form carries any of it, so that no quotes are needed.
 */

static ngx_int_t
ngx_http_parley_media_disposition(ngx_http_request_t *r, const char *kind,
    ngx_str_t *value)
{
    u_char     *p;
    size_t      i, start;
    ngx_str_t   name;

    static const char  plain[] = "!#$&+-.^_`|~";
    static const char  hex[] = "0123456789ABCDEF";

    if (ngx_http_parley_media_arg(r, "name", &name) == NGX_ERROR) {
        return NGX_ERROR;
    }

    for (start = 0, i = 0; i < name.len; i++) {
        if (name.data[i] == '/' || name.data[i] == '\\') {
            start = i + 1;
        }
    }

    while (start < name.len && name.data[start] == '.') {
        start++;                        /* no hidden file, no folder above */
    }

    value->data = ngx_pnalloc(r->pool, sizeof("attachment; filename*=UTF-8''")
                                       + 3 * (name.len - start));
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value->data, "%s", kind);

    if (start < name.len
        && pl_utf8_valid((pl_str_t) { name.data + start, name.len - start }))
    {
        p = ngx_cpymem(p, "; filename*=UTF-8''",
                       sizeof("; filename*=UTF-8''") - 1);

        for (i = start; i < name.len; i++) {
            if ((name.data[i] >= '0' && name.data[i] <= '9')
                || (name.data[i] >= 'a' && name.data[i] <= 'z')
                || (name.data[i] >= 'A' && name.data[i] <= 'Z')
                || (name.data[i] != '\0' && ngx_strchr(plain, name.data[i])))
            {
                *p++ = name.data[i];

            } else if (name.data[i] < 0x20 || name.data[i] == 0x7f) {
                *p++ = '_';

            } else {
                *p++ = '%';
                *p++ = (u_char) hex[name.data[i] >> 4];
                *p++ = (u_char) hex[name.data[i] & 0xf];
            }
        }
    }

    value->len = (size_t) (p - value->data);

    return NGX_OK;
}


static ngx_int_t
ngx_http_parley_media_etag(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    ngx_http_parley_header_end(h);

    h->value.len = name->len + 2;
    h->value.data = ngx_pnalloc(r->pool, h->value.len + 1);
    if (h->value.data == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    (void) ngx_sprintf(h->value.data, "\"%V\"%Z", name);

    r->headers_out.etag = h;

    return NGX_OK;
}


/* As ngx_http_static_module does it. */

static ngx_int_t
ngx_http_parley_media_send(ngx_http_request_t *r, ngx_str_t *path,
    ngx_open_file_info_t *of)
{
    ngx_buf_t    *b;
    ngx_int_t     rc;
    ngx_chain_t   out;

    r->root_tested = !r->error_page;
    r->allow_ranges = 1;

    /* all of it first: nothing may fail once the header is out */

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));
    if (b->file == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file_pos = 0;
    b->file_last = of->size;

    b->in_file = b->file_last ? 1 : 0;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;
    b->sync = (b->last_buf || b->in_file) ? 0 : 1;

    b->file->fd = of->fd;
    b->file->name = *path;
    b->file->log = r->connection->log;
    b->file->directio = of->is_directio;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/*
 * An argument, unescaped. NGX_DECLINED, and empty, where there is none or
 * where it is longer than any name.
 */

static ngx_int_t
ngx_http_parley_media_arg(ngx_http_request_t *r, const char *name,
    ngx_str_t *value)
{
    u_char     *src, *dst;
    ngx_str_t   raw;

    ngx_str_null(value);

    if (ngx_http_arg(r, (u_char *) name, ngx_strlen(name), &raw) != NGX_OK
        || raw.len > 3 * NGX_HTTP_PARLEY_MEDIA_SAVE)
    {
        return NGX_DECLINED;
    }

    dst = ngx_pnalloc(r->pool, raw.len + 1);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    src = raw.data;
    value->data = dst;

    ngx_unescape_uri(&dst, &src, raw.len, 0);

    value->len = (size_t) (dst - value->data);

    return NGX_OK;
}
