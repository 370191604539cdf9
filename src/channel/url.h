/*
 * What must be known of a URL before anybody goes there: scheme, host and
 * port. Strict, and about http and https alone: what looks unusual is
 * refused, since two readers of one URL may disagree about it. Pure.
 */

#ifndef PL_URL_H_INCLUDED
#define PL_URL_H_INCLUDED

#include "../core/pl.h"

#define PL_URL_MAX       (8u * 1024)
#define PL_URL_HOST_MAX  253            /* RFC 1035, 2.3.4, without the dot */

typedef struct {
    bool      tls;
    char      host[PL_URL_HOST_MAX + 1];    /* lower case; [..] for IPv6 */
    uint16_t  port;
} pl_origin_t;

/*
 * PL_INVALID: neither http nor https, user or password in it, no host, an
 * empty label, a port that is none, a byte that is no visible ASCII, a
 * backslash, or longer than PL_URL_MAX. err's text has nothing of the URL.
 */
pl_status_t pl_url_origin(pl_str_t url, pl_origin_t *origin, pl_err_t *err);

bool pl_url_same(const pl_origin_t *a, const pl_origin_t *b);

#endif /* PL_URL_H_INCLUDED */
