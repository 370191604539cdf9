/*
 * Fuzz target: a request of the API, on a store that has a tenant and a few
 * people. What must hold for any request: it is answered, or asks for
 * commands that can be packed; an answer that is no success is a problem
 * document; nothing is a failure of ours.
 *
 *     byte 0   whose: role, and whether the header names the tenant
 *     then     METHOD PATH?QUERY, a newline, headers, an empty line, body
 *
 *     clang -fsanitize=fuzzer,address,undefined ... t/fuzz/fuzz_api.c
 *     ./fuzz_api -max_total_time=60 t/fuzz/api
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../src/api/api.h"
#include "../../src/core/str.h"
#include "../../src/engine/fold.h"
#include "../../src/engine/journal.h"
#include "../../src/engine/shapes.h"
#include "../../src/engine/state.h"

#define FUZZ_NOW  1760000000000LL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Made once in the process. */
typedef struct {
    pl_api_t    *api;
    pl_codec_t  *codec;
    pl_store_t  *st;
    pl_arena_t  *ar;
} fuzz_api_t;


static char  fuzz_dir[64];

static const char *const  fuzz_files[] = {
    "journal/data.mdb", "journal/lock.mdb", "state/data.mdb",
    "state/lock.mdb", "journal", "state", "open.lock", "",
};


/* Its folder, when the process ends. */

static void
fuzz_leave(void)
{
    char    path[128];
    size_t  i;

    for (i = 0; i < PL_COUNT(fuzz_files); i++) {
        (void) snprintf(path, sizeof(path), "%s/%s", fuzz_dir,
                        fuzz_files[i]);
        (void) remove(path);
    }
}


static void
fuzz_must(bool holds, const char *what)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}


static void
fuzz_append(fuzz_api_t *f, const Pl__Command *command,
    const Pl__SettingsPublish *publish)
{
    pl_entry_t     entry;
    pl_appended_t  out;

    memset(&entry, 0, sizeof(entry));
    entry.location = PL_STR("fuzz");
    entry.command = command;

    fuzz_must(pl_journal_append(f->st, pl_clock_system(), &entry,
                                command != NULL, publish, &out, NULL)
              == PL_OK, "an append");
}


/* A tenant with a channel, and three people with names. */

static void
fuzz_fill(fuzz_api_t *f)
{
    char                   phone[16];
    uint8_t                cycle[PL_CYCLE_LEN] = { 1 }, digest[32] = { 1 };
    unsigned               i;
    pl_fold_t             *fold;
    pl_folded_t            out;
    Pl__Address            address = PL__ADDRESS__INIT;
    Pl__Command            command = PL__COMMAND__INIT;
    Pl__ContactSet         set = PL__CONTACT_SET__INIT;
    Pl__ChannelSettings    channel = PL__CHANNEL_SETTINGS__INIT;
    Pl__ChannelSettings   *channels[1] = { &channel };
    Pl__TenantSettings     tenant = PL__TENANT_SETTINGS__INIT;
    Pl__TenantSettings    *tenants[1] = { &tenant };
    Pl__SettingsPublish    publish = PL__SETTINGS_PUBLISH__INIT;

    channel.name = (char *) "main";
    channel.provider = (char *) "whatsapp";
    channel.account = (char *) "106540352242922";
    channel.waba_id = (char *) "102290129340398";
    channel.api_base_url = (char *) "http://127.0.0.1:1";
    channel.api_version = (char *) "v24.0";
    channel.connect_timeout_ms = 1000;
    channel.timeout_ms = 1000;
    channel.rate_per_s = 80;
    tenant.name = (char *) "demo";
    tenant.channels = channels;
    tenant.n_channels = 1;

    publish.cycle.data = cycle;
    publish.cycle.len = sizeof(cycle);
    publish.digest.data = digest;
    publish.digest.len = sizeof(digest);
    publish.tenants = tenants;
    publish.n_tenants = 1;
    publish.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    fuzz_append(f, NULL, &publish);

    for (i = 0; i < 3; i++) {
        (void) snprintf(phone, sizeof(phone), "3460000000%u", i);
        address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
        address.value = phone;
        set.tenant = 1;
        set.address = &address;
        set.name = (char *) "Ana";
        command.of_case = PL__COMMAND__OF_CONTACT_SET;
        command.contact_set = &set;
        fuzz_append(f, &command, NULL);
    }

    fuzz_must(pl_fold_create(&fold, f->st, f->st, NULL, f->codec,
                             pl_clock_system(), NULL) == PL_OK
              && pl_fold_take(fold, NULL) == PL_OK, "a fold");

    do {
        fuzz_must(pl_fold_step(fold, 0, &out, NULL) == PL_OK, "a step");
    } while (out.more);

    pl_fold_give(fold);
    pl_fold_destroy(fold);
}


static fuzz_api_t *
fuzz_setup(void)
{
    char              dir[] = "/tmp/parley-fuzz-XXXXXX";
    pl_store_conf_t   conf;

    static fuzz_api_t  f;

    if (f.api != NULL) {
        return &f;
    }

    memset(&conf, 0, sizeof(conf));
    fuzz_must(mkdtemp(dir) != NULL, "a folder");
    conf.dir = dir;
    conf.size = 64 * 1024 * 1024;
    conf.create = true;
    conf.read_age_ms = 60000;

    fuzz_must(pl_shapes_codec(&f.codec, NULL) == PL_OK
              && pl_store_open(&f.st, &conf, NULL) == PL_OK
              && pl_journal_open(f.st, pl_clock_system(), NULL) == PL_OK
              && pl_api_create(&f.api, NULL, NULL) == PL_OK,
              "a store and an API");

    f.ar = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
    fuzz_must(f.ar != NULL, "memory");
    fuzz_fill(&f);

    (void) snprintf(fuzz_dir, sizeof(fuzz_dir), "%s", dir);
    (void) atexit(fuzz_leave);

    return &f;
}


static pl_str_t
fuzz_line(pl_str_t *rest)
{
    size_t    n;
    pl_str_t  line;

    for (n = 0; n < rest->len && rest->data[n] != '\n'; n++) {
        /* void */
    }

    line = (pl_str_t) { rest->data, n };
    rest->data += n < rest->len ? n + 1 : n;
    rest->len -= n < rest->len ? n + 1 : n;

    return line;
}


static void
fuzz_head(pl_api_in_t *in, pl_str_t line)
{
    size_t  i;

    static const char *const  names[] = {
        "GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "OPTIONS "
    };

    in->method = PL_API_OTHER;

    for (i = 0; i < PL_COUNT(names); i++) {
        if (line.len > strlen(names[i])
            && memcmp(line.data, names[i], strlen(names[i])) == 0)
        {
            in->method = (pl_api_method_e) i;
            line.data += strlen(names[i]);
            line.len -= strlen(names[i]);
            break;
        }
    }

    for (i = 0; i < line.len && line.data[i] != '?'; i++) {
        /* void */
    }

    in->path = (pl_str_t) { line.data, i };
    in->query = i < line.len
                ? (pl_str_t) { line.data + i + 1, line.len - i - 1 }
                : PL_STR_NULL;
}


static void
fuzz_header(pl_api_in_t *in, pl_str_t line)
{
    if (line.len < 2) {
        return;
    }

    switch (line.data[0]) {
    case 'i':
        in->idempotency_key = (pl_str_t) { line.data + 1, line.len - 1 };
        break;
    case 'm':
        in->if_match = (pl_str_t) { line.data + 1, line.len - 1 };
        break;
    case 'n':
        in->if_none_match = (pl_str_t) { line.data + 1, line.len - 1 };
        break;
    case 'a':
        in->authorization = (pl_str_t) { line.data + 1, line.len - 1 };
        in->who = NULL;
        break;
    case 't':
        in->content_type = (pl_str_t) { line.data + 1, line.len - 1 };
        break;
    case 'l':
        in->last_event_id = (pl_str_t) { line.data + 1, line.len - 1 };
        break;
    default:
        break;
    }
}


static void
fuzz_answered(const pl_api_call_t *call)
{
    size_t  i;

    if (call->out.status == 0) {
        for (i = 0; i < call->n_commands; i++) {
            fuzz_must(protobuf_c_message_check(&call->commands[i]->base),
                      "a command can be packed");
        }

        fuzz_must(call->n_commands != 0
                  || (call->op->flags & PL_API_STREAM) != 0,
                  "an answer, commands, or a stream");
        return;
    }

    fuzz_must(call->out.status != 500, "no failure of ours");
    fuzz_must(call->out.status < 400
              || strcmp(call->out.type, "application/problem+json") == 0,
              "a problem document");
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pl_str_t         rest = { data + 1, size - 1 }, line;
    pl_txn_t        *txn;
    pl_who_t         who = { PL__API_ROLE__API_ROLE_OPERATOR, 0, 1, "fuzz",
                             0 };
    fuzz_api_t      *f = fuzz_setup();
    pl_arena_t      *ar;
    Pl__StateMeta   *meta;
    pl_api_call_t    call;
    pl_settings_t   *settings;

    if (size < 2) {
        return 0;
    }

    ar = pl_arena_create(16 * 1024, 32 * 1024 * 1024);
    fuzz_must(ar != NULL, "memory");

    pl_api_call_init(&call, f->api, ar);
    who.role = (Pl__ApiRole) (1 + data[0] % 5);
    who.tenant = who.role == PL__API_ROLE__API_ROLE_OPERATOR ? 0 : 1;
    call.in.who = &who;
    call.in.tenant = data[0] & 0x40 ? PL_STR_NULL : PL_STR("demo");
    call.in.content_type = PL_STR("application/json");

    fuzz_head(&call.in, fuzz_line(&rest));

    while (rest.len != 0 && (line = fuzz_line(&rest)).len != 0) {
        fuzz_header(&call.in, line);
    }

    call.in.body = rest;

    fuzz_must(pl_store_begin(f->st, PL_ENV_STATE, false, &txn, NULL) == PL_OK
              && pl_state_meta(txn, ar, &meta, NULL) == PL_OK
              && pl_settings_load(&settings, txn, f->codec, NULL) == PL_OK,
              "the state");

    (void) pl_api_ask(&call, txn, settings, meta, FUZZ_NOW, NULL);
    fuzz_answered(&call);

    pl_settings_destroy(settings);
    pl_store_abort(txn);
    pl_arena_destroy(ar);

    return 0;
}
