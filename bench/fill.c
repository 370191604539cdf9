/*
 * fill: a store with so many messages queued, for bench/send: what nginx and
 * an API would have made of a campaign, without the wait for them.
 *
 *     fill --dir DIR --provider PORT [--channels N] [--contacts N]
 *          [--messages N] [--rate N]
 *
 * Publishes settings with two tenants: `bulk` with N channels (c0, c1, …)
 * and `other` with one (b0), their tokens sealed under DIR/key. Then asks
 * for the messages, templates in the campaigns' lane, contacts and channels
 * in turn, and folds it all. The folder must be empty or missing. Prints one
 * JSON object.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/core/clock.h"
#include "../src/core/crypto.h"
#include "../src/core/str.h"
#include "../src/engine/fold.h"
#include "../src/engine/journal.h"
#include "../src/engine/request.h"
#include "../src/engine/shapes.h"

#define FILL_BATCH         4096
#define FILL_CHANNELS_MAX  1024
#define FILL_WORD          64
#define FILL_ARENA_BLOCK   65536u
#define FILL_ARENA_MAX     (16u * 1024 * 1024)

/* One request and all that it points to. */
typedef struct {
    char                     phone[FILL_WORD];
    char                     name[FILL_WORD];
    uint8_t                  key[PL_REQUEST_KEY_LEN];
    Pl__Address              address;
    Pl__TemplateParameter    parameter;
    Pl__TemplateParameter   *parameters[1];
    Pl__Template             template_;
    Pl__Content              content;
    Pl__SendRequest          request;
    Pl__Command              command;
} fill_row_t;

typedef struct {
    const char              *dir;
    uint64_t                 provider;      /* port */
    uint64_t                 channels;
    uint64_t                 contacts;
    uint64_t                 messages;
    uint64_t                 rate;
    const pl_clock_t        *clock;
    pl_codec_t              *codec;
    pl_store_t              *st;
    pl_shared_t             *sh;
    pl_fold_t               *fold;
    pl_arena_t              *ar;
    char                     url[FILL_WORD];
    uint8_t                  key[PL_KEY_LEN];
    uint32_t                 tenant;        /* ids that the fold gave */
    uint32_t                 ids[FILL_CHANNELS_MAX];
    Pl__ChannelSettings      rows[FILL_CHANNELS_MAX + 1];
    Pl__ChannelSettings     *list[FILL_CHANNELS_MAX + 1];
    pl_str_t                 tokens[FILL_CHANNELS_MAX + 1];
    char                     names[FILL_CHANNELS_MAX + 1][FILL_WORD];
    char                     accounts[FILL_CHANNELS_MAX + 1][FILL_WORD];
    fill_row_t               batch[FILL_BATCH];
    pl_entry_t               entries[FILL_BATCH];
} fill_t;


static void
fill_fail(const char *what, const pl_err_t *err)
{
    char  text[512];

    fprintf(stderr, "fill: %s: %s\n", what,
            err == NULL ? "failed" : pl_err_print(err, text, sizeof(text)));
    exit(1);
}


static void
fill_open(fill_t *f)
{
    char             path[4096];
    pl_err_t         err;
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = f->dir;
    conf.create = true;

    if (pl_shapes_codec(&f->codec, &err) != PL_OK
        || pl_store_open(&f->st, &conf, &err) != PL_OK
        || pl_journal_open(f->st, f->clock, &err) != PL_OK
        || pl_shared_open(&f->sh, f->dir, &err) != PL_OK
        || pl_fold_create(&f->fold, f->st, f->st, f->sh, f->codec, f->clock,
                          &err) != PL_OK
        || pl_fold_take(f->fold, &err) != PL_OK)
    {
        fill_fail("open", &err);
    }

    (void) snprintf(path, sizeof(path), "%s/key", f->dir);
    if (pl_crypto_key_make(path, &err) != PL_OK
        || pl_crypto_key_read(path, f->key, &err) != PL_OK)
    {
        fill_fail("key", &err);
    }
}


static void
fill_fold(fill_t *f)
{
    pl_err_t     err;
    pl_folded_t  done;

    do {
        if (pl_fold_step(f->fold, 0, &done, &err) != PL_OK) {
            fill_fail("fold", &err);
        }
    } while (done.more);
}


/* ---- settings -------------------------------------------------------- */

static void
fill_channel(fill_t *f, size_t i, const char *tenant, const char *name)
{
    char                  aad[PL_SETTINGS_AAD_MAX];
    pl_err_t              err;
    pl_str_t              sealed;
    Pl__ChannelSettings  *row = &f->rows[i];

    pl__channel_settings__init(row);

    (void) snprintf(f->names[i], FILL_WORD, "%s", name);
    (void) snprintf(f->accounts[i], FILL_WORD, "1065403522%05zu", i);

    if (pl_crypto_seal(f->key, pl_settings_token_aad(aad, tenant, name),
                       PL_STR("EAAbenchbenchbenchbenchbenchbenchbenchbench"),
                       f->ar, &sealed, &err) != PL_OK)
    {
        fill_fail("seal", &err);
    }

    row->name = f->names[i];
    row->provider = (char *) "whatsapp";
    row->account = f->accounts[i];
    row->api_base_url = f->url;
    row->api_version = (char *) "v23.0";
    row->connect_timeout_ms = 10000;
    row->timeout_ms = 30000;
    row->rate_per_s = (uint32_t) f->rate;
    row->has_token = 1;
    row->token.data = (uint8_t *) (uintptr_t) sealed.data;
    row->token.len = sealed.len;

    f->list[i] = row;
    f->tokens[i] = PL_STR_NULL;
}


/* What nginx.conf would say. */

static void
fill_settings(fill_t *f)
{
    char                  name[FILL_WORD];
    size_t                i;
    uint8_t               digest[32] = { 1 };
    pl_err_t              err;
    pl_appended_t         done;
    Pl__TenantSettings    bulk = PL__TENANT_SETTINGS__INIT;
    Pl__TenantSettings    other = PL__TENANT_SETTINGS__INIT;
    Pl__TenantSettings   *tenants[] = { &bulk, &other };
    Pl__SettingsPublish   publish = PL__SETTINGS_PUBLISH__INIT;

    (void) snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%" PRIu64,
                    f->provider);

    for (i = 0; i < f->channels; i++) {
        (void) snprintf(name, sizeof(name), "c%zu", i);
        fill_channel(f, i, "bulk", name);
    }
    fill_channel(f, f->channels, "other", "b0");

    bulk.name = (char *) "bulk";
    bulk.channels = f->list;
    bulk.n_channels = f->channels;
    other.name = (char *) "other";
    other.channels = &f->list[f->channels];
    other.n_channels = 1;

    publish.cycle.data = digest;
    publish.cycle.len = PL_CYCLE_LEN;
    publish.tenants = tenants;
    publish.n_tenants = PL_COUNT(tenants);
    publish.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    if (pl_settings_digest(&publish, f->tokens, f->channels + 1, digest)
        != PL_OK)
    {
        fill_fail("settings", NULL);
    }

    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);

    if (pl_journal_append(f->st, f->clock, NULL, 0, &publish, &done, &err)
        != PL_OK)
    {
        fill_fail("settings", &err);
    }

    fill_fold(f);
}


static void
fill_ids(fill_t *f)
{
    size_t                    i, n;
    const pl_settings_t      *settings = pl_fold_settings(f->fold);
    const pl_tenant_conf_t   *tenant;
    const pl_channel_conf_t  *channel;

    tenant = pl_settings_tenant_named(settings, PL_STR("bulk"));
    if (tenant == NULL) {
        fill_fail("no tenant", NULL);
    }

    f->tenant = tenant->id;

    for (i = 0, n = 0; n < f->channels; i++) {
        channel = pl_settings_channel_at(settings, i);
        if (channel == NULL) {
            fill_fail("no channel", NULL);
        }
        if (channel->tenant == f->tenant) {
            f->ids[n++] = channel->row->id;
        }
    }
}


/* ---- messages -------------------------------------------------------- */

/*
 * The factor is odd and prime to 10^8, so that neighbours in the queue are
 * none in the index of addresses. A contact keeps its channel.
 */

static void
fill_row(fill_t *f, size_t at, uint64_t n)
{
    uint64_t     contact = n % f->contacts;
    uint64_t     id = contact * 2654435761u % 100000000u;
    fill_row_t  *row = &f->batch[at];

    (void) snprintf(row->phone, FILL_WORD, "49151%08" PRIu64, id);
    (void) snprintf(row->name, FILL_WORD, "Contact %08" PRIu64, id);

    if (pl_crypto_random(row->key, sizeof(row->key)) != PL_OK) {
        fill_fail("no randomness", NULL);
    }

    pl__address__init(&row->address);
    row->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    row->address.value = row->phone;

    pl__template_parameter__init(&row->parameter);
    row->parameter.text = row->name;
    row->parameters[0] = &row->parameter;

    pl__template__init(&row->template_);
    row->template_.name = (char *) "order_on_its_way";
    row->template_.language = (char *) "en_US";
    row->template_.body = row->parameters;
    row->template_.n_body = 1;

    pl__content__init(&row->content);
    row->content.type = (char *) "template";
    row->content.of_case = PL__CONTENT__OF_TEMPLATE;
    row->content.template_ = &row->template_;

    pl__send_request__init(&row->request);
    row->request.tenant = f->tenant;
    row->request.channel = f->ids[contact % f->channels];
    row->request.key.data = row->key;
    row->request.key.len = sizeof(row->key);
    row->request.address = &row->address;
    row->request.content = &row->content;
    row->request.has_lane = 1;
    row->request.lane = PL__LANE__LANE_CAMPAIGN;
    row->request.has_category = 1;
    row->request.category = PL__CATEGORY__CATEGORY_UTILITY;

    pl__command__init(&row->command);
    row->command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    row->command.send_request = &row->request;

    f->entries[at] = (pl_entry_t) {
        .location = PL_STR("bench"), .command = &row->command
    };
}


static void
fill_messages(fill_t *f)
{
    size_t         n;
    uint64_t       i;
    pl_err_t       err;
    pl_appended_t  done;

    for (i = 0; i < f->messages; i += n) {

        for (n = 0; n < FILL_BATCH && i + n < f->messages; n++) {
            fill_row(f, n, i + n);
        }

        if (pl_journal_append(f->st, f->clock, f->entries, n, NULL, &done,
                              &err) != PL_OK)
        {
            fill_fail("append", &err);
        }

        fill_fold(f);
    }
}


static void
fill_options(fill_t *f, int argc, char **argv)
{
    int     i;
    size_t  n;

    const struct {
        const char  *name;
        uint64_t    *value;
    } rows[] = {
        { "--provider", &f->provider }, { "--channels", &f->channels },
        { "--contacts", &f->contacts }, { "--messages", &f->messages },
        { "--rate", &f->rate },
    };

    for (i = 1; i + 1 < argc; i += 2) {
        for (n = 0; n < PL_COUNT(rows); n++) {
            if (strcmp(argv[i], rows[n].name) == 0) {
                *rows[n].value = strtoull(argv[i + 1], NULL, 10);
                break;
            }
        }

        if (n == PL_COUNT(rows)) {
            if (strcmp(argv[i], "--dir") != 0) {
                fill_fail(argv[i], NULL);
            }
            f->dir = argv[i + 1];
        }
    }

    if (f->dir == NULL || f->dir[0] != '/' || f->provider == 0
        || f->contacts == 0 || f->channels == 0
        || f->channels > FILL_CHANNELS_MAX)
    {
        fill_fail("--dir (absolute) and --provider are needed", NULL);
    }
}


int
main(int argc, char **argv)
{
    int64_t  began_us;
    fill_t  *f = calloc(1, sizeof(fill_t));

    if (f == NULL) {
        fill_fail("no memory", NULL);
    }

    f->channels = 64;
    f->contacts = 100000;
    f->messages = 1000000;
    f->rate = 1000;
    fill_options(f, argc, argv);

    f->clock = pl_clock_system();
    f->ar = pl_arena_create(FILL_ARENA_BLOCK, FILL_ARENA_MAX);
    if (f->ar == NULL) {
        fill_fail("no memory", NULL);
    }

    began_us = pl_clock_mono_us(f->clock);
    fill_open(f);
    fill_settings(f);
    fill_ids(f);
    fill_messages(f);

    printf("{\"messages\":%" PRIu64 ",\"seconds\":%.2f}\n", f->messages,
           (double) (pl_clock_mono_us(f->clock) - began_us) / 1e6);

    pl_fold_give(f->fold);
    pl_fold_destroy(f->fold);
    pl_shared_close(f->sh);
    pl_store_close(f->st);
    pl_codec_destroy(f->codec);
    pl_arena_destroy(f->ar);
    free(f);

    return 0;
}
