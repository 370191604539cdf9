/*
 * What nginx.conf says of a tenant's own words of refusal and of what is
 * answered to them; docs/consent.md says what they mean. The rows of the
 * settings are made here, as they are published.
 */

#include "../core/str.h"
#include "../engine/stop.h"
#include "../engine/stop_text.h"
#include "ngx_http_parley.h"


#define NGX_HTTP_PARLEY_WORDS_BYTES  (512 * 1024)
#define NGX_HTTP_PARLEY_WORDS_TEXT   1024
#define NGX_HTTP_PARLEY_WORDS_ARENA  (8 * 1024 * 1024)


static char *ngx_http_parley_words_keep(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, const pl_stop_own_t *own, size_t n);
static char *ngx_http_parley_words_place(ngx_conf_t *cf, ngx_str_t *file,
    const pl_err_t *err);


char *
ngx_http_parley_stop_words_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_parley_tenant_t *tenant = conf;

    char           *rv;
    size_t          n;
    pl_err_t        err;
    ngx_str_t      *value, text;
    pl_arena_t     *ar;
    pl_stop_own_t  *own;

    if (tenant->stop_words_set) {
        return "is duplicate";
    }

    tenant->stop_words_set = 1;
    value = cf->args->elts;

    rv = ngx_http_parley_file_read(cf, &value[1], NGX_HTTP_PARLEY_WORDS_BYTES,
                                   &text);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    ar = pl_arena_create(65536, NGX_HTTP_PARLEY_WORDS_ARENA);
    if (ar == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&err, sizeof(pl_err_t));

    if (pl_stop_parse(ar, ngx_http_parley_str(&text), &own, &n, &err)
        == PL_OK)
    {
        rv = ngx_http_parley_words_keep(cf, tenant, own, n);

    } else {
        rv = ngx_http_parley_words_place(cf, &value[1], &err);
    }

    pl_arena_destroy(ar);

    return rv;
}


/* The phrases lie within the file's text, without an end of their own. */

static char *
ngx_http_parley_words_keep(ngx_conf_t *cf, ngx_http_parley_tenant_t *tenant,
    const pl_stop_own_t *own, size_t n)
{
    u_char          *p;
    size_t           i;
    Pl__StopPhrase  *rows;

    rows = ngx_palloc(cf->pool, n * sizeof(Pl__StopPhrase));
    tenant->stop_phrases = ngx_palloc(cf->pool, n * sizeof(Pl__StopPhrase *));

    if (rows == NULL || tenant->stop_phrases == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < n; i++) {
        p = ngx_pnalloc(cf->pool, own[i].phrase.len + 1);
        if (p == NULL) {
            return NGX_CONF_ERROR;
        }

        *ngx_cpymem(p, own[i].phrase.data, own[i].phrase.len) = '\0';

        pl__stop_phrase__init(&rows[i]);
        rows[i].kind = own[i].kind;
        rows[i].phrase = (char *) p;

        tenant->stop_phrases[i] = &rows[i];
    }

    tenant->n_stop_phrases = n;

    return NGX_CONF_OK;
}


/* stop_text, start_text, help_text. */

char *
ngx_http_parley_check_text(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *text = data;

    if (text->len > NGX_HTTP_PARLEY_WORDS_TEXT) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the text has %uz bytes, %d at most", text->len,
                           NGX_HTTP_PARLEY_WORDS_TEXT);
        return NGX_CONF_ERROR;
    }

    if (!pl_utf8_valid(ngx_http_parley_str(text))
        || ngx_strlen(text->data) != text->len)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the text is not UTF-8");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* language: one that the built-in texts are written in. */

char *
ngx_http_parley_check_language(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *language = data;

    if (pl_stop_text((const char *) language->data) == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "there are no texts in language \"%V\"", language);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_words_place(ngx_conf_t *cf, ngx_str_t *file,
    const pl_err_t *err)
{
    char  text[NGX_MAX_ERROR_STR / 2];

    (void) pl_err_print(err, text, sizeof(text));

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%V:%ui:%ui: %s", file,
                       (ngx_uint_t) err->line, (ngx_uint_t) err->column,
                       text);

    return NGX_CONF_ERROR;
}
