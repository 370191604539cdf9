/*
 * parleyctl on a store made in process: what the commands that only look
 * show of it, and what they never show.
 */

#include "ctl.h"


#define RAW_MARK    "raw-mark-4711"
#define TOKEN_MARK  "sealed-token-mark"


static int
setup(void **state)
{
    t_engine_t     *t;
    pl_appended_t   out;

    t = t_new();
    assert_int_equal(t_publish(t, 1, T_FLOW, "main", &out), PL_OK);
    *state = t;

    return 0;
}


static void
test_empty(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    /* the settings are in the journal, and nothing has folded them */

    said = t_ctl_is(t, "status", 0);
    t_has(said.out, "nothing yet");
    said = t_ctl_is(t, "--json status", 0);
    t_has(said.out, "\"lag\":1");
    said = t_ctl_is(t, "messages demo", 1);
    t_has(said.err, "no tenant \"demo\"");
    said = t_ctl_is(t, "outbox", 0);
    assert_string_equal(said.out, "");
    said = t_ctl_is(t, "replay /nowhere", 1);
    t_has(said.err, "nothing of this journal has been folded");
    (void) t_ctl_is(t, "check", 0);
}


static void
test_status(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(t);

    said = t_ctl_is(t, "status", 0);
    t_has(said.out, "lag 0");
    t_has(said.out, "not running");
    t_has(said.out, "messages               2");

    said = t_ctl_is(t, "--json status", 0);
    t_has(said.out, "\"next\":3");
    t_has(said.out, "\"lag\":0");
    t_has(said.out, "\"sender\":false");
    t_has(said.out, "{\"name\":\"outbox\",\"rows\":1}");
    assert_int_equal(t_count(said.out, "\n"), 1);

    /* with the map that the store was given, not one of its own */
    t_has(said.out, "\"map_bytes\":1073741824");
}


static void
test_sender_runs(void **state)
{
    t_said_t      said;
    pl_shared_t  *sh;
    t_engine_t   *t = *state;

    t_ok(t, pl_shared_open(&sh, t->dir, &t->err));
    t_ok(t, pl_shared_lock(sh, PL_LOCK_SENDER, &t->err));
    said = t_ctl_is(t, "--json status", 0);
    t_has(said.out, "\"sender\":true");
    t_has(said.out, "\"folding\":false");
    pl_shared_unlock(sh, PL_LOCK_SENDER);
    pl_shared_close(sh);
}


static void
test_messages(void **state)
{
    size_t       i;
    t_said_t     said;
    t_engine_t  *t = *state;

    static const char *const  addresses[] = {
        "34600000001", "+34600000001", "+34-600-000-001", "cnt_2",
    };

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000002", "wamid.B", T_NOW / 1000, "order 7");
    t_fold(t);

    said = t_ctl_is(t, "messages demo", 0);
    t_has(said.out, "ID ");
    t_has(said.out, "2025-10-09T08:53:20.000Z");
    assert_int_equal(t_count(said.out, "\n"), 5);

    for (i = 0; i < PL_COUNT(addresses); i++) {
        said = t_ctl_is(t, pl_arena_printf(t->ar, "--json messages demo %s",
                                           addresses[i]), 0);
        assert_int_equal(t_count(said.out, "\n"), 2);
        t_has(said.out, "\"text\":{\"body\":\"hello\"}");
        t_has(said.out, "\"body\":\"Hello Ana!\"");
        t_has_not(said.out, "order");
    }

    said = t_ctl_is(t, "messages demo 34600000009", 1);
    t_has(said.err, "knows nobody");
    t_has_not(said.err, "34600000009");

    said = t_ctl_is(t, "--json --limit 1 messages demo", 0);
    assert_int_equal(t_count(said.out, "\n"), 1);
    t_has(said.out, "Order 7");
}


/* Walks that are longer than a chunk: all of it, in order, once. */

static void
test_many(void **state)
{
    char         wamid[32], id[32];
    char        *at;
    size_t       i;
    t_said_t     said;
    t_engine_t  *t = *state;

    for (i = 0; i < 1250; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.N%zu", i);
        (void) t_text(t, "34600000001", wamid, T_NOW / 1000, "hello");
    }

    t_fold(t);

    said = t_ctl_is(t, "--json --limit 0 messages demo", 0);
    assert_int_equal(t_count(said.out, "\n"), 2500);

    for (i = 0, at = said.out; i < 1250; i++) {
        (void) snprintf(id, sizeof(id), "\"wamid.N%zu\"", i);
        at = strstr(at, id);
        assert_non_null(at);
    }

    at = said.out;
    said = t_ctl_is(t, "--json --limit 0 messages demo 34600000001", 0);
    assert_string_equal(said.out, at);

    said = t_ctl_is(t, "--json --limit 1100 messages demo", 0);
    assert_int_equal(t_count(said.out, "\n"), 1100);
    t_has(said.out, "wamid.N1249");

    said = t_ctl_is(t, "--json --limit 0 journal", 0);
    assert_int_equal(t_count(said.out, "\n"), 1251);

    said = t_ctl_is(t, "outbox", 0);
    assert_int_equal(t_count(said.out, "\n"), 101);
    t_has(said.err, "there are more");
}


static void
test_conversation(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(t);

    said = t_ctl_is(t, "conversation demo 34600000001", 0);
    t_has(said.out, "name       Ana");
    t_has(said.out, "address    phone 34600000001");
    t_has(said.out, "flow       greeting");
    t_has(said.out, "step       greet");
    t_has(said.out, "unread     1");
    t_has(said.out, "window     main with cnt_2 until 2025-10-10T08:53:20");
    t_has(said.out, "owner      bot");
    t_has(said.out, "hello");

    said = t_ctl_is(t, "--json conversation demo 34600000001", 0);
    assert_int_equal(t_count(said.out, "\n"), 3);
    assert_memory_equal(said.out, "{\"tenant\":\"demo\",\"party\":\"cnt_2\"",
                        strlen("{\"tenant\":\"demo\",\"party\":\"cnt_2\""));
    t_has(said.out, "\"messages\":2");
}


/* What would move a terminal is shown, not sent. */

static void
test_harmful_text(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000,
                  "a\\u001b[2Jb\\u202ec\\nd");
    t_fold(t);

    said = t_ctl_is(t, "messages demo", 0);
    t_has(said.out, "a\\x1b[2Jb?c\\nd");
    t_has_not(said.out, "\x1b");
}


static void
test_outbox(void **state)
{
    uint64_t     epoch, effects[64];
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000001", "wamid.B", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000002", "wamid.C", T_NOW / 1000, "hello");
    t_fold(t);

    said = t_ctl_is(t, "--json outbox", 0);
    assert_int_equal(t_count(said.out, "\"place\":\"head\""), 2);
    assert_int_equal(t_count(said.out, "\"place\":\"waiting\""), 1);

    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 2);

    said = t_ctl_is(t, "--json outbox", 0);
    assert_int_equal(t_count(said.out, "\"place\":\"in_flight\""), 2);
    assert_int_equal(t_count(said.out, "\"place\":\"waiting\""), 1);
    (void) t_ctl_is(t, "check", 0);

    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0);
    t_result(t, effects[1], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);

    said = t_ctl_is(t, "--json unknown", 0);
    assert_int_equal(t_count(said.out, "\n"), 1);
    t_has(said.out, "\"stage\":\"leaving\"");
    said = t_ctl_is(t, "unknown", 0);
    t_has(said.out, "leaving");

    said = t_ctl_is(t, "dead", 0);
    t_has(said.out, "refused");
    (void) t_ctl_is(t, "check", 0);
}


static void
test_quarantine(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_append(t, NULL, "no json: " RAW_MARK);
    t_fold(t);

    said = t_ctl_is(t, "quarantine", 0);
    t_has(said.out, "qrt_");
    t_has(said.out, "whatsapp");
    t_has_not(said.out, RAW_MARK);
    said = t_ctl_is(t, "--json quarantine", 0);
    t_has(said.out, "\"entry\":2");
    t_has_not(said.out, RAW_MARK);
    said = t_ctl_is(t, "quarantine --raw", 0);
    t_has(said.out, RAW_MARK);
    said = t_ctl_is(t, "--json quarantine --raw", 0);
    t_has(said.out, RAW_MARK);
}


/* A second tenant's channel has a token, sealed as far as ctl can tell. */

static void
publish_token(t_engine_t *t)
{
    uint8_t               cycle[16], digest[32];
    pl_appended_t         out;
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT, *channels[1];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    memset(cycle, 9, sizeof(cycle));
    memset(digest, 3, sizeof(digest));

    ch.name = (char *) "main";
    ch.provider = (char *) "whatsapp";
    ch.account = (char *) T_ACCOUNT;
    ch.api_base_url = (char *) "http://127.0.0.1:1";
    ch.api_version = (char *) "v24.0";
    ch.rate_per_s = 80;
    ch.has_token = 1;
    ch.token.data = (uint8_t *) TOKEN_MARK;
    ch.token.len = strlen(TOKEN_MARK);
    channels[0] = &ch;

    tenant.name = (char *) "demo";
    tenant.n_channels = 1;
    tenant.channels = channels;
    tenants[0] = &tenant;

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.digest.data = digest;
    p.digest.len = sizeof(digest);
    p.n_tenants = 1;
    p.tenants = tenants;
    p.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    t_ok(t, pl_journal_append(t->st, &t->clock, NULL, 0, &p, &out,
                              &t->err));
    t_fold(t);
}


static void
test_secrets(void **state)
{
    size_t       i;
    t_said_t     said;
    t_engine_t  *t = *state;

    /* as it is, and as base64 of it begins */
    static const char *const  commands[] = {
        "channels", "--json channels", "journal --raw",
        "--json journal --raw", "--json journal", "status",
        "--json status", "check",
    };

    publish_token(t);

    for (i = 0; i < PL_COUNT(commands); i++) {
        said = t_ctl_is(t, commands[i], 0);
        t_has_not(said.out, TOKEN_MARK);
        t_has_not(said.out, "c2VhbGVkLXRva2Vu");
        t_has_not(said.out, "AwMDAwMDAwMD");
        t_has_not(said.err, TOKEN_MARK);
    }

    said = t_ctl_is(t, "--json channels", 0);
    t_has(said.out, "\"token\":\"set\"");
    said = t_ctl_is(t, "channels", 0);
    t_has(said.out, "set");
    t_has(said.out, "80/s");
    t_has(said.out, "configured");
}


/* Of messages of every kind: what they say, and no provider's JSON. */

static void
test_kinds(void **state)
{
    size_t       i;
    char         body[1024];
    t_said_t     said;
    t_engine_t  *t = *state;

    static const struct {
        const char  *message;
        const char  *shown;
    } cases[] = {
        { "\"type\":\"image\",\"image\":{\"id\":\"1\",\"caption\":"
          "\"the part\"}", "[image] the part" },
        { "\"type\":\"document\",\"document\":{\"id\":\"1\",\"filename\":"
          "\"a\\u001b[2J.pdf\"}", "[document] a\\x1b[2J.pdf" },
        { "\"type\":\"location\",\"location\":{\"latitude\":40.4168,"
          "\"longitude\":-3.7038}", "[location 40.4168, -3.7038]" },
        { "\"type\":\"edit\",\"edit\":{\"original_message_id\":\"w\","
          "\"message\":{\"type\":\"text\",\"text\":{\"body\":\"better\"}}}",
          "[edit] better" },
        { "\"type\":\"edit\",\"edit\":{\"original_message_id\":\"w\","
          "\"message\":{\"type\":\"poll\",\"poll\":\"" RAW_MARK "\"}}",
          "[edit] [poll]" },
        { "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"w\"}",
          "[reaction]" },
        { "\"type\":\"order\",\"order\":{\"text\":\"for Friday\"}",
          "[order] for Friday" },
        { "\"type\":\"system\",\"system\":{\"type\":"
          "\"user_changed_number\"}", "[system] user_changed_number" },
        { "\"type\":\"interactive\",\"interactive\":{\"type\":"
          "\"nfm_reply\",\"nfm_reply\":{\"name\":\"flow\"}}",
          "[form reply] flow" },
        { "\"type\":\"interactive\",\"interactive\":{\"type\":"
          "\"call_permission_reply\",\"call_permission_reply\":"
          "{\"response\":\"accept\"}}", "[call permission] accept" },
        { "\"type\":\"unsupported\",\"unsupported\":{\"type\":\"gif\"}",
          "[unsupported] gif" },
        { "\"type\":\"hologram\",\"hologram\":\"" RAW_MARK "\"",
          "[hologram]" },
    };

    for (i = 0; i < PL_COUNT(cases); i++) {
        (void) snprintf(body, sizeof(body),
                        "{\"object\":\"whatsapp_business_account\",\"entry\":"
                        "[{\"changes\":[{\"field\":\"messages\",\"value\":{"
                        "\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT
                        "\"},\"messages\":[{\"from\":\"34600000001\",\"id\":"
                        "\"wamid.%zu\",\"timestamp\":\"1759999999\",%s}]}}]}"
                        "]}", i, cases[i].message);
        (void) t_append(t, NULL, body);
    }

    t_fold(t);
    said = t_ctl_is(t, "messages demo", 0);

    for (i = 0; i < PL_COUNT(cases); i++) {
        t_has(said.out, cases[i].shown);
    }

    t_has_not(said.out, RAW_MARK);
    said = t_ctl_is(t, "--json messages demo", 0);
    t_has_not(said.out, RAW_MARK);
    said = t_ctl_is(t, "--json messages demo --raw", 0);
    t_has(said.out, RAW_MARK);
}


static void
test_journal(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, RAW_MARK);
    (void) t_text(t, "34600000001", "wamid.B", T_NOW / 1000, "hi");
    t_fold(t);
    (void) t_sender(t, true, NULL);

    said = t_ctl_is(t, "journal", 0);
    t_has(said.out, "settings_publish");
    t_has(said.out, "sender_start");
    t_has(said.out, "webhook");
    t_has_not(said.out, RAW_MARK);

    said = t_ctl_is(t, "--json journal", 0);
    assert_int_equal(t_count(said.out, "\n"), 4);
    t_has(said.out, "\"sender_start\":{");
    t_has_not(said.out, RAW_MARK);

    said = t_ctl_is(t, "--json journal --raw", 0);
    t_has(said.out, RAW_MARK);
    said = t_ctl_is(t, "--json journal --from 2 --to 3", 0);
    assert_int_equal(t_count(said.out, "\n"), 2);
    t_has(said.out, "\"entry\":2");
    t_has(said.out, "\"entry\":3");
    said = t_ctl_is(t, "--json journal --limit 1", 0);
    t_has(said.out, "\"entry\":4");
    said = t_ctl_is(t, "--json journal --from 99", 0);
    assert_string_equal(said.out, "");
}


static void
test_no_store(void **state)
{
    char         dir[sizeof(((t_engine_t *) 0)->dir)];
    t_said_t     said;
    t_engine_t  *t = *state;

    memcpy(dir, t->dir, sizeof(dir));
    (void) snprintf(t->dir, sizeof(t->dir), "/tmp/parley-nowhere-%d",
                    (int) getpid());

    said = t_ctl_is(t, "status", 1);
    t_has(said.err, "parleyctl: ");
    t_has(said.err, t->dir);
    (void) t_ctl_is(t, "check", 1);
    assert_int_equal(access(t->dir, F_OK), -1);

    memcpy(t->dir, dir, sizeof(dir));
}


static void
put_meta(t_engine_t *t, uint32_t schema, uint8_t journal)
{
    pl_txn_t       *txn;
    Pl__StateMeta  *meta;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_state_meta(txn, t->ar, &meta, &t->err));
    meta->schema = schema;
    meta->journal.data[0] ^= journal;
    t_ok(t, pl_state_put(txn, meta, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


/* What is wrong is said, and what can be read is shown. */

static void
test_unsound(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(t);
    put_meta(t, PL_SCHEMA_VERSION, 0xff);

    said = t_ctl_is(t, "status", 1);
    t_has(said.out, "PROBLEM    ");
    t_has(said.out, "another journal");
    t_has(said.out, "entries    1 to 2");
    said = t_ctl_is(t, "--json status", 1);
    t_has(said.out, "\"problems\":[\"");
    t_has(said.out, "\"next\":3");
    said = t_ctl_is(t, "check", 1);
    t_has(said.out, "fold of another journal");
    said = t_ctl_is(t, "messages demo", 1);
    t_has(said.err, "another journal");
    assert_string_equal(said.out, "");

    put_meta(t, PL_SCHEMA_VERSION + 1, 0xff);
    said = t_ctl_is(t, "status", 1);
    t_has(said.out, "newer version");
    said = t_ctl_is(t, "check", 1);
    t_has(said.err, "newer version");
    said = t_ctl_is(t, "replay /nowhere", 1);
    t_has(said.err, "newer version");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_empty, setup, t_end),
        cmocka_unit_test_setup_teardown(test_status, setup, t_end),
        cmocka_unit_test_setup_teardown(test_sender_runs, setup, t_end),
        cmocka_unit_test_setup_teardown(test_messages, setup, t_end),
        cmocka_unit_test_setup_teardown(test_many, setup, t_end),
        cmocka_unit_test_setup_teardown(test_conversation, setup, t_end),
        cmocka_unit_test_setup_teardown(test_harmful_text, setup, t_end),
        cmocka_unit_test_setup_teardown(test_outbox, setup, t_end),
        cmocka_unit_test_setup_teardown(test_quarantine, setup, t_end),
        cmocka_unit_test_setup_teardown(test_secrets, setup, t_end),
        cmocka_unit_test_setup_teardown(test_kinds, setup, t_end),
        cmocka_unit_test_setup_teardown(test_journal, setup, t_end),
        cmocka_unit_test_setup_teardown(test_unsound, setup, t_end),
        cmocka_unit_test_setup_teardown(test_no_store, setup, t_end),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
