/*
 * See content.h.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "content.h"
#include "draft.h"
#include "template.h"
#include "twilio_impl.h"

/* One that is filled. */
typedef struct {
    const Pl__TemplateRecord   *record;
    pl_arena_t                 *ar;
    pl_content_value_t         *values;
    size_t                      n;
    pl_err_t                   *err;
} content_t;

static size_t content_max(const Pl__TemplateRecord *record);
static bool content_add(content_t *c, const Pl__TemplateText *text);
static const char *content_key(content_t *c, const char *name);
static pl_status_t content_body(content_t *c, const Pl__Template *template);
static pl_status_t content_header(content_t *c, const Pl__Header *given);
static pl_status_t content_buttons(content_t *c,
    const Pl__Template *template);
static pl_status_t content_reply(content_t *c, size_t i,
    const Pl__TemplateButton *given);
static pl_status_t content_say(content_t *c, const char *name,
    const char *value, const char *path);
static pl_status_t content_fault(content_t *c, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static pl_status_t content_nomem(pl_err_t *err);


bool
pl_content_has(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel)
{
    return provider != NULL && provider->contents
           && pl_channel_windows(provider, channel);
}


bool
pl_content_by_row(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel, const Pl__Template *template)
{
    return pl_content_has(provider, channel)
           && !pl_content_sid(template->name);
}


bool
pl_content_sid(const char *s)
{
    return pl_twilio_sid(s, "HX");
}


pl_status_t
pl_content_record(const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_draft_one(draft, ar, record, err);
    if (rc != PL_OK) {
        return rc;
    }

    /* a send's language is looked up with _, whatever it says */

    if (!pl_name_valid(pl_str_c(draft->language))
        || strchr(draft->language, '-') != NULL)
    {
        (void) pl_err_set(err, PL_INVALID, "template", 0,
                          "a code as in nl, or pt_BR");
        pl_err_path(err, "language");
        return PL_INVALID;
    }

    (*record)->draft = (Pl__TemplateDraft *) (uintptr_t) draft;
    (*record)->id = draft->content_sid;

    if (draft->content_sid == NULL) {
        (*record)->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT;
    }

    return PL_OK;
}


pl_status_t
pl_content_keys(const Pl__TemplateRecord *record, pl_arena_t *ar,
    pl_content_value_t **values, size_t *n, pl_err_t *err)
{
    bool       all;
    size_t     i;
    content_t  c = { record, ar, NULL, 0, err };

    c.values = pl_arena_alloc(ar, (content_max(record) + 1)
                                  * sizeof(*c.values));
    if (c.values == NULL) {
        return content_nomem(err);
    }

    all = content_add(&c, record->body)
          && content_add(&c, record->header == NULL
                             ? NULL : record->header->text);

    for (i = 0; all && i < record->n_buttons; i++) {
        all = content_add(&c, record->buttons[i]->url);
    }

    *values = c.values;
    *n = c.n;

    return all ? PL_OK : content_nomem(err);
}


pl_status_t
pl_content_fill(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_arena_t *ar,
    pl_content_value_t **values, size_t *n, pl_err_t *err)
{
    content_t    c = { record, ar, NULL, 0, err };
    pl_status_t  rc;

    if (record == NULL || record->draft == NULL
        || record->draft->content_sid == NULL
        || !pl_content_sid(record->draft->content_sid))
    {
        (void) content_fault(&c, "content.template.name",
                             "no ContentSid is known of it");
        return PL_NOTFOUND;
    }

    rc = record->body != NULL ? pl_template_check(record, template, err)
         : content_fault(&c, "content.template.name",
                         "its text is not known");

    if (rc == PL_OK) {
        rc = pl_content_keys(record, ar, &c.values, &c.n, err);
    }

    if (rc == PL_OK) {
        rc = content_body(&c, template);
    }

    if (rc == PL_OK && template->header != NULL) {
        rc = content_header(&c, template->header);
    }

    if (rc == PL_OK) {
        rc = content_buttons(&c, template);
    }

    *values = c.values;
    *n = c.n;

    return rc;
}


static size_t
content_max(const Pl__TemplateRecord *record)
{
    size_t  i, n = 0;

    n += record->body != NULL ? record->body->n_variables : 0;
    n += record->header != NULL && record->header->text != NULL
         ? record->header->text->n_variables : 0;

    for (i = 0; i < record->n_buttons; i++) {
        n += record->buttons[i]->url != NULL
             ? record->buttons[i]->url->n_variables : 0;
    }

    return n;
}


/* Those of a text, which may be NULL, that none before it had. */

static bool
content_add(content_t *c, const Pl__TemplateText *text)
{
    size_t       i, k;
    const char  *name;

    for (i = 0; text != NULL && i < text->n_variables; i++) {
        name = text->variables[i];

        for (k = 0; k < c->n && strcmp(c->values[k].name, name) != 0; k++) {
            /* void */
        }

        if (k < c->n) {
            continue;
        }

        c->values[k].name = name;
        c->values[k].value = NULL;
        c->values[k].key = content_key(c, name);
        if (c->values[k].key == NULL) {
            return false;
        }

        c->n++;
    }

    return true;
}


/* That of the next one. */

static const char *
content_key(content_t *c, const char *name)
{
    size_t                     i;
    const Pl__TemplateDraft   *draft = c->record->draft;

    for (i = 0; draft != NULL && i < draft->n_variables; i++) {
        if (strcmp(draft->variables[i]->name, name) == 0
            && draft->variables[i]->key != NULL)
        {
            return draft->variables[i]->key;
        }
    }

    return pl_template_positional(name)
           ? name : pl_arena_printf(c->ar, "%zu", c->n + 1);
}


/* ---- values --------------------------------------------------------- */

static pl_status_t
content_body(content_t *c, const Pl__Template *template)
{
    char          path[64];
    size_t        i;
    pl_status_t   rc = PL_OK;
    const char   *name;

    for (i = 0; rc == PL_OK && i < template->n_body; i++) {
        name = template->body[i]->name;

        if (name == NULL || name[0] == '\0') {
            name = i < c->record->body->n_variables
                   ? c->record->body->variables[i] : "";
        }

        (void) snprintf(path, sizeof(path), "content.template.body[%zu].text",
                        i);
        rc = content_say(c, name, template->body[i]->text, path);
    }

    return rc;
}


/* Held against the template already; but a row that was read in with a
   tenant may have what no draft has, as an image. */

static pl_status_t
content_header(content_t *c, const Pl__Header *given)
{
    const Pl__TemplateText  *text = c->record->header->text;

    if (text == NULL || text->n_variables == 0 || given->text == NULL) {
        return content_fault(c, "content.template.header",
                             "a content takes text alone");
    }

    return content_say(c, text->variables[0], given->text,
                       "content.template.header.text");
}


/* Likewise: of URLs and quick replies alone. */

static pl_status_t
content_buttons(content_t *c, const Pl__Template *template)
{
    char                             path[64];
    size_t                           i;
    pl_status_t                      rc = PL_OK;
    const Pl__TemplateButton        *given;
    const Pl__TemplateButtonRecord  *button;

    for (i = 0; rc == PL_OK && i < template->n_buttons; i++) {
        given = template->buttons[i];
        button = c->record->buttons[given->index];

        (void) snprintf(path, sizeof(path),
                        "content.template.buttons[%zu].text", i);

        if (given->text == NULL) {
            rc = content_fault(c, path, "required");

        } else if (button->url != NULL && button->url->n_variables > 0) {
            rc = content_say(c, button->url->variables[0], given->text,
                             path);

        } else {
            rc = content_reply(c, i, given);
        }
    }

    return rc;
}


static pl_status_t
content_reply(content_t *c, size_t i, const Pl__TemplateButton *given)
{
    char         path[64];
    const char  *id = NULL;

    if (given->index < c->record->draft->n_buttons) {
        id = c->record->draft->buttons[given->index]->id;
    }

    if (id != NULL && strcmp(id, given->text) == 0) {
        return PL_OK;
    }

    (void) snprintf(path, sizeof(path), "content.template.buttons[%zu].text",
                    i);

    return content_fault(c, path, id == NULL
                         ? "the id of the content's button is not known"
                         : "the content's button has another id");
}


/* One variable has one value, wherever it stands. */

static pl_status_t
content_say(content_t *c, const char *name, const char *value,
    const char *path)
{
    size_t  i;

    for (i = 0; i < c->n; i++) {
        if (strcmp(c->values[i].name, name) == 0) {
            break;
        }
    }

    if (i == c->n) {
        return content_fault(c, path, "no such variable");
    }

    if (c->values[i].value != NULL
        && strcmp(c->values[i].value, value) != 0)
    {
        return content_fault(c, path, "variable %s has another value "
                             "elsewhere", name);
    }

    c->values[i].value = value;

    return PL_OK;
}


static pl_status_t
content_fault(content_t *c, const char *path, const char *fmt, ...)
{
    char     text[PL_ERR_TEXT_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    (void) pl_err_set(c->err, PL_INVALID, "check", 0, "%s", text);
    pl_err_path(c->err, "%s", path);

    return PL_INVALID;
}


static pl_status_t
content_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "template", 0, "no memory");
}
