/*
 * The engine: statuses that do not echo our number and come after the answer
 * to their send. They are told by the provider's id, among the newest
 * messages of whom they were sent to. And one that echoes a number which
 * cannot be ours.
 */

#include "engine.h"

#define ACCEPTED   PL__MESSAGE_STATE__MESSAGE_STATE_ACCEPTED
#define DELIVERED  PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED
#define PHONE      "5511987654321"      /* Brazil's, with its ninth digit */
#define OTHER      "551187654321"       /* and without */


/* A person has written, and the answer "wamid.OUT" was sent. */
static void
begin(t_engine_t *t)
{
    uint64_t  effects[64], epoch;

    t_open(t);
    t_configure(t);
    epoch = t_sender(t, true, NULL);
    t_text(t, PHONE, "wamid.A", T_NOW / 1000, "Hello");
    t_fold(t);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_message(t, 1)->state, ACCEPTED);
}


static void
tells(t_engine_t *t, const char *provider_id, const char *phone,
    const char *user_id)
{
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    in.account = (char *) T_ACCOUNT;
    in.provider_id = (char *) provider_id;
    in.status = (char *) "delivered";
    in.time_s = t->wall_ms / 1000;
    in.recipient = (char *) phone;
    in.recipient_user_id = (char *) user_id;

    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &in;
    (void) t_told(t, &command);
    t_fold(t);
}


static void
is_found_by_whom_it_was_sent_to(void **state)
{
    size_t      i;
    t_engine_t  t;

    static const struct {
        const char  *phone;
        const char  *user_id;
    } rows[] = {
        { PHONE, NULL },
        { OTHER, NULL },
        { PHONE, "US.999" },                    /* whom nobody knows */
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        begin(&t);
        tells(&t, "wamid.OUT", rows[i].phone, rows[i].user_id);
        assert_int_equal(t_message(&t, 1)->state, DELIVERED);
        assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 0);
        assert_int_equal(t_counted(&t, "statuses", "applied"), 1);

        tells(&t, "wamid.OUT", rows[i].phone, rows[i].user_id);
        assert_int_equal(t_counted(&t, "statuses", "repeated"), 1);
        t_close(&t);
    }
}


static void
what_is_not_ours_is_parked(void **state)
{
    t_engine_t  t;

    (void) state;
    begin(&t);
    tells(&t, "wamid.STRANGE", PHONE, NULL);    /* another system's */
    tells(&t, "wamid.OUT", "34600000009", NULL);        /* of a stranger */
    tells(&t, "wamid.A", PHONE, NULL);          /* what the person wrote */
    assert_int_equal(t_message(&t, 1)->state, ACCEPTED);
    assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 3);
    assert_int_equal(t_counted(&t, "statuses", "parked"), 3);
    t_close(&t);
}


/* At the limit, and one past it. */
static void
is_found_among_the_newest_alone(void **state)
{
    int         i, more;
    char        id[32];
    t_engine_t  t;

    (void) state;

    for (more = PL_NEWEST_MAX - 1; more <= PL_NEWEST_MAX; more++) {
        begin(&t);

        for (i = 0; i < more; i++) {
            (void) snprintf(id, sizeof(id), "wamid.MORE.%d", i);
            (void) t_located(&t, PHONE, id, T_NOW / 1000);
        }

        t_fold(&t);
        assert_int_equal(t_rows(&t, PL_TABLE_MESSAGES), more + 2);
        tells(&t, "wamid.OUT", PHONE, NULL);
        assert_int_equal(t_rows(&t, PL_TABLE_PARKED),
                         more < PL_NEWEST_MAX ? 0 : 1);
        t_close(&t);
    }
}


/*
 * A number that another store has given out, before this one was made or
 * brought back from a backup: what waits here has not left, and goes.
 */
static void
no_status_is_of_what_never_left(void **state)
{
    size_t              i;
    uint64_t            effects[64], epoch;
    t_engine_t          t;
    Pl__Effect         *waits;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    static const char *const  words[] = { "sent", "read", "failed" };

    (void) state;

    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &in;
    in.account = (char *) T_ACCOUNT;
    in.provider_id = (char *) "wamid.STRANGE";

    for (i = 0; i < PL_COUNT(words); i++) {
        t_open(&t);
        t_configure(&t);
        epoch = t_sender(&t, true, NULL);
        t_text(&t, PHONE, "wamid.A", T_NOW / 1000, "Hello");
        t_fold(&t);

        in.status = (char *) words[i];
        in.time_s = t.wall_ms / 1000;
        in.has_message = 1;
        in.mark = t_mark(&t);
        waits = (Pl__Effect *) t_row(&t, PL_TABLE_OUTBOX, 0,
                                     &pl__effect__descriptor);
        assert_non_null(waits);
        in.message = waits->send_message->message;
        (void) t_told(&t, &command);
        t_fold(&t);

        assert_int_equal(t_message(&t, 1)->state,
                         PL__MESSAGE_STATE__MESSAGE_STATE_QUEUED);
        assert_int_equal(t_rows(&t, PL_TABLE_PARKED), 1);
        assert_int_equal(t_attempt(&t, epoch, effects), 1);
        assert_int_equal(t_rows(&t, PL_TABLE_ATTEMPTS), 1);
        t_close(&t);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(is_found_by_whom_it_was_sent_to),
        cmocka_unit_test(what_is_not_ours_is_parked),
        cmocka_unit_test(is_found_among_the_newest_alone),
        cmocka_unit_test(no_status_is_of_what_never_left),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
