/*
 * The provider's list of templates (provider-facts 3) as records: what each
 * component takes. A component that this version has no name for is kept by
 * its word.
 */

#include <string.h>

#include "../core/str.h"
#include "template.h"
#include "whatsapp_impl.h"


typedef struct {
    const char  *word;
    int          value;
} templates_word_t;


static pl_status_t templates_item(const Pl__Wa__TemplateItem *in, size_t i,
    pl_arena_t *ar, pl_templates_t *out, pl_err_t *err);
static pl_status_t templates_unreadable(const Pl__Wa__TemplateItem *in,
    size_t i, const char *reason, pl_arena_t *ar, pl_templates_t *out,
    pl_err_t *err);
static pl_status_t templates_record(const Pl__Wa__TemplateItem *in,
    pl_arena_t *ar, Pl__TemplateRecord **out, pl_err_t *err);
static pl_status_t templates_component(
    const Pl__Wa__TemplateComponentItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err);
static pl_status_t templates_header(const Pl__Wa__TemplateComponentItem *in,
    pl_arena_t *ar, Pl__TemplateRecord *out, pl_err_t *err);
static pl_status_t templates_buttons(
    const Pl__Wa__TemplateComponentItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err);
static pl_status_t templates_body(const Pl__Wa__TemplateItem *in,
    pl_arena_t *ar, Pl__TemplateRecord *out, pl_err_t *err);
static int templates_find(const templates_word_t *words, size_t n,
    const char *word);
static pl_status_t templates_after(const Pl__Wa__TemplatePaging *paging,
    pl_templates_t *out, pl_err_t *err);
static pl_status_t templates_nomem(pl_err_t *err);


static const templates_word_t templates_statuses[] = {
    { "APPROVED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED },
    { "PENDING", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PENDING },
    { "REJECTED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REJECTED },
    { "PAUSED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED },
    { "DISABLED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DISABLED },
    { "IN_APPEAL", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_IN_APPEAL },
    { "PENDING_DELETION",
      PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PENDING_DELETION },
    { "DELETED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DELETED },
    { "LIMIT_EXCEEDED",
      PL__TEMPLATE_STATUS__TEMPLATE_STATUS_LIMIT_EXCEEDED },
    { "ARCHIVED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_ARCHIVED },
    { "LOCKED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_LOCKED },
    { "FLAGGED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_FLAGGED },
    { "REINSTATED", PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REINSTATED },
};

static const templates_word_t templates_categories[] = {
    { "AUTHENTICATION",
      PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION },
    { "MARKETING", PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING },
    { "UTILITY", PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY },
};

static const templates_word_t templates_formats[] = {
    { "TEXT", PL__HEADER_KIND__HEADER_KIND_TEXT },
    { "IMAGE", PL__HEADER_KIND__HEADER_KIND_IMAGE },
    { "VIDEO", PL__HEADER_KIND__HEADER_KIND_VIDEO },
    { "DOCUMENT", PL__HEADER_KIND__HEADER_KIND_DOCUMENT },
    { "LOCATION", PL__HEADER_KIND__HEADER_KIND_LOCATION },
};

/* A one-time code's button is filled as a URL's. */
static const templates_word_t templates_kinds[] = {
    { "QUICK_REPLY", PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY },
    { "URL", PL__BUTTON_KIND__BUTTON_KIND_URL },
    { "OTP", PL__BUTTON_KIND__BUTTON_KIND_URL },
    { "COPY_CODE", PL__BUTTON_KIND__BUTTON_KIND_COPY_CODE },
    { "FLOW", PL__BUTTON_KIND__BUTTON_KIND_FLOW },
};


pl_status_t
pl_whatsapp_templates(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar,
    pl_templates_t *out, pl_err_t *err)
{
    size_t                       i;
    pl_status_t                  rc;
    ProtobufCMessage            *msg;
    const Pl__Wa__TemplatePage  *page;

    memset(out, 0, sizeof(*out));

    rc = pl_json_decode(codec, &pl__wa__template_page__descriptor, body, 0,
                        ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    page = (const Pl__Wa__TemplatePage *) msg;

    out->records = pl_arena_alloc(ar, page->n_data * sizeof(*out->records));
    out->unreadable = pl_arena_alloc(ar, page->n_data
                                         * sizeof(*out->unreadable));
    if (out->records == NULL || out->unreadable == NULL) {
        return templates_nomem(err);
    }

    for (i = 0; i < page->n_data; i++) {
        rc = templates_item(page->data[i], i, ar, out, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return templates_after(page->paging, out, err);
}


Pl__TemplateStatus
pl_whatsapp_templates_status(const char *word)
{
    int  value = templates_find(templates_statuses,
                                PL_COUNT(templates_statuses), word);

    return value != 0 ? (Pl__TemplateStatus) value
                      : PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER;
}


bool
pl_whatsapp_templates_category(const char *word,
    Pl__TemplateCategory *category)
{
    int  value = templates_find(templates_categories,
                                PL_COUNT(templates_categories), word);

    if (value != 0) {
        *category = (Pl__TemplateCategory) value;
    }

    return value != 0;
}


char *
pl_whatsapp_templates_language(const char *language, pl_arena_t *ar)
{
    char  *p, *copy = pl_arena_str(ar, pl_str_c(language));

    for (p = copy; p != NULL && *p != '\0'; p++) {
        if (*p == '-') {
            *p = '_';
        }
    }

    return copy;
}


static pl_status_t
templates_item(const Pl__Wa__TemplateItem *in, size_t i, pl_arena_t *ar,
    pl_templates_t *out, pl_err_t *err)
{
    pl_err_t              why;
    pl_status_t           rc;
    Pl__TemplateRecord   *record;

    if (in->bad != NULL) {
        return templates_unreadable(in, i, in->bad, ar, out, err);
    }

    rc = templates_record(in, ar, &record, &why);

    if (rc == PL_OK) {
        out->records[out->n_records++] = record;
        return PL_OK;
    }

    return rc == PL_NOMEM ? templates_nomem(err)
           : templates_unreadable(in, i, pl_arena_str(ar,
                                         pl_str_c(why.text)), ar, out, err);
}


static pl_status_t
templates_unreadable(const Pl__Wa__TemplateItem *in, size_t i,
    const char *reason, pl_arena_t *ar, pl_templates_t *out, pl_err_t *err)
{
    Pl__UnreadableItem  *item;

    item = pl_arena_alloc(ar, sizeof(*item));
    if (item == NULL || reason == NULL) {
        return templates_nomem(err);
    }

    pl__unreadable_item__init(item);
    item->reason = pl_whatsapp_const(reason);
    item->has_raw = in->has_raw;
    item->raw = in->raw;
    item->path = pl_arena_printf(ar, "data[%zu]", i);
    if (item->path == NULL) {
        return templates_nomem(err);
    }

    out->unreadable[out->n_unreadable++] = item;

    return PL_OK;
}


static pl_status_t
templates_record(const Pl__Wa__TemplateItem *in, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err)
{
    size_t                i;
    pl_status_t           rc;
    Pl__TemplateRecord   *out;

    *record = out = pl_arena_alloc(ar, sizeof(*out));
    if (out == NULL) {
        return templates_nomem(err);
    }

    pl__template_record__init(out);
    out->name = in->name;
    out->language = pl_whatsapp_templates_language(in->language, ar);
    out->status = pl_whatsapp_templates_status(in->status);
    out->word = in->status;
    out->id = pl_whatsapp_decode_some(in->id);
    out->has_category = pl_whatsapp_templates_category(in->category,
                                                       &out->category);
    out->has_correct_category =
        pl_whatsapp_templates_category(in->correct_category,
                                       &out->correct_category);

    if (in->rejected_reason != NULL
        && strcmp(in->rejected_reason, "NONE") != 0)
    {
        out->reason = pl_whatsapp_decode_some(in->rejected_reason);
    }

    if (in->quality_score != NULL) {
        out->quality = pl_whatsapp_decode_some(in->quality_score->score);
    }

    if (in->has_message_send_ttl_seconds
        && in->message_send_ttl_seconds > 0
        && in->message_send_ttl_seconds <= INT32_MAX)
    {
        out->has_ttl_s = true;
        out->ttl_s = (uint32_t) in->message_send_ttl_seconds;
    }

    out->others = pl_arena_alloc(ar, in->n_components * sizeof(char *));
    if (out->language == NULL || out->others == NULL) {
        return templates_nomem(err);
    }

    for (i = 0; i < in->n_components; i++) {
        rc = templates_component(in->components[i], ar, out, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return templates_body(in, ar, out, err);
}


static pl_status_t
templates_component(const Pl__Wa__TemplateComponentItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err)
{
    if (strcmp(in->type, "BODY") == 0) {
        return pl_template_text(in->text != NULL ? in->text : "", ar,
                                &out->body, err);
    }

    if (strcmp(in->type, "HEADER") == 0) {
        return templates_header(in, ar, out, err);
    }

    if (strcmp(in->type, "BUTTONS") == 0) {
        return templates_buttons(in, ar, out, err);
    }

    if (strcmp(in->type, "FOOTER") == 0) {
        out->footer = pl_whatsapp_decode_some(in->text);
        return PL_OK;
    }

    out->others[out->n_others++] = in->type;

    return PL_OK;
}


static pl_status_t
templates_header(const Pl__Wa__TemplateComponentItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err)
{
    int                  kind;
    Pl__TemplateHeader  *header;

    header = pl_arena_alloc(ar, sizeof(*header));
    if (header == NULL) {
        return templates_nomem(err);
    }

    pl__template_header__init(header);
    header->format = in->format != NULL ? in->format
                                        : pl_whatsapp_const("");

    kind = templates_find(templates_formats, PL_COUNT(templates_formats),
                          in->format);
    header->has_kind = kind != 0;
    header->kind = kind != 0 ? (Pl__HeaderKind) kind : header->kind;
    out->header = header;

    return in->text == NULL ? PL_OK
           : pl_template_text(in->text, ar, &header->text, err);
}


static pl_status_t
templates_buttons(const Pl__Wa__TemplateComponentItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err)
{
    int                          kind;
    size_t                       i;
    pl_status_t                  rc;
    Pl__TemplateButtonRecord    *button;

    out->buttons = pl_arena_alloc(ar, in->n_buttons
                                      * sizeof(*out->buttons));
    out->n_buttons = 0;
    if (out->buttons == NULL) {
        return templates_nomem(err);
    }

    for (i = 0; i < in->n_buttons; i++) {
        button = pl_arena_alloc(ar, sizeof(*button));
        if (button == NULL) {
            return templates_nomem(err);
        }

        pl__template_button_record__init(button);
        button->type = in->buttons[i]->type != NULL
                       ? in->buttons[i]->type : pl_whatsapp_const("");
        button->text = in->buttons[i]->text;

        kind = templates_find(templates_kinds, PL_COUNT(templates_kinds),
                              button->type);
        button->has_kind = kind != 0;
        button->kind = kind != 0 ? (Pl__ButtonKind) kind : button->kind;

        if (in->buttons[i]->url != NULL) {
            rc = pl_template_text(in->buttons[i]->url, ar, &button->url,
                                  err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        out->buttons[out->n_buttons++] = button;
    }

    return PL_OK;
}


/* An authentication template's words are the provider's; its code is ours. */

static pl_status_t
templates_body(const Pl__Wa__TemplateItem *in, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err)
{
    Pl__TemplateText  *body = out->body;

    if (body == NULL && in->n_components > 0) {
        return pl_err_set(err, PL_INVALID, "template", 0, "no body");
    }

    if (body == NULL) {
        return PL_OK;
    }

    if (body->n_variables == 0 && out->has_category
        && out->category
           == PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION)
    {
        body->variables[0] = pl_arena_str(ar, PL_STR("1"));
        if (body->variables[0] == NULL) {
            return templates_nomem(err);
        }

        body->n_variables = 1;
    }

    out->named = in->parameter_format != NULL
                 ? strcmp(in->parameter_format, "NAMED") == 0
                 : body->n_variables > 0
                   && !pl_template_positional(body->variables[0]);
    out->has_named = out->named;

    return PL_OK;
}


/*
 * The last page has a cursor, but no next. One that has a next and says not
 * where is no end: what comes behind it is not gone.
 */

static pl_status_t
templates_after(const Pl__Wa__TemplatePaging *paging, pl_templates_t *out,
    pl_err_t *err)
{
    if (paging == NULL || paging->next == NULL || paging->next[0] == '\0') {
        return PL_OK;
    }

    if (paging->cursors != NULL) {
        out->after = pl_whatsapp_decode_some(paging->cursors->after);
    }

    return out->after != NULL ? PL_OK
           : pl_err_set(err, PL_INVALID, "templates", 0,
                        "the list goes on, and says not where");
}


/* 0: none of them. */

static int
templates_find(const templates_word_t *words, size_t n, const char *word)
{
    size_t  i;

    for (i = 0; word != NULL && i < n; i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].value;
        }
    }

    return 0;
}


static pl_status_t
templates_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "templates", 0, "no memory");
}
