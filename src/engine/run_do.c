/*
 * What a step does, in the order of flow.proto: set, tags, status, consent,
 * cancel, schedule, emit, say, handover.
 *
 * What cannot be done (a list that is full, a status that is not legal) is
 * audited or counted, and the step goes on: a person who wrote is answered.
 */

#include <inttypes.h>
#include <string.h>

#include "consent.h"
#include "inbox.h"
#include "moment.h"
#include "run_impl.h"

static pl_status_t do_set(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_tags(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_consent(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_consent_row(pl_apply_t *ap, const run_t *r,
    const Pl__FlowConsent *row, Pl__Consent *consent, pl_err_t *err);
static const char *do_consent_word(Pl__ConsentState state);
static pl_status_t do_tasks(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_schedule(pl_apply_t *ap, run_t *r,
    const Pl__FlowSchedule *row, pl_err_t *err);
static bool do_when(pl_apply_t *ap, const run_t *r,
    const Pl__FlowSchedule *row, pl_task_t *task, Pl__TimerStep *step);
static pl_status_t do_emit(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_says(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_event(pl_apply_t *ap, run_t *r, const char *event,
    const char *opt_in, pl_err_t *err);
static size_t do_find(const Pl__Conversation *conv, const char *name);
static pl_status_t do_nomem(pl_err_t *err);


pl_status_t
pl_run_do(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    run_over_t                 hand = { NULL, NULL, NULL, NULL, NULL };
    pl_status_t                rc;
    const Pl__FlowStep        *step = r->step;
    const Pl__FlowHandover    *over = step->handover;

    rc = do_set(ap, r, err);

    if (rc == PL_OK) {
        rc = do_tags(ap, r, err);
    }

    if (rc == PL_OK && step->has_status) {
        rc = pl_owner_status(ap, r->at.party, r->at.conv, step->status,
                             pl_flow_name(r->flow), NULL, err);
    }

    if (rc == PL_OK && step->n_consent != 0) {
        rc = do_consent(ap, r, err);
    }

    if (rc == PL_OK) {
        rc = do_tasks(ap, r, err);
    }

    if (rc == PL_OK && step->emit != NULL) {
        rc = do_emit(ap, r, err);
    }

    if (rc == PL_OK) {
        rc = do_says(ap, r, err);
    }

    if (rc != PL_OK || over == NULL || r->left) {
        return rc;
    }

    hand.to = over->to;
    hand.reason = over->reason != NULL ? over->reason : "flow";

    return pl_run_hand_over(ap, r, &hand, err);
}


/*
 * A step that is run before it says what it says under the new owner
 * already; what a chain has said until now is stamped anew, so that the
 * farewell is not taken for an answer that is late.
 */

pl_status_t
pl_run_hand_over(pl_apply_t *ap, run_t *r, const run_over_t *over,
    pl_err_t *err)
{
    pl_owner_t   to = { over->to, over->reason, over->text, NULL };
    pl_status_t  rc;

    if (to.owner == NULL && over->step != NULL
        && over->step->handover != NULL)
    {
        to.owner = over->step->handover->to;
    }

    if (to.owner == NULL || to.owner[0] == '\0') {
        to.owner = PL_OWNER_PERSON;
    }

    r->left = true;

    rc = pl_owner_change(ap, r->at.party, r->at.conv, &to, err);

    if (rc == PL_OK) {
        rc = pl_run_restamp(ap, r, err);
    }

    if (rc == PL_OK && over->step != NULL) {
        r->flow = over->flow;
        r->step = over->step;
        pl_watch(ap->watch, PL_WAY_STEP, pl_flow_name(r->flow),
                 r->step->name, 0);
        rc = pl_run_do(ap, r, err);
    }

    return rc == PL_OK ? pl_run_end(ap, r, "handed over", err) : rc;
}


pl_status_t
pl_run_save(pl_apply_t *ap, run_t *r, const char *name, const char *value,
    pl_err_t *err)
{
    size_t             i;
    pl_status_t        rc;
    Pl__Variable      *v;
    Pl__Conversation  *conv = r->at.conv;

    i = do_find(conv, name);

    if (i < conv->n_variables) {
        v = conv->variables[i];

        if (strcmp(v->value, value) == 0) {
            return PL_OK;
        }

        rc = pl_feed_audit(ap, r->at.party->tenant,
                           PL__AUDIT_KIND__AUDIT_KIND_ANSWER,
                           r->at.party->party, name, v->value, err);
        if (rc != PL_OK) {
            return rc;
        }

        if (value[0] == '\0') {
            conv->variables[i] = conv->variables[--conv->n_variables];
            return PL_OK;
        }

    } else if (value[0] == '\0') {
        return PL_OK;

    } else if (conv->n_variables >= PL_VARIABLES_MAX) {
        return pl_feed_count(ap, r->at.party->tenant, "variables", "full",
                             err);

    } else {
        v = pl_arena_alloc(ap->ar, sizeof(*v));
        if (v == NULL) {
            return do_nomem(err);
        }

        pl__variable__init(v);
        conv->variables = pl_apply_list(ap, conv->variables,
                                        conv->n_variables, v);
        if (conv->variables == NULL) {
            return do_nomem(err);
        }

        conv->n_variables++;
    }

    v->name = (char *) name;
    v->value = (char *) value;

    return PL_OK;
}


pl_status_t
pl_run_save_all(pl_apply_t *ap, run_t *r, Pl__Variable *const *list,
    size_t n, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < n; i++) {
        rc = pl_run_save(ap, r, list[i]->name, list[i]->value, err);
    }

    return rc;
}


static pl_status_t
do_set(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    size_t           i;
    const char      *value;
    pl_status_t      rc;
    pl_flow_vars_t   vars;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < r->step->n_set; i++) {
        vars = pl_run_vars(r);
        value = pl_flow_fill(r->flow, r->step->set[i]->value, &vars, ap->ar);

        rc = value == NULL ? do_nomem(err)
             : pl_run_save(ap, r, r->step->set[i]->name, value, err);
    }

    return rc;
}


static pl_status_t
do_tags(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    bool          changed = false;
    size_t        i;
    pl_status_t   rc = PL_OK;

    for (i = 0; rc == PL_OK && i < r->step->n_untag; i++) {
        rc = pl_tag_del(ap, r->at.party, r->at.conv, r->step->untag[i],
                        &changed, err);
    }

    for (i = 0; rc == PL_OK && i < r->step->n_tag; i++) {
        rc = pl_tag_add(ap, r->at.party, r->at.conv, r->step->tag[i],
                        &changed, err);
    }

    return rc == PL_OK && changed
           ? pl_feed_part(ap, r->at.party,
                          PL__CONVERSATION_PART__CONVERSATION_PART_TAGS, err)
           : rc;
}


/*
 * What a revocation takes back is found by the conversation as it is stored:
 * with what this chain has queued so far.
 */

static pl_status_t
do_consent(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    bool          changed, granted;
    size_t        i;
    pl_status_t   rc;
    Pl__Consent   consent;

    rc = pl_conversation_put(ap, r->at.party, r->at.conv, err);

    for (i = 0; rc == PL_OK && i < r->step->n_consent; i++) {
        rc = do_consent_row(ap, r, r->step->consent[i], &consent, err);
        granted = pl_consent_granted(r->at.contact,
                                     r->step->consent[i]->category);

        if (rc == PL_OK) {
            rc = pl_consent_write(ap, r->at.party->tenant, r->at.contact,
                                  &consent, do_consent_word(consent.state),
                                  &changed, err);
        }

        if (rc == PL_OK && changed && !granted
            && consent.state == PL__CONSENT_STATE__CONSENT_STATE_GRANTED)
        {
            rc = do_event(ap, r, NULL, r->step->consent[i]->category, err);
        }
    }

    return rc;
}


static pl_status_t
do_consent_row(pl_apply_t *ap, const run_t *r, const Pl__FlowConsent *row,
    Pl__Consent *consent, pl_err_t *err)
{
    pl__consent__init(consent);
    consent->category = row->category;
    consent->state = row->state;
    consent->time_s = ap->now_ms / 1000;
    consent->word = r->step->name;
    consent->text_version = row->text_version;
    consent->has_channel = 1;
    consent->channel = r->at.channel;
    consent->source = pl_arena_printf(ap->ar, "flow.%s",
                                      pl_flow_name(r->flow));

    return consent->source != NULL ? PL_OK : do_nomem(err);
}


static const char *
do_consent_word(Pl__ConsentState state)
{
    switch (state) {
    case PL__CONSENT_STATE__CONSENT_STATE_GRANTED:
        return "granted";
    case PL__CONSENT_STATE__CONSENT_STATE_PAUSED:
        return "paused";
    case PL__CONSENT_STATE__CONSENT_STATE_UNKNOWN:
        return "unknown";
    default:
        return "revoked";
    }
}


static pl_status_t
do_tasks(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < r->step->n_cancel; i++) {
        rc = pl_task_cancel(ap, r->at.party, r->at.conv, r->step->cancel[i],
                            err);
    }

    for (i = 0; rc == PL_OK && i < r->step->n_schedule; i++) {
        rc = do_schedule(ap, r, r->step->schedule[i], err);
    }

    return rc;
}


/*
 * What cannot be armed any more calls the older one of its name off as well:
 * an appointment that was moved to this afternoon has no reminder 22 hours
 * before it, and certainly not the one of its former date.
 */

static pl_status_t
do_schedule(pl_apply_t *ap, run_t *r, const Pl__FlowSchedule *row,
    pl_err_t *err)
{
    pl_task_t      task;
    pl_status_t    rc;
    const char    *text;
    Pl__TimerStep  step = PL__TIMER_STEP__INIT;

    memset(&task, 0, sizeof(task));
    task.name = row->task;
    task.channel = r->at.channel;
    task.contact = r->at.contact->id;
    task.step = &step;

    if (!do_when(ap, r, row, &task, &step)) {
        text = pl_arena_printf(ap->ar, "task %s is not armed: %s is no date",
                               row->task, row->at != NULL ? row->at : "it");
        if (text == NULL) {
            return do_nomem(err);
        }

        rc = pl_task_cancel(ap, r->at.party, r->at.conv, row->task, err);

        return rc == PL_OK ? pl_run_audit(ap, r, pl_flow_name(r->flow), text,
                                          err) : rc;
    }

    if (task.due_ms < ap->now_ms && row->has_run_late && row->run_late) {
        task.due_ms = ap->now_ms;
        task.zone = NULL;
    }

    if (task.due_ms < ap->now_ms
        || (step.has_until_ms && step.until_ms <= task.due_ms))
    {
        rc = pl_task_cancel(ap, r->at.party, r->at.conv, row->task, err);

        return rc == PL_OK ? pl_feed_count(ap, r->at.party->tenant, "tasks",
                                           "late", err) : rc;
    }

    step.flow = (char *) pl_flow_name(r->flow);
    step.version = pl_flow_version(r->flow);
    step.step = row->step;
    step.has_dated = (row->at != NULL);
    step.dated = step.has_dated;

    return pl_task_arm(ap, r->at.party, r->at.conv, &task, err);
}


/*
 * False: what it is counted from is no date. A variable's value is what a
 * text would say for it: the file's own counts where the conversation has
 * none.
 */

static bool
do_when(pl_apply_t *ap, const run_t *r, const Pl__FlowSchedule *row,
    pl_task_t *task, Pl__TimerStep *step)
{
    int64_t          from_ms, after_ms = 0, end_ms = 0;
    const char      *value, *distance;
    pl_moment_t      moment;
    pl_flow_vars_t   vars = pl_run_vars(r);

    from_ms = r->facts.now_ms;
    distance = row->after;

    if (row->at != NULL) {
        value = pl_flow_value(r->flow, &vars, row->at, ap->ar);

        if (value == NULL
            || !pl_moment_read(value, r->facts.zone, &moment))
        {
            return false;
        }

        from_ms = moment.ms;
        task->zone = moment.fixed ? NULL : r->zone;
        task->wall_ms = moment.wall_ms;
        distance = row->offset;
    }

    if ((distance != NULL && !pl_flow_duration(distance, &after_ms))
        || (row->until != NULL && !pl_flow_duration(row->until, &end_ms)))
    {
        return false;
    }

    task->before_ms = -after_ms;
    task->due_ms = from_ms + after_ms;
    step->has_until_ms = (row->until != NULL);
    step->until_ms = row->until != NULL ? from_ms + end_ms : 0;

    return true;
}


static pl_status_t
do_emit(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    const char   *text;
    pl_status_t   rc;

    text = pl_arena_printf(ap->ar, "told %s at %s", r->step->emit,
                           r->step->name);
    if (text == NULL) {
        return do_nomem(err);
    }

    rc = pl_run_audit(ap, r, pl_flow_name(r->flow), text, err);

    if (rc == PL_OK) {
        rc = pl_feed_event(ap, r->at.party, r->step->emit, err);
    }

    return rc == PL_OK ? do_event(ap, r, r->step->emit, NULL, err) : rc;
}


static pl_status_t
do_says(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    return r->step->say == NULL ? PL_OK
           : pl_run_say(ap, r, r->flow, r->step, r->step->say, err);
}


/* Triggers of other flows are asked for it when the chain has come to rest. */

static pl_status_t
do_event(pl_apply_t *ap, run_t *r, const char *event, const char *opt_in,
    pl_err_t *err)
{
    if (r->n_events == PL_EVENTS_MAX) {
        return pl_feed_count(ap, r->at.party->tenant, "flow_events", "full",
                             err);
    }

    r->events[r->n_events++] = (run_event_t) {
        event, opt_in, pl_flow_name(r->flow)
    };

    return PL_OK;
}


/* Its place, or n_variables. */

static size_t
do_find(const Pl__Conversation *conv, const char *name)
{
    size_t  i;

    for (i = 0; i < conv->n_variables; i++) {
        if (strcmp(conv->variables[i]->name, name) == 0) {
            break;
        }
    }

    return i;
}


static pl_status_t
do_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
}
