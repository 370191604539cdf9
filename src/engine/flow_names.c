/*
 * Variables: placeholders that are not well formed, and variables that are
 * used and that nobody sets. Known are those of the contact, the file's own
 * (`variables`, `inputs`), and what steps, answers and triggers set.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"

static const char *const  names_contact[] = { "name", "first_name" };

static void names_text(flow_check_t *check, const char *path,
    const char *text, flow_text_e how);
static void names_word(flow_check_t *check, const char *path,
    const char *text, const flow_word_t *word, flow_text_e how);
static bool names_has_question(const Pl__FlowStep *step);
static bool names_asks(const pl_flow_t *flow);
static const char *names_nested(const flow_word_t *word);
static void names_own(flow_check_t *check);
static void names_step(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void names_asked(flow_check_t *check);
static void names_reminded(flow_check_t *check);
static bool names_says_question(const Pl__FlowStep *step);
static bool names_is_question(const char *text);
static void names_when(flow_check_t *check, const Pl__FlowWhen *when,
    const char *path);
static void names_valid(flow_check_t *check, const char *path,
    const char *name);
static bool names_of_contact(pl_str_t name);
static void names_gather(flow_check_t *check);
static size_t names_count(const pl_flow_t *flow);
static void names_of_step(flow_names_t *n, const Pl__FlowStep *step);
static void names_of_trigger(flow_names_t *n, const flow_trigger_t *t);
static void names_add(flow_names_t *n, const char *name, bool form);
static int names_order(const void *a, const void *b);
static bool names_set(const flow_check_t *check, pl_str_t name);


void
pl_flow_names_check(flow_check_t *check)
{
    names_gather(check);

    if (check->nomem) {
        return;
    }

    names_own(check);
    names_asked(check);
    names_reminded(check);
    pl_flow_texts(check, names_text);
}


static void
names_text(flow_check_t *check, const char *path, const char *text,
    flow_text_e how)
{
    flow_word_t  word;
    const char  *p;

    for (p = text; pl_flow_text_next(p, &word); p = word.end) {
        if (word.end == NULL) {
            pl_flow_mistake(check, FLOW_ERROR, path,
                            (unsigned) (word.open - text) + 1,
                            "a placeholder is not closed");
            return;
        }

        names_word(check, path, text, &word, how);
    }
}


static void
names_word(flow_check_t *check, const char *path, const char *text,
    const flow_word_t *word, flow_text_e how)
{
    unsigned  within = (unsigned) (word->open - text) + 1;

    if (!pl_flow_name_valid(word->name)) {
        pl_flow_mistake(check, FLOW_ERROR, path, within,
                        "a placeholder's name is made of letters, digits, - "
                        "and _, with . between");
        return;
    }

    if (names_nested(word) != NULL) {
        pl_flow_mistake(check, FLOW_UNFIT, path,
                        (unsigned) (names_nested(word) - text) + 1,
                        "a fallback is said as it is: no placeholder stands "
                        "in it");
        return;
    }

    if (how == FLOW_TEXT_PARAMETER
        && (word->fallback.data == NULL || word->fallback.len == 0)
        && names_of_contact(word->name)
        && !names_set(check, word->name))
    {
        pl_flow_mistake(check, FLOW_ERROR, path, within,
                        "not every contact has a name, and this may not be "
                        "empty: give a fallback");
        return;
    }

    if (word->fallback.data != NULL || names_set(check, word->name)
        || (names_asks(check->flow)
            && pl_str_eq(word->name, pl_str_c(PL_FLOW_QUESTION))))
    {
        return;
    }

    if (names_of_contact(word->name)) {
        pl_flow_mistake(check, FLOW_WARNING, path, within,
                        "not every contact has a name: give a fallback");

    } else {
        pl_flow_mistake(check, FLOW_ERROR, path, within,
                        "nothing sets \"%.*s\", and there is no fallback",
                        (int) word->name.len,
                        (const char *) word->name.data);
    }
}


static bool
names_has_question(const Pl__FlowStep *step)
{
    return step->ask != NULL && step->ask->question != NULL;
}


/* Does a step say how its question is repeated? */

static bool
names_asks(const pl_flow_t *flow)
{
    size_t  i;

    for (i = 0; i < flow->n_steps; i++) {
        if (names_has_question(flow->by_name[i])) {
            return true;
        }
    }

    return false;
}


/* What looks like a placeholder in its fallback; NULL: nothing does. */

static const char *
names_nested(const flow_word_t *word)
{
    return word->fallback.len < 2 ? NULL
           : memmem(word->fallback.data, word->fallback.len, PL_FLOW_WORD,
                    sizeof(PL_FLOW_WORD) - 1);
}


/* Names that the file gives, and those that it only looks at. */

static void
names_own(flow_check_t *check)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i;
    const Pl__FlowFile  *file = check->flow->file;

    for (i = 0; i < file->n_variables; i++) {
        names_valid(check, pl_flow_path(path, "variables", ".%s",
                                        file->variables[i]->name),
                    file->variables[i]->name);
    }

    for (i = 0; i < file->n_inputs; i++) {
        names_valid(check, pl_flow_path(path, "inputs", "[%zu]", i),
                    file->inputs[i]);
    }

    for (i = 0; i < file->n_triggers; i++) {
        if (file->triggers[i]->when != NULL) {
            names_when(check, file->triggers[i]->when,
                       pl_flow_path(path, "triggers", "[%zu].when", i));
        }
    }

    for (i = 0; i < file->n_steps; i++) {
        names_step(check, file->steps[i],
                   pl_flow_path(path, "steps", ".%s", file->steps[i]->name));
    }
}


static void
names_step(flow_check_t *check, const Pl__FlowStep *step, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    for (i = 0; i < step->n_set; i++) {
        names_valid(check, pl_flow_path(at, path, ".set.%s",
                                        step->set[i]->name),
                    step->set[i]->name);
    }

    if (step->ask != NULL) {
        names_valid(check, pl_flow_path(at, path, ".ask.save"),
                    step->ask->save);
    }

    for (i = 0; i < step->n_branch; i++) {
        names_when(check, step->branch[i]->when,
                   pl_flow_path(at, path, ".branch[%zu].when", i));
    }
}


/* What a task is reckoned from has to come from somewhere. */

static void
names_asked(flow_check_t *check)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i, k;
    const char          *at;
    const Pl__FlowStep  *step;

    for (i = 0; i < check->flow->file->n_steps; i++) {
        step = check->flow->file->steps[i];

        for (k = 0; k < step->n_schedule; k++) {
            at = step->schedule[k]->at;

            if (at != NULL && !names_set(check, pl_str_c(at))) {
                pl_flow_mistake(check, FLOW_ERROR,
                                pl_flow_path(path, "steps",
                                             ".%s.schedule[%zu].at",
                                             step->name, k), 0,
                                "nothing sets \"%s\"", at);
            }
        }
    }
}


/* Where a step waits without a question, its reminder has none to say. */

static void
names_reminded(flow_check_t *check)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i, k;
    const Pl__FlowStep  *step, *to;

    if (names_set(check, pl_str_c(PL_FLOW_QUESTION))) {
        return;
    }

    for (i = 0; i < check->flow->n_steps; i++) {
        step = check->flow->by_name[i];

        for (k = 0; k < step->n_timeouts; k++) {
            to = pl_flow_step(check->flow, step->timeouts[k]->step);

            if (to != NULL && names_says_question(to)
                && !names_has_question(pl_flow_waits(to) ? to : step))
            {
                pl_flow_mistake(check, FLOW_WARNING,
                                pl_flow_path(path, "steps",
                                             ".%s.timeouts[%zu]",
                                             step->name, k), 0,
                                "\"%s\" says {{question}}, and there is "
                                "none", to->name);
            }
        }
    }
}


static bool
names_says_question(const Pl__FlowStep *step)
{
    size_t              i;
    const Pl__FlowSay  *say = step->say;

    if (say == NULL || names_is_question(say->text)) {
        return say != NULL;
    }

    for (i = 0; say->template_ != NULL && i < say->template_->n_body; i++) {
        if (names_is_question(say->template_->body[i]->text)) {
            return true;
        }
    }

    return false;
}


/* Has it the placeholder, without a fallback? */

static bool
names_is_question(const char *text)
{
    flow_word_t  word;
    const char  *p;

    for (p = text;
         p != NULL && pl_flow_text_next(p, &word) && word.end != NULL;
         p = word.end)
    {
        if (word.fallback.data == NULL
            && pl_str_eq(word.name, pl_str_c(PL_FLOW_QUESTION)))
        {
            return true;
        }
    }

    return false;
}


static void
names_when(flow_check_t *check, const Pl__FlowWhen *when, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    if (when->variable != NULL && !names_of_contact(pl_str_c(when->variable))
        && !names_set(check, pl_str_c(when->variable)))
    {
        pl_flow_mistake(check, FLOW_WARNING, pl_flow_path(at, path,
                        ".variable"), 0, "nothing sets \"%s\"",
                        when->variable);
    }

    if (when->not_ != NULL) {
        names_when(check, when->not_, pl_flow_path(at, path, ".not"));
    }

    for (i = 0; i < when->n_any; i++) {
        names_when(check, when->any[i], pl_flow_path(at, path, ".any[%zu]",
                                                     i));
    }
}


static void
names_valid(flow_check_t *check, const char *path, const char *name)
{
    if (!pl_flow_name_valid(pl_str_c(name))) {
        pl_flow_mistake(check, FLOW_ERROR, path, 0,
                        "a variable's name is made of letters, digits, - "
                        "and _, with . between");
    }
}


static bool
names_of_contact(pl_str_t name)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(names_contact); i++) {
        if (pl_str_eq(name, pl_str_c(names_contact[i]))) {
            return true;
        }
    }

    return false;
}


/* All names that something sets, sorted. */

static void
names_gather(flow_check_t *check)
{
    size_t               i, room;
    flow_names_t        *n = &check->names;
    const pl_flow_t     *flow = check->flow;
    const Pl__FlowFile  *file = flow->file;

    room = names_count(flow);
    n->known = pl_flow_room(check, room, sizeof(*n->known));
    n->forms = pl_flow_room(check, room, sizeof(*n->forms));

    if (n->known == NULL || n->forms == NULL) {
        return;
    }

    for (i = 0; i < file->n_variables; i++) {
        names_add(n, file->variables[i]->name, false);
    }

    /* an input "lead" stands for lead.email too */

    for (i = 0; i < file->n_inputs; i++) {
        names_add(n, file->inputs[i], false);
        names_add(n, file->inputs[i], true);
    }

    for (i = 0; i < flow->n_triggers; i++) {
        names_of_trigger(n, &flow->triggers[i]);
    }

    for (i = 0; i < file->n_steps; i++) {
        names_of_step(n, file->steps[i]);
    }

    qsort(n->known, n->n_known, sizeof(*n->known), names_order);
    qsort(n->forms, n->n_forms, sizeof(*n->forms), names_order);
}


static size_t
names_count(const pl_flow_t *flow)
{
    size_t               i, n;
    unsigned             k;
    const Pl__FlowFile  *file = flow->file;

    n = file->n_variables + file->n_inputs + file->n_steps
        + file->n_triggers;

    for (i = 0; i < file->n_steps; i++) {
        n += file->steps[i]->n_set;
    }

    for (i = 0; i < flow->n_triggers; i++) {
        for (k = 0;
             flow->triggers[i].pattern != NULL
             && pl_pattern_group(flow->triggers[i].pattern, k) != NULL;
             k++)
        {
            n++;
        }
    }

    return n;
}


static void
names_of_step(flow_names_t *n, const Pl__FlowStep *step)
{
    size_t  i;

    for (i = 0; i < step->n_set; i++) {
        names_add(n, step->set[i]->name, false);
    }

    if (step->ask != NULL) {
        names_add(n, step->ask->save, false);

        if (step->ask->as == PL__FLOW_ANSWER__FLOW_ANSWER_FORM) {
            names_add(n, step->ask->save, true);
        }
    }
}


static void
names_of_trigger(flow_names_t *n, const flow_trigger_t *t)
{
    unsigned     i;
    const char  *group;

    if (t->row->form != NULL) {
        names_add(n, t->row->form, true);
    }

    for (i = 0;
         t->pattern != NULL
         && (group = pl_pattern_group(t->pattern, i)) != NULL;
         i++)
    {
        names_add(n, group, false);
    }
}


static void
names_add(flow_names_t *n, const char *name, bool form)
{
    if (form) {
        n->forms[n->n_forms++] = pl_str_c(name);

    } else {
        n->known[n->n_known++] = pl_str_c(name);
    }
}


static int
names_order(const void *a, const void *b)
{
    int              order;
    const pl_str_t  *one = a, *two = b;

    order = memcmp(one->data, two->data,
                   one->len < two->len ? one->len : two->len);

    return order != 0 ? order : (one->len > two->len) - (one->len < two->len);
}


/* Of forms what stands before a dot is known. */

static bool
names_set(const flow_check_t *check, pl_str_t name)
{
    size_t               i;
    pl_str_t             form;
    const flow_names_t  *n = &check->names;

    if (n->n_known != 0
        && bsearch(&name, n->known, n->n_known, sizeof(*n->known),
                   names_order) != NULL)
    {
        return true;
    }

    for (i = 1; n->n_forms != 0 && i + 1 < name.len; i++) {
        form.data = name.data;
        form.len = i;

        if (name.data[i] == '.'
            && bsearch(&form, n->forms, n->n_forms, sizeof(*n->forms),
                       names_order) != NULL)
        {
            return true;
        }
    }

    return false;
}
