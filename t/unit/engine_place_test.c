/*
 * The engine: tenants and channels that are made while nginx runs, beside
 * those of nginx.conf.
 */

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


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    *state = t;

    return 0;
}


/* A tenant like `demo`, and a channel of the tenant with this id. */

static void
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

static const char *
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


static const char *
ask_tenant(t_engine_t *t, place_t *p)
{
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_TENANT_SET;
    command.tenant_set = &p->set_tenant;

    return ask(t, &command, p->set_tenant.tenant);
}


static const char *
ask_channel(t_engine_t *t, place_t *p)
{
    Pl__Command  command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_CHANNEL_SET;
    command.channel_set = &p->set_channel;

    return ask(t, &command, p->set_channel.tenant);
}


/* "hello", as it comes in for another account. */

static void
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


/* What a fresh look at the store knows, and what the fold goes by. */

static void
the_fold_knows_what_the_store_says(t_engine_t *t)
{
    size_t                     i;
    pl_txn_t                  *txn = t_read(t);
    pl_settings_t             *fresh;
    const pl_settings_t       *own = pl_fold_settings(t->fold);
    const pl_tenant_conf_t    *a, *b;
    const pl_channel_conf_t   *c, *d;

    t_ok(t, pl_settings_load(&fresh, txn, t->codec, &t->err));
    assert_int_equal(pl_settings_generation(fresh),
                     pl_settings_generation(own));

    for (i = 0; (a = pl_settings_tenant_at(fresh, i)) != NULL; i++) {
        b = pl_settings_tenant_at(own, i);
        assert_non_null(b);
        assert_string_equal(a->row->name, b->row->name);
        assert_int_equal(a->row->removed, b->row->removed);
        assert_int_equal(a->n_flows, b->n_flows);
        assert_int_equal(a->like, b->like);
        assert_true((a->terms == NULL) == (b->terms == NULL));
        assert_ptr_equal(pl_settings_tenant_named(own,
                             pl_str_c(a->row->name)), b);
    }

    assert_null(pl_settings_tenant_at(own, i));

    for (i = 0; (c = pl_settings_channel_at(fresh, i)) != NULL; i++) {
        d = pl_settings_channel_at(own, i);
        assert_non_null(d);
        assert_string_equal(c->row->name, d->row->name);
        assert_string_equal(c->row->account, d->row->account);
        assert_int_equal(c->row->removed, d->row->removed);
        assert_int_equal(c->row->has_token, d->row->has_token);
        assert_int_equal(c->tenant, d->tenant);

        c = pl_settings_account(fresh, PL_STR("whatsapp"),
                                pl_str_c(c->row->account));
        d = pl_settings_account(own, PL_STR("whatsapp"),
                                pl_str_c(d->row->account));
        assert_int_equal(c == NULL ? 0 : c->row->id,
                         d == NULL ? 0 : d->row->id);
    }

    assert_null(pl_settings_channel_at(own, i));
    pl_settings_destroy(fresh);
    pl_store_abort(txn);
}


static void
a_tenant_joins_and_is_answered(void **state)
{
    place_t       p;
    t_engine_t   *t = *state;
    Pl__Message  *m;

    hello(t, OTHER, "wamid.0");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);

    hello(t, OTHER, "wamid.1");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 2);
    m = t_message(t, 0);
    assert_int_equal(m->tenant, 2);
    assert_int_equal(m->channel, 2);
    m = t_message(t, 1);                /* by the flow of the one it is like */
    assert_int_equal(m->tenant, 2);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);

    hello(t, T_ACCOUNT, "wamid.2");     /* the same person, of another */
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 2);

    /* a publish of the same nginx.conf, and one of another, leave it */

    t_ok(t, t_publish(t, 2, T_FLOW, "main", &(pl_appended_t) { 0 }));
    t_ok(t, t_publish(t, 3, T_FLOW, "more", &(pl_appended_t) { 0 }));
    t_fold(t);
    the_fold_knows_what_the_store_says(t);
    hello(t, OTHER, "wamid.3");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
what_is_refused(void **state)
{
    place_t              p;
    t_engine_t          *t = *state;
    Pl__Command          command = PL__COMMAND__INIT;

    place(&p, "demo", 1, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "tenant.configured");
    assert_string_equal(ask_channel(t, &p), "channel.configured");

    place(&p, "acme", 1, "other", T_ACCOUNT);
    assert_string_equal(ask_channel(t, &p), "channel.account");
    p.set_tenant.create = 0;
    assert_string_equal(ask_tenant(t, &p), "tenant.unknown");
    p.set_tenant.create = 1;
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_tenant(t, &p), "tenant.exists");

    p.set_tenant.create = 0;            /* changed: but not whose flows */
    p.tenant.language = (char *) "de";
    assert_string_equal(ask_tenant(t, &p), "");
    p.tenant.like = NULL;
    assert_string_equal(ask_tenant(t, &p), "tenant.like");

    place(&p, "third", 2, "main", OTHER);
    p.tenant.like = (char *) "acme";    /* one that nginx.conf has not */
    assert_string_equal(ask_tenant(t, &p), "tenant.like");
    p.channel.has_token = 0;
    assert_string_equal(ask_channel(t, &p), "channel.token");
    p.set_channel.create = 0;
    assert_string_equal(ask_channel(t, &p), "channel.unknown");
    p.set_channel.tenant = 9;
    assert_string_equal(ask_channel(t, &p), "tenant.unknown");

    /* what nobody asked for under a key is set aside */

    place(&p, "no such name", 0, "x", "y");
    command.of_case = PL__COMMAND__OF_TENANT_SET;
    command.tenant_set = &p.set_tenant;
    (void) t_told(t, &command);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    the_fold_knows_what_the_store_says(t);
}


static void
a_tenants_fields_have_their_bounds(void **state)
{
    char          text[PL_PLACE_TEXT_MAX + 2];
    place_t       p;
    t_engine_t   *t = *state;

    memset(text, 'x', sizeof(text));
    text[PL_PLACE_TEXT_MAX + 1] = '\0';

    place(&p, "acme", 1, "second", OTHER);
    p.tenant.stop_text = text;
    assert_string_equal(ask_tenant(t, &p), "stop_text");
    text[PL_PLACE_TEXT_MAX] = '\0';
    assert_string_equal(ask_tenant(t, &p), "");

    place(&p, "b", 1, "second", OTHER);
    p.tenant.help_text = (char *) "two\nlines";
    assert_string_equal(ask_tenant(t, &p), "help_text");
    p.tenant.help_text = NULL;
    p.tenant.language = (char *) "xx";
    assert_string_equal(ask_tenant(t, &p), "language");
    p.tenant.language = NULL;
    p.tenant.time_zone = (char *) "../etc";
    assert_string_equal(ask_tenant(t, &p), "time_zone");
    p.tenant.time_zone = NULL;
    p.tenant.has_weight = 1;
    assert_string_equal(ask_tenant(t, &p), "weight");
    p.tenant.weight = PL_PLACE_WEIGHT_MAX + 1;
    assert_string_equal(ask_tenant(t, &p), "weight");
    p.tenant.weight = PL_PLACE_WEIGHT_MAX;
    p.tenant.has_rate_per_s = 1;
    p.tenant.rate_per_s = PL_PLACE_RATE_MAX + 1;
    assert_string_equal(ask_tenant(t, &p), "rate_per_s");
    p.tenant.rate_per_s = PL_PLACE_RATE_MAX;
    assert_string_equal(ask_tenant(t, &p), "");
    the_fold_knows_what_the_store_says(t);
}


static void
a_channels_fields_have_their_bounds(void **state)
{
    char          account[PL_PLACE_ACCOUNT_MAX + 2];
    size_t        i;
    place_t       p;
    t_engine_t   *t = *state;

    static const char *const  urls[] = {
        "http://example.com", "https://", "https:///x", "https://a/",
        "https://a b", "https://a?x", "https://u@h", "ftp://a", ""
    };

    static const char *const  versions[] = {
        "", "24.0", "v24", "v.0", "v24.", "v24.0x", "v2400.0"
    };

    memset(account, '1', sizeof(account));
    account[PL_PLACE_ACCOUNT_MAX + 1] = '\0';

    place(&p, "acme", 1, "second", OTHER);

    for (i = 0; i < PL_COUNT(urls); i++) {
        p.channel.api_base_url = (char *) urls[i];
        assert_string_equal(ask_channel(t, &p), "api_base_url");
    }

    p.channel.api_base_url = (char *) "https://graph.example";

    for (i = 0; i < PL_COUNT(versions); i++) {
        p.channel.api_version = (char *) versions[i];
        assert_string_equal(ask_channel(t, &p), "api_version");
    }

    p.channel.api_version = (char *) "v24.0";
    p.channel.account = account;
    assert_string_equal(ask_channel(t, &p), "account");
    p.channel.account = (char *) "";
    assert_string_equal(ask_channel(t, &p), "account");
    p.channel.provider = (char *) "pigeon";
    assert_string_equal(ask_channel(t, &p), "provider");
    p.channel.provider = (char *) "whatsapp";
    p.channel.rate_per_s = 0;
    p.channel.account = account;
    account[PL_PLACE_ACCOUNT_MAX] = '\0';
    assert_string_equal(ask_channel(t, &p), "rate_per_s");
    p.channel.rate_per_s = 1;
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);
}


static void
a_channel_is_changed_and_removed(void **state)
{
    place_t                     p;
    t_engine_t                 *t = *state;
    const pl_channel_conf_t    *c;

    place(&p, "acme", 1, "second", OTHER);
    assert_string_equal(ask_channel(t, &p), "");

    /* another account; no token said: it has the old one */

    p.set_channel.create = 0;
    p.channel.has_token = 0;
    p.channel.account = (char *) "77";
    assert_string_equal(ask_channel(t, &p), "");
    c = pl_settings_account(pl_fold_settings(t->fold), PL_STR("whatsapp"),
                            PL_STR("77"));
    assert_non_null(c);
    assert_int_equal(c->row->token.len, 6);
    assert_true(c->row->renewed_ms == t->wall_ms);
    assert_null(pl_settings_account(pl_fold_settings(t->fold),
                                    PL_STR("whatsapp"), PL_STR(OTHER)));
    the_fold_knows_what_the_store_says(t);

    p.set_channel.has_removed = 1;
    p.set_channel.removed = 1;
    assert_string_equal(ask_channel(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "channel.unknown");
    the_fold_knows_what_the_store_says(t);
    c = pl_settings_channel(pl_fold_settings(t->fold), 2);
    assert_true(c->row->removed);
    assert_false(c->row->has_token);

    /* made again: its number is the same, what it has is told anew */

    place(&p, "acme", 1, "second", OTHER);
    p.channel.has_token = 0;
    assert_string_equal(ask_channel(t, &p), "channel.token");
    p.channel.has_token = 1;
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);
    assert_int_equal(pl_settings_account(pl_fold_settings(t->fold),
                                         PL_STR("whatsapp"), PL_STR(OTHER))
                         ->row->id, 2);
}


static void
a_tenant_goes_with_its_channels(void **state)
{
    place_t      p;
    t_engine_t  *t = *state;

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");

    p.set_tenant.create = 0;
    p.set_tenant.has_removed = 1;
    p.set_tenant.removed = 1;
    assert_string_equal(ask_tenant(t, &p), "");
    the_fold_knows_what_the_store_says(t);
    assert_true(pl_settings_channel(pl_fold_settings(t->fold), 2)
                    ->row->removed);

    hello(t, OTHER, "wamid.1");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    p.set_channel.create = 1;
    assert_string_equal(ask_channel(t, &p), "tenant.unknown");
}


/* Whatever nginx.conf names is nginx.conf's. */

static void
nginx_conf_takes_over(void **state)
{
    place_t                    p;
    t_engine_t                *t = *state;
    const pl_channel_conf_t   *c;

    /* a second channel of demo, by the name that nginx.conf has next */

    place(&p, "acme", 1, "more", OTHER);
    assert_string_equal(ask_channel(t, &p), "");
    t_ok(t, t_publish(t, 2, T_FLOW, "more", &(pl_appended_t) { 0 }));
    t_fold(t);
    the_fold_knows_what_the_store_says(t);

    c = pl_settings_account(pl_fold_settings(t->fold), PL_STR("whatsapp"),
                            PL_STR(T_ACCOUNT));
    assert_string_equal(c->row->name, "more");
    assert_false(c->row->runtime);
    assert_null(pl_settings_account(pl_fold_settings(t->fold),
                                    PL_STR("whatsapp"), PL_STR(OTHER)));
    p.set_channel.create = 0;
    assert_string_equal(ask_channel(t, &p), "channel.configured");

    /* an account that a channel of another tenant has meanwhile: of "main",
       which is gone, under another name */

    place(&p, "acme", 2, "mine", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    p.channel.name = (char *) "theirs";
    p.channel.account = (char *) T_ACCOUNT;
    assert_string_equal(ask_channel(t, &p), "channel.account");
}


/* So many that the snapshot grows, and is loaded anew in between. */

static void
a_snapshot_follows_thousands(void **state)
{
    char         tenant[32], account[32];
    unsigned     i;
    place_t      p;
    t_engine_t  *t = *state;
    Pl__Command  command = PL__COMMAND__INIT;

    for (i = 0; i < 2500; i++) {
        (void) snprintf(tenant, sizeof(tenant), "dealer-%u", i);
        (void) snprintf(account, sizeof(account), "9%u", i);
        place(&p, tenant, i + 2, "main", account);

        command.of_case = PL__COMMAND__OF_TENANT_SET;
        command.tenant_set = &p.set_tenant;
        (void) t_told(t, &command);
        command.of_case = PL__COMMAND__OF_CHANNEL_SET;
        command.channel_set = &p.set_channel;
        (void) t_told(t, &command);
    }

    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    the_fold_knows_what_the_store_says(t);

    hello(t, "92499", "wamid.1");
    assert_int_equal(t_message(t, 0)->tenant, 2501);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_tenant_joins_and_is_answered,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_refused, setup, t_end),
        cmocka_unit_test_setup_teardown(a_tenants_fields_have_their_bounds,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_channels_fields_have_their_bounds,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_channel_is_changed_and_removed,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_tenant_goes_with_its_channels,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(nginx_conf_takes_over, setup, t_end),
        cmocka_unit_test_setup_teardown(a_snapshot_follows_thousands, setup,
                                        t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
