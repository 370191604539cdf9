/*
 * Every text of a file that may hold variables, each with its path.
 */

#include <stdio.h>

#include "flow_impl.h"

/* What a walk over the says' texts hands on. */
static void texts_say(flow_check_t *check, const Pl__FlowSay *say,
    const char *path, flow_text_pt call);
static void texts_choices(flow_check_t *check, const Pl__FlowSay *say,
    const char *path, flow_text_pt call);
static void texts_list(flow_check_t *check, const Pl__FlowList *list,
    const char *path, flow_text_pt call);
static void texts_media(flow_check_t *check, const Pl__FlowSay *say,
    const char *path, flow_text_pt call);
static void texts_template(flow_check_t *check,
    const Pl__FlowTemplate *template, const char *path, flow_text_pt call);
static void texts_header(flow_check_t *check, const Pl__Header *header,
    const char *path, flow_text_pt call);
static void texts_one(flow_check_t *check, const char *base,
    const char *name, const char *text, flow_text_e how, flow_text_pt call);


void
pl_flow_texts(flow_check_t *check, flow_text_pt call)
{
    char                 path[PL_ERR_PATH_MAX], base[PL_ERR_PATH_MAX];
    size_t               i, k;
    const Pl__FlowStep  *step;

    for (i = 0; i < check->flow->file->n_steps; i++) {
        step = check->flow->file->steps[i];
        (void) pl_flow_path(base, "steps", ".%s", step->name);

        for (k = 0; k < step->n_set; k++) {
            call(check, pl_flow_path(path, base, ".set.%s",
                                     step->set[k]->name),
                 step->set[k]->value, FLOW_TEXT);
        }

        if (step->say != NULL) {
            texts_say(check, step->say, pl_flow_path(path, base, ".say"),
                      call);
        }

        if (step->unclear != NULL) {
            texts_say(check, step->unclear,
                      pl_flow_path(path, base, ".unclear"), call);
        }
    }
}


void
pl_flow_says(flow_check_t *check, flow_say_pt call)
{
    char                 path[PL_ERR_PATH_MAX];
    size_t               i;
    const Pl__FlowStep  *step;

    for (i = 0; i < check->flow->file->n_steps; i++) {
        step = check->flow->file->steps[i];

        if (step->say != NULL) {
            call(check, step, step->say,
                 pl_flow_path(path, "steps", ".%s.say", step->name));
        }

        if (step->unclear != NULL) {
            call(check, step, step->unclear,
                 pl_flow_path(path, "steps", ".%s.unclear", step->name));
        }
    }
}


static void
texts_say(flow_check_t *check, const Pl__FlowSay *say, const char *path,
    flow_text_pt call)
{
    char  at[PL_ERR_PATH_MAX];

    texts_one(check, path, "text", say->text, FLOW_TEXT, call);
    texts_one(check, path, "header", say->header, FLOW_TEXT, call);
    texts_one(check, path, "footer", say->footer, FLOW_TEXT, call);
    texts_one(check, path, "collapse_key", say->collapse_key, FLOW_TEXT,
              call);
    texts_choices(check, say, path, call);
    texts_media(check, say, path, call);

    if (say->template_ != NULL) {
        texts_template(check, say->template_,
                       pl_flow_path(at, path, ".template"), call);
    }
}


static void
texts_choices(flow_check_t *check, const Pl__FlowSay *say, const char *path,
    flow_text_pt call)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    for (i = 0; i < say->n_buttons; i++) {
        texts_one(check, pl_flow_path(at, path, ".buttons[%zu]", i), "title",
                  say->buttons[i]->title, FLOW_TEXT, call);
    }

    if (say->list != NULL) {
        texts_list(check, say->list, pl_flow_path(at, path, ".list"), call);
    }

    if (say->form != NULL) {
        (void) pl_flow_path(at, path, ".form");
        texts_one(check, at, "title", say->form->title, FLOW_TEXT, call);
        texts_one(check, at, "token", say->form->token, FLOW_TEXT, call);
    }

    if (say->url != NULL) {
        (void) pl_flow_path(at, path, ".url");
        texts_one(check, at, "title", say->url->title, FLOW_TEXT, call);
        texts_one(check, at, "url", say->url->url, FLOW_TEXT_URL, call);
    }
}


static void
texts_list(flow_check_t *check, const Pl__FlowList *list, const char *path,
    flow_text_pt call)
{
    char               at[PL_ERR_PATH_MAX], row[PL_ERR_PATH_MAX];
    size_t             i, k;
    const Pl__Section  *section;

    texts_one(check, path, "button", list->button, FLOW_TEXT, call);

    for (i = 0; i < list->n_sections; i++) {
        section = list->sections[i];
        (void) pl_flow_path(at, path, ".sections[%zu]", i);
        texts_one(check, at, "title", section->title, FLOW_TEXT, call);

        for (k = 0; k < section->n_rows; k++) {
            (void) pl_flow_path(row, at, ".rows[%zu]", k);
            texts_one(check, row, "title", section->rows[k]->title,
                      FLOW_TEXT, call);
            texts_one(check, row, "description",
                      section->rows[k]->description, FLOW_TEXT, call);
        }
    }
}


static void
texts_media(flow_check_t *check, const Pl__FlowSay *say, const char *path,
    flow_text_pt call)
{
    char                  at[PL_ERR_PATH_MAX];
    const Pl__FlowMedia  *media = say->media;
    const Pl__Location   *place = say->location;

    if (media != NULL) {
        (void) pl_flow_path(at, path, ".media");
        texts_one(check, at, "link", media->link, FLOW_TEXT_URL, call);
        texts_one(check, at, "id", media->id, FLOW_TEXT, call);
        texts_one(check, at, "caption", media->caption, FLOW_TEXT, call);
        texts_one(check, at, "filename", media->filename, FLOW_TEXT, call);
    }

    if (place != NULL) {
        (void) pl_flow_path(at, path, ".location");
        texts_one(check, at, "latitude", place->latitude,
                  FLOW_TEXT_PARAMETER, call);
        texts_one(check, at, "longitude", place->longitude,
                  FLOW_TEXT_PARAMETER, call);
        texts_one(check, at, "name", place->name, FLOW_TEXT, call);
        texts_one(check, at, "address", place->address, FLOW_TEXT, call);
    }
}


static void
texts_template(flow_check_t *check, const Pl__FlowTemplate *template,
    const char *path, flow_text_pt call)
{
    char    at[PL_ERR_PATH_MAX];
    size_t  i;

    for (i = 0; i < template->n_body; i++) {
        texts_one(check, pl_flow_path(at, path, ".body[%zu]", i), "text",
                  template->body[i]->text, FLOW_TEXT_PARAMETER, call);
    }

    for (i = 0; i < template->n_buttons; i++) {
        texts_one(check, pl_flow_path(at, path, ".buttons[%zu]", i), "text",
                  template->buttons[i]->text, FLOW_TEXT_PARAMETER, call);
    }

    if (template->header != NULL) {
        texts_header(check, template->header,
                     pl_flow_path(at, path, ".header"), call);
    }
}


static void
texts_header(flow_check_t *check, const Pl__Header *header, const char *path,
    flow_text_pt call)
{
    char  at[PL_ERR_PATH_MAX];

    texts_one(check, path, "text", header->text, FLOW_TEXT_PARAMETER, call);

    if (header->media != NULL) {
        (void) pl_flow_path(at, path, ".media");
        texts_one(check, at, "link", header->media->link, FLOW_TEXT_URL,
                  call);
        texts_one(check, at, "filename", header->media->filename, FLOW_TEXT,
                  call);
    }
}


static void
texts_one(flow_check_t *check, const char *base, const char *name,
    const char *text, flow_text_e how, flow_text_pt call)
{
    char  path[PL_ERR_PATH_MAX];

    if (text != NULL) {
        call(check, pl_flow_path(path, base, ".%s", name), text, how);
    }
}
