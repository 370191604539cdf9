/*
 * Templates that a flow names: as contents, and against those that there
 * are. A parameter is one line and never empty, or the provider refuses the
 * whole message.
 */

#include <string.h>

#include "../channel/template.h"
#include "../core/str.h"
#include "flow_impl.h"
#include "flow_limit.h"

#define TEMPLATE_ROOT  "content.template"

/* One template that is being made. */
typedef struct {
    const pl_flow_t       *flow;
    Pl__TemplateButton   **buttons;     /* made already; or NULL */
    const pl_flow_vars_t  *vars;        /* NULL: placeholders stay */
    pl_arena_t            *ar;
    bool                   nomem;
    bool                   empty;       /* a parameter is */
    bool                   varies;
    bool                   buttons_vary;
} template_t;

/* What there is, while a flow is held against it. */
typedef struct {
    flow_check_t                        check;
    const Pl__TemplateRecord *const    *records;
    size_t                              n;
    pl_arena_t                         *ar;
} template_check_t;

static Pl__Template *template_fill(template_t *t,
    const Pl__FlowTemplate *from);
static void template_body(template_t *t, Pl__Template *to,
    const Pl__FlowTemplate *from);
static void template_buttons(template_t *t, Pl__Template *to,
    const Pl__FlowTemplate *from);
static Pl__Header *template_header(template_t *t, const Pl__Header *from);
static char *template_text(template_t *t, const char *text);
static void template_line(char *text);
static void template_check(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path);
static const Pl__TemplateRecord *template_find(const template_check_t *tc,
    const char *name, const char *language, bool *named);


pl_status_t
pl_flow_check_templates(const pl_flow_t *flow,
    const Pl__TemplateRecord *const *records, size_t n,
    pl_flow_mistakes_t *mistakes)
{
    size_t            before = mistakes->errors;
    template_check_t  tc;

    memset(&tc, 0, sizeof(tc));
    tc.check.flow = (pl_flow_t *) flow;     /* nothing is compiled */
    tc.check.mistakes = mistakes;
    tc.records = records;
    tc.n = n;

    tc.ar = pl_arena_create(4096, PL_FLOW_FILE_MAX);
    if (tc.ar == NULL) {
        return PL_NOMEM;
    }

    /* check is tc's first member */
    pl_flow_says(&tc.check, template_check);
    pl_arena_destroy(tc.ar);

    return tc.check.nomem ? PL_NOMEM
           : mistakes->errors != before ? PL_INVALID : PL_OK;
}


pl_status_t
pl_flow_template_content(const pl_flow_t *flow, const Pl__FlowTemplate *from,
    Pl__TemplateButton **buttons, const pl_flow_vars_t *vars, pl_arena_t *ar,
    flow_made_t *made)
{
    template_t     t = { flow, buttons, vars, ar, false, false, false, false };
    Pl__Content   *content;
    Pl__Template  *template;

    template = template_fill(&t, from);
    made->varies |= t.varies;
    made->buttons_vary = t.buttons_vary;

    if (t.nomem) {
        return PL_NOMEM;
    }

    if (t.empty) {
        return PL_OK;
    }

    content = pl_arena_alloc(ar, sizeof(*content));
    if (content == NULL) {
        return PL_NOMEM;
    }

    pl__content__init(content);
    content->type = (char *) "template";
    content->of_case = PL__CONTENT__OF_TEMPLATE;
    content->template_ = template;
    made->template = content;

    return PL_OK;
}


const char *
pl_flow_template_language(const pl_flow_t *flow,
    const Pl__FlowTemplate *template)
{
    return template->language != NULL ? template->language
                                      : flow->file->language;
}


static Pl__Template *
template_fill(template_t *t, const Pl__FlowTemplate *from)
{
    const char    *language;
    Pl__Template  *to;

    to = pl_arena_alloc(t->ar, sizeof(*to));
    if (to == NULL) {
        t->nomem = true;
        return NULL;
    }

    pl__template__init(to);
    language = pl_flow_template_language(t->flow, from);
    to->name = from->name;
    to->language = (char *) (language != NULL ? language : "");
    template_body(t, to, from);
    template_buttons(t, to, from);

    if (from->header != NULL) {
        to->header = template_header(t, from->header);
    }

    return to;
}


static void
template_body(template_t *t, Pl__Template *to, const Pl__FlowTemplate *from)
{
    size_t                    i;
    Pl__TemplateParameter   *rows;

    to->body = pl_arena_alloc(t->ar, (from->n_body + 1) * sizeof(*to->body));
    rows = pl_arena_alloc(t->ar, (from->n_body + 1) * sizeof(*rows));

    if (to->body == NULL || rows == NULL) {
        t->nomem = true;
        return;
    }

    for (i = 0; i < from->n_body; i++) {
        pl__template_parameter__init(&rows[i]);
        rows[i].text = template_text(t, from->body[i]->text);
        rows[i].name = from->body[i]->name;
        to->body[i] = &rows[i];
    }

    to->n_body = from->n_body;
}


static void
template_buttons(template_t *t, Pl__Template *to,
    const Pl__FlowTemplate *from)
{
    bool                 before = t->varies;
    size_t               i;
    Pl__TemplateButton  *rows;

    if (t->buttons != NULL) {
        to->buttons = t->buttons;
        to->n_buttons = from->n_buttons;
        return;
    }

    t->varies = false;
    to->buttons = pl_arena_alloc(t->ar, (from->n_buttons + 1)
                                        * sizeof(*to->buttons));
    rows = pl_arena_alloc(t->ar, (from->n_buttons + 1) * sizeof(*rows));

    if (to->buttons == NULL || rows == NULL) {
        t->nomem = true;
        return;
    }

    for (i = 0; i < from->n_buttons; i++) {
        pl__template_button__init(&rows[i]);
        rows[i].index = from->buttons[i]->index;
        rows[i].kind = from->buttons[i]->kind;
        rows[i].text = template_text(t, from->buttons[i]->text);
        to->buttons[i] = &rows[i];
    }

    to->n_buttons = from->n_buttons;
    t->buttons_vary = t->varies;
    t->varies |= before;
}


static Pl__Header *
template_header(template_t *t, const Pl__Header *from)
{
    Pl__Media   *media;
    Pl__Header  *to;

    to = pl_arena_alloc(t->ar, sizeof(*to));
    media = pl_arena_alloc(t->ar, sizeof(*media));

    if (to == NULL || media == NULL) {
        t->nomem = true;
        return NULL;
    }

    *to = *from;
    to->text = template_text(t, from->text);

    if (from->media != NULL) {
        *media = *from->media;
        media->link = template_text(t, from->media->link);
        to->media = media;
    }

    return to;
}


/* NULL stays NULL. */

static char *
template_text(template_t *t, const char *text)
{
    bool          plain, varies;
    char         *filled;
    flow_word_t   word;

    if (text == NULL) {
        return NULL;
    }

    varies = pl_flow_text_next(text, &word);
    t->varies |= varies;
    plain = t->vars == NULL || (!varies && strlen(text) <= PL_TEXT_MAX);
    filled = plain
             ? pl_arena_str(t->ar, pl_str_c(text))
             : pl_flow_text_fill(t->flow, text, t->vars, FLOW_TEXT_SAID,
                                 t->ar, NULL);
    if (filled == NULL) {
        t->nomem = true;
        return NULL;
    }

    template_line(filled);
    pl_flow_text_cut(filled, FLOW_PARAMETER_MAX);
    t->empty |= filled[0] == '\0';

    return filled;
}


/* White space becomes single blanks, and none stands at the edges. */

static void
template_line(char *text)
{
    char  *to, *from;

    for (to = from = text; *from != '\0'; from++) {
        if ((uint8_t) *from > ' ') {
            *to++ = *from;

        } else if (to > text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }

    to -= to > text && to[-1] == ' ';
    *to = '\0';
}


/* A template's errors name its fields, which are the file's too. */

static void
template_check(flow_check_t *check, const Pl__FlowStep *step,
    const Pl__FlowSay *say, const char *path)
{
    bool                       named;
    char                       at[PL_ERR_PATH_MAX];
    pl_err_t                   err;
    const char                *language;
    template_t                 t = { check->flow, NULL, NULL, NULL, false,
                                     false, false, false };
    Pl__Template              *filled;
    template_check_t          *tc = (template_check_t *) check;
    const Pl__TemplateRecord  *record;

    (void) step;

    if (say->template_ == NULL) {
        return;
    }

    language = pl_flow_template_language(check->flow, say->template_);
    record = template_find(tc, say->template_->name, language, &named);

    if (record == NULL) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, "%s", named
                                     ? ".template.language"
                                     : ".template.name"), 0,
                        "no template \"%s\"%s%s", say->template_->name,
                        named ? " in " : "", named ? language : "");
        return;
    }

    pl_arena_reset(tc->ar);
    t.ar = tc->ar;
    filled = template_fill(&t, say->template_);

    if (filled == NULL || t.nomem) {
        check->nomem = true;
        return;
    }

    if (pl_template_check(record, filled, &err) != PL_OK) {
        pl_flow_mistake(check, FLOW_ERROR,
                        pl_flow_path(at, path, ".template%s",
                                     err.path + sizeof(TEMPLATE_ROOT) - 1),
                        0, "%s", err.text);
    }
}


static const Pl__TemplateRecord *
template_find(const template_check_t *tc, const char *name,
    const char *language, bool *named)
{
    size_t  i;

    for (i = 0, *named = false; i < tc->n; i++) {
        if (strcmp(tc->records[i]->name, name) != 0) {
            continue;
        }

        *named = true;

        if (language != NULL
            && strcmp(tc->records[i]->language, language) == 0)
        {
            return tc->records[i];
        }
    }

    return NULL;
}
