/*
 * What was answered to a question, by the kind that it is of.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static const flow_ask_t *parse_find(const pl_flow_t *flow,
    const Pl__FlowStep *step);
static pl_status_t parse_read(const pl_flow_t *flow, const flow_ask_t *ask,
    const pl_flow_facts_t *facts, pl_arena_t *ar, pl_flow_answer_t *answer);
static const char *parse_language(const pl_flow_t *flow,
    const pl_flow_facts_t *facts, pl_arena_t *ar);
static bool parse_is_dated(pl_answer_e kind);
static void parse_now(const pl_flow_facts_t *facts, pl_when_t *now);
static pl_status_t parse_form(const Pl__FlowStep *step,
    const pl_flow_facts_t *facts, pl_arena_t *ar, pl_flow_answer_t *answer);
static pl_status_t parse_location(const pl_flow_facts_t *facts,
    pl_arena_t *ar, pl_flow_answer_t *answer);
static pl_status_t parse_media(const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_answer_t *answer);
static pl_status_t parse_any(const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_answer_t *answer);
static pl_status_t parse_got(pl_flow_answer_t *answer, const char *value);


pl_status_t
pl_flow_parse(const pl_flow_t *flow, const Pl__FlowStep *step,
    const pl_flow_facts_t *facts, pl_arena_t *ar, pl_flow_answer_t *answer)
{
    const flow_ask_t  *ask;

    memset(answer, 0, sizeof(*answer));
    answer->reason = "empty";

    ask = parse_find(flow, step);
    if (ask == NULL) {
        return PL_MISUSE;
    }

    if (facts->content == NULL) {
        return PL_OK;
    }

    switch (ask->row->ask->as) {

    case PL__FLOW_ANSWER__FLOW_ANSWER_FORM:
        return parse_form(step, facts, ar, answer);

    case PL__FLOW_ANSWER__FLOW_ANSWER_LOCATION:
        return parse_location(facts, ar, answer);

    case PL__FLOW_ANSWER__FLOW_ANSWER_MEDIA:
        return parse_media(facts, ar, answer);

    case PL__FLOW_ANSWER__FLOW_ANSWER_ANY:
        return parse_any(facts, ar, answer);

    default:
        return parse_read(flow, ask, facts, ar, answer);
    }
}


static const flow_ask_t *
parse_find(const pl_flow_t *flow, const Pl__FlowStep *step)
{
    size_t  i;

    for (i = 0; i < flow->n_steps; i++) {
        if (flow->asks[i].row == step) {
            return &flow->asks[i];
        }
    }

    return NULL;
}


static pl_status_t
parse_read(const pl_flow_t *flow, const flow_ask_t *ask,
    const pl_flow_facts_t *facts, pl_arena_t *ar, pl_flow_answer_t *answer)
{
    pl_said_t      said;
    pl_status_t    rc;
    pl_reading_t   reading;
    pl_question_t  question = ask->question;

    said.text = facts->text;
    said.tapped = facts->tapped;
    said.match = facts->match;
    said.language = parse_language(flow, facts, ar);

    if (parse_is_dated(question.kind)) {
        parse_now(facts, &question.now);
    }

    rc = pl_answer_read(&question, &said, ar, &reading);
    if (rc != PL_OK) {
        return rc;
    }

    answer->meant = reading.meant;
    answer->value = reading.value;
    answer->reason = reading.reason;

    if (reading.meant == PL_ANSWER_READ
        && question.kind == PL_ANSWER_CHOICE)
    {
        answer->value = ask->values[reading.index];
    }

    return PL_OK;
}


/* The file's first, since the person was spoken to in it. */

static const char *
parse_language(const pl_flow_t *flow, const pl_flow_facts_t *facts,
    pl_arena_t *ar)
{
    char        *both, *p;
    const char  *file = flow->file->language, *contact = NULL;

    if (facts->contact != NULL) {
        contact = facts->contact->language;
    }

    if (contact == NULL && file != NULL && file[0] != '\0'
        && strchr(file, '_') == NULL)
    {
        return file;                    /* as nobody knows more of most */
    }

    both = pl_arena_printf(ar, "%s%s%s", file != NULL ? file : "",
                           file != NULL && contact != NULL ? " " : "",
                           contact != NULL ? contact : "");

    for (p = both; p != NULL && *p != '\0'; p++) {
        *p = *p == '_' ? '-' : *p;
    }

    return both == NULL || both[0] == '\0' ? NULL : both;
}


/* Is it read beside the day and the hour at which it is said? */

static bool
parse_is_dated(pl_answer_e kind)
{
    return kind == PL_ANSWER_DATE || kind == PL_ANSWER_TIME
           || kind == PL_ANSWER_MOMENT;
}


static void
parse_now(const pl_flow_facts_t *facts, pl_when_t *now)
{
    pl_civil_t  civil;

    pl_zone_local(facts->zone != NULL ? facts->zone : pl_zone_universal(),
                  facts->now_ms, &civil);
    now->year = civil.year;
    now->month = civil.month;
    now->day = civil.day;
    now->hour = civil.hour;
    now->minute = civil.minute;
}


static pl_status_t
parse_form(const Pl__FlowStep *step, const pl_flow_facts_t *facts,
    pl_arena_t *ar, pl_flow_answer_t *answer)
{
    size_t         i;
    Pl__Variable  *field;

    if (facts->content->of_case != PL__CONTENT__OF_FORM_REPLY) {
        answer->reason = "form";
        return PL_OK;
    }

    answer->fields = pl_arena_alloc(ar, (facts->n_fields + 1)
                                        * sizeof(*answer->fields));
    if (answer->fields == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < facts->n_fields; i++) {
        field = pl_arena_alloc(ar, sizeof(*field));
        if (field == NULL) {
            return PL_NOMEM;
        }

        pl__variable__init(field);
        field->name = pl_arena_printf(ar, "%s.%s", step->ask->save,
                                      facts->fields[i]->name);
        field->value = facts->fields[i]->value;

        if (field->name == NULL) {
            return PL_NOMEM;
        }

        if (strlen(field->name) <= PL_NAME_MAX) {
            answer->fields[answer->n_fields++] = field;
        }
    }

    return parse_got(answer, facts->content->form_reply->name != NULL
                           ? facts->content->form_reply->name : "form");
}


static pl_status_t
parse_location(const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_answer_t *answer)
{
    if (facts->content->of_case != PL__CONTENT__OF_LOCATION) {
        answer->reason = "location";
        return PL_OK;
    }

    return parse_got(answer,
                   pl_arena_printf(ar, "%.32s,%.32s",
                                   facts->content->location->latitude,
                                   facts->content->location->longitude));
}


static pl_status_t
parse_media(const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_answer_t *answer)
{
    if (facts->content->of_case != PL__CONTENT__OF_MEDIA) {
        answer->reason = "media";
        return PL_OK;
    }

    return parse_got(answer, pl_arena_printf(ar, "msg_%llu",
                                           (unsigned long long)
                                           facts->message));
}


static pl_status_t
parse_any(const pl_flow_facts_t *facts, pl_arena_t *ar,
    pl_flow_answer_t *answer)
{
    if (facts->content->of_case == PL__CONTENT__OF_LOCATION) {
        return parse_location(facts, ar, answer);
    }

    if (facts->text.len == 0) {
        return parse_got(answer, pl_arena_printf(ar, "msg_%llu",
                                               (unsigned long long)
                                               facts->message));
    }

    return parse_got(answer, pl_arena_str(ar, facts->text));
}


static pl_status_t
parse_got(pl_flow_answer_t *answer, const char *value)
{
    if (value == NULL) {
        return PL_NOMEM;
    }

    answer->meant = PL_ANSWER_READ;
    answer->reason = NULL;
    answer->value = value;

    return PL_OK;
}
