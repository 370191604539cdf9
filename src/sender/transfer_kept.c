/*
 * Connections that were kept: what came on them meanwhile, and whether
 * anything still does.
 *
 * A provider that gives two answers to one request, or says 408 to a
 * connection that idles, leaves bytes that libcurl (7.88) takes for the
 * answer to the next request on it: a message of another, with an id that is
 * not its own, from then on shifted by one. So a connection over which
 * HTTP/1 was spoken is looked at once more before it is used again: what can
 * be read from it now answers nothing, and it is not used. (Over HTTP/2
 * frames name their stream, and come whenever they like.)
 *
 * And where one connection carries many requests, a peer that has stopped to
 * answer on it would be given each next one, and all of them would be
 * unknown: libcurl ends a request that times out, and keeps the connection as
 * long as another is on it. One that has said nothing for a while, whatever
 * was asked, is shut when a request times out on it.
 *
 * libcurl names a connection by its local port alone when it asks us. The
 * descriptor behind a port is noted when it is first used, by the transfer
 * that opened it, and held against its own name before it is believed.
 */

#include <poll.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../core/clock.h"
#include "transfer_impl.h"

#define KEPT_SILENT_MS  10000

static void kept_asked(transfer_t *t, pls_kept_t *row);
static int kept_port(int fd);


bool
pls_kept_spoke(transfer_t *t, int local_port)
{
    int            fd;
    struct pollfd  pfd;
    pls_kept_t    *row;

    if (local_port <= 0 || local_port >= PLS_PORTS) {
        return false;                       /* not of TCP */
    }

    t->port = local_port;
    row = &t->owner->kept[local_port];
    fd = row->fd - 1;

    if (row->http1 && fd >= 0 && kept_port(fd) == local_port) {
        pfd.fd = fd;
        pfd.events = POLLIN;

        if (poll(&pfd, 1, 0) > 0) {
            return true;
        }
    }

    kept_asked(t, row);

    return false;
}


void
pls_kept_heard(transfer_t *t)
{
    t->owner->kept[t->port].silent_ms = 0;
}


void
pls_kept_timed_out(transfer_t *t)
{
    int          fd;
    pls_kept_t  *row;

    row = &t->owner->kept[t->port];
    fd = row->fd - 1;

    if (t->port == 0 || row->silent_ms == 0
        || pl_clock_coarse_ms() - row->silent_ms < KEPT_SILENT_MS)
    {
        return;
    }

    row->silent_ms = 0;

    /* libcurl reads its end, and ends what else is on it */

    if (fd >= 0 && kept_port(fd) == t->port) {
        (void) shutdown(fd, SHUT_RDWR);     /* its end may have come */
    }
}


int
pls_kept_opened(void *data, curl_socket_t fd, curlsocktype purpose)
{
    transfer_t  *t;

    (void) purpose;

    t = data;
    t->opened[t->n_opened++ % PL_COUNT(t->opened)] = fd + 1;

    return CURL_SOCKOPT_OK;
}


void
pls_kept_answered(transfer_t *t)
{
    long  version;

    if (t->port != 0
        && curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version)
           == CURLE_OK)
    {
        t->owner->kept[t->port].http1 = version == CURL_HTTP_VERSION_1_0
                                        || version == CURL_HTTP_VERSION_1_1;
    }
}


/* A request leaves on it: is it a new one, and since when is it silent? */

static void
kept_asked(transfer_t *t, pls_kept_t *row)
{
    int     fd;
    size_t  i;

    for (i = 0; i < PL_COUNT(t->opened); i++) {
        fd = t->opened[i] - 1;

        if (fd >= 0 && kept_port(fd) == t->port) {
            row->fd = fd + 1;
            row->http1 = false;         /* not before it has answered */
            row->silent_ms = 0;
            t->opened[i] = 0;
        }
    }

    if (row->silent_ms == 0) {
        row->silent_ms = pl_clock_coarse_ms();
    }
}


/* The local port of a socket, or -1: it was closed, and is something else. */

static int
kept_port(int fd)
{
    socklen_t  len;
    union {
        struct sockaddr         any;
        struct sockaddr_in      in;
        struct sockaddr_in6     in6;
        struct sockaddr_storage room;
    } name;

    len = sizeof(name);

    if (getsockname(fd, &name.any, &len) != 0) {
        return -1;
    }

    switch (name.any.sa_family) {
    case AF_INET:
        return ntohs(name.in.sin_port);
    case AF_INET6:
        return ntohs(name.in6.sin6_port);
    default:
        return -1;
    }
}
