/*
 * What a tenant or a channel that is made while nginx runs may say: what
 * nginx -t asks of nginx.conf. See place.h.
 */

#include <string.h>

#include "../core/str.h"
#include "../core/unicode.h"
#include "../core/zone.h"
#include "phone.h"
#include "place.h"
#include "stop_text.h"

static pl_status_t check_text(const char *text, size_t max,
    const char *path, pl_err_t *err);
static pl_status_t check_number(bool has, uint32_t n, uint32_t max,
    const char *path, pl_err_t *err);
static pl_status_t check_url(const char *url, pl_err_t *err);
static pl_status_t check_version(const char *version, pl_err_t *err);
static pl_status_t check_bad(pl_err_t *err, const char *path,
    const char *text);


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

    for (i = 0; rc == PL_OK && i < PL_COUNT(texts); i++) {
        rc = check_text(texts[i].text, PL_PLACE_TEXT_MAX, texts[i].path,
                        err);
    }

    return rc;
}


pl_status_t
pl_place_channel_check(const Pl__ChannelSettings *row, pl_err_t *err)
{
    pl_status_t  rc;

    if (!pl_name_valid(pl_str_c(row->name))) {
        return check_bad(err, "name", "a name has letters, digits, \"-\" and "
                                      "\"_\", and a letter or digit first");
    }

    /* others want more of a channel than is asked for here */

    if (strcmp(row->provider, PL_PLACE_PROVIDER) != 0) {
        return check_bad(err, "provider", "channels of " PL_PLACE_PROVIDER
                                          " alone are made so");
    }

    if (row->account[0] == '\0') {
        return check_bad(err, "account", "it has to be said");
    }

    rc = check_text(row->account, PL_PLACE_ACCOUNT_MAX, "account", err);

    if (rc == PL_OK) {
        rc = check_text(row->waba_id, PL_PLACE_ACCOUNT_MAX, "waba_id", err);
    }

    if (rc == PL_OK) {
        rc = check_number(true, row->rate_per_s, PL_PLACE_RATE_MAX,
                          "rate_per_s", err);
    }

    if (rc == PL_OK) {
        rc = check_url(row->api_base_url, err);
    }

    if (rc == PL_OK) {
        rc = check_version(row->api_version, err);
    }

    if (rc == PL_OK && (row->token.len > PL_PLACE_TOKEN_MAX
                        || (row->has_token && row->token.len == 0)))
    {
        rc = check_bad(err, "token", "it is empty, or too long");
    }

    return rc;
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
check_url(const char *url, pl_err_t *err)
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
        return check_bad(err, "api_base_url",
                         "it begins with https://, or is of this machine");
    }

    host = strstr(url, "://") + 3;

    if (*host == '\0' || *host == '/' || *host == ':'
        || url[len - 1] == '/' || len > PL_PLACE_URL_MAX
        || strpbrk(url, "?#@ \\") != NULL)
    {
        return check_bad(err, "api_base_url",
                         "it has no host, or what does not belong in it");
    }

    return check_text(url, PL_PLACE_URL_MAX, "api_base_url", err);
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
