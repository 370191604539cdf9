/*
 * See template.h. What a template misses is named here, before it is queued:
 * the provider counts parameters and says no more than that the number is
 * wrong.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "limit.h"
#include "template.h"

#define TEMPLATE_HEADER_MAX  60         /* characters, filled */
#define TEMPLATE_BODY_MAX    1024
#define TEMPLATE_CODE_MAX    15         /* of an authentication code */


static const char *template_status(const Pl__TemplateRecord *record);
static pl_status_t template_header(const Pl__TemplateRecord *record,
    const Pl__Header *given, pl_err_t *err);
static pl_status_t template_header_text(const Pl__TemplateRecord *record,
    const Pl__Header *given, pl_err_t *err);
static pl_status_t template_body(const Pl__TemplateRecord *record,
    const Pl__Template *given, pl_err_t *err);
static pl_status_t template_names(const Pl__TemplateRecord *record,
    const Pl__Template *given, pl_err_t *err);
static size_t template_find(const Pl__Template *given,
    const Pl__TemplateText *text, const char *variable);
static pl_status_t template_filled(const Pl__TemplateRecord *record,
    const Pl__Template *given, pl_err_t *err);
static pl_status_t template_buttons(const Pl__TemplateRecord *record,
    const Pl__Template *given, pl_err_t *err);
static pl_status_t template_button(const Pl__TemplateRecord *record,
    const Pl__TemplateButton *given, size_t i, pl_err_t *err);
static bool template_button_needs(const Pl__TemplateButtonRecord *button);
static bool template_code(const Pl__TemplateRecord *record);
static bool template_known(const Pl__TemplateText *text, const char *name,
    size_t len);
static int template_order(const void *a, const void *b);
static pl_status_t template_fault(pl_err_t *err, const char *path,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));


pl_status_t
pl_template_check(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_err_t *err)
{
    size_t        i;
    pl_status_t   rc;
    const char   *status;

    if (record == NULL) {
        return template_fault(err, "name", "no such template");
    }

    status = template_status(record);
    if (status != NULL) {
        return template_fault(err, "name", "the template is %s", status);
    }

    if (record->body == NULL) {
        return PL_OK;
    }

    for (i = 0; i < record->n_others; i++) {
        if (strcmp(record->others[i], "CAROUSEL") == 0) {
            return template_fault(err, "name",
                                  "a carousel cannot be filled");
        }
    }

    if ((rc = template_header(record, template->header, err)) != PL_OK
        || (rc = template_body(record, template, err)) != PL_OK)
    {
        return rc;
    }

    return template_buttons(record, template, err);
}


bool
pl_template_gone(const Pl__TemplateRecord *record,
    const Pl__TemplateRecord *whole)
{
    return whole != NULL && whole->has_sync
           && record->status != PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT
           && record->sync < whole->sync
           && record->updated_ms < whole->listed_ms;
}


pl_status_t
pl_template_check_gone(pl_err_t *err)
{
    return template_fault(err, "name", "the provider no longer lists it");
}


bool
pl_template_sendable(const Pl__TemplateRecord *record)
{
    return template_status(record) == NULL;
}


pl_status_t
pl_template_check_address(const Pl__TemplateRecord *record,
    const Pl__Address *address, pl_err_t *err)
{
    if (!template_code(record)
        || address->kind == PL__ADDRESS_KIND__ADDRESS_KIND_PHONE)
    {
        return PL_OK;
    }

    (void) pl_err_set(err, PL_INVALID, "check", 0,
                      "an authentication template goes to a phone alone");
    pl_err_path(err, "address.kind");

    return PL_INVALID;
}


pl_status_t
pl_template_text(const char *text, pl_arena_t *ar, Pl__TemplateText **out,
    pl_err_t *err)
{
    char                 *name;
    Pl__TemplateText     *to;
    pl_template_place_t   v;

    to = pl_arena_alloc(ar, sizeof(*to));
    if (to == NULL) {
        return pl_err_set(err, PL_NOMEM, "template", 0, "no memory");
    }

    pl__template_text__init(to);
    to->text = pl_arena_str(ar, pl_str_c(text));
    to->variables = pl_arena_alloc(ar, PL_TEMPLATE_VARIABLES_MAX
                                       * sizeof(char *));
    if (to->text == NULL || to->variables == NULL) {
        return pl_err_set(err, PL_NOMEM, "template", 0, "no memory");
    }

    for (v.next = to->text; pl_template_next(v.next, &v); /* void */) {
        if (template_known(to, v.name, v.len)) {
            continue;
        }

        if (to->n_variables == PL_TEMPLATE_VARIABLES_MAX) {
            return pl_err_set(err, PL_TOOBIG, "template", 0,
                              "more than %d variables",
                              PL_TEMPLATE_VARIABLES_MAX);
        }

        name = pl_arena_str(ar, (pl_str_t) { (const uint8_t *) v.name,
                                             v.len });
        if (name == NULL) {
            return pl_err_set(err, PL_NOMEM, "template", 0, "no memory");
        }

        to->variables[to->n_variables++] = name;
    }

    if (to->n_variables > 1 && pl_template_positional(to->variables[0])) {
        qsort(to->variables, to->n_variables, sizeof(char *),
              template_order);
    }

    *out = to;

    return PL_OK;
}


bool
pl_template_next(const char *text, pl_template_place_t *out)
{
    const char  *p, *name;

    for (p = strstr(text, "{{"); p != NULL; p = strstr(p + 1, "{{")) {
        name = p + 2 + strspn(p + 2, " ");
        out->len = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        out->next = name + out->len + strspn(name + out->len, " ");

        if (out->len > 0 && out->len <= PL_ADDRESS_MAX
            && strncmp(out->next, "}}", 2) == 0)
        {
            out->begin = p;
            out->name = name;
            out->next += 2;
            return true;
        }
    }

    return false;
}


bool
pl_template_positional(const char *variable)
{
    return variable[0] != '\0'
           && variable[strspn(variable, "0123456789")] == '\0';
}


/* Why it cannot be sent now, or NULL. */

static const char *
template_status(const Pl__TemplateRecord *record)
{
    static const char *const  words[] = {
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PENDING] = "not yet approved",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REJECTED] = "rejected",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PAUSED] = "paused",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DISABLED] = "disabled",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_IN_APPEAL] = "in appeal",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_PENDING_DELETION] =
            "being deleted",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DELETED] = "deleted",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_LIMIT_EXCEEDED] =
            "past the limit of templates",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_ARCHIVED] = "archived",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_LOCKED] = "locked",
        [PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER] =
            "in a state that is not known",
    };

    switch (record->status) {

    case PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT:
        return "not handed in";

    case PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED:
    case PL__TEMPLATE_STATUS__TEMPLATE_STATUS_FLAGGED:
    case PL__TEMPLATE_STATUS__TEMPLATE_STATUS_REINSTATED:
    case PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD:
        return NULL;

    default:
        return (size_t) record->status < PL_COUNT(words)
               && words[record->status] != NULL
               ? words[record->status]
               : words[PL__TEMPLATE_STATUS__TEMPLATE_STATUS_OTHER];
    }
}


static pl_status_t
template_header(const Pl__TemplateRecord *record, const Pl__Header *given,
    pl_err_t *err)
{
    const Pl__TemplateHeader  *header = record->header;

    static const char *const  names[] = {
        [PL__HEADER_KIND__HEADER_KIND_TEXT] = "text",
        [PL__HEADER_KIND__HEADER_KIND_IMAGE] = "an image",
        [PL__HEADER_KIND__HEADER_KIND_VIDEO] = "a video",
        [PL__HEADER_KIND__HEADER_KIND_DOCUMENT] = "a document",
        [PL__HEADER_KIND__HEADER_KIND_LOCATION] = "a location",
    };

    if (header == NULL) {
        return given == NULL ? PL_OK
               : template_fault(err, "header", "the template has none");
    }

    if (!header->has_kind || (size_t) header->kind >= PL_COUNT(names)
        || names[header->kind] == NULL)
    {
        return template_fault(err, "header",
                              "its format cannot be filled");
    }

    if (header->kind == PL__HEADER_KIND__HEADER_KIND_TEXT) {
        return template_header_text(record, given, err);
    }

    if (given == NULL) {
        return template_fault(err, "header", "missing: it takes %s",
                              names[header->kind]);
    }

    return given->kind == header->kind ? PL_OK
           : template_fault(err, "header.kind", "it takes %s",
                            names[header->kind]);
}


static pl_status_t
template_header_text(const Pl__TemplateRecord *record,
    const Pl__Header *given, pl_err_t *err)
{
    size_t                    n;
    pl_template_place_t       v;
    const Pl__TemplateText   *text = record->header->text;

    if (text == NULL || text->n_variables == 0) {
        return given == NULL ? PL_OK
               : template_fault(err, "header", "it has no variables");
    }

    if (given == NULL) {
        return template_fault(err, "header", "variable %s is missing",
                              text->variables[0]);
    }

    if (given->kind != PL__HEADER_KIND__HEADER_KIND_TEXT
        || given->text == NULL)
    {
        return template_fault(err, "header.kind", "it takes text");
    }

    if (pl_template_positional(text->variables[0])
        ? given->name != NULL && given->name[0] != '\0'
        : given->name == NULL || strcmp(given->name, text->variables[0]) != 0)
    {
        return template_fault(err, "header.name", "its variable is %s",
                              text->variables[0]);
    }

    n = pl_limit_chars(text->text);

    for (v.next = text->text; pl_template_next(v.next, &v); /* void */) {
        n += pl_limit_chars(given->text) - (size_t) (v.next - v.begin);
    }

    return n <= TEMPLATE_HEADER_MAX ? PL_OK
           : template_fault(err, "header.text",
                            "filled it has %zu characters, at most %d", n,
                            TEMPLATE_HEADER_MAX);
}


static pl_status_t
template_body(const Pl__TemplateRecord *record, const Pl__Template *given,
    pl_err_t *err)
{
    char          path[40];
    size_t        i, n = record->body->n_variables;
    pl_status_t   rc;
    const char   *name;

    rc = template_names(record, given, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < n; i++) {
        name = record->body->variables[i];

        if (template_find(given, record->body, name) == given->n_body) {
            return template_fault(err, "body", "variable %s is missing",
                                  name);
        }
    }

    /* names were compared, so that more of them are too many */

    if (given->n_body > n) {
        (void) snprintf(path, sizeof(path), "body[%zu]", n);
        return template_fault(err, path, "the template has %zu variables",
                              n);
    }

    for (i = 0; template_code(record) && i < given->n_body; i++) {
        if (pl_limit_chars(given->body[i]->text) > TEMPLATE_CODE_MAX) {
            (void) snprintf(path, sizeof(path), "body[%zu].text", i);
            return template_fault(err, path,
                                  "a code has at most %d characters",
                                  TEMPLATE_CODE_MAX);
        }
    }

    return template_filled(record, given, err);
}


/* Names where its variables have names, and then its own. */

static pl_status_t
template_names(const Pl__TemplateRecord *record, const Pl__Template *given,
    pl_err_t *err)
{
    bool         named;
    char         path[40];
    size_t       i, n = record->body->n_variables;
    const char  *name;

    named = n > 0 && !pl_template_positional(record->body->variables[0]);

    for (i = 0; n > 0 && i < given->n_body; i++) {
        name = given->body[i]->name;
        (void) snprintf(path, sizeof(path), "body[%zu].name", i);

        if ((name != NULL && name[0] != '\0') != named) {
            return template_fault(err, path, "its variables have %s",
                                  named ? "names" : "no names");
        }

        if (named && !template_known(record->body, name, strlen(name))) {
            return template_fault(err, path, "no such variable");
        }
    }

    return PL_OK;
}


/* The parameter of a variable, or n_body. */

static size_t
template_find(const Pl__Template *given, const Pl__TemplateText *text,
    const char *variable)
{
    bool    named = !pl_template_positional(variable);
    size_t  i;

    for (i = 0; i < given->n_body; i++) {
        if (named ? given->body[i]->name != NULL
                    && strcmp(given->body[i]->name, variable) == 0
                  : i < text->n_variables
                    && strcmp(text->variables[i], variable) == 0)
        {
            return i;
        }
    }

    return given->n_body;
}


static pl_status_t
template_filled(const Pl__TemplateRecord *record, const Pl__Template *given,
    pl_err_t *err)
{
    char                  name[PL_ADDRESS_MAX + 1];
    size_t                i, n = pl_limit_chars(record->body->text);
    pl_template_place_t   v;

    for (v.next = record->body->text; pl_template_next(v.next, &v); /* void */)
    {
        (void) snprintf(name, sizeof(name), "%.*s", (int) v.len, v.name);
        i = template_find(given, record->body, name);

        if (i < given->n_body) {
            n += pl_limit_chars(given->body[i]->text)
                 - (size_t) (v.next - v.begin);
        }
    }

    return n <= TEMPLATE_BODY_MAX ? PL_OK
           : template_fault(err, "body",
                            "filled it has %zu characters, at most %d", n,
                            TEMPLATE_BODY_MAX);
}


static pl_status_t
template_buttons(const Pl__TemplateRecord *record, const Pl__Template *given,
    pl_err_t *err)
{
    size_t        i, j;
    pl_status_t   rc;

    for (i = 0; i < given->n_buttons; i++) {
        rc = template_button(record, given->buttons[i], i, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    for (i = 0; i < record->n_buttons; i++) {
        if (strcmp(record->buttons[i]->type, "MPM") == 0
            || strcmp(record->buttons[i]->type, "SPM") == 0)
        {
            return template_fault(err, "buttons",
                                  "button %zu shows products, and cannot "
                                  "be filled", i);
        }

        for (j = 0; j < given->n_buttons; j++) {
            if (given->buttons[j]->index == i) {
                break;
            }
        }

        if (j == given->n_buttons
            && template_button_needs(record->buttons[i]))
        {
            return template_fault(err, "buttons",
                                  "the variable of button %zu is missing",
                                  i);
        }
    }

    return PL_OK;
}


static pl_status_t
template_button(const Pl__TemplateRecord *record,
    const Pl__TemplateButton *given, size_t i, pl_err_t *err)
{
    char                             path[40];
    const Pl__TemplateButtonRecord  *button;

    (void) snprintf(path, sizeof(path), "buttons[%zu]", i);

    if (given->index >= record->n_buttons) {
        return template_fault(err, path, "the template has %zu buttons",
                              record->n_buttons);
    }

    button = record->buttons[given->index];

    if (!button->has_kind || button->kind != given->kind) {
        return template_fault(err, path, "button %u is of another kind",
                              (unsigned) given->index);
    }

    if (button->kind == PL__BUTTON_KIND__BUTTON_KIND_URL
        && !template_button_needs(button))
    {
        return template_fault(err, path, "button %u has no variable",
                              (unsigned) given->index);
    }

    if (template_code(record)
        && button->kind == PL__BUTTON_KIND__BUTTON_KIND_URL
        && pl_limit_chars(given->text) > TEMPLATE_CODE_MAX)
    {
        return template_fault(err, path, "a code has at most %d characters",
                              TEMPLATE_CODE_MAX);
    }

    return PL_OK;
}


/* Quick replies and forms have what they say by default. */

static bool
template_button_needs(const Pl__TemplateButtonRecord *button)
{
    if (!button->has_kind) {
        return false;
    }

    switch (button->kind) {

    case PL__BUTTON_KIND__BUTTON_KIND_COPY_CODE:
        return true;

    case PL__BUTTON_KIND__BUTTON_KIND_URL:
        return strcmp(button->type, "OTP") == 0
               || (button->url != NULL && button->url->n_variables > 0);

    default:
        return false;
    }
}


static bool
template_code(const Pl__TemplateRecord *record)
{
    return record->has_category
           && record->category
              == PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION;
}


static bool
template_known(const Pl__TemplateText *text, const char *name, size_t len)
{
    size_t  i;

    for (i = 0; i < text->n_variables; i++) {
        if (strlen(text->variables[i]) == len
            && memcmp(text->variables[i], name, len) == 0)
        {
            return true;
        }
    }

    return false;
}


/* By number: of two without a leading zero, the longer is the greater. */

static int
template_order(const void *a, const void *b)
{
    const char  *one = *(const char *const *) a;
    const char  *two = *(const char *const *) b;
    size_t       one_len = strlen(one), two_len = strlen(two);

    return one_len != two_len ? (one_len > two_len) - (one_len < two_len)
                              : strcmp(one, two);
}


static pl_status_t
template_fault(pl_err_t *err, const char *path, const char *fmt, ...)
{
    char     text[PL_ERR_TEXT_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    (void) pl_err_set(err, PL_INVALID, "check", 0, "%s", text);
    pl_err_path(err, "content.template.%s", path);

    return PL_INVALID;
}
