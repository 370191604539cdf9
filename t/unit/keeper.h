/*
 * A keeper on a real store, without threads and without a wire, for tests of
 * its rounds. The clock is the test's.
 */

#ifndef T_KEEPER_H_INCLUDED
#define T_KEEPER_H_INCLUDED

#include "engine.h"

#include "../../src/sender/fetch_step.c"
#include "../../src/sender/gate.c"
#include "../../src/sender/job.c"
#include "../../src/sender/keeper_build.c"
#include "../../src/sender/keeper_collect.c"
#include "../../src/sender/keeper_erase.c"
#include "../../src/sender/keeper_gauge.c"
#include "../../src/sender/keeper_hold.c"
#include "../../src/sender/keeper_lag.c"
#include "../../src/sender/keeper_open.c"
#include "../../src/sender/keeper_pace.c"
#include "../../src/sender/keeper_prune.c"
#include "../../src/sender/keeper_round.c"
#include "../../src/sender/keeper_pick.c"
#include "../../src/sender/keeper_room.c"
#include "../../src/sender/keeper_words.c"
#include "../../src/sender/keeper_zones.c"
#include "../../src/sender/log.c"
#include "../../src/sender/mail_source.c"
#include "../../src/sender/metrics.c"
#include "../../src/sender/metrics_print.c"
#include "../../src/sender/page.c"
#include "../../src/sender/pace.c"
#include "../../src/sender/progress.c"
#include "../../src/sender/queue.c"
#include "../../src/sender/result.c"
#include "../../src/sender/sender.c"
#include "../../src/sender/sendlog.c"
#include "../../src/sender/tzdata.c"
#include "../../src/sender/upload.c"
#include "../../src/core/shelf.c"

#define ACCOUNTS_MAX  2
#define NO_RATE       0

typedef struct {
    t_engine_t      t;
    pls_sender_t    sn;
    pls_keeper_t   *k;
    pl_share_t      note;
    char           *media_dir;      /* set before it is opened; NULL: none */
} world_t;


/* A tenant with channels a and b, no rate unless told otherwise. */

static inline void
publish(world_t *w, uint32_t rate)
{
    char                  path[128], aad[PL_SETTINGS_AAD_MAX];
    size_t                i;
    uint8_t               cycle[16], digest[32], key[PL_KEY_LEN];
    pl_str_t              token;
    pl_appended_t         out;
    Pl__FlowSettings      f = PL__FLOW_SETTINGS__INIT, *flows[1];
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch[ACCOUNTS_MAX], *channels[ACCOUNTS_MAX];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    static const char *const  names[] = { "a", "b" };
    static const char *const  accounts[] = { "1001", "1002" };

    memset(cycle, 9, sizeof(cycle));
    pl_be64_put(cycle + 8, 1);

    (void) snprintf(path, sizeof(path), "%s/key", w->t.dir);
    t_ok(&w->t, pl_crypto_key_make(path, &w->t.err));
    t_ok(&w->t, pl_crypto_key_read(path, key, &w->t.err));

    for (i = 0; i < ACCOUNTS_MAX; i++) {
        pl__channel_settings__init(&ch[i]);
        ch[i].name = (char *) (uintptr_t) names[i];
        ch[i].provider = (char *) (uintptr_t) "whatsapp";
        ch[i].account = (char *) (uintptr_t) accounts[i];
        ch[i].api_base_url = (char *) (uintptr_t) "http://127.0.0.1:1";
        ch[i].api_version = (char *) (uintptr_t) "v24.0";
        ch[i].connect_timeout_ms = 1000;
        ch[i].timeout_ms = 1000;
        ch[i].rate_per_s = rate;

        t_ok(&w->t, pl_crypto_seal(key, pl_settings_token_aad(aad, "demo",
                                                              names[i]),
                                   PL_STR("token"), w->t.ar, &token,
                                   &w->t.err));
        ch[i].has_token = 1;
        ch[i].token.data = (uint8_t *) (uintptr_t) token.data;
        ch[i].token.len = token.len;
        channels[i] = &ch[i];
    }

    f.name = (char *) (uintptr_t) "greeting";
    f.file = (char *) (uintptr_t) "greeting.json";
    f.json.data = (uint8_t *) (uintptr_t) T_FLOW;
    f.json.len = strlen(T_FLOW);
    flows[0] = &f;

    tenant.name = (char *) (uintptr_t) "demo";
    tenant.n_channels = ACCOUNTS_MAX;
    tenant.channels = channels;
    tenant.n_flows = 1;
    tenant.flows = flows;
    tenants[0] = &tenant;

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.n_tenants = 1;
    p.tenants = tenants;
    p.journal_keep_ms = PL_JOURNAL_KEEP_MS;
    p.media_dir = w->media_dir;

    t_ok(&w->t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);

    t_ok(&w->t, pl_journal_append(w->t.st, &w->t.clock, NULL, 0, &p, &out,
                                  &w->t.err));
}


/* A person says hello to an account, for the nth time. */

static inline void
hello_as(world_t *w, const char *account, unsigned person, unsigned nth)
{
    char           body[1024];
    pl_entry_t     entry;
    pl_appended_t  out;

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
        "\"id\":\"1\",\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"metadata\":{\"phone_number_id\":\"%s\"},\"messages\":[{"
        "\"from\":\"34%07u\",\"id\":\"wamid.%s.%u.%u\",\"timestamp\":"
        "\"%" PRId64 "\",\"type\":\"text\",\"text\":{"
        "\"body\":\"hello\"}}]}}]}]}", account, person, account, person, nth,
        w->t.wall_ms / 1000);

    memset(&entry, 0, sizeof(entry));
    entry.provider = PL_STR("whatsapp");
    entry.location = PL_STR("/test");
    entry.body = pl_str_c(body);
    t_ok(&w->t, pl_journal_append(w->t.st, &w->t.clock, &entry, 1, NULL,
                                  &out, &w->t.err));
}


/* n people, from the first on, each say hello to an account. */

static inline void
hello(world_t *w, const char *account, unsigned first, unsigned n)
{
    unsigned  i;

    for (i = first; i < first + n; i++) {
        hello_as(w, account, i, 0);
    }
}


/* A keeper past its greeting, on the test's store and clock. */

static inline void
world_open(world_t *w, uint32_t rate)
{
    char          *media_dir = w->media_dir;
    pls_keeper_t  *k;

    memset(w, 0, sizeof(*w));
    w->media_dir = media_dir;
    t_open(&w->t);

    w->sn.clock = &w->t.clock;
    w->sn.codec = w->t.codec;
    w->sn.note = &w->note;
    w->sn.progress = calloc(1, sizeof(*w->sn.progress));
    assert_non_null(w->sn.progress);
    w->sn.pace = calloc(1, sizeof(*w->sn.pace));
    assert_non_null(w->sn.pace);
    pls_log_init(&w->sn.log, STDERR_FILENO, PLS_LOG_ERROR, &w->t.clock);
    t_ok(&w->t, pls_queue_open(&w->sn.to_wire, &w->t.err));
    t_ok(&w->t, pls_queue_open(&w->sn.to_store, &w->t.err));
    t_ok(&w->t, pls_queue_open(&w->sn.to_fetch, &w->t.err));

    k = calloc(1, sizeof(*k));
    assert_non_null(k);
    k->sn = &w->sn;
    k->st = w->t.st;
    k->fold = w->t.fold;
    k->next_ms = INT64_MAX;
    k->fetch_gates.max = KEEPER_FETCH_GATE;
    k->gates.pace = w->sn.pace;
    k->known = true;
    k->hold_ar = pl_arena_create(OPEN_ARENA_BLOCK, OPEN_ARENA_MAX);
    assert_non_null(k->hold_ar);
    t_ok(&w->t, open_jobs(k, &w->t.err));
    w->k = k;

    publish(w, rate);
    t_ok(&w->t, greet_start(k, &w->t.err));
    t_fold(&w->t);
    k->phase = KEEPER_RUNNING;
    k->look = true;

    /* the dedupe table is young: no Prune unless a test makes it old */
    k->prune_us = INT64_MAX;
}


static inline void
world_close(world_t *w)
{
    uint32_t  i;

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        pl_arena_destroy(w->k->jobs[i].arena);
    }

    pl_holds_free(w->k->holds);
    pl_arena_destroy(w->k->hold_ar);
    pls_gates_free(&w->k->gates);
    pls_gates_free(&w->k->fetch_gates);
    pls_queue_close(&w->sn.to_wire);
    pls_queue_close(&w->sn.to_store);
    pls_queue_close(&w->sn.to_fetch);
    free(w->k->jobs);
    free(w->k);
    free(w->sn.progress);
    free(w->sn.pace);
    t_close(&w->t);
}


/* Writes, folds, collects: one round. How many jobs went to the wire. */

static inline size_t
turn(world_t *w, pls_jobs_t *out)
{
    bool     wrote;
    size_t   before;

    before = out->n;
    wrote = false;
    w->k->look = true;

    t_ok(&w->t, pls_keeper_write(w->k, &wrote, &w->t.err));
    t_fold(&w->t);
    w->k->folded = w->k->appended;

    if (w->k->batch_end != 0) {
        t_ok(&w->t, pls_keeper_collect(w->k, &w->t.err));
    }

    pls_queue_take(&w->sn.to_wire, out);

    return out->n - before;
}


/* The wire's answer to the first of the jobs: it comes back with a result. */

static inline void
answer(world_t *w, pls_jobs_t *out, Pl__Outcome outcome)
{
    pls_job_t  *job;

    job = pls_jobs_take(out);
    assert_non_null(job);

    pls_result_local(job, w->k->epoch, outcome, "test", w->t.wall_ms, 0);
    if (outcome == PL__OUTCOME__OUTCOME_SENT) {
        job->result.provider_id = (char *) (uintptr_t) "wamid.OUT";
    }

    w->k->n_out--;
    pls_jobs_add(&w->k->results, job);
}


static inline size_t
slots(world_t *w)
{
    static Pl__AttemptStage  stages[PL_INFLIGHT_MAX];

    return pls_progress_read(w->sn.progress, stages, PL_INFLIGHT_MAX);
}

#endif /* T_KEEPER_H_INCLUDED */
