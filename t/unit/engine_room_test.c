/*
 * The engine: items that go over many rows. Each row here is small on disk
 * and large in memory, so that all of them are more than an item's arena
 * has; whoever holds more than one at a time would stop the fold for good.
 */

#include "later.h"
#include "room.h"


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
much_is_read(void **state)
{
    t_engine_t        *t = *state;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__MarkRead       in = PL__MARK_READ__INIT;
    Pl__Conversation  *conv;

    (void) t_located(t, LATER_PHONE, "wamid.first", t->wall_ms / 1000);
    t_fold(t);
    in.message = conversation(t)->newest[0];
    much_is_said(t);

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = person(t)->id;
    command.of_case = PL__COMMAND__OF_MARK_READ;
    command.mark_read = &in;
    folds(t, &command);

    conv = conversation(t);
    assert_int_equal(conv->read_to, in.message);
    assert_int_equal(conv->unread, ROOM_ROWS);
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


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(much_is_read, later_setup,
                                        later_teardown),
        cmocka_unit_test_setup_teardown(stop_behind_much_that_was_said,
                                        later_setup, later_teardown),
    };

    (void) cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
