/*
 * What stands in a channel's block, once it is read: what its provider needs
 * is there, what it does not know is not, and no two are of one account.
 *
 * Values of Twilio's may come from the environment of the master process:
 * $TWILIO_ACCOUNT_SID and its kin. They are read when the file is, and one
 * that is missing is a mistake with its place as any other.
 */

#include "../core/str.h"
#include "ngx_http_parley.h"

#define NGX_HTTP_PARLEY_SID_LEN     34
#define NGX_HTTP_PARLEY_TOKENS_MAX  8
#define NGX_HTTP_PARLEY_FROM_MAX    64
#define NGX_HTTP_PARLEY_WHATSAPP    "whatsapp:"


static char *ngx_http_parley_channel_env(ngx_conf_t *cf,
    const ngx_str_t *name, ngx_str_t *value);
static char *ngx_http_parley_channel_push(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch, ngx_str_t *token);
static char *ngx_http_parley_channel_meta(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch);
static char *ngx_http_parley_channel_twilio(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch);
static char *ngx_http_parley_channel_from(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch);
static ngx_uint_t ngx_http_parley_channel_sid(const ngx_str_t *sid,
    const char *kind);
static char *ngx_http_parley_channel_lacks(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch, const char *name);
static char *ngx_http_parley_channel_strange(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch, const char *name);


/* All that may be taken from the environment. */
static const ngx_str_t  ngx_http_parley_channel_names[] = {
    ngx_string("TWILIO_ACCOUNT_SID"),
    ngx_string("TWILIO_AUTH_TOKEN"),
    ngx_string("TWILIO_PHONE_NUMBER"),
    ngx_string("TWILIO_WHATSAPP_NUMBER")
};


ngx_http_parley_channel_t *
ngx_http_parley_channel_begin(ngx_conf_t *cf,
    ngx_http_parley_tenant_t *tenant, ngx_str_t *name)
{
    ngx_uint_t                  i;
    ngx_http_parley_channel_t  *channels, *ch;

    channels = tenant->channels.elts;

    for (i = 0; i < tenant->channels.nelts; i++) {
        if (channels[i].name.len == name->len
            && ngx_strcmp(channels[i].name.data, name->data) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate channel \"%V\"", name);
            return NULL;
        }
    }

    ch = ngx_array_push(&tenant->channels);
    if (ch == NULL) {
        return NULL;
    }

    ngx_memzero(ch, sizeof(ngx_http_parley_channel_t));

    ch->name = *name;
    ch->rate = NGX_CONF_UNSET;
    ch->traceparent = NGX_CONF_UNSET;
    ch->smart = NGX_CONF_UNSET;
    ch->subaccounts = NGX_CONF_UNSET;
    ch->api_connect_timeout = NGX_CONF_UNSET_MSEC;
    ch->api_timeout = NGX_CONF_UNSET_MSEC;
    pl_retry_all(NULL, &ch->retries);

    return ch;
}


char *
ngx_http_parley_channel_end(ngx_conf_t *cf, ngx_http_parley_channel_t *ch)
{
    char  *rv;

    ngx_conf_init_value(ch->rate, 80);
    ngx_conf_init_value(ch->traceparent, 0);
    ngx_conf_init_msec_value(ch->api_connect_timeout, 5000);
    ngx_conf_init_msec_value(ch->api_timeout, 30000);

    if (ch->provider->address) {
        ngx_conf_init_value(ch->smart, 0);
        ngx_conf_init_value(ch->subaccounts, 0);
        return ngx_http_parley_mail_end(cf, ch);
    }

    rv = ch->provider->by_account ? ngx_http_parley_channel_twilio(cf, ch)
                                  : ngx_http_parley_channel_meta(cf, ch);

    ngx_conf_init_value(ch->smart, 0);
    ngx_conf_init_value(ch->subaccounts, 0);

    return rv;
}


char *
ngx_http_parley_channel_unique(ngx_conf_t *cf,
    ngx_http_parley_main_conf_t *pmcf, ngx_http_parley_channel_t *ch,
    const ngx_str_t *tenant)
{
    const ngx_http_parley_known_t  *known;

    known = ngx_http_parley_known(pmcf, ch->provider->name,
                                  &ch->phone_number_id);
    if (known) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "channels \"%V\" and \"%V\" have the same "
                           "%s \"%V\"", &known->channel, &ch->name,
                           ch->provider->by_account
                           ? "account and address" : "phone_number_id",
                           &ch->phone_number_id);
        return NGX_CONF_ERROR;
    }

    return ngx_http_parley_know(cf, pmcf, ch->provider->name,
                                &ch->phone_number_id, &ch->name, tenant)
           == NGX_OK ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_parley_channel_value(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value, *field;

    field = (ngx_str_t *) ((char *) conf + cmd->offset);

    if (field->data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '$') {
        *field = value[1];
        return NGX_CONF_OK;
    }

    return ngx_http_parley_channel_env(cf, &value[1], field);
}


/* Never in the file itself, which many may read. */

char *
ngx_http_parley_channel_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    char       *rv;
    ngx_str_t  *value, token;

    value = cf->args->elts;

    if (value[1].len == 0 || value[1].data[0] != '$') {
        return "takes a variable of the environment alone; "
               "use \"auth_token_file\"";
    }

    rv = ngx_http_parley_channel_env(cf, &value[1], &token);

    return rv == NGX_CONF_OK ? ngx_http_parley_channel_push(cf, ch, &token)
                             : rv;
}


char *
ngx_http_parley_channel_token_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_parley_channel_t *ch = conf;

    char       *rv;
    ngx_str_t  *value, token;

    value = cf->args->elts;

    rv = ngx_http_parley_file_secret(cf, &value[1], &token);

    return rv == NGX_CONF_OK ? ngx_http_parley_channel_push(cf, ch, &token)
                             : rv;
}


static char *
ngx_http_parley_channel_env(ngx_conf_t *cf, const ngx_str_t *name,
    ngx_str_t *value)
{
    char        *text;
    size_t       len;
    ngx_uint_t   i, n;

    n = sizeof(ngx_http_parley_channel_names) / sizeof(ngx_str_t);

    for (i = 0; i < n; i++) {
        if (name->len == ngx_http_parley_channel_names[i].len + 1
            && ngx_strncmp(name->data + 1,
                           ngx_http_parley_channel_names[i].data,
                           name->len - 1)
               == 0)
        {
            break;
        }
    }

    if (i == n) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown variable \"%V\" of the environment",
                           name);
        return NGX_CONF_ERROR;
    }

    text = getenv((char *) ngx_http_parley_channel_names[i].data);

    if (text == NULL || text[0] == '\0') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the environment has no \"%V\"",
                           &ngx_http_parley_channel_names[i]);
        return NGX_CONF_ERROR;
    }

    len = ngx_strlen(text);
    value->data = ngx_pnalloc(cf->pool,
                              sizeof(NGX_HTTP_PARLEY_WHATSAPP) + len);
    if (value->data == NULL) {
        return NGX_CONF_ERROR;
    }

    /* the number of WhatsApp is often written as a bare number there */

    value->len = (size_t) (ngx_sprintf(value->data, "%s%s",
                                       i == 3 && text[0] == '+'
                                       ? NGX_HTTP_PARLEY_WHATSAPP : "", text)
                           - value->data);
    value->data[value->len] = '\0';

    return NGX_CONF_OK;
}


/* The first one is sent with; what was signed with any is taken. */

static char *
ngx_http_parley_channel_push(ngx_conf_t *cf, ngx_http_parley_channel_t *ch,
    ngx_str_t *token)
{
    ngx_str_t  *more;

    if (ch->tokens == NULL) {
        ch->tokens = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (ch->tokens == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ch->tokens->nelts == NGX_HTTP_PARLEY_TOKENS_MAX) {
        return "is given too often in this channel";
    }

    more = ngx_array_push(ch->tokens);
    if (more == NULL) {
        return NGX_CONF_ERROR;
    }

    *more = *token;

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_channel_meta(ngx_conf_t *cf, ngx_http_parley_channel_t *ch)
{
    const char  *strange;

    if (ch->api_base_url.data == NULL) {
        ngx_str_set(&ch->api_base_url, "https://graph.facebook.com");
    }

    if (ch->api_version.data == NULL) {
        ngx_str_set(&ch->api_version, "v24.0");
    }

    strange = ch->account_sid.data ? "account_sid"
              : ch->from.data ? "from"
              : ch->tokens ? "auth_token_file"
              : ch->service.data ? "messaging_service_sid"
              : ch->callback.data ? "status_callback"
              : ch->smart != NGX_CONF_UNSET ? "smart_encoding"
              : ch->sandbox.data ? "sandbox_word"
              : ch->subaccounts != NGX_CONF_UNSET ? "subaccounts" : NULL;

    if (strange) {
        return ngx_http_parley_channel_strange(cf, ch, strange);
    }

    if (ch->phone_number_id.data == NULL) {
        return ngx_http_parley_channel_lacks(cf, ch, "phone_number_id");
    }

    if (ch->token.data == NULL) {
        return ngx_http_parley_channel_lacks(cf, ch, "token_file");
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_parley_channel_twilio(ngx_conf_t *cf, ngx_http_parley_channel_t *ch)
{
    const char  *strange;

    if (ch->api_base_url.data == NULL) {
        ngx_str_set(&ch->api_base_url, "https://api.twilio.com");
    }

    if (ch->api_version.data == NULL) {
        ngx_str_set(&ch->api_version, "2010-04-01");
    }

    strange = ch->phone_number_id.data ? "phone_number_id"
              : ch->waba_id.data ? "waba_id"
              : ch->token.data ? "token_file" : NULL;

    if (strange) {
        return ngx_http_parley_channel_strange(cf, ch, strange);
    }

    if (ch->account_sid.data == NULL) {
        return ngx_http_parley_channel_lacks(cf, ch, "account_sid");
    }

    if (ch->tokens == NULL) {
        return ngx_http_parley_channel_lacks(cf, ch, "auth_token_file");
    }

    if (ch->from.data == NULL) {
        return ngx_http_parley_channel_lacks(cf, ch, "from");
    }

    if (!ngx_http_parley_channel_sid(&ch->account_sid, "AC")) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid account_sid \"%V\": \"AC\" and 32 "
                           "hexadecimal digits", &ch->account_sid);
        return NGX_CONF_ERROR;
    }

    if (ch->service.data && !ngx_http_parley_channel_sid(&ch->service, "MG"))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid messaging_service_sid \"%V\": \"MG\" and "
                           "32 hexadecimal digits", &ch->service);
        return NGX_CONF_ERROR;
    }

    if (ch->sandbox.data
        && (ch->sandbox.len == 0
            || ngx_strlchr(ch->from.data, ch->from.data + ch->from.len, ':')
               == NULL))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a sandbox has a word to join it with, and is of "
                           "WhatsApp: \"from\" is \"whatsapp:+14155238886\"");
        return NGX_CONF_ERROR;
    }

    ch->token = ((ngx_str_t *) ch->tokens->elts)[0];
    ch->waba_id = ch->account_sid;

    return ngx_http_parley_channel_from(cf, ch);
}


/* "+" and digits, after "whatsapp:"; or, of SMS, a short code's digits. */

static char *
ngx_http_parley_channel_from(ngx_conf_t *cf, ngx_http_parley_channel_t *ch)
{
    u_char  *p;
    size_t   i, lead, digits;

    lead = sizeof(NGX_HTTP_PARLEY_WHATSAPP) - 1;

    if (ch->from.len < lead
        || ngx_strncmp(ch->from.data, NGX_HTTP_PARLEY_WHATSAPP, lead) != 0)
    {
        lead = 0;
    }

    i = lead;

    if (i < ch->from.len && ch->from.data[i] == '+') {
        i++;
    }

    for (digits = i; i < ch->from.len; i++) {
        if (ch->from.data[i] < '0' || ch->from.data[i] > '9') {
            break;
        }
    }

    if (i < ch->from.len || i == digits || i - digits > PL_PHONE_MAX
        || (lead && digits == lead))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid from \"%V\": a number as \"+31612345678\""
                           ", \"whatsapp:+31612345678\", or a short code",
                           &ch->from);
        return NGX_CONF_ERROR;
    }

    p = ngx_pnalloc(cf->pool, ch->account_sid.len + ch->from.len + 2);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    ch->phone_number_id.data = p;
    ch->phone_number_id.len = (size_t) (ngx_sprintf(p, "%V/%V",
                                                    &ch->account_sid,
                                                    &ch->from) - p);
    p[ch->phone_number_id.len] = '\0';

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_parley_channel_sid(const ngx_str_t *sid, const char *kind)
{
    size_t  i;

    if (sid->len != NGX_HTTP_PARLEY_SID_LEN
        || ngx_strncmp(sid->data, kind, 2) != 0)
    {
        return 0;
    }

    for (i = 2; i < sid->len; i++) {
        if (!((sid->data[i] >= '0' && sid->data[i] <= '9')
              || (sid->data[i] >= 'a' && sid->data[i] <= 'f')))
        {
            return 0;
        }
    }

    return 1;
}


static char *
ngx_http_parley_channel_lacks(ngx_conf_t *cf, ngx_http_parley_channel_t *ch,
    const char *name)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "channel \"%V\" has no \"%s\"",
                       &ch->name, name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_parley_channel_strange(ngx_conf_t *cf,
    ngx_http_parley_channel_t *ch, const char *name)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%s\" is no directive of provider \"%s\", which "
                       "channel \"%V\" has", name, ch->provider->name,
                       &ch->name);

    return NGX_CONF_ERROR;
}
