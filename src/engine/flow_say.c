/*
 * What a step says, as contents: its free form, its template, or both.
 *
 * Lengths that the file keeps can still be broken by what variables bring
 * in. So each text is cut where the channel would refuse it, and a
 * template's parameters lose their line breaks.
 */

#include <string.h>

#include "../core/str.h"
#include "flow_impl.h"
#include "flow_limit.h"

#define SAY_NOTHING  "…"                /* where a title comes out empty */

/* One say that is being made. */
typedef struct {
    const pl_flow_t       *flow;
    const Pl__FlowSay     *say;
    const flow_fixed_t    *fixed;
    const pl_flow_vars_t  *vars;
    pl_arena_t            *ar;
    bool                   nomem;
    bool                   varies;
    bool                   action_varies;
} say_t;

static bool say_is_interactive(const Pl__FlowSay *say);
static Pl__Content *say_free(say_t *s);
static bool say_empty(const Pl__Content *content);
static void say_text(say_t *s, Pl__Content *content);
static void say_media(say_t *s, Pl__Content *content);
static Pl__Media *say_file(say_t *s, const Pl__FlowMedia *from);
static void say_location(say_t *s, Pl__Content *content);
static void say_interactive(say_t *s, Pl__Content *content);
static Pl__Header *say_header(say_t *s);
static Pl__InteractiveKind say_kind(const Pl__FlowSay *say);
static Pl__Action *say_action(say_t *s);
static void say_buttons(say_t *s, Pl__Action *action);
static void say_sections(say_t *s, Pl__Action *action);
static Pl__Section *say_section(say_t *s, const Pl__Section *from);
static Pl__Row *say_row(say_t *s, const Pl__Row *from);
static Pl__UrlButton *say_url(say_t *s, const Pl__UrlButton *from);
static Pl__FormStart *say_form(say_t *s, const Pl__FormStart *from);
static void *say_new(say_t *s, const ProtobufCMessageDescriptor *desc);
static char *say_fill(say_t *s, const char *text, size_t max);
static char *say_raw(say_t *s, const char *text, size_t max);
static char *say_as(say_t *s, const char *text, flow_text_e how, size_t max);
static char *say_title(say_t *s, const char *text, size_t max);
static char *say_link(say_t *s, const char *text, size_t max);


pl_status_t
pl_flow_content(const pl_flow_t *flow, const Pl__FlowSay *say,
    const pl_flow_vars_t *vars, pl_arena_t *ar, Pl__Content **free_form,
    Pl__Content **template)
{
    pl_status_t          rc;
    flow_made_t          made;
    const flow_fixed_t  *fixed;

    fixed = pl_flow_fixed(flow, say);

    if (fixed != NULL && fixed->whole) {
        *free_form = fixed->free_form;
        *template = fixed->template;
        return PL_OK;
    }

    rc = pl_flow_say_make(flow, say, fixed, vars, ar, &made);
    *free_form = made.free_form;
    *template = made.template;

    return rc;
}


pl_status_t
pl_flow_say_make(const pl_flow_t *flow, const Pl__FlowSay *say,
    const flow_fixed_t *fixed, const pl_flow_vars_t *vars, pl_arena_t *ar,
    flow_made_t *made)
{
    pl_status_t  rc = PL_OK;
    say_t        s = { flow, say, fixed, vars, ar, false, false, false };

    made->template = NULL;
    made->free_form = say_free(&s);
    made->varies = s.varies;
    made->action_varies = s.action_varies;
    made->buttons_vary = false;

    if (say->template_ != NULL) {
        rc = pl_flow_template_content(flow, say->template_,
                                      fixed == NULL ? NULL : fixed->buttons,
                                      vars, ar, made);
    }

    return s.nomem ? PL_NOMEM : rc;
}


static bool
say_is_interactive(const Pl__FlowSay *say)
{
    return say->n_buttons != 0 || say->list != NULL || say->form != NULL
           || say->url != NULL;
}


static Pl__Content *
say_free(say_t *s)
{
    Pl__Content        *content;
    const Pl__FlowSay  *say = s->say;

    if (say->text == NULL && say->media == NULL && say->location == NULL) {
        return NULL;
    }

    content = say_new(s, &pl__content__descriptor);
    if (content == NULL) {
        return NULL;
    }

    if (say_is_interactive(say)) {
        say_interactive(s, content);

    } else if (say->media != NULL) {
        say_media(s, content);

    } else if (say->location != NULL) {
        say_location(s, content);

    } else {
        say_text(s, content);
    }

    return s->nomem || say_empty(content) ? NULL : content;
}


/* Variables alone, and none of them known: there is nothing to say. */

static bool
say_empty(const Pl__Content *content)
{
    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return content->text->body[0] == '\0';

    case PL__CONTENT__OF_INTERACTIVE:
        return content->interactive->body[0] == '\0';

    case PL__CONTENT__OF_MEDIA:
        return content->media->id == NULL
               ? content->media->link == NULL
                 || content->media->link[0] == '\0'
               : content->media->id[0] == '\0';

    default:
        return false;
    }
}


static void
say_text(say_t *s, Pl__Content *content)
{
    Pl__Text  *text;

    content->type = (char *) "text";
    content->of_case = PL__CONTENT__OF_TEXT;
    content->text = text = say_new(s, &pl__text__descriptor);

    if (text != NULL) {
        text->body = say_fill(s, s->say->text, PL_TEXT_MAX);
        text->has_preview_url = s->say->has_preview_url;
        text->preview_url = s->say->preview_url;
    }
}


/* A text beside a file is its caption. */

static void
say_media(say_t *s, Pl__Content *content)
{
    content->type = s->say->media->type;
    content->of_case = PL__CONTENT__OF_MEDIA;
    content->media = say_file(s, s->say->media);

    if (content->media != NULL && content->media->caption == NULL
        && s->say->text != NULL)
    {
        content->media->caption = say_fill(s, s->say->text,
                                           FLOW_CAPTION_MAX);
    }
}


static Pl__Media *
say_file(say_t *s, const Pl__FlowMedia *from)
{
    Pl__Media  *media;

    media = say_new(s, &pl__media__descriptor);

    if (media != NULL) {
        media->id = say_raw(s, from->id, FLOW_ID_MAX);
        media->link = say_link(s, from->link, FLOW_LINK_MAX);
        media->caption = say_fill(s, from->caption, FLOW_CAPTION_MAX);
        media->filename = say_raw(s, from->filename, FLOW_ID_MAX);
    }

    return media;
}


static void
say_location(say_t *s, Pl__Content *content)
{
    Pl__Location        *place;
    const Pl__Location  *from = s->say->location;

    content->type = (char *) "location";
    content->of_case = PL__CONTENT__OF_LOCATION;
    content->location = place = say_new(s, &pl__location__descriptor);

    if (place != NULL) {
        place->latitude = say_raw(s, from->latitude, FLOW_ID_MAX);
        place->longitude = say_raw(s, from->longitude, FLOW_ID_MAX);
        place->name = say_fill(s, from->name, FLOW_CAPTION_MAX);
        place->address = say_fill(s, from->address, FLOW_CAPTION_MAX);
    }
}


static void
say_interactive(say_t *s, Pl__Content *content)
{
    Pl__Interactive    *in;
    const Pl__FlowSay  *say = s->say;

    content->type = (char *) "interactive";
    content->of_case = PL__CONTENT__OF_INTERACTIVE;
    content->interactive = in = say_new(s, &pl__interactive__descriptor);

    if (in == NULL) {
        return;
    }

    in->kind = say_kind(say);
    in->action = s->fixed != NULL ? s->fixed->action : NULL;

    if (in->action == NULL) {
        in->action = say_action(s);
        s->action_varies = s->varies;   /* by nothing else until here */
    }

    in->header = say_header(s);
    in->body = say_fill(s, say->text != NULL ? say->text : "",
                        say->list != NULL ? PL_TEXT_MAX : FLOW_BODY_MAX);
    in->footer = say_fill(s, say->footer, FLOW_FOOTER_MAX);
}


static Pl__Header *
say_header(say_t *s)
{
    Pl__Header         *header;
    const Pl__FlowSay  *say = s->say;

    if (say->header == NULL && say->media == NULL) {
        return NULL;
    }

    header = say_new(s, &pl__header__descriptor);
    if (header == NULL) {
        return NULL;
    }

    if (say->media == NULL) {
        header->kind = PL__HEADER_KIND__HEADER_KIND_TEXT;
        header->text = say_fill(s, say->header, FLOW_HEADER_MAX);

        return header->text == NULL || header->text[0] == '\0' ? NULL
                                                               : header;
    }

    header->kind = strcmp(say->media->type, "image") == 0
                   ? PL__HEADER_KIND__HEADER_KIND_IMAGE
                   : strcmp(say->media->type, "video") == 0
                     ? PL__HEADER_KIND__HEADER_KIND_VIDEO
                     : PL__HEADER_KIND__HEADER_KIND_DOCUMENT;
    header->media = say_file(s, say->media);

    return header;
}


static Pl__InteractiveKind
say_kind(const Pl__FlowSay *say)
{
    return say->n_buttons != 0 ? PL__INTERACTIVE_KIND__INTERACTIVE_KIND_BUTTON
           : say->list != NULL ? PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LIST
           : say->url != NULL
             ? PL__INTERACTIVE_KIND__INTERACTIVE_KIND_CTA_URL
             : PL__INTERACTIVE_KIND__INTERACTIVE_KIND_FLOW;
}


static Pl__Action *
say_action(say_t *s)
{
    Pl__Action         *action;
    const Pl__FlowSay  *say = s->say;

    action = say_new(s, &pl__action__descriptor);
    if (action == NULL) {
        return NULL;
    }

    if (say->n_buttons != 0) {
        say_buttons(s, action);

    } else if (say->list != NULL) {
        action->button = say_title(s, say->list->button, FLOW_TITLE_MAX);
        say_sections(s, action);

    } else if (say->url != NULL) {
        action->url = say_url(s, say->url);

    } else {
        action->form = say_form(s, say->form);
    }

    return action;
}


static void
say_buttons(say_t *s, Pl__Action *action)
{
    size_t       i;
    Pl__Button  *button;

    action->buttons = pl_arena_zalloc(s->ar, s->say->n_buttons
                                             * sizeof(*action->buttons));
    if (action->buttons == NULL) {
        s->nomem = true;
        return;
    }

    for (i = 0; i < s->say->n_buttons; i++) {
        action->buttons[i] = button = say_new(s, &pl__button__descriptor);
        if (button == NULL) {
            return;
        }

        button->id = s->say->buttons[i]->id;
        button->title = say_title(s, s->say->buttons[i]->title,
                                  FLOW_TITLE_MAX);
        action->n_buttons++;
    }
}


static void
say_sections(say_t *s, Pl__Action *action)
{
    size_t               i;
    const Pl__FlowList  *list = s->say->list;

    action->sections = pl_arena_zalloc(s->ar, (list->n_sections + 1)
                                              * sizeof(*action->sections));
    if (action->sections == NULL) {
        s->nomem = true;
        return;
    }

    for (i = 0; i < list->n_sections; i++) {
        action->sections[i] = say_section(s, list->sections[i]);
        if (action->sections[i] == NULL) {
            return;
        }

        action->n_sections++;
    }
}


static Pl__Section *
say_section(say_t *s, const Pl__Section *from)
{
    size_t        i;
    Pl__Section  *section;

    section = say_new(s, &pl__section__descriptor);
    if (section == NULL) {
        return NULL;
    }

    section->title = say_fill(s, from->title, FLOW_ROW_TITLE_MAX);
    section->rows = pl_arena_zalloc(s->ar, (from->n_rows + 1)
                                           * sizeof(*section->rows));
    if (section->rows == NULL) {
        s->nomem = true;
        return NULL;
    }

    for (i = 0; i < from->n_rows; i++) {
        section->rows[i] = say_row(s, from->rows[i]);
        if (section->rows[i] == NULL) {
            return NULL;
        }

        section->n_rows++;
    }

    return section;
}


static Pl__Row *
say_row(say_t *s, const Pl__Row *from)
{
    Pl__Row  *row;

    row = say_new(s, &pl__row__descriptor);

    if (row != NULL) {
        row->id = from->id;
        row->title = say_title(s, from->title, FLOW_ROW_TITLE_MAX);
        row->description = say_fill(s, from->description,
                                    FLOW_ROW_DESCRIPTION_MAX);
    }

    return row;
}


static Pl__UrlButton *
say_url(say_t *s, const Pl__UrlButton *from)
{
    Pl__UrlButton  *url;

    url = say_new(s, &pl__url_button__descriptor);

    if (url != NULL) {
        url->title = say_title(s, from->title, FLOW_TITLE_MAX);
        url->url = say_link(s, from->url, FLOW_URL_MAX);
    }

    return url;
}


static Pl__FormStart *
say_form(say_t *s, const Pl__FormStart *from)
{
    Pl__FormStart  *form;

    form = pl_arena_alloc(s->ar, sizeof(*form));
    if (form == NULL) {
        s->nomem = true;
        return NULL;
    }

    *form = *from;
    form->title = say_title(s, from->title, FLOW_FORM_TITLE_MAX);
    form->token = say_raw(s, from->token, FLOW_BODY_MAX);

    return form;
}


static void *
say_new(say_t *s, const ProtobufCMessageDescriptor *desc)
{
    void  *msg;

    msg = pl_arena_alloc(s->ar, desc->sizeof_message);
    if (msg == NULL) {
        s->nomem = true;
        return NULL;
    }

    protobuf_c_message_init(desc, msg);

    return msg;
}


/* NULL stays NULL. */

static char *
say_fill(say_t *s, const char *text, size_t max)
{
    return say_as(s, text, FLOW_TEXT_SAID, max);
}


/* What machines read. */

static char *
say_raw(say_t *s, const char *text, size_t max)
{
    return say_as(s, text, FLOW_TEXT, max);
}


static char *
say_as(say_t *s, const char *text, flow_text_e how, size_t max)
{
    char         *filled;
    flow_word_t   word;

    if (text == NULL) {
        return NULL;
    }

    if (pl_flow_text_next(text, &word)) {
        s->varies = true;

    } else if (strlen(text) <= max) {
        return (char *) text;           /* the file's, as most are */
    }

    filled = pl_flow_text_fill(s->flow, text, s->vars, how, s->ar, NULL);
    if (filled == NULL) {
        s->nomem = true;
        return NULL;
    }

    pl_flow_text_cut(filled, max);

    return filled;
}


/* What is tapped has to be seen. */

static char *
say_title(say_t *s, const char *text, size_t max)
{
    char  *filled;

    filled = say_fill(s, text, max);

    return filled != NULL && filled[0] == '\0' ? (char *) SAY_NOTHING
                                               : filled;
}


static char *
say_link(say_t *s, const char *text, size_t max)
{
    return say_as(s, text, FLOW_TEXT_URL, max);
}
