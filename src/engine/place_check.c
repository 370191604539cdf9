/*
 * What a tenant or a channel that is made while nginx runs may say: what
 * nginx -t asks of nginx.conf. See place.h.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "../core/unicode.h"
#include "../core/zone.h"
#include "age.h"
#include "phone.h"
#include "place.h"
#include "quota.h"
#include "stop_text.h"

#define CHECK_SID_LEN         34        /* AC… and its kin */
#define CHECK_WHATSAPP        "whatsapp:"
#define CHECK_TWILIO_VERSION  "2010-04-01"

/* Whose a field is. */
#define OF_WHATSAPP  1
#define OF_TWILIO    2
#define OF_SMTP      4

typedef struct {
    pl_place_kind_t   kind;
    unsigned          of;
    pl_status_t     (*check)(const Pl__ChannelSettings *row, pl_err_t *err);
} check_kind_t;

static pl_status_t check_text(const char *text, size_t max,
    const char *path, pl_err_t *err);
static pl_status_t check_number(bool has, uint32_t n, uint32_t max,
    const char *path, pl_err_t *err);
static pl_status_t check_keep(const Pl__Keep *keep, pl_err_t *err);
static pl_status_t check_limits(const Pl__TenantLimits *limits,
    pl_err_t *err);
static const check_kind_t *check_kind(const char *provider);
static pl_status_t check_texts(const Pl__ChannelSettings *row,
    pl_err_t *err);
static pl_status_t check_strange(const Pl__ChannelSettings *row,
    const check_kind_t *kind, pl_err_t *err);
static pl_status_t check_whatsapp(const Pl__ChannelSettings *row,
    pl_err_t *err);
static pl_status_t check_twilio(const Pl__ChannelSettings *row,
    pl_err_t *err);
static bool check_sid(const char *text, const char *kind);
static pl_status_t check_smtp(const Pl__ChannelSettings *row, pl_err_t *err);
static pl_status_t check_url(const char *url, const char *path,
    pl_err_t *err);
static pl_status_t check_version(const char *version, pl_err_t *err);
static pl_status_t check_bad(pl_err_t *err, const char *path,
    const char *text);


static const check_kind_t  check_kinds[] = {
    { { "whatsapp", "https://graph.facebook.com", "v24.0", 0, false },
      OF_WHATSAPP, check_whatsapp },
    { { "twilio", "https://api.twilio.com", CHECK_TWILIO_VERSION,
        CHECK_SID_LEN, false },
      OF_TWILIO, check_twilio },
    { { "smtp", NULL, "", 0, true }, OF_SMTP, check_smtp },
};


pl_status_t
pl_place_tenant_check(const Pl__TenantSettings *row, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    const struct {
        const char  *text;
        const char  *path;
    } texts[] = {
        { row->stop_text, "stop_text" },
        { row->start_text, "start_text" },
        { row->help_text, "help_text" },
    };

    if (!pl_name_valid(pl_str_c(row->name))) {
        return check_bad(err, "name", "a name has letters, digits, \"-\" and "
                                      "\"_\", and a letter or digit first");
    }

    if (row->like != NULL && !pl_name_valid(pl_str_c(row->like))) {
        return check_bad(err, "like", "there is no such tenant");
    }

    if (row->time_zone != NULL
        && !pl_zone_name_valid(pl_str_c(row->time_zone)))
    {
        return check_bad(err, "time_zone", "a name such as Europe/Berlin");
    }

    if (row->calling_code != NULL
        && !pl_phone_code_valid(pl_str_c(row->calling_code)))
    {
        return check_bad(err, "calling_code", "1 to 3 digits, as 31");
    }

    if (row->language != NULL && pl_stop_text(row->language) == NULL) {
        return check_bad(err, "language", "there are no texts in it");
    }

    rc = check_number(row->has_rate_per_s, row->rate_per_s,
                      PL_PLACE_RATE_MAX, "rate_per_s", err);

    if (rc == PL_OK) {
        rc = check_number(row->has_weight, row->weight, PL_PLACE_WEIGHT_MAX,
                          "weight", err);
    }

    if (rc == PL_OK && row->limits != NULL) {
        rc = check_limits(row->limits, err);
    }

    if (rc == PL_OK && row->keep != NULL) {
        rc = check_keep(row->keep, err);
    }

    for (i = 0; rc == PL_OK && i < PL_COUNT(texts); i++) {
        rc = check_text(texts[i].text, PL_PLACE_TEXT_MAX, texts[i].path,
                        err);
    }

    return rc;
}


pl_status_t
pl_place_channel_check(const Pl__ChannelSettings *row, pl_err_t *err)
{
    pl_status_t          rc;
    const check_kind_t  *kind;

    if (!pl_name_valid(pl_str_c(row->name))) {
        return check_bad(err, "name", "a name has letters, digits, \"-\" and "
                                      "\"_\", and a letter or digit first");
    }

    kind = check_kind(row->provider);

    if (kind == NULL) {
        return check_bad(err, "provider", "no channels of it are made so");
    }

    if (row->account[0] == '\0') {
        return check_bad(err, "account", "it has to be said");
    }

    rc = check_texts(row, err);

    if (rc == PL_OK) {
        rc = check_strange(row, kind, err);
    }

    if (rc == PL_OK) {
        rc = kind->check(row, err);
    }

    if (rc == PL_OK) {
        rc = check_number(true, row->rate_per_s, PL_PLACE_RATE_MAX,
                          "rate_per_s", err);
    }

    if (rc == PL_OK && (row->token.len > PL_PLACE_TOKEN_MAX
                        || (row->has_token && row->token.len == 0)))
    {
        rc = check_bad(err, "token", "it is empty, or too long");
    }

    return rc;
}


bool
pl_place_wants_token(const Pl__ChannelSettings *row)
{
    const check_kind_t  *kind = check_kind(row->provider);

    return kind == NULL || kind->of != OF_SMTP || row->user != NULL;
}


const pl_place_kind_t *
pl_place_kind(const char *provider)
{
    const check_kind_t  *kind = check_kind(provider);

    return kind == NULL ? NULL : &kind->kind;
}


static pl_status_t
check_keep(const Pl__Keep *keep, pl_err_t *err)
{
    size_t  i;

    const struct {
        int64_t      ms;
        const char  *path;
    } rows[] = {
        { keep->messages_ms, "keep.messages" },
        { keep->contacts_ms, "keep.contacts" },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        if (rows[i].ms < 0 || rows[i].ms % PL_AGE_DAY_MS != 0
            || rows[i].ms > PL_AGE_DAYS_MAX * PL_AGE_DAY_MS)
        {
            return check_bad(err, rows[i].path, "1 to 36500 days, or 0");
        }
    }

    return PL_OK;
}


static pl_status_t
check_limits(const Pl__TenantLimits *limits, pl_err_t *err)
{
    pl_status_t  rc;

    rc = check_number(limits->has_channels, limits->channels, PL_QUOTA_MAX,
                      "limits.channels", err);

    if (rc == PL_OK) {
        rc = check_number(limits->has_keys, limits->keys, PL_QUOTA_MAX,
                          "limits.keys", err);
    }

    return rc == PL_OK
           ? check_number(limits->has_messages_day, limits->messages_day,
                          PL_QUOTA_MAX, "limits.messages_day", err)
           : rc;
}


static const check_kind_t *
check_kind(const char *provider)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(check_kinds); i++) {
        if (strcmp(check_kinds[i].kind.provider, provider) == 0) {
            return &check_kinds[i];
        }
    }

    return NULL;
}


static pl_status_t
check_texts(const Pl__ChannelSettings *row, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    const struct {
        const char  *text;
        size_t       max;
        const char  *path;
    } texts[] = {
        { row->account, PL_PLACE_ACCOUNT_MAX, "account" },
        { row->waba_id, PL_PLACE_ACCOUNT_MAX, "waba_id" },
        { row->api_base_url, PL_PLACE_URL_MAX, "api_base_url" },
        { row->user, PL_PLACE_ACCOUNT_MAX, "user" },
        { row->from_name, PL_MAIL_NAME_MAX, "from_name" },
        { row->reply_address, PL_PLACE_ACCOUNT_MAX, "reply_address" },
        { row->service, PL_PLACE_ACCOUNT_MAX, "messaging_service_sid" },
        { row->callback_url, PL_PLACE_URL_MAX, "status_callback" },
    };

    for (i = 0; rc == PL_OK && i < PL_COUNT(texts); i++) {
        rc = check_text(texts[i].text, texts[i].max, texts[i].path, err);
    }

    return rc;
}


/* Is anything said that is another provider's? */

static pl_status_t
check_strange(const Pl__ChannelSettings *row, const check_kind_t *kind,
    pl_err_t *err)
{
    size_t  i;

    const struct {
        bool         said;
        unsigned     of;
        const char  *path;
    } fields[] = {
        { row->waba_id != NULL, OF_WHATSAPP|OF_TWILIO, "waba_id" },
        { row->user != NULL, OF_SMTP, "user" },
        { row->from_name != NULL, OF_SMTP, "from_name" },
        { row->reply_address != NULL, OF_SMTP, "reply_address" },
        { row->service != NULL, OF_TWILIO, "messaging_service_sid" },
        { row->callback_url != NULL, OF_TWILIO, "status_callback" },
        { row->smart, OF_TWILIO, "smart_encoding" },
    };

    for (i = 0; i < PL_COUNT(fields); i++) {
        if (fields[i].said && (fields[i].of & kind->of) == 0) {
            return check_bad(err, fields[i].path,
                             "channels of this provider have none");
        }
    }

    return PL_OK;
}


static pl_status_t
check_whatsapp(const Pl__ChannelSettings *row, pl_err_t *err)
{
    pl_status_t  rc;

    rc = check_url(row->api_base_url, "api_base_url", err);

    return rc == PL_OK ? check_version(row->api_version, err) : rc;
}


/* AC…/+31612345678, AC…/whatsapp:+31612345678, or AC…/ and a short code. */

static pl_status_t
check_twilio(const Pl__ChannelSettings *row, pl_err_t *err)
{
    size_t        n;
    pl_status_t   rc;
    const char   *from = row->account + CHECK_SID_LEN;

    if (!check_sid(row->account, "AC") || *from++ != '/') {
        return check_bad(err, "account", "an account's SID, a slash and the "
                                         "number: AC…/+31612345678");
    }

    if (row->waba_id == NULL || strlen(row->waba_id) != CHECK_SID_LEN
        || strncmp(row->waba_id, row->account, CHECK_SID_LEN) != 0)
    {
        return check_bad(err, "waba_id", "it is the account's SID");
    }

    if (strncmp(from, CHECK_WHATSAPP, sizeof(CHECK_WHATSAPP) - 1) == 0) {
        from += sizeof(CHECK_WHATSAPP) - 1;
        from += *from == '+' ? 0 : strlen(from);
    }

    from += *from == '+';
    n = strspn(from, "0123456789");

    if (n == 0 || n > PL_PHONE_MAX || from[n] != '\0') {
        return check_bad(err, "account", "the number is as +31612345678, "
                                         "whatsapp:+31612345678, or a short "
                                         "code");
    }

    if (row->service != NULL
        && (!check_sid(row->service, "MG")
            || row->service[CHECK_SID_LEN] != '\0'))
    {
        return check_bad(err, "messaging_service_sid",
                         "MG and 32 hexadecimal digits");
    }

    rc = row->callback_url == NULL
         ? PL_OK : check_url(row->callback_url, "status_callback", err);

    if (rc == PL_OK && strcmp(row->api_version, CHECK_TWILIO_VERSION) != 0) {
        rc = check_bad(err, "api_version", "it is " CHECK_TWILIO_VERSION);
    }

    return rc == PL_OK ? check_url(row->api_base_url, "api_base_url", err)
                       : rc;
}


static bool
check_sid(const char *text, const char *kind)
{
    return strncmp(text, kind, 2) == 0
           && strspn(text + 2, "0123456789abcdef") == CHECK_SID_LEN - 2;
}


/* As the directives of a channel of mail say them. */

static pl_status_t
check_smtp(const Pl__ChannelSettings *row, pl_err_t *err)
{
    const char  *p, *host;

    if (!pl_mail_address_valid(pl_str_c(row->account))
        || strpbrk(row->account, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL)
    {
        return check_bad(err, "account", "an address of mail, of lower case");
    }

    if (row->reply_address != NULL
        && !pl_mail_address_valid(pl_str_c(row->reply_address)))
    {
        return check_bad(err, "reply_address", "it is no address of mail");
    }

    if (row->api_version[0] != '\0') {
        return check_bad(err, "api_version",
                         "channels of this provider have none");
    }

    host = strncmp(row->api_base_url, "smtps://", 8) == 0
           ? row->api_base_url + 8
           : strncmp(row->api_base_url, "smtp://", 7) == 0
             ? row->api_base_url + 7 : "";

    for (p = host; *p > ' ' && *p < 0x7f && strchr("/?#@", *p) == NULL; p++)
    {
        /* void */
    }

    return *host == '\0' || *host == ':' || *p != '\0'
           ? check_bad(err, "api_base_url",
                       "smtp://HOST[:PORT] or smtps://HOST[:PORT]")
           : PL_OK;
}


/* What stands in logs, requests and lists: of one line. NULL is none. */

static pl_status_t
check_text(const char *text, size_t max, const char *path, pl_err_t *err)
{
    const char  *p;

    if (text == NULL) {
        return PL_OK;
    }

    if (strlen(text) > max || !pl_utf8_valid(pl_str_c(text))) {
        return check_bad(err, path, "it is too long, or no UTF-8");
    }

    for (p = text; *p != '\0'; p++) {
        if ((uint8_t) *p < ' ' || *p == 0x7f) {
            return check_bad(err, path, "a character that does not belong "
                                        "in it");
        }
    }

    return PL_OK;
}


static pl_status_t
check_number(bool has, uint32_t n, uint32_t max, const char *path,
    pl_err_t *err)
{
    pl_status_t  rc;

    if (!has || (n >= 1 && n <= max)) {
        return PL_OK;
    }

    rc = pl_err_set(err, PL_INVALID, "settings", 0, "from 1 to %u",
                    (unsigned) max);
    pl_err_path(err, "%s", path);

    return rc;
}


/* The token goes there: encrypted, or no further than this machine. */

static pl_status_t
check_url(const char *url, const char *path, pl_err_t *err)
{
    size_t       i, len;
    const char  *host;

    static const char *const  starts[] = {
        "https://", "http://127.", "http://[::1]"
    };

    for (i = 0; i < PL_COUNT(starts)
                && strncmp(url, starts[i], strlen(starts[i])) != 0; i++)
    {
        /* void */
    }

    len = strlen(url);

    if (i == PL_COUNT(starts)) {
        return check_bad(err, path,
                         "it begins with https://, or is of this machine");
    }

    host = strstr(url, "://") + 3;

    if (*host == '\0' || *host == '/' || *host == ':'
        || (url[len - 1] == '/' && strcmp(path, "api_base_url") == 0)
        || strpbrk(url, "?#@ \\") != NULL)
    {
        return check_bad(err, path,
                         "it has no host, or what does not belong in it");
    }

    return PL_OK;
}


/* v24.0 */

static pl_status_t
check_version(const char *version, pl_err_t *err)
{
    size_t  major, minor;

    major = version[0] == 'v' ? strspn(version + 1, "0123456789") : 0;
    minor = major != 0 && version[1 + major] == '.'
            ? strspn(version + 2 + major, "0123456789") : 0;

    return major != 0 && major <= 3 && minor != 0 && minor <= 3
           && version[2 + major + minor] == '\0'
           ? PL_OK : check_bad(err, "api_version", "such as v24.0");
}


static pl_status_t
check_bad(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "settings", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}
