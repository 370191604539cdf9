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
static void names_own(flow_check_t *check);
static void names_step(flow_check_t *check, const Pl__FlowStep *step,
    const char *path);
static void names_asked(flow_check_t *check);
static void names_when(flow_check_t *check, const Pl__FlowWhen *when,
    const char *path);
static void names_valid(flow_check_t *check, const char *path,
    const char *name);
static bool names_of_contact(pl_str_t name);
static bool names_set(const pl_flow_t *flow, pl_str_t name);
static bool names_set_by_file(const pl_flow_t *flow, pl_str_t name);
static bool names_set_by_step(const Pl__FlowStep *step, pl_str_t name);
static bool names_set_by_trigger(const flow_trigger_t *t, pl_str_t name);
static bool names_in_form(const char *save, pl_str_t name);


void
pl_flow_names_check(flow_check_t *check)
{
    names_own(check);
    names_asked(check);
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

    if (how == FLOW_TEXT_PARAMETER
        && (word->fallback.data == NULL || word->fallback.len == 0)
        && names_of_contact(word->name)
        && !names_set(check->flow, word->name))
    {
        pl_flow_mistake(check, FLOW_ERROR, path, within,
                        "not every contact has a name, and this may not be "
                        "empty: give a fallback");
        return;
    }

    if (word->fallback.data != NULL || names_set(check->flow, word->name)) {
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

            if (at != NULL && !names_set(check->flow, pl_str_c(at))) {
                pl_flow_mistake(check, FLOW_ERROR,
                                pl_flow_path(path, "steps",
                                             ".%s.schedule[%zu].at",
                                             step->name, k), 0,
                                "nothing sets \"%s\"", at);
            }
        }
    }
}


static void
names_when(flow_check_t *check, const Pl__FlowWhen *when, const char *path)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    if (when->variable != NULL && !names_of_contact(pl_str_c(when->variable))
        && !names_set(check->flow, pl_str_c(when->variable)))
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


static bool
names_set(const pl_flow_t *flow, pl_str_t name)
{
    size_t  i;

    if (names_set_by_file(flow, name)) {
        return true;
    }

    for (i = 0; i < flow->n_triggers; i++) {
        if (names_set_by_trigger(&flow->triggers[i], name)) {
            return true;
        }
    }

    for (i = 0; i < flow->file->n_steps; i++) {
        if (names_set_by_step(flow->file->steps[i], name)) {
            return true;
        }
    }

    return false;
}


/* An input "lead" stands for lead.email too. */

static bool
names_set_by_file(const pl_flow_t *flow, pl_str_t name)
{
    size_t               i;
    const Pl__FlowFile  *file = flow->file;

    for (i = 0; i < file->n_variables; i++) {
        if (pl_str_eq(name, pl_str_c(file->variables[i]->name))) {
            return true;
        }
    }

    for (i = 0; i < file->n_inputs; i++) {
        if (pl_str_eq(name, pl_str_c(file->inputs[i]))
            || names_in_form(file->inputs[i], name))
        {
            return true;
        }
    }

    return false;
}


static bool
names_set_by_step(const Pl__FlowStep *step, pl_str_t name)
{
    size_t  i;

    for (i = 0; i < step->n_set; i++) {
        if (pl_str_eq(name, pl_str_c(step->set[i]->name))) {
            return true;
        }
    }

    if (step->ask == NULL) {
        return false;
    }

    return pl_str_eq(name, pl_str_c(step->ask->save))
           || (step->ask->as == PL__FLOW_ANSWER__FLOW_ANSWER_FORM
               && names_in_form(step->ask->save, name));
}


static bool
names_set_by_trigger(const flow_trigger_t *t, pl_str_t name)
{
    unsigned     i;
    const char  *group;

    if (t->row->form != NULL && names_in_form(t->row->form, name)) {
        return true;
    }

    for (i = 0;
         t->pattern != NULL
         && (group = pl_pattern_group(t->pattern, i)) != NULL;
         i++)
    {
        if (pl_str_eq(name, pl_str_c(group))) {
            return true;
        }
    }

    return false;
}


/* NAME.FIELD */

static bool
names_in_form(const char *save, pl_str_t name)
{
    size_t  len = strlen(save);

    return name.len > len + 1 && memcmp(name.data, save, len) == 0
           && name.data[len] == '.';
}
