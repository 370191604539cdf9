/*
 * See dry.h. Forms are tried from the cheapest: what may be said freely costs
 * nothing, on any channel; then templates by their category, utility before
 * marketing; then waiting, which costs nothing either, but time.
 */

#include <string.h>

#include "../channel/template.h"
#include "../core/record.h"
#include "../core/str.h"
#include "dry.h"

typedef struct {
    pl_apply_t              *ap;
    Pl__Message             *message;
    const Pl__Conversation  *conv;
    int64_t                  expires_ms;
    pl_err_t                *err;
} dry_t;

static pl_status_t dry_decide(const dry_t *dry, Pl__Message *message,
    bool any_values, pl_decided_t *out);
static pl_status_t dry_earliest(const dry_t *dry, pl_dry_t *out);
static pl_status_t dry_form(const dry_t *dry, pl_dry_t *out);
static pl_status_t dry_channel(const dry_t *dry, pl_dry_t *out);
static pl_status_t dry_template(const dry_t *dry, pl_dry_t *out);
static pl_status_t dry_row(const dry_t *dry, pl_str_t value,
    Pl__TemplateCategory category, Pl__TemplateRecord **record);


pl_status_t
pl_dry_run(pl_apply_t *ap, Pl__Message *message,
    const Pl__Conversation *conv, int64_t expires_ms, pl_dry_t *out,
    pl_err_t *err)
{
    dry_t        dry = { ap, message, conv, expires_ms, err };
    int64_t      now_ms = ap->now_ms;
    pl_status_t  rc;

    memset(out, 0, sizeof(*out));

    rc = dry_decide(&dry, message, false, &out->at);

    if (rc == PL_OK) {
        rc = dry_earliest(&dry, out);
    }

    ap->now_ms = now_ms;

    return rc == PL_OK ? dry_form(&dry, out) : rc;
}


static pl_status_t
dry_decide(const dry_t *dry, Pl__Message *message, bool any_values,
    pl_decided_t *out)
{
    pl_policy_in_t  in;

    memset(&in, 0, sizeof(in));
    in.message = message;
    in.conversation = dry->conv;
    in.channel = pl_settings_channel(dry->ap->settings, message->channel);
    in.any_values = any_values;
    in.expires_ms = dry->expires_ms;
    in.now_ms = dry->ap->now_ms;

    return pl_outgoing_decide(dry->ap, &in, NULL, out, dry->err);
}


/* The first of the times that it is put off to at which nothing objects. */

static pl_status_t
dry_earliest(const dry_t *dry, pl_dry_t *out)
{
    unsigned      hops;
    pl_status_t   rc;
    pl_decided_t  then = out->at;

    for (hops = 0; hops < PL_DRY_HOPS_MAX
                   && then.verdict.decision == PL_POLICY_DEFER; hops++)
    {
        dry->ap->now_ms = then.verdict.until_ms;

        rc = dry_decide(dry, dry->message, false, &then);
        if (rc != PL_OK) {
            return rc;
        }
    }

    if (then.verdict.decision == PL_POLICY_SEND) {
        out->earliest_ms = dry->ap->now_ms;
    }

    return PL_OK;
}


static pl_status_t
dry_form(const dry_t *dry, pl_dry_t *out)
{
    pl_status_t         rc;
    const Pl__Content  *content;

    if (out->at.verdict.decision == PL_POLICY_SEND) {
        content = out->at.replaced ? dry->message->otherwise
                                   : dry->message->content;
        out->content = content;
        out->form = pl_policy_template(content) ? PL_DRY_TEMPLATE
                                                : PL_DRY_FREE;

        if (out->form == PL_DRY_FREE) {
            return PL_OK;
        }
    }

    rc = dry_channel(dry, out);

    if (rc == PL_OK && out->form == PL_DRY_NONE) {
        rc = dry_template(dry, out);
    }

    if (rc == PL_OK && out->form == PL_DRY_NONE && out->earliest_ms != 0) {
        out->form = PL_DRY_LATER;
    }

    return rc;
}


/* Freely, elsewhere: to a person alone, who may have written there. */

static pl_status_t
dry_channel(const dry_t *dry, pl_dry_t *out)
{
    size_t                    i;
    Pl__Message               other = *dry->message;
    pl_status_t               rc;
    pl_decided_t              then;
    const pl_channel_conf_t  *channel;

    if (other.party_kind != PL__PARTY_KIND__PARTY_KIND_CONTACT
        || pl_policy_template(other.content))
    {
        return PL_OK;
    }

    other.otherwise = NULL;

    for (i = 0; (channel = pl_settings_channel_at(dry->ap->settings, i))
                != NULL; i++)
    {
        if (channel->tenant != other.tenant
            || channel->row->id == dry->message->channel)
        {
            continue;
        }

        other.channel = channel->row->id;

        rc = dry_decide(dry, &other, false, &then);
        if (rc != PL_OK) {
            return rc;
        }

        if (then.verdict.decision == PL_POLICY_SEND) {
            out->form = PL_DRY_CHANNEL;
            out->channel = other.channel;
            return PL_OK;
        }
    }

    return PL_OK;
}


static pl_status_t
dry_template(const dry_t *dry, pl_dry_t *out)
{
    size_t               i;
    unsigned             n;
    pl_key_t             from;
    pl_str_t             key, value;
    pl_scan_t           *scan;
    pl_status_t          rc;
    Pl__TemplateRecord  *record;

    static const Pl__TemplateCategory  order[] = {
        PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY,
        PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING,
    };

    from.len = 0;
    from.overflow = false;
    pl_key_u32(&from, dry->message->tenant);
    pl_key_u32(&from, dry->message->channel);

    for (i = 0; i < PL_COUNT(order) && out->template == NULL; i++) {
        rc = pl_store_scan(dry->ap->txn, PL_TABLE_TEMPLATES,
                           pl_key_str(&from), false, &scan, dry->err);

        for (n = 0; rc == PL_OK && n < PL_DRY_TEMPLATES_MAX; n++) {
            rc = pl_store_scan_next(scan, &key, &value, dry->err);

            if (rc != PL_OK || key.len < from.len
                || memcmp(key.data, from.data, from.len) != 0)
            {
                break;
            }

            rc = dry_row(dry, value, order[i], &record);

            if (rc == PL_OK && record != NULL) {
                out->form = PL_DRY_TEMPLATE;
                out->template = record;
                break;
            }
        }

        pl_store_scan_end(scan);

        if (rc != PL_OK && rc != PL_NOTFOUND) {
            return rc;
        }
    }

    return PL_OK;
}


/* *record NULL: of another category, or it may not go either. */

static pl_status_t
dry_row(const dry_t *dry, pl_str_t value, Pl__TemplateCategory category,
    Pl__TemplateRecord **record)
{
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Message          other = *dry->message;
    pl_status_t          rc;
    pl_decided_t         then;
    Pl__Template         template = PL__TEMPLATE__INIT;
    ProtobufCMessage    *msg;
    Pl__TemplateRecord  *row;

    *record = NULL;

    rc = pl_record_read(PL_TABLE_TEMPLATES, value,
                        &pl__template_record__descriptor, dry->ap->ar, &msg,
                        dry->err);
    if (rc != PL_OK) {
        return rc;
    }

    row = (Pl__TemplateRecord *) msg;

    if (row->name[0] == '\0' || !row->has_category
        || row->category != category)
    {
        return PL_OK;
    }

    template.name = row->name;
    template.language = row->language;
    content.type = (char *) "template";
    content.of_case = PL__CONTENT__OF_TEMPLATE;
    content.template_ = &template;
    other.content = &content;
    other.otherwise = NULL;
    other.has_category = 0;
    other.has_template_category = 0;

    rc = dry_decide(dry, &other, true, &then);

    if (rc == PL_OK && then.verdict.decision == PL_POLICY_SEND) {
        *record = row;
    }

    return rc;
}
