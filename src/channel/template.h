/*
 * Templates as a provider has them: variables, and whether what is to be
 * sent fits. Pure; any thread.
 */

#ifndef PL_TEMPLATE_H_INCLUDED
#define PL_TEMPLATE_H_INCLUDED

#include "../core/arena.h"
#include "record.pb-c.h"
#include "template.pb-c.h"

#define PL_TEMPLATE_VARIABLES_MAX  100      /* of one text */

/*
 * May this be sent as the template now is? record NULL: the provider has no
 * such template. One without a body is known by its status alone, and held
 * against that. PL_INVALID names the component: content.template.body[1],
 * content.template.header.kind, content.template.buttons[0]; what is wrong
 * with the whole template stands at content.template.name.
 */
pl_status_t pl_template_check(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_err_t *err);

/*
 * Is it a template that the provider no longer lists? whole: the row of the
 * list itself (TemplateRecord.sync), NULL where none is complete. What was
 * told of it after that list was begun stands.
 */
bool pl_template_gone(const Pl__TemplateRecord *record,
    const Pl__TemplateRecord *whole);

/* PL_INVALID, as pl_template_check would say it of such a one. */
pl_status_t pl_template_check_gone(pl_err_t *err);

/* May it be sent, as far as its status goes? */
bool pl_template_sendable(const Pl__TemplateRecord *record);

/*
 * Codes go to people's phones alone: not to groups, and not to those who are
 * known by a user id (provider-facts 1.10, 4).
 */
pl_status_t pl_template_check_address(const Pl__TemplateRecord *record,
    const Pl__Address *address, pl_err_t *err);

/*
 * A text and its variables, in the arena: numbers in their order, names in
 * that of the text. PL_TOOBIG past PL_TEMPLATE_VARIABLES_MAX; PL_NOMEM.
 */
pl_status_t pl_template_text(const char *text, pl_arena_t *ar,
    Pl__TemplateText **out, pl_err_t *err);

/* Where a variable stands in a text. */
typedef struct {
    const char  *name;          /* between the braces, without blanks */
    size_t       len;
    const char  *next;          /* behind it */
    const char  *begin;         /* its first brace */
} pl_template_place_t;

/*
 * The next {{variable}} of a text: letters, digits and _ between braces.
 * False: there is none.
 */
bool pl_template_next(const char *text, pl_template_place_t *out);

/* Is its name a number? */
bool pl_template_positional(const char *variable);

#endif /* PL_TEMPLATE_H_INCLUDED */
