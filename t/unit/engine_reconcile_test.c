/*
 * The engine: what bounds the reading of a provider's list of messages: the
 * age of what is missed, pages, and what a page may hold; and that it is read
 * each day. The whole of it, with a sender and a provider, is in
 * t/97-reconcile.t.
 */

#include "room.h"
#include "sealed.h"
#include "../../src/engine/errand.h"
#include "../../src/engine/reconcile.h"

#define DAY_MS   PL_RECONCILE_DAY_MS
#define ACCOUNT  "AC00000000000000000000000000000001/+31620000000"
#define FORM_MAX  256
#define FORM                                                                  \
    "AccountSid=AC00000000000000000000000000000001&MessageSid=%s"             \
    "&From=%%2B31612345678&To=%%2B31620000000&Body=hello&SmsStatus=received"
#define SENT                                                                  \
    "AccountSid=AC00000000000000000000000000000001&MessageSid=%s"             \
    "&From=%%2B31620000000&To=%%2B31612345678&MessageStatus=delivered"

typedef struct {
    t_engine_t  t;
    uint64_t    epoch;
} test_t;


static void
begin(test_t *test)
{
    t_open(&test->t);
    test->t.provider = "twilio";
    test->t.account = ACCOUNT;
    t_configure(&test->t);
    test->epoch = t_sender(&test->t, true, NULL);
    t_pass(&test->t, 1000);
}


static Pl__ReconcileState *
state_of(test_t *test)
{
    Pl__ChannelState  *state;

    state = (Pl__ChannelState *) t_row(&test->t, PL_TABLE_CHANNEL_STATES, 0,
                                       &pl__channel_state__descriptor);
    assert_non_null(state);
    assert_non_null(state->reconcile);

    return state->reconcile;
}


static void
ask(test_t *test)
{
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__ReconcileRequest    request = PL__RECONCILE_REQUEST__INIT;

    request.tenant = 1;
    request.channel = 1;
    command.of_case = PL__COMMAND__OF_RECONCILE_REQUEST;
    command.reconcile_request = &request;

    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);
}


/* The page that is due, on the wire now. */

static Pl__Effect *
out(test_t *test)
{
    size_t               i, n;
    pl_due_t             due[8];
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__AttemptRecord   *attempt;

    n = t_due(&test->t, test->t.wall_ms, false, due, 8);

    for (i = 0; i < n && due[i].attempt.lane != PL__LANE__LANE_SYNC; i++) {
        /* void */
    }

    assert_true(i < n);
    due[i].attempt.epoch = test->epoch;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &due[i].attempt;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    attempt = (Pl__AttemptRecord *) t_row(&test->t, PL_TABLE_ATTEMPTS, 0,
                                          &pl__attempt_record__descriptor);
    assert_non_null(attempt);
    assert_int_equal(attempt->effect->of_case, PL__EFFECT__OF_RECONCILE);

    return attempt->effect;
}


static void
answer(test_t *test, const Pl__Effect *effect, Pl__MessageListing *listing)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__SendResult   result = PL__SEND_RESULT__INIT;

    result.effect = effect->id;
    result.epoch = test->epoch;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.messages = listing;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);
}


/* A page of n messages, the i-th of which is as old as that. */

static void
page(test_t *test, const char *name, size_t n, const int64_t *age_ms,
    const char *after)
{
    char                 forms[PL_RECONCILE_PAGE + 1][256];
    char                 ids[PL_RECONCILE_PAGE + 1][48];
    size_t               i;
    Pl__Effect          *effect = out(test);
    Pl__ListedMessage    rows[PL_RECONCILE_PAGE + 1];
    Pl__ListedMessage   *list[PL_RECONCILE_PAGE + 1];
    Pl__MessageListing   listing = PL__MESSAGE_LISTING__INIT;

    for (i = 0; i < n; i++) {
        (void) snprintf(ids[i], sizeof(ids[i]), "SM%s%zu", name, i);
        (void) snprintf(forms[i], sizeof(forms[i]), FORM, ids[i]);
        pl__listed_message__init(&rows[i]);
        rows[i].id = ids[i];
        rows[i].form.data = (uint8_t *) forms[i];
        rows[i].form.len = strlen(forms[i]);
        rows[i].time_s = (test->t.wall_ms - (age_ms == NULL ? 0 : age_ms[i]))
                         / 1000;
        list[i] = &rows[i];
    }

    listing.n_messages = n;
    listing.messages = list;
    listing.after = (char *) (uintptr_t) after;

    answer(test, effect, &listing);
}


static void
each_day_it_is_read(void **state)
{
    test_t                test;
    int64_t               due_ms;
    Pl__Effect           *effect;

    (void) state;
    begin(&test);

    assert_true(state_of(&test)->has_effect);
    assert_true(state_of(&test)->has_since_ms);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);

    /* armed once, however often a sender starts */

    test.epoch = t_sender(&test.t, true, NULL);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);

    t_pass(&test.t, DAY_MS);
    page(&test, "a", 1, NULL, NULL);
    page(&test, "b", 0, NULL, NULL);
    assert_int_equal(state_of(&test)->last_read, 1);
    assert_int_equal(state_of(&test)->last_missed, 1);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 1);
    assert_int_equal(t_counted(&test.t, "reconciliations", "read"), 1);

    effect = (Pl__Effect *) t_row(&test.t, PL_TABLE_OUTBOX,
                                  (unsigned) t_rows(&test.t, PL_TABLE_OUTBOX)
                                  - 1, &pl__effect__descriptor);
    assert_int_equal(effect->of_case, PL__EFFECT__OF_RECONCILE);
    due_ms = effect->due_ms;
    assert_int_equal(due_ms, test.t.wall_ms + DAY_MS);
    assert_int_equal(effect->reconcile->from_ms,
                     state_of(&test)->whole_ms - DAY_MS);
    t_close(&test.t);
}


/* What is older than the channel is known, or too old to be known again. */

static void
what_is_old_is_not_missed(void **state)
{
    test_t   test;
    int64_t  ages[4];

    (void) state;
    begin(&test);
    ask(&test);

    ages[0] = 0;
    ages[1] = DAY_MS;                   /* before the channel was known */
    page(&test, "a", 2, ages, NULL);
    page(&test, "b", 0, NULL, NULL);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 1);

    t_pass(&test.t, 20 * DAY_MS);
    ask(&test);
    ages[0] = PL_RECONCILE_AGE_MS - 60000;
    ages[1] = PL_RECONCILE_AGE_MS + 60000;
    page(&test, "c", 2, ages, NULL);
    page(&test, "d", 0, NULL, NULL);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 2);

    /* once more, and what was missed is known */

    ask(&test);
    page(&test, "c", 2, ages, NULL);
    page(&test, "d", 0, NULL, NULL);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 2);
    t_close(&test.t);
}


static void
pages_end(void **state)
{
    test_t    test;
    unsigned  i;

    (void) state;
    begin(&test);
    ask(&test);

    for (i = 1; i < PL_RECONCILE_PAGES_MAX; i++) {
        page(&test, "a", 0, NULL, "/next");
        assert_null(state_of(&test)->error);
    }

    page(&test, "a", 0, NULL, "/next");
    assert_string_equal(state_of(&test)->error,
                        "more pages than are read");
    assert_int_equal(t_counted(&test.t, "reconciliations", "failed"), 1);

    /* as many to a page as were asked for, and one more */

    ask(&test);
    page(&test, "b", PL_RECONCILE_PAGE, NULL, NULL);
    page(&test, "c", 0, NULL, NULL);
    assert_null(state_of(&test)->error);
    assert_int_equal(state_of(&test)->last_missed, PL_RECONCILE_PAGE);

    ask(&test);
    page(&test, "d", PL_RECONCILE_PAGE + 1, NULL, NULL);
    assert_string_equal(state_of(&test)->error,
                        "a page longer than asked for");
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"),
                     PL_RECONCILE_PAGE);
    t_close(&test.t);
}


/* nginx.conf as it is now, with one channel. */

static void
publish(test_t *test, uint64_t generation, const char *provider,
    const char *account, const char *channel)
{
    pl_appended_t  out;

    test->t.provider = provider;
    test->t.account = account;
    t_ok(&test->t, t_publish(&test->t, generation, T_FLOW, channel, &out));
    assert_true(out.published);
    t_fold(&test->t);
}


/* What came while it was not here, or to another account, was never ours. */

static void
what_was_away_begins_anew(void **state)
{
    test_t   test;
    int64_t  ages[3] = { 0, DAY_MS / 2, 3 * DAY_MS };

    (void) state;
    begin(&test);
    t_pass(&test.t, 2 * DAY_MS);
    ask(&test);
    page(&test, "a", 0, NULL, NULL);
    page(&test, "b", 0, NULL, NULL);
    assert_true(state_of(&test)->has_whole_ms);

    t_pass(&test.t, DAY_MS);
    publish(&test, 2, NULL, NULL, "away");
    t_pass(&test.t, DAY_MS);
    publish(&test, 3, "twilio", ACCOUNT, "main");
    assert_int_equal(state_of(&test)->since_ms, test.t.wall_ms);
    assert_false(state_of(&test)->has_whole_ms);

    ask(&test);
    page(&test, "c", 3, ages, NULL);
    page(&test, "d", 0, NULL, NULL);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 1);
    assert_true(state_of(&test)->has_whole_ms);

    t_pass(&test.t, DAY_MS);
    publish(&test, 4, "twilio", ACCOUNT "9", "main");
    assert_int_equal(state_of(&test)->since_ms, test.t.wall_ms);
    assert_false(state_of(&test)->has_whole_ms);

    /* the same account, with something else that is new */

    t_pass(&test.t, DAY_MS);
    test.t.resend_ms = 60000;
    publish(&test, 5, "twilio", ACCOUNT "9", "main");
    assert_int_equal(state_of(&test)->since_ms, test.t.wall_ms - DAY_MS);
    t_close(&test.t);
}


/* A sender that runs already reads what a reload adds. */

static void
a_reload_arms_it(void **state)
{
    test_t  test;

    (void) state;
    t_open(&test.t);
    t_configure(&test.t);
    test.epoch = t_sender(&test.t, true, NULL);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 0);

    publish(&test, 2, "twilio", ACCOUNT, "sms");
    assert_true(state_of(&test)->has_effect);
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);

    test.t.resend_ms = 60000;
    publish(&test, 3, "twilio", ACCOUNT, "sms");
    assert_int_equal(t_rows(&test.t, PL_TABLE_OUTBOX), 1);
    t_close(&test.t);
}


/* "OK" to a person: on the wire, and given up; its number among messages. */

static unsigned
doubt(test_t *test, uint8_t key)
{
    size_t             i, n;
    uint8_t            bytes[16];
    pl_due_t           due[8];
    Pl__Text           text = PL__TEXT__INIT;
    Pl__Address        to = PL__ADDRESS__INIT;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Content        content = PL__CONTENT__INIT;
    Pl__SendRequest    send = PL__SEND_REQUEST__INIT;

    memset(bytes, key, sizeof(bytes));
    text.body = (char *) "OK";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    to.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    to.value = (char *) "31612345678";
    send.tenant = send.channel = 1;
    send.key.data = bytes;
    send.key.len = sizeof(bytes);
    send.address = &to;
    send.content = &content;
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &send;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    n = t_due(&test->t, test->t.wall_ms, false, due, 8);

    for (i = 0; i < n && due[i].attempt.lane == PL__LANE__LANE_SYNC; i++) {
        /* void */
    }

    assert_true(i < n);
    due[i].attempt.epoch = test->epoch;
    command.of_case = PL__COMMAND__OF_ATTEMPT;
    command.attempt = &due[i].attempt;
    (void) t_append(&test->t, &command, NULL);
    t_fold(&test->t);

    t_pass(&test->t, 30000);
    t_result(&test->t, due[i].attempt.effect, test->epoch,
             PL__OUTCOME__OUTCOME_UNKNOWN, 0);

    return (unsigned) t_rows(&test->t, PL_TABLE_MESSAGES) - 1;
}


/* The list has the same words, that left then; made_s 0: it says no more. */

static void
listed(test_t *test, unsigned n, int64_t time_s, int64_t made_s)
{
    char                 form[256], id[48];
    Pl__ListedMessage    row = PL__LISTED_MESSAGE__INIT;
    Pl__ListedMessage   *list[1];
    Pl__MessageListing   listing = PL__MESSAGE_LISTING__INIT;

    (void) snprintf(id, sizeof(id), "SMout%u", n);
    (void) snprintf(form, sizeof(form), SENT, id);
    row.id = id;
    row.form.data = (uint8_t *) form;
    row.form.len = strlen(form);
    row.text = (char *) "OK";
    row.time_s = time_s;
    row.has_made_s = made_s != 0;
    row.made_s = made_s;
    list[0] = &row;
    listing.n_messages = 1;
    listing.messages = list;

    ask(test);
    page(test, "none", 0, NULL, NULL);
    answer(test, out(test), &listing);
    assert_null(state_of(test)->error);
}


/* The same words, of an hour later: somebody else's. */

static void
who_says_the_same_later_is_not_it(void **state)
{
    test_t     test;
    size_t     i;
    int64_t    asked_s, given_up_s, time_s;
    unsigned   at;

    static const struct {
        int64_t   early_s, late_s;      /* of when it was asked for; given up */
        bool      made, is;
    } rows[] = {
        { 0, 3600, true, false },       /* by hand, an hour later */
        { 0, 61, true, false },
        { 0, 60, true, true },          /* the other clock is ahead */
        { 61, 0, true, false },
        { 60, 0, true, true },
        { 0, 36061, false, false },     /* when it left: it may have waited */
        { 0, 36060, false, true },
    };

    (void) state;
    begin(&test);

    for (i = 0; i < PL_COUNT(rows); i++) {
        t_pass(&test.t, DAY_MS);
        asked_s = test.t.wall_ms / 1000;
        at = doubt(&test, (uint8_t) (i + 1));
        given_up_s = test.t.wall_ms / 1000;
        assert_int_equal(t_message(&test.t, at)->state,
                         PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN);

        time_s = rows[i].early_s != 0 ? asked_s - rows[i].early_s
                                      : given_up_s + rows[i].late_s;
        t_pass(&test.t, 12 * 3600 * 1000);
        listed(&test, at, time_s, rows[i].made ? time_s : 0);
        assert_int_equal(t_message(&test.t, at)->state, rows[i].is
                         ? PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED
                         : PL__MESSAGE_STATE__MESSAGE_STATE_UNKNOWN);
    }

    t_close(&test.t);
}


/* A page with a message whose files are to be asked for. */

static void
misses(test_t *test, char form[FORM_MAX])
{
    Pl__ListedMessage    row = PL__LISTED_MESSAGE__INIT, *rows[1] = { &row };
    Pl__MessageListing   listing = PL__MESSAGE_LISTING__INIT;

    (void) snprintf(form, FORM_MAX, FORM, "SMfiles");
    row.id = (char *) "SMfiles";
    row.form.data = (uint8_t *) form;
    row.form.len = strlen(form);
    row.time_s = test->t.wall_ms / 1000;
    row.has_files = row.files = 1;
    listing.n_messages = 1;
    listing.messages = rows;

    ask(test);
    answer(test, out(test), &listing);
}


/*
 * What somebody wrote waits in a queue while its files are asked for: as
 * sealed as it will be where it is kept.
 */

static void
what_waits_for_its_files_is_sealed(void **state)
{
    bool                 found = false;
    char                 form[FORM_MAX];
    int                  i;
    test_t               test;
    Pl__Effect          *effect;
    Pl__MessageListing   none = PL__MESSAGE_LISTING__INIT;

    (void) state;
    begin(&test);
    sealing(&test.t);

    misses(&test, form);
    assert_int_equal(grep(&test.t, "state/data.mdb", "Body=hello"), 0);

    for (i = 0; i < 2 && !found; i++) {
        effect = out(&test);
        found = effect->reconcile->missed != NULL;

        if (found) {
            assert_memory_equal(effect->reconcile->missed->form.data, form,
                                strlen(form));
        }

        assert_int_equal(grep(&test.t, "state/data.mdb", "Body=hello"), 0);
        answer(&test, effect, &none);
    }

    assert_true(found);
    assert_int_equal(t_counted(&test.t, "reconciled", "missed"), 1);
    assert_string_equal(t_message(&test.t, 0)->content->text->body, "hello");
    assert_int_equal(grep(&test.t, "state/data.mdb", "Body=hello"), 0);
    t_close(&test.t);
}


/* A backup of when it waited, behind all keys that a delete takes. */

static unsigned
told(t_engine_t *t, pl_table_e table)
{
    unsigned     n = 0;
    pl_str_t     key, value;
    pl_txn_t    *txn = t_read(t);
    pl_scan_t   *scan;

    t_ok(t, pl_store_scan(txn, table, PL_STR_NULL, false, &scan, &t->err));

    while (pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK) {
        n += memmem(value.data, value.len, "Body=hello", 10) != NULL;
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return n;
}


static void
what_waited_goes_with_the_journal(void **state)
{
    char                 form[FORM_MAX], copy[256], to[256];
    test_t               test;
    uint64_t             contact;
    Pl__Effect          *effect;
    pl_store_conf_t      conf;
    Pl__MessageListing   none = PL__MESSAGE_LISTING__INIT;

    (void) state;
    begin(&test);
    sealing(&test.t);

    misses(&test, form);

    (void) snprintf(copy, sizeof(copy), "%s/copy.mdb", test.t.dir);
    t_ok(&test.t, pl_store_copy(test.t.st, PL_ENV_STATE, copy, false,
                                &test.t.err));

    effect = out(&test);
    answer(&test, effect, &none);

    if (effect->reconcile->missed == NULL) {
        answer(&test, out(&test), &none);
    }

    contact = t_message(&test.t, 0)->contact;
    t_ok(&test.t, pl_store_forget(test.t.st, contact, &test.t.err));
    t_ok(&test.t, pl_slots_period_end(test.t.st->slots, &test.t.err));
    t_ok(&test.t, pl_slots_forget_periods(test.t.st->slots, UINT64_MAX,
                                          &test.t.err));

    pl_fold_destroy(test.t.fold);
    pl_store_close(test.t.st);
    (void) snprintf(to, sizeof(to), "%s/state/data.mdb", test.t.dir);
    assert_int_equal(rename(copy, to), 0);
    memset(&conf, 0, sizeof(conf));
    conf.dir = test.t.dir;
    conf.read_age_ms = conf.write_age_ms = T_AGE_MS;
    t_ok(&test.t, pl_store_open(&test.t.st, &conf, &test.t.err));
    t_ok(&test.t, pl_journal_open(test.t.st, &test.t.clock, &test.t.err));
    t_ok(&test.t, pl_fold_create(&test.t.fold, test.t.st, test.t.st, NULL,
                                 test.t.codec, &test.t.clock, &test.t.err));

    assert_int_equal(told(&test.t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(told(&test.t, PL_TABLE_ATTEMPTS), 0);
    t_close(&test.t);
}


/* Each of a page's rows may look through all that was said last. */

static void
rows_behind_much_that_was_said(void **state)
{
    char                 forms[5][256], ids[5][16];
    size_t               i;
    test_t               test;
    Pl__ListedMessage    rows[5], *list[5];
    Pl__MessageListing   listing = PL__MESSAGE_LISTING__INIT;

    (void) state;
    begin(&test);
    ask(&test);
    page(&test, "a", PL_NEWEST_MAX, NULL, NULL);
    page(&test, "b", 0, NULL, NULL);
    swell(&test.t, PL_TABLE_MESSAGES, &pl__message__descriptor, room_message);

    for (i = 0; i < PL_COUNT(rows); i++) {
        (void) snprintf(ids[i], sizeof(ids[i]), "SMother%zu", i);
        (void) snprintf(forms[i], sizeof(forms[i]), SENT, ids[i]);
        pl__listed_message__init(&rows[i]);
        rows[i].id = ids[i];
        rows[i].form.data = (uint8_t *) forms[i];
        rows[i].form.len = strlen(forms[i]);
        rows[i].text = (char *) "OK";
        rows[i].time_s = test.t.wall_ms / 1000;
        list[i] = &rows[i];
    }

    listing.n_messages = PL_COUNT(rows);
    listing.messages = list;
    ask(&test);
    answer(&test, out(&test), &listing);
    page(&test, "c", 0, NULL, NULL);
    assert_null(state_of(&test)->error);
    assert_int_equal(state_of(&test)->last_read, PL_COUNT(rows));
    t_close(&test.t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(each_day_it_is_read),
        cmocka_unit_test(what_is_old_is_not_missed),
        cmocka_unit_test(pages_end),
        cmocka_unit_test(what_was_away_begins_anew),
        cmocka_unit_test(a_reload_arms_it),
        cmocka_unit_test(who_says_the_same_later_is_not_it),
        cmocka_unit_test(what_waits_for_its_files_is_sealed),
        cmocka_unit_test(what_waited_goes_with_the_journal),
        cmocka_unit_test(rows_behind_much_that_was_said),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
