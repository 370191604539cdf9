/*
 * A flow asked for one answer, without a run: which step a text leads to, and
 * what that step says. Timers that were armed before there were runs
 * (TimerSend) say theirs so; the first part is asked by tests alone.
 */

#include <string.h>

#include "flow_impl.h"


bool
pl_flow_answer(const pl_flow_t *flow, const pl_flow_in_t *in, pl_arena_t *ar,
    pl_flow_out_t *out)
{
    flow_phrase_t         said;
    Pl__Content           content = PL__CONTENT__INIT;
    Pl__Contact           contact = PL__CONTACT__INIT;
    pl_flow_begin_t       begin;
    pl_flow_facts_t       facts;
    const Pl__FlowStep   *step;

    memset(out, 0, sizeof(*out));
    memset(&facts, 0, sizeof(facts));

    if (pl_flow_phrase(ar, in->text, &said) != PL_OK) {
        return false;
    }

    contact.name = (char *) in->name;
    facts.content = &content;
    facts.contact = &contact;
    facts.text = in->text;
    facts.words = said.plain;
    facts.umlauts = said.umlauts;
    facts.match = in->match;
    facts.ar = ar;

    if (pl_flow_trigger(flow, &facts, ar, &begin)) {
        step = begin.step;
        out->variables = begin.variables;
        out->n_variables = begin.n_variables;

    } else {
        step = pl_flow_default(flow);
    }

    if (step == NULL) {
        return false;
    }

    out->step = step->name;
    out->after_s = step->after_s;

    return true;
}


const char *
pl_flow_say(const pl_flow_t *flow, const char *name, const char *contact_name,
    Pl__Variable *const *variables, size_t n_variables, pl_arena_t *ar)
{
    Pl__Contact          contact = PL__CONTACT__INIT;
    pl_flow_vars_t       vars = { &contact, variables, n_variables, NULL,
                                    NULL };
    const Pl__FlowStep  *step;

    contact.name = (char *) contact_name;
    step = pl_flow_step(flow, name);

    return step == NULL || step->say == NULL || step->say->text == NULL
           ? NULL : pl_flow_fill(flow, step->say->text, &vars, ar);
}
