/*
 * Consent by two clocks: which of a provider's words and of ours was the
 * later one; and messages that are edited, which are read as well.
 */

#include "later.h"

#define NOW_S      ((int64_t) (T_NOW / 1000))
#define MARKETING  PL_CONSENT_MARKETING
#define GRANTED    PL__CONSENT_STATE__CONSENT_STATE_GRANTED


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


/*
 * The provider's clock is five minutes behind ours, or its webhook came late:
 * which, nobody can tell, and what forbids stands. It goes on doing so when
 * the same consent is told again, as programs do each night.
 */

static void
a_stop_by_a_clock_that_is_behind_wins(void **state)
{
    t_engine_t  *t = *state;

    consent_set(t, GRANTED, NOW_S - 10, "form");
    writes_at(t, NOW_S - 310, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    assert_int_equal(word(t)->time_s, NOW_S - 310);
    assert_string_equal(word(t)->clock, "whatsapp");
    assert_int_equal(word(t)->known_s, NOW_S - 10);
    assert_null(word(t)->known_clock);
    assert_int_equal(said(t), 1);

    consent_set(t, GRANTED, NOW_S - 10, "form");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);

    writes_at(t, NOW_S - 309, "start");     /* behind it by its own clock */
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
    writes_at(t, NOW_S - 308, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    consent_set(t, GRANTED, NOW_S - 10, "form");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);

    consent_set(t, GRANTED, NOW_S - 9, "form");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);
}


/* Whoever granted it anew knew of that one. */

static void
a_stop_that_was_known_is_no_news(void **state)
{
    t_engine_t  *t = *state;

    writes_at(t, NOW_S - 20, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
    consent_set(t, GRANTED, NOW_S - 10, "form");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    writes_at(t, NOW_S - 20, "stop");
    writes_at(t, NOW_S - 21, "stop");
    writes_at(t, NOW_S - 21, "stop it");
    assert_int_equal(state_of(t), PL_CONSENT_GRANTED);

    writes_at(t, NOW_S - 19, "stop it");    /* another one, unclear */
    assert_int_equal(state_of(t), PL_CONSENT_PAUSED);
    writes_at(t, NOW_S - 18, "stop");
    assert_int_equal(state_of(t), PL_CONSENT_REVOKED);
}


/* What was put right is read for what it forbids, and for nothing else. */

static void
an_edit_may_refuse(void **state)
{
    unsigned     i;
    t_engine_t  *t = *state;

    static const char *const  texts[] = { "stop", "stop it", "start" };
    static const pl_consent_e  become[] = {
        PL_CONSENT_REVOKED, PL_CONSENT_PAUSED, PL_CONSENT_REVOKED
    };

    for (i = 0; i < PL_COUNT(texts); i++) {
        if (i < 2) {
            consent_set(t, GRANTED, 0, "form");
            t_pass(t, 400000);
        }

        item_at(t, t->wall_ms / 1000, pl_arena_printf(t->ar,
            "\"type\":\"edit\",\"edit\":{\"original_message_id\":"
            "\"wamid.X\",\"message\":{\"type\":\"text\",\"text\":"
            "{\"body\":\"%s\"}}}", texts[i]));

        if (i < 2) {
            assert_int_equal(state_of(t), become[i]);
            writes(t, "stop");          /* and for the third */
            t_pass(t, 400000);

        } else {
            assert_int_equal(state_of(t), become[i]);
        }
    }
}


int
main(void)
{
#define HERE(f)  cmocka_unit_test_setup_teardown(f, later_setup, later_teardown)
    const struct CMUnitTest  tests[] = {
        HERE(a_stop_by_a_clock_that_is_behind_wins),
        HERE(a_stop_that_was_known_is_no_news),
        HERE(an_edit_may_refuse),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
