/*
 * The load tool's requests: templates with slots of fixed width, and the MAC
 * over what fills them. load.c says what the tool is.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

#define TEMPLATE_MAX      2048

/*
 * Of --talk: so many people talk side by side. More than connections, so that
 * one message of a person is answered before the next is sent. Each seed has
 * people of its own: a run of REQUESTS_MAX wants no more.
 */
#define TALK_PEOPLE       4096
#define TALK_SEED_PEOPLE  1500000
#define TALK_SEEDS        64

/* Runs of these bytes in a template are what each request fills in. */
#define SLOT_CONTACT      '\1'
#define SLOT_SEED         '\2'
#define SLOT_COUNTER      '\3'
#define SLOT_TIME         '\4'
#define SLOT_SIGNATURE    '\5'
#define SLOT_ACCOUNT      '\6'

#define X8(c)             c c c c c c c c
#define CONTACT           X8("\1")
#define ID                X8("\2") X8("\2") X8("\3") X8("\3")
#define TEXT              "Hello, this is message " X8("\3") ": could you "   \
                          "tell me when my order is going to arrive, please?"
#define TIME              "\4\4\4\4\4\4\4\4\4\4"


/* splitmix64: a counter becomes an even draw */
static uint64_t
mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}


static bool
chance(load_t *ld, unsigned percent)
{
    return percent > 0 && mix(ld->random++) % 100 < percent;
}


static void
key_mac(load_t *ld, const char *key, size_t len)
{
    size_t         i;
    unsigned char  pad[64], digest[32];

    memset(pad, 0, sizeof(pad));
    if (len > sizeof(pad)) {
        SHA256((const unsigned char *) key, len, digest);
        memcpy(pad, digest, sizeof(digest));
    } else {
        memcpy(pad, key, len);
    }

    for (i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36;
    }
    SHA256_Init(&ld->inner);
    SHA256_Update(&ld->inner, pad, sizeof(pad));

    for (i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    SHA256_Init(&ld->outer);
    SHA256_Update(&ld->outer, pad, sizeof(pad));
}


static void
read_secret(load_t *ld)
{
    char    *key;
    size_t   len;

    key = load_read(ld->opt.secret_file, &len);

    /* as the directive reads it: without the line's end */
    while (len > 0 && strchr(" \t\r\n", key[len - 1]) != NULL) {
        len--;
    }
    key_mac(ld, key, len);
    free(key);
}


static void
put_hex(char *out, const unsigned char *bytes, size_t n)
{
    static const char  digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}


static void
put_number(char *out, size_t len, uint64_t value, unsigned base)
{
    while (len > 0) {
        out[--len] = "0123456789abcdef"[value % base];
        value /= base;
    }
}


static void
sign(const load_t *ld, char *out, const char *body, size_t len)
{
    SHA256_CTX     ctx;
    unsigned char  digest[32];

    ctx = ld->inner;
    SHA256_Update(&ctx, body, len);
    SHA256_Final(digest, &ctx);

    ctx = ld->outer;
    SHA256_Update(&ctx, digest, sizeof(digest));
    SHA256_Final(digest, &ctx);

    put_hex(out, digest, sizeof(digest));
}


static void
find_slots(template_t *tp)
{
    size_t  i, n;

    /* a file's bytes are sent as they are: only its head has a slot */
    n = tp->slots[0].what == 'f' ? tp->body : tp->len;
    tp->n_slots = 0;

    for (i = 0; i < n; i++) {
        slot_t  *s;
        char     c = tp->bytes[i];

        if (c < SLOT_CONTACT || c > SLOT_ACCOUNT) {
            continue;
        }
        if (tp->n_slots == SLOTS_MAX) {
            load_die("too many slots");
        }
        s = &tp->slots[tp->n_slots++];
        s->offset = i;
        s->what = c;
        while (i + 1 < n && tp->bytes[i + 1] == c) {
            i++;
        }
        s->len = i + 1 - s->offset;
    }
}


static void
make_template(load_t *ld, template_t *tp, bool file, const char *body,
    size_t len)
{
    int  head;

    tp->bytes = load_take(TEMPLATE_MAX + len);
    head = snprintf(tp->bytes, TEMPLATE_MAX,
                    "POST %s HTTP/1.1\r\n"
                    "Host: 127.0.0.1:%d\r\n"
                    "User-Agent: facebookexternalua\r\n"
                    "Content-Type: application/json\r\n"
                    "%s%s%s"
                    "Content-Length: %zu\r\n\r\n",
                    ld->opt.path, ld->opt.port,
                    ld->opt.bare ? "" : "X-Hub-Signature-256: sha256=",
                    ld->opt.bare ? "" : X8(X8("\5")),
                    ld->opt.bare ? "" : "\r\n", len);
    if (head < 0 || head >= TEMPLATE_MAX) {
        load_die("path is too long");
    }

    tp->body = (size_t) head;
    tp->len = tp->body + len;
    memcpy(tp->bytes + tp->body, body, len);
    tp->slots[0].what = file ? 'f' : 0;
    find_slots(tp);
}


/* One account as it is; of several, a slot as long as the first. */

static const char *
account_text(const load_t *ld)
{
    static const char  slot[] = X8("\6") X8("\6") X8("\6") X8("\6");
    size_t             len = strlen(ld->opt.phone_number_id);

    if (ld->opt.accounts <= 1) {
        return ld->opt.phone_number_id;
    }
    if (len >= sizeof(slot)) {
        load_die("--phone-number-id is too long");
    }

    return slot + sizeof(slot) - 1 - len;
}


static void
make_message(load_t *ld, template_t *tp, const char *text)
{
    int   n;
    char  body[TEMPLATE_MAX];

    n = snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
        "\"id\":\"102290129340398\",\"changes\":[{\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"display_phone_number\":\"15550783881\","
        "\"phone_number_id\":\"%s\"},"
        "\"contacts\":[{\"profile\":{\"name\":\"Contact " CONTACT "\"},"
        "\"wa_id\":\"49151" CONTACT "\","
        "\"user_id\":\"DE.13491208" CONTACT "\"}],"
        "\"messages\":[{\"from\":\"49151" CONTACT "\","
        "\"from_user_id\":\"DE.13491208" CONTACT "\","
        "\"id\":\"wamid.HBgN" ID "FQIAEhgg\","
        "\"timestamp\":\"" TIME "\","
        "\"text\":{\"body\":\"%s\"},\"type\":\"text\"}]},"
        "\"field\":\"messages\"}]}]}",
        account_text(ld), text);
    if (n < 0 || (size_t) n >= sizeof(body)) {
        load_die("text is too long");
    }
    make_template(ld, tp, false, body, (size_t) n);
}


/* One text a line, in the order in which a person says them. */

static void
make_talk(load_t *ld)
{
    char    *text, *line;
    size_t   len;

    text = load_read(ld->opt.talk_file, &len);

    while ((line = strsep(&text, "\n")) != NULL) {
        if (line[0] == '\0') {
            continue;
        }
        if (ld->n_talk == TALK_MAX) {
            load_die("a conversation has too many messages");
        }
        make_message(ld, &ld->talk[ld->n_talk++], line);
    }
    if (ld->n_talk == 0) {
        load_die("nothing to say");
    }
}


static void
make_templates(load_t *ld)
{
    int   n;
    char  body[TEMPLATE_MAX];

    make_message(ld, &ld->templates[KIND_MESSAGE],
                 ld->opt.text != NULL ? ld->opt.text : TEXT);

    if (ld->opt.talk_file != NULL) {
        make_talk(ld);
    }

    n = snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
        "\"id\":\"102290129340398\",\"changes\":[{\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"display_phone_number\":\"15550783881\","
        "\"phone_number_id\":\"%s\"},"
        "\"statuses\":[{\"id\":\"wamid.HBgN" ID "FQIAERgS\","
        "\"status\":\"delivered\",\"timestamp\":\"" TIME "\","
        "\"recipient_id\":\"49151" CONTACT "\","
        "\"recipient_user_id\":\"DE.13491208" CONTACT "\","
        "\"pricing\":{\"billable\":true,\"pricing_model\":\"PMP\","
        "\"type\":\"regular\",\"category\":\"utility\"}}]},"
        "\"field\":\"messages\"}]}]}",
        account_text(ld));
    make_template(ld, &ld->templates[KIND_STATUS], false, body, (size_t) n);

    if (ld->opt.body_file != NULL) {
        size_t   len;
        char    *bytes = load_read(ld->opt.body_file, &len);

        make_template(ld, &ld->templates[KIND_FILE], true, bytes, len);
        free(bytes);
    }
}


/*
 * The provider's time of a message. Bodies that are built before the clock
 * starts take a second or two; their times go on as if they had come in at
 * PREBUILT_RATE, since a store that keeps what it has seen by time is not to
 * be shown half a million messages of one second.
 */
static int64_t
body_time(load_t *ld, uint64_t counter)
{
    if (!ld->opt.prebuild) {
        return (int64_t) time(NULL);
    }

    if (ld->began_s == 0) {
        ld->began_s = (int64_t) time(NULL);
        ld->began_counter = counter;
    }

    return ld->began_s + (int64_t) ((counter - ld->began_counter)
                                    / PREBUILT_RATE);
}


job_t
load_body_next(load_t *ld)
{
    job_t  job;

    if (ld->opt.body_file != NULL) {
        return (job_t) { ld->counter++, 0, KIND_FILE };
    }

    if (ld->n_recent > 0 && chance(ld, ld->opt.dup)) {
        uint64_t  n = ld->n_recent < RECENT ? ld->n_recent : RECENT;

        return ld->recent[mix(ld->random++) % n];
    }

    job.counter = ld->counter++;
    job.time_s = body_time(ld, job.counter);
    job.kind = chance(ld, ld->opt.statuses) ? KIND_STATUS : KIND_MESSAGE;
    ld->recent[ld->n_recent++ % RECENT] = job;
    return job;
}


static const template_t *
job_template(const load_t *ld, job_t job)
{
    return ld->n_talk > 0 && job.kind == KIND_MESSAGE
           ? &ld->talk[job.counter / TALK_PEOPLE % ld->n_talk]
           : &ld->templates[job.kind];
}


size_t
load_body_len(const load_t *ld, job_t job)
{
    return job_template(ld, job)->len;
}


size_t
load_body_render(const load_t *ld, job_t job, char *out)
{
    uint64_t           contact;
    const template_t  *tp = job_template(ld, job);

    if (ld->n_talk > 0 && job.kind == KIND_MESSAGE) {
        contact = ld->opt.seed % TALK_SEEDS * TALK_SEED_PEOPLE
                  + job.counter / (TALK_PEOPLE * ld->n_talk) * TALK_PEOPLE
                  + job.counter % TALK_PEOPLE;
    } else {
        contact = mix(ld->opt.seed ^ mix(job.counter)) % ld->opt.contacts;
    }
    memcpy(out, tp->bytes, tp->len);

    /* the signature's slot is in the head, but wants the finished body */
    for (size_t i = tp->n_slots; i-- > 0; ) {
        const slot_t  *s = &tp->slots[i];
        char          *p = out + s->offset;

        switch (s->what) {
        case SLOT_CONTACT:
            put_number(p, s->len, contact, 10);
            break;
        case SLOT_SEED:
            put_number(p, s->len, ld->opt.seed, 16);
            break;
        case SLOT_COUNTER:
            put_number(p, s->len, job.counter, 16);
            break;
        case SLOT_TIME:
            put_number(p, s->len, (uint64_t) job.time_s, 10);
            break;
        case SLOT_ACCOUNT:
            put_number(p, s->len,
                       strtoull(ld->opt.phone_number_id, NULL, 10)
                       + contact % ld->opt.accounts, 10);
            break;
        default:
            sign(ld, p, out + tp->body, tp->len - tp->body);
        }
    }

    return tp->len;
}


size_t
load_body_max(const load_t *ld)
{
    size_t  max = 0;

    for (int k = 0; k < KINDS; k++) {
        if (ld->templates[k].len > max) {
            max = ld->templates[k].len;
        }
    }
    for (uint64_t k = 0; k < ld->n_talk; k++) {
        if (ld->talk[k].len > max) {
            max = ld->talk[k].len;
        }
    }

    return max;
}


static void
prebuild(load_t *ld)
{
    ld->pool_len = load_body_max(ld);
    ld->pool = load_take(ld->pool_len * ld->opt.requests);
    ld->jobs = load_take(sizeof(job_t) * ld->opt.requests);

    for (uint64_t i = 0; i < ld->opt.requests; i++) {
        ld->jobs[i] = load_body_next(ld);
        (void) load_body_render(ld, ld->jobs[i], ld->pool + i * ld->pool_len);
    }
}


void
load_body_init(load_t *ld)
{
    if (ld->opt.secret_file != NULL) {
        read_secret(ld);
    }
    make_templates(ld);
    if (ld->opt.prebuild) {
        prebuild(ld);
    }
}
