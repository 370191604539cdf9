/*
 * Templates of the house's own, of channels whose providers keep none: SMS
 * and mail. They are written over the API, need nobody's approval, and are
 * filled in here, when a message is queued: what is kept, shown and counted
 * is what the person reads.
 *
 *     {naam}            a variable
 *     {naam|daar}       and what stands there where nobody gave a value
 *     {{naam|daar}}     the same, as flows have it
 *
 * A variable's name is letters, digits and _; a fallback has no brace and no
 * line's end. Braces around anything else are text, as style sheets have
 * them. One pass: what a value brings in is never looked at again. In HTML
 * a value is text, whatever it holds.
 *
 * A name that nobody gave and that has no fallback, an empty value without
 * one, and a value of no variable are mistakes, never holes.
 *
 * Pure; any thread.
 */

#ifndef PL_WORDING_H_INCLUDED
#define PL_WORDING_H_INCLUDED

#include "channel.h"

#define PL_WORDING_TEXT_MAX     (64 * 1024)     /* of each form of mail */
#define PL_WORDING_VALUE_MAX    1024            /* characters, of a value */

/* Has the channel templates of the house's own? */
bool pl_wording_own(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel);

/* A variable of a text. */
typedef struct {
    const char  *begin;         /* its first brace */
    const char  *next;          /* behind its last one */
    pl_str_t     name;
    pl_str_t     fallback;      /* data NULL: none */
} pl_wording_place_t;

/* The next one of a text; false: there is none. */
bool pl_wording_next(const char *text, pl_wording_place_t *out);

/*
 * One that was written, looked at for such a channel, and the record that is
 * kept of it: approved, its variables in the order of subject, text, HTML.
 * PL_INVALID with the field's path (subject, variables[0].name); PL_NOMEM.
 */
pl_status_t pl_wording_record(const pl_channel_t *provider,
    const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err);

/*
 * What is said by it: a text, or a mail. Parameters without names fill its
 * variables in their order. PL_INVALID with the path: content.template.name
 * where there is no such one (record NULL), content.template.body[1] for a
 * value, content.template.body for a variable that has none; PL_TOOBIG
 * where it comes to more than a text may have; PL_NOMEM.
 */
pl_status_t pl_wording_fill(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_arena_t *ar, Pl__Content **out,
    pl_err_t *err);

#endif /* PL_WORDING_H_INCLUDED */
