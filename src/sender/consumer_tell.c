/*
 * What the consumers have the store thread journal: how far each
 * subscription has come, in one entry for all that have something to tell.
 *
 * What was told is taken off when it is given away: until the store thread
 * says that it is on disk nothing else is told, and a process that dies
 * between knows no more than the journal does.
 */

#include <string.h>

#include "consumer_impl.h"

static bool tell_due(pls_consumer_t *c, bool all);
static bool tell_wanted(const consumer_sub_t *sub, int64_t now_us,
    bool all);
static void tell_gather(pls_consumer_t *c);
static bool tell_step(pls_consumer_t *c, consumer_sub_t *sub);
static Pl__SubscriptionOutcome **tell_outcomes(pl_arena_t *ar,
    const consumer_outcomes_t *from);
static Pl__SubscriptionOutcome *tell_outcome(pl_arena_t *ar,
    const consumer_outcome_t *from);
static Pl__SubscriptionFault *tell_fault(pl_arena_t *ar,
    const Pl__SubscriptionFault *from);


void
pls_consumer_note(pls_consumer_t *c, consumer_sub_t *sub, bool urgent)
{
    if (sub->since_us == 0) {
        sub->since_us = pls_consumer_now_us(c);
    }

    sub->urgent = sub->urgent || urgent;
}


bool
pls_consumer_full(const consumer_sub_t *sub)
{
    return sub->delivered + sub->telling >= CONSUMER_AHEAD_MAX
           || sub->skipped.n == CONSUMER_AGAIN_MAX
           || sub->tried.n == CONSUMER_AGAIN_MAX;
}


bool
pls_consumer_tell(pls_consumer_t *c, bool all)
{
    size_t       i;
    pls_tell_t  *tell = &c->sn->tell;

    if (atomic_load(&tell->state) == PLS_TELL_DONE) {
        pl_arena_reset(c->tell_ar);
        atomic_store(&tell->state, PLS_TELL_EMPTY);

        /* those that had to wait for it may go on */

        for (i = 0; i < c->n_subs; i++) {
            c->subs[i]->telling = 0;
            pls_consumer_ready(c, c->subs[i]);
        }

        pls_consumer_sweep(c, false);
    }

    if (atomic_load(&tell->state) != PLS_TELL_EMPTY) {
        return true;
    }

    if (!tell_due(c, all)) {
        return false;
    }

    tell_gather(c);

    if (tell->progress.n_steps == 0) {
        pl_arena_reset(c->tell_ar);
        return false;
    }

    c->told_us = pls_consumer_now_us(c);
    atomic_store(&tell->state, PLS_TELL_READY);
    pls_queue_ring(&c->sn->to_store);

    return true;
}


static bool
tell_due(pls_consumer_t *c, bool all)
{
    size_t   i;
    int64_t  now_us;

    now_us = pls_consumer_now_us(c);

    if (!all && (now_us < c->scan_us
                 || now_us - c->told_us < CONSUMER_TELL_MIN_US))
    {
        return false;
    }

    c->scan_us = now_us + CONSUMER_SCAN_US;

    for (i = 0; i < c->n_subs; i++) {
        if (tell_wanted(c->subs[i], now_us, all)) {
            return true;
        }
    }

    return false;
}


static bool
tell_wanted(const consumer_sub_t *sub, int64_t now_us, bool all)
{
    int64_t  age_us;

    if (sub->since_us == 0) {
        return false;
    }

    age_us = now_us - sub->since_us;

    return sub->urgent || sub->delivered >= CONSUMER_AHEAD
           || (sub->delivered != 0 && age_us >= CONSUMER_TELL_US)
           || (all && sub->delivered != 0) || age_us >= CONSUMER_PASSED_US;
}


/*
 * From where the last one left off: where more have something to tell than
 * fit, each has its turn. A tenant has a share, and its others come first the
 * next time.
 */

static void
tell_gather(pls_consumer_t *c)
{
    bool                        left = false;
    size_t                      i, at, from = c->tell_from, n = 0;
    uint32_t                    tenant = 0;
    consumer_sub_t             *sub;
    Pl__SubscriptionProgress   *progress = &c->sn->tell.progress;

    pl__subscription_progress__init(progress);
    progress->steps = pl_arena_alloc(c->tell_ar, PL_SUBSCRIPTION_STEPS_MAX
                                                 * sizeof(progress->steps[0]));

    for (i = 0; progress->steps != NULL && i < c->n_subs; i++) {
        at = (from + i) % c->n_subs;
        sub = c->subs[at];

        if (sub->since_us == 0) {
            continue;
        }

        n = sub->tenant == tenant ? n + 1 : 1;
        tenant = sub->tenant;

        if (n <= CONSUMER_TELL_TENANT
            && progress->n_steps < PL_SUBSCRIPTION_STEPS_MAX
            && tell_step(c, sub))
        {
            continue;
        }

        if (!left) {
            c->tell_from = at;
            left = true;
        }

        if (n <= CONSUMER_TELL_TENANT) {
            break;                      /* no room, or no memory */
        }
    }
}


static bool
tell_step(pls_consumer_t *c, consumer_sub_t *sub)
{
    pl_arena_t                 *ar = c->tell_ar;
    Pl__SubscriptionStep       *step;
    Pl__SubscriptionProgress   *progress = &c->sn->tell.progress;

    step = pl_arena_alloc(ar, sizeof(*step));
    if (step == NULL) {
        return false;
    }

    pl__subscription_step__init(step);
    step->tenant = sub->tenant;
    step->subscription = sub->id;
    step->has_course = 1;
    step->course = sub->row->course;
    step->has_revision = 1;
    step->revision = sub->row->revision;
    step->has_upto = 1;
    step->upto = sub->position;
    step->has_delivered = sub->delivered != 0;
    step->delivered = sub->delivered;
    step->n_skipped = sub->skipped.n;
    step->skipped = tell_outcomes(ar, &sub->skipped);
    step->n_again = sub->tried.n;
    step->again = tell_outcomes(ar, &sub->tried);
    step->ping = sub->has_ping ? tell_outcome(ar, &sub->ping) : NULL;

    if (sub->failed) {
        step->has_attempts = 1;
        step->attempts = sub->attempts;
        step->has_retry_ms = sub->retry_us != 0;
        step->retry_ms = sub->retry_us != 0 ? sub->retry_ms : 0;
        step->fault = tell_fault(ar, &sub->fault);
    }

    if ((step->n_skipped != 0 && step->skipped == NULL)
        || (step->n_again != 0 && step->again == NULL)
        || (sub->has_ping && step->ping == NULL)
        || (sub->failed && step->fault == NULL))
    {
        return false;
    }

    sub->pinged = sub->has_ping ? sub->ping.sequence : sub->pinged;
    sub->told = sub->position;
    sub->telling = sub->delivered;
    sub->delivered = 0;
    sub->since_us = 0;
    sub->urgent = false;
    sub->failed = false;
    sub->has_ping = false;
    sub->skipped.n = 0;
    sub->tried.n = 0;
    progress->steps[progress->n_steps++] = step;

    return true;
}


static Pl__SubscriptionOutcome **
tell_outcomes(pl_arena_t *ar, const consumer_outcomes_t *from)
{
    size_t                     i;
    Pl__SubscriptionOutcome  **list;

    list = pl_arena_alloc(ar, (from->n + 1) * sizeof(*list));

    for (i = 0; list != NULL && i < from->n; i++) {
        list[i] = tell_outcome(ar, &from->rows[i]);
        if (list[i] == NULL) {
            return NULL;
        }
    }

    return list;
}


static Pl__SubscriptionOutcome *
tell_outcome(pl_arena_t *ar, const consumer_outcome_t *from)
{
    Pl__SubscriptionOutcome  *to;

    to = pl_arena_alloc(ar, sizeof(*to));
    if (to == NULL) {
        return NULL;
    }

    pl__subscription_outcome__init(to);
    to->sequence = from->sequence;
    to->has_attempts = 1;
    to->attempts = from->attempts;

    if (from->failed) {
        to->fault = tell_fault(ar, &from->fault);
        return to->fault == NULL ? NULL : to;
    }

    return to;
}


static Pl__SubscriptionFault *
tell_fault(pl_arena_t *ar, const Pl__SubscriptionFault *from)
{
    Pl__SubscriptionFault  *to;

    to = pl_arena_alloc(ar, sizeof(*to));
    if (to != NULL) {
        *to = *from;
    }

    return to;
}
