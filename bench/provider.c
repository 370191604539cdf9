/*
 * provider: WhatsApp's Cloud API for benchmarks and the soak, as cheap as it
 * can be, so that what is measured is who sends. One epoll loop, one thread,
 * HTTP/1.1 with kept connections; needs libc alone.
 *
 *     cc -std=c11 -O2 -D_GNU_SOURCE bench/provider*.c -o provider
 *     provider [--port N] [--ids] [--mark TO] [--log FILE] [--faults N]
 *              [--seed N]
 *
 * Every POST is answered 200 with a new id. --ids remembers the
 * biz_opaque_callback_data of each request and counts those that come again.
 * --mark: notes when (CLOCK_MONOTONIC) a request to this address came last.
 * --faults: of a thousand requests so many end in another way (fault_e), in
 * turn at random. --log: a line for each request,
 *
 *     OUTCOME ACCOUNT OPAQUE TO ID
 *
 * written out at each GET and at the end. A GET of any path is answered by
 * the counts as one JSON object; channels are known by what stands before
 * "/messages" in the path. Prints the port that it listens on.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "provider.h"

#define EVENTS_MAX  512
#define BACKLOG     4096

static volatile sig_atomic_t  stopping;


void
provider_die(const char *what)
{
    fprintf(stderr, "provider: %s: %s\n", what, strerror(errno));
    exit(1);
}


static void
provider_stop(int signo)
{
    (void) signo;
    stopping = 1;
}


int64_t
provider_us(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


/* ---- connections ----------------------------------------------------- */

static void
conn_close(provider_t *p, int fd)
{
    free(p->conns[fd]);
    p->conns[fd] = NULL;
    (void) close(fd);                   /* leaves epoll with it */
}


/*
 * All whole requests that have come in. An answer always fits the socket's
 * buffer, since nobody asks again before the last one is there.
 */

static bool
conn_answer(provider_t *p, int fd, conn_t *c)
{
    int      n;
    bool     go_on = true;
    char     out[OUT_MAX], *body;
    size_t   head, whole;

    while (go_on && c->len != 0) {
        body = memmem(c->in, c->len, "\r\n\r\n", 4);
        if (body == NULL) {
            return c->len < IN_MAX;
        }

        body += 4;
        head = (size_t) (body - c->in);
        whole = head + provider_length(c->in, body);
        if (whole > IN_MAX) {
            return false;
        }

        if (whole > c->len) {
            return true;
        }

        if (memcmp(c->in, "GET ", 4) == 0) {
            n = provider_counts(p, out);

        } else {
            go_on = provider_take(p, c->in, body, c->in + whole, out, &n);
        }

        if (n != 0 && send(fd, out, (size_t) n, MSG_NOSIGNAL) != n) {
            return false;
        }

        memmove(c->in, c->in + whole, c->len - whole);
        c->len -= whole;
    }

    return go_on;
}


static void
conn_read(provider_t *p, int fd)
{
    conn_t   *c = p->conns[fd];
    ssize_t   n;

    n = recv(fd, c->in + c->len, IN_MAX - c->len, 0);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        conn_close(p, fd);
        return;
    }

    c->len += (size_t) n;

    if (!conn_answer(p, fd, c)) {
        conn_close(p, fd);
    }
}


static void
conn_accept(provider_t *p)
{
    int                 fd, one = 1;
    struct epoll_event  ev;

    for ( ;; ) {
        fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1) {
            return;                     /* no more, or no descriptor left */
        }

        if (fd >= CONNS_MAX || (p->conns[fd] = malloc(sizeof(conn_t))) == NULL)
        {
            (void) close(fd);
            continue;
        }

        p->conns[fd]->len = 0;
        p->accepts++;
        (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

        ev.events = EPOLLIN;
        ev.data.fd = fd;
        if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev) == -1) {
            conn_close(p, fd);
        }
    }
}


/* ---- running --------------------------------------------------------- */

static void
provider_listen(provider_t *p, unsigned port)
{
    int                 one = 1;
    socklen_t           len = sizeof(struct sockaddr_in);
    struct sockaddr_in  sin = { .sin_family = AF_INET };
    struct epoll_event  ev = { .events = EPOLLIN };

    sin.sin_port = htons((uint16_t) port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         0);
    ev.data.fd = p->listener;

    if (p->epoll == -1 || p->listener == -1
        || setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &one,
                      sizeof(one)) == -1
        || bind(p->listener, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(p->listener, BACKLOG) == -1
        || getsockname(p->listener, (struct sockaddr *) &sin, &len) == -1
        || epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->listener, &ev) == -1)
    {
        provider_die("cannot listen");
    }

    printf("%u\n", (unsigned) ntohs(sin.sin_port));
    (void) fflush(stdout);
}


static void
provider_run(provider_t *p)
{
    int                 n, i;
    struct epoll_event  events[EVENTS_MAX];

    while (!stopping) {
        n = epoll_wait(p->epoll, events, EVENTS_MAX, 1000);

        for (i = 0; i < n; i++) {
            if (events[i].data.fd == p->listener) {
                conn_accept(p);

            } else {
                conn_read(p, events[i].data.fd);
            }
        }
    }
}


static void
provider_limits(void)
{
    struct rlimit     files;
    struct sigaction  stop = { .sa_handler = provider_stop };

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max < CONNS_MAX ? files.rlim_max
                                                    : CONNS_MAX;
        (void) setrlimit(RLIMIT_NOFILE, &files);    /* else it has fewer */
    }

    if (sigaction(SIGTERM, &stop, NULL) == -1
        || sigaction(SIGINT, &stop, NULL) == -1)
    {
        provider_die("cannot catch signals");
    }
}


static void
provider_options(provider_t *p, int argc, char **argv, unsigned *port)
{
    int  which;

    static const struct option  rows[] = {
        { "port", required_argument, NULL, 'p' },
        { "ids", no_argument, NULL, 'i' },
        { "mark", required_argument, NULL, 'm' },
        { "log", required_argument, NULL, 'l' },
        { "faults", required_argument, NULL, 'f' },
        { "seed", required_argument, NULL, 's' },
        { NULL, 0, NULL, 0 }
    };

    while ((which = getopt_long(argc, argv, "", rows, NULL)) != -1) {
        switch (which) {
        case 'p':
            *port = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 'i':
            p->ids = true;
            break;
        case 'm':
            p->mark = optarg;
            break;
        case 'l':
            p->log = fopen(optarg, "a");
            if (p->log == NULL) {
                provider_die(optarg);
            }
            break;
        case 'f':
            p->faults = (unsigned) strtoul(optarg, NULL, 10);
            break;
        case 's':
            p->random = strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15ull
                        | 1;
            break;
        default:
            exit(2);
        }
    }
}


int
main(int argc, char **argv)
{
    unsigned     port = 0;
    provider_t  *p = calloc(1, sizeof(provider_t));

    if (p == NULL) {
        provider_die("out of memory");
    }

    p->random = (uint64_t) provider_us() * 0x9e3779b97f4a7c15ull | 1;

    provider_options(p, argc, argv, &port);
    provider_limits();
    provider_listen(p, port);
    provider_run(p);

    if (p->log != NULL && fclose(p->log) != 0) {
        provider_die("cannot write the log");
    }

    return 0;
}
