/*
 * What the random walk over outgoing messages stands on: a state with its
 * journal, what a provider may have of each effect, and a configuration of
 * three channels that can change.
 */

#ifndef T_MODEL_H_INCLUDED
#define T_MODEL_H_INCLUDED

#include "ctl.h"
#include "hold.h"
#include "later.h"
#include "people.h"

#define MODEL_IDS       65536

typedef struct {
    bool      flying;
    bool      taken;                /* a provider may have it */
    uint32_t  resent;               /* the message's count, then */
} model_sent_t;

typedef struct {
    t_engine_t     t;
    uint64_t       random;
    uint64_t       epoch;
    uint64_t       generation;
    uint64_t       asked;
    model_sent_t   sent[MODEL_IDS];     /* by effect */
} model_t;

static const char *const  model_accounts[] = { T_ACCOUNT, "1002", "1003" };


static inline unsigned
model_draw(model_t *m, unsigned n)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;

    return (unsigned) ((m->random >> 11) % n);
}


/* One of a table's rows; NULL where it has none. */

static inline ProtobufCMessage *
model_row(model_t *m, pl_table_e table,
    const ProtobufCMessageDescriptor *type)
{
    uint64_t  n = t_rows(&m->t, table);

    return n == 0 ? NULL : t_row(&m->t, table, model_draw(m, (unsigned) n),
                                 type);
}


/* The number of one of the messages; 0 where there is none. */

static inline uint64_t
model_message(model_t *m)
{
    unsigned      i;
    uint64_t      id = 0, n = t_rows(&m->t, PL_TABLE_MESSAGES);
    pl_str_t      key, value;
    pl_txn_t     *txn;
    pl_scan_t    *scan;

    if (n == 0) {
        return 0;
    }

    txn = t_read(&m->t);
    t_ok(&m->t, pl_store_scan(txn, PL_TABLE_MESSAGES, PL_STR_NULL, false,
                              &scan, &m->t.err));

    for (i = model_draw(m, (unsigned) n) + 1; i > 0; i--) {
        t_ok(&m->t, pl_store_scan_next(scan, &key, &value, &m->t.err));
        id = pl_be64(key.data);
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return id;
}


/* What has begun since: nothing that is taken, or on the wire already. */

static inline void
model_begun(model_t *m)
{
    unsigned            i;
    uint64_t            id;
    Pl__Message        *said;
    model_sent_t       *sent;
    Pl__AttemptRecord  *row;

    for (i = 0; i < t_rows(&m->t, PL_TABLE_ATTEMPTS); i++) {
        row = (Pl__AttemptRecord *) t_row(&m->t, PL_TABLE_ATTEMPTS, i,
                                          &pl__attempt_record__descriptor);
        id = row->effect->id;
        assert_true(id < MODEL_IDS);
        sent = &m->sent[id];

        if (sent->flying
            || row->effect->of_case != PL__EFFECT__OF_SEND_MESSAGE)
        {
            continue;                   /* an errand may run again */
        }

        said = message(&m->t, row->effect->send_message->message);

        if (sent->taken && said->resent == sent->resent) {
            fail_msg("eff_%" PRIu64 " is sent twice", id);
        }

        sent->flying = true;
        sent->taken = false;
        sent->resent = said->resent;
    }
}


static inline void
model_fold(model_t *m)
{
    t_fold(&m->t);
    model_begun(m);
}


/* Appended; folded now, or with what comes next. */

static inline void
model_tell(model_t *m, const Pl__Command *command)
{
    (void) t_append(&m->t, command, NULL);

    if (model_draw(m, 2) == 0) {
        model_fold(m);
    }
}


static inline void
model_channel(Pl__ChannelSettings *ch, size_t i, uint8_t *macs,
    Pl__RetrySettings **retries)
{
    static const char *const  names[] = { "main", "second", "third" };

    pl__channel_settings__init(ch);
    ch->name = (char *) names[i];
    ch->provider = (char *) "whatsapp";
    ch->account = (char *) model_accounts[i];
    ch->waba_id = (char *) (i < 2 ? "1" : "2");
    ch->api_base_url = (char *) "http://127.0.0.1:1";
    ch->api_version = (char *) "v24.0";
    ch->connect_timeout_ms = 1000;
    ch->timeout_ms = 1000;
    ch->has_token_mac = 1;
    ch->token_mac.data = macs;
    ch->token_mac.len = PL_TOKEN_MAC_LEN;
    ch->retries = retries;
    ch->n_retries = (i == 0);
    ch->has_unknown_resend_ms = (i == 1);
    ch->unknown_resend_ms = 5000;
}


static inline void
model_append(model_t *m, Pl__SettingsPublish *p)
{
    uint8_t        cycle[16], digest[32];
    pl_appended_t  out;

    pl_be64_put(cycle, 7);
    pl_be64_put(cycle + 8, ++m->generation);
    p->cycle.data = cycle;
    p->cycle.len = sizeof(cycle);
    p->journal_keep_ms = PL_JOURNAL_KEEP_MS;

    t_ok(&m->t, pl_settings_digest(p, NULL, 0, digest));
    p->digest.data = digest;
    p->digest.len = sizeof(digest);

    t_ok(&m->t, pl_journal_append(m->t.st, &m->t.clock, NULL, 0, p, &out,
                                  &m->t.err));
    model_fold(m);
}


/* The third channel may be gone; mac: of all tokens. */

static inline void
model_publish_as(model_t *m, bool third, uint8_t mac)
{
    size_t                i;
    uint8_t               macs[PL_TOKEN_MAC_LEN];
    Pl__RetrySettings     retry = PL__RETRY_SETTINGS__INIT, *retries[1];
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch[3], *channels[3];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    memset(macs, mac, sizeof(macs));

    retry.of = PL__RETRY_CLASS__RETRY_CLASS_TRANSIENT;
    retry.first_ms = 1000;
    retry.factor = 2;
    retry.max_ms = 8000;
    retry.attempts = 2;
    retry.age_ms = PL_AGE_MAX_MS;
    retries[0] = &retry;

    for (i = 0; i < 3; i++) {
        model_channel(&ch[i], i, macs, retries);
        channels[i] = &ch[i];
    }

    tenant.name = (char *) "demo";
    tenant.n_channels = third ? 3 : 2;
    tenant.channels = channels;
    tenants[0] = &tenant;
    p.n_tenants = 1;
    p.tenants = tenants;
    p.media_dir = (char *) "/m";

    model_append(m, &p);
}

#endif /* T_MODEL_H_INCLUDED */
