/*
 * What a provider tells of an account: of its channels, and of its
 * templates. It is applied to every channel that names the account, in
 * whichever tenant; each time is audited and counted by field. An account
 * that no channel names goes to quarantine.
 *
 * Events come in any order: what is older than what is known changes nothing
 * (docs/provider-whatsapp.md).
 */

#include <stdio.h>
#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "apply.h"
#include "dedupe.h"
#include "sync.h"

#define ACCOUNT_FACTS_MAX  128      /* of a channel; the oldest gives way */

typedef pl_status_t (*account_apply_pt)(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const void *in, pl_err_t *err);

/* What both commands have alike. */
typedef struct {
    const char                 *node;
    const char                 *field;
    const char                 *event;
    int64_t                     time_s;
    const char                 *path;
    const ProtobufCBinaryData  *raw;
    account_apply_pt            apply;
    const void                 *in;
} account_t;

static pl_status_t account_apply(pl_apply_t *ap, const account_t *a,
    pl_err_t *err);
static bool account_is(const pl_apply_t *ap,
    const pl_channel_conf_t *channel, const char *node);
static pl_status_t account_unknown(pl_apply_t *ap, const account_t *a,
    pl_err_t *err);
static pl_status_t account_channel(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const void *in, pl_err_t *err);
static pl_status_t account_told(pl_apply_t *ap,
    const pl_channel_conf_t *channel, Pl__ChannelState *state,
    const Pl__ChannelFact *fact, pl_err_t *err);
static pl_status_t account_fact(pl_apply_t *ap, Pl__ChannelState *state,
    const Pl__ChannelFact *fact, bool *news, pl_err_t *err);
static size_t account_oldest(const Pl__ChannelState *state);
static pl_status_t account_template(pl_apply_t *ap,
    const pl_channel_conf_t *channel, const void *in, pl_err_t *err);
static void account_merge(Pl__TemplateRecord *to,
    const Pl__TemplateRecord *from, int64_t time_s);
static const char *account_label(const char *field);


pl_status_t
pl_apply_channel_change(pl_apply_t *ap, const Pl__ChannelChange *in,
    pl_err_t *err)
{
    account_t  a = {
        in->node, in->field, in->event, in->time_s, in->path, &in->raw,
        account_channel, in
    };

    return account_apply(ap, &a, err);
}


pl_status_t
pl_apply_template_change(pl_apply_t *ap, const Pl__TemplateChange *in,
    pl_err_t *err)
{
    account_t  a = {
        in->node, in->field, in->template_->word, in->time_s, in->path,
        &in->raw, account_template, in
    };

    return account_apply(ap, &a, err);
}


pl_status_t
pl_account_told(pl_apply_t *ap, uint32_t tenant, uint64_t subject,
    const char *field, const char *event, pl_err_t *err)
{
    char         text[2 * PL_NAME_MAX];
    pl_status_t  rc;

    (void) snprintf(text, sizeof(text), "%.64s%s%.48s", field,
                    event == NULL ? "" : " ", event == NULL ? "" : event);

    rc = pl_feed_audit(ap, tenant, PL__AUDIT_KIND__AUDIT_KIND_ACCOUNT,
                       subject, NULL, text, err);

    return rc == PL_OK
           ? pl_feed_count(ap, tenant, "account_events",
                           account_label(field), err)
           : rc;
}


static pl_status_t
account_apply(pl_apply_t *ap, const account_t *a, pl_err_t *err)
{
    bool                      seen, any;
    size_t                    i;
    pl_str_t                  raw;
    pl_sight_t                sight;
    pl_status_t               rc;
    const pl_channel_conf_t  *channel;

    raw.data = a->raw->data;
    raw.len = a->raw->len;

    rc = pl_dedupe_event(ap, a->node, a->field, raw, a->time_s, &sight,
                         &seen, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (seen) {
        return pl_feed_count(ap, 0, "duplicates", "account", err);
    }

    any = false;

    for (i = 0; ; i++) {
        channel = pl_settings_channel_at(ap->settings, i);
        if (channel == NULL) {
            break;
        }

        if (!account_is(ap, channel, a->node)) {
            continue;
        }

        any = true;
        rc = a->apply(ap, channel, a->in, err);

        if (rc == PL_OK) {
            rc = pl_account_told(ap, channel->tenant, channel->row->id,
                                 a->field, a->event, err);
        }

        if (rc != PL_OK) {
            return rc;
        }
    }

    if (!any) {
        return account_unknown(ap, a, err);
    }

    return pl_dedupe_note(ap, &sight, 0, err);
}


static bool
account_is(const pl_apply_t *ap, const pl_channel_conf_t *channel,
    const char *node)
{
    return node != NULL && !channel->row->removed
           && channel->row->waba_id != NULL
           && strcmp(channel->row->waba_id, node) == 0
           && pl_str_eq(pl_str_c(channel->row->provider), ap->provider);
}


static pl_status_t
account_unknown(pl_apply_t *ap, const account_t *a, pl_err_t *err)
{
    pl_unfit_t  unfit;

    memset(&unfit, 0, sizeof(unfit));
    unfit.account = a->node;
    unfit.path = a->path;
    unfit.reason = "no channel of this account";
    unfit.raw.data = a->raw->data;
    unfit.raw.len = a->raw->len;

    return pl_feed_quarantine(ap, &unfit, err);
}


static pl_status_t
account_channel(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const void *data, pl_err_t *err)
{
    size_t                    i;
    pl_status_t               rc;
    Pl__ChannelFact           fact;
    Pl__ChannelState         *state;
    const Pl__ChannelChange  *in;

    in = data;

    rc = pl_channel_state_get(ap, channel->tenant, channel->row->id, &state,
                              err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < in->n_facts; i++) {
        fact = *in->facts[i];

        if (fact.time_s == 0) {
            fact.time_s = ap->now_ms / 1000;
        }

        rc = account_told(ap, channel, state, &fact, err);
        if (rc != PL_OK) {
            return rc;
        }
    }

    return pl_channel_state_put(ap, channel->tenant, channel->row->id, state,
                                err);
}


/* What says the same as before is no news. */

static pl_status_t
account_told(pl_apply_t *ap, const pl_channel_conf_t *channel,
    Pl__ChannelState *state, const Pl__ChannelFact *fact, pl_err_t *err)
{
    bool         news;
    pl_status_t  rc;

    rc = account_fact(ap, state, fact, &news, err);

    return rc == PL_OK && news ? pl_feed_fact(ap, channel, fact, err) : rc;
}


static pl_status_t
account_fact(pl_apply_t *ap, Pl__ChannelState *state,
    const Pl__ChannelFact *fact, bool *news, pl_err_t *err)
{
    size_t            i;
    Pl__ChannelFact  *f;

    *news = true;

    for (i = 0; i < state->n_facts; i++) {
        f = state->facts[i];

        if (strcmp(f->name, fact->name) == 0
            && pl_str_eq(pl_str_c(f->subject), pl_str_c(fact->subject)))
        {
            *news = f->time_s <= fact->time_s
                    && (!pl_str_eq(pl_str_c(f->value), pl_str_c(fact->value))
                        || !pl_str_eq(pl_str_c(f->detail),
                                      pl_str_c(fact->detail)));

            if (f->time_s <= fact->time_s) {
                *f = *fact;
            }

            return PL_OK;
        }
    }

    f = pl_arena_alloc(ap->ar, sizeof(*f));
    if (f == NULL) {
        return pl_err_set(err, PL_NOMEM, "account", 0, "out of memory");
    }

    *f = *fact;

    if (state->n_facts >= ACCOUNT_FACTS_MAX) {
        state->facts[account_oldest(state)] = f;
        return PL_OK;
    }

    state->facts = pl_apply_list(ap, state->facts, i, f);
    if (state->facts == NULL) {
        return pl_err_set(err, PL_NOMEM, "account", 0, "out of memory");
    }

    state->n_facts = i + 1;

    return PL_OK;
}


static size_t
account_oldest(const Pl__ChannelState *state)
{
    size_t  i, oldest;

    for (i = 1, oldest = 0; i < state->n_facts; i++) {
        if (state->facts[i]->time_s < state->facts[oldest]->time_s) {
            oldest = i;
        }
    }

    return oldest;
}


static pl_status_t
account_template(pl_apply_t *ap, const pl_channel_conf_t *channel,
    const void *data, pl_err_t *err)
{
    pl_key_t                   key;
    pl_status_t                rc;
    Pl__TemplateRecord         fresh = PL__TEMPLATE_RECORD__INIT, *record;
    ProtobufCMessage          *msg;
    const Pl__TemplateChange  *in;

    in = data;
    pl_key_template(&key, channel->tenant, channel->row->id,
                    in->template_->name, in->template_->language);

    if (!pl_key_ok(&key)) {
        return pl_err_set(err, PL_INVALID, "template", 0,
                          "name and language are too long");
    }

    rc = pl_record_get(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &pl__template_record__descriptor, ap->ar, &msg, err);
    if (rc != PL_OK && rc != PL_NOTFOUND) {
        return rc;
    }

    fresh.status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_UNTOLD;
    record = rc == PL_OK ? (Pl__TemplateRecord *) msg : &fresh;
    record->name = in->template_->name;
    record->language = in->template_->language;
    record->has_updated_ms = 1;
    record->updated_ms = ap->now_ms;

    account_merge(record, in->template_,
                  in->time_s != 0 ? in->time_s : ap->now_ms / 1000);

    rc = pl_record_put(ap->txn, PL_TABLE_TEMPLATES, pl_key_str(&key),
                       &record->base, false, err);

    if (rc == PL_OK) {
        rc = pl_feed_template(ap, channel, record->name, record->language,
                              err);
    }

    /* one that may be sent, and of which nobody knows what it takes */

    if (rc == PL_OK && record->body == NULL && pl_template_sendable(record)
        && pl_sync_can(channel))
    {
        rc = pl_sync_ask(ap, channel, false, err);
    }

    return rc;
}


/*
 * Each group of fields by its own time. A webhook does not tell all of the
 * components: what was known of them no longer holds, and sends are held
 * against the status alone until the provider's list is read again.
 */

static void
account_merge(Pl__TemplateRecord *to, const Pl__TemplateRecord *from,
    int64_t time_s)
{
    if (from->id != NULL) {
        to->id = from->id;
    }

    if (from->word != NULL && to->status_s <= time_s) {
        to->status = from->status;
        to->word = from->word;
        to->reason = from->reason;
        to->title = from->title;
        to->has_status_s = 1;
        to->status_s = time_s;
    }

    if (from->quality != NULL && to->quality_s <= time_s) {
        to->quality = from->quality;
        to->has_quality_s = 1;
        to->quality_s = time_s;
    }

    if (from->has_category && to->category_s <= time_s) {
        to->has_category = 1;
        to->category = from->category;
        to->has_correct_category = from->has_correct_category;
        to->correct_category = from->correct_category;
        to->has_correct_from_s = from->has_correct_from_s;
        to->correct_from_s = from->correct_from_s;
        to->has_category_s = 1;
        to->category_s = time_s;
    }

    if (from->body != NULL && to->components_s <= time_s) {
        to->header = NULL;
        to->body = NULL;
        to->n_buttons = 0;
        to->n_others = 0;
        to->footer = from->footer;
        to->has_components_s = 1;
        to->components_s = time_s;
    }
}


/* Counters keep their labels by address: one for each field there is. */

static const char *
account_label(const char *field)
{
    size_t  i;

    static const char *const  fields[] = {
        "message_template_status_update", "message_template_quality_update",
        "message_template_components_update", "template_category_update",
        "phone_number_quality_update", "phone_number_name_update",
        "account_update", "account_alerts", "account_review_update",
        "business_capability_update", "security", "business_username_update",
        "flows", "group_lifecycle_update", "group_participants_update",
        "group_settings_update", "group_status_update",
    };

    for (i = 0; i < PL_COUNT(fields); i++) {
        if (strcmp(field, fields[i]) == 0) {
            return fields[i];
        }
    }

    return "other";
}
