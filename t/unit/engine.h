/*
 * A store of its own for tests of the engine: publish, deliver, fold, look.
 * The clock is the test's: it stands still until the test turns it.
 */

#ifndef T_ENGINE_H_INCLUDED
#define T_ENGINE_H_INCLUDED

#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../src/core/record.h"
#include "../../src/engine/apply.h"
#include "../../src/engine/fold.h"
#include "../../src/engine/journal.h"
#include "../../src/engine/outbox.h"
#include "../../src/engine/shapes.h"
#include "../../src/engine/state.h"

#define T_NOW      1760000000000LL
#define T_AGE_MS   600000           /* of transactions: valgrind is slow */
#define T_ACCOUNT  "106540352242922"
#define T_NODE     "102290129340398"
#define T_FLOW                                                                \
    "{\"flow\":\"greeting\",\"triggers\":["                                   \
    "{\"keywords\":[\"hello\",\"hi\"],\"step\":\"greet\"},"                   \
    "{\"pattern\":\"^order (?<number>\\\\d+)$\",\"step\":\"order\"},"         \
    "{\"keywords\":[\"later\"],\"step\":\"later\"}],"                         \
    "\"default\":\"fallback\",\"steps\":{"                                    \
    "\"greet\":{\"say\":{\"text\":\"Hello {{name|there}}!\"}},"               \
    "\"order\":{\"say\":{\"text\":\"Order {{number}}\"}},"                    \
    "\"later\":{\"say\":{\"text\":\"Now.\"},\"after_s\":60},"                 \
    "\"fallback\":{\"say\":{\"text\":\"Say hello.\"}}}}"

typedef struct {
    char          dir[64];
    pl_store_t   *st;
    pl_codec_t   *codec;
    pl_fold_t    *fold;
    pl_arena_t   *ar;
    pl_clock_t    clock;
    int64_t       wall_ms;
    int64_t       mono_us;
    const char   *media_dir;    /* what t_publish says; NULL: none */
    Pl__RetrySettings  **retries;   /* likewise, of the channel */
    const char          *provider;  /* likewise; NULL: WhatsApp */
    const char          *account;
    size_t        n_retries;
    int64_t       resend_ms;    /* likewise; 0: unknown ones are held */
    Pl__Keep     *keep;         /* the same */
    Pl__PolicySettings  *policy;    /* the same, of the tenant */
    const char   *time_zone;
    const Pl__TenantSettings  *tenant;  /* and of the tenant's own; or NULL */
    pl_err_t      err;
} t_engine_t;


static inline int64_t
t_wall(void *data)
{
    return ((t_engine_t *) data)->wall_ms;
}


static inline int64_t
t_mono(void *data)
{
    return ((t_engine_t *) data)->mono_us;
}


/* Time passes on both clocks. */

static inline void
t_pass(t_engine_t *t, int64_t ms)
{
    t->wall_ms += ms;
    t->mono_us += ms * 1000;
}


static inline void
t_ok(t_engine_t *t, pl_status_t rc)
{
    char  buf[600];

    if (rc != PL_OK) {
        fail_msg("%s: %s", pl_status_name(rc),
                 pl_err_print(&t->err, buf, sizeof(buf)));
    }
}


static inline void
t_open_in(t_engine_t *t, const char *folder)
{
    pl_store_conf_t  conf;

    memset(t, 0, sizeof(*t));
    t->wall_ms = T_NOW;
    t->mono_us = 1000000;
    t->clock.wall_ms = t_wall;
    t->clock.mono_us = t_mono;
    t->clock.data = t;

    (void) snprintf(t->dir, sizeof(t->dir), "%.32s/parley-engine-XXXXXX",
                    folder);
    assert_non_null(mkdtemp(t->dir));

    memset(&conf, 0, sizeof(conf));
    conf.dir = t->dir;
    conf.create = true;
    conf.size = 1ULL << 30;
    conf.read_age_ms = conf.write_age_ms = T_AGE_MS;

    t->ar = pl_arena_create(65536, 1u << 28);
    assert_non_null(t->ar);
    t_ok(t, pl_shapes_codec(&t->codec, &t->err));
    t_ok(t, pl_store_open(&t->st, &conf, &t->err));
    t_ok(t, pl_journal_open(t->st, &t->clock, &t->err));
    t_ok(t, pl_fold_create(&t->fold, t->st, t->st, NULL, t->codec,
                           &t->clock, &t->err));
}


static inline void
t_open(t_engine_t *t)
{
    t_open_in(t, "/tmp");
}


static inline int
t_remove(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void) sb;
    (void) flag;
    (void) ftw;

    return remove(path);
}


static inline void
t_close(t_engine_t *t)
{
    pl_fold_destroy(t->fold);
    pl_store_close(t->st);
    pl_codec_destroy(t->codec);
    pl_arena_destroy(t->ar);
    (void) nftw(t->dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


/* An engine of a test's own, and its end as cmocka calls it. */

static inline t_engine_t *
t_new(void)
{
    t_engine_t  *t = calloc(1, sizeof(t_engine_t));

    assert_non_null(t);
    t_open(t);

    return t;
}


static inline int
t_end(void **state)
{
    t_close(*state);
    free(*state);

    return 0;
}


static inline uint64_t
t_append(t_engine_t *t, const Pl__Command *command, const char *body)
{
    pl_entry_t     entry;
    pl_appended_t  out;

    memset(&entry, 0, sizeof(entry));
    entry.command = command;
    entry.provider = command == NULL ? PL_STR("whatsapp") : PL_STR_NULL;
    entry.location = PL_STR("/test");
    entry.body = pl_str_c(body);

    t_ok(t, pl_journal_append(t->st, &t->clock, &entry, 1, NULL, &out,
                              &t->err));

    return out.first;
}


/* A command as a provider's body becomes one. */

static inline uint64_t
t_told(t_engine_t *t, const Pl__Command *command)
{
    pl_entry_t     entry;
    pl_appended_t  out;

    memset(&entry, 0, sizeof(entry));
    entry.command = command;
    entry.provider = PL_STR("whatsapp");
    entry.location = PL_STR("/test");

    t_ok(t, pl_journal_append(t->st, &t->clock, &entry, 1, NULL, &out,
                              &t->err));

    return out.first;
}


/* The value of a change under `field`, in an entry of the account. */

static inline uint64_t
t_field(t_engine_t *t, const char *field, int64_t time_s, const char *value)
{
    char  body[8192];

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
        "\"id\":\"" T_NODE "\",\"time\":%" PRId64 ",\"changes\":[{"
        "\"field\":\"%s\",\"value\":%s}]}]}", time_s, field, value);

    return t_append(t, NULL, body);
}


/* Messages or statuses, as the JSON of their lists. */

static inline uint64_t
t_items(t_engine_t *t, const char *list, const char *items)
{
    char  value[7168];

    (void) snprintf(value, sizeof(value),
        "{\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"phone_number_id\":\"" T_ACCOUNT "\"},\"%s\":[%s]}", list,
        items);

    return t_field(t, "messages", T_NOW / 1000, value);
}


/* One tenant `demo`, one channel `main`, the flow; generation as given. */

static inline pl_status_t
t_publish_as(t_engine_t *t, uint64_t master, uint64_t generation,
    const char *flow, const char *channel, pl_appended_t *out)
{
    uint8_t               cycle[16], digest[32];
    Pl__FlowSettings      f = PL__FLOW_SETTINGS__INIT, *flows[1];
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT, *channels[1];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    pl_be64_put(cycle, master);
    pl_be64_put(cycle + 8, generation);

    ch.name = (char *) channel;
    ch.provider = (char *) (t->provider != NULL ? t->provider : "whatsapp");
    ch.account = (char *) (t->account != NULL ? t->account : T_ACCOUNT);
    ch.waba_id = (char *) T_NODE;
    ch.api_base_url = (char *) "http://127.0.0.1:1";
    ch.api_version = (char *) "v24.0";
    ch.connect_timeout_ms = 1000;
    ch.timeout_ms = 1000;
    ch.rate_per_s = 80;
    ch.retries = t->retries;
    ch.n_retries = t->n_retries;
    ch.has_unknown_resend_ms = t->resend_ms != 0;
    ch.unknown_resend_ms = t->resend_ms;
    channels[0] = &ch;

    f.name = (char *) "greeting";
    f.file = (char *) "greeting.json";
    f.json.data = (uint8_t *) flow;
    f.json.len = strlen(flow);
    flows[0] = &f;

    if (t->tenant != NULL) {
        tenant = *t->tenant;
    }

    tenant.name = (char *) "demo";
    tenant.policy = t->policy != NULL ? t->policy : tenant.policy;
    tenant.time_zone = (char *) t->time_zone;
    tenant.n_channels = 1;
    tenant.channels = channels;
    tenant.n_flows = 1;
    tenant.flows = flows;
    tenants[0] = &tenant;

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.n_tenants = 1;
    p.tenants = tenants;
    p.journal_keep_ms = PL_JOURNAL_KEEP_MS;
    p.media_dir = (char *) t->media_dir;
    p.keep = t->keep;

    t_ok(t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);

    return pl_journal_append(t->st, &t->clock, NULL, 0, &p, out, &t->err);
}


static inline pl_status_t
t_publish(t_engine_t *t, uint64_t generation, const char *flow,
    const char *channel, pl_appended_t *out)
{
    return t_publish_as(t, 7, generation, flow, channel, out);
}


/* A text from a phone, as Meta sends it. */

static inline uint64_t
t_text(t_engine_t *t, const char *phone, const char *wamid, int64_t time_s,
    const char *text)
{
    char  body[2048];

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"display_phone_number\":\"15550001111\","
        "\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"contacts\":[{\"profile\":{\"name\":\"Ana\"},\"wa_id\":\"%s\"}],"
        "\"messages\":[{\"from\":\"%s\",\"id\":\"%s\",\"timestamp\":"
        "\"%" PRId64 "\",\"type\":\"text\",\"text\":{\"body\":\"%s\"}}]"
        "}}]}]}", phone, phone, wamid, time_s, text);

    return t_append(t, NULL, body);
}


/* A place, which the flow does not answer. */

static inline uint64_t
t_located(t_engine_t *t, const char *phone, const char *wamid, int64_t time_s)
{
    char  item[512];

    (void) snprintf(item, sizeof(item),
        "{\"from\":\"%s\",\"id\":\"%s\",\"timestamp\":\"%" PRId64 "\","
        "\"type\":\"location\",\"location\":{\"latitude\":1,"
        "\"longitude\":2}}", phone, wamid, time_s);

    return t_items(t, "messages", item);
}


/* The mark of its journal, in the test's arena. */

static inline char *
t_mark(t_engine_t *t)
{
    char  mark[PL_MARK_SIZE];

    pl_fold_mark(t->fold, mark);

    return pl_arena_str(t->ar, pl_str_c(mark));
}


static inline uint64_t
t_status(t_engine_t *t, const char *status, uint64_t message,
    int64_t time_s)
{
    char  body[2048];

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"statuses\":[{\"id\":\"wamid.OUT\",\"status\":\"%s\","
        "\"timestamp\":\"%" PRId64 "\",\"recipient_id\":\"34600000001\","
        "\"biz_opaque_callback_data\":\"m:%" PRIu64 ":%s\"}]}}]}]}",
        status, time_s, message, t_mark(t));

    return t_append(t, NULL, body);
}


/* Folds to the journal's end; how many steps it took. */

static inline unsigned
t_fold(t_engine_t *t)
{
    unsigned     steps;
    pl_folded_t  done;

    t_ok(t, pl_fold_take(t->fold, &t->err));

    for (steps = 0; steps < 100000; steps++) {
        t_ok(t, pl_fold_step(t->fold, 0, &done, &t->err));
        if (!done.more) {
            break;
        }
    }

    pl_fold_give(t->fold);

    return steps + 1;
}


/* The usual configuration, published and folded. */

static inline void
t_configure(t_engine_t *t)
{
    pl_appended_t  out;

    t_ok(t, t_publish(t, 1, T_FLOW, "main", &out));
    assert_true(out.published);
    t_fold(t);
}


static inline pl_txn_t *
t_read(t_engine_t *t)
{
    pl_txn_t  *txn;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));

    return txn;
}


/* What was counted under a metric and a label, all days together. */

static inline uint64_t
t_counted(t_engine_t *t, const char *metric, const char *label)
{
    size_t       len;
    uint64_t     n, sum;
    pl_str_t     key, value;
    pl_txn_t    *txn;
    pl_scan_t   *scan;

    sum = 0;
    len = strlen(metric);
    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, PL_TABLE_COUNTERS, PL_STR_NULL, false, &scan,
                          &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        if (key.len == 4 + len + 1 + 4 + strlen(label)
            && memcmp(key.data + 4, metric, len + 1) == 0
            && memcmp(key.data + 4 + len + 5, label, strlen(label)) == 0)
        {
            t_ok(t, pl_record_read_u64(PL_TABLE_COUNTERS, value, &n,
                                       &t->err));
            sum += n;
        }
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return sum;
}


static inline uint64_t
t_rows(t_engine_t *t, pl_table_e table)
{
    uint64_t   n;
    pl_txn_t  *txn;

    txn = t_read(t);
    t_ok(t, pl_store_count(txn, table, &n, &t->err));
    pl_store_abort(txn);

    return n;
}


/* The i-th row of a table as a message in the test's arena; NULL past it. */

static inline ProtobufCMessage *
t_row(t_engine_t *t, pl_table_e table, unsigned i,
    const ProtobufCMessageDescriptor *type)
{
    unsigned           k;
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    msg = NULL;
    txn = t_read(t);
    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, false, &scan, &t->err));

    for (k = 0; k <= i; k++) {
        rc = pl_store_scan_next(scan, &key, &value, &t->err);
        if (rc != PL_OK) {
            break;
        }
    }

    if (rc == PL_OK) {
        t_ok(t, pl_record_read(table, value, type, t->ar, &msg, &t->err));
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return msg;
}


static inline Pl__Message *
t_message(t_engine_t *t, unsigned i)
{
    return (Pl__Message *) t_row(t, PL_TABLE_MESSAGES, i,
                                 &pl__message__descriptor);
}


/* A SenderStart folded: the new epoch. */

static inline uint64_t
t_sender(t_engine_t *t, bool known, const Pl__AttemptStage *stage)
{
    uint64_t             epoch;
    uint8_t              boot[16];
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__SenderStart      start = PL__SENDER_START__INIT;
    Pl__AttemptStage    *stages[1];

    memset(boot, 1, sizeof(boot));
    stages[0] = (Pl__AttemptStage *) stage;
    start.boot.data = boot;
    start.boot.len = sizeof(boot);
    start.has_known = 1;
    start.known = known;
    start.n_stages = (stage != NULL);
    start.stages = stages;
    command.of_case = PL__COMMAND__OF_SENDER_START;
    command.sender_start = &start;

    epoch = t_append(t, &command, NULL);
    t_fold(t);

    return epoch;
}


/* Heads that are due at now, of messages and lists, or of files alone. */

static inline size_t
t_due(t_engine_t *t, int64_t now_ms, bool media, pl_due_t *due, size_t max)
{
    size_t         n, of_lane;
    int64_t        next;
    pl_txn_t      *txn;
    pl_status_t    rc;
    pl_due_lane_t  at;

    txn = t_read(t);
    memset(&at, 0, sizeof(at));

    for (n = 0; n < max; at.lane++) {
        rc = pl_outbox_lane(txn, &at, &next, &t->err);
        if (rc == PL_NOTFOUND) {
            break;
        }

        t_ok(t, rc);

        if ((at.lane == PL__LANE__LANE_MEDIA) != media
            || (at.lane & PL_KEY_DUE_ASIDE) != 0)
        {
            continue;
        }

        t_ok(t, pl_outbox_heads(txn, &at, NULL, now_ms, due + n, max - n,
                                &of_lane, &next, &t->err));
        n += of_lane;
    }

    pl_store_abort(txn);

    return n;
}


/* Attempts every head that is due; how many. effects: theirs, max 64. */

static inline size_t
t_attempt_at(t_engine_t *t, int64_t now_ms, uint64_t epoch,
    uint64_t *effects)
{
    size_t        i, n;
    pl_due_t      due[64];
    Pl__Command   command = PL__COMMAND__INIT;

    n = t_due(t, now_ms, false, due, 64);

    command.of_case = PL__COMMAND__OF_ATTEMPT;

    for (i = 0; i < n; i++) {
        due[i].attempt.epoch = epoch;
        effects[i] = due[i].attempt.effect;
        command.attempt = &due[i].attempt;
        (void) t_append(t, &command, NULL);
    }

    t_fold(t);

    return n;
}


static inline size_t
t_attempt(t_engine_t *t, uint64_t epoch, uint64_t *effects)
{
    return t_attempt_at(t, t->wall_ms, epoch, effects);
}


/* unsent: no byte of the request had left. */

static inline void
t_result_of(t_engine_t *t, uint64_t effect, uint64_t epoch,
    Pl__Outcome outcome, int64_t retry_ms, bool unsent)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.has_unsent = unsent;
    result.unsent = unsent;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = outcome;
    result.has_retry_ms = (retry_ms != 0);
    result.retry_ms = retry_ms;

    if (outcome == PL__OUTCOME__OUTCOME_SENT) {
        result.provider_id = (char *) "wamid.OUT";
    }

    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static inline void
t_result(t_engine_t *t, uint64_t effect, uint64_t epoch,
    Pl__Outcome outcome, int64_t retry_ms)
{
    t_result_of(t, effect, epoch, outcome, retry_ms, false);
}

#endif /* T_ENGINE_H_INCLUDED */
