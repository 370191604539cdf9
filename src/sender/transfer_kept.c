/*
 * Connections that were kept, and what came on them meanwhile.
 *
 * A provider that gives two answers to one request, or says 408 to a
 * connection that idles, leaves bytes that libcurl (7.88) takes for the
 * answer to the next request on it: a message of another, with an id that is
 * not its own, from then on shifted by one. So a connection over which
 * HTTP/1 was spoken is looked at once more before it is used again: what can
 * be read from it now answers nothing, and it is not used. (Over HTTP/2
 * frames name their stream, and come whenever they like.)
 *
 * libcurl names a connection by its local port alone when it asks us. The
 * descriptor behind a port is noted when it is first used, by the transfer
 * that opened it, and held against its own name before it is believed.
 */

#include <poll.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "transfer_impl.h"

static int kept_port(int fd);


bool
pls_kept_spoke(transfer_t *t, int local_port)
{
    int            fd;
    size_t         i;
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

        return poll(&pfd, 1, 0) > 0;
    }

    row->http1 = false;         /* its first answer has not come yet */

    for (i = 0; i < PL_COUNT(t->opened); i++) {
        fd = t->opened[i] - 1;

        if (fd >= 0 && kept_port(fd) == local_port) {
            row->fd = fd + 1;
        }
    }

    return false;
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
