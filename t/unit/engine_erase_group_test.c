/*
 * Erasing a person who has spoken in groups: of others' messages there those
 * that have the provider's id of what they said lose it, whoever wrote them,
 * whichever came first, and however it is known; and no others do.
 */

#include <unistd.h>

#include "../../src/engine/request.h"
#include "erase.h"
#include "refold.h"

#define GROUP_ID  "Y2FwaV9ncm91cDox"
#define CID       "34600555666"
#define ANA_SAID  "wamid.GA1"
#define BOB_SAID  "wamid.GB1"

/* as Meta makes them: 1c 18 0b, the number, and so on */

#define ANA_REAL  "wamid.HBgLMzQ2MDAxMTEyMjIVAgASGBQzQUFERjg0NAA="
#define CID_REAL  "wamid.HBgLMzQ2MDA1NTU2NjYVAgASGBQzQUFERjg0NAA="


/* of one person, with and without the digit that Mexico had */

#define MX_521    "5215512345678"
#define MX_52     "525512345678"
#define MX_REAL   "wamid.HBgNNTIxNTUxMjM0NTY3OBUCABIYFDNBQUZEODQ0AA=="


/* A message in the group; more: members of it behind the text. */

static uint64_t
in_group(t_engine_t *t, const char *phone, const char *wamid,
    const char *more)
{
    char  item[2048];

    assert_true(snprintf(item, sizeof(item),
        "{\"from\":\"%s\",\"group_id\":\"" GROUP_ID "\",\"id\":\"%s\","
        "\"timestamp\":\"%" PRId64 "\",%s}", phone, wamid,
        t->wall_ms / 1000, more) < (int) sizeof(item));

    (void) t_items(t, "messages", item);
    t_fold(t);

    return t_rows(t, PL_TABLE_MESSAGES) - 1;
}


static uint64_t
says_there(t_engine_t *t, const char *phone, const char *wamid,
    const char *text)
{
    char  more[512];

    (void) snprintf(more, sizeof(more),
                    "\"type\":\"text\",\"text\":{\"body\":\"%s\"}", text);

    return in_group(t, phone, wamid, more);
}


static uint64_t
quotes(t_engine_t *t, const char *phone, const char *wamid, const char *id,
    const char *from)
{
    char  more[512];

    (void) snprintf(more, sizeof(more),
        "\"type\":\"text\",\"text\":{\"body\":\"so do I\"},\"context\":{"
        "\"id\":\"%s\"%s%s%s}", id, from == NULL ? "" : ",\"from\":\"",
        from == NULL ? "" : from, from == NULL ? "" : "\"");

    return in_group(t, phone, wamid, more);
}


static uint64_t
reacts(t_engine_t *t, const char *phone, const char *wamid, const char *id)
{
    char  more[512];

    (void) snprintf(more, sizeof(more),
        "\"type\":\"reaction\",\"reaction\":{\"message_id\":\"%s\","
        "\"emoji\":\"x\"}", id);

    return in_group(t, phone, wamid, more);
}


/* Of ours, to the group: queued. */

static uint64_t
we_say(t_engine_t *t, const char *json, const char *reply_to)
{
    pl_txn_t          *txn;
    Pl__Address        address = PL__ADDRESS__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Verdict       *verdict;
    static uint8_t     key[PL_REQUEST_KEY_LEN] = { 0, 1 };
    ProtobufCMessage  *msg;
    Pl__SendRequest    request = PL__SEND_REQUEST__INIT;

    t_ok(t, pl_json_decode(t->codec, &pl__content__descriptor,
                           pl_str_c(json), 0, t->ar, &msg, &t->err));
    key[0]++;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_GROUP;
    address.value = (char *) GROUP_ID;
    request.tenant = 1;
    request.channel = 1;
    request.key.data = key;
    request.key.len = sizeof(key);
    request.address = &address;
    request.content = (Pl__Content *) msg;
    request.reply_to = (char *) reply_to;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &request;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);
    assert_int_equal(verdict->decision, PL__DECISION__DECISION_QUEUED);

    return t_rows(t, PL_TABLE_MESSAGES) - 1;
}


static uint64_t
we_answer(t_engine_t *t, const char *reply_to)
{
    return we_say(t, "{\"type\":\"text\",\"text\":{\"body\":\"yes\"}}",
                  reply_to);
}


static uint64_t
we_pin(t_engine_t *t, const char *id)
{
    char  json[256];

    (void) snprintf(json, sizeof(json), "{\"type\":\"pin\",\"pin\":{"
                    "\"message_id\":\"%s\",\"days\":7}}", id);

    return we_say(t, json, NULL);
}


static const char *
answered(t_engine_t *t, uint64_t i)
{
    return t_message(t, (unsigned) i)->reply_to;
}


static const char *
reacted(t_engine_t *t, uint64_t i)
{
    return t_message(t, (unsigned) i)->content->reaction->message_id;
}


static void
gone(t_engine_t *t, uint32_t rows)
{
    (void) erase(t, ANA, 0);
    assert_true(go_on(t, rows) > 0);
    assert_int_equal(t_rows(t, PL_TABLE_ERASING), 0);
    (void) t_ctl_is(t, "check", 0);
}


/* rows: of a step; 1: it is killed after each. */

static void
ids_go(bool sealed, uint32_t rows)
{
    uint64_t    ours, pin, bob, cid, revoke, ours_too, pin_too, bob_too,
                cid_too, before;
    t_engine_t  t;

    t_open(&t);

    if (sealed) {
        sealing(&t);
    }

    t_configure(&t);
    before = quotes(&t, BOB, "wamid.GB0", ANA_SAID, NULL);
    (void) says_there(&t, ANA, ANA_SAID, SECRET);
    (void) says_there(&t, BOB, BOB_SAID, "hi");

    ours = we_answer(&t, ANA_SAID);
    pin = we_pin(&t, ANA_SAID);
    bob = quotes(&t, BOB, "wamid.GB2", ANA_SAID, NULL);
    cid = reacts(&t, CID, "wamid.GC1", ANA_SAID);
    revoke = in_group(&t, CID, "wamid.GC2", "\"type\":\"revoke\",\"revoke\":{"
                      "\"original_message_id\":\"" ANA_SAID "\"}");
    ours_too = we_answer(&t, BOB_SAID);
    pin_too = we_pin(&t, BOB_SAID);
    bob_too = quotes(&t, BOB, "wamid.GB3", "wamid.UNKNOWN", NULL);
    cid_too = reacts(&t, CID, "wamid.GC3", BOB_SAID);

    assert_string_equal(answered(&t, ours), ANA_SAID);
    assert_string_equal(reacted(&t, cid), ANA_SAID);

    gone(&t, rows);

    assert_null(answered(&t, before));
    assert_null(answered(&t, ours));
    assert_null(answered(&t, bob));
    assert_string_equal(t_message(&t, (unsigned) pin)->content->pin
                        ->message_id, "");
    assert_string_equal(reacted(&t, cid), "");
    assert_string_equal(t_message(&t, (unsigned) revoke)->content->revoke
                        ->message_id, "");

    /* of who is there, and of what nobody here has said, they stay */

    assert_string_equal(answered(&t, ours_too), BOB_SAID);
    assert_string_equal(answered(&t, bob_too), "wamid.UNKNOWN");
    assert_string_equal(t_message(&t, (unsigned) pin_too)->content->pin
                        ->message_id, BOB_SAID);
    assert_string_equal(reacted(&t, cid_too), BOB_SAID);
    assert_string_equal(t_message(&t, (unsigned) bob)->content->text->body,
                        "so do I");

    if (!sealed) {
        replays(&t);
    }

    t_close(&t);
}


static void
ids_of_what_they_said_go(void **state)
{
    (void) state;
    ids_go(false, PL_ERASE_ROWS);
    ids_go(false, 1);
    ids_go(true, PL_ERASE_ROWS);
}


/* It was never here, or is blank: the id says itself whose it was. */

static void
an_id_that_holds_a_number_goes(void **state)
{
    uint64_t    ana, cid, like, raw;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, ANA, "wamid.GA1", SECRET);
    ana = quotes(&t, BOB, "wamid.GB1", ANA_REAL, NULL);
    cid = quotes(&t, BOB, "wamid.GB2", CID_REAL, NULL);
    like = reacts(&t, BOB, "wamid.GB3", ANA_REAL);
    raw = in_group(&t, BOB, "wamid.GB4", "\"type\":\"novelty\",\"context\":{"
                   "\"from\":\"" ANA "\",\"id\":\"" ANA_REAL "\"}");
    assert_true(t_message(&t, (unsigned) raw)->content->has_raw);

    gone(&t, 1);

    assert_null(answered(&t, ana));
    assert_string_equal(answered(&t, cid), CID_REAL);
    assert_string_equal(reacted(&t, like), "");
    assert_false(t_message(&t, (unsigned) raw)->content->has_raw);
    assert_null(answered(&t, raw));
    t_close(&t);
}


static void
what_is_quoted_late_has_no_id(void **state)
{
    uint64_t      id;
    t_engine_t    t;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, ANA, ANA_REAL, SECRET);
    (void) says_there(&t, BOB, BOB_SAID, "hi");
    gone(&t, PL_ERASE_ROWS);
    t_pass(&t, 5000);

    id = quotes(&t, BOB, "wamid.GB2", ANA_SAID, ANA);
    m = t_message(&t, (unsigned) id);
    assert_null(m->reply_to);
    assert_null(m->context->from);
    assert_null(answered(&t, quotes(&t, BOB, "wamid.GB3", ANA_REAL, NULL)));
    assert_string_equal(reacted(&t, reacts(&t, BOB, "wamid.GB4", ANA_REAL)),
                        "");

    id = quotes(&t, BOB, "wamid.GB5", CID_REAL, CID);
    m = t_message(&t, (unsigned) id);
    assert_string_equal(m->reply_to, CID_REAL);
    assert_string_equal(m->context->from, CID);

    /* who is back is quoted as anybody */

    (void) says_there(&t, ANA, "wamid.GA9", "hello");
    id = quotes(&t, BOB, "wamid.GB6", ANA_REAL, ANA);
    assert_string_equal(answered(&t, id), ANA_REAL);
    t_close(&t);
}


/* A group's `read` of each member comes when they look. */

static void
what_is_read_late_names_nobody_gone(void **state)
{
    size_t        i;
    char          item[512];
    uint64_t      id, epoch, effects[4];
    t_engine_t    t;
    Pl__Message  *m;

    static const char *const  who[] = { ANA, BOB };

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, ANA, ANA_SAID, SECRET);
    id = we_answer(&t, ANA_SAID);
    epoch = t_sender(&t, false, NULL);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    t_result(&t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    gone(&t, PL_ERASE_ROWS);

    for (i = 0; i < 2; i++) {
        (void) snprintf(item, sizeof(item),
            "{\"id\":\"%s\",\"status\":\"read\",\"timestamp\":\"%" PRId64
            "\",\"recipient_type\":\"group\",\"recipient_id\":\"" GROUP_ID
            "\",\"recipient_participant_id\":\"%s\"}",
            t_message(&t, (unsigned) id)->provider_id, t.wall_ms / 1000,
            who[i]);
        (void) t_items(&t, "statuses", item);
        t_fold(&t);
    }

    m = t_message(&t, (unsigned) id);
    assert_int_equal(m->state, PL__MESSAGE_STATE__MESSAGE_STATE_READ);
    assert_int_equal(m->n_participants, 1);
    assert_string_equal(m->participants[0]->phone, BOB);
    t_close(&t);
}


/* What waits to be sent goes without what it quotes; a pin that names nothing
   is none. */

static void
what_waits_goes_without(void **state)
{
    uint64_t           epoch, effects[4];
    t_engine_t         t;
    Pl__Message       *m;
    const pl_channel_conf_t  *conf;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, ANA, ANA_SAID, SECRET);
    (void) we_answer(&t, ANA_SAID);
    m = t_message(&t, (unsigned) we_pin(&t, ANA_SAID));
    conf = pl_settings_channel(pl_fold_settings(t.fold), 1);
    t_ok(&t, conf->provider->check(m, &t.err));

    gone(&t, PL_ERASE_ROWS);

    epoch = t_sender(&t, false, NULL);
    assert_int_equal(t_attempt(&t, epoch, effects), 1);
    m = t_message(&t, (unsigned) t_rows(&t, PL_TABLE_MESSAGES) - 1);
    assert_int_equal(conf->provider->check(m, &t.err), PL_INVALID);
    assert_string_equal(t.err.path, "content.pin.message_id");
    t_close(&t);
}


/* "wamid.M0" and so on. */

static void
they_say(t_engine_t *t, unsigned n)
{
    char      *items, *p;
    size_t     left;
    unsigned   i, k;

    items = malloc(6144);
    assert_non_null(items);

    for (i = 0; i < n; /* void */) {
        for (k = 0, p = items; k < 32 && i < n; k++, i++) {
            left = (size_t) (items + 6144 - p);
            p += snprintf(p, left, "%s{\"from\":\"" ANA "\",\"group_id\":\""
                          GROUP_ID "\",\"id\":\"wamid.M%u\",\"timestamp\":\"%"
                          PRId64 "\",\"type\":\"text\",\"text\":{\"body\":"
                          "\"x\"}}", k == 0 ? "" : ",", i, t->wall_ms / 1000);
        }

        (void) t_items(t, "messages", items);
        t_fold(t);
    }

    free(items);
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), n);
}


/* Of the erasure that is under way, as the sender has it done. */

static void
a_step(t_engine_t *t, const Pl__Erasure *e, uint32_t rows)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__EraseStep  in = PL__ERASE_STEP__INIT;

    in.tenant = e->tenant;
    in.entry = e->entry;
    in.rows = rows;
    in.has_retired = e->n_retired != 0;
    in.retired = (uint32_t) e->n_retired;
    command.of_case = PL__COMMAND__OF_ERASE_STEP;
    command.erase_step = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
no_groups(t_engine_t *t)
{
    pl_str_t    key, value;
    pl_txn_t   *txn;
    pl_scan_t  *scan;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_store_scan(txn, PL_TABLE_GROUPS, PL_STR_NULL, false, &scan,
                          &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        t_ok(t, pl_store_scan_del(scan, &t->err));
    }

    pl_store_scan_end(scan);
    t_ok(t, pl_store_commit(txn, &t->err));
    assert_int_equal(t_rows(t, PL_TABLE_GROUPS), 0);
}


/* So many are looked for at a time; rows: of a step. */

static void
many(unsigned n)
{
    char        id[32];
    uint64_t    first, last, living;
    t_engine_t  t;

    t_open(&t);
    t_configure(&t);
    they_say(&t, n);
    (void) says_there(&t, BOB, BOB_SAID, "hi");
    first = quotes(&t, BOB, "wamid.GB2", "wamid.M0", NULL);
    (void) snprintf(id, sizeof(id), "wamid.M%u", n - 1);
    last = quotes(&t, BOB, "wamid.GB3", id, NULL);
    living = quotes(&t, BOB, "wamid.GB4", BOB_SAID, NULL);

    gone(&t, PL_ERASE_ROWS);

    assert_null(answered(&t, first));
    assert_null(answered(&t, last));
    assert_string_equal(answered(&t, living), BOB_SAID);
    assert_true(t_message(&t, n - 1)->has_erased);
    assert_int_equal(((Pl__Erasure *) t_row(&t, PL_TABLE_ERASURES, 0,
                     &pl__erasure__descriptor))->n_quoted, 0);
    t_close(&t);
}


static void
as_many_as_there_is_room_for_and_one_more(void **state)
{
    (void) state;
    many(PL_ERASE_QUOTED_MAX);
    many(PL_ERASE_QUOTED_MAX + 1);
}


/* Who came back is somebody, whichever of two forms they write under. */

static void
who_is_back_is_quoted_by_either_form(void **state)
{
    uint64_t      id;
    t_engine_t    t;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, MX_521, MX_REAL, SECRET);
    (void) erase(&t, MX_521, 0);
    assert_true(go_on(&t, PL_ERASE_ROWS) > 0);

    m = t_message(&t, (unsigned) quotes(&t, BOB, "wamid.GB6", MX_REAL,
                                        MX_521));
    assert_null(m->reply_to);
    assert_null(m->context->from);

    t_pass(&t, 5000);
    (void) says_there(&t, MX_52, "wamid.GM2", "I am back");
    id = quotes(&t, BOB, "wamid.GB7", MX_REAL, MX_521);
    m = t_message(&t, (unsigned) id);
    assert_string_equal(m->reply_to, MX_REAL);
    assert_string_equal(m->context->from, MX_521);
    t_close(&t);
}


/* What was set aside of another's, who quotes them by an id alone. */

static void
set_aside(t_engine_t *t, const char *wamid, const char *id)
{
    char  more[512];

    (void) snprintf(more, sizeof(more),
        "\"type\":\"text\",\"text\":{\"body\":[\"x\"]},\"context\":{"
        "\"id\":\"%s\"}", id);
    (void) in_group(t, BOB, wamid, more);
}


static void
what_is_set_aside_with_their_number_in_an_id_goes(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) says_there(&t, ANA, ANA_REAL, SECRET);
    set_aside(&t, "wamid.Q1", ANA_REAL);
    set_aside(&t, "wamid.Q2", CID_REAL);
    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 2);

    gone(&t, PL_ERASE_ROWS);

    assert_int_equal(t_rows(&t, PL_TABLE_QUARANTINE), 1);
    t_close(&t);
}


/* A walk that has begun goes on, though there are no groups any more. */

static void
groups_may_go_meanwhile(void **state)
{
    unsigned      n = PL_ERASE_QUOTED_MAX + 1, steps;
    t_engine_t    t;
    Pl__Erasure  *e;

    (void) state;
    alarm(300);                         /* it would go on for ever in apply */
    t_open(&t);
    t_configure(&t);
    they_say(&t, n);
    (void) erase(&t, ANA, 0);

    for (steps = 0, e = NULL; steps < 100; steps++) {
        e = (Pl__Erasure *) t_row(&t, PL_TABLE_ERASING, 0,
                                  &pl__erasure__descriptor);
        if (e->has_again) {
            break;
        }

        a_step(&t, e, PL_ERASE_ROWS);
    }

    assert_true(e->has_again);
    no_groups(&t);
    assert_true(go_on(&t, PL_ERASE_ROWS) > 0);
    assert_int_equal(t_rows(&t, PL_TABLE_ERASING), 0);
    assert_true(t_message(&t, n - 1)->has_erased);
    (void) alarm(0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(ids_of_what_they_said_go),
        cmocka_unit_test(an_id_that_holds_a_number_goes),
        cmocka_unit_test(what_is_quoted_late_has_no_id),
        cmocka_unit_test(what_is_read_late_names_nobody_gone),
        cmocka_unit_test(what_waits_goes_without),
        cmocka_unit_test(as_many_as_there_is_room_for_and_one_more),
        cmocka_unit_test(who_is_back_is_quoted_by_either_form),
        cmocka_unit_test(what_is_set_aside_with_their_number_in_an_id_goes),
        cmocka_unit_test(groups_may_go_meanwhile),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("engine_erase_group", tests, NULL,
                                       NULL);
}
