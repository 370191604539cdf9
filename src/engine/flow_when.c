/*
 * Conditions: compiled once, each known by its row's address.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "apply.h"
#include "flow_impl.h"

#define WHEN_DEPTH_MAX   8              /* of not and any */
#define WHEN_ROOM_FIRST  16

static void when_add(flow_check_t *check, const Pl__FlowWhen *row,
    const char *path, unsigned depth);
static void when_nested(flow_check_t *check, const Pl__FlowWhen *row,
    const char *path, unsigned depth);
static flow_when_t *when_room(flow_check_t *check);
static void when_said(flow_check_t *check, flow_when_t *when,
    const char *path);
static void when_valued(flow_check_t *check, flow_when_t *when,
    const char *path);
static void when_time(flow_check_t *check, flow_when_t *when,
    const char *path);
static int when_order(const void *a, const void *b);
static const flow_when_t *when_find(const pl_flow_t *flow,
    const Pl__FlowWhen *row);
static bool when_about_value(const Pl__FlowWhen *row);
static bool when_value_holds(const pl_flow_t *flow, const flow_when_t *when,
    const pl_flow_facts_t *facts);
static bool when_said_holds(const flow_when_t *when,
    const pl_flow_facts_t *facts);
static bool when_time_holds(const flow_when_t *when,
    const pl_flow_facts_t *facts);
static bool when_rest_holds(const pl_flow_t *flow, const flow_when_t *when,
    const pl_flow_facts_t *facts);
static bool when_consent_holds(const Pl__FlowWhen *row,
    const pl_flow_facts_t *facts);
static bool when_window_holds(Pl__FlowWindowIs window,
    const pl_flow_facts_t *facts);
static bool when_tagged(const Pl__Conversation *conv, const char *tag);


void
pl_flow_when_compile(flow_check_t *check)
{
    char                 path[PL_ERR_PATH_MAX], base[PL_ERR_PATH_MAX];
    size_t               i, k;
    pl_flow_t           *flow = check->flow;
    const Pl__FlowStep  *step;

    for (i = 0; i < flow->file->n_triggers; i++) {
        if (flow->file->triggers[i]->when != NULL) {
            when_add(check, flow->file->triggers[i]->when,
                     pl_flow_path(path, "triggers", "[%zu].when", i), 0);
        }
    }

    for (i = 0; i < flow->file->n_steps; i++) {
        step = flow->file->steps[i];
        (void) pl_flow_path(base, "steps", ".%s", step->name);

        for (k = 0; k < step->n_branch; k++) {
            when_add(check, step->branch[k]->when,
                     pl_flow_path(path, base, ".branch[%zu].when", k), 0);
        }
    }

    if (flow->n_whens != 0) {
        qsort(flow->whens, flow->n_whens, sizeof(*flow->whens), when_order);
    }
}


bool
pl_flow_holds(const pl_flow_t *flow, const Pl__FlowWhen *row,
    const pl_flow_facts_t *facts)
{
    const flow_when_t  *when;

    if (row == NULL) {
        return true;
    }

    when = when_find(flow, row);

    return when != NULL
           && when_said_holds(when, facts)
           && when_value_holds(flow, when, facts)
           && when_time_holds(when, facts)
           && when_rest_holds(flow, when, facts);
}


static void
when_add(flow_check_t *check, const Pl__FlowWhen *row, const char *path,
    unsigned depth)
{
    char          at[PL_ERR_PATH_MAX];
    flow_when_t  *when;

    if (depth > WHEN_DEPTH_MAX) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "conditions stand in each other more than %d deep",
                        WHEN_DEPTH_MAX);
        return;
    }

    when = when_room(check);
    if (when == NULL) {
        return;
    }

    when->row = row;
    when_said(check, when, path);
    when_valued(check, when, path);
    when_time(check, when, path);

    if (row->has_state && row->consent == NULL) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".state"),
                        0, "a state is that of a consent");
    }

    when_nested(check, row, path, depth);
}


static void
when_nested(flow_check_t *check, const Pl__FlowWhen *row, const char *path,
    unsigned depth)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    if (row->not_ != NULL) {
        when_add(check, row->not_, pl_flow_path(at, path, ".not"), depth + 1);
    }

    for (i = 0; i < row->n_any; i++) {
        when_add(check, row->any[i], pl_flow_path(at, path, ".any[%zu]", i),
                 depth + 1);
    }
}


/* It moves when it grows: no pointer to a row is kept meanwhile. */

static flow_when_t *
when_room(flow_check_t *check)
{
    size_t        room;
    pl_flow_t    *flow = check->flow;
    flow_when_t  *grown;

    if (flow->n_whens == flow->max_whens) {
        room = flow->max_whens == 0 ? WHEN_ROOM_FIRST : 2 * flow->max_whens;

        grown = pl_flow_room(check, room, sizeof(*grown));
        if (grown == NULL) {
            return NULL;
        }

        if (flow->n_whens != 0) {
            memcpy(grown, flow->whens, flow->n_whens * sizeof(*grown));
        }

        flow->whens = grown;
        flow->max_whens = room;
    }

    return &flow->whens[flow->n_whens++];
}


static void
when_said(flow_check_t *check, flow_when_t *when, const char *path)
{
    char                 at[PL_ERR_PATH_MAX];
    const Pl__FlowWhen  *row = when->row;

    pl_flow_phrases(check, pl_flow_path(at, path, ".keywords"),
                    row->keywords, row->n_keywords, &when->keywords);
    pl_flow_phrases(check, pl_flow_path(at, path, ".words"), row->words,
                    row->n_words, &when->words);

    if (row->pattern != NULL) {
        when->pattern = pl_flow_pattern(check, pl_flow_path(at, path,
                                        ".pattern"), row->pattern);
    }
}


static void
when_valued(flow_check_t *check, flow_when_t *when, const char *path)
{
    char                 at[PL_ERR_PATH_MAX], **list;
    const Pl__FlowWhen  *row = when->row;

    if (row->variable != NULL && row->field != NULL) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "variable or field, one of them");

    } else if (row->variable == NULL && row->field == NULL
               && when_about_value(row))
    {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "is, in, set, below, from and matches need a "
                        "variable or a field");
    }

    if (row->is != NULL && row->n_in != 0) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".in"), 0,
                        "is or in, one of them");
    }

    list = row->is != NULL ? (char **) &row->is : row->in;

    pl_flow_phrases(check, pl_flow_path(at, path, row->is != NULL
                                        ? ".is" : ".in"),
                    list, row->is != NULL ? 1 : row->n_in, &when->values);

    if (row->has_from && row->has_below && row->from >= row->below) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".below"),
                        0, "no number is from %lld and below %lld",
                        (long long) row->from, (long long) row->below);
    }

    if (row->matches != NULL) {
        when->matches = pl_flow_pattern(check, pl_flow_path(at, path,
                                        ".matches"), row->matches);
    }
}


static void
when_time(flow_check_t *check, flow_when_t *when, const char *path)
{
    char         at[PL_ERR_PATH_MAX];
    pl_err_t     err;
    pl_hours_t  *hours;
    const char  *time = when->row->time;

    if (time == NULL) {
        return;
    }

    if (strcmp(time, "business") == 0) {
        when->time = FLOW_TIME_BUSINESS;
        return;
    }

    if (strcmp(time, "quiet") == 0) {
        when->time = FLOW_TIME_QUIET;
        return;
    }

    hours = pl_flow_room(check, 0, sizeof(*hours));
    if (hours == NULL) {
        return;
    }

    if (pl_hours_parse(pl_str_c(time), hours, &err) != PL_OK) {
        pl_flow_mistake(check, FLOW_ERROR, pl_flow_path(at, path, ".time"),
                        err.column, "%s", err.text);
    }

    when->time = FLOW_TIME_HOURS;
    when->hours = hours;
}


static int
when_order(const void *a, const void *b)
{
    const Pl__FlowWhen  *one = ((const flow_when_t *) a)->row;
    const Pl__FlowWhen  *two = ((const flow_when_t *) b)->row;

    return ((uintptr_t) one > (uintptr_t) two)
           - ((uintptr_t) one < (uintptr_t) two);
}


static const flow_when_t *
when_find(const pl_flow_t *flow, const Pl__FlowWhen *row)
{
    flow_when_t  key;

    key.row = row;

    return flow->n_whens == 0 ? NULL
           : bsearch(&key, flow->whens, flow->n_whens, sizeof(key),
                     when_order);
}


static bool
when_about_value(const Pl__FlowWhen *row)
{
    return row->is != NULL || row->n_in != 0 || row->has_set
           || row->has_below || row->has_from || row->matches != NULL;
}


static bool
when_value_holds(const pl_flow_t *flow, const flow_when_t *when,
    const pl_flow_facts_t *facts)
{
    size_t                i;
    const char           *value;
    pl_flow_vars_t        vars = { 0 };
    const Pl__FlowWhen   *row = when->row;

    if (row->variable != NULL) {
        vars.contact = facts->contact;

        if (facts->conv != NULL) {
            vars.rows = facts->conv->variables;
            vars.n_rows = facts->conv->n_variables;
        }

        value = pl_flow_value(flow, &vars, row->variable, facts->ar);

        return pl_flow_value_holds(when, value, facts);
    }

    if (row->field == NULL) {
        return true;
    }

    for (i = 0, value = NULL; i < facts->n_fields; i++) {
        if (strcmp(facts->fields[i]->name, row->field) == 0
            && facts->fields[i]->value[0] != '\0')
        {
            value = facts->fields[i]->value;
        }
    }

    return pl_flow_value_holds(when, value, facts);
}


static bool
when_said_holds(const flow_when_t *when, const pl_flow_facts_t *facts)
{
    flow_phrase_t        said;
    const Pl__FlowWhen  *row = when->row;

    said = pl_flow_said(facts);

    if (when->keywords.n != 0
        && (said.plain.text.len == 0
            || pl_flow_phrase_whole(&when->keywords, &said) < 0))
    {
        return false;
    }

    if (when->words.n != 0
        && pl_flow_phrase_within(&when->words, &said) < 0)
    {
        return false;
    }

    if (when->pattern != NULL
        && (facts->content == NULL
            || !pl_match(when->pattern, facts->match, facts->text, NULL)))
    {
        return false;
    }

    return row->button == NULL
           || (facts->tapped != NULL
               && strcmp(facts->tapped, row->button) == 0);
}


static bool
when_time_holds(const flow_when_t *when, const pl_flow_facts_t *facts)
{
    const pl_hours_t  *hours;

    switch (when->time) {

    case FLOW_TIME_HOURS:
        hours = when->hours;
        break;

    case FLOW_TIME_BUSINESS:
        hours = facts->business;
        break;

    case FLOW_TIME_QUIET:
        hours = facts->quiet;
        break;

    default:
        return true;
    }

    return hours != NULL
           && pl_hours_inside(hours, facts->zone != NULL
                                     ? facts->zone : pl_zone_universal(),
                              facts->now_ms);
}


static bool
when_rest_holds(const pl_flow_t *flow, const flow_when_t *when,
    const pl_flow_facts_t *facts)
{
    size_t                   i;
    const Pl__FlowWhen      *row = when->row;
    Pl__ConversationStatus   status;

    status = facts->conv != NULL && facts->conv->has_status
             ? facts->conv->status
             : PL__CONVERSATION_STATUS__CONVERSATION_STATUS_OPEN;

    if ((row->consent != NULL && !when_consent_holds(row, facts))
        || (row->has_window && !when_window_holds(row->window, facts))
        || (row->tag != NULL && !when_tagged(facts->conv, row->tag))
        || (row->has_status && row->status != status)
        || (row->not_ != NULL && pl_flow_holds(flow, row->not_, facts)))
    {
        return false;
    }

    if (row->template_ != NULL
        && (facts->template_ready == NULL
            || !facts->template_ready(facts->data, row->template_,
                                      flow->file->language)))
    {
        return false;
    }

    for (i = 0; i < row->n_any; i++) {
        if (pl_flow_holds(flow, row->any[i], facts)) {
            return true;
        }
    }

    return row->n_any == 0;
}


/* As policy has it: `all`, revoked, stands above. No state: granted. */

static bool
when_consent_holds(const Pl__FlowWhen *row, const pl_flow_facts_t *facts)
{
    static const Pl__FlowConsentIs  is[] = {
        [PL_CONSENT_UNKNOWN] = PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_UNKNOWN,
        [PL_CONSENT_GRANTED] = PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_GRANTED,
        [PL_CONSENT_PAUSED] = PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_PAUSED,
        [PL_CONSENT_REVOKED] = PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_REVOKED
    };

    pl_consent_e  state;

    state = facts->contact == NULL
            ? PL_CONSENT_UNKNOWN
            : pl_contact_consent_state(facts->contact, row->consent);

    return is[state] == (row->has_state
                         ? row->state
                         : PL__FLOW_CONSENT_IS__FLOW_CONSENT_IS_GRANTED);
}


static bool
when_window_holds(Pl__FlowWindowIs window, const pl_flow_facts_t *facts)
{
    switch (window) {

    case PL__FLOW_WINDOW_IS__FLOW_WINDOW_IS_OPEN:
        return facts->now_ms < facts->window_ms;

    case PL__FLOW_WINDOW_IS__FLOW_WINDOW_IS_CLOSED:
        return facts->now_ms >= facts->window_ms;

    default:
        return facts->now_ms < facts->free_ms;
    }
}


static bool
when_tagged(const Pl__Conversation *conv, const char *tag)
{
    size_t  i;

    for (i = 0; conv != NULL && i < conv->n_tags; i++) {
        if (strcmp(conv->tags[i], tag) == 0) {
            return true;
        }
    }

    return false;
}
