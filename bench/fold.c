/*
 * What an inbound message costs inside Parley, without nginx around it: the
 * signature, the append, the decoding and the fold, each alone, in one
 * thread, on a real store.
 *
 *     fold --dir DIR [--contacts N] [--stored N] [--entries N] [--batch N]
 *          [--flow FILE] [--talk FILE]
 *
 * With --talk that many contacts at a time say the lines of a file in turn,
 * new ones once the last line was said, as load.c's people do.
 * --stored fills the store first with contacts that have written once and
 * were not answered; --contacts of them, spread evenly, then write --entries
 * messages that the flow answers. The folder must be empty or missing.
 * Prints one JSON object a line.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../src/channel/whatsapp.h"
#include "../src/core/clock.h"
#include "../src/core/str.h"
#include "../src/engine/fold.h"
#include "../src/engine/journal.h"
#include "../src/engine/shapes.h"

#define FOLD_BODY_MAX      1024
#define FOLD_BATCH_MAX     1024
#define FOLD_FLOW_MAX      65536
#define FOLD_ARENA_BLOCK   (256u * 1024)
#define FOLD_TALK_MAX      64           /* lines */
#define FOLD_SAMPLE        20000        /* bodies verified and decoded */
#define FOLD_NUMBER        "106540352242922"
#define FOLD_TEXT          "Hello, could you tell me when my order is going" \
                           " to arrive, please?"

typedef struct {
    const char  *dir;
    const char  *flow;
    const char  *talk;          /* NULL: all say FOLD_TEXT */
    uint64_t     contacts;
    uint64_t     stored;
    uint64_t     entries;
    uint64_t     batch;         /* 0: a third each of 16, 64 and 256 */
    uint64_t     seed;
    uint64_t     map_mib;       /* 0: as ever; valgrind wants less */
} fold_opts_t;

typedef struct {
    fold_opts_t        o;
    const pl_clock_t  *clock;
    pl_codec_t        *codec;
    pl_store_t        *st;
    pl_shared_t       *sh;
    pl_fold_t         *fold;
    uint64_t           random;
    uint64_t           count;           /* bodies made so far */
    uint64_t           said;            /* of the talk */
    size_t             n_talk;
    char               talk[FOLD_TALK_MAX][256];
    char               flow[FOLD_FLOW_MAX];
    char               bodies[FOLD_BATCH_MAX][FOLD_BODY_MAX];
    pl_entry_t         entries[FOLD_BATCH_MAX];
} fold_bench_t;

/* Wall time and CPU, both in microseconds. */
typedef struct {
    int64_t  wall;
    int64_t  user;
    int64_t  sys;
} fold_cost_t;


static void
fold_fail(const char *what, const pl_err_t *err)
{
    char  text[512];

    fprintf(stderr, "fold: %s: %s\n", what,
            err == NULL ? "failed" : pl_err_print(err, text, sizeof(text)));
    exit(1);
}


static uint64_t
fold_random(fold_bench_t *b)
{
    b->random ^= b->random >> 12;
    b->random ^= b->random << 25;
    b->random ^= b->random >> 27;

    return b->random * 0x2545f4914f6cdd1dull;
}


static fold_cost_t
fold_now(const fold_bench_t *b)
{
    fold_cost_t    cost;
    struct rusage  ru;

    (void) getrusage(RUSAGE_SELF, &ru);         /* cannot fail with SELF */
    cost.wall = pl_clock_mono_us(b->clock);
    cost.user = ru.ru_utime.tv_sec * 1000000ll + ru.ru_utime.tv_usec;
    cost.sys = ru.ru_stime.tv_sec * 1000000ll + ru.ru_stime.tv_usec;

    return cost;
}


/* sum += now - since */
static void
fold_add(const fold_bench_t *b, fold_cost_t *sum, const fold_cost_t *since)
{
    fold_cost_t  now = fold_now(b);

    sum->wall += now.wall - since->wall;
    sum->user += now.user - since->user;
    sum->sys += now.sys - since->sys;
}


static void
fold_print(const fold_bench_t *b, const char *what, uint64_t batch,
    const fold_cost_t *cost, uint64_t n)
{
    double  each = (double) n;

    printf("{\"row\":\"%s\",\"contacts\":%" PRIu64 ",\"stored\":%" PRIu64
           ",\"batch\":%" PRIu64 ",\"entries\":%" PRIu64
           ",\"per_s\":%.0f,\"us\":%.2f,\"user_us\":%.2f,\"sys_us\":%.2f}\n",
           what, b->o.contacts, b->o.stored, batch, n,
           each * 1e6 / (double) cost->wall, (double) cost->wall / each,
           (double) cost->user / each, (double) cost->sys / each);
    fflush(stdout);
}


/*
 * One text message, as load_body.c makes it. The factor is odd and prime to
 * 10^8: addresses are in another order than contacts first write in.
 */
static pl_str_t
fold_body(fold_bench_t *b, char *buf, uint64_t contact, const char *text)
{
    int       n;
    int64_t   now = pl_clock_wall_ms(b->clock) / 1000;
    uint64_t  id = contact * 2654435761u % 100000000u;

    n = snprintf(buf, FOLD_BODY_MAX,
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
        "\"id\":\"102290129340398\",\"changes\":[{\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"display_phone_number\":\"15550783881\","
        "\"phone_number_id\":\"" FOLD_NUMBER "\"},"
        "\"contacts\":[{\"profile\":{\"name\":\"Contact %08" PRIu64 "\"},"
        "\"wa_id\":\"49151%08" PRIu64 "\","
        "\"user_id\":\"DE.13491208%08" PRIu64 "\"}],"
        "\"messages\":[{\"from\":\"49151%08" PRIu64 "\","
        "\"from_user_id\":\"DE.13491208%08" PRIu64 "\","
        "\"id\":\"wamid.HBgN%016" PRIx64 "%016" PRIx64 "FQIAEhgg\","
        "\"timestamp\":\"%" PRId64 "\","
        "\"text\":{\"body\":\"%s\"},\"type\":\"text\"}]},"
        "\"field\":\"messages\"}]}]}",
        id, id, id, id, id, fold_random(b), b->count++, now, text);

    if (n < 0 || n >= FOLD_BODY_MAX) {
        fold_fail("body does not fit", NULL);
    }

    return (pl_str_t) { (const uint8_t *) buf, (size_t) n };
}


static uint64_t
fold_contact(fold_bench_t *b)
{
    uint64_t  n = fold_random(b) % b->o.contacts;

    return b->o.stored > b->o.contacts ? 1 + n * (b->o.stored
                                                  / b->o.contacts) : 1 + n;
}


/* Appends n bodies; the time is the append's alone. */
static void
fold_append(fold_bench_t *b, size_t n, fold_cost_t *cost)
{
    pl_err_t       err;
    fold_cost_t    since;
    pl_appended_t  done;

    since = fold_now(b);
    if (pl_journal_append(b->st, b->clock, b->entries, n, NULL, &done, &err)
        != PL_OK)
    {
        fold_fail("append", &err);
    }
    fold_add(b, cost, &since);
}


static void
fold_entry(fold_bench_t *b, size_t i, uint64_t contact, const char *text)
{
    b->entries[i] = (pl_entry_t) {
        .provider = PL_STR("whatsapp"),
        .location = PL_STR("/webhooks/whatsapp"),
        .body = fold_body(b, b->bodies[i], contact, text),
    };
}


/* Folds all there is. */
static uint64_t
fold_all(fold_bench_t *b, fold_cost_t *cost)
{
    pl_err_t     err;
    uint64_t     n = 0;
    fold_cost_t  since;
    pl_folded_t  done;

    since = fold_now(b);
    do {
        if (pl_fold_step(b->fold, 0, &done, &err) != PL_OK) {
            fold_fail("step", &err);
        }
        n += done.entries;
    } while (done.more);
    fold_add(b, cost, &since);

    return n;
}


static void
fold_read_flow(fold_bench_t *b)
{
    size_t  n;
    FILE   *file = fopen(b->o.flow, "r");

    if (file == NULL) {
        fold_fail(b->o.flow, NULL);
    }

    n = fread(b->flow, 1, sizeof(b->flow) - 1, file);
    b->flow[n] = '\0';
    if (n == 0 || ferror(file)) {
        fold_fail(b->o.flow, NULL);
    }
    (void) fclose(file);                        /* read only */
}


static void
fold_read_talk(fold_bench_t *b)
{
    FILE  *file = fopen(b->o.talk, "r");

    if (file == NULL) {
        fold_fail(b->o.talk, NULL);
    }

    while (b->n_talk < FOLD_TALK_MAX
           && fgets(b->talk[b->n_talk], sizeof(b->talk[0]), file) != NULL)
    {
        b->talk[b->n_talk][strcspn(b->talk[b->n_talk], "\n")] = '\0';
        b->n_talk++;
    }
    if (b->n_talk == 0) {
        fold_fail(b->o.talk, NULL);
    }
    (void) fclose(file);                        /* read only */
}


/* One tenant, one channel, one flow: what nginx.conf would say. */
static void
fold_settings(fold_bench_t *b)
{
    pl_err_t              err;
    uint8_t               digest[32] = { 1 };
    pl_str_t              token = PL_STR_NULL;
    pl_appended_t         done;
    Pl__FlowSettings      flow = PL__FLOW_SETTINGS__INIT, *flows = &flow;
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT, *chs = &ch;
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT;
    Pl__TenantSettings   *tenants = &tenant;
    Pl__SettingsPublish   publish = PL__SETTINGS_PUBLISH__INIT;

    flow.name = (char *) "bench";
    flow.file = (char *) b->o.flow;
    flow.json.data = (uint8_t *) b->flow;
    flow.json.len = strlen(b->flow);

    ch.name = (char *) "main";
    ch.provider = (char *) "whatsapp";
    ch.account = (char *) FOLD_NUMBER;
    ch.api_base_url = (char *) "http://127.0.0.1:1";
    ch.api_version = (char *) "v23.0";
    ch.connect_timeout_ms = 1000;
    ch.timeout_ms = 1000;
    ch.rate_per_s = 80;

    tenant.name = (char *) "bench";
    tenant.channels = &chs;
    tenant.n_channels = 1;
    tenant.flows = &flows;
    tenant.n_flows = 1;

    publish.cycle.data = digest;
    publish.cycle.len = PL_CYCLE_LEN;
    publish.tenants = &tenants;
    publish.n_tenants = 1;
    publish.journal_keep_ms = PL_JOURNAL_KEEP_MS;
    if (pl_settings_digest(&publish, &token, 1, digest) != PL_OK) {
        fold_fail("settings", NULL);
    }
    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);

    if (pl_journal_append(b->st, b->clock, NULL, 0, &publish, &done, &err)
        != PL_OK)
    {
        fold_fail("settings", &err);
    }
}


static void
fold_open(fold_bench_t *b)
{
    char             path[4096];
    pl_err_t         err;
    pl_store_conf_t  conf;

    /* the store wants an absolute path; the folder may not be there yet */
    if (b->o.dir[0] != '/') {
        fold_fail("--dir must be absolute", NULL);
    }
    (void) snprintf(path, sizeof(path), "%s", b->o.dir);

    memset(&conf, 0, sizeof(conf));
    conf.dir = path;
    conf.create = true;
    conf.size = b->o.map_mib * 1024 * 1024;

    if (pl_shapes_codec(&b->codec, &err) != PL_OK
        || pl_store_open(&b->st, &conf, &err) != PL_OK
        || pl_journal_open(b->st, b->clock, &err) != PL_OK
        || pl_shared_open(&b->sh, path, &err) != PL_OK
        || pl_fold_create(&b->fold, b->st, b->st, b->sh, b->codec, b->clock,
                          &err) != PL_OK
        || pl_fold_take(b->fold, &err) != PL_OK)
    {
        fold_fail("open", &err);
    }

    fold_settings(b);
}


/* Contacts that wrote once; the flow has no answer to what they said. */
static void
fold_prefill(fold_bench_t *b)
{
    uint64_t     i;
    fold_cost_t  append = { 0, 0, 0 }, fold = { 0, 0, 0 };

    for (i = 0; i < b->o.stored; i++) {
        fold_entry(b, i % FOLD_BATCH_MAX, i + 1, "ok");
        if (i % FOLD_BATCH_MAX == FOLD_BATCH_MAX - 1) {
            fold_append(b, FOLD_BATCH_MAX, &append);
            (void) fold_all(b, &fold);
        }
    }

    fold_append(b, i % FOLD_BATCH_MAX, &append);
    (void) fold_all(b, &fold);
    fold_print(b, "prefill", FOLD_BATCH_MAX, &fold, b->o.stored);
}


/* What nginx's worker does with a body, and what the fold begins with. */
static void
fold_sample(fold_bench_t *b)
{
    size_t        i;
    pl_mac_t     *mac = pl_mac_create(PL_STR("bench-app-secret"));
    pl_err_t      err;
    pl_arena_t   *ar = pl_arena_create(FOLD_ARENA_BLOCK, PL_DECODE_ARENA_MAX);
    char          text[PL_WHATSAPP_SIGNATURE_LEN + 1];
    fold_cost_t   verify = { 0, 0, 0 }, decode = { 0, 0, 0 }, since;
    pl_signed_t   in;
    pl_decoded_t  out;
    pl_secrets_t  secrets = { .macs = &mac, .n_macs = 1 };

    if (mac == NULL || ar == NULL) {
        fold_fail("no memory", NULL);
    }

    fold_entry(b, 0, 1, FOLD_TEXT);
    in.body = &b->entries[0].body;
    in.n_body = 1;
    if (pl_whatsapp_sign(mac, in.body, 1, text) != PL_OK) {
        fold_fail("sign", NULL);
    }
    in.signature = pl_str_c(text);

    since = fold_now(b);
    for (i = 0; i < FOLD_SAMPLE; i++) {
        if (pl_whatsapp.verify(&secrets, &in, &err) != PL_OK) {
            fold_fail("verify", &err);
        }
    }
    fold_add(b, &verify, &since);

    since = fold_now(b);
    for (i = 0; i < FOLD_SAMPLE; i++) {
        pl_arena_reset(ar);
        if (pl_whatsapp.decode(b->codec, in.body[0], ar, &out, &err)
            != PL_OK || out.n_commands != 1)
        {
            fold_fail("decode", &err);
        }
    }
    fold_add(b, &decode, &since);

    fold_print(b, "verify", 1, &verify, FOLD_SAMPLE);
    fold_print(b, "decode", 1, &decode, FOLD_SAMPLE);
    pl_arena_destroy(ar);
    pl_mac_destroy(mac);
}


/* Who writes next, and what. */
static void
fold_next(fold_bench_t *b, size_t i)
{
    uint64_t  round;

    if (b->n_talk == 0) {
        fold_entry(b, i, fold_contact(b), FOLD_TEXT);
        return;
    }

    round = b->said / b->o.contacts;
    fold_entry(b, i, 1 + round / b->n_talk * b->o.contacts
                     + b->said++ % b->o.contacts,
               b->talk[round % b->n_talk]);
}


static void
fold_load(fold_bench_t *b, uint64_t batch, uint64_t entries)
{
    uint64_t     i, n;
    fold_cost_t  append = { 0, 0, 0 }, fold = { 0, 0, 0 };

    for (i = 0; i < entries; i += n) {
        for (n = 0; n < batch && i + n < entries; n++) {
            fold_next(b, n);
        }
        fold_append(b, n, &append);
    }
    fold_print(b, "append", batch, &append, entries);

    if (fold_all(b, &fold) < entries) {
        fold_fail("entries are missing", NULL);
    }
    fold_print(b, "fold", batch, &fold, entries);
}


static void
fold_usage(void)
{
    fprintf(stderr,
            "usage: fold --dir DIR [--flow FILE] [--talk FILE]"
            " [--contacts N]\n            [--stored N] [--entries N]"
            " [--batch N] [--seed N] [--map-mib N]\n\n"
            "Appends messages to a new store and folds them; prints what"
            " each costs.\n");
    exit(2);
}


static void
fold_options(fold_opts_t *o, int argc, char **argv)
{
    size_t  n;
    const struct {
        const char  *name;
        uint64_t    *value;
    } rows[] = {
        { "--contacts", &o->contacts }, { "--stored", &o->stored },
        { "--entries", &o->entries },   { "--batch", &o->batch },
        { "--seed", &o->seed },         { "--map-mib", &o->map_mib },
    };

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            fold_usage();
        }
        if (strcmp(argv[i], "--dir") == 0) {
            o->dir = argv[i + 1];
            continue;
        }
        if (strcmp(argv[i], "--flow") == 0) {
            o->flow = argv[i + 1];
            continue;
        }
        if (strcmp(argv[i], "--talk") == 0) {
            o->talk = argv[i + 1];
            continue;
        }
        for (n = 0; n < PL_COUNT(rows); n++) {
            if (strcmp(argv[i], rows[n].name) == 0) {
                *rows[n].value = strtoull(argv[i + 1], NULL, 10);
                break;
            }
        }
        if (n == PL_COUNT(rows)) {
            fold_usage();
        }
    }

    if (o->dir == NULL || o->contacts == 0 || o->entries == 0
        || o->batch > FOLD_BATCH_MAX)
    {
        fold_usage();
    }
}


int
main(int argc, char **argv)
{
    size_t                i;
    fold_bench_t         *b = calloc(1, sizeof(fold_bench_t));
    static const uint64_t  batches[] = { 16, 64, 256 };

    if (b == NULL) {
        fold_fail("no memory", NULL);
    }

    b->o = (fold_opts_t) { .flow = "bench/flow.json", .contacts = 100000,
                           .entries = 300000, .seed = 1 };
    fold_options(&b->o, argc, argv);
    b->clock = pl_clock_system();
    b->random = b->o.seed * 0x9e3779b97f4a7c15ull | 1;

    fold_read_flow(b);
    if (b->o.talk != NULL) {
        fold_read_talk(b);
    }
    fold_open(b);
    if (b->o.stored != 0) {
        fold_prefill(b);
    }
    fold_sample(b);

    if (b->o.batch != 0) {
        fold_load(b, b->o.batch, b->o.entries);

    } else {
        for (i = 0; i < PL_COUNT(batches); i++) {
            fold_load(b, batches[i], b->o.entries / PL_COUNT(batches));
        }
    }

    pl_fold_give(b->fold);
    pl_fold_destroy(b->fold);
    pl_shared_close(b->sh);
    pl_store_close(b->st);
    pl_codec_destroy(b->codec);
    free(b);

    return 0;
}
