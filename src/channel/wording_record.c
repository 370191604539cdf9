/*
 * What may be written. See wording.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "limit.h"
#include "mail.h"
#include "template.h"
#include "wording.h"

#define RECORD_LETTERS       "abcdefghijklmnopqrstuvwxyz0123456789_"
#define RECORD_NAME_MAX      400        /* part of a key */
#define RECORD_LANGUAGE_MAX  32
#define RECORD_SMS_MAX       1600       /* characters (provider-twilio.md) */

/* One that is looked at. */
typedef struct {
    const Pl__TemplateDraft   *draft;
    bool                       mail;
    pl_err_t                  *err;
} record_t;

static pl_status_t record_check(record_t *r);
static pl_status_t record_forms(record_t *r);
static pl_status_t record_samples(record_t *r);
static pl_status_t record_used(record_t *r, const char *field,
    const char *text);
static bool record_names(const char *text, const char *name);
static const char *record_sample(const record_t *r, pl_str_t name);
static pl_status_t record_variables(const record_t *r, pl_arena_t *ar,
    Pl__TemplateText **out);
static bool record_add(pl_arena_t *ar, const char *text,
    Pl__TemplateText *to);
static pl_status_t record_fault(record_t *r, const char *path,
    const char *text);


pl_status_t
pl_wording_record(const pl_channel_t *provider,
    const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err)
{
    record_t      r = { draft, false, err };
    pl_status_t   rc;

    r.mail = provider->address == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;

    rc = record_check(&r);

    if (rc == PL_OK) {
        rc = record_forms(&r);
    }

    if (rc == PL_OK) {
        rc = record_samples(&r);
    }

    if (rc != PL_OK) {
        return rc;
    }

    *record = pl_arena_alloc(ar, sizeof(**record));
    if (*record == NULL) {
        return pl_err_set(err, PL_NOMEM, "template", 0, "out of memory");
    }

    pl__template_record__init(*record);
    (*record)->name = draft->name;
    (*record)->language = draft->language;
    (*record)->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED;
    (*record)->has_category = 1;
    (*record)->category = draft->category;
    (*record)->has_named = 1;
    (*record)->named = 1;
    (*record)->draft = (Pl__TemplateDraft *) (uintptr_t) draft;

    rc = record_variables(&r, ar, &(*record)->body);

    return rc == PL_OK ? PL_OK
           : pl_err_set(err, rc, "template", 0, "out of memory");
}


static pl_status_t
record_check(record_t *r)
{
    const Pl__TemplateDraft  *d = r->draft;

    if (d->name[0] == '\0' || strlen(d->name) > RECORD_NAME_MAX
        || d->name[strspn(d->name, RECORD_LETTERS)] != '\0')
    {
        return record_fault(r, "name", "a name is made of a-z, 0-9 and _");
    }

    if (strlen(d->language) < 2 || strlen(d->language) > RECORD_LANGUAGE_MAX
        || !pl_name_valid(pl_str_c(d->language))
        || strchr(d->language, '-') != NULL)
    {
        return record_fault(r, "language", "a code as in nl, or pt_BR");
    }

    if (d->header != NULL || d->footer != NULL || d->n_buttons != 0) {
        return record_fault(r, d->header != NULL ? "header"
                               : d->footer != NULL ? "footer" : "buttons",
                            "only templates of WhatsApp have one");
    }

    if (d->n_variables > PL_TEMPLATE_VARIABLES_MAX) {
        return record_fault(r, "variables", "too many");
    }

    return PL_OK;
}


/* A subject, a text and HTML, or a text alone. */

static pl_status_t
record_forms(record_t *r)
{
    const char               *p;
    const Pl__TemplateDraft  *d = r->draft;

    if (r->mail != (d->subject != NULL)) {
        return record_fault(r, "subject", r->mail ? "a mail has one"
                                                  : "only a mail has one");
    }

    if (!r->mail && d->html != NULL) {
        return record_fault(r, "html", "only a mail has it");
    }

    if (d->body[0] == '\0' || (d->html != NULL && d->html[0] == '\0')
        || (d->subject != NULL && d->subject[0] == '\0'))
    {
        return record_fault(r, d->body[0] == '\0' ? "body"
                               : d->html != NULL && d->html[0] == '\0'
                               ? "html" : "subject", "it is empty");
    }

    if (strlen(d->body) > PL_WORDING_TEXT_MAX
        || (!r->mail && pl_limit_chars(d->body) > RECORD_SMS_MAX))
    {
        return record_fault(r, "body", "too long");
    }

    if (d->html != NULL && strlen(d->html) > PL_WORDING_TEXT_MAX) {
        return record_fault(r, "html", "too long");
    }

    for (p = d->subject; p != NULL && *p != '\0'; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            return record_fault(r, "subject",
                                "a line's end, or a control character");
        }
    }

    return d->subject == NULL || strlen(d->subject) <= PL_MAIL_SUBJECT_MAX
           ? PL_OK : record_fault(r, "subject", "too long");
}


/* A sample of each variable, each once, and none of any other. */

static pl_status_t
record_samples(record_t *r)
{
    char                       field[48];
    size_t                     i;
    pl_status_t                rc;
    const char                *name;
    const Pl__TemplateDraft   *d = r->draft;

    for (i = 0; i < d->n_variables; i++) {
        name = d->variables[i]->name;
        (void) snprintf(field, sizeof(field), "variables[%zu].name", i);

        if (record_sample(r, pl_str_c(name)) != d->variables[i]->sample) {
            return record_fault(r, field, "it is there twice");
        }

        if (!record_names(d->body, name) && !record_names(d->html, name)
            && !record_names(d->subject, name))
        {
            return record_fault(r, field, "no text has it");
        }

        if (d->variables[i]->sample[0] == '\0') {
            (void) snprintf(field, sizeof(field), "variables[%zu].sample",
                            i);
            return record_fault(r, field, "it is empty");
        }
    }

    rc = record_used(r, "body", d->body);

    if (rc == PL_OK) {
        rc = record_used(r, "html", d->html);
    }

    return rc == PL_OK ? record_used(r, "subject", d->subject) : rc;
}


static pl_status_t
record_used(record_t *r, const char *field, const char *text)
{
    pl_wording_place_t  place;

    while (text != NULL && pl_wording_next(text, &place)) {
        if (record_sample(r, place.name) == NULL) {
            (void) pl_err_set(r->err, PL_INVALID, "template", 0,
                              "variable %.*s has no sample",
                              (int) place.name.len,
                              (const char *) place.name.data);
            pl_err_path(r->err, "%s", field);
            return PL_INVALID;
        }

        text = place.next;
    }

    return PL_OK;
}


static bool
record_names(const char *text, const char *name)
{
    pl_wording_place_t  place;

    while (text != NULL && pl_wording_next(text, &place)) {
        if (pl_str_eq(pl_str_c(name), place.name)) {
            return true;
        }

        text = place.next;
    }

    return false;
}


static const char *
record_sample(const record_t *r, pl_str_t name)
{
    size_t  i;

    for (i = 0; i < r->draft->n_variables; i++) {
        if (pl_str_eq(pl_str_c(r->draft->variables[i]->name), name)) {
            return r->draft->variables[i]->sample;
        }
    }

    return NULL;
}


/* Each once, in the order in which they are read. */

static pl_status_t
record_variables(const record_t *r, pl_arena_t *ar, Pl__TemplateText **out)
{
    Pl__TemplateText          *to;
    const Pl__TemplateDraft   *d = r->draft;

    *out = to = pl_arena_alloc(ar, sizeof(*to));
    if (to == NULL) {
        return PL_NOMEM;
    }

    pl__template_text__init(to);
    to->text = d->body;
    to->variables = pl_arena_alloc(ar, (d->n_variables + 1)
                                       * sizeof(*to->variables));

    return to->variables != NULL && record_add(ar, d->subject, to)
           && record_add(ar, d->body, to) && record_add(ar, d->html, to)
           ? PL_OK : PL_NOMEM;
}


static bool
record_add(pl_arena_t *ar, const char *text, Pl__TemplateText *to)
{
    size_t              i;
    pl_wording_place_t  place;

    for ( /* void */ ; text != NULL && pl_wording_next(text, &place);
         text = place.next)
    {
        for (i = 0; i < to->n_variables; i++) {
            if (pl_str_eq(pl_str_c(to->variables[i]), place.name)) {
                break;
            }
        }

        if (i < to->n_variables) {
            continue;
        }

        to->variables[i] = pl_arena_str(ar, place.name);
        if (to->variables[i] == NULL) {
            return false;
        }

        to->n_variables++;
    }

    return true;
}


static pl_status_t
record_fault(record_t *r, const char *path, const char *text)
{
    (void) pl_err_set(r->err, PL_INVALID, "template", 0, "%s", text);
    pl_err_path(r->err, "%s", path);

    return PL_INVALID;
}
