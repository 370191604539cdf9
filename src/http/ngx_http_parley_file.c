/*
 * Files that the configuration names, read once as the master's user; and
 * the store's folder, made for the worker's.
 */

#include "../core/crypto.h"
#include "ngx_http_parley.h"


static char *ngx_http_parley_file_bytes(ngx_conf_t *cf, ngx_str_t *name,
    ngx_fd_t fd, size_t max, ngx_str_t *contents);
static void ngx_http_parley_file_wipe(void *data);


char *
ngx_http_parley_file_read(ngx_conf_t *cf, ngx_str_t *name, size_t max,
    ngx_str_t *contents)
{
    char      *rv;
    ngx_fd_t   fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    rv = ngx_http_parley_file_bytes(cf, name, fd, max, contents);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", name);
    }

    return rv;
}


static char *
ngx_http_parley_file_bytes(ngx_conf_t *cf, ngx_str_t *name, ngx_fd_t fd,
    size_t max, ngx_str_t *contents)
{
    size_t           size, len;
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", name);
        return NGX_CONF_ERROR;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file", name);
        return NGX_CONF_ERROR;
    }

    if (ngx_file_size(&fi) > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is larger than %uz bytes", name, max);
        return NGX_CONF_ERROR;
    }

    size = (size_t) ngx_file_size(&fi);

    contents->data = ngx_pnalloc(cf->pool, size + 1);
    if (contents->data == NULL) {
        return NGX_CONF_ERROR;
    }

    for (len = 0; len < size; len += (size_t) n) {
        n = ngx_read_fd(fd, contents->data + len, size - len);

        if (n <= 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, n ? ngx_errno : 0,
                               ngx_read_fd_n " \"%V\" failed", name);
            return NGX_CONF_ERROR;
        }
    }

    contents->data[len] = '\0';
    contents->len = len;

    return NGX_CONF_OK;
}


char *
ngx_http_parley_file_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *secret)
{
    char                *rv;
    ngx_str_t           *wiped;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    wiped = cln->data;
    ngx_str_null(wiped);

    cln->handler = ngx_http_parley_file_wipe;

    rv = ngx_http_parley_file_read(cf, name, NGX_HTTP_PARLEY_SECRET_MAX,
                                   secret);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    *wiped = *secret;

    while (secret->len && (secret->data[secret->len - 1] == LF
                           || secret->data[secret->len - 1] == CR))
    {
        secret->len--;
    }

    if (secret->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" is empty", name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_file_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    ngx_str_t  *value;

    if (ch->token.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return ngx_http_parley_file_secret(cf, &value[1], &ch->token);
}


static void
ngx_http_parley_file_wipe(void *data)
{
    ngx_str_t *secret = data;

    if (secret->len) {
        pl_crypto_wipe(secret->data, secret->len);
    }
}


/*
 * Called when the configuration takes effect, never by "nginx -t". A folder
 * that is there already is left as it is. A failure here stops nothing: the
 * workers try on their own, answer 503, and say why.
 */

void
ngx_http_parley_file_store(ngx_cycle_t *cycle, ngx_str_t *dir)
{
    ngx_fd_t          fd;
    ngx_core_conf_t  *ccf;

    if (ngx_create_dir(dir->data, 0700) == NGX_FILE_ERROR) {
        if (ngx_errno != NGX_EEXIST) {
            ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                          "parley: " ngx_create_dir_n " \"%V\" failed", dir);
        }

        return;
    }

    /* what was made, and not what somebody may have put in its place */

    fd = open((const char *) dir->data,
              O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == NGX_INVALID_FILE) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "parley: " ngx_open_file_n " \"%V\" failed", dir);
        return;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT
        && fchown(fd, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "parley: fchown(\"%V\", %d) failed", dir,
                      (int) ccf->user);
    }

    /* members of the group may run parley-sender and parleyctl */

    if (fchmod(fd, 02770) == -1) {
        ngx_log_error(NGX_LOG_ERR, cycle->log, ngx_errno,
                      "parley: fchmod(\"%V\") failed", dir);
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      "parley: " ngx_close_file_n " \"%V\" failed", dir);
    }
}


void
ngx_http_parley_file_place(ngx_conf_t *cf, ngx_uint_t level,
    const ngx_str_t *file, const pl_err_t *err)
{
    char  text[NGX_MAX_ERROR_STR / 2];

    (void) pl_err_print(err, text, sizeof(text));

    ngx_conf_log_error(level, cf, 0, "%V:%ui:%ui: %s", file,
                       (ngx_uint_t) err->line, (ngx_uint_t) err->column,
                       text);
}
