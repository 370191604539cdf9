/*
 * follow: many clients of the live feed, and the events that they wait for.
 * One epoll loop, one thread; needs libcrypto alone.
 *
 *     follow PORT KEY SECRET CLIENTS TENANTS RATE SECONDS
 *
 * Client i follows tenant "t" and i modulo TENANTS. When all have been
 * answered it waits for a line on its input, so that whoever started it can
 * look at memory; then it posts RATE webhooks a second for so many seconds, a
 * message each to a tenant in turn, whose text is the moment at which it was
 * posted. A latency is from there to the last byte of the event at a client:
 * append, fold, reader and network.
 *
 * Prints one JSON object: clients, posted, delivered, missing, p50_ms,
 * p99_ms, max_ms.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/hmac.h>

#define CLIENTS_MAX  60000
#define SAMPLES_MAX  (4u * 1024 * 1024)
#define READ_MAX     65536
#define TAIL_MAX     96             /* of a read, that may hold half a mark */
#define CONNECTING   64             /* at a time */
#define LINGER_S     5              /* for what is on its way at the end */
#define MARK         "\"text\":\"at-"

typedef struct {
    int       fd;
    bool      open;                 /* answered 200 */
    unsigned  len;
    char      tail[TAIL_MAX];
} client_t;

typedef struct {
    int         port;
    int         ep;
    const char *key;
    const char *secret;
    unsigned    n;
    unsigned    tenants;
    unsigned    rate;
    unsigned    seconds;
    unsigned    open;
    unsigned    connected;
    uint64_t    posted;
    uint64_t    lost;
    int         poster;
    size_t      n_samples;
    uint32_t   *samples;            /* microseconds */
    client_t   *clients;
} follow_t;


static void
follow_die(const char *what)
{
    fprintf(stderr, "follow: %s: %s\n", what, strerror(errno));
    exit(2);
}


static int64_t
follow_us(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


static int
follow_connect(const follow_t *f)
{
    int                 fd, one = 1;
    struct sockaddr_in  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_port = htons((uint16_t) f->port);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *) &sa, sizeof(sa)) != 0) {
        follow_die("cannot connect");
    }

    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

    return fd;
}


static void
follow_open(follow_t *f, unsigned i)
{
    int                 len;
    char                head[512];
    client_t           *c = &f->clients[i];
    struct epoll_event  ev;

    c->fd = follow_connect(f);

    len = snprintf(head, sizeof(head), "GET /v1/events HTTP/1.1\r\n"
                   "Host: localhost\r\nAuthorization: Bearer %s\r\n"
                   "Parley-Tenant: t%u\r\n\r\n", f->key, i % f->tenants);

    if (write(c->fd, head, (size_t) len) != len) {
        follow_die("cannot ask");
    }

    (void) fcntl(c->fd, F_SETFL, O_NONBLOCK);

    ev.events = EPOLLIN;
    ev.data.u32 = i;

    if (epoll_ctl(f->ep, EPOLL_CTL_ADD, c->fd, &ev) != 0) {
        follow_die("epoll_ctl");
    }

    f->connected++;
}


/* The marks in what was read; one may begin in the piece before. */

static void
follow_marks(follow_t *f, client_t *c, const char *bytes, size_t len)
{
    int64_t      at;
    const char  *p = bytes, *end = bytes + len;

    while ((p = memmem(p, (size_t) (end - p), MARK, sizeof(MARK) - 1))
           != NULL)
    {
        if (memchr(p + sizeof(MARK), '"', (size_t) (end - p) - sizeof(MARK))
            == NULL)
        {
            break;
        }

        p += sizeof(MARK) - 1;
        at = strtoll(p, NULL, 10);

        if (f->n_samples < SAMPLES_MAX) {
            f->samples[f->n_samples++] = (uint32_t) (follow_us() - at);
        }
    }

    c->len = p != NULL ? (unsigned) (end - p)
             : len < sizeof(MARK) ? (unsigned) len : sizeof(MARK);
    c->len = c->len < TAIL_MAX ? c->len : TAIL_MAX;
    memcpy(c->tail, end - c->len, c->len);
}


static void
follow_read(follow_t *f, client_t *c)
{
    ssize_t       n;
    static char   buf[TAIL_MAX + READ_MAX + 1];

    memcpy(buf, c->tail, c->len);

    n = read(c->fd, buf + c->len, READ_MAX);

    if (n <= 0) {
        if (n < 0 && errno == EAGAIN) {
            return;
        }

        f->lost++;
        (void) close(c->fd);
        c->fd = -1;
        return;
    }

    buf[c->len + (size_t) n] = '\0';

    if (!c->open) {
        if (strncmp(buf, "HTTP/1.1 200", 12) != 0) {
            fprintf(stderr, "follow: answered %.40s\n", buf);
            exit(2);
        }

        c->open = true;
        f->open++;
    }

    follow_marks(f, c, buf, c->len + (size_t) n);
}


static void
follow_turn(follow_t *f, int wait_ms)
{
    int                 i, n;
    char                answer[4096];
    struct epoll_event  evs[512];

    n = epoll_wait(f->ep, evs, 512, wait_ms);

    for (i = 0; i < n; i++) {
        if (evs[i].data.u32 == UINT32_MAX) {
            if (read(f->poster, answer, sizeof(answer)) <= 0) {
                follow_die("the webhook's connection ended");
            }

        } else {
            follow_read(f, &f->clients[evs[i].data.u32]);
        }
    }
}


/* One webhook, on a connection that is kept. */

static void
follow_post(follow_t *f)
{
    int            i, n, len;
    char           body[1024], head[512], hex[65];
    unsigned       tenant, mac_len;
    unsigned char  mac[EVP_MAX_MD_SIZE];

    tenant = (unsigned) (f->posted % f->tenants);

    len = snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"display_phone_number\":\"1\",\"phone_number_id\":\"9%08u\"},"
        "\"messages\":[{\"from\":\"3460%07u\",\"id\":\"wamid.%" PRIu64
        "\",\"timestamp\":\"%lld\",\"type\":\"text\",\"text\":{\"body\":"
        "\"at-%" PRId64 "\"}}]}}]}]}", tenant, tenant, f->posted,
        (long long) time(NULL), follow_us());

    (void) HMAC(EVP_sha256(), f->secret, (int) strlen(f->secret),
                (unsigned char *) body, (size_t) len, mac, &mac_len);

    for (i = 0; i < 32; i++) {
        (void) snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    }

    n = snprintf(head, sizeof(head), "POST /webhooks/whatsapp HTTP/1.1\r\n"
                 "Host: localhost\r\nContent-Type: application/json\r\n"
                 "X-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n"
                 "\r\n", hex, len);

    if (write(f->poster, head, (size_t) n) != n
        || write(f->poster, body, (size_t) len) != len)
    {
        follow_die("cannot post");
    }

    f->posted++;
}


static int
follow_less(const void *a, const void *b)
{
    uint32_t  x = *(const uint32_t *) a, y = *(const uint32_t *) b;

    return x < y ? -1 : x > y;
}


static void
follow_print(follow_t *f)
{
    size_t    n = f->n_samples;
    uint64_t  wanted = f->posted * (f->n / f->tenants);

    qsort(f->samples, n, sizeof(*f->samples), follow_less);

    printf("{\"clients\":%u,\"posted\":%" PRIu64 ",\"delivered\":%zu,"
           "\"missing\":%" PRId64 ",\"lost\":%" PRIu64 ",\"p50_ms\":%.1f,"
           "\"p99_ms\":%.1f,\"max_ms\":%.1f}\n", f->open, f->posted, n,
           (int64_t) wanted - (int64_t) n, f->lost,
           n ? f->samples[n / 2] / 1e3 : 0,
           n ? f->samples[n - 1 - n / 100] / 1e3 : 0,
           n ? f->samples[n - 1] / 1e3 : 0);
}


static void
follow_run(follow_t *f)
{
    int64_t             from, end, next;
    struct epoll_event  ev;

    f->poster = follow_connect(f);
    ev.events = EPOLLIN;
    ev.data.u32 = UINT32_MAX;

    if (epoll_ctl(f->ep, EPOLL_CTL_ADD, f->poster, &ev) != 0) {
        follow_die("epoll_ctl");
    }

    from = follow_us();
    end = from + (int64_t) f->seconds * 1000000;
    next = from;

    while (follow_us() < end) {
        while (next <= follow_us()) {
            follow_post(f);
            next += 1000000 / f->rate;
        }

        follow_turn(f, 1);
    }

    end += (int64_t) LINGER_S * 1000000;

    while (follow_us() < end) {
        follow_turn(f, 10);
    }
}


int
main(int argc, char **argv)
{
    char           line[16];
    unsigned       i;
    follow_t       f;
    struct rlimit  files;

    if (argc != 8) {
        fprintf(stderr, "usage: follow PORT KEY SECRET CLIENTS TENANTS RATE "
                        "SECONDS\n");
        return 2;
    }

    memset(&f, 0, sizeof(f));
    f.port = (int) strtol(argv[1], NULL, 10);
    f.key = argv[2];
    f.secret = argv[3];
    f.n = (unsigned) strtoul(argv[4], NULL, 10);
    f.tenants = (unsigned) strtoul(argv[5], NULL, 10);
    f.rate = (unsigned) strtoul(argv[6], NULL, 10);
    f.seconds = (unsigned) strtoul(argv[7], NULL, 10);

    if (f.n == 0 || f.n > CLIENTS_MAX || f.tenants == 0 || f.rate == 0) {
        fprintf(stderr, "follow: numbers are out of their bounds\n");
        return 2;
    }

    files.rlim_cur = files.rlim_max = f.n + 64;
    (void) setrlimit(RLIMIT_NOFILE, &files);    /* connect says it, if not */

    f.ep = epoll_create1(0);
    f.clients = calloc(f.n, sizeof(client_t));
    f.samples = calloc(SAMPLES_MAX, sizeof(*f.samples));

    if (f.ep < 0 || f.clients == NULL || f.samples == NULL) {
        follow_die("cannot begin");
    }

    for (i = 0; i < f.n || f.open < f.n; /* void */ ) {
        while (i < f.n && f.connected - f.open < CONNECTING) {
            follow_open(&f, i++);
        }

        follow_turn(&f, 100);
    }

    fprintf(stderr, "open\n");

    if (fgets(line, sizeof(line), stdin) == NULL) {
        return 2;
    }

    follow_run(&f);
    follow_print(&f);

    return 0;
}
