/*
 * Consent in the engine: STOP by every way there is, what it takes back and
 * what it answers; START, HELP and what is unclear; what a provider's errors
 * say; what somebody writes down.
 */

#include "later.h"

#define NOW_S      ((int64_t) (T_NOW / 1000))
#define MARKETING  PL_CONSENT_MARKETING
#define GRANTED    PL__CONSENT_STATE__CONSENT_STATE_GRANTED
#define REVOKED    PL__CONSENT_STATE__CONSENT_STATE_REVOKED
#define UNKNOWN    PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN


static Pl__Contact *
person(t_engine_t *t)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                 &pl__contact__descriptor);
}


static pl_consent_e
state_of(t_engine_t *t)
{
    return pl_contact_consent_state(person(t), MARKETING);
}


static Pl__Consent *
word(t_engine_t *t)
{
    Pl__Consent  *row = pl_contact_consent_row(person(t), MARKETING);

    assert_non_null(row);

    return row;
}


/* A message's JSON, said a second after the one before. */

static void
item_at(t_engine_t *t, int64_t time_s, const char *rest)
{
    char             item[1024];
    static unsigned  n;

    (void) snprintf(item, sizeof(item),
        "{\"from\":\"" LATER_PHONE "\",\"id\":\"wamid.%u\","
        "\"timestamp\":\"%" PRId64 "\",%s}", ++n, time_s, rest);

    (void) t_items(t, "messages", item);
    t_fold(t);
}


static void
writes_at(t_engine_t *t, int64_t time_s, const char *text)
{
    char  rest[512];

    (void) snprintf(rest, sizeof(rest),
        "\"type\":\"text\",\"text\":{\"body\":\"%s\"}", text);
    item_at(t, time_s, rest);
}


static void
writes(t_engine_t *t, const char *text)
{
    t_pass(t, 1000);
    writes_at(t, t->wall_ms / 1000, text);
}


/* Messages that go out: how many, and what the newest says. */

static unsigned
answers(t_engine_t *t, const char **says)
{
    size_t        i, rows;
    unsigned      n;
    Pl__Message  *m;

    *says = "";
    rows = t_rows(t, PL_TABLE_MESSAGES);

    for (i = 0, n = 0; i < rows; i++) {
        m = (Pl__Message *) t_row(t, PL_TABLE_MESSAGES, (unsigned) i,
                                  &pl__message__descriptor);

        if (m->direction == PL__DIRECTION__DIRECTION_OUT
            && m->content->of_case == PL__CONTENT__OF_TEXT)
        {
            *says = m->content->text->body;
            n++;
        }
    }

    return n;
}


static unsigned
said(t_engine_t *t)
{
    const char  *says;

    return answers(t, &says);
}


static uint64_t
campaign(t_engine_t *t, const char *name, int64_t at_ms)
{
    asked_t  a;

    asked_to(&a, LATER_PHONE, name);
    asked_with(&a, at_ms, 0, NULL);
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;

    return ask(t, &a);
}


static void
consent_set(t_engine_t *t, Pl__ConsentState state, int64_t time_s,
    const char *source)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    in.tenant = 1;
    in.address = &address;
    in.category = (char *) MARKETING;
    in.state = state;
    in.source = (char *) source;
    in.text_version = (char *) "2026-01";
    in.actor = (char *) "maria";
    in.has_time_s = (time_s != 0);
    in.time_s = time_s;

    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
consent_resolve(t_engine_t *t, Pl__ConsentState state)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    in.tenant = 1;
    in.has_contact = 1;
    in.contact = person(t)->id;
    in.category = (char *) MARKETING;
    in.state = state;
    in.source = (char *) "review";
    in.has_resolves = 1;
    in.resolves = 1;

    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
refused(t_engine_t *t, uint64_t effect, uint64_t epoch, int32_t code)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = PL__OUTCOME__OUTCOME_POLICY;
    result.has_code = 1;
    result.code = code;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
stop_revokes_and_is_confirmed_once(void **state)
{
    const char      *says;
    t_engine_t      *t = *state;
    Pl__Message     *m;
    Pl__AuditEvent  *event;

    writes(t, "Stop. Thank you");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_string_equal(word(t)->source, "message");
    assert_string_equal(word(t)->word, "stop");
    assert_int_equal(word(t)->channel, 1);
    assert_int_equal(word(t)->time_s, NOW_S + 1);
    assert_int_equal(answers(t, &says), 1);
    assert_non_null(strstr(says, "START"));

    m = t_message(t, 1);
    assert_true(m->confirms_stop);

    event = (Pl__AuditEvent *) t_row(t, PL_TABLE_CONSENTS, 0,
                                     &pl__audit_event__descriptor);
    assert_int_equal(event->kind, PL__AUDIT_KIND__AUDIT_KIND_CONSENT);
    assert_int_equal(event->subject, person(t)->id);
    assert_string_equal(event->rule, "message");
    assert_string_equal(event->text, "marketing_messages stop");
    assert_int_equal(event->consent->state, REVOKED);
    assert_true(event->has_entry);

    /* no flow has answered, and a second one is heard in silence */

    writes(t, "STOP");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(word(t)->time_s, NOW_S + 2);
    assert_int_equal(said(t), 1);
    assert_int_equal(t_rows(t, PL_TABLE_CONSENTS), 2);
}


static void
start_restores_and_is_confirmed_once(void **state)
{
    const char  *says;
    t_engine_t  *t = *state;

    /* a word like any other, where nothing was refused */

    writes(t, "start");
    assert_int_equal(state_of(t), PL_CONSENT_UNKNOWN);
    assert_int_equal(answers(t, &says), 1);
    assert_string_equal(says, "Say hello.");

    writes(t, "stop");
    writes(t, "Start please");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_int_equal(answers(t, &says), 3);
    assert_non_null(strstr(says, "STOP"));

    writes(t, "start");
    assert_int_equal(answers(t, &says), 4);
    assert_string_equal(says, "Say hello.");

    /* and a second refusal is confirmed again */

    writes(t, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(said(t), 5);
}


static void
a_stop_that_comes_late_changes_nothing(void **state)
{
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, NOW_S - 10, "form");
    writes_at(t, NOW_S - 311, "stop");      /* no clock is that wrong */
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_int_equal(said(t), 0);

    /* by one clock a second is enough */

    consent_set(t, REVOKED, NOW_S - 11, "phone");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    writes_at(t, NOW_S - 10, "stop");       /* the same second */
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(said(t), 1);

    writes_at(t, NOW_S - 10, "start");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(said(t), 1);
}


/* A provider's webhooks pass each other: a doubt never hides a refusal. */

static void
a_stop_that_a_doubt_overtook_revokes(void **state)
{
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, NOW_S - 30, "form");
    writes_at(t, NOW_S - 10, "stop it");
    assert_int_equal(state_of(t), PL_CONSENT_PAUSED);

    writes_at(t, NOW_S - 11, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 0);

    consent_resolve(t, UNKNOWN);            /* nothing is left to read */
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
}


/* A provider's clock that is years ahead: what it frees is no longer. */

static void
a_start_from_the_future_is_said_now(void **state)
{
    t_engine_t  *t = *state;

    writes_at(t, NOW_S - 10, "stop");
    writes_at(t, NOW_S + 86400 * 365, "start");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_true(word(t)->time_s <= t->wall_ms / 1000);

    writes_at(t, t->wall_ms / 1000 + 2, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);

    /* and a day ahead stands as it is */

    writes_at(t, NOW_S + 86400, "start");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_int_equal(word(t)->time_s, NOW_S + 86400);
}


static void
buttons_and_captions_are_read(void **state)
{
    size_t       i;
    t_engine_t  *t = *state;
    static const char *const  rows[] = {
        "\"type\":\"interactive\",\"interactive\":{\"type\":\"button_reply\","
        "\"button_reply\":{\"id\":\"b1\",\"title\":\"Stop promotions\"}}",
        "\"type\":\"interactive\",\"interactive\":{\"type\":\"list_reply\","
        "\"list_reply\":{\"id\":\"STOP\",\"title\":\"Nein danke\"}}",
        "\"type\":\"button\",\"button\":{\"payload\":\"STOP\","
        "\"text\":\"Nicht mehr\"}",
        "\"type\":\"image\",\"image\":{\"id\":\"77\",\"mime_type\":"
        "\"image/jpeg\",\"sha256\":\"x\",\"caption\":\"Bitte abmelden!\"}",
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        t_pass(t, 2000);
        item_at(t, t->wall_ms / 1000, rows[i]);
        assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
        t_pass(t, 2000);
        writes(t, "start");
        assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    }
}


/* The language of the word, where the contact has none. */

static void
the_confirmation_is_in_their_language(void **state)
{
    const char  *says;
    t_engine_t  *t = *state;

    writes(t, "Bitte abmelden");
    assert_int_equal(answers(t, &says), 1);
    assert_non_null(strstr(says, "Angebote"));
}


static void
who_answers_in_the_bots_place_changes_nothing(void **state)
{
    pl_txn_t          *txn;
    pl_key_t           key;
    pl_party_t         party;
    t_engine_t        *t = *state;
    Pl__Conversation  *conv;

    writes(t, "hello");

    conv = (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
    conv->owner = (char *) "maria";
    party.tenant = 1;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = person(t)->id;
    pl_key_party(&key, &party);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_CONVERSATIONS, pl_key_str(&key),
                          &conv->base, false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    writes(t, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(said(t), 2);
}


/* Five wait and one of them is claimed: that one leaves, and an answer. */

static void
stop_takes_back_what_waits(void **state)
{
    uint64_t     epoch, effects[64], ids[7];
    unsigned     i;
    t_engine_t  *t = *state;
    asked_t      a;

    consent_set(t, GRANTED, NOW_S - 100, "form");
    writes(t, "hello");
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    for (i = 0; i < 5; i++) {
        ids[i] = campaign(t, "offer", 0);
    }

    ids[5] = campaign(t, "later", t->wall_ms + LATER_DAY);

    asked_to(&a, LATER_PHONE, "reminder");
    asked_with(&a, t->wall_ms + LATER_DAY, 0, NULL);
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_REMINDER;
    ids[6] = ask(t, &a);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), ids[0]);

    writes(t, "STOP");

    stands(t, ids[0], QUEUED, NULL);            /* on the wire */

    for (i = 1; i < 6; i++) {
        stands(t, ids[i], FAILED, "consent.revoked");
    }

    stands(t, ids[6], SCHEDULED, NULL);         /* no marketing */

    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 0);
    assert_int_equal(t_counted(t, "consent.revoked", ""), 5);

    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    stands(t, ids[0], ACCEPTED, NULL);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_true(message(t, flying(t))->confirms_stop);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
    assert_int_equal(t_attempt(t, epoch, effects), 0);
}


static void
what_is_unclear_waits_for_a_reader(void **state)
{
    const char  *says;
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, 0, "form");
    writes(t, "can you stop this");
    assert_int_equal(state_of(t), PL_CONSENT_PAUSED);
    assert_int_equal(word(t)->before, GRANTED);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 1);

    /* flows answer it, and again keeps what it was before */

    assert_int_equal(answers(t, &says), 1);
    assert_string_equal(says, "Say hello.");
    writes(t, "stop it");
    assert_int_equal(word(t)->before, GRANTED);

    consent_resolve(t, UNKNOWN);
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 0);

    /* nothing is paused: nothing is resolved */

    consent_resolve(t, REVOKED);
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_int_equal(t_counted(t, "consents", "late"), 1);

    writes(t, "stop that");
    consent_resolve(t, REVOKED);
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 0);

    /* a doubt is no reason to lift a refusal */

    writes(t, "stop that");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 0);
}


static void
a_provider_refuses_for_who_has_opted_out(void **state)
{
    uint64_t     epoch, effects[64], id;
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, NOW_S - 100, "form");
    (void) campaign(t, "offer", 0);
    id = campaign(t, "more", 0);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    refused(t, effects[0], epoch, 131050);

    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_string_equal(word(t)->source, "provider.131050");
    assert_false(word(t)->confirmed);
    stands(t, id, FAILED, "consent.revoked");
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    /* who then says so is told that it was heard */

    writes(t, "stop");
    assert_int_equal(said(t), 1);
}


static void
a_status_tells_it_as_well(void **state)
{
    char         status[512];
    uint64_t     epoch, effects[64], id;
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, NOW_S - 100, "form");
    id = campaign(t, "offer", 0);
    epoch = t_sender(t, true, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    (void) snprintf(status, sizeof(status),
        "{\"id\":\"%s\",\"status\":\"failed\",\"timestamp\":\"%" PRId64 "\","
        "\"recipient_id\":\"" LATER_PHONE "\",\"biz_opaque_callback_data\":"
        "\"m:%" PRIu64 ":%s\",\"errors\":[{\"code\":131050,"
        "\"title\":\"opted out\"}]}", message(t, id)->provider_id, NOW_S, id,
        t_mark(t));
    (void) t_items(t, "statuses", status);
    t_fold(t);

    stands(t, id, FAILED, NULL);
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(word(t)->time_s, NOW_S);
}


static void
what_is_written_down_is_kept_with_its_proof(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    consent_set(t, GRANTED, NOW_S - 100, "form.lead");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    assert_string_equal(word(t)->text_version, "2026-01");
    assert_string_equal(word(t)->actor, "maria");

    event = (Pl__AuditEvent *) t_row(t, PL_TABLE_CONSENTS, 0,
                                     &pl__audit_event__descriptor);
    assert_string_equal(event->rule, "form.lead");
    assert_string_equal(event->actor, "maria");
    assert_string_equal(event->consent->text_version, "2026-01");
    assert_int_equal(event->consent->time_s, NOW_S - 100);

    /* twice the same changes nothing, and a time ahead is now */

    consent_set(t, GRANTED, NOW_S - 100, "form.lead");
    assert_int_equal(t_rows(t, PL_TABLE_CONSENTS), 1);
    consent_set(t, REVOKED, NOW_S + 86400, "call");
    assert_int_equal(word(t)->time_s, NOW_S);

    /* by whoever plays the provider: refused */

    consent_set(t, GRANTED, NOW_S, "provider.131050");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    consent_set(t, PL__CONSENT_STATE__CONSENT_STATE_PAUSED, 0, "call");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 2);
}


static void
all_stands_above_each(void **state)
{
    Pl__Consent   all = PL__CONSENT__INIT, one = PL__CONSENT__INIT;
    Pl__Consent  *rows[2] = { &one, &all };
    Pl__Contact   contact = PL__CONTACT__INIT;

    (void) state;

    one.category = (char *) "newsletter";
    one.state = GRANTED;
    all.category = (char *) PL_CONSENT_ALL;
    all.state = REVOKED;
    contact.consents = rows;
    contact.n_consents = 1;

    assert_int_equal(pl_contact_consent_state(&contact, "newsletter"),
                     PL_CONSENT_GRANTED);
    assert_int_equal(pl_contact_consent_state(&contact, MARKETING),
                     PL_CONSENT_UNKNOWN);
    contact.n_consents = 2;
    assert_int_equal(pl_contact_consent_state(&contact, "newsletter"),
                     PL_CONSENT_REVOKED);
    assert_int_equal(pl_contact_consent_state(&contact, MARKETING),
                     PL_CONSENT_REVOKED);
    all.state = GRANTED;
    assert_int_equal(pl_contact_consent_state(&contact, MARKETING),
                     PL_CONSENT_UNKNOWN);
}


#define HERE(test)  cmocka_unit_test_setup_teardown(test, later_setup,        \
                                                    later_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        HERE(stop_revokes_and_is_confirmed_once),
        HERE(start_restores_and_is_confirmed_once),
        HERE(a_stop_that_comes_late_changes_nothing),
        HERE(a_stop_that_a_doubt_overtook_revokes),
        HERE(a_start_from_the_future_is_said_now),
        HERE(buttons_and_captions_are_read),
        HERE(the_confirmation_is_in_their_language),
        HERE(who_answers_in_the_bots_place_changes_nothing),
        HERE(stop_takes_back_what_waits),
        HERE(what_is_unclear_waits_for_a_reader),
        HERE(a_provider_refuses_for_who_has_opted_out),
        HERE(a_status_tells_it_as_well),
        HERE(what_is_written_down_is_kept_with_its_proof),
        cmocka_unit_test(all_stands_above_each),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
