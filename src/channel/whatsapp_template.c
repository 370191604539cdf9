/*
 * Templates: what fills header, body and buttons. Here it is held against
 * what every template asks for; against the template itself, where that is
 * known, by template.c.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define TEMPLATE_CODE_MAX  20       /* characters of a coupon's code */


static pl_status_t template_body(const Pl__Template *template,
    pl_err_t *err);
static const char *template_parameter(const Pl__TemplateParameter *in);
static bool template_named(const char *name);
static pl_status_t template_buttons(const Pl__Template *template,
    pl_err_t *err);
static const char *template_button(const Pl__TemplateButton *in);
static Pl__Wa__OutComponent *template_component(const char *type, size_t n,
    pl_arena_t *ar);
static Pl__Wa__OutComponent *template_header_build(const Pl__Header *in,
    pl_arena_t *ar);
static bool template_header_media(const Pl__Header *in,
    Pl__Wa__OutParameter *out, pl_arena_t *ar);
static Pl__Wa__OutComponent *template_body_build(const Pl__Template *in,
    pl_arena_t *ar);
static bool template_parameter_build(const Pl__TemplateParameter *in,
    Pl__Wa__OutParameter *out, pl_arena_t *ar);
static Pl__Wa__OutComponent *template_button_build(
    const Pl__TemplateButton *in, pl_arena_t *ar);


pl_status_t
pl_whatsapp_template_check(const Pl__Content *content, pl_err_t *err)
{
    size_t               len;
    pl_status_t          rc;
    const Pl__Template  *template = content->template_;

    len = strspn(template->name, "abcdefghijklmnopqrstuvwxyz0123456789_");

    if (template->name[len] != '\0') {
        return pl_whatsapp_fault(err, "small letters, digits and _ alone",
                                 "content.template.name");
    }

    if (template->header != NULL) {
        rc = pl_whatsapp_check_header(template->header,
                                      "content.template.header", err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = template_body(template, err);

    return rc == PL_OK ? template_buttons(template, err) : rc;
}


/* Names for all, or for none; and none twice. */

static pl_status_t
template_body(const Pl__Template *template, pl_err_t *err)
{
    bool         named;
    size_t       i, j;
    const char  *mistake, *name;

    named = template->n_body > 0 && template_named(template->body[0]->name);

    for (i = 0; i < template->n_body; i++) {
        mistake = template_parameter(template->body[i]);
        if (mistake != NULL) {
            return pl_whatsapp_fault(err, mistake,
                                     "content.template.body[%zu]", i);
        }

        name = template->body[i]->name;

        if (template_named(name) != named) {
            return pl_whatsapp_fault(err, "all parameters have names, or none",
                                     "content.template.body[%zu].name", i);
        }

        for (j = 0; named && j < i; j++) {
            if (strcmp(template->body[j]->name, name) == 0) {
                return pl_whatsapp_fault(err, "given twice",
                                         "content.template.body[%zu].name",
                                         i);
            }
        }
    }

    return PL_OK;
}


static const char *
template_parameter(const Pl__TemplateParameter *in)
{
    bool  money = in->has_kind
                  && in->kind == PL__PARAMETER_KIND__PARAMETER_KIND_CURRENCY;

    if (!money) {
        return in->currency != NULL || in->has_amount_1000
               ? "currency and amount_1000 go with a currency alone" : NULL;
    }

    if (in->currency == NULL || strlen(in->currency) != 3
        || strspn(in->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
    {
        return "currency: three capital letters";
    }

    return in->has_amount_1000 ? NULL : "amount_1000 is required";
}


static bool
template_named(const char *name)
{
    return name != NULL && name[0] != '\0';
}


static pl_status_t
template_buttons(const Pl__Template *template, pl_err_t *err)
{
    size_t       i, j;
    const char  *mistake;

    for (i = 0; i < template->n_buttons; i++) {
        mistake = template_button(template->buttons[i]);
        if (mistake != NULL) {
            return pl_whatsapp_fault(err, mistake,
                                     "content.template.buttons[%zu]", i);
        }

        for (j = 0; j < i; j++) {
            if (template->buttons[i]->index == template->buttons[j]->index) {
                return pl_whatsapp_fault(err, "given twice",
                    "content.template.buttons[%zu].index", i);
            }
        }
    }

    return PL_OK;
}


static const char *
template_button(const Pl__TemplateButton *in)
{
    bool    flow = in->kind == PL__BUTTON_KIND__BUTTON_KIND_FLOW;
    size_t  n = pl_limit_chars(in->text);

    if (in->kind < PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY
        || in->kind > PL__BUTTON_KIND__BUTTON_KIND_FLOW)
    {
        return "kind: not known";
    }

    if (n == 0 && !flow) {
        return "text is required";
    }

    if (in->kind == PL__BUTTON_KIND__BUTTON_KIND_COPY_CODE
        && n > TEMPLATE_CODE_MAX)
    {
        return "a code has at most 20 characters";
    }

    if (in->has_data && !flow) {
        return "data goes with a flow alone";
    }

    if (in->has_data && !pl_whatsapp_object(&in->data)) {
        return "data: no JSON object, or an empty one";
    }

    return flow && n == 0 && !in->has_data ? "text or data is required"
                                           : NULL;
}


/* Components without variables are left out. */

Pl__Wa__OutTemplate *
pl_whatsapp_template_build(const Pl__Template *in, pl_arena_t *ar)
{
    size_t                 i, n = 0;
    Pl__Wa__OutLanguage   *language;
    Pl__Wa__OutTemplate   *out;

    out = pl_arena_alloc(ar, sizeof(*out));
    language = pl_arena_alloc(ar, sizeof(*language));
    if (out == NULL || language == NULL) {
        return NULL;
    }

    pl__wa__out_language__init(language);
    language->code = in->language;

    pl__wa__out_template__init(out);
    out->name = in->name;
    out->language = language;

    out->components = pl_arena_alloc(ar, (2 + in->n_buttons)
                                         * sizeof(*out->components));
    if (out->components == NULL) {
        return NULL;
    }

    if (in->header != NULL) {
        out->components[n++] = template_header_build(in->header, ar);
    }

    if (in->n_body > 0) {
        out->components[n++] = template_body_build(in, ar);
    }

    for (i = 0; i < in->n_buttons; i++) {
        out->components[n++] = template_button_build(in->buttons[i], ar);
    }

    for (i = 0; i < n; i++) {
        if (out->components[i] == NULL) {
            return NULL;
        }
    }

    out->n_components = n;

    return out;
}


/* A component with n parameters, not yet filled. */

static Pl__Wa__OutComponent *
template_component(const char *type, size_t n, pl_arena_t *ar)
{
    size_t                 i;
    Pl__Wa__OutComponent  *out;
    Pl__Wa__OutParameter  *parameters;

    out = pl_arena_alloc(ar, sizeof(*out));
    parameters = pl_arena_alloc(ar, n * sizeof(*parameters));
    if (out == NULL || parameters == NULL) {
        return NULL;
    }

    pl__wa__out_component__init(out);
    out->type = pl_whatsapp_const(type);

    out->parameters = pl_arena_alloc(ar, n * sizeof(*out->parameters));
    if (out->parameters == NULL) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        pl__wa__out_parameter__init(&parameters[i]);
        out->parameters[i] = &parameters[i];
    }

    out->n_parameters = n;

    return out;
}


static Pl__Wa__OutComponent *
template_header_build(const Pl__Header *in, pl_arena_t *ar)
{
    Pl__Wa__OutComponent  *out;
    Pl__Wa__OutParameter  *parameter;

    out = template_component("header", 1, ar);
    if (out == NULL) {
        return NULL;
    }

    parameter = out->parameters[0];
    parameter->type = pl_whatsapp_const(pl_whatsapp_header_word(in->kind));
    parameter->parameter_name = pl_whatsapp_decode_some(in->name);

    switch (in->kind) {

    case PL__HEADER_KIND__HEADER_KIND_TEXT:
        parameter->text = in->text;
        return out;

    case PL__HEADER_KIND__HEADER_KIND_LOCATION:
        parameter->location = pl_whatsapp_copy(&in->location->base,
                                  &pl__wa__out_location__descriptor, ar);
        return parameter->location != NULL ? out : NULL;

    default:
        return template_header_media(in, parameter, ar) ? out : NULL;
    }
}


static bool
template_header_media(const Pl__Header *in, Pl__Wa__OutParameter *out,
    pl_arena_t *ar)
{
    Pl__Wa__OutMedia  *media;

    media = pl_whatsapp_build_media(in->media, out->type, ar);
    if (media == NULL) {
        return false;
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

    return true;
}


static Pl__Wa__OutComponent *
template_body_build(const Pl__Template *in, pl_arena_t *ar)
{
    size_t                 i;
    Pl__Wa__OutComponent  *out;

    out = template_component("body", in->n_body, ar);

    for (i = 0; out != NULL && i < in->n_body; i++) {
        if (!template_parameter_build(in->body[i], out->parameters[i], ar)) {
            return NULL;
        }
    }

    return out;
}


static bool
template_parameter_build(const Pl__TemplateParameter *in,
    Pl__Wa__OutParameter *out, pl_arena_t *ar)
{
    out->parameter_name = pl_whatsapp_decode_some(in->name);

    switch (in->has_kind ? in->kind
                         : PL__PARAMETER_KIND__PARAMETER_KIND_TEXT)
    {

    case PL__PARAMETER_KIND__PARAMETER_KIND_CURRENCY:
        out->type = pl_whatsapp_const("currency");
        out->currency = pl_arena_alloc(ar, sizeof(*out->currency));
        if (out->currency != NULL) {
            pl__wa__out_currency__init(out->currency);
            out->currency->fallback_value = in->text;
            out->currency->code = in->currency;
            out->currency->amount_1000 = in->amount_1000;
        }
        return out->currency != NULL;

    case PL__PARAMETER_KIND__PARAMETER_KIND_DATE_TIME:
        out->type = pl_whatsapp_const("date_time");
        out->date_time = pl_arena_alloc(ar, sizeof(*out->date_time));
        if (out->date_time != NULL) {
            pl__wa__out_date_time__init(out->date_time);
            out->date_time->fallback_value = in->text;
        }
        return out->date_time != NULL;

    case PL__PARAMETER_KIND__PARAMETER_KIND_GROUP:
        out->type = pl_whatsapp_const("group_id");
        out->group_id = pl_arena_alloc(ar, sizeof(*out->group_id));
        if (out->group_id != NULL) {
            pl__wa__out_group__init(out->group_id);
            out->group_id->group_id = in->text;
        }
        return out->group_id != NULL;

    default:
        out->type = pl_whatsapp_const("text");
        out->text = in->text;
        return true;
    }
}


static Pl__Wa__OutComponent *
template_button_build(const Pl__TemplateButton *in, pl_arena_t *ar)
{
    Pl__Wa__OutComponent  *out;
    Pl__Wa__OutParameter  *parameter;

    static const char *const  words[] = {
        [PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY] = "quick_reply",
        [PL__BUTTON_KIND__BUTTON_KIND_URL] = "url",
        [PL__BUTTON_KIND__BUTTON_KIND_COPY_CODE] = "copy_code",
        [PL__BUTTON_KIND__BUTTON_KIND_FLOW] = "flow",
    };

    out = template_component("button", 1, ar);
    if (out == NULL) {
        return NULL;
    }

    out->sub_type = pl_whatsapp_const(words[in->kind]);
    out->index = pl_arena_printf(ar, "%u", (unsigned) in->index);
    parameter = out->parameters[0];

    switch (in->kind) {

    case PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY:
        parameter->type = pl_whatsapp_const("payload");
        parameter->payload = in->text;
        break;

    case PL__BUTTON_KIND__BUTTON_KIND_URL:
        parameter->type = pl_whatsapp_const("text");
        parameter->text = in->text;
        break;

    case PL__BUTTON_KIND__BUTTON_KIND_COPY_CODE:
        parameter->type = pl_whatsapp_const("coupon_code");
        parameter->coupon_code = in->text;
        break;

    default:
        parameter->type = pl_whatsapp_const("action");
        parameter->action = pl_arena_alloc(ar, sizeof(*parameter->action));
        if (parameter->action == NULL) {
            return NULL;
        }
        pl__wa__out_flow_start__init(parameter->action);
        parameter->action->flow_token = pl_whatsapp_decode_some(in->text);
        parameter->action->has_flow_action_data = in->has_data;
        parameter->action->flow_action_data = in->data;
        break;
    }

    return out->index != NULL ? out : NULL;
}
