/*
 * Templates as a channel's provider lists them, and how one would read with
 * its variables filled.
 */

#include <string.h>

#include "../channel/content.h"
#include "../channel/limit.h"
#include "../channel/mail.h"
#include "../channel/template.h"
#include "../channel/wording.h"
#include "../core/gsm.h"
#include "../core/record.h"
#include "../core/str.h"
#include "../engine/sync.h"
#include "place_impl.h"

#define TEMPLATE_KEY_LEN  8             /* tenant and channel */

/* A listing: what is asked for, and the list's own row of the channel. */
typedef struct {
    const Pl__Api__TemplateQuery   *query;
    Pl__Api__TemplateList           list;
    bool                            one;        /* channel alone */
    uint32_t                        channel;    /* whose row `whole` is */
    Pl__TemplateRecord             *whole;      /* NULL: it has none */
} templates_t;

static pl_status_t template_list(pl_api_call_t *call, pl_err_t *err);
static pl_status_t template_add(pl_api_call_t *call, void *data,
    pl_str_t key, pl_str_t value, bool *kept, pl_err_t *err);
static bool template_fits(const templates_t *t,
    const Pl__TemplateRecord *record);
static pl_status_t template_whole(pl_api_call_t *call, uint32_t channel,
    Pl__TemplateRecord **whole, pl_err_t *err);
static pl_status_t template_row(pl_api_call_t *call, uint32_t channel,
    const char *name, const char *language, Pl__TemplateRecord **record,
    pl_err_t *err);
static pl_status_t template_get(pl_api_call_t *call, pl_err_t *err);
static void template_parts(pl_api_call_t *call,
    const Pl__TemplateRecord *record, Pl__Api__TemplateView *view);
static void template_content(pl_api_call_t *call,
    const Pl__TemplateRecord *record, Pl__Api__TemplateView *view);
static pl_status_t template_sync(pl_api_call_t *call, pl_err_t *err);
static pl_status_t template_synced(pl_api_call_t *call, pl_err_t *err);


static const pl_rule_t  template_rows[] = {
    { &pl__api__preview_variable__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__template_sample__descriptor, NULL, PL_RULE_OPEN, NULL, 0 },
    { &pl__api__template_body__descriptor, "samples", PL_RULE_MAP, "name",
      0 },
    { &pl__api__template_body__descriptor, "samples", PL_RULE_PAIR, "value",
      0 },
    { &pl__api__template_body__descriptor, "samples", PL_RULE_LEN_MAX, NULL,
      PL_TEMPLATE_VARIABLES_MAX },
    { &pl__api__template_body__descriptor, "content_variables", PL_RULE_MAP,
      "name", 0 },
    { &pl__api__template_body__descriptor, "content_variables", PL_RULE_PAIR,
      "value", 0 },
    { &pl__api__template_body__descriptor, "content_variables",
      PL_RULE_LEN_MAX, NULL, PL_TEMPLATE_VARIABLES_MAX },
    { &pl__api__template_view__descriptor, "content_variables", PL_RULE_MAP,
      "name", 0 },
    { &pl__api__template_view__descriptor, "content_variables", PL_RULE_PAIR,
      "value", 0 },
    { &pl__api__template_body__descriptor, "buttons", PL_RULE_LEN_MAX, NULL,
      10 },
    { &pl__api__template_body__descriptor, "name", PL_RULE_LEN_MAX, NULL,
      400 },
    { &pl__api__template_body__descriptor, "language", PL_RULE_LEN_MAX, NULL,
      32 },
    { &pl__api__template_body__descriptor, "body", PL_RULE_LEN_MAX, NULL,
      PL_WORDING_TEXT_MAX },
    { &pl__api__template_body__descriptor, "html", PL_RULE_LEN_MAX, NULL,
      PL_WORDING_TEXT_MAX },
    { &pl__api__template_body__descriptor, "subject", PL_RULE_LEN_MAX, NULL,
      PL_MAIL_SUBJECT_MAX },
    { &pl__api__preview_body__descriptor, "variables", PL_RULE_MAP, "name",
      0 },
    { &pl__api__preview_body__descriptor, "variables", PL_RULE_PAIR, "value",
      0 },
    { &pl__api__preview_body__descriptor, "variables", PL_RULE_LEN_MAX, NULL,
      PL_TEMPLATE_VARIABLES_MAX },
    { &pl__api__preview_body__descriptor, "text", PL_RULE_LEN_MAX, NULL,
      PL_API_TEXT_MAX },
    { &pl__api__preview_body__descriptor, "params", PL_RULE_LEN_MAX, NULL,
      PL_TEMPLATE_VARIABLES_MAX },
};

static const pl_rules_t  template_rules = {
    template_rows, PL_COUNT(template_rows)
};

static const pl_json_word_t  template_word_rows[] = {
    { &pl__api__preview_body__descriptor, NULL,
      "A template of a channel, or a text, with values for its variables." },
    { &pl__api__template_body__descriptor, "samples",
      "A value for each variable, which the provider's reviewers see." },
    { &pl__api__template_body__descriptor, "content_sid",
      "Of a channel of Twilio's WhatsApp: the content that says the same." },
    { &pl__api__template_body__descriptor, "content_variables",
      "What each variable is called in that content; without it, its number "
      "in the order of body, header and buttons." },
    { &pl__api__template_body_button__descriptor, "id",
      "Of a quick reply in that content: what a tap says." },
    { &pl__api__template_view__descriptor, "refused",
      "Of a draft: why it could not be handed in, last." },
    { &pl__api__template_view__descriptor, "gone",
      "The provider no longer lists it." },
};

static const pl_json_words_t  template_words = {
    template_word_rows, PL_COUNT(template_word_rows)
};

static const pl_api_op_t  template_ops[] = {
    { .name = "listTemplates", .method = PL_API_GET, .path = "/v1/templates",
      .may = PL_MAY_TEMPLATES_READ,
      .query = &pl__api__template_query__descriptor,
      .answer = &pl__api__template_list__descriptor, .status = 200,
      .ask = template_list,
      .summary = "Lists templates, as their providers do" },
    { .name = "getTemplate", .method = PL_API_GET,
      .path = "/v1/templates/{channel}/{name}/{language}",
      .may = PL_MAY_TEMPLATES_READ,
      .answer = &pl__api__template_view__descriptor, .status = 200,
      .ask = template_get, .summary = "Shows a template" },
    { .name = "createTemplate", .method = PL_API_POST,
      .path = "/v1/templates", .may = PL_MAY_TEMPLATES_WRITE,
      .body = &pl__api__template_body__descriptor,
      .answer = &pl__api__template_view__descriptor, .status = 201,
      .ask = pl_template_write_ask, .told = pl_template_written,
      .summary = "Writes a template, or writes one anew",
      .text = "A provider's is a draft until it is handed in, and nothing is "
              "sent with it. Channels of SMS and of mail have templates of "
              "the house's own: they need nobody's approval, hold from the "
              "next message on, and have {naam} and {naam|fallback}; those "
              "of mail have a subject, and may have html. Channels of "
              "Twilio's WhatsApp have them by the content_sid of the content "
              "that Twilio has approved, and hold from the next message on; "
              "without one, nothing is sent with them." },
    { .name = "submitTemplate", .method = PL_API_POST,
      .path = "/v1/templates/{channel}/{name}/{language}/submit",
      .may = PL_MAY_TEMPLATES_WRITE,
      .answer = &pl__api__template_view__descriptor, .status = 200,
      .ask = pl_template_submit_ask, .told = template_get,
      .summary = "Hands a draft in at the channel's provider",
      .text = "The answer is that it is on its way. What the provider says "
              "of it, its status says later; or it is a draft again, with "
              "why." },
    { .name = "dropTemplate", .method = PL_API_DELETE,
      .path = "/v1/templates/{channel}/{name}/{language}",
      .may = PL_MAY_TEMPLATES_WRITE, .status = 204,
      .ask = pl_template_drop_ask,
      .summary = "Gives a draft up, or removes one of the house's own",
      .text = "What the provider has is not deleted there." },
    { .name = "previewTemplate", .method = PL_API_POST,
      .path = "/v1/templates/preview", .may = PL_MAY_TEMPLATES_READ,
      .body = &pl__api__preview_body__descriptor,
      .answer = &pl__api__preview_answer__descriptor, .status = 200,
      .flags = PL_API_DRY, .ask = pl_preview_ask,
      .summary = "Shows how a template, or a text, would read",
      .text = "No provider is asked. The SMS segments are those of the text "
              "as it is filled." },
    { .name = "syncTemplates", .method = PL_API_POST,
      .path = "/v1/channels/{channel}/templates/sync",
      .may = PL_MAY_TEMPLATES_WRITE,
      .answer = &pl__api__sync_answer__descriptor, .status = 200,
      .ask = template_sync, .told = template_synced,
      .summary = "Has a channel's list of templates read now" },
};

const pl_api_resource_t  pl_api_templates = {
    .name = "Templates",
    .text = "What may be said outside of a window.",
    .ops = template_ops,
    .n_ops = PL_COUNT(template_ops),
    .rules = &template_rules,
    .words = &template_words,
};


/* ---- listing -------------------------------------------------------- */

static pl_status_t
template_list(pl_api_call_t *call, pl_err_t *err)
{
    templates_t                t;
    pl_status_t                rc;
    pl_rows_page_t             page;
    const pl_channel_conf_t   *channel;

    memset(&t, 0, sizeof(t));
    memset(&page, 0, sizeof(page));
    t.query = (const Pl__Api__TemplateQuery *) call->query;
    pl__api__template_list__init(&t.list);

    rc = pl_api_limit(call, t.query->has_limit, t.query->limit, &page.n);
    pl_key_u32(&page.prefix, call->tenant);

    if (rc == PL_OK && t.query->channel != NULL) {
        rc = pl_place_channel_query(call, t.query->channel, &channel);

        if (rc == PL_OK) {
            pl_key_u32(&page.prefix, channel->row->id);
        }
    }

    if (rc != PL_OK) {
        return rc;
    }

    page.table = PL_TABLE_TEMPLATES;
    page.cursor = t.query->cursor;
    page.add = template_add;
    page.data = &t;

    t.list.templates = (Pl__Api__TemplateView **)
                       pl_rows_list(call, page.n);
    if (t.list.templates == NULL) {
        return pl_rows_nomem(err);
    }

    rc = pl_rows_page(call, &page, &t.list.next, err);

    return rc == PL_OK ? pl_api_answer(call, 0, &t.list.base, err) : rc;
}


static pl_status_t
template_add(pl_api_call_t *call, void *data, pl_str_t key, pl_str_t value,
    bool *kept, pl_err_t *err)
{
    uint32_t                channel;
    templates_t            *t = data;
    pl_status_t             rc = PL_OK;
    ProtobufCMessage       *msg;
    Pl__TemplateRecord     *record;
    Pl__Api__TemplateView  *view;

    if (key.len < TEMPLATE_KEY_LEN) {
        return PL_OK;
    }

    channel = pl_be32(key.data + 4);

    if (channel != t->channel) {
        t->channel = channel;
        rc = template_whole(call, channel, &t->whole, err);
    }

    if (rc == PL_OK) {
        rc = pl_record_read(PL_TABLE_TEMPLATES, value,
                            &pl__template_record__descriptor, call->ar, &msg,
                            err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    record = (Pl__TemplateRecord *) msg;

    if (!template_fits(t, record)) {
        return PL_OK;
    }

    view = pl_place_template_view(call, channel, record, t->whole);
    if (view == NULL) {
        return pl_rows_nomem(err);
    }

    t->list.templates[t->list.n_templates++] = view;
    *kept = true;

    return PL_OK;
}


static bool
template_fits(const templates_t *t, const Pl__TemplateRecord *record)
{
    const Pl__Api__TemplateQuery  *q = t->query;

    return record->name[0] != '\0'
           && (q->name == NULL || strcmp(q->name, record->name) == 0)
           && (!q->has_status || q->status == record->status)
           && (!q->has_category || (record->has_category
                                    && q->category == record->category));
}


/* The list's own row; NULL where it was never read to its end. */

static pl_status_t
template_whole(pl_api_call_t *call, uint32_t channel,
    Pl__TemplateRecord **whole, pl_err_t *err)
{
    pl_status_t  rc;

    rc = template_row(call, channel, "", "", whole, err);

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
template_row(pl_api_call_t *call, uint32_t channel, const char *name,
    const char *language, Pl__TemplateRecord **record, pl_err_t *err)
{
    pl_key_t           key;
    pl_status_t        rc;
    ProtobufCMessage  *msg = NULL;

    pl_key_template(&key, call->tenant, channel, name, language);

    rc = pl_key_ok(&key)
         ? pl_record_get(call->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                         &pl__template_record__descriptor, call->ar, &msg,
                         err)
         : PL_NOTFOUND;
    *record = (Pl__TemplateRecord *) msg;

    return rc;
}


/* ---- one ------------------------------------------------------------ */

static pl_status_t
template_get(pl_api_call_t *call, pl_err_t *err)
{
    const char                *name;
    pl_status_t                rc;
    Pl__TemplateRecord        *record, *whole;
    Pl__Api__TemplateView     *view;
    const pl_channel_conf_t   *channel;

    rc = pl_rows_text(call, 0, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_channel(call, name, NULL, &channel);
    }

    if (rc == PL_OK) {
        rc = pl_place_template(call, channel, 1, &record, err);
    }

    if (rc == PL_OK) {
        rc = template_whole(call, channel->row->id, &whole, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    view = pl_place_template_view(call, channel->row->id, record, whole);

    return view != NULL ? pl_api_answer(call, 0, &view->base, err)
                        : pl_rows_nomem(err);
}


pl_status_t
pl_place_template(pl_api_call_t *call, const pl_channel_conf_t *channel,
    size_t i, Pl__TemplateRecord **record, pl_err_t *err)
{
    const char   *name, *language;
    pl_status_t   rc;

    rc = pl_rows_text(call, i, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_text(call, i + 1, &language, err);
    }

    if (rc == PL_OK) {
        rc = name[0] == '\0' ? PL_NOTFOUND
             : template_row(call, channel->row->id, name, language, record,
                            err);
    }

    return rc == PL_NOTFOUND ? pl_api_missing(call) : rc;
}


pl_status_t
pl_place_template_named(pl_api_call_t *call,
    const pl_channel_conf_t *channel, const char *name, const char *language,
    Pl__TemplateRecord **record, pl_err_t *err)
{
    return template_row(call, channel->row->id, name, language, record, err);
}


Pl__Api__TemplateView *
pl_place_template_view(pl_api_call_t *call, uint32_t channel,
    const Pl__TemplateRecord *record, const Pl__TemplateRecord *whole)
{
    bool                    gone;
    Pl__Api__TemplateView  *view;

    view = pl_arena_alloc(call->ar, sizeof(*view));
    if (view == NULL) {
        return NULL;
    }

    gone = pl_template_gone(record, whole);

    pl__api__template_view__init(view);
    view->channel = (char *) pl_rows_channel_name(call, channel);
    view->name = record->name;
    view->language = record->language;
    view->status = record->status;
    view->has_gone = view->gone = gone;
    view->sendable = !gone && pl_template_sendable(record);
    view->has_category = record->has_category;
    view->category = record->category;
    view->footer = record->footer;
    view->quality = record->quality;
    view->reason = record->reason;
    view->refused = record->refused;
    view->has_refused_code = record->has_refused_code;
    view->refused_code = record->refused_code;
    view->has_submitting = view->submitting = record->has_submit;

    if (record->has_updated_ms) {
        view->updated = pl_api_time(call, record->updated_ms);
    }

    template_parts(call, record, view);

    return view;
}


static void
template_parts(pl_api_call_t *call, const Pl__TemplateRecord *record,
    Pl__Api__TemplateView *view)
{
    size_t                        i;
    Pl__Api__TemplateButtonView  *row;

    if (record->header != NULL) {
        view->header_format = record->header->format;
        view->header = record->header->text != NULL
                       ? record->header->text->text : NULL;
    }

    if (record->body != NULL) {
        view->body = record->body->text;
        view->n_variables = record->body->n_variables;
        view->variables = record->body->variables;
    }

    if (record->draft != NULL) {
        view->subject = record->draft->subject;
        view->html = record->draft->html;
        view->content_sid = record->draft->content_sid;
    }

    if (view->content_sid != NULL) {
        template_content(call, record, view);
    }

    view->buttons = (Pl__Api__TemplateButtonView **)
                    pl_rows_list(call, record->n_buttons);

    for (i = 0; view->buttons != NULL && i < record->n_buttons; i++) {
        row = pl_arena_alloc(call->ar, sizeof(*row));
        if (row == NULL) {
            return;
        }

        pl__api__template_button_view__init(row);
        row->type = record->buttons[i]->type;
        row->text = record->buttons[i]->text;
        row->url = record->buttons[i]->url != NULL
                   ? record->buttons[i]->url->text : NULL;
        view->buttons[view->n_buttons++] = row;
    }
}


static void
template_content(pl_api_call_t *call, const Pl__TemplateRecord *record,
    Pl__Api__TemplateView *view)
{
    size_t                     i, n;
    pl_err_t                   err;
    pl_content_value_t        *values;
    Pl__Api__TemplateSample   *rows;

    if (pl_content_keys(record, call->ar, &values, &n, &err) != PL_OK) {
        return;
    }

    rows = pl_arena_alloc(call->ar, (n + 1) * sizeof(*rows));
    view->content_variables = (Pl__Api__TemplateSample **)
                              pl_rows_list(call, n);

    for (i = 0; rows != NULL && view->content_variables != NULL && i < n;
         i++)
    {
        pl__api__template_sample__init(&rows[i]);
        rows[i].name = (char *) (uintptr_t) values[i].name;
        rows[i].value = (char *) (uintptr_t) values[i].key;
        view->content_variables[view->n_content_variables++] = &rows[i];
    }
}


/* ---- reading the list ----------------------------------------------- */

static pl_status_t
template_sync(pl_api_call_t *call, pl_err_t *err)
{
    const char                *name;
    pl_status_t                rc;
    Pl__Command                command = PL__COMMAND__INIT;
    Pl__SyncRequest           *in;
    const pl_channel_conf_t   *channel;

    rc = pl_rows_text(call, 0, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_channel(call, name, NULL, &channel);
    }

    if (rc != PL_OK) {
        return rc;
    }

    in = pl_arena_alloc(call->ar, sizeof(*in));
    if (in == NULL) {
        return pl_rows_nomem(err);
    }

    pl__sync_request__init(in);
    in->tenant = call->tenant;
    in->channel = channel->row->id;
    in->actor = (char *) call->who.actor;
    command.of_case = PL__COMMAND__OF_SYNC_REQUEST;
    command.sync_request = in;

    return pl_api_command(call, &command, err);
}


/* It is asked for; when it was last read to its end is told meanwhile. */

static pl_status_t
template_synced(pl_api_call_t *call, pl_err_t *err)
{
    const char                *name;
    pl_status_t                rc;
    Pl__ChannelState          *state;
    Pl__Api__SyncAnswer        answer = PL__API__SYNC_ANSWER__INIT;
    const pl_channel_conf_t   *channel;

    rc = pl_rows_text(call, 0, &name, err);

    if (rc == PL_OK) {
        rc = pl_rows_channel(call, name, NULL, &channel);
    }

    if (rc == PL_OK) {
        rc = pl_place_state(call, channel->row->id, &state, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    answer.channel = channel->row->name;

    if (state != NULL && state->templates != NULL) {
        answer.error = state->templates->error;

        if (state->templates->has_synced_ms) {
            answer.read = pl_api_time(call, state->templates->synced_ms);
        }
    }

    return pl_api_answer(call, 0, &answer.base, err);
}
