/*
 * Policy on a folded store: what is decided when a message is queued, what
 * when its attempt begins, and what is kept of it.
 */

#include "terms.h"


static uint64_t
sends_as(t_engine_t *t, const char *says, Pl__Category category)
{
    asked_t  a;

    asked_to(&a, PHONE, says);
    a.request.has_category = 1;
    a.request.category = category;

    return ask(t, &a);
}


static void
says_of_marketing(t_engine_t *t, const char *word)
{
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__Sender         from = PL__SENDER__INIT;
    Pl__ConsentChange  in = PL__CONSENT_CHANGE__INIT;

    from.phone = (char *) PHONE;
    in.account = (char *) T_ACCOUNT;
    in.from = &from;
    in.category = (char *) PL_CONSENT_MARKETING;
    in.word = (char *) word;
    in.time_s = t->wall_ms / 1000;
    command.of_case = PL__COMMAND__OF_CONSENT_CHANGE;
    command.consent_change = &in;
    (void) t_told(t, &command);
    t_fold(t);
}


/* ---- the window ----------------------------------------------------- */

/* Queued inside, held up by a throttle, attempted outside: never sent. */

static void
what_leaves_outside_is_decided_again(void **state)
{
    uint64_t          id, epoch, effects[64];
    t_engine_t       *t = *state;
    Pl__AuditEvent   *event;

    epoch = t_sender(t, true, NULL);
    writes(t);
    id = texts(t, "free", NULL);
    stands(t, id, QUEUED, NULL);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_THROTTLE,
             T_NOW + LATER_DAY);
    t_pass(t, LATER_DAY);
    assert_int_equal(t_attempt(t, epoch, effects), 1);

    assert_int_equal(t_rows(t, PL_TABLE_ATTEMPTS), 0);
    stands(t, id, FAILED, "window.closed");
    assert_int_equal(events(t, BLOCKED, &event), 1);
    assert_string_equal(event->rule, "window.closed");
    assert_int_equal(event->time_ms, t->wall_ms);
    assert_int_equal(t_counted(t, "policy_blocked", "window.closed"), 1);
}


static void
the_last_millisecond_is_inside(void **state)
{
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    writes(t);
    id = texts(t, "free", NULL);
    t_pass(t, LATER_DAY - 1);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), id);
}


/* With another form it goes as that; once, and with its event. */

static void
the_template_goes_where_the_window_is_closed(void **state)
{
    uint64_t         id, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    writes(t);
    id = texts(t, "free", "fixed");
    assert_int_equal(message(t, id)->content->of_case, PL__CONTENT__OF_TEXT);

    t_pass(t, LATER_DAY);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), id);
    assert_string_equal(message(t, id)->content->template_->name, "fixed");
    assert_string_equal(message(t, id)->otherwise->text->body, "free");

    assert_int_equal(events(t, REPLACED, &event), 1);
    assert_string_equal(event->rule, "window.closed");
    assert_string_equal(event->text, "fixed");
    assert_int_equal(event->subject, id);
    assert_int_equal(t_counted(t, "policy_replaced", "window.closed"), 1);
}


/* Replaced when it was queued, and as itself again: they wrote meanwhile. */

static void
the_free_form_goes_again_where_one_opened(void **state)
{
    uint64_t         id, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    id = texts(t, "free", "fixed");
    assert_string_equal(message(t, id)->content->template_->name, "fixed");

    writes(t);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(message(t, id)->content->text->body, "free");
    assert_int_equal(events(t, REPLACED, &event), 2);
    assert_string_equal(event->rule, "window.open");
}


/* 131047: our window was wrong. The other form goes, or it says why not. */

static void
provider_says(t_engine_t *t, uint64_t effect, uint64_t epoch)
{
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__SendResult  result = PL__SEND_RESULT__INIT;

    result.effect = effect;
    result.epoch = epoch;
    result.outcome = PL__OUTCOME__OUTCOME_POLICY;
    result.has_code = 1;
    result.code = 131047;
    result.reason = (char *) "131047 policy";
    result.has_window_closed = result.window_closed = 1;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static void
the_provider_corrects_our_window(void **state)
{
    uint64_t     with, without, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    writes(t);
    with = texts(t, "free", "fixed");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    provider_says(t, effects[0], epoch);

    stands(t, with, QUEUED, NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_string_equal(message(t, with)->content->template_->name, "fixed");
    t_result(t, effects[0], epoch, PL__OUTCOME__OUTCOME_SENT, 0);

    without = texts(t, "free", NULL);
    stands(t, without, FAILED, "window.closed");

    t_pass(t, 1000);
    writes(t);
    without = texts(t, "free", NULL);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    provider_says(t, effects[0], epoch);
    stands(t, without, FAILED, "window.closed");
    assert_int_equal(t_counted(t, "windows", "corrected"), 2);
}


/*
 * It had been accepted, and a status says so a moment later: the message has
 * failed, and its other form goes as one of its own, on its terms.
 */

static void
told(t_engine_t *t, uint64_t id, int64_t time_s)
{
    char  item[600];

    (void) snprintf(item, sizeof(item),
        "{\"id\":\"wamid.OUT\",\"status\":\"failed\",\"timestamp\":\"%"
        PRId64 "\",\"recipient_id\":\"34600000001\","
        "\"biz_opaque_callback_data\":\"m:%" PRIu64 ":%s\",\"errors\":"
        "[{\"code\":131047,\"title\":\"Re-engagement message\"}]}",
        time_s, id, t_mark(t));
    (void) t_items(t, "statuses", item);
    t_fold(t);
}


static void
a_status_corrects_our_window(void **state)
{
    text_t           x;
    uint64_t         id, other, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    writes(t);
    text_to(&x, "free", "fixed");
    asked_with(&x.ask, 0, T_NOW + HOUR, NULL);
    x.ask.request.has_lane = 1;
    x.ask.request.lane = PL__LANE__LANE_REMINDER;
    id = ask(t, &x.ask);
    leaves_text(t, epoch, "free");

    t_pass(t, 1000);
    told(t, id, t->wall_ms / 1000);
    told(t, id, t->wall_ms / 1000);
    stands(t, id, FAILED, NULL);
    assert_int_equal(t_counted(t, "windows", "corrected"), 1);
    assert_int_equal(events(t, REPLACED, &event), 1);
    assert_int_equal(event->subject, id);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    other = flying(t);
    assert_int_not_equal(other, id);
    assert_string_equal(message(t, other)->content->template_->name,
                        "fixed");
    assert_int_equal(message(t, other)->terms->lane,
                     PL__LANE__LANE_REMINDER);
    assert_int_equal(message(t, other)->terms->expires_ms, T_NOW + HOUR);
}


/* They wrote after that was said: the window is a newer one, and stays. */

static void
a_newer_window_stays(void **state)
{
    uint64_t     id, epoch;
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    writes(t);
    id = texts(t, "free", NULL);
    leaves_text(t, epoch, "free");
    t_pass(t, 60000);
    writes(t);
    told(t, id, T_NOW / 1000 + 1);
    stands(t, texts(t, "more", NULL), QUEUED, NULL);
    assert_int_equal(t_counted(t, "windows", "corrected"), 0);
}


/* ---- consent -------------------------------------------------------- */

static void
consent_is_looked_at_when_it_leaves(void **state)
{
    uint64_t         id, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__DeadLetter  *letter;

    epoch = t_sender(t, true, NULL);
    id = sends_as(t, "advert", PL__CATEGORY__CATEGORY_MARKETING);
    stands(t, id, FAILED, "consent.missing");
    letter = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                      &pl__dead_letter__descriptor);
    assert_string_equal(letter->reason, "marketing_messages: no consent of "
                                        "the contact is on record");

    says_of_marketing(t, "resume");
    id = sends_as(t, "advert", PL__CATEGORY__CATEGORY_MARKETING);
    stands(t, id, QUEUED, NULL);

    /* what waits is taken back, and what comes later is blocked */

    t_pass(t, 1000);
    says_of_marketing(t, "stop");
    assert_int_equal(t_attempt(t, epoch, effects), 0);
    stands(t, id, FAILED, "consent.revoked");
    id = sends_as(t, "advert", PL__CATEGORY__CATEGORY_MARKETING);
    stands(t, id, FAILED, "consent.revoked");

    id = sends_as(t, "receipt", PL__CATEGORY__CATEGORY_UTILITY);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), id);
}


/* ---- quiet hours ---------------------------------------------------- */

static Pl__PolicySettings *
quiet(void)
{
    static Pl__PolicySettings  policy;

    pl__policy_settings__init(&policy);
    policy.quiet_hours = (char *) "23:00-07:00";

    return &policy;
}


static void
the_night_is_waited_for(void **state)
{
    text_t           x;
    uint64_t         late, id, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__Verdict     *v;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    publish(t, quiet());
    writes(t);

    t_pass(t, NIGHT - 1 - t->wall_ms);
    late = texts(t, "in time", NULL);
    stands(t, late, QUEUED, NULL);
    leaves_text(t, epoch, "in time");

    t_pass(t, 1);
    text_to(&x, "at night", NULL);
    id = ask(t, &x.ask);
    stands(t, id, SCHEDULED, "quiet.hours");
    assert_int_equal(message(t, id)->at_ms, MORNING);

    v = verdict(t, &x.ask);
    assert_int_equal(v->decision, PL__DECISION__DECISION_SCHEDULED);
    assert_string_equal(v->rule, "quiet.hours");
    assert_int_equal(v->until_ms, MORNING);

    assert_int_equal(events(t, DEFERRED, &event), 1);
    assert_string_equal(event->text, "until 2025-10-10T07:00:00.000Z");

    /* nothing waits behind it: who writes now is answered now */

    (void) t_text(t, PHONE, "wamid.NOW", t->wall_ms / 1000, "hello");
    t_fold(t);
    leaves_text(t, epoch, "Hello Ana!");

    t_pass(t, MORNING - 1 - t->wall_ms);
    assert_int_equal(fire(t, 64), 0);
    t_pass(t, 1);
    assert_int_equal(fire(t, 64), 1);
    stands(t, id, QUEUED, NULL);
    leaves_text(t, epoch, "at night");
    assert_int_equal(events(t, DEFERRED, &event), 1);
    assert_int_equal(t_attempt(t, epoch, effects), 0);
}


/* Queued by day, held up until the night. It can be called off then. */

static void
an_attempt_at_night_is_put_off(void **state)
{
    uint64_t         id, next, epoch, effects[64];
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    epoch = t_sender(t, true, NULL);
    publish(t, quiet());
    id = sends(t, "by_day", 0, 0, NULL);
    next = sends(t, "next", 0, 0, NULL);
    t_pass(t, NIGHT - t->wall_ms);

    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stands(t, id, SCHEDULED, "quiet.hours");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stands(t, next, SCHEDULED, "quiet.hours");
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_rows(t, PL_TABLE_DUE), 0);
    assert_int_equal(events(t, DEFERRED, &event), 2);

    cancel(t, next);
    stands(t, next, FAILED, "cancelled");

    t_pass(t, MORNING - t->wall_ms);
    assert_int_equal(fire(t, 64), 1);
    leaves(t, epoch, "by_day");
}


/* Quiet until the window is over: then the other form, or none. */

static void
the_night_meets_the_windows_end(void **state)
{
    uint64_t     with, without, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    publish(t, quiet());
    t_pass(t, NIGHT - t->wall_ms - 20 * HOUR);
    writes(t);
    t_pass(t, 20 * HOUR);
    with = texts(t, "free", "fixed");
    without = texts(t, "free", NULL);
    stands(t, with, SCHEDULED, "quiet.hours");
    stands(t, without, SCHEDULED, "quiet.hours");

    t_pass(t, 8 * HOUR);
    assert_int_equal(fire(t, 64), 2);
    stands(t, without, FAILED, "window.closed");
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    assert_int_equal(flying(t), with);
    assert_string_equal(message(t, with)->content->template_->name, "fixed");
}


static void
what_would_be_too_late_is_dropped_and_says_so(void **state)
{
    uint64_t         id;
    t_engine_t      *t = *state;
    Pl__DeadLetter  *letter;

    publish(t, quiet());
    t_pass(t, NIGHT - t->wall_ms);
    id = sends(t, "reminder", 0, MORNING - HOUR, NULL);
    stands(t, id, FAILED, "expired");
    letter = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 0,
                                      &pl__dead_letter__descriptor);
    assert_string_equal(letter->reason,
                        "quiet.hours until 2025-10-10T07:00:00.000Z, too "
                        "late then");
}


/* A zone that nobody knows: the tenant's, or UTC, and the event says so. */

static void
an_unknown_zone_is_flagged(void **state)
{
    uint64_t         id;
    t_engine_t      *t = *state;
    Pl__AuditEvent  *event;

    t->time_zone = "Mars/Olympus_Mons";
    publish(t, quiet());
    t_pass(t, NIGHT - t->wall_ms);
    id = sends(t, "by_utc", 0, 0, NULL);
    stands(t, id, SCHEDULED, "quiet.hours");
    assert_int_equal(events(t, DEFERRED, &event), 1);
    assert_non_null(strstr(event->text, "is not known"));
    t->time_zone = NULL;
}


/* ---- forbidden patterns --------------------------------------------- */

static void
a_forbidden_pattern_waits_for_a_person(void **state)
{
    uint64_t                    id, epoch, effects[64];
    t_engine_t                 *t = *state;
    Pl__Command                 command = PL__COMMAND__INIT;
    Pl__DeadRetry               retry = PL__DEAD_RETRY__INIT;
    Pl__DeadLetter             *letter;
    Pl__ForbidSettings          forbid, *forbids[1];
    Pl__PolicySettings          policy;

    static const char  text[] = "# numbers\nphone: [0-9]{6,}\n"
                                "cure: \\bheil(t|ung)\\b\n";

    pl__policy_settings__init(&policy);
    pl__forbid_settings__init(&forbid);
    forbid.file = (char *) "forbidden";
    forbid.text.data = (uint8_t *) text;
    forbid.text.len = sizeof(text) - 1;
    forbid.scope = PL__FORBID_SCOPE__FORBID_SCOPE_CONTACT;
    forbids[0] = &forbid;
    policy.forbids = forbids;
    policy.n_forbids = 1;

    epoch = t_sender(t, true, NULL);
    publish(t, &policy);
    writes(t);
    stands(t, texts(t, "Das HEILT alles", NULL), FAILED, "content.cure");
    id = texts(t, "call 5551234", NULL);
    stands(t, id, FAILED, "content.phone");
    assert_int_equal(t_counted(t, "policy_blocked", "content.forbidden"), 2);
    stands(t, texts(t, "call me", NULL), QUEUED, NULL);
    leaves_text(t, epoch, "call me");

    /* it stays so while the file says so, and goes when it does not */

    letter = (Pl__DeadLetter *) t_row(t, PL_TABLE_DEAD, 1,
                                      &pl__dead_letter__descriptor);
    retry.tenant = 1;
    retry.effect = letter->effect->id;
    command.of_case = PL__COMMAND__OF_DEAD_RETRY;
    command.dead_retry = &retry;
    (void) t_append(t, &command, NULL);
    t_fold(t);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stands(t, id, FAILED, "content.phone");

    publish(t, NULL);
    (void) t_append(t, &command, NULL);
    t_fold(t);
    leaves_text(t, epoch, "call 5551234");
}


/* ---- who answers ---------------------------------------------------- */

/* What is unfit as the other form is refused when it is asked for. */

/* Whoever has allowed nothing gets none of a campaign, nor after a STOP. */

static void
a_campaign_needs_consent(void **state)
{
    asked_t      a;
    uint64_t     id;
    t_engine_t  *t = *state;

    asked_to(&a, PHONE, "offer");
    a.request.has_campaign = 1;
    a.request.campaign = 7;
    id = ask(t, &a);
    assert_true(message(t, id)->campaign);
    stands(t, id, FAILED, "consent.missing");

    says_of_marketing(t, "resume");
    asked_to(&a, PHONE, "offer");
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;
    id = ask(t, &a);
    stands(t, id, QUEUED, NULL);

    t_pass(t, 1000);
    says_of_marketing(t, "stop");
    stands(t, id, FAILED, "consent.revoked");   /* taken back, */
    assert_int_equal(t_rows(t, PL_TABLE_DEAD), 1);

    asked_to(&a, PHONE, "offer");               /* and no more of them */
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;
    stands(t, ask(t, &a), FAILED, "consent.revoked");
}


/* Messages of before categories were kept say nothing: their lane does. */

static void
an_old_campaign_is_one_by_its_lane(void **state)
{
    asked_t        a;
    uint64_t       id;
    pl_key_t       key;
    pl_txn_t      *txn;
    t_engine_t    *t = *state;
    Pl__Message   *m;

    says_of_marketing(t, "resume");
    asked_to(&a, PHONE, "offer");
    a.request.has_lane = 1;
    a.request.lane = PL__LANE__LANE_CAMPAIGN;
    id = ask(t, &a);

    m = message(t, id);
    m->has_campaign = 0;
    m->campaign = 0;
    pl_key_seq(&key, id);
    t_ok(t, pl_store_begin(t->st, PL_ENV_STATE, true, &txn, &t->err));
    t_ok(t, pl_record_put(txn, PL_TABLE_MESSAGES, pl_key_str(&key), &m->base,
                          false, &t->err));
    t_ok(t, pl_store_commit(txn, &t->err));

    t_pass(t, 1000);
    says_of_marketing(t, "stop");
    stands(t, id, FAILED, "consent.revoked");
}


/* What says that it is no advert is none, and a STOP leaves it. */

static void
a_campaign_may_be_no_advert(void **state)
{
    asked_t      a;
    uint64_t     id;
    t_engine_t  *t = *state;

    asked_to(&a, PHONE, "recall");
    a.request.has_campaign = 1;
    a.request.campaign = 7;
    a.request.has_category = 1;
    a.request.category = PL__CATEGORY__CATEGORY_UTILITY;
    id = ask(t, &a);
    says_of_marketing(t, "stop");
    stands(t, id, QUEUED, NULL);
}


static void
the_other_form_has_its_own_category(void **state)
{
    text_t       x;
    uint64_t     id, epoch, effects[64];
    t_engine_t  *t = *state;

    epoch = t_sender(t, true, NULL);
    writes(t);
    text_to(&x, "free", "fixed");
    x.ask.request.has_category = 1;
    x.ask.request.category = PL__CATEGORY__CATEGORY_SERVICE;
    x.ask.request.has_otherwise_category = 1;
    x.ask.request.otherwise_category = PL__CATEGORY__CATEGORY_MARKETING;
    id = ask(t, &x.ask);
    stands(t, id, QUEUED, NULL);                /* as itself */

    t_pass(t, LATER_DAY);
    assert_int_equal(t_attempt(t, epoch, effects), 1);
    stands(t, id, FAILED, "consent.missing");
}


static void
the_other_form_is_checked(void **state)
{
    text_t        x;
    t_engine_t   *t = *state;
    Pl__Verdict  *v;

    text_to(&x, "free", "");
    x.other.type = (char *) "text";
    x.other.of_case = PL__CONTENT__OF_TEXT;
    x.other.text = &x.ask.text;
    assert_int_equal(ask(t, &x.ask), 0);
    v = verdict(t, &x.ask);
    assert_string_equal(v->rule, "request.refused");
    assert_string_equal(v->path, "otherwise");
}


int
main(void)
{
#define T(test)  cmocka_unit_test_setup_teardown(test, later_setup,          \
                                                 later_teardown)
    const struct CMUnitTest  tests[] = {
        T(what_leaves_outside_is_decided_again),
        T(the_last_millisecond_is_inside),
        T(the_template_goes_where_the_window_is_closed),
        T(the_free_form_goes_again_where_one_opened),
        T(the_provider_corrects_our_window),
        T(a_status_corrects_our_window),
        T(a_newer_window_stays),
        T(consent_is_looked_at_when_it_leaves),
        T(the_night_is_waited_for),
        T(an_attempt_at_night_is_put_off),
        T(the_night_meets_the_windows_end),
        T(what_would_be_too_late_is_dropped_and_says_so),
        T(an_unknown_zone_is_flagged),
        T(a_forbidden_pattern_waits_for_a_person),
        T(a_campaign_needs_consent),
        T(an_old_campaign_is_one_by_its_lane),
        T(a_campaign_may_be_no_advert),
        T(the_other_form_has_its_own_category),
        T(the_other_form_is_checked),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("engine_policy", tests, NULL, NULL);
}
