/*
 * What a person sent, made ready to be looked at: its text, folded; what was
 * tapped; the fields of a form.
 */

#include <string.h>

#include "../channel/mail.h"
#include "../core/str.h"
#include "flow_impl.h"

#define HEAR_TOKEN  "flow_token"        /* stands among the fields: ours */

static pl_str_t hear_text(const Pl__Content *content);
static pl_status_t hear_form(pl_flow_facts_t *facts, const pl_codec_t *codec,
    const Pl__FormReply *form);
static pl_status_t hear_fields(pl_flow_facts_t *facts,
    const Pl__FlowForm *form);


pl_status_t
pl_flow_hear(pl_flow_facts_t *facts, const pl_codec_t *codec,
    const Pl__Content *content, pl_arena_t *ar)
{
    pl_status_t    rc;
    flow_phrase_t  said;

    facts->ar = ar;
    facts->content = content;
    facts->text = PL_STR("");
    facts->tapped = NULL;
    facts->fields = NULL;
    facts->n_fields = 0;

    if (content != NULL) {
        facts->text = hear_text(content);

        if (content->of_case == PL__CONTENT__OF_REPLY) {
            facts->tapped = content->reply->id;
        }
    }

    rc = pl_flow_phrase(ar, facts->text, &said);
    facts->words = said.plain;
    facts->umlauts = said.umlauts;

    return rc == PL_OK && content != NULL
           && content->of_case == PL__CONTENT__OF_FORM_REPLY
           ? hear_form(facts, codec, content->form_reply) : rc;
}


flow_phrase_t
pl_flow_said(const pl_flow_facts_t *facts)
{
    flow_phrase_t  said = { facts->words, facts->umlauts };

    return said;
}


static pl_str_t
hear_text(const Pl__Content *content)
{
    const char  *text;

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        text = content->text->body;
        break;

    case PL__CONTENT__OF_REPLY:
        text = content->reply->title;
        break;

    case PL__CONTENT__OF_MEDIA:
        text = content->media->caption;
        break;

    case PL__CONTENT__OF_ORDER:
        text = content->order->text;
        break;

    case PL__CONTENT__OF_EMAIL:
        return pl_mail_fresh(pl_str_c(content->email->text));

    default:
        text = NULL;
        break;
    }

    return text == NULL ? PL_STR("") : pl_str_c(text);
}


/* The codec wants a name for what is an object of any keys. */

static pl_status_t
hear_form(pl_flow_facts_t *facts, const pl_codec_t *codec,
    const Pl__FormReply *form)
{
    pl_str_t           json;
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    if (!form->has_data || form->data.len > PL_FLOW_FILE_MAX) {
        return PL_OK;
    }

    json.data = (uint8_t *) pl_arena_printf(facts->ar, "{\"fields\":%.*s}",
                                            (int) form->data.len,
                                            (const char *) form->data.data);
    if (json.data == NULL) {
        return PL_NOMEM;
    }

    json.len = strlen((const char *) json.data);

    rc = pl_json_decode(codec, &pl__flow_form__descriptor, json, 0,
                        facts->ar, &msg, NULL);
    if (rc != PL_OK) {
        return rc == PL_NOMEM ? rc : PL_OK;
    }

    return hear_fields(facts, (Pl__FlowForm *) msg);
}


static pl_status_t
hear_fields(pl_flow_facts_t *facts, const Pl__FlowForm *form)
{
    size_t         i;
    Pl__Variable  *field;

    facts->fields = pl_arena_alloc(facts->ar, PL_FLOW_FIELDS_MAX
                                              * sizeof(*facts->fields));
    if (facts->fields == NULL) {
        return PL_NOMEM;
    }

    for (i = 0; i < form->n_fields && facts->n_fields < PL_FLOW_FIELDS_MAX;
         i++)
    {
        if (form->fields[i]->value == NULL
            || !pl_name_valid(pl_str_c(form->fields[i]->name))
            || strcmp(form->fields[i]->name, HEAR_TOKEN) == 0)
        {
            continue;
        }

        field = pl_arena_alloc(facts->ar, sizeof(*field));
        if (field == NULL) {
            return PL_NOMEM;
        }

        pl__variable__init(field);
        field->name = form->fields[i]->name;
        field->value = form->fields[i]->value;
        facts->fields[facts->n_fields++] = field;
    }

    return PL_OK;
}
