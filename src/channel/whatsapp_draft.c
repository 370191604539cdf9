/*
 * Templates as the Graph API is given them (provider-facts 3): components,
 * with parameters by name and an example of each.
 */

#include <string.h>

#include "draft.h"
#include "template.h"
#include "whatsapp_impl.h"

#define DRAFT_COMPONENTS_MAX  4         /* header, body, footer, buttons */


static Pl__Wa__OutDraftComponent *draft_component(Pl__Wa__OutDraft *out,
    const char *type, const char *text, pl_arena_t *ar);
static bool draft_header(const Pl__TemplateDraft *draft,
    Pl__Wa__OutDraft *out, pl_arena_t *ar);
static bool draft_body(const Pl__TemplateDraft *draft, Pl__Wa__OutDraft *out,
    pl_arena_t *ar);
static bool draft_buttons(const Pl__TemplateDraft *draft,
    Pl__Wa__OutDraft *out, pl_arena_t *ar);
static bool draft_url(const Pl__TemplateDraft *draft,
    const Pl__TemplateDraftButton *in, Pl__Wa__OutDraftButton *out,
    pl_arena_t *ar);
static bool draft_examples(const Pl__TemplateDraft *draft, const char *text,
    pl_arena_t *ar, Pl__Wa__OutExample ***out, size_t *n);
static const char *draft_category(Pl__TemplateCategory category);


pl_status_t
pl_whatsapp_draft(const pl_codec_t *codec, const Pl__TemplateDraft *draft,
    pl_arena_t *ar, pl_str_t *out, pl_err_t *err)
{
    Pl__Wa__OutDraft  msg = PL__WA__OUT_DRAFT__INIT;

    msg.name = draft->name;
    msg.language = draft->language;
    msg.category = pl_whatsapp_const(draft_category(draft->category));
    msg.parameter_format = pl_whatsapp_const("NAMED");
    msg.components = pl_arena_alloc(ar, DRAFT_COMPONENTS_MAX
                                        * sizeof(*msg.components));

    if (msg.components == NULL || !draft_header(draft, &msg, ar)
        || !draft_body(draft, &msg, ar)
        || (draft->footer != NULL
            && draft_component(&msg, "FOOTER", draft->footer, ar) == NULL)
        || !draft_buttons(draft, &msg, ar))
    {
        return pl_err_set(err, PL_NOMEM, "draft", 0, "no memory");
    }

    return pl_json_encode(codec, &msg.base, ar, out, err);
}


/* The next one; text may be NULL. NULL: no memory. */

static Pl__Wa__OutDraftComponent *
draft_component(Pl__Wa__OutDraft *out, const char *type, const char *text,
    pl_arena_t *ar)
{
    Pl__Wa__OutDraftComponent  *component;

    component = pl_arena_alloc(ar, sizeof(*component));
    if (component == NULL) {
        return NULL;
    }

    pl__wa__out_draft_component__init(component);
    component->type = pl_whatsapp_const(type);
    component->text = text != NULL ? pl_whatsapp_const(text) : NULL;
    out->components[out->n_components++] = component;

    return component;
}


static bool
draft_header(const Pl__TemplateDraft *draft, Pl__Wa__OutDraft *out,
    pl_arena_t *ar)
{
    Pl__Wa__OutExamples        *examples;
    Pl__Wa__OutDraftComponent  *component;

    if (draft->header == NULL) {
        return true;
    }

    component = draft_component(out, "HEADER", draft->header, ar);
    examples = pl_arena_alloc(ar, sizeof(*examples));
    if (component == NULL || examples == NULL) {
        return false;
    }

    component->format = pl_whatsapp_const("TEXT");
    pl__wa__out_examples__init(examples);

    if (!draft_examples(draft, draft->header, ar,
                        &examples->header_text_named_params,
                        &examples->n_header_text_named_params))
    {
        return false;
    }

    if (examples->n_header_text_named_params > 0) {
        component->example = examples;
    }

    return true;
}


static bool
draft_body(const Pl__TemplateDraft *draft, Pl__Wa__OutDraft *out,
    pl_arena_t *ar)
{
    Pl__Wa__OutExamples        *examples;
    Pl__Wa__OutDraftComponent  *component;

    component = draft_component(out, "BODY", draft->body, ar);
    examples = pl_arena_alloc(ar, sizeof(*examples));
    if (component == NULL || examples == NULL) {
        return false;
    }

    pl__wa__out_examples__init(examples);

    if (!draft_examples(draft, draft->body, ar,
                        &examples->body_text_named_params,
                        &examples->n_body_text_named_params))
    {
        return false;
    }

    if (examples->n_body_text_named_params > 0) {
        component->example = examples;
    }

    return true;
}


static bool
draft_buttons(const Pl__TemplateDraft *draft, Pl__Wa__OutDraft *out,
    pl_arena_t *ar)
{
    size_t                      i;
    Pl__Wa__OutDraftButton     *button;
    Pl__Wa__OutDraftComponent  *component;

    if (draft->n_buttons == 0) {
        return true;
    }

    component = draft_component(out, "BUTTONS", NULL, ar);
    if (component == NULL) {
        return false;
    }

    component->buttons = pl_arena_alloc(ar, draft->n_buttons
                                            * sizeof(*component->buttons));
    if (component->buttons == NULL) {
        return false;
    }

    for (i = 0; i < draft->n_buttons; i++) {
        button = pl_arena_alloc(ar, sizeof(*button));
        if (button == NULL) {
            return false;
        }

        pl__wa__out_draft_button__init(button);
        button->text = draft->buttons[i]->text;
        button->type = pl_whatsapp_const(draft->buttons[i]->url != NULL
                                         ? "URL" : "QUICK_REPLY");

        if (draft->buttons[i]->url != NULL
            && !draft_url(draft, draft->buttons[i], button, ar))
        {
            return false;
        }

        component->buttons[component->n_buttons++] = button;
    }

    return true;
}


/* A button's variable has no name: it is {{1}}, whatever the draft says. */

static bool
draft_url(const Pl__TemplateDraft *draft, const Pl__TemplateDraftButton *in,
    Pl__Wa__OutDraftButton *out, pl_arena_t *ar)
{
    pl_template_place_t  place;

    out->url = in->url;

    if (!pl_template_next(in->url, &place)) {
        return true;
    }

    out->url = pl_arena_printf(ar, "%.*s{{1}}",
                               (int) (place.begin - in->url), in->url);
    out->example = pl_arena_alloc(ar, sizeof(*out->example));
    if (out->url == NULL || out->example == NULL) {
        return false;
    }

    out->example[0] = pl_whatsapp_const(pl_draft_sample(draft, in->url, ar));
    out->n_example = 1;

    return out->example[0] != NULL;
}


/* Each variable of the text once, in its order. */

static bool
draft_examples(const Pl__TemplateDraft *draft, const char *text,
    pl_arena_t *ar, Pl__Wa__OutExample ***out, size_t *n)
{
    size_t               i;
    pl_err_t             err;
    Pl__TemplateText    *found;
    Pl__Wa__OutExample  *example;

    if (pl_template_text(text, ar, &found, &err) != PL_OK) {
        return false;
    }

    *out = pl_arena_alloc(ar, (found->n_variables + 1) * sizeof(**out));
    if (*out == NULL) {
        return false;
    }

    for (i = 0; i < found->n_variables; i++) {
        example = pl_arena_alloc(ar, sizeof(*example));
        if (example == NULL) {
            return false;
        }

        pl__wa__out_example__init(example);
        example->param_name = found->variables[i];
        example->example = pl_whatsapp_const(
            pl_draft_value(draft, found->variables[i]));
        (*out)[(*n)++] = example;
    }

    return true;
}


static const char *
draft_category(Pl__TemplateCategory category)
{
    switch (category) {

    case PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION:
        return "AUTHENTICATION";

    case PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY:
        return "UTILITY";

    default:
        return "MARKETING";
    }
}
