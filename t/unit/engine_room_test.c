/*
 * The engine: items that go over many rows. Each row here is small on disk
 * and large in memory, so that all of them are more than an item's arena
 * has; whoever holds more than one at a time would stop the fold for good.
 */

#include "../../src/engine/age.h"
#include "../../src/engine/erase.h"
#include "../../src/engine/seen.h"
#include "later.h"
#include "room.h"
#include "zones.h"


static void
folds(t_engine_t *t, Pl__Command *command)
{
    t_pass(t, LATER_SECOND);
    (void) t_append(t, command, NULL);
    t_fold(t);
}


/* They sent as much as a walk has to look at, none of it to be answered. */

static void
much_is_said(t_engine_t *t)
{
    char      wamid[32];
    unsigned  i;

    for (i = 0; i < ROOM_ROWS; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.%u", i);
        (void) t_located(t, LATER_PHONE, wamid, t->wall_ms / 1000);
    }

    t_fold(t);
    swell(t, PL_TABLE_MESSAGES, &pl__message__descriptor, room_message);
}


static Pl__Contact *
person(t_engine_t *t)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                 &pl__contact__descriptor);
}


static Pl__Conversation *
conversation(t_engine_t *t)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
}


static void
reads(t_engine_t *t, uint64_t message, bool receipt)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__MarkRead   in = PL__MARK_READ__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = person(t)->id;
    in.message = message;
    in.has_receipt = in.receipt = receipt;
    command.of_case = PL__COMMAND__OF_MARK_READ;
    command.mark_read = &in;
    folds(t, &command);
}


static void
much_is_read(void **state)
{
    uint64_t           id;
    t_engine_t        *t = *state;
    Pl__Conversation  *conv;

    (void) t_located(t, LATER_PHONE, "wamid.first", t->wall_ms / 1000);
    t_fold(t);
    id = conversation(t)->newest[0];
    much_is_said(t);
    reads(t, id, false);

    conv = conversation(t);
    assert_int_equal(conv->read_to, id);
    assert_int_equal(conv->unread, ROOM_ROWS);
}


/* Theirs is the last one that a receipt is looked for at. */

static void
a_receipt_behind_much_that_was_sent(void **state)
{
    uint64_t      first, id = 0;
    unsigned      i;
    t_engine_t   *t = *state;
    Pl__Effect   *effect;

    (void) t_located(t, LATER_PHONE, "wamid.first", t->wall_ms / 1000);
    t_fold(t);
    first = conversation(t)->newest[0];

    for (i = 1; i < PL_SEEN_WALK_MAX; i++) {
        id = sends(t, "note", 0, 0, NULL);
    }

    swell(t, PL_TABLE_MESSAGES, &pl__message__descriptor, room_message);
    reads(t, id, true);

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), PL_SEEN_WALK_MAX);
    effect = (Pl__Effect *) t_row(t, PL_TABLE_OUTBOX, PL_SEEN_WALK_MAX - 1,
                                  &pl__effect__descriptor);
    assert_int_equal(effect->of_case, PL__EFFECT__OF_MARK_SEEN);
    assert_int_equal(effect->mark_seen->message, first);
}


/* A campaign to them; at_ms 0: at once. */

static uint64_t
offered(t_engine_t *t, int64_t at_ms)
{
    asked_t  a;

    asked_to(&a, LATER_PHONE, "offer");
    asked_with(&a, at_ms, 0, NULL);
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;

    return ask(t, &a);
}


static void
consents(t_engine_t *t, Pl__ConsentState said)
{
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    in.tenant = 1;
    in.address = &address;
    in.category = (char *) PL_CONSENT_MARKETING;
    in.state = said;
    in.source = (char *) "form";
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    folds(t, &command);
}


/* What is to be sent later lies in front of all that they said. */

static void
stop_behind_much_that_was_said(void **state)
{
    uint64_t     id;
    t_engine_t  *t = *state;

    consents(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    id = offered(t, t->wall_ms + LATER_DAY);
    much_is_said(t);
    stands(t, id, SCHEDULED, NULL);

    (void) t_text(t, LATER_PHONE, "wamid.stop", t->wall_ms / 1000 + 1,
                  "STOP");
    t_fold(t);

    stands(t, id, FAILED, "consent.revoked");
    assert_int_equal(pl_contact_consent_state(person(t),
                                              PL_CONSENT_MARKETING),
                     PL_CONSENT_REVOKED);
}


/* Each that leaves a queue has its conversation put anew. */

static void
much_waits(t_engine_t *t)
{
    unsigned  i;

    consents(t, PL__CONSENT_STATE__CONSENT_STATE_GRANTED);

    for (i = 0; i < ROOM_ROWS; i++) {
        (void) offered(t, 0);
    }

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), ROOM_ROWS);
    swell(t, PL_TABLE_CONVERSATIONS, &pl__conversation__descriptor,
          room_conversation);
}


static void
revoked_while_much_waits(void **state)
{
    t_engine_t  *t = *state;

    much_waits(t);
    consents(t, PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_counted(t, "consent.revoked", ""), ROOM_ROWS);
    assert_int_equal(conversation(t)->n_variables, ROOM_PIECES);
}


static void
erased_while_much_waits(void **state)
{
    uint8_t       key[PL_REQUEST_KEY_LEN] = { 1 };
    Pl__Erase     in = PL__ERASE__INIT;
    t_engine_t   *t = *state;
    Pl__Command   command = PL__COMMAND__INIT;

    much_waits(t);
    in.tenant = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.has_contact = 1;
    in.contact = person(t)->id;
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;
    folds(t, &command);

    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_counted(t, "privacy", "unsent"), ROOM_ROWS);
    assert_int_equal(conversation(t)->n_variables, 0);
}


/* By the wall of Berlin; or one that ended so long ago. */

static void
many_timers(t_engine_t *t, const char *wall, int64_t ended_ms)
{
    pl_key_t         key;
    uint64_t         i;
    pl_apply_t       ap;
    Pl__Timer        timer = PL__TIMER__INIT;
    Pl__TimerSend    send = PL__TIMER_SEND__INIT;

    memset(&ap, 0, sizeof(ap));
    ap.ar = t->ar;
    ap.settings = pl_fold_settings(t->fold);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &ap.txn, &t->err));

    send.flow = (char *) "greeting";
    send.step = (char *) "greet";
    send.variables = room_variables();
    send.n_variables = ROOM_PIECES;
    timer.tenant = timer.channel = 1;
    timer.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    timer.party = timer.contact = 999;
    timer.of_case = PL__TIMER__OF_SEND;
    timer.send = &send;

    for (i = 0; i < ROOM_ROWS; i++) {
        timer.id = 1000000 + i;

        if (ended_ms == 0) {
            t_ok(t, pl_wall_arm(&ap, &timer, "Europe/Berlin", at(wall), 0,
                                &t->err));
        } else {
            pl_key_timer(&key, ended_ms | (int64_t) PL_TIMER_ENDED, timer.id);
            t_ok(t, pl_record_put(ap.txn, PL_TABLE_TIMERS, pl_key_str(&key),
                                  &timer.base, false, &t->err));
        }
    }

    t_ok(t, pl_store_commit(ap.txn, &t->err));
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), ROOM_ROWS);
}


static int64_t
last_due(t_engine_t *t)
{
    return ((Pl__Timer *) t_row(t, PL_TABLE_TIMERS, ROOM_ROWS - 1,
                                &pl__timer__descriptor))->due_ms;
}


/* Where the first of them stands: its key's instant. */

static int64_t
first_at(t_engine_t *t)
{
    int64_t     at_ms;
    pl_str_t    key, value;
    pl_txn_t   *txn = t_read(t);
    pl_scan_t  *scan;

    t_ok(t, pl_store_scan(txn, PL_TABLE_TIMERS, PL_STR_NULL, false, &scan,
                          &t->err));
    t_ok(t, pl_store_scan_next(scan, &key, &value, &t->err));
    at_ms = (int64_t) pl_be64(key.data);
    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return at_ms;
}


static void
many_timers_go_elsewhere(void **state)
{
    t_engine_t   *t = *state;
    Pl__Rezone    in = PL__REZONE__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    z_berlin(t, "2026a", Z_BERLIN);
    many_timers(t, "2027-07-01T09:00", 0);
    assert_int_equal(last_due(t), at("2027-07-01T07:00"));

    z_berlin(t, "2026b", Z_ABOLISHED);
    assert_true(meta(t)->has_rezone_ms);

    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_REZONE;
    command.rezone = &in;
    folds(t, &command);

    assert_false(meta(t)->has_rezone_ms);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), ROOM_ROWS);
    assert_int_equal(last_due(t), at("2027-07-01T08:00"));
}


static void
prunes(t_engine_t *t)
{
    Pl__Prune     in = PL__PRUNE__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.before_ms = t->wall_ms - 11 * LATER_DAY;
    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    folds(t, &command);
}


static void
many_timers_are_pruned(void **state)
{
    t_engine_t  *t = *state;

    many_timers(t, NULL, t->wall_ms - PL_TIMER_KEEP_MS - LATER_DAY);
    prunes(t);
    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), 0);
}


static void
a_clock_is_turned_over_many_timers(void **state)
{
    int64_t              due_ms;
    uint8_t              key[PL_REQUEST_KEY_LEN] = { 2 };
    t_engine_t          *t = *state;
    Pl__Command          command = PL__COMMAND__INIT;
    pl_appended_t        out;
    Pl__SandboxClock     in = PL__SANDBOX_CLOCK__INIT;
    Pl__TenantSettings   tenant = PL__TENANT_SETTINGS__INIT;

    tenant.has_sandbox = tenant.sandbox = 1;
    t->tenant = &tenant;
    t_ok(t, t_publish(t, 2, T_FLOW, "main", &out));
    t_fold(t);
    many_timers(t, "2027-07-01T09:00", 0);
    due_ms = first_at(t);

    in.tenant = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    in.offset_ms = LATER_DAY;
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_SANDBOX_CLOCK;
    command.sandbox_clock = &in;
    folds(t, &command);

    assert_int_equal(t_rows(t, PL_TABLE_TIMERS), ROOM_ROWS);
    assert_int_equal(first_at(t), due_ms - LATER_DAY);
}


/* A pass of retention with the most people and files that it takes. */

static void
a_prune_beside_a_large_pass(void **state)
{
    char            value[PL_ADDRESS_MAX + 1], name[2 * PL_SHA256_LEN + 1];
    char           *files[PL_ERASE_FILES_MAX];
    size_t          i;
    pl_key_t        key;
    pl_txn_t       *txn;
    t_engine_t     *t = *state;
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__Address    *addresses[48 * PL_ADDRESSES_MAX];
    Pl__Erasure     pass = PL__ERASURE__INIT;

    memset(value, 'a', sizeof(value) - 1);
    value[sizeof(value) - 1] = '\0';
    memset(name, 'f', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    address.value = address.given = value;

    for (i = 0; i < PL_COUNT(addresses); i++) {
        addresses[i] = &address;
    }

    for (i = 0; i < PL_COUNT(files); i++) {
        files[i] = name;
    }

    pass.tenant = PL_AGE_TENANT;
    pass.entry = 1;
    pass.began_ms = t->wall_ms;
    pass.phase = PL__ERASE_PHASE__ERASE_PHASE_FORGET;
    pass.addresses = addresses;
    pass.n_addresses = PL_COUNT(addresses);
    pass.files = files;
    pass.n_files = PL_COUNT(files);

    pl_key_tenant_seq(&key, pass.tenant, pass.entry);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_ERASING, pl_key_str(&key),
                          &pass.base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    prunes(t);
    assert_int_equal(t_rows(t, PL_TABLE_ERASING), 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(much_is_read, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_receipt_behind_much_that_was_sent,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(stop_behind_much_that_was_said,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(revoked_while_much_waits, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(erased_while_much_waits, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(many_timers_go_elsewhere, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(many_timers_are_pruned, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(a_clock_is_turned_over_many_timers,
                                        later_setup, later_teardown),
        cmocka_unit_test_setup_teardown(a_prune_beside_a_large_pass,
                                        later_setup, later_teardown),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
