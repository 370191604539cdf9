/*
 * See draft.h. Places are JSON paths into the file; line and column are
 * looked up once a mistake is found.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "content.h"
#include "draft.h"
#include "limit.h"
#include "template.h"

#define DRAFT_NAME_MAX      400         /* part of a key */
#define DRAFT_LANGUAGE_MAX  32
#define DRAFT_BODY_MAX      1024        /* characters */
#define DRAFT_SHORT_MAX     60          /* a header, a footer */
#define DRAFT_BUTTON_MAX    25
#define DRAFT_URL_MAX       2000
#define DRAFT_BUTTONS_MAX   10
#define DRAFT_URLS_MAX      2
#define DRAFT_LETTERS       "abcdefghijklmnopqrstuvwxyz0123456789_"


/* A file that is looked at. */
typedef struct {
    pl_str_t                  json;
    size_t                    i;        /* the template's place */
    bool                      alone;    /* of no file */
    const Pl__TemplateDraft  *draft;
    pl_err_t                 *err;
} draft_check_t;


static pl_status_t draft_check(draft_check_t *check);
static pl_status_t draft_variables(draft_check_t *check);
static pl_status_t draft_content(draft_check_t *check);
static pl_status_t draft_buttons(draft_check_t *check);
static pl_status_t draft_button(draft_check_t *check, size_t i);
static pl_status_t draft_order(draft_check_t *check);
static pl_status_t draft_text(draft_check_t *check, const char *field,
    const char *text, size_t max);
static pl_status_t draft_places(draft_check_t *check, const char *field,
    const char *text);
static bool draft_used(const Pl__TemplateDraft *draft, const char *name);
static bool draft_names(const char *text, const char *name);
static const char *draft_find(const Pl__TemplateDraft *draft,
    const char *name, size_t len);
static pl_status_t draft_record(const Pl__TemplateDraft *draft,
    pl_arena_t *ar, Pl__TemplateRecord **out, pl_err_t *err);
static pl_status_t draft_record_buttons(const Pl__TemplateDraft *draft,
    pl_arena_t *ar, Pl__TemplateRecord *out, pl_err_t *err);
static pl_status_t draft_mistake(draft_check_t *check, const char *field,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static pl_status_t draft_nomem(pl_err_t *err);


#define BOUND(shape, field, rule, bound)                                      \
    { &pl__##shape##__descriptor, field, PL_RULE_##rule, NULL, bound }

static const pl_rule_t draft_rules[] = {
    BOUND(template_file, "templates", LEN_MAX, PL_DRAFT_TEMPLATES_MAX),
    BOUND(template_draft, "name", LEN_MIN, 1),
    BOUND(template_draft, "name", LEN_MAX, DRAFT_NAME_MAX),
    BOUND(template_draft, "language", LEN_MIN, 2),
    BOUND(template_draft, "language", LEN_MAX, DRAFT_LANGUAGE_MAX),
    BOUND(template_draft, "body", LEN_MIN, 1),
    BOUND(template_draft, "buttons", LEN_MAX, DRAFT_BUTTONS_MAX),
    BOUND(template_draft, "variables", LEN_MAX, PL_TEMPLATE_VARIABLES_MAX),
    BOUND(template_draft_button, "text", LEN_MIN, 1),
    BOUND(template_draft_button, "url", LEN_MAX, DRAFT_URL_MAX),
    BOUND(template_variable, "name", LEN_MIN, 1),
    BOUND(template_variable, "name", LEN_MAX, PL_NAME_MAX),
    BOUND(template_variable, "sample", LEN_MIN, 1),
    BOUND(template_variable, "sample", LEN_MAX, DRAFT_BODY_MAX),
    BOUND(template_variable, "key", LEN_MIN, 1),
    BOUND(template_variable, "key", LEN_MAX, PL_CONTENT_KEY_MAX),
};

const pl_rules_t  pl_draft_rules = { draft_rules, PL_COUNT(draft_rules) };


pl_status_t
pl_draft_read(const pl_codec_t *codec, pl_str_t json, pl_arena_t *ar,
    pl_drafts_t *out, pl_err_t *err)
{
    size_t              i, k;
    pl_status_t         rc;
    draft_check_t       check = { json, 0, false, NULL, err };
    Pl__TemplateFile   *file;
    ProtobufCMessage   *msg;

    memset(out, 0, sizeof(*out));

    if (json.len > PL_DRAFT_FILE_MAX) {
        return pl_err_set(err, PL_TOOBIG, "templates", 0,
                          "a file of templates has at most %u bytes",
                          PL_DRAFT_FILE_MAX);
    }

    rc = pl_json_decode(codec, &pl__template_file__descriptor, json,
                        PL_JSON_COMMENTS | PL_JSON_STRICT, ar, &msg, err);
    if (rc != PL_OK) {
        return rc;
    }

    file = (Pl__TemplateFile *) msg;
    out->drafts = file->templates;
    out->records = pl_arena_alloc(ar, (file->n_templates + 1)
                                      * sizeof(*out->records));
    if (out->records == NULL) {
        return draft_nomem(err);
    }

    for (i = 0; i < file->n_templates; i++) {
        check.i = i;
        check.draft = file->templates[i];

        for (k = 0; k < i; k++) {
            if (strcmp(file->templates[k]->name, check.draft->name) == 0
                && strcmp(file->templates[k]->language,
                          check.draft->language) == 0)
            {
                return draft_mistake(&check, "name",
                                     "there is one of this name and "
                                     "language already");
            }
        }

        if ((rc = draft_check(&check)) != PL_OK
            || (rc = draft_record(check.draft, ar, &out->records[i], err))
               != PL_OK)
        {
            return rc;
        }
    }

    out->n = file->n_templates;

    return PL_OK;
}


pl_status_t
pl_draft_one(const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err)
{
    pl_status_t    rc;
    draft_check_t  check = { PL_STR_NULL, 0, true, draft, err };

    if (draft->name[0] == '\0' || strlen(draft->name) > DRAFT_NAME_MAX) {
        return draft_mistake(&check, "name", "1 to %d letters",
                             DRAFT_NAME_MAX);
    }

    if (strlen(draft->language) < 2
        || strlen(draft->language) > DRAFT_LANGUAGE_MAX)
    {
        return draft_mistake(&check, "language", "a code as in es_ES");
    }

    if (draft->body[0] == '\0') {
        return draft_mistake(&check, "body", "it is empty");
    }

    if (draft->n_buttons > DRAFT_BUTTONS_MAX) {
        return draft_mistake(&check, "buttons", "at most %d",
                             DRAFT_BUTTONS_MAX);
    }

    if (draft->n_variables > PL_TEMPLATE_VARIABLES_MAX) {
        return draft_mistake(&check, "variables", "at most %d",
                             PL_TEMPLATE_VARIABLES_MAX);
    }

    rc = draft_check(&check);

    return rc == PL_OK ? draft_record(draft, ar, record, err) : rc;
}


const char *
pl_draft_sample(const Pl__TemplateDraft *draft, const char *text,
    pl_arena_t *ar)
{
    size_t                len = 0, max = strlen(text) + 1;
    char                 *out;
    const char           *p, *sample;
    pl_template_place_t   place;

    for (p = text; pl_template_next(p, &place); p = place.next) {
        sample = draft_find(draft, place.name, place.len);
        max += sample != NULL ? strlen(sample) : 0;
    }

    out = pl_arena_alloc(ar, max);
    if (out == NULL) {
        return NULL;
    }

    for (p = text; pl_template_next(p, &place); p = place.next) {
        memcpy(out + len, p, (size_t) (place.begin - p));
        len += (size_t) (place.begin - p);

        sample = draft_find(draft, place.name, place.len);

        if (sample != NULL) {
            memcpy(out + len, sample, strlen(sample));
            len += strlen(sample);

        } else {
            memcpy(out + len, place.begin,
                   (size_t) (place.next - place.begin));
            len += (size_t) (place.next - place.begin);
        }
    }

    memcpy(out + len, p, strlen(p) + 1);

    return out;
}


const char *
pl_draft_value(const Pl__TemplateDraft *draft, const char *variable)
{
    return draft_find(draft, variable, strlen(variable));
}


static pl_status_t
draft_check(draft_check_t *check)
{
    pl_status_t                rc;
    pl_template_place_t        place;
    const Pl__TemplateDraft   *draft = check->draft;

    if (draft->name[strspn(draft->name, DRAFT_LETTERS)] != '\0') {
        return draft_mistake(check, "name",
                             "a name is made of a-z, 0-9 and _");
    }

    if ((rc = draft_variables(check)) != PL_OK
        || (rc = draft_content(check)) != PL_OK
        || (rc = draft_text(check, "body", draft->body, DRAFT_BODY_MAX))
           != PL_OK
        || (rc = draft_places(check, "body", draft->body)) != PL_OK)
    {
        return rc;
    }

    if (draft->header != NULL) {
        rc = draft_text(check, "header", draft->header, DRAFT_SHORT_MAX);
        if (rc != PL_OK) {
            return rc;
        }

        if (pl_template_next(draft->header, &place)
            && pl_template_next(place.next, &place))
        {
            return draft_mistake(check, "header",
                                 "a header has one variable at most");
        }
    }

    if (draft->footer != NULL) {
        rc = draft_text(check, "footer", draft->footer, DRAFT_SHORT_MAX);
        if (rc != PL_OK) {
            return rc;
        }

        if (pl_template_next(draft->footer, &place)) {
            return draft_mistake(check, "footer",
                                 "a footer has no variables");
        }
    }

    return draft_buttons(check);
}


/*
 * Names of letters, each once, and each used. Numbers, as a content has them,
 * where it is one: all of them, or none.
 */

static pl_status_t
draft_variables(draft_check_t *check)
{
    char         field[48];
    size_t       i;
    const char  *name;

    for (i = 0; i < check->draft->n_variables; i++) {
        name = check->draft->variables[i]->name;
        (void) snprintf(field, sizeof(field), "variables[%zu].name", i);

        if (name[strspn(name, DRAFT_LETTERS)] != '\0'
            || (pl_template_positional(name)
                && check->draft->content_sid == NULL))
        {
            return draft_mistake(check, field, "a variable's name is made "
                                 "of a-z, 0-9 and _, and is no number");
        }

        if (draft_find(check->draft, name, strlen(name))
            != check->draft->variables[i]->sample)
        {
            return draft_mistake(check, field, "it is there twice");
        }

        if (!draft_used(check->draft, name)) {
            return draft_mistake(check, field, "no text has it");
        }

        if (pl_template_positional(name)
            != pl_template_positional(check->draft->variables[0]->name))
        {
            return draft_mistake(check, field,
                                 "all variables are numbers, or none");
        }
    }

    return PL_OK;
}


/* What its content on Twilio is called, and has. */

static pl_status_t
draft_content(draft_check_t *check)
{
    pl_err_t  why;

    memset(&why, 0, sizeof(why));

    return pl_content_draft(check->draft, &why) == PL_OK ? PL_OK
           : draft_mistake(check, why.path, "%s", why.text);
}


static pl_status_t
draft_buttons(draft_check_t *check)
{
    size_t        i, urls = 0;
    pl_status_t   rc;

    for (i = 0; i < check->draft->n_buttons; i++) {
        urls += (check->draft->buttons[i]->kind
                 == PL__BUTTON_KIND__BUTTON_KIND_URL);

        rc = draft_button(check, i);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return urls <= DRAFT_URLS_MAX ? draft_order(check)
           : draft_mistake(check, "buttons", "a template has at most %d "
                           "buttons that open a URL", DRAFT_URLS_MAX);
}


static pl_status_t
draft_button(draft_check_t *check, size_t i)
{
    char                             field[48];
    bool                             url;
    pl_template_place_t              place;
    const Pl__TemplateDraftButton   *button = check->draft->buttons[i];

    (void) snprintf(field, sizeof(field), "buttons[%zu].kind", i);
    url = (button->kind == PL__BUTTON_KIND__BUTTON_KIND_URL);

    if (!url && button->kind != PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY) {
        return draft_mistake(check, field,
                             "a button is a quick_reply or a url");
    }

    (void) snprintf(field, sizeof(field), "buttons[%zu].text", i);

    if (pl_limit_chars(button->text) > DRAFT_BUTTON_MAX) {
        return draft_mistake(check, field, "at most %d characters",
                             DRAFT_BUTTON_MAX);
    }

    if (pl_template_next(button->text, &place)) {
        return draft_mistake(check, field, "a button's text has no "
                             "variables");
    }

    (void) snprintf(field, sizeof(field), "buttons[%zu]", i);

    if (url != (button->url != NULL)) {
        return draft_mistake(check, field, "%s", url
                             ? "url is missing"
                             : "only a url button has a url");
    }

    if (url && pl_template_next(button->url, &place)
        && place.next[0] != '\0')
    {
        (void) snprintf(field, sizeof(field), "buttons[%zu].url", i);
        return draft_mistake(check, field,
                             "a url has one variable at most, at its end");
    }

    return url ? draft_text(check, field, button->url, DRAFT_URL_MAX)
               : PL_OK;
}


/* Quick replies stand together, all first or all last. */

static pl_status_t
draft_order(draft_check_t *check)
{
    size_t                     i, changes = 0;
    const Pl__TemplateDraft   *draft = check->draft;

    for (i = 1; i < draft->n_buttons; i++) {
        changes += (draft->buttons[i]->kind != draft->buttons[i - 1]->kind);
    }

    return changes <= 1 ? PL_OK
           : draft_mistake(check, "buttons", "quick replies stand "
                           "together, all first or all last");
}


/* Length, and a sample for each variable. */

static pl_status_t
draft_text(draft_check_t *check, const char *field, const char *text,
    size_t max)
{
    const char           *p;
    pl_template_place_t   place;

    if (pl_limit_chars(text) > max) {
        return draft_mistake(check, field, "at most %zu characters", max);
    }

    for (p = text; pl_template_next(p, &place); p = place.next) {
        if (draft_find(check->draft, place.name, place.len) == NULL) {
            return draft_mistake(check, field,
                                 "variable %.*s has no sample",
                                 (int) place.len, place.name);
        }
    }

    return PL_OK;
}


/* Neither at an end nor side by side: a provider refuses such a one. */

static pl_status_t
draft_places(draft_check_t *check, const char *field, const char *text)
{
    const char           *p;
    pl_template_place_t   place;

    for (p = text; pl_template_next(p, &place); p = place.next) {
        if (place.begin == p + strspn(p, " \n")) {
            return draft_mistake(check, field, p == text
                                 ? "it begins with a variable"
                                 : "two variables stand side by side");
        }

        if (place.next[strspn(place.next, " \n")] == '\0') {
            return draft_mistake(check, field, "it ends with a variable");
        }
    }

    return PL_OK;
}


static bool
draft_used(const Pl__TemplateDraft *draft, const char *name)
{
    size_t  i;

    if (draft_names(draft->body, name) || draft_names(draft->header, name)) {
        return true;
    }

    for (i = 0; i < draft->n_buttons; i++) {
        if (draft_names(draft->buttons[i]->url, name)) {
            return true;
        }
    }

    return false;
}


/* text may be NULL. */

static bool
draft_names(const char *text, const char *name)
{
    const char           *p;
    pl_template_place_t   place;

    for (p = text; p != NULL && pl_template_next(p, &place); p = place.next)
    {
        if (strlen(name) == place.len
            && memcmp(name, place.name, place.len) == 0)
        {
            return true;
        }
    }

    return false;
}


static const char *
draft_find(const Pl__TemplateDraft *draft, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < draft->n_variables; i++) {
        if (strlen(draft->variables[i]->name) == len
            && memcmp(draft->variables[i]->name, name, len) == 0)
        {
            return draft->variables[i]->sample;
        }
    }

    return NULL;
}


static pl_status_t
draft_record(const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **out, pl_err_t *err)
{
    pl_status_t           rc;
    Pl__TemplateRecord   *record;

    record = pl_arena_alloc(ar, sizeof(*record));
    if (record == NULL) {
        return draft_nomem(err);
    }

    pl__template_record__init(record);
    record->name = draft->name;
    record->language = draft->language;
    record->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED;
    record->has_category = true;
    record->category = draft->category;
    record->has_named = true;
    record->named = draft->n_variables == 0
                    || !pl_template_positional(draft->variables[0]->name);
    record->footer = draft->footer;

    if (draft->header != NULL) {
        record->header = pl_arena_alloc(ar, sizeof(*record->header));
        if (record->header == NULL) {
            return draft_nomem(err);
        }

        pl__template_header__init(record->header);
        record->header->has_kind = true;
        record->header->kind = PL__HEADER_KIND__HEADER_KIND_TEXT;
        record->header->format = (char *) (uintptr_t) "TEXT";

        rc = pl_template_text(draft->header, ar, &record->header->text, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    rc = pl_template_text(draft->body, ar, &record->body, err);
    if (rc != PL_OK) {
        return rc;
    }

    *out = record;

    return draft_record_buttons(draft, ar, record, err);
}


static pl_status_t
draft_record_buttons(const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord *out, pl_err_t *err)
{
    size_t                      i;
    pl_status_t                 rc;
    Pl__TemplateButtonRecord   *button;

    out->buttons = pl_arena_alloc(ar, (draft->n_buttons + 1)
                                      * sizeof(*out->buttons));
    if (out->buttons == NULL) {
        return draft_nomem(err);
    }

    for (i = 0; i < draft->n_buttons; i++) {
        button = pl_arena_alloc(ar, sizeof(*button));
        if (button == NULL) {
            return draft_nomem(err);
        }

        pl__template_button_record__init(button);
        button->has_kind = true;
        button->kind = draft->buttons[i]->kind;
        button->text = draft->buttons[i]->text;
        button->type = (char *) (uintptr_t)
                       (draft->buttons[i]->url != NULL ? "URL"
                                                       : "QUICK_REPLY");

        if (draft->buttons[i]->url != NULL) {
            rc = pl_template_text(draft->buttons[i]->url, ar, &button->url,
                                  err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        out->buttons[out->n_buttons++] = button;
    }

    return PL_OK;
}


static pl_status_t
draft_mistake(draft_check_t *check, const char *field, const char *fmt, ...)
{
    char      text[PL_ERR_TEXT_MAX], path[PL_ERR_PATH_MAX];
    unsigned  line = 0, column = 0;
    va_list   args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (check->alone) {
        (void) snprintf(path, sizeof(path), "%s", field);

    } else {
        (void) snprintf(path, sizeof(path), "templates[%zu].%s", check->i,
                        field);
        (void) pl_json_locate(check->json, path, &line, &column);
    }

    (void) pl_err_set(check->err, PL_INVALID, "templates", 0, "%s", text);
    pl_err_path(check->err, "%s", path);

    if (check->err != NULL) {
        check->err->line = line;
        check->err->column = column;
    }

    return PL_INVALID;
}


static pl_status_t
draft_nomem(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "templates", 0, "no memory");
}
