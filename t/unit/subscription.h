/*
 * Subscriptions for tests of apply: made, told of, and read back.
 */

#ifndef T_SUBSCRIPTION_H_INCLUDED
#define T_SUBSCRIPTION_H_INCLUDED

#include "engine.h"

#include "../../src/engine/retain.h"
#include "../../src/engine/subscription.h"

#define URL     "https://example.test/hook"
#define ACTIVE  PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_ACTIVE
#define FAILING PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_FAILING
#define PAUSED  PL__SUBSCRIPTION_STATE__SUBSCRIPTION_STATE_PAUSED
#define FAULT(name)  PL__DELIVERY_FAULT__DELIVERY_FAULT_##name
#define DAY     86400000LL

static inline Pl__SubscriptionSecret
a_secret(uint64_t place)
{
    static uint8_t          sealed[61];
    Pl__SubscriptionSecret  secret = PL__SUBSCRIPTION_SECRET__INIT;

    secret.sealed.data = sealed;
    secret.sealed.len = sizeof(sealed);
    secret.place = place;

    return secret;
}


static inline void
told(t_engine_t *t, const Pl__Command *command)
{
    t_append(t, command, NULL);
    t_fold(t);
}


static inline Pl__Subscription *
row(t_engine_t *t, unsigned i)
{
    return (Pl__Subscription *) t_row(t, PL_TABLE_SUBSCRIPTIONS, i,
                                      &pl__subscription__descriptor);
}


static inline Pl__Undelivered *
letter(t_engine_t *t, unsigned i)
{
    return (Pl__Undelivered *) t_row(t, PL_TABLE_UNDELIVERED, i,
                                     &pl__undelivered__descriptor);
}


/* The sequence of the i-th row of `changes`. */

static inline uint64_t
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

static inline void
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


static inline void
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


static inline Pl__SubscriptionStep
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


static inline void
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


static inline void
arrived(t_engine_t *t, uint64_t upto, uint32_t n)
{
    Pl__SubscriptionStep  in = of(row(t, 0));

    in.has_upto = 1;
    in.upto = upto;
    in.has_delivered = 1;
    in.delivered = n;
    step(t, &in);
}


static inline void
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


static inline void
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


static inline void
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


static inline void
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


static inline void
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


static inline t_engine_t *
world(void)
{
    t_engine_t  *t = t_new();

    t_configure(t);
    messages(t, "first", 3);

    return t;
}

#endif /* T_SUBSCRIPTION_H_INCLUDED */
