/*
 * What the provider is asked and answers (see provider.c). A request is read
 * by looking for what is wanted of it: nothing here knows JSON.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider.h"

#define IDS_FIRST  (1u << 20)           /* a power of two */

static const char *const  fault_names[FAULTS] = {
    "ok", "500", "pair", "429", "hang", "cut", "close"
};

/* In the order of fault_e: what the API answers, and how often: a channel
   that is throttled stands still for a second. */
static const struct {
    const char  *status;
    int          code;                  /* 0: no error */
    unsigned     weight;
} faults[FAULTS] = {
    { "200 OK", 0, 0 },
    { "500 Internal Server Error", 131016, 20 },
    { "400 Bad Request", 131056, 20 },
    { "429 Too Many Requests", 130429, 1 },
    { "200 OK", 0, 10 },
    { "200 OK", 0, 10 },
    { "200 OK", 0, 10 },
};


static uint64_t
provider_random(provider_t *p)
{
    p->random ^= p->random >> 12;
    p->random ^= p->random << 25;
    p->random ^= p->random >> 27;

    return p->random * 0x2545f4914f6cdd1dull;
}


/* ---- what is remembered ---------------------------------------------- */

static bool
seen_put(uint64_t *seen, size_t size, uint64_t hash)
{
    size_t  i;

    for (i = hash & (size - 1); seen[i] != 0; i = (i + 1) & (size - 1)) {
        if (seen[i] == hash) {
            return false;
        }
    }

    seen[i] = hash;

    return true;
}


static void
seen_grow(provider_t *p)
{
    size_t     i, size;
    uint64_t  *seen;

    size = p->seen_size == 0 ? IDS_FIRST : p->seen_size * 2;
    seen = calloc(size, sizeof(uint64_t));
    if (seen == NULL) {
        provider_die("no memory for ids");
    }

    for (i = 0; i < p->seen_size; i++) {
        if (p->seen[i] != 0) {
            (void) seen_put(seen, size, p->seen[i]);
        }
    }

    free(p->seen);
    p->seen = seen;
    p->seen_size = size;
}


/* FNV-1a over 64 bits: of ten million ids two are alike once in 400,000. */

static void
seen_count(provider_t *p, const char *id)
{
    uint64_t  hash = 0xcbf29ce484222325ull;

    if (!p->ids || *id == '\0') {
        return;
    }

    for ( /* void */ ; *id != '\0'; id++) {
        hash = (hash ^ (uint8_t) *id) * 0x100000001b3ull;
    }

    if (p->n_seen * 2 >= p->seen_size) {
        seen_grow(p);
    }

    if (seen_put(p->seen, p->seen_size, hash == 0 ? 1 : hash)) {
        p->n_seen++;

    } else {
        p->repeats++;
    }
}


static void
channel_count(provider_t *p, const char *account)
{
    size_t         i;
    unsigned       hash = 5381;
    const uint8_t *c;

    for (c = (const uint8_t *) account; *c != '\0'; c++) {
        hash = hash * 33 + *c;
    }

    for (i = 0; i < CHANNELS_MAX; i++) {
        channel_t  *row = &p->channels[(hash + i) % CHANNELS_MAX];

        if (row->account[0] == '\0') {
            memcpy(row->account, account, WORD_MAX);
        }

        if (strcmp(row->account, account) == 0) {
            row->requests++;
            return;
        }
    }
}


/* ---- a request ------------------------------------------------------- */

/* The bytes from `from` up to one of stop; cut at WORD_MAX. */

static void
request_word(char out[WORD_MAX], const char *from, const char *end,
    const char *stop)
{
    size_t  n = 0;

    while (from < end && n < WORD_MAX - 1 && strchr(stop, *from) == NULL) {
        out[n++] = *from++;
    }

    out[n] = '\0';
}


/* A string field of the body; the first of this name, at any depth. */

static void
request_field(char out[WORD_MAX], const char *body, const char *end,
    const char *name)
{
    const char  *p = memmem(body, (size_t) (end - body), name, strlen(name));

    out[0] = '\0';

    if (p != NULL) {
        for (p += strlen(name); p < end && (*p == ':' || *p == ' '); p++) {
            /* void */
        }
        if (p < end && *p == '"') {
            request_word(out, p + 1, end, "\"");
        }
    }
}


/* "POST /v23.0/ACCOUNT/messages HTTP/1.1" */

static void
request_account(char out[WORD_MAX], const char *head, const char *end)
{
    const char  *p = memmem(head, (size_t) (end - head), "/messages", 9);
    const char  *from = p;

    out[0] = '\0';

    while (from != NULL && from > head && from[-1] != '/') {
        from--;
    }

    if (from != NULL) {
        request_word(out, from, p, " ");
    }
}


/* Bytes of the body; libcurl and undici write the name differently. */

size_t
provider_length(const char *head, const char *end)
{
    const char         *p;
    static const char   name[] = "\r\ncontent-length:";

    for (p = head; p + sizeof(name) < end; p++) {
        p = memchr(p, '\r', (size_t) (end - p));
        if (p == NULL || p + sizeof(name) >= end) {
            break;
        }
        if (strncasecmp(p, name, sizeof(name) - 1) == 0) {
            return strtoul(p + sizeof(name) - 1, NULL, 10);
        }
    }

    return 0;
}


static fault_e
request_fault(provider_t *p)
{
    size_t    i;
    uint64_t  at, sum = 0;

    if (p->faults == 0 || provider_random(p) % 1000 >= p->faults) {
        return FAULT_NONE;
    }

    for (i = 0; i < FAULTS; i++) {
        sum += faults[i].weight;
    }

    at = provider_random(p) % sum;

    for (i = 0; at >= faults[i].weight; i++) {
        at -= faults[i].weight;
    }

    return (fault_e) i;
}


static int
answer_print(const request_t *r, fault_e fault, char *out)
{
    int   n;
    char  body[512];

    if (faults[fault].code != 0) {
        n = snprintf(body, sizeof(body), "{\"error\":{\"message\":\"no\","
                     "\"type\":\"OAuthException\",\"code\":%d,"
                     "\"fbtrace_id\":\"A\"}}", faults[fault].code);

        return snprintf(out, OUT_MAX, "HTTP/1.1 %s\r\n"
                        "Content-Type: application/json\r\n%s"
                        "Content-Length: %d\r\n\r\n%s",
                        faults[fault].status,
                        fault == FAULT_429 ? "Retry-After: 1\r\n" : "", n,
                        body);
    }

    n = snprintf(body, sizeof(body), "{\"messaging_product\":\"whatsapp\","
                 "\"contacts\":[{\"input\":\"%s\",\"wa_id\":\"%s\"}],"
                 "\"messages\":[{\"id\":\"%s\"}]}", r->to,
                 r->to[0] == '+' ? r->to + 1 : r->to, r->id);

    return snprintf(out, OUT_MAX, "HTTP/1.1 200 OK\r\n"
                    "Content-Type: application/json\r\n"
                    "Content-Length: %d\r\n\r\n%s", n, body);
}


/* Counts, and what the answer is. False: the connection is to be closed. */

bool
provider_take(provider_t *p, const char *head, const char *body,
    const char *end, char *out, int *n)
{
    fault_e    fault;
    request_t  r;

    request_account(r.account, head, body);
    request_field(r.opaque, body, end, "\"biz_opaque_callback_data\"");
    request_field(r.to, body, end, "\"to\"");
    fault = request_fault(p);

    p->last_us = provider_us();
    p->first_us = p->first_us == 0 ? p->last_us : p->first_us;
    p->requests++;
    p->taken[fault]++;
    channel_count(p, r.account);

    if (p->mark != NULL && strcmp(p->mark, r.to) == 0) {
        p->mark_us = p->last_us;
        p->marks++;
    }

    if (faults[fault].code == 0) {
        seen_count(p, r.opaque);        /* else it was refused */
    }

    (void) snprintf(r.id, sizeof(r.id), "wamid.HBgN%016" PRIx64 "%08" PRIx64
                    "FQIAEhgg", provider_random(p), p->requests);

    if (p->log != NULL) {
        fprintf(p->log, "%s %s %s %s %s\n", fault_names[fault], r.account,
                r.opaque[0] == '\0' ? "-" : r.opaque,
                r.to[0] == '\0' ? "-" : r.to, r.id);
    }

    *n = answer_print(&r, fault, out);

    switch (fault) {
    case FAULT_HANG:
        *n = 0;
        return true;
    case FAULT_CUT:
        *n /= 2;
        return false;
    case FAULT_CLOSE:
        *n = 0;
        return false;
    default:
        return true;
    }
}


int
provider_counts(provider_t *p, char *out)
{
    int       n, i;
    char      body[4096];
    uint64_t  least = UINT64_MAX, most = 0, channels = 0;

    if (p->log != NULL) {
        (void) fflush(p->log);          /* who reads it finds a short line */
    }

    for (i = 0; i < CHANNELS_MAX; i++) {
        if (p->channels[i].account[0] != '\0') {
            channels++;
            least = p->channels[i].requests < least
                    ? p->channels[i].requests : least;
            most = p->channels[i].requests > most
                   ? p->channels[i].requests : most;
        }
    }

    n = snprintf(body, sizeof(body), "{\"requests\":%" PRIu64
                 ",\"repeats\":%" PRIu64 ",\"connections\":%" PRIu64
                 ",\"channels\":%" PRIu64 ",\"least\":%" PRIu64
                 ",\"most\":%" PRIu64 ",\"first_us\":%" PRId64
                 ",\"last_us\":%" PRId64 ",\"marks\":%" PRIu64
                 ",\"mark_us\":%" PRId64, p->requests, p->repeats,
                 p->accepts, channels, channels == 0 ? 0 : least, most,
                 p->first_us, p->last_us, p->marks, p->mark_us);

    for (i = 0; i < FAULTS; i++) {
        n += snprintf(body + n, sizeof(body) - (size_t) n,
                      ",\"%s\":%" PRIu64, fault_names[i], p->taken[i]);
    }

    n += snprintf(body + n, sizeof(body) - (size_t) n, "}\n");

    return snprintf(out, OUT_MAX, "HTTP/1.1 200 OK\r\n"
                    "Content-Type: application/json\r\n"
                    "Content-Length: %d\r\n\r\n%s", n, body);
}
