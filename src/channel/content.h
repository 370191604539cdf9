/*
 * Templates of a channel whose provider knows them by another name. On
 * Twilio's WhatsApp a template is a content that is written there: it has a
 * ContentSid (HX…), and one list of variables over all of its texts, where
 * the Cloud API has a name, a language, and parameters for each component
 * (provider-facts 7.1). The template that is written here, over the API, is
 * the same for both (TemplateDraft); of a content it says its ContentSid as
 * well, so that one send goes to either:
 *
 *     name + language       ContentSid
 *     body, header, URLs    ContentVariables: {"1":"Ana","2":"A-17"}
 *
 * A variable's key is what the template says (TemplateVariable.key), else
 * its number, from 1, in the order of body, header, buttons; one whose own
 * name is a number has that. It is one variable wherever it stands, and has
 * one value. What a tap on a quick reply says stands in the content
 * (TemplateDraftButton.id), and a send may say no other.
 *
 * Pure; any thread.
 */

#ifndef PL_CONTENT_H_INCLUDED
#define PL_CONTENT_H_INCLUDED

#include "channel.h"

#define PL_CONTENT_KEY_MAX  PL_NAME_MAX     /* bytes, of a variable's key */
#define PL_CONTENT_ID_MAX   200             /* characters, of a quick reply's
                                               id (Twilio's Content API) */

/* Are the channel's templates contents? */
bool pl_content_has(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel);

/* Is a send of this template by its row, and not by a ContentSid itself? */
bool pl_content_by_row(const pl_channel_t *provider,
    const Pl__ChannelSettings *channel, const Pl__Template *template);

/* HX and 32 hex digits? */
bool pl_content_sid(const char *s);

/*
 * What any draft says of a content: its ContentSid, its variables' keys,
 * its quick replies' ids. PL_INVALID with the field's path.
 */
pl_status_t pl_content_draft(const Pl__TemplateDraft *draft, pl_err_t *err);

/*
 * One that was written for such a channel, looked at as any draft is
 * (draft.h), and the record that is kept of it: approved, or without a
 * ContentSid a draft that nothing is sent with. PL_INVALID, PL_NOMEM as
 * pl_draft_one.
 */
pl_status_t pl_content_record(const Pl__TemplateDraft *draft,
    pl_arena_t *ar, Pl__TemplateRecord **record, pl_err_t *err);

/* A variable of a content. */
typedef struct {
    const char  *name;          /* the template's */
    const char  *key;           /* the content's */
    const char  *value;         /* what is sent; NULL where nothing is */
} pl_content_value_t;

/*
 * The variables of a record, each once, in the order that numbers them; in
 * the arena. PL_NOMEM.
 */
pl_status_t pl_content_keys(const Pl__TemplateRecord *record, pl_arena_t *ar,
    pl_content_value_t **values, size_t *n, pl_err_t *err);

/*
 * The same with what a send says of each. PL_NOTFOUND, with the path
 * content.template.name, where no ContentSid is known of it (record NULL:
 * there is none); PL_INVALID as pl_template_check, or where it says what a
 * content cannot be told; PL_NOMEM.
 */
pl_status_t pl_content_fill(const Pl__TemplateRecord *record,
    const Pl__Template *template, pl_arena_t *ar,
    pl_content_value_t **values, size_t *n, pl_err_t *err);

#endif /* PL_CONTENT_H_INCLUDED */
