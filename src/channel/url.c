/*
 * A URL's origin. See url.h.
 */

#include <string.h>

#include "../core/str.h"
#include "url.h"

static bool url_printable(pl_str_t url);
static bool url_scheme(pl_str_t *rest, const char *scheme);
static pl_str_t url_authority(pl_str_t rest);
static bool url_host(pl_str_t *authority, pl_origin_t *origin);
static bool url_name(pl_str_t host);
static bool url_port(pl_str_t rest, pl_origin_t *origin);
static uint8_t url_lower(uint8_t c);


pl_status_t
pl_url_origin(pl_str_t url, pl_origin_t *origin, pl_err_t *err)
{
    pl_str_t     authority, rest = url;
    const char  *mistake = NULL;

    memset(origin, 0, sizeof(*origin));

    if (url.len > PL_URL_MAX) {
        return pl_err_set(err, PL_INVALID, "url", 0, "too long");
    }

    if (!url_printable(url)) {
        return pl_err_set(err, PL_INVALID, "url", 0,
                          "a byte that does not belong in it");
    }

    if (url_scheme(&rest, "https://")) {
        origin->tls = true;

    } else if (!url_scheme(&rest, "http://")) {
        return pl_err_set(err, PL_INVALID, "url", 0,
                          "neither http nor https");
    }

    authority = url_authority(rest);

    if (memchr(authority.data, '@', authority.len) != NULL) {
        mistake = "names a user";

    } else if (!url_host(&authority, origin)) {
        mistake = "no host, or not one that can be";

    } else if (!url_port(authority, origin)) {
        mistake = "not a port";
    }

    return mistake == NULL ? PL_OK
           : pl_err_set(err, PL_INVALID, "url", 0, "%s", mistake);
}


bool
pl_url_same(const pl_origin_t *a, const pl_origin_t *b)
{
    return a->tls == b->tls && a->port == b->port
           && strcmp(a->host, b->host) == 0;
}


static bool
url_printable(pl_str_t url)
{
    size_t  i;

    for (i = 0; i < url.len; i++) {
        if (url.data[i] <= 0x20 || url.data[i] >= 0x7f
            || url.data[i] == '\\')
        {
            return false;
        }
    }

    return url.len > 0;
}


static bool
url_scheme(pl_str_t *rest, const char *scheme)
{
    size_t  i, len = strlen(scheme);

    if (rest->len < len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (url_lower(rest->data[i]) != (uint8_t) scheme[i]) {
            return false;
        }
    }

    rest->data += len;
    rest->len -= len;

    return true;
}


/* Up to the path, the query, or what comes behind it. */

static pl_str_t
url_authority(pl_str_t rest)
{
    size_t  i;

    for (i = 0; i < rest.len; i++) {
        if (rest.data[i] == '/' || rest.data[i] == '?'
            || rest.data[i] == '#')
        {
            break;
        }
    }

    rest.len = i;

    return rest;
}


/* Leaves in authority what stands behind the host. */

static bool
url_host(pl_str_t *authority, pl_origin_t *origin)
{
    size_t          i;
    pl_str_t        host = *authority;
    const uint8_t  *end;

    if (host.len > 0 && host.data[0] == '[') {
        end = memchr(host.data, ']', host.len);
        host.len = end == NULL ? 0 : (size_t) (end - host.data) + 1;

        for (i = 1; i + 1 < host.len; i++) {
            if (strchr("0123456789abcdefABCDEF:.", host.data[i]) == NULL) {
                return false;
            }
        }

        if (host.len < 4) {             /* [::] is the shortest */
            return false;
        }

    } else {
        end = memchr(host.data, ':', host.len);
        host.len = end == NULL ? host.len : (size_t) (end - host.data);

        if (!url_name(host)) {
            return false;
        }
    }

    if (host.len > PL_URL_HOST_MAX) {
        return false;
    }

    for (i = 0; i < host.len; i++) {
        origin->host[i] = (char) url_lower(host.data[i]);
    }

    authority->data += host.len;
    authority->len -= host.len;

    return true;
}


static bool
url_name(pl_str_t host)
{
    size_t   i;
    uint8_t  c, before = '.';

    for (i = 0; i < host.len; i++) {
        c = url_lower(host.data[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-'
            && c != '_' && c != '.')
        {
            return false;
        }

        if (c == '.' && before == '.') {
            return false;
        }

        before = c;
    }

    return before != '.';
}


static bool
url_port(pl_str_t rest, pl_origin_t *origin)
{
    int64_t  port;

    if (rest.len == 0) {
        origin->port = origin->tls ? 443 : 80;
        return true;
    }

    if (rest.data[0] != ':' || rest.len < 2 || rest.data[1] == '-') {
        return false;
    }

    rest.data++;
    rest.len--;

    if (pl_str_int(rest, &port) != PL_OK || port < 1 || port > UINT16_MAX) {
        return false;
    }

    origin->port = (uint16_t) port;

    return true;
}


static uint8_t
url_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t) (c | 0x20) : c;
}
