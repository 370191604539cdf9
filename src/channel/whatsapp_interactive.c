/*
 * Interactive messages: buttons, lists, a URL, a form, the question where
 * somebody is. What there is to tap is our Action, whatever the kind; here
 * it becomes the provider's.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define INTERACTIVE_FLOW_VERSION  "3"


static pl_status_t interactive_buttons(const Pl__Action *action,
    pl_err_t *err);
static pl_status_t interactive_sections(const Pl__Action *action,
    pl_err_t *err);
static bool interactive_row_twice(const Pl__Action *action, size_t section,
    size_t row);
static pl_status_t interactive_form(const Pl__FormStart *form,
    pl_err_t *err);
static bool interactive_emoji(const char *s);
static Pl__Wa__OutWords *interactive_words(const char *text,
    pl_arena_t *ar);
static Pl__Wa__OutHeader *interactive_header(const Pl__Header *in,
    pl_arena_t *ar);
static Pl__Wa__OutAction *interactive_action(const Pl__Interactive *in,
    pl_arena_t *ar);
static bool interactive_choices(const Pl__Action *in,
    Pl__Wa__OutAction *out, pl_arena_t *ar);
static bool interactive_url(const Pl__UrlButton *in,
    Pl__Wa__OutAction *out, pl_arena_t *ar);
static bool interactive_open(const Pl__FormStart *in,
    Pl__Wa__OutAction *out, pl_arena_t *ar);


const char *
pl_whatsapp_interactive_word(Pl__InteractiveKind kind)
{
    static const char *const  words[] = {
        [PL__INTERACTIVE_KIND__INTERACTIVE_KIND_BUTTON] = "button",
        [PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LIST] = "list",
        [PL__INTERACTIVE_KIND__INTERACTIVE_KIND_CTA_URL] = "cta_url",
        [PL__INTERACTIVE_KIND__INTERACTIVE_KIND_FLOW] = "flow",
        [PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LOCATION_REQUEST] =
            "location_request",
    };

    return (size_t) kind < PL_COUNT(words) && words[kind] != NULL
           ? words[kind] : "";
}


const char *
pl_whatsapp_header_word(Pl__HeaderKind kind)
{
    static const char *const  words[] = {
        [PL__HEADER_KIND__HEADER_KIND_TEXT] = "text",
        [PL__HEADER_KIND__HEADER_KIND_IMAGE] = "image",
        [PL__HEADER_KIND__HEADER_KIND_VIDEO] = "video",
        [PL__HEADER_KIND__HEADER_KIND_DOCUMENT] = "document",
        [PL__HEADER_KIND__HEADER_KIND_LOCATION] = "location",
    };

    return (size_t) kind < PL_COUNT(words) && words[kind] != NULL
           ? words[kind] : "";
}


pl_status_t
pl_whatsapp_interactive_check(const Pl__Content *content, pl_err_t *err)
{
    pl_status_t             rc = PL_OK;
    const Pl__Header       *header = content->interactive->header;
    Pl__InteractiveKind     kind = content->interactive->kind;
    const Pl__Action       *action = content->interactive->action;

    if (header != NULL) {
        if (header->kind == PL__HEADER_KIND__HEADER_KIND_LOCATION
            || (kind == PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LIST
                && header->kind != PL__HEADER_KIND__HEADER_KIND_TEXT))
        {
            return pl_whatsapp_fault(err, "not with this kind",
                                     "content.interactive.header.kind");
        }

        rc = pl_whatsapp_check_header(header, "content.interactive.header",
                                      err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    switch (kind) {

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_BUTTON:
        return interactive_buttons(action, err);

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LIST:
        return interactive_sections(action, err);

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_CTA_URL:
        return pl_whatsapp_link(action->url->url) ? PL_OK
               : pl_whatsapp_fault(err, "no http or https URL",
                                   "content.interactive.action.url.url");

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_FLOW:
        return interactive_form(action->form, err);

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LOCATION_REQUEST:
        return PL_OK;

    default:
        return pl_whatsapp_fault(err, "not known",
                                 "content.interactive.kind");
    }
}


/* Which of two that are the same was tapped, nobody could tell. */

static pl_status_t
interactive_buttons(const Pl__Action *action, pl_err_t *err)
{
    size_t  i, j;

    for (i = 1; i < action->n_buttons; i++) {
        for (j = 0; j < i; j++) {
            if (strcmp(action->buttons[i]->id, action->buttons[j]->id) == 0) {
                return pl_whatsapp_fault(err, "given twice",
                    "content.interactive.action.buttons[%zu].id", i);
            }

            if (strcmp(action->buttons[i]->title, action->buttons[j]->title)
                == 0)
            {
                return pl_whatsapp_fault(err, "given twice",
                    "content.interactive.action.buttons[%zu].title", i);
            }
        }
    }

    return PL_OK;
}


static pl_status_t
interactive_sections(const Pl__Action *action, pl_err_t *err)
{
    size_t             i, j;
    const Pl__Section  *section;

    for (i = 0; i < action->n_sections; i++) {
        section = action->sections[i];

        if (action->n_sections > 1
            && (section->title == NULL || section->title[0] == '\0'))
        {
            return pl_whatsapp_fault(err, "required where there are more",
                "content.interactive.action.sections[%zu].title", i);
        }

        for (j = 0; j < section->n_rows; j++) {
            if (interactive_row_twice(action, i, j)) {
                return pl_whatsapp_fault(err, "given twice",
                    "content.interactive.action.sections[%zu].rows[%zu].id",
                    i, j);
            }
        }
    }

    return PL_OK;
}


/* Is there an earlier row of the same id? There are ten at most. */

static bool
interactive_row_twice(const Pl__Action *action, size_t section, size_t row)
{
    size_t       i, j, n;
    const char  *id = action->sections[section]->rows[row]->id;

    for (i = 0; i <= section; i++) {
        n = i == section ? row : action->sections[i]->n_rows;

        for (j = 0; j < n; j++) {
            if (strcmp(action->sections[i]->rows[j]->id, id) == 0) {
                return true;
            }
        }
    }

    return false;
}


static pl_status_t
interactive_form(const Pl__FormStart *form, pl_err_t *err)
{
    bool         id = form->id != NULL && form->id[0] != '\0';
    bool         name = form->name != NULL && form->name[0] != '\0';
    const char  *path = "content.interactive.action.form";

    if (id == name) {
        return pl_whatsapp_fault(err, id ? "an id or a name, not both"
                                         : "an id or a name is required",
                                 "%s", path);
    }

    if (interactive_emoji(form->title)) {
        return pl_whatsapp_fault(err, "no emoji", "%s.title", path);
    }

    if (form->screen != NULL && form->screen[0] == '\0') {
        return pl_whatsapp_fault(err, "empty", "%s.screen", path);
    }

    if (!form->has_data) {
        return PL_OK;
    }

    if (form->screen == NULL) {
        return pl_whatsapp_fault(err, "not without a screen", "%s.data",
                                 path);
    }

    return pl_whatsapp_object(&form->data) ? PL_OK
           : pl_whatsapp_fault(err, "no JSON object, or an empty one",
                               "%s.data", path);
}


/*
 * The blocks that emoji are in: U+2600 to U+27BF, U+1F000 to U+1FAFF, and the
 * selector that makes a picture of a letter, U+FE0F. Compared as UTF-8, whose
 * order is that of the characters.
 */

static bool
interactive_emoji(const char *s)
{
    const unsigned char  *p = (const unsigned char *) s;

    for ( /* void */ ; *p != '\0'; p++) {
        if ((p[0] == 0xe2 && p[1] >= 0x98 && p[1] <= 0x9e)
            || (p[0] == 0xef && p[1] == 0xb8 && p[2] == 0x8f)
            || (p[0] == 0xf0 && p[1] == 0x9f))
        {
            return true;
        }
    }

    return false;
}


Pl__Wa__OutInteractive *
pl_whatsapp_interactive_build(const Pl__Interactive *in, pl_arena_t *ar)
{
    Pl__Wa__OutInteractive  *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    if (out == NULL) {
        return NULL;
    }

    pl__wa__out_interactive__init(out);

    out->type = pl_whatsapp_const(
        in->kind == PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LOCATION_REQUEST
        ? "location_request_message"
        : pl_whatsapp_interactive_word(in->kind));

    out->body = interactive_words(in->body, ar);
    out->action = interactive_action(in, ar);

    if (out->body == NULL || out->action == NULL) {
        return NULL;
    }

    if (in->footer != NULL && in->footer[0] != '\0') {
        out->footer = interactive_words(in->footer, ar);
        if (out->footer == NULL) {
            return NULL;
        }
    }

    if (in->header != NULL) {
        out->header = interactive_header(in->header, ar);
        if (out->header == NULL) {
            return NULL;
        }
    }

    return out;
}


static Pl__Wa__OutWords *
interactive_words(const char *text, pl_arena_t *ar)
{
    Pl__Wa__OutWords  *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    if (out != NULL) {
        pl__wa__out_words__init(out);
        out->text = pl_whatsapp_const(text);
    }

    return out;
}


static Pl__Wa__OutHeader *
interactive_header(const Pl__Header *in, pl_arena_t *ar)
{
    Pl__Wa__OutMedia   *media;
    Pl__Wa__OutHeader  *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    if (out == NULL) {
        return NULL;
    }

    pl__wa__out_header__init(out);
    out->type = pl_whatsapp_const(pl_whatsapp_header_word(in->kind));

    if (in->media == NULL) {
        out->text = in->text;
        return out;
    }

    media = pl_whatsapp_build_media(in->media, out->type, ar);
    if (media == NULL) {
        return NULL;
    }

    switch (in->kind) {

    case PL__HEADER_KIND__HEADER_KIND_IMAGE:
        out->image = media;
        break;

    case PL__HEADER_KIND__HEADER_KIND_VIDEO:
        out->video = media;
        break;

    default:
        out->document = media;
        break;
    }

    return out;
}


static Pl__Wa__OutAction *
interactive_action(const Pl__Interactive *in, pl_arena_t *ar)
{
    bool                good = true;
    Pl__Wa__OutAction  *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    if (out == NULL) {
        return NULL;
    }

    pl__wa__out_action__init(out);

    switch (in->kind) {

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_LOCATION_REQUEST:
        out->name = pl_whatsapp_const("send_location");
        break;

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_CTA_URL:
        good = interactive_url(in->action->url, out, ar);
        break;

    case PL__INTERACTIVE_KIND__INTERACTIVE_KIND_FLOW:
        good = interactive_open(in->action->form, out, ar);
        break;

    default:
        good = interactive_choices(in->action, out, ar);
        break;
    }

    return good ? out : NULL;
}


/* Buttons, or the rows of a list. */

static bool
interactive_choices(const Pl__Action *in, Pl__Wa__OutAction *out,
    pl_arena_t *ar)
{
    size_t              i;
    Pl__Wa__OutButton  *button;

    out->button = in->button;

    out->sections = pl_arena_alloc(ar, in->n_sections
                                       * sizeof(*out->sections));
    out->buttons = pl_arena_alloc(ar, in->n_buttons * sizeof(*out->buttons));
    if (out->sections == NULL || out->buttons == NULL) {
        return false;
    }

    for (i = 0; i < in->n_sections; i++) {
        out->sections[i] = pl_whatsapp_copy(&in->sections[i]->base,
                               &pl__wa__out_section__descriptor, ar);
        if (out->sections[i] == NULL) {
            return false;
        }
    }

    for (i = 0; i < in->n_buttons; i++) {
        button = pl_arena_alloc(ar, sizeof(*button));
        if (button == NULL) {
            return false;
        }

        pl__wa__out_button__init(button);
        button->type = pl_whatsapp_const("reply");
        button->reply = pl_whatsapp_copy(&in->buttons[i]->base,
                            &pl__wa__out_reply_choice__descriptor, ar);
        if (button->reply == NULL) {
            return false;
        }

        out->buttons[i] = button;
    }

    out->n_sections = in->n_sections;
    out->n_buttons = in->n_buttons;

    return true;
}


static bool
interactive_url(const Pl__UrlButton *in, Pl__Wa__OutAction *out,
    pl_arena_t *ar)
{
    Pl__Wa__OutActionParameters  *parameters;

    parameters = pl_arena_alloc(ar, sizeof(*parameters));
    if (parameters == NULL) {
        return false;
    }

    pl__wa__out_action_parameters__init(parameters);
    parameters->display_text = in->title;
    parameters->url = in->url;

    out->name = pl_whatsapp_const("cta_url");
    out->parameters = parameters;

    return true;
}


/* With a screen it opens there; without one its endpoint is asked where. */

static bool
interactive_open(const Pl__FormStart *in, Pl__Wa__OutAction *out,
    pl_arena_t *ar)
{
    Pl__Wa__OutPayload           *payload;
    Pl__Wa__OutActionParameters  *parameters;

    parameters = pl_arena_alloc(ar, sizeof(*parameters));
    payload = pl_arena_alloc(ar, sizeof(*payload));
    if (parameters == NULL || payload == NULL) {
        return false;
    }

    pl__wa__out_action_parameters__init(parameters);
    parameters->flow_message_version =
        pl_whatsapp_const(INTERACTIVE_FLOW_VERSION);
    parameters->flow_id = pl_whatsapp_decode_some(in->id);
    parameters->flow_name = pl_whatsapp_decode_some(in->name);
    parameters->flow_token = pl_whatsapp_decode_some(in->token);
    parameters->flow_cta = in->title;
    parameters->mode = pl_whatsapp_const(in->has_draft && in->draft
                                         ? "draft" : "published");
    parameters->flow_action = pl_whatsapp_const(in->screen != NULL
                                                ? "navigate"
                                                : "data_exchange");

    if (in->screen != NULL) {
        pl__wa__out_payload__init(payload);
        payload->screen = in->screen;
        payload->has_data = in->has_data;
        payload->data = in->data;
        parameters->flow_action_payload = payload;
    }

    out->name = pl_whatsapp_const("flow");
    out->parameters = parameters;

    return true;
}
