/*
 * places: ten thousand tenants for bench/places, as the API would have made
 * them one after another.
 *
 *     places --dir DIR --tenants N --first ACCOUNT [--url URL]
 *
 * Asks the store, which somebody folds, for N tenants t1, t2, … with a
 * channel each, their accounts counted up from ACCOUNT and their tokens
 * sealed under DIR/key. Without --tenants it only reads all settings, as
 * whoever starts does, five times. Prints one JSON object: seconds of the
 * asking, the entry to wait for, and milliseconds of the quickest read.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/core/clock.h"
#include "../src/core/crypto.h"
#include "../src/core/str.h"
#include "../src/engine/journal.h"
#include "../src/engine/place.h"
#include "../src/engine/request.h"
#include "../src/engine/shapes.h"

#define PLACES_BATCH  512
#define PLACES_WORD   64
#define PLACES_READS  5

/* One request and all that it points to. */
typedef struct {
    char                  name[PLACES_WORD];
    char                  account[PLACES_WORD];
    uint8_t               key[PL_REQUEST_KEY_LEN];
    Pl__TenantSettings    tenant;
    Pl__ChannelSettings   channel;
    Pl__TenantSet         set_tenant;
    Pl__ChannelSet        set_channel;
    Pl__Command           inner;
    Pl__Asked             asked;
    Pl__Command           command;
} places_row_t;

typedef struct {
    const char        *dir;
    const char        *url;
    uint64_t           tenants;
    uint64_t           first;
    uint32_t           next;            /* number of the next tenant */
    const pl_clock_t  *clock;
    pl_codec_t        *codec;
    pl_store_t        *st;
    pl_arena_t        *ar;
    uint8_t            key[PL_KEY_LEN];
    places_row_t       rows[PLACES_BATCH];
    pl_entry_t         entries[PLACES_BATCH];
} places_t;


static void
places_fail(const char *what, const pl_err_t *err)
{
    char  text[512];

    fprintf(stderr, "places: %s: %s\n", what,
            err == NULL ? "failed" : pl_err_print(err, text, sizeof(text)));
    exit(1);
}


static void
places_open(places_t *p)
{
    char             path[4096];
    pl_err_t         err;
    pl_store_conf_t  conf;

    memset(&conf, 0, sizeof(conf));
    conf.dir = p->dir;

    (void) snprintf(path, sizeof(path), "%s/key", p->dir);

    if (pl_shapes_codec(&p->codec, &err) != PL_OK
        || pl_store_open(&p->st, &conf, &err) != PL_OK
        || pl_journal_open(p->st, p->clock, &err) != PL_OK
        || pl_crypto_key_read(path, p->key, &err) != PL_OK)
    {
        places_fail("open", &err);
    }
}


static pl_settings_t *
places_read(places_t *p, int64_t *us)
{
    pl_err_t        err;
    pl_txn_t       *txn;
    pl_settings_t  *settings;

    *us = pl_clock_mono_us(p->clock);

    if (pl_store_begin(p->st, PL_ENV_STATE, false, &txn, &err) != PL_OK
        || pl_settings_load(&settings, txn, p->codec, &err) != PL_OK)
    {
        places_fail("read", &err);
    }

    pl_store_abort(txn);
    *us = pl_clock_mono_us(p->clock) - *us;

    return settings;
}


static void
places_asked(places_row_t *row, uint32_t tenant, pl_entry_t *entry)
{
    if (pl_crypto_random(row->key, sizeof(row->key)) != PL_OK) {
        places_fail("no randomness", NULL);
    }

    pl__asked__init(&row->asked);
    row->asked.tenant = tenant;
    row->asked.key.data = row->key;
    row->asked.key.len = sizeof(row->key);
    row->asked.digest = row->asked.key;
    row->asked.command = &row->inner;

    pl__command__init(&row->command);
    row->command.of_case = PL__COMMAND__OF_ASKED;
    row->command.asked = &row->asked;

    memset(entry, 0, sizeof(*entry));
    entry->location = PL_STR("bench");
    entry->command = &row->command;
}


static void
places_tenant(places_t *p, size_t at, uint64_t n)
{
    places_row_t  *row = &p->rows[at];

    (void) snprintf(row->name, PLACES_WORD, "t%" PRIu64, n);

    pl__tenant_settings__init(&row->tenant);
    row->tenant.name = row->name;
    row->tenant.time_zone = (char *) "Europe/Amsterdam";

    pl__tenant_set__init(&row->set_tenant);
    row->set_tenant.row = &row->tenant;
    row->set_tenant.has_create = 1;
    row->set_tenant.create = 1;

    pl__command__init(&row->inner);
    row->inner.of_case = PL__COMMAND__OF_TENANT_SET;
    row->inner.tenant_set = &row->set_tenant;

    places_asked(row, 0, &p->entries[at]);
}


static void
places_channel(places_t *p, size_t at, uint64_t n)
{
    char                  aad[PL_SETTINGS_AAD_MAX], tenant[PLACES_WORD];
    pl_err_t              err;
    pl_str_t              sealed;
    places_row_t         *row = &p->rows[at];
    Pl__ChannelSettings  *channel = &row->channel;

    (void) snprintf(tenant, sizeof(tenant), "t%" PRIu64, n);
    (void) snprintf(row->account, PLACES_WORD, "%" PRIu64, p->first + n - 1);

    if (pl_crypto_seal(p->key, pl_settings_token_aad(aad, tenant, "main"),
                       PL_STR("EAAbenchbenchbenchbenchbenchbenchbenchbench"),
                       p->ar, &sealed, &err) != PL_OK)
    {
        places_fail("seal", &err);
    }

    pl__channel_settings__init(channel);
    channel->name = (char *) "main";
    channel->provider = (char *) "whatsapp";
    channel->account = row->account;
    channel->api_base_url = (char *) p->url;
    channel->api_version = (char *) "v24.0";
    channel->connect_timeout_ms = PL_PLACE_CONNECT_MS;
    channel->timeout_ms = PL_PLACE_TIMEOUT_MS;
    channel->rate_per_s = PL_PLACE_RATE;
    channel->has_token = 1;
    channel->token.data = (uint8_t *) (uintptr_t) sealed.data;
    channel->token.len = sealed.len;

    pl__channel_set__init(&row->set_channel);
    row->set_channel.tenant = p->next + (uint32_t) n - 1;
    row->set_channel.row = channel;
    row->set_channel.has_create = 1;
    row->set_channel.create = 1;

    pl__command__init(&row->inner);
    row->inner.of_case = PL__COMMAND__OF_CHANNEL_SET;
    row->inner.channel_set = &row->set_channel;

    places_asked(row, row->set_channel.tenant, &p->entries[at]);
}


/* All tenants, then all channels; the entry that is the last of them. */

static uint64_t
places_ask(places_t *p)
{
    size_t         n;
    uint64_t       i;
    pl_err_t       err;
    pl_appended_t  done = { 0 };

    for (i = 0; i < 2 * p->tenants; i += n) {
        pl_arena_reset(p->ar);

        for (n = 0; n < PLACES_BATCH && i + n < 2 * p->tenants; n++) {
            if (i + n < p->tenants) {
                places_tenant(p, n, i + n + 1);
            } else {
                places_channel(p, n, i + n - p->tenants + 1);
            }
        }

        if (pl_journal_append(p->st, p->clock, p->entries, n, NULL, &done,
                              &err) != PL_OK)
        {
            places_fail("append", &err);
        }

        done.first += n - 1;
    }

    return done.first;
}


static void
places_options(places_t *p, int argc, char **argv)
{
    int  i;

    for (i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--dir") == 0) {
            p->dir = argv[i + 1];
        } else if (strcmp(argv[i], "--url") == 0) {
            p->url = argv[i + 1];
        } else if (strcmp(argv[i], "--tenants") == 0) {
            p->tenants = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--first") == 0) {
            p->first = strtoull(argv[i + 1], NULL, 10);
        } else {
            places_fail(argv[i], NULL);
        }
    }

    if (p->dir == NULL || p->dir[0] != '/') {
        places_fail("--dir (absolute) is needed", NULL);
    }
}


int
main(int argc, char **argv)
{
    int             i;
    int64_t         us, least = INT64_MAX, began_us;
    uint64_t        last = 0;
    places_t       *p = calloc(1, sizeof(places_t));
    pl_settings_t  *settings;

    if (p == NULL) {
        places_fail("no memory", NULL);
    }

    p->url = "http://127.0.0.1:1";
    places_options(p, argc, argv);

    p->clock = pl_clock_system();
    p->ar = pl_arena_create(65536, 64u * 1024 * 1024);
    if (p->ar == NULL) {
        places_fail("no memory", NULL);
    }

    places_open(p);

    for (i = 0; i < PLACES_READS; i++) {
        settings = places_read(p, &us);
        least = us < least ? us : least;

        for (p->next = 1; pl_settings_tenant(settings, p->next) != NULL;
             p->next++)
        {
            /* void */
        }

        pl_settings_destroy(settings);
    }

    began_us = pl_clock_mono_us(p->clock);

    if (p->tenants != 0) {
        last = places_ask(p);
    }

    printf("{\"last\":%" PRIu64 ",\"seconds\":%.3f,\"read_ms\":%.3f}\n", last,
           (double) (pl_clock_mono_us(p->clock) - began_us) / 1e6,
           (double) least / 1e3);

    pl_store_close(p->st);
    pl_codec_destroy(p->codec);
    pl_arena_destroy(p->ar);
    free(p);

    return 0;
}
