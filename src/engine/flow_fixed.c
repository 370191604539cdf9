/*
 * What is said in the same words to everybody: made and packed once, when the
 * file is compiled. Most of what a flow says has no variable in it; and where
 * a greeting has a name, its buttons have none.
 */

#include <stdlib.h>

#include "../core/wire.h"
#include "flow_impl.h"

static void fixed_say(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path);
static void fixed_parts(flow_fixed_t *row, const flow_made_t *made,
    pl_arena_t *ar);
static void fixed_freeze(ProtobufCMessage *msg, pl_arena_t *ar);
static int fixed_order(const void *a, const void *b);


void
pl_flow_fixed_compile(flow_check_t *check)
{
    pl_flow_t  *flow = check->flow;

    /* one that is refused is said to nobody */

    if (check->mistakes->errors != 0) {
        return;
    }

    flow->fixed = pl_arena_zalloc(flow->ar, 2 * flow->n_steps
                                            * sizeof(*flow->fixed));
    if (flow->fixed == NULL) {
        return;
    }

    pl_flow_says(check, fixed_say);
    qsort(flow->fixed, flow->n_fixed, sizeof(*flow->fixed), fixed_order);
}


const flow_fixed_t *
pl_flow_fixed(const pl_flow_t *flow, const Pl__FlowSay *say)
{
    flow_fixed_t  key = { say, false, NULL, NULL, NULL, NULL };

    return flow->n_fixed == 0 ? NULL
           : bsearch(&key, flow->fixed, flow->n_fixed, sizeof(*flow->fixed),
                     fixed_order);
}


static void
fixed_say(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path)
{
    pl_flow_t       *flow = check->flow;
    flow_made_t      made;
    flow_fixed_t     row = { say, false, NULL, NULL, NULL, NULL };
    pl_flow_vars_t   nobody = { NULL, NULL, 0, NULL, NULL };

    (void) step;
    (void) path;

    /* where a file leaves no room for it, it is made each time */

    if (pl_flow_say_make(flow, say, NULL, &nobody, flow->ar, &made)
        != PL_OK)
    {
        return;
    }

    if (!made.varies) {
        row.whole = true;
        row.free_form = made.free_form;
        row.template = made.template;

    } else {
        fixed_parts(&row, &made, flow->ar);
    }

    fixed_freeze((ProtobufCMessage *) row.free_form, flow->ar);
    fixed_freeze((ProtobufCMessage *) row.template, flow->ar);
    fixed_freeze((ProtobufCMessage *) row.action, flow->ar);

    if (row.whole || row.action != NULL || row.buttons != NULL) {
        flow->fixed[flow->n_fixed++] = row;
    }
}


/* What is tapped, of a message and of a template, where it has no variable. */

static void
fixed_parts(flow_fixed_t *row, const flow_made_t *made, pl_arena_t *ar)
{
    size_t         i;
    Pl__Template  *template;

    if (!made->action_varies && made->free_form != NULL
        && made->free_form->of_case == PL__CONTENT__OF_INTERACTIVE)
    {
        row->action = made->free_form->interactive->action;
    }

    if (made->template == NULL || made->buttons_vary
        || made->template->template_->n_buttons == 0)
    {
        return;
    }

    template = made->template->template_;
    row->buttons = template->buttons;

    for (i = 0; i < template->n_buttons; i++) {
        fixed_freeze((ProtobufCMessage *) row->buttons[i], ar);
    }
}


/* What cannot be frozen is packed and held against limits each time. */

static void
fixed_freeze(ProtobufCMessage *msg, pl_arena_t *ar)
{
    if (msg != NULL) {
        (void) pl_wire_freeze(msg, ar);
    }
}


static int
fixed_order(const void *a, const void *b)
{
    uintptr_t  x = (uintptr_t) ((const flow_fixed_t *) a)->say;
    uintptr_t  y = (uintptr_t) ((const flow_fixed_t *) b)->say;

    return (x > y) - (x < y);
}
