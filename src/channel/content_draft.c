/*
 * What a draft says of its content. See content.h.
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "content.h"
#include "limit.h"

#define DRAFT_LETTERS  "abcdefghijklmnopqrstuvwxyz0123456789_"
#define DRAFT_KEY      DRAFT_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static pl_status_t draft_button(const Pl__TemplateDraftButton *button,
    size_t i, pl_err_t *err);
static pl_status_t draft_key(const Pl__TemplateDraft *draft, size_t i,
    pl_err_t *err);
static pl_status_t draft_fault(pl_err_t *err, const char *path,
    const char *text);


pl_status_t
pl_content_draft(const Pl__TemplateDraft *draft, pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    if (draft->content_sid != NULL && !pl_content_sid(draft->content_sid)) {
        return draft_fault(err, "content_sid",
                           "no ContentSid: HX and 32 hex digits");
    }

    for (i = 0; rc == PL_OK && i < draft->n_buttons; i++) {
        rc = draft_button(draft->buttons[i], i, err);
    }

    for (i = 0; rc == PL_OK && i < draft->n_variables; i++) {
        rc = draft_key(draft, i, err);
    }

    return rc;
}


static pl_status_t
draft_button(const Pl__TemplateDraftButton *button, size_t i, pl_err_t *err)
{
    char  path[48];

    (void) snprintf(path, sizeof(path), "buttons[%zu].id", i);

    if (button->id == NULL) {
        return PL_OK;
    }

    if (button->kind != PL__BUTTON_KIND__BUTTON_KIND_QUICK_REPLY) {
        return draft_fault(err, path, "only a quick_reply has one");
    }

    return button->id[0] != '\0'
           && pl_limit_chars(button->id) <= PL_CONTENT_ID_MAX
           ? PL_OK : draft_fault(err, path, "empty, or too long");
}


/* Each once; and all have one, since a number could be one that is given. */

static pl_status_t
draft_key(const Pl__TemplateDraft *draft, size_t i, pl_err_t *err)
{
    char         path[48];
    size_t       k;
    const char  *key = draft->variables[i]->key;

    (void) snprintf(path, sizeof(path), "variables[%zu].key", i);

    if ((key != NULL) != (draft->variables[0]->key != NULL)) {
        return draft_fault(err, path, "all variables have a key, or none");
    }

    if (key == NULL) {
        return PL_OK;
    }

    if (key[0] == '\0' || strlen(key) > PL_CONTENT_KEY_MAX
        || key[strspn(key, DRAFT_KEY)] != '\0')
    {
        return draft_fault(err, path,
                           "a key is made of a-z, A-Z, 0-9 and _");
    }

    for (k = 0; k < i; k++) {
        if (strcmp(draft->variables[k]->key, key) == 0) {
            return draft_fault(err, path, "it is there twice");
        }
    }

    return PL_OK;
}


static pl_status_t
draft_fault(pl_err_t *err, const char *path, const char *text)
{
    (void) pl_err_set(err, PL_INVALID, "template", 0, "%s", text);
    pl_err_path(err, "%s", path);

    return PL_INVALID;
}
