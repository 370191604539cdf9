/*
 * The engine: what channels of Twilio and of mail that are made while nginx
 * runs may say, and how much a tenant may have.
 */

#include "../../src/engine/quota.h"
#include "../../src/engine/signers.h"
#include "place.h"

#define SID  "AC0123456789abcdef0123456789abcdef"


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    *state = t;

    return 0;
}


static void
a_channel_of_twilio_has_its_fields(void **state)
{
    size_t       i;
    place_t      p;
    t_engine_t  *t = *state;

    static const char *const  accounts[] = {
        SID, SID "/", SID "/31612345678x", SID "/whatsapp:31612345678",
        SID "/++31", SID "/+123456789012345678901", "AC01/+31612345678",
        SID "x/+31612345678"
    };

    static const char *const  right[] = {
        SID "/+31612345678", SID "/whatsapp:+31612345678", SID "/1234"
    };

    place(&p, "acme", 1, "sms", SID "/+31612345678");
    p.channel.provider = (char *) "twilio";
    p.channel.api_base_url = (char *) "https://api.twilio.com";
    p.channel.api_version = (char *) "2010-04-01";
    assert_string_equal(ask_channel(t, &p), "waba_id");
    p.channel.waba_id = (char *) SID;

    for (i = 0; i < PL_COUNT(accounts); i++) {
        p.channel.account = (char *) accounts[i];
        assert_string_equal(ask_channel(t, &p), "account");
    }

    for (i = 0; i < PL_COUNT(right); i++) {
        p.channel.name = (char *) (i == 0 ? "a" : i == 1 ? "b" : "c");
        p.channel.account = (char *) right[i];
        assert_string_equal(ask_channel(t, &p), "");
    }

    p.channel.name = (char *) "d";
    p.channel.account = (char *) SID "/+31612345670";
    p.channel.api_version = (char *) "v24.0";
    assert_string_equal(ask_channel(t, &p), "api_version");
    p.channel.api_version = (char *) "2010-04-01";
    p.channel.service = (char *) "MG1";
    assert_string_equal(ask_channel(t, &p), "messaging_service_sid");
    p.channel.service = NULL;
    p.channel.callback_url = (char *) "http://example.com/x";
    assert_string_equal(ask_channel(t, &p), "status_callback");
    p.channel.callback_url = NULL;
    p.channel.user = (char *) "x";
    assert_string_equal(ask_channel(t, &p), "user");
}


static void
a_channel_of_mail_has_its_fields(void **state)
{
    size_t       i;
    place_t      p;
    t_engine_t  *t = *state;

    static const char *const  servers[] = {
        "smtp://", "smtp://:25", "http://mail.example", "smtp://a b",
        "smtp://a/b", "smtp://u@h"
    };

    place(&p, "acme", 1, "mail", "Desk@example.com");
    p.channel.provider = (char *) "smtp";
    p.channel.api_base_url = (char *) "smtps://mail.example:465";
    p.channel.api_version = (char *) "";
    assert_string_equal(ask_channel(t, &p), "account");
    p.channel.account = (char *) "desk@example.com";

    for (i = 0; i < PL_COUNT(servers); i++) {
        p.channel.api_base_url = (char *) servers[i];
        assert_string_equal(ask_channel(t, &p), "api_base_url");
    }

    p.channel.api_base_url = (char *) "smtp://mail.example";
    p.channel.reply_address = (char *) "no address";
    assert_string_equal(ask_channel(t, &p), "reply_address");
    p.channel.reply_address = (char *) "reply@example.com";
    p.channel.has_smart = 1;
    p.channel.smart = 1;
    assert_string_equal(ask_channel(t, &p), "smart_encoding");
    p.channel.has_smart = 0;
    p.channel.smart = 0;

    /* a relay may want no password; with a user it does */

    p.channel.has_token = 0;
    p.channel.user = (char *) "desk";
    assert_string_equal(ask_channel(t, &p), "channel.token");
    p.channel.user = NULL;
    assert_string_equal(ask_channel(t, &p), "");
}


static void
a_tenant_has_its_limits(void **state)
{
    char                account[32], name[32];
    unsigned            i;
    place_t             p;
    t_engine_t         *t = *state;
    Pl__TenantLimits    limits = PL__TENANT_LIMITS__INIT;

    place(&p, "acme", 2, "main", OTHER);
    p.tenant.limits = &limits;
    limits.has_channels = 1;
    assert_string_equal(ask_tenant(t, &p), "limits.channels");
    limits.channels = PL_QUOTA_MAX + 1u;
    assert_string_equal(ask_tenant(t, &p), "limits.channels");
    limits.channels = 2;
    assert_string_equal(ask_tenant(t, &p), "");

    for (i = 0; i < 3; i++) {
        (void) snprintf(account, sizeof(account), "55%u", i);
        (void) snprintf(name, sizeof(name), "c%u", i);
        place(&p, "acme", 2, name, account);
        assert_string_equal(ask_channel(t, &p), i < 2 ? "" : PL_QUOTA_RULE);
    }

    /* one that is removed makes room; what it had is not counted */

    place(&p, "acme", 2, "c0", "550");
    p.set_channel.create = 0;
    p.set_channel.has_removed = 1;
    p.set_channel.removed = 1;
    assert_string_equal(ask_channel(t, &p), "");
    place(&p, "acme", 2, "c2", "552");
    assert_string_equal(ask_channel(t, &p), "");

    /* a change of one that stands needs none, and another tenant has it */

    p.set_channel.create = 0;
    assert_string_equal(ask_channel(t, &p), "");
    place(&p, "demo", 1, "c3", "553");
    assert_string_equal(ask_channel(t, &p), "");
}


static const char *
ask_key(t_engine_t *t, uint8_t n, int64_t expires_ms, bool revoked)
{
    uint8_t       hash[32] = { n };
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__KeySet    set = PL__KEY_SET__INIT;

    set.hash.data = hash;
    set.hash.len = sizeof(hash);
    set.has_tenant = 1;
    set.tenant = 2;
    set.has_role = !revoked;
    set.role = PL__API_ROLE__API_ROLE_AGENT;
    set.has_revoked = revoked;
    set.revoked = revoked;
    set.has_expires_ms = expires_ms != 0;
    set.expires_ms = expires_ms;
    command.of_case = PL__COMMAND__OF_KEY_SET;
    command.key_set = &set;

    return ask(t, &command, 2);
}


static void
keys_have_a_limit(void **state)
{
    place_t             p;
    t_engine_t         *t = *state;
    Pl__TenantLimits    limits = PL__TENANT_LIMITS__INIT;

    place(&p, "acme", 2, "main", OTHER);
    limits.has_keys = 1;
    limits.keys = 2;
    p.tenant.limits = &limits;
    assert_string_equal(ask_tenant(t, &p), "");

    assert_string_equal(ask_key(t, 1, 0, false), "");
    assert_string_equal(ask_key(t, 2, t->wall_ms + 1000, false), "");
    assert_string_equal(ask_key(t, 3, 0, false), PL_QUOTA_RULE);
    assert_string_equal(ask_key(t, 1, 0, true), "");
    assert_string_equal(ask_key(t, 3, 0, false), "");
    assert_string_equal(ask_key(t, 4, 0, false), PL_QUOTA_RULE);
    t_pass(t, 2000);                    /* one has expired */
    assert_string_equal(ask_key(t, 4, 0, false), "");
}


/* A text to somebody who has just written; the rule, or "". */

static const char *
ask_send(t_engine_t *t, uint8_t n)
{
    uint8_t            key[PL_REQUEST_KEY_LEN] = { 0xff, n };
    pl_txn_t          *txn;
    pl_status_t        rc;
    Pl__Verdict       *verdict;
    Pl__Text           text = PL__TEXT__INIT;
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__SendRequest    in = PL__SEND_REQUEST__INIT;

    text.body = (char *) "hi";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";
    in.tenant = 2;
    in.channel = 2;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.address = &address;
    in.content = &content;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    rc = pl_request_get(txn, 2, key, t->wall_ms, t->ar, &verdict, &t->err);
    pl_store_abort(txn);
    t_ok(t, rc);

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? verdict->rule : "";
}


static void
messages_have_a_limit_a_day(void **state)
{
    place_t             p;
    t_engine_t         *t = *state;
    Pl__TenantLimits    limits = PL__TENANT_LIMITS__INIT;

    place(&p, "acme", 2, "main", OTHER);
    p.tenant.like = NULL;
    limits.has_messages_day = 1;
    limits.messages_day = 2;
    p.tenant.limits = &limits;
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    hello(t, OTHER, "wamid.1");

    assert_string_equal(ask_send(t, 1), "");
    assert_string_equal(ask_send(t, 2), "");
    assert_string_equal(ask_send(t, 3), PL_QUOTA_RULE);
    assert_string_equal(ask_send(t, 4), PL_QUOTA_RULE);

    hello(t, OTHER, "wamid.2");         /* what comes in is taken */
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);

    t_pass(t, 86400 * 1000);            /* another rule's turn */
    assert_string_equal(ask_send(t, 5), "window.closed");
}


/* Begins the flow with somebody; the rule, or "". */

static const char *
ask_start(t_engine_t *t, uint8_t n, const char *flow)
{
    uint8_t         key[PL_REQUEST_KEY_LEN] = { 0xfe, n };
    pl_txn_t       *txn;
    pl_status_t     rc;
    Pl__Verdict    *verdict;
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__FlowStart   in = PL__FLOW_START__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";
    in.tenant = 2;
    in.channel = 2;
    in.has_key = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.address = &address;
    in.flow = (char *) flow;
    in.step = (char *) "greet";
    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    rc = pl_request_get(txn, 2, key, t->wall_ms, t->ar, &verdict, &t->err);
    pl_store_abort(txn);
    t_ok(t, rc);

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? verdict->rule : "";
}


/* A flow that is begun from outside is no way around it. */

static void
flows_that_are_begun_count(void **state)
{
    place_t             p;
    t_engine_t         *t = *state;
    Pl__TenantLimits    limits = PL__TENANT_LIMITS__INIT;

    place(&p, "acme", 2, "main", OTHER);
    limits.has_messages_day = 1;
    limits.messages_day = 3;
    p.tenant.limits = &limits;
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    hello(t, OTHER, "wamid.1");

    assert_string_equal(ask_start(t, 1, "greeting"), "");
    assert_string_equal(ask_start(t, 2, "none"), "flow.unknown");
    assert_string_equal(ask_send(t, 1), "");
    assert_string_equal(ask_start(t, 3, "greeting"), "");
    assert_string_equal(ask_start(t, 4, "greeting"), PL_QUOTA_RULE);
    assert_string_equal(ask_send(t, 2), PL_QUOTA_RULE);
    assert_int_equal(t_counted(t, "flow_starts", "begun"), 2);

    t_pass(t, 86400 * 1000);
    assert_string_equal(ask_start(t, 5, "greeting"), "");
}


/* A channel of Twilio's account SID, with a token of its own. */

static const char *
ask_signer(t_engine_t *t, const uint8_t key[PL_KEY_LEN], unsigned n,
    uint8_t token)
{
    char      account[64], name[16], aad[PL_SETTINGS_AAD_MAX];
    place_t   p;
    pl_str_t  sealed, plain = { &token, 1 };

    (void) snprintf(name, sizeof(name), "s%u", n);
    (void) snprintf(account, sizeof(account), SID "/+3162000%04u", n);
    t_ok(t, pl_crypto_seal(key, pl_settings_token_aad(aad, "demo", name),
                           plain, t->ar, &sealed, &t->err));

    place(&p, "demo", 1, name, account);
    p.channel.provider = (char *) "twilio";
    p.channel.waba_id = (char *) SID;
    p.channel.api_base_url = (char *) "https://api.twilio.com";
    p.channel.api_version = (char *) "2010-04-01";
    p.channel.token.data = (uint8_t *) (uintptr_t) sealed.data;
    p.channel.token.len = sealed.len;
    p.channel.has_token_mac = 1;
    p.channel.token_mac.data = &token;
    p.channel.token_mac.len = 1;

    return ask_channel(t, &p);
}


/* How many tokens sign for an account; or less than 0: a status. */

static int
signs(t_engine_t *t, pl_signers_t *signers, const pl_keyring_t *keys,
    const char *sid)
{
    int            n;
    pl_status_t    rc;
    pl_secrets_t   out;

    rc = pl_signers_find(signers, pl_fold_settings(t->fold), keys,
                         pl_channel_find(PL_STR("twilio")), pl_str_c(sid),
                         t->ar, &out, &t->err);
    n = rc == PL_OK ? (int) out.n_macs : -(int) rc;
    pl_signers_end(&out);

    return n;
}


static void
an_accounts_tokens_sign_for_it(void **state)
{
    unsigned        i;
    place_t         p;
    t_engine_t     *t = *state;
    const uint8_t   key[PL_KEY_LEN] = { 7 }, other[PL_KEY_LEN] = { 8 };
    pl_signers_t    signers = { 0 };
    pl_keyring_t    keys;

    pl_keyring_one(&keys, key);
    assert_int_equal(signs(t, &signers, &keys, SID), -PL_NOTFOUND);

    /* numbers that share a token, and one with another */

    for (i = 0; i < 3; i++) {
        assert_string_equal(ask_signer(t, key, i, i < 2 ? 1 : 2), "");
    }

    assert_int_equal(signs(t, &signers, &keys, SID), 2);
    assert_int_equal(signs(t, &signers, &keys, "AC0"), -PL_NOTFOUND);
    assert_int_equal(signs(t, &signers, &keys, SID "0"), -PL_NOTFOUND);
    assert_int_equal(signs(t, &signers, &keys, ""), -PL_NOTFOUND);

    /* under another key it may be theirs all the same */

    pl_keyring_one(&keys, other);
    assert_int_equal(signs(t, &signers, &keys, SID), -PL_BUSY);
    pl_keyring_one(&keys, key);

    /* gone with its channel */

    place(&p, "demo", 1, "s2", "x");
    p.set_channel.create = 0;
    p.set_channel.has_removed = 1;
    p.set_channel.removed = 1;
    assert_string_equal(ask_channel(t, &p), "");
    assert_int_equal(signs(t, &signers, &keys, SID), 1);

    /* so many, and one more */

    for (i = 0; i < PL_SIGNERS_MAX; i++) {
        assert_int_equal(signs(t, &signers, &keys, SID), 1 + (int) i);
        assert_string_equal(ask_signer(t, key, 10 + i,
                                       (uint8_t) (10 + i)), "");
    }

    assert_int_equal(signs(t, &signers, &keys, SID), PL_SIGNERS_MAX);
    pl_signers_clear(&signers);
}


/* What one channel was sealed under is not asked of the others. */

static void
a_token_that_is_shut_shuts_no_other(void **state)
{
    t_engine_t     *t = *state;
    pl_status_t     rc;
    const uint8_t   key[PL_KEY_LEN] = { 7 }, other[PL_KEY_LEN] = { 8 };
    pl_keyring_t    keys;
    pl_secrets_t    out;
    pl_signers_t    signers = { 0 };

    assert_string_equal(ask_signer(t, other, 0, 1), "");
    assert_string_equal(ask_signer(t, key, 1, 2), "");
    pl_keyring_one(&keys, key);

    rc = pl_signers_find(&signers, pl_fold_settings(t->fold), &keys,
                         pl_channel_find(PL_STR("twilio")), PL_STR(SID),
                         t->ar, &out, &t->err);
    assert_int_equal(rc, PL_BUSY);
    assert_int_equal(out.n_macs, 1);
    pl_signers_end(&out);
    pl_signers_clear(&signers);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(a_channel_of_twilio_has_its_fields,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_channel_of_mail_has_its_fields,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_tenant_has_its_limits, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(keys_have_a_limit, setup, t_end),
        cmocka_unit_test_setup_teardown(an_accounts_tokens_sign_for_it, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(messages_have_a_limit_a_day, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(flows_that_are_begun_count, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(a_token_that_is_shut_shuts_no_other,
                                        setup, t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
