/*
 * See show.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "show.h"

#define SHOW_MORE  "…"          /* where memory is full */

static const char *show_template(const plctl_world_t *world,
    const Pl__Template *sent);
static const char *show_fill(pl_arena_t *ar, const Pl__TemplateText *text,
    const Pl__Template *sent);
static const char *show_value(const Pl__Template *sent,
    const Pl__TemplateText *text, pl_str_t name);
static const char *show_quoted(pl_arena_t *ar, const char *text);
static void show_indented(const plctl_world_t *world, FILE *out,
    const char *text);
static void show_around(const plctl_world_t *world, FILE *out,
    const Pl__Template *sent, bool before);


const char *
plctl_show_kind(const Pl__Content *content)
{
    if (content->of_case == PL__CONTENT__OF_TEMPLATE) {
        return "template";
    }

    if (content->of_case != PL__CONTENT__OF_INTERACTIVE) {
        return content->type;
    }

    switch (content->interactive->kind) {
    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_BUTTON:
        return "buttons";
    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LIST:
        return "list";
    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_CTA_URL:
        return "url";
    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_FLOW:
        return "form";
    default:
        return "ask_location";
    }
}


const char *
plctl_show_words(const plctl_world_t *world, const Pl__Content *content)
{
    const char  *words;

    words = NULL;

    switch (content->of_case) {
    case PL__CONTENT__OF_TEXT:
        words = content->text->body;
        break;
    case PL__CONTENT__OF_EMAIL:
        words = content->email->text;
        break;
    case PL__CONTENT__OF_INTERACTIVE:
        words = content->interactive->body;
        break;
    case PL__CONTENT__OF_MEDIA:
        words = content->media->caption;
        break;
    case PL__CONTENT__OF_LOCATION:
        words = content->location->name;
        break;
    case PL__CONTENT__OF_TEMPLATE:
        words = show_template(world, content->template_);
        break;
    default:
        break;
    }

    return words != NULL ? words : "";
}


bool
plctl_show_choice(const Pl__Content *content, size_t i, const char **id,
    const char **title)
{
    size_t              k;
    const Pl__Action   *action;

    if (content->of_case != PL__CONTENT__OF_INTERACTIVE
        || content->interactive->action == NULL)
    {
        return false;
    }

    action = content->interactive->action;

    if (i < action->n_buttons) {
        *id = action->buttons[i]->id;
        *title = action->buttons[i]->title;
        return true;
    }

    i -= action->n_buttons;

    for (k = 0; k < action->n_sections; k++) {

        if (i < action->sections[k]->n_rows) {
            *id = action->sections[k]->rows[i]->id;
            *title = action->sections[k]->rows[i]->title;
            return true;
        }

        i -= action->sections[k]->n_rows;
    }

    return false;
}


const char *
plctl_show_line(const plctl_world_t *world, const Pl__Content *content)
{
    size_t                i;
    pl_arena_t           *ar;
    const char           *line, *id, *title;
    const Pl__Template   *sent;

    ar = plctl_world_ctl(world)->ar;

    if (content->of_case == PL__CONTENT__OF_TEMPLATE) {
        sent = content->template_;
        line = pl_arena_printf(ar, "template %s language %s", sent->name,
                               sent->language);

        for (i = 0; line != NULL && i < sent->n_body; i++) {
            line = pl_arena_printf(ar, "%s%s %s", line,
                                   i == 0 ? " body" : "",
                                   show_quoted(ar, sent->body[i]->text));
        }

        return line != NULL ? line : SHOW_MORE;
    }

    line = pl_arena_printf(ar, "%s %s", plctl_show_kind(content),
                           show_quoted(ar, plctl_show_words(world,
                                                            content)));

    for (i = 0; line != NULL && plctl_show_choice(content, i, &id, &title);
         i++)
    {
        line = pl_arena_printf(ar, "%s %s", line, id);
    }

    return line != NULL ? line : SHOW_MORE;
}


void
plctl_show_message(const plctl_world_t *world, FILE *out,
    const Pl__Content *content)
{
    size_t                    i;
    plctl_t                  *ctl;
    const char               *id, *title;
    const Pl__Interactive    *in;

    ctl = plctl_world_ctl(world);

    if (content->of_case == PL__CONTENT__OF_TEMPLATE) {
        fprintf(out, "  [template %s, %s]\n",
                plctl_clean(ctl->ar, content->template_->name),
                plctl_clean(ctl->ar, content->template_->language));
        show_around(world, out, content->template_, true);
        show_indented(world, out, plctl_show_words(world, content));
        show_around(world, out, content->template_, false);
        return;
    }

    in = content->of_case == PL__CONTENT__OF_INTERACTIVE
         ? content->interactive : NULL;

    if (content->of_case != PL__CONTENT__OF_TEXT && in == NULL) {
        fprintf(out, "  %s\n", plctl_content(ctl->ar, content));
        return;
    }

    if (in != NULL && in->header != NULL && in->header->text != NULL) {
        fprintf(out, "  *%s*\n", plctl_clean(ctl->ar, in->header->text));
    }

    show_indented(world, out, plctl_show_words(world, content));

    if (in != NULL && in->footer != NULL) {
        fprintf(out, "  _%s_\n", plctl_clean(ctl->ar, in->footer));
    }

    for (i = 0; plctl_show_choice(content, i, &id, &title); i++) {
        fprintf(out, "  [%s] %s\n", plctl_clean(ctl->ar, id),
                plctl_clean(ctl->ar, title));
    }

    if (in != NULL && in->action != NULL && in->action->url != NULL) {
        fprintf(out, "  [%s] %s\n",
                plctl_clean(ctl->ar, in->action->url->title),
                plctl_clean(ctl->ar, in->action->url->url));
    }

    if (in != NULL && in->action != NULL && in->action->form != NULL) {
        fprintf(out, "  [form] %s\n",
                plctl_clean(ctl->ar, in->action->form->title));
    }
}


static const char *
show_template(const plctl_world_t *world, const Pl__Template *sent)
{
    const Pl__TemplateRecord  *record;

    record = plctl_world_template(world, sent->name, sent->language);

    return record != NULL && record->body != NULL
           ? show_fill(plctl_world_ctl(world)->ar, record->body, sent)
           : NULL;
}


/* What a variable brings in is not looked at again. */

static const char *
show_fill(pl_arena_t *ar, const Pl__TemplateText *text,
    const Pl__Template *sent)
{
    pl_str_t     name, plain;
    const char  *at, *open, *close, *value, *out;

    out = "";

    for (at = text->text; out != NULL; at = close + 2) {
        open = strstr(at, "{{");
        close = open == NULL ? NULL : strstr(open, "}}");

        if (close == NULL) {
            return pl_arena_printf(ar, "%s%s", out, at);
        }

        plain.data = (const uint8_t *) at;
        plain.len = (size_t) (open - at);
        name.data = (const uint8_t *) open + 2;
        name.len = (size_t) (close - open) - 2;
        value = show_value(sent, text, name);

        out = pl_arena_printf(ar, "%s%.*s%.*s", out, (int) plain.len,
                              (const char *) plain.data,
                              value != NULL ? (int) strlen(value)
                                            : (int) name.len + 4,
                              value != NULL ? value : open);
    }

    return NULL;
}


/* By name, or by its place among the template's variables. */

static const char *
show_value(const Pl__Template *sent, const Pl__TemplateText *text,
    pl_str_t name)
{
    size_t  i;

    for (i = 0; i < sent->n_body; i++) {
        if (sent->body[i]->name != NULL
            && pl_str_eq(pl_str_c(sent->body[i]->name), name))
        {
            return sent->body[i]->text;
        }
    }

    for (i = 0; i < text->n_variables && i < sent->n_body; i++) {
        if (sent->body[i]->name == NULL
            && pl_str_eq(pl_str_c(text->variables[i]), name))
        {
            return sent->body[i]->text;
        }
    }

    return NULL;
}


static const char *
show_quoted(pl_arena_t *ar, const char *text)
{
    char    *out;
    size_t   n;

    out = pl_arena_alloc(ar, 2 * strlen(text) + 3);
    if (out == NULL) {
        return SHOW_MORE;
    }

    n = 0;
    out[n++] = '"';

    for ( /* void */ ; *text != '\0'; text++) {

        if (*text == '"' || *text == '\\' || *text == '\n') {
            out[n++] = '\\';
        }

        out[n++] = *text == '\n' ? 'n' : *text;
    }

    out[n++] = '"';
    out[n] = '\0';

    return out;
}


static void
show_indented(const plctl_world_t *world, FILE *out, const char *text)
{
    size_t       len;
    pl_arena_t  *ar;

    ar = plctl_world_ctl(world)->ar;

    for ( ;; ) {
        len = strcspn(text, "\n");
        fprintf(out, "  %s\n", plctl_clean_bytes(ar, (const uint8_t *) text,
                                                 len));
        if (text[len] == '\0') {
            return;
        }

        text += len + 1;
    }
}


/* A template's header; or its footer and its buttons. */

static void
show_around(const plctl_world_t *world, FILE *out, const Pl__Template *sent,
    bool before)
{
    size_t                       i;
    plctl_t                     *ctl;
    const Pl__TemplateRecord    *record;

    ctl = plctl_world_ctl(world);
    record = plctl_world_template(world, sent->name, sent->language);

    if (record == NULL) {
        return;
    }

    if (before) {
        if (record->header != NULL && record->header->text != NULL) {
            fprintf(out, "  *%s*\n",
                    plctl_clean(ctl->ar, record->header->text->text));
        }

        return;
    }

    if (record->footer != NULL) {
        fprintf(out, "  _%s_\n", plctl_clean(ctl->ar, record->footer));
    }

    for (i = 0; i < record->n_buttons; i++) {
        if (record->buttons[i]->text != NULL) {
            fprintf(out, "  [%s]\n",
                    plctl_clean(ctl->ar, record->buttons[i]->text));
        }
    }
}
