/*
 * parleyctl audit: each item is found for what became of it, and each way of
 * losing one is found and named.
 */

#include "ctl.h"

#include "../../src/engine/keys.h"

#define T_OTHER  "{\"object\":\"whatsapp_business_account\",\"entry\":[{"      \
    "\"changes\":[{\"field\":\"messages\",\"value\":{\"metadata\":{"           \
    "\"phone_number_id\":\"999\"},\"messages\":[{\"from\":\"34600000007\","    \
    "\"id\":\"wamid.Z\",\"timestamp\":\"1760000000\",\"type\":\"text\","       \
    "\"text\":{\"body\":\"secret words\"}}]}}]}]}"

#define T_TWICE  "{\"from\":\"34600000002\",\"id\":\"wamid.B\",\"timestamp\""  \
    ":\"1760000000\",\"type\":\"text\",\"text\":{\"body\":\"b\"}}"


/* Our first reply. */

static uint64_t
reply(t_engine_t *t)
{
    uint64_t           id;
    pl_str_t           key, value;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    ProtobufCMessage  *msg;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, false, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_MESSAGES, PL_STR_NULL, false, &scan,
                          &t->err));

    do {
        t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
        t_ok(t, pl_record_read(PL_TABLE_MESSAGES, value,
                               &pl__message__descriptor, t->ar, &msg,
                               &t->err));
        id = pl_be64(key.data);
    } while (((Pl__Message *) msg)->direction
             != PL__DIRECTION__DIRECTION_OUT);

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return id;
}


/*
 * Entry 1 is the settings'. 2 and 3: a message and its repeat; 4: three
 * items, of which the second is the first again and the third is none that
 * can be read; 5: nobody's number; 6: no JSON; 7 to 9: a sender, and its
 * attempts; 10: a status of a reply of ours; 11: one of somebody else's; 12: a
 * word without a meaning; 13: what an account tells.
 */

static void
setup(t_engine_t *t)
{
    uint64_t  effects[64];

    t_open(t);
    t_configure(t);
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_items(t, "messages", T_TWICE "," T_TWICE
                   ",{\"from\":17,\"type\":\"text\"}");
    (void) t_append(t, NULL, T_OTHER);
    (void) t_append(t, NULL, "no JSON");
    t_fold(t);
    assert_int_equal(t_attempt(t, t_sender(t, true, NULL), effects), 2);
    (void) t_status(t, "delivered", reply(t), T_NOW / 1000);
    (void) t_items(t, "statuses", "{\"id\":\"wamid.ELSE\",\"status\":"
                   "\"sent\",\"timestamp\":\"1760000000\",\"recipient_id\":"
                   "\"34600000009\"}");
    (void) t_status(t, "warmed", reply(t), T_NOW / 1000);
    (void) t_field(t, "account_review_update", T_NOW / 1000 + 1,
                   "{\"decision\":\"APPROVED\"}");
    t_fold(t);
}


static void
every_item_is_found(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "entries    1 to 13, ");
    t_has(said.out, " 9 webhooks, 4 commands, 0 not yet folded\n");
    t_has(said.out, "\nitems      15\n");
    t_has(said.out, "\nstored     2\n");
    t_has(said.out, "\nduplicate  2\n");
    t_has(said.out, "\nquarantined 3\n");
    t_has(said.out, "\napplied    1\n");
    t_has(said.out, "\nparked     1\n");
    t_has(said.out, "\ntold       1\n");
    t_has(said.out, "\nignored    1\n");
    t_has(said.out, "\nuntraced   4\n");
    assert_null(strstr(said.out, "NOT FOUND"));
    assert_null(strstr(said.out, "34600000"));
    assert_null(strstr(said.out, "secret words"));
    t_close(&t);
}


static void
what_is_lost_is_named(void **state)
{
    size_t      i;
    t_said_t    said;
    t_engine_t  t;

    static const struct {
        pl_table_e   table;
        bool         all;
        const char  *says;
    } rows[] = {
        { PL_TABLE_DEDUPE, true,
          "entry 2, item 0: inbound_message: "
          "entry[0].changes[0].value.messages[0]: NOT FOUND\n" },
        { PL_TABLE_DEDUPE, true, "entry 13, item 0: channel_change: " },
        { PL_TABLE_MESSAGES, true, "entry 4, item 0: inbound_message: " },
        { PL_TABLE_MESSAGES, true, "entry 10, item 0: delivery_status: " },
        { PL_TABLE_QUARANTINE, true, "entry 4, item 2: unreadable_item: " },
        { PL_TABLE_QUARANTINE, true, "entry 5, item 0: inbound_message: " },
        { PL_TABLE_QUARANTINE, true, "entry 6, item 0: entry: -: " },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        setup(&t);
        t_lose(&t, rows[i].table, rows[i].all);
        said = t_ctl_is(&t, "audit", 1);
        t_has(said.out, rows[i].says);
        t_has(said.out, "\nNOT FOUND  ");
        assert_null(strstr(said.out, "34600000"));
        t_close(&t);
    }
}


static void
what_is_old_is_past(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    t_lose(&t, PL_TABLE_DEDUPE, true);
    t_pass(&t, (PL_DEDUPE_DAYS + 1) * 86400000LL);
    (void) t_text(&t, "34600000001", "wamid.N", t.wall_ms / 1000, "hello");
    t_fold(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\npast       ");
    t_has(said.out, "\nstored     1\n");
    t_close(&t);
}


/* The journal keeps all entries for a month. */

static void
keep_entries(t_engine_t *t)
{
    int64_t  until_ms;

    t_ok(t, pl_journal_hold(t->st, &t->clock, 30 * 86400000LL, &until_ms,
                            &t->err));
}


/* As the sender has it done, to the last row. */

static void
prune(t_engine_t *t)
{
    Pl__Prune    pruning = PL__PRUNE__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    pruning.before_ms = t->wall_ms - PL_DEDUPE_DAYS * 86400000LL;
    pruning.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &pruning;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* A row goes by the time that it stands under, which is not the entry's. */

static void
what_was_late_is_past_sooner(void **state)
{
    int64_t     day_s = 86400;
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    keep_entries(&t);
    t_pass(&t, day_s / 4 * 3 * 1000);
    (void) t_text(&t, "34600000001", "wamid.A", t.wall_ms / 1000 - 9 * day_s,
                  "was on its way for long");
    (void) t_text(&t, "34600000001", "wamid.B", t.wall_ms / 1000 - 99 * day_s,
                  "has an odd time");
    (void) t_field(&t, "account_review_update",
                   t.wall_ms / 1000 - 9 * day_s,
                   "{\"decision\":\"APPROVED\"}");
    (void) t_text(&t, "34600000001", "wamid.C", t.wall_ms / 1000, "is new");
    t_fold(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nstored     3\n");

    t_pass(&t, 3 * day_s * 1000);
    prune(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nstored     2\n");
    t_has(said.out, "\npast       2\n");

    t_pass(&t, 9 * day_s * 1000);
    prune(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\npast       4\n");
    t_close(&t);
}


/* Of a message that another installation sent, by the same number. */

static void
theirs(t_engine_t *t, const char *status)
{
    char  item[512];

    (void) snprintf(item, sizeof(item), "{\"id\":\"wamid.THEIRS\","
                    "\"status\":\"%s\",\"timestamp\":\"%" PRId64 "\","
                    "\"recipient_id\":\"34600000009\","
                    "\"biz_opaque_callback_data\":\"m:7:00000000\"}",
                    status, t->wall_ms / 1000);
    (void) t_items(t, "statuses", item);
}


/* Statuses are parked by the first one's time, and go all at once. */

static void
what_is_not_ours_is_not_missed(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    keep_entries(&t);
    theirs(&t, "sent");
    t_pass(&t, PL_PARKED_KEEP_MS - 60000);
    theirs(&t, "read");
    t_fold(&t);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nparked     2\n");

    t_pass(&t, 120000);
    prune(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 0);
    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nuntraced   3\n");
    t_has(said.out, "\npast       1\n");
    t_close(&t);
}


/* What ended the fold twice is skipped, and kept aside raw. */

static void
what_was_skipped_is_kept_aside(void **state)
{
    uint8_t          key[PL_REQUEST_KEY_LEN] = { 7 };
    uint64_t         seq;
    t_said_t         said;
    t_engine_t       t;
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__Content      content = PL__CONTENT__INIT;
    Pl__SendRequest  request = PL__SEND_REQUEST__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);

    content.type = (char *) "text";
    request.tenant = 1;
    request.channel = 1;
    request.content = &content;
    request.key.data = key;
    request.key.len = sizeof(key);
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;
    seq = t_append(&t, &command, NULL);
    t_ok(&t, pl_journal_skip(t.st, &t.clock, seq, PL_SKIP_WHOLE, 0, "test",
                             &t.err));

    request.key.len = 3;
    (void) t_append(&t, &command, NULL);

    seq = t_items(&t, "messages", T_TWICE);
    t_ok(&t, pl_journal_skip(t.st, &t.clock, seq, 0, 0, "test", &t.err));
    t_fold(&t);

    said = t_ctl_is(&t, "audit", 0);
    t_has(said.out, "\nquarantined 3\n");
    t_lose(&t, PL_TABLE_QUARANTINE, true);
    said = t_ctl_is(&t, "audit", 1);
    t_has(said.out, "\nNOT FOUND  3\n");
    t_close(&t);
}


static void
a_part_of_it(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    said = t_ctl_is(&t, "audit --from 2 --to 3", 0);
    t_has(said.out, "entries    2 to 3, 2025-10-09T08:53:20.000Z to ");
    t_has(said.out, "\nitems      2\n");

    t_pass(&t, 60000);
    (void) t_text(&t, "34600000001", "wamid.N", t.wall_ms / 1000, "hello");
    said = t_ctl_is(&t, "audit --from 2025-10-09T08:53:21Z", 0);
    t_has(said.out, "entries    14 to 14, ");
    t_has(said.out, " 0 webhooks, 0 commands, 1 not yet folded\n");

    said = t_ctl_is(&t, "audit --to 2025-10-09T08:54 --json", 0);
    t_has(said.out, "\"last\":13");
    said = t_ctl_is(&t, "audit --from 2025-10-10", 0);
    t_has(said.out, "no entries\n");
    (void) t_ctl_is(&t, "audit --from 2025-13-10", 2);
    (void) t_ctl_is(&t, "audit --from x", 2);

    said = t_ctl_is(&t, "audit --tenant demo", 0);
    t_has(said.out, "\nstored     2\n");
    assert_null(strstr(said.out, "quarantined 3"));
    said = t_ctl_is(&t, "audit --tenant none", 1);
    t_has(said.err, "none");
    t_close(&t);
}


/* The hash is of the bytes that came, and the same each time. */

static void
the_hash_tells_of_a_changed_body(void **state)
{
    char        *first, *second;
    pl_key_t     key;
    pl_txn_t    *txn;
    Pl__Entry   *entry;
    t_engine_t   t;

    (void) state;
    setup(&t);
    first = strstr(t_ctl_is(&t, "audit", 0).out, "sha256 ");
    assert_string_equal(first, strstr(t_ctl_is(&t, "audit", 0).out,
                                      "sha256 "));

    t_ok(&t, pl_store_begin(t.st, PL_ENV_JOURNAL, true, &txn, &t.err));
    t_ok(&t, pl_journal_get(txn, 6, t.ar, &entry, &t.err));
    entry->body.data[0] = 'N';
    pl_key_seq(&key, 6);
    t_ok(&t, pl_record_put(txn, PL_TABLE_ENTRIES, pl_key_str(&key),
                           &entry->base, false, &t.err));
    t_ok(&t, pl_store_commit(txn, &t.err));

    second = strstr(t_ctl_is(&t, "audit", 0).out, "sha256 ");
    assert_string_not_equal(first, second);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_item_is_found),
        cmocka_unit_test(what_is_lost_is_named),
        cmocka_unit_test(what_is_old_is_past),
        cmocka_unit_test(what_was_late_is_past_sooner),
        cmocka_unit_test(what_is_not_ours_is_not_missed),
        cmocka_unit_test(what_was_skipped_is_kept_aside),
        cmocka_unit_test(a_part_of_it),
        cmocka_unit_test(the_hash_tells_of_a_changed_body),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
