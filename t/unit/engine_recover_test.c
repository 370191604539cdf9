/*
 * The engine: what it costs to begin anew. A sender that ends with as many
 * attempts on the wire as there can be, each of a long message, leaves them
 * to one SenderStart; and a Release looks at as many holds as it may.
 */

#include "hold.h"
#include "later.h"

#define RECOVER_WORDS  40
#define RECOVER_HOLDS  20000

static char  recover_text[1025];


static int
setup(void **state)
{
    t_engine_t  *t;

    t = calloc(1, sizeof(t_engine_t));
    assert_non_null(t);
    t_open(t);
    t_channels(t, 1, 1);
    memset(recover_text, 'w', sizeof(recover_text) - 1);
    *state = t;

    return 0;
}


static int
teardown(void **state)
{
    t_close(*state);
    free(*state);

    return 0;
}


/* One long message to each of as many people as can be on the wire. */

static void
asks_of_many(t_engine_t *t)
{
    char                     phone[16];
    size_t                   k;
    asked_t                  a;
    unsigned                 i;
    Pl__Command              command = PL__COMMAND__INIT;
    Pl__TemplateParameter    word = PL__TEMPLATE_PARAMETER__INIT;
    Pl__TemplateParameter   *words[RECOVER_WORDS];

    word.text = recover_text;

    for (k = 0; k < RECOVER_WORDS; k++) {
        words[k] = &word;
    }

    for (i = 0; i < PL_INFLIGHT_MAX; i++) {
        (void) snprintf(phone, sizeof(phone), "34600%06u", i);
        asked_to(&a, phone, "long");
        a.template.body = words;
        a.template.n_body = RECOVER_WORDS;
        command.of_case = PL__COMMAND__OF_SEND_REQUEST;
        command.send_request = &a.request;
        (void) t_append(t, &command, NULL);
    }

    t_fold(t);
}


static void
all_that_was_on_the_wire(void **state)
{
    unsigned     n;
    uint64_t     epoch, effects[64];
    t_engine_t  *t = *state;

    asks_of_many(t);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), PL_INFLIGHT_MAX);

    epoch = t_sender(t, true, NULL);

    for (n = 0; n < PL_INFLIGHT_MAX; n += 64) {
        assert_int_equal(t_attempt(t, epoch, effects), 64);
    }

    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), PL_INFLIGHT_MAX);

    (void) t_sender(t, false, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_UNKNOWN), PL_INFLIGHT_MAX);
}


/* A status while it was on the wire, of an attempt before, and then a crash. */

static void
what_a_status_told_of(void **state)
{
    uint64_t     epoch, id, effects[64];
    t_engine_t  *t = *state;

    id = sends(t, "one", 0, 0, NULL);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    (void) t_status(t, "delivered", id, T_NOW / 1000);
    t_fold(t);

    (void) t_sender(t, true, NULL);
    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
    stands(t, id, PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED, NULL);
}


/* Holds by the thousand, each with all that a person may say of it. */

static void
as_many_holds_as_a_release_sees(void **state)
{
    char              name[32];
    pl_key_t          key;
    pl_txn_t         *txn;
    unsigned          i;
    t_engine_t       *t = *state;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__Release       release = PL__RELEASE__INIT;
    pl_hold_place_t   place;
    Pl__HoldRecord    row = PL__HOLD_RECORD__INIT;

    t_pause(t, t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, "over"),
            1000);

    row.since_ms = t->wall_ms;
    row.actor = (char *) "maria";
    row.reason = recover_text;

    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));

    for (i = 0; i < RECOVER_HOLDS; i++) {
        (void) snprintf(name, sizeof(name), "name_%05u", i);
        place = t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN, name);
        pl_hold_key(&key, &place, PL__HOLD_CAUSE__HOLD_CAUSE_PERSON);
        t_ok(t, pl_record_put(txn, PL_TABLE_HOLDS, pl_key_str(&key),
                              &row.base, false, &t->err));
    }

    t_ok(t, pl_store_commit(txn, &t->err));

    t_pass(t, 2000);
    release.rows = 1;
    command.of_case = PL__COMMAND__OF_RELEASE;
    command.release = &release;
    (void) t_append(t, &command, NULL);
    t_fold(t);

    assert_int_equal(t_rows(t, PL_TABLE_HOLDS), RECOVER_HOLDS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(all_that_was_on_the_wire, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(as_many_holds_as_a_release_sees,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_status_told_of, later_setup,
                                        later_teardown),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
