/*
 * A person wrote: who answers, and with what.
 *
 *     1  what was to be done, or said, only if they did not write is void
 *     2  a person answers: nothing more
 *     3  two machines: the bot falls silent (loop.h)
 *     4  words and topics that are for a person
 *     5  the step that waits gets its answer; what is no answer may be a
 *        trigger; and else it is a misunderstanding
 *     6  no step waits: triggers of all flows in order, then defaults
 */

#include <string.h>

#include "loop.h"
#include "run_impl.h"

/* The same words so soon are the same answer, said or tapped twice. */
#define HEAR_TWICE_MS  1000

/* The step that waits, and its flow; step NULL: none does. */
typedef struct {
    const pl_flow_t      *flow;
    const Pl__FlowStep   *step;
} hear_at_t;

static bool hear_speaks(const Pl__Content *content);
static pl_status_t hear_owner(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t hear_loop(pl_apply_t *ap, run_t *r, const char *seen,
    pl_err_t *err);
static pl_status_t hear_takeover(pl_apply_t *ap, run_t *r, hear_at_t *at,
    pl_err_t *err);
static pl_status_t hear_asks(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, bool *asks, pl_err_t *err);
static pl_status_t hear_run(pl_apply_t *ap, run_t *r, const hear_at_t *at,
    const pl_run_in_t *in, pl_err_t *err);
static bool hear_twice(const pl_apply_t *ap, const run_t *r,
    const pl_run_in_t *in);
static pl_status_t hear_answer(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, bool *understood,
    pl_err_t *err);
static pl_status_t hear_early(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err);
static pl_status_t hear_behind(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err);
static pl_status_t hear_unclear(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err);
static pl_status_t hear_none(pl_apply_t *ap, run_t *r, pl_err_t *err);
static pl_status_t hear_begin(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const pl_flow_begin_t *begin, pl_err_t *err);
static pl_status_t hear_later(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const pl_flow_begin_t *begin, pl_err_t *err);
static void hear_watch(const pl_apply_t *ap, const pl_flow_t *flow,
    const pl_flow_begin_t *begin);


pl_status_t
pl_run_inbound(pl_apply_t *ap, const pl_run_at_t *at, const pl_run_in_t *in,
    pl_err_t *err)
{
    run_t          r;
    hear_at_t      waits = { NULL, NULL };
    pl_loop_in_t   heard = { in->content, in->sent_ms, in->last_in_ms };
    pl_status_t    rc;
    pl_loop_out_t  loop;

    rc = pl_task_written(ap, at->party, at->conv, err);

    if (rc == PL_OK && at->conv->n_nudges != 0) {
        rc = pl_run_unnudge(ap, at->conv, err);
    }

    if (rc != PL_OK || !hear_speaks(in->content)) {
        return rc;
    }

    pl_run_set(ap, &r, at);
    r.answers = true;

    rc = hear_owner(ap, &r, err);

    if (rc != PL_OK || r.tenant == NULL || r.tenant->n_flows == 0
        || pl_owner_is_person(at->conv))
    {
        return rc;
    }

    rc = pl_loop_heard(ap, at->conv, &heard, &loop, err);

    if (rc != PL_OK || loop.seen != NULL) {
        return rc == PL_OK ? hear_loop(ap, &r, loop.seen, err) : rc;
    }

    r.same = loop.same;

    r.facts.message = in->message;
    r.facts.first_message = in->first;
    r.facts.referral = in->context == NULL ? NULL : in->context->referral;

    rc = pl_flow_hear(&r.facts, ap->codec, in->content, ap->ar);

    if (rc == PL_OK) {
        rc = hear_takeover(ap, &r, &waits, err);
    }

    if (rc != PL_OK || r.left || r.again) {
        return rc;                      /* no answer to what they never read */
    }

    return waits.step != NULL ? hear_run(ap, &r, &waits, in, err)
                              : hear_none(ap, &r, err);
}


pl_status_t
pl_run_trigger(pl_apply_t *ap, run_t *r, const char *except, bool defaults,
    bool *begun, pl_err_t *err)
{
    size_t                    i;
    pl_flow_begin_t           begin;
    const pl_tenant_conf_t   *tenant = r->tenant;

    *begun = true;

    for (i = 0; i < tenant->n_flows; i++) {
        if ((except == NULL
             || strcmp(pl_flow_name(tenant->flows[i]), except) != 0)
            && pl_flow_trigger(tenant->flows[i], &r->facts, ap->ar, &begin))
        {
            return hear_begin(ap, r, tenant->flows[i], &begin, err);
        }
    }

    for (i = 0; defaults && i < tenant->n_flows; i++) {
        memset(&begin, 0, sizeof(begin));
        begin.step = pl_flow_default(tenant->flows[i]);

        if (begin.step != NULL) {
            return hear_begin(ap, r, tenant->flows[i], &begin, err);
        }
    }

    *begun = false;

    return PL_OK;
}


/* What is about another message, or about nobody's words, answers nothing. */

static bool
hear_speaks(const Pl__Content *content)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
    case PL__CONTENT__OF_REPLY:
    case PL__CONTENT__OF_MEDIA:
    case PL__CONTENT__OF_LOCATION:
    case PL__CONTENT__OF_CARDS:
    case PL__CONTENT__OF_ORDER:
    case PL__CONTENT__OF_FORM_REPLY:
        return true;

    case PL__CONTENT__OF_EMAIL:         /* a robot is answered by nobody */
        return !content->email->automatic;

    default:
        return false;
    }
}


/* Back to the bot after a while; and a closed one is opened by who writes. */

static pl_status_t
hear_owner(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    pl_status_t        rc;
    pl_owner_t         bot = { NULL, "idle", NULL, NULL };
    Pl__Conversation  *conv = r->at.conv;

    rc = PL_OK;

    if (pl_owner_lapsed(conv, ap->now_ms)) {
        rc = pl_owner_change(ap, r->at.party, conv, &bot, err);

        if (rc == PL_OK) {
            rc = pl_run_given(ap, &r->at, true, &r->again, err);
            r->old = conv->run;
        }
    }

    if (rc == PL_OK && conv->has_status
        && conv->status
           == PL__CONVERSATION_STATUS__CONVERSATION_STATUS_CLOSED)
    {
        rc = pl_owner_status(ap, r->at.party, conv,
                             PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN,
                             "they wrote", NULL, err);
    }

    return rc;
}


static pl_status_t
hear_loop(pl_apply_t *ap, run_t *r, const char *seen, pl_err_t *err)
{
    run_over_t   over = { NULL, "loop", seen, NULL, NULL };
    pl_status_t  rc;

    pl_loop_forget(r->at.conv);

    rc = pl_feed_audit(ap, r->at.party->tenant,
                       PL__AUDIT_KIND__AUDIT_KIND_LOOP, r->at.party->party,
                       NULL, seen, err);

    if (rc == PL_OK) {
        rc = pl_feed_count(ap, r->at.party->tenant, "loops", "", err);
    }

    return rc == PL_OK ? pl_run_hand_over(ap, r, &over, err) : rc;
}


/*
 * The flow that runs is asked; where none does, all in their order. A run
 * whose version is gone has ended here.
 */

static pl_status_t
hear_takeover(pl_apply_t *ap, run_t *r, hear_at_t *at, pl_err_t *err)
{
    bool          asks;
    size_t        i;
    pl_status_t   rc;

    if (r->old != NULL) {
        rc = pl_run_find(ap, r, &at->flow, &at->step, err);

        if (rc != PL_OK || at->step != NULL) {
            return rc == PL_OK ? hear_asks(ap, r, at->flow, &asks, err) : rc;
        }
    }

    rc = PL_OK;

    for (i = 0, asks = false;
         rc == PL_OK && !asks && i < r->tenant->n_flows;
         i++)
    {
        rc = hear_asks(ap, r, r->tenant->flows[i], &asks, err);
    }

    return rc;
}


static pl_status_t
hear_asks(pl_apply_t *ap, run_t *r, const pl_flow_t *flow, bool *asks,
    pl_err_t *err)
{
    run_over_t           over = { NULL, NULL, NULL, flow, NULL };
    pl_status_t          rc;
    pl_flow_handover_t   found;

    *asks = false;

    rc = pl_flow_handover(flow, &r->facts, ap->ar, &found);
    if (rc == PL_NOTFOUND) {
        return PL_OK;
    }

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "run", 0, "out of memory");
    }

    *asks = true;
    pl_watch_named(ap->watch, PL_WAY_HANDOVER, pl_flow_name(flow),
                   found.reason, NULL);
    over.reason = found.reason;
    over.step = found.step;
    over.text = pl_arena_printf(ap->ar, "%s, score %d of %d: %s",
                                pl_flow_name(flow), (int) found.score,
                                (int) found.threshold,
                                found.evidence != NULL ? found.evidence
                                                       : "");
    if (over.text == NULL) {
        return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
    }

    return pl_run_hand_over(ap, r, &over, err);
}


static pl_status_t
hear_run(pl_apply_t *ap, run_t *r, const hear_at_t *at,
    const pl_run_in_t *in, pl_err_t *err)
{
    bool                  understood, begun, early;
    pl_status_t           rc;
    const pl_flow_t      *flow = at->flow;
    const Pl__FlowStep   *step = at->step;
    const Pl__FlowRun    *run = r->at.conv->run;

    if (hear_twice(ap, r, in)) {
        return pl_feed_count(ap, r->at.party->tenant, "answers", "twice",
                             err);
    }

    understood = false;

    if (r->old->since_ms <= ap->now_ms) {
        rc = hear_answer(ap, r, flow, step, &understood, err);
        if (rc != PL_OK || understood) {
            return rc;
        }
    }

    early = run->since_ms > ap->now_ms;

    rc = pl_run_trigger(ap, r, NULL, false, &begun, err);

    if (rc != PL_OK || begun) {
        return rc == PL_OK && early && r->withdrew && r->at.conv->run == run
               ? hear_behind(ap, r, flow, step, err) : rc;
    }

    return r->old->since_ms > ap->now_ms
           ? hear_early(ap, r, flow, step, err)
           : hear_unclear(ap, r, flow, step, err);
}


/* Did this very answer lead to the step that waits, a moment ago? */

static bool
hear_twice(const pl_apply_t *ap, const run_t *r, const pl_run_in_t *in)
{
    return r->same && r->old->since_ms == in->last_in_ms
           && ap->now_ms - in->last_in_ms < HEAR_TWICE_MS
           && (!r->old->has_misunderstood || r->old->misunderstood == 0);
}


static pl_status_t
hear_answer(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, bool *understood, pl_err_t *err)
{
    pl_status_t        rc;
    pl_flow_answer_t   answer;

    if (step->ask == NULL) {
        *understood = pl_run_leads_on(r, flow, step);
        return *understood ? pl_run_answered(ap, r, flow, step, err) : PL_OK;
    }

    rc = pl_flow_parse(flow, step, &r->facts, ap->ar, &answer);
    if (rc != PL_OK) {
        return pl_err_set(err, rc, "run", 0, "cannot read an answer");
    }

    *understood = (answer.meant == PL_ANSWER_READ);

    if (!*understood) {
        return PL_OK;
    }

    rc = answer.value == NULL ? PL_OK
         : pl_run_save(ap, r, step->ask->save, answer.value, err);

    if (rc == PL_OK) {
        rc = pl_run_save_all(ap, r, answer.fields, answer.n_fields, err);
    }

    return rc == PL_OK ? pl_run_answered(ap, r, flow, step, err) : rc;
}


/*
 * The question has not been said yet, so that this is no answer to it. One
 * that was only delayed to seem human is asked anew, behind what they wrote.
 */

static pl_status_t
hear_early(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    pl_status_t  rc;

    if (step->delay == NULL || step->say == NULL) {
        return PL_OK;
    }

    rc = pl_run_undelay(ap, r->at.conv, err);

    return rc == PL_OK ? hear_behind(ap, r, flow, step, err) : rc;
}


/* Taken back for what was answered aside, it is asked behind that. */

static pl_status_t
hear_behind(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    return pl_run_ask(ap, r, flow, step, step->say, err);
}


static pl_status_t
hear_unclear(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err)
{
    run_over_t            over = { NULL, "misunderstood", NULL, flow, NULL };
    pl_status_t           rc;
    Pl__FlowRun          *run = r->at.conv->run;
    const Pl__FlowSay    *say;

    run->has_misunderstood = 1;
    run->misunderstood++;

    rc = pl_feed_count(ap, r->at.party->tenant, "answers", "misunderstood",
                       err);
    if (rc != PL_OK) {
        return rc;
    }

    if (run->misunderstood > pl_flow_patience(flow)) {
        pl_watch_named(ap->watch, PL_WAY_HANDOVER, pl_flow_name(flow),
                       "misunderstood", NULL);
        over.text = pl_arena_printf(ap->ar, "%s at %s, %u in a row",
                                    pl_flow_name(flow), step->name,
                                    run->misunderstood);
        if (over.text == NULL) {
            return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
        }

        over.step = pl_flow_handover_lost(flow);

        return pl_run_hand_over(ap, r, &over, err);
    }

    pl_watch(ap->watch, PL_WAY_UNCLEAR, pl_flow_name(flow), step->name, 0);
    say = step->unclear != NULL ? step->unclear : step->say;

    return pl_run_ask(ap, r, flow, step, say, err);
}


/* A default answers words alone, and no caption. */

static pl_status_t
hear_none(pl_apply_t *ap, run_t *r, pl_err_t *err)
{
    bool  begun, words;

    words = r->facts.text.len != 0
            && r->facts.content->of_case != PL__CONTENT__OF_MEDIA;

    return pl_run_trigger(ap, r, NULL, words, &begun, err);
}


/* An answer that waits to seem human is out of date: they get another one. */

static pl_status_t
hear_begin(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const pl_flow_begin_t *begin, pl_err_t *err)
{
    pl_status_t  rc;

    hear_watch(ap, flow, begin);

    if (begin->trigger != NULL && begin->trigger->after != NULL) {
        return hear_later(ap, r, flow, begin, err);
    }

    rc = PL_OK;

    if (r->n_said == 0 && r->answers && r->at.conv->n_delayed != 0) {
        r->withdrew = true;
        rc = pl_run_undelay(ap, r->at.conv, err);
    }

    if (rc == PL_OK) {
        rc = pl_run_save_all(ap, r, begin->variables, begin->n_variables,
                             err);
    }

    return rc == PL_OK ? pl_run_begin(ap, r, flow, begin->step, RUN_ASIDE,
                                      err) : rc;
}


static pl_status_t
hear_later(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const pl_flow_begin_t *begin, pl_err_t *err)
{
    int64_t         after_ms;
    pl_task_t       task;
    Pl__TimerStep   step = PL__TIMER_STEP__INIT;

    if (!pl_flow_duration(begin->trigger->after, &after_ms)) {
        return PL_OK;                   /* the compiler lets none through */
    }

    step.flow = (char *) pl_flow_name(flow);
    step.version = pl_flow_version(flow);
    step.step = begin->step->name;
    step.has_unless_written = begin->trigger->has_unless_written;
    step.unless_written = begin->trigger->unless_written;
    step.variables = begin->variables;
    step.n_variables = begin->n_variables;

    memset(&task, 0, sizeof(task));
    task.name = begin->trigger->name != NULL ? begin->name
                : pl_arena_printf(ap->ar, "%s.%s", step.flow, begin->name);
    if (task.name == NULL) {
        return pl_err_set(err, PL_NOMEM, "run", 0, "out of memory");
    }

    task.due_ms = ap->now_ms + after_ms;
    task.channel = r->at.channel;
    task.contact = r->at.contact->id;
    task.step = &step;

    return pl_task_arm(ap, r->at.party, r->at.conv, &task, err);
}


static void
hear_watch(const pl_apply_t *ap, const pl_flow_t *flow,
    const pl_flow_begin_t *begin)
{
    size_t               i;
    const Pl__FlowFile  *file = pl_flow_file(flow);

    if (begin->trigger == NULL) {
        pl_watch(ap->watch, PL_WAY_DEFAULT, pl_flow_name(flow), NULL, 0);
        return;
    }

    for (i = 0; i < file->n_triggers; i++) {
        if (file->triggers[i] == begin->trigger) {
            pl_watch(ap->watch, PL_WAY_TRIGGER, pl_flow_name(flow), NULL, i);
        }
    }
}
