/*
 * Templates as they are written: a file of them, with a sample for each
 * variable, before a provider has approved any. From a draft come the record
 * that sends and flows are held against, a text that people can read, and
 * what a provider asks for (the channel's part). docs/templates.md has the
 * file.
 *
 * What a provider is known to refuse is refused here, with its place: a text
 * that begins or ends with a variable, two variables side by side, a
 * variable without a sample or a sample without a variable.
 *
 * Pure; any thread.
 */

#ifndef PL_DRAFT_H_INCLUDED
#define PL_DRAFT_H_INCLUDED

#include "../core/arena.h"
#include "../core/json.h"
#include "template.pb-c.h"

#define PL_DRAFT_FILE_MAX       (1024u * 1024)  /* bytes */
#define PL_DRAFT_TEMPLATES_MAX  1000            /* of a file */

typedef struct {
    Pl__TemplateDraft       **drafts;
    Pl__TemplateRecord      **records;  /* of each, in the same order:
                                           approved, variables with names */
    size_t                    n;
} pl_drafts_t;

/*
 * Reads a file of drafts into the arena. PL_INVALID, PL_TOOBIG with path,
 * line and column; PL_NOMEM. json must outlive nothing.
 */
pl_status_t pl_draft_read(const pl_codec_t *codec, pl_str_t json,
    pl_arena_t *ar, pl_drafts_t *out, pl_err_t *err);

/*
 * One that was written elsewhere: looked at as one of a file is, and the
 * record that it makes, approved. PL_INVALID with the field's path (name,
 * buttons[0].url); PL_NOMEM.
 */
pl_status_t pl_draft_one(const Pl__TemplateDraft *draft, pl_arena_t *ar,
    Pl__TemplateRecord **record, pl_err_t *err);

/*
 * A text of the draft with its samples filled in, once; in the arena. A
 * variable without a sample stays as it is. NULL: the arena is full.
 */
const char *pl_draft_sample(const Pl__TemplateDraft *draft, const char *text,
    pl_arena_t *ar);

/* The sample of a variable, or NULL. */
const char *pl_draft_value(const Pl__TemplateDraft *draft,
    const char *variable);

/* Rows of rules of the file's shapes. */
extern const pl_rules_t  pl_draft_rules;

#endif /* PL_DRAFT_H_INCLUDED */
