/*
 * See submit.h.
 */

#include <stdio.h>
#include <string.h>

#include "../channel/content.h"
#include "../channel/draft.h"
#include "../channel/template.h"
#include "../channel/wording.h"
#include "../core/record.h"
#include "asked.h"
#include "errand.h"
#include "submit.h"
#include "sync.h"

#define SUBMIT_TEXT_MAX  160

/* A template of ours, and where it stands. */
typedef struct {
    const pl_channel_conf_t  *channel;
    pl_key_t                  key;
    Pl__TemplateRecord       *record;       /* NULL: there is none */
} submit_at_t;

static pl_status_t submit_find(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const char *name,
    const char *language, submit_at_t *at, pl_err_t *err);
static bool submit_own(const pl_channel_conf_t *channel);
static pl_status_t submit_house(pl_apply_t *ap, const Pl__TemplateAct *in,
    submit_at_t *at, pl_err_t *err);
static pl_status_t submit_word(pl_apply_t *ap, const Pl__TemplateAct *in,
    submit_at_t *at, pl_err_t *err);
static pl_status_t submit_write(pl_apply_t *ap, const Pl__TemplateAct *in,
    submit_at_t *at, pl_err_t *err);
static bool submit_named(const Pl__TemplateAct *in);
static bool submit_ours(pl_apply_t *ap, const submit_at_t *at);
static pl_status_t submit_room(pl_apply_t *ap, const submit_at_t *at,
    bool *room, pl_err_t *err);
static pl_status_t submit_queue(pl_apply_t *ap, const Pl__TemplateAct *in,
    submit_at_t *at, pl_err_t *err);
static pl_status_t submit_drop(pl_apply_t *ap, const Pl__TemplateAct *in,
    submit_at_t *at, pl_err_t *err);
static pl_status_t submit_put(pl_apply_t *ap, submit_at_t *at,
    pl_err_t *err);
static pl_status_t submit_told(pl_apply_t *ap, const submit_at_t *at,
    const char *rule, const char *actor, pl_err_t *err);
static pl_status_t submit_of(pl_apply_t *ap, const Pl__Effect *effect,
    submit_at_t *at, pl_err_t *err);


pl_status_t
pl_apply_template_act(pl_apply_t *ap, const Pl__TemplateAct *in,
    pl_err_t *err)
{
    pl_status_t               rc;
    submit_at_t               at;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, in->channel);

    if (channel == NULL || channel->tenant != in->tenant
        || channel->row->removed
        || (!submit_own(channel)
            && (!pl_sync_can(channel) || channel->provider->submit == NULL)))
    {
        pl_asked_refuse(ap, "channel.templates", "channel",
                        "no template can be handed in on it");
        return PL_OK;
    }

    rc = submit_find(ap, channel, in->name, in->language, &at, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (submit_own(channel)) {
        return submit_house(ap, in, &at, err);
    }

    switch (in->what) {

    case PL__TEMPLATE_DO__TEMPLATE_DO_WRITE:
        return submit_write(ap, in, &at, err);

    case PL__TEMPLATE_DO__TEMPLATE_DO_SUBMIT:
        return submit_ours(ap, &at) ? submit_queue(ap, in, &at, err) : PL_OK;

    default: /* DROP */
        return submit_ours(ap, &at) ? submit_drop(ap, in, &at, err) : PL_OK;
    }
}


/* ---- the errand's kind ---------------------------------------------- */

pl_status_t
pl_submit_begin(pl_apply_t *ap, const Pl__Effect *effect, const char **why,
    pl_err_t *err)
{
    submit_at_t  at;
    pl_status_t  rc;

    rc = submit_of(ap, effect, &at, err);

    if (rc == PL_NOTFOUND) {
        *why = "it is no draft any more";
        return PL_OK;
    }

    return rc;
}


pl_status_t
pl_submit_done(pl_apply_t *ap, const Pl__AttemptRecord *attempt,
    const Pl__SendResult *in, pl_err_t *err)
{
    submit_at_t  at;
    pl_status_t  rc;

    if (in->submitted == NULL || in->provider_id == NULL) {
        return pl_submit_failed(ap, attempt->effect, "a result without an id",
                                0, err);
    }

    rc = submit_of(ap, attempt->effect, &at, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    at.record->id = in->provider_id;
    at.record->status = in->submitted->status;
    at.record->word = in->submitted->word;
    at.record->has_status_s = 1;
    at.record->status_s = ap->now_ms / 1000;
    at.record->has_submit = 0;
    at.record->refused = NULL;
    at.record->has_refused_code = 0;

    if (in->submitted->has_category) {
        at.record->has_category = 1;
        at.record->category = in->submitted->category;
    }

    rc = submit_put(ap, &at, err);

    return rc == PL_OK ? submit_told(ap, &at, "taken", NULL, err) : rc;
}


pl_status_t
pl_submit_later(pl_apply_t *ap, Pl__Effect *effect, const Pl__SendResult *in,
    pl_err_t *err)
{
    (void) ap;
    (void) effect;
    (void) in;
    (void) err;

    return PL_OK;
}


pl_status_t
pl_submit_failed(pl_apply_t *ap, const Pl__Effect *effect,
    const char *reason, int32_t code, pl_err_t *err)
{
    submit_at_t  at;
    pl_status_t  rc;

    rc = submit_of(ap, effect, &at, err);
    if (rc != PL_OK) {
        return rc == PL_NOTFOUND ? PL_OK : rc;
    }

    at.record->has_submit = 0;
    at.record->refused = (char *) reason;
    at.record->has_refused_code = (code != 0);
    at.record->refused_code = code;

    rc = submit_put(ap, &at, err);

    if (rc == PL_OK) {
        rc = submit_told(ap, &at, "refused", NULL, err);
    }

    /* an earlier attempt may have arrived */

    return rc == PL_OK && effect->attempts > 1
           ? pl_sync_ask(ap, at.channel, true, err) : rc;
}


/* ---- what is asked for ---------------------------------------------- */

static pl_status_t
submit_find(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const char *name, const char *language, submit_at_t *at, pl_err_t *err)
{
    pl_status_t        rc;
    ProtobufCMessage  *msg;

    at->channel = channel;
    at->record = NULL;
    pl_key_template(&at->key, channel->tenant, channel->row->id, name,
                    language);

    if (!pl_key_ok(&at->key) || name[0] == '\0' || language[0] == '\0') {
        rc = pl_err_set(err, PL_INVALID, "template", 0,
                        "no name, or too long a one");
        pl_err_path(err, "name");
        return rc;
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&at->key),
                       &pl__template_record__descriptor, ap->ar, &msg, err);
    if (rc == PL_OK) {
        at->record = (Pl__TemplateRecord *) msg;
    }

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


/* Those of the house's own, and those that are written at the provider by
   somebody, and told of here. */

static bool
submit_own(const pl_channel_conf_t *channel)
{
    return pl_wording_own(channel->provider, channel->row)
           || pl_content_has(channel->provider, channel->row);
}


/* Of a channel whose provider is handed none: nobody is asked. */

static pl_status_t
submit_house(pl_apply_t *ap, const Pl__TemplateAct *in, submit_at_t *at,
    pl_err_t *err)
{
    if (in->what == PL__TEMPLATE_DO__TEMPLATE_DO_WRITE) {
        return submit_word(ap, in, at, err);
    }

    if (at->record == NULL) {
        pl_asked_refuse(ap, "template.unknown", NULL,
                        "there is no such template");
        return PL_OK;
    }

    if (in->what == PL__TEMPLATE_DO__TEMPLATE_DO_SUBMIT) {
        pl_asked_refuse(ap, "conflict.template", NULL,
                        pl_content_has(at->channel->provider,
                                       at->channel->row)
                        ? "its content is handed in at the provider"
                        : "it needs nobody's approval");
        return PL_OK;
    }

    return submit_drop(ap, in, at, err);
}


/* What was queued by the one before says what that one said. */

static pl_status_t
submit_word(pl_apply_t *ap, const Pl__TemplateAct *in, submit_at_t *at,
    pl_err_t *err)
{
    bool          room = true;
    pl_status_t   rc;

    if (!submit_named(in)) {
        return pl_err_set(err, PL_INVALID, "template", 0, "no draft of it");
    }

    if (at->record == NULL) {
        rc = submit_room(ap, at, &room, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!room) {
        pl_asked_refuse(ap, "templates.full", NULL,
                        "the channel has as many as there may be");
        return PL_OK;
    }

    rc = pl_content_has(at->channel->provider, at->channel->row)
         ? pl_content_record(in->draft, ap->ar, &at->record, err)
         : pl_wording_record(at->channel->provider, in->draft, ap->ar,
                             &at->record, err);

    if (rc == PL_OK) {
        rc = submit_put(ap, at, err);
    }

    return rc == PL_OK ? submit_told(ap, at, "written", in->actor, err) : rc;
}


static bool
submit_named(const Pl__TemplateAct *in)
{
    return in->draft != NULL && strcmp(in->draft->name, in->name) == 0
           && strcmp(in->draft->language, in->language) == 0;
}


/* One that the provider no longer lists may be written anew. */

static pl_status_t
submit_write(pl_apply_t *ap, const Pl__TemplateAct *in, submit_at_t *at,
    pl_err_t *err)
{
    bool                 room = true;
    pl_status_t          rc;
    Pl__TemplateRecord  *record, *whole;

    if (!submit_named(in)) {
        return pl_err_set(err, PL_INVALID, "template", 0, "no draft of it");
    }

    rc = pl_draft_one(in->draft, ap->ar, &record, err);

    if (rc == PL_OK) {
        rc = pl_sync_whole(ap, at->channel, &whole, err);
    }

    if (rc == PL_OK && at->record == NULL) {
        rc = submit_room(ap, at, &room, err);
    }

    if (rc != PL_OK) {
        return rc;
    }

    if (!room) {
        pl_asked_refuse(ap, "templates.full", NULL,
                        "the channel has as many as there may be");
        return PL_OK;
    }

    if (at->record != NULL && !pl_template_gone(at->record, whole)
        && at->record->status
           != PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT)
    {
        pl_asked_refuse(ap, "conflict.template", "name",
                        "the provider has one of that name and language");
        return PL_OK;
    }

    if (at->record != NULL && at->record->has_submit) {
        pl_asked_refuse(ap, "conflict.submitting", "name",
                        "it is being handed in");
        return PL_OK;
    }

    record->status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT;
    record->draft = in->draft;
    at->record = record;

    rc = submit_put(ap, at, err);

    return rc == PL_OK ? submit_told(ap, at, "written", in->actor, err) : rc;
}


static bool
submit_ours(pl_apply_t *ap, const submit_at_t *at)
{
    if (at->record == NULL) {
        pl_asked_refuse(ap, "template.unknown", NULL,
                        "there is no such template");
        return false;
    }

    if (at->record->status != PL__TEMPLATE_STATUS__TEMPLATE_STATUS_DRAFT
        || at->record->draft == NULL)
    {
        pl_asked_refuse(ap, "conflict.template", NULL,
                        "the provider has it already");
        return false;
    }

    if (at->record->has_submit) {
        pl_asked_refuse(ap, "conflict.submitting", NULL,
                        "it is being handed in");
        return false;
    }

    return true;
}


/* A channel has no more rows than a list of its provider's may have. */

static pl_status_t
submit_room(pl_apply_t *ap, const submit_at_t *at, bool *room, pl_err_t *err)
{
    size_t        n;
    pl_str_t      key, value;
    pl_key_t      from;
    pl_scan_t    *scan;
    pl_status_t   rc;

    pl_key_template(&from, at->channel->tenant, at->channel->row->id, "",
                    "");

    rc = pl_store_scan(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&from), false,
                       &scan, err);

    for (n = 0; rc == PL_OK && n < PL_TEMPLATES_MAX; n++) {
        rc = pl_store_scan_next(scan, &key, &value, err);

        if (rc != PL_OK || key.len < 8
            || memcmp(key.data, from.data, 8) != 0)
        {
            break;
        }
    }

    pl_store_scan_end(scan);
    *room = n < PL_TEMPLATES_MAX;

    return rc == PL_NOTFOUND ? PL_OK : rc;
}


static pl_status_t
submit_queue(pl_apply_t *ap, const Pl__TemplateAct *in, submit_at_t *at,
    pl_err_t *err)
{
    pl_status_t          rc;
    Pl__Effect           effect = PL__EFFECT__INIT;
    Pl__SubmitTemplate   submit = PL__SUBMIT_TEMPLATE__INIT;

    submit.draft = at->record->draft;
    effect.of_case = PL__EFFECT__OF_SUBMIT_TEMPLATE;
    effect.submit_template = &submit;

    rc = pl_errand_queue(ap, at->channel, &effect, ap->now_ms, err);
    if (rc != PL_OK) {
        return rc;
    }

    at->record->has_submit = 1;
    at->record->submit = effect.id;
    at->record->refused = NULL;
    at->record->has_refused_code = 0;

    rc = submit_put(ap, at, err);

    return rc == PL_OK ? submit_told(ap, at, "submitted", in->actor, err)
                       : rc;
}


static pl_status_t
submit_drop(pl_apply_t *ap, const Pl__TemplateAct *in, submit_at_t *at,
    pl_err_t *err)
{
    pl_status_t  rc;

    rc = pl_store_del(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&at->key),
                      err);

    return rc == PL_OK ? submit_told(ap, at, "dropped", in->actor, err) : rc;
}


static pl_status_t
submit_put(pl_apply_t *ap, submit_at_t *at, pl_err_t *err)
{
    at->record->has_updated_ms = 1;
    at->record->updated_ms = ap->now_ms;

    return pl_record_put(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&at->key),
                         &at->record->base, false, err);
}


static pl_status_t
submit_told(pl_apply_t *ap, const submit_at_t *at, const char *rule,
    const char *actor, pl_err_t *err)
{
    char             text[SUBMIT_TEXT_MAX];
    pl_status_t      rc;
    Pl__AuditEvent   row = PL__AUDIT_EVENT__INIT;

    (void) snprintf(text, sizeof(text), "%.100s %.32s", at->record->name,
                    at->record->language);

    row.kind = PL__AUDIT_KIND__AUDIT_KIND_TEMPLATE;
    row.has_subject = 1;
    row.subject = at->channel->row->id;
    row.rule = (char *) rule;
    row.text = text;
    row.actor = (char *) actor;

    rc = pl_feed_audit_row(ap, at->channel->tenant, &row, err);

    return rc == PL_OK
           ? pl_feed_template(ap, at->channel, at->record->name,
                              at->record->language, err) : rc;
}


/* PL_NOTFOUND: it is not what this errand hands in, or not any more. */

static pl_status_t
submit_of(pl_apply_t *ap, const Pl__Effect *effect, submit_at_t *at,
    pl_err_t *err)
{
    pl_status_t               rc;
    const Pl__TemplateDraft  *draft = effect->submit_template->draft;
    const pl_channel_conf_t  *channel;

    channel = pl_settings_channel(ap->settings, effect->channel);
    if (channel == NULL) {
        return PL_NOTFOUND;
    }

    rc = submit_find(ap, channel, draft->name, draft->language, at, err);

    return rc == PL_OK
           && (at->record == NULL || !at->record->has_submit
               || at->record->submit != effect->id)
           ? PL_NOTFOUND : rc;
}
