/*
 * A run: begin, step, answer, end. See run.h; how it waits is run_wait.c's.
 *
 * The chain runs on a run of its own (r->run); conv->run is what waits, and
 * is replaced only where the chain comes to rest. So a chain that ends, or
 * goes back, has nothing to put right.
 */

#include <string.h>

#include "run_impl.h"

static pl_status_t run_chain(pl_apply_t *ap, run_t *r, bool onward,
    pl_err_t *err);
static pl_status_t run_go(pl_apply_t *ap, run_t *r, bool onward,
    pl_err_t *err);
static pl_status_t run_on(pl_apply_t *ap, run_t *r, bool *over,
    pl_err_t *err);
static pl_status_t run_branch(pl_apply_t *ap, run_t *r, bool returned,
    bool *taken, bool *returns, pl_err_t *err);
static pl_status_t run_to(pl_apply_t *ap, run_t *r, const char *step,
    pl_err_t *err);
static pl_status_t run_call(pl_apply_t *ap, run_t *r,
    const Pl__FlowCall *call, pl_err_t *err);
static pl_status_t run_return(pl_apply_t *ap, run_t *r, bool *over,
    pl_err_t *err);
static pl_status_t run_rest(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t run_over(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t run_again(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t run_broken(pl_apply_t *ap, run_t *r, const char *why,
    pl_err_t *err);
static pl_status_t run_events(pl_apply_t *ap, run_t *r, pl_err_t *err);
static Pl__FlowRun *run_make(pl_apply_t *ap, const run_t *r,
    const Pl__FlowRun *like);
static void run_watch(const pl_apply_t *ap, const run_t *r, pl_way_e kind,
    size_t index);
static pl_status_t run_nomem(pl_err_t *err);


pl_status_t
pl_run_begin(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, run_kind_e kind, pl_err_t *err)
{
    r->kind = r->old == NULL ? RUN_OWN : kind;
    r->flow = flow;
    r->step = step;
    r->run = run_make(ap, r, NULL);

    return r->run == NULL ? run_nomem(err) : run_chain(ap, r, false, err);
}


pl_status_t
pl_run_answered(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    r->kind = RUN_OWN;
    r->flow = flow;
    r->step = step;
    r->run = run_make(ap, r, r->old);

    if (r->run == NULL) {
        return run_nomem(err);
    }

    r->run->has_misunderstood = 0;
    r->run->misunderstood = 0;

    /* its timeouts go where the chain ends, and may stay where it waits */

    return run_chain(ap, r, true, err);
}


pl_status_t
pl_run_timed_out(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    r->kind = RUN_TIMEOUT;
    r->flow = flow;
    r->step = step;
    r->run = run_make(ap, r, r->old);

    return r->run == NULL ? run_nomem(err) : run_chain(ap, r, false, err);
}


bool
pl_run_leads_on(run_t *r, const pl_flow_t *flow, const Pl__FlowStep *step)
{
    size_t  i;

    for (i = 0; i < step->n_branch; i++) {
        if (pl_flow_holds(flow, step->branch[i]->when, &r->facts)) {
            return true;
        }
    }

    return step->n_branch == 0 || step->call != NULL || step->next != NULL
           || (step->has_end && step->end) || (step->has_back && step->back);
}


pl_status_t
pl_run_end(pl_apply_t *ap, run_t *r, const char *why, pl_err_t *err)
{
    const char         *text;
    pl_status_t         rc;
    const Pl__FlowRun  *run = r->at.conv->run;

    if (run == NULL) {
        return PL_OK;
    }

    r->at.conv->run = NULL;
    r->old = NULL;

    rc = pl_task_void(ap, r->at.conv, err);
    if (rc != PL_OK || why == NULL) {
        return rc;
    }

    text = pl_arena_printf(ap->ar, "ended at %s: %s", run->step, why);

    if (text == NULL) {
        return run_nomem(err);
    }

    rc = pl_feed_count(ap, r->at.party->tenant, "flows", "ended", err);

    return rc == PL_OK ? pl_run_audit(ap, r, run->flow, text, err) : rc;
}


/* onward: r->step has been said already, and was answered. */

static pl_status_t
run_chain(pl_apply_t *ap, run_t *r, bool onward, pl_err_t *err)
{
    pl_status_t  rc;

    r->closed = false;
    r->back = false;
    r->left = false;
    r->broken = NULL;

    rc = run_go(ap, r, onward, err);

    return rc == PL_OK ? run_events(ap, r, err) : rc;
}


static pl_status_t
run_go(pl_apply_t *ap, run_t *r, bool onward, pl_err_t *err)
{
    bool         over;
    pl_status_t  rc;

    for ( ;; ) {
        over = false;
        rc = onward ? run_on(ap, r, &over, err) : PL_OK;
        onward = true;

        if (rc != PL_OK) {
            return rc;
        }

        if (over || r->step == NULL) {
            return over ? run_over(ap, r, err)
                        : run_broken(ap, r, r->broken != NULL
                                            ? r->broken : "a step is gone",
                                     err);
        }

        if (r->steps++ == PL_STEPS_MAX) {
            return run_broken(ap, r, "too many steps", err);
        }

        r->run->turn++;
        r->run->flow = (char *) pl_flow_name(r->flow);
        r->run->version = pl_flow_version(r->flow);
        r->run->step = r->step->name;
        r->at.conv->flow = r->run->flow;
        r->at.conv->step = r->run->step;
        r->asked = 0;
        pl_watch(ap->watch, PL_WAY_STEP, r->run->flow, r->run->step, 0);

        rc = pl_run_do(ap, r, err);
        if (rc != PL_OK || r->left) {
            return rc;
        }

        if (pl_flow_waits(r->step)) {
            return run_rest(ap, r, err);
        }
    }
}


/* Which step comes next, be it in another flow. over: none does. */

static pl_status_t
run_on(pl_apply_t *ap, run_t *r, bool *over, pl_err_t *err)
{
    bool                 returned, taken, returns;
    pl_status_t          rc;
    const Pl__FlowStep  *step;

    for (returned = false; /* void */ ; returned = true) {
        step = r->step;
        returns = false;

        rc = run_branch(ap, r, returned, &taken, &returns, err);
        if (rc != PL_OK || taken) {
            return rc;
        }

        if (!returns && step->call != NULL && !returned) {
            run_watch(ap, r, PL_WAY_CALL, 0);
            return run_call(ap, r, step->call, err);
        }

        if (!returns && step->next != NULL) {
            run_watch(ap, r, PL_WAY_NEXT, 0);
            return run_to(ap, r, step->next, err);
        }

        if (!returns) {
            run_watch(ap, r,
                      step->has_end && step->end ? PL_WAY_END
                      : step->has_back && step->back ? PL_WAY_BACK
                                                     : PL_WAY_OVER, 0);
        }

        r->closed |= returns || (step->has_end && step->end);

        if (!returns && step->has_back && step->back) {
            r->back = true;
            *over = true;
            return PL_OK;
        }

        rc = run_return(ap, r, over, err);
        if (rc != PL_OK || *over || r->step == NULL) {
            return rc;
        }
    }
}


/* returned: a call has come back here, and is not made again. */

static pl_status_t
run_branch(pl_apply_t *ap, run_t *r, bool returned, bool *taken,
    bool *returns, pl_err_t *err)
{
    size_t                 i;
    const Pl__FlowBranch  *branch;

    *taken = false;

    for (i = 0; i < r->step->n_branch; i++) {
        branch = r->step->branch[i];

        if ((returned && branch->call != NULL)
            || !pl_flow_holds(r->flow, branch->when, &r->facts))
        {
            continue;
        }

        run_watch(ap, r, PL_WAY_BRANCH, i);

        if (branch->has_end && branch->end) {
            *returns = true;
            return PL_OK;
        }

        *taken = true;

        return branch->call != NULL ? run_call(ap, r, branch->call, err)
                                    : run_to(ap, r, branch->step, err);
    }

    return PL_OK;
}


static pl_status_t
run_to(pl_apply_t *ap, run_t *r, const char *step, pl_err_t *err)
{
    (void) ap;                          /* as its neighbours are called */
    (void) err;

    r->step = pl_flow_step(r->flow, step);

    return PL_OK;
}


/* A flow that is not configured, or calls too deep, ends the run: broken. */

static pl_status_t
run_call(pl_apply_t *ap, run_t *r, const Pl__FlowCall *call, pl_err_t *err)
{
    Pl__FlowRun      *run = r->run;
    Pl__FlowFrame    *frame, **list;
    const pl_flow_t  *flow;

    flow = pl_flow_keep_newest(r->tenant, call->flow);

    if (flow == NULL || run->n_stack >= PL_CALLS_MAX) {
        r->broken = flow == NULL ? "there is no such flow"
                                 : "too many calls";
        r->step = NULL;
        return PL_OK;
    }

    frame = pl_arena_alloc(ap->ar, sizeof(*frame));
    list = frame == NULL ? NULL : pl_apply_list(ap, run->stack, run->n_stack,
                                                frame);
    if (list == NULL) {
        return run_nomem(err);
    }

    pl__flow_frame__init(frame);
    frame->flow = (char *) pl_flow_name(r->flow);
    frame->version = pl_flow_version(r->flow);
    frame->step = r->step->name;
    run->stack = list;
    run->n_stack++;

    r->flow = flow;
    r->step = call->step != NULL ? pl_flow_step(flow, call->step)
                                 : pl_flow_start(flow);

    return PL_OK;
}


static pl_status_t
run_return(pl_apply_t *ap, run_t *r, bool *over, pl_err_t *err)
{
    const Pl__FlowFrame  *frame;

    *over = (r->run->n_stack == 0);

    if (*over) {
        return PL_OK;
    }

    r->closed = false;                  /* it was the other flow's end */
    frame = r->run->stack[--r->run->n_stack];

    return pl_run_look(ap, r, frame->flow, frame->version, frame->step,
                       &r->flow, &r->step, err);
}


/* The chain waits: it is the run from now on. */

static pl_status_t
run_rest(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    const char         *text;
    pl_status_t         rc;
    const Pl__FlowRun  *old = r->old;

    r->at.conv->run = r->run;
    r->old = r->run;
    pl_run_asked(r);

    rc = pl_run_wait(ap, r, r->flow, r->step, err);

    if (rc != PL_OK || (old != NULL && r->kind != RUN_ASIDE)) {
        return rc;
    }

    text = old == NULL
           ? pl_arena_printf(ap->ar, "began, waits at %s, version "
                             PL_RUN_VERSION, r->run->step, r->run->version)
           : pl_arena_printf(ap->ar, "began, waits at %s, version "
                             PL_RUN_VERSION ", in place of %s at %s",
                             r->run->step, r->run->version, old->flow,
                             old->step);
    if (text == NULL) {
        return run_nomem(err);
    }

    rc = pl_feed_count(ap, r->at.party->tenant, "flows", "began", err);

    return rc == PL_OK ? pl_run_audit(ap, r, r->run->flow, text, err) : rc;
}


static pl_status_t
run_over(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    if (r->old == NULL) {
        return PL_OK;                   /* it never waited: nothing began */
    }

    if (r->back) {
        return r->kind == RUN_OWN ? run_again(ap, r, err) : PL_OK;
    }

    if (r->kind == RUN_ASIDE
        && !(r->closed && strcmp(r->old->flow, pl_flow_name(r->flow)) == 0))
    {
        r->at.conv->flow = r->old->flow;
        r->at.conv->step = r->old->step;
        return PL_OK;                   /* what waits waits on */
    }

    return pl_run_end(ap, r, r->kind == RUN_TIMEOUT ? "its time was over"
                                                    : "done", err);
}


/* An answer led back to the step that was answered: it waits anew. */

static pl_status_t
run_again(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    pl_status_t          rc;
    const pl_flow_t     *flow;
    const Pl__FlowStep  *step;

    rc = pl_run_find(ap, r, &flow, &step, err);
    if (rc != PL_OK || step == NULL) {
        return rc;
    }

    r->at.conv->run->has_misunderstood = 0;
    r->at.conv->run->misunderstood = 0;
    r->at.conv->flow = r->at.conv->run->flow;
    r->at.conv->step = r->at.conv->run->step;

    return pl_run_wait(ap, r, flow, step, err);
}


/* A mistake in the files: a person answers rather than nobody. */

static pl_status_t
run_broken(pl_apply_t *ap, run_t *r, const char *why, pl_err_t *err)
{
    const char   *text;
    run_over_t    over = { NULL, "broken", why, NULL, NULL };
    pl_status_t   rc;

    text = pl_arena_printf(ap->ar, "broken behind %s: %s",
                           r->run->step != NULL ? r->run->step : "its begin",
                           why);
    if (text == NULL) {
        return run_nomem(err);
    }

    rc = pl_run_audit(ap, r, r->run->flow, text, err);

    return rc == PL_OK ? pl_run_hand_over(ap, r, &over, err) : rc;
}


/* What flows told: each at most once, and PL_EVENTS_MAX in a command. */

static pl_status_t
run_events(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    bool          begun;
    run_event_t  *event;
    pl_status_t   rc;

    if (r->next_event != 0 || r->n_events == 0) {
        return PL_OK;                   /* whoever began with them goes on */
    }

    rc = pl_flow_hear(&r->facts, ap->codec, NULL, ap->ar);

    while (rc == PL_OK && r->next_event < r->n_events
           && !pl_owner_is_person(r->at.conv))
    {
        event = &r->events[r->next_event++];
        r->facts.event = event->event;
        r->facts.opt_in = event->opt_in;
        r->facts.referral = NULL;
        r->facts.first_message = false;

        rc = pl_run_trigger(ap, r, event->event != NULL ? event->flow : NULL,
                            false, &begun, err);
    }

    return rc;
}


/* like NULL: a new one. Where it stands the chain says. */

static Pl__FlowRun *
run_make(pl_apply_t *ap, const run_t *r, const Pl__FlowRun *like)
{
    Pl__FlowRun  *run;

    run = pl_arena_alloc(ap->ar, sizeof(*run));
    if (run == NULL) {
        return NULL;
    }

    pl__flow_run__init(run);

    if (like != NULL) {
        *run = *like;

    } else {
        run->has_started_ms = 1;
        run->started_ms = ap->now_ms;
        run->turn = r->old == NULL ? 0 : r->old->turn;
    }

    run->has_turn = 1;
    run->has_channel = 1;
    run->channel = r->at.channel;

    return run;
}


/* On from the step that the chain stands at. */

static void
run_watch(const pl_apply_t *ap, const run_t *r, pl_way_e kind, size_t index)
{
    pl_watch(ap->watch, kind, pl_flow_name(r->flow), r->step->name, index);
}


static pl_status_t
run_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
}
