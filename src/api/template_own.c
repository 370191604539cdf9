/*
 * Templates that are written here and handed in. See place_impl.h.
 */

#include <string.h>

#include "../channel/content.h"
#include "../channel/draft.h"
#include "../channel/wording.h"
#include "../core/str.h"
#include "place_impl.h"

static pl_status_t own_draft(pl_api_call_t *call, Pl__TemplateDraft **draft,
    pl_err_t *err);
static pl_status_t own_keys(pl_api_call_t *call, Pl__TemplateDraft *draft);
static const char *own_content(const Pl__Api__TemplateBody *body);
static pl_status_t own_record(pl_api_call_t *call,
    const pl_channel_conf_t *channel, const Pl__TemplateDraft *draft,
    Pl__TemplateRecord **record, pl_err_t *err);
static pl_status_t own_act(pl_api_call_t *call, Pl__TemplateDo what,
    pl_err_t *err);
static pl_status_t own_command(pl_api_call_t *call, Pl__TemplateAct *in,
    const pl_channel_conf_t *channel, pl_err_t *err);
static pl_status_t own_channel(pl_api_call_t *call,
    const pl_channel_conf_t **channel, pl_err_t *err);


pl_status_t
pl_template_write_ask(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                    rc;
    Pl__TemplateAct               *in;
    Pl__TemplateDraft             *draft;
    Pl__TemplateRecord            *record;
    const pl_channel_conf_t       *channel;
    const Pl__Api__TemplateBody   *body;

    body = (const Pl__Api__TemplateBody *) call->body;
    rc = pl_rows_channel(call, body->channel, "channel", &channel);

    if (rc == PL_OK) {
        rc = own_draft(call, &draft, err);
    }

    if (rc == PL_OK) {
        rc = own_record(call, channel, draft, &record, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__template_act__init(in);
    in->what = PL__TEMPLATE_DO__TEMPLATE_DO_WRITE;
    in->name = draft->name;
    in->language = draft->language;
    in->draft = draft;

    return own_command(call, in, channel, err);
}


/* As it was written, whatever has become of it since. */

pl_status_t
pl_template_written(pl_api_call_t *call, pl_err_t *err)
{
    pl_status_t                    rc;
    Pl__TemplateDraft             *draft;
    Pl__TemplateRecord            *record;
    Pl__Api__TemplateView         *view;
    const pl_channel_conf_t       *channel;
    const Pl__Api__TemplateBody   *body;

    body = (const Pl__Api__TemplateBody *) call->body;

    rc = pl_rows_channel(call, body->channel, "channel", &channel);

    if (rc == PL_OK) {
        rc = own_draft(call, &draft, err);
    }

    if (rc == PL_OK) {
        rc = own_record(call, channel, draft, &record, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (!pl_wording_own(channel->provider, channel->row)
        && !pl_content_has(channel->provider, channel->row))
    {
        record->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT;
    }

    view = pl_place_template_view(call, channel->row->id, record, NULL);

    rc = view == NULL ? pl_rows_nomem(err)
         : pl_api_location(call, err, "/v1/templates/%s/%s/%s",
                           channel->row->name, record->name,
                           record->language);

    return rc == PL_OK ? pl_api_answer(call, 0, &view->base, err) : rc;
}


pl_status_t
pl_template_submit_ask(pl_api_call_t *call, pl_err_t *err)
{
    return own_act(call, PL__TEMPLATE_DO__TEMPLATE_DO_SUBMIT, err);
}


pl_status_t
pl_template_drop_ask(pl_api_call_t *call, pl_err_t *err)
{
    return own_act(call, PL__TEMPLATE_DO__TEMPLATE_DO_DROP, err);
}


/* A draft's variables are a body's samples. */

const char *
pl_template_field(pl_api_call_t *call, const char *path)
{
    size_t       len = sizeof("variables") - 1;
    const char  *name;

    if (strncmp(path, "variables", len) == 0
        && strstr(path, ".key") != NULL)
    {
        return "content_variables";
    }

    if (strncmp(path, "variables", len) != 0) {
        return pl_arena_str(call->ar, pl_str_c(path));
    }

    name = strstr(path, ".sample");

    return name == NULL
           ? pl_arena_printf(call->ar, "samples%s", path + len)
           : pl_arena_printf(call->ar, "samples%.*s.value",
                             (int) (name - path - (ptrdiff_t) len),
                             path + len);
}


static pl_status_t
own_draft(pl_api_call_t *call, Pl__TemplateDraft **out, pl_err_t *err)
{
    size_t                         i;
    Pl__TemplateDraft             *draft;
    Pl__TemplateVariable          *v;
    Pl__TemplateDraftButton       *b;
    const Pl__Api__TemplateBody   *body;

    body = (const Pl__Api__TemplateBody *) call->body;

    *out = draft = pl_arena_alloc(call->ar, sizeof(*draft));
    if (draft == NULL) {
        return pl_rows_nomem(err);
    }

    pl__template_draft__init(draft);
    draft->name = body->name;
    draft->language = body->language;
    draft->category = body->category;
    draft->header = body->header;
    draft->body = body->body;
    draft->footer = body->footer;
    draft->subject = body->subject;
    draft->html = body->html;
    draft->content_sid = body->content_sid;
    draft->buttons = (Pl__TemplateDraftButton **)
                     pl_rows_list(call, body->n_buttons);
    draft->variables = (Pl__TemplateVariable **)
                       pl_rows_list(call, body->n_samples);

    if (draft->buttons == NULL || draft->variables == NULL) {
        return pl_rows_nomem(err);
    }

    for (i = 0; i < body->n_buttons; i++) {
        b = pl_arena_alloc(call->ar, sizeof(*b));
        if (b == NULL) {
            return pl_rows_nomem(err);
        }

        pl__template_draft_button__init(b);
        b->kind = body->buttons[i]->kind;
        b->text = body->buttons[i]->text;
        b->url = body->buttons[i]->url;
        b->id = body->buttons[i]->id;
        draft->buttons[draft->n_buttons++] = b;
    }

    for (i = 0; i < body->n_samples; i++) {
        v = pl_arena_alloc(call->ar, sizeof(*v));
        if (v == NULL) {
            return pl_rows_nomem(err);
        }

        pl__template_variable__init(v);
        v->name = body->samples[i]->name;
        v->sample = body->samples[i]->value;
        draft->variables[draft->n_variables++] = v;
    }

    return own_keys(call, draft);
}


/* What Twilio's content calls them. */

static pl_status_t
own_keys(pl_api_call_t *call, Pl__TemplateDraft *draft)
{
    size_t                         i, k;
    const char                    *name;
    const Pl__Api__TemplateBody   *body;

    body = (const Pl__Api__TemplateBody *) call->body;

    for (i = 0; i < body->n_content_variables; i++) {
        name = body->content_variables[i]->name;

        for (k = 0; k < draft->n_variables; k++) {
            if (strcmp(draft->variables[k]->name, name) == 0) {
                break;
            }
        }

        if (k == draft->n_variables) {
            return pl_api_problem(call, PL_API_BAD_FIELD, "content_variables",
                                  "it is of no variable that has a sample");
        }

        draft->variables[k]->key = body->content_variables[i]->value;
    }

    return PL_OK;
}


/* The first field that only a template of Twilio's WhatsApp has, or NULL. */

static const char *
own_content(const Pl__Api__TemplateBody *body)
{
    size_t  i;

    if (body->content_sid != NULL) {
        return "content_sid";
    }

    for (i = 0; i < body->n_buttons; i++) {
        if (body->buttons[i]->id != NULL) {
            return "buttons";
        }
    }

    return body->n_content_variables != 0 ? "content_variables" : NULL;
}


/* As its channel has it: of a provider's, or of the house's own. */

static pl_status_t
own_record(pl_api_call_t *call, const pl_channel_conf_t *channel,
    const Pl__TemplateDraft *draft, Pl__TemplateRecord **record,
    pl_err_t *err)
{
    bool          house, content;
    pl_err_t      why;
    pl_status_t   rc;
    const char   *field;

    memset(&why, 0, sizeof(why));
    house = pl_wording_own(channel->provider, channel->row);
    content = pl_content_has(channel->provider, channel->row);
    field = own_content((const Pl__Api__TemplateBody *) call->body);

    if (!content && field != NULL) {
        return pl_api_problem(call, PL_API_BAD_FIELD, field,
                              "only a template of Twilio's WhatsApp has it");
    }

    if (!house && (draft->subject != NULL || draft->html != NULL)) {
        return pl_api_problem(call, PL_API_BAD_FIELD,
                              draft->subject != NULL ? "subject" : "html",
                              "only a template of mail has it");
    }

    rc = house ? pl_wording_record(channel->provider, draft, call->ar,
                                   record, &why)
         : content ? pl_content_record(draft, call->ar, record, &why)
               : pl_draft_one(draft, call->ar, record, &why);

    return rc == PL_OK ? PL_OK
           : rc == PL_NOMEM ? pl_rows_nomem(err)
           : pl_api_problem(call, PL_API_BAD_FIELD,
                            pl_template_field(call, why.path), "%s",
                            why.text);
}


/* With one that the path names. */

static pl_status_t
own_act(pl_api_call_t *call, Pl__TemplateDo what, pl_err_t *err)
{
    pl_status_t                rc;
    Pl__TemplateAct           *in;
    Pl__TemplateRecord        *record;
    const pl_channel_conf_t   *channel;

    rc = own_channel(call, &channel, err);

    if (rc == PL_OK) {
        rc = pl_place_template(call, channel, 1, &record, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__template_act__init(in);
    in->what = what;
    in->name = record->name;
    in->language = record->language;

    return own_command(call, in, channel, err);
}


static pl_status_t
own_command(pl_api_call_t *call, Pl__TemplateAct *in,
    const pl_channel_conf_t *channel, pl_err_t *err)
{
    Pl__Command  command = PL__COMMAND__INIT;

    in->tenant = call->tenant;
    in->channel = channel->row->id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_TEMPLATE_ACT;
    command.template_act = in;

    return pl_api_command(call, &command, err);
}


static pl_status_t
own_channel(pl_api_call_t *call, const pl_channel_conf_t **channel,
    pl_err_t *err)
{
    const char   *name;
    pl_status_t   rc;

    rc = pl_rows_text(call, 0, &name, err);

    return rc == PL_OK ? pl_rows_channel(call, name, NULL, channel) : rc;
}
