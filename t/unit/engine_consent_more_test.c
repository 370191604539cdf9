/*
 * Consent at its limits, and what a tenant and a provider have to say: words
 * and texts of a tenant's own, a provider that answers by itself, people who
 * turn out to be one.
 */

#include "hold.h"
#include "later.h"

#define NOW_S      ((int64_t) (T_NOW / 1000))
#define MARKETING  PL_CONSENT_MARKETING
#define GRANTED    PL__CONSENT_STATE__CONSENT_STATE_GRANTED
#define REVOKED    PL__CONSENT_STATE__CONSENT_STATE_REVOKED
#define PAUSED     PL__CONSENT_STATE__CONSENT_STATE_PAUSED


static Pl__Contact *
person(t_engine_t *t, unsigned i)
{
    return (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, i,
                                 &pl__contact__descriptor);
}


static pl_consent_e
state_of(t_engine_t *t)
{
    return pl_contact_consent_state(person(t, 0), MARKETING);
}


static void
writes(t_engine_t *t, const char *phone, const char *text)
{
    char             id[32];
    static unsigned  n;

    t_pass(t, 1000);
    (void) snprintf(id, sizeof(id), "wamid.M%u", ++n);
    (void) t_text(t, phone, id, t->wall_ms / 1000, text);
    t_fold(t);
}


/* What was said to anybody last, and how often anything was. */

static const char *
says(t_engine_t *t, unsigned *n)
{
    size_t        i, rows;
    const char   *text;
    Pl__Message  *m;

    text = "";
    rows = t_rows(t, PL_TABLE_MESSAGES);

    for (i = 0, *n = 0; i < rows; i++) {
        m = t_message(t, (unsigned) i);

        if (m->direction == PL__DIRECTION__DIRECTION_OUT
            && m->content->of_case == PL__CONTENT__OF_TEXT)
        {
            text = m->content->text->body;
            (*n)++;
        }
    }

    return text;
}


static uint64_t
campaign(t_engine_t *t, const char *phone, int64_t at_ms)
{
    asked_t  a;

    asked_to(&a, phone, "offer");
    asked_with(&a, at_ms, 0, NULL);
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;

    return ask(t, &a);
}


static void
sets_of(t_engine_t *t, const char *phone, const char *category,
    Pl__ConsentState state, const char *source)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__ConsentSet  in = PL__CONSENT_SET__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) phone;
    in.tenant = 1;
    in.address = &address;
    in.category = (char *) category;
    in.state = state;
    in.source = (char *) source;

    command.of_case = PL__COMMAND__OF_CONSENT_SET;
    command.consent_set = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
sets(t_engine_t *t, const char *category, Pl__ConsentState state,
    const char *source)
{
    sets_of(t, LATER_PHONE, category, state, source);
}


static void
a_no_always_finds_room(void **state)
{
    char         name[16];
    unsigned     i;
    t_engine_t  *t = *state;

    for (i = 0; i < PL_CONSENTS_MAX; i++) {
        (void) snprintf(name, sizeof(name), "own-%u", i);
        sets(t, name, GRANTED, "form");
    }

    assert_int_equal(person(t, 0)->n_consents, PL_CONSENTS_MAX);
    sets(t, "one-more", GRANTED, "form");
    assert_int_equal(person(t, 0)->n_consents, PL_CONSENTS_MAX);

    writes(t, LATER_PHONE, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    sets(t, PL_CONSENT_ALL, REVOKED, "call");
    assert_int_equal(person(t, 0)->n_consents, PL_CONSENTS_MAX + 2);
    assert_int_equal(pl_contact_consent_state(person(t, 0), "own-3"),
                     PL_CONSENT_REVOKED);
}


static void
sources_are_bounded(void **state)
{
    char         text[PL_NAME_MAX * 8];
    t_engine_t  *t = *state;

    memset(text, 'x', sizeof(text));

    text[256] = '\0';
    sets(t, MARKETING, GRANTED, text);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    text[256] = 'x';
    text[257] = '\0';
    sets(t, MARKETING, REVOKED, text);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    text[PL_NAME_MAX] = '\0';
    sets(t, text, GRANTED, "form");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    text[PL_NAME_MAX] = 'x';
    text[PL_NAME_MAX + 1] = '\0';
    sets(t, text, GRANTED, "form");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 2);
    sets(t, "no name", GRANTED, "form");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 3);
}


/* The oldest that is looked for, and one before it. */

static void
what_lies_far_back_is_left_to_policy(void **state)
{
    unsigned     i;
    uint64_t     far, near;
    t_engine_t  *t = *state;

    sets(t, MARKETING, GRANTED, "form");
    far = campaign(t, LATER_PHONE, t->wall_ms + LATER_DAY);
    near = campaign(t, LATER_PHONE, t->wall_ms + LATER_DAY);

    for (i = 0; i < 255; i++) {         /* and the one that is near */
        (void) sends(t, "utility", 0, 0, NULL);
    }

    writes(t, LATER_PHONE, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    stands(t, near, FAILED, "consent.revoked");
    stands(t, far, SCHEDULED, NULL);
}


static void
a_whole_queue_is_taken_back(void **state)
{
    unsigned     i;
    uint64_t     first, last;
    t_engine_t  *t = *state;

    sets(t, MARKETING, GRANTED, "form");
    writes(t, LATER_PHONE, "hello");
    first = last = 0;

    for (i = 0; i < PL_QUEUE_MAX; i++) {
        last = campaign(t, LATER_PHONE, 0);
        first = i == 0 ? last : first;
    }

    stands(t, last, QUEUED, NULL);
    writes(t, LATER_PHONE, "stop");
    stands(t, first, FAILED, "consent.revoked");
    stands(t, last, FAILED, "consent.revoked");
    assert_int_equal(t_counted(t, "consent.revoked", ""), PL_QUEUE_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 2);    /* what was said */
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 1);
}


/* Nobody else's messages are touched. */

/* A template that is paused stands aside; and so does what is due later. */

static void
what_is_set_aside_is_taken_back(void **state)
{
    uint64_t     epoch, effects[64], aside, later, utility;
    t_engine_t  *t = *state;

    sets(t, MARKETING, GRANTED, "form");
    epoch = t_sender(t, true, NULL);
    aside = campaign(t, LATER_PHONE, 0);
    later = campaign(t, LATER_PHONE, t->wall_ms + LATER_DAY);
    utility = sends(t, "utility", 0, 0, NULL);

    t_pause(t, t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN,
                       "offer"), 0);
    (void) t_attempt(t, epoch, effects);
    assert_int_equal(t_meta(t)->aside, 1);

    writes(t, LATER_PHONE, "stop");
    stands(t, aside, FAILED, "consent.revoked");
    stands(t, later, FAILED, "consent.revoked");
    assert_int_equal(t_meta(t)->aside, 0);
    assert_null(message(t, utility)->rule);

    t_resume(t, t_place(PL__HOLD_KIND__HOLD_KIND_TEMPLATE, T_MAIN,
                       "offer"));
    assert_int_equal(t_release(t, 16), 0);
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
}


static void
others_keep_what_waits(void **state)
{
    uint64_t     mine, theirs;
    t_engine_t  *t = *state;

    sets(t, MARKETING, GRANTED, "form");
    sets_of(t, "34600000002", MARKETING, GRANTED, "form");
    mine = campaign(t, LATER_PHONE, 0);
    theirs = campaign(t, "34600000002", 0);
    writes(t, LATER_PHONE, "stop");
    stands(t, mine, FAILED, "consent.revoked");
    stands(t, theirs, QUEUED, NULL);
}


static void
a_tenant_has_words_and_texts_of_its_own(void **state)
{
    unsigned             n;
    pl_appended_t        out;
    t_engine_t          *t = *state;
    Pl__StopPhrase       stop = PL__STOP_PHRASE__INIT;
    Pl__StopPhrase       bad = PL__STOP_PHRASE__INIT;
    Pl__StopPhrase      *phrases[2] = { &bad, &stop };
    Pl__TenantSettings   tenant = PL__TENANT_SETTINGS__INIT;

    writes(t, LATER_PHONE, "Keine Angebote!");
    assert_int_equal(state_of(t), PL_CONSENT_UNKNOWN);
    writes(t, LATER_PHONE, "help");
    assert_string_equal(says(t, &n), "Say hello.");

    stop.kind = PL__STOP_KIND__STOP_KIND_STOP;
    stop.phrase = (char *) "keine Angebote";
    bad.kind = PL__STOP_KIND__STOP_KIND_STOP;
    bad.phrase = (char *) "!!";
    tenant.stop_phrases = phrases;
    tenant.n_stop_phrases = 2;
    tenant.stop_text = (char *) "Schade.";
    tenant.start_text = (char *) "Schön.";
    tenant.help_text = (char *) "Wir sind die Firma.";
    t->tenant = &tenant;
    t_ok(t, t_publish(t, 2, T_FLOW, "main", &out));
    t_fold(t);

    writes(t, LATER_PHONE, "help");
    assert_string_equal(says(t, &n), "Wir sind die Firma.");
    writes(t, LATER_PHONE, "Keine Angebote!");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_string_equal(says(t, &n), "Schade.");
    writes(t, LATER_PHONE, "START");
    assert_string_equal(says(t, &n), "Schön.");
}


/* The language: the contact's, the word's, the tenant's. */

static void
the_tenants_language_is_third(void **state)
{
    unsigned             n;
    pl_appended_t        out;
    t_engine_t          *t = *state;
    Pl__TenantSettings   tenant = PL__TENANT_SETTINGS__INIT;

    tenant.language = (char *) "nl_NL";
    t->tenant = &tenant;
    t_ok(t, t_publish(t, 2, T_FLOW, "main", &out));
    t_fold(t);

    writes(t, LATER_PHONE, "STOP");
    assert_non_null(strstr(says(t, &n), "aanbiedingen"));
    writes(t, "34600000002", "退订");
    assert_non_null(strstr(says(t, &n), "START"));
    assert_null(strstr(says(t, &n), "aanbiedingen"));
}


static void
a_provider_that_answers_itself_is_enough(void **state)
{
    unsigned             n;
    t_engine_t          *t = *state;
    Pl__Sender           from = PL__SENDER__INIT;
    Pl__Text             text = PL__TEXT__INIT;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__InboundMessage   in = PL__INBOUND_MESSAGE__INIT;

    from.phone = (char *) LATER_PHONE;
    text.body = (char *) "a word that we do not know";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    in.account = (char *) T_ACCOUNT;
    in.from = &from;
    in.provider_id = (char *) "SM1";
    in.time_s = NOW_S;
    in.content = &content;
    in.has_opt_out = 1;
    in.opt_out = PL__OPT_OUT__OPT_OUT_STOP;
    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = &in;
    (void) t_told(t, &command);
    t_fold(t);

    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    (void) says(t, &n);
    assert_int_equal(n, 0);

    in.provider_id = (char *) "SM2";
    in.time_s = NOW_S + 1;
    in.opt_out = PL__OPT_OUT__OPT_OUT_START;
    (void) t_told(t, &command);
    t_fold(t);
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    in.provider_id = (char *) "SM3";
    in.opt_out = PL__OPT_OUT__OPT_OUT_HELP;
    (void) t_told(t, &command);
    t_fold(t);
    (void) says(t, &n);
    assert_int_equal(n, 0);
}


static void
joins(t_engine_t *t, uint64_t into, uint64_t from)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__ContactJoin  in = PL__CONTACT_JOIN__INIT;

    in.tenant = 1;
    in.into = into;
    in.from = from;
    command.of_case = PL__COMMAND__OF_CONTACT_JOIN;
    command.contact_join = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* Their doubt goes with them, and so does what waits for either. */

static void
who_turns_out_to_be_one_is_one(void **state)
{
    uint64_t      other;
    t_engine_t   *t = *state;
    Pl__Consent  *row;

    writes(t, LATER_PHONE, "hello");
    sets_of(t, "34600000002", MARKETING, GRANTED, "form");
    other = campaign(t, "34600000002", 0);
    writes(t, "34600000002", "stop that");
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 1);

    joins(t, person(t, 0)->id, person(t, 1)->id);
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 1);
    row = pl_contact_consent_row(person(t, 0), MARKETING);
    assert_non_null(row);
    assert_int_equal(row->state, PAUSED);

    writes(t, LATER_PHONE, "stop");
    assert_int_equal(t_rows(t, PL_TABLE_REVIEWS), 0);
    stands(t, other, FAILED, "consent.revoked");
}


#define HERE(test)  cmocka_unit_test_setup_teardown(test, later_setup,        \
                                                    later_teardown)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        HERE(a_no_always_finds_room),
        HERE(sources_are_bounded),
        HERE(what_lies_far_back_is_left_to_policy),
        HERE(a_whole_queue_is_taken_back),
        HERE(what_is_set_aside_is_taken_back),
        HERE(others_keep_what_waits),
        HERE(a_tenant_has_words_and_texts_of_its_own),
        HERE(the_tenants_language_is_third),
        HERE(a_provider_that_answers_itself_is_enough),
        HERE(who_turns_out_to_be_one_is_one),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
