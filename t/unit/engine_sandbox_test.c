/*
 * Tests for the clock of a sandbox tenant: what goes by it, what does not,
 * and what it is refused for.
 */

#include "engine.h"
#include "../../src/engine/loop.h"
#include "../../src/engine/request.h"
#include "../../src/engine/sandbox.h"

#define HOUR   (3600LL * 1000)
#define DAY    (24 * HOUR)
#define OTHER  "200000000000002"
#define LISTED "AC00000000000000000000000000000001/+31620000000"


typedef struct {
    t_engine_t   t;
    uint64_t     generation;
    uint64_t     key;
    const char  *account;       /* of the first; NULL: T_ACCOUNT */
    bool         listed;        /* the other's provider has a list */
} test_t;


/* Two tenants with a channel and the flow each; the first is a sandbox. */

static void
publish(test_t *test, bool sandbox)
{
    size_t                 i;
    uint8_t                cycle[16], digest[32];
    t_engine_t            *t = &test->t;
    pl_appended_t          out;
    Pl__FlowSettings       f = PL__FLOW_SETTINGS__INIT, *flows[1] = { &f };
    Pl__TenantSettings     rows[2], *tenants[2];
    Pl__ChannelSettings    ch[2], *channels[2];
    Pl__SettingsPublish    p = PL__SETTINGS_PUBLISH__INIT;

    pl_be64_put(cycle, 7);
    pl_be64_put(cycle + 8, ++test->generation);

    f.name = (char *) "greeting";
    f.file = (char *) "greeting.json";
    f.json.data = (uint8_t *) T_FLOW;
    f.json.len = strlen(T_FLOW);

    for (i = 0; i < 2; i++) {
        pl__channel_settings__init(&ch[i]);
        ch[i].name = (char *) "main";
        ch[i].provider = (char *) (i != 0 && test->listed ? "twilio"
                                                          : "whatsapp");
        ch[i].account = (char *) (i != 0 ? test->listed ? LISTED : OTHER
                                  : test->account != NULL
                                  ? test->account : T_ACCOUNT);
        ch[i].api_base_url = (char *) "http://127.0.0.1:1";
        ch[i].api_version = (char *) "v24.0";
        ch[i].connect_timeout_ms = 1000;
        ch[i].timeout_ms = 1000;
        ch[i].rate_per_s = 80;
        channels[i] = &ch[i];

        pl__tenant_settings__init(&rows[i]);
        rows[i].name = (char *) (i == 0 ? "demo" : "other");
        rows[i].n_channels = 1;
        rows[i].channels = &channels[i];
        rows[i].n_flows = 1;
        rows[i].flows = flows;
        rows[i].has_sandbox = i == 0 && sandbox;
        rows[i].sandbox = i == 0 && sandbox;
        tenants[i] = &rows[i];
    }

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.n_tenants = 2;
    p.tenants = tenants;
    p.journal_keep_ms = PL_JOURNAL_KEEP_MS;

    t_ok(t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);
    t_ok(t, pl_journal_append(t->st, &t->clock, NULL, 0, &p, &out, &t->err));
    t_fold(t);
}


static test_t *
begin(void)
{
    test_t  *test = calloc(1, sizeof(test_t));

    assert_non_null(test);
    t_open(&test->t);
    publish(test, true);

    return test;
}


static int
end(void **state)
{
    test_t  *test = *state;

    t_close(&test->t);
    free(test);

    return 0;
}


/* Asks that tenant 1's clock be so far ahead; the verdict. */

static Pl__Verdict *
turn(test_t *test, int64_t offset_ms)
{
    uint8_t             key[PL_REQUEST_KEY_LEN];
    pl_txn_t           *txn;
    Pl__Command         command = PL__COMMAND__INIT;
    t_engine_t         *t = &test->t;
    Pl__Verdict        *verdict;
    Pl__SandboxClock    in = PL__SANDBOX_CLOCK__INIT;

    memset(key, 0, sizeof(key));
    pl_be64_put(key, ++test->key);
    in.tenant = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.offset_ms = offset_ms;
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_SANDBOX_CLOCK;
    command.sandbox_clock = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);

    return verdict;
}


static void
turned(test_t *test, int64_t offset_ms)
{
    assert_int_equal(turn(test, offset_ms)->decision,
                     PL__DECISION__DECISION_TURNED);
}


static void
refused(test_t *test, int64_t offset_ms, const char *rule)
{
    Pl__Verdict  *verdict = turn(test, offset_ms);

    assert_int_equal(verdict->decision, PL__DECISION__DECISION_REFUSED);
    assert_string_equal(verdict->rule, rule);
}


/* A text to the other tenant. */

static void
other_text(test_t *test, const char *wamid, const char *words)
{
    Pl__Text              text = PL__TEXT__INIT;
    Pl__Sender            from = PL__SENDER__INIT;
    Pl__Content           content = PL__CONTENT__INIT;
    Pl__Command           command = PL__COMMAND__INIT;
    Pl__InboundMessage    in = PL__INBOUND_MESSAGE__INIT;

    text.body = (char *) words;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    from.phone = (char *) "34600000009";
    in.account = (char *) OTHER;
    in.from = &from;
    in.provider_id = (char *) wamid;
    in.time_s = test->t.wall_ms / 1000;
    in.content = &content;
    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = &in;
    (void) t_told(&test->t, &command);
    t_fold(&test->t);
}


/* Fires what is due now; how many. */

static size_t
fire(test_t *test)
{
    size_t         i, n;
    int64_t        next;
    pl_txn_t      *txn;
    t_engine_t    *t = &test->t;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TimerDue   due[16];

    txn = t_read(t);
    t_ok(t, pl_timers_due(txn, t->wall_ms, due, 16, &n, &next, &t->err));
    pl_store_abort(txn);

    command.of_case = PL__COMMAND__OF_TIMER_DUE;

    for (i = 0; i < n; i++) {
        command.timer_due = &due[i];
        (void) t_append(t, &command, NULL);
    }

    t_fold(t);

    return n;
}


static Pl__Conversation *
conversation(test_t *test, unsigned i)
{
    return (Pl__Conversation *) t_row(&test->t, PL_TABLE_CONVERSATIONS, i,
                                      &pl__conversation__descriptor);
}


/* "later" is said a minute later: to one by its own clock. */

static void
timers_of_the_tenant_fire_and_no_others(void **state)
{
    test_t  *test = *state = begin();

    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000,
                  "later");
    other_text(test, "wamid.2", "later");
    t_fold(&test->t);
    assert_int_equal(fire(test), 0);

    turned(test, DAY);
    assert_int_equal(fire(test), 1);
    assert_int_equal(fire(test), 0);

    t_pass(&test->t, 60000);
    assert_int_equal(fire(test), 1);
}


static void
a_timer_keeps_its_time_over_several_turns(void **state)
{
    test_t  *test = *state = begin();

    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000,
                  "later");
    t_fold(&test->t);
    turned(test, 20000);
    turned(test, 59999);
    assert_int_equal(fire(test), 0);
    t_pass(&test->t, 1);
    assert_int_equal(fire(test), 1);
}


static void
what_is_armed_after_a_turn_goes_by_it(void **state)
{
    test_t  *test = *state = begin();

    turned(test, DAY);
    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000,
                  "later");
    t_fold(&test->t);
    assert_int_equal(fire(test), 0);
    t_pass(&test->t, 59999);
    assert_int_equal(fire(test), 0);
    t_pass(&test->t, 1);
    assert_int_equal(fire(test), 1);
}


static void
messages_and_windows_are_of_its_time(void **state)
{
    test_t            *test = *state = begin();
    Pl__Message       *message;
    Pl__Conversation  *conv;

    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    turned(test, 3 * DAY);
    (void) t_text(&test->t, "34600000001", "wamid.2", T_NOW / 1000, "hello");
    t_fold(&test->t);

    conv = conversation(test, 0);
    assert_int_equal(conv->n_windows, 1);
    assert_int_equal(conv->windows[0]->until_ms, T_NOW + 4 * DAY);
    assert_int_equal(conv->last_in_ms, T_NOW + 3 * DAY);

    message = t_message(&test->t, (unsigned) t_rows(&test->t,
                                                    PL_TABLE_MESSAGES) - 1);
    assert_int_equal(message->time_ms, T_NOW + 3 * DAY);

    /* the other tenant's are not */

    other_text(test, "wamid.3", "hello");
    conv = conversation(test, 1);
    assert_int_equal(conv->windows[0]->until_ms, T_NOW + DAY);
}


/* Both sides' times are the tenant's: a loop is seen there as elsewhere. */

static void
a_loop_is_broken_there_too(void **state)
{
    char       id[16], text[32];
    unsigned   i;
    test_t    *test = *state = begin();

    turned(test, 3 * DAY);

    for (i = 0; i <= PL_LOOP_TURNS; i++) {
        (void) snprintf(id, sizeof(id), "wamid.%u", i);
        (void) snprintf(text, sizeof(text), "automatic answer %u", i);
        (void) t_text(&test->t, "34600000001", id,
                      test->t.wall_ms / 1000, text);
        t_fold(&test->t);
        t_pass(&test->t, 1000);
    }

    assert_int_equal(t_counted(&test->t, "loops", ""), 1);
}


static void
a_window_ends_by_a_turn(void **state)
{
    uint64_t      epoch, effects[8];
    test_t       *test = *state = begin();
    Pl__Message  *message;

    epoch = t_sender(&test->t, true, NULL);
    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    assert_int_equal(t_rows(&test->t, PL_TABLE_DUE), 1);
    turned(test, DAY);

    assert_int_equal(t_attempt_at(&test->t, T_NOW + DAY, epoch, effects), 1);
    message = t_message(&test->t, 1);
    assert_int_equal(message->state,
                     PL__MESSAGE_STATE__MESSAGE_STATE_FAILED);
    assert_string_equal(message->rule, "window.closed");
}


/* The provider says it again by its own clock: it is the same message. */

static void
a_repeat_over_a_turn_is_a_repeat(void **state)
{
    uint64_t   rows;
    test_t    *test = *state = begin();

    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    rows = t_rows(&test->t, PL_TABLE_MESSAGES);
    turned(test, 30 * DAY);
    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    assert_int_equal(t_rows(&test->t, PL_TABLE_MESSAGES), rows);
}


/* The sender's time is the real one. */

static void
a_retry_waits_as_long_as_the_sender_says(void **state)
{
    uint64_t       epoch, effects[8];
    test_t        *test = *state = begin();
    Pl__Effect    *effect;

    epoch = t_sender(&test->t, true, NULL);
    turned(test, DAY);
    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    assert_int_equal(t_attempt_at(&test->t, T_NOW + DAY, epoch, effects), 1);
    t_result(&test->t, effects[0], epoch, PL__OUTCOME__OUTCOME_RETRY,
             T_NOW + 5000);

    effect = (Pl__Effect *) t_row(&test->t, PL_TABLE_OUTBOX, 0,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->due_ms, T_NOW + DAY + 5000);
}


/* Of the quarantine of no tenant; the first. */

static uint64_t
first_item(t_engine_t *t)
{
    uint64_t    id;
    pl_str_t    key, value;
    pl_txn_t   *txn = t_read(t);
    pl_scan_t  *scan;

    t_ok(t, pl_store_scan(txn, PL_TABLE_QUARANTINE, PL_STR_NULL, false,
                          &scan, &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    assert_int_equal(pl_be32(key.data), 0);
    id = pl_be64(key.data + 4);
    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return id;
}


/* An item that no tenant had finds one when it is read again, and its clock;
   what is about the item itself is of nobody's. */

static void
an_item_of_nobody_is_read_by_its_tenants_clock(void **state)
{
    unsigned            i, n = 0;
    test_t             *test = *state = begin();
    t_engine_t         *t = &test->t;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__AuditEvent     *event;
    Pl__QuarantineAct   act = PL__QUARANTINE_ACT__INIT;

    test->account = "300000000000003";
    publish(test, true);
    turned(test, 3 * DAY);
    (void) t_text(t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    test->account = NULL;
    publish(test, true);

    act.item = first_item(t);
    act.has_again = act.again = 1;
    command.of_case = PL__COMMAND__OF_QUARANTINE_ACT;
    command.quarantine_act = &act;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(conversation(test, 0)->last_in_ms, T_NOW + 3 * DAY);
    assert_int_equal(conversation(test, 0)->windows[0]->until_ms,
                     T_NOW + 4 * DAY);

    for (i = 0; i < t_rows(t, PL_TABLE_AUDIT); i++) {
        event = (Pl__AuditEvent *) t_row(t, PL_TABLE_AUDIT, i,
                                         &pl__audit_event__descriptor);

        if (event->kind == PL__AUDIT_KIND__AUDIT_KIND_QUARANTINE) {
            assert_int_equal(event->time_ms, T_NOW);
            n++;
        }
    }

    assert_int_equal(n, 1);
}


/* Prune drops it with those of everybody, and by their clock. */

static void
what_is_parked_waits_in_real_time(void **state)
{
    Pl__Prune            in = PL__PRUNE__INIT;
    Pl__Command          command = PL__COMMAND__INIT;
    test_t              *test = *state = begin();
    t_engine_t          *t = &test->t;
    Pl__DeliveryStatus   status = PL__DELIVERY_STATUS__INIT;

    turned(test, 365 * DAY);
    status.account = (char *) T_ACCOUNT;
    status.status = (char *) "sent";
    status.time_s = T_NOW / 1000;
    status.provider_id = (char *) "wamid.STRANGE";
    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &status;
    (void) t_told(t, &command);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_PARKED), 1);

    t_pass(t, PL_PARKED_KEEP_MS + 1000);
    in.rows = 100;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_PARKED), 0);
}


/* No channel is known to be armed from now on. */

static void
disarm(t_engine_t *t)
{
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_CHANNEL_STATES, PL_STR_NULL, false,
                          &scan, &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        t_ok(t, pl_store_scan_del(scan, &t->err));
    }

    pl_store_scan_end(scan);
    t_ok(t, pl_store_commit(txn, &t->err));
}


/* A sender that begins settles a sandbox's attempt, and arms all channels. */

static void
what_is_armed_for_others_is_armed_in_real_time(void **state)
{
    unsigned      i, n = 0;
    uint64_t      epoch, effects[8];
    test_t       *test = *state = begin();
    Pl__Effect   *effect;
    t_engine_t   *t = &test->t;

    epoch = t_sender(t, true, NULL);
    turned(test, 365 * DAY);
    (void) t_text(t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(t);
    assert_int_equal(t_attempt_at(t, T_NOW + 365 * DAY, epoch, effects), 1);

    test->listed = true;
    publish(test, true);                /* arms it for the first time */
    disarm(t);
    (void) t_sender(t, true, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);

    for (i = 0; i < t_rows(t, PL_TABLE_OUTBOX); i++) {
        effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, i,
                                      &pl__effect__descriptor);

        if (effect->of_case == PL__EFFECT__OF_RECONCILE) {
            assert_int_equal(effect->tenant, 2);
            assert_in_range(effect->due_ms, T_NOW, T_NOW + DAY);
            n++;
        }
    }

    assert_int_equal(n, 2);
}


static void
what_is_refused(void **state)
{
    test_t  *test = *state = begin();

    refused(test, 0, "sandbox.back");
    refused(test, -DAY, "sandbox.back");
    turned(test, DAY);
    refused(test, DAY, "sandbox.back");
    refused(test, DAY - 1, "sandbox.back");
    refused(test, PL_SANDBOX_AHEAD_MAX_MS + 1, "sandbox.far");
    turned(test, PL_SANDBOX_AHEAD_MAX_MS);

    /* the clock stays where it is when the directive goes */

    publish(test, false);
    refused(test, PL_SANDBOX_AHEAD_MAX_MS, "sandbox.off");
    (void) t_text(&test->t, "34600000001", "wamid.1", T_NOW / 1000, "hello");
    t_fold(&test->t);
    assert_int_equal(conversation(test, 0)->last_in_ms,
                     T_NOW + PL_SANDBOX_AHEAD_MAX_MS);
}


static void
the_same_request_turns_once(void **state)
{
    test_t  *test = *state = begin();

    turned(test, DAY);
    test->key--;
    turned(test, DAY);                  /* the first one's verdict */
    refused(test, DAY, "sandbox.back");
}


/* Timers of others count too: they are looked at. */

static void
too_many_timers(void **state)
{
    uint64_t     i;
    pl_key_t     key;
    pl_txn_t    *txn;
    test_t      *test = *state = begin();
    t_engine_t  *t = &test->t;
    Pl__Timer    timer = PL__TIMER__INIT;
    Pl__TimerSend  send = PL__TIMER_SEND__INIT;

    send.flow = (char *) "greeting";
    send.step = (char *) "later";
    timer.tenant = 2;
    timer.channel = 2;
    timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    timer.party = 1;
    timer.contact = 1;
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));

    for (i = 0; i < PL_SANDBOX_ROWS_MAX; i++) {
        memset(&key, 0, sizeof(key));
        timer.id = 1000000 + i;
        timer.due_ms = T_NOW + DAY;
        pl_key_timer(&key, timer.due_ms, timer.id);
        t_ok(t, pl_record_put(txn, PL_TABLE_TIMERS, pl_key_str(&key),
                              &timer.base, false, &t->err));
    }

    t_ok(t, pl_store_commit(txn, &t->err));
    turned(test, HOUR);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    memset(&key, 0, sizeof(key));
    timer.id = 1000000 + i;
    pl_key_timer(&key, timer.due_ms, timer.id);
    t_ok(t, pl_record_put(txn, PL_TABLE_TIMERS, pl_key_str(&key),
                          &timer.base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
    refused(test, 2 * HOUR, "sandbox.rows");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_teardown(timers_of_the_tenant_fire_and_no_others,
                                  end),
        cmocka_unit_test_teardown(a_timer_keeps_its_time_over_several_turns,
                                  end),
        cmocka_unit_test_teardown(what_is_armed_after_a_turn_goes_by_it,
                                  end),
        cmocka_unit_test_teardown(messages_and_windows_are_of_its_time, end),
        cmocka_unit_test_teardown(a_loop_is_broken_there_too, end),
        cmocka_unit_test_teardown(a_window_ends_by_a_turn, end),
        cmocka_unit_test_teardown(a_repeat_over_a_turn_is_a_repeat, end),
        cmocka_unit_test_teardown(a_retry_waits_as_long_as_the_sender_says,
                                  end),
        cmocka_unit_test_teardown(
            an_item_of_nobody_is_read_by_its_tenants_clock, end),
        cmocka_unit_test_teardown(what_is_parked_waits_in_real_time, end),
        cmocka_unit_test_teardown(
            what_is_armed_for_others_is_armed_in_real_time, end),
        cmocka_unit_test_teardown(what_is_refused, end),
        cmocka_unit_test_teardown(the_same_request_turns_once, end),
        cmocka_unit_test_teardown(too_many_timers, end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
