/*
 * load: a webhook load generator for tests and benchmarks. One epoll loop,
 * one thread, no locks; needs libcrypto alone.
 *
 *     cc -std=c11 -O2 -D_GNU_SOURCE bench/load*.c -lcrypto -o load
 *
 * Every request is a WhatsApp webhook of about 650 bytes with a message id
 * of its own (from --seed and a counter), signed with HMAC-SHA256. All
 * variable parts have a fixed width, so that making a request is patching a
 * copy of a template and one MAC; --prebuild does that before the clock
 * starts. With --talk each of many people says the lines of a file in turn,
 * each only once the one before was answered.
 *
 * A connection carries one request at a time. One that is kept may be closed
 * by the server at any moment: a request whose kept connection closed before
 * the first byte of the answer is repeated on a new connection and counted
 * in "reconnects"; any other early end is an error, and the request is not
 * repeated. --ack lists the message id of each request that was answered
 * 200, one a line; it is gathered in memory and written at the end, also at
 * SIGTERM.
 *
 * Prints one JSON object: requests, ok (2xx), codes (the others), errors,
 * refused (connects that failed, tried again), reconnects, seconds, rps,
 * p50 p90 p99 p999 max (microseconds), cpu (own seconds).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define CONNECTIONS_MAX   4096
#define RETRY_NS          10000000LL    /* between connects that fail */
#define ANSWER_NS         60000000000LL /* an answer later than this: error */
#define LINGER_NS         10000000000LL /* for answers after the end */


void
load_die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(2);
}


void *
load_take(size_t size)
{
    void  *p;

    p = calloc(1, size);
    if (p == NULL) {
        load_die("out of memory");
    }

    return p;
}


char *
load_read(const char *name, size_t *len)
{
    FILE  *f;
    char  *bytes;

    f = fopen(name, "rb");
    if (f == NULL) {
        fprintf(stderr, "load: cannot open \"%s\": %s\n", name,
                strerror(errno));
        exit(2);
    }

    bytes = load_take(FILE_MAX + 1);
    *len = fread(bytes, 1, FILE_MAX + 1, f);
    if (ferror(f) || *len > FILE_MAX) {
        load_die("cannot read file, or it is above 8 MiB");
    }

    (void) fclose(f);           /* was only read */
    return bytes;
}


static int64_t
now_ns(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


/* ---- accounts ------------------------------------------------------- */

static void
count_latency(load_t *ld, int64_t ns)
{
    unsigned  shift = 0;
    uint64_t  us = ns < 0 ? 0 : (uint64_t) ns / 1000;

    if (us > ld->max_us) {
        ld->max_us = us;
    }
    /* 64 steps to each doubling: within 1.6 % */
    while (us >> shift >= 128) {
        shift++;
    }
    us = shift * 64 + (us >> shift);
    ld->histogram[us < BUCKETS ? us : BUCKETS - 1]++;
}


static uint64_t
percentile(const load_t *ld, double share)
{
    uint64_t  n = 0, want = 0;

    for (size_t i = 0; i < BUCKETS; i++) {
        want += ld->histogram[i];
    }
    want = (uint64_t) ((double) want * share);

    for (size_t i = 0; i < BUCKETS; i++) {
        n += ld->histogram[i];
        if (n > want) {
            return i < 128 ? i : (i % 64 + 64) << (i / 64 - 1);
        }
    }

    return ld->max_us;
}


static void
ack(load_t *ld, const job_t *job)
{
    if (ld->opt.ack_file == NULL || job->kind != KIND_MESSAGE) {
        return;
    }
    if (ld->acks_room - ld->acks_len < 64) {
        ld->acks_room = ld->acks_room * 2 + (1 << 20);
        ld->acks = realloc(ld->acks, ld->acks_room);
        if (ld->acks == NULL) {
            load_die("out of memory");
        }
    }
    ld->acks_len += (size_t) snprintf(ld->acks + ld->acks_len, 64,
        "wamid.HBgN%016" PRIx64 "%016" PRIx64 "FQIAEhgg\n",
        ld->opt.seed, job->counter);
}


static double
cpu_s(void)
{
    struct rusage  ru;

    (void) getrusage(RUSAGE_SELF, &ru);         /* cannot fail */
    return (double) (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec)
           + (double) (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
}


static void
report(const load_t *ld)
{
    FILE    *f;
    bool     first = true;
    double   seconds;

    seconds = (double) (now_ns() - ld->began) / 1e9;

    printf("{\"requests\":%" PRIu64 ",\"ok\":%" PRIu64 ",\"codes\":{",
           ld->done, ld->ok);
    for (int code = 0; code < 1000; code++) {
        if (ld->codes[code] > 0) {
            printf("%s\"%03d\":%" PRIu64, first ? "" : ",", code,
                   ld->codes[code]);
            first = false;
        }
    }
    printf("},\"errors\":%" PRIu64 ",\"refused\":%" PRIu64
           ",\"reconnects\":%" PRIu64 ",\"seconds\":%.3f,\"rps\":%.0f",
           ld->errors, ld->refused, ld->reconnects, seconds,
           (double) ld->ok / seconds);
    printf(",\"p50\":%" PRIu64 ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64
           ",\"p999\":%" PRIu64 ",\"max\":%" PRIu64 ",\"cpu\":%.3f}\n",
           percentile(ld, 0.5), percentile(ld, 0.9), percentile(ld, 0.99),
           percentile(ld, 0.999), ld->max_us, cpu_s() - ld->cpu);

    if (ld->opt.ack_file != NULL) {
        f = fopen(ld->opt.ack_file, "wb");
        if (f == NULL
            || fwrite(ld->acks, 1, ld->acks_len, f) != ld->acks_len
            || fclose(f) != 0)
        {
            load_die("cannot write the ack file");
        }
    }
}


/* ---- connections ---------------------------------------------------- */

static void
close_conn(conn_t *c, int64_t again)
{
    if (c->fd >= 0) {
        (void) close(c->fd);    /* nothing of ours is unsent that matters */
    }
    c->fd = -1;
    c->state = CONN_DOWN;
    c->kept = false;
    c->since = again;
}


static void
open_conn(load_t *ld, conn_t *c)
{
    int                 one = 1;
    struct epoll_event  ev;
    struct sockaddr_in  sin;

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons((uint16_t) ld->opt.port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        load_die("cannot make a socket");
    }
    (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    if (connect(c->fd, (struct sockaddr *) &sin, sizeof(sin)) != 0
        && errno != EINPROGRESS)
    {
        ld->refused++;
        close_conn(c, now_ns() + RETRY_NS);
        return;
    }

    ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    ev.data.ptr = c;
    if (epoll_ctl(ld->ep, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
        load_die("cannot watch a socket");
    }
    c->state = CONN_OPENING;
    c->since = now_ns();
}


/* Is there a request to begin, and may it begin now? */
static bool
may_begin(const load_t *ld)
{
    const options_t  *opt = &ld->opt;

    if (ld->over || (opt->requests > 0 && ld->begun >= opt->requests)) {
        return false;
    }
    if (opt->rate > 0) {
        return (double) ld->begun
               <= (double) (now_ns() - ld->began) / 1e9 * (double) opt->rate;
    }

    return true;
}


static void readable(load_t *ld, conn_t *c, bool ended);


static void
flush(load_t *ld, conn_t *c)
{
    ssize_t  n;

    while (c->sent < c->out_len) {
        n = send(c->fd, c->out + c->sent, c->out_len - c->sent,
                 MSG_NOSIGNAL);
        if (n >= 0) {
            c->sent += (size_t) n;
            continue;
        }
        if (errno != EAGAIN) {
            readable(ld, c, true);      /* an early answer, or the end */
        }
        return;
    }
}


static void
begin(load_t *ld, conn_t *c)
{
    if (!c->pending) {
        if (!may_begin(ld)) {
            c->state = CONN_IDLE;
            return;
        }
        if (ld->pool != NULL) {
            c->job = ld->jobs[ld->begun];
            c->out = ld->pool + ld->begun * ld->pool_len;
            c->out_len = load_body_len(ld, c->job);
        } else {
            c->job = load_body_next(ld);
            c->out_len = load_body_render(ld, c->job, c->own);
            c->out = c->own;
        }
        ld->begun++;
        c->pending = true;
        c->first = now_ns();
    }

    c->state = CONN_BUSY;
    c->since = c->first;
    c->sent = 0;
    c->in_len = 0;
    flush(ld, c);
}


/*
 * The connection ended, or the answer never came. What was sent over a kept
 * connection that died silently is sent again; all else is an error.
 */
static void
finish(load_t *ld, conn_t *c, bool failed)
{
    bool  again;

    again = c->state == CONN_IDLE || !c->pending
            || (failed && c->kept && c->in_len == 0);

    if (c->pending && again) {
        ld->reconnects++;
    } else if (c->pending) {
        ld->errors++;
        ld->done++;
        c->pending = false;
    }
    close_conn(c, again ? 0 : now_ns() + RETRY_NS);
}


/* Length of the whole answer in c->in; 0: not all there yet. */
static size_t
answer_len(const conn_t *c)
{
    size_t       head, len;
    const char  *end, *p;

    end = strstr(c->in, "\r\n\r\n");
    if (end == NULL) {
        return 0;
    }
    head = (size_t) (end - c->in) + 4;

    p = strcasestr(c->in, "\r\ncontent-length:");
    if (p != NULL && p < end) {
        len = head + strtoul(p + 17, NULL, 10);
        return len <= c->in_len ? len : 0;
    }

    p = strcasestr(c->in, "\r\ntransfer-encoding: chunked");
    if (p != NULL && p < end) {
        p = strstr(end + 2, "\r\n0\r\n\r\n");
        return p != NULL ? (size_t) (p - c->in) + 7 : 0;
    }

    return head;
}


static void
answered(load_t *ld, conn_t *c)
{
    long         code;
    const char  *close_it;

    code = strtol(c->in + 9, NULL, 10);
    if (strncmp(c->in, "HTTP/1.", 7) != 0 || code < 100 || code > 999) {
        finish(ld, c, false);
        return;
    }

    ld->done++;
    if (code >= 200 && code < 300) {
        ld->ok++;
        count_latency(ld, now_ns() - c->first);
        if (code == 200) {
            ack(ld, &c->job);
        }
    } else {
        ld->codes[code]++;
    }

    c->pending = false;
    c->kept = true;
    close_it = strcasestr(c->in, "\r\nconnection: close");
    if (close_it != NULL || c->sent < c->out_len) {
        close_conn(c, 0);
        return;
    }
    begin(ld, c);
}


static void
readable(load_t *ld, conn_t *c, bool ended)
{
    ssize_t  n;

    do {
        n = recv(c->fd, c->in + c->in_len, ANSWER_MAX - c->in_len, 0);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n <= 0 || c->state != CONN_BUSY) {
            finish(ld, c, true);
            return;
        }
        c->in_len += (size_t) n;
        c->in[c->in_len] = 0;
        if (answer_len(c) > 0) {
            answered(ld, c);
            return;
        }
    } while (ended);            /* an edge is told once: go on to the end */
}


static void
on_event(load_t *ld, conn_t *c, uint32_t events)
{
    int        err = 0;
    socklen_t  len = sizeof(err);

    if (c->state == CONN_OPENING) {
        (void) getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
        if (err != 0) {
            ld->refused++;
            close_conn(c, now_ns() + RETRY_NS);
            return;
        }
        if (events & EPOLLOUT) {
            begin(ld, c);
        }
        return;
    }

    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        readable(ld, c, (events & ~(uint32_t) (EPOLLIN | EPOLLOUT)) != 0);
    }
    if (c->state == CONN_BUSY && c->sent < c->out_len) {
        flush(ld, c);
    }
}


/* ---- the run -------------------------------------------------------- */

/* Opens what is down, feeds what is idle, ends what waits too long. */
static void
tend(load_t *ld)
{
    int64_t  now = now_ns();

    for (unsigned i = 0; i < ld->opt.connections; i++) {
        conn_t  *c = &ld->conns[i];

        switch (c->state) {
        case CONN_DOWN:
            if (now >= c->since && (c->pending || may_begin(ld))) {
                open_conn(ld, c);
            }
            break;
        case CONN_IDLE:
            begin(ld, c);
            break;
        case CONN_OPENING:
        case CONN_BUSY:
            if (now - c->since > ANSWER_NS) {
                finish(ld, c, false);
            }
            break;
        }
    }
}


static bool
all_done(const load_t *ld)
{
    return ld->done >= ld->begun
           && (ld->over || (ld->opt.requests > 0
                            && ld->begun >= ld->opt.requests));
}


static void
run(load_t *ld)
{
    int64_t             end, tended = 0;
    struct epoll_event  events[512];

    ld->cpu = cpu_s();          /* prebuilding is not counted */
    ld->began = now_ns();
    end = ld->began + (int64_t) (ld->opt.seconds * 1e9);

    while (!all_done(ld)) {
        int      n;
        int64_t  now = now_ns();

        if (now >= end) {
            ld->over = true;
        }
        if (now >= end + LINGER_NS) {
            return;
        }
        if (now - tended >= 1000000) {
            tend(ld);
            tended = now;
        }

        n = epoll_wait(ld->ep, events, 512, 1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL) {
                return;         /* SIGTERM or SIGINT: report at once */
            }
            on_event(ld, events[i].data.ptr, events[i].events);
        }
    }
}


static void
watch_signals(load_t *ld)
{
    sigset_t            set;
    struct epoll_event  ev;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    (void) sigprocmask(SIG_BLOCK, &set, NULL);

    ld->sig = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    ev.events = EPOLLIN;
    ev.data.ptr = NULL;
    if (ld->sig < 0 || epoll_ctl(ld->ep, EPOLL_CTL_ADD, ld->sig, &ev) != 0) {
        load_die("cannot watch signals");
    }
}


static void
usage(FILE *f)
{
    fputs("usage: load --port N [--path PATH] [--connections N]\n"
          "            [--requests N [--prebuild]] [--seconds S]\n"
          "            [--contacts N] [--phone-number-id ID] [--accounts N]\n"
          "            [--secret FILE | --signature none] [--seed N]\n"
          "            [--ack FILE] [--dup PERCENT] [--statuses PERCENT]\n"
          "            [--body-file FILE] [--text TEXT | --talk FILE]\n"
          "            [--rate N]\n", f);
}


static void
parse(options_t *opt, int argc, char **argv)
{
    int                         c;
    static const struct option  options[] = {
        { "port", 1, NULL, 'p' },         { "path", 1, NULL, 'P' },
        { "connections", 1, NULL, 'c' },  { "requests", 1, NULL, 'n' },
        { "seconds", 1, NULL, 's' },      { "contacts", 1, NULL, 'C' },
        { "accounts", 1, NULL, 'A' },
        { "phone-number-id", 1, NULL, 'i' },
        { "secret", 1, NULL, 'k' },       { "signature", 1, NULL, 'S' },
        { "seed", 1, NULL, 'r' },         { "ack", 1, NULL, 'a' },
        { "dup", 1, NULL, 'd' },          { "statuses", 1, NULL, 't' },
        { "body-file", 1, NULL, 'b' },    { "prebuild", 0, NULL, 'B' },
        { "text", 1, NULL, 'T' },         { "rate", 1, NULL, 'R' },
        { "talk", 1, NULL, 'K' },
        { "help", 0, NULL, 'h' },         { NULL, 0, NULL, 0 }
    };

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (c) {
        case 'p': opt->port = (int) strtol(optarg, NULL, 10); break;
        case 'P': opt->path = optarg; break;
        case 'c': opt->connections = (unsigned) strtoul(optarg, NULL, 10);
                  break;
        case 'n': opt->requests = strtoull(optarg, NULL, 10); break;
        case 's': opt->seconds = strtod(optarg, NULL); break;
        case 'C': opt->contacts = strtoull(optarg, NULL, 10); break;
        case 'A': opt->accounts = strtoull(optarg, NULL, 10); break;
        case 'i': opt->phone_number_id = optarg; break;
        case 'k': opt->secret_file = optarg; break;
        case 'S': opt->bare = strcmp(optarg, "none") == 0; break;
        case 'r': opt->seed = strtoull(optarg, NULL, 10); break;
        case 'a': opt->ack_file = optarg; break;
        case 'd': opt->dup = (unsigned) strtoul(optarg, NULL, 10); break;
        case 't': opt->statuses = (unsigned) strtoul(optarg, NULL, 10); break;
        case 'b': opt->body_file = optarg; break;
        case 'B': opt->prebuild = true; break;
        case 'T': opt->text = optarg; break;
        case 'K': opt->talk_file = optarg; break;
        case 'R': opt->rate = strtoull(optarg, NULL, 10); break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
}


int
main(int argc, char **argv)
{
    load_t  *ld = load_take(sizeof(load_t));

    ld->opt = (options_t) {
        .path = "/", .connections = 64, .seconds = 600, .contacts = 100000,
        .phone_number_id = "106540352242922", .seed = 1,
    };
    parse(&ld->opt, argc, argv);
    if (ld->opt.port <= 0 || ld->opt.port > 65535 || ld->opt.contacts == 0
        || ld->opt.connections == 0 || ld->opt.connections > CONNECTIONS_MAX
        || ld->opt.requests > REQUESTS_MAX || optind != argc
        || (ld->opt.secret_file == NULL && !ld->opt.bare)
        || (ld->opt.prebuild && ld->opt.requests == 0))
    {
        usage(stderr);
        return 2;
    }

    ld->random = ld->opt.seed << 32;
    load_body_init(ld);
    ld->ep = epoll_create1(EPOLL_CLOEXEC);
    if (ld->ep < 0) {
        load_die("cannot make an epoll");
    }
    watch_signals(ld);
    ld->conns = load_take(sizeof(conn_t) * ld->opt.connections);
    for (unsigned i = 0; i < ld->opt.connections; i++) {
        ld->conns[i].fd = -1;
        ld->conns[i].own = load_take(load_body_max(ld));
    }

    run(ld);
    report(ld);
    return 0;
}
