/*
 * What a step does, in the order of flow.proto: set, tags, status, consent,
 * cancel, schedule, emit, say, handover.
 *
 * What cannot be done (a list that is full, a status that is not legal) is
 * audited or counted, and the step goes on: a person who wrote is answered.
 */

#include <inttypes.h>
#include <string.h>

#include "moment.h"
#include "run_impl.h"

static pl_status_t do_set(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_tags(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_consent(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_tasks(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t do_schedule(pl_apply_t *ap, run_t *r,
    const Pl__FlowSchedule *row, pl_err_t *err);
static bool do_when(const run_t *r, const Pl__FlowSchedule *row,
    int64_t *due_ms, int64_t *until_ms);
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
    size_t             i, k;
    pl_status_t        rc;
    Pl__Conversation  *conv = r->at.conv;

    for (i = 0; i < r->step->n_untag; i++) {
        for (k = 0; k < conv->n_tags; k++) {
            if (strcmp(conv->tags[k], r->step->untag[i]) == 0) {
                conv->tags[k--] = conv->tags[--conv->n_tags];
            }
        }
    }

    for (i = 0; i < r->step->n_tag; i++) {
        for (k = 0; k < conv->n_tags
                    && strcmp(conv->tags[k], r->step->tag[i]) != 0; k++)
        {
            /* void */
        }

        if (k < conv->n_tags) {
            continue;
        }

        if (conv->n_tags >= PL_TAGS_MAX) {
            rc = pl_feed_count(ap, r->at.party->tenant, "tags", "full", err);
            if (rc != PL_OK) {
                return rc;
            }

            continue;
        }

        conv->tags = pl_apply_list(ap, conv->tags, conv->n_tags,
                                   r->step->tag[i]);
        if (conv->tags == NULL) {
            return do_nomem(err);
        }

        conv->n_tags++;
    }

    return PL_OK;
}


static pl_status_t
do_consent(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    bool                      changed;
    size_t                    i;
    pl_status_t               rc;
    Pl__Consent              *consent;
    const Pl__FlowConsent    *row;

    for (i = 0, rc = PL_OK; rc == PL_OK && i < r->step->n_consent; i++) {
        row = r->step->consent[i];

        consent = pl_arena_alloc(ap->ar, sizeof(*consent));
        if (consent == NULL) {
            return do_nomem(err);
        }

        pl__consent__init(consent);
        consent->category = row->category;
        consent->state = row->state;
        consent->time_s = ap->now_ms / 1000;
        consent->source = pl_arena_printf(ap->ar, "flow.%s",
                                          pl_flow_name(r->flow));
        consent->word = r->step->name;
        consent->has_channel = 1;
        consent->channel = r->at.channel;

        if (consent->source == NULL) {
            return do_nomem(err);
        }

        rc = pl_contact_consent(ap, r->at.contact, consent, &changed, err);

        if (rc == PL_OK && changed
            && row->state == PL__CONSENT_STATE__CONSENT_STATE_GRANTED)
        {
            rc = do_event(ap, r, NULL, row->category, err);
        }
    }

    return rc == PL_OK ? pl_contact_put(ap, r->at.party->tenant,
                                        r->at.contact, err) : rc;
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
    int64_t        due_ms, until_ms;
    pl_task_t      task;
    pl_status_t    rc;
    const char    *text;
    Pl__TimerStep  step = PL__TIMER_STEP__INIT;

    if (!do_when(r, row, &due_ms, &until_ms)) {
        text = pl_arena_printf(ap->ar, "task %s is not armed: %s is no date",
                               row->task, row->at != NULL ? row->at : "it");
        if (text == NULL) {
            return do_nomem(err);
        }

        rc = pl_task_cancel(ap, r->at.party, r->at.conv, row->task, err);

        return rc == PL_OK ? pl_run_audit(ap, r, pl_flow_name(r->flow), text,
                                          err) : rc;
    }

    if (due_ms < ap->now_ms && row->has_run_late && row->run_late) {
        due_ms = ap->now_ms;
    }

    if (due_ms < ap->now_ms || (until_ms != 0 && until_ms <= due_ms)) {
        rc = pl_task_cancel(ap, r->at.party, r->at.conv, row->task, err);

        return rc == PL_OK ? pl_feed_count(ap, r->at.party->tenant, "tasks",
                                           "late", err) : rc;
    }

    step.flow = (char *) pl_flow_name(r->flow);
    step.version = pl_flow_version(r->flow);
    step.step = row->step;
    step.has_until_ms = (until_ms != 0);
    step.until_ms = until_ms;
    step.has_dated = (row->at != NULL);
    step.dated = step.has_dated;

    memset(&task, 0, sizeof(task));
    task.name = row->task;
    task.due_ms = due_ms;
    task.channel = r->at.channel;
    task.contact = r->at.contact->id;
    task.step = &step;

    return pl_task_arm(ap, r->at.party, r->at.conv, &task, err);
}


/* until 0: there is no end. */

static bool
do_when(const run_t *r, const Pl__FlowSchedule *row, int64_t *due_ms,
    int64_t *until_ms)
{
    size_t             i;
    int64_t            after_ms = 0, end_ms = 0;
    const char        *value;
    Pl__Conversation  *conv = r->at.conv;

    *until_ms = 0;

    if (row->at == NULL) {
        *due_ms = r->facts.now_ms;

        if (row->after != NULL
            && !pl_flow_duration(row->after, &after_ms))
        {
            return false;
        }

    } else {
        i = do_find(conv, row->at);
        value = i < conv->n_variables ? conv->variables[i]->value : "";

        if (!pl_moment_read(value, r->facts.zone, due_ms)) {
            return false;
        }

        if (row->offset != NULL && !pl_flow_duration(row->offset, &after_ms))
        {
            return false;
        }
    }

    if (row->until != NULL) {
        if (!pl_flow_duration(row->until, &end_ms)) {
            return false;
        }

        *until_ms = *due_ms + end_ms;
    }

    *due_ms += after_ms;

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
