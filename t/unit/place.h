/*
 * Requests for tenants and channels, as tests of them ask. Included by one
 * test each.
 */

#ifndef T_PLACE_H_INCLUDED
#define T_PLACE_H_INCLUDED

#include "../../src/engine/place.h"
#include "../../src/engine/request.h"
#include "engine.h"

#define OTHER  "106540352242999"

/* One request, its pieces where a test may change them. */
typedef struct {
    uint8_t               key[PL_REQUEST_KEY_LEN];
    uint8_t               digest[PL_HASH128_LEN];
    Pl__TenantSettings    tenant;
    Pl__ChannelSettings   channel;
    Pl__TenantSet         set_tenant;
    Pl__ChannelSet        set_channel;
} place_t;


/* A tenant like `demo`, and a channel of the tenant with this id. */

static inline void
place(place_t *p, const char *tenant, uint32_t id, const char *channel,
    const char *account)
{
    pl__tenant_settings__init(&p->tenant);
    p->tenant.name = (char *) tenant;
    p->tenant.like = (char *) "demo";

    pl__tenant_set__init(&p->set_tenant);
    p->set_tenant.row = &p->tenant;
    p->set_tenant.has_create = 1;
    p->set_tenant.create = 1;
    p->set_tenant.actor = (char *) "maria";

    pl__channel_settings__init(&p->channel);
    p->channel.name = (char *) channel;
    p->channel.provider = (char *) "whatsapp";
    p->channel.account = (char *) account;
    p->channel.api_base_url = (char *) "http://127.0.0.1:1";
    p->channel.api_version = (char *) "v24.0";
    p->channel.connect_timeout_ms = 1000;
    p->channel.timeout_ms = 1000;
    p->channel.rate_per_s = 80;
    p->channel.has_token = 1;
    p->channel.token.data = (uint8_t *) "sealed";
    p->channel.token.len = 6;

    pl__channel_set__init(&p->set_channel);
    p->set_channel.tenant = id;
    p->set_channel.row = &p->channel;
    p->set_channel.has_create = 1;
    p->set_channel.create = 1;
}


/* Asks; the rule that refuses, or "". */

static inline const char *
ask(t_engine_t *t, const Pl__Command *inner, uint32_t tenant)
{
    uint8_t        key[PL_REQUEST_KEY_LEN] = { 0 };
    pl_txn_t      *txn;
    Pl__Asked      asked = PL__ASKED__INIT;
    Pl__Command    command = PL__COMMAND__INIT;
    pl_status_t    rc;
    Pl__Verdict   *verdict;

    pl_be64_put(key, (uint64_t) t_rows(t, PL_TABLE_REQUESTS) + 1);
    asked.tenant = tenant;
    asked.key.data = key;
    asked.key.len = sizeof(key);
    asked.digest = asked.key;
    asked.command = (Pl__Command *) inner;
    command.of_case = PL__COMMAND__OF_ASKED;
    command.asked = &asked;

    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    rc = pl_request_get(txn, tenant, key, t->wall_ms, t->ar, &verdict,
                        &t->err);
    pl_store_abort(txn);
    t_ok(t, rc);

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? verdict->path != NULL && strcmp(verdict->rule, "request.refused")
                                      == 0
             ? verdict->path : verdict->rule
           : "";
}


static inline const char *
ask_tenant(t_engine_t *t, place_t *p)
{
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_TENANT_SET;
    command.tenant_set = &p->set_tenant;

    return ask(t, &command, p->set_tenant.tenant);
}


static inline const char *
ask_channel(t_engine_t *t, place_t *p)
{
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_CHANNEL_SET;
    command.channel_set = &p->set_channel;

    return ask(t, &command, p->set_channel.tenant);
}


/* "hello", as it comes in for another account. */

static inline void
hello(t_engine_t *t, const char *account, const char *wamid)
{
    char  body[1024];

    (void) snprintf(body, sizeof(body),
        "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
        "\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"phone_number_id\":\"%s\"},\"messages\":[{"
        "\"from\":\"34600000001\",\"id\":\"%s\",\"timestamp\":\"%lld\","
        "\"type\":\"text\",\"text\":{\"body\":\"hello\"}}]}}]}]}",
        account, wamid,
        (long long) (T_NOW / 1000));
    (void) t_append(t, NULL, body);
    t_fold(t);
}

#endif /* T_PLACE_H_INCLUDED */
