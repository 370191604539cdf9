/*
 * What begins or moves a flow while nobody writes: timers, events, consent,
 * a group that was joined; and what makes it stand still: STOP, a person who
 * takes over.
 */

#include <string.h>

#include "later.h"
#include "run_impl.h"

static pl_status_t fire_unsay(pl_apply_t *ap, uint64_t id,
    const Pl__Message *message, const void *data, pl_err_t *err);
static pl_status_t fire_at(pl_apply_t *ap, const Pl__Timer *timer,
    pl_party_t *party, pl_run_at_t *at, pl_err_t *err);
static pl_status_t fire_unasked(pl_apply_t *ap, run_t *r, bool *unasked,
    pl_err_t *err);
static pl_status_t fire_step(pl_apply_t *ap, run_t *r,
    const Pl__Timer *timer, pl_err_t *err);
static pl_status_t fire_move(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t fire_timeout(pl_apply_t *ap, run_t *r,
    const Pl__Timer *timer, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err);
static pl_status_t fire_next(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, int64_t due_ms,
    pl_err_t *err);
static pl_status_t fire_migrate(pl_apply_t *ap, run_t *r, pl_err_t *err);
static void fire_watch(const pl_apply_t *ap, const run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *waits,
    const Pl__FlowStep *to);
static const char *fire_void(const pl_apply_t *ap, const run_t *r,
    const Pl__TimerStep *row);
static pl_status_t fire_voided(pl_apply_t *ap, run_t *r,
    const Pl__Timer *timer, const char *why, pl_err_t *err);
static pl_status_t fire_begin(pl_apply_t *ap, run_t *r,
    const Pl__FlowStart *in, bool *begun, pl_err_t *err);
static bool fire_named(const run_t *r, const Pl__FlowStart *in,
    const pl_flow_t **flow, const Pl__FlowStep **step);
static pl_status_t fire_told(pl_apply_t *ap, uint32_t tenant,
    uint32_t channel, uint64_t contact, const pl_run_why_t *why,
    pl_err_t *err);
static uint32_t fire_channel(pl_apply_t *ap, uint32_t tenant,
    uint64_t contact, const Pl__Conversation *conv);
static pl_status_t fire_nomem(pl_err_t *err);


pl_status_t
pl_run_fire(pl_apply_t *ap, const Pl__Timer *timer, pl_err_t *err)
{
    run_t         r;
    bool          left;
    pl_party_t    party;
    pl_status_t   rc;
    pl_run_at_t   at;

    rc = fire_at(ap, timer, &party, &at, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    pl_run_set(ap, &r, &at);

    if (!pl_task_take(at.conv, timer->id, &left)) {
        return PL_OK;                   /* called off, or of another party */
    }

    rc = left && r.tenant != NULL && at.conv->run != NULL
         ? fire_move(ap, &r, err) : fire_step(ap, &r, timer, err);

    return rc == PL_OK ? pl_conversation_put(ap, &party, at.conv, err) : rc;
}


pl_status_t
pl_run_told(pl_apply_t *ap, const pl_run_at_t *at, const pl_run_why_t *why,
    bool *begun, pl_err_t *err)
{
    run_t  r;
    bool   ignored;

    begun = begun == NULL ? &ignored : begun;
    *begun = false;
    pl_run_set(ap, &r, at);

    if (r.tenant == NULL || pl_owner_is_person(at->conv)) {
        return PL_OK;
    }

    if (why->start != NULL && why->start->flow != NULL) {
        return fire_begin(ap, &r, why->start, begun, err);
    }

    r.facts.event = why->event;
    r.facts.opt_in = why->opt_in;
    r.facts.joined_group = why->joined_group;

    return pl_run_trigger(ap, &r, NULL, false, begun, err);
}


bool
pl_run_would(pl_apply_t *ap, const pl_run_at_t *at, const pl_run_why_t *why)
{
    run_t                 r;
    size_t                i;
    pl_flow_begin_t       begin;
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step;

    pl_run_set(ap, &r, at);

    if (r.tenant == NULL) {
        return false;
    }

    if (why->start != NULL && why->start->flow != NULL) {
        return fire_named(&r, why->start, &flow, &step);
    }

    r.facts.event = why->event;
    r.facts.opt_in = why->opt_in;
    r.facts.joined_group = why->joined_group;

    for (i = 0; i < r.tenant->n_flows; i++) {
        if (pl_flow_trigger(r.tenant->flows[i], &r.facts, ap->ar, &begin)) {
            return true;
        }
    }

    return false;
}


pl_status_t
pl_run_opt_in(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t contact, const char *category, pl_err_t *err)
{
    pl_run_why_t  why = { NULL, category, false, NULL };

    return fire_told(ap, tenant, channel, contact, &why, err);
}


pl_status_t
pl_run_joined(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t contact, pl_err_t *err)
{
    pl_run_why_t  why = { NULL, NULL, true, NULL };

    return fire_told(ap, tenant, channel, contact, &why, err);
}


pl_status_t
pl_run_stop(pl_apply_t *ap, const pl_party_t *party, Pl__Conversation *conv,
    Pl__Contact *contact, pl_err_t *err)
{
    run_t         r;
    pl_run_at_t   at = { party, conv, contact, 0 };
    pl_status_t   rc;

    pl_run_set(ap, &r, &at);

    rc = pl_run_undelay(ap, conv, err);

    if (rc == PL_OK) {
        rc = pl_run_unnudge(ap, conv, err);
    }

    if (rc == PL_OK) {
        rc = pl_later_newest(ap, conv, fire_unsay, NULL, err);
    }

    if (rc == PL_OK) {
        rc = pl_run_end(ap, &r, "they said stop", err);
    }

    return rc == PL_OK ? pl_task_stop(ap, party, conv, err) : rc;
}


/* What a flow is still to say goes, but for what was agreed by a date. */

static pl_status_t
fire_unsay(pl_apply_t *ap, uint64_t id, const Pl__Message *message,
    const void *data, pl_err_t *err)
{
    bool  done;

    (void) data;

    return message->flow == NULL || !message->has_owner_epoch
           ? PL_OK
           : pl_later_withdraw(ap, id, PL_LATER_SCHEDULED,
                               PL__AUDIT_KIND__AUDIT_KIND_CANCELLED, NULL,
                               &done, err);
}


pl_status_t
pl_run_taken(pl_apply_t *ap, Pl__Conversation *conv, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_run_undelay(ap, conv, err);

    if (rc == PL_OK) {
        rc = pl_run_unnudge(ap, conv, err);
    }

    return rc == PL_OK ? pl_task_void(ap, conv, err) : rc;
}


pl_status_t
pl_run_given(pl_apply_t *ap, const pl_run_at_t *at, bool answers,
    bool *asked, pl_err_t *err)
{
    run_t                 r;
    bool                  ignored;
    pl_status_t           rc;
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step;

    asked = asked == NULL ? &ignored : asked;
    *asked = false;
    pl_run_set(ap, &r, at);
    r.answers = answers;

    if (at->conv->run == NULL) {
        return PL_OK;
    }

    if (at->conv->run->has_channel) {
        r.at.channel = at->conv->run->channel;
    }

    rc = pl_run_find(ap, &r, &flow, &step, err);

    if (rc == PL_OK && step != NULL) {
        rc = fire_unasked(ap, &r, asked, err);
        *asked = *asked && step->say != NULL;
    }

    return rc == PL_OK && step != NULL
           ? pl_run_ask(ap, &r, flow, step, *asked ? step->say : NULL, err)
           : rc;
}


/*
 * Was the question taken back, or held up, before it had left? What waits is
 * of an owner who is gone, and would never leave.
 */

static pl_status_t
fire_unasked(pl_apply_t *ap, run_t *r, bool *unasked, pl_err_t *err)
{
    uint64_t      id;
    Pl__Message  *message;
    pl_status_t   rc;

    id = r->at.conv->run->has_asked ? r->at.conv->run->asked : 0;
    if (id == 0) {
        return PL_OK;
    }

    rc = pl_later_withdraw(ap, id, PL_LATER_WAITING,
                           PL__AUDIT_KIND__AUDIT_KIND_CANCELLED, NULL,
                           unasked, err);
    if (rc != PL_OK || *unasked) {
        return rc;
    }

    rc = pl_message_get(ap, id, &message, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    *unasked = message->has_state
               && message->state == PL__MESSAGE_STATE__MESSAGE_STATE_FAILED
               && message->rule != NULL
               && (strcmp(message->rule, "cancelled") == 0
                   || strcmp(message->rule, "owner.stale") == 0);

    return PL_OK;
}


/* PL_NOTFOUND: the contact is gone. */

static pl_status_t
fire_at(pl_apply_t *ap, const Pl__Timer *timer, pl_party_t *party,
    pl_run_at_t *at, pl_err_t *err)
{
    pl_status_t  rc;

    party->tenant = timer->tenant;
    party->kind = timer->party_kind;
    party->party = timer->party;

    rc = pl_contact_root(ap, timer->tenant, timer->contact, &at->contact,
                         err);
    if (rc != PL_OK) {
        return rc;
    }

    if (party->kind == PL__PARTY_KIND__PARTY_KIND_CONTACT) {
        party->party = at->contact->id;     /* joined since, it may be */
    }

    at->party = party;
    at->channel = timer->channel;

    return pl_conversation_get(ap, party, &at->conv, err);
}


static pl_status_t
fire_step(pl_apply_t *ap, run_t *r, const Pl__Timer *timer, pl_err_t *err)
{
    const char            *why;
    pl_status_t            rc;
    const pl_flow_t       *flow;
    const Pl__FlowStep    *step;
    const Pl__TimerStep   *row = timer->step;

    why = fire_void(ap, r, row);
    if (why != NULL) {
        return fire_voided(ap, r, timer, why, err);
    }

    rc = pl_run_look(ap, r, row->flow, row->version, row->step, &flow, &step,
                     err);
    if (rc != PL_OK || step == NULL) {
        return rc == PL_OK ? fire_voided(ap, r, timer, "its version is gone",
                                         err) : rc;
    }

    r->until_ms = row->has_until_ms ? row->until_ms : 0;

    if (row->task == NULL) {
        /* a step that moves with its run is this one: not armed again */

        r->fired_ms = timer->due_ms
                      + (pl_flow_version(flow) != row->version);
        return fire_timeout(ap, r, timer, flow, step, err);
    }

    rc = fire_migrate(ap, r, err);
    if (rc != PL_OK) {
        return rc;
    }

    pl_watch_named(ap->watch, PL_WAY_TASK, row->flow, row->task, row->step);

    rc = pl_feed_count(ap, r->at.party->tenant, "tasks", "fired", err);

    if (rc == PL_OK) {
        rc = pl_feed_task(ap, r->at.party, "fired", timer->id, timer->due_ms,
                          err);
    }

    if (rc == PL_OK) {
        rc = pl_run_save_all(ap, r, row->variables, row->n_variables, err);
    }

    r->nudge = row->has_unless_written && row->unless_written;
    r->agreed = row->has_dated && row->dated;

    return rc == PL_OK ? pl_run_begin(ap, r, flow, step, RUN_ASIDE, err)
                       : rc;
}


/*
 * A row that was left for a later turn: that one's timeouts are armed. Nothing
 * is at hand that would take the run to another version.
 */

static pl_status_t
fire_move(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    pl_status_t           rc;
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step = NULL;
    const Pl__FlowRun    *run = r->at.conv->run;

    if (run->has_channel) {
        r->at.channel = run->channel;
    }

    rc = pl_flow_keep_find(ap, r->tenant, run->flow, run->version, &flow,
                           err);

    if (rc == PL_OK && flow != NULL) {
        step = pl_flow_step(flow, run->step);
    }

    if (rc == PL_OK && step == NULL) {
        rc = pl_run_find(ap, r, &flow, &step, err);
    }

    return rc == PL_OK && step != NULL ? fire_next(ap, r, flow, step, -1, err)
                                       : rc;
}


/* What waits beside a task is brought to its newest version as well. */

static pl_status_t
fire_migrate(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    const pl_flow_t     *flow;
    const Pl__FlowStep  *step;

    return r->at.conv->run == NULL || pl_owner_is_person(r->at.conv)
           ? PL_OK : pl_run_find(ap, r, &flow, &step, err);
}


/* Migrated meanwhile, it is a step of the run as it is now. */

static pl_status_t
fire_timeout(pl_apply_t *ap, run_t *r, const Pl__Timer *timer,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err)
{
    uint32_t              turn;
    pl_status_t           rc;
    const pl_flow_t      *waits;
    const Pl__FlowStep   *at;

    rc = pl_run_find(ap, r, &waits, &at, err);
    if (rc != PL_OK || at == NULL) {
        return rc;
    }

    if (waits != flow) {
        return fire_voided(ap, r, timer, "its run is on another version",
                           err);
    }

    fire_watch(ap, r, waits, at, step);
    r->nudge = true;
    turn = r->at.conv->run->turn;

    rc = pl_run_timed_out(ap, r, flow, step, err);

    return rc == PL_OK && r->at.conv->run != NULL
           && r->at.conv->run->turn == turn
           ? fire_next(ap, r, waits, at, timer->due_ms, err) : rc;
}


/* What waits waits on, for its first timeout behind that time. */

static pl_status_t
fire_next(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, int64_t due_ms, pl_err_t *err)
{
    size_t                   i;
    const Pl__Conversation  *conv = r->at.conv;

    for (i = 0; i < conv->n_tasks; i++) {
        if (conv->tasks[i]->has_turn) {
            return PL_OK;               /* armed with it, or by a migration */
        }
    }

    return pl_run_timeouts(ap, r, flow, step, due_ms + 1, err);
}


/* Which of the step's timeouts it was: the last of them that is due. */

static void
fire_watch(const pl_apply_t *ap, const run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *waits, const Pl__FlowStep *to)
{
    size_t   i, found;
    int64_t  after_ms;

    found = waits->n_timeouts;

    for (i = 0; i < waits->n_timeouts; i++) {
        if (strcmp(waits->timeouts[i]->step, to->name) == 0
            && pl_flow_duration(waits->timeouts[i]->after, &after_ms)
            && r->at.conv->run->since_ms + after_ms <= ap->now_ms)
        {
            found = i;
        }
    }

    pl_watch(ap->watch, PL_WAY_TIMEOUT, pl_flow_name(flow), waits->name,
             found);
}


/* Why it must not be run, or NULL. */

static const char *
fire_void(const pl_apply_t *ap, const run_t *r, const Pl__TimerStep *row)
{
    const Pl__FlowRun  *run = r->at.conv->run;

    if (r->tenant == NULL) {
        return "its tenant is gone";
    }

    if (pl_owner_is_person(r->at.conv)
        && !(row->has_dated && row->dated))
    {
        return "a person answers";
    }

    if (row->has_until_ms && ap->now_ms >= row->until_ms) {
        return "it is too late";
    }

    if (row->task == NULL
        && (run == NULL || !row->has_turn || row->turn != run->turn))
    {
        return "its turn is over";
    }

    return NULL;
}


static pl_status_t
fire_voided(pl_apply_t *ap, run_t *r, const Pl__Timer *timer,
    const char *why, pl_err_t *err)
{
    const char           *text;
    pl_status_t           rc;
    const Pl__TimerStep  *row = timer->step;

    text = pl_arena_printf(ap->ar, "%s void at %s: %s",
                           row->task != NULL ? row->task : "timeout",
                           row->step, why);
    if (text == NULL) {
        return fire_nomem(err);
    }

    rc = pl_run_audit(ap, r, row->flow, text, err);

    if (rc == PL_OK && row->task != NULL) {
        rc = pl_feed_task(ap, r->at.party, "cancelled", timer->id,
                          timer->due_ms, err);
    }

    return rc == PL_OK ? pl_feed_count(ap, r->at.party->tenant, "tasks",
                                       "void", err) : rc;
}


/* By name, and not by a trigger. */

static pl_status_t
fire_begin(pl_apply_t *ap, run_t *r, const Pl__FlowStart *in, bool *begun,
    pl_err_t *err)
{
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step;

    *begun = fire_named(r, in, &flow, &step);

    return *begun ? pl_run_begin(ap, r, flow, step, RUN_ASIDE, err) : PL_OK;
}


static bool
fire_named(const run_t *r, const Pl__FlowStart *in, const pl_flow_t **flow,
    const Pl__FlowStep **step)
{
    *flow = pl_flow_keep_newest(r->tenant, in->flow);
    *step = *flow == NULL ? NULL
            : in->step != NULL ? pl_flow_step(*flow, in->step)
                               : pl_flow_start(*flow);

    return *step != NULL;
}


static pl_status_t
fire_told(pl_apply_t *ap, uint32_t tenant, uint32_t channel,
    uint64_t contact, const pl_run_why_t *why, pl_err_t *err)
{
    bool                      begun;
    pl_party_t                party;
    pl_status_t               rc;
    pl_run_at_t               at;
    const pl_tenant_conf_t   *conf;

    conf = pl_settings_tenant(ap->settings, tenant);
    if (conf == NULL || conf->n_flows == 0) {
        return PL_OK;
    }

    rc = pl_contact_root(ap, tenant, contact, &at.contact, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    party.tenant = tenant;
    party.kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    party.party = at.contact->id;
    at.party = &party;

    rc = pl_conversation_get(ap, &party, &at.conv, err);
    if (rc != PL_OK) {
        return rc;
    }

    at.channel = channel != 0 ? channel
                 : fire_channel(ap, tenant, contact, at.conv);
    if (at.channel == 0) {
        return PL_OK;
    }

    rc = pl_run_told(ap, &at, why, &begun, err);

    return rc == PL_OK && begun ? pl_conversation_put(ap, &party, at.conv,
                                                      err) : rc;
}


/* Of the window that was open last; else the tenant's first; 0: none. */

static uint32_t
fire_channel(pl_apply_t *ap, uint32_t tenant, uint64_t contact,
    const Pl__Conversation *conv)
{
    size_t                     i;
    int64_t                    until_ms = 0;
    uint32_t                   channel = 0;
    const pl_channel_conf_t   *c;

    for (i = 0; i < conv->n_windows; i++) {
        if (conv->windows[i]->contact == contact
            && conv->windows[i]->until_ms > until_ms)
        {
            until_ms = conv->windows[i]->until_ms;
            channel = conv->windows[i]->channel;
        }
    }

    for (i = 0; channel == 0; i++) {
        c = pl_settings_channel_at(ap->settings, i);
        if (c == NULL) {
            break;
        }

        if (c->tenant == tenant && !c->row->removed) {
            channel = c->row->id;
        }
    }

    return channel;
}


static pl_status_t
fire_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
}
