/*
 * parleyctl replay --match: entries of the past by today's decoders and
 * rules, held against what the state shows.
 */

#include "ctl.h"

#include "../../src/engine/keys.h"

#define T_PICTURE  "{\"from\":\"34600000003\",\"id\":\"wamid.P\","             \
    "\"timestamp\":\"1760000000\",\"type\":\"image\",\"image\":{\"id\":"       \
    "\"4711\",\"mime_type\":\"image/jpeg\",\"sha256\":\"c2hh\"}}"


static void
setup(t_engine_t *t)
{
    uint64_t  effects[64];

    t_open(t);
    t_configure(t);
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_text(t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    (void) t_items(t, "messages", T_PICTURE
                   ",{\"from\":17,\"type\":\"text\"}");
    (void) t_append(t, NULL, "no JSON");
    t_fold(t);
    assert_int_equal(t_attempt(t, t_sender(t, true, NULL), effects), 1);
    (void) t_items(t, "statuses", "{\"id\":\"wamid.ELSE\",\"status\":"
                   "\"sent\",\"timestamp\":\"1760000000\",\"recipient_id\":"
                   "\"34600000009\"}");
    t_fold(t);
}


/* Beside the store; gone afterwards. */

static t_said_t
match(t_engine_t *t, const char *options, int status)
{
    char      again[96], words[512];
    t_said_t  said;

    (void) snprintf(again, sizeof(again), "%s.again", t->dir);
    (void) snprintf(words, sizeof(words), "replay --match %s%s%s", again,
                    options[0] == '\0' ? "" : " ", options);
    said = t_ctl_is(t, words, status);
    (void) nftw(again, t_remove, 16, FTW_DEPTH | FTW_PHYS);

    return said;
}


/* Changes what a message says, behind the fold's back. */

static void
forge(t_engine_t *t)
{
    pl_str_t           key, value;
    pl_key_t           at;
    pl_txn_t          *txn;
    pl_scan_t         *scan;
    Pl__Message       *message;
    ProtobufCMessage  *msg;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_MESSAGES, PL_STR_NULL, false, &scan,
                          &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    t_ok(t, pl_record_read(PL_TABLE_MESSAGES, value,
                           &pl__message__descriptor, t->ar, &msg, &t->err));
    pl_key_seq(&at, pl_be64(key.data));
    pl_store_scan_end(scan);

    message = (Pl__Message *) msg;
    message->content->text->body = (char *) "other words";
    t_ok(t, pl_record_put(txn, PL_TABLE_MESSAGES, pl_key_str(&at),
                          &message->base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));
}


static void
the_same_today(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    said = match(&t, "", 0);
    t_has(said.out, "entries 1 to 8: 9 items, 9 the same, 0 different, 0 ");

    /* what was fetched since is no difference */
    said = match(&t, "--from 4 --to 4 --kind inbound_message", 0);
    t_has(said.out, ": 1 items, 1 the same");
    said = match(&t, "--kind delivery_status", 0);
    t_has(said.out, ": 1 items, 1 the same");
    said = match(&t, "--tenant demo --channel main --json", 0);
    t_has(said.out, "\"different\":0");
    said = match(&t, "--channel none", 0);
    t_has(said.out, ": 0 items");
    t_close(&t);
}


static void
what_differs_is_named(void **state)
{
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    forge(&t);
    said = match(&t, "", 1);
    t_has(said.out, "entry 2, item 0: inbound_message: entry[0].changes[0]"
                    ".value.messages[0]: was another message\n");
    assert_null(strstr(said.out, "words"));

    t_lose(&t, PL_TABLE_QUARANTINE, true);
    said = match(&t, "--from 4", 1);
    t_has(said.out, "entry 4, item 1: unreadable_item: ");
    t_has(said.out, ": was missing; now quarantined\n");
    t_has(said.out, "entry 5, item 0: entry: -: was handled; now it cannot "
                    "be read\n");

    t_lose(&t, PL_TABLE_DEDUPE, true);
    said = match(&t, "--from 4", 1);
    t_has(said.out, ": was missing; now stored\n");
    t_close(&t);
}


/* A number that was nobody's then, and is a channel today. */

static void
a_journal_without_its_beginning(void **state)
{
    uint64_t    n;
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    (void) t_text(&t, "34600000001", "wamid.X", T_NOW / 1000, "hello");
    (void) t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "hello");
    t_fold(&t);
    t_configure(&t);
    (void) t_text(&t, "34600000001", "wamid.B", T_NOW / 1000, "hello");
    t_fold(&t);
    said = match(&t, "", 0);
    t_has(said.out, "entries 1 to 4: ");

    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 1, &n, &t.err));
    assert_int_equal(n, 1);
    said = match(&t, "", 1);
    t_has(said.out, "entry 2, item 0: inbound_message: ");
    t_has(said.out, ": was quarantined; now stored\n");
    t_has(said.out, "entries 2 to 4, with the settings of today: ");
    (void) match(&t, "--from 1", 1);
    t_close(&t);
}


static void
repeats_of_what_was_dropped(void **state)
{
    uint64_t    n;
    t_said_t    said;
    t_engine_t  t;

    (void) state;
    setup(&t);
    t_pass(&t, PL_JOURNAL_KEEP_MS + 1000);
    t_ok(&t, pl_journal_trim(t.st, &t.clock, 2, &n, &t.err));
    assert_int_equal(n, 2);
    said = match(&t, "--from 3 --to 3", 0);
    t_has(said.out, ": 1 items, 1 the same, 0 different");
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_same_today),
        cmocka_unit_test(what_differs_is_named),
        cmocka_unit_test(a_journal_without_its_beginning),
        cmocka_unit_test(repeats_of_what_was_dropped),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
