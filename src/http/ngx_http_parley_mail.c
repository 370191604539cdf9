/*
 * A channel of mail in nginx.conf: the values of its directives, and what one
 * has to have. What stands here goes into headers and to a relay, so it is
 * looked at byte by byte.
 */

#include "ngx_http_parley.h"
#include "../channel/mail.h"
#include "../core/str.h"


static char *ngx_http_parley_mail_words(const ngx_str_t *words);


char *
ngx_http_parley_mail_address(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    char       *rv;
    ngx_str_t  *address, *value;
    ngx_uint_t i;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    address = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (!pl_mail_address_valid(ngx_http_parley_str(address))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid address of mail \"%V\"", address);
        return NGX_CONF_ERROR;
    }

    /* as webhooks' are, since it is found by them */

    for (i = 0; i < address->len; i++) {
        address->data[i] = ngx_tolower(address->data[i]);
    }

    /* and, of what mail is from, the name that people see */

    if (cf->args->nelts == 3) {
        value = cf->args->elts;
        ch->from_name = value[2];

        return ngx_http_parley_mail_words(&ch->from_name);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_mail_name(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *rv;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);

    return rv == NGX_CONF_OK
           ? ngx_http_parley_mail_words((ngx_str_t *) ((char *) conf
                                                       + cmd->offset))
           : rv;
}


static char *
ngx_http_parley_mail_words(const ngx_str_t *words)
{
    size_t  i;

    if (words->len > PL_MAIL_NAME_MAX
        || !pl_utf8_valid(ngx_http_parley_str(words)))
    {
        return "must be UTF-8 and at most 256 bytes";
    }

    for (i = 0; i < words->len; i++) {
        if (words->data[i] < ' ' || words->data[i] == 0x7f) {
            return "has a character that does not belong in it";
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_mail_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char       *rv;
    ngx_str_t  *url;
    size_t     i, lead;

    rv = ngx_conf_set_str_slot(cf, cmd, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    url = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (ngx_strncmp(url->data, "smtps://", 8) == 0) {
        lead = 8;

    } else if (ngx_strncmp(url->data, "smtp://", 7) == 0) {
        lead = 7;

    } else {
        return "must begin with \"smtp://\" or \"smtps://\"";
    }

    if (url->len == lead || url->data[lead] == ':') {
        return "has no host";
    }

    for (i = lead; i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] >= 0x7f
            || ngx_strchr("/?#@", url->data[i]))
        {
            return "has a character that does not belong in it";
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_parley_mail_end(ngx_conf_t *cf, ngx_http_parley_channel_t *ch)
{
    if (ch->provider->carries) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%s\" brings webhooks to channels of \"%s\" and "
                           "has none of its own",
                           ch->provider->name, ch->provider->carries);
        return NGX_CONF_ERROR;
    }

    if (ch->phone_number_id.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" has no \"address\"", &ch->name);
        return NGX_CONF_ERROR;
    }

    if (ch->api_base_url.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" has no \"server\"", &ch->name);
        return NGX_CONF_ERROR;
    }

    if (ch->user.len && ch->token.data == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channel \"%V\" has a \"user\" and no "
                           "\"token_file\" with its password", &ch->name);
        return NGX_CONF_ERROR;
    }

    ngx_str_set(&ch->api_version, "");

    return NGX_CONF_OK;
}
