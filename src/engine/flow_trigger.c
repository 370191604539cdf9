/*
 * Triggers: which step is begun by what has happened.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static void trigger_compile(flow_check_t *check, flow_trigger_t *trigger,
    const char *path);
static void trigger_after(flow_check_t *check, const Pl__FlowTrigger *row,
    const char *path);
static bool trigger_caused(const Pl__FlowTrigger *row);
static bool trigger_holds(const pl_flow_t *flow, const flow_trigger_t *t,
    const pl_flow_facts_t *facts);
static bool trigger_said(const flow_trigger_t *t,
    const pl_flow_facts_t *facts);
static bool trigger_happened(const flow_trigger_t *t,
    const pl_flow_facts_t *facts);
static bool trigger_form(const char *wanted, const Pl__Content *content);
static bool trigger_referred(const flow_trigger_t *t,
    const pl_flow_facts_t *facts);
static bool trigger_same(const char *wanted, const char *is);
static void trigger_groups(const pl_pattern_t *pattern, pl_arena_t *ar,
    const pl_match_state_t *state, pl_flow_begin_t *begin);


void
pl_flow_trigger_compile(flow_check_t *check)
{
    char        path[PL_ERR_PATH_MAX];
    size_t      i;
    pl_flow_t  *flow = check->flow;

    flow->triggers = pl_flow_room(check, flow->file->n_triggers,
                                  sizeof(*flow->triggers));
    if (flow->triggers == NULL) {
        return;
    }

    flow->n_triggers = flow->file->n_triggers;

    for (i = 0; i < flow->n_triggers; i++) {
        flow->triggers[i].row = flow->file->triggers[i];
        trigger_compile(check, &flow->triggers[i],
                        pl_flow_path(path, "triggers", "[%zu]", i));
    }

    if (flow->file->default_ != NULL) {
        (void) pl_flow_target(check, "default", flow->file->default_);
    }

    if (flow->file->start != NULL) {
        (void) pl_flow_target(check, "start", flow->file->start);
    }

    for (i = 0; i < flow->file->n_entries; i++) {
        (void) pl_flow_target(check, pl_flow_path(path, "entries", "[%zu]",
                                                  i),
                              flow->file->entries[i]);
    }
}


bool
pl_flow_trigger(const pl_flow_t *flow, const pl_flow_facts_t *facts,
    pl_arena_t *ar, pl_flow_begin_t *begin)
{
    size_t                 i;
    const flow_trigger_t  *t;

    memset(begin, 0, sizeof(*begin));

    for (i = 0; i < flow->n_triggers; i++) {
        t = &flow->triggers[i];

        if (!trigger_holds(flow, t, facts)) {
            continue;
        }

        /* a condition may have used the match state since */

        if (t->pattern != NULL
            && pl_match(t->pattern, facts->match, facts->text, NULL))
        {
            trigger_groups(t->pattern, ar, facts->match, begin);
        }

        begin->trigger = t->row;
        begin->step = t->step;
        begin->name = t->row->name != NULL ? t->row->name
                      : pl_arena_printf(ar, "triggers[%zu]", i);

        if (begin->name == NULL) {
            begin->name = "";
        }

        return true;
    }

    return false;
}


static void
trigger_compile(flow_check_t *check, flow_trigger_t *t, const char *path)
{
    char                    at[PL_ERR_PATH_MAX];
    const Pl__FlowTrigger  *row = t->row;

    if (!trigger_caused(row)) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a trigger needs keywords or a pattern, or another "
                        "cause");
    }

    t->step = pl_flow_target(check, pl_flow_path(at, path, ".step"),
                             row->step);
    pl_flow_phrases(check, pl_flow_path(at, path, ".keywords"),
                    row->keywords, row->n_keywords, &t->keywords);

    if (row->pattern != NULL) {
        t->pattern = pl_flow_pattern(check, pl_flow_path(at, path,
                                     ".pattern"), row->pattern);
    }

    if (row->referral != NULL && row->referral->pattern != NULL) {
        t->referral = pl_flow_pattern(check, pl_flow_path(at, path,
                                      ".referral.pattern"),
                                      row->referral->pattern);
    }

    trigger_after(check, row, path);
}


static void
trigger_after(flow_check_t *check, const Pl__FlowTrigger *row,
    const char *path)
{
    char     at[PL_ERR_PATH_MAX];
    int64_t  ms;

    if (row->after != NULL
        && (!pl_flow_duration(row->after, &ms) || ms <= 0))
    {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".after"),
                        0, "no duration: \"%.32s\"", row->after);
    }

    if (row->after == NULL && row->unless_written) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".unless_written"), 0,
                        "without after there is nothing to call off");
    }
}


/* first_message: false is a condition, and nothing that happens. */

static bool
trigger_caused(const Pl__FlowTrigger *row)
{
    return row->n_keywords != 0 || row->pattern != NULL
           || row->first_message || row->referral != NULL
           || row->opt_in != NULL || row->form != NULL || row->event != NULL
           || row->joined_group || row->button != NULL;
}


static bool
trigger_holds(const pl_flow_t *flow, const flow_trigger_t *t,
    const pl_flow_facts_t *facts)
{
    return trigger_happened(t, facts) && trigger_said(t, facts)
           && pl_flow_holds(flow, t->row->when, facts);
}


static bool
trigger_said(const flow_trigger_t *t, const pl_flow_facts_t *facts)
{
    flow_phrase_t  said;

    said = pl_flow_said(facts);

    if (t->keywords.n != 0
        && (said.plain.text.len == 0
            || pl_flow_phrase_whole(&t->keywords, &said) < 0))
    {
        return false;
    }

    return t->pattern == NULL
           || (facts->content != NULL
               && pl_match(t->pattern, facts->match, facts->text, NULL));
}


static bool
trigger_happened(const flow_trigger_t *t, const pl_flow_facts_t *facts)
{
    const Pl__FlowTrigger  *row = t->row;

    if (row->has_first_message
        && (facts->content == NULL
            || (bool) row->first_message != facts->first_message))
    {
        return false;
    }

    if (row->has_joined_group
        && (bool) row->joined_group != facts->joined_group)
    {
        return false;
    }

    return trigger_same(row->opt_in, facts->opt_in)
           && trigger_same(row->event, facts->event)
           && trigger_same(row->button, facts->tapped)
           && (row->form == NULL || trigger_form(row->form, facts->content))
           && (row->referral == NULL || trigger_referred(t, facts));
}


static bool
trigger_form(const char *wanted, const Pl__Content *content)
{
    return content != NULL
           && content->of_case == PL__CONTENT__OF_FORM_REPLY
           && ((content->form_reply->name != NULL
                && strcmp(content->form_reply->name, wanted) == 0)
               || (content->form_reply->token != NULL
                   && strcmp(content->form_reply->token, wanted) == 0));
}


static bool
trigger_referred(const flow_trigger_t *t, const pl_flow_facts_t *facts)
{
    const Pl__Referral      *is = facts->referral;
    const Pl__FlowReferral  *row = t->row->referral;

    if (is == NULL || !trigger_same(row->source_id, is->source_id)
        || !trigger_same(row->source_type, is->source_type))
    {
        return false;
    }

    return t->referral == NULL
           || (is->headline != NULL
               && pl_match(t->referral, facts->match,
                           pl_str_c(is->headline), NULL))
           || (is->body != NULL
               && pl_match(t->referral, facts->match, pl_str_c(is->body),
                           NULL));
}


/* wanted NULL: it does not matter. */

static bool
trigger_same(const char *wanted, const char *is)
{
    return wanted == NULL || (is != NULL && strcmp(wanted, is) == 0);
}


/* Out of memory here means fewer variables, as a group that took no part. */

static void
trigger_groups(const pl_pattern_t *pattern, pl_arena_t *ar,
    const pl_match_state_t *state, pl_flow_begin_t *begin)
{
    unsigned       i;
    pl_str_t       value;
    const char    *name;
    Pl__Variable  *v;

    if (!pl_match_group(pattern, state, 0, &name, &value)) {
        return;
    }

    begin->variables = pl_arena_alloc(ar, PL_VARIABLES_MAX
                                          * sizeof(*begin->variables));

    for (i = 0;
         begin->variables != NULL && begin->n_variables < PL_VARIABLES_MAX
         && pl_match_group(pattern, state, i, &name, &value);
         i++)
    {
        if (value.data == NULL) {
            continue;
        }

        v = pl_arena_alloc(ar, sizeof(*v));
        if (v == NULL) {
            return;
        }

        pl__variable__init(v);
        v->name = pl_arena_str(ar, pl_str_c(name));
        v->value = pl_arena_str(ar, value);

        if (v->name == NULL || v->value == NULL) {
            return;
        }

        begin->variables[begin->n_variables++] = v;
    }
}
