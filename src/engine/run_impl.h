/*
 * Inside of runs: the chain (run.c), what it looks at (run_find.c), a step
 * (run_do.c), its messages (run_say.c), how it waits (run_wait.c), what
 * people say (run_hear.c), and what else happens (run_fire.c).
 */

#ifndef PL_RUN_IMPL_H_INCLUDED
#define PL_RUN_IMPL_H_INCLUDED

#include <inttypes.h>

#include "flow_keep.h"
#include "owner.h"
#include "run.h"
#include "task.h"

/* How people see a version. */
#define PL_RUN_VERSION  "%016" PRIx64

/* What becomes of the run that waits when a chain ends (run.h). */
typedef enum {
    RUN_OWN = 0,                /* an answer's, or there was no run */
    RUN_TIMEOUT,                /* its own, but the turn is not over yet */
    RUN_ASIDE
} run_kind_e;

/* That a flow told, or a consent that it wrote down: asked for afterwards. */
typedef struct {
    const char              *event;
    const char              *opt_in;
    const char              *flow;      /* that told it */
} run_event_t;

typedef struct {
    pl_apply_t              *ap;        /* for what the facts ask */
    pl_run_at_t              at;
    const pl_tenant_conf_t  *tenant;
    const pl_terms_t        *terms;     /* NULL: none are said */
    const char              *zone;      /* the name of facts.zone; or NULL */
    pl_flow_facts_t          facts;
    bool                     answers;   /* what a person wrote just now */
    bool                     same;      /* in the words of before */
    int64_t                  until_ms;  /* of a task's messages; 0: none */
    bool                     withdrew;  /* delayed answers, for one aside */
    bool                     nudge;     /* said because nobody wrote */
    bool                     agreed;    /* by a date: holds whoever answers */
    unsigned                 steps;     /* of this command */
    int64_t                  said_ms;   /* when the last of them leaves */

    /* the chain */
    run_kind_e               kind;
    Pl__FlowRun             *run;       /* being run; not conv->run */
    const Pl__FlowRun       *old;       /* that waits; NULL: none */
    const pl_flow_t         *flow;
    const Pl__FlowStep      *step;
    bool                     closed;    /* by a step's `end` */
    bool                     back;
    bool                     left;      /* to a person */
    const char              *broken;    /* why r->step is NULL; NULL: gone */

    uint64_t                 said[PL_STEPS_MAX + 4];
    size_t                   n_said;
    uint64_t                 asked;     /* what the step at hand has said */
    bool                     again;     /* the question was asked anew */
    int64_t                  fired_ms;  /* when the timeout at hand was due;
                                           0: it is none */
    run_event_t              events[PL_EVENTS_MAX];
    size_t                   n_events;
    size_t                   next_event;
} run_t;

/* Facts and all, of a conversation as it stands. */
void pl_run_set(pl_apply_t *ap, run_t *r, const pl_run_at_t *at);

/*
 * Begins a chain at a step of a flow, and runs it, and the events that it
 * tells. channel: at's. The caller has set kind and variables.
 */
pl_status_t pl_run_begin(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, run_kind_e kind, pl_err_t *err);

/* The step that waits was answered: goes on behind it. */
pl_status_t pl_run_answered(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err);

/* Its time is over: goes on at another step, in its place. */
pl_status_t pl_run_timed_out(pl_apply_t *ap, run_t *r,
    const pl_flow_t *flow, const Pl__FlowStep *step, pl_err_t *err);

/* Is there a way on from a step that waits for anything? */
bool pl_run_leads_on(run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step);

/* The step that waits waits anew from now; its timeouts too. */
pl_status_t pl_run_wait(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, pl_err_t *err);

/* The step that waits says its question, or say in its place, and waits anew.
   say NULL: says nothing. */
pl_status_t pl_run_ask(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, const Pl__FlowSay *say, pl_err_t *err);

/* What was said last in this command is the question that it waits with. */
void pl_run_asked(run_t *r);

/*
 * Arms the timeout of the step that waits which is due first, of those that
 * are not due before floor_ms; several that are due at once, all of them.
 * The next is armed when it has fired and the step waits on.
 */
pl_status_t pl_run_timeouts(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, int64_t floor_ms, pl_err_t *err);

/* The run that waits ends. why is audited; NULL: no word of it. */
pl_status_t pl_run_end(pl_apply_t *ap, run_t *r, const char *why,
    pl_err_t *err);

/*
 * The flow of the run that waits, brought to the newest version where that
 * says so. *step NULL: version or step is gone, and the run has ended.
 */
pl_status_t pl_run_find(pl_apply_t *ap, run_t *r, const pl_flow_t **flow,
    const Pl__FlowStep **step, pl_err_t *err);

/* The same of any name, version and step; nothing ends. */
pl_status_t pl_run_look(pl_apply_t *ap, run_t *r, const char *name,
    uint64_t version, const char *at, const pl_flow_t **flow,
    const Pl__FlowStep **step, pl_err_t *err);

pl_status_t pl_run_audit(pl_apply_t *ap, const run_t *r, const char *flow,
    const char *text, pl_err_t *err);

/* All that a step does before it waits (run_do.c). r->left: handed over. */
pl_status_t pl_run_do(pl_apply_t *ap, run_t *r, pl_err_t *err);

/* Why, and to whom, a flow hands over. */
typedef struct {
    const char              *to;        /* NULL: to whoever is there */
    const char              *reason;
    const char              *text;      /* for the audit; NULL */
    const pl_flow_t         *flow;      /* of the step that is run before it */
    const Pl__FlowStep      *step;      /* NULL: none */
} run_over_t;

pl_status_t pl_run_hand_over(pl_apply_t *ap, run_t *r,
    const run_over_t *over, pl_err_t *err);

/* A variable gets a value; "" takes it away. Audited where it had another. */
pl_status_t pl_run_save(pl_apply_t *ap, run_t *r, const char *name,
    const char *value, pl_err_t *err);
pl_status_t pl_run_save_all(pl_apply_t *ap, run_t *r,
    Pl__Variable *const *list, size_t n, pl_err_t *err);

/*
 * Tries the triggers of all flows, or of all but one; then, where that is
 * asked, defaults. *begun: one has begun, or will.
 */
pl_status_t pl_run_trigger(pl_apply_t *ap, run_t *r, const char *except,
    bool defaults, bool *begun, pl_err_t *err);

/* One message of a step (run_say.c): say is the step's own, or `unclear`. */
pl_status_t pl_run_say(pl_apply_t *ap, run_t *r, const pl_flow_t *flow,
    const Pl__FlowStep *step, const Pl__FlowSay *say, pl_err_t *err);

/* What was said in this command carries the owner's epoch as it is now. */
pl_status_t pl_run_restamp(pl_apply_t *ap, const run_t *r, pl_err_t *err);

/* Takes back what waits for its time, or was said because they did not write:
   before anything of this command is queued. */
pl_status_t pl_run_undelay(pl_apply_t *ap, Pl__Conversation *conv,
    pl_err_t *err);
pl_status_t pl_run_unnudge(pl_apply_t *ap, Pl__Conversation *conv,
    pl_err_t *err);

/* Variables as the flow's texts see them. */
pl_flow_vars_t pl_run_vars(const run_t *r);

#endif /* PL_RUN_IMPL_H_INCLUDED */
