/*
 * Subscriptions as apply keeps them: terms, cursor, secrets, pauses, what
 * was not delivered, and what retention may drop.
 */

#include "engine.h"

#include "../../src/engine/retain.h"
#include "../../src/engine/subscription.h"

#define URL     "https://example.test/hook"
#define ACTIVE  PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE
#define FAILING PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING
#define PAUSED  PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED
#define FAULT(name)  PL__DELIVERY_FAULT__DELIVERY_FAULT_##name
#define DAY     86400000LL

static uint8_t  sealed[61];


static Pl__SubscriptionSecret
a_secret(uint64_t place)
{
    Pl__SubscriptionSecret  secret = PL__SUBSCRIPTION_SECRET__INIT;

    secret.sealed.data = sealed;
    secret.sealed.len = sizeof(sealed);
    secret.place = place;

    return secret;
}


static void
told(t_engine_t *t, const Pl__Command *command)
{
    t_append(t, command, NULL);
    t_fold(t);
}


static Pl__Subscription *
row(t_engine_t *t, unsigned i)
{
    return (Pl__Subscription *) t_row(t, PL_TABLE_SUBSCRIPTIONS, i,
                                      &pl__subscription__descriptor);
}


static Pl__Undelivered *
letter(t_engine_t *t, unsigned i)
{
    return (Pl__Undelivered *) t_row(t, PL_TABLE_UNDELIVERED, i,
                                     &pl__undelivered__descriptor);
}


/* The sequence of the i-th row of `changes`. */

static uint64_t
change(t_engine_t *t, unsigned i)
{
    unsigned      k;
    uint64_t      sequence = 0;
    pl_str_t      key, value;
    pl_txn_t     *txn = t_read(t);
    pl_scan_t    *scan;

    t_ok(t, pl_store_scan(txn, PL_TABLE_CHANGES, PL_STR_NULL, false, &scan,
                          &t->err));

    for (k = 0; k <= i
                && pl_store_scan_next(scan, &key, &value, &t->err) == PL_OK;
         k++)
    {
        sequence = pl_be64(key.data + 4);
    }

    pl_store_scan_end(scan);
    pl_store_abort(txn);

    return sequence;
}


/* 0: made anew; from UINT64_MAX: from now on. The tenant's number is 1. */

static void
set(t_engine_t *t, uint64_t id, const char *url, uint64_t from)
{
    Pl__Command              command = PL__COMMAND__INIT;
    Pl__SubscriptionSet      in = PL__SUBSCRIPTION_SET__INIT;
    Pl__SubscriptionTerms    terms = PL__SUBSCRIPTION_TERMS__INIT;
    Pl__SubscriptionSecret   secret = a_secret(1);

    terms.url = (char *) url;
    in.tenant = 1;
    in.terms = &terms;
    in.has_subscription = id != 0;
    in.subscription = id;
    in.secret = id == 0 ? &secret : NULL;
    in.has_from = from != UINT64_MAX;
    in.from = from;
    in.actor = (char *) "maria";
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_SET;
    command.subscription_set = &in;
    told(t, &command);
}


static void
step(t_engine_t *t, Pl__SubscriptionStep *in)
{
    Pl__Command                command = PL__COMMAND__INIT;
    Pl__SubscriptionStep      *steps[1] = { in };
    Pl__SubscriptionProgress   progress = PL__SUBSCRIPTION_PROGRESS__INIT;

    progress.n_steps = 1;
    progress.steps = steps;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_PROGRESS;
    command.subscription_progress = &progress;
    told(t, &command);
}


static Pl__SubscriptionStep
of(const Pl__Subscription *sub)
{
    Pl__SubscriptionStep  in = PL__SUBSCRIPTION_STEP__INIT;

    in.tenant = 1;
    in.subscription = sub->id;
    in.has_course = in.has_revision = 1;
    in.course = sub->course;
    in.revision = sub->revision;

    return in;
}


static void
failed(t_engine_t *t, Pl__DeliveryFault fault, uint32_t attempts)
{
    Pl__SubscriptionStep    in = of(row(t, 0));
    Pl__SubscriptionFault   what = PL__SUBSCRIPTION_FAULT__INIT;

    what.fault = fault;
    in.fault = &what;
    in.has_attempts = 1;
    in.attempts = attempts;
    in.has_retry_ms = 1;
    in.retry_ms = t->wall_ms + 1000;
    step(t, &in);
}


static void
arrived(t_engine_t *t, uint64_t upto, uint32_t n)
{
    Pl__SubscriptionStep  in = of(row(t, 0));

    in.has_upto = 1;
    in.upto = upto;
    in.has_delivered = 1;
    in.delivered = n;
    step(t, &in);
}


static void
skipped(t_engine_t *t, uint64_t sequence)
{
    Pl__SubscriptionStep      in = of(row(t, 0));
    Pl__SubscriptionFault     fault = PL__SUBSCRIPTION_FAULT__INIT;
    Pl__SubscriptionOutcome   one = PL__SUBSCRIPTION_OUTCOME__INIT;
    Pl__SubscriptionOutcome  *list[1] = { &one };

    fault.fault = FAULT(REJECTED);
    one.sequence = sequence;
    one.fault = &fault;
    one.has_attempts = 1;
    one.attempts = 5;
    in.n_skipped = 1;
    in.skipped = list;
    in.has_upto = 1;
    in.upto = sequence;
    step(t, &in);
}


static void
replay(t_engine_t *t, bool by_time, uint64_t after)
{
    Pl__Command              command = PL__COMMAND__INIT;
    Pl__SubscriptionReplay   in = PL__SUBSCRIPTION_REPLAY__INIT;

    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    in.has_after = !by_time;
    in.after = after;
    in.has_from_ms = by_time;
    in.from_ms = (int64_t) after;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_REPLAY;
    command.subscription_replay = &in;
    told(t, &command);
}


static void
hold(t_engine_t *t, bool resume)
{
    Pl__Command            command = PL__COMMAND__INIT;
    Pl__SubscriptionHold   in = PL__SUBSCRIPTION_HOLD__INIT;

    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    in.has_resume = 1;
    in.resume = resume;
    in.reason = (char *) "maintenance";
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_HOLD;
    command.subscription_hold = &in;
    told(t, &command);
}


static void
act(t_engine_t *t, uint64_t sequence, bool drop)
{
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__UndeliveredAct   in = PL__UNDELIVERED_ACT__INIT;

    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    in.has_sequence = sequence != 0;
    in.sequence = sequence;
    in.has_drop = 1;
    in.drop = drop;
    command.of_case = PL__COMMAND__OF_UNDELIVERED_ACT;
    command.undelivered_act = &in;
    told(t, &command);
}


static void
messages(t_engine_t *t, const char *prefix, unsigned n)
{
    unsigned  i;
    char      wamid[32];

    for (i = 0; i < n; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.%s%u", prefix, i);
        t_located(t, "34600000001", wamid, t->wall_ms / 1000);
    }

    t_fold(t);
}


static t_engine_t *
world(void)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    messages(t, "first", 3);

    return t;
}


static void
one_is_made_from_now_on(void **state)
{
    t_engine_t        *t = *state = world();
    Pl__Subscription  *sub;

    set(t, 0, URL, UINT64_MAX);
    sub = row(t, 0);
    assert_int_equal(sub->state, ACTIVE);
    assert_int_equal(sub->n_secrets, 1);
    assert_true(sub->cursor >= change(t, 100));
    assert_true(sub->id > sub->cursor);
    assert_int_equal(sub->created_ms, t->wall_ms);

    /* its terms are said anew */
    set(t, sub->id, URL "/2", UINT64_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_string_equal(row(t, 0)->terms->url, URL "/2");
    assert_int_equal(row(t, 0)->revision, sub->revision + 1);
    assert_int_equal(row(t, 0)->cursor, sub->cursor);

    /* one that is none changes nothing */
    set(t, 999, URL "/3", UINT64_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
}


static void
bad_terms_are_refused(void **state)
{
    size_t                  i;
    char                    url[PL_SUBSCRIPTION_URL_MAX + 2];
    pl_err_t                err;
    Pl__SubscriptionTerms   terms = PL__SUBSCRIPTION_TERMS__INIT;

    static const char *const  bad[] = {
        "http://example.test/", "https://a:b@example.test/", "ftp://x/",
        "https://", "https://example.test/#x", "example.test", ""
    };

    *state = world();
    set(*state, 0, "http://example.test/", UINT64_MAX);
    assert_int_equal(t_rows(*state, PL_TABLE_SUBSCRIPTIONS), 0);
    assert_int_equal(t_rows(*state, PL_TABLE_QUARANTINE), 1);

    for (i = 0; i < PL_COUNT(bad); i++) {
        terms.url = (char *) bad[i];
        assert_int_equal(pl_subscription_check(&terms, false, &err),
                         PL_INVALID);
        assert_string_equal(err.path, "url");
    }

    terms.url = (char *) bad[0];
    assert_int_equal(pl_subscription_check(&terms, true, &err), PL_OK);

    memset(url, 'a', sizeof(url));
    memcpy(url, "https://", 8);
    url[9] = '/';
    url[PL_SUBSCRIPTION_URL_MAX + 1] = '\0';
    terms.url = url;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    url[PL_SUBSCRIPTION_URL_MAX] = '\0';
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);

    terms.has_timeout_ms = 1;
    terms.timeout_ms = PL_DELIVERY_TIMEOUT_MAX_MS + 1;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    terms.timeout_ms--;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);
    terms.has_poison_attempts = 1;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_INVALID);
    terms.poison_attempts = PL_POISON_ATTEMPTS_MAX;
    assert_int_equal(pl_subscription_check(&terms, false, &err), PL_OK);
}


static void
a_tenant_has_64_of_them(void **state)
{
    unsigned     i;
    t_engine_t  *t = *state = world();

    for (i = 0; i < PL_SUBSCRIPTIONS_MAX + 1; i++) {
        set(t, 0, URL, UINT64_MAX);
    }

    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS),
                     PL_SUBSCRIPTIONS_MAX);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
the_cursor_goes_forward_alone(void **state)
{
    t_engine_t            *t = *state = world();
    Pl__SubscriptionStep   old;

    set(t, 0, URL, 0);
    assert_int_equal(row(t, 0)->cursor, 0);

    arrived(t, change(t, 1), 2);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));
    assert_int_equal(row(t, 0)->delivered, 2);

    arrived(t, change(t, 0), 1);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));

    /* what has not happened yet cannot be delivered */
    arrived(t, UINT64_MAX - 1, 0);
    assert_int_equal(row(t, 0)->cursor, change(t, 1));

    /* a person moves it; what is said of before is not believed */
    old = of(row(t, 0));
    replay(t, false, 0);
    assert_int_equal(row(t, 0)->cursor, 0);
    assert_int_equal(row(t, 0)->course, 1);
    old.has_upto = 1;
    old.upto = change(t, 2);
    step(t, &old);
    assert_int_equal(row(t, 0)->cursor, 0);
    arrived(t, change(t, 2), 3);
    assert_int_equal(row(t, 0)->cursor, change(t, 2));
}


static void
it_is_replayed_from_a_time(void **state)
{
    int64_t      then;
    uint64_t     n;
    t_engine_t  *t = *state = world();

    n = t_rows(t, PL_TABLE_CHANGES);
    t_pass(t, 60000);
    then = t->wall_ms;
    messages(t, "second", 3);
    set(t, 0, URL, UINT64_MAX);

    replay(t, true, (uint64_t) then);
    assert_int_equal(row(t, 0)->cursor, change(t, (unsigned) n) - 1);

    replay(t, true, (uint64_t) T_NOW - 1000);
    assert_true(row(t, 0)->cursor < change(t, 0));

    replay(t, true, (uint64_t) t->wall_ms + 1);
    assert_int_equal(row(t, 0)->cursor, change(t, 1000));

    replay(t, false, 1u << 30);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
secrets_overlap(void **state)
{
    t_engine_t               *t = *state = world();
    Pl__Command               command = PL__COMMAND__INIT;
    Pl__Subscription         *sub;
    Pl__SubscriptionRotate    in = PL__SUBSCRIPTION_ROTATE__INIT;
    Pl__SubscriptionSecret    secret = a_secret(2);

    set(t, 0, URL, UINT64_MAX);
    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    in.secret = &secret;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_ROTATE;
    command.subscription_rotate = &in;
    told(t, &command);

    sub = row(t, 0);
    assert_int_equal(sub->n_secrets, 2);
    assert_int_equal(sub->secrets[0]->place, 2);
    assert_int_equal(sub->secrets[1]->place, 1);
    assert_false(sub->secrets[0]->has_until_ms);
    assert_int_equal(sub->secrets[1]->until_ms, t->wall_ms + PL_OVERLAP_MS);
    assert_true(pl_subscription_signs(sub->secrets[1],
                                      t->wall_ms + PL_OVERLAP_MS - 1));
    assert_false(pl_subscription_signs(sub->secrets[1],
                                       t->wall_ms + PL_OVERLAP_MS));

    /* a third takes the place of the second; without overlap, of both */
    secret.place = 3;
    told(t, &command);
    assert_int_equal(row(t, 0)->n_secrets, 2);
    assert_int_equal(row(t, 0)->secrets[1]->place, 2);

    in.has_overlap_ms = 1;
    secret.place = 4;
    told(t, &command);
    assert_int_equal(row(t, 0)->n_secrets, 1);
    assert_int_equal(row(t, 0)->secrets[0]->place, 4);

    in.overlap_ms = PL_OVERLAP_MAX_MS + 1;
    told(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
it_is_paused_after_failing_for_too_long(void **state)
{
    t_engine_t  *t = *state = world();

    set(t, 0, URL, UINT64_MAX);
    failed(t, FAULT(BROKEN), 1);
    assert_int_equal(row(t, 0)->state, FAILING);
    assert_int_equal(row(t, 0)->failing_ms, t->wall_ms);
    assert_int_equal(row(t, 0)->retry_ms, t->wall_ms + 1000);

    /* what arrives ends it */
    t_pass(t, 4 * DAY);
    arrived(t, change(t, 2), 1);
    assert_int_equal(row(t, 0)->state, ACTIVE);
    assert_false(row(t, 0)->has_failing_ms);

    failed(t, FAULT(TIMEOUT), 1);
    t_pass(t, PL_PAUSE_AFTER_MS - 1);
    failed(t, FAULT(TIMEOUT), 2);
    assert_int_equal(row(t, 0)->state, FAILING);
    t_pass(t, 1);
    failed(t, FAULT(TIMEOUT), 3);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->pause,
                     PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_FAILURES);

    hold(t, true);
    assert_int_equal(row(t, 0)->state, ACTIVE);
    assert_int_equal(row(t, 0)->attempts, 0);
    assert_int_equal(row(t, 0)->retry_ms, 0);
}


static void
gone_pauses_at_once_and_a_person_may(void **state)
{
    uint64_t              changed;
    t_engine_t           *t = *state = world();
    Pl__StateMeta        *meta;
    Pl__SubscriptionStep  late;

    set(t, 0, URL, UINT64_MAX);
    meta = (Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
    assert_int_equal(meta->subscriptions, 1);
    changed = meta->subscriptions_changed;

    failed(t, FAULT(GONE), 1);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->pause,
                     PL__SUBSCRIPTION_PAUSE__SUBSCRIPTION_PAUSE_GONE);
    meta = (Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                                   &pl__state_meta__descriptor);
    assert_true(meta->subscriptions_changed > changed);

    hold(t, true);
    late = of(row(t, 0));
    hold(t, false);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_string_equal(row(t, 0)->reason, "maintenance");

    /* what was on its way then has arrived all the same */
    late.has_upto = late.has_delivered = 1;
    late.upto = row(t, 0)->cursor + 1;
    late.delivered = 1;
    step(t, &late);
    assert_int_equal(row(t, 0)->state, PAUSED);
    assert_int_equal(row(t, 0)->delivered, 1);
}


static void
what_is_rejected_can_be_tried_again(void **state)
{
    t_engine_t                *t = *state = world();
    Pl__SubscriptionStep       in;
    Pl__SubscriptionFault      fault = PL__SUBSCRIPTION_FAULT__INIT;
    Pl__SubscriptionOutcome    one = PL__SUBSCRIPTION_OUTCOME__INIT;
    Pl__SubscriptionOutcome   *list[1] = { &one };

    set(t, 0, URL, 0);
    skipped(t, change(t, 0));
    skipped(t, change(t, 1));
    skipped(t, change(t, 1));           /* said twice */
    assert_int_equal(row(t, 0)->cursor, change(t, 1));
    assert_int_equal(row(t, 0)->undelivered, 2);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 2);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(REJECTED));
    assert_int_equal(letter(t, 0)->attempts, 5);
    assert_non_null(letter(t, 0)->change);

    act(t, change(t, 0), false);
    act(t, change(t, 0), false);
    assert_int_equal(row(t, 0)->again, 1);
    assert_true(letter(t, 0)->again);

    /* it is rejected once more */
    in = of(row(t, 0));
    fault.fault = FAULT(REFUSED);
    one.sequence = change(t, 0);
    one.fault = &fault;
    one.has_attempts = 1;
    one.attempts = 1;
    in.n_again = 1;
    in.again = list;
    step(t, &in);
    assert_int_equal(row(t, 0)->again, 0);
    assert_int_equal(letter(t, 0)->attempts, 6);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(REFUSED));

    /* then it arrives */
    act(t, 0, false);
    assert_int_equal(row(t, 0)->again, 2);
    one.fault = NULL;
    in = of(row(t, 0));
    in.n_again = 1;
    in.again = list;
    step(t, &in);
    step(t, &in);
    assert_int_equal(row(t, 0)->again, 1);
    assert_int_equal(row(t, 0)->undelivered, 1);
    assert_int_equal(row(t, 0)->delivered, 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 1);

    act(t, 0, true);
    assert_int_equal(row(t, 0)->again, 0);
    assert_int_equal(row(t, 0)->undelivered, 0);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);
}


static void
dropping_one_takes_all_of_it(void **state)
{
    t_engine_t             *t = *state = world();
    Pl__Command             command = PL__COMMAND__INIT;
    Pl__SubscriptionDrop    in = PL__SUBSCRIPTION_DROP__INIT;

    set(t, 0, URL, 0);
    set(t, 0, URL, 0);
    skipped(t, change(t, 0));
    in.tenant = 1;
    in.subscription = row(t, 0)->id;
    command.of_case = PL__COMMAND__OF_SUBSCRIPTION_DROP;
    command.subscription_drop = &in;

    told(t, &command);
    told(t, &command);
    assert_int_equal(t_rows(t, PL_TABLE_SUBSCRIPTIONS), 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);
    assert_int_equal(((Pl__StateMeta *) t_row(t, PL_TABLE_META, 0,
                      &pl__state_meta__descriptor))->subscriptions, 1);
}


static void
prune(t_engine_t *t)
{
    Pl__Prune     in = PL__PRUNE__INIT;
    Pl__Command   command = PL__COMMAND__INIT;

    in.rows = 1000;
    command.of_case = PL__COMMAND__OF_PRUNE;
    command.prune = &in;
    told(t, &command);
}


/* What an active one waits for stays twice as long; then it is told. */

static void
retention_waits_and_then_tells(void **state)
{
    bool               old;
    uint64_t           n, last;
    Pl__Keep           keep = PL__KEEP__INIT;
    pl_txn_t          *txn;
    t_engine_t        *t = t_new();
    Pl__Subscription  *sub;

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    n = t_rows(t, PL_TABLE_CHANGES);
    last = change(t, 1000);
    assert_true(n >= 3);

    set(t, 0, URL, 0);
    arrived(t, change(t, 0), 1);

    /* the first has been seen, and may go; the rest may not */
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), n - 1);
    assert_int_equal(t_rows(t, PL_TABLE_UNDELIVERED), 0);

    txn = t_read(t);
    t_ok(t, pl_retain_old(txn, pl_fold_settings(t->fold) == NULL ? NULL
                          : pl_settings_global(pl_fold_settings(t->fold)),
                          t->wall_ms, &old, &t->err));
    pl_store_abort(txn);
    assert_false(old);                  /* no Prune is worth its entry */

    t_pass(t, DAY);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
    sub = row(t, 0);
    assert_int_equal(sub->cursor, last);
    assert_int_equal(sub->missed, n - 1);
    assert_int_equal(sub->undelivered, 1);
    assert_int_equal(letter(t, 0)->missed, n - 1);
    assert_int_equal(letter(t, 0)->fault->fault, FAULT(MISSED));
    assert_int_equal(t_counted(t, "subscriptions", "missed"), 1);
}


static void
a_paused_one_keeps_nothing(void **state)
{
    Pl__Keep     keep = PL__KEEP__INIT;
    t_engine_t  *t = t_new();

    *state = t;
    keep.has_changes_ms = 1;
    keep.changes_ms = DAY;
    t->keep = &keep;
    t_configure(t);
    messages(t, "first", 3);
    set(t, 0, URL, 0);
    hold(t, false);
    t_pass(t, DAY + 1000);
    prune(t);
    assert_int_equal(t_rows(t, PL_TABLE_CHANGES), 0);
    assert_true(row(t, 0)->missed >= 3);
    assert_int_equal(row(t, 0)->undelivered, 1);
}


static void
answers_mean_what_they_mean(void **state)
{
    size_t  i;

    static const struct {
        int                 status;
        bool                later;
        Pl__DeliveryFault   fault;
    } rows[] = {
        { 200, false, 0 }, { 204, false, 0 }, { 299, false, 0 },
        { 300, false, FAULT(REDIRECT) }, { 301, false, FAULT(REDIRECT) },
        { 400, false, FAULT(REJECTED) }, { 401, false, FAULT(REFUSED) },
        { 404, false, FAULT(REFUSED) }, { 410, false, FAULT(GONE) },
        { 413, false, FAULT(REJECTED) }, { 415, false, FAULT(REJECTED) },
        { 422, false, FAULT(REJECTED) }, { 429, false, FAULT(THROTTLED) },
        { 500, false, FAULT(BROKEN) }, { 503, true, FAULT(THROTTLED) },
        { 503, false, FAULT(BROKEN) }, { 199, false, FAULT(BROKEN) },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(pl_subscription_fault(rows[i].status,
                                               rows[i].later),
                         rows[i].fault);
    }

    assert_string_equal(pl_subscription_fault_name(FAULT(MISSED)), "missed");
}


static int
end(void **state)
{
    return *state == NULL ? 0 : t_end(state);
}


int
main(void)
{
#define TEST(name)  cmocka_unit_test_teardown(name, end)

    const struct CMUnitTest  tests[] = {
        TEST(one_is_made_from_now_on),
        TEST(bad_terms_are_refused),
        TEST(a_tenant_has_64_of_them),
        TEST(the_cursor_goes_forward_alone),
        TEST(it_is_replayed_from_a_time),
        TEST(secrets_overlap),
        TEST(it_is_paused_after_failing_for_too_long),
        TEST(gone_pauses_at_once_and_a_person_may),
        TEST(what_is_rejected_can_be_tried_again),
        TEST(dropping_one_takes_all_of_it),
        TEST(retention_waits_and_then_tells),
        TEST(a_paused_one_keeps_nothing),
        TEST(answers_mean_what_they_mean),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
