/*
 * For tests of holds: three channels of one tenant, the first two of one
 * account; templates that are asked for by hand; commands about holds.
 */

#ifndef T_HOLD_H_INCLUDED
#define T_HOLD_H_INCLUDED

#include "../../src/engine/holds.h"
#include "engine.h"

#define T_MAIN    1
#define T_SECOND  2
#define T_THIRD   3


/*
 * Channels main and second of account 1, third of 2. mac: main's token; 0:
 * there is no main any more.
 */

static inline void
t_channels(t_engine_t *t, uint64_t generation, uint8_t mac)
{
    int                   i;
    uint8_t               cycle[16], digest[32], macs[16];
    pl_appended_t         out;
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch[3], *channels[3];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    static const char *const  rows[3][3] = {
        { "main", "1001", "1" }, { "second", "1002", "1" },
        { "third", "1003", "2" },
    };

    pl_be64_put(cycle, 7);
    pl_be64_put(cycle + 8, generation);
    memset(macs, mac, sizeof(macs));

    for (i = 0; i < 3; i++) {
        pl__channel_settings__init(&ch[i]);
        ch[i].name = (char *) rows[i][0];
        ch[i].provider = (char *) "whatsapp";
        ch[i].account = (char *) rows[i][1];
        ch[i].waba_id = (char *) rows[i][2];
        ch[i].api_base_url = (char *) "http://127.0.0.1:1";
        ch[i].api_version = (char *) "v24.0";
        ch[i].connect_timeout_ms = 1000;
        ch[i].timeout_ms = 1000;
        channels[i] = &ch[i];
    }

    ch[0].has_token_mac = 1;
    ch[0].token_mac.data = macs;
    ch[0].token_mac.len = sizeof(macs);

    tenant.name = (char *) "demo";
    tenant.n_channels = mac == 0 ? 2 : 3;
    tenant.channels = mac == 0 ? channels + 1 : channels;
    tenants[0] = &tenant;

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.n_tenants = 1;
    p.tenants = tenants;
    p.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    t_ok(t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);

    t_ok(t, pl_journal_append(t->st, &t->clock, NULL, 0, &p, &out, &t->err));
    t_fold(t);
}


/* Asks for a template to somebody; the effect's number. */

static inline uint64_t
t_ask(t_engine_t *t, uint32_t channel, const char *phone, const char *name,
    uint64_t campaign)
{
    uint8_t            key[PL_REQUEST_KEY_LEN];
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Template       template = PL__TEMPLATE__INIT;
    Pl__SendRequest    request = PL__SEND_REQUEST__INIT;

    static uint64_t    n;

    memset(key, 0, sizeof(key));
    pl_be64_put(key, ++n);

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) phone;
    template.name = (char *) name;
    template.language = (char *) "es_ES";
    content.type = (char *) "template";
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;

    request.tenant = 1;
    request.channel = channel;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = &content;
    request.has_campaign = (campaign != 0);
    request.campaign = campaign;
    request.has_category = 1;
    request.category = PL__CATEGORY__CATEGORY_UTILITY;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;

    t_append(t, &command, NULL);
    t_fold(t);

    return ((Pl__Effect *) t_row(t, PL_TABLE_OUTBOX,
                                 (unsigned) t_rows(t, PL_TABLE_OUTBOX) - 1,
                                 &pl__effect__descriptor))->id;
}


/* A test's beginning, as cmocka calls it. */

static inline int
t_hold_setup(void **state)
{
    t_engine_t  *t = t_new();

    t_channels(t, 1, 1);
    *state = t;

    return 0;
}


static inline pl_hold_place_t
t_place(Pl__HoldKind kind, uint32_t channel, const char *subject)
{
    pl_hold_place_t  place = { 1, kind, channel, pl_str_c(subject) };

    return place;
}


/* ms 0: until it is resumed. */

static inline void
t_pause(t_engine_t *t, pl_hold_place_t place, int64_t ms)
{
    Pl__Hold     hold = PL__HOLD__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    hold.tenant = place.tenant;
    hold.kind = place.kind;
    hold.has_channel = (place.channel != 0);
    hold.channel = place.channel;
    hold.subject = (char *) place.subject.data;
    hold.actor = (char *) "maria";
    hold.reason = (char *) "complaints";
    hold.has_until_ms = (ms != 0);
    hold.until_ms = t->wall_ms + ms;
    command.of_case = PL__COMMAND__OF_HOLD;
    command.hold = &hold;

    t_append(t, &command, NULL);
    t_fold(t);
}


static inline void
t_resume(t_engine_t *t, pl_hold_place_t place)
{
    Pl__Command  command = PL__COMMAND__INIT;
    Pl__HoldEnd  end = PL__HOLD_END__INIT;

    end.tenant = place.tenant;
    end.kind = place.kind;
    end.has_channel = (place.channel != 0);
    end.channel = place.channel;
    end.subject = (char *) place.subject.data;
    end.actor = (char *) "jo";
    command.of_case = PL__COMMAND__OF_HOLD_END;
    command.hold_end = &end;

    t_append(t, &command, NULL);
    t_fold(t);
}


static inline pl_holds_t *
t_holds(t_engine_t *t)
{
    pl_txn_t    *txn;
    pl_holds_t  *holds;

    txn = t_read(t);
    t_ok(t, pl_holds_load(&holds, txn, &t->err));
    pl_store_abort(txn);

    return holds;
}


/* As the sender does it, until nothing is left to release; how many times. */

static inline unsigned
t_release(t_engine_t *t, uint32_t rows)
{
    bool              found = true;
    unsigned          n;
    pl_txn_t         *txn;
    pl_holds_t       *holds;
    Pl__Command       command = PL__COMMAND__INIT;
    pl_status_t       rc = PL_OK;
    Pl__Release       release;
    pl_holds_walk_t   walk;

    memset(&walk, 0, sizeof(walk));
    command.of_case = PL__COMMAND__OF_RELEASE;
    command.release = &release;

    for (n = 0; n < 10000; n += found) {
        holds = t_holds(t);
        txn = t_read(t);
        rc = pl_holds_walk(holds, txn, t->wall_ms, 3, &walk, &found,
                           &t->err);
        pl_store_abort(txn);
        pl_holds_free(holds);

        if (rc != PL_OK) {
            assert_int_equal(rc, PL_NOTFOUND);
            return n;
        }

        if (found) {
            pl_holds_release(&release, rows, &walk);
            t_append(t, &command, NULL);
            t_fold(t);
        }
    }

    fail_msg("it never ends");

    return n;
}


/* A result with a bucket, or an account's. */

static inline void
t_answer(t_engine_t *t, uint64_t effect, uint64_t epoch, Pl__Outcome outcome,
    Pl__Bucket bucket, int64_t retry_ms)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = outcome;
    result.has_bucket = (bucket != 0);
    result.bucket = bucket;
    result.has_code = 1;
    result.code = 190;
    result.reason = (char *) "190 account";
    result.has_retry_ms = 1;
    result.retry_ms = retry_ms;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    t_append(t, &command, NULL);
    t_fold(t);
}


static inline Pl__StateMeta *
t_meta(t_engine_t *t)
{
    return (Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
}


/* The newest audit event of a kind, or NULL; *n: how many there are. */

static inline Pl__AuditEvent *
t_audited(t_engine_t *t, Pl__AuditKind kind, unsigned *n)
{
    unsigned         i;
    Pl__AuditEvent  *event, *newest = NULL;

    *n = 0;

    for (i = 0; i < t_rows(t, PL_TABLE_AUDIT); i++) {
        event = (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT, i,
                                         &pl__audit_event__descriptor);
        if (event->kind == kind) {
            newest = event;
            (*n)++;
        }
    }

    return newest;
}

#endif /* T_HOLD_H_INCLUDED */
