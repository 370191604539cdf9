/*
 * parleyctl check and replay: a sound store is found sound, and each way of
 * breaking one is found and named. A break is a row put or deleted behind
 * the fold's back.
 */

#include "ctl.h"
#include "zones.h"


/* One break: a row of a table, by its position, changed in one way. */
typedef enum {
    BREAK_DELETE,
    BREAK_GARBAGE,              /* the value becomes no record */
    BREAK_MOVE                  /* to a key whose last byte differs */
} break_e;

typedef struct {
    pl_table_e   table;
    break_e      how;
    const char  *says;          /* a piece of a finding */
} break_t;


/* Messages from WhatsApp's own app: one of now, one of the history. */
#define T_FROM_APP                                                            \
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"changes\":["     \
    "{\"field\":\"smb_message_echoes\",\"value\":{\"metadata\":{"             \
    "\"phone_number_id\":\"" T_ACCOUNT "\"},\"message_echoes\":[{"            \
    "\"from\":\"1\",\"to\":\"34600000001\",\"id\":\"wamid.APP\","             \
    "\"timestamp\":\"1760000000\",\"type\":\"text\",\"text\":{\"body\":"      \
    "\"by hand\"}}]}},"                                                       \
    "{\"field\":\"history\",\"value\":{\"metadata\":{"                        \
    "\"phone_number_id\":\"" T_ACCOUNT "\"},\"history\":[{\"threads\":[{"     \
    "\"id\":\"34600000009\",\"messages\":[{\"from\":\"1\",\"to\":"            \
    "\"34600000009\",\"id\":\"wamid.OLD\",\"timestamp\":\"1750000000\","      \
    "\"type\":\"text\",\"text\":{\"body\":\"before\"}}]}],\"errors\":[{"      \
    "\"code\":2593109}]}]}}]}]}"


/*
 * What a provider tells: a template, a review, a group, a changed number;
 * a second later, so that the first row of `dedupe` is a message's.
 */

static void
setup_told(t_engine_t *t)
{
    (void) t_field(t, "message_template_status_update", T_NOW / 1000 + 1,
        "{\"event\":\"PAUSED\",\"message_template_name\":\"order_ready\","
        "\"message_template_language\":\"en_US\"}");
    (void) t_field(t, "account_review_update", T_NOW / 1000 + 1,
        "{\"decision\":\"APPROVED\"}");
    (void) t_field(t, "group_participants_update", T_NOW / 1000 + 1,
        "{\"metadata\":{\"phone_number_id\":\"" T_ACCOUNT "\"},"
        "\"groups\":[{\"group_id\":\"G1\",\"timestamp\":1760000001,"
        "\"type\":\"group_participants_add\",\"added_participants\":["
        "{\"wa_id\":\"34600000005\"}]}]}");
    (void) t_items(t, "messages",
        "{\"from\":\"34600000004\",\"id\":\"wamid.S\",\"timestamp\":"
        "\"1760000001\",\"type\":\"system\",\"system\":{\"type\":"
        "\"user_changed_number\",\"wa_id\":\"34600000005\"}}");
    (void) t_status(t, "sent", 4711, T_NOW / 1000);
}


/* A file that was uploaded. */

static void
setup_upload(t_engine_t *t)
{
    pl_key_t     key;
    pl_txn_t    *txn;
    Pl__Upload   row = PL__UPLOAD__INIT;

    row.upload = 1;
    row.file = (char *) "f";
    row.mime_type = (char *) "image/jpeg";
    row.id = (char *) "4711";

    pl_key_upload(&key, 1, 1, row.file, row.mime_type);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_UPLOADS, pl_key_str(&key), &row.base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


/*
 * A store with something in every table that this version writes: two
 * queues, one attempt on the wire, one unknown, one dead, a quarantined item,
 * a timer, statuses, messages that came from the provider's app.
 */

static int
setup(void **state)
{
    uint64_t        epoch, effects[64];
    t_engine_t     *t;
    pl_appended_t   out;

    t = t_new();
    assert_int_equal(t_publish(t, 1, T_FLOW, "main", &out), PL_OK);

    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000002", "wamid.B", T_NOW / 1000, "order 7");
    (void) t_text(t, "34600000003", "wamid.C", T_NOW / 1000, "hi");
    (void) t_text(t, "34600000004", "wamid.D", T_NOW / 1000, "later");
    (void) t_append(t, NULL, "no json");
    z_berlin(t, "2026a", Z_BERLIN);

    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 3);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_UNKNOWN, 0);
    t_result(t, effects[1], epoch, PL__OUTCOME__OUTCOME_PERMANENT, 0);

    (void) t_text(t, "34600000001", "wamid.E", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000001", "wamid.F", T_NOW / 1000, "hello");
    (void) t_append(t, NULL, T_FROM_APP);
    setup_told(t);
    t_fold(t);

    *state = t;

    return 0;
}


static void
break_row(t_engine_t *t, const break_t *b, pl_env_e env)
{
    pl_str_t    key, value;
    uint8_t    *copy, *body;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, env, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, b->table, PL_STR_NULL, false, &scan,
                          &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));

    copy = pl_arena_dup(t->ar, key.data, key.len);
    body = pl_arena_dup(t->ar, value.data, value.len);
    assert_non_null(copy);
    assert_non_null(body);
    key.data = copy;
    value.data = body;
    pl_store_scan_end(scan);

    if (b->how == BREAK_GARBAGE) {
        t_ok(t, pl_store_put(txn, b->table, key, PL_STR("\0\xff\xff"),
                             &t->err));
    } else {
        t_ok(t, pl_store_del(txn, b->table, key, &t->err));
    }

    if (b->how == BREAK_MOVE) {
        /* of an event, far behind all that were given out */

        copy[key.len - (b->table == PL_TABLE_CONSENTS ? 2 : 1)] ^= 0x55;
        t_ok(t, pl_store_put(txn, b->table, key, value, &t->err));
    }

    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
test_sound(void **state)
{
    t_said_t     said;
    t_engine_t  *t = *state;

    said = t_ctl_is(t, "check", 0);
    t_has(said.out, " 0 inconsistencies");
    assert_int_equal(t_count(said.out, "\n"), 1);

    said = t_ctl_is(t, "--json check", 0);
    t_has(said.out, "\"findings\":0");
    t_has(said.out, "{\"name\":\"attempts\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"unknown\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"dead\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"timers\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"quarantine\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"merges\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"members\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"templates\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"channel_states\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"parked\",\"rows\":1}");
    t_has(said.out, "{\"name\":\"provider_ids\",\"rows\":1}");
}


static const break_t  breaks[] = {
    { PL_TABLE_ENTRIES, BREAK_DELETE, "follows where 1 is expected" },
    { PL_TABLE_ENTRIES, BREAK_GARBAGE, "is no pl.Entry" },
    { PL_TABLE_CYCLES, BREAK_GARBAGE, "is no pl.CycleRow" },
    { PL_TABLE_CONTACTS, BREAK_DELETE, "which does not list it" },
    { PL_TABLE_CONTACTS, BREAK_GARBAGE, "is no pl.Contact" },
    { PL_TABLE_CONTACTS, BREAK_MOVE, "calls itself cnt_" },
    { PL_TABLE_ADDRESSES, BREAK_DELETE, "is not indexed" },
    { PL_TABLE_ADDRESSES, BREAK_GARBAGE, "is no index row" },
    { PL_TABLE_ADDRESSES, BREAK_MOVE, "which does not list it" },
    { PL_TABLE_CONVERSATIONS, BREAK_DELETE, "conversation is not there" },
    { PL_TABLE_CONVERSATIONS, BREAK_GARBAGE, "is no pl.Conversation" },
    { PL_TABLE_CONVERSATIONS, BREAK_MOVE, "there is no such party" },
    { PL_TABLE_MESSAGES, BREAK_DELETE, "its chain breaks at msg_" },
    { PL_TABLE_MESSAGES, BREAK_GARBAGE, "is no pl.Message" },
    { PL_TABLE_MESSAGES, BREAK_MOVE, "are reached from their" },
    { PL_TABLE_OUTBOX, BREAK_DELETE, "the outbox has 2 of them" },
    { PL_TABLE_OUTBOX, BREAK_GARBAGE, "is no pl.Effect" },
    { PL_TABLE_OUTBOX, BREAK_MOVE, "calls itself eff_" },
    { PL_TABLE_DUE, BREAK_DELETE, "heads its queue and is not due" },
    { PL_TABLE_DUE, BREAK_GARBAGE, "is no index row" },
    { PL_TABLE_DUE, BREAK_MOVE, "leads to no effect that is due then" },
    { PL_TABLE_ATTEMPTS, BREAK_DELETE, "heads its queue and is not due" },
    { PL_TABLE_ATTEMPTS, BREAK_GARBAGE, "is no pl.AttemptRecord" },
    { PL_TABLE_ATTEMPTS, BREAK_MOVE, "holds eff_" },
    { PL_TABLE_DEAD, BREAK_GARBAGE, "is no pl.DeadLetter" },
    { PL_TABLE_DEAD, BREAK_MOVE, "holds eff_" },
    { PL_TABLE_UNKNOWN, BREAK_DELETE, "the table has 0 of them" },
    { PL_TABLE_UNKNOWN, BREAK_GARBAGE, "is no pl.UnknownSend" },
    { PL_TABLE_UNKNOWN, BREAK_MOVE, "holds eff_" },
    { PL_TABLE_TIMERS, BREAK_GARBAGE, "is no pl.Timer" },
    { PL_TABLE_TIMERS, BREAK_MOVE, "stands in a wrong place" },
    { PL_TABLE_DEDUPE, BREAK_GARBAGE, "is no index row" },
    { PL_TABLE_DEDUPE, BREAK_MOVE, "is not the dedupe row" },
    { PL_TABLE_QUARANTINE, BREAK_GARBAGE, "is no pl.Quarantine" },
    { PL_TABLE_CHANGES, BREAK_GARBAGE, "is no pl.Change" },
    { PL_TABLE_AUDIT, BREAK_GARBAGE, "is no pl.AuditEvent" },
    { PL_TABLE_COUNTERS, BREAK_GARBAGE, "is no counter" },
    { PL_TABLE_MERGES, BREAK_DELETE, "which is not there" },
    { PL_TABLE_MERGES, BREAK_GARBAGE, "is no pl.ContactMerge" },
    { PL_TABLE_MERGES, BREAK_MOVE, "calls itself" },
    { PL_TABLE_GROUPS, BREAK_DELETE, "its group grp_" },
    { PL_TABLE_MEMBERS, BREAK_GARBAGE, "is no pl.Membership" },
    { PL_TABLE_MEMBERS, BREAK_MOVE, "its contact cnt_" },
    { PL_TABLE_TEMPLATES, BREAK_GARBAGE, "is no pl.TemplateRecord" },
    { PL_TABLE_TEMPLATES, BREAK_MOVE, "is of another name or language" },
    { PL_TABLE_CHANNEL_STATES, BREAK_GARBAGE, "is no pl.ChannelState" },
    { PL_TABLE_CHANNEL_STATES, BREAK_MOVE, "is not there, or of another" },
    { PL_TABLE_UPLOADS, BREAK_GARBAGE, "is no pl.Upload" },
    { PL_TABLE_UPLOADS, BREAK_MOVE, "is of another file or type" },
    { PL_TABLE_PARKED, BREAK_DELETE, "leads to nothing that is parked" },
    { PL_TABLE_PARKED, BREAK_GARBAGE, "is no pl.ParkedStatus" },
    { PL_TABLE_PARKED, BREAK_MOVE, "is not indexed" },
    { PL_TABLE_PROVIDER_IDS, BREAK_DELETE, "is not indexed" },
    { PL_TABLE_PROVIDER_IDS, BREAK_GARBAGE, "is no index row" },
    { PL_TABLE_CONSENTS, BREAK_GARBAGE, "is no pl.AuditEvent" },
    { PL_TABLE_CONSENTS, BREAK_MOVE, "was never given out" },
    { PL_TABLE_REVIEWS, BREAK_DELETE, "waits for no reader" },
    { PL_TABLE_REVIEWS, BREAK_GARBAGE, "is no index row" },
    { PL_TABLE_REVIEWS, BREAK_MOVE, "and is not paused" },
    { PL_TABLE_ZONES, BREAK_GARBAGE, "is no pl.ZoneDatabase" },
    { PL_TABLE_ZONES, BREAK_MOVE, "is no time zone" },
    { PL_TABLE_UNREAD, BREAK_GARBAGE, "is no pl.Unread" },
    { PL_TABLE_VIEWS, BREAK_MOVE, "its conversation does not say so" },
};


static void
test_break(void **state)
{
    size_t       i;
    t_said_t     said;
    pl_env_e     env;
    t_engine_t  *t;

    (void) state;

    for (i = 0; i < PL_COUNT(breaks); i++) {
        assert_int_equal(setup((void **) &t), 0);
        env = pl_store_tables[breaks[i].table].env;

        if (breaks[i].table == PL_TABLE_UPLOADS) {
            setup_upload(t);
        }

        if (breaks[i].table == PL_TABLE_CONSENTS
            || breaks[i].table == PL_TABLE_REVIEWS)
        {
            (void) t_text(t, "34600000002", "wamid.U", T_NOW / 1000,
                          "stop that");
            t_fold(t);
        }

        break_row(t, &breaks[i], env);

        said = t_ctl_is(t, "check", 1);
        t_has(said.out, breaks[i].says);

        said = t_ctl_is(t, "--json check", 1);
        t_has(said.out, breaks[i].says);
        t_has_not(said.out, "\"findings\":0");

        assert_int_equal(t_end((void **) &t), 0);
    }
}


/* What caps count: a party's uses, or a tenant's counts; here by no cap. */

static void
test_caps(void **state)
{
    pl_key_t        key;
    t_said_t        said;
    pl_txn_t       *txn;
    unsigned        i;
    t_engine_t     *t = *state;
    pl_party_t      party = { 1, 0, 0 };
    Pl__CapUse      late = PL__CAP_USE__INIT, early = PL__CAP_USE__INIT;
    Pl__CapUse     *uses[2] = { &late, &early };
    Pl__CapRecord   row = PL__CAP_RECORD__INIT;

    late.time_ms = T_NOW;
    early.time_ms = T_NOW - 1;
    late.category = early.category = PL__CATEGORY__CATEGORY_MARKETING;
    row.uses = uses;
    row.n_uses = 2;

    for (i = 0; i < 2; i++) {           /* a tenant's first, then a party's */
        party.kind = i == 0 ? 0 : PL__PARTY_KIND__PARTY_KIND_CONTACT;
        party.party = i;
        pl_key_party(&key, &party);
        t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
        t_ok(t, pl_record_put(txn, PL_TABLE_CAPS, pl_key_str(&key),
                              &row.base, false, &t->err));
        t_ok(t, pl_store_commit(txn, &t->err));

        said = t_ctl_is(t, "check", 1);
        t_has(said.out, i == 0 ? "is none of a tenant"
                               : "its uses are in no order");
    }

    break_row(t, &(break_t) { PL_TABLE_CAPS, BREAK_GARBAGE, "" },
              PL_ENV_STATE);
    said = t_ctl_is(t, "check", 1);
    t_has(said.out, "is no pl.CapRecord");
}


/* Opens a dead letter's message at a state that it cannot have. */

static void
test_wrong_state(void **state)
{
    pl_key_t         key;
    pl_txn_t        *txn;
    t_said_t         said;
    Pl__Message     *message;
    t_engine_t      *t = *state;
    Pl__DeadLetter  *dead;

    dead = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_non_null(dead);
    pl_key_seq(&key, dead->effect->send_message->message);

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_get(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                          &pl__message__descriptor, t->ar,
                          (ProtobufCMessage **) &message, &t->err));
    message->state = PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED;
    t_ok(t, pl_record_put(txn, PL_TABLE_MESSAGES, pl_key_str(&key),
                          &message->base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    said = t_ctl_is(t, "check", 1);
    t_has(said.out, "is in state queued");
}


static void
replay_dir(t_engine_t *t, char *dir, size_t size)
{
    (void) snprintf(dir, size, "%s.replay", t->dir);
}


static void
test_replay(void **state)
{
    char         dir[128];
    t_said_t     said;
    t_engine_t  *t = *state;

    replay_dir(t, dir, sizeof(dir));

    said = t_ctl_is(t, pl_arena_printf(t->ar, "replay %s", dir), 0);
    t_has(said.out, ": the same");

    said = t_ctl_is(t, pl_arena_printf(t->ar, "replay %s", dir), 1);
    t_has(said.err, "is not empty");

    said = t_ctl_is(t, pl_arena_printf(t->ar,
                    "--json replay --compare-only %s %s", t->dir, dir), 0);
    t_has(said.out, "\"differences\":0");
    t_has(said.out, "\"compared\":true");

    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);

    said = t_ctl_is(t, pl_arena_printf(t->ar, "replay --to 3 %s", dir), 0);
    t_has(said.out, "folded entries 1 to 3");
    t_has(said.out, "not compared");
    said = t_ctl_is(t, pl_arena_printf(t->ar,
                    "replay --compare-only %s %s", t->dir, dir), 1);
    t_has(said.out, "messages: key ");
    t_has(said.out, "only in the first");
    t_has(said.out, "tables differ");

    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);

    said = t_ctl_is(t, pl_arena_printf(t->ar, "replay --to 999 %s", dir), 1);
    t_has(said.err, "--to 999");
    assert_int_equal(access(dir, F_OK), -1);
}


static void
test_replay_differs(void **state)
{
    char           dir[128];
    t_said_t       said;
    t_engine_t    *t = *state;
    const break_t  b = { PL_TABLE_COUNTERS, BREAK_DELETE, NULL };

    replay_dir(t, dir, sizeof(dir));
    break_row(t, &b, PL_ENV_STATE);

    said = t_ctl_is(t, pl_arena_printf(t->ar, "--json replay %s", dir), 1);
    t_has(said.out, "\"table\":\"counters\"");
    t_has(said.out, "\"difference\":\"only in the second\"");
    t_has(said.out, "\"differences\":1");

    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


/* With its first entries dropped a journal is no proof any more. */

static void
test_replay_dropped(void **state)
{
    char         dir[128];
    t_said_t     said;
    t_engine_t  *t = *state;

    replay_dir(t, dir, sizeof(dir));
    t_pass(t, PL_JOURNAL_KEEP_MS + 1000);
    (void) t_text(t, "34600000001", "wamid.Z", t->wall_ms / 1000, "hello");
    t_fold(t);

    said = t_ctl_is(t, pl_arena_printf(t->ar, "replay %s", dir), 1);
    t_has(said.err, "were dropped from the journal");
    assert_int_equal(access(dir, F_OK), -1);

    /* which is no inconsistency */
    (void) t_ctl_is(t, "check", 0);
}


static uint64_t
first_dead(t_engine_t *t)
{
    Pl__DeadLetter  *dead;

    dead = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                    &pl__dead_letter__descriptor);
    assert_non_null(dead);

    return dead->effect->id;
}


/* Nobody folds: it says so and leaves the request in the journal. */

static void
test_retry_pending(void **state)
{
    t_said_t     said;
    uint64_t     id;
    t_engine_t  *t = *state;

    id = first_dead(t);

    said = t_ctl_is(t, "dead retry eff_99999", 1);
    t_has(said.err, "is not among the dead letters");
    (void) t_ctl_is(t, "dead retry msg_1", 2);

    said = t_ctl_is(t, pl_arena_printf(t->ar, "--json dead retry eff_%"
                                       PRIu64, id), 0);
    t_has(said.out, "\"verdict\":\"pending\"");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    (void) t_ctl_is(t, "check", 0);
}


/* Folded here while it waits there. */

static void
test_retry_folded(void **state)
{
    int              i;
    pid_t            pid;
    t_said_t         said;
    siginfo_t        ended;
    t_engine_t      *t = *state;
    struct timespec  pause = { 0, 10000000 };

    pid = t_ctl_start(t, pl_arena_printf(t->ar, "--json dead retry %" PRIu64,
                                         first_dead(t)));

    for (i = 0; i < 3000; i++) {
        t_fold(t);
        memset(&ended, 0, sizeof(ended));
        assert_int_equal(waitid(P_PID, (id_t) pid, &ended,
                                WEXITED | WNOWAIT | WNOHANG), 0);
        if (ended.si_pid == pid) {
            break;
        }

        (void) nanosleep(&pause, NULL);
    }

    said = t_ctl_end(t, pid);
    assert_int_equal(said.status, 0);
    t_has(said.out, "\"verdict\":\"queued\"");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    (void) t_ctl_is(t, "check", 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_sound, setup, t_end),
        cmocka_unit_test(test_break),
        cmocka_unit_test_setup_teardown(test_caps, setup, t_end),
        cmocka_unit_test_setup_teardown(test_wrong_state, setup, t_end),
        cmocka_unit_test_setup_teardown(test_replay, setup, t_end),
        cmocka_unit_test_setup_teardown(test_replay_differs, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(test_replay_dropped, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(test_retry_pending, setup, t_end),
        cmocka_unit_test_setup_teardown(test_retry_folded, setup, t_end),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
