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
 * libcurl names a connection by its ends when it asks us. A local port alone
 * says nothing: the kernel gives one to several connections, to peers that
 * differ. The descriptor behind a name is noted when it is first used, by the
 * transfer that opened it, and held against its own name before it is
 * believed: it may have been closed, and be something else.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../core/clock.h"
#include "transfer_impl.h"

#define KEPT_SILENT_MS  10000

typedef union {
    struct sockaddr         any;
    struct sockaddr_in      in;
    struct sockaddr_in6     in6;
    struct sockaddr_storage room;
} kept_address_t;

static int kept_find(transfer_t *t);
static int kept_opened(transfer_t *t);
static pls_kept_t *kept_row(const transfer_t *t);
static void kept_link(pls_transfers_t *transfers, int fd,
    const pls_ends_t *ends);
static void kept_unlink(pls_transfers_t *transfers, int fd);
static bool kept_told(const char *peer, int peer_port, int local_port,
    pls_ends_t *ends);
static bool kept_is(int fd, const pls_ends_t *ends, bool known);
static int kept_address(const kept_address_t *address, uint8_t bytes[16]);
static void kept_mapped(const void *v4, uint8_t bytes[16]);
static bool kept_same(const pls_ends_t *a, const pls_ends_t *b);


bool
pls_kept_spoke(transfer_t *t, const char *peer, int peer_port, int local_port)
{
    struct pollfd  pfd;
    pls_kept_t    *row;

    if (!kept_told(peer, peer_port, local_port, &t->ends)) {
        return false;                       /* not of TCP */
    }

    t->fd = kept_find(t) + 1;
    if (t->fd == 0) {
        return false;
    }

    pfd.fd = t->fd - 1;
    pfd.events = POLLIN;
    row = &t->owner->kept[pfd.fd];

    if (row->http1 && poll(&pfd, 1, 0) > 0) {
        return true;
    }

    if (row->silent_ms == 0) {
        row->silent_ms = pl_clock_coarse_ms();
    }

    return false;
}


void
pls_kept_heard(transfer_t *t)
{
    pls_kept_t  *row;

    row = kept_row(t);
    if (row != NULL) {
        row->silent_ms = 0;
    }
}


void
pls_kept_timed_out(transfer_t *t)
{
    pls_kept_t  *row;

    row = kept_row(t);

    if (row == NULL || row->silent_ms == 0
        || pl_clock_coarse_ms() - row->silent_ms < KEPT_SILENT_MS)
    {
        return;
    }

    row->silent_ms = 0;

    /* libcurl reads its end, and ends what else is on it */

    if (kept_is(t->fd - 1, &t->ends, true)) {
        (void) shutdown(t->fd - 1, SHUT_RDWR);  /* its end may have come */
    }
}


/* A mail's belongs to its thread, and is never looked at here. */

int
pls_kept_opened(void *data, curl_socket_t fd, curlsocktype purpose)
{
    transfer_t  *t;

    (void) purpose;

    t = data;

    if (t->worker == NULL && fd < PLS_FILES_MAX) {
        kept_unlink(t->owner, fd);
        t->opened[t->n_opened++ % PL_COUNT(t->opened)] = fd + 1;
    }

    return CURL_SOCKOPT_OK;
}


void
pls_kept_answered(transfer_t *t)
{
    long         version;
    pls_kept_t  *row;

    row = kept_row(t);

    if (row != NULL
        && curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version)
           == CURLE_OK)
    {
        row->http1 = version == CURL_HTTP_VERSION_1_0
                     || version == CURL_HTTP_VERSION_1_1;
    }
}


/*
 * The descriptor between its ends, or -1. A new one comes first: one that was
 * reset has lost its ends, and the kernel may give them again.
 */

static int
kept_find(transfer_t *t)
{
    int               fd;
    pls_transfers_t  *transfers;

    fd = kept_opened(t);
    if (fd >= 0) {
        return fd;
    }

    transfers = t->owner;

    for (fd = transfers->ports[t->ends.port] - 1; fd >= 0;
         fd = transfers->kept[fd].next - 1)
    {
        if (kept_same(&transfers->kept[fd].ends, &t->ends)
            && kept_is(fd, &t->ends, true))
        {
            return fd;
        }
    }

    return -1;
}


/* The same among those that it has opened, which nobody has used yet. */

static int
kept_opened(transfer_t *t)
{
    int     fd;
    size_t  i;

    for (i = 0; i < PL_COUNT(t->opened); i++) {
        fd = t->opened[i] - 1;

        if (fd >= 0 && t->owner->kept[fd].ends.port == 0
            && kept_is(fd, &t->ends, false))
        {
            t->opened[i] = 0;
            kept_link(t->owner, fd, &t->ends);
            return fd;
        }
    }

    return -1;
}


/* Of its connection; NULL: its descriptor is already another's. */

static pls_kept_t *
kept_row(const transfer_t *t)
{
    pls_kept_t  *row;

    if (t->fd == 0) {
        return NULL;
    }

    row = &t->owner->kept[t->fd - 1];

    return kept_same(&row->ends, &t->ends) ? row : NULL;
}


static void
kept_link(pls_transfers_t *transfers, int fd, const pls_ends_t *ends)
{
    pls_kept_t  *row;

    row = &transfers->kept[fd];
    row->ends = *ends;
    row->next = transfers->ports[ends->port];
    transfers->ports[ends->port] = fd + 1;
}


/* What it was is closed; what it is now has no name yet. */

static void
kept_unlink(pls_transfers_t *transfers, int fd)
{
    int         *at;
    pls_kept_t  *row;

    row = &transfers->kept[fd];

    if (row->ends.port != 0) {
        at = &transfers->ports[row->ends.port];

        while (*at != fd + 1) {
            at = &transfers->kept[*at - 1].next;
        }

        *at = row->next;
    }

    memset(row, 0, sizeof(*row));
}


/* As libcurl tells them; false: they are not of TCP. */

static bool
kept_told(const char *peer, int peer_port, int local_port, pls_ends_t *ends)
{
    uint8_t  v4[4];

    memset(ends, 0, sizeof(*ends));

    if (local_port <= 0 || local_port >= PLS_PORTS) {
        return false;
    }

    ends->port = local_port;
    ends->peer_port = peer_port;

    if (inet_pton(AF_INET, peer, v4) == 1) {
        kept_mapped(v4, ends->peer);
        return true;
    }

    return inet_pton(AF_INET6, peer, ends->peer) == 1;
}


/* Is this socket between these ends? One that was reset has no peer. */

static bool
kept_is(int fd, const pls_ends_t *ends, bool known)
{
    socklen_t       len;
    pls_ends_t      its;
    kept_address_t  address;

    len = sizeof(address);
    if (getsockname(fd, &address.any, &len) != 0) {
        return false;
    }

    its.port = kept_address(&address, its.peer);

    len = sizeof(address);
    if (getpeername(fd, &address.any, &len) != 0) {
        return known && errno == ENOTCONN && its.port == ends->port;
    }

    its.peer_port = kept_address(&address, its.peer);

    return kept_same(&its, ends);
}


/* Its port, or -1: not of TCP. */

static int
kept_address(const kept_address_t *address, uint8_t bytes[16])
{
    memset(bytes, 0, 16);

    switch (address->any.sa_family) {

    case AF_INET:
        kept_mapped(&address->in.sin_addr, bytes);
        return ntohs(address->in.sin_port);

    case AF_INET6:
        memcpy(bytes, &address->in6.sin6_addr, 16);
        return ntohs(address->in6.sin6_port);

    default:
        return -1;
    }
}


static void
kept_mapped(const void *v4, uint8_t bytes[16])
{
    bytes[10] = bytes[11] = 0xff;
    memcpy(bytes + 12, v4, 4);
}


static bool
kept_same(const pls_ends_t *a, const pls_ends_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}
