/*
 * The engine: what begins a flow beside a person's words. Events of flows
 * and of programs, consent that is given or written down by a flow, and STOP,
 * which ends it. Every test's journal is folded a second time.
 */

#include "run.h"

#define TELLS                                                                 \
    "{\"flow\":\"tells\",\"triggers\":["                                      \
    "{\"keywords\":[\"tell\"],\"step\":\"tell\"}],\"steps\":{"                \
    "\"tell\":{\"say\":{\"text\":\"Told.\"},\"emit\":\"won\"}}}"

#define HEARS                                                                 \
    "{\"flow\":\"hears\",\"start\":\"won\",\"triggers\":["                    \
    "{\"event\":\"won\",\"step\":\"won\"},"                                   \
    "{\"opt_in\":\"marketing_messages\",\"step\":\"hi\",\"after\":\"5m\","    \
        "\"unless_written\":true,\"name\":\"welcome\"}],\"steps\":{"          \
    "\"hi\":{\"say\":{\"text\":\"Welcome.\"}},"                               \
    "\"won\":{\"say\":{\"text\":\"Won {{prize|nothing}}.\"},"                 \
        "\"emit\":\"won\"}},\"inputs\":[\"prize\"]}"


/* One flow tells another; which does not hear itself. */

static void
flows_hear_of_each_other(void **state)
{
    unsigned      i, told = 0;
    t_engine_t   *t = *state;
    Pl__Change   *change;

    flows(t, TELLS, HEARS);
    says(t, "tell");
    assert_int_equal(n_sent(t), 2);
    assert_string_equal(text_of(sent(t, 1)), "Told.");
    assert_string_equal(said(t), "Won nothing.");

    for (i = 0; (change = (Pl__Change *) t_row(t, PL_TABLE_CHANGES, i,
                                         &pl__change__descriptor)) != NULL;
         i++)
    {
        told += (change->event != NULL
                 && strcmp(change->event, "won") == 0);
    }

    assert_int_equal(told, 2);
}


static void
a_program_tells_an_event(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TELLS, HEARS);
    starts(t, "won", NULL, NULL, "prize", "a car");
    assert_string_equal(said(t), "Won a car.");
    assert_false(sent(t, 0)->answers);
    starts(t, NULL, "tells", "tell", NULL, NULL);
    assert_string_equal(text_of(sent(t, 1)), "Told.");
    starts(t, "lost", NULL, NULL, NULL, NULL);
    starts(t, NULL, "tells", "nowhere", NULL, NULL);
    assert_int_equal(n_sent(t), 3);
    assert_int_equal(t_counted(t, "flow_starts", "begun"), 2);
    assert_int_equal(t_counted(t, "flow_starts", "refused"), 2);
}


/* What is refused makes nobody known; the other form of a number is known. */

static void
a_refused_start_makes_no_contact(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TELLS, HEARS);
    starts(t, "lost", NULL, NULL, NULL, NULL);
    starts(t, NULL, "nothing", NULL, NULL, NULL);
    starts(t, NULL, "tells", "nowhere", NULL, NULL);
    assert_int_equal(t_counted(t, "flow_starts", "refused"), 3);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 0);
    assert_int_equal(t_rows(t, PL_TABLE_ADDRESSES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_CONVERSATIONS), 0);

    starts(t, "won", NULL, NULL, NULL, NULL);
    assert_int_equal(t_counted(t, "flow_starts", "begun"), 1);
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 1);
}


/* Under a key it is done once; another one under it is refused. */

static void
a_start_is_done_once(void **state)
{
    int               i;
    uint8_t           key[PL_REQUEST_KEY_LEN] = { 7 };
    pl_txn_t         *txn;
    t_engine_t       *t = *state;
    Pl__Verdict      *verdict;
    Pl__Address       address = PL__ADDRESS__INIT;
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__FlowStart     in = PL__FLOW_START__INIT;

    flows(t, TELLS, HEARS);
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    in.tenant = 1;
    in.channel = 1;
    in.address = &address;
    in.event = (char *) "won";
    in.has_key = 1;
    in.key.data = key;
    in.key.len = sizeof(key);
    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &in;

    for (i = 0; i < 3; i++) {
        (void) t_append(t, &command, NULL);
    }

    in.event = (char *) "lost";
    (void) t_append(t, &command, NULL);
    t_fold(t);

    assert_int_equal(n_sent(t), 1);
    assert_int_equal(t_counted(t, "requests", "repeated"), 2);
    assert_int_equal(t_counted(t, "requests", "conflict"), 1);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);
    assert_int_equal(verdict->decision, PL__DECISION__DECISION_BEGUN);

    /* a key that is none is a command that cannot be applied */

    in.key.len = 5;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
opts(t_engine_t *t, const char *word)
{
    char  value[512];

    (void) snprintf(value, sizeof(value),
        "{\"messaging_product\":\"whatsapp\",\"metadata\":{"
        "\"phone_number_id\":\"" T_ACCOUNT "\"},\"user_preferences\":[{"
        "\"wa_id\":\"" LATER_PHONE "\",\"detail\":\"x\",\"category\":"
        "\"marketing_messages\",\"value\":\"%s\",\"timestamp\":%" PRId64
        "}]}", word, t->wall_ms / 1000);
    (void) t_field(t, "user_preferences", t->wall_ms / 1000, value);
    t_fold(t);
}


/* Five minutes after; once; and not to who wrote first. */

static void
an_opt_in_is_welcomed(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TELLS, HEARS);
    opts(t, "resume");
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "welcome");
    t_pass(t, 5 * MINUTE - 1);
    assert_int_equal(fire(t, 64), 0);
    assert_int_equal(passes(t, 1), 1);
    assert_int_equal(n_sent(t), 1);
    assert_string_equal(said(t), "Welcome.");
    assert_int_equal(passes(t, DAY), 0);
}


static void
an_opt_in_of_who_writes_is_not(void **state)
{
    t_engine_t  *t = *state;

    flows(t, TELLS, HEARS);
    opts(t, "resume");
    t_pass(t, MINUTE);
    says(t, "hello");
    assert_int_equal(conversation(t)->n_tasks, 0);
    assert_int_equal(passes(t, DAY), 0);
    assert_int_equal(n_sent(t), 0);
}


#define OFFERS                                                                \
    "{\"flow\":\"offers\",\"start\":\"yes\",\"triggers\":["                   \
    "{\"keywords\":[\"offers\"],\"step\":\"ask\"}],\"inputs\":[\"when\"],"    \
    "\"steps\":{"                                                             \
    "\"ask\":{\"say\":{\"text\":\"May we write?\"},"                          \
        "\"ask\":{\"save\":\"may\",\"as\":\"yes_no\"},"                       \
        "\"timeouts\":[{\"after\":\"1h\",\"step\":\"nudge\"}],"               \
        "\"branch\":[{\"when\":{\"variable\":\"may\",\"is\":\"no\"},"         \
        "\"step\":\"no\"}],\"next\":\"yes\"},"                                \
    "\"nudge\":{\"say\":{\"text\":\"Well?\"},\"back\":true},"               \
    "\"yes\":{\"say\":{\"text\":\"Thanks.\"},"                              \
        "\"consent\":[{\"category\":\"marketing_messages\","                \
            "\"state\":\"granted\",\"text_version\":\"v3\"}],"              \
        "\"schedule\":[{\"task\":\"follow\",\"step\":\"follow\","         \
            "\"after\":\"2h\"},{\"task\":\"date\",\"step\":\"follow\","   \
            "\"at\":\"when\"}]},"                                           \
    "\"no\":{\"say\":{\"text\":\"Fine.\"},"                                 \
        "\"consent\":[{\"category\":\"marketing_messages\","                \
            "\"state\":\"revoked\"}]},"                                     \
    "\"follow\":{\"say\":{\"text\":\"An offer.\"}}}}"


static const Pl__Consent *
consent_row(t_engine_t *t)
{
    const Pl__Contact  *c = (const Pl__Contact *)
                            t_row(t, PL_TABLE_CONTACTS, 0,
                                  &pl__contact__descriptor);

    return c->n_consents == 0 ? NULL : c->consents[0];
}


/* A flow writes consent down; another hears of it. */

static void
a_flow_asks_for_consent(void **state)
{
    t_engine_t  *t = *state;

    flows(t, OFFERS, HEARS);
    says(t, "offers");
    t_pass(t, 5000);
    says(t, "yes");
    assert_int_equal(consent_row(t)->state,
                     PL__CONSENT_STATE__CONSENT_STATE_GRANTED);
    assert_string_equal(consent_row(t)->source, "flow.offers");
    assert_string_equal(consent_row(t)->word, "yes");
    assert_string_equal(consent_row(t)->text_version, "v3");
    assert_int_equal(conversation(t)->n_tasks, 2);  /* and the welcome */

    says(t, "offers");
    t_pass(t, 5000);
    says(t, "no");
    assert_int_equal(consent_row(t)->state,
                     PL__CONSENT_STATE__CONSENT_STATE_REVOKED);
    assert_string_equal(said(t), "Fine.");
}


/* STOP ends the run and what it would do; an agreed date stays agreed. */

static void
stop_ends_a_run(void **state)
{
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event = NULL;

    flows(t, OFFERS, NULL);
    starts(t, NULL, "offers", NULL, "when", "2025-10-10T08:00Z");
    says(t, "offers");
    assert_int_equal(conversation(t)->n_tasks, 3);
    t_pass(t, 5000);
    says(t, "STOP");
    assert_string_equal(at_step(t), "");
    assert_int_equal(conversation(t)->n_tasks, 1);
    assert_string_equal(conversation(t)->tasks[0]->name, "date");
    (void) audits(t, FLOW, &event);
    assert_non_null(strstr(event->text, "they said stop"));
    assert_int_equal(passes(t, 12 * HOUR), 0);
}


int
main(void)
{
#define RUN(f)  cmocka_unit_test_setup_teardown(f, run_setup, run_end)
    const struct CMUnitTest  tests[] = {
        RUN(flows_hear_of_each_other),
        RUN(a_program_tells_an_event),
        RUN(a_refused_start_makes_no_contact),
        RUN(a_start_is_done_once),
        RUN(an_opt_in_is_welcomed),
        RUN(an_opt_in_of_who_writes_is_not),
        RUN(a_flow_asks_for_consent),
        RUN(stop_ends_a_run),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
